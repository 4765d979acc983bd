//! Files that mean no good, and tools that misbehave.

use std::fs;

use audio::AudioError;
use audio::media::{Mux, Probe, Tools};

use crate::films::{MONO, PICTURE, Room, STEREO, go_on};

#[test]
fn what_is_no_media_is_refused() {
    let Some(room) = Room::open() else { return };
    let film = room.film("whole.mp4", 2, &[], "-c:v libx264 -preset ultrafast -c:a aac");
    let bytes = fs::read(&film).unwrap();
    for (name, bytes) in [
        ("empty.mp4", &b""[..]),
        ("text.mp4", b"this is no film at all, only some words"),
        ("head.mp4", &bytes[..200]),
        ("half.mp4", &bytes[..bytes.len() / 2]),
        ("zeros.mkv", &[0; 4_096]),
    ] {
        let path = room.path(name);
        fs::write(&path, bytes).unwrap();
        let refused = room.tools.probe(&path, &go_on);
        let Err(AudioError::BadInput { what }) = &refused else { panic!("{name}: {refused:?}") };
        assert!(!what.is_empty() && what.len() < 300, "{name}: {what}");
    }
    assert!(matches!(room.tools.probe(&room.path("none.mp4"), &go_on), Err(AudioError::Io { .. })));
    assert!(matches!(room.tools.probe(room.folder.path(), &go_on), Err(AudioError::BadInput { .. })));
    // A container whose head is whole is read as far as it goes.
    let film = room.film("whole.mkv", 2, &[0.2], "-c:v libx264 -preset ultrafast -c:a pcm_s16le");
    let bytes = fs::read(&film).unwrap();
    let cut = room.path("cut.mkv");
    fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    let samples = room.sound(&cut, 0, MONO).len();
    assert!(samples > 10_000 && samples < 96_000, "{samples}");
}

