//! The recogniser's and the aligner's `config.json`, and what of it can be run here. It reads no tensor.

use serde::Deserialize;

use crate::qwen3::DecoderConfig;
use crate::weights::LoadError;

/// Longest `config.json` that is read, in bytes: real ones have five thousand.
const LIMIT_BYTES: usize = 1 << 20;

/// What lies beside the weights of Qwen3-ASR and Qwen3-ForcedAligner, by the names of its JSON.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Config {
    /// All that has weights.
    pub thinker_config: ThinkerConfig,
    /// Languages that the model was made for, by their English names.
    #[serde(default)]
    pub support_languages: Option<Vec<String>>,
    /// Of the aligner: the token at which a time is read.
    #[serde(default)]
    pub timestamp_token_id: Option<u32>,
    /// Of the aligner: milliseconds between two neighbouring classes of times.
    #[serde(default)]
    pub timestamp_segment_time: Option<f64>,
}

/// Encoder and decoder.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ThinkerConfig {
    /// `qwen3_asr…` or `qwen3_forced_aligner`.
    #[serde(default)]
    pub model_type: String,
    /// The encoder.
    pub audio_config: AudioConfig,
    /// The decoder.
    pub text_config: TextConfig,
    /// The token whose embedding an encoded frame takes the place of.
    #[serde(default)]
    pub audio_token_id: Option<u32>,
    /// Of the aligner: classes of times.
    #[serde(default)]
    pub classify_num: Option<usize>,
}

/// Sizes of the audio encoder.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct AudioConfig {
    /// Mel bands.
    pub num_mel_bins: usize,
    /// Width of a row between the blocks.
    pub d_model: usize,
    /// Blocks.
    pub encoder_layers: usize,
    /// Heads.
    pub encoder_attention_heads: usize,
    /// Width inside of the feed-forward part.
    pub encoder_ffn_dim: usize,
    /// Width of what comes out, which is the decoder's.
    pub output_dim: usize,
    /// Half of the mel frames that the convolutions see at a time.
    pub n_window: usize,
    /// Mel frames that see each other in attention.
    pub n_window_infer: usize,
    /// Channels of the convolutions.
    pub downsample_hidden_size: usize,
    /// Only `gelu` is known.
    #[serde(default = "gelu")]
    pub activation_function: String,
}

/// Sizes of the decoder.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct TextConfig {
    /// The blocks.
    #[serde(flatten)]
    pub decoder: DecoderConfig,
    /// Rows of the embedding.
    pub vocab_size: usize,
    /// Only `silu` is known.
    #[serde(default = "silu")]
    pub hidden_act: String,
    /// Biases in attention are not known here.
    #[serde(default)]
    pub attention_bias: bool,
    /// How positions are stretched; only what stretches nothing is known.
    #[serde(default)]
    pub rope_scaling: Option<RopeScaling>,
}

/// The part of `rope_scaling` that decides. Sections of equal position streams change nothing.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct RopeScaling {
    /// `default`.
    #[serde(default, alias = "type")]
    pub rope_type: Option<String>,
}

fn gelu() -> String {
    "gelu".into()
}

fn silu() -> String {
    "silu".into()
}

impl Config {
    /// Reads `config.json` and checks it.
    pub fn read(json: &[u8]) -> Result<Self, LoadError> {
        if json.len() > LIMIT_BYTES {
            return Err(LoadError::config(format!("config.json is larger than {LIMIT_BYTES} bytes")));
        }
        // The library's map keeps the last of equal names, where a derived reader would refuse `type` and `rope_type`
        // side by side: released files have both.
        let mut value: serde_json::Value =
            serde_json::from_slice(json).map_err(|error| LoadError::config(error.to_string()))?;
        if let Some(scaling) = value.pointer_mut("/thinker_config/text_config/rope_scaling")
            && scaling.get("rope_type").is_some_and(|kind| !kind.is_null())
            && let Some(scaling) = scaling.as_object_mut()
        {
            scaling.remove("type");
        }
        let config: Self = serde_json::from_value(value).map_err(|error| LoadError::config(error.to_string()))?;
        config.check()?;
        Ok(config)
    }

    /// Whether it describes an aligner.
    pub fn is_aligner(&self) -> bool {
        self.thinker_config.model_type.contains("forced_aligner")
    }

