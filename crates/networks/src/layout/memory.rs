//! How much memory a model takes while it works, computed from its sizes: weights as they are kept, keys and values of each
//! position, state of each slot. What is read row by row from the disk is not counted, nor what one step needs in passing.

use super::config::{Codec, Core, Decoder, Text, Thinker, Tts};
use super::{Expected, Tensors};
use crate::kernel::Precision;

/// Bytes of a number that is kept as it is; keys, values and states are.
const SINGLE: u64 = 4;

/// What a model needs while it works.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory {
    /// Numbers in matrices, which are kept at the chosen precision.
    matrices: u64,
    /// Outputs of the matrices: each has a scale where numbers are kept in 8 bits.
    outputs: u64,
    /// Numbers in tables of rows, which are never rounded to 8 bits.
    tables: u64,
    /// Numbers that are always kept as they are: norms, biases, code books, and networks that must be exact.
    exact: u64,
    /// Numbers of keys and values of one position.
    position: u64,
    /// Numbers that each slot holds besides: the predictor's scratch, the codec's state.
    slot: u64,
}

/// How a tensor is kept.
enum Kept {
    Matrix,
    Table,
    Exact,
    /// Not at all: it is read row by row, or never.
    Away,
}

impl Memory {
    /// Bytes of the weights as they are kept at `precision`.
    pub fn weights(&self, precision: Precision) -> u64 {
        let (matrix, table, scale) = match precision {
            Precision::Single => (4, 4, 0),
            Precision::Brain => (2, 2, 0),
            Precision::Byte => (1, 2, 4),
        };
        let parts = [(self.matrices, matrix), (self.outputs, scale), (self.tables, table), (self.exact, SINGLE)];
        parts.iter().fold(0, |sum, &(count, bytes)| u64::saturating_add(sum, count.saturating_mul(bytes)))
    }

    /// Bytes of the keys and values of one position of one sequence.
    pub fn position(&self) -> u64 {
        self.position.saturating_mul(SINGLE)
    }

    /// Bytes that each slot holds besides its positions.
    pub fn slot(&self) -> u64 {
        self.slot.saturating_mul(SINGLE)
    }

    /// Bytes while `slots` sequences are at work, `positions` positions long each.
    pub fn working(&self, precision: Precision, slots: u64, positions: u64) -> u64 {
        let each = self.slot().saturating_add(self.position().saturating_mul(positions));
        self.weights(precision).saturating_add(each.saturating_mul(slots))
    }

    fn add(&mut self, tensors: &Tensors, kept: impl Fn(&Expected) -> Kept) {
        for tensor in tensors.all() {
            let count = tensor.parameters();
            let counter = match kept(tensor) {
                _ if tensor.unread => continue,
                Kept::Away => continue,
                Kept::Matrix => {
                    self.outputs = self.outputs.saturating_add(tensor.shape.first().map_or(0, |&size| size as u64));
                    &mut self.matrices
                }
                Kept::Table => &mut self.tables,
                Kept::Exact => &mut self.exact,
            };
            *counter = counter.saturating_add(count);
        }
    }
}

/// Numbers of keys and values of one position.
fn position(core: &Core) -> u64 {
    2 * (core.num_hidden_layers.get() * core.num_key_value_heads.get() * core.head_dim.get()) as u64
}

pub(super) fn speech(tts: &Tts, codec: &Codec, model: &Tensors, tensors: &Tensors) -> Memory {
    let mut memory = Memory::default();
    memory.add(model, |tensor| match tensor.name.as_str() {
        "talker.model.text_embedding.weight" => Kept::Away,
        name if name.contains("codec_embedding") => Kept::Table,
        name if name.starts_with("speaker_encoder.") || tensor.shape.len() < 2 => Kept::Exact,
        _ => Kept::Matrix,
    });
    memory.add(tensors, |tensor| {
        let book = tensor.name.contains("codebook.") || tensor.name.contains("_codebook.");
        let exact = book || tensor.name.starts_with("encoder.") || tensor.shape.len() < 2;
        if exact { Kept::Exact } else { Kept::Matrix }
    });
    let predictor = &tts.talker_config.code_predictor_config.core;
    memory.position = position(&tts.talker_config.core);
    // The predictor starts anew with each frame: the talker's row and one position for each code.
    let scratch = position(predictor).saturating_mul(tts.talker_config.num_code_groups.get() as u64 + 1);
    memory.slot = scratch.saturating_add(state(&codec.decoder_config));
    memory
}

/// Numbers that the codec's decoder keeps of a stream from one frame to the next.
fn state(config: &Decoder) -> u64 {
    let latent = config.latent_dim.get() as u64;
    let heads = (config.num_key_value_heads.get() * config.head_dim.get() * config.num_hidden_layers.get()) as u64;
    let window = config.sliding_window.get() as u64 - 1;
    let attention = heads.saturating_mul(2).saturating_mul(window);
    // Convolutions remember kernel - 1 rows of their inputs, times the dilation.
    let mut rows =
        2 * config.codebook_dim.get() as u64 + 6 * latent * config.upsampling_ratios.len() as u64 + 6 * latent;
    let mut width = config.decoder_dim.get() as u64;
    for _ in &config.upsample_rates {
        rows += width;
        width = (width / 2).max(1);
        rows += (6 + 18 + 54) * width;
    }
    attention.saturating_add(rows + 6 * width)
}

pub(super) fn thinker(thinker: &Thinker, model: &Tensors, aligner: bool) -> Memory {
    let mut memory = Memory::default();
    // A head that is the embedding is kept as a matrix, once; other embeddings are read row by row.
    let tied = !aligner && model.all().iter().any(|tensor| tensor.optional);
    memory.add(model, |tensor| kept_text(tensor, tied));
    memory.position = position(&thinker.text_config.core);
    memory
}

pub(super) fn language(text: &Text, model: &Tensors) -> Memory {
    let mut memory = Memory::default();
    let tied = model.all().iter().any(|tensor| tensor.optional);
    memory.add(model, |tensor| kept_text(tensor, tied));
    memory.position = position(&text.core);
    memory
}

fn kept_text(tensor: &Expected, tied: bool) -> Kept {
    match tensor.name.as_str() {
        _ if tensor.optional => Kept::Away,
        name if name.ends_with("embed_tokens.weight") && !tied => Kept::Away,
        _ if tensor.shape.len() < 2 => Kept::Exact,
        _ => Kept::Matrix,
    }
}
