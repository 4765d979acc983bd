//! How many words of a draft transcript are wrong, on stand-ins and on people:
//! `cargo test -p studio dub::listen::drafts -- --ignored --nocapture`.

use networks::starter::{Ear, bundled};

use crate::dub::listen::{Rules, regions};
use crate::dub::scene::{LINES, Said, line, people, scene, with_music};
use crate::stand_in::SPEAKERS;

/// Lines that no constant of the search was chosen by.
const OTHER_LINES: &str = include_str!("../../../../../assets/score/sentences.txt");

/// Words that were put in, left out or changed, and words that were said.
fn errors(said: &str, heard: &str) -> (usize, usize) {
    let words = |text: &str| -> Vec<String> {
        text.to_lowercase()
            .replace(['.', ',', '?', '!'], " ")
            .split_whitespace()
            .map(|word| word.trim_matches('\'').to_owned())
            .collect()
    };
    let (said, heard) = (words(said), words(heard));
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (i, word) in said.iter().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, other) in heard.iter().enumerate() {
            let changed = corner + usize::from(word != other);
            corner = row[j + 1];
            row[j + 1] = changed.min(corner + 1).min(row[j] + 1);
        }
    }
    (row[heard.len()], said.len())
}

fn cut(sound: &[f32], start: f64, end: f64) -> &[f32] {
    let sample = |seconds: f64| ((seconds * 16_000.0) as usize).min(sound.len());
    &sound[sample(start)..sample(end)]
}

fn rate(what: &str, ear: &Ear, sound: &[f32], said: &[Said], show: usize) {
    let (mut wrong, mut all, mut found) = (0, 0, 0);
    let (mut sure, mut sure_right) = (0, 0);
    let begun = std::time::Instant::now();
    for (number, line) in said.iter().enumerate() {
        let draft = ear.dictate(cut(sound, line.start - 0.1, line.end + 0.1)).unwrap();
        let (errors, words) = errors(&line.text, &draft.text());
        wrong += errors;
        all += words;
        found += draft.words.len();
        for word in draft.words.iter().filter(|word| word.probability > 0.5) {
            sure += 1;
            sure_right += usize::from(
                line.text.to_lowercase().split(|c: char| !c.is_alphanumeric() && c != '\'').any(|w| w == word.text),
            );
        }
        if number < show {
            println!("  said:  {}\n  heard: {}", line.text, draft.text());
        }
    }
    let took = begun.elapsed().as_secs_f64();
    let seconds: f64 = said.iter().map(|line| line.end - line.start).sum();
    println!(
        "{what}: word error rate {:.2} ({wrong} of {all} words in {} lines; {found} heard); of words above 0.5 {sure_right}/{sure} \
         were said in that line; {:.2} s of work for a second",
        wrong as f64 / all as f64,
        said.len(),
        took / seconds,
    );
}

#[test]
#[ignore = "prints rates"]
fn words() {
    let ear = bundled::ear().unwrap();
    let stand_ins = |texts: Vec<&str>| {
        let lines: Vec<(usize, String, Vec<f32>)> = texts
            .iter()
            .enumerate()
            .map(|(n, text)| (n % SPEAKERS.len(), (*text).to_owned(), line(&SPEAKERS[n % SPEAKERS.len()], text)))
            .collect();
        scene(&lines, |_| 0.5)
    };
    let mut scenes = vec![
        ("stand-ins, lines of the tuning", stand_ins(LINES.to_vec())),
        ("stand-ins, other lines", stand_ins(OTHER_LINES.lines().collect())),
    ];
    if let Some(clips) = people() {
        let lines = clips.into_iter().filter(|clip| clip.english).map(|clip| (0, clip.text, clip.wave));
        scenes.push(("people", scene(&lines.collect::<Vec<_>>(), |_| 0.5)));
    }
    for (name, (sound, said)) in &scenes {
        for (bed, decibels) in [("clean", -90.0), ("music -18 dB", -18.0)] {
            let show = if decibels < -20.0 { 6 } else { 0 };
            rate(&format!("{name}, {bed}"), &ear, &with_music(sound, decibels), said, show);
        }
    }
    // As a film without subtitles is drafted: by regions of speech.
    let (sound, said) = &scenes[1].1;
    let sound = with_music(sound, -18.0);
    let found = regions(&sound, &Rules::default());
    let heard: Vec<String> = found
        .iter()
        .filter_map(|region| ear.dictate(cut(&sound, region.start_seconds, region.end_seconds)).ok())
        .map(|draft| draft.text())
        .collect();
    let whole = said.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join(" ");
    let (wrong, all) = errors(&whole, &heard.join(" "));
    println!(
        "stand-ins, other lines, music -18 dB, by regions: word error rate {:.2} ({wrong} of {all})",
        wrong as f64 / all as f64
    );
}
