//! Ends before the end: asked to stop, a tool that is killed, ourselves killed. No child and no file is left.

use std::cell::Cell;
use std::path::Path;
use std::time::{Duration, Instant};

use audio::media::{Mux, Shown, SoundWriter, Subtitles};
use audio::{AudioError, Pcm};

use crate::films::{MONO, PICTURE, Room, STEREO, go_on, heard};

#[cfg(target_os = "linux")]
use std::fs;

const LINE: &str = "1\n00:00:00,200 --> 00:00:50,000\nHere\n";

/// Processes that have the folder's name in their arguments.
#[cfg(target_os = "linux")]
fn children_of(folder: &Path) -> Vec<u32> {
    let name = folder.to_string_lossy().into_owned();
    let all = fs::read_dir("/proc").unwrap().flatten();
    let ids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.filter(|&id| id != std::process::id())
        .filter(|id| {
            fs::read(format!("/proc/{id}/cmdline")).is_ok_and(|line| String::from_utf8_lossy(&line).contains(&name))
        })
        .collect()
}

#[cfg(not(target_os = "linux"))]
fn children_of(_folder: &Path) -> Vec<u32> {
    Vec::new()
}

fn long_film(room: &Room) -> std::path::PathBuf {
    room.make(
        "long.mp4",
        &format!("-f lavfi -i {PICTURE}:d=60 -f lavfi -i sine=d=60 -c:v libx264 -preset ultrafast -c:a aac"),
    )
}

fn mux<'a>(film: &'a Path, probe: &'a audio::media::Probe, out: &'a Path, subtitles: Option<Subtitles<'a>>) -> Mux<'a> {
    Mux { film, probe, out, shape: STEREO, language: None, title: None, keep_original: false, subtitles }
}

#[test]
fn a_stop_ends_everything_at_once() {
    let Some(room) = Room::open() else { return };
    let film = long_film(&room);
    let (probe, out) = (room.probe(&film), room.path("out.mp4"));
    for shown in [None, Some(Shown::Soft), Some(Shown::Burnt)] {
        let subtitles = shown.map(|shown| Subtitles { srt: LINE, shown, language: None, title: None });
        let since = Cell::new(None::<Instant>);
        let asked = Cell::new(0);
        // No while a block waits to be taken, that is in the middle of the film.
        let keep_going = || {
            asked.set(asked.get() + 1);
            if asked.get() == 40 {
                since.set(Some(Instant::now()));
            }
            asked.get() < 40
        };
        let block = vec![0.0; 96_000];
        let write = |writer: &mut SoundWriter<'_>| (0..60).try_for_each(|_| writer.write(&block));
        let stopped =
            room.tools.mux::<AudioError>(&mux(&film, &probe, &out, subtitles), write, &mut |_| {}, &keep_going);
        assert!(matches!(stopped, Err(AudioError::Stopped)), "{shown:?}: {stopped:?}");
        let took = since.get().unwrap().elapsed();
        assert!(took < Duration::from_secs(1), "{shown:?}: {took:?}");
        assert_eq!(room.names(), ["long.mp4"], "{shown:?}");
        assert_eq!(children_of(room.folder.path()), [0; 0], "{shown:?}");
    }
    let mut reader = room.tools.sound(&film, &probe, 0, MONO).unwrap();
    reader.read(&mut Vec::new(), &go_on).unwrap();
    assert!(matches!(reader.read(&mut Vec::new(), &|| false), Err(AudioError::Stopped)));
    drop(reader);
    assert_eq!(children_of(room.folder.path()), [0; 0]);
    let hash = room.tools.video_packets_sha256(&film, &|| false);
    assert!(matches!(hash, Err(AudioError::Stopped)), "{hash:?}");
}

