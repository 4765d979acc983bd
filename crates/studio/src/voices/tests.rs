//! Voices in real libraries on disk, with grants from a scripted ceremony: the card, what would die, names, the log, and
//! the owner's copy.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use audio::Pcm;
use consent::scripted::{Actor, ScriptedEar, Stage};
use consent::{Draft, Issue, Nonce, VoiceId, enroll};
use jobs::{Cancel, Silence};
use library::{Kind, Library, NewVoice, Unlock};
use speech::VoicePrompt;

use crate::speak::SpeakRequest;
use crate::{Class, Clock, Revoke, Settings, Studio, StudioError};

const NOW: u64 = 1_790_000_000;
const DAY: u64 = 86_400;
const PASSPHRASE: &str = "a passphrase of the owner";

/// A clock that stands until it is told.
#[derive(Clone)]
struct Standing(Arc<AtomicU64>);

impl Clock for Standing {
    fn unix_seconds(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    fn elapsed_seconds(&self) -> f64 {
        0.0
    }
}

struct Place {
    folder: tempfile::TempDir,
    clock: Standing,
    studio: Studio,
}

fn place(kind: Kind) -> Place {
    let folder = tempfile::tempdir().unwrap();
    let unlock = Unlock::Passphrase("correct horse battery".to_owned().into());
    let library = Library::create(&folder.path().join("library"), kind, &unlock, b"machine", NOW).unwrap();
    let clock = Standing(Arc::new(AtomicU64::new(NOW + 100)));
    let studio = Studio::new(
        library,
        Settings { clock: Arc::new(clock.clone()), ffmpeg: None, slots: 1, hands: 1, shelf: None },
    );
    Place { folder, clock, studio }
}

fn samples(seed: u8) -> Vec<Pcm> {
    let actor = Actor(usize::from(seed));
    vec![actor.speak(3.5, u64::from(seed)), actor.speak(4.0, 100 + u64::from(seed))]
}

/// Consent given and stored, without a clone.
fn give(studio: &Studio, name: &str, seed: u8) -> String {
    give_on(Stage::default(), studio, name, seed)
}

/// The same on another stage's terms.
fn give_on(stage: Stage, studio: &Studio, name: &str, seed: u8) -> String {
    let library = studio.library().unwrap();
    let actor = Actor(usize::from(seed));
    let mut terms = stage.terms;
    terms.until = consent::Date::of(NOW).plus_months(6);
    let sampled = Draft::new(terms, Stage::word_list(), NOW).unwrap().samples(samples(seed)).unwrap();
    let challenge = sampled.challenge(&mut consent::Session::new(), Nonce::from_bytes([seed; 32]), NOW).unwrap();
    let take = Stage::live(actor.speak(14.0, 200 + u64::from(seed)));
    let spoken = sampled.spoken(challenge, take, NOW + 30).unwrap();
    let matched = spoken.matched(&ScriptedEar::bundled(), &Stage::policy()).unwrap();
    let owner = library.owner();
    let issue = Issue {
        owner: &owner,
        issuer: library.issuer(),
        grantee: library.grantee(),
        device: library.device(),
        voice_id: VoiceId::from_bytes([seed; 16]),
        now: NOW + 40,
        highest_time_seen: library.highest_time_seen().unwrap(),
        revocation_epoch: library.revocation_epoch().unwrap(),
        app_version: "0.1.0",
        nonce_used: &|_| false,
    };
    let granted = enroll(matched, &issue).unwrap();
    let new = NewVoice {
        name,
        grant: &granted.grant,
        samples: &granted.samples,
        statement: &granted.statement,
        prompt: None,
    };
    library.grant(&new, NOW + 40).unwrap().to_string()
}

#[test]
fn a_card_tells_whose_voice_it_is_and_under_which_consent() {
    let Place { studio, .. } = place(Kind::Normal);
    let id = give(&studio, "Ana", 1);
    let card = studio.voice("Ana").unwrap();
    assert_eq!((card.id.as_str(), card.owner.as_deref()), (id.as_str(), Some("Ana Kova")));
    assert_eq!(card.owner_mode, Some("this_installation"));
    assert_eq!(card.scopes, ["speech from text"]);
    assert_eq!(card.until.as_deref(), Some("2027-03-21"));
    assert_eq!(card.purpose.as_deref(), Some("the audiobook of her own stories"));
    assert_eq!((card.granted_at, card.revoked), (Some(NOW + 40), false));
    assert_eq!(card.ear.as_deref(), Some("scripted"));
    assert!(card.unchecked.iter().any(|what| what == "exact_words"));
    studio.revoke(&Revoke::Voice("Ana".into())).unwrap();
    assert!(studio.voice("Ana").unwrap().revoked);
    // A preset is nobody's: nothing of this is on its card.
    let preset = serde_json::to_value(studio.voice(&crate::presets()[0].id).unwrap()).unwrap();
    for absent in ["owner", "owner_mode", "scopes", "until", "purpose", "granted_at", "ear", "unchecked"] {
        assert!(preset.get(absent).is_none(), "{absent}");
    }
    assert_eq!(preset["revoked"], false);
}

/// Stores what the bundled model would know of a voice, so that it can be opened; nothing is made with it here.
fn know(studio: &Studio, id: &str) {
    let library = studio.library().unwrap();
    let id = id.parse().unwrap();
    let model = studio.models.voice_model(crate::STARTER).unwrap();
    let grant = library.voice(&id).unwrap().grant.id();
    let prompt = VoicePrompt { model: model.identity.clone(), grant, values: vec![0.5; 8], conditioning: Vec::new() };
    let bytes = serde_json::to_vec(&prompt).unwrap();
    library.put_prompt(&id, &library::Prompt { model: &model.identity, bytes: &bytes }, NOW + 60).unwrap();
}

#[test]
fn a_line_in_another_language_needs_a_consent_that_names_it() {
    let Place { folder, clock, studio } = place(Kind::Normal);
    let (ana, bea) = (give(&studio, "Ana", 1), give_on(Stage::default().dubbing(&["de"]), &studio, "Bea", 2));
    know(&studio, &ana);
    know(&studio, &bea);
    let card = studio.voice("Bea").unwrap();
    assert_eq!(card.scopes, ["speech from text", "dubbing into other languages"]);
    assert_eq!(card.dub_into, ["de"]);
    assert!(card.terms.unwrap().contains("speech from text and dubbing into German, on"));
    assert!(studio.voice("Ana").unwrap().dub_into.is_empty());

    let out = folder.path().join("line.wav");
    let speak = |voice: &str, language: &str| {
        let request = SpeakRequest {
            text: "Guten Abend.".into(),
            voice: voice.into(),
            out: out.clone(),
            language: language.into(),
            takes: 1,
            seed: 0,
            speed: 1.0,
        };
        let error = studio.speak(&request, &Silence, &Cancel::new()).unwrap_err();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "something was written");
        (error.code().to_owned(), error.class() == Class::Refused)
    };
    let refused = ("language_not_granted".to_owned(), true);
    for language in ["de", "de-AT", "fr", "auto", "german"] {
        assert_eq!(speak("Ana", language), refused, "{language}");
    }
    assert_eq!(speak("Bea", "fr"), refused);
    // Authorised: now it is the model that does not speak it.
    assert_eq!(speak("Bea", "de"), ("language_not_spoken".to_owned(), false));
    let lines = studio.voice_log("Ana").unwrap();
    let last = lines.last().unwrap();
    assert_eq!((last.kind.as_str(), last.code.as_deref()), ("refused", Some("language_not_granted")));

