//! The letters in which `vocab.json` writes bytes (Radford et al. 2019): printable ones are themselves, the others follow
//! from U+0100. It knows no token.

/// The letter of a byte.
pub(super) fn letter(byte: u8) -> char {
    let hidden = match byte {
        0..=32 => byte,
        127..=160 => byte - 127 + 33,
        173 => 67,
        _ => return char::from(byte),
    };
    char::from_u32(256 + u32::from(hidden)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The byte of a letter.
fn byte(letter: char) -> Option<u8> {
    let plain = u32::from(letter);
    let found = match plain {
        256..=288 => plain - 256,
        289..=322 => plain - 256 - 33 + 127,
        323 => 173,
        0..=32 | 127..=160 | 173 => return None,
        _ => plain,
    };
    u8::try_from(found).ok()
}

/// The bytes that a token of the vocabulary stands for.
pub(super) fn bytes_of(written: &str) -> Option<Vec<u8>> {
    written.chars().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_one_to_one_and_printable() {
        let letters: std::collections::BTreeSet<char> = (0..=255).map(letter).collect();
        assert_eq!(letters.len(), 256);
        for value in 0..=255 {
            assert_eq!(byte(letter(value)), Some(value));
            assert!(!letter(value).is_whitespace() && !letter(value).is_control());
        }
        assert_eq!((letter(b' '), letter(b'\n'), letter(173), letter(127)), ('Ġ', 'Ċ', 'Ń', 'ġ'));
        assert_eq!([' ', '\u{7f}', '\u{ad}', 'ń', '語'].map(byte), [None; 5]);
    }
}
