//! Everything that the mix needs of a dub, taken down at one moment: what is edited meanwhile belongs to the next mix.

use std::collections::HashMap;
use std::sync::Mutex;

use audio::Pcm;
use audio::media::Tools;
use text::{Cue as Subtitle, SubtitleFormat, write_subtitles};

use crate::dub::desk::{Desk, lock_any};
use crate::dub::error::DubError;
use crate::dub::fit::Placed;
use crate::dub::head::Head;
use crate::dub::mix::{Line, Settings};
use crate::dub::render::spoken_part;
use crate::dub::script::Cue;
use crate::make::Key;
use crate::{Studio, StudioError};

/// Stretched lines that are kept between two passes, in samples: 120 MB.
const MOST_KEPT: usize = 30_000_000;
/// Speech that goes on beyond a cue belongs to it up to here, in milliseconds.
const BEYOND_MS: u64 = 1500;

/// A dub at one moment.
pub(in crate::dub) struct Sheet {
    pub head: Head,
    /// How it is mixed, and how loud the film is, once that is measured.
    pub settings: Option<(Settings, Option<f64>)>,
    pub frames_per_second: Option<f64>,
    /// By when they begin.
    pub cues: Vec<Cue>,
    /// What speakers are called.
    pub names: Vec<String>,
    /// For the mix; in the order of the cues.
    pub lines: Vec<Line>,
    /// What sounds for each cue, and where; none for a cue without words.
    pub spoken: Vec<Option<(Key, Placed)>>,
    /// Voices of everybody who speaks.
    pub voices: Vec<String>,
    kept: Mutex<Kept>,
}

/// Lines at their tempo, as long as there is room.
#[derive(Default)]
struct Kept {
    lines: HashMap<usize, Pcm>,
    samples: usize,
}

impl Sheet {
    /// Everything, of a dub whose cues with words are all made.
    pub fn of(studio: &Studio, desk: &mut Desk) -> Result<Self, StudioError> {
        let sheet = Self::so_far(studio, desk)?;
        let wanted = sheet.cues.iter().filter(|cue| cue.is_said()).count();
        if wanted == 0 {
            let language = sheet.head.to.clone();
            return Err(DubError::Untranslated { cues: sheet.cues.len(), language }.into());
        }
        match wanted - sheet.spoken.iter().flatten().count() {
            0 => Ok(sheet),
            lines => Err(StudioError::NotRendered { lines }),
        }
    }

    /// What there is so far.
    pub fn so_far(studio: &Studio, desk: &mut Desk) -> Result<Self, StudioError> {
        let layout = desk.layout(studio)?;
        let cues = desk.script.cues.clone();
        let mut spoken = vec![None; cues.len()];
        for ((at, placed), key) in layout.cues.iter().zip(&layout.fitted.placed).zip(&layout.keys) {
            spoken[*at] = key.map(|key| (key, *placed));
        }
        let regions = desk.regions.clone().unwrap_or_default();
        let lines = (0..cues.len()).map(|at| line(&cues, at, spoken[at].as_ref(), &regions)).collect();
        // A line that somebody recorded needs no voice, and nobody's consent to one.
        let spoken_for = cues.iter().filter(|cue| cue.recorded.is_none());
        let mut voices: Vec<String> = spoken_for.map(|cue| desk.voice_of(cue.speaker)).collect();
        voices.sort();
        voices.dedup();
        Ok(Self {
            head: desk.head.clone(),
            settings: desk.settings.clone(),
            frames_per_second: None,
            names: (0..desk.script.speakers.len() as u16).map(|at| desk.name_of(at)).collect(),
            cues,
            lines,
            spoken,
            voices,
            kept: Mutex::default(),
        })
    }

    /// A line at its tempo.
    pub fn sound(
        &self,
        studio: &Studio,
        tools: &Tools,
        cue: usize,
        keep_going: &dyn Fn() -> bool,
    ) -> Result<Pcm, StudioError> {
        if let Some(pcm) = lock_any(&self.kept).lines.get(&cue) {
            return Ok(pcm.clone());
        }
        let (key, placed) = self.spoken.get(cue).copied().flatten().ok_or(StudioError::SegmentLost)?;
        let pcm = spoken_part(&studio.library()?.segment(&key)?.ok_or(StudioError::SegmentLost)?.pcm);
        let pcm =
            if (placed.tempo - 1.0).abs() < 1e-6 { pcm } else { tools.stretch(&pcm, placed.tempo, keep_going)? };
        let mut kept = lock_any(&self.kept);
        if kept.samples + pcm.len() <= MOST_KEPT {
            kept.samples += pcm.len();
            kept.lines.insert(cue, pcm.clone());
        }
        Ok(pcm)
    }

    /// The words of the dub with the times at which they sound.
    pub fn subtitles(&self) -> String {
        let cues: Vec<Subtitle> = self
            .cues
            .iter()
            .zip(&self.spoken)
            .filter(|(cue, _)| cue.has_words())
            .filter_map(|(cue, spoken)| {
                let (_, placed) = spoken.as_ref()?;
                let end = placed.start_ms + (placed.seconds * 1000.0).round() as u64;
                Some(Subtitle::new(placed.start_ms, end, &cue.target))
            })
            .collect();
        write_subtitles(&cues, SubtitleFormat::Srt)
    }
}

/// A cue as the mix sees it. The original speech is gone from where it is heard, which may be more than the cue says: a
/// region of speech that lies mostly in the cue goes with it, unless the next cue begins there.
fn line(cues: &[Cue], at: usize, spoken: Option<&(Key, Placed)>, regions: &[(u64, u64)]) -> Line {
    let cue = &cues[at];
    let (mut from, mut to) = (cue.start_ms, cue.end_ms);
    let before = cues[..at].iter().map(|other| other.end_ms).max().unwrap_or(0);
    let after = cues[at + 1..].first().map_or(u64::MAX, |other| other.start_ms);
    for &(start, end) in regions {
        let shared = end.min(cue.end_ms).saturating_sub(start.max(cue.start_ms));
        if shared * 2 > end - start {
            from = from.min(start.max(before).max(cue.start_ms.saturating_sub(BEYOND_MS)));
            to = to.max(end.min(after).min(cue.end_ms + BEYOND_MS));
        }
    }
    let (start_ms, seconds) = spoken.map_or((cue.start_ms, 0.0), |(_, placed)| (placed.start_ms, placed.seconds));
    Line { speaker: cue.speaker, source_ms: (from.min(to), to), keeps_source: spoken.is_none(), start_ms, seconds }
}
