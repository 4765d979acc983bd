//! The one continuous recording of the statement: how it came in, and whether it is still what was captured. Knows no
//! word that was said in it.

use audio::Pcm;

use crate::digest::{Hash, sha256, tagged};
use crate::evidence::Capture;
use crate::{Refusal, WORD_COUNT};

/// Longest take, in seconds.
const LONGEST_SECONDS: f64 = 180.0;
/// Shortest stretch of one exact value that counts as a join: a microphone's noise never stands still that long.
const JOIN_SECONDS: f64 = 0.01;
/// A microphone may be digitally silent while it opens and closes.
const MARGIN_SECONDS: f64 = 0.3;

/// Inputs that other programs can write into, by parts of their names.
const VIRTUAL: [&str; 16] = [
    "virtual",
    "vb-audio",
    "vb-cable",
    "cable output",
    "voicemeeter",
    "blackhole",
    "soundflower",
    "loopback",
    "monitor of",
    ".monitor",
    "null",
    "stereo mix",
    "what u hear",
    "wave out mix",
    "obs",
    "snd_aloop",
];

/// Hashes a take second by second while it is captured, so that later code cannot swap the sound.
#[derive(Debug)]
pub struct RunningHash {
    rate_hz: u32,
    pending: Vec<f32>,
    blocks: Vec<Hash>,
}

/// The running hash after every second of a take and at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakeSeal {
    blocks: Vec<Hash>,
}

impl RunningHash {
    /// Before the first sample of a mono take.
    #[must_use]
    pub fn new(rate_hz: u32) -> Self {
        Self { rate_hz, pending: Vec::new(), blocks: vec![tagged("vouch/take/v1", &[&rate_hz.to_be_bytes()])] }
    }

    /// Takes in what was captured next.
    ///
    /// # Errors
    /// [`Refusal::TakeAltered`] when it is no sound (NaN, infinity, an impossible rate).
    pub fn push(&mut self, samples: &[f32]) -> Result<(), Refusal> {
        self.pending.extend_from_slice(samples);
        let second = self.rate_hz.max(1) as usize;
        while self.pending.len() >= second {
            let block: Vec<f32> = self.pending.drain(..second).collect();
            self.close(block)?;
        }
        Ok(())
    }

    /// After the last sample.
    ///
    /// # Errors
    /// [`Refusal::TakeAltered`] as in [`RunningHash::push`].
    pub fn finish(mut self) -> Result<TakeSeal, Refusal> {
        let rest = std::mem::take(&mut self.pending);
        if !rest.is_empty() {
            self.close(rest)?;
        }
        Ok(TakeSeal { blocks: self.blocks })
    }

    /// The canonical form is what is hashed: a stored take, read back, has the same hash.
    fn close(&mut self, block: Vec<f32>) -> Result<(), Refusal> {
        let block = Pcm::new(block, self.rate_hz).map_err(|_| Refusal::TakeAltered)?;
        let last = self.blocks.last().expect("invariant: the first hash is there from the start");
        let next = sha256(&[last, &block.canonical()]);
        self.blocks.push(next);
        Ok(())
    }
}

impl TakeSeal {
    /// The seal of a whole take.
    ///
    /// # Errors
    /// [`Refusal::TakeAltered`] as in [`RunningHash::push`].
    pub fn of(take: &Pcm) -> Result<Self, Refusal> {
        let mut hash = RunningHash::new(take.rate_hz());
        hash.push(take.samples())?;
        hash.finish()
    }

    /// The hash at the end: the statement's hash in the grant.
    #[must_use]
    pub fn end(&self) -> &[u8; 32] {
        self.blocks.last().expect("invariant: the first hash is there from the start")
    }
}

/// The recording of the statement.
#[derive(Debug, Clone)]
pub struct Take {
    pcm: Pcm,
    capture: Capture,
    seal: Option<TakeSeal>,
    words_shown_at: Vec<f64>,
    dropped_frames: u64,
}

impl Take {
    /// From a microphone: the sound at the device's rate without processing, the seal made while it was captured, when
    /// each word was shown (seconds of the take), and how many frames were lost.
    #[must_use]
    pub fn live(
        pcm: Pcm,
        name: &str,
        driver: &str,
        seal: TakeSeal,
        words_shown_at: Vec<f64>,
        dropped_frames: u64,
    ) -> Self {
        let capture = Capture::Microphone { name: name.to_owned(), driver: driver.to_owned() };
        Self { pcm, capture, seal: Some(seal), words_shown_at, dropped_frames }
    }

