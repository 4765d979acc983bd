//! Mono sound in memory, and the one byte form of it that is hashed and stored. It knows no file and no device.

use std::fmt;
use std::io::Cursor;
use std::ops::RangeInclusive;

use crate::wav::{self, Depth};
use crate::{AudioError, Limits};

/// Sample rates that sound may have here.
pub(crate) const RATES_HZ: RangeInclusive<u32> = 4_000..=192_000;

/// Mono sound: finite samples in [-1, 1] at one rate.
#[derive(Clone, PartialEq)]
pub struct Pcm {
    samples: Vec<f32>,
    rate_hz: u32,
}

impl Pcm {
    /// Takes samples as they are; values beyond full scale are clipped to [-1, 1].
    ///
    /// # Errors
    /// [`AudioError::NotFinite`] for NaN or infinity, [`AudioError::Rate`] outside 4000..=192000 Hz.
    pub fn new(mut samples: Vec<f32>, rate_hz: u32) -> Result<Self, AudioError> {
        check_rate(rate_hz)?;
        for (index, sample) in samples.iter_mut().enumerate() {
            if !sample.is_finite() {
                return Err(AudioError::NotFinite { index });
            }
            *sample = sample.clamp(-1.0, 1.0);
        }
        Ok(Self { samples, rate_hz })
    }

    /// Silence of `seconds`, rounded to whole samples.
    ///
    /// # Errors
    /// [`AudioError::Rate`] outside 4000..=192000 Hz; [`AudioError::OverLimit`] beyond a day.
    pub fn silence(seconds: f64, rate_hz: u32) -> Result<Self, AudioError> {
        check_rate(rate_hz)?;
        Ok(Self { samples: vec![0.0; frames_of(seconds, rate_hz)?], rate_hz })
    }

    /// The samples, one channel.
    #[must_use]
    pub fn samples(&self) -> &[f32] {
        &self.samples
    }

    /// Samples per second.
    #[must_use]
    pub fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// Whether there is no sample at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// Length in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.samples.len() as f64 / f64::from(self.rate_hz)
    }

    /// Gives the samples away.
    #[must_use]
    pub fn into_samples(self) -> Vec<f32> {
        self.samples
    }

    /// The part from `start_seconds` to `end_seconds`, cut to what there is; empty when they cross.
    #[must_use]
    pub fn slice(&self, start_seconds: f64, end_seconds: f64) -> Self {
        let at = |seconds: f64| ((seconds.max(0.0) * f64::from(self.rate_hz)).round() as usize).min(self.samples.len());
        let (start, end) = (at(start_seconds), at(end_seconds));
        Self { samples: self.samples[start..end.max(start)].to_vec(), rate_hz: self.rate_hz }
    }

    /// The bytes of a complete mono WAV file, 24-bit signed little endian, at this rate. This is the form that is
    /// hashed and stored: `from_canonical` reads it back, and the canonical form of that is the same bytes.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        wav::bytes(self, Depth::Int24)
    }

    /// Reads what [`Pcm::canonical`] wrote, and nothing else.
    ///
    /// # Errors
    /// [`AudioError::BadInput`] when the bytes are not exactly a canonical form.
    pub fn from_canonical(bytes: &[u8]) -> Result<Self, AudioError> {
        let limits = Limits { max_seconds: f64::INFINITY, max_bytes: bytes.len() as u64 };
        let pcm = wav::read_from(Cursor::new(bytes), &limits)?;
        // Any second spelling of the same sound would have a second hash, so only the one we write is taken.
        if pcm.canonical() != bytes {
            return Err(AudioError::bad("it is a WAV file but not in canonical form"));
        }
        Ok(pcm)
    }

    /// For code of this crate whose samples are finite and in range by construction.
    pub(crate) fn trusted(samples: Vec<f32>, rate_hz: u32) -> Self {
        debug_assert!(RATES_HZ.contains(&rate_hz));
        debug_assert!(samples.iter().all(|sample| (-1.0..=1.0).contains(sample)));
        Self { samples, rate_hz }
    }
}

impl fmt::Debug for Pcm {
    /// Sound of a person stays out of logs: only its size is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pcm({} samples, {} Hz)", self.samples.len(), self.rate_hz)
    }
}

pub(crate) fn check_rate(rate_hz: u32) -> Result<(), AudioError> {
    if RATES_HZ.contains(&rate_hz) { Ok(()) } else { Err(AudioError::Rate { rate_hz }) }
}

/// Whole samples in `seconds`; negative and NaN count as none.
pub(crate) fn frames_of(seconds: f64, rate_hz: u32) -> Result<usize, AudioError> {
    const DAY_SECONDS: f64 = 86_400.0;
    if seconds > DAY_SECONDS {
        return Err(AudioError::OverLimit { limit: format!("{DAY_SECONDS} s") });
    }
    Ok((seconds.max(0.0) * f64::from(rate_hz)).round() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn refuses_what_is_no_sound() {
        assert!(matches!(Pcm::new(vec![0.0, f32::NAN], 16_000), Err(AudioError::NotFinite { index: 1 })));
        assert!(matches!(Pcm::new(vec![f32::INFINITY], 16_000), Err(AudioError::NotFinite { index: 0 })));
        assert!(matches!(Pcm::new(vec![], 3_999), Err(AudioError::Rate { .. })));
        assert!(matches!(Pcm::new(vec![], 192_001), Err(AudioError::Rate { .. })));
        assert_eq!(Pcm::new(vec![2.0, -3.0], 8_000).unwrap().samples(), [1.0, -1.0]);
    }

    #[test]
    fn debug_shows_no_sound() {
        let pcm = Pcm::new(vec![0.123_456; 3], 8_000).unwrap();
        assert_eq!(format!("{pcm:?}"), "Pcm(3 samples, 8000 Hz)");
    }

    #[test]
    fn canonical_takes_no_other_spelling() {
        let pcm = Pcm::new(vec![0.1, -0.2, 0.3], 8_000).unwrap();
        let bytes = pcm.canonical();
        assert_eq!(bytes.len(), 44 + 9 + 1);
        let mut longer = bytes.clone();
        longer.push(0);
        let mut padded = bytes.clone();
        *padded.last_mut().unwrap() = 7;
        for other in [&bytes[..bytes.len() - 1], &longer, &padded, &wav::bytes(&pcm, Depth::Int16), &[]] {
            assert!(matches!(Pcm::from_canonical(other), Err(AudioError::BadInput { .. })));
        }
    }

    proptest! {
        #[test]
        fn canonical_round_trip(samples in prop::collection::vec(-1.0f32..=1.0, 0..400), rate_hz in RATES_HZ) {
            let pcm = Pcm::new(samples, rate_hz).unwrap();
            let bytes = pcm.canonical();
            let back = Pcm::from_canonical(&bytes).unwrap();
            prop_assert_eq!(back.canonical(), bytes);
            prop_assert_eq!(back.rate_hz(), rate_hz);
            for (a, b) in pcm.samples().iter().zip(back.samples()) {
                prop_assert!((a - b).abs() <= 1.0 / 8_388_608.0);
            }
        }

        #[test]
        fn from_canonical_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Pcm::from_canonical(&bytes);
        }
    }
}
