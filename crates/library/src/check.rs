//! A look at everything in the library: is it whole, is it what was stored? Changes nothing.

use consent::VoiceId;
use rusqlite::Connection;

use crate::blobs::Name;
use crate::ledger::Ledger;
use crate::state::{Failure, State};
use crate::{Library, LibraryError};

/// What was looked at and what is wrong with it.
#[derive(Debug, Default)]
pub struct Report {
    /// Log entries, each signed and chained up to the anchor.
    pub log_entries: u64,
    /// Voices with their grants.
    pub voices: usize,
    /// Sealed files, each opened.
    pub blobs: usize,
    /// Recordings that no voice was made from yet, each played to its end.
    pub tapes: usize,
    /// Finished segments.
    pub segments: u64,
    /// How often segments were made and stored: more than there are only if work was done twice.
    pub segments_made: u64,
    /// One sentence per thing that is damaged.
    pub damage: Vec<String>,
}

impl Library {
    /// Reads and opens everything. Takes as long as reading all sound in the library does.
    ///
    /// # Errors
    /// The errors of the disk; damage is in the report.
    pub fn check(&self) -> Result<Report, LibraryError> {
        self.with(|state| state.check())
    }
}

impl State {
    fn check(&self) -> Result<Report, Failure> {
        let mut report = Report::default();
        let mut note = |result: Result<(), Failure>| match result {
            Ok(()) => Ok(()),
            Err(Failure::Library(error @ LibraryError::Damaged { .. })) => {
                report.damage.push(error.to_string());
                Ok(())
            }
            Err(other) => Err(other),
        };
        let mut log_entries = 0;
        note(self.check_database())?;
        note(self.anchor.read(&self.keys).map_err(Failure::from).and_then(|anchor| {
            let ledger = Ledger::read(&self.connection, &self.keys, &self.identity, anchor.as_ref())?;
            log_entries = ledger.end.map_or(0, |end| end.sequence + 1);
            Ok(())
        }))?;
        note(self.check_revocations())?;
        let rows = self.rows()?;
        for row in &rows {
            note(self.signed_grant(row).map(drop))?;
        }
        let blobs = blob_rows(&self.connection)?;
        for (name, owner, kind) in &blobs {
            let opened = self.data_key(owner).and_then(|key| Ok(self.read_blob(&key, owner, kind, name)?));
            note(opened.map(drop))?;
        }
        let tapes = self.tape_ids()?;
        for id in &tapes {
            note(self.play(id).map(drop))?;
        }
        let count = "SELECT count(*), coalesce(sum(made), 0) FROM segments";
        let (segments, segments_made) =
            self.connection.query_row(count, [], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?;
        Ok(Report {
            log_entries,
            voices: rows.len(),
            blobs: blobs.len(),
            tapes: tapes.len(),
            segments: segments.unsigned_abs(),
            segments_made: segments_made.unsigned_abs(),
            ..report
        })
    }

    fn check_database(&self) -> Result<(), Failure> {
        let found: String = self.connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        if found == "ok" { Ok(()) } else { Err(LibraryError::damaged("database", found).into()) }
    }
}

fn blob_rows(connection: &Connection) -> Result<Vec<(Name, VoiceId, String)>, Failure> {
    let mut read = connection.prepare("SELECT name, owner, kind FROM blobs")?;
    let rows = read.query_map([], |row| Ok((row.get(0)?, VoiceId::from_bytes(row.get(1)?), row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
