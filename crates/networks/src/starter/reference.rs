//! What cloning hears in a recording: a log-mel picture, and from it the nearest base voice and three guesses. It knows
//! no person; the waves it is given are levelled.

use super::description;
use crate::kernel::{Convolution, Linear, add, layer_norm, silu, softmax};
use crate::signal::{BANDS, HOP, MelBank, Spectrogram};
use crate::weights::{LoadError, Weights};

const FFT: usize = 1024;
const EPSILON: f32 = 1e-5;
/// Added to the power of each band before the logarithm.
const FLOOR: f32 = 1e-10;
const BASES: usize = 3;

/// The picture: `ln` of the mean power under each band's triangle, each 10 ms.
pub(super) struct Picture {
    spectrogram: Spectrogram,
    bank: MelBank,
}

impl Picture {
    pub fn new() -> Self {
        Self { spectrogram: Spectrogram::new(FFT, FFT), bank: MelBank::centred(BANDS, 8000.0, FFT) }
    }

    /// `(frames, BANDS)`.
    pub fn take(&self, wave: &[f32]) -> Vec<f32> {
        let frames = wave.len() / HOP;
        let scale = 1.0 / self.spectrogram.window_energy();
        let mut out = vec![0.0; frames * BANDS];
        self.spectrogram.for_each(wave, frames, |frame, power| {
            let row = &mut out[frame * BANDS..(frame + 1) * BANDS];
            self.bank.apply(power, row);
            for value in row {
                *value = (*value * scale + FLOOR).ln();
            }
        });
        out
    }
}

/// What the encoder says of a speaker.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Impression {
    /// How near each base voice is.
    pub bases: Vec<f32>,
    /// Tract, breath and tempo.
    pub guess: Vec<f32>,
}

pub(super) struct Reference {
    width: usize,
    inward: Convolution,
    layers: Vec<(Convolution, Vec<f32>, Vec<f32>)>,
    attend: Linear,
    hidden: Linear,
    base: Linear,
    guess: Linear,
    scales: Vec<f32>,
}

impl Reference {
    pub fn load(weights: &Weights<'_>, shape: &description::Reference) -> Result<Self, LoadError> {
        let width = shape.width;
        let convolution = |name: &str, inputs: usize, kernel: usize, stride, dilation| -> Result<_, LoadError> {
            let weight = weights.tensor(&format!("{name}.weight"), &[width, inputs, kernel])?;
            let bias = weights.tensor(&format!("{name}.bias"), &[width])?;
            Ok(Convolution::new(&weight, bias, (width, inputs, kernel), stride, dilation))
        };
        let layer = |k: usize| -> Result<_, LoadError> {
            Ok((
                convolution(&format!("reference.convs.{k}"), width, 3, 1, 1 << k)?,
                weights.tensor(&format!("reference.norms.{k}.weight"), &[width])?,
                weights.tensor(&format!("reference.norms.{k}.bias"), &[width])?,
            ))
        };
        Ok(Self {
            width,
            inward: convolution("reference.inward", BANDS, 5, 2, 1)?,
            layers: (0..3).map(layer).collect::<Result<_, _>>()?,
            attend: weights.linear("reference.attend", width, width)?,
            hidden: weights.linear("reference.hidden", width, 2 * width)?,
            base: weights.linear("reference.base", BASES, width)?,
            guess: weights.linear("reference.guess", 3, width)?,
            scales: shape.scales.clone(),
        })
    }

    /// `picture` `(frames, BANDS)` with at least one frame.
    pub fn listen(&self, picture: &[f32]) -> Impression {
        let scaled: Vec<f32> = picture.iter().map(|v| (v + 12.0) / 4.0).collect();
        let mut x = self.inward.forward(&scaled);
        silu(&mut x);
        let mut normed = vec![0.0; x.len()];
        for (convolution, weight, bias) in &self.layers {
            layer_norm(&convolution.forward(&x), weight, bias, EPSILON, &mut normed);
            silu(&mut normed);
            add(&mut x, &normed);
        }
        let mut hidden = self.hidden.forward(&pool(&x, &self.attend.forward(&x), self.width));
        silu(&mut hidden);
        let mut guess = self.guess.forward(&hidden);
        guess.iter_mut().zip(&self.scales).for_each(|(guess, scale)| *guess *= scale);
        Impression { bases: self.base.forward(&hidden), guess }
    }
}

/// Attentive statistics (Okabe et al. 2018): softmax of `scores` over time for each channel, then mean and spread of
/// `x` `(time, width)` under it.
pub(super) fn pool(x: &[f32], scores: &[f32], width: usize) -> Vec<f32> {
    let mut out = vec![0.0; 2 * width];
    let mut weights = vec![0.0; x.len() / width];
    for channel in 0..width {
        for (weight, row) in weights.iter_mut().zip(scores.chunks_exact(width)) {
            *weight = row[channel];
        }
        softmax(&mut weights);
        let (mut mean, mut square) = (0.0f64, 0.0f64);
        for (&weight, row) in weights.iter().zip(x.chunks_exact(width)) {
            let (weight, value) = (f64::from(weight), f64::from(row[channel]));
            mean += weight * value;
            square += weight * value * value;
        }
        out[channel] = mean as f32;
        out[width + channel] = (square - mean * mean).max(1e-4).sqrt() as f32;
    }
    out
}
