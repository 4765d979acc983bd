//! A reference's recording: named tensors in one file. It knows no network.

use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result};
use networks::checkpoint::Checkpoint;

/// An open recording.
pub struct Golden(Checkpoint);

impl Golden {
    /// Opens a safetensors file.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).with_context(|| format!("{}", path.display()))?;
        Ok(Self(Checkpoint::open(vec![file]).with_context(|| format!("{}", path.display()))?))
    }

    /// Whether a tensor is there.
    pub fn has(&self, name: &str) -> bool {
        self.0.has(name)
    }

    /// The numbers of a tensor, and its last dimension.
    pub fn numbers(&self, name: &str) -> Result<(Vec<f32>, usize)> {
        let shape = self.0.shape(name).with_context(|| format!("the recording has no {name}"))?.to_vec();
        Ok((self.0.tensor(name, &shape)?, shape.last().copied().unwrap_or(1)))
    }

    /// The numbers of a tensor `(1, channels, time)` as `(time, channels)`.
    pub fn turned(&self, name: &str) -> Result<Vec<f32>> {
        let (numbers, time) = self.numbers(name)?;
        let channels = numbers.len() / time.max(1);
        Ok((0..time).flat_map(|t| (0..channels).map(move |c| c * time + t)).map(|at| numbers[at]).collect())
    }

    /// The whole numbers of a tensor.
    pub fn integers(&self, name: &str) -> Result<Vec<i64>> {
        Ok(self.0.integers(name)?.1)
    }
}
