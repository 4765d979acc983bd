//! The challenge words: computed from the nonce, the terms and the samples, so that a recording of them cannot serve
//! for anything else. Knows no sound.

use std::collections::BTreeSet;

use crate::digest::{Hash, sha256, tagged};
use crate::{Nonce, Refusal, SampleHash};

/// How many words are read.
pub const WORD_COUNT: usize = 6;
/// Fewest words that a list may have.
pub const LIST_LEAST: usize = 64;
const LIST_MOST: usize = 65_536;

/// A list of words to draw from; its hash is part of the terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordList {
    words: Vec<String>,
    hash: Hash,
}

impl WordList {
    /// Reads one word a line; empty lines are skipped.
    ///
    /// # Errors
    /// [`Refusal::WordList`] when there are fewer than 64, a word comes twice, or one is not made of lowercase letters.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let words: Vec<String> =
            text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
        if !(LIST_LEAST..=LIST_MOST).contains(&words.len()) {
            return Err(Refusal::WordList { what: "it must have 64 to 65536 words" });
        }
        let plain = |word: &String| word.len() <= 40 && word.chars().all(char::is_lowercase);
        if !words.iter().all(plain) {
            return Err(Refusal::WordList { what: "a word is not made of lowercase letters" });
        }
        if words.iter().collect::<BTreeSet<_>>().len() != words.len() {
            return Err(Refusal::WordList { what: "a word comes twice" });
        }
        let hash = sha256(&[words.join("\n").as_bytes()]);
        Ok(Self { words, hash })
    }

    /// The words in order.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// SHA-256 of the words joined by line feeds.
    #[must_use]
    pub fn hash(&self) -> &Hash {
        &self.hash
    }

    pub(crate) fn at(&self, indexes: &[u32]) -> Option<Vec<String>> {
        indexes.iter().map(|&index| self.words.get(index as usize).cloned()).collect()
    }
}

/// Six distinct places in a list of `length` words, each equally likely.
///
/// A counter-mode SHA-256 stream gives 32-bit numbers; those beyond the last multiple of `length` are thrown away.
#[must_use]
pub(crate) fn indexes(nonce: &Nonce, terms: &Hash, samples: &Hash, length: u64) -> Option<[u32; WORD_COUNT]> {
    if !(LIST_LEAST as u64..=LIST_MOST as u64).contains(&length) {
        return None;
    }
    let seed = tagged("vouch/challenge/v1", &[nonce.as_bytes(), terms, samples]);
    let fair = (1 << 32) / length * length;
    let mut chosen = [0; WORD_COUNT];
    let mut count = 0;
    let mut counter = 0u32;
    while count < WORD_COUNT {
        let block = sha256(&[&seed, &counter.to_be_bytes()]);
        counter += 1;
        for four in block.chunks_exact(4) {
            let number = four.iter().fold(0u64, |value, &byte| value << 8 | u64::from(byte));
            let index = (number % length) as u32;
            if number < fair && count < WORD_COUNT && !chosen[..count].contains(&index) {
                chosen[count] = index;
                count += 1;
            }
        }
    }
    Some(chosen)
}

/// One hash over a set of samples: their number, then each hash with its length, sorted. `None` when one comes twice.
#[must_use]
pub(crate) fn samples_root(samples: &[SampleHash]) -> Option<Hash> {
    let sorted: BTreeSet<&SampleHash> = samples.iter().collect();
    if sorted.len() != samples.len() {
        return None;
    }
    let mut bytes = (sorted.len() as u64).to_be_bytes().to_vec();
    for sample in sorted {
        bytes.extend_from_slice(&(SampleHash::LENGTH as u64).to_be_bytes());
        bytes.extend_from_slice(sample.as_bytes());
    }
    Some(tagged("vouch/samples/v1", &[&bytes]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_distinct_and_every_list_length_is_used_evenly() {
        for length in [64u64, 100, 128, 2048] {
            let mut counts = vec![0u32; length as usize];
            let draws = 200 * length;
            for draw in 0..draws {
                let mut nonce = [0; 32];
                nonce[..8].copy_from_slice(&draw.to_be_bytes());
                let chosen = indexes(&Nonce::from_bytes(nonce), &[1; 32], &[2; 32], length).unwrap();
                assert_eq!(chosen.iter().collect::<BTreeSet<_>>().len(), WORD_COUNT);
                for index in chosen {
                    counts[index as usize] += 1;
                }
                if draw > 2000 {
                    break;
                }
            }
            let (mean, most) =
                (counts.iter().sum::<u32>() as f64 / length as f64, *counts.iter().max().unwrap() as f64);
            assert!(most < mean + 6.0 * mean.sqrt() + 3.0, "{length}: {most} against {mean}");
        }
        assert!(indexes(&Nonce::from_bytes([0; 32]), &[1; 32], &[2; 32], 63).is_none());
    }

    #[test]
    fn every_input_changes_the_words() {
        let nonce = Nonce::from_bytes([9; 32]);
        let base = indexes(&nonce, &[1; 32], &[2; 32], 128).unwrap();
        assert_ne!(base, indexes(&Nonce::from_bytes([8; 32]), &[1; 32], &[2; 32], 128).unwrap());
        assert_ne!(base, indexes(&nonce, &[3; 32], &[2; 32], 128).unwrap());
        assert_ne!(base, indexes(&nonce, &[1; 32], &[3; 32], 128).unwrap());
    }

    #[test]
    fn a_word_list_must_be_long_and_plain() {
        let good: String =
            (0..64u8).map(|n| format!("w{}{}\n", char::from(b'a' + n / 8), char::from(b'a' + n % 8))).collect();
        assert_eq!(WordList::parse(&good).unwrap().words().len(), 64);
        assert!(WordList::parse(good.trim_end().rsplit_once('\n').unwrap().0).is_err());
        assert!(WordList::parse(&format!("{good}waa\n")).is_err());
        assert!(WordList::parse(&format!("{good}New York\n")).is_err());
    }
}
