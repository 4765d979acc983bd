//! The ceremony as types: terms, then samples, then the spoken statement, then the match. Each step consumes the one
//! before, so none can be left out; a failed try gives the samples back for another with fresh words.

use audio::Pcm;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::digest::{Hash, tagged};
use crate::policy::Policy;
use crate::rules::{self, Findings, check_length};
use crate::take::Take;
use crate::terms::{AgreedTerms, Terms};
use crate::witness::{Claim, EarId, Strength, Witness};
use crate::words::{WORD_COUNT, WordList, indexes, samples_root};
use crate::{Capture, Entropy, Nonce, Refusal, SampleHash};

/// Most samples that one grant covers.
pub const SAMPLES_MOST: usize = 64;
/// How long challenge words can be spoken, in seconds.
pub const CHALLENGE_SECONDS: u64 = 300;
/// Tries in one session.
pub const TRIES: usize = 3;
/// Pause after a session of tries, in seconds.
pub const PAUSE_SECONDS: u64 = 600;
const GAP_SECONDS: std::ops::Range<f64> = 0.9..1.8;

/// Terms that passed their checks.
#[derive(Debug)]
pub struct Draft {
    terms: AgreedTerms,
    list: WordList,
}

impl Draft {
    /// Checks the terms and binds them to the word list.
    ///
    /// # Errors
    /// [`Refusal::Terms`], [`Refusal::Language`], [`Refusal::SpanTooLong`].
    pub fn new(terms: Terms, list: WordList, now: u64) -> Result<Self, Refusal> {
        Ok(Self { terms: terms.agree(&list, now)?, list })
    }

    /// The terms, normalised.
    #[must_use]
    pub fn terms(&self) -> &Terms {
        &self.terms.terms
    }

    /// Adds the recordings that the voice will be made from. A recording that is given twice counts once.
    ///
    /// # Errors
    /// [`Refusal::SampleCount`], [`Refusal::TooShort`].
    pub fn samples(self, samples: Vec<Pcm>) -> Result<Sampled, Refusal> {
        let count = samples.len();
        let mut hashes: Vec<SampleHash> = Vec::new();
        let mut kept = Vec::new();
        for (index, sample) in samples.into_iter().enumerate().take(SAMPLES_MOST + 1) {
            check_length(&sample, &format!("recording {}", index + 1))?;
            let hash = SampleHash::of(&sample);
            if !hashes.contains(&hash) {
                hashes.push(hash);
                kept.push(sample);
            }
        }
        let root = samples_root(&hashes).filter(|_| !hashes.is_empty() && count <= SAMPLES_MOST);
        let root = root.ok_or(Refusal::SampleCount { count, most: SAMPLES_MOST })?;
        Ok(Sampled { terms: self.terms, list: self.list, samples: kept, hashes, root })
    }
}

/// The tries of one person: three, each with words of its own, then a pause. Kept by the library between programs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    tries: Vec<(Nonce, u64)>,
}

impl Session {
    /// No try yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Tries left before the pause.
    #[must_use]
    pub fn tries_left(&self) -> usize {
        TRIES.saturating_sub(self.tries.len())
    }

    fn admit(&mut self, nonce: Nonce, now: u64) -> Result<(), Refusal> {
        if let Some((_, last)) = self.tries.last().filter(|_| self.tries.len() >= TRIES) {
            let resume = last.saturating_add(PAUSE_SECONDS);
            if now < resume {
                return Err(Refusal::TooManyTries { wait_seconds: resume - now });
            }
            self.tries.clear();
        }
        if self.tries.iter().any(|(used, _)| *used == nonce) {
            return Err(Refusal::NonceUsed);
        }
        self.tries.push((nonce, now));
        Ok(())
    }
}

/// What is shown to the owner for one try. It can be stored between programs: whatever of it was changed is noticed,
/// since the words follow from the nonce, the terms and the samples.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    nonce: Nonce,
    issued_at: u64,
    words: Vec<String>,
    statement: String,
}

impl Challenge {
    /// What the words were drawn from.
    #[must_use]
    pub fn nonce(&self) -> &Nonce {
        &self.nonce
    }

    /// When it was made, Unix time.
    #[must_use]
    pub fn issued_at(&self) -> u64 {
        self.issued_at
    }

