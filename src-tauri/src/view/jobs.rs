//! Jobs.

use serde::Serialize;
use ts_rs::TS;

use super::Problem;

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
    /// The dub it works on.
    pub dub: Option<u32>,
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
