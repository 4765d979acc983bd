//! The bytes of an answer: an envelope that names the request, and in it, encrypted, one record that the owner signed
//! from end to end. Knows no rule; it reads what was written and nothing else.

use std::io::Write;

use audio::Pcm;
use zeroize::Zeroizing;

use crate::age::{AgeFault, AgeWriter, ReplyKey, open_with};
use crate::cbor::{Reader, Writer};
use crate::digest::Hash;
use crate::grant::Pledge;
use crate::keys::{SIGNATURE_LENGTH, SecretKey, verify};
use crate::{Entropy, IssuerKind, Nonce, Refusal, Request, RequestId, SAMPLES_MOST, WORD_COUNT};

const RECORD: &str = "answer";
const SCHEMA: u64 = 1;
const SIGNING: &[u8] = b"vouch/consent-answer/v1\0";
/// Half an hour of sound at 48 kHz.
const BYTES_MOST: usize = 256 << 20;
/// Times travel as whole numbers.
const PER_SECOND: f64 = 1e6;

/// What an answer says.
pub(crate) struct Letter {
    /// Digest of the whole request.
    pub(crate) request: Hash,
    /// Of which kind the owner's library is.
    pub(crate) kind: IssuerKind,
    pub(crate) salt: Nonce,
    pub(crate) pledge: Pledge,
    pub(crate) issued_at: u64,
    pub(crate) spoken_at: u64,
    /// When each word was shown, in seconds of the statement; empty for a file in place of the microphone.
    pub(crate) words_shown_at: Vec<f64>,
    pub(crate) statement: Pcm,
    pub(crate) samples: Vec<Pcm>,
}

impl std::fmt::Debug for Letter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Letter({}, {} samples)", self.pledge.grant.id(), self.samples.len())
    }
}

impl Letter {
    /// Signs and encrypts it for whoever asked.
    pub(crate) fn seal(
        &self,
        request: &Request,
        owner: &SecretKey,
        entropy: &mut dyn Entropy,
    ) -> Result<Vec<u8>, Refusal> {
        let signature = owner.sign(&[SIGNING, &Zeroizing::new(self.body().finish())]);
        let plain = Zeroizing::new(self.body().bytes(12, &signature).finish());
        if plain.len() > BYTES_MOST {
            return Err(Refusal::malformed(RECORD, "is too long"));
        }
        envelope(&plain, request, entropy)
    }

    /// Opens the envelope, reads the record and checks the owner's signature over all of it.
    pub(crate) fn open(file: &[u8], request: &Request, key: &ReplyKey) -> Result<Self, Refusal> {
        let (id, sealed) = address(file)?;
        if id != *request.id() {
            return Err(Refusal::NotTheRequest);
        }
        let plain = open_with(sealed, key).map_err(|refusal| match refusal {
            Refusal::WrongKey => Refusal::NotTheRequest,
            other => other,
        })?;
        Self::decode(&plain)
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut reader = Reader::open(RECORD, bytes)?;
        if reader.uint(1)? != SCHEMA {
            return Err(reader.malformed("has a schema that this version does not know"));
        }
        let request = reader.fixed(2)?;
        let kind = match reader.uint(3)? {
            1 => IssuerKind::Normal,
            2 => IssuerKind::Demo,
            _ => return Err(reader.malformed("is of a kind that this version does not know")),
        };
        let salt = Nonce::from_bytes(reader.fixed(4)?);
        let pledge = Pledge::decode(reader.bytes(5)?)?;
        let (issued_at, spoken_at) = (reader.uint(6)?, reader.uint(7)?);
        let shown = reader.ints(8)?;
        if !(shown.is_empty() || shown.len() == WORD_COUNT) || shown.iter().any(|&time| time < 0) {
            return Err(reader.malformed("has times that are none"));
        }
        let words_shown_at = shown.into_iter().map(|time| time as f64 / PER_SECOND).collect();
        let sound = |bytes: &[u8]| {
            Pcm::from_canonical(bytes).map_err(|_| Refusal::malformed(RECORD, "has a damaged recording"))
        };
        let statement = sound(reader.bytes(9)?)?;
        let samples = reader.byte_strings(10)?;
        if samples.len() > SAMPLES_MOST {
            return Err(Refusal::SampleCount { count: samples.len(), most: SAMPLES_MOST });
        }
        let samples = samples.into_iter().map(sound).collect::<Result<Vec<_>, _>>()?;
        let signature: [u8; SIGNATURE_LENGTH] = reader.fixed(12)?;
        reader.finish()?;
        let letter = Self { request, kind, salt, pledge, issued_at, spoken_at, words_shown_at, statement, samples };
        let body = Zeroizing::new(letter.body().finish());
        if !verify(&letter.pledge.grant.owner_key, &[SIGNING, &body], &signature) {
            return Err(Refusal::OwnerSignature);
        }
        Ok(letter)
    }

    fn body(&self) -> Writer {
        let shown: Vec<i64> = self.words_shown_at.iter().map(|seconds| (seconds * PER_SECOND).round() as i64).collect();
        let samples: Vec<Zeroizing<Vec<u8>>> =
            self.samples.iter().map(|sample| Zeroizing::new(sample.canonical())).collect();
        Writer::new()
            .uint(1, SCHEMA)
            .bytes(2, &self.request)
            .uint(3, if self.kind == IssuerKind::Normal { 1 } else { 2 })
            .bytes(4, self.salt.as_bytes())
            .bytes(5, &self.pledge.encode())
            .uint(6, self.issued_at)
            .uint(7, self.spoken_at)
            .ints(8, &shown)
            .bytes(9, &self.statement.canonical())
            .byte_strings(10, &samples.iter().map(|sample| sample.as_slice()).collect::<Vec<_>>())
    }
}

/// The request that a file claims to answer, and what is encrypted in it.
pub(crate) fn address(file: &[u8]) -> Result<(RequestId, &[u8]), Refusal> {
    if file.len() > BYTES_MOST {
        return Err(Refusal::malformed(RECORD, "is too long"));
    }
    let mut reader = Reader::open(RECORD, file)?;
    if reader.uint(1)? != SCHEMA {
        return Err(reader.malformed("has a schema that this version does not know"));
    }
    let (id, sealed) = (RequestId::from_bytes(reader.fixed(2)?), reader.bytes(3)?);
    reader.finish()?;
    Ok((id, sealed))
}

/// Encrypts a record for whoever asked, and says outside which request it answers.
pub(crate) fn envelope(plain: &[u8], request: &Request, entropy: &mut dyn Entropy) -> Result<Vec<u8>, Refusal> {
    let refused = |fault: AgeFault| match fault {
        AgeFault::Refused(refusal) => refusal,
        // A vector takes whatever is written.
        AgeFault::Output(_) => Refusal::SealBroken,
    };
    let out = Vec::with_capacity(plain.len() + 4096);
    let mut writer = AgeWriter::to(out, &request.recipient, entropy).map_err(refused)?;
    writer.write_all(plain).map_err(|error| refused(error.into()))?;
    let sealed = writer.finish().map_err(|error| refused(error.into()))?;
    Ok(Writer::new().uint(1, SCHEMA).bytes(2, request.id().as_bytes()).bytes(3, &sealed).finish())
}
