//! The pronouncing lexicon (from CMUdict) with what grammar adds to it: possessives, contractions, endings. Words that
//! are in neither are spelled by the letter trees.

use std::io::Read;
use std::sync::OnceLock;

use unicode_normalization::UnicodeNormalization;

use crate::error::TextError;
use crate::phones::Phone;
use crate::phones::letters::Letters;

/// More than any lexicon of this format holds; a larger stream is refused.
const MAX_BYTES: u64 = 16 << 20;

/// Letters beyond this are one word only by mistake.
const LONGEST_WORD: usize = 64;

/// How words sound, in American English.
#[derive(Debug)]
pub struct Lexicon {
    /// Lines `word phones`, sorted by word, each ended by a line feed.
    lines: Vec<u8>,
    letters: Letters,
}

impl Lexicon {
    /// The lexicon that comes with the program, unpacked at the first call.
    pub fn bundled() -> &'static Lexicon {
        static BUNDLED: OnceLock<Lexicon> = OnceLock::new();
        BUNDLED.get_or_init(|| {
            Lexicon::load(include_bytes!("../../data/lexicon.bin"), include_bytes!("../../data/letters.bin"))
                .expect("the bundled lexicon is well formed: a test reads all of it")
        })
    }

    /// Reads a lexicon and letter trees in the formats of training/LEXICON.md.
    ///
    /// # Errors
    /// [`TextError::Lexicon`] if either is not of its format.
    pub fn load(lexicon: &[u8], letters: &[u8]) -> Result<Self, TextError> {
        let mut lines = Vec::new();
        flate2::read::ZlibDecoder::new(lexicon)
            .take(MAX_BYTES + 1)
            .read_to_end(&mut lines)
            .map_err(|_| TextError::Lexicon { what: "its word list cannot be unpacked" })?;
        if lines.len() as u64 > MAX_BYTES || lines.last() != Some(&b'\n') {
            return Err(TextError::Lexicon { what: "its word list has the wrong size" });
        }
        Ok(Self { lines, letters: Letters::parse(letters)? })
    }

    /// Every word of the list, sorted, with how it sounds. A word stands in it once.
    pub fn entries(&self) -> impl Iterator<Item = (&str, Vec<Phone>)> {
        self.lines.split(|byte| *byte == b'\n').filter_map(|line| {
            let (word, phones) = std::str::from_utf8(line).ok()?.split_once(' ')?;
            Some((word, phones.bytes().map(Phone::from_char).collect::<Option<_>>()?))
        })
    }

    /// How one word sounds; never empty for a word with a Latin letter. Case and accents do not matter.
    pub fn pronounce(&self, word: &str) -> Vec<Phone> {
        let word = fold(word);
        let word = word.get(..LONGEST_WORD).unwrap_or(&word);
        self.find(word)
            .or_else(|| self.find(word.trim_matches('\'')))
            .or_else(|| self.contraction(word))
            .or_else(|| self.ending(word))
            .unwrap_or_else(|| {
                let spelled = self.letters.spell(word);
                // The trees may keep a lone letter silent; a reader would name it.
                if spelled.is_empty() { word.chars().flat_map(|letter| self.letter(letter)).collect() } else { spelled }
            })
    }

    /// The entry of a word as it stands in the list.
    pub(crate) fn find(&self, word: &str) -> Option<Vec<Phone>> {
        let word = word.as_bytes();
        let (mut low, mut high) = (0, self.lines.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let start = self.lines[..middle].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            let length = self.lines[start..].iter().position(|byte| *byte == b'\n')?;
            let line = &self.lines[start..start + length];
            let space = line.iter().position(|byte| *byte == b' ').unwrap_or(line.len());
            match word.cmp(&line[..space]) {
                std::cmp::Ordering::Less => high = start,
                std::cmp::Ordering::Greater => low = start + length + 1,
                std::cmp::Ordering::Equal => {
                    return line.get(space + 1..)?.iter().map(|char| Phone::from_char(*char)).collect();
                }
            }
        }
        None
    }

    /// The name of a letter.
    pub(crate) fn letter(&self, letter: char) -> Vec<Phone> {
        match letter.to_ascii_lowercase() {
            'a' => vec![phone(b'e')],
            'h' => vec![phone(b'e'), phone(b'C')],
            letter => self.find(letter.encode_utf8(&mut [0; 4])).unwrap_or_default(),
        }
    }

    /// Whether the entry of a word is nothing but the names of its letters, as for "fbi".
    pub(crate) fn is_spelled(&self, word: &str) -> bool {
        self.find(&fold(word)).is_some_and(|phones| {
            let names: Vec<Phone> = fold(word).chars().flat_map(|letter| self.letter(letter)).collect();
            names == phones
        })
    }

    fn contraction(&self, word: &str) -> Option<Vec<Phone>> {
        let (base, ending) = word.split_at_checked(word.rfind('\'')?)?;
        let said = match ending {
            "'s" => {
                let mut phones = self.pronounce_base(base)?;
                add_s(&mut phones);
                return Some(phones);
            }
            "'" if base.ends_with('s') => return self.pronounce_base(base),
            "'t" if base.ends_with('n') => {
                return Some([self.pronounce_base(&base[..base.len() - 1])?, said(b"@nt")].concat());
            }
            "'ll" => said(b"@l"),
            "'re" => said(b"R"),
            "'ve" => said(b"@v"),
            "'d" => said(b"d"),
            "'m" => said(b"@m"),
            _ => return None,
        };
        Some([self.pronounce_base(base)?, said].concat())
    }

    fn pronounce_base(&self, base: &str) -> Option<Vec<Phone>> {
        (!base.is_empty()).then(|| self.pronounce(base))
    }

    /// A word in the list with an ending that grammar may add to any word.
    fn ending(&self, word: &str) -> Option<Vec<Phone>> {
        let known = |stem: &str| if stem.len() >= 3 { self.find(stem) } else { None };
        // "hoped" from "hope", "hopped" from "hop", "tried" from "try": the spellings a stem may have had.
        let stems = |stem: &str| {
            let double = stem.len() > 3 && stem.as_bytes()[stem.len() - 1] == stem.as_bytes()[stem.len() - 2];
            known(stem)
                .or_else(|| known(&format!("{stem}e")))
                .or_else(|| stem.strip_suffix('i').and_then(|stem| known(&format!("{stem}y"))))
                .or_else(|| if double { known(&stem[..stem.len() - 1]) } else { None })
        };
        if let Some(stem) = word.strip_suffix("ed") {
            let mut phones = stems(stem)?;
            let last = *phones.last()?;
            phones.extend(match last.symbol() {
                "t" | "d" => said(b"Id"),
                "p" | "k" | "f" | "s" | "sh" | "ch" | "th" => said(b"t"),
                _ => said(b"d"),
            });
            return Some(phones);
        }
        if let Some(stem) = word.strip_suffix("ies") {
            let mut phones = known(&format!("{stem}y"))?;
            add_s(&mut phones);
            return Some(phones);
        }
        if let Some(phones) = word.strip_suffix("es").and_then(known)
            && phones.last().is_some_and(|phone| hisses(*phone))
        {
            return Some([phones, said(b"@z")].concat());
        }
        if let Some(mut phones) = word.strip_suffix('s').filter(|stem| !stem.ends_with('s')).and_then(known) {
            add_s(&mut phones);
            return Some(phones);
        }
        for (ending, sound) in [("ing", &b"IN"[..]), ("ness", b"n@s"), ("less", b"l@s"), ("ful", b"f@l"), ("ly", b"li")]
        {
            if let Some(stem) = word.strip_suffix(ending) {
                return stems(stem).map(|phones| [phones, said(sound)].concat());
            }
        }
        None
    }
}

