//! The lines of a book and what was done to them: every edit is a step that can be taken back and brought back, without
//! end. Pure; knows no library, no voice and no sound.

mod step;

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::Edit;
use crate::StudioError;
use crate::make::Key;
use step::{Runs, Step};

/// Longest line, in characters as written: about a minute of speech.
pub(super) const MAX_CHARACTERS: usize = 1000;

/// Longest pause after a line, in seconds.
const MAX_PAUSE_SECONDS: f32 = 60.0;

/// Most takes of one line.
const MAX_TAKES: u32 = 10_000;

/// One line of a book.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    /// Stays the same wherever the line moves; never used twice in a book.
    pub id: u32,
    pub chapter: u32,
    /// None for a heading.
    pub paragraph: Option<u32>,
    pub text: Arc<str>,
    /// As spoken, as the import planned it; none once the text is another one.
    pub planned: Option<Arc<str>>,
    pub manner: Manner,
    pub pause_seconds: f32,
    pub take: u32,
}

/// How a line is spoken where it differs from its book.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Manner {
    pub voice: Option<Arc<str>>,
    pub speed: Option<f32>,
    /// Locked lines are those very samples, whatever changes around them.
    pub locked: Option<Key>,
}

/// How a book is spoken where its lines do not say otherwise.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Whole {
    pub voice: Arc<str>,
    pub speed: f32,
}

/// What is done to a script: an edit of the user, with what only the library could tell.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Deed<'a> {
    Edit(&'a Edit),
    /// Lines to lock, with what they are now.
    Lock(&'a [(usize, Key)]),
}

/// What a deed touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Touched {
    /// Places of lines that may differ now.
    pub lines: std::ops::Range<usize>,
    /// Whether lines came or went, so that places have moved.
    pub reordered: bool,
}

/// What a deed would do.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Preview {
    /// Places of the lines that it would touch, as they are before.
    pub places: std::ops::Range<usize>,
    /// How many lines would be another way.
    pub count: usize,
    /// Whether it would change nothing at all, and is not remembered.
    pub is_nothing: bool,
    /// Lines that would come in their place, where the lines themselves change.
    pub new: Vec<Line>,
}

/// The lines of a book as they stand, and how they came to stand so.
#[derive(Debug, Clone)]
pub(super) struct Script {
    pub lines: Vec<Line>,
    pub whole: Whole,
    /// How many takes there are of each line, by id. Only grows: a take that was made stays there to be chosen.
    takes: Vec<u32>,
    done: Vec<Step>,
    undone: Vec<Step>,
}

impl Script {
    /// A script to begin with; ids are the places of the lines.
    pub fn new(lines: Vec<Line>, whole: Whole) -> Self {
        let takes = vec![1; lines.len()];
        Self { lines, whole, takes, done: Vec::new(), undone: Vec::new() }
    }

    pub fn can_undo(&self) -> bool {
        !self.done.is_empty()
    }

    pub fn can_redo(&self) -> bool {
        !self.undone.is_empty()
    }

    /// How many takes there are of a line.
    pub fn takes(&self, line: &Line) -> u32 {
        self.takes.get(line.id as usize).copied().unwrap_or(1)
    }

    /// One more than the largest id.
    pub fn ids(&self) -> usize {
        self.takes.len()
    }

