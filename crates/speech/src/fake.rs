//! A model without a network: deterministic tones and noise for tests of the engine, of recipes and of the UI.
//! It knows no weights, and nothing outside tests may depend on it.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use audio::Pcm;

use crate::{Capacity, Fault, Progress, SlotId, StepModel, Utterance};

/// In a text: the request is refused when it is admitted.
pub const REFUSE: &str = "<refuse>";
/// In a text: the sequence fails after its first chunk; others go on.
pub const FAIL: &str = "<fail>";
/// In a text: the whole model is lost in the sequence's second step.
pub const LOSE: &str = "<lose>";
/// In a text: the model panics in the sequence's second step.
pub const PANIC: &str = "<panic>";

/// How a [`FakeModel`] behaves.
#[derive(Debug)]
pub struct Script {
    /// Sequences side by side.
    pub slots: usize,
    /// Cache positions; a request needs one for each of its steps.
    pub positions: usize,
    /// Steps, and so chunks, for one character of text. A text has at least two steps.
    pub steps_per_char: f64,
    /// Samples in one chunk.
    pub samples_per_step: usize,
    /// Rate of the samples.
    pub rate_hz: u32,
    /// What a step waits for.
    pub pace: Pace,
}

/// What a step of a [`FakeModel`] waits for.
#[derive(Debug)]
pub enum Pace {
    /// Nothing.
    Free,
    /// A time, whatever the number of slots.
    Delay(Duration),
    /// A permit from the test. Once the test has dropped the [`Gate`], nothing.
    Gated(Receiver<()>),
}

/// The test's end of [`Pace::Gated`].
#[derive(Debug)]
pub struct Gate(Sender<()>);

impl Pace {
    /// A pace under a test's control.
    pub fn gated() -> (Gate, Self) {
        let (sender, receiver) = channel();
        (Gate(sender), Self::Gated(receiver))
    }
}

impl Gate {
    /// Lets the model make so many steps.
    pub fn allow(&self, steps: usize) {
        for _ in 0..steps {
            if self.0.send(()).is_err() {
                // The model is gone and needs no permits.
                return;
            }
        }
    }
}

impl Default for Script {
    fn default() -> Self {
        Self {
            slots: 8,
            positions: 8 * 512,
            steps_per_char: 0.5,
            samples_per_step: 240,
            rate_hz: 24_000,
            pace: Pace::Free,
        }
    }
}

/// One thing that the engine made a [`FakeModel`] do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Sequences started: slot and text.
    Admitted(Vec<(SlotId, String)>),
    /// These slots were advanced.
    Stepped(Vec<SlotId>),
    /// A slot was freed.
    Released(SlotId),
}

/// Everything that was done to a [`FakeModel`], in order. Clones show the same journal.
#[derive(Debug, Clone, Default)]
pub struct Journal(Arc<Mutex<Vec<Deed>>>);

impl Journal {
    /// A copy of what has been done so far.
    pub fn deeds(&self) -> Vec<Deed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, deed: Deed) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(deed);
    }
}

/// A [`StepModel`] that hums: its samples depend on the text and the seed and on nothing else, so that anything mixed
/// up between slots shows.
///
/// Panics, on purpose, if the engine breaks the contract: an occupied slot admitted, a free one stepped or released,
/// more positions in use than there are.
#[derive(Debug)]
pub struct FakeModel {
    script: Script,
    running: HashMap<SlotId, Sequence>,
    journal: Journal,
}

#[derive(Debug)]
struct Sequence {
    text: String,
    noise: u64,
    phase: f64,
    hertz: f64,
    step: usize,
    steps: usize,
}

impl FakeModel {
    /// A model that follows a script.
    pub fn new(script: Script) -> Self {
        Self { script, running: HashMap::new(), journal: Journal::default() }
    }

    /// What will have been done to this model.
    pub fn journal(&self) -> Journal {
        self.journal.clone()
    }

    fn steps(&self, text: &str) -> usize {
        ((text.chars().count() as f64 * self.script.steps_per_char).ceil() as usize).max(2)
    }

