//! A checkpoint's files as the model hub lays them out: `model.safetensors`, or `model.safetensors.index.json` with the
//! shards that it names.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use serde::Deserialize;

use super::Checkpoint;
use crate::weights::LoadError;

/// The one file of a small checkpoint.
pub const WHOLE: &str = "model.safetensors";
/// Which shard holds which tensor.
pub const INDEX: &str = "model.safetensors.index.json";
/// Largest index that is read, in bytes.
const MOST_INDEX_BYTES: u64 = 16 << 20;
/// Most shards of one checkpoint.
const MOST_SHARDS: usize = 64;
/// Endings of formats that can carry a program.
const PROGRAMS: [&str; 6] = ["bin", "pt", "pth", "ckpt", "pkl", "pickle"];

#[derive(Deserialize)]
struct Index {
    weight_map: HashMap<String, String>,
}

impl Checkpoint {
    /// Opens the checkpoint in a folder, whole or in shards. Errors call its files by their names.
    pub fn open_folder(folder: &Path) -> Result<Self, LoadError> {
        Self::open_below(folder, "")
    }

    /// The same for a folder below a model's own: errors put `within`, as in `speech_tokenizer/`, before the files' names.
    pub fn open_below(folder: &Path, within: &str) -> Result<Self, LoadError> {
        let (names, index) = files(folder, within)?;
        let mut files = Vec::new();
        for name in names {
            let file = open(folder, &name).map_err(|error| error.in_file(&format!("{within}{name}")))?;
            files.push((format!("{within}{name}"), file));
        }
        let checkpoint = Self::open_named(files)?;
        for (tensor, file) in index.iter().flat_map(|index| &index.weight_map) {
            if !checkpoint.has(tensor) || checkpoint.file_of(tensor) != format!("{within}{file}") {
                return Err(LoadError::Missing { name: tensor.clone() }.in_file(&format!("{within}{file}")));
            }
        }
        Ok(checkpoint)
    }
}

/// Names of the checkpoint's safetensors files in a folder, in order, and the index where there is one.
fn files(folder: &Path, within: &str) -> Result<(Vec<String>, Option<Index>), LoadError> {
    if folder.join(WHOLE).exists() {
        return Ok((vec![WHOLE.to_owned()], None));
    }
    let file = match open(folder, INDEX) {
        Ok(file) => file,
        Err(LoadError::NoFile) => return Err(nothing(folder, within)),
        Err(error) => return Err(error.in_file(&format!("{within}{INDEX}"))),
    };
    let wrong = |reason: String| LoadError::Config { reason }.in_file(&format!("{within}{INDEX}"));
    let mut text = String::new();
    file.take(MOST_INDEX_BYTES + 1).read_to_string(&mut text).map_err(|error| wrong(error.to_string()))?;
    if text.len() as u64 > MOST_INDEX_BYTES {
        return Err(wrong(format!("it is longer than {MOST_INDEX_BYTES} bytes")));
    }
    let index: Index = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    let names: BTreeSet<&String> = index.weight_map.values().collect();
    let plain = |name: &str| {
        name.len() <= 100
            && name.ends_with(".safetensors")
            && !name.starts_with('.')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    if names.is_empty() || names.len() > MOST_SHARDS || !names.iter().all(|name| plain(name)) {
        return Err(wrong("it names no shards, too many, or files that are none".to_owned()));
    }
    Ok((names.into_iter().cloned().collect(), Some(index)))
}

/// Why a folder holds no checkpoint: nothing is there, or only what is not opened.
fn nothing(folder: &Path, within: &str) -> LoadError {
    let entries = std::fs::read_dir(folder).into_iter().flatten().take(1000).flatten();
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    let ends = |name: &&String, endings: &[&str]| {
        Path::new(name).extension().and_then(|ending| ending.to_str()).is_some_and(|ending| endings.contains(&ending))
    };
    if let Some(shard) = names.iter().find(|name| ends(name, &["safetensors"]) && name.contains("-of-")) {
        return LoadError::NoFile.in_file(&format!("{within}{INDEX} (there is {shard})"));
    }
    match names.iter().find(|name| ends(name, &PROGRAMS)) {
        Some(program) => LoadError::Pickle.in_file(&format!("{within}{program}")),
        None => LoadError::NoFile.in_file(&format!("{within}{WHOLE}")),
    }
}

fn open(folder: &Path, name: &str) -> Result<File, LoadError> {
    let path = folder.join(name);
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => LoadError::NoFile,
        _ => LoadError::Unreadable { reason: error.to_string() },
    };
    // Before it is opened: to open a pipe would wait for whoever writes to it.
    if !path.metadata().map_err(failed)?.is_file() {
        return Err(LoadError::Unreadable { reason: "it is no plain file".to_owned() });
    }
    File::open(path).map_err(failed)
}
