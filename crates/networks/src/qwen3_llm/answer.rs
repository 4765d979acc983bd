//! One answer under way: what was fed, what was said, and what of it may go out. It knows no network.

use super::Request;
use crate::qwen3::tokenizer::Pieces;
use crate::qwen3::{Sampling, Tokenizer, choose, penalise};

/// A piece of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// Text that follows on what came before; never a part of a character.
    Text(String),
    /// The answer is over; nothing follows.
    End(Ending),
}

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ending {
    /// Tokens that were said, without the one that ended it.
    pub tokens: usize,
    /// Mean natural logarithm of the probability that the model gave to what it said, its end included; before any
    /// heating or cutting. 0 is certain.
    pub confidence: f64,
    /// Whether the limit of tokens was reached before the model had finished.
    pub cut: bool,
}

/// An answer under way.
pub(super) struct Answer {
    /// Prompt and answer: what the model has read or is to read next.
    pub tokens: Vec<u32>,
    /// Tokens of the prompt.
    pub prompt: usize,
    /// Whether its first tokens are in the cache, or others' that begin alike.
    pub begun: bool,
    /// Whether nothing more is to be said; the slot waits for its release.
    pub over: bool,
    sampling: Sampling,
    seed: u64,
    most: usize,
    pieces: Pieces,
    likelihood: f64,
}

impl Answer {
    pub(super) fn new(prompt: Vec<u32>, request: &Request) -> Self {
        Self {
            prompt: prompt.len(),
            tokens: prompt,
            begun: false,
            over: false,
            sampling: request.sampling,
            seed: request.seed,
            most: request.most_tokens,
            pieces: Pieces::default(),
            likelihood: 0.0,
        }
    }

    /// Takes the logits of the next token. What is to go out comes back; after an end nothing more may be asked.
    pub(super) fn hear(&mut self, logits: &mut [f32], tokenizer: &Tokenizer, stops: &[u32]) -> Vec<Piece> {
        let said = self.tokens.len() - self.prompt;
        let log_sum = log_sum(logits);
        let likelihood = |token: usize, logits: &[f32]| f64::from(logits[token]) - log_sum;
        let token = if self.sampling.repetition_penalty == 1.0 {
            let token = choose(logits, &self.sampling, self.seed, said as u64);
            self.likelihood += likelihood(token, logits);
            token
        } else {
            let plain = logits.to_vec();
            let spoken = self.tokens[self.prompt..].iter().map(|&token| token as usize);
            penalise(logits, spoken, self.sampling.repetition_penalty);
            let token = choose(logits, &self.sampling, self.seed, said as u64);
            self.likelihood += likelihood(token, &plain);
            token
        };
        let token = token as u32;
        if stops.contains(&token) {
            return self.end(said, said + 1, false);
        }
        self.tokens.push(token);
        let bytes = if tokenizer.is_special(token) { &[] } else { tokenizer.bytes(token) };
        let mut out = text(self.pieces.push(bytes));
        if said + 1 >= self.most {
            out.extend(self.end(said + 1, said + 1, true));
        }
        out
    }

    fn end(&mut self, tokens: usize, chosen: usize, cut: bool) -> Vec<Piece> {
        self.over = true;
        let mut out = text(self.pieces.finish());
        out.push(Piece::End(Ending { tokens, confidence: self.likelihood / chosen as f64, cut }));
        out
    }
}

fn text(text: String) -> Vec<Piece> {
    if text.is_empty() { Vec::new() } else { vec![Piece::Text(text)] }
}

/// Natural logarithm of the sum of the exponentials.
fn log_sum(logits: &[f32]) -> f64 {
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    f64::from(top) + logits.iter().map(|&v| f64::from(v - top).exp()).sum::<f64>().ln()
}
