//! The two halves of the gate on recordings of real people: does the ear tell what was said from what was not, and one
//! person from another within one recording? The recordings are nobody's samples; nothing of them is kept.

use std::collections::BTreeMap;
use std::path::Path;

use audio::Limits;
use networks::starter::Ear;
use networks::starter::ear::{sentence_place, word_places};
use serde::Deserialize;

use super::ear::{EarRates, Row};
use crate::StudioError;

/// Fewest words of a sentence that the gate would ever ask for.
const SENTENCE_WORDS: usize = 10;
/// Fewest phones of a word that could be in the challenge list.
const WORD_PHONES: usize = 6;

#[derive(Deserialize)]
struct Listed {
    file: String,
    speaker: String,
    lang: String,
    text: String,
}

/// A word that was cut out of running speech: its phones and its sound.
type Cut = (Vec<u8>, Vec<f32>);

struct Clip {
    speaker: String,
    wave: Vec<f32>,
    words: Vec<Vec<u8>>,
}

pub(super) fn rates(ear: &Ear, folder: &Path, trials: usize, say: &dyn Fn(String)) -> Result<EarRates, StudioError> {
    let clips = read(ear, folder)?;
    let people: std::collections::BTreeSet<&str> = clips.iter().map(|clip| clip.speaker.as_str()).collect();
    say(format!("{} clips of {} people", clips.len(), people.len()));
    let mut rows = sentences(ear, &clips)?;
    rows.extend(words(ear, &clips, trials)?);
    rows.extend(voices(ear, &clips)?);
    Ok(EarRates { voices: format!("{} clips of {} real people, the gate's halves", clips.len(), people.len()), rows })
}

/// Recordings at 16 kHz with what is said in them.
pub(super) fn readings(folder: &Path) -> Result<Vec<(Vec<f32>, String)>, StudioError> {
    Ok(listed(folder)?.into_iter().map(|(clip, wave)| (wave, clip.text.to_lowercase())).collect())
}

fn read(ear: &Ear, folder: &Path) -> Result<Vec<Clip>, StudioError> {
    let clip = |(clip, wave): (Listed, Vec<f32>)| Clip {
        speaker: clip.speaker,
        wave,
        words: ear.words(&clip.text.to_lowercase()),
    };
    Ok(listed(folder)?.into_iter().map(clip).collect())
}

/// The English recordings of a folder.
fn listed(folder: &Path) -> Result<Vec<(Listed, Vec<f32>)>, StudioError> {
    let manifest = folder.join("manifest.json");
    let text = std::fs::read_to_string(&manifest).map_err(|error| StudioError::input(&manifest, &error))?;
    let listed: Vec<Listed> = serde_json::from_str(&text)
        .map_err(|error| StudioError::Unreadable { path: manifest.clone(), reason: error.to_string() })?;
    let mut clips = Vec::new();
    for clip in listed.into_iter().filter(|clip| clip.lang == "en") {
        let pcm = audio::decode::read(&folder.join(&clip.file), &Limits::default())?;
        let pcm = if pcm.rate_hz() == 16_000 { pcm } else { audio::resample(&pcm, 16_000)? };
        clips.push((clip, pcm.into_samples()));
    }
    Ok(clips)
}

/// The true transcript against shuffles of its words; then another clip's transcript against shuffles of its own.
fn sentences(ear: &Ear, clips: &[Clip]) -> Result<Vec<Row>, StudioError> {
    let z = ear.rules().sentence_z;
    let (mut genuine, mut wrong) = (Vec::new(), Vec::new());
    for (number, clip) in clips.iter().enumerate() {
        let heard = ear.hear(&clip.wave).map_err(deaf)?;
        for (other_number, other) in clips.iter().enumerate() {
            let phones: usize = other.words.iter().map(Vec::len).sum();
            let fits = phones * 10 < heard.steps() * 8;
            if other.words.len() < SENTENCE_WORDS || (number != other_number && !fits) {
                continue;
            }
            let place = sentence_place(&heard, &other.words, (number * 1000 + other_number) as u64);
            let accepted = place.beaten == place.decoys && place.z >= z;
            if number == other_number { genuine.push(accepted) } else { wrong.push(accepted) }
        }
    }
    Ok(vec![
        Row::of("a sentence that was said, accepted", &genuine),
        Row::of("a sentence that was not said, accepted", &wrong),
    ])
}

