//! The codec's decoder: the latent of a block to eight frames of voice parameters, causally. It knows no text and no
//! speaker.

use super::super::block::Block;
use super::super::description::Codec;
use super::reading::CODEC_BLOCK;
use crate::kernel::{CausalDepthwise, Linear, add};
use crate::weights::{LoadError, Weights};

/// Frames in one block.
pub(in super::super) const FRAMES: usize = 8;
/// Numbers in one frame: pitch, voicing, envelope, aperiodicity.
pub(in super::super) const PARAMETERS: usize = 2 + crate::signal::BANDS + crate::signal::NOISE_BANDS;

/// The decoder's weights.
pub(in super::super) struct Decoder {
    inward: Linear,
    coarse: Vec<Block>,
    spread: Linear,
    fine: Vec<Block>,
    outward: Linear,
    direct: Linear,
}

/// The past of one sequence.
#[derive(Clone)]
pub(in super::super) struct Past {
    coarse: Vec<CausalDepthwise>,
    fine: Vec<CausalDepthwise>,
}

impl Decoder {
    pub fn load(weights: &Weights<'_>, shape: &Codec) -> Result<Self, LoadError> {
        let (latent, width, fine) = (shape.latent, shape.width, shape.fine_width);
        let blocks = |part: &str, count: usize, shape| -> Result<Vec<Block>, LoadError> {
            (0..count).map(|k| Block::load(weights, &format!("decoder.{part}.{k}"), &CODEC_BLOCK, shape)).collect()
        };
        Ok(Self {
            inward: weights.linear("decoder.inward", width, latent)?,
            coarse: blocks("coarse", shape.coarse_blocks, (width, shape.coarse_kernel, 3))?,
            spread: weights.linear("decoder.spread", FRAMES * fine, width)?,
            fine: blocks("blocks", shape.fine_blocks, (fine, shape.fine_kernel, 2))?,
            outward: weights.linear("decoder.outward", PARAMETERS, fine)?,
            direct: weights.linear("decoder.direct", FRAMES * PARAMETERS, latent)?,
        })
    }

    pub fn past(&self) -> Past {
        Past {
            coarse: vec![CausalDepthwise::default(); self.coarse.len()],
            fine: vec![CausalDepthwise::default(); self.fine.len()],
        }
    }

    /// One block of each sequence: `latent` `(sequences, latent)` to frames `(sequences, FRAMES, PARAMETERS)`.
    pub fn step(&self, latent: &[f32], pasts: &mut [&mut Past]) -> Vec<f32> {
        let mut x = self.inward.forward(latent);
        for (k, block) in self.coarse.iter().enumerate() {
            block.next(&mut x, pasts.iter_mut().map(|past| &mut past.coarse[k]));
        }
        let mut x = self.spread.forward(&x);
        for (k, block) in self.fine.iter().enumerate() {
            block.next(&mut x, pasts.iter_mut().map(|past| &mut past.fine[k]));
        }
        let mut frames = self.outward.forward(&x);
        add(&mut frames, &self.direct.forward(latent));
        frames
    }

    /// Multiply-adds of one block of one sequence.
    pub fn macs(&self) -> usize {
        self.inward.macs()
            + self.coarse.iter().map(Block::macs).sum::<usize>()
            + self.spread.macs()
            + FRAMES * (self.fine.iter().map(Block::macs).sum::<usize>() + self.outward.macs())
            + self.direct.macs()
    }
}
