//! Subtitles as cues: SubRip and WebVTT, written and read. Files are hostile: what is read is bounded, and what cannot
//! be understood is left out and told. It knows no sound and no file on disk.
//!
//! The readers that crates.io has are strict grammars without limits, while many SRT files break some rule; hence this
//! one. What it writes, it reads back as the same cues.

mod reader;
mod writer;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use reader::read_subtitles;
pub use writer::write_subtitles;

/// Longest time in a file: a thousand hours, in milliseconds.
pub const MOST_MILLISECONDS: u64 = 3_600_000_000;
/// Most cues in a file.
pub const MOST_CUES: usize = 200_000;
/// Longest text of a cue, in characters.
pub const MOST_CUE_CHARACTERS: usize = 4096;

/// A kind of subtitle file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubtitleFormat {
    /// SubRip, `.srt`.
    Srt,
    /// WebVTT, `.vtt`.
    Vtt,
}

impl SubtitleFormat {
    /// By the ending of a file name.
    pub fn of_name(name: &str) -> Option<Self> {
        match name.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
            "srt" => Some(Self::Srt),
            "vtt" => Some(Self::Vtt),
            _ => None,
        }
    }
}

/// Text and when it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cue {
    start_milliseconds: u64,
    end_milliseconds: u64,
    text: String,
}

impl Cue {
    /// A cue. The text loses empty lines, white space at the ends of lines, control characters, undecodable ones and
    /// those without width that only steer line breaks; times are bounded, and a cue never ends before it starts.
    pub fn new(start_milliseconds: u64, end_milliseconds: u64, text: &str) -> Self {
        let start_milliseconds = start_milliseconds.min(MOST_MILLISECONDS);
        Self {
            start_milliseconds,
            end_milliseconds: end_milliseconds.clamp(start_milliseconds, MOST_MILLISECONDS),
            text: plain(text),
        }
    }

    /// When it appears.
    pub fn start_milliseconds(&self) -> u64 {
        self.start_milliseconds
    }

    /// When it goes; not before it appears.
    pub fn end_milliseconds(&self) -> u64 {
        self.end_milliseconds
    }

    /// Plain text, lines parted by `\n`, none of them empty.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Written into what only looks like a time line or like formatting, so that it is read as the text that it is;
/// [`Cue::new`] takes it out again.
const JOINER: char = '\u{2060}';

fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut count = 0;
    for line in text.split(['\n', '\r', '\u{0B}', '\u{0C}', '\u{85}', '\u{2028}', '\u{2029}']) {
        let clean: String = line
            .chars()
            .filter(|c| !matches!(c, '\u{200B}' | '\u{FEFF}' | '\u{FFFD}' | '\0') && *c != JOINER)
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let clean = clean.trim();
        if clean.is_empty() || count >= MOST_CUE_CHARACTERS {
            continue;
        }
        if !out.is_empty() {
            out.push('\n');
            count += 1;
        }
        let kept: String = clean.chars().take(MOST_CUE_CHARACTERS - count.min(MOST_CUE_CHARACTERS)).collect();
        count += kept.chars().count();
        out.push_str(kept.trim_end());
    }
    out.truncate(out.trim_end().len());
    out
}
