//! One open book: its script, which of its lines are in the library, and what is under way. Knows the library only
//! through the studio that is handed in.

mod shown;

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use library::DocumentId;

use super::head::{Account, Head, Made, Record};
use super::script::{Deed, Line, Script};
use super::{Changed, Edit, KIND};
use crate::make::{self, Hex, Key};
use crate::sayings::Sayings;
use crate::voices::Identity;
use crate::{Studio, StudioError};

/// Books that are kept open at most; those at work come on top.
const OPEN: usize = 8;

/// Longest line, in characters as spoken.
const MAX_SPOKEN_CHARACTERS: usize = 1500;

/// The books that were opened lately, the latest last.
#[derive(Debug, Default)]
pub(crate) struct Open {
    desks: Mutex<Vec<(u64, Arc<Mutex<Desk>>)>>,
}

/// One open book.
#[derive(Debug)]
pub(super) struct Desk {
    id: DocumentId,
    head: Head,
    pub script: Script,
    account: Account,
    /// By line id: what it is.
    known: Vec<Known>,
    /// By line id: its place.
    places: Vec<usize>,
    /// What a running job is about to make; `true` once it is in the engine.
    under_way: HashMap<Key, bool>,
    /// Why what was tried lately could not be made. Not kept: it is tried again by the next job.
    failed: HashMap<Key, String>,
    sayings: Sayings,
    /// Of the list of revoked voices when it was last looked at.
    epoch: u64,
    /// What voices' sounds are keyed by, by id.
    identities: HashMap<Arc<str>, Identity>,
}

/// What a line is made from, and whether it is made.
#[derive(Debug, Clone, Default)]
struct Known {
    /// The text that `spoken` was derived from.
    text: Option<Arc<str>>,
    spoken: Arc<str>,
    key: Key,
    is_there: bool,
}

/// A line that is to be made.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub id: u32,
    pub key: Key,
    pub voice: Arc<str>,
    pub spoken: Arc<str>,
    pub seed: u64,
    pub speed: f32,
}

pub(super) fn lock(desk: &Mutex<Desk>) -> MutexGuard<'_, Desk> {
    desk.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Studio {
    /// An open book; opens it if it is not.
    pub(super) fn desk(&self, id: u64) -> Result<Arc<Mutex<Desk>>, StudioError> {
        let library = self.library()?;
        // Held while a book is opened: there must never be two desks for one book.
        let mut desks = self.books.desks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = desks.iter().position(|(open, _)| *open == id) {
            let found = desks.remove(at);
            let desk = Arc::clone(&found.1);
            desks.push(found);
            return Ok(desk);
        }
        let head = library.document(KIND, DocumentId(id)).map_err(|error| match error {
            library::LibraryError::NotFound(_) => StudioError::UnknownBook { id },
            other => other.into(),
        })?;
        let head = Head::read(&head).ok_or(StudioError::BookDamaged { id })?;
        let desk = Arc::new(Mutex::new(Desk::open(self, DocumentId(id), head)?));
        desks.push((id, Arc::clone(&desk)));
        while desks.len() > OPEN
            && let Some(at) = desks.iter().position(|(_, desk)| Arc::strong_count(desk) == 1)
        {
            desks.remove(at);
        }
        Ok(desk)
    }

    /// Forgets a book that was removed.
    pub(super) fn close_desk(&self, id: u64) {
        self.books.desks.lock().unwrap_or_else(PoisonError::into_inner).retain(|(open, _)| *open != id);
    }
}

