//! How often the check of a line's words is wrong: on readings that are right, and on the same with a fault planted. In the
//! bundled voices, and, where a folder of recordings is at hand, in those of real people.

use std::path::Path;

use audio::Pcm;
use engine::Priority;
use jobs::Cancel;
use networks::starter::Ear;
use networks::starter::ear::ProofWord;
use speech::{Utterance, Voicing};

use super::ear::{EarRates, Row};
use super::people;
use crate::{Studio, StudioError, check, run};

/// The ear's rate.
const RATE_HZ: u32 = 16_000;
/// Phones that a word has at least where a fault is planted, and shorter ones apart.
const LONG_PHONES: usize = 4;
/// Where two pieces of sound meet, in samples.
const SEAM: usize = 160;

/// What is wrong with a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Cut,
    Repeated,
    Swapped,
    Silenced,
}

const FAULTS: [(Fault, &str); 4] = [
    (Fault::Cut, "a word cut out"),
    (Fault::Repeated, "two words said twice"),
    (Fault::Swapped, "a word in another's place"),
    (Fault::Silenced, "a word silenced"),
];

/// Measures the check on `lines` in every bundled voice, and on recordings of people under `speech`, where there are any.
pub fn proof_rates(
    studio: &Studio,
    lines: &[&str],
    speech: &Path,
    say: &dyn Fn(String),
) -> Result<Vec<EarRates>, StudioError> {
    let ear = studio.models().ear()?;
    let mut readings = Vec::new();
    for preset in crate::voices::presets() {
        for (seed, line) in lines.iter().enumerate() {
            readings.push((studio.read_line(&preset.id, line, seed as u64)?, (*line).to_owned()));
        }
        say(format!("{}: {} lines read", preset.id, lines.len()));
    }
    let voices = format!("{} bundled voices", crate::voices::presets().len());
    let mut rates = vec![EarRates { voices, rows: rows(&ear, &readings, say) }];
    if speech.join("manifest.json").is_file() {
        let clips = people::readings(speech)?;
        let voices = format!("{} clips of real people", clips.len());
        rates.push(EarRates { voices, rows: rows(&ear, &clips, say) });
    } else {
        say(format!("no recordings of people in {}: that part is skipped", speech.display()));
    }
    Ok(rates)
}

impl Studio {
    fn read_line(&self, preset: &str, line: &str, seed: u64) -> Result<Vec<f32>, StudioError> {
        let engine = self.models.engine(&self.models.voice_model(crate::STARTER)?)?;
        let utterance = Utterance {
            text: text::normalise(line),
            voicing: Voicing::preset(preset.to_owned()),
            language: "en".into(),
            seed,
            speed: 1.0,
            style: None,
        };
        let pcm: Pcm = run::collect(engine.submit(utterance, Priority::Batch), &Cancel::new())?;
        Ok(audio::resample(&pcm, RATE_HZ)?.into_samples())
    }
}

fn rows(ear: &Ear, readings: &[(Vec<f32>, String)], say: &dyn Fn(String)) -> Vec<Row> {
    let is_doubted = |wave: &[f32], text: &str| ear.proof(wave, text).ok().map(|p| check::of_proof(&p).doubt.is_some());
    let proofs: Vec<_> = readings.iter().filter_map(|(wave, text)| ear.proof(wave, text).ok()).collect();
    let right: Vec<bool> = proofs.iter().map(|proof| check::of_proof(proof).doubt.is_some()).collect();
    let mut rows = vec![Row::of("right, and doubted all the same", &right)];
    say(format!("{} right readings", right.len()));
    for (fault, what) in FAULTS {
        for is_long in [true, false] {
            let mut found = Vec::new();
            for (at, ((wave, text), proof)) in readings.iter().zip(&proofs).enumerate() {
                if let Some(faulty) = plant(wave, &proof.words, fault, is_long, at) {
                    found.extend(is_doubted(&faulty, text));
                }
            }
            let size = if is_long { "" } else { ", of two or three phones" };
            rows.push(Row::of(format!("{what}{size}: found"), &found));
        }
        say(what.to_owned());
    }
    rows
}

/// A reading with a fault, at a word that follows from `draw`; none where it has no such word.
fn plant(wave: &[f32], words: &[ProofWord], fault: Fault, is_long: bool, draw: usize) -> Option<Vec<f32>> {
    let is_wanted = |at: &usize| {
        let phones = words[*at].phones;
        let size = if is_long { phones >= LONG_PHONES } else { (2..LONG_PHONES).contains(&phones) };
        size && words[at - 1..=at + 1].iter().all(|word| word.said.is_some())
    };
    let places: Vec<usize> = (1..words.len().checked_sub(1)?).filter(is_wanted).collect();
    let at = *places.get(draw % places.len().max(1))?;
    let (from, to) = span(words, at, wave.len())?;
    let mut out = wave[..from].to_vec();
    match fault {
        Fault::Cut => join(&mut out, &wave[to..]),
        Fault::Silenced => {
            join(&mut out, &vec![0.0; to - from]);
            join(&mut out, &wave[to..]);
        }
        Fault::Repeated => {
            let (before, _) = span(words, at - 1, wave.len())?;
            out = wave[..to].to_vec();
            join(&mut out, &wave[before..to]);
            join(&mut out, &wave[to..]);
        }
        Fault::Swapped => {
            // Another word of the line, of about as many phones, in its place.
            let other =
                places.iter().copied().filter(|other| other.abs_diff(at) > 1 && words[*other].text != words[at].text);
            let other = other.min_by_key(|other| words[*other].phones.abs_diff(words[at].phones))?;
            let (first, end) = span(words, other, wave.len())?;
            join(&mut out, &wave[first..end]);
            join(&mut out, &wave[to..]);
        }
    }
    Some(out)
}

/// From halfway between a word and the one before to halfway to the next, in samples.
fn span(words: &[ProofWord], at: usize, length: usize) -> Option<(usize, usize)> {
    let sample = |seconds: f64| ((seconds * f64::from(RATE_HZ)) as usize).min(length);
    let (start, end) = words[at].said?;
    let from = match at.checked_sub(1) {
        Some(before) => (words[before].said?.1 + start) / 2.0,
        None => 0.0,
    };
    let to = words.get(at + 1).map_or(Some(length as f64), |next| Some((next.said?.0 + end) / 2.0))?;
    let (from, to) = (sample(from), sample(to));
    (from < to).then_some((from, to))
}

/// Puts sound behind sound without a click.
fn join(out: &mut Vec<f32>, more: &[f32]) {
    let seam = SEAM.min(out.len()).min(more.len());
    let start = out.len() - seam;
    for (at, sample) in more[..seam].iter().enumerate() {
        let share = (at + 1) as f32 / (seam + 1) as f32;
        out[start + at] = out[start + at] * (1.0 - share) + sample * share;
    }
    out.extend_from_slice(&more[seam..]);
}
