//! An open consent session, kept sealed in the library between two commands. Whatever of it were changed would be noticed:
//! the words follow from the terms, the samples and the nonce.

use consent::{Challenge, Session};
use serde::{Deserialize, Serialize};

use super::unknown;
use crate::{Studio, StudioError};

const TRIES: &str = "tries";

/// Everything needed to judge the next take.
#[derive(Serialize, Deserialize)]
pub(super) struct Open {
    pub owner: String,
    pub grantee: String,
    pub purpose: String,
    /// Year, month, day.
    pub until: (u32, u32, u32),
    pub hours: u64,
    /// Primary BCP 47 tags.
    #[serde(default)]
    pub dub_into: Vec<String>,
    pub adult: bool,
    /// Canonical bytes of each sample, in hex.
    pub samples: Vec<String>,
    /// The tapes that they were kept on, to be removed once the samples live with a voice.
    #[serde(default)]
    pub tapes: Vec<String>,
    pub tries: Session,
    pub challenge: Option<Challenge>,
    /// The request that it answers, in hex; none for a voice of this library.
    #[serde(default)]
    pub request: Option<String>,
    /// What the nonce of the present try was made with, for an answer.
    #[serde(default)]
    pub salt: Option<String>,
}

impl Studio {
    pub(super) fn load_session(&self, session: &str) -> Result<Open, StudioError> {
        let text = self.library()?.setting(&place(session)?)?.ok_or_else(|| unknown(session))?;
        serde_json::from_str(&text).map_err(|_| unknown(session))
    }

    pub(super) fn save_session(&self, session: &str, open: &Open) -> Result<(), StudioError> {
        let text = serde_json::to_string(open).map_err(|_| unknown(session))?;
        Ok(self.library()?.set_setting(&place(session)?, Some(&text))?)
    }

    /// The tries of this library: beginning again does not give three more. A demo library has no person to protect, and
    /// its sessions each have their own.
    pub(super) fn load_tries(&self) -> Result<Session, StudioError> {
        if self.takes_files()? {
            return Ok(Session::new());
        }
        let text = self.library()?.setting(TRIES)?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    pub(super) fn save_tries(&self, tries: &Session) -> Result<(), StudioError> {
        if self.takes_files()? {
            return Ok(());
        }
        let text = serde_json::to_string(tries).map_err(|_| StudioError::PromptDamaged)?;
        Ok(self.library()?.set_setting(TRIES, Some(&text))?)
    }

    pub(super) fn drop_session(&self, session: &str) -> Result<(), StudioError> {
        Ok(self.library()?.set_setting(&place(session)?, None)?)
    }
}

/// Where a session is kept. Its name comes from outside.
fn place(session: &str) -> Result<String, StudioError> {
    if session.len() == 12 && session.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(format!("session/{session}"))
    } else {
        Err(unknown(session))
    }
}
