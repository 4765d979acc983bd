//! Subtitles and transcripts become cues. What is said in the film and what is to be said in the dub may come from two
//! files that part the speech differently.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use text::Cue as Subtitle;

use super::Author;
use super::script::{Cue, MAX_CHARACTERS, MAX_CUES, MAX_SPEAKERS, Script, Speaker};
use crate::StudioError;

/// Largest file of subtitles, in bytes.
const MAX_BYTES: u64 = 32 << 20;
/// Shortest cue that is kept.
const SHORTEST_MS: u64 = 50;

/// Cues of a film and who speaks them, where the file says so.
pub(super) struct Found {
    pub cues: Vec<Cue>,
    pub speakers: Vec<Speaker>,
    /// Whether the cues' speakers are known.
    pub assigned: bool,
    pub warnings: Vec<String>,
}

/// Reads a file of subtitles.
pub(super) fn read(path: &Path) -> Result<(Vec<Subtitle>, Vec<String>), StudioError> {
    let about = std::fs::metadata(path).map_err(|error| StudioError::input(path, &error))?;
    if about.is_dir() {
        return Err(StudioError::IsFolder { path: path.to_owned() });
    }
    if about.len() > MAX_BYTES {
        return Err(StudioError::TooLarge { path: path.to_owned(), limit_megabytes: MAX_BYTES >> 20 });
    }
    let bytes = std::fs::read(path).map_err(|error| StudioError::input(path, &error))?;
    let (cues, warnings) = text::read_subtitles(&bytes)?;
    Ok((cues, warnings.iter().map(ToString::to_string).collect()))
}

/// What is to be spoken: turns apart from each other, and repeats (lines that are drawn twice for looks) once.
fn apart(subtitles: &[Subtitle]) -> Vec<Subtitle> {
    let mut turns: Vec<Subtitle> =
        subtitles.iter().flat_map(Subtitle::turns).filter(|cue| is_speech(cue.text())).collect();
    turns.dedup();
    turns
}

/// Joins both files. Cues are those of the dub where there are any, else those of the film.
pub(super) fn joined(source: &[Subtitle], target: &[Subtitle], duration_ms: u64) -> Found {
    let mut warnings = Vec::new();
    let (source, target) = (&apart(source), &apart(target));
    let (leading, is_target) = if target.is_empty() { (source, false) } else { (target, true) };
    let within = |cue: &&Subtitle| cue.start_milliseconds() < duration_ms;
    let late = leading.len() - leading.iter().filter(within).count();
    if late > 0 {
        warnings.push(format!("{late} cues of the subtitles begin after the end of the film and are left out"));
    }
    let kept: Vec<&Subtitle> = leading.iter().filter(within).take(MAX_CUES).collect();
    let mut names: HashMap<String, u16> = HashMap::new();
    let mut speakers: Vec<Speaker> = Vec::new();
    let mut named = 0;
    let mut cues: Vec<Cue> = kept
        .iter()
        .zip(0..)
        .map(|(subtitle, id)| {
            let start_ms = subtitle.start_milliseconds();
            let end_ms = subtitle.end_milliseconds().min(duration_ms.max(start_ms)).max(start_ms + SHORTEST_MS);
            let speaker = subtitle.speaker().map_or(0, |name| {
                named += 1;
                *names.entry(name.to_owned()).or_insert_with(|| {
                    if speakers.len() < MAX_SPEAKERS {
                        speakers.push(Speaker { name: Some(name.to_owned()), voice: None });
                    }
                    (speakers.len() - 1) as u16
                })
            });
            let text = flat(subtitle.text());
            let (source, target) = if is_target { (String::new(), text) } else { (text, String::new()) };
            Cue {
                id,
                start_ms,
                end_ms,
                speaker,
                source,
                target,
                by: Author::File,
                take: None,
                recorded: None,
                locked: false,
            }
        })
        .collect();
    if is_target {
        lay(source, &mut cues, |cue| &mut cue.source);
    }
    if speakers.is_empty() && !cues.is_empty() {
        speakers.push(Speaker::default());
    }
    let assigned = named > 0 && named == cues.len();
    Found { cues, speakers, assigned, warnings }
}

