//! One process at a time per library: an operating-system lock on a file, which a crash releases by itself.
//! Knows nothing of what the lock guards.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::LibraryError;

/// Held for as long as the library is open.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock or says which process has it. The process id is a hint for the user; the lock itself decides.
    pub(crate) fn take(folder: &Path) -> Result<Self, LibraryError> {
        let path = folder.join("lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|error| LibraryError::io(&path, &error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let pid = file.take(16).read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
                return Err(LibraryError::Busy { path: folder.into(), pid });
            }
            Err(TryLockError::Error(error)) => return Err(LibraryError::io(&path, &error)),
        }
        // The hint is a courtesy: a full disk must not keep the owner out of the library.
        let _ = file
            .set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| write!(file, "{}", std::process::id()));
        Ok(Self { file })
    }
}

impl Drop for Lock {
    /// Closing the file is not enough: a child process that is just being started shares it until it runs.
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}
