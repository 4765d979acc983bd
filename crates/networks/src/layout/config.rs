//! What a `config.json` says of a model's sizes. Every number is bounded where it is read: a config is as much from outside
//! as the weights beside it. What real configs leave out has the value that the models' own code falls back to.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

/// A whole number from 1 to `MOST`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size<const MOST: usize>(usize);

/// Width of a row, or entries of a table.
pub(super) type Width = Size<{ 1 << 20 }>;
/// Layers, heads, code books, taps, strides.
pub(super) type Count = Size<512>;

impl<const MOST: usize> Size<MOST> {
    pub(super) fn get(self) -> usize {
        self.0
    }
}

impl<'de, const MOST: usize> Deserialize<'de> for Size<MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Whole<const MOST: usize>;
        impl<const MOST: usize> Visitor<'_> for Whole<MOST> {
            type Value = Size<MOST>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a whole number from 1 to {MOST}")
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Size<MOST>, E> {
                let fits = usize::try_from(value).ok().filter(|value| (1..=MOST).contains(value));
                fits.map(Size).ok_or_else(|| E::invalid_value(de::Unexpected::Unsigned(value), &self))
            }
        }
        deserializer.deserialize_u64(Whole)
    }
}

/// Sizes of the decoder that all families share.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Core {
    pub hidden_size: Width,
    pub intermediate_size: Width,
    pub num_hidden_layers: Count,
    pub num_attention_heads: Count,
    pub num_key_value_heads: Count,
    #[serde(default = "width::<128>")]
    pub head_dim: Width,
}

/// Of `qwen3_tts`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Tts {
    pub tts_model_type: String,
    pub talker_config: Talker,
    #[serde(default)]
    pub speaker_encoder_config: Speaker,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Talker {
    #[serde(flatten)]
    pub core: Core,
    pub vocab_size: Width,
    pub text_hidden_size: Width,
    pub text_vocab_size: Width,
    pub num_code_groups: Count,
    pub code_predictor_config: Predictor,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Predictor {
    #[serde(flatten)]
    pub core: Core,
    pub vocab_size: Width,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Speaker {
    pub mel_dim: Width,
    pub enc_dim: Width,
    pub enc_channels: [Width; 5],
    pub enc_kernel_sizes: [Count; 5],
    pub enc_attention_channels: Width,
    pub enc_res2net_scale: Count,
    pub enc_se_channels: Width,
}

impl Default for Speaker {
    fn default() -> Self {
        Self {
            mel_dim: Size(128),
            enc_dim: Size(1024),
            enc_channels: [Size(512), Size(512), Size(512), Size(512), Size(1536)],
            enc_kernel_sizes: [Size(5), Size(3), Size(3), Size(3), Size(1)],
            enc_attention_channels: Size(128),
            enc_res2net_scale: Size(8),
            enc_se_channels: Size(128),
        }
    }
}

/// Of `qwen3_tts_tokenizer_12hz`, in the folder `speech_tokenizer`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Codec {
    pub encoder_config: Encoder,
    pub decoder_config: Decoder,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Encoder {
    pub audio_channels: Count,
    pub num_filters: Width,
    pub kernel_size: Count,
    pub residual_kernel_size: Count,
    pub last_kernel_size: Count,
    pub num_residual_layers: Count,
    pub compress: Count,
    pub upsampling_ratios: Vec<Count>,
    pub hidden_size: Width,
    pub intermediate_size: Width,
    pub num_hidden_layers: Count,
    pub num_attention_heads: Count,
    pub num_key_value_heads: Count,
    pub head_dim: Width,
    pub num_quantizers: Count,
    pub num_semantic_quantizers: Count,
    pub codebook_size: Width,
    pub codebook_dim: Width,
    pub vector_quantization_hidden_dimension: Width,
}

impl Default for Encoder {
    fn default() -> Self {
        Self {
            audio_channels: Size(1),
            num_filters: Size(64),
            kernel_size: Size(7),
            residual_kernel_size: Size(3),
            last_kernel_size: Size(3),
            num_residual_layers: Size(1),
            compress: Size(2),
            upsampling_ratios: [8, 6, 5, 4].map(Size).to_vec(),
            hidden_size: Size(512),
            intermediate_size: Size(2048),
            num_hidden_layers: Size(8),
            num_attention_heads: Size(8),
            num_key_value_heads: Size(8),
            head_dim: Size(64),
            num_quantizers: Size(32),
            num_semantic_quantizers: Size(1),
            codebook_size: Size(2048),
            codebook_dim: Size(256),
            vector_quantization_hidden_dimension: Size(256),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Decoder {
    pub latent_dim: Width,
    pub codebook_dim: Width,
    pub codebook_size: Width,
    pub decoder_dim: Width,
    pub hidden_size: Width,
    pub intermediate_size: Width,
    pub num_hidden_layers: Count,
    pub num_attention_heads: Count,
    pub num_key_value_heads: Count,
    pub head_dim: Width,
    pub sliding_window: Width,
    pub num_quantizers: Count,
    pub upsample_rates: Vec<Count>,
    pub upsampling_ratios: Vec<Count>,
}

impl Default for Decoder {
    fn default() -> Self {
        Self {
            latent_dim: Size(1024),
            codebook_dim: Size(512),
            codebook_size: Size(2048),
            decoder_dim: Size(1536),
            hidden_size: Size(512),
            intermediate_size: Size(1024),
            num_hidden_layers: Size(8),
            num_attention_heads: Size(16),
            num_key_value_heads: Size(16),
            head_dim: Size(64),
            sliding_window: Size(72),
            num_quantizers: Size(16),
            upsample_rates: [8, 5, 4, 3].map(Size).to_vec(),
            upsampling_ratios: [2, 2].map(Size).to_vec(),
        }
    }
}

/// Of `qwen3_asr`, and of the aligner, which wears the same name outside.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Asr {
    pub thinker_config: Thinker,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Thinker {
    #[serde(default)]
    pub model_type: String,
    pub audio_config: Audio,
    pub text_config: Text,
    pub tie_word_embeddings: Option<bool>,
    pub classify_num: Option<Width>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Audio {
    pub num_mel_bins: Count,
    pub encoder_layers: Count,
    pub encoder_ffn_dim: Width,
    pub d_model: Width,
    pub output_dim: Width,
    pub downsample_hidden_size: Width,
}

/// Of a text model: `qwen3` itself, or the text half of the recogniser.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Text {
    #[serde(flatten)]
    pub core: Core,
    pub vocab_size: Width,
    pub tie_word_embeddings: Option<bool>,
}

fn width<const VALUE: usize>() -> Width {
    Size(VALUE)
}
