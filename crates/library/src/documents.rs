//! Documents that grow by edits: a book being narrated, a list of takes. A head that stays and edits that are only ever
//! appended, so that nothing is half-written and everything can be undone. Sealed; knows nothing of what is in them.

use rusqlite::{OptionalExtension, params};
use zeroize::Zeroizing;

use crate::keys::NOBODY;
use crate::{Library, LibraryError};

/// Number of a document in its library, counted from 1; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentId(pub u64);

impl std::fmt::Display for DocumentId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Library {
    /// Stores a document of a kind, such as `book`.
    ///
    /// # Errors
    /// The errors of the disk.
    pub fn add_document(&self, kind: &str, head: &[u8]) -> Result<DocumentId, LibraryError> {
        self.with(|state| {
            let transaction = state.connection.unchecked_transaction()?;
            transaction.execute("INSERT INTO documents (kind, head) VALUES (?1, x'')", [kind])?;
            let id = transaction.last_insert_rowid();
            let sealed = state.keys.seal(&NOBODY, &head_place(id), head)?;
            transaction.execute("UPDATE documents SET head = ?2 WHERE id = ?1", params![id, sealed])?;
            transaction.commit()?;
            Ok(DocumentId(id.unsigned_abs()))
        })
    }

    /// The documents of a kind, oldest first.
    ///
    /// # Errors
    /// The errors of the disk.
    pub fn documents(&self, kind: &str) -> Result<Vec<DocumentId>, LibraryError> {
        self.with(|state| {
            let mut read = state.connection.prepare("SELECT id FROM documents WHERE kind = ?1 ORDER BY id")?;
            let ids = read.query_map([kind], |row| row.get::<_, i64>(0))?;
            Ok(ids.map(|id| id.map(|id| DocumentId(id.unsigned_abs()))).collect::<Result<_, _>>()?)
        })
    }

    /// The head of a document.
    ///
    /// # Errors
    /// [`LibraryError::NotFound`] also for one of another kind; [`LibraryError::Damaged`].
    pub fn document(&self, kind: &str, id: DocumentId) -> Result<Zeroizing<Vec<u8>>, LibraryError> {
        self.with(|state| {
            let number = row_number(id)?;
            let read = "SELECT head FROM documents WHERE id = ?1 AND kind = ?2";
            let sealed: Option<Vec<u8>> =
                state.connection.query_row(read, params![number, kind], |row| row.get(0)).optional()?;
            let sealed = sealed.ok_or_else(|| missing(id))?;
            Ok(state.keys.unseal(&NOBODY, &head_place(number), &sealed)?)
        })
    }

    /// Appends an edit. Durable once this returns. Answers how many edits there are now.
    ///
    /// # Errors
    /// [`LibraryError::NotFound`] and the errors of the disk.
    pub fn append_edit(&self, id: DocumentId, edit: &[u8]) -> Result<u64, LibraryError> {
        self.with(|state| {
            let number = row_number(id)?;
            let there = "SELECT EXISTS (SELECT 1 FROM documents WHERE id = ?1)";
            if !state.connection.query_row(there, [number], |row| row.get::<_, bool>(0))? {
                return Err(missing(id).into());
            }
            let next = "SELECT COALESCE(MAX(position), 0) + 1 FROM edits WHERE document = ?1";
            let position: i64 = state.connection.query_row(next, [number], |row| row.get(0))?;
            let sealed = state.keys.seal(&NOBODY, &edit_place(number, position), edit)?;
            let write = "INSERT INTO edits (document, position, edit) VALUES (?1, ?2, ?3)";
            state.connection.execute(write, params![number, position, sealed])?;
            Ok(position.unsigned_abs())
        })
    }

    /// Every edit of a document, in order.
    ///
    /// # Errors
    /// [`LibraryError::Damaged`].
    pub fn edits(&self, id: DocumentId) -> Result<Vec<Zeroizing<Vec<u8>>>, LibraryError> {
        self.with(|state| {
            let number = row_number(id)?;
            let mut read =
                state.connection.prepare("SELECT position, edit FROM edits WHERE document = ?1 ORDER BY position")?;
            let rows = read.query_map([number], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)))?;
            rows.map(|row| {
                let (position, sealed) = row?;
                Ok(state.keys.unseal(&NOBODY, &edit_place(number, position), &sealed)?)
            })
            .collect()
        })
    }

    /// Removes a document with its edits. Removing what is not there is no error.
    ///
    /// # Errors
    /// The errors of the disk.
    pub fn remove_document(&self, id: DocumentId) -> Result<(), LibraryError> {
        self.with(|state| {
            state.connection.execute("DELETE FROM documents WHERE id = ?1", [row_number(id)?])?;
            Ok(())
        })
    }
}

fn row_number(id: DocumentId) -> Result<i64, LibraryError> {
    i64::try_from(id.0).map_err(|_| missing(id))
}

fn missing(id: DocumentId) -> LibraryError {
    LibraryError::NotFound(format!("document {id}"))
}

/// Binds a head to its document.
fn head_place(id: i64) -> String {
    format!("document {id}")
}

/// Binds an edit to its document and its place in it: edits cannot be swapped.
fn edit_place(id: i64, position: i64) -> String {
    format!("document {id} edit {position}")
}
