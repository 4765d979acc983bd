//! Runs jobs on this machine: a narration, a rendering or an export is a row in the library before it is work, so that
//! whatever happens to the program, it is known what was to be done.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jobs::{
    Cancel, Event, EventSink, Executor, Job, JobError, JobId, JobSpec, Narrate, Outcome, Queue, QueueSink, State,
    UnixSeconds,
};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::dub::Dubbed;
use crate::narrate::{NarrateRequest, Narrated};
use crate::{Studio, StudioError};

/// How often a running job looks whether somebody wants it to stop.
const LOOK: Duration = Duration::from_millis(50);

impl Studio {
    /// The account of all jobs. What was at work when a program went away waits for its turn again.
    pub fn jobs(&self) -> Result<Queue, StudioError> {
        self.queue(Box::new(|_: JobId, _: Event| ()))
    }

    /// The account of all jobs, with somebody who hears what happens to them. There must be only one at a time.
    pub fn queue(&self, sink: Box<dyn QueueSink>) -> Result<Queue, StudioError> {
        Ok(Queue::open(Box::new(self.library()?.clone()), sink, self.unix())?)
    }

    /// Narrates as a job: goes on with the job of an earlier, interrupted command that asked for the same.
    pub fn run_narration(
        &self,
        request: &NarrateRequest,
        events: Arc<dyn EventSink>,
        cancel: &Cancel,
    ) -> Result<(JobId, Narrated), StudioError> {
        // Bad input is refused before there is a job.
        let spec = JobSpec::Narrate(self.description(request)?);
        self.run_spec(spec, events, cancel, &|job, events, cancel| match &job.spec {
            JobSpec::Narrate(spec) => self.narrate_job(spec, events, cancel),
            _ => Err(StudioError::Interrupted),
        })
    }

    /// Goes on with a job of an earlier command.
    pub fn resume_job(&self, id: JobId, events: Arc<dyn EventSink>, cancel: &Cancel) -> Result<Resumed, StudioError> {
        let queue = self.queue(Box::new(heard_by(events)))?;
        let work = |job: &Job, events: &dyn EventSink, cancel: &Cancel| match &job.spec {
            JobSpec::Narrate(spec) => self.narrate_job(spec, events, cancel).map(Resumed::Narrated),
            JobSpec::Dub(spec) => self.dub_job(spec, events, cancel).map(|done| Resumed::Dubbed(Box::new(done))),
            _ => Err(StudioError::NotResumable { kind: job.spec.kind() }),
        };
        Ok(self.run_job(&queue, id, cancel, &work)?.1)
    }

    /// Runs a description as a job, or goes on with the job of an earlier, interrupted command that asked for the same.
    pub(crate) fn run_spec<T: Told + Send>(
        &self,
        spec: JobSpec,
        events: Arc<dyn EventSink>,
        cancel: &Cancel,
        work: &Work<'_, T>,
    ) -> Result<(JobId, T), StudioError> {
        let queue = self.queue(Box::new(heard_by(events)))?;
        let unfinished = |job: &Job| matches!(job.state, State::Queued | State::Paused) && job.spec == spec;
        let id = match queue.list().into_iter().find(unfinished) {
            Some(job) => job.id,
            None => queue.submit(spec, self.unix())?,
        };
        self.run_job(&queue, id, cancel, work)
    }

    fn run_job<T: Told + Send>(
        &self,
        queue: &Queue,
        id: JobId,
        cancel: &Cancel,
        work: &Work<'_, T>,
    ) -> Result<(JobId, T), StudioError> {
        match queue.get(id)?.state {
            State::Paused => queue.resume(id, self.unix())?,
            State::Failed | State::Cancelled => queue.retry(id, self.unix())?,
            State::Queued | State::Running | State::Done => {}
        }
        let here = Kept { work, result: Mutex::new(None) };
        let over = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| -> Result<(), StudioError> {
            scope.spawn(|| {
                while !over.load(std::sync::atomic::Ordering::Acquire) {
                    if cancel.is_cancelled() {
                        // The job is interrupted, not cancelled: the same command goes on with it.
                        let _ = queue.close(self.unix());
                        return;
                    }
                    std::thread::sleep(LOOK);
                }
            });
            let ran = queue.run(id, &here, &|| self.unix());
            over.store(true, std::sync::atomic::Ordering::Release);
            Ok(ran?)
        })?;
        match here.result.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(result) => Ok((id, result?)),
            None => Err(StudioError::Interrupted),
        }
    }

    fn unix(&self) -> UnixSeconds {
        UnixSeconds(i64::try_from(self.now()).unwrap_or(i64::MAX))
    }

    fn description(&self, request: &NarrateRequest) -> Result<Narrate, StudioError> {
        self.check_narration(request)?;
        let bytes = std::fs::read(&request.book).map_err(|error| StudioError::input(&request.book, &error))?;
        let whole = |path: &Path| std::path::absolute(path).map_err(|error| StudioError::input(path, &error));
        Ok(Narrate {
            book: whole(&request.book)?,
            book_sha256: hex::encode(Sha256::digest(&bytes)),
            voice: request.voice.clone(),
            out: whole(&request.out)?,
            chapters: request.chapters.clone(),
            seed: request.seed,
            speed: request.speed,
            format: None,
        })
    }
}

fn heard_by(events: Arc<dyn EventSink>) -> impl Fn(JobId, Event) + Send + Sync {
    move |_, event| events.emit(event)
}

