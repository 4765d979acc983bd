//! Phones to what the talker is told at each step: how long every phone lasts and what stands at each 20 ms of the
//! 80 ms grid. Runs once for an utterance; knows no slot.

use super::super::block::{Activation, Block, Spelling};
use super::super::description::Description;
use crate::kernel::{Linear, add, silu};
use crate::weights::{LoadError, Weights};

/// Text positions looked up in one block.
pub(in super::super) const SLOTS: usize = 4;
/// Seconds of one block.
pub(super) const BLOCK_SECONDS: f64 = 0.08;
/// Numbers that say where in its phone a slot lies.
const PLACES: usize = 4;
/// Width of the layer that guesses lengths.
const LENGTH_WIDTH: usize = 128;

pub(super) const CODEC_BLOCK: Spelling =
    Spelling { depthwise: "conv", up: "up", down: "down", scale: Some("scale"), activation: Activation::Silu };

pub(super) struct Reading {
    text: usize,
    slot_width: usize,
    width: usize,
    seconds: (f64, f64),
    phone: Vec<f32>,
    style: Linear,
    blocks: Vec<Block>,
    length_in: Linear,
    length_out: Linear,
    slot: Linear,
    place: Linear,
    track: Linear,
    voice: Linear,
}

impl Reading {
    pub fn load(weights: &Weights<'_>, description: &Description) -> Result<Self, LoadError> {
        let shape = &description.talker;
        let (text, slot, width, styles) = (shape.text_width, shape.slot_width, shape.width, description.styles);
        let block = |k| Block::load(weights, &format!("talker.text.{k}"), &CODEC_BLOCK, (text, shape.text_kernel, 2));
        Ok(Self {
            text,
            slot_width: slot,
            width,
            seconds: (shape.shortest_seconds, shape.longest_seconds),
            phone: weights.tensor("talker.phone.weight", &[description.phones.len(), text])?,
            style: weights.linear_without_bias("talker.style", text, styles)?,
            blocks: (0..shape.text_blocks).map(block).collect::<Result<_, _>>()?,
            length_in: weights.linear("talker.length.0", LENGTH_WIDTH, text)?,
            length_out: weights.linear("talker.length.2", 1, LENGTH_WIDTH)?,
            slot: weights.linear("talker.slot", slot, text)?,
            place: weights.linear_without_bias("talker.place", slot, PLACES)?,
            track: weights.linear("talker.track", width, SLOTS * slot)?,
            voice: weights.linear_without_bias("talker.voice", width, styles)?,
        })
    }

    /// Contexts `(phones, text)` and the logarithm of each phone's seconds.
    pub fn read(&self, phones: &[usize], style: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let text = self.text;
        let style = self.style.forward(style);
        let mut x = Vec::with_capacity(phones.len() * text);
        for &phone in phones {
            let row = x.len();
            x.extend_from_slice(&self.phone[phone * text..(phone + 1) * text]);
            add(&mut x[row..], &style);
        }
        for block in &self.blocks {
            block.whole(&mut x);
        }
        let mut hidden = self.length_in.forward(&x);
        silu(&mut hidden);
        let lengths = self.length_out.forward(&hidden);
        (x, lengths)
    }

    /// Ends of phones in seconds at a speaking rate of `e^tempo`.
    pub fn ends(&self, log_seconds: &[f32], tempo: f64) -> Vec<f64> {
        ends(log_seconds, tempo, self.seconds)
    }

    /// One row of `width` for each block: text track and voice. `ends` are seconds.
    pub fn lay(&self, context: &[f32], ends: &[f64], style: &[f32]) -> Vec<f32> {
        let slot = self.slot_width;
        let (index, place) = slots(ends);
        let contexts = self.slot.forward(context);
        let mut x = self.place.forward(&place);
        for (row, &phone) in x.chunks_exact_mut(slot).zip(&index) {
            add(row, &contexts[phone * slot..(phone + 1) * slot]);
        }
        silu(&mut x);
        let mut lane = self.track.forward(&x);
        let voice = self.voice.forward(style);
        for row in lane.chunks_exact_mut(self.width) {
            add(row, &voice);
        }
        lane
    }
}

fn ends(log_seconds: &[f32], tempo: f64, (shortest, longest): (f64, f64)) -> Vec<f64> {
    let rate = (-tempo).exp();
    log_seconds
        .iter()
        .scan(0.0, |end, &length| {
            // A comparison with NaN is false, so a broken length becomes the shortest.
            let seconds = f64::from(length).exp().max(shortest).min(longest);
            *end += seconds * rate;
            Some(*end)
        })
        .collect()
}

/// Blocks that hold all phones.
pub(super) fn blocks(ends: &[f64]) -> usize {
    let last = ends.last().copied().unwrap_or(0.0);
    ((last / BLOCK_SECONDS - 1e-6).ceil().max(0.0) as usize).max(2)
}

/// For each slot the number of its phone, and four places: since its begin, to its end, the share done, its length.
fn slots(ends: &[f64]) -> (Vec<usize>, Vec<f32>) {
    let count = blocks(ends) * SLOTS;
    let mut index = Vec::with_capacity(count);
    let mut place = Vec::with_capacity(count * PLACES);
    for slot in 0..count {
        let at = (slot as f64 + 0.5) * (BLOCK_SECONDS / SLOTS as f64);
        let phone = ends.partition_point(|&end| end <= at).min(ends.len() - 1);
        let begin = if phone == 0 { 0.0 } else { ends[phone - 1] };
        let end = ends[phone];
        index.push(phone);
        place.extend(
            [
                ((at - begin) / 0.1).clamp(0.0, 3.0),
                ((end - at) / 0.1).clamp(-1.0, 3.0),
                ((at - begin) / (end - begin).max(1e-3)).clamp(0.0, 1.5),
                ((end - begin) / 0.1).clamp(0.0, 4.0),
            ]
            .map(|v| v as f32),
        );
    }
    (index, place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phone_is_passed_in_order_and_none_is_skipped_that_lasts_a_slot() {
        let ends: Vec<f64> = (1..=30).map(|n| f64::from(n) * 0.05).collect();
        let (index, place) = slots(&ends);
        assert_eq!(index.len(), blocks(&ends) * SLOTS);
        assert!(index.windows(2).all(|w| w[1] == w[0] || w[1] == w[0] + 1));
        assert_eq!((index[0], index[index.len() - 1]), (0, 29));
        assert!(place.iter().all(|v| v.is_finite()));
    }

    #[test]
    fn lengths_are_bounded_and_scaled() {
        let plain = ends(&[-100.0, 100.0, 0.1f32.ln()], 0.0, (0.02, 0.6));
        assert!((plain[2] - 0.72).abs() < 1e-6);
        let fast = ends(&[-100.0, 100.0, 0.1f32.ln()], 2.0f64.ln(), (0.02, 0.6));
        assert!((fast[2] - 0.36).abs() < 1e-6);
    }
}
