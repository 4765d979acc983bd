//! Whole trips through the product, and the rules of the house. One file per trip.

mod bad_input;
mod disk;
mod gate;
mod killed;
mod product;
mod tidy;
