//! People's voices: grants with what they cover, and the check before each use. A voice and its log entry come in one
//! transaction, so there is no voice that was not logged. Knows no model and no ear.

use audio::Pcm;
use consent::log::{Facts, LogKind};
use consent::vault::DataKey;
use consent::{
    Audience, Authorized, Context, GrantId, LIST_AGE_SECONDS, Nonce, Refusal, SampleHash, Scope, SignedGrant,
    SpeechKey, SystemEntropy, VoiceId, authorize, authorize_speech,
};
use rusqlite::{OptionalExtension, Row, params};
use zeroize::Zeroizing;

use crate::blobs::Name;
use crate::state::{Failure, State};
use crate::{Library, LibraryError, keys};

pub(crate) const SAMPLE: &str = "sample";
const STATEMENT: &str = "statement";

/// A voice that consent was just given for.
#[derive(Debug)]
pub struct NewVoice<'a> {
    /// What the user calls it.
    pub name: &'a str,
    /// The consent.
    pub grant: &'a SignedGrant,
    /// Exactly the recordings that it covers.
    pub samples: &'a [Pcm],
    /// The spoken statement.
    pub statement: &'a Pcm,
    /// What a model already made of the samples.
    pub prompt: Option<Prompt<'a>>,
}

/// What one model knows of a voice, as bytes that only the model understands.
#[derive(Debug, Clone, Copy)]
pub struct Prompt<'a> {
    /// Identity of the model.
    pub model: &'a str,
    /// The bytes.
    pub bytes: &'a [u8],
}

/// A voice as it stands.
#[derive(Debug, Clone)]
pub struct Voice {
    /// Its number.
    pub id: VoiceId,
    /// What the user calls it.
    pub name: String,
    /// The consent.
    pub grant: SignedGrant,
    /// When it was revoked, Unix time; none while it counts.
    pub revoked_at: Option<u64>,
    /// Whether the recordings are still there; they go with a revocation and some time after the end of a grant.
    pub is_kept: bool,
    /// Speech made with it, in seconds.
    pub made_seconds: u64,
}

/// What is kept under a voice's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Recordings that it was made from.
    pub samples: u64,
    /// Segments of speech that were made with it.
    pub segments: u64,
}

impl Library {
    /// Stores a voice with everything that belongs to it, and its log entry, as one fact.
    ///
    /// # Errors
    /// [`Refusal::NonceUsed`] when the challenge was used before; [`Refusal::IssuerUntrusted`],
    /// [`Refusal::WrongGrantee`] or [`Refusal::WrongDevice`] when the grant was not given here.
    pub fn grant(&self, new: &NewVoice<'_>, now: u64) -> Result<VoiceId, LibraryError> {
        self.with(|state| state.grant(new, now, |_| Ok(())))
    }

    /// Every voice, in the order in which consent was given.
    ///
    /// # Errors
    /// [`LibraryError::Damaged`].
    pub fn voices(&self) -> Result<Vec<Voice>, LibraryError> {
        self.with(|state| {
            let rows = state.rows()?;
            rows.iter().map(|row| state.voice(row)).collect()
        })
    }

    /// One voice.
    ///
    /// # Errors
    /// [`LibraryError::NotFound`], [`LibraryError::Damaged`].
    pub fn voice(&self, id: &VoiceId) -> Result<Voice, LibraryError> {
        self.with(|state| state.voice(&state.row(id)?))
    }

    /// Calls a voice something else.
    ///
    /// # Errors
    /// [`LibraryError::NotFound`].
    pub fn rename(&self, id: &VoiceId, name: &str, now: u64) -> Result<(), LibraryError> {
        self.with(|state| {
            state.row(id)?;
            state.transact(now, None, |state| {
                let sealed = state.keys.seal(id, "name", name.as_bytes())?;
                state
                    .connection
                    .execute("UPDATE voices SET name = ?2 WHERE id = ?1", params![id.as_bytes(), sealed])?;
                Ok(())
            })
        })
    }

    /// Checks the grant of a voice for one use of at most `wanted_seconds` of speech. A refusal is logged, once for as
    /// long as it stays the same.
    ///
    /// # Errors
    /// [`LibraryError::Refused`] with the first check that failed; [`LibraryError::NotFound`].
    pub fn authorize<S: Scope>(
        &self,
        voice: &VoiceId,
        wanted_seconds: u64,
        now: u64,
    ) -> Result<Authorized<S>, LibraryError> {
        self.checked(voice, None, wanted_seconds, now, authorize::<S>)
    }

    /// The same for speech in a language, by any BCP 47 tag: the statement's own, or one to dub into that the grant names.
    ///
    /// # Errors
    /// As [`Library::authorize`].
    pub fn authorize_speech(
        &self,
        voice: &VoiceId,
        language: &str,
        wanted_seconds: u64,
        now: u64,
    ) -> Result<SpeechKey, LibraryError> {
        self.checked(voice, Some(language), wanted_seconds, now, authorize_speech)
    }

