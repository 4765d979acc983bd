//! Sizes of the codec by the names of `speech_tokenizer/config.json`, bounded before anything is believed. It reads no
//! file.

use serde::Deserialize;

use crate::kernel::Precision;
use crate::weights::LoadError;

/// `speech_tokenizer/config.json`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Config {
    /// Codes of a frame.
    pub encoder_valid_num_quantizers: usize,
    /// Samples a second that the encoder hears.
    pub input_sample_rate: u32,
    /// Samples a second that the decoder makes.
    pub output_sample_rate: u32,
    /// Samples that a frame becomes.
    pub decode_upsample_rate: usize,
    /// Samples that become a frame.
    pub encode_downsample_rate: usize,
    /// The way in.
    pub encoder_config: EncoderConfig,
    /// The way out.
    pub decoder_config: DecoderConfig,
}

/// Sizes of the way from sound to codes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct EncoderConfig {
    /// Channels after the first convolution; they double with every stride.
    pub num_filters: usize,
    /// Taps of the first convolution.
    pub kernel_size: usize,
    /// Taps inside of the residual units.
    pub residual_kernel_size: usize,
    /// Taps of the last convolution.
    pub last_kernel_size: usize,
    /// Residual units before each stride; one is known.
    pub num_residual_layers: usize,
    /// How much narrower a residual unit is inside.
    pub compress: usize,
    /// Strides, last one first.
    pub upsampling_ratios: Vec<usize>,
    /// Width of the transformer.
    pub hidden_size: usize,
    /// Width inside of its feed-forward part.
    pub intermediate_size: usize,
    /// Its layers.
    pub num_hidden_layers: usize,
    /// Its heads.
    pub num_attention_heads: usize,
    /// Its key and value heads: as many.
    pub num_key_value_heads: usize,
    /// Width of a head.
    pub head_dim: usize,
    /// Added to the variance in its norms.
    pub norm_eps: f32,
    /// Base of its rotary positions.
    pub rope_theta: f32,
    /// Positions (40 ms each) that attention sees, the own one included.
    pub sliding_window: usize,
    /// Levels that the file holds; the first `encoder_valid_num_quantizers` are used.
    pub num_quantizers: usize,
    /// Levels that are quantised for themselves; one is known.
    pub num_semantic_quantizers: usize,
    /// Vectors of a level.
    pub codebook_size: usize,
    /// Width of these vectors.
    pub codebook_dim: usize,
    /// Activation of the feed-forward part: `gelu`.
    pub hidden_act: String,
    /// How convolutions are padded: `constant`.
    pub pad_mode: String,
    /// Whether they see the past alone; they must.
    pub use_causal_conv: bool,
    /// Whether residual units have a convolution beside them; they must not.
    pub use_conv_shortcut: bool,
}

/// Sizes of the way from codes to sound.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct DecoderConfig {
    /// Width before and after the transformer.
    pub latent_dim: usize,
    /// Width of the summed codes; the vectors themselves have half of it.
    pub codebook_dim: usize,
    /// Vectors of a level.
    pub codebook_size: usize,
    /// Channels of the first waveform stage; they halve with every one after it.
    pub decoder_dim: usize,
    /// Width of the transformer.
    pub hidden_size: usize,
    /// Width inside of its feed-forward part.
    pub intermediate_size: usize,
    /// Its layers.
    pub num_hidden_layers: usize,
    /// Its query heads.
    pub num_attention_heads: usize,
    /// Its key and value heads.
    pub num_key_value_heads: usize,
    /// Width of a head; not `hidden_size / num_attention_heads`.
    pub head_dim: usize,
    /// Added to the mean square in its norms.
    pub rms_norm_eps: f32,
    /// Base of its rotary positions.
    pub rope_theta: f32,
    /// Frames that attention sees, the own one included.
    pub sliding_window: usize,
    /// Codes of a frame.
    pub num_quantizers: usize,
    /// Levels with a projection of their own; one is known.
    pub num_semantic_quantizers: usize,
    /// Factors of the waveform stages.
    pub upsample_rates: Vec<usize>,
    /// Factors of the stages before them.
    pub upsampling_ratios: Vec<usize>,
    /// Activation of the feed-forward part: `silu`.
    pub hidden_act: String,
}

/// Widest anything may be.
const WIDEST: usize = 16_384;

fn check(sound: bool, what: &str) -> Result<(), LoadError> {
    if sound { Ok(()) } else { Err(LoadError::config(format!("the codec's {what}"))) }
}

fn within(name: &str, value: usize, most: usize) -> Result<(), LoadError> {
    check((1..=most).contains(&value), &format!("{name} is {value}, not between 1 and {most}"))
}

fn base(theta: f32, epsilon: f32) -> Result<(), LoadError> {
    check(theta.is_finite() && theta > 1.0, "rope_theta is not above 1")?;
    check(epsilon > 0.0 && epsilon < 1.0, "norm epsilon is not between 0 and 1")
}

