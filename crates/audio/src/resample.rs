//! Changing the sample rate. It knows no file.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler, WindowFunction};

use crate::pcm::check_rate;
use crate::{AudioError, Pcm};

/// Least frames per transform: long enough that the anti-aliasing filter is steep (cut-off above 0.95 of the lower Nyquist
/// rate), short enough that a transient does not ring audibly.
const CHUNK_FRAMES: usize = 1024;

/// The same sound at another rate, in time with the original: exactly `round(len * rate_hz / pcm.rate_hz())` samples.
///
/// # Errors
/// [`AudioError::Rate`] outside 4000..=192000 Hz.
pub fn resample(pcm: &Pcm, rate_hz: u32) -> Result<Pcm, AudioError> {
    check_rate(rate_hz)?;
    if rate_hz == pcm.rate_hz() {
        return Ok(pcm.clone());
    }
    let mut samples = resampled(pcm.samples(), pcm.rate_hz(), rate_hz);
    for sample in &mut samples {
        *sample = sample.clamp(-1.0, 1.0);
    }
    Ok(Pcm::trusted(samples, rate_hz))
}

/// As [`resample`] without clipping: a band-limited wave may pass beyond the samples it was made from.
pub(crate) fn resampled(samples: &[f32], from_hz: u32, to_hz: u32) -> Vec<f32> {
    let wanted = length(samples.len(), from_hz, to_hz);
    if wanted == 0 {
        return Vec::new();
    }
    // The filter's middle must fall on a sample, or the sound would be half a sample late: the transform has to be of
    // even length, which an even number of the smallest whole units (147 to 80 for 44100 to 24000 Hz) makes sure of.
    let unit = (from_hz / common_divisor(from_hz, to_hz)) as usize;
    let chunk_frames = unit * CHUNK_FRAMES.div_ceil(unit).next_multiple_of(2);
    let mut fft = Fft::<f32>::new_custom(
        from_hz as usize,
        to_hz as usize,
        chunk_frames,
        1,
        1,
        WindowFunction::BlackmanHarris2,
        FixedSync::Input,
    )
    .expect("invariant: both rates are positive and the chunk is not empty");
    let input = InterleavedSlice::new(samples, 1, samples.len()).expect("invariant: one channel of `len` frames");
    let output = fft
        .process_all(&input, samples.len(), None)
        .expect("invariant: the buffers have the sizes that were asked for");
    let mut output = output.take_data();
    output.resize(wanted, 0.0);
    output
}

fn common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

fn length(frames: usize, from_hz: u32, to_hz: u32) -> usize {
    let (frames, from, to) = (frames as u128, u128::from(from_hz), u128::from(to_hz));
    ((frames * to * 2 + from) / (from * 2)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sine(hz: f64, frames: usize, rate_hz: u32) -> Pcm {
        let step = std::f64::consts::TAU * hz / f64::from(rate_hz);
        Pcm::new((0..frames).map(|n| (0.5 * (step * n as f64).sin()) as f32).collect(), rate_hz).unwrap()
    }

    /// Signal to error ratio against the ideal sine, away from the edges where the wave begins from nothing.
    fn snr_db(got: &Pcm, want: &Pcm) -> f64 {
        assert_eq!(got.len(), want.len());
        let edge = got.len() / 20;
        let inner = edge..got.len() - edge;
        let (mut signal, mut error) = (0.0, 0.0);
        for (a, b) in got.samples()[inner.clone()].iter().zip(&want.samples()[inner]) {
            signal += f64::from(*b).powi(2);
            error += f64::from(a - b).powi(2);
        }
        10.0 * (signal / error).log10()
    }

    #[test]
    fn a_sine_stays_that_sine_in_time() {
        for (from, to) in [(48_000, 24_000), (24_000, 48_000), (44_100, 24_000), (16_000, 22_050), (8_000, 192_000)] {
            for hz in [100.0, 997.0, 3_000.0] {
                let got = resample(&sine(hz, from as usize * 2, from), to).unwrap();
                let ratio = snr_db(&got, &sine(hz, to as usize * 2, to));
                assert!(ratio > 90.0, "{from} to {to} Hz at {hz} Hz: {ratio:.1} dB");
            }
        }
    }

    #[test]
    fn what_the_new_rate_cannot_hold_is_removed() {
        let got = resample(&sine(11_000.0, 96_000, 48_000), 16_000).unwrap();
        let edge = got.len() / 20;
        let loudest = got.samples()[edge..got.len() - edge].iter().fold(0.0_f32, |a, b| a.max(b.abs()));
        assert!(loudest < 1e-4, "an 11 kHz tone aliases at {loudest}");
    }

    #[test]
    fn bad_rates_are_refused() {
        let pcm = sine(100.0, 100, 8_000);
        assert!(matches!(resample(&pcm, 0), Err(AudioError::Rate { .. })));
        assert!(matches!(resample(&pcm, u32::MAX), Err(AudioError::Rate { .. })));
    }

    fn length_is_exact(frames: usize, from: u32, to: u32) -> bool {
        let got = resample(&Pcm::new(vec![0.25; frames], from).unwrap(), to).unwrap();
        let want = (frames as f64 * f64::from(to) / f64::from(from)).round() as usize;
        got.len() == want && got.rate_hz() == to
    }

    #[test]
    fn rates_without_a_common_divisor_work() {
        assert!(length_is_exact(5_000, 47_999, 24_001) && length_is_exact(1, 192_000, 4_001));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn the_length_is_exact(frames in 0_usize..5_000, from in 16_u32..=768, to in 16_u32..=768) {
            prop_assert!(length_is_exact(frames, from * 250, to * 250));
        }
    }
}