    /// First second at which it is too old to be spoken, Unix time.
    #[must_use]
    pub fn expires_at(&self) -> u64 {
        self.issued_at.saturating_add(CHALLENGE_SECONDS)
    }

    /// The sentence to read first. It ends in "Today's words are".
    #[must_use]
    pub fn statement(&self) -> &str {
        &self.statement
    }

    /// The six words to read then, each when it appears.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// Seconds to wait before each word is shown: 0.9 to 1.8, unpredictable.
    ///
    /// # Errors
    /// [`Refusal::Randomness`].
    pub fn gaps(entropy: &mut dyn Entropy) -> Result<[f64; WORD_COUNT], Refusal> {
        let mut bytes = [0; 2 * WORD_COUNT];
        entropy.fill(&mut bytes)?;
        let part = |index: usize| f64::from(u16::from_be_bytes([bytes[2 * index], bytes[2 * index + 1]])) / 65_536.0;
        Ok(std::array::from_fn(|index| GAP_SECONDS.start + part(index) * (GAP_SECONDS.end - GAP_SECONDS.start)))
    }
}

/// Terms and samples: ready to be spoken for.
#[derive(Debug)]
pub struct Sampled {
    terms: AgreedTerms,
    list: WordList,
    samples: Vec<Pcm>,
    hashes: Vec<SampleHash>,
    root: Hash,
}

impl Sampled {
    /// The words for one try, with a nonce that was never used before.
    ///
    /// # Errors
    /// [`Refusal::TooManyTries`] during the pause, [`Refusal::NonceUsed`].
    pub fn challenge(&self, session: &mut Session, nonce: Nonce, now: u64) -> Result<Challenge, Refusal> {
        session.admit(nonce, now)?;
        let words = self.words(&nonce).1;
        Ok(Challenge { nonce, issued_at: now, words, statement: self.terms.statement() })
    }

    /// The terms, normalised.
    #[must_use]
    pub fn terms(&self) -> &Terms {
        &self.terms.terms
    }

    /// Hashes of the samples.
    #[must_use]
    pub fn hashes(&self) -> &[SampleHash] {
        &self.hashes
    }

    /// Adds the spoken statement.
    ///
    /// # Errors
    /// [`Refusal::ChallengeExpired`] when the words are older than five minutes (or come from the future),
    /// [`Refusal::ChallengeMismatch`] when they belong to other terms or samples. The samples come back for another try.
    pub fn spoken(self, challenge: Challenge, take: Take, now: u64) -> Result<Spoken, Miss> {
        if now < challenge.issued_at || now >= challenge.expires_at() {
            return Err(self.miss(Refusal::ChallengeExpired));
        }
        let (word_indexes, words) = self.words(&challenge.nonce);
        if words != challenge.words || self.terms.statement() != challenge.statement {
            return Err(self.miss(Refusal::ChallengeMismatch));
        }
        Ok(Spoken { sampled: self, challenge, word_indexes, take, spoken_at: now })
    }

    /// As [`Sampled::spoken`], for a statement that was spoken on another machine, by the times of that machine. The words
    /// are drawn here again.
    pub(crate) fn spoken_elsewhere(
        self,
        nonce: Nonce,
        issued_at: u64,
        take: Take,
        spoken_at: u64,
    ) -> Result<Spoken, Miss> {
        let challenge = Challenge { nonce, issued_at, words: self.words(&nonce).1, statement: self.terms.statement() };
        self.spoken(challenge, take, spoken_at)
    }

    pub(crate) fn agreed(&self) -> &AgreedTerms {
        &self.terms
    }

    fn words(&self, nonce: &Nonce) -> ([u32; WORD_COUNT], Vec<String>) {
        let chosen = indexes(nonce, &self.terms.hash(), &self.root, self.terms.word_list_length)
            .expect("invariant: a word list has at least 64 words");
        let words = self.list.at(&chosen).expect("invariant: places lie within the list they were drawn for");
        (chosen, words)
    }

    fn miss(self, refusal: Refusal) -> Miss {
        Miss { refusal, sampled: Box::new(self) }
    }
}

