//! The decoder's stages that make rows of one row: ConvNeXt blocks after the transformer, then residual units with snakes
//! down to single samples. It knows no codes.

use super::config::{DILATIONS, DecoderConfig};
use super::convolution::{Causal, Depthwise, Lanes, Single};
use crate::checkpoint::Checkpoint;
use crate::kernel::{
    Crew, Linear, Precision, Sheet, add, add_scaled, even, gelu, layer_norm, many, room, snake, snake_to,
};
use crate::weights::LoadError;

/// Numbers of a piece of pointwise work.
const PIECE: usize = 1 << 14;

/// `work` on pieces of whole rows of `x` `(rows, channels)`, and the same piece of `y`.
pub(super) fn rowwise(
    crew: &Crew,
    x: &mut [f32],
    y: &[f32],
    channels: usize,
    work: impl Fn(&mut [f32], &[f32]) + Sync,
) {
    let size = (PIECE / channels).max(1) * channels;
    crew.pieces(x, size, |piece, x| work(x, &y[piece * size..][..x.len()]));
}

/// `x += y`.
pub(super) fn add_rows(crew: &Crew, x: &mut [f32], y: &[f32]) {
    crew.pieces(x, PIECE, |piece, x| add(x, &y[piece * PIECE..][..x.len()]));
}

/// SnakeBeta of one set of channels.
struct Snake {
    /// `e^alpha`.
    alpha: Vec<f32>,
    /// `1 / (e^beta + 1e-9)`.
    inverse_beta: Vec<f32>,
}

impl Snake {
    fn load(checkpoint: &Checkpoint, name: &str, channels: usize) -> Result<Self, LoadError> {
        let read = |part: &str, formula: fn(f32) -> f32| {
            let name = format!("{name}.{part}");
            let numbers: Vec<f32> = checkpoint.tensor(&name, &[channels])?.into_iter().map(formula).collect();
            match numbers.iter().all(|number| number.is_finite()) {
                true => Ok(numbers),
                false => Err(LoadError::Numbers { name, what: "the logarithm of nothing finite".to_owned() }),
            }
        };
        Ok(Self { alpha: read("alpha", f32::exp)?, inverse_beta: read("beta", |beta| 1.0 / (beta.exp() + 1e-9))? })
    }

    /// Whole rows, on the calling thread.
    fn rows(&self, x: &[f32], out: &mut [f32]) {
        snake_to(x, &self.alpha, &self.inverse_beta, out);
    }

    fn apply(&self, crew: &Crew, x: &mut [f32]) {
        let size = (PIECE / self.alpha.len()).max(1) * self.alpha.len();
        crew.pieces(x, size, |_, x| snake(x, &self.alpha, &self.inverse_beta));
    }
}

/// A transposed convolution and a ConvNeXt block (Liu et al. 2022) behind it.
pub(super) struct Widening {
    up: Causal,
    depthwise: Depthwise,
    norm: (Vec<f32>, Vec<f32>),
    wide: Linear,
    narrow: Linear,
    gamma: Vec<f32>,
}

/// Added to the variance in the blocks' norms; no config has it.
const EPSILON: f32 = 1e-6;

impl Widening {
    /// Loads `decoder.upsample.{index}.…`; `numbers` counts the convolutions that remember.
    pub fn load(
        checkpoint: &Checkpoint,
        config: &DecoderConfig,
        index: usize,
        numbers: &mut std::ops::RangeFrom<usize>,
        precision: Precision,
    ) -> Result<Self, LoadError> {
        let (width, factor) = (config.latent_dim, config.upsampling_ratios[index]);
        let at = format!("decoder.upsample.{index}.");
        let vector = |name: &str| checkpoint.tensor(&format!("{at}1.{name}"), &[width]);
        let linear = |name: &str, outputs: usize, inputs: usize| {
            let weight = checkpoint.tensor(&format!("{at}1.{name}.weight"), &[outputs, inputs])?;
            let bias = checkpoint.tensor(&format!("{at}1.{name}.bias"), &[outputs])?;
            Ok::<_, LoadError>(Linear::coarse(&weight, Some(bias), (outputs, inputs, inputs), precision))
        };
        let up = format!("{at}0.conv");
        // It has as many taps as it makes rows, so it remembers nothing.
        let up = Causal::load_transposed(checkpoint, &up, (width, width, factor), factor, 0, precision)?;
        let number = numbers.start;
        numbers.next();
        Ok(Self {
            up,
            depthwise: Depthwise::load(checkpoint, &format!("{at}1.dwconv.conv"), (width, 7), number)?,
            norm: (vector("norm.weight")?, vector("norm.bias")?),
            wide: linear("pwconv1", 4 * width, width)?,
            narrow: linear("pwconv2", width, 4 * width)?,
            gamma: vector("gamma")?,
        })
    }

    /// Weights of its products.
    #[cfg(test)]
    pub fn macs(&self) -> usize {
        self.up.macs() + self.wide.macs() + self.narrow.macs()
    }

    /// The transposed convolution.
    pub fn up(&self, crew: &Crew, x: &[f32], lanes: &mut Lanes) -> Vec<f32> {
        self.up.forward(crew, x, lanes)
    }

