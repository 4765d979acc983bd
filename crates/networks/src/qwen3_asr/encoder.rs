//! The audio encoder: convolutions over a second of mel frames at a time, then a transformer in which the frames of a
//! window of some seconds see each other. Windows of any mix of sounds go through every layer together and never meet.

use std::ops::Range;

use super::config::{AudioConfig, shrunk};
use crate::checkpoint::Checkpoint;
use crate::kernel::{Crew, Linear, Precision, add, attend_pages, gelu, layer_norm};
use crate::weights::LoadError;

/// Added to the variance in every norm; not part of the config.
const EPSILON: f32 = 1e-5;
/// Taps of a convolution: 3 by 3.
const TAPS: usize = 9;
/// Numbers that one hand takes at a time for what is done number by number.
const PIECE: usize = 1 << 14;

/// What [`Encoder::forward_watched`] shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// After the convolutions, their projection and the positions: `(rows, d_model)`.
    Convolved,
    /// After this block: `(rows, d_model)`.
    Layer(usize),
    /// After the last norm: `(rows, d_model)`.
    Normed,
}

struct Norm {
    weight: Vec<f32>,
    bias: Vec<f32>,
}

struct Layer {
    before_attention: Norm,
    /// Queries, keys and values in one product: `(3 · d_model, d_model)`.
    mixed: Linear,
    output: Linear,
    before_feed: Norm,
    up: Linear,
    down: Linear,
}

/// Mel frames to rows for the decoder.
pub struct Encoder {
    config: AudioConfig,
    /// Three convolutions 3 by 3 with stride 2, each over `(band tap, time tap, channel)`.
    convolutions: Vec<Linear>,
    /// `(d_model, bands · channels)`.
    flat: Linear,
    /// `(tokens of a chunk, d_model)`.
    positions: Vec<f32>,
    layers: Vec<Layer>,
    norm: Norm,
    first: Linear,
    second: Linear,
}

impl Encoder {
    /// Loads `{prefix}conv2d1.…` to `{prefix}proj2.…`.
    pub fn load(
        checkpoint: &Checkpoint,
        prefix: &str,
        config: &AudioConfig,
        precision: Precision,
    ) -> Result<Self, LoadError> {
        let (width, channels) = (config.d_model, config.downsample_hidden_size);
        let name = |part: &str| format!("{prefix}{part}");
        let norm = |part: &str| {
            Ok::<_, LoadError>(Norm {
                weight: checkpoint.tensor(&name(&format!("{part}.weight")), &[width])?,
                bias: checkpoint.tensor(&name(&format!("{part}.bias")), &[width])?,
            })
        };
        let convolutions = (1..=3).map(|number| {
            let inputs = if number == 1 { 1 } else { channels };
            let weight = checkpoint.tensor(&name(&format!("conv2d{number}.weight")), &[channels, inputs, 3, 3])?;
            let bias = checkpoint.tensor(&name(&format!("conv2d{number}.bias")), &[channels])?;
            let weight = taps_first(&weight, inputs);
            Ok(Linear::pack(&weight, Some(bias), channels, TAPS * inputs, precision))
        });
        let convolutions = convolutions.collect::<Result<_, LoadError>>()?;
        let bands = config.bands();
        let flat = checkpoint.tensor(&name("conv_out.weight"), &[width, channels * bands])?;
        let layers = (0..config.encoder_layers).map(|number| {
            let at = |part: &str| format!("layers.{number}.{part}");
            let (mut weight, mut bias) = (Vec::new(), Vec::new());
            for part in ["q_proj", "k_proj", "v_proj"] {
                let part = name(&at(&format!("self_attn.{part}")));
                weight.extend(checkpoint.tensor(&format!("{part}.weight"), &[width, width])?);
                bias.extend(checkpoint.tensor(&format!("{part}.bias"), &[width])?);
            }
            let linear = |part: &str, shape| checkpoint.linear(&name(&at(part)), shape, true, precision);
            Ok(Layer {
                before_attention: norm(&at("self_attn_layer_norm"))?,
                mixed: Linear::pack(&weight, Some(bias), 3 * width, width, precision),
                output: linear("self_attn.out_proj", (width, width))?,
                before_feed: norm(&at("final_layer_norm"))?,
                up: linear("fc1", (config.encoder_ffn_dim, width))?,
                down: linear("fc2", (width, config.encoder_ffn_dim))?,
            })
        });
        Ok(Self {
            convolutions,
            flat: Linear::pack(&bands_first(&flat, channels, bands), None, width, channels * bands, precision),
            positions: sinusoids(config.chunk_tokens(), width),
            layers: layers.collect::<Result<_, LoadError>>()?,
            norm: norm("ln_post")?,
            first: checkpoint.linear(&name("proj1"), (width, width), true, precision)?,
            second: checkpoint.linear(&name("proj2"), (config.output_dim, width), true, precision)?,
            config: config.clone(),
        })
    }

