//! One utterance under way, and the frame loop over many of them (Qwen3-TTS report, § "Generation"): talker, code
//! predictor, next input. It knows no sound and no slot's owner.

use std::collections::BTreeSet;

use super::config::{Config, Generation, RESERVED};
use super::predictor::{Draw, Predictor};
use super::tables::Tables;
use super::watch::Watching;
use crate::checkpoint::Checkpoint;
use crate::kernel::{Crew, Linear, Precision, add};
use crate::qwen3::{Cache, Decoder, choose, penalise};
use crate::weights::LoadError;

/// Rows that go through the talker at once while prompts are read: bounds memory, changes no number.
const ROWS: usize = 256;

/// The end may not come before so many frames.
const LEAST_FRAMES: usize = 2;

/// The weights that make frames.
pub(super) struct Speech {
    talker: Decoder,
    head: Linear,
    predictor: Predictor,
    pub(super) tables: Tables,
    generation: Generation,
    vocabulary: usize,
    end: usize,
    groups: usize,
}

/// What running sequences keep in memory.
pub(super) struct Caches {
    talker: Cache,
    predictor: Cache,
}

/// One utterance.
pub(super) struct Sequence {
    /// Where its keys and values are.
    slot: usize,
    seed: u64,
    /// Frames so far.
    pub(super) frames: usize,
    /// First codes so far, each once.
    said: BTreeSet<usize>,
    /// What goes into the talker next `(rows, hidden)`: the prompt at first, then the sum of the last frame and the text.
    input: Vec<f32>,
    /// What the talker means to say next `(hidden)`, once it has read its input.
    thought: Option<Vec<f32>>,
    /// `(tokens, hidden)`: text that goes in with the frames.
    trailing: Vec<f32>,
}

impl Sequence {
    pub(super) fn new(slot: usize, seed: u64, prompt: Vec<f32>, trailing: Vec<f32>) -> Self {
        Self { slot, seed, frames: 0, said: BTreeSet::new(), input: prompt, thought: None, trailing }
    }
}

/// What a sequence says at a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// A frame `(groups)`.
    Frame(Vec<u16>),
    /// That it has ended.
    End,
    /// Nothing: the cache is full.
    Full,
}

impl Speech {
    pub(super) fn load(
        checkpoint: Checkpoint,
        config: &Config,
        generation: Generation,
        precision: Precision,
    ) -> Result<Self, LoadError> {
        let talker = &config.talker_config;
        let hidden = talker.decoder.hidden_size;
        Ok(Self {
            talker: Decoder::load(&checkpoint, "talker.model.", &talker.decoder, precision)?,
            head: checkpoint.linear("talker.codec_head", (talker.vocab_size, hidden), false, precision)?,
            predictor: Predictor::load(&checkpoint, talker, precision)?,
            tables: Tables::load(checkpoint, config, precision)?,
            generation,
            vocabulary: talker.vocab_size,
            end: talker.codec_eos_token_id,
            groups: talker.num_code_groups,
        })
    }

    /// Room for `slots` sequences of `positions` in all.
    pub(super) fn caches(&self, slots: usize, positions: usize) -> Caches {
        Caches { talker: self.talker.cache(slots, positions), predictor: self.predictor.cache(slots) }
    }

