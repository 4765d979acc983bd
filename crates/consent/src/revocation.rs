//! How consent ends: a signed revocation, the signed list of all of them, and what has to be deleted. Knows no storage.

use crate::cbor::{Reader, Writer};
use crate::keys::{SIGNATURE_LENGTH, SecretKey, verify};
use crate::{Grant, GrantId, IssuerKey, PublicKey, Refusal, SignedGrant, TrustList, VoiceId};

const REVOCATION: &str = "revocation";
const LIST: &str = "revocation list";
const SIGNING: &[u8] = b"vouch/revocation/v1\0";
const LIST_SIGNING: &[u8] = b"vouch/revocation-list/v1\0";
const SCHEMA: u64 = 1;

/// Who ended it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevokedBy {
    /// The owner, who needs no reason.
    Owner,
    /// The one who was allowed to use the voice.
    Grantee,
}

/// The end of one grant, signed by its owner or grantee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// Which grant.
    pub grant_id: GrantId,
    /// When it was signed, Unix time.
    pub at: u64,
    /// By whom.
    pub by: RevokedBy,
    /// Counts up with every revocation of the signer.
    pub sequence: u64,
    signature: [u8; SIGNATURE_LENGTH],
}

impl Revocation {
    /// Signs one. It counts only if `key` is the grant's owner key or grantee key, as [`Revocation::verify`] checks.
    #[must_use]
    pub fn sign(grant_id: GrantId, at: u64, by: RevokedBy, sequence: u64, key: &SecretKey) -> Self {
        let mut revocation = Self { grant_id, at, by, sequence, signature: [0; SIGNATURE_LENGTH] };
        revocation.signature = key.sign(&[SIGNING, &revocation.body().finish()]);
        revocation
    }

    /// Whether it ends this grant.
    ///
    /// # Errors
    /// [`Refusal::RevocationSignature`] when it is for another grant or signed by another key.
    pub fn verify(&self, grant: &SignedGrant) -> Result<(), Refusal> {
        self.verify_record(&grant.grant)
    }

    pub(crate) fn verify_record(&self, grant: &Grant) -> Result<(), Refusal> {
        let key = match self.by {
            RevokedBy::Owner => &grant.owner_key,
            RevokedBy::Grantee => &grant.grantee_key,
        };
        let fits = self.grant_id == grant.id() && verify(key, &[SIGNING, &self.body().finish()], &self.signature);
        if fits { Ok(()) } else { Err(Refusal::RevocationSignature) }
    }

    /// Canonical bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.body().bytes(6, &self.signature).finish()
    }

    /// Reads canonical bytes; the signature is checked by [`Revocation::verify`].
    ///
    /// # Errors
    /// [`Refusal::Malformed`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut reader = Reader::open(REVOCATION, bytes)?;
        if reader.uint(1)? != SCHEMA {
            return Err(reader.malformed("has a schema that this version does not know"));
        }
        let (grant_id, at) = (GrantId::from_bytes(reader.fixed(2)?), reader.uint(3)?);
        let by = match reader.uint(4)? {
            1 => RevokedBy::Owner,
            2 => RevokedBy::Grantee,
            _ => return Err(reader.malformed("is by somebody this version does not know")),
        };
        let revocation = Self { grant_id, at, by, sequence: reader.uint(5)?, signature: reader.fixed(6)? };
        reader.finish()?;
        Ok(revocation)
    }

    fn body(&self) -> Writer {
        let by = if self.by == RevokedBy::Owner { 1 } else { 2 };
        Writer::new()
            .uint(1, SCHEMA)
            .bytes(2, self.grant_id.as_bytes())
            .uint(3, self.at)
            .uint(4, by)
            .uint(5, self.sequence)
    }
}

/// Every revoked grant, signed by an issuer and counted up with every change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevocationList {
    epoch: u64,
    issued_at: u64,
    issuer: PublicKey,
    revoked: Vec<GrantId>,
    signature: [u8; SIGNATURE_LENGTH],
}

