//! Microphones and speakers: the only user of cpal. It records mono sound block by block and plays sound; it knows
//! nothing of whose voice it is or what happens to it.

mod capture;
mod error;
mod found;
mod playback;

pub use capture::{Block, Capture, Next, Recording, record};
pub use error::DeviceError;
pub use found::{Device, Direction, list};
pub use playback::{play, play_while};
