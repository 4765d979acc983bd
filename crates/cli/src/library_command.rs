//! `vouch library`: make a library, check one.

use std::path::Path;

use library::{Kind, Library};
use serde_json::{Value, json};

use crate::arguments::Arguments;
use crate::open;
use crate::output::{Failure, Screen};

/// Makes a new library.
pub fn init(dir: &Path, demo: bool, screen: &Screen) -> Result<Value, Failure> {
    let kind = if demo { Kind::Demo } else { Kind::Normal };
    open::unlocked(|unlock| Library::create(dir, kind, unlock, &host::machine(), host::now()))?;
    screen.say(format!("{} library made in {}.", if demo { "Demo" } else { "New" }, dir.display()));
    if demo {
        screen.say("It takes files as microphone. Everything in it is marked demo; nothing of it can leave it.");
    }
    Ok(json!({"library": dir, "demo": demo}))
}

/// Checks the log's chain and every stored piece.
pub fn check(arguments: &Arguments, screen: &Screen) -> Result<Value, Failure> {
    let studio = open::studio(arguments)?;
    let report = studio.library()?.check()?;
    for damage in &report.damage {
        screen.say(format!("DAMAGE {damage}"));
    }
    if let Some(damage) = report.damage.first() {
        return Err(Failure {
            code: "library_damaged".into(),
            message: format!("{} things in the library are damaged; the first: {damage}", report.damage.len()),
            fix: "restore the library folder from a backup made after the last change".into(),
            exit: 5,
            more: Vec::new(),
        });
    }
    screen.say(format!(
        "Log: {} entries, chained, signed, anchored. {} voices, {} sealed files, {} finished segments.",
        report.log_entries, report.voices, report.blobs, report.segments
    ));
    Ok(json!({
        "log_entries": report.log_entries, "voices": report.voices, "blobs": report.blobs,
        "segments": report.segments, "segments_made": report.segments_made,
    }))
}
