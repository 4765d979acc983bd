//! How well a phone sequence fits what was heard, and when each phone was said: sums and best paths over the CTC lattice
//! (Graves et al. 2006). It knows no words and no rules.

use crate::kernel::kernel;

/// Stands for the logarithm of zero where differences must stay finite.
const NOTHING: f64 = -1e30;

/// Log-probabilities `(steps, classes)`; class 0 is the blank.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    pub(super) log_probs: Vec<f32>,
    pub(super) classes: usize,
}

impl Heard {
    /// Steps of 30 ms.
    pub fn steps(&self) -> usize {
        self.log_probs.len() / self.classes
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.log_probs.chunks_exact(self.classes)
    }

    /// Log-likelihood of `sequence` (classes 1 and up) over all steps; minus infinity if it cannot fit.
    pub fn log_likelihood(&self, sequence: &[u8]) -> f64 {
        if sequence.len() > self.steps() {
            return f64::NEG_INFINITY;
        }
        let labels = labels(sequence);
        let jumps = jumps(&labels);
        let states = labels.len();
        // Two cells of nothing stand before the first state, so that every state has both predecessors.
        let mut now = vec![NOTHING; states + 2];
        let mut next = now.clone();
        let mut emitted = vec![0.0f64; states];
        for (step, row) in self.rows().enumerate() {
            for (emitted, &label) in emitted.iter_mut().zip(&labels) {
                *emitted = f64::from(row[usize::from(label)]);
            }
            if step == 0 {
                now[2] = emitted[0];
                if states > 1 {
                    now[3] = emitted[1];
                }
            } else {
                advance(&now, &jumps, &emitted, &mut next);
                std::mem::swap(&mut now, &mut next);
            }
        }
        let (last, before) = (now[states + 1], if states > 1 { now[states] } else { NOTHING });
        let top = last.max(before);
        if top < NOTHING / 2.0 || self.log_probs.is_empty() {
            return f64::NEG_INFINITY;
        }
        top + ((last - top).exp() + (before - top).exp()).ln()
    }

    /// First and last step of each phone on the best path, or `None` if the sequence cannot fit.
    pub fn align(&self, sequence: &[u8]) -> Option<Vec<(usize, usize)>> {
        if sequence.len() > self.steps() {
            return None;
        }
        let labels = labels(sequence);
        let jumps = jumps(&labels);
        let states = labels.len();
        let mut score = vec![f64::NEG_INFINITY; states];
        let mut back = vec![0u8; self.steps() * states];
        for (step, row) in self.rows().enumerate() {
            let before = score.clone();
            for state in (0..states).rev() {
                let emitted = f64::from(row[usize::from(labels[state])]);
                if step == 0 {
                    score[state] = if state < 2 { emitted } else { f64::NEG_INFINITY };
                    continue;
                }
                let one = if state >= 1 { before[state - 1] } else { f64::NEG_INFINITY };
                let two = if state >= 2 && jumps[state] == 0.0 { before[state - 2] } else { f64::NEG_INFINITY };
                let mut best = (before[state], 0);
                for (value, jump) in [(one, 1), (two, 2)] {
                    if value > best.0 {
                        best = (value, jump);
                    }
                }
                score[state] = best.0 + emitted;
                back[step * states + state] = best.1;
            }
        }
        let mut state = match states {
            _ if self.steps() == 0 => return None,
            1 => 0,
            _ if score[states - 1] > score[states - 2] => states - 1,
            _ => states - 2,
        };
        if score[state] == f64::NEG_INFINITY {
            return None;
        }
        let mut spans = vec![(usize::MAX, 0); sequence.len()];
        for step in (0..self.steps()).rev() {
            if state % 2 == 1 {
                let span = &mut spans[state / 2];
                span.0 = step;
                span.1 = span.1.max(step);
            }
            state -= usize::from(back[step * states + state]);
        }
        Some(spans)
    }
}

/// The sequence with blanks before, between and after.
fn labels(sequence: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(2 * sequence.len() + 1);
    out.push(0);
    for &phone in sequence {
        out.extend([phone, 0]);
    }
    out
}

/// 0 where a state may be reached over the blank before it, else nothing: only between different phones.
fn jumps(labels: &[u8]) -> Vec<f64> {
    (0..labels.len()).map(|s| if s >= 3 && s % 2 == 1 && labels[s] != labels[s - 2] { 0.0 } else { NOTHING }).collect()
}

