//! The written form of a recording: what is known of it, and how it goes into files.

use std::collections::BTreeMap;
use std::path::Path;

use audio::Pcm;
use serde::{Serialize, Serializer};
use text::{Cue, SubtitleFormat, write_subtitles};

use super::cues::{Piece, cues};
use crate::{StudioError, place};

/// Version of the JSON.
const VERSION: u32 = 1;

/// Where times come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Times {
    /// An aligner found each word.
    Aligned,
    /// The time of a stretch is shared out by characters.
    Estimated,
}

/// A word and when it is said, in seconds from the start of the recording.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SpokenWord {
    /// Without punctuation.
    pub text: String,
    /// Its beginning.
    #[serde(serialize_with = "to_millisecond")]
    pub start_seconds: f64,
    /// Its end.
    #[serde(serialize_with = "to_millisecond")]
    pub end_seconds: f64,
}

/// A stretch of the recording in which somebody speaks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Segment {
    /// Its beginning, in seconds.
    #[serde(serialize_with = "to_millisecond")]
    pub start_seconds: f64,
    /// Its end, in seconds.
    #[serde(serialize_with = "to_millisecond")]
    pub end_seconds: f64,
    /// BCP 47, as heard or as given.
    pub language: Option<String>,
    /// Where the times in it come from.
    pub times: Times,
    /// The words with punctuation.
    pub text: String,
    /// The words with times of their own; none where times are estimated.
    pub words: Vec<SpokenWord>,
}

/// All that was written down.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Paper {
    /// Version of this form.
    pub version: u32,
    /// Name of the file that it was heard in.
    pub source: Option<String>,
    /// BCP 47 language that most of it is in.
    pub language: Option<String>,
    /// Length of the recording, in seconds.
    #[serde(serialize_with = "to_millisecond")]
    pub duration_seconds: f64,
    /// `aligned` if every segment is.
    pub times: Times,
    /// The whole text.
    pub text: String,
    /// Stretches with speech, in order.
    pub segments: Vec<Segment>,
    /// Cues of a readable length, in order.
    #[serde(serialize_with = "in_seconds")]
    pub cues: Vec<Cue>,
    /// What is not as it should be.
    pub warnings: Vec<String>,
}

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Cues alone.
    Subtitles(SubtitleFormat),
    /// All that is known.
    Json,
    /// The words alone.
    Text,
}

impl Format {
    /// By the ending of a name, in a folder that exists.
    pub fn of(out: &Path) -> Result<Self, StudioError> {
        let name = out.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let format = match name.rsplit_once('.').map(|(_, ending)| ending) {
            Some("json") => Some(Self::Json),
            Some("txt") => Some(Self::Text),
            _ => SubtitleFormat::of_name(&name).map(Self::Subtitles),
        };
        let format = format.ok_or_else(|| StudioError::UnknownTextFormat { path: out.to_owned() })?;
        let folder = place::folder_of(out);
        if !folder.is_dir() {
            return Err(StudioError::NoFolder { path: folder });
        }
        if out.is_dir() {
            return Err(StudioError::IsFolder { path: out.to_owned() });
        }
        Ok(format)
    }
}

impl Paper {
    pub(super) fn new(sound: &Pcm, segments: Vec<(Segment, Vec<Piece>)>, warnings: Vec<String>) -> Self {
        let mut text = String::new();
        let mut pieces: Vec<Piece> = Vec::new();
        let mut seconds: BTreeMap<&str, f64> = BTreeMap::new();
        for (segment, found) in &segments {
            let is_spaced = !text.is_empty() && is_parted(&text, &segment.text);
            if is_spaced {
                text.push(' ');
            }
            text.push_str(segment.text.trim());
            let first = pieces.len();
            pieces.extend(found.iter().cloned());
            if let Some(first) = pieces.get_mut(first) {
                first.is_spaced = is_spaced;
            }
            if let Some(language) = &segment.language {
                *seconds.entry(language).or_default() += segment.end_seconds - segment.start_seconds;
            }
        }
        // Of equally long ones the first by name, so that it is always the same.
        let language = seconds.iter().rev().max_by(|a, b| a.1.total_cmp(b.1)).map(|(name, _)| (*name).to_owned());
        let is_aligned = |(segment, _): &(Segment, Vec<Piece>)| segment.times == Times::Aligned;
        let all = !segments.is_empty() && segments.iter().all(is_aligned);
        Self {
            version: VERSION,
            source: None,
            language,
            duration_seconds: sound.seconds(),
            times: if all { Times::Aligned } else { Times::Estimated },
            text,
            cues: cues(&pieces),
            segments: segments.into_iter().map(|(segment, _)| segment).collect(),
            warnings,
        }
    }

    /// As the contents of a file.
    pub fn written(&self, format: Format) -> Result<String, StudioError> {
        Ok(match format {
            Format::Subtitles(format) => write_subtitles(&self.cues, format),
            Format::Text => format!("{}\n", self.text),
            Format::Json => {
                let mut json = serde_json::to_string_pretty(self)
                    .map_err(|error| speech::Fault::new("failed", format!("the transcript is no JSON: {error}")))?;
                json.push('\n');
                json
            }
        })
    }
}

/// Whether white space belongs between two texts: not where Chinese or Japanese meet.
fn is_parted(before: &str, after: &str) -> bool {
    let is_wide = |c: char| {
        matches!(u32::from(c), 0x3000..=0x30FF | 0x3400..=0x9FFF | 0xF900..=0xFAFF | 0xFF00..=0xFF60)
            || matches!(u32::from(c), 0x2_0000..=0x3_FFFD)
    };
    let (last, first) = (before.trim_end().chars().next_back(), after.trim_start().chars().next());
    !(last.is_some_and(is_wide) && first.is_some_and(is_wide))
}

fn to_millisecond<S: Serializer>(seconds: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((seconds * 1000.0).round() / 1000.0)
}

fn in_seconds<S: Serializer>(cues: &[Cue], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Shown<'a> {
        start_seconds: f64,
        end_seconds: f64,
        text: &'a str,
    }
    serializer.collect_seq(cues.iter().map(|cue| Shown {
        start_seconds: cue.start_milliseconds() as f64 / 1000.0,
        end_seconds: cue.end_milliseconds() as f64 / 1000.0,
        text: cue.text(),
    }))
}
