//! The cues of a dub and what edits do to them: pure, so that the same records always give the same dub. Every edit keeps
//! what it replaced and can be taken back.

#[cfg(test)]
mod tests;
mod wording;

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::error::DubError;
use super::{Author, DubEdit, DubTranslation};
use crate::StudioError;

/// Most cues of one dub.
pub(super) const MAX_CUES: usize = 100_000;
/// Longest text of a cue, in characters.
pub(super) const MAX_CHARACTERS: usize = 1000;
/// Most people who speak in one film.
pub(super) const MAX_SPEAKERS: usize = 200;
/// Most takes of one cue.
pub(super) const MAX_TAKES: u32 = 100;
/// Shortest cue.
const SHORTEST_MS: u64 = 50;
/// Longest name of a speaker, in characters.
const MAX_NAME_CHARACTERS: usize = 80;
/// Latest time that a cue can have: a hundred hours.
const LATEST_MS: u64 = 360_000_000;

/// What one person says in one go.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cue {
    /// Never changes, never used twice.
    pub id: u32,
    pub start_ms: u64,
    pub end_ms: u64,
    /// Place in the list of speakers.
    pub speaker: u16,
    pub source: String,
    pub target: String,
    pub by: Author,
    /// The take that somebody chose.
    pub take: Option<u32>,
    /// Which of the dub's recordings is its line, in place of what a voice would speak.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<u32>,
    pub locked: bool,
}

impl Cue {
    /// Whether it has words that a voice can speak.
    pub fn has_words(&self) -> bool {
        self.target.chars().any(char::is_alphanumeric)
    }

    /// Whether it sounds in the dub, once it is made.
    pub fn is_said(&self) -> bool {
        self.recorded.is_some() || self.has_words()
    }
}

/// Who speaks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Speaker {
    /// What somebody called them.
    pub name: Option<String>,
    /// Id of the voice that was chosen.
    pub voice: Option<String>,
}

/// A dub under edit.
#[derive(Debug, Clone, Default)]
pub(super) struct Script {
    /// By when they begin.
    pub cues: Vec<Cue>,
    pub speakers: Vec<Speaker>,
    /// Whether it is known who speaks.
    pub is_assigned: bool,
    translation: DubTranslation,
    done: Vec<Step>,
    undone: Vec<Step>,
    /// The first number that no cue has had.
    next: u32,
}

/// What an edit replaced, and with what.
#[derive(Debug, Clone)]
struct Step {
    at: usize,
    before: Vec<Cue>,
    after: Vec<Cue>,
    speakers: Option<(Vec<Speaker>, Vec<Speaker>)>,
    translation: Option<(DubTranslation, DubTranslation)>,
    is_assigned: Option<(bool, bool)>,
}

/// All that edits change.
#[derive(Debug, Clone)]
struct Shape {
    cues: Vec<Cue>,
    speakers: Vec<Speaker>,
    translation: DubTranslation,
    is_assigned: bool,
}

impl Script {
    pub fn can_undo(&self) -> bool {
        !self.done.is_empty()
    }

    pub fn can_redo(&self) -> bool {
        !self.undone.is_empty()
    }

    /// The first number that no cue has had.
    pub fn next_id(&self) -> u32 {
        self.next
    }

    /// How what has no words yet is to be translated.
    pub fn translation_settings(&self) -> &DubTranslation {
        &self.translation
    }

    /// Puts cues in that were found in the film or read from subtitles, in place of all that were there.
    pub fn found(&mut self, mut cues: Vec<Cue>, speakers: Vec<Speaker>, is_assigned: bool) {
        cues.sort_by_key(|cue| (cue.start_ms, cue.id));
        cues.truncate(MAX_CUES);
        self.next = cues.iter().map(|cue| cue.id + 1).max().unwrap_or(0).max(self.next);
        self.cues = cues;
        self.speakers = speakers;
        self.is_assigned = is_assigned;
        self.done.clear();
        self.undone.clear();
    }

    /// Takes cues from subtitles that somebody gave later: an edit like any other. False if it changed nothing.
    pub fn given(&mut self, mut cues: Vec<Cue>, speakers: Vec<Speaker>, is_assigned: bool) -> bool {
        cues.sort_by_key(|cue| (cue.start_ms, cue.id));
        cues.truncate(MAX_CUES);
        self.turn_into(Shape { cues, speakers, translation: self.translation.clone(), is_assigned })
    }

