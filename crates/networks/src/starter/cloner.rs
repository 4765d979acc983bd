//! Makes a voice prompt from consented audio: which base voice, and how to bend it. It listens once and keeps nothing.

use std::sync::Arc;

use consent::ConsentedSample;
use speech::{Fault, VoiceCloner, VoicePrompt};

use super::description::{Description, VECTOR};
use super::reference::{Picture, Reference};
use super::speaker::{BREATH, Bend, CURVES, EQUAL, Frame, GAIN, PITCH, RANGE, TEMPO, TRACT, Unpacking, cosine};
use super::voice::Decoder;
use crate::signal::{BANDS, HOP, LEVEL, RATE_HZ, Synthesiser, Tables, at_16_khz, level, loudness, track_pitch};
use crate::weights::{LoadError, Weights};

/// Shortest sample, in seconds.
const LEAST_SECONDS: f64 = 1.0;
/// Fewest voiced frames that say anything about a pitch.
const LEAST_VOICED: usize = 10;
/// Largest change that the equaliser may make, in natural logarithm of amplitude.
const MOST_COLOUR: f64 = 2.0;

/// Fits the bundled voice to a recording.
pub struct Cloner {
    description: Description,
    reference: Reference,
    picture: Picture,
    tables: Arc<Tables>,
    /// For each base voice, what it says in the calibration sentence.
    calibrations: Vec<Vec<Frame>>,
}

/// Pitch, relative to whatever the values are relative to: median and half the span from the 16th to the 84th percentile.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Spread {
    middle: f64,
    half: f64,
}

impl Cloner {
    /// Loads `voice.safetensors` and `voice.json`.
    pub fn load(weights: &[u8], config: &str) -> Result<Self, LoadError> {
        let description = Description::parse(config)?;
        description.check(weights)?;
        let weights = Weights::parse(weights)?;
        let codec = description.codec;
        let decoder = Decoder::load(&weights, &codec)?;
        let tables = weights.tensor("tables", &[codec.books, codec.codes, codec.latent])?;
        let unpacking = Unpacking::new(codec.pitch_scale, description.sharpen);
        let (blocks, codes) = weights.codes("calibration.codes", description.base_voices.len(), codec.books)?;
        if codes.iter().any(|&code| code >= codec.codes) {
            return Err(LoadError::config("calibration.codes names a code that does not exist"));
        }
        let calibrations = codes
            .chunks_exact((blocks * codec.books).max(1))
            .map(|codes| {
                let mut past = decoder.past();
                codes
                    .chunks_exact(codec.books)
                    .flat_map(|block| {
                        let mut latent = vec![0.0; codec.latent];
                        for (book, &code) in block.iter().enumerate() {
                            let row = &tables[(book * codec.codes + code) * codec.latent..][..codec.latent];
                            crate::kernel::add(&mut latent, row);
                        }
                        unpacking.frames(&decoder.step(&latent, &mut [&mut past]))
                    })
                    .collect()
            })
            .collect();
        Ok(Self {
            reference: Reference::load(&weights, &description.reference)?,
            picture: Picture::new(),
            tables: Synthesiser::tables(),
            calibrations,
            description,
        })
    }

    /// Identity of these weights.
    pub fn model(&self) -> &str {
        &self.description.identity
    }

