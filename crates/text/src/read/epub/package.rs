//! The XML files that say what a book consists of: container, package (OPF), table of contents (nav or NCX), encryption.

use std::collections::HashMap;

use crate::error::TextError;
use crate::read::tidy;
use crate::read::xml::{Element, Node, Stop, Xml};

/// Ways to scramble fonts, which hide no text.
const FONT_SCHEMES: &[&str] = &["http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"];

/// The package: what the book is called, and its documents in reading order.
#[derive(Debug, Default)]
pub(super) struct Package {
    pub(super) title: Option<String>,
    pub(super) author: Option<String>,
    pub(super) language: Option<String>,
    /// Paths of the documents to be read.
    pub(super) spine: Vec<String>,
    /// Path of the table of contents.
    pub(super) contents: Option<String>,
}

/// The table of contents.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) entries: Vec<Entry>,
}

/// A line of the table of contents.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) title: String,
    pub(super) path: String,
    pub(super) fragment: Option<String>,
    /// 1 at the top.
    pub(super) depth: usize,
}

/// Reads all nodes of a file without which the book cannot be read.
fn walk(source: &str, part: &str, mut see: impl FnMut(Node)) -> Result<(), TextError> {
    let mut xml = Xml::new(source);
    loop {
        match xml.next() {
            Ok(Some(node)) => see(node),
            Ok(None) => return Ok(()),
            Err(Stop::Refused(error)) => return Err(error),
            Err(Stop::Broken) => return Err(TextError::Damaged { what: format!("{part} is not XML") }),
        }
    }
}

/// The path of the package, out of `META-INF/container.xml`.
pub(super) fn path_in(container: &str) -> Result<String, TextError> {
    let mut path = None;
    walk(container, "META-INF/container.xml", |node| {
        if let Node::Open(element) = node
            && element.name == "rootfile"
            && path.is_none()
        {
            path = element.attribute("full-path").map(|path| resolve("", path));
        }
    })?;
    match path {
        Some(path) => path.ok_or_else(outside).map(|(path, _)| path),
        None => Err(TextError::Damaged { what: "META-INF/container.xml names no package".into() }),
    }
}

/// Whether `META-INF/encryption.xml` hides anything but fonts.
pub(super) fn locks_text(source: &str) -> Result<bool, TextError> {
    let (mut in_key, mut scheme, mut locked) = (0, None, false);
    walk(source, "META-INF/encryption.xml", |node| match node {
        Node::Open(element) if element.name == "keyinfo" => in_key += 1,
        Node::Close(name) if name == "keyinfo" => in_key -= 1,
        Node::Open(element) if element.name == "encrypteddata" => scheme = None,
        Node::Open(element) if element.name == "encryptionmethod" && in_key == 0 => {
            scheme = element.attribute("algorithm").map(ToOwned::to_owned);
        }
        Node::Close(name) if name == "encrypteddata" => {
            locked |= !scheme.as_deref().is_some_and(|scheme| FONT_SCHEMES.contains(&scheme));
        }
        _ => {}
    })?;
    Ok(locked)
}

impl Package {
    /// Reads the package that stands at `path`.
    pub(super) fn parse(source: &str, path: &str) -> Result<Self, TextError> {
        let mut package = Package::default();
        let mut manifest: HashMap<String, Element> = HashMap::new();
        let mut order: Vec<String> = Vec::new();
        let mut ncx = None;
        let mut field = String::new();
        let mut text = String::new();
        let mut authors: Vec<String> = Vec::new();
        walk(source, "its package", |node| match node {
            Node::Open(element) => match element.name.as_str() {
                "title" | "creator" | "language" => {
                    field.clone_from(&element.name);
                    text.clear();
                }
                "item" => {
                    if let Some(id) = element.attribute("id") {
                        manifest.insert(id.to_owned(), element);
                    }
                }
                "spine" => ncx = element.attribute("toc").map(ToOwned::to_owned),
                "itemref" if element.attribute("linear") != Some("no") => {
                    order.extend(element.attribute("idref").map(ToOwned::to_owned));
                }
                _ => {}
            },
            Node::Text(more) if !field.is_empty() && text.len() < 10_000 => text.push_str(&more),
            Node::Text(_) => {}
            Node::Close(name) => {
                if name == field {
                    let value = Some(tidy(&text)).filter(|value| !value.is_empty());
                    match name.as_str() {
                        "title" if package.title.is_none() => package.title = value,
                        "creator" => authors.extend(value),
                        "language" if package.language.is_none() => package.language = value,
                        _ => {}
                    }
                    field.clear();
                }
            }
        })?;
        package.author = match &authors[..] {
            [] => None,
            [one] => Some(one.clone()),
            [others @ .., last] => Some(format!("{} and {last}", others.join(", "))),
        };
        let path_of = |item: &Element| -> Result<Option<String>, TextError> {
            match item.attribute("href").filter(|href| !href.contains("://")) {
                Some(href) => resolve(path, href).map(|(path, _)| Some(path)).ok_or_else(outside),
                None => Ok(None),
            }
        };
        let is_nav = |item: &&Element| {
            item.attribute("properties").is_some_and(|words| words.split_whitespace().any(|word| word == "nav"))
        };
        let is_ncx = |item: &&Element| item.attribute("media-type") == Some("application/x-dtbncx+xml");
        let contents = manifest
            .values()
            .find(is_nav)
            .or_else(|| manifest.get(ncx.as_deref()?))
            .or_else(|| manifest.values().find(is_ncx));
        package.contents = contents.map(path_of).transpose()?.flatten();
        for id in order {
            let Some(item) = manifest.get(&id) else { continue };
            let kind = item.attribute("media-type").unwrap_or("application/xhtml+xml");
            if kind.contains("html") || kind.contains("xml") {
                package.spine.extend(path_of(item)?);
            }
        }
        if package.spine.is_empty() {
            return Err(TextError::Damaged { what: "its package names no documents to read".into() });
        }
        Ok(package)
    }
}

