//! A dub as it is shown: how each cue stands and where it sounds. Nothing of this is stored.

use std::path::PathBuf;

use library::Library;

use super::{Desk, Sound};
use crate::dub::fit::{self, Fitted, TakeLength, Wanted};
use crate::dub::script::{Cue, letter};
use crate::dub::{CueFit, CueState, DubCard, DubCue, DubSpeaker, DubView};
use crate::make::Key;
use crate::{Studio, StudioError};

/// Characters of text in a second of speech, about: for cues that are not made yet.
const CHARACTERS_PER_SECOND: f64 = 15.0;

/// How a cue stands, and what it is made from.
struct Standing {
    state: CueState,
    doubt: Option<String>,
    /// Its takes that are made as it stands: which, their keys and their lengths.
    takes: Vec<(u32, Key, f64)>,
}

/// Where everything sounds.
pub(in crate::dub) struct Layout {
    pub fitted: Fitted,
    /// Places of the cues that are laid out, in the order of `fitted`: those with words.
    pub cues: Vec<usize>,
    /// What sounds at each of them; none where nothing is made.
    pub keys: Vec<Option<Key>>,
}

impl Desk {
    /// The dub as it stands now.
    pub fn view(&mut self, studio: &Studio) -> Result<DubView, StudioError> {
        self.catch_up(studio)?;
        let library = studio.library()?;
        let mut standing = self.standing(studio, library)?;
        let layout = self.layout_of(&standing);
        let mut fits: Vec<Option<(CueFit, u32)>> = vec![None; self.script.cues.len()];
        for (at, placed) in layout.cues.iter().zip(&layout.fitted.placed) {
            let taken = standing[*at].takes.get(placed.take);
            let fit = CueFit {
                start_ms: placed.start_ms,
                seconds: placed.seconds,
                tempo: placed.tempo,
                over_ms: placed.over_ms,
                score: placed.score,
                is_measured: taken.is_some(),
            };
            fits[*at] = Some((fit, taken.map_or(0, |taken| taken.0)));
            // What is said of a cue is said of the take that sounds.
            let doubt = taken.and_then(|(_, key, _)| self.sounds.get(key)).map(|sound| sound.doubt.clone());
            let is_own = self.script.cues[*at].recorded.is_some();
            if let Some(doubt) = doubt.filter(|_| !is_own) {
                let stands = &mut standing[*at];
                stands.state = match stands.state {
                    CueState::Fresh | CueState::Doubtful if doubt.is_some() => CueState::Doubtful,
                    CueState::Doubtful => CueState::Fresh,
                    state => state,
                };
                stands.doubt = doubt;
            }
        }
        let cues: Vec<DubCue> = standing
            .into_iter()
            .zip(fits)
            .zip(&self.script.cues)
            .enumerate()
            .map(|(index, ((standing, fit), cue))| self.cue_shown(index, cue, standing, fit.map(|fit| fit.0)))
            .collect();
        Ok(DubView {
            card: self.card(&cues),
            speakers: self.speakers_shown(),
            translation: self.script.translation_settings().clone(),
            fit_score: layout.fitted.score,
            warnings: self.warnings.clone(),
            can_undo: self.script.can_undo(),
            can_redo: self.script.can_redo(),
            cues,
        })
    }

    /// Where everything sounds, as far as it is made.
    pub fn layout(&mut self, studio: &Studio) -> Result<Layout, StudioError> {
        self.catch_up(studio)?;
        let standing = self.standing(studio, studio.library()?)?;
        Ok(self.layout_of(&standing))
    }

    fn cue_shown(&self, index: usize, cue: &Cue, standing: Standing, fit: Option<CueFit>) -> DubCue {
        let over = fit
            .filter(|fit| fit.is_measured && fit.over_ms > 0)
            .map(|fit| format!("it is {} ms too long for its place: shorter words would fit", fit.over_ms));
        let state = match standing.state {
            CueState::Fresh if over.is_some() => CueState::Doubtful,
            state => state,
        };
        DubCue {
            index,
            id: cue.id,
            start_ms: cue.start_ms,
            end_ms: cue.end_ms,
            speaker: cue.speaker,
            source: cue.source.clone(),
            target: cue.target.clone(),
            by: cue.by,
            take: cue.take,
            recorded: cue.recorded,
            takes: self.takes(cue),
            state,
            fit,
            doubt: standing.doubt.or(over),
        }
    }

    fn card(&self, cues: &[DubCue]) -> DubCard {
        let made = [CueState::Fresh, CueState::Doubtful, CueState::Locked];
        DubCard {
            id: self.id.0,
            title: self.head.title.clone(),
            film: PathBuf::from(&self.head.film),
            from: self.head.from.clone(),
            to: self.head.to.clone(),
            duration_ms: self.head.duration_ms,
            has_picture: self.head.has_picture,
            cues: cues.len(),
            fresh: cues.iter().filter(|cue| made.contains(&cue.state)).count(),
            untranslated: cues.iter().filter(|cue| cue.target.is_empty() && cue.recorded.is_none()).count(),
            added: self.head.added,
        }
    }

