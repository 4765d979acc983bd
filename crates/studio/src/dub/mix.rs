//! The new sound track: the original, lowered under the speech that goes and the speech that comes, and the new lines.
//! It streams: the original comes in blocks, lines are asked for when they are due, stems leave in blocks, and memory
//! does not grow with the film. It knows no file and no project.
//!
//! Each frame follows from what is within a second of it: cues, original and nothing else. So a change of one cue leaves
//! all other frames as they were, bit for bit, and an excerpt is the same as that part of the whole.

mod bed;
mod limiter;
mod lines;
mod pass;
mod tone;

#[cfg(test)]
mod tests;

use audio::Pcm;
use audio::level::Meter;
use serde::{Deserialize, Serialize};

use crate::StudioError;
use bed::{Ducks, ms};
use limiter::{Limiter, REACH};

pub use tone::Tone;

/// Frames per second of everything in here.
pub const RATE_HZ: u32 = 48_000;
/// Longest film.
const LONGEST_MS: u64 = 48 * 3_600_000;
/// A line may sound before its window is heard to its end by no more than this; else it takes the film's level.
const LOOKS_AHEAD: u64 = ms(16_000);
/// A sound may be this much longer than was planned before it is cut.
const LONGER: u64 = ms(100);

/// One cue as the mix sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// Who speaks it, for stems.
    pub speaker: u16,
    /// Where the source speaks, on the film's time line: from there the level is taken.
    pub source_ms: (u64, u64),
    /// Whether the original stays as it is in that window (a cue that is not dubbed).
    pub keeps_source: bool,
    /// Where the new line begins.
    pub start_ms: u64,
    /// How long it sounds; 0 is not at all, and it is never asked for.
    pub seconds: f64,
}

/// How a track is mixed. What was measured is stored with the project and given again, so that an edit changes nothing
/// elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Level of the original where its speech was, in dB.
    pub under_source_db: f64,
    /// Level of the original under new speech, in dB.
    pub under_dub_db: f64,
    /// Level of speech where the window tells none (RMS of one channel, pauses left out): [`Survey::speech_dbfs`].
    pub speech_dbfs: f64,
    /// Gain of the whole, the same everywhere: [`matching_gain_db`].
    pub gain_db: f64,
    /// The wave between the samples stays below this.
    pub ceiling_dbtp: f64,
    /// The room that is put where the original was taken away: [`Survey::tone`].
    pub tone: Tone,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            under_source_db: -60.0,
            under_dub_db: -6.0,
            speech_dbfs: -24.0,
            gain_db: 0.0,
            ceiling_dbtp: -1.0,
            tone: Tone::default(),
        }
    }
}

/// Gives the original: puts the next interleaved stereo samples at [`RATE_HZ`] into the empty list, whole frames, and
/// leaves it empty at the end.
pub type Bed<'a> = dyn FnMut(&mut Vec<f32>) -> Result<(), StudioError> + 'a;
/// Gives a line's sound by its place in the list, already at its tempo, at any rate.
pub type Lines<'a> = dyn FnMut(usize) -> Result<Pcm, StudioError> + 'a;
/// Takes what was mixed.
pub type Sink<'a> = dyn FnMut(&Block<'_>) -> Result<(), StudioError> + 'a;

/// The next frames of every stem: interleaved stereo at [`RATE_HZ`]. Bed and dub add up to the mix.
#[derive(Debug)]
pub struct Block<'a> {
    /// The first frame, from the film's beginning.
    pub frame: u64,
    /// What is heard.
    pub mix: &'a [f32],
    /// The original with its gaps.
    pub bed: &'a [f32],
    /// All new speech.
    pub dub: &'a [f32],
    /// New speech by speaker, in their order; empty unless asked for.
    pub speakers: &'a [(u16, Vec<f32>)],
}

/// A part of the film, and the part of the original that it is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    frames: (u64, u64),
    bed: (u64, u64),
}

impl Span {
    /// Where the original has to be read from, on the film's time line.
    #[must_use]
    pub fn bed_from_ms(&self) -> u64 {
        self.bed.0 / ms(1)
    }

    /// How many frames come out.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.frames.1 - self.frames.0
    }
}

/// A track, ready to be mixed as a whole or in part.
pub struct Mix {
    lines: Vec<Line>,
    /// Lines that sound, by their beginnings: first frame, frame after the last, which.
    sounding: Vec<(u64, u64, usize)>,
    /// By line: the window in the original, in frames.
    windows: Vec<(u64, u64)>,
    frames: u64,
    settings: Settings,
    under_source: Ducks,
    under_dub: Ducks,
    noise: tone::Noise,
    limiter: Limiter,
    gain: f32,
    speakers: Vec<u16>,
}

