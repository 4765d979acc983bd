//! Words to phones: the sounds that the bundled voice was trained on. Knows no sound and no network.

pub(crate) mod letters;
pub(crate) mod lexicon;

use crate::phones::lexicon::{Lexicon, fold};

/// Each phone as one character in the data files, and its name. The first is silence and stands in no file.
const SYMBOLS: [(u8, &str); 41] = [
    (b'_', "pau"),
    (b'A', "aa"),
    (b'a', "ae"),
    (b'V', "ah"),
    (b'O', "ao"),
    (b'W', "aw"),
    (b'@', "ax"),
    (b'Y', "ay"),
    (b'b', "b"),
    (b'C', "ch"),
    (b'd', "d"),
    (b'D', "dh"),
    (b'E', "eh"),
    (b'R', "er"),
    (b'e', "ey"),
    (b'f', "f"),
    (b'g', "g"),
    (b'h', "hh"),
    (b'I', "ih"),
    (b'i', "iy"),
    (b'J', "jh"),
    (b'k', "k"),
    (b'l', "l"),
    (b'm', "m"),
    (b'n', "n"),
    (b'N', "ng"),
    (b'o', "ow"),
    (b'x', "oy"),
    (b'p', "p"),
    (b'r', "r"),
    (b's', "s"),
    (b'S', "sh"),
    (b't', "t"),
    (b'T', "th"),
    (b'U', "uh"),
    (b'u', "uw"),
    (b'v', "v"),
    (b'w', "w"),
    (b'y', "y"),
    (b'z', "z"),
    (b'Z', "zh"),
];

/// One sound of American English, or silence: flite's set, 39 ARPAbet phones without stress, `ax` and `pau`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Phone(u8);

impl Phone {
    /// Silence.
    pub const PAU: Phone = Phone(0);
    /// How many phones there are, silence included.
    pub const COUNT: usize = SYMBOLS.len();

    /// Its name in lower case, such as `aa` or `pau`.
    pub fn symbol(self) -> &'static str {
        SYMBOLS[usize::from(self.0)].1
    }

    /// The phone of that name.
    pub fn from_symbol(symbol: &str) -> Option<Phone> {
        SYMBOLS.iter().position(|(_, name)| *name == symbol).map(|at| Phone(at as u8))
    }

    /// A number below [`Phone::COUNT`]: 0 is silence, the others follow the alphabet of their names.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// Every phone, in the order of [`Phone::index`].
    pub fn all() -> impl Iterator<Item = Phone> {
        (0..SYMBOLS.len() as u8).map(Phone)
    }

    /// The phone that this character of the data files stands for; silence has none.
    pub(crate) fn from_char(char: u8) -> Option<Phone> {
        SYMBOLS.iter().skip(1).position(|(c, _)| *c == char).map(|at| Phone(at as u8 + 1))
    }
}

/// The phones of a text that [`normalise`](crate::normalise) has made: silence at both ends and at punctuation, never
/// two silences in a row. A capital letter that stands alone is said by its name, so `a` is the article and `A` the
/// letter. What has no sound is left out; a text without words gives one silence.
///
/// The number of phones is at most proportional to the length of the text.
pub fn phones(spoken: &str) -> Vec<Phone> {
    let lexicon = Lexicon::bundled();
    let mut out = vec![Phone::PAU];
    let mut word = String::new();
    for char in spoken.chars().chain([' ']) {
        if char.is_alphanumeric() || matches!(char, '\'' | '\u{2019}' | '\u{02BC}') || is_mark(char) {
            word.push(char);
            continue;
        }
        if !word.is_empty() {
            out.extend(speak(lexicon, &word));
            word.clear();
        }
        if matches!(char, '.' | ',' | ';' | ':' | '?' | '!' | '…' | '–' | '—' | '(' | ')' | '"')
            && out.last() != Some(&Phone::PAU)
        {
            out.push(Phone::PAU);
        }
    }
    if out.last() != Some(&Phone::PAU) {
        out.push(Phone::PAU);
    }
    out
}

fn is_mark(char: char) -> bool {
    matches!(char, '\u{0300}'..='\u{036F}')
}

fn speak(lexicon: &Lexicon, word: &str) -> Vec<Phone> {
    let mut chars = word.chars();
    if let Some(letter) = chars.next().filter(char::is_ascii_uppercase) {
        match chars.as_str() {
            "" => return lexicon.letter(letter),
            "'s" | "\u{2019}s" | "s" => {
                let mut phones = lexicon.letter(letter);
                lexicon::add_s(&mut phones);
                return phones;
            }
            _ => {}
        }
    }
    if fold(word).is_empty() { Vec::new() } else { lexicon.pronounce(word) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(spoken: &str) -> String {
        phones(spoken).iter().map(|phone| phone.symbol()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn names_and_numbers_agree() {
        for (index, phone) in Phone::all().enumerate() {
            assert_eq!(phone.index(), index);
            assert_eq!(Phone::from_symbol(phone.symbol()), Some(phone));
        }
        assert_eq!(Phone::all().count(), Phone::COUNT);
        assert_eq!(Phone::from_symbol("xx"), None);
        assert_eq!(Phone::from_char(b'_'), None);
        assert_eq!(Phone::from_char(b'x').map(Phone::symbol), Some("oy"));
    }

    #[test]
    fn a_sentence_as_flite_says_it() {
        assert_eq!(
            said("Hello, world. It is, maybe, fine; well, ok, he said: yes! No. go?"),
            "pau hh ax l ow pau w er l d pau ih t ih z pau m ey b iy pau f ay n pau w eh l pau ow k ey pau hh iy s \
             eh d pau y eh s pau n ow pau g ow pau"
        );
    }

    #[test]
    fn silence_never_doubles_and_nothing_is_one_silence() {
        assert_eq!(said(""), "pau");
        assert_eq!(said(" ... !? "), "pau");
        assert_eq!(said("go!?... go"), "pau g ow pau g ow pau");
    }

    #[test]
    fn letters_and_the_article() {
        assert_eq!(said("a"), "pau ax pau");
        assert_eq!(said("A B"), "pau ey b iy pau");
        assert_eq!(said("D V D's"), "pau d iy v iy d iy z pau");
    }

    #[test]
    fn words_of_other_scripts_are_left_out_and_accents_are_not() {
        assert_eq!(said("日本 go мир"), "pau g ow pau");
        assert_eq!(said("café"), said("cafe"));
        assert_eq!(said("twenty-three"), said("twenty three"));
    }
}
