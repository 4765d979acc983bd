//! Regions from made-up scores and from stand-ins, and the rates that the rules were chosen by:
//! `cargo test -p studio dub::listen::tests::rates -- --ignored --nocapture`.

use proptest::prelude::*;

use super::*;
use crate::dub::scene::{LINES, Said, line, music, people, scene, with_music};
use crate::stand_in::SPEAKERS;

/// Each region begins and ends within six hundredths of a second of where it should.
fn near(found: &[Region], wanted: &[(f64, f64)]) {
    let near = |(region, wanted): (&Region, &(f64, f64))| {
        (region.start_seconds - wanted.0).abs() < 0.06 && (region.end_seconds - wanted.1).abs() < 0.06
    };
    assert!(found.len() == wanted.len() && found.iter().zip(wanted).all(near), "{found:?} {wanted:?}");
}

fn scores(parts: &[(usize, u8)]) -> Vec<u8> {
    parts.iter().flat_map(|(count, score)| std::iter::repeat_n(*score, *count)).collect()
}

#[test]
fn pauses_join_or_part_and_clicks_are_nothing() {
    let rules = Rules { margin_seconds: 0.0, ..Rules::default() };
    // 1.6 s of speech, 0.16 s of pause, 1.6 s of speech, 1.6 s of nothing, a click of 0.1 s, nothing, 0.8 s of speech.
    let heard = scores(&[(100, 0), (100, 250), (10, 20), (100, 250), (100, 0), (6, 250), (94, 0), (50, 200), (9, 0)]);
    let whole = heard.len() as f64 * FRAME_SECONDS;
    let found = regions_of(&heard, whole, &rules);
    near(&found, &[(1.58, 4.94), (8.14, 8.94)]);
    assert_eq!(found[0].dips_seconds.len(), 1);
    assert!((found[0].dips_seconds[0] - 3.256).abs() < 0.03);
    // What is the same all the time is nobody's voice, unless it is a very clear one.
    assert!(regions_of(&scores(&[(900, 150)]), 14.4, &rules).is_empty());
    assert_eq!(regions_of(&scores(&[(900, 230)]), 14.4, &rules).len(), 1);
    // Music lies below a voice, and weak speech goes on after clear speech.
    let over = scores(&[(300, 130), (100, 230), (30, 180), (300, 120)]);
    near(&regions_of(&over, 11.68, &rules), &[(4.78, 6.86)]);
    // A long one is cut where its pauses are.
    let long = scores(&[(400, 250), (14, 0), (300, 250), (19, 0), (400, 250), (200, 0)]);
    let found = regions_of(&long, 21.33, &rules);
    near(&found, &[(0.0, 11.4), (11.7, 18.1)]);
    assert_eq!(found[0].dips_seconds.len(), 1);
}

#[test]
fn margins_do_not_overlap() {
    let rules = Rules { margin_seconds: 1.0, pause_seconds: 0.1, ..Rules::default() };
    let found = regions_of(&scores(&[(20, 250), (50, 0), (20, 250)]), 1.44, &rules);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[0].start_seconds, 0.0);
    assert_eq!(found[0].end_seconds, found[1].start_seconds);
    assert_eq!(found[1].end_seconds, 1.44);
}

proptest! {
    #[test]
    fn regions_are_in_order_and_apart(
        parts in prop::collection::vec((0usize..120, any::<u8>()), 0..40),
        margin in -1.0f64..2.0,
        most in 0.0f64..20.0,
    ) {
        let heard = scores(&parts);
        let whole = heard.len() as f64 * FRAME_SECONDS;
        let rules = Rules { margin_seconds: margin, most_seconds: most, ..Rules::default() };
        let found = regions_of(&heard, whole, &rules);
        let mut before = 0.0;
        for region in &found {
            prop_assert!(region.start_seconds >= before && region.end_seconds >= region.start_seconds);
            prop_assert!(region.dips_seconds.iter().all(|d| (region.start_seconds..=region.end_seconds).contains(d)));
            before = region.end_seconds;
        }
        prop_assert!(before <= whole);
    }
}

/// Stand-ins talk in turn.
fn talk(lines: usize, gap: f64) -> (Vec<f32>, Vec<Said>) {
    let lines: Vec<(usize, String, Vec<f32>)> = (0..lines)
        .map(|n| (n % SPEAKERS.len(), LINES[n % LINES.len()].to_owned()))
        .map(|(who, text)| (who, text.clone(), line(&SPEAKERS[who], &text)))
        .collect();
    scene(&lines, |_| gap)
}

