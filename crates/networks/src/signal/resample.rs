//! Sound at any rate to what the networks take: 16 kHz. It knows no file.

use audio::Pcm;

use super::RATE_HZ;

/// The samples of `pcm` at 16 kHz.
pub fn at_16_khz(pcm: &Pcm) -> Vec<f32> {
    match audio::resample(pcm, RATE_HZ) {
        Ok(pcm) => pcm.into_samples(),
        Err(_) => unreachable!("16 kHz is a rate that sound may have"),
    }
}
