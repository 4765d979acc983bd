//! The Speak page: what is heard is what is kept, cancelling is at once, and a revoked voice speaks no more.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Trip, playing};
use crate::sound::{Ear, assert_speech, likeness, loud_part, new_wav, rms, wavs};
use crate::window::Window;

const SENTENCE: &str = "The harbour was quiet, and the lamps along the water had just been lit.";

/// Times a click within the page: the driver's round trips are not the product's.
const CLICK_UNTIL: &str = "const [press, seek, text, done] = arguments;
    const began = performance.now();
    document.querySelector(press).click();
    const look = () => {
        const found = document.querySelector(seek);
        if (found && (text === null || found.textContent.includes(text))) done(performance.now() - began);
        else if (performance.now() - began > 25000) done(null);
        else setTimeout(look, 2);
    };
    look();";

fn click_until(window: &Window, press: &str, seek: &str, text: Option<&str>) -> f64 {
    let (press, seek) = (format!("[data-testid=\"{press}\"]"), format!("[data-testid=\"{seek}\"]"));
    window
        .script_later(CLICK_UNTIL, vec![json!(press), json!(seek), json!(text)])
        .as_f64()
        .unwrap_or_else(|| panic!("{seek} did not come after {press}"))
}

/// A sentence in the new voice: as it is made, as it is played again, and as it is written to a file, all the same.
pub fn the_cloned_sentence_is_what_is_heard(trip: &mut Trip, window: &Window) {
    window.click("to-speak");
    window.fill("speak-text", SENTENCE);
    assert!(
        window.text("speak-voice").contains("Rowan"),
        "the new voice is not chosen: {}",
        window.text("speak-voice")
    );
    let ear = Ear::begin(&trip.stage, "made");
    window.click("speak-go");
    window.find_within("speak-made", Duration::from_secs(60));
    window.until("it has been heard", Duration::from_secs(30), || (!playing(window)).then_some(()));
    let made = ear.end();
    assert_speech(&made, 2.0);
    trip.step("a sentence in the new voice");

    let ear = Ear::begin(&trip.stage, "again");
    window.click("take-play");
    window.until("the take plays", Duration::from_secs(10), || playing(window).then_some(()));
    window.until("the take ends", Duration::from_secs(30), || (!playing(window)).then_some(()));
    let heard = ear.end();
    let before = wavs(&trip.stage.exports());
    window.click("take-export");
    window.click_item("WAV");
    let file = new_wav(&trip.stage.exports(), &before, Duration::from_secs(20));
    let written = audio::wav::read(&file).unwrap();
    let (alike, _) = likeness(&heard, &loud_part(&written));
    let (streamed, _) = likeness(&made, &loud_part(&written));
    eprintln!("          heard against the file: {alike:.3}; while it was made: {streamed:.3}");
    assert!(alike > 0.8, "what is heard is not what was written: {alike:.3}");
    assert!(streamed > 0.8, "what was heard while it was made is not what was written: {streamed:.3}");
    let (other, _) = likeness(&heard, &backwards(&loud_part(&written)));
    assert!(other < 0.5, "the measure tells nothing: {other:.3} for the sound backwards");
    trip.step("heard, written, compared");
}

/// The same samples from the end.
pub fn backwards(pcm: &audio::Pcm) -> audio::Pcm {
    audio::Pcm::new(pcm.samples().iter().rev().copied().collect(), pcm.rate_hz()).unwrap()
}

