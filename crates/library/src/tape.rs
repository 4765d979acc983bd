//! Tapes: recordings that are sealed on disk while they are made. A frame is written and synced several times a second
//! under a key of the tape's own, so that a program that is killed loses less than a quarter of a second, and removing
//! the tape's key erases it. Knows no microphone and not what a recording is for.

use std::fmt;
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::path::PathBuf;
use std::str::FromStr;

use audio::Pcm;
use consent::vault::DataKey;
use consent::{SystemEntropy, VoiceId};
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::state::{Failure, State};
use crate::{Library, LibraryError, keys};

const FOLDER: &str = "tapes";
const ENDING: &str = "tape";
const FACTS: &str = "tape facts";
/// Sound in one frame, in milliseconds.
const FRAME_MILLISECONDS: u32 = 100;
/// Bytes of the length before each sealed frame.
const LENGTH_BYTES: usize = 4;
/// Bytes of the count of lost frames before the samples of a frame.
const LOST_BYTES: usize = 8;
/// Beyond any frame that this program writes: 100 ms at 192 kHz are 77 kB, sealed a little more.
const LARGEST_FRAME: usize = 128 * 1024;
/// Beyond any tape that this program writes: ten minutes at 96 kHz. A planted file beyond it is not read.
const LARGEST_TAPE: u64 = 256 << 20;
/// Longest text that is kept beside a tape, in bytes.
const LONGEST_TEXT: usize = 8 * 1024;

/// Number of a tape; random.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TapeId(VoiceId);

impl fmt::Display for TapeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for TapeId {
    type Err = LibraryError;

    fn from_str(text: &str) -> Result<Self, LibraryError> {
        text.parse().map(Self).map_err(|_| LibraryError::NotFound("such recording".into()))
    }
}

/// What is known when a recording begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TapeLabel {
    /// Name of the microphone, or of the file that stands in for one.
    pub device: String,
    /// The sound system that it belongs to.
    pub system: String,
    /// What was to be read.
    pub prompt: String,
    /// What it is for, if it is no sample for a voice: whoever wrote it knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// Frames per second.
    pub rate_hz: u32,
    /// Whether it comes from a microphone, now.
    pub live: bool,
    /// When it began, Unix time in seconds.
    pub started_at: u64,
}

/// What is known of a tape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TapeFacts {
    /// Its number.
    pub id: TapeId,
    /// What was known when it began.
    pub label: TapeLabel,
    /// How it ended; none when the program went away in the middle.
    pub end: Option<TapeEnd>,
}

/// How a recording ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TapeEnd {
    /// Whether it ended by itself: the microphone was unplugged, say.
    pub early: bool,
    /// Sealed frames on the tape: fewer than these are a loss.
    frames: u64,
}

/// A tape that was read.
#[derive(Debug, Clone)]
pub struct Played {
    /// What is known of it.
    pub facts: TapeFacts,
    /// The sound, as far as it is on disk.
    pub pcm: Pcm,
    /// Frames of sound that were lost on the way from the device.
    pub dropped_frames: u64,
}

#[derive(Serialize, Deserialize)]
struct Record {
    label: TapeLabel,
    end: Option<TapeEnd>,
}

/// A tape that is being recorded. Dropping it without [`Tape::finish`] leaves what a crash would leave.
#[derive(Debug)]
pub struct Tape {
    library: Library,
    id: TapeId,
    key: DataKey,
    file: File,
    path: PathBuf,
    label: TapeLabel,
    waiting: Vec<f32>,
    dropped_frames: u64,
    frames: u64,
    bytes: u64,
}

