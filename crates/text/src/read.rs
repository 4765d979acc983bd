//! Reads a document from its bytes, whatever its format. Every byte is hostile until it has been read.

mod blocks;
mod encoding;
mod epub;
mod markdown;
mod plain;
mod xml;

pub(crate) use encoding::decode;

use crate::book::{Book, Warning};
use crate::error::TextError;

/// Most bytes of a text file, and most bytes of text inside any document.
const MAX_TEXT_BYTES: usize = 64 << 20;

/// Reads a book from a file's bytes. The name decides only between plain text and Markdown (`.md`, `.markdown`), and is
/// the title where the document has none.
///
/// # Errors
/// One [`TextError`] for each thing that the caller can do about it; see there. Never panics, and never uses memory out
/// of proportion to the limits (64 MiB of text; an EPUB at most 10,000 entries, 1 GiB unpacked).
pub fn read(bytes: &[u8], file_name: &str) -> Result<(Book, Vec<Warning>), TextError> {
    if bytes.is_empty() {
        return Err(TextError::Empty);
    }
    let fallback_title = title_of(file_name);
    let (mut book, mut warnings) = if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        epub::read(bytes, &fallback_title)?
    } else {
        if let Some(what) = known_format(bytes) {
            return Err(TextError::Unsupported { what });
        }
        if file_name.to_ascii_lowercase().ends_with(".epub") {
            return Err(TextError::Damaged { what: "it does not begin like a ZIP archive".into() });
        }
        if bytes.len() > MAX_TEXT_BYTES {
            return Err(too_much_text());
        }
        let (text, mut warnings) = encoding::decode(bytes)?;
        if is_web_page(&text) {
            return Err(TextError::Unsupported { what: "a web page" });
        }
        let small = file_name.to_ascii_lowercase();
        let (book, more) = if [".md", ".markdown", ".mdown"].iter().any(|ending| small.ends_with(ending)) {
            markdown::read(&text, &fallback_title)
        } else {
            (plain::read(&text, &fallback_title), Vec::new())
        };
        warnings.extend(more);
        (book, warnings)
    };
    book.chapters.retain(|chapter| chapter.announced || !chapter.paragraphs.is_empty());
    check_script(&book, &mut warnings)?;
    if let Some(language) = &book.language
        && !language.to_ascii_lowercase().starts_with("en")
    {
        warnings.push(Warning::Language(language.clone()));
    }
    Ok((book, warnings))
}

/// Formats that people try and that would otherwise be called binary.
fn known_format(bytes: &[u8]) -> Option<&'static str> {
    let starts = |mark: &[u8]| bytes.starts_with(mark);
    if starts(b"%PDF") {
        Some("a PDF")
    } else if starts(b"{\\rtf") {
        Some("an RTF document")
    } else if starts(b"\xD0\xCF\x11\xE0") {
        Some("an old Word document")
    } else if bytes.get(60..68) == Some(b"BOOKMOBI") {
        Some("a Kindle book")
    } else if starts(b"\x1F\x8B") || starts(b"7z\xBC\xAF") || starts(b"Rar!") {
        Some("a compressed archive")
    } else if starts(b"\x89PNG") || starts(b"\xFF\xD8\xFF") || starts(b"GIF8") {
        Some("a picture")
    } else if starts(b"RIFF")
        || starts(b"ID3")
        || starts(b"fLaC")
        || starts(b"OggS")
        || bytes.get(4..8) == Some(b"ftyp")
    {
        Some("a sound or video file")
    } else {
        None
    }
}

fn is_web_page(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(14).collect::<String>().to_ascii_lowercase();
    start.starts_with("<!doctype html") || start.starts_with("<html") || start.starts_with("<?xml")
}

/// A title out of a file name.
fn title_of(file_name: &str) -> String {
    let name = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let title = tidy(&stem.replace('_', " "));
    if title.is_empty() { "Untitled".into() } else { title }
}

