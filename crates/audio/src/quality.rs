//! Whether a recording is good enough to be a voice sample, and where it was patched together with silence. It knows
//! sound only, not whose it is.

use serde::Serialize;

use crate::Pcm;
use crate::level::{SILENCE_DBFS, decibels, frame_mean_squares, noise_floor_dbfs, peak_dbfs, rms_dbfs};

/// Least speech in a sample, in seconds.
pub const MIN_SPEECH_SECONDS: f64 = 3.0;
/// Quietest level of the speech in a sample.
pub const MIN_SPEECH_DBFS: f64 = -45.0;
/// Largest share of clipped samples.
pub const MAX_CLIPPED_FRACTION: f64 = 0.001;

/// Nothing in the recording is louder than this: there is no speech.
const SILENT_DBFS: f64 = -60.0;
/// Speech moves by far more than this between its loudest and its quietest parts; hum, hiss and tones do not.
const MIN_MOVEMENT_DB: f64 = 3.0;
/// Shortest run of exact zeros that is reported. A microphone's own noise never rests for so long.
const SILENCE_RUN_SECONDS: f64 = 0.01;

/// Why a recording cannot be used. The order is that of what to mend first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Flaw {
    /// There is no sound in it.
    Silent,
    /// It holds one unchanging sound, such as hum, hiss or a tone.
    Constant,
    /// The speech is too quiet.
    TooQuiet,
    /// The input was overdriven.
    Clipped,
    /// There is too little speech.
    TooShort,
}

impl Flaw {
    /// The stable name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Silent => "sample_silent",
            Self::Constant => "sample_constant",
            Self::TooQuiet => "sample_too_quiet",
            Self::Clipped => "sample_clipped",
            Self::TooShort => "sample_too_short",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn fix(self) -> &'static str {
        match self {
            Self::Silent => "Check that the right microphone is chosen and not muted.",
            Self::Constant => "Check the microphone's cable and record speech, not a tone or hum.",
            Self::TooQuiet => "Move closer to the microphone or raise its level.",
            Self::Clipped => "Lower the microphone's level or move back from it.",
            Self::TooShort => "Record at least three seconds of speech; ten are better.",
        }
    }
}

/// What was measured in a recording.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Length in seconds.
    pub seconds: f64,
    /// Seconds in which somebody speaks.
    pub speech_seconds: f64,
    /// Level of the speech alone.
    pub speech_dbfs: f64,
    /// Largest sample.
    pub peak_dbfs: f64,
    /// Level of the whole.
    pub rms_dbfs: f64,
    /// Level of the quietest tenth.
    pub noise_floor_dbfs: f64,
    /// Speech above the noise floor, in decibels.
    pub snr_db: f64,
    /// Share of samples that were cut off, 0 to 1.
    pub clipped_fraction: f64,
    /// What makes it unusable, worst first; empty for a good recording.
    pub flaws: Vec<Flaw>,
}

/// Measures a recording.
#[must_use]
pub fn inspect(pcm: &Pcm) -> Report {
    // A constant offset is an electrical fault, not sound: no measure of loudness may count it.
    let mean = pcm.samples().iter().map(|&sample| f64::from(sample)).sum::<f64>() / pcm.len().max(1) as f64;
    let centred: Vec<f32> = pcm.samples().iter().map(|sample| sample - mean as f32).collect();
    let frames = frame_mean_squares(&centred, pcm.rate_hz());
    let speech = Speech::find(&frames);

    let noise_floor_dbfs =
        noise_floor_dbfs(&Pcm::trusted(centred.iter().map(|sample| sample.clamp(-1.0, 1.0)).collect(), pcm.rate_hz()));
    let speech_seconds = speech.frames as f64 * 0.02;
    let clipped_fraction = clipped_fraction(pcm.samples());
    let mut flaws = Vec::new();
    if speech.loud_dbfs < SILENT_DBFS {
        flaws.push(Flaw::Silent);
    } else if speech.movement_db < MIN_MOVEMENT_DB {
        flaws.push(Flaw::Constant);
    } else {
        if speech.dbfs < MIN_SPEECH_DBFS {
            flaws.push(Flaw::TooQuiet);
        }
        if clipped_fraction > MAX_CLIPPED_FRACTION {
            flaws.push(Flaw::Clipped);
        }
        if speech_seconds < MIN_SPEECH_SECONDS {
            flaws.push(Flaw::TooShort);
        }
    }
    Report {
        seconds: pcm.seconds(),
        speech_seconds,
        speech_dbfs: speech.dbfs,
        peak_dbfs: peak_dbfs(pcm),
        rms_dbfs: rms_dbfs(pcm),
        noise_floor_dbfs,
        snr_db: speech.dbfs - noise_floor_dbfs,
        clipped_fraction,
        flaws,
    }
}

