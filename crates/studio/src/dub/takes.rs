//! Which of several takes is like its voice: they are compared with the first lines of the voice, and what was found is
//! kept, so that a later edit elsewhere changes no choice. Whether they fit and what is heard in them is known before.

use std::collections::HashMap;
use std::sync::Mutex;

use jobs::Cancel;

use super::desk::{Desk, Wanted, lock};
use super::head::{Made, Record};
use super::listen::RATE_HZ;
use super::render::spoken_part;
use super::script::Cue;
use super::speakers::{likeness, mean};
use crate::make::Hex;
use crate::{Studio, StudioError};

/// Lines that a voice is known by.
const KNOWN_BY: usize = 8;

impl Studio {
    /// Says of every take of a cue with several how much it is like its voice, where that was not said before.
    pub(super) fn compare_takes(&self, desk: &Mutex<Desk>, cancel: &Cancel) -> Result<(), StudioError> {
        let (asked, first) = self.takes_to_compare(&mut lock(desk))?;
        if asked.is_empty() {
            return Ok(());
        }
        let ear = self.models.ear()?;
        let listen = |wanted: &Wanted| -> Result<Vec<f32>, StudioError> {
            cancel.checkpoint().map_err(|_| StudioError::Interrupted)?;
            let Some(segment) = self.library()?.segment(&wanted.key)? else { return Ok(Vec::new()) };
            let sound = audio::resample(&spoken_part(&segment.pcm), RATE_HZ)?;
            Ok(ear.embed(sound.samples()).unwrap_or_default())
        };
        let mut centres: HashMap<&str, Option<Vec<f32>>> = HashMap::new();
        for wanted in &asked {
            if !centres.contains_key(&*wanted.voice) {
                let own = first.iter().filter(|line| line.voice == wanted.voice).take(KNOWN_BY);
                let vectors = own.map(&listen).collect::<Result<Vec<_>, _>>()?;
                centres.insert(&wanted.voice, mean(vectors.iter()));
            }
        }
        let mut made = Vec::new();
        for wanted in &asked {
            let vector = listen(wanted)?;
            let centre = centres.get(&*wanted.voice).and_then(Option::as_ref);
            let known = lock(desk).sound(&wanted.key).cloned();
            if let (Some(centre), Some(known), false) = (centre, known, vector.is_empty()) {
                made.push(Made {
                    key: Hex(wanted.key),
                    cue: wanted.cue,
                    take: wanted.take,
                    seconds: known.seconds,
                    badness: known.badness,
                    likeness: Some(f64::from(likeness(&vector, centre))),
                    doubt: known.doubt,
                });
            }
        }
        if made.is_empty() { Ok(()) } else { lock(desk).append(self, &Record::Made { made }) }
    }

    /// Takes of cues with several that nobody chose from, and the first takes of all lines.
    fn takes_to_compare(&self, desk: &mut Desk) -> Result<(Vec<Wanted>, Vec<Wanted>), StudioError> {
        let library = self.library()?;
        let spoken = |cue: &&Cue| cue.has_words() && cue.recorded.is_none();
        let cues: Vec<Cue> = desk.script.cues.iter().filter(spoken).cloned().collect();
        let (mut asked, mut first) = (Vec::new(), Vec::new());
        for cue in &cues {
            let takes = desk.takes(cue);
            if takes > 1 && cue.take.is_none() && !cue.locked {
                for take in 0..takes {
                    let wanted = desk.wanted(self, cue, take)?;
                    let is_open = desk.sound(&wanted.key).is_some_and(|sound| sound.likeness.is_none());
                    if is_open && library.has_segment(&wanted.key)? {
                        asked.push(wanted);
                    }
                }
            }
            first.push(desk.wanted(self, cue, 0)?);
        }
        Ok((asked, first))
    }
}
