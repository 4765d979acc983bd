//! What a model's answer says for each line, whatever it wrapped it in. Small models add titles, notes, quotes and their
//! own numbering; none of it may be spoken.

use std::collections::BTreeMap;

/// Pairs of marks in which a whole line may stand.
const QUOTES: [(char, char); 9] =
    [('"', '"'), ('\'', '\''), ('“', '”'), ('„', '“'), ('„', '”'), ('«', '»'), ('»', '«'), ('‘', '’'), ('「', '」')];
/// How models begin what nobody asked for.
const NOTES: [&str; 9] =
    ["note", "notes", "translation", "translations", "explanation", "anmerkung", "hinweis", "here is", "here are"];

/// The lines of an answer by their numbers, counted from 0. `count` lines were asked for; `cut` says that the answer
/// stopped in the middle.
pub(super) fn lines(answer: &str, count: usize, cut: bool) -> BTreeMap<usize, String> {
    let answer = without_thoughts(answer);
    let written: Vec<&str> = answer.lines().map(str::trim).filter(|line| !line.starts_with("```")).collect();
    // What was asked for counts before anything that looks similar.
    let strict = written.iter().any(|line| in_brackets(line).is_some_and(|(number, _)| number <= count));
    let number = |line: &str| {
        let found = if strict { in_brackets(line) } else { numbered(line) };
        found.filter(|(number, text)| (1..=count).contains(number) && !text.is_empty()).map(|(n, t)| (n, t.to_owned()))
    };
    let mut found: BTreeMap<usize, String> = BTreeMap::new();
    let mut last = None;
    for line in &written {
        if let Some((number, text)) = number(line) {
            last = Some(number - 1);
            // The first answer counts; a second under the same number is a variant that nobody asked for.
            found.entry(number - 1).or_insert(text);
        }
    }
    if found.is_empty() && count == 1 {
        let bare = written.iter().find(|line| !line.is_empty() && !is_note(line));
        if let Some(bare) = bare {
            found.insert(0, (*bare).to_owned());
            last = written.iter().rfind(|line| !line.is_empty()).filter(|end| end == &bare).map(|_| 0);
        }
    }
    if cut {
        // Whatever stands last may be half a sentence.
        last.and_then(|last| found.remove(&last));
    }
    found
}

/// One translated line without what is not to be spoken: emphasis, quotes around all of it, notes behind it.
pub(super) fn clean(text: &str, source: &str) -> String {
    let plain: String = text.chars().filter(|c| !c.is_control() && *c != '\u{fffd}').collect();
    let mut text = plain.replace("**", "");
    loop {
        let before = text.len();
        text = without_tail_note(text.trim(), source).trim().trim_matches('`').trim().to_owned();
        if !is_quoted(source.trim()) && is_quoted(&text) {
            let mut inner = text.chars();
            inner.next();
            inner.next_back();
            text = inner.as_str().trim().to_owned();
        }
        if text.len() == before {
            return text;
        }
    }
}

/// What stands before and within `<think>` is not the answer.
fn without_thoughts(answer: &str) -> &str {
    match answer.rfind("</think>") {
        Some(at) => &answer[at + "</think>".len()..],
        None => answer.split("<think>").next().unwrap_or_default(),
    }
}

/// `[7] text`.
fn in_brackets(line: &str) -> Option<(usize, &str)> {
    let (number, text) = line.trim_start_matches(['*', '-', ' ']).strip_prefix('[')?.split_once(']')?;
    let text = text.trim_start_matches("**").trim_start_matches([':', '.', '-', ' ']).trim();
    Some((number.trim().trim_start_matches('#').parse().ok()?, text))
}

/// `[7] text`, `7. text`, `7: text`, `7) text`, `#7 - text`, `Line 7: text`.
fn numbered(line: &str) -> Option<(usize, &str)> {
    if let Some(found) = in_brackets(line) {
        return Some(found);
    }
    let line = line.trim_start_matches(['*', '#', '(', ' ']);
    let line = line.strip_prefix("Line ").or_else(|| line.strip_prefix("line ")).unwrap_or(line);
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, rest) = line.split_at(digits);
    let rest = rest.trim_start_matches('*');
    let text = rest
        .strip_prefix(['.', ':', ')', '、', '：'])
        .or_else(|| rest.strip_prefix(" -"))
        .or_else(|| rest.strip_prefix(" –"))?;
    // "1.5 million" and "12:30" are no numbering.
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    Some((number.parse().ok()?, text.trim_start_matches("**").trim()))
}

fn is_note(line: &str) -> bool {
    let line = line.trim_start_matches(['*', '(', '[', '#', ' ']).to_lowercase();
    line.ends_with(':') || NOTES.iter().any(|note| line.strip_prefix(note).is_some_and(|rest| rest.contains(':')))
}

/// Without a last parenthesis that speaks about the line: its length, or a note. One that the source has too stays.
fn without_tail_note<'a>(text: &'a str, source: &str) -> &'a str {
    let Some(at) = text.rfind(['(', '（']).filter(|_| text.ends_with([')', '）'])) else { return text };
    let inner = text[at..].trim_matches(['(', ')', '（', '）']).to_lowercase();
    let digits = inner.contains(|c: char| c.is_ascii_digit());
    let counts =
        ["character", "zeichen", "caract", "caratter", "second", "sekund", "segund", "字", "文字", "秒", "символ"];
    let about_length = digits && counts.iter().any(|word| inner.contains(word));
    let stays = source.trim_end().ends_with([')', '）']) || at == 0;
    if !stays && (about_length || is_note(&inner)) { &text[..at] } else { text }
}

fn is_quoted(text: &str) -> bool {
    let mut characters = text.chars();
    let (Some(first), Some(last)) = (characters.next(), characters.next_back()) else { return false };
    let inner = characters.as_str();
    // "Yes," he said, "no" is not one quotation.
    QUOTES.iter().any(|&(open, close)| (first, last) == (open, close) && !inner.contains([open, close]))
}
