//! Writes a book of the library, whose lines are all made, to a file. Joins and encodes as narrations do; makes nothing.

use std::path::{Path, PathBuf};

use jobs::{Cancel, Event, EventSink, Export, JobSpec, Render};
use serde::Serialize;

use super::desk::lock;
use crate::make::Key;
use crate::narrate::{About, Stretch, Written};
use crate::voices::OpenVoice;
use crate::{Studio, StudioError, place};

/// A book that was written to a file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Delivered {
    /// The file.
    pub file: PathBuf,
    /// Title of the book.
    pub title: String,
    /// Chapters written.
    pub chapters: usize,
    /// Lines written.
    pub lines: usize,
    /// Seconds of sound in the file.
    pub audio_seconds: f64,
    /// Seconds that it took.
    pub elapsed_seconds: f64,
    /// SHA-256 of the 16-bit samples before encoding, in hex.
    pub pcm_sha256: String,
}

/// A chapter of a layout.
struct Part {
    number: u32,
    title: String,
    /// Its lines, each with the pause after it in seconds.
    pieces: Vec<(Key, f64)>,
}

/// A book laid out for a file.
struct Layout {
    title: String,
    author: Option<String>,
    chapters: Vec<Part>,
    lines: usize,
    voices: Vec<OpenVoice>,
}

impl Studio {
    /// A job that makes what is not made of a book. Refuses what could not be made, before there is a job.
    pub fn render_job(
        &self,
        id: u64,
        chapters: Option<String>,
        from_line: Option<usize>,
    ) -> Result<JobSpec, StudioError> {
        let desk = self.desk(id)?;
        let mut desk = lock(&desk);
        desk.catch_up(self)?;
        let places = desk.chosen(chapters.as_deref())?;
        if let Some(line) = from_line {
            desk.script.line(line)?;
        }
        let lines = places.iter().map(|at| &desk.script.lines[*at]).filter(|line| !desk.is_there(line));
        self.open_voices(lines.map(|line| desk.script.spoken_by(line).0))?;
        Ok(JobSpec::Render(Render { book: id, title: desk.card().title, chapters, from_line }))
    }

    /// A job that writes a book to a file. Refuses what could not be written, before there is a job.
    pub fn export_job(&self, id: u64, out: &Path, chapters: Option<String>) -> Result<JobSpec, StudioError> {
        let out = std::path::absolute(out).map_err(|error| StudioError::input(out, &error))?;
        place::format_of(&out, &self.settings)?;
        let layout = self.lay_out(id, chapters.as_deref())?;
        Ok(JobSpec::Export(Export { book: id, title: layout.title, out, chapters }))
    }

    /// Writes a book whose lines are all made; the ending of `out` names the format.
    pub fn export_book(
        &self,
        id: u64,
        out: &Path,
        chapters: Option<&str>,
        events: &dyn EventSink,
        cancel: &Cancel,
    ) -> Result<Delivered, StudioError> {
        place::format_of(out, &self.settings)?;
        let started = self.settings.clock.elapsed_seconds();
        let Layout { title, author, chapters, lines, voices } = self.lay_out(id, chapters)?;
        let labels: Vec<String> = voices.iter().map(OpenVoice::label).collect();
        let about = About { title: &title, author: author.as_deref(), narrator: labels.join(", ") };
        let stretches: Vec<Stretch<'_>> = chapters
            .iter()
            .map(|Part { number, title, pieces }| Stretch { chapter: *number as usize, title, pieces: pieces.clone() })
            .collect();
        let take = |key: &Key| Ok(self.library()?.segment(key)?.ok_or(StudioError::SegmentLost)?.pcm);
        let elapsed = || self.settings.clock.elapsed_seconds() - started;
        let done = |chapters| events.emit(Event::progress(chapters, stretches.len(), 0.0, elapsed()));
        // A consent that ends while the file is written is not delivered: it is asked for again with each chapter.
        let asked = |chapters: usize| -> Result<(), StudioError> {
            done(chapters);
            voices.iter().try_for_each(|voice| self.voicing(voice, crate::narrate::LANGUAGE, 0.0).map(drop))
        };
        let Written { audio_seconds, pcm_sha256 } = self.write_book(out, &about, &stretches, &take, &asked, cancel)?;
        Ok(Delivered {
            file: out.to_owned(),
            title: title.clone(),
            chapters: stretches.len(),
            lines,
            audio_seconds,
            elapsed_seconds: elapsed(),
            pcm_sha256,
        })
    }

    fn lay_out(&self, id: u64, chapters: Option<&str>) -> Result<Layout, StudioError> {
        let desk = self.desk(id)?;
        let mut desk = lock(&desk);
        desk.catch_up(self)?;
        let places = desk.chosen(chapters)?;
        let lines = || places.iter().map(|at| &desk.script.lines[*at]);
        // Consent first: lines of a voice that was revoked are not there, and rendering them would not help.
        let (voices, _) = self.open_voices(lines().map(|line| desk.script.spoken_by(line).0))?;
        let missing = lines().filter(|line| !desk.is_there(line)).count();
        if missing > 0 {
            return Err(StudioError::NotRendered { lines: missing });
        }
        let mut chapters: Vec<Part> = Vec::new();
        for line in lines() {
            if chapters.last().is_none_or(|part| part.number != line.chapter) {
                chapters.push(Part { number: line.chapter, title: desk.title(line.chapter), pieces: Vec::new() });
            }
            if let Some(part) = chapters.last_mut() {
                part.pieces.push((desk.wanted(line, line.take).key, f64::from(line.pause_seconds)));
            }
        }
        let card = desk.card();
        Ok(Layout { title: card.title, author: card.author, chapters, lines: places.len(), voices })
    }
}
