//! Speakers from made-up directions and from stand-ins.

use networks::starter::bundled;
use proptest::prelude::*;

use super::*;
use crate::dub::listen;
use crate::dub::scene::{Clip, LINES, Said, line, scene};
use crate::stand_in::SPEAKERS;

/// A direction near the `speaker`th of several, away from it by `away`.
fn near(speaker: usize, away: f32, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12_345) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    let mut vector: Vec<f32> = (0..64).map(|k| f32::from(k % 8 == speaker) + away * next()).collect();
    let length = likeness(&vector, &vector).sqrt();
    vector.iter_mut().for_each(|v| *v /= length);
    vector
}

fn print(start: f64, seconds: f64, vector: Vec<f32>) -> Print {
    Print { start_seconds: start, end_seconds: start + seconds, vector }
}

pub(super) fn speakers(assigned: &[Assigned]) -> Vec<u16> {
    assigned.iter().map(|one| one.speaker).collect()
}

#[test]
fn two_people_are_told_apart_and_numbered_as_they_appear() {
    let who = [3, 3, 1, 3, 1, 1, 3];
    let prints: Vec<Print> =
        who.iter().enumerate().map(|(n, who)| print(n as f64 * 3.0, 2.0, near(*who, 0.3, n as u64))).collect();
    let found = gather(&prints, None);
    assert_eq!(speakers(&found), [0, 0, 1, 0, 1, 1, 0]);
    assert!(found.iter().all(|one| one.confidence > 0.9));
    // Cues need not be in order of time; numbers follow time.
    let mut turned = prints.clone();
    turned.reverse();
    assert_eq!(speakers(&gather(&turned, None)), [0, 1, 1, 0, 1, 0, 0]);
    let centres = centres(&prints, &found);
    assert_eq!(centres.len(), 2);
    assert!(likeness(&centres[0], &prints[0].vector) > likeness(&centres[1], &prints[0].vector));
}

#[test]
fn as_many_as_were_asked_for() {
    let prints: Vec<Print> = (0..24).map(|n| print(n as f64 * 3.0, 2.0, near(n % 4, 0.4, n as u64))).collect();
    for wanted in 1..=4 {
        let count = gather(&prints, Some(wanted)).iter().map(|one| one.speaker + 1).max();
        assert_eq!(count, Some(wanted as u16));
    }
    assert_eq!(speakers(&gather(&prints, None)), speakers(&gather(&prints, Some(4))));
    // One odd window does not take a speaker's place.
    let mut odd = prints;
    odd[5].vector = near(7, 0.4, 5);
    odd[5].end_seconds = odd[5].start_seconds + 1.3;
    let found = gather(&odd, Some(4));
    assert_eq!(speakers(&found)[..5], [0, 1, 2, 3, 0]);
    assert_eq!(found.iter().map(|one| one.speaker).max(), Some(3));
}

