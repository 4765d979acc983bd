//! Recording: mono blocks at the device's own rate through a bounded channel, every lost frame counted. It knows no
//! file.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use audio::Pcm;
use cpal::traits::{DeviceTrait, StreamTrait};
use cpal::{Data, ErrorKind, FromSample, SampleFormat, SizedSample};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};

use crate::found::Opened;
use crate::{Device, DeviceError, Direction};

/// Length of a block that the device is asked for.
const BLOCK_MILLISECONDS: u32 = 20;
/// Blocks that may wait for the reader: about ten seconds.
const WAITING_BLOCKS: usize = 512;
/// How often the watcher looks whether sound still arrives.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Looks without any sound before the first block: devices that wake from sleep take their time.
const FIRST_PATIENCE: u32 = 40;
/// Looks without any sound later on.
const LATER_PATIENCE: u32 = 12;

/// A piece of a recording, mono.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Where it begins, in frames since the device began. A gap between blocks is sound that was lost.
    pub first_frame: u64,
    /// Samples in [-1, 1].
    pub samples: Vec<f32>,
}

/// What the reader gets.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Sound.
    Block(Block),
    /// Nothing within the time that was given.
    Waiting,
    /// There will be no more.
    Ended,
}

#[derive(Debug, Default)]
struct Shared {
    /// Frames the device has delivered, lost ones included.
    frames: AtomicU64,
    dropped_frames: AtomicU64,
    overruns: AtomicU64,
    /// Largest sample since the last look, as the bits of a positive float, which order like the floats.
    peak: AtomicU32,
    /// Taken away when the recording ends, so that the reader sees the end behind the last block.
    blocks: Mutex<Option<Sender<Block>>>,
    failure: Mutex<Option<DeviceError>>,
}

enum Word {
    Stop,
    Failed(DeviceError),
}

/// A running recording. Dropping it releases the device.
#[derive(Debug)]
pub struct Capture {
    device: Device,
    rate_hz: u32,
    shared: Arc<Shared>,
    blocks: Receiver<Block>,
    words: Sender<Word>,
    gone: Receiver<()>,
}

impl Capture {
    /// Opens a microphone, or the system's choice, and begins to record.
    ///
    /// # Errors
    /// Any [`DeviceError`]; [`DeviceError::None`] when there is no microphone.
    pub fn start(device: Option<&str>) -> Result<Self, DeviceError> {
        let (block_sender, blocks) = bounded(WAITING_BLOCKS);
        let (words, heard) = unbounded();
        let (begun_sender, begun) = bounded(1);
        let (gone_sender, gone) = bounded(0);
        let shared = Arc::new(Shared { blocks: Mutex::new(Some(block_sender)), ..Shared::default() });
        let (id, inner, own_words) = (device.map(str::to_owned), Arc::clone(&shared), words.clone());
        // Streams may not move between threads on every system, so one thread owns it from its birth to its end.
        thread::Builder::new()
            .name("microphone".into())
            .spawn(move || {
                let _gone = gone_sender;
                match open(id.as_deref(), &inner, &own_words) {
                    Ok((stream, opened)) => {
                        let name = opened.about.name.clone();
                        let _ = begun_sender.send(Ok((opened.about.clone(), opened.config.sample_rate())));
                        watch(&inner, &heard, &name, &|| opened.is_present());
                        lock(&inner.blocks).take();
                        drop(stream);
                    }
                    Err(error) => {
                        let _ = begun_sender.send(Err(error));
                    }
                }
            })
            .map_err(|error| DeviceError::System { what: error.to_string() })?;
        let (device, rate_hz) =
            begun.recv().unwrap_or_else(|_| Err(DeviceError::System { what: "the recording thread ended".into() }))?;
        Ok(Self { device, rate_hz, shared, blocks, words, gone })
    }

