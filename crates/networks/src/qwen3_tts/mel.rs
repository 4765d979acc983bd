//! The picture of a 24 kHz recording that the speaker encoder looks at: logarithms of magnitudes under triangles on
//! Slaney's mel scale. It knows no network. Transforms run in f64: the logarithm magnifies what they lose near silence.

use realfft::RealFftPlanner;
use realfft::num_complex::Complex64;

/// Samples of a window and of its transform.
const SIZE: usize = 1024;
/// Samples from window to window.
const HOP: usize = 256;
/// Samples that are mirrored at either end.
const PAD: usize = (SIZE - HOP) / 2;
/// Rate of the sound.
const RATE_HZ: f64 = 24_000.0;
/// Under the logarithm.
const FLOOR: f64 = 1e-5;

/// `(frames, bands)` of a wave at 24 kHz, which needs more samples than are mirrored; a shorter one has no picture.
pub fn picture(wave: &[f32], bands: usize) -> Vec<f32> {
    if wave.len() <= PAD || wave.len() + 2 * PAD < SIZE {
        return Vec::new();
    }
    let bank = bank(bands);
    let window: Vec<f64> = (0..SIZE)
        .map(|n| f64::from((0.5 - 0.5 * (std::f64::consts::TAU * n as f64 / SIZE as f64).cos()) as f32))
        .collect();
    let transform = RealFftPlanner::<f64>::new().plan_fft_forward(SIZE);
    let mut time = transform.make_input_vec();
    let mut bins = transform.make_output_vec();
    let mut scratch = transform.make_scratch_vec();
    let mut sizes = vec![0.0; bins.len()];
    let frames = (wave.len() + 2 * PAD - SIZE) / HOP + 1;
    let mut out = Vec::with_capacity(frames * bands);
    for frame in 0..frames {
        for (n, (value, &window)) in time.iter_mut().zip(&window).enumerate() {
            *value = window * f64::from(wave[mirrored(frame * HOP + n, PAD, wave.len())]);
        }
        bins.fill(Complex64::ZERO);
        transform
            .process_with_scratch(&mut time, &mut bins, &mut scratch)
            .expect("invariant: buffers have the plan's size");
        for (size, bin) in sizes.iter_mut().zip(&bins) {
            *size = (bin.norm_sqr() + 1e-9).sqrt();
        }
        out.extend(bank.iter().map(|(first, weights)| {
            let sum: f64 = weights.iter().zip(&sizes[*first..]).map(|(weight, size)| weight * size).sum();
            sum.max(FLOOR).ln() as f32
        }));
    }
    out
}

/// Where place `at` of a row of `count` lies when `pad` places are mirrored at its beginning and more at its end; the
/// outermost place itself is not repeated.
pub(super) fn mirrored(at: usize, pad: usize, count: usize) -> usize {
    let place = at.abs_diff(pad);
    if place < count { place } else { (2 * (count - 1)).saturating_sub(place) }
}

/// For each band its first bin and weights: triangles of equal area between neighbours on Slaney's scale.
fn bank(bands: usize) -> Vec<(usize, Vec<f64>)> {
    let top = mel(RATE_HZ / 2.0);
    let edges: Vec<f64> = (0..bands + 2).map(|edge| hertz(top * edge as f64 / (bands + 1) as f64)).collect();
    let at = |bin: usize| bin as f64 * RATE_HZ / SIZE as f64;
    edges
        .windows(3)
        .map(|edge| {
            let height = |bin: usize| {
                let up = (at(bin) - edge[0]) / (edge[1] - edge[0]);
                let down = (edge[2] - at(bin)) / (edge[2] - edge[1]);
                f64::from((up.min(down).max(0.0) * 2.0 / (edge[2] - edge[0])) as f32)
            };
            let first = (0..=SIZE / 2).find(|&bin| at(bin) > edge[0]).unwrap_or(SIZE / 2);
            (first, (first..=SIZE / 2).map(height).take_while(|&weight| weight > 0.0).collect())
        })
        .collect()
}

/// Slaney's scale (Auditory Toolbox, 1998): straight up to 1 kHz, logarithmic above.
fn mel(hz: f64) -> f64 {
    if hz < 1000.0 { hz * 3.0 / 200.0 } else { 15.0 + (hz / 1000.0).ln() * 27.0 / 6.4f64.ln() }
}

fn hertz(mel: f64) -> f64 {
    if mel < 15.0 { mel * 200.0 / 3.0 } else { 1000.0 * ((mel - 15.0) * 6.4f64.ln() / 27.0).exp() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_mirrored() {
        let places: Vec<usize> = (0..9).map(|at| mirrored(at, 2, 5)).collect();
        assert_eq!(places, [2, 1, 0, 1, 2, 3, 4, 3, 2]);
    }

    #[test]
    fn scraps_have_no_picture_and_tones_land_in_their_band() {
        assert!(picture(&[0.1; PAD], 128).is_empty());
        let tone: Vec<f32> =
            (0..24_000).map(|n| (n as f32 * 2.0 * std::f32::consts::PI * 1000.0 / 24_000.0).sin()).collect();
        let picture = picture(&tone, 128);
        assert_eq!(picture.len() / 128, 24_000 / 256);
        let wanted = (mel(1000.0) / mel(12_000.0) * 129.0).round() as usize - 1;
        let row = &picture[40 * 128..41 * 128];
        let best = (0..128).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap();
        assert_eq!(best, wanted);
    }
}
