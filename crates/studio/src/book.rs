//! Books of the library: imported once, edited line by line, made and written when the user wants. Everything that is done
//! to a book is appended to it, so that it outlives the program and can be taken back. Opens no voice itself.

mod desk;
mod export;
mod head;
mod render;
mod sample;
mod script;

use std::path::Path;

use library::DocumentId;
use serde::{Deserialize, Serialize};

use crate::{Studio, StudioError};
pub(crate) use desk::Open;
use desk::lock;
pub use export::Delivered;
use head::Head;
pub use render::Rendered;

/// What the library calls books.
const KIND: &str = "book";

/// Longest title that a user may give, in characters.
const MAX_TITLE_CHARACTERS: usize = 200;

/// A book, for lists.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BookCard {
    /// Its number.
    pub id: u64,
    /// Its title.
    pub title: String,
    /// Its author, where the document names one.
    pub author: Option<String>,
    /// Id of the voice of those lines that have none of their own.
    pub voice: String,
    /// Speaking rate of those lines that have none of their own.
    pub speed: f32,
    /// Chapters.
    pub chapters: usize,
    /// Lines.
    pub lines: usize,
    /// Lines that are made as they stand now.
    pub fresh: usize,
    /// Seconds of the whole, pauses included: measured where a line is made, guessed elsewhere.
    pub expected_seconds: f64,
    /// When it was imported, Unix time in seconds.
    pub added: u64,
}

/// A chapter of a book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChapterCard {
    /// Its title.
    pub title: String,
    /// Where it begins.
    pub first_line: usize,
    /// How many lines it has.
    pub lines: usize,
}

/// How a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LineState {
    /// Never made.
    Draft,
    /// A running job will come to it.
    Queued,
    /// It is being made.
    Rendering,
    /// Made as it stands.
    Fresh,
    /// Made before in another way: other words, another voice, another rate.
    Stale,
    /// Made as it stands, and something about it should be listened to.
    Doubtful,
    /// Made, and protected from every change.
    Locked,
}

/// One line of a book: what is spoken in one go.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BookLine {
    /// Its place, from 0.
    pub index: usize,
    /// Number of its chapter in the document, from 0.
    pub chapter: usize,
    /// Number of its paragraph in the chapter, from 0; none for a heading.
    pub paragraph: Option<usize>,
    /// As written.
    pub text: String,
    /// Id of its own voice.
    pub voice: Option<String>,
    /// Its own speaking rate.
    pub speed: Option<f32>,
    /// Silence after it.
    pub pause_seconds: f32,
    /// The take that counts, from 0.
    pub take: u32,
    /// How many takes there are to choose from.
    pub takes: u32,
    /// How it stands.
    pub state: LineState,
    /// Seconds of its sound, once it is made.
    pub seconds: Option<f64>,
    /// What somebody should listen for.
    pub doubt: Option<String>,
}

/// A whole book.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BookView {
    /// Its card.
    pub card: BookCard,
    /// Its chapters.
    pub chapters: Vec<ChapterCard>,
    /// Its lines.
    pub lines: Vec<BookLine>,
    /// What the reader of the document remarked.
    pub warnings: Vec<String>,
    /// Whether there is an edit to take back.
    pub can_undo: bool,
    /// Whether there is an edit to bring back.
    pub can_redo: bool,
}

/// Something that is done to a book. Lines are named by their places; ranges include their last line. Locked lines are
/// left out of ranges, and refused where they are named alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "edit", rename_all = "snake_case", deny_unknown_fields)]
pub enum Edit {
    /// Other words.
    Text {
        /// Which line.
        line: usize,
        /// As written; white space is brought to single spaces.
        text: String,
    },
    /// A voice of their own, or the book's again.
    Voice {
        /// The first of the lines.
        first: usize,
        /// The last of them.
        last: usize,
        /// A preset, or the name or id of a voice.
        voice: Option<String>,
    },
    /// Another voice for the book.
    BookVoice {
        /// A preset, or the name or id of a voice.
        voice: String,
    },
    /// A speaking rate of their own, 0.5 to 2.0, or the book's again.
    Speed {
        /// The first of the lines.
        first: usize,
        /// The last of them.
        last: usize,
        /// The rate.
        speed: Option<f32>,
    },
    /// Another speaking rate for the book, 0.5 to 2.0.
    BookSpeed {
        /// The rate.
        speed: f32,
    },
    /// Another silence after a line.
    Pause {
        /// Which line.
        line: usize,
        /// Seconds, 0 to 60.
        seconds: f32,
    },
    /// Another take counts: one that is there, or the next new one.
    Take {
        /// Which line.
        line: usize,
        /// Which take, from 0.
        take: u32,
    },
    /// Protects lines that are made from every change, or no longer.
    Lock {
        /// The first of the lines.
        first: usize,
        /// The last of them.
        last: usize,
        /// Whether to protect them.
        locked: bool,
    },
    /// One line becomes two.
    Split {
        /// Which line.
        line: usize,
        /// Before which of its characters, from 0.
        at: usize,
    },
    /// A line and the next one, of the same chapter, become one.
    Merge {
        /// The first of the two.
        line: usize,
    },
    /// Takes lines out of the book.
    Remove {
        /// The first of the lines.
        first: usize,
        /// The last of them.
        last: usize,
    },
    /// Takes the last edit back.
    Undo,
    /// Brings the edit back that was taken back last.
    Redo,
}

