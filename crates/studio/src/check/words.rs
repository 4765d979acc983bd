//! Whether the words of a line are heard in it: by the recogniser that is installed, else, in English, by the bundled ear.
//! Every threshold about words is here; `vouch bench proof` prints how often they are wrong.

use std::sync::Arc;

use audio::Pcm;
use engine::{Engine, Next, Priority};
use networks::starter::Ear;
use networks::starter::ear::{Departure, Proof};
use speech::{Heard, Listening};

use crate::models::HearingModel;
use crate::{Studio, StudioError};

/// A departure of so many phones, and of so large a share of a line, is one: less is the ear's own unsureness.
const GRAVE_PHONES: usize = 3;
/// Several small departures of so many phones together, which make this share of a line's, count as well.
const GRAVE_SHARE: f64 = 0.25;
/// So many words in a row that a recogniser hears otherwise count.
const GRAVE_WORDS: usize = 2;
/// Or one, where it is this long: short words are often heard as others.
const GRAVE_LETTERS: usize = 5;
/// The rate of the ears.
const RATE_HZ: u32 = 16_000;
/// Longest wait for a recogniser, in seconds of its silence.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

/// What listens to lines.
pub(crate) struct Listener {
    ear: Arc<Ear>,
    recogniser: Option<Engine<HearingModel>>,
}

/// What was heard of a line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Said {
    /// Share of the line that was heard as it is written, 0 to 1.
    pub share: f64,
    /// What somebody should listen for, in words; none if nothing was found.
    pub doubt: Option<String>,
}

impl Studio {
    /// The best ears that are installed; for somebody who waits, the one that is at hand at once.
    pub(crate) fn listener(&self, priority: Priority) -> Result<Listener, StudioError> {
        let recogniser = match priority {
            Priority::Batch => self.models.recogniser(None)?,
            Priority::Interactive => None,
        };
        Ok(Listener { ear: self.models.ear()?, recogniser })
    }
}

impl Listener {
    /// Compares a line with its words. None where nothing here understands the language, or nothing can be said.
    pub fn compare(&self, pcm: &Pcm, spoken: &str, language: &str) -> Option<Said> {
        if let Some(engine) = &self.recogniser {
            let mut listening = Listening::new(pcm.clone());
            listening.language = Some(language.to_owned());
            return Some(of_words(spoken, &written_down(engine, listening)?));
        }
        let is_english = language.split(['-', '_']).next().is_some_and(|code| code.eq_ignore_ascii_case("en"));
        if !is_english {
            return None;
        }
        let wave = audio::resample(pcm, RATE_HZ).ok()?;
        Some(of_proof(&self.ear.proof(wave.samples(), spoken).ok()?))
    }
}

fn written_down(engine: &Engine<HearingModel>, listening: Listening) -> Option<String> {
    let mut output = engine.submit(listening, Priority::Batch);
    loop {
        match output.next_within(PATIENCE) {
            Next::Item(Ok(Heard::Whole(transcript))) => return Some(transcript.text),
            Next::Item(Ok(Heard::Piece(_))) => {}
            Next::Item(Err(_)) | Next::Later | Next::End => return None,
        }
    }
}

/// What the bundled ear's comparison means.
pub(crate) fn of_proof(proof: &Proof) -> Said {
    let share = (1.0 - proof.departed()).max(0.0);
    let together: usize = proof.departures.iter().map(Departure::phones).sum();
    let is_grave = |longest: &&Departure| {
        longest.phones() >= GRAVE_PHONES || (together >= GRAVE_PHONES && proof.departed() >= GRAVE_SHARE)
    };
    let doubt = proof.longest().filter(is_grave).map(|longest| {
        let words: Vec<&str> = proof.words[longest.words.0..longest.words.1].iter().map(|word| &*word.text).collect();
        let at = longest.seconds.0;
        match (words.is_empty(), longest.extra_phones * 2 > longest.missing_phones) {
            (true, _) => format!("something is said at {at:.1} s that is not written"),
            (false, true) => format!("at {at:.1} s something else is heard than \"{}\"", words.join(" ")),
            (false, false) => format!("\"{}\" is not heard (at {at:.1} s)", words.join(" ")),
        }
    });
    Said { share, doubt }
}

