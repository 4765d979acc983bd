//! WAV files: RIFF, and RF64 (EBU Tech 3306) beyond 4 GiB. Reads 8, 16, 24 and 32-bit integers and 32 and 64-bit floats
//! of any channel count, mixed down to mono; writes mono. It knows nothing of compressed formats.

mod header;
mod writer;

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

use header::RIFF_LIMIT;

use crate::pcm::check_rate;
use crate::{AudioError, Limits, Pcm};

pub use header::Depth;
pub use writer::Writer;

/// Reads a WAV file of at most the default [`Limits`].
///
/// # Errors
/// As [`read_from`], and when the file cannot be opened.
pub fn read(path: &Path) -> Result<Pcm, AudioError> {
    let file = File::open(path).map_err(|source| AudioError::io(path, source))?;
    read_from(BufReader::new(file), &Limits::default())
}

/// Reads a WAV file from wherever it is. A file cut short (a crash, a broken download) gives what is there.
///
/// # Errors
/// [`AudioError::BadInput`] for anything that is no WAV, [`AudioError::Unsupported`] for WAV files holding another
/// codec, [`AudioError::OverLimit`] beyond `limits`.
pub fn read_from(mut source: impl Read + Seek, limits: &Limits) -> Result<Pcm, AudioError> {
    let total = end_of(&mut source)?;
    limits.check_bytes(total)?;
    let found = header::find(&mut source, total)?;
    check_rate(found.rate_hz)?;
    let channels = usize::from(found.channels);
    let frame_bytes = found.encoding.bytes() * channels;
    let frames = found.data_bytes / frame_bytes as u64;
    if frames > limits.frames(found.rate_hz) {
        return Err(limits.seconds_error());
    }
    source.seek(SeekFrom::Start(found.data_start)).map_err(unreadable)?;

    // `frames` is bounded by the real size of the source, so this cannot ask for more memory than a few times that.
    let mut samples = Vec::with_capacity(frames as usize);
    let block_frames = (65_536 / frame_bytes).max(1);
    let mut block = vec![0_u8; block_frames * frame_bytes];
    let mut left = frames as usize;
    while left > 0 {
        let take = left.min(block_frames);
        let bytes = &mut block[..take * frame_bytes];
        source.read_exact(bytes).map_err(unreadable)?;
        samples.extend(bytes.chunks_exact(frame_bytes).map(|frame| {
            let sum: f64 = frame.chunks_exact(found.encoding.bytes()).map(|raw| found.encoding.value(raw)).sum();
            (sum / channels as f64) as f32
        }));
        left -= take;
    }
    Pcm::new(samples, found.rate_hz)
}

/// Writes a mono WAV file in one go.
///
/// # Errors
/// [`AudioError::Io`] or [`AudioError::DiskFull`].
pub fn write(path: &Path, pcm: &Pcm, depth: Depth) -> Result<(), AudioError> {
    let mut file = File::create(path).map_err(|source| AudioError::io(path, source))?;
    file.write_all(&bytes(pcm, depth)).map_err(|source| AudioError::io(path, source))
}

/// The bytes of a complete mono WAV file.
#[must_use]
pub fn bytes(pcm: &Pcm, depth: Depth) -> Vec<u8> {
    let data_bytes = pcm.len() as u64 * depth.bytes() as u64;
    let mut out = header::header(
        header::Form { depth, rate_hz: pcm.rate_hz(), channels: 1 },
        data_bytes,
        header::Room::Exact,
        RIFF_LIMIT,
    );
    out.reserve_exact(data_bytes as usize + 1);
    depth.encode(pcm.samples(), &mut out);
    if data_bytes % 2 == 1 {
        out.push(0);
    }
    out
}

fn end_of(source: &mut impl Seek) -> Result<u64, AudioError> {
    let end = source.seek(SeekFrom::End(0)).map_err(unreadable)?;
    source.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    Ok(end)
}

fn unreadable(source: std::io::Error) -> AudioError {
    AudioError::Io { path: "the WAV data".into(), source }
}

#[cfg(test)]
mod tests;
