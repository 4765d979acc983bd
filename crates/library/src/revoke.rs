//! The end of a voice: one transaction takes its key away, gives the vault a new key and says so in the log; then the
//! files go. What is claimed is crypto-erasure: a solid-state disk cannot be overwritten reliably, its keys can be gone.

use consent::log::{Facts, LogKind};
use consent::{Purge, Revocation, RevocationList, RevokedBy, VoiceId};
use rusqlite::params;

use crate::keys::NOBODY;
use crate::open::REVOCATIONS;
use crate::state::{Failure, State, set_meta};
use crate::{Library, LibraryError};

impl Library {
    /// Ends a grant on a signed revocation, whether it comes from the owner or from this library. From the commit on
    /// nothing opens the voice; a crash after it is finished at the next opening. Doing it twice is no error.
    ///
    /// # Errors
    /// [`consent::Refusal::RevocationSignature`] when neither the owner nor the grantee of this voice signed it;
    /// [`LibraryError::NotFound`]; [`LibraryError::KeyringUnavailable`] (nothing has changed then).
    pub fn revoke(&self, voice: &VoiceId, revocation: &Revocation, now: u64) -> Result<(), LibraryError> {
        self.with(|state| state.revoke(voice, revocation, now))
    }

    /// Ends a grant as the one it was given to, which needs nobody's passphrase.
    ///
    /// # Errors
    /// As [`Library::revoke`].
    pub fn revoke_here(&self, voice: &VoiceId, now: u64) -> Result<(), LibraryError> {
        self.with(|state| {
            let grant_id = state.row(voice)?.grant_id();
            let sequence = state.list.epoch() + 1;
            let revocation = Revocation::sign(grant_id, now, RevokedBy::Grantee, sequence, &state.identity.grantee);
            state.revoke(voice, &revocation, now)
        })
    }

    /// Deletes a voice with everything made from it. Its grant was not revoked by this, but nothing is left to use.
    ///
    /// # Errors
    /// [`LibraryError::NotFound`], [`LibraryError::KeyringUnavailable`] (nothing has changed then).
    pub fn delete(&self, voice: &VoiceId, now: u64) -> Result<(), LibraryError> {
        self.with(|state| {
            state.erase(voice, now, LogKind::Purged, "deleted", |state| {
                state.connection.execute("DELETE FROM voices WHERE id = ?1", [voice.as_bytes()])?;
                Ok(())
            })
        })
    }

    /// Erases every voice whose grant ended so long ago that it can no longer be renewed. Returns which.
    ///
    /// # Errors
    /// As [`Library::delete`].
    pub fn purge_expired(&self, now: u64) -> Result<Vec<VoiceId>, LibraryError> {
        self.with(|state| {
            let mut purged = Vec::new();
            for row in state.rows()? {
                if row.is_kept && state.signed_grant(&row)?.grant().purge_at() <= now {
                    state.erase(&row.id, now, LogKind::Purged, "expired", |_| Ok(()))?;
                    purged.push(row.id);
                }
            }
            Ok(purged)
        })
    }
}

impl State {
    fn revoke(&mut self, voice: &VoiceId, revocation: &Revocation, now: u64) -> Result<(), Failure> {
        let row = self.row(voice)?;
        let grant = self.signed_grant(&row)?;
        let purge = Purge::of(revocation, &grant)?;
        if self.ledger.revoked.contains(&purge.grant_id) {
            return Ok(());
        }
        let revoked = self.ledger.revoked.iter().copied().chain([purge.grant_id]).collect();
        let list = RevocationList::sign(&self.identity.issuer, self.list.epoch() + 1, now, revoked);
        self.erase(voice, now, LogKind::Revoked, "revoked", |state| {
            let sealed = state.keys.seal(voice, "revocation", &revocation.encode())?;
            let mark = "UPDATE voices SET revocation = ?2 WHERE id = ?1";
            state.connection.execute(mark, params![voice.as_bytes(), sealed])?;
            set_meta(&state.connection, REVOCATIONS, &state.keys.seal(&NOBODY, REVOCATIONS, &list.encode())?)?;
            state.step("marked revoked");
            Ok(())
        })?;
        self.list = list;
        Ok(())
    }

    /// Takes the voice's key away, with everything sealed under it. `mark` runs in the same transaction.
    fn erase(
        &mut self,
        voice: &VoiceId,
        now: u64,
        kind: LogKind,
        code: &str,
        mark: impl FnOnce(&Self) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let facts = Facts {
            grant_id: Some(self.row(voice)?.grant_id()),
            voice_id: Some(*voice),
            code: Some(code.into()),
            ..Facts::default()
        };
        let names = self.blobs_of(voice)?;
        let next = self.transact(now, Some((kind, facts)), |state| {
            mark(state)?;
            // Samples, statement, prompts and segments hang on this row.
            state.connection.execute("DELETE FROM keys WHERE id = ?1", [voice.as_bytes()])?;
            state.step("key deleted");
            let next = state.keys.rotate(&state.connection)?;
            state.step("vault rotated");
            Ok(next)
        })?;
        self.keys.adopt(next);
        self.sample_hashes.remove(voice);
        // The voice is gone whatever happens from here on; what cannot be cleaned up now is at the next opening.
        let _ = self.keys.settle();
        self.step("keyring settled");
        for name in &names {
            let _ = self.blobs.remove(name);
            self.step("blob removed");
        }
        // The write-ahead log still holds the pages of before.
        let _ = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        self.step("checkpointed");
        Ok(())
    }

    /// The log, the signed list and the rows must tell the same: a row that was set back does not bring a voice back.
    pub(crate) fn check_revocations(&self) -> Result<(), Failure> {
        let damaged = |why: &str| Err(LibraryError::damaged("list of revocations", why).into());
        let logged = &self.ledger.revoked;
        if !self.list.is_signed(&self.identity.trust()) {
            return damaged("it is not signed by this library");
        }
        if self.list.epoch() != logged.len() as u64 || !logged.iter().all(|grant| self.list.revokes(grant)) {
            return damaged("it is not the one that the log tells of");
        }
        for row in self.rows()? {
            let grant = row.grant_id();
            if !self.ledger.granted.contains(&grant) {
                return Err(LibraryError::damaged(format!("voice {}", row.id), "the log knows nothing of it").into());
            }
            if row.is_kept && logged.contains(&grant) {
                return damaged("a revoked voice still has a key");
            }
        }
        Ok(())
    }
}
