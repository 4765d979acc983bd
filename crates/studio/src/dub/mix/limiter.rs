//! A gain curve that keeps the wave between the samples below a ceiling. Each value of it follows from the sound within
//! [`REACH`] frames and from nothing else, so equal sound has an equal curve wherever it stands in a stream.

/// Frames on either side of a frame that its gain depends on.
pub(super) const REACH: usize = 2 * HOLD + TAPS;
/// Frames over which the gain falls before a peak, and rises after it: 5 ms.
const HOLD: usize = 240;
/// Points between samples, as ITU-R BS.1770 asks at 48 kHz.
const PHASES: usize = 4;
const TAPS: usize = 16;
/// Frames that are looked at together.
const CHUNK: usize = 32;
/// Gains are whole numbers of this, so that sums of them are exact and do not depend on what was summed before.
const ONE: u32 = 1 << 24;
/// What the points in between can miss of a peak, and what a moving gain adds to it.
const MARGIN_DB: f64 = 0.3;

/// The limiter: a ceiling and the filter that looks between the samples.
pub(super) struct Limiter {
    ceiling: f32,
    between: [[f32; TAPS]; PHASES - 1],
    /// Sound that is nowhere above this cannot pass the ceiling between its samples.
    harmless: f32,
}

impl Limiter {
    pub(super) fn new(ceiling_dbtp: f64) -> Self {
        let mut between = [[0.0; TAPS]; PHASES - 1];
        let mut most = 1.0_f64;
        for (phase, taps) in between.iter_mut().enumerate() {
            // The point lies this far behind the tap in the middle.
            let late = (phase + 1) as f64 / PHASES as f64;
            let values: Vec<f64> = (0..TAPS)
                .map(|tap| {
                    let x = tap as f64 - (TAPS / 2 - 1) as f64 - late;
                    let window = (std::f64::consts::PI * x / TAPS as f64).cos().powi(2);
                    let turn = std::f64::consts::PI * x;
                    turn.sin() / turn * window
                })
                .collect();
            let sum: f64 = values.iter().sum();
            for (tap, value) in taps.iter_mut().zip(&values) {
                *tap = (value / sum) as f32;
            }
            most = most.max(values.iter().map(|value| (value / sum).abs()).sum());
        }
        let ceiling = 10_f64.powf((ceiling_dbtp.clamp(-60.0, 0.0) - MARGIN_DB) / 20.0);
        Self { ceiling: ceiling as f32, between, harmless: (ceiling / (most * 1.001)) as f32 }
    }

    /// Gains for the frames of interleaved stereo `sound` without [`REACH`] frames at either end. Empty: all are 1.
    pub(super) fn gains(&self, sound: &[f32]) -> Vec<f32> {
        let frames = sound.len() / 2;
        let wanted = self.wanted(sound);
        if frames <= 2 * REACH || wanted.iter().all(|&gain| gain == ONE) {
            return Vec::new();
        }
        let lowest = lowest(&wanted);
        let mut sums = Vec::with_capacity(frames + 1);
        sums.push(0_u64);
        let mut sum = 0;
        for &gain in &lowest {
            sum += u64::from(gain);
            sums.push(sum);
        }
        let unit = 1.0 / ((2 * HOLD + 1) as f64 * f64::from(ONE));
        (REACH..frames - REACH).map(|n| ((sums[n + HOLD + 1] - sums[n - HOLD]) as f64 * unit) as f32).collect()
    }

    /// The gain that each frame needs for itself.
    fn wanted(&self, sound: &[f32]) -> Vec<u32> {
        let frames = sound.len() / 2;
        let mut peaks = vec![0.0_f32; frames];
        let (before, after) = (TAPS / 2 - 1, TAPS / 2);
        let mut start = before;
        while start + after < frames {
            let count = CHUNK.min(frames - after - start);
            let near = &sound[2 * (start - before)..2 * (start + count + after)];
            // Quiet sound, nearly all of it, is not looked at closer: the outcome is the same.
            if near.iter().fold(0.0_f32, |most, value| most.max(value.abs())) > self.harmless {
                for channel in 0..2 {
                    self.peaks(near, channel, count, &mut peaks, start);
                }
            }
            start += count;
        }
        let gain = |&peak: &f32| match peak > self.ceiling {
            true => (f64::from(self.ceiling / peak) * f64::from(ONE)) as u32,
            false => ONE,
        };
        peaks.iter().map(gain).collect()
    }

