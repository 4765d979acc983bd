//! Puts finished sound where the user asked for it: written beside, then renamed, so that nothing half-written is seen.

use std::path::{Path, PathBuf};

use audio::encode::{Format, Metadata};
use jobs::Cancel;

use crate::{Settings, StudioError};

/// Checks, before any work, that `out` names a known format and lies in a folder.
pub fn format_of(out: &Path, settings: &Settings) -> Result<Format, StudioError> {
    let format = Format::from_path(out).ok_or_else(|| StudioError::UnknownFormat { path: out.to_owned() })?;
    let folder = folder_of(out);
    if !folder.is_dir() {
        return Err(StudioError::NoFolder { path: folder });
    }
    if out.is_dir() {
        return Err(StudioError::IsFolder { path: out.to_owned() });
    }
    if format != Format::Wav && settings.ffmpeg.is_none() {
        return Err(StudioError::Missing {
            what: format!("{} needs ffmpeg, which was not found", out.display()),
            fix: "install ffmpeg (`cargo xtask setup` does), or write a .wav file".into(),
        });
    }
    Ok(format)
}

/// The folder that a file lies in.
pub fn folder_of(out: &Path) -> PathBuf {
    match out.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Turns a finished WAV file beside `out` into `out`.
pub fn deliver(
    wav: &Path,
    out: &Path,
    format: Format,
    metadata: &Metadata,
    settings: &Settings,
    cancel: &Cancel,
) -> Result<(), StudioError> {
    if format == Format::Wav {
        std::fs::rename(wav, out).map_err(|error| StudioError::output(out, &error))?;
        return Ok(());
    }
    let ffmpeg = settings.ffmpeg.as_deref().ok_or_else(|| StudioError::Missing {
        what: "ffmpeg was not found".into(),
        fix: "install ffmpeg (`cargo xtask setup` does)".into(),
    })?;
    audio::encode::encode_file_while(wav, out, format, metadata, ffmpeg, &|| !cancel.is_cancelled())?;
    Ok(())
}

/// A hidden file beside `out` for sound under way; it vanishes unless it is delivered.
pub fn beside(out: &Path) -> Result<tempfile::NamedTempFile, StudioError> {
    audio::draft(out, ".wav").map_err(|error| StudioError::output(out, &error))
}
