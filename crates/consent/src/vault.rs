//! Encryption of everything that holds a person's voice: a vault key wraps one data key per voice, and a data key seals
//! bytes in frames. Whoever drops a data key has erased the voice. Knows no file and no keyring.

use std::fmt;

use aead_stream::{DecryptorBE32, EncryptorBE32};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::stretch::Stretch;
use crate::{Entropy, Refusal, VoiceId};

/// Plain bytes in one sealed frame.
pub const FRAME_BYTES: usize = 64 * 1024;
const TAG_BYTES: usize = 16;
const NONCE_BYTES: usize = 24;
/// The nonce of a stream leaves 5 of its 24 bytes to the frame counter and the last-frame flag.
const STREAM_NONCE_BYTES: usize = 19;
const SEALED: u8 = 1;

/// The key that wraps all data keys of a library. Wiped when dropped.
pub struct VaultKey(Zeroizing<[u8; 32]>);

/// The key of one voice. Wiped when dropped.
pub struct DataKey(Zeroizing<[u8; 32]>);

/// What sealed bytes belong to; they do not open as anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label<'a> {
    /// Which voice, or sixteen zeros for what belongs to none.
    pub voice_id: VoiceId,
    /// What it is, such as `sample`.
    pub kind: &'a str,
    /// Version of its form.
    pub schema: u32,
}

impl Label<'_> {
    fn associated_data(&self) -> Vec<u8> {
        let mut data = self.voice_id.as_bytes().to_vec();
        data.extend_from_slice(&(self.kind.len() as u64).to_be_bytes());
        data.extend_from_slice(self.kind.as_bytes());
        data.extend_from_slice(&self.schema.to_be_bytes());
        data
    }
}

impl VaultKey {
    /// A new key, to be kept in the keyring.
    ///
    /// # Errors
    /// [`Refusal::Randomness`].
    pub fn random(entropy: &mut dyn Entropy) -> Result<Self, Refusal> {
        random_key(entropy).map(Self)
    }

    /// The key of a passphrase and its parameters.
    ///
    /// # Errors
    /// [`Refusal::Passphrase`].
    pub fn from_passphrase(passphrase: &str, stretch: &Stretch) -> Result<Self, Refusal> {
        stretch.derive("vouch/vault-key/v1", passphrase).map(Self)
    }

    /// A key that the keyring kept.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(Zeroizing::new(*bytes))
    }

    /// The key, for the keyring.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        self.0.clone()
    }

    /// Wraps a data key: 24 bytes of nonce, then the encrypted key. `name` is what the key is kept under; it does not
    /// open under another name.
    ///
    /// # Errors
    /// [`Refusal::Randomness`].
    pub fn wrap(&self, key: &DataKey, name: &[u8], entropy: &mut dyn Entropy) -> Result<Vec<u8>, Refusal> {
        let mut nonce = [0; NONCE_BYTES];
        entropy.fill(&mut nonce)?;
        let payload = Payload { msg: key.0.as_slice(), aad: &wrap_data(name) };
        let wrapped = cipher(&self.0).encrypt(&XNonce::from(nonce), payload).map_err(|_| Refusal::SealBroken)?;
        Ok([nonce.as_slice(), &wrapped].concat())
    }

    /// Opens what [`VaultKey::wrap`] made.
    ///
    /// # Errors
    /// [`Refusal::WrongKey`] when this is another vault's, another name's, or damaged.
    pub fn unwrap(&self, wrapped: &[u8], name: &[u8]) -> Result<DataKey, Refusal> {
        let (nonce, wrapped) = wrapped.split_first_chunk::<NONCE_BYTES>().ok_or(Refusal::WrongKey)?;
        let payload = Payload { msg: wrapped, aad: &wrap_data(name) };
        let plain = cipher(&self.0).decrypt(&XNonce::from(*nonce), payload).map(Zeroizing::new);
        let plain = plain.map_err(|_| Refusal::WrongKey)?;
        let key: [u8; 32] = plain.as_slice().try_into().map_err(|_| Refusal::WrongKey)?;
        Ok(DataKey(Zeroizing::new(key)))
    }

    /// Moves a wrapped data key to another vault key. Rotation is this for every key that is to live on.
    ///
    /// # Errors
    /// [`Refusal::WrongKey`], [`Refusal::Randomness`].
    pub fn rewrap(
        &self,
        wrapped: &[u8],
        name: &[u8],
        to: &Self,
        entropy: &mut dyn Entropy,
    ) -> Result<Vec<u8>, Refusal> {
        to.wrap(&self.unwrap(wrapped, name)?, name, entropy)
    }
}

