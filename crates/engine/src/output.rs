//! What one request yields, as a blocking iterator. It knows neither the model nor the scheduler; dropping it gives up
//! the request.

use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use speech::Fault;

/// What the worker tells one output.
pub(crate) enum Item<C> {
    Chunk(C),
    /// The sequence ended well.
    End,
    /// The sequence ended badly.
    Fault(Fault),
}

/// The chunks of one request, in order. Dropping it frees the request's slot before the next step of the model.
///
/// The channel behind it has no bound: a sequence is bounded by its positions, so is what it can put there, and a
/// bound would let one slow reader hold up the whole batch.
pub struct Output<C> {
    items: Receiver<Item<C>>,
    hang_up: Option<Box<dyn FnOnce() + Send>>,
}

/// What [`Output::next_within`] found.
#[derive(Debug, PartialEq)]
pub enum Next<C> {
    /// A chunk, or the fault that ended the sequence.
    Item(Result<C, Fault>),
    /// The time passed first; ask again.
    Later,
    /// The sequence has ended.
    End,
}

impl<C> Output<C> {
    /// An output and the end that the worker keeps. `hang_up` runs if the output is dropped before its end.
    pub(crate) fn new(hang_up: impl FnOnce() + Send + 'static) -> (Self, Sender<Item<C>>) {
        let (sender, items) = crossbeam_channel::unbounded();
        (Self { items, hang_up: Some(Box::new(hang_up)) }, sender)
    }

    /// The next chunk, waiting for it at most this long.
    pub fn next_within(&mut self, patience: Duration) -> Next<C> {
        if self.hang_up.is_none() {
            return Next::End;
        }
        match self.items.recv_timeout(patience) {
            Ok(item) => self.take(item).map_or(Next::End, Next::Item),
            Err(RecvTimeoutError::Timeout) => Next::Later,
            Err(RecvTimeoutError::Disconnected) => self.take(Item::Fault(stopped())).map_or(Next::End, Next::Item),
        }
    }

    fn take(&mut self, item: Item<C>) -> Option<Result<C, Fault>> {
        match item {
            Item::Chunk(chunk) => Some(Ok(chunk)),
            Item::End => {
                self.hang_up = None;
                None
            }
            Item::Fault(fault) => {
                self.hang_up = None;
                Some(Err(fault))
            }
        }
    }
}

impl<C> Iterator for Output<C> {
    type Item = Result<C, Fault>;

    /// Waits for the next chunk. After a fault or the last chunk there is nothing more. An output never just ends
    /// because the engine went away: that is a fault.
    fn next(&mut self) -> Option<Self::Item> {
        self.hang_up.as_ref()?;
        let item = self.items.recv().unwrap_or_else(|_| Item::Fault(stopped()));
        self.take(item)
    }
}

impl<C> Drop for Output<C> {
    fn drop(&mut self) {
        if let Some(hang_up) = self.hang_up.take() {
            hang_up();
        }
    }
}

impl<C> std::fmt::Debug for Output<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Output").field("ended", &self.hang_up.is_none()).finish_non_exhaustive()
    }
}

pub(crate) fn stopped() -> Fault {
    Fault::new("engine_stopped", "the engine was closed before this request was finished")
}
