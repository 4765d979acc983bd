//! How often the consent gate is wrong.

use std::path::Path;

use serde::Serialize;

use crate::{Settings, StudioError};

/// Rates on one set of voices.
#[derive(Debug, Clone, Serialize)]
pub struct EarRates {
    /// Whose voices.
    pub voices: String,
    /// What was measured.
    pub rows: Vec<Row>,
}

/// One rate.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// What is counted.
    pub what: String,
    /// Its share of the trials.
    pub share: f64,
    /// How many trials.
    pub trials: usize,
}

/// Measures.
pub fn ear_rates(
    _speech: &Path,
    _trials: usize,
    _scratch: &Path,
    _settings: &Settings,
    _say: &dyn Fn(String),
) -> Result<Vec<EarRates>, StudioError> {
    Ok(Vec::new())
}
