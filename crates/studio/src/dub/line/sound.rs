//! A recording becomes a line: without the silence and the clicks around it, and as loud as lines are. Pure; it knows
//! neither whose sound it is nor where it goes.

use audio::edit::fade;
use audio::quality::{self, Flaw};
use audio::{Pcm, resample};

use crate::StudioError;
use crate::dub::error::DubError;
use crate::dub::mix::RATE_HZ;

/// Level of the speech in a line: the mix brings it from here to the film's own.
const SPEECH_DBFS: f64 = -24.0;
/// Loudest sample, so that a gain never clips.
const PEAK: f64 = 0.9;
/// Strongest gain, either way, in decibels.
const MOST_DB: f64 = 30.0;
/// A line whose speech is less than this above its room is remarked, in decibels.
const NOISY_DB: f64 = 12.0;
/// Length of a frame that is looked at, in seconds.
const FRAME_SECONDS: f64 = 0.01;
/// Speech lasts at least so many frames: a key that is pressed or a mouth that opens does not.
const SPEECH_FRAMES: usize = 6;
/// Frames within them that may be quiet.
const QUIET_FRAMES: usize = 1;
/// Kept before the first sound and after the last: consonants begin softly, and rooms fade.
const BEFORE_SECONDS: f64 = 0.05;
const AFTER_SECONDS: f64 = 0.12;
const FADE_SECONDS: f64 = 0.008;

/// A recording as it is laid into the film, and what somebody should listen for.
#[derive(Debug)]
pub(super) struct Said {
    pub pcm: Pcm,
    pub doubt: Option<String>,
}

/// Takes what is said out of a recording. [`DubError::SilentLine`] where nobody speaks in it.
pub(super) fn said(recording: &Pcm, dropped_frames: u64) -> Result<Said, StudioError> {
    let report = quality::inspect(recording);
    if report.flaws.iter().any(|flaw| matches!(flaw, Flaw::Silent | Flaw::Constant)) {
        return Err(DubError::SilentLine.into());
    }
    let (from, to) = speech(recording).ok_or(DubError::SilentLine)?;
    let mean = recording.samples()[from..to].iter().map(|sample| f64::from(*sample)).sum::<f64>() / (to - from) as f64;
    let peak =
        recording.samples()[from..to].iter().fold(1e-9_f64, |peak, sample| peak.max((f64::from(*sample) - mean).abs()));
    let gain_db = (SPEECH_DBFS - report.speech_dbfs).clamp(-MOST_DB, MOST_DB);
    let gain = 10_f64.powf(gain_db / 20.0).min(PEAK / peak);
    let samples = recording.samples()[from..to].iter().map(|sample| ((f64::from(*sample) - mean) * gain) as f32);
    let cut = Pcm::new(samples.collect(), recording.rate_hz())?;
    let pcm = fade(&resample(&cut, RATE_HZ)?, FADE_SECONDS);
    Ok(Said { pcm, doubt: doubt(&report, dropped_frames).map(str::to_owned) })
}

fn doubt(report: &quality::Report, dropped_frames: u64) -> Option<&'static str> {
    let has = |flaw: Flaw| report.flaws.contains(&flaw);
    if has(Flaw::Clipped) {
        Some("it was recorded too loud and is cut off: record it again farther from the microphone")
    } else if dropped_frames > 0 {
        Some("the microphone left gaps in it: record it again")
    } else if has(Flaw::TooQuiet) || report.snr_db < NOISY_DB {
        Some("it is hardly louder than the room: record it again closer to the microphone")
    } else {
        None
    }
}

