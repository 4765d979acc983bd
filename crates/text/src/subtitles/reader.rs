//! Files to cues. It takes what is about: missing numbers, missing blank lines, blank lines within a text, points for
//! commas, any encoding, formatting, positions; it leaves out what has no time.

use super::names::{self, Habit};
use super::{Cue, MOST_CUES, MOST_MILLISECONDS, MOST_TURNS, Said, SubtitleFormat, ass, name};
use crate::book::Warning;
use crate::error::TextError;

/// Largest file that is read.
const MOST_BYTES: usize = 32 << 20;
/// Longest tag or escape that is looked for, in bytes; a tag with a speaker's name may be longer.
const LONGEST_MARK: usize = 256;
const LONGEST_VOICE: usize = 1024;

/// Reads SubRip, WebVTT, ASS or SSA, whatever the file's name is. The cues are in the order of their times, and each has
/// text; overlapping ones stay as they are. A cue in which several speakers are named becomes one cue for each turn, and
/// the turns share its time.
///
/// # Errors
/// [`TextError::TooLarge`] beyond 32 MiB or 200,000 cues, [`TextError::Subtitles`] where there is no cue at all, and
/// what else can be wrong with a text file.
pub fn read_subtitles(bytes: &[u8]) -> Result<(Vec<Cue>, Vec<Warning>), TextError> {
    if bytes.is_empty() {
        return Err(TextError::Empty);
    }
    if bytes.len() > MOST_BYTES {
        return Err(TextError::TooLarge { what: "the subtitle file", limit: format!("{} MiB", MOST_BYTES >> 20) });
    }
    let (text, mut warnings) = crate::read::decode(bytes)?;
    let lines: Vec<&str> = text.split('\n').map(str::trim).collect();
    let (mut said, odd) = if text.starts_with("WEBVTT") {
        cues(&lines, SubtitleFormat::Vtt)?
    } else if ass::is_ass(&lines) {
        ass::events(&lines)?
    } else {
        cues(&lines, SubtitleFormat::Srt)?
    };
    let nameless = said.iter().filter_map(|said| match said.turns.as_slice() {
        [(None, text)] => Some(text.as_str()),
        _ => None,
    });
    let habit = Habit::of(nameless);
    said.iter_mut().for_each(|said| names::give(said, habit));
    let (mut cues, mut wordless) = (Vec::with_capacity(said.len()), 0);
    for said in said {
        let before = cues.len();
        cues.extend(said.cues().into_iter().filter(|cue| !cue.text().is_empty()));
        wordless += usize::from(cues.len() == before);
        if cues.len() > MOST_CUES {
            return Err(too_many());
        }
    }
    if cues.is_empty() {
        return Err(TextError::Subtitles);
    }
    // Equal times stay in the order of the file.
    cues.sort_by_key(Cue::start_milliseconds);
    for (what, count) in [("cues without text", wordless), ("lines with an impossible time", odd)] {
        if count > 0 {
            warnings.push(Warning::LeftOut { what: what.into(), count });
        }
    }
    Ok((cues, warnings))
}

/// A cue whose lines are still read.
struct Open<'a> {
    start: u64,
    end: u64,
    lines: Vec<&'a str>,
}

impl Open<'_> {
    fn close(self, format: SubtitleFormat) -> Said {
        let turns = if format == SubtitleFormat::Vtt {
            voices(&self.lines)
        } else {
            vec![(None, self.lines.into_iter().map(unformatted).collect::<Vec<_>>().join("\n"))]
        };
        Said { start: self.start, end: self.end, turns }
    }
}

fn too_many() -> TextError {
    TextError::TooLarge { what: "too many subtitle cues", limit: MOST_CUES.to_string() }
}

