//! A draft of what was said: the likeliest row of words of the lexicon through the lattice of phones (token passing, Young
//! et al. 1989), with times. It knows how common words are and nothing of grammar; it decides nothing.

mod tree;

use super::lattice::Heard;
use super::{Deaf, Ear};
use crate::signal::{HOP, RATE_HZ};

pub(super) use tree::Tree;

/// How the search weighs and prunes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Search {
    /// Weight of how common a word is, against the sound.
    pub prior: f32,
    /// Nats for each word.
    pub word: f32,
    /// Nats for each phone: the network is quicker to leave phones out than to make them up.
    pub phone: f32,
    /// How far below the best a token may be, in nats.
    pub beam: f32,
    /// Most tokens that go on.
    pub most: usize,
}

impl Default for Search {
    fn default() -> Self {
        Self { prior: 0.6, word: 0.5, phone: 1.0, beam: 14.0, most: 3000 }
    }
}

/// A draft transcript.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Dictation {
    /// The words in order; their times do not overlap.
    pub words: Vec<DictatedWord>,
}

impl Dictation {
    /// The words with spaces between them.
    pub fn text(&self) -> String {
        self.words.iter().map(|word| word.text).collect::<Vec<_>>().join(" ")
    }
}

/// One word of a draft.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DictatedWord {
    /// In small letters, as in the lexicon.
    pub text: &'static str,
    /// When it begins, in seconds of the wave.
    pub start_seconds: f64,
    /// When it ends, in seconds of the wave.
    pub end_seconds: f64,
    /// How well its phones fit, against the best that could have been heard there: the geometric mean over its phones, 0
    /// to 1. It is no calibrated share of right words.
    pub probability: f32,
}

impl Ear {
    /// Writes down English speech, 16 kHz samples of at most five minutes. A draft: many words are wrong, and most where
    /// people speak freely or over other sound. Better for one utterance at a time than for a long stretch, for the ear
    /// levels what it hears as a whole.
    ///
    /// # Errors
    /// [`Deaf`] where the wave is too short or too long.
    pub fn dictate(&self, wave: &[f32]) -> Result<Dictation, Deaf> {
        let heard = self.hear(wave)?;
        Ok(self.words_of(&heard, Search::default()))
    }

    pub(super) fn words_of(&self, heard: &Heard, search: Search) -> Dictation {
        let tree = self.tree.get_or_init(|| Tree::grow(&self.classes));
        let step_seconds = (self.recogniser.stack() * HOP) as f64 / f64::from(RATE_HZ);
        let found = best_words(heard, tree, search);
        let mut words: Vec<DictatedWord> = found
            .iter()
            .map(|found| DictatedWord {
                text: tree.word(found.word),
                // A phone is one narrow peak of the network, somewhere within it.
                start_seconds: found.first.saturating_sub(1) as f64 * step_seconds,
                end_seconds: (found.last + 2).min(heard.steps()) as f64 * step_seconds,
                probability: fit(heard, tree, found),
            })
            .collect();
        for at in 1..words.len() {
            let (before, now) = (words[at - 1].end_seconds, words[at].start_seconds);
            if before > now {
                let middle = (before + now) / 2.0;
                words[at - 1].end_seconds = middle;
                words[at].start_seconds = middle;
            }
        }
        Dictation { words }
    }
}

/// A word between two steps.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Found {
    word: u32,
    node: u32,
    first: usize,
    last: usize,
}

/// How a token came here: a word, and what was before it.
#[derive(Debug, Clone, Copy)]
struct Link {
    before: u32,
    found: Found,
}

const START: u32 = u32::MAX;

/// A way through the lattice so far.
#[derive(Debug, Clone, Copy)]
struct Token {
    /// Twice the node, and one more where the last step was a blank.
    place: u32,
    score: f32,
    link: u32,
    first: u32,
    last: u32,
}

/// Tokens by place: one, the best, for each.
struct Front {
    tokens: Vec<Token>,
    /// Where the token of a place is, and in which step that was written.
    slots: Vec<(u32, u32)>,
    step: u32,
}

impl Front {
    fn offer(&mut self, token: Token) {
        let slot = &mut self.slots[token.place as usize];
        if slot.0 != self.step {
            *slot = (self.step, self.tokens.len() as u32);
            self.tokens.push(token);
            return;
        }
        let held = &mut self.tokens[slot.1 as usize];
        if token.score > held.score {
            *held = token;
        }
    }
}

/// Between two words: the score, and the words so far. By the class of the last phone if it was heard just now, since the
/// same phone cannot follow without a blank; 0 after a blank.
type Between = Vec<Option<(f32, u32)>>;

