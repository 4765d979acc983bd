//! Files that leave the library, in the age format (age-encryption.org/v1): for their owner with a passphrase, so that they
//! open with any program that reads it and not only with this one; for another library with its public key. Knows nothing
//! of what is in them.
//!
//! Own code over the ciphers that are here anyway: the crate of that name brings some seventy others.

mod recipient;

use std::io::{self, Write};

use aead_stream::{DecryptorBE32, EncryptorBE32};
use base64ct::{Base64Unpadded, Encoding};
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{Entropy, Refusal};

pub use recipient::{Recipient, ReplyKey, open_with};

/// Shortest passphrase of a file that leaves the library, in characters.
pub const PASSPHRASE_LEAST: usize = 10;
/// Cost of a passphrase, as the power of two: 256 MiB and about a second.
pub const WORK: u8 = 18;

const PASSPHRASE_MOST_BYTES: usize = 1024;
const VERSION: &str = "age-encryption.org/v1";
const CHUNK_BYTES: usize = 64 * 1024;
const TAG_BYTES: usize = 16;
const NONCE_BYTES: usize = 16;
const SALT_BYTES: usize = 16;
const FILE_KEY_BYTES: usize = 16;
/// Beyond this a header would ask for more memory than is sensible.
const WORK_MOST: u8 = 20;

type FileKey = Zeroizing<[u8; FILE_KEY_BYTES]>;

/// Encrypts what is written to it. Without [`AgeWriter::finish`] the file does not open.
pub struct AgeWriter<W: Write> {
    out: W,
    stream: EncryptorBE32<ChaCha20Poly1305>,
    waiting: Zeroizing<Vec<u8>>,
}

impl<W: Write> AgeWriter<W> {
    /// Begins a file that opens with `passphrase`; `work` is [`WORK`] but in tests.
    ///
    /// # Errors
    /// [`Refusal::Passphrase`] for one that is too short or too long, [`Refusal::Randomness`]; the errors of `out`.
    pub fn new(out: W, passphrase: &str, work: u8, entropy: &mut dyn Entropy) -> Result<Self, AgeFault> {
        check_passphrase(passphrase)?;
        let mut file_key = FileKey::default();
        let mut salt = [0; SALT_BYTES];
        entropy.fill(file_key.as_mut())?;
        entropy.fill(&mut salt)?;
        let wrap = wrap_key(passphrase, &salt, work)?;
        let stanza = format!("-> scrypt {} {work}", Base64Unpadded::encode_string(&salt));
        Self::begin(out, &file_key, &wrap, &stanza, entropy)
    }

    /// Begins a file that opens with one key only.
    ///
    /// # Errors
    /// [`Refusal::WeakKey`], [`Refusal::Randomness`]; the errors of `out`.
    pub fn to(out: W, recipient: &Recipient, entropy: &mut dyn Entropy) -> Result<Self, AgeFault> {
        let mut file_key = FileKey::default();
        entropy.fill(file_key.as_mut())?;
        let (stanza, wrap) = recipient.wrap(entropy)?;
        Self::begin(out, &file_key, &wrap, &stanza, entropy)
    }

    /// Writes the header for one recipient.
    fn begin(
        mut out: W,
        file_key: &FileKey,
        wrap: &[u8; 32],
        stanza: &str,
        entropy: &mut dyn Entropy,
    ) -> Result<Self, AgeFault> {
        let mut nonce = [0; NONCE_BYTES];
        entropy.fill(&mut nonce)?;
        let body = cipher(wrap)
            .encrypt(&Nonce::default(), file_key.as_slice())
            .map_err(|_| AgeFault::Refused(Refusal::SealBroken))?;
        let header = format!("{VERSION}\n{stanza}\n{}\n---", Base64Unpadded::encode_string(&body));
        let mac = header_mac(file_key, &header).finalize().into_bytes();
        writeln!(out, "{header} {}", Base64Unpadded::encode_string(&mac))?;
        out.write_all(&nonce)?;
        let key = derive(file_key, Some(&nonce), b"payload");
        let stream = EncryptorBE32::from_aead(cipher(&key), &[0; 7].into());
        Ok(Self { out, stream, waiting: Zeroizing::new(Vec::with_capacity(2 * CHUNK_BYTES)) })
    }

