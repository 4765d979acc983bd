//! A dub of a small film with the bundled voices: spoken, mixed, edited, redone. What is not edited stays as it is, sample
//! for sample.

// A test's own furniture may fail like the test itself; what was skipped must be seen.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use audio::Pcm;
use jobs::{Cancel, Silence};
use library::{Kind, Library, Unlock};
use studio::bench::film::{self, Film};
use studio::dub::{CueState, DubEdit, DubFile, DubFiles, DubView, NewDub};
use studio::{Clock, Settings, Studio};

struct Time(Instant);

impl Clock for Time {
    fn unix_seconds(&self) -> u64 {
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()
    }

    fn elapsed_seconds(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}

struct Stage {
    folder: tempfile::TempDir,
    studio: Studio,
    film: Film,
}

impl Stage {
    /// None where the tools are missing.
    fn new() -> Option<Self> {
        let ffmpeg = audio::encode::find_ffmpeg(std::env::var_os("PATH").as_deref()).ok();
        if ffmpeg.is_none() || std::process::Command::new("flite").arg("--version").output().is_err() {
            println!("skipped: ffmpeg or flite is not installed");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let clock = Time(Instant::now());
        let unlock = Unlock::Passphrase("a long passphrase".to_owned().into());
        let place = folder.path().join("library");
        let library = Library::create(&place, Kind::Demo, &unlock, b"machine", clock.unix_seconds()).unwrap();
        let settings = Settings { clock: Arc::new(clock), ffmpeg, slots: 4, hands: 1, shelf: None };
        let film = film::make(&folder.path().join("film"), 5, true, &settings).unwrap();
        Some(Self { studio: Studio::new(library, settings), folder, film })
    }

    fn begin(&self) -> u64 {
        let new = NewDub {
            film: self.film.film.clone(),
            to: "en".into(),
            from: Some("en".into()),
            source_subtitles: Some(self.film.source_subtitles.clone()),
            target_subtitles: Some(self.film.target_subtitles.clone()),
            ..NewDub::default()
        };
        self.studio.begin_dub(&new).unwrap().card.id
    }

    // An edit is written where it is done.
    #[expect(clippy::needless_pass_by_value)]
    fn edit(&self, dub: u64, edit: DubEdit) -> DubView {
        self.studio.edit_dub(dub, &edit).unwrap()
    }

    fn made(&self, dub: u64) -> usize {
        self.studio.render_dub(dub, &Silence, &Cancel::new()).unwrap().made
    }

    /// The mix as samples of one channel.
    fn mixed(&self, dub: u64, name: &str) -> (Pcm, DubFile) {
        let stems = self.folder.path().join(name);
        let files = DubFiles { stems: Some(stems.clone()), ..DubFiles::default() };
        let file = self.studio.deliver_dub(dub, &files, &Silence, &Cancel::new()).unwrap();
        (audio::wav::read(&stems.join("mix.wav")).unwrap(), file)
    }
}

/// Where two mixes of the same length differ: first and last second.
fn difference(one: &Pcm, other: &Pcm) -> Option<(f64, f64)> {
    assert_eq!(one.len(), other.len());
    let differs = |at: &usize| one.samples()[*at] != other.samples()[*at];
    let first = (0..one.len()).find(differs)?;
    let last = (0..one.len()).rev().find(differs)?;
    let seconds = |at: usize| at as f64 / f64::from(one.rate_hz());
    Some((seconds(first), seconds(last)))
}

fn leftovers(folder: &Path) -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
    all.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with('.')).collect()
}

