//! What work is, here or on another machine: its description, its states, its events, its queue.
//! It knows no speech, no disk, no network and no clock; the time is passed in.

mod cancel;
mod error;
mod event;
mod job;
mod meter;
mod queue;
mod spec;
mod state;

pub use cancel::{Cancel, Cancelled};
pub use error::{JobError, JobsError};
pub use event::{Event, EventSink, Silence, UnitState};
pub use job::{Executor, Job, JobId, Outcome, UnixSeconds};
pub use meter::Meter;
pub use queue::{Queue, QueueSink, Store};
pub use spec::{Dub, Enroll, Export, Format, JobSpec, Narrate, Render, Speak, Terms, VERSION};
pub use state::{Change, State};
