//! Takes with the bundled model: what is heard is what is kept, and what may not be heard is not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use library::{Kind, Library, Unlock};
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::*;
use crate::stand_in::{self, SPEAKERS};
use crate::{Clock, Revoke, Settings};

/// A clock that can be set ahead.
struct TestClock(Instant, AtomicU64);

impl Clock for TestClock {
    fn unix_seconds(&self) -> u64 {
        self.1.load(Ordering::Relaxed)
    }

    fn elapsed_seconds(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}

const NOW: u64 = 1_900_000_000;

fn clock() -> Arc<TestClock> {
    Arc::new(TestClock(Instant::now(), AtomicU64::new(NOW)))
}

fn settings(clock: Arc<TestClock>) -> Settings {
    Settings { clock, ffmpeg: None, slots: 4, hands: 1, shelf: None }
}

fn unlock() -> Unlock {
    Unlock::Passphrase(Zeroizing::new("a long enough one".to_owned()))
}

fn with_library() -> (TempDir, Studio) {
    let folder = tempfile::tempdir().unwrap();
    let library = Library::create(&folder.path().join("library"), Kind::Demo, &unlock(), b"machine", NOW).unwrap();
    (folder, Studio::new(library, settings(clock())))
}

fn without_library() -> Studio {
    Studio::without_library(settings(clock()))
}

fn a_preset() -> String {
    crate::presets()[0].id.clone()
}

const TEXT: &str = "The lamps along the harbor came on, one by one, while the last boat of the evening turned for home. \
                    Nobody on the island could remember such a quiet winter, nor such a long one. Yes.\n\nYes.";

fn request(text: &str) -> TakeRequest {
    TakeRequest { text: text.into(), voice: a_preset(), language: "en".into(), speed: 1.0, pauses: 1.0, seed: 7 }
}

/// Everything that was told, with when.
#[derive(Default)]
struct Heard {
    total: Option<usize>,
    lines: Vec<usize>,
    samples: Vec<f32>,
    /// Stretches of sound before the second line.
    of_first_line: Vec<(Instant, usize)>,
    second_line: Option<Instant>,
}

impl Heard {
    fn hear(&mut self, news: TakeNews) {
        match news {
            TakeNews::Began { total } => assert!(self.total.replace(total).is_none()),
            TakeNews::Line { index } => {
                self.lines.push(index);
                if index == 1 {
                    self.second_line = Some(Instant::now());
                }
            }
            TakeNews::Sound(pcm) => {
                assert!(self.total.is_some() && !pcm.is_empty());
                if self.lines == [0] {
                    self.of_first_line.push((Instant::now(), pcm.len()));
                }
                self.samples.extend_from_slice(pcm.samples());
            }
        }
    }
}

fn make(studio: &Studio, request: &TakeRequest) -> (TakeCard, Heard) {
    let mut heard = Heard::default();
    let card = studio.make_take(request, &mut |news| heard.hear(news), &Cancel::new()).unwrap();
    (card, heard)
}

fn what_is_heard_is_what_is_kept(studio: &Studio) {
    for (pauses, speed) in [(1.0, 1.0), (0.0, 1.3), (2.5, 1.0)] {
        let request = TakeRequest { pauses, speed, ..request(TEXT) };
        let (card, heard) = make(studio, &request);
        let kept = studio.take_sound(&card.id).unwrap();
        assert_eq!(heard.samples, kept.samples(), "pauses {pauses}, speed {speed}");
        assert!((card.seconds - kept.seconds()).abs() < 1e-5);
        assert_eq!(heard.total, Some(heard.lines.len()));
        assert!(heard.lines.iter().copied().eq(0..heard.lines.len()) && heard.lines.len() >= 3);
        assert!(card.loudness_lufs.is_some_and(|lufs| (-40.0..0.0).contains(&lufs)));
        // Again: now every line comes from where it is kept, and is the same.
        let (again, heard_again) = make(studio, &request);
        assert_eq!(heard_again.samples, heard.samples);
        assert_ne!(again.id, card.id);
    }
}

#[test]
fn with_a_library_what_is_heard_is_what_is_kept() {
    what_is_heard_is_what_is_kept(&with_library().1);
}

#[test]
fn without_a_library_too() {
    let studio = without_library();
    what_is_heard_is_what_is_kept(&studio);
    assert_eq!(studio.takes().unwrap().len(), 6);
}

#[test]
fn the_first_sound_comes_while_the_first_line_is_still_made() {
    let (_folder, studio) = with_library();
    studio.models().engine(&studio.models().voice_model(crate::STARTER).unwrap()).unwrap();
    let started = Instant::now();
    let (card, heard) = make(&studio, &request(TEXT));
    let whole = started.elapsed();
    let (first, _) = heard.of_first_line[0];
    println!(
        "first sound after {:.0} ms, second line after {:.0} ms, all after {:.0} ms of {:.1} s of sound",
        (first - started).as_secs_f64() * 1e3,
        (heard.second_line.unwrap() - started).as_secs_f64() * 1e3,
        whole.as_secs_f64() * 1e3,
        card.seconds
    );
    assert!(heard.of_first_line.len() > 3, "the first line came in {} stretches", heard.of_first_line.len());
    let last = heard.of_first_line.last().unwrap().0;
    assert!(first - started < (last - started) / 2, "the first line came all at once");
    assert!((card.first_sound_seconds - (first - started).as_secs_f64()).abs() < 0.1);
}

#[test]
fn a_wish_to_stop_frees_the_slots_and_leaves_no_take() {
    let (_folder, studio) = with_library();
    let engine = studio.models().engine(&studio.models().voice_model(crate::STARTER).unwrap()).unwrap();
    let cancel = Cancel::new();
    let mut stopped = None;
    let result = studio.make_take(
        &request(&TEXT.repeat(20)),
        &mut |news| {
            if matches!(news, TakeNews::Sound(_)) && stopped.is_none() {
                assert!(engine.load().active > 0);
                stopped = Some(Instant::now());
                cancel.cancel();
            }
        },
        &cancel,
    );
    let took = stopped.unwrap().elapsed();
    assert!(matches!(result, Err(StudioError::Interrupted)), "{result:?}");
    assert!(took < Duration::from_millis(500), "{took:?}");
    println!("stopped after {} us", took.as_micros());
    let until = Instant::now() + Duration::from_secs(5);
    while engine.load().active + engine.load().waiting_interactive > 0 {
        assert!(Instant::now() < until, "the slots are still taken: {:?}", engine.load());
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(studio.takes().unwrap().is_empty());
    // Somebody else's wish, at any moment of the waiting.
    for milliseconds in [1, 15, 40, 90] {
        let cancel = Cancel::new();
        let wish = cancel.clone();
        let wisher = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(milliseconds));
            wish.cancel();
            Instant::now()
        });
        let again = TakeRequest { seed: milliseconds, ..request(&TEXT.repeat(20)) };
        assert!(matches!(studio.make_take(&again, &mut drop, &cancel), Err(StudioError::Interrupted)));
        let took = wisher.join().unwrap().elapsed();
        println!("stopped after {} us", took.as_micros());
        // A wait is at most 20 ms; the rest is for a machine that has other things to do.
        assert!(took < Duration::from_millis(250), "{took:?}");
    }
    let before = Cancel::new();
    before.cancel();
    assert!(matches!(studio.make_take(&request(TEXT), &mut drop, &before), Err(StudioError::Interrupted)));
}

