//! Sees to it that an utterance ends: the talker sometimes goes round in a circle or never finds its end. The only place
//! that says how long a text may take. It knows no network.

use speech::Fault;

/// Frames in a second.
pub(super) const FRAMES_HZ: f64 = 12.5;
/// Samples of a frame.
const FRAME: usize = 1920;
/// A pause before and after, and for the slowest speaker: in seconds.
const ALLOWANCE: f64 = 6.0;
/// Seconds for a letter: people take 0.07, the slowest reader 0.15.
const LETTER: f64 = 0.25;
/// Seconds for a sign of Chinese, Japanese or Korean: people take 0.2 to 0.25.
const SIGN: f64 = 0.6;
/// Seconds for a digit that was left in the text: it may be a word of its own.
const DIGIT: f64 = 0.9;
/// Longest circle of first codes that is looked for, in frames.
const CIRCLE: usize = 12;
/// Frames that a circle may go on for: 4 s, longer than any vowel is held.
const CIRCLING: usize = 50;
/// Frames that may be the same in every code: 2 s.
const SAME: usize = 25;
/// Frames of quiet that count as an end that was not said: 2 s.
const QUIET: usize = 25;
/// Loudness below which a frame is quiet: -50 dB of full scale.
const SILENCE: f32 = 0.003_16;

/// Most frames that a text may take. Counted by letter, so that texts of several languages are right, too.
pub(super) fn most_frames(text: &str) -> usize {
    let seconds: f64 = text.chars().map(seconds).sum();
    ((ALLOWANCE + seconds) * FRAMES_HZ).ceil() as usize
}

fn seconds(letter: char) -> f64 {
    match letter {
        _ if letter.is_numeric() => DIGIT,
        '\u{1100}'..='\u{11ff}' | '\u{2e80}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' => SIGN,
        _ => LETTER,
    }
}

/// What becomes of an utterance.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It may go on.
    On,
    /// It has been silent for so long that it has ended without saying so.
    Over,
    /// It has to be stopped.
    Stopped(Fault),
}

/// Watches one utterance.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    most: usize,
    frames: usize,
    last: Vec<u16>,
    /// First codes of the last frames.
    recent: [u16; CIRCLE],
    /// For each length of a circle, how many frames it has gone on for.
    circles: [usize; CIRCLE],
    same: usize,
    quiet: usize,
    heard: bool,
}

impl Guard {
    /// For an utterance of at most `most` frames.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            frames: 0,
            last: Vec::new(),
            recent: [0; CIRCLE],
            circles: [0; CIRCLE],
            same: 0,
            quiet: 0,
            heard: false,
        }
    }

    /// Sound that was made of frames that have been looked at.
    pub(super) fn hear(&mut self, samples: &[f32]) {
        for frame in samples.chunks(FRAME) {
            let power = frame.iter().map(|v| v * v).sum::<f32>() / frame.len() as f32;
            if power.sqrt() < SILENCE {
                self.quiet += 1;
            } else {
                (self.quiet, self.heard) = (0, true);
            }
        }
    }

    /// The next frame.
    pub(super) fn look(&mut self, frame: &[u16]) -> Verdict {
        let first = frame.first().copied().unwrap_or_default();
        for (back, run) in self.circles.iter_mut().enumerate() {
            let before = self.frames.checked_sub(back + 1).map(|at| self.recent[at % CIRCLE]);
            *run = if before == Some(first) { *run + 1 } else { 0 };
        }
        self.same = if self.last == frame { self.same + 1 } else { 0 };
        self.last.clear();
        self.last.extend_from_slice(frame);
        self.recent[self.frames % CIRCLE] = first;
        self.frames += 1;

        let circling = self.circles.iter().copied().max().unwrap_or_default();
        // A long pause is a circle, too, and no fault. What has not been heard yet counts as sound.
        let audible = |run: usize| self.quiet * 2 < run;
        if (circling >= CIRCLING && audible(circling)) || (self.same >= SAME && audible(self.same)) {
            return Verdict::Stopped(runaway("the model said the same over and over again"));
        }
        if self.frames >= self.most {
            if self.heard && self.quiet >= QUIET {
                return Verdict::Over;
            }
            return Verdict::Stopped(runaway("the model did not come to an end"));
        }
        Verdict::On
    }
}

fn runaway(what: &str) -> Fault {
    Fault::new("runaway", format!("{what}; another seed usually helps"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(number: usize, first: usize) -> Vec<u16> {
        (0..16).map(|group| if group == 0 { first } else { number * 16 + group } as u16).collect()
    }

    #[test]
    fn circles_are_stopped_and_lively_codes_are_not() {
        for circle in [1, 2, 5, 12] {
            let mut guard = Guard::new(1000);
            let stop = (0..400).find(|&n| guard.look(&frame(n, 100 + n % circle)) != Verdict::On);
            assert_eq!(stop, Some(CIRCLING + circle - 1), "a circle of {circle}");
        }
        let mut guard = Guard::new(1000);
        assert!((0..900).all(|n| guard.look(&frame(n, (n * n + n / 7) % 2048)) == Verdict::On));
        let mut guard = Guard::new(1000);
        let stop = (0..400).find(|_| guard.look(&frame(3, 9)) != Verdict::On);
        assert_eq!(stop, Some(SAME));
    }

    #[test]
    fn a_long_pause_is_no_circle_and_ends_an_utterance_that_forgot_to() {
        let mut guard = Guard::new(200);
        guard.look(&frame(0, 5));
        guard.hear(&[0.1; FRAME]);
        let mut verdict = Verdict::On;
        for n in 1..200 {
            assert_eq!(verdict, Verdict::On, "frame {n}");
            verdict = guard.look(&frame(1, 7));
            guard.hear(&[0.0; FRAME]);
        }
        assert_eq!(verdict, Verdict::Over);
        let mut mute = Guard::new(30);
        let verdicts: Vec<Verdict> = (0..30)
            .map(|n| {
                mute.hear(&[0.0; FRAME]);
                mute.look(&frame(n, n))
            })
            .collect();
        assert!(matches!(verdicts.last(), Some(Verdict::Stopped(fault)) if fault.code == "runaway"));
    }

    #[test]
    fn a_text_has_room_for_slow_speech_and_no_more() {
        let minute = "a quick brown fox ".repeat(50);
        let seconds = most_frames(&minute) as f64 / FRAMES_HZ;
        assert!((120.0..300.0).contains(&seconds), "{seconds}");
        assert!(most_frames("你好世界") < most_frames("你好世界你好世界"));
        assert_eq!(most_frames("7"), ((ALLOWANCE + DIGIT) * FRAMES_HZ).ceil() as usize);
    }
}
