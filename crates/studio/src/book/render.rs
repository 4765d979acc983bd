//! Makes the lines of a book: all that are not made, as a job, or one at once while somebody listens. What the user edits
//! meanwhile is made as it then stands. Consent is checked for every line where it is made.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use audio::Pcm;
use engine::Priority;
use jobs::{Cancel, Event, EventSink, Silence, UnitState};
use serde::Serialize;

use super::desk::{Desk, Wanted, lock};
use super::head::{Made, Record};
use super::{BookLine, Changed, Edit};
use crate::check::{self, Verdict};
use crate::make::{Line, Watch};
use crate::voices::OpenVoice;
use crate::{Studio, StudioError};

/// Made lines are written into the book's record this many at a time…
const TOGETHER: usize = 16;
/// …or after this long, in seconds. What a crash loses of the record is found again in the library.
const LONGEST_WAIT_SECONDS: f64 = 2.0;

/// What a rendering came to.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Rendered {
    /// Lines of the chosen chapters.
    pub lines: usize,
    /// Lines made by this run; the others were there.
    pub made: usize,
    /// Lines, of those made, that somebody should listen to.
    pub doubtful: usize,
    /// Lines that no voice could say; all others are made.
    pub failed: usize,
    /// Seconds of speech made by this run.
    pub audio_seconds: f64,
    /// Seconds that this run took.
    pub elapsed_seconds: f64,
    /// Mean number of slots that were busy while the engine stepped.
    pub mean_batch: f64,
}

impl Studio {
    /// Makes every line of a book that is not made as it stands. Begins at `from_line`; those before it follow after the
    /// last. `chapters` chooses chapters, as in `1-3,5`.
    pub fn render_book(
        &self,
        id: u64,
        chapters: Option<&str>,
        from_line: Option<usize>,
        events: &dyn EventSink,
        cancel: &Cancel,
    ) -> Result<Rendered, StudioError> {
        let desk = self.desk(id)?;
        let mut rendered = Rendered::default();
        loop {
            let wanted = {
                let mut desk = lock(&desk);
                desk.catch_up(self)?;
                let mut places = desk.chosen(chapters)?;
                rendered.lines = places.len();
                let first = places.iter().position(|at| Some(*at) >= from_line).unwrap_or(0);
                places.rotate_left(first);
                let lines = places.iter().map(|at| &desk.script.lines[*at]).filter(|line| !desk.is_there(line));
                lines.map(|line| desk.wanted(line, line.take)).collect::<Vec<_>>()
            };
            if wanted.is_empty() {
                break;
            }
            let events = Whole { events, found: (rendered.lines - wanted.len()) as u64 };
            let mut follow = Follow::new(self, &desk, &wanted, &events);
            follow.goes_on = true;
            let making = self.make_wanted(&wanted, Priority::Batch, &events, cancel, &mut follow);
            rendered.doubtful += follow.doubtful;
            rendered.failed = follow.failed;
            follow.finish()?;
            let making = making?;
            rendered.made += making.made;
            rendered.audio_seconds += making.audio_seconds;
            rendered.elapsed_seconds += making.elapsed_seconds;
            rendered.mean_batch = making.mean_batch;
            // What was edited while this went on is made in another round.
            if making.made == 0 {
                break;
            }
        }
        self.account_for(&desk)?;
        Ok(rendered)
    }

    /// Makes one line, before anything else that the engine has to do. With `new_take` it is made anew, and the new take
    /// counts from then on; this can be taken back like any edit.
    pub fn render_line(&self, id: u64, line: usize, new_take: bool, cancel: &Cancel) -> Result<Changed, StudioError> {
        let desk = self.desk(id)?;
        let (wanted, before, take) = {
            let mut desk = lock(&desk);
            desk.catch_up(self)?;
            let it = desk.script.line(line)?.clone();
            if it.manner.locked.is_some() {
                return Err(StudioError::LineLocked { line });
            }
            let take = if new_take { desk.script.takes(&it) } else { it.take };
            (desk.wanted(&it, take), desk.shown(line..line + 1), take)
        };
        let wanted = [wanted];
        let mut follow = Follow::new(self, &desk, &wanted, &Silence);
        follow.insists = true;
        let making = self.make_wanted(&wanted, Priority::Interactive, &Silence, cancel, &mut follow);
        follow.finish()?;
        making?;
        if !new_take {
            self.account_for(&desk)?;
        }
        let mut desk = lock(&desk);
        // The line may have moved, or gone, while it was made.
        let Some(at) = desk.place(wanted[0].id) else { return Ok(desk.changed(Vec::new(), true)) };
        let edited = if new_take { Some(desk.edit(self, &Edit::Take { line: at, take })?) } else { None };
        let mut lines: Vec<BookLine> = desk.shown(at..at + 1);
        lines.retain(|line| !before.contains(line));
        let others = edited.into_iter().flat_map(|changed| changed.lines).filter(|line| line.index != at);
        lines.extend(others);
        Ok(desk.changed(lines, at != line))
    }

