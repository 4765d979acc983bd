//! What a dubbed film holds: the same pictures, the new sound where it was put, tags, tracks and subtitles.

use std::fs;
use std::path::Path;

use audio::AudioError;
use audio::media::{Mux, Probe, Shape, Shown, SoundWriter, Subtitles};
use serde_json::Value;

use crate::films::{MONO, PICTURE, Room, STEREO, assert_clicks, click_source, clicks, go_on, heard};

const X264: &str = "-c:v libx264 -preset ultrafast -bf 2 -g 12";
const TEXT: &str =
    "1\n00:00:00,200 --> 00:00:01,400\nfile 'other.srt'\n\n2\n00:00:01,500 --> 00:00:02,000\nZwei {\\b1}\n";

fn plain<'a>(film: &'a Path, probe: &'a Probe, out: &'a Path) -> Mux<'a> {
    Mux {
        film,
        probe,
        out,
        shape: STEREO,
        language: Some("de"),
        title: Some("Deutsch"),
        keep_original: false,
        subtitles: None,
    }
}

/// Dubs with clicks at these times.
fn dub(room: &Room, mux: &Mux<'_>, times: &[f64]) -> Result<(), AudioError> {
    let mut shares = Vec::new();
    let sound = clicks(times, mux.probe.seconds, mux.shape);
    let write = |writer: &mut SoundWriter<'_>| sound.chunks(9_600).try_for_each(|block| writer.write(block));
    room.tools.mux(mux, write, &mut |share| shares.push(share), &go_on)?;
    assert!(shares.len() > 1 && shares.is_sorted() && *shares.last().unwrap() == 1.0, "{shares:?}");
    Ok(())
}

fn of_kind<'a>(seen: &'a Value, kind: &str) -> Vec<&'a Value> {
    seen["streams"].as_array().unwrap().iter().filter(|stream| stream["codec_type"] == kind).collect()
}

fn seconds(value: &Value) -> f64 {
    value.as_str().unwrap().parse().unwrap()
}

#[test]
fn pictures_are_copied_and_sound_is_where_it_was_put() {
    let Some(room) = Room::open() else { return };
    let at = [0.25, 1.0, 2.6];
    for (name, codecs, outs) in [
        ("in.mp4", format!("{X264} -c:a aac"), &["out.mp4", "out.mov", "out.mkv", "out.m4v"][..]),
        ("in.mkv", format!("{X264} -c:a flac"), &["out.mkv", "out.mp4"]),
        ("in.webm", "-c:v libvpx -deadline realtime -cpu-used 8 -c:a libvorbis".into(), &["out.webm"]),
    ] {
        let film = room.film(name, 3, &[0.5], &codecs);
        let (probe, hash) = (room.probe(&film), room.tools.video_packets_sha256(&film, &go_on).unwrap());
        for out_name in outs {
            let out = room.path(out_name);
            dub(&room, &plain(&film, &probe, &out), &at).unwrap();
            let what = format!("{name} to {out_name}");
            assert_eq!(room.tools.video_packets_sha256(&out, &go_on).unwrap(), hash, "{what}");
            assert_clicks(&heard(&room.sound(&out, 0, STEREO), STEREO), &at, &what);
            let seen = room.seen(&out);
            let long = seconds(&seen["format"]["duration"]);
            assert!((long - probe.seconds).abs() <= 0.04, "{what}: {long} s for {}", probe.seconds);
            let sounds = of_kind(&seen, "audio");
            assert_eq!(sounds.len(), 1, "{what}");
            let language = sounds[0]["tags"]["language"].as_str().unwrap();
            assert!(["deu", "ger"].contains(&language), "{what}: {language}");
            assert_eq!(sounds[0]["disposition"]["default"], 1, "{what}");
            // The first picture is shown at 0, to within a tick of the container.
            let start = seconds(&of_kind(&seen, "video")[0]["start_time"]);
            assert!(start.abs() < 0.03, "{what}: {start}");
            fs::remove_file(&out).unwrap();
        }
    }
}

#[test]
fn odd_starts_stay_in_step() {
    let Some(room) = Room::open() else { return };
    let click = click_source(&[1.5], 3);
    for offset in ["0.5", "-0.4"] {
        let line = format!(
            "-f lavfi -i {PICTURE}:d=3 -itsoffset {offset} -f lavfi -i {click} -map 0:v -map 1:a {X264} -c:a aac"
        );
        let film = room.make("odd.mp4", &line);
        let (probe, hash) = (room.probe(&film), room.tools.video_packets_sha256(&film, &go_on).unwrap());
        for name in ["out.mp4", "out.mkv"] {
            let out = room.path(name);
            let what = format!("{name} {offset}");
            dub(&room, &Mux { keep_original: true, ..plain(&film, &probe, &out) }, &[0.5, 2.0]).unwrap();
            assert_clicks(&heard(&room.sound(&out, 0, MONO), MONO), &[0.5, 2.0], &what);
            let kept = 1.5 + offset.parse::<f64>().unwrap();
            assert_clicks(&heard(&room.sound(&out, 1, MONO), MONO), &[kept], &format!("{what}, the original"));
            assert_eq!(room.tools.video_packets_sha256(&out, &go_on).unwrap(), hash, "{what}");
        }
    }
}

