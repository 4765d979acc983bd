//! Labels and timelines as other programs read them.

use serde_json::{Value, json};

use super::*;
use crate::{Cue, TextError};

#[test]
fn labels_are_one_line_each() {
    let cues = [
        Cue::new(2_150, 2_150, "a point"),
        Cue::with_speaker(3_400, 36_000_001, "two\tand\nlines", "Anna\tB"),
        Cue::new(9, 10, ""),
    ];
    assert_eq!(
        write_labels(&cues),
        "2.150000\t2.150000\ta point\n3.400000\t36000.001000\tAnna B: two and lines\n0.009000\t0.010000\t\n"
    );
}

fn clip(start_ms: u64, duration_ms: u64, source_start_ms: u64) -> Clip {
    let (name, target_url) = (format!("at {start_ms}"), "stems/Anna 1.wav".to_owned());
    Clip { name, target_url, start_ms, duration_ms, source_start_ms, media_duration_ms: None }
}

fn track(name: &str, kind: TrackKind, clips: Vec<Clip>) -> Track {
    Track { name: name.into(), kind, clips }
}

fn tracks(rate: f64, tracks: Vec<Track>) -> Vec<Value> {
    let text = write_otio(&Timeline { name: "Film".into(), rate, tracks }).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    file["tracks"]["children"].as_array().unwrap().clone()
}

/// Schema, start in the source and length of each child, in pictures.
fn children(track: &Value) -> Vec<(String, f64, f64)> {
    let number = |value: &Value| value["value"].as_f64().unwrap();
    let children = track["children"].as_array().unwrap().iter();
    let child = |child: &Value| {
        let range = &child["source_range"];
        let schema = child["OTIO_SCHEMA"].as_str().unwrap().to_owned();
        (schema, number(&range["start_time"]), number(&range["duration"]))
    };
    children.map(child).collect()
}

#[test]
fn a_timeline_has_the_published_shape() {
    let video = Clip { media_duration_ms: Some(4_000), target_url: "../film.mp4".into(), ..clip(0, 4_000, 0) };
    let timeline =
        Timeline { name: "Film".into(), rate: 25.0, tracks: vec![track("Picture", TrackKind::Video, vec![video])] };
    let time = |value: f64| json!({ "OTIO_SCHEMA": "RationalTime.1", "rate": 25.0, "value": value });
    let range = json!({ "OTIO_SCHEMA": "TimeRange.1", "start_time": time(0.0), "duration": time(100.0) });
    let common = |schema: &str, name: &str, source_range: Value| {
        json!({ "OTIO_SCHEMA": schema, "metadata": {}, "name": name, "source_range": source_range,
                "effects": [], "markers": [], "enabled": true })
    };
    let mut clip = common("Clip.2", "at 0", range.clone());
    clip["media_references"] = json!({ "DEFAULT_MEDIA": {
        "OTIO_SCHEMA": "ExternalReference.1", "metadata": {}, "name": "at 0", "available_range": range,
        "available_image_bounds": null, "target_url": "../film.mp4" } });
    clip["active_media_reference_key"] = json!("DEFAULT_MEDIA");
    let mut track = common("Track.1", "Picture", Value::Null);
    track["kind"] = json!("Video");
    track["children"] = json!([clip]);
    let mut stack = common("Stack.1", "tracks", Value::Null);
    stack["children"] = json!([track]);
    let wanted = json!({ "OTIO_SCHEMA": "Timeline.1", "metadata": {}, "name": "Film", "global_start_time": time(0.0),
                         "tracks": stack });
    let written = write_otio(&timeline).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), wanted);
}

#[test]
fn sound_keeps_its_milliseconds_and_pictures_lie_on_frames() {
    let clips = vec![clip(2_010, 500, 7), clip(1_000, 1_010, 1_000), clip(3_000, 0, 0)];
    let both =
        tracks(25.0, vec![track("Anna", TrackKind::Audio, clips.clone()), track("Picture", TrackKind::Video, clips)]);
    let owned =
        |rows: &[(&str, f64, f64)]| -> Vec<_> { rows.iter().map(|(s, a, b)| (s.to_string(), *a, *b)).collect() };
    assert_eq!(children(&both[0]), owned(&[("Gap.1", 0.0, 25.0), ("Clip.2", 25.0, 25.25), ("Clip.2", 0.175, 12.5)]));
    assert_eq!(children(&both[1]), owned(&[("Gap.1", 0.0, 25.0), ("Clip.2", 25.0, 25.0), ("Clip.2", 0.0, 13.0)]));
}

#[test]
fn nothing_drifts_over_many_clips() {
    let rate = 24_000.0 / 1001.0;
    let clips: Vec<Clip> = (0..5_000).map(|n| clip(n * 1_333 + 1, 700 + n % 600, 0)).collect();
    for kind in [TrackKind::Audio, TrackKind::Video] {
        let all = tracks(rate, vec![track("Anna", kind, clips.clone())]);
        assert_eq!(all.len(), 1);
        let (mut at, mut number) = (0.0, 0);
        for (schema, _, length) in children(&all[0]) {
            if schema == "Clip.2" {
                let wanted = clips[number].start_ms as f64 * rate / 1000.0;
                let bound = if kind == TrackKind::Audio { 1e-4 } else { 0.5001 };
                assert!((at - wanted).abs() < bound, "clip {number} at {at}, not {wanted}");
                number += 1;
            }
            at += length;
        }
        assert_eq!(number, clips.len());
    }
}

#[test]
fn clips_on_each_other_get_tracks_of_their_own() {
    let clips = vec![clip(0, 1_000, 0), clip(500, 1_000, 0), clip(900, 200, 0), clip(1_000, 100, 0)];
    let all = tracks(1000.0, vec![track("Anna", TrackKind::Audio, clips), track("Empty", TrackKind::Audio, vec![])]);
    let names: Vec<&str> = all.iter().map(|track| track["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Anna", "Anna 2", "Anna 3", "Empty"]);
    let counts: Vec<usize> = all.iter().map(|track| children(track).len()).collect();
    assert_eq!(counts, [2, 2, 2, 0]);
}

#[test]
fn paths_are_relative_and_rates_are_rates() {
    let written = |rate: f64, path: &str| {
        let clip = Clip { target_url: path.into(), ..clip(0, 10, 0) };
        write_otio(&Timeline { name: "x".into(), rate, tracks: vec![track("x", TrackKind::Audio, vec![clip])] })
    };
    assert!(written(25.0, "a b/Zoë 100%#1?.wav").unwrap().contains("\"a b/Zoë 100%25%231%3F.wav\""));
    assert!(written(25.0, "C:\\x\u{7}.wav").unwrap().contains("\"C%3A%5Cx%07.wav\""));
    for (rate, path) in
        [(0.0, "x"), (f64::NAN, "x"), (f64::INFINITY, "x"), (-1.0, "x"), (25.0, ""), (25.0, "/x"), (25.0, "a//b")]
    {
        let refused = written(rate, path).unwrap_err();
        assert!(matches!(refused, TextError::Timeline { .. }), "{rate} {path}");
        assert_eq!(refused.code(), "timeline_impossible");
    }
    let endless = Timeline {
        name: "x".into(),
        rate: 25.0,
        tracks: vec![track("x", TrackKind::Audio, vec![clip(u64::MAX, u64::MAX, u64::MAX)])],
    };
    assert!(write_otio(&endless).is_err());
}
