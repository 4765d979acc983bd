//! For tests only: people made of tones, an ear that hears what the script says, and a stage that plays a whole ceremony
//! with them. What the ear tells of voices it does measure in the sound.

mod elsewhere;

use audio::Pcm;

use crate::ceremony::{Challenge, Draft, Sampled, Session};
use crate::enroll::{Granted, Issue, enroll};
use crate::take::{Take, TakeSeal};
use crate::{
    Audience, BundledCard, Claim, Comparison, Context, Date, DeviceId, EarFault, EarId, HeardWord, Hearing, IssuerKey,
    IssuerKind, LIST_AGE_SECONDS, Language, Miss, Nonce, OwnerKey, Policy, PublicKey, RevocationList, SampleHash,
    Scopes, SecretKey, SignedGrant, Standing, Strength, Terms, TrustList, VoiceId, Voiceprint, WORD_COUNT, Witness,
    WordList,
};

pub use elsewhere::{Apart, Forged};

/// Rate of everything the actors say.
pub const RATE_HZ: u32 = 8_000;
/// Least likeness of one actor in the ear's eyes.
pub const LIKENESS: f32 = 0.8;
const PITCHES_HZ: [f64; 6] = [140.0, 190.0, 260.0, 350.0, 480.0, 650.0];

/// A person: a tone with a little noise, in syllables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor(pub usize);

impl Actor {
    /// Speaks for some seconds; another `seed` gives other bytes of the same voice.
    #[must_use]
    pub fn speak(self, seconds: f64, seed: u64) -> Pcm {
        let pitch = PITCHES_HZ[self.0 % PITCHES_HZ.len()];
        let count = (seconds * f64::from(RATE_HZ)).round() as usize;
        let mut noise = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let samples = (0..count).map(|n| {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let hiss = (noise >> 40) as f64 / f64::from(1 << 24) - 0.5;
            let time = n as f64 / f64::from(RATE_HZ);
            let syllable = 0.6 + 0.4 * (std::f64::consts::TAU * 4.0 * time).sin();
            (0.3 * syllable * (std::f64::consts::TAU * pitch * time).sin() + 0.01 * hiss) as f32
        });
        Pcm::new(samples.collect(), RATE_HZ).expect("invariant: a tone is sound")
    }
}

/// The one hash over samples that a record holds.
///
/// # Panics
/// When a sample comes twice.
#[must_use]
pub fn root_of(samples: &[SampleHash]) -> [u8; 32] {
    crate::words::samples_root(samples).expect("samples that differ")
}

/// Plays recordings one after the other.
#[must_use]
pub fn join(parts: &[Pcm]) -> Pcm {
    Pcm::new(parts.iter().flat_map(|part| part.samples().to_vec()).collect(), RATE_HZ)
        .expect("invariant: sound stays sound")
}

/// An ear that hears what it is told to.
#[derive(Debug, Clone)]
pub struct ScriptedEar {
    /// Which kind of ear it plays.
    pub strength: Strength,
    /// What it answers; `None` hears exactly what is claimed, each word 0.4 s after it was shown.
    pub hearing: Option<Hearing>,
}

impl ScriptedEar {
    /// A strong ear that hears the statement as claimed.
    #[must_use]
    pub fn strong() -> Self {
        Self { strength: Strength::Strong, hearing: None }
    }

    /// A bundled ear that finds the statement clearly ahead of its decoys.
    #[must_use]
    pub fn bundled() -> Self {
        Self { strength: Strength::Bundled, hearing: None }
    }

    /// A strong ear that hears `statement` and then `words`, beginning at `onsets`.
    #[must_use]
    pub fn hears<T: AsRef<str>>(statement: &str, words: &[T], onsets: &[f64]) -> Self {
        let before =
            statement.split_whitespace().map(|word| HeardWord { text: word.to_owned(), start_seconds: Some(0.0) });
        let after = words.iter().enumerate().map(|(index, word)| HeardWord {
            text: word.as_ref().to_owned(),
            start_seconds: onsets.get(index).copied(),
        });
        Self { strength: Strength::Strong, hearing: Some(Hearing::Transcript(before.chain(after).collect())) }
    }
}

impl Witness for ScriptedEar {
    fn ear(&self) -> EarId {
        EarId { name: "scripted".to_owned(), strength: self.strength, model: [7; 32] }
    }

