//! Models that come and go: where they lie, and the one that is under way. One at a time: two would only share the line.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use jobs::Cancel;
use studio::StudioError;
use studio::catalog::{CatalogError, Shelf};

/// The models folder, as the window has it in hand.
pub struct Models {
    folder: PathBuf,
    under_way: Mutex<Option<(String, Cancel)>>,
}

/// A model under way. It is over when this is dropped, however that comes about.
pub struct UnderWay<'a> {
    pub cancel: Cancel,
    models: &'a Models,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        *self.models.under_way.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Models {
    /// Models in this folder, which need not exist.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, under_way: Mutex::default() }
    }

    /// The folder and this version's catalog.
    pub fn shelf(&self) -> Result<Shelf, StudioError> {
        host::shelf(self.folder.clone())
    }

    /// Begins to get a model, unless one is under way. The id of one that is still to be recognised is empty.
    pub fn begin(&self, id: &str) -> Result<UnderWay<'_>, StudioError> {
        let mut held = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((id, _)) = held.as_ref() {
            return Err(CatalogError::Busy { id: id.clone() }.into());
        }
        let cancel = Cancel::new();
        *held = Some((id.to_owned(), cancel.clone()));
        Ok(UnderWay { cancel, models: self })
    }

    /// Id of the model under way.
    pub fn coming(&self) -> Option<String> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|(id, _)| id.clone())
    }

    /// Stops the model under way; what has come of it is kept.
    pub fn stop(&self) {
        if let Some((_, cancel)) = self.under_way.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            cancel.cancel();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_model_comes_at_a_time() {
        let models = Models::new(PathBuf::new());
        models.stop();
        let first = models.begin("one").unwrap();
        assert_eq!(models.coming().as_deref(), Some("one"));
        assert_eq!(models.begin("two").err().unwrap().code(), "model_busy");
        models.stop();
        assert!(first.cancel.is_cancelled());
        drop(first);
        assert_eq!(models.coming(), None);
        assert!(!models.begin("two").unwrap().cancel.is_cancelled());
    }
}
