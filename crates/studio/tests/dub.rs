//! A dub of a small film with the bundled voices: spoken, mixed, edited, redone. What is not edited stays as it is, sample
//! for sample.

// A test's own furniture may fail like the test itself; what was skipped must be seen.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use audio::Pcm;
use jobs::{Cancel, Silence};
use library::{Kind, Library, TapeLabel, Unlock};
use studio::bench::film::{self, Film};
use studio::dub::{CueState, DubEdit, DubFile, DubFiles, DubTranslation, DubView, NewDub, SubtitleUse};
use studio::stand_in::SPEAKERS;
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

fn settings() -> Settings {
    let ffmpeg = audio::encode::find_ffmpeg(std::env::var_os("PATH").as_deref()).ok();
    Settings { clock: Arc::new(Time(Instant::now())), ffmpeg, slots: 4, hands: 1, shelf: None }
}

struct Stage {
    folder: tempfile::TempDir,
    studio: Studio,
    library: Library,
    film: Film,
}

impl Stage {
    /// None where the tools are missing.
    fn new() -> Option<Self> {
        if settings().ffmpeg.is_none() || std::process::Command::new("flite").arg("--version").output().is_err() {
            println!("skipped: ffmpeg or flite is not installed");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let settings = settings();
        let unlock = Unlock::Passphrase("a long passphrase".to_owned().into());
        let (place, now) = (folder.path().join("library"), settings.clock.unix_seconds());
        let library = Library::create(&place, Kind::Demo, &unlock, b"machine", now).unwrap();
        let film = film::make(&folder.path().join("film"), 5, true, &settings).unwrap();
        Some(Self { studio: Studio::new(library.clone(), settings), library, folder, film })
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

    /// The same library in another run of the program.
    fn again(self) -> Self {
        let Self { folder, studio, library, film } = self;
        drop((studio, library));
        let settings = settings();
        let unlock = Unlock::Passphrase("a long passphrase".to_owned().into());
        let now = settings.clock.unix_seconds();
        let library = Library::open(&folder.path().join("library"), &unlock, b"machine", now).unwrap();
        Self { studio: Studio::new(library.clone(), settings), library, folder, film }
    }

    /// Somebody speaks in a quiet room, a second after the recording began.
    fn spoken(&self, name: &str, text: &str, gain: f32) -> PathBuf {
        let said = SPEAKERS[3].say(text, self.folder.path()).unwrap();
        let rate = said.rate_hz() as usize;
        let mut state = 1_u32;
        let mut samples: Vec<f32> = (0..said.len() + 2 * rate)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                2e-4 * ((state >> 8) as f32 / 8_388_608.0 - 1.0)
            })
            .collect();
        for (into, sample) in samples[rate..].iter_mut().zip(said.samples()) {
            *into = (*into + gain * sample).clamp(-1.0, 1.0);
        }
        let path = self.folder.path().join(name);
        audio::wav::write(&path, &Pcm::new(samples, said.rate_hz()).unwrap(), audio::wav::Depth::Int16).unwrap();
        path
    }

