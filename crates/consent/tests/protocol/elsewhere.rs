//! Consent between two machines: what is asked, what is answered, and everything that a file on its way, a greedy owner's
//! machine or a greedy library could try.

use consent::age::ReplyKey;
use consent::log::Anchor;
use consent::scripted::{Actor, Apart, Forged, ScriptedEar, Stage};
use consent::{
    Answer, AnswerReceipt, Audience, Capture, Context, Countersign, Date, IssuerKind, Language, OwnerMode, Purge,
    Receipt, Refusal, Request, Scopes, SignedGrant, TakeSeal, Tts, countersign, enroll, revocation_of,
};

use crate::{code, verdict};

/// Two machines, a request and its answer.
fn answered() -> (Apart, (Request, ReplyKey), Vec<u8>) {
    let apart = Apart::new(IssuerKind::Normal);
    let asked = apart.request(30).unwrap();
    let file = apart.answered(&asked.0).unwrap().file().to_vec();
    (apart, asked, file)
}

/// The same with little sound, to be read many times: a demo takes files, and asks for no time of each word.
fn answered_shortly() -> (Apart, (Request, ReplyKey), Vec<u8>) {
    let mut apart = Apart::new(IssuerKind::Demo);
    apart.there.samples = vec![Actor(0).speak(3.3, 1)];
    let asked = apart.request(30).unwrap();
    let take = consent::Take::from_file(Actor(0).speak(3.6, 9));
    let file = apart.play(&asked.0, take, &ScriptedEar::strong()).unwrap().file().to_vec();
    (apart, asked, file)
}

/// What the machine that asked says to a file.
fn import(apart: &Apart, file: &[u8], asked: &(Request, ReplyKey)) -> &'static str {
    code(apart.import(file, asked, &ScriptedEar::strong()))
}

/// What it says to a forged answer.
fn forged(change: impl FnOnce(&mut Forged)) -> &'static str {
    let (apart, asked, file) = answered();
    import(&apart, &apart.forge(&file, &asked, change).unwrap(), &asked)
}

#[test]
fn an_owner_elsewhere_and_both_machines_agree() {
    let (apart, asked, file) = answered();
    let done = apart.import(&file, &asked, &ScriptedEar::bundled()).unwrap();
    let grant = SignedGrant::decode(&done.grant.encode()).unwrap();
    assert_eq!(grant, done.grant);
    let context = Context { now: apart.here.now + 86_400, ..apart.here.context_of(&done.samples) };
    assert_eq!(verdict::<Tts>(&grant, &context), "");
    assert_eq!(grant.evidence().owner_mode, OwnerMode::Elsewhere);
    assert_eq!(grant.grant().owner_key, apart.there.owner.public());
    assert_eq!(grant.grant().issuer_key, apart.here.issuer.public());
    // Each machine says what its own ear heard; how the sound came in is the other's word.
    assert_eq!(grant.evidence().ear.strength, consent::Strength::Strong);
    assert_eq!(grant.heard_here().ear.strength, consent::Strength::Bundled);
    assert!(grant.heard_here().unchecked.contains(&"capture_elsewhere".to_owned()));
    assert!(!grant.evidence().unchecked.contains(&"capture_elsewhere".to_owned()));
    // On the owner's machine it is good for nothing.
    let there = Context { now: apart.there.now + 86_400, ..apart.there.context_of(&done.samples) };
    assert_eq!(verdict::<Tts>(&grant, &there), "issuer_untrusted");
}

#[test]
fn an_owner_elsewhere_may_allow_what_nobody_else_can() {
    let mut apart = Apart::new(IssuerKind::Normal);
    for stage in [&mut apart.here, &mut apart.there] {
        stage.terms.scopes = Scopes::TTS.with(Scopes::EXPORT_VOICE);
    }
    let asked = apart.request(30).unwrap();
    let file = apart.answered(&asked.0).unwrap().file().to_vec();
    assert_eq!(import(&apart, &file, &asked), "");
}

