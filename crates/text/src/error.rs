//! What can go wrong with a document, by what the caller can do about it. Knows no file path.

use thiserror::Error;

/// Why a document cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TextError {
    /// No bytes, or nothing but white space.
    #[error("the document is empty")]
    Empty,
    /// Not text: it holds control characters as only binary files do.
    #[error("the document is not text: it holds binary data")]
    Binary,
    /// A known format that is not read.
    #[error("this is {what}, which cannot be read")]
    Unsupported {
        /// The format, with its article.
        what: &'static str,
    },
    /// The file ends before its end.
    #[error("the EPUB file was cut off: its table of contents, which stands at the end, is missing")]
    Truncated,
    /// The file is broken in some other way.
    #[error("the EPUB file is damaged: {what}")]
    Damaged {
        /// Which part, and how.
        what: String,
    },
    /// Copy protection.
    #[error("the book is locked with {scheme}, so its text cannot be read")]
    Protected {
        /// Kind of the lock.
        scheme: &'static str,
    },
    /// A limit on size was passed.
    #[error("the document is too large: {what} (at most {limit})")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// The limit with its unit.
        limit: String,
    },
    /// An archive holds or unpacks to more than any book needs.
    #[error("the EPUB was refused: {what}")]
    ArchiveLimit {
        /// Which limit was passed.
        what: &'static str,
    },
    /// The file is built like an attack.
    #[error("the document was refused because it is not safe to open: {what}")]
    Unsafe {
        /// What was found.
        what: &'static str,
    },
    /// A readable document with no words in it.
    #[error("the document has no words to read aloud{hint}")]
    NoText {
        /// A guess at the reason, led by a colon, or nothing.
        hint: &'static str,
    },
    /// A choice of chapters that cannot be understood or met.
    #[error("{given:?} does not name chapters of this book, which has {chapters}")]
    Selection {
        /// What was asked for.
        given: String,
        /// How many chapters there are.
        chapters: usize,
    },
    /// Not a single subtitle cue.
    #[error("there is no subtitle cue in this file: none of its lines has the times of one")]
    Subtitles,
    /// A timeline for other programs that cannot be.
    #[error("the timeline cannot be written: {what}")]
    Timeline {
        /// What is wrong with it.
        what: String,
    },
    /// The pronouncing data is not what its format says.
    #[error("the pronouncing lexicon is damaged: {what}")]
    Lexicon {
        /// Which part.
        what: &'static str,
    },
}

impl TextError {
    /// A stable name of the kind of failure.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "document_empty",
            Self::Binary => "document_binary",
            Self::Unsupported { .. } => "document_unsupported",
            Self::Truncated => "document_truncated",
            Self::Damaged { .. } => "document_damaged",
            Self::Protected { .. } => "document_protected",
            Self::TooLarge { .. } => "document_too_large",
            Self::ArchiveLimit { .. } => "archive_limit",
            Self::Unsafe { .. } => "document_unsafe",
            Self::NoText { .. } => "document_without_text",
            Self::Selection { .. } => "chapters_unknown",
            Self::Subtitles => "subtitles_none",
            Self::Timeline { .. } => "timeline_impossible",
            Self::Lexicon { .. } => "lexicon_damaged",
        }
    }

    /// What to do about it.
    pub fn fix(&self) -> String {
        match self {
            Self::Empty => "Give a file that has text in it.".into(),
            Self::Binary => "Give plain text (.txt), Markdown (.md) or an EPUB without copy protection.".into(),
            Self::Unsupported { .. } => "Convert it to EPUB or plain text first, for example with Calibre.".into(),
            Self::Truncated => "Copy or download the file again; it did not arrive whole.".into(),
            Self::Damaged { .. } => "Get the file again, or save it anew from the program that made it.".into(),
            Self::Protected { .. } => "Get the book without copy protection from its publisher.".into(),
            Self::TooLarge { .. } => "Split the document, and read its parts one by one.".into(),
            Self::ArchiveLimit { .. } | Self::Unsafe { .. } => {
                "Use a file from a source you trust, or save the text as .txt.".into()
            }
            Self::NoText { .. } => {
                "Give a document with text; for scanned pages, run character recognition first.".into()
            }
            Self::Selection { chapters: 1, .. } => "The only chapter is 1; leave the choice out.".into(),
            Self::Selection { chapters, .. } => format!("Write numbers from 1 to {chapters}, such as 1-3,5 or 2-."),
            Self::Subtitles => "Give a SubRip (.srt), WebVTT (.vtt) or SubStation Alpha (.ass, .ssa) file.".into(),
            Self::Timeline { .. } => {
                "Give a positive picture rate, and files by their path from the timeline's folder.".into()
            }
            Self::Lexicon { .. } => "Install the program again.".into(),
        }
    }
}
