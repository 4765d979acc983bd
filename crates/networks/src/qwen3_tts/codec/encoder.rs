//! Sound to codes, for recordings that a voice is continued from. It knows no stream: a recording comes whole.

use speech::Fault;

use super::attention::{Turns, attend_rows};
use super::config::{Config, EncoderConfig};
use super::convolution::{Causal, Lanes};
use super::quantizer::Quantizer;
use super::waveform::{add_rows, rowwise};
use super::{Watch, unwatched};
use crate::checkpoint::Checkpoint;
use crate::kernel::{Crew, Linear, Precision, Sheet, add_scaled, elu, gelu, layer_norm};
use crate::weights::LoadError;

/// Longest recording, in seconds.
pub const LONGEST: usize = 60;
/// Transformer rows whose samples go through the convolutions at once: a second at the released sizes.
const PASS: usize = 25;

struct Layer {
    before_attention: (Vec<f32>, Vec<f32>),
    mixed: Linear,
    output: Linear,
    attention_scale: Vec<f32>,
    before_feed: (Vec<f32>, Vec<f32>),
    up: Linear,
    down: Linear,
    feed_scale: Vec<f32>,
}

/// Residual unit and the stride behind it.
struct Stage {
    spread: Causal,
    mix: Causal,
    stride: Causal,
    channels: usize,
}

/// The way from sound to codes, always in f32: rounded weights move codes.
pub struct Encoder {
    config: Config,
    enter: Causal,
    stages: Vec<Stage>,
    leave: Causal,
    layers: Vec<Layer>,
    halve: Causal,
    quantizer: Quantizer,
}

impl Encoder {
    /// Loads `encoder.…`.
    pub fn load(checkpoint: &Checkpoint, config: &Config) -> Result<Self, LoadError> {
        config.check()?;
        let sizes = &config.encoder_config;
        let mut numbers = 0..;
        let mut next = || {
            numbers.next();
            numbers.start - 1
        };
        let load = |name: String, shape, stride, number| {
            let name = format!("encoder.{name}.conv");
            Causal::load(checkpoint, &name, shape, (stride, 1), number, Precision::Single)
        };
        let enter = load("encoder.layers.0".to_owned(), (sizes.num_filters, 1, sizes.kernel_size), 1, next())?;
        let mut stages = Vec::new();
        for (index, &stride) in sizes.upsampling_ratios.iter().rev().enumerate() {
            let channels = sizes.num_filters << index;
            let (inside, at) = (channels / sizes.compress, format!("encoder.layers.{}", 3 * index + 1));
            stages.push(Stage {
                spread: load(format!("{at}.block.1"), (inside, channels, sizes.residual_kernel_size), 1, next())?,
                mix: load(format!("{at}.block.3"), (channels, inside, 1), 1, next())?,
                stride: load(
                    format!("encoder.layers.{}", 3 * index + 3),
                    (2 * channels, channels, 2 * stride),
                    stride,
                    next(),
                )?,
                channels,
            });
        }
        let channels = sizes.num_filters << stages.len();
        let last = format!("encoder.layers.{}", 3 * stages.len() + 2);
        let leave = load(last, (sizes.hidden_size, channels, sizes.last_kernel_size), 1, next())?;
        let layers = (0..sizes.num_hidden_layers).map(|number| Layer::load(checkpoint, sizes, number));
        Ok(Self {
            layers: layers.collect::<Result<_, _>>()?,
            // Alone among its streams' convolutions: it has other zeros before its first row.
            halve: load("downsample".to_owned(), (sizes.hidden_size, sizes.hidden_size, 4), 2, 0)?,
            quantizer: Quantizer::load(checkpoint, config)?,
            config: config.clone(),
            enter,
            stages,
            leave,
        })
    }

    /// Codes `(frames, codes of a frame)` of a mono recording at 24 kHz, one frame for each 1920 samples begun.
    ///
    /// Attention sees the config's window of 250 rows (10 s), as the network was trained; the reference does so with its
    /// fast attention, but sees everything with its plain one. Up to 10 s of sound give the same codes either way.
    pub fn encode(&self, crew: &Crew, audio: &[f32]) -> Result<Vec<u16>, Fault> {
        self.encode_watched(crew, audio, Some(self.config.encoder_config.sliding_window), &mut unwatched)
    }