    /// The microphone that is used.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Frames per second of all blocks.
    #[must_use]
    pub fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    /// The next block, waiting at most this long.
    ///
    /// # Errors
    /// Once, after all sound that came before it: why the recording ended by itself.
    pub fn next(&self, wait: Duration) -> Result<Next, DeviceError> {
        match self.blocks.recv_timeout(wait) {
            Ok(block) => Ok(Next::Block(block)),
            Err(RecvTimeoutError::Timeout) => Ok(Next::Waiting),
            Err(RecvTimeoutError::Disconnected) => match lock(&self.shared.failure).take() {
                Some(error) => Err(error),
                None => Ok(Next::Ended),
            },
        }
    }

    /// Ends the recording; the blocks that wait can still be read.
    pub fn stop(&self) {
        let _ = self.words.send(Word::Stop);
    }

    /// Frames that were lost because nobody read them in time.
    #[must_use]
    pub fn dropped_frames(&self) -> u64 {
        self.shared.dropped_frames.load(Ordering::Relaxed)
    }

    /// How often the system lost sound before we could see it; how much is not known.
    #[must_use]
    pub fn overruns(&self) -> u64 {
        self.shared.overruns.load(Ordering::Relaxed)
    }

    /// Largest sample since the last call, 0 to 1, for a meter. Works whether or not blocks are read.
    #[must_use]
    pub fn peak(&self) -> f32 {
        f32::from_bits(self.shared.peak.swap(0, Ordering::Relaxed))
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        // A driver that hangs while closing must not hang us.
        const CLOSING: Duration = Duration::from_secs(2);
        self.stop();
        let _ = self.gone.recv_timeout(CLOSING);
    }
}

/// A finished recording.
#[derive(Debug, Clone)]
pub struct Recording {
    /// All sound that arrived.
    pub pcm: Pcm,
    /// Where it came from.
    pub device: Device,
    /// Frames lost on the way; with `overruns` 0 and this 0 the sound is whole.
    pub dropped_frames: u64,
    /// How often the system itself lost sound.
    pub overruns: u64,
    /// Why it ended, when it ended by itself.
    pub failure: Option<DeviceError>,
}

/// Records until `keep_going` says no (asked about ten times a second), `max_seconds` are full or the device fails;
/// `heard` sees every block as it comes.
///
/// # Errors
/// When the device cannot be opened. What fails later is in the recording.
pub fn record(
    device: Option<&str>,
    max_seconds: f64,
    keep_going: &dyn Fn() -> bool,
    heard: &mut dyn FnMut(&Block),
) -> Result<Recording, DeviceError> {
    const LOOK: Duration = Duration::from_millis(100);
    let capture = Capture::start(device)?;
    let most = (max_seconds.max(0.0) * f64::from(capture.rate_hz())) as usize;
    let mut samples = Vec::new();
    let mut failure = None;
    while samples.len() < most {
        if !keep_going() {
            break;
        }
        match capture.next(LOOK) {
            Ok(Next::Block(block)) => {
                heard(&block);
                samples.extend_from_slice(&block.samples);
            }
            Ok(Next::Waiting) => {}
            Ok(Next::Ended) => break,
            Err(error) => {
                failure = Some(error);
                break;
            }
        }
    }
    samples.truncate(most);
    let pcm = Pcm::new(samples, capture.rate_hz()).expect("invariant: blocks are finite and the rate was checked");
    Ok(Recording {
        pcm,
        device: capture.device().clone(),
        dropped_frames: capture.dropped_frames(),
        overruns: capture.overruns(),
        failure,
    })
}

