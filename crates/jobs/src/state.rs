//! The states of a job and the only place that says which may follow which. It knows no job.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a job is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Waits for its turn.
    Queued,
    /// Is at work.
    Running,
    /// Held by the user, before or amid its work.
    Paused,
    /// Ended well.
    Done,
    /// Ended badly; may be retried.
    Failed,
    /// Ended by the user; may be retried.
    Cancelled,
}

/// What can happen to a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// Its turn has come.
    Start,
    /// The user holds it.
    Pause,
    /// The user lets a held job go on that is still in memory.
    Resume,
    /// The user lets a held job go on that is not in memory; it takes its turn again.
    Requeue,
    /// The work ended well.
    Finish,
    /// The work ended badly.
    Fail,
    /// The user ends it.
    Cancel,
    /// The user wants another attempt.
    Retry,
    /// The program goes away, or has been away: what is on disk counts, what was in memory does not.
    Interrupt,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 6] = [Self::Queued, Self::Running, Self::Paused, Self::Done, Self::Failed, Self::Cancelled];

    /// The state after a change, or none if the change cannot happen here.
    pub fn after(self, change: Change) -> Option<Self> {
        use Change::{Cancel, Fail, Finish, Interrupt, Pause, Requeue, Resume, Retry, Start};
        use State::{Cancelled, Done, Failed, Paused, Queued, Running};
        match (self, change) {
            (Queued, Start) | (Paused, Resume) => Some(Running),
            (Queued | Running, Pause) => Some(Paused),
            (Paused, Requeue) | (Failed | Cancelled, Retry) => Some(Queued),
            // A pause takes hold at the next safe point; the work may end before it gets there.
            (Running | Paused, Finish) => Some(Done),
            (Running | Paused, Fail) => Some(Failed),
            (Queued | Running | Paused, Cancel) => Some(Cancelled),
            (Queued | Running, Interrupt) => Some(Queued),
            // The user's hold outlives the program.
            (Paused, Interrupt) => Some(Paused),
            _ => None,
        }
    }

    /// Whether nothing more happens by itself.
    pub fn is_ended(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        })
    }
}

impl Change {
    /// Every change.
    pub const ALL: [Self; 9] = [
        Self::Start,
        Self::Pause,
        Self::Resume,
        Self::Requeue,
        Self::Finish,
        Self::Fail,
        Self::Cancel,
        Self::Retry,
        Self::Interrupt,
    ];

    /// As in "cannot be paused".
    pub(crate) fn participle(self) -> &'static str {
        match self {
            Self::Start => "started",
            Self::Pause => "paused",
            Self::Resume | Self::Requeue => "resumed",
            Self::Finish => "finished",
            Self::Fail => "failed",
            Self::Cancel => "cancelled",
            Self::Retry => "retried",
            Self::Interrupt => "interrupted",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole table, a row for each state and a column for each change, in the order of `ALL`.
    const TABLE: &str = "
                  start   pause  resume  requeue finish fail   cancel    retry  interrupt
        queued    running paused -       -       -      -      cancelled -      queued
        running   -       paused -       -       done   failed cancelled -      queued
        paused    -       -      running queued  done   failed cancelled -      paused
        done      -       -      -       -       -      -      -         -      -
        failed    -       -      -       -       -      -      -         queued -
        cancelled -       -      -       -       -      -      -         queued -
    ";

    #[test]
    fn the_whole_table() {
        let rows: Vec<Vec<&str>> = TABLE
            .lines()
            .map(|line| line.split_whitespace().collect())
            .filter(|row: &Vec<_>| !row.is_empty())
            .collect();
        let heads: Vec<String> = Change::ALL.iter().map(|change| format!("{change:?}").to_lowercase()).collect();
        assert_eq!(rows[0], heads);
        assert_eq!(rows.len(), 1 + State::ALL.len());
        for (row, state) in rows[1..].iter().zip(State::ALL) {
            assert_eq!(row[0], state.to_string());
            assert_eq!(row.len(), 1 + Change::ALL.len());
            for (cell, change) in row[1..].iter().zip(Change::ALL) {
                let after = state.after(change).map_or("-".into(), |state| state.to_string());
                assert_eq!(after, *cell, "{state} after {change:?}");
            }
        }
    }

    #[test]
    fn every_state_but_the_last_ones_can_end() {
        for state in State::ALL {
            let ends = Change::ALL.iter().filter_map(|change| state.after(*change)).any(State::is_ended);
            assert_eq!(ends, !state.is_ended(), "{state}");
        }
    }
}
