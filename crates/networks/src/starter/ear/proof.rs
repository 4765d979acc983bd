//! Proof-listening: where a reading departs from its text. It finds the best way through the text that may, at a price,
//! leave words out and put other sounds in (a keyword and filler search, Rose and Paul 1990). It decides nothing.

use super::lattice::Heard;
use super::{Deaf, Ear};
use crate::signal::{HOP, RATE_HZ};

/// Most cells of the search, one byte each: two minutes of quick speech.
const MOST_CELLS: usize = 48 << 20;

/// What a departure costs, in nats. Chosen with `vouch bench proof`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Prices {
    /// Leaving a word out.
    pub word: f32,
    /// … and for each of its phones.
    pub phone: f32,
    /// Putting other sounds in.
    pub sound: f32,
    /// … and for each phone that is heard in them.
    pub extra: f32,
}

impl Default for Prices {
    fn default() -> Self {
        Self { word: 5.0, phone: 2.0, sound: 2.0, extra: 0.5 }
    }
}

/// A reading beside its text.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Proof {
    /// The words of the text that have a sound, in their order.
    pub words: Vec<ProofWord>,
    /// Where the reading departs from them, in their order.
    pub departures: Vec<Departure>,
    /// Nats for each phone by which the best free reading fits better than the text does; 0 is perfect.
    pub strain: f32,
}

impl Proof {
    /// Phones of the words that were left out and of the sounds that were put in, as a share of the text's.
    pub fn departed(&self) -> f64 {
        let phones: usize = self.words.iter().map(|word| word.phones).sum();
        self.departures.iter().map(Departure::phones).sum::<usize>() as f64 / phones.max(1) as f64
    }

    /// The gravest departure: the one with the most phones.
    pub fn longest(&self) -> Option<&Departure> {
        self.departures.iter().max_by_key(|departure| departure.phones())
    }
}

/// A word of the text.
#[derive(Debug, Clone, PartialEq)]
pub struct ProofWord {
    /// As it is spoken, in small letters.
    pub text: String,
    /// How many phones it has.
    pub phones: usize,
    /// When it is said, in seconds of the wave; none where it is not.
    pub said: Option<(f64, f64)>,
}

/// Something that is said and not written, or written and not said.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Departure {
    /// The words that are not said: places in [`Proof::words`], from one to before another.
    pub words: (usize, usize),
    /// Phones that these have.
    pub missing_phones: usize,
    /// Phones that are heard and not written.
    pub extra_phones: usize,
    /// Where, in seconds of the wave.
    pub seconds: (f64, f64),
}

impl Departure {
    /// What is missing or too much, whichever is more: a word that is said in place of another counts once.
    pub fn phones(&self) -> usize {
        self.missing_phones.max(self.extra_phones)
    }
}

impl Ear {
    /// Compares a reading, 16 kHz samples, with its English text.
    ///
    /// # Errors
    /// [`Deaf::Claim`] for a text without sound, and where the wave is too short or too long.
    pub fn proof(&self, wave: &[f32], written: &str) -> Result<Proof, Deaf> {
        let spoken = text::normalise(written).to_lowercase();
        let (texts, words): (Vec<&str>, Vec<Vec<u8>>) = spoken
            .split_whitespace()
            .map(|word| (word, self.words(word).concat()))
            .filter(|(_, phones)| !phones.is_empty())
            .unzip();
        if words.is_empty() {
            return Err(Deaf::Claim);
        }
        let heard = self.hear(wave)?;
        let mut proof = compare(&heard, &words, Prices::default()).ok_or(Deaf::TooLong)?;
        let step_seconds = (self.recogniser.stack() * HOP) as f64 / f64::from(RATE_HZ);
        for (word, text) in proof.words.iter_mut().zip(texts) {
            word.text = text.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
            word.said = word.said.map(|(first, end)| (first * step_seconds, end * step_seconds));
        }
        for departure in &mut proof.departures {
            departure.seconds = (departure.seconds.0 * step_seconds, departure.seconds.1 * step_seconds);
        }
        Ok(proof)
    }
}

