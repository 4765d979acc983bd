//! Against the definition, and over many draws against the distribution.

use proptest::prelude::*;

use super::*;

fn sampling(temperature: f32, top_k: usize, top_p: f32) -> Sampling {
    Sampling { temperature, top_k, top_p, repetition_penalty: 1.0 }
}

/// Probabilities by the definition, in double precision and without any cleverness: temperature, then top k, then top p.
fn probabilities(logits: &[f32], sampling: &Sampling) -> Vec<f64> {
    let mut order: Vec<usize> = (0..logits.len()).collect();
    order.sort_by(|&a, &b| logits[b].partial_cmp(&logits[a]).unwrap().then(a.cmp(&b)));
    let kept = if sampling.top_k == 0 { logits.len() } else { sampling.top_k.min(logits.len()) };
    let heated = |i: usize| (f64::from(logits[i]) / f64::from(sampling.temperature)).exp();
    let sum: f64 = order[..kept].iter().map(|&i| heated(i)).sum();
    let mut out = vec![0.0; logits.len()];
    let mut before = 0.0;
    for &i in &order[..kept] {
        let probability = heated(i) / sum;
        if before < f64::from(sampling.top_p) {
            out[i] = probability;
        }
        before += probability;
    }
    let sum: f64 = out.iter().sum();
    out.iter().map(|p| p / sum).collect()
}

/// Chi-square of many draws against the probabilities of some settings, divided by its degrees of freedom.
fn misfit(logits: &[f32], sampling: &Sampling, wanted: &Sampling, seed: u64) -> f64 {
    const DRAWS: u64 = 40_000;
    let wanted = probabilities(logits, wanted);
    let mut counts = vec![0u32; logits.len()];
    for counter in 0..DRAWS {
        counts[choose(logits, sampling, seed, counter)] += 1;
    }
    let mut sum = 0.0;
    let mut freedom = -1.0;
    for (&count, &probability) in counts.iter().zip(&wanted) {
        if probability == 0.0 {
            sum += if count > 0 { f64::INFINITY } else { 0.0 };
            continue;
        }
        let expected = probability * DRAWS as f64;
        sum += (f64::from(count) - expected).powi(2) / expected;
        freedom += 1.0;
    }
    sum / f64::max(freedom, 1.0)
}

#[test]
fn many_draws_have_the_softmax_of_what_is_left() {
    let logits = [1.2, -0.3, 0.0, 2.1, 1.2, f32::NEG_INFINITY, -1.0, 0.7, 0.4, -0.5];
    for (number, sampling) in [
        sampling(1.0, 0, 1.0),
        sampling(0.9, 0, 1.0),
        sampling(2.5, 4, 1.0),
        sampling(0.7, 0, 0.8),
        sampling(1.3, 6, 0.7),
        sampling(1.0, 3, 0.95),
        sampling(0.4, 1, 0.5),
    ]
    .into_iter()
    .enumerate()
    {
        // With at most eight degrees of freedom, 3.3 for each is passed by chance about once in a thousand times.
        let misfit = misfit(&logits, &sampling, &sampling, 11 + number as u64);
        assert!(misfit < 3.3, "{sampling:?}: {misfit}");
    }
}

#[test]
fn the_test_of_draws_can_fail() {
    let logits = [2.0, 1.0, 0.5, 0.0];
    let right = sampling(3.0, 0, 0.75);
    assert!(misfit(&logits, &right, &right, 5) < 3.3);
    for wrong in [sampling(2.8, 0, 0.75), sampling(3.0, 0, 1.0), sampling(3.0, 2, 1.0), sampling(3.0, 0, 0.5)] {
        assert!(misfit(&logits, &wrong, &right, 5) > 3.3, "{wrong:?}");
    }
    // Cutting before heating keeps another number of tokens here: the order shows.
    let kept = |sampling| probabilities(&logits, &sampling).iter().filter(|p| **p > 0.0).count();
    assert_eq!((kept(right), kept(sampling(1.0, 0, 0.75))), (3, 2));
}

