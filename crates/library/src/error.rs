//! What can go wrong with a library on disk, told so that a caller and a person know what to do next.
//! Knows no screen and no exit code.

use std::path::{Path, PathBuf};

/// Everything a library operation can fail with; each variant is something a caller can do differently.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// The path exists and is a file.
    #[error("{} is a file, not a folder", .0.display())]
    NotAFolder(PathBuf),
    /// The folder holds no library, or is missing.
    #[error("there is no library in {}", .0.display())]
    NotALibrary(PathBuf),
    /// A library, or other files, are already there.
    #[error("{} already holds {what}", .path.display())]
    AlreadyThere {
        /// The folder asked for.
        path: PathBuf,
        /// What was found in it.
        what: &'static str,
    },
    /// The folder or its disk cannot be written.
    #[error("{} cannot be written", .0.display())]
    ReadOnly(PathBuf),
    /// No room is left.
    #[error("the disk that holds {} is full", .0.display())]
    DiskFull(PathBuf),
    /// Another process has the library open.
    #[error("the library {} is in use{}", .path.display(), .pid.map(|pid| format!(" by process {pid}")).unwrap_or_default())]
    Busy {
        /// The folder asked for.
        path: PathBuf,
        /// The process that holds it, where it could be read.
        pid: Option<u32>,
    },
    /// The passphrase does not open this library.
    #[error("the passphrase does not open this library")]
    WrongPassphrase,
    /// The library is locked by a passphrase and none was given.
    #[error("this library is locked by a passphrase")]
    NeedsPassphrase,
    /// The library is locked by the system keyring and a passphrase was given.
    #[error("this library is locked by the system keyring, not by a passphrase")]
    NeedsKeyring,
    /// The system has no keyring that can be used.
    #[error("the system keyring cannot be used: {0}")]
    KeyringUnavailable(String),
    /// The keyring works but holds no key that opens this library.
    #[error("the system keyring has no key for this library: it was wiped, or the library is a copy or an old backup")]
    KeyMissing,
    /// A later version of the program wrote this library.
    #[error("this library has format {found}; this program knows formats up to {known}")]
    NewerFormat {
        /// Format of the library.
        found: i64,
        /// Newest format known here.
        known: i64,
    },
    /// Stored bytes are not what was stored.
    #[error("the library is damaged: {part}: {why}")]
    Damaged {
        /// Which part: `log`, `anchor`, `blob …`, `voice …`.
        part: String,
        /// What was found.
        why: String,
    },
    /// No such voice, grant, prompt, segment or job.
    #[error("there is no {0}")]
    NotFound(String),
    /// A demo library does not do this.
    #[error("a demo library does not allow {0}: nothing leaves it")]
    DemoRefused(&'static str),
    /// The consent rules refuse.
    #[error(transparent)]
    Refused(#[from] consent::Refusal),
    /// The disk or the database failed in another way.
    #[error("the library storage failed: {0}")]
    Storage(String),
}

impl LibraryError {
    /// Stable name of the error, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAFolder(_) => "library_not_a_folder",
            Self::NotALibrary(_) => "library_not_found",
            Self::AlreadyThere { .. } => "library_already_there",
            Self::ReadOnly(_) => "library_read_only",
            Self::DiskFull(_) => "disk_full",
            Self::Busy { .. } => "library_busy",
            Self::WrongPassphrase => "wrong_passphrase",
            Self::NeedsPassphrase => "needs_passphrase",
            Self::NeedsKeyring => "needs_keyring",
            Self::KeyringUnavailable(_) => "keyring_unavailable",
            Self::KeyMissing => "key_missing",
            Self::NewerFormat { .. } => "library_newer_format",
            Self::Damaged { .. } => "library_damaged",
            Self::NotFound(_) => "not_found",
            Self::DemoRefused(_) => "demo_refused",
            Self::Refused(refusal) => refusal.code(),
            Self::Storage(_) => "storage_failed",
        }
    }

    /// What to do about it.
    pub fn fix(&self) -> String {
        match self {
            Self::NotAFolder(_) => "choose a folder".into(),
            Self::NotALibrary(path) => {
                format!("check the path, or make a library there: vouch library init {}", path.display())
            }
            Self::AlreadyThere { .. } => "choose an empty or new folder".into(),
            Self::ReadOnly(_) => "give yourself write permission on the folder, or choose another disk".into(),
            Self::DiskFull(_) => "free some space and try again; nothing already stored is lost".into(),
            Self::Busy { pid: Some(pid), .. } => {
                format!("close the other window, or wait for process {pid} to finish")
            }
            Self::Busy { .. } => "close the other window or command that uses it".into(),
            Self::WrongPassphrase => "type the passphrase again; it cannot be recovered".into(),
            Self::NeedsPassphrase => "give the library's passphrase".into(),
            Self::NeedsKeyring => "open it without a passphrase".into(),
            Self::KeyringUnavailable(_) => {
                "unlock or install the system keyring (Secret Service on Linux), or set a passphrase for the library"
                    .into()
            }
            Self::KeyMissing => {
                "restore the keyring from its own backup; without the key the voices in this library stay sealed. \
                 Otherwise start a new library and record consent again"
                    .into()
            }
            Self::NewerFormat { .. } => "update the program".into(),
            Self::Damaged { .. } => "restore the library folder from a backup made after the last change".into(),
            Self::NotFound(_) => "list what is there and try again".into(),
            Self::DemoRefused(_) => "record a real voice in a normal library".into(),
            Self::Refused(refusal) => refusal.fix(),
            Self::Storage(_) => "check the disk and try again".into(),
        }
    }

    pub(crate) fn damaged(part: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Damaged { part: part.into(), why: why.into() }
    }

    /// Sorts an I/O error on `path` into what the user can act on.
    /// An error of the disk, with the path it was about.
    pub fn io(path: &Path, error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::DiskFull(path.into()),
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Self::ReadOnly(path.into()),
            ErrorKind::NotADirectory => Self::NotAFolder(path.into()),
            ErrorKind::NotFound => Self::NotALibrary(path.into()),
            _ => Self::Storage(format!("{}: {error}", path.display())),
        }
    }

    /// Sorts a database error in the library at `path`.
    pub(crate) fn sqlite(path: &Path, error: &rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull(path.into()),
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                Self::ReadOnly(path.into())
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { path: path.into(), pid: None },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::damaged("database", error.to_string()),
            _ => Self::Storage(error.to_string()),
        }
    }
}
