//! Finds entries of a list in a text: whole words, capitals aside, the longest first, from left to right. Knows not what
//! is put in their place.

use std::collections::{HashMap, VecDeque};
use std::iter::Peekable;

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::{UWordBoundIndices, UnicodeSegmentation};

/// The words of all entries as a tree, token by token: how long a text takes does not depend on how many there are.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    /// The first is where every entry begins.
    nodes: Vec<Node>,
}

#[derive(Debug, Clone, Default)]
struct Node {
    /// Tokens that go on from here, right after (`false`) or after a space.
    next: HashMap<(bool, String), usize>,
    /// The entry that ends here.
    entry: Option<usize>,
}

impl Default for Tree {
    fn default() -> Self {
        Self { nodes: vec![Node::default()] }
    }
}

impl Tree {
    /// Adds the words of an entry.
    pub(super) fn add(&mut self, words: &str, entry: usize) {
        let mut at = 0;
        for token in tokens(words) {
            let fresh = self.nodes.len();
            at = *self.nodes[at].next.entry((token.gap.is_some(), folded(token.text))).or_insert(fresh);
            if at == fresh {
                self.nodes.push(Node::default());
            }
        }
        if at != 0 {
            self.nodes[at].entry = Some(entry);
        }
    }

    /// Where entries stand in a text, from left to right, none over another.
    pub(super) fn matches<'a>(&'a self, text: &'a str) -> Matches<'a> {
        Matches { tree: self, tokens: tokens(text), ahead: VecDeque::new() }
    }

    fn step(&self, from: usize, after_space: bool, token: &str) -> Option<usize> {
        self.nodes[from].next.get(&(after_space, folded(token))).copied()
    }
}

/// Where an entry stands in a text, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Match {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) entry: usize,
}

/// See [`Tree::matches`].
pub(super) struct Matches<'a> {
    tree: &'a Tree,
    tokens: Tokens<'a>,
    /// Tokens that were looked at and may still begin a match.
    ahead: VecDeque<Token<'a>>,
}

impl<'a> Matches<'a> {
    /// The token so many places on.
    fn token(&mut self, at: usize) -> Option<Token<'a>> {
        while self.ahead.len() <= at {
            self.ahead.push_back(self.tokens.next()?);
        }
        self.ahead.get(at).copied()
    }

    /// The longest match that begins with the next token, and how many tokens it takes.
    fn longest(&mut self) -> Option<(usize, Match)> {
        let start = self.token(0)?.start;
        let (mut node, mut longest) = (0, None);
        for count in 0.. {
            let Some(token) = self.token(count) else { break };
            // What is before the first token matters to nobody; further on, a blank line parts more than words.
            let after_space = count > 0 && token.gap.is_some();
            if after_space && token.gap.is_some_and(|gap| gap.matches('\n').count() > 1) {
                break;
            }
            let mut ends = |node: usize, end: usize| {
                if let Some(entry) = self.tree.nodes[node].entry {
                    longest = Some((count + 1, Match { start, end, entry }));
                }
            };
            if let Some(stem) = owner(token.text)
                && let Some(owned) = self.tree.step(node, after_space, stem)
            {
                ends(owned, token.start + stem.len());
            }
            let Some(next) = self.tree.step(node, after_space, token.text) else { break };
            ends(next, token.start + token.text.len());
            node = next;
        }
        longest
    }
}

impl Iterator for Matches<'_> {
    type Item = Match;

    fn next(&mut self) -> Option<Match> {
        loop {
            if let Some((count, found)) = self.longest() {
                self.ahead.drain(..count);
                return Some(found);
            }
            self.ahead.pop_front()?;
        }
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
