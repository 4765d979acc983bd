//! Enroll a voice: terms and samples in, a challenge out; then one take, judged by the ear and the rules of consent; then
//! the grant, the log entry and the clone. Decides nothing itself: `consent` does.

mod checks;
mod elsewhere;
mod level;
mod receipt;
mod recording;
mod sampling;
mod session;
mod verdict;

use consent::log::{Facts, LogKind};
use consent::{
    Audience, BundledCard, Date, Draft, Issue, Language, Miss, OwnerKey, Policy, Refusal, Scopes, Stretch,
    SystemEntropy, Terms, VoiceId, WordList,
};
use library::{Kind, NewVoice};
use networks::starter::Ear;
use serde::Serialize;
use speech::VoicePrompt;
use zeroize::Zeroizing;

use crate::{Studio, StudioError};

pub use checks::{Check, CheckState};
pub use elsewhere::{AnswerFiles, AnswerTerms, Answered, RequestCard, RequestTerms};
pub use level::Level;
pub use recording::{Prompt, Recording};
pub use sampling::{RoomReport, SampleCard};
pub use verdict::FlawCard;

use session::Open;

/// The challenge words that the bundled ear was made for. Their hash goes into every grant.
pub(crate) const WORDS: &str = include_str!("../../../assets/consent/words-en.txt");

/// Longest sample, in seconds: more does not make a better voice.
pub const LONGEST_SAMPLE_SECONDS: f64 = 180.0;

/// Terms and samples of a voice to be.
pub struct ChallengeRequest {
    /// Whose voice it is.
    pub owner: String,
    /// Who may use it; the owner if absent.
    pub grantee: Option<String>,
    /// What for, at least ten characters.
    pub purpose: String,
    /// For how many days.
    pub days: u32,
    /// Hours of speech that may be made.
    pub hours: u32,
    /// Languages that it may be dubbed into, by their primary BCP 47 tags.
    pub dub_into: Vec<String>,
    /// The owner says that they are an adult.
    pub adult: bool,
    /// What the voice is made from.
    pub recordings: Vec<Recording>,
}

/// What the owner sees before speaking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChallengeCard {
    /// Name of the session; it lives until its words are too old or its tries are used.
    pub session: String,
    /// The terms in one plain sentence.
    pub terms: String,
    /// The sentence to read first.
    pub sentence: String,
    /// The six words to read then, each when it appears.
    pub words: Vec<String>,
    /// Tries left after this one.
    pub tries_left: usize,
}

/// What came of one try.
pub enum Attempt<T = Enrolled> {
    /// The voice is granted, cloned and stored, or the answer is written.
    Granted(Box<T>),
    /// Not accepted, with fresh words while tries are left.
    Refused {
        /// Why.
        refusal: Refusal,
        /// The next try, if there is one.
        next: Option<ChallengeCard>,
        /// What was looked at, in the order of the gate.
        checks: Vec<Check>,
    },
}

impl<T> Attempt<T> {
    /// Whether the gate said no.
    pub fn is_refused(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }

    /// Why it said no, or that it did not.
    pub fn reason(&self) -> String {
        match self {
            Self::Granted(_) => "it was accepted".into(),
            Self::Refused { refusal, .. } => refusal.to_string(),
        }
    }
}

/// A granted voice.
#[derive(Debug, Clone, Serialize)]
pub struct Enrolled {
    /// Its name in this library.
    pub voice: String,
    /// Its id, in hex.
    pub id: String,
    /// Its grant, in hex.
    pub grant: String,
    /// Which ear listened.
    pub ear: String,
    /// What was measured.
    pub scores: Vec<(String, f64)>,
    /// What the ear could not check.
    pub unchecked: Vec<String>,
    /// What was looked at, in the order of the gate.
    pub checks: Vec<Check>,
    /// The owner's receipt: enough to end the consent on any machine that holds the voice.
    #[serde(skip)]
    pub receipt: Vec<u8>,
}

impl Studio {
    /// Checks terms and samples and draws the words for a first try.
    pub fn challenge(&self, request: ChallengeRequest) -> Result<ChallengeCard, StudioError> {
        let (samples, tapes) = self.samples_of(request.recordings)?;
        let open = Open {
            grantee: request.grantee.unwrap_or_else(|| request.owner.clone()),
            owner: request.owner,
            purpose: request.purpose,
            until: Date::of(self.now() + u64::from(request.days) * 86_400).parts(),
            hours: u64::from(request.hours),
            dub_into: request.dub_into,
            adult: request.adult,
            samples,
            tapes,
            tries: self.load_tries()?,
            challenge: None,
            request: None,
            salt: None,
        };
        self.next_try(&new_session_name()?, open)
    }

    /// The words and the sentence of an open session.
    pub fn open_session(&self, session: &str) -> Result<ChallengeCard, StudioError> {
        let open = self.load_session(session)?;
        self.card(session, &open)
    }

    /// Judges one take. Whatever is not clearly right is refused.
    pub fn enroll(
        &self,
        session: &str,
        take: Recording,
        owner_passphrase: Option<&str>,
    ) -> Result<Attempt, StudioError> {
        self.enroll_watched(session, take, owner_passphrase, &mut |_| ())
    }