/// Waits until the recording is to end, and says why.
fn watch(shared: &Shared, words: &Receiver<Word>, name: &str, is_present: &dyn Fn() -> bool) {
    let (mut seen, mut idle) = (0, 0);
    loop {
        match words.recv_timeout(LOOK_EVERY) {
            Ok(Word::Failed(error)) => {
                *lock(&shared.failure) = Some(error);
                return;
            }
            Ok(Word::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {}
        }
        let frames = shared.frames.load(Ordering::Relaxed);
        idle = if frames == seen { idle + 1 } else { 0 };
        seen = frames;
        let failure = if idle >= if frames == 0 { FIRST_PATIENCE } else { LATER_PATIENCE } {
            DeviceError::Stalled { direction: Direction::Input, name: name.into() }
        } else if idle == 0 && !is_present() {
            // Only asked while sound flows: a sound server that hangs would not answer.
            DeviceError::Unplugged { direction: Direction::Input, name: name.into() }
        } else {
            continue;
        };
        *lock(&shared.failure) = Some(failure);
        return;
    }
}

fn open(id: Option<&str>, shared: &Arc<Shared>, words: &Sender<Word>) -> Result<(cpal::Stream, Opened), DeviceError> {
    const OPENING: Duration = Duration::from_secs(5);
    let opened = Opened::find(id, Direction::Input)?;
    let name = opened.about.name.clone();
    let channels = usize::from(opened.config.channels());
    let mut last = None;
    for config in opened.stream_configs(BLOCK_MILLISECONDS) {
        let (inner, told, words, of) = (Arc::clone(shared), Arc::clone(shared), words.clone(), name.clone());
        let built = opened.device.build_input_stream_raw(
            config,
            opened.config.sample_format(),
            move |data, _| inner.take(mono(data, channels)),
            move |error| match error.kind() {
                ErrorKind::Xrun => {
                    told.overruns.fetch_add(1, Ordering::Relaxed);
                }
                ErrorKind::RealtimeDenied => {}
                _ => {
                    let _ = words.send(Word::Failed(DeviceError::from_cpal(&error, Direction::Input, &of)));
                }
            },
            Some(OPENING),
        );
        match built.and_then(|stream| stream.play().map(|()| stream)) {
            Ok(stream) => return Ok((stream, opened)),
            Err(error) => last = Some(DeviceError::from_cpal(&error, Direction::Input, &name)),
        }
    }
    Err(last.unwrap_or(DeviceError::None { direction: Direction::Input }))
}

impl Shared {
    /// Called by the sound system for every piece of sound.
    fn take(&self, samples: Vec<f32>) {
        let count = samples.len() as u64;
        let first_frame = self.frames.fetch_add(count, Ordering::Relaxed);
        let peak = samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        self.peak.fetch_max(peak.to_bits(), Ordering::Relaxed);
        let Some(sender) = &*lock(&self.blocks) else { return };
        if sender.try_send(Block { first_frame, samples }).is_err() {
            self.dropped_frames.fetch_add(count, Ordering::Relaxed);
        }
    }
}

/// The mean of all channels, whatever the device's own form of sample.
fn mono(data: &Data, channels: usize) -> Vec<f32> {
    fn mixed<T: SizedSample>(data: &Data, channels: usize) -> Vec<f32>
    where
        f32: FromSample<T>,
    {
        mix(data.as_slice::<T>().unwrap_or_default(), channels)
    }
    match data.sample_format() {
        SampleFormat::F32 => mixed::<f32>(data, channels),
        SampleFormat::F64 => mixed::<f64>(data, channels),
        SampleFormat::I8 => mixed::<i8>(data, channels),
        SampleFormat::I16 => mixed::<i16>(data, channels),
        SampleFormat::I24 => mixed::<cpal::I24>(data, channels),
        SampleFormat::I32 => mixed::<i32>(data, channels),
        SampleFormat::U8 => mixed::<u8>(data, channels),
        SampleFormat::U16 => mixed::<u16>(data, channels),
        SampleFormat::U32 => mixed::<u32>(data, channels),
        // Opening a device refuses all others.
        _ => Vec::new(),
    }
}

fn mix<T: SizedSample>(samples: &[T], channels: usize) -> Vec<f32>
where
    f32: FromSample<T>,
{
    let mean = |frame: &[T]| {
        let mean = frame.iter().map(|&sample| f32::from_sample_(sample)).sum::<f32>() / channels as f32;
        // A driver may hand out anything; sound here is finite and within full scale.
        if mean.is_finite() { mean.clamp(-1.0, 1.0) } else { 0.0 }
    };
    samples.chunks_exact(channels).map(mean).collect()
}

/// A panic elsewhere leaves these two values whole: each is set in one assignment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A capture whose sound system is the test. Its channel holds four blocks.
    fn running() -> (Capture, Arc<Shared>, Receiver<Word>) {
        let (sender, blocks) = bounded(4);
        let (words, heard) = unbounded();
        let (_, gone) = bounded(0);
        let shared = Arc::new(Shared { blocks: Mutex::new(Some(sender)), ..Shared::default() });
        let device = Device {
            id: "test:0".into(),
            name: "test".into(),
            direction: Direction::Input,
            default: true,
            virtual_cable: false,
            hidden: false,
            system: "test".into(),
        };
        (Capture { device, rate_hz: 16_000, shared: Arc::clone(&shared), blocks, words, gone }, shared, heard)
    }

    #[test]
    fn channels_are_mixed_and_nonsense_is_silenced() {
        assert_eq!(mix(&[i16::MAX, i16::MIN + 1, 16_384, 16_384], 2), [0.0, 0.5]);
        assert_eq!(mix(&[128_u8, 255, 0], 1)[..1], [0.0]);
        assert_eq!(mix(&[f32::NAN, 9.0, -9.0, f32::INFINITY], 1), [0.0, 1.0, -1.0, 0.0]);
        assert_eq!(mix(&[0.5_f32, 0.5, 0.5], 2), [0.5], "half a frame is no frame");
    }

    #[test]
    fn lost_blocks_are_counted_and_leave_a_gap() {
        let (capture, shared, _heard) = running();
        for value in 0..6_u8 {
            shared.take(vec![f32::from(value) / 10.0; 100]);
        }
        assert_eq!(capture.dropped_frames(), 200);
        assert_eq!((capture.peak(), capture.peak()), (0.5, 0.0));
        for first_frame in [0, 100, 200, 300] {
            assert!(matches!(capture.next(Duration::ZERO), Ok(Next::Block(block)) if block.first_frame == first_frame));
        }
        assert_eq!(capture.next(Duration::ZERO), Ok(Next::Waiting));
        shared.take(vec![0.0; 100]);
        assert!(matches!(capture.next(Duration::ZERO), Ok(Next::Block(block)) if block.first_frame == 600));
    }

    #[test]
    fn a_failure_comes_after_all_sound_before_it() {
        let (capture, shared, heard) = running();
        let unplugged = DeviceError::Unplugged { direction: Direction::Input, name: "test".into() };
        shared.take(vec![0.1; 100]);
        capture.words.send(Word::Failed(unplugged.clone())).unwrap();
        watch(&shared, &heard, "test", &|| true);
        lock(&shared.blocks).take();
        shared.take(vec![0.1; 100]);
        assert!(matches!(capture.next(Duration::ZERO), Ok(Next::Block(_))));
        assert_eq!(capture.next(Duration::ZERO), Err(unplugged));
        assert_eq!(capture.next(Duration::ZERO), Ok(Next::Ended));
    }

    #[test]
    fn stopping_is_no_failure() {
        let (capture, shared, heard) = running();
        capture.stop();
        watch(&shared, &heard, "test", &|| true);
        lock(&shared.blocks).take();
        assert_eq!(capture.next(Duration::ZERO), Ok(Next::Ended));
    }

    #[test]
    fn a_device_that_falls_silent_is_noticed() {
        let (capture, shared, heard) = running();
        shared.take(vec![0.1; 100]);
        watch(&shared, &heard, "test", &|| true);
        assert!(matches!(*lock(&shared.failure), Some(DeviceError::Stalled { .. })));
        shared.take(vec![0.1; 100]);
        watch(&shared, &heard, "test", &|| false);
        assert!(matches!(*lock(&shared.failure), Some(DeviceError::Unplugged { .. })));
        drop(capture);
    }
}
