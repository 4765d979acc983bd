//! The check of a grant before every use, and the key that it yields. This is the only place that makes an
//! [`Authorized`] or a [`ConsentedSample`]; it knows no storage and no clock.

use std::fmt;
use std::marker::PhantomData;

use audio::Pcm;

use crate::language::{called, primary};
use crate::terms::{LONGEST_DAYS, Terms};
use crate::words::{indexes, samples_root};
use crate::{
    Audience, DeviceId, Dub, GrantId, IssuerKind, PublicKey, Refusal, RevocationList, SampleHash, Scope, Scopes,
    SignedGrant, TrustList, Tts, VoiceId,
};

/// How far a clock may lag behind the latest time seen, in seconds.
pub const CLOCK_SLACK_SECONDS: u64 = 300;
/// How old a revocation list may be away from the library that keeps it, in seconds.
pub const LIST_AGE_SECONDS: u64 = 24 * 3600;
/// How long a key can be used, in seconds. It is made anew for every segment.
pub const KEY_SECONDS: u64 = 300;

/// Everything about here and now that a grant is checked against.
#[derive(Debug, Clone)]
pub struct Context {
    /// Unix time in seconds.
    pub now: u64,
    /// Latest time that was ever seen here.
    pub highest_time_seen: u64,
    /// Issuers that count.
    pub trust: TrustList,
    /// The newest list of revoked grants.
    pub revocations: RevocationList,
    /// Highest epoch of a list that was ever seen here.
    pub highest_epoch_seen: u64,
    /// How old the list may be, in seconds. Not asked locally, where the list is made. See [`LIST_AGE_SECONDS`].
    pub list_age_seconds: u64,
    /// Who wants to use the voice.
    pub grantee: PublicKey,
    /// On which machine.
    pub device: DeviceId,
    /// At which place.
    pub audience: Audience,
    /// Hashes of the samples of this voice that are held here, each computed from the bytes that would be used.
    pub samples: Vec<SampleHash>,
    /// Speech already made with this grant, in whole seconds, rounded up.
    pub made_seconds: u64,
    /// Speech about to be made, in whole seconds, rounded up; counts as one second at least.
    pub wanted_seconds: u64,
    /// BCP 47 language of that speech; `None` where nothing is about to be spoken. Every scope but [`crate::Dub`] is for
    /// the statement's own language only; that one is for the others, and never without a language.
    pub language: Option<String>,
}

/// The right to use one person's voice in one way, for a few minutes. It cannot be built, copied, stored or read back:
/// the one way to have it is to pass [`authorize`].
pub struct Authorized<S: Scope> {
    grant_id: GrantId,
    voice_id: VoiceId,
    samples: Vec<SampleHash>,
    remaining_seconds: u64,
    valid_until: u64,
    language: String,
    scope: PhantomData<S>,
}

