//! What a container holds. It believes nothing: every number is bounded, every text is cut.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Arguments, Tools};
use crate::AudioError;
use crate::child::Run;
use crate::encode::local;

/// Most bytes of description that are read.
const MOST_BYTES: usize = 4 << 20;

/// Most streams that a file may have.
const MOST_STREAMS: usize = 256;

/// Longest media, in seconds.
const MOST_SECONDS: f64 = 86_400.0;

/// How much of a video is looked at for its last frame, in seconds.
const NEAR_THE_END_SECONDS: f64 = 10.0;

/// Longest title that is kept, in letters.
const MOST_LETTERS: usize = 200;

/// What a file holds. Times of the program are on the video's own line: 0 is the first presented frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Probe {
    /// The container's names, such as `mov,mp4,m4a,3gp,3g2,mj2`.
    pub container: String,
    /// Size of the file, in bytes.
    pub bytes: u64,
    /// Length on the video's time line, in seconds: of the video, else of the longest sound.
    pub seconds: f64,
    /// Where 0 of the video's time line is on the container's own clock, in seconds.
    pub zero_seconds: f64,
    /// The container's first time of all, in seconds on its own clock.
    pub first_seconds: f64,
    /// The first moving picture.
    pub video: Option<Video>,
    /// Sound tracks, in order.
    pub sounds: Vec<SoundTrack>,
    /// Subtitle tracks, in order.
    pub subtitles: Vec<SubtitleTrack>,
    /// Pictures that are attached, such as a cover, by stream.
    pub pictures: Vec<usize>,
    /// Attached files, such as fonts, by stream.
    pub attachments: Vec<usize>,
}

/// A moving picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Video {
    /// Its stream in the container.
    pub stream: usize,
    /// Its codec, such as `h264`.
    pub codec: String,
    /// Width as stored, in pixels.
    pub width: u32,
    /// Height as stored, in pixels.
    pub height: u32,
    /// How far players turn it, in degrees counter-clockwise.
    pub rotation_degrees: i32,
    /// Mean frame rate; 0 where it is not known.
    pub frames_per_second: f64,
    /// Its first presented frame on the container's own clock, in seconds.
    pub start_seconds: f64,
    /// Its length, in seconds.
    pub seconds: f64,
}

/// A sound track.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SoundTrack {
    /// Its stream in the container.
    pub stream: usize,
    /// Its codec, such as `aac`.
    pub codec: String,
    /// Samples per second; 0 where the file does not say it.
    pub rate_hz: u32,
    /// Channels.
    pub channels: u16,
    /// Their layout, such as `5.1(side)`, where the file says it.
    pub layout: Option<String>,
    /// The language tag that the file gives, usually ISO 639-2.
    pub language: Option<String>,
    /// Its name.
    pub title: Option<String>,
    /// Whether players choose it by themselves.
    pub is_default: bool,
    /// Its first sample on the container's own clock, in seconds.
    pub start_seconds: f64,
    /// Its length, in seconds, where the file says it.
    pub seconds: Option<f64>,
}

/// A subtitle track.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SubtitleTrack {
    /// Its stream in the container.
    pub stream: usize,
    /// Its codec, such as `subrip`.
    pub codec: String,
    /// The language tag that the file gives.
    pub language: Option<String>,
    /// Its name.
    pub title: Option<String>,
}

