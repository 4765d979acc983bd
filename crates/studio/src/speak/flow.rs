//! Speech as it comes: the lines of a text go to the engine together, and the sound of each goes out, in order, as soon as
//! there is any. What went out is, sample for sample, what the finished lines join to. Knows no take and no screen.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use audio::Pcm;
use engine::{Engine, Next, Output, Priority};
use jobs::Cancel;
use sha2::{Digest, Sha256};
use speech::Utterance;

use crate::make::{Key, Line, Shelf};
use crate::models::SpeechModel;
use crate::narrate::FADE_SECONDS;
use crate::voices::OpenVoice;
use crate::{Studio, StudioError};

/// How long a wait for the engine may last before it is asked whether anybody still listens.
const LOOK: Duration = Duration::from_millis(20);

/// Lines to be spoken one after another, in one voice.
pub(crate) struct Flow<'a> {
    /// Who speaks them.
    pub voice: &'a OpenVoice,
    /// The lines.
    pub lines: Vec<Line<'a>>,
    /// Identities of the lines.
    pub keys: &'a [Key],
    /// Silence after each line, in seconds.
    pub pauses: Vec<f64>,
    /// Where finished lines are kept.
    pub shelf: &'a Shelf<'a>,
}

/// What goes out.
pub(crate) enum Heard {
    /// From here on it is this line, counted from 0.
    Line(usize),
    /// The next stretch of sound.
    Sound(Pcm),
}

impl Studio {
    /// Speaks the lines. Each that is not kept yet is authorised, made, and kept when it is whole; the others come from
    /// where they are kept. Stops within 50 ms of a wish to stop; finished lines stay kept.
    pub(crate) fn flow(&self, flow: &Flow<'_>, out: &mut dyn FnMut(Heard), cancel: &Cancel) -> Result<(), StudioError> {
        let mut seen = HashSet::new();
        let mut missing = VecDeque::new();
        for (index, key) in flow.keys.iter().enumerate() {
            if seen.insert(*key) && !flow.shelf.has(key)? {
                missing.push_back(index);
            }
        }
        // Even where nothing is to be made, a voice whose consent ended must not be heard again.
        for language in flow.lines.iter().map(|line| line.language).collect::<HashSet<&str>>() {
            self.voicing(flow.voice, language, 0.0)?;
        }
        let engine = if missing.is_empty() { None } else { Some(self.models.engine(&flow.voice.model)?) };
        let mut stream = Stream {
            studio: self,
            flow,
            engine,
            missing,
            running: VecDeque::new(),
            in_flight_seconds: 0.0,
            heard_seconds: 0.0,
            content: Sha256::new(),
        };
        let result = stream.run(out, cancel);
        // However it ended, what was heard in somebody's voice is in the log, also of a line that was not finished.
        let Stream { heard_seconds, content, .. } = stream;
        if heard_seconds > 0.0 {
            let texts: Vec<&str> = flow.lines.iter().map(|line| line.spoken).collect();
            self.record_use(flow.voice, heard_seconds, &texts.join("\n"), content.finalize().into())?;
        }
        result
    }
}

/// A flow under way.
struct Stream<'a, 'b> {
    studio: &'a Studio,
    flow: &'a Flow<'b>,
    /// None where every line is kept.
    engine: Option<Engine<SpeechModel>>,
    /// Lines that are still to be handed to the engine.
    missing: VecDeque<usize>,
    /// Lines at work, in order. Dropping them frees their slots.
    running: VecDeque<(usize, Output<Pcm>)>,
    /// What the lines at work may take: it counts against the cap as well.
    in_flight_seconds: f64,
    /// New sound that the engine gave: kept lines do not count.
    heard_seconds: f64,
    /// Over the keys of what was made.
    content: Sha256,
}

impl Stream<'_, '_> {
    fn run(&mut self, out: &mut dyn FnMut(Heard), cancel: &Cancel) -> Result<(), StudioError> {
        for (index, (key, pause)) in self.flow.keys.iter().zip(&self.flow.pauses).enumerate() {
            if cancel.is_cancelled() {
                return Err(StudioError::Interrupted);
            }
            self.top_up()?;
            out(Heard::Line(index));
            let rate_hz = match self.running.pop_front_if(|(front, _)| *front == index) {
                Some((_, output)) => self.made(index, output, out, cancel)?,
                None => {
                    self.studio.voicing(self.flow.voice, self.flow.lines[index].language, 0.0)?;
                    let kept = self.flow.shelf.take(key)?;
                    let rate_hz = kept.rate_hz();
                    out(Heard::Sound(audio::edit::fade(&kept, FADE_SECONDS)));
                    rate_hz
                }
            };
            let pause = Pcm::silence(*pause, rate_hz)?;
            if !pause.is_empty() {
                out(Heard::Sound(pause));
            }
        }
        Ok(())
    }

