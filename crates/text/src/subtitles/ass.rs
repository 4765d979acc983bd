//! What Advanced SubStation Alpha has of its own: sections, fields by a format line, codes within the text. Styles,
//! positions, drawings and everything else that is not spoken are left out; nothing here knows the other formats.

use super::{Cue, JOINER, MOST_CUES, Said, name, reader};
use crate::error::TextError;

/// Most fields of a line.
const MOST_FIELDS: usize = 64;
/// Looks like a comma; with the mark behind it, it is one, in a name where a comma would end the field.
const COMMA: &str = "‚\u{2060}";

/// What stands before the events of a file that is written: one plain style, low and in the middle.
pub(super) const HEADER: &str = "[Script Info]
ScriptType: v4.00+
WrapStyle: 0
ScaledBorderAndShadow: yes
PlayResX: 1920
PlayResY: 1080

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,60,&H00FFFFFF,&H000000FF,&H00000000,&H80000000,0,0,0,0,100,100,0,0,1,3,1,2,60,60,50,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
";

/// Whether these are the lines of such a file.
pub(super) fn is_ass(lines: &[&str]) -> bool {
    const FIRST: [&str; 6] = ["[script info]", "[v4 styles]", "[v4+ styles]", "[events]", "dialogue:", "scripttype:"];
    let first = lines.iter().find(|line| !line.is_empty() && !line.starts_with(';'));
    first.is_some_and(|line| FIRST.iter().any(|opening| after(line, opening).is_some()))
}

/// All that is said, and how many lines of dialogue made no sense.
pub(super) fn events(lines: &[&str]) -> Result<(Vec<Said>, usize), TextError> {
    let (mut all, mut odd) = (Vec::new(), 0);
    let mut fields = Fields::usual();
    let mut is_inside = true;
    for line in lines {
        if line.starts_with('[') && line.ends_with(']') {
            // Fonts and pictures are sections too, and their lines may look like anything.
            is_inside = after(line, "[events]").is_some();
        } else if !is_inside {
        } else if let Some(format) = after(line, "format:") {
            fields = Fields::of(format).unwrap_or(fields);
        } else if let Some(event) = after(line, "dialogue:") {
            if all.len() >= MOST_CUES {
                return Err(TextError::TooLarge { what: "too many subtitle cues", limit: MOST_CUES.to_string() });
            }
            match fields.read(event) {
                Some(said) => all.push(said),
                None => odd += 1,
            }
        }
    }
    Ok((all, odd))
}

/// What follows an opening, whose case does not matter.
fn after<'a>(line: &'a str, opening: &str) -> Option<&'a str> {
    let head = line.get(..opening.len())?;
    head.eq_ignore_ascii_case(opening).then(|| line[opening.len()..].trim())
}

/// Where the fields of a line stand.
#[derive(Clone, Copy)]
struct Fields {
    count: usize,
    start: usize,
    end: usize,
    name: Option<usize>,
    text: usize,
}

impl Fields {
    /// As both versions of the format have them where nothing else is said.
    fn usual() -> Self {
        Self { count: 10, start: 1, end: 2, name: Some(4), text: 9 }
    }

    /// By a format line; nothing if a needed field is missing.
    fn of(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.split(',').map(str::trim).take(MOST_FIELDS + 1).collect();
        let place = |name: &str| fields.iter().position(|field| field.eq_ignore_ascii_case(name));
        let (start, end, text) = (place("start")?, place("end")?, place("text")?);
        let name = place("name").or_else(|| place("actor"));
        (fields.len() <= MOST_FIELDS).then_some(Self { count: fields.len(), start, end, name, text })
    }

    /// One event. The last field, which is the text, may hold commas.
    fn read(self, event: &str) -> Option<Said> {
        let fields: Vec<&str> = event.splitn(self.count, ',').collect();
        let time = |place: usize| reader::time(fields.get(place)?.trim());
        let (start, end) = (time(self.start)?, time(self.end)?);
        let text = spoken(fields.get(self.text)?);
        let speaker = self.name.and_then(|place| fields.get(place)).and_then(|field| name(&field.replace(COMMA, ",")));
        (start <= end).then_some(Said { start, end, turns: vec![(speaker, text)] })
    }
}

/// The text without its codes and drawings. A backslash hides a brace, as the common renderer has it.
fn spoken(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // Without it, many open braces that are never closed would each be looked after up to the end.
    let last_close = text.rfind('}').unwrap_or(0);
    let (mut at, mut is_drawing) = (0, false);
    while let Some(character) = text[at..].chars().next() {
        let rest = &text[at..];
        if character == '{'
            && at < last_close
            && let Some(close) = rest.find('}')
        {
            is_drawing = draws(&rest[..close]).unwrap_or(is_drawing);
            at += close + 1;
            continue;
        }
        let meant = rest.strip_prefix('\\').and_then(|code| match code.bytes().next()? {
            b'N' => Some('\n'),
            b'n' | b'h' => Some(' '),
            b'{' => Some('{'),
            b'}' => Some('}'),
            _ => None,
        });
        if !is_drawing {
            out.push(meant.unwrap_or(character));
        }
        at += if meant.is_some() { 2 } else { character.len_utf8() };
    }
    out
}

/// Whether a drawing (`\p1`) or text (`\p0`) follows codes; nothing if they do not say.
fn draws(codes: &str) -> Option<bool> {
    let scales = |code: &&str| code.starts_with('p') && code[1..].starts_with(|c: char| c.is_ascii_digit());
    let last = codes.split('\\').skip(1).filter(scales).last()?;
    Some(last[1..].bytes().take_while(u8::is_ascii_digit).any(|digit| digit != b'0'))
}

/// One event as a line, with times rounded to hundredths of a second.
pub(super) fn event(cue: &Cue, text: &str) -> String {
    let (start, end) = (time(cue.start_milliseconds()), time(cue.end_milliseconds()));
    let speaker = cue.speaker().unwrap_or_default().replace(',', COMMA);
    let mut hidden = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => hidden.push_str("\\N"),
            '{' | '}' => hidden.extend(['\\', character]),
            '\\' => hidden.extend([character, JOINER]),
            _ => hidden.push(character),
        }
    }
    format!("Dialogue: 0,{start},{end},Default,{speaker},0,0,0,,{hidden}")
}

fn time(milliseconds: u64) -> String {
    let hundredths = (milliseconds + 5) / 10;
    let (seconds, rest) = (hundredths / 100, hundredths % 100);
    format!("{}:{:02}:{:02}.{rest:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
