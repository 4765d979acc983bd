//! The request for consent: what a grantee asks of an owner who sits at another machine. A small file without secrets,
//! signed by the grantee; what comes back can be opened by the library that asked, and by nobody else. Knows no storage.

use crate::age::{Recipient, ReplyKey};
use crate::cbor::{Reader, Writer};
use crate::digest::{Hash, tagged};
use crate::keys::{SIGNATURE_LENGTH, SecretKey, check as check_key, verify};
use crate::terms::{AgreedTerms, Terms};
use crate::{DeviceId, Entropy, IssuerKind, Nonce, PublicKey, Refusal, RequestId, VoiceId, WordList};

const RECORD: &str = "request";
const SCHEMA: u64 = 1;
const SIGNING: &[u8] = b"vouch/consent-request/v1\0";
const BYTES_MOST: usize = 16 * 1024;
/// Longest time that a request can be answered in, in days.
pub const REQUEST_MOST_DAYS: u64 = 60;

/// What a grantee fills in.
#[derive(Debug, Clone)]
pub struct Asking {
    /// The terms that are asked for. That the owner is an adult is asked for too; the owner is the one who says so.
    pub terms: Terms,
    /// Demo libraries ask demo libraries.
    pub kind: IssuerKind,
    /// Who will countersign.
    pub issuer: PublicKey,
    /// On which machine the voice will be.
    pub device: DeviceId,
    /// Epoch of the revocation list there.
    pub revocation_epoch: u64,
    /// Now, Unix time.
    pub made_at: u64,
    /// First second at which an answer is too late, Unix time.
    pub answer_by: u64,
}

/// A request for consent, signed by the grantee that it names.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    id: RequestId,
    kind: IssuerKind,
    terms: AgreedTerms,
    pub(crate) grantee: PublicKey,
    pub(crate) issuer: PublicKey,
    pub(crate) device: DeviceId,
    pub(crate) recipient: Recipient,
    pub(crate) voice_id: VoiceId,
    pub(crate) revocation_epoch: u64,
    made_at: u64,
    answer_by: u64,
    signature: [u8; SIGNATURE_LENGTH],
}

impl Request {
    /// Asks. The key that comes with it opens the answer; it stays where the question came from.
    ///
    /// # Errors
    /// [`Refusal::Terms`], [`Refusal::SpanTooLong`] and the like for terms that nobody could agree to,
    /// [`Refusal::RequestExpired`] when the time to answer is none or too long, [`Refusal::Randomness`].
    pub fn ask(
        asking: Asking,
        list: &WordList,
        grantee: &SecretKey,
        entropy: &mut dyn Entropy,
    ) -> Result<(Self, ReplyKey), Refusal> {
        let Asking { terms, kind, issuer, device, revocation_epoch, made_at, answer_by } = asking;
        let key = ReplyKey::random(entropy)?;
        let mut request = Self {
            id: RequestId::random(entropy)?,
            kind,
            terms: terms.agree(list, made_at)?,
            grantee: grantee.public(),
            issuer,
            device,
            recipient: key.recipient(),
            voice_id: VoiceId::random(entropy)?,
            revocation_epoch,
            made_at,
            answer_by,
            signature: [0; SIGNATURE_LENGTH],
        };
        request.signature = grantee.sign(&[SIGNING, &request.body().finish()]);
        // What would not be read back must not be handed out.
        Ok((Self::decode(&request.encode())?, key))
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> &RequestId {
        &self.id
    }

    /// The terms that are asked for.
    #[must_use]
    pub fn terms(&self) -> &Terms {
        &self.terms.terms
    }

    /// First second at which an answer is too late, Unix time.
    #[must_use]
    pub fn answer_by(&self) -> u64 {
        self.answer_by
    }

    /// Whether it comes from a demo library.
    #[must_use]
    pub fn is_demo(&self) -> bool {
        self.kind == IssuerKind::Demo
    }

    /// What both sides can read to each other, to be sure that it is the same request: nothing in it proves a name.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let digits = hex::encode(&self.digest()[..8]);
        format!("{} {} {} {}", &digits[..4], &digits[4..8], &digits[8..12], &digits[12..])
    }

    /// Whether a library of one kind, with this key of its own, may answer it now.
    ///
    /// # Errors
    /// [`Refusal::OwnRequest`], [`Refusal::DemoOnly`], [`Refusal::NotYetValid`] for one from the future,
    /// [`Refusal::RequestExpired`].
    pub fn check_answerable(&self, issuer: &PublicKey, kind: IssuerKind, now: u64) -> Result<(), Refusal> {
        if *issuer == self.issuer {
            return Err(Refusal::OwnRequest);
        }
        self.check_kind(kind)?;
        self.check_time(now)
    }

