//! Models that are not part of the program: what can be had, pinned by size and digest, and the folder that holds what is
//! installed. It knows no network's maths and nothing of voices; folder, clock and proxy come in from the door.

mod checks;
mod error;
mod fetch;
mod import;
mod part;
mod pull;
mod shelf;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use checks::{MOST_FILE_BYTES, MOST_FILES};
pub use error::CatalogError;
pub use fetch::Proxy;
pub use pull::{PullNews, Stage};
pub use shelf::{Listed, Opened, Shelf, State};

/// The entries of this version, in the order in which they are shown. A test holds the list complete: each file in
/// `models/catalog` has its line, as in `include_str!("../../../models/catalog/NAME.toml")`.
const ENTRIES: &[&str] = &[];

/// What a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Speaks.
    Tts,
    /// Writes down what was said.
    Asr,
    /// Finds when each word was said.
    Aligner,
    /// Works on text.
    Llm,
    /// Packs sound into tokens and back.
    Codec,
}

/// A model that can be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Stable name, and the name of its folder: `[a-z0-9.-]`, 64 characters at most.
    pub id: String,
    /// For people.
    pub name: String,
    /// What it does, in one line.
    pub about: String,
    /// Under which licence, as an SPDX expression where there is one.
    pub licence: String,
    /// Where the licence can be read.
    pub licence_url: String,
    /// BCP 47 languages; none if it works with any.
    pub languages: Vec<String>,
    /// What it is for.
    pub kind: Kind,
    /// Memory that it takes while it works, in bytes.
    pub memory_bytes: u64,
    /// Its files.
    pub files: Vec<Piece>,
}

/// A file of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Piece {
    /// Where it lies in the model's folder, with `/` between the parts.
    pub path: String,
    /// Where it comes from.
    pub url: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its SHA-256 in lowercase hex.
    pub sha256: String,
}

impl Entry {
    /// Size of all files in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        // Checked when the entry was read: at most 64 files of at most 40 GB.
        self.files.iter().map(|piece| piece.bytes).sum()
    }

    /// Reads one entry and checks every field.
    pub fn parse(text: &str) -> Result<Self, CatalogError> {
        let bad = |why: String| CatalogError::BadEntry { why };
        if text.len() > checks::MOST_ENTRY_BYTES {
            return Err(bad(format!("it is longer than {} bytes", checks::MOST_ENTRY_BYTES)));
        }
        let entry: Self = toml::from_str(text).map_err(|error| bad(error.message().to_owned()))?;
        checks::entry(&entry).map_err(|why| bad(why.to_string()))?;
        Ok(entry)
    }
}

/// What can be had.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalog {
    entries: Vec<Entry>,
}

impl Catalog {
    /// What this version of the program knows.
    pub fn bundled() -> Result<Self, CatalogError> {
        Self::parse(ENTRIES)
    }

    /// Reads entries, one text each.
    pub fn parse(texts: &[&str]) -> Result<Self, CatalogError> {
        let mut entries: Vec<Entry> = Vec::new();
        for text in texts {
            let entry = Entry::parse(text)?;
            if entries.iter().any(|known| known.id == entry.id) {
                return Err(CatalogError::BadEntry { why: format!("there are two entries with the id {}", entry.id) });
            }
            entries.push(entry);
        }
        Ok(Self { entries })
    }

    /// All entries.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry of this id.
    pub fn entry(&self, id: &str) -> Result<&Entry, CatalogError> {
        self.entries.iter().find(|entry| entry.id == id).ok_or_else(|| self.unknown(id))
    }

    /// Ids of all entries.
    fn ids(&self) -> Vec<String> {
        self.entries.iter().map(|entry| entry.id.clone()).collect()
    }

    fn unknown(&self, id: &str) -> CatalogError {
        if checks::is_bundled(id) {
            return CatalogError::ComesWithProgram { id: id.to_owned() };
        }
        CatalogError::Unknown { id: id.chars().take(100).collect(), known: self.ids() }
    }
}
