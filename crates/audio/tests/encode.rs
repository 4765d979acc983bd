//! What the encoders write, seen by ffprobe: the right codec, length, tags and chapters; and what is left behind when
//! something fails.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking and says what it skips")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use audio::encode::{Chapter, Format, Metadata, encode_file, encode_file_while, find_ffmpeg, find_tool};
use audio::wav::{self, Depth};
use audio::{AudioError, Pcm};
use serde_json::Value;

fn tools() -> Option<(PathBuf, PathBuf)> {
    let search_path = std::env::var_os("PATH");
    let found = find_ffmpeg(search_path.as_deref()).ok().zip(find_tool("ffprobe", search_path.as_deref()).ok());
    if found.is_none() {
        println!("skipped: ffmpeg and ffprobe are not installed");
    }
    found
}

fn source(folder: &Path, seconds: u32) -> PathBuf {
    let path = folder.join("-source.wav");
    let samples = (0..24_000 * seconds).map(|n| 0.3 * (n as f32 * 0.1).sin()).collect();
    wav::write(&path, &Pcm::new(samples, 24_000).unwrap(), Depth::Int24).unwrap();
    path
}

fn book() -> Metadata {
    let chapter = |title: &str, start_seconds, end_seconds| Chapter { title: title.into(), start_seconds, end_seconds };
    Metadata {
        title: Some("A Title = with; signs #1 \\ and\nmore".into()),
        author: Some("Ann Author".into()),
        narrator: Some("Nils Näher".into()),
        chapters: vec![chapter("One: a start", 0.0, 1.5), chapter("“Two”=2", 1.5, 4.0), chapter("Three", 4.0, 6.0)],
    }
}

fn probe(ffprobe: &Path, file: &Path) -> Value {
    let said = Command::new(ffprobe)
        .args(["-v", "error", "-of", "json", "-show_format", "-show_streams", "-show_chapters"])
        .arg(file)
        .output()
        .unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    serde_json::from_slice(&said.stdout).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_str().unwrap().parse().unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn every_format_is_what_it_says() {
    let Some((ffmpeg, ffprobe)) = tools() else { return };
    let folder = tempfile::tempdir().unwrap();
    let wav_in = source(folder.path(), 6);
    for (name, codec, chapters) in [
        ("b.wav", "pcm_s24le", false),
        ("b.flac", "flac", true),
        ("b.mp3", "mp3", true),
        ("b.m4b", "aac", true),
        ("b.m4a", "aac", true),
        ("b.opus", "opus", true),
    ] {
        let out = folder.path().join(name);
        encode_file(&wav_in, &out, Format::from_path(&out).unwrap(), &book(), &ffmpeg).unwrap();
        let about = probe(&ffprobe, &out);
        let seconds = number(&about["format"]["duration"]);
        assert!((seconds - 6.0).abs() < 0.1, "{name}: {seconds} s");
        let sound = about["streams"].as_array().unwrap().iter().find(|stream| stream["codec_type"] == "audio").unwrap();
        assert_eq!(sound["codec_name"], codec, "{name}");
        assert_eq!(sound["channels"], 1, "{name}");
        if name == "b.wav" {
            continue;
        }
        let tags = if about["format"]["tags"].is_object() { &about["format"]["tags"] } else { &sound["tags"] };
        let tag = |key: &str| {
            let found = tags.as_object().unwrap().iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
            found.map(|(_, value)| value.as_str().unwrap().to_owned()).unwrap_or_default()
        };
        assert_eq!(tag("title"), "A Title = with; signs #1 \\ and more", "{name}");
        assert_eq!((tag("artist"), tag("composer")), ("Ann Author".into(), "Nils Näher".into()), "{name}");
        if chapters {
            let found: Vec<(String, f64, f64)> = about["chapters"]
                .as_array()
                .unwrap()
                .iter()
                .map(|chapter| {
                    let title = chapter["tags"]["title"].as_str().unwrap().to_owned();
                    (title, number(&chapter["start_time"]), number(&chapter["end_time"]))
                })
                .collect();
            assert_eq!(found.len(), 3, "{name}: {found:?}");
            for (found, want) in found.iter().zip(book().chapters) {
                assert_eq!(found.0, want.title, "{name}");
                assert!((found.1 - want.start_seconds).abs() < 0.01, "{name}: {found:?}");
                assert!((found.2 - want.end_seconds).abs() < 0.1, "{name}: {found:?}");
            }
        }
    }
    assert_eq!(names(folder.path()), ["-source.wav", "b.flac", "b.m4a", "b.m4b", "b.mp3", "b.opus", "b.wav"]);
}

#[cfg(unix)]
#[test]
fn the_result_is_an_ordinary_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (ordinary, out) = (folder.path().join("ordinary"), folder.path().join("out.wav"));
    fs::write(&ordinary, "").unwrap();
    encode_file(&source(folder.path(), 1), &out, Format::Wav, &Metadata::default(), Path::new("unused")).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&out), mode(&ordinary));
}

