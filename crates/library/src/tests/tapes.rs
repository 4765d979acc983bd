//! Tapes: what was recorded is on disk within a quarter of a second, sealed, and gone when it is removed. The test program
//! starts itself again as the one who is killed.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use audio::Pcm;
use consent::scripted::Actor;

use super::stage::{MACHINE, NOW, Place, files, give, open};
use super::unsealed::{JOB_TEXT, assert_sealed};
use crate::{Library, LibraryError, TapeLabel};

const RATE_HZ: u32 = 8_000;
/// What the killed program says, in blocks of 20 ms as a microphone gives them.
const BLOCK: usize = RATE_HZ as usize / 50;

/// What the killed program records: the voice whose bytes `assert_sealed` searches for.
fn voice() -> Pcm {
    Actor(1).speak(14.0, 201)
}

fn label() -> TapeLabel {
    TapeLabel {
        device: "Desk microphone".into(),
        system: "test".into(),
        purpose: None,
        prompt: JOB_TEXT.into(),
        rate_hz: RATE_HZ,
        live: true,
        started_at: NOW,
    }
}

fn tape_file(place: &Place) -> PathBuf {
    let mut found = files(&place.folder().join("tapes"));
    assert_eq!(found.len(), 1);
    found.remove(0)
}

fn record(library: &Library, seconds: f64) -> crate::TapeId {
    let mut tape = library.start_tape(label()).unwrap();
    for block in voice().slice(0.0, seconds).samples().chunks(BLOCK) {
        tape.append(block).unwrap();
    }
    tape.finish(false).unwrap().id
}

/// The victim; does nothing when it is run as a test. It records in real time and says what it has handed over.
#[test]
fn child() {
    let Ok(root) = std::env::var("VOUCH_TEST_TAPE") else { return };
    let library = open(Path::new(&root), false, MACHINE, NOW).unwrap();
    let mut tape = library.start_tape(label()).unwrap();
    for (number, block) in voice().samples().chunks(BLOCK).enumerate() {
        tape.append(block).unwrap();
        println!("\nchild: {}", (number + 1) * BLOCK);
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_secs(60));
}

#[test]
fn killed_while_recording_less_than_a_quarter_of_a_second_is_lost() {
    for stop_after in [RATE_HZ as usize / 2, RATE_HZ as usize * 17 / 10] {
        let place = Place::new(false);
        drop(place.create());
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "tests::tapes::child", "--nocapture", "--test-threads=1"])
            .env("VOUCH_TEST_TAPE", place.root())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let handed_over = lines
            .filter_map(|line| line.unwrap().strip_prefix("child: ").map(|count| count.parse::<usize>().unwrap()))
            .find(|count| *count >= stop_after)
            .unwrap();
        // SIGKILL: no farewell.
        child.kill().unwrap();
        child.wait().unwrap();
        assert_sealed(&place.folder());

        let library = place.open(NOW).unwrap();
        let facts = library.tapes().unwrap();
        assert_eq!((facts.len(), facts[0].end, &facts[0].label), (1, None, &label()));
        let played = library.tape(&facts[0].id).unwrap();
        let lost = handed_over.saturating_sub(played.pcm.len());
        assert!(lost <= RATE_HZ as usize / 4, "{lost} of {handed_over} samples are lost");
        assert_eq!(played.pcm.samples(), &voice().samples()[..played.pcm.len()]);
        assert_eq!(library.check().unwrap().damage, [""; 0]);
        assert_eq!(library.check().unwrap().tapes, 1);
    }
}

