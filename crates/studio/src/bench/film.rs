//! A film to measure dubbing with: a moving picture, a bed of music, two stand-in speakers who talk in turns. Everything in
//! it is made here, so it is known to the millisecond who says what.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Serialize;
use text::{Cue, SubtitleFormat, write_subtitles};

use crate::stand_in::{SPEAKERS, StandIn};
use crate::{Settings, StudioError};

/// Rate of the film's sound.
const RATE_HZ: u32 = 48_000;
/// Silence between two cues, in seconds.
const GAP_SECONDS: f64 = 0.9;
/// Before the first cue, in seconds.
const HEAD_SECONDS: f64 = 1.5;
/// Peak of a speaker.
const VOICE: f32 = 0.35;
/// The two of the six stand-ins who speak: a higher voice and a lower one.
pub const CAST: [StandIn; 2] = [SPEAKERS[4], SPEAKERS[2]];

/// What is said in the film, and in the dub: by turns, the first speaker begins.
const LINES: [(&str, &str); 14] = [
    ("Good morning. Did you sleep well in the old tower?", "Morning. How was your night up in the tower?"),
    (
        "Not really. The wind was singing in the chimney all night long.",
        "Badly. The wind howled through the chimney until dawn.",
    ),
    ("That is what everybody says. You will get used to it.", "So they all say. Give it a week or two."),
    ("How many steps are there from the garden to the lamp?", "How many stairs lead from the garden to the light?"),
    ("Two hundred and twelve. I have counted them many times.", "Two hundred and twelve. I know every one of them."),
    ("Then we should start before the rain comes over the hills.", "We had better begin before the rain reaches us."),
    ("Take the map and the small lantern. I will carry the bread.", "Bring the map and the lantern. I have the bread."),
    ("Is there somebody waiting for us at the harbour?", "Does anybody wait for us down at the harbour?"),
    ("My brother. He will bring the boat as soon as the tide turns.", "My brother does. His boat comes with the tide."),
    ("I have never been out on the water at this time of year.", "I was never on the sea so late in the year."),
    ("Keep your coat on and hold the rail. The rest is easy.", "Button your coat, hold the rail, and all is well."),
    ("And if the weather changes while we are out there?", "What if a storm comes while we are out there?"),
    ("Then we wait on the island. There is a hut with a stove.", "We would wait on the island, by a warm stove."),
    ("You have thought of everything. Lead the way, then.", "You think of everything. After you, then."),
];

/// A film, and the truth about it.
#[derive(Debug, Clone, Serialize)]
pub struct Film {
    /// The film.
    pub film: PathBuf,
    /// What is said in it.
    pub source_subtitles: PathBuf,
    /// What is to be said in the dub.
    pub target_subtitles: PathBuf,
    /// Its length, in seconds.
    pub seconds: f64,
    /// Who says what, and when.
    pub cues: Vec<FilmCue>,
}

/// One thing that is said.
#[derive(Debug, Clone, Serialize)]
pub struct FilmCue {
    /// When it begins, in milliseconds.
    pub start_ms: u64,
    /// When it ends.
    pub end_ms: u64,
    /// Who says it: place in [`CAST`].
    pub speaker: u16,
    /// In the film.
    pub source: String,
    /// In the dub.
    pub target: String,
}

