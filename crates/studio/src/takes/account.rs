//! What is kept of takes: a list of edits that is only ever appended to, sealed in the library, or in memory where there
//! is none. Knows no voice and no engine.

use std::collections::{HashMap, HashSet};
use std::sync::{MutexGuard, PoisonError};

use audio::Pcm;
use library::{DocumentId, Library};
use serde::{Deserialize, Serialize};

use super::{TakeCard, unknown};
use crate::make::{Key, Shelf};
use crate::{Studio, StudioError};

/// Kind of the library's document.
const KIND: &str = "takes";

/// Most sound that is kept in memory where there is no library, in samples: half an hour, about 170 MB.
const MOST_SAMPLES: usize = 1800 * 24_000;

/// One change of the list of takes. The number of a take is the place of its `Made`, counted from 1.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Edit {
    Made(Box<Made>),
    Star {
        take: u64,
        starred: bool,
    },
    Removed {
        take: u64,
    },
    Restored {
        take: u64,
    },
    /// Gone for good: its sound had to make room.
    Forgotten {
        take: u64,
    },
}

/// A take as it was made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Made {
    pub text: String,
    pub voice: String,
    pub voice_name: String,
    pub language: String,
    pub speed: f32,
    pub pauses: f32,
    pub seed: u64,
    pub seconds: f64,
    pub loudness_lufs: Option<f64>,
    pub made_at: u64,
    pub model: String,
    pub first_sound_seconds: f64,
    pub elapsed_seconds: f64,
    pub lines: Vec<KeptLine>,
}

/// A line of a take: where its sound is kept, and its pause before it was scaled.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct KeptLine {
    pub key: String,
    pub pause_seconds: f32,
}

impl KeptLine {
    pub(super) fn key(&self) -> Result<Key, StudioError> {
        let mut key = Key::default();
        hex::decode_to_slice(&self.key, &mut key).map_err(|_| StudioError::TakesUnreadable)?;
        Ok(key)
    }
}

/// A take as it stands after all edits.
#[derive(Debug, Clone)]
pub(super) struct Take {
    pub number: u64,
    pub made: Made,
    pub starred: bool,
    pub removed: bool,
}

impl Take {
    pub(super) fn card(self) -> TakeCard {
        let Self { number, made, starred, removed } = self;
        TakeCard {
            id: number.to_string(),
            text: made.text,
            voice: made.voice,
            voice_name: made.voice_name,
            language: made.language,
            speed: made.speed,
            pauses: made.pauses,
            seed: made.seed,
            seconds: made.seconds,
            loudness_lufs: made.loudness_lufs,
            starred,
            removed,
            made_at: made.made_at,
            model: made.model,
            first_sound_seconds: made.first_sound_seconds,
            elapsed_seconds: made.elapsed_seconds,
        }
    }
}

/// Takes of a studio without a library.
#[derive(Default)]
pub(crate) struct Memory {
    edits: Vec<Edit>,
    lines: HashMap<Key, Pcm>,
}

impl Memory {
    /// Lets takes go until what is kept is within its bound: removed ones first, then those without a star, always the
    /// oldest, and the newest of all never. Lines that no take is made of go in any case.
    fn make_room(&mut self, most_samples: usize) -> Result<(), StudioError> {
        let mut takes = standing(self.edits.iter().cloned())?;
        loop {
            let used = takes
                .iter()
                .flat_map(|take| &take.made.lines)
                .map(KeptLine::key)
                .collect::<Result<HashSet<Key>, _>>()?;
            self.lines.retain(|key, _| used.contains(key));
            let samples: usize = self.lines.values().map(Pcm::len).sum();
            if samples <= most_samples || takes.len() < 2 {
                return Ok(());
            }
            let older = &takes[..takes.len() - 1];
            let first = (0..older.len()).min_by_key(|&at| (!older[at].removed, older[at].starred, at)).unwrap_or(0);
            let gone = takes.remove(first);
            self.edits.push(Edit::Forgotten { take: gone.number });
        }
    }
}

impl Studio {
    /// Every take, also the removed ones, oldest first.
    pub(super) fn every_take(&self) -> Result<Vec<Take>, StudioError> {
        let memory = self.taking();
        self.takes_in(&memory)
    }

    /// One take.
    pub(super) fn one_take(&self, id: &str) -> Result<Take, StudioError> {
        let memory = self.taking();
        self.find_take(&memory, id)
    }

    /// Keeps a new take and answers its number. Lines on a shelf in memory are remembered with it.
    pub(super) fn add_take(&self, made: Made, keys: &[Key], shelf: &Shelf<'_>) -> Result<u64, StudioError> {
        let mut memory = self.taking();
        let number = self.append(&mut memory, Edit::Made(Box::new(made)))?;
        if let Shelf::Memory(lines) = shelf {
            let lines = lines.borrow();
            memory.lines.extend(keys.iter().filter_map(|key| Some((*key, lines.get(key)?.clone()))));
            memory.make_room(MOST_SAMPLES)?;
        }
        Ok(number)
    }

    /// Changes a take, where `change` finds anything to be changed.
    pub(super) fn edit_take(&self, id: &str, change: impl FnOnce(&Take) -> Option<Edit>) -> Result<(), StudioError> {
        let mut memory = self.taking();
        let take = self.find_take(&memory, id)?;
        if let Some(edit) = change(&take) {
            self.append(&mut memory, edit)?;
        }
        Ok(())
    }

    /// Puts lines that this studio remembers onto a shelf in memory.
    pub(super) fn remembered(&self, keys: &[Key], shelf: &Shelf<'_>) {
        if let Shelf::Memory(lines) = shelf {
            let memory = self.taking();
            let known = keys.iter().filter_map(|key| Some((*key, memory.lines.get(key)?.clone())));
            lines.borrow_mut().extend(known);
        }
    }

