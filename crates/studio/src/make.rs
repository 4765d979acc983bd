//! Makes the lines of a job that are not made yet: checks consent for each, runs them through the engine together, and
//! keeps each as soon as it is done. What is kept is never made again.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use audio::Pcm;
use engine::Priority;
use jobs::{Cancel, EventSink, Meter};
use library::Library;
use sha2::{Digest, Sha256};
use speech::Utterance;

use crate::run::{self, Made};
use crate::voices::OpenVoice;
use crate::{Studio, StudioError};

/// Identity of a line: everything that its samples depend on.
pub(crate) type Key = [u8; 32];

/// One line to be spoken.
pub(crate) struct Line<'a> {
    /// Words as they are spoken.
    pub spoken: &'a str,
    /// BCP 47 language.
    pub language: &'a str,
    /// Seed of its samples.
    pub seed: u64,
    /// Speaking rate.
    pub speed: f32,
}

impl Line<'_> {
    /// Speech to expect, in seconds, a little too much: consent is asked for it before it is made.
    fn expected_seconds(&self) -> f64 {
        0.5 + self.spoken.chars().count() as f64 / 12.0 / f64::from(self.speed)
    }
}

/// Where finished lines are kept: in the library, or, where there is none, in memory for this call.
pub(crate) enum Shelf<'a> {
    Library(&'a Library),
    Memory(RefCell<HashMap<Key, Pcm>>),
}

impl Shelf<'_> {
    fn has(&self, key: &Key) -> Result<bool, StudioError> {
        match self {
            Self::Library(library) => Ok(library.has_segment(key)?),
            Self::Memory(lines) => Ok(lines.borrow().contains_key(key)),
        }
    }

    /// A finished line.
    pub(crate) fn take(&self, key: &Key) -> Result<Pcm, StudioError> {
        let pcm = match self {
            Self::Library(library) => library.segment(key)?.map(|segment| segment.pcm),
            Self::Memory(lines) => lines.borrow().get(key).cloned(),
        };
        pcm.ok_or(StudioError::SegmentLost)
    }

    fn put(&self, key: Key, voice: &OpenVoice, pcm: Pcm, now: u64) -> Result<(), StudioError> {
        match self {
            Self::Library(library) => library.put_segment(&key, voice.person(), &pcm, now)?,
            Self::Memory(lines) => drop(lines.borrow_mut().insert(key, pcm)),
        }
        Ok(())
    }
}

/// Lines of one job, in one voice.
pub(crate) struct Work<'a> {
    /// Who speaks them.
    voice: &'a OpenVoice,
    lines: Vec<Line<'a>>,
    /// Identities of the lines, in their order.
    pub keys: Vec<Key>,
    /// Where the finished ones are kept.
    pub shelf: Shelf<'a>,
}

/// What was made, and how fast.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Making {
    /// Lines that were made; the others were kept from before.
    pub made: usize,
    /// Seconds of speech made.
    pub audio_seconds: f64,
    /// Seconds that it took.
    pub elapsed_seconds: f64,
    /// Mean number of slots that were busy while the engine stepped.
    pub mean_batch: f64,
}

impl Studio {
    /// Lines to be spoken in a voice, with their keys, and the shelf where this studio keeps them.
    pub(crate) fn work<'a>(&'a self, voice: &'a OpenVoice, lines: Vec<Line<'a>>) -> Work<'a> {
        let keys = lines.iter().map(|line| key(self.models.identity(), &voice.identity(), line)).collect();
        let shelf = self.library.as_ref().map_or_else(|| Shelf::Memory(RefCell::default()), Shelf::Library);
        Work { voice, lines, keys, shelf }
    }

    /// Makes every line of the work that is not on its shelf.
    pub(crate) fn make(
        &self,
        work: &Work<'_>,
        priority: Priority,
        events: &dyn EventSink,
        cancel: &Cancel,
    ) -> Result<Making, StudioError> {
        let Work { voice, lines, keys, shelf } = work;
        // Equal lines have equal keys: each is made once, wherever it stands.
        let mut seen = HashSet::new();
        let mut missing = Vec::new();
        for (index, key) in keys.iter().enumerate() {
            if seen.insert(*key) && !shelf.has(key)? {
                missing.push(index);
            }
        }
        // Even where nothing is to be made, a voice whose consent ended must not be delivered again.
        self.voicing(voice, 0.0)?;
        let mut making = Making { made: missing.len(), ..Making::default() };
        if missing.is_empty() {
            return Ok(making);
        }
        let engine = self.models.voice()?;
        let before = engine.load();
        let started = self.settings.clock.elapsed_seconds();
        let mut meter = Meter::new(seen.len() as u64, (seen.len() - missing.len()) as u64, started);
        events.emit(meter.progress(started));
        let mut waiting = missing.into_iter();
        let in_flight_seconds = RefCell::new(0.0);
        let mut content = Sha256::new();
        let result = run::in_order(
            &engine,
            priority,
            cancel,
            || {
                let Some(index) = waiting.next() else { return Ok(None) };
                let line = &lines[index];
                *in_flight_seconds.borrow_mut() += line.expected_seconds();
                // What is under way counts against the cap as well.
                let voicing = self.voicing(voice, *in_flight_seconds.borrow())?;
                let utterance = Utterance {
                    text: line.spoken.to_owned(),
                    voicing,
                    language: line.language.to_owned(),
                    seed: line.seed,
                    speed: line.speed,
                };
                Ok(Some((index, utterance)))
            },
            |Made { tag: index, pcm }| {
                *in_flight_seconds.borrow_mut() -= lines[index].expected_seconds();
                // Checked again before it is kept: a consent that ended while a line was made keeps nothing of it.
                self.voicing(voice, pcm.seconds())?;
                let seconds = pcm.seconds();
                content.update(keys[index]);
                shelf.put(keys[index], voice, pcm, self.now())?;
                let now = self.settings.clock.elapsed_seconds();
                meter.made(1, seconds, now);
                events.emit(meter.progress(now));
                making.audio_seconds += seconds;
                making.elapsed_seconds = now - started;
                Ok(())
            },
        );
        // However the job ended, what was made with somebody's voice is in the log.
        if making.audio_seconds > 0.0 {
            let texts: Vec<&str> = lines.iter().map(|line| line.spoken).collect();
            self.record_use(voice, making.audio_seconds, &texts.join("\n"), content.finalize().into())?;
        }
        result?;
        let after = engine.load();
        making.mean_batch = (after.slot_steps - before.slot_steps) as f64 / (after.steps - before.steps).max(1) as f64;
        Ok(making)
    }
}

fn key(model: &str, voice: &str, line: &Line<'_>) -> Key {
    let mut hash = Sha256::new();
    hash.update(b"vouch/line/v1\0");
    for part in [model, voice, line.language, line.spoken] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.update(line.seed.to_be_bytes());
    hash.update(line.speed.to_bits().to_be_bytes());
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_changes_the_sound_changes_the_key() {
        let line = |spoken, seed, speed| Line { spoken, language: "en", seed, speed };
        let all = [
            key("m", "v", &line("one", 0, 1.0)),
            key("n", "v", &line("one", 0, 1.0)),
            key("m", "w", &line("one", 0, 1.0)),
            key("m", "v", &line("two", 0, 1.0)),
            key("m", "v", &line("one", 1, 1.0)),
            key("m", "v", &line("one", 0, 1.1)),
            key("mv", "", &line("one", 0, 1.0)),
        ];
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
        assert_eq!(all[0], key("m", "v", &line("one", 0, 1.0)));
    }
}
