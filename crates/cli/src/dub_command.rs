//! `vouch dub`.

use std::sync::Arc;

use jobs::Cancel;
use serde_json::{Value, json};
use studio::dub::{DubFiles, DubRequest, Dubbed, NewDub};

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