impl RevocationList {
    /// Signs the list of one epoch.
    #[must_use]
    pub fn sign(issuer: &IssuerKey, epoch: u64, issued_at: u64, mut revoked: Vec<GrantId>) -> Self {
        revoked.sort();
        revoked.dedup();
        let mut list = Self { epoch, issued_at, issuer: issuer.public(), revoked, signature: [0; SIGNATURE_LENGTH] };
        list.signature = issuer.secret.sign(&[LIST_SIGNING, &list.body().finish()]);
        list
    }

    /// Counts up with every change.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// When it was signed, Unix time.
    #[must_use]
    pub fn issued_at(&self) -> u64 {
        self.issued_at
    }

    /// Whether a grant is on it.
    #[must_use]
    pub fn revokes(&self, grant: &GrantId) -> bool {
        self.revoked.binary_search(grant).is_ok()
    }

    /// Whether an issuer on the trust list signed it.
    #[must_use]
    pub fn is_signed(&self, trust: &TrustList) -> bool {
        trust.kind(&self.issuer).is_some()
            && verify(&self.issuer, &[LIST_SIGNING, &self.body().finish()], &self.signature)
    }

    /// Canonical bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.body().bytes(6, &self.signature).finish()
    }

    /// Reads canonical bytes; the signature is checked where the list is used.
    ///
    /// # Errors
    /// [`Refusal::Malformed`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut reader = Reader::open(LIST, bytes)?;
        if reader.uint(1)? != SCHEMA {
            return Err(reader.malformed("has a schema that this version does not know"));
        }
        let (epoch, issued_at, issuer) = (reader.uint(2)?, reader.uint(3)?, PublicKey::from_bytes(reader.fixed(4)?));
        let revoked = reader.byte_strings(5)?.into_iter().map(|bytes| bytes.try_into().map(GrantId::from_bytes));
        let revoked: Vec<GrantId> =
            revoked.collect::<Result<_, _>>().map_err(|_| reader.malformed("has a field of the wrong length"))?;
        if !revoked.is_sorted_by(|a, b| a < b) {
            return Err(reader.malformed("is not in order"));
        }
        let list = Self { epoch, issued_at, issuer, revoked, signature: reader.fixed(6)? };
        reader.finish()?;
        Ok(list)
    }

    fn body(&self) -> Writer {
        let revoked: Vec<&[u8]> = self.revoked.iter().map(|id| id.as_bytes().as_slice()).collect();
        Writer::new()
            .uint(1, SCHEMA)
            .uint(2, self.epoch)
            .uint(3, self.issued_at)
            .bytes(4, self.issuer.as_bytes())
            .byte_strings(5, &revoked)
    }
}

/// One step of making a revoked voice unusable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PurgeStep {
    /// The grant counts as revoked.
    MarkRevoked,
    /// Running work stops at its next segment.
    StopWork,
    /// The sealed data key of the voice goes: everything sealed under it is unreadable from here on.
    DeleteDataKey,
    /// Samples, statement, prompts, takes and caches go.
    DeleteData,
    /// The vault gets a new key, so that old backups of the sealed data keys are dead too.
    RotateVaultKey,
    /// The log says so.
    Log,
}

/// What the holder of a revoked voice has to do, in this order. All but the deletion of files is one transaction. The
/// claim is crypto-erasure: a solid-state disk cannot be overwritten reliably, but its keys can be gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purge {
    /// The revoked grant.
    pub grant_id: GrantId,
    /// The voice that goes with it.
    pub voice_id: VoiceId,
}

impl Purge {
    /// The steps in order.
    pub const STEPS: [PurgeStep; 6] = [
        PurgeStep::MarkRevoked,
        PurgeStep::StopWork,
        PurgeStep::DeleteDataKey,
        PurgeStep::RotateVaultKey,
        PurgeStep::Log,
        PurgeStep::DeleteData,
    ];

    /// What a revocation asks of the holder of the grant.
    ///
    /// # Errors
    /// [`Refusal::RevocationSignature`] when the revocation does not end this grant.
    pub fn of(revocation: &Revocation, grant: &SignedGrant) -> Result<Self, Refusal> {
        revocation.verify(grant)?;
        Ok(Self { grant_id: grant.id(), voice_id: grant.grant.voice_id })
    }
}