/// A try that failed: why, and the samples for the next one.
#[derive(Debug, Error)]
#[error("{refusal}")]
pub struct Miss {
    /// Why.
    pub refusal: Refusal,
    /// For another try with fresh words.
    pub sampled: Box<Sampled>,
}

impl From<Miss> for Refusal {
    fn from(miss: Miss) -> Self {
        miss.refusal
    }
}

/// Terms, samples and the statement: ready to be judged.
#[derive(Debug)]
pub struct Spoken {
    sampled: Sampled,
    challenge: Challenge,
    word_indexes: [u32; WORD_COUNT],
    take: Take,
    spoken_at: u64,
}

impl Spoken {
    /// Lets the ear listen and applies every rule. Whatever is not clearly right is refused.
    ///
    /// # Errors
    /// A [`Miss`] with the first rule that did not hold.
    pub fn matched(self, witness: &dyn Witness, policy: &Policy) -> Result<Matched, Miss> {
        match self.judge(witness, policy) {
            Ok((statement_sha, findings)) => Ok(Matched {
                terms: self.sampled.terms,
                samples: self.sampled.samples,
                samples_root: self.sampled.root,
                challenge: self.challenge,
                word_indexes: self.word_indexes,
                take: self.take,
                statement_sha,
                spoken_at: self.spoken_at,
                ear: witness.ear(),
                findings,
            }),
            Err(refusal) => Err(self.sampled.miss(refusal)),
        }
    }

    fn judge(&self, witness: &dyn Witness, policy: &Policy) -> Result<(Hash, Findings), Refusal> {
        let mut findings = Findings::default();
        let (take, terms) = (&self.take, &self.sampled.terms);
        let statement_sha = take.check(policy.strict_devices)?;
        if *take.capture() == Capture::File {
            findings.not_checked(&["continuity", "input_device"]);
        } else if !policy.strict_devices {
            findings.not_checked(&["input_device"]);
        }
        check_length(take.pcm(), "the statement")?;
        let seed = tagged("vouch/decoys/v1", &[self.challenge.nonce.as_bytes()]);
        let claim = Claim {
            statement: &self.challenge.statement,
            words: &self.challenge.words,
            vocabulary: self.sampled.list.words(),
            words_shown_at: take.words_shown_at(),
            decoy_seed: seed.iter().take(8).fold(0, |value, &byte| value << 8 | u64::from(byte)),
        };
        let hearing = witness.hear(take.pcm(), &claim).map_err(|fault| Refusal::EarFailed { why: fault.0 })?;
        let onsets = rules::check_words(&hearing, witness, terms, &self.challenge.words, policy, &mut findings)?;
        let strength = witness.ear().strength;
        rules::check_timing(take.words_shown_at(), onsets.as_deref(), strength, &mut findings)?;
        let first = |times: &[f64]| times.first().copied();
        let border = onsets.as_deref().and_then(first).or_else(|| first(take.words_shown_at()));
        rules::check_speaker(take.pcm(), border, &self.sampled.samples, witness, policy.likeness, &mut findings)?;
        // No rule here can tell a living person from a good clone that reads along.
        findings.not_checked(&["liveness", "synthetic_voice"]);
        findings.unchecked.sort();
        debug_assert!(strength == Strength::Strong || findings.unchecked.iter().any(|what| what == "exact_words"));
        Ok((statement_sha, findings))
    }
}

/// Everything held: ready to be signed.
#[derive(Debug)]
pub struct Matched {
    pub(crate) terms: AgreedTerms,
    pub(crate) samples: Vec<Pcm>,
    pub(crate) samples_root: Hash,
    pub(crate) challenge: Challenge,
    pub(crate) word_indexes: [u32; WORD_COUNT],
    pub(crate) take: Take,
    pub(crate) statement_sha: Hash,
    pub(crate) spoken_at: u64,
    pub(crate) ear: EarId,
    pub(crate) findings: Findings,
}

impl Matched {
    /// The terms, for a last look before signing.
    #[must_use]
    pub fn terms(&self) -> &Terms {
        &self.terms.terms
    }

    /// What could not be checked, for a last look before signing.
    #[must_use]
    pub fn unchecked(&self) -> &[String] {
        &self.findings.unchecked
    }
}