fn ids(studio: &Studio) -> Vec<String> {
    studio.takes().unwrap().into_iter().map(|card| card.id).collect()
}

fn starred_removed_restored(studio: &Studio) {
    let (one, _) = make(studio, &request("One."));
    let (two, _) = make(studio, &request("Two."));
    assert_eq!(studio.takes().unwrap(), [two.clone(), one.clone()]);
    studio.star_take(&one.id, true).unwrap();
    studio.star_take(&one.id, true).unwrap();
    assert!(studio.takes().unwrap()[1].starred && !studio.takes().unwrap()[0].starred);
    studio.remove_take(&one.id).unwrap();
    studio.remove_take(&one.id).unwrap();
    assert_eq!(ids(studio), [two.id.as_str()]);
    assert!(matches!(studio.take_sound(&one.id), Err(StudioError::UnknownTake { .. })));
    studio.restore_take(&one.id).unwrap();
    assert_eq!(studio.takes().unwrap(), [two.clone(), TakeCard { starred: true, ..one.clone() }]);
    studio.star_take(&one.id, false).unwrap();
    assert_eq!(studio.takes().unwrap(), [two, one]);
}

#[test]
fn takes_are_starred_removed_and_restored() {
    starred_removed_restored(&with_library().1);
    starred_removed_restored(&without_library());
}

