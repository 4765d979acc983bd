//! The ear's two networks: which phones, and whose voice. They know no sound, only pictures.

use serde::Deserialize;

use super::super::block::{Activation, Block, Spelling};
use super::super::reference::pool;
use super::picture::{MELS, stack};
use crate::kernel::{Linear, layer_norm, log_softmax};
use crate::weights::{LoadError, Weights};

const EPSILON: f32 = 1e-5;
const EAR_BLOCK: Spelling =
    Spelling { depthwise: "depthwise", up: "into", down: "back", scale: None, activation: Activation::Relu };

/// Sizes of one network, as in the description.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Shape {
    pub width: usize,
    pub taps: usize,
    pub times: usize,
    pub depth: usize,
    pub stack: usize,
    pub reach: usize,
}

impl Shape {
    pub fn is_sane(&self) -> bool {
        self.width > 0 && self.taps % 2 == 1 && (1..=16).contains(&self.stack) && self.reach <= 16
    }
}

/// Entry, blocks and last norm: what both networks share.
struct Trunk {
    shape: Shape,
    entry: Linear,
    blocks: Vec<Block>,
    norm_weight: Vec<f32>,
    norm_bias: Vec<f32>,
}

impl Trunk {
    fn load(weights: &Weights<'_>, name: &str, shape: Shape) -> Result<Self, LoadError> {
        let size = (shape.width, shape.taps, shape.times);
        let block = |k: usize| Block::load(weights, &format!("{name}.blocks.{k}"), &EAR_BLOCK, size);
        Ok(Self {
            shape,
            entry: weights.linear(&format!("{name}.entry"), shape.width, (shape.stack + 2 * shape.reach) * MELS)?,
            blocks: (0..shape.depth).map(block).collect::<Result<_, _>>()?,
            norm_weight: weights.tensor(&format!("{name}.norm.weight"), &[shape.width])?,
            norm_bias: weights.tensor(&format!("{name}.norm.bias"), &[shape.width])?,
        })
    }

    /// `(frames, MELS)` to `(frames / stack, width)`.
    fn forward(&self, picture: &[f32]) -> Vec<f32> {
        let mut x = self.entry.forward(&stack(picture, self.shape.stack, self.shape.reach));
        for block in &self.blocks {
            block.whole(&mut x);
        }
        let mut normed = vec![0.0; x.len()];
        layer_norm(&x, &self.norm_weight, &self.norm_bias, EPSILON, &mut normed);
        normed
    }
}

/// Phones, one distribution for each 30 ms (CTC, Graves et al. 2006).
pub(super) struct Recogniser {
    trunk: Trunk,
    head: Linear,
}

impl Recogniser {
    pub fn load(weights: &Weights<'_>, shape: Shape, classes: usize) -> Result<Self, LoadError> {
        Ok(Self {
            trunk: Trunk::load(weights, "recogniser", shape)?,
            head: weights.linear("recogniser.head", classes, shape.width)?,
        })
    }

    /// Logits `(steps, classes)` of a levelled picture.
    pub fn logits(&self, picture: &[f32]) -> Vec<f32> {
        self.head.forward(&self.trunk.forward(picture))
    }

    /// Mean of the log-probabilities of several pictures of one wave, normalised again.
    pub fn log_probs(&self, pictures: &[Vec<f32>]) -> Vec<f32> {
        let classes = self.head.outputs();
        let mut mean: Vec<f32> = Vec::new();
        for picture in pictures {
            let mut logits = self.logits(picture);
            log_softmax(&mut logits, classes);
            mean.resize(logits.len(), 0.0);
            mean.iter_mut().zip(&logits).for_each(|(mean, v)| *mean += v / pictures.len() as f32);
        }
        log_softmax(&mut mean, classes);
        mean
    }

    /// Frames in one step.
    pub fn stack(&self) -> usize {
        self.trunk.shape.stack
    }
}

/// A direction for each voice: the same person's point alike.
pub(super) struct Speaker {
    trunk: Trunk,
    attend: Linear,
    out: Linear,
}

impl Speaker {
    pub fn load(weights: &Weights<'_>, shape: Shape, out: usize) -> Result<Self, LoadError> {
        let width = shape.width;
        Ok(Self {
            trunk: Trunk::load(weights, "speaker", shape)?,
            attend: weights.linear("speaker.attend", width, width)?,
            out: weights.linear("speaker.out", out, 2 * width)?,
        })
    }

    /// Unit vector for a speaker-levelled picture of at least one step.
    pub fn embed(&self, picture: &[f32]) -> Vec<f32> {
        let x = self.trunk.forward(picture);
        let mut out = self.out.forward(&pool(&x, &self.attend.forward(&x), self.trunk.shape.width));
        super::make_unit(&mut out);
        out
    }
}
