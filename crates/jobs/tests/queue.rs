//! Jobs through the queue: order, holds, stops, retries, crashes, a store that fails. The log of events is what is checked.

// A test's own furniture may fail like the test itself.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use jobs::{
    Cancel, Event, EventSink, Executor, Format, Job, JobError, JobId, JobSpec, Outcome, Queue, Speak, State, Store,
    UnitState, UnixSeconds,
};

/// Rows as JSON, as a database would hold them. Clones are the same disk.
#[derive(Clone, Default)]
struct Memory {
    rows: Arc<Mutex<BTreeMap<JobId, String>>>,
    full: Arc<AtomicBool>,
}

impl Store for Memory {
    fn put(&self, job: &Job) -> Result<(), Box<dyn Error + Send + Sync>> {
        if self.full.load(Ordering::SeqCst) {
            return Err("the disk is full".into());
        }
        self.rows.lock().unwrap().insert(job.id, serde_json::to_string(job)?);
        Ok(())
    }

    fn load(&self) -> Result<Vec<Job>, Box<dyn Error + Send + Sync>> {
        self.rows.lock().unwrap().values().map(|row| Ok(serde_json::from_str(row)?)).collect()
    }
}

/// A queue with its disk, its log and a clock that goes on by one second for each look.
struct Bench {
    disk: Memory,
    log: Arc<Mutex<String>>,
    seconds: Arc<AtomicI64>,
    queue: Arc<Queue>,
}

impl Bench {
    fn new() -> Self {
        Self::over(Memory::default(), Arc::default())
    }

    fn over(disk: Memory, log: Arc<Mutex<String>>) -> Self {
        let seconds = Arc::new(AtomicI64::new(1000));
        let sink = {
            let log = Arc::clone(&log);
            move |job: JobId, event: Event| {
                *log.lock().unwrap() += &format!("{job} {}\n", event.to_json());
            }
        };
        let queue = Queue::open(Box::new(disk.clone()), Box::new(sink), UnixSeconds(1000)).unwrap();
        Self { disk, log, seconds, queue: Arc::new(queue) }
    }

    /// The program dies without a word; another one opens the same disk.
    fn crash(self) -> Self {
        *self.log.lock().unwrap() += "- crash\n";
        Self::over(self.disk, self.log)
    }

    fn now(&self) -> UnixSeconds {
        UnixSeconds(self.seconds.fetch_add(1, Ordering::SeqCst))
    }

    fn submit(&self, text: &str) -> JobId {
        self.queue.submit(speak(text), self.now()).unwrap()
    }

    fn run(&self, executor: &dyn Executor) -> Option<JobId> {
        self.queue.run_next(executor, &|| self.now()).unwrap()
    }

    fn state(&self, id: JobId) -> State {
        self.queue.get(id).unwrap().state
    }

    /// Puts a job to work on a thread of its own.
    fn spawn(&self, executor: Stepper) -> thread::JoinHandle<()> {
        let queue = Arc::clone(&self.queue);
        thread::spawn(move || {
            queue.run_next(&executor, &|| UnixSeconds(2000)).unwrap();
        })
    }

    fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }
}

fn speak(text: &str) -> JobSpec {
    JobSpec::Speak(Speak {
        voice: "amber".into(),
        text: text.into(),
        out: "out.flac".into(),
        language: "en".into(),
        seed: 1,
        takes: 1,
        speed: 1.0,
        format: Some(Format::Flac),
    })
}

/// Makes three units and leaves them on "disk", so that the next attempt goes on from there; fails as the text says.
#[derive(Default)]
struct Three {
    made: Mutex<BTreeMap<JobId, u64>>,
}

