//! Where a long recording is cut, and where in a stretch there is sound at all. It knows no words.

use std::ops::Range;

/// What is compared when a quiet place is looked for, in seconds.
const WINDOW_SECONDS: f64 = 0.1;

/// Cuts at the quietest place within `search_seconds` of every `most_seconds`: in the 100 ms with the least sound, at
/// their smallest sample. Of equally quiet places the one nearest to the wanted length is taken. The ranges, in
/// samples, follow each other without gaps.
pub fn cut(samples: &[f32], rate_hz: u32, most_seconds: f64, search_seconds: f64) -> Vec<Range<usize>> {
    let count = |seconds: f64| (seconds * f64::from(rate_hz)) as usize;
    let (most, search, window) = (count(most_seconds).max(1), count(search_seconds), count(WINDOW_SECONDS).max(4));
    let mut ranges = Vec::new();
    let mut start = 0;
    while samples.len() - start > most {
        let wanted = start + most;
        let from = wanted.saturating_sub(search).max(start);
        let to = (wanted + search).min(samples.len());
        let at = if to - from > window { from + quietest(&samples[from..to], window, wanted - from) } else { wanted };
        let at = at.max(start + 1);
        ranges.push(start..at);
        start = at;
    }
    ranges.push(start..samples.len());
    ranges
}

/// The smallest sample of the quietest window, nearest to `wanted` among equals.
fn quietest(samples: &[f32], window: usize, wanted: usize) -> usize {
    // Sums of whole numbers are exact: two silences are equally quiet.
    let whole = |sample: f32| (f64::from(sample.abs()) * f64::from(1 << 30)) as u64;
    let mut sum: u64 = samples[..window].iter().map(|&sample| whole(sample)).sum();
    let (mut best, mut least) = (0, sum);
    for at in 1..=samples.len() - window {
        sum = sum + whole(samples[at + window - 1]) - whole(samples[at - 1]);
        let is_nearer = (at + window / 2).abs_diff(wanted) < (best + window / 2).abs_diff(wanted);
        if sum < least || sum == least && is_nearer {
            (best, least) = (at, sum);
        }
    }
    let middle = best + window / 2;
    let inside = (best..best + window).min_by(|&a, &b| {
        samples[a].abs().total_cmp(&samples[b].abs()).then(a.abs_diff(middle).cmp(&b.abs_diff(middle)))
    });
    inside.unwrap_or(middle)
}

/// From the first to the last sound of a stretch, in seconds from its start: what lies before and after is at least
/// 40 dB below the loudest tenth of a second.
pub fn sounding(samples: &[f32], rate_hz: u32) -> Range<f64> {
    let window = ((WINDOW_SECONDS * f64::from(rate_hz)) as usize).max(1);
    let power = |chunk: &[f32]| chunk.iter().map(|v| f64::from(*v) * f64::from(*v)).sum::<f64>() / window as f64;
    let powers: Vec<f64> = samples.chunks(window).map(power).collect();
    let loudest = powers.iter().copied().fold(0.0, f64::max);
    let is_loud = |power: &f64| *power > loudest * 1e-4;
    let second = |chunk: usize| ((chunk * window).min(samples.len())) as f64 / f64::from(rate_hz);
    match (powers.iter().position(is_loud), powers.iter().rposition(is_loud)) {
        (Some(first), Some(last)) => second(first)..second(last + 1),
        _ => 0.0..samples.len() as f64 / f64::from(rate_hz),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The goldens of the reference, which cuts the same way. Its last range is filled up to half a second.
    #[test]
    fn cuts_are_those_of_the_reference() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/qwen3/asr/golden/cuts.json");
        let cases: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let number = |value: &serde_json::Value| value.as_f64().unwrap();
        for case in cases.as_array().unwrap() {
            let rate = number(&case["rate"]);
            let mut wave: Vec<f32> = (0..(number(&case["seconds"]) * rate) as usize)
                .map(|n| (0.5 + 0.25 * (n as f64 * 0.37).sin()) as f32)
                .collect();
            for place in case["quiet_seconds"].as_array().unwrap() {
                let at = (number(place) * rate) as usize;
                wave[at - 60..at + 60].iter_mut().for_each(|v| *v *= 0.01);
            }
            let found = cut(&wave, rate as u32, number(&case["limit_seconds"]), number(&case["search_seconds"]));
            let starts: Vec<usize> = found.iter().map(|range| range.start).collect();
            let wanted: Vec<usize> =
                case["starts"].as_array().unwrap().iter().map(|start| start.as_u64().unwrap() as usize).collect();
            assert_eq!(starts, wanted, "{case}");
        }
    }

    #[test]
    fn an_hour_is_cut_in_its_pauses_and_nothing_is_lost() {
        // Speech of 4.1 s and pauses of 0.4 s, at a low rate.
        let rate = 2000;
        let wave: Vec<f32> = (0..3600 * rate)
            .map(|n| if n as f64 / f64::from(rate) % 4.5 < 4.1 { ((n as f32) * 0.7).sin() * 0.3 } else { 0.0 })
            .collect();
        let ranges = cut(&wave, rate as u32, 30.0, 5.0);
        assert!((110..=135).contains(&ranges.len()), "{} ranges", ranges.len());
        assert_eq!((ranges[0].start, ranges[ranges.len() - 1].end), (0, wave.len()));
        for pair in ranges.windows(2) {
            assert_eq!(pair[0].end, pair[1].start);
            let seconds = pair[0].len() as f64 / f64::from(rate);
            assert!((25.0..=35.0).contains(&seconds), "{seconds} s");
            let place = pair[1].start as f64 / f64::from(rate) % 4.5;
            assert!((4.12..4.48).contains(&place), "cut at {place} s of 4.5, not in the middle of a pause");
        }
    }

    #[test]
    fn short_empty_and_silent_sounds() {
        assert_eq!(cut(&[], 16_000, 30.0, 5.0), vec![Range::default()]);
        assert!(cut(&[0.1; 100], 16_000, 30.0, 5.0).iter().eq([&(0..100)]));
        // Silence is as quiet everywhere: it is cut where it was wanted.
        assert_eq!(cut(&[0.0; 5000], 100, 20.0, 5.0), [0..2000, 2000..4000, 4000..5000]);
        assert_eq!(sounding(&[0.0; 1600], 16_000), 0.0..0.1);
    }

    #[test]
    fn sound_is_found_between_silences() {
        let mut wave = vec![0.0001; 16_000 * 3];
        wave[16_000..32_000].iter_mut().enumerate().for_each(|(n, v)| *v = (n as f32 * 0.2).sin() * 0.4);
        assert_eq!(sounding(&wave, 16_000), 1.0..2.0);
    }
}
