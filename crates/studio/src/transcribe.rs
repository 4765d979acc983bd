//! Write a recording down: cut it into stretches, hear them side by side, find when the words are said, make cues of a
//! readable length. It loads no model: recogniser and aligner are given.
//!
//! Stretches are about 30 seconds long, though the model takes twenty minutes at once: its encoder looks no further
//! than eight seconds, many short stretches share a batch where one long one runs alone, and the memory of a stretch grows
//! with its length. What is lost is the sentence before a cut as a hint for the next one.

mod cues;
mod cut;
pub(crate) mod flight;
mod paper;

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::path::{Path, PathBuf};

use audio::{Limits, Pcm};
use engine::{Engine, Output, Priority};
use jobs::{Cancel, Event, EventSink, Meter};
use serde::Serialize;
use speech::{Alignment, Heard, Listening, StepModel, TimedWord, Transcript};

use crate::{Studio, StudioError, place};
use cues::{Piece, aligned, estimated};
pub use paper::{Format, Paper, Segment, SpokenWord, Times};

/// Longest stretch, in seconds, give or take [`SEARCH_SECONDS`].
const STRETCH_SECONDS: f64 = 30.0;
/// How far from there a quiet place to cut is looked for.
const SEARCH_SECONDS: f64 = 5.0;
/// Longest recording that is taken: it is held in memory whole.
const LIMITS: Limits = Limits { max_seconds: 4.0 * 3600.0, max_bytes: 4 << 30 };
/// What is quieter than this throughout is not listened to: there is nothing but the converter's noise.
const NOTHING: f32 = 0.001;

/// Whatever writes stretches of sound down.
pub trait Recogniser: Send + Sync {
    /// Hands in a stretch at 16 kHz; never blocks.
    fn hear(&self, stretch: Listening, priority: Priority) -> Output<Heard>;

    /// Stretches that it hears side by side.
    fn slots(&self) -> usize;
}

impl<M: StepModel<Request = Listening, Chunk = Heard>> Recogniser for Engine<M> {
    fn hear(&self, stretch: Listening, priority: Priority) -> Output<Heard> {
        self.submit(stretch, priority)
    }

    fn slots(&self) -> usize {
        self.load().slots
    }
}

/// Whatever finds when words are said.
pub trait Aligner: Send + Sync {
    /// Hands in a stretch at 16 kHz with its text; never blocks.
    fn align(&self, alignment: Alignment, priority: Priority) -> Output<Vec<TimedWord>>;

    /// Alignments that it makes side by side.
    fn slots(&self) -> usize;

    /// Whether it was made for this BCP 47 language.
    fn knows(&self, language: &str) -> bool {
        networks::qwen3_asr::is_aligned(language)
    }
}

impl<M: StepModel<Request = Alignment, Chunk = Vec<TimedWord>>> Aligner for Engine<M> {
    fn align(&self, alignment: Alignment, priority: Priority) -> Output<Vec<TimedWord>> {
        self.submit(alignment, priority)
    }

    fn slots(&self) -> usize {
        self.load().slots
    }
}

/// The models that this machine has for it.
#[derive(Clone, Copy, Default)]
pub struct Ears<'a> {
    /// Without one, nothing can be written down.
    pub recogniser: Option<&'a dyn Recogniser>,
    /// Without one, times are estimated.
    pub aligner: Option<&'a dyn Aligner>,
}

/// What to write down.
#[derive(Debug, Clone, Default)]
pub struct TranscribeRequest {
    /// The recording.
    pub audio: PathBuf,
    /// Where to write; the ending names the format: `.srt`, `.vtt`, `.ass`, `.json` or `.txt`.
    pub out: PathBuf,
    /// BCP 47 language that is spoken; without it the model finds out, stretch by stretch.
    pub language: Option<String>,
    /// Names and words that may come; may be empty.
    pub context: String,
}

/// What was written down.
#[derive(Debug, Clone, Serialize)]
pub struct Transcribed {
    /// The file.
    pub file: PathBuf,
    /// BCP 47 language that most of it is in; none if nobody speaks.
    pub language: Option<String>,
    /// Seconds of sound.
    pub audio_seconds: f64,
    /// Stretches that it was cut into.
    pub segments: usize,
    /// Words.
    pub words: usize,
    /// Cues.
    pub cues: usize,
    /// Whether the times were found or estimated.
    pub times: Times,
    /// Seconds that it took.
    pub elapsed_seconds: f64,
    /// Seconds of sound written down per second.
    pub times_real_time: f64,
    /// What is not as it should be.
    pub warnings: Vec<String>,
}

