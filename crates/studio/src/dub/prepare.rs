//! What comes before speaking: the film is looked at, listened to, parted by speakers, written down and translated. Each
//! stage is a record of the dub, so that what was found is never looked for again.

mod hear;
mod words;

use audio::Pcm;
use audio::media::{Probe, Shape, Tools};
use jobs::{Cancel, Event, EventSink};
use serde::Serialize;

use super::desk::{Desk, lock};
use super::error::DubError;
use super::head::{self, Head, Record};
use super::{NewDub, cues, listen};
use crate::{Studio, StudioError};

/// Longest film, in seconds: its speech is listened to as a whole, which takes 230 MB an hour.
const LONGEST_SECONDS: f64 = 4.0 * 3600.0;
/// Longest tag of a language; BCP 47 asks for 35.
const MAX_LANGUAGE: usize = 35;

/// What is known before the first line is spoken.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Prepared {
    /// Cues.
    pub cues: usize,
    /// People who speak.
    pub speakers: usize,
    /// Cues without words in the language of the dub.
    pub untranslated: usize,
    /// Who wrote down what is said: `subtitles`, a model's kind, or nobody.
    pub written_by: String,
    /// What is not as it should be.
    pub warnings: Vec<String>,
}

impl Studio {
    /// The tools for films.
    pub(crate) fn film_tools(&self) -> Result<Tools, StudioError> {
        let ffmpeg = self.settings.ffmpeg.as_deref().ok_or_else(|| StudioError::Missing {
            what: "dubbing needs ffmpeg, which was not found".into(),
            fix: "install ffmpeg (`cargo xtask setup` does, or your system's packages)".into(),
        })?;
        Ok(Tools::beside(ffmpeg)?)
    }

    /// Looks at a film and its subtitles, before there is a dub.
    pub(super) fn look_at_film(&self, new: &NewDub) -> Result<(Head, Option<Record>), StudioError> {
        let to = language(&new.to)?;
        let from = new.from.as_deref().map(language).transpose()?;
        let film = std::path::absolute(&new.film).map_err(|error| StudioError::input(&new.film, &error))?;
        let print = head::fingerprint(&film)?;
        let probe = self.film_tools()?.probe(&film, &|| true)?;
        let track = match new.track {
            Some(track) if track < probe.sounds.len() => track,
            Some(_) => {
                return Err(StudioError::OutOfRange { what: "the sound track", range: "one that the film has" });
            }
            None if probe.sounds.is_empty() => return Err(DubError::NoSound { path: film }.into()),
            None => probe.sounds.iter().position(|track| track.is_default).unwrap_or(0),
        };
        if !(0.0..=LONGEST_SECONDS).contains(&probe.seconds) {
            return Err(StudioError::OutOfRange { what: "the length of the film", range: "at most four hours" });
        }
        let duration_ms = (probe.seconds * 1000.0).round() as u64;
        let read = |path: &Option<std::path::PathBuf>| path.as_deref().map_or(Ok(Default::default()), cues::read);
        let (source, mut warnings) = read(&new.source_subtitles)?;
        let (target, more) = read(&new.target_subtitles)?;
        warnings.extend(more);
        let found = cues::joined(&source, &target, duration_ms);
        warnings.extend(found.warnings);
        if found.cues.is_empty() && (new.source_subtitles.is_some() || new.target_subtitles.is_some()) {
            return Err(DubError::NobodySpeaks.into());
        }
        let record = (!found.cues.is_empty()).then_some(Record::Found {
            cues: found.cues,
            speakers: found.speakers,
            assigned: found.assigned,
            warnings,
        });
        let title = film.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let has_picture = probe.video.is_some();
        let speakers = new.speakers.filter(|count| *count > 0);
        let added = self.now();
        let version = Head::version();
        let given = head::given(new)?;
        let head =
            Head { version, film, print, title, track, has_picture, duration_ms, from, to, given, speakers, added };
        Ok((head, record))
    }

