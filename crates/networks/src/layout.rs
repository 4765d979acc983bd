//! What a model folder must hold: from its `config.json` the family and every tensor with its shape, compared with the
//! headers of the weights before a byte of them is copied or loaded. It computes lists and compares; it loads nothing.

mod config;
mod folder;
mod memory;
mod speech;
mod text;

#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::checkpoint::{Checkpoint, is_number};
use crate::weights::LoadError;
pub use folder::Found;
pub use memory::Memory;

/// Largest `config.json` that is read, in bytes.
pub const MOST_CONFIG_BYTES: u64 = 1 << 20;
/// The codec's folder in that of a speaking model.
pub const CODEC: &str = "speech_tokenizer/";

/// A family of models that this program can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Speaks in a cloned voice.
    Base,
    /// Speaks in voices of its own.
    CustomVoice,
    /// Speaks in a voice that is described.
    VoiceDesign,
    /// Writes down what was said.
    Recogniser,
    /// Finds when each word was said.
    Aligner,
    /// Works on text.
    Language,
}

impl Family {
    /// As its `config.json` calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Base => "qwen3_tts base",
            Self::CustomVoice => "qwen3_tts custom_voice",
            Self::VoiceDesign => "qwen3_tts voice_design",
            Self::Recogniser => "qwen3_asr",
            Self::Aligner => "qwen3_forced_aligner",
            Self::Language => "qwen3",
        }
    }

    /// Whether it speaks, and so brings a codec.
    pub fn speaks(self) -> bool {
        matches!(self, Self::Base | Self::CustomVoice | Self::VoiceDesign)
    }
}

/// A tensor that a model has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Whether it may be missing: a head that is the embedding once more.
    pub optional: bool,
    /// Whether nothing reads it, so that its dtype does not matter.
    pub unread: bool,
}

impl Expected {
    /// How many numbers it holds.
    pub fn parameters(&self) -> u64 {
        self.shape.iter().fold(1, |count, &size| u64::saturating_mul(count, size as u64))
    }
}

/// Tensors of one checkpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tensors(Vec<Expected>);

impl Tensors {
    /// All of them.
    pub fn all(&self) -> &[Expected] {
        &self.0
    }

    /// How many numbers they hold, without those that may be missing.
    pub fn parameters(&self) -> u64 {
        let needed = self.0.iter().filter(|expected| !expected.optional);
        needed.fold(0, |sum, expected| u64::saturating_add(sum, expected.parameters()))
    }

    /// Compares with a checkpoint's headers. Answers the names of tensors that nobody asked for.
    pub fn check(&self, checkpoint: &Checkpoint) -> Result<Vec<String>, LoadError> {
        for expected in &self.0 {
            let name = &expected.name;
            let wrong = |error: LoadError| Err(error.in_file(&checkpoint.file_of(name)));
            match checkpoint.shape(name) {
                None if expected.optional => {}
                None => return wrong(LoadError::Missing { name: name.clone() }),
                Some(found) if found != expected.shape => {
                    let (found, needed) = (found.to_vec(), expected.shape.clone());
                    return wrong(LoadError::Shape { name: name.clone(), found, needed });
                }
                Some(_) => match checkpoint.dtype(name) {
                    Some(dtype) if !expected.unread && !is_number(dtype) => {
                        return wrong(LoadError::Numbers { name: name.clone(), what: format!("{dtype} numbers") });
                    }
                    _ => {}
                },
            }
        }
        let known: std::collections::HashSet<&str> = self.0.iter().map(|expected| expected.name.as_str()).collect();
        let mut more: Vec<String> =
            checkpoint.names().filter(|name| !known.contains(name)).map(str::to_owned).collect();
        more.sort();
        Ok(more)
    }

    fn push(&mut self, name: &str, shape: &[usize], optional: bool, unread: bool) {
        self.0.push(Expected { name: name.to_owned(), shape: shape.to_vec(), optional, unread });
    }

    fn add(&mut self, name: &str, shape: &[usize]) {
        self.push(name, shape, false, false);
    }

    fn optional(&mut self, name: &str, shape: &[usize]) {
        self.push(name, shape, true, false);
    }

    fn unread(&mut self, name: &str, shape: &[usize]) {
        self.push(name, shape, false, true);
    }

    /// Weight `(outputs, inputs)` and bias.
    fn linear(&mut self, name: &str, outputs: usize, inputs: usize) {
        self.add(&format!("{name}.weight"), &[outputs, inputs]);
        self.add(&format!("{name}.bias"), &[outputs]);
    }

    /// Weight `(outputs, inputs, kernel)` and bias.
    fn convolution(&mut self, name: &str, outputs: usize, inputs: usize, kernel: usize) {
        self.add(&format!("{name}.weight"), &[outputs, inputs, kernel]);
        self.add(&format!("{name}.bias"), &[outputs]);
    }

