//! The signed log as it lies in the library, what follows from it, and its anchor outside the database. What a voice was
//! used for, and whether its grant was ended, is read from here and from no counter that could be set back.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use consent::GrantId;
use consent::log::{Anchor, Entry, LogKind, verify_log};
use rusqlite::{Connection, params};

use crate::LibraryError;
use crate::blobs::write_durably;
use crate::identity::Identity;
use crate::keys::{Keys, NOBODY};
use crate::state::Failure;

const ANCHOR: &str = "anchor";

/// What the log says, all in all.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// Its end; none while it is empty.
    pub(crate) end: Option<Anchor>,
    /// Grants that were given.
    pub(crate) granted: HashSet<GrantId>,
    /// Grants that were ended.
    pub(crate) revoked: BTreeSet<GrantId>,
    /// Latest time in it.
    pub(crate) latest: u64,
    made_seconds: HashMap<GrantId, u64>,
}

impl Ledger {
    /// Reads and checks the whole log against its anchor. Entries after the anchored one are genuine if they are signed
    /// and chained: a crash came between the commit and the anchor.
    pub(crate) fn read(
        connection: &Connection,
        keys: &Keys,
        identity: &Identity,
        anchor: Option<&Anchor>,
    ) -> Result<Self, Failure> {
        let entries = entries(connection, keys)?;
        let end = verify_log(&entries, &identity.issuer.public(), anchor)
            .map_err(|why| LibraryError::damaged("log", why.to_string()))?;
        let mut ledger = Self::default();
        for entry in &entries {
            ledger.take(entry);
        }
        debug_assert_eq!(ledger.end, end);
        Ok(ledger)
    }

    /// Speech that was made under a grant, in seconds.
    pub(crate) fn made_seconds(&self, grant: &GrantId) -> u64 {
        self.made_seconds.get(grant).copied().unwrap_or(0)
    }

    /// Takes one more entry into account.
    pub(crate) fn take(&mut self, entry: &Entry) {
        self.end = Some(entry.anchor());
        self.latest = self.latest.max(entry.time());
        let Some(grant) = entry.facts().grant_id else { return };
        match entry.kind() {
            LogKind::Granted => {
                self.granted.insert(grant);
            }
            LogKind::Revoked => {
                self.revoked.insert(grant);
            }
            LogKind::Used => {
                let made = self.made_seconds.entry(grant).or_default();
                *made = made.saturating_add(entry.facts().seconds.unwrap_or(0));
            }
            _ => {}
        }
    }
}

/// Every entry, in order.
pub(crate) fn entries(connection: &Connection, keys: &Keys) -> Result<Vec<Entry>, Failure> {
    let mut read = connection.prepare("SELECT position, entry FROM log ORDER BY position")?;
    let rows = read.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)))?;
    rows.map(|row| {
        let (position, sealed) = row?;
        let plain = keys.unseal(&NOBODY, &place(position), &sealed)?;
        Entry::decode(&plain).map_err(|why| LibraryError::damaged(place(position), why.to_string()).into())
    })
    .collect()
}

/// Writes one entry, within the caller's transaction.
pub(crate) fn write(connection: &Connection, keys: &Keys, entry: &Entry) -> Result<(), Failure> {
    let position = i64::try_from(entry.sequence()).map_err(|_| LibraryError::damaged("log", "it is too long"))?;
    let sealed = keys.seal(&NOBODY, &place(position), &entry.encode())?;
    connection.execute("INSERT INTO log (position, entry) VALUES (?1, ?2)", params![position, sealed])?;
    Ok(())
}

fn place(position: i64) -> String {
    format!("log entry {position}")
}

/// Where the end of the log is kept besides the log: the keyring, or a sealed file beside the database.
#[derive(Debug)]
pub(crate) struct AnchorPlace {
    file: PathBuf,
    entry: String,
}

impl AnchorPlace {
    pub(crate) fn new(folder: &Path, library_id: &[u8; 16]) -> Self {
        Self { file: folder.join(ANCHOR), entry: format!("library {} anchor", hex::encode(library_id)) }
    }

    /// Keeps the end of the log; an empty log is kept too, so that a missing anchor is always a loss.
    pub(crate) fn keep(&self, keys: &Keys, end: Option<&Anchor>) -> Result<(), LibraryError> {
        let bytes = end.map(Anchor::encode).unwrap_or_default();
        match keys.keyring() {
            Some(keyring) => keyring.set(&self.entry, &[b"anchor".as_slice(), &bytes].concat()),
            None => write_durably(&self.file, &keys.seal(&NOBODY, ANCHOR, &bytes)?),
        }
    }

    /// What was kept: the end of the log at that time.
    pub(crate) fn read(&self, keys: &Keys) -> Result<Option<Anchor>, LibraryError> {
        let missing = || LibraryError::damaged("log anchor", "it is missing, so a log that was cut would look whole");
        let bytes = match keys.keyring() {
            Some(keyring) => {
                let kept = keyring.get(&self.entry)?.ok_or_else(missing)?;
                kept.strip_prefix(b"anchor".as_slice()).ok_or_else(missing)?.to_vec()
            }
            None => {
                let sealed = std::fs::read(&self.file).map_err(|error| match error.kind() {
                    std::io::ErrorKind::NotFound => missing(),
                    _ => LibraryError::io(&self.file, &error),
                })?;
                keys.unseal(&NOBODY, ANCHOR, &sealed)?.to_vec()
            }
        };
        if bytes.is_empty() {
            return Ok(None);
        }
        let anchor = Anchor::decode(&bytes).map_err(|why| LibraryError::damaged("log anchor", why.to_string()))?;
        Ok(Some(anchor))
    }
}