    /// Says who speaks cues, by their numbers, where nobody said it before.
    pub fn assigned(&mut self, speakers: &[(u32, u16)]) {
        for (id, speaker) in speakers {
            if let Some(cue) = self.cues.iter_mut().find(|cue| cue.id == *id) {
                cue.speaker = *speaker;
            }
        }
        let count = self.cues.iter().map(|cue| usize::from(cue.speaker) + 1).max().unwrap_or(0);
        self.speakers.resize(count.max(self.speakers.len()), Speaker::default());
        self.is_assigned = true;
    }

    /// Gives cues, by their numbers, words in the language of the dub, where nobody gave them any meanwhile.
    pub fn translated(&mut self, lines: &[(u32, String)]) {
        for (id, text) in lines {
            if let Some(cue) = self.cues.iter_mut().find(|cue| cue.id == *id && cue.target.is_empty()) {
                cue.target.clone_from(text);
                cue.by = Author::Model;
            }
        }
    }

    /// Does an edit. False if it changed nothing.
    pub fn apply(&mut self, edit: &DubEdit) -> Result<bool, StudioError> {
        match edit {
            DubEdit::Undo => {
                let step = self.done.pop().ok_or(StudioError::NothingTo { what: "undo" })?;
                self.put(&step, true);
                self.undone.push(step);
                Ok(true)
            }
            DubEdit::Redo => {
                let step = self.undone.pop().ok_or(StudioError::NothingTo { what: "redo" })?;
                self.put(&step, false);
                self.done.push(step);
                Ok(true)
            }
            edit => {
                let shape = self.after(edit)?;
                Ok(self.turn_into(shape))
            }
        }
    }

    /// Takes a new shape; false if it is the old one.
    fn turn_into(&mut self, shape: Shape) -> bool {
        let Some(step) = self.step(&shape) else { return false };
        self.next = shape.cues.iter().map(|cue| cue.id + 1).max().unwrap_or(0).max(self.next);
        (self.cues, self.speakers, self.translation) = (shape.cues, shape.speakers, shape.translation);
        self.is_assigned = shape.is_assigned;
        self.done.push(step);
        self.undone.clear();
        true
    }

    /// Takes a step back, or again.
    fn put(&mut self, step: &Step, is_back: bool) {
        fn side<T: Clone>(change: Option<&(T, T)>, is_back: bool, into: &mut T) {
            if let Some((before, after)) = change {
                into.clone_from(if is_back { before } else { after });
            }
        }
        let (gone, come) = if is_back { (&step.after, &step.before) } else { (&step.before, &step.after) };
        self.cues.splice(step.at..step.at + gone.len(), come.iter().cloned());
        side(step.speakers.as_ref(), is_back, &mut self.speakers);
        side(step.translation.as_ref(), is_back, &mut self.translation);
        side(step.is_assigned.as_ref(), is_back, &mut self.is_assigned);
    }

    /// The difference, as small as it can be told: one stretch of cues. None if there is none.
    fn step(&self, shape: &Shape) -> Option<Step> {
        let cues = &shape.cues;
        let same = |pair: &(&Cue, &Cue)| pair.0 == pair.1;
        let head = self.cues.iter().zip(cues).take_while(same).count();
        let most = self.cues.len().min(cues.len()) - head;
        let tail = self.cues.iter().rev().zip(cues.iter().rev()).take(most).take_while(same).count();
        let step = Step {
            at: head,
            before: self.cues[head..self.cues.len() - tail].to_vec(),
            after: cues[head..cues.len() - tail].to_vec(),
            speakers: changed(&self.speakers, &shape.speakers),
            translation: changed(&self.translation, &shape.translation),
            is_assigned: changed(&self.is_assigned, &shape.is_assigned),
        };
        let is_something = !step.before.is_empty()
            || !step.after.is_empty()
            || step.speakers.is_some()
            || step.translation.is_some()
            || step.is_assigned.is_some();
        is_something.then_some(step)
    }