impl Desk {
    fn open(studio: &Studio, id: DocumentId, mut head: Head) -> Result<Self, StudioError> {
        let damaged = || StudioError::BookDamaged { id: id.0 };
        let mut script = head.script();
        // The words are in the script by now; a book need not be in memory twice.
        head.book.chapters.iter_mut().for_each(|chapter| chapter.paragraphs = Vec::new());
        let mut account = Account::default();
        for record in studio.library()?.edits(id)? {
            match serde_json::from_slice(&record).map_err(|_| damaged())? {
                Record::Edit { edit } => {
                    script.apply(&Deed::Edit(&edit)).map_err(|_| damaged())?;
                }
                Record::Lock { lines } => {
                    let lines: Vec<(usize, Key)> = lines.into_iter().map(|(at, key)| (at, key.0)).collect();
                    script.apply(&Deed::Lock(&lines)).map_err(|_| damaged())?;
                }
                Record::Made { made } => made.iter().for_each(|made| account.note(made)),
            }
        }
        let mut desk = Self {
            id,
            head,
            script,
            account,
            known: Vec::new(),
            places: Vec::new(),
            under_way: HashMap::new(),
            failed: HashMap::new(),
            sayings: studio.sayings()?,
            epoch: studio.library()?.revocation_epoch()?,
            identities: HashMap::new(),
        };
        desk.find_places();
        desk.look(studio, 0..desk.script.lines.len(), true)?;
        Ok(desk)
    }

    /// The sayings and the epoch of revocations, if they are not those that were last looked at.
    fn news(&self, studio: &Studio) -> Result<Option<(Sayings, u64)>, StudioError> {
        let sayings = studio.sayings()?;
        let epoch = studio.library()?.revocation_epoch()?;
        let is_news = sayings.list() != self.sayings.list() || epoch != self.epoch;
        Ok(is_news.then_some((sayings, epoch)))
    }

    /// Looks again at everything, if sayings or consents have changed.
    pub fn catch_up(&mut self, studio: &Studio) -> Result<(), StudioError> {
        match self.news(studio)? {
            Some(news) => self.learn(studio, news),
            None => Ok(()),
        }
    }

    fn learn(&mut self, studio: &Studio, (sayings, epoch): (Sayings, u64)) -> Result<(), StudioError> {
        // Only lines with a word that is said otherwise now are worked out anew. Each side is a list of its own: a word
        // may be in both.
        let differing = [only_in(&self.sayings, &sayings)?, only_in(&sayings, &self.sayings)?];
        for known in &mut self.known {
            if known.text.as_ref().is_some_and(|text| differing.iter().any(|sayings| sayings.touches(text))) {
                known.text = None;
            }
        }
        self.sayings = sayings;
        self.epoch = epoch;
        self.identities.clear();
        self.look(studio, 0..self.script.lines.len(), true)
    }

    /// Works out what lines are now. Asks the library about those that are something else than before, or about all.
    pub fn look(&mut self, studio: &Studio, lines: Range<usize>, all: bool) -> Result<(), StudioError> {
        let library = studio.library()?;
        self.known.resize(self.script.ids(), Known::default());
        for line in &self.script.lines[lines] {
            let known = &mut self.known[line.id as usize];
            if !known.text.as_ref().is_some_and(|text| Arc::ptr_eq(text, &line.text)) {
                known.spoken = spoken(line, &self.sayings);
                known.text = Some(Arc::clone(&line.text));
            }
            let (voice, speed) = self.script.spoken_by(line);
            if !self.identities.contains_key(voice) {
                self.identities.insert(Arc::clone(voice), studio.voice_identity(voice)?);
            }
            let key = match line.manner.locked {
                Some(key) => key,
                None => key_of(&self.identities[voice], &known.spoken, line.take, speed),
            };
            if all || key != known.key {
                known.key = key;
                known.is_there = library.has_segment(&key)?;
            }
        }
        Ok(())
    }

    pub fn find_places(&mut self) {
        self.places.clear();
        self.places.resize(self.script.ids(), usize::MAX);
        for (at, line) in self.script.lines.iter().enumerate() {
            self.places[line.id as usize] = at;
        }
    }