/// Six long words cut out of one person's running speech, among the challenge list.
fn words(ear: &Ear, clips: &[Clip], trials: usize) -> Result<Vec<Row>, StudioError> {
    let rules = ear.rules();
    let vocabulary: Vec<Vec<u8>> = crate::enroll::WORDS.lines().map(|word| ear.words(word).concat()).collect();
    let mut bank: BTreeMap<&str, Vec<Cut>> = BTreeMap::new();
    for clip in clips {
        let heard = ear.hear(&clip.wave).map_err(deaf)?;
        let Some(spans) = heard.align(&clip.words.concat()) else { continue };
        let mut at = 0;
        for word in &clip.words {
            let span = &spans[at..at + word.len()];
            at += word.len();
            let known = bank.entry(&clip.speaker).or_default();
            if word.len() >= WORD_PHONES && known.iter().all(|(other, _)| other != word) {
                let from = span[0].0.saturating_sub(2) * 480;
                let to = ((span[span.len() - 1].1 + 3) * 480).min(clip.wave.len());
                known.push((word.clone(), faded(&clip.wave[from..to])));
            }
        }
    }
    bank.retain(|_, words| words.len() >= 6);
    let people: Vec<&Vec<Cut>> = bank.values().collect();
    let mut accepted: BTreeMap<usize, Vec<bool>> = BTreeMap::new();
    for trial in 0..trials {
        let words = people[trial % people.len()];
        let picked: Vec<_> = (0..6).map(|slot| &words[(trial / people.len() * 5 + slot * 7) % words.len()]).collect();
        if (1..6).any(|slot| picked[..slot].iter().any(|other| other.0 == picked[slot].0)) {
            continue;
        }
        let mut wave = vec![0.0; 3200];
        for (_, sound) in &picked {
            wave.extend_from_slice(sound);
            wave.extend_from_slice(&[0.0; 3200]);
        }
        let heard = ear.hear(&wave).map_err(deaf)?;
        let mut list: Vec<Vec<u8>> = picked.iter().map(|(phones, _)| phones.clone()).collect();
        list.extend(vocabulary.iter().filter(|word| picked.iter().all(|(phones, _)| phones != *word)).cloned());
        for wrong in [0, 1, 2, 6] {
            let claimed: Vec<usize> = (0..6)
                .map(|slot| if slot < wrong { 6 + (trial * 11 + slot * 5) % (list.len() - 6) } else { slot })
                .collect();
            let (together, slots) = word_places(&heard, &claimed, &list, trial as u64);
            let right = slots.iter().filter(|place| place.beaten == place.decoys).count();
            accepted.entry(wrong).or_default().push(together.z >= rules.words_z && right >= rules.slots);
        }
    }
    let name = |wrong: &usize| match wrong {
        0 => "six words cut from running speech, accepted".to_owned(),
        1 => "the same with one wrong word, accepted".to_owned(),
        wrong => format!("the same with {wrong} wrong words, accepted"),
    };
    Ok(accepted.iter().map(|(wrong, results)| Row::of(name(wrong), results)).collect())
}