/// Checks a grant in the order of the protocol; the first thing that does not hold is the answer.
///
/// # Errors
/// The [`Refusal`] of the first check that failed.
pub fn authorize<S: Scope>(grant: &SignedGrant, cx: &Context) -> Result<Authorized<S>, Refusal> {
    let record = &grant.grant;
    let terms = &grant.terms.terms;
    let Some(kind) = cx.trust.kind(&record.issuer_key) else {
        return Err(Refusal::IssuerUntrusted);
    };
    if !grant.owner_signed() {
        return Err(Refusal::OwnerSignature);
    }
    if !grant.issuer_signed() {
        return Err(Refusal::IssuerSignature);
    }
    check_time(record.not_before, record.not_after, cx)?;
    check_list(record.revocation_epoch, cx)?;
    let grant_id = grant.id();
    if cx.revocations.revokes(&grant_id) {
        return Err(Refusal::Revoked);
    }
    if record.grantee_key != cx.grantee {
        return Err(Refusal::WrongGrantee);
    }
    if cx.audience == Audience::Local && record.device_id != cx.device {
        return Err(Refusal::WrongDevice);
    }
    if !record.audiences.contains(&cx.audience.text()) {
        return Err(Refusal::WrongAudience);
    }
    if !record.scopes.contains(S::BIT) {
        return Err(match &cx.language {
            // For whoever asks, what is missing is the language, whether or not the grant names others.
            Some(language) if S::BIT == Scopes::DUB => Refusal::LanguageNotGranted { language: called(language) },
            _ => Refusal::ScopeNotGranted { scope: S::BIT.to_string() },
        });
    }
    let language = check_language(S::BIT, terms, cx.language.as_deref())?;
    check_demo(kind, S::BIT, &cx.audience)?;
    let cap_seconds = terms.cap_seconds();
    if cx.made_seconds.saturating_add(cx.wanted_seconds.max(1)) > cap_seconds {
        return Err(Refusal::CapReached { cap_seconds, made_seconds: cx.made_seconds });
    }
    if cx.samples.len() as u64 != record.sample_count || samples_root(&cx.samples) != Some(record.samples_root) {
        return Err(Refusal::SamplesDiffer);
    }
    let words = indexes(&record.challenge_nonce, &record.terms_sha, &record.samples_root, grant.terms.word_list_length);
    if words.is_none_or(|words| words != *grant.evidence.word_indexes) {
        return Err(Refusal::WordsDiffer);
    }
    Ok(Authorized {
        grant_id,
        voice_id: record.voice_id,
        samples: cx.samples.clone(),
        remaining_seconds: cap_seconds - cx.made_seconds,
        valid_until: record.not_after.min(cx.now.saturating_add(KEY_SECONDS)),
        language,
        scope: PhantomData,
    })
}

/// The right to speak in one person's voice in one language: the statement's own, or one that the grant names.
#[derive(Debug)]
pub enum SpeechKey {
    /// For the statement's own language.
    Own(Authorized<Tts>),
    /// For another language.
    Dubbed(Authorized<Dub>),
}

/// Checks a grant for speech in the context's language, whichever of the two scopes that takes; without a language, for
/// speech in the statement's own.
///
/// # Errors
/// The [`Refusal`] of the first check that failed.
pub fn authorize_speech(grant: &SignedGrant, cx: &Context) -> Result<SpeechKey, Refusal> {
    match &cx.language {
        Some(language) if primary(language) != grant.terms().language => authorize(grant, cx).map(SpeechKey::Dubbed),
        _ => authorize(grant, cx).map(SpeechKey::Own),
    }
}

fn check_time(not_before: u64, not_after: u64, cx: &Context) -> Result<(), Refusal> {
    match not_after.checked_sub(not_before) {
        Some(span) if span <= LONGEST_DAYS * 86_400 => {}
        _ => return Err(Refusal::SpanTooLong),
    }
    if cx.now.saturating_add(CLOCK_SLACK_SECONDS) < cx.highest_time_seen {
        return Err(Refusal::ClockRollback { behind_seconds: cx.highest_time_seen - cx.now });
    }
    if cx.now < not_before {
        return Err(Refusal::NotYetValid);
    }
    if cx.now >= not_after {
        return Err(Refusal::Expired);
    }
    Ok(())
}

fn check_list(grant_epoch: u64, cx: &Context) -> Result<(), Refusal> {
    let list = &cx.revocations;
    if !list.is_signed(&cx.trust) {
        return Err(Refusal::ListSignature);
    }
    let needed = cx.highest_epoch_seen.max(grant_epoch);
    if list.epoch() < needed {
        return Err(Refusal::ListRolledBack { found: list.epoch(), needed });
    }
    // A list from the future would never grow old, so a clock that lags behind it is as bad as one that was set back.
    if cx.now.saturating_add(CLOCK_SLACK_SECONDS) < list.issued_at() {
        return Err(Refusal::ClockRollback { behind_seconds: list.issued_at() - cx.now });
    }
    let age_seconds = cx.now.saturating_sub(list.issued_at());
    if cx.audience != Audience::Local && age_seconds > cx.list_age_seconds {
        return Err(Refusal::ListStale { age_seconds });
    }
    Ok(())
}

