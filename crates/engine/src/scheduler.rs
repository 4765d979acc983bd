//! Who runs next: slots, cache positions and two lanes. Pure: no clock, no channel, no thread, no model.
//!
//! Time is counted in plans, one before each step of the model. The rules:
//!
//! 1. Within a lane, first come, first served. No request overtakes another of its lane.
//! 2. Interactive goes first.
//! 3. Batch sequences together never hold the last `reserved` slots, nor the reserved share of the positions (save one
//!    that is longer than the whole batch share, which runs as the only batch sequence). So a preview that meets
//!    nothing but a book starts at the next plan.
//! 4. Batch ages: a batch request that has room in its own share but was passed over in `patience` plans goes first,
//!    and previews wait until it fits. So batch work gets on under a constant stream of previews.
//! 5. No preview is overtaken by batch twice. So a preview that needs many positions is not starved either.

use std::collections::BTreeMap;

use speech::{Capacity, SlotId};

/// How long a listener is willing to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Priority {
    /// Somebody is listening: a preview, a line just typed.
    Interactive,
    /// Nobody is: a book, a film.
    Batch,
}

/// Names one request. Numbers are handed out by the caller, in order of arrival, each only once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// What the scheduler shares out, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// What the model holds.
    pub capacity: Capacity,
    /// Slots that batch sequences never hold. Always less than the slots: a model of one slot reserves none.
    pub reserved: usize,
    /// Plans that a batch request lets pass before it goes first.
    pub patience: u32,
}

impl Rules {
    /// One slot reserved where there are more than one; 64 plans of patience.
    pub fn new(capacity: Capacity) -> Self {
        Self { capacity, reserved: usize::from(capacity.slots > 1), patience: 64 }
    }

    fn batch_slots(&self) -> usize {
        self.capacity.slots - self.reserved.min(self.capacity.slots.saturating_sub(1))
    }

    fn batch_positions(&self) -> usize {
        let share = self.capacity.positions as u128 * self.batch_slots() as u128;
        (share / self.capacity.slots.max(1) as u128) as usize
    }
}

/// A request that would not fit even into an empty model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong {
    /// Positions that it asked for.
    pub wanted: usize,
    /// Positions that there are.
    pub limit: usize,
}

/// What to do before the next step, in this order.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Slots whose sequence ended or was cancelled; the model forgets them.
    pub release: Vec<SlotId>,
    /// Requests that start, each in a slot that is free by now.
    pub admit: Vec<(SlotId, Ticket)>,
}

#[derive(Debug, Clone, Copy)]
struct Running {
    ticket: Ticket,
    priority: Priority,
    positions: usize,
    leaving: bool,
}

/// The state of a model's slots and of the two lanes before them.
#[derive(Debug)]
pub struct Scheduler {
    rules: Rules,
    slots: Vec<Option<Running>>,
    interactive: BTreeMap<Ticket, usize>,
    batch: BTreeMap<Ticket, usize>,
    /// Plans in which the batch lane had room in its share and got nothing.
    passed_over: u32,
    /// The preview that an aged batch request went before: the next claim must wait until this one has started.
    overtaken: Option<Ticket>,
}

impl Scheduler {
    /// An empty model.
    pub fn new(rules: Rules) -> Self {
        let slots = vec![None; rules.capacity.slots];
        Self { rules, slots, interactive: BTreeMap::new(), batch: BTreeMap::new(), passed_over: 0, overtaken: None }
    }

    /// Puts a request at the end of its lane. `positions` is the upper bound of what it will use.
    pub fn submit(&mut self, ticket: Ticket, priority: Priority, positions: usize) -> Result<(), TooLong> {
        let limit = self.rules.capacity.positions;
        if positions > limit || self.slots.is_empty() {
            return Err(TooLong { wanted: positions, limit });
        }
        let earlier = self.lane(priority).insert(ticket, positions);
        debug_assert!(earlier.is_none() && self.slot_of(ticket).is_none(), "invariant: a ticket is used once");
        Ok(())
    }

    /// Takes a request out, wherever it is. A running one leaves its slot at the next plan. Returns whether it was known.
    pub fn cancel(&mut self, ticket: Ticket) -> bool {
        if self.interactive.remove(&ticket).is_some() || self.batch.remove(&ticket).is_some() {
            return true;
        }
        match self.slot_of(ticket) {
            Some(slot) => self.finish(slot),
            None => false,
        }
    }

