//! The ear against the Python that trained it, and on hostile input.

use std::path::Path;

use super::*;
use crate::starter::golden::{assert_close, open};

fn bytes(numbers: &[usize]) -> Vec<u8> {
    numbers.iter().map(|&v| v as u8).collect()
}

#[test]
fn every_stage_agrees_with_the_training_side() {
    let (weights, config, golden) = open("ear");
    let ear = Ear::load(&weights, &config).unwrap();
    let wave = golden.numbers("wave");
    let magnitudes = Magnitudes::of(&wave);
    let picture = magnitudes.picture(&ear.plain, magnitudes.frames());
    assert_close("picture", &picture, &golden.numbers("picture"), 1e-3);
    let warped = magnitudes.picture(&ear.banks[0], magnitudes.frames());
    assert_close("picture_first_warp", &warped, &golden.numbers("picture_first_warp"), 1e-3);
    let stack = ear.recogniser.stack();
    let mut levelled = magnitudes.picture(&ear.plain, magnitudes.frames() / stack * stack);
    level(&mut levelled);
    assert_close("logits", &ear.recogniser.logits(&levelled), &golden.numbers("logits"), 1e-3);
    let heard = ear.hear(&wave).unwrap();
    assert_close("log_probs", &heard.log_probs, &golden.numbers("log_probs"), 1e-3);
    let mut toned = picture;
    speaker_level(&mut toned);
    assert_close("speaker_level", &toned, &golden.numbers("speaker_level"), 1e-3);
    assert_close("embedding", &ear.embed(&wave).unwrap(), &golden.numbers("embedding"), 1e-3);

    let (melody, volcano) = (ear.words("melody").concat(), ear.words("volcano").concat());
    let both = [melody.clone(), volcano.clone()].concat();
    assert_eq!(both, bytes(&golden.indices("sequence")));
    let scores: Vec<f32> = [&both, &melody, &[volcano.clone(), melody.clone()].concat()]
        .map(|sequence| heard.log_likelihood(sequence) as f32)
        .to_vec();
    assert_close("log_likelihoods", &scores, &golden.numbers("log_likelihoods"), 1e-3);
    let spans: Vec<usize> = heard.align(&both).unwrap().into_iter().flat_map(|(a, b)| [a, b]).collect();
    assert_eq!(spans, golden.indices("spans"));

    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/consent/words-en.txt");
    let list = std::fs::read_to_string(list).unwrap();
    let vocabulary: Vec<Vec<u8>> = list.split_whitespace().map(|word| ear.words(word).concat()).collect();
    let place = |word: &str| list.split_whitespace().position(|known| known == word).unwrap();
    let claimed = [place("melody"), place("volcano")];
    let (together, slots) = word_places(&heard, &claimed, &vocabulary, 7);
    let right = slots.iter().filter(|slot| slot.beaten == slot.decoys).count();
    let wanted = golden.numbers("words_evidence");
    assert_eq!(right, wanted[0] as usize);
    assert!((together.z as f32 - wanted[1]).abs() < 2e-3, "{} {}", together.z, wanted[1]);
    let sentence = sentence_place(&heard, &[melody.clone(), volcano, melody], 7);
    let wanted = golden.numbers("sentence_evidence");
    assert_eq!(sentence.beaten, wanted[0] as usize);
    assert!((sentence.z as f32 - wanted[1]).abs() < 2e-3, "{} {}", sentence.z, wanted[1]);
}

#[test]
fn a_take_of_anything_gives_evidence_or_a_reason() {
    let (weights, config, golden) = open("ear");
    let ear = Ear::load(&weights, &config).unwrap();
    let wave = golden.numbers("wave");
    let vocabulary: Vec<Vec<u8>> = ["melody", "volcano", "harbour"].map(|word| ear.words(word).concat()).to_vec();
    let sentence = ear.words("I allow it.");
    let take = |wave: Vec<f32>| Pcm::new(wave, RATE_HZ).unwrap();
    let long = take(wave.iter().cycle().take(48_000).map(|v| v.clamp(-1.0, 1.0)).collect());
    let found = ear.listen(&long, &sentence, &[0, 1], &vocabulary, 1).unwrap();
    assert_eq!((found.slots.len(), found.onsets.len()), (2, 2));
    assert!(found.onsets[0] < found.onsets[1] && found.onsets[1] < 3.0);
    assert_eq!(ear.listen(&long, &sentence, &[7], &vocabulary, 1), Err(Deaf::Claim));
    assert_eq!(ear.listen(&long, &[], &[0], &vocabulary, 1), Err(Deaf::Claim));
    assert_eq!(ear.listen(&take(vec![0.0; 100]), &sentence, &[0], &vocabulary, 1), Err(Deaf::TooShort));
    let rushed = ear.listen(&take(vec![0.1; 1700]), &ear.words(&"many words ".repeat(40)), &[0], &vocabulary, 1);
    assert_eq!(rushed, Err(Deaf::Rushed));
    let silent = ear.listen(&take(vec![0.0; 48_000]), &sentence, &[0, 1], &vocabulary, 1);
    assert!(silent.is_ok_and(|found| found.words.z.is_finite()));
}

#[test]
fn damaged_files_are_refused() {
    let (weights, config, _) = open("ear");
    assert!(Ear::load(&weights[..weights.len() / 2], &config).is_err());
    for (from, to) in
        [("\"width\": 40", "\"width\": 41"), ("\"taps\": 11", "\"taps\": 10"), ("\"depth\": 2", "\"depth\": 3")]
    {
        assert!(config.contains(from));
        assert!(Ear::load(&weights, &config.replace(from, to)).is_err(), "{to}");
    }
    assert!(Ear::load(&weights, "{}").is_err());
}
