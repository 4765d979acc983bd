//! Who speaks when: voices of windows as directions, gathered into speakers. Vectors are kept and the sound is not, so a
//! film of hours is listened to in stretches of any length. It knows no subtitle, no file and no name.

mod tree;
mod turns;

use networks::starter::Ear;
use serde::{Deserialize, Serialize};

pub use turns::{Turn, sliding, turns};

use super::listen::RATE_HZ;

/// Shortest window that is listened to, in seconds; what is shorter takes after its neighbours.
const LEAST_SECONDS: f64 = 0.35;
/// Of a longer window only the first seconds are listened to.
const MOST_SECONDS: f64 = 12.0;
/// Windows from this length on found speakers; shorter ones only join them.
const ANCHOR_SECONDS: f64 = 1.2;
/// Most windows that found speakers, the longest first: time grows with their square.
const MOST_ANCHORS: usize = 3000;
/// Clusters whose windows are, in the mean, less alike than this are different speakers.
const ALIKE: f32 = 0.55;
/// A speaker says at least so many seconds, or is another speaker's odd moment.
const LEAST_SPEAKER_SECONDS: f64 = 2.0;
/// Seconds of a window beyond this do not make it weigh more.
const MOST_WEIGHT: f64 = 4.0;
/// Nats for a likeness of one in a window of two seconds and more.
const NATS: f64 = 14.0;
/// Rounds in which every window goes to the speaker it is nearest to.
const ROUNDS: usize = 4;

/// The voice in one window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Print {
    /// Where the window begins, in seconds of the film.
    pub start_seconds: f64,
    /// Where it ends, in seconds of the film.
    pub end_seconds: f64,
    /// Direction of the voice, of unit length; empty where there was too little to hear. It tells people apart, so it is
    /// kept as sealed as a recording.
    pub vector: Vec<f32>,
}

impl Print {
    fn seconds(&self) -> f64 {
        (self.end_seconds - self.start_seconds).max(0.0)
    }

    fn weight(&self) -> f32 {
        self.seconds().clamp(0.1, MOST_WEIGHT) as f32
    }
}

/// Whose window it is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Assigned {
    /// Number of the speaker, in the order of first appearance, from 0.
    pub speaker: u16,
    /// How sure that is against the other speakers found, from 0 to 1. It says nothing about whether two speakers are one.
    pub confidence: f32,
}

/// Listens to the voices in `windows` (start and end, in seconds of the film). `sound` is a stretch of the film at 16 kHz
/// that begins at `sound_starts_seconds`; what lies outside of it is not heard, so a window belongs to a stretch that
/// holds all of it. Takes about 3 ms for a second of windows.
pub fn prints(ear: &Ear, sound: &[f32], sound_starts_seconds: f64, windows: &[(f64, f64)]) -> Vec<Print> {
    let sample = |seconds: f64| {
        (((seconds - sound_starts_seconds) * f64::from(RATE_HZ)).round().max(0.0) as usize).min(sound.len())
    };
    windows
        .iter()
        .map(|&(start, end)| {
            let (from, to) = (sample(start), sample(end.min(start + MOST_SECONDS)));
            let heard = sound.get(from..to).filter(|heard| {
                heard.len() as f64 >= LEAST_SECONDS * f64::from(RATE_HZ) && heard.iter().any(|sample| *sample != 0.0)
            });
            let vector = heard.and_then(|heard| ear.embed(heard).ok()).unwrap_or_default();
            Print { start_seconds: start, end_seconds: end, vector }
        })
        .collect()
}

/// Gathers windows into speakers: as many as there seem to be, or `wanted` where that many can be told apart. One answer
/// for each window, in their order.
pub fn gather(prints: &[Print], wanted: Option<usize>) -> Vec<Assigned> {
    let anchors = anchors(prints);
    let mut centres = match anchors.is_empty() {
        true => Vec::new(),
        false => found(prints, &anchors, wanted),
    };
    refine(prints, &anchors, &mut centres);
    let mut assigned = assigned(prints, &centres);
    number(prints, &mut assigned);
    assigned
}

