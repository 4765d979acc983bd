//! A job on record, what comes of one, and who can run one. It knows neither where it is kept nor how it is run.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::cancel::Cancel;
use crate::error::JobError;
use crate::event::{Event, EventSink};
use crate::spec::JobSpec;
use crate::state::State;

/// Seconds since 1970, as the door's clock says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixSeconds(pub i64);

/// Number of a job in its library, counted from 1 in order of submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(pub u64);

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for JobId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// A job as it stands on record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// What is to be done.
    pub spec: JobSpec,
    /// Where it is in its life.
    pub state: State,
    /// How often its work has begun.
    pub attempt: u32,
    /// When it was handed in.
    pub submitted: UnixSeconds,
    /// When its state last changed.
    pub changed: UnixSeconds,
    /// Where it stands in the line of all jobs, if it was ever moved; see [`Job::turn`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<u64>,
    /// The last [`Event::Progress`] of this attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Event>,
    /// What came of it, once it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Why it failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<JobError>,
}

/// Room between two jobs in line, for those that are moved in between.
const STEP: u64 = 1 << 20;

impl Job {
    /// What jobs are ordered by: submission, until they are moved.
    pub fn turn(&self) -> (u64, JobId) {
        (self.order.unwrap_or(self.id.0.saturating_mul(STEP)), self.id)
    }

    /// A place right after the last one in line.
    pub(crate) fn after(last: u64) -> u64 {
        last.saturating_add(STEP)
    }
}

/// What came of a job that ended well.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The files that were written, as shown to the user.
    pub files: Vec<String>,
    /// Seconds of sound in them.
    pub audio_seconds: f64,
    /// What else the kind of job has to report, such as `voice` or `segments_made`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, serde_json::Value>,
}

/// Whoever can run a job: this machine, or one far away.
pub trait Executor: Send + Sync {
    /// Runs a job to its end. Goes on from what an earlier attempt left on disk. Looks at `cancel` at safe points;
    /// after a stop, whatever it returns is ignored.
    fn run(&self, job: &Job, events: &dyn EventSink, cancel: &Cancel) -> Result<Outcome, JobError>;
}
