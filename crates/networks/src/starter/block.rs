//! The one convolutional block that all bundled networks stack: `x + scale · down(act(up(norm(depthwise(x)))))`
//! (after ConvNeXt, Liu et al. 2022). It knows no network's purpose.

use crate::kernel::{CausalDepthwise, DepthwiseKernel, Linear, add, add_scaled, layer_norm, relu, silu};
use crate::weights::{LoadError, Weights};

/// What stands between the two products.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Activation {
    Silu,
    Relu,
}

/// Names of the tensors, and the activation: the voice and the ear spell them differently.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spelling {
    pub depthwise: &'static str,
    pub up: &'static str,
    pub down: &'static str,
    pub scale: Option<&'static str>,
    pub activation: Activation,
}

#[derive(Clone)]
pub(super) struct Block {
    depthwise: DepthwiseKernel,
    norm_weight: Vec<f32>,
    norm_bias: Vec<f32>,
    up: Linear,
    down: Linear,
    scale: Option<Vec<f32>>,
    activation: Activation,
}

const EPSILON: f32 = 1e-5;

impl Block {
    pub fn load(
        weights: &Weights<'_>,
        name: &str,
        spelling: &Spelling,
        (width, taps, expand): (usize, usize, usize),
    ) -> Result<Self, LoadError> {
        let depthwise = format!("{name}.{}", spelling.depthwise);
        let kernel = weights.tensor_of(&format!("{depthwise}.weight"), &[&[width, taps], &[width, 1, taps]])?;
        Ok(Self {
            depthwise: DepthwiseKernel::new(&kernel, weights.tensor(&format!("{depthwise}.bias"), &[width])?, taps),
            norm_weight: weights.tensor(&format!("{name}.norm.weight"), &[width])?,
            norm_bias: weights.tensor(&format!("{name}.norm.bias"), &[width])?,
            up: weights.linear(&format!("{name}.{}", spelling.up), width * expand, width)?,
            down: weights.linear(&format!("{name}.{}", spelling.down), width, width * expand)?,
            scale: spelling.scale.map(|scale| weights.tensor(&format!("{name}.{scale}"), &[width])).transpose()?,
            activation: spelling.activation,
        })
    }

    /// Multiply-adds for one row.
    pub fn macs(&self) -> usize {
        self.up.macs() + self.down.macs()
    }

    /// A whole sequence `(time, width)` in place, seeing to both sides.
    pub fn whole(&self, x: &mut [f32]) {
        let mixed = self.depthwise.centred(x);
        self.rest(x, &mixed);
    }

    /// The next rows of several sequences in place: `x` `(sequences, rows, width)`, one past for each sequence.
    pub fn next<'a>(&self, x: &mut [f32], pasts: impl ExactSizeIterator<Item = &'a mut CausalDepthwise>) {
        let size = x.len() / pasts.len().max(1);
        let mut mixed = vec![0.0; x.len()];
        for ((past, x), mixed) in pasts.zip(x.chunks_exact(size)).zip(mixed.chunks_exact_mut(size)) {
            past.push(&self.depthwise, x, mixed);
        }
        self.rest(x, &mixed);
    }

    fn rest(&self, x: &mut [f32], mixed: &[f32]) {
        let mut normed = vec![0.0; x.len()];
        layer_norm(mixed, &self.norm_weight, &self.norm_bias, EPSILON, &mut normed);
        let mut wide = self.up.forward(&normed);
        match self.activation {
            Activation::Silu => silu(&mut wide),
            Activation::Relu => relu(&mut wide),
        }
        self.down.apply(&wide, &mut normed);
        match &self.scale {
            Some(scale) => add_scaled(x, &normed, scale),
            None => add(x, &normed),
        }
    }
}
