//! Who speaks when, and what they say, where nobody gave subtitles.

use audio::Pcm;
use engine::Priority;
use jobs::{Cancel, Event, EventSink, Meter};
use speech::{Heard, Listening};

use crate::dub::cues::flat;
use crate::dub::error::DubError;
use crate::dub::head::{Head, Record};
use crate::dub::listen::{RATE_HZ, Region};
use crate::dub::script::{Cue, MAX_SPEAKERS, Speaker};
use crate::dub::speakers::{self, Print, Turn};
use crate::dub::{Author, prepare};
use crate::transcribe::flight;
use crate::{Studio, StudioError};

/// Windows that are listened to between two looks whether anybody still waits.
const TOGETHER: usize = 32;
/// Turns of one speaker that are so near to each other are one cue, in seconds.
const NEAR_SECONDS: f64 = 0.25;
/// Longest cue that turns are joined to, in seconds.
const LONGEST_CUE_SECONDS: f64 = 9.0;

impl Studio {
    /// Whose cues they are, by their sound. Cues keep the number of the film's speakers where the user gave it.
    pub(in crate::dub) fn tell_speakers_apart(
        &self,
        cues: &[Cue],
        head: &Head,
        sound: &Pcm,
        cancel: &Cancel,
    ) -> Result<Vec<(u32, u16)>, StudioError> {
        let seconds = |ms: u64| ms as f64 / 1000.0;
        let windows: Vec<(f64, f64)> = cues.iter().map(|cue| (seconds(cue.start_ms), seconds(cue.end_ms))).collect();
        let prints = self.prints(sound, &windows, cancel)?;
        let assigned = speakers::gather(&prints, head.speakers.map(usize::from));
        Ok(cues.iter().zip(assigned).map(|(cue, by)| (cue.id, by.speaker.min(MAX_SPEAKERS as u16 - 1))).collect())
    }

    fn prints(&self, sound: &Pcm, windows: &[(f64, f64)], cancel: &Cancel) -> Result<Vec<Print>, StudioError> {
        let ear = self.models.ear()?;
        let mut prints = Vec::with_capacity(windows.len());
        for some in windows.chunks(TOGETHER) {
            cancel.checkpoint().map_err(|_| StudioError::Interrupted)?;
            prints.extend(speakers::prints(&ear, sound.samples(), 0.0, some));
        }
        Ok(prints)
    }

    /// Turns of speakers, with what is said in each.
    pub(in crate::dub) fn write_film_down(
        &self,
        head: &Head,
        sound: &Pcm,
        regions: &[Region],
        events: &dyn EventSink,
        cancel: &Cancel,
    ) -> Result<Record, StudioError> {
        let prints = self.prints(sound, &speakers::sliding(regions), cancel)?;
        let assigned = speakers::gather(&prints, head.speakers.map(usize::from));
        let turns = joined(speakers::turns(regions, &prints, &assigned));
        if turns.is_empty() {
            return Err(DubError::NobodySpeaks.into());
        }
        let (texts, warnings) = self.texts(head, sound, &turns, events, cancel)?;
        let ms = |seconds: f64| (seconds.max(0.0) * 1000.0).round() as u64;
        let cues: Vec<Cue> = turns
            .iter()
            .zip(texts)
            .filter(|(_, text)| text.chars().any(char::is_alphanumeric))
            .zip(0..)
            .map(|((turn, text), id)| Cue {
                id,
                start_ms: ms(turn.start_seconds),
                end_ms: ms(turn.end_seconds).max(ms(turn.start_seconds) + 50),
                speaker: turn.speaker.min(MAX_SPEAKERS as u16 - 1),
                source: flat(&text),
                target: String::new(),
                by: Author::Ear,
                take: None,
                recorded: None,
                locked: false,
            })
            .collect();
        if cues.is_empty() {
            return Err(DubError::NobodySpeaks.into());
        }
        let count = cues.iter().map(|cue| usize::from(cue.speaker) + 1).max().unwrap_or(1);
        Ok(Record::Found { cues, speakers: vec![Speaker::default(); count], assigned: true, warnings })
    }

    /// What is said in each turn: by the recogniser that is installed, else by the bundled ear, which drafts English.
    fn texts(
        &self,
        head: &Head,
        sound: &Pcm,
        turns: &[Turn],
        events: &dyn EventSink,
        cancel: &Cancel,
    ) -> Result<(Vec<String>, Vec<String>), StudioError> {
        let part = |turn: &Turn| {
            let at = |seconds: f64| ((seconds * f64::from(RATE_HZ)) as usize).min(sound.len());
            let samples = sound.samples()[at(turn.start_seconds)..at(turn.end_seconds)].to_vec();
            Ok::<_, StudioError>(Pcm::new(samples, RATE_HZ)?)
        };
        let started = self.settings.clock.elapsed_seconds();
        let mut meter = Meter::new(turns.len() as u64, 0, started);
        let mut progress = |seconds: f64| {
            let now = self.settings.clock.elapsed_seconds();
            meter.made(1, seconds, now);
            events.emit(meter.progress(now));
        };
        let mut texts = Vec::with_capacity(turns.len());
        if let Some(engine) = self.models.recogniser(None)? {
            let submit = |index: usize| {
                let mut stretch = Listening::new(part(&turns[index])?);
                stretch.language.clone_from(&head.from);
                Ok(engine.submit(stretch, Priority::Batch))
            };
            let in_flight = engine.load().slots.max(1) * 2;
            flight::in_order(turns.len(), in_flight, cancel, &submit, &mut |news| {
                if let flight::News::Done(index, chunks) = news {
                    let whole = chunks?.into_iter().find_map(|heard| match heard {
                        Heard::Whole(transcript) => Some(transcript.text),
                        Heard::Piece(_) => None,
                    });
                    texts.push(whole.unwrap_or_default());
                    progress(turns[index].end_seconds - turns[index].start_seconds);
                }
                Ok(())
            })?;
            return Ok((texts, Vec::new()));
        }
        if head.from.as_deref().is_some_and(|from| !prepare::is_same_language(from, "en")) {
            return Err(StudioError::Missing {
                what: "writing this language down needs a recogniser; the bundled ear drafts English only".into(),
                fix: "run `vouch models pull qwen3-asr-0.6b`, or give subtitles of what is said (--source-subs)".into(),
            });
        }
        let ear = self.models.ear()?;
        for turn in turns {
            cancel.checkpoint().map_err(|_| StudioError::Interrupted)?;
            let dictated = ear.dictate(part(turn)?.samples()).map(|dictation| dictation.text()).unwrap_or_default();
            texts.push(dictated);
            progress(turn.end_seconds - turn.start_seconds);
        }
        let warning = "no recogniser is installed: the words are a draft by the bundled ear, with many mistakes; correct \
                       them, or run `vouch models pull qwen3-asr-0.6b`";
        events.emit(Event::Warning { code: "draft_transcript".into(), message: warning.into() });
        Ok((texts, vec![warning.into()]))
    }
}

/// Turns of one speaker that follow on each other at once are one.
fn joined(turns: Vec<Turn>) -> Vec<Turn> {
    let mut whole: Vec<Turn> = Vec::new();
    for turn in turns {
        match whole.last_mut() {
            Some(last)
                if last.speaker == turn.speaker
                    && turn.start_seconds - last.end_seconds < NEAR_SECONDS
                    && turn.end_seconds - last.start_seconds < LONGEST_CUE_SECONDS =>
            {
                last.end_seconds = turn.end_seconds;
            }
            _ => whole.push(turn),
        }
    }
    whole
}
