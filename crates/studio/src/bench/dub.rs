//! How good a dub is, against a film of which everything is known: who speaks in whose voice, when lines begin, what was
//! heard and by whom where there were no subtitles. Measured in the finished files, not in the plans for them.

use std::path::Path;

use audio::Pcm;
use audio::media::{Shape, Tools};
use networks::starter::Ear;
use serde::Serialize;

use super::film::{CAST, Film};
use crate::dub::DubView;
use crate::{Studio, StudioError};

/// Rate of the ear.
const RATE_HZ: u32 = 16_000;
/// A line has begun when it comes so near to its own loudest tenth of a second, in decibels.
const BEGUN_DB: f64 = 30.0;

/// What was measured in a finished dub.
#[derive(Debug, Clone, Serialize)]
pub struct DubScores {
    /// Whether the copied picture is the film's, packet for packet.
    pub same_picture: bool,
    /// Length of the film and of the dub, in seconds.
    pub film_seconds: f64,
    /// Length of the dub, in seconds.
    pub dub_seconds: f64,
    /// Rows: who speaks in the film. Columns: the stand-ins. Mean likeness of the lines with the stand-in's real voice.
    pub likeness: Vec<Vec<f32>>,
    /// Lines of which the nearest stand-in is the one that speaks in the film.
    pub right_voice: usize,
    /// Lines that were compared.
    pub lines: usize,
    /// By how much lines begin beside their place in the film, in milliseconds: the middle one.
    pub onset_median_ms: f64,
    /// The worst.
    pub onset_worst_ms: f64,
    /// Loudness of the film, as one channel.
    pub film_lufs: Option<f64>,
    /// Loudness of the dub.
    pub dub_lufs: Option<f64>,
}

/// What was heard in a film without subtitles, against the truth.
#[derive(Debug, Clone, Serialize)]
pub struct HeardScores {
    /// Cues that were found, and those that there are.
    pub cues: (usize, usize),
    /// Speakers that were found, and those that there are.
    pub speakers: (usize, usize),
    /// Share of the film's speech that was missed, or given to the wrong speaker, and of what is none: of all speech.
    pub diarisation_error: f64,
    /// Words that were heard wrong, missed or made up, of all words.
    pub word_error: f64,
    /// Words in the film.
    pub words: usize,
}

impl Studio {
    /// Measures a finished dub of a film. `stem` is the dub alone, without the film's own sound.
    pub fn score_dub(
        &self,
        film: &Film,
        view: &DubView,
        out: &Path,
        stem: &Path,
        scratch: &Path,
    ) -> Result<DubScores, StudioError> {
        let tools = self.film_tools()?;
        let go = || true;
        let (before, after) = (tools.probe(&film.film, &go)?, tools.probe(out, &go)?);
        let same = tools.video_packets_sha256(&film.film, &go)? == tools.video_packets_sha256(out, &go)?;
        let ear = self.models.ear()?;
        let references = CAST
            .iter()
            .map(|speaker| embed(&ear, &speaker.say(super::SAMPLE, scratch)?))
            .collect::<Result<Vec<_>, _>>()?;
        let spoken = sound(&tools, stem)?;
        let mut sums = vec![vec![0.0_f32; CAST.len()]; CAST.len()];
        let mut counts = vec![0_usize; CAST.len()];
        let (mut right, mut onsets) = (0, Vec::new());
        for (cue, truth) in view.cues.iter().zip(&film.cues) {
            let Some(fit) = cue.fit else { continue };
            let start = fit.start_ms as f64 / 1000.0;
            let line = spoken.slice(start, start + fit.seconds);
            let voice = embed(&ear, &line)?;
            let likeness: Vec<f32> = references.iter().map(|reference| dot(reference, &voice)).collect();
            let nearest = (0..likeness.len()).max_by(|a, b| likeness[*a].total_cmp(&likeness[*b]));
            right += usize::from(nearest == Some(usize::from(truth.speaker)));
            counts[usize::from(truth.speaker)] += 1;
            for (sum, one) in sums[usize::from(truth.speaker)].iter_mut().zip(&likeness) {
                *sum += one;
            }
            // Looked for from well before the cue, so that a line that begins too early is found as well.
            let from = (truth.start_ms as f64 / 1000.0 - 0.4).max(0.0);
            if let Some(begun) = begins(&spoken.slice(from, start + fit.seconds)) {
                onsets.push(((from + begun) * 1000.0 - truth.start_ms as f64).abs());
            }
        }
        for (row, count) in sums.iter_mut().zip(&counts) {
            row.iter_mut().for_each(|sum| *sum /= (*count).max(1) as f32);
        }
        onsets.sort_by(f64::total_cmp);
        Ok(DubScores {
            same_picture: same,
            film_seconds: before.seconds,
            dub_seconds: after.seconds,
            likeness: sums,
            right_voice: right,
            lines: counts.iter().sum(),
            onset_median_ms: onsets.get(onsets.len() / 2).copied().unwrap_or(f64::NAN),
            onset_worst_ms: onsets.last().copied().unwrap_or(f64::NAN),
            film_lufs: audio::level::loudness_lufs(&sound(&tools, &film.film)?),
            dub_lufs: audio::level::loudness_lufs(&sound(&tools, out)?),
        })
    }

