//! Words in the language of the dub, where nobody gave them: by the language model that is installed.

use std::sync::Mutex;

use engine::Priority;
use jobs::{Cancel, Event, EventSink, Meter};

use super::is_same_language;
use crate::dub::cues::flat;
use crate::dub::desk::{Desk, lock};
use crate::dub::head::Record;
use crate::dub::script::Cue;
use crate::translate::{Line, Task, Translator, language_name};
use crate::{Studio, StudioError};

/// Ways to say each cue, of which the one that fits its time is taken.
const CANDIDATES: usize = 4;
/// A cue may take so much longer than its original: the silence after it is borrowed.
const ROOM: f64 = 1.1;
/// Cues that are asked for together; each batch is kept as soon as it is there.
const TOGETHER: usize = 64;

impl Studio {
    /// Translates what has no words yet. Without a language model they stay without, and a warning says so.
    pub(in crate::dub) fn translate_dub(
        &self,
        desk: &Mutex<Desk>,
        events: &dyn EventSink,
        cancel: &Cancel,
        warnings: &mut Vec<String>,
    ) -> Result<(), StudioError> {
        let (cues, head, names, wishes) = {
            let desk = lock(desk);
            let cues: Vec<Cue> = desk.script.cues.iter().filter(|cue| cue.target.is_empty()).cloned().collect();
            let names: Vec<String> = cues.iter().map(|cue| desk.name_of(cue.speaker)).collect();
            (cues, desk.head.clone(), names, desk.script.translation_settings().clone())
        };
        let said: Vec<(&Cue, &String)> = cues.iter().zip(&names).filter(|(cue, _)| !cue.source.is_empty()).collect();
        if said.is_empty() {
            return Ok(());
        }
        if head.from.as_deref().is_some_and(|from| is_same_language(from, &head.to)) {
            let lines = said.iter().map(|(cue, _)| (cue.id, cue.source.clone())).collect();
            return lock(desk).append(self, &Record::Translated { lines });
        }
        let mut warn = |message: String| {
            events.emit(Event::Warning { code: "untranslated".into(), message: message.clone() });
            warnings.push(message);
        };
        let Some(engine) = self.models.language_model(None)? else {
            let count = said.len();
            warn(format!(
                "no language model is installed: {count} cues stay without words; give subtitles with --subs, write them \
                 in the window, or run `vouch models pull qwen3-4b-instruct-2507`"
            ));
            return Ok(());
        };
        let Some(to) = language_name(&head.to) else {
            warn(format!("the language model was not made for {:?}", head.to));
            return Ok(());
        };
        let task = Task {
            from: head.from.as_deref().and_then(language_name).map(str::to_owned),
            to: to.to_owned(),
            tone: wishes.tone,
            background: Some(format!("a film called {:?}, to be spoken by dubbing actors", head.title)),
            glossary: wishes.glossary,
            candidates: CANDIDATES,
            seed: 0,
            priority: Priority::Batch,
        };
        let translator = Translator::new(engine);
        let started = self.settings.clock.elapsed_seconds();
        let mut meter = Meter::new(said.len() as u64, 0, started);
        for some in said.chunks(TOGETHER) {
            let lines: Vec<Line> = some.iter().map(|(cue, name)| line(cue, name, &head.to)).collect();
            let found = translator.translate(&lines, &task, cancel, &mut |_| ())?;
            let lines = some.iter().zip(&found).filter_map(|((cue, _), candidates)| {
                let text = flat(&candidates.first()?.text);
                text.chars().any(char::is_alphanumeric).then_some((cue.id, text))
            });
            lock(desk).append(self, &Record::Translated { lines: lines.collect() })?;
            let now = self.settings.clock.elapsed_seconds();
            meter.made(some.len() as u64, 0.0, now);
            events.emit(meter.progress(now));
        }
        let left = lock(desk).script.cues.iter().filter(|cue| cue.target.is_empty()).count();
        if left > 0 {
            warn(format!("the language model gave no usable words for {left} cues"));
        }
        Ok(())
    }
}

/// Characters of a language that can be said in a second without haste: about five syllables, in its own script.
fn characters_per_second(language: &str) -> f64 {
    match language.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "zh" | "yue" => 5.0,
        "ja" | "ko" => 7.5,
        "ar" | "he" | "fa" | "hi" => 13.0,
        "de" | "nl" | "ru" => 15.0,
        "es" | "it" | "pt" | "fr" => 17.0,
        _ => 16.0,
    }
}

fn line(cue: &Cue, name: &str, language: &str) -> Line {
    let seconds = (cue.end_ms - cue.start_ms) as f64 / 1000.0;
    Line {
        text: cue.source.clone(),
        speaker: Some(name.to_owned()),
        seconds: Some(seconds),
        characters: Some((seconds * ROOM * characters_per_second(language)).ceil().max(8.0) as usize),
    }
}
