//! Recording what a voice is made from: a look at the room, and samples that are sealed on a tape while somebody speaks,
//! so that a crash, a full disk or a pulled cable costs nothing that was said before it.

use std::path::Path;
use std::time::Duration;

use audio::Pcm;
use devices::{Capture, DeviceError, Next};
use jobs::Cancel;
use library::{Played, TapeFacts, TapeId, TapeLabel};
use serde::Serialize;

use super::level::{Level, Meter};
use super::recording::Live;
use super::verdict::{FlawCard, sample_flaws, unreadable};
use super::{LONGEST_SAMPLE_SECONDS, Recording};
use crate::{Studio, StudioError};

pub use super::verdict::RoomReport;

/// How long a call waits for sound before it looks whether to stop.
const LOOK: Duration = Duration::from_millis(50);
/// How long sound that is still under way is waited for at the end.
const LAST: Duration = Duration::from_millis(500);
/// Exact silence at the beginning that is the system's and not the room's, in seconds at most.
const CONNECTING_SECONDS: f64 = 1.0;
/// Longest line to read, in characters.
const LONGEST_PROMPT: usize = 2_000;

/// A recording that a voice can be made from, as it was judged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SampleCard {
    /// To ask for it by.
    pub id: String,
    /// What was to be read.
    pub prompt: String,
    /// Length in seconds.
    pub seconds: f64,
    /// Seconds in which somebody speaks.
    pub speech_seconds: f64,
    /// Level of the speech alone.
    pub speech_dbfs: f64,
    /// Level of the quietest tenth.
    pub noise_floor_dbfs: f64,
    /// Speech above the noise floor, in decibels.
    pub snr_db: f64,
    /// Share of samples that were cut off, 0 to 1.
    pub clipped_fraction: f64,
    /// What is wrong with it, what stops it first.
    pub flaws: Vec<FlawCard>,
    /// Whether the program went away while it was recorded: what it holds was saved.
    pub recovered: bool,
    /// Whether it ended by itself, because the microphone was unplugged, say.
    pub ended_early: bool,
    /// When it began, Unix time in seconds.
    pub recorded_at: u64,
    /// Name of the microphone, or of the file that stands in for one.
    pub device: String,
}

impl Studio {
    /// Listens to the room until `cancel`, and says whether it is quiet enough. Nothing is kept.
    pub fn listen(
        &self,
        device: Option<&str>,
        cancel: &Cancel,
        on: &mut dyn FnMut(Level),
    ) -> Result<RoomReport, StudioError> {
        let capture = Capture::start(device)?;
        let mut meter = Meter::new(capture.rate_hz());
        let (mut seconds, mut peak_dbfs) = (0.0_f64, f32::NEG_INFINITY);
        while !cancel.is_cancelled() {
            match capture.next(LOOK)? {
                Next::Block(block) => meter.push(&block.samples, &mut |level| {
                    seconds = level.seconds;
                    peak_dbfs = peak_dbfs.max(level.peak_dbfs);
                    on(level);
                }),
                Next::Waiting => {}
                Next::Ended => break,
            }
        }
        Ok(RoomReport::of(capture.device(), seconds, peak_dbfs, meter.noise_floor_dbfs()))
    }

    /// Records a sample until `stop`, for three minutes at most, sealed on disk as it comes. A microphone that goes away
    /// ends it early; what was recorded until then is kept.
    pub fn record_sample(
        &self,
        device: Option<&str>,
        prompt: &str,
        stop: &Cancel,
        on: &mut dyn FnMut(Level),
    ) -> Result<SampleCard, StudioError> {
        let prompt = checked_prompt(prompt)?;
        Ok(card(&self.record_tape(device, prompt, None, LONGEST_SAMPLE_SECONDS, stop, on)?))
    }

    /// Records onto a tape until `stop`, or for so many seconds. A tape with a purpose is no sample: no voice is ever made
    /// from it.
    pub(crate) fn record_tape(
        &self,
        device: Option<&str>,
        prompt: String,
        purpose: Option<String>,
        longest_seconds: f64,
        stop: &Cancel,
        on: &mut dyn FnMut(Level),
    ) -> Result<Played, StudioError> {
        let library = self.library()?;
        let capture = Capture::start(device)?;
        let label = TapeLabel {
            device: capture.device().name.clone(),
            system: capture.device().system.clone(),
            prompt,
            purpose,
            rate_hz: capture.rate_hz(),
            live: true,
            started_at: self.now(),
        };
        let mut tape = library.start_tape(label)?;
        let id = tape.id();
        let mut take =
            Take { meter: Meter::new(capture.rate_hz()), rate_hz: capture.rate_hz(), silent: 0, begun: false };
        let mut failure = None;
        let mut stopping = false;
        while tape.seconds() < longest_seconds {
            if !stopping && stop.is_cancelled() {
                stopping = true;
                capture.stop();
            }
            match capture.next(if stopping { LAST } else { LOOK }) {
                Ok(Next::Block(block)) => {
                    tape.lost(capture.dropped_frames() + capture.overruns());
                    tape.append(take.heard(&block.samples, on))?;
                }
                Ok(Next::Waiting) if stopping => break,
                Ok(Next::Waiting) => {}
                Ok(Next::Ended) => break,
                Err(error) => {
                    failure = Some(error);
                    break;
                }
            }
        }
        self.keep(tape, failure, &id)
    }