    /// One at a time: a change looks at the list before it is written.
    fn taking(&self) -> MutexGuard<'_, Memory> {
        self.takes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn takes_in(&self, memory: &Memory) -> Result<Vec<Take>, StudioError> {
        let Some(library) = &self.library else { return standing(memory.edits.iter().cloned()) };
        let Some(document) = document(library)? else { return Ok(Vec::new()) };
        let read = |edit: &zeroize::Zeroizing<Vec<u8>>| serde_json::from_slice(edit);
        let edits: Result<Vec<Edit>, _> = library.edits(document)?.iter().map(read).collect();
        standing(edits.map_err(|_| StudioError::TakesUnreadable)?)
    }

    fn find_take(&self, memory: &Memory, id: &str) -> Result<Take, StudioError> {
        // The number as it is written on the card, in no other spelling.
        let number = id.parse::<u64>().ok().filter(|number| number.to_string() == id).ok_or_else(|| unknown(id))?;
        self.takes_in(memory)?.into_iter().find(|take| take.number == number).ok_or_else(|| unknown(id))
    }

    fn append(&self, memory: &mut Memory, edit: Edit) -> Result<u64, StudioError> {
        let Some(library) = &self.library else {
            memory.edits.push(edit);
            return Ok(memory.edits.len() as u64);
        };
        let document = match document(library)? {
            Some(document) => document,
            None => library.add_document(KIND, b"{}")?,
        };
        let edit = serde_json::to_vec(&edit).map_err(|_| StudioError::TakesUnreadable)?;
        Ok(library.append_edit(document, &edit)?)
    }
}

/// The document with the takes, if there are any.
fn document(library: &Library) -> Result<Option<DocumentId>, StudioError> {
    Ok(library.documents(KIND)?.first().copied())
}

/// The takes after all edits, oldest first.
fn standing(edits: impl IntoIterator<Item = Edit>) -> Result<Vec<Take>, StudioError> {
    let mut takes: Vec<Take> = Vec::new();
    let mut places: HashMap<u64, usize> = HashMap::new();
    let mut forgotten = HashSet::new();
    for (number, edit) in (1..).zip(edits) {
        let take = match &edit {
            Edit::Made(made) => {
                places.insert(number, takes.len());
                takes.push(Take { number, made: (**made).clone(), starred: false, removed: false });
                continue;
            }
            Edit::Star { take, .. } | Edit::Removed { take } | Edit::Restored { take } | Edit::Forgotten { take } => {
                take
            }
        };
        let Some(place) = places.get(take) else { return Err(StudioError::TakesUnreadable) };
        let take = &mut takes[*place];
        match edit {
            Edit::Star { starred, .. } => take.starred = starred,
            Edit::Removed { .. } => take.removed = true,
            Edit::Restored { .. } => take.removed = false,
            Edit::Forgotten { take } => drop(forgotten.insert(take)),
            Edit::Made(_) => {}
        }
    }
    takes.retain(|take| !forgotten.contains(&take.number));
    Ok(takes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(key: u8) -> Made {
        Made {
            text: "x".into(),
            voice: "alder".into(),
            voice_name: "Alder".into(),
            language: "en".into(),
            speed: 1.1,
            pauses: 0.3,
            seed: u64::MAX,
            seconds: 1.0,
            loudness_lufs: None,
            made_at: 5,
            model: "m".into(),
            first_sound_seconds: 0.1,
            elapsed_seconds: 0.2,
            lines: vec![KeptLine { key: hex::encode([key; 32]), pause_seconds: 0.35 }],
        }
    }

    #[test]
    fn the_oldest_without_a_star_make_room_and_the_newest_stays() {
        let mut memory = Memory::default();
        for key in 1..=4 {
            memory.lines.insert([key; 32], Pcm::new(vec![0.0; 100], 8_000).unwrap());
            memory.edits.push(Edit::Made(Box::new(made(key))));
        }
        memory.lines.insert([9; 32], Pcm::new(vec![0.0; 100], 8_000).unwrap());
        memory.edits.push(Edit::Star { take: 1, starred: true });
        memory.edits.push(Edit::Removed { take: 3 });
        let mut left = |most: usize| {
            memory.make_room(most).unwrap();
            let takes = standing(memory.edits.iter().cloned()).unwrap();
            assert_eq!(memory.lines.len(), takes.len());
            takes.iter().map(|take| take.number).collect::<Vec<_>>()
        };
        assert_eq!(left(400), [1, 2, 3, 4]);
        assert_eq!(left(300), [1, 2, 4]);
        assert_eq!(left(200), [1, 4]);
        assert_eq!(left(0), [4]);
    }

    #[test]
    fn edits_read_back_as_they_were_and_strange_ones_are_refused() {
        let edit = serde_json::to_string(&Edit::Made(Box::new(made(7)))).unwrap();
        let Edit::Made(back) = serde_json::from_str(&edit).unwrap() else { panic!("another edit") };
        assert_eq!((back.speed, back.pauses, back.seed), (1.1, 0.3, u64::MAX));
        assert_eq!((back.lines[0].pause_seconds, back.lines[0].key().unwrap()), (0.35, [7; 32]));
        assert!(matches!(standing([Edit::Removed { take: 1 }]), Err(StudioError::TakesUnreadable)));
        for key in ["", "zz", &"0".repeat(62), &"0".repeat(66)] {
            let line = KeptLine { key: key.into(), pause_seconds: 0.0 };
            assert!(matches!(line.key(), Err(StudioError::TakesUnreadable)));
        }
    }
}