impl Library {
    /// Begins a tape.
    ///
    /// # Errors
    /// [`LibraryError::Storage`] for a label that is none; the errors of the disk.
    pub fn start_tape(&self, label: TapeLabel) -> Result<Tape, LibraryError> {
        Pcm::new(Vec::new(), label.rate_hz).map_err(|why| LibraryError::Storage(why.to_string()))?;
        let texts = [&label.device, &label.system, &label.prompt].into_iter().chain(&label.purpose);
        if texts.into_iter().any(|text| text.len() > LONGEST_TEXT) {
            return Err(LibraryError::Storage("the text beside a recording is too long".into()));
        }
        let (id, key, file, path) = self.with(|state| {
            let id = TapeId(VoiceId::random(&mut SystemEntropy)?);
            let key = DataKey::random(&mut SystemEntropy)?;
            let path = state.tape_path(&id);
            // The file comes first, so that a tape with a row always has one; a file without a row is swept.
            let file = create(&path).map_err(|error| LibraryError::io(&path, &error))?;
            let facts = seal_facts(&key, &id, &Record { label: label.clone(), end: None })?;
            let transaction = state.connection.unchecked_transaction()?;
            state.keys.insert(&state.connection, &id.0, &key)?;
            let write = "INSERT INTO tapes (id, facts) VALUES (?1, ?2)";
            state.connection.execute(write, params![id.0.as_bytes(), facts])?;
            transaction.commit()?;
            state.recording.insert(id);
            Ok((id, key, file, path))
        })?;
        let library = self.clone();
        Ok(Tape { library, id, key, file, path, label, waiting: Vec::new(), dropped_frames: 0, frames: 0, bytes: 0 })
    }

    /// The tapes that are not being recorded right now, oldest first.
    ///
    /// # Errors
    /// [`LibraryError::Damaged`] when the facts of one do not open.
    pub fn tapes(&self) -> Result<Vec<TapeFacts>, LibraryError> {
        self.with(|state| {
            let ids = state.tape_ids()?;
            ids.iter().filter(|id| !state.recording.contains(id)).map(|id| Ok(state.tape_facts(id)?.0)).collect()
        })
    }

    /// A tape with its sound. What a crash cut off at the end is simply not there.
    ///
    /// # Errors
    /// [`LibraryError::NotFound`]; [`LibraryError::Damaged`] for a loss anywhere but in the last frame of a tape that was
    /// never finished.
    pub fn tape(&self, id: &TapeId) -> Result<Played, LibraryError> {
        self.with(|state| state.play(id))
    }

    /// Removes a tape: its key first, then its file. Removing what is not there is no error.
    ///
    /// # Errors
    /// The errors of the disk.
    pub fn remove_tape(&self, id: &TapeId) -> Result<(), LibraryError> {
        self.with(|state| {
            let remove = "DELETE FROM keys WHERE id = ?1 AND EXISTS (SELECT 1 FROM tapes WHERE id = ?1)";
            if state.connection.execute(remove, [id.0.as_bytes()])? == 0 {
                return Ok(());
            }
            // It is gone whatever happens from here on; a file that stays is swept at the next opening.
            let _ = fs::remove_file(state.tape_path(id));
            let _ = state.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
            Ok(())
        })
    }
}

impl Tape {
    /// Its number.
    #[must_use]
    pub fn id(&self) -> TapeId {
        self.id
    }