    /// The same with attention over `window` rows, or everything before; `watch` sees what comes out of every stage:
    /// `enc.conv.I`, `enc.transformer` and `enc.downsample`.
    pub fn encode_watched(
        &self,
        crew: &Crew,
        audio: &[f32],
        window: Option<usize>,
        watch: Watch,
    ) -> Result<Vec<u16>, Fault> {
        let most = LONGEST * self.config.input_sample_rate as usize;
        if audio.is_empty() || audio.len() > most {
            let what = format!("A recording of {} samples is not one of up to {LONGEST} seconds.", audio.len());
            return Err(Fault::new("reference_length", what));
        }
        if !audio.iter().all(|sample| sample.is_finite()) {
            return Err(Fault::new("reference_sound", "The recording holds samples that are not numbers."));
        }
        let x = self.convolve(crew, audio, watch);
        let x = self.transform(crew, x, window, watch);
        let hidden = self.config.encoder_config.hidden_size;
        let x = self.halve(crew, x);
        watch("enc.downsample", &x, hidden);
        if !x.iter().all(|value| value.is_finite()) {
            return Err(Fault::new("codec_sound", "The codec made something of the recording that is not a number."));
        }
        Ok(self.quantizer.codes(crew, &x))
    }

    /// Samples to `(rows, hidden)`, some rows' samples at a time so that a minute takes no more memory than a second.
    fn convolve(&self, crew: &Crew, audio: &[f32], watch: Watch) -> Vec<f32> {
        let convolutions = self.stages.iter().flat_map(|stage| [&stage.spread, &stage.mix, &stage.stride]);
        let convolutions = std::iter::once(&self.enter).chain(convolutions).chain([&self.leave]);
        let mut pasts: Vec<Vec<f32>> = convolutions.map(|convolution| vec![0.0; convolution.past()]).collect();
        let mut sheet = Sheet::default();
        let mut rows = Vec::new();
        for audio in audio.chunks(PASS * self.config.encoder_config.stride()) {
            let mut lanes = Lanes::new(vec![&mut pasts], std::iter::once(1), sheet);
            let mut x = self.enter.forward(crew, audio, &mut lanes);
            watch("enc.conv.0", &x, self.stages.first().map_or(1, |stage| stage.channels));
            for (index, stage) in self.stages.iter().enumerate() {
                let active = elus(crew, x.clone());
                let spread = elus(crew, stage.spread.forward(crew, &active, &mut lanes));
                let mixed = stage.mix.forward(crew, &spread, &mut lanes);
                add_rows(crew, &mut x, &mixed);
                watch(&format!("enc.conv.{}", 3 * index + 1), &x, stage.channels);
                let active = elus(crew, x);
                watch(&format!("enc.conv.{}", 3 * index + 2), &active, stage.channels);
                x = stage.stride.forward(crew, &active, &mut lanes);
                watch(&format!("enc.conv.{}", 3 * index + 3), &x, 2 * stage.channels);
            }
            let (at, hidden) = (3 * self.stages.len() + 1, self.config.encoder_config.hidden_size);
            let active = elus(crew, x);
            watch(&format!("enc.conv.{at}"), &active, self.stages.last().map_or(1, |stage| 2 * stage.channels));
            let made = self.leave.forward(crew, &active, &mut lanes);
            watch(&format!("enc.conv.{}", at + 1), &made, hidden);
            rows.extend(made);
            sheet = lanes.into_sheet();
        }
        rows
    }