/// A long text: it is heard long before its end, and cancelling ends making and playing at once.
pub fn cancelled_at_once(trip: &mut Trip, window: &Window) {
    let text: String = (1..=16).map(|number| format!("This is sentence number {number} of a longer text. ")).collect();
    window.fill("speak-text", text.trim());
    let takes = window.ask("takes", json!({})).unwrap().as_array().unwrap().len();
    let first = click_until(window, "speak-go", "speak-progress", Some("first sound"));
    assert!(window.shows("speak-cancel"), "the whole text was made before its first sound was told");
    window.until("it is heard", Duration::from_secs(10), || playing(window).then_some(()));
    assert!(window.shows("speak-cancel"), "nothing is left to cancel");
    let idle = click_until(window, "speak-cancel", "speak-go", None);
    assert!(!playing(window), "it plays on after cancelling");
    window.until("the engine is idle", Duration::from_secs(2), || {
        let footer = window.script("return document.querySelector('footer').textContent", vec![]);
        footer.as_str().unwrap_or_default().contains("idle").then_some(())
    });
    let ear = Ear::begin(&trip.stage, "after");
    std::thread::sleep(Duration::from_millis(600));
    let after = rms(&ear.end());
    assert!(after < 1e-3, "the loudspeaker goes on after cancelling: {after:.4}");
    eprintln!("          first sound after {first:.0} ms, cancelled in {idle:.0} ms");
    assert!(idle <= 200.0, "cancelling took {idle:.0} ms");
    let after = window.ask("takes", json!({})).unwrap().as_array().unwrap().len();
    assert_eq!(takes, after, "a cancelled take was kept");
    trip.step("a long text, cancelled");
}

/// The owner ends it: the voice is offered nowhere, speaks no more and what it has said can be heard no more.
pub fn revoked_for_good(trip: &mut Trip, window: &Window, voice: &str, book: u32) {
    let take = window.ask("takes", json!({})).unwrap()[0]["id"].as_str().unwrap().to_owned();
    assert!(window.ask("line_sound", json!({ "book": book, "line": 1, "take": null })).is_ok());
    assert!(window.ask("take_sound", json!({ "take": take })).is_ok());
    window.go(5);
    window.click(&format!("voice-open-{voice}"));
    window.click("revoke");
    window.find_css("[role=dialog] ul");
    let words = window.script("return document.querySelector('[role=dialog]').innerText", vec![]);
    eprintln!("          asked: {}", words.as_str().unwrap_or_default().replace('\n', " "));
    assert!(words.as_str().unwrap_or_default().contains('2'), "it does not say that two samples go: {words}");
    assert_eq!(window.count("[data-testid=revoke-confirm]:disabled"), 1, "it can be revoked without having been meant");
    window.click("revoke-sure");
    window.click("revoke-confirm");
    window.gone("revoke-confirm", Duration::from_secs(20));
    trip.step("revoked");

    window.go(2);
    window.find("speak-text");
    window.click_css("[data-testid=\"speak-voice\"] button", Duration::from_secs(5));
    window.find_css("[role=option]");
    let offered = window.script("return document.querySelector('[role=listbox]').innerText", vec![]);
    assert!(!offered.as_str().unwrap().contains("Rowan"), "a revoked voice is offered: {offered}");
    window.keys("\u{e00c}");
    let form = json!({ "text": SENTENCE, "voice": voice, "language": "en", "speed": 1.0, "pauses": 1.0, "seed": 1 });
    let code = |answer: Result<Value, Value>| match answer {
        Ok(given) => panic!("it was given: {given}"),
        Err(refusal) => refusal["code"].as_str().unwrap_or_default().to_owned(),
    };
    assert_eq!(code(window.ask("make_take", json!({ "form": form, "on": "a channel" }))), "revoked");
    assert_eq!(code(window.ask("render_line", json!({ "book": book, "line": 1, "newTake": true }))), "revoked");
    let line = code(window.ask("line_sound", json!({ "book": book, "line": 1, "take": null })));
    let take = code(window.ask("take_sound", json!({ "take": take })));
    let sound = code(window.ask("voice_sound", json!({ "voice": voice })));
    eprintln!("          after revoking: line {line}, take {take}, voice {sound}");
    assert_eq!((line.as_str(), take.as_str(), sound.as_str()), ("revoked", "revoked", "revoked"));
    trip.step("nothing of the voice is left");
}
