//! Whose voice a recording is: ECAPA-TDNN (Desplanques et al. 2020) without batch norm, from a mel picture to one vector.
//! It knows neither text nor talker.

use super::config::{Config, Kind, SpeakerConfig};
use super::mel::{mirrored, picture};
use super::watch::{Watch, Watching};
use crate::checkpoint::Checkpoint;
use crate::kernel::{Crew, Linear, Precision, add, relu, softmax};
use crate::weights::LoadError;

/// Added to nothing: the least variance.
const LEAST: f32 = 1e-12;

/// A convolution of odd or even width over rows, ends mirrored; as many rows come out as go in.
struct Mirrored {
    product: Linear,
    inputs: usize,
    kernel: usize,
    dilation: usize,
}

impl Mirrored {
    fn load(
        checkpoint: &Checkpoint,
        name: &str,
        (outputs, inputs, kernel): (usize, usize, usize),
        dilation: usize,
    ) -> Result<Self, LoadError> {
        let weight = checkpoint.tensor(&format!("speaker_encoder.{name}.weight"), &[outputs, inputs, kernel])?;
        let bias = checkpoint.tensor(&format!("speaker_encoder.{name}.bias"), &[outputs])?;
        let mut turned = vec![0.0; weight.len()];
        for (row, turned) in weight.chunks_exact(inputs * kernel).zip(turned.chunks_exact_mut(inputs * kernel)) {
            for input in 0..inputs {
                for tap in 0..kernel {
                    turned[tap * inputs + input] = row[input * kernel + tap];
                }
            }
        }
        // The vector is made once for a voice, and everything said in it hangs on it.
        let product = Linear::pack(&turned, Some(bias), outputs, kernel * inputs, Precision::Single);
        Ok(Self { product, inputs, kernel, dilation })
    }

    /// `x` `(time, inputs)` to `(time, outputs)`.
    fn forward(&self, crew: &Crew, x: &[f32]) -> Vec<f32> {
        if self.kernel == 1 {
            return self.product.product(crew, x);
        }
        let time = x.len() / self.inputs;
        let before = self.dilation * (self.kernel - 1) / 2;
        let mut taps = Vec::with_capacity(x.len() * self.kernel);
        for row in 0..time {
            for tap in 0..self.kernel {
                let at = mirrored(row + tap * self.dilation, before, time) * self.inputs;
                taps.extend_from_slice(&x[at..at + self.inputs]);
            }
        }
        self.product.product(crew, &taps)
    }

    fn rectified(&self, crew: &Crew, x: &[f32]) -> Vec<f32> {
        let mut out = self.forward(crew, x);
        relu(&mut out);
        out
    }
}

/// Squeeze-excitation over a Res2Net.
struct Block {
    enter: Mirrored,
    parts: Vec<Mirrored>,
    leave: Mirrored,
    squeeze: Mirrored,
    excite: Mirrored,
}

/// Weights of the speaker encoder.
pub struct SpeakerEncoder {
    config: SpeakerConfig,
    first: Mirrored,
    blocks: Vec<Block>,
    together: Mirrored,
    attention: Mirrored,
    scores: Mirrored,
    last: Mirrored,
}

impl SpeakerEncoder {
    /// Loads `speaker_encoder.…`, which only Base has.
    pub fn load(checkpoint: &Checkpoint, config: &Config) -> Result<Self, LoadError> {
        if config.tts_model_type != Kind::Base {
            return Err(LoadError::config("only the Base model can hear whose voice a recording is"));
        }
        let config = &config.speaker_encoder_config;
        let load = |name: &str, shape, dilation| Mirrored::load(checkpoint, name, shape, dilation);
        let (channels, kernels, dilations) = (&config.enc_channels, &config.enc_kernel_sizes, &config.enc_dilations);
        let last = channels.len() - 1;
        let width = channels[0];
        let scale = config.enc_res2net_scale;
        let blocks = (1..last).map(|stage| {
            let at = |part: &str| format!("blocks.{stage}.{part}");
            let part = width / scale;
            let parts = (0..scale - 1).map(|number| {
                let name = at(&format!("res2net_block.blocks.{number}.conv"));
                load(&name, (part, part, kernels[stage]), dilations[stage])
            });
            Ok(Block {
                enter: load(&at("tdnn1.conv"), (width, width, 1), 1)?,
                parts: parts.collect::<Result<_, LoadError>>()?,
                leave: load(&at("tdnn2.conv"), (width, width, 1), 1)?,
                squeeze: load(&at("se_block.conv1"), (config.enc_se_channels, width, 1), 1)?,
                excite: load(&at("se_block.conv2"), (width, config.enc_se_channels, 1), 1)?,
            })
        });
        let wide = channels[last];
        Ok(Self {
            first: load("blocks.0.conv", (width, config.mel_dim, kernels[0]), dilations[0])?,
            blocks: blocks.collect::<Result<_, LoadError>>()?,
            together: load("mfa.conv", (wide, wide, kernels[last]), dilations[last])?,
            attention: load("asp.tdnn.conv", (config.enc_attention_channels, 3 * wide, 1), 1)?,
            scores: load("asp.conv", (wide, config.enc_attention_channels, 1), 1)?,
            last: load("fc", (config.enc_dim, 2 * wide, 1), 1)?,
            config: config.clone(),
        })
    }

