//! Who works next, and the one account of how jobs stand. It knows no speech, no database and no thread: doors bring the
//! store, the listener, the clock and the threads that call [`Queue::run_next`].

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::cancel::Cancel;
use crate::error::{JobError, JobsError};
use crate::event::{Event, EventSink};
use crate::job::{Executor, Job, JobId, Outcome, UnixSeconds};
use crate::spec::JobSpec;
use crate::state::{Change, State};

/// Where jobs are kept. One queue at a time writes to it.
pub trait Store: Send + Sync {
    /// Writes a job, over what was there under its number. Durable once it returns.
    fn put(&self, job: &Job) -> Result<(), Box<dyn Error + Send + Sync>>;

    /// Every job.
    fn load(&self) -> Result<Vec<Job>, Box<dyn Error + Send + Sync>>;
}

/// Where the events of all jobs go, in the order in which they happened. Must not call the queue.
pub trait QueueSink: Send + Sync {
    /// Takes one event of one job.
    fn emit(&self, job: JobId, event: Event);
}

impl<F: Fn(JobId, Event) + Send + Sync> QueueSink for F {
    fn emit(&self, job: JobId, event: Event) {
        self(job, event);
    }
}

/// Jobs in line, each in one state, each change on disk before it is told.
pub struct Queue {
    store: Box<dyn Store>,
    sink: Box<dyn QueueSink>,
    account: Mutex<Account>,
    changed: Condvar,
}

#[derive(Default)]
struct Account {
    jobs: BTreeMap<JobId, Job>,
    /// Jobs that an executor has in hand, whatever their state says by now.
    live: HashMap<JobId, Cancel>,
    closed: bool,
}

impl Queue {
    /// Reads the account. What was at work when the program went away takes its turn again.
    pub fn open(store: Box<dyn Store>, sink: Box<dyn QueueSink>, now: UnixSeconds) -> Result<Self, JobsError> {
        let jobs = store.load().map_err(JobsError::Store)?;
        let jobs: BTreeMap<_, _> = jobs.into_iter().map(|job| (job.id, job)).collect();
        let running: Vec<_> = jobs.values().filter(|job| job.state == State::Running).map(|job| job.id).collect();
        let account = Mutex::new(Account { jobs, ..Account::default() });
        let queue = Self { store, sink, account, changed: Condvar::new() };
        let mut account = queue.lock();
        for id in running {
            queue.change(&mut account, id, Change::Interrupt, now, |_| Event::Interrupted)?;
        }
        drop(account);
        Ok(queue)
    }

    /// Hands in a job. It is on disk and will be run, now or after a restart, once this returns.
    pub fn submit(&self, spec: JobSpec, now: UnixSeconds) -> Result<JobId, JobsError> {
        spec.check()?;
        let mut account = self.lock();
        let id = JobId(account.jobs.keys().next_back().map_or(1, |last| last.0 + 1));
        let mut job = Job {
            id,
            spec,
            state: State::Queued,
            attempt: 0,
            submitted: now,
            changed: now,
            order: None,
            progress: None,
            outcome: None,
            error: None,
        };
        // A new job comes after those that were moved to the end.
        if let Some(last) = account.jobs.values().map(Job::turn).max().filter(|last| *last > job.turn()) {
            job.order = Some(Job::after(last.0));
        }
        self.store.put(&job).map_err(JobsError::Store)?;
        account.jobs.insert(id, job);
        self.sink.emit(id, Event::Queued);
        self.changed.notify_all();
        Ok(id)
    }

    /// Runs the next job to its end on this thread. Returns which, or none if nothing waits.
    ///
    /// A panic of the executor fails the job and nothing else. Fails itself only if the store does.
    pub fn run_next(
        &self,
        executor: &dyn Executor,
        clock: &dyn Fn() -> UnixSeconds,
    ) -> Result<Option<JobId>, JobsError> {
        let (job, cancel) = {
            let mut account = self.lock();
            let Some(id) = account.next() else { return Ok(None) };
            self.start(&mut account, id, clock())?
        };
        self.work(&job, &cancel, executor, clock)?;
        Ok(Some(job.id))
    }

    /// Runs one queued job to its end on this thread, whoever was before it. For doors that wait for just this job.
    ///
    /// # Errors
    /// [`JobsError::Illegal`] for a job that is not queued, [`JobsError::Unknown`], and those of the store.
    pub fn run(&self, id: JobId, executor: &dyn Executor, clock: &dyn Fn() -> UnixSeconds) -> Result<(), JobsError> {
        let (job, cancel) = self.start(&mut self.lock(), id, clock())?;
        self.work(&job, &cancel, executor, clock)
    }

