//! What the mix promises: a change stays where it is, a part is like the whole, the source goes, levels hold.

use std::cell::Cell;

use proptest::prelude::*;

use super::*;

/// Numbers that look random, by a small generator.
fn noise(count: usize, seed: u64, size: f32) -> Vec<f32> {
    let mut state = seed ^ 0x5555;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 40) as f32 / 8_388_608.0 - 1.0) * size
    };
    (0..count).map(|_| next()).collect()
}

fn tone(seconds: f64, rate_hz: u32, size: f32) -> Vec<f32> {
    (0..(seconds * f64::from(rate_hz)) as usize).map(|n| size * (n as f32 * 2_000.0 / rate_hz as f32).sin()).collect()
}

/// A film: a quiet noise, and a loud tone wherever the source speaks.
fn film(total_ms: u64, windows_ms: &[(u64, u64)]) -> Vec<f32> {
    let mut sound = noise(2 * ms(total_ms) as usize, 1, 0.01);
    for &(from, to) in windows_ms {
        for (frame, value) in
            sound[2 * ms(from) as usize..2 * ms(to) as usize].chunks_exact_mut(2).zip(tone(10.0, RATE_HZ, 0.2))
        {
            frame[0] += value;
            frame[1] += value;
        }
    }
    sound
}

fn line(speaker: u16, source_ms: (u64, u64), start_ms: u64, seconds: f64) -> Line {
    Line { speaker, source_ms, keeps_source: false, start_ms, seconds }
}

#[derive(Default)]
struct Made {
    mix: Vec<f32>,
    bed: Vec<f32>,
    dub: Vec<f32>,
    speakers: Vec<(u16, Vec<f32>)>,
    asked: Vec<usize>,
}

/// Mixes a part; line `n` is a sound of its own seed, as long as planned, at a rate of its own.
fn made(mix: &Mix, film: &[f32], span: Span, piece: usize, seed: &dyn Fn(usize) -> u64) -> Made {
    let mut made = Made::default();
    let mut left = &film[2 * ms(span.bed_from_ms()) as usize..];
    let mut asked = Vec::new();
    let lines = mix.lines.clone();
    mix.pass(
        span,
        true,
        &mut |block| {
            let (now, rest) = left.split_at((2 * piece).min(left.len()));
            block.extend_from_slice(now);
            left = rest;
            Ok(())
        },
        &mut |which| {
            asked.push(which);
            let rate_hz = [24_000, 48_000, 22_050][which % 3];
            let size = if seed(which).is_multiple_of(5) { 1.0 } else { 0.3 };
            Ok(Pcm::new(noise((lines[which].seconds * f64::from(rate_hz)) as usize, seed(which), size), rate_hz)?)
        },
        &|| true,
        &mut |block| {
            assert_eq!(block.frame, span.frames.0 + made.mix.len() as u64 / 2);
            made.mix.extend_from_slice(block.mix);
            made.bed.extend_from_slice(block.bed);
            made.dub.extend_from_slice(block.dub);
            if made.speakers.is_empty() {
                made.speakers = block.speakers.iter().map(|(speaker, _)| (*speaker, vec![])).collect();
            }
            for ((_, stem), (_, new)) in made.speakers.iter_mut().zip(block.speakers) {
                stem.extend_from_slice(new);
            }
            Ok(())
        },
    )
    .unwrap();
    made.asked = asked;
    made
}

fn loud() -> Settings {
    let tone: Tone = serde_json::from_str("[-70.0,-72.0,-75.0,-80.0]").unwrap();
    Settings { gain_db: 9.0, tone, ..Settings::default() }
}

fn rms_dbfs(samples: &[f32]) -> f64 {
    10.0 * (samples.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>() / samples.len() as f64).log10()
}

fn between(samples: &[f32], from_ms: u64, to_ms: u64) -> &[f32] {
    &samples[2 * ms(from_ms) as usize..2 * ms(to_ms) as usize]
}

#[test]
fn the_source_goes_the_room_stays_and_the_line_is_as_loud_as_it_was() {
    let film = film(12_000, &[(2_000, 4_000), (7_000, 9_000)]);
    let mut read = &film[..];
    let survey = survey(
        &[(2_000, 4_000), (7_000, 9_000)],
        &mut |block| {
            let (now, rest) = read.split_at(read.len().min(9_600));
            block.extend_from_slice(now);
            read = rest;
            Ok(())
        },
        &|| true,
    )
    .unwrap();
    let speech = survey.speech_dbfs.unwrap();
    assert!((speech + 17.0).abs() < 0.3, "{speech}");
    assert!(survey.lufs.is_some() && (-58.0..-45.0).contains(&survey.tone.level_dbfs()));
    let settings = Settings { speech_dbfs: speech, tone: survey.tone, ..Settings::default() };
    let lines = vec![line(0, (2_000, 4_000), 2_000, 1.5), line(3, (7_000, 9_000), 7_000, 0.0)];
    let mix = Mix::new(lines, 12_000, settings);
    let made = made(&mix, &film, mix.whole(), 1_000, &|_| 7);
    assert_eq!(made.mix.len(), 2 * 12 * 48_000);
    assert_eq!(made.asked, [0]);
    // Far from speech it is the original, bit for bit.
    for (from, to) in [(0, 1_800), (4_600, 6_800), (9_600, 11_990)] {
        assert_eq!(between(&made.mix, from, to), between(&film, from, to));
    }
    assert!((rms_dbfs(between(&made.dub, 2_100, 3_400)) - speech).abs() < 0.5);
    let gap = rms_dbfs(between(&made.mix, 7_100, 8_900));
    assert!((-62.0..-45.0).contains(&gap), "the room is at {gap} dBFS, the source was at {speech}");
    assert_eq!(made.speakers.len(), 1);
    assert_eq!(made.speakers[0], (0, made.dub.clone()));
}

