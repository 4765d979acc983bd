//! How loud the original stays under speech: ramps around windows. A window changes nothing that is more than a second
//! away from it.

use super::RATE_HZ;

/// How a gain moves around a window, in frames.
pub(super) struct Shape {
    /// The gain within.
    pub floor: f32,
    /// Silent this long before the window, and after it.
    pub before: u64,
    pub after: u64,
    /// How long the gain falls and rises.
    pub fall: u64,
    pub rise: u64,
    /// Between windows that are not farther apart than this the gain stays down: pumping is worse than a short hush.
    pub joins: u64,
}

/// The source's speech has to go: quickly, with room for times that are not quite right.
pub(super) fn under_source(floor_db: f64) -> Shape {
    Shape { floor: gain(floor_db), before: ms(40), after: ms(120), fall: ms(60), rise: ms(300), joins: ms(700) }
}

/// Under the new speech the original steps back a little, gently.
pub(super) fn under_dub(floor_db: f64) -> Shape {
    Shape { floor: gain(floor_db), before: ms(0), after: ms(60), fall: ms(180), rise: ms(400), joins: ms(800) }
}

/// A gain over the whole film: 1, and less around windows.
pub(super) struct Ducks {
    shape: Shape,
    /// Apart from each other, in order.
    windows: Vec<(u64, u64)>,
    falling: Vec<f32>,
    rising: Vec<f32>,
}

impl Ducks {
    /// Over windows in frames, in any order; empty ones count for nothing.
    pub(super) fn new(shape: Shape, mut windows: Vec<(u64, u64)>) -> Self {
        windows.retain(|&(from, to)| from < to);
        windows.sort_unstable();
        let mut joined: Vec<(u64, u64)> = Vec::new();
        for (from, to) in windows {
            match joined.last_mut() {
                Some(last) if from <= last.1 + shape.joins => last.1 = last.1.max(to),
                _ => joined.push((from, to)),
            }
        }
        let ramp = |frames: u64| -> Vec<f32> {
            let turn = |n: u64| std::f64::consts::PI * (n as f64 + 0.5) / frames as f64;
            (0..frames).map(|n| shape.floor + (1.0 - shape.floor) * (0.5 + 0.5 * turn(n).cos()) as f32).collect()
        };
        let (falling, mut rising) = (ramp(shape.fall), ramp(shape.rise));
        rising.reverse();
        Self { shape, windows: joined, falling, rising }
    }

    /// The gains from frame `at` on.
    pub(super) fn fill(&self, at: u64, gains: &mut [f32]) {
        gains.fill(1.0);
        let end = at + gains.len() as u64;
        let shape = &self.shape;
        let first = self.windows.partition_point(|&(_, to)| to + shape.after + shape.rise <= at);
        for &(from, to) in &self.windows[first..] {
            let low = (from.saturating_sub(shape.before), to + shape.after);
            // Before the film nothing falls: what would is cut, not moved.
            let skipped = shape.fall.saturating_sub(low.0);
            let fall_from = low.0 - (shape.fall - skipped);
            if fall_from >= end {
                break;
            }
            lower(gains, at, fall_from, &self.falling[skipped as usize..]);
            let held = low.0.clamp(at, end)..low.1.clamp(at, end);
            gains[(held.start - at) as usize..(held.end - at) as usize].fill(shape.floor);
            lower(gains, at, low.1, &self.rising);
        }
    }
}

/// Lowers gains that begin at frame `at` to a ramp that begins at frame `from`.
fn lower(gains: &mut [f32], at: u64, from: u64, ramp: &[f32]) {
    let (skip_gains, skip_ramp) = (from.saturating_sub(at) as usize, at.saturating_sub(from) as usize);
    if skip_gains < gains.len() && skip_ramp < ramp.len() {
        for (gain, value) in gains[skip_gains..].iter_mut().zip(&ramp[skip_ramp..]) {
            *gain = gain.min(*value);
        }
    }
}

/// Amplitude of decibels; what is below any hearing is nothing.
pub(super) fn gain(decibels: f64) -> f32 {
    if decibels > -100.0 { 10_f64.powf(decibels.min(40.0) / 20.0) as f32 } else { 0.0 }
}

pub(super) const fn ms(milliseconds: u64) -> u64 {
    milliseconds.saturating_mul(RATE_HZ as u64 / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gains(ducks: &Ducks, at: u64, frames: usize) -> Vec<f32> {
        let mut gains = vec![0.0; frames];
        ducks.fill(at, &mut gains);
        gains
    }

    #[test]
    fn low_within_full_far_away_smooth_between() {
        let ducks = Ducks::new(under_source(-40.0), vec![(ms(2_000), ms(3_000)), (ms(100), ms(120)), (9, 9)]);
        let all = gains(&ducks, 0, ms(4_000) as usize);
        assert_eq!(all[0], ducks.falling[ducks.falling.len() - ms(60) as usize]);
        for at_ms in [1_960, 2_000, 2_500, 3_000, 3_119] {
            assert!((all[ms(at_ms) as usize] - 0.01).abs() < 1e-6, "{at_ms}");
        }
        for at_ms in [600, 1_000, 1_899, 3_421, 3_999] {
            assert_eq!(all[ms(at_ms) as usize], 1.0, "{at_ms}");
        }
        assert!(all.windows(2).all(|pair| (pair[0] - pair[1]).abs() < 0.001));
        for at in [0, 1, 4_800, ms(1_930), ms(2_500), ms(3_200)] {
            assert_eq!(gains(&ducks, at, 5_000), all[at as usize..at as usize + 5_000]);
        }
    }

    #[test]
    fn short_gaps_stay_down() {
        let ducks = Ducks::new(under_source(-120.0), vec![(ms(1_000), ms(2_000)), (ms(2_700), ms(3_000))]);
        assert_eq!(gains(&ducks, ms(2_250), 1), [0.0]);
        let ducks = Ducks::new(under_source(-120.0), vec![(ms(1_000), ms(2_000)), (ms(2_701), ms(3_000))]);
        assert_eq!(gains(&ducks, ms(2_500), 1), [1.0]);
    }
}
