//! The head of a WAV file: finding the sound in one, and writing one. It knows no file system.

use std::io::{self, Read, Seek, SeekFrom};

use crate::AudioError;

/// The largest size a RIFF header can say; above it the file must be RF64.
pub(crate) const RIFF_LIMIT: u64 = u32::MAX as u64;

/// Bytes in a `ds64` chunk without a table (EBU Tech 3306).
const DS64_BYTES: u32 = 28;

/// How samples are stored when writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// 8-bit unsigned.
    Int8,
    /// 16-bit signed: what every player takes.
    Int16,
    /// 24-bit signed: the canonical form.
    Int24,
    /// 32-bit signed.
    Int32,
    /// 32-bit float: loses nothing.
    Float32,
}

impl Depth {
    /// Bytes per sample.
    pub(crate) fn bytes(self) -> usize {
        match self {
            Self::Int8 => 1,
            Self::Int16 => 2,
            Self::Int24 => 3,
            Self::Int32 | Self::Float32 => 4,
        }
    }

    pub(crate) fn encode(self, samples: &[f32], out: &mut Vec<u8>) {
        for &sample in samples {
            match self {
                Self::Int8 => out.push((quantised(sample, 8) + 128) as u8),
                Self::Int16 => out.extend_from_slice(&(quantised(sample, 16) as i16).to_le_bytes()),
                Self::Int24 => out.extend_from_slice(&(quantised(sample, 24) as i32).to_le_bytes()[..3]),
                Self::Int32 => out.extend_from_slice(&(quantised(sample, 32) as i32).to_le_bytes()),
                Self::Float32 => out.extend_from_slice(&sample.to_le_bytes()),
            }
        }
    }
}

/// Nearest step of a signed integer of `bits`, +1.0 falling on the largest one.
fn quantised(sample: f32, bits: u32) -> i64 {
    let full = (1_i64 << (bits - 1)) as f64;
    (f64::from(sample) * full).round().clamp(-full, full - 1.0) as i64
}

/// What a file that is written holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    pub(crate) depth: Depth,
    pub(crate) rate_hz: u32,
    pub(crate) channels: u16,
}

impl Form {
    pub(crate) fn frame_bytes(self) -> usize {
        self.depth.bytes() * usize::from(self.channels)
    }
}

/// How samples are stored in a file that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Unsigned8,
    Signed { bytes: usize },
    Float32,
    Float64,
}

impl Encoding {
    pub(crate) fn bytes(self) -> usize {
        match self {
            Self::Unsigned8 => 1,
            Self::Signed { bytes } => bytes,
            Self::Float32 => 4,
            Self::Float64 => 8,
        }
    }

    /// One sample from exactly `bytes()` bytes.
    pub(crate) fn value(self, raw: &[u8]) -> f64 {
        match self {
            Self::Unsigned8 => (f64::from(raw[0]) - 128.0) / 128.0,
            Self::Signed { bytes } => {
                let mut wide = [0_u8; 4];
                wide[4 - bytes..].copy_from_slice(raw);
                f64::from(i32::from_le_bytes(wide)) / 2_147_483_648.0
            }
            Self::Float32 => f64::from(f32::from_le_bytes([raw[0], raw[1], raw[2], raw[3]])),
            Self::Float64 => f64::from_le_bytes([raw[0], raw[1], raw[2], raw[3], raw[4], raw[5], raw[6], raw[7]]),
        }
    }
}

/// Where the sound lies in a WAV file and what it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    pub(crate) encoding: Encoding,
    pub(crate) channels: u16,
    pub(crate) rate_hz: u32,
    pub(crate) data_start: u64,
    /// Never more than what is really there.
    pub(crate) data_bytes: u64,
}

/// Looks for the format and the sound in a source of `total` bytes that stands at its start.
pub(crate) fn find(source: &mut (impl Read + Seek), total: u64) -> Result<Found, AudioError> {
    // Real files have a handful of chunks; a file of a million empty ones is an attack on our time.
    const MAX_CHUNKS: usize = 1_000;
    let mut head = [0_u8; 12];
    fill(source, &mut head)?;
    let long = match &head[..4] {
        b"RIFF" => false,
        b"RF64" | b"BW64" => true,
        _ => return Err(AudioError::bad("it does not begin like a WAV file")),
    };
    if &head[8..] != b"WAVE" {
        return Err(AudioError::bad("it is a RIFF file but not WAVE"));
    }
    let mut format = None;
    let mut long_data_bytes = None;
    let mut at = 12_u64;
    for _ in 0..MAX_CHUNKS {
        if at + 8 > total {
            break;
        }
        let mut chunk = [0_u8; 8];
        source.seek(SeekFrom::Start(at)).map_err(super::unreadable)?;
        fill(source, &mut chunk)?;
        let size = u64::from(le_u32(&chunk[4..]));
        let start = at + 8;
        match &chunk[..4] {
            b"ds64" if long => {
                let mut sizes = [0_u8; 16];
                fill(source, &mut sizes)?;
                long_data_bytes = Some(u64::from_le_bytes([
                    sizes[8], sizes[9], sizes[10], sizes[11], sizes[12], sizes[13], sizes[14], sizes[15],
                ]));
            }
            b"fmt " => format = Some(read_format(source, size)?),
            b"data" => {
                let (encoding, channels, rate_hz) =
                    format.ok_or_else(|| AudioError::bad("the WAV file has no format before its sound"))?;
                let said = match long_data_bytes {
                    Some(bytes) if size == RIFF_LIMIT => bytes,
                    _ => size,
                };
                let data_bytes = said.min(total - start);
                return Ok(Found { encoding, channels, rate_hz, data_start: start, data_bytes });
            }
            _ => {}
        }
        at = start.saturating_add(size).saturating_add(size % 2);
    }
    Err(AudioError::bad("the WAV file holds no sound"))
}

