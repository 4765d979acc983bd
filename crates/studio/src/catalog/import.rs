//! A model comes from a folder of this machine. It is recognised by its own `config.json` and by the names, sizes and hashes
//! of its files; headers, names and shapes are compared with the config before a byte is copied. Copied and not linked: a
//! link would let whoever edits the folder edit the installed model.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use jobs::Cancel;
use networks::layout::{Family, Found, Layout};
use networks::weights::LoadError;
use sha2::{Digest, Sha256};

use super::part::{self, STEP, folder_for, full};
use super::pull::{PullNews, Stage, Teller};
use super::staging::Staging;
use super::{CatalogError, Entry, Facts, Kind, Piece, Shelf, checks, facts};
use crate::StudioError;

/// Longest list of tensors that nobody asked for.
const MOST_SURPLUS: usize = 8;

/// What a folder holds, as its `config.json` and its headers say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its family.
    pub family: &'static str,
    /// Numbers in its weights.
    pub parameters: u64,
    /// Some of the tensors that nothing asks for; they do no harm.
    pub surplus: Vec<String>,
    /// How many there are of them.
    pub surplus_count: usize,
}

impl Shelf {
    /// Looks at a folder without copying anything; none where it holds no model of a family that is known.
    pub fn look(&self, folder: &Path) -> Result<Option<Seen>, StudioError> {
        Ok(seen(folder)?.map(|mut found| {
            let codec = found.layout.codec().map_or(0, networks::layout::Tensors::parameters);
            let surplus_count = found.surplus.len();
            found.surplus.truncate(MOST_SURPLUS);
            Seen {
                family: found.layout.family().name(),
                parameters: found.layout.model().parameters() + codec,
                surplus: found.surplus,
                surplus_count,
            }
        }))
    }

    /// Installs the model of the catalog that lies in a folder. Its files may lie in subfolders as in the catalog, or side by
    /// side. Whatever goes wrong, the models folder is as it was.
    pub fn import(&self, folder: &Path, news: &mut dyn FnMut(PullNews), cancel: &Cancel) -> Result<Entry, StudioError> {
        let found = seen(folder)?;
        let mut nearest: Option<(usize, String, String)> = None;
        let mut latest = None;
        for entry in self.catalog.entries() {
            if !may_be(entry, found.as_ref())? {
                continue;
            }
            let lacking = entry.files.iter().find(|piece| find(folder, entry, piece).is_none());
            let Some(lacking) = lacking else {
                match self.copy(entry, folder, found.as_ref(), news, cancel) {
                    Ok(entry) => return Ok(entry),
                    // The names and sizes of another model; there may be one that fits in all.
                    Err(error @ StudioError::Catalog(CatalogError::WrongHash { .. })) => latest = Some(error),
                    Err(error) => return Err(error),
                }
                continue;
            };
            let count = entry.files.iter().filter(|piece| find(folder, entry, piece).is_some()).count();
            if count > nearest.as_ref().map_or(0, |(most, ..)| *most) {
                nearest = Some((count, entry.id.clone(), lacking.path.clone()));
            }
        }
        if let (Some(found), None) = (&found, &latest) {
            let family = found.layout.family().name();
            return Err(CatalogError::NotInCatalog { folder: folder.to_owned(), family }.into());
        }
        let nearest = nearest.map(|(_, id, file)| (id, file));
        Err(latest.unwrap_or_else(|| {
            CatalogError::NotRecognised { folder: folder.to_owned(), known: self.catalog.ids(), nearest }.into()
        }))
    }

    /// Whether a model of the user's own may be called that.
    pub fn check_name(id: &str) -> Result<(), StudioError> {
        checks::id(id).map_err(|why| CatalogError::BadName { id: id.chars().take(100).collect(), why }.into())
    }

    /// Installs the model in a folder under a name of the user's, or under that of the catalog's model that it must then be.
    pub fn import_as(
        &self,
        folder: &Path,
        id: &str,
        news: &mut dyn FnMut(PullNews),
        cancel: &Cancel,
    ) -> Result<Entry, StudioError> {
        Self::check_name(id)?;
        let found = seen(folder)?;
        if let Ok(entry) = self.catalog.entry(id) {
            return self.copy(entry, folder, found.as_ref(), news, cancel);
        }
        let Some(found) = found else {
            let error = match folder.join("config.json").is_file() {
                true => LoadError::Config { reason: "its model_type is none of qwen3_tts, qwen3_asr and qwen3".into() },
                false => LoadError::NoFile,
            };
            return Err(bad(folder, error.in_file("config.json")));
        };
        let entry = own(id, &found);
        self.copy(&entry, folder, Some(&found), news, cancel)
    }

