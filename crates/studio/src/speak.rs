//! Speak a text: one or more takes of it in one file each.

use std::path::{Path, PathBuf};

use audio::encode::Metadata;
use engine::Priority;
use jobs::{Cancel, EventSink};
use serde::Serialize;

use crate::make::Line;
use crate::{Studio, StudioError, place};

/// Longest text for one call, in characters: about an hour of speech. Longer texts are books.
pub const MAX_CHARACTERS: usize = 50_000;

/// What to speak.
#[derive(Debug, Clone)]
pub struct SpeakRequest {
    /// The text as written.
    pub text: String,
    /// A preset, or the name or id of a voice.
    pub voice: String,
    /// Where to write; the ending names the format.
    pub out: PathBuf,
    /// BCP 47 language.
    pub language: String,
    /// How many takes, each with the next seed.
    pub takes: u32,
    /// Seed of the first take.
    pub seed: u64,
    /// Speaking rate, 0.5 to 2.0.
    pub speed: f32,
}

/// What was spoken.
#[derive(Debug, Clone, Serialize)]
pub struct Spoken {
    /// The files, one for each take.
    pub files: Vec<PathBuf>,
    /// Seconds of speech in all of them.
    pub audio_seconds: f64,
    /// Seconds that it took.
    pub elapsed_seconds: f64,
    /// Seconds of speech made per second.
    pub times_real_time: f64,
}

impl Studio {
    /// Speaks a text in one or more takes.
    pub fn speak(
        &self,
        request: &SpeakRequest,
        events: &dyn EventSink,
        cancel: &Cancel,
    ) -> Result<Spoken, StudioError> {
        check(&request.text, request.speed)?;
        if request.takes == 0 || request.takes > 100 {
            return Err(StudioError::OutOfRange { what: "the number of takes", range: "1 to 100" });
        }
        let format = place::format_of(&request.out, &self.settings)?;
        let voice = self.open_voice(&request.voice)?;
        let segments = text::segment(&request.text, text::Budget::default());
        if segments.is_empty() {
            return Err(StudioError::NothingToSay);
        }
        let started = self.settings.clock.elapsed_seconds();
        let takes: Vec<u64> = (0..request.takes).map(|take| request.seed.wrapping_add(u64::from(take))).collect();
        let lines: Vec<Line<'_>> = takes
            .iter()
            .flat_map(|seed| segments.iter().map(move |segment| (seed, segment)))
            .map(|(seed, segment)| Line {
                spoken: &segment.spoken,
                language: &request.language,
                seed: *seed,
                speed: request.speed,
            })
            .collect();
        let work = self.work(&voice, lines);
        self.make(&work, Priority::Interactive, events, cancel)?;

        let mut files = Vec::new();
        let mut audio_seconds = 0.0;
        for (number, keys) in work.keys.chunks(segments.len()).enumerate() {
            let out = take_path(&request.out, number);
            let mut pieces = Vec::with_capacity(keys.len());
            for (key, segment) in keys.iter().zip(&segments) {
                pieces.push((work.shelf.take(key)?, f64::from(segment.pause_seconds)));
            }
            let levelled = crate::narrate::joined(&pieces)?;
            audio_seconds += levelled.seconds();
            let wav = place::beside(&out)?;
            audio::wav::write(&wav, &levelled, audio::wav::Depth::Int16)?;
            place::deliver(&wav, &out, format, &Metadata::default(), &self.settings, cancel)?;
            files.push(out);
        }
        let elapsed_seconds = self.settings.clock.elapsed_seconds() - started;
        Ok(Spoken { files, audio_seconds, elapsed_seconds, times_real_time: audio_seconds / elapsed_seconds.max(1e-9) })
    }
}

/// Refuses what cannot be spoken before any work is done.
fn check(text: &str, speed: f32) -> Result<(), StudioError> {
    if text.trim().is_empty() {
        return Err(StudioError::NothingToSay);
    }
    if text.chars().count() > MAX_CHARACTERS {
        return Err(StudioError::TooLong { characters: text.chars().count(), limit: MAX_CHARACTERS });
    }
    if text.chars().any(|c| c.is_control() && !c.is_whitespace()) {
        return Err(StudioError::NotText);
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

/// The first take has the name that was asked for; the others are numbered from 2.
fn take_path(out: &Path, number: usize) -> PathBuf {
    if number == 0 {
        return out.to_owned();
    }
    let stem = out.file_stem().unwrap_or_default().to_string_lossy();
    let ending = out.extension().unwrap_or_default().to_string_lossy();
    out.with_file_name(format!("{stem}-{}.{ending}", number + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_are_numbered_from_two() {
        assert_eq!(take_path(Path::new("a/b.wav"), 0), Path::new("a/b.wav"));
        assert_eq!(take_path(Path::new("a/b.wav"), 2), Path::new("a/b-3.wav"));
    }

    #[test]
    fn empty_binary_and_endless_texts_are_refused() {
        assert!(matches!(check(" \n ", 1.0), Err(StudioError::NothingToSay)));
        assert!(matches!(check("a\u{0}b", 1.0), Err(StudioError::NotText)));
        assert!(matches!(check(&"a ".repeat(MAX_CHARACTERS), 1.0), Err(StudioError::TooLong { .. })));
        assert!(matches!(check("a", f32::NAN), Err(StudioError::OutOfRange { .. })));
        assert!(check("Hello, world.", 1.0).is_ok());
    }
}
