//! Roman numerals: what they are worth, and where one may be meant.

/// Words before a numeral that counts parts of a work or a war.
const PARTS: &[&str] = &[
    "chapter",
    "part",
    "book",
    "volume",
    "vol",
    "act",
    "scene",
    "section",
    "canto",
    "appendix",
    "psalm",
    "lesson",
    "letter",
    "stave",
    "article",
    "title",
    "phase",
    "type",
    "war",
    "level",
    "grade",
    "class",
    "table",
    "figure",
    "plate",
    "page",
    "no",
    "number",
    "stage",
    "episode",
    "season",
    "ch",
    "paragraph",
    "sonnet",
];

/// Names that rulers and popes shared.
const RULERS: &[&str] = &[
    "adrian",
    "albert",
    "alexander",
    "alfonso",
    "alphonse",
    "benedict",
    "boniface",
    "carlos",
    "catherine",
    "charles",
    "christian",
    "clement",
    "constantine",
    "edward",
    "elizabeth",
    "ferdinand",
    "francis",
    "frederick",
    "george",
    "gregory",
    "gustav",
    "henri",
    "henry",
    "innocent",
    "isabella",
    "ivan",
    "james",
    "john",
    "joseph",
    "julius",
    "leo",
    "leopold",
    "louis",
    "ludwig",
    "maximilian",
    "mary",
    "napoleon",
    "nicholas",
    "olaf",
    "otto",
    "paul",
    "peter",
    "philip",
    "pius",
    "ptolemy",
    "rameses",
    "ramesses",
    "ramses",
    "richard",
    "rudolf",
    "sixtus",
    "stephen",
    "theodosius",
    "tiberius",
    "urban",
    "victor",
    "wilhelm",
    "william",
    "xerxes",
    "darius",
    "artaxerxes",
    "alfred",
];

/// The value of a numeral in its one proper spelling, from 1 to 3999, in capitals or in small letters throughout.
pub(crate) fn value(numeral: &str) -> Option<u32> {
    if numeral.is_empty() || numeral.len() > 15 {
        return None;
    }
    let small = numeral.bytes().all(|byte| byte.is_ascii_lowercase());
    let letters = numeral.to_ascii_uppercase();
    if !small && letters != numeral {
        return None;
    }
    let mut total = 0;
    let mut largest_after = 0;
    for letter in letters.bytes().rev() {
        let worth = match letter {
            b'I' => 1,
            b'V' => 5,
            b'X' => 10,
            b'L' => 50,
            b'C' => 100,
            b'D' => 500,
            b'M' => 1000,
            _ => return None,
        };
        if worth < largest_after {
            total -= worth;
        } else {
            total += worth;
            largest_after = worth;
        }
    }
    let total = u32::try_from(total).ok()?;
    (write(total).as_deref() == Some(letters.as_str())).then_some(total)
}

fn write(mut value: u32) -> Option<String> {
    const STEPS: [(u32, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    if !(1..4000).contains(&value) {
        return None;
    }
    let mut out = String::new();
    for (worth, letters) in STEPS {
        while value >= worth {
            out.push_str(letters);
            value -= worth;
        }
    }
    Some(out)
}

/// Whether a numeral after this word counts parts: "Chapter IV".
pub(super) fn counts_parts(before: &str) -> bool {
    PARTS.contains(&before.to_lowercase().as_str())
}

/// Whether a numeral after this name tells rulers apart: "Henry VIII".
pub(super) fn numbers_rulers(before: &str) -> bool {
    before.starts_with(|char: char| char.is_uppercase()) && RULERS.contains(&before.to_lowercase().as_str())
}

/// Whether a numeral can hardly be anything else wherever it stands: "XIV", but neither "I" nor "MIX".
pub(super) fn is_unmistakable(numeral: &str) -> bool {
    numeral.len() >= 2 && numeral.bytes().all(|byte| matches!(byte, b'I' | b'V' | b'X')) && value(numeral).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        for (numeral, worth) in [("I", 1), ("iv", 4), ("XIX", 19), ("XLII", 42), ("MCMXCIX", 1999), ("MMXXVI", 2026)] {
            assert_eq!(value(numeral), Some(worth), "{numeral}");
        }
        for word in ["", "IIII", "VX", "IC", "Iv", "MIXED", "DID", "MMMM", "vivid"] {
            assert_eq!(value(word), None, "{word}");
        }
        for worth in 1..4000 {
            assert_eq!(value(&write(worth).unwrap()), Some(worth));
        }
        assert!(is_unmistakable("XIV") && !is_unmistakable("I") && !is_unmistakable("MIX"));
    }
}