/// Where somebody speaks, in samples: from the first stretch of loud frames to the last.
fn speech(pcm: &Pcm) -> Option<(usize, usize)> {
    let rate = f64::from(pcm.rate_hz());
    let frame = ((rate * FRAME_SECONDS) as usize).max(1);
    let levels: Vec<f64> = pcm
        .samples()
        .chunks(frame)
        .map(|frame| frame.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / frame.len() as f64)
        .map(|square| 10.0 * (square + 1e-12).log10())
        .collect();
    let mut sorted = levels.clone();
    sorted.sort_by(f64::total_cmp);
    let at = |share: f64| sorted.get((sorted.len() as f64 * share) as usize).copied().unwrap_or(f64::MIN);
    let (floor, loud) = (at(0.1), at(0.95));
    // Above the room where there is room for it, and never so far down that breath counts.
    let threshold = (floor + 9.0).min(loud - 12.0).max(loud - 36.0);
    let is_loud: Vec<bool> = levels.iter().map(|level| *level > threshold).collect();
    let lasts = |window: &[bool]| window.iter().filter(|loud| !**loud).count() <= QUIET_FRAMES;
    let mut begins = is_loud.windows(SPEECH_FRAMES);
    let first = begins.position(|window| window[0] && lasts(window))?;
    let last = is_loud.windows(SPEECH_FRAMES).rposition(|window| window[SPEECH_FRAMES - 1] && lasts(window))?;
    let from = (first * frame).saturating_sub((rate * BEFORE_SECONDS) as usize);
    let to = ((last + SPEECH_FRAMES) * frame + (rate * AFTER_SECONDS) as usize).min(pcm.len());
    (from < to).then_some((from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HZ: u32 = 44_100;

    /// A rough voice in syllables over a room.
    fn voice(seconds: f64, gain: f64) -> Vec<f32> {
        let mut noise = 1_u32;
        (0..(seconds * f64::from(HZ)) as usize)
            .map(|n| {
                let t = n as f64 / f64::from(HZ);
                let syllable = (0.25 + 0.75 * (t * std::f64::consts::PI * 3.0).sin().powi(2)).powi(2);
                let wave: f64 =
                    (1..12).map(|k| (std::f64::consts::TAU * 120.0 * f64::from(k) * t).sin() / f64::from(k)).sum();
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (gain * 0.3 * wave * syllable) as f32 + 2e-4 * ((noise >> 8) as f32 / 8_388_608.0 - 1.0)
            })
            .collect()
    }

    fn recorded(parts: &[Vec<f32>]) -> Pcm {
        Pcm::new(parts.concat().iter().map(|v| v.clamp(-1.0, 1.0)).collect(), HZ).unwrap()
    }

    #[test]
    fn what_lies_around_a_line_is_cut_off_and_its_level_is_that_of_lines() {
        for gain in [0.06, 0.2, 1.0] {
            let pcm = recorded(&[voice(1.0, 0.0), voice(1.5, gain), voice(2.0, 0.0)]);
            let line = said(&pcm, 0).unwrap();
            assert!((line.pcm.seconds() - 1.67).abs() < 0.12, "{gain}: {}", line.pcm.seconds());
            let level = quality::inspect(&line.pcm).speech_dbfs;
            assert!((level - SPEECH_DBFS).abs() < 2.0, "{gain}: {level}");
            assert_eq!((line.pcm.rate_hz(), line.doubt), (RATE_HZ, None));
        }
    }

    #[test]
    fn a_pressed_key_is_no_speech() {
        let mut room = voice(1.0, 0.0);
        room[2_000..2_400].iter_mut().enumerate().for_each(|(n, v)| *v = if n % 7 < 3 { 0.4 } else { -0.4 });
        let line = said(&recorded(&[room, voice(1.5, 0.5), voice(1.0, 0.0)]), 0).unwrap();
        assert!((line.pcm.seconds() - 1.67).abs() < 0.12, "{}", line.pcm.seconds());
    }

    #[test]
    fn nobody_who_speaks_is_no_line() {
        let hum: Vec<f32> = (0..HZ * 2).map(|n| 0.2 * (n as f32 * 0.02).sin()).collect();
        for pcm in [recorded(&[voice(2.0, 0.0)]), recorded(&[vec![0.0; 90_000]]), recorded(&[hum]), recorded(&[])] {
            assert!(matches!(said(&pcm, 0), Err(StudioError::Dub(DubError::SilentLine))));
        }
    }

    #[test]
    fn what_is_wrong_with_a_line_is_said() {
        let loud = recorded(&[voice(0.5, 0.0), voice(1.5, 30.0), voice(0.5, 0.0)]);
        assert!(said(&loud, 0).unwrap().doubt.unwrap().contains("too loud"));
        let good = recorded(&[voice(0.5, 0.0), voice(1.5, 0.5), voice(0.5, 0.0)]);
        assert!(said(&good, 7).unwrap().doubt.unwrap().contains("gaps"));
    }
}
