//! The voices that can speak: presets, which are nobody's, and people's voices, which are opened anew for every segment.

mod asked;
mod export;

use std::sync::Arc;

use consent::{OwnerMode, SpeechKey, Tts, VoiceId};
use networks::starter::{Preset, bundled};
use serde::Serialize;
use sha2::{Digest, Sha256};
use speech::{VoicePrompt, Voicing};

use crate::models::{ModelPreset, STARTER, VoiceModel};
use crate::{Studio, StudioError};

use asked::Means;
pub use export::Exported;

/// Longest name of a voice, in characters.
const LONGEST_NAME: usize = 80;

/// What a voice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum VoiceKind {
    /// Bundled; nobody's.
    Preset,
    /// A person's, with consent.
    Clone,
}

impl VoiceKind {
    /// One word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Preset => "preset",
            Self::Clone => "clone",
        }
    }
}

/// A voice, for lists and cards.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VoiceCard {
    /// To ask for it by.
    pub id: String,
    /// For people.
    pub name: String,
    /// What it is.
    pub kind: VoiceKind,
    /// One line: how it sounds, or under which consent it stands.
    pub about: String,
    /// Whether it was made in a demo library.
    pub demo: bool,
    /// Whether it can speak now.
    pub usable: bool,
    /// The terms in one sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terms: Option<String>,
    /// Seconds of speech made so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used_seconds: Option<u64>,
    /// Seconds of speech that may be made in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap_seconds: Option<u64>,
    /// Whose voice it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// How the owner holds their key: `this_installation`, `passphrase` or `elsewhere`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_mode: Option<&'static str>,
    /// What the consent allows, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// BCP 47 primary tags of the languages that it may be dubbed into.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dub_into: Vec<String>,
    /// Last day of the consent, as `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// When consent was given, Unix time in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub granted_at: Option<u64>,
    /// Whether it was taken back.
    pub revoked: bool,
    /// Which ear listened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ear: Option<String>,
    /// What the ear could not check.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unchecked: Vec<String>,
}

/// A line of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogLine {
    /// Its number.
    pub number: u64,
    /// Unix time in seconds.
    pub time: u64,
    /// What happened.
    pub kind: String,
    /// A refusal's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Seconds of speech.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
    /// Id of the voice it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voice: Option<String>,
}

/// What goes when a consent is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Dies {
    /// Recordings that the voice was made from.
    pub samples: u64,
    /// Finished segments of speech that are kept.
    pub segments: u64,
    /// Speech that was made with it, in seconds. Files that were written elsewhere are not recalled.
    pub seconds_made: u64,
}

/// How a consent is taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revoke {
    /// By whoever may use the voice: its name or id.
    Voice(String),
    /// By the owner, with the bytes of the receipt alone.
    Receipt(Vec<u8>),
}

/// A voice that was asked for by name, and the model that speaks it.
pub(crate) struct OpenVoice {
    pub(crate) model: Arc<VoiceModel>,
    who: Who,
}

enum Who {
    Preset(ModelPreset),
    Designed(String),
    Person { id: VoiceId, name: String, grant: String, prompt: VoicePrompt },
}

/// What the sounds of a voice are keyed by: another model or another grant is another voice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) model: String,
    pub(crate) voice: String,
}

impl OpenVoice {
    /// What segments made with it are keyed by.
    pub(crate) fn identity(&self) -> Identity {
        let voice = match &self.who {
            Who::Preset(preset) => preset_identity(&preset.id),
            Who::Designed(words) => designed_identity(words),
            Who::Person { grant, .. } => format!("grant:{grant}"),
        };
        Identity { model: self.model.identity.clone(), voice }
    }

    /// What to ask for it by, and what it is called.
    pub(crate) fn names(&self) -> (String, String) {
        let (id, name) = match &self.who {
            Who::Preset(preset) => (preset.id.clone(), preset.name.clone()),
            Who::Designed(words) => (words.clone(), words.clone()),
            Who::Person { id, name, .. } => (id.to_string(), name.clone()),
        };
        (with_model(&self.model, &id), name)
    }

    /// What it is called in the file's tags.
    pub(crate) fn label(&self) -> String {
        match &self.who {
            Who::Preset(preset) => format!("{} (synthetic voice)", preset.name),
            Who::Designed(_) => "Designed voice (synthetic)".to_owned(),
            Who::Person { name, .. } => format!("{name} (synthetic voice, with consent)"),
        }
    }

    /// Whose voice it is, where it is somebody's.
    pub(crate) fn person(&self) -> Option<&VoiceId> {
        match &self.who {
            Who::Person { id, .. } => Some(id),
            Who::Preset(_) | Who::Designed(_) => None,
        }
    }
}

fn preset_identity(id: &str) -> String {
    format!("preset:{id}")
}

fn designed_identity(words: &str) -> String {
    format!("designed:{words}")
}

/// What a voice of a model is asked for by: the bundled model goes without its name.
fn with_model(model: &VoiceModel, voice: &str) -> String {
    if model.id == STARTER { voice.to_owned() } else { format!("{}/{voice}", model.id) }
}