    /// As [`Studio::enroll`], telling each check as it is decided.
    pub fn enroll_watched(
        &self,
        session: &str,
        take: Recording,
        owner_passphrase: Option<&str>,
        on: &mut dyn FnMut(&Check),
    ) -> Result<Attempt, StudioError> {
        if self.is_answer(session)? {
            return Err(StudioError::SessionIsAnswer);
        }
        self.judge(session, take, on, |matched, _, checks| {
            Ok(Enrolled { checks, ..self.grant(matched, owner_passphrase)? })
        })
    }

    /// Judges one take and lets `finish` make of it what the session is for.
    fn judge<T>(
        &self,
        session: &str,
        take: Recording,
        on: &mut dyn FnMut(&Check),
        finish: impl FnOnce(consent::Matched, &Open, Vec<Check>) -> Result<T, StudioError>,
    ) -> Result<Attempt<T>, StudioError> {
        if !take.is_live() && !self.takes_files()? {
            return Err(StudioError::FilesNotTaken);
        }
        let mut open = self.load_session(session)?;
        let now = self.now();
        let (sampled, challenge) = (self.draft(&open)?, open.challenge.take().ok_or_else(|| unknown(session))?);
        let ear = self.models.ear()?;
        let (judged, checks) = checks::judge(sampled, challenge, take, now, &*ear, &policy(&ear), on);
        match judged {
            Ok(matched) => {
                let finished = finish(matched, &open, checks)?;
                self.drop_session(session)?;
                self.save_tries(&consent::Session::new())?;
                // The samples live with the voice now, or have left. A tape that stays after all is only offered again.
                for tape in open.tapes.iter().filter_map(|id| id.parse().ok()) {
                    let _ = self.library()?.remove_tape(&tape);
                }
                Ok(Attempt::Granted(Box::new(finished)))
            }
            Err(Miss { refusal, .. }) => {
                let facts = Facts { code: Some(refusal.code().into()), ..Facts::default() };
                self.library()?.note(LogKind::ChallengeFailed, facts, now)?;
                if open.tries.tries_left() == 0 {
                    self.drop_session(session)?;
                    return Ok(Attempt::Refused { refusal, next: None, checks });
                }
                let next = self.next_try(session, open)?;
                Ok(Attempt::Refused { refusal, next: Some(next), checks })
            }
        }
    }

    /// Samples as a session keeps them, with the tapes that they were on.
    fn samples_of(&self, recordings: Vec<Recording>) -> Result<(Vec<String>, Vec<String>), StudioError> {
        let takes_files = self.takes_files()?;
        let (mut samples, mut tapes) = (Vec::new(), Vec::new());
        for recording in recordings {
            if !recording.is_live() && !takes_files {
                return Err(StudioError::FilesNotTaken);
            }
            tapes.extend(recording.tape.map(|id| id.to_string()));
            samples.push(hex::encode(recording.into_sample()?.canonical()));
        }
        Ok((samples, tapes))
    }

    /// Whether files are taken in place of the microphone: in a demo library only.
    pub fn takes_files(&self) -> Result<bool, StudioError> {
        Ok(self.library()?.kind() == Kind::Demo)
    }

    /// Words of the list that are none of these, for tests of the gate.
    pub fn other_words(&self, words: &[String]) -> Vec<String> {
        WORDS
            .lines()
            .rev()
            .filter(|word| !words.iter().any(|asked| asked == word))
            .take(words.len())
            .map(str::to_owned)
            .collect()
    }

    fn draft(&self, open: &Open) -> Result<consent::Sampled, StudioError> {
        let (year, month, day) = open.until;
        let dub_into = open.dub_into.iter().map(|tag| Language::parse(tag)).collect::<Result<Vec<_>, _>>()?;
        let scopes = if dub_into.is_empty() { Scopes::TTS } else { Scopes::TTS.with(Scopes::DUB) };
        let terms = Terms {
            owner_name: open.owner.clone(),
            grantee_name: open.grantee.clone(),
            purpose: open.purpose.clone(),
            language: "en".into(),
            scopes,
            dub_into,
            audiences: vec![Audience::Local],
            until: Date::parse(&format!("{year:04}-{month:02}-{day:02}"))?,
            cap_hours: open.hours,
            adult: open.adult,
        };
        let mut samples = Vec::with_capacity(open.samples.len());
        for sample in &open.samples {
            let bytes = hex::decode(sample).map_err(|_| StudioError::PromptDamaged)?;
            samples.push(audio::Pcm::from_canonical(&bytes)?);
        }
        Ok(Draft::new(terms, WordList::parse(WORDS)?, self.now())?.samples(samples)?)
    }

    fn next_try(&self, session: &str, mut open: Open) -> Result<ChallengeCard, StudioError> {
        let sampled = self.draft(&open)?;
        let nonce = elsewhere::next_nonce(&mut open)?;
        open.challenge = Some(sampled.challenge(&mut open.tries, nonce, self.now())?);
        self.save_tries(&open.tries)?;
        self.save_session(session, &open)?;
        self.card(session, &open)
    }

