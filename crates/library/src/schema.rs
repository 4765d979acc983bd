//! The tables and how an older library grows into the present one. Knows no key: every column that could say something
//! about a person is sealed before it comes here.

use rusqlite::Connection;

use crate::LibraryError;
use crate::state::Failure;

/// Says in the database's header whose it is.
const PROGRAM: i64 = 0x564f_5543;

/// One step per format; a library of format `n` has had the first `n` applied. Never edit a released step.
const STEPS: &[&str] = &[FORMAT_1, FORMAT_2, FORMAT_3];

/// Deleting a row of `keys` is the erasure: everything sealed under that key goes with it.
const FORMAT_1: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE settings (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE keys (id BLOB PRIMARY KEY, wrapped BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE blobs (
    name BLOB PRIMARY KEY,
    owner BLOB NOT NULL REFERENCES keys ON DELETE CASCADE,
    kind TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX blobs_by_owner ON blobs (owner);
CREATE TABLE voices (
    position INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    grant_id BLOB NOT NULL UNIQUE,
    name BLOB NOT NULL,
    record BLOB NOT NULL,
    revocation BLOB,
    made_milliseconds INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE recordings (
    voice BLOB NOT NULL REFERENCES keys ON DELETE CASCADE,
    kind TEXT NOT NULL,
    position INTEGER NOT NULL,
    blob BLOB NOT NULL REFERENCES blobs,
    PRIMARY KEY (voice, kind, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE prompts (
    voice BLOB NOT NULL REFERENCES keys ON DELETE CASCADE,
    model TEXT NOT NULL,
    prompt BLOB NOT NULL,
    PRIMARY KEY (voice, model)
) STRICT, WITHOUT ROWID;
CREATE TABLE nonces (nonce BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE log (position INTEGER PRIMARY KEY, entry BLOB NOT NULL) STRICT;
CREATE TABLE segments (
    name BLOB PRIMARY KEY,
    owner BLOB NOT NULL REFERENCES keys ON DELETE CASCADE,
    blob BLOB NOT NULL REFERENCES blobs,
    made INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX segments_by_owner ON segments (owner);
CREATE INDEX segments_by_blob ON segments (blob);
CREATE INDEX recordings_by_blob ON recordings (blob);
CREATE TABLE jobs (id INTEGER PRIMARY KEY, record BLOB NOT NULL) STRICT;
";

/// Documents and their edits. Numbers are never used twice: a job may still name a document that is gone.
const FORMAT_2: &str = "
CREATE TABLE documents (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, head BLOB NOT NULL) STRICT;
CREATE TABLE edits (
    document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    position INTEGER NOT NULL,
    edit BLOB NOT NULL,
    PRIMARY KEY (document, position)
) STRICT, WITHOUT ROWID;
";

/// Recordings sealed while they are made. Each has a key of its own in `keys`.
const FORMAT_3: &str = "
CREATE TABLE tapes (
    position INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE REFERENCES keys ON DELETE CASCADE,
    facts BLOB NOT NULL
) STRICT;
";

/// Newest format this program writes.
pub(crate) fn known() -> i64 {
    STEPS.len() as i64
}

/// Sets what every connection needs: a write-ahead log that is synced at each commit, foreign keys, and deleted rows
/// overwritten (a deleted key must not linger in a free page).
pub(crate) fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "trusted_schema", false)
}

/// Brings the library to the present format, each step whole or not at all. `first` goes into the same transaction as
/// the first step, so that a new library is there with all it needs or not there.
pub(crate) fn migrate(
    connection: &Connection,
    first: impl FnOnce(&Connection) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let found = format(connection)?;
    if found > known() {
        return Err(LibraryError::NewerFormat { found, known: known() }.into());
    }
    let mut first = Some(first);
    for (step, format) in STEPS.iter().zip(1..).skip(usize::try_from(found).unwrap_or(0)) {
        let transaction = connection.unchecked_transaction()?;
        transaction.execute_batch(step)?;
        if let Some(first) = first.take_if(|_| format == 1) {
            first(&transaction)?;
            transaction.pragma_update(None, "application_id", PROGRAM)?;
        }
        transaction.pragma_update(None, "user_version", format)?;
        transaction.commit()?;
    }
    Ok(())
}

/// The library's format; 0 for one whose making was cut short.
pub(crate) fn format(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Whether the database is one of ours.
pub(crate) fn is_ours(connection: &Connection) -> rusqlite::Result<bool> {
    Ok(connection.pragma_query_value(None, "application_id", |row| row.get::<_, i64>(0))? == PROGRAM)
}
