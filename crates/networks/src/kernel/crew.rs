//! The threads that share one kernel's work, each on a core of its own. It knows no arithmetic: it hands out pieces, and
//! what a piece's numbers are never depends on who computes it or how many there are.
//!
//! A frame is some hundreds of regions of a few microseconds. Called from inside ([`Crew::enter`]) a region costs about a
//! microsecond, since the threads are awake and the caller is one of them; from outside each region wakes them anew.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

/// A fixed number of threads, or none but the caller's.
pub struct Crew {
    pool: Option<rayon::ThreadPool>,
    /// Who has entered.
    turn: Mutex<()>,
}

impl Crew {
    /// Nobody but the calling thread.
    pub fn alone() -> Self {
        Self { pool: None, turn: Mutex::new(()) }
    }

    /// `hands` threads, each held on a physical core of its own where there are enough and the system tells which.
    /// Where the system gives no threads, the calling thread does everything.
    pub fn new(hands: usize) -> Self {
        if hands <= 1 {
            return Self::alone();
        }
        let cores = physical_cores();
        let first = NEXT_CORE.fetch_add(hands, Ordering::Relaxed);
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(hands)
            .thread_name(|number| format!("kernel-{number}"))
            .start_handler(move |number| {
                if hands <= cores.len() {
                    // A system that refuses leaves the thread where it likes.
                    core_affinity::set_for_current(cores[(first + number) % cores.len()]);
                }
            })
            .build();
        Self { pool: pool.ok(), turn: Mutex::new(()) }
    }

    /// How many work at once.
    pub fn hands(&self) -> usize {
        self.pool.as_ref().map_or(1, rayon::ThreadPool::current_num_threads)
    }

    /// Runs `work` on one of the threads while the others stay awake for its regions: worth it around anything of
    /// several regions, such as a step of a model. They look for work all the time, so nothing that waits belongs inside.
    pub fn enter<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        let Some(pool) = &self.pool else { return work() };
        if pool.current_thread_index().is_some() {
            return work();
        }
        // One at a time: they would only take the threads from each other.
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let over = AtomicBool::new(false);
        pool.install(|| {
            let here = rayon::current_thread_index();
            rayon::scope(|scope| {
                for _ in 1..pool.current_num_threads() {
                    scope.spawn(|_| {
                        // Nobody has taken it before this thread met it itself: then it is not needed.
                        while rayon::current_thread_index() != here && !over.load(Ordering::Acquire) {
                            work_or_spin();
                        }
                    });
                }
                let _over = Raised(&over);
                work()
            })
        })
    }

    /// Cuts `out` into pieces of `size` (the last may be shorter) and calls `work(number of the piece, piece)`.
    pub fn pieces<T: Send>(&self, out: &mut [T], size: usize, work: impl Fn(usize, &mut [T]) + Sync) {
        self.pieces_with(out, size, || (), |(), number, piece| work(number, piece));
    }

    /// The same where every thread makes itself a memory to work in, which it takes from piece to piece.
    pub fn pieces_with<T: Send, M>(
        &self,
        out: &mut [T],
        size: usize,
        memory: impl Fn() -> M + Sync,
        work: impl Fn(&mut M, usize, &mut [T]) + Sync,
    ) {
        match &self.pool {
            Some(pool) if out.len() > size => {
                let others = pool.current_num_threads().min(out.len().div_ceil(size)) - 1;
                let queue = Mutex::new(out.chunks_mut(size).enumerate());
                let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
                let run = || {
                    let mut memory = memory();
                    while let Some((number, piece)) = next() {
                        work(&mut memory, number, piece);
                    }
                };
                let done: Vec<AtomicBool> = (0..others).map(|_| AtomicBool::new(false)).collect();
                pool.install(|| {
                    rayon::scope(|scope| {
                        for done in &done {
                            scope.spawn(|_| {
                                let _done = Raised(done);
                                run();
                            });
                        }
                        run();
                        // The scope would wait too, but give the core away at once.
                        while !done.iter().all(|done| done.load(Ordering::Acquire)) {
                            work_or_spin();
                        }
                    });
                });
            }
            _ => {
                let mut memory = memory();
                out.chunks_mut(size).enumerate().for_each(|(number, piece)| work(&mut memory, number, piece));
            }
        }
    }

    /// `work` on every item, results in the order of the items.
    pub fn map<T: Send, R: Send>(&self, items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
        match &self.pool {
            Some(pool) if items.len() > 1 => pool.install(|| items.into_par_iter().map(&work).collect()),
            _ => items.into_iter().map(work).collect(),
        }
    }
}

/// Works on what lies ready in the pool, or waits for some nanoseconds: the pool's own waiting gives the core away and
/// sleeps soon, which is dear for regions this short.
fn work_or_spin() {
    if rayon::yield_now() != Some(rayon::Yield::Executed) {
        std::hint::spin_loop();
    }
}

/// Is raised at the end, after a panic too.
struct Raised<'a>(&'a AtomicBool);

impl Drop for Raised<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// Where the next crew begins, so that two crews do not sit on the same cores while others are free.
static NEXT_CORE: AtomicUsize = AtomicUsize::new(0);

/// One logical processor of every physical core that this process may use.
fn physical_cores() -> Vec<core_affinity::CoreId> {
    let mut seen = Vec::new();
    let mut cores = core_affinity::get_core_ids().unwrap_or_default();
    cores.retain(|core| {
        // Linux names the logical processors that share a core. Elsewhere every processor counts as a core.
        let path = format!("/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list", core.id);
        let siblings = std::fs::read_to_string(path).unwrap_or_else(|_| core.id.to_string());
        let fresh = !seen.contains(&siblings);
        if fresh {
            seen.push(siblings);
        }
        fresh
    });
    cores
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_is_worked_on_once_whoever_does_it() {
        for crew in [Crew::alone(), Crew::new(2), Crew::new(5)] {
            let mut out = vec![0.0; 1003];
            let work = |number: usize, piece: &mut [f32]| piece.iter_mut().for_each(|v| *v += number as f32 + 1.0);
            crew.pieces(&mut out, 100, work);
            crew.enter(|| crew.pieces(&mut out, 100, work));
            assert!(out.iter().enumerate().all(|(i, &v)| v == 2.0 * ((i / 100) as f32 + 1.0)));
            assert_eq!(crew.map((0..50).collect(), |i| i * 2), (0..50).map(|i| i * 2).collect::<Vec<_>>());
        }
        assert_eq!((Crew::alone().hands(), Crew::new(2).hands()), (1, 2));
    }

    #[test]
    fn several_may_enter_at_once_and_a_panic_ends_it() {
        for hands in [2, 3] {
            let crew = Crew::new(hands);
            std::thread::scope(|scope| {
                for _ in 0..3 {
                    scope.spawn(|| {
                        for _ in 0..50 {
                            let mut out = vec![0.0; 64];
                            crew.enter(|| crew.enter(|| crew.pieces(&mut out, 4, |_, piece| piece.fill(1.0))));
                            assert!(out.iter().all(|&v| v == 1.0));
                        }
                    });
                }
            });
            let broken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| crew.enter(|| panic!("as asked"))));
            assert!(broken.is_err());
            assert_eq!(crew.enter(|| 7), 7);
        }
    }

    #[test]
    fn no_core_is_counted_twice() {
        let cores = physical_cores();
        let mut numbers: Vec<usize> = cores.iter().map(|core| core.id).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), cores.len());
        assert!(cores.len() <= std::thread::available_parallelism().unwrap().get());
    }
}