    /// The speaker vector for a 16 kHz wave.
    fn fit(&self, wave: &[f32]) -> Result<Vec<f32>, Fault> {
        let shape = &self.description.reference;
        let most = (shape.most_seconds * f64::from(RATE_HZ)) as usize;
        let wave = &wave[..wave.len().min(most)];
        if (wave.len() as f64) < LEAST_SECONDS * f64::from(RATE_HZ) {
            return Err(Fault::new("sample_too_short", "the sample is shorter than a second"));
        }
        let wave = level(wave);
        let picture = self.picture.take(&wave);
        let heard = self.reference.listen(&picture);
        let pitch = track_pitch(&wave);
        let found = spread(pitch.iter().flatten().copied())
            .ok_or_else(|| Fault::new("no_voice_found", "no voiced speech was found in the sample"))?;

        let mut vector = vec![0.0f32; VECTOR];
        let base = self.nearest(&heard.bases);
        vector[base] = 1.0;
        let (shortest, longest) = (shape.tract_limits.0.ln() as f32, shape.tract_limits.1.ln() as f32);
        vector[TRACT] = heard.guess[0].clamp(shortest, longest);
        vector[BREATH] = heard.guess[1].clamp(-0.8, 0.8);
        vector[TEMPO] = heard.guess[2].clamp(-0.15, 0.15);

        let calibration = &self.calibrations[base];
        let voiced = |frame: &&Frame| frame.voiced;
        let own = spread(calibration.iter().filter(voiced).map(|frame| f64::from(frame.log_hz)))
            .ok_or_else(|| Fault::new("model_damaged", "the calibration of the bundled voice has no pitch"))?;
        let range = (found.half / own.half).clamp(0.6, 1.8);
        vector[RANGE] = range.ln() as f32;
        vector[PITCH] = (found.middle - range * own.middle) as f32;

        let wanted = colour(&picture, pitch.iter().map(Option::is_some));
        for _ in 0..2 {
            let made = self.picture.take(&level(&self.say(&vector, calibration)));
            let made = colour(&made, calibration.iter().map(|frame| frame.voiced));
            for k in 1..=CURVES {
                let (mut along, mut size) = (0.0, 0.0);
                for band in 0..BANDS {
                    let c = cosine(k, band);
                    along += c * (wanted[band] - made[band]);
                    size += c * c;
                }
                vector[EQUAL + k - 1] += (0.9 * along / size) as f32;
            }
        }
        let largest = (0..BANDS)
            .map(|band| (1..=CURVES).map(|k| f64::from(vector[EQUAL + k - 1]) * cosine(k, band)).sum::<f64>().abs())
            .fold(1e-6, f64::max);
        let keep = (MOST_COLOUR / largest).min(1.0) as f32;
        vector[EQUAL..EQUAL + CURVES].iter_mut().for_each(|v| *v *= keep);

        vector[GAIN] = (LEVEL.ln() - loudness(&self.say(&vector, calibration)).ln()) as f32;
        if !super::speaker::is_vector(&vector) {
            return Err(Fault::new("no_voice_found", "the sample does not sound like a voice"));
        }
        Ok(vector)
    }

    fn nearest(&self, bases: &[f32]) -> usize {
        let known = bases.iter().take(self.calibrations.len()).enumerate();
        known.max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0))).map_or(0, |(base, _)| base)
    }

    /// The calibration sentence as the speaker would say it.
    fn say(&self, vector: &[f32], calibration: &[Frame]) -> Vec<f32> {
        let bend = Bend::new(vector);
        let mut synthesiser = Synthesiser::new(&self.tables, 0);
        let mut wave = vec![0.0; calibration.len() * HOP];
        for (frame, out) in calibration.iter().zip(wave.chunks_exact_mut(HOP)) {
            synthesiser.frame(&bend.apply(frame).parameters(), out);
        }
        wave
    }
}

impl VoiceCloner for Cloner {
    fn clone_voice(&mut self, sample: &ConsentedSample<'_>) -> Result<VoicePrompt, Fault> {
        let values = self.fit(&at_16_khz(sample.pcm()))?;
        Ok(VoicePrompt { model: self.model().to_owned(), grant: *sample.grant_id(), values, conditioning: Vec::new() })
    }
}

/// Statistics of the values within 0.5 of their median, or `None` if there are too few.
fn spread(values: impl Iterator<Item = f64>) -> Option<Spread> {
    let mut all: Vec<f64> = values.collect();
    if all.len() < LEAST_VOICED {
        return None;
    }
    all.sort_by(f64::total_cmp);
    let median = percentile(&all, 50.0);
    all.retain(|v| (v - median).abs() < 0.5);
    if all.is_empty() {
        return None;
    }
    let half = (percentile(&all, 84.0) - percentile(&all, 16.0)) / 2.0;
    Some(Spread { middle: percentile(&all, 50.0), half: half.max(0.02) })
}

/// Linear interpolation between the two nearest of the sorted values.
fn percentile(sorted: &[f64], percent: f64) -> f64 {
    let at = percent / 100.0 * (sorted.len() - 1) as f64;
    let below = at.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (sorted[above] - sorted[below]) * (at - below as f64)
}

