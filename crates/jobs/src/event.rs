//! Everything a job can say while it lives: one closed enum, one line of JSON each. It knows no door that shows it.

use serde::{Deserialize, Serialize};

use crate::error::JobError;
use crate::job::Outcome;

/// What happened to a job. As JSON it is `{"event":"progress",…}`; new fields may come, names never change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// It waits for its turn.
    Queued,
    /// Its work began.
    Started {
        /// 1 for the first attempt.
        attempt: u32,
    },
    /// It got on.
    Progress {
        /// Units done (segments, takes, cues), those found on disk included.
        done: u64,
        /// Units in all.
        total: u64,
        /// Seconds of sound made by this run.
        audio_seconds: f64,
        /// Seconds that this run has worked.
        elapsed_seconds: f64,
        /// Seconds of sound made per second; absent before there is anything to tell.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        times_real_time: Option<f64>,
        /// Seconds until the end, as it looks now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        eta_seconds: Option<f64>,
    },
    /// One unit of the work (a line of a book) got on. Kept nowhere: the work itself shows how its units stand.
    Unit {
        /// Which one, counted from 0.
        index: u64,
        /// How it stands.
        state: UnitState,
    },
    /// Sound of one unit came while the unit is still being made. Kept nowhere.
    Sound {
        /// Which unit, counted from 0.
        index: u64,
        /// Seconds of its sound so far.
        seconds: f64,
        /// Seconds that this run has worked.
        elapsed_seconds: f64,
    },
    /// Something worth knowing.
    Note {
        /// One sentence.
        message: String,
    },
    /// Something is not as it should be, but the work goes on.
    Warning {
        /// Stable name.
        code: String,
        /// One sentence.
        message: String,
    },
    /// The user holds it.
    Paused,
    /// It goes on.
    Resumed,
    /// The program went away; the work goes on from what is on disk when the job runs again.
    Interrupted,
    /// It ended well.
    Finished {
        /// What came of it.
        outcome: Outcome,
    },
    /// It ended badly.
    Failed {
        /// Why.
        #[serde(flatten)]
        error: JobError,
    },
    /// The user ended it.
    Cancelled,
}

/// How one unit of a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitState {
    /// It waits for its turn.
    Queued,
    /// It is at work.
    Rendering,
    /// It is made.
    Made,
    /// It is made, and something about it should be listened to.
    Doubtful,
}

impl Event {
    /// Progress with the mean rate so far and the time that the rest takes at that rate. For smoothed figures, and
    /// where some units cost nothing, see [`crate::Meter`].
    pub fn progress(done: usize, total: usize, audio_seconds: f64, elapsed_seconds: f64) -> Self {
        let (done, total) = (done as u64, total as u64);
        let told = elapsed_seconds > 0.0 && audio_seconds > 0.0;
        let left = total.saturating_sub(done) as f64;
        Self::Progress {
            done,
            total,
            audio_seconds,
            elapsed_seconds,
            times_real_time: told.then(|| audio_seconds / elapsed_seconds),
            eta_seconds: (told && done > 0).then(|| elapsed_seconds / done as f64 * left),
        }
    }

    /// Something worth knowing, in one sentence.
    pub fn note(message: impl Into<String>) -> Self {
        Self::Note { message: message.into() }
    }

    /// One line of JSON, without its line end.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("invariant: an event is plain data with string keys")
    }
}

/// Where a job's events go. Called from the job's thread: it must not block for long.
pub trait EventSink: Send + Sync {
    /// Takes one event.
    fn emit(&self, event: Event);
}

impl<F: Fn(Event) + Send + Sync> EventSink for F {
    fn emit(&self, event: Event) {
        self(event);
    }
}

/// Nobody listens.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silence;

impl EventSink for Silence {
    fn emit(&self, _event: Event) {}
}
