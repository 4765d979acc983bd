//! What a plan promises: bounds of tempo, no new overlaps, order, locality.

use proptest::prelude::*;

use super::*;

fn cue(speaker: u16, start_ms: u64, end_ms: u64, seconds: &[f64]) -> Wanted {
    let takes = seconds.iter().map(|&seconds| TakeLength { seconds, penalty: 0.0 }).collect();
    Wanted { speaker, start_ms, end_ms, takes }
}

fn end_ms(line: &Placed) -> u64 {
    line.start_ms + (line.seconds * 1_000.0).ceil() as u64
}

fn planned(cues: &[Wanted], total_ms: u64) -> Vec<Placed> {
    fit(cues, total_ms, &Rules::default()).placed
}

#[test]
fn what_fits_is_left_alone() {
    let made = fit(&[cue(0, 1_000, 3_000, &[1.9]), cue(1, 3_200, 5_000, &[1.8])], 10_000, &Rules::default());
    for (line, start_ms) in made.placed.iter().zip([1_000, 3_200]) {
        assert_eq!((line.start_ms, line.tempo, line.over_ms, line.early_or_late_ms), (start_ms, 1.0, 0, 0));
    }
    assert_eq!(made.score, 1.0);
}

#[test]
fn silence_is_borrowed_before_anything_else() {
    let line = planned(&[cue(0, 1_000, 3_000, &[3.0, 2.5]), cue(0, 4_200, 5_000, &[0.8])], 10_000)[0];
    assert_eq!((line.tempo, line.start_ms, line.over_ms), (1.0, 1_000, 0));
}

#[test]
fn then_another_take_then_the_tempo_then_an_early_start() {
    let after = cue(0, 3_100, 5_000, &[1.9]);
    let takes = planned(&[cue(0, 1_000, 3_000, &[2.3, 2.0]), after.clone()], 10_000);
    assert_eq!((takes[0].take, takes[0].tempo), (1, 1.0));
    let tempo = planned(&[cue(0, 1_000, 3_000, &[2.1]), after.clone()], 10_000);
    assert!(tempo[0].tempo > 1.0 && tempo[0].tempo < 1.06, "{tempo:?}");
    assert_eq!((tempo[0].early_or_late_ms, tempo[1].early_or_late_ms), (0, 0));
    let early = planned(&[cue(0, 1_000, 3_000, &[2.4]), after.clone()], 10_000);
    assert!(early[0].tempo > 1.05 && early[0].early_or_late_ms < 0 && early[1].early_or_late_ms == 0, "{early:?}");
    let pushed = planned(&[cue(0, 1_000, 3_000, &[2.6]), after.clone()], 10_000);
    assert!(pushed[1].early_or_late_ms > 0 && pushed[1].early_or_late_ms <= 250, "{pushed:?}");
    assert_eq!(pushed[0].over_ms, 0);
    let over = planned(&[cue(0, 1_000, 3_000, &[3.6]), after], 10_000);
    assert!(over[0].over_ms > 200 && over[0].over_ms < 900, "{over:?}");
    assert_eq!(over[1].over_ms, 0, "who only waits is not to blame");
    assert!(over[0].score < 0.5 && over[1].score > 0.1);
}

#[test]
fn a_penalty_is_weighed_against_the_tempo() {
    let mut first = cue(0, 1_000, 3_000, &[2.04, 1.9]);
    first.takes[1].penalty = 1.0;
    let made = planned(&[first.clone(), cue(0, 3_050, 5_000, &[1.9])], 10_000);
    assert_eq!(made[0].take, 0);
    first.takes[0].seconds = 2.6;
    assert_eq!(planned(&[first, cue(0, 3_050, 5_000, &[1.9])], 10_000)[0].take, 1);
}

#[test]
fn the_film_ends_when_it_ends() {
    let line = planned(&[cue(0, 8_000, 9_800, &[2.3])], 10_000)[0];
    assert!(end_ms(&line) <= 10_000 && line.over_ms == 0, "{line:?}");
    let line = planned(&[cue(0, 8_000, 9_800, &[4.0])], 10_000)[0];
    assert_eq!(line.over_ms, end_ms(&line) - 10_000);
}

#[test]
fn people_who_talk_over_each_other_still_do() {
    let made = planned(&[cue(0, 1_000, 3_000, &[2.0]), cue(1, 2_600, 4_000, &[1.4])], 10_000);
    assert_eq!((made[0].start_ms, made[1].start_ms), (1_000, 2_600));
    let within = planned(&[cue(0, 1_000, 9_000, &[8.0]), cue(1, 4_000, 4_500, &[0.9])], 10_000);
    assert_eq!(within[1].start_ms, 4_000);
    let alone = planned(&[cue(0, 1_000, 3_000, &[2.0]), cue(0, 2_600, 4_000, &[1.4])], 10_000);
    assert!(alone[1].start_ms >= end_ms(&alone[0]));
}

#[test]
fn hostile_numbers_make_a_plan_too() {
    for seconds in [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e300] {
        let cues = [
            cue(0, 0, u64::MAX / 4, &[seconds, 1.0]),
            cue(0, 5_000, 4_000, &[seconds]),
            cue(1, 0, 0, &[]),
            cue(2, u64::MAX - 5, u64::MAX, &[seconds, 2.0]),
        ];
        let rules = Rules { tempo_min: f64::NAN, tempo_max: -3.0, ..Rules::default() };
        for line in fit(&cues, 0, &rules).placed {
            assert!(line.seconds.is_finite() && line.score.is_finite() && line.tempo == 1.0);
        }
    }
    assert_eq!(fit(&[], 0, &Rules::default()), Fitted { placed: vec![], score: 1.0 });
}