impl Studio {
    /// Writes a recording down into a file.
    pub fn transcribe(
        &self,
        request: &TranscribeRequest,
        ears: Ears<'_>,
        events: &dyn EventSink,
        cancel: &Cancel,
    ) -> Result<Transcribed, StudioError> {
        let format = Format::of(&request.out)?;
        // Bad input is refused before a model is missed.
        let sound = read_sound(&request.audio)?;
        let started = self.settings.clock.elapsed_seconds();
        let mut paper = self.write_down(&sound, request, ears, events, cancel)?;
        paper.source = request.audio.file_name().map(|name| name.to_string_lossy().into_owned());
        let temporary = place::beside(&request.out)?;
        std::fs::write(temporary.path(), paper.written(format)?)
            .map_err(|error| StudioError::output(&request.out, &error))?;
        std::fs::rename(temporary.path(), &request.out).map_err(|error| StudioError::output(&request.out, &error))?;
        let elapsed_seconds = self.settings.clock.elapsed_seconds() - started;
        Ok(Transcribed {
            file: request.out.clone(),
            language: paper.language,
            audio_seconds: paper.duration_seconds,
            segments: paper.segments.len(),
            words: paper.segments.iter().map(|segment| segment.words.len()).sum(),
            cues: paper.cues.len(),
            times: paper.times,
            elapsed_seconds,
            times_real_time: sound.seconds() / elapsed_seconds.max(1e-9),
            warnings: paper.warnings,
        })
    }

    /// Writes sound of any rate down, without a file: what other recipes build on. Of the request, language and context
    /// are used.
    pub fn write_down(
        &self,
        sound: &Pcm,
        request: &TranscribeRequest,
        ears: Ears<'_>,
        events: &dyn EventSink,
        cancel: &Cancel,
    ) -> Result<Paper, StudioError> {
        let recogniser = ears.recogniser.ok_or_else(no_recogniser)?;
        let resampled;
        let sound = if sound.rate_hz() == networks::signal::RATE_HZ {
            sound
        } else {
            resampled = audio::resample(sound, networks::signal::RATE_HZ)?;
            &resampled
        };
        let cuts = cut::cut(sound.samples(), sound.rate_hz(), STRETCH_SECONDS, SEARCH_SECONDS);
        let heard_in = |range: &Range<usize>| sound.samples()[range.clone()].iter().any(|v| v.abs() > NOTHING);
        let stretches: Vec<Stretch> = cuts
            .into_iter()
            .filter(heard_in)
            .map(|range| Stretch { range, transcript: Transcript::default() })
            .collect();
        let passes = 1 + u64::from(ears.aligner.is_some());
        let now = self.settings.clock.elapsed_seconds();
        let mut desk = Desk {
            studio: self,
            events,
            meter: Meter::new(stretches.len() as u64 * passes, 0, now),
            warnings: Vec::new(),
        };
        events.emit(desk.meter.progress(now));
        let stretches = desk.hear(sound, stretches, request, recogniser, cancel)?;
        let segments = desk.segments(sound, &stretches, ears.aligner, cancel)?;
        Ok(Paper::new(sound, segments, desk.warnings))
    }
}

/// A part of the recording and what is said in it.
struct Stretch {
    /// In samples.
    range: Range<usize>,
    transcript: Transcript,
}

/// A transcription under way.
struct Desk<'a> {
    studio: &'a Studio,
    events: &'a dyn EventSink,
    meter: Meter,
    warnings: Vec<String>,
}

