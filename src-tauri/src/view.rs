//! What crosses the border to the window, as plain data. Each type is exported to TypeScript; a test holds the exported
//! files fresh. It knows no recipe: `From` the studio's types is in `view/from.rs`.

#[cfg(test)]
mod fresh;
mod from;

pub use from::{internal, job_view, line_news, number};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

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

/// How loud it is, about twenty times a second.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct LevelView {
    pub seconds: f64,
    pub rms_dbfs: f32,
    pub peak_dbfs: f32,
    pub clipped: bool,
    pub noise_floor_dbfs: Option<f32>,
}

/// How quiet the room is.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct RoomView {
    /// Absent where there was not enough to tell.
    pub noise_floor_dbfs: Option<f32>,
    /// `quiet`, `usable`, `noisy`, `muted` or `too_short`.
    pub code: String,
    pub good: bool,
    /// In words, with what to do.
    pub verdict: String,
}

/// A recording that a voice can be made from.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct SampleView {
    pub id: String,
    /// What was read.
    pub prompt: String,
    pub seconds: f64,
    pub speech_seconds: f64,
    pub speech_dbfs: f64,
    pub noise_floor_dbfs: f64,
    /// Why it cannot be used, with what to do; empty when it can.
    pub flaws: Vec<Problem>,
    /// What would make it better.
    pub advice: Vec<Problem>,
    /// The program ended while it was recorded; up to the last quarter of a second it is all there.
    pub recovered: bool,
    /// The microphone went away.
    pub ended_early: bool,
    pub device: String,
}

/// What the owner of a voice agrees to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TermsForm {
    pub owner: String,
    /// Who may use it; absent: the owner.
    pub grantee: Option<String>,
    pub purpose: String,
    pub days: u32,
    pub hours: u32,
    pub adult: bool,
    /// Ids of kept samples.
    pub samples: Vec<String>,
}

/// What the owner sees before speaking. The words are not in it: they appear one by one while the take is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct ChallengeView {
    pub session: String,
    /// The terms as one plain sentence.
    pub terms: String,
    /// The sentence to read.
    pub sentence: String,
    pub word_count: u32,
    pub tries_left: u32,
}

/// What happens while the statement is taken and judged.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(rename_all = "snake_case", tag = "news")]
#[serde(rename_all = "snake_case", tag = "news")]
pub enum CeremonyNews {
    /// The microphone is open: read the sentence now.
    Listening,
    Level {
        level: LevelView,
    },
    /// Read this word now.
    Word {
        word: String,
        number: u32,
    },
    /// The take is over; it is being judged.
    Judging,
    Check {
        check: CheckView,
    },
}

/// One of the gate's checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct CheckView {
    pub code: String,
    pub label: String,
    pub state: CheckState,
    pub detail: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[ts(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    Passed,
    Failed,
    /// The ear that listened cannot check it; the record says so.
    NotChecked,
    NotReached,
}

/// What came of one try.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct AttemptView {
    /// Id of the new voice, if it was granted.
    pub voice: Option<String>,
    pub refusal: Option<Problem>,
    /// The next try, with fresh words, while there is one.
    pub next: Option<ChallengeView>,
    pub checks: Vec<CheckView>,
}

/// A voice.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct VoiceView {
    pub id: String,
    pub name: String,
    /// Bundled, and nobody's.
    pub preset: bool,
    pub about: String,
    pub usable: bool,
    pub revoked: bool,
    pub demo: bool,
    pub owner: Option<String>,
    /// Who keeps the owner's key, in words.
    pub owner_mode: Option<String>,
    pub scopes: Vec<String>,
    pub purpose: Option<String>,
    /// `YYYY-MM-DD`.
    pub until: Option<String>,
    pub granted_at: Option<f64>,
    /// The terms in one sentence.
    pub terms: Option<String>,
    pub used_seconds: Option<f64>,
    pub cap_seconds: Option<f64>,
    /// Which ear listened.
    pub ear: Option<String>,
    /// What it could not check.
    pub unchecked: Vec<String>,
}

/// What a revocation erases.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct DiesView {
    pub samples: u32,
    pub segments: u32,
    pub seconds: f64,
}

