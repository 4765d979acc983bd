//! What the commands work on: the studio, the queue with its worker, the sounds, whoever listens. One for each window's
//! life. Decides nothing about voices: every use goes through the studio, which asks consent.

mod films;
mod library;
mod models;
mod worker;

pub use worker::unix;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use jobs::{Cancel, Queue};
use studio::{Studio, StudioError};
use tauri::ipc::Channel;

use crate::sounds::Sounds;
use crate::system::System;
use crate::view::{LibraryState, LibraryView, News, Problem, internal};

/// What a command answers.
pub type Reply<T> = Result<T, Problem>;

/// The desk, as a command is given it.
pub type Held<'a> = tauri::State<'a, Arc<Desk>>;

/// Problems that are remembered for a report.
const REMEMBERED: usize = 20;

/// Everything behind the window.
pub struct Desk {
    pub system: Box<dyn System>,
    pub sounds: Sounds,
    /// The folder that finished files go to.
    pub exports: PathBuf,
    /// Models that come and go.
    pub models: models::Models,
    studio: RwLock<Arc<Studio>>,
    queue: RwLock<Option<Arc<Queue>>>,
    library: Mutex<LibraryView>,
    listeners: Mutex<Vec<Channel<News>>>,
    /// A film that came in from outside, until a dub is begun with it.
    film: Mutex<Option<PathBuf>>,
    /// Subtitles that came in from outside, until a dub takes them.
    subtitles: Mutex<Option<PathBuf>>,
    /// Books, films and refusals of the start, from before there was a page to tell.
    untold: Mutex<Vec<News>>,
    recording: Mutex<Option<Recording>>,
    take: Mutex<Cancel>,
    problems: Mutex<VecDeque<String>>,
    /// Files that came from outside before there was a library to put them in.
    waiting: Mutex<Vec<PathBuf>>,
}

/// A recording under way.
#[derive(Clone, Default)]
pub struct Recording {
    /// Ends it.
    pub stop: Cancel,
    /// The sentence has been read; the words may appear.
    pub read: Arc<AtomicBool>,
}

impl Desk {
    /// A desk without a library: presets can speak.
    pub fn new(system: Box<dyn System>, folder: &Path, exports: PathBuf, models: PathBuf) -> Self {
        Self {
            system,
            sounds: Sounds::default(),
            exports,
            models: models::Models::new(models),
            studio: RwLock::new(Arc::new(Studio::without_library(host::settings()))),
            queue: RwLock::new(None),
            library: Mutex::new(LibraryView {
                state: LibraryState::None,
                demo: false,
                folder: folder.display().to_string(),
                problem: None,
            }),
            listeners: Mutex::default(),
            film: Mutex::default(),
            subtitles: Mutex::default(),
            untold: Mutex::default(),
            recording: Mutex::default(),
            take: Mutex::default(),
            problems: Mutex::default(),
            waiting: Mutex::default(),
        }
    }

    /// The studio as it is now.
    pub fn studio(&self) -> Arc<Studio> {
        Arc::clone(&self.studio.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The account of jobs; there is one with a library only.
    pub fn queue(&self) -> Reply<Arc<Queue>> {
        let queue = self.queue.read().unwrap_or_else(PoisonError::into_inner).clone();
        queue.ok_or_else(|| self.problem(&StudioError::NoLibrary))
    }

    /// Runs something that may take its time, away from the window's threads.
    pub async fn work<T: Send + 'static>(
        self: &Arc<Self>,
        what: impl FnOnce(&Desk, &Arc<Studio>) -> Result<T, StudioError> + Send + 'static,
    ) -> Reply<T> {
        let desk = Arc::clone(self);
        let done = tauri::async_runtime::spawn_blocking(move || {
            let studio = desk.studio();
            what(&desk, &studio).map_err(|error| desk.problem(&error))
        });
        done.await.unwrap_or_else(|_| {
            // A panic of the work: it has been contained, and the window goes on.
            Err(internal())
        })
    }

    /// An error in words, remembered by its code for the report.
    pub fn problem(&self, error: &StudioError) -> Problem {
        let mut problems = lock(&self.problems);
        if problems.len() == REMEMBERED {
            problems.pop_front();
        }
        problems.push_back(error.code().to_owned());
        Problem { code: error.code().into(), message: sentence(&error.to_string()), fix: sentence(&error.fix()) }
    }

    /// Codes of the latest problems, oldest first.
    pub fn latest_problems(&self) -> Vec<String> {
        lock(&self.problems).iter().cloned().collect()
    }

    /// Tells everybody who listens; those who are gone are forgotten. The program may be started with a file, long before
    /// its page listens: what became of it waits.
    pub fn tell(&self, news: &News) {
        let mut listeners = lock(&self.listeners);
        listeners.retain(|listener| listener.send(news.clone()).is_ok());
        if listeners.is_empty() && matches!(news, News::Book { .. } | News::Film { .. } | News::Refused { .. }) {
            lock(&self.untold).push(news.clone());
        }
    }

    /// Adds a listener. A page that was loaded anew takes the place of the one before.
    pub fn listen(&self, listener: Channel<News>) {
        let mut listeners = lock(&self.listeners);
        for news in std::mem::take(&mut *lock(&self.untold)) {
            let _ = listener.send(news);
        }
        *listeners = vec![listener];
    }

    /// Begins a recording, if none is under way.
    pub fn begin_recording(&self) -> Result<Recording, StudioError> {
        let mut held = lock(&self.recording);
        if held.as_ref().is_some_and(|recording| !recording.stop.is_cancelled()) {
            return Err(devices::DeviceError::Busy { direction: devices::Direction::Input }.into());
        }
        let recording = Recording::default();
        *held = Some(recording.clone());
        Ok(recording)
    }

    /// The recording under way is over.
    pub fn end_recording(&self) {
        if let Some(recording) = lock(&self.recording).take() {
            recording.stop.cancel();
        }
    }

    /// Asks the recording under way to end.
    pub fn stop_recording(&self) {
        if let Some(recording) = lock(&self.recording).as_ref() {
            recording.stop.cancel();
        }
    }

    /// The owner has read the sentence.
    pub fn sentence_read(&self) {
        if let Some(recording) = lock(&self.recording).as_ref() {
            recording.read.store(true, Ordering::Release);
        }
    }

    /// A wish to stop for the next take; the one before is stopped.
    pub fn begin_take(&self) -> Cancel {
        let mut held = lock(&self.take);
        held.cancel();
        *held = Cancel::new();
        held.clone()
    }

    /// The film that came in from outside and was not taken yet.
    pub fn dropped_film(&self) -> Option<PathBuf> {
        lock(&self.film).take()
    }

    /// The subtitles that came in from outside last.
    pub fn dropped_subtitles(&self) -> Option<PathBuf> {
        lock(&self.subtitles).clone()
    }

    /// Stops the take under way.
    pub fn stop_take(&self) {
        lock(&self.take).cancel();
    }
}

/// As people write it: a capital first and a full stop last.
fn sentence(text: &str) -> String {
    let text = text.trim();
    let mut signs = text.chars();
    let Some(first) = signs.next() else { return String::new() };
    let end = if text.ends_with(['.', '!', '?', ':', ')']) { "" } else { "." };
    // A command in backticks stays as it is typed.
    format!("{}{}{end}", first.to_uppercase(), signs.as_str())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::sentence;

    #[test]
    fn problems_are_sentences() {
        assert_eq!(sentence("there is no library yet"), "There is no library yet.");
        assert_eq!(sentence("Is it on?"), "Is it on?");
        assert_eq!(sentence(" "), "");
    }
}
