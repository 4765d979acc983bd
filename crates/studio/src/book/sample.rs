//! The book that comes with the program, so that there is something to open on the first day.

use super::BookView;
use crate::{Studio, StudioError};

const SAMPLE: &[u8] = include_bytes!("../../../../assets/books/sample.epub");

impl Studio {
    /// Takes the sample book into the library.
    pub fn import_sample_book(&self, voice: &str) -> Result<BookView, StudioError> {
        let (book, warnings) = text::read(SAMPLE, "sample.epub")?;
        self.add_book(book, warnings.iter().map(ToString::to_string).collect(), voice)
    }
}
