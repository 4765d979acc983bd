//! The ZIP archive of an EPUB, within limits that count the bytes that really come out, whatever the archive claims.

use std::collections::HashMap;
use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use crate::error::TextError;

const MAX_ENTRIES: usize = 10_000;
/// Most bytes of one entry that is read; only texts and tables of contents are.
const MAX_ENTRY_BYTES: u64 = 64 << 20;
/// Most bytes of all entries read.
const MAX_TOTAL_BYTES: u64 = 1 << 30;
/// Most bytes out for one byte in, for entries beyond [`RATIO_FROM`].
const MAX_RATIO: u64 = 100;
const RATIO_FROM: u64 = 1 << 20;

/// An open archive.
pub(super) struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    places: HashMap<String, usize>,
    spent: u64,
}

impl<'a> Archive<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, TextError> {
        let claimed = claimed_entries(bytes).ok_or(TextError::Truncated)?;
        if claimed > MAX_ENTRIES {
            return Err(too_many());
        }
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| fault(&error, "its table of contents"))?;
        if zip.len() > MAX_ENTRIES {
            return Err(too_many());
        }
        if zip.has_duplicate_names() {
            return Err(TextError::Unsafe { what: "the archive holds two files of one name" });
        }
        let mut places = HashMap::with_capacity(zip.len());
        for index in 0..zip.len() {
            let Some(Ok(name)) = zip.name_for_index(index) else { continue };
            if !stays_inside(&name) {
                return Err(TextError::Unsafe { what: "the archive holds a file that points outside of it" });
            }
            places.insert(name.into_owned(), index);
        }
        Ok(Self { zip, places, spent: 0 })
    }

    pub(super) fn has(&self, path: &str) -> bool {
        self.places.contains_key(path)
    }

    /// What this archive is, if it is a known document but no EPUB.
    pub(super) fn foreign_kind(&self) -> Option<&'static str> {
        if self.has("word/document.xml") {
            Some("a Word document")
        } else if self.has("content.xml") && self.has("styles.xml") {
            Some("an OpenDocument text")
        } else if self.has("AndroidManifest.xml") || self.has("META-INF/MANIFEST.MF") {
            Some("a program")
        } else {
            None
        }
    }

    /// The bytes of an entry, or nothing if there is none of that name.
    pub(super) fn read(&mut self, path: &str) -> Result<Option<Vec<u8>>, TextError> {
        let Some(index) = self.places.get(path) else { return Ok(None) };
        let mut entry = self.zip.by_index(*index).map_err(|error| fault(&error, path))?;
        if entry.encrypted() {
            return Err(TextError::Protected { scheme: "a password" });
        }
        let packed = entry.compressed_size().max(1);
        let budget =
            MAX_ENTRY_BYTES.min(MAX_TOTAL_BYTES - self.spent).min(RATIO_FROM.max(packed.saturating_mul(MAX_RATIO)));
        let mut bytes = Vec::new();
        let result = (&mut entry).take(budget + 1).read_to_end(&mut bytes);
        self.spent = MAX_TOTAL_BYTES.min(self.spent + bytes.len() as u64);
        if bytes.len() as u64 > budget {
            return Err(TextError::ArchiveLimit {
                what: if budget == MAX_ENTRY_BYTES {
                    "one of its parts is over 64 MiB"
                } else {
                    "it unpacks to far more than it holds"
                },
            });
        }
        match result {
            Ok(_) => Ok(Some(bytes)),
            Err(_) => Err(TextError::Damaged { what: format!("{path:?} cannot be unpacked") }),
        }
    }
}

/// The number of entries by the record at the end of an archive, or nothing if there is no such record.
fn claimed_entries(bytes: &[u8]) -> Option<usize> {
    const RECORD: usize = 22;
    let last = bytes.len().checked_sub(RECORD)?;
    // A comment of up to 65,535 bytes may follow the record.
    let at = (last.saturating_sub(65_535)..=last).rev().find(|at| bytes[*at..].starts_with(b"PK\x05\x06"))?;
    Some(usize::from(u16::from_le_bytes([bytes[at + 10], bytes[at + 11]])))
}

/// Whether a name can only mean a place inside the archive.
fn stays_inside(name: &str) -> bool {
    !name.starts_with('/')
        && !name.contains(['\\', '\0'])
        && !name.split('/').any(|part| part == "..")
        && name.get(1..3).is_none_or(|drive| drive != ":/")
}

fn too_many() -> TextError {
    TextError::ArchiveLimit { what: "it holds over 10,000 files" }
}

fn fault(error: &ZipError, part: &str) -> TextError {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) | ZipError::InvalidPassword => {
            TextError::Protected { scheme: "a password" }
        }
        ZipError::CompressionMethodNotSupported(_) | ZipError::UnsupportedArchive(_) => {
            TextError::Damaged { what: format!("{part} is packed in a way that EPUB does not allow") }
        }
        _ => TextError::Damaged { what: format!("{part} cannot be read") },
    }
}