#[test]
fn takes_survive_and_their_text_is_sealed() {
    let (folder, studio) = with_library();
    let (card, heard) = make(&studio, &request("Xylophones are private."));
    studio.star_take(&card.id, true).unwrap();
    drop(studio);
    let path = folder.path().join("library");
    for file in std::fs::read_dir(&path).unwrap().flatten().filter(|file| file.path().is_file()) {
        let bytes = std::fs::read(file.path()).unwrap();
        assert!(!bytes.windows(10).any(|window| window.eq_ignore_ascii_case(b"xylophones")), "{:?}", file.path());
    }
    let library = Library::open(&path, &unlock(), b"machine", NOW).unwrap();
    let studio = Studio::new(library, settings(clock()));
    assert_eq!(studio.takes().unwrap(), [TakeCard { starred: true, ..card.clone() }]);
    assert_eq!(studio.take_sound(&card.id).unwrap().samples(), heard.samples);
}

#[test]
fn an_export_is_the_file_that_speak_writes() {
    let (folder, studio) = with_library();
    studio.set_saying("harbor", "haven").unwrap();
    let (card, _) = make(&studio, &request(TEXT));
    // The take stays what it is, whatever is said otherwise from now on.
    let exported = studio.export_take(&card.id, &folder.path().join("take.wav"), &Cancel::new()).unwrap();
    let spoken = crate::speak::SpeakRequest {
        text: TEXT.replace("harbor", "haven"),
        voice: a_preset(),
        out: folder.path().join("spoken.wav"),
        language: "en".into(),
        takes: 2,
        seed: 7,
        speed: 1.0,
    };
    studio.remove_saying("Harbor").unwrap();
    let files = studio.speak(&spoken, &jobs::Silence, &Cancel::new()).unwrap().files;
    assert_eq!(files, [folder.path().join("spoken.wav"), folder.path().join("spoken-2.wav")]);
    let bytes = |path: &Path| std::fs::read(path).unwrap();
    assert_eq!(bytes(&exported), bytes(&files[0]));
    assert_ne!(bytes(&exported), bytes(&files[1]));
    for (name, code) in [("a.doc", "unknown_format"), ("a.mp3", "missing_tool"), ("no/a.wav", "no_folder")] {
        let refused = studio.export_take(&card.id, &folder.path().join(name), &Cancel::new());
        assert_eq!(refused.unwrap_err().code(), code);
    }
    let stop = Cancel::new();
    stop.cancel();
    let stopped = studio.export_take(&card.id, &folder.path().join("stopped.wav"), &stop);
    assert!(matches!(stopped, Err(StudioError::Interrupted)));
    assert!(!folder.path().join("stopped.wav").exists());
}

