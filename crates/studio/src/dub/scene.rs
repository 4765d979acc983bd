//! Scenes for the tests of the listening side: stand-ins or people speak after each other, with or without music. It
//! makes sound and measures shares; it decides nothing.

use std::path::Path;

use audio::Limits;
use serde::Deserialize;

use super::listen::RATE_HZ;
use crate::stand_in::StandIn;

/// What is said, in the manner of a film: from one word to two sentences.
pub const LINES: [&str; 24] = [
    "Where were you last night?",
    "I waited at the station for almost three hours, and nobody came.",
    "No.",
    "You should have called me before you left the house.",
    "The road was closed, so we had to walk along the river.",
    "What did he say about the money?",
    "Nothing at all.",
    "He told me that the letter was hidden behind the old clock in the kitchen.",
    "Are you sure?",
    "I have never been so sure of anything in my whole life.",
    "Then we must find it before the others do. Bring the lamp and close the door.",
    "Wait a moment.",
    "There is somebody outside, under the window.",
    "It is only the dog, he always barks at this time of the night.",
    "Listen.",
    "My father worked on this farm for forty years, and he never saw a single day of rest.",
    "That was a long time ago.",
    "People do not change as much as you think they do.",
    "Give me the key, please.",
    "If you open that box, there is no way back for any of us.",
    "I know.",
    "The doctor said that she could go home at the end of the week.",
    "How many of them are left?",
    "Five or six, perhaps more, it was too dark to count them.",
];

/// One line in a scene: who, what, and when, in seconds.
#[derive(Debug, Clone)]
pub struct Said {
    pub speaker: usize,
    pub text: String,
    pub start: f64,
    pub end: f64,
}

/// Lines after each other, `gap(number)` seconds apart.
pub fn scene(lines: &[(usize, String, Vec<f32>)], gap: impl Fn(usize) -> f64) -> (Vec<f32>, Vec<Said>) {
    let mut sound = vec![0.0; RATE_HZ as usize];
    let mut said = Vec::new();
    for (number, (speaker, text, wave)) in lines.iter().enumerate() {
        let start = sound.len() as f64 / f64::from(RATE_HZ);
        sound.extend_from_slice(wave);
        let end = sound.len() as f64 / f64::from(RATE_HZ);
        said.push(Said { speaker: *speaker, text: text.clone(), start, end });
        sound.extend(vec![0.0; (gap(number) * f64::from(RATE_HZ)) as usize]);
    }
    sound.extend(vec![0.0; RATE_HZ as usize]);
    let mut state = 7;
    sound.iter_mut().for_each(|v| *v += 3e-4 * noise(&mut state));
    (sound, said)
}

/// A line of a stand-in, without the silence around it, at a common level.
pub fn line(speaker: &StandIn, text: &str) -> Vec<f32> {
    let scratch = tempfile::tempdir().unwrap();
    let spoken = speaker.say(text, scratch.path()).unwrap();
    levelled(trimmed(spoken.samples()))
}

/// Chords, a bass and a drum: `decibels` against the loudness of speech in `sound`.
pub fn with_music(sound: &[f32], decibels: f32) -> Vec<f32> {
    let music = music(sound.len());
    let (speech, bed) = (loud(sound), loud(&music));
    let gain = speech / bed * 10f32.powf(decibels / 20.0);
    sound.iter().zip(&music).map(|(v, m)| (v + gain * m).clamp(-1.0, 1.0)).collect()
}

/// Music and nobody: a progression of four chords with overtones, decaying notes, a walking bass and brushes.
pub fn music(samples: usize) -> Vec<f32> {
    const CHORDS: [[f32; 4]; 4] = [
        [220.0, 261.63, 329.63, 440.0],
        [174.61, 220.0, 261.63, 349.23],
        [196.0, 261.63, 329.63, 392.0],
        [196.0, 246.94, 293.66, 392.0],
    ];
    let rate = RATE_HZ as f32;
    let mut state = 99;
    (0..samples)
        .map(|n| {
            let t = n as f32 / rate;
            let bar = (t / 2.4) as usize;
            let beat = (t / 0.6).fract() * 0.6;
            let arpeggio = (t / 0.3) as usize % 4;
            let chord = CHORDS[bar % 4];
            let wobble = 1.0 + 0.003 * (t * 5.5 * std::f32::consts::TAU).sin();
            let tone = |hz: f32, overtones: usize| {
                (1..=overtones)
                    .map(|k| (std::f32::consts::TAU * hz * wobble * k as f32 * t).sin() / (k * k) as f32)
                    .sum::<f32>()
            };
            let pad: f32 = chord.iter().map(|hz| tone(*hz, 6)).sum::<f32>() * 0.12;
            let pluck = tone(2.0 * chord[arpeggio], 4) * (-(t / 0.3).fract() * 2.0).exp() * 0.25;
            let bass = tone(chord[0] / 4.0, 3) * (-beat * 3.0).exp() * 0.4;
            let brush = noise(&mut state) * (-beat * 25.0).exp() * 0.2;
            pad + pluck + bass + brush
        })
        .collect()
}

fn noise(state: &mut u32) -> f32 {
    *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    (*state >> 8) as f32 / (1 << 23) as f32 - 1.0
}

/// Root mean square of the louder half of it.
fn loud(sound: &[f32]) -> f32 {
    let mut frames: Vec<f32> =
        sound.chunks(320).map(|frame| frame.iter().map(|v| v * v).sum::<f32>() / 320.0).collect();
    frames.sort_by(f32::total_cmp);
    let half = &frames[frames.len() / 2..];
    (half.iter().sum::<f32>() / half.len() as f32).sqrt()
}

fn levelled(mut wave: Vec<f32>) -> Vec<f32> {
    let gain = 0.07 / loud(&wave).max(1e-6);
    wave.iter_mut().for_each(|v| *v = (*v * gain).clamp(-1.0, 1.0));
    wave
}

fn trimmed(wave: &[f32]) -> Vec<f32> {
    let least = 0.02 * wave.iter().fold(0.0_f32, |most, v| most.max(v.abs()));
    let first = wave.iter().position(|v| v.abs() > least).unwrap_or(0);
    let last = wave.iter().rposition(|v| v.abs() > least).map_or(wave.len(), |at| at + 1);
    wave[first..last].to_vec()
}

#[derive(Deserialize)]
struct Listed {
    file: String,
    speaker: String,
    lang: String,
    text: String,
}

/// A recording of a person.
pub struct Clip {
    pub speaker: String,
    pub english: bool,
    pub text: String,
    pub wave: Vec<f32>,
}

/// Recordings of people, where this machine has them.
pub fn people() -> Option<Vec<Clip>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/speech");
    if !folder.join("manifest.json").is_file() {
        return None;
    }
    let listed: Vec<Listed> =
        serde_json::from_str(&std::fs::read_to_string(folder.join("manifest.json")).unwrap()).unwrap();
    let clips = listed.into_iter().map(|listed| {
        let pcm = audio::decode::read(&folder.join(&listed.file), &Limits::default()).unwrap();
        let pcm = audio::resample(&pcm, RATE_HZ).unwrap();
        Clip {
            speaker: listed.speaker,
            english: listed.lang == "en",
            text: listed.text.to_lowercase(),
            wave: levelled(trimmed(pcm.samples())),
        }
    });
    Some(clips.collect())
}
