//! The networks that come with the program: a voice, its cloner and an ear, trained by this repository's own recipe.
//! They know no file and no thread; bytes and seeds come in.

mod block;
pub mod bundled;
mod cloner;
mod description;
pub mod ear;
mod reference;
mod speaker;
mod voice;

pub use cloner::Cloner;
pub use description::Preset;
pub use ear::Ear;
pub use voice::{Macs, Voice};

#[cfg(test)]
mod golden;
#[cfg(test)]
mod toy;
