//! The decoder block (Qwen3 technical report, 2025): norm, grouped attention with norms on queries and keys, rotary
//! positions on halves, gated feed-forward. Rows of any mix of sequences go through together and never meet.

use serde::Deserialize;

use super::cache::Cache;
use crate::checkpoint::Checkpoint;
use crate::kernel::{Crew, Linear, Precision, Rotation, add, attend_pages, rms_norm, silu_gate, turn_heads};
use crate::weights::LoadError;

/// Sizes of a decoder, by the names of its `config.json`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct DecoderConfig {
    /// Width of a row between the blocks.
    pub hidden_size: usize,
    /// Width inside of the feed-forward part.
    pub intermediate_size: usize,
    /// Blocks.
    pub num_hidden_layers: usize,
    /// Query heads.
    pub num_attention_heads: usize,
    /// Key and value heads.
    pub num_key_value_heads: usize,
    /// Width of a head; not `hidden_size / num_attention_heads`.
    pub head_dim: usize,
    /// Added to the mean square in every norm.
    pub rms_norm_eps: f32,
    /// Base of the rotary embedding.
    pub rope_theta: f32,
}

impl DecoderConfig {
    /// Refuses sizes that no decoder has, so that arithmetic on them cannot overflow and no head is cut in two.
    pub fn check(&self) -> Result<(), LoadError> {
        let sizes = [
            ("hidden_size", self.hidden_size, 1 << 16),
            ("intermediate_size", self.intermediate_size, 1 << 18),
            ("num_hidden_layers", self.num_hidden_layers, 512),
            ("num_attention_heads", self.num_attention_heads, 1024),
            ("num_key_value_heads", self.num_key_value_heads, 1024),
            ("head_dim", self.head_dim, 1024),
        ];
        for (name, size, most) in sizes {
            if size == 0 || size > most {
                return Err(LoadError::config(format!("{name} is {size}, not 1 to {most}")));
            }
        }
        if !self.num_attention_heads.is_multiple_of(self.num_key_value_heads) {
            return Err(LoadError::config("the query heads cannot be shared among the key heads"));
        }
        if !self.head_dim.is_multiple_of(2) {
            return Err(LoadError::config("head_dim is odd"));
        }
        if !(self.rms_norm_eps > 0.0 && self.rms_norm_eps < 1.0) {
            return Err(LoadError::config("rms_norm_eps is not between 0 and 1"));
        }
        if !(self.rope_theta > 1.0 && self.rope_theta.is_finite()) {
            return Err(LoadError::config("rope_theta is not above 1"));
        }
        Ok(())
    }
}

struct Layer {
    before_attention: Vec<f32>,
    /// Queries, keys and values in one product: `((heads + 2 · kv heads) · head_dim, hidden)`.
    mixed: Linear,
    query_norm: Vec<f32>,
    key_norm: Vec<f32>,
    output: Linear,
    before_feed: Vec<f32>,
    /// Gate and up in one product: `(2 · intermediate, hidden)`.
    gated: Linear,
    down: Linear,
}

/// A stack of decoder blocks with its final norm.
pub struct Decoder {
    config: DecoderConfig,
    layers: Vec<Layer>,
    norm: Vec<f32>,
    /// At position 0: what rows turn from.
    rotation: Rotation,
}

impl Decoder {
    /// Loads `{prefix}layers.N.…` and `{prefix}norm.weight`.
    pub fn load(
        checkpoint: &Checkpoint,
        prefix: &str,
        config: &DecoderConfig,
        precision: Precision,
    ) -> Result<Self, LoadError> {
        config.check()?;
        let (hidden, feed, width) = (config.hidden_size, config.intermediate_size, config.head_dim);
        let (queries, keys) = (config.num_attention_heads * width, config.num_key_value_heads * width);
        // Matrices over the same input, stacked into one.
        let joined = |matrices: &[(String, usize)]| {
            let mut weight = Vec::new();
            for (name, outputs) in matrices {
                weight.extend(checkpoint.tensor(&format!("{name}.weight"), &[*outputs, hidden])?);
            }
            Ok::<_, LoadError>(Linear::pack(&weight, None, weight.len() / hidden, hidden, precision))
        };
        let layers = (0..config.num_hidden_layers).map(|number| {
            let at = format!("{prefix}layers.{number}.");
            let (attention, feeding) = (format!("{at}self_attn."), format!("{at}mlp."));
            let mixed = [("q_proj", queries), ("k_proj", keys), ("v_proj", keys)];
            let gated = [("gate_proj", feed), ("up_proj", feed)];
            Ok(Layer {
                before_attention: checkpoint.tensor(&format!("{at}input_layernorm.weight"), &[hidden])?,
                mixed: joined(&mixed.map(|(name, outputs)| (format!("{attention}{name}"), outputs)))?,
                query_norm: checkpoint.tensor(&format!("{attention}q_norm.weight"), &[width])?,
                key_norm: checkpoint.tensor(&format!("{attention}k_norm.weight"), &[width])?,
                output: checkpoint.linear(&format!("{attention}o_proj"), (hidden, queries), false, precision)?,
                before_feed: checkpoint.tensor(&format!("{at}post_attention_layernorm.weight"), &[hidden])?,
                gated: joined(&gated.map(|(name, outputs)| (format!("{feeding}{name}"), outputs)))?,
                down: checkpoint.linear(&format!("{feeding}down_proj"), (hidden, feed), false, precision)?,
            })
        });
        Ok(Self {
            layers: layers.collect::<Result<_, LoadError>>()?,
            norm: checkpoint.tensor(&format!("{prefix}norm.weight"), &[hidden])?,
            rotation: Rotation::new(width, config.rope_theta),
            config: config.clone(),
        })
    }

