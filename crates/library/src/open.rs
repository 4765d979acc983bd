//! Making and opening a library, and the handle that all parts of the program share. Reads no environment: the folder,
//! the way to unlock it, the machine's identity and the time come from the door.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use consent::{DeviceId, Entropy, IssuerKey, OwnerKey, PublicKey, RevocationList, SystemEntropy};
use rusqlite::{Connection, OpenFlags};
use zeroize::Zeroizing;

use crate::LibraryError;
use crate::blobs::Blobs;
use crate::identity::Identity;
use crate::keyring::{Keyring, SystemKeyring};
use crate::keys::{Keys, NOBODY};
use crate::ledger::{AnchorPlace, Ledger};
use crate::lock::Lock;
use crate::schema;
use crate::state::{Failure, State, meta, set_meta};

const DATABASE: &str = "library.db";
const BLOBS: &str = "blobs";
const IDENTITY: &str = "identity";
pub(crate) const REVOCATIONS: &str = "revocations";
/// Cost of a demo library's passphrase: its voices are nobody's secret. 19 MiB, two passes.
const DEMO_COST: (u32, u32) = (19 * 1024, 2);

/// What a library is for. Chosen once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Voices of people who spoke into this machine's microphone.
    Normal,
    /// A closed place to try everything with files in place of a microphone. Nothing leaves it.
    Demo,
}

impl Kind {
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Normal => 1,
            Self::Demo => 2,
        }
    }

    pub(crate) fn from_number(number: u8) -> Option<Self> {
        [Self::Normal, Self::Demo].into_iter().find(|kind| kind.number() == number)
    }
}

/// What keeps the library's key.
#[derive(Debug)]
pub enum Unlock {
    /// The operating system's keyring. A revocation replaces the key in it, so that older copies of the folder no
    /// longer open.
    Keyring,
    /// A passphrase that the user types, at least eight characters. Nothing is kept outside the folder then: a copy of
    /// the whole folder from before a revocation still opens with it, and looks whole.
    Passphrase(Zeroizing<String>),
}

/// An open library. Cheap to clone; may be used from several threads. The folder is free again once the last clone is
/// dropped.
#[derive(Debug, Clone)]
pub struct Library(Arc<Inner>);

// Order matters: the database is closed before the lock is let go.
#[derive(Debug)]
struct Inner {
    state: Mutex<State>,
    identity: Arc<Identity>,
    _lock: Lock,
}

impl Library {
    /// Makes a library in a new or empty folder. `machine` is what the operating system calls this machine (grants
    /// hold on one machine); `now` is Unix time in seconds.
    ///
    /// # Errors
    /// [`LibraryError::AlreadyThere`], [`LibraryError::NotAFolder`], [`LibraryError::KeyringUnavailable`] and the
    /// errors of the disk. Nothing is made then.
    pub fn create(folder: &Path, kind: Kind, unlock: &Unlock, machine: &[u8], now: u64) -> Result<Self, LibraryError> {
        let cost = (kind == Kind::Demo).then_some(DEMO_COST);
        Self::create_with(folder, kind, unlock, machine, now, Box::new(SystemKeyring), cost)
    }

    /// Opens a library. Checks the whole log against its anchor and removes files that a crash left without a row.
    ///
    /// # Errors
    /// [`LibraryError::NotALibrary`], [`LibraryError::Busy`], [`LibraryError::WrongPassphrase`],
    /// [`LibraryError::KeyMissing`], [`LibraryError::NewerFormat`], [`LibraryError::Damaged`] and the errors of the disk.
    pub fn open(folder: &Path, unlock: &Unlock, machine: &[u8], now: u64) -> Result<Self, LibraryError> {
        Self::open_with(folder, unlock, machine, now, Box::new(SystemKeyring))
    }

