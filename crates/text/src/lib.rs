//! Documents in, speakable segments and phones out: reads books, writes numbers and abbreviations out in words, cuts
//! text into pieces that a voice can speak, and looks up how words sound. Must not know sound, networks or files on disk.

mod book;
mod error;
pub mod exchange;
mod normalise;
mod phones;
mod plan;
mod read;
mod segment;
mod subtitles;

pub use book::{Book, Chapter, Warning};
pub use error::TextError;
pub use normalise::normalise;
pub use phones::lexicon::Lexicon;
pub use phones::{Phone, phones};
pub use plan::{PlannedSegment, plan};
pub use read::read;
pub use segment::{Budget, Segment, segment};
pub use subtitles::{Cue, SubtitleFormat, read_subtitles, write_subtitles};
