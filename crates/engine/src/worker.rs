//! The thread that owns the model: takes requests, asks the scheduler, steps, hands out chunks. It decides nothing and
//! knows nothing of what a request means.

use std::any::Any;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, unbounded};
use speech::{Capacity, Fault, Progress, StepModel};

use crate::output::{Item, Output, stopped};
use crate::scheduler::{Priority, Rules, Scheduler, Ticket};

/// A model at work on its own thread. Clones are handles to the same one; the last handle to go ends it.
pub struct Engine<M: StepModel> {
    shared: Arc<Shared<M::Request, M::Chunk>>,
}

/// How busy an engine is, as of its last step, and what it has done since it started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Load {
    /// Slots of the model.
    pub slots: usize,
    /// Slots in use.
    pub active: usize,
    /// Previews that wait.
    pub waiting_interactive: usize,
    /// Batch requests that wait.
    pub waiting_batch: usize,
    /// Steps made.
    pub steps: u64,
    /// Active slots summed over all steps; over `steps` this is the mean batch.
    pub slot_steps: u64,
    /// Chunks that the model yielded.
    pub chunks: u64,
}

struct Shared<R, C> {
    messages: Sender<Message<R, C>>,
    tickets: AtomicU64,
    board: Arc<Mutex<Board>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What the worker shows to the handles.
#[derive(Default)]
struct Board {
    load: Load,
    /// Why the engine is dead, if it is.
    dead: Option<Fault>,
}

enum Message<R, C> {
    Submit { ticket: Ticket, request: R, priority: Priority, items: Sender<Item<C>> },
    Cancel(Ticket),
    Stop,
}

impl<M: StepModel> Engine<M> {
    /// Starts a thread, makes the model there and waits until it is ready.
    ///
    /// Fails with the fault of `make`, or if `make` panics or the model has no slots.
    pub fn start(make: impl FnOnce() -> Result<M, Fault> + Send + 'static) -> Result<Self, Fault> {
        Self::start_with(make, Rules::new)
    }

    /// Like [`Engine::start`], with other rules than the usual ones for the model's capacity.
    pub fn start_with(
        make: impl FnOnce() -> Result<M, Fault> + Send + 'static,
        rules: impl FnOnce(Capacity) -> Rules + Send + 'static,
    ) -> Result<Self, Fault> {
        let (messages, inbox) = unbounded();
        let (ready, started) = crossbeam_channel::bounded(1);
        let board = Arc::new(Mutex::new(Board::default()));
        let shown = Arc::clone(&board);
        let body = move || {
            let made = catch_unwind(AssertUnwindSafe(make)).unwrap_or_else(|panic| Err(panicked(panic.as_ref())));
            let model = match made {
                Ok(model) if model.capacity().slots > 0 => model,
                Ok(_) => {
                    return drop(ready.send(Err(Fault::new("no_slots", "the model has room for no sequence at all"))));
                }
                Err(fault) => return drop(ready.send(Err(fault))),
            };
            let rules = rules(model.capacity());
            lock(&shown).load.slots = rules.capacity.slots;
            if ready.send(Ok(())).is_ok() {
                Worker::new(model, rules, inbox, shown).live();
            }
        };
        let thread = thread::Builder::new()
            .name("engine".into())
            .spawn(body)
            .map_err(|error| Fault::new("no_thread", format!("the system gave no thread to the engine: {error}")))?;
        started
            .recv()
            .unwrap_or_else(|_| Err(Fault::new("model_panicked", "the model broke down while it was started")))?;
        let thread = Mutex::new(Some(thread));
        Ok(Self { shared: Arc::new(Shared { messages, tickets: AtomicU64::new(0), board, thread }) })
    }

