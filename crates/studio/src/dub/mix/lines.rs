//! How loud people speak: in the original's windows as it passes by, and in a new line. Knows no mix.

use super::RATE_HZ;
use super::bed::ms;

/// Energy is looked at in frames of 20 ms.
const FRAME: usize = RATE_HZ as usize / 50;
/// Frames this much below the loudest are no speech.
const PAUSE: f64 = 0.01;
/// Below this nobody speaks.
const SILENT_DBFS: f64 = -60.0;
/// So much of a window is listened to.
const LISTENS: u64 = ms(12_000);

/// Mean squares of whole frames, whatever pieces the samples come in.
#[derive(Default)]
struct Frames {
    done: Vec<f32>,
    sum: f64,
    count: usize,
}

impl Frames {
    fn add(&mut self, samples: impl Iterator<Item = f32>) {
        for sample in samples {
            self.sum += f64::from(sample) * f64::from(sample);
            self.count += 1;
            if self.count == FRAME {
                self.done.push((self.sum / FRAME as f64) as f32);
                (self.sum, self.count) = (0.0, 0);
            }
        }
    }

    /// Level of the frames with speech in them.
    fn level(&self) -> Option<f64> {
        let loudest = f64::from(self.done.iter().copied().fold(0.0, f32::max));
        let speech = self.done.iter().map(|&energy| f64::from(energy)).filter(|&energy| energy >= loudest * PAUSE);
        let (sum, count) = speech.fold((0.0, 0_u32), |(sum, count), energy| (sum + energy, count + 1));
        let level = 10.0 * (sum / f64::from(count.max(1))).log10();
        (level > SILENT_DBFS).then_some(level)
    }
}

/// Level of the speech in one channel at [`RATE_HZ`], pauses left out; `None` where there is none.
pub(super) fn speech_dbfs(samples: &[f32]) -> Option<f64> {
    let mut frames = Frames::default();
    frames.add(samples.iter().copied());
    frames.level()
}

/// Where a window is listened to.
pub(super) fn listened(window: (u64, u64)) -> (u64, u64) {
    (window.0, window.1.min(window.0 + LISTENS))
}

/// Levels of the original in windows, found while it passes by.
pub(super) struct Windows {
    /// From, to, which; by their beginnings.
    waiting: Vec<(u64, u64, usize)>,
    next: usize,
    open: Vec<(u64, u64, usize, Frames)>,
    levels: Vec<Option<f64>>,
}

impl Windows {
    pub(super) fn new(windows: impl Iterator<Item = (u64, u64)>) -> Self {
        let mut waiting: Vec<(u64, u64, usize)> =
            windows.map(listened).enumerate().map(|(which, (from, to))| (from, to, which)).collect();
        waiting.sort_unstable();
        Self { levels: vec![None; waiting.len()], waiting, next: 0, open: Vec::new() }
    }

    /// Takes interleaved stereo that begins at frame `at`; the pieces follow one another.
    pub(super) fn hear(&mut self, at: u64, sound: &[f32]) {
        let end = at + sound.len() as u64 / 2;
        while let Some(&(from, to, which)) = self.waiting.get(self.next).filter(|window| window.0 < end) {
            // What began before the stream was never heard whole.
            if from >= at && from < to {
                self.open.push((from, to, which, Frames::default()));
            }
            self.next += 1;
        }
        for (from, to, _, frames) in &mut self.open {
            let (start, stop) = ((*from).clamp(at, end) - at, (*to).clamp(at, end) - at);
            // Speech is in the middle of the picture: both channels hold it alike.
            let middle = sound[2 * start as usize..2 * stop as usize].chunks_exact(2);
            frames.add(middle.map(|frame| 0.5 * (frame[0] + frame[1])));
        }
        let levels = &mut self.levels;
        self.open.retain(|(_, to, which, frames)| {
            if *to <= end {
                levels[*which] = frames.level();
            }
            *to > end
        });
    }

    /// Nothing more will come: what is open is judged by what was heard.
    pub(super) fn end(&mut self) {
        for (_, _, which, frames) in self.open.drain(..) {
            self.levels[which] = frames.level();
        }
    }

    pub(super) fn level(&self, which: usize) -> Option<f64> {
        self.levels[which]
    }

    /// The level in the middle of all, if anybody speaks.
    pub(super) fn median(&self) -> Option<f64> {
        let mut levels: Vec<f64> = self.levels.iter().flatten().copied().collect();
        levels.sort_by(f64::total_cmp);
        levels.get(levels.len() / 2).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(frames: usize, amplitude: f32) -> Vec<f32> {
        (0..frames).map(|n| amplitude * (n as f32 * 0.05).sin()).collect()
    }

    #[test]
    fn pauses_do_not_count() {
        let mut samples = tone(48_000, 0.1);
        samples.extend(vec![0.0; 96_000]);
        assert!((speech_dbfs(&samples).unwrap() + 23.0).abs() < 0.1);
        assert_eq!(speech_dbfs(&[0.0; 9_600]), None);
        assert_eq!(speech_dbfs(&[]), None);
    }

    #[test]
    fn windows_are_heard_in_pieces_of_any_size() {
        let sound: Vec<f32> =
            tone(96_000, 0.1).into_iter().chain(tone(96_000, 0.4)).flat_map(|value| [value, value]).collect();
        let spans = [(100_000, 190_000), (0, 96_000), (50, 50), (180_000, 900_000), (150_000, 150_100)];
        let heard = |piece: usize| {
            let mut windows = Windows::new(spans.into_iter());
            let mut at = 0;
            for part in sound.chunks(2 * piece) {
                windows.hear(at, part);
                at += part.len() as u64 / 2;
            }
            windows.end();
            (0..5).map(|which| windows.level(which)).collect::<Vec<_>>()
        };
        let whole = heard(192_000);
        assert!((whole[0].unwrap() + 11.0).abs() < 0.1 && (whole[1].unwrap() + 23.0).abs() < 0.1, "{whole:?}");
        assert!(whole[2].is_none() && whole[3].is_some() && whole[4].is_none());
        assert_eq!(heard(777), whole);
        assert_eq!(heard(1), whole);
    }
}
