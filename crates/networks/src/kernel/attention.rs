//! Causal attention of one new position against the cache of its own sequence. It knows no batch: each slot is alone.

use super::pointwise::{dot, softmax_inline};

/// Cosines and sines of one position for the rotary embedding, halves turned against each other (Su et al. 2021).
#[derive(Debug, Clone)]
pub struct Rotation {
    frequencies: Vec<f32>,
    cosines: Vec<f32>,
    sines: Vec<f32>,
}

impl Rotation {
    /// For heads of `width` channels, at position 0.
    pub fn new(width: usize, base: f32) -> Self {
        let half = width / 2;
        let frequencies: Vec<f32> = (0..half).map(|i| base.powf(-(i as f32 / half as f32))).collect();
        Self { cosines: vec![1.0; half], sines: vec![0.0; half], frequencies }
    }

    /// Moves to `position`.
    pub fn turn_to(&mut self, position: usize) {
        for ((frequency, cosine), sine) in self.frequencies.iter().zip(&mut self.cosines).zip(&mut self.sines) {
            (*sine, *cosine) = (position as f32 * frequency).sin_cos();
        }
    }

    #[inline(always)]
    fn apply(&self, head: &mut [f32]) {
        let (a, b) = head.split_at_mut(self.frequencies.len());
        for (((a, b), &cosine), &sine) in a.iter_mut().zip(b).zip(&self.cosines).zip(&self.sines) {
            (*a, *b) = (*a * cosine - *b * sine, *b * cosine + *a * sine);
        }
    }
}

/// Keys and values of one layer of one sequence: a ring of the last `window` positions, `(window, heads · width)` each.
#[derive(Debug, Clone)]
pub struct KeyValues {
    keys: Vec<f32>,
    values: Vec<f32>,
    window: usize,
    seen: usize,
}

impl KeyValues {
    /// An empty cache that keeps `window` positions.
    pub fn new(window: usize) -> Self {
        Self { keys: Vec::new(), values: Vec::new(), window, seen: 0 }
    }

    /// Forgets the sequence, keeps the memory.
    pub fn clear(&mut self) {
        self.keys.clear();
        self.values.clear();
        self.seen = 0;
    }

    fn push(&mut self, key: &[f32], value: &[f32]) {
        if self.seen < self.window {
            self.keys.extend_from_slice(key);
            self.values.extend_from_slice(value);
        } else {
            let at = self.seen % self.window * key.len();
            self.keys[at..at + key.len()].copy_from_slice(key);
            self.values[at..at + key.len()].copy_from_slice(value);
        }
        self.seen += 1;
    }
}

/// RMS norms of each head of queries and keys.
#[derive(Debug, Clone)]
pub struct HeadNorms {
    /// `(width)` for queries.
    pub query: Vec<f32>,
    /// `(width)` for keys.
    pub key: Vec<f32>,
    /// Added to the mean square.
    pub epsilon: f32,
}

/// One position: `row` holds `(query, key, value)` of `heads · width` each. Query and key heads are normalised and
/// rotated, key and value join the cache, and the mixture of values goes to `out` `(heads · width)`.
pub fn attend(
    row: &mut [f32],
    heads: usize,
    norms: &HeadNorms,
    rotation: &Rotation,
    cache: &mut KeyValues,
    out: &mut [f32],
) {
    let size = row.len() / 3;
    let width = size / heads;
    let (query, rest) = row.split_at_mut(size);
    let (key, value) = rest.split_at_mut(size);
    turn(query, &norms.query, norms.epsilon, rotation);
    turn(key, &norms.key, norms.epsilon, rotation);
    cache.push(key, value);
    mix(query, width, cache, out);
}

/// Norm and rotation of each head of a row, in place. `norm` has a head's width.
pub fn turn_heads(heads: &mut [f32], norm: &[f32], epsilon: f32, rotation: &Rotation) {
    turn(heads, norm, epsilon, rotation);
}

