//! The three ways in which weights lie in memory, and how a vector of them becomes f32 again. It knows no sum.
//!
//! A word of 32 bits holds one weight (Single) or those of two (Brain) or four (Byte) inputs that follow each other, of one
//! output. A line is the words of a panel's outputs. So a vector of words opens into whole vectors of neighbouring outputs
//! with a shift and a mask on any machine, and lies as the instructions for dot products want it.

use half::bf16;
use pulp::Simd;

/// A way of keeping weights.
pub(super) trait Kept: Send + Sync {
    /// Weights in one word.
    const PARTS: usize;
    /// Outputs in one panel: a multiple of every vector width.
    const PANEL: usize;

    /// What the weights of an output are divided by, or `None` where they are kept as they are.
    fn scale(row: &[f32]) -> Option<f32>;

    /// The bits of one weight that has been divided by its scale.
    fn bits(weight: f32) -> u32;

    /// Part number `part` of each word.
    fn open<S: Simd>(simd: S, words: S::u32s, part: usize) -> S::f32s;
}

pub(super) struct Single;
pub(super) struct Brain;
pub(super) struct Byte;

impl Kept for Single {
    const PARTS: usize = 1;
    const PANEL: usize = 64;

    fn scale(_: &[f32]) -> Option<f32> {
        None
    }

    fn bits(weight: f32) -> u32 {
        weight.to_bits()
    }

    #[inline(always)]
    fn open<S: Simd>(simd: S, words: S::u32s, _: usize) -> S::f32s {
        simd.transmute_f32s_u32s(words)
    }
}

impl Kept for Brain {
    const PARTS: usize = 2;
    const PANEL: usize = 64;

    fn scale(_: &[f32]) -> Option<f32> {
        None
    }

    fn bits(weight: f32) -> u32 {
        u32::from(bf16::from_f32(weight).to_bits())
    }

    #[inline(always)]
    fn open<S: Simd>(simd: S, words: S::u32s, part: usize) -> S::f32s {
        let bits = match part {
            0 => simd.wrapping_dyn_shl_u32s(words, simd.splat_u32s(16)),
            _ => simd.and_u32s(words, simd.splat_u32s(0xFFFF_0000)),
        };
        simd.transmute_f32s_u32s(bits)
    }
}

/// What is added to a byte so that it has no sign.
pub(super) const RAISED: i32 = 128;

impl Kept for Byte {
    const PARTS: usize = 4;
    const PANEL: usize = 32;

    fn scale(row: &[f32]) -> Option<f32> {
        let top = row.iter().fold(0.0f32, |top, v| top.max(v.abs()));
        Some(if top > 0.0 { top / 127.0 } else { 1.0 })
    }

    fn bits(weight: f32) -> u32 {
        (weight.round_ties_even().clamp(-127.0, 127.0) as i32 + RAISED) as u32
    }

    /// A byte in the lowest bits of 2²³ is that much more: exact, and without a conversion.
    #[inline(always)]
    fn open<S: Simd>(simd: S, words: S::u32s, part: usize) -> S::f32s {
        let low = match part {
            0 => words,
            _ => simd.wrapping_dyn_shr_u32s(words, simd.splat_u32s(8 * part as u32)),
        };
        let byte = simd.and_u32s(low, simd.splat_u32s(0xFF));
        let raised = simd.or_u32s(byte, simd.splat_u32s(0x4B00_0000));
        simd.sub_f32s(simd.transmute_f32s_u32s(raised), simd.splat_f32s(8_388_608.0 + RAISED as f32))
    }
}

/// Outputs in one panel of a layer whose rows are rounded too.
pub(super) const WIDE: usize = 64;

/// Brain and Byte as such a layer keeps them; nothing is opened there.
pub(super) struct Wide<W>(std::marker::PhantomData<W>);

impl<W: Kept> Kept for Wide<W> {
    const PARTS: usize = W::PARTS;
    const PANEL: usize = WIDE;

    fn scale(row: &[f32]) -> Option<f32> {
        W::scale(row)
    }

    fn bits(weight: f32) -> u32 {
        W::bits(weight)
    }

    #[inline(always)]
    fn open<S: Simd>(simd: S, words: S::u32s, part: usize) -> S::f32s {
        W::open(simd, words, part)
    }
}

/// The words of all panels, `(panel, line, output)`, and the scales of the outputs.
pub(super) fn pack<W: Kept>(weight: &[f32], outputs: usize, inputs: usize) -> (Vec<u32>, Vec<f32>) {
    let scales: Vec<f32> = weight.chunks_exact(inputs.max(1)).filter_map(W::scale).collect();
    let lines = inputs.div_ceil(W::PARTS);
    let mut packed = vec![0; outputs.div_ceil(W::PANEL) * lines * W::PANEL];
    // Panel by panel: what is written lies together.
    for (number, panel) in packed.chunks_exact_mut((lines * W::PANEL).max(1)).enumerate() {
        let first = number * W::PANEL;
        for column in 0..W::PANEL.min(outputs - first) {
            let output = first + column;
            let inverse = scales.get(output).map_or(1.0, |scale| 1.0 / scale);
            let row = &weight[output * inputs..(output + 1) * inputs];
            for (line, parts) in panel.chunks_exact_mut(W::PANEL).zip(row.chunks(W::PARTS)) {
                for (part, &value) in parts.iter().enumerate() {
                    line[column] |= W::bits(value * inverse) << (part * 32 / W::PARTS);
                }
            }
        }
    }
    (packed, scales)
}
