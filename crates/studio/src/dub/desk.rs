//! One open dub: its script, which of its lines are in the library, and what is under way. Knows the library only through
//! the studio that is handed in.

mod shown;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use library::DocumentId;

use super::error::DubError;
use super::head::{Head, KeptLine, Made, Record};
use super::mix::Settings;
use super::script::{Cue, Script};
use super::{DubEdit, KIND};
use crate::make::{self, Key, Line};
use crate::voices::Identity;
use crate::{Sayings, Studio, StudioError};

/// Dubs that are kept open at most; those at work come on top.
const OPEN: usize = 4;
/// Longest line, in characters as spoken.
const MAX_SPOKEN_CHARACTERS: usize = 1500;

/// The dubs that were opened lately, the latest last.
#[derive(Debug, Default)]
pub(crate) struct Open {
    desks: Mutex<Vec<(u64, Arc<Mutex<Desk>>)>>,
}

/// One open dub.
#[derive(Debug)]
pub(crate) struct Desk {
    id: DocumentId,
    pub head: Head,
    pub script: Script,
    /// Whether it is known who speaks.
    pub is_assigned: bool,
    /// Where somebody speaks in the film, once it was listened to.
    pub regions: Option<Vec<(u64, u64)>>,
    /// How it is mixed, and how loud the film is.
    pub settings: Option<(Settings, Option<f64>)>,
    pub warnings: Vec<String>,
    /// The shape of the film's sound, once somebody looked at it.
    pub peaks: Option<Vec<[i8; 2]>>,
    /// Lines that people spoke themselves, by their numbers.
    lines: Vec<KeptLine>,
    /// What is known of what was made, by key.
    sounds: HashMap<Key, Sound>,
    /// Takes that were ever made, by cue.
    takes: HashMap<u32, u32>,
    /// What a running job is about to make; `true` once it is in the engine.
    under_way: HashMap<Key, bool>,
    /// Why what was tried lately could not be made. Not kept: the next job tries again.
    failed: HashMap<Key, String>,
    /// What cues are made from, so that texts are not worked out again for each look.
    known: HashMap<u32, Known>,
    sayings: Sayings,
    identities: HashMap<String, Identity>,
    epoch: u64,
}

/// What a cue is made from.
#[derive(Debug, Clone)]
struct Known {
    target: String,
    spoken: Arc<str>,
}

/// What is known of a stretch of sound.
#[derive(Debug, Clone, Default)]
pub(super) struct Sound {
    pub seconds: f64,
    pub doubt: Option<String>,
    /// To choose between takes: 0 is as it should be.
    pub badness: f64,
    /// How much it is like the other lines of its voice.
    pub likeness: Option<f64>,
}

impl Sound {
    /// What a take costs beside another, in the terms of the fit: a doubt is worth as much as a tempo of a twentieth more.
    fn penalty(&self) -> f64 {
        let unlike = self.likeness.map_or(0.0, |likeness| (1.0 - likeness).max(0.0));
        f64::from(u8::from(self.doubt.is_some())) + 2.0 * self.badness + 2.0 * unlike
    }
}

/// A line that is to be made.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub cue: u32,
    pub take: u32,
    pub key: Key,
    pub voice: String,
    pub spoken: Arc<str>,
}

pub(super) fn lock(desk: &Mutex<Desk>) -> MutexGuard<'_, Desk> {
    lock_any(desk)
}

/// A lock of something that is sound even if somebody panicked while holding it.
pub(super) fn lock_any<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Studio {
    /// An open dub; opens it if it is not.
    pub(super) fn dub_desk(&self, id: u64) -> Result<Arc<Mutex<Desk>>, StudioError> {
        let library = self.library()?;
        // Held while a dub is opened: there must never be two desks for one.
        let mut desks = self.dubs.desks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = desks.iter().position(|(open, _)| *open == id) {
            let found = desks.remove(at);
            let desk = Arc::clone(&found.1);
            desks.push(found);
            return Ok(desk);
        }
        let head = library.document(KIND, DocumentId(id)).map_err(|error| match error {
            library::LibraryError::NotFound(_) => DubError::Unknown { id }.into(),
            other => StudioError::from(other),
        })?;
        let head = Head::read(&head).ok_or(DubError::Damaged { id })?;
        let desk = Arc::new(Mutex::new(Desk::open(self, DocumentId(id), head)?));
        desks.push((id, Arc::clone(&desk)));
        while desks.len() > OPEN
            && let Some(at) = desks.iter().position(|(_, desk)| Arc::strong_count(desk) == 1)
        {
            desks.remove(at);
        }
        Ok(desk)
    }

    /// Forgets a dub that was removed.
    pub(super) fn close_dub_desk(&self, id: u64) {
        self.dubs.desks.lock().unwrap_or_else(PoisonError::into_inner).retain(|(open, _)| *open != id);
    }
}

