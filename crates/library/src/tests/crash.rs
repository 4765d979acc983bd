//! C45: the process is killed (SIGKILL, no farewell) at every step of giving and ending consent, and of storing a segment.
//! The test program starts itself again as the victim.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use consent::log::LogKind;
use consent::{Nonce, Refusal, VoiceId};

use super::stage::{MACHINE, MODEL, NOW, Place, ceremony, files, give, made, may_speak, open, store};
use super::unsealed::assert_sealed;
use crate::{Library, LibraryError};

const SEED: u8 = 1;
const OTHER: u8 = 2;
const SEGMENT: [u8; 32] = [9; 32];

/// The victim; does nothing when it is run as a test.
#[test]
fn child() {
    let Ok(order) = std::env::var("VOUCH_TEST_CHILD") else { return };
    let [deed, root, by_keyring, step]: [&str; 4] = order.split('|').collect::<Vec<_>>().try_into().unwrap();
    let library = open(Path::new(root), by_keyring == "true", MACHINE, NOW + 100).unwrap();
    let voice = find(&library, SEED);
    let granted = (deed == "grant").then(|| ceremony(&library, SEED, NOW + 100).unwrap());
    let (step, seen): (usize, AtomicUsize) = (step.parse().unwrap(), AtomicUsize::new(0));
    library
        .with(|state| {
            state.steps = Some(Box::new(move |name| {
                if seen.fetch_add(1, Ordering::SeqCst) == step {
                    println!("\nchild: {name}");
                    std::thread::sleep(std::time::Duration::from_secs(60));
                }
            }));
            Ok(())
        })
        .unwrap();
    match deed {
        "grant" => drop(store(&library, &granted.unwrap(), NOW + 100).unwrap()),
        "revoke" => library.revoke_here(&voice.unwrap(), NOW + 100).unwrap(),
        _ => library.put_segment(&SEGMENT, voice.as_ref(), &made(7, 1.0), NOW + 100).unwrap(),
    }
    println!("\nchild: finished");
}

/// Runs a deed and kills it at a step. Returns the step's name, or none once the deed has no such step.
fn kill_at(place: &Place, deed: &str, step: usize) -> Option<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tests::crash::child", "--nocapture", "--test-threads=1"])
        .env("VOUCH_TEST_CHILD", format!("{deed}|{}|{}|{step}", place.root().display(), place.by_keyring))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let name = lines.map(|line| line.unwrap()).find_map(|line| line.strip_prefix("child: ").map(str::to_owned));
    child.kill().unwrap();
    child.wait().unwrap();
    Some(name.expect("the child said where it was")).filter(|name| name != "finished")
}

fn find(library: &Library, seed: u8) -> Option<VoiceId> {
    let voices = library.voices().unwrap();
    voices
        .iter()
        .find(|voice| voice.grant.grant().challenge_nonce == Nonce::from_bytes([seed; 32]))
        .map(|voice| voice.id)
}

fn logged(library: &Library, kind: LogKind, voice: Option<&VoiceId>) -> bool {
    let log = library.log().unwrap();
    log.iter().any(|entry| entry.kind() == kind && (voice.is_none() || entry.facts().voice_id.as_ref() == voice))
}

/// A library for each way to keep the key, killed at each step of a deed; `judge` looks at what is left.
fn for_each_step(deed: &str, prepare: impl Fn(&Library), judge: impl Fn(&Place, &Library, &str)) -> Vec<String> {
    let mut steps = Vec::new();
    for by_keyring in [false, true] {
        let base = Place::new(by_keyring);
        let library = base.create();
        give(&library, OTHER, NOW);
        prepare(&library);
        drop(library);
        for step in 0.. {
            let place = base.copy();
            let Some(name) = kill_at(&place, deed, step) else { break };
            assert_sealed(&place.folder());
            let library = place.open(NOW + 200).unwrap_or_else(|error| panic!("killed at {name}: {error}"));
            judge(&place, &library, &name);
            let other = find(&library, OTHER).unwrap();
            may_speak(&library, &other, NOW + 300).unwrap();
            assert_eq!(library.samples(&other).unwrap().len(), 2);
            assert_eq!(library.check().unwrap().damage, [""; 0], "killed at {name}");
            drop(library);
            drop(place.open(NOW + 300).unwrap());
            steps.push(name);
        }
    }
    steps
}

