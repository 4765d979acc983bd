//! Who speaks, where a file says it within the text: a name before a colon, or dashes of dialogue. A colon alone proves
//! nothing ("Note: …"), so a name is believed only where the file as a whole has the habit.

use super::{JOINER, MOST_SPEAKER_CHARACTERS, MOST_TURNS, Said, name};

/// Most words of a name before a colon.
const MOST_WORDS: usize = 4;
/// Fewest cues with a name in capitals, and with any name, that make a habit.
const LEAST_CAPITALS: usize = 2;
const LEAST_NAMES: usize = 3;
/// What marks a change of speaker at the start of a line.
const DASHES: [char; 5] = ['-', '\u{2010}', '\u{2011}', '–', '—'];

/// How the cues of a file that have no speaker otherwise name one before a colon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Habit {
    /// They do not.
    None,
    /// `ANNA: …`, in at least two cues.
    Capitals,
    /// `Anna: …` too, in at least three cues and half of all.
    Names,
}

impl Habit {
    /// The habit of all these texts. Fewer names never make it stronger: what is written relies on that.
    pub(super) fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let (mut all, mut capitals, mut names) = (0, 0, 0);
        for text in texts.filter(|text| marked(text).is_none()) {
            all += 1;
            if let Some(label) = first_line(text).and_then(Label::of) {
                names += 1;
                capitals += usize::from(label.is_capital);
            }
        }
        match () {
            () if names >= LEAST_NAMES && names * 2 >= all => Self::Names,
            () if capitals >= LEAST_CAPITALS => Self::Capitals,
            () => Self::None,
        }
    }

    fn label(self, line: &str) -> Option<Label<'_>> {
        Label::of(line).filter(|label| self == Self::Names || self == Self::Capitals && label.is_capital)
    }
}

/// A line that may begin with a name.
struct Label<'a> {
    name: &'a str,
    /// Where the colon stands, in bytes.
    colon: usize,
    /// What follows it.
    rest: &'a str,
    /// Whether the name is in capitals.
    is_capital: bool,
}

impl<'a> Label<'a> {
    /// `ANNA: …`, `- Anna: …`, `[SPEAKER 1]: …`, `MAN (whispers): …`. Not `10:30`, not `He said: …`.
    fn of(line: &'a str) -> Option<Self> {
        let near = line.char_indices().take(2 * MOST_SPEAKER_CHARACTERS);
        let colon = near.map(|(at, c)| (at, c == ':')).find(|(_, is_colon)| *is_colon)?.0;
        let rest = &line[colon + 1..];
        if rest.chars().next().is_some_and(|c| !c.is_whitespace()) {
            return None;
        }
        let mut name = line[..colon].trim_start_matches(|c: char| DASHES.contains(&c) || c == '>' || c == ' ').trim();
        for (open, close) in [('[', ']'), ('(', ')')] {
            name = name.strip_prefix(open).and_then(|inner| inner.strip_suffix(close)).unwrap_or(name).trim();
        }
        // How it is said does not belong to the name.
        if let Some((before, _)) = name.strip_suffix(')').and_then(|inner| inner.split_once('(')) {
            name = before.trim();
        }
        let is_word = |word: &str| {
            word.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit() || c == '#' || c == '&')
                && word.chars().all(|c| c.is_alphanumeric() || "._'’-#&/".contains(c))
        };
        let is_name = name.starts_with(char::is_uppercase)
            && name.chars().count() <= MOST_SPEAKER_CHARACTERS
            && name.split_whitespace().count() <= MOST_WORDS
            && name.split_whitespace().all(is_word);
        let count = |is: fn(char) -> bool| name.chars().filter(|c| is(*c)).count();
        let is_capital = count(char::is_lowercase) == 0 && count(char::is_uppercase) >= 2;
        is_name.then_some(Self { name, colon, rest, is_capital })
    }
}

fn first_line(text: &str) -> Option<&str> {
    text.split('\n').map(str::trim).find(|line| !line.is_empty())
}

/// Gives a cue without a speaker the names that its text begins its lines with; several names make several turns.
pub(super) fn give(said: &mut Said, habit: Habit) {
    let [(None, text)] = said.turns.as_slice() else { return };
    if let Some(turn) = marked(text) {
        said.turns = vec![turn];
        return;
    }
    if habit == Habit::None {
        return;
    }
    let mut turns: Vec<(Option<String>, String)> = Vec::new();
    for line in text.split('\n').map(str::trim).filter(|line| !line.is_empty()) {
        let label = habit.label(line).filter(|_| turns.len() < MOST_TURNS);
        match (label, turns.last_mut()) {
            (Some(label), _) => turns.push((name(label.name), label.rest.to_owned())),
            (_, Some((_, open))) => {
                open.push('\n');
                open.push_str(line);
            }
            (_, None) => turns.push((None, line.to_owned())),
        }
    }
    // A name with nothing to say is text.
    let is_whole = turns.iter().all(|(_, text)| text.contains(char::is_alphanumeric));
    if is_whole && turns.iter().any(|(speaker, _)| speaker.is_some()) {
        said.turns = turns;
    }
}

/// A speaker's line for a format that has no place for a name: other programs show `Anna: …`, and the mark behind the
/// colon, which no text of a cue holds, makes it certain for the reader.
pub(super) fn mark(speaker: &str, text: &str) -> String {
    format!("{speaker}:{JOINER} {text}")
}

fn marked(text: &str) -> Option<(Option<String>, String)> {
    let line = first_line(text)?;
    let colon = line.find(&format!(":{JOINER}"))?;
    // What is longer than a name was not marked by us.
    let is_short = line[..colon].chars().filter(|c| *c != JOINER).count() <= MOST_SPEAKER_CHARACTERS;
    let speaker = name(&line[..colon]).filter(|_| is_short)?;
    let rest = text.trim_start().strip_prefix(&line[..=colon])?;
    Some((Some(speaker), rest.to_owned()))
}

/// A text that is not taken for one with names, though the file has the habit.
pub(super) fn disarmed(text: &str, habit: Habit) -> String {
    let line = |line: &str| match habit.label(line) {
        Some(label) => format!("{}{JOINER}{}", &line[..label.colon], &line[label.colon..]),
        None => line.to_owned(),
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// The turns of a dialogue by its dashes, which are gone; nothing if it is none.
pub(super) fn dashed(text: &str) -> Option<Vec<String>> {
    let mut turns: Vec<String> = Vec::new();
    for line in text.split('\n') {
        let rest = after_dash(line).filter(|_| turns.len() < MOST_TURNS);
        match (rest, turns.last_mut()) {
            (Some(rest), _) => turns.push(rest.to_owned()),
            (_, Some(open)) => {
                open.push('\n');
                open.push_str(line);
            }
            (_, None) => return None,
        }
    }
    (turns.len() > 1).then_some(turns)
}

/// What follows a dash that opens a turn: not a number below zero, not two dashes.
fn after_dash(line: &str) -> Option<&str> {
    let rest = line.strip_prefix(DASHES)?;
    let is_opening = rest.starts_with(|c: char| c == ' ' || c.is_alphabetic() || "\"“«¿¡'‘[(♪".contains(c));
    let rest = rest.trim_start();
    (is_opening && rest.contains(char::is_alphanumeric)).then_some(rest)
}
