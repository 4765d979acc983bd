//! A voice from parameters: pulses and noise through a minimum-phase filter, 10 ms after 10 ms (the source-filter model
//! of WORLD, Morise et al. 2016, with overlapping grains). It knows no network; one `Synthesiser` is one utterance.

use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use super::{HOP, RATE_HZ, hertz, mel};
use crate::draw;
use crate::kernel::{exp, kernel, sin_cos};

/// Points of the log-amplitude envelope, evenly on the mel axis from 0 to 8 kHz.
pub const BANDS: usize = 80;
/// Points of the log aperiodicity.
pub const NOISE_BANDS: usize = 8;

const FFT: usize = 1024;
const BINS: usize = FFT / 2 + 1;
const NOISE_HZ: [f64; NOISE_BANDS] = [250.0, 750.0, 1500.0, 2500.0, 3500.0, 4500.0, 5500.0, 7000.0];

/// One frame of the voice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parameters<'a> {
    /// Natural logarithm of the fundamental in hertz.
    pub log_hz: f32,
    /// Whether the vocal folds vibrate.
    pub voiced: bool,
    /// Natural logarithm of the amplitude at each band.
    pub envelope: &'a [f32],
    /// Natural logarithm of the share of noise in the amplitude at each noise band.
    pub aperiodicity: &'a [f32],
}

/// Turns frames into samples; the output lags the input by one hop.
pub struct Synthesiser {
    tables: Arc<Tables>,
    seed: u64,
    phase: f64,
    last_hz: Option<f64>,
    count: u64,
    /// The previous hop and the sample it spilt into this one.
    pulses: [f32; HOP + 1],
    hiss: [f32; HOP],
    tail: [f32; FFT],
    work: Work,
}

struct Work {
    time: Vec<f32>,
    pulse: Vec<Complex32>,
    hiss: Vec<Complex32>,
    response: Vec<Complex32>,
    rough: Vec<f32>,
    scratch: Vec<Complex32>,
}

/// What all utterances share: transforms and interpolation weights.
pub struct Tables {
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    /// For each bin: the band below and the weight of the band above.
    envelope: Vec<(usize, f32)>,
    noise: Vec<(usize, f32)>,
    grain: Vec<f32>,
}

impl Tables {
    fn new() -> Self {
        let mut planner = RealFftPlanner::new();
        let bin_hz = |bin: usize| bin as f64 * f64::from(RATE_HZ) / FFT as f64;
        let top = mel(8000.0);
        let envelope = (0..BINS)
            .map(|bin| {
                let at = mel(bin_hz(bin)) / top * (BANDS - 1) as f64;
                let below = (at.floor() as usize).min(BANDS - 2);
                (below, (at - below as f64) as f32)
            })
            .collect();
        let noise = (0..BINS)
            .map(|bin| {
                let hz = bin_hz(bin).clamp(NOISE_HZ[0], NOISE_HZ[NOISE_BANDS - 1]);
                let below = NOISE_HZ.iter().rposition(|&edge| edge <= hz).unwrap_or(0).min(NOISE_BANDS - 2);
                (below, ((hz - NOISE_HZ[below]) / (NOISE_HZ[below + 1] - NOISE_HZ[below])) as f32)
            })
            .collect();
        let grain =
            (0..2 * HOP).map(|n| (0.5 - 0.5 * (std::f64::consts::PI * n as f64 / HOP as f64).cos()) as f32).collect();
        Self { forward: planner.plan_fft_forward(FFT), inverse: planner.plan_fft_inverse(FFT), envelope, noise, grain }
    }
}

impl Synthesiser {
    /// Tables to share between any number of utterances.
    pub fn tables() -> Arc<Tables> {
        Arc::new(Tables::new())
    }