    /// Does an edit, on disk first, and tells what differs.
    pub fn edit(&mut self, studio: &Studio, edit: &Edit) -> Result<Changed, StudioError> {
        let news = self.news(studio)?;
        let everything = news.is_some().then(|| self.shown(0..self.script.lines.len()));
        if let Some(news) = news {
            self.learn(studio, news)?;
        }
        let lock = self.locking(edit)?;
        let (deed, record) = match &lock {
            Some(lines) => {
                let hex = lines.iter().map(|(at, key)| (*at, Hex(*key))).collect();
                (Deed::Lock(lines), Record::Lock { lines: hex })
            }
            None => (Deed::Edit(edit), Record::Edit { edit: edit.clone() }),
        };
        let preview = self.script.preview(&deed)?;
        let (start, before) = match everything {
            Some(lines) => (0, lines),
            None => (preview.places.start, self.shown(preview.places.clone())),
        };
        let mut look = start..start + before.len();
        let mut reordered = false;
        if !preview.is_nothing {
            for line in preview.new.iter().filter(|line| line.planned.is_none()) {
                check_spoken(&spoken(line, &self.sayings))?;
            }
            self.append(studio, &record)?;
            if let Some(touched) = self.script.apply(&deed)? {
                reordered = touched.reordered;
                if reordered {
                    self.find_places();
                    look = touched.lines.clone();
                }
                self.look(studio, touched.lines, false)?;
            }
        }
        let mut lines = self.shown(look);
        if !reordered {
            let mut before = before.into_iter();
            lines.retain(|line| before.next().as_ref() != Some(line));
        }
        Ok(self.changed(lines, reordered))
    }

    /// How many lines an edit would touch.
    pub fn touched(&self, edit: &Edit) -> Result<usize, StudioError> {
        let lock = self.locking(edit)?;
        let deed = lock.as_deref().map_or(Deed::Edit(edit), Deed::Lock);
        Ok(self.script.preview(&deed)?.count)
    }

    /// The lines that a wish to lock comes to: those that are made. None for any other edit.
    fn locking(&self, edit: &Edit) -> Result<Option<Vec<(usize, Key)>>, StudioError> {
        let Edit::Lock { first, last, locked: true } = edit else { return Ok(None) };
        self.script.line(*last)?;
        let lines = self.script.lines.iter().enumerate().take(*last + 1).skip(*first);
        let (locked, free): (Vec<_>, Vec<_>) = lines.partition(|(_, line)| line.manner.locked.is_some());
        let count = free.len();
        let there = free.into_iter().map(|(at, line)| (at, self.known_of(line))).filter(|(_, known)| known.is_there);
        let there: Vec<(usize, Key)> = there.map(|(at, known)| (at, known.key)).collect();
        if there.is_empty() && locked.is_empty() {
            return Err(StudioError::NotRendered { lines: count });
        }
        Ok(Some(there))
    }

    pub fn append(&self, studio: &Studio, record: &Record) -> Result<(), StudioError> {
        let bytes = serde_json::to_vec(record).map_err(|_| StudioError::BookDamaged { id: self.id.0 })?;
        studio.library()?.append_edit(self.id, &bytes)?;
        Ok(())
    }

    fn known_of(&self, line: &Line) -> &Known {
        &self.known[line.id as usize]
    }

    /// Whether a line is in the library as it stands.
    pub fn is_there(&self, line: &Line) -> bool {
        self.known_of(line).is_there
    }

    /// A line as something to be made, in this take.
    pub fn wanted(&self, line: &Line, take: u32) -> Wanted {
        let known = self.known_of(line);
        let (voice, speed) = self.script.spoken_by(line);
        let key = match self.identities.get(voice) {
            Some(identity) if take != line.take => key_of(identity, &known.spoken, take, speed),
            _ => known.key,
        };
        Wanted {
            id: line.id,
            key,
            voice: Arc::clone(voice),
            spoken: Arc::clone(&known.spoken),
            seed: u64::from(take),
            speed,
        }
    }

    /// The place of a line, if it is still there.
    pub fn place(&self, id: u32) -> Option<usize> {
        self.places.get(id as usize).copied().filter(|at| *at < self.script.lines.len())
    }

    /// Whether a line is still to be made as it was wanted.
    pub fn still_wants(&self, wanted: &Wanted) -> bool {
        self.place(wanted.id).is_some() && {
            let known = &self.known[wanted.id as usize];
            known.key == wanted.key && !known.is_there
        }
    }

    /// A job is about to make this (`false`), has it in the engine (`true`), or lets go of it.
    pub fn set_under_way(&mut self, key: &Key, how: Option<bool>) {
        match how {
            Some(in_engine) => drop(self.under_way.insert(*key, in_engine)),
            None => drop(self.under_way.remove(key)),
        }
    }