/// What an edit did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Changed {
    /// The lines that differ. Where lines came or went, those that came.
    pub lines: Vec<BookLine>,
    /// Whether places have moved, so that the book is to be opened again.
    pub reordered: bool,
    /// The book as it stands.
    pub card: BookCard,
    /// Whether there is an edit to take back.
    pub can_undo: bool,
    /// Whether there is an edit to bring back.
    pub can_redo: bool,
}

impl Studio {
    /// Every book, oldest first. One that this version cannot read is left out.
    pub fn books(&self) -> Result<Vec<BookCard>, StudioError> {
        let mut cards = Vec::new();
        for id in self.library()?.documents(KIND)? {
            match self.desk(id.0) {
                Ok(desk) => {
                    let mut desk = lock(&desk);
                    desk.catch_up(self)?;
                    cards.push(desk.card());
                }
                Err(StudioError::BookDamaged { .. } | StudioError::UnknownBook { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(cards)
    }

    /// Takes a document into the library: EPUB, Markdown or plain text.
    pub fn import_book(&self, path: &Path, voice: &str) -> Result<BookView, StudioError> {
        self.library()?;
        let (book, warnings) = crate::narrate::read_book(path)?;
        self.add_book(book, warnings, voice)
    }

    /// Takes a text into the library.
    pub fn import_text(&self, title: &str, text: &str, voice: &str) -> Result<BookView, StudioError> {
        self.library()?;
        let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
        if title.is_empty() || title.chars().any(char::is_control) || title.chars().count() > MAX_TITLE_CHARACTERS {
            return Err(StudioError::OutOfRange { what: "the title", range: "1 to 200 characters" });
        }
        if text.len() as u64 > crate::narrate::MAX_BOOK_BYTES {
            let limit_megabytes = crate::narrate::MAX_BOOK_BYTES >> 20;
            return Err(StudioError::TooLarge { path: title.into(), limit_megabytes });
        }
        let (mut book, warnings) = text::read(text.as_bytes(), "text.txt")?;
        book.title = title;
        self.add_book(book, warnings.iter().map(ToString::to_string).collect(), voice)
    }

    fn add_book(&self, book: text::Book, warnings: Vec<String>, voice: &str) -> Result<BookView, StudioError> {
        let voice = self.voice(voice)?.id;
        let head = Head::plan(book, warnings, voice, self.now())?;
        let bytes = serde_json::to_vec(&head).map_err(|_| StudioError::BookDamaged { id: 0 })?;
        let id = self.library()?.add_document(KIND, &bytes)?;
        self.open_book(id.0)
    }

    /// A book as it stands.
    pub fn open_book(&self, id: u64) -> Result<BookView, StudioError> {
        let desk = self.desk(id)?;
        let mut desk = lock(&desk);
        desk.catch_up(self)?;
        Ok(desk.view())
    }

    /// Does an edit. It is on disk once this returns.
    pub fn edit_book(&self, id: u64, edit: &Edit) -> Result<Changed, StudioError> {
        let edit = self.with_voice_id(edit)?;
        lock(&*self.desk(id)?).edit(self, &edit)
    }

    /// How many lines an edit would touch.
    pub fn touched(&self, id: u64, edit: &Edit) -> Result<usize, StudioError> {
        let edit = self.with_voice_id(edit)?;
        lock(&*self.desk(id)?).touched(&edit)
    }

    /// Removes a book with its edits. Its sounds stay, for other books may have them too. Removing what is not there is
    /// no error.
    pub fn remove_book(&self, id: u64) -> Result<(), StudioError> {
        let library = self.library()?;
        if library.documents(KIND)?.contains(&DocumentId(id)) {
            library.remove_document(DocumentId(id))?;
        }
        self.close_desk(id);
        Ok(())
    }

    /// Voices are kept by id: names change.
    fn with_voice_id(&self, edit: &Edit) -> Result<Edit, StudioError> {
        Ok(match edit {
            Edit::Voice { first, last, voice: Some(voice) } => {
                Edit::Voice { first: *first, last: *last, voice: Some(self.voice(voice)?.id) }
            }
            Edit::BookVoice { voice } => Edit::BookVoice { voice: self.voice(voice)?.id },
            other => other.clone(),
        })
    }
}
