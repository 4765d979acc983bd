//! Hear a voice before it is chosen: one short sentence, kept like any other line and so made once.

use audio::Pcm;
use engine::Priority;
use jobs::{Cancel, Silence};

use crate::make::Line;
use crate::{Studio, StudioError};

/// Soft and hard sounds, long and short vowels, a little tune.
const SENTENCE: &str = "Good morning. The harbour was quiet before dawn, and every boat was ready to leave.";

impl Studio {
    /// A short sentence in a voice. Consent is checked as for every use.
    pub fn try_voice(&self, voice: &str) -> Result<Pcm, StudioError> {
        let voice = self.open_voice(voice)?;
        let segments = text::segment(SENTENCE, text::Budget::default());
        let lines = segments
            .iter()
            .map(|segment| Line { spoken: &segment.spoken, language: "en", seed: 0, speed: 1.0 })
            .collect();
        let work = self.work(&voice, lines);
        self.make(&work, Priority::Interactive, &Silence, &Cancel::new())?;
        let mut pieces = Vec::with_capacity(segments.len());
        for (key, segment) in work.keys.iter().zip(&segments) {
            pieces.push((work.shelf.take(key)?, f64::from(segment.pause_seconds)));
        }
        crate::narrate::joined(&pieces)
    }
}
