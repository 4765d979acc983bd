//! The innermost loops of the matrix product in f32: some rows against some panels, all sums held in registers. It knows no
//! thread.

use std::marker::PhantomData;

use pulp::{Arch, Simd, WithSimd};

use super::dots::prefetch;
use super::kept::Kept;
use super::{Linear, Way, ahead, blocks, panels_here};

/// Inputs that are worked on in one go when there are many rows: panel and rows stay in the second cache.
const DEPTH: usize = 1024;
/// Bytes of a panel that several blocks of rows go through one after the other: they stay in the first cache.
const NEAR: usize = 32 << 10;
/// Columns of the widest panel.
const WIDEST: usize = 64;

/// Fused multiply-adds in f32.
pub(super) struct Fused<W>(PhantomData<W>);

/// Rows as the sums take them.
pub(super) struct Lined<'a> {
    /// `(block of rows, input, row of the block)`, inputs filled up with zeros to whole words.
    numbers: std::borrow::Cow<'a, [f32]>,
    rows: usize,
    depth: usize,
}

impl<W: Kept> Way for Fused<W> {
    type Lined<'a> = Lined<'a>;
    const PANEL: usize = W::PANEL;

    fn line_up<'a>(layer: &Linear, x: &'a [f32]) -> Lined<'a> {
        let inputs = layer.inputs;
        let (rows, depth) = (x.len() / inputs, inputs.next_multiple_of(W::PARTS));
        if rows == 1 && depth == inputs {
            return Lined { numbers: x.into(), rows, depth };
        }
        let mut numbers = vec![0.0; rows * depth];
        for (first, size) in blocks(rows) {
            let block = &mut numbers[first * depth..(first + size) * depth];
            for (row, line) in x[first * inputs..(first + size) * inputs].chunks_exact(inputs).enumerate() {
                block.iter_mut().skip(row).step_by(size).zip(line).for_each(|(to, &from)| *to = from);
            }
        }
        Lined { numbers: numbers.into(), rows, depth }
    }

    fn work(layer: &Linear, first: usize, rows: &Lined, strides: (usize, usize), out: &mut [f32]) {
        let scales = (!layer.scales.is_empty()).then_some(&layer.scales[..]);
        let (panel_stride, row_stride) = strides;
        Arch::new().dispatch(Block::<W> {
            layer,
            scales,
            first,
            rows,
            panel_stride,
            row_stride,
            out,
            from: 0,
            to: 0,
            block: 0,
            kept: PhantomData,
        });
    }
}

/// Some panels of a layer against some rows.
struct Block<'a, W> {
    layer: &'a Linear,
    scales: Option<&'a [f32]>,
    /// First panel.
    first: usize,
    rows: &'a Lined<'a>,
    /// From a panel to the next in `out`.
    panel_stride: usize,
    /// From a row to the next in `out`.
    row_stride: usize,
    out: &'a mut [f32],
    /// The inputs that are being worked on.
    from: usize,
    to: usize,
    /// The number of the block of rows.
    block: usize,
    kept: PhantomData<W>,
}

impl<W: Kept> WithSimd for Block<'_, W> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let (depth, rows) = (self.rows.depth, self.rows.rows);
        let panels = panels_here(self.layer.outputs, W::PANEL, self.first, rows, self.out.len());
        let deep = if rows > 1 { DEPTH } else { depth };
        let near = if rows > 1 { NEAR / 4 / W::PANEL * W::PARTS } else { depth };
        for deep_from in (0..depth).step_by(deep) {
            let deep_to = depth.min(deep_from + deep);
            for panel in 0..panels {
                self.from = deep_from;
                while self.from < deep_to {
                    self.to = deep_to.min(self.from + near);
                    for (number, (row, size)) in blocks(rows).enumerate() {
                        self.block = number;
                        match size {
                            1 => self.rows::<S, 1>(simd, panel, row),
                            2 => self.rows::<S, 2>(simd, panel, row),
                            3 => self.rows::<S, 3>(simd, panel, row),
                            4 => self.rows::<S, 4>(simd, panel, row),
                            5 => self.rows::<S, 5>(simd, panel, row),
                            _ => self.rows::<S, 6>(simd, panel, row),
                        }
                    }
                    self.from = self.to;
                }
            }
        }
    }
}

