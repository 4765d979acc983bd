//! The bundled ear: what was said, as phones, and whose voice it is. It measures and never decides; it knows no grant.

mod dictation;
mod evidence;
mod lattice;
mod networks;
mod picture;
mod proof;
mod witness;

use std::sync::OnceLock;

use audio::Pcm;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use thiserror::Error;

pub use dictation::{DictatedWord, Dictation};
pub use evidence::{Place, sentence_place, word_places};
pub use lattice::Heard;
pub use proof::{Departure, Proof, ProofWord};

use crate::signal::{HOP, MelBank, RATE_HZ, at_16_khz};
use crate::weights::{LoadError, Weights};
use networks::{Recogniser, Shape, Speaker};
use picture::{Magnitudes, bank, level, speaker_level};

/// Shortest wave that can be listened to, in samples at 16 kHz.
const LEAST_SAMPLES: usize = 1600;
/// Longest, in seconds: far more than a ceremony takes.
const MOST_SECONDS: f64 = 300.0;

/// Why the ear cannot judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Deaf {
    /// The sound is too short to say anything about.
    #[error("the recording is too short to be listened to")]
    TooShort,
    /// The sound is longer than any ceremony.
    #[error("the recording is longer than five minutes")]
    TooLong,
    /// More was claimed than fits into the recording.
    #[error("the recording is too short for everything that should have been said in it")]
    Rushed,
    /// A challenge word is not in the vocabulary, or nothing was claimed.
    #[error("the claim names no words, or words that are not in the vocabulary")]
    Claim,
}

impl Deaf {
    /// Stable name of the failure.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooShort => "recording_too_short",
            Self::TooLong => "recording_too_long",
            Self::Rushed => "recording_rushed",
            Self::Claim => "claim_unknown",
        }
    }

    /// What to do about it.
    pub fn fix(&self) -> String {
        match self {
            Self::TooShort | Self::Rushed => "Record again and read everything at an even pace.".to_owned(),
            Self::TooLong => "Record again in under five minutes.".to_owned(),
            Self::Claim => "Draw the words from the ear's own list.".to_owned(),
        }
    }
}

/// The numbers by which the ear's own evidence is judged, measured on held-out people.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct Rules {
    /// Decoys for the sentence.
    pub sentence_decoys: usize,
    /// Least standard deviations between the sentence and its decoys.
    pub sentence_z: f64,
    /// Decoys for the words together.
    pub word_decoys: usize,
    /// Least standard deviations between the words and their decoys.
    pub words_z: f64,
    /// Words that must each be first in the whole list.
    pub slots: usize,
    /// Nats for each phone in the words' score.
    pub phone_bonus: f64,
    /// Least likeness of the same person.
    pub same_person: f64,
}

#[derive(Debug, Deserialize)]
struct Description {
    kind: String,
    rate_hz: u32,
    hop: usize,
    mels: usize,
    fft: usize,
    window: usize,
    phones: String,
    recogniser: RecogniserShape,
    speaker: SpeakerShape,
    rules: Rules,
}

#[derive(Debug, Deserialize)]
struct RecogniserShape {
    #[serde(flatten)]
    shape: Shape,
    warps: Vec<f64>,
}

#[derive(Debug, Deserialize)]
struct SpeakerShape {
    #[serde(flatten)]
    shape: Shape,
    out: usize,
}

impl Description {
    fn parse(json: &str) -> Result<Self, LoadError> {
        let found: Self = serde_json::from_str(json).map_err(|error| LoadError::config(error.to_string()))?;
        let fixed = [
            ("kind", found.kind == "vouch-ear-1"),
            ("rate_hz", found.rate_hz == RATE_HZ && found.hop == HOP),
            ("mels", found.mels == picture::MELS && found.fft == 512 && found.window == 400),
            ("phones", (1..=200).contains(&found.phones.split_whitespace().count())),
            ("recogniser", found.recogniser.shape.is_sane()),
            (
                "recogniser.warps",
                (1..=16).contains(&found.recogniser.warps.len())
                    && found.recogniser.warps.iter().all(|warp| (0.5..=2.0).contains(warp)),
            ),
            ("speaker", found.speaker.shape.is_sane() && found.speaker.out > 0),
            (
                "rules",
                found.rules.sentence_decoys == evidence::SENTENCE_DECOYS
                    && found.rules.word_decoys == evidence::WORD_DECOYS
                    && (found.rules.phone_bonus - evidence::PHONE_BONUS).abs() < 1e-9,
            ),
        ];
        match fixed.iter().find(|(_, holds)| !holds) {
            Some((field, _)) => Err(LoadError::config(format!("{field} is not what this version expects"))),
            None => Ok(found),
        }
    }
}

/// What the ear found in one take: a sentence and then words.
#[derive(Debug, Clone, PartialEq)]
pub struct Listening {
    /// The sentence among its decoys.
    pub sentence: Place,
    /// The words together among other draws.
    pub words: Place,
    /// Each word in its place among the vocabulary.
    pub slots: Vec<Place>,
    /// When each word begins, in seconds of the take.
    pub onsets: Vec<f64>,
}

/// Recogniser and speaker network, ready to listen.
pub struct Ear {
    recogniser: Recogniser,
    speaker: Speaker,
    banks: Vec<MelBank>,
    plain: MelBank,
    /// Class of each of `text`'s phones; silence has none.
    classes: Vec<Option<u8>>,
    class_count: usize,
    /// Words by their sounds, from the first dictation on.
    tree: OnceLock<dictation::Tree>,
    rules: Rules,
    model: [u8; 32],
}

