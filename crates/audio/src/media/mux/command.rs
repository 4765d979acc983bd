//! The one command that makes a film: what goes in, what comes out, in which order. It runs nothing but the questions
//! what this ffmpeg can do.

use std::io;
use std::path::{Path, absolute};

use super::Mux;
use crate::AudioError;
use crate::encode::local;
use crate::media::target;
use crate::media::{Arguments, Target, Tools};

/// Files of ours for the time of the run.
pub(super) struct Extra<'a> {
    /// Subtitles that become a track.
    pub soft: Option<&'a Path>,
    /// Subtitles that are drawn, and the encoder for it.
    pub burnt: Option<(&'a Path, &'a str)>,
    /// Where the result grows.
    pub whole: &'a Path,
}

pub(super) fn arguments(tools: &Tools, mux: &Mux<'_>, target: Target, extra: &Extra<'_>) -> io::Result<Arguments> {
    let probe = mux.probe;
    let mut all = Arguments::of_ffmpeg();
    // The tool starts the container's first time at 0; the video's first frame is to be there.
    let later = lift(mux, target);
    offset(&mut all, probe.first_seconds - probe.zero_seconds + later);
    all.media(&absolute(mux.film)?);
    // Older releases write the 312 samples that Opus puts before the sound as part of it, so it would come early.
    let is_early = target == Target::WebM && !tools.is_at_least((6, 0));
    offset(&mut all, later + if is_early { 0.0065 } else { 0.0 });
    all.words("-f f32le -ar").word(mux.shape.rate_hz.to_string());
    all.word("-ac").word(mux.shape.channels.to_string()).words("-i pipe:0");
    if let Some(subtitles) = extra.soft {
        offset(&mut all, later);
        all.words("-protocol_whitelist file -f srt -i").word(local(&absolute(subtitles)?));
    }
    let video = probe.video.as_ref().filter(|_| target.holds_video());
    if let Some(video) = video {
        all.word("-map").word(format!("0:{}", video.stream));
        match extra.burnt {
            Some((subtitles, encoder)) => burn(&mut all, tools, subtitles, encoder),
            None => {
                all.words("-c:v:0 copy -copyinkf:v:0");
                if video.codec == "hevc"
                    && matches!(target, Target::Mp4 | Target::Mov)
                    && !probe.container.contains("mp4")
                {
                    all.words("-tag:v:0 hvc1");
                }
            }
        }
    }
    sounds(&mut all, mux, target);
    subtitles(&mut all, mux, target, extra);
    if target.holds_pictures() {
        for (n, picture) in probe.pictures.iter().enumerate() {
            let n = n + usize::from(video.is_some());
            all.word("-map").word(format!("0:{picture}")).word(format!("-c:v:{n}")).word("copy");
            all.word(format!("-disposition:v:{n}")).word("attached_pic");
        }
    }
    if target == Target::Matroska {
        for attachment in &probe.attachments {
            all.word("-map").word(format!("0:{attachment}"));
        }
        all.words("-c:t copy");
    }
    all.words("-map_metadata 0 -map_chapters 0 -fflags +bitexact -max_muxing_queue_size 4096").words(target.muxer());
    all.word(local(&absolute(extra.whole)?));
    // What tells us how far it is, see `Pulse`.
    match video {
        Some(video) => all.word("-map").word(format!("0:{}", video.stream)).words("-c copy -copyinkf"),
        None => all.words("-map 1:a:0 -c copy"),
    };
    all.words("-flush_packets 1 -f framecrc pipe:1");
    Ok(all)
}

/// How much later everything is so that a kept track which begins before the video does not begin before 0, in seconds.
/// The MPEG-4 family can say so, Matroska cannot.
fn lift(mux: &Mux<'_>, target: Target) -> f64 {
    if !mux.keep_original || !matches!(target, Target::Matroska | Target::WebM) {
        return 0.0;
    }
    let firsts = mux.probe.sounds.iter().map(|sound| mux.probe.zero_seconds - sound.start_seconds);
    firsts.fold(0.0, f64::max).min(mux.probe.zero_seconds - mux.probe.first_seconds).max(0.0)
}

/// Moves the times of the next input.
fn offset(all: &mut Arguments, seconds: f64) {
    if seconds != 0.0 {
        all.word("-itsoffset").word(format!("{seconds:.6}"));
    }
}

