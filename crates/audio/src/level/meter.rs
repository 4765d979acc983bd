//! Loudness of sound that passes by, in memory that does not grow with it. It knows no file.

use std::fmt;

use ebur128::{EbuR128, Mode};

use super::decibels;
use crate::AudioError;
use crate::pcm::check_rate;

/// Measures a stream after EBU R 128.
pub struct Meter {
    meter: EbuR128,
    channels: u32,
    true_peak: bool,
}

impl Meter {
    /// A meter for interleaved sound. The true peak costs more than all the rest, so it is asked for.
    ///
    /// # Errors
    /// [`AudioError::Rate`] outside 4000..=192000 Hz, [`AudioError::Unsupported`] for none or more than 32 channels.
    pub fn new(channels: u32, rate_hz: u32, true_peak: bool) -> Result<Self, AudioError> {
        check_rate(rate_hz)?;
        let peak = if true_peak { Mode::TRUE_PEAK } else { Mode::empty() };
        let meter = match channels {
            1..=32 => EbuR128::new(channels, rate_hz, Mode::I | Mode::HISTOGRAM | peak).ok(),
            _ => None,
        };
        let meter = meter.ok_or_else(|| AudioError::Unsupported { what: format!("{channels} channels") })?;
        Ok(Self { meter, channels, true_peak })
    }

    /// Takes the next interleaved samples, whole frames.
    ///
    /// # Errors
    /// [`AudioError::BadInput`] for a part of a frame.
    pub fn add(&mut self, samples: &[f32]) -> Result<(), AudioError> {
        self.meter.add_frames_f32(samples).map_err(|_| AudioError::bad("a frame of its sound is not whole"))
    }

    /// Integrated loudness so far; `None` below 400 ms or -70 LUFS, where it is not defined.
    #[must_use]
    pub fn lufs(&self) -> Option<f64> {
        self.meter.loudness_global().ok().filter(|loudness| loudness.is_finite())
    }

    /// The largest value of the wave between the samples so far, over all channels; `None` if it was not asked for.
    #[must_use]
    pub fn true_peak_dbtp(&self) -> Option<f64> {
        let peaks = (0..self.channels).filter_map(|channel| self.meter.true_peak(channel).ok());
        self.true_peak.then(|| decibels(peaks.fold(0.0, f64::max)))
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Meter({} channels)", self.channels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stereo_sine_measures_what_tech_3341_says() {
        let mut meter = Meter::new(2, 48_000, true).unwrap();
        assert_eq!(meter.lufs(), None);
        let step = std::f64::consts::TAU * 1_000.0 / 48_000.0;
        for second in 0..20 {
            let frames = (0..48_000).map(|n| (0.070_8 * (step * f64::from(second * 48_000 + n)).sin()) as f32);
            meter.add(&frames.flat_map(|value| [value, value]).collect::<Vec<f32>>()).unwrap();
        }
        assert!((meter.lufs().unwrap() + 23.0).abs() < 0.1, "{:?}", meter.lufs());
        assert!((meter.true_peak_dbtp().unwrap() + 23.0).abs() < 0.1);
        assert!(meter.add(&[0.0]).is_err());
        assert!(Meter::new(0, 48_000, false).is_err() && Meter::new(2, 1, false).is_err());
        assert_eq!(Meter::new(2, 48_000, false).unwrap().true_peak_dbtp(), None);
    }
}