#[test]
fn the_owner_may_give_less() {
    let mut apart = Apart::new(IssuerKind::Normal);
    apart.here = apart.here.dubbing(&["de", "fr"]);
    apart.there = apart.there.dubbing(&["fr"]);
    apart.here.terms.cap_hours = 50;
    apart.there.terms.until = Date::of(apart.there.now + 86_400);
    let asked = apart.request(30).unwrap();
    let file = apart.answered(&asked.0).unwrap().file().to_vec();
    let done = apart.import(&file, &asked, &ScriptedEar::strong()).unwrap();
    assert_eq!(done.grant.terms().dub_into, vec![Language::parse("fr").unwrap()]);
    assert_eq!(done.grant.terms().cap_hours, 1);
}

#[test]
fn the_owners_machine_gives_no_more_than_was_asked() {
    let refused = |change: fn(&mut Apart)| {
        let mut apart = Apart::new(IssuerKind::Normal);
        let asked = apart.request(30).unwrap();
        change(&mut apart);
        code(apart.answered(&asked.0))
    };
    assert_eq!(refused(|apart| apart.there.terms.cap_hours = 2), "wider_than_asked");
    assert_eq!(refused(|apart| apart.there.terms.until = apart.there.terms.until.plus_months(1)), "wider_than_asked");
    assert_eq!(refused(|apart| apart.there.terms.scopes = Scopes::TTS.with(Scopes::LIVE)), "wider_than_asked");
    assert_eq!(refused(|apart| apart.there.terms.grantee_name = "Somebody Else".into()), "not_the_request");
    assert_eq!(refused(|apart| apart.there.terms.purpose = "another purpose than asked".into()), "not_the_request");
    assert_eq!(refused(|apart| apart.there.now = apart.here.now + apart.open_seconds), "request_expired");
    assert_eq!(refused(|apart| apart.there.now = apart.here.now - 86_400), "not_yet_valid");
    assert_eq!(refused(|apart| apart.there.issuer = Stage::default().issuer), "own_request");
    assert_eq!(refused(|apart| apart.there.owner = Stage::default().owner), "owner_elsewhere_required");
    // Words that were drawn for something else than this request.
    let apart = Apart::new(IssuerKind::Normal);
    let (one, other) = (apart.request(30).unwrap(), apart.request(31).unwrap());
    let salt = consent::Nonce::from_bytes([8; 32]);
    let sampled = apart.there.sampled().unwrap();
    let challenge = sampled.challenge(&mut consent::Session::new(), one.0.nonce(&salt), apart.there.now).unwrap();
    let spoken = sampled.spoken(challenge, apart.there.take(), apart.there.now + 40).unwrap();
    let matched = spoken.matched(&ScriptedEar::strong(), &Stage::policy()).unwrap();
    let reply = consent::Reply {
        request: &other.0,
        salt: &salt,
        owner: &apart.there.owner,
        issuer: &apart.there.issuer,
        now: apart.there.now + 60,
        highest_time_seen: 0,
        app_version: "0.1.0",
    };
    assert_eq!(code(consent::answer(matched, &reply, &mut consent::SystemEntropy)), "challenge_mismatch");
}

#[test]
fn the_machine_that_asked_takes_no_more_than_it_asked_for() {
    assert_eq!(forged(|_| ()), "", "a forger who changes nothing");
    assert_eq!(forged(|it| it.terms.cap_hours = 2), "wider_than_asked");
    assert_eq!(forged(|it| it.terms.until = it.terms.until.plus_months(1)), "wider_than_asked");
    assert_eq!(forged(|it| it.terms.scopes = Scopes::TTS.with(Scopes::LIVE)), "wider_than_asked");
    let dubbing = |it: &mut Forged| {
        it.terms.scopes = Scopes::TTS.with(Scopes::DUB);
        it.terms.dub_into = vec![Language::parse("de").unwrap()];
    };
    assert_eq!(forged(dubbing), "wider_than_asked");
    let cluster = |it: &mut Forged| {
        it.terms.scopes = Scopes::TTS.with(Scopes::REMOTE);
        it.terms.audiences = vec![Audience::Cluster("0123456789abcdef".into())];
    };
    assert_eq!(forged(cluster), "wider_than_asked");
    assert_eq!(forged(|it| it.terms.owner_name = "Somebody Else".into()), "not_the_request");
    assert_eq!(forged(|it| it.grant.grantee_key = it.grant.owner_key), "not_the_request");
    assert_eq!(forged(|it| it.grant.voice_id = consent::VoiceId::from_bytes([9; 16])), "not_the_request");
    assert_eq!(forged(|it| it.grant.revocation_epoch = 99), "not_the_request");
    assert_eq!(forged(|it| it.grant.challenge_nonce = consent::Nonce::from_bytes([1; 32])), "not_the_request");
    assert_eq!(forged(|it| it.evidence.owner_mode = OwnerMode::ThisInstallation), "malformed_record");
}

