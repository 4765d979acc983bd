//! A line that somebody speaks themselves: recorded at the microphone or given as a sound, in place of the voice that would
//! speak it. It is human speech and stays as it is: no model hears it, no voice is made from it, nobody's consent is used.

mod sound;

use std::path::{Path, PathBuf};

use audio::{Limits, Pcm};
use jobs::{Cancel, Event, EventSink};
use library::{Played, TapeFacts, TapeId};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::desk::{Desk, lock};
use super::error::DubError;
use super::head::{KeptLine, Record};
use super::render::spoken_part;
use super::script::Cue;
use super::{DubEdit, DubView};
use crate::enroll::Level;
use crate::make::{Hex, Key};
use crate::{Studio, StudioError};

/// Longest line, in seconds, whatever its cue is.
const LONGEST_SECONDS: f64 = 60.0;
/// A line may take so many times as long as its cue, and so many seconds more: it does not fit then, but that is said where
/// it is seen, and not while somebody speaks.
const TIMES: f64 = 1.5;
const SLACK_SECONDS: f64 = 3.0;
/// A recording begins so long before somebody speaks, in seconds: they are counted in.
const BEFORE_SECONDS: f64 = 5.0;
/// Longest sound file; most of it may be silence.
const LONGEST_FILE: Limits = Limits { max_seconds: 600.0, max_bytes: 512 << 20 };

/// Where a cue's own line comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum LineSource {
    /// A file with somebody's speech.
    File(PathBuf),
    /// The microphone, now, for so many seconds.
    Microphone {
        /// How long.
        seconds: f64,
        /// Which one; the system's own choice without.
        device: Option<String>,
    },
    /// The speaker's voice speaks it again.
    Voice,
}

/// A wish for a cue's own line.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnLine {
    /// Place of the cue, from 0.
    pub cue: usize,
    /// Where its sound comes from.
    pub from: LineSource,
}

/// A recording of a line that nobody has kept or discarded yet. It lies sealed in the library.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LineTake {
    /// To ask for it by.
    pub id: String,
    /// Number of the cue that it was recorded for.
    pub cue: u32,
    /// How long somebody speaks in it, in seconds.
    pub seconds: f64,
    /// What somebody should listen for.
    pub doubt: Option<String>,
    /// Whether the program went away while it was recorded.
    pub recovered: bool,
    /// Name of the microphone.
    pub device: String,
}

impl Studio {
    /// Records a cue's line until `stop`, or until it is much longer than the cue. It is sealed on disk as it comes, and
    /// waits to be kept.
    ///
    /// # Errors
    /// [`DubError::SilentLine`] if nobody spoke, which leaves nothing; [`DubError::Locked`]; the microphone's errors.
    pub fn record_line(
        &self,
        dub: u64,
        cue: usize,
        device: Option<&str>,
        stop: &Cancel,
        on: &mut dyn FnMut(Level),
    ) -> Result<LineTake, StudioError> {
        let it = self.cue_for_line(dub, cue)?;
        let played = self.record_tape(
            device,
            it.target.clone(),
            Some(purpose(dub, it.id)),
            room_seconds(&it).min(LONGEST_SECONDS) + BEFORE_SECONDS,
            stop,
            on,
        )?;
        match line_take(&played, it.id) {
            Ok(take) => Ok(take),
            Err(error) => {
                self.library()?.remove_tape(&played.facts.id)?;
                Err(error)
            }
        }
    }

    /// Recordings of lines of a dub that nobody has kept or discarded, oldest first, those that a crash cut short included.
    pub fn line_takes(&self, dub: u64) -> Result<Vec<LineTake>, StudioError> {
        let library = self.library()?;
        self.dub_desk(dub)?;
        let mut takes = Vec::new();
        for (facts, cue) in self.line_tapes(dub)? {
            match library.tape(&facts.id).map_err(StudioError::from).and_then(|played| line_take(&played, cue)) {
                Ok(take) => takes.push(take),
                // Nothing is on it that anybody could want.
                Err(StudioError::Dub(DubError::SilentLine)) => library.remove_tape(&facts.id)?,
                Err(_) => {}
            }
        }
        Ok(takes)
    }

