//! The last step of the ceremony: the owner signs, the issuer countersigns, and the owner gets a receipt that is enough
//! to end it all again.

use audio::Pcm;

use crate::authorize::{CLOCK_SLACK_SECONDS, check_demo};
use crate::ceremony::Matched;
use crate::keys::check as check_key;
use crate::log::Anchor;
use crate::terms::{AgreedTerms, LONGEST_DAYS};
use crate::{
    Audience, Capture, DeviceId, Evidence, Grant, IssuerKey, IssuerKind, Nonce, OwnerKey, OwnerMode, PublicKey,
    Receipt, Refusal, Revocation, RevokedBy, Scopes, SignedGrant, Stretch, Terms, VoiceId,
};

/// How long a match may wait for its signatures, in seconds: listening to many samples takes a while.
pub(crate) const SIGN_WITHIN_SECONDS: u64 = 3600;

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
    if issue.owner.mode() == OwnerMode::Elsewhere {
        return Err(Refusal::OwnerElsewhere);
    }
    let DrawnUp { grant, terms, evidence, samples, statement, .. } = draw_up(matched, issue, issue.issuer.public())?;
    let grant = SignedGrant::sign(grant, terms, evidence, issue.owner.secret(), issue.issuer);
    // What would not be read back must not be handed out: a device with a strange name, say.
    if SignedGrant::decode(&grant.encode())? != grant {
        return Err(Refusal::malformed("grant", "does not read back as it was written"));
    }
    let revocation = Revocation::sign(grant.id(), issue.now, RevokedBy::Owner, 1, issue.owner.secret());
    Ok(Granted { grant, samples, statement, revocation, stretch: issue.owner.stretch.clone() })
}

/// A grant that nobody has signed yet, with what it speaks of.
pub(crate) struct DrawnUp {
    pub(crate) grant: Grant,
    pub(crate) terms: AgreedTerms,
    pub(crate) evidence: Evidence,
    pub(crate) samples: Vec<Pcm>,
    pub(crate) statement: Pcm,
    /// When each word was shown, in seconds of the statement.
    pub(crate) words_shown_at: Vec<f64>,
    pub(crate) issued_at: u64,
    pub(crate) spoken_at: u64,
}

/// Writes the record, to be countersigned by `issuer`.
pub(crate) fn draw_up(matched: Matched, issue: &Issue<'_>, issuer: PublicKey) -> Result<DrawnUp, Refusal> {
    let not_after = check(&matched, issue)?;
    let Matched {
        terms,
        samples,
        samples_root,
        challenge,
        word_indexes,
        take,
        statement_sha,
        spoken_at,
        ear,
        findings,
    } = matched;
    let evidence = Evidence {
        ear,
        words: challenge.words().to_vec(),
        word_indexes: word_indexes.to_vec(),
        scores: findings.scores,
        unchecked: findings.unchecked,
        capture: take.capture().clone(),
        owner_mode: issue.owner.mode(),
        app_version: issue.app_version.to_owned(),
    };
    let grant = Grant {
        voice_id: issue.voice_id,
        owner_key: issue.owner.public(),
        grantee_key: issue.grantee,
        issuer_key: issuer,
        statement_sha,
        terms_sha: terms.hash(),
        challenge_nonce: *challenge.nonce(),
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
    let words_shown_at = take.words_shown_at().to_vec();
    let (issued_at, statement) = (challenge.issued_at(), take.into_pcm());
    Ok(DrawnUp { grant, terms, evidence, samples, statement, words_shown_at, issued_at, spoken_at })
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
    if (issue.nonce_used)(matched.challenge.nonce()) {
        return Err(Refusal::NonceUsed);
    }
    check_library(matched.take.capture(), terms, issue.issuer.kind())?;
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

/// What a library of one kind may not countersign.
pub(crate) fn check_library(capture: &Capture, terms: &Terms, kind: IssuerKind) -> Result<(), Refusal> {
    if *capture == Capture::File && kind != IssuerKind::Demo {
        return Err(Refusal::LiveStatementRequired);
    }
    terms.audiences.iter().try_for_each(|audience| check_demo(kind, terms.scopes, audience))
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
