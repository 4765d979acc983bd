//! The decoder's transformer: sliding causal attention without norms on queries and keys, both branches scaled. It knows
//! no codes and no sound.

use super::attention::{Turns, attend_rows};
use super::config::DecoderConfig;
use super::state::State;
use crate::checkpoint::Checkpoint;
use crate::kernel::{Crew, Linear, Precision, add_scaled, rms_norm, silu_gate};
use crate::weights::LoadError;

struct Layer {
    before_attention: Vec<f32>,
    /// Queries, keys and values in one product.
    mixed: Linear,
    output: Linear,
    attention_scale: Vec<f32>,
    before_feed: Vec<f32>,
    /// Gate and up in one product.
    gated: Linear,
    down: Linear,
    feed_scale: Vec<f32>,
}

/// The stack with its projections in and out.
pub(super) struct Transformer {
    config: DecoderConfig,
    enter: Linear,
    layers: Vec<Layer>,
    norm: Vec<f32>,
    leave: Linear,
}

impl Transformer {
    /// Loads `decoder.pre_transformer.…`.
    pub fn load(checkpoint: &Checkpoint, config: &DecoderConfig, precision: Precision) -> Result<Self, LoadError> {
        let (hidden, feed, latent) = (config.hidden_size, config.intermediate_size, config.latent_dim);
        let (queries, keys) = config.heads();
        let prefix = "decoder.pre_transformer.";
        let layers = (0..config.num_hidden_layers).map(|number| {
            let at = format!("{prefix}layers.{number}.");
            let vector = |name: &str| checkpoint.tensor(&format!("{at}{name}"), &[hidden]);
            let joined = |names: &[(&str, usize)]| {
                let mut weight = Vec::new();
                for (name, outputs) in names {
                    weight.extend(checkpoint.tensor(&format!("{at}{name}.weight"), &[*outputs, hidden])?);
                }
                let outputs = names.iter().map(|(_, outputs)| outputs).sum();
                Ok::<_, LoadError>(Linear::pack(&weight, None, outputs, hidden, precision))
            };
            let linear = |name: &str, shape| checkpoint.linear(&format!("{at}{name}"), shape, false, precision);
            Ok(Layer {
                before_attention: vector("input_layernorm.weight")?,
                mixed: joined(&[
                    ("self_attn.q_proj", queries),
                    ("self_attn.k_proj", keys),
                    ("self_attn.v_proj", keys),
                ])?,
                output: linear("self_attn.o_proj", (hidden, queries))?,
                attention_scale: vector("self_attn_layer_scale.scale")?,
                before_feed: vector("post_attention_layernorm.weight")?,
                gated: joined(&[("mlp.gate_proj", feed), ("mlp.up_proj", feed)])?,
                down: linear("mlp.down_proj", (hidden, feed))?,
                feed_scale: vector("mlp_layer_scale.scale")?,
            })
        });
        Ok(Self {
            layers: layers.collect::<Result<_, LoadError>>()?,
            enter: checkpoint.linear(&format!("{prefix}input_proj"), (hidden, latent), true, precision)?,
            norm: checkpoint.tensor(&format!("{prefix}norm.weight"), &[hidden])?,
            leave: checkpoint.linear(&format!("{prefix}output_proj"), (latent, hidden), true, precision)?,
            config: config.clone(),
        })
    }

    /// Weights of its products.
    #[cfg(test)]
    pub fn macs(&self) -> usize {
        let layer = |layer: &Layer| [&layer.mixed, &layer.output, &layer.gated, &layer.down].map(Linear::macs);
        self.enter.macs() + self.leave.macs() + self.layers.iter().flat_map(layer).sum::<usize>()
    }

    /// `x` `(frames of all streams, latent)` to as many. The streams' positions move on.
    pub fn forward(&self, crew: &Crew, x: &[f32], streams: &mut [(&mut State, usize)]) -> Vec<f32> {
        let config = &self.config;
        let (width, epsilon) = (config.head_dim, config.rms_norm_eps);
        let (queries, keys) = config.heads();
        let row_width = queries + 2 * keys;
        // Stream of each row, and its number among the stream's new rows.
        let rows: Vec<(usize, usize)> = streams
            .iter()
            .enumerate()
            .flat_map(|(stream, (_, frames))| (0..*frames).map(move |t| (stream, t)))
            .collect();
        let positions = rows.iter().map(|&(stream, t)| streams[stream].0.position + t);
        let turns = Turns::new(width, config.rope_theta, positions);
        let mut x = self.enter.product(crew, x);
        let mut normed = vec![0.0; x.len()];
        let mut fed = vec![0.0; rows.len() * config.intermediate_size];
        for (number, layer) in self.layers.iter().enumerate() {
            rms_norm(&x, &layer.before_attention, epsilon, &mut normed);
            let mut mixed = layer.mixed.product(crew, &normed);
            for (row, mixed) in mixed.chunks_exact_mut(row_width).enumerate() {
                let (turned, value) = mixed.split_at_mut(queries + keys);
                turns.apply(row, turned);
                let seen = &mut streams[rows[row].0].0.seen[number];
                seen.0.extend_from_slice(&turned[queries..]);
                seen.1.extend_from_slice(value);
            }
            let all: Vec<_> = streams.iter().map(|(state, _)| (state.held(), &state.seen[number])).collect();
            let attended = attend_rows(crew, &mixed, (row_width, queries, width, keys), |row| {
                let (stream, t) = rows[row];
                let (held, (seen_keys, seen_values)) = all[stream];
                let end = held + t + 1;
                let span = end.saturating_sub(config.sliding_window) * keys..end * keys;
                (&seen_keys[span.clone()], &seen_values[span])
            });
            for (state, _) in &mut *streams {
                let (keys, values) = &mut state.seen[number];
                let surplus = keys.len().saturating_sub(state.kept * state.size);
                keys.drain(..surplus);
                values.drain(..surplus);
            }
            add_scaled(&mut x, &layer.output.product(crew, &attended), &layer.attention_scale);
            rms_norm(&x, &layer.before_feed, epsilon, &mut normed);
            silu_gate(&layer.gated.product(crew, &normed), config.intermediate_size, &mut fed);
            add_scaled(&mut x, &layer.down.product(crew, &fed), &layer.feed_scale);
        }
        for (state, frames) in streams {
            state.position += *frames;
        }
        rms_norm(&x, &self.norm, epsilon, &mut normed);
        self.leave.product(crew, &normed)
    }
}
