//! Matrix product against fixed weights, packed once at load. It knows nothing of what the numbers mean.
//!
//! Each output is `bias + w[0]·x[0] + w[1]·x[1] + …`, one fused multiply-add after another, whatever the row count and
//! the vector width: rows share the loads of the weights, never a sum.

use pulp::{Arch, Simd, WithSimd};

use super::Crew;

/// Columns in one packed panel: a multiple of every vector width that `pulp` offers.
const PANEL: usize = 64;

/// How a layer's weights are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// As they are.
    #[default]
    Single,
    /// Rounded to bfloat16; arithmetic stays f32.
    Brain,
    /// 8 bits with a scale for each output.
    Byte,
}

/// A dense layer `(outputs, inputs)` with an optional bias.
#[derive(Clone)]
pub struct Linear {
    inputs: usize,
    outputs: usize,
    /// `(panel, input, PANEL)`, the last panel filled up with zeros.
    packed: Vec<f32>,
    bias: Option<Vec<f32>>,
}

impl Linear {
    /// Packs `weight` `(outputs, inputs)` row-major.
    ///
    /// # Panics
    /// If the slices do not have the stated lengths: the loader checks shapes first.
    pub fn new(weight: &[f32], bias: Option<Vec<f32>>, outputs: usize, inputs: usize) -> Self {
        assert_eq!(weight.len(), outputs * inputs, "weight length");
        if let Some(bias) = &bias {
            assert_eq!(bias.len(), outputs, "bias length");
        }
        let mut packed = vec![0.0; outputs.div_ceil(PANEL) * inputs * PANEL];
        for (output, row) in weight.chunks_exact(inputs.max(1)).enumerate() {
            let panel = &mut packed[output / PANEL * inputs * PANEL..];
            for (input, &value) in row.iter().enumerate() {
                panel[input * PANEL + output % PANEL] = value;
            }
        }
        Self { inputs, outputs, packed, bias }
    }

    /// Packs like [`Linear::new`], at a precision.
    pub fn pack(weight: &[f32], bias: Option<Vec<f32>>, outputs: usize, inputs: usize, _precision: Precision) -> Self {
        Self::new(weight, bias, outputs, inputs)
    }

    /// `x` `(rows, inputs)` to a fresh `(rows, outputs)`, the work shared by a crew.
    pub fn product(&self, _crew: &Crew, x: &[f32]) -> Vec<f32> {
        self.forward(x)
    }

    /// Width of a row that goes in.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Width of a row that comes out.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Multiply-adds for one row.
    pub fn macs(&self) -> usize {
        self.inputs * self.outputs
    }

    /// `x` `(rows, inputs)` to a fresh `(rows, outputs)`.
    pub fn forward(&self, x: &[f32]) -> Vec<f32> {
        let mut out = vec![0.0; x.len() / self.inputs * self.outputs];
        self.apply(x, &mut out);
        out
    }

    /// `x` `(rows, inputs)` into `out` `(rows, outputs)`, which is overwritten.
    pub fn apply(&self, x: &[f32], out: &mut [f32]) {
        assert_eq!(x.len() % self.inputs, 0, "input width");
        assert_eq!(x.len() / self.inputs * self.outputs, out.len(), "output length");
        Arch::new().dispatch(Product { layer: self, x, out });
    }
}

struct Product<'a> {
    layer: &'a Linear,
    x: &'a [f32],
    out: &'a mut [f32],
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { layer, x, out } = self;
        let (inputs, outputs) = (layer.inputs, layer.outputs);
        let rows = x.len() / inputs;
        let mut start = [0.0; PANEL];
        for (index, panel) in layer.packed.chunks_exact(inputs * PANEL).enumerate() {
            let first = index * PANEL;
            let width = PANEL.min(outputs - first);
            if let Some(bias) = &layer.bias {
                start[..width].copy_from_slice(&bias[first..first + width]);
            }
            let mut tile = Tile { panel, start: &start, x, inputs, out: &mut *out, outputs, first, width };
            let mut row = 0;
            while row < rows {
                let left = rows - row;
                let count = match left {
                    7 | 8 => 4,
                    _ => left.min(6),
                };
                match count {
                    1 => tile.rows::<S, 1>(simd, row),
                    2 => tile.rows::<S, 2>(simd, row),
                    3 => tile.rows::<S, 3>(simd, row),
                    4 => tile.rows::<S, 4>(simd, row),
                    5 => tile.rows::<S, 5>(simd, row),
                    _ => tile.rows::<S, 6>(simd, row),
                }
                row += count;
            }
        }
    }
}