    fn start(&self, account: &mut Account, id: JobId, now: UnixSeconds) -> Result<(Job, Cancel), JobsError> {
        self.change(account, id, Change::Start, now, |job| {
            job.attempt = job.attempt.saturating_add(1);
            job.progress = None;
            job.error = None;
            Event::Started { attempt: job.attempt }
        })?;
        let cancel = Cancel::new();
        account.live.insert(id, cancel.clone());
        Ok((account.jobs[&id].clone(), cancel))
    }

    fn work(
        &self,
        job: &Job,
        cancel: &Cancel,
        executor: &dyn Executor,
        clock: &dyn Fn() -> UnixSeconds,
    ) -> Result<(), JobsError> {
        let tap = Tap { queue: self, id: job.id };
        let result = catch_unwind(AssertUnwindSafe(|| executor.run(job, &tap, cancel))).unwrap_or_else(|_| {
            Err(JobError::new(
                "internal",
                "the work broke down in a way that it should not",
                "retry the job; if it breaks down again, report it with the log",
            ))
        });
        self.end(job.id, result, clock())
    }

    /// Waits until a job can be run. Returns false once the queue is closed.
    pub fn wait(&self) -> bool {
        let mut account = self.lock();
        while !account.closed && account.next().is_none() {
            account = self.changed.wait(account).unwrap_or_else(PoisonError::into_inner);
        }
        !account.closed
    }

    /// Holds a job: at once if it waits, at its next safe point if it is at work.
    pub fn pause(&self, id: JobId, now: UnixSeconds) -> Result<(), JobsError> {
        let mut account = self.lock();
        self.change(&mut account, id, Change::Pause, now, |_| Event::Paused)?;
        account.wish(id, Cancel::pause);
        Ok(())
    }

    /// Lets a held job go on where it is, or take its turn again if it is not in memory.
    pub fn resume(&self, id: JobId, now: UnixSeconds) -> Result<(), JobsError> {
        let mut account = self.lock();
        let change = if account.live.contains_key(&id) { Change::Resume } else { Change::Requeue };
        self.change(&mut account, id, change, now, |_| Event::Resumed)?;
        account.wish(id, Cancel::resume);
        Ok(())
    }

    /// Ends a job. Work under way stops at its next safe point; whatever it still says is not heard.
    pub fn cancel(&self, id: JobId, now: UnixSeconds) -> Result<(), JobsError> {
        let mut account = self.lock();
        self.change(&mut account, id, Change::Cancel, now, |_| Event::Cancelled)?;
        account.wish(id, Cancel::cancel);
        Ok(())
    }

    /// Puts a failed or cancelled job back in the queue.
    pub fn retry(&self, id: JobId, now: UnixSeconds) -> Result<(), JobsError> {
        self.change(&mut self.lock(), id, Change::Retry, now, |_| Event::Queued)
    }

    /// Moves a job before another in line, or to the end. What is at work goes on.
    ///
    /// # Errors
    /// [`JobsError::Unknown`] for either of them, and those of the store.
    pub fn reorder(&self, id: JobId, before: Option<JobId>) -> Result<(), JobsError> {
        let mut account = self.lock();
        for named in [Some(id), before].into_iter().flatten() {
            if !account.jobs.contains_key(&named) {
                return Err(JobsError::Unknown(named));
            }
        }
        if before == Some(id) {
            return Ok(());
        }
        let mut line: Vec<JobId> = account.in_turn().map(|job| job.id).filter(|other| *other != id).collect();
        let at = before.and_then(|before| line.iter().position(|other| *other == before)).unwrap_or(line.len());
        let turn = |at: usize| line.get(at).map(|other| account.jobs[other].turn().0);
        let left = at.checked_sub(1).and_then(turn).unwrap_or(0);
        let between = match turn(at) {
            Some(right) => {
                Some(left + right.saturating_sub(left) / 2).filter(|middle| (left + 1..right).contains(middle))
            }
            None => Some(Job::after(left)),
        };
        // One row is written, as long as there is room between its neighbours; else everyone gets a new place.
        let moved: Vec<(JobId, u64)> = if let Some(order) = between {
            vec![(id, order)]
        } else {
            line.insert(at, id);
            line.into_iter()
                .scan(0, |last, id| {
                    *last = Job::after(*last);
                    Some((id, *last))
                })
                .collect()
        };
        for (id, order) in moved {
            let Some(job) = account.jobs.get_mut(&id) else { continue };
            let next = Job { order: Some(order), ..job.clone() };
            self.store.put(&next).map_err(JobsError::Store)?;
            *job = next;
        }
        self.changed.notify_all();
        Ok(())
    }

