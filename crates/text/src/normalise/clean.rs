//! The first pass over characters: typographic forms to plain ones, pictures and invisible characters out.

use unicode_normalization::UnicodeNormalization;

/// A text in which quotes and apostrophes are straight, dashes between clauses stand apart as `,`, fractions are written
/// `1/2` and powers `^2`, and no emoji, footnote mark or control character is left.
pub(super) fn clean(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let char = chars[at];
        let next = chars.get(at + 1).copied();
        if let Some(length) = footnote_mark(&chars[at..]) {
            at += length;
            continue;
        }
        match char {
            '-' if next == Some('-') => {
                while chars.get(at + 1) == Some(&'-') {
                    at += 1;
                }
                out.push_str(" , ");
            }
            '—' | '―' | '⸺' | '⸻' | '|' | '→' | '•' | '·' if !is_within_word(&out, next, char) => {
                out.push_str(" , ");
            }
            '·' => {}
            '–' | '-' | '‐' | '‑' | '‒' | '−' => dash(char, &mut out, next),
            '.' if next == Some('.') => {
                while chars.get(at + 1) == Some(&'.') {
                    at += 1;
                }
                out.push('…');
            }
            // Kept whole: compatibility decomposition would make three full stops of it.
            '…' => out.push('…'),
            '“' | '”' | '„' | '‟' | '«' | '»' | '‹' | '›' | '″' => out.push('"'),
            '‘' | '’' | '‚' | '‛' | 'ʼ' | '′' => out.push('\''),
            '¼' | '½' | '¾' | '⅐'..='⅞' => {
                if out.ends_with(|char: char| char.is_ascii_digit()) {
                    out.push(' ');
                }
                out.extend(char.nfkd().map(|char| if char == '\u{2044}' { '/' } else { char }));
            }
            '\u{2044}' => out.push('/'),
            '²' | '³' | '¹' | '⁰' | '⁴'..='⁹' => {
                // After a number it is a power, after a letter only a square or cube may be; else a footnote.
                let number = out.ends_with(|char: char| char.is_ascii_digit());
                if number || (matches!(char, '²' | '³') && out.ends_with(char::is_alphabetic)) {
                    out.push('^');
                    out.extend(char.nfkd());
                }
            }
            '×' => out.push('×'),
            '™' | '®' | '©' | '†' | '‡' | '¶' | '*' => {}
            _ if is_dropped(char) => {}
            _ if char.is_control() || char.is_whitespace() => out.push(' '),
            _ => out.extend(std::iter::once(char).nfkc()),
        }
        at += 1;
    }
    // Letters and accents that were written apart belong together.
    out.nfc().collect()
}

/// "[12]" as Wikipedia and scholarly books mark their notes.
fn footnote_mark(rest: &[char]) -> Option<usize> {
    let digits = rest.strip_prefix(&['['])?.iter().take(4).take_while(|char| char.is_ascii_digit()).count();
    (matches!(digits, 1..=3) && rest.get(digits + 1) == Some(&']')).then_some(digits + 2)
}

fn is_within_word(out: &str, next: Option<char>, char: char) -> bool {
    char == '·' && out.ends_with(char::is_alphanumeric) && next.is_some_and(char::is_alphanumeric)
}

/// A hyphen, dash or minus: part of a word or number where it touches both sides, else the break between clauses.
fn dash(char: char, out: &mut String, next: Option<char>) {
    let before = out.chars().next_back();
    let touches_before = before.is_some_and(|char| !char.is_whitespace());
    let touches_next = next.is_some_and(|char| !char.is_whitespace());
    let is_sign = !touches_before && next.is_some_and(|char| char.is_ascii_digit() || char == '.' || char == '$');
    match (touches_before, touches_next) {
        (true, true) => out.push('-'),
        _ if is_sign && char != '–' => out.push('-'),
        (true, false) if char != '–' => out.push('-'),
        (false, true) if before.is_none() => {}
        _ => out.push_str(" , "),
    }
}

/// Pictures, arrows, boxes and marks that no one reads aloud, and characters that cannot be seen.
fn is_dropped(char: char) -> bool {
    matches!(char,
        '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{20D0}'..='\u{20F0}' | '\u{2190}'..='\u{21FF}' | '\u{2300}'..='\u{27BF}'
        | '\u{2900}'..='\u{297F}' | '\u{2B00}'..='\u{2BFF}' | '\u{3030}' | '\u{303D}' | '\u{3297}' | '\u{3299}'
        | '\u{E000}'..='\u{F8FF}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFF0}'..='\u{FFFF}'
        | '\u{1F000}'..='\u{1FAFF}' | '\u{E0000}'..='\u{10FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typography_becomes_plain() {
        for (written, plain) in [
            ("“Don’t”", "\"Don't\""),
            ("well—no", "well , no"),
            ("well -- no", "well  ,  no"),
            ("1939–1945", "1939-1945"),
            ("he – she", "he  ,  she"),
            ("−5 or -5", "-5 or -5"),
            ("2½", "2 1/2"),
            ("5 m²", "5 m^2"),
            ("word.¹²", "word."),
            ("word.[12] And [ab]", "word. And [ab]"),
            ("wait...", "wait…"),
            ("ﬁre ℃", "fire °C"),
            ("go 👩‍🚀🇩🇪 now ✅", "go  now "),
            ("soft\u{AD}ly\u{200B}", "softly"),
        ] {
            assert_eq!(clean(written), plain, "{written}");
        }
    }
}
