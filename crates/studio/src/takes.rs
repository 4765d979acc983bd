//! Takes: short texts spoken at once and heard as they come, kept with what they were made from, to be compared, starred,
//! removed and exported. Knows no screen.

mod account;

use std::path::{Path, PathBuf};

use audio::Pcm;
use audio::edit::Piece;
use jobs::Cancel;
use serde::{Deserialize, Serialize};

use crate::make::{Key, Shelf};
use crate::narrate::FADE_SECONDS;
use crate::speak::flow::{Flow, Heard};
use crate::speak::passage::Passage;
use crate::{Studio, StudioError, place};
use account::{Edit, KeptLine, Made, Take};

pub(crate) use account::Memory;

/// Longest name of a voice that is looked for, in bytes.
const MAX_VOICE_BYTES: usize = 400;

/// How much of a wrong id is shown again, in characters.
const SHOWN: usize = 60;

/// What a take is to be.
#[derive(Debug, Clone, PartialEq)]
pub struct TakeRequest {
    /// The text as written, at most [`crate::speak::MAX_CHARACTERS`] characters.
    pub text: String,
    /// A preset, or the name or id of a voice.
    pub voice: String,
    /// BCP 47 language.
    pub language: String,
    /// Speaking rate, 0.5 to 2.0.
    pub speed: f32,
    /// How long pauses between lines are, 0.0 to 3.0 times their usual length.
    pub pauses: f32,
    /// Seed of the take.
    pub seed: u64,
}

/// What is told while a take is made.
#[derive(Debug, Clone, PartialEq)]
pub enum TakeNews {
    /// The text has so many lines; the sound of the first comes next.
    Began {
        /// Lines in all.
        total: usize,
    },
    /// From here on it is this line.
    Line {
        /// Counted from 0.
        index: usize,
    },
    /// The next stretch of sound, pauses included. All stretches together are what [`Studio::take_sound`] gives.
    Sound(Pcm),
}

/// A take, for lists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TakeCard {
    /// To ask for it by.
    pub id: String,
    /// The text as written.
    pub text: String,
    /// A preset, or the id of a voice.
    pub voice: String,
    /// What the voice was called.
    pub voice_name: String,
    /// BCP 47 language.
    pub language: String,
    /// Speaking rate.
    pub speed: f32,
    /// Length of the pauses, relative to the usual.
    pub pauses: f32,
    /// Seed.
    pub seed: u64,
    /// Length of its sound, in seconds.
    pub seconds: f64,
    /// Loudness of its sound; none for one too short or too quiet to have any.
    pub loudness_lufs: Option<f64>,
    /// Whether the user starred it.
    pub starred: bool,
    /// Whether the user removed it; it can be restored.
    pub removed: bool,
    /// When it was made, in seconds since 1970, UTC.
    pub made_at: u64,
    /// Identity of the model that made it.
    pub model: String,
    /// From the request to the first sound, in seconds.
    pub first_sound_seconds: f64,
    /// From the request to the end, in seconds.
    pub elapsed_seconds: f64,
}

impl Studio {
    /// Speaks a text and tells its sound as it comes, then keeps the take.
    ///
    /// # Errors
    /// Refusals of the voice, a request out of bounds, the engine's faults; [`StudioError::Interrupted`] after a wish to
    /// stop, which leaves no take; lines that were finished stay in the library, where there is one.
    pub fn make_take(
        &self,
        request: &TakeRequest,
        on: &mut dyn FnMut(TakeNews),
        cancel: &Cancel,
    ) -> Result<TakeCard, StudioError> {
        let started = self.settings.clock.elapsed_seconds();
        if !(0.0..=3.0).contains(&request.pauses) {
            return Err(StudioError::OutOfRange { what: "the length of pauses", range: "0.0 to 3.0" });
        }
        if request.voice.len() > MAX_VOICE_BYTES {
            return Err(StudioError::UnknownVoice { name: shown(&request.voice), known: Vec::new() });
        }
        let passage = Passage::of(&request.text, &request.language, request.speed, &self.sayings()?)?;
        let voice = self.open_voice(&request.voice)?;
        let work = self.work(&voice, passage.lines(request.seed));
        self.remembered(&work.keys, &work.shelf);
        let scale = f64::from(request.pauses);
        let flow = Flow {
            voice: &voice,
            lines: passage.lines(request.seed),
            keys: &work.keys,
            pauses: passage.pauses().map(|pause| f64::from(pause) * scale).collect(),
            shelf: &work.shelf,
        };
        on(TakeNews::Began { total: flow.lines.len() });
        let mut whole = Vec::new();
        let mut rate_hz = networks::signal::RATE_HZ;
        let mut first_sound = None;
        let mut out = |heard| match heard {
            Heard::Line(index) => on(TakeNews::Line { index }),
            Heard::Sound(pcm) => {
                first_sound.get_or_insert_with(|| self.settings.clock.elapsed_seconds() - started);
                rate_hz = pcm.rate_hz();
                whole.extend_from_slice(pcm.samples());
                on(TakeNews::Sound(pcm));
            }
        };
        self.flow(&flow, &mut out, cancel)?;
        let sound = Pcm::new(whole, rate_hz)?;
        let model = voice.model.identity.clone();
        let (voice, voice_name) = voice.names();
        let kept = passage.pauses().zip(&work.keys);
        let made = Made {
            text: request.text.clone(),
            voice,
            voice_name,
            language: request.language.clone(),
            speed: request.speed,
            pauses: request.pauses,
            seed: request.seed,
            seconds: rounded(sound.seconds()),
            loudness_lufs: audio::level::loudness_lufs(&sound).map(rounded),
            made_at: self.now(),
            model,
            first_sound_seconds: rounded(first_sound.unwrap_or_default()),
            elapsed_seconds: rounded(self.settings.clock.elapsed_seconds() - started),
            lines: kept.map(|(pause_seconds, key)| KeptLine { key: hex::encode(key), pause_seconds }).collect(),
        };
        let number = self.add_take(made.clone(), &work.keys, &work.shelf)?;
        Ok(Take { number, made, starred: false, removed: false }.card())
    }

