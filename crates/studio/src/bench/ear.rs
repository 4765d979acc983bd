//! How often the consent gate is wrong: the whole gate with stand-in speakers, and its two halves (words, voices) with
//! recordings of real people, where a folder of them is at hand. Nothing is decided by what comes out.

use std::path::Path;

use audio::Pcm;
use consent::{Audience, Date, Draft, Nonce, Refusal, Scopes, Session, Take, Terms, WordList};
use networks::starter::{Ear, bundled};
use serde::Serialize;

use super::people;
use crate::enroll::policy;
use crate::stand_in::{SPEAKERS, StandIn, read_aloud};
use crate::{Settings, StudioError};

/// Rates on one set of voices.
#[derive(Debug, Clone, Serialize)]
pub struct EarRates {
    /// Whose voices.
    pub voices: String,
    /// What was measured.
    pub rows: Vec<Row>,
}

/// One rate.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// What is counted.
    pub what: String,
    /// Its share of the trials.
    pub share: f64,
    /// How many trials.
    pub trials: usize,
}

impl Row {
    /// How many of the trials.
    pub(super) fn of(what: impl Into<String>, results: &[bool]) -> Self {
        let hits = results.iter().filter(|hit| **hit).count();
        Self { what: what.into(), share: hits as f64 / results.len().max(1) as f64, trials: results.len() }
    }
}

/// What a trial does that an honest owner would not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trial {
    Genuine,
    /// Another sentence of about the same length, with the right words.
    OtherSentence,
    /// So many of the six words are others of the list.
    WrongWords(usize),
    /// Another stand-in reads everything right.
    OtherSpeaker,
}

/// Read in place of the statement.
const OTHER_SENTENCES: [&str; 3] = [
    "The quick brown fox jumps over the lazy dog, while seven wizards quietly brew a bitter potion in the old stone tower \
     by the sea, and nobody in the village hears them.",
    "It was a bright cold day in spring, and all the clocks in the village were striking when the captain finally came \
     home from his long voyage across the northern sea.",
    "When the sunlight strikes raindrops in the air, they act as a prism and form a rainbow, which is a division of white \
     light into many beautiful colours, as the ancients knew.",
];

/// What the samples say; every speaker has the same text, so that only the voice differs.
const SAMPLE: &str = "The harbour was quiet before dawn, and the boats lay still along the wall. A lamp went on in the \
                      baker's window, then another, and the street began to smell of bread.";

/// Measures the gate with stand-in speakers, and its halves with real recordings under `speech`, where there are any.
/// `trials` is how many of each kind; `say` hears what happens.
pub fn ear_rates(
    speech: &Path,
    trials: usize,
    scratch: &Path,
    settings: &Settings,
    say: &dyn Fn(String),
) -> Result<Vec<EarRates>, StudioError> {
    let ear = bundled::ear()?;
    let mut rates = vec![stand_ins(&ear, trials, scratch, settings, say)?];
    if speech.join("manifest.json").is_file() {
        rates.push(people::rates(&ear, speech, trials, say)?);
    } else {
        say(format!("no recordings of people in {}: that part is skipped", speech.display()));
    }
    Ok(rates)
}