/// Subtitles in place of a dub's cues. What is known of the other side, and who speaks, is laid under the new cues; a cue
/// whose times are the same stays the cue that it was, and locked cues stay as they are.
pub(super) fn given(script: &Script, subtitles: &[Subtitle], is_target: bool, duration_ms: u64) -> Found {
    let side = |cue: &Cue| if is_target { cue.source.clone() } else { cue.target.clone() };
    let known: Vec<Subtitle> = script
        .cues
        .iter()
        .filter(|cue| !side(cue).is_empty())
        .map(|cue| Subtitle::new(cue.start_ms, cue.end_ms, &side(cue)))
        .collect();
    let mut found = if is_target {
        joined(&known, subtitles, duration_ms)
    } else {
        let mut found = joined(subtitles, &[], duration_ms);
        lay(&known, &mut found.cues, |cue| &mut cue.target);
        found
    };
    if !found.assigned && !script.speakers.is_empty() {
        for cue in &mut found.cues {
            let near = script.cues.iter().filter(|old| old.start_ms < cue.end_ms && old.end_ms > cue.start_ms);
            cue.speaker = near.max_by_key(|old| shared(old, cue)).map_or(0, |old| old.speaker);
        }
        found.speakers.clone_from(&script.speakers);
        found.assigned = script.is_assigned;
    }
    // Numbers that no cue has had: takes and sounds are remembered by them.
    for (cue, id) in found.cues.iter_mut().zip(script.next_id()..) {
        cue.id = id;
    }
    let known: HashMap<(u64, u64), &Cue> = script.cues.iter().map(|cue| ((cue.start_ms, cue.end_ms), cue)).collect();
    let mut taken = HashSet::new();
    for cue in &mut found.cues {
        if let Some(old) = known.get(&(cue.start_ms, cue.end_ms))
            && taken.insert(old.id)
        {
            (cue.id, cue.recorded) = (old.id, old.recorded);
            if cue.target == old.target {
                (cue.take, cue.by) = (old.take, old.by);
            }
        }
    }
    let locked: Vec<&Cue> = script.cues.iter().filter(|cue| cue.locked).collect();
    if !locked.is_empty() {
        let is_under = |cue: &Cue| locked.iter().any(|old| shared(old, cue) * 2 > cue.end_ms - cue.start_ms);
        let before = found.cues.len();
        found.cues.retain(|cue| !is_under(cue) && locked.iter().all(|old| old.id != cue.id));
        let left = before - found.cues.len();
        if left > 0 {
            found.warnings.push(format!("{left} lines of the subtitles lie where cues are locked and are left out"));
        }
        found.cues.extend(locked.into_iter().cloned());
        let most = found.cues.iter().map(|cue| usize::from(cue.speaker)).max().unwrap_or(0);
        if found.speakers.len() <= most {
            found.speakers.resize(most + 1, Speaker::default());
        }
    }
    found
}

/// Words of subtitles for the cues that are there, by their times: each line goes to the cue that it shares most time with.
/// Cues that get none, and locked ones, stay as they are. Answers how many cues got words.
pub(super) fn worded(script: &Script, subtitles: &[Subtitle], is_target: bool) -> (Vec<Cue>, usize) {
    let mut fresh: Vec<Cue> = script.cues.clone();
    for cue in &mut fresh {
        let side = if is_target { &mut cue.target } else { &mut cue.source };
        side.clear();
    }
    lay(&apart(subtitles), &mut fresh, |cue| if is_target { &mut cue.target } else { &mut cue.source });
    let mut cues = script.cues.clone();
    let mut count = 0;
    for (cue, fresh) in cues.iter_mut().zip(fresh).filter(|(cue, _)| !cue.locked) {
        let (words, side) = if is_target { (fresh.target, &mut cue.target) } else { (fresh.source, &mut cue.source) };
        if words.is_empty() {
            continue;
        }
        count += 1;
        if *side != words {
            *side = words;
            if is_target {
                (cue.take, cue.by) = (None, Author::File);
            }
        }
    }
    (cues, count)
}

