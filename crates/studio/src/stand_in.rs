//! Stand-in speakers for the demo, the tests and the measurements: a free synthesizer (flite), warped so that there are
//! several. They are nobody, and are called stand-ins wherever they appear.

use std::path::Path;
use std::process::{Command, Stdio};

use audio::Pcm;
use audio::edit::Piece;

use crate::enroll::{Attempt, ChallengeRequest, Enrolled, Recording};
use crate::{Studio, StudioError};

/// Rate at which the synthesizer's voices speak and the stand-ins are delivered.
pub const RATE_HZ: u32 = 16_000;

/// A speaker that does not exist: one of flite's voices, played faster or slower, so that pitch and vocal tract change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StandIn {
    /// What it is called in reports.
    pub name: &'static str,
    /// The synthesizer's voice.
    pub voice: &'static str,
    /// Above 1: higher and with a shorter vocal tract. The tempo is kept.
    pub warp: f32,
}

/// The speakers of the demo and the measurements. No network was trained on these warps.
pub const SPEAKERS: [StandIn; 6] = [
    StandIn { name: "stand-in Rowan", voice: "slt", warp: 0.90 },
    StandIn { name: "stand-in Hazel", voice: "awb", warp: 1.16 },
    StandIn { name: "stand-in Ash", voice: "rms", warp: 0.95 },
    StandIn { name: "stand-in Linden", voice: "kal16", warp: 1.08 },
    StandIn { name: "stand-in Maple", voice: "slt", warp: 1.10 },
    StandIn { name: "stand-in Yew", voice: "rms", warp: 1.22 },
];

impl StandIn {
    /// Speaks `text` as mono samples at [`RATE_HZ`]. `scratch` is a folder for the synthesizer's file.
    pub fn say(&self, text: &str, scratch: &Path) -> Result<Pcm, StudioError> {
        let file = tempfile::Builder::new()
            .prefix("stand-in")
            .suffix(".wav")
            .tempfile_in(scratch)
            .map_err(|error| StudioError::output(scratch, &error))?;
        let status = Command::new("flite")
            .args(["-voice", self.voice, "--setf", &format!("duration_stretch={:.3}", self.warp)])
            .args(["-t", text, "-o"])
            .arg(file.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if !status.is_ok_and(|status| status.success()) {
            return Err(StudioError::Missing {
                what: "the free synthesizer flite, which plays the stand-in speaker, could not be run".into(),
                fix: "install it with `cargo xtask setup` or `apt-get install flite`".into(),
            });
        }
        let spoken = audio::wav::read(file.path())?;
        // Played at a higher rate, pitch and formants rise together; resampling brings it back to the common rate.
        let rate_hz = (spoken.rate_hz() as f32 * self.warp).round() as u32;
        let warped = Pcm::new(spoken.into_samples(), rate_hz)?;
        Ok(audio::resample(&warped, RATE_HZ)?)
    }
}

/// Takes a stand-in speaker through the whole ceremony, in a demo library.
pub fn ceremony(studio: &Studio, speaker: &StandIn, sample: Pcm, scratch: &Path) -> Result<Enrolled, StudioError> {
    let mut card = studio.challenge(ChallengeRequest {
        owner: speaker.name.into(),
        grantee: None,
        purpose: "measuring this program".into(),
        days: 1,
        hours: 1,
        dub_into: Vec::new(),
        adult: true,
        recordings: vec![Recording::stand_in(sample)],
    })?;
    loop {
        let take = read_aloud(speaker, &card.sentence, &card.words, scratch)?;
        match studio.enroll(&card.session, Recording::stand_in(take), None)? {
            Attempt::Granted(enrolled) => return Ok(*enrolled),
            Attempt::Refused { next: Some(next), .. } => card = next,
            Attempt::Refused { refusal, next: None, .. } => return Err(refusal.into()),
        }
    }
}

/// Reads a sentence and then the words one by one, as somebody does who sees them appear.
pub fn read_aloud(reader: &StandIn, sentence: &str, words: &[String], scratch: &Path) -> Result<Pcm, StudioError> {
    /// From the end of one word to the beginning of the next, which appears in between.
    const GAP_SECONDS: f64 = 0.9;
    let spoken = std::iter::once(sentence)
        .chain(words.iter().map(String::as_str))
        .map(|text| reader.say(text, scratch))
        .collect::<Result<Vec<_>, _>>()?;
    let pieces: Vec<Piece<'_>> = spoken.iter().map(|pcm| Piece { pcm, pause_seconds: GAP_SECONDS }).collect();
    in_a_room(&audio::edit::join(&pieces, 0.0)?)
}

/// Faint noise, as every room and microphone has: a take with digital silence in it would be taken for a splice.
fn in_a_room(pcm: &Pcm) -> Result<Pcm, StudioError> {
    const NOISE: f32 = 2e-4;
    let mut state = 0x2545_F491_u32;
    let samples = pcm
        .samples()
        .iter()
        .map(|sample| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            sample * 0.9 + NOISE * ((state >> 8) as f32 / (1 << 23) as f32 - 1.0)
        })
        .collect();
    Ok(Pcm::new(samples, pcm.rate_hz())?)
}
