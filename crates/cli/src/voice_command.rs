//! `vouch voice`: the consent ceremony at the terminal, and the voices of a library.

use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use jobs::Cancel;
use serde_json::{Value, json};
use studio::enroll::{Attempt, ChallengeCard, ChallengeRequest, Check, Enrolled, Prompt, Recording};
use studio::{Revoke, Studio, StudioError, VoiceCard};

use crate::arguments::{Arguments, Challenge, Enroll, VoiceCommand};
use crate::elsewhere_command;
use crate::open;
use crate::output::{Failure, Screen};

/// Runs one of the commands.
pub fn run(arguments: &Arguments, command: &VoiceCommand, screen: &Screen, cancel: &Cancel) -> Result<Value, Failure> {
    let studio = open::studio(arguments)?;
    match command {
        VoiceCommand::Challenge(request) => challenge(&studio, request, screen, cancel),
        VoiceCommand::Enroll(request) => enroll(&studio, request, screen, cancel),
        VoiceCommand::Request(request) => elsewhere_command::request(&studio, request, screen),
        VoiceCommand::Answer(request) => elsewhere_command::answer(&studio, request, screen, cancel),
        VoiceCommand::Import { file } => elsewhere_command::import(&studio, file, screen),
        VoiceCommand::List => list(&studio, screen),
        VoiceCommand::Show { voice } => show(&studio, voice, screen),
        VoiceCommand::Revoke { voice, receipt, yes } => {
            revoke(&studio, voice.as_deref(), receipt.as_deref(), *yes, screen)
        }
        VoiceCommand::Export { voice, out } => export(&studio, voice, out, screen),
        VoiceCommand::Log => log(&studio, screen),
    }
}

fn challenge(studio: &Studio, request: &Challenge, screen: &Screen, cancel: &Cancel) -> Result<Value, Failure> {
    if !request.adult {
        return Err(adult_required());
    }
    let recordings = recordings(studio, &request.sample, request.record, request.device.as_deref(), screen, cancel)?;
    let card = studio.challenge(ChallengeRequest {
        owner: request.owner.clone(),
        grantee: request.grantee.clone(),
        purpose: request.purpose.clone(),
        days: request.days,
        hours: request.hours,
        dub_into: request.dub_into.clone(),
        adult: request.adult,
        recordings,
    })?;
    let next = format!("vouch voice enroll {}", card.session);
    shown_challenge(studio, &card, &next, screen)
}

/// Shows the terms and what to read, and how to go on.
pub fn shown_challenge(studio: &Studio, card: &ChallengeCard, next: &str, screen: &Screen) -> Result<Value, Failure> {
    screen.say("The terms:");
    screen.say(format!("  {}", card.terms));
    screen.say("");
    screen.say("If they are right, read this aloud in one take, within five minutes, and then six words:");
    screen.say(format!("  {}", card.sentence));
    if studio.takes_files()? {
        screen.say(format!("  The words: {}", card.words.join(", ")));
        screen.say(format!("Next: {next} --statement FILE"));
    } else {
        screen.say("  (The words appear one by one while you are recorded.)");
        screen.say(format!("Next: {next}"));
    }
    Ok(json!({"session": card.session, "terms": card.terms, "challenge": shown(studio, card)?}))
}

/// What the owner is asked for before anything is recorded.
pub fn adult_required() -> Failure {
    Failure {
        code: "adult_required".into(),
        message: "only an adult can give consent, and the owner has not said that they are one".into(),
        fix: "ask the owner; if they are an adult, add --adult".into(),
        exit: 3,
        more: Vec::new(),
    }
}

/// What a voice is made from: files in a demo library, the microphone in any.
pub fn recordings(
    studio: &Studio,
    files: &[PathBuf],
    record: Option<u32>,
    device: Option<&str>,
    screen: &Screen,
    cancel: &Cancel,
) -> Result<Vec<Recording>, Failure> {
    let mut recordings = files.iter().map(|file| studio.recording_of_file(file)).collect::<Result<Vec<_>, _>>()?;
    if let Some(seconds) = record {
        screen.say(format!("Recording {seconds} s. Read something aloud, in your normal voice …"));
        recordings.push(Recording::live(device, f64::from(seconds), cancel)?);
        screen.say("Recorded.");
    }
    if recordings.is_empty() {
        return Err(Failure::usage(
            "there is nothing to make a voice from",
            "record a sample: --record 20 (in a demo library also --sample FILE)",
        ));
    }
    Ok(recordings)
}