    /// From a file in place of the microphone. Only a demo issuer takes it.
    #[must_use]
    pub fn from_file(pcm: Pcm) -> Self {
        Self { pcm, capture: Capture::File, seal: None, words_shown_at: Vec::new(), dropped_frames: 0 }
    }

    /// The sound.
    #[must_use]
    pub fn pcm(&self) -> &Pcm {
        &self.pcm
    }

    pub(crate) fn into_pcm(self) -> Pcm {
        self.pcm
    }

    pub(crate) fn capture(&self) -> &Capture {
        &self.capture
    }

    pub(crate) fn words_shown_at(&self) -> &[f64] {
        &self.words_shown_at
    }

    /// Checks the recording as such, and returns the end of its running hash.
    pub(crate) fn check(&self, strict_devices: bool) -> Result<Hash, Refusal> {
        if self.pcm.seconds() > LONGEST_SECONDS {
            return Err(Refusal::EarFailed { why: "the recording is longer than three minutes".to_owned() });
        }
        let actual = TakeSeal::of(&self.pcm)?;
        let Capture::Microphone { name, driver } = &self.capture else {
            return Ok(*actual.end());
        };
        if self.seal.as_ref() != Some(&actual) {
            return Err(Refusal::TakeAltered);
        }
        if self.dropped_frames > 0 {
            return Err(Refusal::FramesDropped { frames: self.dropped_frames });
        }
        if let Some(seconds) = find_join(&self.pcm) {
            return Err(Refusal::Spliced { seconds });
        }
        if strict_devices && (is_virtual(name) || is_virtual(driver)) {
            return Err(Refusal::VirtualDevice { name: name.clone() });
        }
        let within = |at: &f64| (0.0..self.pcm.seconds()).contains(at);
        let shown = &self.words_shown_at;
        if shown.len() != WORD_COUNT || !shown.iter().all(within) || !shown.is_sorted_by(|a, b| a < b) {
            return Err(Refusal::TimingUnknown);
        }
        Ok(*actual.end())
    }
}

/// Whether an input device is known to be fed by programs.
fn is_virtual(name: &str) -> bool {
    let name = name.to_lowercase();
    VIRTUAL.iter().any(|part| {
        // Short names only as whole words: "obs" is a cable, "Jacobs" is not.
        if part.len() > 4 {
            name.contains(part)
        } else {
            name.split(|c: char| !c.is_alphanumeric()).any(|word| word == *part)
        }
    })
}

/// Where the sound stands still on one exact value, in seconds.
fn find_join(pcm: &Pcm) -> Option<f64> {
    let rate_hz = f64::from(pcm.rate_hz());
    let least = ((JOIN_SECONDS * rate_hz) as usize).max(2);
    let margin = (MARGIN_SECONDS * rate_hz) as usize;
    let samples = pcm.samples();
    let inner = samples.get(margin..samples.len().saturating_sub(margin))?;
    let mut start = 0;
    for run in inner.chunk_by(|a, b| a == b) {
        if run.len() >= least {
            return Some((margin + start) as f64 / rate_hz);
        }
        start += run.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_running_hash_does_not_depend_on_how_the_sound_came_in() {
        let samples: Vec<f32> = (0..20_000).map(|n| ((n * 37) % 101) as f32 / 200.0).collect();
        let whole = TakeSeal::of(&Pcm::new(samples.clone(), 8_000).unwrap()).unwrap();
        let mut pieces = RunningHash::new(8_000);
        for piece in samples.chunks(777) {
            pieces.push(piece).unwrap();
        }
        assert_eq!(pieces.finish().unwrap(), whole);
        let mut other = samples;
        other[19_999] += 0.01;
        assert_ne!(TakeSeal::of(&Pcm::new(other, 8_000).unwrap()).unwrap().end(), whole.end());
    }

    #[test]
    fn clipping_is_no_join_but_a_cut_is() {
        let mut samples: Vec<f32> =
            (0..16_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 16) as f32 / 65_536.0 - 0.5).collect();
        assert_eq!(find_join(&Pcm::new(samples.clone(), 16_000).unwrap()), None);
        samples[8_000..8_200].fill(0.0);
        assert_eq!(find_join(&Pcm::new(samples, 16_000).unwrap()), Some(0.5));
    }

    #[test]
    fn virtual_cables_are_known() {
        for name in
            ["VB-Audio Virtual Cable", "BlackHole 2ch", "Monitor of Built-in Audio", "OBS", "alsa_output.pci.monitor"]
        {
            assert!(is_virtual(name), "{name}");
        }
        for name in ["Jacobs USB microphone", "Blue Yeti", "Built-in Audio Analog Stereo", ""] {
            assert!(!is_virtual(name), "{name}");
        }
    }
}
