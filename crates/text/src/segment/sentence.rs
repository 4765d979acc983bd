//! Where sentences end (UAX #29, and then the abbreviations of English that it does not know), and where to cut one that
//! is too long.

use unicode_segmentation::UnicodeSegmentation;

use crate::normalise::abbreviation::{self, Follows};
use crate::normalise::roman;

/// Sentences of a paragraph; together they are the paragraph.
pub(super) fn sentences(paragraph: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut start = 0;
    let mut end = 0;
    for bound in paragraph.split_sentence_bounds() {
        if end > start && ends_here(&paragraph[start..end], &paragraph[end..]) {
            out.push(&paragraph[start..end]);
            start = end;
        }
        end += bound.len();
    }
    if end > start {
        out.push(&paragraph[start..end]);
    }
    out
}

/// Whether the sentence ends between `before` and `after`, where Unicode's rules say that it may.
fn ends_here(before: &str, after: &str) -> bool {
    let opening = |char: char| matches!(char, '"' | '\'' | '“' | '‘' | '«' | '(' | '[' | '*' | '_');
    let closing = |char: char| matches!(char, '"' | '\'' | '”' | '’' | '»' | ')' | ']' | '*' | '_');
    let next = after.trim_start().trim_start_matches(opening);
    // "Stop!" she cried.
    if next.starts_with(char::is_lowercase) {
        return false;
    }
    let Some(last) = before.split_whitespace().next_back() else { return true };
    let Some(word) = last.trim_end_matches(closing).strip_suffix('.') else { return true };
    let word = word.trim_start_matches(opening);
    if word.ends_with('.') {
        return true;
    }
    let digit_follows = next.starts_with(|char: char| char.is_ascii_digit());
    if let Some((_, follows)) = abbreviation::find(word) {
        return match follows {
            Follows::Name => !next.starts_with(char::is_uppercase),
            Follows::Number => !(digit_follows || roman_follows(next)),
            Follows::More => false,
            Follows::Anything => !digit_follows,
        };
    }
    if abbreviation::is_initials(word) {
        return false;
    }
    let mut letters = word.chars();
    let initial = letters.next().is_some_and(char::is_uppercase) && letters.next().is_none();
    // "J. Smith" goes on. "It was I." is at an end, and so is the heading "I."
    let named = before.split_whitespace().rev().nth(1).is_some_and(|word| word.starts_with(char::is_uppercase));
    !(initial && (word != "I" || named))
}

fn roman_follows(next: &str) -> bool {
    let word = next.split(|char: char| !char.is_alphabetic()).next().unwrap_or_default();
    word.starts_with(|char: char| char.is_ascii_uppercase()) && roman::value(word).is_some()
}

/// Where to cut a text of `length` characters when spoken, so that pieces of about equal length keep `max_chars`: at the
/// strongest mark near the best place, else between words, else between letters. Never at an end.
pub(super) fn best_cut(text: &str, length: usize, max_chars: usize) -> usize {
    // Few pieces are made of equal length one by one; many by halving, which takes fewer steps.
    let pieces = match length.div_ceil(max_chars) {
        pieces @ 2..=4 => pieces,
        _ => 2,
    };
    let ideal = text.len() / pieces;
    let longest = (text.len() * max_chars / length.max(1)).max(1);
    let mut best: Option<(f64, usize)> = None;
    let mut last = "";
    for (at, word) in words(text) {
        if at > 0 {
            let distance = (at as f64 - ideal as f64).abs() / longest as f64;
            let overlong = if at > longest { 2.0 } else { 0.0 };
            let score = strength(last, word) - distance - overlong;
            if best.is_none_or(|(other, _)| score > other) {
                best = Some((score, at));
            }
        }
        last = word;
    }
    match best {
        Some((_, at)) => at,
        None => {
            let middle = text.len() / 2;
            let ends = text.grapheme_indices(true).map(|(at, _)| at).filter(|at| *at > 0);
            ends.min_by_key(|at| at.abs_diff(middle)).unwrap_or_else(|| match text.floor_char_boundary(middle) {
                0 => text.ceil_char_boundary(1),
                at => at,
            })
        }
    }
}

/// Words with the places where they start.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_word_bound_indices()
        .map(|(at, _)| at)
        .filter(|at| *at == 0 || text[..*at].ends_with(char::is_whitespace))
        .filter(|at| !text[*at..].starts_with(char::is_whitespace))
        .map(|at| (at, text[at..].split_whitespace().next().unwrap_or_default()))
}

/// How good a place between two words is for a cut.
fn strength(before: &str, after: &str) -> f64 {
    const JOINING: &[&str] = &[
        "and", "but", "or", "because", "which", "who", "that", "when", "while", "where", "if", "though", "although",
        "until", "before", "after", "as", "for", "so", "than", "with", "without", "into",
    ];
    let mark = before.chars().rev().find(|char| !matches!(char, '"' | '”' | '’' | '\'' | ')'));
    match mark {
        Some('.' | '!' | '?' | '…') if abbreviation::find(before.trim_end_matches('.')).is_none() => 1.4,
        Some(';' | ':' | '—' | '–') => 1.2,
        Some(',') => 1.0,
        _ if matches!(after, "—" | "–" | "--" | "-") => 0.9,
        // "5 km" and "Mr. Fox" stay together.
        Some('.') => -0.5,
        Some(last) if last.is_ascii_digit() => -0.3,
        _ if JOINING.contains(&after) => 0.4,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_where_readers_stop() {
        for (text, count) in [
            ("One. Two. Three.", 3),
            ("Dr. Smith went to St. Paul. He stayed.", 2),
            ("\"Really?\" he asked. \"Yes!\"", 2),
            ("It cost 3.50 dollars. Cheap.", 2),
            ("See vol. III for more. Then rest.", 2),
            ("She said (it was late). We left.", 2),
            ("Cats, e.g. Tom, sleep.", 1),
            ("Wait... what? No.", 2),
            ("He left at 5 p.m. She stayed.", 2),
            ("", 0),
        ] {
            let found = sentences(text);
            assert_eq!(found.concat(), text);
            assert_eq!(found.len(), count, "{found:?}");
        }
    }
}
