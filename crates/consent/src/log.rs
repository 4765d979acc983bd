//! The audit log: entries chained by hash and signed one by one. Pure: the library stores the entries and the anchors.
//! Knows no text and no sound; an entry cannot hold any.

use crate::cbor::{Reader, Writer};
use crate::digest::{Hash, sha256};
use crate::keys::{SIGNATURE_LENGTH, verify};
use crate::{GrantId, IssuerKey, PublicKey, Refusal, VoiceId};

const RECORD: &str = "log entry";
const SIGNING: &[u8] = b"vouch/log/v1\0";
const CODE_MOST_BYTES: usize = 64;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $code:literal;)*) => {
        /// What happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum LogKind { $($(#[$doc])* $name,)* }

        impl LogKind {
            /// Stable name.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            fn number(self) -> u64 {
                match self { $(Self::$name => $number,)* }
            }

            fn from_number(number: u64) -> Option<Self> {
                match number { $($number => Some(Self::$name),)* _ => None }
            }
        }
    };
}

kinds! {
    /// A recording came in.
    SampleAdded = 1, "sample_added";
    /// Challenge words were shown.
    ChallengeShown = 2, "challenge_shown";
    /// A try failed.
    ChallengeFailed = 3, "challenge_failed";
    /// Consent was given.
    Granted = 4, "granted";
    /// A voice was used.
    Used = 5, "used";
    /// A use was refused.
    Refused = 6, "refused";
    /// A made file left the library.
    Exported = 7, "exported";
    /// Consent was ended.
    Revoked = 8, "revoked";
    /// A voice was deleted.
    Purged = 9, "purged";
    /// A revocation list came in.
    ListReceived = 10, "list_received";
    /// The clock jumped.
    ClockJump = 11, "clock_jump";
}

/// What an entry says: hashes, names and numbers only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Which grant.
    pub grant_id: Option<GrantId>,
    /// Which voice.
    pub voice_id: Option<VoiceId>,
    /// How much speech, in seconds.
    pub seconds: Option<u64>,
    /// SHA-256 of a text.
    pub text_sha: Option<[u8; 32]>,
    /// SHA-256 of a sample or of what was made.
    pub content_sha: Option<[u8; 32]>,
    /// A refusal's code, or the like: up to 64 lowercase letters, digits and `_`.
    pub code: Option<String>,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    sequence: u64,
    previous: Hash,
    time: u64,
    kind: LogKind,
    facts: Facts,
    signature: [u8; SIGNATURE_LENGTH],
}

/// The end of a log, kept outside it: in the keyring, in receipts. Without one, a log that was cut looks whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchor {
    /// Sequence number of the last entry.
    pub sequence: u64,
    /// Hash of the last entry with its signature.
    pub hash: Hash,
}

/// Signs the entry that follows `end` (none for the first).
///
/// # Errors
/// [`Refusal::Malformed`] when a code in the facts is not a code.
pub fn append(
    end: Option<&Anchor>,
    issuer: &IssuerKey,
    time: u64,
    kind: LogKind,
    facts: Facts,
) -> Result<Entry, Refusal> {
    check(&facts)?;
    let (sequence, previous) = end.map_or((0, [0; 32]), |end| (end.sequence + 1, end.hash));
    let mut entry = Entry { sequence, previous, time, kind, facts, signature: [0; SIGNATURE_LENGTH] };
    entry.signature = issuer.secret.sign(&[SIGNING, &entry.body().finish()]);
    Ok(entry)
}

/// Checks a whole log against its issuer and an anchor, and returns its end (none for an empty log).
///
/// # Errors
/// [`Refusal::LogBroken`] at the first entry that was edited, dropped, reordered or signed by another;
/// [`Refusal::LogCut`] when the anchored entry is not in it: the log was cut, forked, or is an older copy.
pub fn verify_log<'a>(
    entries: impl IntoIterator<Item = &'a Entry>,
    issuer: &PublicKey,
    anchor: Option<&Anchor>,
) -> Result<Option<Anchor>, Refusal> {
    let mut end: Option<Anchor> = None;
    let mut anchored = anchor.is_none();
    for entry in entries {
        let (sequence, previous) = end.map_or((0, [0; 32]), |end| (end.sequence + 1, end.hash));
        let signed = || verify(issuer, &[SIGNING, &entry.body().finish()], &entry.signature);
        if entry.sequence != sequence || entry.previous != previous || !signed() {
            return Err(Refusal::LogBroken { sequence });
        }
        let here = entry.anchor();
        anchored |= anchor == Some(&here);
        end = Some(here);
    }
    match anchor {
        Some(anchor) if !anchored => Err(Refusal::LogCut { sequence: anchor.sequence }),
        _ => Ok(end),
    }
}