impl Desk {
    fn open(studio: &Studio, id: DocumentId, head: Head) -> Result<Self, StudioError> {
        let mut desk = Self {
            id,
            head,
            script: Script::default(),
            is_assigned: false,
            regions: None,
            settings: None,
            warnings: Vec::new(),
            peaks: None,
            lines: Vec::new(),
            sounds: HashMap::new(),
            takes: HashMap::new(),
            under_way: HashMap::new(),
            failed: HashMap::new(),
            known: HashMap::new(),
            sayings: studio.sayings()?,
            identities: HashMap::new(),
            epoch: 0,
        };
        for record in studio.library()?.edits(id)? {
            let record = serde_json::from_slice(&record).map_err(|_| DubError::Damaged { id: id.0 })?;
            desk.take_in(&record).map_err(|_| DubError::Damaged { id: id.0 })?;
        }
        Ok(desk)
    }

    /// What a record does to what is known.
    fn take_in(&mut self, record: &Record) -> Result<(), StudioError> {
        match record {
            Record::Found { cues, speakers, assigned, warnings } => {
                self.script.found(cues.clone(), speakers.clone(), *assigned);
                self.warnings.extend(warnings.iter().cloned());
            }
            Record::Spoken { regions } => self.regions = Some(regions.clone()),
            Record::Given { cues, speakers, assigned, warnings } => {
                self.script.given(cues.clone(), speakers.clone(), *assigned);
                self.warnings.extend(warnings.iter().cloned());
            }
            Record::Assigned { speakers } => self.script.assigned(speakers),
            Record::Translated { lines } => self.script.translated(lines),
            Record::Edit { edit } => {
                self.script.apply(edit)?;
            }
            Record::Line { line } => {
                let doubt = line.doubt.clone();
                self.sounds.insert(line.key.0, Sound { seconds: line.seconds, doubt, ..Sound::default() });
                self.lines.push(line.clone());
            }
            Record::Made { made } => made.iter().for_each(|made| self.note(made)),
            Record::Level { settings, film_lufs } => self.settings = Some((settings.clone(), *film_lufs)),
        }
        self.is_assigned = self.script.is_assigned;
        Ok(())
    }

    fn note(&mut self, made: &Made) {
        let Made { seconds, badness, likeness, .. } = *made;
        self.sounds.insert(made.key(), Sound { seconds, badness, likeness, doubt: made.doubt.clone() });
        let takes = self.takes.entry(made.cue).or_default();
        *takes = (*takes).max(made.take + 1);
    }

    /// Appends a record: it is on disk, and taken in, once this returns.
    pub fn append(&mut self, studio: &Studio, record: &Record) -> Result<(), StudioError> {
        let bytes = serde_json::to_vec(record).map_err(|_| DubError::Damaged { id: self.id.0 })?;
        studio.library()?.append_edit(self.id, &bytes)?;
        self.take_in(record)
    }

    /// Does an edit; what changes nothing is not written down.
    pub fn edit(&mut self, studio: &Studio, edit: &DubEdit) -> Result<(), StudioError> {
        if let DubEdit::Lock { first, last, locked: true } = edit {
            self.check_made(studio, *first, *last)?;
        }
        if let DubEdit::Recorded { recording: Some(recording), .. } = edit
            && self.lines.get(*recording as usize).is_none()
        {
            return Err(DubError::UnknownRecording.into());
        }
        let mut tried = self.script.clone();
        if !tried.apply(edit)? {
            return Ok(());
        }
        self.append(studio, &Record::Edit { edit: edit.clone() })
    }