/// Where things lie in a column of the search. After so many words: `done`, in the silence there, in other sounds there;
/// then each phone and the blank behind it.
#[derive(Clone, Copy)]
struct Columns {
    words: usize,
    phones: usize,
}

impl Columns {
    fn done(self, words: usize) -> usize {
        words
    }
    fn silent(self, words: usize) -> usize {
        self.words + 1 + words
    }
    fn other(self, words: usize) -> usize {
        2 * (self.words + 1) + words
    }
    fn phone(self, at: usize) -> usize {
        3 * (self.words + 1) + 2 * at
    }
    fn blank(self, at: usize) -> usize {
        self.phone(at) + 1
    }
    fn count(self) -> usize {
        3 * (self.words + 1) + 2 * self.phones
    }
}

/// What the free reading hears in each step: the likeliest class, and whether it is a new phone.
fn free(heard: &Heard) -> Vec<(f32, bool)> {
    let mut before = 0;
    heard
        .rows()
        .map(|row| {
            let (class, best) =
                row.iter().enumerate().fold((0, f32::NEG_INFINITY), |a, (c, &v)| if v > a.1 { (c, v) } else { a });
            let is_new = class != 0 && class != before;
            before = class;
            (best, is_new)
        })
        .collect()
}

/// Times in steps. None if there are too many of them for such a text.
pub(super) fn compare(heard: &Heard, words: &[Vec<u8>], prices: Prices) -> Option<Proof> {
    let phones: Vec<u8> = words.concat();
    let columns = Columns { words: words.len(), phones: phones.len() };
    let (steps, width) = (heard.steps(), columns.count());
    if steps.checked_mul(width)? > MOST_CELLS {
        return None;
    }
    let price = |word: usize| prices.word + prices.phone * words[word].len() as f32;
    let mut now = vec![f32::NEG_INFINITY; width];
    for word in 0..=words.len() {
        now[columns.done(word)] = if word == 0 { 0.0 } else { now[columns.done(word - 1)] - price(word - 1) };
    }
    let free = free(heard);
    let mut before = now.clone();
    let mut back = vec![0_u8; steps * width];
    for ((row, &(best, is_new)), back) in heard.rows().zip(&free).zip(back.chunks_exact_mut(width)) {
        std::mem::swap(&mut now, &mut before);
        let other = best - if is_new { prices.extra } else { 0.0 };
        let mut at = 0;
        for done in 0..=words.len() {
            let from = before[columns.done(done)];
            now[columns.silent(done)] = from + row[0];
            let choices = [before[columns.other(done)], from - prices.sound];
            now[columns.other(done)] = take(&choices, &mut back[columns.other(done)]) + other;
            let mut best = [f32::NEG_INFINITY, now[columns.silent(done)], now[columns.other(done)], f32::NEG_INFINITY];
            if done > 0 {
                best[0] = now[columns.phone(at - 1)];
                best[3] = now[columns.done(done - 1)] - price(done - 1);
            }
            now[columns.done(done)] = take(&best, &mut back[columns.done(done)]);
            let Some(word) = words.get(done) else { break };
            for (place, &phone) in word.iter().enumerate() {
                let (cell, emitted) = (columns.phone(at), row[usize::from(phone)]);
                let stay = before[cell];
                let choices = if place == 0 {
                    [stay, from, f32::NEG_INFINITY]
                } else {
                    let jump = if word[place - 1] == phone { f32::NEG_INFINITY } else { before[columns.phone(at - 1)] };
                    [stay, before[columns.blank(at - 1)], jump]
                };
                now[cell] = take(&choices, &mut back[cell]) + emitted;
                let blank = columns.blank(at);
                now[blank] = take(&[before[blank], stay], &mut back[blank]) + row[0];
                at += 1;
            }
        }
    }
    let strain = free.iter().map(|(best, _)| best).sum::<f32>() - now[columns.done(words.len())];
    let walk = Walk { columns, words, back: &back, free: &free };
    let (said, departures) = walk.back();
    let words = words.iter().zip(said).map(|(word, said)| ProofWord { text: String::new(), phones: word.len(), said });
    let words: Vec<ProofWord> = words.collect();
    Some(Proof { words, departures, strain: strain.max(0.0) / phones.len().max(1) as f32 })
}