#[test]
fn a_cue_that_is_not_dubbed_keeps_its_source() {
    let film = film(4_000, &[(1_000, 3_000)]);
    let kept = Line { keeps_source: true, ..line(0, (1_000, 3_000), 1_000, 0.0) };
    let mix = Mix::new(vec![kept], 4_000, Settings::default());
    assert_eq!(made(&mix, &film, mix.whole(), 4_800, &|_| 1).mix, film);
}

#[test]
fn a_loud_mix_stays_below_the_ceiling() {
    let film: Vec<f32> = film(8_000, &[(1_000, 7_000)]).iter().map(|value| value * 4.0).collect();
    let settings = Settings { gain_db: 12.0, speech_dbfs: -9.0, ..loud() };
    let mix = Mix::new(vec![line(0, (1_000, 3_000), 1_000, 3.0), line(1, (2_500, 7_000), 2_500, 3.0)], 8_000, settings);
    let made = made(&mix, &film, mix.whole(), 4_800, &|_| 5);
    let mut meter = Meter::new(2, RATE_HZ, true).unwrap();
    meter.add(&made.mix).unwrap();
    let peak = meter.true_peak_dbtp().unwrap();
    assert!((-2.5..=-1.0).contains(&peak), "{peak} dBTP");
    let sum = made.bed.iter().zip(&made.dub).zip(&made.mix);
    assert!(sum.clone().all(|((bed, dub), mix)| (bed + dub - mix).abs() < 1e-5));
}

#[test]
fn lines_come_just_in_time_and_the_original_is_read_no_further_than_needed() {
    let lines: Vec<Line> = (0..12_u64).rev().map(|n| line(0, (n * 3_000, n * 3_000 + 2_000), n * 3_000, 2.0)).collect();
    let mix = Mix::new(lines, 40_000, Settings::default());
    let (given, out) = (Cell::new(0_u64), Cell::new(0_u64));
    let mut order = Vec::new();
    mix.pass(
        mix.whole(),
        false,
        &mut |block| {
            block.resize(2 * 4_800, 0.1);
            given.set(given.get() + 4_800);
            Ok(())
        },
        &mut |which| {
            order.push(which);
            assert!(mix.sounding[order.len() - 1].0 < out.get() + ms(400));
            Ok(Pcm::silence(2.0, 24_000)?)
        },
        &|| true,
        &mut |block| {
            out.set(block.frame + block.mix.len() as u64 / 2);
            assert!(given.get() < out.get() + ms(2_500), "{} ahead", given.get() - out.get());
            assert!(block.speakers.is_empty());
            Ok(())
        },
    )
    .unwrap();
    assert_eq!(out.get(), ms(40_000));
    assert_eq!(order, (0..12).rev().collect::<Vec<_>>());
}

#[test]
fn it_stops_when_told_and_says_what_failed() {
    let mix = Mix::new(vec![line(0, (0, 500), 0, 0.5)], 12_000, Settings::default());
    let left = Cell::new(5);
    let run = |bed: &mut Bed<'_>, lines: &mut Lines<'_>, sink: &mut Sink<'_>| {
        mix.pass(mix.whole(), false, bed, lines, &|| left.replace(left.get() - 1) > 0, sink)
    };
    let mut silence = |block: &mut Vec<f32>| {
        block.resize(9_600, 0.0);
        Ok(())
    };
    let stopped = run(&mut silence, &mut |_| Ok(Pcm::silence(0.5, 24_000)?), &mut |_| Ok(()));
    assert!(matches!(stopped, Err(StudioError::Interrupted)));
    left.set(1_000);
    let bad = || StudioError::from(audio::AudioError::Stopped);
    assert!(matches!(run(&mut silence, &mut |_| Err(bad()), &mut |_| Ok(())), Err(StudioError::Audio(_))));
    assert!(matches!(run(&mut |_| Err(bad()), &mut |_| Err(bad()), &mut |_| Ok(())), Err(StudioError::Audio(_))));
    let nothing = &mut |_: usize| Ok(Pcm::new(vec![], 24_000)?);
    assert!(matches!(run(&mut silence, nothing, &mut |_| Err(bad())), Err(StudioError::Audio(_))));
    // A film whose sound ends early ends in silence; numbers that are none are silence too.
    let mut once = vec![f32::NAN; 9_601];
    let mut frames = 0;
    let mut short = |block: &mut Vec<f32>| {
        block.append(&mut once);
        Ok(())
    };
    run(&mut short, nothing, &mut |block| {
        assert!(block.mix.iter().all(|value| *value == 0.0));
        frames += block.mix.len() / 2;
        Ok(())
    })
    .unwrap();
    assert_eq!(frames as u64, ms(12_000));
    assert_eq!(matching_gain_db(-16.0, Some(-20.0)), 4.0);
    assert_eq!((matching_gain_db(-16.0, None), matching_gain_db(f64::NAN, Some(-3.0))), (0.0, 0.0));
}

