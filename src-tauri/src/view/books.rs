//! Books and their lines.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A book on the shelf.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct BookCardView {
    pub id: u32,
    pub title: String,
    pub author: Option<String>,
    /// Id of the voice that reads it where a line names no other.
    pub voice: String,
    pub speed: f32,
    pub chapters: u32,
    pub lines: u32,
    /// Lines that are made as they now stand.
    pub fresh: u32,
    /// Length of the finished book, estimated.
    pub expected_seconds: f64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct ChapterView {
    pub title: String,
    pub first_line: u32,
    pub lines: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[ts(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum LineState {
    /// Never made.
    Draft,
    Queued,
    Rendering,
    Fresh,
    /// Made before, but not as it now stands.
    Stale,
    /// Made, but something about it should be listened to.
    Doubtful,
    /// Made, and kept from changes.
    Locked,
}

/// A line of a book: a sentence or so.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct LineView {
    pub index: u32,
    pub chapter: u32,
    /// Absent for a heading.
    pub paragraph: Option<u32>,
    pub text: String,
    /// Its own voice; absent: the book's.
    pub voice: Option<String>,
    pub speed: Option<f32>,
    pub pause_seconds: f32,
    /// Counted from 0.
    pub take: u32,
    pub takes: u32,
    pub state: LineState,
    pub seconds: Option<f64>,
    /// Why it is doubtful, in words.
    pub doubt: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct BookView {
    pub card: BookCardView,
    pub chapters: Vec<ChapterView>,
    pub lines: Vec<LineView>,
    /// What the reader of the document remarked.
    pub warnings: Vec<String>,
    pub can_undo: bool,
    pub can_redo: bool,
}

/// What an edit changed.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct ChangedView {
    /// The lines that differ.
    pub lines: Vec<LineView>,
    /// Lines came or went: open the book anew.
    pub reordered: bool,
    pub card: BookCardView,
    pub can_undo: bool,
    pub can_redo: bool,
}

/// A change to a book. `first` and `last` are line indices, both included.
#[derive(Debug, Clone, PartialEq, Deserialize, TS)]
#[ts(rename_all = "snake_case", tag = "edit")]
#[serde(rename_all = "snake_case", tag = "edit", deny_unknown_fields)]
pub enum BookEdit {
    Text {
        line: u32,
        text: String,
    },
    Voice {
        first: u32,
        last: u32,
        voice: Option<String>,
    },
    BookVoice {
        voice: String,
    },
    Speed {
        first: u32,
        last: u32,
        speed: Option<f32>,
    },
    BookSpeed {
        speed: f32,
    },
    Pause {
        line: u32,
        seconds: f32,
    },
    Take {
        line: u32,
        take: u32,
    },
    Lock {
        first: u32,
        last: u32,
        locked: bool,
    },
    /// `at` counts characters (Unicode scalar values).
    Split {
        line: u32,
        at: u32,
    },
    /// With the next line.
    Merge {
        line: u32,
    },
    Remove {
        first: u32,
        last: u32,
    },
    Undo,
    Redo,
}