impl Executor for Three {
    fn run(&self, job: &Job, events: &dyn EventSink, cancel: &Cancel) -> Result<Outcome, JobError> {
        let JobSpec::Speak(Speak { text, out, .. }) = &job.spec else { panic!("another kind") };
        let found = self.made.lock().unwrap().get(&job.id).copied().unwrap_or(0);
        for unit in found + 1..=3 {
            cancel.checkpoint().map_err(|error| JobError::new("stopped", error.to_string(), ""))?;
            if unit == 2 && job.attempt == 1 {
                match text.as_str() {
                    "fail" => return Err(JobError::new("no_voice", "there is no such voice", "make it first")),
                    "panic" => panic!("the text asks for a panic"),
                    _ => {}
                }
            }
            self.made.lock().unwrap().insert(job.id, unit);
            let worked = (unit - found) as f64;
            events.emit(Event::progress(unit as usize, 3, 8.0 * worked, worked));
        }
        Ok(Outcome {
            files: vec![out.display().to_string()],
            audio_seconds: 24.0,
            facts: BTreeMap::from([("made".into(), (3 - found).into())]),
        })
    }
}

/// Says when it has begun, then makes one unit for each permit.
struct Stepper {
    begun: Sender<Cancel>,
    permits: Mutex<Receiver<()>>,
    units: usize,
}

fn stepper(units: usize) -> (Stepper, Receiver<Cancel>, Sender<()>) {
    let (begun, has_begun) = channel();
    let (permit, permits) = channel();
    (Stepper { begun, permits: Mutex::new(permits), units }, has_begun, permit)
}

impl Executor for Stepper {
    fn run(&self, _job: &Job, events: &dyn EventSink, cancel: &Cancel) -> Result<Outcome, JobError> {
        self.begun.send(cancel.clone()).unwrap();
        for unit in 1..=self.units {
            self.permits.lock().unwrap().recv().unwrap();
            events.emit(Event::progress(unit, self.units, 0.0, 0.0));
            cancel.checkpoint().map_err(|error| JobError::new("stopped", error.to_string(), ""))?;
        }
        Ok(Outcome::default())
    }
}

