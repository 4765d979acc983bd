//! Consent from an owner at another machine, with two libraries and the built product: asked, answered with less, heard
//! again and countersigned, used, and ended by the owner's receipt.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use studio::stand_in::{SPEAKERS, StandIn};

use crate::gate::{SAMPLE, read_until_heard, record, stand_ins_can_speak};
use crate::product::{Answer, PASSPHRASE, answer, binary, demo_library, vouch};

/// A folder of its own with a demo library in it.
fn machine(folder: &Path, name: &str) -> std::path::PathBuf {
    std::fs::create_dir(folder.join(name)).unwrap();
    demo_library(&folder.join(name))
}

fn ask(library: &Path, out: &Path) -> Value {
    let mut command = vouch(library);
    command.args(["voice", "request", "--owner", "Rowan Stand In", "--grantee", "Dub House"]);
    command.args(["--purpose", "testing two machines", "--days", "30", "--hours", "2", "--dub-into", "de,fr", "-o"]);
    answer(command.arg(out)).ok()
}

/// The owner's ceremony: two hours and two languages were asked for, one of each is given.
fn reply(library: &Path, folder: &Path, request: &Path, reader: &StandIn, out: &Path) -> Answer {
    let sample = record(&SPEAKERS[0], SAMPLE, folder, "sample.wav");
    let mut command = vouch(library);
    command.args(["voice", "answer", "--adult", "--hours", "1", "--dub-into", "de", "--sample"]).arg(&sample);
    let session = answer(command.arg(request)).ok();
    let terms = session["terms"].as_str().unwrap();
    assert!(terms.contains("dubbing into German, on the machine of Dub House, at most 1 hour"), "{terms}");
    let id = session["session"].as_str().unwrap().to_owned();
    answer(vouch(library).args(["voice", "enroll", &id, "--statement"]).arg(&sample)).refused(2, "session_is_answer");
    let result = read_until_heard(folder, reader, session["challenge"].clone(), |take| {
        let mut command = vouch(library);
        command.args(["voice", "enroll", &id, "--statement"]).arg(take).arg("-o").arg(out);
        command
    });
    if result.exit == 0 {
        answer(vouch(library).args(["voice", "enroll", &id, "--statement"]).arg(&sample)).refused(4, "unknown_session");
    }
    result
}

