//! A million steps of the scheduler under every kind of load, checked against a plain second book of who is where.

use std::collections::VecDeque;

use engine::Priority::{Batch, Interactive};
use engine::scheduler::{Plan, Priority, Rules, Scheduler, Ticket, TooLong};
use proptest::prelude::*;
use speech::{Capacity, SlotId};

/// Longest sequence in steps: what every bound on waiting is made of.
const LONGEST: u64 = 40;

/// xorshift64*: the test's only source of chance.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % limit
    }

    fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }
}

/// A request as the test knows it.
#[derive(Debug, Clone, Copy)]
struct Known {
    ticket: Ticket,
    priority: Priority,
    positions: usize,
    steps_left: u64,
    /// Cancelled or finished in its slot; must be released by the next plan.
    leaving: bool,
}

/// The scheduler and the test's own account of it.
struct Bench {
    scheduler: Scheduler,
    rules: Rules,
    queues: [VecDeque<Known>; 2],
    slots: Vec<Option<Known>>,
    /// The first of each lane, and the plan at which it became that.
    first: [Option<(Ticket, u64)>; 2],
    plans: u64,
    next: u64,
    ended: u64,
    submitted: u64,
    longest_wait: [u64; 2],
}

fn lane(priority: Priority) -> usize {
    usize::from(priority == Batch)
}

impl Bench {
    fn new(rules: Rules) -> Self {
        Self {
            scheduler: Scheduler::new(rules),
            rules,
            queues: [VecDeque::new(), VecDeque::new()],
            slots: vec![None; rules.capacity.slots],
            first: [None; 2],
            plans: 0,
            next: 0,
            ended: 0,
            submitted: 0,
            longest_wait: [0; 2],
        }
    }

    fn submit(&mut self, priority: Priority, positions: usize, steps: u64) {
        let ticket = Ticket(self.next);
        self.next += 1;
        let answer = self.scheduler.submit(ticket, priority, positions);
        if positions > self.rules.capacity.positions {
            assert_eq!(answer, Err(TooLong { wanted: positions, limit: self.rules.capacity.positions }));
            return;
        }
        assert_eq!(answer, Ok(()));
        self.submitted += 1;
        let known = Known { ticket, priority, positions, steps_left: steps, leaving: false };
        self.queues[lane(priority)].push_back(known);
    }

    fn cancel(&mut self, ticket: Ticket) {
        let mut expected = false;
        for queue in &mut self.queues {
            let before = queue.len();
            queue.retain(|waiting| waiting.ticket != ticket);
            if queue.len() < before {
                expected = true;
                self.ended += 1;
            }
        }
        for known in self.slots.iter_mut().flatten().filter(|known| known.ticket == ticket) {
            expected = !known.leaving;
            known.leaving = true;
        }
        assert_eq!(self.scheduler.cancel(ticket), expected, "cancel of {ticket:?}");
    }

    /// One plan, checked, then one step of an imagined model that refuses a start now and then.
    fn turn(&mut self, chance: &mut Chance) {
        self.plans += 1;
        for (first, queue) in self.first.iter_mut().zip(&self.queues) {
            let now = queue.front().map(|known| known.ticket);
            if first.map(|(ticket, _)| ticket) != now {
                *first = now.map(|ticket| (ticket, self.plans));
            }
        }
        let plan = self.scheduler.plan();
        self.check_release(&plan);
        for (slot, ticket) in &plan.admit {
            let known = self.queues.iter_mut().find(|queue| queue.front().is_some_and(|k| k.ticket == *ticket));
            let known = known.and_then(VecDeque::pop_front).unwrap_or_else(|| panic!("{ticket:?} overtook its lane"));
            if let Some((first, since)) = self.first[lane(known.priority)]
                && first == *ticket
            {
                let longest = &mut self.longest_wait[lane(known.priority)];
                *longest = (self.plans - since).max(*longest);
            }
            assert!(slot.0 < self.slots.len(), "{slot:?} does not exist");
            assert!(self.slots[slot.0].replace(known).is_none(), "{slot:?} is held twice");
        }
        self.check_room();
        for (slot, _) in plan.admit {
            if chance.percent(2) {
                self.scheduler.refused(slot);
                self.slots[slot.0] = None;
                self.ended += 1;
            }
        }
        let mut active = self.scheduler.active().into_iter();
        for (index, known) in self.slots.iter_mut().enumerate() {
            let Some(known) = known else { continue };
            assert_eq!(active.next(), Some(SlotId(index)), "active slots");
            known.steps_left -= 1;
            if known.steps_left == 0 {
                known.leaving = true;
                assert!(self.scheduler.finish(SlotId(index)));
                assert!(!self.scheduler.finish(SlotId(index)), "a sequence ends once");
            }
        }
        assert_eq!(active.next(), None, "active slots");
    }

