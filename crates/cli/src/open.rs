//! Everything that a command asks of the machine: clock, environment, tools, passphrases, the interrupt key.

use std::io::IsTerminal;
use std::path::PathBuf;

use jobs::Cancel;
use library::{Library, LibraryError, Unlock};
use studio::{Studio, StudioError};

use crate::arguments::Arguments;
use crate::output::Failure;

/// A token that the interrupt key and the system's request to end set. The second one ends at once.
pub fn cancel_on_interrupt() -> Cancel {
    let cancel = Cancel::new();
    let seen = cancel.clone();
    let _ = ctrlc::set_handler(move || {
        if seen.is_cancelled() {
            std::process::exit(130);
        }
        seen.cancel();
    });
    cancel
}

/// The library folder: as asked, or the platform's data folder.
pub fn library_folder(arguments: &Arguments) -> Result<PathBuf, Failure> {
    if let Some(folder) = &arguments.library {
        return Ok(folder.clone());
    }
    host::library_folder()
        .ok_or_else(|| Failure::usage("this system names no data folder", "name the library with --library DIR"))
}

/// Opens or makes a library with the passphrase of the environment, else with the system's keyring, else, on a terminal,
/// with a passphrase that is asked for.
pub fn unlocked(open: impl Fn(&Unlock) -> Result<Library, LibraryError>) -> Result<Library, Failure> {
    if let Some(passphrase) = host::passphrase() {
        return Ok(open(&Unlock::Passphrase(passphrase.into()))?);
    }
    match open(&Unlock::Keyring) {
        Err(LibraryError::NeedsPassphrase | LibraryError::KeyringUnavailable(_)) if std::io::stdin().is_terminal() => {
            let passphrase = rpassword::prompt_password("The library's passphrase: ")
                .map_err(|error| Failure::usage(format!("the passphrase could not be read: {error}"), "try again"))?;
            Ok(open(&Unlock::Passphrase(passphrase.into()))?)
        }
        result => Ok(result?),
    }
}

/// Opens the studio over the library that the arguments name.
pub fn studio(arguments: &Arguments) -> Result<Studio, Failure> {
    let folder = library_folder(arguments)?;
    if arguments.library.is_none() && !folder.exists() {
        return Err(StudioError::NoLibrary.into());
    }
    let settings = host::settings();
    let now = settings.clock.unix_seconds();
    let library = unlocked(|unlock| Library::open(&folder, unlock, &host::machine(), now))?;
    Ok(Studio::new(library, settings))
}

/// Opens the studio, with the library if the command needs one for this voice: presets are nobody's and need none.
pub fn studio_for(arguments: &Arguments, voice: &str) -> Result<Studio, Failure> {
    if arguments.library.is_none() {
        let studio = Studio::without_library(host::settings());
        if !studio.is_somebodys(voice) {
            return Ok(studio);
        }
    }
    studio(arguments)
}

/// The owner's passphrase for owner mode B, from the environment or asked on the terminal.
pub fn owner_passphrase() -> Result<String, Failure> {
    if let Ok(passphrase) = std::env::var("VOUCH_OWNER_PASSPHRASE")
        && !passphrase.is_empty()
    {
        return Ok(passphrase);
    }
    if std::io::stdin().is_terminal() {
        return rpassword::prompt_password("The owner's passphrase: ")
            .map_err(|error| Failure::usage(format!("the passphrase could not be read: {error}"), "try again"));
    }
    Err(Failure::usage("the owner's passphrase is needed", "set VOUCH_OWNER_PASSPHRASE, or run this on a terminal"))
}

/// A passphrase for a library of its own, made by chance.
pub fn fresh_passphrase() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    consent::Entropy::fill(&mut consent::SystemEntropy, &mut bytes).map_err(StudioError::from)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