#[test]
fn an_owner_elsewhere_gives_consent_and_ends_it() {
    if !stand_ins_can_speak() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (here, there) = (machine(folder.path(), "here"), machine(folder.path(), "there"));
    let place = |name: &str| folder.path().join(name);
    let (request, consent) = (place("anna.consent-request"), place("anna.consent"));
    let asked = ask(&here, &request);
    assert!(std::fs::metadata(&request).unwrap().len() < 1500);

    // The owner sees what is asked, and can compare it by telephone. Who asked cannot answer.
    let shown = answer(vouch(&there).args(["voice", "answer"]).arg(&request)).ok();
    assert_eq!(shown["request"], asked["request"]);
    assert!(shown["request"]["terms"].as_str().unwrap().contains("dubbing into German and French, on"), "{shown}");
    answer(vouch(&here).args(["voice", "answer"]).arg(&request)).refused(3, "own_request");
    let sample = record(&SPEAKERS[0], SAMPLE, folder.path(), "sample.wav");
    let more = |arguments: &[&str], exit: i32, code: &str| {
        let mut command = vouch(&there);
        command.args(["voice", "answer"]).args(arguments).arg("--sample").arg(&sample).arg(&request);
        answer(&mut command).refused(exit, code);
    };
    more(&["--adult", "--hours", "3"], 3, "wider_than_asked");
    more(&["--adult", "--days", "60"], 3, "wider_than_asked");
    more(&["--adult", "--dub-into", "es"], 3, "wider_than_asked");
    more(&[], 3, "adult_required");

    // A changed request is not answered.
    let mut bytes = std::fs::read(&request).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(place("changed"), &bytes).unwrap();
    let changed = answer(vouch(&there).args(["voice", "answer"]).arg(place("changed")));
    assert_eq!(changed.exit, 3, "{}", changed.output);

    let other = reply(&there, folder.path(), &request, &SPEAKERS[1], &consent);
    assert_eq!(other.exit, 3, "another speaker was accepted: {}", other.output);
    assert!(!consent.exists());
    let written = reply(&there, folder.path(), &request, &SPEAKERS[0], &consent).ok();
    let receipt = place("anna.receipt");
    assert_eq!(written["receipt"], receipt.to_str().unwrap());
    // Nothing of the owner's voice stays with the owner's library, and nothing of it lies open in the answer.
    let voices = answer(vouch(&there).args(["voice", "list"])).ok();
    assert!(voices["voices"].as_array().unwrap().iter().all(|voice| voice["kind"] != "clone"), "{voices}");
    let bytes = std::fs::read(&consent).unwrap();
    for needle in [&b"RIFF"[..], b"Rowan"] {
        assert!(!bytes.windows(needle.len()).any(|window| window == needle));
    }

    // Only the library that asked opens it, unchanged, and once.
    answer(vouch(&there).args(["voice", "import"]).arg(&consent)).refused(3, "not_the_request");
    let mut changed = bytes;
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    std::fs::write(place("changed"), &changed).unwrap();
    answer(vouch(&here).args(["voice", "import"]).arg(place("changed"))).refused(3, "seal_broken");
    let granted = answer(vouch(&here).args(["voice", "import"]).arg(&consent)).ok();
    assert_eq!(granted["grant"], written["grant"]);
    assert!(granted["unchecked"].as_array().unwrap().contains(&Value::from("capture_elsewhere")), "{granted}");
    answer(vouch(&here).args(["voice", "import"]).arg(&consent)).refused(3, "already_answered");
    let voice = granted["voice"].as_str().unwrap().to_owned();
    let shown = answer(vouch(&here).args(["voice", "show", &voice])).ok();
    assert_eq!(shown["voice"]["owner_mode"], "elsewhere");
    assert_eq!(shown["voice"]["dub_into"], serde_json::json!(["de"]));
    assert_eq!(shown["voice"]["cap_seconds"], 3600);

    // It speaks, in the languages that the owner named: the bundled model alone does not speak them.
    let out = place("out.wav");
    let speak = |language: &str| {
        answer(vouch(&here).args(["speak", "--voice", &voice, "--language", language, "Guten Abend.", "-o"]).arg(&out))
    };
    speak("en").ok();
    std::fs::remove_file(&out).unwrap();
    let dubbed = speak("de");
    assert_eq!((dubbed.exit, dubbed.code()), (6, "language_not_spoken"), "{}", dubbed.output);
    speak("fr").refused(3, "language_not_granted");

    // The owner's receipt alone ends it.
    answer(vouch(&here).args(["voice", "revoke", "--yes", "--receipt"]).arg(&receipt)).ok();
    speak("en").refused(3, "revoked");
    speak("de").refused(3, "revoked");
    assert!(!out.exists());
    for library in [&here, &there] {
        answer(vouch(library).args(["library", "check"])).ok();
    }
}

#[test]
fn a_demo_request_is_no_request_for_a_normal_library() {
    let folder = tempfile::tempdir().unwrap();
    let demo = demo_library(folder.path());
    let normal = folder.path().join("normal");
    let mut init = Command::new(binary());
    init.args(["--json", "library", "init"]).arg(&normal).env("VOUCH_PASSPHRASE", PASSPHRASE);
    answer(init.stdout(Stdio::piped()).stderr(Stdio::piped())).ok();
    for (asks, answers) in [(&demo, &normal), (&normal, &demo)] {
        let request = folder.path().join("request");
        ask(asks, &request);
        answer(vouch(answers).args(["voice", "answer"]).arg(&request)).refused(3, "demo_only");
    }
    let nothing = folder.path().join("nothing");
    answer(vouch(&demo).args(["voice", "answer"]).arg(&nothing)).refused(4, "unreadable");
    std::fs::write(&nothing, vec![0; 20_000]).unwrap();
    answer(vouch(&demo).args(["voice", "answer"]).arg(&nothing)).refused(3, "malformed_record");
    answer(vouch(&demo).args(["voice", "import"]).arg(&nothing)).refused(3, "malformed_record");
}
