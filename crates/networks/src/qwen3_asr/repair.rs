//! Times that run backwards, mended: the longest run of times that never fall is believed, the others are put between
//! their believed neighbours. It knows no word.

/// Mends `times`, in milliseconds, so that none is less than the one before.
pub fn repaired(times: &[f64]) -> Vec<u32> {
    let is_believed = believed(times);
    let mut out: Vec<f64> = times.to_vec();
    let mut at = 0;
    while at < times.len() {
        if is_believed[at] {
            at += 1;
            continue;
        }
        let end = (at..times.len()).find(|&i| is_believed[i]).unwrap_or(times.len());
        let before = at.checked_sub(1).map(|i| out[i]);
        let after = (end < times.len()).then(|| times[end]);
        let count = end - at;
        for place in 0..count {
            out[at + place] = match (before, after) {
                (Some(before), Some(after)) if count > 2 => {
                    before + (after - before) / (count + 1) as f64 * (place + 1) as f64
                }
                // One or two: the nearer neighbour, the earlier of equally near ones.
                (Some(before), Some(after)) => {
                    if place < count - place {
                        before
                    } else {
                        after
                    }
                }
                (Some(one), None) | (None, Some(one)) => one,
                (None, None) => out[at + place],
            };
        }
        at = end;
    }
    // The times are classes times a few milliseconds: far from where a number would not fit.
    out.into_iter().map(|time| time as u32).collect()
}

/// The longest subsequence that never falls; of several the one that the reference finds.
fn believed(times: &[f64]) -> Vec<bool> {
    let mut lengths = vec![1_usize; times.len()];
    let mut parents: Vec<Option<usize>> = vec![None; times.len()];
    for at in 1..times.len() {
        for before in 0..at {
            if times[before] <= times[at] && lengths[before] + 1 > lengths[at] {
                lengths[at] = lengths[before] + 1;
                parents[at] = Some(before);
            }
        }
    }
    let longest = lengths.iter().copied().max().unwrap_or(0);
    let mut is_believed = vec![false; times.len()];
    let mut next = lengths.iter().position(|&length| length == longest);
    while let Some(at) = next {
        is_believed[at] = true;
        next = parents[at];
    }
    is_believed
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_outcome_never_falls(times in proptest::collection::vec(0u32..5000, 0..60)) {
            let times: Vec<f64> = times.into_iter().map(|class| f64::from(class) * 80.0).collect();
            let out = repaired(&times);
            prop_assert_eq!(out.len(), times.len());
            prop_assert!(out.windows(2).all(|pair| pair[0] <= pair[1]), "{:?}", out);
        }
    }
}
