//! Consent from an owner at another machine: the request that goes out, the answer that the owner's machine writes, and the
//! answer coming in, where everything is heard once more. Decides nothing itself: `consent` does.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use consent::log::{Facts, LogKind};
use consent::{
    Answer, Audience, Countersign, Date, Language, Matched, Nonce, OwnerKey, Refusal, Reply, Request, Scopes, Stretch,
    SystemEntropy, Terms, WordList, answer, countersign,
};
use library::NewVoice;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::session::Open;
use super::{
    Attempt, ChallengeCard, Check, Enrolled, Recording, WORDS, checks, enrolled, new_session_name, policy, scores,
};
use crate::place::folder_of;
use crate::{Studio, StudioError};

/// What the log calls an answer that left.
const CODE: &str = "consent_answer";
const REQUEST_MOST_BYTES: u64 = 16 * 1024;
const ANSWER_MOST_BYTES: u64 = 256 << 20;
/// Longest recordings of one answer, in seconds.
const SAMPLES_MOST_SECONDS: f64 = 1200.0;

/// What is asked of an owner elsewhere.
#[derive(Debug, Clone)]
pub struct RequestTerms {
    /// Whose voice it is.
    pub owner: String,
    /// Who asks, and may use it then.
    pub grantee: String,
    /// What for, at least ten characters.
    pub purpose: String,
    /// For how many days from now.
    pub days: u32,
    /// Hours of speech that may be made.
    pub hours: u32,
    /// Languages that it may be dubbed into, by their primary BCP 47 tags.
    pub dub_into: Vec<String>,
    /// How many days there are to answer.
    pub answer_days: u32,
}

/// What a request says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RequestCard {
    /// Its number, in hex.
    pub id: String,
    /// Everything that is asked, in one plain sentence.
    pub terms: String,
    /// For both sides to compare by telephone: nothing in a request proves who sent it.
    pub fingerprint: String,
    /// Whose voice is asked for.
    pub owner: String,
    /// Who asks.
    pub grantee: String,
    /// What for.
    pub purpose: String,
    /// Last day that is asked for, as `YYYY-MM-DD`.
    pub until: String,
    /// Hours of speech that are asked for.
    pub hours: u64,
    /// Languages to dub into that are asked for.
    pub dub_into: Vec<String>,
    /// First second at which an answer is too late, Unix time.
    pub answer_by: u64,
    /// Whether it comes from a demo library.
    pub demo: bool,
}

/// How the owner answers: with what was asked, or with less.
pub struct AnswerTerms {
    /// For how many days from now; as asked if absent.
    pub days: Option<u32>,
    /// Hours of speech; as asked if absent.
    pub hours: Option<u32>,
    /// Languages to dub into; as asked if absent.
    pub dub_into: Option<Vec<String>>,
    /// The owner says that they are an adult.
    pub adult: bool,
    /// What the voice is made from.
    pub recordings: Vec<Recording>,
}

/// Where an answer is written, and the owner's receipt.
#[derive(Debug, Clone, Copy)]
pub struct AnswerFiles<'a> {
    /// The answer, for whoever asked.
    pub answer: &'a Path,
    /// The receipt, for the owner alone.
    pub receipt: &'a Path,
}

/// An answer that was written.
#[derive(Debug, Clone, Serialize)]
pub struct Answered {
    /// The answer: nobody but the library that asked can open it.
    pub file: PathBuf,
    /// The owner's receipt.
    pub receipt: PathBuf,
    /// The grant that it will be, in hex.
    pub grant: String,
    /// Which ear listened.
    pub ear: String,
    /// What was measured.
    pub scores: Vec<(String, f64)>,
    /// What the ear could not check.
    pub unchecked: Vec<String>,
    /// What was looked at, in the order of the gate.
    pub checks: Vec<Check>,
}

impl Studio {
    /// Asks for consent: writes the request to `out` and keeps what opens its answer.
    pub fn ask_elsewhere(&self, asked: &RequestTerms, out: &Path) -> Result<RequestCard, StudioError> {
        check_place(out)?;
        let dub_into = asked.dub_into.iter().map(|tag| Language::parse(tag)).collect::<Result<Vec<_>, _>>()?;
        let terms = Terms {
            owner_name: asked.owner.clone(),
            grantee_name: asked.grantee.clone(),
            purpose: asked.purpose.clone(),
            language: "en".into(),
            scopes: if dub_into.is_empty() { Scopes::TTS } else { Scopes::TTS.with(Scopes::DUB) },
            dub_into,
            audiences: vec![Audience::Local],
            until: Date::of(self.now().saturating_add(u64::from(asked.days) * 86_400)),
            cap_hours: u64::from(asked.hours),
            adult: true,
        };
        let answer_by = self.now().saturating_add(u64::from(asked.answer_days) * 86_400);
        let request = self.library()?.ask(terms, &WordList::parse(WORDS)?, answer_by, self.now())?;
        write(out, &request.encode())?;
        Ok(card(&request))
    }