impl Ear {
    /// Loads `ear.safetensors` and `ear.json`.
    pub fn load(weights: &[u8], config: &str) -> Result<Self, LoadError> {
        let description = Description::parse(config)?;
        let model = Sha256::digest(weights).into();
        let weights = Weights::parse(weights)?;
        let names: Vec<&str> = description.phones.split_whitespace().collect();
        let class = |symbol: &str| -> Result<Option<u8>, LoadError> {
            let symbol = match symbol {
                "pau" => return Ok(None),
                "ax" => "ah",
                other => other,
            };
            match names.iter().position(|name| *name == symbol) {
                Some(at) => Ok(Some(at as u8 + 1)),
                None => Err(LoadError::config(format!("the phone \"{symbol}\" is not in its list"))),
            }
        };
        let (recogniser, speaker) = (&description.recogniser, &description.speaker);
        Ok(Self {
            recogniser: Recogniser::load(&weights, recogniser.shape, names.len() + 1)?,
            speaker: Speaker::load(&weights, speaker.shape, speaker.out)?,
            banks: recogniser.warps.iter().map(|&warp| bank(warp)).collect(),
            plain: bank(1.0),
            classes: text::Phone::all().map(|phone| class(phone.symbol())).collect::<Result<_, _>>()?,
            class_count: names.len() + 1,
            tree: OnceLock::new(),
            rules: description.rules,
            model,
        })
    }

    /// SHA-256 of the weights.
    pub fn model(&self) -> [u8; 32] {
        self.model
    }

    /// The calibrated numbers that came with the weights.
    pub fn rules(&self) -> Rules {
        self.rules
    }

    /// Classes of the phones of each word of a text, as `text` pronounces it; words without sound are left out.
    pub fn words(&self, written: &str) -> Vec<Vec<u8>> {
        text::normalise(written)
            .split_whitespace()
            .map(|word| text::phones(word).iter().filter_map(|phone| self.classes[phone.index()]).collect::<Vec<u8>>())
            .filter(|word| !word.is_empty())
            .collect()
    }

    /// Listens to 16 kHz samples: log-probabilities of the phones for each 30 ms.
    pub fn hear(&self, wave: &[f32]) -> Result<Heard, Deaf> {
        check(wave)?;
        let magnitudes = Magnitudes::of(wave);
        let stack = self.recogniser.stack();
        let frames = magnitudes.frames() / stack * stack;
        let pictures: Vec<Vec<f32>> = self
            .banks
            .iter()
            .map(|bank| {
                let mut picture = magnitudes.picture(bank, frames);
                level(&mut picture);
                picture
            })
            .collect();
        Ok(Heard { log_probs: self.recogniser.log_probs(&pictures), classes: self.class_count })
    }

    /// The direction of a voice, of unit length, from 16 kHz samples.
    pub fn embed(&self, wave: &[f32]) -> Result<Vec<f32>, Deaf> {
        check(wave)?;
        let magnitudes = Magnitudes::of(wave);
        let mut picture = magnitudes.picture(&self.plain, magnitudes.frames());
        speaker_level(&mut picture);
        Ok(self.speaker.embed(&picture))
    }

    /// A whole take: `sentence` is the phones of each of its words, `claimed` are places in `vocabulary`, `seed` draws
    /// the decoys. The take is aligned with everything that should be in it, cut before the first word, and each part
    /// heard on its own.
    pub fn listen(
        &self,
        take: &Pcm,
        sentence: &[Vec<u8>],
        claimed: &[usize],
        vocabulary: &[Vec<u8>],
        seed: u64,
    ) -> Result<Listening, Deaf> {
        let known = claimed.iter().all(|&word| vocabulary.get(word).is_some_and(|phones| !phones.is_empty()));
        if sentence.is_empty() || claimed.is_empty() || !known {
            return Err(Deaf::Claim);
        }
        let wave = at_16_khz(take);
        let heard = self.hear(&wave)?;
        let before: usize = sentence.iter().map(Vec::len).sum();
        let words: Vec<&Vec<u8>> = claimed.iter().map(|&word| &vocabulary[word]).collect();
        let all: Vec<u8> = sentence.iter().chain(words.iter().copied()).flatten().copied().collect();
        let spans = heard.align(&all).ok_or(Deaf::Rushed)?;
        let step = self.recogniser.stack() * HOP;
        let cut = ((spans[before - 1].1 + spans[before].0) / 2 * step).min(wave.len());
        let (first, second) = (self.hear(&wave[..cut])?, self.hear(&wave[cut..])?);
        let (together, slots) = word_places(&second, claimed, vocabulary, seed);
        let mut at = before;
        let onsets = words
            .iter()
            .map(|word| {
                let onset = spans[at].0 as f64 * step as f64 / f64::from(RATE_HZ);
                at += word.len();
                onset
            })
            .collect();
        Ok(Listening { sentence: sentence_place(&first, sentence, seed), words: together, slots, onsets })
    }
}

fn make_unit(vector: &mut [f32]) {
    let length = vector.iter().map(|v| f64::from(*v) * f64::from(*v)).sum::<f64>().sqrt().max(1e-6) as f32;
    vector.iter_mut().for_each(|v| *v /= length);
}

fn check(wave: &[f32]) -> Result<(), Deaf> {
    match wave.len() {
        short if short < LEAST_SAMPLES => Err(Deaf::TooShort),
        long if long as f64 > MOST_SECONDS * f64::from(RATE_HZ) => Err(Deaf::TooLong),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
