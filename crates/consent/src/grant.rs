//! The grant record, its two signatures, and the records that it binds by hash. Reading one back proves its form only;
//! whether it counts is [`crate::authorize`]'s to say.

use crate::cbor::{Reader, Writer};
use crate::digest::{Hash, tagged};
use crate::evidence::Evidence;
use crate::keys::{SIGNATURE_LENGTH, SecretKey, verify};
use crate::terms::{AUDIENCES_MOST, AgreedTerms, Terms};
use crate::{DeviceId, GrantId, IssuerKey, Nonce, OwnerMode, PublicKey, Refusal, Scopes, VoiceId};

const RECORD: &str = "grant";
const SCHEMA: u64 = 1;
const SIGNING: &str = "vouch/consent-grant/v1";
const BYTES_MOST: usize = 64 * 1024;
/// A voice whose grant ended is kept sealed this long, so that it can be renewed, and then deleted.
pub const RENEWAL_SECONDS: u64 = 30 * 86_400;

/// The grant record (schema 1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Which voice.
    pub voice_id: VoiceId,
    /// Whose voice it is.
    pub owner_key: PublicKey,
    /// Who may use it.
    pub grantee_key: PublicKey,
    /// Who countersigned.
    pub issuer_key: PublicKey,
    /// End of the running hash over the spoken statement.
    pub statement_sha: [u8; 32],
    /// Hash of the terms.
    pub terms_sha: [u8; 32],
    /// What the challenge words were drawn from.
    pub challenge_nonce: Nonce,
    /// One hash over the samples.
    pub samples_root: [u8; 32],
    /// How many samples.
    pub sample_count: u64,
    /// What is allowed.
    pub scopes: Scopes,
    /// What for.
    pub purpose: String,
    /// First second, Unix time.
    pub not_before: u64,
    /// First second after the end, Unix time.
    pub not_after: u64,
    /// On which machine.
    pub device_id: DeviceId,
    /// Where, as text, sorted.
    pub audiences: Vec<String>,
    /// Epoch of the revocation list when it was issued.
    pub revocation_epoch: u64,
    /// Hash of the evidence.
    pub evidence_sha: [u8; 32],
}