    /// A recording that waits, as it would be laid into the film.
    pub fn line_take_sound(&self, dub: u64, take: &str) -> Result<Pcm, StudioError> {
        let played = self.line_tape(dub, take)?;
        Ok(sound::said(&played.pcm, played.dropped_frames)?.pcm)
    }

    /// Makes a recording the line of a cue, in place of what it has.
    pub fn keep_line(&self, dub: u64, cue: usize, take: &str) -> Result<DubView, StudioError> {
        let played = self.line_tape(dub, take)?;
        let view = self.lay_line(dub, cue, &played.pcm, played.dropped_frames)?;
        // Only now: until here a crash leaves the recording where it was.
        self.library()?.remove_tape(&played.facts.id)?;
        Ok(view)
    }

    /// Erases a recording that waits.
    pub fn discard_line(&self, dub: u64, take: &str) -> Result<(), StudioError> {
        let id = self.line_tape(dub, take)?.facts.id;
        Ok(self.library()?.remove_tape(&id)?)
    }

    /// Makes the speech in a file the line of a cue. The file stays as it is.
    pub fn give_line(&self, dub: u64, cue: usize, file: &Path) -> Result<DubView, StudioError> {
        self.cue_for_line(dub, cue)?;
        let pcm = audio::decode::read(file, &LONGEST_FILE)?;
        self.lay_line(dub, cue, &pcm, 0)
    }

    /// Fulfils wishes for own lines, one after another.
    pub(super) fn own_lines(
        &self,
        dub: u64,
        lines: &[OwnLine],
        events: &dyn EventSink,
        cancel: &Cancel,
    ) -> Result<(), StudioError> {
        for OwnLine { cue, from } in lines {
            cancel.checkpoint().map_err(|_| StudioError::Interrupted)?;
            match from {
                LineSource::File(file) => drop(self.give_line(dub, *cue, file)?),
                LineSource::Voice => {
                    drop(self.edit_dub(dub, &DubEdit::Recorded { cue: *cue, recording: None })?);
                }
                LineSource::Microphone { seconds, device } => {
                    let words = self.cue_for_line(dub, *cue)?.target;
                    events.emit(Event::note(format!("cue {}: speak now: {words}", cue + 1)));
                    let stop = Cancel::new();
                    let mut heard = |level: Level| {
                        if level.seconds >= *seconds || cancel.is_cancelled() {
                            stop.cancel();
                        }
                    };
                    let take = self.record_line(dub, *cue, device.as_deref(), &stop, &mut heard)?;
                    if cancel.is_cancelled() {
                        self.discard_line(dub, &take.id)?;
                        return Err(StudioError::Interrupted);
                    }
                    self.keep_line(dub, *cue, &take.id)?;
                    events.emit(Event::note(format!("cue {}: {:.1} s are recorded", cue + 1, take.seconds)));
                }
            }
        }
        Ok(())
    }

    /// Erases every recording of a dub, kept ones and those that wait: people's speech does not stay behind.
    pub(super) fn erase_lines(&self, dub: u64) -> Result<(), StudioError> {
        let library = self.library()?;
        for (facts, _) in self.line_tapes(dub)? {
            library.remove_tape(&facts.id)?;
        }
        let keys: Vec<Key> = match self.dub_desk(dub) {
            Ok(desk) => lock(&desk).lines().iter().map(|line| line.key.0).collect(),
            Err(_) => Vec::new(),
        };
        keys.iter().try_for_each(|key| Ok(library.remove_segment(key, self.now())?))
    }