    // End, cap and revocation count as they do for speech.
    let opened = studio.open_voice("Bea").unwrap();
    let code = |language: &str, seconds: f64| {
        studio.voicing(&opened, language, seconds).map_or_else(|error| error.code().to_owned(), |_| String::new())
    };
    let each = |seconds| [code("de", seconds), code("en-GB", seconds)];
    assert_eq!(each(3600.0), ["", ""]);
    assert_eq!(each(3600.5), ["cap_reached", "cap_reached"]);
    clock.0.store(NOW + 300 * DAY, Ordering::SeqCst);
    assert_eq!(each(1.0), ["expired", "expired"]);
    clock.0.store(NOW + 300 * DAY - 100, Ordering::SeqCst);
    studio.revoke(&Revoke::Voice("Bea".into())).unwrap();
    let gone = each(1.0);
    assert!(gone[0] == gone[1] && ["revoked", "expired"].contains(&gone[0].as_str()), "{gone:?}");
    // A voice that is nobody's needs nothing.
    let preset = studio.open_voice(&crate::presets()[0].id).unwrap();
    assert!(studio.voicing(&preset, "de", 1e9).is_ok());
}

#[test]
fn a_revoked_consent_ends_dubbing_at_the_next_line() {
    let Place { studio, .. } = place(Kind::Normal);
    know(&studio, &give_on(Stage::default().dubbing(&["de"]), &studio, "Bea", 2));
    let opened = studio.open_voice("Bea").unwrap();
    assert!(studio.voicing(&opened, "de", 1.0).is_ok());
    studio.revoke(&Revoke::Voice("Bea".into())).unwrap();
    assert_eq!(studio.voicing(&opened, "de", 1.0).unwrap_err().code(), "revoked");
}

