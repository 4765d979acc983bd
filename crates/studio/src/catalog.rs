//! Models that are not part of the program: what can be had, pinned by size and digest, and the folder that holds what is
//! installed. It knows no network's maths and nothing of voices; folder, clock and proxy come in from the door.

mod checks;
mod error;
mod facts;
mod fetch;
mod import;
mod part;
mod pull;
mod shelf;
mod staging;
mod table;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use checks::{MOST_FILE_BYTES, MOST_FILES};
pub use error::CatalogError;
pub use facts::{Fact, Facts};
pub use fetch::Proxy;
pub use import::Seen;
pub use pull::{PullNews, Stage};
pub use shelf::{Listed, Opened, Shelf, State};
pub use table::{KINDS_OF_NUMBERS, table};

/// The entries of this version, in the order in which they are shown. A test holds the list complete: each file in
/// `models/catalog` has its line, as in `include_str!("../../../models/catalog/NAME.toml")`.
const ENTRIES: &[&str] = &[
    include_str!("../../../models/catalog/qwen3-tts-12hz-0.6b-base.toml"),
    include_str!("../../../models/catalog/qwen3-tts-12hz-1.7b-base.toml"),
    include_str!("../../../models/catalog/qwen3-tts-12hz-0.6b-customvoice.toml"),
    include_str!("../../../models/catalog/qwen3-tts-12hz-1.7b-customvoice.toml"),
    include_str!("../../../models/catalog/qwen3-tts-12hz-1.7b-voicedesign.toml"),
    include_str!("../../../models/catalog/qwen3-asr-0.6b.toml"),
    include_str!("../../../models/catalog/qwen3-asr-1.7b.toml"),
    include_str!("../../../models/catalog/qwen3-forcedaligner-0.6b.toml"),
    include_str!("../../../models/catalog/qwen3-0.6b.toml"),
    include_str!("../../../models/catalog/qwen3-1.7b.toml"),
    include_str!("../../../models/catalog/qwen3-4b.toml"),
    include_str!("../../../models/catalog/qwen3-4b-instruct-2507.toml"),
];

/// Where a repository's files are had, at one revision.
const HUB: &str = "https://huggingface.co";

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
    /// Memory that it takes while it works, in bytes: at 16 bits, one voice or speaker, a thousand positions. Computed from
    /// `config` where that is there and this is not.
    #[serde(default)]
    pub memory_bytes: u64,
    /// Owner and name of the hub's repository that it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The full commit of the repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// Whether it came from a folder of the user's, under a name of the user's. Never so in the catalog.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own: bool,
    /// Sizes out of its `config.json`, as there; those of the codec under `speech_tokenizer`.
    #[serde(default, skip_serializing_if = "Facts::is_empty")]
    pub config: Facts,
    /// Its files.
    pub files: Vec<Piece>,
}

/// A file of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Piece {
    /// Where it lies in the model's folder, with `/` between the parts.
    pub path: String,
    /// Where it comes from, unless that follows from repository and revision.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// Its size in bytes. None where nobody has written it down: then whatever comes first is recorded, up to 40 GB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Its SHA-256 in lowercase hex. None where nobody has written it down: then it is recorded at the first download, shown
    /// to the user, and holds from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

impl Entry {
    /// Size of all files in bytes, as far as it is known.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        // Checked when the entry was read: at most 64 files of at most 40 GB.
        self.files.iter().filter_map(|piece| piece.bytes).sum()
    }

    /// Whether size and digest of every file are known beforehand.
    #[must_use]
    pub fn is_pinned(&self) -> bool {
        self.files.iter().all(|piece| piece.bytes.is_some() && piece.sha256.is_some())
    }

    /// The address of one of its files.
    #[must_use]
    pub fn address(&self, piece: &Piece) -> String {
        match (&self.repository, &self.revision) {
            (Some(repository), Some(revision)) if piece.url.is_empty() => {
                format!("{HUB}/{repository}/resolve/{revision}/{}", piece.path)
            }
            _ => piece.url.clone(),
        }
    }

    /// The same, where what nobody had written down is as it was recorded when the model came.
    fn with_records(&self, recorded: &Self) -> Self {
        let mut entry = self.clone();
        for piece in &mut entry.files {
            if let Some(known) = recorded.files.iter().find(|known| known.path == piece.path) {
                piece.bytes = piece.bytes.or(known.bytes);
                piece.sha256 = piece.sha256.take().or_else(|| known.sha256.clone());
            }
        }
        entry
    }

    /// Reads one entry and checks every field.
    pub fn parse(text: &str) -> Result<Self, CatalogError> {
        let bad = |why: String| CatalogError::BadEntry { why };
        if text.len() > checks::MOST_ENTRY_BYTES {
            return Err(bad(format!("it is longer than {} bytes", checks::MOST_ENTRY_BYTES)));
        }
        let mut entry: Self = toml::from_str(text).map_err(|error| bad(error.message().to_owned()))?;
        checks::entry(&entry).map_err(|why| bad(why.to_string()))?;
        if let Some(layout) = entry.layout().map_err(|error| bad(error.to_string()))?
            && entry.memory_bytes == 0
        {
            entry.memory_bytes = facts::working_bytes(&layout);
        }
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
            if entry.own {
                return Err(CatalogError::BadEntry { why: format!("{} says that it is the user's own", entry.id) });
            }
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