/// Three-second windows of a clip against the rest of that clip, and against clips of other people.
fn voices(ear: &Ear, clips: &[Clip]) -> Result<Vec<Row>, StudioError> {
    let mut windows: Vec<(&str, Vec<Vec<f32>>)> = Vec::new();
    for clip in clips {
        let embedded: Result<Vec<_>, _> = windows_of(&clip.wave).map(|window| ear.embed(window)).collect();
        windows.push((&clip.speaker, embedded.map_err(deaf)?));
    }
    let (mut same, mut other) = (Vec::new(), Vec::new());
    for (number, (speaker, mine)) in windows.iter().enumerate() {
        for (at, window) in mine.iter().enumerate() {
            // Windows that overlap this one would know it by heart.
            let rest: Vec<Vec<f32>> =
                mine.iter().enumerate().filter(|(k, _)| k.abs_diff(at) >= 2).map(|(_, w)| w.clone()).collect();
            if !rest.is_empty() {
                same.push(likeness(window, &centre(&rest)));
            }
        }
        for (other_number, (other_speaker, theirs)) in windows.iter().enumerate() {
            if number != other_number && speaker != other_speaker {
                let middle = centre(theirs);
                other.extend(mine.iter().map(|window| likeness(window, &middle)));
            }
        }
    }
    let least = ear.rules().same_person as f32;
    let accepted = |scores: &[f32]| scores.iter().map(|score| *score >= least).collect::<Vec<_>>();
    let refused: Vec<bool> = accepted(&same).into_iter().map(|accepted| !accepted).collect();
    let (error, _) = equal_error(&mut same.clone(), &mut other.clone());
    Ok(vec![
        Row::of("a window of another person accepted", &accepted(&other)),
        Row::of("a window of the same person refused", &refused),
        Row { what: "equal error of windows".into(), share: error, trials: same.len() + other.len() },
    ])
}

/// Three seconds, every second and a half.
fn windows_of(wave: &[f32]) -> impl Iterator<Item = &[f32]> {
    const WINDOW: usize = 48_000;
    let window = WINDOW.min(wave.len()).max(1);
    wave.windows(window).step_by(WINDOW / 2)
}

fn likeness(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// Mean direction of several windows.
fn centre(embeddings: &[Vec<f32>]) -> Vec<f32> {
    let mut mean = vec![0.0_f32; embeddings.first().map_or(0, Vec::len)];
    for embedding in embeddings {
        mean.iter_mut().zip(embedding).for_each(|(mean, value)| *mean += value);
    }
    let length = likeness(&mean, &mean).sqrt().max(1e-6);
    mean.iter_mut().for_each(|value| *value /= length);
    mean
}

/// Where as many of the same are refused as of the others accepted: that share, and the threshold.
fn equal_error(same: &mut [f32], other: &mut [f32]) -> (f64, f32) {
    same.sort_by(f32::total_cmp);
    other.sort_by(f32::total_cmp);
    let share =
        |sorted: &[f32], at: f32| sorted.partition_point(|score| *score < at) as f64 / sorted.len().max(1) as f64;
    let mut best = (1.0, 0.0);
    let mut narrowest = f64::INFINITY;
    for &at in same.iter().chain(other.iter()) {
        let (refused, let_in) = (share(same, at), 1.0 - share(other, at));
        if (refused - let_in).abs() < narrowest {
            narrowest = (refused - let_in).abs();
            best = ((refused + let_in) / 2.0, at);
        }
    }
    best
}

fn faded(sound: &[f32]) -> Vec<f32> {
    let mut sound = sound.to_vec();
    let edge = 320.min(sound.len() / 2);
    let last = sound.len();
    for k in 0..edge {
        let gain = k as f32 / edge as f32;
        sound[k] *= gain;
        sound[last - 1 - k] *= gain;
    }
    sound
}

fn deaf(error: networks::starter::ear::Deaf) -> StudioError {
    consent::Refusal::EarFailed { why: error.to_string() }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_error_of_apart_and_of_mixed() {
        assert_eq!(equal_error(&mut [0.8, 0.9], &mut [0.1, 0.2]).0, 0.0);
        let (error, _) = equal_error(&mut [0.1, 0.9], &mut [0.1, 0.9]);
        assert!((0.25..=0.75).contains(&error), "{error}");
    }

    #[test]
    fn fading_keeps_the_middle() {
        let sound = faded(&[1.0; 1000]);
        assert_eq!((sound[0], sound[500], sound[999]), (0.0, 1.0, 0.0));
    }
}
