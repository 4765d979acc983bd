//! Consent: the only maker of the key to a person's voice. It turns a spoken, checked and signed statement into a grant,
//! and a grant into an [`Authorized`] for one use; whatever else wants to speak with somebody's voice needs that key.
//!
//! It knows no file, database, network, clock or device: time, randomness and the ear come in as arguments, and every
//! record goes out as bytes for others to keep.

pub mod age;
mod answer;
mod authorize;
mod cbor;
mod ceremony;
mod date;
mod digest;
mod enroll;
mod entropy;
mod evidence;
mod grant;
mod id;
mod keys;
mod language;
pub mod log;
mod policy;
mod receipt;
mod refusal;
mod request;
mod revocation;
mod rules;
mod scope;
#[cfg(feature = "scripted")]
pub mod scripted;
mod stretch;
mod take;
mod terms;
pub mod vault;
mod witness;
mod words;

pub use answer::{Answer, Answered, Countersign, Countersigned, Heard, Reply, answer, countersign};
pub use authorize::{
    Authorized, CLOCK_SLACK_SECONDS, ConsentedSample, Context, KEY_SECONDS, LIST_AGE_SECONDS, SpeechKey, authorize,
    authorize_speech,
};
pub use ceremony::{
    CHALLENGE_SECONDS, Challenge, Draft, Matched, Miss, PAUSE_SECONDS, SAMPLES_MOST, Sampled, Session, Spoken, TRIES,
};
pub use date::Date;
pub use enroll::{Granted, Issue, enroll};
pub use entropy::{Entropy, SystemEntropy};
pub use evidence::{Capture, Evidence, SCORE_SCALE};
pub use grant::{Grant, Pledge, RENEWAL_SECONDS, SignedGrant};
pub use id::{DeviceId, GrantId, Nonce, PublicKey, RequestId, SampleHash, VoiceId};
pub use keys::{IssuerKey, IssuerKind, OwnerKey, OwnerMode, SecretKey, TrustList};
pub use language::Language;
pub use policy::{BundledCard, Policy};
pub use receipt::{AnswerReceipt, Receipt, revocation_of};
pub use refusal::Refusal;
pub use request::{Asking, REQUEST_MOST_DAYS, Request};
pub use revocation::{Purge, PurgeStep, Revocation, RevocationList, RevokedBy};
pub use scope::{Commercial, Convert, Dub, ExportVoice, Live, Remote, Scope, Scopes, Train, Tts};
pub use stretch::{PASSPHRASE_LEAST, Stretch};
pub use take::{RunningHash, Take, TakeSeal};
pub use terms::{Audience, LANGUAGES_MOST, LONGEST_DAYS, PROPOSED_MONTHS, Terms};
pub use witness::{Claim, Comparison, EarFault, EarId, HeardWord, Hearing, Standing, Strength, Voiceprint, Witness};
pub use words::{WORD_COUNT, WordList};
