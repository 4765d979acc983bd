//! Makes the lines of a dub: all that are not made, as a job, or one at once while somebody listens. A cue that does not
//! fit its time is made in further takes, of which the best is taken (see `takes`). Consent is checked for every line
//! where it is made.

use std::collections::HashMap;
use std::sync::Mutex;

use audio::Pcm;
use audio::edit::{Trim, trim_silence};
use engine::Priority;
use jobs::{Cancel, Event, EventSink, Silence, UnitState};
use serde::Serialize;

use super::desk::{Desk, Wanted, lock};
use super::error::DubError;
use super::head::{Made, Record};
use super::script::Cue;
use super::{DubEdit, DubView};
use crate::check::Verdict;
use crate::make::{Hex, Line, Making, Watch};
use crate::voices::OpenVoice;
use crate::{Studio, StudioError};

/// Takes that are made of a cue that does not fit, the first one included.
const TAKES: u32 = 3;
/// From this tempo on another take is tried.
const HURRIED: f64 = 1.06;
/// Made lines are written into the dub's record this many at a time. What a crash loses of the record is found again in
/// the library.
const TOGETHER: usize = 16;
/// Kept before and after the speech of a line.
const TRIM: Trim = Trim { threshold_dbfs: -45.0, keep_seconds: 0.02 };

/// What a rendering came to.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct DubRendered {
    /// Cues with words.
    pub cues: usize,
    /// Lines made by this run, further takes included; the others were there.
    pub made: usize,
    /// Cues that no voice could say; all others are made.
    pub failed: usize,
    /// Seconds of speech made by this run.
    pub audio_seconds: f64,
    /// Seconds that this run took.
    pub elapsed_seconds: f64,
}

/// A line as it is laid into the film: without the silence around it, so that it begins when it is placed.
pub(super) fn spoken_part(pcm: &Pcm) -> Pcm {
    trim_silence(pcm, TRIM)
}

impl Studio {
    /// Makes every cue of a dub that has words and is not made as it stands.
    pub fn render_dub(&self, id: u64, events: &dyn EventSink, cancel: &Cancel) -> Result<DubRendered, StudioError> {
        let desk = self.dub_desk(id)?;
        let mut rendered = DubRendered::default();
        lock(&desk).forgive();
        loop {
            let wanted = self.missing(&desk, &mut rendered.cues)?;
            if wanted.is_empty() {
                break;
            }
            let making = self.make_cues(&desk, &wanted, Priority::Batch, true, events, cancel, &mut rendered.failed)?;
            rendered.made += making.made;
            rendered.audio_seconds += making.audio_seconds;
            rendered.elapsed_seconds += making.elapsed_seconds;
            if making.made == 0 {
                break;
            }
        }
        self.account_for_cues(&desk)?;
        self.compare_takes(&desk, cancel)?;
        Ok(rendered)
    }

    /// First takes that are not there; once all are, further takes of those cues that do not fit.
    fn missing(&self, desk: &Mutex<Desk>, cues: &mut usize) -> Result<Vec<Wanted>, StudioError> {
        let mut desk = lock(desk);
        desk.catch_up(self)?;
        let library = self.library()?;
        let mut wanted = Vec::new();
        *cues = desk.script.cues.iter().filter(|cue| cue.is_said()).count();
        let spoken = |cue: &&Cue| cue.has_words() && cue.recorded.is_none();
        let all: Vec<Cue> = desk.script.cues.iter().filter(spoken).cloned().collect();
        for cue in &all {
            let take = desk.first_take(cue);
            let line = desk.wanted(self, cue, take)?;
            if !library.has_segment(&line.key)? && !desk.has_failed(&line.key) {
                wanted.push(line);
            }
        }
        if !wanted.is_empty() {
            return Ok(wanted);
        }
        let layout = desk.layout(self)?;
        for (at, placed) in layout.cues.iter().zip(&layout.fitted.placed) {
            let cue = desk.script.cues[*at].clone();
            let next = desk.takes(&cue);
            let is_free = cue.take.is_none() && cue.recorded.is_none() && !cue.locked && next < TAKES;
            if !is_free || (placed.over_ms == 0 && placed.tempo <= HURRIED) {
                continue;
            }
            let line = desk.wanted(self, &cue, next)?;
            if !library.has_segment(&line.key)? && !desk.has_failed(&line.key) {
                wanted.push(line);
            }
        }
        Ok(wanted)
    }

