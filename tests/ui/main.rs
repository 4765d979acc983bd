//! The product as people have it: the real window on a screen that nobody sees, with a loudspeaker that is recorded and
//! a microphone that stand-in speakers talk into. Knows the pages by their test names only.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod pages;
mod sound;
mod stage;
mod trip;
mod window;