impl Entry {
    /// From 0, without gaps.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Unix time in seconds.
    #[must_use]
    pub fn time(&self) -> u64 {
        self.time
    }

    /// What happened.
    #[must_use]
    pub fn kind(&self) -> LogKind {
        self.kind
    }

    /// The particulars.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The log's end if this is its last entry.
    #[must_use]
    pub fn anchor(&self) -> Anchor {
        Anchor { sequence: self.sequence, hash: sha256(&[&self.body().finish(), &self.signature]) }
    }

    /// Canonical bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.body().bytes(20, &self.signature).finish()
    }

    /// Reads canonical bytes; [`verify_log`] checks the signature.
    ///
    /// # Errors
    /// [`Refusal::Malformed`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut reader = Reader::open(RECORD, bytes)?;
        let wrong_length = || Refusal::malformed(RECORD, "has a field of the wrong length");
        let hash = |bytes: Option<&[u8]>| bytes.map(|b| Hash::try_from(b).map_err(|_| wrong_length())).transpose();
        let (sequence, previous, time) = (reader.uint(1)?, reader.fixed(2)?, reader.uint(3)?);
        let kind = LogKind::from_number(reader.uint(4)?).ok_or_else(|| reader.malformed("is of an unknown kind"))?;
        let grant_id = hash(reader.optional_bytes(5)?)?.map(GrantId::from_bytes);
        let voice_id = reader.optional_bytes(6)?.map(|b| b.try_into().map_err(|_| wrong_length())).transpose()?;
        let facts = Facts {
            grant_id,
            voice_id: voice_id.map(VoiceId::from_bytes),
            seconds: reader.optional_uint(7)?,
            text_sha: hash(reader.optional_bytes(8)?)?,
            content_sha: hash(reader.optional_bytes(9)?)?,
            code: reader.optional_text(10)?,
        };
        check(&facts)?;
        let entry = Self { sequence, previous, time, kind, facts, signature: reader.fixed(20)? };
        reader.finish()?;
        Ok(entry)
    }

    fn body(&self) -> Writer {
        let facts = &self.facts;
        let mut writer = Writer::new()
            .uint(1, self.sequence)
            .bytes(2, &self.previous)
            .uint(3, self.time)
            .uint(4, self.kind.number());
        if let Some(grant_id) = &facts.grant_id {
            writer = writer.bytes(5, grant_id.as_bytes());
        }
        if let Some(voice_id) = &facts.voice_id {
            writer = writer.bytes(6, voice_id.as_bytes());
        }
        if let Some(seconds) = facts.seconds {
            writer = writer.uint(7, seconds);
        }
        if let Some(text_sha) = &facts.text_sha {
            writer = writer.bytes(8, text_sha);
        }
        if let Some(content_sha) = &facts.content_sha {
            writer = writer.bytes(9, content_sha);
        }
        if let Some(code) = &facts.code {
            writer = writer.text(10, code);
        }
        writer
    }
}

impl Anchor {
    /// Canonical bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        Writer::new().uint(1, self.sequence).bytes(2, &self.hash).finish()
    }

    /// Reads canonical bytes.
    ///
    /// # Errors
    /// [`Refusal::Malformed`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut reader = Reader::open("log anchor", bytes)?;
        let anchor = Self { sequence: reader.uint(1)?, hash: reader.fixed(2)? };
        reader.finish()?;
        Ok(anchor)
    }
}

/// A code cannot carry a sentence that somebody spoke.
fn check(facts: &Facts) -> Result<(), Refusal> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    match &facts.code {
        Some(code) if code.len() > CODE_MOST_BYTES || !code.chars().all(plain) => {
            Err(Refusal::malformed(RECORD, "has a code that is none"))
        }
        _ => Ok(()),
    }
}
