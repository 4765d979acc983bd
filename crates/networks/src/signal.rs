//! What the networks hear and speak through: spectra, pitch and the source-filter voice, all at 16 kHz. It knows no
//! weights and no person.

mod level;
mod mel;
mod pitch;
mod resample;
mod synthesis;

pub use level::{LEVEL, level, loudness};
pub use mel::{MelBank, Spectrogram, hertz, mel};
pub use pitch::track_pitch;
pub use resample::at_16_khz;
pub use synthesis::{BANDS, NOISE_BANDS, Parameters, Synthesiser, Tables, band_hz};

/// Samples in a second for every network here.
pub const RATE_HZ: u32 = 16_000;
/// Samples in a frame of 10 ms.
pub const HOP: usize = 160;