    /// Writes the last piece and gives the target back.
    ///
    /// # Errors
    /// The errors of the target.
    pub fn finish(mut self) -> io::Result<W> {
        let sealed = self.stream.encrypt_last(self.waiting.as_slice()).map_err(|_| io::Error::other("encryption"))?;
        self.out.write_all(&sealed)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

impl<W: Write> Write for AgeWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = &bytes[..bytes.len().min(CHUNK_BYTES)];
        self.waiting.extend_from_slice(taken);
        // The last chunk is marked as such, so a full one waits until there is more.
        if self.waiting.len() > CHUNK_BYTES {
            let sealed = self.stream.encrypt_next(&self.waiting[..CHUNK_BYTES]);
            self.out.write_all(&sealed.map_err(|_| io::Error::other("encryption"))?)?;
            self.waiting.drain(..CHUNK_BYTES);
        }
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Opens what [`AgeWriter`] or another program wrote for one passphrase.
///
/// # Errors
/// [`Refusal::WrongKey`] for another passphrase; [`Refusal::Malformed`] for another format; [`Refusal::SealBroken`] for
/// bytes that were changed or cut.
pub fn open(bytes: &[u8], passphrase: &str) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    let malformed = || Refusal::malformed("file", "is not one that age encrypted for a passphrase");
    let file = Sealed::parse(bytes).ok_or_else(malformed)?;
    let (salt, work) =
        file.stanza.strip_prefix("-> scrypt ").and_then(|rest| rest.split_once(' ')).ok_or_else(malformed)?;
    let salt: [u8; SALT_BYTES] = decode(salt).ok_or_else(malformed)?;
    let work = work.parse::<u8>().ok().filter(|work| (1..=WORK_MOST).contains(work)).ok_or_else(malformed)?;
    let wrap = wrap_key(passphrase, &salt, work)?;
    file.open(&wrap)
}

/// A file of one recipient, taken apart.
struct Sealed<'a> {
    stanza: &'a str,
    body: &'a str,
    mac: [u8; 32],
    payload: &'a [u8],
}

impl<'a> Sealed<'a> {
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let mut lines = bytes.splitn(5, |&byte| byte == b'\n');
        let mut line = || lines.next().and_then(|line| std::str::from_utf8(line).ok());
        let (version, stanza, body, end) = (line()?, line()?, line()?, line()?);
        let mac = decode(end.strip_prefix("--- ")?)?;
        (version == VERSION).then_some(())?;
        Some(Self { stanza, body, mac, payload: lines.next()? })
    }

    /// Opens it with the key that wraps the file's key.
    fn open(&self, wrap: &[u8; 32]) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        let malformed = || Refusal::malformed("file", "has a key of the wrong length");
        let body: [u8; FILE_KEY_BYTES + TAG_BYTES] = decode(self.body).ok_or_else(malformed)?;
        let file_key = cipher(wrap).decrypt(&Nonce::default(), body.as_slice()).map(Zeroizing::new);
        let file_key: [u8; FILE_KEY_BYTES] =
            file_key.map_err(|_| Refusal::WrongKey)?.as_slice().try_into().map_err(|_| malformed())?;
        let file_key = Zeroizing::new(file_key);
        let header = format!("{VERSION}\n{}\n{}\n---", self.stanza, self.body);
        header_mac(&file_key, &header).verify_slice(&self.mac).map_err(|_| Refusal::SealBroken)?;
        let (nonce, mut rest) = self.payload.split_first_chunk::<NONCE_BYTES>().ok_or(Refusal::SealBroken)?;
        let mut stream = DecryptorBE32::from_aead(cipher(&derive(&file_key, Some(nonce), b"payload")), &[0; 7].into());
        let mut plain = Zeroizing::new(Vec::with_capacity(rest.len()));
        while rest.len() > CHUNK_BYTES + TAG_BYTES {
            let (chunk, later) = rest.split_at(CHUNK_BYTES + TAG_BYTES);
            plain.extend_from_slice(&Zeroizing::new(stream.decrypt_next(chunk).map_err(|_| Refusal::SealBroken)?));
            rest = later;
        }
        plain.extend_from_slice(&Zeroizing::new(stream.decrypt_last(rest).map_err(|_| Refusal::SealBroken)?));
        Ok(plain)
    }
}

/// Base64 of a known length, in its one spelling.
fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    Base64Unpadded::decode_vec(text).ok()?.try_into().ok()
}

