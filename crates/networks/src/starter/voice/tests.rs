//! The voice on a small random checkpoint: independence of slots, limits, and damaged files.

use speech::Voicing;

use super::*;
use crate::starter::toy;

fn utterance(text: &str, preset: &str, seed: u64) -> Utterance {
    Utterance {
        text: text.to_owned(),
        voicing: Voicing::preset(preset),
        language: "en-GB".to_owned(),
        seed,
        speed: 1.0,
        style: None,
    }
}

fn voice(slots: usize) -> Voice {
    let (weights, config) = toy::voice();
    Voice::load(&weights, &config, slots).unwrap()
}

/// Runs `requests`, each joining at its step in its slot and leaving early if asked to. Returns each one's samples.
fn run(voice: &mut Voice, requests: Vec<(usize, SlotId, Utterance, Option<usize>)>) -> Vec<Vec<f32>> {
    let mut waiting: Vec<_> = requests.into_iter().enumerate().collect();
    let mut active: Vec<(SlotId, usize, Option<usize>)> = Vec::new();
    let mut waves = vec![Vec::new(); waiting.len()];
    let mut step = 0;
    while !waiting.is_empty() || !active.is_empty() {
        let (now, later): (Vec<_>, Vec<_>) = waiting
            .into_iter()
            .partition(|(_, (at, slot, ..))| *at <= step && !active.iter().any(|(taken, ..)| taken == slot));
        waiting = later;
        for (index, (_, slot, request, leave)) in now {
            assert!(voice.admit(vec![(slot, request)]).is_empty());
            active.push((slot, index, leave.map(|after| step + after)));
        }
        active.retain(|(slot, _, leave)| {
            let gone = *leave == Some(step);
            if gone {
                voice.release(*slot);
            }
            !gone
        });
        let slots: Vec<SlotId> = active.iter().map(|(slot, ..)| *slot).collect();
        let mut ended = Vec::new();
        voice
            .step(&slots, &mut |slot, progress| match progress {
                Progress::Chunk(pcm) => {
                    let index = active.iter().find(|(taken, ..)| *taken == slot).unwrap().1;
                    assert_eq!((pcm.rate_hz(), pcm.samples().len()), (RATE_HZ, 1280));
                    waves[index].extend_from_slice(pcm.samples());
                }
                Progress::Done => ended.push(slot),
                Progress::Failed(fault) => panic!("{fault}"),
            })
            .unwrap();
        for slot in ended {
            voice.release(slot);
            active.retain(|(taken, ..)| *taken != slot);
        }
        step += 1;
    }
    waves
}

#[test]
fn a_slot_sounds_the_same_bits_alone_and_in_a_busy_batch() {
    let texts = [
        "The cat sat on the mat.",
        "A long winter came, and nobody was ready for it; the harbour froze.",
        "Yes.",
        "Seven ships sailed south.",
        "We heard you, so please bring the good paper back to my old house before noon.",
        "Why not?",
        "It rained, it snowed, and then it rained again.",
        "Two more words.",
        "The last one joins late.",
        "And one after it.",
    ];
    let make = |k: usize| utterance(texts[k], if k.is_multiple_of(2) { "alder" } else { "birch" }, k as u64 * 77);
    let mut busy = voice(8);
    let plan = (0..texts.len()).map(|k| (k * 2 % 7, SlotId(k % 8), make(k), (k == 4).then_some(5))).collect();
    let together = run(&mut busy, plan);
    for (k, wave) in together.iter().enumerate() {
        let alone = run(&mut voice(1), vec![(0, SlotId(0), make(k), None)]).remove(0);
        assert!(alone.len() >= wave.len() && !wave.is_empty());
        let same = alone.iter().zip(wave).all(|(a, b)| a.to_bits() == b.to_bits());
        assert!(same, "utterance {k} depends on its company");
        assert!(k == 4 || alone.len() == wave.len());
        assert!(alone.iter().any(|v| v.abs() > 1e-4), "utterance {k} is silent");
    }
}

