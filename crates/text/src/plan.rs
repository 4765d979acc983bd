//! Chooses chapters of a book and lays out, in order, everything that is to be spoken.

use serde::{Deserialize, Serialize};

use crate::book::{Book, Chapter};
use crate::error::TextError;
use crate::normalise::normalise_heading;
use crate::segment::{Budget, Segment, pause, segment};

/// A segment with its place in the book.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedSegment {
    /// Index of the chapter in the book, from 0.
    pub chapter: usize,
    /// Index of the paragraph in the chapter, from 0; none for the heading.
    pub paragraph: Option<usize>,
    /// Index in the plan, from 0.
    pub index: usize,
    /// As written.
    pub text: String,
    /// As spoken; never empty.
    pub spoken: String,
    /// Silence to leave after it.
    pub pause_seconds: f32,
}

/// Everything to be spoken in the chosen chapters, in the order of the book. `selection` names chapters from 1, such as
/// "1-3,5", "4-" or "-2"; without one, or with "all", it is the whole book.
///
/// # Errors
/// [`TextError::Selection`] if the choice cannot be read or names a chapter that the book does not have.
pub fn plan(book: &Book, selection: Option<&str>) -> Result<Vec<PlannedSegment>, TextError> {
    let mut out: Vec<PlannedSegment> = Vec::new();
    for at in chosen(selection, book.chapters.len())? {
        let first = out.len();
        plan_chapter(at, &book.chapters[at], &mut out);
        if out.len() > first
            && let Some(last) = out.last_mut()
        {
            last.pause_seconds = pause::CHAPTER;
        }
    }
    Ok(out)
}

fn plan_chapter(chapter_index: usize, chapter: &Chapter, out: &mut Vec<PlannedSegment>) {
    let first = out.len();
    if chapter.announced {
        for mut piece in segment(&chapter.title, Budget::default()) {
            // A heading is one piece unless it is absurdly long; then its parts are read like any text.
            if piece.text == chapter.title {
                piece.spoken = normalise_heading(&chapter.title);
            }
            piece.pause_seconds = pause::HEADING;
            add(out, chapter_index, None, piece);
        }
    }
    for (index, paragraph) in chapter.paragraphs.iter().enumerate() {
        let pieces = segment(paragraph, Budget::default());
        if pieces.is_empty() {
            // A change of scene, or an ornament that stands for one.
            if let Some(last) = out[first..].last_mut() {
                last.pause_seconds = last.pause_seconds.max(pause::SCENE);
            }
        }
        for piece in pieces {
            add(out, chapter_index, Some(index), piece);
        }
    }
}

fn add(out: &mut Vec<PlannedSegment>, chapter: usize, paragraph: Option<usize>, piece: Segment) {
    let Segment { text, spoken, pause_seconds } = piece;
    out.push(PlannedSegment { chapter, paragraph, index: out.len(), text, spoken, pause_seconds });
}

/// Indices of the chosen chapters, from 0, ascending, each once.
fn chosen(selection: Option<&str>, chapters: usize) -> Result<Vec<usize>, TextError> {
    let given = selection.map(str::trim).unwrap_or("all");
    if given.eq_ignore_ascii_case("all") {
        return Ok((0..chapters).collect());
    }
    let refuse = || TextError::Selection { given: given.chars().take(80).collect(), chapters };
    let number = |text: &str, open: usize| match text.trim() {
        "" => Ok(open),
        text => text.parse::<usize>().ok().filter(|number| (1..=chapters).contains(number)).ok_or_else(refuse),
    };
    let mut picked = vec![false; chapters];
    for part in given.split(',') {
        let (from, to) = match part.trim().split_once(['-', '–']) {
            Some((from, to)) if from.trim().is_empty() && to.trim().is_empty() => return Err(refuse()),
            Some((from, to)) => (number(from, 1)?, number(to, chapters)?),
            None if part.trim().is_empty() => return Err(refuse()),
            None => {
                let number = number(part, 1)?;
                (number, number)
            }
        };
        if from > to {
            return Err(refuse());
        }
        picked[from - 1..to].fill(true);
    }
    Ok((0..chapters).filter(|at| picked[*at]).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn selections() {
        for (given, chapters) in [
            ("1-3,5", vec![0, 1, 2, 4]),
            ("5,1", vec![0, 4]),
            (" 2 - 2 , 2", vec![1]),
            ("4-", vec![3, 4]),
            ("-2", vec![0, 1]),
            ("all", vec![0, 1, 2, 3, 4]),
        ] {
            assert_eq!(chosen(Some(given), 5), Ok(chapters), "{given}");
        }
        for given in ["", "0", "6", "3-1", "1,,2", "-", "a", "1-9", "1-2-3", "99999999999999999999"] {
            let error = chosen(Some(given), 5).unwrap_err();
            assert_eq!(error.code(), "chapters_unknown");
            assert!(error.fix().contains("1 to 5"), "{error} {}", error.fix());
        }
    }

    #[test]
    fn headings_scenes_and_pauses() {
        let book = Book {
            title: "Tales".into(),
            author: None,
            language: None,
            chapters: vec![
                Chapter { title: "Tales".into(), announced: false, paragraphs: vec!["To my 2 dogs.".into()] },
                Chapter::new(
                    "Chapter II. The Sea",
                    vec![
                        "It was Mr. Fox. He had 3 boats, and he sailed them every day of the year without rest.".into(),
                        Chapter::BREAK.into(),
                        "He slept.".into(),
                    ],
                ),
            ],
        };
        insta::assert_debug_snapshot!(plan(&book, None).unwrap());
        assert_eq!(plan(&book, Some("2")).unwrap().len(), 4);
    }

    proptest! {
        #[test]
        fn any_selection_is_read_or_refused(given in "\\PC{0,12}|[-0-9, ]{0,12}", chapters in 1usize..9) {
            if let Ok(chosen) = chosen(Some(&given), chapters) {
                prop_assert!(!chosen.is_empty());
                prop_assert!(chosen.windows(2).all(|pair| pair[0] < pair[1]));
                prop_assert!(chosen.iter().all(|at| *at < chapters));
            }
        }
    }
}
