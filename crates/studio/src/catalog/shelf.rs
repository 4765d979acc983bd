//! The models folder: what is installed, whether it is whole, and how it goes away. A model is installed when its
//! `vouch-model.toml` is there, which is written last and removed first.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jobs::Cancel;

use super::part::{self, folder_for, open_plain, real_folder, sync_folder};
use super::pull::{Patience, PullNews, Stage, Teller};
use super::{Catalog, CatalogError, Entry, Proxy, checks};
use crate::{Clock, StudioError};

pub(super) const MANIFEST: &str = "vouch-model.toml";
/// The manifest of before, while files come anew: what was recorded at the first download holds on.
const BEFORE: &str = "vouch-model.before.toml";
pub(super) const LOCK: &str = ".lock";
/// Room that is left free on the disk, in bytes.
const SPARE_BYTES: u64 = 64 << 20;
/// Largest description of a model.
const SMALL_BYTES: u64 = 4 << 20;
/// Most folders that are looked at.
const MOST_MODELS: usize = 1000;

/// The models folder, and what could be in it.
pub struct Shelf {
    pub(super) catalog: Catalog,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) proxy: Option<Proxy>,
    pub(super) patience: Patience,
    pub(super) folder: PathBuf,
}

/// How far a model has come to this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nothing of it is here.
    Absent,
    /// So many bytes of it are here.
    Partial {
        /// How many.
        bytes: u64,
    },
    /// It is here.
    Installed,
    /// It was here; files were changed or lost, or the catalog names newer ones.
    Damaged,
}

/// A model of the catalog or of the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// What it is.
    pub entry: Entry,
    /// How far it has come.
    pub state: State,
    /// Whether this version's catalog has it; only then it can be had anew.
    pub in_catalog: bool,
}

/// A verified model. These very handles were hashed: whoever reads from them reads what was verified.
#[derive(Debug)]
pub struct Opened {
    /// What it is.
    pub entry: Entry,
    /// Path as in the entry, and the file at its first byte.
    pub files: Vec<(String, File)>,
}

impl Shelf {
    /// A shelf over a folder, which need not exist yet.
    #[must_use]
    pub fn new(catalog: Catalog, folder: PathBuf, clock: Arc<dyn Clock>, proxy: Option<Proxy>) -> Self {
        Self { catalog, clock, proxy, patience: Patience::default(), folder }
    }

