//! Writes a dub whose lines are made: lays them into the film's sound, and puts the film with its new sound where the user
//! wants it. Sound goes through memory and pipes; nothing of a voice is in a file but what was asked for.

mod judge;
mod sheet;
mod stems;

use std::path::{Path, PathBuf};

use audio::level::Meter as Loudness;
use audio::media::{Mux, Probe, Shape, Shown, SoundReader, Tools};
use jobs::{Cancel, Event, EventSink, Meter};
use serde::Serialize;

use super::desk::lock;
use super::error::DubError;
use super::head::Record;
use super::mix::{self, Mix, RATE_HZ, Settings};
use super::prepare;
use super::report::Report;
use crate::{Studio, StudioError, place};
pub(super) use sheet::Sheet;
use stems::Stems;

/// The form of every mix.
const SHAPE: Shape = Shape { rate_hz: RATE_HZ, channels: 2 };
/// Progress is told in steps of so many seconds of film.
const STEP_SECONDS: u64 = 5;

/// How the words of a dub are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Subtitles {
    /// Not at all.
    #[default]
    None,
    /// As a track that viewers can switch on.
    Soft,
    /// Drawn into the picture, which is encoded anew.
    Burnt,
}

impl Subtitles {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Soft => "soft",
            Self::Burnt => "burnt",
        }
    }

    /// By its name; none for anything else.
    pub(super) fn called(name: &str) -> Self {
        [Self::Soft, Self::Burnt].into_iter().find(|one| one.name() == name).unwrap_or_default()
    }
}

impl std::str::FromStr for Subtitles {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::None, Self::Soft, Self::Burnt]
            .into_iter()
            .find(|one| one.name() == text)
            .ok_or_else(|| "choose none, soft or burnt".to_owned())
    }
}

/// What to write of a dub.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DubFiles {
    /// The film; its ending names the container.
    pub out: Option<PathBuf>,
    /// Whether the film keeps its own sound as further tracks.
    pub keep_original: bool,
    /// How the words are shown.
    pub subtitles: Subtitles,
    /// Folder for stems and exchange files.
    pub stems: Option<PathBuf>,
}

/// What was written.
#[derive(Debug, Clone, Serialize)]
pub struct DubFile {
    /// Every file.
    pub files: Vec<PathBuf>,
    /// How good it is.
    pub report: Report,
}

impl Studio {
    /// Refuses, before any work, what could not be written.
    pub(super) fn check_files(&self, film: &Path, files: &DubFiles) -> Result<(), StudioError> {
        if let Some(out) = &files.out {
            let folder = place::folder_of(out);
            if !folder.is_dir() {
                return Err(StudioError::NoFolder { path: folder });
            }
            if out.is_dir() {
                return Err(StudioError::IsFolder { path: out.clone() });
            }
            if audio::media::Target::from_path(out).is_none() {
                return Err(DubError::UnknownContainer { path: out.clone() }.into());
            }
            let same = std::fs::canonicalize(out).and_then(|out| Ok(out == std::fs::canonicalize(film)?));
            if same.unwrap_or(false) {
                return Err(DubError::OverFilm { path: out.clone() }.into());
            }
        }
        Ok(())
    }

    /// Writes a dub whose cues are made. Cues without words stay as they are in the film.
    pub fn deliver_dub(
        &self,
        id: u64,
        files: &DubFiles,
        events: &dyn EventSink,
        cancel: &Cancel,
    ) -> Result<DubFile, StudioError> {
        let desk = self.dub_desk(id)?;
        let mut sheet = Sheet::of(self, &mut lock(&desk))?;
        self.check_files(&sheet.head.film, files)?;
        prepare::check_film(&sheet.head)?;
        // However old the sounds are: a voice whose consent ended is not delivered.
        for voice in &sheet.voices {
            self.check_may_sound(voice, &sheet.head.to)?;
        }
        let tools = self.film_tools()?;
        let probe = tools.probe(&sheet.head.film, &|| !cancel.is_cancelled())?;
        sheet.frames_per_second = probe.video.as_ref().map(|video| video.frames_per_second).filter(|rate| *rate > 0.0);
        let sheet = sheet;
        let film = FilmSound { tools: &tools, probe: &probe, sheet: &sheet, cancel };
        let passes = if sheet.settings.is_some() { 1 } else { 3 };
        let mut pace = Pace::new(self, events, sheet.head.duration_ms / 1000 * passes);
        let (settings, film_lufs) = match &sheet.settings {
            Some(known) => known.clone(),
            None => {
                let (settings, film_lufs) = self.level(&film, &mut pace)?;
                lock(&desk).append(self, &Record::Level { settings: settings.clone(), film_lufs })?;
                (settings, film_lufs)
            }
        };
        let mix = Mix::new(sheet.lines.clone(), sheet.head.duration_ms, settings);
        let mut stems = files.stems.as_deref().map(|folder| Stems::begin(folder, &sheet)).transpose()?;
        let mut loudness = Loudness::new(2, RATE_HZ, true)?;
        let mut written = Vec::new();
        let mut sound = |sink: &mut dyn FnMut(&mix::Block<'_>) -> Result<(), StudioError>| {
            let by_speaker = stems.is_some();
            film.pass(self, &mix, by_speaker, &mut pace, &mut |block| {
                loudness.add(block.mix)?;
                if let Some(stems) = &mut stems {
                    stems.write(block)?;
                }
                sink(block)
            })
        };
        match &files.out {
            Some(out) => {
                let srt = sheet.subtitles();
                let title = format!("{} dub", sheet.head.to);
                let subtitles = audio::media::Subtitles {
                    srt: &srt,
                    shown: if files.subtitles == Subtitles::Burnt { Shown::Burnt } else { Shown::Soft },
                    language: Some(&sheet.head.to),
                    title: Some(&title),
                };
                let mux = Mux {
                    film: &sheet.head.film,
                    probe: &probe,
                    out,
                    shape: SHAPE,
                    language: Some(&sheet.head.to),
                    title: Some(&title),
                    keep_original: files.keep_original,
                    subtitles: (files.subtitles != Subtitles::None).then_some(subtitles),
                };
                tools.mux(&mux, |writer| sound(&mut |block| Ok(writer.write(block.mix)?)), &mut |_| (), &|| {
                    !cancel.is_cancelled()
                })?;
                written.push(out.clone());
            }
            None => sound(&mut |_| Ok(()))?,
        }
        let report = sheet.report(self, &tools, film_lufs, &loudness, cancel)?;
        if let Some(stems) = stems {
            written.extend(stems.finish(&sheet, &report)?);
        }
        Ok(DubFile { files: written, report })
    }

