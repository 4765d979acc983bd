//! A model comes over the network: resumable at any moment, patient with bad lines, and never taken for whole before its
//! last byte has been hashed.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::mpsc::RecvTimeoutError;
use std::thread;
use std::time::Duration;

use jobs::Cancel;

use super::fetch::{self, Ask, Came, Failure};
use super::part::{self, Part};
use super::{CatalogError, Entry, Piece, Shelf, checks};
use crate::{Clock, StudioError};

/// How often a wish to stop is looked for.
const GLANCE: Duration = Duration::from_millis(50);
/// News come at most this often, in seconds.
const TELL_EVERY: f64 = 0.1;
/// The rate is that of the latest seconds.
const RATE_SECONDS: f64 = 5.0;
/// A try that brought this much was a good one: the count of failures begins anew.
const GOOD_BYTES: u64 = 1 << 20;

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Bytes that are there are hashed.
    Checking,
    /// Bytes come in.
    Loading,
}

/// How far a model has come.
#[derive(Debug, Clone, PartialEq)]
pub struct PullNews {
    /// What is being done.
    pub stage: Stage,
    /// Which file, as in the catalog.
    pub file: String,
    /// Bytes of the whole model that are done.
    pub done_bytes: u64,
    /// Size of the whole model in bytes.
    pub total_bytes: u64,
    /// How fast it has been lately; none until that is known.
    pub bytes_per_second: Option<f64>,
}

impl PullNews {
    /// Seconds that are left at this rate.
    #[must_use]
    pub fn eta_seconds(&self) -> Option<f64> {
        let rate = self.bytes_per_second.filter(|rate| *rate > 0.0)?;
        Some(self.total_bytes.saturating_sub(self.done_bytes) as f64 / rate)
    }
}

/// How long a bad line is borne.
pub(super) struct Patience {
    /// How long nothing may come.
    pub stall: Duration,
    /// Waits before the second, third and fourth try.
    pub waits: [Duration; 3],
}

impl Default for Patience {
    fn default() -> Self {
        Self { stall: Duration::from_secs(30), waits: [1, 4, 10].map(Duration::from_secs) }
    }
}

/// Tells how far it is, at a bearable pace, and looks for the wish to stop.
pub(super) struct Teller<'a> {
    clock: &'a dyn Clock,
    on: &'a mut dyn FnMut(PullNews),
    cancel: &'a Cancel,
    stage: Stage,
    file: String,
    total: u64,
    /// Bytes of the files before this one.
    before: u64,
    /// Bytes of this file.
    here: u64,
    recent: VecDeque<(f64, u64)>,
    told: f64,
}

impl<'a> Teller<'a> {
    pub fn new(clock: &'a dyn Clock, on: &'a mut dyn FnMut(PullNews), cancel: &'a Cancel, total: u64) -> Self {
        let (stage, file) = (Stage::Checking, String::new());
        let told = f64::NEG_INFINITY;
        Self { clock, on, cancel, stage, file, total, before: 0, here: 0, recent: VecDeque::new(), told }
    }

    /// Something new begins, at the first byte of a file.
    pub fn begin(&mut self, stage: Stage, file: &str) {
        if stage != self.stage {
            self.recent.clear();
        }
        (self.stage, self.here) = (stage, 0);
        file.clone_into(&mut self.file);
    }

    /// So many bytes more of this file.
    pub fn moved(&mut self, bytes: u64) -> Result<(), StudioError> {
        self.set(self.here + bytes)
    }

    /// So many bytes of this file. Fails once the work is to stop.
    pub fn set(&mut self, here: u64) -> Result<(), StudioError> {
        self.cancel.checkpoint().map_err(|_| StudioError::Interrupted)?;
        if here < self.here {
            self.recent.clear();
        }
        self.here = here;
        let now = self.clock.elapsed_seconds();
        if now - self.told >= TELL_EVERY {
            self.tell(now);
        }
        Ok(())
    }

    /// A file of so many bytes is done.
    pub fn finished(&mut self, bytes: u64) {
        self.before += bytes;
        self.here = 0;
    }

    /// All is done.
    pub fn end(&mut self) {
        (self.before, self.here) = (self.total, 0);
        self.tell(self.clock.elapsed_seconds());
    }

    fn tell(&mut self, now: f64) {
        let done = (self.before + self.here).min(self.total);
        self.told = now;
        self.recent.push_back((now, done));
        while self.recent.len() > 2 && self.recent.front().is_some_and(|(then, _)| now - then > RATE_SECONDS) {
            self.recent.pop_front();
        }
        let rate = self
            .recent
            .front()
            .and_then(|(then, before)| (now - then > 0.2).then(|| done.saturating_sub(*before) as f64 / (now - then)));
        (self.on)(PullNews {
            stage: self.stage,
            file: self.file.clone(),
            done_bytes: done,
            total_bytes: self.total,
            bytes_per_second: rate,
        });
    }
}

/// Why one try for a file ended.
enum Ended {
    /// Worth another try.
    Again(CatalogError),
    /// Not worth one.
    Over(StudioError),
}

impl<E: Into<StudioError>> From<E> for Ended {
    fn from(error: E) -> Self {
        Self::Over(error.into())
    }
}