    /// Raises `peaks` from `start` on to the largest values of one channel at each frame and on the way to the next.
    fn peaks(&self, near: &[f32], channel: usize, count: usize, peaks: &mut [f32], start: usize) {
        let mut plane = [0.0_f32; CHUNK + TAPS];
        for (value, frame) in plane.iter_mut().zip(near.chunks_exact(2)) {
            *value = frame[channel];
        }
        let mut most = [0.0_f32; CHUNK];
        for (most, value) in most.iter_mut().zip(&plane[TAPS / 2 - 1..]) {
            *most = value.abs();
        }
        for taps in &self.between {
            let mut points = [0.0_f32; CHUNK];
            for (tap, weight) in taps.iter().enumerate() {
                for (point, value) in points.iter_mut().zip(&plane[tap..tap + CHUNK]) {
                    *point += weight * value;
                }
            }
            for (most, point) in most.iter_mut().zip(&points) {
                *most = most.max(point.abs());
            }
        }
        for (n, &value) in most[..count].iter().enumerate() {
            peaks[start + n] = peaks[start + n].max(value);
            // A point between two frames belongs to both.
            if let Some(next) = peaks.get_mut(start + n + 1) {
                *next = next.max(value);
            }
        }
    }
}

/// The minimum over [`HOLD`] frames on either side, by van Herk's two running minima.
fn lowest(values: &[u32]) -> Vec<u32> {
    let width = 2 * HOLD + 1;
    let padded: Vec<u32> = [ONE; HOLD].iter().chain(values).chain(&[ONE; HOLD]).copied().collect();
    let mut forward = padded.clone();
    for block in forward.chunks_mut(width) {
        for n in 1..block.len() {
            block[n] = block[n].min(block[n - 1]);
        }
    }
    let mut backward = padded;
    for block in backward.chunks_mut(width) {
        for n in (1..block.len()).rev() {
            block[n - 1] = block[n - 1].min(block[n]);
        }
    }
    (0..values.len()).map(|n| backward[n].min(forward[n + width - 1])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Loud noise with swells, by a small generator.
    fn noise(frames: usize, seed: u64) -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / 8_388_608.0 - 1.0
        };
        (0..frames * 2).map(|n| next() * (0.6 + 0.6 * (n as f32 / 4_000.0).sin())).collect()
    }

    #[test]
    fn minima_are_minima() {
        let values: Vec<u32> = noise(2_000, 3).iter().map(|value| (value.abs() * 1e6) as u32).collect();
        let low = lowest(&values);
        for n in [0, 1, 239, 240, 241, 1_999, 3_000, values.len() - 1] {
            let want = values[n.saturating_sub(HOLD)..(n + HOLD + 1).min(values.len())].iter().min();
            assert_eq!(Some(&low[n]), want, "at {n}");
        }
    }

    #[test]
    fn a_gain_follows_from_what_is_near_and_nothing_else() {
        let limiter = Limiter::new(-1.0);
        let sound = noise(12_000, 7);
        let whole = limiter.gains(&sound);
        assert!(whole.iter().any(|&gain| gain < 0.9) && whole.iter().any(|&gain| gain > 0.99));
        for start in [1, 17, 1_000, 5_003] {
            let part = limiter.gains(&sound[2 * start..2 * (start + 3_000)]);
            assert!(part.iter().zip(&whole[start..]).all(|(a, b)| a.to_bits() == b.to_bits()), "from {start}");
        }
    }

    #[test]
    fn quiet_sound_has_no_curve() {
        let quiet: Vec<f32> = noise(4_000, 1).iter().map(|value| value * 0.3).collect();
        assert!(Limiter::new(-1.0).gains(&quiet).is_empty());
    }
}
