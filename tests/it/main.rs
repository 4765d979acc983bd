//! Whole trips through the product, and the rules of the house. One file per trip.

// A trip that cannot go on should say where: that is what unwrap does. What was skipped must be seen.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod bad_input;
mod disk;
mod dub;
mod elsewhere;
mod gate;
mod killed;
mod models;
mod product;
mod tidy;
