//! What can go wrong with a model that is not part of the program, with what mends it. Knows no exit code.

use std::path::PathBuf;

use networks::weights::LoadError;
use thiserror::Error;

use crate::Class;

/// Why a model cannot be had, or not be used.
#[derive(Debug, Error)]
pub enum CatalogError {
    /// An entry that nobody may rely on.
    #[error("an entry of the catalog cannot be used: {why}")]
    BadEntry {
        /// What is wrong with it.
        why: String,
    },
    /// No such model.
    #[error("there is no model {id:?} in this version's catalog")]
    Unknown {
        /// What was asked for.
        id: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A bundled model can be neither had nor removed.
    #[error("the model {id} comes with the program")]
    ComesWithProgram {
        /// Which one.
        id: String,
    },
    /// It is in the catalog, but not on this machine.
    #[error("the model {id} is not installed")]
    NotInstalled {
        /// Which one.
        id: String,
    },
    /// A folder that holds no model that we know.
    #[error("{} holds no model of this version's catalog", folder.display())]
    NotRecognised {
        /// Which folder.
        folder: PathBuf,
        /// What would be recognised.
        known: Vec<String>,
        /// The model that came nearest, and the file that it lacks.
        nearest: Option<(String, String)>,
    },
    /// Other bytes than the catalog says.
    #[error("{file} of the model {id} is not the file that the catalog names: its SHA-256 differs")]
    WrongHash {
        /// Which model.
        id: String,
        /// Which file.
        file: String,
    },
    /// Fewer or more bytes than the catalog says.
    #[error("{file} of the model {id} should have {expected} bytes; what came has {found}")]
    WrongSize {
        /// Which model.
        id: String,
        /// Which file.
        file: String,
        /// As the catalog says.
        expected: u64,
        /// As the server says, or as much as came.
        found: u64,
    },
    /// An installed file was changed or lost.
    #[error("{file} of the installed model {id} is damaged")]
    Damaged {
        /// Which model.
        id: String,
        /// Which file.
        file: String,
    },
    /// Not enough room.
    #[error("{} MB are needed and {} MB are free in {}", needed.div_ceil(1_000_000), free / 1_000_000, folder.display())]
    DiskFull {
        /// Bytes that are still to come, with some to spare.
        needed: u64,
        /// Bytes that are free.
        free: u64,
        /// Where.
        folder: PathBuf,
    },
    /// The line or the server failed, again and again.
    #[error("{host} did not give the file: {reason}")]
    Network {
        /// Which server.
        host: String,
        /// What it said, or what the system said.
        reason: String,
    },
    /// The server answers, but does not have it.
    #[error("{host} does not give the file: it answered {status}")]
    NotServed {
        /// Which server.
        host: String,
        /// HTTP status.
        status: u16,
    },
    /// The server sends us where we do not go.
    #[error("{host} sends us on to an address that is not taken")]
    BadRedirect {
        /// Which server.
        host: String,
    },
    /// Something in the models folder is a link, which we do not follow.
    #[error("{} is a link or no plain file; the models folder must hold neither", path.display())]
    NotPlain {
        /// Which one.
        path: PathBuf,
    },
    /// A folder holds a model whose files cannot be used.
    #[error("{}", folder.join(error.to_string()).display())]
    BadModel {
        /// Which folder.
        folder: PathBuf,
        /// Which file and tensor, and what is wrong.
        error: LoadError,
    },
    /// A folder holds a model that could be used, but none of the catalog.
    #[error("{} holds a {family} model that is none of this version's catalog", folder.display())]
    NotInCatalog {
        /// Which folder.
        folder: PathBuf,
        /// As its `config.json` calls it.
        family: &'static str,
    },
    /// Other bytes than those that were recorded when the model came first.
    #[error(
        "{file} of the model {id} is not the file that was recorded when the model came first: its SHA-256 differs"
    )]
    NotRecorded {
        /// Which model.
        id: String,
        /// Which file.
        file: String,
    },
    /// A name that a model cannot have.
    #[error("a model cannot be called {id:?}: the name {why}")]
    BadName {
        /// What was asked for.
        id: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Another window or command has it in hand.
    #[error("the model {id} is being worked on by another command or window")]
    Busy {
        /// Which one.
        id: String,
    },
}

