//! Runs the jobs of the library one after the other, tells the window, keeps the machine awake meanwhile.

use std::sync::{Arc, PoisonError, Weak};
use std::time::Duration;

use jobs::{Event, JobId, Queue, State, UnixSeconds};
use studio::{Here, Studio, StudioError};

use super::Desk;
use crate::view::{News, job_view, line_news};

/// Threads for jobs. One is at work at a time; those that the user holds keep theirs, so that the next can begin.
const WORKERS: usize = 4;

/// How often the window is told how busy the engine is, if that changed.
const LOOK: Duration = Duration::from_millis(250);

impl Desk {
    /// Opens the account of jobs and starts the thread that runs them.
    pub(super) fn start_worker(self: &Arc<Self>, studio: &Arc<Studio>) -> Result<(), StudioError> {
        // The queue tells under its lock and must not be asked there: one thread takes what it says, in order.
        let (sender, heard) = std::sync::mpsc::channel();
        let queue = Arc::new(studio.queue(Box::new(move |id, event| drop(sender.send((id, event)))))?);
        let (desk, asked) = (Arc::downgrade(self), Arc::downgrade(&queue));
        let listener = move || {
            let mut awake = None;
            for (id, event) in heard {
                if !matches!(event, Event::Unit { .. } | Event::Progress { .. })
                    && let Some(queue) = asked.upgrade()
                {
                    stay_awake(&mut awake, &queue);
                }
                pass_on(&desk, &asked, id, &event);
            }
        };
        *self.queue.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&queue));
        let here = Arc::new(Here::new(Arc::clone(studio)));
        let no_thread = |error: std::io::Error| StudioError::Missing {
            what: format!("the system gave no thread to the jobs: {error}"),
            fix: "close other programs and try again".into(),
        };
        std::thread::Builder::new().name("job news".into()).spawn(listener).map_err(no_thread)?;
        for _ in 0..WORKERS {
            let (queue, here) = (Arc::clone(&queue), Arc::clone(&here));
            let worker = move || {
                while queue.wait() {
                    if queue.run_next(&*here, &unix).is_err() {
                        // The library cannot be written; the jobs' own words say so.
                        std::thread::sleep(Duration::from_secs(1));
                    }
                }
            };
            std::thread::Builder::new().name("jobs".into()).spawn(worker).map_err(no_thread)?;
        }
        Ok(())
    }

    /// Tells the window how busy the engine is, until the window is gone.
    pub fn watch_load(self: &Arc<Self>) {
        let desk = Arc::downgrade(self);
        std::thread::spawn(move || {
            let mut told = None;
            while let Some(desk) = desk.upgrade() {
                let load = desk.studio().models().load();
                let now = load.map(|load| (load.active, load.slots));
                if now != told
                    && let Some((active, slots)) = now
                {
                    desk.tell(&News::Load { active: active as u32, slots: slots as u32 });
                }
                told = now;
                drop(desk);
                std::thread::sleep(LOOK);
            }
        });
    }

    /// Stops all work at its next safe point; it goes on when the library is opened again.
    pub fn close(&self) {
        self.stop_recording();
        self.stop_take();
        if let Ok(queue) = self.queue() {
            let _ = queue.close(unix());
        }
    }
}

/// Seconds since 1970, for the queue.
pub fn unix() -> UnixSeconds {
    UnixSeconds(i64::try_from(host::now()).unwrap_or(i64::MAX))
}

/// Keeps the machine from falling asleep while a job is at work. Where the system offers no such thing, the job runs all
/// the same.
fn stay_awake(awake: &mut Option<Option<keepawake::KeepAwake>>, queue: &Queue) {
    let at_work = queue.list().iter().any(|job| job.state == State::Running);
    if at_work == awake.is_some() {
        return;
    }
    *awake = at_work.then(|| {
        keepawake::Builder::default()
            .idle(true)
            .sleep(true)
            .reason("speech is being made")
            .app_name("Vouch")
            .app_reverse_domain("studio.vouch.desktop")
            .create()
            .ok()
    });
}

/// What happened to a job, as the window is told it.
fn pass_on(desk: &Weak<Desk>, queue: &Weak<Queue>, id: JobId, event: &Event) {
    let (Some(desk), Some(queue)) = (desk.upgrade(), queue.upgrade()) else { return };
    let Ok(job) = queue.get(id) else { return };
    if let Event::Unit { index, state } = event {
        if let Some(news) = line_news(&job, *index, *state) {
            desk.tell(&news);
        }
        return;
    }
    let view = job_view(&job);
    if let Event::Finished { .. } | Event::Failed { .. } = event {
        let title = if job.error.is_some() { "Stopped" } else { "Done" };
        desk.system.notify(title, &view.title);
    }
    desk.tell(&News::Job { job: view });
}