    fn checked<K>(
        &self,
        voice: &VoiceId,
        language: Option<&str>,
        wanted_seconds: u64,
        now: u64,
        check: impl FnOnce(&SignedGrant, &Context) -> Result<K, Refusal>,
    ) -> Result<K, LibraryError> {
        self.with(|state| {
            let (grant, context) = state.context(voice, wanted_seconds, now)?;
            let context = Context { language: language.map(str::to_owned), ..context };
            state.seen(now)?;
            match check(&grant, &context) {
                Ok(key) => {
                    state.last_refusal.remove(voice);
                    Ok(key)
                }
                Err(refusal) => {
                    let code = refusal.code();
                    if state.last_refusal.insert(*voice, code) != Some(code) {
                        let facts = Facts {
                            grant_id: Some(grant.id()),
                            voice_id: Some(*voice),
                            code: Some(code.into()),
                            ..Facts::default()
                        };
                        state.transact(now, Some((LogKind::Refused, facts)), |_| Ok(()))?;
                    }
                    Err(refusal.into())
                }
            }
        })
    }

    /// The grant of a voice and everything about here and now that it is checked against.
    ///
    /// # Errors
    /// [`LibraryError::NotFound`], [`LibraryError::Damaged`].
    pub fn context(
        &self,
        voice: &VoiceId,
        wanted_seconds: u64,
        now: u64,
    ) -> Result<(SignedGrant, Context), LibraryError> {
        self.with(|state| state.context(voice, wanted_seconds, now))
    }

    /// Whether a challenge was used for a grant before.
    ///
    /// # Errors
    /// The errors of the disk.
    pub fn is_nonce_used(&self, nonce: &Nonce) -> Result<bool, LibraryError> {
        self.with(|state| state.is_nonce_used(nonce))
    }

    /// The recordings that a voice was made from; none once they were erased.
    ///
    /// # Errors
    /// [`LibraryError::NotFound`], [`LibraryError::Damaged`].
    pub fn samples(&self, voice: &VoiceId) -> Result<Vec<Pcm>, LibraryError> {
        self.with(|state| {
            state.row(voice)?;
            state.recordings(voice, SAMPLE)
        })
    }

    /// What is kept under a voice's key and goes with it.
    ///
    /// # Errors
    /// [`LibraryError::NotFound`].
    pub fn kept_of(&self, voice: &VoiceId) -> Result<Kept, LibraryError> {
        self.with(|state| {
            state.row(voice)?;
            let count = |read: &str| -> Result<u64, Failure> {
                let number: i64 = state.connection.query_row(read, [voice.as_bytes()], |row| row.get(0))?;
                Ok(number.unsigned_abs())
            };
            Ok(Kept {
                samples: count("SELECT count(*) FROM recordings WHERE voice = ?1 AND kind = 'sample'")?,
                segments: count("SELECT count(*) FROM segments WHERE owner = ?1")?,
            })
        })
    }

    /// The spoken statement of a voice's owner.
    ///
    /// # Errors
    /// [`LibraryError::NotFound`] also once it was erased; [`LibraryError::Damaged`].
    pub fn statement(&self, voice: &VoiceId) -> Result<Pcm, LibraryError> {
        let statement = self.with(|state| state.recordings(voice, STATEMENT))?.pop();
        statement.ok_or_else(|| LibraryError::NotFound(format!("statement of voice {voice}")))
    }

    /// What a model made of a voice, if it did.
    ///
    /// # Errors
    /// [`LibraryError::Damaged`].
    pub fn prompt(&self, voice: &VoiceId, model: &str) -> Result<Option<Zeroizing<Vec<u8>>>, LibraryError> {
        self.with(|state| {
            let Some(key) = state.keys.of(&state.connection, voice)? else { return Ok(None) };
            let read = "SELECT prompt FROM prompts WHERE voice = ?1 AND model = ?2";
            let sealed: Option<Vec<u8>> =
                state.connection.query_row(read, params![voice.as_bytes(), model], |row| row.get(0)).optional()?;
            Ok(sealed.map(|sealed| keys::open(&key, voice, &prompt_kind(model), &sealed)).transpose()?)
        })
    }

    /// Keeps what a model made of a voice, for as long as the voice is kept.
    ///
    /// # Errors
    /// [`Refusal::Revoked`] when the voice was erased.
    pub fn put_prompt(&self, voice: &VoiceId, prompt: &Prompt<'_>, now: u64) -> Result<(), LibraryError> {
        self.with(|state| {
            state.transact(now, None, |state| {
                let key = state.key(voice)?;
                state.put_prompt(&key, voice, prompt)
            })
        })
    }
}

