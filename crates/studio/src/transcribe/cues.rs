//! Words with times to cues that can be read: two lines of 42 columns at most, cut where speech pauses or a sentence
//! ends. It knows no sound.

use std::ops::Range;

use networks::qwen3_asr::words;
use speech::TimedWord;
use text::Cue;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

/// Columns of a line; characters of Chinese, Japanese and Korean take two.
pub const COLUMNS: usize = 42;
/// Longest and shortest time that a cue stands.
const MOST_SECONDS: f64 = 7.0;
const LEAST_SECONDS: f64 = 1.0;
/// A pause that always ends a cue, and one that ends it after a sentence.
const PAUSE_SECONDS: f64 = 0.8;
const SHORT_PAUSE_SECONDS: f64 = 0.3;
/// A sentence of this length does not wait for the next one.
const SENTENCE_SECONDS: f64 = 1.5;

/// A word as it is shown, with its punctuation, and when it is said in the recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    pub text: String,
    pub start_seconds: f64,
    pub end_seconds: f64,
    /// Whether white space stands before it.
    pub is_spaced: bool,
}

/// Pieces of a text whose words have times, counted from `start_seconds`. None if the words are not this text's.
pub fn aligned(text: &str, timed: &[TimedWord], start_seconds: f64, end_seconds: f64) -> Option<Vec<Piece>> {
    let ranges: Vec<Range<usize>> = timed.iter().map(|word| word.at.clone()).collect();
    let fits = ranges.iter().all(|range| range.start < range.end && text.get(range.clone()).is_some());
    if ranges.is_empty() || !fits || ranges.windows(2).any(|pair| pair[0].end > pair[1].start) {
        return None;
    }
    let mut last = start_seconds;
    let pieces = split(text, &ranges).into_iter().zip(timed).map(|((text, is_spaced), word)| {
        let mut time = |seconds: f64| {
            // A time that is no number stands where the last one stood.
            last = (start_seconds + seconds).max(last).min(end_seconds);
            last
        };
        let (start_seconds, end_seconds) = (time(word.start_seconds), time(word.end_seconds));
        Piece { text, start_seconds, end_seconds, is_spaced }
    });
    Some(pieces.collect())
}

/// Pieces of a text of which only the whole time is known: it is shared out by characters.
pub fn estimated(text: &str, language: Option<&str>, whole: Range<f64>) -> Vec<Piece> {
    let ranges: Vec<Range<usize>> = words(text, language).into_iter().map(|word| word.at).collect();
    let parts = if ranges.is_empty() { vec![(text.trim().to_owned(), false)] } else { split(text, &ranges) };
    let total: usize = parts.iter().map(|(text, _)| width(text) + 1).sum();
    let mut done = 0;
    let mut time = |columns: usize| {
        done += columns;
        whole.start + (whole.end - whole.start) * done as f64 / total.max(1) as f64
    };
    let parts = parts.into_iter().map(|(text, is_spaced)| {
        let (start_seconds, end_seconds) = (time(0), time(width(&text) + 1));
        Piece { text, start_seconds, end_seconds, is_spaced }
    });
    parts.collect()
}

/// The text around each word, with whether white space stands before it. Nothing of the text is lost but white space.
fn split(text: &str, ranges: &[Range<usize>]) -> Vec<(String, bool)> {
    let mut parts = Vec::with_capacity(ranges.len());
    let (mut from, mut is_spaced) = (0, false);
    for (number, range) in ranges.iter().enumerate() {
        let (end, next_is_spaced) = match ranges.get(number + 1) {
            None => (text.len(), false),
            Some(next) => {
                let gap = &text[range.end..next.start];
                // The last white space parts the two; without any, an opening bracket goes with what follows.
                match gap.char_indices().rfind(|(_, c)| c.is_whitespace()) {
                    Some((at, _)) => (range.end + at, true),
                    None => (range.end + gap.find(is_opening).unwrap_or(gap.len()), false),
                }
            }
        };
        parts.push((text[from..end].trim().to_owned(), is_spaced));
        (from, is_spaced) = (end, next_is_spaced);
    }
    parts
}

fn is_opening(character: char) -> bool {
    "([{«“‘„‚「『（《〈【〔¿¡".contains(character)
}

/// Readable cues of pieces in the order of their times.
pub fn cues(pieces: &[Piece]) -> Vec<Cue> {
    let pieces: Vec<Piece> = pieces.iter().flat_map(chopped).collect();
    let mut shown: Vec<&[Piece]> = Vec::new();
    let (mut from, mut to) = (0, 0);
    while to < pieces.len() {
        let open = &pieces[from..to];
        let next = &pieces[to];
        match open.last() {
            Some(last) if ends_before(open, last, next) => {
                shown.push(open);
                from = to;
            }
            Some(_) if !fits(&pieces[from..=to]) || next.end_seconds - open[0].start_seconds > MOST_SECONDS => {
                let count = clause(open);
                shown.push(&open[..count]);
                from += count;
            }
            _ => to += 1,
        }
    }
    if from < to {
        shown.push(&pieces[from..to]);
    }
    let milliseconds = |seconds: f64| (seconds * 1000.0).round() as u64;
    let cue = |(number, open): (usize, &&[Piece])| {
        let (start, end) = (open[0].start_seconds, open[open.len() - 1].end_seconds);
        let wanted = end.max(start + LEAST_SECONDS);
        let limit = shown.get(number + 1).map_or(wanted, |next| next[0].start_seconds);
        Cue::new(milliseconds(start), milliseconds(wanted.min(limit).max(start)), &lines(open))
    };
    shown.iter().enumerate().map(cue).collect()
}