    /// Puts what each sequence has in store through the talker. Prompts are read here when sequences begin, so that the
    /// first frame's turn is as short as any other's; a long one goes in parts, which changes no number.
    pub(super) fn think(
        &self,
        crew: &Crew,
        sequences: &mut [&mut Sequence],
        caches: &mut Caches,
        watch: &mut Watching<'_>,
    ) {
        let hidden = self.talker.config().hidden_size;
        let mut taken = vec![0; sequences.len()];
        loop {
            let (mut x, mut slots, mut ends) = (Vec::new(), Vec::new(), Vec::new());
            for (number, sequence) in sequences.iter_mut().enumerate() {
                let rows = sequence.input.len() / hidden;
                let count = (rows - taken[number]).min(ROWS - slots.len());
                if count == 0 {
                    continue;
                }
                if !caches.talker.extend(sequence.slot, count) {
                    sequence.thought = None;
                    taken[number] = rows;
                    continue;
                }
                x.extend_from_slice(&sequence.input[taken[number] * hidden..(taken[number] + count) * hidden]);
                slots.extend(std::iter::repeat_n(sequence.slot, count));
                taken[number] += count;
                ends.push((number, slots.len() - 1));
            }
            if slots.is_empty() {
                break;
            }
            let out = self.talker.forward_watched(crew, x, &slots, &mut caches.talker, &mut |layer, rows| {
                watch.layer("talker.layers", layer, rows);
            });
            for (number, row) in ends {
                sequences[number].thought = Some(out[row * hidden..(row + 1) * hidden].to_vec());
            }
        }
        for sequence in sequences {
            sequence.input.clear();
        }
    }

    /// One frame of each sequence.
    pub(super) fn frames(
        &self,
        crew: &Crew,
        sequences: &mut [&mut Sequence],
        caches: &mut Caches,
        watch: &mut Watching<'_>,
    ) -> Vec<Said> {
        let hidden = self.talker.config().hidden_size;
        self.think(crew, sequences, caches, watch);
        let thoughts: Vec<Option<Vec<f32>>> = sequences.iter_mut().map(|sequence| sequence.thought.take()).collect();
        let rows: Vec<f32> = thoughts.iter().flatten().flatten().copied().collect();
        let mut logits = self.head.product(crew, &rows);
        watch.see("talker.forward.logits", &logits);
        let mut said = vec![Said::Full; sequences.len()];
        let (mut speaking, mut first, mut draws, mut meant) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let turns = (0..sequences.len()).filter(|&number| thoughts[number].is_some());
        for (number, logits) in turns.zip(logits.chunks_exact_mut(self.vocabulary)) {
            let sequence = &mut *sequences[number];
            let draw = Draw { seed: sequence.seed, frame: sequence.frames as u64 };
            let code = self.first_code(logits, sequence, draw);
            if code == self.end {
                said[number] = Said::End;
                continue;
            }
            sequence.said.insert(code);
            speaking.push(number);
            first.push(code);
            draws.push(draw);
            meant.extend_from_slice(thoughts[number].as_deref().unwrap_or_default());
        }
        if speaking.is_empty() {
            return said;
        }
        let (frames, sums) = self.predictor.frames(
            crew,
            &self.tables,
            &meant,
            &first,
            &draws,
            &self.generation.others(),
            &mut caches.predictor,
            watch,
        );
        for ((&number, frame), sum) in speaking.iter().zip(frames).zip(sums.chunks_exact(hidden)) {
            let sequence = &mut *sequences[number];
            let text = sequence.trailing.chunks_exact(hidden).nth(sequence.frames).unwrap_or(self.tables.pad());
            sequence.input = sum.to_vec();
            add(&mut sequence.input, text);
            sequence.frames += 1;
            said[number] = Said::Frame(frame);
        }
        said
    }

    /// The first code of a frame, in the reference's order: penalty, no early end, nothing reserved, then the draw.
    fn first_code(&self, logits: &mut [f32], sequence: &Sequence, draw: Draw) -> usize {
        let sampling = self.generation.first();
        penalise(logits, sequence.said.iter().copied(), sampling.repetition_penalty);
        let end = if sequence.frames < LEAST_FRAMES { f32::NEG_INFINITY } else { logits[self.end] };
        logits[self.vocabulary - RESERVED..].fill(f32::NEG_INFINITY);
        logits[self.end] = end;
        choose(logits, &sampling, draw.seed, draw.counter(self.groups, 0))
    }

    /// Forgets a sequence.
    pub(super) fn forget(&self, slot: usize, caches: &mut Caches) {
        caches.talker.clear(slot);
    }
}
