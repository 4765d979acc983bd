//! Makes the lines of a job that are not made yet: checks consent for each, runs them through the engine together, and
//! keeps each as soon as it is done. What is kept is never made again.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use audio::Pcm;
use engine::Priority;
use jobs::{Cancel, Event, EventSink, Meter};
use library::Library;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use speech::Utterance;

use crate::check::{Listener, Verdict};
use crate::models::VoiceModel;
use crate::run::{self, Made, Source};
use crate::voices::{Identity, OpenVoice};
use crate::{Studio, StudioError};

/// Identity of a line: everything that its samples depend on.
pub(crate) type Key = [u8; 32];

/// A key in letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hex(pub Key);

impl Serialize for Hex {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(self.0))
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut key = Key::default();
        hex::decode_to_slice(&text, &mut key).map_err(serde::de::Error::custom)?;
        Ok(Self(key))
    }
}

/// How often a line is made again with another seed before it counts as failed.
const RETRIES: u32 = 2;

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
    pub(crate) fn expected_seconds(&self) -> f64 {
        0.5 + self.spoken.chars().count() as f64 / 12.0 / f64::from(self.speed)
    }
}

/// Where finished lines are kept: in the library, or, where there is none, in memory for this call.
pub(crate) enum Shelf<'a> {
    Library(&'a Library),
    Memory(RefCell<HashMap<Key, Pcm>>),
}

impl Shelf<'_> {
    pub(crate) fn has(&self, key: &Key) -> Result<bool, StudioError> {
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

    pub(crate) fn put(&self, key: Key, voice: &OpenVoice, pcm: &Pcm, now: u64) -> Result<(), StudioError> {
        match self {
            Self::Library(library) => library.put_segment(&key, voice.person(), pcm, now)?,
            Self::Memory(lines) => drop(lines.borrow_mut().insert(key, pcm.clone())),
        }
        Ok(())
    }
}

/// Lines of one job, each in one of its voices.
pub(crate) struct Work<'a> {
    /// Who speaks in it.
    voices: Vec<&'a OpenVoice>,
    /// Who speaks each line: places in `voices`.
    speakers: Vec<usize>,
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
    /// Lines that were made again with another seed: the model did not find an end, or the words were not heard.
    pub retried: usize,
    /// Lines of which the best attempt is doubted all the same.
    pub doubted: usize,
}

/// Whoever follows the lines of a work one by one. Lines are named by their place in the work.
pub(crate) trait Watch {
    /// These lines are to be made; the others are there.
    fn missing(&mut self, _lines: &[usize]) {}

    /// Whether a line, whose turn has come, is still wanted.
    fn wanted(&mut self, _line: usize) -> bool {
        true
    }

    /// A line was handed to the engine, or (`false`) taken back from it.
    fn at_work(&mut self, _line: usize, _is: bool) {}

    /// A line cannot be made, though others can. Whoever can do without it answers well; then the others are made.
    fn failed(&mut self, _line: usize, error: StudioError) -> Result<(), StudioError> {
        Err(error)
    }

    /// A line is on the shelf.
    fn made(&mut self, _line: usize, _pcm: &Pcm, _verdict: &Verdict) -> Result<(), StudioError> {
        Ok(())
    }
}

/// Nobody follows.
struct Unwatched;

impl Watch for Unwatched {}

