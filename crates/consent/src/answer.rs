//! The answer of an owner elsewhere: signed by the owner after their own machine listened, opened and heard once more by
//! the library that asked, and a grant only when that one countersigns. So both machines must agree, and neither can
//! make a grant alone. Knows no storage.

pub(crate) mod letter;

use std::fmt;

use audio::Pcm;

use crate::age::ReplyKey;
use crate::authorize::CLOCK_SLACK_SECONDS;
use crate::ceremony::{Draft, Matched};
use crate::enroll::{Issue, SIGN_WITHIN_SECONDS, check_library, draw_up};
use crate::evidence::Capture;
use crate::grant::{Pledge, SignedGrant};
use crate::keys::check as check_key;
use crate::log::Anchor;
use crate::take::{Take, TakeSeal};
use crate::{
    AnswerReceipt, Entropy, Evidence, GrantId, IssuerKey, Nonce, OwnerKey, OwnerMode, Policy, PublicKey, Refusal,
    Request, RequestId, Revocation, RevokedBy, SampleHash, Stretch, Terms, Witness, WordList,
};
use letter::Letter;

/// Keys and circumstances on the owner's machine.
pub struct Reply<'a> {
    /// What was asked.
    pub request: &'a Request,
    /// What the nonce of this try was made with ([`Request::nonce`]).
    pub salt: &'a Nonce,
    /// The owner's key ([`OwnerKey::elsewhere`]).
    pub owner: &'a OwnerKey,
    /// The key of the owner's library. It signs nothing here: the library that asked does.
    pub issuer: &'a IssuerKey,
    /// Unix time in seconds.
    pub now: u64,
    /// Latest time that was ever seen here.
    pub highest_time_seen: u64,
    /// Version of the program.
    pub app_version: &'a str,
}

/// An answer that was written.
pub struct Answered {
    pledge: Pledge,
    revocation: Revocation,
    stretch: Option<Stretch>,
    file: Vec<u8>,
}

/// Signs as the owner, and encrypts everything for the library that asked.
///
/// # Errors
/// [`Refusal::OwnRequest`], [`Refusal::DemoOnly`], [`Refusal::RequestExpired`], [`Refusal::NotTheRequest`] and
/// [`Refusal::WiderThanAsked`] for what was not asked; [`Refusal::ChallengeMismatch`] when the words were not drawn for
/// the request; those of [`crate::enroll`].
pub fn answer(matched: Matched, reply: &Reply<'_>, entropy: &mut dyn Entropy) -> Result<Answered, Refusal> {
    let request = reply.request;
    request.check_answerable(&reply.issuer.public(), reply.issuer.kind(), reply.now)?;
    request.check_within(matched.terms())?;
    request.check_words(&matched.terms)?;
    if *matched.challenge.nonce() != request.nonce(reply.salt) {
        return Err(Refusal::ChallengeMismatch);
    }
    if reply.owner.mode() != OwnerMode::Elsewhere {
        return Err(Refusal::OwnerElsewhere);
    }
    let issue = Issue {
        owner: reply.owner,
        issuer: reply.issuer,
        grantee: request.grantee,
        device: request.device,
        voice_id: request.voice_id,
        now: reply.now,
        highest_time_seen: reply.highest_time_seen,
        revocation_epoch: request.revocation_epoch,
        app_version: reply.app_version,
        // A try's salt is fresh, and the library that asked takes one answer.
        nonce_used: &|_| false,
    };
    let drawn = draw_up(matched, &issue, request.issuer)?;
    let secret = reply.owner.secret();
    let pledge = Pledge::sign(drawn.grant, drawn.terms, drawn.evidence, secret);
    let letter = Letter {
        request: request.digest(),
        kind: request.kind(),
        salt: *reply.salt,
        pledge,
        issued_at: drawn.issued_at,
        spoken_at: drawn.spoken_at,
        words_shown_at: drawn.words_shown_at,
        statement: drawn.statement,
        samples: drawn.samples,
    };
    let file = letter.seal(request, secret, entropy)?;
    let pledge = letter.pledge;
    let revocation = Revocation::sign(pledge.grant.id(), reply.now, RevokedBy::Owner, 1, secret);
    Ok(Answered { pledge, revocation, stretch: reply.owner.stretch.clone(), file })
}

impl Answered {
    /// The file for the library that asked. Nobody else can open it, not even who wrote it.
    #[must_use]
    pub fn file(&self) -> &[u8] {
        &self.file
    }

    /// What the owner signed.
    #[must_use]
    pub fn pledge(&self) -> &Pledge {
        &self.pledge
    }