impl Shelf {
    /// Gets a model of the catalog, or mends it: what is there and right is kept. Goes on where it was stopped.
    pub fn pull(&self, id: &str, news: &mut dyn FnMut(PullNews), cancel: &Cancel) -> Result<Entry, StudioError> {
        let entry = self.catalog.entry(id)?;
        let mut teller = Teller::new(&*self.clock, news, cancel, entry.bytes());
        self.install(entry, &mut teller, &mut |piece, to, teller| self.obtain(entry, piece, to, teller))
    }

    /// Gets one file, with patience.
    fn obtain(
        &self,
        entry: &Entry,
        piece: &Piece,
        to: &Path,
        teller: &mut Teller<'_>,
    ) -> Result<part::Came, StudioError> {
        teller.begin(Stage::Checking, &piece.path);
        let most = piece.bytes.unwrap_or(checks::MOST_FILE_BYTES);
        let mut part = Part::open(to, most, &mut |step| teller.moved(step))?;
        teller.begin(Stage::Loading, &piece.path);
        let (mut failures, mut furthest) = (0, part.bytes());
        let mut whole = piece.bytes.is_some_and(|bytes| part.bytes() >= bytes);
        while !whole {
            match self.attempt(&mut part, entry, piece, teller) {
                Ok(()) => whole = piece.bytes.is_none_or(|bytes| part.bytes() >= bytes),
                Err(Ended::Over(error)) => {
                    if matches!(error, StudioError::Catalog(CatalogError::WrongSize { .. })) {
                        part.discard();
                    }
                    return Err(error);
                }
                Err(Ended::Again(error)) => {
                    if part.bytes() >= furthest.saturating_add(GOOD_BYTES) {
                        failures = 0;
                    }
                    furthest = furthest.max(part.bytes());
                    let Some(wait) = self.patience.waits.get(failures) else { return Err(error.into()) };
                    failures += 1;
                    self.wait(*wait, &part, teller)?;
                }
            }
        }
        part.finish(to, &entry.id, piece)
    }

    /// One request, until the file is whole or the line fails.
    fn attempt(&self, part: &mut Part, entry: &Entry, piece: &Piece, teller: &mut Teller<'_>) -> Result<(), Ended> {
        let url =
            checks::address(&entry.address(piece)).map_err(|why| CatalogError::BadEntry { why: why.to_owned() })?;
        let host = fetch::host(&url);
        let validator = if part.bytes() > 0 { part.validator() } else { None };
        // Where the catalog does not know the size, the server's word counts, within limits.
        let mut expected = piece.bytes;
        let wrong_size = |expected: Option<u64>, found| CatalogError::WrongSize {
            id: entry.id.clone(),
            file: piece.path.clone(),
            expected: expected.unwrap_or(checks::MOST_FILE_BYTES),
            found,
        };
        let stall = self.patience.stall;
        let coming = fetch::begin(Ask { url, from: part.bytes(), validator, proxy: self.proxy.clone(), stall });
        loop {
            teller.set(part.bytes())?;
            let came = match coming.recv_timeout(GLANCE) {
                Ok(came) => came,
                Err(RecvTimeoutError::Timeout) => continue,
                // The thread died without a word.
                Err(RecvTimeoutError::Disconnected) => {
                    Came::Failed(Failure::Network { host: host.clone(), reason: "the request broke off".into() })
                }
            };
            match came {
                Came::Head(head) => {
                    if let Some(found) = head.whole {
                        if expected.is_some_and(|expected| expected != found) || found > checks::MOST_FILE_BYTES {
                            return Err(wrong_size(expected, found).into());
                        }
                        expected = Some(found);
                    }
                    if head.start != part.bytes() || head.start == 0 {
                        part.restart(head.validator.as_deref())?;
                    }
                }
                Came::Bytes(bytes) => {
                    let found = part.bytes() + bytes.len() as u64;
                    if found > expected.unwrap_or(checks::MOST_FILE_BYTES) {
                        return Err(wrong_size(expected, found).into());
                    }
                    part.append(&bytes)?;
                }
                Came::End if expected.is_none_or(|expected| part.bytes() == expected) => return Ok(()),
                Came::End => {
                    return Err(Ended::Again(CatalogError::Network { host, reason: "the file ended early".into() }));
                }
                Came::Failed(Failure::Network { host, reason }) => {
                    return Err(Ended::Again(CatalogError::Network { host, reason }));
                }
                // Nothing is left to come of a file whose size only the server knew.
                Came::Failed(Failure::Range { whole: Some(found), .. })
                    if piece.bytes.is_none() && found == part.bytes() && found > 0 =>
                {
                    return Ok(());
                }
                Came::Failed(Failure::Range { whole: Some(found), .. })
                    if piece.bytes.is_some_and(|expected| expected != found) =>
                {
                    return Err(wrong_size(expected, found).into());
                }
                Came::Failed(Failure::Range { host, .. }) => {
                    part.restart(None)?;
                    let reason = "it does not go on where the download stopped".into();
                    return Err(Ended::Again(CatalogError::Network { host, reason }));
                }
                Came::Failed(Failure::Status { host, status }) => {
                    return Err(CatalogError::NotServed { host, status }.into());
                }
                Came::Failed(Failure::Redirect { host }) => return Err(CatalogError::BadRedirect { host }.into()),
            }
        }
    }

    fn wait(&self, wait: Duration, part: &Part, teller: &mut Teller<'_>) -> Result<(), StudioError> {
        let until = self.clock.elapsed_seconds() + wait.as_secs_f64();
        while self.clock.elapsed_seconds() < until {
            teller.set(part.bytes())?;
            thread::sleep(GLANCE);
        }
        Ok(())
    }
}