    fn speakers_shown(&self) -> Vec<DubSpeaker> {
        let mut cues = vec![0; self.script.speakers.len()];
        for cue in &self.script.cues {
            if let Some(count) = cues.get_mut(usize::from(cue.speaker)) {
                *count += 1;
            }
        }
        (0..)
            .zip(&self.script.speakers)
            .zip(cues)
            .map(|((at, speaker), cues)| DubSpeaker {
                letter: letter(at),
                name: self.name_of(at),
                voice: speaker.voice.clone(),
                spoken_by: self.voice_of(at),
                cues,
            })
            .collect()
    }

    fn standing(&mut self, studio: &Studio, library: &Library) -> Result<Vec<Standing>, StudioError> {
        let cues = self.script.cues.clone();
        cues.iter().map(|cue| self.standing_of(studio, library, cue)).collect()
    }

    fn standing_of(&mut self, studio: &Studio, library: &Library, cue: &Cue) -> Result<Standing, StudioError> {
        if cue.recorded.is_some() {
            return self.standing_of_recorded(library, cue);
        }
        if !cue.has_words() {
            return Ok(Standing { state: CueState::Untranslated, doubt: None, takes: Vec::new() });
        }
        let choice = match cue.take {
            Some(take) => take..take + 1,
            None => 0..self.takes(cue),
        };
        let mut takes = Vec::new();
        let (mut under_way, mut failed) = (None, None);
        for take in choice {
            let key = self.wanted(studio, cue, take)?.key;
            under_way = under_way.max(self.under_way.get(&key).copied());
            failed = failed.or_else(|| self.failed.get(&key).cloned());
            // Asked of the library: what a dub knows of a sound may be older than a revocation that erased it.
            let there = match self.sounds.get(&key) {
                Some(sound) if library.has_segment(&key)? => Some(sound.seconds),
                Some(_) => None,
                None => library.segment(&key)?.map(|segment| segment.pcm.seconds()),
            };
            if let Some(seconds) = there {
                takes.push((take, key, seconds));
            }
        }
        let doubt = takes.first().and_then(|(_, key, _)| self.sounds.get(key).and_then(|sound| sound.doubt.clone()));
        let ever = self.takes.contains_key(&cue.id);
        let state = match (takes.is_empty(), under_way) {
            (_, Some(true)) => CueState::Rendering,
            (true, Some(false)) => CueState::Queued,
            (false, _) if cue.locked => CueState::Locked,
            (false, _) if doubt.is_some() => CueState::Doubtful,
            (false, _) => CueState::Fresh,
            (true, None) if failed.is_some() => CueState::Doubtful,
            (true, None) if ever => CueState::Stale,
            (true, None) => CueState::Draft,
        };
        Ok(Standing { state, doubt: doubt.or(failed), takes })
    }

    /// A line that somebody spoke: it is there, whatever its words are by now.
    fn standing_of_recorded(&self, library: &Library, cue: &Cue) -> Result<Standing, StudioError> {
        let Some(line) = self.line_of(cue) else {
            return Ok(Standing { state: CueState::Stale, doubt: None, takes: Vec::new() });
        };
        let key = line.key.0;
        if !library.has_segment(&key)? {
            let doubt = "its recording is gone: record it again, or remove it".to_owned();
            return Ok(Standing { state: CueState::Doubtful, doubt: Some(doubt), takes: Vec::new() });
        }
        let other = (line.words != cue.target).then(|| "it was recorded for other words".to_owned());
        let doubt = line.doubt.clone().or(other);
        let state = match &doubt {
            _ if cue.locked => CueState::Locked,
            Some(_) => CueState::Doubtful,
            None => CueState::Fresh,
        };
        Ok(Standing { state, doubt, takes: vec![(0, key, line.seconds)] })
    }

    fn layout_of(&self, standing: &[Standing]) -> Layout {
        let cues: Vec<usize> = (0..standing.len()).filter(|at| standing[*at].state != CueState::Untranslated).collect();
        let wanted: Vec<Wanted> = cues
            .iter()
            .map(|at| {
                let cue = &self.script.cues[*at];
                let mut takes: Vec<TakeLength> = standing[*at]
                    .takes
                    .iter()
                    .map(|(_, key, seconds)| TakeLength {
                        seconds: *seconds,
                        penalty: self.sounds.get(key).map_or(0.0, Sound::penalty),
                    })
                    .collect();
                if takes.is_empty() {
                    let seconds = 0.2 + cue.target.chars().count() as f64 / CHARACTERS_PER_SECOND;
                    takes.push(TakeLength { seconds, penalty: 0.0 });
                }
                Wanted { speaker: cue.speaker, start_ms: cue.start_ms, end_ms: cue.end_ms, takes }
            })
            .collect();
        let fitted = fit::fit(&wanted, self.head.duration_ms, &fit::Rules::default());
        let keys = cues
            .iter()
            .zip(&fitted.placed)
            .map(|(at, placed)| standing[*at].takes.get(placed.take).map(|taken| taken.1))
            .collect();
        Layout { fitted, cues, keys }
    }
}