/// Runs of exact zeros of 10 ms or more between the first and the last sound, as (start, length) in seconds. A single
/// take from a microphone has none; a splice of takes with digital silence does.
#[must_use]
pub fn digital_silence_runs(pcm: &Pcm) -> Vec<(f64, f64)> {
    let rate = f64::from(pcm.rate_hz());
    let least = (SILENCE_RUN_SECONDS * rate).ceil() as usize;
    let mut runs = Vec::new();
    let mut last_sound: Option<usize> = None;
    for (n, _) in pcm.samples().iter().enumerate().filter(|&(_, &sample)| sample != 0.0) {
        if let Some(last) = last_sound
            && n - last > least
        {
            runs.push(((last + 1) as f64 / rate, (n - last - 1) as f64 / rate));
        }
        last_sound = Some(n);
    }
    runs
}

struct Speech {
    frames: usize,
    dbfs: f64,
    loud_dbfs: f64,
    movement_db: f64,
}

impl Speech {
    /// Speech frames are within 30 dB of the loud ones, and above the floor where there is that much room.
    fn find(mean_squares: &[f64]) -> Self {
        let mut sorted: Vec<f64> = mean_squares.iter().map(|square| decibels(square.sqrt())).collect();
        sorted.sort_by(f64::total_cmp);
        let at = |share: f64| sorted.get((sorted.len() as f64 * share) as usize).copied().unwrap_or(SILENCE_DBFS);
        let (floor, loud) = (at(0.1), at(0.95));
        let threshold = (loud - 30.0).max((floor + 6.0).min(loud - 6.0)).max(SILENT_DBFS);
        let (mut frames, mut total) = (0, 0.0);
        for &square in mean_squares.iter().filter(|square| decibels(square.sqrt()) > threshold) {
            frames += 1;
            total += square;
        }
        let dbfs = decibels((total / frames.max(1) as f64).sqrt());
        Self { frames, dbfs, loud_dbfs: loud, movement_db: loud - floor }
    }
}

