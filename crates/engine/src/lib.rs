//! Continuous batching over any [`speech::StepModel`]: many sequences share one model, joining and leaving at every step.
//! It knows no tensor, no text, no clock and no device.
//!
//! [`scheduler`] decides who runs and is pure; the worker thread owns the model and does as it is told.

pub mod output;
pub mod scheduler;
mod worker;

pub use output::{Next, Output};
pub use scheduler::Priority;
pub use worker::{Engine, Load};
