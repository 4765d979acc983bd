//! Voices as they are asked for: `NAME`, or `MODEL/NAME` for a voice that a certain model speaks. Knows which models are
//! here, and nobody's voice.

use std::sync::Arc;

use super::{Identity, designed_identity, preset_identity};
use crate::models::{STARTER, VoiceModel};
use crate::{Studio, StudioError, is_preset};

/// Longest description of a designed voice, in characters.
const LONGEST_DESCRIPTION: usize = 1000;

/// A voice that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked<'a> {
    /// Id of the model that is to speak.
    pub model: &'a str,
    /// The voice: a preset of that model, a person's name or id, or words that describe a voice.
    pub name: &'a str,
}

/// What a name means to a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Means {
    /// A voice that comes with the model: its place.
    Preset(usize),
    /// A person's voice, if there is one.
    Person,
    /// Words that a voice is made up from.
    Designed,
}

impl Asked<'_> {
    /// What the name means to the model that was asked for.
    pub(crate) fn means(&self, model: &VoiceModel) -> Means {
        match model.presets.iter().position(|preset| preset.id == self.name) {
            Some(place) => Means::Preset(place),
            None if model.designs => Means::Designed,
            None => Means::Person,
        }
    }
}

impl Studio {
    /// Takes the model's name off a voice's. A slash in a person's name does not matter, unless a model is called like
    /// what is before it.
    pub(crate) fn asked<'a>(&'a self, voice: &'a str) -> Asked<'a> {
        if is_preset(voice) {
            return Asked { model: STARTER, name: voice };
        }
        match voice.split_once('/') {
            Some((model, name)) if self.models.speaks(model) => Asked { model, name },
            _ => Asked { model: STARTER, name: voice },
        }
    }

    /// The same, with the model.
    pub(crate) fn asked_of<'a>(&'a self, voice: &'a str) -> Result<(Asked<'a>, Arc<VoiceModel>), StudioError> {
        let asked = self.asked(voice);
        let model = self.models.voice_model(asked.model)?;
        Ok((asked, model))
    }

    /// Whether a voice is nobody's: a preset, or made up from words.
    pub(crate) fn is_nobodys(&self, voice: &str) -> bool {
        self.identity_of_nobodys(voice).is_some()
    }

    /// Whether a voice can only be a person's, whom the library knows.
    pub fn is_somebodys(&self, voice: &str) -> bool {
        !self.asked_of(voice).is_ok_and(|(asked, model)| asked.means(&model) != Means::Person || !model.clones)
    }

    /// What the sounds of a voice are keyed by, whether it can speak or not.
    pub(crate) fn voice_identity(&self, voice: &str) -> Result<Identity, StudioError> {
        if let Some(identity) = self.identity_of_nobodys(voice) {
            return Ok(identity);
        }
        let asked = self.asked(voice);
        let model = match self.models.voice_model(asked.model) {
            Ok(model) => model.identity.clone(),
            Err(_) => format!("gone:{}", asked.model),
        };
        let voices = self.library()?.voices()?;
        let voice = match voices.iter().find(|person| person.id.to_string() == asked.name) {
            Some(person) => format!("grant:{}", person.grant.id()),
            None => format!("gone:{voice}"),
        };
        Ok(Identity { model, voice })
    }

    /// What the sounds of a voice are keyed by, if it is nobody's.
    pub(crate) fn identity_of_nobodys(&self, voice: &str) -> Option<Identity> {
        let (asked, model) = self.asked_of(voice).ok()?;
        let voice = match asked.means(&model) {
            Means::Preset(place) => preset_identity(&model.presets[place].id),
            Means::Designed => designed_identity(asked.name),
            Means::Person => return None,
        };
        Some(Identity { model: model.identity.clone(), voice })
    }
}

/// Checks the words that a voice is to be made up from.
pub(crate) fn check_description(words: &str) -> Result<(), StudioError> {
    let characters = words.chars().count();
    if words.trim().is_empty() || characters > LONGEST_DESCRIPTION || words.chars().any(char::is_control) {
        return Err(StudioError::OutOfRange {
            what: "the description of a voice",
            range: "1 to 1000 characters on one line",
        });
    }
    Ok(())
}