    /// What ended or was cancelled leaves at the next plan, and nothing else does.
    fn check_release(&mut self, plan: &Plan) {
        let mut released = plan.release.iter();
        for (index, place) in self.slots.iter_mut().enumerate() {
            if place.is_some_and(|known| known.leaving) {
                assert_eq!(released.next(), Some(&SlotId(index)), "released slots");
                *place = None;
                self.ended += 1;
            }
        }
        assert_eq!(released.next(), None, "released slots");
    }

    fn check_room(&self) {
        let (mut positions, mut batch, mut batch_positions, mut interactive) = (0, 0, 0, 0);
        for known in self.slots.iter().flatten() {
            positions += known.positions;
            match known.priority {
                Batch => {
                    batch += 1;
                    batch_positions += known.positions;
                }
                Interactive => interactive += 1,
            }
        }
        let Capacity { slots: all, positions: room } = self.rules.capacity;
        assert!(positions <= room, "{positions} positions of {room}");
        let reserved = self.rules.reserved.min(all - 1);
        assert!(batch <= all - reserved, "batch holds {batch} of {all} slots");
        assert!(batch <= 1 || batch_positions <= room * (all - reserved) / all, "batch holds too many positions");
        // A preview never waits behind a book alone: it waits for another preview, or for positions beyond its share.
        if reserved > 0
            && interactive == 0
            && let Some(first) = self.queues[0].front()
        {
            assert!(first.positions > room - batch_positions, "a preview waits behind a book");
        }
    }

    /// Steps until everything has ended; every ticket must.
    fn drain(&mut self, chance: &mut Chance) {
        let waiting = self.queues[0].len() + self.queues[1].len();
        let limit = self.plans + (waiting as u64 + 1) * (u64::from(self.rules.patience) + 4 * LONGEST);
        while !self.scheduler.is_idle() {
            self.turn(chance);
            assert!(self.plans < limit, "a ticket never ends: {:?}", self.queues);
        }
        assert_eq!(self.ended, self.submitted, "every ticket ends exactly once");
        assert!(self.queues.iter().all(VecDeque::is_empty) && self.slots.iter().all(Option::is_none));
    }

    /// The first of a lane waits for what runs (twice, if the other lane goes between), and batch for its patience too.
    fn check_waits(&self) {
        let [preview, batch] = self.longest_wait;
        assert!(preview <= 2 * LONGEST + 4, "a preview waited {preview} plans");
        let patience = u64::from(self.rules.patience);
        assert!(batch <= patience + 4 * LONGEST + 4, "a batch request waited {batch} plans");
    }
}

/// Percent chance, at each step, of: preview, batch request, cancel.
type Mood = (u64, u64, u64);

fn drive(rules: Rules, seed: u64, steps: u64, backlog: usize) -> Bench {
    let mut chance = Chance(seed | 1);
    let mut bench = Bench::new(rules);
    let moods: [Mood; 6] = [(5, 5, 1), (80, 10, 2), (10, 80, 2), (90, 90, 5), (0, 60, 0), (60, 60, 60)];
    let mut mood = moods[0];
    for step in 0..steps {
        if step % 500 == 0 {
            mood = moods[chance.below(moods.len() as u64) as usize];
        }
        for (priority, percent) in [(Interactive, mood.0), (Batch, mood.1)] {
            if chance.percent(percent) && bench.queues[lane(priority)].len() < backlog {
                let room = rules.capacity.positions as u64;
                let positions = match chance.below(50) {
                    0 => room + 1 + chance.below(3),
                    1 => room,
                    2..6 => chance.below(room + 1),
                    _ => chance.below(room / 4 + 1),
                };
                let length = 1 + chance.below(LONGEST);
                bench.submit(priority, positions as usize, length);
            }
        }
        if chance.percent(mood.2) && bench.next > 0 {
            // Recent tickets, so that some wait, some run, some have ended and some never were.
            let ticket = bench.next.saturating_sub(chance.below(30)) + chance.below(2);
            bench.cancel(Ticket(ticket));
        }
        bench.turn(&mut chance);
    }
    bench.drain(&mut chance);
    bench.check_waits();
    bench
}

