//! Cues to files. It never writes what the reader would take for something else.

use std::borrow::Cow;
use std::fmt::Write;

use super::names::{self, Habit};
use super::{Cue, JOINER, SubtitleFormat, ass, reader};

/// A whole file, UTF-8 without a mark. Cues without text are left out; SubRip numbers count from 1. SubRip has no place
/// for a speaker, so the name stands before the text, as players show it. ASS rounds times to hundredths of a second.
pub fn write_subtitles(cues: &[Cue], format: SubtitleFormat) -> String {
    let shown = || cues.iter().filter(|cue| !cue.text().is_empty());
    let habit = Habit::of(shown().filter(|cue| cue.speaker().is_none()).map(Cue::text));
    let mut out = match format {
        SubtitleFormat::Srt => String::new(),
        SubtitleFormat::Vtt => "WEBVTT\n\n".to_owned(),
        SubtitleFormat::Ass => ass::HEADER.to_owned(),
    };
    for (number, cue) in shown().enumerate() {
        let (start, end) = (cue.start_milliseconds(), cue.end_milliseconds());
        let text = match cue.speaker() {
            None if habit != Habit::None => Cow::Owned(names::disarmed(cue.text(), habit)),
            _ => Cow::Borrowed(cue.text()),
        };
        // Writing to a string cannot fail.
        let _ = match format {
            SubtitleFormat::Srt => {
                let (start, end) = (time(start, ','), time(end, ','));
                let text = cue.speaker().map_or(text.clone(), |speaker| Cow::Owned(names::mark(speaker, &text)));
                writeln!(out, "{}\n{start} --> {end}\n{}\n", number + 1, disarmed(&text))
            }
            SubtitleFormat::Vtt => {
                let (start, end, text) = (time(start, '.'), time(end, '.'), escaped(&text));
                match cue.speaker() {
                    Some(speaker) => {
                        writeln!(out, "{start} --> {end}\n<v {}>{text}</v>\n", escaped(speaker))
                    }
                    None => writeln!(out, "{start} --> {end}\n{text}\n"),
                }
            }
            SubtitleFormat::Ass => writeln!(out, "{}", ass::event(cue, &text)),
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