/// All cues, and how many time lines made no sense.
fn cues(lines: &[&str], format: SubtitleFormat) -> Result<(Vec<Said>, usize), TextError> {
    let (mut cues, mut odd) = (Vec::new(), 0);
    let mut open: Option<Open<'_>> = None;
    for (at, &line) in lines.iter().enumerate() {
        if let Some(times) = times(line) {
            if let Some(mut before) = open.take() {
                // The line before a time is the cue's name if it stands alone, and in any case if it is a number.
                let stands_alone = at < 2 || lines[at - 2].is_empty();
                let is_number = is_number(lines[at - 1]);
                if before.lines.last() == Some(&lines[at - 1]) && is_number && (stands_alone || before.lines.len() > 1)
                {
                    before.lines.pop();
                }
                cues.push(before.close(format));
            }
            if cues.len() >= MOST_CUES {
                return Err(too_many());
            }
            match times {
                Some((start, end)) => open = Some(Open { start, end, lines: Vec::new() }),
                None => odd += 1,
            }
        } else if line.is_empty() && format == SubtitleFormat::Vtt {
            // A blank line ends a cue of WebVTT; what follows is a name, a note or a style.
            cues.extend(open.take().map(|open| open.close(format)));
        } else if let Some(open) = &mut open {
            open.lines.push(line);
        }
    }
    cues.extend(open.map(|open| open.close(format)));
    Ok((cues, odd))
}

fn is_number(line: &str) -> bool {
    !line.is_empty() && line.len() <= 10 && line.bytes().all(|byte| byte.is_ascii_digit())
}

/// Start and end in milliseconds if this is a time line; `Some(None)` if it is one that makes no sense.
fn times(line: &str) -> Option<Option<(u64, u64)>> {
    let (start, rest) = line.split_once("-->")?;
    let start = start.trim();
    // A text can hold an arrow; a time line begins with a digit and holds nothing else before it.
    if !start.starts_with(|c: char| c.is_ascii_digit()) || !start.chars().all(|c| "0123456789:.,".contains(c)) {
        return None;
    }
    // Settings and positions may follow.
    let end = rest.split_whitespace().next().unwrap_or_default();
    Some(time(start).zip(time(end)).filter(|(start, end)| start <= end))
}

