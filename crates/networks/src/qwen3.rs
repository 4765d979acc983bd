//! The Qwen3 decoder block and what everything built on it shares: one core for talker, code predictor, recogniser,
//! aligner and language model. It knows none of them.

mod cache;
mod decoder;
mod sampler;
pub mod tokenizer;

pub use cache::Cache;
pub use decoder::{Decoder, DecoderConfig};
pub use sampler::{Sampling, choose, greedy, penalise};
pub use tokenizer::Tokenizer;
