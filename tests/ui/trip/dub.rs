//! A film in the window: it comes in, is listened to, gets words and voices, is heard and written.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use studio::bench::film;

use super::{OWNER, Trip};
use crate::sound::{Ear, assert_speech, say, spoken};
use crate::window::Window;

/// Listening to the film, and speaking, on a busy machine.
const WORK: Duration = Duration::from_secs(180);

fn view(window: &Window, dub: u64) -> Value {
    window.ask("open_dub", json!({ "dub": dub })).unwrap()
}

/// Words for a cue, typed in its row.
fn write(window: &Window, dub: u64, cue: usize, words: &str) {
    window.click(&format!("cue-state-{cue}"));
    window.script(
        "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'e', bubbles: true }))",
        vec![],
    );
    window.fill("cue-edit", words);
    window.keys("\u{e007}");
    window.until("the words are kept", Duration::from_secs(10), || {
        (view(window, dub)["cues"][cue]["target"] == words).then_some(())
    });
}

fn key(window: &Window, key: &str) {
    let press =
        "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: arguments[0], bubbles: true }))";
    window.script(press, vec![json!(key)]);
}

fn state(window: &Window, cue: usize) -> Option<String> {
    window.attribute(&format!("cue-state-{cue}"), "data-state")
}

/// Opens the program with a film, and dubs two of its cues by hand. Answers the window and the dub's number.
pub fn a_film_is_dubbed(trip: &mut Trip) -> (Window, u64) {
    let place = trip.stage.home.path().join("tmp").join("film");
    let film = film::make(&place, 5, false, &settings()).unwrap();
    let window = trip.stage.open(&[film.film.to_str().unwrap()]);
    // The film is named, and the language of the dub is chosen.
    window.find_within("dub-choose-film", Duration::from_secs(30));
    let said = window.script("return document.querySelector('[role=dialog]').innerText", vec![]);
    assert!(said.as_str().unwrap().contains("film.mp4"), "{said}");
    let into = "[role=dialog] [role=combobox]";
    window.until("both lists", Duration::from_secs(10), || (window.count(into) == 2).then_some(()));
    window.script("document.querySelectorAll(arguments[0])[1].setAttribute('data-testid', 'into')", vec![json!(into)]);
    window.click("into");
    window.click_option("English");
    trip.step("a film comes in with the program");
    assert_eq!(window.ask("dubs", json!({})).unwrap(), json!([]), "nothing is begun before somebody says so");
    window.click("dub-choose-film");
    window.click_within("way-listen", Duration::from_secs(30));
    let dub = window.ask("dubs", json!({})).unwrap()[0]["id"].as_u64().unwrap();
    window.find_within("cue-state-0", WORK);
    let found = view(&window, dub);
    let cues = found["cues"].as_array().unwrap().len();
    assert!(cues >= 3, "{found}");
    trip.step(&format!(
        "the film is listened to: {cues} cues, {} speakers",
        found["speakers"].as_array().unwrap().len()
    ));

    // The first two cues are for two people, whatever was heard.
    window.click("cue-state-0");
    key(&window, "1");
    window.click("cue-state-1");
    key(&window, "2");
    window.until("two speakers", Duration::from_secs(10), || {
        let cues = &view(&window, dub)["cues"];
        (cues[0]["speaker"] == 0 && cues[1]["speaker"] == 1).then_some(())
    });
    write(&window, dub, 0, "Good morning to you.");
    write(&window, dub, 1, "I did not sleep at all.");
    trip.step("speakers are assigned and words are written");

    // One cue is made with one key and heard, then all, and the mix is heard at another place.
    window.click("cue-state-0");
    let ear = Ear::begin(&trip.stage, "cue");
    key(&window, "r");
    window.until("the cue is made", WORK, || (state(&window, 0).as_deref() == Some("fresh")).then_some(()));
    key(&window, "Enter");
    std::thread::sleep(Duration::from_secs(5));
    key(&window, "k");
    assert_speech(&ear.end(), 0.5);
    trip.step("one line is made with one key, and heard at the loudspeaker");
    window.click("dub-render");
    window.until("both cues are made", WORK, || {
        [0, 1].into_iter().all(|cue| state(&window, cue).as_deref() == Some("fresh")).then_some(())
    });
    // The picture is there, and another one later.
    let picture = || {
        window.script("return document.querySelector('[data-testid=picture] canvas, canvas[data-testid=picture]').toDataURL('image/png').length", vec![])
    };
    window.until("a picture", WORK, || picture().as_u64().filter(|bytes| *bytes > 5_000));
    trip.step("the rest is made; the picture is seen");

    // A word is changed and taken back: the sound of before is there at once.
    write(&window, dub, 1, "I slept like a stone.");
    assert_eq!(view(&window, dub)["cues"][1]["state"], "stale");
    window.click("dub-undo");
    window.until("the words of before", Duration::from_secs(10), || {
        (view(&window, dub)["cues"][1]["state"] == "fresh").then_some(())
    });
    trip.step("an edit is taken back");
    a_line_is_recorded(trip, &window, dub);

    window.click("dub-export");
    window.click("export-go");
    let out = window.until("the film is written", WORK, || {
        let files = std::fs::read_dir(trip.stage.exports()).ok()?.flatten();
        files.map(|file| file.path()).find(|path| path.extension().is_some_and(|ending| ending == "mp4"))
    });
    assert_eq!(streams(&out), 3, "picture, dub, and the film's own sound");
    trip.step("the film is written");
    (window, dub)
}