    /// Weight and bias of a layer norm.
    fn norm(&mut self, name: &str, width: usize) {
        self.add(&format!("{name}.weight"), &[width]);
        self.add(&format!("{name}.bias"), &[width]);
    }
}

/// What a model is and must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    family: Family,
    model: Tensors,
    codec: Option<Tensors>,
    memory: Memory,
}

impl Layout {
    /// Reads the text of a `config.json`, and that of `speech_tokenizer/config.json` for a model that speaks.
    pub fn read(config: &str, codec: Option<&str>) -> Result<Self, LoadError> {
        let parse = |text: &str, file: &str| {
            let bad = |reason: String| LoadError::config(reason).in_file(file);
            if text.len() as u64 > MOST_CONFIG_BYTES {
                return Err(bad(format!("it is longer than {MOST_CONFIG_BYTES} bytes")));
            }
            serde_json::from_str::<Value>(text).map_err(|error| bad(error.to_string()))
        };
        let codec_file = format!("{CODEC}config.json");
        let codec = codec.map(|text| parse(text, &codec_file)).transpose()?;
        Self::of(parse(config, "config.json")?, codec)
    }

    /// The same from values that were parsed already, as by a catalog.
    pub fn of(config: Value, codec: Option<Value>) -> Result<Self, LoadError> {
        let bad = |reason: String| LoadError::config(reason).in_file("config.json");
        let text = |name: &str| config.get(name).and_then(Value::as_str).unwrap_or_default();
        match text("model_type") {
            "qwen3_tts" => Self::speech(config, codec),
            "qwen3_asr" => Self::thinker(config),
            "qwen3" => {
                let text: config::Text = sizes(config, "config.json")?;
                let model = text::model(&text);
                let memory = memory::language(&text, &model);
                Ok(Self { family: Family::Language, model, codec: None, memory })
            }
            other => {
                let shown: String = other.chars().take(40).flat_map(char::escape_debug).collect();
                Err(bad(format!("the model_type \"{shown}\" is none of qwen3_tts, qwen3_asr and qwen3")))
            }
        }
    }

    fn speech(config: Value, codec: Option<Value>) -> Result<Self, LoadError> {
        let tts: config::Tts = sizes(config, "config.json")?;
        let family = match tts.tts_model_type.as_str() {
            "base" => Family::Base,
            "custom_voice" => Family::CustomVoice,
            "voice_design" => Family::VoiceDesign,
            _ => {
                let reason = "the tts_model_type is none of base, custom_voice and voice_design";
                return Err(LoadError::config(reason).in_file("config.json"));
            }
        };
        let file = format!("{CODEC}config.json");
        let codec: config::Codec = sizes(codec.ok_or_else(|| LoadError::NoFile.in_file(&file))?, &file)?;
        let long = |list: &Vec<config::Count>| list.is_empty() || list.len() > 8;
        if long(&codec.encoder_config.upsampling_ratios)
            || long(&codec.decoder_config.upsample_rates)
            || long(&codec.decoder_config.upsampling_ratios)
        {
            return Err(LoadError::config("a list of rates is empty or has more than 8 entries").in_file(&file));
        }
        let (model, tensors) = (speech::talker(&tts, family == Family::Base), speech::codec(&codec));
        let memory = memory::speech(&tts, &codec, &model, &tensors);
        Ok(Self { family, model, codec: Some(tensors), memory })
    }

    fn thinker(config: Value) -> Result<Self, LoadError> {
        let asr: config::Asr = sizes(config, "config.json")?;
        let thinker = &asr.thinker_config;
        let aligner = thinker.model_type == "qwen3_forced_aligner" || thinker.classify_num.is_some();
        if aligner && thinker.classify_num.is_none() {
            return Err(LoadError::config("an aligner's classify_num is missing").in_file("config.json"));
        }
        let family = if aligner { Family::Aligner } else { Family::Recogniser };
        let model = text::thinker(thinker, aligner);
        let memory = memory::thinker(thinker, &model, aligner);
        Ok(Self { family, model, codec: None, memory })
    }

    /// Its family.
    pub fn family(&self) -> Family {
        self.family
    }

    /// Tensors of the model's own checkpoint.
    pub fn model(&self) -> &Tensors {
        &self.model
    }

    /// Tensors of the codec's checkpoint, for a model that speaks.
    pub fn codec(&self) -> Option<&Tensors> {
        self.codec.as_ref()
    }

    /// What it needs while it works.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }
}

/// Reads the sizes out of a parsed config.
fn sizes<T: serde::de::DeserializeOwned>(config: Value, file: &str) -> Result<T, LoadError> {
    T::deserialize(config).map_err(|error| {
        let reason = error.to_string().chars().filter(|sign| !sign.is_control()).take(200).collect::<String>();
        LoadError::config(reason).in_file(file)
    })
}