impl Grant {
    pub(crate) fn encode(&self) -> Vec<u8> {
        Writer::new()
            .uint(1, SCHEMA)
            .bytes(2, self.voice_id.as_bytes())
            .bytes(3, self.owner_key.as_bytes())
            .bytes(4, self.grantee_key.as_bytes())
            .bytes(5, self.issuer_key.as_bytes())
            .bytes(6, &self.statement_sha)
            .bytes(7, &self.terms_sha)
            .bytes(8, self.challenge_nonce.as_bytes())
            .bytes(9, &self.samples_root)
            .uint(10, self.sample_count)
            .uint(11, self.scopes.bits())
            .text(12, &self.purpose)
            .uint(13, self.not_before)
            .uint(14, self.not_after)
            .bytes(15, self.device_id.as_bytes())
            .texts(16, &self.audiences)
            .uint(17, self.revocation_epoch)
            .bytes(18, &self.evidence_sha)
            .finish()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut reader = Reader::open(RECORD, bytes)?;
        let bad = |what| Refusal::malformed(RECORD, what);
        if reader.uint(1)? != SCHEMA {
            return Err(bad("has a schema that this version does not know"));
        }
        let grant = Self {
            voice_id: VoiceId::from_bytes(reader.fixed(2)?),
            owner_key: PublicKey::from_bytes(reader.fixed(3)?),
            grantee_key: PublicKey::from_bytes(reader.fixed(4)?),
            issuer_key: PublicKey::from_bytes(reader.fixed(5)?),
            statement_sha: reader.fixed(6)?,
            terms_sha: reader.fixed(7)?,
            challenge_nonce: Nonce::from_bytes(reader.fixed(8)?),
            samples_root: reader.fixed(9)?,
            sample_count: reader.uint(10)?,
            scopes: Scopes::from_bits(reader.uint(11)?)
                .ok_or_else(|| bad("allows something this version does not know"))?,
            purpose: reader.text(12)?,
            not_before: reader.uint(13)?,
            not_after: reader.uint(14)?,
            device_id: DeviceId::from_bytes(reader.fixed(15)?),
            audiences: reader.texts(16)?,
            revocation_epoch: reader.uint(17)?,
            evidence_sha: reader.fixed(18)?,
        };
        reader.finish()?;
        if grant.audiences.len() > AUDIENCES_MOST || !grant.audiences.is_sorted_by(|a, b| a < b) {
            return Err(bad("names too many places, or not in order"));
        }
        if grant.encode() != bytes {
            return Err(bad("is not in canonical form"));
        }
        Ok(grant)
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> GrantId {
        GrantId::from_bytes(tagged("grant-id", &[&self.encode()]))
    }

    /// When a grant that was not renewed is to be purged, Unix time.
    #[must_use]
    pub fn purge_at(&self) -> u64 {
        self.not_after.saturating_add(RENEWAL_SECONDS)
    }
}

/// A grant with its signatures, terms and evidence: everything but the sound.
#[derive(Debug, Clone, PartialEq)]
pub struct SignedGrant {
    pub(crate) grant: Grant,
    pub(crate) owner_signature: [u8; SIGNATURE_LENGTH],
    pub(crate) issuer_signature: [u8; SIGNATURE_LENGTH],
    pub(crate) terms: AgreedTerms,
    pub(crate) evidence: Evidence,
    /// What the issuer's machine heard itself, where the ceremony took place on another.
    pub(crate) heard_again: Option<Evidence>,
}

impl SignedGrant {
    pub(crate) fn sign(
        grant: Grant,
        terms: AgreedTerms,
        evidence: Evidence,
        owner: &SecretKey,
        issuer: &IssuerKey,
    ) -> Self {
        let canonical = grant.encode();
        let owner_signature = owner.sign(&[SIGNING.as_bytes(), b"\0", &canonical]);
        let issuer_signature = issuer.secret.sign(&[SIGNING.as_bytes(), b"\0", &canonical, &owner_signature]);
        Self { grant, owner_signature, issuer_signature, terms, evidence, heard_again: None }
    }

    pub(crate) fn owner_signed(&self) -> bool {
        owner_signed(&self.grant, &self.owner_signature)
    }

    pub(crate) fn issuer_signed(&self) -> bool {
        let canonical = self.grant.encode();
        let again = self.heard_again.as_ref().map(Evidence::hash);
        let parts: [&[u8]; 5] = [
            SIGNING.as_bytes(),
            b"\0",
            &canonical,
            &self.owner_signature,
            again.as_ref().map_or(&[], |hash| hash.as_slice()),
        ];
        verify(&self.grant.issuer_key, &parts, &self.issuer_signature)
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> GrantId {
        self.grant.id()
    }

    /// The record.
    #[must_use]
    pub fn grant(&self) -> &Grant {
        &self.grant
    }

    /// The terms that were agreed to.
    #[must_use]
    pub fn terms(&self) -> &Terms {
        &self.terms.terms
    }

    /// What was measured where the ceremony took place.
    #[must_use]
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// What the issuer's own ear heard: the same evidence, or its own where the ceremony took place on another machine.
    #[must_use]
    pub fn heard_here(&self) -> &Evidence {
        self.heard_again.as_ref().unwrap_or(&self.evidence)
    }

    /// The statement as it was to be read, with its words.
    #[must_use]
    pub fn statement(&self) -> String {
        format!("{} {}.", self.terms.statement(), self.evidence.words.join(", "))
    }

    /// Bytes for disk and wire.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let writer = Writer::new()
            .bytes(1, &self.grant.encode())
            .bytes(2, &self.owner_signature)
            .bytes(3, &self.issuer_signature)
            .bytes(4, &self.terms.encode())
            .bytes(5, &self.evidence.encode());
        match &self.heard_again {
            Some(again) => writer.bytes(6, &again.encode()).finish(),
            None => writer.finish(),
        }
    }

