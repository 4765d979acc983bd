//! This machine, its library, its models and devices, the user's taste, and what the window is told without asking.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{CueState, JobView, LineState};

/// Something that went wrong, in words, with what mends it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]

pub struct Problem {
    /// Stable name.
    pub code: String,
    /// What happened and why.
    pub message: String,
    /// What to do.
    pub fix: String,
}

/// What this machine is and what is missing.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct Machine {
    pub version: String,
    /// As in "Linux".
    pub system: String,
    pub processor: String,
    pub cores: u32,
    /// Bytes of memory in all, where the system tells.
    pub memory_bytes: Option<f64>,
    /// Name of a graphics card that is there, whether or not it is used.
    pub gpu: Option<String>,
    /// Whether the engine runs on it.
    pub uses_gpu: bool,
    pub ffmpeg: bool,
    pub library: LibraryView,
    /// Folder that exports go to.
    pub exports: String,
}

/// Where voices and books are kept, and whether it is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct LibraryView {
    pub state: LibraryState,
    /// A demo library takes files in place of the microphone; nothing leaves it.
    pub demo: bool,
    pub folder: String,
    /// Why it is not open, if it should be.
    pub problem: Option<Problem>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[ts(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum LibraryState {
    /// There is none yet; the system's keyring can keep its key, so making it asks nothing.
    None,
    /// There is none yet, and this machine has no keyring: a passphrase is needed to make it.
    NoneNeedsPassphrase,
    /// It is there and wants its passphrase.
    Locked,
    /// It is there and cannot be opened; `problem` says why.
    Broken,
    Open,
}

/// What the window remembers of the user's taste. Kept outside of the library: it holds nothing private.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Taste {
    pub theme: Theme,
    pub motion: Motion,
    /// BCP 47 language of the window; absent: the system's.
    pub language: Option<String>,
    /// 0.8 to 1.5.
    pub scale: f32,
    /// Id of the microphone; absent: the system's choice.
    pub microphone: Option<String>,
    /// Whether the first-run page was left behind.
    pub welcomed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    Auto,
    Light,
    Dark,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Motion {
    Auto,
    Reduced,
}

/// A model, installed or to be had.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct ModelView {
    pub id: String,
    pub name: String,
    /// What it does, one line.
    pub about: String,
    pub bundled: bool,
    pub installed: bool,
    pub bytes: f64,
    pub licence: String,
    pub languages: Vec<String>,
    /// Digest of weights and settings.
    pub identity: Option<String>,
}

/// A microphone or a loudspeaker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct DeviceView {
    pub id: String,
    pub name: String,
    pub microphone: bool,
    /// The system's own choice.
    pub chosen: bool,
    /// Carries other programs' sound; the consent statement is not taken from it.
    pub virtual_cable: bool,
}

/// What the window is told without having asked.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(rename_all = "snake_case", tag = "news")]
#[serde(rename_all = "snake_case", tag = "news")]
pub enum News {
    /// A job as it stands now.
    Job { job: JobView },
    /// A line of a book is waiting, being made, or made.
    Line { book: u32, line: u32, state: LineState },
    /// A cue of a dub is waiting, being made, or made.
    Cue { dub: u32, cue: u32, state: CueState },
    /// How many of the engine's slots are at work.
    Load { active: u32, slots: u32 },
    /// Voices came, went or changed.
    Voices,
    /// The library was opened, or closed.
    Library { library: LibraryView },
    /// A book came in from outside (dropped on the window, or opened with it).
    Book { book: u32 },
    /// A film came in from outside; the next dub that is begun takes it.
    Film { name: String },
    /// Subtitles came in from outside; the dub that lies open may take them.
    Subtitles { name: String },
    /// What came in from outside cannot be used.
    Refused { problem: Problem },
    /// Files hover over the window.
    Hover { over: bool },
}
