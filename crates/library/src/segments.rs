//! Speech that was made, kept so that it is never made twice: a segment of a book, a take. Its key is a hash of everything
//! it was made from, computed by whoever asks. Knows no text.

use audio::Pcm;
use consent::VoiceId;
use consent::vault::DataKey;
use rusqlite::{OptionalExtension, params};

use crate::blobs::Name;
use crate::keys::{self, NOBODY};
use crate::state::{Failure, State};
use crate::{Library, LibraryError};

/// A stretch of speech with its account.
#[derive(Debug)]
pub struct Segment {
    /// The sound.
    pub pcm: Pcm,
    /// How often it was made and stored: 1 unless work was done twice.
    pub made: u32,
}

impl Library {
    /// The segment stored under a key, if there is one.
    ///
    /// # Errors
    /// [`LibraryError::Damaged`]; making and storing it again mends that.
    pub fn segment(&self, key: &[u8; 32]) -> Result<Option<Segment>, LibraryError> {
        self.with(|state| {
            let name = segment_name(state, key);
            let Some((owner, blob, made)) = state.segment_row(&name)? else { return Ok(None) };
            let data_key = state.data_key(&owner)?;
            let pcm = state.read_sound(&data_key, &owner, &kind(&name), &blob)?;
            Ok(Some(Segment { pcm, made }))
        })
    }

    /// Whether a segment is stored under a key.
    ///
    /// # Errors
    /// The errors of the disk.
    pub fn has_segment(&self, key: &[u8; 32]) -> Result<bool, LibraryError> {
        self.with(|state| Ok(state.segment_row(&segment_name(state, key))?.is_some()))
    }

    /// Stores a segment made with a person's voice, or with none for a preset. It dies with the voice. Its length
    /// counts against the grant at once, even if the job that made it never gets to its log entry. Storing it again
    /// replaces it and counts up `made`.
    ///
    /// # Errors
    /// [`consent::Refusal::Revoked`] when the voice was erased meanwhile.
    pub fn put_segment(
        &self,
        key: &[u8; 32],
        voice: Option<&VoiceId>,
        pcm: &Pcm,
        now: u64,
    ) -> Result<(), LibraryError> {
        self.with(|state| state.put_segment(key, voice, pcm, now))
    }

    /// Erases the segment stored under a key. Erasing what is not there is no error.
    ///
    /// # Errors
    /// The errors of the disk.
    pub fn remove_segment(&self, key: &[u8; 32], now: u64) -> Result<(), LibraryError> {
        self.with(|state| {
            let name = segment_name(state, key);
            let Some((_, blob, _)) = state.segment_row(&name)? else { return Ok(()) };
            state.transact(now, None, |state| {
                state.connection.execute("DELETE FROM segments WHERE name = ?1", [name])?;
                state.connection.execute("DELETE FROM blobs WHERE name = ?1", [blob])?;
                Ok(())
            })?;
            Ok(state.blobs.remove(&blob)?)
        })
    }
}

impl State {
    fn put_segment(&mut self, key: &[u8; 32], voice: Option<&VoiceId>, pcm: &Pcm, now: u64) -> Result<(), Failure> {
        let owner = voice.copied().unwrap_or(NOBODY);
        let data_key = match voice {
            Some(voice) => self.key(voice)?,
            None => self.data_key(&NOBODY)?,
        };
        let name = segment_name(self, key);
        let kind = kind(&name);
        let blob = self.write_blob(&data_key, &owner, &kind, &pcm.canonical())?;
        self.step("segment written");
        let before = self.segment_row(&name)?.map(|(_, blob, _)| blob).filter(|before| *before != blob);
        let milliseconds = (pcm.seconds() * 1000.0).ceil() as i64;
        self.transact(now, None, |state| {
            state.insert_blob(&blob, &owner, &kind)?;
            state.connection.execute(
                "INSERT INTO segments (name, owner, blob, made) VALUES (?1, ?2, ?3, 1)
                 ON CONFLICT (name) DO UPDATE SET owner = ?2, blob = ?3, made = made + 1",
                params![name, owner.as_bytes(), blob],
            )?;
            if let Some(before) = before {
                state.connection.execute("DELETE FROM blobs WHERE name = ?1", [before])?;
            }
            if let Some(voice) = voice {
                state.connection.execute(
                    "UPDATE voices SET made_milliseconds = made_milliseconds + ?2 WHERE id = ?1",
                    params![voice.as_bytes(), milliseconds],
                )?;
            }
            Ok(())
        })?;
        match before {
            Some(before) => Ok(self.blobs.remove(&before)?),
            None => Ok(()),
        }
    }

    fn segment_row(&self, name: &Name) -> Result<Option<(VoiceId, Name, u32)>, Failure> {
        let read = "SELECT owner, blob, made FROM segments WHERE name = ?1";
        // Asked for every line of a book at a time: the statement is made once.
        let mut read = self.connection.prepare_cached(read)?;
        let row = read.query_row([name], |row| Ok((VoiceId::from_bytes(row.get(0)?), row.get(1)?, row.get(2)?)));
        Ok(row.optional()?)
    }

    /// The key of a voice, or of what is nobody's.
    pub(crate) fn data_key(&self, owner: &VoiceId) -> Result<DataKey, Failure> {
        let key = self.keys.of(&self.connection, owner)?;
        key.ok_or_else(|| LibraryError::damaged(format!("key {owner}"), "it is missing").into())
    }

    /// Seals bytes into a file; the row follows in the caller's transaction.
    pub(crate) fn write_blob(&self, key: &DataKey, owner: &VoiceId, kind: &str, plain: &[u8]) -> Result<Name, Failure> {
        let name = self.keys.name(owner, kind, plain);
        self.blobs.write(&name, &keys::seal(key, owner, kind, plain)?)?;
        Ok(name)
    }

    /// The bytes of a blob, proven to be the ones its name was made from.
    pub(crate) fn read_blob(
        &self,
        key: &DataKey,
        owner: &VoiceId,
        kind: &str,
        name: &Name,
    ) -> Result<zeroize::Zeroizing<Vec<u8>>, LibraryError> {
        let plain = keys::open(key, owner, kind, &self.blobs.read(name)?)?;
        if self.keys.name(owner, kind, &plain) != *name {
            return Err(LibraryError::damaged(format!("blob {}", hex::encode(name)), "it is another one"));
        }
        Ok(plain)
    }

    /// The sound in a blob.
    pub(crate) fn read_sound(&self, key: &DataKey, owner: &VoiceId, kind: &str, name: &Name) -> Result<Pcm, Failure> {
        let plain = self.read_blob(key, owner, kind, name)?;
        let sound = Pcm::from_canonical(&plain);
        sound.map_err(|why| LibraryError::damaged(format!("blob {}", hex::encode(name)), why.to_string()).into())
    }
}

/// The caller's key is a hash of text among other things, which could be guessed; on disk only a keyed hash of it is seen.
fn segment_name(state: &State, key: &[u8; 32]) -> Name {
    state.keys.name(&NOBODY, "segment key", key)
}

/// Binds the sound to the place where it is asked for.
fn kind(name: &Name) -> String {
    format!("segment {}", hex::encode(name))
}