#[test]
fn the_machine_that_asked_listens_itself() {
    // The record of the owner's machine says that all was well; this machine hears what is there.
    let other = |it: &mut Forged| {
        it.samples[1] = Actor(3).speak(5.0, 2);
        resampled(it);
    };
    assert_eq!(forged(other), "other_speaker");
    let same = |it: &mut Forged| {
        it.samples[1] = Actor(0).speak(5.0, 3);
        resampled(it);
    };
    assert_eq!(forged(same), "words_differ", "the words follow from the samples");
    assert_eq!(forged(|it| it.samples[1] = Actor(0).speak(5.0, 3)), "samples_differ");
    assert_eq!(forged(|it| drop(it.samples.pop())), "samples_differ");
    assert_eq!(forged(|it| it.samples.push(it.samples[0].clone())), "samples_differ");
    assert_eq!(forged(|it| it.samples.clear()), "sample_count");
    assert_eq!(forged(|it| it.statement = Actor(0).speak(14.0, 8)), "take_altered");
    let stranger = |it: &mut Forged| {
        it.statement = Actor(3).speak(14.0, 8);
        it.grant.statement_sha = *TakeSeal::of(&it.statement).unwrap().end();
    };
    assert_eq!(forged(stranger), "other_speaker");
    let file = |it: &mut Forged| {
        it.evidence.capture = Capture::File;
        it.words_shown_at.clear();
    };
    assert_eq!(forged(file), "live_statement_required");
    let cable = |it: &mut Forged| {
        it.evidence.capture = Capture::Microphone { name: "BlackHole 2ch".into(), driver: "test".into() };
    };
    assert_eq!(forged(cable), "virtual_device");
    assert_eq!(forged(|it| it.words_shown_at.clear()), "timing_unknown");
    assert_eq!(forged(|it| it.evidence.words.swap(0, 1)), "words_differ");
    assert_eq!(forged(|it| it.issued_at -= 300), "challenge_expired");
    assert_eq!(forged(|it| it.spoken_at += 7200), "challenge_expired");
    assert_eq!(forged(|it| it.grant.not_before -= 3600), "challenge_expired");
    // What this ear does not hear is not there, whatever the other ear heard.
    let (apart, asked, file) = answered();
    let ear = |statement: &str, words: &[&str]| ScriptedEar::hears(statement, words, &[]);
    let deaf = ear("nothing of the kind", &["other"; 6]);
    assert_eq!(code(apart.import(&file, &asked, &deaf)), "statement_not_heard");
}

/// Makes the record fit other samples, as a forger would.
fn resampled(it: &mut Forged) {
    let hashes: Vec<consent::SampleHash> = it.samples.iter().map(consent::SampleHash::of).collect();
    it.grant.samples_root = consent::scripted::root_of(&hashes);
}

