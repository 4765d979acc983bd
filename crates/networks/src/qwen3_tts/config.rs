//! What a Qwen3-TTS folder says of itself: `config.json` and `generation_config.json`, with the same names, checked before
//! anything is made of them. It knows no weights.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

use super::Preset;
use crate::qwen3::{DecoderConfig, Sampling};
use crate::weights::LoadError;

/// The last so many ids of the talker's vocabulary are never said, save the end.
pub(super) const RESERVED: usize = 1024;
/// Widest row of any network here.
const WIDEST: usize = 16_384;

/// `config.json`.
#[derive(Debug, Clone, Deserialize)]
pub struct Config {
    /// `base`, `custom_voice` or `voice_design`.
    pub tts_model_type: Kind,
    /// `0b6` or `1b7`.
    pub tts_model_size: String,
    /// First mark of a turn.
    pub im_start_token_id: u32,
    /// Last mark of a turn.
    pub im_end_token_id: u32,
    /// What the text says when it has nothing more to say.
    pub tts_pad_token_id: u32,
    /// What the text says before its first word.
    pub tts_bos_token_id: u32,
    /// What the text says after its last word.
    pub tts_eos_token_id: u32,
    /// The networks that speak.
    pub talker_config: TalkerConfig,
    /// The network that hears whose voice it is; only Base has its weights.
    #[serde(default, deserialize_with = "or_default")]
    pub speaker_encoder_config: SpeakerConfig,
}

/// What a checkpoint was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Speaks in the voice of a recording.
    Base,
    /// Speaks in one of its own voices.
    CustomVoice,
    /// Speaks in a voice described by words.
    VoiceDesign,
}

/// `talker_config`: sizes of the talker and numbers of its tokens.
#[derive(Debug, Clone, Deserialize)]
pub struct TalkerConfig {
    /// The blocks.
    #[serde(flatten)]
    pub decoder: DecoderConfig,
    /// Codes of the first book and everything else that the talker may say or hear.
    pub vocab_size: usize,
    /// Codes in a frame.
    pub num_code_groups: usize,
    /// Width of the text's table.
    pub text_hidden_size: usize,
    /// Rows of the text's table.
    pub text_vocab_size: usize,
    /// No code.
    pub codec_pad_id: usize,
    /// Here the frames begin.
    pub codec_bos_id: usize,
    /// Here they end.
    pub codec_eos_token_id: usize,
    /// A language follows.
    pub codec_think_id: usize,
    /// No language follows.
    pub codec_nothink_id: usize,
    /// Opens the block that names a language.
    pub codec_think_bos_id: usize,
    /// Closes it.
    pub codec_think_eos_id: usize,
    /// Languages and dialects by their English names.
    #[serde(default, deserialize_with = "or_default")]
    pub codec_language_id: BTreeMap<String, usize>,
    /// Voices of CustomVoice, by their names in lower case.
    #[serde(default, deserialize_with = "or_default")]
    pub spk_id: BTreeMap<String, usize>,
    /// Which of them speak a dialect of Chinese.
    #[serde(default, deserialize_with = "or_default")]
    pub spk_is_dialect: BTreeMap<String, Dialect>,
    /// The network that names the other codes of a frame.
    pub code_predictor_config: PredictorConfig,
    /// Longest sequence.
    #[serde(default = "longest")]
    pub max_position_embeddings: usize,
}

/// A speaker's dialect: `false` or its name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Dialect {
    /// Whether there is one; only `false` occurs.
    Known(bool),
    /// Its name among the languages.
    Name(String),
}

/// `code_predictor_config`.
#[derive(Debug, Clone, Deserialize)]
pub struct PredictorConfig {
    /// The blocks.
    #[serde(flatten)]
    pub decoder: DecoderConfig,
    /// Codes of each book.
    pub vocab_size: usize,
    /// Codes in a frame.
    pub num_code_groups: usize,
}

/// `speaker_encoder_config`. Real files give the first two only.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct SpeakerConfig {
    /// Width of the vector; the talker's.
    pub enc_dim: usize,
    /// Samples in a second.
    pub sample_rate: u32,
    /// Channels of each stage.
    pub enc_channels: Vec<usize>,
    /// Taps of each stage.
    pub enc_kernel_sizes: Vec<usize>,
    /// Distance of the taps of each stage.
    pub enc_dilations: Vec<usize>,
    /// Channels inside of the attentive statistics.
    pub enc_attention_channels: usize,
    /// Parts that a stage is cut into.
    pub enc_res2net_scale: usize,
    /// Channels inside of the squeeze.
    pub enc_se_channels: usize,
    /// Bands of the picture.
    pub mel_dim: usize,
}