impl Studio {
    /// Lines to be spoken in a voice, with their keys, and the shelf where this studio keeps them.
    pub(crate) fn work<'a>(&'a self, voice: &'a OpenVoice, lines: Vec<Line<'a>>) -> Work<'a> {
        let speakers = vec![0; lines.len()];
        self.work_in(vec![voice], speakers, lines)
    }

    /// The same with a voice for each line: its place in `voices`.
    pub(crate) fn work_in<'a>(
        &'a self,
        voices: Vec<&'a OpenVoice>,
        speakers: Vec<usize>,
        lines: Vec<Line<'a>>,
    ) -> Work<'a> {
        debug_assert_eq!(speakers.len(), lines.len());
        let names: Vec<Identity> = voices.iter().map(|voice| voice.identity()).collect();
        let keys = lines.iter().zip(&speakers).map(|(line, by)| key(&names[*by], line)).collect();
        let shelf = self.library.as_ref().map_or_else(|| Shelf::Memory(RefCell::default()), Shelf::Library);
        Work { voices, speakers, lines, keys, shelf }
    }

    /// Makes every line of the work that is not on its shelf.
    pub(crate) fn make(
        &self,
        work: &Work<'_>,
        priority: Priority,
        events: &dyn EventSink,
        cancel: &Cancel,
    ) -> Result<Making, StudioError> {
        self.make_watched(work, priority, events, cancel, &mut Unwatched)
    }

    /// The same, with somebody who follows the lines.
    pub(crate) fn make_watched(
        &self,
        work: &Work<'_>,
        priority: Priority,
        events: &dyn EventSink,
        cancel: &Cancel,
        watch: &mut dyn Watch,
    ) -> Result<Making, StudioError> {
        // Equal lines have equal keys: each is made once, wherever it stands.
        let mut seen = HashSet::new();
        let mut missing = Vec::new();
        for (index, key) in work.keys.iter().enumerate() {
            if seen.insert(*key) && !work.shelf.has(key)? {
                missing.push(index);
            }
        }
        // Even where nothing is to be made, a voice whose consent ended must not be delivered again.
        let mut asked = HashSet::new();
        for (line, by) in work.lines.iter().zip(&work.speakers) {
            if asked.insert((*by, line.language)) {
                self.voicing(work.voices[*by], line.language, 0.0)?;
            }
        }
        watch.missing(&missing);
        if missing.is_empty() {
            return Ok(Making::default());
        }
        let started = self.settings.clock.elapsed_seconds();
        let meter = Meter::new(seen.len() as u64, (seen.len() - missing.len()) as u64, started);
        events.emit(meter.progress(started));
        let mut bench = Bench {
            studio: self,
            work,
            events,
            watch,
            waiting: VecDeque::new(),
            uses: work.voices.iter().map(|_| Use::default()).collect(),
            meter,
            retries: HashMap::new(),
            best: HashMap::new(),
            listener: self.listener(priority)?,
            is_held: false,
            started,
            tells_sound: priority == Priority::Interactive,
            making: Making::default(),
        };
        let result = self.by_model(work, &missing, priority, cancel, &mut bench);
        // However the job ended, what was made with somebody's voice is in the log.
        let Bench { uses, making, .. } = bench;
        for (by, used) in uses.into_iter().enumerate().filter(|(_, used)| used.made_seconds > 0.0) {
            let lines = work.lines.iter().zip(&work.speakers).filter(|(_, speaker)| **speaker == by);
            let texts: Vec<&str> = lines.map(|(line, _)| line.spoken).collect();
            let content = used.content.finalize().into();
            self.record_use(work.voices[by], used.made_seconds, &texts.join("\n"), content)?;
        }
        let (steps, slot_steps) = result?;
        Ok(Making { mean_batch: slot_steps as f64 / steps.max(1) as f64, ..making })
    }

    /// Makes the lines model by model, so that each is loaded once. Answers the steps that the engines made, and how many
    /// slots were busy in all of them.
    fn by_model(
        &self,
        work: &Work<'_>,
        missing: &[usize],
        priority: Priority,
        cancel: &Cancel,
        bench: &mut Bench<'_, '_>,
    ) -> Result<(u64, u64), StudioError> {
        let model_of = |line: usize| &work.voices[work.speakers[line]].model;
        let mut models: Vec<&Arc<VoiceModel>> = Vec::new();
        for &line in missing {
            if !models.contains(&model_of(line)) {
                models.push(model_of(line));
            }
        }
        let (mut steps, mut slot_steps) = (0, 0);
        for model in models {
            bench.waiting = missing.iter().copied().filter(|line| model_of(*line) == model).collect();
            let engine = self.models.engine(model)?;
            let before = engine.load();
            run::in_order(&engine, priority, cancel, bench)?;
            let after = engine.load();
            steps += after.steps - before.steps;
            slot_steps += after.slot_steps - before.slot_steps;
        }
        Ok((steps, slot_steps))
    }
}

/// What one voice of a work was used for.
#[derive(Default)]
struct Use {
    /// Seconds that lines under way may take: they count against the cap as well.
    in_flight_seconds: f64,
    made_seconds: f64,
    /// Over the keys of what was made.
    content: Sha256,
}

impl Bench<'_, '_> {
    /// Puts a line back to be made with another seed, unless that was done often enough.
    fn again(&mut self, index: usize) -> bool {
        let retries = self.retries.entry(index).or_default();
        if *retries >= RETRIES {
            return false;
        }
        *retries += 1;
        self.making.retried += 1;
        self.watch.at_work(index, false);
        self.waiting.push_front(index);
        true
    }

    /// The attempt at a line that counts; none as long as there is another to come. Attempts follow from the line alone,
    /// so that whoever makes it again chooses the same one.
    fn best_of(&mut self, index: usize, pcm: Pcm) -> Option<(Pcm, Verdict)> {
        let verdict = self.listener.judge(&pcm, &self.work.lines[index]);
        let is_doubted = verdict.doubt.is_some();
        let best = match self.best.remove(&index) {
            Some(best) if best.1.badness <= verdict.badness => best,
            _ => (pcm, verdict),
        };
        // Somebody waits for a single line, and can have another take.
        if is_doubted && !self.tells_sound && self.again(index) {
            self.best.insert(index, best);
            return None;
        }
        Some(best)
    }
}

/// A work under way, as the engine's source of lines.
struct Bench<'a, 'b> {
    studio: &'a Studio,
    work: &'a Work<'b>,
    events: &'a dyn EventSink,
    watch: &'a mut dyn Watch,
    waiting: VecDeque<usize>,
    uses: Vec<Use>,
    meter: Meter,
    /// How often each line was made again.
    retries: HashMap<usize, u32>,
    /// Of lines that are made again because they were doubted, the best attempt so far.
    best: HashMap<usize, (Pcm, Verdict)>,
    listener: Listener,
    is_held: bool,
    started: f64,
    /// Whether somebody waits for the first sound.
    tells_sound: bool,
    making: Making,
}

