//! Audacity's label tracks: one label a line, seconds and text parted by tabs. Knows cues only.

use std::fmt::Write;

use crate::subtitles::Cue;

/// Cues as a label track: start and end in seconds with six decimals, then the text in one line, behind the speaker's
/// name and a colon if there is one.
pub fn write_labels(cues: &[Cue]) -> String {
    let mut out = String::new();
    for cue in cues {
        let text: Vec<&str> = cue.text().split_whitespace().collect();
        let speaker = cue.speaker().map(|speaker| format!("{speaker}: ")).unwrap_or_default();
        let (start, end) = (seconds(cue.start_milliseconds()), seconds(cue.end_milliseconds()));
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{start}\t{end}\t{speaker}{}", text.join(" "));
    }
    out
}

/// In whole numbers, as nothing may be lost on the way through a float.
fn seconds(milliseconds: u64) -> String {
    format!("{}.{:03}000", milliseconds / 1000, milliseconds % 1000)
}
