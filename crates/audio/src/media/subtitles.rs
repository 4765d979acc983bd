//! Lines under the picture, as a track or drawn into it. It takes their text as it is.

use std::io::Write;
use std::path::Path;

use tempfile::NamedTempFile;

use super::{Arguments, Tools, hidden};
use crate::AudioError;

/// Most bytes of subtitles: a long film has a tenth of a megabyte.
const MOST_BYTES: usize = 8 << 20;

/// How subtitles come into the film.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// As a track that viewers can switch on.
    Soft,
    /// Drawn into the picture, which is encoded anew.
    Burnt,
}

/// Subtitles to go into a film.
#[derive(Debug, Clone, Copy)]
pub struct Subtitles<'a> {
    /// The lines in SubRip form, UTF-8; times on the video's time line.
    pub srt: &'a str,
    /// Track or picture.
    pub shown: Shown,
    /// BCP 47 tag.
    pub language: Option<&'a str>,
    /// Name of the track.
    pub title: Option<&'a str>,
}

impl Subtitles<'_> {
    fn check(&self) -> Result<(), AudioError> {
        if self.srt.len() > MOST_BYTES {
            return Err(AudioError::OverLimit { limit: format!("{MOST_BYTES} bytes of subtitles") });
        }
        Ok(())
    }

    /// The lines in a hidden file beside `out`, for the time of one run.
    pub(super) fn beside(&self, out: &Path) -> Result<NamedTempFile, AudioError> {
        self.check()?;
        written(out, ".srt", self.srt.as_bytes())
    }

    /// The same with styles, in the form that is drawn. The reader of SubRip is named, so that text which looks like
    /// another format is only text.
    pub(super) fn styled_beside(
        &self,
        out: &Path,
        tools: &Tools,
        keep_going: &dyn Fn() -> bool,
    ) -> Result<NamedTempFile, AudioError> {
        self.check()?;
        let mut arguments = Arguments::of_ffmpeg();
        arguments.words("-protocol_whitelist pipe -f srt -i pipe:0 -f ass pipe:1");
        let styled = tools.run(&arguments.0, out).through([self.srt.as_bytes().to_vec()].into_iter(), keep_going)?;
        written(out, ".ass", &styled)
    }
}

fn written(out: &Path, suffix: &str, bytes: &[u8]) -> Result<NamedTempFile, AudioError> {
    let mut file = hidden(out, suffix)?;
    file.write_all(bytes).map_err(|source| AudioError::io(out, source))?;
    Ok(file)
}
