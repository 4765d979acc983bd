//! Finished sound as FLAC, MP3, M4B, M4A or Opus, through ffmpeg as a child process. It knows nothing of books beyond
//! a title, people to credit and chapters.

mod tags;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use crate::child::Run;
use crate::{AudioError, draft};

/// What to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The input as it is; needs no tool and carries no tags.
    Wav,
    /// Lossless.
    Flac,
    /// 192 kbit/s constant at 44.1 kHz, as audiobook shops ask, with ID3 chapters.
    Mp3,
    /// AAC audiobook with chapters.
    M4b,
    /// AAC with chapters.
    M4a,
    /// Opus in Ogg at 64 kbit/s with chapters.
    Opus,
}

impl Format {
    /// The format that a file name asks for.
    #[must_use]
    pub fn from_path(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        Some(match extension.as_str() {
            "wav" => Self::Wav,
            "flac" => Self::Flac,
            "mp3" => Self::Mp3,
            "m4b" => Self::M4b,
            "m4a" => Self::M4a,
            "opus" | "ogg" => Self::Opus,
            _ => return None,
        })
    }

    /// Whether chapters are Vorbis comments (`CHAPTER000=…`), which we write ourselves: ffmpeg writes none into FLAC,
    /// and into Opus it rounds their seconds up (seen in 5.1).
    fn chapters_are_comments(self) -> bool {
        matches!(self, Self::Flac | Self::Opus)
    }

    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Wav => &["-c:a", "copy", "-f", "wav"],
            Self::Flac => &["-c:a", "flac", "-f", "flac"],
            Self::Mp3 => &["-c:a", "libmp3lame", "-b:a", "192k", "-ar", "44100", "-id3v2_version", "3", "-f", "mp3"],
            Self::M4b | Self::M4a => {
                &["-c:a", "aac", "-b:a", "96k", "-ar", "44100", "-movflags", "+faststart", "-f", "ipod"]
            }
            Self::Opus => &["-c:a", "libopus", "-b:a", "64k", "-application", "audio", "-f", "opus"],
        }
    }
}

/// One chapter of a finished sound.
#[derive(Debug, Clone, PartialEq)]
pub struct Chapter {
    /// Its name.
    pub title: String,
    /// Where it begins, in seconds.
    pub start_seconds: f64,
    /// Where it ends, in seconds.
    pub end_seconds: f64,
}

/// What a player shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metadata {
    /// Title of the whole.
    pub title: Option<String>,
    /// Who wrote it.
    pub author: Option<String>,
    /// Whose voice reads it.
    pub narrator: Option<String>,
    /// In order, not overlapping; may be empty.
    pub chapters: Vec<Chapter>,
}

/// Encodes a WAV file. The result appears under its name only when it is whole; until then it is a hidden temporary
/// file in the same folder, and after an error nothing is left.
///
/// # Errors
/// [`AudioError::BadInput`] for impossible chapters, [`AudioError::MissingTool`], [`AudioError::ToolFailed`],
/// [`AudioError::DiskFull`], [`AudioError::Io`].
pub fn encode_file(
    wav_in: &Path,
    out: &Path,
    format: Format,
    metadata: &Metadata,
    ffmpeg: &Path,
) -> Result<(), AudioError> {
    encode_file_while(wav_in, out, format, metadata, ffmpeg, &|| true)
}

/// As [`encode_file`], asking `keep_going` about ten times a second; when it says no, the child is ended.
///
/// # Errors
/// As [`encode_file`], and [`AudioError::Stopped`].
pub fn encode_file_while(
    wav_in: &Path,
    out: &Path,
    format: Format,
    metadata: &Metadata,
    ffmpeg: &Path,
    keep_going: &dyn Fn() -> bool,
) -> Result<(), AudioError> {
    let tags = tags::ffmetadata(metadata, format)?;
    fs::metadata(wav_in).map_err(|source| AudioError::io(wav_in, source))?;
    let wrong = |source| AudioError::io(out, source);
    let whole = draft(out, ".part").map_err(wrong)?;
    if format == Format::Wav {
        fs::copy(wav_in, whole.path()).map_err(wrong)?;
    } else {
        let tag_file = draft(out, ".tags").map_err(wrong)?;
        fs::write(tag_file.path(), tags).map_err(wrong)?;
        let mut arguments: Vec<OsString> = Vec::new();
        let mut add = |these: &[&OsStr]| arguments.extend(these.iter().map(|&argument| argument.to_owned()));
        let words = |line: &'static str| line.split(' ').map(OsStr::new).collect::<Vec<_>>();
        add(&words("-hide_banner -nostdin -loglevel error -y -protocol_whitelist file -f wav -i"));
        add(&[&local(wav_in)]);
        add(&words("-protocol_whitelist file -f ffmetadata -i"));
        add(&[&local(tag_file.path())]);
        add(&words("-map 0:a:0 -ac 1 -fflags +bitexact -map_metadata 1 -map_chapters"));
        add(&words(if format.chapters_are_comments() { "-1" } else { "1" }));
        add(&format.arguments().iter().map(OsStr::new).collect::<Vec<_>>());
        add(&[&local(whole.path())]);
        Run { tool: ffmpeg, arguments: &arguments, folder: None, out }.to_end(keep_going)?;
    }
    whole.as_file().sync_all().map_err(wrong)?;
    whole.persist(out).map_err(|failed| wrong(failed.error))?;
    Ok(())
}

/// Looks for ffmpeg in a search path as `PATH` holds it.
///
/// # Errors
/// [`AudioError::MissingTool`].
pub fn find_ffmpeg(search_path: Option<&OsStr>) -> Result<PathBuf, AudioError> {
    find_tool("ffmpeg", search_path)
}

/// Looks for any tool in a search path as `PATH` holds it.
///
/// # Errors
/// [`AudioError::MissingTool`].
pub fn find_tool(name: &str, search_path: Option<&OsStr>) -> Result<PathBuf, AudioError> {
    let file_name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    search_path
        .into_iter()
        .flat_map(std::env::split_paths)
        // An empty or relative entry would mean whatever folder we happen to stand in.
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(&file_name))
        .find(|path| runnable(path))
        .ok_or_else(|| AudioError::MissingTool { tool: name.into() })
}

#[cfg(unix)]
pub(crate) fn runnable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
pub(crate) fn runnable(path: &Path) -> bool {
    path.is_file()
}

/// A file name as ffmpeg takes it literally, whatever it begins with.
pub(crate) fn local(path: &Path) -> OsString {
    let mut name = OsString::from("file:");
    name.push(path);
    name
}
