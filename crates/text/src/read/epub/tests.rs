//! Whole EPUB files: made well, made badly, and made to harm.

use std::io::{Cursor, Write};

use proptest::prelude::*;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::{Book, TextError, Warning};

const CONTAINER: &str = "<container><rootfiles><rootfile full-path='OEBPS/content.opf'/></rootfiles></container>";
const EPUB2_TYPE: &str =
    "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.1//EN\" \"http://www.w3.org/TR/xhtml11/DTD/xhtml11.dtd\">";

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, content) in files {
        zip.start_file(*path, options).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn package(manifest: &str, spine: &str) -> String {
    format!(
        "<?xml version='1.0'?><package><metadata xmlns:dc='x'><dc:title>The &amp; Sea</dc:title><dc:creator>Ann Lee</dc:creator>\
         <dc:creator>Bo Ray</dc:creator><dc:language>en-GB</dc:language></metadata><manifest>{manifest}</manifest>{spine}</package>"
    )
}

/// A book of two documents, the second of which has no heading of its own, and an NCX.
fn book_with(first: &str, second: &str, extra: &[(&str, &[u8])]) -> Vec<u8> {
    let package = package(
        "<item id='a' href='a%20b.xhtml' media-type='application/xhtml+xml'/><item id='b' href='text/b.xhtml' \
         media-type='application/xhtml+xml'/><item id='cover' href='cover.xhtml' media-type='application/xhtml+xml'/>\
         <item id='ncx' href='toc.ncx' media-type='application/x-dtbncx+xml'/>",
        "<spine toc='ncx'><itemref idref='cover' linear='no'/><itemref idref='a'/><itemref idref='b'/></spine>",
    );
    let ncx = "<ncx><navMap><navPoint><navLabel><text>One</text></navLabel><content src='a%20b.xhtml'/></navPoint>\
               <navPoint><navLabel><text>The Second</text></navLabel><content src='text/b.xhtml'/></navPoint></navMap></ncx>";
    let mut files: Vec<(&str, &[u8])> = vec![
        ("mimetype", b"application/epub+zip"),
        ("META-INF/container.xml", CONTAINER.as_bytes()),
        ("OEBPS/content.opf", package.as_bytes()),
        ("OEBPS/toc.ncx", ncx.as_bytes()),
        ("OEBPS/cover.xhtml", b"<html><body><p>Cover</p></body></html>"),
        ("OEBPS/a b.xhtml", first.as_bytes()),
        ("OEBPS/text/b.xhtml", second.as_bytes()),
    ];
    files.extend_from_slice(extra);
    zipped(&files)
}

fn sample() -> Vec<u8> {
    book_with(
        &format!("<?xml version='1.0'?>{EPUB2_TYPE}<html><body><h2>Chapter One</h2><p>It was wide.</p></body></html>"),
        "<html><body><p>It was deep.</p><hr/><p>And old.</p></body></html>",
        &[],
    )
}

fn read(bytes: &[u8]) -> Result<(Book, Vec<Warning>), TextError> {
    crate::read(bytes, "x.epub")
}

#[test]
fn a_book_of_the_old_kind() {
    insta::assert_debug_snapshot!(read(&sample()).unwrap());
}

#[test]
fn a_table_of_contents_that_points_into_a_document() {
    let package = package(
        "<item id='n' href='nav.xhtml' properties='nav' media-type='application/xhtml+xml'/>\
         <item id='a' href='a.xhtml' media-type='application/xhtml+xml'/>",
        "<spine><itemref idref='n'/><itemref idref='a'/><itemref idref='a'/><itemref idref='gone'/></spine>",
    );
    let nav = "<html><body><nav epub:type='landmarks'><ol><li><a href='a.xhtml'>No</a></li></ol></nav><nav epub:type='toc'>\
               <ol><li><a href='a.xhtml#one'>First</a></li><li><a href='a.xhtml#two'>Second</a></li></ol></nav></body></html>";
    let text =
        "<html><body><p id='one'>First</p><p>It began.</p><p class='x'><a id='two'/>It went on.</p></body></html>";
    let bytes = zipped(&[
        ("META-INF/container.xml", CONTAINER.as_bytes()),
        ("OEBPS/content.opf", package.as_bytes()),
        ("OEBPS/nav.xhtml", nav.as_bytes()),
        ("OEBPS/a.xhtml", text.as_bytes()),
    ]);
    let (book, warnings) = read(&bytes).unwrap();
    let outline: Vec<_> =
        book.chapters.iter().map(|chapter| (chapter.title.as_str(), &chapter.paragraphs[..])).collect();
    assert_eq!(outline, [("First", &["It began.".to_owned()][..]), ("Second", &["It went on.".to_owned()])]);
    assert_eq!(warnings, []);
}

#[test]
fn each_attack_and_each_fault_is_told_apart() {
    let page = "<html><body><p>Text here.</p></body></html>";
    let zeros = vec![b' '; 8 << 20];
    let bomb = [b"<html><body><p>".as_slice(), &zeros].concat();
    let lock = "<encryption><EncryptedData><EncryptionMethod Algorithm='http://www.w3.org/2001/04/xmlenc#aes128-cbc'/>\
                <CipherReference URI='OEBPS/a b.xhtml'/></EncryptedData></encryption>";
    let entity = "<!DOCTYPE html [<!ENTITY a 'b'>]><html><body><p>&a;</p></body></html>";
    let mut cut = sample();
    cut.truncate(cut.len() - 30);
    let many: Vec<(String, &[u8])> = (0..10_001).map(|number| (format!("f{number}"), &b""[..])).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(path, content)| (path.as_str(), *content)).collect();
    for (name, bytes, code) in [
        ("traversal", book_with(page, page, &[("../../evil", b"x")]), "document_unsafe"),
        ("absolute", book_with(page, page, &[("/etc/passwd", b"x")]), "document_unsafe"),
        ("drm", book_with(page, page, &[("META-INF/encryption.xml", lock.as_bytes())]), "document_protected"),
        ("lcp", book_with(page, page, &[("META-INF/license.lcpl", b"{}")]), "document_protected"),
        ("entities", book_with(entity, page, &[]), "document_unsafe"),
        ("depth", book_with(&"<div>".repeat(1000), page, &[]), "document_unsafe"),
        ("bomb", book_with(&String::from_utf8(bomb).unwrap(), page, &[]), "archive_limit"),
        ("entries", zipped(&many), "archive_limit"),
        ("cut off", cut, "document_truncated"),
        ("pictures", book_with("<body><img src='a'/></body>", "<body><svg/></body>", &[]), "document_without_text"),
        ("no container", zipped(&[("a", b"b")]), "document_damaged"),
        ("word", zipped(&[("word/document.xml", b"b")]), "document_unsupported"),
        ("no package", zipped(&[("META-INF/container.xml", CONTAINER.as_bytes())]), "document_damaged"),
        (
            "outside",
            zipped(&[("META-INF/container.xml", b"<rootfile full-path='../../etc/passwd'/>")]),
            "document_unsafe",
        ),
    ] {
        let error = read(&bytes).map(|_| ()).unwrap_err();
        assert_eq!(error.code(), code, "{name}: {error}");
    }
}