    /// This could not be made.
    pub fn set_failed(&mut self, key: &Key, why: String) {
        self.failed.insert(*key, why);
    }

    /// A sound is in the library now: notes it for every line that it is the sound of, and tells which, by id and place.
    pub fn arrived(&mut self, key: &Key, seconds: f64, doubt: Option<String>) -> (Made, Vec<usize>) {
        let mut ids = Vec::new();
        let mut places = Vec::new();
        for (at, line) in self.script.lines.iter().enumerate() {
            let known = &mut self.known[line.id as usize];
            if known.key == *key {
                known.is_there = true;
                ids.push(line.id);
                places.push(at);
            }
        }
        let made = Made { key: Hex(*key), lines: ids, seconds, doubt };
        self.account.note(&made);
        self.under_way.remove(key);
        self.failed.remove(key);
        (made, places)
    }

    /// Sounds that are in the library without anything known of them: made by another book, or just before a crash.
    pub fn unaccounted(&self) -> Vec<Wanted> {
        let lines = self.script.lines.iter();
        let strange = |line: &&Line| self.is_there(line) && self.account.of(&self.known_of(line).key).is_none();
        lines.filter(strange).map(|line| self.wanted(line, line.take)).collect()
    }

    /// Places of the lines in the chosen chapters, numbered from 1 as [`ChapterCard`]s are.
    pub fn chosen(&self, chapters: Option<&str>) -> Result<Vec<usize>, StudioError> {
        let mut present: Vec<u32> = self.script.lines.iter().map(|line| line.chapter).collect();
        present.dedup();
        // The library for texts knows how such a choice is written; it chooses among stand-ins of one line each.
        let chapters_in = present.iter().map(|_| text::Chapter::new("x", Vec::new())).collect();
        let stand_in = text::Book { title: "x".into(), author: None, language: None, chapters: chapters_in };
        let picked: HashSet<u32> =
            text::plan(&stand_in, chapters)?.iter().filter_map(|line| present.get(line.chapter)).copied().collect();
        let lines = self.script.lines.iter().enumerate();
        Ok(lines.filter(|(_, line)| picked.contains(&line.chapter)).map(|(at, _)| at).collect())
    }
}

/// The entries of one list that another one does not have.
fn only_in(one: &Sayings, other: &Sayings) -> Result<Sayings, StudioError> {
    let there: HashSet<(&str, &str)> = other.list().iter().map(|saying| (&*saying.word, &*saying.say)).collect();
    Sayings::new(one.list().iter().filter(|saying| !there.contains(&(&*saying.word, &*saying.say))).cloned())
}

/// Identity of a line.
fn key_of(voice: &Identity, spoken: &str, take: u32, speed: f32) -> Key {
    let line = make::Line { spoken, language: crate::narrate::LANGUAGE, seed: u64::from(take), speed };
    make::key(voice, &line)
}

/// A line as it is said.
fn spoken(line: &Line, sayings: &Sayings) -> Arc<str> {
    let is_said_otherwise = sayings.touches(&line.text);
    match &line.planned {
        Some(planned) if !is_said_otherwise => return Arc::clone(planned),
        _ => {}
    }
    let text = sayings.apply(&line.text);
    if line.paragraph.is_some() {
        return text::normalise(&text).into();
    }
    // Headings are read by rules of their own, which the planner of books knows.
    let heading = text::Chapter::new(text.as_str(), Vec::new());
    let book = text::Book { title: "x".into(), author: None, language: None, chapters: vec![heading] };
    match text::plan(&book, None) {
        Ok(plan) if !plan.is_empty() => plan.iter().map(|piece| piece.spoken.as_str()).collect::<Vec<_>>().join(" "),
        _ => text::normalise(&text),
    }
    .into()
}

/// Refuses what no voice could say in one go: numbers may become very long when they are spoken.
fn check_spoken(spoken: &str) -> Result<(), StudioError> {
    if !spoken.chars().any(char::is_alphanumeric) {
        return Err(StudioError::NothingToSay);
    }
    if spoken.chars().count() > MAX_SPOKEN_CHARACTERS {
        return Err(StudioError::OutOfRange { what: "the length of a line", range: "1500 characters when spoken" });
    }
    Ok(())
}
