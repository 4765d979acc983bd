//! A wary reader of XML: no document type with definitions of its own, no deep nesting, forgiving of what real books get
//! wrong. Knows no vocabulary but the names of HTML's empty elements.

use quick_xml::Reader;
use quick_xml::escape::{resolve_html5_entity, unescape_with};
use quick_xml::events::{BytesStart, Event};

use crate::error::TextError;

/// Elements open at once.
pub(super) const MAX_DEPTH: usize = 256;

/// Attributes read of one element; the others are passed over.
const MAX_ATTRIBUTES: usize = 64;

/// Elements that HTML never closes.
const EMPTY: &[&str] = &["br", "hr", "img", "meta", "link", "input", "wbr", "col", "area", "base", "source", "track"];

/// What stands next in a document. Names are without prefix and in small letters.
#[derive(Debug)]
pub(super) enum Node {
    /// An element begins.
    Open(Element),
    /// The innermost open element ends; it has this name.
    Close(String),
    /// Characters, with entities resolved.
    Text(String),
}

/// The start of an element.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) name: String,
    attributes: Vec<(String, String)>,
}

impl Element {
    /// An attribute by its name without prefix.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn from(start: &BytesStart<'_>) -> Self {
        let mut attributes = Vec::new();
        for attribute in start.html_attributes().with_checks(false).take(MAX_ATTRIBUTES).flatten() {
            let value = unescape_with(&attribute.value, resolve_html5_entity)
                .map_or_else(|_| attribute.value.to_string(), |value| value.into_owned());
            attributes.push((attribute.key.local_name().into_inner().to_ascii_lowercase(), value));
        }
        Self { name: start.local_name().into_inner().to_ascii_lowercase(), attributes }
    }
}

/// Why reading stopped.
#[derive(Debug)]
pub(super) enum Stop {
    /// It must not be read on.
    Refused(TextError),
    /// It is no XML from here on.
    Broken,
}

/// Nodes of a document, with every `Open` closed in order.
pub(super) struct Xml<'a> {
    reader: Reader<&'a [u8]>,
    open: Vec<String>,
    /// Elements to be closed before the next event is read.
    closing: usize,
    waiting: Option<Element>,
}

impl<'a> Xml<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        let mut reader = Reader::from_str(source);
        let config = reader.config_mut();
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.allow_dangling_amp = true;
        Self { reader, open: Vec::new(), closing: 0, waiting: None }
    }

    /// The next node, or nothing at the end.
    pub(super) fn next(&mut self) -> Result<Option<Node>, Stop> {
        loop {
            if self.closing > 0 {
                self.closing -= 1;
                if let Some(name) = self.open.pop() {
                    return Ok(Some(Node::Close(name)));
                }
            }
            if let Some(element) = self.waiting.take() {
                return self.push(element);
            }
            match self.reader.read_event().map_err(|_| Stop::Broken)? {
                Event::Start(start) => {
                    let element = Element::from(&start);
                    if EMPTY.contains(&element.name.as_str()) {
                        self.closing = 1;
                    } else if element.name == "p" && self.open.last().is_some_and(|name| name == "p") {
                        // HTML lets a paragraph end where the next begins.
                        self.closing = 1;
                        self.waiting = Some(element);
                        continue;
                    }
                    return self.push(element);
                }
                Event::Empty(start) => {
                    self.closing = 1;
                    return self.push(Element::from(&start));
                }
                Event::End(end) => {
                    let name = end.local_name().into_inner().to_ascii_lowercase();
                    // An end without a beginning is passed over; one that crosses others closes them too.
                    if let Some(at) = self.open.iter().rposition(|open| *open == name) {
                        self.closing = self.open.len() - at;
                    }
                }
                Event::Text(text) => return Ok(Some(Node::Text(text.into_inner().into_owned()))),
                Event::CData(text) => return Ok(Some(Node::Text(text.into_inner().into_owned()))),
                Event::GeneralRef(reference) => {
                    let char = reference.resolve_char_ref().ok().flatten().map(String::from);
                    let text = char.or_else(|| resolve_html5_entity(&reference).map(String::from));
                    return Ok(Some(Node::Text(text.unwrap_or_else(|| " ".into()))));
                }
                // `<!DOCTYPE html PUBLIC …>` is in every EPUB 2 and means nothing here: nothing is ever fetched. One
                // that brings definitions is the way to entity bombs, and no book needs it.
                Event::DocType(text) if text.contains('[') => {
                    return Err(Stop::Refused(TextError::Unsafe { what: "an XML part defines entities of its own" }));
                }
                Event::DocType(_) | Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
                Event::Eof => {
                    if self.open.is_empty() {
                        return Ok(None);
                    }
                    self.closing = self.open.len();
                }
            }
        }
    }

    fn push(&mut self, element: Element) -> Result<Option<Node>, Stop> {
        if self.open.len() >= MAX_DEPTH {
            return Err(Stop::Refused(TextError::Unsafe { what: "an XML part nests its elements too deep" }));
        }
        self.open.push(element.name.clone());
        Ok(Some(Node::Open(element)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(source: &str) -> Result<String, Stop> {
        let mut xml = Xml::new(source);
        let mut out = String::new();
        while let Some(node) = xml.next()? {
            match node {
                Node::Open(element) => out += &format!("<{}>", element.name),
                Node::Close(name) => out += &format!("</{name}>"),
                Node::Text(text) => out += &text,
            }
        }
        Ok(out)
    }

    #[test]
    fn forgives_what_books_get_wrong() {
        for (source, nodes) in [
            ("<x:P a='1'>A &amp; B &eacute; &#x201C;&nope;</x:P>", "<p>A & B é “ </p>"),
            ("<p>one<br>two<p>three", "<p>one<br></br>two</p><p>three</p>"),
            ("<div><i>a</div></i>b", "<div><i>a</i></div>b"),
            ("<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.1//EN\" \"http://x/y.dtd\"><p/>", "<p></p>"),
            ("AT&T <p>R&D</p>", "AT&T <p>R&D</p>"),
        ] {
            assert_eq!(all(source).unwrap(), nodes, "{source}");
        }
    }

    #[test]
    fn refuses_definitions_and_depth() {
        let bomb = "<!DOCTYPE html [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><p>&b;</p>";
        assert!(matches!(all(bomb), Err(Stop::Refused(TextError::Unsafe { .. }))));
        assert!(matches!(all(&"<div>".repeat(300)), Err(Stop::Refused(TextError::Unsafe { .. }))));
        assert!(all(&"<br>".repeat(3000)).is_ok());
        assert!(all(&"<p>".repeat(3000)).is_ok());
    }

    proptest! {
        #[test]
        fn any_source_is_read_or_refused(source in "(<|>|/|p|div|&|;|#|x|\"|=| |!|-|\\[|\\]|\\?|DOCTYPE|\\PC){0,60}") {
            if let Ok(nodes) = all(&source) {
                prop_assert!(nodes.len() <= 40 * source.len() + 40);
            }
        }
    }
}
