//! Playing sound to its end. It knows no file and no queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use audio::Pcm;
use cpal::traits::{DeviceTrait, StreamTrait};
use cpal::{Data, ErrorKind, FromSample, SampleFormat, SizedSample};
use crossbeam_channel::{RecvTimeoutError, unbounded};

use crate::found::Opened;
use crate::{DeviceError, Direction};

/// Length of a block that the device is asked for: long enough for a busy machine.
const BLOCK_MILLISECONDS: u32 = 60;

enum Word {
    /// All samples are handed over; the last is heard after this long.
    Over(Duration),
    Failed(DeviceError),
}

/// Plays sound on a speaker, or the system's choice, and returns when it has been heard.
///
/// # Errors
/// Any [`DeviceError`]; [`DeviceError::None`] when there is no speaker.
pub fn play(pcm: &Pcm, device: Option<&str>) -> Result<(), DeviceError> {
    play_while(pcm, device, &|| true)
}

/// As [`play`], asking `keep_going` about twenty times a second; when it says no, the sound ends at once.
///
/// # Errors
/// As [`play`].
pub fn play_while(pcm: &Pcm, device: Option<&str>, keep_going: &dyn Fn() -> bool) -> Result<(), DeviceError> {
    const LOOK_EVERY: Duration = Duration::from_millis(50);
    /// Looks without any progress before the device is given up: five seconds.
    const PATIENCE: u32 = 100;
    let opened = Opened::find(device, Direction::Output)?;
    let name = opened.about.name.clone();
    let pcm = audio::resample(pcm, opened.config.sample_rate())
        .map_err(|error| DeviceError::Format { direction: Direction::Output, what: error.to_string() })?;
    let samples: Arc<[f32]> = pcm.samples().into();
    let position = Arc::new(AtomicUsize::new(0));
    let (words, heard) = unbounded();

    let mut last = None;
    let mut playing = None;
    for config in opened.stream_configs(BLOCK_MILLISECONDS) {
        let (samples, at) = (Arc::clone(&samples), Arc::clone(&position));
        let (over, failed, of) = (words.clone(), words.clone(), name.clone());
        let channels = usize::from(config.channels);
        let mut told = false;
        let built = opened.device.build_output_stream_raw(
            config,
            opened.config.sample_format(),
            move |data, info| {
                let from = at.load(Ordering::Relaxed);
                let frames = data.len() / channels;
                fill(data, channels, &samples[from..]);
                at.store((from + frames).min(samples.len()), Ordering::Relaxed);
                if from + frames >= samples.len() && !told {
                    told = true;
                    let time = info.timestamp();
                    let _ = over.send(Word::Over(time.playback.duration_since(time.callback)));
                }
            },
            move |error| {
                if !matches!(error.kind(), ErrorKind::Xrun | ErrorKind::RealtimeDenied) {
                    let _ = failed.send(Word::Failed(DeviceError::from_cpal(&error, Direction::Output, &of)));
                }
            },
            Some(Duration::from_secs(5)),
        );
        match built.and_then(|stream| stream.play().map(|()| stream)) {
            Ok(stream) => {
                playing = Some(stream);
                break;
            }
            Err(error) => last = Some(DeviceError::from_cpal(&error, Direction::Output, &name)),
        }
    }
    let Some(_playing) = playing else {
        return Err(last.unwrap_or(DeviceError::None { direction: Direction::Output }));
    };
    let (mut seen, mut idle) = (0, 0);
    while keep_going() {
        match heard.recv_timeout(LOOK_EVERY) {
            Ok(Word::Over(rest)) => {
                // The block that is under way, on top of what the device says of itself.
                let rest = rest.min(Duration::from_secs(2)) + Duration::from_millis(u64::from(2 * BLOCK_MILLISECONDS));
                thread::sleep(rest);
                return Ok(());
            }
            Ok(Word::Failed(error)) => return Err(error),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {}
        }
        let now = position.load(Ordering::Relaxed);
        idle = if now == seen { idle + 1 } else { 0 };
        seen = now;
        if idle >= PATIENCE {
            return Err(DeviceError::Stalled { direction: Direction::Output, name });
        }
    }
    Ok(())
}

/// Writes the samples to every channel, and silence after the last.
fn fill(data: &mut Data, channels: usize, samples: &[f32]) {
    fn filled<T: SizedSample + FromSample<f32>>(data: &mut Data, channels: usize, samples: &[f32]) {
        spread(data.as_slice_mut::<T>().unwrap_or_default(), channels, samples);
    }
    match data.sample_format() {
        SampleFormat::F32 => filled::<f32>(data, channels, samples),
        SampleFormat::F64 => filled::<f64>(data, channels, samples),
        SampleFormat::I8 => filled::<i8>(data, channels, samples),
        SampleFormat::I16 => filled::<i16>(data, channels, samples),
        SampleFormat::I24 => filled::<cpal::I24>(data, channels, samples),
        SampleFormat::I32 => filled::<i32>(data, channels, samples),
        SampleFormat::U8 => filled::<u8>(data, channels, samples),
        SampleFormat::U16 => filled::<u16>(data, channels, samples),
        SampleFormat::U32 => filled::<u32>(data, channels, samples),
        // Opening a device refuses all others.
        _ => {}
    }
}

fn spread<T: SizedSample + FromSample<f32>>(out: &mut [T], channels: usize, samples: &[f32]) {
    let values = samples.iter().copied().chain(std::iter::repeat(0.0));
    for (frame, value) in out.chunks_mut(channels).zip(values) {
        frame.fill(T::from_sample_(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_channel_gets_the_sound_and_then_silence() {
        let mut out = [9_i16; 6];
        spread(&mut out, 2, &[0.5, -0.5]);
        assert_eq!(out, [16_384, 16_384, -16_384, -16_384, 0, 0]);
        let mut out = [9_u8; 2];
        spread(&mut out, 1, &[]);
        assert_eq!(out, [128, 128]);
    }
}