impl Default for SpeakerConfig {
    fn default() -> Self {
        Self {
            enc_dim: 1024,
            sample_rate: 24_000,
            enc_channels: vec![512, 512, 512, 512, 1536],
            enc_kernel_sizes: vec![5, 3, 3, 3, 1],
            enc_dilations: vec![1, 2, 3, 4, 1],
            enc_attention_channels: 128,
            enc_res2net_scale: 8,
            enc_se_channels: 128,
            mel_dim: 128,
        }
    }
}

/// `generation_config.json`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default)]
pub struct Generation {
    /// Whether the talker draws; otherwise it takes the best.
    pub do_sample: bool,
    /// Over the first codes said so far.
    pub repetition_penalty: f32,
    /// Of the talker.
    pub temperature: f32,
    /// Of the talker.
    pub top_p: f32,
    /// Of the talker.
    pub top_k: usize,
    /// Whether the code predictor draws.
    pub subtalker_dosample: bool,
    /// Of the code predictor.
    pub subtalker_temperature: f32,
    /// Of the code predictor.
    pub subtalker_top_p: f32,
    /// Of the code predictor.
    pub subtalker_top_k: usize,
    /// Most tokens of one utterance.
    pub max_new_tokens: usize,
}

impl Default for Generation {
    fn default() -> Self {
        Self {
            do_sample: true,
            repetition_penalty: 1.05,
            temperature: 0.9,
            top_p: 1.0,
            top_k: 50,
            subtalker_dosample: true,
            subtalker_temperature: 0.9,
            subtalker_top_p: 1.0,
            subtalker_top_k: 50,
            max_new_tokens: 8192,
        }
    }
}

/// What is not there and what is `null` are the same.
fn or_default<'a, D: Deserializer<'a>, T: Deserialize<'a> + Default>(from: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

fn longest() -> usize {
    32_768
}

impl Generation {
    /// Reads the file.
    pub fn parse(bytes: &[u8]) -> Result<Self, LoadError> {
        let read: Self = serde_json::from_slice(bytes).map_err(|error| LoadError::config(error.to_string()))?;
        let heats = [read.temperature, read.subtalker_temperature];
        let shares = [read.top_p, read.subtalker_top_p];
        let sound = heats.iter().all(|heat| (0.0..=10.0).contains(heat))
            && shares.iter().all(|share| (0.0..=1.0).contains(share))
            && (0.5..=4.0).contains(&read.repetition_penalty)
            && (2..=longest()).contains(&read.max_new_tokens);
        if !sound {
            return Err(LoadError::config("generation_config.json has a number out of its range"));
        }
        Ok(read)
    }

    /// The same without chance.
    #[must_use]
    pub fn greedy(self) -> Self {
        Self { do_sample: false, subtalker_dosample: false, ..self }
    }

    /// How the first code of a frame is chosen.
    pub(super) fn first(&self) -> Sampling {
        let repetition_penalty = self.repetition_penalty;
        let temperature = if self.do_sample { self.temperature } else { 0.0 };
        Sampling { temperature, top_k: self.top_k, top_p: self.top_p, repetition_penalty }
    }

    /// How the others are chosen.
    pub(super) fn others(&self) -> Sampling {
        Sampling {
            temperature: if self.subtalker_dosample { self.subtalker_temperature } else { 0.0 },
            top_k: self.subtalker_top_k,
            top_p: self.subtalker_top_p,
            repetition_penalty: 1.0,
        }
    }
}

impl Config {
    /// Reads and checks the file.
    pub fn parse(bytes: &[u8]) -> Result<Self, LoadError> {
        let read: Self = serde_json::from_slice(bytes).map_err(|error| LoadError::config(error.to_string()))?;
        read.check().map_err(LoadError::config)?;
        Ok(read)
    }

    fn check(&self) -> Result<(), String> {
        let talker = &self.talker_config;
        let predictor = &talker.code_predictor_config;
        decoder(&talker.decoder).map_err(|what| format!("talker: {what}"))?;
        decoder(&predictor.decoder).map_err(|what| format!("code predictor: {what}"))?;
        within("vocab_size", talker.vocab_size, RESERVED + 1..=1 << 17)?;
        within("code predictor's vocab_size", predictor.vocab_size, 1..=1 << 15)?;
        within("num_code_groups", talker.num_code_groups, 2..=64)?;
        within("text_hidden_size", talker.text_hidden_size, 1..=WIDEST)?;
        within("text_vocab_size", talker.text_vocab_size, 1..=1 << 20)?;
        within("max_position_embeddings", talker.max_position_embeddings, 64..=1 << 20)?;
        if predictor.num_code_groups != talker.num_code_groups {
            return Err("talker and code predictor disagree on the codes of a frame".to_owned());
        }
        let marks = [
            self.im_start_token_id,
            self.im_end_token_id,
            self.tts_pad_token_id,
            self.tts_bos_token_id,
            self.tts_eos_token_id,
        ];
        if marks.iter().any(|&id| id as usize >= talker.text_vocab_size) {
            return Err("a mark of the text is not in its vocabulary".to_owned());
        }
        let own = [
            talker.codec_pad_id,
            talker.codec_bos_id,
            talker.codec_eos_token_id,
            talker.codec_think_id,
            talker.codec_nothink_id,
            talker.codec_think_bos_id,
            talker.codec_think_eos_id,
        ];
        let named = talker.codec_language_id.values().chain(talker.spk_id.values());
        if own.iter().chain(named).any(|&id| id >= talker.vocab_size) {
            return Err("a mark, language or speaker is not in the talker's vocabulary".to_owned());
        }
        if talker.codec_language_id.len() > 1000 || talker.spk_id.len() > 10_000 {
            return Err("too many languages or speakers".to_owned());
        }
        for dialect in talker.spk_is_dialect.values() {
            if let Dialect::Name(name) = dialect
                && !talker.codec_language_id.contains_key(name)
            {
                return Err(format!("the dialect \"{name}\" of a speaker is not among the languages"));
            }
        }
        if self.tts_model_type == Kind::Base {
            self.speaker_encoder_config.check(talker.decoder.hidden_size)?;
        }
        Ok(())
    }