#[test]
fn sayings_are_kept_and_change_the_sound() {
    let (folder, studio) = with_library();
    let plain = make(&studio, &request("The harbor.")).1.samples;
    studio.set_saying("harbor", "window").unwrap();
    studio.set_saying("Harbor", "heaven").unwrap();
    assert_eq!(studio.sayings().unwrap().list(), [crate::Saying { word: "Harbor".into(), say: "heaven".into() }]);
    let said = make(&studio, &request("The harbor.")).1.samples;
    assert_ne!(plain, said);
    assert_eq!(said, make(&studio, &request("The heaven.")).1.samples);
    assert!(matches!(studio.set_saying("a\u{7}", "x"), Err(StudioError::Saying { .. })));
    drop(studio);
    let library = Library::open(&folder.path().join("library"), &unlock(), b"machine", NOW).unwrap();
    let studio = Studio::new(library, settings(clock()));
    assert!(studio.sayings().unwrap().touches("HARBOR"));
    studio.remove_saying(&"x".repeat(1 << 24)).unwrap();
    studio.remove_saying(" HARBOR ").unwrap();
    assert!(studio.sayings().unwrap().list().is_empty());
    let nowhere = without_library();
    assert!(nowhere.sayings().unwrap().list().is_empty());
    assert!(matches!(nowhere.set_saying("a", "b"), Err(StudioError::NoLibrary)));
    assert!(matches!(nowhere.remove_saying("a"), Err(StudioError::NoLibrary)));
}

#[test]
fn hostile_requests_get_typed_errors() {
    let studio = without_library();
    let ask = |request: TakeRequest| {
        let news = |_| panic!("news of a take that cannot be");
        let mut news: Box<dyn FnMut(TakeNews)> = Box::new(news);
        studio.make_take(&request, &mut *news, &Cancel::new()).unwrap_err().code()
    };
    let text = |text: &str| ask(request(text));
    assert_eq!(text(""), "empty_text");
    assert_eq!(text("* * *"), "empty_text");
    assert_eq!(text("a\u{0}"), "not_text");
    assert_eq!(text("\u{1b}[2Ja"), "not_text");
    assert_eq!(text(&"a".repeat(1 << 22)), "text_too_long");
    for bad in [f32::NAN, f32::INFINITY, -1.0, 0.49, 2.01, 1e30] {
        assert_eq!(ask(TakeRequest { speed: bad, ..request("Hello.") }), "out_of_range");
    }
    for bad in [f32::NAN, f32::INFINITY, -0.1, 3.1] {
        assert_eq!(ask(TakeRequest { pauses: bad, ..request("Hello.") }), "out_of_range");
    }
    for bad in ["", "e\u{0}", &"e".repeat(1 << 20)] {
        assert_eq!(ask(TakeRequest { language: bad.into(), ..request("Hello.") }), "out_of_range");
    }
    for bad in ["", "nobody", "\u{0}", &"v".repeat(1 << 20)] {
        assert_eq!(
            ask(TakeRequest { voice: bad.into(), ..request("Hello.") }),
            if bad.len() > 400 { "unknown_voice" } else { "no_library" }
        );
    }
    let (card, _) = make(&studio, &request("Hello."));
    let padded = format!("0{}", card.id);
    let huge = "9".repeat(1 << 20);
    for bad in ["", "0", "2", "-1", "+1", " 1", "1.0", "\u{0}", "18446744073709551616", &padded, &huge] {
        for result in [
            studio.star_take(bad, true),
            studio.remove_take(bad),
            studio.restore_take(bad),
            studio.take_sound(bad).map(drop),
            studio.export_take(bad, Path::new("never.wav"), &Cancel::new()).map(drop),
        ] {
            let error = result.unwrap_err();
            assert_eq!(error.code(), "unknown_take");
            assert!(error.to_string().len() < 500);
        }
    }
    assert!(!Path::new("never.wav").exists());
}