    /// The block, in place.
    pub fn block(&self, crew: &Crew, x: &mut [f32], lanes: &mut Lanes) {
        let mut seen = self.depthwise.forward(crew, x, lanes);
        let raw = seen.clone();
        let width = self.gamma.len();
        rowwise(crew, &mut seen, &raw, width, |out, x| layer_norm(x, &self.norm.0, &self.norm.1, EPSILON, out));
        let mut wide = self.wide.product(crew, &seen);
        crew.pieces(&mut wide, PIECE, |_, piece| gelu(piece));
        let narrow = self.narrow.product(crew, &wide);
        rowwise(crew, x, &narrow, width, |x, y| add_scaled(x, y, &self.gamma));
    }
}

struct Residual {
    before: Snake,
    spread: Causal,
    between: Snake,
    mix: Causal,
}

impl Residual {
    /// In place.
    fn forward(&self, crew: &Crew, x: &mut [f32], lanes: &mut Lanes) {
        let mix = self.mix.product();
        let channels = mix.outputs();
        let rows = x.len() / channels;
        let seen = self.spread.see(crew, x, lanes, |x, out| self.before.rows(x, out));
        if many(rows) {
            // All the way with some rows: what lies between stays near one thread.
            let (size, alone) = (even(crew, rows), Crew::alone());
            let starts: Vec<usize> = (0..size).collect();
            let memory = || (Vec::new(), Vec::new(), Sheet::default());
            crew.pieces_with(x, size * channels, memory, |(spread, mixed, sheet), piece, x| {
                let rows = x.len() / channels;
                let (spread, mixed) = (room(spread, x.len()), room(mixed, x.len()));
                seen.product_into(&alone, piece * size, spread);
                mix.lay(&alone, sheet, (rows, channels), |first, to| {
                    self.between.rows(&spread[first * channels..][..to.len()], to);
                });
                mix.taps_into(&alone, sheet, &starts[..rows], 1, mixed);
                add(x, mixed);
            });
        } else {
            let mut spread = vec![0.0; x.len()];
            seen.product_into(crew, 0, &mut spread);
            self.between.apply(crew, &mut spread);
            add_rows(crew, x, &mix.product(crew, &spread));
        }
        seen.leave(lanes);
    }
}

/// Snake, transposed convolution, three residual units.
pub(super) struct Stage {
    before: Snake,
    up: Causal,
    residuals: Vec<Residual>,
}

impl Stage {
    /// Loads `decoder.decoder.{index + 1}.block.…`.
    pub fn load(
        checkpoint: &Checkpoint,
        config: &DecoderConfig,
        index: usize,
        numbers: &mut std::ops::RangeFrom<usize>,
        precision: Precision,
    ) -> Result<Self, LoadError> {
        let (wide, factor) = (config.decoder_dim >> index, config.upsample_rates[index]);
        let width = wide / 2;
        let at = format!("decoder.decoder.{}.block.", index + 1);
        let mut next = || {
            numbers.next();
            numbers.start - 1
        };
        let up = (width, wide, 2 * factor);
        let up = Causal::load_transposed(checkpoint, &format!("{at}1.conv"), up, factor, next(), precision)?;
        let residuals = DILATIONS.iter().enumerate().map(|(unit, &dilation)| {
            let at = format!("{at}{}.", unit + 2);
            let convolution = |name: &str, taps, dilation, number| {
                let name = format!("{at}{name}.conv");
                Causal::load(checkpoint, &name, (width, width, taps), (1, dilation), number, precision)
            };
            Ok(Residual {
                before: Snake::load(checkpoint, &format!("{at}act1"), width)?,
                spread: convolution("conv1", 7, dilation, next())?,
                between: Snake::load(checkpoint, &format!("{at}act2"), width)?,
                mix: convolution("conv2", 1, 1, 0)?,
            })
        });
        Ok(Self {
            up,
            residuals: residuals.collect::<Result<_, LoadError>>()?,
            before: Snake::load(checkpoint, &format!("{at}0"), wide)?,
        })
    }

    /// Weights of its products.
    #[cfg(test)]
    pub fn macs(&self) -> usize {
        self.up.macs() + self.residuals.iter().map(|unit| unit.spread.macs() + unit.mix.macs()).sum::<usize>()
    }

    /// `x` `(rows, channels)` to `(rows · factor, channels / 2)`.
    pub fn forward(&self, crew: &Crew, x: &[f32], lanes: &mut Lanes) -> Vec<f32> {
        let mut made = self.up.activated(crew, x, lanes, |x, out| self.before.rows(x, out));
        self.residuals.iter().for_each(|unit| unit.forward(crew, &mut made, lanes));
        made
    }
}

/// Last snake and the convolution to one channel.
pub(super) struct Voice {
    snake: Snake,
    last: Single,
}

impl Voice {
    /// Loads the last two of `decoder.decoder.…`.
    pub fn load(checkpoint: &Checkpoint, config: &DecoderConfig, number: usize) -> Result<Self, LoadError> {
        let stages = config.upsample_rates.len();
        let width = config.decoder_dim >> stages;
        Ok(Self {
            snake: Snake::load(checkpoint, &format!("decoder.decoder.{}", stages + 1), width)?,
            last: Single::load(checkpoint, &format!("decoder.decoder.{}.conv", stages + 2), (width, 7), number)?,
        })
    }

    /// The snake, in place.
    pub fn activate(&self, crew: &Crew, x: &mut [f32]) {
        self.snake.apply(crew, x);
    }

    /// One sample for each row, not yet limited. `frame` rows are one frame.
    pub fn samples(&self, crew: &Crew, x: &[f32], frame: usize, lanes: &mut Lanes) -> Vec<f32> {
        self.last.forward(crew, x, frame, lanes)
    }
}
