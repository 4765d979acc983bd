//! Whether one person spoke the statement and all the samples: windows of speech against the whole statement. Nothing of
//! a voiceprint outlives the check.

use audio::Pcm;

use super::Findings;
use crate::Refusal;
use crate::policy::{SPEECH_LEAST_SECONDS, UNLIKE_RUN_SECONDS, WINDOWS_ALIKE_LEAST};
use crate::witness::{EarFault, Voiceprint, Witness};

const WINDOW_SECONDS: f64 = 3.0;
const HOP_SECONDS: f64 = 0.5;
const FRAME_SECONDS: f64 = 0.02;
/// Silence that stays around speech, so that the cuts between stretches fall where it is quiet.
const HANGOVER_FRAMES: usize = 6;
/// Speech is at most this far below the loud frames of the recording, in decibels.
const BELOW_LOUD_DB: f64 = 30.0;
const QUIETEST_DBFS: f64 = -60.0;
/// Least speech on either side of the border between sentence and words, in seconds.
const SECTION_LEAST_SECONDS: f64 = 1.0;

/// Refuses a recording with too little speech.
pub(crate) fn check_length(pcm: &Pcm, what: &str) -> Result<(), Refusal> {
    let seconds = speech(pcm).seconds();
    if seconds >= SPEECH_LEAST_SECONDS {
        return Ok(());
    }
    Err(Refusal::TooShort { what: what.to_owned(), seconds, least_seconds: SPEECH_LEAST_SECONDS })
}

/// Compares the statement with itself and with every sample. `border` is where the words begin, in seconds of the take,
/// where that is known.
pub(crate) fn check(
    take: &Pcm,
    border: Option<f64>,
    samples: &[Pcm],
    witness: &dyn Witness,
    least: f32,
    findings: &mut Findings,
) -> Result<(), Refusal> {
    check_length(take, "the statement")?;
    let statement = witness.voiceprint(&speech(take)).map_err(ear_failed)?;
    let within = compare(take, &statement, witness, least)?;
    findings.score("statement_windows_alike", within.alike);
    findings.score("statement_likeness_least", within.lowest.into());
    if !within.same_person() {
        return Err(Refusal::TwoSpeakers);
    }
    let sections = compare_sections(take, border, witness)?;
    findings.score("sections_likeness", sections.into());
    if !alike(sections, least) {
        return Err(Refusal::TwoSpeakers);
    }
    let mut lowest = (f64::INFINITY, f32::INFINITY);
    for (index, sample) in samples.iter().enumerate() {
        check_length(sample, &format!("recording {}", index + 1))?;
        let comparison = compare(sample, &statement, witness, least)?;
        if !comparison.same_person() {
            return Err(Refusal::OtherSpeaker { number: index + 1 });
        }
        lowest = (lowest.0.min(comparison.alike), lowest.1.min(comparison.lowest));
    }
    findings.score("samples_windows_alike", lowest.0);
    findings.score("samples_likeness_least", lowest.1.into());
    findings.score("likeness_needed", least.into());
    Ok(())
}

/// How the windows of one recording did.
struct Windows {
    /// Part of the windows that were alike.
    alike: f64,
    /// Longest stretch of speech that was not, in seconds, at most.
    unlike_seconds: f64,
    lowest: f32,
}

impl Windows {
    fn same_person(&self) -> bool {
        self.alike >= WINDOWS_ALIKE_LEAST && self.unlike_seconds <= UNLIKE_RUN_SECONDS
    }
}