    /// Its sizes.
    pub fn config(&self) -> &AudioConfig {
        &self.config
    }

    /// Mel frames `(frames, bands)` of several sounds to `(rows, output_dim)`, sound after sound;
    /// [`AudioConfig::tokens`] says how many rows each gets.
    pub fn forward(&self, crew: &Crew, mels: &[&[f32]]) -> Vec<f32> {
        self.forward_watched(crew, mels, &mut |_, _| {})
    }

    /// The same, and `watch` sees what comes out of every stage: for comparisons with a reference.
    pub fn forward_watched(&self, crew: &Crew, mels: &[&[f32]], watch: &mut dyn FnMut(Stage, &[f32])) -> Vec<f32> {
        let mut x = Vec::new();
        let mut windows = Vec::new();
        for mel in mels {
            let from = x.len() / self.config.d_model;
            for chunk in mel.chunks(self.config.chunk_frames() * self.config.num_mel_bins) {
                x.extend(self.convolved(crew, chunk));
            }
            let rows = x.len() / self.config.d_model - from;
            windows.extend(windows_of(rows, self.config.window_tokens()).map(|w| from + w.start..from + w.end));
        }
        watch(Stage::Convolved, &x);
        for (number, layer) in self.layers.iter().enumerate() {
            self.through(crew, layer, &mut x, &windows);
            watch(Stage::Layer(number), &x);
        }
        let mut normed = vec![0.0; x.len()];
        self.norm.apply(crew, &x, &mut normed);
        watch(Stage::Normed, &normed);
        let mut inner = self.first.product(crew, &normed);
        gelu_all(crew, &mut inner);
        self.second.product(crew, &inner)
    }

    /// One chunk of mel frames `(up to chunk_frames, bands)` to `(tokens, d_model)`. A short chunk is filled up with
    /// zeros, and only what the tokens of its own frames need is computed.
    fn convolved(&self, crew: &Crew, mel: &[f32]) -> Vec<f32> {
        let full = self.config.chunk_frames();
        let mut bands = self.config.num_mel_bins;
        let tokens = self.config.tokens(mel.len() / bands);
        let lengths = [full, shrunk(full), shrunk(shrunk(full)), self.config.chunk_tokens()];
        // What a stage must give: what the next one reads, twice its own length and the frame after.
        let second = (2 * tokens).min(lengths[2]);
        let wanted = [(2 * second).min(lengths[1]), second, tokens];
        let mut image = mel.to_vec();
        image.resize(full * bands, 0.0);
        for ((convolution, &wanted), &length) in self.convolutions.iter().zip(&wanted).zip(&lengths) {
            let rows = taps(crew, &image, bands, length, convolution.inputs() / TAPS, wanted);
            image = convolution.product(crew, &rows);
            gelu_all(crew, &mut image);
            bands = shrunk(bands);
        }
        let mut out = self.flat.product(crew, &image);
        add(&mut out, &self.positions[..tokens * self.config.d_model]);
        out
    }

    fn through(&self, crew: &Crew, layer: &Layer, x: &mut [f32], windows: &[Range<usize>]) {
        let width = self.config.d_model;
        let rows = x.len() / width;
        let mut normed = vec![0.0; x.len()];
        layer.before_attention.apply(crew, x, &mut normed);
        let mixed = layer.mixed.product(crew, &normed);
        let (mut keys, mut values) = (Vec::with_capacity(x.len()), Vec::with_capacity(x.len()));
        for row in mixed.chunks_exact(3 * width) {
            keys.extend_from_slice(&row[width..2 * width]);
            values.extend_from_slice(&row[2 * width..]);
        }
        let mut window_of = Vec::with_capacity(rows);
        for window in windows {
            window_of.resize(window.end, window.start * width..window.end * width);
        }
        let head = width / self.config.encoder_attention_heads;
        crew.pieces(&mut normed, width, |row, out| {
            let window = &window_of[row];
            let seen = std::iter::once((&keys[window.clone()], &values[window.clone()]));
            attend_pages(&mixed[row * 3 * width..][..width], head, width, seen, out);
        });
        add(x, &layer.output.product(crew, &normed));
        layer.before_feed.apply(crew, x, &mut normed);
        let mut inner = layer.up.product(crew, &normed);
        gelu_all(crew, &mut inner);
        add(x, &layer.down.product(crew, &inner));
    }
}

impl Norm {
    fn apply(&self, crew: &Crew, x: &[f32], out: &mut [f32]) {
        let width = self.weight.len();
        crew.pieces(out, width, |row, out| {
            layer_norm(&x[row * width..][..width], &self.weight, &self.bias, EPSILON, out);
        });
    }
}

