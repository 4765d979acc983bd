//! The 12 Hz codec of Qwen3-TTS (Qwen team 2026; its encoder is Mimi's, Défossez et al. 2024): 24 kHz sound to 16 codes a
//! frame of 80 ms, and back. It knows no text and no talker.
//!
//! The decoder is causal and every stream carries a [`State`], so a frame's samples are the same bits whether the frames
//! come one by one or all at once, alone or beside other streams. A state can be cloned and stored: a voice's recording
//! is decoded once, and every sentence goes on from there.

mod attention;
mod config;
mod convolution;
mod decoder;
mod encoder;
mod quantizer;
mod state;
mod transformer;
mod waveform;

pub use config::{Config, DecoderConfig, EncoderConfig};
pub use decoder::Decoder;
pub use encoder::Encoder;
pub use state::State;

/// Sees what comes out of a stage: its name, rows `(time, channels)` and how many channels. A long call works in several
/// passes and shows each stage once for every pass, in order of time.
pub type Watch<'a> = &'a mut dyn FnMut(&str, &[f32], usize);

/// A watch that does not look.
fn unwatched(_: &str, _: &[f32], _: usize) {}

#[cfg(test)]
mod tests;
