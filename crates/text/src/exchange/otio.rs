//! OpenTimelineIO: the JSON that Resolve, Premiere, Kdenlive and others import. Only the schemas that every reader has.
//!
//! All times have the rate of the pictures, because readers take a timeline's rate from wherever they look first. Pictures
//! lie on whole frames; sound keeps its milliseconds as parts of a frame, counted from the start of the timeline, so that
//! no rounding adds up over many clips.

use serde_json::{Map, Value, json};

use super::{Clip, Timeline, Track, TrackKind};
use crate::error::TextError;

/// Highest picture rate.
const MOST_RATE: f64 = 1000.0;
/// Longest time, in milliseconds: what a float counts exactly, and far more than any film.
const MOST_MILLISECONDS: u64 = 1 << 42;
/// The key of a clip's only media file.
const KEY: &str = "DEFAULT_MEDIA";

/// A timeline as the contents of an `.otio` file, UTF-8.
///
/// Paths stay readable: only `%`, `#`, `?`, `:`, `\` and control characters are escaped as in a URL. Readers differ in
/// whether they take the field for a URL or for a path, so files should be named without these.
///
/// # Errors
/// [`TextError::Timeline`] if the rate is not above 0 and at most 1000, a path is empty, absolute or holds empty parts,
/// or a time is beyond any film.
pub fn write_otio(timeline: &Timeline) -> Result<String, TextError> {
    let rate = timeline.rate;
    if !(rate > 0.0 && rate <= MOST_RATE) {
        return Err(impossible(format!("{rate} is no picture rate")));
    }
    let mut tracks = Vec::new();
    for track in &timeline.tracks {
        for (number, lane) in lanes(&track.clips)?.into_iter().enumerate() {
            let name = if number == 0 { track.name.clone() } else { format!("{} {}", track.name, number + 1) };
            tracks.push(written(track, &name, &lane, rate)?);
        }
    }
    let file = json!({
        "OTIO_SCHEMA": "Timeline.1",
        "metadata": {},
        "name": timeline.name,
        "global_start_time": Time { rate, value: 0.0 }.written(),
        "tracks": item("Stack.1", "tracks", Value::Null, [("children", Value::Array(tracks))]),
    });
    serde_json::to_string_pretty(&file).map_err(|error| impossible(error.to_string()))
}

fn impossible(what: String) -> TextError {
    TextError::Timeline { what }
}

/// A moment or a length, in pictures.
#[derive(Clone, Copy)]
struct Time {
    rate: f64,
    value: f64,
}

impl Time {
    /// Of milliseconds; for pictures, the nearest whole one.
    fn of(milliseconds: u64, rate: f64, kind: TrackKind) -> Self {
        let value = milliseconds as f64 * rate / 1000.0;
        Self { rate, value: if kind == TrackKind::Video { value.round() } else { value } }
    }

    fn written(self) -> Value {
        json!({ "OTIO_SCHEMA": "RationalTime.1", "rate": self.rate, "value": self.value })
    }
}

fn range(start: Time, end: Time) -> Value {
    let duration = Time { rate: end.rate, value: end.value - start.value };
    json!({ "OTIO_SCHEMA": "TimeRange.1", "duration": duration.written(), "start_time": start.written() })
}

/// What all things on a timeline have, and what one of them has more.
fn item<const N: usize>(schema: &str, name: &str, source_range: Value, more: [(&str, Value); N]) -> Value {
    let mut fields = Map::new();
    let common = [
        ("OTIO_SCHEMA", json!(schema)),
        ("metadata", json!({})),
        ("name", json!(name)),
        ("source_range", source_range),
        ("effects", json!([])),
        ("markers", json!([])),
        ("enabled", json!(true)),
    ];
    for (key, value) in common.into_iter().chain(more) {
        fields.insert(key.to_owned(), value);
    }
    Value::Object(fields)
}

/// Clips in the order of their starts, in as few rows as have no two at one time. There is always a first row.
fn lanes(clips: &[Clip]) -> Result<Vec<Vec<&Clip>>, TextError> {
    let mut sorted: Vec<&Clip> = clips.iter().filter(|clip| clip.duration_ms > 0).collect();
    sorted.sort_by_key(|clip| clip.start_ms);
    let mut lanes: Vec<Vec<&Clip>> = vec![Vec::new()];
    for clip in sorted {
        let times = [clip.start_ms, clip.duration_ms, clip.source_start_ms, clip.media_duration_ms.unwrap_or(0)];
        if times.iter().any(|&time| time > MOST_MILLISECONDS) {
            return Err(impossible(format!("{:?} has a time beyond any film", clip.name)));
        }
        let is_free = |lane: &Vec<&Clip>| lane.last().is_none_or(|last| end(last) <= clip.start_ms);
        match lanes.iter_mut().find(|lane| is_free(lane)) {
            Some(lane) => lane.push(clip),
            None => lanes.push(vec![clip]),
        }
    }
    Ok(lanes)
}

fn end(clip: &Clip) -> u64 {
    clip.start_ms + clip.duration_ms
}

/// A track of clips that do not lie on each other.
fn written(track: &Track, name: &str, clips: &[&Clip], rate: f64) -> Result<Value, TextError> {
    let time = |milliseconds| Time::of(milliseconds, rate, track.kind);
    let mut children = Vec::with_capacity(clips.len() * 2);
    let mut done = time(0);
    for clip in clips {
        let (start, end) = (time(clip.start_ms), time(end(clip)));
        if end.value <= start.value {
            continue;
        }
        if start.value > done.value {
            children.push(item(
                "Gap.1",
                "",
                range(Time { value: 0.0, ..start }, Time { value: start.value - done.value, ..start }),
                [],
            ));
        }
        let from = time(clip.source_start_ms);
        let source = range(from, Time { value: from.value + (end.value - start.value), ..end });
        let media = json!({
            "OTIO_SCHEMA": "ExternalReference.1",
            "metadata": {},
            "name": clip.name,
            "available_range": clip.media_duration_ms.map(|length| range(time(0), time(length))),
            "available_image_bounds": null,
            "target_url": target(&clip.target_url)?,
        });
        let more = [("media_references", json!({ KEY: media })), ("active_media_reference_key", json!(KEY))];
        children.push(item("Clip.2", &clip.name, source, more));
        done = end;
    }
    let kind = match track.kind {
        TrackKind::Video => "Video",
        TrackKind::Audio => "Audio",
    };
    Ok(item("Track.1", name, Value::Null, [("children", Value::Array(children)), ("kind", json!(kind))]))
}

/// A relative path as a URL that is still a path to those who read it as one.
fn target(path: &str) -> Result<String, TextError> {
    if path.split('/').any(|part| part.is_empty() || part == ".") {
        return Err(impossible(format!("{path:?} is no path from the timeline's folder")));
    }
    let mut out = String::with_capacity(path.len());
    for character in path.chars() {
        if "%#?:\\".contains(character) || character.is_control() {
            let mut bytes = [0; 4];
            out.extend(character.encode_utf8(&mut bytes).bytes().map(|byte| format!("%{byte:02X}")));
        } else {
            out.push(character);
        }
    }
    Ok(out)
}
