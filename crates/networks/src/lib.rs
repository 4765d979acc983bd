//! The networks themselves, on the CPU: the bundled voice, its cloner and the ear. They know no thread, no queue and no
//! person; weights come in as bytes and seeds as arguments.

pub mod checkpoint;
pub mod draw;
pub mod kernel;
pub mod layout;
pub mod qwen3;
pub mod qwen3_asr;
pub mod qwen3_llm;
pub mod qwen3_tts;
pub mod signal;
pub mod starter;
pub mod weights;
