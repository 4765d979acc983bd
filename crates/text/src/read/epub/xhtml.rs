//! One XHTML document of a book to headings and paragraphs. Leaves out what is not read aloud: notes, tables, pictures,
//! page numbers, scripts.

use crate::read::blocks::Block;
use crate::read::tidy;
use crate::read::xml::{Element, Node, Stop, Xml};

/// Elements without a word to say.
const SILENT: &[&str] = &[
    "head", "script", "style", "svg", "math", "table", "nav", "audio", "video", "iframe", "object", "form", "template",
    "noscript", "rt", "rp", "del", "s", "map", "canvas", "button", "select", "textarea",
];

/// Elements that begin and end a paragraph.
const BLOCKS: &[&str] = &[
    "p",
    "div",
    "section",
    "article",
    "body",
    "li",
    "ul",
    "ol",
    "dl",
    "dt",
    "dd",
    "blockquote",
    "pre",
    "header",
    "footer",
    "main",
    "aside",
    "figure",
    "figcaption",
    "address",
    "center",
    "details",
    "summary",
    "hgroup",
    "tr",
];

/// What kinds of element (`epub:type` or `role`) are not read aloud.
const SILENT_KINDS: &[&str] = &[
    "noteref",
    "footnote",
    "endnote",
    "rearnote",
    "note",
    "footnotes",
    "endnotes",
    "rearnotes",
    "pagebreak",
    "page-list",
    "doc-noteref",
    "doc-footnote",
    "doc-endnote",
    "doc-endnotes",
    "doc-pagebreak",
    "toc",
    "landmarks",
    "index",
    "doc-index",
    "doc-toc",
    "lot",
    "loi",
];

/// A block and the identifiers that lie in it or right before it.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) block: Block,
    pub(super) ids: Vec<String>,
}

/// Gathers the parts of documents, and counts what was left out.
#[derive(Debug, Default)]
pub(super) struct Extract {
    parts: Vec<Part>,
    text: String,
    ids: Vec<String>,
    /// How many elements are open, and at which one silence began.
    depth: usize,
    silent_from: Option<usize>,
    heading: Option<(usize, u8)>,
    superscript: Option<Superscript>,
    pub(super) tables: usize,
    pub(super) notes: usize,
    pub(super) pictures: usize,
}

#[derive(Debug)]
struct Superscript {
    depth: usize,
    /// Where its text begins.
    from: usize,
    has_link: bool,
}

impl Extract {
    /// Reads a document as far as it goes; what came before a fault is kept.
    pub(super) fn read(&mut self, source: &str) -> Result<(), Stop> {
        let mut xml = Xml::new(source);
        let result = loop {
            match xml.next() {
                Ok(Some(Node::Open(element))) => {
                    self.depth += 1;
                    self.open(&element);
                }
                Ok(Some(Node::Close(name))) => {
                    self.close(&name);
                    self.depth -= 1;
                }
                Ok(Some(Node::Text(text))) if self.silent_from.is_none() => self.text.push_str(&text),
                Ok(Some(Node::Text(_))) => {}
                Ok(None) => break Ok(()),
                Err(stop) => break Err(stop),
            }
        };
        self.silent_from = None;
        self.superscript = None;
        self.flush();
        self.heading = None;
        self.depth = 0;
        self.ids.clear();
        result
    }

    /// The parts so far.
    pub(super) fn take(&mut self) -> Vec<Part> {
        std::mem::take(&mut self.parts)
    }

    fn open(&mut self, element: &Element) {
        let name = element.name.as_str();
        if self.silent_from.is_some() {
            return;
        }
        if BLOCKS.contains(&name) || heading_level(name).is_some() || SILENT.contains(&name) {
            self.flush();
        }
        if let Some(id) = element.attribute("id").filter(|id| id.len() <= 200)
            && self.ids.len() < 100
        {
            self.ids.push(id.to_owned());
        }
        if is_silent(element) {
            self.silent_from = Some(self.depth);
            match name {
                "table" => self.tables += 1,
                "svg" => self.pictures += 1,
                "a" | "aside" => self.notes += 1,
                _ => {}
            }
            return;
        }
        match name {
            "hr" => {
                self.flush();
                self.push(Block::Break);
            }
            "br" if self.heading.is_some() && self.text.ends_with(char::is_alphanumeric) => self.text.push_str(". "),
            "br" => self.text.push(' '),
            "img" | "image" => self.pictures += 1,
            "sup" => {
                self.superscript = Some(Superscript { depth: self.depth, from: self.text.len(), has_link: false });
            }
            "a" => {
                if let Some(superscript) = &mut self.superscript {
                    superscript.has_link = true;
                }
            }
            _ => {
                if let Some(level) = heading_level(name)
                    && self.heading.is_none()
                {
                    self.heading = Some((self.depth, level));
                }
            }
        }
    }

