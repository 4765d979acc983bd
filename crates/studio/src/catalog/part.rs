//! A file that is still coming: beside its place, under its name with `.part`, hashed as it grows. It gets its name only
//! with the right bytes. Links in the models folder are never followed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{CatalogError, Piece, fetch};
use crate::StudioError;

/// Bytes that are hashed or copied between two looks at whether to stop.
pub const STEP: usize = 1 << 20;

/// A file that is still coming.
pub struct Part {
    path: PathBuf,
    tag: PathBuf,
    file: File,
    hash: Sha256,
    bytes: u64,
}

impl Part {
    /// Opens what came before, or begins. What came before is hashed; `step` is told of each step and may stop it.
    pub fn open(to: &Path, most: u64, step: &mut Step<'_>) -> Result<Self, StudioError> {
        let (path, tag) = (beside(to, ".part"), beside(to, ".part.tag"));
        let mut file = match fs::symlink_metadata(&path) {
            // Longer than the file can ever be: these are other bytes.
            Ok(found) if found.is_file() && found.len() > most => {
                fs::remove_file(&path).map_err(|error| StudioError::output(&path, &error))?;
                create(&path)?
            }
            Ok(_) => open_plain(&path, OpenOptions::new().read(true).write(true))?,
            Err(error) if error.kind() == ErrorKind::NotFound => create(&path)?,
            Err(error) => return Err(StudioError::input(&path, &error)),
        };
        let (hash, bytes) = digest(&mut file, &path, step)?;
        Ok(Self { path, tag, file, hash, bytes })
    }

    /// Bytes that are there.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What the server called this version of the file.
    pub fn validator(&self) -> Option<String> {
        let mut text = String::new();
        open_plain(&self.tag, OpenOptions::new().read(true)).ok()?.take(1000).read_to_string(&mut text).ok()?;
        fetch::is_header(&text).then_some(text)
    }

    /// Forgets what came, and remembers what the server calls what comes now.
    pub fn restart(&mut self, validator: Option<&str>) -> Result<(), StudioError> {
        let failed = |error: io::Error| StudioError::output(&self.path, &error);
        self.file.set_len(0).map_err(failed)?;
        io::Seek::rewind(&mut self.file).map_err(failed)?;
        self.hash = Sha256::new();
        self.bytes = 0;
        let _ = fs::remove_file(&self.tag);
        if let Some(validator) = validator {
            // Without it a download goes on all the same; the hash decides in the end.
            let _ = create(&self.tag).map(|mut file| file.write_all(validator.as_bytes()));
        }
        Ok(())
    }

    /// Adds bytes.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), StudioError> {
        self.file.write_all(bytes).map_err(|error| full(&self.path, &error))?;
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// Gives it its name, if these are the right bytes, as far as that is known beforehand; deletes it if they are not.
    pub fn finish(self, to: &Path, id: &str, piece: &Piece) -> Result<Came, StudioError> {
        let came = Came { bytes: self.bytes, sha256: hex::encode(self.hash.finalize()) };
        let _ = fs::remove_file(&self.tag);
        if !came.is(piece) {
            let _ = fs::remove_file(&self.path);
            return Err(CatalogError::WrongHash { id: id.to_owned(), file: piece.path.clone() }.into());
        }
        self.file.sync_all().map_err(|error| full(&self.path, &error))?;
        drop(self.file);
        fs::rename(&self.path, to).map_err(|error| StudioError::output(to, &error))?;
        sync_folder(to.parent());
        Ok(came)
    }

    /// Deletes it.
    pub fn discard(self) {
        let _ = fs::remove_file(&self.path);
        let _ = fs::remove_file(&self.tag);
    }
}

/// What a file turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Came {
    pub bytes: u64,
    /// In lowercase hex.
    pub sha256: String,
}

impl Came {
    /// Whether it is what was expected, as far as anything was.
    pub fn is(&self, piece: &Piece) -> bool {
        piece.bytes.is_none_or(|bytes| bytes == self.bytes)
            && piece.sha256.as_ref().is_none_or(|sha256| *sha256 == self.sha256)
    }
}

/// Told how many bytes were hashed in this step; may stop the work.
pub type Step<'a> = dyn FnMut(u64) -> Result<(), StudioError> + 'a;

/// Bytes of a file that came in part; 0 without one.
pub fn part_bytes(to: &Path) -> u64 {
    fs::symlink_metadata(beside(to, ".part")).map_or(0, |found| if found.is_file() { found.len() } else { 0 })
}

/// SHA-256 and size of what is left of an open file.
pub fn digest(file: &mut File, path: &Path, step: &mut Step<'_>) -> Result<(Sha256, u64), StudioError> {
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    let mut buffer = vec![0; STEP];
    loop {
        let count = match file.read(&mut buffer) {
            Ok(0) => return Ok((hash, bytes)),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(StudioError::input(path, &error)),
        };
        hash.update(&buffer[..count]);
        bytes += count as u64;
        step(count as u64)?;
    }
}

/// Opens a plain file, and nothing that a link leads to.
pub fn open_plain(path: &Path, how: &OpenOptions) -> Result<File, StudioError> {
    let input = |error: io::Error| StudioError::input(path, &error);
    let not_plain = || CatalogError::NotPlain { path: path.to_owned() };
    let found = fs::symlink_metadata(path).map_err(input)?;
    if !found.is_file() {
        return Err(not_plain().into());
    }
    let file = how.open(path).map_err(input)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        // Somebody may have put a link there between the two.
        let opened = file.metadata().map_err(input)?;
        if (opened.dev(), opened.ino()) != (found.dev(), found.ino()) {
            return Err(not_plain().into());
        }
    }
    Ok(file)
}

/// Makes a new file; never writes through a link.
pub fn create(path: &Path) -> Result<File, StudioError> {
    OpenOptions::new().read(true).write(true).create_new(true).open(path).map_err(|error| full(path, &error))
}

/// The folder for a file below `root`, made where it is missing. Each part must be a real folder.
pub fn folder_for(root: &Path, path: &str) -> Result<PathBuf, StudioError> {
    let mut place = root.to_owned();
    for part in path.split('/') {
        real_folder(&place)?;
        place.push(part);
    }
    Ok(place)
}

/// Makes a folder, if there is none.
pub fn real_folder(folder: &Path) -> Result<(), StudioError> {
    match fs::symlink_metadata(folder) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(CatalogError::NotPlain { path: folder.to_owned() }.into()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            fs::create_dir(folder).map_err(|error| full(folder, &error))
        }
        Err(error) => Err(StudioError::input(folder, &error)),
    }
}

/// After a rename: what the folder says reaches the disk. Not every system can, and then nothing is lost but time.
pub fn sync_folder(folder: Option<&Path>) {
    if let Some(Ok(folder)) = folder.map(File::open) {
        let _ = folder.sync_all();
    }
}

/// A failure to write, told apart from a full disk.
pub fn full(path: &Path, error: &io::Error) -> StudioError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            let folder = path.parent().unwrap_or(path).to_owned();
            let free = fs4::available_space(&folder).unwrap_or(0);
            CatalogError::DiskFull { needed: free.saturating_add(STEP as u64), free, folder }.into()
        }
        _ => StudioError::output(path, error),
    }
}

fn beside(path: &Path, more: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(more);
    name.into()
}