    /// Measures what was found in a film that was listened to.
    pub fn score_heard(&self, film: &Film, view: &DubView) -> HeardScores {
        let said: Vec<String> = film.cues.iter().flat_map(|cue| words(&cue.source)).collect();
        let heard: Vec<String> = view.cues.iter().flat_map(|cue| words(&cue.source)).collect();
        HeardScores {
            cues: (view.cues.len(), film.cues.len()),
            speakers: (view.speakers.len(), CAST.len()),
            diarisation_error: diarisation_error(film, view),
            word_error: edits(&said, &heard) as f64 / said.len().max(1) as f64,
            words: said.len(),
        }
    }
}

/// Time that is given to the wrong speaker, missed, or made up, of all time in which somebody speaks; each speaker that
/// was found stands for whoever of the film is most of it.
fn diarisation_error(film: &Film, view: &DubView) -> f64 {
    const STEP_MS: u64 = 10;
    let steps = (film.seconds * 1000.0) as u64 / STEP_MS;
    let true_at =
        |at: u64| film.cues.iter().find(|cue| (cue.start_ms..cue.end_ms).contains(&at)).map(|cue| cue.speaker);
    let found_at =
        |at: u64| view.cues.iter().find(|cue| (cue.start_ms..cue.end_ms).contains(&at)).map(|cue| cue.speaker);
    let both: Vec<_> = (0..steps).map(|step| (true_at(step * STEP_MS), found_at(step * STEP_MS))).collect();
    let stands_for: Vec<Option<u16>> = (0..view.speakers.len() as u16)
        .map(|found| {
            let count = |real: u16| both.iter().filter(|pair| **pair == (Some(real), Some(found))).count();
            (0..CAST.len() as u16).max_by_key(|real| count(*real))
        })
        .collect();
    let wrong = |pair: &&(Option<u16>, Option<u16>)| match **pair {
        (real, Some(found)) => stands_for.get(usize::from(found)).copied().flatten() != real,
        (real, None) => real.is_some(),
    };
    let speech = both.iter().filter(|(real, _)| real.is_some()).count();
    both.iter().filter(wrong).count() as f64 / speech.max(1) as f64
}

fn sound(tools: &Tools, path: &Path) -> Result<Pcm, StudioError> {
    let probe = tools.probe(path, &|| true)?;
    let mut reader = tools.sound(path, &probe, 0, Shape { rate_hz: RATE_HZ, channels: 1 })?;
    let (mut samples, mut block) = (Vec::new(), Vec::new());
    while reader.read(&mut block, &|| true)? > 0 {
        samples.extend_from_slice(&block);
    }
    Ok(Pcm::new(samples, RATE_HZ)?)
}

fn embed(ear: &Ear, sound: &Pcm) -> Result<Vec<f32>, StudioError> {
    ear.embed(sound.samples()).map_err(|deaf| StudioError::Missing { what: deaf.to_string(), fix: deaf.fix() })
}

fn dot(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

/// Where a line begins to sound, in seconds.
fn begins(line: &Pcm) -> Option<f64> {
    const FRAME: usize = RATE_HZ as usize / 100;
    let power: Vec<f64> = line
        .samples()
        .chunks(FRAME)
        .map(|part| part.iter().map(|v| f64::from(v * v)).sum::<f64>() / FRAME as f64)
        .collect();
    let loudest = power.windows(10).map(|part| part.iter().sum::<f64>() / 10.0).fold(0.0, f64::max);
    let least = loudest * 10_f64.powf(-BEGUN_DB / 10.0);
    power.iter().position(|power| *power > least && loudest > 0.0).map(|frame| frame as f64 * 0.01)
}

fn words(text: &str) -> Vec<String> {
    let spoken = text::normalise(text);
    let letters = |word: &str| word.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    spoken.split(|c: char| c.is_whitespace() || c == '-').map(letters).filter(|word| !word.is_empty()).collect()
}

/// Fewest insertions, deletions and replacements that make one list of words the other.
fn edits(one: &[String], other: &[String]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in other.iter().enumerate() {
            let here = (corner + usize::from(a != b)).min(row[j] + 1).min(row[j + 1] + 1);
            corner = std::mem::replace(&mut row[j + 1], here);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_as_an_editor_would() {
        let list = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(edits(&list("a b c d"), &list("a b c d")), 0);
        assert_eq!(edits(&list("a b c d"), &list("a x c")), 2);
        assert_eq!(edits(&list("a b"), &list("b a b c")), 2);
    }

    #[test]
    fn a_line_begins_where_it_is_heard() {
        let mut samples = vec![0.0; 8000];
        samples.extend((0..16_000).map(|n| (n as f32 * 0.1).sin() * 0.2));
        let begun = begins(&Pcm::new(samples, RATE_HZ).unwrap()).unwrap();
        assert!((begun - 0.5).abs() < 0.02, "{begun}");
        assert!(begins(&Pcm::new(vec![0.0; 8000], RATE_HZ).unwrap()).is_none());
    }
}
