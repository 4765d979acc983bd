//! What of a dub is written into the library: its head, which stays, and the records that are appended to it. Knows how
//! they are spelled, not what they do.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::mix::Settings;
use super::script::{Cue, Speaker};
use super::{DubEdit, NewDub};
use crate::StudioError;
use crate::make::{Hex, Key};

/// Version of what is written here.
const VERSION: u32 = 1;
/// How much of each end of a film is looked at to know it again, in bytes.
const LOOKED_AT: u64 = 1 << 20;

/// A film as it was when its dub was begun.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Head {
    pub version: u32,
    pub film: PathBuf,
    /// To know the film again by, wherever it lies.
    pub print: String,
    pub title: String,
    /// Which of its sound tracks, from 0.
    pub track: usize,
    pub has_picture: bool,
    pub duration_ms: u64,
    pub from: Option<String>,
    pub to: String,
    /// Digests of the subtitles that were given, of the film and of the dub.
    pub given: Given,
    /// How many people speak, where the user knows it.
    pub speakers: Option<u16>,
    /// Unix time in seconds.
    pub added: u64,
}

/// Digests of subtitles: other subtitles are another dub.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Given {
    pub source: Option<String>,
    pub target: Option<String>,
}

/// What is appended to a dub, one after another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub(super) enum Record {
    /// What is said, from subtitles or from the film's sound.
    Found {
        cues: Vec<Cue>,
        speakers: Vec<Speaker>,
        /// Whether the cues' speakers are known.
        assigned: bool,
        warnings: Vec<String>,
    },
    /// Where somebody speaks in the film, in milliseconds.
    Spoken { regions: Vec<(u64, u64)> },
    /// Who speaks each cue, by its number.
    Assigned { speakers: Vec<(u32, u16)> },
    /// Words in the language of the dub, by the number of the cue.
    Translated { lines: Vec<(u32, String)> },
    /// An edit of the user.
    Edit { edit: DubEdit },
    /// Lines were made. Not an edit: it is not taken back.
    Made { made: Vec<Made> },
    /// Subtitles that somebody gave later. Taken back like an edit.
    Given {
        cues: Vec<Cue>,
        speakers: Vec<Speaker>,
        /// Whether the cues' speakers are known.
        assigned: bool,
        warnings: Vec<String>,
    },
    /// Somebody recorded a line, or gave one as a sound. Not an edit: which cue has it, an edit says.
    Line { line: KeptLine },
    /// How it is mixed: measured once, so that mixing again changes nothing else.
    Level {
        settings: Settings,
        /// Loudness of the film, EBU R 128.
        film_lufs: Option<f64>,
    },
}

/// One stretch of sound that was made for a dub.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Made {
    pub key: Hex,
    /// Number of the cue that it was made for.
    pub cue: u32,
    /// Which take of it.
    pub take: u32,
    pub seconds: f64,
    /// To choose between takes: 0 is as it should be.
    #[serde(default)]
    pub badness: f64,
    /// How much it is like the other lines of its voice, 1 at most: known of cues with several takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub likeness: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<String>,
}

/// A line that somebody spoke themselves. Numbered by its place among the dub's lines, from 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct KeptLine {
    /// Where its sound lies.
    pub key: Hex,
    pub seconds: f64,
    /// The words of its cue when it was recorded.
    pub words: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<String>,
}

impl Made {
    pub fn key(&self) -> Key {
        self.key.0
    }
}

impl Head {
    /// Reads a head. None if this program did not write it.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let head: Self = serde_json::from_slice(bytes).ok()?;
        (head.version == VERSION).then_some(head)
    }

    pub fn version() -> u32 {
        VERSION
    }
}

/// What was given with a film.
pub(super) fn given(new: &NewDub) -> Result<Given, StudioError> {
    let digest = |path: &Option<PathBuf>| path.as_deref().map(fingerprint).transpose();
    Ok(Given { source: digest(&new.source_subtitles)?, target: digest(&new.target_subtitles)? })
}

/// What a film is known again by: its length and what lies at both of its ends. Reading all of a long film would take as
/// long as copying it.
pub(super) fn fingerprint(film: &Path) -> Result<String, StudioError> {
    let unreadable = |error: std::io::Error| StudioError::input(film, &error);
    let about = std::fs::metadata(film).map_err(unreadable)?;
    if about.is_dir() {
        return Err(StudioError::IsFolder { path: film.to_owned() });
    }
    let mut file = File::open(film).map_err(unreadable)?;
    let mut hash = Sha256::new();
    hash.update(about.len().to_be_bytes());
    for from in [0, about.len().saturating_sub(LOOKED_AT)] {
        file.seek(SeekFrom::Start(from)).map_err(unreadable)?;
        let mut part = Vec::new();
        (&mut file).take(LOOKED_AT).read_to_end(&mut part).map_err(unreadable)?;
        hash.update(&part);
    }
    Ok(hex::encode(hash.finalize()))
}
