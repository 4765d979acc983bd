//! From logits to a token, in the reference's order of operations. It knows no network and keeps nothing: the same
//! logits, settings, seed and counter give the same token whoever else is in the batch.

use crate::draw;

/// How a token is chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// Divides the logits; 0 means that the best is taken.
    pub temperature: f32,
    /// So many of the best take part; 0 means all.
    pub top_k: usize,
    /// The best that together have this much probability take part; 1 means all.
    pub top_p: f32,
    /// Over what was said before: above 1 makes it less likely.
    pub repetition_penalty: f32,
}

impl Sampling {
    /// Always the best.
    pub const GREEDY: Self = Self { temperature: 0.0, top_k: 0, top_p: 1.0, repetition_penalty: 1.0 };
}

/// Place of the largest; the first of equals.
pub fn greedy(logits: &[f32]) -> usize {
    let mut best = 0;
    for (place, &logit) in logits.iter().enumerate() {
        if logit > logits[best] {
            best = place;
        }
    }
    best
}

/// Chooses a token. The caller has applied the penalty and taken out what may not be said (`-inf`).
pub fn choose(logits: &[f32], sampling: &Sampling, seed: u64, counter: u64) -> usize {
    if sampling.temperature <= 0.0 {
        return greedy(logits);
    }
    let mut order: Vec<usize> = (0..logits.len()).filter(|&i| logits[i] > f32::NEG_INFINITY).collect();
    // Ties by number, so that the order is total and the same everywhere.
    order.sort_unstable_by(|&a, &b| logits[b].total_cmp(&logits[a]).then(a.cmp(&b)));
    if sampling.top_k > 0 {
        order.truncate(sampling.top_k);
    }
    let Some(&first) = order.first() else { return 0 };
    let top = logits[first];
    let mut weights: Vec<f64> =
        order.iter().map(|&i| f64::from((logits[i] - top) / sampling.temperature).exp()).collect();
    let sum: f64 = weights.iter().sum();
    if sampling.top_p < 1.0 {
        let mut reached = 0.0;
        let count = weights.iter().take_while(|&&w| {
            let wanted = reached < f64::from(sampling.top_p) * sum;
            reached += w;
            wanted
        });
        let count = count.count().max(1);
        weights.truncate(count);
    }
    let sum: f64 = weights.iter().sum();
    let mut left = f64::from(draw::uniform(seed, counter)) * sum;
    for (&place, weight) in order.iter().zip(&weights) {
        left -= weight;
        if left < 0.0 {
            return place;
        }
    }
    order[weights.len() - 1]
}

/// Makes what was said before less likely (Keskar et al. 2019): once for each distinct token.
pub fn penalise(logits: &mut [f32], said: impl IntoIterator<Item = usize>, penalty: f32) {
    for token in said {
        let logit = &mut logits[token];
        *logit = if *logit < 0.0 { *logit * penalty } else { *logit / penalty };
    }
}
