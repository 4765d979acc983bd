//! Plain text to a book: joins wrapped lines, and finds chapters by what headings of books look like.

use crate::book::Book;
use crate::normalise::roman;
use crate::read::blocks::{self, Block};
use crate::read::tidy;

/// Characters of the longest line that may be a heading.
const LONGEST_HEADING: usize = 80;

/// Words that open a heading when a number follows.
const NUMBERED: &[&str] =
    &["chapter", "part", "book", "section", "canto", "act", "scene", "volume", "letter", "stave", "episode"];

/// Words that are a heading by themselves.
const ALONE: &[&str] = &[
    "prologue",
    "epilogue",
    "preface",
    "introduction",
    "foreword",
    "afterword",
    "appendix",
    "conclusion",
    "interlude",
    "dedication",
    "acknowledgements",
    "acknowledgments",
];

const NUMBER_WORDS: &[&str] = &[
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "the",
    "last",
];

pub(super) fn read(text: &str, fallback_title: &str) -> Book {
    let (text, title, author) = without_gutenberg(text);
    let found = lines_to_blocks(text);
    let title = title.unwrap_or_else(|| fallback_title.to_owned());
    let blocks = mark_headings(found);
    let level =
        blocks.iter().filter_map(|block| if let Block::Heading(level, _) = block { Some(*level) } else { None }).max();
    Book { chapters: blocks::chapters(blocks, level.unwrap_or(1), &title), title, author, language: None }
}

/// The text between the marks of Project Gutenberg, and the title and author that its head names.
fn without_gutenberg(text: &str) -> (&str, Option<String>, Option<String>) {
    let line_with = |mark: &str| {
        text.match_indices("***").map(|(at, _)| at).find(|at| {
            let line = text[*at..].lines().next().unwrap_or_default();
            line.contains(mark) && line.contains("PROJECT GUTENBERG")
        })
    };
    let Some(start) = line_with("START OF") else { return (text, None, None) };
    let head = &text[..start];
    let field = |name: &str| {
        let value = head.lines().find_map(|line| line.trim().strip_prefix(name))?;
        Some(tidy(value)).filter(|value| !value.is_empty())
    };
    let body = text[start..].find('\n').map_or("", |line| &text[start + line..]);
    let end = line_with("END OF").filter(|end| *end > start).map_or(body.len(), |end| end + body.len() - text.len());
    (body.get(..end).unwrap_or(body), field("Title:"), field("Author:"))
}

/// A paragraph with what its layout says about it.
#[derive(Debug)]
struct Found {
    text: String,
    /// The first line, where there are several.
    first_line: Option<String>,
    lines: usize,
}

/// Joins lines to paragraphs: blank lines part them; where there are none, indents do, or else every line end.
fn lines_to_blocks(text: &str) -> Vec<Found> {
    let lines: Vec<&str> = text.lines().map(|line| line.trim_end_matches(['\u{1A}', ' ', '\t'])).collect();
    let filled = lines.iter().filter(|line| !line.trim().is_empty()).count();
    let blank = |line: &&str| line.trim().is_empty();
    // Two runs of text with a blank line between.
    let has_blanks =
        lines.iter().skip_while(|line| blank(line)).skip_while(|line| !blank(line)).any(|line| !blank(line));
    let indented = |line: &str| line.starts_with("  ") || line.starts_with('\t') || line.starts_with('\u{3000}');
    let indents = lines.iter().filter(|line| indented(line)).count();
    let by_indent = !has_blanks && indents >= 2 && indents < filled;
    let by_line = !has_blanks && !by_indent && (filled <= 1 || !is_wrapped(&lines));
    let mut out: Vec<Found> = Vec::new();
    let mut open = false;
    for line in lines {
        let tidied = tidy(line);
        if tidied.is_empty() {
            open = false;
            continue;
        }
        let starts = !open || by_line || (by_indent && indented(line)) || tidied.starts_with('#');
        match out.last_mut() {
            Some(found) if !starts => {
                found.first_line.get_or_insert_with(|| found.text.clone());
                found.lines += 1;
                let hyphen = found.text.ends_with('-') && !found.text.ends_with("--") && !found.text.ends_with(" -");
                if !hyphen {
                    found.text.push(' ');
                }
                found.text.push_str(&tidied);
            }
            _ => out.push(Found { text: tidied.clone(), first_line: None, lines: 1 }),
        }
        // A Markdown heading is one line.
        open = !tidied.starts_with('#');
    }
    out
}

/// Whether lines were broken at a width rather than at paragraphs: most do not end as sentences do.
fn is_wrapped(lines: &[&str]) -> bool {
    let lines: Vec<&str> = lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect();
    let ended = lines.iter().filter(|line| line.ends_with(['.', '!', '?', '"', '”', '…', ':'])).count();
    let longest = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    longest <= 100 && longest > 40 && ended * 2 < lines.len()
}

