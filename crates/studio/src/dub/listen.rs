//! When somebody speaks: regions of speech in a stream of sound, by a small voice detector (earshot). A byte for each 16 ms
//! is kept and the sound is not, so hours may pass through it. It knows no language, no speaker and no file.

use earshot::Detector;
use serde::{Deserialize, Serialize};

/// The rate that everything here listens at.
pub const RATE_HZ: u32 = 16_000;

/// Samples that the detector takes at a time.
const FRAME: usize = 256;
const FRAME_SECONDS: f64 = FRAME as f64 / RATE_HZ as f64;
/// A score tells of sound that is so much older than the end of its frame.
const LATE_SECONDS: f64 = 0.024;
/// Two days: what comes later is not listened to.
const MOST_FRAMES: usize = 10_800_000;
/// Scores are kept in so many steps.
const STEPS: f32 = 255.0;

/// Scores are smoothed over so many frames to each side.
const SMOOTH: usize = 4;
/// Frames of about five seconds, which have one background.
const BLOCK: usize = 312;
/// Blocks to each side that tell the background: a minute.
const AROUND: usize = 12;
/// Shares of the frames around that lie below the background and below a clear voice.
const BACKGROUND: f64 = 0.1;
const VOICE: f64 = 0.95;
/// Loudness that the detector hears loud moments at, root mean square.
const LEVEL: f32 = 0.1;
/// Bounds of the gain towards it.
const GAINS: (f32, f32) = (0.3, 30.0);
/// What is left of a loud moment's say after each frame: half after twenty seconds.
const FADES: f32 = 0.999_446;

/// What counts as speech, and as one region of it. A score is judged by those of the minute around it: music and noise
/// have scores, too.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rules {
    /// How far from the background to a clear voice speech begins, of 1.
    pub begins: f32,
    /// How far it may fall before it ends, of 1.
    pub ends: f32,
    /// Least distance of speech from the background, in scores from 0 to 1.
    pub least_lead: f32,
    /// Bounds of the score at which speech begins, whatever the background.
    pub bounds: (f32, f32),
    /// A pause shorter than this does not end a region, in seconds.
    pub pause_seconds: f64,
    /// A region has at least so much speech, in seconds.
    pub least_seconds: f64,
    /// Kept before and after each region, in seconds.
    pub margin_seconds: f64,
    /// Longer regions are cut at their longest pauses where there are any, in seconds.
    pub most_seconds: f64,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            begins: 0.45,
            ends: 0.32,
            least_lead: 0.1,
            bounds: (0.3, 0.75),
            pause_seconds: 0.35,
            least_seconds: 0.2,
            margin_seconds: 0.06,
            most_seconds: 12.0,
        }
    }
}

/// Somebody speaks, or several after each other without a pause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Region {
    /// Where it begins, in seconds from the first sample.
    pub start_seconds: f64,
    /// Where it ends, in seconds from the first sample.
    pub end_seconds: f64,
    /// Middles of the short pauses in it, where a speaker may follow another, in seconds from the first sample.
    pub dips_seconds: Vec<f64>,
}

impl Region {
    /// How long it is, in seconds.
    pub fn seconds(&self) -> f64 {
        self.end_seconds - self.start_seconds
    }
}

/// Listens to a sound that arrives in blocks.
pub struct Listener {
    detector: Box<Detector>,
    /// Samples that do not fill a frame yet.
    held: Vec<f32>,
    /// Root mean square of lately loud moments.
    loud: f32,
    scores: Vec<u8>,
    samples: u64,
}

impl Default for Listener {
    fn default() -> Self {
        Self::new()
    }
}

impl Listener {
    /// At the beginning of a sound.
    pub fn new() -> Self {
        Self {
            detector: Detector::default_boxed(),
            held: Vec::with_capacity(FRAME),
            loud: 0.0,
            scores: Vec::new(),
            samples: 0,
        }
    }

    /// Takes the next samples, mono at [`RATE_HZ`].
    pub fn push(&mut self, mut samples: &[f32]) {
        self.samples += samples.len() as u64;
        while !samples.is_empty() && self.scores.len() < MOST_FRAMES {
            let (now, later) = samples.split_at(samples.len().min(FRAME - self.held.len()));
            samples = later;
            // The detector takes samples between -1 and 1 only.
            self.held.extend(now.iter().map(|v| if v.is_finite() { v.clamp(-1.0, 1.0) } else { 0.0 }));
            if self.held.len() == FRAME {
                self.score();
                self.held.clear();
            }
        }
    }

    /// Scores the frame that is held. Quiet films are brought near the loudness that the detector was made for.
    fn score(&mut self) {
        let power = self.held.iter().map(|v| v * v).sum::<f32>() / FRAME as f32;
        self.loud = (self.loud * FADES).max(power.sqrt());
        let gain = (LEVEL / self.loud.max(1e-6)).clamp(GAINS.0, GAINS.1);
        self.held.iter_mut().for_each(|v| *v = (*v * gain).clamp(-1.0, 1.0));
        let score = self.detector.predict_f32(&self.held);
        self.scores.push((score.clamp(0.0, 1.0) * STEPS).round() as u8);
    }

    /// Where somebody spoke so far, in order and apart from each other.
    pub fn regions(&self, rules: &Rules) -> Vec<Region> {
        regions_of(&self.scores, self.samples as f64 / f64::from(RATE_HZ), rules)
    }
}

