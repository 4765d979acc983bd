//! The rates that the constants of this room were chosen by, on stand-ins and on people:
//! `cargo test -p studio dub::speakers::rates -- --ignored --nocapture`.

use networks::starter::{Ear, bundled};

use super::tests::{Score, crowd, score, speakers, talk, truth, windows};
use super::*;
use crate::dub::listen;
use crate::dub::scene::{Clip, Said, people, scene, with_music};

const BEDS: [(&str, Option<f32>); 3] = [("clean", None), ("music -18 dB", Some(-18.0)), ("music -10 dB", Some(-10.0))];

fn names(clips: &[Clip]) -> Vec<&str> {
    let mut names: Vec<&str> = clips.iter().map(|clip| clip.speaker.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn bed(sound: &[f32], decibels: Option<f32>) -> Vec<f32> {
    decibels.map_or_else(|| sound.to_vec(), |decibels| with_music(sound, decibels))
}

/// How alike windows of one person and of two are, by length.
#[test]
#[ignore = "prints rates"]
fn likenesses() {
    let ear = bundled::ear().unwrap();
    let clips = people().unwrap_or_default();
    for (what, decibels) in BEDS {
        let sounds: Vec<Vec<f32>> = clips.iter().map(|clip| bed(&clip.wave, decibels)).collect();
        for length in [0.6, 1.0, 1.5, 2.0, 3.0, 5.0_f64] {
            let mut vectors: Vec<(usize, &str, Vec<f32>)> = Vec::new();
            let begun = std::time::Instant::now();
            for (number, (clip, sound)) in clips.iter().zip(&sounds).enumerate() {
                for window in sound.chunks_exact((length * 16_000.0) as usize) {
                    vectors.push((number, &clip.speaker, ear.embed(window).unwrap()));
                }
            }
            let took = begun.elapsed().as_secs_f64() / vectors.len() as f64;
            let (mut same, mut near, mut other) = (Vec::new(), Vec::new(), Vec::new());
            for (at, (clip, speaker, vector)) in vectors.iter().enumerate() {
                for (other_clip, other_speaker, other_vector) in &vectors[..at] {
                    let value = likeness(vector, other_vector);
                    match (speaker == other_speaker, clip == other_clip) {
                        (true, true) => near.push(value),
                        (true, false) => same.push(value),
                        _ => other.push(value),
                    }
                }
            }
            let told = |values: &mut Vec<f32>| {
                values.sort_by(f32::total_cmp);
                let at = |share: f64| values[((values.len() - 1) as f64 * share) as usize];
                let mean = values.iter().sum::<f32>() / values.len() as f32;
                format!("mean {mean:.2} [{:.2} {:.2} {:.2}] n={}", at(0.1), at(0.5), at(0.9), values.len())
            };
            println!(
                "{what}, {length} s ({:.1} ms each): same clip {}; same person, other clip {}; others {}",
                took * 1e3,
                told(&mut near),
                told(&mut same),
                told(&mut other)
            );
        }
    }
}

fn report(what: &str, ear: &Ear, sound: &[f32], said: &[Said]) {
    let begun = std::time::Instant::now();
    let heard = prints(ear, sound, 0.0, &windows(said));
    let took = begun.elapsed().as_secs_f64();
    let by = |wanted| score(&truth(said), &speakers(&gather(&heard, wanted)));
    println!("{what}: by itself {}", by(None));
    let people = said.iter().map(|said| said.speaker + 1).max();
    println!("{what}: number given {} ({:.1} ms a window)", by(people), took * 1e3 / said.len() as f64);
}

/// Wrong speakers of cues whose times are known.
#[test]
#[ignore = "prints rates"]
fn cues() {
    let ear = bundled::ear().unwrap();
    for who in [&[0][..], &[0, 1], &[0, 1, 2], &[2, 3, 4, 5], &[0, 1, 2, 3, 4, 5]] {
        let (sound, said) = scene(&talk(who, 36), |n| 0.2 + 0.1 * (n % 5) as f64);
        for (what, decibels) in BEDS {
            report(&format!("stand-ins {}, {what}", who.len()), &ear, &bed(&sound, decibels), &said);
        }
    }
    let clips = people().unwrap_or_default();
    let all = names(&clips);
    let english: Vec<&str> = all.iter().copied().filter(|name| name.starts_with("libri")).collect();
    let sets =
        [english[..1].to_vec(), english[..2].to_vec(), english[2..4].to_vec(), english[..3].to_vec(), english, all];
    for who in sets.iter().filter(|who| !who.is_empty()) {
        let (sound, said) = scene(&crowd(who, &clips), |n| 0.2 + 0.1 * (n % 5) as f64);
        for (what, decibels) in BEDS {
            report(&format!("people {}, {what}", who.len()), &ear, &bed(&sound, decibels), &said);
        }
    }
}

/// Wrong speakers by time where nobody wrote cues: regions, sliding windows, turns.
#[test]
#[ignore = "prints rates"]
fn regions() {
    let ear = bundled::ear().unwrap();
    let clips = people().unwrap_or_default();
    let english: Vec<&str> = names(&clips).into_iter().filter(|name| name.starts_with("libri")).collect();
    let scenes = [
        ("stand-ins 2", talk(&[0, 1], 30)),
        ("stand-ins 3", talk(&[0, 1, 2], 30)),
        ("stand-ins 4", talk(&[2, 3, 4, 5], 30)),
        ("people 2", crowd(&english[..english.len().min(2)], &clips)),
        ("people 5", crowd(&english, &clips)),
    ];
    for (name, lines) in scenes.iter().filter(|(_, lines)| !lines.is_empty()) {
        // Pauses of 0.08 to 0.5 seconds: most lines follow each other within a region.
        let (sound, said) = scene(lines, |n| 0.08 + 0.105 * (n % 5) as f64);
        let people = said.iter().map(|said| said.speaker + 1).max();
        for (what, decibels) in BEDS {
            let sound = bed(&sound, decibels);
            let regions = listen::regions(&sound, &listen::Rules::default());
            let heard = prints(&ear, &sound, 0.0, &sliding(&regions));
            for wanted in [None, people] {
                let found = turns(&regions, &heard, &gather(&heard, wanted));
                let mut frames: Vec<((usize, f64), u16)> = Vec::new();
                let mut missed = 0;
                for said in &said {
                    let count = ((said.end - said.start) / 0.05) as usize;
                    for at in (0..count).map(|k| said.start + 0.05 * (k as f64 + 0.5)) {
                        match found.iter().find(|turn| (turn.start_seconds..turn.end_seconds).contains(&at)) {
                            Some(turn) => frames.push(((said.speaker, 0.05), turn.speaker)),
                            None => missed += 1,
                        }
                    }
                }
                let (truth, assigned): (Vec<(usize, f64)>, Vec<u16>) = frames.into_iter().unzip();
                let scored: Score = score(&truth, &assigned);
                println!(
                    "{name}, {what}, {}: {} turns for {} lines in {} regions; frames: {scored}; {missed} missed",
                    if wanted.is_some() { "number given" } else { "by itself" },
                    found.len(),
                    said.len(),
                    regions.len(),
                );
            }
        }
    }
}
