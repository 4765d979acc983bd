//! Opening and making the library for the window: with the system's keyring, which asks nothing, else with a passphrase.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use library::{Kind, Library, LibraryError, Unlock};
use studio::{Studio, StudioError};

use super::{Desk, Reply, lock};
use crate::view::{LibraryState, LibraryView, News, Problem};

impl Desk {
    /// The library as it stands.
    pub fn library_view(&self) -> LibraryView {
        lock(&self.library).clone()
    }

    /// At the start: opens a library that is there, if that asks nothing.
    pub fn open_at_start(self: &Arc<Self>) {
        let folder = PathBuf::from(&lock(&self.library).folder);
        if !folder.join("library.db").exists() {
            return;
        }
        let unlock = host::passphrase().map_or(Unlock::Keyring, |passphrase| Unlock::Passphrase(passphrase.into()));
        let opened = Library::open(&folder, &unlock, &host::machine(), host::now());
        self.settle(opened.map_err(Into::into));
    }

    /// Opens the library, or makes it where there is none.
    pub fn open_library(self: &Arc<Self>, passphrase: Option<String>) -> Reply<LibraryView> {
        let before = self.library_view();
        if before.state == LibraryState::Open {
            return Ok(before);
        }
        let folder = PathBuf::from(&before.folder);
        let given = passphrase.or_else(host::passphrase);
        let unlock = given.map_or(Unlock::Keyring, |passphrase| Unlock::Passphrase(passphrase.into()));
        let there = folder.join("library.db").exists();
        let opened =
            if there { Library::open(&folder, &unlock, &host::machine(), host::now()) } else { make(&folder, &unlock) };
        match opened {
            // No keyring on this machine: the window asks for a passphrase, which is no failure.
            Err(LibraryError::KeyringUnavailable(_)) if !there => {
                Ok(self.show(LibraryState::NoneNeedsPassphrase, false, None))
            }
            Err(error @ LibraryError::WrongPassphrase) => Err(self.problem(&error.into())),
            opened => {
                let failed = opened.as_ref().err().is_some();
                let view = self.settle(opened.map_err(Into::into));
                match (failed, view.problem.clone()) {
                    (true, Some(problem)) if view.state != LibraryState::Locked => Err(problem),
                    _ => Ok(view),
                }
            }
        }
    }

    fn settle(self: &Arc<Self>, opened: Result<Library, StudioError>) -> LibraryView {
        match opened {
            Ok(library) => {
                let demo = library.kind() == Kind::Demo;
                let studio = Arc::new(Studio::new(library, host::settings()));
                match self.start_worker(&studio) {
                    Ok(()) => {
                        *self.studio.write().unwrap_or_else(PoisonError::into_inner) = studio;
                        self.sounds.clear();
                        let view = self.show(LibraryState::Open, demo, None);
                        self.import_waiting();
                        view
                    }
                    Err(error) => self.show(LibraryState::Broken, demo, Some(self.problem(&error))),
                }
            }
            Err(StudioError::Library(LibraryError::NeedsPassphrase | LibraryError::WrongPassphrase)) => {
                self.show(LibraryState::Locked, false, None)
            }
            Err(error) => self.show(LibraryState::Broken, false, Some(self.problem(&error))),
        }
    }

    fn show(&self, state: LibraryState, demo: bool, problem: Option<Problem>) -> LibraryView {
        let view = {
            let mut held = lock(&self.library);
            held.state = state;
            held.demo = demo;
            held.problem = problem;
            held.clone()
        };
        self.tell(&News::Library { library: view.clone() });
        view
    }

    /// A file from outside: dropped on the window, or opened with the program.
    pub fn take_in(self: &Arc<Self>, path: PathBuf) {
        if lock(&self.library).state != LibraryState::Open {
            lock(&self.waiting).push(path);
            return;
        }
        self.import(&path);
    }

    fn import_waiting(self: &Arc<Self>) {
        let waiting = std::mem::take(&mut *lock(&self.waiting));
        for path in waiting {
            self.import(&path);
        }
    }

    fn import(&self, path: &Path) {
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        if crate::commands::dubs::FILMS.contains(&ending.as_str()) {
            *lock(&self.film) = Some(path.to_owned());
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            return self.tell(&News::Film { name });
        }
        if crate::commands::dubs::SUBTITLES.contains(&ending.as_str()) {
            *lock(&self.subtitles) = Some(path.to_owned());
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            return self.tell(&News::Subtitles { name });
        }
        let voice = studio::presets().first().map(|preset| preset.id.as_str()).unwrap_or_default();
        let news = match self.studio().import_book(path, voice) {
            Ok(book) => News::Book { book: crate::view::number(book.card.id) },
            Err(error) => News::Refused { problem: self.problem(&error) },
        };
        self.tell(&news);
    }
}

fn make(folder: &Path, unlock: &Unlock) -> Result<Library, LibraryError> {
    if let Some(parent) = folder.parent() {
        std::fs::create_dir_all(parent).map_err(|error| LibraryError::io(parent, &error))?;
    }
    Library::create(folder, Kind::Normal, unlock, &host::machine(), host::now())
}