    fn sequence(&self, utterance: &Utterance) -> Sequence {
        // FNV-1a over the text, continued by the seed: the identity of what is to be heard.
        let bytes = utterance.text.bytes().chain(utterance.seed.to_le_bytes());
        let noise =
            bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        Sequence {
            steps: self.steps(&utterance.text),
            text: utterance.text.clone(),
            noise,
            phase: 0.0,
            hertz: 110.0 + (noise % 220) as f64,
            step: 0,
        }
    }
}

impl Sequence {
    fn hum(&mut self, samples: usize, rate_hz: u32) -> Vec<f32> {
        (0..samples)
            .map(|_| {
                // xorshift64: the state is never zero unless the hash was, and then the noise is just silent.
                self.noise ^= self.noise << 13;
                self.noise ^= self.noise >> 7;
                self.noise ^= self.noise << 17;
                self.phase = (self.phase + self.hertz / f64::from(rate_hz)).fract();
                let tone = (self.phase * std::f64::consts::TAU).sin();
                let noise = (self.noise >> 11) as f64 / (1_u64 << 53) as f64 - 0.5;
                (0.3 * tone + 0.02 * noise) as f32
            })
            .collect()
    }
}

impl StepModel for FakeModel {
    type Request = Utterance;
    type Chunk = Pcm;

    fn capacity(&self) -> Capacity {
        Capacity { slots: self.script.slots, positions: self.script.positions }
    }

    fn positions(&self, request: &Utterance) -> usize {
        self.steps(&request.text)
    }

    fn admit(&mut self, batch: Vec<(SlotId, Utterance)>) -> Vec<(SlotId, Fault)> {
        let texts = batch.iter().map(|(slot, utterance)| (*slot, utterance.text.clone())).collect();
        self.journal.note(Deed::Admitted(texts));
        let mut refused = Vec::new();
        for (slot, utterance) in batch {
            assert!(slot.0 < self.script.slots, "slot {} does not exist", slot.0);
            if utterance.text.contains(REFUSE) {
                refused.push((slot, Fault::new("refused", "the text asks to be refused")));
                continue;
            }
            let earlier = self.running.insert(slot, self.sequence(&utterance));
            assert!(earlier.is_none(), "slot {} was taken twice", slot.0);
        }
        let held: usize = self.running.values().map(|sequence| sequence.steps).sum();
        assert!(held <= self.script.positions, "{held} positions are in use");
        refused
    }

    fn step(&mut self, active: &[SlotId], emit: &mut dyn FnMut(SlotId, Progress<Pcm>)) -> Result<(), Fault> {
        match &self.script.pace {
            Pace::Free => {}
            Pace::Delay(time) => std::thread::sleep(*time),
            Pace::Gated(permits) => {
                // An error means that the gate is gone: from then on the model runs free.
                permits.recv().ok();
            }
        }
        self.journal.note(Deed::Stepped(active.to_vec()));
        for slot in active {
            let sequence = self.running.get_mut(slot).expect("the engine stepped a free slot");
            sequence.step += 1;
            if sequence.step == 2 {
                if sequence.text.contains(PANIC) {
                    panic!("the text asks for a panic");
                }
                if sequence.text.contains(LOSE) {
                    return Err(Fault::new("lost", "the text asks to lose the model"));
                }
                if sequence.text.contains(FAIL) {
                    emit(*slot, Progress::Failed(Fault::new("failed", "the text asks to fail")));
                    continue;
                }
            }
            let samples = sequence.hum(self.script.samples_per_step, self.script.rate_hz);
            let pcm =
                Pcm::new(samples, self.script.rate_hz).map_err(|error| Fault::new("bad_script", error.to_string()))?;
            emit(*slot, Progress::Chunk(pcm));
            if sequence.step == sequence.steps {
                emit(*slot, Progress::Done);
            }
        }
        Ok(())
    }

    fn release(&mut self, slot: SlotId) {
        self.journal.note(Deed::Released(slot));
        let sequence = self.running.remove(&slot);
        assert!(sequence.is_some(), "slot {} was released while free", slot.0);
    }
}