/// Makes a film of about `lines` cues (14 make a minute) in a folder. The names of speakers are in the subtitles only if
/// `named`.
pub fn make(folder: &Path, lines: usize, named: bool, settings: &Settings) -> Result<Film, StudioError> {
    let ffmpeg = settings.ffmpeg.as_deref().ok_or_else(|| StudioError::Missing {
        what: "the film is made with ffmpeg, which was not found".into(),
        fix: "install ffmpeg (`cargo xtask setup` does)".into(),
    })?;
    std::fs::create_dir_all(folder).map_err(|error| StudioError::output(folder, &error))?;
    let (mut speech, mut cues) = (Vec::<f32>::new(), Vec::new());
    let mut at = (HEAD_SECONDS * f64::from(RATE_HZ)) as usize;
    for turn in 0..lines {
        let (source, target) = LINES[turn % LINES.len()];
        // Each speaker may say two lines in a row: turns are not told by counting.
        let speaker = u16::from(turn % 5 == 1 || turn % 5 == 3);
        let said = spoken(&CAST[usize::from(speaker)], source, folder)?;
        speech.resize(at + said.len(), 0.0);
        for (sum, sample) in speech[at..].iter_mut().zip(&said) {
            *sum += sample;
        }
        let ms = |samples: usize| (samples as f64 / f64::from(RATE_HZ) * 1000.0).round() as u64;
        let (source, target) = (source.to_owned(), target.to_owned());
        cues.push(FilmCue { start_ms: ms(at), end_ms: ms(at + said.len()), speaker, source, target });
        at += said.len() + (GAP_SECONDS * f64::from(RATE_HZ)) as usize;
    }
    let frames = (at as f64 / f64::from(RATE_HZ)).ceil() as usize;
    speech.resize(frames * RATE_HZ as usize, 0.0);
    let stereo: Vec<f32> = speech
        .iter()
        .enumerate()
        .flat_map(|(at, voice)| {
            let [left, right] = music(at);
            [voice + left, voice + right]
        })
        .collect();
    let film = folder.join("film.mp4");
    encode(ffmpeg, &stereo, frames, &film)?;
    let subtitles = |name: &str, text: &dyn Fn(&FilmCue) -> String| {
        let path = folder.join(name);
        let cue = |cue: &FilmCue| {
            if named {
                Cue::with_speaker(cue.start_ms, cue.end_ms, &text(cue), CAST[usize::from(cue.speaker)].name)
            } else {
                Cue::new(cue.start_ms, cue.end_ms, &text(cue))
            }
        };
        let written = write_subtitles(&cues.iter().map(cue).collect::<Vec<_>>(), SubtitleFormat::Vtt);
        std::fs::write(&path, written).map_err(|error| StudioError::output(&path, &error))?;
        Ok::<_, StudioError>(path)
    };
    let source_subtitles = subtitles("source.vtt", &|cue| cue.source.clone())?;
    let target_subtitles = subtitles("target.vtt", &|cue| cue.target.clone())?;
    Ok(Film { film, source_subtitles, target_subtitles, seconds: frames as f64, cues })
}

/// A line at the film's rate and level, without silence around it.
fn spoken(speaker: &StandIn, text: &str, scratch: &Path) -> Result<Vec<f32>, StudioError> {
    let said = audio::edit::trim_silence(
        &speaker.say(text, scratch)?,
        audio::edit::Trim { threshold_dbfs: -40.0, keep_seconds: 0.0 },
    );
    let said = audio::resample(&said, RATE_HZ)?;
    let peak = said.samples().iter().fold(1e-6_f32, |peak, sample| peak.max(sample.abs()));
    Ok(said.samples().iter().map(|sample| sample * VOICE / peak).collect())
}

/// A slow chord with a plucked voice on top, wider than speech: about 18 dB below it.
fn music(at: usize) -> [f32; 2] {
    const CHORDS: [[f32; 3]; 4] =
        [[220.0, 277.18, 329.63], [196.0, 246.94, 293.66], [174.61, 220.0, 261.63], [164.81, 207.65, 246.94]];
    let seconds = at as f32 / RATE_HZ as f32;
    let chord = CHORDS[(seconds / 2.0) as usize % CHORDS.len()];
    let (turn, tone) = (std::f32::consts::TAU, |hz: f32| (std::f32::consts::TAU * hz * seconds).sin());
    let pad: f32 = chord.iter().map(|hz| tone(*hz)).sum::<f32>() * 0.009;
    let beat = seconds % 0.5;
    let plucked = tone(chord[(seconds / 0.5) as usize % 3] * 2.0) * (-beat * 9.0).exp() * 0.022;
    let sway = (turn * 0.11 * seconds).sin() * 0.5;
    [pad + plucked * (1.0 + sway), pad + plucked * (1.0 - sway)]
}

fn encode(ffmpeg: &Path, stereo: &[f32], seconds: usize, film: &Path) -> Result<(), StudioError> {
    let picture = format!("testsrc2=size=480x270:rate=25:duration={seconds}");
    let rate = RATE_HZ.to_string();
    let child = Command::new(ffmpeg)
        .args(["-hide_banner", "-loglevel", "error", "-y", "-f", "f32le", "-ar", &rate, "-ac", "2", "-i", "pipe:0"])
        .args(["-f", "lavfi", "-i", &picture, "-map", "1:v", "-map", "0:a", "-c:v", "libx264", "-preset", "veryfast"])
        .args(["-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "160k", "-metadata:s:a:0", "language=eng"])
        .arg(film)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let failed = |reason: String| StudioError::Missing {
        what: format!("the film could not be made: {reason}"),
        fix: "install an ffmpeg with libx264 and aac (`cargo xtask setup` does)".into(),
    };
    let mut child = child.map_err(|error| failed(error.to_string()))?;
    if let Some(mut pipe) = child.stdin.take() {
        for block in stereo.chunks(1 << 14) {
            let bytes: Vec<u8> = block.iter().flat_map(|sample| sample.to_le_bytes()).collect();
            // A broken pipe is told by the child's end.
            if pipe.write_all(&bytes).is_err() {
                break;
            }
        }
    }
    let status = child.wait().map_err(|error| failed(error.to_string()))?;
    if status.success() { Ok(()) } else { Err(failed(status.to_string())) }
}
