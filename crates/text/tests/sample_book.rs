//! The sample book: the EPUB is what its source makes, and both read as the same book.

#[path = "../examples/sample_book.rs"]
mod sample_book;

use sample_book::{books, epub_of};

#[test]
fn the_epub_is_made_from_its_source() {
    let source = std::fs::read(books().join("sample.md")).unwrap();
    let epub = std::fs::read(books().join("sample.epub")).unwrap();
    let (book, warnings) = text::read(&source, "sample.md").unwrap();
    assert_eq!(warnings, []);
    assert!(epub.len() < 20_000, "{} bytes", epub.len());
    assert!(epub == epub_of(&book).unwrap(), "run `cargo run -p text --example sample_book`");
    let (same, warnings) = text::read(&epub, "sample.epub").unwrap();
    assert_eq!(warnings, []);
    assert_eq!(same, book);
}

#[test]
fn it_is_short_and_plain() {
    let epub = std::fs::read(books().join("sample.epub")).unwrap();
    let (book, _) = text::read(&epub, "sample.epub").unwrap();
    assert!(book.chapters.len() >= 3);
    let plan = text::plan(&book, None).unwrap();
    let words: usize = plan.iter().map(|segment| segment.spoken.split_whitespace().count()).sum();
    assert!((100..=140).contains(&words), "{words} words");
    insta::assert_debug_snapshot!(plan);
}