/// The bundled voices, which are nobody's.
pub fn presets() -> &'static [Preset] {
    bundled::presets()
}

/// Whether a name is a bundled voice's.
pub fn is_preset(name: &str) -> bool {
    presets().iter().any(|preset| preset.id == name)
}

impl Studio {
    /// Every voice: presets first, then people's in the order of their consent.
    pub fn voices(&self) -> Result<Vec<VoiceCard>, StudioError> {
        let models = self.models.voice_models();
        let of = |model: &Arc<VoiceModel>| model.presets.iter().map(|preset| preset_card(model, preset)).collect();
        let mut cards: Vec<VoiceCard> = models.iter().flat_map::<Vec<_>, _>(of).collect();
        if let Some(library) = &self.library {
            cards.extend(library.voices()?.iter().map(|voice| self.person_card(voice)));
        }
        Ok(cards)
    }

    /// One voice, by id or name.
    pub fn voice(&self, name: &str) -> Result<VoiceCard, StudioError> {
        let (asked, model) = self.asked_of(name)?;
        match asked.means(&model) {
            Means::Preset(place) => Ok(preset_card(&model, &model.presets[place])),
            Means::Person | Means::Designed => Ok(self.person_card(&self.find(asked.name)?)),
        }
    }

    /// Takes a consent back: the key of everything that was derived from the voice is gone once this returns.
    pub fn revoke(&self, which: &Revoke) -> Result<(), StudioError> {
        let library = self.library()?;
        match which {
            Revoke::Voice(name) => library.revoke_here(&self.find(name)?.id, self.now())?,
            Revoke::Receipt(bytes) => {
                let (voice, revocation) = consent::revocation_of(bytes)?;
                library.revoke(&voice, &revocation, self.now())?;
            }
        }
        Ok(())
    }

    /// The audit log; opening the library has checked its chain and anchor.
    pub fn log(&self) -> Result<Vec<LogLine>, StudioError> {
        let entries = self.library()?.log()?;
        Ok(entries
            .iter()
            .map(|entry| LogLine {
                number: entry.sequence(),
                time: entry.time(),
                kind: entry.kind().code().to_owned(),
                code: entry.facts().code.clone(),
                seconds: entry.facts().seconds,
                voice: entry.facts().voice_id.map(|id| id.to_string()),
            })
            .collect())
    }

    /// What the audit log says of one voice.
    pub fn voice_log(&self, voice: &str) -> Result<Vec<LogLine>, StudioError> {
        let id = self.find(voice)?.id.to_string();
        let mut lines = self.log()?;
        lines.retain(|line| line.voice.as_ref() == Some(&id));
        Ok(lines)
    }

    /// What would go if the consent of a voice were taken back now.
    pub fn would_die(&self, voice: &str) -> Result<Dies, StudioError> {
        let voice = self.find(voice)?;
        let kept = self.library()?.kept_of(&voice.id)?;
        Ok(Dies { samples: kept.samples, segments: kept.segments, seconds_made: voice.made_seconds })
    }