    /// The vector `(enc_dim)` of a wave at 24 kHz; `None` where it is too short for the widest window.
    pub fn listen(&self, crew: &Crew, wave: &[f32]) -> Option<Vec<f32>> {
        self.look(crew, &picture(wave, self.config.mel_dim), &mut Watching::nobody())
    }

    /// The vector of a picture `(frames, mel_dim)`, under a watch.
    pub fn watched(&self, crew: &Crew, mel: &[f32], watch: &mut dyn Watch) -> Option<Vec<f32>> {
        self.look(crew, mel, &mut Watching::by(watch))
    }

    fn look(&self, crew: &Crew, mel: &[f32], watch: &mut Watching<'_>) -> Option<Vec<f32>> {
        let (kernels, dilations) = (&self.config.enc_kernel_sizes, &self.config.enc_dilations);
        let widest = kernels.iter().zip(dilations).map(|(kernel, dilation)| (kernel - 1) * dilation).max()?;
        if mel.len() / self.config.mel_dim <= widest {
            return None;
        }
        let width = self.config.enc_channels[0];
        let mut x = self.first.rectified(crew, mel);
        watch.layer("spk.blocks", 0, &x);
        let mut stages = Vec::new();
        for (number, block) in self.blocks.iter().enumerate() {
            x = block.forward(crew, &x, width);
            watch.layer("spk.blocks", number + 1, &x);
            stages.push(x.clone());
        }
        let time = x.len() / width;
        let joined: Vec<f32> = (0..time)
            .flat_map(|t| stages.iter().flat_map(move |stage| &stage[t * width..(t + 1) * width]))
            .copied()
            .collect();
        let x = self.together.rectified(crew, &joined);
        watch.see("spk.mfa", &x);
        let wide = x.len() / time;
        let even = vec![1.0 / time as f32; x.len()];
        let (mean, deviation) = statistics(&x, &even, wide);
        let context: Vec<f32> =
            x.chunks_exact(wide).flat_map(|row| row.iter().chain(&mean).chain(&deviation)).copied().collect();
        let mut inner = self.attention.rectified(crew, &context);
        inner.iter_mut().for_each(|v| *v = v.tanh());
        let mut shares = self.scores.forward(crew, &inner);
        let mut column = vec![0.0; time];
        for channel in 0..wide {
            column.iter_mut().zip(shares.iter().skip(channel).step_by(wide)).for_each(|(to, &from)| *to = from);
            softmax(&mut column);
            shares.iter_mut().skip(channel).step_by(wide).zip(&column).for_each(|(to, &from)| *to = from);
        }
        let (mean, deviation) = statistics(&x, &shares, wide);
        let pooled = [mean, deviation].concat();
        watch.see("spk.asp", &pooled);
        let vector = self.last.forward(crew, &pooled);
        watch.see("spk.out", &vector);
        Some(vector)
    }
}

impl Block {
    fn forward(&self, crew: &Crew, x: &[f32], width: usize) -> Vec<f32> {
        let time = x.len() / width;
        let entered = self.enter.rectified(crew, x);
        let part = width / (self.parts.len() + 1);
        let cut = |number: usize| -> Vec<f32> {
            entered.chunks_exact(width).flat_map(|row| &row[number * part..(number + 1) * part]).copied().collect()
        };
        let mut parts = vec![cut(0)];
        for (number, convolution) in self.parts.iter().enumerate() {
            let mut input = cut(number + 1);
            if number > 0 {
                add(&mut input, &parts[number]);
            }
            parts.push(convolution.rectified(crew, &input));
        }
        let joined: Vec<f32> =
            (0..time).flat_map(|t| parts.iter().flat_map(move |p| &p[t * part..(t + 1) * part])).copied().collect();
        let mut out = self.leave.rectified(crew, &joined);
        let even = vec![1.0 / time as f32; out.len()];
        let squeezed = self.squeeze.rectified(crew, &weighted(&out, &even, width));
        let gates: Vec<f32> =
            self.excite.forward(crew, &squeezed).into_iter().map(|v| 1.0 / (1.0 + (-v).exp())).collect();
        for (out, x) in out.chunks_exact_mut(width).zip(x.chunks_exact(width)) {
            for ((out, &x), &gate) in out.iter_mut().zip(x).zip(&gates) {
                *out = *out * gate + x;
            }
        }
        out
    }
}

/// For each channel the sum over time of `x` times its share, in f64: a recording has thousands of rows.
fn weighted(x: &[f32], shares: &[f32], width: usize) -> Vec<f32> {
    let mut sums = vec![0.0f64; width];
    for (row, shares) in x.chunks_exact(width).zip(shares.chunks_exact(width)) {
        for ((sum, &v), &share) in sums.iter_mut().zip(row).zip(shares) {
            *sum += f64::from(v) * f64::from(share);
        }
    }
    sums.into_iter().map(|sum| sum as f32).collect()
}

/// Weighted mean and standard deviation of each channel over time.
fn statistics(x: &[f32], shares: &[f32], width: usize) -> (Vec<f32>, Vec<f32>) {
    let mean = weighted(x, shares, width);
    let squares: Vec<f32> =
        x.chunks_exact(width).flat_map(|row| row.iter().zip(&mean).map(|(v, m)| (v - m) * (v - m))).collect();
    let deviation = weighted(&squares, shares, width).into_iter().map(|v| v.max(LEAST).sqrt()).collect();
    (mean, deviation)
}
