//! `vouch doctor`: what this machine has, what is missing, and the command that mends it.

use serde_json::{Value, json};
use studio::{Models, StudioError};

use crate::arguments::Arguments;
use crate::open;
use crate::output::{Failure, Screen};

struct Finding {
    name: &'static str,
    good: bool,
    /// Whether the product is of no use without it.
    needed: bool,
    found: String,
    fix: Option<String>,
}

/// Looks at everything that the product uses on this machine.
pub fn run(arguments: &Arguments, screen: &Screen) -> Result<Value, Failure> {
    let findings = [processor(), models_finding(), ffmpeg(), microphone(), library(arguments)];
    for finding in &findings {
        screen.say(format!("{} {:<10} {}", if finding.good { "ok  " } else { "LOOK" }, finding.name, finding.found));
        if let Some(fix) = &finding.fix {
            screen.say(format!("     to mend it: {fix}"));
        }
    }
    let shown: Vec<Value> = findings
        .iter()
        .map(|f| json!({"name": f.name, "good": f.good, "needed": f.needed, "found": f.found, "fix": f.fix}))
        .collect();
    match findings.into_iter().find(|finding| finding.needed && !finding.good) {
        None => Ok(json!({"findings": shown})),
        Some(finding) => Err(StudioError::Missing { what: finding.found, fix: finding.fix.unwrap_or_default() }.into()),
    }
}

fn processor() -> Finding {
    let card = host::graphics_card().unwrap_or_else(|| "a graphics card".into());
    Finding {
        name: "device",
        good: true,
        needed: true,
        found: format!(
            "{}, {} cores; this version does not use {card}",
            host::processor().unwrap_or_else(|| "processor".into()),
            host::cores()
        ),
        fix: None,
    }
}

fn models_finding() -> Finding {
    match Models::new(1, 1, None).verify() {
        Ok(facts) => Finding {
            name: "models",
            good: true,
            needed: true,
            found: format!("starter, bundled, {:.1} MB", facts.bytes as f64 / 1e6),
            fix: None,
        },
        Err(error) => {
            Finding { name: "models", good: false, needed: true, found: error.to_string(), fix: Some(error.fix()) }
        }
    }
}

fn ffmpeg() -> Finding {
    match host::settings().ffmpeg {
        Some(path) => {
            Finding { name: "ffmpeg", good: true, needed: false, found: path.display().to_string(), fix: None }
        }
        None => Finding {
            name: "ffmpeg",
            good: false,
            needed: false,
            found: "not found: only WAV files can be written".into(),
            fix: Some("apt-get install ffmpeg".into()),
        },
    }
}

fn microphone() -> Finding {
    let none = |found: String| Finding {
        name: "microphone",
        good: false,
        needed: false,
        found,
        fix: Some("plug in a microphone; a demo library can be tried without one".into()),
    };
    match devices::list() {
        Ok(devices) => {
            let inputs: Vec<String> = devices
                .iter()
                .filter(|device| device.direction == devices::Direction::Input && !device.hidden)
                .map(|device| device.name.clone())
                .collect();
            if inputs.is_empty() {
                return none("none".into());
            }
            Finding { name: "microphone", good: true, needed: false, found: inputs.join(", "), fix: None }
        }
        Err(error) => none(error.to_string()),
    }
}

fn library(arguments: &Arguments) -> Finding {
    let found = |good, found, fix| Finding { name: "library", good, needed: false, found, fix };
    let Ok(folder) = open::library_folder(arguments) else {
        return found(false, "no folder".into(), Some("name one with --library DIR".into()));
    };
    match open::studio(arguments) {
        Ok(_) => found(true, folder.display().to_string(), None),
        Err(failure) => found(false, failure.message, Some(failure.fix)),
    }
}