/// How alike two voices are: 1 is the same direction, about 0 is strangers. Zero where one was not heard.
pub fn likeness(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

/// Direction of the mean; none of nothing.
pub fn mean<'a>(vectors: impl Iterator<Item = &'a Vec<f32>>) -> Option<Vec<f32>> {
    let mut sum: Vec<f32> = Vec::new();
    for vector in vectors.filter(|vector| !vector.is_empty()) {
        sum.resize(vector.len(), 0.0);
        sum.iter_mut().zip(vector).for_each(|(sum, one)| *sum += one);
    }
    let length = sum.iter().map(|v| v * v).sum::<f32>().sqrt();
    (length > 0.0).then(|| sum.iter().map(|v| v / length).collect())
}

/// Mean direction of the windows of each speaker, by number; empty for a speaker of whom nothing was heard.
#[cfg(test)]
pub fn centres(prints: &[Print], assigned: &[Assigned]) -> Vec<Vec<f32>> {
    let count = assigned.iter().map(|one| usize::from(one.speaker) + 1).max().unwrap_or(0);
    let members: Vec<usize> = assigned.iter().map(|one| usize::from(one.speaker)).collect();
    let all: Vec<usize> = (0..prints.len().min(assigned.len())).collect();
    means(prints, &all, &members, count)
}

/// The windows that found speakers: long enough, or all that were heard where none is.
fn anchors(prints: &[Print]) -> Vec<usize> {
    let heard = |least: f64| -> Vec<usize> {
        (0..prints.len()).filter(|&at| !prints[at].vector.is_empty() && prints[at].seconds() >= least).collect()
    };
    let mut anchors = heard(ANCHOR_SECONDS);
    if anchors.is_empty() {
        anchors = heard(0.0);
    }
    if anchors.len() > MOST_ANCHORS {
        anchors.sort_by(|a, b| prints[*b].seconds().total_cmp(&prints[*a].seconds()).then(a.cmp(b)));
        anchors.truncate(MOST_ANCHORS);
        anchors.sort_unstable();
    }
    anchors
}

/// Mean directions of the clusters of the anchors.
fn found(prints: &[Print], anchors: &[usize], wanted: Option<usize>) -> Vec<Vec<f32>> {
    let leaves: Vec<(&[f32], f32)> =
        anchors.iter().map(|&at| (prints[at].vector.as_slice(), prints[at].weight())).collect();
    let tree = tree::Tree::grow(&leaves);
    let seconds = own_seconds(prints, anchors);
    // A speaker of a short scene need not say much.
    let least = LEAST_SPEAKER_SECONDS.min(0.1 * seconds.iter().sum::<f64>());
    let (members, kept) = match wanted {
        Some(wanted) => tree.cut_into(wanted.clamp(1, anchors.len()), &seconds, least),
        None => tree.cut_at(ALIKE, &seconds, least),
    };
    // Anchors in clusters that are no speakers find theirs in the rounds that follow.
    let all = means(prints, anchors, &members, kept.len());
    all.into_iter().zip(kept).filter(|(_, kept)| *kept).map(|(centre, _)| centre).collect()
}

/// Seconds until a window ends or the next one begins: windows that slide over each other are not counted twice.
fn own_seconds(prints: &[Print], anchors: &[usize]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..anchors.len()).collect();
    order.sort_by(|a, b| prints[anchors[*a]].start_seconds.total_cmp(&prints[anchors[*b]].start_seconds));
    let mut seconds: Vec<f64> = anchors.iter().map(|&at| prints[at].seconds()).collect();
    for pair in order.windows(2) {
        let apart = prints[anchors[pair[1]]].start_seconds - prints[anchors[pair[0]]].start_seconds;
        seconds[pair[0]] = seconds[pair[0]].min(apart.max(0.0));
    }
    seconds
}

/// Every anchor goes to the nearest centre, and centres follow.
fn refine(prints: &[Print], anchors: &[usize], centres: &mut [Vec<f32>]) {
    for _ in 0..ROUNDS {
        if centres.len() < 2 {
            return;
        }
        let members: Vec<usize> = anchors
            .iter()
            .map(|&at| {
                let likenesses = centres.iter().map(|centre| likeness(centre, &prints[at].vector));
                likenesses.enumerate().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0))).map_or(0, |best| best.0)
            })
            .collect();
        let next = means(prints, anchors, &members, centres.len());
        // A centre that lost all its windows stays where it was.
        centres.iter_mut().zip(next).filter(|(_, next)| !next.is_empty()).for_each(|(centre, next)| *centre = next);
    }
}