#[test]
fn frames_of_varying_length_and_a_turned_picture_are_kept() {
    let Some(room) = Room::open() else { return };
    let line = format!(
        "-f lavfi -i {PICTURE}:d=3 -f lavfi -i sine=d=3 -vf select='not(mod(n\\,3))+lt(n\\,20)' {X264} -c:a aac"
    );
    room.make("vfr.mp4", &line);
    let turned = turned(&room);
    for film in [&room.path("vfr.mp4"), &turned] {
        let probe = room.probe(film);
        let hash = room.tools.video_packets_sha256(film, &go_on).unwrap();
        let out = room.path("out.mp4");
        dub(&room, &plain(film, &probe, &out), &[1.0]).unwrap();
        assert_eq!(room.tools.video_packets_sha256(&out, &go_on).unwrap(), hash);
        let after = room.probe(&out).video.unwrap();
        let before = probe.video.unwrap();
        assert_eq!(after.rotation_degrees, before.rotation_degrees);
        assert!((after.seconds - before.seconds).abs() < 0.001, "{after:?} {before:?}");
    }
    assert_eq!(room.probe(&turned).video.unwrap().rotation_degrees.abs() % 180, 90);
}

/// `vfr.mp4` with a display matrix: releases before 6.0 write it from a tag, later ones from an option.
fn turned(room: &Room) -> std::path::PathBuf {
    let turned = room.make("turned.mp4", "-i vfr.mp4 -c copy -metadata:s:v:0 rotate=90");
    if room.probe(&turned).video.unwrap().rotation_degrees != 0 {
        return turned;
    }
    room.make("turned.mp4", "-display_rotation 90 -i vfr.mp4 -c copy")
}

#[test]
fn the_films_own_things_are_kept() {
    let Some(room) = Room::open() else { return };
    fs::write(room.path("own.srt"), TEXT).unwrap();
    fs::write(
        room.path("tags.txt"),
        ";FFMETADATA1\ntitle=A Film\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1500\ntitle=One\n",
    )
    .unwrap();
    room.make("cover.png", "-f lavfi -i color=red:s=32x32 -frames:v 1");
    let line = format!(
        "-f lavfi -i {PICTURE}:d=3 -f lavfi -i sine=d=3 -f lavfi -i sine=f=900:d=3 -i own.srt -i tags.txt -i cover.png -map 0 \
         -map 1 -map 2 -map 3 -map 5 -map_metadata 4 {X264} -c:v:1 copy -disposition:v:1 attached_pic -c:a:0 aac -c:a:1 ac3 \
         -c:s mov_text -metadata:s:a:0 language=eng -metadata:s:a:1 language=fra -metadata:s:s:0 language=eng"
    );
    let film = room.make("rich.mp4", &line);
    let probe = room.probe(&film);
    assert_eq!((probe.sounds.len(), probe.subtitles.len(), probe.pictures.len()), (2, 1, 1), "{probe:?}");
    for name in ["out.mp4", "out.mkv"] {
        let out = room.path(name);
        let own = Subtitles { srt: TEXT, shown: Shown::Soft, language: Some("de"), title: Some("Deutsch") };
        dub(&room, &Mux { keep_original: true, subtitles: Some(own), ..plain(&film, &probe, &out) }, &[1.0]).unwrap();
        let after = room.probe(&out);
        let languages: Vec<_> = after.sounds.iter().map(|sound| sound.language.as_deref().unwrap()).collect();
        assert!(matches!(languages[..], ["deu" | "ger", "eng", "fra" | "fre"]), "{name}: {languages:?}");
        let defaults: Vec<_> = after.sounds.iter().map(|sound| sound.is_default).collect();
        assert_eq!(defaults, [true, false, false], "{name}");
        assert_eq!(after.sounds[2].codec, "ac3", "{name}: copied");
        assert_eq!(after.subtitles.len(), 2, "{name}");
        assert_eq!(after.subtitles[0].codec, if name == "out.mp4" { "mov_text" } else { "subrip" }, "{name}");
        assert!(matches!(after.subtitles[0].language.as_deref(), Some("deu" | "ger")), "{name}: {after:?}");
        assert_eq!(after.pictures.len(), usize::from(name == "out.mp4"), "{name}: {after:?}");
        let seen = room.seen(&out);
        assert_eq!(seen["chapters"].as_array().unwrap().len(), 1, "{name}");
        let tags = seen["format"]["tags"].as_object().unwrap();
        assert!(
            tags.iter().any(|(key, value)| key.eq_ignore_ascii_case("title") && value == "A Film"),
            "{name}: {tags:?}"
        );
        // The lines themselves, at their times.
        room.make("back.srt", &format!("-copyts -i {name} -map 0:s:0"));
        let back = fs::read_to_string(room.path("back.srt")).unwrap();
        assert!(back.contains("00:00:00,200 --> 00:00:01,400\nfile 'other.srt'"), "{name}: {back}");
        fs::remove_file(room.path("back.srt")).unwrap();
        fs::remove_file(&out).unwrap();
    }
    assert_eq!(room.names(), ["cover.png", "own.srt", "rich.mp4", "tags.txt"]);
}

