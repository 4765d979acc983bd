//! `vouch voice request`, `answer`, `import`: consent from an owner who sits at another machine.

use std::path::Path;

use jobs::Cancel;
use serde_json::{Value, json};
use studio::enroll::{AnswerFiles, AnswerTerms, Answered, Attempt, Recording, RequestCard, RequestTerms};
use studio::{Studio, StudioError};

use crate::arguments::{Answer, Enroll, Request};
use crate::output::{Failure, Screen};
use crate::voice_command::{adult_required, granted, recordings, shown_challenge};

/// `vouch voice request`.
pub fn request(studio: &Studio, asked: &Request, screen: &Screen) -> Result<Value, Failure> {
    let terms = RequestTerms {
        owner: asked.owner.clone(),
        grantee: asked.grantee.clone(),
        purpose: asked.purpose.clone(),
        days: asked.days,
        hours: asked.hours,
        dub_into: asked.dub_into.clone(),
        answer_days: asked.answer_days,
    };
    let card = studio.ask_elsewhere(&terms, &asked.out)?;
    show_request(&card, screen);
    screen.say(format!("Send {} to the owner, and read the fingerprint to them.", asked.out.display()));
    screen.say("What comes back: vouch voice import FILE");
    Ok(json!({"file": asked.out, "request": card}))
}

/// `vouch voice answer`: what is asked; with samples, the beginning of the ceremony.
pub fn answer(studio: &Studio, given: &Answer, screen: &Screen, cancel: &Cancel) -> Result<Value, Failure> {
    let card = studio.request_at(&given.file)?;
    show_request(&card, screen);
    if given.sample.is_empty() && given.record.is_none() {
        screen.say("Ask the sender for their fingerprint before you answer: nothing in a file proves who sent it.");
        screen.say(format!("To answer: vouch voice answer {} --adult --record 20", given.file.display()));
        screen.say("With less than was asked: --days N, --hours N, --dub-into LANG,…, --no-dubbing");
        return Ok(json!({"request": card}));
    }
    if !given.adult {
        return Err(adult_required());
    }
    let dub_into = if given.no_dubbing { Some(Vec::new()) } else { given.dub_into.clone() };
    let recordings = recordings(studio, &given.sample, given.record, given.device.as_deref(), screen, cancel)?;
    let terms = AnswerTerms { days: given.days, hours: given.hours, dub_into, adult: given.adult, recordings };
    let challenge = studio.answer_challenge(&given.file, terms)?;
    let next = format!("vouch voice enroll {} -o answer.consent", challenge.session);
    let mut result = shown_challenge(studio, &challenge, &next, screen)?;
    result["request"] = json!(card);
    Ok(result)
}

/// `vouch voice enroll … -o`: writes the answer, and the owner's receipt beside it or where they want it.
pub fn finish(
    studio: &Studio,
    session: &str,
    take: Recording,
    passphrase: Option<&str>,
    out: &Path,
    asked: &Enroll,
) -> Result<Attempt<Answered>, StudioError> {
    let receipt = asked.receipt.clone().unwrap_or_else(|| out.with_extension("receipt"));
    let files = AnswerFiles { answer: out, receipt: &receipt };
    studio.answer_watched(session, take, passphrase, files, &mut |_| ())
}

/// What is said of an answer that was written.
pub fn answered(answered: &Answered, screen: &Screen) -> Value {
    screen.say(format!("The answer: {}. Only the library that asked can open it.", answered.file.display()));
    screen.say(format!("Your receipt: {}. Keep it: it ends the consent.", answered.receipt.display()));
    screen.say("Nothing of your voice stays in this library.");
    json!({
        "answer": answered.file, "receipt": answered.receipt, "grant": answered.grant, "ear": answered.ear,
        "scores": answered.scores, "unchecked": answered.unchecked, "checks": answered.checks,
    })
}

/// `vouch voice import`.
pub fn import(studio: &Studio, file: &Path, screen: &Screen) -> Result<Value, Failure> {
    screen.say("Listening to the answer with this machine's own ear …");
    match studio.import_answer(file, &mut |_| ())? {
        Attempt::Granted(enrolled) => {
            let result = granted(&enrolled, None, screen)?;
            screen.say("The owner's key is elsewhere: they can end this at any time, with their receipt.");
            Ok(result)
        }
        Attempt::Refused { refusal, checks, .. } => {
            Err(Failure::from(StudioError::from(refusal)).with("checks", json!(checks)))
        }
    }
}

fn show_request(card: &RequestCard, screen: &Screen) {
    if card.demo {
        screen.say("A request of a demo library:");
    } else {
        screen.say("What is asked:");
    }
    screen.say(format!("  {}", card.terms));
    screen.say(format!("  fingerprint: {}", card.fingerprint));
}
