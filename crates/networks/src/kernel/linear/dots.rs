//! Products of 8-bit weights with 15-bit rows in whole numbers, with the AVX-512 VNNI instructions. It knows no thread.
//!
//! A row is scaled to whole numbers of 15 bits, each cut into two signed bytes: `x ≈ scale · (128 · high + low)`. One
//! instruction multiplies four of a row's bytes with four weights and adds them up. Whole numbers have no rounding, so the
//! order of a sum does not matter; nothing is lost but what rounding a row to 15 bits loses (less than bfloat16 would).
//!
//! The only file of the workspace with `unsafe` code: `pulp` does not offer these instructions.
#![allow(unsafe_code)]

use super::kept::{Byte, Kept, RAISED};
use super::{Linear, Way, ahead, blocks, panels_here};

/// Whole-number dot products; only where [`available`].
pub(super) struct Dots;

/// Most inputs: more could overflow the 32 bits of a sum.
pub(super) const MOST_INPUTS: usize = 1 << 16;
/// The largest whole number of a row: its high byte is 127 at most.
const TOP: f32 = 16_256.0;

/// Whether this machine has the instructions.
pub(super) fn available() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512vnni");
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

/// Asks the memory for the lines of `words`, so that they are in the cache when their turn comes.
#[inline(always)]
pub(super) fn prefetch(words: Option<&[u32]>) {
    #[cfg(target_arch = "x86_64")]
    for line in words.unwrap_or_default().chunks(16) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: asking changes nothing but the caches, and the address is that of a slice.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = words;
}

/// Rows as whole numbers.
pub(super) struct Lined {
    /// `(block of rows, word, row of the block)`: four high bytes, four low bytes.
    words: Vec<[i32; 2]>,
    /// What each row was divided by.
    scales: Vec<f32>,
    /// Sums of each row's high and low bytes, times what the weights are raised by.
    sums: Vec<[i32; 2]>,
    rows: usize,
    depth: usize,
}

super::super::kernel! {
    /// One row `x` to whole numbers, high and low bytes apart, filled up with what is there.
    fn split<'a>(x: &'a [f32], inverse: f32, high: &'a mut [i8], low: &'a mut [i8]) {
        for ((high, low), &x) in high.iter_mut().zip(low).zip(x) {
            let whole = (x * inverse).round_ties_even().clamp(-TOP, TOP) as i32;
            let top = (whole + 64) >> 7;
            *high = top as i8;
            *low = (whole - (top << 7)) as i8;
        }
    }
}

/// Largest absolute number of a row, or not a number where one is not finite.
fn largest(row: &[f32]) -> f32 {
    let mut lanes = [0u32; 16];
    let (chunks, rest) = row.as_chunks::<16>();
    for chunk in chunks {
        for (lane, v) in lanes.iter_mut().zip(chunk) {
            *lane = (*lane).max(v.to_bits() & 0x7FFF_FFFF);
        }
    }
    // Sizes of floats are ordered as their bits are, and what is not finite is above all others.
    let top = f32::from_bits(
        rest.iter().fold(0, |top, v| top.max(v.to_bits() & 0x7FFF_FFFF)).max(lanes.into_iter().max().unwrap_or(0)),
    );
    if top.is_finite() { top } else { f32::NAN }
}

impl Way for Dots {
    type Lined<'a> = Lined;
    const PANEL: usize = Byte::PANEL;

    fn line_up(layer: &Linear, x: &[f32]) -> Lined {
        let inputs = layer.inputs;
        let (rows, depth) = (x.len() / inputs, inputs.div_ceil(4));
        let mut words = vec![[0; 2]; rows * depth];
        let (mut scales, mut sums) = (vec![0.0; rows], vec![[0; 2]; rows]);
        let (mut high, mut low) = (vec![0i8; depth * 4], vec![0i8; depth * 4]);
        for (first, size) in blocks(rows) {
            let block = &mut words[first * depth..(first + size) * depth];
            for row in 0..size {
                let x = &x[(first + row) * inputs..][..inputs];
                let top = largest(x);
                split(x, if top > 0.0 { TOP / top } else { 0.0 }, &mut high, &mut low);
                let four = |bytes: &[i8; 4]| i32::from_le_bytes(bytes.map(|b| b as u8));
                let pairs = high.as_chunks::<4>().0.iter().zip(low.as_chunks::<4>().0);
                for (to, (high, low)) in block.iter_mut().skip(row).step_by(size).zip(pairs) {
                    *to = [four(high), four(low)];
                }
                let sum = |bytes: &[i8]| RAISED * bytes.iter().map(|&b| i32::from(b)).sum::<i32>();
                sums[first + row] = [sum(&high), sum(&low)];
                scales[first + row] = top / TOP;
            }
        }
        Lined { words, scales, sums, rows, depth }
    }