/// Whether a cue ends between two pieces, though there would be room.
fn ends_before(open: &[Piece], last: &Piece, next: &Piece) -> bool {
    let pause = next.start_seconds - last.end_seconds;
    let length = last.end_seconds - open[0].start_seconds;
    pause >= PAUSE_SECONDS || ends_sentence(&last.text) && (pause >= SHORT_PAUSE_SECONDS || length >= SENTENCE_SECONDS)
}

/// How many pieces of a full cue are shown: up to the last comma of its second half, or all.
fn clause(open: &[Piece]) -> usize {
    let comma = |piece: &Piece| unquoted(&piece.text).ends_with([',', ';', ':', '、', '，', '；', '：', '—', '–']);
    let found = (open.len().div_ceil(2)..open.len()).rev().find(|&count| comma(&open[count - 1]));
    found.unwrap_or(open.len())
}

fn ends_sentence(text: &str) -> bool {
    unquoted(text).ends_with(['.', '!', '?', '…', '。', '！', '？', '।', '؟'])
}

fn unquoted(text: &str) -> &str {
    text.trim_end_matches(['"', '\'', '”', '’', '»', ')', ']', '」', '』', '）', '》'])
}

/// Columns that pieces take on one line.
fn line_width(pieces: &[Piece]) -> usize {
    let spaces = pieces.iter().skip(1).filter(|piece| piece.is_spaced).count();
    pieces.iter().map(|piece| width(&piece.text)).sum::<usize>() + spaces
}

fn line(pieces: &[Piece]) -> String {
    let mut out = String::new();
    for piece in pieces {
        if piece.is_spaced && !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&piece.text);
    }
    out
}

fn fits(pieces: &[Piece]) -> bool {
    line_width(pieces) <= COLUMNS || break_at(pieces).is_some()
}

/// Where two lines part best: both fit, they are of like length, and a comma ends the first if that is not far off.
fn break_at(pieces: &[Piece]) -> Option<usize> {
    let cost = |&at: &usize| {
        let (upper, lower) = (line_width(&pieces[..at]), line_width(&pieces[at..]));
        let is_clause = !pieces[at - 1].text.ends_with(|c: char| c.is_alphanumeric());
        upper.max(lower).saturating_sub(if is_clause { 8 } else { 0 })
    };
    let possible =
        (1..pieces.len()).filter(|&at| line_width(&pieces[..at]) <= COLUMNS && line_width(&pieces[at..]) <= COLUMNS);
    possible.min_by_key(cost)
}

fn lines(pieces: &[Piece]) -> String {
    if line_width(pieces) <= COLUMNS {
        return line(pieces);
    }
    match break_at(pieces) {
        Some(at) => format!("{}\n{}", line(&pieces[..at]), line(&pieces[at..])),
        None => line(pieces),
    }
}

/// A piece that is too wide for a line, in several; what they are said in is shared out.
fn chopped(piece: &Piece) -> Vec<Piece> {
    // Characters that break lines are white space like any other here.
    let piece = Piece { text: piece.text.split_whitespace().collect::<Vec<_>>().join(" "), ..piece.clone() };
    if width(&piece.text) <= COLUMNS {
        return vec![piece];
    }
    let mut texts = vec![String::new()];
    let mut used = 0;
    for cluster in piece.text.graphemes(true) {
        if used + width(cluster) > COLUMNS && used > 0 {
            texts.push(String::new());
            used = 0;
        }
        used += width(cluster);
        if let Some(last) = texts.last_mut() {
            last.push_str(cluster);
        }
    }
    let count = texts.len() as f64;
    let share = (piece.end_seconds - piece.start_seconds) / count;
    let cut = texts.into_iter().enumerate().map(|(number, text)| Piece {
        text,
        start_seconds: piece.start_seconds + share * number as f64,
        end_seconds: piece.start_seconds + share * (number + 1) as f64,
        is_spaced: piece.is_spaced && number == 0,
    });
    cut.collect()
}

/// Columns of a text: two for wide characters, none for marks.
pub fn width(text: &str) -> usize {
    let columns = |character: char| match u32::from(character) {
        0x1100..=0x115F | 0x2E80..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF | 0xFE30..=0xFE6F => 2,
        0xFF00..=0xFF60 | 0xFFE0..=0xFFE6 | 0x1_F300..=0x1_F9FF | 0x2_0000..=0x3_FFFD => 2,
        _ if is_combining_mark(character) => 0,
        _ => 1,
    };
    text.chars().map(columns).sum()
}