#[test]
fn a_failure_leaves_nothing_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let wav_in = source(folder.path(), 1);
    let out = folder.path().join("b.mp3");
    let nothing = Metadata::default();
    let missing = encode_file(&wav_in, &out, Format::Mp3, &nothing, &folder.path().join("no-ffmpeg"));
    assert!(matches!(missing, Err(AudioError::MissingTool { .. })), "{missing:?}");
    let no_input = encode_file(&folder.path().join("none.wav"), &out, Format::Mp3, &nothing, Path::new("ffmpeg"));
    assert!(matches!(no_input, Err(AudioError::Io { .. })), "{no_input:?}");
    let no_folder = encode_file(&wav_in, &folder.path().join("no/b.mp3"), Format::Mp3, &nothing, Path::new("ffmpeg"));
    assert!(matches!(no_folder, Err(AudioError::Io { .. })), "{no_folder:?}");
    if let Some((ffmpeg, _)) = tools() {
        let text = folder.path().join("text.wav");
        fs::write(&text, "this is no sound").unwrap();
        match encode_file(&text, &out, Format::Mp3, &nothing, &ffmpeg) {
            Err(AudioError::ToolFailed { tool, tail, .. }) => assert!(tool == "ffmpeg" && !tail.is_empty()),
            other => panic!("{other:?}"),
        }
        fs::remove_file(text).unwrap();
        fs::write(&out, "the last good one").unwrap();
        let stopped = encode_file_while(&source(folder.path(), 600), &out, Format::Mp3, &nothing, &ffmpeg, &|| false);
        assert!(matches!(stopped, Err(AudioError::Stopped)), "{stopped:?}");
        assert_eq!(fs::read(&out).unwrap(), b"the last good one");
        fs::remove_file(&out).unwrap();
    }
    assert_eq!(names(folder.path()), ["-source.wav"]);
}

/// A script stands in for an ffmpeg on a full disk: the real one needs a full disk.
#[cfg(unix)]
#[test]
fn a_full_disk_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let tool = folder.path().join("ffmpeg");
    fs::write(&tool, "#!/bin/sh\necho 'out.mp3: No space left on device' >&2\nexit 1\n").unwrap();
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(find_ffmpeg(Some(folder.path().as_os_str())).unwrap(), tool);
    let out = folder.path().join("b.mp3");
    let full = encode_file(&source(folder.path(), 1), &out, Format::Mp3, &Metadata::default(), &tool);
    assert!(matches!(full, Err(AudioError::DiskFull { .. })), "{full:?}");
}

#[test]
fn tools_are_looked_for_in_absolute_folders_only() {
    assert!(matches!(find_ffmpeg(None), Err(AudioError::MissingTool { .. })));
    assert!(matches!(find_ffmpeg(Some("".as_ref())), Err(AudioError::MissingTool { .. })));
    assert!(matches!(find_ffmpeg(Some(".:bin".as_ref())), Err(AudioError::MissingTool { .. })));
}
