//! How loud sound is, by the field's measures, and bringing it to a wanted loudness. It knows no file.

mod limiter;
mod meter;

use ebur128::{EbuR128, Mode};

use crate::Pcm;

pub use meter::Meter;

/// What silence measures: the step of 24-bit sound. No level is ever below it, so all levels are finite.
pub const SILENCE_DBFS: f64 = -144.5;

/// Root mean square level; a full-scale sine is at -3 dBFS.
#[must_use]
pub fn rms_dbfs(pcm: &Pcm) -> f64 {
    decibels(mean_square(pcm.samples()).sqrt())
}

/// Largest sample.
#[must_use]
pub fn peak_dbfs(pcm: &Pcm) -> f64 {
    decibels(peak(pcm.samples()))
}

/// Largest value of the wave between the samples, oversampled as ITU-R BS.1770-5 annex 2 asks.
#[must_use]
pub fn true_peak_dbtp(pcm: &Pcm) -> f64 {
    decibels(measured(pcm.samples(), pcm.rate_hz(), Mode::TRUE_PEAK).true_peak(0).unwrap_or(0.0))
}

/// Level of the quietest tenth, in frames of 20 ms: the room between the words.
#[must_use]
pub fn noise_floor_dbfs(pcm: &Pcm) -> f64 {
    let mut frames = frame_mean_squares(pcm.samples(), pcm.rate_hz());
    frames.sort_by(f64::total_cmp);
    let quiet = &frames[..frames.len().div_ceil(10)];
    decibels((quiet.iter().sum::<f64>() / quiet.len().max(1) as f64).sqrt())
}

/// Integrated loudness after EBU R 128 for one channel, or `None` for sound that is shorter than 400 ms or so quiet
/// (below -70 LUFS) that the measure is not defined.
#[must_use]
pub fn loudness_lufs(pcm: &Pcm) -> Option<f64> {
    loudness_of(pcm.samples(), pcm.rate_hz())
}

/// Brings sound to `target_lufs` and limits its true peak to `ceiling_dbtp`. Sound without a loudness (see
/// [`loudness_lufs`]) comes back unchanged.
#[must_use]
pub fn normalise_loudness(pcm: &Pcm, target_lufs: f64, ceiling_dbtp: f64) -> Pcm {
    // Taking peaks off makes sound a little quieter, so the gain is corrected until both hold. Sound whose peaks cannot
    // be taken down so far stays a little below the target.
    const ROUNDS: usize = 8;
    let Some(loudness) = loudness_lufs(pcm) else { return pcm.clone() };
    let ceiling = 10_f64.powf(ceiling_dbtp.min(0.0) / 20.0) as f32;
    let mut gain_db = target_lufs - loudness;
    let mut samples = Vec::new();
    for _ in 0..ROUNDS {
        let gain = 10_f64.powf(gain_db / 20.0) as f32;
        samples = pcm.samples().iter().map(|sample| sample * gain).collect();
        limiter::limit(&mut samples, pcm.rate_hz(), ceiling);
        match loudness_of(&samples, pcm.rate_hz()) {
            Some(loudness) if (target_lufs - loudness).abs() > 0.05 => gain_db += target_lufs - loudness,
            _ => break,
        }
    }
    for sample in &mut samples {
        *sample = sample.clamp(-1.0, 1.0);
    }
    Pcm::trusted(samples, pcm.rate_hz())
}

/// Amplitude to decibels, never below [`SILENCE_DBFS`].
pub(crate) fn decibels(amplitude: f64) -> f64 {
    if amplitude > 0.0 { (20.0 * amplitude.log10()).max(SILENCE_DBFS) } else { SILENCE_DBFS }
}

pub(crate) fn peak(samples: &[f32]) -> f64 {
    f64::from(samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs())))
}

/// Mean square of whole frames of 20 ms; sound shorter than one frame is one frame.
pub(crate) fn frame_mean_squares(samples: &[f32], rate_hz: u32) -> Vec<f64> {
    let frame = (rate_hz / 50) as usize;
    if samples.len() < frame {
        return if samples.is_empty() { Vec::new() } else { vec![mean_square(samples)] };
    }
    samples.chunks_exact(frame).map(mean_square).collect()
}

pub(crate) fn mean_square(samples: &[f32]) -> f64 {
    if samples.is_empty() {
        return 0.0;
    }
    samples.iter().map(|&sample| f64::from(sample).powi(2)).sum::<f64>() / samples.len() as f64
}

fn loudness_of(samples: &[f32], rate_hz: u32) -> Option<f64> {
    measured(samples, rate_hz, Mode::I).loudness_global().ok().filter(|loudness| loudness.is_finite())
}

