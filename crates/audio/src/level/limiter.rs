//! Keeping a wave below a ceiling without clipping it: a look-ahead limiter. It knows no loudness.

use std::collections::VecDeque;

use super::peak;
use crate::resample::resampled;

/// How far ahead of a peak the gain begins to fall, and how long after it rises again.
const REACH_SECONDS: f64 = 0.005;
/// Points between samples at which the wave is looked at, as BS.1770 asks at 48 kHz.
const OVERSAMPLING: u32 = 4;

/// Turns the gain down around every place where the wave between the samples would pass `ceiling`.
///
/// The wanted gain is held to its minimum over a window and then averaged over the same window, so the gain at a peak
/// is never above what that peak needs, and it moves smoothly.
pub(super) fn limit(samples: &mut [f32], rate_hz: u32, ceiling: f32) {
    let peaks = peaks_between(samples, rate_hz);
    let wanted: Vec<f32> = peaks.iter().map(|&peak| if peak > ceiling { ceiling / peak } else { 1.0 }).collect();
    if wanted.iter().all(|&gain| gain >= 1.0) {
        return;
    }
    let reach = ((REACH_SECONDS * f64::from(rate_hz)) as usize).max(1);
    for (sample, gain) in samples.iter_mut().zip(averaged(&lowest(&wanted, reach), reach)) {
        *sample *= gain;
    }
    // A changing gain bends the wave a little; what is left above the ceiling is a fraction of a decibel.
    let over = peak(&peaks_between(samples, rate_hz)) as f32 / ceiling;
    if over > 1.0 {
        for sample in samples {
            *sample /= over;
        }
    }
}

/// The largest value of the wave near each sample.
fn peaks_between(samples: &[f32], rate_hz: u32) -> Vec<f32> {
    let factor = OVERSAMPLING as usize;
    let fine = resampled(samples, rate_hz, rate_hz * OVERSAMPLING);
    let near = |n: usize| {
        let (start, end) = ((n * factor).saturating_sub(factor - 1), (n * factor + factor).min(fine.len()));
        fine[start..end].iter().fold(samples[n].abs(), |peak, value| peak.max(value.abs()))
    };
    (0..samples.len()).map(near).collect()
}

/// The minimum over `reach` values on either side.
fn lowest(values: &[f32], reach: usize) -> Vec<f32> {
    let mut window: VecDeque<usize> = VecDeque::new();
    let mut out = Vec::with_capacity(values.len());
    let mut next = 0;
    for n in 0..values.len() {
        while next < values.len() && next <= n + reach {
            while window.back().is_some_and(|&last| values[last] >= values[next]) {
                window.pop_back();
            }
            window.push_back(next);
            next += 1;
        }
        while window.front().is_some_and(|&first| first + reach < n) {
            window.pop_front();
        }
        out.push(window.front().map_or(1.0, |&first| values[first]));
    }
    out
}

/// The mean over `reach` values on either side; beyond the ends the gain is that of the end.
fn averaged(values: &[f32], reach: usize) -> Vec<f32> {
    let (Some(&first), Some(&last)) = (values.first(), values.last()) else { return Vec::new() };
    let at = |n: isize| match usize::try_from(n) {
        Ok(n) if n < values.len() => f64::from(values[n]),
        Ok(_) => f64::from(last),
        Err(_) => f64::from(first),
    };
    let reach = reach as isize;
    let mut sum: f64 = (-reach..=reach).map(at).sum();
    (0..values.len() as isize)
        .map(|n| {
            let mean = sum / (2 * reach + 1) as f64;
            sum += at(n + reach + 1) - at(n - reach);
            mean as f32
        })
        .collect()
}
