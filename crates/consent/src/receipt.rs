//! What the owner takes home: enough to end the consent on any machine that holds the voice. Knows no storage.

use audio::Pcm;

use crate::cbor::{Reader, Writer};
use crate::grant::Pledge;
use crate::log::Anchor;
use crate::{Refusal, Revocation, SignedGrant, Stretch, VoiceId};

const RECORD: &str = "receipt";
const RECEIPT_MOST_BYTES: usize = 128 << 20;
const HOW_TO_REVOKE: &str = "You can end this consent at any time and need no reason. Give this file to Vouch with `vouch voice \
revoke --receipt FILE`, on any machine that holds the voice: it carries a revocation that you have already signed. If you \
chose a passphrase, you can also sign a new one with it. What was made before is not recalled; nothing new can be made.";

/// What the owner takes home: the grant, the statement as spoken, a revocation that is already signed, and the end of
/// the log, so that the log cannot be cut behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct Receipt {
    /// The grant.
    pub grant: SignedGrant,
    /// Ends the grant; needs nothing more.
    pub revocation: Revocation,
    /// With the passphrase, gives the owner's key again (mode B).
    pub stretch: Option<Stretch>,
    /// End of the log when consent was given.
    pub anchor: Anchor,
    /// The statement as spoken.
    pub statement: Pcm,
}

impl Receipt {
    /// How the owner ends the consent, in plain words.
    #[must_use]
    pub fn how_to_revoke(&self) -> &'static str {
        HOW_TO_REVOKE
    }

    /// Canonical bytes, for a file.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new()
            .text(1, HOW_TO_REVOKE)
            .text(2, &self.grant.statement())
            .bytes(3, &self.grant.encode())
            .bytes(4, &self.revocation.encode())
            .bytes(5, &self.anchor.encode());
        if let Some(stretch) = &self.stretch {
            writer = writer.bytes(6, &stretch.encode());
        }
        writer.bytes(7, &self.statement.canonical()).finish()
    }

    /// Reads a receipt and checks that its revocation ends its grant.
    ///
    /// # Errors
    /// [`Refusal::Malformed`], [`Refusal::RevocationSignature`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() > RECEIPT_MOST_BYTES {
            return Err(Refusal::malformed(RECORD, "is too long"));
        }
        let mut reader = Reader::open(RECORD, bytes)?;
        let (_how, statement_text) = (reader.text(1)?, reader.text(2)?);
        let grant = SignedGrant::decode(reader.bytes(3)?)?;
        let revocation = Revocation::decode(reader.bytes(4)?)?;
        let anchor = Anchor::decode(reader.bytes(5)?)?;
        let stretch = reader.optional_bytes(6)?.map(Stretch::decode).transpose()?;
        let statement =
            Pcm::from_canonical(reader.bytes(7)?).map_err(|_| Refusal::malformed(RECORD, "has a damaged recording"))?;
        reader.finish()?;
        if statement_text != grant.statement() {
            return Err(Refusal::malformed(RECORD, "says something else than its grant"));
        }
        revocation.verify(&grant)?;
        Ok(Self { grant, revocation, stretch, anchor, statement })
    }
}

/// What the owner keeps of a consent that another machine asked for: what they signed, a revocation that is already
/// signed, and the end of their own log. No sound: nothing of the voice stays with the receipt.
#[derive(Debug, Clone, PartialEq)]
pub struct AnswerReceipt {
    /// What the owner signed.
    pub pledge: Pledge,
    /// Ends it, once it was countersigned; needs nothing more.
    pub revocation: Revocation,
    /// With the passphrase, gives the owner's key again.
    pub stretch: Option<Stretch>,
    /// End of the owner's log when the answer was written.
    pub anchor: Anchor,
}

impl AnswerReceipt {
    /// Canonical bytes, for a file.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new()
            .text(1, HOW_TO_REVOKE)
            .text(2, &self.pledge.statement())
            .bytes(4, &self.revocation.encode())
            .bytes(5, &self.anchor.encode());
        if let Some(stretch) = &self.stretch {
            writer = writer.bytes(6, &stretch.encode());
        }
        writer.bytes(8, &self.pledge.encode()).finish()
    }

    /// Reads a receipt and checks that the owner signed what it speaks of, and that its revocation ends that.
    ///
    /// # Errors
    /// [`Refusal::Malformed`], [`Refusal::OwnerSignature`], [`Refusal::RevocationSignature`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut reader = Reader::open(RECORD, bytes)?;
        let (_how, statement_text) = (reader.text(1)?, reader.text(2)?);
        let revocation = Revocation::decode(reader.bytes(4)?)?;
        let anchor = Anchor::decode(reader.bytes(5)?)?;
        let stretch = reader.optional_bytes(6)?.map(Stretch::decode).transpose()?;
        let pledge = Pledge::decode(reader.bytes(8)?)?;
        reader.finish()?;
        if statement_text != pledge.statement() {
            return Err(Refusal::malformed(RECORD, "says something else than its grant"));
        }
        revocation.verify_record(pledge.grant())?;
        Ok(Self { pledge, revocation, stretch, anchor })
    }
}

/// The revocation that a receipt of either kind carries, and the voice that it ends.
///
/// # Errors
/// [`Refusal::Malformed`], [`Refusal::OwnerSignature`], [`Refusal::RevocationSignature`].
pub fn revocation_of(receipt: &[u8]) -> Result<(VoiceId, Revocation), Refusal> {
    match Receipt::decode(receipt) {
        Ok(receipt) => Ok((receipt.grant.grant().voice_id, receipt.revocation)),
        Err(refusal) => match AnswerReceipt::decode(receipt) {
            Ok(receipt) => Ok((receipt.pledge.grant().voice_id, receipt.revocation)),
            Err(Refusal::Malformed { .. }) => Err(refusal),
            Err(refusal) => Err(refusal),
        },
    }
}
