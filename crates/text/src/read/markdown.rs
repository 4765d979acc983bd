//! Markdown (CommonMark with tables, footnotes and front matter) to a book.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use crate::book::{Book, Warning};
use crate::read::blocks::{self, Block};
use crate::read::tidy;

/// The book and what was left out of it.
pub(super) fn read(text: &str, fallback_title: &str) -> (Book, Vec<Warning>) {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let mut reading = Reading::default();
    for event in Parser::new_ext(text, options) {
        reading.event(event);
    }
    reading.flush();
    let Reading { mut blocks, tables, code, front_matter, .. } = reading;
    let field = |name: &str| {
        let line = front_matter.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        let value = tidy(line.trim().trim_matches(['"', '\'']));
        (!value.is_empty()).then_some(value)
    };
    let heading_title = blocks::take_book_title(&mut blocks);
    let title = field("title").or(heading_title).unwrap_or_else(|| fallback_title.to_owned());
    let level = blocks::chapter_level(&blocks);
    let mut warnings = Vec::new();
    for (what, count) in [("tables", tables), ("blocks of code", code)] {
        if count > 0 {
            warnings.push(Warning::LeftOut { what: what.into(), count });
        }
    }
    let chapters = blocks::chapters(blocks, level, &title);
    (Book { author: field("author"), language: field("lang").or(field("language")), title, chapters }, warnings)
}

#[derive(Default)]
struct Reading {
    blocks: Vec<Block>,
    text: String,
    /// Elements open now whose text is not read.
    silent: usize,
    in_front_matter: bool,
    front_matter: String,
    tables: usize,
    code: usize,
}

impl Reading {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) if self.in_front_matter => self.front_matter.push_str(&text),
            Event::Text(text) | Event::Code(text) if self.silent == 0 => self.text.push_str(&text),
            Event::SoftBreak | Event::HardBreak => self.text.push(' '),
            Event::Rule => {
                self.flush();
                self.blocks.push(Block::Break);
            }
            // HTML, footnote marks and task boxes have nothing to say.
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::MetadataBlock(_) => self.in_front_matter = true,
            Tag::Table(_) => self.tables += 1,
            Tag::CodeBlock(_) => self.code += 1,
            _ => {}
        }
        if is_silent(&tag.to_end()) {
            self.flush();
            self.silent += 1;
        } else if matches!(tag, Tag::Image { .. }) {
            self.silent += 1;
        } else if !is_inline(&tag.to_end()) {
            self.flush();
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::MetadataBlock(_) => self.in_front_matter = false,
            TagEnd::Heading(level) => {
                let text = tidy(&std::mem::take(&mut self.text));
                if !text.is_empty() {
                    self.blocks.push(Block::Heading(number(level), text));
                }
            }
            _ => {}
        }
        if is_silent(&tag) || matches!(tag, TagEnd::Image) {
            self.silent = self.silent.saturating_sub(1);
        } else if !is_inline(&tag) {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let text = tidy(&std::mem::take(&mut self.text));
        if !text.is_empty() {
            self.blocks.push(Block::Paragraph(text));
        }
    }
}

fn is_silent(tag: &TagEnd) -> bool {
    matches!(
        tag,
        TagEnd::Table | TagEnd::CodeBlock | TagEnd::FootnoteDefinition | TagEnd::HtmlBlock | TagEnd::MetadataBlock(_)
    )
}

fn is_inline(tag: &TagEnd) -> bool {
    matches!(
        tag,
        TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough
            | TagEnd::Link
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::Image
    )
}

fn number(level: HeadingLevel) -> u8 {
    level as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_with_everything() {
        let (book, warnings) = read(
            "---\ntitle: \"The Sea\"\nauthor: Ann Lee\nlang: en\n---\n\n# Ignored\n\n## One\n\nIt *was* [wide](http://x.y)[^1] and\n\
             deep. ![ship](s.png)\n\n- first\n- second\n\n***\n\n> Quoted.\n\n## Two\n\n### A part\n\n`code` stays.\n\n\
             | a | b |\n|---|---|\n| 1 | 2 |\n\n```\nlet x;\n```\n\n[^1]: A note.\n\n<div>html</div>\n\nEnd&mdash;really.\n",
            "file",
        );
        insta::assert_debug_snapshot!((book, warnings));
    }

    #[test]
    fn a_document_without_headings_has_one_silent_title() {
        let (book, _) = read("Just *this*.\n\nAnd that.", "my notes");
        assert_eq!(book.title, "my notes");
        assert!(!book.chapters[0].announced);
        assert_eq!(book.chapters[0].paragraphs, ["Just this.", "And that."]);
    }
}
