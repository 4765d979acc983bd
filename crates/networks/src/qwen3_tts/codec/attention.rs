//! Attention of the codec's two transformers: heads turned by their positions and nothing else done to them. It knows no
//! layer.

use crate::kernel::{Crew, attend_pages, kernel};

/// Cosines and sines of some positions for the rotary embedding: `(rows, width / 2)` each.
pub(super) struct Turns {
    half: usize,
    cosines: Vec<f32>,
    sines: Vec<f32>,
}

impl Turns {
    /// For heads of `width` channels at these positions.
    pub fn new(width: usize, base: f32, positions: impl Iterator<Item = usize>) -> Self {
        let half = width / 2;
        let frequencies: Vec<f32> = (0..half).map(|i| base.powf(-(i as f32 / half as f32))).collect();
        let (mut cosines, mut sines) = (Vec::new(), Vec::new());
        for position in positions {
            for frequency in &frequencies {
                let (sine, cosine) = (position as f32 * frequency).sin_cos();
                cosines.push(cosine);
                sines.push(sine);
            }
        }
        Self { half, cosines, sines }
    }

    /// Turns every head of `heads` to the position of `row`.
    pub fn apply(&self, row: usize, heads: &mut [f32]) {
        let at = row * self.half..(row + 1) * self.half;
        turn(heads, &self.cosines[at.clone()], &self.sines[at]);
    }
}

kernel! {
    /// The first half of each head against its second.
    fn turn<'a>(heads: &'a mut [f32], cosines: &'a [f32], sines: &'a [f32]) {
        let half = cosines.len();
        for head in heads.chunks_exact_mut(2 * half) {
            let (a, b) = head.split_at_mut(half);
            for (((a, b), &cosine), &sine) in a.iter_mut().zip(b).zip(cosines).zip(sines) {
                (*a, *b) = (*a * cosine - *b * sine, *b * cosine + *a * sine);
            }
        }
    }
}

/// What a row sees: keys and values `(positions, size)`, the own position last.
pub(super) type Seen<'a> = (&'a [f32], &'a [f32]);

/// Every row of `mixed` (its first `queries` numbers are the queries, in heads of `width`) against what it sees:
/// `(rows, queries)`.
pub(super) fn attend_rows<'a>(
    crew: &Crew,
    mixed: &[f32],
    (row_width, queries, width, size): (usize, usize, usize, usize),
    seen: impl Fn(usize) -> Seen<'a> + Sync,
) -> Vec<f32> {
    let mut attended = vec![0.0; mixed.len() / row_width * queries];
    crew.pieces(&mut attended, queries, |row, out| {
        let query = &mixed[row * row_width..][..queries];
        attend_pages(query, width, size, std::iter::once(seen(row)), out);
    });
    attended
}