    /// Hands lines to the engine until two engine-fulls are there. Each is authorised as it goes.
    fn top_up(&mut self) -> Result<(), StudioError> {
        let Some(engine) = &self.engine else { return Ok(()) };
        let room = engine.load().slots.max(1) * 2;
        while self.running.len() < room {
            let Some(index) = self.missing.pop_front() else { break };
            let line = &self.flow.lines[index];
            self.in_flight_seconds += line.expected_seconds();
            let voicing = self.studio.voicing(self.flow.voice, line.language, self.in_flight_seconds)?;
            let utterance = Utterance {
                text: line.spoken.to_owned(),
                voicing,
                language: line.language.to_owned(),
                seed: line.seed,
                speed: line.speed,
                style: None,
            };
            self.running.push_back((index, engine.submit(utterance, Priority::Interactive)));
        }
        Ok(())
    }

    /// Passes a line on as it is made, and keeps it when it is whole. Answers its rate.
    fn made(
        &mut self,
        index: usize,
        mut output: Output<Pcm>,
        out: &mut dyn FnMut(Heard),
        cancel: &Cancel,
    ) -> Result<u32, StudioError> {
        let mut edges: Option<Edges> = None;
        let mut samples = Vec::new();
        loop {
            if cancel.is_cancelled() {
                return Err(StudioError::Interrupted);
            }
            let chunk = match output.next_within(LOOK) {
                Next::Later => continue,
                Next::End => break,
                // As it will be read back from where it is kept: rounded to its steps.
                Next::Item(chunk) => Pcm::from_canonical(&chunk?.canonical())?,
            };
            self.heard_seconds += chunk.seconds();
            samples.extend_from_slice(chunk.samples());
            let edges = edges.get_or_insert_with(|| Edges::new(chunk.rate_hz()));
            let ready = edges.push(chunk.samples())?;
            if !ready.is_empty() {
                out(Heard::Sound(Pcm::new(ready, edges.rate_hz)?));
            }
        }
        let edges = edges.filter(|_| !samples.is_empty()).ok_or(StudioError::Silent)?;
        let rate_hz = edges.rate_hz;
        let whole = Pcm::new(samples, rate_hz)?;
        self.in_flight_seconds -= self.flow.lines[index].expected_seconds();
        // Checked again before it is kept: a consent that ended while a line was made keeps nothing of it.
        self.studio.voicing(self.flow.voice, self.flow.lines[index].language, whole.seconds())?;
        self.content.update(self.flow.keys[index]);
        self.flow.shelf.put(self.flow.keys[index], self.flow.voice, &whole, self.studio.now())?;
        out(Heard::Sound(edges.finish()?));
        Ok(rate_hz)
    }
}

/// Fades the edges of a line that comes in chunks, just as whole lines are faded when they are joined: it holds back as
/// much as may still turn out to be the end.
struct Edges {
    rate_hz: u32,
    frames: usize,
    /// Whether the beginning went out.
    begun: bool,
    held: Vec<f32>,
}

impl Edges {
    fn new(rate_hz: u32) -> Self {
        Self { rate_hz, frames: (FADE_SECONDS * f64::from(rate_hz)).round() as usize, begun: false, held: Vec::new() }
    }

    /// Takes samples and answers those that are ready.
    fn push(&mut self, samples: &[f32]) -> Result<Vec<f32>, StudioError> {
        self.held.extend_from_slice(samples);
        if !self.begun && self.held.len() >= 2 * self.frames {
            let silent_end = vec![0.0; self.frames];
            let faded = self.faded([&self.held[..self.frames], &silent_end].concat())?;
            self.held[..self.frames].copy_from_slice(&faded[..self.frames]);
            self.begun = true;
        }
        let ready = if self.begun { self.held.len() - self.frames } else { 0 };
        Ok(self.held.drain(..ready).collect())
    }

    /// The rest.
    fn finish(self) -> Result<Pcm, StudioError> {
        let rest = if self.begun {
            let silent_start = vec![0.0; self.frames];
            self.faded([&silent_start[..], &self.held].concat())?.split_off(self.frames)
        } else {
            self.faded(self.held.clone())?
        };
        Ok(Pcm::new(rest, self.rate_hz)?)
    }

    fn faded(&self, samples: Vec<f32>) -> Result<Vec<f32>, StudioError> {
        Ok(audio::edit::fade(&Pcm::new(samples, self.rate_hz)?, FADE_SECONDS).into_samples())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// However a line is cut into chunks, its edges are faded as those of the whole.
        #[test]
        fn chunks_are_faded_like_the_whole(
            samples in prop::collection::vec(-1.0f32..=1.0, 1..700), cuts in prop::collection::vec(0_usize..300, 0..8),
        ) {
            let whole = Pcm::new(samples, 24_000).unwrap();
            let mut edges = Edges::new(24_000);
            let mut out = Vec::new();
            let mut rest = whole.samples();
            for cut in cuts {
                let (chunk, after) = rest.split_at(cut.min(rest.len()));
                out.extend(edges.push(chunk).unwrap());
                rest = after;
            }
            out.extend(edges.push(rest).unwrap());
            out.extend(edges.finish().unwrap().into_samples());
            let joined = audio::edit::join(&[audio::edit::Piece { pcm: &whole, pause_seconds: 0.0 }], FADE_SECONDS);
            prop_assert_eq!(out, joined.unwrap().into_samples());
        }
    }
}
