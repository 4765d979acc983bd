//! Films in and out, with real tools over files that are made here: what is seen in them, where their sound lies on the
//! video's time line, what a dubbed film holds, and what is left behind when something fails.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking and says what it skips")]

#[path = "media/films.rs"]
mod films;
#[path = "media/hostile.rs"]
mod hostile;
#[path = "media/mux.rs"]
mod mux;
#[path = "media/sound.rs"]
mod sound;
#[path = "media/stop.rs"]
mod stop;