    /// Whether every size is possible and fits the others.
    pub fn check(&self) -> Result<(), LoadError> {
        let ThinkerConfig { audio_config: audio, text_config: text, classify_num, .. } = &self.thinker_config;
        audio.check()?;
        text.check()?;
        if audio.output_dim != text.decoder.hidden_size {
            return Err(LoadError::config(format!(
                "the encoder's rows are {} wide and the decoder's {}",
                audio.output_dim, text.decoder.hidden_size
            )));
        }
        if let Some(classes) = classify_num {
            within("classify_num", *classes, 1, 1 << 20)?;
        }
        if self.is_aligner() && classify_num.is_none() {
            return Err(LoadError::config("an aligner needs `classify_num`"));
        }
        if let Some(milliseconds) = self.timestamp_segment_time
            && !(1.0..=1000.0).contains(&milliseconds)
        {
            return Err(LoadError::config(format!("`timestamp_segment_time` is {milliseconds}")));
        }
        Ok(())
    }
}

impl AudioConfig {
    /// Mel frames that the convolutions see at a time.
    pub fn chunk_frames(&self) -> usize {
        2 * self.n_window
    }

    /// Encoded frames that a whole chunk gives.
    pub fn chunk_tokens(&self) -> usize {
        shrunk(shrunk(shrunk(self.chunk_frames())))
    }

    /// Encoded frames that see each other.
    pub fn window_tokens(&self) -> usize {
        self.n_window_infer / self.chunk_frames() * self.chunk_tokens()
    }

    /// Encoded frames of `frames` mel frames.
    pub fn tokens(&self, frames: usize) -> usize {
        let rest = frames % self.chunk_frames();
        frames / self.chunk_frames() * self.chunk_tokens() + shrunk(shrunk(shrunk(rest)))
    }

    /// Mel bands that are left after the convolutions.
    pub fn bands(&self) -> usize {
        shrunk(shrunk(shrunk(self.num_mel_bins)))
    }

    fn check(&self) -> Result<(), LoadError> {
        within("num_mel_bins", self.num_mel_bins, 8, 512)?;
        within("d_model", self.d_model, 4, 16_384)?;
        within("encoder_layers", self.encoder_layers, 1, 256)?;
        within("encoder_attention_heads", self.encoder_attention_heads, 1, 256)?;
        within("encoder_ffn_dim", self.encoder_ffn_dim, 1, 65_536)?;
        within("output_dim", self.output_dim, 1, 16_384)?;
        within("n_window", self.n_window, 1, 1500)?;
        within("n_window_infer", self.n_window_infer, self.chunk_frames(), 6000)?;
        within("downsample_hidden_size", self.downsample_hidden_size, 1, 4096)?;
        if !self.d_model.is_multiple_of(2 * self.encoder_attention_heads) {
            return Err(LoadError::config("`d_model` cannot be shared by the encoder's heads"));
        }
        if !self.n_window_infer.is_multiple_of(self.chunk_frames()) {
            return Err(LoadError::config("`n_window_infer` is not a multiple of twice `n_window`"));
        }
        if self.activation_function != gelu() {
            return Err(LoadError::config(format!("the activation {:?} is not known", self.activation_function)));
        }
        Ok(())
    }
}

impl TextConfig {
    fn check(&self) -> Result<(), LoadError> {
        let decoder = &self.decoder;
        within("vocab_size", self.vocab_size, 1, 1 << 20)?;
        within("hidden_size", decoder.hidden_size, 1, 16_384)?;
        within("intermediate_size", decoder.intermediate_size, 1, 131_072)?;
        within("num_hidden_layers", decoder.num_hidden_layers, 1, 256)?;
        within("num_attention_heads", decoder.num_attention_heads, 1, 256)?;
        within("num_key_value_heads", decoder.num_key_value_heads, 1, decoder.num_attention_heads)?;
        within("head_dim", decoder.head_dim, 2, 1024)?;
        if !decoder.head_dim.is_multiple_of(2) {
            return Err(LoadError::config("`head_dim` is odd"));
        }
        if !decoder.num_attention_heads.is_multiple_of(decoder.num_key_value_heads) {
            return Err(LoadError::config("the key heads cannot be shared by the query heads"));
        }
        if !(1e-12..=1e-1).contains(&decoder.rms_norm_eps) {
            return Err(LoadError::config(format!("`rms_norm_eps` is {}", decoder.rms_norm_eps)));
        }
        if !(1.0..=1e12).contains(&decoder.rope_theta) {
            return Err(LoadError::config(format!("`rope_theta` is {}", decoder.rope_theta)));
        }
        if self.hidden_act != silu() || self.attention_bias {
            return Err(LoadError::config("the decoder has another activation than `silu`, or biases in attention"));
        }
        if let Some(kind) = self.rope_scaling.as_ref().and_then(|scaling| scaling.rope_type.as_deref())
            && !matches!(kind, "default" | "mrope")
        {
            return Err(LoadError::config(format!("positions scaled by {kind:?} are not known")));
        }
        Ok(())
    }
}

/// Length after a convolution of width 3, stride 2 and one zero at each end.
pub(super) fn shrunk(length: usize) -> usize {
    length.div_ceil(2)
}

