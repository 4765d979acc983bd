//! What `config.json` and `generation_config.json` of a `Qwen3ForCausalLM` say, as far as it matters here. A setting that
//! this program does not follow is refused, not ignored.

use serde::Deserialize;

use crate::qwen3::{DecoderConfig, Sampling};
use crate::weights::LoadError;

/// Longest context that is believed.
const MOST_POSITIONS: usize = 1 << 20;

/// Sizes of the model, by the names of its `config.json`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Config {
    /// The decoder's.
    #[serde(flatten)]
    pub decoder: DecoderConfig,
    /// Rows of the embedding.
    pub vocab_size: usize,
    /// Whether the output uses the embedding's matrix.
    #[serde(default)]
    pub tie_word_embeddings: bool,
    /// Positions that the model was made for.
    pub max_position_embeddings: usize,
    #[serde(default)]
    eos_token_id: Ends,
    #[serde(default)]
    model_type: Option<String>,
    #[serde(default)]
    attention_bias: bool,
    #[serde(default)]
    hidden_act: Option<String>,
    #[serde(default)]
    rope_scaling: Option<serde_json::Value>,
    #[serde(default)]
    use_sliding_window: bool,
}

/// One token or several.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
enum Ends {
    One(u32),
    Several(Vec<u32>),
    None(()),
}

impl Default for Ends {
    fn default() -> Self {
        Self::None(())
    }
}

impl Ends {
    fn list(&self) -> Vec<u32> {
        match self {
            Self::One(token) => vec![*token],
            Self::Several(tokens) => tokens.clone(),
            Self::None(()) => Vec::new(),
        }
    }
}

impl Config {
    /// Reads `config.json`.
    pub fn parse(json: &[u8]) -> Result<Self, LoadError> {
        let config: Self =
            serde_json::from_slice(json).map_err(|error| LoadError::config(format!("config.json: {error}")))?;
        config.decoder.check()?;
        let refuse = |what: &str| Err(LoadError::config(format!("config.json: {what}")));
        match () {
            () if config.model_type.as_deref().is_some_and(|kind| kind != "qwen3") => refuse("model_type is not qwen3"),
            () if config.hidden_act.as_deref().is_some_and(|act| act != "silu") => refuse("hidden_act is not silu"),
            () if config.attention_bias => refuse("attention_bias is set"),
            () if config.rope_scaling.is_some() => refuse("rope_scaling is set"),
            () if config.use_sliding_window => refuse("use_sliding_window is set"),
            () if !(1..=1 << 20).contains(&config.vocab_size) => refuse("vocab_size is out of bounds"),
            () if !(1..=MOST_POSITIONS).contains(&config.max_position_embeddings) => {
                refuse("max_position_embeddings is out of bounds")
            }
            () => Ok(config),
        }
    }
}

/// What the makers of a checkpoint advise, from `generation_config.json`.
#[derive(Debug, Clone, PartialEq)]
pub struct Defaults {
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// Tokens that end an answer and are no part of it.
    pub stops: Vec<u32>,
}

#[derive(Deserialize)]
struct Generation {
    #[serde(default)]
    do_sample: bool,
    #[serde(default)]
    eos_token_id: Ends,
    temperature: Option<f32>,
    top_k: Option<usize>,
    top_p: Option<f32>,
    repetition_penalty: Option<f32>,
}

impl Defaults {
    /// Reads `generation_config.json`; what is missing there is the library's default in the reference.
    pub(super) fn parse(json: &[u8], config: &Config) -> Result<Self, LoadError> {
        let said: Generation = serde_json::from_slice(json)
            .map_err(|error| LoadError::config(format!("generation_config.json: {error}")))?;
        let mut stops = said.eos_token_id.list();
        if stops.is_empty() {
            stops = config.eos_token_id.list();
        }
        if stops.len() > 64 {
            return Err(LoadError::config("generation_config.json: too many tokens end an answer"));
        }
        let sampling = Sampling {
            temperature: if said.do_sample { said.temperature.unwrap_or(1.0) } else { 0.0 },
            top_k: said.top_k.unwrap_or(50),
            top_p: said.top_p.unwrap_or(1.0),
            repetition_penalty: said.repetition_penalty.unwrap_or(1.0),
        };
        let sound = (0.0..=100.0).contains(&sampling.temperature)
            && (0.0..=1.0).contains(&sampling.top_p)
            && (0.01..=100.0).contains(&sampling.repetition_penalty);
        if !sound {
            return Err(LoadError::config("generation_config.json: the advice for choosing tokens makes no sense"));
        }
        Ok(Self { sampling, stops })
    }
}