#[test]
fn an_unspoken_language_is_the_engines_to_refuse_and_the_slots_are_free_after_it() {
    let studio = without_library();
    let refused =
        studio.make_take(&TakeRequest { language: "de".into(), ..request("Hallo.") }, &mut drop, &Cancel::new());
    assert_eq!(refused.unwrap_err().code(), "language_not_spoken");
    assert!(make(&studio, &request("Hello.")).0.seconds > 0.2);
}

#[test]
fn a_persons_take_is_logged_and_not_heard_after_its_consent() {
    if std::process::Command::new("flite").arg("--version").output().is_err() {
        println!("skipped: flite, which plays the stand-in speakers, is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let clock = clock();
    let library = Library::create(&folder.path().join("library"), Kind::Demo, &unlock(), b"machine", NOW).unwrap();
    let studio = Studio::new(library, settings(Arc::clone(&clock)));
    let enroll = |speaker: &stand_in::StandIn| {
        let sample = "The morning train was late again because of snow on the line. Nobody on the island could \
                      remember such a quiet winter, and the lamps along the harbor came on one by one.";
        let sample = speaker.say(sample, folder.path()).unwrap();
        stand_in::ceremony(&studio, speaker, sample, folder.path()).unwrap();
        studio.voice(speaker.name).unwrap()
    };
    let voice = enroll(&SPEAKERS[0]);
    let other_voice = enroll(&SPEAKERS[1]);
    let of_person = TakeRequest { voice: voice.name.clone(), ..request("The boat turned for home. It was late.") };
    let (card, heard) = make(&studio, &of_person);
    assert_eq!((card.voice.as_str(), card.voice_name.as_str()), (voice.id.as_str(), voice.name.as_str()));
    assert_eq!(studio.take_sound(&card.id).unwrap().samples(), heard.samples);
    let used = |studio: &Studio| studio.log().unwrap().into_iter().filter(|line| line.kind == "used").count();
    assert_eq!(used(&studio), 1);
    // Heard again from where it is kept, which is no new speech.
    make(&studio, &of_person);
    assert_eq!(used(&studio), 1);
    // Stopped in the middle: what was heard is in the log although nothing was kept.
    let cancel = Cancel::new();
    let long = TakeRequest { seed: 8, ..of_person.clone() };
    let mut stop_at_sound = |news| {
        if matches!(news, TakeNews::Sound(_)) {
            cancel.cancel();
        }
    };
    assert!(matches!(studio.make_take(&long, &mut stop_at_sound, &cancel), Err(StudioError::Interrupted)));
    assert_eq!(used(&studio), 2);

    // Revoked while it speaks: nothing more is heard than the line at work.
    let other = TakeRequest { seed: 9, text: TEXT.repeat(4), ..of_person };
    let mut revoked = false;
    let result = studio.make_take(
        &other,
        &mut |news| {
            if matches!(news, TakeNews::Sound(_)) && !std::mem::replace(&mut revoked, true) {
                studio.revoke(&Revoke::Voice(voice.id.clone())).unwrap();
            }
            assert!(!matches!(news, TakeNews::Line { index: 1.. }), "another line began after the revocation");
        },
        &Cancel::new(),
    );
    assert!(revoked);
    assert_eq!(result.unwrap_err().class(), crate::Class::Refused);
    let refused = studio.take_sound(&card.id).unwrap_err();
    assert_eq!(refused.class(), crate::Class::Refused, "{refused}");
    assert_eq!(
        studio.export_take(&card.id, &folder.path().join("a.wav"), &Cancel::new()).unwrap_err().class(),
        crate::Class::Refused
    );
    assert!(!folder.path().join("a.wav").exists());
    assert_eq!(studio.takes().unwrap().len(), 2);

    // The other voice ends by time.
    let (card, _) = make(&studio, &TakeRequest { voice: other_voice.id, ..request("It was late.") });
    assert!(studio.take_sound(&card.id).is_ok());
    clock.1.store(NOW + 3 * 86_400, Ordering::Relaxed);
    assert_eq!(studio.take_sound(&card.id).unwrap_err().class(), crate::Class::Refused);
}