    /// What a request asks for. Refused where it cannot be answered from this library.
    pub fn request_at(&self, path: &Path) -> Result<RequestCard, StudioError> {
        Ok(card(&self.answerable(path)?))
    }

    /// Begins the ceremony of an answer: checks terms and samples and draws the words for a first try.
    pub fn answer_challenge(&self, path: &Path, answer: AnswerTerms) -> Result<ChallengeCard, StudioError> {
        let request = self.answerable(path)?;
        let asked = request.terms();
        let seconds: f64 = answer.recordings.iter().map(|recording| recording.pcm.seconds()).sum();
        if seconds > SAMPLES_MOST_SECONDS {
            return Err(StudioError::OutOfRange {
                what: "the recordings of an answer",
                range: "at most twenty minutes in all",
            });
        }
        let (samples, tapes) = self.samples_of(answer.recordings)?;
        let tags = || asked.dub_into.iter().map(|language| language.tag().to_owned()).collect();
        let until = match answer.days {
            Some(days) => Date::of(self.now().saturating_add(u64::from(days) * 86_400)),
            None => asked.until,
        };
        let open = Open {
            owner: asked.owner_name.clone(),
            grantee: asked.grantee_name.clone(),
            purpose: asked.purpose.clone(),
            until: until.parts(),
            hours: answer.hours.map_or(asked.cap_hours, u64::from),
            dub_into: answer.dub_into.unwrap_or_else(tags),
            adult: answer.adult,
            samples,
            tapes,
            tries: self.load_tries()?,
            challenge: None,
            request: Some(hex::encode(request.encode())),
            salt: None,
        };
        request.check_within(self.draft(&open)?.terms())?;
        self.next_try(&new_session_name()?, open)
    }

    /// Whether a session ends in an answer to a request, and not in a voice of this library.
    pub fn is_answer(&self, session: &str) -> Result<bool, StudioError> {
        Ok(self.load_session(session)?.request.is_some())
    }

    /// Judges one take of an answer, as [`Studio::enroll_watched`] does, and writes the answer and the owner's receipt.
    /// Nothing of the owner's voice stays in this library then.
    pub fn answer_watched(
        &self,
        session: &str,
        take: Recording,
        owner_passphrase: Option<&str>,
        files: AnswerFiles<'_>,
        on: &mut dyn FnMut(&Check),
    ) -> Result<Attempt<Answered>, StudioError> {
        if !self.is_answer(session)? {
            return Err(StudioError::SessionIsNoAnswer);
        }
        check_place(files.answer)?;
        check_place(files.receipt)?;
        self.judge(session, take, on, |matched, open, checks| {
            let answered = self.write_answer(matched, open, owner_passphrase, files)?;
            Ok(Answered { checks, ..answered })
        })
    }

    /// Brings an answer in: opens it, listens to all of it with this machine's own ear, countersigns, and stores and
    /// clones the voice. A refusal leaves the request open for another answer.
    pub fn import_answer(&self, path: &Path, on: &mut dyn FnMut(&Check)) -> Result<Attempt, StudioError> {
        let library = self.library()?;
        let file = read(path, ANSWER_MOST_BYTES)?;
        let now = self.now();
        let open = library.open_request(&Answer::request_of(&file)?, now)?;
        let answer = Answer::open(&file, &open.request, &open.key)?;
        drop(file);
        if answer.owner() == &library.owner().public() {
            return Err(Refusal::OwnRequest.into());
        }
        for sample in answer.samples() {
            if let Some(flaw) = audio::quality::inspect(sample).flaws.into_iter().next() {
                return Err(StudioError::Sample { flaw });
            }
        }
        let ear = self.models.ear()?;
        let list = WordList::parse(WORDS)?;
        let (heard, checks) = checks::judge_answer(answer, list, now, &*ear, &policy(&ear), on);
        let heard = match heard {
            Ok(heard) => heard,
            Err(refusal) => {
                let facts = Facts { code: Some(refusal.code().into()), ..Facts::default() };
                library.note(LogKind::ChallengeFailed, facts, now)?;
                return Ok(Attempt::Refused { refusal, next: None, checks });
            }
        };
        let by = Countersign {
            issuer: library.issuer(),
            now,
            highest_time_seen: library.highest_time_seen()?,
            app_version: env!("CARGO_PKG_VERSION"),
            nonce_used: &|nonce| library.is_nonce_used(nonce).unwrap_or(true),
        };
        let granted = countersign(heard, &by)?;
        let name = granted.grant.terms().owner_name.clone();
        let new = NewVoice {
            name: &name,
            grant: &granted.grant,
            samples: &granted.samples,
            statement: &granted.statement,
            prompt: None,
        };
        let id = library.grant_answered(&new, open.request.id(), now)?;
        let model = self.models.voice_model(crate::STARTER)?;
        self.clone_granted(&id, &model)?;
        // The owner has the receipt; this library never sees what ends the consent until the owner wants it.
        Ok(Attempt::Granted(Box::new(Enrolled { checks, ..enrolled(name, &id, &granted.grant, Vec::new()) })))
    }