fn within(name: &str, value: usize, least: usize, most: usize) -> Result<(), LoadError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(LoadError::config(format!("`{name}` is {value}, and {least} to {most} are possible")))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The sizes of the released 0.6B recogniser, in the layout of its file.
    pub fn released() -> serde_json::Value {
        serde_json::json!({
            "architectures": ["Qwen3ASRForConditionalGeneration"],
            "model_type": "qwen3_asr",
            "support_languages": ["Chinese", "English"],
            "thinker_config": {
                "model_type": "qwen3_asr",
                "audio_token_id": 151676,
                "audio_config": {
                    "num_mel_bins": 128, "d_model": 896, "encoder_layers": 18, "encoder_attention_heads": 14,
                    "encoder_ffn_dim": 3584, "output_dim": 1024, "n_window": 50, "n_window_infer": 800,
                    "downsample_hidden_size": 480, "activation_function": "gelu", "conv_chunksize": 500,
                },
                "text_config": {
                    "vocab_size": 151936, "hidden_size": 1024, "intermediate_size": 3072, "num_hidden_layers": 28,
                    "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 128, "hidden_act": "silu",
                    "rms_norm_eps": 1e-6, "rope_theta": 1_000_000, "tie_word_embeddings": true,
                    "rope_scaling": {
                        "interleaved": true, "mrope_section": [24, 20, 20], "rope_type": "default", "type": "default",
                    },
                },
            },
        })
    }

    fn read(value: &serde_json::Value) -> Result<Config, LoadError> {
        Config::read(value.to_string().as_bytes())
    }

    #[test]
    fn the_released_description_is_read_and_counts_as_the_reference_does() {
        let config = read(&released()).unwrap();
        let audio = &config.thinker_config.audio_config;
        assert_eq!((audio.chunk_tokens(), audio.window_tokens(), audio.bands()), (13, 104, 16));
        // The published formula: 13 for each whole second, f(f(f(rest))) for the rest, f(x) = (x - 1) div 2 + 1.
        for frames in 0..1000_usize {
            let f = |x: i64| (x - 1).div_euclid(2) + 1;
            let rest = f(f(f((frames % 100) as i64)));
            assert_eq!(audio.tokens(frames) as i64, 13 * (frames as i64 / 100) + rest, "{frames} frames");
        }
        assert_eq!(config.thinker_config.text_config.decoder.rope_theta, 1e6);
        assert!(!config.is_aligner());
    }

    #[test]
    fn hostile_descriptions_are_refused() {
        let cases = [
            ("/thinker_config/audio_config/encoder_attention_heads", serde_json::json!(0)),
            ("/thinker_config/audio_config/encoder_attention_heads", serde_json::json!(13)),
            ("/thinker_config/audio_config/n_window", serde_json::json!(0)),
            ("/thinker_config/audio_config/n_window_infer", serde_json::json!(0)),
            ("/thinker_config/audio_config/n_window_infer", serde_json::json!(850)),
            ("/thinker_config/audio_config/num_mel_bins", serde_json::json!(u64::MAX)),
            ("/thinker_config/audio_config/d_model", serde_json::json!(-1)),
            ("/thinker_config/audio_config/output_dim", serde_json::json!(512)),
            ("/thinker_config/audio_config/activation_function", serde_json::json!("relu")),
            ("/thinker_config/text_config/num_key_value_heads", serde_json::json!(0)),
            ("/thinker_config/text_config/num_key_value_heads", serde_json::json!(5)),
            ("/thinker_config/text_config/head_dim", serde_json::json!(127)),
            ("/thinker_config/text_config/num_hidden_layers", serde_json::json!(1_000_000_000)),
            ("/thinker_config/text_config/rms_norm_eps", serde_json::json!(1e300)),
            ("/thinker_config/text_config/rope_theta", serde_json::json!(0)),
            ("/thinker_config/text_config/rope_scaling/rope_type", serde_json::json!("yarn")),
            ("/thinker_config/text_config/attention_bias", serde_json::json!(true)),
            ("/thinker_config/model_type", serde_json::json!("qwen3_forced_aligner")),
            ("/thinker_config/classify_num", serde_json::json!(0)),
            ("/timestamp_segment_time", serde_json::json!(0)),
            ("/thinker_config/audio_config", serde_json::json!(null)),
        ];
        for (at, to) in cases {
            let mut value = released();
            let (parent, name) = at.rsplit_once('/').unwrap();
            value.pointer_mut(parent).unwrap()[name] = to.clone();
            let error = read(&value).expect_err(at);
            assert_eq!(error.code(), "checkpoint_config", "{at} = {to}");
        }
        assert!(Config::read(b"{").is_err() && Config::read(&vec![b' '; LIMIT_BYTES + 1]).is_err());
    }
}