    fn hear(&self, _take: &Pcm, claim: &Claim<'_>) -> Result<Hearing, EarFault> {
        if let Some(hearing) = &self.hearing {
            return Ok(hearing.clone());
        }
        let onsets: Vec<f64> = claim.words_shown_at.iter().map(|shown| shown + 0.4).collect();
        Ok(match self.strength {
            Strength::Strong => match Self::hears(claim.statement, claim.words, &onsets).hearing {
                Some(hearing) => hearing,
                None => return Err(EarFault("the script is empty".to_owned())),
            },
            Strength::Bundled => {
                let first = |decoys, z| Standing { rank: 1, decoys, z };
                Hearing::Comparison(Comparison {
                    statement: first(100, 6.0),
                    words: first(100, 6.0),
                    slots: vec![first(claim.vocabulary.len() - 1, 4.0); WORD_COUNT],
                    onsets: (!onsets.is_empty()).then_some(onsets),
                })
            }
        })
    }

    /// Energy at each actor's pitch, block by block (Goertzel's filter).
    fn voiceprint(&self, speech: &Pcm) -> Result<Voiceprint, EarFault> {
        let energy = |pitch: &f64| {
            let turn = 2.0 * (std::f64::consts::TAU * pitch / f64::from(speech.rate_hz())).cos();
            let mut total = 0.0;
            for block in speech.samples().chunks(400) {
                let (mut last, mut before) = (0.0, 0.0);
                for &sample in block {
                    (last, before) = (f64::from(sample) + turn * last - before, last);
                }
                total += last * last + before * before - turn * last * before;
            }
            total as f32
        };
        Ok(Voiceprint::new(PITCHES_HZ.iter().map(energy).collect()))
    }

    fn phones(&self, text: &str) -> Vec<u16> {
        text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).map(|c| c as u16).collect()
    }
}

/// Keys, terms and times for a ceremony that goes well; tests change what they are about.
#[derive(Debug)]
pub struct Stage {
    /// The owner.
    pub owner: OwnerKey,
    /// The grantee.
    pub grantee: SecretKey,
    /// The issuer.
    pub issuer: IssuerKey,
    /// The machine.
    pub device: DeviceId,
    /// When it takes place, Unix time.
    pub now: u64,
    /// The terms.
    pub terms: Terms,
    /// What is used of the samples.
    pub samples: Vec<Pcm>,
    /// Who speaks the statement.
    pub speaker: Actor,
}

impl Default for Stage {
    fn default() -> Self {
        Self::new(IssuerKind::Normal)
    }
}

impl Stage {
    /// A stage whose issuer is of one kind.
    #[must_use]
    pub fn new(kind: IssuerKind) -> Self {
        let now = 1_790_000_000;
        Self {
            owner: OwnerKey::this_installation(SecretKey::from_seed(&[1; 32])),
            grantee: SecretKey::from_seed(&[2; 32]),
            issuer: IssuerKey::new(SecretKey::from_seed(&[3; 32]), kind),
            device: DeviceId::of(&PublicKey::from_bytes([4; 32]), b"a machine"),
            now,
            terms: Terms {
                owner_name: "Ana Kova".to_owned(),
                grantee_name: "Vouch Studio".to_owned(),
                purpose: "the audiobook of her own stories".to_owned(),
                language: "en".to_owned(),
                scopes: Scopes::TTS,
                dub_into: Vec::new(),
                audiences: vec![Audience::Local],
                until: Date::of(now).plus_months(6),
                cap_hours: 1,
                adult: true,
            },
            samples: vec![Actor(0).speak(6.0, 1), Actor(0).speak(5.0, 2)],
            speaker: Actor(0),
        }
    }

    /// The stage with dubbing into these languages allowed too.
    ///
    /// # Panics
    /// For what is no language.
    #[must_use]
    pub fn dubbing(mut self, tags: &[&str]) -> Self {
        self.terms.scopes = self.terms.scopes.with(Scopes::DUB);
        self.terms.dub_into = tags.iter().map(|tag| Language::parse(tag).expect("a language of the table")).collect();
        self
    }

    /// 128 made-up words.
    #[must_use]
    pub fn word_list() -> WordList {
        let syllable = |n: usize| {
            format!("{}{}", ["b", "d", "f", "g", "k", "l", "m", "n"][n / 4 % 8], ["a", "e", "i", "o"][n % 4])
        };
        let words: Vec<String> =
            (0..128).map(|n| format!("{}{}{}", syllable(n), syllable(n / 4 + 3), syllable(n / 32))).collect();
        WordList::parse(&words.join("\n")).expect("invariant: the made-up words are distinct")
    }

    /// The ceremony up to the samples.
    ///
    /// # Errors
    /// Whatever the terms or samples are refused for.
    pub fn sampled(&self) -> Result<Sampled, crate::Refusal> {
        Draft::new(self.terms.clone(), Self::word_list(), self.now)?.samples(self.samples.clone())
    }

