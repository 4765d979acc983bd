//! From a kept sample to a granted voice, in a demo library with a stand-in speaker: the samples live with the voice then,
//! and their tapes are gone. Where the free synthesizer is not installed the test says so and passes.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking and says what it skips")]

use std::process::{Command, Stdio};
use std::sync::Arc;

use audio::wav::{self, Depth};
use library::{Kind, Library, Unlock};
use studio::enroll::{Attempt, ChallengeCard, ChallengeRequest, Check, CheckState, Recording};
use studio::stand_in::{SPEAKERS, read_aloud};
use studio::{Clock, Settings, Studio};

struct Standing;

impl Clock for Standing {
    fn unix_seconds(&self) -> u64 {
        1_790_000_000
    }

    fn elapsed_seconds(&self) -> f64 {
        0.0
    }
}

const READ: &str = "The harbour was quiet before dawn, and the boats lay still along the wall. A lamp went on in the \
                    baker's window, then another, and the street began to smell of bread.";

#[test]
fn kept_samples_become_a_voice_and_leave_no_tape() {
    if Command::new("flite").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        println!("skipped: flite is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let unlock = Unlock::Passphrase("correct horse battery".to_owned().into());
    let library = folder.path().join("library");
    let library = Library::create(&library, Kind::Demo, &unlock, b"machine", Standing.unix_seconds()).unwrap();
    let studio =
        Studio::new(library, Settings { clock: Arc::new(Standing), ffmpeg: None, slots: 1, hands: 1, shelf: None });
    let speaker = &SPEAKERS[0];
    let file = folder.path().join("sample.wav");
    wav::write(&file, &speaker.say(READ, folder.path()).unwrap(), Depth::Int16).unwrap();
    let kept = studio.import_sample(&file).unwrap();
    let other = studio.import_sample(&file).unwrap();
    assert_eq!((kept.device.as_str(), kept.recovered), ("sample.wav", false));
    assert!(!kept.flaws.iter().any(|flaw| flaw.stops), "{kept:?}");
    assert_eq!(studio.kept_samples().unwrap().len(), 2);
    assert!(!studio.kept_recording(&kept.id).unwrap().is_live(), "a file is none, on a tape neither");
    let begin = || {
        let request = ChallengeRequest {
            owner: speaker.name.into(),
            grantee: None,
            purpose: "testing this program".into(),
            days: 1,
            hours: 1,
            dub_into: Vec::new(),
            adult: true,
            recordings: vec![studio.kept_recording(&kept.id).unwrap()],
        };
        studio.challenge(request).unwrap()
    };
    let attempt = |card: &ChallengeCard, words: &[String]| {
        let take = Recording::stand_in(read_aloud(speaker, &card.sentence, words, folder.path()).unwrap());
        let mut told: Vec<Check> = Vec::new();
        let came = studio.enroll_watched(&card.session, take, None, &mut |check| told.push(check.clone())).unwrap();
        (came, told)
    };
    let state = |checks: &[Check], code: &str| checks.iter().find(|check| check.code == code).unwrap().state;

    let mut card = begin();
    let (came, told) = attempt(&card, &studio.other_words(&card.words));
    let Attempt::Refused { next, checks, .. } = came else { panic!("other words than asked were accepted") };
    assert_eq!(told, checks);
    assert_eq!(checks.iter().filter(|check| check.state == CheckState::Failed).count(), 1);
    assert_eq!(state(&checks, "same_voice"), CheckState::NotReached);
    assert_eq!(studio.kept_samples().unwrap().len(), 2, "a refusal keeps the samples");

    // The bundled ear refuses the right words now and then.
    card = next.unwrap();
    for _ in 0..6 {
        let (came, told) = attempt(&card, &card.words);
        match came {
            Attempt::Granted(enrolled) => {
                assert_eq!(told, enrolled.checks);
                assert_eq!(state(&told, "six_words"), CheckState::Passed);
                assert_eq!(state(&told, "same_voice"), CheckState::Passed);
                assert_eq!(state(&told, "live_microphone"), CheckState::NotChecked);
                assert_eq!(studio.would_die(&enrolled.voice).unwrap().samples, 1);
                // Its own tape is gone, the other's is not.
                let left = studio.kept_samples().unwrap();
                assert_eq!(left.iter().map(|card| &card.id).collect::<Vec<_>>(), [&other.id]);
                return;
            }
            Attempt::Refused { next: Some(next), .. } => card = next,
            Attempt::Refused { next: None, .. } => card = begin(),
        }
    }
    panic!("six tries with the right words and no end");
}
