//! The keys of one library: the vault key wraps one data key per voice and one for everything that is nobody's; the vault
//! key itself lies in the system keyring or under a passphrase. Knows no table but `keys` and `meta`.

use std::fmt;

use consent::vault::{DataKey, Label, VaultKey};
use consent::{Refusal, Stretch, SystemEntropy, VoiceId};
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::keyring::Keyring;
use crate::state::{Failure, meta, set_meta};
use crate::{LibraryError, Unlock, blobs};

/// Version of the form of everything sealed here.
const SCHEMA: u32 = 1;
const ROOT: &[u8] = b"root";
const VAULT: &str = "vault key";

/// The key of what belongs to no voice is kept under this name.
pub(crate) const NOBODY: VoiceId = VoiceId::from_bytes([0; 16]);

/// Where the vault key is kept, and what is needed to replace it.
enum Shelf {
    Keyring {
        keyring: Box<dyn Keyring>,
        entry: String,
    },
    /// The passphrase's key wraps a root key, which seals the vault key; so the passphrase need not stay in memory.
    Passphrase {
        root: DataKey,
    },
}

/// Names and values for the table `meta`.
type Rows = Vec<(&'static str, Vec<u8>)>;

/// All keys, open.
pub(crate) struct Keys {
    vault: VaultKey,
    generation: u64,
    content: DataKey,
    names: Zeroizing<[u8; 32]>,
    shelf: Shelf,
}

/// A vault key that will count once the transaction that rewrapped everything is committed.
pub(crate) struct NextVault(VaultKey);

impl Keys {
    /// Makes the keys of a new library. In the keyring they are there before the library is, so that no library is
    /// ever without; the rows are written by [`Keys::write`].
    pub(crate) fn create(
        library_id: &[u8; 16],
        unlock: &Unlock,
        cost: Option<(u32, u32)>,
        keyring: Box<dyn Keyring>,
    ) -> Result<(Self, Rows), LibraryError> {
        let entropy = &mut SystemEntropy;
        let vault = VaultKey::random(entropy)?;
        let mut rows = vec![("generation", 0_u64.to_be_bytes().to_vec())];
        let shelf = match unlock {
            Unlock::Keyring => {
                let entry = entry_name(library_id);
                keyring.set(&entry, &pack(&[(0, &vault)]))?;
                rows.push(("lock", b"keyring".to_vec()));
                Shelf::Keyring { keyring, entry }
            }
            Unlock::Passphrase(passphrase) => {
                let stretch = match cost {
                    Some((memory_kib, passes)) => Stretch::with_cost(entropy, memory_kib, passes)?,
                    None => Stretch::random(entropy)?,
                };
                let root = DataKey::random(entropy)?;
                let outer = VaultKey::from_passphrase(passphrase, &stretch)?;
                rows.push(("lock", b"passphrase".to_vec()));
                rows.push(("stretch", stretch.encode()));
                rows.push(("root", outer.wrap(&root, ROOT, entropy)?));
                rows.push(("vault", seal(&root, &NOBODY, VAULT, vault.to_bytes().as_slice())?));
                Shelf::Passphrase { root }
            }
        };
        let content = DataKey::random(entropy)?;
        Ok((Self { vault, generation: 0, names: names(&content), content, shelf }, rows))
    }

    /// Writes the row of the key of what is nobody's.
    pub(crate) fn write(&self, connection: &Connection) -> Result<(), Failure> {
        self.insert(connection, &NOBODY, &self.content)
    }

    /// Opens the keys of the library in `connection`.
    pub(crate) fn open(
        connection: &Connection,
        library_id: &[u8; 16],
        unlock: &Unlock,
        keyring: Box<dyn Keyring>,
    ) -> Result<Self, Failure> {
        let generation = meta(connection, "generation")?;
        let generation = generation.try_into().map(u64::from_be_bytes);
        let generation = generation.map_err(|_| LibraryError::damaged("keys", "the generation is no number"))?;
        let by_passphrase = meta(connection, "lock")? == b"passphrase";
        let (vault, shelf) = match unlock {
            Unlock::Keyring if by_passphrase => return Err(LibraryError::NeedsPassphrase.into()),
            Unlock::Passphrase(_) if !by_passphrase => return Err(LibraryError::NeedsKeyring.into()),
            Unlock::Keyring => {
                let entry = entry_name(library_id);
                let packed = keyring.get(&entry)?.ok_or(LibraryError::KeyMissing)?;
                let vault = unpack(&packed, generation).ok_or(LibraryError::KeyMissing)?;
                (vault, Shelf::Keyring { keyring, entry })
            }
            Unlock::Passphrase(passphrase) => {
                let stretch = Stretch::decode(&meta(connection, "stretch")?)
                    .map_err(|why| LibraryError::damaged("keys", why.to_string()))?;
                let outer = VaultKey::from_passphrase(passphrase, &stretch).map_err(|why| match why {
                    Refusal::Passphrase { .. } => LibraryError::WrongPassphrase,
                    other => other.into(),
                })?;
                let root = outer.unwrap(&meta(connection, "root")?, ROOT).map_err(|_| LibraryError::WrongPassphrase)?;
                let vault = open(&root, &NOBODY, VAULT, &meta(connection, "vault")?)?;
                let vault = vault.as_slice().try_into().map(VaultKey::from_bytes);
                let vault = vault.map_err(|_| LibraryError::damaged("keys", "the vault key has another length"))?;
                (vault, Shelf::Passphrase { root })
            }
        };
        let wrapped = wrapped(connection, &NOBODY)?
            .ok_or_else(|| LibraryError::damaged("keys", "the key of the library's content is gone"))?;
        let content = vault.unwrap(&wrapped, NOBODY.as_bytes()).map_err(|_| match shelf {
            // A keyring entry of another time or library: the key is not the one this folder was sealed with.
            Shelf::Keyring { .. } => LibraryError::KeyMissing,
            Shelf::Passphrase { .. } => LibraryError::damaged("keys", "the key of the library's content does not open"),
        })?;
        let keys = Self { vault, generation, names: names(&content), content, shelf };
        // A crash in the middle of a rotation leaves two keys in the keyring; from here on one of them counts.
        keys.settle()?;
        Ok(keys)
    }

    /// The keyring, if this library uses it.
    pub(crate) fn keyring(&self) -> Option<&dyn Keyring> {
        match &self.shelf {
            Shelf::Keyring { keyring, .. } => Some(keyring.as_ref()),
            Shelf::Passphrase { .. } => None,
        }
    }

    /// The key of a voice, or none once it was erased.
    pub(crate) fn of(&self, connection: &Connection, voice: &VoiceId) -> Result<Option<DataKey>, Failure> {
        let Some(wrapped) = wrapped(connection, voice)? else { return Ok(None) };
        let key = self.vault.unwrap(&wrapped, voice.as_bytes());
        key.map(Some).map_err(|_| LibraryError::damaged(format!("key of voice {voice}"), "it does not open").into())
    }

    /// Rewraps every key under a new vault key, within the caller's transaction. The new one is in the keyring beside
    /// the old one before anything depends on it.
    pub(crate) fn rotate(&self, connection: &Connection) -> Result<NextVault, Failure> {
        let next = VaultKey::random(&mut SystemEntropy)?;
        match &self.shelf {
            Shelf::Keyring { keyring, entry } => {
                keyring.set(entry, &pack(&[(self.generation, &self.vault), (self.generation + 1, &next)]))?;
            }
            Shelf::Passphrase { root } => {
                set_meta(connection, "vault", &seal(root, &NOBODY, VAULT, next.to_bytes().as_slice())?)?;
            }
        }
        let mut read = connection.prepare("SELECT id, wrapped FROM keys")?;
        let rows: Vec<([u8; 16], Vec<u8>)> =
            read.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
        for (id, wrapped) in rows {
            let wrapped = self
                .vault
                .rewrap(&wrapped, &id, &next, &mut SystemEntropy)
                .map_err(|_| LibraryError::damaged(format!("key of voice {}", hex::encode(id)), "it does not open"))?;
            connection.execute("UPDATE keys SET wrapped = ?2 WHERE id = ?1", params![id, wrapped])?;
        }
        set_meta(connection, "generation", &(self.generation + 1).to_be_bytes())?;
        Ok(NextVault(next))
    }

    /// Takes the new vault key into use after the commit.
    pub(crate) fn adopt(&mut self, next: NextVault) {
        self.vault = next.0;
        self.generation += 1;
    }

    /// Removes every vault key but the present one from the keyring.
    pub(crate) fn settle(&self) -> Result<(), LibraryError> {
        let Shelf::Keyring { keyring, entry } = &self.shelf else { return Ok(()) };
        let packed = pack(&[(self.generation, &self.vault)]);
        if keyring.get(entry)?.is_some_and(|found| *found == *packed) {
            return Ok(());
        }
        keyring.set(entry, &packed)
    }

    /// Seals what belongs to no voice's key. `about` binds it to the voice it speaks of, `kind` to its place.
    pub(crate) fn seal(&self, about: &VoiceId, kind: &str, plain: &[u8]) -> Result<Vec<u8>, LibraryError> {
        seal(&self.content, about, kind, plain)
    }

    /// Opens what [`Keys::seal`] made for the same place.
    pub(crate) fn unseal(
        &self,
        about: &VoiceId,
        kind: &str,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, LibraryError> {
        open(&self.content, about, kind, sealed)
    }

    /// Keyed hash: tells nothing, not even whether two libraries hold the same thing, without the library's key.
    pub(crate) fn name(&self, owner: &VoiceId, kind: &str, content: &[u8]) -> blobs::Name {
        let mut inner = Sha256::new();
        inner.update(self.names.as_slice());
        inner.update(owner.as_bytes());
        inner.update((kind.len() as u64).to_be_bytes());
        inner.update(kind.as_bytes());
        inner.update(content);
        // The outer pass closes the length extension that a single keyed SHA-256 would allow (Bellare et al. 1996).
        let mut outer = Sha256::new();
        outer.update(self.names.as_slice());
        outer.update(inner.finalize());
        outer.finalize().into()
    }

    /// Stores a new key, wrapped.
    pub(crate) fn insert(&self, connection: &Connection, name: &VoiceId, key: &DataKey) -> Result<(), Failure> {
        let wrapped = self.vault.wrap(key, name.as_bytes(), &mut SystemEntropy)?;
        connection.execute("INSERT INTO keys (id, wrapped) VALUES (?1, ?2)", params![name.as_bytes(), wrapped])?;
        Ok(())
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys(generation {})", self.generation)
    }
}

/// Seals under any data key.
pub(crate) fn seal(key: &DataKey, about: &VoiceId, kind: &str, plain: &[u8]) -> Result<Vec<u8>, LibraryError> {
    Ok(key.seal(&Label { voice_id: *about, kind, schema: SCHEMA }, plain, &mut SystemEntropy)?)
}

/// Opens under any data key; anything but what was sealed for this place is damage.
pub(crate) fn open(
    key: &DataKey,
    about: &VoiceId,
    kind: &str,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, LibraryError> {
    key.open(&Label { voice_id: *about, kind, schema: SCHEMA }, sealed)
        .map_err(|_| LibraryError::damaged(kind, "the seal is broken"))
}

fn wrapped(connection: &Connection, name: &VoiceId) -> Result<Option<Vec<u8>>, Failure> {
    let read = "SELECT wrapped FROM keys WHERE id = ?1";
    Ok(connection.query_row(read, [name.as_bytes()], |row| row.get(0)).optional()?)
}

fn names(content: &DataKey) -> Zeroizing<[u8; 32]> {
    content.derive("vouch/blob-name/v1")
}

fn entry_name(library_id: &[u8; 16]) -> String {
    format!("library {} key", hex::encode(library_id))
}

/// Generation and key, one after the other.
fn pack(keys: &[(u64, &VaultKey)]) -> Zeroizing<Vec<u8>> {
    let mut packed = Zeroizing::new(Vec::with_capacity(keys.len() * 40));
    for (generation, key) in keys {
        packed.extend_from_slice(&generation.to_be_bytes());
        packed.extend_from_slice(key.to_bytes().as_slice());
    }
    packed
}

fn unpack(packed: &[u8], generation: u64) -> Option<VaultKey> {
    let (entries, _) = packed.as_chunks::<40>();
    let wanted = entries.iter().find(|entry| entry[..8] == generation.to_be_bytes())?;
    wanted[8..].try_into().ok().map(VaultKey::from_bytes)
}