#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    streams: Vec<Stream>,
    #[serde(default)]
    packets: Vec<Packet>,
    #[serde(default)]
    format: Format,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Format {
    format_name: String,
    start_time: String,
    duration: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Stream {
    index: usize,
    codec_type: String,
    codec_name: String,
    width: u32,
    height: u32,
    sample_rate: String,
    channels: u16,
    channel_layout: String,
    start_time: String,
    duration: String,
    avg_frame_rate: String,
    disposition: BTreeMap<String, i64>,
    tags: BTreeMap<String, String>,
    side_data_list: Vec<SideData>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct SideData {
    rotation: f64,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Packet {
    pts_time: String,
    duration_time: String,
}

impl Tools {
    /// Looks into a file.
    ///
    /// # Errors
    /// [`AudioError::Io`] when there is no such file, [`AudioError::BadInput`] when it is no media, damaged at its head
    /// or a playlist, [`AudioError::OverLimit`] for more than a day or 256 streams, [`AudioError::Stopped`].
    pub fn probe(&self, path: &Path, keep_going: &dyn Fn() -> bool) -> Result<Probe, AudioError> {
        const ENTRIES: &str = "format=format_name,start_time,duration:stream=index,codec_name,codec_type,width,height,\
                               sample_rate,channels,channel_layout,start_time,duration,avg_frame_rate:\
                               stream_disposition=default,attached_pic:stream_tags=language,title,DURATION:\
                               stream_side_data=rotation";
        let about = std::fs::metadata(path).map_err(|source| AudioError::io(path, source))?;
        if !about.is_file() {
            return Err(AudioError::bad("it is not a file"));
        }
        let said = self.ask(path, &["-show_entries", ENTRIES], keep_going)?;
        let mut probe = read(&said, about.len())?;
        // Matroska and its like give no length of a stream, and the whole may be longer than the video.
        if let Some(video) = &mut probe.video
            && video.seconds <= 0.0
        {
            let stream = video.stream.to_string();
            let mut last = vec!["-select_streams", &stream, "-show_entries", "packet=pts_time,duration_time"];
            let from = probe.seconds + probe.first_seconds - NEAR_THE_END_SECONDS;
            let interval = format!("{from:.3}%");
            if from > 0.0 {
                last.extend(["-read_intervals", &interval]);
            }
            let packets = match self.ask(path, &last, keep_going) {
                Ok(said) => said.packets,
                Err(AudioError::Stopped) => return Err(AudioError::Stopped),
                // Not every file can be entered near its end; the whole's length must do.
                Err(_) => Vec::new(),
            };
            let frame = if video.frames_per_second > 0.0 { 1.0 / video.frames_per_second } else { 0.0 };
            let ends = packets.iter().filter_map(|packet| {
                Some(
                    number(&packet.pts_time)?
                        + number(&packet.duration_time).filter(|&long| long > 0.0).unwrap_or(frame),
                )
            });
            video.seconds = ends.fold(0.0, f64::max) - video.start_seconds;
            if video.seconds <= 0.0 || video.seconds > MOST_SECONDS {
                video.seconds = probe.seconds - (video.start_seconds - probe.first_seconds);
            }
        }
        if let Some(video) = &probe.video {
            probe.seconds = video.seconds;
        }
        if !probe.seconds.is_finite() || probe.seconds > MOST_SECONDS {
            return Err(AudioError::OverLimit { limit: format!("{MOST_SECONDS} s") });
        }
        probe.seconds = probe.seconds.max(0.0);
        Ok(probe)
    }

    fn ask(&self, path: &Path, what: &[&str], keep_going: &dyn Fn() -> bool) -> Result<Said, AudioError> {
        let mut arguments = Arguments(Vec::new());
        arguments.words("-v error -of json -max_alloc").word(super::MAX_ALLOCATION_BYTES);
        for word in what {
            arguments.word(word);
        }
        arguments.media(path);
        let run = Run { tool: &self.ffprobe, arguments: &arguments.0, folder: None, out: path };
        let said = run.answer(MOST_BYTES, keep_going).map_err(|error| unreadable(error, path))?;
        serde_json::from_slice(&said).map_err(|_| AudioError::bad("its description makes no sense"))
    }
}

/// A tool that failed over a file, as a fault of the file.
pub(super) fn unreadable(error: AudioError, path: &Path) -> AudioError {
    let AudioError::ToolFailed { tail, .. } = error else { return error };
    // The tool names the file in every line; the caller knows it.
    let name = local(path).to_string_lossy().into_owned();
    let what = tail.rsplit("; ").next().unwrap_or_default().replace(&format!("{name}: "), "");
    if what.contains("not on whitelist") || tail.contains("not on whitelist") {
        return AudioError::bad("it is a playlist or another kind of file that is not opened here");
    }
    AudioError::bad(if what.is_empty() { "it is no media".to_owned() } else { cut(&what) })
}

fn read(said: &Said, bytes: u64) -> Result<Probe, AudioError> {
    if said.streams.len() > MOST_STREAMS {
        return Err(AudioError::OverLimit { limit: format!("{MOST_STREAMS} tracks") });
    }
    let first_seconds = number(&said.format.start_time).unwrap_or(0.0);
    let whole = number(&said.format.duration).unwrap_or(0.0);
    let mut probe = Probe {
        container: cut(&said.format.format_name),
        bytes,
        seconds: whole,
        zero_seconds: first_seconds,
        first_seconds,
        video: None,
        sounds: Vec::new(),
        subtitles: Vec::new(),
        pictures: Vec::new(),
        attachments: Vec::new(),
    };
    for stream in &said.streams {
        let is = |name: &str| stream.disposition.get(name).is_some_and(|&flag| flag == 1);
        let tag = |name: &str| {
            let found = stream.tags.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| cut(value)).filter(|value| !value.is_empty())
        };
        let language = tag("language").filter(|tag| tag != "und" && tag.is_ascii() && tag.len() <= 35);
        let start_seconds = number(&stream.start_time).unwrap_or(first_seconds);
        let seconds = number(&stream.duration).or_else(|| tag("DURATION").as_deref().and_then(clock));
        let codec = cut(&stream.codec_name);
        match stream.codec_type.as_str() {
            "video" if is("attached_pic") => probe.pictures.push(stream.index),
            "video" if probe.video.is_none() => {
                probe.zero_seconds = start_seconds;
                probe.video = Some(Video {
                    stream: stream.index,
                    codec,
                    width: stream.width,
                    height: stream.height,
                    rotation_degrees: stream.side_data_list.iter().map(|data| data.rotation as i32).sum::<i32>() % 360,
                    frames_per_second: ratio(&stream.avg_frame_rate),
                    start_seconds,
                    seconds: number(&stream.duration).unwrap_or(0.0),
                });
            }
            "audio" => {
                probe.sounds.push(SoundTrack {
                    stream: stream.index,
                    codec,
                    rate_hz: stream.sample_rate.parse().unwrap_or(0),
                    channels: stream.channels,
                    layout: Some(cut(&stream.channel_layout)).filter(|name| !name.is_empty() && name != "unknown"),
                    language,
                    title: tag("title"),
                    is_default: is("default"),
                    start_seconds,
                    seconds,
                });
            }
            "subtitle" => {
                probe.subtitles.push(SubtitleTrack { stream: stream.index, codec, language, title: tag("title") });
            }
            "attachment" => probe.attachments.push(stream.index),
            _ => {}
        }
    }
    if probe.video.is_none() && probe.sounds.is_empty() {
        return Err(AudioError::bad("it holds neither video nor sound"));
    }
    Ok(probe)
}

/// A finite number of seconds, not farther away than a container may be.
fn number(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|value| value.is_finite() && value.abs() < 1e9)
}

/// `01:02:03.004000000` in seconds.
fn clock(text: &str) -> Option<f64> {
    let mut seconds = 0.0;
    for part in text.split(':') {
        seconds = seconds * 60.0 + number(part)?;
    }
    Some(seconds)
}

/// `30000/1001`; 0 where it says nothing.
fn ratio(text: &str) -> f64 {
    let parts = text.split_once('/').and_then(|(over, under)| Some((number(over)?, number(under)?)));
    parts.filter(|&(over, under)| over > 0.0 && under > 0.0).map_or(0.0, |(over, under)| over / under)
}

/// A text of the file's, without what could break a line and not longer than it should be.
fn cut(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(MOST_LETTERS).collect()
}
