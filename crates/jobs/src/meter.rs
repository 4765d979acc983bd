//! How fast work goes and when it will end. Pure: the time is passed in, in seconds of any clock that never goes back.

use crate::event::Event;

/// Time constant of the smoothing: a change of pace shows within about this many seconds.
const WINDOW_SECONDS: f64 = 30.0;

/// Counts units and seconds of sound against the time that the work has taken.
///
/// The pace is an exponentially weighted mean over the recent past, exact for reports at irregular times and for
/// several at the same time, and unbiased from the first report on.
#[derive(Debug, Clone)]
pub struct Meter {
    total: u64,
    found: u64,
    made: u64,
    audio_seconds: f64,
    elapsed_seconds: f64,
    last_seconds: f64,
    recent: Recent,
}

/// Sums that fade by e in [`WINDOW_SECONDS`].
#[derive(Debug, Clone, Copy, Default)]
struct Recent {
    units: f64,
    audio_seconds: f64,
    seconds: f64,
}

impl Recent {
    fn faded(self, seconds: f64) -> Self {
        let kept = (-seconds / WINDOW_SECONDS).exp();
        Self {
            units: self.units * kept,
            audio_seconds: self.audio_seconds * kept,
            seconds: self.seconds * kept + WINDOW_SECONDS * (1.0 - kept),
        }
    }
}

impl Meter {
    /// Work of `total` units that begins now. `found` of them are on disk already: they count as done, not as speed.
    pub fn new(total: u64, found: u64, now_seconds: f64) -> Self {
        Self {
            total,
            found: found.min(total),
            made: 0,
            audio_seconds: 0.0,
            elapsed_seconds: 0.0,
            last_seconds: now_seconds,
            recent: Recent::default(),
        }
    }

    /// Units were made that hold so many seconds of sound.
    pub fn made(&mut self, units: u64, audio_seconds: f64, now_seconds: f64) {
        self.work_until(now_seconds);
        self.made = self.made.saturating_add(units);
        self.audio_seconds += audio_seconds;
        self.recent.units += units as f64;
        self.recent.audio_seconds += audio_seconds;
    }

    /// The work was held from now on…
    pub fn pause(&mut self, now_seconds: f64) {
        self.work_until(now_seconds);
    }

    /// …until now: the time between does not count.
    pub fn resume(&mut self, now_seconds: f64) {
        self.last_seconds = self.last_seconds.max(now_seconds);
    }

    /// Units done, those found included.
    pub fn done(&self) -> u64 {
        self.found.saturating_add(self.made).min(self.total)
    }

    /// Seconds of sound made per second of work, over the whole run. Absent until something was made.
    pub fn times_real_time(&self) -> Option<f64> {
        (self.elapsed_seconds > 0.0 && self.audio_seconds > 0.0).then(|| self.audio_seconds / self.elapsed_seconds)
    }

    /// Seconds of sound made per second of work, of late.
    pub fn recent_times_real_time(&self, now_seconds: f64) -> Option<f64> {
        let recent = self.recent_at(now_seconds);
        (recent.seconds > 0.0 && recent.audio_seconds > 0.0).then(|| recent.audio_seconds / recent.seconds)
    }

    /// Seconds until the last unit at the recent pace. Absent until something was made; grows while nothing comes.
    pub fn eta_seconds(&self, now_seconds: f64) -> Option<f64> {
        let left = self.total - self.done();
        if left == 0 {
            return Some(0.0);
        }
        let recent = self.recent_at(now_seconds);
        let eta = left as f64 * recent.seconds / recent.units;
        (recent.seconds > 0.0 && eta.is_finite()).then_some(eta)
    }

    /// All of it as an event.
    pub fn progress(&self, now_seconds: f64) -> Event {
        Event::Progress {
            done: self.done(),
            total: self.total,
            audio_seconds: self.audio_seconds,
            elapsed_seconds: self.elapsed_seconds + self.since_last(now_seconds),
            times_real_time: self.times_real_time(),
            eta_seconds: self.eta_seconds(now_seconds),
        }
    }

    fn work_until(&mut self, now_seconds: f64) {
        let seconds = self.since_last(now_seconds);
        self.recent = self.recent.faded(seconds);
        self.elapsed_seconds += seconds;
        self.last_seconds += seconds;
    }

    fn recent_at(&self, now_seconds: f64) -> Recent {
        self.recent.faded(self.since_last(now_seconds))
    }

    fn since_last(&self, now_seconds: f64) -> f64 {
        (now_seconds - self.last_seconds).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-6 * a.abs().max(b.abs()).max(1.0)
    }

    #[test]
    fn a_steady_pace_is_told_exactly_from_the_first_report() {
        let mut meter = Meter::new(100, 20, 50.0);
        assert_eq!((meter.done(), meter.eta_seconds(55.0), meter.times_real_time()), (20, None, None));
        // Four units of 3 s each every 2 s, as a batch hands them in: all at once.
        for turn in 1..=10 {
            let now = 50.0 + 2.0 * f64::from(turn);
            for _ in 0..4 {
                meter.made(1, 3.0, now);
            }
            assert!(close(meter.times_real_time().unwrap(), 6.0));
            let left = f64::from(80 - 4 * turn);
            let eta = meter.eta_seconds(now).unwrap();
            // Right after a batch the pace looks a little better than it is, by half an interval of the window.
            assert!((eta - left / 2.0).abs() <= left / 2.0 * 0.6 / f64::from(turn) + 1.0, "turn {turn}: {eta}");
        }
        assert_eq!(meter.done(), 60);
    }

    #[test]
    fn a_new_pace_shows_and_a_stall_too() {
        let mut meter = Meter::new(1000, 0, 0.0);
        let mut now = 0.0;
        for _ in 0..100 {
            now += 1.0;
            meter.made(1, 1.0, now);
        }
        let before = meter.recent_times_real_time(now).unwrap();
        for _ in 0..120 {
            now += 0.25;
            meter.made(1, 1.0, now);
        }
        let after = meter.recent_times_real_time(now).unwrap();
        assert!((0.9..1.1).contains(&before) && after > 2.5, "{before} then {after}");
        let soon = meter.eta_seconds(now).unwrap();
        assert!(meter.eta_seconds(now + 20.0).unwrap() > soon * 1.5, "a stall is not noticed");
    }

    #[test]
    fn a_pause_does_not_count() {
        let mut meter = Meter::new(10, 0, 0.0);
        meter.made(1, 4.0, 2.0);
        meter.pause(3.0);
        meter.resume(1000.0);
        meter.made(1, 4.0, 1001.0);
        assert!(close(meter.times_real_time().unwrap(), 2.0));
        assert!(meter.eta_seconds(1001.0).unwrap() < 20.0);
    }

    proptest! {
        #[test]
        fn figures_are_sane_whatever_comes(
            total in 0_u64..1000,
            found in 0_u64..1200,
            reports in proptest::collection::vec((0_u64..50, 0.0..100.0_f64, -10.0..1e5_f64), 0..50),
        ) {
            let mut meter = Meter::new(total, found, 0.0);
            let mut now = 0.0;
            for (units, audio_seconds, passed) in reports {
                now += passed;
                meter.made(units, audio_seconds, now);
                prop_assert!(meter.done() <= total);
                for figure in [meter.eta_seconds(now), meter.times_real_time(), meter.recent_times_real_time(now)] {
                    prop_assert!(figure.is_none_or(|figure| figure >= 0.0 && figure.is_finite()), "{:?}", figure);
                }
            }
        }
    }
}