    /// When the words of a take are shown.
    #[must_use]
    pub fn shown_at() -> Vec<f64> {
        (0..WORD_COUNT).map(|index| 6.0 + 1.2 * index as f64).collect()
    }

    /// A live recording of some sound.
    #[must_use]
    pub fn live(pcm: Pcm) -> Take {
        let seal = TakeSeal::of(&pcm).expect("invariant: a sound can be hashed");
        Take::live(pcm, "Desk microphone", "test", seal, Self::shown_at(), 0)
    }

    /// The statement as the speaker speaks it.
    #[must_use]
    pub fn take(&self) -> Take {
        Self::live(self.speaker.speak(14.0, 9))
    }

    /// Rules of the stage.
    #[must_use]
    pub fn policy() -> Policy {
        Policy::bundled(LIKENESS, BundledCard { decoys: 100, statement_z: 3.0, words_z: 4.0, slots_first: 4 })
    }

    /// Words for a try.
    ///
    /// # Errors
    /// Whatever the session refuses.
    pub fn challenge(&self, sampled: &Sampled) -> Result<Challenge, crate::Refusal> {
        sampled.challenge(&mut Session::new(), Nonce::from_bytes([5; 32]), self.now)
    }

    /// The whole ceremony with some take and ear.
    ///
    /// # Errors
    /// Whatever it is refused for.
    pub fn play(&self, take: Take, ear: &ScriptedEar) -> Result<Granted, crate::Refusal> {
        let sampled = self.sampled()?;
        let challenge = self.challenge(&sampled)?;
        let spoken = sampled.spoken(challenge, take, self.now + 40).map_err(|miss: Miss| miss.refusal)?;
        enroll(spoken.matched(ear, &Self::policy()).map_err(|miss| miss.refusal)?, &self.issue())
    }

    /// The whole ceremony, going well.
    ///
    /// # Errors
    /// Whatever it is refused for.
    pub fn granted(&self) -> Result<Granted, crate::Refusal> {
        self.play(self.take(), &ScriptedEar::strong())
    }

    /// Keys and circumstances of the signing.
    #[must_use]
    pub fn issue(&self) -> Issue<'_> {
        Issue {
            owner: &self.owner,
            issuer: &self.issuer,
            grantee: self.grantee.public(),
            device: self.device,
            voice_id: VoiceId::from_bytes([6; 16]),
            now: self.now + 60,
            highest_time_seen: self.now + 50,
            revocation_epoch: 3,
            app_version: "0.1.0",
            nonce_used: &|_| false,
        }
    }

    /// Circumstances in which a grant of this stage holds, a day later.
    #[must_use]
    pub fn context(&self, granted: &Granted) -> Context {
        self.context_of(&granted.samples)
    }

    /// The same for some recordings.
    #[must_use]
    pub fn context_of(&self, samples: &[Pcm]) -> Context {
        let now = self.now + 86_400;
        Context {
            now,
            highest_time_seen: now - 10,
            trust: TrustList::new().with(self.issuer.public(), self.issuer.kind()),
            revocations: RevocationList::sign(&self.issuer, 3, self.now, Vec::new()),
            highest_epoch_seen: 3,
            list_age_seconds: LIST_AGE_SECONDS,
            grantee: self.grantee.public(),
            device: self.device,
            audience: Audience::Local,
            samples: samples.iter().map(SampleHash::of).collect(),
            made_seconds: 0,
            wanted_seconds: 1,
            language: None,
        }
    }

    /// Changes a record and its terms, as an attacker would, and has it signed anew by whoever joins in; the other
    /// signatures stay what they were.
    #[must_use]
    pub fn alter(
        grant: &SignedGrant,
        owner: Option<&SecretKey>,
        issuer: Option<&IssuerKey>,
        change: impl FnOnce(&mut crate::Grant, &mut Terms),
    ) -> SignedGrant {
        let (mut record, mut terms) = (grant.grant.clone(), grant.terms.clone());
        change(&mut record, &mut terms.terms);
        record.terms_sha = terms.hash();
        let nobody =
            (SecretKey::from_seed(&[99; 32]), IssuerKey::new(SecretKey::from_seed(&[98; 32]), IssuerKind::Normal));
        let mut altered = SignedGrant::sign(
            record,
            terms,
            grant.evidence.clone(),
            owner.unwrap_or(&nobody.0),
            issuer.unwrap_or(&nobody.1),
        );
        if owner.is_none() {
            altered.owner_signature = grant.owner_signature;
        }
        if issuer.is_none() {
            altered.issuer_signature = grant.issuer_signature;
        }
        altered
    }
}