    /// The takes that were not removed, newest first. Without a library they last as long as this studio, and the
    /// oldest go when there are too many.
    ///
    /// # Errors
    /// The errors of the library; [`StudioError::TakesUnreadable`].
    pub fn takes(&self) -> Result<Vec<TakeCard>, StudioError> {
        Ok(self.every_take()?.into_iter().rev().filter(|take| !take.removed).map(Take::card).collect())
    }

    /// Stars a take, or takes the star away.
    ///
    /// # Errors
    /// [`StudioError::UnknownTake`] and the errors of the library.
    pub fn star_take(&self, id: &str, starred: bool) -> Result<(), StudioError> {
        self.edit_take(id, |take| (take.starred != starred).then_some(Edit::Star { take: take.number, starred }))
    }

    /// Removes a take from the list; [`Studio::restore_take`] brings it back.
    ///
    /// # Errors
    /// [`StudioError::UnknownTake`] and the errors of the library.
    pub fn remove_take(&self, id: &str) -> Result<(), StudioError> {
        self.edit_take(id, |take| (!take.removed).then_some(Edit::Removed { take: take.number }))
    }

    /// Undoes [`Studio::remove_take`].
    ///
    /// # Errors
    /// [`StudioError::UnknownTake`] and the errors of the library.
    pub fn restore_take(&self, id: &str) -> Result<(), StudioError> {
        self.edit_take(id, |take| take.removed.then_some(Edit::Restored { take: take.number }))
    }

    /// The sound of a take. A person's consent is asked for now, not when it was made.
    ///
    /// # Errors
    /// Refusals of the voice; [`StudioError::UnknownTake`], also for one that was removed;
    /// [`StudioError::SegmentLost`].
    pub fn take_sound(&self, id: &str) -> Result<Pcm, StudioError> {
        let pieces = self.pieces_of_take(id)?;
        let pieces: Vec<Piece<'_>> =
            pieces.iter().map(|(pcm, pause_seconds)| Piece { pcm, pause_seconds: *pause_seconds }).collect();
        Ok(audio::edit::join(&pieces, FADE_SECONDS)?)
    }

    /// Writes a take into a file, at the loudness of finished sound; the ending names the format.
    ///
    /// # Errors
    /// As [`Studio::take_sound`], and what can be wrong with the file.
    pub fn export_take(&self, id: &str, out: &Path, cancel: &Cancel) -> Result<PathBuf, StudioError> {
        let format = place::format_of(out, &self.settings)?;
        let pieces = self.pieces_of_take(id)?;
        if cancel.is_cancelled() {
            return Err(StudioError::Interrupted);
        }
        self.write_levelled(&pieces, out, format, cancel)?;
        Ok(out.to_owned())
    }

    fn pieces_of_take(&self, id: &str) -> Result<Vec<(Pcm, f64)>, StudioError> {
        let take = self.one_take(id)?;
        let made = &take.made;
        if take.removed {
            return Err(unknown(id));
        }
        if !self.is_nobodys(&made.voice) {
            let library = self.library()?;
            let name = self.asked(&made.voice).name;
            let owner = library.voices()?.into_iter().find(|voice| voice.id.to_string() == name);
            let owner =
                owner.ok_or_else(|| StudioError::UnknownVoice { name: made.voice_name.clone(), known: Vec::new() })?;
            library.authorize_speech(&owner.id, &made.language, 0, self.now())?;
        }
        let keys = made.lines.iter().map(KeptLine::key).collect::<Result<Vec<Key>, _>>()?;
        let scale = f64::from(made.pauses);
        let pauses: Vec<f64> = made.lines.iter().map(|line| f64::from(line.pause_seconds) * scale).collect();
        let shelf = self.library.as_ref().map_or_else(|| Shelf::Memory(Default::default()), Shelf::Library);
        self.remembered(&keys, &shelf);
        shelf.pieces(&keys, &pauses)
    }
}

/// To a millionth: figures for people, and short ones read back as they were written.
fn rounded(figure: f64) -> f64 {
    (figure * 1e6).round() / 1e6
}

fn unknown(id: &str) -> StudioError {
    StudioError::UnknownTake { id: shown(id) }
}

fn shown(name: &str) -> String {
    name.chars().take(SHOWN).collect()
}

#[cfg(test)]
mod tests;
