//! Cues to files. It never writes what the reader would take for something else.

use std::fmt::Write;

use super::{Cue, JOINER, SubtitleFormat, reader};

/// A whole file, UTF-8 without a mark. Cues without text are left out; SubRip numbers count from 1.
pub fn write_subtitles(cues: &[Cue], format: SubtitleFormat) -> String {
    let mut out = String::new();
    if format == SubtitleFormat::Vtt {
        out.push_str("WEBVTT\n\n");
    }
    for (number, cue) in cues.iter().filter(|cue| !cue.text().is_empty()).enumerate() {
        let (start, end) = (cue.start_milliseconds(), cue.end_milliseconds());
        // Writing to a string cannot fail.
        let _ = match format {
            SubtitleFormat::Srt => {
                let (start, end) = (time(start, ','), time(end, ','));
                writeln!(out, "{}\n{start} --> {end}\n{}\n", number + 1, disarmed(cue.text()))
            }
            SubtitleFormat::Vtt => {
                let (start, end) = (time(start, '.'), time(end, '.'));
                writeln!(out, "{start} --> {end}\n{}\n", escaped(cue.text()))
            }
        };
    }
    out
}

fn time(milliseconds: u64, mark: char) -> String {
    let (seconds, rest) = (milliseconds / 1000, milliseconds % 1000);
    format!("{:02}:{:02}:{:02}{mark}{rest:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// SubRip has no escapes: what looks like a time line or like formatting is parted by a character without width.
fn disarmed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        out.push(character);
        let rest = &text[at..];
        if rest.starts_with("-->") || reader::formatting(rest).is_some() {
            out.push(JOINER);
        }
    }
    out
}
