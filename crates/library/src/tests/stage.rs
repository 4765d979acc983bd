//! A folder, a keyring that is a folder too (so that it outlives a killed process), and voices from a scripted ceremony.

use std::fs;
use std::path::{Path, PathBuf};

use audio::Pcm;
use consent::scripted::{Actor, ScriptedEar, Stage};
use consent::{Authorized, Draft, Granted, Issue, Nonce, OwnerMode, SystemEntropy, Tts, VoiceId, enroll};
use tempfile::TempDir;
use zeroize::Zeroizing;

use crate::keyring::Keyring;
use crate::{Kind, Library, LibraryError, NewVoice, Prompt, Unlock};

pub(super) const MACHINE: &[u8] = b"this machine";
pub(super) const NOW: u64 = 1_790_000_000;
pub(super) const DAY: u64 = 86_400;
pub(super) const MODEL: &str = "starter 1";
pub(super) const NAME: &str = "Grandmother reading";
pub(super) const PASSPHRASE: &str = "correct horse battery";
/// Enough for a test: what Argon2 costs is not tested here.
const COST: Option<(u32, u32)> = Some((64, 1));

/// A keyring in files.
pub(super) struct FolderKeyring(pub(super) PathBuf);

impl Keyring for FolderKeyring {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, LibraryError> {
        Ok(fs::read(self.0.join(name)).ok().map(Zeroizing::new))
    }

    fn set(&self, name: &str, secret: &[u8]) -> Result<(), LibraryError> {
        crate::blobs::write_durably(&self.0.join(name), secret)
    }
}

/// Where a library is and what opens it.
#[derive(Debug)]
pub(super) struct Place {
    root: TempDir,
    pub(super) by_keyring: bool,
}

impl Place {
    pub(super) fn new(by_keyring: bool) -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("keyring")).unwrap();
        Self { root, by_keyring }
    }

    pub(super) fn folder(&self) -> PathBuf {
        self.root.path().join("library")
    }

    pub(super) fn keyring(&self) -> PathBuf {
        self.root.path().join("keyring")
    }

    pub(super) fn unlock(&self) -> Unlock {
        unlock(self.by_keyring)
    }

    pub(super) fn create(&self) -> Library {
        self.create_kind(Kind::Normal)
    }

    pub(super) fn create_kind(&self, kind: Kind) -> Library {
        let keyring = Box::new(FolderKeyring(self.keyring()));
        Library::create_with(&self.folder(), kind, &self.unlock(), MACHINE, NOW, keyring, COST).unwrap()
    }

    pub(super) fn open(&self, now: u64) -> Result<Library, LibraryError> {
        open(self.root.path(), self.by_keyring, MACHINE, now)
    }

    pub(super) fn open_on(&self, machine: &[u8], now: u64) -> Result<Library, LibraryError> {
        open(self.root.path(), self.by_keyring, machine, now)
    }

    /// Folder and keyring as they are now, somewhere else.
    pub(super) fn copy(&self) -> Self {
        let other = tempfile::tempdir().unwrap();
        copy_folder(self.root.path(), other.path());
        Self { root: other, by_keyring: self.by_keyring }
    }

    /// The folder alone goes back to what it was; the keyring does not.
    pub(super) fn restore(&self, backup: &Self) {
        fs::remove_dir_all(self.folder()).unwrap();
        copy_folder(&backup.folder(), &self.folder());
    }

    pub(super) fn root(&self) -> &Path {
        self.root.path()
    }

    pub(super) fn blob_files(&self) -> usize {
        files(&self.folder().join("blobs")).len()
    }
}

fn unlock(by_keyring: bool) -> Unlock {
    if by_keyring { Unlock::Keyring } else { Unlock::Passphrase(Zeroizing::new(PASSPHRASE.into())) }
}

pub(super) fn open(root: &Path, by_keyring: bool, machine: &[u8], now: u64) -> Result<Library, LibraryError> {
    let keyring = Box::new(FolderKeyring(root.join("keyring")));
    Library::open_with(&root.join("library"), &unlock(by_keyring), machine, now, keyring)
}

/// The scripted ceremony with this library's keys. The same `seed` gives the same nonce and other bytes of the voice.
pub(super) fn ceremony(library: &Library, seed: u8, now: u64) -> Result<Granted, LibraryError> {
    let actor = Actor(usize::from(seed));
    let mut terms = Stage::default().terms;
    terms.until = consent::Date::of(now).plus_months(6);
    let samples = vec![actor.speak(3.5, u64::from(seed)), actor.speak(4.0, 100 + u64::from(seed))];
    let sampled = Draft::new(terms, Stage::word_list(), now)?.samples(samples)?;
    let challenge = sampled.challenge(&mut consent::Session::new(), Nonce::from_bytes([seed; 32]), now)?;
    let take = Stage::live(actor.speak(14.0, 200 + u64::from(seed)));
    let spoken = sampled.spoken(challenge, take, now + 30).map_err(|miss| miss.refusal)?;
    let matched = spoken.matched(&ScriptedEar::strong(), &Stage::policy()).map_err(|miss| miss.refusal)?;
    let owner = library.owner();
    assert_eq!(owner.mode(), OwnerMode::ThisInstallation);
    let issue = Issue {
        owner: &owner,
        issuer: library.issuer(),
        grantee: library.grantee(),
        device: library.device(),
        voice_id: VoiceId::random(&mut SystemEntropy)?,
        now: now + 40,
        highest_time_seen: library.highest_time_seen()?,
        revocation_epoch: library.revocation_epoch()?,
        app_version: "0.1.0",
        nonce_used: &|nonce| library.is_nonce_used(nonce).unwrap(),
    };
    Ok(enroll(matched, &issue)?)
}

/// Stores what a ceremony made.
pub(super) fn store(library: &Library, granted: &Granted, now: u64) -> Result<VoiceId, LibraryError> {
    let new = NewVoice {
        name: NAME,
        grant: &granted.grant,
        samples: &granted.samples,
        statement: &granted.statement,
        prompt: Some(Prompt { model: MODEL, bytes: PROMPT }),
    };
    library.grant(&new, now + 40)
}

pub(super) const PROMPT: &[u8] = b"numbers that describe how somebody speaks, many of them";

/// Consent given and stored.
pub(super) fn give(library: &Library, seed: u8, now: u64) -> VoiceId {
    store(library, &ceremony(library, seed, now).unwrap(), now).unwrap()
}

pub(super) fn may_speak(library: &Library, voice: &VoiceId, now: u64) -> Result<Authorized<Tts>, LibraryError> {
    library.authorize::<Tts>(voice, 1, now)
}

pub(super) fn made(seed: u64, seconds: f64) -> Pcm {
    Actor(3).speak(seconds, seed)
}

/// Every file below a folder.
pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

pub(super) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}