#[test]
fn seed_and_speed_do_what_they_say() {
    let mut voice = voice(1);
    let mut say = |seed, speed| {
        let request = Utterance { speed, ..utterance("The cat sat on the mat.", "Alder", seed) };
        run(&mut voice, vec![(0, SlotId(0), request, None)]).remove(0)
    };
    let plain = say(1, 1.0);
    assert_eq!(plain, say(1, 1.0));
    assert_ne!(plain, say(2, 1.0));
    let (fast, slow) = (say(1, 2.0).len() as f64, say(1, 0.5).len() as f64);
    assert!((slow / fast - 4.0).abs() < 0.5, "{slow} {fast}");
}

#[test]
fn what_cannot_be_spoken_is_refused_by_name() {
    let mut voice = voice(2);
    let cases = [
        (Utterance { language: "de".into(), ..utterance("Hallo", "alder", 0) }, "language_not_spoken"),
        (Utterance { speed: f32::NAN, ..utterance("Hello", "alder", 0) }, "speed_out_of_range"),
        (utterance("  ...  ", "alder", 0), "empty_text"),
        (utterance("", "alder", 0), "empty_text"),
        (utterance("Hello", "nobody", 0), "unknown_preset"),
        (utterance(&"word ".repeat(4000), "alder", 0), "text_too_long"),
        (utterance(&"antidisestablishmentarianism ".repeat(280), "alder", 0), "text_too_long"),
    ];
    for (request, code) in cases {
        let refused = voice.admit(vec![(SlotId(0), request)]);
        assert_eq!(refused.len(), 1, "{code}");
        assert_eq!((refused[0].0, refused[0].1.code), (SlotId(0), code));
    }
    assert_eq!(voice.admit(vec![(SlotId(9), utterance("Hello", "alder", 0))])[0].1.code, "no_such_slot");
    voice.step(&[SlotId(0), SlotId(5)], &mut |_, _| panic!("an empty slot spoke")).unwrap();
    assert_eq!(voice.capacity(), Capacity { slots: 2, positions: 2 * voice.positions(&utterance("", "alder", 0)) });
}

#[test]
fn damaged_weights_and_descriptions_are_refused_without_panic() {
    let (weights, config) = toy::voice();
    for (from, to) in [
        ("\"rate_hz\":16000", "\"rate_hz\":8000"),
        ("\"heads\":2", "\"heads\":0"),
        ("\"heads\":2", "\"heads\":3"),
        ("\"books\":4", "\"books\":1000000000000"),
        ("\"books\":4", "\"books\":5"),
        ("\"width\":32", "\"width\":18446744073709551615"),
        ("\"layers\":2", "\"layers\":4000000000"),
        ("\"window\":16", "\"window\":99999999999"),
        ("\"pau\"", "\"quiet\""),
        ("\"format\"", "\"shape\""),
    ] {
        assert!(config.contains(from), "{from}");
        let broken = config.replace(from, to);
        assert!(Voice::load(&weights, &broken, 2).is_err(), "{from} -> {to}");
    }
    assert!(Voice::load(&weights, "", 2).is_err());
    assert!(Voice::load(&[], &config, 2).is_err());
    for k in 0..60 {
        let mut broken = weights.clone();
        let at = 8 + k * 97;
        broken[at] ^= 1 << (k % 8);
        assert!(Voice::load(&broken, &config, 1).is_err());
        // With a digest that agrees, the checkpoint's own form is what is left to judge.
        let agreeing = |bytes: &[u8]| config.replace(&toy::digest(&weights), &toy::digest(bytes));
        let _ = Voice::load(&broken, &agreeing(&broken), 1);
        let cut = &weights[..weights.len() * k / 60];
        assert!(Voice::load(cut, &agreeing(cut), 1).is_err());
    }
}

#[test]
fn numbers_that_overflow_fail_the_slot_and_not_the_model() {
    let (weights, config) = toy::voice_scaled(3e4);
    let mut voice = Voice::load(&weights, &config, 2).unwrap();
    if !voice.admit(vec![(SlotId(0), utterance("Hello there.", "alder", 0))]).is_empty() {
        return;
    }
    for _ in 0..4 {
        let mut last = None;
        voice.step(&[SlotId(0)], &mut |_, progress| last = Some(progress)).unwrap();
        match last {
            Some(Progress::Chunk(pcm)) => assert!(pcm.samples().iter().all(|v| v.is_finite())),
            Some(Progress::Failed(fault)) => assert_eq!(fault.code, "no_sound"),
            _ => {}
        }
    }
}
