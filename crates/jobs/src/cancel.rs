//! How a user's wish reaches work under way: the work asks at its safe points. It knows no job and no thread.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use thiserror::Error;

/// The work was told to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the work was stopped before its end")]
pub struct Cancelled;

/// A wish to stop or to hold, shared by whoever wishes and whoever works. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Cancel {
    shared: Arc<(Mutex<Wish>, Condvar)>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Wish {
    #[default]
    GoOn,
    Hold,
    Stop,
}

impl Cancel {
    /// No wish yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops the work at its next safe point, held or not. Cannot be taken back.
    pub fn cancel(&self) {
        self.wish(|_| Wish::Stop);
    }

    /// Holds the work at its next safe point.
    pub fn pause(&self) {
        self.wish(|now| if now == Wish::GoOn { Wish::Hold } else { now });
    }

    /// Lets held work go on.
    pub fn resume(&self) {
        self.wish(|now| if now == Wish::Hold { Wish::GoOn } else { now });
    }

    /// Whether the work is to stop.
    pub fn is_cancelled(&self) -> bool {
        *self.lock() == Wish::Stop
    }

    /// Whether the work is to be held.
    pub fn is_paused(&self) -> bool {
        *self.lock() == Wish::Hold
    }

    /// A safe point: waits while the work is held, and fails once it is to stop.
    pub fn checkpoint(&self) -> Result<(), Cancelled> {
        let mut wish = self.lock();
        while *wish == Wish::Hold {
            wish = self.shared.1.wait(wish).unwrap_or_else(PoisonError::into_inner);
        }
        if *wish == Wish::Stop { Err(Cancelled) } else { Ok(()) }
    }

    fn wish(&self, change: impl FnOnce(Wish) -> Wish) {
        let mut wish = self.lock();
        *wish = change(*wish);
        self.shared.1.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Wish> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{RecvTimeoutError, channel};
    use std::thread;
    use std::time::Duration;

    #[test]
    fn a_checkpoint_holds_until_resumed_and_stops_when_cancelled() {
        let cancel = Cancel::new();
        assert_eq!(cancel.checkpoint(), Ok(()));
        for (end, expected) in [(Cancel::resume as fn(&Cancel), Ok(())), (Cancel::cancel, Err(Cancelled))] {
            cancel.pause();
            assert!(cancel.is_paused() && !cancel.is_cancelled());
            let (sender, passed) = channel();
            let worker = thread::spawn({
                let cancel = cancel.clone();
                move || sender.send(cancel.checkpoint()).unwrap()
            });
            assert_eq!(passed.recv_timeout(Duration::from_millis(20)), Err(RecvTimeoutError::Timeout));
            end(&cancel);
            assert_eq!(passed.recv_timeout(Duration::from_secs(20)), Ok(expected));
            worker.join().unwrap();
        }
    }

    #[test]
    fn a_stop_cannot_be_taken_back() {
        let cancel = Cancel::new();
        cancel.cancel();
        cancel.pause();
        cancel.resume();
        assert!(cancel.is_cancelled() && !cancel.is_paused());
        assert_eq!(cancel.checkpoint(), Err(Cancelled));
    }
}