/// Share of samples that lie in a flat top: three or more in a row at full scale, or four or more of one same large
/// value (an input that was overdriven before it was turned down).
fn clipped_fraction(samples: &[f32]) -> f64 {
    const FULL: f32 = 0.9985;
    let large = (0.5 * crate::level::peak(samples) as f32).max(0.01);
    let same = |a: f32, b: f32| (a >= FULL && b >= FULL) || (a <= -FULL && b <= -FULL) || (a == b && a.abs() >= large);
    let mut clipped = 0;
    for run in samples.chunk_by(|&a, &b| same(a, b)) {
        let least = if run[0].abs() >= FULL { 3 } else { 4 };
        if run.len() >= least && run[0].abs() >= large {
            clipped += run.len();
        }
    }
    clipped as f64 / samples.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE_HZ: u32 = 16_000;

    /// A rough voice: harmonics of 120 Hz in syllables, over a noise floor of about -66 dBFS.
    fn voice(seconds: f64, gain: f32) -> Vec<f32> {
        let mut noise = 1_u32;
        (0..(seconds * f64::from(RATE_HZ)) as usize)
            .map(|n| {
                let t = n as f64 / f64::from(RATE_HZ);
                let syllable = (t * std::f64::consts::PI * 3.0).sin().max(0.0).powi(2);
                let wave: f64 =
                    (1..12).map(|k| (std::f64::consts::TAU * 120.0 * f64::from(k) * t).sin() / f64::from(k)).sum();
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let hiss = (noise >> 8) as f32 / 16_777_216.0 - 0.5;
                gain * (0.15 * wave * syllable) as f32 + 0.0017 * hiss
            })
            .collect()
    }

    fn flaws(samples: Vec<f32>) -> Vec<Flaw> {
        inspect(&Pcm::new(samples, RATE_HZ).unwrap()).flaws
    }

    #[test]
    fn a_good_recording_passes() {
        let report = inspect(&Pcm::new(voice(10.0, 1.0), RATE_HZ).unwrap());
        assert_eq!(report.flaws, []);
        assert!(report.speech_seconds > 4.0 && report.speech_seconds < 6.0, "{report:?}");
        assert!(report.snr_db > 30.0 && report.clipped_fraction == 0.0, "{report:?}");
    }

    #[test]
    fn each_flaw_is_found() {
        assert_eq!(flaws(Vec::new()), [Flaw::Silent]);
        assert_eq!(flaws(vec![0.0; 160_000]), [Flaw::Silent]);
        assert_eq!(flaws(vec![0.4; 160_000]), [Flaw::Silent], "an offset is no sound");
        assert_eq!(flaws(voice(10.0, 0.0)), [Flaw::Silent], "room noise alone");
        assert_eq!(flaws(voice(10.0, 0.02)), [Flaw::TooQuiet]);
        assert_eq!(flaws(voice(4.0, 1.0)), [Flaw::TooShort]);
        let mut long = vec![0.0; 160_000];
        long[..64_000].copy_from_slice(&voice(4.0, 1.0));
        assert_eq!(flaws(long), [Flaw::TooShort], "silence is not speech");
        let tone = (0..160_000).map(|n| 0.3 * (n as f32 * 0.05).sin()).collect();
        assert_eq!(flaws(tone), [Flaw::Constant]);
        assert_eq!(flaws(voice(10.0, 0.0).iter().map(|sample| sample * 200.0).collect()), [Flaw::Constant], "hiss");
    }

    #[test]
    fn clipping_is_found_also_when_turned_down() {
        let overdriven: Vec<f32> = voice(10.0, 8.0).iter().map(|sample| sample.clamp(-1.0, 1.0)).collect();
        assert_eq!(flaws(overdriven.clone()), [Flaw::Clipped]);
        assert_eq!(flaws(overdriven.iter().map(|sample| sample * 0.3).collect()), [Flaw::Clipped]);
        let peak = crate::level::peak(&voice(10.0, 1.0)) as f32;
        assert_eq!(
            flaws(voice(10.0, 1.0).iter().map(|sample| sample / peak).collect()),
            [],
            "full scale is no clipping"
        );
    }

    #[test]
    fn joins_with_digital_silence_are_found() {
        let take = voice(2.0, 1.0);
        assert_eq!(digital_silence_runs(&Pcm::new(take.clone(), RATE_HZ).unwrap()), []);
        let mut joined = vec![0.0; 3_000];
        joined.extend(&take);
        joined.extend(vec![0.0; 800]);
        joined.extend(&take);
        joined.extend(vec![0.0; 100]);
        joined.extend(&take);
        joined.extend(vec![0.0; 3_000]);
        let runs = digital_silence_runs(&Pcm::new(joined, RATE_HZ).unwrap());
        // The 100 zeros (6 ms) are too short to tell from a pause in a quiet converter, and the ends are no joins.
        assert_eq!(runs.len(), 1);
        assert!((runs[0].0 - 35_000.0 / 16_000.0).abs() < 1e-3 && (runs[0].1 - 0.05).abs() < 1e-3, "{runs:?}");
        assert_eq!(digital_silence_runs(&Pcm::silence(1.0, RATE_HZ).unwrap()), []);
    }
}
