//! Films and other containers through ffmpeg and ffprobe as children: what is inside, the sound as a stream on the
//! video's own time line, and a copy of the film with another sound. Sound goes over pipes and is never in a file of
//! ours. It knows no cue, no speaker and no language but its tag.

mod mux;
mod packets;
mod picture;
mod probe;
mod sound;
mod stretch;
mod subtitles;
mod target;

use std::cell::Cell;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

pub use mux::{Mux, SoundWriter};
pub use probe::{Probe, SoundTrack, SubtitleTrack, Video};
pub use sound::{Shape, SoundReader};
pub use subtitles::{Shown, Subtitles};
pub use target::Target;

use crate::child::Run;
use crate::encode::{local, runnable};
use crate::{AudioError, draft};

/// The oldest release that is known to do all of this.
const LEAST: (u32, u32) = (4, 4);

/// Largest block that the tools may ask memory for: what a hostile container makes them hold stays bounded.
const MAX_ALLOCATION_BYTES: &str = "536870912";

/// Containers that are opened. Each holds its media itself; playlists (HLS, DASH, concat and their like) are not here
/// because they name other files and hosts.
const CONTAINERS: &str = "mov,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,wav,w64,flac,mp3,aac,ac3,eac3,aiff,caf,mxf,au,\
                          ivf,nut,amr,wv,tta,dv,rm";

/// ffmpeg and ffprobe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tools {
    ffmpeg: PathBuf,
    ffprobe: PathBuf,
    /// Release; none for a build from the development line.
    release: Option<(u32, u32)>,
}

impl Tools {
    /// Takes an ffmpeg and the ffprobe beside it, and asks both for their releases.
    ///
    /// # Errors
    /// [`AudioError::MissingTool`], [`AudioError::ToolTooOld`], [`AudioError::ToolFailed`] when it is no ffmpeg.
    pub fn beside(ffmpeg: &Path) -> Result<Self, AudioError> {
        let file_name = format!("ffprobe{}", std::env::consts::EXE_SUFFIX);
        let near = ffmpeg.with_file_name(&file_name);
        // A link may lead to a folder that holds both.
        let behind = || fs::canonicalize(ffmpeg).ok().map(|real| real.with_file_name(&file_name));
        let ffprobe = Some(near).filter(|path| runnable(path)).or_else(|| behind().filter(|path| runnable(path)));
        let ffprobe = ffprobe.ok_or_else(|| AudioError::MissingTool { tool: "ffprobe".into() })?;
        let release = release_of(ffmpeg, "ffmpeg")?;
        release_of(&ffprobe, "ffprobe")?;
        Ok(Self { ffmpeg: ffmpeg.to_owned(), ffprobe, release })
    }

    /// The ffmpeg.
    #[must_use]
    pub fn ffmpeg(&self) -> &Path {
        &self.ffmpeg
    }

    /// Whether the release is at least this; a development build is taken for new.
    fn is_at_least(&self, release: (u32, u32)) -> bool {
        self.release.is_none_or(|ours| ours >= release)
    }

    fn run<'a>(&'a self, arguments: &'a [OsString], out: &'a Path) -> Run<'a> {
        Run { tool: &self.ffmpeg, arguments, folder: None, out }
    }
}

/// Arguments of one command, in order.
struct Arguments(Vec<OsString>);

impl Arguments {
    /// Of ffmpeg: quiet, asking nothing.
    fn of_ffmpeg() -> Self {
        let mut arguments = Self(Vec::new());
        arguments.words("-hide_banner -nostdin -loglevel error -y -max_alloc").word(MAX_ALLOCATION_BYTES);
        arguments
    }

    /// Words of ours, parted by spaces.
    fn words(&mut self, line: &str) -> &mut Self {
        self.0.extend(line.split_ascii_whitespace().map(OsString::from));
        self
    }

    fn word(&mut self, word: impl Into<OsString>) -> &mut Self {
        self.0.push(word.into());
        self
    }

    /// A container of the user's: taken by name literally, held to reading files, and no playlist.
    fn media(&mut self, path: &Path) -> &mut Self {
        self.words("-protocol_whitelist file,pipe -format_whitelist").word(CONTAINERS).word("-i").word(local(path))
    }
}

/// The release that a tool says it is.
fn release_of(tool: &Path, name: &str) -> Result<Option<(u32, u32)>, AudioError> {
    /// Looks, 40 ms apart, after which a tool that says nothing is given up.
    const MOST_LOOKS: u32 = 500;
    const MOST_BYTES: usize = 1 << 16;
    let looks = Cell::new(0);
    let patient = || {
        looks.set(looks.get() + 1);
        looks.get() < MOST_LOOKS
    };
    let arguments = [OsString::from("-version")];
    let said = Run { tool, arguments: &arguments, folder: None, out: tool }.answer(MOST_BYTES, &patient);
    let said = said.map_err(|error| match error {
        AudioError::Stopped => strange(name, "it did not say its version"),
        other => other,
    })?;
    let said = String::from_utf8_lossy(&said);
    let version = said.strip_prefix(name).and_then(|rest| rest.strip_prefix(" version "));
    let version = version.and_then(|rest| rest.split_whitespace().next());
    let release = parsed(version.ok_or_else(|| strange(name, "it is another program"))?);
    match release {
        Some(found) if found < LEAST => Err(AudioError::ToolTooOld {
            tool: name.into(),
            found: format!("{}.{}", found.0, found.1),
            least: format!("{}.{}", LEAST.0, LEAST.1),
        }),
        release => Ok(release),
    }
}

fn strange(name: &str, what: &str) -> AudioError {
    AudioError::ToolFailed { tool: name.into(), status: "no version".into(), tail: what.into() }
}

/// `5.1.9-0+deb12u1` and `n6.0` are releases, `N-109542-g1bf1a08` and `git-2024-01-01` are not.
fn parsed(version: &str) -> Option<(u32, u32)> {
    let digits = |text: &str| {
        let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
        text[..end].parse::<u32>().ok()
    };
    let version = version.strip_prefix('n').unwrap_or(version);
    let (major, rest) = version.split_once('.')?;
    Some((major.parse().ok()?, digits(rest)?))
}

/// The folder that a file is or will be in.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A hidden temporary beside `out`.
fn hidden(out: &Path, suffix: &str) -> Result<tempfile::NamedTempFile, AudioError> {
    draft(out, suffix).map_err(|source| AudioError::io(out, source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_read() {
        assert_eq!(parsed("5.1.9-0+deb12u1"), Some((5, 1)));
        assert_eq!(parsed("n6.0"), Some((6, 0)));
        assert_eq!(parsed("4.3.1"), Some((4, 3)));
        assert_eq!(parsed("7.1-full_build-www.gyan.dev"), Some((7, 1)));
        for other in ["N-109542-g1bf1a08", "git-2024-01-01-abc", "", "9999999999999.1"] {
            assert_eq!(parsed(other), None, "{other}");
        }
    }
}