/// What a recogniser's transcript means: the words that are in both, in order, and the longest run that is not.
pub(crate) fn of_words(spoken: &str, heard: &str) -> Said {
    let (wanted, heard) = (letters(spoken), letters(heard));
    let both = common(&wanted, &heard);
    let share = both.len() as f64 / wanted.len().max(heard.len()).max(1) as f64;
    // Between two words that are in both, what is only in one.
    let mut worst: Option<(&[String], &[String])> = None;
    let mut before = (0, 0);
    for &(at, to) in both.iter().chain([&(wanted.len(), heard.len())]) {
        let (missing, extra) = (&wanted[before.0..at], &heard[before.1..to]);
        // Written apart or together is the same.
        if missing.concat() != extra.concat() && worst.is_none_or(|worst| weight(worst) < weight((missing, extra))) {
            worst = Some((missing, extra));
        }
        before = (at + 1, to + 1);
    }
    let is_grave = |(missing, extra): &(&[String], &[String])| {
        let words = missing.len().max(extra.len());
        let letters = missing.concat().chars().count().max(extra.concat().chars().count());
        words >= GRAVE_WORDS || letters >= GRAVE_LETTERS
    };
    let doubt = worst.filter(is_grave).map(|(missing, extra)| match (missing.is_empty(), extra.is_empty()) {
        (true, _) => format!("\"{}\" is heard and not written", extra.join(" ")),
        (_, true) => format!("\"{}\" is not heard", missing.join(" ")),
        _ => format!("\"{}\" is heard in place of \"{}\"", extra.join(" "), missing.join(" ")),
    });
    Said { share, doubt }
}

fn weight((missing, extra): (&[String], &[String])) -> usize {
    missing.iter().chain(extra).map(|word| word.chars().count()).sum()
}

/// Words as they are compared: letters and figures, small.
fn letters(text: &str) -> Vec<String> {
    let bare =
        |word: &str| word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    text.split_whitespace()
        .flat_map(|word| word.split(['-', '–', '—']))
        .map(bare)
        .filter(|word| !word.is_empty())
        .collect()
}

/// Places of the longest row of words that is in both texts (longest common subsequence).
fn common(wanted: &[String], heard: &[String]) -> Vec<(usize, usize)> {
    let width = heard.len() + 1;
    let mut lengths = vec![0_u32; (wanted.len() + 1) * width];
    for at in (0..wanted.len()).rev() {
        for to in (0..heard.len()).rev() {
            lengths[at * width + to] = if wanted[at] == heard[to] {
                lengths[(at + 1) * width + to + 1] + 1
            } else {
                lengths[(at + 1) * width + to].max(lengths[at * width + to + 1])
            };
        }
    }
    let (mut at, mut to) = (0, 0);
    let mut both = Vec::new();
    while at < wanted.len() && to < heard.len() {
        if wanted[at] == heard[to] {
            both.push((at, to));
            (at, to) = (at + 1, to + 1);
        } else if lengths[(at + 1) * width + to] >= lengths[at * width + to + 1] {
            at += 1;
        } else {
            to += 1;
        }
    }
    both
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transcript_is_compared_word_by_word() {
        let text = "A good map is worth more than a fast horse.";
        let said = of_words(text, "a good map is worth more than a fast horse");
        assert_eq!(said, Said { share: 1.0, doubt: None });
        // Short words are often heard as others, and what is written apart sounds the same.
        assert_eq!(of_words(text, "The good map is worth more than a fast horse").doubt, None);
        assert_eq!(of_words("A rail-way train", "a railway train").doubt, None);
        let doubt = |heard: &str| of_words(text, heard).doubt.unwrap_or_default();
        assert_eq!(doubt("a good map is more than a fast horse"), "\"worth\" is not heard");
        assert_eq!(
            doubt("a good map is worth more is worth more than a fast horse"),
            "\"is worth more\" is heard and not written"
        );
        assert_eq!(
            doubt("a good map is worth more than a slow goat"),
            "\"slow goat\" is heard in place of \"fast horse\""
        );
        assert_eq!(doubt(""), "\"a good map is worth more than a fast horse\" is not heard");
    }
}
