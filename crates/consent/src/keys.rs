//! Ed25519 keys, the owner's ways of holding one, and the list of issuers that are trusted. Knows no record.

use std::collections::BTreeMap;
use std::fmt;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use crate::stretch::Stretch;
use crate::{Entropy, PublicKey, Refusal};

/// Bytes of an Ed25519 signature.
pub const SIGNATURE_LENGTH: usize = 64;

/// A signing key. Wiped from memory when dropped; never shown, copied or serialized.
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// A new key.
    ///
    /// # Errors
    /// [`Refusal::Randomness`].
    pub fn random(entropy: &mut dyn Entropy) -> Result<Self, Refusal> {
        let mut seed = Zeroizing::new([0; 32]);
        entropy.fill(seed.as_mut())?;
        Ok(Self::from_seed(&seed))
    }

    /// The key of a seed that a library kept sealed.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The seed, to be sealed and stored.
    #[must_use]
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The key that checks what this one signs.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey::from_bytes(self.0.verifying_key().to_bytes())
    }

    pub(crate) fn sign(&self, parts: &[&[u8]]) -> [u8; SIGNATURE_LENGTH] {
        self.0.sign(&parts.concat()).to_bytes()
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {})", self.public())
    }
}

/// Checks a signature the strict way (no malleable signature, no key of low order).
pub(crate) fn verify(key: &PublicKey, parts: &[&[u8]], signature: &[u8; SIGNATURE_LENGTH]) -> bool {
    let Ok(verifying) = VerifyingKey::from_bytes(key.as_bytes()) else {
        return false;
    };
    !verifying.is_weak() && verifying.verify_strict(&parts.concat(), &Signature::from_bytes(signature)).is_ok()
}

/// Refuses keys that are no point, or of low order.
pub(crate) fn check(key: &PublicKey) -> Result<(), Refusal> {
    match VerifyingKey::from_bytes(key.as_bytes()) {
        Ok(verifying) if !verifying.is_weak() => Ok(()),
        _ => Err(Refusal::WeakKey),
    }
}

/// How the owner holds their key, and so what it proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnerMode {
    /// A: made on this machine and kept in its keyring. Proves this installation and this voice, nothing of identity.
    ThisInstallation,
    /// B: made from the owner's passphrase, never stored. A later revocation cannot be forged by the grantee.
    Passphrase,
    /// C: held on the owner's own machine, where the ceremony took place.
    Elsewhere,
}

impl OwnerMode {
    pub(crate) fn number(self) -> u64 {
        match self {
            Self::ThisInstallation => 1,
            Self::Passphrase => 2,
            Self::Elsewhere => 3,
        }
    }

    pub(crate) fn from_number(number: u64) -> Option<Self> {
        [Self::ThisInstallation, Self::Passphrase, Self::Elsewhere].into_iter().find(|mode| mode.number() == number)
    }
}

/// The owner's key with the way it is held.
#[derive(Debug)]
pub struct OwnerKey {
    pub(crate) secret: SecretKey,
    pub(crate) mode: OwnerMode,
    pub(crate) stretch: Option<Stretch>,
}

impl OwnerKey {
    /// Mode A: a key that this installation made and keeps.
    #[must_use]
    pub fn this_installation(secret: SecretKey) -> Self {
        Self { secret, mode: OwnerMode::ThisInstallation, stretch: None }
    }

    /// Mode B: the key that belongs to a passphrase and its parameters (which the receipt carries).
    ///
    /// # Errors
    /// [`Refusal::Passphrase`] when it is too short or the parameters are out of range.
    pub fn from_passphrase(passphrase: &str, stretch: &Stretch) -> Result<Self, Refusal> {
        let seed = stretch.derive("vouch/owner-key/v1", passphrase)?;
        Ok(Self { secret: SecretKey::from_seed(&seed), mode: OwnerMode::Passphrase, stretch: Some(stretch.clone()) })
    }

    /// Mode C: the same key, for a consent that another machine asked for. What it signs counts there only once that
    /// machine has listened too.
    #[must_use]
    pub fn elsewhere(self) -> Self {
        Self { mode: OwnerMode::Elsewhere, ..self }
    }

    /// How it is held.
    #[must_use]
    pub fn mode(&self) -> OwnerMode {
        self.mode
    }

    /// The key that checks what it signs.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        self.secret.public()
    }

    /// The secret, for signing a revocation.
    #[must_use]
    pub fn secret(&self) -> &SecretKey {
        &self.secret
    }
}

/// What an issuer may vouch for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssuerKind {
    /// A library that takes consent from a microphone.
    Normal,
    /// A demo library, which takes files instead: nothing it issues may be exported or sent anywhere.
    Demo,
}

/// An issuer's key: the program's countersignature under every grant, list and log entry.
#[derive(Debug)]
pub struct IssuerKey {
    pub(crate) secret: SecretKey,
    pub(crate) kind: IssuerKind,
}

impl IssuerKey {
    /// A key of one kind. The kind is what trust lists say of the key; here it only guards what is issued.
    #[must_use]
    pub fn new(secret: SecretKey, kind: IssuerKind) -> Self {
        Self { secret, kind }
    }

    /// The key that checks what it signs.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        self.secret.public()
    }

    /// What it may vouch for.
    #[must_use]
    pub fn kind(&self) -> IssuerKind {
        self.kind
    }

    /// The secret, to be sealed and stored.
    #[must_use]
    pub fn secret(&self) -> &SecretKey {
        &self.secret
    }
}

/// The issuers that count here. An issuer that is not on it is refused, whatever it says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustList(BTreeMap<PublicKey, IssuerKind>);

impl TrustList {
    /// Trusts nobody.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts one more issuer.
    #[must_use]
    pub fn with(mut self, issuer: PublicKey, kind: IssuerKind) -> Self {
        self.0.insert(issuer, kind);
        self
    }

    /// What is known of an issuer; `None` when it is not trusted.
    #[must_use]
    pub fn kind(&self, issuer: &PublicKey) -> Option<IssuerKind> {
        self.0.get(issuer).copied()
    }
}