#[test]
fn jobs_run_in_order_and_tell_everything() {
    let bench = Bench::new();
    let three = Three::default();
    for text in ["well", "fail", "panic"] {
        bench.submit(text);
    }
    while bench.run(&three).is_some() {}
    assert_eq!(bench.state(JobId(2)), State::Failed);
    assert_eq!(bench.queue.get(JobId(2)).unwrap().error.unwrap().code, "no_voice");
    bench.queue.retry(JobId(2), bench.now()).unwrap();
    assert_eq!(bench.run(&three), Some(JobId(2)));
    let job = bench.queue.get(JobId(2)).unwrap();
    assert_eq!((job.state, job.attempt, job.error), (State::Done, 2, None));
    insta::assert_snapshot!(bench.log(), @r#"
    1 {"event":"queued"}
    2 {"event":"queued"}
    3 {"event":"queued"}
    1 {"event":"started","attempt":1}
    1 {"event":"progress","done":1,"total":3,"audio_seconds":8.0,"elapsed_seconds":1.0,"times_real_time":8.0,"eta_seconds":2.0}
    1 {"event":"progress","done":2,"total":3,"audio_seconds":16.0,"elapsed_seconds":2.0,"times_real_time":8.0,"eta_seconds":1.0}
    1 {"event":"progress","done":3,"total":3,"audio_seconds":24.0,"elapsed_seconds":3.0,"times_real_time":8.0,"eta_seconds":0.0}
    1 {"event":"finished","outcome":{"files":["out.flac"],"audio_seconds":24.0,"facts":{"made":3}}}
    2 {"event":"started","attempt":1}
    2 {"event":"progress","done":1,"total":3,"audio_seconds":8.0,"elapsed_seconds":1.0,"times_real_time":8.0,"eta_seconds":2.0}
    2 {"event":"failed","code":"no_voice","message":"there is no such voice","fix":"make it first"}
    3 {"event":"started","attempt":1}
    3 {"event":"progress","done":1,"total":3,"audio_seconds":8.0,"elapsed_seconds":1.0,"times_real_time":8.0,"eta_seconds":2.0}
    3 {"event":"failed","code":"internal","message":"the work broke down in a way that it should not","fix":"retry the job; if it breaks down again, report it with the log"}
    2 {"event":"queued"}
    2 {"event":"started","attempt":2}
    2 {"event":"progress","done":2,"total":3,"audio_seconds":8.0,"elapsed_seconds":1.0,"times_real_time":8.0,"eta_seconds":0.5}
    2 {"event":"progress","done":3,"total":3,"audio_seconds":16.0,"elapsed_seconds":2.0,"times_real_time":8.0,"eta_seconds":0.0}
    2 {"event":"finished","outcome":{"files":["out.flac"],"audio_seconds":24.0,"facts":{"made":2}}}
    "#);
    // What is on disk is what is in memory.
    assert_eq!(bench.disk.load().unwrap(), bench.queue.list());
}

#[test]
fn a_crash_puts_running_work_back_and_leaves_the_rest() {
    let bench = Bench::new();
    for text in ["held", "at work", "waits", "done"] {
        bench.submit(text);
    }
    bench.queue.pause(JobId(1), bench.now()).unwrap();
    let (executor, begun, permit) = stepper(2);
    let worker = bench.spawn(executor);
    begun.recv().unwrap();
    permit.send(()).unwrap();
    let disk = Memory::default();
    *disk.rows.lock().unwrap() = bench.disk.rows.lock().unwrap().clone();
    permit.send(()).unwrap();
    worker.join().unwrap();
    let log = Arc::new(Mutex::new(String::new()));
    let bench = Bench { disk, log, seconds: Arc::default(), queue: bench.queue }.crash();
    let states: Vec<_> = bench.queue.list().iter().map(|job| job.state.to_string()).collect();
    assert_eq!(states, ["paused", "queued", "queued", "queued"]);
    let three = Three::default();
    while bench.run(&three).is_some() {}
    assert_eq!(bench.queue.get(JobId(2)).unwrap().attempt, 2);
    bench.queue.resume(JobId(1), bench.now()).unwrap();
    assert_eq!(bench.run(&three), Some(JobId(1)));
    assert!(bench.queue.list().iter().all(|job| job.state == State::Done));
    let log: Vec<_> = bench.log().lines().filter(|line| !line.contains("progress")).map(str::to_owned).collect();
    insta::assert_snapshot!(log.join("\n"), @r#"
    - crash
    2 {"event":"interrupted"}
    2 {"event":"started","attempt":2}
    2 {"event":"finished","outcome":{"files":["out.flac"],"audio_seconds":24.0,"facts":{"made":3}}}
    3 {"event":"started","attempt":1}
    3 {"event":"finished","outcome":{"files":["out.flac"],"audio_seconds":24.0,"facts":{"made":3}}}
    4 {"event":"started","attempt":1}
    4 {"event":"finished","outcome":{"files":["out.flac"],"audio_seconds":24.0,"facts":{"made":3}}}
    1 {"event":"resumed"}
    1 {"event":"started","attempt":1}
    1 {"event":"finished","outcome":{"files":["out.flac"],"audio_seconds":24.0,"facts":{"made":3}}}
    "#);
}

#[test]
fn a_running_job_is_held_resumed_and_stopped() {
    let bench = Bench::new();
    let id = bench.submit("long");
    let (executor, begun, permit) = stepper(3);
    let worker = bench.spawn(executor);
    let cancel = begun.recv().unwrap();
    bench.queue.pause(id, bench.now()).unwrap();
    assert!(cancel.is_paused());
    assert_eq!(bench.state(id), State::Paused);
    assert_eq!(bench.run(&Three::default()), None, "a held job is not started twice");
    permit.send(()).unwrap();
    bench.queue.resume(id, bench.now()).unwrap();
    assert_eq!(bench.state(id), State::Running);
    bench.queue.cancel(id, bench.now()).unwrap();
    assert_eq!(
        bench.queue.cancel(id, bench.now()).unwrap_err().to_string(),
        "job 1 cannot be cancelled: it is cancelled"
    );
    // Retried while the first attempt still unwinds: it must not start beside itself.
    bench.queue.retry(id, bench.now()).unwrap();
    assert_eq!(bench.run(&Three::default()), None);
    permit.send(()).unwrap();
    worker.join().unwrap();
    assert_eq!(bench.state(id), State::Queued);
    assert_eq!(bench.run(&Three::default()), Some(id));
    assert_eq!(bench.state(id), State::Done);
    let kinds: Vec<_> = bench.log().lines().map(|line| line.split('"').nth(3).unwrap().to_owned()).collect();
    let kinds: Vec<_> = kinds.iter().filter(|kind| *kind != "progress").collect();
    assert_eq!(kinds, ["queued", "started", "paused", "resumed", "cancelled", "queued", "started", "finished"]);
}

#[test]
fn a_cancelled_job_is_not_heard_any_more() {
    let bench = Bench::new();
    let id = bench.submit("long");
    let (executor, begun, permit) = stepper(2);
    let worker = bench.spawn(executor);
    begun.recv().unwrap();
    bench.queue.cancel(id, bench.now()).unwrap();
    let log = bench.log();
    permit.send(()).unwrap();
    worker.join().unwrap();
    assert_eq!(bench.log(), log, "nothing follows the end");
    assert_eq!(bench.state(id), State::Cancelled);
}

#[test]
fn a_closed_queue_stops_its_work_and_keeps_it_for_the_next_run() {
    let bench = Bench::new();
    let (at_work, waits) = (bench.submit("at work"), bench.submit("waits"));
    let (executor, begun, permit) = stepper(9);
    let worker = bench.spawn(executor);
    begun.recv().unwrap();
    let waiter = thread::spawn({
        let queue = Arc::clone(&bench.queue);
        move || {
            // The second job waits; take it away, then wait for nothing.
            queue.cancel(waits, UnixSeconds(0)).unwrap();
            queue.wait()
        }
    });
    while bench.state(waits) != State::Cancelled {
        thread::yield_now();
    }
    bench.queue.close(bench.now()).unwrap();
    assert!(!waiter.join().unwrap(), "a waiting thread is let go");
    permit.send(()).unwrap();
    worker.join().unwrap();
    assert_eq!(bench.state(at_work), State::Queued);
    assert_eq!(bench.run(&Three::default()), None, "a closed queue starts nothing");
    let bench = bench.crash();
    assert_eq!(bench.run(&Three::default()), Some(at_work));
    assert_eq!(bench.state(at_work), State::Done);
}

#[test]
fn one_job_is_at_work_at_a_time_and_a_held_one_makes_room() {
    let bench = Bench::new();
    let (first, second) = (bench.submit("first"), bench.submit("second"));
    let (executor, begun, permit) = stepper(1);
    let worker = bench.spawn(executor);
    begun.recv().unwrap();
    assert_eq!(bench.run(&Three::default()), None, "another job is at work");
    bench.queue.pause(first, bench.now()).unwrap();
    assert_eq!(bench.run(&Three::default()), Some(second));
    assert_eq!((bench.state(first), bench.state(second)), (State::Paused, State::Done));
    bench.queue.resume(first, bench.now()).unwrap();
    permit.send(()).unwrap();
    worker.join().unwrap();
    assert_eq!(bench.state(first), State::Done);
}

#[test]
fn a_store_that_fails_changes_nothing() {
    let bench = Bench::new();
    let id = bench.submit("well");
    bench.disk.full.store(true, Ordering::SeqCst);
    let (log, jobs) = (bench.log(), bench.queue.list());
    for error in [
        bench.queue.submit(speak("more"), bench.now()).unwrap_err(),
        bench.queue.pause(id, bench.now()).unwrap_err(),
        bench.queue.cancel(id, bench.now()).unwrap_err(),
        bench.queue.run_next(&Three::default(), &|| bench.now()).unwrap_err(),
    ] {
        assert_eq!(error.code(), "job_store");
        assert!(error.to_string().contains("the disk is full"), "{error}");
    }
    assert_eq!((bench.log(), bench.queue.list()), (log, jobs));
    bench.disk.full.store(false, Ordering::SeqCst);
    assert_eq!(bench.run(&Three::default()), Some(id));
}

#[test]
fn what_is_asked_of_the_wrong_job_is_refused() {
    let bench = Bench::new();
    let id = bench.submit("well");
    assert_eq!(bench.queue.pause(JobId(7), bench.now()).unwrap_err().code(), "unknown_job");
    assert_eq!(bench.queue.resume(id, bench.now()).unwrap_err().code(), "job_state");
    assert_eq!(bench.queue.retry(id, bench.now()).unwrap_err().code(), "job_state");
    assert_eq!(bench.queue.submit(speak(" "), bench.now()).unwrap_err().code(), "job_spec");
    bench.run(&Three::default());
    let error = bench.queue.cancel(id, bench.now()).unwrap_err();
    assert_eq!(error.to_string(), "job 1 cannot be cancelled: it is done");
}

#[test]
fn a_job_that_was_moved_takes_its_turn_there_and_after_a_restart() {
    let bench = Bench::new();
    let ids: Vec<JobId> = (0..5).map(|_| bench.submit("x")).collect();
    let line = |bench: &Bench| bench.queue.list().iter().map(|job| job.id.0).collect::<Vec<_>>();
    bench.queue.reorder(ids[3], Some(ids[0])).unwrap();
    bench.queue.reorder(ids[0], None).unwrap();
    assert_eq!(line(&bench), [4, 2, 3, 5, 1]);
    // A record from before there was an order reads back; one that was not moved does not have the field.
    assert_eq!(bench.disk.rows.lock().unwrap().values().filter(|row| row.contains("\"order\"")).count(), 2);
    let bench = bench.crash();
    let last = bench.submit("x");
    assert_eq!(line(&bench), [4, 2, 3, 5, 1, last.0]);
    // However often jobs are moved to the same place, there is room.
    for round in 0..100 {
        bench.queue.reorder(ids[1 + round % 2], Some(ids[3])).unwrap();
        bench.queue.reorder(ids[3], Some(ids[1 + round % 2])).unwrap();
    }
    assert_eq!(line(&bench), [4, 3, 2, 5, 1, 6]);
    let ran: Vec<JobId> = std::iter::from_fn(|| bench.run(&Three::default())).collect();
    assert_eq!(ran.iter().map(|id| id.0).collect::<Vec<_>>(), line(&bench));
    assert_eq!(bench.queue.reorder(JobId(99), None).unwrap_err().code(), "unknown_job");
    assert_eq!(bench.queue.reorder(ids[0], Some(JobId(99))).unwrap_err().code(), "unknown_job");
}

#[test]
fn every_event_survives_its_line_of_json() {
    let events = [
        Event::Queued,
        Event::Started { attempt: 1 },
        Event::progress(1, 4, 6.0, 2.0),
        Event::progress(0, 4, 0.0, 0.0),
        Event::Unit { index: 7, state: UnitState::Doubtful },
        Event::note("the book has no title"),
        Event::Warning { code: "no_loudness".into(), message: "too short to level".into() },
        Event::Paused,
        Event::Resumed,
        Event::Interrupted,
        Event::Finished { outcome: Outcome { files: vec!["a.m4b".into()], audio_seconds: 1.5, ..Outcome::default() } },
        Event::Failed { error: JobError::new("no_voice", "there is no such voice", "make it first") },
        Event::Cancelled,
    ];
    let lines: Vec<_> = events.iter().map(Event::to_json).collect();
    for (line, event) in lines.iter().zip(&events) {
        assert_eq!(&serde_json::from_str::<Event>(line).unwrap(), event);
        assert!(!line.contains('\n'));
    }
    assert!(serde_json::from_str::<Event>(r#"{"event":"exploded"}"#).is_err(), "the enum is closed");
    insta::assert_snapshot!(lines.join("\n"), @r#"
    {"event":"queued"}
    {"event":"started","attempt":1}
    {"event":"progress","done":1,"total":4,"audio_seconds":6.0,"elapsed_seconds":2.0,"times_real_time":3.0,"eta_seconds":6.0}
    {"event":"progress","done":0,"total":4,"audio_seconds":0.0,"elapsed_seconds":0.0}
    {"event":"unit","index":7,"state":"doubtful"}
    {"event":"note","message":"the book has no title"}
    {"event":"warning","code":"no_loudness","message":"too short to level"}
    {"event":"paused"}
    {"event":"resumed"}
    {"event":"interrupted"}
    {"event":"finished","outcome":{"files":["a.m4b"],"audio_seconds":1.5}}
    {"event":"failed","code":"no_voice","message":"there is no such voice","fix":"make it first"}
    {"event":"cancelled"}
    "#);
}
