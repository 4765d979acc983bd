//! How loud a wave is, and the same wave at a common loudness. It knows no person and no network.

use super::HOP;

/// Root mean square of a levelled wave over its louder half of frames.
pub const LEVEL: f64 = 0.08;

/// Root mean square over the louder half of the 10 ms frames.
pub fn loudness(wave: &[f32]) -> f64 {
    let mut power: Vec<f64> = wave
        .chunks_exact(HOP)
        .map(|frame| frame.iter().map(|&v| f64::from(v) * f64::from(v)).sum::<f64>() / HOP as f64)
        .collect();
    power.sort_by(f64::total_cmp);
    let loud = &power[power.len() / 2..];
    let mean = if loud.is_empty() { 0.0 } else { loud.iter().sum::<f64>() / loud.len() as f64 };
    (mean + 1e-10).sqrt()
}

/// The wave at the common level; one shorter than a frame stays as it is.
pub fn level(wave: &[f32]) -> Vec<f32> {
    if wave.len() < HOP {
        return wave.to_vec();
    }
    let gain = (LEVEL / loudness(wave)) as f32;
    wave.iter().map(|v| v * gain).collect()
}
