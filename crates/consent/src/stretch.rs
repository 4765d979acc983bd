//! From a passphrase to a key, slowly on purpose (Argon2id, RFC 9106). Knows neither vault nor owner.

use argon2::{Algorithm, Argon2, Params, Version};
use zeroize::Zeroizing;

use crate::cbor::{Reader, Writer};
use crate::digest::tagged;
use crate::{Entropy, Refusal};

/// Shortest passphrase, in characters.
pub const PASSPHRASE_LEAST: usize = 8;
const PASSPHRASE_MOST_BYTES: usize = 1024;
const MEMORY_MOST_KIB: u32 = 1 << 20;
const PASSES_MOST: u32 = 64;

/// The salt and cost that belong to one passphrase. Not secret; stored beside what it protects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    salt: [u8; 16],
    memory_kib: u32,
    passes: u32,
}

impl Stretch {
    /// A new salt at the standard cost: 64 MiB, three passes (RFC 9106's second recommendation, on one lane).
    ///
    /// # Errors
    /// [`Refusal::Randomness`].
    pub fn random(entropy: &mut dyn Entropy) -> Result<Self, Refusal> {
        Self::with_cost(entropy, 64 * 1024, 3)
    }

    /// A new salt at another cost.
    ///
    /// # Errors
    /// [`Refusal::Randomness`].
    pub fn with_cost(entropy: &mut dyn Entropy, memory_kib: u32, passes: u32) -> Result<Self, Refusal> {
        let mut salt = [0; 16];
        entropy.fill(&mut salt)?;
        Ok(Self { salt, memory_kib, passes })
    }

    /// 32 bytes for one `purpose`. The passphrase is taken in Unicode normal form C, so that another keyboard or
    /// system gives the same key.
    ///
    /// # Errors
    /// [`Refusal::Passphrase`] when it is too short or long, or the cost is out of range.
    pub fn derive(&self, purpose: &str, passphrase: &str) -> Result<Zeroizing<[u8; 32]>, Refusal> {
        use unicode_normalization::UnicodeNormalization;
        let passphrase: Zeroizing<String> = Zeroizing::new(passphrase.nfc().collect());
        if passphrase.chars().count() < PASSPHRASE_LEAST {
            return Err(Refusal::Passphrase { what: "it is shorter than eight characters" });
        }
        if passphrase.len() > PASSPHRASE_MOST_BYTES {
            return Err(Refusal::Passphrase { what: "it is longer than a thousand characters" });
        }
        if self.memory_kib > MEMORY_MOST_KIB || self.passes > PASSES_MOST {
            return Err(Refusal::Passphrase { what: "its parameters ask for more memory or time than is sensible" });
        }
        let unusable = |_| Refusal::Passphrase { what: "its parameters are out of range" };
        let parameters = Params::new(self.memory_kib, self.passes, 1, Some(32)).map_err(unusable)?;
        let mut raw = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
            .hash_password_into(passphrase.as_bytes(), &self.salt, raw.as_mut())
            .map_err(unusable)?;
        Ok(Zeroizing::new(tagged(purpose, &[raw.as_ref()])))
    }

    /// Canonical bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        Writer::new().bytes(1, &self.salt).uint(2, self.memory_kib.into()).uint(3, self.passes.into()).finish()
    }

    /// Reads canonical bytes.
    ///
    /// # Errors
    /// [`Refusal::Malformed`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut reader = Reader::open("passphrase record", bytes)?;
        let salt = reader.fixed(1)?;
        let cost = |number: u64| {
            u32::try_from(number).map_err(|_| Refusal::malformed("passphrase record", "has a cost out of range"))
        };
        let (memory_kib, passes) = (cost(reader.uint(2)?)?, cost(reader.uint(3)?)?);
        reader.finish()?;
        Ok(Self { salt, memory_kib, passes })
    }
}
