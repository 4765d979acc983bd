//! Headings and paragraphs, in the order of a document, to chapters. Knows no format.

use crate::book::Chapter;

/// Letters beyond which a heading is a paragraph in disguise.
const LONGEST_TITLE: usize = 200;

/// A piece of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Block {
    /// A heading, of level 1 to 6.
    Heading(u8, String),
    Paragraph(String),
    /// A change of scene.
    Break,
}

impl Block {
    fn is_paragraph(&self) -> bool {
        matches!(self, Self::Paragraph(_))
    }
}

/// The deepest level of heading that starts a chapter: 1, unless the only heading of level 1 is the book's title or
/// there is none.
pub(super) fn chapter_level(blocks: &[Block]) -> u8 {
    let count = |level: u8| blocks.iter().filter(|block| matches!(block, Block::Heading(l, _) if *l == level)).count();
    match (count(1), count(2)) {
        (0 | 1, 1..) => 2,
        (0, 0) => (3..=6).find(|level| count(*level) > 0).unwrap_or(1),
        _ => 1,
    }
}

/// Chapters of a document. What comes before the first heading, or has none, is a chapter with the book's title.
pub(super) fn chapters(blocks: Vec<Block>, level: u8, book_title: &str) -> Vec<Chapter> {
    let mut out: Vec<(u8, Chapter)> = Vec::new();
    let untitled = || Chapter { title: book_title.to_owned(), announced: false, paragraphs: Vec::new() };
    for block in blocks {
        match block {
            Block::Heading(own, title) if own <= level && title.chars().count() <= LONGEST_TITLE => {
                match out.last_mut() {
                    // A heading right under another: "Part One" and "Chapter 1", or a number and its title. Of two of
                    // the same level, the first is a line of a table of contents.
                    Some((above, chapter)) if chapter.announced && chapter.paragraphs.is_empty() => {
                        if own > *above && !chapter.title.eq_ignore_ascii_case(book_title) {
                            chapter.title = joined(&chapter.title, &title);
                        } else {
                            chapter.title = title;
                        }
                        *above = own;
                    }
                    _ => out.push((own, Chapter::new(title, Vec::new()))),
                }
            }
            Block::Heading(_, text) | Block::Paragraph(text) => {
                if out.is_empty() {
                    out.push((0, untitled()));
                }
                out.last_mut().expect("a chapter was just made").1.paragraphs.push(text);
            }
            Block::Break => {
                if let Some((_, chapter)) = out.last_mut()
                    && chapter.paragraphs.last().is_some_and(|last| last != Chapter::BREAK)
                {
                    chapter.paragraphs.push(Chapter::BREAK.into());
                }
            }
        }
    }
    let mut chapters: Vec<Chapter> = out.into_iter().map(|(_, chapter)| chapter).collect();
    // A last heading with nothing under it, such as "The End", is the last line of what comes before.
    if let Some(last) = chapters.pop_if(|chapter| chapter.paragraphs.is_empty()) {
        match chapters.last_mut() {
            Some(before) => before.paragraphs.push(last.title),
            None => chapters.push(Chapter { paragraphs: vec![last.title], ..untitled() }),
        }
    }
    for chapter in &mut chapters {
        chapter.paragraphs.pop_if(|last| last == Chapter::BREAK);
    }
    chapters
}

/// Two parts of a heading as one line.
pub(super) fn joined(first: &str, second: &str) -> String {
    let mark = if first.ends_with(|char: char| char.is_alphanumeric()) { ". " } else { " " };
    format!("{first}{mark}{second}")
}

/// The title of the whole document, if its first block is its only heading of level 1 and others follow.
pub(super) fn take_book_title(blocks: &mut Vec<Block>) -> Option<String> {
    if chapter_level(blocks) != 2 || blocks.iter().take_while(|block| !block.is_paragraph()).count() == 0 {
        return None;
    }
    match blocks.first() {
        Some(Block::Heading(1, title)) if title.chars().count() <= LONGEST_TITLE => {
            let title = title.clone();
            blocks.remove(0);
            Some(title)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heading(level: u8, text: &str) -> Block {
        Block::Heading(level, text.into())
    }

    fn paragraph(text: &str) -> Block {
        Block::Paragraph(text.into())
    }

    #[test]
    fn parts_and_chapters_join_and_contents_lists_vanish() {
        let blocks = vec![
            paragraph("For Ann."),
            heading(1, "One"),
            heading(1, "Two"),
            heading(1, "Part I"),
            heading(2, "The Sea"),
            paragraph("It was wide."),
            Block::Break,
            Block::Break,
            paragraph("And deep."),
            Block::Break,
            heading(1, "The End"),
        ];
        let chapters = chapters(blocks, 2, "Tales");
        let expected = [
            Chapter { title: "Tales".into(), announced: false, paragraphs: vec!["For Ann.".into()] },
            Chapter::new(
                "Part I. The Sea",
                ["It was wide.", Chapter::BREAK, "And deep.", Chapter::BREAK, "The End"].map(String::from).to_vec(),
            ),
        ];
        assert_eq!(chapters, expected);
    }

    #[test]
    fn a_lone_heading_is_its_text() {
        let chapters = chapters(vec![heading(1, "Hello")], 1, "a");
        assert_eq!(chapters, [Chapter { title: "a".into(), announced: false, paragraphs: vec!["Hello".into()] }]);
    }

    #[test]
    fn the_only_first_heading_is_the_title() {
        let mut blocks = vec![heading(1, "Tales"), heading(2, "One"), paragraph("x")];
        assert_eq!(take_book_title(&mut blocks).as_deref(), Some("Tales"));
        let mut blocks = vec![heading(1, "One"), paragraph("x"), heading(1, "Two"), heading(2, "y")];
        assert_eq!(take_book_title(&mut blocks), None);
        assert_eq!(chapter_level(&blocks), 1);
    }
}