    fn close(&mut self, name: &str) {
        if let Some(from) = self.silent_from {
            if from == self.depth {
                self.silent_from = None;
            }
            return;
        }
        if let Some(superscript) = self.superscript.take_if(|superscript| superscript.depth == self.depth) {
            self.raise(&superscript);
        }
        if self.heading.is_some_and(|(depth, _)| depth == self.depth) {
            self.flush();
            self.heading = None;
        } else if BLOCKS.contains(&name) {
            self.flush();
        }
    }

    /// Decides what a superscript was: the mark of a note, a power, or letters such as the "th" of "5th".
    fn raise(&mut self, superscript: &Superscript) {
        let Some(raised) = self.text.get(superscript.from..) else { return };
        let raised = raised.trim().to_owned();
        let marks = raised.chars().all(|char| char.is_ascii_digit() || "*†‡§[](),".contains(char));
        let base = self.text[..superscript.from].chars().next_back();
        let power = match raised.as_str() {
            _ if superscript.has_link || !base.is_some_and(char::is_alphanumeric) => None,
            "2" => Some("²"),
            "3" => Some("³"),
            _ => None,
        };
        // "x²" and "5²", but not a word with a note.
        let before = self.text[..superscript.from].chars().rev();
        let letters = before.take(3).take_while(|char| char.is_alphanumeric()).count();
        if let Some(power) = power.filter(|_| letters <= 2) {
            self.text.truncate(superscript.from);
            self.text.push_str(power);
        } else if superscript.has_link || marks {
            self.notes += usize::from(!raised.is_empty());
            self.text.truncate(superscript.from);
        }
    }

    fn flush(&mut self) {
        if let Some(superscript) = &mut self.superscript {
            superscript.from = 0;
        }
        let text = tidy(&std::mem::take(&mut self.text));
        if text.is_empty() {
            return;
        }
        self.push(match self.heading {
            Some((_, level)) => Block::Heading(level, text),
            None if text.contains(char::is_alphanumeric) => Block::Paragraph(text),
            None => Block::Break,
        });
    }

    fn push(&mut self, block: Block) {
        self.parts.push(Part { block, ids: std::mem::take(&mut self.ids) });
    }
}

fn heading_level(name: &str) -> Option<u8> {
    match name.as_bytes() {
        [b'h', digit @ b'1'..=b'6'] => Some(digit - b'0'),
        _ => None,
    }
}

fn is_silent(element: &Element) -> bool {
    let kinds = [element.attribute("type"), element.attribute("role")];
    SILENT.contains(&element.name.as_str())
        || kinds.iter().flatten().any(|kind| kind.split_whitespace().any(|kind| SILENT_KINDS.contains(&kind)))
        || element.attribute("hidden").is_some()
        || element.attribute("aria-hidden") == Some("true")
        || element.attribute("style").is_some_and(|style| style.replace(' ', "").contains("display:none"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(body: &str) -> Vec<Block> {
        let mut extract = Extract::default();
        let source = format!("<html><head><title>no</title></head><body>{body}</body></html>");
        extract.read(&source).unwrap();
        extract.take().into_iter().map(|part| part.block).collect()
    }

    fn paragraphs(body: &str) -> Vec<String> {
        blocks(body)
            .into_iter()
            .map(|block| match block {
                Block::Heading(level, text) => format!("{level}: {text}"),
                Block::Paragraph(text) => text,
                Block::Break => "---".into(),
            })
            .collect()
    }

    #[test]
    fn words_stay_and_the_rest_goes() {
        for (body, expected) in [
            ("<h1>Chapter I<br/>The Sea</h1><p><span>I</span>t was</p>", vec!["1: Chapter I. The Sea", "It was"]),
            ("<p>One<sup>1</sup> two<sup><a href='#n'>2</a></sup>.</p>", vec!["One two."]),
            ("<p>The 5<sup>th</sup> of x<sup>2</sup></p>", vec!["The 5th of x²"]),
            (
                "<p>So<a epub:type='noteref' href='#n'>[3]</a>.</p><aside epub:type='footnote'><p>N</p></aside>",
                vec!["So."],
            ),
            ("<p>a</p><hr/><p>* * *</p><table><tr><td>1</td></tr></table><p>b</p>", vec!["a", "---", "---", "b"]),
            ("<div>loose <b>text</b><p>and</p>more</div>", vec!["loose text", "and", "more"]),
            ("<ruby>漢<rt>kan</rt></ruby><p hidden=''>x</p><p style='display: none'>y</p>", vec!["漢"]),
            ("<ul><li>one</li><li>two</li></ul><blockquote>q</blockquote>", vec!["one", "two", "q"]),
            ("<p>page<span epub:type='pagebreak'>12</span>break&nbsp;&mdash;&#233;</p>", vec!["pagebreak —é"]),
            ("<p>one<img alt='x' src='y'/> two</p>", vec!["one two"]),
        ] {
            assert_eq!(paragraphs(body), expected, "{body}");
        }
    }
}