impl DataKey {
    /// A new key.
    ///
    /// # Errors
    /// [`Refusal::Randomness`].
    pub fn random(entropy: &mut dyn Entropy) -> Result<Self, Refusal> {
        random_key(entropy).map(Self)
    }

    /// Another secret that follows from this key, for keyed hashes of content.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(crate::digest::tagged(purpose, &[self.0.as_slice()]))
    }

    /// Seals bytes: version, nonce, then frames of 64 KiB (STREAM construction, Hoang, Reyhanitabar, Rogaway, Vizár
    /// 2015, over XChaCha20-Poly1305), so that frames can be neither dropped, reordered nor cut.
    ///
    /// # Errors
    /// [`Refusal::Randomness`].
    pub fn seal(&self, label: &Label<'_>, plain: &[u8], entropy: &mut dyn Entropy) -> Result<Vec<u8>, Refusal> {
        let mut nonce = [0; STREAM_NONCE_BYTES];
        entropy.fill(&mut nonce)?;
        let data = label.associated_data();
        let frames = plain.len() / FRAME_BYTES + 1;
        let mut sealed = Vec::with_capacity(1 + STREAM_NONCE_BYTES + plain.len() + frames * TAG_BYTES);
        sealed.push(SEALED);
        sealed.extend_from_slice(&nonce);
        let mut stream = EncryptorBE32::from_aead(cipher(&self.0), &nonce.into());
        let mut rest = plain;
        while rest.len() > FRAME_BYTES {
            let (frame, later) = rest.split_at(FRAME_BYTES);
            let payload = Payload { msg: frame, aad: &data };
            sealed.extend(stream.encrypt_next(payload).map_err(|_| Refusal::SealBroken)?);
            rest = later;
        }
        let last = stream.encrypt_last(Payload { msg: rest, aad: &data }).map_err(|_| Refusal::SealBroken)?;
        sealed.extend(last);
        Ok(sealed)
    }

    /// Opens what [`DataKey::seal`] made under the same label.
    ///
    /// # Errors
    /// [`Refusal::SealBroken`] for anything else; nothing of damaged bytes is returned.
    pub fn open(&self, label: &Label<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        let (&version, sealed) = sealed.split_first().ok_or(Refusal::SealBroken)?;
        let (nonce, mut rest) = sealed.split_first_chunk::<STREAM_NONCE_BYTES>().ok_or(Refusal::SealBroken)?;
        if version != SEALED {
            return Err(Refusal::SealBroken);
        }
        let data = label.associated_data();
        let mut stream = DecryptorBE32::from_aead(cipher(&self.0), &(*nonce).into());
        let mut plain = Zeroizing::new(Vec::with_capacity(rest.len()));
        while rest.len() > FRAME_BYTES + TAG_BYTES {
            let (frame, later) = rest.split_at(FRAME_BYTES + TAG_BYTES);
            let opened = stream.decrypt_next(Payload { msg: frame, aad: &data }).map(Zeroizing::new);
            plain.extend_from_slice(&opened.map_err(|_| Refusal::SealBroken)?);
            rest = later;
        }
        let opened = stream.decrypt_last(Payload { msg: rest, aad: &data }).map(Zeroizing::new);
        plain.extend_from_slice(&opened.map_err(|_| Refusal::SealBroken)?);
        Ok(plain)
    }
}

impl fmt::Debug for VaultKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VaultKey")
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey")
    }
}

fn random_key(entropy: &mut dyn Entropy) -> Result<Zeroizing<[u8; 32]>, Refusal> {
    let mut key = Zeroizing::new([0; 32]);
    entropy.fill(key.as_mut())?;
    Ok(key)
}

fn cipher(key: &[u8; 32]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.into())
}

fn wrap_data(name: &[u8]) -> Vec<u8> {
    [b"vouch/data-key/v1\0", name].concat()
}
