//! The operating system's keyring as a place for two short secrets per library: its key and its log anchor.
//! Knows nothing of what they open, and never writes a secret to a file.

use zeroize::Zeroizing;

use crate::LibraryError;

/// A place outside the library folder that keeps secrets.
pub(crate) trait Keyring: Send {
    /// The secret stored under a name, `None` if there is none.
    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, LibraryError>;
    /// Stores or replaces a secret.
    fn set(&self, name: &str, secret: &[u8]) -> Result<(), LibraryError>;
}

/// Keychain on macOS, Credential Manager on Windows, Secret Service elsewhere. Not the kernel's key retention, which
/// forgets at each start.
#[derive(Debug)]
pub(crate) struct SystemKeyring;

const PROGRAM: &str = "vouch";

impl Keyring for SystemKeyring {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, LibraryError> {
        match entry(name)?.get_secret() {
            Ok(secret) => Ok(Some(Zeroizing::new(secret))),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(error) => Err(unavailable(&error)),
        }
    }

    fn set(&self, name: &str, secret: &[u8]) -> Result<(), LibraryError> {
        entry(name)?.set_secret(secret).map_err(|error| unavailable(&error))
    }
}

fn entry(name: &str) -> Result<keyring::Entry, LibraryError> {
    if let Err(error) = keyring::Entry::store_status() {
        return Err(unavailable(error));
    }
    keyring::Entry::new(PROGRAM, name).map_err(|error| unavailable(&error))
}

/// The error's own text, without `Debug`, which could carry a secret's bytes.
fn unavailable(error: &keyring::Error) -> LibraryError {
    LibraryError::KeyringUnavailable(error.to_string())
}