    /// What was measured here.
    #[must_use]
    pub fn evidence(&self) -> &Evidence {
        &self.pledge.evidence
    }

    /// The name that the grant will have.
    #[must_use]
    pub fn grant_id(&self) -> GrantId {
        self.pledge.grant.id()
    }

    /// The owner's receipt. `anchor` is the end of the owner's log after the answer was written to it.
    #[must_use]
    pub fn receipt(&self, anchor: Anchor) -> AnswerReceipt {
        AnswerReceipt {
            pledge: self.pledge.clone(),
            revocation: self.revocation.clone(),
            stretch: self.stretch.clone(),
            anchor,
        }
    }
}

impl fmt::Debug for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answered({}, {} bytes)", self.grant_id(), self.file.len())
    }
}

/// An answer that was opened: it belongs to the request, stays within it, and the owner signed all of it. Nobody here has
/// listened to it yet.
#[derive(Debug)]
pub struct Answer {
    request: Request,
    letter: Letter,
}

impl Answer {
    /// Which request a file claims to answer, to find the key that opens it.
    ///
    /// # Errors
    /// [`Refusal::Malformed`].
    pub fn request_of(file: &[u8]) -> Result<RequestId, Refusal> {
        letter::address(file).map(|(id, _)| id)
    }

    /// Opens an answer with the key that was kept with its request.
    ///
    /// # Errors
    /// [`Refusal::NotTheRequest`] for an answer to anything else, [`Refusal::DemoOnly`], [`Refusal::WiderThanAsked`],
    /// [`Refusal::OwnerSignature`], [`Refusal::SealBroken`], [`Refusal::Malformed`].
    pub fn open(file: &[u8], request: &Request, key: &ReplyKey) -> Result<Self, Refusal> {
        let letter = Letter::open(file, request, key)?;
        if letter.request != request.digest() {
            return Err(Refusal::NotTheRequest);
        }
        request.check_kind(letter.kind)?;
        let pledge = &letter.pledge;
        let grant = &pledge.grant;
        let ours = grant.grantee_key == request.grantee
            && grant.issuer_key == request.issuer
            && grant.device_id == request.device
            && grant.voice_id == request.voice_id
            && grant.revocation_epoch == request.revocation_epoch
            && grant.challenge_nonce == request.nonce(&letter.salt);
        if !ours {
            return Err(Refusal::NotTheRequest);
        }
        request.check_within(pledge.terms())?;
        request.check_words(&pledge.terms)?;
        check_key(&grant.owner_key)?;
        // Whoever asked cannot have answered.
        if grant.owner_key == request.grantee || grant.owner_key == request.issuer {
            return Err(Refusal::OwnRequest);
        }
        Ok(Self { request: request.clone(), letter })
    }

    /// The terms that the owner agreed to.
    #[must_use]
    pub fn terms(&self) -> &Terms {
        self.letter.pledge.terms()
    }

    /// The key that the owner signed with.
    #[must_use]
    pub fn owner(&self) -> &PublicKey {
        &self.letter.pledge.grant.owner_key
    }

    /// The recordings, to be looked at like any others before a voice is made from them.
    #[must_use]
    pub fn samples(&self) -> &[Pcm] {
        &self.letter.samples
    }

    /// Name of the microphone that the owner's machine says it heard; `None` for a file in its place.
    #[must_use]
    pub fn microphone(&self) -> Option<&str> {
        match &self.letter.pledge.evidence.capture {
            Capture::Microphone { name, .. } => Some(name),
            Capture::File => None,
        }
    }

