//! Qwen3-ASR and Qwen3-ForcedAligner (Qwen team 2026): speech to text in thirty languages, and the times of its words.
//! They know no file but the open checkpoint, no thread but the crew, and not what the text is for.

mod aligner;
mod config;
mod encoder;
mod language;
mod mel;
mod recogniser;
mod repair;
mod reply;
mod seen;
mod thinker;
mod words;

pub use aligner::Qwen3Aligner;
pub use config::{AudioConfig, Config, RopeScaling, TextConfig, ThinkerConfig};
pub use encoder::{Encoder, Stage};
pub use language::{is_aligned, languages};
pub use mel::LogMel;
pub use recogniser::Qwen3Asr;
pub use repair::repaired;
pub use reply::{Reply, parse, without_loops};
pub use seen::Seen;
pub use words::{Word, words};

#[cfg(test)]
mod tests;