    /// The sound of a line, in the take that counts or another one. Consent is checked now.
    pub fn line_sound(&self, id: u64, line: usize, take: Option<u32>) -> Result<Pcm, StudioError> {
        let desk = self.desk(id)?;
        let wanted = {
            let mut desk = lock(&desk);
            desk.catch_up(self)?;
            let it = desk.script.line(line)?;
            desk.wanted(it, take.unwrap_or(it.take))
        };
        self.check_may_sound(&wanted.voice, crate::narrate::LANGUAGE)?;
        let segment = self.library()?.segment(&wanted.key)?;
        segment.map(|segment| segment.pcm).ok_or(StudioError::NotRendered { lines: 1 })
    }

    /// Whether what a voice said in a language may be heard now.
    pub(crate) fn check_may_sound(&self, voice: &str, language: &str) -> Result<(), StudioError> {
        let library = self.library()?;
        if self.is_nobodys(voice) {
            return Ok(());
        }
        let voice = self.asked(voice).name;
        match library.voices()?.iter().find(|person| person.id.to_string() == voice) {
            Some(person) => {
                library.authorize_speech(&person.id, language, 0, self.now())?;
                Ok(())
            }
            None => Err(StudioError::UnknownVoice { name: voice.to_owned(), known: Vec::new() }),
        }
    }

    fn make_wanted(
        &self,
        wanted: &[Wanted],
        priority: Priority,
        events: &dyn EventSink,
        cancel: &Cancel,
        follow: &mut Follow<'_>,
    ) -> Result<crate::make::Making, StudioError> {
        let (voices, speakers) = self.open_voices(wanted.iter().map(|wanted| &wanted.voice))?;
        let lines: Vec<Line<'_>> = wanted
            .iter()
            .map(|wanted| Line {
                spoken: &wanted.spoken,
                language: crate::narrate::LANGUAGE,
                seed: wanted.seed,
                speed: wanted.speed,
            })
            .collect();
        let work = self.work_in(voices.iter().collect(), speakers, lines);
        self.make_watched(&work, priority, events, cancel, follow)
    }

    /// Opens each voice once, and tells which is whose.
    pub(super) fn open_voices<'a>(
        &self,
        names: impl Iterator<Item = &'a Arc<str>>,
    ) -> Result<(Vec<OpenVoice>, Vec<usize>), StudioError> {
        let mut voices = Vec::new();
        let mut speakers = Vec::new();
        let mut known: HashMap<&str, usize> = HashMap::new();
        for name in names {
            let by = match known.get(&**name) {
                Some(by) => *by,
                None => {
                    voices.push(self.open_voice(name)?);
                    known.insert(name, voices.len() - 1);
                    voices.len() - 1
                }
            };
            speakers.push(by);
        }
        Ok((voices, speakers))
    }

    /// Looks at sounds that are there and of which the book knows nothing.
    fn account_for(&self, desk: &Mutex<Desk>) -> Result<(), StudioError> {
        let strange = lock(desk).unaccounted();
        for some in strange.chunks(TOGETHER) {
            let mut made: Vec<Made> = Vec::new();
            for wanted in some {
                let Some(segment) = self.library()?.segment(&wanted.key)? else { continue };
                let doubt = check::doubt(&segment.pcm, &wanted.spoken, wanted.speed);
                made.push(lock(desk).arrived(&wanted.key, segment.pcm.seconds(), doubt).0);
            }
            if !made.is_empty() {
                lock(desk).append(self, &Record::Made { made })?;
            }
        }
        Ok(())
    }
}

/// Tells progress of the whole choice of lines, of which only those that are not there are at work.
struct Whole<'a> {
    events: &'a dyn EventSink,
    found: u64,
}