    /// Lets the ear of this machine listen to statement and recordings and applies every rule anew, as if it had been
    /// spoken here. What the other machine measured decides nothing.
    ///
    /// # Errors
    /// [`Refusal::RequestExpired`], [`Refusal::NotYetValid`] for the clocks; [`Refusal::SamplesDiffer`],
    /// [`Refusal::TakeAltered`], [`Refusal::WordsDiffer`] when the sound is not what the owner signed; and the first rule
    /// that did not hold.
    pub fn hear(self, list: WordList, now: u64, witness: &dyn Witness, policy: &Policy) -> Result<Heard, Refusal> {
        let Self { request, letter } = self;
        let Letter { pledge, issued_at, spoken_at, words_shown_at, statement, samples, .. } = letter;
        let grant = &pledge.grant;
        request.check_time(now)?;
        request.check_time(spoken_at)?;
        if spoken_at > now.saturating_add(CLOCK_SLACK_SECONDS) {
            return Err(Refusal::NotYetValid);
        }
        if !(spoken_at..=spoken_at.saturating_add(SIGN_WITHIN_SECONDS)).contains(&grant.not_before) {
            return Err(Refusal::ChallengeExpired);
        }
        let count = samples.len() as u64;
        let sampled = Draft::new(pledge.terms().clone(), list, now)?.samples(samples)?;
        let hashes: Vec<SampleHash> = sampled.hashes().to_vec();
        let root = crate::words::samples_root(&hashes);
        if count != grant.sample_count || hashes.len() as u64 != count || root != Some(grant.samples_root) {
            return Err(Refusal::SamplesDiffer);
        }
        if sampled.agreed().hash() != grant.terms_sha {
            return Err(Refusal::malformed("answer", "comes with other terms than were signed"));
        }
        let take = match &pledge.evidence.capture {
            Capture::File => Take::from_file(statement),
            Capture::Microphone { name, driver } => {
                let seal = TakeSeal::of(&statement)?;
                Take::live(statement, name, driver, seal, words_shown_at, 0)
            }
        };
        let spoken = sampled.spoken_elsewhere(grant.challenge_nonce, issued_at, take, spoken_at)?;
        let matched = spoken.matched(witness, policy)?;
        if matched.statement_sha != grant.statement_sha {
            return Err(Refusal::TakeAltered);
        }
        let evidence = &pledge.evidence;
        if matched.word_indexes[..] != evidence.word_indexes || matched.challenge.words() != evidence.words {
            return Err(Refusal::WordsDiffer);
        }
        Ok(Heard { matched, pledge })
    }
}

/// An answer that this machine has heard too: ready to be countersigned.
#[derive(Debug)]
pub struct Heard {
    matched: Matched,
    pledge: Pledge,
}

/// Key and circumstances of the machine that asked.
pub struct Countersign<'a> {
    /// The program's key.
    pub issuer: &'a IssuerKey,
    /// Unix time in seconds.
    pub now: u64,
    /// Latest time that was ever seen here.
    pub highest_time_seen: u64,
    /// Version of the program.
    pub app_version: &'a str,
    /// Whether a nonce was used for an earlier grant. The library remembers.
    pub nonce_used: &'a dyn Fn(&Nonce) -> bool,
}

/// What came of an answer.
#[derive(Debug)]
pub struct Countersigned {
    /// The grant.
    pub grant: SignedGrant,
    /// The samples it covers.
    pub samples: Vec<Pcm>,
    /// The spoken statement.
    pub statement: Pcm,
}

/// Countersigns, over the owner's signature and over what was heard here.
///
/// # Errors
/// [`Refusal::IssuerUntrusted`] for another library's key, [`Refusal::ClockRollback`], [`Refusal::NotYetValid`],
/// [`Refusal::Expired`], [`Refusal::NonceUsed`], [`Refusal::LiveStatementRequired`] for a file outside the demo,
/// [`Refusal::DemoOnly`].
pub fn countersign(heard: Heard, by: &Countersign<'_>) -> Result<Countersigned, Refusal> {
    let Heard { matched, pledge } = heard;
    let grant = &pledge.grant;
    if by.issuer.public() != grant.issuer_key {
        return Err(Refusal::IssuerUntrusted);
    }
    if by.now.saturating_add(CLOCK_SLACK_SECONDS) < by.highest_time_seen {
        return Err(Refusal::ClockRollback { behind_seconds: by.highest_time_seen - by.now });
    }
    if by.now < grant.not_before {
        return Err(Refusal::NotYetValid);
    }
    if by.now >= grant.not_after {
        return Err(Refusal::Expired);
    }
    if (by.nonce_used)(&grant.challenge_nonce) {
        return Err(Refusal::NonceUsed);
    }
    check_library(matched.take.capture(), pledge.terms(), by.issuer.kind())?;
    let Matched { samples, challenge, word_indexes, take, ear, mut findings, .. } = matched;
    // How the sound came in is the other machine's word.
    findings.not_checked(&["capture_elsewhere"]);
    findings.unchecked.sort();
    let again = Evidence {
        ear,
        words: challenge.words().to_vec(),
        word_indexes: word_indexes.to_vec(),
        scores: findings.scores,
        unchecked: findings.unchecked,
        capture: take.capture().clone(),
        owner_mode: OwnerMode::Elsewhere,
        app_version: by.app_version.to_owned(),
    };
    let grant = pledge.countersign(again, by.issuer);
    if SignedGrant::decode(&grant.encode())? != grant {
        return Err(Refusal::malformed("grant", "does not read back as it was written"));
    }
    Ok(Countersigned { grant, samples, statement: take.into_pcm() })
}