    /// Calls a person's voice something else. The consent goes on naming its owner.
    pub fn rename_voice(&self, voice: &str, name: &str) -> Result<VoiceCard, StudioError> {
        let voice = self.find(voice)?;
        let name = name.trim();
        let unfit = |why| Err(StudioError::NameUnfit { why });
        if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
            return unfit("a name has 1 to 80 characters on one line");
        }
        // Voices are asked for by name or id: neither may mean two.
        if is_preset(name) || name.parse::<VoiceId>().is_ok() {
            return unfit("a bundled voice has this name, or it looks like a number of a voice");
        }
        let taken = |other: &library::Voice| other.revoked_at.is_none() && other.id != voice.id && other.name == name;
        if self.library()?.voices()?.iter().any(taken) {
            return unfit("another voice has this name");
        }
        self.library()?.rename(&voice.id, name, self.now())?;
        Ok(self.person_card(&self.library()?.voice(&voice.id)?))
    }

    /// Opens a voice for speaking: checks the grant and restores what the model knows of the voice.
    pub(crate) fn open_voice(&self, name: &str) -> Result<OpenVoice, StudioError> {
        let (asked, model) = self.asked_of(name)?;
        let who = match asked.means(&model) {
            Means::Preset(place) => Who::Preset(model.presets[place].clone()),
            Means::Designed => {
                asked::check_description(asked.name)?;
                Who::Designed(asked.name.to_owned())
            }
            Means::Person => self.open_person(asked.name, &model)?,
        };
        Ok(OpenVoice { model, who })
    }

    fn open_person(&self, name: &str, model: &VoiceModel) -> Result<Who, StudioError> {
        if !model.clones && self.find(name).is_err() {
            let known = model.presets.iter().map(|preset| with_model(model, &preset.id)).collect();
            return Err(StudioError::UnknownVoice { name: name.to_owned(), known });
        }
        let library = self.library()?;
        let voice = self.find(name)?;
        if !model.clones {
            return Err(StudioError::ModelClonesNobody { model: model.id.clone() });
        }
        library.authorize::<Tts>(&voice.id, 0, self.now())?;
        let prompt = match library.prompt(&voice.id, &model.identity)? {
            Some(bytes) => serde_json::from_slice(&bytes).map_err(|_| StudioError::PromptDamaged)?,
            // Granted, but the program went away before the clone was made, or it is another model.
            None => self.clone_granted(&voice.id, model)?,
        };
        Ok(Who::Person { id: voice.id, name: voice.name, grant: voice.grant.id().to_string(), prompt })
    }

    /// The right to speak one segment of about `seconds` in a language: checked now, not when the book began. A person's
    /// voice speaks the language of their statement, and those that the consent names to dub into.
    pub(crate) fn voicing(&self, voice: &OpenVoice, language: &str, seconds: f64) -> Result<Voicing, StudioError> {
        match &voice.who {
            Who::Preset(preset) => Ok(Voicing::preset(&preset.id)),
            Who::Designed(words) => Ok(Voicing::designed(words)),
            Who::Person { id, prompt, .. } => {
                let wanted_seconds = seconds.ceil() as u64;
                Ok(match self.library()?.authorize_speech(id, language, wanted_seconds, self.now())? {
                    SpeechKey::Own(key) => Voicing::person(prompt, &key)?,
                    SpeechKey::Dubbed(key) => Voicing::dubbed(prompt, &key)?,
                })
            }
        }
    }

    /// Writes into the log that a person's voice was used: how much, hashes of what was said and of what was made.
    pub(crate) fn record_use(
        &self,
        voice: &OpenVoice,
        seconds: f64,
        text: &str,
        content: [u8; 32],
    ) -> Result<(), StudioError> {
        if let Some(id) = voice.person() {
            self.library()?.record_use(id, seconds, Sha256::digest(text).into(), content, self.now())?;
        }
        Ok(())
    }

    /// A person's voice by id, or by name: the newest that can speak, else the newest.
    fn find(&self, name: &str) -> Result<library::Voice, StudioError> {
        let mut voices = match &self.library {
            Some(library) => library.voices()?,
            None => Vec::new(),
        };
        voices.sort_by_key(|voice| voice.revoked_at.is_none());
        let known = || {
            let people = voices.iter().filter(|voice| voice.revoked_at.is_none()).map(|voice| voice.name.clone());
            presets().iter().map(|preset| preset.id.clone()).chain(people).collect()
        };
        match voices.iter().rposition(|voice| voice.id.to_string() == name || voice.name == name) {
            Some(index) => Ok(voices.swap_remove(index)),
            None => Err(StudioError::UnknownVoice { name: name.to_owned(), known: known() }),
        }
    }

    fn person_card(&self, voice: &library::Voice) -> VoiceCard {
        let terms = voice.grant.terms();
        let ended = voice.grant.grant().not_after <= self.now();
        let about = match voice.revoked_at {
            Some(_) => "revoked".to_owned(),
            None if ended => format!("ended on {}", terms.until.english()),
            None => format!("with consent until {}, for {}", terms.until.english(), terms.purpose),
        };
        VoiceCard {
            id: voice.id.to_string(),
            name: voice.name.clone(),
            kind: VoiceKind::Clone,
            about,
            demo: self.library.as_ref().is_some_and(|library| library.kind() == library::Kind::Demo),
            usable: voice.revoked_at.is_none() && !ended && voice.is_kept,
            terms: Some(terms.plain_sentence()),
            used_seconds: Some(voice.made_seconds),
            cap_seconds: Some(terms.cap_hours * 3600),
            owner: Some(terms.owner_name.clone()),
            owner_mode: Some(match voice.grant.evidence().owner_mode {
                OwnerMode::ThisInstallation => "this_installation",
                OwnerMode::Passphrase => "passphrase",
                OwnerMode::Elsewhere => "elsewhere",
            }),
            scopes: terms.scopes.labels().map(str::to_owned).collect(),
            dub_into: terms.dub_into.iter().map(|language| language.tag().to_owned()).collect(),
            until: Some({
                let (year, month, day) = terms.until.parts();
                format!("{year:04}-{month:02}-{day:02}")
            }),
            purpose: Some(terms.purpose.clone()),
            granted_at: Some(voice.grant.grant().not_before),
            revoked: voice.revoked_at.is_some(),
            ear: Some(voice.grant.heard_here().ear.name.clone()),
            unchecked: voice.grant.heard_here().unchecked.clone(),
        }
    }
}

fn preset_card(model: &VoiceModel, preset: &ModelPreset) -> VoiceCard {
    let id = with_model(model, &preset.id);
    VoiceCard {
        name: id.clone(),
        id,
        kind: VoiceKind::Preset,
        about: preset.about.clone(),
        demo: false,
        usable: true,
        terms: None,
        used_seconds: None,
        cap_seconds: None,
        owner: None,
        owner_mode: None,
        scopes: Vec::new(),
        dub_into: Vec::new(),
        until: None,
        purpose: None,
        granted_at: None,
        revoked: false,
        ear: None,
        unchecked: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
