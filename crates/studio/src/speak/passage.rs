//! A text on its way to a voice: checked, with the words said as the user wants them, cut into lines with their pauses.
//! Knows no voice.

use crate::make::Line;
use crate::{Sayings, StudioError};

/// Longest text for one call, in characters: about an hour of speech. Longer texts are books.
pub const MAX_CHARACTERS: usize = 50_000;

/// Longest tag of a language; BCP 47 asks for 35.
const MAX_LANGUAGE: usize = 35;

/// What is to be spoken, in one go and at one speed.
pub(crate) struct Passage {
    segments: Vec<text::Segment>,
    language: String,
    speed: f32,
}

impl Passage {
    /// Reads a text. Nothing is too strange to be refused in words.
    pub(crate) fn of(text: &str, language: &str, speed: f32, sayings: &Sayings) -> Result<Self, StudioError> {
        check(text, language, speed)?;
        let segments = text::segment(&sayings.apply(text), text::Budget::default());
        if segments.is_empty() {
            return Err(StudioError::NothingToSay);
        }
        Ok(Self { segments, language: language.to_owned(), speed })
    }

    /// Its lines, with the seed of a take.
    pub(crate) fn lines(&self, seed: u64) -> Vec<Line<'_>> {
        self.segments
            .iter()
            .map(|segment| Line { spoken: &segment.spoken, language: &self.language, seed, speed: self.speed })
            .collect()
    }

    /// The silence after each line, in seconds.
    pub(crate) fn pauses(&self) -> impl Iterator<Item = f32> {
        self.segments.iter().map(|segment| segment.pause_seconds)
    }
}

/// Refuses what cannot be spoken before any work is done.
pub(super) fn check(text: &str, language: &str, speed: f32) -> Result<(), StudioError> {
    if text.trim().is_empty() {
        return Err(StudioError::NothingToSay);
    }
    let characters = text.chars().count();
    if characters > MAX_CHARACTERS {
        return Err(StudioError::TooLong { characters, limit: MAX_CHARACTERS });
    }
    if text.chars().any(|c| c.is_control() && !c.is_whitespace()) {
        return Err(StudioError::NotText);
    }
    let in_tag = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if language.is_empty() || language.len() > MAX_LANGUAGE || !language.chars().all(in_tag) {
        return Err(StudioError::OutOfRange { what: "the language", range: "a tag such as en or en-GB" });
    }
    check_speed(speed)
}

/// Refuses speaking rates that the models were not made for.
pub(crate) fn check_speed(speed: f32) -> Result<(), StudioError> {
    if (0.5..=2.0).contains(&speed) {
        Ok(())
    } else {
        Err(StudioError::OutOfRange { what: "the speaking rate", range: "0.5 to 2.0" })
    }
}
