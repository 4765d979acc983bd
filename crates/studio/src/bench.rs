//! Measurements that the README's figures come from: the engine's speed, clips for an outside recogniser to score, and
//! (in [`ear`]) how often the consent gate is wrong.

pub mod dub;
pub mod ear;
pub mod film;
mod people;
pub mod proof;

use std::path::{Path, PathBuf};

use engine::{Engine, Priority};
use jobs::{Cancel, Silence};
use serde::Serialize;
use speech::{Utterance, Voicing};

use crate::models::SpeechModel;
use crate::speak::SpeakRequest;
use crate::stand_in::{self, SPEAKERS};
use crate::{Studio, StudioError, run};

pub use ear::{EarRates, ear_rates};
pub use proof::proof_rates;

/// Spoken alone and in batches.
const SENTENCE: &str = "A good map is worth more than a fast horse in these hills, and the weather decides the rest.";

/// What a sample of a stand-in says: about ten seconds.
const SAMPLE: &str = "The harbour was quiet before dawn, and the boats lay still along the wall. A lamp went on in the \
                      baker's window, then another, and the street began to smell of bread.";

/// The engine's speed on this machine.
#[derive(Debug, Clone, Serialize)]
pub struct BatchGain {
    /// Seconds of work per second of speech at batch 1.
    pub rtf_alone: f64,
    /// Seconds of speech per second of work at batch 1.
    pub times_real_time_alone: f64,
    /// For each batch size, what one stream costs as a share of its cost alone.
    pub cost_of_one: Vec<(usize, f64)>,
    /// The last of them, for batch 8.
    pub cost_of_one_in_eight: f64,
}

impl Studio {
    /// Speaks one sentence alone and in batches of 2, 4 and 8, taking turns, and takes the median of `rounds`.
    pub fn batch_gain(&self, rounds: usize) -> Result<BatchGain, StudioError> {
        let engine = self.models.engine(&self.models.voice_model(crate::STARTER)?)?;
        let batches = [1, 2, 4, 8];
        self.time_batch(&engine, 1)?;
        let mut times: Vec<Vec<f64>> = vec![Vec::new(); batches.len()];
        let mut audio_seconds = 0.0;
        for _ in 0..rounds.max(1) {
            for (slot, batch) in batches.iter().enumerate() {
                let (seconds, spoken) = self.time_batch(&engine, *batch)?;
                times[slot].push(seconds / *batch as f64);
                audio_seconds = spoken;
            }
        }
        let one: Vec<f64> = times.iter_mut().map(|times| median(times)).collect();
        let rtf_alone = one[0] / audio_seconds;
        Ok(BatchGain {
            rtf_alone,
            times_real_time_alone: 1.0 / rtf_alone,
            cost_of_one: batches[1..].iter().copied().zip(one[1..].iter().map(|cost| cost / one[0])).collect(),
            cost_of_one_in_eight: one[3] / one[0],
        })
    }

    /// Seconds for `batch` sentences at once, and seconds of speech in one.
    fn time_batch(&self, engine: &Engine<SpeechModel>, batch: usize) -> Result<(f64, f64), StudioError> {
        let preset = crate::voices::presets()[0].id.clone();
        let started = self.settings.clock.elapsed_seconds();
        let outputs: Vec<_> = (0..batch)
            .map(|_| {
                let utterance = Utterance {
                    text: SENTENCE.into(),
                    voicing: Voicing::preset(preset.clone()),
                    language: "en".into(),
                    seed: 1,
                    speed: 1.0,
                    style: None,
                };
                engine.submit(utterance, Priority::Interactive)
            })
            .collect();
        let mut seconds = 0.0;
        for output in outputs {
            seconds = run::collect(output, &Cancel::new())?.seconds();
        }
        Ok((self.settings.clock.elapsed_seconds() - started, seconds))
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// One clip for the outside recogniser.
#[derive(Debug, Clone, Serialize)]
pub struct Clip {
    /// The file, relative to the manifest.
    pub wav: PathBuf,
    /// What it should say.
    pub text: String,
    /// Who speaks: a preset's or a stand-in's name.
    pub speaker: String,
    /// The recording that a clone was made from, relative to the manifest.
    pub reference: Option<PathBuf>,
    /// `preset` or `clone`.
    pub group: &'static str,
}

/// Speaks every line with each preset and with clones of four stand-in speakers, each granted in a ceremony of its own.
pub fn speak_sentences(
    studio: &Studio,
    lines: &[&str],
    out: &Path,
    say: &dyn Fn(String),
) -> Result<Vec<Clip>, StudioError> {
    let mut clips = Vec::new();
    for preset in crate::voices::presets() {
        speak_lines(studio, lines, out, &preset.id, &preset.id, None, &mut clips)?;
        say(format!("preset {}: {} clips", preset.id, lines.len()));
    }
    for speaker in &SPEAKERS[..4] {
        let sample = speaker.say(SAMPLE, out)?;
        let reference = PathBuf::from(format!("{}-reference.wav", file_name(speaker.name)));
        audio::wav::write(&out.join(&reference), &sample, audio::wav::Depth::Int16)?;
        let enrolled = stand_in::ceremony(studio, speaker, sample, out)?;
        speak_lines(studio, lines, out, speaker.name, &enrolled.voice, Some(&reference), &mut clips)?;
        say(format!("clone of {}: {} clips", speaker.name, lines.len()));
    }
    Ok(clips)
}

fn speak_lines(
    studio: &Studio,
    lines: &[&str],
    out: &Path,
    name: &str,
    voice: &str,
    reference: Option<&Path>,
    clips: &mut Vec<Clip>,
) -> Result<(), StudioError> {
    for (number, line) in lines.iter().enumerate() {
        let wav = PathBuf::from(format!("{}-{number:02}.wav", file_name(name)));
        let request = SpeakRequest {
            text: (*line).to_owned(),
            voice: voice.to_owned(),
            out: out.join(&wav),
            language: "en".into(),
            takes: 1,
            seed: number as u64,
            speed: 1.0,
        };
        studio.speak(&request, &Silence, &Cancel::new())?;
        clips.push(Clip {
            wav,
            text: (*line).to_owned(),
            speaker: name.to_owned(),
            reference: reference.map(Path::to_owned),
            group: if reference.is_some() { "clone" } else { "preset" },
        });
    }
    Ok(())
}

fn file_name(name: &str) -> String {
    name.replace(' ', "-")
}