    /// Who speaks a line, and how fast.
    pub fn spoken_by<'a>(&'a self, line: &'a Line) -> (&'a Arc<str>, f32) {
        (line.manner.voice.as_ref().unwrap_or(&self.whole.voice), line.manner.speed.unwrap_or(self.whole.speed))
    }

    /// Does a deed. A deed that changes nothing is not remembered: then there is no answer.
    pub fn apply(&mut self, deed: &Deed<'_>) -> Result<Option<Touched>, StudioError> {
        match deed {
            Deed::Edit(Edit::Undo) => {
                let step = self.done.pop().ok_or(StudioError::NothingTo { what: "undo" })?;
                let touched = self.take(&step, false);
                self.undone.push(step);
                Ok(Some(touched))
            }
            Deed::Edit(Edit::Redo) => {
                let step = self.undone.pop().ok_or(StudioError::NothingTo { what: "redo" })?;
                let touched = self.take(&step, true);
                self.done.push(step);
                Ok(Some(touched))
            }
            deed => {
                let step = self.step(deed)?;
                if step.is_nothing() {
                    return Ok(None);
                }
                let touched = self.take(&step, true);
                self.done.push(step);
                self.undone.clear();
                Ok(Some(touched))
            }
        }
    }

    /// What a deed would do.
    pub fn preview(&self, deed: &Deed<'_>) -> Result<Preview, StudioError> {
        let (step, forward) = match deed {
            Deed::Edit(Edit::Undo) => (self.done.last().cloned(), false),
            Deed::Edit(Edit::Redo) => (self.undone.last().cloned(), true),
            deed => (Some(self.step(deed)?), true),
        };
        let what = if forward { "redo" } else { "undo" };
        let step = step.ok_or(StudioError::NothingTo { what })?;
        let (count, is_nothing) = (step.count(self), step.is_nothing());
        Ok(match step {
            Step::Splice { at, before, after } => {
                let (from, to) = if forward { (before, after) } else { (after, before) };
                Preview { places: at..at + from.len(), count, is_nothing, new: to }
            }
            Step::Manners { first, after, .. } => {
                Preview { places: first..first + after.len(), count, is_nothing, new: Vec::new() }
            }
        })
    }

    /// The line at a place.
    pub fn line(&self, at: usize) -> Result<&Line, StudioError> {
        self.lines.get(at).ok_or(StudioError::UnknownLine { line: at, lines: self.lines.len() })
    }

    /// A line that may be changed.
    fn free_line(&self, at: usize) -> Result<&Line, StudioError> {
        let line = self.line(at)?;
        if line.manner.locked.is_some() { Err(StudioError::LineLocked { line: at }) } else { Ok(line) }
    }

    fn range(&self, first: usize, last: usize) -> Result<RangeInclusive<usize>, StudioError> {
        self.line(last)?;
        if first > last {
            return Err(StudioError::OutOfRange { what: "the first line", range: "at or before the last one" });
        }
        Ok(first..=last)
    }

    fn step(&self, deed: &Deed<'_>) -> Result<Step, StudioError> {
        let edit = match deed {
            Deed::Lock(lines) => return self.lock(lines),
            Deed::Edit(edit) => *edit,
        };
        match edit {
            Edit::Text { line, text } => {
                let before = self.free_line(*line)?;
                let text = clean(text)?;
                if *text == *before.text {
                    return Ok(Step::nothing());
                }
                Ok(self.one(*line, Line { text: text.into(), planned: None, ..before.clone() }))
            }
            Edit::Pause { line, seconds } => {
                let before = self.free_line(*line)?;
                if !(0.0..=MAX_PAUSE_SECONDS).contains(seconds) {
                    return Err(StudioError::OutOfRange { what: "the pause", range: "0 to 60 seconds" });
                }
                Ok(self.one(*line, Line { pause_seconds: *seconds, ..before.clone() }))
            }
            Edit::Take { line, take } => {
                let before = self.free_line(*line)?;
                if *take > self.takes(before) || *take >= MAX_TAKES {
                    return Err(StudioError::OutOfRange { what: "the take", range: "one that is there, or the next" });
                }
                Ok(self.one(*line, Line { take: *take, ..before.clone() }))
            }
            Edit::Voice { first, last, voice } => {
                let voice: Option<Arc<str>> = voice.as_deref().map(Into::into);
                let change = |manner: &Manner| Manner { voice: voice.clone(), ..manner.clone() };
                Ok(self.manners(self.range(*first, *last)?, change))
            }
            Edit::Speed { first, last, speed } => {
                speed.map_or(Ok(()), crate::speak::check_speed)?;
                let change = |manner: &Manner| Manner { speed: *speed, ..manner.clone() };
                Ok(self.manners(self.range(*first, *last)?, change))
            }
            Edit::BookVoice { voice } => {
                Ok(self.whole_step(Whole { voice: voice.as_str().into(), ..self.whole.clone() }))
            }
            Edit::BookSpeed { speed } => {
                crate::speak::check_speed(*speed)?;
                Ok(self.whole_step(Whole { speed: *speed, ..self.whole.clone() }))
            }
            Edit::Lock { first, last, .. } => {
                let range = self.range(*first, *last)?;
                let before = Runs::of(self.lines[range.clone()].iter().map(|line| line.manner.clone()));
                let free = |line: &Line| Manner { locked: None, ..line.manner.clone() };
                let after = Runs::of(self.lines[range].iter().map(free));
                Ok(Step::Manners { first: *first, before, after, whole: None })
            }
            Edit::Split { line, at } => self.split(*line, *at),
            Edit::Merge { line } => self.merge(*line),
            Edit::Remove { first, last } => {
                let range = self.range(*first, *last)?;
                for at in range.clone() {
                    self.free_line(at)?;
                }
                if range.clone().count() == self.lines.len() {
                    return Err(StudioError::NothingToSay);
                }
                Ok(Step::Splice { at: *first, before: self.lines[range].to_vec(), after: Vec::new() })
            }
            Edit::Undo | Edit::Redo => Ok(Step::nothing()),
        }
    }

    fn one(&self, at: usize, line: Line) -> Step {
        Step::Splice { at, before: vec![self.lines[at].clone()], after: vec![line] }
    }

    /// Changes how lines are spoken, but for the locked ones.
    fn manners(&self, range: RangeInclusive<usize>, change: impl Fn(&Manner) -> Manner) -> Step {
        let first = *range.start();
        let lines = &self.lines[range];
        let before = Runs::of(lines.iter().map(|line| line.manner.clone()));
        let after = Runs::of(lines.iter().map(|line| match line.manner.locked {
            Some(_) => line.manner.clone(),
            None => change(&line.manner),
        }));
        Step::Manners { first, before, after, whole: None }
    }

    /// Changes the book. Locked lines stay what they are, so they now say themselves what the book said for them.
    fn whole_step(&self, after: Whole) -> Step {
        let keep = |line: &Line| match line.manner.locked {
            Some(_) => {
                let (voice, speed) = self.spoken_by(line);
                Manner { voice: Some(Arc::clone(voice)), speed: Some(speed), ..line.manner.clone() }
            }
            None => line.manner.clone(),
        };
        let whole = Some((self.whole.clone(), after));
        let now = Runs::of(self.lines.iter().map(|line| line.manner.clone()));
        let kept = Runs::of(self.lines.iter().map(keep));
        Step::Manners { first: 0, before: now, after: kept, whole }
    }

    fn lock(&self, lines: &[(usize, Key)]) -> Result<Step, StudioError> {
        let (Some((first, _)), Some((last, _))) = (lines.first(), lines.last()) else { return Ok(Step::nothing()) };
        let range = self.range(*first, *last)?;
        let before = Runs::of(self.lines[range.clone()].iter().map(|line| line.manner.clone()));
        let mut after: Vec<Manner> = self.lines[range].iter().map(|line| line.manner.clone()).collect();
        for (at, key) in lines {
            let manner = at.checked_sub(*first).and_then(|at| after.get_mut(at));
            let manner = manner.ok_or(StudioError::UnknownLine { line: *at, lines: self.lines.len() })?;
            manner.locked.get_or_insert(*key);
        }
        Ok(Step::Manners { first: *first, before, after: Runs::of(after), whole: None })
    }

    fn split(&self, at: usize, character: usize) -> Result<Step, StudioError> {
        let whole = self.free_line(at)?;
        let nowhere = StudioError::OutOfRange { what: "the place to split", range: "between two words of the line" };
        let Some((byte, _)) = whole.text.char_indices().nth(character) else { return Err(nowhere) };
        let (left, right) = whole.text.split_at(byte);
        let (left, right) = (left.trim(), right.trim());
        if ![left, right].iter().all(|part| part.chars().any(char::is_alphanumeric)) {
            return Err(nowhere);
        }
        let id = u32::try_from(self.takes.len()).map_err(|_| nowhere)?;
        let first = Line { text: left.into(), planned: None, pause_seconds: pause_after(left), ..whole.clone() };
        let second = Line { id, text: right.into(), planned: None, take: 0, ..whole.clone() };
        Ok(Step::Splice { at, before: vec![whole.clone()], after: vec![first, second] })
    }

    fn merge(&self, at: usize) -> Result<Step, StudioError> {
        let (first, second) = (self.free_line(at)?, self.free_line(at.saturating_add(1))?);
        if first.chapter != second.chapter {
            return Err(StudioError::OutOfRange { what: "the line to merge", range: "followed by one of its chapter" });
        }
        let text = clean(&format!("{} {}", first.text, second.text))?;
        let merged = Line { text: text.into(), planned: None, pause_seconds: second.pause_seconds, ..first.clone() };
        Ok(Step::Splice { at, before: vec![first.clone(), second.clone()], after: vec![merged] })
    }

    /// Takes a step forward or back.
    fn take(&mut self, step: &Step, forward: bool) -> Touched {
        match step {
            Step::Splice { at, before, after } => {
                let (from, to) = if forward { (before, after) } else { (after, before) };
                self.lines.splice(*at..at + from.len(), to.iter().cloned());
                for line in to {
                    let id = line.id as usize;
                    if self.takes.len() <= id {
                        self.takes.resize(id + 1, 1);
                    }
                    self.takes[id] = self.takes[id].max(line.take + 1);
                }
                Touched { lines: *at..at + to.len(), reordered: from.len() != to.len() }
            }
            Step::Manners { first, before, after, whole } => {
                let to = if forward { after } else { before };
                let lines = self.lines.iter_mut().skip(*first);
                for (line, manner) in lines.zip(to.iter()) {
                    line.manner = manner.clone();
                }
                if let Some((old, new)) = whole {
                    self.whole = if forward { new } else { old }.clone();
                }
                Touched { lines: *first..first + to.len(), reordered: false }
            }
        }
    }
}

/// A line as it is kept: single spaces, something to say, within bounds.
fn clean(text: &str) -> Result<String, StudioError> {
    const LENGTH: StudioError = StudioError::OutOfRange { what: "the length of a line", range: "1 to 1000 characters" };
    // Bytes first: nobody counts the characters of a gigabyte.
    if text.len() > 8 * MAX_CHARACTERS {
        return Err(LENGTH);
    }
    if text.chars().any(|char| char.is_control() && !char.is_whitespace()) {
        return Err(StudioError::NotText);
    }
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if !text.chars().any(char::is_alphanumeric) {
        return Err(StudioError::NothingToSay);
    }
    if text.chars().count() > MAX_CHARACTERS { Err(LENGTH) } else { Ok(text) }
}

/// The pause after the first part of a line that was split, by its last mark.
fn pause_after(text: &str) -> f32 {
    match text.trim_end_matches(['"', '\'', '”', '’', ')', ']', '»']).chars().next_back() {
        Some('.' | '!' | '?' | '…') => 0.35,
        Some(';' | ':' | '—' | '–') => 0.2,
        Some(',') => 0.12,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests;