/// Lines over a film of 9 s: where the source speaks, where they sound, for how long.
fn cues() -> impl Strategy<Value = Vec<Line>> {
    let one = (0_u16..3, 0_u64..8_000, 100_u64..3_000, -300_i64..900, 0.0_f64..3.0);
    prop::collection::vec(one, 1..6).prop_map(|cues| {
        let new = |(speaker, from, length, late, seconds): (u16, u64, u64, i64, f64)| {
            line(speaker, (from, (from + length).min(9_000)), from.saturating_add_signed(late), seconds)
        };
        cues.into_iter().map(new).collect()
    })
}

/// Mixes before and after a change of one line, which also sounds otherwise. The first frame that is another one though
/// it is more than a second away from the line's windows.
fn moved(film: &[f32], lines: &[Line], changed: &[Line], which: usize) -> Option<u64> {
    let total_ms = film.len() as u64 / 2 / ms(1);
    let first = Mix::new(lines.to_vec(), total_ms, loud());
    let second = Mix::new(changed.to_vec(), total_ms, loud());
    let before = made(&first, film, first.whole(), 4_800, &|n| n as u64);
    let after = made(&second, film, second.whole(), 5_555, &|n| if n == which { 95 } else { n as u64 });
    let near = |at: u64, from: u64, to: u64| at + ms(1_000) >= ms(from) && at <= ms(to) + ms(1_000);
    let touched = |line: &Line, at: u64| {
        near(at, line.source_ms.0, line.source_ms.1)
            || near(at, line.start_ms, line.start_ms + (line.seconds * 1_000.0).ceil() as u64)
    };
    let pairs = before.mix.chunks_exact(2).zip(after.mix.chunks_exact(2));
    assert_eq!(before.mix.len(), after.mix.len());
    let differ = pairs.enumerate().filter(|(_, (a, b))| a.iter().zip(*b).any(|(a, b)| a.to_bits() != b.to_bits()));
    let mut far =
        differ.map(|(at, _)| at as u64).filter(|&at| !touched(&lines[which], at) && !touched(&changed[which], at));
    far.next()
}

#[test]
fn sparse_lines_do_not_reach_each_other() {
    let film = film(10_000, &[(400, 1_000), (2_600, 3_000), (4_900, 5_400), (7_600, 8_000)]);
    let at = |from: u64, to: u64| line(0, (from, to), from, (to - from) as f64 / 1_000.0);
    let lines = [at(400, 1_000), at(2_600, 3_000), at(4_900, 5_400), at(7_600, 8_000)];
    for which in 1..3 {
        let mut changed = lines;
        changed[which] = Line { keeps_source: true, seconds: 0.0, ..lines[which] };
        assert_eq!(moved(&film, &lines, &changed, which), None);
        changed[which] = Line { source_ms: (3_500, 4_400), start_ms: 3_700, seconds: 0.9, ..lines[which] };
        assert_eq!(moved(&film, &lines, &changed, which), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn a_change_of_one_cue_leaves_the_rest_bit_for_bit(
        lines in cues(), other in cues(), pick: prop::sample::Index, kind in 0..4,
    ) {
        let film = film(9_000, &[(1_000, 3_000), (4_500, 8_000)]);
        let which = pick.index(lines.len());
        let mut changed = lines.clone();
        match kind {
            0 => {}
            1 => changed[which] = other[0],
            2 => changed[which].seconds = 0.0,
            _ => changed[which].keeps_source = true,
        }
        prop_assert_eq!(moved(&film, &lines, &changed, which), None);
    }

    #[test]
    fn a_part_is_like_the_whole(lines in cues(), from_ms in 0_u64..8_000, length_ms in 1_u64..3_000, piece in 1_usize..20_000) {
        let film = film(9_000, &[(1_000, 3_000), (4_500, 8_000)]);
        let mix = Mix::new(lines, 9_000, loud());
        let whole = made(&mix, &film, mix.whole(), 4_800, &|n| n as u64);
        let to_ms = (from_ms + length_ms).min(9_000);
        let part = made(&mix, &film, mix.part(from_ms, from_ms + length_ms), piece.max(500), &|n| n as u64);
        for (whole, part) in [(&whole.mix, &part.mix), (&whole.bed, &part.bed), (&whole.dub, &part.dub)] {
            let whole = between(whole, from_ms, to_ms);
            prop_assert_eq!(whole.len(), part.len());
            prop_assert!(whole.iter().zip(part).all(|(a, b)| a.to_bits() == b.to_bits()));
        }
    }
}
