//! The open library behind its lock: database, keys, blobs and log moving together. A fact and its log entry are one
//! transaction; the anchor follows the commit, and files follow the rows. Knows nothing of what the facts mean.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use consent::log::{Entry, Facts, LogKind, append};
use consent::{Refusal, RevocationList, SampleHash, VoiceId};
use rusqlite::{Connection, OptionalExtension, params};

use crate::LibraryError;
use crate::blobs::{Blobs, Name};
use crate::identity::Identity;
use crate::keys::{Keys, NOBODY};
use crate::ledger::{AnchorPlace, Ledger, write};
use crate::tape::TapeId;

/// How far the clock may run on before the latest time seen is written again, in seconds.
const CLOCK_STEP_SECONDS: u64 = 60;
const CLOCK: &str = "clock";

/// An error on the way to the border, where the folder's path is added to the database's.
#[derive(Debug)]
pub(crate) enum Failure {
    Database(rusqlite::Error),
    Library(LibraryError),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

impl From<LibraryError> for Failure {
    fn from(error: LibraryError) -> Self {
        Self::Library(error)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Library(refusal.into())
    }
}

impl Failure {
    pub(crate) fn at(self, folder: &std::path::Path) -> LibraryError {
        match self {
            Self::Database(error) => LibraryError::sqlite(folder, &error),
            Self::Library(error) => error,
        }
    }
}

/// Called at named steps so that tests can end the process there. Exists in tests only.
#[cfg(test)]
pub(crate) type Steps = Box<dyn Fn(&str) + Send>;

/// Everything that changes while a library is open.
pub(crate) struct State {
    pub(crate) connection: Connection,
    pub(crate) keys: Keys,
    pub(crate) blobs: Blobs,
    pub(crate) ledger: Ledger,
    pub(crate) anchor: AnchorPlace,
    pub(crate) list: RevocationList,
    pub(crate) identity: Arc<Identity>,
    /// Hashes of the samples of a voice, computed from their bytes once per opening.
    pub(crate) sample_hashes: HashMap<VoiceId, Vec<SampleHash>>,
    /// The last refusal logged per voice: a book that is refused at every segment is one entry.
    pub(crate) last_refusal: HashMap<VoiceId, &'static str>,
    /// Tapes that are being recorded in this process.
    pub(crate) recording: HashSet<TapeId>,
    pub(crate) clock: u64,
    pub(crate) folder: PathBuf,
    #[cfg(test)]
    pub(crate) steps: Option<Steps>,
}

impl State {
    /// Marks a step between two effects.
    pub(crate) fn step(&self, name: &str) {
        #[cfg(test)]
        if let Some(steps) = &self.steps {
            steps(name);
        }
        #[cfg(not(test))]
        let _ = name;
    }

    /// Runs `body` in one transaction with an optional log entry, the latest time seen, and nothing else.
    pub(crate) fn transact<T>(
        &mut self,
        now: u64,
        entry: Option<(LogKind, Facts)>,
        body: impl FnOnce(&Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let clock = self.clock.max(now);
        let entry: Option<Entry> = entry
            .map(|(kind, facts)| append(self.ledger.end.as_ref(), &self.identity.issuer, now, kind, facts))
            .transpose()?;
        let transaction = self.connection.unchecked_transaction()?;
        let value = body(self)?;
        if clock > self.clock {
            set_meta(&self.connection, CLOCK, &self.keys.seal(&NOBODY, CLOCK, &clock.to_be_bytes())?)?;
        }
        if let Some(entry) = &entry {
            write(&self.connection, &self.keys, entry)?;
        }
        self.step("before commit");
        transaction.commit()?;
        self.clock = clock;
        self.step("committed");
        if let Some(entry) = &entry {
            self.ledger.take(entry);
            // The fact stands whatever becomes of the anchor. One left behind is caught up with by the next entry or
            // at the next opening.
            let _ = self.anchor.keep(&self.keys, self.ledger.end.as_ref());
            self.step("anchored");
        }
        Ok(value)
    }

    /// Remembers the latest time seen, on disk once it has moved on by a minute.
    pub(crate) fn seen(&mut self, now: u64) -> Result<(), Failure> {
        if now >= self.clock.saturating_add(CLOCK_STEP_SECONDS) { self.transact(now, None, |_| Ok(())) } else { Ok(()) }
    }

    /// The latest time that was stored, in the log or beside it.
    pub(crate) fn stored_clock(connection: &Connection, keys: &Keys, ledger: &Ledger) -> Result<u64, Failure> {
        let plain = keys.unseal(&NOBODY, CLOCK, &meta(connection, CLOCK)?)?;
        let clock = plain.as_slice().try_into().map(u64::from_be_bytes);
        let clock = clock.map_err(|_| LibraryError::damaged(CLOCK, "it is no time"))?;
        Ok(clock.max(ledger.latest))
    }

    /// Notes a blob in the database, after its file was written.
    pub(crate) fn insert_blob(&self, name: &Name, owner: &VoiceId, kind: &str) -> Result<(), Failure> {
        let insert = "INSERT INTO blobs (name, owner, kind) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        self.connection.execute(insert, params![name, owner.as_bytes(), kind])?;
        Ok(())
    }

    /// Names of all blobs that are sealed under a key.
    pub(crate) fn blobs_of(&self, owner: &VoiceId) -> Result<Vec<Name>, Failure> {
        let mut read = self.connection.prepare("SELECT name FROM blobs WHERE owner = ?1")?;
        Ok(read.query_map([owner.as_bytes()], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// A value that every library has.
pub(crate) fn meta(connection: &Connection, name: &str) -> Result<Vec<u8>, Failure> {
    let value = connection.query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| row.get(0)).optional()?;
    value.ok_or_else(|| LibraryError::damaged(name, "it is missing").into())
}

/// Sets a value that every library has.
pub(crate) fn set_meta(connection: &Connection, name: &str, value: &[u8]) -> Result<(), Failure> {
    let write = "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2";
    connection.execute(write, params![name, value])?;
    Ok(())
}