impl<W: Kept> Block<'_, W> {
    /// One panel against `ROWS` rows from `row` on, as many vectors of columns at a time as the registers hold.
    #[inline(always)]
    fn rows<S: Simd, const ROWS: usize>(&mut self, simd: S, panel: usize, row: usize) {
        let width = W::PANEL.min(self.layer.outputs - (self.first + panel) * W::PANEL);
        let vectors = width.div_ceil(S::F32_LANES);
        let mut at = 0;
        while at < vectors {
            let left = vectors - at;
            if (ROWS == 1 || S::REGISTER_COUNT >= 32) && left >= 3 && W::PANEL / S::F32_LANES >= 4 {
                self.columns::<S, ROWS, 4>(simd, panel, row, at);
                at += 4;
            } else if left >= 2 {
                self.columns::<S, ROWS, 2>(simd, panel, row, at);
                at += 2;
            } else {
                self.columns::<S, ROWS, 1>(simd, panel, row, at);
                at += 1;
            }
        }
    }

    /// `ROWS` rows against `VECTORS` vectors of columns from vector `at` of the panel.
    #[inline(always)]
    fn columns<S: Simd, const ROWS: usize, const VECTORS: usize>(
        &mut self,
        simd: S,
        panel: usize,
        row: usize,
        at: usize,
    ) {
        let (from, to, depth) = (self.from, self.to, self.rows.depth);
        let panel_number = self.first + panel;
        let from_column = at * S::F32_LANES;
        let first = panel_number * W::PANEL + from_column;
        let width = (VECTORS * S::F32_LANES).min(self.layer.outputs - first);
        let base = panel * self.panel_stride + row * self.row_stride + from_column;

        let mut line = [0.0; WIDEST];
        let mut sums = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
        if from > 0 {
            for (r, sums) in sums.iter_mut().enumerate() {
                line[..width].copy_from_slice(&self.out[base + r * self.row_stride..][..width]);
                sums.copy_from_slice(&S::as_simd_f32s(&line).0[..VECTORS]);
            }
        } else if let (Some(bias), None) = (&self.layer.bias, self.scales) {
            line[..width].copy_from_slice(&bias[first..first + width]);
            for sums in &mut sums {
                sums.copy_from_slice(&S::as_simd_f32s(&line).0[..VECTORS]);
            }
        }

        let vectors = W::PANEL / S::F32_LANES;
        let start = panel_number * depth / W::PARTS * W::PANEL;
        let (start, end) = (start + from / W::PARTS * W::PANEL, start + to / W::PARTS * W::PANEL);
        let weights = &self.layer.packed[start..end];
        let ahead = ahead(&self.layer.packed, start, end - start, self.rows.rows, self.block);
        let inputs = &self.rows.numbers[row * depth + from * ROWS..row * depth + to * ROWS];
        let words = S::as_simd_u32s(weights).0.chunks_exact(vectors);
        let inputs = inputs.as_chunks::<ROWS>().0.chunks_exact(W::PARTS);
        for (number, (words, inputs)) in words.zip(inputs).enumerate() {
            prefetch(ahead.get(number * W::PANEL / 2..(number + 1) * W::PANEL / 2));
            let words = &words[at..at + VECTORS];
            for (part, inputs) in inputs.iter().enumerate() {
                let mut opened = [simd.splat_f32s(0.0); VECTORS];
                for v in 0..VECTORS {
                    opened[v] = W::open(simd, words[v], part);
                }
                for r in 0..ROWS {
                    let value = simd.splat_f32s(inputs[r]);
                    for v in 0..VECTORS {
                        sums[r][v] = simd.mul_add_f32s(opened[v], value, sums[r][v]);
                    }
                }
            }
        }

        if let (true, Some(scales)) = (to == depth, self.scales) {
            line[..width].copy_from_slice(&scales[first..first + width]);
            let mut by = [simd.splat_f32s(0.0); VECTORS];
            by.copy_from_slice(&S::as_simd_f32s(&line).0[..VECTORS]);
            line[..width].fill(0.0);
            if let Some(bias) = &self.layer.bias {
                line[..width].copy_from_slice(&bias[first..first + width]);
            }
            for sums in &mut sums {
                for v in 0..VECTORS {
                    sums[v] = simd.mul_add_f32s(sums[v], by[v], S::as_simd_f32s(&line).0[v]);
                }
            }
        }
        for (r, sums) in sums.iter().enumerate() {
            let out = &mut self.out[base + r * self.row_stride..][..width];
            if width == VECTORS * S::F32_LANES {
                S::as_mut_simd_f32s(out).0.copy_from_slice(sums);
            } else {
                S::as_mut_simd_f32s(&mut line).0[..VECTORS].copy_from_slice(sums);
                out.copy_from_slice(&line[..width]);
            }
        }
    }
}