#[test]
fn what_would_die_is_counted_for_this_voice_only() {
    let Place { studio, .. } = place(Kind::Normal);
    let (ana, bea) = (give(&studio, "Ana", 1), give(&studio, "Bea", 2));
    let library = studio.library().unwrap();
    for (number, voice) in [(1, &ana), (2, &ana), (3, &ana), (4, &bea)] {
        let speech = Actor(3).speak(2.5, u64::from(number));
        library.put_segment(&[number; 32], Some(&voice.parse().unwrap()), &speech, NOW + 50).unwrap();
    }
    library.put_segment(&[9; 32], None, &Actor(3).speak(1.0, 9), NOW + 50).unwrap();
    let dies = studio.would_die("Ana").unwrap();
    assert_eq!((dies.samples, dies.segments, dies.seconds_made), (2, 3, 8));
    assert_eq!(studio.would_die(&bea).unwrap().segments, 1);
    studio.revoke(&Revoke::Voice("Ana".into())).unwrap();
    let gone = studio.would_die(&ana).unwrap();
    assert_eq!((gone.samples, gone.segments), (0, 0));
    assert!(studio.would_die("nobody").is_err());
}

#[test]
fn a_voice_has_a_log_of_its_own_and_can_be_renamed() {
    let Place { studio, .. } = place(Kind::Normal);
    let (ana, _) = (give(&studio, "Ana", 1), give(&studio, "Bea", 2));
    let card = studio.rename_voice("Ana", "  Grandmother  ").unwrap();
    assert_eq!((card.name.as_str(), card.owner.as_deref()), ("Grandmother", Some("Ana Kova")));
    assert_eq!(studio.rename_voice("Grandmother", "Grandmother").unwrap().id, ana);
    let preset = crate::presets()[0].id.clone();
    let hex = "00".repeat(16);
    for unfit in ["", "  ", "two\nlines", &"a".repeat(81), &preset, "Bea", &hex] {
        let error = studio.rename_voice("Grandmother", unfit).unwrap_err();
        assert!(matches!(error, StudioError::NameUnfit { .. }), "{unfit:?}: {error}");
    }
    studio.revoke(&Revoke::Voice("Bea".into())).unwrap();
    assert_eq!(studio.rename_voice("Grandmother", "Bea").unwrap().id, ana, "the name of a voice that is gone is free");
    let lines = studio.voice_log(&ana).unwrap();
    assert_eq!(lines.iter().map(|line| line.kind.as_str()).collect::<Vec<_>>(), ["granted"]);
    assert!(studio.log().unwrap().len() > lines.len());
}

