//! Sound in memory and in files: one type for it ([`Pcm`]), readers, writers, measurement and small edits.
//! It knows no person, no network and no device.

mod child;
pub mod decode;
mod draft;
pub mod edit;
pub mod encode;
mod error;
pub mod level;
pub mod media;
mod pcm;
pub mod peaks;
pub mod quality;
mod resample;
pub mod wav;

pub use draft::draft;
pub use error::AudioError;
pub use pcm::Pcm;
pub use resample::resample;

/// How much sound a reader may take before it gives up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Longest sound, in seconds.
    pub max_seconds: f64,
    /// Largest file, in bytes.
    pub max_bytes: u64,
}

impl Default for Limits {
    /// Half an hour and 1 GiB: more than any recorded sample, less than memory.
    fn default() -> Self {
        Self { max_seconds: 1800.0, max_bytes: 1 << 30 }
    }
}

impl Limits {
    /// How many frames at `rate_hz` fit.
    pub(crate) fn frames(&self, rate_hz: u32) -> u64 {
        // A float to integer cast saturates, so a huge or infinite limit stays a limit and NaN allows nothing.
        (self.max_seconds.max(0.0) * f64::from(rate_hz)).ceil() as u64
    }

    pub(crate) fn seconds_error(&self) -> AudioError {
        AudioError::OverLimit { limit: format!("{} s", self.max_seconds) }
    }

    pub(crate) fn check_bytes(&self, bytes: u64) -> Result<(), AudioError> {
        if bytes > self.max_bytes {
            return Err(AudioError::OverLimit { limit: format!("{} bytes", self.max_bytes) });
        }
        Ok(())
    }
}
