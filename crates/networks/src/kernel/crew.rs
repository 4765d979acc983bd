//! The threads that share one kernel's work. It knows no arithmetic: it hands out pieces, and what a piece's numbers are
//! never depends on who computes it or how many there are.

use rayon::prelude::*;

/// A fixed number of threads, or none but the caller's.
pub struct Crew {
    pool: Option<rayon::ThreadPool>,
}

impl Crew {
    /// Nobody but the calling thread.
    pub fn alone() -> Self {
        Self { pool: None }
    }

    /// `hands` threads. Where the system gives none, the calling thread does everything.
    pub fn new(hands: usize) -> Self {
        if hands <= 1 {
            return Self::alone();
        }
        let pool = rayon::ThreadPoolBuilder::new().num_threads(hands).thread_name(|n| format!("kernel-{n}")).build();
        Self { pool: pool.ok() }
    }

    /// How many work at once.
    pub fn hands(&self) -> usize {
        self.pool.as_ref().map_or(1, rayon::ThreadPool::current_num_threads)
    }

    /// Cuts `out` into pieces of `size` numbers (the last may be shorter) and calls `work(number of the piece, piece)`.
    pub fn pieces(&self, out: &mut [f32], size: usize, work: impl Fn(usize, &mut [f32]) + Sync) {
        match &self.pool {
            Some(pool) if out.len() > size => {
                pool.install(|| out.par_chunks_mut(size).enumerate().for_each(|(number, piece)| work(number, piece)))
            }
            _ => out.chunks_mut(size).enumerate().for_each(|(number, piece)| work(number, piece)),
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
