//! Runs many utterances through the engine at once and hands the finished ones back in order, two engine-fulls in flight.
//! Knows no voice and no library: whoever calls it decides what may be said.

use std::collections::VecDeque;
use std::time::Duration;

use audio::Pcm;
use engine::{Engine, Next, Output, Priority};
use jobs::Cancel;
use speech::{StepModel, Utterance};

use crate::StudioError;

/// How long a wait for the engine may last before it is asked again whether anybody still wants the result.
const LOOK: Duration = Duration::from_millis(20);

/// One finished utterance.
pub struct Made<T> {
    /// What the caller asked it for.
    pub tag: T,
    /// The samples, as the model made them.
    pub pcm: Pcm,
}

/// Where work comes from and where it goes.
pub trait Source<T> {
    /// The next utterance, if there is one. Asked only when there is room, so that whatever is checked here (consent) is
    /// checked as late as possible.
    fn next(&mut self) -> Result<Option<(T, Utterance)>, StudioError>;

    /// Work that was handed out and not made, because it was held: it comes again from [`Source::next`], in this order
    /// and before anything else.
    fn back(&mut self, tags: Vec<T>);

    /// Sound of an utterance that is being made came: so many seconds of it so far.
    fn heard(&mut self, _tag: &T, _seconds: f64) {}

    /// Takes one finished utterance. They come in the order of the work.
    fn done(&mut self, made: Made<T>) -> Result<(), StudioError>;

    /// One utterance could not be made. Whoever can do without it says so, and the others go on.
    fn failed(&mut self, tag: T, error: StudioError) -> Result<(), StudioError> {
        drop(tag);
        Err(error)
    }
}

struct Running<T> {
    tag: T,
    output: Output<Pcm>,
}

/// Makes all that `source` has.
///
/// When `cancel` says stop, this returns within [`LOOK`], and dropping the outputs frees their slots within one step.
/// When it says hold, what is in flight is given back, so that the engine is free, and made anew afterwards.
pub fn in_order<T, M: StepModel<Request = Utterance, Chunk = Pcm>>(
    engine: &Engine<M>,
    priority: Priority,
    cancel: &Cancel,
    source: &mut dyn Source<T>,
) -> Result<(), StudioError> {
    let in_flight = engine.load().slots.max(1) * 2;
    let mut running: VecDeque<Running<T>> = VecDeque::new();
    let mut more = true;
    loop {
        if cancel.is_paused() && !running.is_empty() {
            source.back(running.drain(..).map(|running| running.tag).collect());
            more = true;
        }
        cancel.checkpoint().map_err(|_| StudioError::Interrupted)?;
        while more && running.len() < in_flight {
            match source.next()? {
                Some((tag, utterance)) => {
                    running.push_back(Running { tag, output: engine.submit(utterance, priority) });
                }
                None => more = false,
            }
        }
        let Some(Running { tag, output }) = running.pop_front() else { return Ok(()) };
        match wait(output, cancel, true, &mut |seconds| source.heard(&tag, seconds)) {
            // Either may put work back: an attempt that failed, or one that is not good enough.
            Ok(Waited::Made(pcm)) => {
                source.done(Made { tag, pcm })?;
                more = true;
            }
            Err(StudioError::Interrupted) => return Err(StudioError::Interrupted),
            Err(error) => {
                source.failed(tag, error)?;
                more = true;
            }
            Ok(Waited::Held) => {
                let rest = running.drain(..).map(|running| running.tag);
                source.back(std::iter::once(tag).chain(rest).collect());
                more = true;
            }
        }
    }
}

/// Waits for one utterance and joins its chunks. Stops within [`LOOK`] when `cancel` says so; a hold does not matter.
pub fn collect(output: Output<Pcm>, cancel: &Cancel) -> Result<Pcm, StudioError> {
    match wait(output, cancel, false, &mut |_| ())? {
        Waited::Made(pcm) => Ok(pcm),
        Waited::Held => Err(StudioError::Interrupted),
    }
}

enum Waited {
    Made(Pcm),
    Held,
}

fn wait(
    mut output: Output<Pcm>,
    cancel: &Cancel,
    may_hold: bool,
    heard: &mut dyn FnMut(f64),
) -> Result<Waited, StudioError> {
    let mut samples = Vec::new();
    let mut rate_hz = 0;
    loop {
        if cancel.is_cancelled() {
            return Err(StudioError::Interrupted);
        }
        if may_hold && cancel.is_paused() {
            return Ok(Waited::Held);
        }
        match output.next_within(LOOK) {
            Next::Item(chunk) => {
                let chunk = chunk?;
                rate_hz = chunk.rate_hz();
                samples.extend_from_slice(chunk.samples());
                heard(samples.len() as f64 / f64::from(rate_hz.max(1)));
            }
            Next::Later => {}
            Next::End => break,
        }
    }
    if samples.is_empty() {
        return Err(StudioError::Silent);
    }
    Ok(Waited::Made(Pcm::new(samples, rate_hz)?))
}

#[cfg(test)]
mod tests;
