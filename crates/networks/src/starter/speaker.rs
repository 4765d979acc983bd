//! A speaker as 32 readable numbers, and what they do to the base voice's frames. It knows no network and no person.

use crate::signal::{BANDS, NOISE_BANDS, Parameters, band_hz, mel};

use super::description::{Sharpen, VECTOR};
use super::voice::{FRAMES, PARAMETERS};
use crate::kernel::Linear;

/// Places in the vector.
pub(super) const STYLES: usize = 4;
pub(super) const PITCH: usize = 4;
pub(super) const RANGE: usize = 5;
pub(super) const TRACT: usize = 6;
pub(super) const BREATH: usize = 7;
pub(super) const TEMPO: usize = 8;
pub(super) const GAIN: usize = 9;
pub(super) const EQUAL: usize = 17;
pub(super) const CURVES: usize = 15;

/// Lowest and highest pitch that is ever spoken, in hertz.
const PITCH_HZ: (f32, f32) = (50.0, 500.0);

/// Whether these numbers are a speaker: 32, finite and of sane size.
pub(super) fn is_vector(values: &[f32]) -> bool {
    values.len() == VECTOR && values.iter().all(|v| v.is_finite() && v.abs() <= 20.0)
}

/// Cosine `k` of the equaliser at a band.
pub(super) fn cosine(k: usize, band: usize) -> f64 {
    (std::f64::consts::PI * k as f64 * (band as f64 + 0.5) / BANDS as f64).cos()
}

/// One frame as the synthesis takes it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Frame {
    pub log_hz: f32,
    pub voiced: bool,
    pub envelope: [f32; BANDS],
    pub aperiodicity: [f32; NOISE_BANDS],
}

impl Frame {
    pub fn parameters(&self) -> Parameters<'_> {
        Parameters {
            log_hz: self.log_hz,
            voiced: self.voiced,
            envelope: &self.envelope,
            aperiodicity: &self.aperiodicity,
        }
    }
}

/// Frames of the base voice out of the decoder's numbers: scaled back, the envelope's ripple made deeper.
pub(super) struct Unpacking {
    pitch_scale: f32,
    /// Identity plus the ripples' share, `(BANDS, BANDS)`.
    sharpen: Linear,
}

impl Unpacking {
    pub fn new(pitch_scale: f32, sharpen: Sharpen) -> Self {
        let mut matrix = vec![0.0f64; BANDS * BANDS];
        for row in 0..BANDS {
            matrix[row * BANDS + row] = 1.0;
            for column in 0..BANDS {
                let ripple: f64 = (sharpen.low_order..sharpen.high_order)
                    .map(|k| cosine(k, row) * cosine(k, column) * 2.0 / BANDS as f64)
                    .sum();
                matrix[row * BANDS + column] += f64::from(sharpen.amount) * ripple;
            }
        }
        let matrix: Vec<f32> = matrix.iter().map(|&v| v as f32).collect();
        Self { pitch_scale, sharpen: Linear::new(&matrix, None, BANDS, BANDS) }
    }

    /// `numbers` `(frames, PARAMETERS)`; the pitch is still relative to the speaker's mean.
    pub fn frames(&self, numbers: &[f32]) -> Vec<Frame> {
        let mut envelopes = Vec::with_capacity(numbers.len() / PARAMETERS * BANDS);
        for row in numbers.chunks_exact(PARAMETERS) {
            envelopes.extend(row[2..2 + BANDS].iter().map(|v| v * 2.0 - 7.0));
        }
        let envelopes = self.sharpen.forward(&envelopes);
        numbers
            .chunks_exact(PARAMETERS)
            .zip(envelopes.chunks_exact(BANDS))
            .map(|(row, envelope)| Frame {
                log_hz: row[0] * self.pitch_scale,
                voiced: row[1] > 0.0,
                envelope: std::array::from_fn(|band| envelope[band]),
                aperiodicity: std::array::from_fn(|band| (row[2 + BANDS + band] * 1.5 - 1.5).min(0.0)),
            })
            .collect()
    }
}

/// The transform from base voice to speaker, prepared once for an utterance.
#[derive(Debug, Clone)]
pub(super) struct Bend {
    pitch: f32,
    range: f32,
    breath: f32,
    /// For each band: the source band below, the share of the one above, and what is added.
    bands: Vec<(usize, f32, f32)>,
}

impl Bend {
    /// `vector` must satisfy [`is_vector`].
    pub fn new(vector: &[f32]) -> Self {
        let tract = f64::from(vector[TRACT]).exp();
        let top = mel(8000.0);
        let bands = band_hz()
            .iter()
            .enumerate()
            .map(|(band, hz)| {
                let source = (mel(hz / tract) / top * (BANDS - 1) as f64).clamp(0.0, (BANDS - 1) as f64);
                let below = (source as usize).min(BANDS - 2);
                let curve: f64 = (0..CURVES).map(|k| f64::from(vector[EQUAL + k]) * cosine(k + 1, band)).sum::<f64>();
                (below, (source - below as f64) as f32, curve as f32 + vector[GAIN])
            })
            .collect();
        Self { pitch: vector[PITCH], range: vector[RANGE].exp(), breath: vector[BREATH], bands }
    }

    pub fn apply(&self, frame: &Frame) -> Frame {
        let (low, high) = (PITCH_HZ.0.ln(), PITCH_HZ.1.ln());
        Frame {
            log_hz: (self.pitch + self.range * frame.log_hz).clamp(low, high),
            voiced: frame.voiced,
            envelope: std::array::from_fn(|band| {
                let (below, share, more) = self.bands[band];
                frame.envelope[below] * (1.0 - share) + frame.envelope[below + 1] * share + more
            }),
            aperiodicity: std::array::from_fn(|band| (frame.aperiodicity[band] + self.breath).clamp(-7.0, 0.0)),
        }
    }
}

const _: () = assert!(FRAMES == 8 && EQUAL + CURVES == VECTOR);
