//! Rows scaled to whole numbers of 15 bits, as the dot products of bytes take them. It knows no weights and no thread.

use super::kept::RAISED;
use super::{Windows, blocks};

/// The largest whole number of a row: its high byte is 127 at most.
const TOP: f32 = 16_256.0;

/// Rows as whole numbers.
pub(super) struct Lined {
    /// `(block of rows, word, row of the block)`: four high bytes, four low bytes.
    pub words: Vec<[i32; 2]>,
    /// What each row was divided by.
    pub scales: Vec<f32>,
    /// Sums of each row's high and low bytes, times what the weights are raised by.
    pub sums: Vec<[i32; 2]>,
    pub rows: usize,
    pub depth: usize,
}

super::super::kernel! {
    /// One row `x` to whole numbers, high and low bytes apart, filled up with what is there; and the sums of both.
    fn split<'a>(x: &'a [f32], inverse: f32, high: &'a mut [i8], low: &'a mut [i8], sums: &'a mut [i32; 2]) {
        let mut both = [0; 2];
        for ((high, low), &x) in high.iter_mut().zip(low).zip(x) {
            let whole = (x * inverse).round_ties_even().clamp(-TOP, TOP) as i32;
            let top = (whole + 64) >> 7;
            let rest = whole - (top << 7);
            *high = top as i8;
            *low = rest as i8;
            both = [both[0] + top, both[1] + rest];
        }
        *sums = both;
    }
}

super::super::kernel! {
    /// Largest absolute number of a row, or not a number where one is not finite.
    fn largest<'a>(row: &'a [f32], top: &'a mut f32) {
        // Sizes of floats are ordered as their bits are, and what is not finite is above all others.
        let mut bits = 0;
        for v in row {
            bits = bits.max(v.to_bits() & 0x7FFF_FFFF);
        }
        *top = if f32::from_bits(bits).is_finite() { f32::from_bits(bits) } else { f32::NAN };
    }
}

impl Lined {
    /// Rounds rows of so many `inputs`.
    pub fn new(inputs: usize, x: Windows) -> Self {
        let (rows, depth) = (x.starts.len(), inputs.div_ceil(4));
        let mut gathered = Vec::with_capacity(inputs);
        let mut words = vec![[0; 2]; rows * depth];
        let (mut scales, mut sums) = (vec![0.0; rows], vec![[0; 2]; rows]);
        let (mut high, mut low) = (vec![0i8; depth * 4], vec![0i8; depth * 4]);
        for (first, size) in blocks(rows) {
            let block = &mut words[first * depth..(first + size) * depth];
            for row in 0..size {
                let x = if x.length == inputs {
                    &x.starts[first + row][..inputs]
                } else {
                    gathered.clear();
                    x.pieces(first + row, inputs).for_each(|piece| gathered.extend_from_slice(piece));
                    &gathered[..]
                };
                let (mut top, mut both) = (0.0, [0; 2]);
                largest(x, &mut top);
                split(x, if top > 0.0 { TOP / top } else { 0.0 }, &mut high, &mut low, &mut both);
                let four = |bytes: &[i8; 4]| i32::from_le_bytes(bytes.map(|b| b as u8));
                let pairs = high.as_chunks::<4>().0.iter().zip(low.as_chunks::<4>().0);
                for (to, (high, low)) in block.iter_mut().skip(row).step_by(size).zip(pairs) {
                    *to = [four(high), four(low)];
                }
                sums[first + row] = both.map(|sum| RAISED * sum);
                scales[first + row] = top / TOP;
            }
        }
        Self { words, scales, sums, rows, depth }
    }
}