/// How long two cues sound at the same time, in milliseconds.
fn shared(one: &Cue, other: &Cue) -> u64 {
    one.end_ms.min(other.end_ms).saturating_sub(one.start_ms.max(other.start_ms))
}

/// Lays what one side says under the cues of the other: each subtitle goes to the cue that it shares most time with.
fn lay(source: &[Subtitle], cues: &mut [Cue], side: impl Fn(&mut Cue) -> &mut String) {
    let mut sorted: Vec<&Subtitle> = source.iter().collect();
    sorted.sort_by_key(|cue| cue.start_milliseconds());
    // Cues are sorted by their starts, but a long one may reach beyond many: the longest says how far to look back.
    let longest = cues.iter().map(|cue| cue.end_ms - cue.start_ms).max().unwrap_or(0);
    for subtitle in sorted {
        let (start, end) = (subtitle.start_milliseconds(), subtitle.end_milliseconds());
        let first = cues.partition_point(|cue| cue.start_ms + longest < start);
        let shared = |cue: &Cue| cue.end_ms.min(end).saturating_sub(cue.start_ms.max(start));
        let near = (first..cues.len()).take_while(|at| cues[*at].start_ms < end);
        let best = near.max_by_key(|at| (shared(&cues[*at]), std::cmp::Reverse(*at)));
        if let Some(at) = best.filter(|at| shared(&cues[*at]) > 0) {
            let text = side(&mut cues[at]);
            *text = flat(&format!("{text} {}", subtitle.text()));
        }
    }
}

/// Whether there is anything to say: subtitles also name music and noises, in brackets.
fn is_speech(text: &str) -> bool {
    let text = text.trim();
    let in_brackets = [('[', ']'), ('(', ')')].iter().any(|(open, close)| {
        text.strip_prefix(*open).and_then(|rest| rest.strip_suffix(*close)).is_some_and(|inner| !inner.contains(*open))
    });
    !in_brackets && !text.starts_with('♪') && text.chars().any(char::is_alphanumeric)
}

/// On one line, and no longer than a cue may be.
pub(super) fn flat(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text: String = text.chars().filter(|c| !c.is_control()).take(MAX_CHARACTERS).collect();
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subtitle(start: u64, end: u64, text: &str) -> Subtitle {
        Subtitle::new(start, end, text)
    }

    #[test]
    fn two_files_that_part_the_speech_differently_come_together() {
        let source =
            [subtitle(0, 1000, "Guten Tag."), subtitle(1000, 2000, "Wie geht es?"), subtitle(5000, 6000, "Gut.")];
        let target =
            [subtitle(100, 1900, "Hello, how are you?"), subtitle(5000, 6100, "Fine."), subtitle(7000, 8000, "Well.")];
        let found = joined(&source, &target, 60_000);
        let sources: Vec<&str> = found.cues.iter().map(|cue| &*cue.source).collect();
        assert_eq!(sources, ["Guten Tag. Wie geht es?", "Gut.", ""]);
        assert!(!found.assigned);
        assert_eq!(found.speakers.len(), 1);
    }

    #[test]
    fn noises_music_and_what_comes_after_the_film_are_no_speech() {
        let source = [
            subtitle(0, 1000, "[door slams]"),
            subtitle(1000, 2000, "♪ la la"),
            subtitle(2000, 3000, "(sighs)"),
            subtitle(3000, 3010, "Yes."),
            subtitle(90_000, 91_000, "Too late."),
        ];
        let found = joined(&source, &[], 60_000);
        assert_eq!(found.cues.len(), 1);
        assert_eq!((found.cues[0].start_ms, found.cues[0].end_ms), (3000, 3050));
        assert_eq!(found.warnings.len(), 1);
    }

    #[test]
    fn nothing_is_no_cue_and_no_speaker() {
        let found = joined(&[], &[], 1000);
        assert!(found.cues.is_empty() && found.speakers.is_empty());
    }
}