#[test]
fn a_broken_chapter_costs_only_itself() {
    let (book, warnings) = read(&book_with("<html><body><p>Good.</p><p <<< \"", "<p>Fine.</p>", &[])).unwrap();
    assert_eq!(book.chapters.len(), 2);
    assert_eq!(warnings, [Warning::Damaged { part: "OEBPS/a b.xhtml".into() }]);
    let fonts = "<encryption><EncryptedData><EncryptionMethod Algorithm='http://www.idpf.org/2008/embedding'/></EncryptedData></encryption>";
    assert!(read(&book_with("<p>A.</p>", "<p>B.</p>", &[("META-INF/encryption.xml", fonts.as_bytes())])).is_ok());
}

#[test]
fn a_size_that_lies_does_not_help() {
    // The header says 10 bytes; what comes out is counted.
    let mut bytes =
        book_with(&format!("<html><body><p>{}</p></body></html>", "wide ".repeat(3_000_000)), "<p>x</p>", &[]);
    let size = (5_u32 * 3_000_000 + 33).to_le_bytes();
    let places: Vec<usize> = bytes.windows(4).enumerate().filter(|(_, four)| *four == size).map(|(at, _)| at).collect();
    assert!(!places.is_empty(), "the size stands in the headers");
    for at in places {
        bytes[at..at + 4].copy_from_slice(&10_u32.to_le_bytes());
    }
    let error = read(&bytes).map(|_| ()).unwrap_err();
    assert!(["archive_limit", "document_damaged"].contains(&error.code()), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_changed_book_never_panics(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8), cut in any::<Option<prop::sample::Index>>()) {
        let mut bytes = sample();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok((book, _)) = read(&bytes) {
            prop_assert!(crate::plan(&book, None).is_ok());
        }
    }

    #[test]
    fn a_changed_document_never_panics(at in any::<prop::sample::Index>(), insert in "(<|>|</p>|<p>|<table>|&#x0;|&|<sup>|<h1>|<!--|\\]\\]>|<!\\[CDATA\\[|<a id='x'/>){1,4}") {
        let page = "<html><body><h1>One</h1><p>It was <b>wide</b><sup>1</sup> &amp; deep.</p><hr/><p>Old.</p></body></html>";
        let at = at.index(page.len());
        let page = format!("{}{insert}{}", &page[..at], &page[at..]);
        if let Ok((book, _)) = read(&book_with(&page, &page, &[])) {
            prop_assert!(!book.chapters.is_empty());
        }
    }
}