#[test]
fn c45_killed_while_consent_is_given_never_usable_but_unlogged() {
    let steps = for_each_step(
        "grant",
        |_| {},
        |place, library, name| {
            let voice = find(library, SEED);
            let granted = logged(library, LogKind::Granted, voice.as_ref()) && library.log().unwrap().len() == 2;
            let nonce_used = library.is_nonce_used(&Nonce::from_bytes([SEED; 32])).unwrap();
            assert_eq!(voice.is_some(), granted, "{name}");
            assert_eq!(nonce_used, granted, "{name}");
            assert_eq!(place.blob_files(), if granted { 6 } else { 3 }, "{name}");
            assert_eq!(granted, ["committed", "anchored"].contains(&name), "{name}");
            // Whatever happened, the same can be done again, or need not be.
            let voice = voice.unwrap_or_else(|| give(library, SEED, NOW + 200));
            may_speak(library, &voice, NOW + 300).unwrap();
            assert_eq!(library.samples(&voice).unwrap().len(), 2);
            assert!(library.prompt(&voice, MODEL).unwrap().is_some());
        },
    );
    assert_eq!(steps.len(), 2 * 7, "{steps:?}");
}

#[test]
fn c45_killed_while_consent_is_ended_never_revoked_but_usable() {
    let steps = for_each_step(
        "revoke",
        |library| {
            let voice = give(library, SEED, NOW);
            library.put_segment(&SEGMENT, Some(&voice), &made(1, 1.0), NOW).unwrap();
        },
        |place, library, name| {
            let voice = find(library, SEED).unwrap();
            let revoked = logged(library, LogKind::Revoked, Some(&voice));
            let before = ["marked revoked", "key deleted", "vault rotated", "before commit"].contains(&name);
            assert_eq!(revoked, !before, "{name}");
            if !revoked {
                may_speak(library, &voice, NOW + 300).unwrap();
                assert_eq!(library.samples(&voice).unwrap().len(), 2);
                assert!(library.has_segment(&SEGMENT).unwrap());
                library.revoke_here(&voice, NOW + 300).unwrap();
            }
            let error = may_speak(library, &voice, NOW + 300).unwrap_err();
            assert!(matches!(error, LibraryError::Refused(Refusal::Revoked)), "{name}: {error:?}");
            assert!(library.samples(&voice).unwrap().is_empty(), "{name}");
            assert!(library.prompt(&voice, MODEL).unwrap().is_none(), "{name}");
            assert!(!library.has_segment(&SEGMENT).unwrap(), "{name}");
            assert_eq!(place.blob_files(), 3, "{name}: only the other voice's files are left");
            let keys = files(&place.keyring()).into_iter().filter(|path| path.to_string_lossy().ends_with("key"));
            for path in keys {
                assert_eq!(path.metadata().unwrap().len(), 40, "{name}: the old vault key is still in the keyring");
            }
        },
    );
    assert_eq!(steps.len(), 2 * 12, "{steps:?}");
}

#[test]
fn c45_killed_while_a_segment_is_stored_it_is_there_whole_or_not_at_all() {
    let steps = for_each_step(
        "segment",
        |library| {
            give(library, SEED, NOW);
        },
        |place, library, name| {
            let stored = library.segment(&SEGMENT).unwrap();
            assert_eq!(stored.is_some(), name == "committed", "{name}");
            assert_eq!(place.blob_files(), if stored.is_some() { 7 } else { 6 }, "{name}");
            let voice = find(library, SEED).unwrap();
            assert_eq!(library.voice(&voice).unwrap().made_seconds, u64::from(stored.is_some()), "{name}");
        },
    );
    assert_eq!(steps.len(), 2 * 3, "{steps:?}");
}