kernel! {
    /// One step: each state from itself and its two predecessors, summed in the logarithm.
    fn advance<'a>(now: &'a [f64], jumps: &'a [f64], emitted: &'a [f64], next: &'a mut [f64]) {
        let states = jumps.len();
        let (stay, one, two) = (&now[2..2 + states], &now[1..1 + states], &now[..states]);
        let (emitted, next) = (&emitted[..states], &mut next[2..2 + states]);
        for s in 0..states {
            let (a, b, c) = (stay[s], one[s], two[s] + jumps[s]);
            let top = a.max(b).max(c);
            let sum = fast_exp(a - top) + fast_exp(b - top) + fast_exp(c - top);
            next[s] = (top + f64::from(fast_ln(sum)) + emitted[s]).max(NOTHING);
        }
    }
}

/// `e^x` for `x` of zero or less.
#[inline(always)]
fn fast_exp(x: f64) -> f32 {
    crate::kernel::exp(x.max(-90.0) as f32)
}

/// Natural logarithm on [1, 3]: the series of the inverse hyperbolic tangent around √3.
#[inline(always)]
fn fast_ln(x: f32) -> f32 {
    const ROOT: f32 = 1.732_050_8;
    let t = (x - ROOT) / (x + ROOT);
    let z = t * t;
    let series = (1.0f32 / 13.0)
        .mul_add(z, 1.0 / 11.0)
        .mul_add(z, 1.0 / 9.0)
        .mul_add(z, 1.0 / 7.0)
        .mul_add(z, 0.2)
        .mul_add(z, 1.0 / 3.0)
        .mul_add(z, 1.0);
    (2.0 * t).mul_add(series, 0.549_306_15)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw;

    fn random(steps: usize, classes: usize, seed: u64) -> Heard {
        let mut log_probs: Vec<f32> = (0..steps * classes).map(|n| 3.0 * draw::noise(seed, n as u64)).collect();
        crate::kernel::log_softmax(&mut log_probs, classes);
        Heard { log_probs, classes }
    }

    /// All label strings of `steps` classes, collapsed: the definition of CTC.
    fn by_enumeration(heard: &Heard, sequence: &[u8]) -> f64 {
        let (steps, classes) = (heard.steps(), heard.classes);
        let mut total = 0.0f64;
        for code in 0..classes.pow(steps as u32) {
            let path: Vec<u8> = (0..steps).map(|t| (code / classes.pow(t as u32) % classes) as u8).collect();
            let mut said: Vec<u8> = path.clone();
            said.dedup();
            said.retain(|&c| c != 0);
            if said == sequence {
                total += path
                    .iter()
                    .enumerate()
                    .map(|(t, &c)| f64::from(heard.log_probs[t * classes + usize::from(c)]))
                    .sum::<f64>()
                    .exp();
            }
        }
        total.ln()
    }

    #[test]
    fn it_is_the_sum_over_all_paths() {
        for (seed, sequence) in [&[1u8, 2][..], &[1, 1], &[2], &[], &[1, 2, 1], &[2, 2, 1]].iter().enumerate() {
            let heard = random(6, 3, seed as u64);
            let (found, wanted) = (heard.log_likelihood(sequence), by_enumeration(&heard, sequence));
            assert!((found - wanted).abs() < 1e-5, "{sequence:?}: {found} {wanted}");
        }
        assert_eq!(random(2, 3, 0).log_likelihood(&[1, 1]), f64::NEG_INFINITY);
        assert_eq!(random(1, 3, 0).log_likelihood(&[1, 2]), f64::NEG_INFINITY);
        assert_eq!(random(0, 3, 0).log_likelihood(&[1]), f64::NEG_INFINITY);
        assert_eq!(random(1, 3, 0).align(&[1, 2]), None);
        assert_eq!(random(0, 3, 0).align(&[1]), None);
    }

    #[test]
    fn very_unlikely_sequences_keep_their_order() {
        let heard = random(400, 40, 3);
        let long: Vec<u8> = (0..120).map(|k| 1 + (k * 7 % 39) as u8).collect();
        let score = heard.log_likelihood(&long);
        assert!(score.is_finite() && score < -500.0, "{score}");
    }

    #[test]
    fn spans_follow_what_was_said() {
        let classes = 4;
        let said = [0u8, 1, 1, 0, 2, 2, 2, 3, 0, 0];
        let log_probs =
            said.iter().flat_map(|&c| (0..classes).map(move |k| if k == c { -0.1f32 } else { -4.0 })).collect();
        let heard = Heard { log_probs, classes: usize::from(classes) };
        assert_eq!(heard.align(&[1, 2, 3]), Some(vec![(1, 2), (4, 6), (7, 7)]));
    }

    #[test]
    fn the_short_logarithm_is_good_on_its_range() {
        for k in 0..=2000 {
            let x = 1.0 + k as f32 / 1000.0;
            assert!((fast_ln(x) - x.ln()).abs() < 4e-7, "{x}");
        }
    }
}