fn enroll(studio: &Studio, request: &Enroll, screen: &Screen, cancel: &Cancel) -> Result<Value, Failure> {
    // Asked before anything is recorded: a person's time is worth more than ours.
    match (studio.is_answer(&request.session)?, &request.out) {
        (true, None) => return Err(StudioError::SessionIsAnswer.into()),
        (false, Some(_)) => return Err(StudioError::SessionIsNoAnswer.into()),
        _ => {}
    }
    let passphrase = if request.owner_passphrase { Some(open::owner_passphrase()?) } else { None };
    let take = match &request.statement {
        Some(file) => studio.recording_of_file(file)?,
        None => read_live(studio, request, screen, cancel)?,
    };
    screen.say("Listening …");
    let (session, passphrase) = (&request.session, passphrase.as_deref());
    match &request.out {
        None => match studio.enroll(session, take, passphrase)? {
            Attempt::Granted(enrolled) => granted(&enrolled, request.receipt.as_deref(), screen),
            Attempt::Refused { refusal, next, checks } => not_yet(studio, refusal, next.as_ref(), &checks, screen),
        },
        Some(out) => match elsewhere_command::finish(studio, session, take, passphrase, out, request)? {
            Attempt::Granted(answered) => Ok(elsewhere_command::answered(&answered, screen)),
            Attempt::Refused { refusal, next, checks } => not_yet(studio, refusal, next.as_ref(), &checks, screen),
        },
    }
}

/// A try that failed, with fresh words while there are tries.
fn not_yet(
    studio: &Studio,
    refusal: consent::Refusal,
    next: Option<&ChallengeCard>,
    checks: &[Check],
    screen: &Screen,
) -> Result<Value, Failure> {
    let shown = match next {
        Some(card) => {
            screen.say(format!("Not yet: {refusal}. Fresh words for another try:"));
            screen.say(format!("  {}", card.sentence));
            if studio.takes_files()? {
                screen.say(format!("  The words: {}", card.words.join(", ")));
            }
            shown(studio, card)?
        }
        None => Value::Null,
    };
    Err(Failure::from(StudioError::from(refusal)).with("challenge", shown).with("checks", json!(checks)))
}

/// Shows the sentence, then one word after another, while the microphone runs.
fn read_live(studio: &Studio, request: &Enroll, screen: &Screen, cancel: &Cancel) -> Result<Recording, Failure> {
    let card = studio.open_session(&request.session)?;
    if !std::io::stdin().is_terminal() {
        return Err(Failure::usage("the ceremony needs a person at a terminal", "run it in a terminal"));
    }
    screen.say("Press Enter, read the sentence aloud, press Enter again, then read each word as it appears.");
    screen.say(format!("  {}", card.sentence));
    let _ = std::io::stdin().lock().lines().next();
    screen.say("Recording …");
    let (read, pressed) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let _ = std::io::stdin().lock().lines().next();
        let _ = read.send(());
    });
    let recording = studio.record_statement(
        &card,
        request.device.as_deref(),
        cancel,
        &mut || pressed.try_recv().is_ok(),
        &mut |prompt| match prompt {
            Prompt::Word(word) => screen.say(format!("  {word}")),
            Prompt::Level(_) => {}
            Prompt::Done => screen.say("Thank you."),
        },
    )?;
    Ok(recording)
}

/// What is said of a voice that was granted.
pub fn granted(enrolled: &Enrolled, receipt: Option<&Path>, screen: &Screen) -> Result<Value, Failure> {
    if let Some(path) = receipt {
        std::fs::write(path, &enrolled.receipt)
            .map_err(|error| StudioError::Unwritable { path: path.to_owned(), reason: error.to_string() })?;
        screen.say(format!("The owner's receipt: {}", path.display()));
    }
    screen.say(format!("Granted. The voice is called {:?}.", enrolled.voice));
    for (name, score) in &enrolled.scores {
        screen.say(format!("  {name}: {score:.2}"));
    }
    screen.say(format!("  not checked by the {} ear: {}", enrolled.ear, enrolled.unchecked.join(", ")));
    Ok(json!({
        "voice": enrolled.voice, "id": enrolled.id, "grant": enrolled.grant, "ear": enrolled.ear,
        "scores": enrolled.scores, "unchecked": enrolled.unchecked, "checks": enrolled.checks,
    }))
}

fn list(studio: &Studio, screen: &Screen) -> Result<Value, Failure> {
    let voices = studio.voices()?;
    for voice in &voices {
        let key = if is_elsewhere(voice) { "; the owner's key is elsewhere" } else { "" };
        screen.say(format!("{:<8} {:<24} {}{key}", voice.kind.name(), voice.name, voice.about));
    }
    Ok(json!({"voices": voices}))
}