    /// A fresh utterance; `seed` decides its noise.
    pub fn new(tables: &Arc<Tables>, seed: u64) -> Self {
        let scratch = tables.forward.get_scratch_len().max(tables.inverse.get_scratch_len());
        Self {
            tables: Arc::clone(tables),
            seed,
            phase: 0.0,
            last_hz: None,
            count: 0,
            pulses: [0.0; HOP + 1],
            hiss: [0.0; HOP],
            tail: [0.0; FFT],
            work: Work {
                time: vec![0.0; FFT],
                pulse: vec![Complex32::ZERO; BINS],
                hiss: vec![Complex32::ZERO; BINS],
                response: vec![Complex32::ZERO; BINS],
                rough: vec![0.0; BINS],
                scratch: vec![Complex32::ZERO; scratch],
            },
        }
    }

    /// One frame in, `HOP` samples out. Parameters are expected finite; their range is the caller's.
    pub fn frame(&mut self, frame: &Parameters<'_>, out: &mut [f32]) {
        let (pulses, hiss) = self.excite(f64::from(frame.log_hz).exp(), frame.voiced);
        self.respond(frame.envelope);
        let tables = Arc::clone(&self.tables);
        grain(&tables, &self.pulses[..HOP], &pulses[..HOP], &mut self.work.time);
        forward(&tables, &mut self.work.time, &mut self.work.pulse, &mut self.work.scratch);
        grain(&tables, &self.hiss, &hiss, &mut self.work.time);
        forward(&tables, &mut self.work.time, &mut self.work.hiss, &mut self.work.scratch);
        let work = &mut self.work;
        for (rough, &(below, share)) in work.rough.iter_mut().zip(&tables.noise) {
            let (low, high) = (frame.aperiodicity[below], frame.aperiodicity[below + 1]);
            *rough = if frame.voiced { low * (1.0 - share) + high * share } else { 0.0 };
        }
        colour(&mut work.response, &work.pulse, &work.hiss, &work.rough);
        inverse(&tables, &mut work.response, &mut work.time, &mut work.scratch);
        for (tail, &value) in self.tail.iter_mut().zip(&self.work.time) {
            *tail += value;
        }
        out.copy_from_slice(&self.tail[..HOP]);
        self.tail.copy_within(HOP.., 0);
        self.tail[FFT - HOP..].fill(0.0);
        (self.pulses, self.hiss) = (pulses, hiss);
    }

    /// Pulses where the phase wraps, each shared between two samples by the fraction of its moment; and noise.
    fn excite(&mut self, hz: f64, voiced: bool) -> ([f32; HOP + 1], [f32; HOP]) {
        let before = self.last_hz.unwrap_or(hz);
        self.last_hz = Some(hz);
        let mut pulses = [0.0; HOP + 1];
        pulses[0] = self.pulses[HOP];
        let mut hiss = [0.0; HOP];
        for n in 0..HOP {
            let now = before + (hz - before) * (n + 1) as f64 / HOP as f64;
            let step = now / f64::from(RATE_HZ);
            self.phase += step;
            if self.phase >= 1.0 {
                self.phase -= 1.0;
                if voiced {
                    let late = (self.phase / step).clamp(0.0, 1.0);
                    let size = (f64::from(RATE_HZ) / now).sqrt();
                    pulses[n] += (size * late) as f32;
                    pulses[n + 1] += (size * (1.0 - late)) as f32;
                }
            }
            hiss[n] = draw::noise(self.seed, self.count + n as u64);
        }
        self.count += HOP as u64;
        (pulses, hiss)
    }

    /// `work.response`: the causal filter with this log amplitude (folded real cepstrum, Oppenheim and Schafer).
    fn respond(&mut self, envelope: &[f32]) {
        let tables = Arc::clone(&self.tables);
        let work = &mut self.work;
        for (value, &(below, share)) in work.response.iter_mut().zip(&tables.envelope) {
            *value = Complex32::new(envelope[below] * (1.0 - share) + envelope[below + 1] * share, 0.0);
        }
        inverse(&tables, &mut work.response, &mut work.time, &mut work.scratch);
        for value in &mut work.time[1..FFT / 2] {
            *value *= 2.0;
        }
        work.time[FFT / 2 + 1..].fill(0.0);
        forward(&tables, &mut work.time, &mut work.response, &mut work.scratch);
        exponential(&mut work.response);
    }
}

