//! Narrate a book: plan its segments, make those that the library does not hold yet, join, level, encode with chapters.
//! What is stored is never made again, so that the same command goes on after any interruption.

use std::path::{Path, PathBuf};

use audio::Pcm;
use audio::edit::Piece;
use audio::encode::{Chapter, Metadata};
use engine::Priority;
use jobs::{Cancel, EventSink};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::make::{Key, Line};
use crate::{Studio, StudioError, place};

/// Loudness of what is written, in LUFS, and the ceiling of its peaks, in dBTP: between the audiobook stores' limits.
const LOUDNESS_LUFS: f64 = -20.0;
const CEILING_DBTP: f64 = -3.0;

/// Fade at the edges of every segment, against clicks.
pub(crate) const FADE_SECONDS: f64 = 0.005;

/// The bundled voice speaks English only.
pub(crate) const LANGUAGE: &str = "en";

/// Largest book file that is read.
pub const MAX_BOOK_BYTES: u64 = 256 << 20;

/// What to narrate.
#[derive(Debug, Clone)]
pub struct NarrateRequest {
    /// The book: EPUB, Markdown or plain text.
    pub book: PathBuf,
    /// A preset, or the name or id of a voice.
    pub voice: String,
    /// Where to write; the ending names the format.
    pub out: PathBuf,
    /// Only these chapters, as in `1-3,5`.
    pub chapters: Option<String>,
    /// Seed of every segment.
    pub seed: u64,
    /// Speaking rate, 0.5 to 2.0.
    pub speed: f32,
}

/// What was narrated.
#[derive(Debug, Clone, Serialize)]
pub struct Narrated {
    /// The file.
    pub file: PathBuf,
    /// Title of the book.
    pub title: String,
    /// Chapters written.
    pub chapters: usize,
    /// Segments in the book.
    pub segments: usize,
    /// Segments made by this run; the others were in the library.
    pub made: usize,
    /// Seconds of sound in the file.
    pub audio_seconds: f64,
    /// Seconds of speech made by this run.
    pub made_seconds: f64,
    /// Seconds that this run took.
    pub elapsed_seconds: f64,
    /// Seconds of speech made per second of making.
    pub times_real_time: f64,
    /// Mean number of slots that were busy while the engine stepped.
    pub mean_batch: f64,
    /// Lines that were made again with another seed, because their words were not heard or they found no end.
    pub retried: usize,
    /// Lines made by this run that are doubted all the same.
    pub doubted: usize,
    /// SHA-256 of the 16-bit samples before encoding, in hex: equal for equal narrations.
    pub pcm_sha256: String,
    /// What the reader of the book remarked.
    pub warnings: Vec<String>,
}

impl Studio {
    /// Refuses what cannot be narrated, before there is any work.
    pub(crate) fn check_narration(&self, request: &NarrateRequest) -> Result<(), StudioError> {
        crate::speak::check_speed(request.speed)?;
        place::format_of(&request.out, &self.settings)?;
        let (book, _) = read_book(&request.book)?;
        if text::plan(&book, request.chapters.as_deref())?.is_empty() {
            return Err(StudioError::NothingToSay);
        }
        self.open_voice(&request.voice)?;
        Ok(())
    }

    /// Narrates a book, or goes on with a narration that was stopped.
    pub fn narrate(
        &self,
        request: &NarrateRequest,
        events: &dyn EventSink,
        cancel: &Cancel,
    ) -> Result<Narrated, StudioError> {
        crate::speak::check_speed(request.speed)?;
        place::format_of(&request.out, &self.settings)?;
        self.library()?;
        let (book, warnings) = read_book(&request.book)?;
        let plan = text::plan(&book, request.chapters.as_deref())?;
        if plan.is_empty() {
            return Err(StudioError::NothingToSay);
        }
        let voice = self.open_voice(&request.voice)?;
        let lines: Vec<Line<'_>> = plan
            .iter()
            .map(|segment| Line {
                spoken: &segment.spoken,
                language: LANGUAGE,
                seed: request.seed,
                speed: request.speed,
            })
            .collect();
        let work = self.work(&voice, lines);
        let making = self.make(&work, Priority::Batch, events, cancel)?;

        let mut stretches: Vec<Stretch<'_>> = Vec::new();
        for (segment, key) in plan.iter().zip(&work.keys) {
            if stretches.last().is_none_or(|last| last.chapter != segment.chapter) {
                let title = &book.chapters[segment.chapter].title;
                stretches.push(Stretch { chapter: segment.chapter, title, pieces: Vec::new() });
            }
            if let Some(last) = stretches.last_mut() {
                last.pieces.push((*key, f64::from(segment.pause_seconds)));
            }
        }
        let about = About { title: &book.title, author: book.author.as_deref(), narrator: voice.label() };
        let take = |key: &Key| work.shelf.take(key);
        let Written { audio_seconds, pcm_sha256 } =
            self.write_book(&request.out, &about, &stretches, &take, &|_| Ok(()), cancel)?;
        Ok(Narrated {
            file: request.out.clone(),
            title: book.title.clone(),
            chapters: stretches.len(),
            segments: plan.len(),
            made: making.made,
            audio_seconds,
            made_seconds: making.audio_seconds,
            elapsed_seconds: making.elapsed_seconds,
            times_real_time: making.audio_seconds / making.elapsed_seconds.max(1e-9),
            mean_batch: making.mean_batch,
            retried: making.retried,
            doubted: making.doubted,
            pcm_sha256,
            warnings,
        })
    }

