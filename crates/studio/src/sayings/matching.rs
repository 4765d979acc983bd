//! Finds entries of a list in a text: whole words, capitals aside, the longest first, from left to right. Knows not what
//! is put in their place.

use std::collections::{HashMap, VecDeque};
use std::iter::Peekable;

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::{UWordBoundIndices, UnicodeSegmentation};

/// The words of one entry, after the first.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    /// Which entry.
    entry: usize,
    rest: Vec<Part>,
    length: usize,
}

#[derive(Debug, Clone)]
struct Part {
    folded: String,
    after_space: bool,
}

impl Pattern {
    /// An entry's first token and the pattern that it leads to; none for one that is only space.
    pub(super) fn of(words: &str, entry: usize) -> Option<(String, Self)> {
        let mut parts =
            tokens(words).map(|token| Part { folded: folded(token.text), after_space: token.gap.is_some() });
        let first = parts.next()?.folded;
        Some((first, Self { entry, rest: parts.collect(), length: words.chars().count() }))
    }

    /// How much it takes, for the order in which entries are tried: tokens, then characters.
    pub(super) fn length(&self) -> (usize, usize) {
        (self.rest.len(), self.length)
    }
}

/// Where an entry stands in a text, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Match {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) entry: usize,
}

/// The matches in a text, from left to right, none over another.
pub(super) struct Matches<'a> {
    index: &'a HashMap<String, Vec<Pattern>>,
    tokens: Tokens<'a>,
    /// Tokens that were looked at and may still begin a match.
    ahead: VecDeque<Token<'a>>,
}

impl<'a> Matches<'a> {
    pub(super) fn new(index: &'a HashMap<String, Vec<Pattern>>, text: &'a str) -> Self {
        Self { index, tokens: tokens(text), ahead: VecDeque::new() }
    }

    /// The token so many places on.
    fn token(&mut self, at: usize) -> Option<Token<'a>> {
        while self.ahead.len() <= at {
            self.ahead.push_back(self.tokens.next()?);
        }
        self.ahead.get(at).copied()
    }

    /// Whether a pattern goes on after its first token; how many tokens it takes then, and where it ends.
    fn follows(&mut self, pattern: &Pattern, first_end: FirstEnd) -> Option<(usize, usize)> {
        let Some((last, between)) = pattern.rest.split_last() else { return first_end.last.map(|end| (1, end)) };
        if !first_end.whole {
            return None;
        }
        for (at, part) in between.iter().enumerate() {
            let token = self.token(at + 1)?;
            if !token.stands_as(part) || folded(token.text) != part.folded {
                return None;
            }
        }
        let count = pattern.rest.len();
        let token = self.token(count)?;
        if !token.stands_as(last) {
            return None;
        }
        let whole = folded(token.text);
        if whole == last.folded {
            return Some((count + 1, token.start + token.text.len()));
        }
        let stem = owner(token.text)?;
        (folded(stem) == last.folded).then_some((count + 1, token.start + stem.len()))
    }
}

/// What the first token of a match was: all of the token, or only the owner in a possessive.
#[derive(Clone, Copy)]
struct FirstEnd {
    whole: bool,
    last: Option<usize>,
}

impl Iterator for Matches<'_> {
    type Item = Match;

    fn next(&mut self) -> Option<Match> {
        let index = self.index;
        while let Some(token) = self.token(0) {
            let stem = owner(token.text);
            for text in std::iter::once(token.text).chain(stem) {
                let Some(patterns) = index.get(&folded(text)) else { continue };
                let first_end =
                    FirstEnd { whole: text.len() == token.text.len(), last: Some(token.start + text.len()) };
                for pattern in patterns {
                    if let Some((count, end)) = self.follows(pattern, first_end) {
                        self.ahead.drain(..count);
                        return Some(Match { start: token.start, end, entry: pattern.entry });
                    }
                }
            }
            self.ahead.pop_front();
        }
        None
    }
}

/// A word, a mark or a symbol.
#[derive(Debug, Clone, Copy)]
struct Token<'a> {
    start: usize,
    text: &'a str,
    /// The space before it, if any.
    gap: Option<&'a str>,
}

impl Token<'_> {
    /// Whether it is as near to its neighbour as the part is. A blank line parts more than words.
    fn stands_as(&self, part: &Part) -> bool {
        self.gap.is_some() == part.after_space && self.gap.is_none_or(|gap| gap.matches('\n').count() < 2)
    }
}

struct Tokens<'a> {
    text: &'a str,
    bounds: Peekable<UWordBoundIndices<'a>>,
}

fn tokens(text: &str) -> Tokens<'_> {
    Tokens { text, bounds: text.split_word_bound_indices().peekable() }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let gap_start = self.bounds.peek()?.0;
        let space = |text: &str| text.chars().all(char::is_whitespace);
        while self.bounds.next_if(|(_, text)| space(text)).is_some() {}
        let (start, text) = self.bounds.next()?;
        let gap = (start > gap_start).then(|| &self.text[gap_start..start]);
        Some(Token { start, text, gap })
    }
}

/// The owner in a possessive: `Siobhan` in `Siobhan’s`.
fn owner(word: &str) -> Option<&str> {
    let stem = ["'s", "’s", "'S", "’S"].iter().find_map(|ending| word.strip_suffix(ending))?;
    (!stem.is_empty()).then_some(stem)
}

/// A word as it is compared: composed, without capitals, with the plain apostrophe.
pub(super) fn folded(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase();
    }
    let lower: String = word.chars().flat_map(char::to_lowercase).collect();
    lower.nfc().map(|char| if char == '’' { '\'' } else { char }).collect()
}