    fn answerable(&self, path: &Path) -> Result<Request, StudioError> {
        let library = self.library()?;
        let request = Request::decode(&read(path, REQUEST_MOST_BYTES)?)?;
        request.check_answerable(&library.issuer().public(), library.issuer().kind(), self.now())?;
        Ok(request)
    }

    fn write_answer(
        &self,
        matched: Matched,
        open: &Open,
        owner_passphrase: Option<&str>,
        files: AnswerFiles<'_>,
    ) -> Result<Answered, StudioError> {
        let library = self.library()?;
        let (request, salt) = asked(open)?;
        let owner = match owner_passphrase {
            Some(passphrase) => OwnerKey::from_passphrase(passphrase, &Stretch::random(&mut SystemEntropy)?)?,
            None => library.owner(),
        };
        let reply = Reply {
            request: &request,
            salt: &salt,
            owner: &owner.elsewhere(),
            issuer: library.issuer(),
            now: self.now(),
            highest_time_seen: library.highest_time_seen()?,
            app_version: env!("CARGO_PKG_VERSION"),
        };
        let written = answer(matched, &reply, &mut SystemEntropy)?;
        // Logged before it is there: an answer that nobody logged must not be.
        let facts = Facts {
            grant_id: Some(written.grant_id()),
            voice_id: Some(written.pledge().grant().voice_id),
            content_sha: Some(Sha256::digest(written.file()).into()),
            code: Some(CODE.into()),
            ..Facts::default()
        };
        library.note(LogKind::Exported, facts, self.now())?;
        let anchor = library.log()?.last().map(consent::log::Entry::anchor).ok_or(Refusal::NotCovered)?;
        // The receipt first: no answer is out that its owner could not end.
        write(files.receipt, &written.receipt(anchor).encode())?;
        write(files.answer, written.file())?;
        let evidence = written.evidence();
        Ok(Answered {
            file: files.answer.to_owned(),
            receipt: files.receipt.to_owned(),
            grant: written.grant_id().to_string(),
            ear: evidence.ear.name.clone(),
            scores: scores(evidence),
            unchecked: evidence.unchecked.clone(),
            checks: Vec::new(),
        })
    }
}

/// The request that a session answers, and the salt of its present try.
fn asked(open: &Open) -> Result<(Request, Nonce), StudioError> {
    let (Some(request), Some(salt)) = (&open.request, &open.salt) else { return Err(StudioError::SessionIsNoAnswer) };
    let request = hex::decode(request).map_err(|_| StudioError::PromptDamaged)?;
    Ok((Request::decode(&request)?, salt.parse()?))
}

/// What the words of the next try are drawn from: chance, and for an answer the request too. Keeps the salt.
pub(super) fn next_nonce(open: &mut Open) -> Result<Nonce, StudioError> {
    let salt = Nonce::random(&mut SystemEntropy)?;
    if open.request.is_none() {
        return Ok(salt);
    }
    open.salt = Some(salt.to_string());
    let (request, salt) = asked(open)?;
    Ok(request.nonce(&salt))
}

fn card(request: &Request) -> RequestCard {
    let terms = request.terms();
    let (year, month, day) = terms.until.parts();
    RequestCard {
        id: request.id().to_string(),
        terms: terms.plain_sentence_on(&machine_of(&terms.grantee_name)),
        fingerprint: request.fingerprint(),
        owner: terms.owner_name.clone(),
        grantee: terms.grantee_name.clone(),
        purpose: terms.purpose.clone(),
        until: format!("{year:04}-{month:02}-{day:02}"),
        hours: terms.cap_hours,
        dub_into: terms.dub_into.iter().map(|language| language.tag().to_owned()).collect(),
        answer_by: request.answer_by(),
        demo: request.is_demo(),
    }
}

/// What an owner calls the machine that a request came from.
pub(super) fn machine_of(grantee: &str) -> String {
    format!("the machine of {grantee}")
}

fn check_place(out: &Path) -> Result<(), StudioError> {
    let folder = folder_of(out);
    if !folder.is_dir() {
        return Err(StudioError::NoFolder { path: folder });
    }
    if out.is_dir() {
        return Err(StudioError::IsFolder { path: out.to_owned() });
    }
    Ok(())
}

/// Reads a file of at most so many bytes.
fn read(path: &Path, most: u64) -> Result<Vec<u8>, StudioError> {
    let unreadable = |error: &std::io::Error| StudioError::input(path, error);
    let file = std::fs::File::open(path).map_err(|error| unreadable(&error))?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    if bytes.len() as u64 > most {
        return Err(Refusal::Malformed { record: "file", what: "is too long for what it should be" }.into());
    }
    Ok(bytes)
}

/// Written beside and renamed: there whole, or not there.
fn write(out: &Path, bytes: &[u8]) -> Result<(), StudioError> {
    let unwritable = |error: &std::io::Error| StudioError::output(out, error);
    let mut file =
        tempfile::Builder::new().prefix(".vouch-").tempfile_in(folder_of(out)).map_err(|e| unwritable(&e))?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(|error| unwritable(&error))?;
    file.persist(out).map_err(|error| unwritable(&error.error))?;
    Ok(())
}
