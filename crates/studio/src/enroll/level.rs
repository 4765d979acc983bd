//! What a microphone picks up, twenty times a second, for a meter: how loud it is now and how loud the room is by itself.
//! Keeps no sound, only levels.

use std::collections::VecDeque;

use audio::level::SILENCE_DBFS;
use serde::Serialize;

/// Levels in one second.
const PER_SECOND: u32 = 20;
/// Length of the past that the room's own level is taken from: ten seconds.
const REMEMBERED: usize = 200;
/// Levels before anything is said about the room: half a second.
const FIRST: usize = 10;
/// From here on a sample counts as overdriven.
const FULL: f32 = 0.9985;

/// A level of the microphone.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Level {
    /// Seconds since the sound began.
    pub seconds: f64,
    /// Root mean square of the last twentieth of a second.
    pub rms_dbfs: f32,
    /// Largest sample in it.
    pub peak_dbfs: f32,
    /// Whether the input was overdriven in it.
    pub clipped: bool,
    /// Level of the quietest tenth of the last ten seconds, once there is enough to tell.
    pub noise_floor_dbfs: Option<f32>,
}

/// Turns sound into levels as it comes.
pub(super) struct Meter {
    window: usize,
    rate_hz: u32,
    waiting: Vec<f32>,
    seen: u64,
    past: VecDeque<f32>,
}

impl Meter {
    pub(super) fn new(rate_hz: u32) -> Self {
        let window = (rate_hz / PER_SECOND).max(1) as usize;
        Self { window, rate_hz, waiting: Vec::with_capacity(window), seen: 0, past: VecDeque::new() }
    }

    /// Takes in sound and tells a level for every full twentieth of a second.
    pub(super) fn push(&mut self, samples: &[f32], on: &mut dyn FnMut(Level)) {
        for &sample in samples {
            self.waiting.push(sample);
            if self.waiting.len() == self.window {
                on(self.level());
                self.waiting.clear();
            }
        }
    }

    /// Level of the quietest tenth of what is remembered.
    pub(super) fn noise_floor_dbfs(&self) -> Option<f32> {
        if self.past.len() < FIRST {
            return None;
        }
        let mut levels: Vec<f32> = self.past.iter().copied().collect();
        levels.sort_by(f32::total_cmp);
        let quiet = &levels[..levels.len().div_ceil(10)];
        Some(quiet.iter().sum::<f32>() / quiet.len() as f32)
    }

    fn level(&mut self) -> Level {
        self.seen += self.waiting.len() as u64;
        let peak = self.waiting.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        let square: f64 = self.waiting.iter().map(|&sample| f64::from(sample).powi(2)).sum();
        let rms = (square / self.waiting.len() as f64).sqrt();
        // A stream begins with exact silence while the system connects it: that is not the room.
        if peak > 0.0 || !self.past.is_empty() {
            self.past.push_back(decibels(rms));
            if self.past.len() > REMEMBERED {
                self.past.pop_front();
            }
        }
        Level {
            seconds: self.seen as f64 / f64::from(self.rate_hz),
            rms_dbfs: decibels(rms),
            peak_dbfs: decibels(f64::from(peak)),
            clipped: peak >= FULL,
            noise_floor_dbfs: self.noise_floor_dbfs(),
        }
    }
}

fn decibels(amplitude: f64) -> f32 {
    (20.0 * amplitude.max(1e-12).log10()).max(SILENCE_DBFS) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(pieces: &[&[f32]]) -> Vec<Level> {
        let mut meter = Meter::new(16_000);
        let mut told = Vec::new();
        for piece in pieces {
            for block in piece.chunks(320) {
                meter.push(block, &mut |level| told.push(level));
            }
        }
        told
    }

    #[test]
    fn levels_come_twenty_times_a_second_and_know_the_room() {
        let room = vec![0.001; 16_000];
        let voice: Vec<f32> = (0..16_000).map(|n| 0.5 * (n as f32 * 0.3).sin()).collect();
        let told = levels(&[&room, &voice, &room]);
        assert_eq!(told.len(), 60);
        assert!((told[0].rms_dbfs + 60.0).abs() < 0.1 && told[0].noise_floor_dbfs.is_none());
        assert!((told[30].rms_dbfs + 9.0).abs() < 0.3 && (told[30].peak_dbfs + 6.0).abs() < 0.3);
        assert!((told[59].noise_floor_dbfs.unwrap() + 60.0).abs() < 0.1);
        assert!((told[59].seconds - 3.0).abs() < 1e-9 && !told[59].clipped);
    }

    #[test]
    fn silence_before_the_stream_is_not_the_room_and_clipping_is_seen() {
        let told = levels(&[&vec![0.0; 16_000], &vec![0.01; 16_000], &vec![1.0; 800]]);
        assert!(told[19].noise_floor_dbfs.is_none());
        assert!((told[39].noise_floor_dbfs.unwrap() + 40.0).abs() < 0.1);
        assert!(told[40].clipped);
        assert!(told.iter().all(|level| level.rms_dbfs.is_finite() && level.peak_dbfs.is_finite()));
    }
}
