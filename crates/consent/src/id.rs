//! The names of things as fixed bytes, shown as hexadecimal digits. Knows nothing of what they name.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Refusal;

macro_rules! identity {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name([u8; $bytes]);

        impl $name {
            /// Length in bytes.
            pub const LENGTH: usize = $bytes;

            /// From its bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; $bytes]) -> Self {
                Self(bytes)
            }

            /// Its bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $bytes] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = Refusal;

            fn from_str(text: &str) -> Result<Self, Refusal> {
                let mut bytes = [0; $bytes];
                hex::decode_to_slice(text, &mut bytes)
                    .map_err(|_| Refusal::malformed(stringify!($name), "is not the right number of hexadecimal digits"))?;
                Ok(Self(bytes))
            }
        }

        impl TryFrom<String> for $name {
            type Error = Refusal;

            fn try_from(text: String) -> Result<Self, Refusal> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }
    };
}

identity!(
    /// One grant: `SHA256("grant-id\0" ‖ canonical bytes)`.
    GrantId, 32
);
identity!(
    /// One voice of one person; random.
    VoiceId, 16
);
identity!(
    /// SHA-256 of the canonical bytes of one sample.
    SampleHash, 32
);
identity!(
    /// One installation on one machine: a hash of the installation's key and the machine's own identity.
    DeviceId, 32
);
identity!(
    /// An Ed25519 public key.
    PublicKey, 32
);
identity!(
    /// What is drawn anew for every try and used once: the challenge words follow from it.
    Nonce, 32
);
identity!(
    /// One request for consent; random, answered once.
    RequestId, 32
);

impl RequestId {
    /// A new request.
    ///
    /// # Errors
    /// [`Refusal::Randomness`] when the source of randomness fails.
    pub fn random(entropy: &mut dyn crate::Entropy) -> Result<Self, Refusal> {
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes)?;
        Ok(Self(bytes))
    }
}

impl DeviceId {
    /// The device that holds `installation` on the machine that calls itself `machine`.
    #[must_use]
    pub fn of(installation: &PublicKey, machine: &[u8]) -> Self {
        Self(crate::digest::tagged("vouch/device/v1", &[installation.as_bytes(), machine]))
    }
}

impl VoiceId {
    /// A new voice.
    ///
    /// # Errors
    /// [`Refusal::Randomness`] when the source of randomness fails.
    pub fn random(entropy: &mut dyn crate::Entropy) -> Result<Self, Refusal> {
        let mut bytes = [0; 16];
        entropy.fill(&mut bytes)?;
        Ok(Self(bytes))
    }
}

impl Nonce {
    /// A new nonce.
    ///
    /// # Errors
    /// [`Refusal::Randomness`] when the source of randomness fails.
    pub fn random(entropy: &mut dyn crate::Entropy) -> Result<Self, Refusal> {
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes)?;
        Ok(Self(bytes))
    }
}

impl SampleHash {
    /// The hash of a sample's canonical bytes.
    #[must_use]
    pub fn of(sample: &audio::Pcm) -> Self {
        Self(crate::digest::sha256(&[&sample.canonical()]))
    }
}