#[test]
fn lines_are_found_in_blocks_of_any_size_and_music_is_not() {
    let (sound, said) = talk(4, 0.8);
    let whole = regions(&sound, &Rules::default());
    let mut listener = Listener::new();
    for block in sound.chunks(997) {
        listener.push(block);
    }
    assert_eq!(listener.regions(&Rules::default()), whole);
    let covered = said.iter().filter(|said| {
        whole.iter().any(|region| region.start_seconds < said.start + 0.2 && region.end_seconds > said.end - 0.3)
    });
    assert_eq!(covered.count(), 4, "{whole:?} {said:?}");
    // The same lines over music: found again, and little of the music with them.
    let (speech, heard) = (said.iter().map(|s| s.end - s.start).sum::<f64>(), |found: &[Region]| -> f64 {
        found.iter().map(Region::seconds).sum()
    });
    let over = regions(&with_music(&sound, -18.0), &Rules::default());
    assert!((heard(&over) - speech).abs() < 0.3 * speech, "{} {speech}", heard(&over));
    assert!(regions(&[0.0; 16_000], &Rules::default()).is_empty());
    assert!(regions(&[f32::NAN; 1000], &Rules::default()).is_empty());
    regions(&[1e30, -1e30, f32::INFINITY].repeat(500), &Rules::default());
}

/// Share of speech that was missed and of the rest that was taken for speech, in steps of 10 ms, and how far the found
/// beginnings and ends of lines are from the true ones.
fn rate(what: &str, sound: &[f32], said: &[Said], rules: &Rules) {
    let found = regions(sound, rules);
    let steps = sound.len() / 160;
    let inside = |at: f64| found.iter().any(|r| (r.start_seconds..r.end_seconds).contains(&at));
    let (mut speech, mut missed, mut rest, mut taken) = (0_u32, 0_u32, 0_u32, 0_u32);
    for at in (0..steps).map(|step| step as f64 / 100.0) {
        // What is within a tenth of a second of an edge is not counted.
        if said.iter().any(|s| (at - s.start).abs() < 0.1 || (at - s.end).abs() < 0.1) {
            continue;
        }
        match said.iter().any(|s| (s.start..s.end).contains(&at)) {
            true => {
                speech += 1;
                missed += u32::from(!inside(at));
            }
            false => {
                rest += 1;
                taken += u32::from(inside(at));
            }
        }
    }
    let nearest = |at: f64, edges: &mut dyn Iterator<Item = f64>| edges.map(|e| (e - at).abs()).fold(9.0, f64::min);
    let mut edges: Vec<f64> = said
        .iter()
        .flat_map(|s| {
            [
                nearest(s.start, &mut found.iter().map(|r| r.start_seconds)),
                nearest(s.end, &mut found.iter().map(|r| r.end_seconds)),
            ]
        })
        .collect();
    edges.sort_by(f64::total_cmp);
    let lost =
        said.iter().filter(|s| !found.iter().any(|r| r.start_seconds < s.end && r.end_seconds > s.start)).count();
    println!(
        "{what}: missed {:.3} of {:.0} s of speech, took {:.3} of {:.0} s of the rest; {lost} of {} lines lost; edges off by \
         {:.2} s in the median, {:.2} at 90 %; {} regions",
        f64::from(missed) / f64::from(speech.max(1)),
        f64::from(speech) / 100.0,
        f64::from(taken) / f64::from(rest.max(1)),
        f64::from(rest) / 100.0,
        said.len(),
        edges[edges.len() / 2],
        edges[edges.len() * 9 / 10],
        found.len(),
    );
}

#[test]
#[ignore = "prints rates"]
fn rates() {
    let mut scenes = vec![("stand-ins", talk(24, 1.0))];
    if let Some(clips) = people() {
        let lines: Vec<(usize, String, Vec<f32>)> =
            clips.into_iter().enumerate().map(|(n, clip)| (n, clip.text, clip.wave)).collect();
        scenes.push(("people", scene(&lines, |_| 1.0)));
    }
    for (name, (sound, said)) in &scenes {
        for begins in [0.35, 0.42, 0.5] {
            let rules = Rules { begins, ends: begins * 0.7, ..Rules::default() };
            for (bed, decibels) in [("clean", -90.0), ("music -18 dB", -18.0), ("music -10 dB", -10.0)] {
                rate(&format!("{name}, {bed}, from {begins}"), &with_music(sound, decibels), said, &rules);
            }
        }
        for gain in [0.03, 0.3] {
            let quiet: Vec<f32> = with_music(sound, -18.0).iter().map(|v| (v * gain).clamp(-1.0, 1.0)).collect();
            rate(&format!("{name}, music -18 dB, gain {gain}"), &quiet, said, &Rules::default());
        }
    }
    let begun = std::time::Instant::now();
    let found = regions(&music(16_000 * 120), &Rules::default());
    let heard: f64 = found.iter().map(Region::seconds).sum();
    println!("music alone: {heard:.1} of 120 s taken for speech; {:.2} s of work", begun.elapsed().as_secs_f64());
}