fn measured(samples: &[f32], rate_hz: u32, mode: Mode) -> EbuR128 {
    let mut meter = EbuR128::new(1, rate_hz, mode).expect("invariant: one channel at a rate that was checked");
    meter.add_frames_f32(samples).expect("invariant: any number of frames of one channel is whole");
    meter
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(hz: f64, peak_dbfs: f64, seconds: f64, rate_hz: u32) -> Pcm {
        let step = std::f64::consts::TAU * hz / f64::from(rate_hz);
        let amplitude = 10_f64.powf(peak_dbfs / 20.0);
        let frames = (seconds * f64::from(rate_hz)) as usize;
        Pcm::new((0..frames).map(|n| (amplitude * (step * n as f64).sin()) as f32).collect(), rate_hz).unwrap()
    }

    /// Bursts with a crest factor like speech: decaying tones, four a second.
    fn bursts(rate_hz: u32) -> Pcm {
        let samples = (0..rate_hz * 4)
            .map(|n| {
                let t = f64::from(n) / f64::from(rate_hz);
                let since = t % 0.25;
                (0.5 * (-since * 40.0).exp() * (std::f64::consts::TAU * 180.0 * t).sin()) as f32
            })
            .collect();
        Pcm::new(samples, rate_hz).unwrap()
    }

    #[test]
    fn reference_values() {
        // EBU Tech 3341 case 1 is -23 LUFS for a stereo 1 kHz sine at -23 dBFS; one channel alone is 3.01 LU less.
        for rate_hz in [24_000, 44_100, 48_000] {
            let tone = sine(1_000.0, -23.0, 20.0, rate_hz);
            let loudness = loudness_lufs(&tone).unwrap();
            assert!((loudness + 26.01).abs() < 0.1, "{loudness} LUFS at {rate_hz} Hz");
            assert!((rms_dbfs(&tone) + 26.01).abs() < 0.01);
            assert!((peak_dbfs(&tone) + 23.0).abs() < 0.01);
        }
        // A sine at a quarter of the rate, 45 degrees off, has samples 3 dB below its peak.
        let step = std::f64::consts::FRAC_PI_2;
        let samples = (0..48_000).map(|n| (0.5 * (step * f64::from(n) + step / 2.0).sin()) as f32).collect();
        let between = Pcm::new(samples, 48_000).unwrap();
        assert!((peak_dbfs(&between) + 9.03).abs() < 0.05);
        assert!((true_peak_dbtp(&between) + 6.02).abs() < 0.4);
    }

    #[test]
    fn silence_is_finite() {
        for pcm in [Pcm::new(vec![], 24_000).unwrap(), Pcm::silence(2.0, 24_000).unwrap()] {
            for value in [rms_dbfs(&pcm), peak_dbfs(&pcm), true_peak_dbtp(&pcm), noise_floor_dbfs(&pcm)] {
                assert!((value - SILENCE_DBFS).abs() < 1e-9);
            }
            assert_eq!(loudness_lufs(&pcm), None);
            assert_eq!(normalise_loudness(&pcm, -19.0, -3.0), pcm);
        }
    }

    #[test]
    fn the_floor_is_the_room_not_the_voice() {
        let mut samples = sine(300.0, -6.0, 2.0, 16_000).into_samples();
        samples.extend(sine(100.0, -60.0, 1.0, 16_000).into_samples());
        let floor = noise_floor_dbfs(&Pcm::new(samples, 16_000).unwrap());
        assert!((floor + 63.0).abs() < 0.5, "{floor}");
    }

    #[test]
    fn loudness_and_ceiling_are_both_reached() {
        for rate_hz in [24_000, 44_100] {
            for (target, ceiling) in [(-23.0, -1.0), (-19.0, -3.0), (-16.0, -3.0), (-35.0, -1.0)] {
                let made = normalise_loudness(&bursts(rate_hz), target, ceiling);
                let (loudness, peak) = (loudness_lufs(&made).unwrap(), true_peak_dbtp(&made));
                assert!((loudness - target).abs() < 0.2, "{loudness} LUFS, wanted {target}");
                assert!(peak < ceiling + 0.1, "{peak} dBTP over {ceiling}");
            }
        }
    }

    #[test]
    fn quiet_enough_sound_is_only_scaled() {
        let pcm = bursts(24_000);
        let made = normalise_loudness(&pcm, -40.0, -1.0);
        let gain = made.samples()[10] / pcm.samples()[10];
        assert!(pcm.samples().iter().zip(made.samples()).all(|(a, b)| (a * gain - b).abs() < 1e-5));
    }
}