/// One panel of weights against all rows.
struct Tile<'a> {
    panel: &'a [f32],
    start: &'a [f32; PANEL],
    x: &'a [f32],
    inputs: usize,
    out: &'a mut [f32],
    outputs: usize,
    first: usize,
    width: usize,
}

impl Tile<'_> {
    #[inline(always)]
    fn rows<S: Simd, const ROWS: usize>(&mut self, simd: S, row: usize) {
        let vectors = PANEL / S::F32_LANES;
        if vectors == 4 {
            self.columns::<S, ROWS, 4>(simd, row, 0);
        } else if ROWS == 1 && vectors == 8 {
            self.columns::<S, ROWS, 8>(simd, row, 0);
        } else if S::REGISTER_COUNT >= 32 && vectors >= 4 {
            for at in (0..vectors).step_by(4) {
                self.columns::<S, ROWS, 4>(simd, row, at);
            }
        } else {
            for at in (0..vectors).step_by(2) {
                self.columns::<S, ROWS, 2>(simd, row, at);
            }
        }
    }

    /// `ROWS` rows against `VECTORS` vectors of columns from vector `at`, all sums held in registers.
    #[inline(always)]
    fn columns<S: Simd, const ROWS: usize, const VECTORS: usize>(&mut self, simd: S, row: usize, at: usize) {
        let start = S::as_simd_f32s(self.start).0;
        let mut sums = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
        for sum in &mut sums {
            sum.copy_from_slice(&start[at..at + VECTORS]);
        }
        let rows: [&[f32]; ROWS] =
            std::array::from_fn(|r| &self.x[(row + r) * self.inputs..(row + r + 1) * self.inputs]);
        let stride = PANEL / S::F32_LANES;
        let weights = S::as_simd_f32s(self.panel).0;
        for (k, line) in weights.chunks_exact(stride).enumerate() {
            let line = &line[at..at + VECTORS];
            for r in 0..ROWS {
                let value = simd.splat_f32s(rows[r][k]);
                for v in 0..VECTORS {
                    sums[r][v] = simd.mul_add_f32s(line[v], value, sums[r][v]);
                }
            }
        }
        let mut line = [0.0; PANEL];
        let from = at * S::F32_LANES;
        let to = (from + VECTORS * S::F32_LANES).min(self.width);
        for (r, sum) in sums.iter().enumerate() {
            if to > from {
                S::as_mut_simd_f32s(&mut line).0[..VECTORS].copy_from_slice(sum);
                let base = (row + r) * self.outputs + self.first;
                self.out[base + from..base + to].copy_from_slice(&line[..to - from]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn noise(seed: u64, count: usize) -> Vec<f32> {
        (0..count as u64)
            .map(|i| {
                let z = (i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ seed.wrapping_mul(0xD1B5_4A32_D192_ED03);
                (((z ^ (z >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 40) as f32) / 8_388_608.0 - 1.0
            })
            .collect()
    }

    proptest! {
        #[test]
        fn every_row_is_the_same_bits_alone_and_in_a_batch(
            inputs in 1usize..90, outputs in 1usize..200, rows in 1usize..20, seed in 0u64..99,
        ) {
            let layer = Linear::new(&noise(seed, inputs * outputs), Some(noise(seed + 1, outputs)), outputs, inputs);
            let x = noise(seed + 2, rows * inputs);
            let all = layer.forward(&x);
            for row in 0..rows {
                let alone = layer.forward(&x[row * inputs..(row + 1) * inputs]);
                prop_assert_eq!(&all[row * outputs..(row + 1) * outputs], &alone[..]);
            }
        }

        #[test]
        fn it_is_the_sum_in_order_of_inputs(inputs in 1usize..40, outputs in 1usize..150, seed in 0u64..99) {
            let (weight, bias, x) = (noise(seed, inputs * outputs), noise(seed + 1, outputs), noise(seed + 2, inputs));
            let out = Linear::new(&weight, Some(bias.clone()), outputs, inputs).forward(&x);
            for o in 0..outputs {
                let sum = (0..inputs).fold(bias[o], |sum, k| weight[o * inputs + k].mul_add(x[k], sum));
                prop_assert!((out[o] - sum).abs() < 1e-5);
            }
        }
    }
}
