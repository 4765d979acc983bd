//! The last step of the ceremony: the owner signs, the issuer countersigns, and the owner gets a receipt that is enough
//! to end it all again.

use audio::Pcm;

use crate::authorize::{CLOCK_SLACK_SECONDS, check_demo};
use crate::cbor::{Reader, Writer};
use crate::ceremony::Matched;
use crate::keys::check as check_key;
use crate::log::Anchor;
use crate::terms::LONGEST_DAYS;
use crate::{
    Audience, Capture, DeviceId, Evidence, Grant, IssuerKey, IssuerKind, Nonce, OwnerKey, OwnerMode, PublicKey,
    Refusal, Revocation, RevokedBy, Scopes, SignedGrant, Stretch, VoiceId,
};

const RECORD: &str = "receipt";
const RECEIPT_MOST_BYTES: usize = 128 << 20;
/// How long a match may wait for its signatures, in seconds: listening to many samples takes a while.
const SIGN_WITHIN_SECONDS: u64 = 3600;
const HOW_TO_REVOKE: &str = "You can end this consent at any time and need no reason. Give this file to Vouch with `vouch voice \
revoke --receipt FILE`, on any machine that holds the voice: it carries a revocation that you have already signed. If you \
chose a passphrase, you can also sign a new one with it. What was made before is not recalled; nothing new can be made.";

/// Keys and circumstances of the signing.
pub struct Issue<'a> {
    /// The owner's key.
    pub owner: &'a OwnerKey,
    /// The program's key.
    pub issuer: &'a IssuerKey,
    /// Who may use the voice.
    pub grantee: PublicKey,
    /// On which machine.
    pub device: DeviceId,
    /// Which voice: a new one, or the one whose grant is renewed.
    pub voice_id: VoiceId,
    /// Unix time in seconds.
    pub now: u64,
    /// Latest time that was ever seen here.
    pub highest_time_seen: u64,
    /// Epoch of the revocation list.
    pub revocation_epoch: u64,
    /// Version of the program.
    pub app_version: &'a str,
    /// Whether a nonce was used for an earlier grant. The library remembers.
    pub nonce_used: &'a dyn Fn(&Nonce) -> bool,
}

/// What the ceremony made.
#[derive(Debug)]
pub struct Granted {
    /// The grant.
    pub grant: SignedGrant,
    /// The samples it covers.
    pub samples: Vec<Pcm>,
    /// The spoken statement.
    pub statement: Pcm,
    revocation: Revocation,
    stretch: Option<Stretch>,
}

/// Signs.
///
/// # Errors
/// [`Refusal::ClockRollback`], [`Refusal::NonceUsed`], [`Refusal::ChallengeExpired`] when the match is an hour old,
/// [`Refusal::LiveStatementRequired`] for a file outside the demo, [`Refusal::DemoOnly`], [`Refusal::OwnerElsewhere`],
/// [`Refusal::SpanTooLong`], [`Refusal::Expired`], [`Refusal::WeakKey`].
pub fn enroll(matched: Matched, issue: &Issue<'_>) -> Result<Granted, Refusal> {
    let not_after = check(&matched, issue)?;
    let Matched {
        terms,
        samples,
        samples_root,
        nonce,
        words,
        word_indexes,
        capture,
        statement,
        statement_sha,
        ear,
        findings,
        ..
    } = matched;
    let evidence = Evidence {
        ear,
        words,
        word_indexes: word_indexes.to_vec(),
        scores: findings.scores,
        unchecked: findings.unchecked,
        capture,
        owner_mode: issue.owner.mode(),
        app_version: issue.app_version.to_owned(),
    };
    let grant = Grant {
        voice_id: issue.voice_id,
        owner_key: issue.owner.public(),
        grantee_key: issue.grantee,
        issuer_key: issue.issuer.public(),
        statement_sha,
        terms_sha: terms.hash(),
        challenge_nonce: nonce,
        samples_root,
        sample_count: samples.len() as u64,
        scopes: terms.terms.scopes,
        purpose: terms.terms.purpose.clone(),
        not_before: issue.now,
        not_after,
        device_id: issue.device,
        audiences: terms.audience_texts(),
        revocation_epoch: issue.revocation_epoch,
        evidence_sha: evidence.hash(),
    };
    let grant = SignedGrant::sign(grant, terms, evidence, issue.owner.secret(), issue.issuer);
    // What would not be read back must not be handed out: a device with a strange name, say.
    if SignedGrant::decode(&grant.encode())? != grant {
        return Err(Refusal::malformed("grant", "does not read back as it was written"));
    }
    let revocation = Revocation::sign(grant.id(), issue.now, RevokedBy::Owner, 1, issue.owner.secret());
    Ok(Granted { grant, samples, statement, revocation, stretch: issue.owner.stretch.clone() })
}

/// Everything about the circumstances; returns the end of the grant.
fn check(matched: &Matched, issue: &Issue<'_>) -> Result<u64, Refusal> {
    let terms = &matched.terms.terms;
    if issue.now.saturating_add(CLOCK_SLACK_SECONDS) < issue.highest_time_seen {
        return Err(Refusal::ClockRollback { behind_seconds: issue.highest_time_seen - issue.now });
    }
    if !(matched.spoken_at..=matched.spoken_at.saturating_add(SIGN_WITHIN_SECONDS)).contains(&issue.now) {
        return Err(Refusal::ChallengeExpired);
    }
    let not_after = terms.until.end();
    if not_after <= issue.now {
        return Err(Refusal::Expired);
    }
    if not_after - issue.now > LONGEST_DAYS * 86_400 {
        return Err(Refusal::SpanTooLong);
    }
    if (issue.nonce_used)(&matched.nonce) {
        return Err(Refusal::NonceUsed);
    }
    if matched.capture == Capture::File && issue.issuer.kind() != IssuerKind::Demo {
        return Err(Refusal::LiveStatementRequired);
    }
    for audience in &terms.audiences {
        check_demo(issue.issuer.kind(), terms.scopes, audience)?;
    }
    let on_cluster = terms.audiences.iter().any(|audience| *audience != Audience::Local);
    let far = terms.scopes.contains(Scopes::EXPORT_VOICE) || (terms.scopes.contains(Scopes::TRAIN) && on_cluster);
    if far && issue.owner.mode() != OwnerMode::Elsewhere {
        return Err(Refusal::OwnerElsewhere);
    }
    for key in [issue.owner.public(), issue.issuer.public(), issue.grantee] {
        check_key(&key)?;
    }
    Ok(not_after)
}

impl Granted {
    /// The owner's receipt. `anchor` is the end of the log after the grant was written to it.
    #[must_use]
    pub fn receipt(&self, anchor: Anchor) -> Receipt {
        Receipt {
            grant: self.grant.clone(),
            revocation: self.revocation.clone(),
            stretch: self.stretch.clone(),
            anchor,
            statement: self.statement.clone(),
        }
    }
}

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