/// A quarter of a million steps. Four of these run side by side.
fn quarter_million(seed: u64) {
    let shapes = [(8, 400, 1, 64), (1, 100, 0, 64), (2, 60, 1, 16), (16, 2000, 3, 0), (4, 64, 1, 7), (8, 80, 9, 64)];
    let mut plans = 0;
    for (round, (slots, positions, reserved, patience)) in shapes.into_iter().enumerate() {
        let rules = Rules { capacity: Capacity { slots, positions }, reserved, patience };
        let bench = drive(rules, seed + round as u64, 42_000, 40);
        assert!(bench.ended > 1_000, "the load was too thin to mean anything: {}", bench.ended);
        plans += bench.plans;
    }
    assert!(plans > 250_000, "{plans} plans");
}

#[test]
fn a_million_steps_first_quarter() {
    quarter_million(0x1111_1111);
}

#[test]
fn a_million_steps_second_quarter() {
    quarter_million(0x2222_2222);
}

#[test]
fn a_million_steps_third_quarter() {
    quarter_million(0x3333_3333);
}

#[test]
fn a_million_steps_last_quarter() {
    quarter_million(0x4444_4444);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_shape_holds(
        slots in 1_usize..20,
        positions in 1_usize..500,
        reserved in 0_usize..22,
        patience in 0_u32..100,
        seed in any::<u64>(),
    ) {
        let rules = Rules { capacity: Capacity { slots, positions }, reserved, patience };
        drive(rules, seed, 1_000, 30);
    }
}

#[test]
fn batch_gets_on_under_a_constant_stream_of_previews() {
    let rules = Rules::new(Capacity { slots: 4, positions: 1000 });
    let mut bench = Bench::new(rules);
    let mut chance = Chance(7);
    let mut started = 0;
    for _ in 0..10_000 {
        while bench.queues[0].len() < 8 {
            bench.submit(Interactive, 10, 5);
        }
        while bench.queues[1].len() < 2 {
            bench.submit(Batch, 10, 5);
        }
        bench.turn(&mut chance);
        started += 2 - bench.queues[1].len();
    }
    assert!(started > 10_000 / (64 + 10), "only {started} batch requests started");
    assert!(started < 10_000 / 60, "{started} batch requests started: previews do not go first");
}

#[test]
fn the_last_free_slot_is_kept_for_a_preview_until_batch_has_aged() {
    let rules = Rules::new(Capacity { slots: 4, positions: 100 });
    let mut scheduler = Scheduler::new(rules);
    for ticket in 0..3 {
        scheduler.submit(Ticket(ticket), Interactive, 1).unwrap();
    }
    assert_eq!(scheduler.plan().admit.len(), 3);
    scheduler.submit(Ticket(3), Batch, 1).unwrap();
    for _ in 0..rules.patience / 2 {
        assert_eq!(scheduler.plan(), Plan::default(), "batch took the last free slot");
    }
    scheduler.submit(Ticket(4), Interactive, 1).unwrap();
    assert_eq!(scheduler.plan().admit, [(SlotId(3), Ticket(4))], "a preview starts at the next plan");
    assert!(scheduler.cancel(Ticket(4)));
    assert_eq!(scheduler.active(), [SlotId(0), SlotId(1), SlotId(2)], "what was cancelled is not advanced");
    // No preview comes any more, but the three stay.
    let plans = (0..=rules.patience).position(|_| scheduler.plan().admit == [(SlotId(3), Ticket(3))]);
    assert!(plans.is_some(), "the batch request never started");
}

#[test]
fn a_long_preview_is_not_starved_by_an_impatient_book() {
    // Batch never has patience here and holds its whole share of the positions; the preview needs more than is left.
    let rules = Rules { capacity: Capacity { slots: 8, positions: 800 }, reserved: 1, patience: 0 };
    let mut bench = Bench::new(rules);
    let mut chance = Chance(3);
    for step in 0..400 {
        while bench.queues[1].len() < 3 {
            bench.submit(Batch, 100, 30 + step % 7);
        }
        if step == 100 {
            bench.submit(Interactive, 750, 5);
        }
        bench.turn(&mut chance);
    }
    assert!(bench.queues[0].is_empty(), "the preview never started");
}

#[test]
fn a_model_of_one_slot_serves_both_lanes() {
    let mut scheduler = Scheduler::new(Rules::new(Capacity { slots: 1, positions: 10 }));
    scheduler.submit(Ticket(0), Batch, 5).unwrap();
    assert_eq!(scheduler.plan().admit, [(SlotId(0), Ticket(0))]);
    scheduler.submit(Ticket(1), Batch, 5).unwrap();
    scheduler.submit(Ticket(2), Interactive, 5).unwrap();
    assert_eq!(scheduler.plan(), Plan::default());
    scheduler.finish(SlotId(0));
    let plan = scheduler.plan();
    assert_eq!(plan.release, [SlotId(0)]);
    assert_eq!(plan.admit, [(SlotId(0), Ticket(2))], "the preview goes first");
}