    /// Does all that comes before speaking and is not done yet.
    pub fn prepare_dub(&self, id: u64, events: &dyn EventSink, cancel: &Cancel) -> Result<Prepared, StudioError> {
        let desk = self.dub_desk(id)?;
        let head = lock(&desk).head.clone();
        check_film(&head)?;
        let (is_written, is_assigned, is_listened) = {
            let desk = lock(&desk);
            (!desk.script.cues.is_empty(), desk.is_assigned, desk.regions.is_some())
        };
        let mut warnings = Vec::new();
        if !is_written || !is_assigned || !is_listened {
            let tools = self.film_tools()?;
            let probe = tools.probe(&head.film, &|| !cancel.is_cancelled())?;
            let sound = speech_of(&tools, &probe, &head, cancel)?;
            let regions = listen::regions(sound.samples(), &listen::Rules::default());
            cancel.checkpoint().map_err(|_| StudioError::Interrupted)?;
            if !is_listened {
                let ms = |seconds: f64| (seconds * 1000.0).round() as u64;
                let regions = regions.iter().map(|region| (ms(region.start_seconds), ms(region.end_seconds))).collect();
                lock(&desk).append(self, &Record::Spoken { regions })?;
            }
            if !is_written {
                events.emit(Event::note("nobody gave subtitles: the film is listened to"));
                let found = self.write_film_down(&head, &sound, &regions, events, cancel)?;
                lock(&desk).append(self, &found)?;
            } else if !is_assigned {
                let assigned = self.tell_speakers_apart(&lock(&desk).script.cues.clone(), &head, &sound, cancel)?;
                lock(&desk).append(self, &Record::Assigned { speakers: assigned })?;
            }
        }
        self.translate_dub(&desk, events, cancel, &mut warnings)?;
        let desk = lock(&desk);
        warnings.splice(0..0, desk.warnings.iter().cloned());
        Ok(prepared(&desk, warnings))
    }
}

fn prepared(desk: &Desk, warnings: Vec<String>) -> Prepared {
    let by = |author| desk.script.cues.iter().any(|cue| cue.by == author);
    Prepared {
        cues: desk.script.cues.len(),
        speakers: desk.script.speakers.len(),
        untranslated: desk.script.cues.iter().filter(|cue| cue.target.is_empty() && cue.recorded.is_none()).count(),
        written_by: if by(super::Author::Ear) { "ear" } else { "subtitles" }.into(),
        warnings,
    }
}

/// Refuses to go on with another film than the dub was begun with.
pub(super) fn check_film(head: &Head) -> Result<(), StudioError> {
    match head::fingerprint(&head.film) {
        Ok(print) if print == head.print => Ok(()),
        _ => Err(DubError::FilmChanged { path: head.film.clone() }.into()),
    }
}

/// The film's speech as the ears take it: one channel at 16 kHz, on the time line of the picture.
fn speech_of(tools: &Tools, probe: &Probe, head: &Head, cancel: &Cancel) -> Result<Pcm, StudioError> {
    let shape = Shape { rate_hz: listen::RATE_HZ, channels: 1 };
    let mut reader = tools.sound(&head.film, probe, head.track, shape)?;
    let most = (LONGEST_SECONDS * f64::from(listen::RATE_HZ)) as usize;
    let (mut samples, mut block) = (Vec::new(), Vec::new());
    while reader.read(&mut block, &|| !cancel.is_cancelled())? > 0 {
        if samples.len() + block.len() > most {
            return Err(StudioError::OutOfRange { what: "the length of the film", range: "at most four hours" });
        }
        samples.extend_from_slice(&block);
    }
    if samples.is_empty() {
        return Err(DubError::NoSound { path: head.film.clone() }.into());
    }
    Ok(Pcm::new(samples, listen::RATE_HZ)?)
}

/// A language tag as it is kept.
fn language(tag: &str) -> Result<String, StudioError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let primary = tag.split(['-', '_']).next().unwrap_or_default();
    let is_tag = (2..=3).contains(&primary.len()) && primary.chars().all(|c| c.is_ascii_alphabetic());
    if !is_tag || tag.len() > MAX_LANGUAGE || !tag.chars().all(fits) {
        return Err(DubError::BadLanguage { tag: tag.chars().take(MAX_LANGUAGE).collect() }.into());
    }
    Ok(tag.replace('_', "-"))
}

/// Whether two tags name the same language, wherever it is spoken.
pub(super) fn is_same_language(one: &str, other: &str) -> bool {
    let primary = |tag: &str| tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    primary(one) == primary(other)
}
