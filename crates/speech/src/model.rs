//! Many sequences, one step at a time: all that the engine knows of a network.

use thiserror::Error;

/// One place in a model's running batch. Slots are numbered from 0 to `Capacity::slots - 1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SlotId(pub usize);

/// What a model can hold at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capacity {
    /// Sequences that can run side by side.
    pub slots: usize,
    /// Cache positions shared by all of them; one request must never need more than this.
    pub positions: usize,
}

/// What one slot has to say after a step.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress<C> {
    /// A finished piece of output; more may follow.
    Chunk(C),
    /// The sequence has ended. The engine releases the slot after the step.
    Done,
    /// This sequence failed; the others go on. The engine releases the slot after the step.
    Failed(Fault),
}

/// Why a model could not go on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct Fault {
    /// Stable name of the failure, such as `empty_text`.
    pub code: &'static str,
    /// What happened and why, one sentence.
    pub message: String,
}

impl Fault {
    /// A fault with a stable code and one sentence.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// An autoregressive network that advances many sequences one step at a time.
///
/// A slot's output must not depend on which other slots are active: it is bit-identical alone and in a full batch.
pub trait StepModel: 'static {
    /// What a sequence is made from.
    type Request: Send + 'static;
    /// What a sequence yields: samples for speech, words for recognition, text for translation.
    type Chunk: Send + 'static;

    /// The limits of this model on this device; constant over its life.
    fn capacity(&self) -> Capacity;

    /// Upper bound of the cache positions that `request` will use: the scheduler's only question.
    fn positions(&self, request: &Self::Request) -> usize;

    /// Starts sequences in free slots (prefill). Returns the slots whose request could not be started, each with its
    /// fault; these slots stay free.
    fn admit(&mut self, batch: Vec<(SlotId, Self::Request)>) -> Vec<(SlotId, Fault)>;

    /// Advances every slot in `active` by one step. An `Err` means that the whole model is lost.
    fn step(&mut self, active: &[SlotId], emit: &mut dyn FnMut(SlotId, Progress<Self::Chunk>)) -> Result<(), Fault>;

    /// Forgets a slot's sequence, whether it ended, failed or was cancelled.
    fn release(&mut self, slot: SlotId);
}

/// A model whose kind is only known when it is loaded.
impl<M: StepModel + ?Sized> StepModel for Box<M> {
    type Request = M::Request;
    type Chunk = M::Chunk;

    fn capacity(&self) -> Capacity {
        (**self).capacity()
    }

    fn positions(&self, request: &Self::Request) -> usize {
        (**self).positions(request)
    }

    fn admit(&mut self, batch: Vec<(SlotId, Self::Request)>) -> Vec<(SlotId, Fault)> {
        (**self).admit(batch)
    }

    fn step(&mut self, active: &[SlotId], emit: &mut dyn FnMut(SlotId, Progress<Self::Chunk>)) -> Result<(), Fault> {
        (**self).step(active, emit)
    }

    fn release(&mut self, slot: SlotId) {
        (**self).release(slot);
    }
}
