//! Every way in which consent says no, each with its own code and what to do about it.

use thiserror::Error;

/// Why something was refused. The variants up to [`Refusal::NonceUsed`] stand in the order in which a grant is checked.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Bytes that are not a record in its one canonical form.
    #[error("the {record} {what}")]
    Malformed {
        /// Which record.
        record: &'static str,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The grant was countersigned by a key that is not on the trust list.
    #[error("the consent was issued by a program that is not trusted here")]
    IssuerUntrusted,
    /// The owner did not sign this.
    #[error("the owner's signature does not fit the consent")]
    OwnerSignature,
    /// The issuer did not sign this.
    #[error("the issuer's signature does not fit the consent")]
    IssuerSignature,
    /// The grant would hold longer than a year.
    #[error("the consent would hold for more than 366 days")]
    SpanTooLong,
    /// The clock shows a time that had passed already.
    #[error("the clock was set back: {behind_seconds} s behind the latest time seen")]
    ClockRollback {
        /// How far behind.
        behind_seconds: u64,
    },
    /// The grant begins later.
    #[error("the consent does not hold yet")]
    NotYetValid,
    /// The grant ended.
    #[error("the consent has ended")]
    Expired,
    /// The revocation list is not signed by a trusted issuer.
    #[error("the list of revoked consents is not signed by a trusted key")]
    ListSignature,
    /// The revocation list is an older one than was seen before.
    #[error("the list of revoked consents is an old one (number {found}, at least {needed} is known)")]
    ListRolledBack {
        /// Epoch of the list.
        found: u64,
        /// Least epoch it must have.
        needed: u64,
    },
    /// The revocation list was not renewed in time.
    #[error("the list of revoked consents is {age_seconds} s old")]
    ListStale {
        /// How old.
        age_seconds: u64,
    },
    /// The owner, the grantee or the cluster ended the grant.
    #[error("the consent was revoked")]
    Revoked,
    /// The grant was given to somebody else.
    #[error("the consent was given to somebody else")]
    WrongGrantee,
    /// The grant holds on another machine.
    #[error("the consent was given for another machine")]
    WrongDevice,
    /// The grant does not hold at this place.
    #[error("the consent was not given for use at this place")]
    WrongAudience,
    /// The grant does not allow this.
    #[error("the consent does not allow {scope}")]
    ScopeNotGranted {
        /// What was asked for.
        scope: String,
    },
    /// The grant does not allow speech in this language.
    #[error("the consent does not cover speech in {language}")]
    LanguageNotGranted {
        /// Its English name, or its tag in quotation marks.
        language: String,
    },
    /// What a demo library makes stays in it.
    #[error("a demo consent never leaves the demo library")]
    DemoOnly,
    /// Everything allowed has been made.
    #[error("the consent allows {cap_seconds} s of speech, and {made_seconds} s have been made")]
    CapReached {
        /// Allowed.
        cap_seconds: u64,
        /// Made so far.
        made_seconds: u64,
    },
    /// The samples at hand are not exactly those that the owner agreed to.
    #[error("the recordings are not exactly the ones that the consent was given for")]
    SamplesDiffer,
    /// The words in the record are not those that follow from its other fields.
    #[error("the spoken words do not belong to this consent")]
    WordsDiffer,
    /// The words were already used for another consent.
    #[error("these challenge words were used before")]
    NonceUsed,

    /// A recording that the grant does not cover.
    #[error("this recording is not one that the consent was given for")]
    NotCovered,
    /// The key was made too long ago.
    #[error("the right to use this voice was checked too long ago")]
    KeyExpired,

    /// Terms that cannot be agreed to.
    #[error("the terms cannot be used: {what}")]
    Terms {
        /// What is missing or wrong.
        what: &'static str,
    },
    /// No reviewed statement, or no ear, for this language.
    #[error("there is no consent statement in {language:?} that this ear can check")]
    Language {
        /// Asked for.
        language: String,
    },
    /// No language that a consent can name.
    #[error("{language:?} is no language that a consent can name")]
    LanguageUnknown {
        /// As it was given, shortened.
        language: String,
    },
    /// A word list that must not be used.
    #[error("the word list cannot be used: {what}")]
    WordList {
        /// What is wrong.
        what: &'static str,
    },
    /// Nothing to make a voice from, or far too much.
    #[error("{count} recordings were given; it takes 1 to {most}")]
    SampleCount {
        /// Given.
        count: usize,
        /// Most that a grant can cover.
        most: usize,
    },
    /// Too little speech.
    #[error("{what} holds {seconds:.1} s of speech; it takes at least {least_seconds:.0} s")]
    TooShort {
        /// Which recording.
        what: String,
        /// Found.
        seconds: f64,
        /// Needed.
        least_seconds: f64,
    },
    /// The words were shown too long ago, or are shown in the future.
    #[error("the challenge words are older than five minutes")]
    ChallengeExpired,
    /// The challenge does not belong to these terms and recordings.
    #[error("the challenge does not belong to these terms and recordings")]
    ChallengeMismatch,
    /// Three tries are over.
    #[error("three tries were used; the next is possible in {wait_seconds} s")]
    TooManyTries {
        /// How long to wait.
        wait_seconds: u64,
    },
    /// The sound is not what was captured.
    #[error("the recording was changed after it was made")]
    TakeAltered,
    /// Sound was lost on the way from the microphone.
    #[error("{frames} frames of the recording were lost")]
    FramesDropped {
        /// How many.
        frames: u64,
    },
    /// A join of digital silence.
    #[error("the recording has a cut at {seconds:.2} s")]
    Spliced {
        /// Where.
        seconds: f64,
    },
    /// The microphone is no microphone.
    #[error("the input {name:?} is a virtual cable, not a microphone")]
    VirtualDevice {
        /// Name of the device.
        name: String,
    },
    /// A statement from a file, outside the demo.
    #[error("the statement came from a file; consent is spoken live")]
    LiveStatementRequired,
    /// Something other than the statement was heard.
    #[error("the statement was not heard as it is written")]
    StatementNotHeard,
    /// The statement was heard with a negation in it or without its "allow".
    #[error("the statement was heard as a refusal")]
    StatementNegated,
    /// The words were not all heard in order.
    #[error("the challenge words were not all heard in order")]
    WordsNotHeard,
    /// A name was heard differently.
    #[error("the {whose} name was not heard as it is written")]
    NameNotHeard {
        /// "owner's" or "grantee's".
        whose: &'static str,
    },
    /// The date was heard differently.
    #[error("the end date was not heard as it is written")]
    DateNotHeard,
    /// The languages to dub into were heard differently.
    #[error("the languages to dub into were not heard as they are written")]
    LanguagesNotHeard,
    /// The purpose was heard differently.
    #[error("the purpose was not heard as it is written")]
    PurposeNotHeard,
    /// A word was spoken before it was shown, or long after.
    #[error("word {number} was spoken before it was shown or too long after")]
    WordTiming {
        /// From 1.
        number: usize,
    },
    /// The ear could not say when the words were spoken, and the rules need it.
    #[error("it could not be told when the challenge words were spoken")]
    TimingUnknown,
    /// A sample has somebody else's voice in it.
    #[error("recording {number} is not all spoken by the person who gave consent")]
    OtherSpeaker {
        /// From 1.
        number: usize,
    },
    /// Two people shared the statement.
    #[error("the statement was not all spoken by one person")]
    TwoSpeakers,
    /// The recogniser failed or answered with something else than was asked.
    #[error("the recogniser could not judge the recording: {why}")]
    EarFailed {
        /// What it said.
        why: String,
    },
    /// These scopes need an owner at another machine.
    #[error("this permission can only be given by an owner on a machine of their own")]
    OwnerElsewhere,

    /// The request for consent was changed after it was signed.
    #[error("the request was changed after it was made")]
    RequestSignature,
    /// Too late for an answer.
    #[error("the request for consent was to be answered earlier")]
    RequestExpired,
    /// An answer to something that this library did not ask.
    #[error("this does not answer a request of this library")]
    NotTheRequest,
    /// A request is answered once.
    #[error("this request was answered before")]
    AlreadyAnswered,
    /// More is allowed than was asked for.
    #[error("the answer goes beyond the request: {what}")]
    WiderThanAsked {
        /// Where.
        what: &'static str,
    },
    /// Asked and answered in the same library.
    #[error("this library asked for the consent itself; an owner elsewhere answers in a library of their own")]
    OwnRequest,

    /// A key of low order, for which anyone can sign.
    #[error("the signing key is a weak one")]
    WeakKey,
    /// A revocation signed by nobody who may.
    #[error("the revocation is not signed by somebody who may revoke this consent")]
    RevocationSignature,
    /// The log was edited, reordered or had entries taken out.
    #[error("the log was changed at entry {sequence}")]
    LogBroken {
        /// First entry that does not fit.
        sequence: u64,
    },
    /// The log ends before, or forks away from, an entry that is known to have been written.
    #[error("the log is not the one that was anchored at entry {sequence}")]
    LogCut {
        /// The anchored entry.
        sequence: u64,
    },
    /// A key or passphrase that does not open this.
    #[error("the passphrase or key does not open this")]
    WrongKey,
    /// Sealed bytes that were changed, cut or belong to something else.
    #[error("the encrypted data is damaged or belongs to something else")]
    SealBroken,
    /// Passphrase parameters outside what is safe.
    #[error("the passphrase cannot be used: {what}")]
    Passphrase {
        /// What is wrong.
        what: &'static str,
    },
    /// The system has no randomness.
    #[error("the system gave no random bytes")]
    Randomness,
}

