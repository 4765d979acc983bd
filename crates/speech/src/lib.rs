//! The contract between the engine and the networks: plain data and three traits.
//!
//! It knows no tensor, no thread, no queue and no file. A cloned voice can be spoken of here only with a key
//! ([`consent::Authorized`]) in hand; presets are nobody's voice and need none.

pub mod hearing;
pub mod model;
pub mod voice;

pub use hearing::{Alignment, Heard, Listening, TimedWord, Transcript};
pub use model::{Capacity, Fault, Progress, SlotId, StepModel};
pub use voice::{Source, Utterance, VoiceCloner, VoicePrompt, Voicing};

#[cfg(feature = "fake")]
pub mod fake;