#[test]
fn an_answer_is_for_one_request_of_one_library() {
    let (apart, asked, file) = answered();
    assert_eq!(Answer::request_of(&file).unwrap(), *asked.0.id());
    let other = apart.request(60).unwrap();
    assert_eq!(import(&apart, &file, &other), "not_the_request");
    // With the right number outside, but another key; and with the right key, but another request.
    let wrong_key = (asked.0.clone(), ReplyKey::from_bytes([77; 32]));
    assert_eq!(import(&apart, &file, &wrong_key), "not_the_request");
    let mut later = Apart::new(IssuerKind::Normal);
    later.here.terms.cap_hours = 3;
    let same_key = later.request(30).unwrap();
    assert_eq!(same_key.0.id(), asked.0.id());
    assert_eq!(import(&apart, &file, &same_key), "not_the_request");
    // Another library cannot countersign it.
    let heard = |file: &[u8]| {
        let answer = Answer::open(file, &asked.0, &asked.1).unwrap();
        answer.hear(Stage::word_list(), apart.there.now + 100, &ScriptedEar::strong(), &Stage::policy()).unwrap()
    };
    let by = apart.by(apart.there.now + 100);
    assert_eq!(code(countersign(heard(&file), &Countersign { issuer: &apart.there.issuer, ..by })), "issuer_untrusted");
    let by = apart.by(apart.there.now + 100);
    assert_eq!(code(countersign(heard(&file), &Countersign { nonce_used: &|_| true, ..by })), "nonce_used");
    let by = apart.by(apart.there.now + 100);
    let late = Countersign { highest_time_seen: apart.there.now + 90_000, ..by };
    assert_eq!(code(countersign(heard(&file), &late)), "clock_rollback");
}

#[test]
fn an_answer_comes_in_time() {
    let (apart, asked, file) = answered();
    let hear = |now: u64| {
        let answer = Answer::open(&file, &asked.0, &asked.1).unwrap();
        code(answer.hear(Stage::word_list(), now, &ScriptedEar::strong(), &Stage::policy()))
    };
    let end = asked.0.answer_by();
    assert_eq!((hear(end - 1), hear(end)), ("", "request_expired"));
    assert_eq!(hear(apart.there.now - 3000), "not_yet_valid", "spoken in the future");
    assert_eq!(hear(apart.here.now - 86_400), "not_yet_valid");
}

#[test]
fn a_demo_asks_a_demo_and_nobody_else() {
    for (asks, answers) in [(IssuerKind::Demo, IssuerKind::Normal), (IssuerKind::Normal, IssuerKind::Demo)] {
        let mut apart = Apart::new(asks);
        apart.there = Apart::new(answers).there;
        let asked = apart.request(30).unwrap();
        assert_eq!(asked.0.is_demo(), asks == IssuerKind::Demo);
        assert_eq!(code(apart.answered(&asked.0)), "demo_only");
    }
    assert_eq!(forged(|it| it.kind = IssuerKind::Demo), "demo_only");
    let (apart, asked, file) = answered_shortly();
    assert_eq!(import(&apart, &file, &asked), "", "a demo takes files in place of the microphone");
}

#[test]
fn no_bit_of_a_request_can_be_changed() {
    let (request, _) = Apart::new(IssuerKind::Normal).request(30).unwrap();
    let bytes = request.encode();
    assert_eq!(Request::decode(&bytes).unwrap(), request);
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(Request::decode(&flipped).is_err(), "bit {bit}");
    }
    for length in 0..bytes.len() {
        assert_eq!(code(Request::decode(&bytes[..length])), "malformed_record", "cut at {length}");
    }
    assert_eq!(code(Request::decode(&[bytes, vec![0]].concat())), "malformed_record");
}

#[test]
fn no_bit_of_an_answer_can_be_changed_on_its_way() {
    let (apart, asked, file) = answered_shortly();
    let refused = |bytes: &[u8], what: &str| {
        let refusal = Answer::open(bytes, &asked.0, &asked.1).err();
        assert!(refusal.is_some(), "{what} was taken");
    };
    // Outside: the envelope and the header of its encryption bit by bit, of what is encrypted a part.
    let places = (0..260).chain((260..file.len()).step_by(7919)).chain(file.len() - 2..file.len());
    for bit in places.flat_map(|byte| byte * 8..byte * 8 + 8) {
        let mut flipped = file.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        refused(&flipped, &format!("bit {bit} of the file"));
    }
    // Inside: whoever can encrypt for the library that asked cannot sign as the owner. A bit of each byte: every bit of
    // the record itself is flipped in the test of the receipt.
    let plain = Apart::plain(&file, &asked.1).unwrap();
    let sound = plain.windows(4).position(|window| window == b"RIFF").unwrap();
    let places = (0..sound + 44).chain((sound + 44..plain.len()).step_by(9973)).chain(plain.len() - 66..plain.len());
    assert!(Apart::reads(&plain));
    for byte in places {
        let mut flipped = plain.clone();
        flipped[byte] ^= 1 << (byte % 8);
        assert!(!Apart::reads(&flipped), "byte {byte} inside");
    }
    assert_eq!(import(&apart, &Apart::envelope(&plain, &asked.0).unwrap(), &asked), "");
}