impl EventSink for Whole<'_> {
    fn emit(&self, mut event: Event) {
        if let Event::Progress { done, total, .. } = &mut event {
            *done += self.found;
            *total += self.found;
        }
        self.events.emit(event);
    }
}

/// Follows lines of a book while they are made: shows how they stand, looks at each, and writes it into the book.
struct Follow<'a> {
    studio: &'a Studio,
    desk: &'a Mutex<Desk>,
    wanted: &'a [Wanted],
    events: &'a dyn EventSink,
    /// Whether a line is made even if the book has another one in its place by now.
    insists: bool,
    /// Whether a line that cannot be made is left out.
    goes_on: bool,
    failed: usize,
    unwritten: Vec<Made>,
    written_at: f64,
    doubtful: usize,
}

impl<'a> Follow<'a> {
    fn new(studio: &'a Studio, desk: &'a Mutex<Desk>, wanted: &'a [Wanted], events: &'a dyn EventSink) -> Self {
        let written_at = studio.settings.clock.elapsed_seconds();
        Self {
            studio,
            desk,
            wanted,
            events,
            insists: false,
            goes_on: false,
            failed: 0,
            unwritten: Vec::new(),
            written_at,
            doubtful: 0,
        }
    }

    fn tell(&self, place: Option<usize>, state: UnitState) {
        if let Some(index) = place {
            self.events.emit(Event::Unit { index: index as u64, state });
        }
    }

    fn write(&mut self) -> Result<(), StudioError> {
        self.written_at = self.studio.settings.clock.elapsed_seconds();
        let made = std::mem::take(&mut self.unwritten);
        if made.is_empty() { Ok(()) } else { lock(self.desk).append(self.studio, &Record::Made { made }) }
    }

    /// Nothing is under way any more, however it ended.
    fn finish(mut self) -> Result<(), StudioError> {
        {
            let mut desk = lock(self.desk);
            for wanted in self.wanted {
                desk.set_under_way(&wanted.key, None);
            }
        }
        self.write()
    }
}

impl Watch for Follow<'_> {
    fn missing(&mut self, lines: &[usize]) {
        let places: Vec<Option<usize>> = {
            let mut desk = lock(self.desk);
            lines
                .iter()
                .map(|line| {
                    desk.set_under_way(&self.wanted[*line].key, Some(false));
                    desk.place(self.wanted[*line].id)
                })
                .collect()
        };
        places.into_iter().for_each(|place| self.tell(place, UnitState::Queued));
    }

    fn wanted(&mut self, line: usize) -> bool {
        let mut desk = lock(self.desk);
        let is_wanted = self.insists || desk.still_wants(&self.wanted[line]);
        if !is_wanted {
            desk.set_under_way(&self.wanted[line].key, None);
        }
        is_wanted
    }

    fn at_work(&mut self, line: usize, is: bool) {
        let place = {
            let mut desk = lock(self.desk);
            desk.set_under_way(&self.wanted[line].key, Some(is));
            desk.place(self.wanted[line].id)
        };
        self.tell(place, if is { UnitState::Rendering } else { UnitState::Queued });
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
            desk.set_failed(&wanted.key, error.to_string());
            desk.place(wanted.id)
        };
        let number = place.map_or_else(|| "a line".to_owned(), |place| format!("line {}", place + 1));
        self.events.emit(Event::Warning { code: error.code().into(), message: format!("{number}: {error}") });
        self.tell(place, UnitState::Doubtful);
        Ok(())
    }

    fn made(&mut self, line: usize, pcm: &Pcm, verdict: &Verdict) -> Result<(), StudioError> {
        let wanted = &self.wanted[line];
        let doubt = verdict.doubt.clone();
        let state = if doubt.is_some() { UnitState::Doubtful } else { UnitState::Made };
        self.doubtful += usize::from(doubt.is_some());
        let (mut made, places) = lock(self.desk).arrived(&wanted.key, pcm.seconds(), doubt);
        if !made.lines.contains(&wanted.id) {
            made.lines.push(wanted.id);
        }
        places.into_iter().for_each(|place| self.tell(Some(place), state));
        self.unwritten.push(made);
        let waited = self.studio.settings.clock.elapsed_seconds() - self.written_at;
        if self.unwritten.len() >= TOGETHER || waited > LONGEST_WAIT_SECONDS { self.write() } else { Ok(()) }
    }
}
