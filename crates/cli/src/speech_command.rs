//! `vouch speak` and `vouch narrate`.

use std::io::Read;
use std::sync::Arc;

use jobs::Cancel;
use serde_json::{Value, json};
use studio::StudioError;
use studio::narrate::{NarrateRequest, Narrated};
use studio::speak::{MAX_CHARACTERS, SpeakRequest};

use crate::arguments::{Arguments, Narrate, Speak};
use crate::open;
use crate::output::{Failure, Screen};

/// Speaks a text.
pub fn speak(arguments: &Arguments, speak: &Speak, screen: &Screen, cancel: &Cancel) -> Result<Value, Failure> {
    let text = if speak.text == "-" { standard_input()? } else { speak.text.clone() };
    let studio = open::studio_for(arguments, &speak.voice)?;
    let request = SpeakRequest {
        text,
        voice: speak.voice.clone(),
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
        voice: narrate.voice.clone(),
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