    /// Everything as it is after an edit.
    fn after(&self, edit: &DubEdit) -> Result<Shape, StudioError> {
        let (mut cues, mut speakers) = (self.cues.clone(), self.speakers.clone());
        let mut translation = self.translation.clone();
        match edit {
            DubEdit::Target { cue, text } => {
                self.free(*cue)?;
                let text = clean(text)?;
                if cues[*cue].target != text {
                    cues[*cue].take = None;
                    cues[*cue].by = Author::Hand;
                    cues[*cue].target = text;
                }
            }
            DubEdit::Source { cue, text } => {
                self.free(*cue)?;
                cues[*cue].source = clean(text)?;
            }
            DubEdit::Time { cue, start_ms, end_ms } => {
                self.free(*cue)?;
                check_time(*start_ms, *end_ms)?;
                (cues[*cue].start_ms, cues[*cue].end_ms) = (*start_ms, *end_ms);
            }
            DubEdit::Shift { first, last, by_ms } => {
                for cue in cues[self.range(*first, *last)?].iter_mut().filter(|cue| !cue.locked) {
                    let length = cue.end_ms - cue.start_ms;
                    let start = cue.start_ms.checked_add_signed(*by_ms).filter(|at| at + length <= LATEST_MS);
                    cue.start_ms = start.ok_or(DubError::BadTime)?;
                    cue.end_ms = cue.start_ms + length;
                }
            }
            DubEdit::Speaker { first, last, speaker } => {
                if usize::from(*speaker) == speakers.len() && speakers.len() < MAX_SPEAKERS {
                    speakers.push(Speaker::default());
                }
                Self::known(&speakers, *speaker)?;
                for cue in cues[self.range(*first, *last)?].iter_mut().filter(|cue| !cue.locked) {
                    cue.speaker = *speaker;
                }
            }
            DubEdit::Voice { speaker, voice } => {
                Self::known(&speakers, *speaker)?;
                speakers[usize::from(*speaker)].voice.clone_from(voice);
            }
            DubEdit::Name { speaker, name } => {
                Self::known(&speakers, *speaker)?;
                let name = clean(name)?;
                if name.chars().count() > MAX_NAME_CHARACTERS {
                    return Err(StudioError::OutOfRange { what: "the name", range: "at most 80 characters" });
                }
                speakers[usize::from(*speaker)].name = (!name.is_empty()).then_some(name);
            }
            DubEdit::Take { cue, take } => {
                self.free(*cue)?;
                if take.is_some_and(|take| take >= MAX_TAKES) {
                    return Err(StudioError::OutOfRange { what: "the take", range: "0 to 99" });
                }
                cues[*cue].take = *take;
            }
            DubEdit::Recorded { cue, recording } => {
                self.free(*cue)?;
                cues[*cue].recorded = *recording;
            }
            DubEdit::Lock { first, last, locked } => {
                cues[self.range(*first, *last)?].iter_mut().for_each(|cue| cue.locked = *locked);
            }
            DubEdit::Split { cue, at } => {
                let parts = self.split(*cue, *at)?;
                cues.splice(*cue..=*cue, parts);
            }
            DubEdit::Merge { cue } => {
                let merged = self.merged(*cue)?;
                cues.splice(*cue..=*cue + 1, [merged]);
            }
            DubEdit::Insert { start_ms, end_ms, speaker, text } => {
                check_time(*start_ms, *end_ms)?;
                if speakers.is_empty() {
                    speakers.push(Speaker::default());
                }
                Self::known(&speakers, *speaker)?;
                if cues.len() >= MAX_CUES {
                    return Err(StudioError::OutOfRange { what: "the number of cues", range: "at most 100,000" });
                }
                cues.push(Cue {
                    id: self.next,
                    start_ms: *start_ms,
                    end_ms: *end_ms,
                    speaker: *speaker,
                    source: String::new(),
                    target: clean(text)?,
                    by: Author::Hand,
                    take: None,
                    recorded: None,
                    locked: false,
                });
            }
            DubEdit::Remove { first, last } => {
                let range = self.range(*first, *last)?;
                for cue in range.clone() {
                    self.free(cue)?;
                }
                cues.drain(range);
            }
            DubEdit::Translation { settings } => translation = wording::clean_settings(settings)?,
            DubEdit::Undo | DubEdit::Redo => {}
        }
        cues.sort_by_key(|cue| (cue.start_ms, cue.id));
        Ok(Shape { cues, speakers, translation, is_assigned: self.is_assigned })
    }

    pub fn cue(&self, at: usize) -> Result<&Cue, StudioError> {
        Ok(self.cues.get(at).ok_or(DubError::UnknownCue { cue: at, cues: self.cues.len() })?)
    }

    /// A cue that may be changed.
    fn free(&self, at: usize) -> Result<&Cue, StudioError> {
        let cue = self.cue(at)?;
        if cue.locked { Err(DubError::Locked { cue: at }.into()) } else { Ok(cue) }
    }

