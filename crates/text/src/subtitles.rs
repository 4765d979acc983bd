//! Subtitles as cues: SubRip, WebVTT and Advanced SubStation Alpha, written and read. Files are hostile: what is read is
//! bounded, and what cannot be understood is left out and told. It knows no sound and no file on disk.
//!
//! The readers that crates.io has are strict grammars without limits, while many SRT files break some rule; hence this
//! one. What it writes, it reads back as the same cues; only ASS has no finer times than hundredths of a second.

mod ass;
mod names;
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
/// Longest name of a speaker, in characters.
pub const MOST_SPEAKER_CHARACTERS: usize = 64;
/// Most turns that one cue of a file is parted into; what follows belongs to the last.
const MOST_TURNS: usize = 16;

/// A kind of subtitle file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubtitleFormat {
    /// SubRip, `.srt`.
    Srt,
    /// WebVTT, `.vtt`.
    Vtt,
    /// Advanced SubStation Alpha, `.ass`; the older `.ssa` is read as well, and `.ass` is what is written. Its times are
    /// hundredths of a second.
    Ass,
}

impl SubtitleFormat {
    /// By the ending of a file name.
    pub fn of_name(name: &str) -> Option<Self> {
        match name.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
            "srt" => Some(Self::Srt),
            "vtt" => Some(Self::Vtt),
            "ass" | "ssa" => Some(Self::Ass),
            _ => None,
        }
    }
}

/// Text, when it is shown, and who speaks it if the file says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cue {
    start_milliseconds: u64,
    end_milliseconds: u64,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    speaker: Option<String>,
}

impl Cue {
    /// A cue of nobody in particular. The text loses empty lines, white space at the ends of lines, control characters, undecodable ones and
    /// those without width that only steer line breaks; times are bounded, and a cue never ends before it starts.
    pub fn new(start_milliseconds: u64, end_milliseconds: u64, text: &str) -> Self {
        let start_milliseconds = start_milliseconds.min(MOST_MILLISECONDS);
        Self {
            start_milliseconds,
            end_milliseconds: end_milliseconds.clamp(start_milliseconds, MOST_MILLISECONDS),
            text: plain(text),
            speaker: None,
        }
    }

    /// A cue that somebody speaks. The name becomes one line of at most [`MOST_SPEAKER_CHARACTERS`], under the rules of
    /// the text; one without any character is no name.
    pub fn with_speaker(start_milliseconds: u64, end_milliseconds: u64, text: &str, speaker: &str) -> Self {
        Self { speaker: name(speaker), ..Self::new(start_milliseconds, end_milliseconds, text) }
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

    /// Who speaks, as the file calls them: the name field of ASS, the voice of WebVTT, or a name before a colon where
    /// the whole file has that habit. One line, not empty.
    pub fn speaker(&self) -> Option<&str> {
        self.speaker.as_deref()
    }

    /// The cue as it is to be spoken: where two or more lines open with a dash of dialogue, and the first is one of
    /// them, one cue for each, without the dashes, the time shared by the length of the texts; else the cue itself. Who
    /// takes which turn is not known, so only a cue without a speaker is parted.
    pub fn turns(&self) -> Vec<Self> {
        let turns = if self.speaker.is_none() { names::dashed(&self.text) } else { None };
        let Some(turns) = turns else { return vec![self.clone()] };
        let turns = turns.into_iter().map(|text| (None, text)).collect();
        Said { start: self.start_milliseconds, end: self.end_milliseconds, turns }.cues()
    }
}

/// One cue of a file, with its formatting gone, in turns: who speaks, and what.
struct Said {
    start: u64,
    end: u64,
    turns: Vec<(Option<String>, String)>,
}

impl Said {
    /// A cue for each turn. The time is shared by the numbers of letters, which is as good a guess as any.
    fn cues(self) -> Vec<Cue> {
        let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count().max(1) as u64;
        let all: u64 = self.turns.iter().map(|(_, text)| letters(text)).sum();
        let length = self.end.saturating_sub(self.start);
        let (mut done, mut from) = (0, self.start);
        let cue = |(speaker, text): &(Option<String>, String)| {
            done += letters(text);
            let to = self.start + length * done / all.max(1);
            let cue = Cue::with_speaker(from, to, text, speaker.as_deref().unwrap_or_default());
            from = to;
            cue
        };
        self.turns.iter().map(cue).collect()
    }
}

/// The name of a speaker: one line, bounded.
fn name(text: &str) -> Option<String> {
    let line = plain(text).split_whitespace().collect::<Vec<_>>().join(" ");
    let name: String = line.chars().take(MOST_SPEAKER_CHARACTERS).collect();
    Some(name.trim_end().to_owned()).filter(|name| !name.is_empty())
}

/// Written into what only looks like a time line, like formatting or like a speaker's name, so that it is read as the text that it is;
/// [`Cue::new`] takes it out again.
const JOINER: char = '\u{2060}';

fn plain(text: &str) -> String {
    // Most texts are short and have nothing to be taken out; ten thousand of them should cost no time.
    if text.len() <= MOST_CUE_CHARACTERS && text.bytes().all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte)) {
        let lines = text.split('\n').map(str::trim).filter(|line| !line.is_empty());
        return lines.fold(String::with_capacity(text.len()), |out, line| {
            if out.is_empty() { out + line } else { out + "\n" + line }
        });
    }
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