/// Mean directions of `count` groups; `members` has the group of each of the windows `of`.
fn means(prints: &[Print], of: &[usize], members: &[usize], count: usize) -> Vec<Vec<f32>> {
    let mut sums: Vec<Vec<f32>> = vec![Vec::new(); count];
    for (&at, &member) in of.iter().zip(members) {
        let print = &prints[at];
        let sum = &mut sums[member];
        sum.resize(sum.len().max(print.vector.len()), 0.0);
        sum.iter_mut().zip(&print.vector).for_each(|(sum, value)| *sum += print.weight() * value);
    }
    for sum in &mut sums {
        let length = likeness(sum, sum).sqrt().max(1e-6);
        sum.iter_mut().for_each(|value| *value /= length);
    }
    sums
}

/// The likeliest speaker of each window: by its voice as far as it was heard, and by its neighbours the less it was.
fn assigned(prints: &[Print], centres: &[Vec<f32>]) -> Vec<Assigned> {
    if centres.len() < 2 {
        return vec![Assigned { speaker: 0, confidence: if centres.is_empty() { 0.0 } else { 1.0 } }; prints.len()];
    }
    let own: Vec<Vec<f64>> = prints.iter().map(|print| own_shares(print, centres)).collect();
    let mut order: Vec<usize> = (0..prints.len()).collect();
    order.sort_by(|a, b| prints[*a].start_seconds.total_cmp(&prints[*b].start_seconds).then(a.cmp(b)));
    let mut out = vec![Assigned { speaker: 0, confidence: 0.0 }; prints.len()];
    for (place, &at) in order.iter().enumerate() {
        let certain = (prints[at].seconds() / ANCHOR_SECONDS).min(1.0);
        let mut shares = own[at].clone();
        if certain < 1.0 || prints[at].vector.is_empty() {
            // Long neighbours say the most, and near ones.
            let mut around = vec![1e-3; centres.len()];
            let neighbours = order[..place].iter().rev().take(3).chain(order[place + 1..].iter().take(3));
            for &other in neighbours.filter(|other| !prints[**other].vector.is_empty()) {
                let gap = (prints[at].start_seconds - prints[other].end_seconds)
                    .max(prints[other].start_seconds - prints[at].end_seconds)
                    .max(0.0);
                let say = prints[other].seconds().min(2.0) / (0.5 + gap);
                around.iter_mut().zip(&own[other]).for_each(|(around, share)| *around += say * share);
            }
            let whole: f64 = around.iter().sum();
            let trust = if prints[at].vector.is_empty() { 1.0 } else { 1.0 - certain };
            shares.iter_mut().zip(&around).for_each(|(share, around)| *share *= (around / whole).powf(trust));
            let whole: f64 = shares.iter().sum::<f64>().max(1e-12);
            shares.iter_mut().for_each(|share| *share /= whole);
        }
        let best = (0..shares.len()).max_by(|a, b| shares[*a].total_cmp(&shares[*b]).then(b.cmp(a))).unwrap_or(0);
        out[at] = Assigned { speaker: best.min(usize::from(u16::MAX)) as u16, confidence: shares[best] as f32 };
    }
    out
}

/// Shares of the speakers in a window, by its voice alone.
fn own_shares(print: &Print, centres: &[Vec<f32>]) -> Vec<f64> {
    let nats = NATS * (print.seconds() / 2.0).min(1.0);
    let scores: Vec<f64> = centres.iter().map(|centre| nats * f64::from(likeness(centre, &print.vector))).collect();
    let top = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let shares: Vec<f64> = scores.iter().map(|score| (score - top).exp()).collect();
    let whole: f64 = shares.iter().sum();
    shares.into_iter().map(|share| share / whole).collect()
}

/// Numbers the speakers in the order of first appearance.
fn number(prints: &[Print], assigned: &mut [Assigned]) {
    let mut order: Vec<usize> = (0..prints.len()).collect();
    order.sort_by(|a, b| prints[*a].start_seconds.total_cmp(&prints[*b].start_seconds).then(a.cmp(b)));
    let mut numbers: Vec<u16> = Vec::new();
    for &at in &order {
        let speaker = assigned[at].speaker;
        if !numbers.contains(&speaker) {
            numbers.push(speaker);
        }
    }
    for one in assigned {
        one.speaker = numbers.iter().position(|number| *number == one.speaker).unwrap_or(0) as u16;
    }
}

#[cfg(test)]
mod rates;
#[cfg(test)]
mod tests;
