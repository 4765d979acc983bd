//! What of a book is written into the library: its head, which stays, and the records that are appended to it. Knows how
//! they are spelled, not what they do.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use text::{Book, PlannedSegment};

use super::Edit;
use super::script::{Line, Manner, Script, Whole};
use crate::StudioError;
use crate::make::{Hex, Key};

/// Version of what is written here.
const VERSION: u32 = 1;

/// Most lines of one book: about two months of speech.
pub(super) const MAX_LINES: usize = 500_000;

/// A book as it was imported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Head {
    pub version: u32,
    pub book: Book,
    /// Its lines as they were planned.
    pub plan: Vec<PlannedSegment>,
    /// What the reader of the document remarked.
    pub warnings: Vec<String>,
    /// Id of the voice.
    pub voice: String,
    pub speed: f32,
    /// Unix time in seconds.
    pub added: u64,
}

/// What is appended to a book, one after another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub(super) enum Record {
    /// An edit of the user.
    Edit { edit: Edit },
    /// Lines were locked: their places and what they are.
    Lock { lines: Vec<(usize, Hex)> },
    /// Lines were made. Not an edit: it is not taken back.
    Made { made: Vec<Made> },
}

/// One stretch of sound that was made for a book.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Made {
    pub key: Hex,
    /// Ids of the lines that it was made for.
    pub lines: Vec<u32>,
    pub seconds: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<String>,
}

impl Head {
    /// Lays a book out in lines.
    pub fn plan(book: Book, warnings: Vec<String>, voice: String, added: u64) -> Result<Self, StudioError> {
        let plan = text::plan(&book, None)?;
        if plan.is_empty() {
            return Err(StudioError::NothingToSay);
        }
        if plan.len() > MAX_LINES {
            return Err(StudioError::OutOfRange { what: "the length of the book", range: "at most 500,000 lines" });
        }
        Ok(Self { version: VERSION, book, plan, warnings, voice, speed: 1.0, added })
    }

    /// Reads a head. None if this program did not write it.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let head: Self = serde_json::from_slice(bytes).ok()?;
        let chapters = head.book.chapters.len();
        let is_sound = head.version == VERSION
            && (1..=MAX_LINES).contains(&head.plan.len())
            && head.plan.iter().all(|line| line.chapter < chapters && line.pause_seconds.is_finite())
            && head.plan.is_sorted_by_key(|line| line.chapter)
            && crate::speak::check_speed(head.speed).is_ok();
        is_sound.then_some(head)
    }

    /// The script to begin with. The plan moves into it.
    pub fn script(&mut self) -> Script {
        let plan = std::mem::take(&mut self.plan);
        let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let lines = plan.into_iter().zip(0..).map(|(line, id)| Line {
            id,
            chapter: small(line.chapter),
            paragraph: line.paragraph.map(small),
            text: line.text.into(),
            planned: Some(line.spoken.into()),
            manner: Manner::default(),
            pause_seconds: line.pause_seconds,
            take: 0,
        });
        Script::new(lines.collect(), Whole { voice: self.voice.as_str().into(), speed: self.speed })
    }
}

/// What is known of the sounds that were made for a book.
#[derive(Debug, Default)]
pub(super) struct Account {
    sounds: BTreeMap<Key, (f64, Option<String>)>,
    /// By line id: whether it was ever made.
    ever: Vec<bool>,
}

impl Account {
    pub fn note(&mut self, made: &Made) {
        self.sounds.insert(made.key.0, (made.seconds, made.doubt.clone()));
        for id in made.lines.iter().map(|id| *id as usize).filter(|id| *id < 4 * MAX_LINES) {
            if self.ever.len() <= id {
                self.ever.resize(id + 1, false);
            }
            self.ever[id] = true;
        }
    }

    /// Seconds of a sound, and what is doubtful about it.
    pub fn of(&self, key: &Key) -> Option<(f64, Option<&str>)> {
        self.sounds.get(key).map(|(seconds, doubt)| (*seconds, doubt.as_deref()))
    }

    pub fn was_made(&self, line: &Line) -> bool {
        self.ever.get(line.id as usize).copied().unwrap_or(false)
    }
}
