//! The recipes: enroll, speak, narrate, one file each. The only room that opens a voice; it knows no window, no command
//! line and no clock of its own.

mod book;
mod check;
mod error;
mod here;
mod make;
mod models;
mod place;
mod trial;
mod voices;

pub mod bench;
pub mod catalog;
pub mod dub;
pub mod enroll;
pub mod narrate;
pub mod run;
pub mod sayings;
pub mod speak;
pub mod stand_in;
pub mod takes;
pub mod transcribe;
pub mod translate;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use library::Library;

pub use book::{BookCard, BookLine, BookView, Changed, ChapterCard, Delivered, Edit, LineState, Rendered};
pub use error::{Class, StudioError};
pub use here::{Here, Resumed};
pub use models::{BundledModel, ModelPreset, Models, STARTER, SpeechModel, VoiceModel};
pub use sayings::{Saying, Sayings};
pub use takes::{TakeCard, TakeNews, TakeRequest};
pub use voices::{Dies, Exported, LogLine, Revoke, VoiceCard, VoiceKind, is_preset, presets};

/// What the door supplies: time, tools, and how wide the engine may batch.
pub struct Settings {
    /// The clock of this machine.
    pub clock: Arc<dyn Clock>,
    /// The ffmpeg program, where one was found.
    pub ffmpeg: Option<PathBuf>,
    /// Sequences that the engine runs side by side.
    pub slots: usize,
    /// Threads for the arithmetic of large models.
    pub hands: usize,
    /// Where installed models lie; none where there is no such place.
    pub shelf: Option<Arc<catalog::Shelf>>,
}

/// Time, as the door sees it.
pub trait Clock: Send + Sync {
    /// Seconds since 1970, UTC.
    fn unix_seconds(&self) -> u64;
    /// Seconds since the clock was made; never goes back.
    fn elapsed_seconds(&self) -> f64;
}

/// Everything that a recipe needs: the library, where there is one, the models, the clock.
pub struct Studio {
    library: Option<Library>,
    models: Models,
    settings: Settings,
    /// Books that were opened lately.
    books: book::Open,
    /// Dubs that were opened lately.
    dubs: dub::Open,
    /// Held while the list of sayings is read, changed and written.
    writing_sayings: Mutex<()>,
    /// Held while the list of takes is read and changed; holds the takes where there is no library.
    takes: Mutex<takes::Memory>,
}

impl Studio {
    /// A studio over a library.
    pub fn new(library: Library, settings: Settings) -> Self {
        Self {
            library: Some(library),
            models: Models::new(settings.slots, settings.hands, settings.shelf.clone()),
            settings,
            books: book::Open::default(),
            dubs: dub::Open::default(),
            writing_sayings: Mutex::default(),
            takes: Mutex::default(),
        }
    }

    /// A studio without a library: it can speak with presets and nothing else.
    pub fn without_library(settings: Settings) -> Self {
        Self {
            library: None,
            models: Models::new(settings.slots, settings.hands, settings.shelf.clone()),
            books: book::Open::default(),
            dubs: dub::Open::default(),
            settings,
            writing_sayings: Mutex::default(),
            takes: Mutex::default(),
        }
    }

    /// The library, or a sentence about how to get one.
    pub fn library(&self) -> Result<&Library, StudioError> {
        self.library.as_ref().ok_or(StudioError::NoLibrary)
    }

    /// The models of this machine.
    pub fn models(&self) -> &Models {
        &self.models
    }

    fn now(&self) -> u64 {
        self.settings.clock.unix_seconds()
    }
}