/// Decides which paragraphs are headings.
fn mark_headings(found: Vec<Found>) -> Vec<Block> {
    let named = found.iter().any(|found| named_heading(found).is_some());
    let counted = if named { Vec::new() } else { counted_headings(&found) };
    let shouted = if named || !counted.is_empty() { Vec::new() } else { shouted_headings(&found) };
    let mut out: Vec<Block> = Vec::new();
    // Whether the heading before takes a title from the next line: it was a bare number.
    let mut wants_title = false;
    for (at, found) in found.into_iter().enumerate() {
        let heading = named_heading(&found).or_else(|| {
            (counted.contains(&at) || shouted.contains(&at)).then(|| (1, trimmed(&found.text), is_bare(&found.text)))
        });
        match heading {
            Some((level, title, bare)) => {
                out.push(Block::Heading(level, title));
                wants_title = bare;
            }
            None if wants_title && found.lines == 1 && looks_like_title(&found.text) => {
                if let Some(Block::Heading(_, title)) = out.last_mut() {
                    *title = blocks::joined(title, &found.text);
                }
                wants_title = false;
            }
            None => {
                wants_title = false;
                let silent = !found.text.contains(char::is_alphanumeric);
                out.push(if silent { Block::Break } else { Block::Paragraph(found.text) });
            }
        }
    }
    out
}

/// A heading that says so itself: level, title, and whether it is no more than a number.
fn named_heading(found: &Found) -> Option<(u8, String, bool)> {
    let text = &found.text;
    if found.lines == 1 && text.starts_with('#') {
        let title = text.trim_start_matches('#');
        let level = text.len() - title.len();
        let title = tidy(title.trim_end_matches('#'));
        return (level <= 3 && !title.is_empty()).then_some((level as u8, title, false));
    }
    let first = found.first_line.as_ref().unwrap_or(text);
    if found.lines > 2 || text.chars().count() > LONGEST_HEADING + 40 || first.chars().count() > LONGEST_HEADING {
        return None;
    }
    let mut words = first.split_whitespace();
    let opening = words.next()?;
    if !opening.starts_with(char::is_uppercase) {
        return None;
    }
    let small = opening.trim_end_matches(['.', ':', ',']).to_lowercase();
    let shouted = opening.len() > 1 && !opening.contains(char::is_lowercase);
    if ALONE.contains(&small.as_str()) {
        let rest: Vec<&str> = words.collect();
        let plain = rest.is_empty() || opening.ends_with([':', '.']) || shouted;
        return (plain && found.lines == 1 && !ends_like_sentence(&rest.join(" "))).then(|| (2, trimmed(text), false));
    }
    if !NUMBERED.contains(&small.as_str()) {
        return None;
    }
    let number = words.next()?;
    let bare_number = number.trim_end_matches(['.', ':', ',', ')', '-', '—', '–', ']']);
    let is_number = bare_number.bytes().all(|byte| byte.is_ascii_digit()) && !bare_number.is_empty()
        || roman::value(bare_number)
            .is_some_and(|_| bare_number.starts_with(|char: char| char.is_ascii_uppercase() || small == "chapter"))
        || bare_number.split('-').all(|word| NUMBER_WORDS.contains(&word.to_lowercase().as_str()));
    if !is_number {
        return None;
    }
    let rest: Vec<&str> = words.collect();
    let parted = bare_number != number
        || rest
            .first()
            .is_none_or(|word| word.starts_with(['—', '–', '-', ':']) || word.starts_with(char::is_uppercase));
    // "Part of it", "Chapter one was hard." and "Act 2 ends." are sentences.
    let sentence = rest.len() > 2 && ends_like_sentence(first) && bare_number == number;
    if !parted || sentence || (found.lines == 2 && !looks_like_title(text[first.len()..].trim())) {
        return None;
    }
    let title =
        if found.lines == 2 { blocks::joined(&trimmed(first), text[first.len()..].trim()) } else { trimmed(text) };
    let level = if matches!(small.as_str(), "part" | "book" | "volume" | "act") { 1 } else { 2 };
    Some((level, title, rest.is_empty() && found.lines == 1))
}

/// Lines that are a number, or begin with one, and count up from one: "I.", "II. The Sea", "3".
fn counted_headings(found: &[Found]) -> Vec<usize> {
    let mut out = Vec::new();
    let mut expected = 1;
    for (at, found) in found.iter().enumerate() {
        if found.lines > 1 || found.text.chars().count() > LONGEST_HEADING {
            continue;
        }
        let mut words = found.text.split_whitespace();
        let Some(first) = words.next() else { continue };
        let number = first.trim_matches(['.', ':', ')', '(', '[', ']', '-']);
        let value = number
            .parse::<u32>()
            .ok()
            .or_else(|| roman::value(number).filter(|_| number.starts_with(|char: char| char.is_ascii_uppercase())));
        let rest = words.collect::<Vec<_>>().join(" ");
        let titled = rest.is_empty() || (first.ends_with(['.', ':', ')']) && looks_like_title(&rest));
        if value == Some(expected) && titled {
            out.push(at);
            expected += 1;
        }
    }
    // A numbered list has no paragraphs between its lines.
    let spread = out.windows(2).filter(|pair| pair[1] - pair[0] > 1).count();
    if out.len() >= 2 && spread + 1 == out.len() { out } else { Vec::new() }
}