/// Why a file could not be begun.
#[derive(Debug, thiserror::Error)]
pub enum AgeFault {
    /// The passphrase or the randomness.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// The target.
    #[error("{0}")]
    Output(#[from] io::Error),
}

fn check_passphrase(passphrase: &str) -> Result<(), Refusal> {
    if passphrase.chars().count() < PASSPHRASE_LEAST {
        return Err(Refusal::Passphrase { what: "it is shorter than ten characters" });
    }
    if passphrase.len() > PASSPHRASE_MOST_BYTES {
        return Err(Refusal::Passphrase { what: "it is longer than a thousand characters" });
    }
    Ok(())
}

fn wrap_key(passphrase: &str, salt: &[u8; SALT_BYTES], work: u8) -> Result<Zeroizing<[u8; 32]>, Refusal> {
    let unusable = Refusal::Passphrase { what: "its parameters are out of range" };
    let parameters = scrypt::Params::new(work, 8, 1).map_err(|_| unusable.clone())?;
    let salt = [VERSION.as_bytes(), b"/scrypt", salt].concat();
    let mut key = Zeroizing::new([0; 32]);
    scrypt::scrypt(passphrase.as_bytes(), &salt, &parameters, key.as_mut()).map_err(|_| unusable)?;
    Ok(key)
}

fn derive(file_key: &FileKey, salt: Option<&[u8]>, purpose: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    let derived = Hkdf::<Sha256>::new(salt, file_key.as_slice()).expand(purpose, key.as_mut());
    derived.expect("invariant: 32 bytes are within what HKDF gives");
    key
}

fn header_mac(file_key: &FileKey, header: &str) -> Hmac<Sha256> {
    let key = derive(file_key, None, b"header");
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key.as_slice()).expect("invariant: HMAC takes any key");
    mac.update(header.as_bytes());
    mac
}

fn cipher(key: &[u8; 32]) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new(key.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemEntropy;

    const PASSPHRASE: &str = "ten letters and more";

    fn sealed(plain: &[u8]) -> Vec<u8> {
        let mut writer = AgeWriter::new(Vec::new(), PASSPHRASE, 4, &mut SystemEntropy).unwrap();
        writer.write_all(plain).unwrap();
        writer.finish().unwrap()
    }

    #[test]
    fn every_length_opens_with_the_passphrase_and_no_other() {
        for length in [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 200_000] {
            let plain: Vec<u8> = (0..length).map(|n| (n * 7 % 251) as u8).collect();
            let file = sealed(&plain);
            assert_eq!(open(&file, PASSPHRASE).unwrap().as_slice(), plain, "{length}");
            assert_eq!(open(&file, "ten letters and less").unwrap_err(), Refusal::WrongKey);
        }
    }

    #[test]
    fn whatever_is_changed_or_cut_does_not_open() {
        let file = sealed(&[7; 70_000]);
        for at in (0..file.len()).step_by(97) {
            let mut changed = file.clone();
            changed[at] ^= 1;
            assert!(open(&changed, PASSPHRASE).is_err(), "byte {at}");
        }
        for length in [0, 20, 100, 200, file.len() - 4500, file.len() - 1] {
            assert!(open(&file[..length], PASSPHRASE).is_err(), "cut at {length}");
        }
    }

    #[test]
    fn what_another_program_wrote_opens() {
        // Five bytes, encrypted for the same passphrase by the crate `age` 0.12.1.
        const OTHERS: &str = "6167652d656e6372797074696f6e2e6f72672f76310a2d3e207363727970742039665953307643636d6b35646a70436c5071\
        4a31655120340a6b4c6b35704b6573566833614b416a6c556d63415439486e7547343777366f5748666e354b344b617a3259\
        0a2d2d2d20387a7351694f7a6833705a586a5567324148674a6979666b7a3843447875676677367079424561467041730a4e\
        ce7bd78b98adb1e2e502dc74203f98ed2854d7f4ed5d6ebbb88ebc232bd787a8aa772991";
        assert_eq!(open(&hex::decode(OTHERS).unwrap(), PASSPHRASE).unwrap().as_slice(), [0, 7, 14, 21, 28]);
    }

    #[test]
    fn a_short_passphrase_is_refused() {
        let fault = AgeWriter::new(Vec::new(), "nine char", 4, &mut SystemEntropy).err().unwrap();
        assert!(matches!(fault, AgeFault::Refused(Refusal::Passphrase { .. })));
    }
}