impl Source<usize> for Bench<'_, '_> {
    fn next(&mut self) -> Result<Option<(usize, Utterance)>, StudioError> {
        if std::mem::take(&mut self.is_held) {
            self.meter.resume(self.studio.settings.clock.elapsed_seconds());
        }
        let Some(index) = std::iter::from_fn(|| self.waiting.pop_front()).find(|index| self.watch.wanted(*index))
        else {
            return Ok(None);
        };
        let (line, by) = (&self.work.lines[index], self.work.speakers[index]);
        self.uses[by].in_flight_seconds += line.expected_seconds();
        let voicing = self.studio.voicing(self.work.voices[by], line.language, self.uses[by].in_flight_seconds)?;
        self.watch.at_work(index, true);
        let utterance = Utterance {
            text: line.spoken.to_owned(),
            voicing,
            language: line.language.to_owned(),
            seed: seed_of(line.seed, self.retries.get(&index).copied().unwrap_or(0)),
            speed: line.speed,
            style: None,
        };
        Ok(Some((index, utterance)))
    }

    fn heard(&mut self, index: &usize, seconds: f64) {
        if self.tells_sound {
            let elapsed_seconds = self.studio.settings.clock.elapsed_seconds() - self.started;
            self.events.emit(Event::Sound { index: *index as u64, seconds, elapsed_seconds });
        }
    }

    fn back(&mut self, tags: Vec<usize>) {
        for index in tags.into_iter().rev() {
            self.uses[self.work.speakers[index]].in_flight_seconds -= self.work.lines[index].expected_seconds();
            self.watch.at_work(index, false);
            self.waiting.push_front(index);
        }
        self.meter.pause(self.studio.settings.clock.elapsed_seconds());
        self.is_held = true;
    }

    fn failed(&mut self, index: usize, error: StudioError) -> Result<(), StudioError> {
        self.uses[self.work.speakers[index]].in_flight_seconds -= self.work.lines[index].expected_seconds();
        if is_runaway(&error) && self.again(index) {
            let message = format!("line {}: {error}; it is made again with another seed", index + 1);
            self.events.emit(Event::Warning { code: error.code().into(), message });
            return Ok(());
        }
        if is_of_the_line(&error) { self.watch.failed(index, error) } else { Err(error) }
    }

    fn done(&mut self, made: Made<usize>) -> Result<(), StudioError> {
        let Made { tag: index, pcm } = made;
        let (key, by) = (self.work.keys[index], self.work.speakers[index]);
        let voice = self.work.voices[by];
        self.uses[by].in_flight_seconds -= self.work.lines[index].expected_seconds();
        let Some((pcm, verdict)) = self.best_of(index, pcm) else { return Ok(()) };
        let seconds = pcm.seconds();
        // Checked again before it is kept: a consent that ended while a line was made keeps nothing of it.
        self.studio.voicing(voice, self.work.lines[index].language, seconds)?;
        self.uses[by].content.update(key);
        self.work.shelf.put(key, voice, &pcm, self.studio.now())?;
        self.uses[by].made_seconds += seconds;
        self.watch.made(index, &pcm, &verdict)?;
        let now = self.studio.settings.clock.elapsed_seconds();
        self.meter.made(1, seconds, now);
        self.events.emit(self.meter.progress(now));
        self.making.made += 1;
        self.making.doubted += usize::from(verdict.doubt.is_some());
        self.making.audio_seconds += seconds;
        self.making.elapsed_seconds = now - self.started;
        Ok(())
    }
}

/// Whether the model did not find the end of a line.
fn is_runaway(error: &StudioError) -> bool {
    matches!(error, StudioError::Engine(fault) if fault.code == "runaway")
}

/// The seed of an attempt: the first is the line's own, the others are far from those of other takes.
fn seed_of(seed: u64, retry: u32) -> u64 {
    seed.wrapping_add(u64::from(retry).wrapping_mul(0x9E37_79B9_7F4A_7C15))
}

/// Whether it is the line that cannot be made, and not the engine that cannot make any.
fn is_of_the_line(error: &StudioError) -> bool {
    match error {
        StudioError::Silent => true,
        StudioError::Engine(fault) => {
            matches!(fault.code, "empty_text" | "text_too_long" | "too_long" | "refused" | "failed" | "runaway")
        }
        _ => false,
    }
}

/// Identity of a line in a voice.
pub(crate) fn key(by: &Identity, line: &Line<'_>) -> Key {
    let mut hash = Sha256::new();
    hash.update(b"vouch/line/v1\0");
    for part in [&*by.model, &*by.voice, line.language, line.spoken] {
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
        let key = |model: &str, voice: &str, line: &Line<'_>| {
            super::key(&Identity { model: model.to_owned(), voice: voice.to_owned() }, line)
        };
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