    /// Reads what [`SignedGrant::encode`] wrote, and nothing else. The signatures are not checked here.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] for any other bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() > BYTES_MOST {
            return Err(Refusal::malformed(RECORD, "is too long"));
        }
        let mut reader = Reader::open(RECORD, bytes)?;
        let grant = Grant::decode(reader.bytes(1)?)?;
        let (owner_signature, issuer_signature) = (reader.fixed(2)?, reader.fixed(3)?);
        let terms = AgreedTerms::decode(reader.bytes(4)?)?;
        let evidence = Evidence::decode(reader.bytes(5)?)?;
        let heard_again = reader.optional_bytes(6)?.map(Evidence::decode).transpose()?;
        reader.finish()?;
        let signed = Self { grant, owner_signature, issuer_signature, terms, evidence, heard_again };
        check_bindings(&signed.grant, &signed.terms, &signed.evidence)?;
        signed.check_heard_again()?;
        if signed.encode() != bytes {
            return Err(Refusal::malformed(RECORD, "is not in canonical form"));
        }
        Ok(signed)
    }

    /// A consent that was given elsewhere was heard here too, and the same words; any other was heard once.
    fn check_heard_again(&self) -> Result<(), Refusal> {
        let first = &self.evidence;
        let fits = match &self.heard_again {
            None => first.owner_mode != OwnerMode::Elsewhere,
            Some(again) => {
                first.owner_mode == OwnerMode::Elsewhere
                    && again.owner_mode == OwnerMode::Elsewhere
                    && (&again.words, &again.word_indexes) == (&first.words, &first.word_indexes)
                    && again.capture == first.capture
            }
        };
        if fits { Ok(()) } else { Err(Refusal::malformed(RECORD, "was not heard by both machines, or not the same")) }
    }
}

/// What an owner elsewhere signed, before the issuer has listened: no grant yet, and good for nothing by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Pledge {
    pub(crate) grant: Grant,
    pub(crate) owner_signature: [u8; SIGNATURE_LENGTH],
    pub(crate) terms: AgreedTerms,
    pub(crate) evidence: Evidence,
}

impl Pledge {
    pub(crate) fn sign(grant: Grant, terms: AgreedTerms, evidence: Evidence, owner: &SecretKey) -> Self {
        let owner_signature = owner.sign(&[SIGNING.as_bytes(), b"\0", &grant.encode()]);
        Self { grant, owner_signature, terms, evidence }
    }

    /// The issuer's signature, over the owner's and over what the issuer heard itself.
    pub(crate) fn countersign(self, again: Evidence, issuer: &IssuerKey) -> SignedGrant {
        let Self { grant, owner_signature, terms, evidence } = self;
        let parts: [&[u8]; 5] = [SIGNING.as_bytes(), b"\0", &grant.encode(), &owner_signature, &again.hash()];
        let issuer_signature = issuer.secret.sign(&parts);
        SignedGrant { grant, owner_signature, issuer_signature, terms, evidence, heard_again: Some(again) }
    }

    /// The record.
    #[must_use]
    pub fn grant(&self) -> &Grant {
        &self.grant
    }

    /// The terms that the owner agreed to.
    #[must_use]
    pub fn terms(&self) -> &Terms {
        &self.terms.terms
    }

    /// The statement as it was to be read, with its words.
    #[must_use]
    pub fn statement(&self) -> String {
        format!("{} {}.", self.terms.statement(), self.evidence.words.join(", "))
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        Writer::new()
            .bytes(1, &self.grant.encode())
            .bytes(2, &self.owner_signature)
            .bytes(4, &self.terms.encode())
            .bytes(5, &self.evidence.encode())
            .finish()
    }