#[test]
fn numbers_that_are_none_have_defined_outcomes() {
    let nan = f32::NAN;
    let warm = sampling(1.0, 0, 1.0);
    for counter in 0..200 {
        assert_eq!(choose(&[nan, 1.0, nan, f32::NEG_INFINITY], &warm, 3, counter), 1);
        assert_eq!(choose(&[0.0, f32::INFINITY, 9.0], &warm, 3, counter), 1);
        assert_eq!(choose(&[nan, nan], &warm, 3, counter), 0);
        assert_eq!(choose(&[f32::NEG_INFINITY; 3], &warm, 3, counter), 0);
        assert_eq!(choose(&[1.0, 2.0], &sampling(nan, 0, 1.0), 3, counter), 1);
        assert_eq!(choose(&[1.0, 2.0], &sampling(1.0, 0, nan), 3, counter), 1);
        assert_eq!(choose(&[1.0, 2.0], &sampling(1.0, 0, -1.0), 3, counter), 1);
        assert_eq!(choose(&[1.0, f32::MAX, f32::MIN], &sampling(f32::MIN_POSITIVE, 0, 1.0), 3, counter), 1);
    }
    assert_eq!(choose(&[], &warm, 0, 0), 0);
    assert_eq!((greedy(&[nan, -5.0, -4.0]), greedy(&[nan; 2]), greedy(&[1.0, 1.0])), (2, 0, 0));
}

#[test]
fn the_penalty_falls_once_on_each_token() {
    let mut logits = [2.0, -2.0, 0.0, 4.0];
    penalise(&mut logits, [0, 1, 0, 2, 99], 2.0);
    assert_eq!(logits, [1.0, -4.0, 0.0, 4.0]);
    penalise(&mut logits, [0, 1], 1.0);
    assert_eq!(logits, [1.0, -4.0, 0.0, 4.0]);
}

fn any_logits() -> impl Strategy<Value = Vec<f32>> {
    let logit = prop_oneof![8 => -5.0f32..5.0, 2 => (-3i8..3).prop_map(f32::from), 1 => Just(f32::NEG_INFINITY)];
    proptest::collection::vec(logit, 1..60)
}

proptest! {
    #[test]
    fn exactly_the_k_best_take_part(logits in any_logits(), k in 1usize..12, seed in any::<u64>()) {
        let finite = logits.iter().filter(|v| v.is_finite()).count();
        prop_assume!(finite > 0);
        let mut order: Vec<usize> = (0..logits.len()).filter(|&i| logits[i].is_finite()).collect();
        order.sort_by(|&a, &b| logits[b].partial_cmp(&logits[a]).unwrap().then(a.cmp(&b)));
        order.truncate(k);
        // So hot that all that take part are drawn soon.
        let hot = sampling(1e6, k, 1.0);
        let drawn: std::collections::BTreeSet<usize> = (0..600).map(|n| choose(&logits, &hot, seed, n)).collect();
        prop_assert_eq!(drawn, order.into_iter().collect::<std::collections::BTreeSet<_>>());
    }

    #[test]
    fn cold_is_greedy_and_so_is_one(logits in any_logits(), seed in any::<u64>(), counter in any::<u64>()) {
        prop_assume!(logits.iter().any(|v| v.is_finite()));
        let best = greedy(&logits);
        prop_assert_eq!(choose(&logits, &Sampling::GREEDY, seed, counter), best);
        prop_assert_eq!(choose(&logits, &sampling(1.7, 1, 1.0), seed, counter), best);
        prop_assert_eq!(choose(&logits, &sampling(1.7, 0, 0.0), seed, counter), best);
    }

    #[test]
    fn what_may_not_be_said_is_not_said(
        logits in any_logits(), temperature in 0.0f32..3.0, k in 0usize..8, p in 0.0f32..=1.0, seed in any::<u64>(),
    ) {
        prop_assume!(logits.iter().any(|v| v.is_finite()));
        for counter in 0..50 {
            let chosen = choose(&logits, &sampling(temperature, k, p), seed, counter);
            prop_assert!(logits[chosen].is_finite());
            prop_assert_eq!(chosen, choose(&logits, &sampling(temperature, k, p), seed, counter));
        }
    }
}