    /// Seconds of sound that were handed over so far, those that wait for their frame included.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        let samples = self.bytes / size_of::<f32>() as u64 + self.waiting.len() as u64;
        samples as f64 / f64::from(self.label.rate_hz)
    }

    /// How many frames of sound were lost up to now. It goes onto the tape with the next frame.
    pub fn lost(&mut self, dropped_frames: u64) {
        self.dropped_frames = dropped_frames;
    }

    /// Takes in what was recorded next. Whole frames are on disk, synced, once this returns; less than a tenth of a second
    /// waits for the next call.
    ///
    /// # Errors
    /// [`LibraryError::Storage`] for what is no sound or too much; the errors of the disk.
    pub fn append(&mut self, samples: &[f32]) -> Result<(), LibraryError> {
        if !samples.iter().all(|sample| sample.is_finite()) {
            return Err(LibraryError::Storage("this is no sound".into()));
        }
        self.waiting.extend_from_slice(samples);
        let frame = (self.label.rate_hz * FRAME_MILLISECONDS / 1000) as usize;
        let whole = self.waiting.len() / frame * frame;
        if whole == 0 {
            return Ok(());
        }
        let rest = self.waiting.split_off(whole);
        let ready = std::mem::replace(&mut self.waiting, rest);
        self.write(ready.chunks(frame))
    }

    /// Ends the recording well. `early` says that it ended by itself.
    ///
    /// # Errors
    /// The errors of the disk; [`LibraryError::NotFound`] when it was removed meanwhile.
    pub fn finish(mut self, early: bool) -> Result<TapeFacts, LibraryError> {
        let ready = std::mem::take(&mut self.waiting);
        self.write(std::iter::once(ready.as_slice()))?;
        let end = Some(TapeEnd { early, frames: self.frames });
        let facts = seal_facts(&self.key, &self.id, &Record { label: self.label.clone(), end })?;
        let id = self.id;
        let changed = self.library.with(|state| {
            let write = "UPDATE tapes SET facts = ?2 WHERE id = ?1";
            Ok(state.connection.execute(write, params![id.0.as_bytes(), facts])?)
        })?;
        if changed == 0 {
            return Err(missing(&id));
        }
        Ok(TapeFacts { id, label: self.label.clone(), end })
    }

    fn write<'a>(&mut self, frames: impl Iterator<Item = &'a [f32]>) -> Result<(), LibraryError> {
        let mut sealed = Vec::new();
        for samples in frames {
            let mut plain = Zeroizing::new(Vec::with_capacity(LOST_BYTES + size_of_val(samples)));
            plain.extend_from_slice(&self.dropped_frames.to_le_bytes());
            plain.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
            let frame = keys::seal(&self.key, &self.id.0, &place(self.frames), &plain)?;
            let length = u32::try_from(frame.len()).map_err(|_| LibraryError::Storage("a frame is too long".into()))?;
            sealed.extend_from_slice(&length.to_le_bytes());
            sealed.extend_from_slice(&frame);
            self.frames += 1;
            self.bytes += size_of_val(samples) as u64;
        }
        if self.bytes > LARGEST_TAPE / 2 {
            return Err(LibraryError::Storage("the recording is too long".into()));
        }
        // Synced, so that not even a power cut loses it.
        let written = self.file.write_all(&sealed).and_then(|()| self.file.sync_data());
        written.map_err(|error| LibraryError::io(&self.path, &error))
    }
}

impl Drop for Tape {
    fn drop(&mut self) {
        let id = self.id;
        let _ = self.library.with(|state| {
            state.recording.remove(&id);
            Ok(())
        });
    }
}

impl State {
    fn tape_path(&self, id: &TapeId) -> PathBuf {
        self.folder.join(FOLDER).join(format!("{id}.{ENDING}"))
    }

    pub(crate) fn tape_ids(&self) -> Result<Vec<TapeId>, Failure> {
        let mut read = self.connection.prepare("SELECT id FROM tapes ORDER BY position")?;
        let ids = read.query_map([], |row| Ok(TapeId(VoiceId::from_bytes(row.get(0)?))))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }

    fn tape_facts(&self, id: &TapeId) -> Result<(TapeFacts, DataKey), Failure> {
        let read = "SELECT facts FROM tapes WHERE id = ?1";
        let sealed: Option<Vec<u8>> =
            self.connection.query_row(read, [id.0.as_bytes()], |row| row.get(0)).optional()?;
        let sealed = sealed.ok_or_else(|| missing(id))?;
        let key = self.data_key(&id.0)?;
        let plain = keys::open(&key, &id.0, FACTS, &sealed)?;
        let record: Record =
            serde_json::from_slice(&plain).map_err(|why| LibraryError::damaged(FACTS, why.to_string()))?;
        Ok((TapeFacts { id: *id, label: record.label, end: record.end }, key))
    }

