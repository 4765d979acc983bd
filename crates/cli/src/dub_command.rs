//! `vouch dub`.

use std::sync::Arc;

use jobs::Cancel;
use serde_json::{Value, json};
use studio::StudioError;
use studio::dub::{DubFiles, DubRequest, DubTranslation, Dubbed, LineSource, NewDub, OwnLine};

use crate::arguments::{Arguments, Dub};
use crate::open;
use crate::output::{Failure, Screen};

/// Dubs a film.
pub fn dub(arguments: &Arguments, dub: &Dub, screen: &Arc<Screen>, cancel: &Cancel) -> Result<Value, Failure> {
    let studio = open::studio(arguments)?;
    let request = DubRequest {
        new: NewDub {
            film: dub.film.clone(),
            to: dub.to.clone(),
            from: dub.from.clone(),
            track: dub.track.map(|track| usize::from(track) - 1),
            source_subtitles: dub.source_subs.clone(),
            target_subtitles: dub.subs.clone(),
            speakers: dub.speakers,
        },
        cast: dub.cast.clone(),
        translation: translation(dub)?,
        lines: lines(dub),
        files: DubFiles {
            out: Some(dub.out.clone()),
            keep_original: dub.keep_original,
            subtitles: dub.subtitles,
            stems: dub.stems.clone(),
        },
    };
    let (job, dubbed) = studio.run_dub(&request, screen.clone(), cancel)?;
    show(&dubbed, screen);
    let mut result = json!(dubbed);
    result["job"] = json!(job);
    Ok(result)
}

/// A glossary is a page or two; this is a book.
const MOST_GLOSSARY_BYTES: u64 = 1 << 20;

/// What is wished for the translation; none where nothing was said of it.
fn translation(dub: &Dub) -> Result<Option<DubTranslation>, Failure> {
    let mut glossary = Vec::new();
    if let Some(path) = &dub.glossary {
        let unreadable = |reason: String| StudioError::Unreadable { path: path.clone(), reason };
        let size = std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?.len();
        if size > MOST_GLOSSARY_BYTES {
            return Err(unreadable("it is larger than a megabyte".into()).into());
        }
        let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
        let lines = text.trim_start_matches('\u{feff}').lines().enumerate();
        for (at, line) in lines.filter(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#')) {
            let (term, said) = line.split_once(['=', '\t']).ok_or_else(|| {
                unreadable(format!(
                    "line {} is not `term = translation`: {}",
                    at + 1,
                    line.chars().take(60).collect::<String>()
                ))
            })?;
            glossary.push((term.trim().to_owned(), said.trim().to_owned()));
        }
    }
    let is_said = dub.glossary.is_some() || dub.tone.is_some();
    Ok(is_said.then(|| DubTranslation { glossary, tone: dub.tone.clone() }))
}

/// Lines that people speak themselves. Those that a voice speaks again come first: a cue that is named twice is recorded.
fn lines(dub: &Dub) -> Vec<OwnLine> {
    let voice = dub.remove_line.iter().map(|cue| OwnLine { cue: *cue, from: LineSource::Voice });
    let files = dub.line.iter().map(|(cue, file)| OwnLine { cue: *cue, from: LineSource::File(file.clone()) });
    let live = dub.record_line.iter().map(|(cue, seconds)| OwnLine {
        cue: *cue,
        from: LineSource::Microphone { seconds: *seconds, device: dub.device.clone() },
    });
    voice.chain(files).chain(live).collect()
}

/// What a dub came to, for people.
pub fn show(dubbed: &Dubbed, screen: &Screen) {
    for warning in &dubbed.prepared.warnings {
        screen.say(format!("note: {warning}"));
    }
    screen.say(format!(
        "dub {}: {} cues, {} speakers, {} lines made now ({:.1} s of speech)",
        dubbed.dub, dubbed.prepared.cues, dubbed.prepared.speakers, dubbed.rendered.made, dubbed.rendered.audio_seconds
    ));
    let Some(file) = &dubbed.file else { return };
    for line in file.report.lines() {
        screen.say(line);
    }
    for file in &file.files {
        screen.say(format!("{}", file.display()));
    }
}