fn show(studio: &Studio, name: &str, screen: &Screen) -> Result<Value, Failure> {
    let voice = studio.voice(name)?;
    screen.say(format!("{} ({})", voice.name, voice.kind.name()));
    screen.say(format!("  {}", voice.about));
    if let Some(terms) = &voice.terms {
        screen.say(format!("  terms: {terms}"));
    }
    if is_elsewhere(&voice) {
        screen.say("  the owner's key: elsewhere, on the owner's own machine; both machines listened");
    }
    if let (Some(used), Some(cap)) = (voice.used_seconds, voice.cap_seconds) {
        screen.say(format!("  spoken so far: {used} s of {cap} s"));
    }
    Ok(json!({"voice": voice}))
}

fn is_elsewhere(voice: &VoiceCard) -> bool {
    voice.owner_mode == Some("elsewhere")
}

fn revoke(
    studio: &Studio,
    voice: Option<&str>,
    receipt: Option<&Path>,
    yes: bool,
    screen: &Screen,
) -> Result<Value, Failure> {
    let which = match (voice, receipt) {
        (_, Some(path)) => {
            let bytes = std::fs::read(path)
                .map_err(|error| StudioError::Unreadable { path: path.to_owned(), reason: error.to_string() })?;
            Revoke::Receipt(bytes)
        }
        (Some(name), None) => Revoke::Voice(studio.voice(name)?.id),
        (None, None) => return Err(Failure::usage("no voice was named", "name a voice, or give --receipt FILE")),
    };
    if !yes {
        if screen.is_json() || !std::io::stdin().is_terminal() {
            return Err(Failure::usage("revoking erases a voice for good", "say so with --yes"));
        }
        print_question("Its recordings, its clone and every segment made with it are erased for good. Revoke? [y/N] ");
        let answer = std::io::stdin().lock().lines().next().and_then(Result::ok).unwrap_or_default();
        if !matches!(answer.trim(), "y" | "Y" | "yes") {
            return Err(Failure::usage("nothing was revoked", "answer y to revoke"));
        }
    }
    studio.revoke(&which)?;
    screen.say("Revoked. The key of its recordings, its clone and its segments is gone; so is the voice.");
    Ok(json!({"revoked": true}))
}

fn export(studio: &Studio, voice: &str, out: &Path, screen: &Screen) -> Result<Value, Failure> {
    let exported = studio.export_voice(voice, &export_passphrase(screen)?, out)?;
    screen.say(format!("The owner's copy: {} ({} bytes, encrypted)", exported.file.display(), exported.bytes));
    screen.say(format!("It opens with the passphrase alone: age -d {} > copy.zip", exported.file.display()));
    Ok(json!({"exported": exported}))
}

/// The owner's passphrase for the copy, from the environment, or asked for twice: it cannot be recovered.
fn export_passphrase(screen: &Screen) -> Result<String, Failure> {
    if let Ok(passphrase) = std::env::var("VOUCH_EXPORT_PASSPHRASE")
        && !passphrase.is_empty()
    {
        return Ok(passphrase);
    }
    if screen.is_json() || !std::io::stdin().is_terminal() {
        return Err(Failure::usage(
            "a passphrase for the copy is needed",
            "set VOUCH_EXPORT_PASSPHRASE, or run this on a terminal",
        ));
    }
    let ask = |question| {
        rpassword::prompt_password(question)
            .map_err(|error| Failure::usage(format!("the passphrase could not be read: {error}"), "try again"))
    };
    let passphrase = ask("A passphrase for the copy, at least ten characters: ")?;
    if passphrase == ask("The same again: ")? {
        Ok(passphrase)
    } else {
        Err(Failure::usage("the two passphrases differ", "type the same one twice"))
    }
}

fn print_question(question: &str) {
    let mut out = std::io::stdout().lock();
    let _ = write!(out, "{question}");
    let _ = out.flush();
}

fn log(studio: &Studio, screen: &Screen) -> Result<Value, Failure> {
    let entries = studio.log()?;
    for entry in &entries {
        screen.say(format!("{:>5}  {}  {}", entry.number, entry.time, entry.kind));
    }
    screen.say("The chain and its anchor hold.");
    Ok(json!({"entries": entries}))
}

/// What a program sees of a challenge: with the microphone, the words appear one by one and are not given away.
fn shown(studio: &Studio, card: &ChallengeCard) -> Result<Value, Failure> {
    let mut value = json!(card);
    if !studio.takes_files()? {
        value["words"] = json!([]);
    }
    Ok(value)
}
