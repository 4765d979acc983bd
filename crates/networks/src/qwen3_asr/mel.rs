//! Whisper's log-mel spectrum (Radford et al. 2022) of sound at 16 kHz, whatever its length. It knows no weights.

use crate::signal::{HOP, RATE_HZ, Spectrogram};

/// Samples in a transform.
const SIZE: usize = 400;
/// Upper edge of the highest band, in Hz.
const TOP_HZ: f64 = 8000.0;
/// Shorter sounds are filled up with silence to so many samples, as the model was trained.
const LEAST_SAMPLES: usize = RATE_HZ as usize / 2;

/// Mel frames of a sound of so many samples.
pub fn frames(samples: usize) -> usize {
    samples.max(LEAST_SAMPLES) / HOP
}

/// What turns samples into mel frames.
pub struct LogMel {
    spectrogram: Spectrogram,
    /// For each band: its first bin and the weights from there on.
    filters: Vec<(usize, Vec<f32>)>,
}

impl LogMel {
    /// For so many bands, on Slaney's scale and of equal area.
    pub fn new(bands: usize) -> Self {
        let top = mel(TOP_HZ);
        let edges: Vec<f64> = (0..bands + 2).map(|edge| hertz(top * edge as f64 / (bands + 1) as f64)).collect();
        let filters = edges.windows(3).map(|edge| {
            let weights: Vec<f32> = (0..=SIZE / 2)
                .map(|bin| {
                    let hz = bin as f64 * f64::from(RATE_HZ) / SIZE as f64;
                    let height = ((hz - edge[0]) / (edge[1] - edge[0])).min((edge[2] - hz) / (edge[2] - edge[1]));
                    (height.max(0.0) * 2.0 / (edge[2] - edge[0])) as f32
                })
                .collect();
            let first = weights.iter().position(|w| *w > 0.0).unwrap_or(0);
            let last = weights.iter().rposition(|w| *w > 0.0).unwrap_or(0);
            (first, weights[first..=last].to_vec())
        });
        Self { spectrogram: Spectrogram::new(SIZE, SIZE), filters: filters.collect() }
    }

    /// `(frames, bands)` of a sound at 16 kHz.
    pub fn frames(&self, samples: &[f32]) -> Vec<f32> {
        // The spectrogram's frames are centred on multiples of the hop: two hops of lead hold the mirrored half window.
        const LEAD: usize = 2 * HOP;
        const HALF: usize = SIZE / 2;
        let length = samples.len().max(LEAST_SAMPLES);
        let mut wave = vec![0.0; LEAD + length + HALF];
        wave[LEAD..LEAD + samples.len()].copy_from_slice(samples);
        for n in 1..=HALF {
            wave[LEAD - n] = wave[LEAD + n];
            wave[LEAD + length - 1 + n] = wave[LEAD + length - 1 - n];
        }
        let count = length / HOP;
        let mut out = Vec::with_capacity(count * self.filters.len());
        self.spectrogram.for_each(&wave, count + 2, |frame, power| {
            if frame >= 2 {
                out.extend(self.filters.iter().map(|(first, weights)| {
                    let sum: f32 = weights.iter().zip(&power[*first..]).map(|(w, p)| w * p).sum();
                    sum.max(1e-10).log10()
                }));
            }
        });
        let floor = out.iter().copied().fold(f32::NEG_INFINITY, f32::max) - 8.0;
        for value in &mut out {
            *value = (value.max(floor) + 4.0) / 4.0;
        }
        out
    }
}

/// Hertz to Slaney's mel: linear up to 1 kHz, logarithmic above.
fn mel(hz: f64) -> f64 {
    if hz < 1000.0 { hz * 3.0 / 200.0 } else { 15.0 + (hz / 1000.0).ln() * 27.0 / 6.4_f64.ln() }
}

/// Slaney's mel to hertz.
fn hertz(mel: f64) -> f64 {
    if mel < 15.0 { mel * 200.0 / 3.0 } else { 1000.0 * ((mel - 15.0) * 6.4_f64.ln() / 27.0).exp() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_those_of_the_reference() {
        let mel = LogMel::new(128);
        for samples in [0, 1, 199, 7999, 8000, 8159, 8160, 16_000, 16_001] {
            let wave: Vec<f32> = (0..samples).map(|n| (n as f32 * 0.3).sin() * 0.1).collect();
            assert_eq!(mel.frames(&wave).len(), frames(samples) * 128, "{samples} samples");
        }
        assert_eq!((frames(0), frames(8159), frames(8160), frames(16_000)), (50, 50, 51, 100));
    }

    #[test]
    fn a_tone_is_in_its_band_and_silence_is_flat() {
        let bank = LogMel::new(128);
        let wave: Vec<f32> =
            (0..16_000).map(|n| (n as f32 * 2.0 * std::f32::consts::PI * 2000.0 / 16_000.0).sin() * 0.5).collect();
        let out = bank.frames(&wave);
        let frame = &out[50 * 128..51 * 128];
        let best = (0..128).max_by(|a, b| frame[*a].total_cmp(&frame[*b])).unwrap();
        let centre = (mel(2000.0) / mel(TOP_HZ) * 129.0 - 1.0).round() as usize;
        assert!(best.abs_diff(centre) <= 1, "{best} is not {centre}");
        assert!(bank.frames(&[0.0; 16_000]).iter().all(|v| (*v - -1.5).abs() < 1e-6));
    }

    #[test]
    fn what_is_before_the_start_is_a_mirror() {
        // A periodic sound that is even about its first sample looks in the first frame as it does whole periods later.
        let bank = LogMel::new(80);
        let wave: Vec<f32> = (0..16_000).map(|n| (n as f32 * std::f32::consts::PI / 20.0).cos() * 0.5).collect();
        let out = bank.frames(&wave);
        for band in 0..80 {
            assert!((out[band] - out[10 * 80 + band]).abs() < 1e-3, "band {band}");
        }
    }
}
