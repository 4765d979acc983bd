//! Where each spoken line sounds: which take, how fast, from when. Pure: it knows times and costs, no sound and no words.
//!
//! The best plan is searched over all cues at once (least total cost, dynamic programming over the lines that still
//! sound), in whole milliseconds and whole points of cost. As soon as a silence is wide enough that nothing before it
//! can reach the next cue, all plans before it fall into the cheapest one: so an edit stays where it was made.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// One cue that wants to be spoken.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// Who speaks, as the project numbers its speakers.
    pub speaker: u16,
    /// Where the source's speech begins, on the film's time line.
    pub start_ms: u64,
    /// Where the source's speech ends.
    pub end_ms: u64,
    /// What there is to choose from; a cue without any is silent.
    pub takes: Vec<TakeLength>,
}

/// What the plan needs to know of a take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TakeLength {
    /// How long it sounds at its own tempo.
    pub seconds: f64,
    /// How much worse it is than a perfect take: 0 is as good as any, 1 is hardly to be used. A half is worth as much as
    /// a change of tempo by one twentieth.
    pub penalty: f64,
}

/// How far a plan may go.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rules {
    /// Least silence between two lines; less where the source itself has less.
    pub gap_ms: u64,
    /// How much too early a line may begin.
    pub early_ms: u64,
    /// How much too late a line may begin before it counts as not fitting.
    pub late_ms: u64,
    /// Slowest tempo, at most 1.
    pub tempo_min: f64,
    /// Fastest tempo, at least 1.
    pub tempo_max: f64,
}

impl Default for Rules {
    fn default() -> Self {
        Self { gap_ms: 80, early_ms: 150, late_ms: 250, tempo_min: 0.92, tempo_max: 1.12 }
    }
}

/// Where a line sounds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Placed {
    /// Which of the cue's takes; 0 for a cue without any.
    pub take: usize,
    /// Where it begins to sound.
    pub start_ms: u64,
    /// How much faster than its own tempo; 1 where that is possible.
    pub tempo: f64,
    /// How long it sounds, after the change of tempo.
    pub seconds: f64,
    /// How much later than the source it begins; negative is earlier.
    pub early_or_late_ms: i64,
    /// By how much the wording is too long even so. The line is whole all the same: what follows waits for it.
    pub over_ms: u64,
    /// How well it fits, from 0 to 1.
    pub score: f64,
}

/// A plan for all cues.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fitted {
    /// In the order of the cues that were given.
    pub placed: Vec<Placed>,
    /// Mean of the scores of all cues that sound; 1 when none does.
    pub score: f64,
}

/// Plans left after each cue. Most cues leave one or two.
const PLANS: usize = 32;
/// So many lines at once are told apart. Where more speak, those that end first are no longer waited for.
const CROWD: usize = 24;
/// Longest line that is reckoned with.
const LONGEST_MS: f64 = 3_600_000.0;
/// Steps in which an early start is tried.
const EARLY_STEP_MS: u64 = 30;
/// Earlier than this no rule may ask for.
const MOST_EARLY_MS: u64 = 2_000;

/// Places every line.
///
/// Silence after the cue is borrowed first; then another take, another tempo, an early start; then the lines that follow
/// begin late. Two lines never sound at the same time unless their cues do: then for no longer than those, or, where a
/// cue of another speaker lies wholly within the other, wholly within it or beyond. A speaker never speaks over himself.
/// The same cues give the same plan, and a cue that is more than a silence away from a change stays as it was.
#[must_use]
pub fn fit(cues: &[Wanted], total_ms: u64, rules: &Rules) -> Fitted {
    let mut order: Vec<usize> = (0..cues.len()).collect();
    order.sort_by_key(|&at| (cues[at].start_ms, Reverse(cues[at].end_ms), at));
    let film = Film { cues: order.iter().map(|&at| &cues[at]).collect(), total_ms, rules };
    let steps = film.cheapest();
    let mut placed = vec![None; cues.len()];
    for (at, step) in steps.iter().enumerate() {
        placed[order[at]] = Some(film.told(at, step));
    }
    let placed: Vec<Placed> = placed.into_iter().flatten().collect();
    let sounding = placed.iter().filter(|line| line.seconds > 0.0);
    let (sum, count) = sounding.fold((0.0, 0_u32), |(sum, count), line| (sum + line.score, count + 1));
    Fitted { score: if count == 0 { 1.0 } else { sum / f64::from(count) }, placed }
}