    /// What this version's catalog holds.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The catalog's models first, then those that only the folder knows. Sizes are looked at, contents are not.
    pub fn list(&self) -> Result<Vec<Listed>, StudioError> {
        let mut all = Vec::new();
        for entry in self.catalog.entries() {
            all.push(Listed { entry: entry.clone(), state: self.state(entry), in_catalog: true });
        }
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(all),
            Err(error) => return Err(StudioError::input(&self.folder, &error)),
        };
        let mut others = Vec::new();
        for found in entries.take(MOST_MODELS).flatten() {
            let Some(id) = found.file_name().to_str().map(str::to_owned) else { continue };
            if all.iter().any(|known: &Listed| known.entry.id == id) {
                continue;
            }
            if let Some(entry) = self.manifest(&id) {
                others.push(Listed { state: self.state(&entry), entry, in_catalog: false });
            }
        }
        others.sort_by(|one, other| one.entry.id.cmp(&other.entry.id));
        all.extend(others);
        Ok(all)
    }

    /// The models that are here and whole.
    pub fn installed(&self) -> Result<Vec<Entry>, StudioError> {
        let all = self.list()?.into_iter();
        Ok(all.filter(|listed| listed.state == State::Installed).map(|listed| listed.entry).collect())
    }

    /// A small file of an installed model as it lies there, not verified: enough to tell what the model is.
    pub fn read_small(&self, entry: &Entry, path: &str) -> Result<Vec<u8>, StudioError> {
        let missing = || CatalogError::Damaged { id: entry.id.clone(), file: path.to_owned() };
        if !entry.files.iter().any(|piece| piece.path == path) {
            return Err(missing().into());
        }
        let file = open_plain(&self.folder.join(&entry.id).join(path), OpenOptions::new().read(true))?;
        let mut bytes = Vec::new();
        let read = file.take(SMALL_BYTES + 1).read_to_end(&mut bytes);
        if read.is_ok_and(|read| read as u64 <= SMALL_BYTES) { Ok(bytes) } else { Err(missing().into()) }
    }

    /// An entry, where what nobody had written down is as it was recorded when the model came.
    #[must_use]
    pub fn recorded(&self, entry: &Entry) -> Entry {
        self.records(&entry.id).map_or_else(|| entry.clone(), |recorded| entry.with_records(&recorded))
    }

    /// How far a model has come.
    fn state(&self, entry: &Entry) -> State {
        let home = self.folder.join(&entry.id);
        if !is_folder(&home) {
            return State::Absent;
        }
        if let Some(manifest) = self.manifest(&entry.id) {
            let entry = entry.with_records(&manifest);
            let same = manifest.files.len() == entry.files.len()
                && entry.files.iter().all(|piece| {
                    let recorded = |found: &super::Piece| found.path == piece.path && found.sha256 == piece.sha256;
                    piece.sha256.is_some()
                        && manifest.files.iter().any(recorded)
                        && plain_bytes(&home, &piece.path) == piece.bytes
                });
            return if same { State::Installed } else { State::Damaged };
        }
        let there = |piece: &super::Piece| {
            let most = piece.bytes.unwrap_or(u64::MAX);
            match plain_bytes(&home, &piece.path) {
                Some(bytes) => bytes.min(most),
                None => part::part_bytes(&home.join(&piece.path)).min(most),
            }
        };
        match entry.files.iter().map(there).fold(0, u64::saturating_add) {
            0 => State::Absent,
            bytes => State::Partial { bytes },
        }
    }

    /// Opens a model of the catalog, or one of the user's own, and verifies it. What it answers was read through the handles
    /// that it answers.
    pub fn open(&self, id: &str, news: &mut dyn FnMut(PullNews), cancel: &Cancel) -> Result<Opened, StudioError> {
        let entry = match self.catalog.entry(id) {
            Ok(entry) => entry.clone(),
            Err(unknown) => self.manifest(id).filter(|entry| entry.own).ok_or(unknown)?,
        };
        let (entry, files) = self.verified(&entry, news, cancel)?;
        Ok(Opened { entry, files })
    }

    /// Reads every byte of an installed model and compares it with the catalog; a model that this version's catalog does not
    /// have, with what was written down when it came.
    pub fn verify(&self, id: &str, news: &mut dyn FnMut(PullNews), cancel: &Cancel) -> Result<Entry, StudioError> {
        let entry = match self.catalog.entry(id) {
            Ok(entry) => entry.clone(),
            Err(unknown) => self.manifest(id).ok_or(unknown)?,
        };
        Ok(self.verified(&entry, news, cancel)?.0)
    }

    fn verified(
        &self,
        entry: &Entry,
        news: &mut dyn FnMut(PullNews),
        cancel: &Cancel,
    ) -> Result<(Entry, Vec<(String, File)>), StudioError> {
        let Some(manifest) = self.manifest(&entry.id) else {
            return Err(CatalogError::NotInstalled { id: entry.id.clone() }.into());
        };
        let entry = entry.with_records(&manifest);
        let home = self.folder.join(&entry.id);
        let mut teller = Teller::new(&*self.clock, news, cancel, entry.bytes());
        let mut files = Vec::new();
        for piece in &entry.files {
            let damaged = || CatalogError::Damaged { id: entry.id.clone(), file: piece.path.clone() };
            teller.begin(Stage::Checking, &piece.path);
            // What was never recorded cannot be whole.
            if piece.sha256.is_none() || piece.bytes.is_none() || plain_bytes(&home, &piece.path) != piece.bytes {
                return Err(damaged().into());
            }
            let path = home.join(&piece.path);
            let mut file = open_plain(&path, OpenOptions::new().read(true))?;
            let (hash, bytes) = part::digest(&mut file, &path, &mut |step| teller.moved(step))?;
            let found = part::Came { bytes, sha256: hex::encode(sha2::Digest::finalize(hash)) };
            if !found.is(piece) {
                return Err(damaged().into());
            }
            file.rewind().map_err(|error| StudioError::input(&path, &error))?;
            files.push((piece.path.clone(), file));
        }
        teller.end();
        Ok((entry, files))
    }

    /// Removes a model, whole or not. Only its own folder goes; a link goes without what it leads to.
    pub fn remove(&self, id: &str) -> Result<(), StudioError> {
        if checks::id(id).is_err() {
            return Err(self.catalog.unknown(id).into());
        }
        let home = self.folder.join(id);
        let failed = |error: std::io::Error| StudioError::output(&home, &error);
        let found = match fs::symlink_metadata(&home) {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.catalog.entry(id)?;
                return Err(CatalogError::NotInstalled { id: id.to_owned() }.into());
            }
            Err(error) => return Err(failed(error)),
        };
        if !found.is_dir() {
            return fs::remove_file(&home).map_err(failed);
        }
        let lock = self.lock(id)?;
        self.forget(id)?;
        // Some systems do not remove a file that is open.
        drop(lock);
        fs::remove_dir_all(&home).map_err(failed)?;
        sync_folder(Some(&self.folder));
        Ok(())
    }

    /// Takes each file with `obtain`, unless it is there already; then writes down that the model is installed, and what its
    /// files turned out to be.
    pub(super) fn install(
        &self,
        entry: &Entry,
        teller: &mut Teller<'_>,
        obtain: &mut dyn FnMut(&super::Piece, &Path, &mut Teller<'_>) -> Result<part::Came, StudioError>,
    ) -> Result<Entry, StudioError> {
        fs::create_dir_all(&self.folder).map_err(|error| part::full(&self.folder, &error))?;
        let home = self.folder.join(&entry.id);
        real_folder(&home)?;
        let _lock = self.lock(&entry.id)?;
        let written = self.manifest(&entry.id);
        let mut entry = match self.records(&entry.id) {
            Some(before) => entry.with_records(&before),
            None => entry.clone(),
        };
        self.room(&entry, &home)?;
        let mut came = false;
        for at in 0..entry.files.len() {
            let piece = &entry.files[at];
            let to = folder_for(&home, &piece.path)?;
            teller.begin(Stage::Checking, &piece.path);
            let found = match there(&to, piece, teller)? {
                Some(found) => found,
                None => {
                    if !came {
                        self.forget(&entry.id)?;
                        came = true;
                    }
                    teller.begin(Stage::Loading, &piece.path);
                    obtain(piece, &to, teller)?
                }
            };
            teller.finished(found.bytes);
            let piece = &mut entry.files[at];
            (piece.bytes, piece.sha256) = (Some(found.bytes), Some(found.sha256));
        }
        if came || written.as_ref() != Some(&entry) {
            self.remember(&entry, &home)?;
        }
        teller.end();
        Ok(entry)
    }

    /// Whether the disk takes what is still to come.
    fn room(&self, entry: &Entry, home: &Path) -> Result<(), StudioError> {
        let left = |piece: &super::Piece| match plain_bytes(home, &piece.path) {
            there if there == piece.bytes => 0,
            _ => piece.bytes.unwrap_or(0).saturating_sub(part::part_bytes(&home.join(&piece.path))),
        };
        self.enough(entry.files.iter().map(left).sum())
    }

    /// Whether the disk takes so many bytes, with some to spare.
    pub(super) fn enough(&self, needed: u64) -> Result<(), StudioError> {
        // Where the system does not tell, the writing itself will.
        let free = fs4::available_space(&self.folder).unwrap_or(u64::MAX);
        if needed > 0 && free < needed + SPARE_BYTES {
            let folder = self.folder.clone();
            return Err(CatalogError::DiskFull { needed: needed + SPARE_BYTES, free, folder }.into());
        }
        Ok(())
    }

    /// What was written down when a model came; none if it is not installed, or if that does not read back.
    pub(super) fn manifest(&self, id: &str) -> Option<Entry> {
        self.written(id, MANIFEST)
    }

    /// What was recorded when the model came first, also while files come anew.
    pub(super) fn records(&self, id: &str) -> Option<Entry> {
        self.manifest(id).or_else(|| self.written(id, BEFORE))
    }

    fn written(&self, id: &str, name: &str) -> Option<Entry> {
        checks::id(id).ok()?;
        let home = self.folder.join(id);
        if !is_folder(&home) {
            return None;
        }
        let mut text = String::new();
        let file = open_plain(&home.join(name), OpenOptions::new().read(true)).ok()?;
        file.take(checks::MOST_ENTRY_BYTES as u64 + 1).read_to_string(&mut text).ok()?;
        Entry::parse(&text).ok().filter(|entry| entry.id == id)
    }

    pub(super) fn remember(&self, entry: &Entry, home: &Path) -> Result<(), StudioError> {
        let (path, new) = (home.join(MANIFEST), home.join(".vouch-model.new"));
        let failed = |error: std::io::Error| part::full(&path, &error);
        let text = toml::to_string(entry).map_err(|error| CatalogError::BadEntry { why: error.to_string() })?;
        let _ = fs::remove_file(&new);
        let mut file = part::create(&new)?;
        file.write_all(text.as_bytes()).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        drop(file);
        fs::rename(&new, &path).map_err(failed)?;
        let _ = fs::remove_file(home.join(BEFORE));
        sync_folder(Some(home));
        sync_folder(Some(&self.folder));
        Ok(())
    }

    fn forget(&self, id: &str) -> Result<(), StudioError> {
        let home = self.folder.join(id);
        let path = home.join(MANIFEST);
        match fs::rename(&path, home.join(BEFORE)) {
            Ok(()) => sync_folder(Some(&home)),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(StudioError::output(&path, &error)),
        }
        Ok(())
    }

    /// Held while a model comes or goes: other windows and commands keep their hands off it. Freed by the system itself
    /// when the program dies.
    pub(super) fn lock(&self, id: &str) -> Result<File, StudioError> {
        lock(&self.folder.join(id), id)
    }
}