    fn card(&self, session: &str, open: &Open) -> Result<ChallengeCard, StudioError> {
        let challenge = open.challenge.as_ref().ok_or_else(|| unknown(session))?;
        let drafted = self.draft(open)?;
        let terms = match &open.request {
            Some(_) => drafted.terms().plain_sentence_on(&elsewhere::machine_of(&open.grantee)),
            None => drafted.terms().plain_sentence(),
        };
        Ok(ChallengeCard {
            session: session.to_owned(),
            terms,
            sentence: challenge.statement().to_owned(),
            words: challenge.words().to_vec(),
            tries_left: open.tries.tries_left(),
        })
    }

    /// Signs, stores voice, samples, grant and log entry as one fact, and makes the clone from the consented sample.
    fn grant(&self, matched: consent::Matched, owner_passphrase: Option<&str>) -> Result<Enrolled, StudioError> {
        let library = self.library()?;
        let now = self.now();
        let owner = match owner_passphrase {
            Some(passphrase) => OwnerKey::from_passphrase(passphrase, &Stretch::random(&mut SystemEntropy)?)?,
            None => library.owner(),
        };
        let granted = consent::enroll(
            matched,
            &Issue {
                owner: &owner,
                issuer: library.issuer(),
                grantee: library.grantee(),
                device: library.device(),
                voice_id: VoiceId::random(&mut SystemEntropy)?,
                now,
                highest_time_seen: library.highest_time_seen()?,
                revocation_epoch: library.revocation_epoch()?,
                app_version: env!("CARGO_PKG_VERSION"),
                nonce_used: &|nonce| library.is_nonce_used(nonce).unwrap_or(true),
            },
        )?;
        let name = granted.grant.terms().owner_name.clone();
        let new = NewVoice {
            name: &name,
            grant: &granted.grant,
            samples: &granted.samples,
            statement: &granted.statement,
            prompt: None,
        };
        let id = library.grant(&new, now)?;
        let model = self.models.voice_model(crate::STARTER)?;
        self.clone_granted(&id, &model)?;
        let anchor = library.log()?.last().map(consent::log::Entry::anchor).ok_or(Refusal::NotCovered)?;
        let receipt = granted.receipt(anchor).encode();
        self.keep_receipt(&id, &receipt)?;
        Ok(enrolled(name, &id, &granted.grant, receipt))
    }

    /// Makes the voice prompt, through the same check as every later use. Called again where the prompt is missing: a
    /// program that was killed between grant and clone loses nothing.
    pub(crate) fn clone_granted(&self, voice: &VoiceId, model: &crate::VoiceModel) -> Result<VoicePrompt, StudioError> {
        let library = self.library()?;
        let key = library.authorize::<consent::Tts>(voice, 0, self.now())?;
        let sample = library
            .samples(voice)?
            .into_iter()
            .max_by(|a, b| a.seconds().total_cmp(&b.seconds()))
            .ok_or(Refusal::SamplesDiffer)?;
        let said = self.models.said(model, &sample)?;
        let prompt = self.models.cloner(model, said.as_deref())?.clone_voice(&key.cover(sample)?)?;
        let bytes = Zeroizing::new(serde_json::to_vec(&prompt).map_err(|_| StudioError::PromptDamaged)?);
        library.put_prompt(voice, &library::Prompt { model: &model.identity, bytes: &bytes }, self.now())?;
        Ok(prompt)
    }
}

/// What is told of a voice that was just stored.
fn enrolled(voice: String, id: &VoiceId, grant: &consent::SignedGrant, receipt: Vec<u8>) -> Enrolled {
    let evidence = grant.heard_here();
    Enrolled {
        voice,
        id: id.to_string(),
        grant: grant.id().to_string(),
        ear: evidence.ear.name.clone(),
        scores: scores(evidence),
        unchecked: evidence.unchecked.clone(),
        checks: Vec::new(),
        receipt,
    }
}

fn scores(evidence: &consent::Evidence) -> Vec<(String, f64)> {
    evidence.scores.iter().map(|(name, score)| (name.clone(), *score as f64 / consent::SCORE_SCALE)).collect()
}

fn unknown(session: &str) -> StudioError {
    StudioError::UnknownSession { id: session.to_owned() }
}

fn new_session_name() -> Result<String, StudioError> {
    let mut bytes = [0; 6];
    consent::Entropy::fill(&mut SystemEntropy, &mut bytes)?;
    Ok(hex::encode(bytes))
}

/// The rules that came with the ear's weights, measured on people it was not made from. A stronger ear brings its own.
pub(crate) fn policy(ear: &Ear) -> Policy {
    let rules = ear.rules();
    let card = BundledCard {
        decoys: rules.sentence_decoys,
        statement_z: rules.sentence_z as f32,
        words_z: rules.words_z as f32,
        slots_first: rules.slots,
    };
    Policy::bundled(rules.same_person as f32, card)
}
