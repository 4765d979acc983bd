//! What a microphone gave, or in a demo library a file in its place. Whether it was live cannot be claimed, only be so:
//! the live constructors do the recording themselves.

use std::path::Path;
use std::time::Duration;

use audio::quality;
use audio::{Limits, Pcm};
use consent::{Challenge, SystemEntropy, Take};
use devices::Capture;
use jobs::Cancel;
use library::TapeId;

use super::level::{Level, Meter};
use super::{ChallengeCard, LONGEST_SAMPLE_SECONDS};
use crate::{Studio, StudioError};

/// Longest that anybody needs for the sentence, in seconds.
const SENTENCE_SECONDS: f64 = 90.0;

/// Time after the last word, in seconds.
const AFTER_SECONDS: f64 = 2.0;

/// A sample or a take.
pub struct Recording {
    pub(super) pcm: Pcm,
    pub(super) live: Option<Live>,
    /// The tape that it was kept on.
    pub(super) tape: Option<TapeId>,
}

pub(super) struct Live {
    pub(super) name: String,
    pub(super) system: String,
    pub(super) seal: consent::TakeSeal,
    pub(super) words_shown_at: Vec<f64>,
    pub(super) dropped_frames: u64,
}

/// What to show while the statement is recorded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Prompt<'a> {
    /// The next word, to be read now.
    Word(&'a str),
    /// How loud it is, about twenty times a second.
    Level(Level),
    /// The recording is over.
    Done,
}

impl Recording {
    /// A file in place of the microphone. Only a demo library takes it.
    pub fn file(path: &Path) -> Result<Self, StudioError> {
        let limits = Limits { max_seconds: LONGEST_SAMPLE_SECONDS, ..Limits::default() };
        Ok(Self { pcm: audio::decode::read(path, &limits)?, live: None, tape: None })
    }

    /// What a stand-in speaker said. Only a demo library takes it.
    pub fn stand_in(pcm: Pcm) -> Self {
        Self { pcm, live: None, tape: None }
    }

    /// Records a sample from a microphone.
    pub fn live(device: Option<&str>, seconds: f64, cancel: &Cancel) -> Result<Self, StudioError> {
        let seconds = seconds.clamp(1.0, LONGEST_SAMPLE_SECONDS);
        let recording = devices::record(device, seconds, &|| !cancel.is_cancelled(), &mut |_| ())?;
        if cancel.is_cancelled() {
            return Err(StudioError::Interrupted);
        }
        if let Some(failure) = recording.failure {
            return Err(failure.into());
        }
        let live = Live {
            name: recording.device.name,
            system: recording.device.system,
            seal: consent::TakeSeal::of(&recording.pcm)?,
            words_shown_at: Vec::new(),
            dropped_frames: recording.dropped_frames + recording.overruns,
        };
        Ok(Self { pcm: recording.pcm, live: Some(live), tape: None })
    }

    /// Whether it came from a microphone just now.
    pub fn is_live(&self) -> bool {
        self.live.is_some()
    }

    /// As a sample to make a voice from: refused here if nobody could make one from it.
    pub(super) fn into_sample(self) -> Result<Pcm, StudioError> {
        match quality::inspect(&self.pcm).flaws.into_iter().next() {
            Some(flaw) => Err(StudioError::Sample { flaw }),
            None => Ok(self.pcm),
        }
    }

    pub(super) fn into_take(self) -> Take {
        match self.live {
            None => Take::from_file(self.pcm),
            Some(live) => {
                Take::live(self.pcm, &live.name, &live.system, live.seal, live.words_shown_at, live.dropped_frames)
            }
        }
    }
}

impl Studio {
    /// A file in place of the microphone, if this library takes any.
    pub fn recording_of_file(&self, path: &Path) -> Result<Recording, StudioError> {
        if self.takes_files()? { Recording::file(path) } else { Err(StudioError::FilesNotTaken) }
    }

    /// Records the statement in one take: the sentence until `sentence_read` says so, then each word at a random moment.
    pub fn record_statement(
        &self,
        card: &ChallengeCard,
        device: Option<&str>,
        cancel: &Cancel,
        sentence_read: &mut dyn FnMut() -> bool,
        show: &mut dyn FnMut(Prompt<'_>),
    ) -> Result<Recording, StudioError> {
        const LOOK: Duration = Duration::from_millis(20);
        let gaps = Challenge::gaps(&mut SystemEntropy)?;
        let capture = Capture::start(device)?;
        let rate_hz = capture.rate_hz();
        let mut meter = Meter::new(rate_hz);
        let mut hash = consent::RunningHash::new(rate_hz);
        let mut samples: Vec<f32> = Vec::new();
        let mut words_shown_at = Vec::with_capacity(card.words.len());
        let mut due: Option<f64> = None;
        loop {
            if cancel.is_cancelled() {
                return Err(StudioError::Interrupted);
            }
            match capture.next(LOOK)? {
                devices::Next::Block(block) => {
                    hash.push(&block.samples)?;
                    samples.extend_from_slice(&block.samples);
                    meter.push(&block.samples, &mut |level| show(Prompt::Level(level)));
                }
                devices::Next::Waiting => {}
                devices::Next::Ended => break,
            }
            // Time is what the device delivered: the words' times are seconds of the take.
            let now = samples.len() as f64 / f64::from(rate_hz);
            match due {
                None if sentence_read() || now > SENTENCE_SECONDS => due = Some(now + gaps[0]),
                Some(at) if now >= at => {
                    let shown = words_shown_at.len();
                    if shown == card.words.len() {
                        break;
                    }
                    show(Prompt::Word(&card.words[shown]));
                    words_shown_at.push(now);
                    due = Some(now + gaps.get(shown + 1).map_or(AFTER_SECONDS, |gap| gap.max(1.2)));
                }
                _ => {}
            }
        }
        show(Prompt::Done);
        let live = Live {
            name: capture.device().name.clone(),
            system: capture.device().system.clone(),
            seal: hash.finish()?,
            words_shown_at,
            dropped_frames: capture.dropped_frames() + capture.overruns(),
        };
        Ok(Recording { pcm: Pcm::new(samples, rate_hz)?, live: Some(live), tape: None })
    }
}