/// `[hours:]minutes:seconds[,fraction]` in milliseconds.
pub(super) fn time(text: &str) -> Option<u64> {
    let (whole, fraction) = match text.split_once([',', '.']) {
        Some((whole, fraction)) => (whole, fraction),
        None => (text, ""),
    };
    let digits = |text: &str, most: usize| {
        (!text.is_empty() && text.len() <= most && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| text.parse::<u64>().ok())
            .flatten()
    };
    let parts: Vec<&str> = whole.split(':').collect();
    let (hours, minutes, seconds) = match parts.as_slice() {
        [hours, minutes, seconds] => (digits(hours, 6)?, digits(minutes, 2)?, digits(seconds, 2)?),
        [minutes, seconds] => (0, digits(minutes, 6)?, digits(seconds, 2)?),
        _ => return None,
    };
    let milliseconds = match fraction {
        "" => 0,
        fraction => {
            let known: String = fraction.chars().take(3).collect();
            digits(fraction, 9)?;
            digits(&known, 3)? * 10_u64.pow(3 - known.len() as u32)
        }
    };
    let all = ((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds;
    (seconds < 60 && all <= MOST_MILLISECONDS).then_some(all)
}

/// A line of SubRip without its formatting.
fn unformatted(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(['<', '{']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = formatting(rest).unwrap_or_else(|| {
            out.push_str(&rest[..1]);
            1
        });
        rest = &rest[length..];
    }
    out + rest
}

/// The lines of a cue of WebVTT without tags and escapes, by who speaks. One voice speaks all of its cue.
fn voices(lines: &[&str]) -> Vec<(Option<String>, String)> {
    let mut turns = vec![(None, String::new())];
    for (number, line) in lines.iter().enumerate() {
        if number > 0 {
            push(&mut turns, "\n");
        }
        let mut rest = *line;
        while let Some(character) = rest.chars().next() {
            if let Some((speaker, length)) = voice(rest) {
                if turns.len() < MOST_TURNS {
                    turns.push((speaker, String::new()));
                }
                rest = &rest[length..];
            } else if let Some(length) = (character == '<').then(|| end_within(rest, '>', LONGEST_MARK)).flatten() {
                rest = &rest[length..];
            } else if let Some((meaning, length)) = (character == '&').then(|| escape(rest)).flatten() {
                // An escaped line end would make a line of its own.
                push(&mut turns, if meaning.contains(char::is_control) { " " } else { &meaning });
                rest = &rest[length..];
            } else {
                let first = character.len_utf8();
                let length = rest[first..].find(['<', '&']).map_or(rest.len(), |at| first + at);
                push(&mut turns, &rest[..length]);
                rest = &rest[length..];
            }
        }
    }
    let is_said = |turn: &(Option<String>, String)| turn.1.contains(char::is_alphanumeric);
    let mut named = turns.iter().filter(|turn| is_said(turn)).filter_map(|(speaker, _)| speaker.as_ref());
    let first = named.next().cloned();
    if named.all(|speaker| Some(speaker) == first.as_ref()) {
        // Without a letter, who speaks is still said.
        let speaker = first.or_else(|| turns.iter().find_map(|(speaker, _)| speaker.clone()));
        return vec![(speaker, turns.into_iter().map(|(_, text)| text).collect())];
    }
    let mut parted: Vec<(Option<String>, String)> = Vec::new();
    for turn in turns {
        match parted.last_mut() {
            // Nobody's words and bare dashes stay with whom they stand.
            Some(open) if open.0 == turn.0 || turn.0.is_none() || !is_said(&turn) => open.1.push_str(&turn.1),
            Some(open) if open.0.is_none() => *open = (turn.0, format!("{}{}", open.1, turn.1)),
            _ => parted.push(turn),
        }
    }
    parted
}

fn push(turns: &mut [(Option<String>, String)], text: &str) {
    if let Some((_, open)) = turns.last_mut() {
        open.push_str(text);
    }
}

/// Who speaks from the start of a text on, if a voice begins or ends there, and the length of the tag.
fn voice(text: &str) -> Option<(Option<String>, usize)> {
    if let Some(rest) = text.strip_prefix("</v") {
        return rest.starts_with('>').then_some((None, "</v>".len()));
    }
    // Classes may follow the tag's name, and the speaker follows white space.
    if !text.strip_prefix("<v")?.starts_with(['.', ' ', '\t']) {
        return None;
    }
    // A tag within a tag is none, so that many open ones are not each looked after up to their end.
    let inner = text[1..].bytes().take(LONGEST_VOICE).position(|byte| byte == b'>' || byte == b'<')?;
    let length = inner + 2;
    text[..length].ends_with('>').then_some(())?;
    let written = text[..length - 1].split_once([' ', '\t']).map_or("", |(_, written)| written);
    let mut speaker = String::new();
    let mut rest = written;
    while let Some(character) = rest.chars().next() {
        let (meaning, length) = escape(rest).unwrap_or_else(|| (character.to_string(), character.len_utf8()));
        speaker.push_str(&meaning);
        rest = &rest[length..];
    }
    Some((name(&speaker), length))
}

/// Length of the formatting that a text begins with, as SubRip files have it: a few tags, and `{\an8}` and its like.
pub(super) fn formatting(text: &str) -> Option<usize> {
    const TAGS: [&str; 5] = ["b", "i", "u", "s", "font"];
    if text.starts_with("{\\") {
        return end_within(text, '}', LONGEST_MARK);
    }
    let inner = text.strip_prefix('<')?;
    let inner = inner.strip_prefix('/').unwrap_or(inner);
    let name = inner.split(|c: char| !c.is_ascii_alphanumeric()).next()?;
    let is_known = TAGS.iter().any(|tag| tag.eq_ignore_ascii_case(name));
    let after = inner[name.len()..].chars().next()?;
    if is_known && (after == '>' || after == ' ') { end_within(text, '>', LONGEST_MARK) } else { None }
}

/// Length up to and with the next `mark`, an ASCII character, if it is near and on the same line.
fn end_within(text: &str, mark: char, most: usize) -> Option<usize> {
    let end = text.bytes().take(most).position(|byte| byte == mark as u8 || byte == b'\n')?;
    text[end..].starts_with(mark).then_some(end + 1)
}

/// What an escape at the start of a text means, and its length.
fn escape(text: &str) -> Option<(String, usize)> {
    let length = text.starts_with('&').then(|| end_within(text, ';', LONGEST_MARK)).flatten()?;
    let name = &text[1..length - 1];
    let number = |digits: &str, base| u32::from_str_radix(digits, base).ok().and_then(char::from_u32).map(String::from);
    let meaning = match name.strip_prefix('#') {
        Some(code) => match code.strip_prefix(['x', 'X']) {
            Some(digits) => number(digits, 16),
            None => number(code, 10),
        },
        None => quick_xml::escape::resolve_html5_entity(name).map(str::to_owned),
    };
    Some((meaning?, length))
}
