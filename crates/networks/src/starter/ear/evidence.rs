//! What the scores mean: the truth among decoys. Decoys follow from a seed, so nobody picks theirs; nothing is decided
//! here.

use super::lattice::Heard;

/// Decoys for the sentence and for the words.
pub(super) const SENTENCE_DECOYS: usize = 128;
pub(super) const WORD_DECOYS: usize = 200;
/// Nats for each phone, so that long words are not worse off than short ones.
pub(super) const PHONE_BONUS: f64 = 2.0;

/// How the truth did among decoys.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// Decoys that scored strictly below the truth.
    pub beaten: usize,
    /// Decoys in all.
    pub decoys: usize,
    /// Standard deviations between the truth and the mean of the decoys.
    pub z: f64,
}

impl Place {
    fn of(truth: f64, decoys: &[f64]) -> Self {
        let finite = |v: &f64| if v.is_finite() { *v } else { -1e9 };
        let truth_value = finite(&truth);
        let count = decoys.len().max(1) as f64;
        let mean = decoys.iter().map(finite).sum::<f64>() / count;
        let variance = decoys.iter().map(|v| (finite(v) - mean).powi(2)).sum::<f64>() / count;
        Self {
            beaten: decoys.iter().filter(|&&decoy| decoy < truth).count(),
            decoys: decoys.len(),
            z: (truth_value - mean) / (variance.sqrt() + 1e-6),
        }
    }
}

/// SplitMix64 as a running generator (Steele et al. 2014).
#[derive(Debug, Clone)]
pub(super) struct SplitMix(u64);

impl SplitMix {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        let out = crate::draw::mix(self.0);
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        out
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = (self.next() % (last as u64 + 1)) as usize;
            items.swap(last, other);
        }
    }
}

/// The sentence against its own words in other orders. `words` are the phones of each word read.
pub fn sentence_place(heard: &Heard, words: &[Vec<u8>], seed: u64) -> Place {
    let mut generator = SplitMix::new(seed);
    let truth = heard.log_likelihood(&words.concat());
    let decoys: Vec<f64> = (0..SENTENCE_DECOYS)
        .map(|_| {
            let mut order: Vec<&Vec<u8>> = words.iter().collect();
            generator.shuffle(&mut order);
            heard.log_likelihood(&order.into_iter().flatten().copied().collect::<Vec<u8>>())
        })
        .collect();
    Place::of(truth, &decoys)
}

/// The words together against other draws, and each in its place against the rest of the vocabulary. `claimed` are
/// places in `vocabulary`, whose entries are phones.
pub fn word_places(heard: &Heard, claimed: &[usize], vocabulary: &[Vec<u8>], seed: u64) -> (Place, Vec<Place>) {
    let score = |row: &[usize]| {
        let sequence: Vec<u8> = row.iter().flat_map(|&word| &vocabulary[word]).copied().collect();
        heard.log_likelihood(&sequence) + PHONE_BONUS * sequence.len() as f64
    };
    let mut generator = SplitMix::new(seed);
    let truth = score(claimed);
    let decoys: Vec<f64> = (0..WORD_DECOYS)
        .map(|_| {
            let mut pool: Vec<usize> = (0..vocabulary.len()).collect();
            generator.shuffle(&mut pool);
            pool.truncate(claimed.len());
            score(&pool)
        })
        .collect();
    let slots = (0..claimed.len())
        .map(|slot| {
            let mut row = claimed.to_vec();
            let swaps: Vec<f64> = (0..vocabulary.len())
                .filter(|&other| other != claimed[slot])
                .map(|other| {
                    row[slot] = other;
                    score(&row)
                })
                .collect();
            Place::of(truth, &swaps)
        })
        .collect();
    (Place::of(truth, &decoys), slots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_splitmix64() {
        // First outputs for seed 0, from the paper's reference code.
        let mut generator = SplitMix::new(0);
        assert_eq!(generator.next(), 0xE220_A839_7B1D_CDAF);
        assert_eq!(generator.next(), 0x6E78_9E6A_A1B9_65F4);
    }

    #[test]
    fn the_true_words_come_first_and_others_do_not() {
        let vocabulary: Vec<Vec<u8>> =
            (0..30).map(|w| (0..4).map(|k| 1 + ((w * 11 + k * 5 + w * k) % 39) as u8).collect()).collect();
        let said = [3usize, 17, 8];
        let phones: Vec<u8> = said.iter().flat_map(|&w| vocabulary[w].clone()).collect();
        let mut log_probs = Vec::new();
        for &phone in &phones {
            for class in [phone, 0] {
                log_probs.extend((0..40u8).map(|k| if k == class { -0.3f32 } else { -5.0 }));
            }
        }
        let heard = Heard { log_probs, classes: 40 };
        let (together, slots) = word_places(&heard, &said, &vocabulary, 1);
        assert_eq!((together.beaten, together.decoys), (WORD_DECOYS, WORD_DECOYS));
        assert!(slots.iter().all(|slot| slot.beaten == slot.decoys && slot.decoys == 29));
        let (wrong, slots) = word_places(&heard, &[3, 17, 9], &vocabulary, 1);
        assert!(wrong.z < together.z);
        assert!(slots[2].beaten < slots[2].decoys);
        let words: Vec<Vec<u8>> = said.iter().map(|&w| vocabulary[w].clone()).collect();
        assert!(sentence_place(&heard, &words, 1).z > 0.5);
    }
}
