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
}

impl Decoder {
    /// Loads `{prefix}layers.N.…` and `{prefix}norm.weight`.
    pub fn load(
        checkpoint: &Checkpoint,
        prefix: &str,
        config: &DecoderConfig,
        precision: Precision,
    ) -> Result<Self, LoadError> {
        let (hidden, feed, width) = (config.hidden_size, config.intermediate_size, config.head_dim);
        let (queries, keys) = (config.num_attention_heads * width, config.num_key_value_heads * width);
        let joined = |names: [&str; 3], outputs: [usize; 3]| {
            let mut weight = Vec::new();
            for (name, outputs) in names.iter().zip(outputs).filter(|(_, outputs)| *outputs > 0) {
                weight.extend(checkpoint.tensor(&format!("{name}.weight"), &[outputs, hidden])?);
            }
            Ok::<_, LoadError>(Linear::pack(&weight, None, outputs.iter().sum(), hidden, precision))
        };
        let layers = (0..config.num_hidden_layers).map(|number| {
            let at = format!("{prefix}layers.{number}.");
            let (attention, feeding) = (format!("{at}self_attn."), format!("{at}mlp."));
            let (q, k, v) = (format!("{attention}q_proj"), format!("{attention}k_proj"), format!("{attention}v_proj"));
            let (gate, up) = (format!("{feeding}gate_proj"), format!("{feeding}up_proj"));
            Ok(Layer {
                before_attention: checkpoint.tensor(&format!("{at}input_layernorm.weight"), &[hidden])?,
                mixed: joined([&q, &k, &v], [queries, keys, keys])?,
                query_norm: checkpoint.tensor(&format!("{attention}q_norm.weight"), &[width])?,
                key_norm: checkpoint.tensor(&format!("{attention}k_norm.weight"), &[width])?,
                output: checkpoint.linear(&format!("{attention}o_proj"), (hidden, queries), false, precision)?,
                before_feed: checkpoint.tensor(&format!("{at}post_attention_layernorm.weight"), &[hidden])?,
                gated: joined([&gate, &up, ""], [feed, feed, 0])?,
                down: checkpoint.linear(&format!("{feeding}down_proj"), (hidden, feed), false, precision)?,
            })
        });
        Ok(Self {
            layers: layers.collect::<Result<_, LoadError>>()?,
            norm: checkpoint.tensor(&format!("{prefix}norm.weight"), &[hidden])?,
            config: config.clone(),
        })
    }

    /// Its sizes.
    pub fn config(&self) -> &DecoderConfig {
        &self.config
    }

    /// A cache for `slots` sequences of this decoder and `positions` positions in all.
    pub fn cache(&self, slots: usize, positions: usize) -> Cache {
        let width = self.config.num_key_value_heads * self.config.head_dim;
        Cache::new(self.config.num_hidden_layers, width, slots, positions)
    }

    /// `x` `(rows, hidden)` through every block and the final norm. Row `r` is the next position of sequence `slots[r]`;
    /// several rows of one sequence follow each other. The cache must have been extended for them already.
    pub fn forward(&self, crew: &Crew, x: Vec<f32>, slots: &[usize], cache: &mut Cache) -> Vec<f32> {
        self.forward_watched(crew, x, slots, cache, &mut |_, _| {})
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
        let rows = slots.len();
        debug_assert_eq!(x.len(), rows * hidden);
        // The last row of a sequence is its newest position.
        let places: Vec<usize> = (0..rows)
            .map(|row| cache.positions(slots[row]) - slots[row..].iter().filter(|s| **s == slots[row]).count())
            .collect();
        let mut rotations = vec![Rotation::new(width, config.rope_theta); rows];
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
            crew.pieces(&mut attended, queries, |row, out| {
                let query = &mixed[row * (queries + 2 * keys)..][..queries];
                attend_pages(query, width, keys, held.read(number, slots[row], places[row] + 1), out);
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
