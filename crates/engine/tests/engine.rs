//! The engine around a model without a network: joining and leaving, equality, latency in steps, faults, panics, cancels.

// A test's own furniture may fail like the test itself.
#![allow(clippy::unwrap_used)]

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use audio::Pcm;
use engine::{Engine, Next, Output, Priority};
use speech::fake::{Deed, FAIL, FakeModel, Gate, Journal, LOSE, PANIC, Pace, REFUSE, Script};
use speech::{Fault, SlotId, Utterance, Voicing};

/// Far longer than anything here takes; only a hang reaches it.
const HANG: Duration = Duration::from_secs(20);

fn utterance(text: impl Into<String>, seed: u64) -> Utterance {
    Utterance {
        text: text.into(),
        voicing: Voicing::preset("hum"),
        language: "en".into(),
        seed,
        speed: 1.0,
        style: None,
    }
}

/// A text of a known number of steps, for a script of one step per character.
fn steps(count: usize, letter: char) -> String {
    std::iter::repeat_n(letter, count).collect()
}

fn script(slots: usize) -> Script {
    Script { slots, positions: slots * 200, steps_per_char: 1.0, samples_per_step: 16, ..Script::default() }
}

fn start(script: Script) -> (Engine<FakeModel>, Journal) {
    let model = FakeModel::new(script);
    let journal = model.journal();
    (Engine::start(move || Ok(model)).unwrap(), journal)
}

fn gated(slots: usize) -> (Engine<FakeModel>, Journal, Gate) {
    let (gate, pace) = Pace::gated();
    let (engine, journal) = start(Script { pace, ..script(slots) });
    (engine, journal, gate)
}

fn collect(output: Output<Pcm>) -> Result<Vec<f32>, Fault> {
    let mut samples = Vec::new();
    for chunk in output {
        samples.extend_from_slice(chunk?.samples());
    }
    Ok(samples)
}

/// Waits until something that another thread does has happened.
fn eventually(what: &str, mut happened: impl FnMut() -> bool) {
    let started = Instant::now();
    while !happened() {
        assert!(started.elapsed() < HANG, "never happened: {what}");
        std::thread::sleep(Duration::from_micros(200));
    }
}

fn stepped(journal: &Journal) -> Vec<Vec<usize>> {
    let step = |deed| match deed {
        Deed::Stepped(slots) => Some(slots.iter().map(|slot| slot.0).collect()),
        _ => None,
    };
    journal.deeds().into_iter().filter_map(step).collect()
}

#[test]
fn sequences_join_and_leave_at_every_step() {
    let (engine, journal, gate) = gated(4);
    let outputs: Vec<_> = (2..6).map(|n| engine.submit(utterance(steps(n, 'a'), 0), Priority::Interactive)).collect();
    let late = engine.submit(utterance(steps(3, 'b'), 0), Priority::Interactive);
    drop(gate);
    for (n, output) in (2..6).zip(outputs) {
        assert_eq!(output.count(), n, "one chunk for each step");
    }
    assert_eq!(late.count(), 3);
    // However the first few met, every slot was taken again as soon as it was free, and nobody waited for the longest.
    let sizes: usize = stepped(&journal).iter().map(Vec::len).sum();
    assert_eq!(sizes, 2 + 3 + 4 + 5 + 3);
    let load = engine.load();
    assert_eq!((load.slot_steps, load.steps as usize), (17, stepped(&journal).len()));
    assert_eq!(load.slots, 4);
    eventually("17 chunks", || engine.load().chunks == 17);
    assert!(load.steps < 9, "the late one did not join the running batch: {} steps", load.steps);
}

#[test]
fn alone_and_in_a_batch_of_eight_are_bit_identical() {
    let requests: Vec<_> = (0..64).map(|n| (format!("line {n}{}", steps(n % 13, '.')), n as u64 * 7)).collect();
    let (alone, _) = start(script(1));
    let expected: Vec<_> = requests
        .iter()
        .map(|(text, seed)| collect(alone.submit(utterance(text, *seed), Priority::Batch)).unwrap())
        .collect();
    let (gate, pace) = Pace::gated();
    let (batched, journal) = start(Script { pace, ..script(8) });
    let outputs: Vec<_> = requests
        .iter()
        .enumerate()
        .map(|(n, (text, seed))| {
            let priority = if n % 3 == 0 { Priority::Interactive } else { Priority::Batch };
            batched.submit(utterance(text, *seed), priority)
        })
        .collect();
    drop(gate);
    for (output, expected) in outputs.into_iter().zip(expected) {
        assert_eq!(collect(output).unwrap(), expected);
    }
    assert!(stepped(&journal).iter().any(|slots| slots.len() == 8), "the batch was never full");
}