fn gelu_all(crew: &Crew, x: &mut [f32]) {
    crew.pieces(x, PIECE, |_, piece| gelu(piece));
}

/// The windows of `rows` encoded frames, the last one shorter.
fn windows_of(rows: usize, window: usize) -> impl Iterator<Item = Range<usize>> {
    (0..rows).step_by(window).map(move |from| from..(from + window).min(rows))
}

/// The taps of a convolution 3 by 3 with stride 2 and a border of zeros: `image` `(at least 2 · wanted of length,
/// bands, channels)` to rows `(wanted, shrunk bands)` of `(band tap, time tap, channel)`.
fn taps(crew: &Crew, image: &[f32], bands: usize, length: usize, channels: usize, wanted: usize) -> Vec<f32> {
    let out_bands = shrunk(bands);
    let mut rows = vec![0.0; wanted * out_bands * TAPS * channels];
    crew.pieces(&mut rows, out_bands * TAPS * channels, |time, rows| {
        for (band, row) in rows.chunks_exact_mut(TAPS * channels).enumerate() {
            for (tap, out) in row.chunks_exact_mut(channels).enumerate() {
                let source = ((2 * band + tap / 3).wrapping_sub(1), (2 * time + tap % 3).wrapping_sub(1));
                if source.0 < bands && source.1 < length {
                    out.copy_from_slice(&image[(source.1 * bands + source.0) * channels..][..channels]);
                }
            }
        }
    });
    rows
}

/// `(outputs, inputs, 3, 3)` to `(outputs, 3, 3, inputs)`.
fn taps_first(weight: &[f32], inputs: usize) -> Vec<f32> {
    let filters = weight.chunks_exact(inputs * TAPS);
    filters.flat_map(|filter| (0..TAPS).flat_map(move |tap| filter.iter().skip(tap).step_by(TAPS).copied())).collect()
}

/// Columns `(channels, bands)` to `(bands, channels)`.
fn bands_first(weight: &[f32], channels: usize, bands: usize) -> Vec<f32> {
    let outputs = weight.chunks_exact(channels * bands);
    outputs.flat_map(|row| (0..bands).flat_map(move |band| row.iter().skip(band).step_by(bands).copied())).collect()
}

/// Whisper's positions: sines, then cosines, of wavelengths from 2π to 20000π.
fn sinusoids(length: usize, width: usize) -> Vec<f32> {
    let half = width / 2;
    let step = 10_000_f64.ln() / (half.max(2) - 1) as f64;
    let angle = |at: usize, i: usize| at as f32 * (-step * i as f64).exp() as f32;
    let row = |at: usize| {
        (0..half).map(move |i| angle(at, i).sin()).chain((0..half).map(move |i| angle(at, i).cos())).collect::<Vec<_>>()
    };
    (0..length).flat_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taps_and_weights_meet_as_in_a_plain_convolution() {
        let (bands, length, channels, outputs) = (6, 7, 3, 4);
        let noise = |i: usize, seed: f32| (i as f32 * 0.731 + seed).sin();
        // (time, band, channel) for us, (channel, band, time) for the definition.
        let image: Vec<f32> = (0..length * bands * channels).map(|i| noise(i, 0.1)).collect();
        let weight: Vec<f32> = (0..outputs * channels * 9).map(|i| noise(i, 0.7)).collect();
        let crew = Crew::alone();
        let layer = Linear::new(&taps_first(&weight, channels), None, outputs, 9 * channels);
        let wanted = shrunk(length);
        let found = layer.product(&crew, &taps(&crew, &image, bands, length, channels, wanted));
        for time in 0..wanted {
            for band in 0..shrunk(bands) {
                for output in 0..outputs {
                    let mut sum = 0.0;
                    for c in 0..channels {
                        for kb in 0..3 {
                            for kt in 0..3 {
                                let (b, t) = (2 * band + kb, 2 * time + kt);
                                if (1..=bands).contains(&b) && (1..=length).contains(&t) {
                                    sum += image[((t - 1) * bands + b - 1) * channels + c]
                                        * weight[((output * channels + c) * 3 + kb) * 3 + kt];
                                }
                            }
                        }
                    }
                    let found = found[(time * shrunk(bands) + band) * outputs + output];
                    assert!((found - sum).abs() < 1e-5, "{time} {band} {output}: {found} is not {sum}");
                }
            }
        }
    }

    #[test]
    fn windows_cover_all_and_the_last_is_shorter() {
        assert_eq!(windows_of(250, 104).collect::<Vec<_>>(), [0..104, 104..208, 208..250]);
        assert_eq!(windows_of(0, 104).count(), 0);
    }
}
