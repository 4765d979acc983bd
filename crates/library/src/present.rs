//! What a new grant needs to know of the library as it stands: the latest time seen and how far the list of revoked
//! grants has come. Changes nothing.

use crate::Library;
use crate::LibraryError;

impl Library {
    /// Latest time that was ever seen here, Unix time in seconds.
    ///
    /// # Errors
    /// None of its own; those of the handle.
    pub fn highest_time_seen(&self) -> Result<u64, LibraryError> {
        self.with(|state| Ok(state.clock))
    }

    /// Epoch of the list of revoked grants.
    ///
    /// # Errors
    /// None of its own; those of the handle.
    pub fn revocation_epoch(&self) -> Result<u64, LibraryError> {
        self.with(|state| Ok(state.list.epoch()))
    }
}