    /// How loud the mix is brought: so loud that it is as loud as the film was.
    fn level(&self, film: &FilmSound<'_>, pace: &mut Pace<'_>) -> Result<(Settings, Option<f64>), StudioError> {
        let windows: Vec<(u64, u64)> = film.sheet.lines.iter().map(|line| line.source_ms).collect();
        let mut reader = film.reader()?;
        let keep_going = || film.keeps_going();
        let survey = mix::survey(&windows, &mut |block| film.next(&mut reader, block, pace), &keep_going)?;
        let before = Settings { tone: survey.tone.clone(), ..Settings::default() };
        let before = match survey.speech_dbfs {
            Some(speech_dbfs) => Settings { speech_dbfs, ..before },
            None => before,
        };
        let Some(target) = survey.lufs else { return Ok((before, None)) };
        let mut loudness = Loudness::new(2, RATE_HZ, false)?;
        let mix = Mix::new(film.sheet.lines.clone(), film.sheet.head.duration_ms, before.clone());
        film.pass(self, &mix, false, pace, &mut |block| Ok(loudness.add(block.mix)?))?;
        let gain_db = mix::matching_gain_db(target, loudness.lufs());
        Ok((Settings { gain_db, ..before }, Some(target)))
    }
}

/// The film's own sound, and the lines that go into it.
struct FilmSound<'a> {
    tools: &'a Tools,
    probe: &'a Probe,
    sheet: &'a Sheet,
    cancel: &'a Cancel,
}

impl FilmSound<'_> {
    fn reader(&self) -> Result<SoundReader, StudioError> {
        Ok(self.tools.sound(&self.sheet.head.film, self.probe, self.sheet.head.track, SHAPE)?)
    }

    fn keeps_going(&self) -> bool {
        // Waits here while the job is held.
        self.cancel.checkpoint().is_ok()
    }

    fn next(&self, reader: &mut SoundReader, block: &mut Vec<f32>, pace: &mut Pace<'_>) -> Result<(), StudioError> {
        let frames = reader.read(block, &|| !self.cancel.is_cancelled())?;
        pace.on(frames as u64);
        Ok(())
    }

    fn pass(
        &self,
        studio: &Studio,
        mix: &Mix,
        by_speaker: bool,
        pace: &mut Pace<'_>,
        sink: &mut mix::Sink<'_>,
    ) -> Result<(), StudioError> {
        let mut reader = self.reader()?;
        mix.pass(
            mix.whole(),
            by_speaker,
            &mut |block| self.next(&mut reader, block, pace),
            &mut |line| self.sheet.sound(studio, self.tools, line, &|| !self.cancel.is_cancelled()),
            &|| self.keeps_going(),
            sink,
        )
    }
}

/// How far the mixing has come.
struct Pace<'a> {
    studio: &'a Studio,
    events: &'a dyn EventSink,
    meter: Meter,
    frames: u64,
}

impl<'a> Pace<'a> {
    fn new(studio: &'a Studio, events: &'a dyn EventSink, seconds: u64) -> Self {
        let now = studio.settings.clock.elapsed_seconds();
        events.emit(Event::note("the lines are laid into the film's sound"));
        Self { studio, events, meter: Meter::new(seconds.max(1), 0, now), frames: 0 }
    }

    fn on(&mut self, frames: u64) {
        self.frames += frames;
        let step = STEP_SECONDS * u64::from(RATE_HZ);
        if self.frames >= step {
            let seconds = self.frames / u64::from(RATE_HZ);
            self.frames -= seconds * u64::from(RATE_HZ);
            let now = self.studio.settings.clock.elapsed_seconds();
            self.meter.made(seconds, seconds as f64, now);
            self.events.emit(self.meter.progress(now));
        }
    }
}
