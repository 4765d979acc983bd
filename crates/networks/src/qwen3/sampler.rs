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

/// Place of the largest; the first of equals. What is not a number counts as `-inf`; if nothing is larger, the first.
pub fn greedy(logits: &[f32]) -> usize {
    let mut best = (0, f32::NEG_INFINITY);
    for (place, &logit) in logits.iter().enumerate() {
        if logit > best.1 {
            best = (place, logit);
        }
    }
    best.0
}

/// Chooses a token: temperature, then `top_k`, then `top_p`, as the reference does. The caller has applied the penalty and
/// taken out what may not be said (`-inf`). What is not a number is never chosen either; if nothing is left, the first
/// token is the answer. Of equals at the border of `top_k`, those with the smaller numbers stay.
pub fn choose(logits: &[f32], sampling: &Sampling, seed: u64, counter: u64) -> usize {
    let mut order: Vec<usize> = (0..logits.len()).filter(|&i| logits[i] > f32::NEG_INFINITY).collect();
    // Settings that are no number are taken for their coldest.
    let cold = sampling.temperature.is_nan() || sampling.temperature <= 0.0;
    if cold || order.iter().any(|&i| logits[i] == f32::INFINITY) {
        return greedy(logits);
    }
    // Ties by number, so that the order is total and the same everywhere.
    let better = |&a: &usize, &b: &usize| logits[b].total_cmp(&logits[a]).then(a.cmp(&b));
    if sampling.top_k > 0 && sampling.top_k < order.len() {
        order.select_nth_unstable_by(sampling.top_k - 1, better);
        order.truncate(sampling.top_k);
    }
    order.sort_unstable_by(better);
    let Some(&first) = order.first() else { return 0 };
    let (top, temperature) = (f64::from(logits[first]), f64::from(sampling.temperature));
    let mut weights: Vec<f64> = order.iter().map(|&i| ((f64::from(logits[i]) - top) / temperature).exp()).collect();
    if sampling.top_p.is_nan() || sampling.top_p < 1.0 {
        let enough = f64::from(sampling.top_p) * weights.iter().sum::<f64>();
        let mut reached = 0.0;
        let wanted = weights.iter().take_while(|&&weight| {
            let wanted = reached < enough;
            reached += weight;
            wanted
        });
        let count = wanted.count().max(1);
        weights.truncate(count);
    }
    let mut left = f64::from(draw::uniform(seed, counter)) * weights.iter().sum::<f64>();
    for (&place, weight) in order.iter().zip(&weights) {
        left -= weight;
        if left < 0.0 {
            return place;
        }
    }
    // Rounding may leave a crumb; it goes to the last that has any weight.
    let last = weights.iter().rposition(|&weight| weight > 0.0).unwrap_or(0);
    order[last]
}

/// Makes what was said before less likely (Keskar et al. 2019): once for each distinct token, however often it was said.
pub fn penalise(logits: &mut [f32], said: impl IntoIterator<Item = usize>, penalty: f32) {
    if penalty == 1.0 {
        return;
    }
    let mut said: Vec<usize> = said.into_iter().collect();
    said.sort_unstable();
    said.dedup();
    for token in said {
        let Some(logit) = logits.get_mut(token) else { continue };
        *logit = if *logit < 0.0 { *logit * penalty } else { *logit / penalty };
    }
}

#[cfg(test)]
mod tests;