fn sounds(all: &mut Arguments, mux: &Mux<'_>, target: Target) {
    let encode = |all: &mut Arguments, n: usize, channels: u16| {
        for (option, value) in target.sound(channels) {
            all.word(format!("{option}:a:{n}")).word(value);
        }
    };
    all.words("-map 1:a:0");
    encode(all, 0, mux.shape.channels);
    if target.is_opus() {
        all.words("-ar:a:0 48000");
    }
    tags(all, target, "a:0", mux.language, mux.title);
    all.words("-disposition:a:0 default");
    if !mux.keep_original || !target.holds_tracks() {
        return;
    }
    for (n, sound) in mux.probe.sounds.iter().enumerate() {
        let n = n + 1;
        all.word("-map").word(format!("0:{}", sound.stream));
        if target.copies_sound(&sound.codec) {
            all.word(format!("-c:a:{n}")).word("copy");
        } else {
            encode(all, n, sound.channels.clamp(1, 8));
            if target.is_opus() {
                all.word(format!("-ar:a:{n}")).word("48000");
            }
        }
        all.word(format!("-disposition:a:{n}")).word("original");
    }
}

fn subtitles(all: &mut Arguments, mux: &Mux<'_>, target: Target, extra: &Extra<'_>) {
    let mut n = 0;
    if let (Some(_), Some(codec), Some(subtitles)) = (extra.soft, target.subtitles(), mux.subtitles) {
        all.words("-map 2:s:0 -c:s:0").word(codec);
        tags(all, target, "s:0", subtitles.language, subtitles.title);
        all.words("-disposition:s:0 0");
        n = 1;
    }
    for subtitle in &mux.probe.subtitles {
        if let Some(codec) = target.carries_subtitles(&subtitle.codec) {
            all.word("-map").word(format!("0:{}", subtitle.stream)).word(format!("-c:s:{n}")).word(codec);
            n += 1;
        }
    }
}

fn tags(all: &mut Arguments, target: Target, stream: &str, language: Option<&str>, title: Option<&str>) {
    let mut tag = |name: &str, value: &str| {
        all.word(format!("-metadata:s:{stream}")).word(format!("{name}={value}"));
    };
    tag("language", target::language(language.unwrap_or_default(), target));
    if let Some(title) = title {
        let title: String = title.chars().filter(|letter| !letter.is_control()).take(200).collect();
        tag("title", &title);
        // What players of MPEG-4 show as a track's name.
        tag("handler_name", &title);
    }
}

fn burn(all: &mut Arguments, tools: &Tools, subtitles: &Path, encoder: &str) {
    let name = subtitles.file_name().unwrap_or_default().to_string_lossy().into_owned();
    all.word("-filter:v:0").word(format!("ass={name}")).word("-c:v:0").word(encoder);
    all.words(match encoder {
        "libx264" => "-crf:v:0 18 -preset:v:0 medium",
        "libvpx-vp9" => "-crf:v:0 28 -b:v:0 0 -row-mt:v:0 1 -cpu-used:v:0 3",
        _ => "-q:v:0 3",
    });
    // Each frame at its own time, as it was.
    all.words(if tools.is_at_least((5, 1)) { "-fps_mode:v:0 passthrough" } else { "-vsync passthrough" });
    if matches!(encoder, "libx264" | "libvpx-vp9") {
        all.words("-pix_fmt:v:0 yuv420p -enc_time_base:v:0").word(if tools.is_at_least((6, 1)) {
            "demux"
        } else {
            "-1"
        });
    }
}

impl Tools {
    /// The encoder with which a picture is drawn anew for this container.
    pub(super) fn painter(&self, target: Target, keep_going: &dyn Fn() -> bool) -> Result<String, AudioError> {
        let lacks = |what: &str| AudioError::ToolLacks { tool: "ffmpeg".into(), what: what.into() };
        let has_filter = self.list("-filters", keep_going)?.iter().any(|name| name == "ass");
        if !has_filter {
            return Err(lacks("draw subtitles into a picture (it was built without libass)"));
        }
        let fitting: &[&str] = match target {
            Target::WebM => &["libvpx-vp9", "libvpx"],
            _ => &["libx264", "h264_videotoolbox", "h264_mf", "libopenh264", "mpeg4"],
        };
        let encoders = self.list("-encoders", keep_going)?;
        let found = fitting.iter().find(|&&fitting| encoders.iter().any(|name| name == fitting));
        found.map(|&name| name.to_owned()).ok_or_else(|| lacks("encode video for this container"))
    }

    /// The names in one of the tool's own lists: the second word of each line.
    fn list(&self, which: &str, keep_going: &dyn Fn() -> bool) -> Result<Vec<String>, AudioError> {
        const MOST_BYTES: usize = 1 << 20;
        let mut arguments = Arguments(Vec::new());
        arguments.words("-hide_banner -nostdin -loglevel error").word(which);
        let said = self.run(&arguments.0, Path::new("")).answer(MOST_BYTES, keep_going)?;
        let names = String::from_utf8_lossy(&said)
            .lines()
            .filter_map(|line| Some(line.split_whitespace().nth(1)?.into()))
            .collect();
        Ok(names)
    }
}
