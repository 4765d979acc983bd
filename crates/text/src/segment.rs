//! Cuts a paragraph into segments that a voice can speak in one go, with the pause after each. Never loses, doubles or
//! reorders a character other than white space.

mod sentence;

use serde::{Deserialize, Serialize};

use crate::normalise::normalise;

/// How long segments may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Most characters that a segment may have when spoken. Sentences beyond are cut at clauses, else between words.
    pub max_chars: usize,
    /// Short sentences are put together up to this many written characters.
    pub together_chars: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { max_chars: 240, together_chars: 80 }
    }
}

/// What a voice speaks in one go.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// As written, with single spaces.
    pub text: String,
    /// As spoken, see [`normalise`]; never empty.
    pub spoken: String,
    /// Silence to leave after it.
    pub pause_seconds: f32,
}

/// Pauses in seconds, after the model's own silence at the ends of a segment.
pub(crate) mod pause {
    pub(crate) const WORD: f32 = 0.0;
    pub(crate) const COMMA: f32 = 0.12;
    pub(crate) const CLAUSE: f32 = 0.2;
    pub(crate) const SENTENCE: f32 = 0.35;
    pub(crate) const TRAILING_OFF: f32 = 0.5;
    pub(crate) const PARAGRAPH: f32 = 0.7;
    pub(crate) const HEADING: f32 = 1.0;
    pub(crate) const SCENE: f32 = 1.4;
    pub(crate) const CHAPTER: f32 = 1.8;
}

/// The segments of a text; blank lines part its paragraphs. Parts of a
/// paragraph without anything to say stay in the text of a neighbour; a whole paragraph of them, such as "* * *", is a
/// longer pause. A text without words has no segments.
///
/// A budget of less than 16 characters is read as 16: numbers in words need room.
pub fn segment(text: &str, budget: Budget) -> Vec<Segment> {
    let mut out: Vec<Segment> = Vec::new();
    for paragraph in paragraphs(text) {
        let from = out.len();
        one_paragraph(&paragraph, budget, &mut out);
        let silent = out.len() == from;
        if let Some(last) = out.last_mut() {
            last.pause_seconds = if silent { pause::SCENE } else { pause::PARAGRAPH };
        }
    }
    out
}

/// Paragraphs with single spaces, without the empty ones.
fn paragraphs(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut current: Vec<&str> = Vec::new();
    for line in text.lines().chain([""]) {
        if line.trim().is_empty() {
            if !current.is_empty() {
                out.push(current.join(" "));
                current.clear();
            }
        } else {
            current.extend(line.split_whitespace());
        }
    }
    out
}

fn one_paragraph(paragraph: &str, budget: Budget, out: &mut Vec<Segment>) {
    let mut pieces: Vec<(String, String)> = Vec::new();
    for sentence in sentence::sentences(paragraph) {
        cut(sentence, budget.max_chars.max(16), &mut pieces);
    }
    let mut joined: Vec<(String, String)> = Vec::new();
    for (text, spoken) in pieces {
        let together = joined.last().is_some_and(|(before, said)| {
            let silent = said.is_empty() || spoken.is_empty();
            let short = || before.chars().count() + 1 + text.chars().count() <= budget.together_chars;
            // A piece that was cut off for length stays apart: its pause is shorter than a sentence's.
            silent || (said.len() + spoken.len() < budget.max_chars && ends_sentence(before) && short())
        });
        match joined.last_mut() {
            Some((before, said)) if together => {
                before.push(' ');
                before.push_str(&text);
                if !said.is_empty() && !spoken.is_empty() {
                    said.push(' ');
                }
                said.push_str(&spoken);
            }
            _ => joined.push((text, spoken)),
        }
    }
    joined.retain(|(_, spoken)| !spoken.is_empty());
    out.extend(joined.into_iter().map(|(text, spoken)| {
        let pause_seconds = pause_after(&text);
        Segment { text, spoken, pause_seconds }
    }));
}

/// Cuts a sentence until every piece keeps the budget when spoken.
fn cut(text: &str, max_chars: usize, out: &mut Vec<(String, String)>) {
    let text = text.trim();
    if text.is_empty() {
        return;
    }
    let written = text.chars().count();
    // What is far too long is cut before anyone looks at how it is spoken, so that the work stays in proportion.
    let mut length = written;
    if written <= 8 * max_chars {
        let spoken = normalise(text);
        length = spoken.chars().count();
        if length <= max_chars || written < 2 {
            // What has no letter or number in it has nothing to say.
            let spoken = if spoken.chars().any(char::is_alphanumeric) { spoken } else { String::new() };
            out.push((text.to_owned(), spoken));
            return;
        }
    }
    let at = sentence::best_cut(text, length.max(written), max_chars);
    let (head, tail) = text.split_at(at);
    cut(head, max_chars, out);
    cut(tail, max_chars, out);
}

