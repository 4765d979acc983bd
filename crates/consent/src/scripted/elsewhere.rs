//! A consent between two machines: one that asks, one where the owner answers, and what a forger with the owner's key
//! could make of an answer.

use audio::Pcm;

use super::{ScriptedEar, Stage};
use crate::age::ReplyKey;
use crate::answer::letter::{Letter, address};
use crate::grant::Pledge;
use crate::take::Take;
use crate::terms::AgreedTerms;
use crate::{
    Answer, Answered, Asking, Countersign, Countersigned, DeviceId, Evidence, Grant, IssuerKey, IssuerKind, Nonce,
    OwnerKey, PublicKey, Refusal, Reply, Request, SecretKey, Session, Terms, answer, countersign,
};

/// The two machines.
#[derive(Debug)]
pub struct Apart {
    /// The one that asks: its grantee, issuer and device count, and its terms are what is asked for.
    pub here: Stage,
    /// The owner's: its owner and samples count, and its terms are what is agreed to.
    pub there: Stage,
    /// How long there is to answer, in seconds.
    pub open_seconds: u64,
}

impl Apart {
    /// Two machines whose libraries are of one kind.
    #[must_use]
    pub fn new(kind: IssuerKind) -> Self {
        let here = Stage::new(kind);
        let mut there = Stage::new(kind);
        there.owner = OwnerKey::this_installation(SecretKey::from_seed(&[11; 32])).elsewhere();
        there.issuer = IssuerKey::new(SecretKey::from_seed(&[13; 32]), kind);
        there.grantee = SecretKey::from_seed(&[12; 32]);
        there.device = DeviceId::of(&PublicKey::from_bytes([14; 32]), b"another machine");
        there.now += 3600;
        Self { here, there, open_seconds: 14 * 86_400 }
    }

    /// What is asked, and what opens the answer. `seed` makes one request differ from another.
    ///
    /// # Errors
    /// Whatever the terms are refused for.
    pub fn request(&self, seed: u8) -> Result<(Request, ReplyKey), Refusal> {
        let asking = Asking {
            terms: self.here.terms.clone(),
            kind: self.here.issuer.kind(),
            issuer: self.here.issuer.public(),
            device: self.here.device,
            revocation_epoch: 3,
            made_at: self.here.now,
            answer_by: self.here.now + self.open_seconds,
        };
        let mut next = seed;
        let mut entropy = |bytes: &mut [u8]| {
            next = next.wrapping_add(1);
            bytes.fill(next);
        };
        Request::ask(asking, &Stage::word_list(), &self.here.grantee, &mut entropy)
    }

    /// The owner's ceremony for a request.
    ///
    /// # Errors
    /// Whatever it is refused for.
    pub fn play(&self, request: &Request, take: Take, ear: &ScriptedEar) -> Result<Answered, Refusal> {
        let salt = Nonce::from_bytes([8; 32]);
        let sampled = self.there.sampled()?;
        let challenge = sampled.challenge(&mut Session::new(), request.nonce(&salt), self.there.now)?;
        let spoken = sampled.spoken(challenge, take, self.there.now + 40)?;
        let reply = Reply {
            request,
            salt: &salt,
            owner: &self.there.owner,
            issuer: &self.there.issuer,
            now: self.there.now + 60,
            highest_time_seen: self.there.now + 50,
            app_version: "0.1.0",
        };
        answer(spoken.matched(ear, &Stage::policy())?, &reply, &mut |bytes: &mut [u8]| bytes.fill(21))
    }

    /// The same, going well.
    ///
    /// # Errors
    /// Whatever it is refused for.
    pub fn answered(&self, request: &Request) -> Result<Answered, Refusal> {
        self.play(request, self.there.take(), &ScriptedEar::strong())
    }

