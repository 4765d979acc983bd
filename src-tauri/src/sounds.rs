//! Sounds that the window may fetch, by ids that say nothing: 16-bit samples in memory, bounded, some still growing. All
//! are dropped the moment a consent ends: a page fetches anew what it may still play. Knows no window.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use audio::Pcm;

use crate::view::SoundView;

/// Bytes that are kept: about two hours at 16 kHz. The oldest go first; a page asks again for what it still needs.
const MOST_BYTES: usize = 256 << 20;

/// The sounds of this window.
#[derive(Default)]
pub struct Sounds(Mutex<Shelf>);

#[derive(Default)]
struct Shelf {
    sounds: HashMap<String, Sound>,
    counted: u64,
    bytes: usize,
}

struct Sound {
    /// Little-endian, mono.
    samples: Vec<u8>,
    rate_hz: u32,
    complete: bool,
    loudness_lufs: Option<f64>,
    order: u64,
}

/// A piece of a sound.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece {
    /// From the byte that was asked for to what there is.
    Bytes {
        bytes: Vec<u8>,
        total: usize,
        complete: bool,
    },
    /// Nothing there (yet).
    Beyond {
        total: usize,
    },
    Unknown,
}

impl Sounds {
    /// Keeps a finished sound.
    pub fn put(&self, pcm: &Pcm) -> SoundView {
        let id = self.begin(pcm.rate_hz());
        self.grow(&id, pcm);
        self.finish(&id, audio::level::loudness_lufs(pcm))
    }

    /// Begins a sound that will grow.
    pub fn begin(&self, rate_hz: u32) -> String {
        let id = random_id();
        let mut shelf = self.lock();
        shelf.counted += 1;
        let order = shelf.counted;
        let sound = Sound { samples: Vec::new(), rate_hz, complete: false, loudness_lufs: None, order };
        shelf.sounds.insert(id.clone(), sound);
        id
    }

    /// Adds to a sound; one that was dropped meanwhile stays dropped.
    pub fn grow(&self, id: &str, pcm: &Pcm) {
        let mut shelf = self.lock();
        let Some(sound) = shelf.sounds.get_mut(id) else { return };
        sound.samples.reserve(pcm.len() * 2);
        for sample in pcm.samples() {
            sound.samples.extend_from_slice(&((sample.clamp(-1.0, 1.0) * 32767.0).round() as i16).to_le_bytes());
        }
        shelf.bytes += pcm.len() * 2;
        shelf.make_room(id);
    }

    /// Nothing more will come.
    pub fn finish(&self, id: &str, loudness_lufs: Option<f64>) -> SoundView {
        let mut shelf = self.lock();
        if let Some(sound) = shelf.sounds.get_mut(id) {
            sound.complete = true;
            sound.loudness_lufs = loudness_lufs;
        }
        shelf.view(id)
    }

    /// What the window is told of a sound.
    pub fn view(&self, id: &str) -> SoundView {
        self.lock().view(id)
    }

    /// The bytes from one on.
    pub fn piece(&self, id: &str, from: usize) -> Piece {
        let shelf = self.lock();
        let Some(sound) = shelf.sounds.get(id) else { return Piece::Unknown };
        let total = sound.samples.len();
        match sound.samples.get(from..) {
            Some(bytes) if !bytes.is_empty() => Piece::Bytes { bytes: bytes.to_vec(), total, complete: sound.complete },
            _ => Piece::Beyond { total },
        }
    }

    /// The sound as it is so far.
    pub fn pcm(&self, id: &str) -> Option<Pcm> {
        let shelf = self.lock();
        let sound = shelf.sounds.get(id)?;
        let samples = sound.samples.as_chunks::<2>().0.iter().map(|b| f32::from(i16::from_le_bytes(*b)) / 32768.0);
        Pcm::new(samples.collect(), sound.rate_hz).ok()
    }

    /// Drops everything.
    pub fn clear(&self) {
        *self.lock() = Shelf::default();
    }

    fn lock(&self) -> MutexGuard<'_, Shelf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    fn view(&self, id: &str) -> SoundView {
        let sound = self.sounds.get(id);
        let rate_hz = sound.map_or(1, |sound| sound.rate_hz);
        SoundView {
            id: id.to_owned(),
            rate_hz,
            seconds: sound.map_or(0.0, |sound| (sound.samples.len() / 2) as f64 / f64::from(rate_hz)),
            complete: sound.is_none_or(|sound| sound.complete),
            loudness_lufs: sound.and_then(|sound| sound.loudness_lufs),
        }
    }

    fn make_room(&mut self, keep: &str) {
        while self.bytes > MOST_BYTES {
            let oldest = self.sounds.iter().filter(|(id, _)| *id != keep).min_by_key(|(_, sound)| sound.order);
            let Some(id) = oldest.map(|(id, _)| id.clone()) else { return };
            if let Some(gone) = self.sounds.remove(&id) {
                self.bytes -= gone.samples.len();
            }
        }
    }
}

fn random_id() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("invariant: the system gives random bytes");
    hex::encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(samples: usize) -> Pcm {
        Pcm::new((0..samples).map(|i| (i as f32 * 0.05).sin() * 0.5).collect(), 16_000).unwrap()
    }

    #[test]
    fn a_growing_sound_is_fetched_piece_by_piece() {
        let sounds = Sounds::default();
        let id = sounds.begin(16_000);
        assert_eq!(sounds.piece(&id, 0), Piece::Beyond { total: 0 });
        sounds.grow(&id, &tone(100));
        let Piece::Bytes { bytes, total: 200, complete: false } = sounds.piece(&id, 0) else { panic!() };
        assert_eq!(bytes.len(), 200);
        sounds.grow(&id, &tone(50));
        assert!(matches!(sounds.piece(&id, 200), Piece::Bytes { bytes, total: 300, .. } if bytes.len() == 100));
        assert_eq!(sounds.piece(&id, 300), Piece::Beyond { total: 300 });
        assert_eq!(sounds.piece(&id, usize::MAX), Piece::Beyond { total: 300 });
        assert!(sounds.finish(&id, None).complete);
        assert_eq!(sounds.piece("../../etc/passwd", 0), Piece::Unknown);
    }

    #[test]
    fn the_oldest_go_when_there_is_no_room() {
        let sounds = Sounds::default();
        let first = sounds.put(&tone(16_000));
        let big = tone(MOST_BYTES / 4);
        let second = sounds.put(&big);
        let third = sounds.put(&big);
        assert_eq!(sounds.piece(&first.id, 0), Piece::Unknown);
        assert!(sounds.pcm(&second.id).is_some());
        sounds.clear();
        assert!(sounds.pcm(&third.id).is_none());
    }
}
