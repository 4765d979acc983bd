//! What can go wrong with sound, by what the caller can do about it. It knows no person and no network.

use std::io;
use std::path::Path;

use thiserror::Error;

/// Every failure of this crate.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AudioError {
    /// The bytes are not sound that can be read, or are damaged.
    #[error("the audio could not be read: {what}")]
    BadInput {
        /// What was wrong, as a clause.
        what: String,
    },
    /// Sound in a form this program does not read or write.
    #[error("this kind of audio is not supported: {what}")]
    Unsupported {
        /// Which form, as a clause.
        what: String,
    },
    /// The input is longer or larger than the caller allowed.
    #[error("the audio is over the limit of {limit}")]
    OverLimit {
        /// The limit in words, such as `60 s`.
        limit: String,
    },
    /// A sample was NaN or infinite.
    #[error("sample {index} is not a finite number")]
    NotFinite {
        /// Where, counted from 0.
        index: usize,
    },
    /// A sample rate outside 4000..=192000 Hz.
    #[error("a sample rate of {rate_hz} Hz is outside 4000 to 192000 Hz")]
    Rate {
        /// The rate that was asked for.
        rate_hz: u32,
    },
    /// Pieces of different rates cannot be put together.
    #[error("audio at {got_hz} Hz cannot be joined with audio at {want_hz} Hz")]
    RateMismatch {
        /// The rate of the first piece.
        want_hz: u32,
        /// The rate of the piece that did not fit.
        got_hz: u32,
    },
    /// The volume is full.
    #[error("the disk is full while writing {path}")]
    DiskFull {
        /// What was being written.
        path: String,
    },
    /// A file could not be opened, read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file, or what stood for it.
        path: String,
        /// The system's own reason.
        source: io::Error,
    },
    /// A tool that is not part of this program is missing.
    #[error("{tool} was not found")]
    MissingTool {
        /// Its name.
        tool: String,
    },
    /// A tool is there but cannot do what is needed.
    #[error("{tool} {found} is too old; at least {least} is needed")]
    ToolTooOld {
        /// Its name.
        tool: String,
        /// The release that was found.
        found: String,
        /// The oldest release that will do.
        least: String,
    },
    /// A tool was built without a part that is needed.
    #[error("this {tool} cannot {what}")]
    ToolLacks {
        /// Its name.
        tool: String,
        /// What it cannot do, as the end of a sentence.
        what: String,
    },
    /// The result would take the place of what it is made from.
    #[error("{path} is the file that is read")]
    SameFile {
        /// The file.
        path: String,
    },
    /// A tool ran and failed.
    #[error("{tool} failed ({status}): {tail}")]
    ToolFailed {
        /// Its name.
        tool: String,
        /// Its exit status in words.
        status: String,
        /// The end of what it said.
        tail: String,
    },
    /// The caller asked to stop.
    #[error("stopped")]
    Stopped,
}

impl AudioError {
    /// The stable name of this failure.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadInput { .. } => "bad_audio",
            Self::Unsupported { .. } => "unsupported_audio",
            Self::OverLimit { .. } => "audio_over_limit",
            Self::NotFinite { .. } => "audio_not_finite",
            Self::Rate { .. } => "audio_rate",
            Self::RateMismatch { .. } => "audio_rate_mismatch",
            Self::DiskFull { .. } => "disk_full",
            Self::Io { .. } => "audio_io",
            Self::MissingTool { .. } => "missing_tool",
            Self::ToolTooOld { .. } => "tool_too_old",
            Self::ToolLacks { .. } => "tool_lacks",
            Self::SameFile { .. } => "same_file",
            Self::ToolFailed { .. } => "tool_failed",
            Self::Stopped => "stopped",
        }
    }

    /// What the user can do about it.
    #[must_use]
    pub fn fix(&self) -> String {
        match self {
            Self::BadInput { .. } => "Check that the file plays elsewhere, or export it again as WAV or FLAC.".into(),
            Self::Unsupported { .. } => "Convert the file to WAV, FLAC, MP3 or M4A and try again.".into(),
            Self::OverLimit { limit } => format!("Use a shorter file; at most {limit} is taken here."),
            Self::NotFinite { .. } => "Export the audio again; this copy holds values that are no sound.".into(),
            Self::Rate { .. } => "Use audio between 4 kHz and 192 kHz; 24 or 48 kHz is best.".into(),
            Self::RateMismatch { want_hz, .. } => format!("Resample every piece to {want_hz} Hz first."),
            Self::DiskFull { .. } => "Free some space on this disk, or write somewhere else.".into(),
            Self::Io { path, .. } => format!("Check that {path} exists and that you may read and write there."),
            Self::MissingTool { tool } => format!("Install {tool}, or put its folder on the PATH."),
            Self::ToolTooOld { tool, least, .. } => format!("Install {tool} {least} or newer."),
            Self::ToolLacks { tool, .. } => format!("Install a complete build of {tool}, as most systems have it."),
            Self::SameFile { .. } => "Give the result another name; what you started from stays as it is.".into(),
            Self::ToolFailed { tool, .. } => format!("Try WAV output, or update {tool}."),
            Self::Stopped => "Start it again when you are ready.".into(),
        }
    }

    pub(crate) fn bad(what: impl Into<String>) -> Self {
        Self::BadInput { what: what.into() }
    }

    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        let path = path.display().to_string();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            _ => Self::Io { path, source },
        }
    }
}