    /// Stops all work at its next safe point, to go on after the next [`Queue::open`], and starts none.
    pub fn close(&self, now: UnixSeconds) -> Result<(), JobsError> {
        let mut account = self.lock();
        account.closed = true;
        let live: Vec<_> = account.live.iter().map(|(id, cancel)| (*id, cancel.clone())).collect();
        let mut result = Ok(());
        for (id, cancel) in live {
            if account.jobs[&id].state == State::Running {
                result = result.and(self.change(&mut account, id, Change::Interrupt, now, |_| Event::Interrupted));
            }
            cancel.cancel();
        }
        self.changed.notify_all();
        result
    }

    /// One job as it stands.
    pub fn get(&self, id: JobId) -> Result<Job, JobsError> {
        self.lock().jobs.get(&id).cloned().ok_or(JobsError::Unknown(id))
    }

    /// Every job as it stands, in the order in which they take their turns: that of submission, but for those moved.
    pub fn list(&self) -> Vec<Job> {
        self.lock().in_turn().cloned().collect()
    }

    fn end(&self, id: JobId, result: Result<Outcome, JobError>, now: UnixSeconds) -> Result<(), JobsError> {
        let mut account = self.lock();
        account.live.remove(&id);
        // A job that was cancelled, or interrupted by a close, has been accounted for already.
        let told = if matches!(account.jobs[&id].state, State::Running | State::Paused) {
            match result {
                Ok(outcome) => self.change(&mut account, id, Change::Finish, now, |job| {
                    job.outcome = Some(outcome.clone());
                    Event::Finished { outcome }
                }),
                Err(error) => self.change(&mut account, id, Change::Fail, now, |job| {
                    job.error = Some(error.clone());
                    Event::Failed { error }
                }),
            }
        } else {
            Ok(())
        };
        // It may have been retried while the cancelled attempt was still unwinding.
        self.changed.notify_all();
        told
    }

    /// The one way in which a job changes its state: checked, then on disk, then in memory, then told.
    fn change(
        &self,
        account: &mut Account,
        id: JobId,
        change: Change,
        now: UnixSeconds,
        and: impl FnOnce(&mut Job) -> Event,
    ) -> Result<(), JobsError> {
        let job = account.jobs.get_mut(&id).ok_or(JobsError::Unknown(id))?;
        let state = job.state.after(change).ok_or(JobsError::Illegal { id, from: job.state, change })?;
        let mut next = Job { state, changed: now, ..job.clone() };
        let event = and(&mut next);
        self.store.put(&next).map_err(JobsError::Store)?;
        *job = next;
        self.sink.emit(id, event);
        self.changed.notify_all();
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Account {
    /// The first job that waits, while no other is at work: they would only share the same machine. A job that is held
    /// makes room. One that an earlier attempt still has in hand waits for that to let go.
    fn next(&self) -> Option<JobId> {
        let waits = |job: &&Job| job.state == State::Queued && !self.live.contains_key(&job.id);
        let is_at_work = self.live.keys().any(|id| self.jobs[id].state == State::Running);
        if self.closed || is_at_work {
            None
        } else {
            self.jobs.values().filter(waits).min_by_key(|job| job.turn()).map(|job| job.id)
        }
    }

    fn in_turn(&self) -> impl Iterator<Item = &Job> {
        let mut jobs: Vec<&Job> = self.jobs.values().collect();
        jobs.sort_by_key(|job| job.turn());
        jobs.into_iter()
    }

    fn wish(&self, id: JobId, wish: impl FnOnce(&Cancel)) {
        if let Some(cancel) = self.live.get(&id) {
            wish(cancel);
        }
    }
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue").field("jobs", &self.lock().jobs.len()).finish_non_exhaustive()
    }
}

/// What an executor speaks into: its job's number is added, progress is remembered, and the dead are not heard.
struct Tap<'a> {
    queue: &'a Queue,
    id: JobId,
}

impl EventSink for Tap<'_> {
    fn emit(&self, event: Event) {
        let mut account = self.queue.lock();
        let Some(job) = account.jobs.get_mut(&self.id) else { return };
        if !matches!(job.state, State::Running | State::Paused) {
            return;
        }
        if matches!(event, Event::Progress { .. }) {
            job.progress = Some(event.clone());
        }
        self.queue.sink.emit(self.id, event);
    }
}