/// The one language that a key is for, by its primary tag.
///
/// A key for dubbing never stands for the statement's own language, not even where speech from text is granted too, and
/// no other key for any other: each line has one right key, and whoever asks for the wrong one is told so.
fn check_language(scope: Scopes, terms: &Terms, asked: Option<&str>) -> Result<String, Refusal> {
    let refuse = |language| Err(Refusal::LanguageNotGranted { language });
    let Some(asked) = asked else {
        if scope == Scopes::DUB {
            return refuse("a language that was not named".to_owned());
        }
        return Ok(terms.language.clone());
    };
    let main = primary(asked);
    let is_granted = if scope == Scopes::DUB {
        terms.dub_into.iter().any(|language| language.tag() == main)
    } else {
        terms.language == main
    };
    if is_granted { Ok(main) } else { refuse(called(asked)) }
}

/// What a demo issues stays in the demo.
pub(crate) fn check_demo(kind: IssuerKind, scopes: Scopes, audience: &Audience) -> Result<(), Refusal> {
    let leaves = |scope| scopes.contains(scope);
    let stays = *audience == Audience::Local && !leaves(Scopes::EXPORT_VOICE) && !leaves(Scopes::REMOTE);
    if kind == IssuerKind::Normal || stays { Ok(()) } else { Err(Refusal::DemoOnly) }
}

impl<S: Scope> Authorized<S> {
    /// The grant that was checked.
    #[must_use]
    pub fn grant_id(&self) -> &GrantId {
        &self.grant_id
    }

    /// The voice that may be used.
    #[must_use]
    pub fn voice_id(&self) -> &VoiceId {
        &self.voice_id
    }

    /// How much speech may still be made, in seconds.
    #[must_use]
    pub fn remaining_seconds(&self) -> u64 {
        self.remaining_seconds
    }

    /// First second at which the key does not count any more, Unix time.
    #[must_use]
    pub fn valid_until(&self) -> u64 {
        self.valid_until
    }

    /// The one language that may be spoken with it, by its primary BCP 47 tag.
    #[must_use]
    pub fn language(&self) -> &str {
        &self.language
    }

    /// Whether a line in some language (any BCP 47 tag) may be spoken with it.
    #[must_use]
    pub fn is_for(&self, language: &str) -> bool {
        primary(language) == self.language
    }

    /// Whether the key still counts.
    ///
    /// # Errors
    /// [`Refusal::KeyExpired`].
    pub fn check_fresh(&self, now: u64) -> Result<(), Refusal> {
        if now < self.valid_until { Ok(()) } else { Err(Refusal::KeyExpired) }
    }

    /// Lets a sample through if it is, byte for byte in canonical form, one that the owner agreed to.
    ///
    /// # Errors
    /// [`Refusal::NotCovered`] for any other sound.
    pub fn cover(&self, sample: Pcm) -> Result<ConsentedSample<'_>, Refusal> {
        if !self.samples.contains(&SampleHash::of(&sample)) {
            return Err(Refusal::NotCovered);
        }
        Ok(ConsentedSample { pcm: sample, grant_id: &self.grant_id })
    }
}

impl<S: Scope> fmt::Debug for Authorized<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authorized({} under {})", S::BIT, self.grant_id)
    }
}

/// A sample that a grant covers, for as long as the key is held. Only [`Authorized::cover`] makes one.
pub struct ConsentedSample<'a> {
    pcm: Pcm,
    grant_id: &'a GrantId,
}

impl ConsentedSample<'_> {
    /// The sound.
    #[must_use]
    pub fn pcm(&self) -> &Pcm {
        &self.pcm
    }

    /// The grant that covers it: whatever is made of the sample is derived from that grant and dies with it.
    #[must_use]
    pub fn grant_id(&self) -> &GrantId {
        self.grant_id
    }
}

impl fmt::Debug for ConsentedSample<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConsentedSample({:?})", self.pcm)
    }
}
