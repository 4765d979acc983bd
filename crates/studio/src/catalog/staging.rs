//! A model that is being copied in, beside its place: it takes its place in one step when it is whole, and leaves nothing
//! behind when it is not.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::part::{self, real_folder, sync_folder};
use super::{CatalogError, shelf};
use crate::StudioError;

/// A folder that goes away unless it takes its place.
pub struct Staging {
    models: PathBuf,
    id: String,
    /// Whether the models folder itself was made for this.
    made: bool,
    lock: Option<File>,
}

impl Staging {
    /// Makes the folder. What an attempt that was killed left there goes away.
    pub fn begin(models: &Path, id: &str) -> Result<Self, StudioError> {
        let made = !models.exists();
        fs::create_dir_all(models).map_err(|error| part::full(models, &error))?;
        let folder = place(models, id);
        let held = real_folder(&folder).and_then(|()| shelf::lock(&folder, id));
        // Only whoever holds the folder may empty it.
        let staging = match held {
            Ok(lock) => Self { models: models.to_owned(), id: id.to_owned(), made, lock: Some(lock) },
            Err(error) => {
                if made {
                    let _ = fs::remove_dir(models);
                }
                return Err(error);
            }
        };
        for left in fs::read_dir(&folder).map_err(|error| StudioError::input(&folder, &error))?.flatten() {
            let path = left.path();
            let gone = match left.file_type() {
                Ok(kind) if kind.is_dir() => fs::remove_dir_all(&path),
                _ if left.file_name() == shelf::LOCK => Ok(()),
                _ => fs::remove_file(&path),
            };
            gone.map_err(|error| StudioError::output(&path, &error))?;
        }
        Ok(staging)
    }

    /// Where the files go meanwhile. Its name is no model's: it begins with a full stop.
    pub fn folder(&self) -> PathBuf {
        place(&self.models, &self.id)
    }

    /// Takes its place, and that of what was there.
    pub fn take_place(mut self) -> Result<(), StudioError> {
        let (folder, home) = (self.folder(), self.models.join(&self.id));
        let before = self.models.join(format!(".going-{}", self.id));
        let failed = |error: std::io::Error| StudioError::output(&home, &error);
        match fs::symlink_metadata(&home) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
            Ok(found) if !found.is_dir() => return Err(CatalogError::NotPlain { path: home }.into()),
            Ok(_) => {
                // Whoever works on it keeps it; an open file could not be moved everywhere, so the lock is let go at once.
                drop(shelf::lock(&home, &self.id)?);
                if fs::symlink_metadata(&before).is_ok() {
                    fs::remove_dir_all(&before).map_err(failed)?;
                }
                fs::rename(&home, &before).map_err(failed)?;
            }
        }
        drop(self.lock.take());
        if let Err(error) = fs::rename(&folder, &home) {
            let _ = fs::rename(&before, &home);
            return Err(failed(error));
        }
        self.made = false;
        let _ = fs::remove_dir_all(&before);
        sync_folder(Some(&self.models));
        Ok(())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        drop(self.lock.take());
        let _ = fs::remove_dir_all(self.folder());
        if self.made {
            let _ = fs::remove_dir(&self.models);
        }
    }
}

fn place(models: &Path, id: &str) -> PathBuf {
    models.join(format!(".coming-{id}"))
}