#[test]
fn playlists_open_nothing() {
    let Some(room) = Room::open() else { return };
    let film = room.film("secret.mp4", 1, &[], "-c:v libx264 -preset ultrafast -c:a aac");
    let name = film.display();
    for (list, text) in [
        ("concat.mp4", format!("ffconcat version 1.0\nfile '{name}'\n")),
        ("concat.ffconcat", format!("ffconcat version 1.0\nfile '{name}'\n")),
        ("list.m3u8", format!("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{name}\n#EXT-X-ENDLIST\n")),
        ("list.mp4", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n".into()),
        ("list.sdp", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 9 RTP/AVP 0\n".into()),
        ("list.mpd", "<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\"></MPD>".into()),
    ] {
        let path = room.path(list);
        fs::write(&path, text).unwrap();
        let refused = room.tools.probe(&path, &go_on);
        assert!(matches!(refused, Err(AudioError::BadInput { .. })), "{list}: {refused:?}");
        let hash = room.tools.video_packets_sha256(&path, &go_on);
        assert!(matches!(hash, Err(AudioError::BadInput { .. })), "{list}: {hash:?}");
        // Not even with the description of another file.
        let probe = room.probe(&film);
        let sound = room.tools.sound(&path, &probe, 0, MONO).unwrap().read(&mut Vec::new(), &go_on);
        assert!(matches!(sound, Err(AudioError::BadInput { .. })), "{list}: {sound:?}");
        let out = room.path("out.mp4");
        let mux = Mux {
            film: &path,
            probe: &probe,
            out: &out,
            shape: STEREO,
            language: None,
            title: None,
            keep_original: false,
            subtitles: None,
        };
        assert!(room.tools.mux::<AudioError>(&mux, |_| Ok(()), &mut |_| {}, &go_on).is_err(), "{list}");
        assert!(!out.exists(), "{list}");
    }
}

#[test]
fn names_are_only_names() {
    let Some(room) = Room::open() else { return };
    let film = room.film("plain.mp4", 1, &[], "-c:v libx264 -preset ultrafast -c:a aac");
    for name in ["-i.mp4", "concat:a|b.mp4", "http:x.mp4", "pipe:0.mp4", "%03d 'quoted' [x];,=:\\.mp4", "ü\n.mp4"] {
        let (path, out) = (room.path(name), room.path(&format!("{name}.out.mp4")));
        fs::copy(&film, &path).unwrap();
        let probe = room.probe(&path);
        let mux = Mux {
            film: &path,
            probe: &probe,
            out: &out,
            shape: MONO,
            language: None,
            title: Some("-y\n"),
            keep_original: true,
            subtitles: None,
        };
        room.tools.mux::<AudioError>(&mux, |_| Ok(()), &mut |_| {}, &go_on).unwrap();
        assert_eq!(room.probe(&out).sounds.len(), 2, "{name}");
    }
}

#[test]
fn one_half_is_enough() {
    let Some(room) = Room::open() else { return };
    let silent = room.make("silent.mp4", &format!("-f lavfi -i {PICTURE}:d=1 -c:v libx264 -preset ultrafast"));
    let probe = room.probe(&silent);
    assert!(probe.video.is_some() && probe.sounds.is_empty());
    assert!(matches!(room.tools.sound(&silent, &probe, 0, MONO), Err(AudioError::BadInput { .. })));
    let out = room.path("dubbed.mp4");
    let mux = Mux {
        film: &silent,
        probe: &probe,
        out: &out,
        shape: MONO,
        language: None,
        title: None,
        keep_original: true,
        subtitles: None,
    };
    room.tools.mux::<AudioError>(&mux, |_| Ok(()), &mut |_| {}, &go_on).unwrap();
    assert_eq!(room.probe(&out).sounds.len(), 1);
    let blind = room.make("blind.m4a", "-f lavfi -i sine=d=1 -c:a aac");
    let probe = room.probe(&blind);
    assert!(probe.video.is_none() && (probe.seconds - 1.0).abs() < 0.05);
    assert!(matches!(room.tools.video_packets_sha256(&blind, &go_on), Err(AudioError::BadInput { .. })));
}

#[test]
fn a_description_from_elsewhere_is_harmless() {
    let Some(room) = Room::open() else { return };
    let film = room.film("a.mp4", 1, &[], "-c:v libx264 -preset ultrafast -c:a aac");
    let mut probe: Probe = room.probe(&film);
    probe.sounds[0].stream = 99;
    let read = room.tools.sound(&film, &probe, 0, MONO).unwrap().read(&mut Vec::new(), &go_on);
    assert!(matches!(read, Err(AudioError::BadInput { .. })), "{read:?}");
}

#[cfg(unix)]
mod scripts {
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    use super::*;

    fn tool(folder: &std::path::Path, name: &str, script: &str) -> PathBuf {
        let path = folder.join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    #[test]
    fn tools_must_be_what_they_say() {
        let folder = tempfile::tempdir().unwrap();
        let code = |ffmpeg: &str, ffprobe: Option<&str>| {
            let _ = fs::remove_file(folder.path().join("ffprobe"));
            if let Some(script) = ffprobe {
                tool(folder.path(), "ffprobe", script);
            }
            Tools::beside(&tool(folder.path(), "ffmpeg", ffmpeg)).map_err(|error| error.code())
        };
        let says = |name: &str, version: &str| format!("echo '{name} version {version} Copyright'");
        assert_eq!(code(&says("ffmpeg", "6.1"), None), Err("missing_tool"));
        assert_eq!(code(&says("ffmpeg", "3.4.2"), Some(&says("ffprobe", "3.4.2"))), Err("tool_too_old"));
        assert_eq!(code("echo hello", Some(&says("ffprobe", "6.1"))), Err("tool_failed"));
        assert_eq!(code("yes", Some(&says("ffprobe", "6.1"))), Err("audio_over_limit"));
        assert!(code(&says("ffmpeg", "N-1-gabc"), Some(&says("ffprobe", "n7.1"))).is_ok());
        assert!(matches!(Tools::beside(&folder.path().join("no/ffmpeg")), Err(AudioError::MissingTool { .. })));
    }

    #[test]
    fn a_description_without_end_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let ffmpeg = tool(folder.path(), "ffmpeg", "echo 'ffmpeg version 6.1'");
        let probe = |script: &str| {
            let script = format!("if [ \"$1\" = -version ]; then echo 'ffprobe version 6.1'; exit; fi; {script}");
            tool(folder.path(), "ffprobe", &script);
            Tools::beside(&ffmpeg).unwrap().probe(&ffmpeg, &go_on).unwrap_err()
        };
        assert!(matches!(probe("exec yes"), AudioError::OverLimit { .. }));
        assert!(matches!(probe("echo '{\"streams\": 3}'"), AudioError::BadInput { .. }));
        assert!(matches!(probe("echo '{}'"), AudioError::BadInput { .. }));
        let many = "echo '{\"streams\":['; for n in $(seq 300); do echo '{\"index\":1},'; done; echo '{}]}'";
        assert!(matches!(probe(many), AudioError::OverLimit { .. }));
        let long = "echo '{\"streams\":[{\"codec_type\":\"video\",\"duration\":\"9e8\"}],\"format\":{}}'";
        assert!(matches!(probe(long), AudioError::OverLimit { .. }));
    }
}