/// Holds a folder of the model `id`.
pub(super) fn lock(folder: &Path, id: &str) -> Result<File, StudioError> {
    let path = folder.join(LOCK);
    let file = match OpenOptions::new().write(true).create_new(true).open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => open_plain(&path, OpenOptions::new().write(true))?,
        Err(error) => return Err(part::full(&path, &error)),
    };
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(CatalogError::Busy { id: id.to_owned() }.into()),
        Err(TryLockError::Error(error)) => Err(StudioError::output(&path, &error)),
    }
}

/// Whether a finished file is there with the right bytes. One with other bytes goes away.
fn there(to: &Path, piece: &super::Piece, teller: &mut Teller<'_>) -> Result<Option<part::Came>, StudioError> {
    match fs::symlink_metadata(to) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StudioError::input(to, &error)),
        Ok(found) if !found.is_file() => return Err(CatalogError::NotPlain { path: to.to_owned() }.into()),
        // A file gets its name when it is whole, also where nobody knew beforehand how large that is.
        Ok(found) if piece.bytes.is_none_or(|bytes| bytes == found.len()) => {
            let mut file = open_plain(to, OpenOptions::new().read(true))?;
            let (hash, bytes) = part::digest(&mut file, to, &mut |step| teller.moved(step))?;
            let found = part::Came { bytes, sha256: hex::encode(sha2::Digest::finalize(hash)) };
            if found.is(piece) {
                return Ok(Some(found));
            }
        }
        Ok(_) => {}
    }
    fs::remove_file(to).map_err(|error| StudioError::output(to, &error))?;
    Ok(None)
}

/// Size of a plain file below a model's folder, if no part of the way there is a link.
fn plain_bytes(home: &Path, path: &str) -> Option<u64> {
    let mut place = home.to_owned();
    for part in path.split('/') {
        if !is_folder(&place) {
            return None;
        }
        place.push(part);
    }
    fs::symlink_metadata(&place).ok().filter(fs::Metadata::is_file).map(|found| found.len())
}

fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir())
}