impl Refusal {
    pub(crate) fn malformed(record: &'static str, what: &'static str) -> Self {
        Self::Malformed { record, what }
    }

    /// Stable name of the reason, the same at every door.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code_and_fix().0
    }

    /// What a person can do about it.
    #[must_use]
    pub fn fix(&self) -> String {
        self.code_and_fix().1.to_owned()
    }

    fn code_and_fix(&self) -> (&'static str, &'static str) {
        const RENEW: &str = "give consent again";
        const RECORD: &str = "record again in one go, straight from a microphone";
        const READ: &str = "read the sentence and the new words aloud, clearly and in order, in a quiet room";
        match self {
            Self::Malformed { .. } => {
                ("malformed_record", "use the file as it was written; a changed one is never accepted")
            }
            Self::IssuerUntrusted => {
                ("issuer_untrusted", "give consent in this library; one from another program does not count here")
            }
            Self::OwnerSignature => ("owner_signature", RENEW),
            Self::IssuerSignature => ("issuer_signature", RENEW),
            Self::SpanTooLong => ("span_too_long", "choose an end date within a year"),
            Self::ClockRollback { .. } => ("clock_rollback", "set the clock of this machine right"),
            Self::NotYetValid => ("not_yet_valid", "wait until the consent begins, or check the clock"),
            Self::Expired => ("expired", "ask the owner to renew the consent: new words, same recordings"),
            Self::ListSignature => ("revocation_list_signature", "fetch the list again from the library that keeps it"),
            Self::ListRolledBack { .. } => ("revocation_list_rolled_back", "fetch the newest list of revoked consents"),
            Self::ListStale { .. } => {
                ("revocation_list_stale", "connect, so that the list of revoked consents can be renewed")
            }
            Self::Revoked => ("revoked", "the voice cannot be used any more; only its owner can give consent anew"),
            Self::WrongGrantee => ("wrong_grantee", "ask the owner for consent of your own"),
            Self::WrongDevice => {
                ("wrong_device", "use the machine that the consent names, or give consent on this one")
            }
            Self::WrongAudience => ("wrong_audience", "use it where the consent says, or give consent for this place"),
            Self::ScopeNotGranted { .. } => ("scope_not_granted", "ask the owner for consent that includes it"),
            Self::LanguageNotGranted { .. } => (
                "language_not_granted",
                "ask the owner for a new consent that names this language to dub into (`--dub-into` at the challenge)",
            ),
            Self::DemoOnly => ("demo_only", "make a normal library and give consent there"),
            Self::CapReached { .. } => ("cap_reached", "ask the owner for a new consent with a higher limit"),
            Self::SamplesDiffer => {
                ("samples_differ", "restore the original recordings, or give consent for the new ones")
            }
            Self::WordsDiffer => ("words_differ", RENEW),
            Self::NonceUsed => ("nonce_used", "start again with new words"),
            Self::NotCovered => ("sample_not_covered", "use a recording that the consent was given for"),
            Self::KeyExpired => ("key_expired", "check the consent again"),
            Self::Terms { .. } => ("terms_incomplete", "correct the terms"),
            Self::Language { .. } => {
                ("language_unsupported", "give consent in English, or install the stronger recogniser")
            }
            Self::LanguageUnknown { .. } => {
                ("language_unknown", "name each language by its two- or three-letter tag, such as de, fr or es")
            }
            Self::WordList { .. } => ("word_list_unfit", "use the word list that came with the program"),
            Self::SampleCount { .. } => ("sample_count", "choose the recordings to make the voice from"),
            Self::TooShort { .. } => ("too_short", "record more speech"),
            Self::ChallengeExpired => ("challenge_expired", "start again with new words"),
            Self::ChallengeMismatch => ("challenge_mismatch", "start again with new words"),
            Self::TooManyTries { .. } => ("too_many_tries", "wait, find a quieter room, then try with new words"),
            Self::TakeAltered => ("take_altered", RECORD),
            Self::FramesDropped { .. } => ("frames_dropped", "close other programs and record again"),
            Self::Spliced { .. } => ("take_spliced", RECORD),
            Self::VirtualDevice { .. } => ("virtual_device", "choose a real microphone"),
            Self::LiveStatementRequired => {
                ("live_statement_required", "let the owner speak the statement into the microphone")
            }
            Self::StatementNotHeard => ("statement_not_heard", READ),
            Self::StatementNegated => {
                ("statement_negated", "nothing was made; read the sentence as it is written only if you agree")
            }
            Self::WordsNotHeard => ("words_not_heard", READ),
            Self::NameNotHeard { .. } => ("name_not_heard", READ),
            Self::DateNotHeard => ("date_not_heard", READ),
            Self::LanguagesNotHeard => ("languages_not_heard", READ),
            Self::PurposeNotHeard => ("purpose_not_heard", READ),
            Self::WordTiming { .. } => ("word_timing", "say each word when it appears"),
            Self::TimingUnknown => ("timing_unknown", READ),
            Self::OtherSpeaker { .. } => {
                ("other_speaker", "use only recordings of the person who gives consent, without other voices")
            }
            Self::TwoSpeakers => ("two_speakers", "let the owner read everything alone"),
            Self::EarFailed { .. } => ("ear_failed", "try again; if it stays, install the stronger recogniser"),
            Self::OwnerElsewhere => ("owner_elsewhere_required", "leave this permission out"),
            Self::RequestSignature => ("request_signature", "ask for the file again; a changed one is never answered"),
            Self::RequestExpired => ("request_expired", "make a new request, and have it answered in time"),
            Self::NotTheRequest => (
                "not_the_request",
                "bring the answer to the library that asked, or ask for a new one from this library",
            ),
            Self::AlreadyAnswered => ("already_answered", "make a new request for a new consent"),
            Self::WiderThanAsked { .. } => {
                ("wider_than_asked", "answer with what was asked for or less, or have a new request made")
            }
            Self::OwnRequest => {
                ("own_request", "send the file to the owner, or give consent here with `vouch voice challenge`")
            }
            Self::WeakKey => ("weak_key", "make a new key"),
            Self::RevocationSignature => {
                ("revocation_signature", "revoke with the receipt, the owner's key or the grantee's library")
            }
            Self::LogBroken { .. } => ("log_broken", "restore the library from a backup made before the change"),
            Self::LogCut { .. } => ("log_cut", "restore the newest copy of the library"),
            Self::WrongKey => ("wrong_key", "check the passphrase"),
            Self::SealBroken => ("seal_broken", "restore the library from a backup"),
            Self::Passphrase { .. } => ("passphrase_unfit", "choose another passphrase"),
            Self::Randomness => ("randomness_unavailable", "try again; the operating system must provide random bytes"),
        }
    }
}