impl Mix {
    /// A track of exactly `total_ms`, at most two days. Lines may come in any order; what lies behind the end is cut.
    #[must_use]
    pub fn new(lines: Vec<Line>, total_ms: u64, settings: Settings) -> Self {
        let frames = ms(total_ms.min(LONGEST_MS));
        let at = |milliseconds: u64| ms(milliseconds).min(frames);
        let windows: Vec<(u64, u64)> = lines.iter().map(|line| (at(line.source_ms.0), at(line.source_ms.1))).collect();
        let mut sounding: Vec<(u64, u64, usize)> = lines
            .iter()
            .enumerate()
            .map(|(which, line)| {
                let from = at(line.start_ms);
                // A float to integer cast saturates: NaN and less than nothing are nothing.
                (from, (from + ((line.seconds * f64::from(RATE_HZ)).round() as u64).min(frames)).min(frames), which)
            })
            .filter(|(from, to, _)| from < to)
            .collect();
        sounding.sort_unstable();
        let gone = lines.iter().zip(&windows).filter(|(line, _)| !line.keeps_source).map(|(_, window)| *window);
        let mut speakers: Vec<u16> = sounding.iter().map(|&(_, _, which)| lines[which].speaker).collect();
        speakers.sort_unstable();
        speakers.dedup();
        Self {
            under_source: Ducks::new(bed::under_source(settings.under_source_db.min(0.0)), gone.collect()),
            under_dub: Ducks::new(
                bed::under_dub(settings.under_dub_db.min(0.0)),
                sounding.iter().map(|&(from, to, _)| (from, to)).collect(),
            ),
            noise: settings.tone.noise(),
            limiter: Limiter::new(settings.ceiling_dbtp),
            gain: bed::gain(settings.gain_db),
            lines,
            sounding,
            windows,
            frames,
            settings,
            speakers,
        }
    }

    /// The whole film.
    #[must_use]
    pub fn whole(&self) -> Span {
        Span { frames: (0, self.frames), bed: (0, self.frames) }
    }

    /// A part of the film. It needs a little more of the original than it is long: the windows of its lines.
    #[must_use]
    pub fn part(&self, from_ms: u64, to_ms: u64) -> Span {
        let to = ms(to_ms).min(self.frames);
        let from = ms(from_ms).min(to);
        let (made_from, made_to) = self.made(from, to);
        let mut bed = (made_from, made_to);
        for &(start, end, which) in &self.sounding {
            if start < made_to
                && end + LONGER > made_from
                && let Some((first, last)) = self.listens(start, which)
            {
                bed = (bed.0.min(first), bed.1.max(last));
            }
        }
        // A reader that is positioned in milliseconds begins on a whole one.
        Span { frames: (from, to), bed: (bed.0 / ms(1) * ms(1), bed.1.min(self.frames)) }
    }

    /// Mixes a part: `bed` gives the original from [`Span::bed_from_ms`] on, `lines` each line that sounds in it, once
    /// and in the order in which they begin. `by_speaker` asks for a stem of each speaker.
    ///
    /// # Errors
    /// What the closures fail with; [`StudioError::Interrupted`] as soon as `keep_going` says no.
    pub fn pass(
        &self,
        span: Span,
        by_speaker: bool,
        bed: &mut Bed<'_>,
        lines: &mut Lines<'_>,
        keep_going: &dyn Fn() -> bool,
        sink: &mut Sink<'_>,
    ) -> Result<(), StudioError> {
        pass::Pass::new(self, span, by_speaker).run(bed, lines, keep_going, sink)
    }

    /// Frames that have to be made so that the limiter knows what it needs for a part.
    fn made(&self, from: u64, to: u64) -> (u64, u64) {
        (from.saturating_sub(REACH as u64), (to + REACH as u64).min(self.frames))
    }

    /// Where the level for a line that begins at `start` is taken, if it can be known in time.
    fn listens(&self, start: u64, which: usize) -> Option<(u64, u64)> {
        let (from, to) = lines::listened(self.windows[which]);
        let near = to <= start + LOOKS_AHEAD && start <= from + LOOKS_AHEAD;
        (from < to && near).then_some((from, to))
    }
}

/// What the original tells before anything is mixed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Survey {
    /// Its loudness (EBU R 128); `None` if it is too short or too quiet to have one.
    pub lufs: Option<f64>,
    /// The level in the middle of all windows with speech, RMS of one channel, pauses left out.
    pub speech_dbfs: Option<f64>,
    /// Its room.
    pub tone: Tone,
}

/// Listens to the whole original once: loudness, speech in the windows (in ms), room.
///
/// # Errors
/// What `bed` fails with; [`StudioError::Interrupted`] as soon as `keep_going` says no.
pub fn survey(
    windows_ms: &[(u64, u64)],
    bed: &mut Bed<'_>,
    keep_going: &dyn Fn() -> bool,
) -> Result<Survey, StudioError> {
    let at = |milliseconds: u64| ms(milliseconds.min(LONGEST_MS));
    let mut windows = lines::Windows::new(windows_ms.iter().map(|&(from, to)| (at(from), at(to))));
    let mut meter = Meter::new(2, RATE_HZ, false)?;
    let mut room = tone::Room::new();
    let (mut block, mut frame) = (Vec::new(), 0);
    loop {
        if !keep_going() {
            return Err(StudioError::Interrupted);
        }
        block.clear();
        bed(&mut block)?;
        if block.is_empty() {
            windows.end();
            return Ok(Survey { lufs: meter.lufs(), speech_dbfs: windows.median(), tone: room.tone() });
        }
        pass::mend(&mut block);
        windows.hear(frame, &block);
        meter.add(&block)?;
        room.hear(&block);
        frame += block.len() as u64 / 2;
    }
}

/// The gain that brings a mix that was measured at a gain of 0 dB to a loudness, within 12 dB; 0 if it has none.
#[must_use]
pub fn matching_gain_db(target_lufs: f64, mix_lufs: Option<f64>) -> f64 {
    match mix_lufs.map(|lufs| target_lufs - lufs) {
        Some(gain_db) if gain_db.is_finite() => gain_db.clamp(-12.0, 12.0),
        _ => 0.0,
    }
}
