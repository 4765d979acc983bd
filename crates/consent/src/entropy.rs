//! Where unpredictable bytes come from: always an argument, so that tests can fix them. Knows no key.

use crate::Refusal;

/// A source of unpredictable bytes.
pub trait Entropy {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// [`Refusal::Randomness`] when there is none to be had.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Refusal>;
}

/// The operating system's generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Refusal> {
        getrandom::fill(bytes).map_err(|_| Refusal::Randomness)
    }
}

impl<F: FnMut(&mut [u8])> Entropy for F {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Refusal> {
        self(bytes);
        Ok(())
    }
}