/// Mean log amplitude of each band over voiced frames, its own mean taken off.
fn colour(picture: &[f32], voiced: impl Iterator<Item = bool>) -> Vec<f64> {
    let mut mean = vec![0.0f64; BANDS];
    let mut count = 0usize;
    for (row, voiced) in picture.chunks_exact(BANDS).zip(voiced) {
        if voiced {
            count += 1;
            mean.iter_mut().zip(row).for_each(|(mean, &v)| *mean += 0.5 * f64::from(v));
        }
    }
    mean.iter_mut().for_each(|v| *v /= count.max(1) as f64);
    let level = mean.iter().sum::<f64>() / BANDS as f64;
    mean.iter_mut().for_each(|v| *v -= level);
    mean
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::Parameters;
    use crate::starter::golden::{assert_close, open};
    use crate::starter::toy;

    #[test]
    fn the_match_agrees_with_the_training_side() {
        let (weights, config, golden) = open("voice");
        let cloner = Cloner::load(&weights, &config).unwrap();
        // The reference recording is the golden utterance, twice.
        let wave = golden.numbers("wave").repeat(2);
        let levelled = level(&wave);
        let picture = cloner.picture.take(&levelled);
        assert_close("reference.log_mel", &picture, &golden.numbers("reference.log_mel"), 1e-3);
        let heard = cloner.reference.listen(&picture);
        assert_close("reference.base", &heard.bases, &golden.numbers("reference.base"), 1e-3);
        assert_close("reference.guess", &heard.guess, &golden.numbers("reference.guess"), 1e-3);
        let pitch = track_pitch(&levelled);
        let wanted = golden.numbers("reference.log_hz_or_zero");
        let near = |found: &Option<f64>, wanted: f32| (found.unwrap_or(0.0) as f32 - wanted).abs() < 1e-3;
        let same = pitch.iter().zip(&wanted).filter(|(found, wanted)| near(found, **wanted)).count();
        assert_eq!(pitch.len(), wanted.len());
        assert!(same * 1000 >= wanted.len() * 995, "pitch: {same} of {}", wanted.len());
        if golden.has("reference.vector") {
            assert_close("reference.vector", &cloner.fit(&wave).unwrap(), &golden.numbers("reference.vector"), 5e-3);
        } else {
            assert_eq!(cloner.fit(&wave).unwrap_err().code, "no_voice_found");
        }
    }

    #[test]
    fn pitch_and_loudness_follow_the_sample() {
        let (weights, config) = toy::voice();
        let cloner = Cloner::load(&weights, &config).unwrap();
        let person = |hz: f32, gain: f32| -> Vec<f32> {
            let mut synthesiser = Synthesiser::new(&cloner.tables, 5);
            let mut wave = vec![0.0; 300 * HOP];
            for (k, out) in wave.chunks_exact_mut(HOP).enumerate() {
                let parameters = Parameters {
                    log_hz: hz.ln() + 0.1 * (k as f32 * 0.05).sin(),
                    voiced: true,
                    envelope: &std::array::from_fn::<f32, BANDS, _>(|band| -2.0 - band as f32 * 0.05),
                    aperiodicity: &[-5.0; crate::signal::NOISE_BANDS],
                };
                synthesiser.frame(&parameters, out);
                out.iter_mut().for_each(|v| *v *= gain);
            }
            wave
        };
        let low = cloner.fit(&person(100.0, 1.0)).unwrap();
        let high = cloner.fit(&person(200.0, 1.0)).unwrap();
        let octave = high[PITCH] - low[PITCH];
        assert!((octave - 2.0f32.ln()).abs() < 0.1, "{octave}");
        let quiet = cloner.fit(&person(100.0, 0.05)).unwrap();
        assert_close("loudness does not matter", &quiet, &low, 0.02);
        assert_eq!(cloner.fit(&[0.1; 4000]).unwrap_err().code, "sample_too_short");
        assert_eq!(cloner.fit(&[0.0; 32_000]).unwrap_err().code, "no_voice_found");
    }

    #[test]
    fn statistics_are_those_of_the_middle() {
        let values = (0..=100).map(|n| 5.0 + f64::from(n) * 0.001).chain([9.0, 1.0]);
        let found = spread(values).unwrap();
        assert!((found.middle - 5.05).abs() < 1e-9 && (found.half - 0.034).abs() < 1e-9);
        assert_eq!(spread([5.0; 9].into_iter()), None);
    }
}
