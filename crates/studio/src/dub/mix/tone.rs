//! The room: what is left of a film when nobody speaks and nothing sounds, as levels of bands. Noise of that colour is
//! put where the original was taken away, so that no dead silence is heard. It holds no sound of anybody.

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

use super::RATE_HZ;

/// The noise repeats after this: 2.7 s, too long to be heard as a loop.
const LOOP: usize = 1 << 17;
/// Frames that are looked at together, and how often.
const LOOK: usize = 4_096;
const EVERY: usize = 4_800;
/// Edges of the bands, in Hz.
const LOWEST_HZ: f64 = 40.0;
const HIGHEST_HZ: f64 = 16_000.0;
const BANDS: usize = 26;
/// The share of the film in which a band is at its room's level or below.
const QUIET_SHARE: f64 = 0.1;
/// A louder room is no room but music; noise like that would be a hiss.
const LOUDEST_DBFS: f64 = -54.0;
const STEPS: usize = 140;

/// Levels of a room's bands in dBFS (RMS of one channel), from low to high; empty is silence.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tone(Vec<f32>);

impl Tone {
    /// Level of all bands together in dBFS; negative infinity for silence.
    #[must_use]
    pub fn level_dbfs(&self) -> f64 {
        10.0 * self.0.iter().map(|&band| 10_f64.powf(f64::from(band) / 10.0)).sum::<f64>().log10()
    }

    /// Noise of this colour for two channels, without an end: the loops fit where they meet.
    pub(super) fn noise(&self) -> Noise {
        // Levels may have been stored: what is no level is silence.
        let sane = |band: &f32| band.is_finite() && *band > -(STEPS as f32);
        if !self.0.iter().any(sane) || self.0.len() > BANDS {
            return Noise { loops: [Vec::new(), Vec::new()] };
        }
        let inverse = RealFftPlanner::<f32>::new().plan_fft_inverse(LOOP);
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        let loops = [(); 2].map(|()| {
            let mut spectrum = inverse.make_input_vec();
            for (band, level) in self.0.iter().enumerate().filter(|(_, level)| sane(level)) {
                let bins = bins(band, LOOP);
                let power = 10_f64.powf(f64::from(level.min(0.0)) / 10.0) / bins.len().max(1) as f64;
                let size = (power / 2.0).sqrt() as f32;
                for bin in bins {
                    let turn = uniform(&mut random) * std::f32::consts::TAU;
                    spectrum[bin] = Complex::new(size * turn.cos(), size * turn.sin());
                }
            }
            let mut wave = inverse.make_output_vec();
            // The two ends of the spectrum are zero, which is all that could be refused.
            if inverse.process(&mut spectrum, &mut wave).is_err() {
                wave.clear();
            }
            wave
        });
        Noise { loops }
    }
}

/// A room's noise.
pub(super) struct Noise {
    loops: [Vec<f32>; 2],
}

impl Noise {
    /// The value of both channels at a frame of the film.
    pub(super) fn at(&self, frame: u64) -> [f32; 2] {
        let n = (frame % LOOP as u64) as usize;
        [0, 1].map(|channel| self.loops[channel].get(n).copied().unwrap_or(0.0))
    }

    pub(super) fn is_silent(&self) -> bool {
        self.loops[0].is_empty()
    }
}

/// Finds a film's room while it passes by.
pub(super) struct Room {
    fft: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    /// The next frames of the middle channel.
    frames: Vec<f32>,
    /// How many frames still to pass before the next look.
    skip: usize,
    /// By band: how often it had which level.
    counts: Vec<[u32; STEPS]>,
    looks: u32,
}

impl Room {
    pub(super) fn new() -> Self {
        let turn = |n: usize| std::f32::consts::TAU * n as f32 / LOOK as f32;
        Self {
            fft: RealFftPlanner::<f32>::new().plan_fft_forward(LOOK),
            window: (0..LOOK).map(|n| 0.5 - 0.5 * turn(n).cos()).collect(),
            frames: Vec::with_capacity(LOOK),
            skip: 0,
            counts: vec![[0; STEPS]; BANDS],
            looks: 0,
        }
    }

