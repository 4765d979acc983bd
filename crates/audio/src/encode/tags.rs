//! Titles and chapters as the text file that ffmpeg reads (its "metadata" format). It knows no process.

use std::fmt::Write;

use super::{Format, Metadata};
use crate::AudioError;

/// The whole file.
pub(super) fn ffmetadata(metadata: &Metadata, format: Format) -> Result<String, AudioError> {
    let mut text = String::from(";FFMETADATA1\n");
    let mut tag = |key: &str, value: &str| {
        if !value.is_empty() {
            // Writing into a String cannot fail.
            let _ = writeln!(text, "{key}={}", escaped(value));
        }
    };
    let title = metadata.title.as_deref().unwrap_or_default();
    let author = metadata.author.as_deref().unwrap_or_default();
    tag("title", title);
    tag("album", title);
    tag("artist", author);
    tag("album_artist", author);
    // Players of audiobooks show the composer as the narrator.
    tag("composer", metadata.narrator.as_deref().unwrap_or_default());
    if !metadata.chapters.is_empty() {
        tag("genre", "Audiobook");
    }
    if format == Format::M4b {
        // The iTunes media kind "audiobook", by which players remember the place.
        tag("media_type", "2");
    }
    if format.chapters_are_comments() {
        for (n, chapter) in metadata.chapters.iter().enumerate() {
            tag(&format!("CHAPTER{n:03}"), &clock(milliseconds(chapter.start_seconds)));
            tag(&format!("CHAPTER{n:03}NAME"), &chapter.title);
        }
    }
    let mut last_end = 0;
    for chapter in &metadata.chapters {
        let times = [chapter.start_seconds, chapter.end_seconds];
        let [start, end] = times.map(milliseconds);
        if !times.iter().all(|seconds| seconds.is_finite()) || start < last_end || end <= start {
            return Err(AudioError::bad(format!("chapter “{}” does not follow the one before it", chapter.title)));
        }
        last_end = end;
        let title = escaped(&chapter.title);
        let _ = write!(text, "[CHAPTER]\nTIMEBASE=1/1000\nSTART={start}\nEND={end}\ntitle={title}\n");
    }
    Ok(text)
}

fn milliseconds(seconds: f64) -> i64 {
    (seconds * 1_000.0).round() as i64
}

fn clock(milliseconds: i64) -> String {
    let (seconds, rest) = (milliseconds / 1_000, milliseconds % 1_000);
    format!("{:02}:{:02}:{:02}.{rest:03}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// `=`, `;`, `#`, `\` and line ends are special in the file; control characters have no place in a title.
fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for letter in value.chars() {
        match letter {
            '=' | ';' | '#' | '\\' => out.extend(['\\', letter]),
            '\n' | '\r' | '\t' => out.push(' '),
            letter if letter.is_control() => {}
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::Chapter;

    fn with(chapters: &[(f64, f64)]) -> Result<String, AudioError> {
        let chapters = chapters
            .iter()
            .map(|&(start_seconds, end_seconds)| Chapter { title: "T".into(), start_seconds, end_seconds })
            .collect();
        ffmetadata(&Metadata { chapters, ..Metadata::default() }, Format::M4b)
    }

    #[test]
    fn nothing_can_break_out_of_a_value() {
        let metadata = Metadata { title: Some("a=b;c#d\\e\n[CHAPTER]\0".into()), ..Metadata::default() };
        let text = ffmetadata(&metadata, Format::Mp3).unwrap();
        assert_eq!(text, ";FFMETADATA1\ntitle=a\\=b\\;c\\#d\\\\e [CHAPTER]\nalbum=a\\=b\\;c\\#d\\\\e [CHAPTER]\n");
    }

    #[test]
    fn impossible_chapters_are_refused() {
        assert!(with(&[(0.0, 1.0), (1.0, 2.5)]).unwrap().contains("START=1000\nEND=2500"));
        for chapters in
            [&[(1.0, 1.0)][..], &[(2.0, 1.0)], &[(0.0, 2.0), (1.0, 3.0)], &[(-1.0, 1.0)], &[(0.0, f64::NAN)]]
        {
            assert!(matches!(with(chapters), Err(AudioError::BadInput { .. })), "{chapters:?}");
        }
    }

    #[test]
    fn clocks() {
        assert_eq!(clock(3_723_004), "01:02:03.004");
    }
}
