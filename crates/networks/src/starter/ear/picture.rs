//! What the ear looks at: log-mel pictures of a levelled wave, at several vocal-tract lengths. It knows no network.

use crate::signal::{HOP, MelBank, Spectrogram, hertz, mel};

/// Bands of the picture.
pub(super) const MELS: usize = 64;
const FFT: usize = 512;
const WINDOW: usize = 400;
const EDGES_HZ: (f64, f64) = (60.0, 7600.0);
const TOP_HZ: f64 = 7990.0;
/// Natural-log range that is kept below the loudest cell.
const RANGE: f32 = 9.0;
/// A frame is heard when its mean is at most this far below the loudest frame's.
const HEARD: f32 = 4.0;

/// Triangles on the mel axis with their edges multiplied by `warp` (vocal-tract length, Lee and Rose 1998).
pub(super) fn bank(warp: f64) -> MelBank {
    let (low, high) = (mel(EDGES_HZ.0), mel(EDGES_HZ.1));
    let edges: Vec<f64> = (0..MELS + 2)
        .map(|k| {
            let hz = hertz(low + (high - low) * k as f64 / (MELS + 1) as f64);
            (hz * warp).min(TOP_HZ) + 0.001 * k as f64
        })
        .collect();
    MelBank::from_edges(&edges, FFT, 0.001)
}

/// Magnitudes of the levelled, pre-emphasised wave, a frame each 10 ms.
pub(super) struct Magnitudes {
    bins: usize,
    rows: Vec<f32>,
}

impl Magnitudes {
    pub fn of(wave: &[f32]) -> Self {
        let count = wave.len().max(1) as f64;
        let mean = (wave.iter().map(|&v| f64::from(v)).sum::<f64>() / count) as f32;
        let power = wave.iter().map(|&v| f64::from(v - mean) * f64::from(v - mean)).sum::<f64>() / count;
        let scale = 1.0 / (power.sqrt() as f32 + 1e-5);
        let mut before = 0.0;
        let sharp: Vec<f32> = wave
            .iter()
            .map(|&v| {
                let now = (v - mean) * scale;
                let out = now - 0.9 * before;
                before = now;
                out
            })
            .collect();
        let spectrogram = Spectrogram::new(FFT, WINDOW);
        let frames = wave.len() / HOP;
        let mut rows = Vec::with_capacity(frames * spectrogram.bins());
        spectrogram.for_each(&sharp, frames, |_, power| rows.extend(power.iter().map(|v| v.sqrt())));
        Self { bins: spectrogram.bins(), rows }
    }

    /// Frames seen.
    pub fn frames(&self) -> usize {
        self.rows.len() / self.bins
    }

    /// The first `frames` frames under `bank`: `(frames, MELS)`.
    pub fn picture(&self, bank: &MelBank, frames: usize) -> Vec<f32> {
        let mut out = vec![0.0; frames * MELS];
        for (row, out) in self.rows.chunks_exact(self.bins).zip(out.chunks_exact_mut(MELS)) {
            bank.apply(row, out);
            out.iter_mut().for_each(|v| *v = (*v + 1e-5).ln());
        }
        out
    }
}

fn floor(picture: &mut [f32]) {
    let least = picture.iter().copied().fold(f32::NEG_INFINITY, f32::max) - RANGE;
    picture.iter_mut().for_each(|v| *v = v.max(least));
}

/// What the recogniser sees: floored, each band's mean 0, the mean spread 1.
pub(super) fn level(picture: &mut [f32]) {
    floor(picture);
    let frames = (picture.len() / MELS).max(1) as f64;
    let mut spread = 0.0;
    for band in 0..MELS {
        let column = || picture.iter().skip(band).step_by(MELS).map(|&v| f64::from(v));
        let mean = column().sum::<f64>() / frames;
        spread += (column().map(|v| (v - mean) * (v - mean)).sum::<f64>() / frames).sqrt() / MELS as f64;
        picture.iter_mut().skip(band).step_by(MELS).for_each(|v| *v -= mean as f32);
    }
    let scale = 1.0 / (spread as f32 + 0.1);
    picture.iter_mut().for_each(|v| *v *= scale);
}

/// What the speaker network sees: the colour of the voice stays, the loudness goes.
pub(super) fn speaker_level(picture: &mut [f32]) {
    floor(picture);
    let loud: Vec<f32> = picture.chunks_exact(MELS).map(|row| row.iter().sum::<f32>() / MELS as f32).collect();
    let least = loud.iter().copied().fold(f32::NEG_INFINITY, f32::max) - HEARD;
    let heard: Vec<f64> = picture
        .chunks_exact(MELS)
        .zip(&loud)
        .filter(|(_, loud)| **loud >= least)
        .flat_map(|(row, _)| row.iter().map(|&v| f64::from(v)))
        .collect();
    let mean = (heard.iter().sum::<f64>() / heard.len().max(1) as f64) as f32;
    picture.iter_mut().for_each(|v| *v = (*v - mean) / 2.0);
}

/// Every `size` frames become one row with `reach` neighbours to each side, zeros beyond the ends, earliest first.
/// Frames that do not fill a row are left out.
pub(super) fn stack(picture: &[f32], size: usize, reach: usize) -> Vec<f32> {
    let frames = picture.len() / MELS / size * size;
    let width = (size + 2 * reach) * MELS;
    let mut out = vec![0.0; frames / size * width];
    for (step, row) in out.chunks_exact_mut(width).enumerate() {
        for (k, cell) in row.chunks_exact_mut(MELS).enumerate() {
            let frame = (step * size + k).checked_sub(reach).filter(|&frame| frame < frames);
            if let Some(frame) = frame {
                cell.copy_from_slice(&picture[frame * MELS..(frame + 1) * MELS]);
            }
        }
    }
    out
}