impl Config {
    /// Reads and checks a `config.json`.
    pub fn parse(json: &[u8]) -> Result<Self, LoadError> {
        if json.len() > 1 << 20 {
            return Err(LoadError::config("the codec's config.json is larger than a megabyte"));
        }
        let config: Self = serde_json::from_slice(json).map_err(|error| LoadError::config(error.to_string()))?;
        config.check()?;
        Ok(config)
    }

    /// Whether every size is one that this code can work with.
    pub fn check(&self) -> Result<(), LoadError> {
        let (encoder, decoder) = (&self.encoder_config, &self.decoder_config);
        encoder.check()?;
        decoder.check()?;
        let codes = self.encoder_valid_num_quantizers;
        check(self.input_sample_rate == 24_000 && self.output_sample_rate == 24_000, "sample rates are not 24000")?;
        check(
            decoder.samples() == self.decode_upsample_rate,
            "decode_upsample_rate is not the product of its factors",
        )?;
        check(2 * encoder.stride() == self.encode_downsample_rate, "encode_downsample_rate is not twice its strides")?;
        check(codes == decoder.num_quantizers && codes <= encoder.num_quantizers, "two ways have other levels")?;
        check(encoder.codebook_size == decoder.codebook_size, "two ways have other codebook_size")
    }

    /// Codes of a frame.
    pub fn codes(&self) -> usize {
        self.encoder_valid_num_quantizers
    }
}

impl EncoderConfig {
    fn check(&self) -> Result<(), LoadError> {
        within("encoder's num_filters", self.num_filters, 1024)?;
        for taps in [self.kernel_size, self.residual_kernel_size, self.last_kernel_size] {
            within("encoder's kernel size", taps, 64)?;
        }
        within("encoder's compress", self.compress, self.num_filters)?;
        check(self.num_filters.is_multiple_of(self.compress), "encoder's compress does not divide num_filters")?;
        within("encoder's count of strides", self.upsampling_ratios.len(), 8)?;
        for &ratio in &self.upsampling_ratios {
            within("encoder's stride", ratio, 16)?;
        }
        within("encoder's widest convolution", self.num_filters << self.upsampling_ratios.len(), WIDEST)?;
        within("encoder's stride in all", self.stride(), 1 << 14)?;
        within("encoder's hidden_size", self.hidden_size, WIDEST)?;
        within("encoder's intermediate_size", self.intermediate_size, WIDEST)?;
        within("encoder's num_hidden_layers", self.num_hidden_layers, 64)?;
        within("encoder's num_attention_heads", self.num_attention_heads, 256)?;
        within("encoder's head_dim", self.head_dim, 512)?;
        within("encoder's sliding_window", self.sliding_window, 1 << 16)?;
        within("encoder's num_quantizers", self.num_quantizers, 64)?;
        within("encoder's codebook_size", self.codebook_size, 1 << 16)?;
        within("encoder's codebook_dim", self.codebook_dim, WIDEST)?;
        check(self.head_dim.is_multiple_of(2), "encoder's head_dim is odd")?;
        check(self.num_key_value_heads == self.num_attention_heads, "encoder's heads share keys")?;
        check(self.num_residual_layers == 1, "encoder's num_residual_layers is not 1")?;
        check(self.num_semantic_quantizers == 1, "encoder's num_semantic_quantizers is not 1")?;
        check(self.hidden_act == "gelu", "encoder's hidden_act is not gelu")?;
        check(self.pad_mode == "constant", "encoder's pad_mode is not constant")?;
        check(self.use_causal_conv && !self.use_conv_shortcut, "encoder's convolutions are of another kind")?;
        base(self.rope_theta, self.norm_eps)
    }

    /// Samples between two rows of the transformer.
    pub fn stride(&self) -> usize {
        self.upsampling_ratios.iter().fold(1, |all, &ratio| all.saturating_mul(ratio))
    }
}

impl DecoderConfig {
    fn check(&self) -> Result<(), LoadError> {
        within("latent_dim", self.latent_dim, WIDEST)?;
        within("codebook_dim", self.codebook_dim, WIDEST)?;
        check(self.codebook_dim.is_multiple_of(2), "codebook_dim is odd")?;
        within("codebook_size", self.codebook_size, 1 << 16)?;
        within("decoder_dim", self.decoder_dim, WIDEST)?;
        within("hidden_size", self.hidden_size, WIDEST)?;
        within("intermediate_size", self.intermediate_size, WIDEST)?;
        within("num_hidden_layers", self.num_hidden_layers, 64)?;
        within("num_attention_heads", self.num_attention_heads, 256)?;
        within("num_key_value_heads", self.num_key_value_heads, self.num_attention_heads)?;
        within("head_dim", self.head_dim, 512)?;
        within("sliding_window", self.sliding_window, 4096)?;
        within("num_quantizers", self.num_quantizers, 64)?;
        check(self.num_quantizers > 1, "num_quantizers is 1")?;
        within("count of waveform stages", self.upsample_rates.len(), 8)?;
        within("count of stages before the waveform's", self.upsampling_ratios.len(), 8)?;
        for &rate in self.upsample_rates.iter().chain(&self.upsampling_ratios) {
            within("factor of a stage", rate, 16)?;
        }
        let halved = 1 << self.upsample_rates.len();
        check(self.decoder_dim.is_multiple_of(halved), "decoder_dim cannot be halved in every waveform stage")?;
        within("samples of a frame", self.samples(), 1 << 14)?;
        check(self.num_attention_heads.is_multiple_of(self.num_key_value_heads), "heads do not share keys evenly")?;
        check(self.head_dim.is_multiple_of(2), "head_dim is odd")?;
        check(self.num_semantic_quantizers == 1, "num_semantic_quantizers is not 1")?;
        check(self.hidden_act == "silu", "hidden_act is not silu")?;
        base(self.rope_theta, self.rms_norm_eps)
    }