/// The cues in the order in which they begin.
struct Film<'a> {
    cues: Vec<&'a Wanted>,
    total_ms: u64,
    rules: &'a Rules,
}

/// A take at a tempo: how long it sounds and what that costs wherever it begins.
#[derive(Debug, Clone, Copy)]
struct Way {
    take: usize,
    tempo_permille: u64,
    length_ms: u64,
    cost: u64,
}

/// One line of a plan; the lines before it are found through `before`.
#[derive(Debug, Clone, Copy)]
struct Step {
    before: Option<usize>,
    way: Way,
    start_ms: u64,
}

/// A plan up to some cue: what it costs, its last step, and which of its lines may still be in the way (cue and end).
#[derive(Debug, Clone)]
struct Plan {
    cost: u64,
    last: Option<usize>,
    sounding: Vec<(usize, u64)>,
    /// How far those reach beyond where the next cue would like to begin, all together.
    reach_ms: u64,
}

impl Film<'_> {
    fn cheapest(&self) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::with_capacity(self.cues.len());
        let mut plans = vec![Plan { cost: 0, last: None, sounding: Vec::new(), reach_ms: 0 }];
        for at in 0..self.cues.len() {
            let ways = self.ways(at);
            let mut longer: Vec<(Plan, Step)> = Vec::new();
            for plan in &plans {
                let free_ms = plan.sounding.iter().map(|&(line, end_ms)| self.waits(line, at, end_ms)).max();
                for start_ms in self.starts(at, free_ms.unwrap_or(0)) {
                    longer.extend(ways.iter().map(|way| self.with(plan, at, start_ms, *way)));
                }
            }
            plans.clear();
            for (plan, step) in thinned(best(longer)) {
                plans.push(Plan { last: Some(steps.len()), ..plan });
                steps.push(step);
            }
        }
        let mut chosen = Vec::with_capacity(self.cues.len());
        let mut next = plans.first().and_then(|plan| plan.last);
        while let Some(step) = next {
            chosen.push(steps[step]);
            next = steps[step].before;
        }
        chosen.reverse();
        chosen
    }

    /// Takes at tempos that are worth a try: none is both longer and dearer than another. At least one.
    fn ways(&self, at: usize) -> Vec<Way> {
        let cue = self.cues[at];
        let permille = |tempo: f64, least: f64, most: f64| {
            (if tempo.is_finite() { tempo.clamp(least, most) * 1_000.0 } else { 1_000.0 }).round() as u64
        };
        let slowest = permille(self.rules.tempo_min, 0.5, 1.0);
        let fastest = permille(self.rules.tempo_max, 1.0, 2.0);
        let mut ways = Vec::new();
        for (take, found) in cue.takes.iter().enumerate() {
            let sounds_ms = found.seconds * 1_000.0;
            let sounds_ms = if sounds_ms.is_finite() { sounds_ms.clamp(0.0, LONGEST_MS) } else { 0.0 };
            let penalty = if found.penalty.is_finite() { found.penalty.clamp(0.0, 100.0) } else { 100.0 };
            let slower = (1..).map(|step| 1_000 - 10 * step).take_while(|&tempo| tempo >= slowest);
            let faster = (0..).map(|step| 1_000 + 10 * step).take_while(|&tempo| tempo <= fastest);
            ways.extend(slower.chain(faster).map(|tempo_permille| {
                let length_ms = (sounds_ms * 1_000.0 / tempo_permille as f64).ceil() as u64;
                let cost = (penalty * 1_000.0) as u64 + tempo_cost(tempo_permille) + length_cost(cue, length_ms);
                Way { take, tempo_permille, length_ms, cost }
            }));
        }
        // Shorter ways win among equals; of the same length the first take.
        ways.sort_by_key(|way| (way.length_ms, way.cost, way.take, way.tempo_permille));
        let mut least = u64::MAX;
        ways.retain(|way| {
            let keep = way.cost < least;
            least = least.min(way.cost);
            keep
        });
        if ways.is_empty() {
            ways.push(Way { take: 0, tempo_permille: 1_000, length_ms: 0, cost: 0 });
        }
        ways
    }

    /// Where a line may begin when nothing is in the way from `free_ms` on.
    fn starts(&self, at: usize, free_ms: u64) -> Vec<u64> {
        let wanted_ms = self.cues[at].start_ms;
        if free_ms >= wanted_ms {
            return vec![free_ms];
        }
        let earliest_ms = wanted_ms.saturating_sub(self.rules.early_ms.min(MOST_EARLY_MS)).max(free_ms);
        let steps = (wanted_ms - earliest_ms) / EARLY_STEP_MS;
        let mut starts: Vec<u64> = (0..=steps).map(|step| wanted_ms - step * EARLY_STEP_MS).collect();
        if starts.last() != Some(&earliest_ms) {
            starts.push(earliest_ms);
        }
        starts
    }

    /// A plan and one line more.
    fn with(&self, plan: &Plan, at: usize, start_ms: u64, way: Way) -> (Plan, Step) {
        let (cue, rules) = (self.cues[at], self.rules);
        let end_ms = start_ms.saturating_add(way.length_ms);
        let (early_ms, late_ms) = (cue.start_ms.saturating_sub(start_ms), start_ms.saturating_sub(cue.start_ms));
        let silent = way.length_ms == 0;
        let mut cost = plan.cost.saturating_add(way.cost);
        if !silent {
            cost = cost
                .saturating_add(if early_ms == 0 { 0 } else { early_ms.saturating_mul(15).saturating_add(400) })
                .saturating_add(if late_ms == 0 { 0 } else { 500_u64.saturating_add(late_ms.saturating_mul(20)) })
                .saturating_add(late_ms.saturating_sub(rules.late_ms).saturating_mul(60))
                .saturating_add(end_ms.saturating_sub(self.total_ms).saturating_mul(200));
        }
        let mut sounding = plan.sounding.clone();
        if !silent {
            sounding.push((at, end_ms));
        }
        let mut reach_ms = 0_u64;
        match self.cues.get(at + 1) {
            Some(next) => {
                self.forget(&mut sounding, next.start_ms);
                let free_ms = next.start_ms.saturating_sub(rules.early_ms.saturating_add(rules.gap_ms));
                for (_, end_ms) in &sounding {
                    reach_ms = reach_ms.saturating_add(end_ms.saturating_sub(free_ms));
                }
            }
            None => sounding.clear(),
        }
        let step = Step { before: plan.last, way, start_ms };
        (Plan { cost, last: None, sounding, reach_ms }, step)
    }

    /// Drops lines that no later cue has to wait for, when the next begins at `next_ms`.
    fn forget(&self, sounding: &mut Vec<(usize, u64)>, next_ms: u64) {
        let (gap_ms, early_ms) = (self.rules.gap_ms, self.rules.early_ms);
        let over = |line: usize| self.cues[line].end_ms <= next_ms;
        // Who waits for the last line that nobody talked over has waited for those before it.
        let last_ms = sounding.iter().filter(|(line, _)| over(*line)).map(|&(_, end_ms)| end_ms).max().unwrap_or(0);
        sounding.retain(|&(line, end_ms)| {
            let late = end_ms.saturating_add(gap_ms);
            late > next_ms.saturating_sub(early_ms) && (!over(line) || end_ms == last_ms || late > last_ms)
        });
        if sounding.len() > CROWD {
            sounding.sort_unstable_by_key(|&(line, end_ms)| (Reverse(end_ms), line));
            sounding.truncate(CROWD);
            sounding.sort_unstable();
        }
    }

    /// When the line of cue `then` may begin, if the line of the earlier cue `first` sounds until `end_ms`.
    fn waits(&self, first: usize, then: usize, end_ms: u64) -> u64 {
        let (first, then) = (self.cues[first], self.cues[then]);
        let gap_ms = self.rules.gap_ms.min(then.start_ms.saturating_sub(first.end_ms));
        if first.speaker == then.speaker || first.end_ms <= then.start_ms {
            return end_ms.saturating_add(gap_ms);
        }
        if then.end_ms <= first.end_ms {
            return 0;
        }
        end_ms.saturating_sub(first.end_ms - then.start_ms)
    }

    fn told(&self, at: usize, step: &Step) -> Placed {
        let (cue, rules) = (self.cues[at], self.rules);
        let tempo = step.way.tempo_permille as f64 / 1_000.0;
        let sounds = cue.takes.get(step.way.take).map_or(0.0, |take| take.seconds);
        let seconds = if step.way.length_ms == 0 { 0.0 } else { sounds.min(LONGEST_MS / 1_000.0) / tempo };
        let early_or_late_ms = (step.start_ms as i64).wrapping_sub(cue.start_ms as i64);
        let over_ms = if seconds > 0.0 { self.over_ms(at, step) } else { 0 };
        let far = (tempo - 1.0).abs() / (rules.tempo_max - 1.0).max(1.0 - rules.tempo_min).max(0.01);
        let off = early_or_late_ms.unsigned_abs() as f64 / rules.late_ms.max(1) as f64;
        let score = (1.0 - 0.3 * far.clamp(0.0, 1.0))
            / (1.0 + 0.3 * off + 0.3 * off * (off - 1.0).max(0.0))
            / (1.0 + over_ms as f64 / 300.0);
        Placed { take: step.way.take, start_ms: step.start_ms, tempo, seconds, early_or_late_ms, over_ms, score }
    }

    /// What is too long: by how much this line makes another begin later than allowed, or the film's end comes too soon.
    /// A line that is only late because of the one before it is not to blame.
    fn over_ms(&self, at: usize, step: &Step) -> u64 {
        let cue = self.cues[at];
        let length_ms = step.way.length_ms;
        let (end_ms, own_end_ms) = (step.start_ms.saturating_add(length_ms), cue.start_ms.saturating_add(length_ms));
        let mut over_ms = end_ms.saturating_sub(self.total_ms);
        for then in at + 1..self.cues.len() {
            let then_ms = self.cues[then].start_ms;
            if then_ms > end_ms.saturating_add(self.rules.gap_ms) {
                break;
            }
            let late_ms = self.waits(at, then, end_ms).saturating_sub(then_ms.saturating_add(self.rules.late_ms));
            let own_ms = self.waits(at, then, own_end_ms).saturating_sub(then_ms);
            over_ms = over_ms.max(late_ms.min(own_ms));
        }
        over_ms
    }
}