    /// What the library is for.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.identity.kind
    }

    /// The key that countersigns grants made here.
    #[must_use]
    pub fn issuer(&self) -> &IssuerKey {
        &self.0.identity.issuer
    }

    /// Who uses voices here: the grantee of grants made here.
    #[must_use]
    pub fn grantee(&self) -> PublicKey {
        self.0.identity.grantee.public()
    }

    /// The owner's key for "my own voice" (mode A), made and kept by this library.
    #[must_use]
    pub fn owner(&self) -> OwnerKey {
        self.0.identity.owner()
    }

    /// This library on this machine.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.0.identity.device
    }

    /// Refuses to let anything out of a demo library; `action` completes "does not allow …".
    ///
    /// # Errors
    /// [`LibraryError::DemoRefused`].
    pub fn check_may_leave(&self, action: &'static str) -> Result<(), LibraryError> {
        match self.kind() {
            Kind::Normal => Ok(()),
            Kind::Demo => Err(LibraryError::DemoRefused(action)),
        }
    }

    pub(crate) fn create_with(
        folder: &Path,
        kind: Kind,
        unlock: &Unlock,
        machine: &[u8],
        now: u64,
        keyring: Box<dyn Keyring>,
        cost: Option<(u32, u32)>,
    ) -> Result<Self, LibraryError> {
        check_free(folder)?;
        make_folder(folder).map_err(|error| LibraryError::io(folder, &error))?;
        let lock = Lock::take(folder)?;
        // Again under the lock: another process may have been faster.
        check_free(folder)?;
        let mut id = [0; 16];
        SystemEntropy.fill(&mut id)?;
        let identity = Arc::new(Identity::create(kind, machine)?);
        let (keys, rows) = Keys::create(&id, unlock, cost, keyring)?;
        let anchor = AnchorPlace::new(folder, &id);
        anchor.keep(&keys, None)?;
        let list = RevocationList::sign(&identity.issuer, 0, now, Vec::new());
        let make = || -> Result<Connection, Failure> {
            let connection = Connection::open(folder.join(DATABASE))?;
            schema::prepare(&connection)?;
            schema::migrate(&connection, |connection| {
                set_meta(connection, "id", &id)?;
                for (name, value) in &rows {
                    set_meta(connection, name, value)?;
                }
                keys.write(connection)?;
                set_meta(connection, IDENTITY, &keys.seal(&NOBODY, IDENTITY, &identity.encode())?)?;
                set_meta(connection, REVOCATIONS, &keys.seal(&NOBODY, REVOCATIONS, &list.encode())?)?;
                set_meta(connection, "clock", &keys.seal(&NOBODY, "clock", &now.to_be_bytes())?)
            })?;
            Ok(connection)
        };
        let connection = make().map_err(|failure| failure.at(folder))?;
        Self::assemble(folder, connection, keys, identity, Ledger::default(), anchor, list, now, lock)
    }

    pub(crate) fn open_with(
        folder: &Path,
        unlock: &Unlock,
        machine: &[u8],
        now: u64,
        keyring: Box<dyn Keyring>,
    ) -> Result<Self, LibraryError> {
        if folder.is_file() {
            return Err(LibraryError::NotAFolder(folder.into()));
        }
        let database = folder.join(DATABASE);
        if !database.is_file() {
            return Err(LibraryError::NotALibrary(folder.into()));
        }
        let lock = Lock::take(folder)?;
        let read = || -> Result<_, Failure> {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(&database, flags)?;
            if !schema::is_ours(&connection)? {
                return Err(LibraryError::NotALibrary(folder.into()).into());
            }
            schema::prepare(&connection)?;
            schema::migrate(&connection, |_| Ok(()))?;
            let id = meta(&connection, "id")?.try_into();
            let id: [u8; 16] = id.map_err(|_| LibraryError::damaged("identity", "the library's number is none"))?;
            let keys = Keys::open(&connection, &id, unlock, keyring)?;
            let identity = keys.unseal(&NOBODY, IDENTITY, &meta(&connection, IDENTITY)?)?;
            let identity = Arc::new(Identity::decode(&identity, machine)?);
            let anchor = AnchorPlace::new(folder, &id);
            let kept = anchor.read(&keys)?;
            let ledger = Ledger::read(&connection, &keys, &identity, kept.as_ref())?;
            if ledger.end != kept {
                anchor.keep(&keys, ledger.end.as_ref())?;
            }
            let list = keys.unseal(&NOBODY, REVOCATIONS, &meta(&connection, REVOCATIONS)?)?;
            let list = RevocationList::decode(&list)
                .map_err(|why| LibraryError::damaged("list of revocations", why.to_string()))?;
            let clock = State::stored_clock(&connection, &keys, &ledger)?;
            Ok((connection, keys, identity, ledger, anchor, list, clock))
        };
        let (connection, keys, identity, ledger, anchor, list, clock) = read().map_err(|failure| failure.at(folder))?;
        let library = Self::assemble(folder, connection, keys, identity, ledger, anchor, list, clock, lock)?;
        library.with(|state| {
            state.check_revocations()?;
            state.sweep()?;
            state.sweep_tapes()?;
            state.seen(now)
        })?;
        Ok(library)
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one thing, put together in one place")]
    fn assemble(
        folder: &Path,
        connection: Connection,
        keys: Keys,
        identity: Arc<Identity>,
        ledger: Ledger,
        anchor: AnchorPlace,
        list: RevocationList,
        clock: u64,
        lock: Lock,
    ) -> Result<Self, LibraryError> {
        let state = State {
            connection,
            keys,
            blobs: Blobs::open(folder.join(BLOBS))?,
            ledger,
            anchor,
            list,
            identity: Arc::clone(&identity),
            sample_hashes: HashMap::new(),
            last_refusal: HashMap::new(),
            recording: HashSet::new(),
            clock,
            folder: folder.into(),
            #[cfg(test)]
            steps: None,
        };
        Ok(Self(Arc::new(Inner { state: Mutex::new(state), identity, _lock: lock })))
    }

    /// Runs `body` with the library to itself.
    pub(crate) fn with<T>(&self, body: impl FnOnce(&mut State) -> Result<T, Failure>) -> Result<T, LibraryError> {
        // A panic in the middle of a transaction has rolled it back; what is in memory only follows commits.
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        let result = body(&mut state);
        result.map_err(|failure| failure.at(&state.folder))
    }
}

impl State {
    /// Removes blobs without a row: the rest of a deletion or a write that a crash cut short.
    pub(crate) fn sweep(&self) -> Result<usize, Failure> {
        let mut read = self.connection.prepare("SELECT name FROM blobs")?;
        let keep = read.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(self.blobs.sweep(&keep)?)
    }
}

fn check_free(folder: &Path) -> Result<(), LibraryError> {
    let list = match fs::read_dir(folder) {
        Ok(list) => list,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(LibraryError::io(folder, &error)),
    };
    let taken = |what| Err(LibraryError::AlreadyThere { path: folder.into(), what });
    for entry in list {
        let name = entry.map_err(|error| LibraryError::io(folder, &error))?.file_name();
        match name.to_str() {
            Some("lock" | "anchor" | BLOBS) => {}
            Some(DATABASE) if is_finished(&folder.join(DATABASE)) => return taken("a library"),
            // What is left of a library whose making was cut short is made anew.
            Some(name) if name.starts_with(DATABASE) => {}
            _ => return taken("other files"),
        }
    }
    Ok(())
}

/// Anything that is not clearly the empty beginning of a library counts as one, so that nothing is ever overwritten.
fn is_finished(database: &Path) -> bool {
    let format = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE)
        .and_then(|connection| schema::format(&connection));
    format != Ok(0)
}

/// The folder is the user's alone.
fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