impl Contents {
    /// Reads an EPUB 3 navigation document or an NCX that stands at `path`. One that is broken is as good as none.
    pub(super) fn parse(source: &str, path: &str) -> Result<Self, TextError> {
        let mut reading = ReadContents::default();
        let mut xml = Xml::new(source);
        loop {
            match xml.next() {
                Ok(Some(node)) => reading.see(node, path),
                Ok(None) | Err(Stop::Broken) => return Ok(Self { entries: reading.entries }),
                Err(Stop::Refused(error)) => return Err(error),
            }
        }
    }
}

#[derive(Default)]
struct ReadContents {
    entries: Vec<Entry>,
    in_contents: bool,
    depth: usize,
    title: String,
    target: Option<String>,
}

impl ReadContents {
    fn see(&mut self, node: Node, path: &str) {
        match node {
            Node::Open(element) => match element.name.as_str() {
                "nav" => self.in_contents = element.attribute("type").is_none_or(|kind| kind == "toc"),
                "navmap" => self.in_contents = true,
                "ol" | "navpoint" if self.in_contents => {
                    self.depth += 1;
                    self.title.clear();
                }
                "a" if self.in_contents => {
                    self.title.clear();
                    self.target = element.attribute("href").map(ToOwned::to_owned);
                }
                "content" if self.in_contents && self.depth > 0 => {
                    let target = element.attribute("src").map(ToOwned::to_owned);
                    self.add(target, path);
                }
                _ => {}
            },
            Node::Text(text) if self.in_contents && self.title.len() < 1000 => self.title.push_str(&text),
            Node::Text(_) => {}
            Node::Close(name) => match name.as_str() {
                "nav" | "navmap" => self.in_contents = false,
                "ol" | "navpoint" if self.in_contents => self.depth = self.depth.saturating_sub(1),
                "a" => {
                    let target = self.target.take();
                    self.add(target, path);
                }
                _ => {}
            },
        }
    }

    fn add(&mut self, target: Option<String>, path: &str) {
        let title = tidy(&std::mem::take(&mut self.title));
        // A line that leads out of the book is of no use, and does no harm: nothing is opened by it.
        if let Some((path, fragment)) = target.and_then(|target| resolve(path, &target))
            && !title.is_empty()
            && self.entries.len() < 10_000
        {
            self.entries.push(Entry { title, path, fragment, depth: self.depth });
        }
    }
}

fn outside() -> TextError {
    TextError::Unsafe { what: "the book names a file outside of itself" }
}

/// A reference relative to the file at `base`, as a path in the archive and a fragment. Nothing if it leads outside.
fn resolve(base: &str, reference: &str) -> Option<(String, Option<String>)> {
    let (reference, fragment) = match reference.split_once('#') {
        Some((reference, fragment)) => (reference, Some(decoded(fragment))),
        None => (reference, None),
    };
    let reference = decoded(reference);
    if reference.starts_with('/') || reference.contains(['\\', '\0']) || reference.contains("://") {
        return None;
    }
    if reference.is_empty() {
        return Some((base.to_owned(), fragment));
    }
    let folder = base.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in reference.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some((parts.join("/"), fragment))
}

/// `%20` and its like as characters.
fn decoded(reference: &str) -> String {
    let bytes = reference.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'%')
            .then(|| reference.get(at + 1..at + 3))
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(code.unwrap_or(bytes[at]));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_stay_inside() {
        for (base, reference, path) in [
            ("OEBPS/content.opf", "a%20b.xhtml#x", Some("OEBPS/a b.xhtml")),
            ("OEBPS/content.opf", "../text/./a.xhtml", Some("text/a.xhtml")),
            ("content.opf", "../../etc/passwd", None),
            ("content.opf", "%2e%2e/%2e%2e/a", None),
            ("content.opf", "/etc/passwd", None),
            ("content.opf", "http://x/y", None),
        ] {
            assert_eq!(resolve(base, reference).map(|(path, _)| path).as_deref(), path, "{reference}");
        }
    }

    #[test]
    fn fonts_may_be_scrambled_and_texts_not() {
        let with = |scheme: &str| {
            format!(
                "<encryption><enc:EncryptedData xmlns:enc='x'><enc:EncryptionMethod Algorithm='{scheme}'/>\
                 <enc:CipherReference URI='a'/></enc:EncryptedData></encryption>"
            )
        };
        assert_eq!(locks_text(&with(FONT_SCHEMES[0])), Ok(false));
        assert_eq!(locks_text(&with("http://www.w3.org/2001/04/xmlenc#aes256-cbc")), Ok(true));
        assert_eq!(locks_text("<encryption/>"), Ok(false));
    }
}