    /// Whether terms are what was asked for, or less.
    ///
    /// # Errors
    /// [`Refusal::NotTheRequest`] for other people or another purpose, [`Refusal::WiderThanAsked`] for more.
    pub fn check_within(&self, answer: &Terms) -> Result<(), Refusal> {
        let asked = &self.terms.terms;
        let same = answer.owner_name == asked.owner_name
            && answer.grantee_name == asked.grantee_name
            && answer.purpose == asked.purpose
            && answer.language == asked.language;
        if !same {
            return Err(Refusal::NotTheRequest);
        }
        let wider = |what| Err(Refusal::WiderThanAsked { what });
        if !asked.scopes.contains(answer.scopes) {
            return wider("it allows something that was not asked for");
        }
        if !answer.dub_into.iter().all(|language| asked.dub_into.contains(language)) {
            return wider("it names a language that was not asked for");
        }
        if !answer.audiences.iter().all(|audience| asked.audiences.contains(audience)) {
            return wider("it names a place that was not asked for");
        }
        if answer.until > asked.until {
            return wider("it ends later");
        }
        if answer.cap_hours > asked.cap_hours {
            return wider("it allows more hours");
        }
        Ok(())
    }

    /// The nonce of one try of its answer: the challenge words follow from the request too.
    #[must_use]
    pub fn nonce(&self, salt: &Nonce) -> Nonce {
        Nonce::from_bytes(tagged("vouch/answer-nonce/v1", &[&self.digest(), salt.as_bytes()]))
    }

    /// Canonical bytes, for a file.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.body().bytes(14, &self.signature).finish()
    }

    /// Reads canonical bytes that the grantee in them signed.
    ///
    /// # Errors
    /// [`Refusal::Malformed`], [`Refusal::WeakKey`], [`Refusal::RequestExpired`] for an impossible time to answer,
    /// [`Refusal::RequestSignature`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() > BYTES_MOST {
            return Err(Refusal::malformed(RECORD, "is too long"));
        }
        let mut reader = Reader::open(RECORD, bytes)?;
        if reader.uint(1)? != SCHEMA {
            return Err(reader.malformed("has a schema that this version does not know"));
        }
        let id = RequestId::from_bytes(reader.fixed(2)?);
        let kind = match reader.uint(3)? {
            1 => IssuerKind::Normal,
            2 => IssuerKind::Demo,
            _ => return Err(reader.malformed("is of a kind that this version does not know")),
        };
        let request = Self {
            id,
            kind,
            terms: AgreedTerms::decode(reader.bytes(4)?)?,
            grantee: PublicKey::from_bytes(reader.fixed(5)?),
            issuer: PublicKey::from_bytes(reader.fixed(6)?),
            device: DeviceId::from_bytes(reader.fixed(7)?),
            recipient: Recipient::from_bytes(reader.fixed(8)?)?,
            voice_id: VoiceId::from_bytes(reader.fixed(9)?),
            revocation_epoch: reader.uint(10)?,
            made_at: reader.uint(11)?,
            answer_by: reader.uint(12)?,
            signature: reader.fixed(14)?,
        };
        reader.finish()?;
        check_key(&request.grantee)?;
        check_key(&request.issuer)?;
        if !verify(&request.grantee, &[SIGNING, &request.body().finish()], &request.signature) {
            return Err(Refusal::RequestSignature);
        }
        let open = request.answer_by.checked_sub(request.made_at);
        if open.is_none_or(|seconds| seconds == 0 || seconds > REQUEST_MOST_DAYS * 86_400) {
            return Err(Refusal::RequestExpired);
        }
        Ok(request)
    }

    pub(crate) fn digest(&self) -> Hash {
        tagged("vouch/consent-request-digest/v1", &[&self.encode()])
    }

    pub(crate) fn check_kind(&self, kind: IssuerKind) -> Result<(), Refusal> {
        if self.kind == kind { Ok(()) } else { Err(Refusal::DemoOnly) }
    }

    pub(crate) fn kind(&self) -> IssuerKind {
        self.kind
    }

    /// Whether a moment lies within the time to answer, give or take what clocks differ by.
    pub(crate) fn check_time(&self, at: u64) -> Result<(), Refusal> {
        if at.saturating_add(crate::CLOCK_SLACK_SECONDS) < self.made_at {
            return Err(Refusal::NotYetValid);
        }
        if at >= self.answer_by { Err(Refusal::RequestExpired) } else { Ok(()) }
    }

    /// Whether terms are bound to the words that were asked with: another list has other words at the same places.
    pub(crate) fn check_words(&self, answer: &AgreedTerms) -> Result<(), Refusal> {
        if (answer.word_list, answer.word_list_length) == (self.terms.word_list, self.terms.word_list_length) {
            Ok(())
        } else {
            Err(Refusal::WordList { what: "it is not the one that the request was made with" })
        }
    }

    fn body(&self) -> Writer {
        let kind = if self.kind == IssuerKind::Normal { 1 } else { 2 };
        Writer::new()
            .uint(1, SCHEMA)
            .bytes(2, self.id.as_bytes())
            .uint(3, kind)
            .bytes(4, &self.terms.encode())
            .bytes(5, self.grantee.as_bytes())
            .bytes(6, self.issuer.as_bytes())
            .bytes(7, self.device.as_bytes())
            .bytes(8, self.recipient.as_bytes())
            .bytes(9, self.voice_id.as_bytes())
            .uint(10, self.revocation_epoch)
            .uint(11, self.made_at)
            .uint(12, self.answer_by)
    }
}