fn compare(pcm: &Pcm, statement: &Voiceprint, witness: &dyn Witness, least: f32) -> Result<Windows, Refusal> {
    let speech = speech(pcm);
    let steps = ((speech.seconds() - WINDOW_SECONDS) / HOP_SECONDS).max(0.0).ceil() as usize;
    // The last window ends with the speech, so that nothing at the end is left out.
    let last = (speech.seconds() - WINDOW_SECONDS).max(0.0);
    let (mut good, mut run, mut longest, mut lowest) = (0usize, 0usize, 0usize, f32::INFINITY);
    for step in 0..=steps {
        let start = (step as f64 * HOP_SECONDS).min(last);
        let window = witness.voiceprint(&speech.slice(start, start + WINDOW_SECONDS)).map_err(ear_failed)?;
        let likeness = witness.likeness(&window, statement);
        lowest = if likeness.is_nan() { f32::NEG_INFINITY } else { lowest.min(likeness) };
        if alike(likeness, least) {
            (good, run) = (good + 1, 0);
        } else {
            run += 1;
            longest = longest.max(run);
        }
    }
    // A stretch of d seconds makes up more than half of the windows that begin within d seconds, so n windows in a row
    // mean a stretch of less than n + 1 hops.
    let unlike_seconds = if longest == 0 { 0.0 } else { (longest + 1) as f64 * HOP_SECONDS };
    Ok(Windows { alike: good as f64 / (steps + 1) as f64, unlike_seconds, lowest })
}

/// The sentence against the words; where the border is not known, the first half of the speech against the second.
fn compare_sections(take: &Pcm, border: Option<f64>, witness: &dyn Witness) -> Result<f32, Refusal> {
    let (before, after) = match border {
        Some(border) => (speech(&take.slice(0.0, border)), speech(&take.slice(border, take.seconds()))),
        None => {
            let speech = speech(take);
            (speech.slice(0.0, speech.seconds() / 2.0), speech.slice(speech.seconds() / 2.0, speech.seconds()))
        }
    };
    for section in [&before, &after] {
        if section.seconds() < SECTION_LEAST_SECONDS {
            let what = "one part of the statement".to_owned();
            return Err(Refusal::TooShort { what, seconds: section.seconds(), least_seconds: SECTION_LEAST_SECONDS });
        }
    }
    let prints = (witness.voiceprint(&before).map_err(ear_failed)?, witness.voiceprint(&after).map_err(ear_failed)?);
    Ok(witness.likeness(&prints.0, &prints.1))
}

/// Written so that a NaN on either side is unlike.
fn alike(likeness: f32, least: f32) -> bool {
    likeness >= least
}

fn ear_failed(fault: EarFault) -> Refusal {
    Refusal::EarFailed { why: fault.0 }
}

/// The recording without its silences, judged by level alone: quiet frames more than 30 dB below the loud ones.
fn speech(pcm: &Pcm) -> Pcm {
    let frame = ((FRAME_SECONDS * f64::from(pcm.rate_hz())) as usize).max(1);
    let levels: Vec<f64> = pcm.samples().chunks(frame).map(level_dbfs).collect();
    let mut sorted = levels.clone();
    sorted.sort_by(f64::total_cmp);
    let loud = sorted.get(sorted.len() * 95 / 100).copied().unwrap_or(QUIETEST_DBFS);
    let threshold = (loud - BELOW_LOUD_DB).max(QUIETEST_DBFS);
    let voiced: Vec<bool> = levels.iter().map(|&level| level > threshold).collect();
    let mut kept = Vec::with_capacity(pcm.len());
    for (index, samples) in pcm.samples().chunks(frame).enumerate() {
        let from = index.saturating_sub(HANGOVER_FRAMES);
        let to = (index + HANGOVER_FRAMES + 1).min(voiced.len());
        if voiced[from..to].contains(&true) {
            kept.extend_from_slice(samples);
        }
    }
    Pcm::new(kept, pcm.rate_hz()).expect("invariant: samples of a sound are sound at its own rate")
}

fn level_dbfs(samples: &[f32]) -> f64 {
    let mean = samples.iter().map(|&s| f64::from(s) * f64::from(s)).sum::<f64>() / samples.len() as f64;
    10.0 * (mean + 1e-12).log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_not_speech() {
        let tone = |n: usize| (n as f32 * 0.3).sin() * 0.2;
        let samples: Vec<f32> =
            (0..48_000).map(|n| if (16_000..32_000).contains(&n) { 0.0 } else { tone(n) }).collect();
        let seconds = speech(&Pcm::new(samples, 16_000).unwrap()).seconds();
        assert!((2.0..2.3).contains(&seconds), "{seconds}");
        assert_eq!(speech(&Pcm::new(vec![0.0; 16_000], 16_000).unwrap()).seconds(), 0.0);
        assert!(check_length(&Pcm::new(vec![], 16_000).unwrap(), "it").is_err());
    }
}
