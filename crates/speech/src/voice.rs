//! Whose voice speaks, and by what right. A person's voice can be made into a prompt only from a consented sample and
//! can be spoken only with a fresh key; no function here takes raw audio.

use consent::{Authorized, ConsentedSample, Dub, GrantId, Scope, Tts};
use serde::{Deserialize, Serialize};

use crate::Fault;

/// Makes a voice prompt from consented audio. The only spelling of "clone" in the product.
pub trait VoiceCloner {
    /// Listens to a sample that a grant covers and returns what the model needs to speak like it.
    fn clone_voice(&mut self, sample: &ConsentedSample<'_>) -> Result<VoicePrompt, Fault>;
}

/// What a model knows of one person's voice: derived from a grant, dies with it. Stored only inside the vault.
#[derive(Debug, Serialize, Deserialize)]
pub struct VoicePrompt {
    /// Identity of the model that made it; another model cannot use it.
    pub model: String,
    /// The grant it was derived from.
    pub grant: GrantId,
    /// Model-defined conditioning numbers (speaker vector, pitch and colour match).
    pub values: Vec<f32>,
    /// Model-defined conditioning that is not numbers (codes of a recording and its words); empty where there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditioning: Vec<u8>,
}

/// The right to speak in some voice for one utterance. Made per segment, so a revocation stops a running book.
#[derive(Debug)]
pub struct Voicing {
    source: Source,
    /// The one language, by its primary tag, that it may speak; `None` for a voice that is nobody's.
    language: Option<String>,
}

/// What the model conditions on.
#[derive(Debug)]
pub enum Source {
    /// A bundled voice that is nobody's, by its name.
    Preset(String),
    /// A person's voice: model identity and conditioning values.
    Person {
        /// Identity of the model that made the prompt.
        model: String,
        /// Model-defined conditioning numbers.
        values: Vec<f32>,
        /// Model-defined conditioning that is not numbers.
        conditioning: Vec<u8>,
    },
    /// A voice that words describe and nobody has.
    Designed(String),
}

impl Voicing {
    /// A bundled preset voice, which is nobody's and needs no consent.
    pub fn preset(name: impl Into<String>) -> Self {
        Self { source: Source::Preset(name.into()), language: None }
    }

    /// A voice made up from a description, which is nobody's and needs no consent.
    pub fn designed(words: impl Into<String>) -> Self {
        Self { source: Source::Designed(words.into()), language: None }
    }

    /// A person's voice in the language of their statement, for as long as `key` is valid. Fails if the prompt was
    /// derived from another grant.
    pub fn person(prompt: &VoicePrompt, key: &Authorized<Tts>) -> Result<Self, Fault> {
        Self::of(prompt, key)
    }

    /// A person's voice in another language, which the key was made for. Fails as [`Voicing::person`] does.
    pub fn dubbed(prompt: &VoicePrompt, key: &Authorized<Dub>) -> Result<Self, Fault> {
        Self::of(prompt, key)
    }

    fn of<S: Scope>(prompt: &VoicePrompt, key: &Authorized<S>) -> Result<Self, Fault> {
        if *key.grant_id() != prompt.grant {
            return Err(Fault::new(
                "grant_mismatch",
                "this voice was derived from another grant than the one that was checked",
            ));
        }
        let (model, values, conditioning) = (prompt.model.clone(), prompt.values.clone(), prompt.conditioning.clone());
        let language = Some(key.language().to_owned());
        Ok(Self { source: Source::Person { model, values, conditioning }, language })
    }
}

/// One stretch of speech to make: a segment of a book, a cue, a line typed by the user.
#[derive(Debug)]
pub struct Utterance {
    /// Normalised text: words as they are spoken, with punctuation.
    pub text: String,
    /// Whose voice.
    pub voicing: Voicing,
    /// BCP 47 language, such as `en`.
    pub language: String,
    /// Seed of this utterance; the same seed, text, voice and model give the same samples.
    pub seed: u64,
    /// Speaking rate relative to the model's own: 0.5 to 2.0.
    pub speed: f32,
    /// The manner of speaking in words, such as `very happy`, for models that follow it; others leave it aside.
    pub style: Option<String>,
}

impl Utterance {
    /// What the model conditions on. Fails where the voice is a person's and its key is for another language than the
    /// utterance's: whoever made it asked consent for something else than is to be said.
    pub fn voice(&self) -> Result<&Source, Fault> {
        let main = self.language.split(['-', '_']).next().unwrap_or_default();
        match &self.voicing.language {
            Some(language) if !main.eq_ignore_ascii_case(language) => Err(Fault::new(
                "language_not_granted",
                "the consent for this voice was checked for another language than this line is in",
            )),
            _ => Ok(&self.voicing.source),
        }
    }
}