/// This machine as a place where jobs run, for a thread that asks the queue for the next one again and again.
pub struct Here {
    studio: Arc<Studio>,
}

impl Here {
    /// A place where jobs run with this studio.
    pub fn new(studio: Arc<Studio>) -> Self {
        Self { studio }
    }
}

impl Executor for Here {
    fn run(&self, job: &Job, events: &dyn EventSink, cancel: &Cancel) -> Result<Outcome, JobError> {
        let told = match &job.spec {
            JobSpec::Narrate(spec) => self.studio.narrate_job(spec, events, cancel).map(|done| narrated(&done)),
            JobSpec::Render(spec) => self
                .studio
                .render_book(spec.book, spec.chapters.as_deref(), spec.from_line, events, cancel)
                .map(|done| Outcome {
                    files: Vec::new(),
                    audio_seconds: done.audio_seconds,
                    facts: BTreeMap::from([
                        ("lines".to_owned(), json!(done.lines)),
                        ("made".to_owned(), json!(done.made)),
                        ("doubtful".to_owned(), json!(done.doubtful)),
                        ("failed".to_owned(), json!(done.failed)),
                    ]),
                }),
            JobSpec::Export(spec) => self
                .studio
                .export_book(spec.book, &spec.out, spec.chapters.as_deref(), events, cancel)
                .map(|done| Outcome {
                    files: vec![done.file.display().to_string()],
                    audio_seconds: done.audio_seconds,
                    facts: BTreeMap::from([
                        ("lines".to_owned(), json!(done.lines)),
                        ("pcm_sha256".to_owned(), json!(done.pcm_sha256)),
                    ]),
                }),
            JobSpec::Dub(spec) => self.studio.dub_job(spec, events, cancel).map(|done| dubbed(&done)),
            JobSpec::Enroll(_) | JobSpec::Speak(_) => return Err(not_here()),
        };
        told.map_err(|error| told_error(&error))
    }
}

/// The work of one job.
type Work<'a, T> = dyn Fn(&Job, &dyn EventSink, &Cancel) -> Result<T, StudioError> + Sync + 'a;

/// What came of a job that an earlier command began.
pub enum Resumed {
    /// A book.
    Narrated(Narrated),
    /// A film.
    Dubbed(Box<Dubbed>),
}

/// A result, as the account of jobs keeps it.
pub(crate) trait Told {
    fn told(&self) -> Outcome;
}

impl Told for Narrated {
    fn told(&self) -> Outcome {
        narrated(self)
    }
}

impl Told for Dubbed {
    fn told(&self) -> Outcome {
        dubbed(self)
    }
}

impl Told for Resumed {
    fn told(&self) -> Outcome {
        match self {
            Self::Narrated(done) => narrated(done),
            Self::Dubbed(done) => dubbed(done),
        }
    }
}

/// This machine for one job. Keeps its full result for whoever waits for it.
struct Kept<'a, T> {
    work: &'a Work<'a, T>,
    result: Mutex<Option<Result<T, StudioError>>>,
}

impl<T: Told + Send> Executor for Kept<'_, T> {
    fn run(&self, job: &Job, events: &dyn EventSink, cancel: &Cancel) -> Result<Outcome, JobError> {
        let result = (self.work)(job, events, cancel);
        let told = result.as_ref().map(Told::told).map_err(told_error);
        *self.result.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        told
    }
}

impl Studio {
    fn narrate_job(&self, spec: &Narrate, events: &dyn EventSink, cancel: &Cancel) -> Result<Narrated, StudioError> {
        let request = NarrateRequest {
            book: spec.book.clone(),
            voice: spec.voice.clone(),
            out: spec.out.clone(),
            chapters: spec.chapters.clone(),
            seed: spec.seed,
            speed: spec.speed,
        };
        same_book(&spec.book, &spec.book_sha256)?;
        self.narrate(&request, events, cancel)
    }
}

fn narrated(narrated: &Narrated) -> Outcome {
    Outcome {
        files: vec![narrated.file.display().to_string()],
        audio_seconds: narrated.audio_seconds,
        facts: BTreeMap::from([
            ("segments".to_owned(), json!(narrated.segments)),
            ("pcm_sha256".to_owned(), json!(narrated.pcm_sha256)),
        ]),
    }
}

fn dubbed(done: &Dubbed) -> Outcome {
    Outcome {
        files: done.file.iter().flat_map(|file| &file.files).map(|file| file.display().to_string()).collect(),
        audio_seconds: done.rendered.audio_seconds,
        facts: BTreeMap::from([
            ("cues".to_owned(), json!(done.prepared.cues)),
            ("speakers".to_owned(), json!(done.prepared.speakers)),
            ("made".to_owned(), json!(done.rendered.made)),
            ("failed".to_owned(), json!(done.rendered.failed)),
        ]),
    }
}

fn told_error(error: &StudioError) -> JobError {
    JobError::new(error.code(), error.to_string(), error.fix())
}

fn not_here() -> JobError {
    JobError::new("not_here", "this kind of job is not run from the queue", "use its own command")
}

/// A book that changed since the job was made is another book.
fn same_book(book: &Path, sha256: &str) -> Result<(), StudioError> {
    let bytes = std::fs::read(book).map_err(|error| StudioError::input(book, &error))?;
    if hex::encode(Sha256::digest(&bytes)) == sha256 {
        Ok(())
    } else {
        Err(StudioError::BookChanged { path: book.to_owned() })
    }
}
