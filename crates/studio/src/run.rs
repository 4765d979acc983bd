//! Runs many utterances through the engine at once and hands the finished ones back in order, two engine-fulls in flight.

use std::collections::VecDeque;

use audio::Pcm;
use engine::{Engine, Output, Priority};
use jobs::Cancel;
use networks::starter::Voice;
use speech::Utterance;

use crate::StudioError;

/// One finished utterance.
pub struct Made<T> {
    /// What the caller asked it for.
    pub tag: T,
    /// The samples, as the model made them.
    pub pcm: Pcm,
}

struct Running<T> {
    tag: T,
    output: Output<Pcm>,
}

/// Takes work from `next` while there is any and gives each result to `done`, in the order of the work.
///
/// `next` is asked only when there is room, so that whatever it checks (consent) is checked as late as possible.
/// Stops between utterances when `cancel` says so; dropping the outputs frees their slots within one step.
pub fn in_order<T>(
    engine: &Engine<Voice>,
    priority: Priority,
    cancel: &Cancel,
    mut next: impl FnMut() -> Result<Option<(T, Utterance)>, StudioError>,
    mut done: impl FnMut(Made<T>) -> Result<(), StudioError>,
) -> Result<(), StudioError> {
    let in_flight = engine.load().slots.max(1) * 2;
    let mut running: VecDeque<Running<T>> = VecDeque::new();
    let mut more = true;
    loop {
        cancel.checkpoint().map_err(|_| StudioError::Interrupted)?;
        while more && running.len() < in_flight {
            match next()? {
                Some((tag, utterance)) => {
                    running.push_back(Running { tag, output: engine.submit(utterance, priority) });
                }
                None => more = false,
            }
        }
        let Some(Running { tag, output }) = running.pop_front() else { return Ok(()) };
        let pcm = collect(output, cancel)?;
        done(Made { tag, pcm })?;
    }
}

/// Waits for one utterance and joins its chunks.
pub fn collect(output: Output<Pcm>, cancel: &Cancel) -> Result<Pcm, StudioError> {
    let mut samples = Vec::new();
    let mut rate_hz = 0;
    for chunk in output {
        let chunk = chunk?;
        rate_hz = chunk.rate_hz();
        samples.extend_from_slice(chunk.samples());
        if cancel.is_cancelled() {
            return Err(StudioError::Interrupted);
        }
    }
    if samples.is_empty() {
        return Err(StudioError::Silent);
    }
    Ok(Pcm::new(samples, rate_hz)?)
}
