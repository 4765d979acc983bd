//! Recording and consent.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Problem;

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
    /// Primary BCP 47 tags of the languages that it may be dubbed into.
    pub dub_into: Vec<String>,
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