/// Grouped attention of one position: `query` `(heads · width)` against a cache that comes in pages `(positions, size)` of
/// keys and values, `size` being key heads times `width`. Sums run position by position, whatever the pages.
pub fn attend_pages<'a>(
    query: &[f32],
    width: usize,
    size: usize,
    pages: impl Iterator<Item = (&'a [f32], &'a [f32])>,
    out: &mut [f32],
) {
    attend_heads(query, (0, size / width), width, size, pages, out);
}

/// The part of [`attend_pages`] of some key heads, the first and how many, for a crew to share: `query` and `out` are those
/// of the query heads that belong to them.
pub fn attend_heads<'a>(
    query: &[f32],
    key_heads: (usize, usize),
    width: usize,
    size: usize,
    pages: impl Iterator<Item = (&'a [f32], &'a [f32])>,
    out: &mut [f32],
) {
    let pages: Vec<(&[f32], &[f32])> = pages.collect();
    mix_pages(query, key_heads.0, query.len() / key_heads.1, width, size, &pages, out);
}

kernel! {
    /// Softmax of the scaled scores, sum of the values. `group` is the width of all query heads of one key head.
    fn mix_pages<'a>(
        query: &'a [f32],
        first_head: usize,
        group: usize,
        width: usize,
        size: usize,
        pages: &'a [(&'a [f32], &'a [f32])],
        out: &'a mut [f32],
    ) {
        let scale = 1.0 / (width as f32).sqrt();
        let positions: usize = pages.iter().map(|(keys, _)| keys.len() / size).sum();
        let heads = query.len() / width;
        let here = first_head * width..first_head * width + query.len() / group * width;
        // Position by position, all heads at each: the cache is read in the order in which it lies in memory.
        let mut scores = vec![0.0; heads * positions];
        let mut position = 0;
        for (keys, _) in pages {
            for key in keys.chunks_exact(size) {
                let mut head = position;
                for (key, queries) in key[here.clone()].chunks_exact(width).zip(query.chunks_exact(group)) {
                    for query in queries.chunks_exact(width) {
                        scores[head] = dot(query, key) * scale;
                        head += positions;
                    }
                }
                position += 1;
            }
        }
        for scores in scores.chunks_exact_mut(positions.max(1)) {
            softmax_inline(scores);
        }
        out.fill(0.0);
        let mut position = 0;
        for (_, values) in pages {
            for value in values.chunks_exact(size) {
                let mut head = position;
                for (value, outs) in value[here.clone()].chunks_exact(width).zip(out.chunks_exact_mut(group)) {
                    for out in outs.chunks_exact_mut(width) {
                        let weight = scores[head];
                        for (out, &v) in out.iter_mut().zip(value) {
                            *out = v.mul_add(weight, *out);
                        }
                        head += positions;
                    }
                }
                position += 1;
            }
        }
    }
}

kernel! {
    /// Norm and rotation of each head.
    fn turn<'a>(heads: &'a mut [f32], norm: &'a [f32], epsilon: f32, rotation: &'a Rotation) {
        for head in heads.chunks_exact_mut(norm.len()) {
            let scale = 1.0 / (dot(head, head) / norm.len() as f32 + epsilon).sqrt();
            for (v, &w) in head.iter_mut().zip(norm) {
                *v *= scale * w;
            }
            rotation.apply(head);
        }
    }
}