    /// The samples that are kept and no voice was made from yet, oldest first, those that a crash cut short included.
    pub fn kept_samples(&self) -> Result<Vec<SampleCard>, StudioError> {
        let library = self.library()?;
        let mut cards = Vec::new();
        for facts in library.tapes()?.into_iter().filter(|facts| facts.label.purpose.is_none()) {
            match library.tape(&facts.id) {
                // The program went away before the first tenth of a second: nobody misses that.
                Ok(played) if played.pcm.is_empty() => library.remove_tape(&facts.id)?,
                Ok(played) => cards.push(card(&played)),
                Err(library::LibraryError::Damaged { .. }) => cards.push(damaged(&facts)),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(cards)
    }

    /// Erases a kept sample.
    pub fn discard_sample(&self, id: &str) -> Result<(), StudioError> {
        Ok(self.library()?.remove_tape(&id.parse()?)?)
    }

    /// The sound of a kept sample, for listening to it.
    pub fn sample_sound(&self, id: &str) -> Result<Pcm, StudioError> {
        Ok(self.library()?.tape(&id.parse()?)?.pcm)
    }

    /// A kept sample to make a voice from. It is live if this library itself sealed it as it came from a microphone.
    pub fn kept_recording(&self, id: &str) -> Result<Recording, StudioError> {
        let played = self.library()?.tape(&id.parse()?)?;
        let label = &played.facts.label;
        if label.purpose.is_some() {
            return Err(library::LibraryError::NotFound("such recording".into()).into());
        }
        let live = if label.live {
            Some(Live {
                name: label.device.clone(),
                system: label.system.clone(),
                seal: consent::TakeSeal::of(&played.pcm)?,
                words_shown_at: Vec::new(),
                dropped_frames: played.dropped_frames,
            })
        } else {
            None
        };
        Ok(Recording { pcm: played.pcm, live, tape: Some(played.facts.id) })
    }

    /// Takes a file as a sample, in a demo library only.
    pub fn import_sample(&self, path: &Path) -> Result<SampleCard, StudioError> {
        let pcm = self.recording_of_file(path)?.pcm;
        let name = path.file_name().map(|name| name.to_string_lossy().chars().take(200).collect());
        let label = TapeLabel {
            device: name.unwrap_or_default(),
            system: "file".into(),
            prompt: String::new(),
            purpose: None,
            rate_hz: pcm.rate_hz(),
            live: false,
            started_at: self.now(),
        };
        let mut tape = self.library()?.start_tape(label)?;
        let id = tape.id();
        tape.append(pcm.samples())?;
        Ok(card(&self.keep(tape, None, &id)?))
    }

    /// Ends a tape well. A tape with nothing on it is none.
    fn keep(&self, tape: library::Tape, failure: Option<DeviceError>, id: &TapeId) -> Result<Played, StudioError> {
        let library = self.library()?;
        if tape.seconds() == 0.0 {
            drop(tape);
            library.remove_tape(id)?;
            let silent = StudioError::Sample { flaw: audio::quality::Flaw::Silent };
            return Err(failure.map_or(silent, StudioError::from));
        }
        tape.finish(failure.is_some())?;
        Ok(library.tape(id)?)
    }
}

/// Sound on its way from the device to the tape.
struct Take {
    meter: Meter,
    rate_hz: u32,
    silent: u64,
    begun: bool,
}

impl Take {
    /// Shows the sound and gives what belongs on the tape: all of it but the exact silence before the stream is there,
    /// which would pass for a very quiet room.
    fn heard<'a>(&mut self, samples: &'a [f32], on: &mut dyn FnMut(Level)) -> &'a [f32] {
        self.meter.push(samples, on);
        if self.begun {
            return samples;
        }
        let first = samples.iter().position(|&sample| sample != 0.0).unwrap_or(samples.len());
        self.silent += first as u64;
        let waited = self.silent as f64 / f64::from(self.rate_hz);
        self.begun = first < samples.len() || waited >= CONNECTING_SECONDS;
        &samples[first..]
    }
}

fn checked_prompt(prompt: &str) -> Result<String, StudioError> {
    let prompt = prompt.trim();
    if prompt.chars().any(|c| c.is_control() && c != '\n') || prompt.chars().count() > LONGEST_PROMPT {
        return Err(StudioError::OutOfRange {
            what: "the line to read",
            range: "plain text of at most 2000 characters",
        });
    }
    Ok(prompt.to_owned())
}

fn card(played: &Played) -> SampleCard {
    let report = audio::quality::inspect(&played.pcm);
    let TapeFacts { id, label, end } = &played.facts;
    SampleCard {
        id: id.to_string(),
        prompt: label.prompt.clone(),
        seconds: report.seconds,
        speech_seconds: report.speech_seconds,
        speech_dbfs: report.speech_dbfs,
        noise_floor_dbfs: report.noise_floor_dbfs,
        snr_db: report.snr_db,
        clipped_fraction: report.clipped_fraction,
        flaws: sample_flaws(&report, played.dropped_frames),
        recovered: end.is_none(),
        ended_early: end.is_some_and(|end| end.early),
        recorded_at: label.started_at,
        device: label.device.clone(),
    }
}

/// A tape that does not play: to be seen, so that it can be discarded.
fn damaged(facts: &TapeFacts) -> SampleCard {
    SampleCard {
        id: facts.id.to_string(),
        prompt: facts.label.prompt.clone(),
        seconds: 0.0,
        speech_seconds: 0.0,
        speech_dbfs: audio::level::SILENCE_DBFS,
        noise_floor_dbfs: audio::level::SILENCE_DBFS,
        snr_db: 0.0,
        clipped_fraction: 0.0,
        flaws: vec![unreadable()],
        recovered: facts.end.is_none(),
        ended_early: false,
        recorded_at: facts.label.started_at,
        device: facts.label.device.clone(),
    }
}
