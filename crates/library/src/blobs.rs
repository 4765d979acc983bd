//! Sealed files named by a keyed hash of what is in them. Knows neither key nor content: bytes come here sealed, and a
//! name tells nothing without the library's key.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use crate::LibraryError;

/// Name of a blob: a keyed hash, 32 bytes.
pub(crate) type Name = [u8; 32];

/// Larger than any blob this program writes (four hours of 48 kHz audio); a planted file beyond it is not read.
const LARGEST: u64 = 2 << 30;

/// The folder of blobs.
#[derive(Debug)]
pub(crate) struct Blobs {
    folder: PathBuf,
}

impl Blobs {
    /// Opens, and makes if missing, the folder.
    pub(crate) fn open(folder: PathBuf) -> Result<Self, LibraryError> {
        fs::create_dir_all(&folder).map_err(|error| LibraryError::io(&folder, &error))?;
        Ok(Self { folder })
    }

    /// Stores sealed bytes durably: after this returns, a power cut does not lose them.
    pub(crate) fn write(&self, name: &Name, sealed: &[u8]) -> Result<(), LibraryError> {
        let path = self.path(name);
        let parent = path.parent().expect("invariant: a blob lies in a folder");
        if !parent.is_dir() {
            fs::create_dir_all(parent)
                .and_then(|()| sync_folder(&self.folder))
                .map_err(|error| LibraryError::io(parent, &error))?;
        }
        write_durably(&path, sealed)
    }

    /// The sealed bytes of a blob; a missing or oversized file is damage.
    pub(crate) fn read(&self, name: &Name) -> Result<Vec<u8>, LibraryError> {
        let path = self.path(name);
        let part = || format!("blob {}", hex::encode(name));
        let file = File::open(&path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => LibraryError::damaged(part(), "the file is missing"),
            _ => LibraryError::io(&path, &error),
        })?;
        let mut sealed = Vec::new();
        file.take(LARGEST).read_to_end(&mut sealed).map_err(|error| LibraryError::io(&path, &error))?;
        if sealed.len() as u64 == LARGEST {
            return Err(LibraryError::damaged(part(), "the file is larger than any blob"));
        }
        Ok(sealed)
    }

    /// Removes a blob; one already gone is no error.
    pub(crate) fn remove(&self, name: &Name) -> Result<(), LibraryError> {
        remove_if_there(&self.path(name))
    }

    /// Removes every file that is not in `keep`: what a crash left behind between the database and the disk.
    /// Returns how many were removed.
    pub(crate) fn sweep(&self, keep: &HashSet<Name>) -> Result<usize, LibraryError> {
        let mut removed = 0;
        for shelf in entries(&self.folder)? {
            if !shelf.is_dir() {
                continue;
            }
            for path in entries(&shelf)? {
                let known = path
                    .file_name()
                    .and_then(|name| name.to_str())
                    .and_then(|name| hex::decode(name).ok())
                    .and_then(|name| Name::try_from(name).ok())
                    .is_some_and(|name| keep.contains(&name));
                if !known {
                    remove_if_there(&path)?;
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }

    fn path(&self, name: &Name) -> PathBuf {
        let text = hex::encode(name);
        self.folder.join(&text[..2]).join(text)
    }
}

/// Replaces a file so that a crash leaves either the old or the new content, whole.
pub(crate) fn write_durably(path: &Path, bytes: &[u8]) -> Result<(), LibraryError> {
    let parent = path.parent().expect("invariant: a library file lies in a folder");
    let write = || -> std::io::Result<()> {
        let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(parent)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        sync_folder(parent)
    };
    write().map_err(|error| LibraryError::io(path, &error))
}

fn remove_if_there(path: &Path) -> Result<(), LibraryError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(LibraryError::io(path, &error)),
        _ => Ok(()),
    }
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, LibraryError> {
    fs::read_dir(folder)
        .and_then(|list| list.map(|entry| entry.map(|entry| entry.path())).collect())
        .map_err(|error| LibraryError::io(folder, &error))
}

/// A rename is durable once its folder is synced. Windows has no such call and needs none.
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_reads_and_sweeps() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path().join("blobs")).unwrap();
        let (kept, dropped) = ([1; 32], [2; 32]);
        blobs.write(&kept, b"kept").unwrap();
        blobs.write(&dropped, b"dropped").unwrap();
        fs::write(folder.path().join("blobs/01/.new-half"), b"half").unwrap();
        assert_eq!(blobs.sweep(&HashSet::from([kept])).unwrap(), 2);
        assert_eq!(blobs.read(&kept).unwrap(), b"kept");
        assert_eq!(blobs.read(&dropped).unwrap_err().code(), "library_damaged");
        blobs.remove(&dropped).unwrap();
    }

    #[test]
    fn a_second_write_replaces_the_first_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("anchor");
        write_durably(&path, &[7; 100]).unwrap();
        write_durably(&path, b"short").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"short");
        assert_eq!(entries(folder.path()).unwrap().len(), 1);
    }
}