    fn transform(&self, crew: &Crew, mut x: Vec<f32>, window: Option<usize>, watch: Watch) -> Vec<f32> {
        let sizes = &self.config.encoder_config;
        let (hidden, epsilon, width) = (sizes.hidden_size, sizes.norm_eps, sizes.head_dim);
        let size = sizes.num_attention_heads * width;
        let rows = x.len() / hidden;
        let turns = Turns::new(width, sizes.rope_theta, 0..rows);
        let mut normed = vec![0.0; x.len()];
        for layer in &self.layers {
            let (weight, bias) = &layer.before_attention;
            rowwise(crew, &mut normed, &x, hidden, |out, x| layer_norm(x, weight, bias, epsilon, out));
            let mut mixed = layer.mixed.product(crew, &normed);
            let (mut keys, mut values) = (Vec::with_capacity(rows * size), Vec::with_capacity(rows * size));
            for (row, mixed) in mixed.chunks_exact_mut(3 * size).enumerate() {
                let (turned, value) = mixed.split_at_mut(2 * size);
                turns.apply(row, turned);
                keys.extend_from_slice(&turned[size..]);
                values.extend_from_slice(value);
            }
            let attended = attend_rows(crew, &mixed, (3 * size, size, width, size), |row| {
                let from = window.map_or(0, |window| (row + 1).saturating_sub(window.max(1)));
                let span = from * size..(row + 1) * size;
                (&keys[span.clone()], &values[span])
            });
            add_scaled(&mut x, &layer.output.product(crew, &attended), &layer.attention_scale);
            let (weight, bias) = &layer.before_feed;
            rowwise(crew, &mut normed, &x, hidden, |out, x| layer_norm(x, weight, bias, epsilon, out));
            let mut fed = layer.up.product(crew, &normed);
            crew.pieces(&mut fed, 1 << 14, |_, piece| gelu(piece));
            add_scaled(&mut x, &layer.down.product(crew, &fed), &layer.feed_scale);
        }
        watch("enc.transformer", &x, hidden);
        x
    }

    /// Two rows to one; the first and the last row stand for those that are not there.
    fn halve(&self, crew: &Crew, mut x: Vec<f32>) -> Vec<f32> {
        let hidden = self.config.encoder_config.hidden_size;
        let mut past = [x[..hidden].repeat(self.halve.past() / hidden)];
        if !(x.len() / hidden).is_multiple_of(2) {
            x.extend_from_within(x.len() - hidden..);
        }
        self.halve.forward(crew, &x, &mut Lanes::new(vec![&mut past], std::iter::once(1), Sheet::default()))
    }
}

fn elus(crew: &Crew, mut x: Vec<f32>) -> Vec<f32> {
    crew.pieces(&mut x, 1 << 14, |_, piece| elu(piece));
    x
}

impl Layer {
    fn load(checkpoint: &Checkpoint, sizes: &EncoderConfig, number: usize) -> Result<Self, LoadError> {
        let (hidden, feed) = (sizes.hidden_size, sizes.intermediate_size);
        let size = sizes.num_attention_heads * sizes.head_dim;
        let at = format!("encoder.encoder_transformer.layers.{number}.");
        let vector = |name: &str| checkpoint.tensor(&format!("{at}{name}"), &[hidden]);
        let norm =
            |name: &str| Ok::<_, LoadError>((vector(&format!("{name}.weight"))?, vector(&format!("{name}.bias"))?));
        let linear = |name: &str, shape| checkpoint.linear(&format!("{at}{name}"), shape, false, Precision::Single);
        let mut mixed = Vec::new();
        for name in ["q_proj", "k_proj", "v_proj"] {
            mixed.extend(checkpoint.tensor(&format!("{at}self_attn.{name}.weight"), &[size, hidden])?);
        }
        Ok(Self {
            before_attention: norm("input_layernorm")?,
            mixed: Linear::pack(&mixed, None, 3 * size, hidden, Precision::Single),
            output: linear("self_attn.o_proj", (hidden, size))?,
            attention_scale: vector("self_attn_layer_scale.scale")?,
            before_feed: norm("post_attention_layernorm")?,
            up: linear("mlp.fc1", (feed, hidden))?,
            down: linear("mlp.fc2", (hidden, feed))?,
            feed_scale: vector("mlp_layer_scale.scale")?,
        })
    }
}