    /// Its sizes.
    pub fn config(&self) -> &DecoderConfig {
        &self.config
    }

    /// A cache for `slots` sequences of this decoder and `positions` positions in all.
    pub fn cache(&self, slots: usize, positions: usize) -> Cache {
        let heads = (self.config.num_key_value_heads, self.config.head_dim);
        Cache::new(self.config.num_hidden_layers, heads, slots, positions)
    }

    /// `x` `(rows, hidden)` through every block and the final norm. Row `r` is the next position of sequence `slots[r]`;
    /// several rows of one sequence follow each other. The cache must have been extended for them already.
    pub fn forward(&self, crew: &Crew, x: Vec<f32>, slots: &[usize], cache: &mut Cache) -> Vec<f32> {
        crew.enter(|| self.forward_watched(crew, x, slots, cache, &mut |_, _| {}))
    }

    /// The same, and `watch(layer, rows)` sees what comes out of every block: for comparisons with a reference.
    pub fn forward_watched(
        &self,
        crew: &Crew,
        mut x: Vec<f32>,
        slots: &[usize],
        cache: &mut Cache,
        watch: &mut dyn FnMut(usize, &[f32]),
    ) -> Vec<f32> {
        let config = &self.config;
        let (hidden, width, epsilon) = (config.hidden_size, config.head_dim, config.rms_norm_eps);
        let (queries, keys) = (config.num_attention_heads * width, config.num_key_value_heads * width);
        let group = queries / config.num_key_value_heads;
        let rows = slots.len();
        debug_assert_eq!(x.len(), rows * hidden);
        if rows == 0 {
            return x;
        }
        // The last row of a sequence is its newest position.
        let mut ends: Vec<usize> = (0..cache.slots()).map(|slot| cache.positions(slot)).collect();
        let mut places = vec![0; rows];
        for (place, &slot) in places.iter_mut().zip(slots).rev() {
            ends[slot] -= 1;
            *place = ends[slot];
        }
        let mut rotations = vec![self.rotation.clone(); rows];
        rotations.iter_mut().zip(&places).for_each(|(rotation, &place)| rotation.turn_to(place));
        let mut normed = vec![0.0; rows * hidden];
        for (number, layer) in self.layers.iter().enumerate() {
            rms_norm(&x, &layer.before_attention, epsilon, &mut normed);
            let mut mixed = layer.mixed.product(crew, &normed);
            for (row, mixed) in mixed.chunks_exact_mut(queries + 2 * keys).enumerate() {
                let (query, rest) = mixed.split_at_mut(queries);
                let (key, value) = rest.split_at_mut(keys);
                turn_heads(query, &layer.query_norm, epsilon, &rotations[row]);
                turn_heads(key, &layer.key_norm, epsilon, &rotations[row]);
                cache.write(number, slots[row], places[row], key, value);
            }
            let mut attended = vec![0.0; rows * queries];
            let held = &*cache;
            // One piece for each row and key head: what the heads of a group read lies together.
            crew.pieces(&mut attended, group, |piece, out| {
                let (row, head) = (piece / config.num_key_value_heads, piece % config.num_key_value_heads);
                let query = &mixed[row * (queries + 2 * keys) + head * group..][..group];
                attend_pages(query, width, width, held.read(number, head, slots[row], places[row] + 1), out);
            });
            add(&mut x, &layer.output.product(crew, &attended));
            rms_norm(&x, &layer.before_feed, epsilon, &mut normed);
            let gated = layer.gated.product(crew, &normed);
            let mut fed = vec![0.0; rows * config.intermediate_size];
            silu_gate(&gated, config.intermediate_size, &mut fed);
            add(&mut x, &layer.down.product(crew, &fed));
            watch(number, &x);
        }
        rms_norm(&x, &self.norm, epsilon, &mut normed);
        normed
    }
}

#[cfg(test)]
mod tests;