    /// Sealed files of the library.
    fn blobs(&self) -> usize {
        fn count(folder: &Path) -> usize {
            let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
            entries.map(|entry| if entry.path().is_dir() { count(&entry.path()) } else { 1 }).sum()
        }
        count(&self.folder.path().join("library").join("blobs"))
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

#[test]
fn a_line_that_somebody_recorded_sounds_in_place_of_the_voice_and_nothing_else_changes() {
    let Some(stage) = Stage::new() else { return };
    let dub = stage.begin();
    stage.studio.prepare_dub(dub, &Silence, &Cancel::new()).unwrap();
    stage.made(dub);
    let (first, _) = stage.mixed(dub, "first");
    let files = stage.blobs();
    let own = stage.spoken("own.wav", "I say this line myself.", 1.0);
    let view = stage.studio.give_line(dub, 2, &own).unwrap();
    assert_eq!((view.cues[2].recorded, view.cues[2].state), (Some(0), CueState::Fresh), "{:?}", view.cues[2]);
    let fit = view.cues[2].fit.unwrap();
    assert!((0.92..=1.12).contains(&fit.tempo) && fit.is_measured && fit.seconds > 0.8, "{fit:?}");
    assert_eq!(stage.made(dub), 0, "nothing is spoken by a voice");
    let (recorded, file) = stage.mixed(dub, "recorded");
    assert_eq!((file.report.recorded, file.report.spoken), (1, 5));
    assert!(file.report.cues[2].recorded && file.report.cues[2].similarity.is_none());
    let cue = &stage.film.cues[2];
    let (from, to) = difference(&first, &recorded).expect("it is heard");
    let (start, end) = (cue.start_ms as f64 / 1000.0, cue.end_ms as f64 / 1000.0);
    assert!(from >= start - 1.0 && to <= end + 2.5, "{from} to {to}, and the cue is {start} to {end}");

    // What was edited is an edit: taken back, brought again, and there in the next run of the program.
    stage.edit(dub, DubEdit::Undo);
    assert_eq!(difference(&first, &stage.mixed(dub, "undone").0), None);
    stage.edit(dub, DubEdit::Redo);
    let stage = stage.again();
    assert_eq!(stage.studio.open_dub(dub).unwrap().cues[2].recorded, Some(0));
    assert_eq!(difference(&recorded, &stage.mixed(dub, "again").0), None);
    assert!(stage.studio.cue_sound(dub, 2, None).unwrap().seconds() > 0.8);
    let refused = stage.studio.render_cue(dub, 2, true, &Cancel::new()).unwrap_err();
    assert_eq!(refused.code(), "cue_recorded");
    // Other words leave the recording, and it is said.
    let view = stage.edit(dub, DubEdit::Target { cue: 2, text: "Quite other words.".into() });
    assert!(view.cues[2].recorded.is_some() && view.cues[2].doubt.is_some(), "{:?}", view.cues[2]);
    stage.edit(dub, DubEdit::Undo);
    // A recorded cue is made: it can be protected, and then keeps its recording.
    stage.edit(dub, DubEdit::Lock { first: 2, last: 2, locked: true });
    assert_eq!(stage.studio.give_line(dub, 2, &own).unwrap_err().code(), "cue_locked");
    stage.edit(dub, DubEdit::Lock { first: 2, last: 2, locked: false });
    let view = stage.edit(dub, DubEdit::Recorded { cue: 2, recording: None });
    assert_eq!((view.cues[2].recorded, view.cues[2].state), (None, CueState::Fresh));
    assert_eq!(difference(&first, &stage.mixed(dub, "removed").0), None);
    // People's speech goes with the dub, whether it is heard in it or not.
    assert_eq!(stage.blobs(), files + 1);
    stage.studio.remove_dub(dub).unwrap();
    assert_eq!(stage.blobs(), files);
}

#[test]
fn recordings_that_are_none_are_refused_and_bad_ones_are_remarked() {
    let Some(stage) = Stage::new() else { return };
    let dub = stage.begin();
    let refused = |file: &Path| stage.studio.give_line(dub, 0, file).unwrap_err().code();
    let quiet = stage.folder.path().join("quiet.wav");
    audio::wav::write(&quiet, &Pcm::new(vec![0.0; 48_000], 48_000).unwrap(), audio::wav::Depth::Int16).unwrap();
    assert_eq!(refused(&quiet), "line_silent");
    let long = "This goes on and on, and nobody knows when it is going to end. ".repeat(8);
    assert_eq!(refused(&stage.spoken("long.wav", &long, 1.0)), "line_too_long");
    std::fs::write(&quiet, b"RIFF and nothing that is sound").unwrap();
    assert!(stage.studio.give_line(dub, 0, &quiet).is_err());
    assert!(stage.studio.give_line(dub, 0, &stage.folder.path().join("nothing.wav")).is_err());
    assert!(stage.studio.give_line(dub, 99, &quiet).is_err());
    let view = stage.studio.open_dub(dub).unwrap();
    assert!(!view.can_undo && view.cues.iter().all(|cue| cue.recorded.is_none()), "nothing of it stays");
    // Overdriven speech is somebody's choice, and said.
    let view = stage.studio.give_line(dub, 0, &stage.spoken("loud.wav", "Not so loud.", 40.0)).unwrap();
    assert_eq!(view.cues[0].state, CueState::Doubtful);
    assert!(view.cues[0].doubt.as_deref().unwrap().contains("too loud"), "{:?}", view.cues[0].doubt);
    // A recording that is not there cannot be asked for, whatever number it is given.
    for number in [1, u32::MAX] {
        let edit = DubEdit::Recorded { cue: 1, recording: Some(number) };
        assert_eq!(stage.studio.edit_dub(dub, &edit).unwrap_err().code(), "unknown_recording");
    }
    for take in ["", "no such thing", "00000000-0000-0000-0000-000000000000"] {
        assert!(stage.studio.keep_line(dub, 0, take).is_err());
        assert!(stage.studio.discard_line(dub, take).is_err());
    }
}

#[test]
fn a_recording_that_a_crash_cut_short_waits_for_its_cue_and_is_no_sample() {
    let Some(stage) = Stage::new() else { return };
    let (dub, other) = (stage.begin(), stage.begin());
    let cue = stage.studio.open_dub(dub).unwrap().cues[1].id;
    let said = audio::wav::read(&stage.spoken("own.wav", "I am cut short.", 1.0)).unwrap();
    let label = TapeLabel {
        device: "A microphone".into(),
        system: "test".into(),
        prompt: String::new(),
        purpose: Some(format!("dub {dub} cue {cue}")),
        rate_hz: said.rate_hz(),
        live: true,
        started_at: 0,
    };
    let mut tape = stage.library.start_tape(label).unwrap();
    tape.append(said.samples()).unwrap();
    let id = tape.id().to_string();
    drop(tape);
    let stage = stage.again();
    // Nobody makes a voice from it.
    assert_eq!(stage.studio.kept_samples().unwrap(), []);
    assert!(stage.studio.kept_recording(&id).is_err());
    // It waits where it belongs, and nowhere else.
    let takes = stage.studio.line_takes(dub).unwrap();
    assert_eq!(takes.len(), 1);
    assert!((&*takes[0].id, takes[0].cue, takes[0].recovered) == (&*id, cue, true) && takes[0].seconds > 0.5);
    assert_eq!(stage.studio.line_takes(other).unwrap(), []);
    for refused in
        [stage.studio.keep_line(other, 1, &id).unwrap_err(), stage.studio.discard_line(other, &id).unwrap_err()]
    {
        assert_eq!(refused.code(), "unknown_recording");
    }
    assert!(stage.studio.line_take_sound(dub, &id).unwrap().seconds() > 0.5);
    let view = stage.studio.keep_line(dub, 1, &id).unwrap();
    assert_eq!(view.cues[1].recorded, Some(0));
    assert_eq!(stage.studio.line_takes(dub).unwrap(), []);
}

#[test]
fn subtitles_for_an_open_dub_are_an_edit() {
    let Some(stage) = Stage::new() else { return };
    let dub = stage.begin();
    let before = stage.studio.open_dub(dub).unwrap();
    let wishes = DubTranslation { glossary: vec![("lamp".into(), "Lampe".into())], tone: Some("dry".into()) };
    let view = stage.edit(dub, DubEdit::Translation { settings: wishes.clone() });
    assert_eq!(view.translation, wishes);
    let file = stage.folder.path().join("new.srt");
    // A line where the second cue is, and one where nobody speaks.
    let cue = &before.cues[1];
    let time = |ms: u64| {
        let seconds = ms / 1000;
        format!("{:02}:{:02}:{:02},{:03}", seconds / 3600, seconds / 60 % 60, seconds % 60, ms % 1000)
    };
    let line = |start: u64, end: u64, text: &str| format!("1\n{} --> {}\n{text}\n\n", time(start), time(end));
    std::fs::write(&file, line(cue.start_ms + 20, cue.end_ms, "Words from a file.")).unwrap();
    let give = |to: SubtitleUse| stage.studio.give_subtitles(dub, &file, true, to);
    let worded = give(SubtitleUse::Words).unwrap();
    assert_eq!((worded.cues.len(), &*worded.cues[1].target), (before.cues.len(), "Words from a file."));
    assert_eq!((&worded.cues[0], worded.cues[1].id), (&before.cues[0], cue.id));
    let replaced = give(SubtitleUse::Cues).unwrap();
    assert_eq!((replaced.cues.len(), &*replaced.cues[0].target), (1, "Words from a file."));
    assert_eq!(replaced.cues[0].speaker, cue.speaker);
    assert_eq!(stage.edit(dub, DubEdit::Undo).cues, worded.cues);
    assert_eq!(stage.edit(dub, DubEdit::Undo).cues, before.cues);
    stage.edit(dub, DubEdit::Redo);
    // It outlives the program, the steps back included.
    let stage = stage.again();
    assert_eq!(stage.studio.open_dub(dub).unwrap().cues, worded.cues);
    assert_eq!(stage.edit(dub, DubEdit::Undo).cues, before.cues);
    assert_eq!(stage.edit(dub, DubEdit::Undo).translation, DubTranslation::default());
    // Words that lie nowhere change nothing.
    std::fs::write(&file, line(0, 1, "Nobody.")).unwrap();
    let refused = stage.studio.give_subtitles(dub, &file, true, SubtitleUse::Words).unwrap_err();
    assert_eq!(refused.code(), "nothing_matches");
}
