//! Many requests in an engine at once, answered in their order. It knows neither what is asked nor what comes.

use std::collections::VecDeque;
use std::time::Duration;

use engine::{Next, Output};
use jobs::Cancel;
use speech::Fault;

use crate::StudioError;

/// How long a wait for the engine may last before it is asked again whether anybody still wants the result.
const LOOK: Duration = Duration::from_millis(20);

/// What happens on the way.
pub enum News<C> {
    /// The work is held, or goes on again.
    Held(bool),
    /// One request is answered, in the order of the requests.
    Done(usize, Result<Vec<C>, Fault>),
}

/// Hands in requests 0 to `count`, at most `in_flight` at a time. A stop is seen within [`LOOK`]; when the work is
/// held, what is in flight is given up, so that the engine is free, and asked again afterwards.
pub fn in_order<C>(
    count: usize,
    in_flight: usize,
    cancel: &Cancel,
    submit: &dyn Fn(usize) -> Result<Output<C>, StudioError>,
    tell: &mut dyn FnMut(News<C>) -> Result<(), StudioError>,
) -> Result<(), StudioError> {
    let mut running: VecDeque<Output<C>> = VecDeque::new();
    // The first that is not answered; those in flight follow it.
    let mut first = 0;
    while first < count {
        if cancel.is_paused() {
            running.clear();
            tell(News::Held(true))?;
            cancel.checkpoint().map_err(|_| StudioError::Interrupted)?;
            tell(News::Held(false))?;
        }
        cancel.checkpoint().map_err(|_| StudioError::Interrupted)?;
        while running.len() < in_flight.max(1) && first + running.len() < count {
            running.push_back(submit(first + running.len())?);
        }
        let Some(mut output) = running.pop_front() else { break };
        match wait(&mut output, cancel) {
            Some(answer) => {
                tell(News::Done(first, answer))?;
                first += 1;
            }
            // The first of them is gone: those behind it would be taken for others.
            None => running.clear(),
        }
    }
    Ok(())
}

/// All chunks of one request; nothing if the work is to be held or stopped first.
fn wait<C>(output: &mut Output<C>, cancel: &Cancel) -> Option<Result<Vec<C>, Fault>> {
    let mut chunks = Vec::new();
    loop {
        if cancel.is_cancelled() || cancel.is_paused() {
            return None;
        }
        match output.next_within(LOOK) {
            Next::Item(Ok(chunk)) => chunks.push(chunk),
            Next::Item(Err(fault)) => return Some(Err(fault)),
            Next::Later => {}
            Next::End => return Some(Ok(chunks)),
        }
    }
}
