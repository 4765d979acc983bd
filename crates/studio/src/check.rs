//! A cheap look at every line that was made: sound that cannot be its text is marked, so that somebody listens to it.
//! It hears no words: see [`words`]. Every threshold is here.

mod words;

use audio::Pcm;
use audio::quality::{self, Flaw, MAX_CLIPPED_FRACTION};

pub(crate) use words::{Listener, of_proof};

use crate::make::Line;

/// Characters of spoken text in a second of speech at a natural rate, about.
pub(crate) const CHARACTERS_PER_SECOND: f64 = 16.0;
/// Faster than this, in characters per second at speed 1, words were swallowed.
const FASTEST: f64 = 28.0;
/// Slower than this, words were drawn out or repeated.
const SLOWEST: f64 = 7.0;
/// Texts below this are too short to judge their rate, in characters.
const JUDGED_CHARACTERS: usize = 12;
/// Longer than this many times what is expected, plus [`RUNAWAY_SECONDS`], the voice did not find its end.
const RUNAWAY: f64 = 2.5;
const RUNAWAY_SECONDS: f64 = 2.0;
/// Longest silence amid a line, in seconds.
const LONGEST_GAP_SECONDS: f64 = 1.5;
/// What is silence, against full scale.
const SILENT: f32 = 0.003;

/// Seconds that a text takes, about.
pub(crate) fn expected_seconds(characters: usize, speed: f32) -> f64 {
    0.2 + characters as f64 / CHARACTERS_PER_SECOND / f64::from(speed)
}

/// What is held of a line that was made.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Verdict {
    /// What somebody should listen for, in words; none if nothing was found.
    pub doubt: Option<String>,
    /// How bad it is, to choose between attempts: 0 is as it should be.
    pub badness: f64,
}

impl Verdict {
    /// Nothing was looked at.
    pub const UNHEARD: Self = Self { doubt: None, badness: 0.0 };
}

impl Listener {
    /// Looks at a line and listens to it.
    pub fn judge(&self, pcm: &Pcm, line: &Line<'_>) -> Verdict {
        if let Some(doubt) = doubt(pcm, line.spoken, line.speed) {
            return Verdict { doubt: Some(doubt), badness: 2.0 };
        }
        match self.compare(pcm, line.spoken, line.language) {
            Some(said) => Verdict { badness: 1.0 - said.share, doubt: said.doubt },
            None => Verdict::UNHEARD,
        }
    }
}

/// What somebody should listen for in a line, in words; none if nothing was found.
pub(crate) fn doubt(pcm: &Pcm, spoken: &str, speed: f32) -> Option<String> {
    let characters = spoken.chars().count();
    let report = quality::inspect(pcm);
    let seconds = pcm.seconds();
    let expected = expected_seconds(characters, speed);
    if report.flaws.contains(&Flaw::Silent) || report.speech_seconds < 0.05 {
        return Some("there is no speech in it".into());
    }
    if report.flaws.contains(&Flaw::TooQuiet) {
        return Some("it is very quiet".into());
    }
    if report.clipped_fraction > MAX_CLIPPED_FRACTION {
        return Some("it is distorted: its loudest parts are cut off".into());
    }
    if seconds > RUNAWAY * expected + RUNAWAY_SECONDS {
        return Some(format!("it goes on too long: {seconds:.0} seconds for a text of about {expected:.0}"));
    }
    let gap = longest_gap_seconds(pcm);
    if gap > LONGEST_GAP_SECONDS {
        return Some(format!("there is a silence of {gap:.1} seconds in it"));
    }
    if characters >= JUDGED_CHARACTERS {
        let rate = characters as f64 / seconds / f64::from(speed);
        if rate > FASTEST {
            return Some("it is too fast: words may be missing".into());
        }
        if rate < SLOWEST {
            return Some("it is too slow: words may be drawn out or said twice".into());
        }
    }
    None
}

/// The longest silence between two sounds, in seconds.
fn longest_gap_seconds(pcm: &Pcm) -> f64 {
    let mut longest = 0;
    let mut last_sound: Option<usize> = None;
    for (at, _) in pcm.samples().iter().enumerate().filter(|(_, sample)| sample.abs() > SILENT) {
        if let Some(last) = last_sound {
            longest = longest.max(at - last);
        }
        last_sound = Some(at);
    }
    longest as f64 / f64::from(pcm.rate_hz())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 24_000;
    const TEXT: &str = "A good map is worth more than a fast horse in these hills.";

    /// Something that moves like speech: a tone that swells and fades four times a second.
    fn babble(seconds: f64, peak: f32) -> Vec<f32> {
        (0..(seconds * f64::from(RATE)) as usize)
            .map(|at| {
                let time = at as f32 / RATE as f32;
                let swell = 0.5 - 0.5 * (time * 4.0 * std::f32::consts::TAU).cos();
                peak * (0.05 + 0.95 * swell) * (time * 180.0 * std::f32::consts::TAU).sin()
            })
            .collect()
    }

    fn of(samples: Vec<f32>) -> Option<String> {
        doubt(&Pcm::new(samples, RATE).unwrap(), TEXT, 1.0)
    }

    #[test]
    fn each_fault_is_told_in_words_and_good_speech_is_not() {
        let natural = TEXT.len() as f64 / CHARACTERS_PER_SECOND;
        assert_eq!(of(babble(natural, 0.5)), None);
        let found = |samples| of(samples).unwrap_or_default();
        assert!(found(vec![0.0; 48_000]).contains("no speech"));
        assert!(found(babble(natural, 0.003)).contains("no speech") || found(babble(natural, 0.003)).contains("quiet"));
        let clipped = babble(natural, 3.0).into_iter().map(|sample| sample.clamp(-1.0, 1.0)).collect();
        assert!(found(clipped).contains("distorted"));
        assert!(found(babble(natural * 4.0, 0.5)).contains("too long"));
        assert!(found(babble(natural / 3.0, 0.5)).contains("too fast"));
        assert!(found(babble(natural * 2.5, 0.5)).contains("too slow"));
        let mut torn = babble(natural / 2.0, 0.5);
        torn.extend(vec![0.0; 2 * RATE as usize]);
        torn.extend(babble(natural / 2.0, 0.5));
        assert!(found(torn).contains("silence"));
        // A slower reading was asked for.
        assert_eq!(doubt(&Pcm::new(babble(natural * 2.0, 0.5), RATE).unwrap(), TEXT, 0.5), None);
    }
}
