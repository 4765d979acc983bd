//! The search against made-up lattices, and the ear's golden wave.

use super::*;
use crate::starter::golden::open;

fn ear() -> Ear {
    let (weights, config, _) = open("ear");
    Ear::load(&weights, &config).unwrap()
}

/// A lattice in which these phones were heard well, with blanks between.
fn lattice(phones: &[u8], classes: usize) -> Heard {
    let mut log_probs = Vec::new();
    for &phone in phones {
        for class in [0, phone, phone, 0] {
            let mut row: Vec<f32> = (0..classes as u8).map(|k| if k == class { 0.0 } else { -6.0 }).collect();
            crate::kernel::log_softmax(&mut row, classes);
            log_probs.extend(row);
        }
    }
    Heard { log_probs, classes }
}

#[test]
fn words_that_were_said_well_are_written_down() {
    let ear = ear();
    for said in ["the letter was hidden behind the old clock", "nobody came home", "listen", "give me the key"] {
        let phones: Vec<u8> = ear.words(said).concat();
        let found = ear.words_of(&lattice(&phones, ear.class_count), Search::default());
        assert_eq!(found.text(), said);
        assert!(found.words.iter().all(|word| word.probability > 0.8), "{found:?}");
        let times: Vec<f64> = found.words.iter().flat_map(|word| [word.start_seconds, word.end_seconds]).collect();
        assert!(times.is_sorted(), "{times:?}");
        // Four steps for each phone.
        let first = ear.words(said)[0].len() as f64 * 0.12;
        assert!((found.words[0].end_seconds - first).abs() < 0.08, "{found:?}");
    }
}

#[test]
fn the_same_phone_twice_needs_a_blank() {
    let ear = ear();
    let words = ear.words("this street");
    assert_eq!(words[0].last(), words[1].first());
    let found = ear.words_of(&lattice(&words.concat(), ear.class_count), Search::default());
    assert_eq!(found.text(), "this street");
}

#[test]
fn nothing_gives_no_words_and_anything_gives_some_answer() {
    let ear = ear();
    let nothing = Heard { log_probs: Vec::new(), classes: ear.class_count };
    assert!(ear.words_of(&nothing, Search::default()).words.is_empty());
    let silent: Vec<f32> =
        (0..50 * ear.class_count).map(|k| if k % ear.class_count == 0 { -0.01 } else { -9.0 }).collect();
    let silent = Heard { log_probs: silent, classes: ear.class_count };
    assert!(ear.words_of(&silent, Search::default()).words.is_empty());
    assert_eq!(ear.dictate(&[0.0; 100]), Err(Deaf::TooShort));
    assert_eq!(ear.dictate(&vec![0.0; 16_000 * 301]), Err(Deaf::TooLong));
    ear.dictate(&[0.0; 16_000]).unwrap();
    ear.dictate(&[f32::NAN; 16_000]).unwrap();
    let noise: Vec<f32> = (0..32_000).map(|n| crate::draw::noise(3, n)).collect();
    let words = ear.dictate(&noise).unwrap().words;
    assert!(words.iter().all(|word| (0.0..=1.0).contains(&word.probability) && word.end_seconds <= 2.0));
}

#[test]
fn a_small_beam_is_no_reason_to_stop() {
    let ear = ear();
    let heard = lattice(&ear.words("the old clock").concat(), ear.class_count);
    let narrow = Search { beam: 0.0, most: 1, ..Search::default() };
    ear.words_of(&heard, narrow);
    assert!(ear.words_of(&heard, Search { most: 0, ..narrow }).words.is_empty());
}