kernel! {
    /// `e` to each complex number.
    fn exponential<'a>(values: &'a mut [Complex32]) {
        for value in values {
            let ((sine, cosine), size) = (sin_cos(value.im), exp(value.re));
            *value = Complex32::new(cosine * size, sine * size);
        }
    }
}

kernel! {
    /// The response times pulses and noise, mixed by the logarithm of the noise's share.
    fn colour<'a>(response: &'a mut [Complex32], pulse: &'a [Complex32], hiss: &'a [Complex32], rough: &'a [f32]) {
        for (((response, pulse), hiss), rough) in response.iter_mut().zip(pulse).zip(hiss).zip(rough) {
            let rough = exp(*rough).min(1.0);
            let smooth = (1.0 - rough * rough).max(0.0).sqrt();
            *response *= pulse * smooth + hiss * rough;
        }
    }
}

fn grain(tables: &Tables, before: &[f32], now: &[f32], time: &mut [f32]) {
    for ((out, &value), &window) in time.iter_mut().zip(before.iter().chain(now)).zip(&tables.grain) {
        *out = value * window;
    }
    time[2 * HOP..].fill(0.0);
}

fn forward(tables: &Tables, time: &mut [f32], out: &mut [Complex32], scratch: &mut [Complex32]) {
    let size = tables.forward.get_scratch_len();
    tables
        .forward
        .process_with_scratch(time, out, &mut scratch[..size])
        .expect("invariant: buffers have the plan's size");
}

/// Scaled by `1 / FFT`, so that it undoes `forward`; the ends' imaginary parts are dropped, as they must be zero.
fn inverse(tables: &Tables, bins: &mut [Complex32], out: &mut [f32], scratch: &mut [Complex32]) {
    bins[0].im = 0.0;
    bins[BINS - 1].im = 0.0;
    let size = tables.inverse.get_scratch_len();
    tables
        .inverse
        .process_with_scratch(bins, out, &mut scratch[..size])
        .expect("invariant: buffers have the plan's size");
    for value in out {
        *value *= 1.0 / FFT as f32;
    }
}

/// Frequency of each envelope band in hertz.
pub fn band_hz() -> [f64; BANDS] {
    std::array::from_fn(|band| hertz(mel(8000.0) * band as f64 / (BANDS - 1) as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_voiced_envelope_gives_pulses_at_the_pitch() {
        let mut voice = Synthesiser::new(&Synthesiser::tables(), 1);
        let mut out = vec![0.0; 40 * HOP];
        for chunk in out.chunks_mut(HOP) {
            let frame = Parameters {
                log_hz: 100.0f32.ln(),
                voiced: true,
                envelope: &[-4.0; BANDS],
                aperiodicity: &[-7.0; NOISE_BANDS],
            };
            voice.frame(&frame, chunk);
        }
        // 100 Hz at 16 kHz: the signal repeats every 160 samples.
        let body = &out[2000..6000];
        let power: f32 = body.iter().map(|v| v * v).sum();
        let shifted: f32 = body.iter().zip(&out[2160..6160]).map(|(a, b)| a * b).sum();
        assert!(power > 0.0 && shifted / power > 0.95, "{}", shifted / power);
    }

    #[test]
    fn an_unvoiced_frame_is_noise_of_the_envelopes_level() {
        let mut voice = Synthesiser::new(&Synthesiser::tables(), 1);
        let mut out = vec![0.0; 200 * HOP];
        for chunk in out.chunks_mut(HOP) {
            let frame =
                Parameters { log_hz: 5.0, voiced: false, envelope: &[-3.0; BANDS], aperiodicity: &[0.0; NOISE_BANDS] };
            voice.frame(&frame, chunk);
        }
        let power = out[HOP * 4..].iter().map(|v| v * v).sum::<f32>() / (out.len() - HOP * 4) as f32;
        let level = 0.5 * power.ln();
        // Neighbouring grains cut one noise with windows that sum to 1.
        assert!((level + 3.0).abs() < 0.05, "{level}");
    }
}