/// Refuses a book without words, and warns of scripts that have no sounds here.
fn check_script(book: &Book, warnings: &mut Vec<Warning>) -> Result<(), TextError> {
    let (mut latin, mut other, mut words) = (0_u64, 0_u64, false);
    for paragraph in book.chapters.iter().flat_map(|chapter| &chapter.paragraphs) {
        for char in paragraph.chars() {
            words |= char.is_alphanumeric();
            match char {
                'a'..='z' | 'A'..='Z' | '\u{C0}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}' => latin += 1,
                _ if char.is_alphabetic() => other += 1,
                _ => {}
            }
        }
    }
    if !words {
        return Err(TextError::NoText { hint: "" });
    }
    let percent = other * 100 / (latin + other).max(1);
    if percent >= 10 {
        warnings.push(Warning::Script { percent: percent as u8 });
    }
    Ok(())
}

fn too_much_text() -> TextError {
    TextError::TooLarge { what: "its text", limit: format!("{} MiB", MAX_TEXT_BYTES >> 20) }
}

/// A line without control and invisible characters, with single spaces and none at the ends.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut space = false;
    for char in text.chars() {
        match char {
            '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' => {}
            _ if char.is_whitespace() || char.is_control() => space = true,
            _ => {
                if space && !out.is_empty() {
                    out.push(' ');
                }
                space = false;
                out.push(char);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_failure_has_its_own_error() {
        for (bytes, name, code) in [
            (&b""[..], "a.txt", "document_empty"),
            (b" \n\t ", "a.txt", "document_empty"),
            (b"\xEF\xBB\xBF", "a.txt", "document_empty"),
            (b"\x7FELF\x01\x00\x02\x00\x00\x03", "a.txt", "document_binary"),
            (b"%PDF-1.7 ...", "a.txt", "document_unsupported"),
            (b" <!DOCTYPE HTML><p>x", "a.txt", "document_unsupported"),
            (b"--- *** ---", "a.txt", "document_without_text"),
            (b"no zip", "a.epub", "document_damaged"),
            (b"PK\x03\x04 and then nothing", "a.epub", "document_truncated"),
            (b"![](x.png)", "a.md", "document_without_text"),
        ] {
            let error = read(bytes, name).unwrap_err();
            assert_eq!(error.code(), code, "{name} {error}");
            assert!(!error.fix().is_empty());
        }
    }

    #[test]
    fn titles_come_from_file_names_at_last() {
        assert_eq!(title_of("dir/my_first_book.v2.txt"), "my first book.v2");
        assert_eq!(title_of(""), "Untitled");
    }

    #[test]
    fn foreign_scripts_are_told() {
        let (_, warnings) = read("Привет мир, hello".as_bytes(), "a.txt").unwrap();
        assert_eq!(warnings, [Warning::Script { percent: 64 }]);
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600), name in 0..3_usize) {
            let _ = read(&bytes, ["a.txt", "a.md", "a.epub"][name]);
        }

        #[test]
        fn random_text_makes_a_book_that_can_be_planned(
            text in "(#{1,3} |CHAPTER [IVX]{1,4}\\.?|[a-zA-Z0-9 .,*_`>|<&;\\[\\]!-]{0,30}|\\PC{0,10})(\n{1,3}(#{1,3} |CHAPTER [IVX]{1,4}\\.?|[a-zA-Z0-9 .,*_`>|<&;\\[\\]!-]{0,30}|\\PC{0,10})){0,12}",
            markdown in any::<bool>(),
        ) {
            if let Ok((book, _)) = read(text.as_bytes(), if markdown { "a.md" } else { "a.txt" }) {
                prop_assert!(!book.chapters.is_empty() && !book.title.is_empty());
                for chapter in &book.chapters {
                    prop_assert!(!chapter.title.is_empty());
                    for paragraph in &chapter.paragraphs {
                        prop_assert_eq!(&tidy(paragraph), paragraph);
                        prop_assert!(!paragraph.is_empty());
                    }
                }
                prop_assert!(crate::plan(&book, None).is_ok());
            }
        }
    }
}