#[test]
fn burnt_lines_are_in_the_picture() {
    let Some(room) = Room::open() else { return };
    let film = room
        .make("blue.mp4", &format!("-f lavfi -i color=blue:s=320x240:r=25:d=2 -f lavfi -i sine=d=2 {X264} -c:a aac"));
    let probe = room.probe(&film);
    let out = room.path("it's, [a]: out;.mp4");
    let burnt = Subtitles { srt: TEXT, shown: Shown::Burnt, language: None, title: None };
    match dub(&room, &Mux { subtitles: Some(burnt), ..plain(&film, &probe, &out) }, &[1.0]) {
        Err(AudioError::ToolLacks { .. }) => return println!("skipped: this ffmpeg has no libass"),
        done => done.unwrap(),
    }
    fs::rename(&out, room.path("burnt.mp4")).unwrap();
    // White letters: in the first second some, at the very start none.
    let bright = |at: &str| {
        room.make("one.gray", &format!("-ss {at} -i burnt.mp4 -frames:v 1 -pix_fmt gray -f rawvideo"));
        fs::read(room.path("one.gray")).unwrap().iter().filter(|&&level| level > 200).count()
    };
    assert_eq!(bright("0"), 0);
    assert!(bright("0.8") > 20);
    let after = room.probe(&room.path("burnt.mp4"));
    assert!((after.seconds - 2.0).abs() <= 0.04, "{after:?}");
    assert_clicks(&heard(&room.sound(&room.path("burnt.mp4"), 0, MONO), MONO), &[1.0], "burnt");
    assert_eq!(room.names(), ["blue.mp4", "burnt.mp4", "one.gray"]);
}

#[test]
fn sound_alone_becomes_sound() {
    let Some(room) = Room::open() else { return };
    let source = room.make("in.wav", "-f lavfi -i sine=d=2");
    let probe = room.probe(&source);
    for name in ["out.m4a", "out.opus", "out.mp3", "out.flac", "out.wav"] {
        let out = room.path(name);
        dub(&room, &plain(&source, &probe, &out), &[0.5, 1.5]).unwrap();
        assert_clicks(&heard(&room.sound(&out, 0, MONO), MONO), &[0.5, 1.5], name);
    }
}

#[test]
fn short_sound_is_filled_and_long_sound_is_cut() {
    let Some(room) = Room::open() else { return };
    let film = room.film("in.mp4", 2, &[], &format!("{X264} -c:a aac"));
    let (probe, out) = (room.probe(&film), room.path("out.mp4"));
    for seconds_given in [0.0, 0.5, 7.0] {
        let sound = clicks(&[], seconds_given, MONO);
        let mux = Mux { shape: MONO, ..plain(&film, &probe, &out) };
        let write = |writer: &mut SoundWriter<'_>| writer.write(&sound);
        room.tools.mux::<AudioError>(&mux, write, &mut |_| {}, &go_on).unwrap();
        assert!((seconds(&room.seen(&out)["format"]["duration"]) - 2.0).abs() < 0.03, "{seconds_given}");
    }
}

#[test]
fn what_cannot_be_is_refused() {
    let Some(room) = Room::open() else { return };
    let film = room.film("in.mp4", 1, &[], &format!("{X264} -c:a aac"));
    let probe = room.probe(&film);
    let code = |name: &str, shape: Shape| {
        let out = room.path(name);
        dub(&room, &Mux { shape, ..plain(&film, &probe, &out) }, &[]).unwrap_err().code()
    };
    assert_eq!(code("out.webm", STEREO), "unsupported_audio");
    assert_eq!(code("out.exe", STEREO), "unsupported_audio");
    assert_eq!(code("in.mp4", STEREO), "same_file");
    assert_eq!(code("out.mp4", Shape { rate_hz: 48_000, channels: 6 }), "unsupported_audio");
    assert_eq!(code("no/out.mp4", STEREO), "audio_io");
    let out = room.path("out.mp4");
    let mux = plain(&film, &probe, &out);
    let half = room.tools.mux::<AudioError>(&mux, |writer| writer.write(&[0.0; 3]), &mut |_| {}, &go_on);
    assert!(matches!(half, Err(AudioError::BadInput { .. })), "{half:?}");
    let none = room.tools.mux::<AudioError>(&mux, |writer| writer.write(&[f32::NAN; 2]), &mut |_| {}, &go_on);
    assert!(matches!(none, Err(AudioError::NotFinite { index: 0 })), "{none:?}");
    assert_eq!(room.names(), ["in.mp4"]);
}