const VOICE: &str = "SELECT id, grant_id, name, record, revocation, made_milliseconds,
    EXISTS (SELECT 1 FROM keys WHERE keys.id = voices.id) FROM voices";

/// A row of `voices`, still sealed.
pub(crate) struct VoiceRow {
    pub(crate) id: VoiceId,
    grant_id: [u8; 32],
    name: Vec<u8>,
    record: Vec<u8>,
    revocation: Option<Vec<u8>>,
    made_milliseconds: i64,
    pub(crate) is_kept: bool,
}

impl VoiceRow {
    pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: VoiceId::from_bytes(row.get(0)?),
            grant_id: row.get(1)?,
            name: row.get(2)?,
            record: row.get(3)?,
            revocation: row.get(4)?,
            made_milliseconds: row.get(5)?,
            is_kept: row.get(6)?,
        })
    }

    pub(crate) fn grant_id(&self) -> GrantId {
        GrantId::from_bytes(self.grant_id)
    }
}

impl State {
    /// `also` runs in the same transaction.
    pub(crate) fn grant(
        &mut self,
        new: &NewVoice<'_>,
        now: u64,
        also: impl FnOnce(&Self) -> Result<(), Failure>,
    ) -> Result<VoiceId, Failure> {
        let record = new.grant.grant();
        let voice = record.voice_id;
        if record.issuer_key != self.identity.issuer.public() {
            return Err(Refusal::IssuerUntrusted.into());
        }
        if record.grantee_key != self.identity.grantee.public() {
            return Err(Refusal::WrongGrantee.into());
        }
        if record.device_id != self.identity.device {
            return Err(Refusal::WrongDevice.into());
        }
        if self.is_nonce_used(&record.challenge_nonce)? {
            return Err(Refusal::NonceUsed.into());
        }
        let key = DataKey::random(&mut SystemEntropy)?;
        let mut blobs = Vec::new();
        for (position, sample) in new.samples.iter().enumerate() {
            blobs.push((SAMPLE, position, self.write_blob(&key, &voice, SAMPLE, &sample.canonical())?));
            self.step("sample written");
        }
        blobs.push((STATEMENT, 0, self.write_blob(&key, &voice, STATEMENT, &new.statement.canonical())?));
        self.step("statement written");
        let facts = Facts {
            grant_id: Some(new.grant.id()),
            voice_id: Some(voice),
            content_sha: Some(record.statement_sha),
            ..Facts::default()
        };
        let stored = self.transact(now, Some((LogKind::Granted, facts)), |state| {
            state.insert_voice(new, &key, &blobs)?;
            state.step("voice inserted");
            also(state)
        });
        if stored.is_err() {
            // Not needed for safety (the next opening sweeps), but a refused voice should leave nothing behind.
            for (_, _, name) in &blobs {
                let _ = self.blobs.remove(name);
            }
        }
        stored.map(|()| voice)
    }

    fn insert_voice(&self, new: &NewVoice<'_>, key: &DataKey, blobs: &[(&str, usize, Name)]) -> Result<(), Failure> {
        let record = new.grant.grant();
        let voice = record.voice_id;
        self.keys.insert(&self.connection, &voice, key)?;
        self.connection.execute(
            "INSERT INTO voices (id, grant_id, name, record) VALUES (?1, ?2, ?3, ?4)",
            params![
                voice.as_bytes(),
                new.grant.id().as_bytes(),
                self.keys.seal(&voice, "name", new.name.as_bytes())?,
                self.keys.seal(&voice, "grant", &new.grant.encode())?,
            ],
        )?;
        self.connection.execute("INSERT INTO nonces (nonce) VALUES (?1)", [record.challenge_nonce.as_bytes()])?;
        for (kind, position, name) in blobs {
            self.insert_blob(name, &voice, kind)?;
            self.connection.execute(
                "INSERT INTO recordings (voice, kind, position, blob) VALUES (?1, ?2, ?3, ?4)",
                params![voice.as_bytes(), kind, *position as i64, name],
            )?;
        }
        match &new.prompt {
            Some(prompt) => self.put_prompt(key, &voice, prompt),
            None => Ok(()),
        }
    }

    fn put_prompt(&self, key: &DataKey, voice: &VoiceId, prompt: &Prompt<'_>) -> Result<(), Failure> {
        let sealed = keys::seal(key, voice, &prompt_kind(prompt.model), prompt.bytes)?;
        self.connection.execute(
            "INSERT INTO prompts (voice, model, prompt) VALUES (?1, ?2, ?3)
             ON CONFLICT (voice, model) DO UPDATE SET prompt = ?3",
            params![voice.as_bytes(), prompt.model, sealed],
        )?;
        Ok(())
    }