    fn lay_line(&self, dub: u64, cue: usize, recording: &Pcm, dropped_frames: u64) -> Result<DubView, StudioError> {
        let it = self.cue_for_line(dub, cue)?;
        let said = sound::said(recording, dropped_frames)?;
        let seconds = spoken_part(&said.pcm).seconds();
        let most = room_seconds(&it).min(LONGEST_SECONDS);
        if seconds > most {
            return Err(DubError::LongLine { seconds: seconds.ceil() as u64, most: most.floor() as u64 }.into());
        }
        let key = key(dub, &said.pcm);
        let library = self.library()?;
        // The sound first: a dub that names a recording has it.
        if !library.has_segment(&key)? {
            library.put_segment(&key, None, &said.pcm, self.now())?;
        }
        let desk = self.dub_desk(dub)?;
        let mut desk = lock(&desk);
        let line = KeptLine { key: Hex(key), seconds, words: it.target.clone(), doubt: said.doubt };
        let recording = match desk.lines().iter().position(|known| *known == line) {
            Some(known) => known,
            None => {
                desk.append(self, &Record::Line { line })?;
                desk.lines().len() - 1
            }
        };
        let cue = desk.place(it.id).unwrap_or(cue);
        desk.edit(self, &DubEdit::Recorded { cue, recording: Some(recording as u32) })?;
        desk.view(self)
    }

    /// A cue that may get a line of its own.
    fn cue_for_line(&self, dub: u64, cue: usize) -> Result<Cue, StudioError> {
        let desk = self.dub_desk(dub)?;
        let desk = lock(&desk);
        let it = desk.script.cue(cue)?.clone();
        if it.locked { Err(DubError::Locked { cue }.into()) } else { Ok(it) }
    }

    fn line_tapes(&self, dub: u64) -> Result<Vec<(TapeFacts, u32)>, StudioError> {
        let tapes = self.library()?.tapes()?;
        let of = |facts: TapeFacts| {
            let cue = facts.label.purpose.as_deref().and_then(|purpose| cue_of(purpose, dub));
            cue.map(|cue| (facts, cue))
        };
        Ok(tapes.into_iter().filter_map(of).collect())
    }

    /// A recording of this dub, and of no other and for nothing else.
    fn line_tape(&self, dub: u64, take: &str) -> Result<Played, StudioError> {
        let id: TapeId = take.parse()?;
        let known = self.line_tapes(dub)?.iter().any(|(facts, _)| facts.id == id);
        if known { Ok(self.library()?.tape(&id)?) } else { Err(DubError::UnknownRecording.into()) }
    }
}

impl Desk {
    /// The recording that is a cue's line.
    pub fn line_of(&self, cue: &Cue) -> Option<&KeptLine> {
        self.lines().get(cue.recorded? as usize)
    }
}

/// How long the line of a cue may be.
fn room_seconds(cue: &Cue) -> f64 {
    (cue.end_ms - cue.start_ms) as f64 / 1000.0 * TIMES + SLACK_SECONDS
}

/// Where a recording is kept. It names no voice and no model: nothing that is made can ever lie there.
fn key(dub: u64, pcm: &Pcm) -> Key {
    let mut hash = Sha256::new();
    hash.update(b"vouch/own-line/v1\0");
    hash.update(dub.to_be_bytes());
    hash.update(pcm.canonical());
    hash.finalize().into()
}

fn purpose(dub: u64, cue: u32) -> String {
    format!("dub {dub} cue {cue}")
}

fn cue_of(purpose: &str, dub: u64) -> Option<u32> {
    purpose.strip_prefix(&format!("dub {dub} cue "))?.parse().ok()
}

fn line_take(played: &Played, cue: u32) -> Result<LineTake, StudioError> {
    let said = sound::said(&played.pcm, played.dropped_frames)?;
    Ok(LineTake {
        id: played.facts.id.to_string(),
        cue,
        seconds: spoken_part(&said.pcm).seconds(),
        doubt: said.doubt,
        recovered: played.facts.end.is_none(),
        device: played.facts.label.device.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tape_belongs_to_one_cue_of_one_dub() {
        assert_eq!(cue_of(&purpose(12, 7), 12), Some(7));
        for other in ["dub 1 cue 7", "dub 12 cue", "dub 12 cue x", "dub 12 cue 7 8", ""] {
            assert_eq!(cue_of(other, 12), None, "{other}");
        }
    }

    #[test]
    fn recordings_of_two_dubs_never_meet() {
        let pcm = Pcm::new(vec![0.1, 0.2], 48_000).unwrap();
        let other = Pcm::new(vec![0.2, 0.1], 48_000).unwrap();
        assert_ne!(key(1, &pcm), key(2, &pcm));
        assert_ne!(key(1, &pcm), key(1, &other));
    }
}