/// Adds the ending of a plural or possessive: `s`, `z` or `ax z`, by the last sound.
pub(crate) fn add_s(phones: &mut Vec<Phone>) {
    match phones.last().copied() {
        Some(last) if hisses(last) => phones.extend(said(b"@z")),
        Some(last) if matches!(last.symbol(), "p" | "t" | "k" | "f" | "th") => phones.push(phone(b's')),
        _ => phones.push(phone(b'z')),
    }
}

fn hisses(phone: Phone) -> bool {
    matches!(phone.symbol(), "s" | "z" | "sh" | "zh" | "ch" | "jh")
}

fn phone(char: u8) -> Phone {
    Phone::from_char(char).expect("callers name phones of the table")
}

fn said(chars: &[u8]) -> Vec<Phone> {
    chars.iter().map(|char| phone(*char)).collect()
}

/// A word in the alphabet of the lexicon: small Latin letters without accents, and straight apostrophes.
pub(crate) fn fold(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    for char in word.nfkd() {
        match char {
            'a'..='z' | '\'' => out.push(char),
            'A'..='Z' => out.push(char.to_ascii_lowercase()),
            '\u{2018}' | '\u{2019}' | '\u{02BC}' => out.push('\''),
            'ß' | 'ẞ' => out.push_str("ss"),
            'æ' | 'Æ' => out.push_str("ae"),
            'œ' | 'Œ' => out.push_str("oe"),
            'ø' | 'Ø' => out.push('o'),
            'ł' | 'Ł' => out.push('l'),
            'đ' | 'Đ' | 'ð' | 'Ð' => out.push('d'),
            'þ' | 'Þ' => out.push_str("th"),
            'ı' => out.push('i'),
            _ => {}
        }
    }
    if out.bytes().all(|byte| byte == b'\'') { String::new() } else { out }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GOLDEN: &str = include_str!("../../data/golden.tsv");

    fn chars(text: &str) -> Vec<Phone> {
        said(text.as_bytes())
    }

    fn pronounced(word: &str) -> Vec<Phone> {
        Lexicon::bundled().pronounce(word)
    }

    #[test]
    fn every_line_of_the_bundled_lexicon_is_found() {
        let lexicon = Lexicon::bundled();
        let text = std::str::from_utf8(&lexicon.lines).unwrap();
        let mut count = 0;
        for line in text.lines() {
            let (word, phones) = line.split_once(' ').unwrap();
            assert_eq!(lexicon.find(word), Some(chars(phones)), "{word}");
            count += 1;
        }
        assert!(count > 100_000, "only {count} words");
        assert_eq!(lexicon.entries().count(), count);
        assert!(lexicon.entries().zip(text.lines()).all(|((word, _), line)| line.starts_with(word)));
        assert_eq!(lexicon.find(""), None);
        assert_eq!(lexicon.find("zzzzzzz"), None);
        assert_eq!(lexicon.find("aaaaaaab"), None);
    }

    #[test]
    fn agrees_with_the_side_that_made_the_data() {
        let lexicon = Lexicon::bundled();
        let mut seen = 0;
        for line in GOLDEN.lines() {
            let fields: Vec<&str> = line.split('\t').collect();
            let [kind, word, phones] = fields[..] else { panic!("{line:?}") };
            let answer = match kind {
                "lexicon" => lexicon.find(word).unwrap(),
                "letters" => lexicon.letters.spell(word),
                _ => panic!("{line:?}"),
            };
            assert_eq!(answer, chars(phones), "{kind} {word}");
            seen += 1;
        }
        assert!(seen > 100);
    }

    #[test]
    fn grammar_adds_to_the_list() {
        for (word, phones) in [
            ("Aesop's", "isAps"),
            ("zorblatt's", "zOrbl@ts"),
            ("foxes'", "fAks@z"),
            ("Tuppence’s", "tVp@ns@z"),
            ("who'll", "hul"),
            ("dog'll", "dOg@l"),
            ("fox've", "fAks@v"),
            ("vouched", "vWCt"),
            ("unharmed", "@nhArmd"),
            ("quilling", "kwIlIN"),
            ("foxlike", "fAkslYk"),
        ] {
            assert_eq!(pronounced(word), chars(phones), "{word}");
        }
    }

    #[test]
    fn a_stream_that_unpacks_without_end_is_refused() {
        use std::io::Write;
        let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        packed.write_all(&vec![b'\n'; MAX_BYTES as usize + 2]).unwrap();
        let packed = packed.finish().unwrap();
        let error = Lexicon::load(&packed, include_bytes!("../../data/letters.bin")).unwrap_err();
        assert_eq!(error, TextError::Lexicon { what: "its word list has the wrong size" });
        assert!(Lexicon::load(b"junk", b"").is_err());
    }

    proptest! {
        #[test]
        fn every_word_sounds(word in "[a-zA-Zé']{1,80}") {
            let phones = pronounced(&word);
            prop_assert_eq!(phones.is_empty(), fold(&word).is_empty());
            prop_assert!(phones.len() <= 4 * LONGEST_WORD);
        }

        #[test]
        fn any_text_has_phones(text in any::<String>()) {
            let phones = crate::phones(&text);
            prop_assert!(phones.windows(2).all(|pair| pair != [Phone::PAU, Phone::PAU]));
            prop_assert!(phones.len() <= 8 * text.len() + 2);
        }
    }
}
