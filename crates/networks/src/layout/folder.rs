//! A model in a folder, in the layout of the model hub: identified by its `config.json`, and its headers compared with it.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use super::{CODEC, Layout, MOST_CONFIG_BYTES};
use crate::checkpoint::Checkpoint;
use crate::weights::LoadError;

/// Files that every family needs besides its weights.
const NEEDED: [&str; 4] = ["config.json", "vocab.json", "merges.txt", "tokenizer_config.json"];
/// Files that come along where they are there.
const WELCOME: [&str; 7] = [
    "generation_config.json",
    "preprocessor_config.json",
    "chat_template.json",
    "tokenizer.json",
    "model.safetensors.index.json",
    "speech_tokenizer/preprocessor_config.json",
    "speech_tokenizer/configuration.json",
];

/// A model that was found in a folder. Its headers, names, shapes and dtypes are as its `config.json` says.
#[derive(Debug)]
pub struct Found {
    /// What it is.
    pub layout: Layout,
    /// Its files below the folder, with `/` between the parts.
    pub files: Vec<String>,
    /// Tensors that nothing asks for; they do no harm.
    pub surplus: Vec<String>,
}

impl Layout {
    /// Identifies the model in a folder from its configs alone; none where there is no `config.json`, or none of a family
    /// that is known.
    pub fn identify(folder: &Path) -> Result<Option<Self>, LoadError> {
        let Some(config) = text(folder, "config.json")? else { return Ok(None) };
        let parsed: serde_json::Value = serde_json::from_str(&config)
            .map_err(|error| LoadError::config(format!("it is no JSON: {error}")).in_file("config.json"))?;
        let found = parsed.get("model_type").and_then(serde_json::Value::as_str);
        if !found.is_some_and(|found| ["qwen3_tts", "qwen3_asr", "qwen3"].contains(&found)) {
            return Ok(None);
        }
        let codec = text(folder, &format!("{CODEC}config.json"))?;
        Self::read(&config, codec.as_deref()).map(Some)
    }

    /// Compares the folder with this layout: every file that it needs, every header, name, shape and dtype.
    pub fn check(self, folder: &Path) -> Result<Found, LoadError> {
        let mut files = Vec::new();
        for name in NEEDED {
            if !folder.join(name).is_file() {
                return Err(LoadError::NoFile.in_file(name));
            }
            files.push(name.to_owned());
        }
        let checkpoint = Checkpoint::open_folder(folder)?;
        let mut surplus = self.model.check(&checkpoint)?;
        files.extend(checkpoint.files().map(str::to_owned));
        if let Some(codec) = &self.codec {
            files.push(format!("{CODEC}config.json"));
            let checkpoint = Checkpoint::open_below(&folder.join(CODEC), CODEC)?;
            surplus.extend(codec.check(&checkpoint)?);
            files.extend(checkpoint.files().map(str::to_owned));
        }
        let more = WELCOME.iter().filter(|name| folder.join(name).is_file());
        files.extend(
            more.filter(|name| self.codec.is_some() || !name.starts_with(CODEC)).map(|name| (*name).to_owned()),
        );
        Ok(Found { layout: self, files, surplus })
    }
}

/// The text of a small file; none where it is not there.
fn text(folder: &Path, name: &str) -> Result<Option<String>, LoadError> {
    let path = folder.join(name);
    let failed = |error: std::io::Error| LoadError::Unreadable { reason: error.to_string() }.in_file(name);
    match path.metadata() {
        Ok(found) if found.is_file() => {}
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
        _ => return Ok(None),
    }
    let mut bytes = Vec::new();
    File::open(&path).map_err(failed)?.take(MOST_CONFIG_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    String::from_utf8(bytes).map(Some).map_err(|_| LoadError::config("it is not text").in_file(name))
}
