//! Pair merging (Sennrich et al. 2016) on bytes: the pair that was learnt first is joined first, the leftmost of equals.
//! A heap keeps a piece of any length at `n log n`. It knows no text.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::letters::letter;
use crate::weights::LoadError;

/// A token that was swallowed by its left neighbour.
const GONE: u32 = u32::MAX;
/// No neighbour.
const NONE: usize = usize::MAX;

pub(super) struct Merging {
    /// The token of every byte.
    pub(super) singles: [u32; 256],
    /// Rank and outcome of every pair that is joined.
    pub(super) pairs: HashMap<(u32, u32), (u32, u32)>,
}

#[derive(Clone, Copy)]
struct Link {
    token: u32,
    before: usize,
    after: usize,
}

impl Merging {
    /// From the vocabulary and the text of `merges.txt`.
    pub(super) fn new(vocab: &HashMap<String, u32>, merges: &str) -> Result<Self, LoadError> {
        let number = |written: &str| {
            let missing = || LoadError::config(format!("vocab.json has no token {written:?}, which merging needs"));
            vocab.get(written).copied().ok_or_else(missing)
        };
        let mut singles = [0; 256];
        for (single, byte) in singles.iter_mut().zip(0u8..=255) {
            *single = number(letter(byte).encode_utf8(&mut [0; 4]))?;
        }
        let mut pairs = HashMap::new();
        let lines = merges.lines().filter(|line| !line.is_empty() && !line.starts_with("#version"));
        for (line, rank) in lines.zip(0u32..) {
            let (left, right) = line
                .split_once(' ')
                .ok_or_else(|| LoadError::config(format!("merges.txt: the entry {rank} is not a pair")))?;
            pairs.insert((number(left)?, number(right)?), (rank, number(&format!("{left}{right}"))?));
        }
        Ok(Self { singles, pairs })
    }

    /// Appends the tokens of one piece.
    pub(super) fn append(&self, piece: &[u8], out: &mut Vec<u32>) {
        let mut links: Vec<Link> = piece
            .iter()
            .enumerate()
            .map(|(at, &byte)| Link {
                token: self.singles[usize::from(byte)],
                before: at.checked_sub(1).unwrap_or(NONE),
                after: if at + 1 < piece.len() { at + 1 } else { NONE },
            })
            .collect();
        let mut heap = BinaryHeap::with_capacity(piece.len());
        let offer = |heap: &mut BinaryHeap<_>, links: &[Link], left: usize| {
            let Some(&first) = links.get(left) else { return };
            let Some(second) = links.get(first.after) else { return };
            if let Some(&(rank, joined)) = self.pairs.get(&(first.token, second.token)) {
                heap.push(Reverse((rank, left, first.token, second.token, joined)));
            }
        };
        for left in 0..links.len() {
            offer(&mut heap, &links, left);
        }
        while let Some(Reverse((_, left, first, second, joined))) = heap.pop() {
            let Link { token, before, after } = links[left];
            // The pair may have changed since it was offered.
            if token != first || links.get(after).is_none_or(|next| next.token != second) {
                continue;
            }
            let beyond = links[after].after;
            links[after].token = GONE;
            links[left] = Link { token: joined, before, after: beyond };
            if let Some(next) = links.get_mut(beyond) {
                next.before = left;
            }
            offer(&mut heap, &links, before);
            offer(&mut heap, &links, left);
        }
        out.extend(links.iter().map(|link| link.token).filter(|&token| token != GONE));
    }
}