    /// Makes one cue, before anything else that the engine has to do. With `new_take` it is made anew, and the new take
    /// counts from then on; this can be taken back like any edit.
    pub fn render_cue(&self, id: u64, cue: usize, new_take: bool, cancel: &Cancel) -> Result<DubView, StudioError> {
        let desk = self.dub_desk(id)?;
        let wanted = {
            let mut desk = lock(&desk);
            desk.catch_up(self)?;
            let it = desk.script.cue(cue)?.clone();
            if it.locked {
                return Err(DubError::Locked { cue }.into());
            }
            if it.recorded.is_some() {
                return Err(DubError::IsRecorded { cue }.into());
            }
            if !it.has_words() {
                return Err(StudioError::NothingToSay);
            }
            let take = if new_take { desk.takes(&it) } else { desk.first_take(&it) };
            desk.wanted(self, &it, take)?
        };
        let (number, take) = (wanted.cue, wanted.take);
        self.make_cues(&desk, &[wanted], Priority::Interactive, false, &Silence, cancel, &mut 0)?;
        let mut desk = lock(&desk);
        if new_take && let Some(cue) = desk.place(number) {
            desk.edit(self, &DubEdit::Take { cue, take: Some(take) })?;
        }
        desk.view(self)
    }

    /// The sound of a cue as it is laid into the film, but not stretched: what counts, which may be somebody's own
    /// recording, or a take of its voice. Consent to a voice is checked now.
    pub fn cue_sound(&self, id: u64, cue: usize, take: Option<u32>) -> Result<Pcm, StudioError> {
        let desk = self.dub_desk(id)?;
        let (wanted, language) = {
            let mut desk = lock(&desk);
            desk.catch_up(self)?;
            let it = desk.script.cue(cue)?.clone();
            if take.is_none()
                && let Some(line) = desk.line_of(&it)
            {
                let segment = self.library()?.segment(&line.key.0)?;
                return Ok(spoken_part(&segment.ok_or(StudioError::SegmentLost)?.pcm));
            }
            let take = take.unwrap_or_else(|| desk.first_take(&it));
            (desk.wanted(self, &it, take)?, desk.head.to.clone())
        };
        self.check_may_sound(&wanted.voice, &language)?;
        let segment = self.library()?.segment(&wanted.key)?;
        Ok(spoken_part(&segment.ok_or(StudioError::NotRendered { lines: 1 })?.pcm))
    }

    #[expect(clippy::too_many_arguments, reason = "one call for both lanes; the arguments have nothing in common")]
    fn make_cues(
        &self,
        desk: &Mutex<Desk>,
        wanted: &[Wanted],
        priority: Priority,
        goes_on: bool,
        events: &dyn EventSink,
        cancel: &Cancel,
        failed: &mut usize,
    ) -> Result<Making, StudioError> {
        let mut voices: Vec<OpenVoice> = Vec::new();
        let mut known: HashMap<&str, usize> = HashMap::new();
        let mut speakers = Vec::new();
        for line in wanted {
            let by = match known.get(&*line.voice) {
                Some(by) => *by,
                None => {
                    voices.push(self.open_voice(&line.voice)?);
                    known.insert(&line.voice, voices.len() - 1);
                    voices.len() - 1
                }
            };
            speakers.push(by);
        }
        let language = lock(desk).head.to.clone();
        let lines = wanted.iter().map(|wanted| line_of(wanted, &language));
        let work = self.work_in(voices.iter().collect(), speakers, lines.collect());
        let mut follow = Follow { studio: self, desk, wanted, events, goes_on, failed: 0, unwritten: Vec::new() };
        let making = self.make_watched(&work, priority, events, cancel, &mut follow);
        *failed += follow.failed;
        follow.finish()?;
        making
    }

