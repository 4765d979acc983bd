//! A film in the window: it comes in, is listened to, gets words and voices, is heard and written.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use studio::bench::film;

use super::Trip;
use crate::sound::{Ear, assert_speech};
use crate::window::Window;

/// Listening to the film, and speaking, on a busy machine.
const WORK: Duration = Duration::from_secs(180);

fn view(window: &Window, dub: u64) -> Value {
    window.ask("open_dub", json!({ "dub": dub })).unwrap()
}

/// Words for a cue, typed in its row.
fn write(window: &Window, dub: u64, cue: usize, words: &str) {
    window.click(&format!("cue-state-{cue}"));
    window.script("document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'e', bubbles: true }))", vec![]);
    window.fill("cue-edit", words);
    window.keys("\u{e007}");
    window.until("the words are kept", Duration::from_secs(10), || {
        (view(window, dub)["cues"][cue]["target"] == words).then_some(())
    });
}

fn key(window: &Window, key: &str) {
    let press = "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: arguments[0], bubbles: true }))";
    window.script(press, vec![json!(key)]);
}

fn state(window: &Window, cue: usize) -> Option<String> {
    window.attribute(&format!("cue-state-{cue}"), "data-state")
}

/// Opens the program with a film, and dubs two of its cues by hand. Answers the window and the dub's number.
pub fn a_film_is_dubbed(trip: &mut Trip) -> (Window, u64) {
    let settings = studio::Settings {
        clock: host::settings().clock,
        ..host::settings()
    };
    let film = film::make(&trip.stage.home.path().join("tmp").join("film"), 5, false, &settings).unwrap();
    let window = trip.stage.open(&[film.film.to_str().unwrap()]);
    // The film is named, and the language of the dub is chosen.
    window.find_within("dub-choose-film", Duration::from_secs(30));
    let said = window.script("return document.querySelector('[role=dialog]').innerText", vec![]);
    assert!(said.as_str().unwrap().contains("film.mp4"), "{said}");
    window.script(
        "const field = [...document.querySelectorAll('[role=dialog] [role=combobox], [role=dialog] select, [role=dialog] button[aria-haspopup]')].at(-1);
         field.focus(); field.click();",
        vec![],
    );
    trip.step("a film comes in with the program");
    let begun = window.ask("dubs", json!({})).unwrap();
    assert_eq!(begun, json!([]), "nothing is begun before somebody says so");
    window.keys("\u{e00c}");
    window.click("dub-choose-film");
    window.click_within("way-listen", Duration::from_secs(30));
    let dub = window.ask("dubs", json!({})).unwrap()[0]["id"].as_u64().unwrap();
    window.find_within("cue-state-0", WORK);
    let found = view(&window, dub);
    let cues = found["cues"].as_array().unwrap().len();
    assert!(cues >= 3, "{found}");
    trip.step(&format!("the film is listened to: {cues} cues, {} speakers", found["speakers"].as_array().unwrap().len()));

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

    (window, dub)
}

/// What ffprobe counts in a file.
fn streams(path: &PathBuf) -> usize {
    let probe = ["-v", "error", "-of", "csv=p=0", "-show_entries", "stream=codec_type"];
    let said = Command::new("ffprobe").args(probe).arg(path).output().unwrap();
    String::from_utf8(said.stdout).unwrap().lines().count()
}