#[test]
fn what_is_too_short_takes_after_its_neighbours() {
    let mut prints: Vec<Print> = (0..12).map(|n| print(n as f64 * 3.0, 2.0, near(n / 6, 0.3, n as u64))).collect();
    prints[3] = print(9.0, 0.2, Vec::new());
    prints[8] = print(24.0, 0.2, Vec::new());
    let found = gather(&prints, None);
    assert_eq!(speakers(&found), [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
    assert!(found[3].confidence < 1.0);
}

#[test]
fn nothing_and_little_is_one_speaker_or_none() {
    assert!(gather(&[], None).is_empty());
    assert!(gather(&[], Some(5)).is_empty());
    let silent = gather(&[print(0.0, 1.0, Vec::new())], Some(3));
    assert_eq!(silent, [Assigned { speaker: 0, confidence: 0.0 }]);
    assert_eq!(speakers(&gather(&[print(0.0, 0.5, near(1, 0.1, 1))], Some(3))), [0]);
    // Times that make no sense are no reason to stop.
    let odd = [print(f64::NAN, 2.0, near(1, 0.1, 1)), print(5.0, -3.0, near(2, 0.1, 2))];
    assert_eq!(gather(&odd, None).len(), 2);
}

#[test]
fn turns_are_cut_at_pauses_near_the_change() {
    let region = listen::Region { start_seconds: 10.0, end_seconds: 18.0, dips_seconds: vec![12.0, 14.3] };
    let regions = [region, listen::Region { start_seconds: 20.0, end_seconds: 21.0, dips_seconds: Vec::new() }];
    let windows: Vec<Print> = sliding(&regions)
        .into_iter()
        .map(|(start, end)| {
            let first = end > 20.0 || (start + end) / 2.0 < 14.1;
            print(start, end - start, near(usize::from(!first), 0.2, (start * 10.0) as u64))
        })
        .collect();
    assert!(windows.iter().all(|window| window.end_seconds <= 18.0 + 1e-9 || window.start_seconds >= 20.0));
    let found = turns(&regions, &windows, &gather(&windows, None));
    let short: Vec<(f64, f64, u16)> = found.iter().map(|t| (t.start_seconds, t.end_seconds, t.speaker)).collect();
    assert_eq!(short, [(10.0, 14.3, 0), (14.3, 18.0, 1), (20.0, 21.0, 0)]);
}

/// Average linkage as it is defined, pair by pair: the likeness of each merge.
fn by_definition(leaves: &[(&[f32], f32)]) -> Vec<f32> {
    let mut clusters: Vec<Vec<usize>> = (0..leaves.len()).map(|leaf| vec![leaf]).collect();
    let mut out = Vec::new();
    while clusters.len() > 1 {
        let alike = |one: &[usize], other: &[usize]| {
            let pairs = one.iter().flat_map(|a| other.iter().map(|b| (leaves[*a], leaves[*b])));
            let (mut sum, mut weight) = (0.0, 0.0);
            for ((a, a_weight), (b, b_weight)) in pairs {
                sum += a_weight * b_weight * likeness(a, b);
                weight += a_weight * b_weight;
            }
            sum / weight
        };
        let pairs = (0..clusters.len()).flat_map(|b| (0..b).map(move |a| (a, b)));
        let (a, b, best) = pairs
            .map(|(a, b)| (a, b, alike(&clusters[a], &clusters[b])))
            .max_by(|one, other| one.2.total_cmp(&other.2))
            .unwrap();
        out.push(best);
        let gone = clusters.remove(b);
        clusters[a].extend(gone);
    }
    out.sort_by(|a, b| b.total_cmp(a));
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn chains_find_the_merges_of_the_definition(seeds in prop::collection::vec((0usize..5, 1u64..1000, 1u32..40), 1..14)) {
        let directions: Vec<(Vec<f32>, f32)> = seeds
            .iter()
            .map(|(who, seed, weight)| (near(*who, 0.8, *seed), *weight as f32 / 10.0))
            .collect();
        let leaves: Vec<(&[f32], f32)> = directions.iter().map(|(d, weight)| (d.as_slice(), *weight)).collect();
        let found: Vec<f32> = tree::Tree::grow(&leaves).likenesses();
        let wanted = by_definition(&leaves);
        prop_assert_eq!(found.len(), wanted.len());
        for (found, wanted) in found.iter().zip(&wanted) {
            prop_assert!((found - wanted).abs() < 1e-4, "{} {}", found, wanted);
        }
    }

    #[test]
    fn any_windows_get_an_answer(
        windows in prop::collection::vec((any::<f32>(), -1.0f64..20.0, 0usize..9, any::<bool>()), 0..40),
        wanted in prop::option::of(0usize..50),
    ) {
        let prints: Vec<Print> = windows
            .iter()
            .map(|(start, seconds, who, heard)| {
                print(f64::from(*start), *seconds, if *heard { near(*who, 0.5, *who as u64) } else { Vec::new() })
            })
            .collect();
        let found = gather(&prints, wanted);
        prop_assert_eq!(found.len(), prints.len());
        prop_assert!(found.iter().all(|one| (0.0..=1.0).contains(&one.confidence)));
        let most = found.iter().map(|one| usize::from(one.speaker) + 1).max().unwrap_or(0);
        prop_assert!(most <= prints.len());
        prop_assert!((0..most).all(|speaker| found.iter().any(|one| usize::from(one.speaker) == speaker)));
    }
}

/// What came out against what was so: windows with the wrong speaker when found ones are matched with true ones one to
/// one, purity, and how many were found.
pub(super) struct Score {
    wrong: usize,
    windows: usize,
    wrong_seconds: f64,
    seconds: f64,
    pure: usize,
    found: usize,
    people: usize,
}

pub(super) fn score(said: &[(usize, f64)], assigned: &[u16]) -> Score {
    let found = assigned.iter().map(|s| usize::from(*s) + 1).max().unwrap_or(0);
    let people = said.iter().map(|(who, _)| who + 1).max().unwrap_or(0);
    let mut table = vec![vec![0usize; people]; found];
    said.iter().zip(assigned).for_each(|((who, _), speaker)| table[usize::from(*speaker)][*who] += 1);
    let pure = table.iter().map(|row| row.iter().max().copied().unwrap_or(0)).sum();
    // The largest cell first: good enough for a handful of speakers.
    let mut matched = vec![usize::MAX; found];
    let mut left = table;
    for _ in 0..found.min(people) {
        let cells = (0..found).flat_map(|f| (0..people).map(move |p| (f, p)));
        let (f, p) = cells.max_by_key(|(f, p)| left[*f][*p]).unwrap();
        if left[f][p] == 0 {
            break;
        }
        matched[f] = p;
        left[f].iter_mut().for_each(|v| *v = 0);
        left.iter_mut().for_each(|row| row[p] = 0);
    }
    let wrong: Vec<f64> = said
        .iter()
        .zip(assigned)
        .filter(|((who, _), speaker)| matched[usize::from(**speaker)] != *who)
        .map(|((_, seconds), _)| *seconds)
        .collect();
    Score {
        wrong: wrong.len(),
        windows: said.len(),
        wrong_seconds: wrong.iter().sum(),
        seconds: said.iter().map(|(_, seconds)| seconds).sum(),
        pure,
        found,
        people,
    }
}

impl std::fmt::Display for Score {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            out,
            "wrong speaker {}/{} ({:.3}), by time {:.3}; purity {:.3}; {} found of {}",
            self.wrong,
            self.windows,
            self.wrong as f64 / self.windows.max(1) as f64,
            self.wrong_seconds / self.seconds.max(1e-9),
            self.pure as f64 / self.windows.max(1) as f64,
            self.found,
            self.people
        )
    }
}

