//! Residual vector quantisation: codes to summed vectors, and rows to the codes of the nearest vectors. It knows no
//! convolution.

use super::config::{Config, DecoderConfig};
use crate::checkpoint::Checkpoint;
use crate::kernel::{Crew, Linear, Precision, add, kernel};
use crate::weights::LoadError;

/// Vectors `(size, width)`: their sums in training, divided by how often each was used.
fn vectors(
    checkpoint: &Checkpoint,
    (sums, usage): (&str, &str),
    (size, width): (usize, usize),
) -> Result<Vec<f32>, LoadError> {
    let mut vectors = checkpoint.tensor(sums, &[size, width])?;
    let usage = checkpoint.tensor(usage, &[size])?;
    for (vector, usage) in vectors.chunks_exact_mut(width).zip(usage) {
        vector.iter_mut().for_each(|value| *value /= usage.max(1e-5));
    }
    match vectors.iter().all(|value| value.is_finite()) {
        true => Ok(vectors),
        false => Err(LoadError::Numbers { name: sums.to_owned(), what: "a vector beyond all bounds".to_owned() }),
    }
}

/// The decoder's vectors and the projections of their sums.
pub(super) struct Codebooks {
    /// For each code of a frame, `(size, width)`.
    levels: Vec<Vec<f32>>,
    width: usize,
    /// From the first code's vector beside the sum of the others to their common width.
    projection: Linear,
}

impl Codebooks {
    /// Loads `decoder.quantizer.…`.
    pub fn load(checkpoint: &Checkpoint, config: &DecoderConfig, precision: Precision) -> Result<Self, LoadError> {
        let (width, outputs) = (config.vector(), config.codebook_dim);
        let levels = (0..config.num_quantizers).map(|level| {
            let at = match level {
                0 => "decoder.quantizer.rvq_first.vq.layers.0._codebook.".to_owned(),
                _ => format!("decoder.quantizer.rvq_rest.vq.layers.{}._codebook.", level - 1),
            };
            let names = (format!("{at}embedding_sum"), format!("{at}cluster_usage"));
            vectors(checkpoint, (&names.0, &names.1), (config.codebook_size, width))
        });
        let levels = levels.collect::<Result<_, _>>()?;
        let projection = |name: &str| {
            checkpoint.tensor(&format!("decoder.quantizer.{name}.output_proj.weight"), &[outputs, width, 1])
        };
        let (first, rest) = (projection("rvq_first")?, projection("rvq_rest")?);
        let rows = first.chunks_exact(width).zip(rest.chunks_exact(width));
        let joined: Vec<f32> = rows.flat_map(|(first, rest)| first.iter().chain(rest)).copied().collect();
        Ok(Self { levels, width, projection: Linear::pack(&joined, None, outputs, 2 * width, precision) })
    }

    /// Weights of the projections.
    #[cfg(test)]
    pub fn macs(&self) -> usize {
        self.projection.macs()
    }

    /// `codes` `(frames, levels)`, each within its book, to `(frames, codebook_dim)`.
    pub fn sum(&self, crew: &Crew, codes: &[u16]) -> Vec<f32> {
        let (levels, width) = (self.levels.len(), self.width);
        let mut sums = vec![0.0; codes.len() / levels * 2 * width];
        for (codes, sums) in codes.chunks_exact(levels).zip(sums.chunks_exact_mut(2 * width)) {
            let (first, rest) = sums.split_at_mut(width);
            for (level, (&code, vectors)) in codes.iter().zip(&self.levels).enumerate() {
                let vector = &vectors[usize::from(code) * width..][..width];
                match level {
                    0 => first.copy_from_slice(vector),
                    _ => add(rest, vector),
                }
            }
        }
        self.projection.product(crew, &sums)
    }
}

/// The encoder's vectors, all in f32: a code that falls on the wrong side of a boundary changes every code after it.
pub(super) struct Quantizer {
    /// One for the first code, one for all others; both see the same rows.
    projections: [Linear; 2],
    levels: Vec<Vec<f32>>,
    width: usize,
}

impl Quantizer {
    /// Loads `encoder.quantizer.…`, as many levels as a frame has codes.
    pub fn load(checkpoint: &Checkpoint, config: &Config) -> Result<Self, LoadError> {
        let encoder = &config.encoder_config;
        let width = encoder.codebook_dim;
        let prefix = |kind: &str| format!("encoder.quantizer.{kind}_residual_vector_quantizer.");
        let (semantic, acoustic) = (prefix("semantic"), prefix("acoustic"));
        let levels = (0..config.codes()).map(|level| {
            let at = match level {
                0 => format!("{semantic}layers.0.codebook."),
                _ => format!("{acoustic}layers.{}.codebook.", level - 1),
            };
            let names = (format!("{at}embed_sum"), format!("{at}cluster_usage"));
            vectors(checkpoint, (&names.0, &names.1), (encoder.codebook_size, width))
        });
        let projection = |prefix: &str| {
            let shape = [width, encoder.hidden_size, 1];
            let weight = checkpoint.tensor(&format!("{prefix}input_proj.weight"), &shape)?;
            Ok::<_, LoadError>(Linear::pack(&weight, None, width, encoder.hidden_size, Precision::Single))
        };
        Ok(Self {
            levels: levels.collect::<Result<_, _>>()?,
            projections: [projection(&semantic)?, projection(&acoustic)?],
            width,
        })
    }

    /// `x` `(frames, hidden)` to codes `(frames, levels)`.
    pub fn codes(&self, crew: &Crew, x: &[f32]) -> Vec<u16> {
        let width = self.width;
        let [semantic, acoustic] = &self.projections;
        let (first, rest) = (semantic.product(crew, x), acoustic.product(crew, x));
        let frames = first.chunks_exact(width).zip(rest.chunks_exact(width)).collect();
        let codes = crew.map(frames, |(first, rest): (&[f32], &[f32])| {
            let mut left = rest.to_vec();
            let mut distances = vec![0.0; self.levels[0].len() / width];
            let one = |(level, vectors): (usize, &Vec<f32>)| {
                let target = if level == 0 { first } else { &left };
                measure(target, vectors, &mut distances);
                let nearest = (1..distances.len()).fold(0, |best, at| match distances[at] < distances[best] {
                    true => at,
                    false => best,
                });
                if level > 0 {
                    let vector = &vectors[nearest * width..][..width];
                    left.iter_mut().zip(vector).for_each(|(left, value)| *left -= value);
                }
                nearest as u16
            };
            self.levels.iter().enumerate().map(one).collect::<Vec<u16>>()
        });
        codes.concat()
    }
}

kernel! {
    /// Squared distance of `target` from each vector.
    fn measure<'a>(target: &'a [f32], vectors: &'a [f32], distances: &'a mut [f32]) {
        for (vector, distance) in vectors.chunks_exact(target.len()).zip(distances) {
            let mut lanes = [0.0f32; 16];
            for (ours, theirs) in target.chunks(16).zip(vector.chunks(16)) {
                for ((lane, &a), &b) in lanes.iter_mut().zip(ours).zip(theirs) {
                    *lane = (a - b).mul_add(a - b, *lane);
                }
            }
            *distance = lanes.iter().sum();
        }
    }
}
