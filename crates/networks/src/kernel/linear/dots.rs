//! Products of 8-bit weights with 15-bit rows in whole numbers, with the AVX-512 VNNI instructions. It knows no thread.
//!
//! And products of rows that are rounded as the weights are, to bfloat16 or to 8 bits, for layers that are bound by
//! arithmetic ([`Patch`]).
//!
//! A row is scaled to whole numbers of 15 bits, each cut into two signed bytes: `x ≈ scale · (128 · high + low)`. One
//! instruction multiplies four of a row's bytes with four weights and adds them up. Whole numbers have no rounding, so the
//! order of a sum does not matter; nothing is lost but what rounding a row to 15 bits loses (less than bfloat16 would).
//!
//! The only file of the workspace with `unsafe` code: `pulp` does not offer these instructions.
#![allow(unsafe_code)]

use super::kept::{Byte, Kept, RAISED, WIDE};
use super::whole::Lined;
use super::{Linear, Precision, Way, Windows, ahead, blocks, panels_here};

/// Whole-number dot products; only where [`available`].
pub(super) struct Dots;

/// Most inputs: more could overflow the 32 bits of a sum.
pub(super) const MOST_INPUTS: usize = 1 << 16;

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

/// The same for what is needed so much later that it would only be in the way in the nearest cache.
#[inline(always)]
pub(super) fn prefetch_far(words: Option<&[u32]>) {
    #[cfg(target_arch = "x86_64")]
    for line in words.unwrap_or_default().chunks(16) {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        // SAFETY: asking changes nothing but the caches, and the address is that of a slice.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(line.as_ptr().cast()) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = words;
}

impl Way for Dots {
    type Lined<'a> = Lined;
    const PANEL: usize = Byte::PANEL;

    fn line_up(layer: &Linear, x: Windows) -> Lined {
        Lined::new(layer.inputs, x)
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

/// Whether the machine multiplies rows that are kept as the weights are; only then may [`Patch`] and [`round`] be used.
pub(super) fn patches() -> bool {
    #[cfg(target_arch = "x86_64")]
    return available() && is_x86_feature_detected!("avx512bf16");
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

/// Words before those of a rounded row: of 8 bits, its scale (f32) and the sum of its bytes (i32).
pub(super) fn head(precision: Precision) -> usize {
    if precision == Precision::Byte { 2 } else { 0 }
}

/// Rounds each row of `width` numbers of `x` to words, the head before them: two numbers in each as bfloat16 (to the nearest, ties to even), or four of 8
/// bits, `x ≈ scale · byte` with the largest at ±127. What is not a number stays so, or makes the scale such.
pub(super) fn round(precision: Precision, width: usize, x: &[f32], words: &mut [u32]) {
    assert!(patches(), "the caller has asked");
    let stride = head(precision) + width / if precision == Precision::Byte { 4 } else { 2 };
    assert_eq!((width % 4, x.len() % width, words.len()), (0, 0, x.len() / width * stride));
    #[cfg(target_arch = "x86_64")]
    // SAFETY: the machine has just been asked for every instruction set that the functions are compiled for.
    unsafe {
        match precision {
            Precision::Byte => machine::round_byte(width, x, stride, words),
            _ => machine::round_brain(x, words),
        }
    }
}

/// Rows as a layer keeps its weights, in panels of 64 outputs, against it: an output row is `taps` pieces of `lines` words, the first at
/// row `starts[row]` of the sheet and each `dilation` rows after the one before.
///
/// Single: as everywhere. Brain: a sum begins with the bias, and the instruction adds both products of each word. Byte: the
/// whole-numbered sum of each piece times its row's scale is added up in the order of the pieces, beginning with zero; the
/// whole is multiplied by the output's scale and added to the bias. So no sum depends on other rows or the threads.
#[derive(Clone, Copy)]
pub(super) struct Patch<'a> {
    pub layer: &'a Linear,
    pub words: &'a [u32],
    /// Words from a row to the next.
    pub stride: usize,
    pub starts: &'a [usize],
    pub dilation: usize,
    pub taps: usize,
    pub lines: usize,
}

impl Patch<'_> {
    /// Panels from `first` on, as many as `out` has room for; panels and rows lie `strides` apart in `out`.
    pub fn work(&self, first: usize, strides: (usize, usize), out: &mut [f32]) {
        assert!(patches(), "the caller has asked");
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the machine has just been asked for every instruction set that the functions are compiled for.
        unsafe {
            match self.layer.precision {
                Precision::Single => machine::patch::<1>(self, first, strides, out),
                Precision::Brain => machine::patch::<2>(self, first, strides, out),
                Precision::Byte => machine::patch::<4>(self, first, strides, out),
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = (first, strides, out, WIDE);
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

    /// Words of each line that are gone through before the next rows: with 64 outputs they stay in the first cache.
    const NEAR: usize = 128;

    /// A part of the sum and of the outputs.
    #[derive(Clone, Copy)]
    struct Part {
        /// The panel, and its place in `out`.
        panel: usize,
        base: usize,
        taps: (usize, usize),
        lines: (usize, usize),
        /// The first row.
        row: usize,
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx512bf16")]
    pub(super) fn patch<const PARTS: usize>(
        patch: &Patch,
        first: usize,
        (panel_stride, row_stride): (usize, usize),
        out: &mut [f32],
    ) {
        let (taps, lines, rows) = (patch.taps, patch.lines, patch.starts.len());
        let parts: Vec<((usize, usize), (usize, usize))> = if lines >= NEAR && PARTS < 4 {
            let size = lines.div_ceil(lines.div_ceil(NEAR));
            let cuts =
                move |tap| (0..lines).step_by(size).map(move |from| ((tap, tap + 1), (from, lines.min(from + size))));
            (0..taps).flat_map(cuts).collect()
        } else {
            let size = taps.div_ceil((taps * lines).div_ceil(NEAR).min(taps));
            (0..taps).step_by(size).map(|from| ((from, taps.min(from + size)), (0, lines))).collect()
        };
        for panel in 0..panels_here(patch.layer.outputs, WIDE, first, rows, out.len()) {
            for &(taps, lines) in &parts {
                for (row, size) in blocks(rows) {
                    let base = panel * panel_stride + row * row_stride;
                    let part = Part { panel: first + panel, base, taps, lines, row };
                    match size {
                        1 => columns::<PARTS, 1>(patch, part, row_stride, out),
                        2 => columns::<PARTS, 2>(patch, part, row_stride, out),
                        3 => columns::<PARTS, 3>(patch, part, row_stride, out),
                        4 => columns::<PARTS, 4>(patch, part, row_stride, out),
                        5 => columns::<PARTS, 5>(patch, part, row_stride, out),
                        _ => columns::<PARTS, 6>(patch, part, row_stride, out),
                    }
                }
            }
        }
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx512bf16")]
    fn columns<const PARTS: usize, const ROWS: usize>(patch: &Patch, part: Part, stride: usize, out: &mut [f32]) {
        match (patch.layer.outputs - part.panel * WIDE).min(WIDE).div_ceil(16) {
            1 => products::<PARTS, ROWS, 1>(patch, part, stride, out),
            2 => products::<PARTS, ROWS, 2>(patch, part, stride, out),
            3 => products::<PARTS, ROWS, 3>(patch, part, stride, out),
            _ => products::<PARTS, ROWS, 4>(patch, part, stride, out),
        }
    }

    /// `ROWS` rows against a part of a panel, all sums in registers; `PARTS` numbers are in a word.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx512bf16")]
    fn products<const PARTS: usize, const ROWS: usize, const VECTORS: usize>(
        patch: &Patch,
        Part { panel, base, taps, lines, row }: Part,
        stride: usize,
        out: &mut [f32],
    ) {
        let layer = patch.layer;
        let first = panel * WIDE;
        let width = (layer.outputs - first).min(WIDE);
        let masks: [__mmask16; VECTORS] = std::array::from_fn(|v| mask(width - v * 16));
        let mut sums = [[_mm512_setzero_ps(); VECTORS]; ROWS];
        if taps.0 > 0 || lines.0 > 0 {
            for (r, sums) in sums.iter_mut().enumerate() {
                let out = &out[base + r * stride..][..width];
                for v in 0..VECTORS {
                    sums[v] = load_some(masks[v], &out[v * 16..]);
                }
            }
        } else if let (true, Some(bias)) = (PARTS < 4, &layer.bias) {
            let bias = &bias[first..first + width];
            for sums in &mut sums {
                for v in 0..VECTORS {
                    sums[v] = load_some(masks[v], &bias[v * 16..]);
                }
            }
        }
        let count = lines.1 - lines.0;
        let head = if PARTS == 4 { 2 } else { 0 };
        for tap in taps.0..taps.1 {
            let start = ((panel * patch.taps + tap) * patch.lines + lines.0) * WIDE;
            let weights = layer.packed[start..start + count * WIDE].as_ptr();
            let mut rows = [weights; ROWS];
            let mut whole = [[_mm512_setzero_si512(); VECTORS]; ROWS];
            let mut scales = [_mm512_setzero_ps(); ROWS];
            for r in 0..ROWS {
                let words = &patch.words[(patch.starts[row + r] + tap * patch.dilation) * patch.stride..];
                rows[r] = words[head + lines.0..head + lines.1].as_ptr();
                if PARTS == 4 {
                    scales[r] = _mm512_set1_ps(f32::from_bits(words[0]));
                    whole[r] = [_mm512_set1_epi32((words[1] as i32).wrapping_mul(-RAISED)); VECTORS];
                }
            }
            for line in 0..count {
                let mut opened = [_mm512_setzero_si512(); VECTORS];
                for (v, opened) in opened.iter_mut().enumerate() {
                    // SAFETY: `weights` begins a slice of `count` lines of 64 words, and `VECTORS` is 4 at most.
                    *opened = unsafe { _mm512_loadu_si512(weights.add(line * WIDE + v * 16).cast()) };
                }
                for r in 0..ROWS {
                    // SAFETY: each of `rows` begins a slice of `count` words.
                    let value = _mm512_set1_epi32(unsafe { *rows[r].add(line) } as i32);
                    for v in 0..VECTORS {
                        match PARTS {
                            1 => {
                                let (weights, value) = (_mm512_castsi512_ps(opened[v]), _mm512_castsi512_ps(value));
                                sums[r][v] = _mm512_fmadd_ps(weights, value, sums[r][v]);
                            }
                            2 => sums[r][v] = _mm512_dpbf16_ps(sums[r][v], halves(opened[v]), halves(value)),
                            _ => whole[r][v] = _mm512_dpbusd_epi32(whole[r][v], opened[v], value),
                        }
                    }
                }
            }
            if PARTS == 4 {
                for r in 0..ROWS {
                    for v in 0..VECTORS {
                        sums[r][v] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(whole[r][v]), scales[r], sums[r][v]);
                    }
                }
            }
        }
        if PARTS == 4 && taps.1 == patch.taps {
            let scales = &layer.scales[first..first + width];
            for v in 0..VECTORS {
                let scale = load_some(masks[v], &scales[v * 16..]);
                let bias = match &layer.bias {
                    Some(bias) => load_some(masks[v], &bias[first..first + width][v * 16..]),
                    None => _mm512_setzero_ps(),
                };
                for sums in &mut sums {
                    sums[v] = _mm512_fmadd_ps(sums[v], scale, bias);
                }
            }
        }
        for (r, sums) in sums.iter().enumerate() {
            let out = &mut out[base + r * stride..][..width];
            for v in 0..VECTORS {
                store_some(masks[v], &mut out[v * 16..], sums[v]);
            }
        }
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
    #[inline]
    fn halves(words: __m512i) -> __m512bh {
        // SAFETY: both are 64 bytes of which every pattern means something.
        unsafe { std::mem::transmute(words) }
    }

    /// The lowest `count` of sixteen places.
    fn mask(count: usize) -> __mmask16 {
        ((1u32 << count.min(16)) - 1) as __mmask16
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
    pub(super) fn round_brain(x: &[f32], words: &mut [u32]) {
        for (x, words) in x.chunks(16).zip(words.chunks_mut(8)) {
            let rounded = _mm512_cvtneps_pbh(load_up_to(x));
            // SAFETY: both are 32 bytes of which every pattern means something.
            let rounded: __m256i = unsafe { std::mem::transmute(rounded) };
            // SAFETY: only as many words are written as the slice has.
            unsafe { _mm256_mask_storeu_epi32(words.as_mut_ptr().cast(), mask(words.len()) as __mmask8, rounded) }
        }
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    pub(super) fn round_byte(width: usize, x: &[f32], stride: usize, words: &mut [u32]) {
        for (x, words) in x.chunks_exact(width).zip(words.chunks_exact_mut(stride)) {
            let (chunks, rest) = x.as_chunks::<16>();
            let (head, words) = words.split_at_mut(2);
            let (whole_words, rest_words) = words.as_chunks_mut::<4>();
            let plain = _mm512_set1_epi32(i32::MAX);
            let mut top = _mm512_and_si512(_mm512_castps_si512(load_up_to(rest)), plain);
            for x in chunks {
                top = _mm512_max_epu32(top, _mm512_and_si512(_mm512_castps_si512(load_all(x)), plain));
            }
            // Sizes of floats are ordered as their bits are, and what is not finite is above all others.
            let top = f32::from_bits(_mm512_reduce_max_epu32(top));
            let inverse = _mm512_set1_ps(if top > 0.0 { 127.0 / top } else { 0.0 });
            let whole = _mm512_cvtps_epi32(_mm512_mul_ps(load_up_to(rest), inverse));
            let mut sum = whole;
            // SAFETY: only as many words are written as the slice has.
            unsafe {
                let (to, mask) = (rest_words.as_mut_ptr().cast(), mask(rest_words.len()) as __mmask8);
                _mm_mask_storeu_epi32(to, mask, _mm512_cvtepi32_epi8(whole));
            }
            for (x, words) in chunks.iter().zip(whole_words) {
                let whole = _mm512_cvtps_epi32(_mm512_mul_ps(load_all(x), inverse));
                sum = _mm512_add_epi32(sum, whole);
                // SAFETY: four words are the 16 bytes that are written.
                unsafe { _mm_storeu_si128(words.as_mut_ptr().cast(), _mm512_cvtepi32_epi8(whole)) }
            }
            head[0] = if top.is_finite() { top / 127.0 } else { f32::NAN }.to_bits();
            head[1] = _mm512_reduce_add_epi32(sum) as u32;
        }
    }

    #[target_feature(enable = "avx512f")]
    #[inline]
    fn load_all(numbers: &[f32; 16]) -> __m512 {
        // SAFETY: sixteen numbers are the 64 bytes that are read; any alignment will do.
        unsafe { _mm512_loadu_ps(numbers.as_ptr()) }
    }

    /// Sixteen numbers at most, zeros in the other places.
    #[target_feature(enable = "avx512f")]
    #[inline]
    fn load_up_to(numbers: &[f32]) -> __m512 {
        match numbers.first_chunk::<16>() {
            Some(all) => load_all(all),
            None => load_some(mask(numbers.len()), numbers),
        }
    }

    /// The first numbers that `mask` names, zeros in the other places.
    #[target_feature(enable = "avx512f")]
    #[inline]
    fn load_some(mask: __mmask16, numbers: &[f32]) -> __m512 {
        assert!(numbers.len() >= (16 - mask.leading_zeros()) as usize);
        // SAFETY: the mask names no place beyond the slice.
        unsafe { _mm512_maskz_loadu_ps(mask, numbers.as_ptr()) }
    }

    #[target_feature(enable = "avx512f")]
    #[inline]
    fn store_some(mask: __mmask16, numbers: &mut [f32], values: __m512) {
        assert!(numbers.len() >= (16 - mask.leading_zeros()) as usize);
        // SAFETY: the mask names no place beyond the slice.
        unsafe { _mm512_mask_storeu_ps(numbers.as_mut_ptr(), mask, values) }
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
