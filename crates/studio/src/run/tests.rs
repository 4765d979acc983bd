//! Stops and holds reach the engine while a line is under way.

use std::time::{Duration, Instant};

use engine::Engine;
use speech::Voicing;
use speech::fake::{FakeModel, Gate, Pace, Script};

use super::*;

/// Numbered lines; remembers what came back and what was made.
struct Numbers {
    next: usize,
    count: usize,
    again: VecDeque<usize>,
    given_back: Vec<usize>,
    made: Vec<usize>,
}

impl Numbers {
    fn new(count: usize) -> Self {
        Self { next: 0, count, again: VecDeque::new(), given_back: Vec::new(), made: Vec::new() }
    }
}

impl Source<usize> for Numbers {
    fn next(&mut self) -> Result<Option<(usize, Utterance)>, StudioError> {
        let fresh = || (self.next < self.count).then_some(self.next);
        let Some(tag) = self.again.pop_front().or_else(fresh) else { return Ok(None) };
        self.next = self.next.max(tag + 1);
        let utterance = Utterance {
            text: format!("line {tag} and some words"),
            voicing: Voicing::preset("x"),
            language: "en".into(),
            seed: 0,
            speed: 1.0,
            style: None,
        };
        Ok(Some((tag, utterance)))
    }

    fn back(&mut self, tags: Vec<usize>) {
        self.given_back.extend(&tags);
        for tag in tags.into_iter().rev() {
            self.again.push_front(tag);
        }
    }

    fn done(&mut self, made: Made<usize>) -> Result<(), StudioError> {
        self.made.push(made.tag);
        Ok(())
    }
}

/// An engine that makes one step for each permit, so that nothing arrives while nobody allows it.
fn gated() -> (Engine<FakeModel>, Gate) {
    let (gate, pace) = Pace::gated();
    let script = Script { slots: 2, pace, ..Script::default() };
    (Engine::start(move || Ok(FakeModel::new(script))).unwrap(), gate)
}

fn until(what: &str, held: impl Fn() -> bool) -> Duration {
    let started = Instant::now();
    while !held() {
        assert!(started.elapsed() < Duration::from_secs(20), "{what} never came");
        std::thread::sleep(Duration::from_millis(1));
    }
    started.elapsed()
}

/// A model of 10 ms for a step: lines take long, and no chunk is far away.
fn slow() -> Engine<FakeModel> {
    let pace = Pace::Delay(Duration::from_millis(10));
    let script = Script { slots: 2, pace, steps_per_char: 40.0, positions: 1 << 20, ..Script::default() };
    Engine::start(move || Ok(FakeModel::new(script))).unwrap()
}

#[test]
fn a_stop_reaches_the_engine_while_a_line_is_under_way() {
    let engine = slow();
    let cancel = Cancel::new();
    std::thread::scope(|scope| {
        let working = scope.spawn(|| in_order(&engine, Priority::Batch, &cancel, &mut Numbers::new(9)));
        until("work", || engine.load().active > 0);
        let asked = Instant::now();
        cancel.cancel();
        let result = working.join().unwrap();
        let returned = asked.elapsed();
        until("a free engine", || engine.load().active == 0);
        let freed = asked.elapsed();
        println!("stopped after {returned:?}, engine free after {freed:?}");
        assert!(matches!(result, Err(StudioError::Interrupted)));
        assert!(returned < Duration::from_millis(50), "{returned:?}");
        assert!(freed < Duration::from_millis(200), "{freed:?}");
    });
}

#[test]
fn a_stop_returns_at_once_even_when_the_engine_says_nothing() {
    let (engine, _gate) = gated();
    let cancel = Cancel::new();
    std::thread::scope(|scope| {
        let working = scope.spawn(|| {
            let mut one = Numbers::new(1);
            let (_, utterance) = one.next().unwrap().unwrap();
            collect(engine.submit(utterance, Priority::Interactive), &cancel)
        });
        std::thread::sleep(Duration::from_millis(30));
        let asked = Instant::now();
        cancel.cancel();
        assert!(matches!(working.join().unwrap(), Err(StudioError::Interrupted)));
        assert!(asked.elapsed() < Duration::from_millis(50), "{:?}", asked.elapsed());
    });
}

#[test]
fn a_hold_frees_the_engine_and_everything_is_made_all_the_same() {
    let script = Script {
        slots: 2,
        pace: Pace::Delay(Duration::from_millis(2)),
        steps_per_char: 2.0,
        positions: 1 << 20,
        ..Script::default()
    };
    let engine = Engine::start(move || Ok(FakeModel::new(script))).unwrap();
    let cancel = Cancel::new();
    let mut numbers = Numbers::new(9);
    std::thread::scope(|scope| {
        let working = scope.spawn(|| in_order(&engine, Priority::Batch, &cancel, &mut numbers));
        until("work", || engine.load().active > 0);
        cancel.pause();
        let freed = until("a free engine", || engine.load().active == 0);
        println!("held: engine free after {freed:?}");
        assert!(freed < Duration::from_millis(200), "{freed:?}");
        let steps = engine.load().steps;
        std::thread::sleep(Duration::from_millis(40));
        assert!(engine.load().steps <= steps + 1, "the engine works for a job that is held");
        cancel.resume();
        working.join().unwrap().unwrap();
    });
    assert_eq!(numbers.made, (0..9).collect::<Vec<_>>());
    assert!(!numbers.given_back.is_empty());
}

#[test]
fn what_is_put_back_by_the_last_of_all_is_made_as_well() {
    /// Every line needs a second attempt.
    struct Twice(Numbers);

    impl Source<usize> for Twice {
        fn next(&mut self) -> Result<Option<(usize, Utterance)>, StudioError> {
            self.0.next()
        }

        fn back(&mut self, tags: Vec<usize>) {
            self.0.back(tags);
        }

        fn done(&mut self, made: Made<usize>) -> Result<(), StudioError> {
            let is_first = !self.0.made.contains(&made.tag);
            let tag = made.tag;
            self.0.done(made)?;
            if is_first {
                self.0.again.push_front(tag);
            }
            Ok(())
        }
    }

    let engine = Engine::start(|| Ok(FakeModel::new(Script { slots: 2, ..Script::default() }))).unwrap();
    let mut twice = Twice(Numbers::new(5));
    in_order(&engine, Priority::Batch, &Cancel::new(), &mut twice).unwrap();
    let mut made = twice.0.made;
    made.sort_unstable();
    assert_eq!(made, [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
}