    /// Looks at sounds that are there and of which the dub knows nothing.
    fn account_for_cues(&self, desk: &Mutex<Desk>) -> Result<(), StudioError> {
        let mut desk = lock(desk);
        let cues = desk.script.cues.clone();
        let language = desk.head.to.clone();
        let mut made = Vec::new();
        for cue in cues.iter().filter(|cue| !cue.target.is_empty() && cue.recorded.is_none()) {
            let take = desk.first_take(cue);
            let wanted = desk.wanted(self, cue, take)?;
            if desk.sound(&wanted.key).is_none()
                && let Some(segment) = self.library()?.segment(&wanted.key)?
            {
                let listener = self.listener(Priority::Interactive)?;
                made.push(account(&wanted, &segment.pcm, &listener.judge(&segment.pcm, &line_of(&wanted, &language))));
            }
        }
        if made.is_empty() { Ok(()) } else { desk.append(self, &Record::Made { made }) }
    }
}

fn line_of<'a>(wanted: &'a Wanted, language: &'a str) -> Line<'a> {
    Line { spoken: &wanted.spoken, language, seed: u64::from(wanted.take), speed: 1.0 }
}

fn account(wanted: &Wanted, pcm: &Pcm, verdict: &Verdict) -> Made {
    let seconds = spoken_part(pcm).seconds();
    Made {
        key: Hex(wanted.key),
        cue: wanted.cue,
        take: wanted.take,
        seconds,
        badness: verdict.badness,
        likeness: None,
        doubt: verdict.doubt.clone(),
    }
}

/// Follows cues while they are made: shows how they stand, looks at each, and writes it into the dub.
struct Follow<'a> {
    studio: &'a Studio,
    desk: &'a Mutex<Desk>,
    wanted: &'a [Wanted],
    events: &'a dyn EventSink,
    /// Whether a line that cannot be made is left out.
    goes_on: bool,
    failed: usize,
    unwritten: Vec<Made>,
}

impl Follow<'_> {
    fn tell(&self, line: usize, state: UnitState) {
        if let Some(index) = lock(self.desk).place(self.wanted[line].cue) {
            self.events.emit(Event::Unit { index: index as u64, state });
        }
    }

    fn write(&mut self) -> Result<(), StudioError> {
        let made = std::mem::take(&mut self.unwritten);
        if made.is_empty() { Ok(()) } else { lock(self.desk).append(self.studio, &Record::Made { made }) }
    }

    /// Nothing is under way any more, however it ended.
    fn finish(mut self) -> Result<(), StudioError> {
        for wanted in self.wanted {
            lock(self.desk).set_under_way(&wanted.key, None);
        }
        self.write()
    }
}

impl Watch for Follow<'_> {
    fn missing(&mut self, lines: &[usize]) {
        for line in lines {
            lock(self.desk).set_under_way(&self.wanted[*line].key, Some(false));
            self.tell(*line, UnitState::Queued);
        }
    }

    fn at_work(&mut self, line: usize, is: bool) {
        lock(self.desk).set_under_way(&self.wanted[line].key, Some(is));
        self.tell(line, if is { UnitState::Rendering } else { UnitState::Queued });
    }

    fn failed(&mut self, line: usize, error: StudioError) -> Result<(), StudioError> {
        if !self.goes_on {
            return Err(error);
        }
        self.failed += 1;
        let wanted = &self.wanted[line];
        let place = {
            let mut desk = lock(self.desk);
            desk.set_under_way(&wanted.key, None);
            desk.set_failed(&wanted.key, Some(error.to_string()));
            desk.place(wanted.cue)
        };
        let number = place.map_or_else(|| "a cue".to_owned(), |place| format!("cue {}", place + 1));
        self.events.emit(Event::Warning { code: error.code().into(), message: format!("{number}: {error}") });
        self.tell(line, UnitState::Doubtful);
        Ok(())
    }

    fn made(&mut self, line: usize, pcm: &Pcm, verdict: &Verdict) -> Result<(), StudioError> {
        let wanted = &self.wanted[line];
        let made = account(wanted, pcm, verdict);
        let state = if made.doubt.is_some() { UnitState::Doubtful } else { UnitState::Made };
        {
            let mut desk = lock(self.desk);
            desk.set_under_way(&wanted.key, None);
            desk.set_failed(&wanted.key, None);
        }
        self.unwritten.push(made);
        if self.unwritten.len() >= TOGETHER {
            self.write()?;
        }
        self.tell(line, state);
        Ok(())
    }
}
