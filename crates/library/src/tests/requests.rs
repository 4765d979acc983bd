//! Requests for consent and the voices that come as their answers.

use consent::scripted::{Apart, ScriptedEar, Stage};
use consent::{Answer, Countersign, Countersigned, IssuerKind, Request, RequestId, countersign, revocation_of};

use super::stage::{DAY, NAME, NOW, Place, files, may_speak};
use crate::{Library, LibraryError, NewVoice};

const LATER: u64 = NOW + 7200;

fn ask(library: &Library, now: u64) -> Request {
    let mut terms = Stage::default().terms;
    terms.until = consent::Date::of(now).plus_months(6);
    library.ask(terms, &Stage::word_list(), now + 14 * DAY, now).unwrap()
}

/// The owner's answer, and their receipt.
fn answered(request: &Request) -> (Vec<u8>, Vec<u8>) {
    let written = Apart::new(IssuerKind::Normal).answered(request).unwrap();
    let anchor = consent::log::Anchor { sequence: 1, hash: [1; 32] };
    (written.file().to_vec(), written.receipt(anchor).encode())
}

fn heard(library: &Library, file: &[u8], now: u64) -> Result<Countersigned, LibraryError> {
    let open = library.open_request(&Answer::request_of(file)?, now)?;
    let answer = Answer::open(file, &open.request, &open.key)?;
    let heard = answer.hear(Stage::word_list(), now, &ScriptedEar::bundled(), &Stage::policy())?;
    let by = Countersign {
        issuer: library.issuer(),
        now,
        highest_time_seen: library.highest_time_seen()?,
        app_version: "0.1.0",
        nonce_used: &|nonce| library.is_nonce_used(nonce).unwrap(),
    };
    Ok(countersign(heard, &by)?)
}

fn new(granted: &Countersigned) -> NewVoice<'_> {
    NewVoice {
        name: NAME,
        grant: &granted.grant,
        samples: &granted.samples,
        statement: &granted.statement,
        prompt: None,
    }
}

fn code<T>(result: Result<T, LibraryError>) -> &'static str {
    result.err().map_or("", |error| error.code())
}

#[test]
fn a_request_is_answered_once_and_the_owner_can_end_it() {
    let place = Place::new(true);
    let library = place.create();
    let request = ask(&library, NOW);
    let (file, receipt) = answered(&request);
    // Two answers that were both opened in time: the second is refused by the transaction, and leaves nothing behind.
    let (one, other) = (heard(&library, &file, LATER).unwrap(), heard(&library, &file, LATER).unwrap());
    let voice = library.grant_answered(&new(&one), request.id(), LATER).unwrap();
    let kept = place.blob_files();
    assert_eq!(code(library.grant_answered(&new(&other), request.id(), LATER)), "nonce_used");
    let second = Apart::new(IssuerKind::Normal);
    let take = Stage::live(consent::scripted::Actor(0).speak(14.0, 77));
    let again = second.play(&request, take, &ScriptedEar::strong()).unwrap();
    assert_eq!(code(heard(&library, again.file(), LATER)), "already_answered");
    assert_eq!(place.blob_files(), kept);
    drop(library);

    let library = place.open(LATER + 60).unwrap();
    assert_eq!(code(library.open_request(request.id(), LATER + 60)), "already_answered");
    assert!(may_speak(&library, &voice, LATER + 60).is_ok());
    let (ended, revocation) = revocation_of(&receipt).unwrap();
    assert_eq!(ended, voice);
    library.revoke(&ended, &revocation, LATER + 90).unwrap();
    assert_eq!(code(may_speak(&library, &voice, LATER + 100)), "revoked");
    library.check().unwrap();
}

#[test]
fn a_voice_that_answers_nothing_is_not_stored() {
    let place = Place::new(true);
    let library = place.create();
    let request = ask(&library, NOW);
    let granted = heard(&library, &answered(&request).0, LATER).unwrap();
    let unknown = RequestId::from_bytes([9; 32]);
    assert_eq!(code(library.grant_answered(&new(&granted), &unknown, LATER)), "not_the_request");
    assert_eq!(place.blob_files(), 0);
    assert!(library.voices().unwrap().is_empty());
    assert_eq!(code(library.open_request(&unknown, LATER)), "not_the_request");
    // Another library cannot open it.
    let elsewhere = Place::new(true);
    let other = elsewhere.create();
    assert_eq!(code(heard(&other, &answered(&request).0, LATER)), "not_the_request");
    // And this one still can.
    library.grant_answered(&new(&granted), request.id(), LATER).unwrap();
}

#[test]
fn what_nobody_answered_in_time_cannot_be_opened_any_more() {
    let place = Place::new(true);
    let library = place.create();
    let request = ask(&library, NOW);
    assert!(library.open_request(request.id(), NOW + 14 * DAY - 1).is_ok());
    assert_eq!(code(library.open_request(request.id(), NOW + 14 * DAY)), "request_expired");
    // The next request takes the old one's key away.
    let next = ask(&library, NOW + 15 * DAY);
    assert_eq!(code(library.open_request(request.id(), NOW)), "request_expired");
    assert!(library.open_request(next.id(), NOW + 15 * DAY).is_ok());
}

#[test]
fn the_key_of_a_request_lies_sealed() {
    let place = Place::new(true);
    let library = place.create();
    let request = ask(&library, NOW);
    let key = library.open_request(request.id(), NOW).unwrap().key.to_bytes();
    drop(library);
    let needles = [key.as_slice().to_vec(), hex::encode(key.as_slice()).into_bytes(), b"Ana Kova".to_vec()];
    for path in files(place.root()) {
        let bytes = std::fs::read(&path).unwrap();
        for needle in &needles {
            assert!(memchr::memmem::find(&bytes, needle).is_none(), "{} holds it", path.display());
        }
    }
    assert!(place.open(NOW).unwrap().open_request(request.id(), NOW).is_ok());
}
