//! Which code comes next: top-k sampling with a draw that depends on seed, step and book alone. It knows no network.

use crate::draw;

/// Sorts by score (ties: lower code first), keeps `top`, softens by `heat` and inverts the running sum at one draw.
/// `heat` of zero or less takes the best.
pub(super) fn choose(scores: &[f32], heat: f32, top: usize, seed: u64, step: u64, book: u64) -> usize {
    let best = leaders(scores, top.max(1));
    if heat <= 0.0 || best.len() < 2 {
        return best.first().map_or(0, |(code, _)| *code);
    }
    let highest = best[0].1;
    let weights: Vec<f32> = best.iter().map(|(_, score)| ((score - highest) / heat).exp()).collect();
    let draw = draw::uniform(seed, step * 64 + book) * weights.iter().sum::<f32>();
    let mut total = 0.0;
    for (weight, (code, _)) in weights.iter().zip(&best) {
        total += weight;
        if draw < total {
            return *code;
        }
    }
    best[best.len() - 1].0
}

/// The `top` highest, highest first.
fn leaders(scores: &[f32], top: usize) -> Vec<(usize, f32)> {
    let mut best: Vec<(usize, f32)> = Vec::with_capacity(top + 1);
    let mut floor = f32::NEG_INFINITY;
    for (code, &score) in scores.iter().enumerate() {
        if best.len() == top && score <= floor {
            continue;
        }
        let at = best.partition_point(|(_, kept)| *kept >= score);
        best.insert(at, (code, score));
        best.truncate(top);
        floor = best[best.len() - 1].1;
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaders_are_the_sorted_prefix() {
        let scores: Vec<f32> = (0..300).map(|n| ((n * 37 % 101) as f32 * 0.3).sin()).collect();
        let mut order: Vec<usize> = (0..300).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
        let found: Vec<usize> = leaders(&scores, 20).iter().map(|(code, _)| *code).collect();
        assert_eq!(found, order[..20]);
    }

    #[test]
    fn draws_follow_the_softmax() {
        let scores = [0.0, 1.0f32.ln(), 3.0f32.ln(), f32::NEG_INFINITY];
        let mut counts = [0; 4];
        for step in 0..20_000 {
            counts[choose(&scores, 1.0, 20, 5, step, 3)] += 1;
        }
        assert_eq!(counts[3], 0);
        assert!((f64::from(counts[2]) / 20_000.0 - 0.6).abs() < 0.02, "{counts:?}");
        assert_eq!(choose(&scores, 0.0, 20, 5, 1, 3), 2);
    }
}
