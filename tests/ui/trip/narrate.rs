//! A book in the window: made while it is edited, cut off, and whole again.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Trip;
use crate::sound::{new_wav, wavs};
use crate::window::Window;

const LINE_EDITED: usize = 4;
const EDITED: &str = "The ferry came late that evening, and nobody on the pier had expected it.";

/// The book in its window.
pub struct Open {
    pub window: Window,
    pub id: u32,
    lines: usize,
}

impl Open {
    fn view(&self) -> Value {
        self.window.ask("open_book", json!({ "book": self.id })).unwrap()
    }

    /// How many lines are in one of these states.
    fn count(&self, states: &[&str]) -> usize {
        let view = self.view();
        let lines = view["lines"].as_array().unwrap();
        lines.iter().filter(|line| states.contains(&line["state"].as_str().unwrap())).count()
    }

    fn job(&self) -> Option<Value> {
        let jobs = self.window.ask("jobs", json!({})).unwrap();
        jobs.as_array().unwrap().iter().rfind(|job| job["book"] == self.id).cloned()
    }

    fn strip(&self, state: &str, patience: Duration) {
        self.window.until(&format!("the strip says {state}"), patience, || {
            (self.window.attribute("job-strip", "data-state").as_deref() == Some(state)).then_some(())
        });
    }

    /// Chooses a line with a click, and gives the list the focus.
    fn choose(&self, line: usize) {
        self.window.click(&format!("line-state-{line}"));
        self.window.script("document.querySelector('#book-lines').focus()", vec![]);
    }
}

/// Three chapters of twenty sentences.
fn manuscript() -> String {
    let mut text = String::from("# Three Evenings\n\n");
    for (chapter, place) in [(1, "harbour"), (2, "station"), (3, "garden")] {
        text.push_str(&format!("## Evening {chapter}\n\n"));
        for paragraph in 0..5 {
            for sentence in 0..4 {
                let at = paragraph * 4 + sentence + 1;
                text.push_str(&format!(
                    "At hour {at} of the evening somebody in the {place} counted {} lamps. ",
                    at + 2
                ));
            }
            text.push_str("\n\n");
        }
    }
    text
}

/// The program is started with a file and shows it as a book. It is given to the new voice.
pub fn a_book_opens_with_the_program(trip: &mut Trip, voice: &str) -> Open {
    let file = trip.stage.home.path().join("three evenings.md");
    std::fs::write(&file, manuscript()).unwrap();
    let window = trip.stage.open(&[file.to_str().unwrap()]);
    window.find_within("render-all", Duration::from_secs(20));
    let books = window.ask("books", json!({})).unwrap();
    assert_eq!(books.as_array().unwrap().len(), 1, "{books}");
    let id = u32::try_from(books[0]["id"].as_u64().unwrap()).unwrap();
    let lines = usize::try_from(books[0]["lines"].as_u64().unwrap()).unwrap();
    assert!((60..80).contains(&lines), "{lines} lines");
    let open = Open { window, id, lines };
    trip.step("the program opens a book");

    open.window.click_css("header [role=combobox]", Duration::from_secs(5));
    open.window.click_option("Rowan Vale");
    open.window.find_css("[role=dialog]");
    open.window.keys("\u{e007}");
    open.window.until("the book has the voice", Duration::from_secs(10), || {
        (open.view()["card"]["voice"] == voice).then_some(())
    });
    trip.step("its voice is changed");
    open
}

/// Renders, pauses, makes one line out of turn, goes on, cancels; edits, undoes and does again.
pub fn made_while_it_is_edited(trip: &mut Trip, open: &Open) {
    let window = &open.window;
    window.click("render-all");
    window.until("some lines are made", Duration::from_secs(60), || (open.count(&["fresh"]) >= 3).then_some(()));
    window.click("strip-pause");
    open.strip("paused", Duration::from_secs(5));
    let paused_at = open.count(&["fresh"]);
    assert!(paused_at < open.lines, "the book was done before it could be paused");
    // Two looks apart: a paused job makes nothing.
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(open.count(&["fresh"]), paused_at, "a paused job goes on");
    trip.step(&format!("render, paused at {paused_at} of {} lines", open.lines));

    window.click("strip-resume");
    open.strip("running", Duration::from_secs(5));
    let waited = made_out_of_turn(open, LINE_EDITED - 2);
    assert_eq!(
        open.job().unwrap()["state"],
        "running",
        "the book was done before the line was made: measure with more"
    );
    eprintln!("          a new take of one line while the book renders: {waited:.0} ms from the key");
    trip.step("one line out of turn");

    window.click("strip-cancel");
    window.gone("job-strip", Duration::from_secs(10));
    let cancelled_at = open.count(&["fresh"]);
    assert!(cancelled_at < open.lines, "the book was done before it could be cancelled");
    let idle = made_out_of_turn(open, LINE_EDITED - 2);
    eprintln!("          the same with nothing else to do: {idle:.0} ms");
    trip.step(&format!("cancelled at {cancelled_at} lines"));

    let before = text_of(open, LINE_EDITED);
    open.choose(LINE_EDITED);
    window.keys("e");
    window.fill("line-edit", EDITED);
    window.keys("\u{e007}");
    let is = |text: &str, what: &str| {
        window.until(what, Duration::from_secs(5), || (text_of(open, LINE_EDITED) == text).then_some(()));
    };
    is(EDITED, "the edit");
    window.click("undo");
    is(&before, "the edit undone");
    window.click("redo");
    is(EDITED, "the edit done again");
    trip.step("edit, undo, redo");
}