#[test]
fn both_hearings_belong_to_the_grant() {
    let (apart, asked, file) = answered();
    let done = apart.import(&file, &asked, &ScriptedEar::bundled()).unwrap();
    let context = Context { now: apart.here.now + 86_400, ..apart.here.context_of(&done.samples) };
    let bytes = done.grant.encode();
    // The second one flipped, left out, or put where only one belongs.
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_ne!(crate::verdict_of_bytes::<Tts>(&flipped, &context), "", "bit {bit}");
    }
    let stage = Stage::default();
    let elsewhere = Stage { owner: Stage::default().owner.elsewhere(), ..Stage::default() };
    let sampled = stage.sampled().unwrap();
    let challenge = stage.challenge(&sampled).unwrap();
    let spoken = sampled.spoken(challenge, stage.take(), stage.now + 40).unwrap();
    let matched = spoken.matched(&ScriptedEar::strong(), &Stage::policy()).unwrap();
    assert_eq!(code(enroll(matched, &elsewhere.issue())), "owner_elsewhere_required", "one machine is not two");
}

#[test]
fn the_owners_receipt_ends_it() {
    let (apart, asked, _) = answered();
    let written = apart.answered(&asked.0).unwrap();
    let receipt = written.receipt(Anchor { sequence: 7, hash: [7; 32] });
    let bytes = receipt.encode();
    assert_eq!(AnswerReceipt::decode(&bytes).unwrap(), receipt);
    assert!(bytes.len() < 10_000, "no sound is in it");
    assert_eq!(code(Receipt::decode(&bytes)), "malformed_record");
    let done = apart.import(written.file(), &asked, &ScriptedEar::strong()).unwrap();
    let (voice, revocation) = revocation_of(&bytes).unwrap();
    let purge = Purge::of(&revocation, &done.grant).unwrap();
    assert_eq!((purge.voice_id, purge.grant_id), (voice, done.grant.id()));
    // Nothing else ends with it, and a changed one ends nothing else.
    let other = Stage::default().granted().unwrap();
    assert_eq!(code(Purge::of(&revocation, &other.grant)), "revocation_signature");
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok((flipped_voice, flipped_revocation)) = revocation_of(&flipped) {
            assert_eq!((flipped_voice, &flipped_revocation), (voice, &revocation), "bit {bit}");
        }
    }
}

#[test]
fn a_request_says_what_is_asked_and_can_be_told_from_another() {
    let apart = Apart::new(IssuerKind::Normal);
    let ((one, _), (other, _)) = (apart.request(30).unwrap(), apart.request(31).unwrap());
    assert_eq!(one.fingerprint(), Request::decode(&one.encode()).unwrap().fingerprint());
    assert_ne!(one.fingerprint(), other.fingerprint());
    assert_eq!(one.fingerprint().len(), 19);
    let sentence = one.terms().plain_sentence_on("the machine of Vouch Studio");
    for part in
        ["Ana Kova", "Vouch Studio", "the audiobook of her own stories", "on the machine of Vouch Studio", "1 hour"]
    {
        assert!(sentence.contains(part), "{sentence}");
    }
    let refused = |change: fn(&mut Apart)| {
        let mut apart = Apart::new(IssuerKind::Normal);
        change(&mut apart);
        apart.request(30).err().map(|refusal: Refusal| refusal.code())
    };
    assert_eq!(refused(|apart| apart.open_seconds = 0), Some("request_expired"));
    assert_eq!(refused(|apart| apart.open_seconds = 90 * 86_400), Some("request_expired"));
    assert_eq!(refused(|apart| apart.here.terms.purpose = "short".into()), Some("terms_incomplete"));
    assert_eq!(refused(|apart| apart.here.terms.until = apart.here.terms.until.plus_months(9)), Some("span_too_long"));
}