#[test]
fn an_edit_makes_only_what_it_touches_and_leaves_the_rest_of_the_mix_as_it_was() {
    let Some(stage) = Stage::new() else { return };
    let dub = stage.begin();
    let prepared = stage.studio.prepare_dub(dub, &Silence, &Cancel::new()).unwrap();
    assert_eq!((prepared.cues, prepared.speakers, prepared.untranslated), (5, 2, 0));
    assert!(stage.made(dub) >= 5);
    assert_eq!(stage.made(dub), 0, "nothing is made twice");
    let view = stage.studio.open_dub(dub).unwrap();
    assert!(view.cues.iter().all(|cue| cue.state == CueState::Fresh), "{:?}", view.cues);
    assert_eq!(view.speakers.iter().map(|speaker| speaker.cues).collect::<Vec<_>>(), [3, 2]);
    let (first, file) = stage.mixed(dub, "first");
    assert_eq!(file.report.overlaps.total_ms, 0);
    assert!(file.report.onset_median_ms.unwrap() <= 80 && file.report.onset_max_ms.unwrap() <= 250);
    assert_eq!(leftovers(&stage.folder.path().join("first")), Vec::<PathBuf>::new());
    let (again, _) = stage.mixed(dub, "again");
    assert_eq!(difference(&first, &again), None, "mixing again changes nothing");

    // Other words in one cue.
    let cue = &stage.film.cues[2];
    stage.edit(dub, DubEdit::Target { cue: 2, text: "Something else is said here.".into() });
    let states: Vec<CueState> = stage.studio.open_dub(dub).unwrap().cues.iter().map(|cue| cue.state).collect();
    assert_eq!(states[2], CueState::Stale);
    assert!((1..=3).contains(&stage.made(dub)), "one cue, and takes of it at most");
    let (words, _) = stage.mixed(dub, "words");
    let (from, to) = difference(&first, &words).expect("the cue is heard otherwise");
    let (start, end) = (cue.start_ms as f64 / 1000.0, cue.end_ms as f64 / 1000.0);
    assert!(from >= start - 1.0 && to <= end + 2.0, "{from} to {to}, and the cue is {start} to {end}");

    // Taken back, it is what it was, and nothing is made.
    stage.edit(dub, DubEdit::Undo);
    assert_eq!(stage.made(dub), 0);
    assert_eq!(difference(&first, &stage.mixed(dub, "undone").0), None);

    // Another time for one cue: nothing is made, and it sounds there.
    let (start_ms, end_ms) = (cue.start_ms + 300, cue.end_ms + 300);
    stage.edit(dub, DubEdit::Time { cue: 2, start_ms, end_ms });
    assert_eq!(stage.made(dub), 0, "a time makes nothing anew");
    let (from, to) = difference(&first, &stage.mixed(dub, "time").0).expect("it sounds later");
    assert!(from >= start - 1.0 && to <= end + 2.3, "{from} to {to}");
    stage.edit(dub, DubEdit::Undo);

    // Another voice for one speaker: his cues alone.
    stage.edit(dub, DubEdit::Voice { speaker: 1, voice: Some("cedar".into()) });
    let his = stage.film.cues.iter().filter(|cue| cue.speaker == 1).count();
    let made = stage.made(dub);
    assert!((his..=his * 3).contains(&made), "{made} lines for {his} cues");
    let states = stage.studio.open_dub(dub).unwrap();
    assert!(states.cues.iter().all(|cue| cue.state == CueState::Fresh || cue.state == CueState::Doubtful));
    let (voice, _) = stage.mixed(dub, "voice");
    let (from, _) = difference(&first, &voice).expect("it is another voice");
    assert!(from >= stage.film.cues[1].start_ms as f64 / 1000.0 - 1.0);

    // A new take of one cue is one line, and the old one comes back with undo.
    let view = stage.studio.render_cue(dub, 0, true, &Cancel::new()).unwrap();
    assert_eq!((view.cues[0].take, view.cues[0].state), (Some(view.cues[0].takes - 1), CueState::Fresh));
    stage.edit(dub, DubEdit::Undo);
    assert_eq!(stage.made(dub), 0);

    // Locked cues refuse edits, and only what is made can be locked.
    stage.edit(dub, DubEdit::Lock { first: 0, last: 0, locked: true });
    let refused = stage.studio.edit_dub(dub, &DubEdit::Target { cue: 0, text: "no".into() }).unwrap_err();
    assert_eq!(refused.code(), "cue_locked");
    stage.edit(dub, DubEdit::Target { cue: 1, text: "Never made.".into() });
    let refused = stage.studio.edit_dub(dub, &DubEdit::Lock { first: 1, last: 1, locked: true }).unwrap_err();
    assert_eq!(refused.code(), "not_rendered");
}

#[test]
fn another_film_under_the_same_name_is_refused_and_a_cancel_leaves_nothing() {
    let Some(stage) = Stage::new() else { return };
    let dub = stage.begin();
    stage.studio.prepare_dub(dub, &Silence, &Cancel::new()).unwrap();
    stage.made(dub);
    let out = stage.folder.path().join("out.mp4");
    let files = DubFiles { out: Some(out.clone()), ..DubFiles::default() };
    let cancelled = Cancel::new();
    cancelled.cancel();
    let error = stage.studio.deliver_dub(dub, &files, &Silence, &cancelled).unwrap_err();
    assert_eq!(error.class(), studio::Class::Interrupted, "{error}");
    assert!(!out.exists());
    assert_eq!(leftovers(stage.folder.path()), Vec::<PathBuf>::new());
    let mut bytes = std::fs::read(&stage.film.film).unwrap();
    bytes.truncate(bytes.len() - 10);
    std::fs::write(&stage.film.film, bytes).unwrap();
    let error = stage.studio.deliver_dub(dub, &files, &Silence, &Cancel::new()).unwrap_err();
    assert_eq!(error.code(), "film_changed");
}
