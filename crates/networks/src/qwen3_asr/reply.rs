//! What the recogniser said, taken apart: the language, the text, and endless repetitions cut short. It knows no token.

/// More repetitions than this are a loop of the model's, not speech.
const REPEATS: usize = 20;
/// Longest repeated pattern that is looked for, in characters.
const PATTERN: usize = 20;
/// What stands between the language and the text.
const MARK: &str = "<asr_text>";
/// What stands before the language.
const LANGUAGE: &str = "language ";

/// Language by the model's name, if it named one, and text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// As the model names it, such as `English`.
    pub language: Option<String>,
    /// The words.
    pub text: String,
}

/// Takes a reply `language X<asr_text>text` apart. Without the mark all of it is text.
pub fn parse(raw: &str) -> Reply {
    let said = without_loops(raw.trim());
    let Some((about, text)) = said.split_once(MARK) else {
        return Reply { language: None, text: said };
    };
    let text = text.trim().to_owned();
    let names = about.lines().filter_map(|line| {
        let line = line.trim();
        let (head, name) = line.split_at_checked(LANGUAGE.len())?;
        head.eq_ignore_ascii_case(LANGUAGE).then(|| name.trim().to_owned())
    });
    let name = names.into_iter().next();
    let language = name.filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("none") && name.len() <= 64);
    Reply { language, text }
}

/// A character that comes more than twenty times in a row is left once; so is a pattern of up to twenty characters that
/// comes twenty times or more.
pub fn without_loops(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let runs = characters.chunk_by(|a, b| a == b);
    let characters: Vec<char> =
        runs.flat_map(|run| &run[..if run.len() > REPEATS { 1 } else { run.len() }]).copied().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    // The rule counts from the last loop on: what is shorter than two characters twenty times is left alone.
    while characters.len() - at >= 2 * REPEATS {
        let rest = &characters[at..];
        match (1..=PATTERN.min(rest.len() / REPEATS)).find(|&size| repeats(rest, size) >= REPEATS) {
            Some(size) => {
                out.extend(&rest[..size]);
                at += size * repeats(rest, size);
            }
            None => {
                out.push(rest[0]);
                at += 1;
            }
        }
    }
    out.extend(&characters[at..]);
    out
}

/// How often the first `size` characters come, one after the other.
fn repeats(text: &[char], size: usize) -> usize {
    text.chunks_exact(size).take_while(|chunk| *chunk == &text[..size]).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reply(language: Option<&str>, text: &str) -> Reply {
        Reply { language: language.map(str::to_owned), text: text.to_owned() }
    }

    #[test]
    fn replies_come_apart() {
        assert_eq!(parse("language English<asr_text> Hello. "), reply(Some("English"), "Hello."));
        assert_eq!(parse("language None<asr_text>"), reply(None, ""));
        assert_eq!(parse("LANGUAGE german\n<asr_text>Ja"), reply(Some("german"), "Ja"));
        assert_eq!(parse("no mark at all"), reply(None, "no mark at all"));
        assert_eq!(parse(""), reply(None, ""));
        assert_eq!(parse("language \u{e9}<asr_text>x"), reply(Some("\u{e9}"), "x"));
        assert_eq!(parse("langu\u{e9}ge x<asr_text>x"), reply(None, "x"));
    }

    #[test]
    fn loops_are_cut_short_and_speech_is_not() {
        assert_eq!(without_loops(&"a".repeat(21)), "a");
        assert_eq!(without_loops(&"a".repeat(20)), "a".repeat(20));
        assert_eq!(without_loops(&format!("so {}end", "ha ".repeat(25))), "so ha end");
        assert_eq!(without_loops(&"ha".repeat(19)), "ha".repeat(19));
        assert_eq!(without_loops(&format!("{}x{}", "ab".repeat(30), "cd".repeat(30))), "abxcd");
        let speech = "It was the best of times, it was the worst of times, it was the age of wisdom.";
        assert_eq!(without_loops(speech), speech);
    }

    proptest! {
        #[test]
        fn nothing_is_added(text in "\\PC{0,200}") {
            prop_assert!(without_loops(&text).len() <= text.len());
            let _ = parse(&text);
        }
    }
}
