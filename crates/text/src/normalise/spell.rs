//! Words in capitals and words with digits in them: which are spoken as words and which are spelled.

use crate::normalise::number;
use crate::phones::lexicon::{Lexicon, fold};

/// Capitals that are letters although they look like a word.
const LETTERS: &[&str] = &[
    "US", "UN", "EU", "UK", "ID", "IT", "AI", "AM", "PM", "AD", "BC", "BCE", "CE", "LA", "IQ", "UV", "UI", "IP", "IO",
    "OS", "API", "CEO", "CIO", "CFO", "CTO", "VIP", "USB", "URL", "UFO", "IOU", "ISO", "EPA", "IRA", "IRS", "ER", "ET",
    "EP", "AC", "MIA", "PA", "IMF", "NBA", "ASAP", "FAQ", "DIY", "IBM", "ATM", "AKA", "MBA", "UAE", "USSR", "USA",
    "NBC", "ABC", "AAA", "ECG", "EKG", "EEG",
];

/// Capitals that are said as a word, whatever they look like.
const WORDS: &[&str] = &[
    "NASA", "NATO", "UNESCO", "UNICEF", "OPEC", "AIDS", "SARS", "COVID", "LASER", "RADAR", "SONAR", "SCUBA", "SWAT",
    "RAM", "ROM", "PIN", "SIM", "GIF", "JSON", "YAML", "NAFTA", "ASEAN", "INTERPOL", "FIFA", "UEFA", "IKEA", "LEGO",
    "NIMBY", "AWOL", "HUD", "CAPTCHA", "TASER", "WASP", "PETA", "DARPA", "NOAA", "OSHA", "CERN", "ESA", "TED", "HAL",
];

/// Capitals that are said in a way of their own.
const OWN: &[(&str, &str)] = &[
    ("OK", "okay"),
    ("JPEG", "jay peg"),
    ("MPEG", "em peg"),
    ("IEEE", "I triple E"),
    ("NAACP", "N double A C P"),
    ("WWW", "W W W"),
    ("SQL", "S Q L"),
];

/// A word that holds letters only, as it is said. `shouting`: the text around is in capitals too.
pub(super) fn word(written: &str, shouting: bool) -> String {
    let (stem, ending) = split_ending(written);
    let letters = stem.chars().count();
    if letters < 2 || !stem.chars().all(char::is_uppercase) {
        return if shouting { written.to_lowercase() } else { written.to_owned() };
    }
    if let Some((_, said)) = OWN.iter().find(|(capitals, _)| *capitals == stem) {
        return format!("{said}{ending}");
    }
    if WORDS.contains(&stem) {
        return format!("{stem}{ending}");
    }
    let lexicon = Lexicon::bundled();
    let small = fold(stem);
    let known = lexicon.find(&small).is_some();
    let spelled = if lexicon.is_spelled(&small) || !small.contains(['a', 'e', 'i', 'o', 'u', 'y']) {
        true
    } else if shouting {
        false
    } else {
        LETTERS.contains(&stem) || (!known && (letters <= 3 || !is_easy_to_say(&small)))
    };
    if spelled && stem.is_ascii() && letters <= 8 {
        with_spaces(stem) + ending
    } else if known || letters > 5 || shouting {
        written.to_lowercase()
    } else {
        written.to_owned()
    }
}

/// "DVDs" and "CEO's" as capitals and ending.
fn split_ending(written: &str) -> (&str, &str) {
    let stem = written.strip_suffix("'s").or_else(|| written.strip_suffix('s')).unwrap_or(written);
    if stem.len() < written.len() && stem.len() > 1 && stem.chars().all(char::is_uppercase) {
        (stem, "'s")
    } else if let Some(stem) = written.strip_suffix("'S").filter(|stem| stem.chars().all(char::is_uppercase)) {
        (stem, "'s")
    } else {
        (written, "")
    }
}

/// Whether vowels come often enough for a word: at most two consonants in a row.
fn is_easy_to_say(small: &str) -> bool {
    let mut run = 0;
    small.chars().all(|char| {
        run = if matches!(char, 'a' | 'e' | 'i' | 'o' | 'u' | 'y') { 0 } else { run + 1 };
        run <= 2
    })
}

/// "FBI" as "F B I".
pub(super) fn with_spaces(letters: &str) -> String {
    let mut out = String::with_capacity(2 * letters.len());
    for letter in letters.chars().filter(|char| char.is_alphanumeric()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.extend(letter.to_uppercase());
    }
    out
}

/// A word of letters and digits, such as "MP3", "H2O" or "4x4": its runs one after the other.
pub(super) fn mixed(written: &str, shouting: bool) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut rest = written;
    while let Some(first) = rest.chars().next() {
        let digits = first.is_ascii_digit();
        let end = rest.find(|char: char| char.is_ascii_digit() != digits).unwrap_or(rest.len());
        let (run, tail) = rest.split_at(end);
        rest = tail;
        let next_is_end = tail.is_empty();
        out.push(if digits {
            number::integer(run)
        } else if run.chars().count() == 1 || (run.chars().all(char::is_uppercase) && run.chars().count() <= 3) {
            match run {
                "'" => continue,
                "s" | "'s" if next_is_end => {
                    if let Some(last) = out.last_mut() {
                        *last = number::plural(last);
                    }
                    continue;
                }
                "x" if !next_is_end && !out.is_empty() => "by".to_owned(),
                _ => with_spaces(run),
            }
        } else {
            word(run, shouting)
        });
    }
    out.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals() {
        for (written, said) in [
            ("FBI", "F B I"),
            ("NASA", "NASA"),
            ("BBC", "B B C"),
            ("DVDs", "D V D's"),
            ("CEO's", "C E O's"),
            ("US", "U S"),
            ("OK", "okay"),
            ("NEVER", "never"),
            ("AESOP'S", "aesop's"),
            ("Hello", "Hello"),
            ("UNESCO", "UNESCO"),
            ("XKCD", "X K C D"),
        ] {
            assert_eq!(word(written, false), said, "{written}");
        }
        assert_eq!(word("IT", true), "it");
        assert_eq!(word("FBI", true), "F B I");
    }

    #[test]
    fn letters_and_digits() {
        for (written, said) in [
            ("MP3", "M P three"),
            ("H2O", "H two O"),
            ("B2B", "B two B"),
            ("3D", "three D"),
            ("MP3s", "M P threes"),
            ("Covid19", "Covid nineteen"),
        ] {
            assert_eq!(mixed(written, false), said, "{written}");
        }
    }
}