    /// Hands in a request. Never blocks; what becomes of it, faults included, comes out of the output.
    pub fn submit(&self, request: M::Request, priority: Priority) -> Output<M::Chunk> {
        let ticket = Ticket(self.shared.tickets.fetch_add(1, Ordering::Relaxed));
        let line = self.shared.messages.clone();
        let (output, items) = Output::new(move || drop(line.send(Message::Cancel(ticket))));
        let dead = lock(&self.shared.board).dead.clone();
        if let Some(fault) = dead {
            drop(items.send(Item::Fault(fault)));
        } else if let Err(unsent) =
            self.shared.messages.send(Message::Submit { ticket, request, priority, items: items.clone() })
        {
            // The worker went between the two looks; its reason is on the board by now.
            drop(unsent);
            let fault = lock(&self.shared.board).dead.clone().unwrap_or_else(stopped);
            drop(items.send(Item::Fault(fault)));
        }
        output
    }

    /// How busy the engine is. A request just handed in shows up with the next step.
    pub fn load(&self) -> Load {
        lock(&self.shared.board).load
    }
}

impl<M: StepModel> Clone for Engine<M> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<M: StepModel> std::fmt::Debug for Engine<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("load", &self.load()).finish_non_exhaustive()
    }
}

impl<R, C> Drop for Shared<R, C> {
    fn drop(&mut self) {
        drop(self.messages.send(Message::Stop));
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        // The last handle may die inside the model itself, in a request that held one: a thread cannot wait for itself.
        if let Some(thread) = thread.filter(|thread| thread.thread().id() != thread::current().id()) {
            drop(thread.join());
        }
    }
}

/// A request that has no slot yet.
struct Waiting<M: StepModel> {
    request: M::Request,
    items: Sender<Item<M::Chunk>>,
}

struct Worker<M: StepModel> {
    model: M,
    scheduler: Scheduler,
    inbox: Receiver<Message<M::Request, M::Chunk>>,
    /// Requests that wait, by ticket.
    waiting: HashMap<Ticket, Waiting<M>>,
    /// Where each slot's chunks go; none for a free slot and for one that has ended.
    running: Vec<Option<Sender<Item<M::Chunk>>>>,
    board: Arc<Mutex<Board>>,
    load: Load,
}

impl<M: StepModel> Worker<M> {
    fn new(model: M, rules: Rules, inbox: Receiver<Message<M::Request, M::Chunk>>, board: Arc<Mutex<Board>>) -> Self {
        let slots = rules.capacity.slots;
        Self {
            model,
            scheduler: Scheduler::new(rules),
            inbox,
            waiting: HashMap::new(),
            running: (0..slots).map(|_| None).collect(),
            board,
            load: Load { slots, ..Load::default() },
        }
    }

    /// Runs until the last handle is gone or the model is lost; then nobody is left waiting.
    fn live(mut self) {
        let end = catch_unwind(AssertUnwindSafe(|| self.run())).unwrap_or_else(|panic| Err(panicked(panic.as_ref())));
        let (now, later) = match end {
            Ok(()) => (stopped(), stopped()),
            Err(fault) => {
                let message = format!("the engine stopped because its model failed: {}", fault.message);
                (fault, Fault::new("engine_dead", message))
            }
        };
        let Self { model, inbox, waiting, running, board, .. } = self;
        {
            // Once this is shown, no handle sends another request; those that were sent before are in the inbox.
            let mut board = lock(&board);
            board.load = Load { active: 0, waiting_interactive: 0, waiting_batch: 0, ..board.load };
            board.dead = Some(later.clone());
        }
        for items in running.into_iter().flatten() {
            drop(items.send(Item::Fault(now.clone())));
        }
        for unmet in waiting.into_values() {
            drop(unmet.items.send(Item::Fault(now.clone())));
        }
        for message in inbox.try_iter() {
            if let Message::Submit { items, .. } = message {
                drop(items.send(Item::Fault(later.clone())));
            }
        }
        drop(inbox);
        // A model that panicked may well panic again when it is dropped.
        drop(catch_unwind(AssertUnwindSafe(move || drop(model))));
    }