    /// Samples of a frame.
    pub fn samples(&self) -> usize {
        self.upsampling_ratios.iter().chain(&self.upsample_rates).fold(1, |all, &rate| all.saturating_mul(rate))
    }

    /// Width of a code's vector.
    pub(super) fn vector(&self) -> usize {
        self.codebook_dim / 2
    }

    /// Widths of all queries and of all keys of a row.
    pub(super) fn heads(&self) -> (usize, usize) {
        (self.num_attention_heads * self.head_dim, self.num_key_value_heads * self.head_dim)
    }

    /// Every matrix product: `(inputs, outputs, rows for each frame)`.
    fn products(&self) -> Vec<(usize, usize, usize)> {
        let (latent, hidden, feed) = (self.latent_dim, self.hidden_size, self.intermediate_size);
        let (queries, keys) = self.heads();
        let mut all = vec![
            (2 * self.vector(), self.codebook_dim, 1),
            (3 * self.codebook_dim, latent, 1),
            (latent, hidden, 1),
            (hidden, latent, 1),
        ];
        for _ in 0..self.num_hidden_layers {
            all.extend([
                (hidden, queries + 2 * keys, 1),
                (queries, hidden, 1),
                (hidden, 2 * feed, 1),
                (feed, hidden, 1),
            ]);
        }
        let mut rows = 1;
        for &ratio in &self.upsampling_ratios {
            all.push((latent, ratio * latent, rows));
            rows *= ratio;
            all.extend([(latent, 4 * latent, rows), (4 * latent, latent, rows)]);
        }
        let mut width = self.decoder_dim;
        all.push((7 * latent, width, rows));
        for &rate in &self.upsample_rates {
            all.push((2 * width, rate * width / 2, rows));
            (width, rows) = (width / 2, rows * rate);
            all.extend([(7 * width, width, rows), (width, width, rows)].repeat(3));
        }
        all
    }

    /// Multiply-adds for one frame of one stream, with attention over a full window.
    pub fn macs_per_frame(&self) -> u64 {
        let products: usize = self.products().iter().map(|(inputs, outputs, rows)| inputs * outputs * rows).sum();
        let attention = 2 * self.num_hidden_layers * self.heads().0 * self.sliding_window;
        let last = 7 * (self.decoder_dim >> self.upsample_rates.len()) * self.samples();
        let depthwise: usize = (0..self.upsampling_ratios.len())
            .map(|i| 7 * self.latent_dim * self.upsampling_ratios[..=i].iter().product::<usize>())
            .sum();
        (products + attention + last + depthwise) as u64
    }

    /// Memory of the matrices at a precision and of the codes' vectors, in bytes; norms, biases and activations take
    /// less than a thousandth more.
    pub fn bytes(&self, precision: Precision) -> u64 {
        let size = match precision {
            Precision::Single => 4,
            Precision::Brain => 2,
            Precision::Byte => 1,
        };
        let matrices: usize = self.products().iter().map(|(inputs, outputs, _)| inputs * outputs).sum();
        (size * matrices + 4 * self.num_quantizers * self.codebook_size * self.vector()) as u64
    }

    /// Largest memory of one stream's state, in bytes.
    pub fn state_bytes(&self) -> u64 {
        let held = 2 * self.num_hidden_layers * (self.sliding_window - 1) * self.heads().1;
        4 * (held + self.pasts().iter().sum::<usize>()) as u64
    }

    /// Numbers that each causal convolution remembers of its input, in the order in which they work.
    pub(super) fn pasts(&self) -> Vec<usize> {
        let mut all = vec![2 * self.codebook_dim];
        all.extend(self.upsampling_ratios.iter().map(|_| 6 * self.latent_dim));
        all.push(6 * self.latent_dim);
        let mut width = self.decoder_dim;
        for _ in &self.upsample_rates {
            all.push(width);
            width /= 2;
            all.extend(DILATIONS.map(|dilation| 6 * dilation * width));
        }
        all.push(6 * width);
        all
    }
}

/// Spread of the taps in the three residual units of a waveform stage.
pub(super) const DILATIONS: [usize; 3] = [1, 3, 9];
