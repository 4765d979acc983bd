//! The dense Qwen3 language model as many conversations side by side: chat in, text out, piece by piece. It knows no
//! thread, no queue and no purpose.

mod answer;
mod chat;
mod config;
mod slots;

use std::sync::Arc;

use speech::{Capacity, Fault, Progress, SlotId, StepModel};

pub use answer::{Ending, Piece};
pub use chat::{Message, Role};
pub use config::{Config, Defaults};

use crate::checkpoint::Checkpoint;
use crate::kernel::{Crew, Linear, Precision};
use crate::qwen3::{Cache, Decoder, Sampling, Tokenizer};
use crate::weights::LoadError;
use answer::Answer;
use slots::Slot;

/// Longest text of one request, in bytes over all its messages. A token has four of them or so.
const MOST_TEXT: usize = 1 << 20;
/// Rows that one step feeds at most: new prompts go in by so many positions at a time, so that running answers never wait
/// for a whole prompt.
const ROWS: usize = 256;
/// Matrix of the input embedding, and of the output where the two are tied.
const EMBEDDING: &str = "model.embed_tokens";
/// Matrix of the output where it is not tied.
const HEAD: &str = "lm_head";

/// The small files beside a checkpoint, by their names in a released folder.
#[derive(Debug, Clone, Copy)]
pub struct Files<'a> {
    /// `config.json`.
    pub config: &'a [u8],
    /// `generation_config.json`, where there is one.
    pub generation_config: Option<&'a [u8]>,
    /// `vocab.json`.
    pub vocab: &'a [u8],
    /// `merges.txt`.
    pub merges: &'a [u8],
    /// `tokenizer_config.json`.
    pub tokenizer_config: &'a [u8],
}

/// How much of this machine a model takes.
pub struct Settings {
    /// Conversations side by side.
    pub slots: usize,
    /// Cache positions for all of them together.
    pub positions: usize,
    /// How weights are kept in memory.
    pub precision: Precision,
    /// Who computes.
    pub crew: Crew,
}

/// One conversation that the model is to continue.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// What was said so far, oldest first.
    pub messages: Vec<Message>,
    /// How each token is chosen. The penalty counts what the answer itself has said, not the prompt.
    pub sampling: Sampling,
    /// Chooses among answers; the same seed gives the same answer.
    pub seed: u64,
    /// Tokens after which the answer is cut, at least 1.
    pub most_tokens: usize,
}

/// Many conversations side by side, one token each at a step.
pub struct Qwen3Llm {
    config: Config,
    defaults: Defaults,
    crew: Crew,
    tokenizer: Arc<Tokenizer>,
    /// Whether the model thinks unless an empty thought is put in its mouth.
    thinks: bool,
    /// Rows of the embedding are read when they are needed: the table would be the largest thing in memory.
    checkpoint: Checkpoint,
    decoder: Decoder,
    head: Linear,
    cache: Cache,
    slots: Vec<Slot>,
    positions: usize,
}