#[test]
fn a_tape_comes_back_as_it_was_and_goes_when_it_is_removed() {
    let place = Place::new(false);
    let library = place.create();
    let mut tape = library.start_tape(label()).unwrap();
    let id = tape.id();
    let sound = voice();
    for block in sound.samples().chunks(777) {
        tape.lost(5);
        tape.append(block).unwrap();
    }
    assert!((tape.seconds() - sound.seconds()).abs() < 1e-9);
    assert!(library.tapes().unwrap().is_empty(), "one that is being recorded is not offered");
    assert_sealed(&place.folder());
    tape.finish(true).unwrap();
    let unfinished = library.start_tape(label()).unwrap();
    drop(unfinished);
    drop(library);

    let library = place.open(NOW).unwrap();
    let facts = library.tapes().unwrap();
    assert_eq!(facts.len(), 2);
    assert!(facts[0].end.is_some_and(|end| end.early) && facts[1].end.is_none());
    let played = library.tape(&id).unwrap();
    assert_eq!((played.pcm.samples(), played.dropped_frames), (sound.samples(), 5));
    assert!(library.tape(&facts[1].id).unwrap().pcm.is_empty());
    assert_eq!(id.to_string().parse::<crate::TapeId>().unwrap(), id);

    // A revocation gives the vault another key: the tape's own is wrapped again.
    let voice = give(&library, 2, NOW);
    library.revoke_here(&voice, NOW + 100).unwrap();
    assert_eq!(library.tape(&id).unwrap().pcm.len(), sound.len());

    library.remove_tape(&id).unwrap();
    library.remove_tape(&id).unwrap();
    assert_eq!(library.tape(&id).unwrap_err().code(), "not_found");
    assert_eq!(files(&place.folder().join("tapes")).len(), 1);
    assert!(library.samples(&give(&library, 3, NOW + 200)).unwrap().len() == 2, "other keys are left alone");
}

#[test]
fn a_cut_last_frame_is_dropped_and_every_other_loss_is_told() {
    let place = Place::new(false);
    let library = place.create();
    let mut tape = library.start_tape(label()).unwrap();
    tape.append(voice().samples()).unwrap();
    let id = tape.id();
    drop(tape);
    let whole = library.tape(&id).unwrap().pcm.len();
    let file = tape_file(&place);
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() - 7]).unwrap();
    assert_eq!(library.tape(&id).unwrap().pcm.len(), whole - RATE_HZ as usize / 10);
    assert_eq!(library.check().unwrap().damage, [""; 0]);
    // In the middle of the tape.
    let mut changed = bytes.clone();
    changed[bytes.len() / 4] ^= 1;
    fs::write(&file, &changed).unwrap();
    assert!(matches!(library.tape(&id), Err(LibraryError::Damaged { .. })));
    assert_eq!(library.check().unwrap().damage.len(), 1);
    fs::remove_file(&file).unwrap();
    assert!(matches!(library.tape(&id), Err(LibraryError::Damaged { .. })));
    library.remove_tape(&id).unwrap();

    // A finished tape misses nothing.
    let id = record(&library, 2.0);
    let file = tape_file(&place);
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() - 7]).unwrap();
    assert!(matches!(library.tape(&id), Err(LibraryError::Damaged { .. })));
    fs::write(&file, &bytes).unwrap();
    assert_eq!(library.tape(&id).unwrap().pcm.len(), 2 * RATE_HZ as usize);

    // A file without a row is the rest of a removal.
    library.remove_tape(&id).unwrap();
    fs::write(&file, &bytes).unwrap();
    drop(library);
    drop(place.open(NOW).unwrap());
    assert!(!file.exists());
}

#[test]
fn what_is_no_recording_is_refused() {
    let place = Place::new(false);
    let library = place.create();
    assert!(library.start_tape(TapeLabel { rate_hz: 0, ..label() }).is_err());
    assert!(library.start_tape(TapeLabel { prompt: "a".repeat(10_000), ..label() }).is_err());
    let mut tape = library.start_tape(label()).unwrap();
    assert!(tape.append(&[f32::NAN]).is_err());
    library.remove_tape(&tape.id()).unwrap();
    assert_eq!(tape.finish(false).unwrap_err().code(), "not_found");
    assert!("../../etc/passwd".parse::<crate::TapeId>().is_err());
}
