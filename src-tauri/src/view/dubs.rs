//! Dubs and their cues.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A dub on the shelf.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct DubCardView {
    pub id: u32,
    pub title: String,
    /// The film's file name.
    pub film: String,
    /// BCP 47 language that is spoken in the film, where it is known.
    pub from: Option<String>,
    /// BCP 47 language of the dub.
    pub to: String,
    pub duration_ms: u32,
    pub has_picture: bool,
    pub cues: u32,
    /// Cues that are made as they now stand.
    pub fresh: u32,
    /// Cues without words in the language of the dub.
    pub untranslated: u32,
    /// When it was begun, Unix time in seconds.
    pub added: u32,
}

/// Who speaks in the film.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct DubSpeakerView {
    /// A, B, …
    pub letter: String,
    pub name: String,
    /// Id of the voice that was chosen; absent: the program chose the one below.
    pub voice: Option<String>,
    /// Id of the voice that speaks for them.
    pub spoken_by: String,
    pub cues: u32,
}

/// Who a cue's words are from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[ts(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum CueAuthor {
    File,
    Ear,
    Model,
    Hand,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[ts(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum CueState {
    Untranslated,
    Draft,
    Queued,
    Rendering,
    Fresh,
    Stale,
    Doubtful,
    Locked,
}

/// Where a cue sounds in the dub.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct CueFitView {
    pub start_ms: u32,
    pub seconds: f64,
    /// How much faster than it was spoken.
    pub tempo: f64,
    /// How much too long it is even so.
    pub over_ms: u32,
    /// 1 for a perfect fit, 0 for none.
    pub score: f64,
    /// Measured, not guessed from the text.
    pub is_measured: bool,
}

/// What one person says in one go.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct DubCueView {
    pub index: u32,
    /// Its number, which never changes.
    pub id: u32,
    pub start_ms: u32,
    pub end_ms: u32,
    /// Place in the list of speakers.
    pub speaker: u16,
    /// What is said in the film; empty where nobody knows.
    pub source: String,
    /// What is said in the dub; empty where nobody has put it into the language.
    pub target: String,
    pub by: CueAuthor,
    /// The take that was chosen; absent: the one that fits.
    pub take: Option<u32>,
    /// The dub's recording that is its line; absent: its voice speaks.
    pub recorded: Option<u32>,
    pub takes: u32,
    pub state: CueState,
    pub fit: Option<CueFitView>,
    /// What somebody should listen for.
    pub doubt: Option<String>,
}

/// A recording of a line that nobody has kept or discarded yet.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct LineTakeView {
    pub id: String,
    /// Number of the cue that it was recorded for.
    pub cue: u32,
    /// How long somebody speaks in it.
    pub seconds: f64,
    /// What somebody should listen for.
    pub doubt: Option<String>,
    /// The program went away while it was recorded.
    pub recovered: bool,
    pub device: String,
}

/// One term and what it is called in the dub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TermView {
    pub from: String,
    pub to: String,
}

/// What is wished for the translation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DubTranslationView {
    pub glossary: Vec<TermView>,
    /// How people are to speak.
    pub tone: Option<String>,
}

/// A whole dub.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct DubView {
    pub card: DubCardView,
    pub speakers: Vec<DubSpeakerView>,
    /// By when they begin.
    pub cues: Vec<DubCueView>,
    pub translation: DubTranslationView,
    /// How well the whole fits: 1 is perfect.
    pub fit_score: f64,
    pub warnings: Vec<String>,
    pub can_undo: bool,
    pub can_redo: bool,
}

/// A change to a dub. Cues are named by their places; `first` and `last` are both included.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, TS)]
#[ts(rename_all = "snake_case", rename_all_fields = "camelCase", tag = "edit")]
#[serde(rename_all = "snake_case", rename_all_fields = "camelCase", tag = "edit", deny_unknown_fields)]
pub enum DubEdit {
    Target { cue: u32, text: String },
    Source { cue: u32, text: String },
    Time { cue: u32, start_ms: u32, end_ms: u32 },
    Shift { first: u32, last: u32, by_ms: i32 },
    Speaker { first: u32, last: u32, speaker: u16 },
    Voice { speaker: u16, voice: Option<String> },
    Name { speaker: u16, name: String },
    Take { cue: u32, take: Option<u32> },
    Recorded { cue: u32, recording: Option<u32> },
    Lock { first: u32, last: u32, locked: bool },
    Split { cue: u32, at: u32 },
    Merge { cue: u32 },
    Insert { start_ms: u32, end_ms: u32, speaker: u16, text: String },
    Remove { first: u32, last: u32 },
    Translation { settings: DubTranslationView },
    Undo,
    Redo,
}

/// What the film is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, TS)]
#[ts(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum DubContainer {
    Mp4,
    Mkv,
    Mov,
    Webm,
}

impl DubContainer {
    /// The ending of a name.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Mp4 => "mp4",
            Self::Mkv => "mkv",
            Self::Mov => "mov",
            Self::Webm => "webm",
        }
    }
}

/// How the words of a dub are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, TS)]
#[ts(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum DubSubtitles {
    None,
    Soft,
    Burnt,
}

/// What to write of a dub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DubExport {
    pub container: DubContainer,
    /// The film keeps its own sound as a further track.
    pub keep_original: bool,
    pub subtitles: DubSubtitles,
    /// Also each track by itself, and the words as files.
    pub stems: bool,
}

/// What subtitles are taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, TS)]
#[ts(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum SubtitleUse {
    /// The cues become those of the file.
    Cues,
    /// Only the words go to the cues that are there.
    Words,
}

/// What of a film is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, TS)]
#[ts(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum MonitorKind {
    Original,
    Dub,
    Mix,
}