    /// Reads a tape to its end.
    pub(crate) fn play(&self, id: &TapeId) -> Result<Played, Failure> {
        let (facts, key) = self.tape_facts(id)?;
        let part = || format!("recording {id}");
        let path = self.tape_path(id);
        let file = File::open(&path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => LibraryError::damaged(part(), "the file is missing"),
            _ => LibraryError::io(&path, &error),
        })?;
        let mut bytes = Vec::new();
        file.take(LARGEST_TAPE).read_to_end(&mut bytes).map_err(|error| LibraryError::io(&path, &error))?;
        let (mut samples, mut dropped_frames, mut frames) = (Vec::new(), 0, 0);
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let Some((frame, later)) = split_frame(rest) else { break };
            let Ok(plain) = keys::open(&key, &id.0, &place(frames), frame) else { break };
            let Some((lost, sound)) = plain.split_first_chunk::<LOST_BYTES>() else { break };
            dropped_frames = u64::from_le_bytes(*lost);
            let (values, _) = sound.as_chunks::<4>();
            samples.extend(values.iter().map(|value| f32::from_le_bytes(*value)));
            frames += 1;
            rest = later;
        }
        // Only the last frame of a tape that was cut short may be missing; anything else is a loss to be told of.
        let whole = facts.end.map_or(rest.len() <= LENGTH_BYTES + LARGEST_FRAME, |end| end.frames == frames);
        if !whole {
            return Err(LibraryError::damaged(part(), format!("it can be read up to frame {frames} only")).into());
        }
        let pcm =
            Pcm::new(samples, facts.label.rate_hz).map_err(|why| LibraryError::damaged(part(), why.to_string()))?;
        Ok(Played { facts, pcm, dropped_frames })
    }

    /// Removes files of tapes that are gone.
    pub(crate) fn sweep_tapes(&self) -> Result<(), Failure> {
        let folder = self.folder.join(FOLDER);
        let known: Vec<PathBuf> = self.tape_ids()?.iter().map(|id| self.tape_path(id)).collect();
        let list = match fs::read_dir(&folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            list => list.map_err(|error| LibraryError::io(&folder, &error))?,
        };
        for entry in list {
            let path = entry.map_err(|error| LibraryError::io(&folder, &error))?.path();
            let is_tape = path.extension().is_some_and(|ending| ending == ENDING);
            if is_tape && !known.contains(&path) {
                fs::remove_file(&path).map_err(|error| LibraryError::io(&path, &error))?;
            }
        }
        Ok(())
    }
}

/// The first sealed frame and what follows it; none where it is cut.
fn split_frame(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<LENGTH_BYTES>()?;
    let length = u32::from_le_bytes(*length) as usize;
    (length <= LARGEST_FRAME).then_some(())?;
    rest.split_at_checked(length)
}

fn create(path: &std::path::Path) -> std::io::Result<File> {
    let parent = path.parent().expect("invariant: a tape lies in a folder");
    fs::create_dir_all(parent)?;
    let file = File::options().create_new(true).append(true).open(path)?;
    // A new file is durable once its folder is synced. Windows has no such call and needs none.
    if cfg!(unix) {
        File::open(parent)?.sync_all()?;
    }
    Ok(file)
}

fn seal_facts(key: &DataKey, id: &TapeId, record: &Record) -> Result<Vec<u8>, LibraryError> {
    let plain = serde_json::to_vec(record).map_err(|why| LibraryError::Storage(why.to_string()))?;
    keys::seal(key, &id.0, FACTS, &plain)
}

/// Binds a frame to its tape and its place on it: frames cannot be swapped or left out.
fn place(frame: u64) -> String {
    format!("tape frame {frame}")
}

fn missing(id: &TapeId) -> LibraryError {
    LibraryError::NotFound(format!("recording {id}"))
}
