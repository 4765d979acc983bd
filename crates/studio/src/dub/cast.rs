//! Who speaks for whom: the voice of every speaker of a film. A person's own voice is theirs to give; nothing here takes
//! one from a film.

use super::desk::Desk;
use super::error::DubError;
use super::script::letter;
use crate::{Studio, StudioError, presets};

/// What somebody may write to mean the speaker's own voice.
const OWN_VOICE: [&str; 3] = ["original", "own", "clone"];

/// One wish of a cast: who, and in which voice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Letter or name of a speaker, or `*` for everybody else.
    pub speaker: String,
    /// A preset, or the name or id of a voice.
    pub voice: String,
}

impl Studio {
    /// Id of a voice that was asked for a speaker. Checks that it may speak the language of the dub now.
    pub(super) fn voice_of_cast(&self, speaker: u16, voice: &str, language: &str) -> Result<String, StudioError> {
        match self.open_voice(voice) {
            Ok(open) => {
                self.voicing(&open, language, 0.0)?;
                Ok(open.names().0)
            }
            // Somebody who asks for the film's own voice is told the way to it, not that it is unknown.
            Err(StudioError::UnknownVoice { .. }) if OWN_VOICE.contains(&voice) => {
                Err(DubError::NoGrant { speaker: letter(speaker) }.into())
            }
            Err(error) => Err(error),
        }
    }
}

impl Desk {
    /// The voice that speaks for a speaker: the chosen one, or else the bundled ones by turns.
    pub fn voice_of(&self, speaker: u16) -> String {
        let chosen = self.script.speakers.get(usize::from(speaker)).and_then(|speaker| speaker.voice.clone());
        chosen.unwrap_or_else(|| presets()[usize::from(speaker) % presets().len()].id.clone())
    }

    /// What a speaker is called.
    pub fn name_of(&self, speaker: u16) -> String {
        let named = self.script.speakers.get(usize::from(speaker)).and_then(|speaker| speaker.name.clone());
        named.unwrap_or_else(|| letter(speaker))
    }

    /// The place of a speaker by letter or name.
    pub fn speaker_called(&self, asked: &str) -> Result<u16, DubError> {
        let all = 0..self.script.speakers.len() as u16;
        let is = |at: &u16| letter(*at).eq_ignore_ascii_case(asked) || self.name_of(*at).eq_ignore_ascii_case(asked);
        all.clone().find(is).ok_or_else(|| DubError::UnknownSpeaker {
            asked: asked.to_owned(),
            known: all.map(|at| self.name_of(at)).collect(),
        })
    }
}
