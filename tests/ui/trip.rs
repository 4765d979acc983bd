//! One trip through the window, from the first sound to the end of a voice. Each step says how long it took.

mod ceremony;
mod dub;
mod narrate;
mod speak;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use studio::stand_in::{SPEAKERS, StandIn};

use crate::pages;
use crate::sound::{Ear, assert_speech};
use crate::stage::Stage;
use crate::window::Window;

/// Whose voice it becomes, and somebody else.
const OWNER: StandIn = SPEAKERS[0];
const OTHER: StandIn = SPEAKERS[3];

/// What the steps share.
struct Trip {
    stage: Stage,
    since: Instant,
}

impl Trip {
    /// A step is done.
    fn step(&mut self, what: &str) {
        eprintln!("{:>7.2} s  {what}", self.since.elapsed().as_secs_f64());
        self.since = Instant::now();
    }
}

#[test]
fn from_the_first_sound_to_the_end_of_a_voice() {
    let mut trip = Trip { stage: Stage::new(), since: Instant::now() };
    let window = first_sound(&mut trip);
    let voice = ceremony::through_the_gate(&mut trip, &window);
    speak::the_cloned_sentence_is_what_is_heard(&mut trip, &window);
    speak::cancelled_at_once(&mut trip, &window);
    trip.stage.close(window);
    trip.step("the window closes");

    let book = narrate::a_book_opens_with_the_program(&mut trip, &voice);
    narrate::made_while_it_is_edited(&mut trip, &book);
    let book = narrate::a_power_cut_loses_nothing(&mut trip, book);
    narrate::exported(&mut trip, &book);
    let (window, book) = (book.window, book.id);
    trip.stage.close(window);
    let (window, dub) = dub::a_film_is_dubbed(&mut trip);
    pages::fit(&window, &pages::all(&voice, book, dub));
    trip.step("every page in two themes and two sizes");
    speak::revoked_for_good(&mut trip, &window, &voice, book);
    trip.stage.close(window);
    trip.step("the window closes");
}

/// From nothing to the first sound, with one click.
fn first_sound(trip: &mut Trip) -> Window {
    let began = Instant::now();
    let window = trip.stage.open(&[]);
    window.find("first-sound");
    eprintln!(
        "          start: the page after {:.2} s, the first sound to click after {:.2} s (this build)",
        window.opened_in.as_secs_f64(),
        began.elapsed().as_secs_f64()
    );
    trip.step("cold start");
    pages::fit(&window, &[("welcome", pages::Way::Key(1))]);
    window.go(1);
    trip.step("the first page in two themes and two sizes");
    let ear = Ear::begin(&trip.stage, "first");
    window.click("first-sound");
    window.until("the sound begins", Duration::from_secs(30), || playing(&window).then_some(()));
    window.until("the sound ends", Duration::from_secs(30), || (!playing(&window)).then_some(()));
    assert_speech(&ear.end(), 1.0);
    trip.step("first sound, heard at the loudspeaker");
    window
}

/// Whether the player of the status line plays.
fn playing(window: &Window) -> bool {
    window.count("footer [role=group] button[aria-label=Pause]") > 0
}

/// The one voice that is no preset.
fn own_voice(window: &Window) -> String {
    let voices = window.ask("voices", json!({})).unwrap();
    let own: Vec<&Value> = voices.as_array().unwrap().iter().filter(|voice| voice["preset"] == false).collect();
    assert_eq!(own.len(), 1, "{voices}");
    own[0]["id"].as_str().unwrap().to_owned()
}