    /// Only what is made can be protected.
    fn check_made(&mut self, studio: &Studio, first: usize, last: usize) -> Result<(), StudioError> {
        let cues: Vec<Cue> =
            self.script.cues.iter().skip(first).take(last.saturating_sub(first) + 1).cloned().collect();
        self.catch_up(studio)?;
        let mut missing = 0;
        for cue in &cues {
            let key = match self.line_of(cue) {
                Some(line) => line.key.0,
                None => self.wanted(studio, cue, self.first_take(cue))?.key,
            };
            missing += usize::from(!studio.library()?.has_segment(&key)?);
        }
        if missing == 0 { Ok(()) } else { Err(StudioError::NotRendered { lines: missing }) }
    }

    /// Looks again at sayings and consents, if they have changed.
    pub fn catch_up(&mut self, studio: &Studio) -> Result<(), StudioError> {
        let epoch = studio.library()?.revocation_epoch()?;
        let sayings = studio.sayings()?;
        if sayings.list() != self.sayings.list() {
            self.sayings = sayings;
            self.known.clear();
        }
        if epoch != self.epoch {
            self.epoch = epoch;
            self.identities.clear();
        }
        Ok(())
    }

    /// The take that a cue is made in first.
    pub fn first_take(&self, cue: &Cue) -> u32 {
        cue.take.unwrap_or(0)
    }

    /// Takes of a cue that there are, at least one.
    pub fn takes(&self, cue: &Cue) -> u32 {
        let made = self.takes.get(&cue.id).copied().unwrap_or(0);
        made.max(cue.take.map_or(0, |take| take + 1)).max(1)
    }

    /// What a take of a cue is made from.
    pub fn wanted(&mut self, studio: &Studio, cue: &Cue, take: u32) -> Result<Wanted, StudioError> {
        let voice = self.voice_of(cue.speaker);
        if !self.identities.contains_key(&voice) {
            self.identities.insert(voice.clone(), studio.voice_identity(&voice)?);
        }
        let spoken = self.spoken(cue);
        let line = Line { spoken: &spoken, language: &self.head.to, seed: u64::from(take), speed: 1.0 };
        let key = make::key(&self.identities[&voice], &line);
        Ok(Wanted { cue: cue.id, take, key, voice, spoken })
    }

    /// The words of a cue as they are said.
    fn spoken(&mut self, cue: &Cue) -> Arc<str> {
        match self.known.get(&cue.id) {
            Some(known) if known.target == cue.target => Arc::clone(&known.spoken),
            _ => {
                let text = self.sayings.apply(&cue.target);
                // Numbers and abbreviations are written out for English; other languages are read as written by models
                // that know how.
                let is_english = self.head.to.split(['-', '_']).next() == Some("en");
                let spoken: String = if is_english { text::normalise(&text) } else { text };
                let spoken: Arc<str> = spoken.chars().take(MAX_SPOKEN_CHARACTERS).collect::<String>().into();
                let known = Known { target: cue.target.clone(), spoken: Arc::clone(&spoken) };
                self.known.insert(cue.id, known);
                spoken
            }
        }
    }

    /// Lines that people spoke themselves, by their numbers.
    pub fn lines(&self) -> &[KeptLine] {
        &self.lines
    }

    pub fn set_under_way(&mut self, key: &Key, is: Option<bool>) {
        match is {
            Some(in_engine) => drop(self.under_way.insert(*key, in_engine)),
            None => drop(self.under_way.remove(key)),
        }
    }

    pub fn set_failed(&mut self, key: &Key, why: Option<String>) {
        match why {
            Some(why) => drop(self.failed.insert(*key, why)),
            None => drop(self.failed.remove(key)),
        }
    }

    /// Whether a line could not be made lately. The next job tries again: see [`Desk::forgive`].
    pub fn has_failed(&self, key: &Key) -> bool {
        self.failed.contains_key(key)
    }

    /// Forgets what could not be made, so that it is tried again.
    pub fn forgive(&mut self) {
        self.failed.clear();
    }

    /// The place of a cue by its number.
    pub fn place(&self, id: u32) -> Option<usize> {
        self.script.cues.iter().position(|cue| cue.id == id)
    }

    /// What the dub knows of a sound.
    pub fn sound(&self, key: &Key) -> Option<&Sound> {
        self.sounds.get(key)
    }
}