    fn run(&mut self) -> Result<(), Fault> {
        loop {
            if self.scheduler.is_idle() {
                self.publish();
                match self.inbox.recv() {
                    Ok(Message::Stop) | Err(_) => return Ok(()),
                    Ok(message) => self.take(message),
                }
            }
            // Only what is there by now: a flood of requests must not keep the model from its next step.
            for _ in 0..self.inbox.len() {
                match self.inbox.try_recv() {
                    Ok(Message::Stop) => return Ok(()),
                    Ok(message) => self.take(message),
                    Err(_) => break,
                }
            }
            self.turn()?;
            self.publish();
        }
    }

    fn take(&mut self, message: Message<M::Request, M::Chunk>) {
        match message {
            Message::Submit { ticket, request, priority, items } => {
                let positions = self.model.positions(&request);
                match self.scheduler.submit(ticket, priority, positions) {
                    Ok(()) => drop(self.waiting.insert(ticket, Waiting { request, items })),
                    Err(refusal) => {
                        let message = format!(
                            "the text needs up to {} positions at once and the model has {}; split it",
                            refusal.wanted, refusal.limit
                        );
                        drop(items.send(Item::Fault(Fault::new("too_long", message))));
                    }
                }
            }
            Message::Cancel(ticket) => {
                self.scheduler.cancel(ticket);
                self.waiting.remove(&ticket);
            }
            Message::Stop => {}
        }
    }

    /// One plan and one step.
    fn turn(&mut self) -> Result<(), Fault> {
        let plan = self.scheduler.plan();
        for slot in plan.release {
            self.running[slot.0] = None;
            self.model.release(slot);
        }
        let mut starting = Vec::with_capacity(plan.admit.len());
        for (slot, ticket) in plan.admit {
            let Waiting { request, items } =
                self.waiting.remove(&ticket).expect("invariant: what the scheduler holds waits here");
            self.running[slot.0] = Some(items);
            starting.push((slot, request));
        }
        if !starting.is_empty() {
            for (slot, fault) in self.model.admit(starting) {
                self.scheduler.refused(slot);
                if let Some(items) = self.running.get_mut(slot.0).and_then(Option::take) {
                    drop(items.send(Item::Fault(fault)));
                }
            }
        }
        let active = self.scheduler.active();
        if active.is_empty() {
            return Ok(());
        }
        self.load.steps += 1;
        self.load.slot_steps += active.len() as u64;
        // Shown before the step, so that whoever has an output's last chunk finds its step counted.
        self.publish();
        let Self { model, scheduler, running, load, .. } = self;
        model.step(&active, &mut |slot, progress| {
            let Some(place) = running.get_mut(slot.0) else { return };
            let Some(items) = place else { return };
            // A send that fails means that the output was dropped; its cancel is in the inbox.
            match progress {
                Progress::Chunk(chunk) => {
                    load.chunks += 1;
                    drop(items.send(Item::Chunk(chunk)));
                }
                Progress::Done => {
                    drop(items.send(Item::End));
                    *place = None;
                    scheduler.finish(slot);
                }
                Progress::Failed(fault) => {
                    drop(items.send(Item::Fault(fault)));
                    *place = None;
                    scheduler.finish(slot);
                }
            }
        })
    }

    fn publish(&mut self) {
        self.load.active = self.scheduler.active().len();
        self.load.waiting_interactive = self.scheduler.waiting(Priority::Interactive);
        self.load.waiting_batch = self.scheduler.waiting(Priority::Batch);
        lock(&self.board).load = self.load;
    }
}

/// The board holds plain numbers: what a panicking holder left there is still true.
fn lock(board: &Mutex<Board>) -> MutexGuard<'_, Board> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}

fn panicked(panic: &(dyn Any + Send)) -> Fault {
    let said = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    Fault::new("model_panicked", format!("the model broke down: {said}"))
}