/// Stand-ins `who` talk in turn, each line another one.
pub(super) fn talk(who: &[usize], lines: usize) -> Vec<(usize, String, Vec<f32>)> {
    (0..lines)
        .map(|n| {
            // Not simply in turn: sometimes one says two lines.
            let speaker = (n + n / 5 + n / 7) % who.len();
            let text = LINES[n % LINES.len()];
            (speaker, text.to_owned(), line(&SPEAKERS[who[speaker]], text))
        })
        .collect()
}

/// People talk: their recordings cut into pieces of 1 to 5 seconds, shuffled.
pub(super) fn crowd(who: &[&str], clips: &[Clip]) -> Vec<(usize, String, Vec<f32>)> {
    let mut pieces = Vec::new();
    for clip in clips {
        let Some(speaker) = who.iter().position(|name| *name == clip.speaker) else { continue };
        let mut at = 0;
        for length in [3.1, 1.4, 2.2, 4.8, 1.0, 2.7].iter().cycle() {
            let to = at + (length * 16_000.0) as usize;
            if to > clip.wave.len() {
                break;
            }
            pieces.push((speaker, String::new(), clip.wave[at..to].to_vec()));
            at = to;
        }
    }
    let count = pieces.len();
    (0..count).map(|n| pieces[n * 37 % count].clone()).collect::<Vec<_>>()
}

pub(super) fn windows(said: &[Said]) -> Vec<(f64, f64)> {
    said.iter().map(|said| (said.start, said.end)).collect()
}

pub(super) fn truth(said: &[Said]) -> Vec<(usize, f64)> {
    said.iter().map(|said| (said.speaker, said.end - said.start)).collect()
}

#[test]
fn stand_ins_are_told_apart_by_ear() {
    let ear = bundled::ear().unwrap();
    let lines = talk(&[2, 3, 4], 12);
    let (sound, said) = scene(&lines, |_| 0.4);
    // In two stretches, as a film comes.
    let cut = 5;
    let middle = ((said[cut - 1].end + said[cut].start) / 2.0 * 16_000.0) as usize;
    let all = windows(&said);
    let mut heard = prints(&ear, &sound[..middle], 0.0, &all[..cut]);
    heard.extend(prints(&ear, &sound[middle..], middle as f64 / 16_000.0, &all[cut..]));
    let whole = prints(&ear, &sound, 0.0, &all);
    for (one, other) in heard.iter().zip(&whole) {
        assert_eq!(one.vector.is_empty(), other.vector.is_empty());
        assert!(one.vector.is_empty() || likeness(&one.vector, &other.vector) > 0.999);
    }
    let found = score(&truth(&said), &speakers(&gather(&heard, Some(3))));
    assert!(found.wrong <= 1, "{found}");
    let nothing = prints(&ear, &sound, 0.0, &[(5.0, 5.1), (1e9, 2e9), (-5.0, -1.0), (f64::NAN, 2.0)]);
    assert!(nothing[..3].iter().all(|print| print.vector.is_empty()));
}