    fn work(layer: &Linear, first: usize, rows: &Lined, strides: (usize, usize), out: &mut [f32]) {
        assert!(available(), "the caller has asked");
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the machine has just been asked for every instruction set that the function is compiled for.
        unsafe {
            machine::panels(layer, first, rows, strides, out);
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = (layer, first, rows, strides, out);
    }
}

#[cfg(target_arch = "x86_64")]
mod machine {
    use std::arch::x86_64::*;

    use super::*;

    const PANEL: usize = Byte::PANEL;

    /// Panels from `first` on against all rows.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    pub(super) fn panels(layer: &Linear, first: usize, rows: &Lined, strides: (usize, usize), out: &mut [f32]) {
        for panel in 0..panels_here(layer.outputs, PANEL, first, rows.rows, out.len()) {
            for (number, (row, size)) in blocks(rows.rows).enumerate() {
                let at = (panel, row, number);
                match size {
                    1 => tile::<1>(layer, first, rows, at, strides, out),
                    2 => tile::<2>(layer, first, rows, at, strides, out),
                    3 => tile::<3>(layer, first, rows, at, strides, out),
                    4 => tile::<4>(layer, first, rows, at, strides, out),
                    5 => tile::<5>(layer, first, rows, at, strides, out),
                    _ => tile::<6>(layer, first, rows, at, strides, out),
                }
            }
        }
    }

    /// One panel against `ROWS` rows, all sums in registers.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    fn tile<const ROWS: usize>(
        layer: &Linear,
        first: usize,
        rows: &Lined,
        (panel, row, block): (usize, usize, usize),
        strides: (usize, usize),
        out: &mut [f32],
    ) {
        let depth = rows.depth;
        let start = (first + panel) * depth * PANEL;
        let weights = &layer.packed[start..start + depth * PANEL];
        let ahead = ahead(&layer.packed, start, depth * PANEL, rows.rows, block);
        let inputs = rows.words[row * depth..(row + ROWS) * depth].as_chunks::<ROWS>().0;
        let mut sums = [[[_mm512_setzero_si512(); 2]; 2]; ROWS];
        for (number, (line, inputs)) in weights.as_chunks::<PANEL>().0.iter().zip(inputs).enumerate() {
            prefetch(ahead.get(number * PANEL / 2..(number + 1) * PANEL / 2));
            let (left, right) = (load(&line[..16]), load(&line[16..]));
            for r in 0..ROWS {
                for half in 0..2 {
                    let value = _mm512_set1_epi32(inputs[r][half]);
                    sums[r][0][half] = _mm512_dpbusd_epi32(sums[r][0][half], left, value);
                    sums[r][1][half] = _mm512_dpbusd_epi32(sums[r][1][half], right, value);
                }
            }
        }
        let column = (first + panel) * PANEL;
        let width = PANEL.min(layer.outputs - column);
        for (r, sums) in sums.iter().enumerate() {
            let raised = rows.sums[row + r];
            let mut line = [0.0f32; PANEL];
            for (sums, line) in sums.iter().zip(line.as_chunks_mut::<16>().0) {
                let [high, low] = [0, 1].map(|half| (sums[half], raised[half]));
                let high = _mm512_cvtepi32_ps(_mm512_sub_epi32(high.0, _mm512_set1_epi32(high.1)));
                let low = _mm512_cvtepi32_ps(_mm512_sub_epi32(low.0, _mm512_set1_epi32(low.1)));
                store(line, _mm512_fmadd_ps(high, _mm512_set1_ps(128.0), low));
            }
            let base = panel * strides.0 + (row + r) * strides.1;
            let scale = rows.scales[row + r];
            let out = &mut out[base..base + width];
            for (i, out) in out.iter_mut().enumerate() {
                let bias = layer.bias.as_ref().map_or(0.0, |bias| bias[column + i]);
                *out = (line[i] * scale).mul_add(layer.scales[column + i], bias);
            }
        }
    }

    #[target_feature(enable = "avx512f")]
    #[inline]
    fn load(words: &[u32]) -> __m512i {
        assert_eq!(words.len(), 16);
        // SAFETY: sixteen words are the 64 bytes that are read; any alignment will do.
        unsafe { _mm512_loadu_si512(words.as_ptr().cast()) }
    }

    #[target_feature(enable = "avx512f")]
    #[inline]
    fn store(line: &mut [f32; 16], values: __m512) {
        // SAFETY: sixteen numbers are the 64 bytes that are written; any alignment will do.
        unsafe { _mm512_storeu_ps(line.as_mut_ptr(), values) }
    }
}
