//! The units that the aligner gives times to. It knows no sound.
//!
//! Chinese characters stand alone, other scripts are split at spaces, and of each unit only letters, digits and
//! apostrophes are kept. The reference takes word lists for Japanese and Korean (nagisa, soynlp); here Japanese goes
//! character by character, kana too, and Korean by spaces: times then belong to characters and to spaced words.

use std::ops::Range;

use unicode_normalization::char::is_combining_mark;

/// A unit: what the model reads and where in the text it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Letters, digits and apostrophes.
    pub text: String,
    /// From its first to its last kept character, in bytes of the text.
    pub at: Range<usize>,
}

/// The units of a text in a BCP 47 language.
pub fn words(text: &str, language: Option<&str>) -> Vec<Word> {
    let is_japanese = language.is_some_and(|language| language.split('-').next() == Some("ja"));
    let mut words: Vec<Word> = Vec::new();
    let mut is_open = false;
    for (at, character) in text.char_indices() {
        let end = at + character.len_utf8();
        if is_ideograph(character) || is_japanese && is_kana(character) {
            // The mark that lengthens a vowel is heard with the kana before it.
            match words.last_mut() {
                Some(last) if is_kana_mark(character) && last.at.end == at => {
                    last.text.push(character);
                    last.at.end = end;
                }
                _ => words.push(Word { text: character.into(), at: at..end }),
            }
            is_open = false;
        } else if character.is_whitespace() {
            is_open = false;
        } else if is_kept(character) {
            match words.last_mut() {
                Some(last) if is_open => {
                    last.text.push(character);
                    last.at.end = end;
                }
                _ => words.push(Word { text: character.into(), at: at..end }),
            }
            is_open = true;
        }
    }
    words
}

fn is_kept(character: char) -> bool {
    // Letters and numbers of Unicode; what only goes with letters is no letter.
    character == '\'' || character.is_alphanumeric() && !is_combining_mark(character)
}

fn is_ideograph(character: char) -> bool {
    matches!(
        u32::from(character),
        0x4E00..=0x9FFF
            | 0x3400..=0x4DBF
            | 0x2_0000..=0x2_A6DF
            | 0x2_A700..=0x2_CEAF
            | 0xF900..=0xFAFF
            | 0x2_F800..=0x2_FA1F
    )
}

fn is_kana(character: char) -> bool {
    matches!(u32::from(character), 0x3041..=0x3096 | 0x30A1..=0x30FA | 0x30FC)
}

/// Small kana and the long-vowel mark: they never begin a syllable.
fn is_kana_mark(character: char) -> bool {
    "ぁぃぅぇぉゃゅょゎァィゥェォャュョヮー".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str, language: &str) -> Vec<String> {
        words(text, Some(language)).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn words_know_their_place() {
        let text = "«Don't», 你好 — U.S.A.!";
        let found = words(text, Some("en"));
        let texts: Vec<&str> = found.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(texts, ["Don't", "你", "好", "USA"]);
        let places: Vec<&str> = found.iter().map(|word| &text[word.at.clone()]).collect();
        assert_eq!(places, ["Don't", "你", "好", "U.S.A"]);
    }

    #[test]
    fn japanese_goes_by_character_and_korean_by_space() {
        assert_eq!(texts("今日はコーヒー、2杯。", "ja"), ["今", "日", "は", "コー", "ヒー", "2", "杯"]);
        assert_eq!(texts("안녕하세요, 세계!", "ko"), ["안녕하세요", "세계"]);
        assert_eq!(texts("ー", "ja"), ["ー"]);
    }
}