/// Short lines all in capitals with text between them.
fn shouted_headings(found: &[Found]) -> Vec<usize> {
    let shouts = |found: &Found| {
        found.lines == 1
            && found.text.chars().count() <= 60
            && found.text.chars().filter(|char| char.is_uppercase()).count() >= 3
            && !found.text.contains(char::is_lowercase)
            && !found.text.ends_with(['!', ',', '"', '”', ';'])
    };
    let out: Vec<usize> = (0..found.len()).filter(|at| shouts(&found[*at])).collect();
    let followed = out.iter().filter(|at| found.get(*at + 1).is_some_and(|next| !shouts(next))).count();
    if followed >= 2 { out } else { Vec::new() }
}

/// Whether this may be the title under a chapter's number.
fn looks_like_title(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let capitals = words.iter().filter(|word| word.starts_with(|char: char| !char.is_lowercase())).count();
    (1..=12).contains(&words.len())
        && text.chars().count() <= 60
        && text.starts_with(|char: char| {
            char.is_uppercase() || char.is_ascii_digit() || matches!(char, '"' | '“' | '‘' | '\'')
        })
        && !text.ends_with([',', ';', ':', '"', '”'])
        && (!ends_like_sentence(text) || !text.contains(char::is_lowercase))
        && capitals * 2 >= words.len()
}

fn ends_like_sentence(text: &str) -> bool {
    text.ends_with(['.', '!', '?', '…', ',', ';'])
}

fn is_bare(text: &str) -> bool {
    !text.contains(' ')
}

/// A heading without the full stop that ends it.
fn trimmed(text: &str) -> String {
    let short = text.trim_end_matches(['.', ':']).trim_end();
    if short.is_empty() { text.to_owned() } else { short.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(text: &str) -> Vec<(String, bool, usize)> {
        let book = read(text, "file");
        book.chapters.into_iter().map(|chapter| (chapter.title, chapter.announced, chapter.paragraphs.len())).collect()
    }

    fn titles(text: &str) -> Vec<String> {
        outline(text).into_iter().map(|(title, ..)| title).collect()
    }

    #[test]
    fn chapters_by_name() {
        assert_eq!(
            titles(
                "Some front matter.\n\nCHAPTER I.\n\nDown the Rabbit-Hole\n\nAlice was tired.\n\nChapter 2: The Pool\n\nIt was \
                 wet.\n\nChapter Three\n\nPart of it was dry. Chapter 3 it was.\n\nEpilogue\n\nShe woke."
            ),
            ["file", "CHAPTER I. Down the Rabbit-Hole", "Chapter 2: The Pool", "Chapter Three", "Epilogue"]
        );
        assert_eq!(titles("# One\nText here.\n\n# Two\n\nMore."), ["One", "Two"]);
        assert_eq!(titles("Chapter one was hard to read, he said.\n\nPart of it."), ["file"]);
    }

    #[test]
    fn chapters_by_number_or_capitals() {
        assert_eq!(
            titles("I.\n\nIt began.\n\nII. The Sea\n\nIt went on.\n\nIII\n\nIt ended."),
            ["I", "II. The Sea", "III"]
        );
        assert_eq!(titles("1. Milk\n2. Eggs\n\nThat was the list."), ["file"]);
        assert_eq!(titles("THE FOX\n\nA fox ran. It was NASA.\n\nTHE CROW\n\nA crow flew."), ["THE FOX", "THE CROW"]);
        assert_eq!(
            titles("CONTENTS\n\nCHAPTER I\n\nCHAPTER II\n\nCHAPTER I\n\nGo.\n\nCHAPTER II\n\nStay."),
            ["file", "CHAPTER I", "CHAPTER II"]
        );
    }

    #[test]
    fn lines_join_to_paragraphs() {
        let paragraphs = |text: &str| read(text, "f").chapters.remove(0).paragraphs;
        assert_eq!(paragraphs("one\ntwo well-\nknown\n\nthree"), ["one two well-known", "three"]);
        assert_eq!(paragraphs("It is one line.\nIt is the next."), ["It is one line.", "It is the next."]);
        assert_eq!(paragraphs("  He came\nand went.\n  She stayed\nhere."), ["He came and went.", "She stayed here."]);
        let wrapped =
            "This is a line that was broken at a width and\nnot at its end, as old files are, so it is one\nparagraph.";
        assert_eq!(paragraphs(wrapped).len(), 1);
        assert_eq!(paragraphs("a\n\n* * *\n\nb"), ["a", "* * *", "b"]);
    }

    #[test]
    fn gutenberg_frames_fall_away() {
        let book = read(
            "Title: The Sea\nAuthor: Ann Lee\n\n*** START OF THE PROJECT GUTENBERG EBOOK THE SEA ***\n\nIt was wide.\n\n*** END OF \
             THE PROJECT GUTENBERG EBOOK THE SEA ***\n\nLicence",
            "f",
        );
        assert_eq!((book.title.as_str(), book.author.as_deref()), ("The Sea", Some("Ann Lee")));
        assert_eq!(book.chapters[0].paragraphs, ["It was wide."]);
    }
}