    /// The sequence in `slot` ended or failed; it leaves at the next plan. Returns whether one was running there.
    pub fn finish(&mut self, slot: SlotId) -> bool {
        match self.slots.get_mut(slot.0) {
            Some(Some(running)) if !running.leaving => {
                running.leaving = true;
                true
            }
            _ => false,
        }
    }

    /// The model did not start the sequence planned for `slot`, which is free again at once.
    pub fn refused(&mut self, slot: SlotId) {
        if let Some(place) = self.slots.get_mut(slot.0) {
            *place = None;
        }
    }

    /// Empties the slots that are left and fills the free ones.
    pub fn plan(&mut self) -> Plan {
        let mut plan = Plan::default();
        for (index, place) in self.slots.iter_mut().enumerate() {
            if place.is_some_and(|running| running.leaving) {
                *place = None;
                plan.release.push(SlotId(index));
            }
        }
        let mut batch_started = false;
        while let Some((priority, ticket, positions)) = self.next_start() {
            if priority == Priority::Batch {
                batch_started = true;
                self.passed_over = 0;
                self.overtaken = self.interactive.keys().next().copied();
            }
            self.lane(priority).remove(&ticket);
            let index = self.slots.iter().position(Option::is_none).expect("invariant: next_start saw a free slot");
            self.slots[index] = Some(Running { ticket, priority, positions, leaving: false });
            plan.admit.push((SlotId(index), ticket));
        }
        match self.batch.values().next() {
            None => self.passed_over = 0,
            Some(positions) if !batch_started && self.share_allows(*positions) => {
                self.passed_over = self.passed_over.saturating_add(1);
            }
            Some(_) => {}
        }
        plan
    }

    /// The request that the rules let start now, if there is one.
    fn next_start(&self) -> Option<(Priority, Ticket, usize)> {
        let free_slots = self.slots.iter().filter(|place| place.is_none()).count();
        let free_positions = self.rules.capacity.positions - self.positions_held(None);
        let preview = self.interactive.first_key_value().map(|(ticket, positions)| (*ticket, *positions));
        let book = self.batch.first_key_value().map(|(ticket, positions)| (*ticket, *positions));
        let book = book.filter(|(_, positions)| self.share_allows(*positions));

        let overtakes_twice = preview.is_some_and(|(ticket, _)| Some(ticket) == self.overtaken);
        let claims = self.passed_over >= self.rules.patience && !overtakes_twice;
        let (priority, (ticket, positions), spare) = match (preview, book) {
            (_, Some(book)) if claims => (Priority::Batch, book, 0),
            (Some(preview), _) => (Priority::Interactive, preview, 0),
            (None, Some(book)) => (Priority::Batch, book, self.slots.len() - self.rules.batch_slots()),
            (None, None) => return None,
        };
        (free_slots > spare && positions <= free_positions).then_some((priority, ticket, positions))
    }

    /// Slots with a sequence to advance, ascending.
    pub fn active(&self) -> Vec<SlotId> {
        let running = |place: &Option<Running>| place.is_some_and(|running| !running.leaving);
        (0..self.slots.len()).filter(|index| running(&self.slots[*index])).map(SlotId).collect()
    }

    /// Requests that wait in a lane.
    pub fn waiting(&self, priority: Priority) -> usize {
        match priority {
            Priority::Interactive => self.interactive.len(),
            Priority::Batch => self.batch.len(),
        }
    }

    /// Whether there is nothing to run, to start or to release.
    pub fn is_idle(&self) -> bool {
        self.interactive.is_empty() && self.batch.is_empty() && self.slots.iter().all(Option::is_none)
    }

    /// Whether a batch sequence of this length stays within what batch may hold.
    fn share_allows(&self, positions: usize) -> bool {
        let held = self.running().filter(|running| running.priority == Priority::Batch).count();
        held == 0
            || (held < self.rules.batch_slots()
                && self.positions_held(Some(Priority::Batch)).saturating_add(positions) <= self.rules.batch_positions())
    }

    fn positions_held(&self, priority: Option<Priority>) -> usize {
        self.running()
            .filter(|running| priority.is_none_or(|wanted| running.priority == wanted))
            .map(|running| running.positions)
            .sum()
    }

    fn running(&self) -> impl Iterator<Item = &Running> {
        self.slots.iter().flatten()
    }

    fn slot_of(&self, ticket: Ticket) -> Option<SlotId> {
        self.slots.iter().position(|place| place.is_some_and(|running| running.ticket == ticket)).map(SlotId)
    }

    fn lane(&mut self, priority: Priority) -> &mut BTreeMap<Ticket, usize> {
        match priority {
            Priority::Interactive => &mut self.interactive,
            Priority::Batch => &mut self.batch,
        }
    }
}
