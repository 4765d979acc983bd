//! What can go wrong with a job, and with keeping account of jobs. It knows no cause in detail: causes bring their words.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::job::JobId;
use crate::state::{Change, State};

/// Why a job failed, in the form in which it crosses every border.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Error)]
#[error("{message}")]
pub struct JobError {
    /// Stable name of the failure.
    pub code: String,
    /// What happened and why, one sentence.
    pub message: String,
    /// What to do about it.
    pub fix: String,
}

impl JobError {
    /// An error in the three parts that every border asks for.
    pub fn new(code: impl Into<String>, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), fix: fix.into() }
    }
}

/// Why the account of jobs could not do what it was asked.
#[derive(Debug, Error)]
pub enum JobsError {
    /// There is no such job.
    #[error("there is no job {0}")]
    Unknown(JobId),
    /// The job's state does not allow it.
    #[error("job {id} cannot be {}: it is {from}", .change.participle())]
    Illegal {
        /// The job.
        id: JobId,
        /// Its state.
        from: State,
        /// What was asked.
        change: Change,
    },
    /// The description was written by a newer program, or by none.
    #[error("the job description has version {found}; this program reads version {known}")]
    Version {
        /// What it says, as written.
        found: String,
        /// What is read here.
        known: u32,
    },
    /// The description is not one.
    #[error("the job description cannot be used: {0}")]
    Spec(String),
    /// The store failed.
    #[error("the list of jobs could not be read or written: {0}")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl JobsError {
    /// Stable name of the failure.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "unknown_job",
            Self::Illegal { .. } => "job_state",
            Self::Version { .. } => "job_version",
            Self::Spec(_) => "job_spec",
            Self::Store(_) => "job_store",
        }
    }

    /// What to do about it.
    pub fn fix(&self) -> String {
        match self {
            Self::Unknown(_) => "list the jobs to see their numbers".into(),
            Self::Illegal { from, .. } if from.is_ended() => "start a new job, or retry one that failed".into(),
            Self::Illegal { .. } => "wait for the job, or cancel it first".into(),
            Self::Version { .. } => "update the program, or make the job again".into(),
            Self::Spec(_) => "correct the description and submit it again".into(),
            Self::Store(_) => "check that the library's disk has room and can be written, then try again".into(),
        }
    }
}

impl From<&JobsError> for JobError {
    fn from(error: &JobsError) -> Self {
        Self::new(error.code(), error.to_string(), error.fix())
    }
}
