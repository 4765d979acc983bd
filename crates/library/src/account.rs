//! The account of what was done with whose voice: each use, each thing worth noting, the log itself. Knows no voice.

use consent::log::{Entry, Facts, LogKind};
use consent::{Refusal, VoiceId};

use crate::ledger::entries;
use crate::{Library, LibraryError};

impl Library {
    /// Writes into the log that a voice was used: once per job, with what was made. Counts against the grant's cap.
    ///
    /// # Errors
    /// [`LibraryError::NotFound`].
    pub fn record_use(
        &self,
        voice: &VoiceId,
        seconds: f64,
        text_sha: [u8; 32],
        content_sha: [u8; 32],
        now: u64,
    ) -> Result<(), LibraryError> {
        self.with(|state| {
            let facts = Facts {
                grant_id: Some(state.row(voice)?.grant_id()),
                voice_id: Some(*voice),
                seconds: Some(seconds.max(0.0).ceil() as u64),
                text_sha: Some(text_sha),
                content_sha: Some(content_sha),
                code: None,
            };
            state.transact(now, Some((LogKind::Used, facts)), |_| Ok(()))
        })
    }

    /// Writes something into the log that has no function of its own here: a challenge shown or failed, an export.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] for what is logged only together with its effect.
    pub fn note(&self, kind: LogKind, facts: Facts, now: u64) -> Result<(), LibraryError> {
        if matches!(kind, LogKind::Granted | LogKind::Revoked | LogKind::Purged | LogKind::Used) {
            return Err(
                Refusal::Malformed { record: "log entry", what: "is only written with what it tells of" }.into()
            );
        }
        self.with(|state| state.transact(now, Some((kind, facts)), |_| Ok(())))
    }

    /// The whole log, for receipts and for showing.
    ///
    /// # Errors
    /// [`LibraryError::Damaged`].
    pub fn log(&self) -> Result<Vec<Entry>, LibraryError> {
        self.with(|state| entries(&state.connection, &state.keys))
    }
}
