//! `vouch speak`, `vouch narrate` and `vouch transcribe`.

use std::io::Read;
use std::sync::Arc;

use jobs::Cancel;
use serde_json::{Value, json};
use studio::narrate::{NarrateRequest, Narrated};
use studio::speak::{MAX_CHARACTERS, SpeakRequest};
use studio::transcribe::{Aligner, Ears, Recogniser, TranscribeRequest};
use studio::{Studio, StudioError};

use crate::arguments::{Arguments, Narrate, Speak, Transcribe};
use crate::open;
use crate::output::{Failure, Screen};

/// Speaks a text.
pub fn speak(arguments: &Arguments, speak: &Speak, screen: &Screen, cancel: &Cancel) -> Result<Value, Failure> {
    let text = if speak.text == "-" { standard_input()? } else { speak.text.clone() };
    let voice = with_model(speak.model.as_deref(), &speak.voice)?;
    let studio = open::studio_for(arguments, &voice)?;
    let request = SpeakRequest {
        text,
        voice,
        out: speak.out.clone(),
        language: speak.language.clone(),
        takes: speak.takes,
        seed: speak.seed,
        speed: speak.speed,
    };
    let spoken = studio.speak(&request, screen, cancel)?;
    for file in &spoken.files {
        screen.say(format!("{}", file.display()));
    }
    screen.say(format!(
        "{:.1} s of speech in {:.1} s ({:.1} x real time)",
        spoken.audio_seconds, spoken.elapsed_seconds, spoken.times_real_time
    ));
    Ok(json!(spoken))
}

/// Narrates a book.
pub fn narrate(
    arguments: &Arguments,
    narrate: &Narrate,
    screen: &Arc<Screen>,
    cancel: &Cancel,
) -> Result<Value, Failure> {
    let studio = open::studio(arguments)?;
    let request = NarrateRequest {
        book: narrate.book.clone(),
        voice: with_model(narrate.model.as_deref(), &narrate.voice)?,
        out: narrate.out.clone(),
        chapters: narrate.chapters.clone(),
        seed: narrate.seed,
        speed: narrate.speed,
    };
    let (job, narrated) = studio.run_narration(&request, screen.clone(), cancel)?;
    show(&narrated, screen);
    let mut result = json!(narrated);
    result["job"] = json!(job);
    Ok(result)
}

/// Writes a recording down.
pub fn transcribe(transcribe: &Transcribe, screen: &Screen, cancel: &Cancel) -> Result<Value, Failure> {
    let studio = Studio::without_library(host::settings());
    let recogniser = studio.models().recogniser(transcribe.model.as_deref())?;
    let aligner = studio.models().aligner(transcribe.aligner.as_deref())?;
    let ears = Ears {
        recogniser: recogniser.as_ref().map(|engine| engine as &dyn Recogniser),
        aligner: aligner.as_ref().map(|engine| engine as &dyn Aligner),
    };
    let request = TranscribeRequest {
        audio: transcribe.audio.clone(),
        out: transcribe.out.clone(),
        language: transcribe.language.clone(),
        context: transcribe.context.clone(),
    };
    let done = studio.transcribe(&request, ears, screen, cancel)?;
    for warning in &done.warnings {
        screen.say(format!("note: {warning}"));
    }
    screen.say(format!(
        "{}: {} words in {} cues, {:.1} s of sound in {:.1} s ({:.1} x real time)",
        done.file.display(),
        done.words,
        done.cues,
        done.audio_seconds,
        done.elapsed_seconds,
        done.times_real_time
    ));
    Ok(json!(done))
}

/// A voice of a model, as the studio takes it.
fn with_model(model: Option<&str>, voice: &str) -> Result<String, Failure> {
    let Some(model) = model else { return Ok(voice.to_owned()) };
    // A voice may be called like anything; a model that was asked for must be there.
    Studio::without_library(host::settings()).models().voice_model(model)?;
    Ok(format!("{model}/{voice}"))
}

/// What a narration came to, for people.
pub fn show(narrated: &Narrated, screen: &Screen) {
    for warning in &narrated.warnings {
        screen.say(format!("note: {warning}"));
    }
    screen.say(format!(
        "{}: {} chapters, {} segments ({} made now, {} kept), {:.1} s of sound, {:.1} x real time",
        narrated.file.display(),
        narrated.chapters,
        narrated.segments,
        narrated.made,
        narrated.segments - narrated.made.min(narrated.segments),
        narrated.audio_seconds,
        narrated.times_real_time
    ));
}

/// Reads a text of bounded length from standard input.
fn standard_input() -> Result<String, Failure> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .take(MAX_CHARACTERS as u64 * 4 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::usage(format!("standard input could not be read: {error}"), "pipe a text into it"))?;
    String::from_utf8(bytes).map_err(|_| StudioError::NotText.into())
}