fn stand_ins(
    ear: &Ear,
    trials: usize,
    scratch: &Path,
    settings: &Settings,
    say: &dyn Fn(String),
) -> Result<EarRates, StudioError> {
    let now = settings.clock.unix_seconds();
    let samples = SPEAKERS.iter().map(|speaker| speaker.say(SAMPLE, scratch)).collect::<Result<Vec<_>, _>>()?;
    let mut gate = Gate { ear, samples, scratch, now, number: 0 };
    let mut rows = Vec::new();

    let mut first = Vec::new();
    let mut within_three = Vec::new();
    for trial in 0..trials {
        let accepted = gate.tries(trial % SPEAKERS.len(), 3)?;
        first.push(accepted == Some(1));
        within_three.push(accepted.is_some());
    }
    rows.push(Row::of("genuine accepted at the first try", &first));
    rows.push(Row::of("genuine accepted within three tries", &within_three));
    say(format!("genuine: {trials} done"));
    for (what, kind) in [
        ("another sentence accepted", Trial::OtherSentence),
        ("six wrong words accepted", Trial::WrongWords(6)),
        ("two wrong words accepted", Trial::WrongWords(2)),
        ("one wrong word accepted", Trial::WrongWords(1)),
        ("another speaker accepted", Trial::OtherSpeaker),
    ] {
        let mut results = Vec::new();
        for trial in 0..trials {
            results.push(gate.one(trial % SPEAKERS.len(), kind)?.is_ok());
        }
        rows.push(Row::of(what, &results));
        say(format!("{what}: {trials} done"));
    }
    Ok(EarRates { voices: format!("{} stand-in speakers, the whole gate", SPEAKERS.len()), rows })
}

/// The gate as `enroll` uses it, with fresh words for every trial.
struct Gate<'a> {
    ear: &'a Ear,
    samples: Vec<Pcm>,
    scratch: &'a Path,
    now: u64,
    /// Counts trials: nonces follow from it, so that a run can be repeated.
    number: u64,
}

impl Gate<'_> {
    /// At which of `most` tries the owner is accepted.
    fn tries(&mut self, owner: usize, most: usize) -> Result<Option<usize>, StudioError> {
        for number in 1..=most {
            if self.one(owner, Trial::Genuine)?.is_ok() {
                return Ok(Some(number));
            }
        }
        Ok(None)
    }

    fn one(&mut self, owner: usize, trial: Trial) -> Result<Result<(), Refusal>, StudioError> {
        self.number += 1;
        let list = WordList::parse(crate::enroll::WORDS)?;
        let vocabulary = list.words().to_vec();
        let sampled = Draft::new(self.terms(owner), list, self.now)?.samples(vec![self.samples[owner].clone()])?;
        let mut nonce = [0; Nonce::LENGTH];
        nonce[..8].copy_from_slice(&self.number.to_be_bytes());
        let challenge = sampled.challenge(&mut Session::new(), Nonce::from_bytes(nonce), self.now)?;

        let mut reader: StandIn = SPEAKERS[owner];
        let mut sentence = challenge.statement().to_owned();
        let mut words = challenge.words().to_vec();
        match trial {
            Trial::Genuine => {}
            Trial::OtherSentence => sentence = OTHER_SENTENCES[self.number as usize % 3].to_owned(),
            Trial::OtherSpeaker => {
                // Never the same synthesizer's voice: its warps resemble each other as brothers do.
                let others: Vec<&StandIn> = SPEAKERS.iter().filter(|other| other.voice != reader.voice).collect();
                reader = *others[self.number as usize % others.len()];
            }
            Trial::WrongWords(count) => {
                let start = self.number as usize * 7;
                let others = (start..).map(|at| &vocabulary[at % vocabulary.len()]);
                let fresh: Vec<String> =
                    others.filter(|word| !challenge.words().contains(word)).take(count).cloned().collect();
                for (slot, word) in fresh.into_iter().enumerate() {
                    words[(slot + self.number as usize) % 6] = word;
                }
            }
        }
        let take = Take::from_file(read_aloud(&reader, &sentence, &words, self.scratch)?);
        let judged =
            sampled.spoken(challenge, take, self.now).and_then(|spoken| spoken.matched(self.ear, &policy(self.ear)));
        Ok(judged.map(drop).map_err(Refusal::from))
    }

    fn terms(&self, owner: usize) -> Terms {
        Terms {
            owner_name: SPEAKERS[owner].name.into(),
            grantee_name: "Anna Smith".into(),
            purpose: "narrating audiobooks".into(),
            language: "en".into(),
            scopes: Scopes::TTS,
            dub_into: Vec::new(),
            audiences: vec![Audience::Local],
            until: Date::of(self.now + 30 * 86_400),
            cap_hours: 10,
            adult: true,
        }
    }
}
