//! The pitch of a recording, frame by frame, by normalised correlation (Rabiner 1977; peak choice as in RAPT, Talkin
//! 1995). It knows no person and no network.

use super::{HOP, RATE_HZ};
use crate::kernel::kernel;

/// Samples compared at each lag.
const CUT: usize = 640;
/// Shortest and longest lag: 400 Hz down to 60 Hz.
const LAGS: (usize, usize) = (40, 267);
/// Correlation of a voiced frame.
const ENOUGH: f64 = 0.45;
/// A shorter lag wins when its peak reaches this share of the best: a double period fits as well as a period.
const ALIKE: f64 = 0.85;
/// Mean power below which a levelled recording is silent.
const SILENT: f64 = 0.08 * 0.08 * 0.02;

/// Natural logarithm of the pitch in hertz at frames centred on `k · HOP`, `None` where not voiced. The wave is at
/// 16 kHz and levelled (see [`super::level`]).
pub fn track_pitch(wave: &[f32]) -> Vec<Option<f64>> {
    const SPAN: usize = CUT + LAGS.1 + 1;
    const COUNT: usize = LAGS.1 - LAGS.0 + 3;
    let mut piece = [0.0f32; SPAN];
    let mut like = [0.0f64; COUNT];
    (0..wave.len() / HOP)
        .map(|frame| {
            for (n, out) in piece.iter_mut().enumerate() {
                let at = (frame * HOP + n).checked_sub(SPAN / 2);
                *out = at.and_then(|at| wave.get(at)).copied().unwrap_or(0.0);
            }
            let here: f64 = piece[..CUT].iter().map(|&v| f64::from(v) * f64::from(v)).sum();
            if here / CUT as f64 <= SILENT {
                return None;
            }
            correlate(&piece, here, &mut like);
            let peak = |k: usize| like[k] > like[k - 1] && like[k] >= like[k + 1];
            let top = (1..COUNT - 1).filter(|&k| peak(k)).map(|k| like[k]).fold(-1.0, f64::max);
            if top <= ENOUGH {
                return None;
            }
            let first = (1..COUNT - 1).find(|&k| peak(k) && like[k] >= ALIKE * top)?;
            let (a, b, c) = (like[first - 1], like[first], like[first + 1]);
            let bend = a - 2.0 * b + c;
            let shift = (0.5 * (a - c) / if bend.abs() < 1e-9 { 1.0 } else { bend }).clamp(-0.5, 0.5);
            Some((f64::from(RATE_HZ) / ((LAGS.0 - 1 + first) as f64 + shift)).ln())
        })
        .collect()
}

kernel! {
    /// `like[k]`: correlation at lag `LAGS.0 - 1 + k` over the root of both energies.
    fn correlate<'a>(piece: &'a [f32], here: f64, like: &'a mut [f64]) {
        let first = LAGS.0 - 1;
        let mut there: f64 = piece[first..first + CUT].iter().map(|&v| f64::from(v) * f64::from(v)).sum();
        for (k, out) in like.iter_mut().enumerate() {
            let lag = first + k;
            let mut lanes = [0.0f32; 16];
            for (a, b) in piece[..CUT].chunks_exact(16).zip(piece[lag..lag + CUT].chunks_exact(16)) {
                for i in 0..16 {
                    lanes[i] = a[i].mul_add(b[i], lanes[i]);
                }
            }
            let product: f64 = lanes.iter().map(|&v| f64::from(v)).sum();
            *out = product / (here * there + 1e-9).sqrt();
            let next = piece.get(lag + CUT).copied().unwrap_or(0.0);
            there += f64::from(next) * f64::from(next) - f64::from(piece[lag]) * f64::from(piece[lag]);
            there = there.max(0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{draw, signal};

    #[test]
    fn it_follows_a_gliding_voice_and_leaves_noise_alone() {
        let count = 2 * RATE_HZ as usize;
        let mut phase = 0.0f64;
        let wave: Vec<f32> = (0..count)
            .map(|n| {
                phase += (110.0 + 80.0 * n as f64 / count as f64) / f64::from(RATE_HZ);
                let voice: f64 =
                    (1..8).map(|h| (phase * f64::from(h) * std::f64::consts::TAU).sin() / f64::from(h)).sum();
                let hiss = draw::noise(3, n as u64);
                if n < count / 2 { 0.2 * voice as f32 + 0.02 * hiss } else { 0.1 * hiss }
            })
            .collect();
        let track = track_pitch(&signal::level(&wave));
        assert_eq!(track.len(), count / HOP);
        let half = track.len() / 2;
        let good = (4..half - 4)
            .filter(|&k| {
                let truth = 110.0 + 80.0 * k as f64 / track.len() as f64;
                track[k].is_some_and(|found| (found - truth.ln()).abs() < 0.02)
            })
            .count();
        assert!(good * 100 > 97 * (half - 8), "{good} of {}", half - 8);
        let false_alarms = track[half + 4..].iter().flatten().count();
        assert!(false_alarms * 10 < half, "{false_alarms} of {half}");
    }

    #[test]
    fn silence_and_scraps_have_no_pitch() {
        assert!(track_pitch(&[]).is_empty());
        assert!(track_pitch(&[0.0; 100]).is_empty());
        assert!(track_pitch(&vec![0.0; 16_000]).iter().all(Option::is_none));
    }
}
