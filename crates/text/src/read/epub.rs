//! EPUB 2 and 3 to a book: container, package, table of contents, then the documents of the spine in order.

mod archive;
mod package;
mod xhtml;

use std::collections::{HashMap, HashSet};

use crate::book::{Book, Chapter, Warning};
use crate::error::TextError;
use crate::read::blocks::{self, Block};
use crate::read::epub::archive::Archive;
use crate::read::epub::package::{Contents, Entry, Package};
use crate::read::epub::xhtml::{Extract, Part};
use crate::read::xml::Stop;
use crate::read::{MAX_TEXT_BYTES, encoding, too_much_text};

/// Reads the whole book.
pub(super) fn read(bytes: &[u8], fallback_title: &str) -> Result<(Book, Vec<Warning>), TextError> {
    let mut archive = Archive::open(bytes)?;
    refuse_locks(&mut archive)?;
    let container = text_of(&mut archive, "META-INF/container.xml")?.ok_or_else(|| match archive.foreign_kind() {
        Some(what) => TextError::Unsupported { what },
        None => TextError::Damaged { what: "META-INF/container.xml is missing".into() },
    })?;
    let package_path = package::path_in(&container)?;
    let source = text_of(&mut archive, &package_path)?
        .ok_or_else(|| TextError::Damaged { what: format!("its package {package_path:?} is missing") })?;
    let package = Package::parse(&source, &package_path)?;
    let contents = match &package.contents {
        Some(path) => text_of(&mut archive, path)?.map(|source| Contents::parse(&source, path)).transpose()?,
        None => None,
    };
    let contents = contents.unwrap_or_default();
    let title = package.title.clone().unwrap_or_else(|| fallback_title.to_owned());

    let mut warnings = Vec::new();
    let mut extract = Extract::default();
    let mut documents: Vec<(String, Vec<Part>)> = Vec::new();
    let mut seen = HashSet::new();
    let mut text_bytes = 0;
    for path in &package.spine {
        // A document stands in the spine once; more often is an error at best.
        if !seen.insert(path) || (package.contents.as_ref() == Some(path) && package.spine.len() > 1) {
            continue;
        }
        let Some(source) = text_of(&mut archive, path)? else {
            warnings.push(Warning::Damaged { part: path.clone() });
            continue;
        };
        text_bytes += source.len();
        if text_bytes > MAX_TEXT_BYTES {
            return Err(too_much_text());
        }
        match extract.read(&source) {
            Ok(()) => {}
            Err(Stop::Refused(error)) => return Err(error),
            Err(Stop::Broken) => warnings.push(Warning::Damaged { part: path.clone() }),
        }
        documents.push((path.clone(), extract.take()));
    }
    for (what, count) in [("tables", extract.tables), ("notes", extract.notes)] {
        if count > 0 {
            warnings.push(Warning::LeftOut { what: what.into(), count });
        }
    }
    let chapters = chapters(documents, &contents, &title);
    if !chapters.iter().flat_map(|chapter| &chapter.paragraphs).any(|text| text.contains(char::is_alphanumeric)) {
        let hint = if extract.pictures > 0 { ": it is made of pictures" } else { "" };
        return Err(TextError::NoText { hint });
    }
    Ok((Book { title, author: package.author, language: package.language, chapters }, warnings))
}

/// Puts the documents together. Where a document begins without a heading, the table of contents names it; if that does
/// not know it either, it goes on with the chapter before.
fn chapters(documents: Vec<(String, Vec<Part>)>, contents: &Contents, title: &str) -> Vec<Chapter> {
    let parts = documents.iter().flat_map(|(_, parts)| parts);
    let headings: Vec<Block> =
        parts.map(|part| &part.block).filter(|block| matches!(block, Block::Heading(..))).cloned().collect();
    let count =
        |level: u8| headings.iter().filter(|block| matches!(block, Block::Heading(l, _) if *l == level)).count();
    let places: HashMap<(&str, Option<&str>), &Entry> =
        contents.entries.iter().rev().map(|entry| ((entry.path.as_str(), entry.fragment.as_deref()), entry)).collect();
    let mut level = blocks::chapter_level(&headings);
    // Parts on the first level and chapters on the second, if the table of contents has them all.
    if level == 1 && count(2) > 0 && contents.entries.len() * 10 >= (count(1) + count(2)) * 8 {
        level = 2;
    }
    let mut all = Vec::new();
    for (path, parts) in documents {
        let first = parts.iter().map(|part| &part.block).find(|block| **block != Block::Break);
        let starts_itself = matches!(first, Some(Block::Heading(own, _)) if *own <= level);
        if !starts_itself
            && parts.iter().any(|part| matches!(part.block, Block::Paragraph(_)))
            && let Some(entry) = places.get(&(path.as_str(), None))
        {
            all.push(Block::Heading(level, entry.title.clone()));
        }
        for Part { block, ids } in parts {
            let named = ids.iter().find_map(|id| places.get(&(path.as_str(), Some(id.as_str()))));
            match (block, named) {
                // The table of contents points at it: whatever it looks like, a chapter starts here.
                (Block::Paragraph(text), Some(entry)) if entry.depth <= 1 => {
                    all.push(Block::Heading(level, entry.title.clone()));
                    if !text.eq_ignore_ascii_case(&entry.title) {
                        all.push(Block::Paragraph(text));
                    }
                }
                (Block::Heading(own, text), Some(entry)) if own > level && entry.depth <= 1 => {
                    all.push(Block::Heading(level, text));
                }
                (block, _) => all.push(block),
            }
        }
    }
    // A title page that holds nothing but the title is no chapter.
    if matches!(&all[..], [Block::Heading(_, first), Block::Heading(..), ..] if first.eq_ignore_ascii_case(title)) {
        all.remove(0);
    }
    blocks::chapters(all, level, title)
}

/// Refuses books under copy protection. Fonts may be scrambled: no one reads them here.
fn refuse_locks(archive: &mut Archive<'_>) -> Result<(), TextError> {
    for (path, scheme) in [
        ("META-INF/license.lcpl", "Readium LCP"),
        ("META-INF/sinf.xml", "Apple FairPlay"),
        ("META-INF/rights.xml", "Adobe ADEPT"),
    ] {
        if archive.has(path) {
            return Err(TextError::Protected { scheme });
        }
    }
    if let Some(source) = text_of(archive, "META-INF/encryption.xml")?
        && package::locks_text(&source)?
    {
        return Err(TextError::Protected { scheme: "copy protection (DRM)" });
    }
    Ok(())
}

fn text_of(archive: &mut Archive<'_>, path: &str) -> Result<Option<String>, TextError> {
    Ok(archive.read(path)?.map(|bytes| encoding::decode_xml(&bytes)))
}

#[cfg(test)]
mod tests;