/// Where somebody speaks in a sound that is at hand as a whole, mono at [`RATE_HZ`].
pub fn regions(sound: &[f32], rules: &Rules) -> Vec<Region> {
    let mut listener = Listener::new();
    listener.push(sound);
    listener.regions(rules)
}

/// Means over the frames around each.
fn smoothed(scores: &[u8]) -> Vec<u8> {
    (0..scores.len())
        .map(|at| {
            let around = &scores[at.saturating_sub(SMOOTH)..(at + SMOOTH + 1).min(scores.len())];
            (around.iter().map(|score| u32::from(*score)).sum::<u32>() / around.len() as u32) as u8
        })
        .collect()
}

/// Scores from which on speech begins and ends, for each block.
fn bounds(scores: &[u8], rules: &Rules) -> Vec<(u8, u8)> {
    let counts: Vec<[u32; 256]> = scores
        .chunks(BLOCK)
        .map(|block| {
            let mut counts = [0; 256];
            block.iter().for_each(|score| counts[usize::from(*score)] += 1);
            counts
        })
        .collect();
    let step = |score: f32| (score.clamp(0.0, 1.0) * STEPS).ceil().max(1.0) as u8;
    (0..counts.len())
        .map(|at| {
            let around = &counts[at.saturating_sub(AROUND)..(at + AROUND + 1).min(counts.len())];
            let background = quantile(around, BACKGROUND);
            let way = quantile(around, VOICE) - background;
            let begins =
                (background + (rules.begins * way).max(rules.least_lead)).max(rules.bounds.0).min(rules.bounds.1);
            let ends = background + (rules.ends * way).max(rules.least_lead * 0.7);
            (step(begins), step(ends.min(begins)))
        })
        .collect()
}

/// The score that a share of the frames does not exceed, 0 to 1.
fn quantile(counts: &[[u32; 256]], share: f64) -> f32 {
    let whole: u64 = counts.iter().flatten().map(|count| u64::from(*count)).sum();
    let mut below = 0;
    for score in 0..=255_u8 {
        below += counts.iter().map(|counts| u64::from(counts[usize::from(score)])).sum::<u64>();
        if below as f64 >= share * whole as f64 {
            return f32::from(score) / STEPS;
        }
    }
    1.0
}

/// Frames of speech: from one whose score reaches the first bound on, and as far around it as the second one is reached.
fn runs(scores: &[u8], rules: &Rules) -> Vec<(usize, usize)> {
    let scores = smoothed(scores);
    let bounds = bounds(&scores, rules);
    let mut runs = Vec::new();
    let mut at = 0;
    while at < scores.len() {
        let from = at;
        let mut spoken = false;
        while at < scores.len() && scores[at] >= bounds[at / BLOCK].1 {
            spoken |= scores[at] >= bounds[at / BLOCK].0;
            at += 1;
        }
        if spoken {
            runs.push((from, at));
        }
        at = at.max(from + 1);
    }
    runs
}

fn regions_of(scores: &[u8], whole_seconds: f64, rules: &Rules) -> Vec<Region> {
    let seconds = |frame: usize| (frame as f64 * FRAME_SECONDS - LATE_SECONDS).clamp(0.0, whole_seconds);
    let mut groups: Vec<Vec<(f64, f64)>> = Vec::new();
    for (from, to) in runs(scores, rules) {
        let run = (seconds(from), seconds(to));
        match groups.last_mut() {
            Some(group) if group.last().is_some_and(|last| run.0 - last.1 < rules.pause_seconds) => group.push(run),
            _ => groups.push(vec![run]),
        }
    }
    let spoken = |group: &[(f64, f64)]| group.iter().map(|(from, to)| to - from).sum::<f64>();
    groups.retain(|group| spoken(group) >= rules.least_seconds);
    let groups: Vec<Vec<(f64, f64)>> = groups.into_iter().flat_map(|group| cut(group, rules)).collect();
    let margin = rules.margin_seconds.max(0.0);
    (0..groups.len())
        .filter_map(|at| {
            let (first, last) = (groups[at].first()?.0, groups[at].last()?.1);
            // Neighbours share the pause between them.
            let before = at.checked_sub(1).and_then(|at| groups[at].last()).map_or(0.0, |end| (end.1 + first) / 2.0);
            let after = groups.get(at + 1).and_then(|next| next.first()).map_or(whole_seconds, |b| (b.0 + last) / 2.0);
            Some(Region {
                start_seconds: (first - margin).max(before),
                end_seconds: (last + margin).min(after),
                dips_seconds: groups[at].windows(2).map(|pair| (pair[0].1 + pair[1].0) / 2.0).collect(),
            })
        })
        .collect()
}

/// Cuts a group of runs at its longest pauses until no part is too long, or has no pause.
fn cut(group: Vec<(f64, f64)>, rules: &Rules) -> Vec<Vec<(f64, f64)>> {
    let (mut whole, mut done) = (vec![group], Vec::new());
    while let Some(mut part) = whole.pop() {
        let length = part.last().map_or(0.0, |last| last.1) - part.first().map_or(0.0, |first| first.0);
        let widest = (1..part.len())
            .filter(|_| length > rules.most_seconds)
            .max_by(|a, b| (part[*a].0 - part[a - 1].1).total_cmp(&(part[*b].0 - part[b - 1].1)));
        match widest {
            Some(at) => {
                let later = part.split_off(at);
                // The earlier part is taken next, so that the parts stay in order.
                whole.push(later);
                whole.push(part);
            }
            None => done.push(part),
        }
    }
    done
}

#[cfg(test)]
mod drafts;
#[cfg(test)]
mod tests;
