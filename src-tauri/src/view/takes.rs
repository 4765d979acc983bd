//! Sounds, takes, and how words are said.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A sound to be fetched by its id, with byte ranges; it lives in memory while the window does.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct SoundView {
    pub id: String,
    pub rate_hz: u32,
    /// So far, if it is still being made.
    pub seconds: f64,
    pub complete: bool,
    pub loudness_lufs: Option<f64>,
}

/// A file that was written to the exports folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct SavedView {
    pub name: String,
    pub folder: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum SoundFormat {
    Wav,
    Flac,
    Mp3,
    Opus,
    M4b,
}

impl SoundFormat {
    /// The file's ending.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::Flac => "flac",
            Self::Mp3 => "mp3",
            Self::Opus => "opus",
            Self::M4b => "m4b",
        }
    }
}

/// A text to be spoken.
#[derive(Debug, Clone, PartialEq, Deserialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TakeForm {
    pub text: String,
    pub voice: String,
    pub language: String,
    /// 0.5 to 2.
    pub speed: f32,
    /// 0 to 3: times the usual pauses between sentences.
    pub pauses: f32,
    pub seed: u32,
}

/// What happens while a take is made.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(rename_all = "snake_case", tag = "news")]
#[serde(rename_all = "snake_case", tag = "news")]
pub enum TakeNews {
    /// Its sound can be fetched from now on; it grows.
    Began { sound: SoundView, sentences: u32 },
    /// So many seconds of it can be fetched.
    Grown { seconds: f64 },
}

/// A take.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct TakeView {
    pub id: String,
    pub text: String,
    pub voice: String,
    pub voice_name: String,
    pub speed: f32,
    pub pauses: f32,
    pub seed: f64,
    pub seconds: f64,
    pub loudness_lufs: Option<f64>,
    pub starred: bool,
    pub made_at: f64,
    pub model: String,
    pub first_sound_seconds: f64,
    pub elapsed_seconds: f64,
}

/// How a word is spoken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]

pub struct SayingView {
    pub word: String,
    pub say: String,
}
