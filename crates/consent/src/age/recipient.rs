//! Files for somebody with a key of their own: age's X25519 recipient. Knows no passphrase and no record.

use std::fmt;

use base64ct::{Base64Unpadded, Encoding};
use curve25519_dalek::montgomery::MontgomeryPoint;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{Sealed, decode};
use crate::{Entropy, Refusal};

const STANZA: &str = "-> X25519 ";
const PURPOSE: &[u8] = b"age-encryption.org/v1/X25519";

/// The private half of a recipient. Wiped from memory when dropped; never shown.
pub struct ReplyKey(Zeroizing<[u8; 32]>);

impl ReplyKey {
    /// A new key.
    ///
    /// # Errors
    /// [`Refusal::Randomness`].
    pub fn random(entropy: &mut dyn Entropy) -> Result<Self, Refusal> {
        let mut bytes = Zeroizing::new([0; 32]);
        entropy.fill(bytes.as_mut())?;
        Ok(Self(bytes))
    }

    /// A key that a library kept sealed.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Its bytes, to be sealed and stored.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        self.0.clone()
    }

    /// Whom files are to be written for so that they open with it.
    #[must_use]
    pub fn recipient(&self) -> Recipient {
        Recipient(MontgomeryPoint::mul_base_clamped(*self.0).0)
    }
}

impl fmt::Debug for ReplyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReplyKey(of {:?})", self.recipient())
    }
}

/// Whom a file is written for: an X25519 public key that is not of low order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Recipient([u8; 32]);

impl Recipient {
    /// From its bytes.
    ///
    /// # Errors
    /// [`Refusal::WeakKey`] for a point of low order: everybody could open what is written for it.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, Refusal> {
        agree(&[1; 32], &bytes)?;
        Ok(Self(bytes))
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The header's line for it, and the key that wraps the file's key.
    pub(super) fn wrap(&self, entropy: &mut dyn Entropy) -> Result<(String, Zeroizing<[u8; 32]>), Refusal> {
        let once = ReplyKey::random(entropy)?;
        let share = once.recipient();
        let shared = agree(&once.0, &self.0)?;
        let wrap = wrap_key(&shared, &share.0, &self.0);
        Ok((format!("{STANZA}{}", Base64Unpadded::encode_string(&share.0)), wrap))
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recipient({})", hex::encode(self.0))
    }
}

/// Opens what was written for the recipient of `key`.
///
/// # Errors
/// [`Refusal::WrongKey`] for a file of another recipient; [`Refusal::Malformed`] for another format;
/// [`Refusal::WeakKey`] and [`Refusal::SealBroken`] for bytes that were changed or cut.
pub fn open_with(bytes: &[u8], key: &ReplyKey) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    let malformed = || Refusal::malformed("file", "is not one that age encrypted for a key");
    let file = Sealed::parse(bytes).ok_or_else(malformed)?;
    let share: [u8; 32] = file.stanza.strip_prefix(STANZA).and_then(decode).ok_or_else(malformed)?;
    let shared = agree(&key.0, &share)?;
    file.open(&wrap_key(&shared, &share, key.recipient().as_bytes()))
}

/// What two keys have in common. A point of low order has nothing in common with anybody: the answer is zero.
fn agree(secret: &[u8; 32], public: &[u8; 32]) -> Result<Zeroizing<[u8; 32]>, Refusal> {
    let shared = Zeroizing::new(MontgomeryPoint(*public).mul_clamped(*secret).0);
    if shared.iter().all(|&byte| byte == 0) { Err(Refusal::WeakKey) } else { Ok(shared) }
}

fn wrap_key(shared: &[u8; 32], share: &[u8; 32], recipient: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    let derived = Hkdf::<Sha256>::new(Some(&[*share, *recipient].concat()), shared).expand(PURPOSE, key.as_mut());
    derived.expect("invariant: 32 bytes are within what HKDF gives");
    key
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::SystemEntropy;
    use crate::age::AgeWriter;

    fn key(seed: u8) -> ReplyKey {
        ReplyKey::from_bytes([seed; 32])
    }

    fn sealed(plain: &[u8]) -> Vec<u8> {
        let mut writer = AgeWriter::to(Vec::new(), &key(7).recipient(), &mut SystemEntropy).unwrap();
        writer.write_all(plain).unwrap();
        writer.finish().unwrap()
    }

    #[test]
    fn a_file_opens_with_its_key_and_no_other() {
        for length in [0, 1, 64 * 1024, 200_000] {
            let plain: Vec<u8> = (0..length).map(|n| (n * 7 % 251) as u8).collect();
            let file = sealed(&plain);
            assert_eq!(open_with(&file, &key(7)).unwrap().as_slice(), plain, "{length}");
            assert_eq!(open_with(&file, &key(8)).unwrap_err(), Refusal::WrongKey);
        }
    }

    #[test]
    fn no_bit_of_it_can_be_changed() {
        let file = sealed(b"twenty bytes of text");
        for bit in 0..file.len() * 8 {
            let mut changed = file.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(open_with(&changed, &key(7)).is_err(), "bit {bit}");
        }
        for length in 0..file.len() {
            assert!(open_with(&file[..length], &key(7)).is_err(), "cut at {length}");
        }
    }

    #[test]
    fn it_is_the_file_that_other_programs_read() {
        // Five bytes, written by a second implementation from the format's text, and opened with the crate `age`.
        const OTHERS: &str = "6167652d656e6372797074696f6e2e6f72672f76310a2d3e20583235353139205639744c4e5a386a726c3455626b346c4\
        567566e4248496c426a534d465177556454304d6b7a30453143450a7364364e62494576454852696b305967304b723179\
        454f4270394e4459367a7676725178747174757a72630a2d2d2d2036413865755568436655677764636533334e77474e4\
        446315053713531566655354c512b784d4c656a56670a09090909090909090909090909090909f393769b82151efc1c86\
        860474a830214dbb55a2e2";
        let plain = [0, 7, 14, 21, 28];
        let mut nines = |bytes: &mut [u8]| bytes.fill(9);
        let mut writer = AgeWriter::to(Vec::new(), &key(7).recipient(), &mut nines).unwrap();
        writer.write_all(&plain).unwrap();
        assert_eq!(hex::encode(writer.finish().unwrap()), OTHERS);
        assert_eq!(open_with(&hex::decode(OTHERS).unwrap(), &key(7)).unwrap().as_slice(), plain);
    }

    #[test]
    fn nothing_is_written_for_everybody() {
        assert_eq!(Recipient::from_bytes([0; 32]).unwrap_err(), Refusal::WeakKey);
        let mut one = [0; 32];
        one[0] = 1;
        assert_eq!(Recipient::from_bytes(one).unwrap_err(), Refusal::WeakKey);
    }
}