fn best_words(heard: &Heard, tree: &Tree, search: Search) -> Vec<Found> {
    let classes = heard.classes;
    let mut links: Vec<Link> = Vec::new();
    let mut between: Between = vec![None; classes];
    between[0] = Some((0.0, START));
    let mut front = Front { tokens: Vec::new(), slots: vec![(0, 0); 2 * tree.nodes.len()], step: 0 };
    let mut tokens: Vec<Token> = Vec::new();
    for (step, row) in heard.rows().enumerate() {
        front.step = step as u32 + 1;
        front.tokens.clear();
        for token in &tokens {
            advance(*token, tree, row, search, step as u32, &mut front);
        }
        for (class, (score, link)) in between.iter().enumerate().filter_map(|(c, held)| held.map(|h| (c, h))) {
            for child in tree.children(0) {
                let node = &tree.nodes[child as usize];
                if usize::from(node.class) != class {
                    let score = score + row[usize::from(node.class)] + search.phone + search.prior * node.ahead;
                    let step = step as u32;
                    front.offer(Token { place: 2 * child, score, link, first: step, last: step });
                }
            }
        }
        // Silence between words: what was between them stays there through a blank.
        let mut silent = between.iter().flatten().copied().max_by(|a, b| a.0.total_cmp(&b.0));
        if let Some(silent) = &mut silent {
            silent.0 += row[0];
        }
        prune(&mut front.tokens, silent.map_or(f32::NEG_INFINITY, |silent| silent.0), search);
        std::mem::swap(&mut tokens, &mut front.tokens);
        between = leave(&tokens, tree, search, silent, classes, &mut links);
    }
    let best = between.iter().flatten().max_by(|a, b| a.0.total_cmp(&b.0));
    let mut words = Vec::new();
    let mut link = best.map_or(START, |best| best.1);
    while let Some(held) = links.get(link as usize) {
        words.push(held.found);
        link = held.before;
    }
    words.reverse();
    words
}

/// A token's next places: the same phone again, a blank, or the phones that may follow.
fn advance(token: Token, tree: &Tree, row: &[f32], search: Search, step: u32, front: &mut Front) {
    let (at, blank) = (token.place / 2, token.place % 2 == 1);
    let node = &tree.nodes[at as usize];
    front.offer(Token { place: 2 * at + 1, score: token.score + row[0], ..token });
    if !blank {
        front.offer(Token { score: token.score + row[usize::from(node.class)], last: step, ..token });
    }
    for child in tree.children(at) {
        let next = &tree.nodes[child as usize];
        if blank || next.class != node.class {
            let ahead = search.prior * (next.ahead - node.ahead);
            let score = token.score + row[usize::from(next.class)] + search.phone + ahead;
            front.offer(Token { place: 2 * child, score, last: step, ..token });
        }
    }
}

/// Keeps what is near the best, and no more than may go on.
fn prune(tokens: &mut Vec<Token>, silent: f32, search: Search) {
    let best = tokens.iter().map(|token| token.score).fold(silent, f32::max);
    tokens.retain(|token| token.score >= best - search.beam);
    if tokens.len() > search.most {
        tokens.select_nth_unstable_by(search.most, |a, b| b.score.total_cmp(&a.score).then(a.place.cmp(&b.place)));
        tokens.truncate(search.most);
    }
}

/// Tokens at the end of a word may leave it.
fn leave(
    tokens: &[Token],
    tree: &Tree,
    search: Search,
    silent: Option<(f32, u32)>,
    classes: usize,
    links: &mut Vec<Link>,
) -> Between {
    let mut best: Vec<Option<(f32, Token)>> = vec![None; classes];
    for token in tokens {
        let node = &tree.nodes[(token.place / 2) as usize];
        if !node.has_word() {
            continue;
        }
        let class = if token.place % 2 == 1 { 0 } else { usize::from(node.class) };
        let score = token.score + search.prior * (node.share - node.ahead) + search.word;
        if best[class].is_none_or(|(held, _)| score > held) {
            best[class] = Some((score, *token));
        }
    }
    let mut between: Between = vec![None; classes];
    between[0] = silent;
    for (class, (score, token)) in best.into_iter().enumerate().filter_map(|(c, held)| held.map(|(s, t)| (c, (s, t)))) {
        if between[class].is_none_or(|held| score > held.0) {
            let node = token.place / 2;
            let word = tree.nodes[node as usize].word;
            let found = Found { word, node, first: token.first as usize, last: token.last as usize };
            between[class] = Some((score, links.len() as u32));
            links.push(Link { before: token.link, found });
        }
    }
    between
}

/// How likely a word's phones are in its steps against the best of any phones there, for each phone.
fn fit(heard: &Heard, tree: &Tree, found: &Found) -> f32 {
    let phones = tree.phones(found.node);
    let rows = &heard.log_probs[found.first * heard.classes..(found.last + 1) * heard.classes];
    let best: f64 = rows
        .chunks_exact(heard.classes)
        .map(|row| f64::from(row.iter().copied().fold(f32::NEG_INFINITY, f32::max)))
        .sum();
    let part = Heard { log_probs: rows.to_vec(), classes: heard.classes };
    let ratio = (part.log_likelihood(&phones) - best) / phones.len().max(1) as f64;
    ratio.exp().clamp(0.0, 1.0) as f32
}

#[cfg(test)]
mod tests;
