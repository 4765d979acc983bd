//! What a library keeps besides voices: segments, jobs, settings; and from several threads.

use jobs::{JobId, JobSpec, Queue, State, UnixSeconds};

use super::stage::{DAY, MODEL, NAME, NOW, Place, give, made, may_speak};
use super::unsealed::{JOB_TEXT, assert_sealed};
use crate::Prompt;

#[test]
fn a_segment_is_made_once_and_counted() {
    let place = Place::new(false);
    let library = place.create();
    let voice = give(&library, 1, NOW);
    let key = [5; 32];
    assert!(library.segment(&key).unwrap().is_none());
    library.put_segment(&key, Some(&voice), &made(1, 1.5), NOW).unwrap();
    drop(library);
    let library = place.open(NOW).unwrap();
    let stored = library.segment(&key).unwrap().unwrap();
    assert_eq!(stored.made, 1);
    assert_eq!(stored.pcm.canonical(), made(1, 1.5).canonical());
    let before = place.blob_files();
    library.put_segment(&key, Some(&voice), &made(1, 1.5), NOW).unwrap();
    library.put_segment(&key, Some(&voice), &made(2, 1.5), NOW).unwrap();
    let stored = library.segment(&key).unwrap().unwrap();
    assert_eq!(stored.made, 3);
    assert_eq!(stored.pcm.canonical(), made(2, 1.5).canonical());
    assert_eq!(place.blob_files(), before);
    assert!(library.check().unwrap().damage.is_empty());
}

#[test]
fn what_was_spoken_counts_the_same_after_a_restart() {
    let place = Place::new(false);
    let library = place.create();
    let voice = give(&library, 1, NOW);
    let mut seen = 0;
    for number in 0..8_u8 {
        library.put_segment(&[number; 32], Some(&voice), &made(u64::from(number), 1.3), NOW).unwrap();
        // Some uses get into the log, some jobs are cut off before.
        if number % 3 == 0 {
            library.record_use(&voice, 1.3, [number; 32], [number; 32], NOW).unwrap();
        }
        let now = library.voice(&voice).unwrap().made_seconds;
        assert!(now >= seen, "{now} after {seen}");
        seen = now;
    }
    drop(library);
    let library = place.open(NOW).unwrap();
    assert_eq!(library.voice(&voice).unwrap().made_seconds, seen);
}

#[test]
fn prompts_names_and_settings_are_kept() {
    let place = Place::new(true);
    let library = place.create();
    let voice = give(&library, 1, NOW);
    assert_eq!(library.voice(&voice).unwrap().name, NAME);
    library.rename(&voice, "Nan", NOW).unwrap();
    library.put_prompt(&voice, &Prompt { model: MODEL, bytes: b"better" }, NOW).unwrap();
    library.put_prompt(&voice, &Prompt { model: "other", bytes: b"another" }, NOW).unwrap();
    library.set_setting("theme", Some("dark")).unwrap();
    library.set_setting("theme", Some("light")).unwrap();
    drop(library);
    let library = place.open(NOW).unwrap();
    assert_eq!(library.voices().unwrap()[0].name, "Nan");
    assert_eq!(library.prompt(&voice, MODEL).unwrap().unwrap().as_slice(), b"better");
    assert_eq!(library.prompt(&voice, "other").unwrap().unwrap().as_slice(), b"another");
    assert!(library.prompt(&voice, "none").unwrap().is_none());
    assert_eq!(library.setting("theme").unwrap().as_deref(), Some("light"));
    library.set_setting("theme", None).unwrap();
    assert_eq!(library.setting("theme").unwrap(), None);
    let unknown = consent::VoiceId::from_bytes([0xee; 16]);
    assert_eq!(library.voice(&unknown).unwrap_err().code(), "not_found");
    assert_eq!(library.rename(&unknown, "x", NOW).unwrap_err().code(), "not_found");
}

fn speak() -> JobSpec {
    let json = format!(
        r#"{{"version":1,"kind":"speak","voice":"preset:nova","text":"{JOB_TEXT}","out":"out.wav","language":"en","seed":1,"takes":1,"speed":1.0}}"#
    );
    JobSpec::from_json(&json).unwrap()
}

#[test]
fn jobs_come_back_sealed_and_in_order() {
    let place = Place::new(false);
    let library = place.create();
    let now = UnixSeconds(5);
    let queue = Queue::open(Box::new(library.clone()), Box::new(|_, _| {}), now).unwrap();
    for _ in 0..3 {
        queue.submit(speak(), now).unwrap();
    }
    queue.pause(JobId(2), now).unwrap();
    assert_sealed(&place.folder());
    drop((queue, library));
    let library = place.open(NOW).unwrap();
    let queue = Queue::open(Box::new(library), Box::new(|_, _| {}), now).unwrap();
    let states: Vec<_> = queue.list().iter().map(|job| (job.id.0, job.state)).collect();
    assert_eq!(states, [(1, State::Queued), (2, State::Paused), (3, State::Queued)]);
    assert_eq!(queue.list()[0].spec, speak());
}

#[test]
fn several_threads_share_one_library() {
    let place = Place::new(false);
    let library = place.create();
    let (voice, doomed) = (give(&library, 1, NOW), give(&library, 2, NOW));
    std::thread::scope(|scope| {
        for thread in 0..4_u8 {
            let library = library.clone();
            scope.spawn(move || {
                for number in 0..6_u8 {
                    let mut key = [thread; 32];
                    key[0] = number;
                    may_speak(&library, &voice, NOW + DAY).unwrap();
                    library.put_segment(&key, Some(&voice), &made(u64::from(number), 0.5), NOW + DAY).unwrap();
                    assert_eq!(library.segment(&key).unwrap().unwrap().made, 1);
                }
            });
        }
        let library = library.clone();
        scope.spawn(move || library.revoke_here(&doomed, NOW + DAY).unwrap());
    });
    assert_eq!(library.voice(&voice).unwrap().made_seconds, 12);
    assert!(library.check().unwrap().damage.is_empty());
    assert_eq!(place.blob_files(), 3 + 24);
}