/// A line of the audit log.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct LogView {
    pub number: f64,
    /// Seconds since 1970.
    pub time: f64,
    pub kind: String,
    pub code: Option<String>,
    pub seconds: Option<f64>,
}

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

/// A book on the shelf.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct BookCardView {
    pub id: u32,
    pub title: String,
    pub author: Option<String>,
    /// Id of the voice that reads it where a line names no other.
    pub voice: String,
    pub speed: f32,
    pub chapters: u32,
    pub lines: u32,
    /// Lines that are made as they now stand.
    pub fresh: u32,
    /// Length of the finished book, estimated.
    pub expected_seconds: f64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct ChapterView {
    pub title: String,
    pub first_line: u32,
    pub lines: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[ts(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum LineState {
    /// Never made.
    Draft,
    Queued,
    Rendering,
    Fresh,
    /// Made before, but not as it now stands.
    Stale,
    /// Made, but something about it should be listened to.
    Doubtful,
    /// Made, and kept from changes.
    Locked,
}

/// A line of a book: a sentence or so.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct LineView {
    pub index: u32,
    pub chapter: u32,
    /// Absent for a heading.
    pub paragraph: Option<u32>,
    pub text: String,
    /// Its own voice; absent: the book's.
    pub voice: Option<String>,
    pub speed: Option<f32>,
    pub pause_seconds: f32,
    /// Counted from 0.
    pub take: u32,
    pub takes: u32,
    pub state: LineState,
    pub seconds: Option<f64>,
    /// Why it is doubtful, in words.
    pub doubt: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct BookView {
    pub card: BookCardView,
    pub chapters: Vec<ChapterView>,
    pub lines: Vec<LineView>,
    /// What the reader of the document remarked.
    pub warnings: Vec<String>,
    pub can_undo: bool,
    pub can_redo: bool,
}

/// What an edit changed.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct ChangedView {
    /// The lines that differ.
    pub lines: Vec<LineView>,
    /// Lines came or went: open the book anew.
    pub reordered: bool,
    pub card: BookCardView,
    pub can_undo: bool,
    pub can_redo: bool,
}

/// A change to a book. `first` and `last` are line indices, both included.
#[derive(Debug, Clone, PartialEq, Deserialize, TS)]
#[ts(rename_all = "snake_case", tag = "edit")]
#[serde(rename_all = "snake_case", tag = "edit", deny_unknown_fields)]
pub enum BookEdit {
    Text {
        line: u32,
        text: String,
    },
    Voice {
        first: u32,
        last: u32,
        voice: Option<String>,
    },
    BookVoice {
        voice: String,
    },
    Speed {
        first: u32,
        last: u32,
        speed: Option<f32>,
    },
    BookSpeed {
        speed: f32,
    },
    Pause {
        line: u32,
        seconds: f32,
    },
    Take {
        line: u32,
        take: u32,
    },
    Lock {
        first: u32,
        last: u32,
        locked: bool,
    },
    /// `at` counts characters (Unicode scalar values).
    Split {
        line: u32,
        at: u32,
    },
    /// With the next line.
    Merge {
        line: u32,
    },
    Remove {
        first: u32,
        last: u32,
    },
    Undo,
    Redo,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[ts(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    Queued,
    Running,
    Paused,
    Done,
    Failed,
    Cancelled,
}

/// A job as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct JobView {
    pub id: u32,
    /// `render`, `export`, `narrate`, …
    pub kind: String,
    pub title: String,
    /// The book it works on.
    pub book: Option<u32>,
    pub state: JobState,
    pub done: u32,
    pub total: u32,
    pub times_real_time: Option<f64>,
    pub eta_seconds: Option<f64>,
    pub audio_seconds: f64,
    pub elapsed_seconds: f64,
    /// Names of the files that it wrote.
    pub files: Vec<String>,
    pub problem: Option<Problem>,
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
    /// How many of the engine's slots are at work.
    Load { active: u32, slots: u32 },
    /// Voices came, went or changed.
    Voices,
    /// The library was opened, or closed.
    Library { library: LibraryView },
    /// A book came in from outside (dropped on the window, or opened with it).
    Book { book: u32 },
    /// What came in from outside cannot be used.
    Refused { problem: Problem },
    /// Files hover over the window.
    Hover { over: bool },
}
