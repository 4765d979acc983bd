//! The innermost loops of the matrix product in f32: some rows against some panels, all sums held in registers. It knows no
//! thread.

use std::marker::PhantomData;

use pulp::{Arch, Simd, WithSimd};

use super::dots::{prefetch, prefetch_far};
use super::kept::Kept;
use super::{Linear, SHARING, Way, Windows, ahead, blocks, panels_here};

/// Inputs that are worked on in one go when there are many rows: panel and rows stay in the second cache.
const DEPTH: usize = 1024;
/// Bytes of a panel that several blocks of rows go through one after the other: they stay in the first cache.
const NEAR: usize = 32 << 10;
/// Most rows that are turned so that those of a block lie beside each other; more are read where they lie.
const FEW: usize = 12;
/// Inputs of a row that are read together where it lies: a multiple of the weights of every word.
const STEP: usize = 4;
/// Columns of the widest panel.
const WIDEST: usize = 64;

/// Fused multiply-adds in f32.
pub(super) struct Fused<W>(PhantomData<W>);

/// Rows as the sums take them.
pub(super) struct Lined<'a> {
    /// `(block of rows, input, row of the block)`, inputs filled up with zeros to whole words.
    numbers: std::borrow::Cow<'a, [f32]>,
    /// Or the rows where they lie.
    windows: Option<Windows<'a>>,
    rows: usize,
    depth: usize,
}

impl<W: Kept> Way for Fused<W> {
    type Lined<'a> = Lined<'a>;
    const PANEL: usize = W::PANEL;

    fn line_up<'a>(layer: &Linear, x: Windows<'a>) -> Lined<'a> {
        let inputs = layer.inputs;
        let (rows, depth) = (x.starts.len(), inputs.next_multiple_of(W::PARTS));
        if rows > FEW && x.length.is_multiple_of(STEP) {
            return Lined { numbers: (&[]).into(), windows: Some(x), rows, depth };
        }
        if rows == 1 && x.length == depth {
            return Lined { numbers: x.starts[0][..depth].into(), windows: None, rows, depth };
        }
        let mut numbers = vec![0.0; rows * depth];
        for (first, size) in blocks(rows) {
            let block = &mut numbers[first * depth..(first + size) * depth];
            for row in 0..size {
                let mut places = block.iter_mut().skip(row).step_by(size);
                for piece in x.pieces(first + row, inputs) {
                    piece.iter().zip(places.by_ref()).for_each(|(&from, to)| *to = from);
                }
            }
        }
        Lined { numbers: numbers.into(), windows: None, rows, depth }
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
        // Neither ends within a piece of a row unless the piece is longer, and then it is cut evenly.
        let length = self.rows.windows.map_or(depth, |windows| windows.length);
        let (deep, near) = match NEAR / 4 / W::PANEL * W::PARTS {
            _ if rows == 1 => (depth, depth),
            near => (
                if length < DEPTH { DEPTH / length * length } else { DEPTH },
                length.div_ceil(length.div_ceil(near)).next_multiple_of(STEP),
            ),
        };
        for deep_from in (0..depth).step_by(deep) {
            let deep_to = depth.min(deep_from + deep);
            for panel in 0..panels {
                self.from = deep_from;
                while self.from < deep_to {
                    self.to = deep_to.min(self.from + near).min((self.from / length + 1) * length);
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
                let out = &self.out[base + r * self.row_stride..][..width];
                if width == VECTORS * S::F32_LANES {
                    sums.copy_from_slice(S::as_simd_f32s(out).0);
                } else {
                    line[..width].copy_from_slice(out);
                    sums.copy_from_slice(&S::as_simd_f32s(&line).0[..VECTORS]);
                }
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
        let layer_words = &self.layer.packed;
        let weights = &layer_words[start..end];
        let ahead = ahead(layer_words, start, end - start, self.rows.rows, self.block);
        let words = S::as_simd_u32s(weights).0;
        if let Some(windows) = &self.rows.windows {
            let offset = from / windows.length * windows.stride + from % windows.length;
            let mut lines: [&[[f32; STEP]]; ROWS] = [&[]; ROWS];
            for (line, start) in lines.iter_mut().zip(&windows.starts[row..row + ROWS]) {
                *line = start[offset..offset + to - from].as_chunks::<STEP>().0;
            }
            // Every block fetches its share of what follows these weights.
            let step = STEP / W::PARTS * W::PANEL;
            let share = (step / 16).div_ceil(self.rows.rows.div_ceil(SHARING)) * 16;
            let own = (self.block * share).min(step)..((self.block + 1) * share).min(step);
            let next = layer_words.get(end + own.start..).unwrap_or_default();
            for (number, words) in words.chunks_exact(STEP / W::PARTS * vectors).enumerate() {
                prefetch_far(next.get(number * step..number * step + own.len()));
                let mut inputs = [&[0.0; STEP]; ROWS];
                for r in 0..ROWS {
                    inputs[r] = &lines[r][number];
                }
                for i in 0..STEP {
                    let words = &words[i / W::PARTS * vectors + at..][..VECTORS];
                    let mut opened = [simd.splat_f32s(0.0); VECTORS];
                    for v in 0..VECTORS {
                        opened[v] = W::open(simd, words[v], i % W::PARTS);
                    }
                    for r in 0..ROWS {
                        let value = simd.splat_f32s(inputs[r][i]);
                        for v in 0..VECTORS {
                            sums[r][v] = simd.mul_add_f32s(opened[v], value, sums[r][v]);
                        }
                    }
                }
            }
        } else {
            let inputs = &self.rows.numbers[row * depth + from * ROWS..row * depth + to * ROWS];
            let words = words.chunks_exact(vectors);
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