    /// Reads what [`Pledge::encode`] wrote, signed by the owner that it names.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() > BYTES_MOST {
            return Err(Refusal::malformed(RECORD, "is too long"));
        }
        let mut reader = Reader::open(RECORD, bytes)?;
        let (grant, owner_signature) = (Grant::decode(reader.bytes(1)?)?, reader.fixed(2)?);
        let (terms, evidence) = (AgreedTerms::decode(reader.bytes(4)?)?, Evidence::decode(reader.bytes(5)?)?);
        reader.finish()?;
        check_bindings(&grant, &terms, &evidence)?;
        if evidence.owner_mode != OwnerMode::Elsewhere {
            return Err(Refusal::malformed(RECORD, "was not given elsewhere"));
        }
        if !owner_signed(&grant, &owner_signature) {
            return Err(Refusal::OwnerSignature);
        }
        Ok(Self { grant, owner_signature, terms, evidence })
    }
}

fn owner_signed(grant: &Grant, signature: &[u8; SIGNATURE_LENGTH]) -> bool {
    verify(&grant.owner_key, &[SIGNING.as_bytes(), b"\0", &grant.encode()], signature)
}

/// The parts must be those that the signatures speak of, and say the same where they say it twice.
fn check_bindings(grant: &Grant, agreed: &AgreedTerms, evidence: &Evidence) -> Result<(), Refusal> {
    let hashes: [(Hash, Hash); 2] = [(grant.terms_sha, agreed.hash()), (grant.evidence_sha, evidence.hash())];
    if hashes.iter().any(|(claimed, actual)| claimed != actual) {
        return Err(Refusal::malformed(RECORD, "comes with other terms or evidence than were signed"));
    }
    let terms = &agreed.terms;
    let same = grant.purpose == terms.purpose
        && grant.scopes == terms.scopes
        && grant.not_after == terms.until.end()
        && grant.audiences == agreed.audience_texts();
    if same { Ok(()) } else { Err(Refusal::malformed(RECORD, "says something else than its terms")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The record of the golden vector; keys are those of the seeds 1, 2 and 3.
    fn example() -> Grant {
        let public = |seed: u8| SecretKey::from_seed(&[seed; 32]).public();
        Grant {
            voice_id: VoiceId::from_bytes([0x11; 16]),
            owner_key: public(1),
            grantee_key: public(2),
            issuer_key: public(3),
            statement_sha: [0x22; 32],
            terms_sha: [0x33; 32],
            challenge_nonce: Nonce::from_bytes([0x44; 32]),
            samples_root: [0x55; 32],
            sample_count: 3,
            scopes: Scopes::TTS.with(Scopes::COMMERCIAL),
            purpose: "narrating my own novel".to_owned(),
            not_before: 1_790_000_000,
            not_after: 1_800_000_000,
            device_id: DeviceId::from_bytes([0x66; 32]),
            audiences: vec!["local".to_owned()],
            revocation_epoch: 1,
            evidence_sha: [0x77; 32],
        }
    }

    #[test]
    fn the_golden_vector_never_changes() {
        let canonical = example().encode();
        assert_eq!(canonical.len(), GOLDEN_LENGTH);
        assert_eq!(hex::encode(tagged("grant-id", &[&canonical])), GOLDEN_ID);
        let owner = SecretKey::from_seed(&[1; 32]);
        let signature = owner.sign(&[SIGNING.as_bytes(), b"\0", &canonical]);
        assert_eq!(hex::encode(&signature[..16]), GOLDEN_SIGNATURE_START);
        assert_eq!(Grant::decode(&canonical).unwrap(), example());
        let words = crate::words::indexes(&Nonce::from_bytes([0x44; 32]), &[0x33; 32], &[0x55; 32], 2048);
        assert_eq!(words.unwrap(), GOLDEN_WORDS);
    }

    /// Computed by a second implementation of the record, the challenge and Ed25519, written from their texts.
    const GOLDEN_LENGTH: usize = 387;
    const GOLDEN_ID: &str = "44abdfb25159d92e576a0c270c7c16540371931ddd18d5d1938a398f44cae468";
    const GOLDEN_SIGNATURE_START: &str = "79bccc9b669a12b184bf8c0251890cc4";
    const GOLDEN_WORDS: [u32; 6] = [1817, 1641, 1288, 866, 350, 1668];
}