    fn is_nonce_used(&self, nonce: &Nonce) -> Result<bool, Failure> {
        let read = "SELECT EXISTS (SELECT 1 FROM nonces WHERE nonce = ?1)";
        Ok(self.connection.query_row(read, [nonce.as_bytes()], |row| row.get(0))?)
    }

    pub(crate) fn row(&self, id: &VoiceId) -> Result<VoiceRow, Failure> {
        let row =
            self.connection.query_row(&format!("{VOICE} WHERE id = ?1"), [id.as_bytes()], VoiceRow::read).optional()?;
        row.ok_or_else(|| LibraryError::NotFound(format!("voice {id}")).into())
    }

    /// Every voice, still sealed.
    pub(crate) fn rows(&self) -> Result<Vec<VoiceRow>, Failure> {
        let mut read = self.connection.prepare(&format!("{VOICE} ORDER BY position"))?;
        Ok(read.query_map([], VoiceRow::read)?.collect::<Result<_, _>>()?)
    }

    pub(crate) fn signed_grant(&self, row: &VoiceRow) -> Result<SignedGrant, Failure> {
        let part = || format!("grant of voice {}", row.id);
        let plain = self.keys.unseal(&row.id, "grant", &row.record)?;
        let grant = SignedGrant::decode(&plain).map_err(|why| LibraryError::damaged(part(), why.to_string()))?;
        if grant.id() != row.grant_id() || grant.grant().voice_id != row.id {
            return Err(LibraryError::damaged(part(), "it is another voice's").into());
        }
        Ok(grant)
    }

    fn voice(&self, row: &VoiceRow) -> Result<Voice, Failure> {
        let name = self.keys.unseal(&row.id, "name", &row.name)?;
        let revoked_at = row
            .revocation
            .as_deref()
            .map(|sealed| -> Result<u64, LibraryError> {
                let plain = self.keys.unseal(&row.id, "revocation", sealed)?;
                let revocation = consent::Revocation::decode(&plain);
                Ok(revocation.map_err(|why| LibraryError::damaged("revocation", why.to_string()))?.at)
            })
            .transpose()?;
        Ok(Voice {
            id: row.id,
            name: String::from_utf8_lossy(&name).into_owned(),
            grant: self.signed_grant(row)?,
            revoked_at,
            is_kept: row.is_kept,
            made_seconds: self.made_seconds(row),
        })
    }

    /// What the log says, or what lies in segments if a crash came before the job's entry: the larger.
    fn made_seconds(&self, row: &VoiceRow) -> u64 {
        let in_segments = u64::try_from(row.made_milliseconds).unwrap_or(0).div_ceil(1000);
        self.ledger.made_seconds(&row.grant_id()).max(in_segments)
    }

    fn context(&mut self, voice: &VoiceId, wanted_seconds: u64, now: u64) -> Result<(SignedGrant, Context), Failure> {
        let row = self.row(voice)?;
        let grant = self.signed_grant(&row)?;
        let samples = match self.sample_hashes.get(voice) {
            Some(samples) if row.is_kept => samples.clone(),
            _ => {
                let samples: Vec<_> = self.recordings(voice, SAMPLE)?.iter().map(SampleHash::of).collect();
                self.sample_hashes.insert(*voice, samples.clone());
                samples
            }
        };
        let context = Context {
            now,
            highest_time_seen: self.clock,
            trust: self.identity.trust(),
            revocations: self.list.clone(),
            highest_epoch_seen: self.ledger.revoked.len() as u64,
            list_age_seconds: LIST_AGE_SECONDS,
            grantee: self.identity.grantee.public(),
            device: self.identity.device,
            audience: Audience::Local,
            samples,
            made_seconds: self.made_seconds(&row),
            wanted_seconds,
            language: None,
        };
        Ok((grant, context))
    }

    /// The key of a voice that is to be written under.
    pub(crate) fn key(&self, voice: &VoiceId) -> Result<DataKey, Failure> {
        self.row(voice)?;
        self.keys.of(&self.connection, voice)?.ok_or_else(|| Refusal::Revoked.into())
    }

    fn recordings(&self, voice: &VoiceId, kind: &str) -> Result<Vec<Pcm>, Failure> {
        let Some(key) = self.keys.of(&self.connection, voice)? else { return Ok(Vec::new()) };
        let mut read =
            self.connection.prepare("SELECT blob FROM recordings WHERE voice = ?1 AND kind = ?2 ORDER BY position")?;
        let names: Vec<Name> =
            read.query_map(params![voice.as_bytes(), kind], |row| row.get(0))?.collect::<Result<_, _>>()?;
        names.iter().map(|name| self.read_sound(&key, voice, kind, name)).collect()
    }
}

fn prompt_kind(model: &str) -> String {
    format!("prompt of {model}")
}