#[test]
fn a_preview_starts_at_the_next_step_while_a_book_runs() {
    let (engine, journal, gate) = gated(8);
    let book: Vec<_> = (0..50).map(|n| engine.submit(utterance(steps(100, 'b'), n), Priority::Batch)).collect();
    gate.allow(20);
    eventually("20 steps", || stepped(&journal).len() == 20);
    assert!(stepped(&journal).iter().all(|slots| slots.len() <= 7), "the book took the last slot");
    // The model may wait in its 21st step already, which the preview is then too late for.
    let mut preview = engine.submit(utterance("hello", 1), Priority::Interactive);
    gate.allow(2);
    // There are permits for two steps only.
    assert!(matches!(preview.next_within(HANG), Next::Item(Ok(_))), "no chunk from the step after");
    drop(book);
    drop(gate);
    assert_eq!(preview.count(), 4);
}

#[test]
fn a_dropped_output_frees_its_slot_within_one_step() {
    let (engine, journal, gate) = gated(2);
    let first = engine.submit(utterance(steps(100, 'a'), 0), Priority::Interactive);
    let second = engine.submit(utterance(steps(100, 'b'), 0), Priority::Interactive);
    let third = engine.submit(utterance(steps(4, 'c'), 0), Priority::Interactive);
    let never = engine.submit(utterance(steps(4, 'd'), 0), Priority::Interactive);
    gate.allow(5);
    eventually("5 steps", || stepped(&journal).len() == 5);
    drop(first);
    drop(never);
    gate.allow(1);
    eventually("6 steps", || stepped(&journal).len() == 6);
    gate.allow(1);
    eventually("the slot is free and taken again", || stepped(&journal).len() == 7);
    let deeds = journal.deeds();
    let released = deeds.iter().position(|deed| *deed == Deed::Released(SlotId(0))).expect("released");
    assert_eq!(deeds[released + 1], Deed::Admitted(vec![(SlotId(0), "cccc".into())]));
    let before = deeds[..released].iter().filter(|deed| matches!(deed, Deed::Stepped(_))).count();
    assert!(before <= 6, "freed after {} steps more", before - 5);
    drop(gate);
    assert_eq!((third.count(), second.count()), (4, 100));
    assert!(
        !journal
            .deeds()
            .iter()
            .any(|deed| matches!(deed, Deed::Admitted(batch) if batch.iter().any(|(_, text)| text == "dddd")))
    );
}

#[test]
fn one_failure_leaves_the_others_alone() {
    let (engine, _) = start(script(4));
    let alone = collect(engine.submit(utterance("a quiet line", 5), Priority::Batch)).unwrap();
    let outputs: Vec<_> = (0..40)
        .map(|n| {
            let text = match n % 4 {
                0 => format!("{FAIL} {n}"),
                1 => format!("{REFUSE} {n}"),
                2 => steps(801, 'x'),
                _ => "a quiet line".into(),
            };
            engine.submit(utterance(text, 5), Priority::Batch)
        })
        .collect();
    for (n, mut output) in outputs.into_iter().enumerate() {
        match n % 4 {
            0 => {
                assert!(matches!(output.next(), Some(Ok(_))));
                assert_eq!(output.next().unwrap().unwrap_err().code, "failed");
            }
            1 => assert_eq!(output.next().unwrap().unwrap_err().code, "refused"),
            2 => assert_eq!(output.next().unwrap().unwrap_err().code, "too_long"),
            _ => {
                assert_eq!(collect(output).unwrap(), alone);
                continue;
            }
        }
        assert!(output.next().is_none(), "nothing follows a fault");
    }
}

#[test]
fn a_lost_model_fails_everything_and_hangs_nothing() {
    for (trigger, code) in [(LOSE, "lost"), (PANIC, "model_panicked")] {
        let (engine, _, gate) = gated(2);
        let running = engine.submit(utterance(steps(100, 'a'), 0), Priority::Batch);
        let waiting: Vec<_> = (0..5).map(|_| engine.submit(utterance(steps(9, 'b'), 0), Priority::Batch)).collect();
        let trigger = engine.submit(utterance(trigger, 0), Priority::Interactive);
        drop(gate);
        assert_eq!(collect(trigger).unwrap_err().code, code);
        assert_eq!(collect(running).unwrap_err().code, code);
        for output in waiting {
            assert_eq!(collect(output).unwrap_err().code, code);
        }
        let mut later = engine.submit(utterance("hello", 0), Priority::Interactive);
        let fault = later.next().unwrap().unwrap_err();
        assert_eq!(fault.code, "engine_dead");
        assert!(fault.message.contains("the text asks"), "the cause is told: {}", fault.message);
        assert!(later.next().is_none());
        let load = engine.load();
        assert_eq!((load.active, load.waiting_batch, load.waiting_interactive), (0, 0, 0));
    }
}