/// The best of some ways, and which it was.
fn take(ways: &[f32], which: &mut u8) -> f32 {
    let mut best = ways[0];
    *which = 0;
    for (at, &way) in ways.iter().enumerate().skip(1) {
        if way > best {
            best = way;
            *which = at as u8;
        }
    }
    best
}

/// The way that was found, from its end.
struct Walk<'a> {
    columns: Columns,
    words: &'a [Vec<u8>],
    back: &'a [u8],
    free: &'a [(f32, bool)],
}

/// One thing that happened on the way, last first.
enum Event {
    /// A word was said between two steps.
    Said(usize, usize, usize),
    Skipped(usize),
    /// Other sounds between two steps.
    Other(usize, usize),
}

type Said = Vec<Option<(f64, f64)>>;

impl Walk<'_> {
    fn back(&self) -> (Said, Vec<Departure>) {
        let mut events = self.events();
        events.reverse();
        let mut said: Said = vec![None; self.words.len()];
        let mut departures: Vec<Departure> = Vec::new();
        // Departures next to each other are one: a word that is said in place of another.
        let mut is_open = false;
        let (mut word, mut step) = (0, 0);
        for event in events {
            let (missing, extra, end) = match event {
                Event::Said(at, first, end) => {
                    said[at] = Some((first as f64, end as f64));
                    (word, step, is_open) = (at + 1, end, false);
                    continue;
                }
                Event::Skipped(at) => {
                    word = at + 1;
                    (self.words[at].len(), 0, step)
                }
                Event::Other(first, end) => {
                    let extra = self.free[first..end].iter().filter(|(_, is_new)| *is_new).count();
                    (0, extra, end)
                }
            };
            if !is_open {
                let from = word - usize::from(missing > 0);
                let seconds = (step as f64, step as f64);
                departures.push(Departure { words: (from, from), missing_phones: 0, extra_phones: 0, seconds });
                is_open = true;
            }
            if let Some(open) = departures.last_mut() {
                open.words.1 = word;
                open.missing_phones += missing;
                open.extra_phones += extra;
                open.seconds.1 = end as f64;
            }
            step = end;
        }
        departures.retain(|departure| departure.phones() > 0);
        (said, departures)
    }

    fn events(&self) -> Vec<Event> {
        let (columns, width) = (self.columns, self.columns.count());
        let first_phone: Vec<usize> = self
            .words
            .iter()
            .scan(0, |at, word| {
                *at += word.len();
                Some(*at - word.len())
            })
            .collect();
        let mut events = Vec::new();
        // Steps that are not walked back yet, and words that are done before them.
        let (mut left, mut done) = (self.back.len() / width.max(1), self.words.len());
        while left > 0 {
            let choice = |cell: usize, step: usize| self.back[(step - 1) * width + cell];
            match choice(columns.done(done), left) {
                0 => {
                    let (end, first) = (left, first_phone[done - 1]);
                    let mut at = first + self.words[done - 1].len() - 1;
                    let mut is_blank = false;
                    loop {
                        let cell = if is_blank { columns.blank(at) } else { columns.phone(at) };
                        let way = choice(cell, left);
                        left -= 1;
                        match (is_blank, way) {
                            (_, 0) => {}
                            (true, _) => is_blank = false,
                            (false, _) if at == first => break,
                            (false, way) => {
                                at -= 1;
                                is_blank = way == 1;
                            }
                        }
                    }
                    events.push(Event::Said(done - 1, left, end));
                    done -= 1;
                }
                1 => left -= 1,
                2 => {
                    let end = left;
                    while choice(columns.other(done), left) == 0 && left > 1 {
                        left -= 1;
                    }
                    left -= 1;
                    events.push(Event::Other(left, end));
                }
                _ => {
                    done -= 1;
                    events.push(Event::Skipped(done));
                }
            }
        }
        events.extend((0..done).rev().map(Event::Skipped));
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each letter is a phone that is heard for three steps, with a blank behind it; `-` is silence.
    fn heard(said: &str) -> Heard {
        let classes = 27;
        let rows = said.bytes().flat_map(|letter| {
            let class = if letter == b'-' { 0 } else { letter - b'a' + 1 };
            [class, class, class, 0]
        });
        let log_probs = rows.flat_map(|class| (0..classes).map(move |k| if k == class { -0.05_f32 } else { -9.0 }));
        Heard { log_probs: log_probs.collect(), classes: usize::from(classes) }
    }

    fn proof(said: &str, written: &str) -> Proof {
        let words: Vec<Vec<u8>> =
            written.split(' ').map(|word| word.bytes().map(|letter| letter - b'a' + 1).collect()).collect();
        compare(&heard(said), &words, Prices::default()).unwrap()
    }

    #[test]
    fn a_true_reading_departs_nowhere() {
        for said in ["amapishere", "--amap--is-here---"] {
            let proof = proof(said, "a map is here");
            assert_eq!(proof.departures, Vec::new(), "{said}");
            assert!(proof.words.iter().all(|word| word.said.is_some()));
        }
        let times = proof("--amap--", "a map").words[1].said.unwrap();
        assert!((11.0..=13.0).contains(&times.0) && (23.0..=24.0).contains(&times.1), "{times:?}");
        assert!(proof("amap", "a map").strain < 0.3);
    }

    #[test]
    fn what_is_left_out_put_in_or_changed_is_found_where_it_is() {
        let text = "the good map lies below";
        let only = |said: &str| {
            let found = proof(said, text);
            assert_eq!(found.departures.len(), 1, "{said}: {found:?}");
            found.departures[0]
        };
        let cut = only("thegoodliesbelow");
        assert_eq!((cut.words, cut.missing_phones, cut.extra_phones), ((2, 3), 3, 0));
        let silenced = only("thegood---liesbelow");
        assert_eq!((silenced.words, silenced.missing_phones), ((2, 3), 3));
        let repeated = only("thegoodmapgoodmapliesbelow");
        assert_eq!((repeated.missing_phones, repeated.extra_phones), (0, 7));
        let swapped = only("thegoodrubliesbelow");
        assert_eq!((swapped.words, swapped.missing_phones), ((2, 3), 3));
        assert_eq!((swapped.extra_phones, swapped.phones()), (3, 3));
        let tail = only("thegoodmap");
        assert_eq!((tail.words, tail.missing_phones), ((3, 5), 9));
        let runaway = only("thegoodmapliesbelowxyzxyzxyz");
        assert!(runaway.extra_phones >= 8 && runaway.words == (5, 5), "{runaway:?}");
        assert_eq!(proof("thegoodmapgoodmapliesbelow", text).longest(), Some(&repeated));
    }

    #[test]
    fn the_ends_of_what_can_be() {
        let silent = proof("-----", "a map");
        assert_eq!((silent.departures.len(), silent.departures[0].missing_phones), (1, 4));
        assert!((silent.departed() - 1.0).abs() < 1e-9);
        let empty = compare(&Heard { log_probs: Vec::new(), classes: 4 }, &[vec![1, 2]], Prices::default()).unwrap();
        assert_eq!(empty.departures[0].missing_phones, 2);
        assert!(compare(&heard("a"), &vec![vec![1; 1000]; 10_000], Prices::default()).is_none());
    }
}
