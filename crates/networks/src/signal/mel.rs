//! Windowed spectra and triangular mel filters. It knows neither speech nor networks: sizes and edges come in.

use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};

use super::{HOP, RATE_HZ};

/// Hertz to mel (O'Shaughnessy).
pub fn mel(hz: f64) -> f64 {
    1127.0 * (hz / 700.0).ln_1p()
}

/// Mel to hertz.
pub fn hertz(mel: f64) -> f64 {
    700.0 * (mel / 1127.0).exp_m1()
}

/// Power spectra of frames that lie a hop apart, frame `k` centred on sample `k · HOP`.
pub struct Spectrogram {
    transform: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    size: usize,
}

impl Spectrogram {
    /// Periodic Hann window of `window` samples in the middle of a transform of `size`.
    pub fn new(size: usize, window: usize) -> Self {
        let mut padded = vec![0.0; size];
        for (n, value) in padded[(size - window) / 2..][..window].iter_mut().enumerate() {
            *value = (0.5 - 0.5 * (2.0 * std::f64::consts::PI * n as f64 / window as f64).cos()) as f32;
        }
        Self { transform: RealFftPlanner::new().plan_fft_forward(size), window: padded, size }
    }

    /// Bins of one spectrum.
    pub fn bins(&self) -> usize {
        self.size / 2 + 1
    }

    /// Sum of the squared window.
    pub fn window_energy(&self) -> f32 {
        self.window.iter().map(|v| f64::from(*v) * f64::from(*v)).sum::<f64>() as f32
    }

    /// Calls `take(frame, power of each bin)` for `frames` frames. Zeros stand beyond the ends.
    pub fn for_each(&self, wave: &[f32], frames: usize, mut take: impl FnMut(usize, &[f32])) {
        let mut time = vec![0.0; self.size];
        let mut spectrum = vec![Complex32::ZERO; self.bins()];
        let mut power = vec![0.0; self.bins()];
        let mut scratch = self.transform.make_scratch_vec();
        for frame in 0..frames {
            for (n, (out, &window)) in time.iter_mut().zip(&self.window).enumerate() {
                let at = (frame * HOP + n).checked_sub(self.size / 2);
                *out = window * at.and_then(|at| wave.get(at)).copied().unwrap_or(0.0);
            }
            self.transform
                .process_with_scratch(&mut time, &mut spectrum, &mut scratch)
                .expect("invariant: buffers have the plan's size");
            for (power, bin) in power.iter_mut().zip(&spectrum) {
                *power = bin.norm_sqr();
            }
            take(frame, &power);
        }
    }
}

/// Weighted sums of bins.
#[derive(Debug, Clone)]
pub struct MelBank {
    /// For each filter: its first bin and weights.
    filters: Vec<(usize, Vec<f32>)>,
}

impl MelBank {
    /// Triangles between three neighbouring `edges_hz` each (`filters + 2` edges), scaled to sum 1.
    pub fn from_edges(edges_hz: &[f64], size: usize, smallest_sum: f64) -> Self {
        let filters = edges_hz
            .windows(3)
            .map(|edge| {
                Self::filter(size, smallest_sum, |hz| {
                    ((hz - edge[0]) / (edge[1] - edge[0])).min((edge[2] - hz) / (edge[2] - edge[1]))
                })
            })
            .collect();
        Self { filters }
    }

    /// `bands` triangles on the mel axis centred evenly from 0 to `top_hz`, each a band wide to either side, sum 1.
    pub fn centred(bands: usize, top_hz: f64, size: usize) -> Self {
        let step = mel(top_hz) / (bands - 1) as f64;
        let filters =
            (0..bands).map(|band| Self::filter(size, 0.0, |hz| 1.0 - (mel(hz) / step - band as f64).abs())).collect();
        Self { filters }
    }

    fn filter(size: usize, smallest_sum: f64, height: impl Fn(f64) -> f64) -> (usize, Vec<f32>) {
        let heights: Vec<f64> =
            (0..=size / 2).map(|bin| height(bin as f64 * f64::from(RATE_HZ) / size as f64).max(0.0)).collect();
        let sum = heights.iter().sum::<f64>().max(smallest_sum);
        let first = heights.iter().position(|&h| h > 0.0).unwrap_or(0);
        let last = heights.iter().rposition(|&h| h > 0.0).unwrap_or(0);
        (first, heights[first..=last].iter().map(|h| if sum > 0.0 { (h / sum) as f32 } else { 0.0 }).collect())
    }

    /// Filters in the bank.
    pub fn len(&self) -> usize {
        self.filters.len()
    }

    /// Whether it has no filter.
    pub fn is_empty(&self) -> bool {
        self.filters.is_empty()
    }

    /// Sums `spectrum` under each filter.
    pub fn apply(&self, spectrum: &[f32], out: &mut [f32]) {
        for (out, (first, weights)) in out.iter_mut().zip(&self.filters) {
            *out = weights.iter().zip(&spectrum[*first..]).map(|(w, v)| w * v).sum();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_lands_in_its_filter() {
        let wave: Vec<f32> =
            (0..8000).map(|n| (n as f32 * 2.0 * std::f32::consts::PI * 1000.0 / 16_000.0).sin()).collect();
        let spectrogram = Spectrogram::new(1024, 1024);
        let bank = MelBank::centred(80, 8000.0, 1024);
        let centre = (mel(1000.0) / mel(8000.0) * 79.0).round() as usize;
        spectrogram.for_each(&wave, 50, |frame, power| {
            let mut out = [0.0; 80];
            bank.apply(power, &mut out);
            if (5..45).contains(&frame) {
                let best = out.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
                assert_eq!(best, centre);
            }
        });
    }

    #[test]
    fn short_waves_do_not_panic() {
        let spectrogram = Spectrogram::new(512, 400);
        for length in [0, 1, 2, 100] {
            spectrogram.for_each(&vec![0.1; length], 3, |_, power| assert!(power.iter().all(|v| v.is_finite())));
        }
    }
}