#[test]
fn ten_thousand_short_requests_from_eight_threads() {
    let (engine, journal) = start(script(8));
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let engine = engine.clone();
            scope.spawn(move || {
                let mut flying = std::collections::VecDeque::new();
                for n in 0..1250 {
                    let priority = if n % 5 == 0 { Priority::Interactive } else { Priority::Batch };
                    flying.push_back((n, engine.submit(utterance("ab", n ^ thread), priority)));
                    if flying.len() > 8 {
                        let (n, output) = flying.pop_front().unwrap();
                        // Some lose interest before the end.
                        let wanted = if n % 11 == 0 { 1 } else { 3 };
                        let chunks: Result<Vec<Pcm>, Fault> = output.take(wanted).collect();
                        assert_eq!(chunks.unwrap().len(), wanted.min(2));
                    }
                }
                for (_, output) in flying {
                    assert_eq!(output.count(), 2);
                }
            });
        }
    });
    eventually("rest", || engine.load().active == 0);
    let mut held = HashSet::new();
    for deed in journal.deeds() {
        match deed {
            Deed::Admitted(batch) => batch.iter().for_each(|(slot, _)| assert!(held.insert(*slot))),
            Deed::Released(slot) => assert!(held.remove(&slot)),
            Deed::Stepped(slots) => assert!(slots.iter().all(|slot| held.contains(slot))),
        }
    }
    assert!(held.is_empty(), "slots that were never freed: {held:?}");
}

#[test]
fn the_last_handle_ends_the_thread() {
    struct Tell(Arc<AtomicBool>, FakeModel);
    impl Drop for Tell {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    impl speech::StepModel for Tell {
        type Request = Utterance;
        type Chunk = Pcm;
        fn capacity(&self) -> speech::Capacity {
            self.1.capacity()
        }
        fn positions(&self, request: &Utterance) -> usize {
            self.1.positions(request)
        }
        fn admit(&mut self, batch: Vec<(SlotId, Utterance)>) -> Vec<(SlotId, Fault)> {
            self.1.admit(batch)
        }
        fn step(
            &mut self,
            active: &[SlotId],
            emit: &mut dyn FnMut(SlotId, speech::Progress<Pcm>),
        ) -> Result<(), Fault> {
            self.1.step(active, emit)
        }
        fn release(&mut self, slot: SlotId) {
            self.1.release(slot);
        }
    }
    let gone = Arc::new(AtomicBool::new(false));
    let pace = Pace::Delay(Duration::from_millis(1));
    let tell = Tell(Arc::clone(&gone), FakeModel::new(Script { pace, positions: 20_000, ..script(2) }));
    let engine = Engine::start(move || Ok(tell)).unwrap();
    let copy = engine.clone();
    let mut output = engine.submit(utterance(steps(20_000, 'a'), 0), Priority::Batch);
    assert!(output.next().unwrap().is_ok());
    drop(engine);
    assert!(output.next().unwrap().is_ok(), "a clone is left");
    drop(copy);
    assert!(gone.load(Ordering::SeqCst), "drop waits until the model is gone");
    let last = output.last().unwrap();
    assert_eq!(last.unwrap_err().code, "engine_stopped", "an unfinished output says so");
}

#[test]
fn a_model_that_cannot_start_says_why() {
    let fault = Engine::<FakeModel>::start(|| Err(Fault::new("no_weights", "there are none"))).unwrap_err();
    assert_eq!(fault.code, "no_weights");
    let fault = Engine::<FakeModel>::start(|| panic!("weights are torn")).unwrap_err();
    assert_eq!((fault.code, fault.message.contains("weights are torn")), ("model_panicked", true));
    let fault = Engine::start(|| Ok(FakeModel::new(script(0)))).unwrap_err();
    assert_eq!(fault.code, "no_slots");
}

#[test]
fn an_idle_engine_sleeps() {
    let (engine, journal) = start(script(2));
    assert_eq!(engine.submit(utterance("ab", 0), Priority::Batch).count(), 2);
    let steps = engine.load().steps;
    let mut silent = engine.submit(utterance("abc", 0), Priority::Batch);
    while silent.next().is_some() {}
    assert_eq!(silent.next_within(Duration::ZERO), Next::End);
    std::thread::sleep(Duration::from_millis(20));
    assert_eq!(engine.load().steps, steps + 3, "no step without work");
    assert_eq!(stepped(&journal).len(), 5);
}
