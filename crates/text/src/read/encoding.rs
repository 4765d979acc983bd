//! Bytes to text: UTF-8, UTF-16, and Windows-1252 where nothing else fits. Tells binary data from text.

use crate::book::Warning;
use crate::error::TextError;

/// What Windows-1252 has where Latin-1 has control characters, 0x80 to 0x9F; holes are U+FFFD.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{FFFD}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{FFFD}', 'Ž', '\u{FFFD}', '\u{FFFD}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{FFFD}', 'ž', 'Ÿ',
];

/// The text of a file. Line ends become `\n`.
pub(crate) fn decode(bytes: &[u8]) -> Result<(String, Vec<Warning>), TextError> {
    let mut warnings = Vec::new();
    let text = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest, &mut warnings)?,
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes, &mut warnings),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes, &mut warnings),
        _ if zeros(bytes, 1) => utf16(bytes, u16::from_le_bytes, &mut warnings),
        _ if zeros(bytes, 0) => utf16(bytes, u16::from_be_bytes, &mut warnings),
        _ => utf8(bytes, &mut warnings)?,
    };
    if is_binary(&text) {
        return Err(TextError::Binary);
    }
    if text.trim().is_empty() {
        return Err(TextError::Empty);
    }
    Ok((text.replace("\r\n", "\n").replace(['\r', '\u{0B}', '\u{0C}', '\u{85}', '\u{2028}'], "\n"), warnings))
}

/// The text of an XML file, by its mark or its own word; other encodings are read as UTF-8 as well as may be.
pub(super) fn decode_xml(bytes: &[u8]) -> String {
    let mut ignored = Vec::new();
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes, &mut ignored),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes, &mut ignored),
        [b'<', 0, ..] => utf16(bytes, u16::from_le_bytes, &mut ignored),
        [0, b'<', ..] => utf16(bytes, u16::from_be_bytes, &mut ignored),
        _ => {
            let head = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).to_ascii_lowercase();
            let declared = head.split("?>").next().unwrap_or_default();
            if ["windows-1252", "iso-8859-1", "latin1"].iter().any(|name| declared.contains(name)) {
                windows_1252(bytes)
            } else {
                String::from_utf8_lossy(bytes).into_owned()
            }
        }
    }
}

fn utf8(bytes: &[u8], warnings: &mut Vec<Warning>) -> Result<String, TextError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        // All is well but for the last character: the file was cut off.
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => {
            warnings.push(Warning::CutOff);
            Ok(String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned())
        }
        Err(_) if bytes.contains(&0) => Err(TextError::Binary),
        Err(_) => {
            warnings.push(Warning::Encoding("Windows-1252".into()));
            Ok(windows_1252(bytes))
        }
    }
}

fn windows_1252(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| match byte {
            0x80..=0x9F => WINDOWS_1252[usize::from(byte - 0x80)],
            _ => char::from(*byte),
        })
        .collect()
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16, warnings: &mut Vec<Warning>) -> String {
    let pairs = bytes.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        warnings.push(Warning::CutOff);
    }
    char::decode_utf16(pairs.map(|pair| unit([pair[0], pair[1]])))
        .map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// Whether nearly every byte on one side of each pair is zero and none on the other: Latin text in UTF-16 without a mark.
fn zeros(bytes: &[u8], side: usize) -> bool {
    let pairs: Vec<&[u8]> = bytes.chunks_exact(2).take(500).collect();
    pairs.len() >= 4
        && pairs.iter().filter(|pair| pair[side] == 0).count() * 10 >= pairs.len() * 9
        && !pairs.iter().any(|pair| pair[1 - side] == 0)
}

/// Text has line ends and tabs for control characters, and hardly ever an undecodable one.
fn is_binary(text: &str) -> bool {
    let (mut all, mut odd) = (0_usize, 0_usize);
    for char in text.chars() {
        all += 1;
        match char {
            '\0' => return true,
            '\n' | '\r' | '\t' | '\u{0B}' | '\u{0C}' | '\u{1A}' | '\u{1B}' | '\u{85}' => {}
            char::REPLACEMENT_CHARACTER => odd += 1,
            _ if char.is_control() => odd += 1,
            _ => {}
        }
    }
    odd > 0 && odd * 50 > all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16_bytes(text: &str, big: bool) -> Vec<u8> {
        text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    }

    #[test]
    fn encodings() {
        let text = "“Café” – naïve, and so on.";
        let windows: Vec<u8> = b"\x93Caf\xE9\x94 \x96 na\xEFve, and so on.".to_vec();
        let marked = |mark: &[u8], bytes: &[u8]| [mark, bytes].concat();
        for (bytes, warned) in [
            (text.as_bytes().to_vec(), false),
            (marked(b"\xEF\xBB\xBF", text.as_bytes()), false),
            (marked(b"\xFF\xFE", &utf16_bytes(text, false)), false),
            (marked(b"\xFE\xFF", &utf16_bytes(text, true)), false),
            (windows, true),
        ] {
            let (read, warnings) = decode(&bytes).unwrap();
            assert_eq!(read, text);
            assert_eq!(!warnings.is_empty(), warned);
        }
        for big in [true, false] {
            assert_eq!(decode(&utf16_bytes("Plain words here.", big)).unwrap().0, "Plain words here.");
        }
        assert_eq!(decode(b"a\r\nb\rc").unwrap().0, "a\nb\nc");
    }

    #[test]
    fn a_cut_off_character_is_told() {
        let bytes = "Voil\u{E0}".as_bytes();
        assert_eq!(decode(&bytes[..bytes.len() - 1]).unwrap(), ("Voil".into(), vec![Warning::CutOff]));
    }

    #[test]
    fn binary_is_not_text() {
        assert_eq!(decode(&[1, 2, 3, 200, 201, 5, 6]), Err(TextError::Binary));
        assert_eq!(decode(b"text\0text"), Err(TextError::Binary));
    }

    #[test]
    fn xml_says_its_encoding() {
        assert!(decode_xml(b"<?xml version='1.0' encoding='ISO-8859-1'?><p>\xE9</p>").contains('é'));
        assert!(decode_xml(&utf16_bytes("<p>é</p>", true)).contains('é'));
    }
}