/// The power goes while a book renders. All that was made and edited is there afterwards, and the rest is made.
pub fn a_power_cut_loses_nothing(trip: &mut Trip, open: Open) -> Open {
    open.window.click("render-all");
    let start = open.count(&["fresh"]);
    open.window
        .until("lines are made", Duration::from_secs(60), || (open.count(&["fresh"]) >= start + 2).then_some(()));
    assert_eq!(open.job().unwrap()["state"], "running");
    let (voices, spoken) = voices_of(&open.window);
    let takes = open.window.ask("takes", json!({})).unwrap();
    let before = open.view();
    let Open { window, id, lines } = open;
    trip.stage.cut(window);
    trip.step("cut off while it renders");

    let window = trip.stage.open(&[]);
    window.find_css("nav");
    let (voices_after, spoken_after) = voices_of(&window);
    assert_eq!(voices_after, voices, "voices");
    // It went on growing until the cut, and it must never go back: a voice's cap counts on it.
    for (before, after) in spoken.iter().zip(&spoken_after) {
        assert!(after >= before, "seconds spoken: {spoken:?} before the cut, {spoken_after:?} after it");
    }
    assert_eq!(window.ask("takes", json!({})).unwrap(), takes, "takes");
    window.go(3);
    window.click_css(&format!("[data-testid=\"book-{id}\"] h2 button"), Duration::from_secs(20));
    let open = Open { window, id, lines };
    open.window.find("render-all");
    let after = open.view();
    for (line, was) in after["lines"].as_array().unwrap().iter().zip(before["lines"].as_array().unwrap()) {
        assert_eq!(line["text"], was["text"]);
        if was["state"] == "fresh" {
            assert_eq!((&line["state"], &line["take"]), (&was["state"], &was["take"]), "{was}");
        }
    }
    assert_eq!(after["lines"][LINE_EDITED]["text"], EDITED);
    let state = open.job().unwrap()["state"].as_str().unwrap().to_owned();
    eprintln!("          the cut job is {state}, {} of {lines} lines are fresh", open.count(&["fresh"]));
    if state == "paused" {
        open.window.click("strip-resume");
    }
    trip.step("opened again, all is there");
    let made = Instant::now();
    open.window.until("the whole book", Duration::from_secs(240), || (open.count(&["fresh"]) == lines).then_some(()));
    open.window.gone("job-strip", Duration::from_secs(10));
    assert!(open.window.text("render-all").len() > 3);
    eprintln!("          the rest was made in {:.1} s", made.elapsed().as_secs_f64());
    trip.step("the rest of the book");
    open
}

/// The book as one file.
pub fn exported(trip: &mut Trip, open: &Open) {
    let before = wavs(&trip.stage.exports());
    open.window.click("export");
    open.window.click("export-wav");
    let file = new_wav(&trip.stage.exports(), &before, Duration::from_secs(120));
    assert_eq!(file.file_stem().unwrap(), "Three Evenings");
    let written = audio::wav::read(&file).unwrap();
    let spoken: f64 = open.view()["lines"].as_array().unwrap().iter().filter_map(|line| line["seconds"].as_f64()).sum();
    eprintln!("          {:.0} s in the file, {spoken:.0} s of lines", written.seconds());
    assert!(written.seconds() >= spoken * 0.95, "{:.1} s in the file, {spoken:.1} s of lines", written.seconds());
    crate::sound::assert_speech(&written.slice(0.0, 20.0), 10.0);
    trip.step("exported");
}

/// Asks for a new take of a line with its key; milliseconds until the page shows that it is made.
fn made_out_of_turn(open: &Open, line: usize) -> f64 {
    const PRESS: &str = "const [state, done] = arguments;
        const began = performance.now();
        const grid = document.querySelector('#book-lines');
        grid.dispatchEvent(new KeyboardEvent('keydown', { key: 't', bubbles: true, cancelable: true }));
        const look = () => {
            const made = document.querySelector('[data-testid=made-in]');
            if (made) done([performance.now() - began, made.textContent]);
            else if (performance.now() - began > 25000) done(null);
            else setTimeout(look, 2);
        };
        setTimeout(look, 10);";
    open.choose(line);
    let takes = open.view()["lines"][line]["takes"].as_u64().unwrap();
    let told = open.window.script_later(PRESS, vec![json!(null)]);
    assert!(told.is_array(), "the line was not made");
    assert_eq!(open.view()["lines"][line]["takes"].as_u64().unwrap(), takes + 1, "no new take is there");
    eprintln!("          the page says: {}", told[1]);
    told[0].as_f64().unwrap()
}

/// The voices, and beside them the seconds that each has spoken, which grow while a book renders.
fn voices_of(window: &Window) -> (Value, Vec<u64>) {
    let mut voices = window.ask("voices", json!({})).unwrap();
    let spoken = voices.as_array_mut().unwrap().iter_mut().map(|voice| {
        let seconds = voice.as_object_mut().unwrap().remove("usedSeconds");
        seconds.and_then(|seconds| seconds.as_u64()).unwrap_or(0)
    });
    let spoken = spoken.collect();
    (voices, spoken)
}

fn text_of(open: &Open, line: usize) -> String {
    open.view()["lines"][line]["text"].as_str().unwrap().to_owned()
}