    /// Writes a book whose lines are all made: joins, levels and encodes it, a chapter at a time, and puts it in place.
    /// The one way in which a book becomes a file. `done` hears how many
    /// chapters are joined, and may stop it.
    pub(crate) fn write_book(
        &self,
        out: &Path,
        about: &About<'_>,
        stretches: &[Stretch<'_>],
        take: &dyn Fn(&Key) -> Result<Pcm, StudioError>,
        done: &dyn Fn(usize) -> Result<(), StudioError>,
        cancel: &Cancel,
    ) -> Result<Written, StudioError> {
        let format = place::format_of(out, &self.settings)?;
        let wav = place::beside(out)?;
        let mut whole = Joined::create(wav.path())?;
        for (number, stretch) in stretches.iter().enumerate() {
            let mut pieces = Vec::with_capacity(stretch.pieces.len());
            for (key, pause_seconds) in &stretch.pieces {
                cancel.checkpoint().map_err(|_| StudioError::Interrupted)?;
                pieces.push((take(key)?, *pause_seconds));
            }
            whole.chapter(stretch.title, &joined(&pieces)?)?;
            done(number + 1)?;
        }
        let (marks, audio_seconds, pcm_sha256) = whole.finish()?;
        let metadata = Metadata {
            title: Some(about.title.to_owned()),
            author: about.author.map(str::to_owned),
            narrator: Some(about.narrator.clone()),
            chapters: marks,
        };
        place::deliver(wav.path(), out, format, &metadata, &self.settings, cancel)?;
        Ok(Written { audio_seconds, pcm_sha256 })
    }
}

/// What the file of a book says about itself.
pub(crate) struct About<'a> {
    pub title: &'a str,
    pub author: Option<&'a str>,
    pub narrator: String,
}

/// A chapter of a file: its lines, each with the pause after it in seconds.
pub(crate) struct Stretch<'a> {
    /// Its number in the book.
    pub chapter: usize,
    pub title: &'a str,
    pub pieces: Vec<(Key, f64)>,
}

/// A file that was written.
pub(crate) struct Written {
    /// Seconds of sound in it.
    pub audio_seconds: f64,
    /// SHA-256 of the 16-bit samples before encoding, in hex.
    pub pcm_sha256: String,
}

pub(crate) fn read_book(path: &Path) -> Result<(text::Book, Vec<String>), StudioError> {
    let size = std::fs::metadata(path).map_err(|error| StudioError::input(path, &error))?;
    if size.is_dir() {
        return Err(StudioError::IsFolder { path: path.to_owned() });
    }
    if size.len() > MAX_BOOK_BYTES {
        return Err(StudioError::TooLarge { path: path.to_owned(), limit_megabytes: MAX_BOOK_BYTES >> 20 });
    }
    let bytes = std::fs::read(path).map_err(|error| StudioError::input(path, &error))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let (book, warnings) = text::read(&bytes, &name)?;
    Ok((book, warnings.iter().map(ToString::to_string).collect()))
}

/// Joins pieces, each followed by its pause in seconds, and brings them to the loudness that listeners and stores expect.
pub(crate) fn joined(pieces: &[(Pcm, f64)]) -> Result<Pcm, StudioError> {
    let pieces: Vec<Piece<'_>> =
        pieces.iter().map(|(pcm, pause_seconds)| Piece { pcm, pause_seconds: *pause_seconds }).collect();
    let whole = audio::edit::join(&pieces, FADE_SECONDS)?;
    Ok(audio::level::normalise_loudness(&whole, LOUDNESS_LUFS, CEILING_DBTP))
}

/// The whole book as one file under way, chapter by chapter.
struct Joined {
    writer: audio::wav::Writer,
    hash: Sha256,
    rate_hz: Option<u32>,
    seconds: f64,
    marks: Vec<Chapter>,
}

impl Joined {
    fn create(path: &Path) -> Result<Self, StudioError> {
        Ok(Self {
            writer: audio::wav::Writer::create(path, networks::signal::RATE_HZ, audio::wav::Depth::Int16)?,
            hash: Sha256::new(),
            rate_hz: None,
            seconds: 0.0,
            marks: Vec::new(),
        })
    }

    fn chapter(&mut self, title: &str, pcm: &Pcm) -> Result<(), StudioError> {
        debug_assert!(self.rate_hz.is_none_or(|rate| rate == pcm.rate_hz()));
        self.rate_hz = Some(pcm.rate_hz());
        let mut bytes = Vec::with_capacity(pcm.samples().len() * 2);
        for sample in pcm.samples() {
            bytes.extend_from_slice(&((sample.clamp(-1.0, 1.0) * 32767.0).round() as i16).to_le_bytes());
        }
        self.hash.update(&bytes);
        self.writer.write(pcm.samples())?;
        let start_seconds = self.seconds;
        self.seconds += pcm.seconds();
        self.marks.push(Chapter { title: title.to_owned(), start_seconds, end_seconds: self.seconds });
        Ok(())
    }

    fn finish(self) -> Result<(Vec<Chapter>, f64, String), StudioError> {
        self.writer.finish()?;
        Ok((self.marks, self.seconds, hex::encode(self.hash.finalize())))
    }
}
