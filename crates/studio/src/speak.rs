//! Speak a text: one or more takes of it in one file each.

pub(crate) mod flow;
pub(crate) mod passage;

use std::path::{Path, PathBuf};

use audio::Pcm;
use audio::encode::{Format, Metadata};
use engine::Priority;
use jobs::{Cancel, EventSink};
use serde::Serialize;

use crate::make::{Key, Line, Shelf};
use crate::{Studio, StudioError, place};
use passage::Passage;

pub use passage::MAX_CHARACTERS;
pub(crate) use passage::check_speed;

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
        let passage = Passage::of(&request.text, &request.language, request.speed, &self.sayings()?)?;
        if request.takes == 0 || request.takes > 100 {
            return Err(StudioError::OutOfRange { what: "the number of takes", range: "1 to 100" });
        }
        let format = place::format_of(&request.out, &self.settings)?;
        let voice = self.open_voice(&request.voice)?;
        let started = self.settings.clock.elapsed_seconds();
        let seeds = (0..request.takes).map(|take| request.seed.wrapping_add(u64::from(take)));
        let lines: Vec<Line<'_>> = seeds.flat_map(|seed| passage.lines(seed)).collect();
        let work = self.work(&voice, lines);
        self.make(&work, Priority::Interactive, events, cancel)?;

        let pauses: Vec<f64> = passage.pauses().map(f64::from).collect();
        let mut files = Vec::new();
        let mut audio_seconds = 0.0;
        for (number, keys) in work.keys.chunks(pauses.len()).enumerate() {
            let out = take_path(&request.out, number);
            let pieces = work.shelf.pieces(keys, &pauses)?;
            audio_seconds += self.write_levelled(&pieces, &out, format, cancel)?;
            files.push(out);
        }
        let elapsed_seconds = self.settings.clock.elapsed_seconds() - started;
        Ok(Spoken { files, audio_seconds, elapsed_seconds, times_real_time: audio_seconds / elapsed_seconds.max(1e-9) })
    }

    /// Joins pieces, each followed by its pause in seconds, at the loudness of finished sound, into a file. Answers its
    /// length in seconds.
    pub(crate) fn write_levelled(
        &self,
        pieces: &[(Pcm, f64)],
        out: &Path,
        format: Format,
        cancel: &Cancel,
    ) -> Result<f64, StudioError> {
        let levelled = crate::narrate::joined(pieces)?;
        let wav = place::beside(out)?;
        audio::wav::write(wav.path(), &levelled, audio::wav::Depth::Int16)?;
        place::deliver(wav.path(), out, format, &Metadata::default(), &self.settings, cancel)?;
        Ok(levelled.seconds())
    }
}

impl Shelf<'_> {
    /// Finished lines, each with the pause after it, in seconds.
    pub(crate) fn pieces(&self, keys: &[Key], pauses: &[f64]) -> Result<Vec<(Pcm, f64)>, StudioError> {
        keys.iter().zip(pauses).map(|(key, pause)| Ok((self.take(key)?, *pause))).collect()
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
    use passage::check;

    #[test]
    fn takes_are_numbered_from_two() {
        assert_eq!(take_path(Path::new("a/b.wav"), 0), Path::new("a/b.wav"));
        assert_eq!(take_path(Path::new("a/b.wav"), 2), Path::new("a/b-3.wav"));
    }

    #[test]
    fn empty_binary_and_endless_texts_are_refused() {
        assert!(matches!(check(" \n ", "en", 1.0), Err(StudioError::NothingToSay)));
        assert!(matches!(check("a\u{0}b", "en", 1.0), Err(StudioError::NotText)));
        assert!(matches!(check(&"a ".repeat(MAX_CHARACTERS), "en", 1.0), Err(StudioError::TooLong { .. })));
        assert!(matches!(check("a", "en", f32::NAN), Err(StudioError::OutOfRange { .. })));
        for language in ["", "e n", "en\u{0}", &"e".repeat(36)] {
            assert!(matches!(check("a", language, 1.0), Err(StudioError::OutOfRange { .. })), "{language:?}");
        }
        assert!(check("Hello, world.", "en", 1.0).is_ok());
    }
}