    fn copy(
        &self,
        entry: &Entry,
        folder: &Path,
        found: Option<&Found>,
        news: &mut dyn FnMut(PullNews),
        cancel: &Cancel,
    ) -> Result<Entry, StudioError> {
        let home = self.folder.join(&entry.id);
        if std::fs::symlink_metadata(&home).is_ok_and(|found| !found.is_dir()) {
            return Err(CatalogError::NotPlain { path: home }.into());
        }
        let recorded = self.records(&entry.id);
        let mut coming = recorded.as_ref().map_or_else(|| entry.clone(), |recorded| entry.with_records(recorded));
        let mut sources = Vec::new();
        for piece in &entry.files {
            let missing = || CatalogError::NotRecognised {
                folder: folder.to_owned(),
                known: self.catalog.ids(),
                nearest: Some((entry.id.clone(), piece.path.clone())),
            };
            sources.push(find(folder, entry, piece).ok_or_else(missing)?);
        }
        let total = sources.iter().map(|path| path.metadata().map_or(0, |found| found.len())).sum();
        let mut teller = Teller::new(&*self.clock, news, cancel, total);
        let staging = Staging::begin(&self.folder, &entry.id)?;
        self.enough(total)?;
        for (piece, from) in coming.files.iter_mut().zip(&sources) {
            let to = folder_for(&staging.folder(), &piece.path)?;
            teller.begin(Stage::Loading, &piece.path);
            let came = copy(from, &to, piece, &mut teller)?;
            if !came.is(piece) {
                let (id, file) = (entry.id.clone(), piece.path.clone());
                let pinned = entry.files.iter().any(|known| known.path == file && known.sha256.is_some());
                return Err(match pinned {
                    true => CatalogError::WrongHash { id, file }.into(),
                    false => CatalogError::NotRecorded { id, file }.into(),
                });
            }
            teller.finished(came.bytes);
            (piece.bytes, piece.sha256) = (Some(came.bytes), Some(came.sha256));
        }
        // Once more, on what was copied: somebody may have changed the folder meanwhile.
        if let Some(found) = found {
            found.layout.clone().check(&staging.folder()).map_err(|error| bad(folder, error))?;
        }
        self.remember(&coming, &staging.folder())?;
        staging.take_place()?;
        teller.end();
        Ok(coming)
    }
}

/// The model in a folder, compared with its own config.
fn seen(folder: &Path) -> Result<Option<Found>, StudioError> {
    if !folder.is_dir() {
        return Err(StudioError::Unreadable { path: folder.to_owned(), reason: "there is no such folder".into() });
    }
    let layout = Layout::identify(folder).map_err(|error| bad(folder, error))?;
    layout.map(|layout| layout.check(folder).map_err(|error| bad(folder, error))).transpose()
}

fn bad(folder: &Path, error: LoadError) -> StudioError {
    CatalogError::BadModel { folder: folder.to_owned(), error }.into()
}

/// Whether an entry describes the model that was seen. Where one of the two is not known, its files decide.
fn may_be(entry: &Entry, found: Option<&Found>) -> Result<bool, StudioError> {
    let layout = entry.layout().map_err(|error| CatalogError::BadEntry { why: error.to_string() })?;
    Ok(match (layout, found) {
        (Some(entry), Some(found)) => {
            let found = &found.layout;
            entry.family() == found.family() && entry.model() == found.model() && entry.codec() == found.codec()
        }
        _ => true,
    })
}

/// A model of the user's own.
fn own(id: &str, found: &Found) -> Entry {
    let family = found.layout.family();
    Entry {
        id: id.to_owned(),
        name: id.to_owned(),
        about: format!("A {} model of your own, {:.0} million parameters.", family.name(), {
            found.layout.model().parameters() as f64 / 1e6
        }),
        licence: "unknown: see where it came from".into(),
        licence_url: String::new(),
        languages: Vec::new(),
        kind: match family {
            Family::Recogniser => Kind::Asr,
            Family::Aligner => Kind::Aligner,
            Family::Language => Kind::Llm,
            Family::Base | Family::CustomVoice | Family::VoiceDesign => Kind::Tts,
        },
        memory_bytes: facts::working_bytes(&found.layout),
        repository: None,
        revision: None,
        own: true,
        config: Facts::new(),
        files: found
            .files
            .iter()
            .map(|path| Piece { path: path.clone(), url: String::new(), bytes: None, sha256: None })
            .collect(),
    }
}

/// Copies a file and says what it is. No more than was expected of it is read.
fn copy(from: &Path, to: &Path, piece: &Piece, teller: &mut Teller<'_>) -> Result<part::Came, StudioError> {
    let input = |error: std::io::Error| StudioError::input(from, &error);
    let most = piece.bytes.unwrap_or(checks::MOST_FILE_BYTES);
    let mut source = File::open(from).map_err(input)?.take(most + 1);
    let mut file = part::create(to)?;
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    let mut buffer = vec![0; STEP];
    loop {
        let count = match source.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(input(error)),
        };
        hash.update(&buffer[..count]);
        file.write_all(&buffer[..count]).map_err(|error| full(to, &error))?;
        bytes += count as u64;
        teller.set(bytes)?;
    }
    file.sync_all().map_err(|error| full(to, &error))?;
    Ok(part::Came { bytes, sha256: hex::encode(hash.finalize()) })
}

/// Where a file of an entry lies in the user's own folder: with the right size, behind links too, for its content decides.
fn find(folder: &Path, entry: &Entry, piece: &Piece) -> Option<PathBuf> {
    let flat = piece.path.rsplit('/').next().unwrap_or(&piece.path);
    // Side by side, unless another file of the model has that very place.
    let free = !entry.files.iter().any(|other| other.path == flat);
    let fits = |path: &PathBuf| {
        let found = path.metadata();
        found.is_ok_and(|found| found.is_file() && piece.bytes.is_none_or(|bytes| bytes == found.len()))
    };
    let places = [Some(folder.join(&piece.path)), free.then(|| folder.join(flat))];
    places.into_iter().flatten().find(fits)
}