/// Somebody speaks the second cue's line themselves, into the microphone, and it is heard in the film.
fn a_line_is_recorded(trip: &mut Trip, window: &Window, dub: u64) {
    const LINE: &str = "I did not sleep at all.";
    spoken(&trip.stage, &OWNER, LINE);
    window.click("cue-state-1");
    key(window, "v");
    window.until("it is recorded", Duration::from_secs(30), || {
        (window.attribute("line-step", "data-step").as_deref() == Some("records")).then_some(())
    });
    say(&trip.stage, &OWNER, LINE);
    // It ends by itself a little after the cue.
    window.find_within("line-take", Duration::from_secs(60));
    assert_eq!(view(window, dub)["cues"][1]["recorded"], Value::Null, "nothing is kept before somebody says so");
    window.click("line-keep");
    window.until("the line is kept", Duration::from_secs(10), || {
        (view(window, dub)["cues"][1]["recorded"] == 0).then_some(())
    });
    assert_eq!(state(window, 1).as_deref(), Some("fresh"));
    assert_eq!(window.ask("samples", json!({})).unwrap(), json!([]), "a line is no sample of a voice");
    window.click("cue-state-1");
    let ear = Ear::begin(&trip.stage, "own-line");
    key(window, "Enter");
    std::thread::sleep(Duration::from_secs(4));
    key(window, "k");
    assert_speech(&ear.end(), 0.5);
    trip.step("one line is recorded at the microphone, kept, and heard");
}

/// What the film is made with.
fn settings() -> studio::Settings {
    struct Stopped;
    impl studio::Clock for Stopped {
        fn unix_seconds(&self) -> u64 {
            0
        }

        fn elapsed_seconds(&self) -> f64 {
            0.0
        }
    }
    let ffmpeg = audio::encode::find_ffmpeg(std::env::var_os("PATH").as_deref()).ok();
    studio::Settings { clock: std::sync::Arc::new(Stopped), ffmpeg, slots: 1, hands: 1, shelf: None }
}

/// What ffprobe counts in a file.
fn streams(path: &PathBuf) -> usize {
    let probe = ["-v", "error", "-of", "csv=p=0", "-show_entries", "stream=codec_type"];
    let said = Command::new("ffprobe").args(probe).arg(path).output().unwrap();
    String::from_utf8(said.stdout).unwrap().lines().count()
}