/// Faster costs more than slower: a slightly drawn-out line is hardly noticed.
fn tempo_cost(tempo_permille: u64) -> u64 {
    let percent = tempo_permille.abs_diff(1_000) / 10;
    if tempo_permille > 1_000 { 40 * percent + 12 * percent * percent } else { 10 * percent + 3 * percent * percent }
}

/// Silence that is borrowed after the cue is nearly free. A mouth that moves without a word is not, beyond a fifth.
fn length_cost(cue: &Wanted, length_ms: u64) -> u64 {
    if length_ms == 0 {
        return 0;
    }
    let window_ms = cue.end_ms.saturating_sub(cue.start_ms);
    length_ms.saturating_sub(window_ms) / 20 + (window_ms - window_ms / 5).saturating_sub(length_ms)
}

/// Plans that no other beats: each that is dearer reaches less far into what comes. Cheapest first.
fn best(mut plans: Vec<(Plan, Step)>) -> Vec<(Plan, Step)> {
    // The sort is stable, so what is equal stays in the order in which it was tried: least change first.
    plans.sort_by_key(|(plan, _)| (plan.cost, plan.reach_ms));
    let mut least_ms = u64::MAX;
    plans.retain(|(plan, _)| {
        let keep = plan.reach_ms < least_ms;
        least_ms = least_ms.min(plan.reach_ms);
        keep
    });
    plans
}

/// Not more than [`PLANS`], from the cheapest to the one that ends first.
fn thinned(plans: Vec<(Plan, Step)>) -> Vec<(Plan, Step)> {
    if plans.len() <= PLANS {
        return plans;
    }
    let last = plans.len() - 1;
    let keep: Vec<usize> = (0..PLANS).map(|n| n * last / (PLANS - 1)).collect();
    plans.into_iter().enumerate().filter(|(n, _)| keep.binary_search(n).is_ok()).map(|(_, plan)| plan).collect()
}