impl Qwen3Llm {
    /// Loads a `Qwen3ForCausalLM`.
    pub fn load(checkpoint: Checkpoint, files: &Files<'_>, settings: Settings) -> Result<Self, LoadError> {
        let config = Config::parse(files.config)?;
        let tokenizer = Tokenizer::open(files.vocab, files.merges, files.tokenizer_config)?;
        if tokenizer.len() > config.vocab_size {
            return Err(LoadError::config("the tokenizer has more tokens than the model"));
        }
        let mut defaults = Defaults::parse(files.generation_config.unwrap_or(b"{}"), &config)?;
        for name in [chat::TURN_BEGINS, chat::TURN_ENDS] {
            let reason = || LoadError::config(format!("the tokenizer has no {name}: this is no chat model"));
            let token = tokenizer.added(name).ok_or_else(reason)?;
            // Whatever else ends an answer, the next turn does: a model without this would talk to itself.
            if !defaults.stops.contains(&token) {
                defaults.stops.push(token);
            }
        }
        let shape = (config.vocab_size, config.decoder.hidden_size);
        let (head, precision) = (if config.tie_word_embeddings { EMBEDDING } else { HEAD }, settings.precision);
        if checkpoint.shape(&format!("{EMBEDDING}.weight")) != Some(&[shape.0, shape.1]) {
            checkpoint.tensor(&format!("{EMBEDDING}.weight"), &[shape.0, shape.1])?;
        }
        let decoder = Decoder::load(&checkpoint, "model.", &config.decoder, precision)?;
        let slots = settings.slots.max(1);
        Ok(Self {
            thinks: chat::thinks(files.tokenizer_config)?,
            head: checkpoint.linear(head, shape, false, precision)?,
            cache: decoder.cache(slots, settings.positions),
            slots: (0..slots).map(|_| Slot::default()).collect(),
            positions: settings.positions,
            tokenizer: Arc::new(tokenizer),
            crew: settings.crew,
            config,
            defaults,
            checkpoint,
            decoder,
        })
    }

    /// Its sizes.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What its makers advise for choosing tokens, and what ends an answer.
    pub fn defaults(&self) -> &Defaults {
        &self.defaults
    }

    /// Its tokenizer, for counting what a text takes.
    pub fn tokenizer(&self) -> Arc<Tokenizer> {
        Arc::clone(&self.tokenizer)
    }

    fn prompt(&self, request: &Request) -> Result<Vec<u32>, Fault> {
        if request.messages.is_empty() {
            return Err(Fault::new("empty_text", "the conversation has no messages"));
        }
        if bytes(request) > MOST_TEXT {
            return Err(Fault::new("text_too_long", "the conversation is too long for the model; split it"));
        }
        if request.most_tokens == 0 {
            return Err(Fault::new("no_room_to_answer", "an answer needs at least one token"));
        }
        let prompt = chat::prompt(&self.tokenizer, &request.messages, self.thinks);
        let limit = self.config.max_position_embeddings.min(self.positions);
        if prompt.len().saturating_add(request.most_tokens) > limit {
            return Err(Fault::new(
                "text_too_long",
                format!(
                    "the conversation has {} tokens and its answer up to {}; the model holds {limit}. Split it",
                    prompt.len(),
                    request.most_tokens,
                ),
            ));
        }
        Ok(prompt)
    }
}

fn bytes(request: &Request) -> usize {
    request.messages.iter().map(|message| message.text.len()).sum()
}

impl StepModel for Qwen3Llm {
    type Request = Request;
    type Chunk = Piece;

    fn capacity(&self) -> Capacity {
        Capacity { slots: self.slots.len(), positions: self.positions }
    }

    fn positions(&self, request: &Request) -> usize {
        match self.prompt(request) {
            Ok(prompt) => prompt.len() + request.most_tokens,
            // It is refused when it is admitted, and says there why.
            Err(_) => 1,
        }
    }

    fn admit(&mut self, batch: Vec<(SlotId, Request)>) -> Vec<(SlotId, Fault)> {
        let mut refused = Vec::new();
        for (slot, request) in batch {
            if slot.0 >= self.slots.len() {
                refused.push((slot, Fault::new("no_such_slot", "the model has fewer slots than that")));
                continue;
            }
            match self.prompt(&request) {
                Ok(prompt) => self.slots[slot.0].answer = Some(Answer::new(prompt, &request)),
                Err(fault) => refused.push((slot, fault)),
            }
        }
        refused
    }

    fn step(&mut self, active: &[SlotId], emit: &mut dyn FnMut(SlotId, Progress<Piece>)) -> Result<(), Fault> {
        self.advance(active, emit)
    }

    fn release(&mut self, slot: SlotId) {
        // What the slot has read stays until the room is needed: the next conversation may begin alike.
        if let Some(slot) = self.slots.get_mut(slot.0) {
            slot.answer = None;
        }
    }
}

#[cfg(test)]
mod golden;
#[cfg(test)]
mod tests;
