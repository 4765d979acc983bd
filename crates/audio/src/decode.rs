//! Reading compressed and uncompressed files of every common kind as mono sound. The files are hostile: everything is
//! bounded and a decoder that panics is only a bad file. It knows nothing of what the sound is for.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::common::Limit;
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;

use crate::pcm::check_rate;
use crate::{AudioError, Limits, Pcm, wav};

/// Reads WAV, RF64, AIFF, FLAC, Ogg Vorbis, MP3, AAC, ALAC, M4A/MP4 and Matroska sound, mixed down to mono. Of a file
/// with several tracks the default audio track is taken.
///
/// # Errors
/// [`AudioError::Io`] when the file cannot be opened, [`AudioError::BadInput`] for damage or no sound at all,
/// [`AudioError::Unsupported`] for codecs without a decoder here (Opus among them), [`AudioError::OverLimit`].
pub fn read(path: &Path, limits: &Limits) -> Result<Pcm, AudioError> {
    let mut file = File::open(path).map_err(|source| AudioError::io(path, source))?;
    let about = file.metadata().map_err(|source| AudioError::io(path, source))?;
    if !about.is_file() {
        return Err(AudioError::bad("it is not a regular file"));
    }
    limits.check_bytes(about.len())?;
    if about.len() == 0 {
        return Err(AudioError::bad("the file is empty"));
    }
    let mut head = [0_u8; 4];
    let known = file.read(&mut head).map_err(|source| AudioError::io(path, source))?;
    file.seek(SeekFrom::Start(0)).map_err(|source| AudioError::io(path, source))?;
    if matches!(&head[..known], b"RIFF" | b"RF64" | b"BW64") {
        match wav::read_from(BufReader::new(&file), limits) {
            Err(AudioError::Unsupported { .. }) => {
                file.seek(SeekFrom::Start(0)).map_err(|source| AudioError::io(path, source))?;
            }
            done => return done,
        }
    }
    let mut hint = Hint::new();
    if let Some(extension) = path.extension().and_then(|extension| extension.to_str()) {
        hint.with_extension(extension);
    }
    // Nothing outlives the closure, so no broken state can be seen after a panic.
    catch_unwind(AssertUnwindSafe(|| decoded(file, &hint, limits)))
        .unwrap_or_else(|_| Err(AudioError::bad("the decoder gave up on this file")))
}

fn decoded(file: File, hint: &Hint, limits: &Limits) -> Result<Pcm, AudioError> {
    // A good file has no bad packet; a broken download has a few. Past this it is noise, not sound.
    const MAX_BAD_PACKETS: usize = 50;
    let stream = MediaSourceStream::new(Box::new(file), Default::default());
    let mut metadata = MetadataOptions::default();
    metadata.limit_tag_bytes = Limit::Maximum(64 << 10);
    metadata.limit_visual_bytes = Limit::Maximum(1 << 20);
    let mut format =
        symphonia::default::get_probe().probe(hint, stream, FormatOptions::default(), metadata).map_err(refused)?;
    let track = format.default_track(TrackType::Audio).ok_or_else(|| AudioError::bad("it holds no audio track"))?;
    let track_id = track.id;
    let parameters = track
        .codec_params
        .as_ref()
        .and_then(|parameters| parameters.audio())
        .ok_or_else(|| AudioError::Unsupported { what: "an audio track of unknown codec".into() })?;
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(parameters, &AudioDecoderOptions::default())
        .map_err(refused)?;

    let mut rate_hz = None;
    let mut samples: Vec<f32> = Vec::new();
    let mut interleaved: Vec<f32> = Vec::new();
    let mut bad_packets = 0;
    loop {
        let packet = match format.next_packet() {
            Ok(Some(packet)) => packet,
            // A chained stream begins another recording; the first one is what the file was named for.
            Ok(None) | Err(Error::ResetRequired) => break,
            Err(Error::IoError(error)) if error.kind() == io::ErrorKind::UnexpectedEof => break,
            Err(error) => return Err(refused(error)),
        };
        if packet.track_id != track_id {
            continue;
        }
        let block = match decoder.decode(&packet) {
            Ok(block) => block,
            Err(Error::DecodeError(what)) => {
                bad_packets += 1;
                if bad_packets > MAX_BAD_PACKETS {
                    return Err(AudioError::bad(what));
                }
                continue;
            }
            Err(Error::IoError(error)) if error.kind() == io::ErrorKind::UnexpectedEof => break,
            Err(error) => return Err(refused(error)),
        };
        let (block_rate_hz, channels) = (block.spec().rate(), block.num_planes());
        if block.frames() == 0 || channels == 0 {
            continue;
        }
        check_rate(block_rate_hz)?;
        if *rate_hz.get_or_insert(block_rate_hz) != block_rate_hz {
            return Err(AudioError::bad("its sample rate changes on the way"));
        }
        if (samples.len() + block.frames()) as u64 > limits.frames(block_rate_hz) {
            return Err(limits.seconds_error());
        }
        block.copy_to_vec_interleaved(&mut interleaved);
        samples.extend(interleaved.chunks_exact(channels).map(|frame| {
            let sum: f64 = frame.iter().map(|&sample| f64::from(sample)).sum();
            (sum / channels as f64) as f32
        }));
    }
    match rate_hz {
        Some(rate_hz) if !samples.is_empty() => Pcm::new(samples, rate_hz),
        _ => Err(AudioError::bad("it holds no sound that can be decoded")),
    }
}

fn refused(error: Error) -> AudioError {
    match error {
        Error::Unsupported(what) => AudioError::Unsupported { what: what.into() },
        Error::LimitError(limit) => AudioError::OverLimit { limit: limit.into() },
        Error::DecodeError(what) => AudioError::bad(what),
        other => AudioError::bad(other.to_string()),
    }
}
