//! Small edits: trimming, fading, joining. It knows no file.

use crate::level::{decibels, mean_square};
use crate::pcm::frames_of;
use crate::{AudioError, Pcm};

/// What counts as silence at the ends of a recording.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trim {
    /// Frames of 10 ms below this level are silence.
    pub threshold_dbfs: f64,
    /// How much silence stays at either end, in seconds.
    pub keep_seconds: f64,
}

impl Default for Trim {
    fn default() -> Self {
        Self { threshold_dbfs: -50.0, keep_seconds: 0.05 }
    }
}

/// Takes silence off both ends. Sound that is silent throughout becomes empty.
#[must_use]
pub fn trim_silence(pcm: &Pcm, trim: Trim) -> Pcm {
    let frame = (pcm.rate_hz() / 100) as usize;
    let loud = |samples: &[f32]| decibels(mean_square(samples).sqrt()) > trim.threshold_dbfs;
    let samples = pcm.samples();
    let first = samples.chunks(frame).position(loud);
    let last = samples.chunks(frame).rposition(loud);
    let (Some(first), Some(last)) = (first, last) else { return Pcm::trusted(Vec::new(), pcm.rate_hz()) };
    // More than the whole is as good as the whole, so a limit on the length is no error here.
    let keep = frames_of(trim.keep_seconds, pcm.rate_hz()).unwrap_or(samples.len());
    let start = (first * frame).saturating_sub(keep);
    let end = ((last + 1) * frame).saturating_add(keep).min(samples.len());
    Pcm::trusted(samples[start..end].to_vec(), pcm.rate_hz())
}

/// Fades in and out over `seconds` with a raised cosine, so that the edges do not click. On sound shorter than two
/// fades they meet in the middle.
#[must_use]
pub fn fade(pcm: &Pcm, seconds: f64) -> Pcm {
    let mut samples = pcm.samples().to_vec();
    fade_edges(&mut samples, frames_of(seconds, pcm.rate_hz()).unwrap_or(usize::MAX));
    Pcm::trusted(samples, pcm.rate_hz())
}

/// One piece of a joined sound.
#[derive(Debug, Clone, Copy)]
pub struct Piece<'a> {
    /// The sound.
    pub pcm: &'a Pcm,
    /// Silence after it, in seconds.
    pub pause_seconds: f64,
}

/// Puts pieces one after another, each faded at its edges over `fade_seconds`, each followed by its pause.
///
/// # Errors
/// [`AudioError::BadInput`] without any piece, [`AudioError::RateMismatch`] for pieces of different rates,
/// [`AudioError::OverLimit`] for a pause beyond a day.
pub fn join(pieces: &[Piece<'_>], fade_seconds: f64) -> Result<Pcm, AudioError> {
    let first = pieces.first().ok_or_else(|| AudioError::bad("there is nothing to join"))?;
    let rate_hz = first.pcm.rate_hz();
    let fade_frames = frames_of(fade_seconds, rate_hz)?;
    let mut samples = Vec::with_capacity(pieces.iter().map(|piece| piece.pcm.len()).sum());
    for piece in pieces {
        if piece.pcm.rate_hz() != rate_hz {
            return Err(AudioError::RateMismatch { want_hz: rate_hz, got_hz: piece.pcm.rate_hz() });
        }
        let start = samples.len();
        samples.extend_from_slice(piece.pcm.samples());
        fade_edges(&mut samples[start..], fade_frames);
        samples.resize(samples.len() + frames_of(piece.pause_seconds, rate_hz)?, 0.0);
    }
    Ok(Pcm::trusted(samples, rate_hz))
}

fn fade_edges(samples: &mut [f32], frames: usize) {
    let frames = frames.min(samples.len() / 2);
    let end = samples.len();
    for n in 0..frames {
        let turn = std::f64::consts::PI * (n as f64 + 0.5) / frames as f64;
        let gain = (0.5 - 0.5 * turn.cos()) as f32;
        samples[n] *= gain;
        samples[end - 1 - n] *= gain;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ones(frames: usize, rate_hz: u32) -> Pcm {
        Pcm::new(vec![0.5; frames], rate_hz).unwrap()
    }

    #[test]
    fn trimming_keeps_the_sound_and_a_little_room() {
        let mut samples = vec![0.0; 8_000];
        samples.extend(vec![0.5; 8_000]);
        samples.extend(vec![0.0; 8_000]);
        let pcm = Pcm::new(samples, 8_000).unwrap();
        let trimmed = trim_silence(&pcm, Trim { threshold_dbfs: -50.0, keep_seconds: 0.05 });
        assert_eq!(trimmed.len(), 8_000 + 2 * 400);
        assert!(trimmed.samples()[400..8_400].iter().all(|&sample| sample == 0.5));
        assert_eq!(trim_silence(&pcm, Trim { threshold_dbfs: -50.0, keep_seconds: 1e12 }), pcm);
        assert!(trim_silence(&Pcm::silence(1.0, 8_000).unwrap(), Trim::default()).is_empty());
        assert!(trim_silence(&ones(0, 8_000), Trim::default()).is_empty());
    }

    #[test]
    fn fades_begin_and_end_near_nothing() {
        let faded = fade(&ones(1_000, 8_000), 0.01);
        assert!(faded.samples()[0] < 0.001 && faded.samples()[999] < 0.001);
        assert_eq!(faded.samples()[80..920], [0.5; 840]);
        assert_eq!(fade(&ones(3, 8_000), 10.0).len(), 3);
        assert_eq!(fade(&ones(10, 8_000), 0.0), ones(10, 8_000));
    }

    #[test]
    fn what_cannot_be_joined_is_said() {
        assert!(join(&[], 0.0).is_err());
        let (a, b) = (ones(10, 8_000), ones(10, 16_000));
        let pieces = [&a, &b].map(|pcm| Piece { pcm, pause_seconds: 0.0 });
        assert!(matches!(join(&pieces, 0.0), Err(AudioError::RateMismatch { want_hz: 8_000, got_hz: 16_000 })));
        assert!(join(&[Piece { pcm: &a, pause_seconds: f64::INFINITY }], 0.0).is_err());
    }

    proptest! {
        #[test]
        fn joined_length_is_the_sum(parts in prop::collection::vec((0_usize..500, 0.0_f64..0.2), 1..8)) {
            let sounds: Vec<Pcm> = parts.iter().map(|&(frames, _)| ones(frames, 8_000)).collect();
            let pieces: Vec<Piece<'_>> = sounds
                .iter()
                .zip(&parts)
                .map(|(pcm, &(_, pause_seconds))| Piece { pcm, pause_seconds })
                .collect();
            let want: usize = parts.iter().map(|&(frames, pause)| frames + (pause * 8_000.0).round() as usize).sum();
            prop_assert_eq!(join(&pieces, 0.005).unwrap().len(), want);
        }
    }
}