    fn range(&self, first: usize, last: usize) -> Result<RangeInclusive<usize>, StudioError> {
        self.cue(last)?;
        if first > last {
            return Err(StudioError::OutOfRange { what: "the first cue", range: "at or before the last one" });
        }
        Ok(first..=last)
    }

    fn known(speakers: &[Speaker], speaker: u16) -> Result<(), StudioError> {
        if usize::from(speaker) < speakers.len() {
            return Ok(());
        }
        let known = (0..speakers.len()).map(|at| letter(at as u16)).collect();
        Err(DubError::UnknownSpeaker { asked: letter(speaker), known }.into())
    }

    fn split(&self, at: usize, character: usize) -> Result<[Cue; 2], StudioError> {
        let whole = self.free(at)?;
        let nowhere = StudioError::OutOfRange { what: "the place to split", range: "between two words of the cue" };
        let by_target = !whole.target.is_empty();
        let text = if by_target { &whole.target } else { &whole.source };
        let Some((byte, _)) = text.char_indices().nth(character) else { return Err(nowhere) };
        let (left, right) = (text[..byte].trim(), text[byte..].trim());
        if ![left, right].iter().all(|part| part.chars().any(char::is_alphanumeric)) {
            return Err(nowhere);
        }
        let share = left.chars().count() as f64 / (left.chars().count() + right.chars().count()) as f64;
        let middle = whole.start_ms + ((whole.end_ms - whole.start_ms) as f64 * share).round() as u64;
        if middle < whole.start_ms + SHORTEST_MS || middle + SHORTEST_MS > whole.end_ms {
            return Err(nowhere);
        }
        // The words of the other language cannot be parted by the same place: they go in proportion, at a space.
        let other = if by_target { &whole.source } else { &whole.target };
        let (other_left, other_right) = parted(other, share);
        let part = |mine: &str, others: &str| {
            let (mine, others) = (mine.to_owned(), others.to_owned());
            if by_target { (others, mine) } else { (mine, others) }
        };
        let (source, target) = part(left, other_left);
        // A recording cannot be parted: both halves are spoken anew.
        let whole = &Cue { take: None, recorded: None, ..whole.clone() };
        let first = Cue { end_ms: middle, source, target, ..whole.clone() };
        let (source, target) = part(right, other_right);
        let second = Cue { id: self.next, start_ms: middle, source, target, ..whole.clone() };
        Ok([first, second])
    }

    fn merged(&self, at: usize) -> Result<Cue, StudioError> {
        let (first, second) = (self.free(at)?, self.free(at.saturating_add(1))?);
        let both = |one: &str, other: &str| clean(&format!("{one} {other}"));
        Ok(Cue {
            end_ms: first.end_ms.max(second.end_ms),
            source: both(&first.source, &second.source)?,
            target: both(&first.target, &second.target)?,
            take: None,
            recorded: None,
            ..first.clone()
        })
    }
}

/// What was and what is, if they differ.
fn changed<T: Clone + PartialEq>(before: &T, after: &T) -> Option<(T, T)> {
    (before != after).then(|| (before.clone(), after.clone()))
}

/// The letter of a speaker: A to Z, then AA, AB, …
pub(super) fn letter(speaker: u16) -> String {
    let mut letters = Vec::new();
    let mut left = usize::from(speaker) + 1;
    while left > 0 {
        left -= 1;
        letters.push(char::from(b'A' + (left % 26) as u8));
        left /= 26;
    }
    letters.iter().rev().collect()
}

/// The words of a cue as they are kept: single spaces, nothing that is not text.
pub(super) fn clean(text: &str) -> Result<String, StudioError> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().any(char::is_control) {
        return Err(StudioError::NotText);
    }
    if text.chars().count() > MAX_CHARACTERS {
        return Err(StudioError::OutOfRange { what: "the length of a cue", range: "at most 1000 characters" });
    }
    Ok(text)
}

fn check_time(start_ms: u64, end_ms: u64) -> Result<(), StudioError> {
    if end_ms <= LATEST_MS && start_ms.saturating_add(SHORTEST_MS) <= end_ms {
        return Ok(());
    }
    Err(DubError::BadTime.into())
}

/// A text in two parts, at the space that is nearest to a share of its length.
fn parted(text: &str, share: f64) -> (&str, &str) {
    let wanted = text.len() as f64 * share;
    let spaces = text.match_indices(' ').map(|(at, _)| at);
    let nearest = spaces.min_by(|one, other| (*one as f64 - wanted).abs().total_cmp(&(*other as f64 - wanted).abs()));
    match nearest {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, ""),
    }
}