fn read_format(source: &mut impl Read, size: u64) -> Result<(Encoding, u16, u32), AudioError> {
    const EXTENSIBLE: u16 = 0xFFFE;
    if size < 16 {
        return Err(AudioError::bad("the WAV file's format is cut short"));
    }
    let mut raw = [0_u8; 26];
    let known = size.min(26) as usize;
    fill(source, &mut raw[..known])?;
    let (mut tag, channels) = (le_u16(&raw), le_u16(&raw[2..]));
    let (rate_hz, frame_bytes, bits) = (le_u32(&raw[4..]), le_u16(&raw[12..]), le_u16(&raw[14..]));
    if tag == EXTENSIBLE {
        if known < 26 {
            return Err(AudioError::bad("the WAV file's format is cut short"));
        }
        tag = le_u16(&raw[24..]);
    }
    if channels == 0 {
        return Err(AudioError::bad("the WAV file has no channel"));
    }
    let encoding = match (tag, bits) {
        (1, 8) => Encoding::Unsigned8,
        (1, 16 | 24 | 32) => Encoding::Signed { bytes: usize::from(bits / 8) },
        (3, 32) => Encoding::Float32,
        (3, 64) => Encoding::Float64,
        _ => return Err(AudioError::Unsupported { what: format!("WAV codec {tag} with {bits} bits") }),
    };
    if usize::from(frame_bytes) != encoding.bytes() * usize::from(channels) {
        return Err(AudioError::bad("the WAV file's frame size contradicts its channels and bits"));
    }
    Ok((encoding, channels, rate_hz))
}

/// Whether a header keeps room to become RF64 later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// The size is final: no spare bytes.
    Exact,
    /// The size will grow: a `JUNK` chunk holds the place of `ds64`, so the header never changes its length.
    Grow,
}

/// A mono header in front of `data_bytes` of sound; RF64 when the RIFF size would pass `riff_limit`.
pub(crate) fn header(form: Form, data_bytes: u64, room: Room, riff_limit: u64) -> Vec<u8> {
    let Form { depth, rate_hz, channels } = form;
    let frame_bytes = form.frame_bytes() as u16;
    let padded = data_bytes + data_bytes % 2;
    let short_riff = 4 + 24 + 8 + padded + if room == Room::Grow { 8 + u64::from(DS64_BYTES) } else { 0 };
    let long = short_riff > riff_limit;
    let long_riff = 4 + 24 + 8 + padded + 8 + u64::from(DS64_BYTES);
    let mut out = Vec::with_capacity(80);
    out.extend_from_slice(if long { b"RF64" } else { b"RIFF" });
    out.extend_from_slice(&if long { u32::MAX } else { short_riff as u32 }.to_le_bytes());
    out.extend_from_slice(b"WAVE");
    if long {
        out.extend_from_slice(b"ds64");
        out.extend_from_slice(&DS64_BYTES.to_le_bytes());
        out.extend_from_slice(&long_riff.to_le_bytes());
        out.extend_from_slice(&data_bytes.to_le_bytes());
        out.extend_from_slice(&(data_bytes / u64::from(frame_bytes)).to_le_bytes());
        out.extend_from_slice(&0_u32.to_le_bytes());
    } else if room == Room::Grow {
        out.extend_from_slice(b"JUNK");
        out.extend_from_slice(&DS64_BYTES.to_le_bytes());
        out.resize(out.len() + DS64_BYTES as usize, 0);
    }
    out.extend_from_slice(b"fmt ");
    out.extend_from_slice(&16_u32.to_le_bytes());
    out.extend_from_slice(&if depth == Depth::Float32 { 3_u16 } else { 1_u16 }.to_le_bytes());
    out.extend_from_slice(&channels.to_le_bytes());
    out.extend_from_slice(&rate_hz.to_le_bytes());
    out.extend_from_slice(&(rate_hz * u32::from(frame_bytes)).to_le_bytes());
    out.extend_from_slice(&frame_bytes.to_le_bytes());
    out.extend_from_slice(&(depth.bytes() as u16 * 8).to_le_bytes());
    out.extend_from_slice(b"data");
    out.extend_from_slice(&if long { u32::MAX } else { data_bytes as u32 }.to_le_bytes());
    out
}

fn fill(source: &mut impl Read, bytes: &mut [u8]) -> Result<(), AudioError> {
    source.read_exact(bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => AudioError::bad("the WAV file is cut short"),
        _ => super::unreadable(error),
    })
}

fn le_u16(bytes: &[u8]) -> u16 {
    u16::from_le_bytes([bytes[0], bytes[1]])
}

fn le_u32(bytes: &[u8]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}