#[test]
fn the_callers_own_error_comes_back() {
    #[derive(Debug)]
    enum Mine {
        Here,
        Theirs,
    }
    impl From<AudioError> for Mine {
        fn from(_: AudioError) -> Self {
            Self::Theirs
        }
    }
    let Some(room) = Room::open() else { return };
    let film = room.film("a.mp4", 1, &[], "-c:v libx264 -preset ultrafast -c:a aac");
    let (probe, out) = (room.probe(&film), room.path("out.mp4"));
    let failed = room.tools.mux(&mux(&film, &probe, &out, None), |_| Err(Mine::Here), &mut |_| {}, &go_on);
    assert!(matches!(failed, Err(Mine::Here)));
    let failed = room.tools.mux::<Mine>(&mux(&film, &probe, &out, None), |_| Ok(()), &mut |_| {}, &|| false);
    assert!(matches!(failed, Err(Mine::Theirs)));
    assert_eq!(room.names(), ["a.mp4"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_tool_is_told() {
    let Some(room) = Room::open() else { return };
    let film = long_film(&room);
    let (probe, out) = (room.probe(&film), room.path("out.mp4"));
    let block = vec![0.0; 96_000];
    let write = |writer: &mut SoundWriter<'_>| {
        writer.write(&block)?;
        // Right after the start a process has no arguments yet.
        while children_of(room.folder.path()).is_empty() {
            std::thread::sleep(Duration::from_millis(5));
        }
        for id in children_of(room.folder.path()) {
            std::process::Command::new("kill").args(["-9", &id.to_string()]).status().unwrap();
        }
        (0..60).try_for_each(|_| writer.write(&block))
    };
    let killed = room.tools.mux::<AudioError>(&mux(&film, &probe, &out, None), write, &mut |_| {}, &go_on);
    let Err(AudioError::ToolFailed { status, .. }) = &killed else { panic!("{killed:?}") };
    assert!(status.contains("signal"), "{status}");
    assert_eq!(room.names(), ["long.mp4"]);
}

/// Not a test by itself: what the test below starts and kills.
#[cfg(target_os = "linux")]
#[test]
fn dubs_until_killed() {
    let Some(folder) = std::env::var_os("VOUCH_TEST_DUB_IN") else { return };
    let room = Room::open().unwrap();
    let folder = Path::new(&folder);
    let (film, out) = (folder.join("long.mp4"), folder.join("out.mp4"));
    let probe = room.probe(&film);
    let burns = folder.join("burns").exists();
    let subtitles = burns.then_some(Subtitles { srt: LINE, shown: Shown::Burnt, language: None, title: None });
    let block = vec![0.0; 96_000];
    let write = |writer: &mut SoundWriter<'_>| {
        (0..2).try_for_each(|_| writer.write(&block))?;
        fs::write(folder.join("under way"), "").unwrap();
        std::thread::sleep(Duration::from_secs(60));
        Ok(())
    };
    let _ = room.tools.mux::<AudioError>(&mux(&film, &probe, &out, subtitles), write, &mut |_| {}, &go_on);
}

#[cfg(target_os = "linux")]
#[test]
fn no_child_outlives_us() {
    let Some(room) = Room::open() else { return };
    long_film(&room);
    for burns in [false, true] {
        if burns {
            fs::write(room.path("burns"), "").unwrap();
        }
        let mut us = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["stop::dubs_until_killed", "--exact"])
            .env("VOUCH_TEST_DUB_IN", room.folder.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let until = |what: &dyn Fn() -> bool| {
            let since = Instant::now();
            while !what() && since.elapsed() < Duration::from_secs(30) {
                std::thread::sleep(Duration::from_millis(10));
            }
            what()
        };
        assert!(until(&|| room.path("under way").exists()));
        assert!(!children_of(room.folder.path()).is_empty());
        us.kill().unwrap();
        us.wait().unwrap();
        assert!(until(&|| children_of(room.folder.path()).is_empty()), "burns: {burns}");
        assert!(!room.path("out.mp4").exists());
        fs::remove_file(room.path("under way")).unwrap();
    }
}

#[test]
fn a_stretch_keeps_pitch_and_length() {
    let Some(room) = Room::open() else { return };
    let tone: Vec<f32> =
        (0..36_000).map(|n| 0.5 * (n as f32 * 440.0 * std::f32::consts::TAU / 24_000.0).sin()).collect();
    for tempo in [0.5, 0.92, 1.0, 1.001, 1.12, 2.0] {
        let pcm = Pcm::new(tone.clone(), 24_000).unwrap();
        let after = room.tools.stretch(&pcm, tempo, &go_on).unwrap();
        assert_eq!(after.len(), (36_000.0 / tempo).round() as usize, "{tempo}");
        let middle = &after.samples()[2_400..after.len() - 2_400];
        let crossings = middle.windows(2).filter(|pair| (pair[0] < 0.0) != (pair[1] < 0.0)).count();
        let pitch = crossings as f64 / 2.0 / (middle.len() as f64 / 24_000.0);
        assert!((pitch - 440.0).abs() < 5.0, "{tempo}: {pitch} Hz");
    }
    // A mark in the middle stays in the middle.
    let marked = Pcm::new(crate::films::clicks(&[1.0], 2.0, MONO), 48_000).unwrap();
    let after = room.tools.stretch(&marked, 1.12, &go_on).unwrap();
    let found = heard(after.samples(), MONO);
    assert!((found[0] - 1.0 / 1.12).abs() < 0.02, "{found:?}");
    for (samples, tempo) in [(0, 1.1), (1, 1.1), (100, 0.9)] {
        let short = room.tools.stretch(&Pcm::new(vec![0.1; samples], 24_000).unwrap(), tempo, &go_on).unwrap();
        assert_eq!(short.len(), (samples as f64 / tempo).round() as usize);
    }
    for tempo in [0.0, 0.49, 2.1, f64::NAN, -1.0] {
        assert!(matches!(room.tools.stretch(&marked, tempo, &go_on), Err(AudioError::BadInput { .. })), "{tempo}");
    }
    assert!(matches!(room.tools.stretch(&marked, 1.1, &|| false), Err(AudioError::Stopped)));
}