kernel! {
    /// Softmax of the scaled scores, sum of the values.
    fn mix<'a>(query: &'a [f32], width: usize, cache: &'a KeyValues, out: &'a mut [f32]) {
        let size = query.len();
        let scale = 1.0 / (width as f32).sqrt();
        let mut scores = vec![0.0; cache.keys.len() / size];
        for (head, (query, out)) in query.chunks_exact(width).zip(out.chunks_exact_mut(width)).enumerate() {
            let first = head * width;
            for (score, key) in scores.iter_mut().zip(cache.keys.chunks_exact(size)) {
                *score = dot(query, &key[first..first + width]) * scale;
            }
            softmax_inline(&mut scores);
            out.fill(0.0);
            for (value, &weight) in cache.values.chunks_exact(size).zip(&scores) {
                for (out, &v) in out.iter_mut().zip(&value[first..first + width]) {
                    *out = v.mul_add(weight, *out);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_the_textbook_sum_and_pages_do_not_matter() {
        let (heads, key_heads, width, positions) = (6, 3, 8, 11);
        let size = key_heads * width;
        let wave =
            |from: usize, count: usize| (from..from + count).map(|i| (i as f32 * 0.37).sin()).collect::<Vec<_>>();
        let (query, keys, values) = (wave(3, heads * width), wave(50, positions * size), wave(900, positions * size));
        let whole = |cut: usize| {
            let mut out = vec![0.0; heads * width];
            let pages = keys.chunks(cut * size).zip(values.chunks(cut * size));
            attend_pages(&query, width, size, pages, &mut out);
            out
        };
        let out = whole(4);
        assert_eq!(out, whole(positions));
        let group = heads / key_heads * width;
        for key_head in 0..key_heads {
            let mut part = vec![0.0; group];
            let at = key_head * group..(key_head + 1) * group;
            let pages = std::iter::once((&keys[..], &values[..]));
            attend_heads(&query[at.clone()], (key_head, 1), width, size, pages, &mut part);
            assert_eq!(part, out[at]);
        }
        for head in 0..heads {
            let first = head / 2 * width;
            let score = |p: usize| {
                let pairs = query[head * width..][..width].iter().zip(&keys[p * size + first..][..width]);
                (pairs.map(|(a, b)| a * b).sum::<f32>() / (width as f32).sqrt()).exp()
            };
            let total: f32 = (0..positions).map(score).sum();
            for i in 0..width {
                let truth: f32 = (0..positions).map(|p| score(p) / total * values[p * size + first + i]).sum();
                assert!((out[head * width + i] - truth).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn attention_is_the_textbook_sum_over_its_window() {
        let (heads, width, positions, window) = (2, 8, 7, 4);
        let size = heads * width;
        let mut rotation = Rotation::new(width, 10_000.0);
        let norms = HeadNorms { query: vec![1.5; width], key: vec![0.5; width], epsilon: 1e-5 };
        let mut cache = KeyValues::new(window);
        let (mut keys, mut values): (Vec<Vec<f32>>, Vec<Vec<f32>>) = (vec![], vec![]);
        for position in 0..positions {
            let mut row: Vec<f32> = (0..3 * size).map(|i| ((i * 7 + position * 13) as f32 * 0.37).sin()).collect();
            let mut turned = row.clone();
            for (index, part) in turned[..2 * size].chunks_mut(width).enumerate() {
                let rms = (part.iter().map(|v| v * v).sum::<f32>() / width as f32 + 1e-5).sqrt();
                let weight = if index < heads { 1.5 } else { 0.5 };
                for i in 0..width / 2 {
                    let angle = position as f32 / 10_000f32.powf(i as f32 / (width / 2) as f32);
                    let (a, b) = (part[i] / rms * weight, part[i + width / 2] / rms * weight);
                    part[i] = a * angle.cos() - b * angle.sin();
                    part[i + width / 2] = b * angle.cos() + a * angle.sin();
                }
            }
            keys.push(turned[size..2 * size].to_vec());
            values.push(turned[2 * size..].to_vec());
            let from = keys.len().saturating_sub(window);
            let mut out = vec![0.0; size];
            rotation.turn_to(position);
            attend(&mut row, heads, &norms, &rotation, &mut cache, &mut out);
            for head in 0..heads {
                let c = head * width..(head + 1) * width;
                let scores: Vec<f32> = keys[from..]
                    .iter()
                    .map(|k| {
                        let d: f32 = turned[c.clone()].iter().zip(&k[c.clone()]).map(|(a, b)| a * b).sum();
                        (d / (width as f32).sqrt()).exp()
                    })
                    .collect();
                let total: f32 = scores.iter().sum();
                for i in c {
                    let truth: f32 = scores.iter().zip(&values[from..]).map(|(s, v)| s / total * v[i]).sum();
                    assert!((out[i] - truth).abs() < 1e-5);
                }
            }
        }
    }
}