fn last_mark(text: &str) -> Option<char> {
    text.chars().rev().find(|char| !matches!(char, '"' | '\'' | '”' | '’' | ')' | ']' | '»' | '*' | '_'))
}

fn ends_sentence(text: &str) -> bool {
    matches!(last_mark(text), Some('.' | '!' | '?' | '…'))
}

fn pause_after(text: &str) -> f32 {
    match last_mark(text) {
        Some('…') => pause::TRAILING_OFF,
        Some('.') if text.contains("...") && text.trim_end_matches(['"', '”', '’', '\'']).ends_with("...") => {
            pause::TRAILING_OFF
        }
        Some('.' | '!' | '?') => pause::SENTENCE,
        Some(';' | ':' | '—' | '–') => pause::CLAUSE,
        Some(',') => pause::COMMA,
        _ => pause::WORD,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(text: &str, max_chars: usize, together_chars: usize) -> Vec<String> {
        segment(text, Budget { max_chars, together_chars }).into_iter().map(|segment| segment.text).collect()
    }

    #[test]
    fn sentences_stay_whole_and_short_ones_go_together() {
        assert_eq!(
            texts("Mr. Fox saw grapes. They hung high! \"Sour,\" he said. \"Stop!\" she cried.", 240, 0),
            ["Mr. Fox saw grapes.", "They hung high!", "\"Sour,\" he said.", "\"Stop!\" she cried."]
        );
        assert_eq!(texts("No. Yes. Perhaps.", 240, 80), ["No. Yes. Perhaps."]);
        assert_eq!(
            texts("He met J. R. Smith of the U.S. Navy at 5 p.m. yesterday. It was No. 7.", 240, 0),
            ["He met J. R. Smith of the U.S. Navy at 5 p.m. yesterday.", "It was No. 7."]
        );
    }

    #[test]
    fn long_sentences_are_cut_at_clauses_then_words() {
        assert_eq!(
            texts("One two three four five six seven; eight nine ten, eleven twelve.", 40, 0),
            ["One two three four five six seven;", "eight nine ten, eleven twelve."]
        );
        let long = "word ".repeat(40);
        for text in texts(&long, 60, 0) {
            assert!((20..=60).contains(&text.len()), "{text:?}");
        }
    }

    #[test]
    fn pauses_follow_the_marks() {
        let pauses: Vec<f32> =
            segment("It was late... She came.\n\nOne day she left.", Budget { max_chars: 240, together_chars: 0 })
                .iter()
                .map(|segment| segment.pause_seconds)
                .collect();
        assert_eq!(pauses, [pause::TRAILING_OFF, pause::PARAGRAPH, pause::PARAGRAPH]);
    }

    #[test]
    fn what_cannot_be_said_makes_no_segment() {
        assert!(segment("", Budget::default()).is_empty());
        assert!(segment(" * * * \n\n —", Budget::default()).is_empty());
        assert_eq!(texts("Good! 👍 👍", 240, 0), ["Good! 👍 👍"]);
    }

    fn squeezed(text: &str) -> String {
        text.chars().filter(|char| !char.is_whitespace()).collect()
    }

    proptest! {
        #[test]
        fn nothing_is_lost_doubled_or_moved(
            text in "([A-Za-z]{1,9}|[0-9]{1,5}|Mr\\.|é|\"Go!\"|—)(( |, |\\. |; |\\? |\n\n)([A-Za-z]{1,9}|[0-9]{1,5}|Mr\\.|\"Go!\"|—)){0,60}",
            max_chars in 16usize..200, together_chars in 0usize..120,
        ) {
            let segments = segment(&text, Budget { max_chars, together_chars });
            let said: Vec<&str> = segments.iter().flat_map(|segment| segment.text.split_whitespace()).collect();
            let paragraphs = text.split("\n\n").filter(|text| text.contains(char::is_alphanumeric));
            let written: Vec<&str> = paragraphs.flat_map(str::split_whitespace).collect();
            if normalise(&text).is_empty() {
                prop_assert!(said.is_empty());
            } else {
                // Words cut for their length alone are rejoined by the comparison without spaces.
                prop_assert_eq!(squeezed(&said.concat()), squeezed(&written.concat()));
                if max_chars >= 80 {
                    prop_assert_eq!(said, written);
                }
            }
            for segment in &segments {
                prop_assert!(segment.spoken.chars().count() <= max_chars, "{segment:?}");
                prop_assert!(segment.spoken.chars().any(char::is_alphanumeric));
            }
        }

        #[test]
        fn any_text_keeps_the_budget(text in "\\PC{0,400}", max_chars in 16usize..100) {
            let segments = segment(&text, Budget { max_chars, together_chars: 50 });
            let said: String = segments.iter().map(|segment| segment.text.as_str()).collect();
            if !segments.is_empty() {
                prop_assert_eq!(squeezed(&said), squeezed(&text));
            }
            for segment in &segments {
                prop_assert!(segment.spoken.chars().count() <= max_chars.max(80), "{segment:?}");
            }
        }
    }
}
