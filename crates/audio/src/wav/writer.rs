//! A WAV file that grows while sound arrives and can be opened whenever the program dies. It knows no device.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::header::{self, Depth, Form, RIFF_LIMIT, Room};
use crate::AudioError;
use crate::pcm::check_rate;

/// Longest stretch of sound that is held back from the file, in milliseconds.
const FLUSH_MILLISECONDS: u64 = 200;

/// Writes mono or interleaved stereo sound piece by piece. Every 200 ms of sound the bytes and then the header reach the operating system,
/// so a killed process loses at most that much. The file becomes RF64 by itself when it passes 4 GiB.
#[derive(Debug)]
pub struct Writer {
    file: File,
    path: PathBuf,
    form: Form,
    riff_limit: u64,
    pending: Vec<u8>,
    flush_bytes: usize,
    written_bytes: u64,
}

impl Writer {
    /// Creates (or empties) the file and writes a header that already opens as an empty sound.
    ///
    /// # Errors
    /// [`AudioError::Rate`], [`AudioError::Io`] or [`AudioError::DiskFull`].
    pub fn create(path: &Path, rate_hz: u32, depth: Depth) -> Result<Self, AudioError> {
        Self::with_riff_limit(path, Form { depth, rate_hz, channels: 1 }, RIFF_LIMIT)
    }

    /// The same for two channels; [`Writer::write`] then takes whole frames, left first.
    ///
    /// # Errors
    /// As [`Writer::create`].
    pub fn create_stereo(path: &Path, rate_hz: u32, depth: Depth) -> Result<Self, AudioError> {
        Self::with_riff_limit(path, Form { depth, rate_hz, channels: 2 }, RIFF_LIMIT)
    }

    /// The size at which RF64 begins is a parameter so that tests need not write 4 GiB.
    pub(crate) fn with_riff_limit(path: &Path, form: Form, riff_limit: u64) -> Result<Self, AudioError> {
        check_rate(form.rate_hz)?;
        let file = File::create(path).map_err(|source| AudioError::io(path, source))?;
        let flush_frames = u64::from(form.rate_hz) * FLUSH_MILLISECONDS / 1_000;
        let mut writer = Self {
            file,
            path: path.to_path_buf(),
            form,
            riff_limit,
            pending: Vec::new(),
            flush_bytes: flush_frames as usize * form.frame_bytes(),
            written_bytes: 0,
        };
        writer.patch_header()?;
        Ok(writer)
    }

    /// Adds samples; values beyond full scale are clipped.
    ///
    /// # Errors
    /// [`AudioError::NotFinite`] (nothing is written then), [`AudioError::Io`] or [`AudioError::DiskFull`].
    pub fn write(&mut self, samples: &[f32]) -> Result<(), AudioError> {
        if let Some(index) = samples.iter().position(|sample| !sample.is_finite()) {
            return Err(AudioError::NotFinite { index });
        }
        // Small pieces keep the buffer at one flush however much the caller hands over.
        for piece in samples.chunks(self.flush_bytes / self.form.depth.bytes()) {
            self.form.depth.encode(piece, &mut self.pending);
            if self.pending.len() >= self.flush_bytes {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Hands everything so far to the operating system and makes the header say so.
    ///
    /// # Errors
    /// [`AudioError::Io`] or [`AudioError::DiskFull`].
    pub fn flush(&mut self) -> Result<(), AudioError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        self.file.write_all(&self.pending).map_err(|source| AudioError::io(&self.path, source))?;
        self.written_bytes += self.pending.len() as u64;
        self.pending.clear();
        self.patch_header()
    }

    /// Frames taken so far.
    #[must_use]
    pub fn frames(&self) -> u64 {
        (self.written_bytes + self.pending.len() as u64) / self.form.frame_bytes() as u64
    }

    /// Seconds taken so far.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.frames() as f64 / f64::from(self.form.rate_hz)
    }

    /// Ends the file and waits until the disk has it. Returns the number of frames.
    ///
    /// # Errors
    /// [`AudioError::Io`] or [`AudioError::DiskFull`].
    pub fn finish(mut self) -> Result<u64, AudioError> {
        self.flush()?;
        let ended = if self.written_bytes % 2 == 1 { self.file.write_all(&[0]) } else { Ok(()) };
        ended.and_then(|()| self.file.sync_all()).map_err(|source| AudioError::io(&self.path, source))?;
        Ok(self.frames())
    }

    fn patch_header(&mut self) -> Result<(), AudioError> {
        let header = header::header(self.form, self.written_bytes, Room::Grow, self.riff_limit);
        let file = &mut self.file;
        file.seek(SeekFrom::Start(0))
            .and_then(|_| file.write_all(&header))
            .and_then(|()| file.seek(SeekFrom::End(0)))
            .map(|_| ())
            .map_err(|source| AudioError::io(&self.path, source))
    }
}

impl Drop for Writer {
    /// A writer that is dropped without `finish` still leaves all its sound behind.
    fn drop(&mut self) {
        let _ = self.flush();
    }
}