    /// Takes interleaved stereo.
    pub(super) fn hear(&mut self, sound: &[f32]) {
        for frame in sound.chunks_exact(2) {
            if self.skip > 0 {
                self.skip -= 1;
                continue;
            }
            self.frames.push(0.5 * (frame[0] + frame[1]));
            if self.frames.len() == LOOK {
                self.look();
                self.frames.clear();
                self.skip = EVERY - LOOK;
            }
        }
    }

    fn look(&mut self) {
        for (sample, weight) in self.frames.iter_mut().zip(&self.window) {
            *sample *= weight;
        }
        let mut spectrum = self.fft.make_output_vec();
        if self.fft.process(&mut self.frames, &mut spectrum).is_err() {
            return;
        }
        // A window of raised cosines has 3/8 of the power of none.
        let scale = 2.0 / (0.375 * (LOOK * LOOK) as f64);
        for (band, counts) in self.counts.iter_mut().enumerate() {
            let power: f64 = spectrum[bins(band, LOOK)].iter().map(|value| f64::from(value.norm_sqr())).sum();
            let level = 10.0 * (power * scale).max(1e-14).log10();
            counts[((level + STEPS as f64) as usize).min(STEPS - 1)] += 1;
        }
        self.looks += 1;
    }

    pub(super) fn tone(&self) -> Tone {
        let quiet = (f64::from(self.looks) * QUIET_SHARE).ceil() as u32;
        let level = |counts: &[u32; STEPS]| {
            let mut seen = 0;
            let step = counts.iter().position(|count| {
                seen += count;
                seen >= quiet.max(1)
            });
            step.unwrap_or(0) as f32 - STEPS as f32
        };
        let mut tone = Tone(self.counts.iter().map(level).collect());
        if tone.0.iter().all(|&band| band <= 1.0 - STEPS as f32) {
            return Tone::default();
        }
        let over = (tone.level_dbfs() - LOUDEST_DBFS).max(0.0) as f32;
        for band in &mut tone.0 {
            *band -= over;
        }
        tone
    }
}

/// Which bins of a transform belong to a band.
fn bins(band: usize, transform: usize) -> std::ops::Range<usize> {
    let edge = |band: usize| {
        let hz = LOWEST_HZ * (HIGHEST_HZ / LOWEST_HZ).powf(band as f64 / BANDS as f64);
        (hz * transform as f64 / f64::from(RATE_HZ)).round() as usize
    };
    edge(band)..edge(band + 1).max(edge(band) + 1)
}

/// The next number of a small generator (splitmix64), in [0, 1).
fn uniform(state: &mut u64) -> f32 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((mixed ^ (mixed >> 31)) >> 40) as f32 / 16_777_216.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean_square(values: &[f32]) -> f64 {
        values.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>() / values.len() as f64
    }

    #[test]
    fn noise_has_the_level_of_its_tone_and_is_heard_as_it() {
        let tone = Tone((0..BANDS).map(|band| -70.0 - band as f32).collect());
        let noise = tone.noise();
        for channel in &noise.loops {
            assert!((10.0 * mean_square(channel).log10() - tone.level_dbfs()).abs() < 0.1);
        }
        let mut room = Room::new();
        let sound: Vec<f32> = (0..LOOP as u64 * 3).flat_map(|n| [noise.at(n)[0]; 2]).collect();
        sound.chunks(1_234).for_each(|part| room.hear(part));
        let heard = room.tone();
        for band in 4..BANDS {
            let off = heard.0[band] - tone.0[band];
            assert!((-7.0..1.5).contains(&off), "band {band}: {off}");
        }
        assert!((heard.level_dbfs() - tone.level_dbfs()).abs() < 7.0);
    }

    #[test]
    fn silence_is_no_tone_and_music_no_hiss() {
        let mut room = Room::new();
        room.hear(&[0.0; 96_000]);
        assert_eq!(room.tone(), Tone::default());
        assert!(room.tone().noise().is_silent());
        let mut random = 1;
        let loud: Vec<f32> = (0..96_000).map(|_| uniform(&mut random) - 0.5).collect();
        room = Room::new();
        room.hear(&loud);
        assert!((room.tone().level_dbfs() - LOUDEST_DBFS).abs() < 0.1);
        assert!(Tone(vec![f32::NAN; 3]).noise().is_silent() && Tone(vec![0.0; 999]).noise().is_silent());
    }
}