#[test]
fn a_film_that_is_far_too_full_is_planned_in_no_time() {
    // Hundreds of lines that are each too long, and a crowd that all speak at once.
    let full = (0..300_u64).map(|n| cue((n % 3) as u16, n * 2_000, n * 2_000 + 1_900 + n % 7 * 30, &[3.0, 3.1, 3.2]));
    let crowd = (0..100).map(|n| cue(n, 2_000_000, 2_002_000, &[1.9]));
    let cues: Vec<Wanted> = full.chain(crowd).collect();
    let made = planned(&cues, 3_000_000);
    assert!(made[..290].iter().all(|line| line.tempo > 1.09));
    assert!(made[300..].iter().all(|line| line.start_ms == 2_000_000));
}

/// A talk: pauses before each cue (negative is an overlap), lengths, how much longer than its window each line is.
fn talk(most: f64) -> impl Strategy<Value = Vec<Wanted>> {
    let one = (0_u16..3, -600_i64..1_800, 300_u64..6_000, prop::collection::vec((0.4..most, 0.0..1.0), 0..4));
    prop::collection::vec(one, 1..24).prop_map(|parts| {
        let mut at_ms = 2_000_i64;
        parts
            .into_iter()
            .map(|(speaker, pause_ms, length_ms, takes)| {
                let start_ms = (at_ms + pause_ms).max(0) as u64;
                at_ms = (start_ms + length_ms) as i64;
                let takes = takes
                    .into_iter()
                    .map(|(share, penalty)| TakeLength { seconds: length_ms as f64 * share / 1_000.0, penalty })
                    .collect();
                Wanted { speaker, start_ms, end_ms: start_ms + length_ms, takes }
            })
            .collect()
    })
}

fn overlap_ms(a: (u64, u64), b: (u64, u64)) -> u64 {
    a.1.min(b.1).saturating_sub(a.0.max(b.0))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn every_plan_keeps_its_promises(cues in talk(2.0)) {
        let rules = Rules::default();
        let total_ms = cues.iter().map(|cue| cue.end_ms).max().unwrap() + 3_000;
        let made = fit(&cues, total_ms, &rules);
        prop_assert_eq!(&made, &fit(&cues, total_ms, &rules));
        prop_assert_eq!(made.placed.len(), cues.len());
        for (cue, line) in cues.iter().zip(&made.placed) {
            prop_assert!((0.92..=1.12).contains(&line.tempo) && (0.0..=1.0).contains(&line.score));
            prop_assert_eq!(line.early_or_late_ms, line.start_ms as i64 - cue.start_ms as i64);
            prop_assert!(line.early_or_late_ms >= -150);
            if let Some(take) = cue.takes.get(line.take) {
                prop_assert!((line.seconds - take.seconds / line.tempo).abs() < 1e-9);
            }
        }
        for (n, (a, first)) in cues.iter().zip(&made.placed).enumerate() {
            for (b, second) in cues.iter().zip(&made.placed).skip(n + 1) {
                if first.seconds == 0.0 || second.seconds == 0.0 {
                    continue;
                }
                let within = a.speaker != b.speaker
                    && ((a.start_ms <= b.start_ms && b.end_ms <= a.end_ms)
                        || (b.start_ms <= a.start_ms && a.end_ms <= b.end_ms));
                let allowed = match a.speaker == b.speaker {
                    true => 0,
                    false => overlap_ms((a.start_ms, a.end_ms), (b.start_ms, b.end_ms)),
                };
                let got = overlap_ms((first.start_ms, end_ms(first)), (second.start_ms, end_ms(second)));
                prop_assert!(within || got <= allowed, "{} ms over {} allowed", got, allowed);
                if a.speaker == b.speaker && a.start_ms < b.start_ms {
                    prop_assert!(first.start_ms < second.start_ms);
                }
            }
        }
    }

    #[test]
    fn a_change_stays_on_its_side_of_a_silence(
        before in talk(1.3), after in talk(1.3), silence_ms in 1_000_u64..5_000, pick: prop::sample::Index, share in 0.4..1.3,
    ) {
        // The last lines of the first talk may be late, and borrow: the silence counts from where they end.
        let alone = fit(&before, u64::MAX / 4, &Rules::default()).placed;
        let quiet_ms = before.iter().map(|cue| cue.end_ms).chain(alone.iter().map(end_ms)).max().unwrap();
        let shift_ms = quiet_ms + silence_ms + 600;
        let mut cues = before.clone();
        cues.extend(after.iter().map(|cue| Wanted {
            start_ms: cue.start_ms + shift_ms, end_ms: cue.end_ms + shift_ms, ..cue.clone()
        }));
        let total_ms = cues.iter().map(|cue| cue.end_ms).max().unwrap() + 9_000;
        let made = fit(&cues, total_ms, &Rules::default()).placed;
        let changed = pick.index(cues.len());
        let mut other = cues.clone();
        let seconds = (cues[changed].end_ms - cues[changed].start_ms) as f64 * share / 1_000.0;
        other[changed].takes = vec![TakeLength { seconds, penalty: 0.0 }];
        let again = fit(&other, total_ms, &Rules::default()).placed;
        if changed >= before.len() {
            prop_assert_eq!(&made[..before.len()], &again[..before.len()]);
            prop_assert_eq!(&made[..before.len()], &alone[..]);
        } else if again[..before.len()].iter().all(|line| end_ms(line) + 230 <= quiet_ms + silence_ms) {
            prop_assert_eq!(&made[before.len()..], &again[before.len()..]);
        }
    }
}
