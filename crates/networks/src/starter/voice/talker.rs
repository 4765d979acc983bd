//! The causal transformer that walks the 80 ms grid, one row for each slot and step. It knows no text and no code.

use super::super::description;
use crate::kernel::{HeadNorms, KeyValues, Linear, Rotation, add, attend, rms_norm, silu_gate};
use crate::weights::{LoadError, Weights};

const EPSILON: f32 = 1e-5;
const ROTARY_BASE: f32 = 10_000.0;
struct Layer {
    before: Vec<f32>,
    query_key_value: Linear,
    norms: HeadNorms,
    join: Linear,
    between: Vec<f32>,
    gate_up: Linear,
    down: Linear,
}

pub(super) struct Talker {
    shape: description::Talker,
    layers: Vec<Layer>,
    last: Vec<f32>,
}

/// What one sequence has said so far.
pub(super) struct Memory {
    layers: Vec<KeyValues>,
    rotation: Rotation,
    step: usize,
}

impl Talker {
    pub fn load(weights: &Weights<'_>, shape: &description::Talker) -> Result<Self, LoadError> {
        let &description::Talker { width, heads, hidden, layers: depth, .. } = shape;
        let layer = |k: usize| -> Result<Layer, LoadError> {
            let name = |part: &str| format!("talker.layers.{k}.{part}");
            Ok(Layer {
                before: weights.tensor(&name("before.weight"), &[width])?,
                query_key_value: weights.linear_without_bias(&name("query_key_value"), 3 * width, width)?,
                norms: HeadNorms {
                    query: weights.tensor(&name("query_norm.weight"), &[width / heads])?,
                    key: weights.tensor(&name("key_norm.weight"), &[width / heads])?,
                    epsilon: EPSILON,
                },
                join: weights.linear_without_bias(&name("join"), width, width)?,
                between: weights.tensor(&name("between.weight"), &[width])?,
                gate_up: weights.linear_without_bias(&name("gate_up"), 2 * hidden, width)?,
                down: weights.linear_without_bias(&name("down"), width, hidden)?,
            })
        };
        Ok(Self {
            shape: *shape,
            layers: (0..depth).map(layer).collect::<Result<_, _>>()?,
            last: weights.tensor("talker.last.weight", &[width])?,
        })
    }

    pub fn memory(&self) -> Memory {
        Memory {
            layers: vec![KeyValues::new(self.shape.window); self.shape.layers],
            rotation: Rotation::new(self.shape.width / self.shape.heads, ROTARY_BASE),
            step: 0,
        }
    }

    /// One step of each sequence: `x` `(sequences, width)` to the last norm's output.
    pub fn step(&self, mut x: Vec<f32>, memories: &mut [&mut Memory]) -> Vec<f32> {
        let description::Talker { width, heads, hidden, .. } = self.shape;
        let rows = memories.len();
        for memory in &mut *memories {
            let step = memory.step;
            memory.rotation.turn_to(step);
            memory.step += 1;
        }
        let mut normed = vec![0.0; x.len()];
        let mut mixed = vec![0.0; x.len()];
        let mut gated = vec![0.0; rows * hidden];
        for (index, layer) in self.layers.iter().enumerate() {
            rms_norm(&x, &layer.before, EPSILON, &mut normed);
            let mut both = layer.query_key_value.forward(&normed);
            for ((memory, row), out) in
                memories.iter_mut().zip(both.chunks_exact_mut(3 * width)).zip(mixed.chunks_exact_mut(width))
            {
                attend(row, heads, &layer.norms, &memory.rotation, &mut memory.layers[index], out);
            }
            layer.join.apply(&mixed, &mut normed);
            add(&mut x, &normed);
            rms_norm(&x, &layer.between, EPSILON, &mut normed);
            silu_gate(&layer.gate_up.forward(&normed), hidden, &mut gated);
            layer.down.apply(&gated, &mut normed);
            add(&mut x, &normed);
        }
        rms_norm(&x, &self.last, EPSILON, &mut normed);
        normed
    }

    /// Multiply-adds of one step of one sequence, without attention's own.
    pub fn macs(&self) -> usize {
        let one = |l: &Layer| l.query_key_value.macs() + l.join.macs() + l.gate_up.macs() + l.down.macs();
        self.layers.iter().map(one).sum()
    }
}