impl Desk<'_> {
    fn hear(
        &mut self,
        sound: &Pcm,
        mut stretches: Vec<Stretch>,
        request: &TranscribeRequest,
        recogniser: &dyn Recogniser,
        cancel: &Cancel,
    ) -> Result<Vec<Stretch>, StudioError> {
        let ranges: Vec<_> = stretches.iter().map(|stretch| stretch.range.clone()).collect();
        let submit = |index: usize| -> Result<_, StudioError> {
            let stretch = Listening {
                sound: part(sound, &ranges[index])?,
                language: request.language.clone(),
                context: request.context.clone(),
                most_tokens: None,
            };
            Ok(recogniser.hear(stretch, Priority::Batch))
        };
        let in_flight = recogniser.slots().max(1) * 2;
        flight::in_order(ranges.len(), in_flight, cancel, &submit, &mut |news| match news {
            flight::News::Held(is_held) => {
                self.held(is_held);
                Ok(())
            }
            flight::News::Done(index, chunks) => {
                let whole = chunks?.into_iter().find_map(|heard| match heard {
                    Heard::Whole(transcript) => Some(transcript),
                    Heard::Piece(_) => None,
                });
                let seconds = ranges[index].len() as f64 / f64::from(sound.rate_hz());
                stretches[index].transcript = whole.unwrap_or_default();
                if !stretches[index].transcript.is_whole && !stretches[index].transcript.text.is_empty() {
                    let at = clock_time(ranges[index].start as f64 / f64::from(sound.rate_hz()));
                    self.warn("incomplete", format!("what is said from {at} on may be incomplete or repeated"));
                }
                self.made(seconds);
                Ok(())
            }
        })?;
        Ok(stretches)
    }

    /// Stretches with text become segments with times.
    fn segments(
        &mut self,
        sound: &Pcm,
        stretches: &[Stretch],
        aligner: Option<&dyn Aligner>,
        cancel: &Cancel,
    ) -> Result<Vec<(Segment, Vec<Piece>)>, StudioError> {
        let mut segments: Vec<(Segment, Vec<Piece>)> = Vec::new();
        for stretch in stretches.iter().filter(|stretch| !stretch.transcript.text.trim().is_empty()) {
            let samples = &sound.samples()[stretch.range.clone()];
            let start_seconds = stretch.range.start as f64 / f64::from(sound.rate_hz());
            let end_seconds = stretch.range.end as f64 / f64::from(sound.rate_hz());
            let transcript = &stretch.transcript;
            let loud = cut::sounding(samples, sound.rate_hz());
            let loud = start_seconds + loud.start..start_seconds + loud.end;
            let pieces = estimated(&transcript.text, transcript.language.as_deref(), loud);
            let segment = Segment {
                start_seconds,
                end_seconds,
                language: transcript.language.clone(),
                times: Times::Estimated,
                text: transcript.text.clone(),
                words: Vec::new(),
            };
            segments.push((segment, pieces));
        }
        let Some(aligner) = aligner else { return Ok(segments) };
        let (known, unknown): (Vec<usize>, Vec<usize>) = (0..segments.len())
            .partition(|&i| segments[i].0.language.as_deref().is_none_or(|language| aligner.knows(language)));
        if !unknown.is_empty() {
            self.warn("estimated_times", format!("the aligner does not know the language of {} parts", unknown.len()));
        }
        let asked: Vec<(Range<usize>, String, Option<String>)> = known
            .iter()
            .map(|&i| {
                let segment = &segments[i].0;
                let at = |seconds: f64| (seconds * f64::from(sound.rate_hz())).round() as usize;
                let range = at(segment.start_seconds)..at(segment.end_seconds);
                (range, segment.text.clone(), segment.language.clone())
            })
            .collect();
        let submit = |index: usize| -> Result<_, StudioError> {
            let (range, text, language) = asked[index].clone();
            Ok(aligner.align(Alignment { sound: part(sound, &range)?, text, language }, Priority::Batch))
        };
        flight::in_order(asked.len(), aligner.slots().max(1) * 2, cancel, &submit, &mut |news| match news {
            flight::News::Held(is_held) => {
                self.held(is_held);
                Ok(())
            }
            flight::News::Done(index, Ok(chunks)) => {
                let (segment, pieces) = &mut segments[known[index]];
                let words = chunks.into_iter().next().unwrap_or_default();
                if let Some(found) = aligned(&segment.text, &words, segment.start_seconds, segment.end_seconds) {
                    segment.times = Times::Aligned;
                    let timed = words.into_iter().zip(&found).map(|(word, piece)| SpokenWord {
                        text: word.text,
                        start_seconds: piece.start_seconds,
                        end_seconds: piece.end_seconds,
                    });
                    segment.words = timed.collect();
                    *pieces = found;
                }
                self.made(0.0);
                Ok(())
            }
            // What is too much for the aligner keeps its estimate; anything else is the engine's.
            flight::News::Done(_, Err(fault)) if fault.code == "too_long" => {
                self.warn("estimated_times", format!("times of one part are estimated: {}", fault.message));
                self.made(0.0);
                Ok(())
            }
            flight::News::Done(_, Err(fault)) => Err(fault.into()),
        })?;
        Ok(segments)
    }

    fn made(&mut self, audio_seconds: f64) {
        let now = self.studio.settings.clock.elapsed_seconds();
        self.meter.made(1, audio_seconds, now);
        self.events.emit(self.meter.progress(now));
    }

    fn held(&mut self, is_held: bool) {
        let now = self.studio.settings.clock.elapsed_seconds();
        if is_held { self.meter.pause(now) } else { self.meter.resume(now) }
    }

    fn warn(&mut self, code: &str, message: String) {
        self.events.emit(Event::Warning { code: code.into(), message: message.clone() });
        self.warnings.push(message);
    }
}

fn part(sound: &Pcm, range: &Range<usize>) -> Result<Pcm, StudioError> {
    let end = range.end.min(sound.len());
    Ok(Pcm::new(sound.samples()[range.start.min(end)..end].to_vec(), sound.rate_hz())?)
}

/// A recording at the rate of the models; at its own rate it may be three times as large.
fn read_sound(path: &Path) -> Result<Pcm, StudioError> {
    let about = std::fs::metadata(path).map_err(|error| StudioError::input(path, &error))?;
    if about.is_dir() {
        return Err(StudioError::IsFolder { path: path.to_owned() });
    }
    Ok(audio::resample(&audio::decode::read(path, &LIMITS)?, networks::signal::RATE_HZ)?)
}

fn no_recogniser() -> StudioError {
    StudioError::Missing {
        what: "writing speech down needs a recogniser; the bundled ear only hears the sentence of a consent".into(),
        fix: "run `vouch models pull qwen3-asr-0.6b` (better and slower: qwen3-asr-1.7b; for the times of words also \
              qwen3-forcedaligner-0.6b), or take the model's folder with `vouch models import DIR`"
            .into(),
    }
}

/// `minutes:seconds`, with hours where there are any.
fn clock_time(seconds: f64) -> String {
    let whole = seconds as u64;
    match whole / 3600 {
        0 => format!("{}:{:02}", whole / 60, whole % 60),
        hours => format!("{hours}:{:02}:{:02}", whole / 60 % 60, whole % 60),
    }
}
