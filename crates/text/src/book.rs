//! What a document is once it has been read: a title, chapters, paragraphs of plain text. Knows no file format.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A document as plain text. Every string is free of markup, control characters and runs of white space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Book {
    /// Title, from the document's own data or else from its file name; never empty.
    pub title: String,
    /// Author or authors as one line.
    pub author: Option<String>,
    /// BCP 47 language tag as the document gives it.
    pub language: Option<String>,
    /// Chapters in reading order; at least one, and at least one of them has a paragraph.
    pub chapters: Vec<Chapter>,
}

/// A chapter of a [`Book`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chapter {
    /// Title as written; never empty.
    pub title: String,
    /// Whether the title stands in the document, and so is read aloud. It does not where the chapter is what comes
    /// before the first heading, or where the document has no headings.
    pub announced: bool,
    /// Paragraphs of one line each. A paragraph [`Chapter::BREAK`] is a change of scene: a pause and no words.
    pub paragraphs: Vec<String>,
}

impl Chapter {
    /// The paragraph that stands for a change of scene.
    pub const BREAK: &'static str = "* * *";

    /// A chapter whose title is read aloud.
    pub fn new(title: impl Into<String>, paragraphs: Vec<String>) -> Self {
        Self { title: title.into(), announced: true, paragraphs }
    }
}

/// Something the reader of a document left out or had to guess. The book can be used all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Warning {
    /// The bytes were no UTF-8, and were read in this encoding instead.
    Encoding(String),
    /// Parts of this kind were left out: how many.
    LeftOut {
        /// What kind of part, in the plural.
        what: String,
        /// How many.
        count: usize,
    },
    /// A file inside the book is missing or broken; what could be read of it was read.
    Damaged {
        /// Its path inside the book.
        part: String,
    },
    /// The text ends in the middle of a character.
    CutOff,
    /// The book says that it is in another language than English.
    Language(String),
    /// So many of 100 letters are in a script that cannot be spoken.
    Script {
        /// Percent of all letters.
        percent: u8,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encoding(name) => {
                write!(f, "the file is not UTF-8; it was read as {name}, so check quotes and accents")
            }
            Self::LeftOut { what, count } => write!(f, "left out, as they cannot be read aloud well: {count} {what}"),
            Self::Damaged { part } => write!(f, "{part:?} in the book is missing or broken; some text may be lost"),
            Self::CutOff => write!(f, "the file ends in the middle of a character; it may have been cut off"),
            Self::Language(tag) => write!(f, "the book says its language is {tag:?}; it is read by English rules"),
            Self::Script { percent } => {
                write!(f, "{percent} % of the letters are not Latin and cannot be spoken")
            }
        }
    }
}
