//! Lines that are translated together, and what stands around them. Few enough that a small model keeps count.

use std::ops::Range;

use super::Line;

/// Lines of a passage at most.
const LINES: usize = 8;
/// Characters of a passage at most, unless its only line has more.
const CHARACTERS: usize = 800;
/// Lines shown before a passage, so that pronouns and forms of address can be told.
const BEFORE: usize = 3;
/// Lines shown after it.
const AFTER: usize = 2;

/// Lines that one request translates.
#[derive(Debug, Clone)]
pub(super) struct Passage<'a> {
    all: &'a [Line],
    range: Range<usize>,
}

impl<'a> Passage<'a> {
    pub(super) fn new(all: &'a [Line], range: Range<usize>) -> Self {
        Self { all, range }
    }

    /// Which lines of the call they are.
    pub(super) fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// The lines to be translated.
    pub(super) fn lines(&self) -> &'a [Line] {
        &self.all[self.range.clone()]
    }

    /// What is said before.
    pub(super) fn before(&self) -> &'a [Line] {
        &self.all[self.range.start.saturating_sub(BEFORE)..self.range.start]
    }

    /// What is said after.
    pub(super) fn after(&self) -> &'a [Line] {
        &self.all[self.range.end..(self.range.end + AFTER).min(self.all.len())]
    }
}

/// Whether there is anything to translate or to say.
pub(super) fn has_words(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// All lines that have words, in passages. A line without any ends one.
pub(super) fn cut(lines: &[Line]) -> Vec<Passage<'_>> {
    let mut passages = Vec::new();
    let (mut from, mut characters) = (0, 0);
    for (at, line) in lines.iter().enumerate() {
        let more = line.text.chars().count();
        let silent = !has_words(&line.text);
        if at > from && (silent || at - from == LINES || characters + more > CHARACTERS) {
            passages.push(Passage::new(lines, from..at));
            (from, characters) = (at, 0);
        }
        if silent {
            from = at + 1;
        } else {
            characters += more;
        }
    }
    if from < lines.len() {
        passages.push(Passage::new(lines, from..lines.len()));
    }
    passages
}
