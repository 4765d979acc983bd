//! Turns where nobody wrote cues: sliding windows over regions of speech, and regions cut where the speaker changes. It
//! knows no network.

use serde::{Deserialize, Serialize};

use super::{Assigned, Print};
use crate::dub::listen::Region;

/// Length of a sliding window, in seconds.
const WINDOW_SECONDS: f64 = 1.8;
/// From one window to the next, in seconds.
const STEP_SECONDS: f64 = 0.6;
/// Frames in which a change is looked for, in seconds.
const FRAME_SECONDS: f64 = 0.1;
/// A change moves to a pause that is so near, in seconds.
const SNAP_SECONDS: f64 = 0.7;
/// What a change costs, in the certainty of windows times seconds.
const CHANGE_COSTS: f64 = 0.5;

/// One speaker, from here to there.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// Where it begins, in seconds of the film.
    pub start_seconds: f64,
    /// Where it ends, in seconds of the film.
    pub end_seconds: f64,
    /// Number of the speaker, in the order of first appearance.
    pub speaker: u16,
    /// How sure that is against the other speakers found, from 0 to 1.
    pub confidence: f32,
}

/// Windows over regions of speech, none of them across two: start and end in seconds, for [`super::prints`].
pub fn sliding(regions: &[Region]) -> Vec<(f64, f64)> {
    let mut windows = Vec::new();
    for region in regions {
        let count = (((region.seconds() - WINDOW_SECONDS) / STEP_SECONDS).ceil()).max(0.0) as usize;
        for window in 0..=count {
            let start = region.start_seconds + window as f64 * STEP_SECONDS;
            // The last one ends with the region.
            let start = start.min(region.end_seconds - WINDOW_SECONDS).max(region.start_seconds);
            windows.push((start, (start + WINDOW_SECONDS).min(region.end_seconds)));
        }
    }
    windows
}

/// Cuts regions at changes of the speaker; `windows` are those of [`sliding`], with the speakers that
/// [`super::gather`] found. In order, and apart from each other.
pub fn turns(regions: &[Region], windows: &[Print], assigned: &[Assigned]) -> Vec<Turn> {
    let mut turns = Vec::new();
    for region in regions {
        let inside: Vec<(&Print, &Assigned)> = windows
            .iter()
            .zip(assigned)
            .filter(|(window, _)| {
                window.start_seconds < region.end_seconds && window.end_seconds > region.start_seconds
            })
            .collect();
        cut(region, &inside, &mut turns);
    }
    turns
}

fn cut(region: &Region, windows: &[(&Print, &Assigned)], turns: &mut Vec<Turn>) {
    let mut speakers: Vec<u16> = windows.iter().map(|(_, one)| one.speaker).collect();
    speakers.sort_unstable();
    speakers.dedup();
    let frames = (region.seconds() / FRAME_SECONDS).ceil().max(1.0) as usize;
    // What the windows around a frame say for each speaker; a window says most about its middle.
    let mut says = vec![vec![0.0_f64; speakers.len()]; frames];
    for (frame, says) in says.iter_mut().enumerate() {
        let at = region.start_seconds + (frame as f64 + 0.5) * FRAME_SECONDS;
        for (window, one) in windows {
            let half = (window.end_seconds - window.start_seconds) / 2.0;
            let near = 1.0 - (at - window.start_seconds - half).abs() / half.max(FRAME_SECONDS);
            if let (true, Ok(speaker)) = (near > 0.0, speakers.binary_search(&one.speaker)) {
                says[speaker] += near * f64::from(one.confidence).max(0.05);
            }
        }
        let whole: f64 = says.iter().sum();
        says.iter_mut().for_each(|say| *say /= whole.max(1e-9));
    }
    let path = best_path(&says, CHANGE_COSTS / FRAME_SECONDS);
    let mut from = 0;
    let mut start = region.start_seconds;
    for frame in 1..=frames {
        if frame < frames && path[frame] == path[from] {
            continue;
        }
        let end = match frame == frames {
            true => region.end_seconds,
            false => snapped(region.start_seconds + frame as f64 * FRAME_SECONDS, start, region),
        };
        let sure = says[from..frame].iter().map(|says| says.get(path[from]).copied().unwrap_or(0.0)).sum::<f64>();
        turns.push(Turn {
            start_seconds: start,
            end_seconds: end,
            speaker: speakers.get(path[from]).copied().unwrap_or(0),
            confidence: (sure / (frame - from) as f64) as f32,
        });
        (from, start) = (frame, end);
    }
}

/// The pause nearest to a change, where one is near.
fn snapped(at: f64, after: f64, region: &Region) -> f64 {
    let distance = |dip: f64| (dip - at).abs();
    region
        .dips_seconds
        .iter()
        .copied()
        .filter(|dip| distance(*dip) <= SNAP_SECONDS && *dip > after && *dip < region.end_seconds)
        .min_by(|a, b| distance(*a).total_cmp(&distance(*b)))
        .unwrap_or(at)
        .clamp(after, region.end_seconds)
}

/// The path through frames that collects the most, a change costing `cost`.
fn best_path(says: &[Vec<f64>], cost: f64) -> Vec<usize> {
    let count = says.first().map_or(0, Vec::len);
    if count < 2 {
        return vec![0; says.len()];
    }
    let best = |scores: &[f64]| (0..count).max_by(|a, b| scores[*a].total_cmp(&scores[*b]).then(b.cmp(a))).unwrap_or(0);
    let mut scores = vec![0.0; count];
    let mut back: Vec<Vec<usize>> = Vec::with_capacity(says.len());
    for says in says {
        let top = best(&scores);
        let from: Vec<usize> =
            (0..count).map(|speaker| if scores[top] - cost > scores[speaker] { top } else { speaker }).collect();
        scores = (0..count)
            .map(|speaker| {
                let change = if from[speaker] == speaker { 0.0 } else { cost };
                scores[from[speaker]] - change + says[speaker]
            })
            .collect();
        back.push(from);
    }
    let mut path = vec![best(&scores); says.len()];
    for frame in (1..says.len()).rev() {
        path[frame - 1] = back[frame][path[frame]];
    }
    path
}