    /// What the machine that asked makes of a file, an hour after it was written.
    ///
    /// # Errors
    /// Whatever it is refused for.
    pub fn import(
        &self,
        file: &[u8],
        (request, key): &(Request, ReplyKey),
        ear: &ScriptedEar,
    ) -> Result<Countersigned, Refusal> {
        let now = self.there.now + 7200;
        let heard = Answer::open(file, request, key)?.hear(Stage::word_list(), now, ear, &Stage::policy())?;
        countersign(heard, &self.by(now))
    }

    /// Key and circumstances of the countersigning.
    #[must_use]
    pub fn by(&self, now: u64) -> Countersign<'_> {
        Countersign {
            issuer: &self.here.issuer,
            now,
            highest_time_seen: now - 10,
            app_version: "0.1.0",
            nonce_used: &|_| false,
        }
    }

    /// What is encrypted in an answer.
    ///
    /// # Errors
    /// Whatever it does not open for.
    pub fn plain(file: &[u8], key: &ReplyKey) -> Result<Vec<u8>, Refusal> {
        Ok(crate::age::open_with(address(file)?.1, key)?.to_vec())
    }

    /// Whether bytes read as the letter of an answer that its owner signed.
    #[must_use]
    pub fn reads(plain: &[u8]) -> bool {
        Letter::decode(plain).is_ok()
    }

    /// An answer with other bytes in it: anybody can encrypt for the one who asked.
    ///
    /// # Errors
    /// [`Refusal::WeakKey`].
    pub fn envelope(plain: &[u8], request: &Request) -> Result<Vec<u8>, Refusal> {
        crate::answer::letter::envelope(plain, request, &mut |bytes: &mut [u8]| bytes.fill(22))
    }

    /// An answer as an owner's machine could write it that keeps to no rule: everything is signed anew with the owner's
    /// key, and what the record says twice agrees.
    ///
    /// # Errors
    /// Whatever the answer does not open for.
    pub fn forge(
        &self,
        file: &[u8],
        (request, key): &(Request, ReplyKey),
        change: impl FnOnce(&mut Forged),
    ) -> Result<Vec<u8>, Refusal> {
        let Letter { request: digest, kind, salt, pledge, issued_at, spoken_at, words_shown_at, statement, samples } =
            Letter::open(file, request, key)?;
        let Pledge { grant, terms: AgreedTerms { terms, word_list, word_list_length }, evidence, .. } = pledge;
        let mut forged =
            Forged { grant, terms, evidence, kind, issued_at, spoken_at, words_shown_at, statement, samples };
        change(&mut forged);
        let Forged { mut grant, terms, evidence, kind, issued_at, spoken_at, words_shown_at, statement, samples } =
            forged;
        let terms = AgreedTerms { terms, word_list, word_list_length };
        grant.terms_sha = terms.hash();
        grant.evidence_sha = evidence.hash();
        grant.purpose.clone_from(&terms.terms.purpose);
        grant.scopes = terms.terms.scopes;
        grant.not_after = terms.terms.until.end();
        grant.audiences = terms.audience_texts();
        let pledge = Pledge::sign(grant, terms, evidence, self.there.owner.secret());
        let letter =
            Letter { request: digest, kind, salt, pledge, issued_at, spoken_at, words_shown_at, statement, samples };
        letter.seal(request, self.there.owner.secret(), &mut |bytes: &mut [u8]| bytes.fill(23))
    }
}

/// What a forger may change of an answer.
#[derive(Debug)]
pub struct Forged {
    /// The record.
    pub grant: Grant,
    /// The terms.
    pub terms: Terms,
    /// What the owner's machine says that it measured.
    pub evidence: Evidence,
    /// Kind of the owner's library.
    pub kind: IssuerKind,
    /// When the words were drawn.
    pub issued_at: u64,
    /// When they were spoken.
    pub spoken_at: u64,
    /// When each was shown.
    pub words_shown_at: Vec<f64>,
    /// The statement.
    pub statement: Pcm,
    /// The samples.
    pub samples: Vec<Pcm>,
}
