//! Makes `assets/books/sample.epub` from `assets/books/sample.md`: always the same bytes for the same text.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use std::path::PathBuf;

use text::Book;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

#[allow(dead_code, reason = "the test that holds book and source together includes this file for `epub_of`")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let source = std::fs::read(books().join("sample.md"))?;
    let (book, _) = text::read(&source, "sample.md")?;
    std::fs::write(books().join("sample.epub"), epub_of(&book)?)?;
    Ok(())
}

/// Where the sample book lies.
pub fn books() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", "..", "assets", "books"].iter().collect()
}

/// An EPUB 3 with one document for each chapter.
pub fn epub_of(book: &Book) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let (mut items, mut order, mut lines) = (String::new(), String::new(), String::new());
    let mut documents = Vec::new();
    for (index, chapter) in book.chapters.iter().enumerate() {
        let number = index + 1;
        let title = escaped(&chapter.title);
        writeln!(
            items,
            "    <item id=\"c{number}\" href=\"chapter-{number}.xhtml\" media-type=\"application/xhtml+xml\"/>"
        )?;
        writeln!(order, "    <itemref idref=\"c{number}\"/>")?;
        writeln!(lines, "      <li><a href=\"chapter-{number}.xhtml\">{title}</a></li>")?;
        let mut body = format!("  <h1>{title}</h1>\n");
        for paragraph in &chapter.paragraphs {
            writeln!(body, "  <p>{}</p>", escaped(paragraph))?;
        }
        documents.push((format!("EPUB/chapter-{number}.xhtml"), page(&title, &body)));
    }
    let title = escaped(&book.title);
    let language = escaped(book.language.as_deref().unwrap_or("en"));
    let author = escaped(book.author.as_deref().unwrap_or("Unknown"));
    let package = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id">
  <metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
    <dc:identifier id="id">urn:vouch:sample-book</dc:identifier>
    <dc:title>{title}</dc:title>
    <dc:creator>{author}</dc:creator>
    <dc:language>{language}</dc:language>
    <meta property="dcterms:modified">2026-01-01T00:00:00Z</meta>
  </metadata>
  <manifest>
    <item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
{items}  </manifest>
  <spine>
{order}  </spine>
</package>
"#
    );
    let contents = format!("  <nav epub:type=\"toc\">\n    <ol>\n{lines}    </ol>\n  </nav>\n");
    let container = r#"<?xml version="1.0" encoding="UTF-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
  <rootfiles>
    <rootfile full-path="EPUB/package.opf" media-type="application/oebps-package+xml"/>
  </rootfiles>
</container>
"#;
    let mut files = vec![
        ("mimetype".to_owned(), "application/epub+zip".to_owned()),
        ("META-INF/container.xml".to_owned(), container.to_owned()),
        ("EPUB/package.opf".to_owned(), package),
        ("EPUB/nav.xhtml".to_owned(), page(&title, &contents)),
    ];
    files.append(&mut documents);

    // Stored, not deflated: the bytes then do not depend on the version of a compressor.
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, content) in files {
        zip.start_file(path, options)?;
        zip.write_all(content.as_bytes())?;
    }
    Ok(zip.finish()?.into_inner())
}

fn page(title: &str, body: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="en">
<head><title>{title}</title></head>
<body>
{body}</body>
</html>
"#
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
