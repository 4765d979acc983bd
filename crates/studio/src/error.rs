//! What can go wrong in a recipe, by what the caller can do about it. Knows no exit code; the doors map [`Class`].

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// What kind of failure it is, for exit codes and icons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The request itself makes no sense.
    Usage,
    /// Consent says no.
    Refused,
    /// The input cannot be used.
    BadInput,
    /// A model, tool, device or library is missing.
    Missing,
    /// The engine failed.
    Engine,
    /// Stopped on request; the same command goes on.
    Interrupted,
}

/// Why a recipe could not finish.
#[derive(Debug, Error)]
pub enum StudioError {
    /// Consent says no.
    #[error("{0}")]
    Refused(#[from] consent::Refusal),
    /// Sound that cannot be used.
    #[error("{0}")]
    Audio(#[from] audio::AudioError),
    /// A document that cannot be used.
    #[error("{0}")]
    Text(#[from] text::TextError),
    /// The library cannot do it.
    #[error("{0}")]
    Library(#[from] library::LibraryError),
    /// The microphone or loudspeaker cannot do it.
    #[error("{0}")]
    Device(#[from] devices::DeviceError),
    /// The engine or a model failed.
    #[error("{0}")]
    Engine(#[from] speech::Fault),
    /// The model's weights cannot be used.
    #[error("{0}")]
    Network(#[from] networks::weights::LoadError),
    /// The model made no sound.
    #[error("the model made no sound for this text")]
    Silent,
    /// There is no library.
    #[error("there is no library yet, and this needs one")]
    NoLibrary,
    /// Nobody has this voice.
    #[error("there is no voice called {name:?}")]
    UnknownVoice {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// No such consent session.
    #[error("there is no open consent session {id:?}; a session lives five minutes")]
    UnknownSession {
        /// What was asked for.
        id: String,
    },
    /// The session's end is a file, not a voice of this library.
    #[error("this session answers a request: what comes of it is a file for whoever asked")]
    SessionIsAnswer,
    /// The session's end is a voice of this library, not a file.
    #[error("this session answers no request: what comes of it is a voice of this library")]
    SessionIsNoAnswer,
    /// Files in place of the microphone, in a library that takes none.
    #[error("this library takes recordings from the live microphone only")]
    FilesNotTaken,
    /// Nothing to say.
    #[error("there is nothing to say: the text has no words")]
    NothingToSay,
    /// Control characters in a text.
    #[error("this is not text: it holds control characters")]
    NotText,
    /// Too much for one call.
    #[error("the text has {characters} characters; one call takes at most {limit}")]
    TooLong {
        /// Its length.
        characters: usize,
        /// The longest allowed.
        limit: usize,
    },
    /// A number outside of its range.
    #[error("{what} must be {range}")]
    OutOfRange {
        /// Which number.
        what: &'static str,
        /// What it may be.
        range: &'static str,
    },
    /// A file is too large to read.
    #[error("{} is larger than {limit_megabytes} MB", path.display())]
    TooLarge {
        /// Which file.
        path: PathBuf,
        /// The largest allowed.
        limit_megabytes: u64,
    },
    /// The ending of the output file names no known format.
    #[error("{} does not end in a known format", path.display())]
    UnknownFormat {
        /// Which file.
        path: PathBuf,
    },
    /// The ending of the output file names no format that words are written in.
    #[error("{} does not end in a format for text with times", path.display())]
    UnknownTextFormat {
        /// Which file.
        path: PathBuf,
    },
    /// The output folder does not exist.
    #[error("the folder {} does not exist", path.display())]
    NoFolder {
        /// Which folder.
        path: PathBuf,
    },
    /// A file was expected.
    #[error("{} is a folder, not a file", path.display())]
    IsFolder {
        /// Which folder.
        path: PathBuf,
    },
    /// An input file cannot be read.
    #[error("{} cannot be read: {reason}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// The system's reason.
        reason: String,
    },
    /// An output file cannot be written.
    #[error("{} cannot be written: {reason}", path.display())]
    Unwritable {
        /// Which file or folder.
        path: PathBuf,
        /// The system's reason.
        reason: String,
    },
    /// A tool is missing.
    #[error("{what}")]
    Missing {
        /// What is missing, and what for.
        what: String,
        /// What to do.
        fix: String,
    },
    /// The account of jobs cannot do it.
    #[error("{0}")]
    Jobs(#[from] jobs::JobsError),
    /// The book of a job is another one by now.
    #[error("{} has changed since the job was made", path.display())]
    BookChanged {
        /// The book.
        path: PathBuf,
    },
    /// A recording that no voice can be made from.
    #[error("this recording cannot be used: {}", flaw.code().replace('_', " "))]
    Sample {
        /// What is wrong with it.
        flaw: audio::quality::Flaw,
    },
    /// A name that a voice cannot have.
    #[error("a voice cannot be called that: {why}")]
    NameUnfit {
        /// What is wrong with it.
        why: &'static str,
    },
    /// Something the program stored for itself does not read back.
    #[error("the library holds something for this voice that this version cannot read")]
    PromptDamaged,
    /// A stored segment vanished between two steps.
    #[error("a finished segment vanished from the library while the book was joined")]
    SegmentLost,
    /// A pronunciation that cannot be kept.
    #[error("this pronunciation cannot be kept: {why}")]
    Saying {
        /// What is wrong with it.
        why: &'static str,
    },
    /// The list of pronunciations does not read back.
    #[error("the library's list of pronunciations cannot be read by this version")]
    SayingsUnreadable,
    /// Nobody made this take.
    #[error("there is no take {id:?}")]
    UnknownTake {
        /// What was asked for.
        id: String,
    },
    /// The list of takes does not read back.
    #[error("the library's list of takes cannot be read by this version")]
    TakesUnreadable,
    /// There is no such book.
    #[error("there is no book {id} in this library")]
    UnknownBook {
        /// What was asked for.
        id: u64,
    },
    /// Something the program stored for a book does not read back.
    #[error("the library holds something for book {id} that this version cannot read")]
    BookDamaged {
        /// Which book.
        id: u64,
    },
    /// A line that is not there.
    #[error("the book has {lines} lines and no line {line}")]
    UnknownLine {
        /// What was asked for, counted from 0.
        line: usize,
        /// How many there are.
        lines: usize,
    },
    /// A line that is not to be touched.
    #[error("line {line} is locked")]
    LineLocked {
        /// Which one, counted from 0.
        line: usize,
    },
    /// Lines that are not made, or were made otherwise than they stand now.
    #[error("{lines} {} not rendered as they stand now", if *lines == 1 { "line is" } else { "lines are" })]
    NotRendered {
        /// How many.
        lines: usize,
    },
    /// Nothing to take back or to bring back.
    #[error("there is nothing to {what}")]
    NothingTo {
        /// `undo` or `redo`.
        what: &'static str,
    },
    /// A model that is not part of the program cannot be had, or not be used.
    #[error("{0}")]
    Catalog(#[from] crate::catalog::CatalogError),
    /// A person's voice was asked for from a model that speaks in its own voices only.
    #[error("the model {model} speaks in voices of its own, not in people's")]
    ModelClonesNobody {
        /// Which model.
        model: String,
    },
    /// A model was asked for that is not here, or does not do this.
    #[error("{what}")]
    NoModel {
        /// What is missing.
        what: String,
        /// How to get it.
        fix: String,
    },
    /// A job that a command does not go on with.
    #[error("a job of the kind {kind} does not go on by itself")]
    NotResumable {
        /// Its kind.
        kind: &'static str,
    },
    /// A dub cannot be made.
    #[error("{0}")]
    Dub(#[from] crate::dub::DubError),
    /// Stopped on request.
    #[error("stopped; what is finished is kept")]
    Interrupted,
}

impl StudioError {
    /// An input that the disk does not give.
    pub fn input(path: &Path, error: &io::Error) -> Self {
        Self::Unreadable { path: path.to_owned(), reason: error.to_string() }
    }

    /// An output that the disk does not take.
    pub fn output(path: &Path, error: &io::Error) -> Self {
        Self::Unwritable { path: path.to_owned(), reason: error.to_string() }
    }

    /// Stable name of the failure.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(error) => error.code(),
            Self::Audio(error) => error.code(),
            Self::Text(error) => error.code(),
            Self::Library(error) => error.code(),
            Self::Device(error) => error.code(),
            Self::Engine(fault) => fault.code,
            Self::Network(error) => error.code(),
            Self::Catalog(error) => error.code(),
            Self::Dub(error) => error.code(),
            Self::Silent => "no_sound",
            Self::NoLibrary => "no_library",
            Self::UnknownVoice { .. } => "unknown_voice",
            Self::UnknownSession { .. } => "unknown_session",
            Self::SessionIsAnswer => "session_is_answer",
            Self::SessionIsNoAnswer => "session_is_no_answer",
            Self::FilesNotTaken => "live_microphone_only",
            Self::NothingToSay => "empty_text",
            Self::NotText => "not_text",
            Self::TooLong { .. } => "text_too_long",
            Self::OutOfRange { .. } => "out_of_range",
            Self::TooLarge { .. } => "file_too_large",
            Self::UnknownFormat { .. } | Self::UnknownTextFormat { .. } => "unknown_format",
            Self::NoFolder { .. } => "no_folder",
            Self::IsFolder { .. } => "is_folder",
            Self::Unreadable { .. } => "unreadable",
            Self::Unwritable { .. } => "unwritable",
            Self::Missing { .. } => "missing_tool",
            Self::Jobs(error) => error.code(),
            Self::BookChanged { .. } => "book_changed",
            Self::Sample { flaw } => flaw.code(),
            Self::NameUnfit { .. } => "name_unfit",
            Self::PromptDamaged => "prompt_damaged",
            Self::SegmentLost => "segment_lost",
            Self::Saying { .. } => "bad_saying",
            Self::SayingsUnreadable => "sayings_unreadable",
            Self::UnknownTake { .. } => "unknown_take",
            Self::TakesUnreadable => "takes_unreadable",
            Self::UnknownBook { .. } => "unknown_book",
            Self::BookDamaged { .. } => "book_damaged",
            Self::UnknownLine { .. } => "unknown_line",
            Self::LineLocked { .. } => "line_locked",
            Self::NotRendered { .. } => "not_rendered",
            Self::NothingTo { .. } => "nothing_to_do",
            Self::ModelClonesNobody { .. } => "model_clones_nobody",
            Self::NoModel { .. } => "model_missing",
            Self::NotResumable { .. } => "not_resumable",
            Self::Interrupted => "interrupted",
        }
    }

    /// What to do about it, one sentence.
    pub fn fix(&self) -> String {
        match self {
            Self::Refused(error) => error.fix(),
            Self::Audio(error) => error.fix(),
            Self::Text(error) => error.fix(),
            Self::Library(error) => error.fix(),
            Self::Device(error) => error.fix(),
            Self::Network(error) => error.fix(),
            Self::Catalog(error) => error.fix(),
            Self::Dub(error) => error.fix(),
            Self::Engine(_) | Self::Silent => {
                "change the text or the voice; if it happens again, run `vouch models verify`".into()
            }
            Self::NoLibrary => "make one with `vouch library init DIR`, or name one with --library".into(),
            Self::UnknownVoice { known, .. } => format!("choose one of: {}", known.join(", ")),
            Self::UnknownSession { .. } => "begin again with `vouch voice challenge`".into(),
            Self::SessionIsAnswer => "say where to write the answer: -o FILE".into(),
            Self::SessionIsNoAnswer => "leave -o out, or begin with `vouch voice answer FILE`".into(),
            Self::FilesNotTaken => {
                "record with the microphone; files are taken only in a demo library (`vouch library init --demo DIR`)"
                    .into()
            }
            Self::NothingToSay => "give a text with at least one word".into(),
            Self::NotText => "give plain text; books go to `vouch narrate`".into(),
            Self::TooLong { .. } => "save it as a file and use `vouch narrate`".into(),
            Self::OutOfRange { what, range } => format!("set {what} to {range}"),
            Self::TooLarge { .. } => "split it, or remove its pictures".into(),
            Self::UnknownFormat { .. } => "end the name in .wav, .flac, .mp3, .m4a, .m4b or .opus".into(),
            Self::UnknownTextFormat { .. } => "end the name in .srt, .vtt, .ass, .json or .txt".into(),
            Self::NoFolder { path } => format!("make the folder first: mkdir -p {}", path.display()),
            Self::IsFolder { .. } => "name a file".into(),
            Self::Unreadable { .. } => "check the name and the permissions".into(),
            Self::Unwritable { .. } => "check the permissions and the free space".into(),
            Self::Missing { fix, .. } => fix.clone(),
            Self::Sample { flaw } => flaw.fix().into(),
            Self::Jobs(error) => error.fix(),
            Self::BookChanged { .. } => "narrate it anew; what did not change is kept".into(),
            Self::NameUnfit { .. } => "choose another name".into(),
            Self::PromptDamaged => "run `vouch library check`; a voice can always be enrolled again".into(),
            Self::Saying { .. } => {
                "give a word of at most 100 characters and how to say it in at most 200, without line breaks".into()
            }
            Self::UnknownTake { .. } => "choose a take from the list".into(),
            Self::SayingsUnreadable | Self::TakesUnreadable => {
                "update the program, or restore the library from a backup".into()
            }
            Self::UnknownBook { .. } => "list the books again; this one may have been removed".into(),
            Self::BookDamaged { .. } => "update the program, or import the book again".into(),
            Self::UnknownLine { .. } => "open the book again: its lines have changed".into(),
            Self::LineLocked { .. } => "unlock it first".into(),
            Self::NotRendered { .. } => "render them first".into(),
            Self::NothingTo { .. } => "make a change first".into(),
            Self::ModelClonesNobody { .. } => "use a model that clones, such as a Base model, or the starter".into(),
            Self::NoModel { fix, .. } => fix.clone(),
            Self::NotResumable { .. } => "open the window, which goes on with it".into(),
            Self::SegmentLost | Self::Interrupted => "run the same command again: it goes on where it stopped".into(),
        }
    }

    /// What kind of failure it is.
    pub fn class(&self) -> Class {
        match self {
            Self::Refused(_) | Self::FilesNotTaken => Class::Refused,
            Self::Audio(audio::AudioError::MissingTool { .. } | audio::AudioError::DiskFull { .. }) => Class::Missing,
            Self::Audio(audio::AudioError::Stopped) => Class::Interrupted,
            Self::Audio(_) | Self::Text(_) | Self::UnknownVoice { .. } | Self::UnknownSession { .. } => Class::BadInput,
            Self::Sample { .. } | Self::Jobs(_) | Self::BookChanged { .. } => Class::BadInput,
            Self::NothingToSay | Self::NotText | Self::TooLong { .. } | Self::TooLarge { .. } => Class::BadInput,
            Self::Unreadable { .. } | Self::Unwritable { .. } | Self::NoFolder { .. } | Self::IsFolder { .. } => {
                Class::BadInput
            }
            Self::Saying { .. } | Self::UnknownTake { .. } => Class::BadInput,
            Self::SayingsUnreadable | Self::TakesUnreadable => Class::Missing,
            Self::UnknownBook { .. } | Self::UnknownLine { .. } | Self::NotRendered { .. } => Class::BadInput,
            Self::BookDamaged { .. } => Class::Missing,
            Self::SessionIsAnswer | Self::SessionIsNoAnswer => Class::Usage,
            Self::OutOfRange { .. } | Self::UnknownFormat { .. } | Self::NameUnfit { .. } => Class::Usage,
            Self::LineLocked { .. } | Self::NothingTo { .. } | Self::ModelClonesNobody { .. } => Class::Usage,
            Self::UnknownTextFormat { .. } | Self::NotResumable { .. } => Class::Usage,
            Self::NoModel { .. } => Class::Missing,
            Self::Library(library::LibraryError::Refused(_)) => Class::Refused,
            Self::Library(_) | Self::NoLibrary | Self::Missing { .. } | Self::Device(_) | Self::Network(_) => {
                Class::Missing
            }
            Self::Engine(_) | Self::Silent | Self::SegmentLost | Self::PromptDamaged => Class::Engine,
            Self::Catalog(error) => error.class(),
            Self::Dub(error) => error.class(),
            Self::Interrupted => Class::Interrupted,
        }
    }
}
