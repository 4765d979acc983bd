//! The code predictor: from what the talker meant and the first code of a frame to its other codes, one book after
//! another, with a cache that lives for one frame. It knows no text.

use super::config::TalkerConfig;
use super::tables::Tables;
use super::watch::Watching;
use crate::checkpoint::Checkpoint;
use crate::kernel::{Crew, Linear, Precision};
use crate::qwen3::{Cache, Decoder, Sampling, choose};
use crate::weights::LoadError;

/// Weights of the code predictor.
pub(super) struct Predictor {
    decoder: Decoder,
    /// From the talker's width to this one's, where they differ.
    narrow: Option<Linear>,
    heads: Vec<Linear>,
    codes: usize,
    groups: usize,
}

/// Seed of an utterance and number of the frame.
#[derive(Debug, Clone, Copy)]
pub(super) struct Draw {
    pub(super) seed: u64,
    pub(super) frame: u64,
}

impl Draw {
    /// The counter of one code's random number.
    pub(super) fn counter(self, groups: usize, group: usize) -> u64 {
        self.frame * groups as u64 + group as u64
    }
}

impl Predictor {
    pub(super) fn load(
        checkpoint: &Checkpoint,
        talker: &TalkerConfig,
        precision: Precision,
    ) -> Result<Self, LoadError> {
        const AT: &str = "talker.code_predictor.";
        let config = &talker.code_predictor_config;
        let (wide, width) = (talker.decoder.hidden_size, config.decoder.hidden_size);
        let narrow = format!("{AT}small_to_mtp_projection");
        let narrow = if wide != width || checkpoint.has(&format!("{narrow}.weight")) {
            Some(checkpoint.linear(&narrow, (width, wide), true, precision)?)
        } else {
            None
        };
        let heads = (0..talker.num_code_groups - 1).map(|book| {
            checkpoint.linear(&format!("{AT}lm_head.{book}"), (config.vocab_size, width), false, precision)
        });
        Ok(Self {
            narrow,
            heads: heads.collect::<Result<_, _>>()?,
            decoder: Decoder::load(checkpoint, &format!("{AT}model."), &config.decoder, precision)?,
            codes: config.vocab_size,
            groups: talker.num_code_groups,
        })
    }

    /// A cache for `slots` frames at once.
    pub(super) fn cache(&self, slots: usize) -> Cache {
        self.decoder.cache(slots, slots * self.groups)
    }

    fn narrowed(&self, crew: &Crew, x: Vec<f32>) -> Vec<f32> {
        match &self.narrow {
            Some(narrow) => narrow.product(crew, &x),
            None => x,
        }
    }

    /// The frames `(rows, groups)` whose first codes are `first`; `hidden` `(rows, talker's width)` is what the talker
    /// meant. Returns also the sum of the rows of each frame's codes `(rows, talker's width)`.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn frames(
        &self,
        crew: &Crew,
        tables: &Tables,
        hidden: &[f32],
        first: &[usize],
        draws: &[Draw],
        sampling: &Sampling,
        cache: &mut Cache,
        watch: &mut Watching<'_>,
    ) -> (Vec<Vec<u16>>, Vec<f32>) {
        let rows = first.len();
        let wide = hidden.len() / rows.max(1);
        let mut frames: Vec<Vec<u16>> = first.iter().map(|&code| vec![code as u16]).collect();
        let mut sums = Vec::with_capacity(rows * wide);
        let mut x = Vec::with_capacity(2 * rows * wide);
        let mut slots = Vec::with_capacity(2 * rows);
        for (row, &code) in first.iter().enumerate() {
            cache.clear(row);
            let fits = cache.extend(row, 2);
            debug_assert!(fits, "the cache has room for a frame of each slot");
            x.extend_from_slice(&hidden[row * wide..(row + 1) * wide]);
            tables.first.push(code, &mut x);
            tables.first.push(code, &mut sums);
            slots.extend([row, row]);
        }
        for (book, head) in self.heads.iter().enumerate() {
            let narrow = self.narrowed(crew, std::mem::take(&mut x));
            let out = self.decoder.forward_watched(crew, narrow, &slots, cache, &mut |layer, rows| {
                watch.layer("cp.layers", layer, rows);
            });
            let width = self.decoder.config().hidden_size;
            // The first pass has two rows for each frame; the second speaks.
            let last: Vec<f32> = match book {
                0 => out.chunks_exact(2 * width).flat_map(|pair| &pair[width..]).copied().collect(),
                _ => out,
            };
            let logits = head.product(crew, &last);
            watch.see("cp.logits", &logits);
            slots = (0..rows).collect();
            for (row, logits) in logits.chunks_exact(self.codes).enumerate() {
                let counter = draws[row].counter(self.groups, book + 1);
                let code = choose(logits, sampling, draws[row].seed, counter);
                frames[row].push(code as u16);
                tables.others[book].add(code, &mut sums[row * wide..(row + 1) * wide]);
                tables.others[book].push(code, &mut x);
                if book + 1 < self.heads.len() {
                    let _ = cache.extend(row, 1);
                }
            }
        }
        (frames, sums)
    }
}
