//! The outline of sound for a picture of it: how far it goes down and up in each of so many equal stretches. It knows no
//! screen.

use crate::Pcm;

/// Most stretches in one outline: more than any screen has columns.
pub const MAX_BUCKETS: usize = 65_536;

/// The least and the greatest sample of each of `buckets` equal stretches, in steps of 1/127, rounded away from zero so
/// that nothing heard is drawn as nothing. The stretches cover every sample, the first and the last among them; each
/// sample belongs to one. Sound with fewer samples than `buckets` has a stretch for each sample; sound without any has
/// no outline. More than [`MAX_BUCKETS`] count as that many.
#[must_use]
pub fn peaks(pcm: &Pcm, buckets: usize) -> Vec<[i8; 2]> {
    let samples = pcm.samples();
    let buckets = buckets.min(MAX_BUCKETS).min(samples.len());
    // In u128, so that the product of a long sound and many stretches is exact everywhere.
    let edge = |bucket: usize| (bucket as u128 * samples.len() as u128 / buckets as u128) as usize;
    (0..buckets)
        .map(|bucket| {
            let part = &samples[edge(bucket)..edge(bucket + 1)];
            let (low, high) = part
                .iter()
                .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &sample| (low.min(sample), high.max(sample)));
            [step(low), step(high)]
        })
        .collect()
}

/// An outline as bytes: low and high of each stretch in turn, each a signed byte.
#[must_use]
pub fn to_bytes(peaks: &[[i8; 2]]) -> Vec<u8> {
    peaks.iter().flatten().map(|step| step.to_le_bytes()[0]).collect()
}

fn step(sample: f32) -> i8 {
    let wide = sample * 127.0;
    (if wide < 0.0 { wide.floor() } else { wide.ceil() }) as i8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sound(samples: &[f32]) -> Pcm {
        Pcm::new(samples.to_vec(), 8_000).unwrap()
    }

    #[test]
    fn a_table_of_cases() {
        assert!(peaks(&sound(&[]), 10).is_empty());
        assert!(peaks(&sound(&[0.5]), 0).is_empty());
        assert_eq!(peaks(&sound(&[0.0, 1.0, -1.0]), 100), [[0, 0], [127, 127], [-127, -127]]);
        assert_eq!(peaks(&sound(&[1.0, 0.0, 0.0, -1.0]), 2), [[0, 127], [-127, 0]]);
        assert_eq!(peaks(&sound(&[0.001, -0.001]), 1), [[-1, 1]]);
        assert_eq!(peaks(&sound(&vec![0.5; 70_000]), usize::MAX).len(), MAX_BUCKETS);
        assert_eq!(to_bytes(&[[-127, 127], [0, 1]]), [129, 127, 0, 1]);
    }

    proptest! {
        #[test]
        fn every_sample_is_within_its_stretch_and_none_is_wider(
            samples in prop::collection::vec(-1.0f32..=1.0, 1..500), buckets in 1_usize..600,
        ) {
            let outline = peaks(&sound(&samples), buckets);
            prop_assert_eq!(outline.len(), buckets.min(samples.len()));
            let low = outline.iter().map(|[low, _]| *low).min().unwrap();
            let high = outline.iter().map(|[_, high]| *high).max().unwrap();
            prop_assert_eq!(low, step(samples.iter().copied().fold(1.0, f32::min)));
            prop_assert_eq!(high, step(samples.iter().copied().fold(-1.0, f32::max)));
            // The edges: the first sample lies in the first stretch, the last in the last.
            let holds = |[low, high]: [i8; 2], sample: f32| (low..=high).contains(&step(sample));
            prop_assert!(holds(outline[0], samples[0]));
            prop_assert!(holds(*outline.last().unwrap(), *samples.last().unwrap()));
        }
    }
}