impl CatalogError {
    /// Stable name of the failure.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadEntry { .. } => "bad_catalog",
            Self::Unknown { .. } => "unknown_model",
            Self::ComesWithProgram { .. } => "model_bundled",
            Self::NotInstalled { .. } => "model_not_installed",
            Self::NotRecognised { .. } => "model_not_recognised",
            Self::WrongHash { .. } => "model_hash_differs",
            Self::WrongSize { .. } => "model_size_differs",
            Self::Damaged { .. } => "model_damaged",
            Self::DiskFull { .. } => "disk_full",
            Self::Network { .. } => "network",
            Self::NotServed { .. } => "model_not_served",
            Self::BadRedirect { .. } => "bad_redirect",
            Self::NotPlain { .. } => "not_a_plain_file",
            Self::BadModel { error, .. } => error.code(),
            Self::NotInCatalog { .. } => "model_not_in_catalog",
            Self::NotRecorded { .. } => "model_not_as_recorded",
            Self::BadName { .. } => "bad_model_name",
            Self::Busy { .. } => "model_busy",
        }
    }

    /// What to do about it, one sentence.
    #[must_use]
    pub fn fix(&self) -> String {
        let list = |known: &[String]| {
            if known.is_empty() {
                "this version's catalog has no models yet; a later version's will".to_owned()
            } else {
                format!("known are: {}", known.join(", "))
            }
        };
        match self {
            Self::BadEntry { .. } => "install the program anew".into(),
            Self::Unknown { known, .. } => list(known),
            Self::ComesWithProgram { .. } => "it is always there; nothing needs to be done".into(),
            Self::NotInstalled { id } => format!("get it with `vouch models pull {id}`"),
            Self::NotRecognised { known, nearest: None, .. } => list(known),
            Self::NotRecognised { nearest: Some((id, file)), .. } => {
                format!("if it is to be {id}, it lacks {file}, or that file has another size")
            }
            Self::WrongHash { id, .. } | Self::WrongSize { id, .. } => format!(
                "nothing of it was kept; get it again with `vouch models pull {id}`, or update the program: the file may have \
                 been replaced"
            ),
            Self::Damaged { id, .. } => {
                format!("mend it with `vouch models pull {id}`: only what is damaged comes again")
            }
            Self::DiskFull { .. } => "free some space, then go on: what has come is kept".into(),
            Self::Network { .. } => "check the connection, then go on: what has come is kept".into(),
            Self::NotServed { .. } | Self::BadRedirect { .. } => {
                "try again later, or update the program: the file may have moved".into()
            }
            Self::NotPlain { path } => format!("remove {} and try again", path.display()),
            Self::BadModel { error, .. } => match error.kind() {
                LoadError::NoFile => "get this file too, from where the others came".into(),
                LoadError::Pickle => "get the model's .safetensors files; others are never opened".into(),
                LoadError::Config { .. } => "get the model's own config.json; only the Qwen3 families are read".into(),
                LoadError::Missing { .. } | LoadError::Shape { .. } => {
                    "get weights and config.json again, both of the same model and version".into()
                }
                _ => "get this file again; this copy is damaged or cut short".into(),
            },
            Self::NotInCatalog { folder, .. } => {
                format!("to use it all the same, give it a name: `vouch models import {} --id NAME`", folder.display())
            }
            Self::NotRecorded { id, .. } => {
                format!("get the file again, or remove the model first with `vouch models remove {id}`")
            }
            Self::BadName { .. } => "use a-z, 0-9, full stops and hyphens, as in my-voice-1".into(),
            Self::Busy { .. } => "wait until it is done".into(),
        }
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::ComesWithProgram { .. } | Self::BadName { .. } => Class::Usage,
            Self::BadModel { error, .. } if matches!(error.kind(), LoadError::NoFile) => Class::Missing,
            Self::BadModel { .. } | Self::NotInCatalog { .. } | Self::NotRecorded { .. } => Class::BadInput,
            Self::Unknown { .. } | Self::NotRecognised { .. } | Self::NotPlain { .. } | Self::Busy { .. } => {
                Class::BadInput
            }
            _ => Class::Missing,
        }
    }
}