fn unpack(file: &Path) -> Vec<(String, Vec<u8>)> {
    let plain = consent::age::open(&std::fs::read(file).unwrap(), PASSPHRASE).unwrap();
    let mut bundle = zip::ZipArchive::new(std::io::Cursor::new(plain.as_slice())).unwrap();
    (0..bundle.len())
        .map(|index| {
            let mut entry = bundle.by_index(index).unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            (entry.name().unwrap().into_owned(), content)
        })
        .collect()
}

#[test]
fn the_owners_copy_opens_with_the_passphrase_and_holds_everything() {
    let Place { folder, clock, studio } = place(Kind::Normal);
    let ana = give(&studio, "Ana", 1);
    let out = folder.path().join("ana.age");
    let exported = studio.export_voice("Ana", PASSPHRASE, &out).unwrap();
    let bytes = std::fs::read(&out).unwrap();
    assert!(bytes.starts_with(b"age-encryption.org/v1\n") && exported.bytes == bytes.len() as u64);
    assert_eq!(consent::age::open(&bytes, "another passphrase").unwrap_err().code(), "wrong_key");
    let found = unpack(&out);
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["README.txt", "terms.txt", "samples/sample-1.wav", "samples/sample-2.wav", "statement.wav", "consent.grant"]
    );
    assert_eq!(found[2].1, samples(1)[0].canonical());
    assert_eq!(found[4].1, studio.library().unwrap().statement(&ana.parse().unwrap()).unwrap().canonical());
    assert!(String::from_utf8(found[1].1.clone()).unwrap().contains("Ana Kova allows Vouch Studio"));
    assert_eq!(consent::SignedGrant::decode(&found[5].1).unwrap().terms().owner_name, "Ana Kova");

    // Nothing of the voice is readable in the file, and nothing else was left behind.
    let clear = samples(1)[0].canonical();
    let needle = &clear[clear.len() / 2..clear.len() / 2 + 24];
    assert!(!bytes.windows(24).any(|window| window == needle));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    let lines = studio.voice_log("Ana").unwrap();
    assert_eq!((lines[1].kind.as_str(), lines[1].code.as_deref()), ("exported", Some("owner_copy")));

    let again = folder.path().join("again.age");
    let code = |name: &str, passphrase: &str| studio.export_voice(name, passphrase, &again).unwrap_err().code();
    assert_eq!(code("Ana", "nine char"), "passphrase_unfit");
    assert_eq!(studio.export_voice("Ana", PASSPHRASE, Path::new("/no/folder/x.age")).unwrap_err().code(), "no_folder");
    assert_eq!(code(&crate::presets()[0].id, PASSPHRASE), "unknown_voice");
    clock.0.store(NOW + 300 * DAY, Ordering::SeqCst);
    assert_eq!(code("Ana", PASSPHRASE), "expired");
    studio.revoke(&Revoke::Voice("Ana".into())).unwrap();
    assert!(["revoked", "expired"].contains(&code("Ana", PASSPHRASE)));
    assert!(!again.exists());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn a_revoked_voice_and_a_demo_voice_stay_where_they_are() {
    let Place { folder, studio, .. } = place(Kind::Normal);
    give(&studio, "Ana", 1);
    studio.revoke(&Revoke::Voice("Ana".into())).unwrap();
    let out = folder.path().join("ana.age");
    assert_eq!(studio.export_voice("Ana", PASSPHRASE, &out).unwrap_err().code(), "revoked");
    assert!(!out.exists());

    let Place { folder, studio, .. } = place(Kind::Demo);
    give(&studio, "Ana", 1);
    let out = folder.path().join("ana.age");
    assert_eq!(studio.export_voice("Ana", PASSPHRASE, &out).unwrap_err().code(), "demo_refused");
    assert!(!out.exists());
}