    /// The checkpoint's own voices: none but CustomVoice has any.
    pub fn presets(&self) -> Vec<Preset> {
        let dialect = |name: &str| match self.talker_config.spk_is_dialect.get(name) {
            Some(Dialect::Name(dialect)) => Some(dialect.clone()),
            _ => None,
        };
        self.talker_config.spk_id.keys().map(|name| Preset { name: name.clone(), dialect: dialect(name) }).collect()
    }

    /// The languages that it speaks, by BCP 47 where they have a code, otherwise by the checkpoint's own names.
    pub fn languages(&self) -> Vec<String> {
        super::prompt::languages(self)
    }

    /// Whether the checkpoint follows instructions about the manner of speaking: the smaller ones do not.
    pub fn follows_style(&self) -> bool {
        match self.tts_model_type {
            Kind::Base => false,
            Kind::CustomVoice => self.tts_model_size != "0b6",
            Kind::VoiceDesign => true,
        }
    }
}

impl SpeakerConfig {
    fn check(&self, width: usize) -> Result<(), String> {
        let stages = self.enc_channels.len();
        if !(3..=16).contains(&stages) || self.enc_kernel_sizes.len() != stages || self.enc_dilations.len() != stages {
            return Err("speaker encoder: the lists of its stages do not fit together".to_owned());
        }
        if self.enc_dim != width {
            return Err("speaker encoder: its vector is not as wide as the talker".to_owned());
        }
        if self.sample_rate != 24_000 {
            return Err("speaker encoder: it does not hear at 24 kHz".to_owned());
        }
        within("res2net scale", self.enc_res2net_scale, 2..=64)?;
        within("mel_dim", self.mel_dim, 1..=1024)?;
        within("attention channels", self.enc_attention_channels, 1..=WIDEST)?;
        within("squeeze channels", self.enc_se_channels, 1..=WIDEST)?;
        for stage in 0..stages {
            within("channels", self.enc_channels[stage], 1..=WIDEST)?;
            within("taps", self.enc_kernel_sizes[stage], 1..=31)?;
            within("dilation", self.enc_dilations[stage], 1..=64)?;
        }
        let inner = &self.enc_channels[..stages - 1];
        if inner.iter().any(|&c| c != inner[0] || c % self.enc_res2net_scale != 0) {
            return Err("speaker encoder: its stages cannot be added".to_owned());
        }
        if inner[0] * (stages - 2) != self.enc_channels[stages - 1] {
            return Err("speaker encoder: its last stage is not as wide as the others together".to_owned());
        }
        Ok(())
    }
}

/// Sizes that a stack of blocks may have.
fn decoder(config: &DecoderConfig) -> Result<(), String> {
    within("hidden_size", config.hidden_size, 1..=WIDEST)?;
    within("intermediate_size", config.intermediate_size, 1..=4 * WIDEST)?;
    within("num_hidden_layers", config.num_hidden_layers, 1..=256)?;
    within("num_attention_heads", config.num_attention_heads, 1..=256)?;
    within("num_key_value_heads", config.num_key_value_heads, 1..=256)?;
    within("head_dim", config.head_dim, 2..=1024)?;
    if !config.head_dim.is_multiple_of(2) || !config.num_attention_heads.is_multiple_of(config.num_key_value_heads) {
        return Err("its heads cannot be grouped".to_owned());
    }
    let epsilon = f32::MIN_POSITIVE..=1.0;
    if !epsilon.contains(&config.rms_norm_eps) || !(1.0..=1e12).contains(&config.rope_theta) {
        return Err("rms_norm_eps or rope_theta is out of its range".to_owned());
    }
    Ok(())
}

fn within(what: &str, value: usize, range: std::ops::RangeInclusive<usize>) -> Result<(), String> {
    if range.contains(&value) { Ok(()) } else { Err(format!("{what} is {value}, outside of {range:?}")) }
}
