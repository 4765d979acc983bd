//! `vouch models`: what speaks and hears on this machine, and what else can be had. The studio does it; this shows it.

use std::time::Instant;

use jobs::Cancel;
use serde_json::{Value, json};
use studio::catalog::{CatalogError, Entry, Listed, Shelf, State};
use studio::{Models, STARTER, StudioError};

use crate::arguments::ModelsCommand;
use crate::output::{Failure, Screen};

/// Runs one of the commands.
pub fn run(command: &ModelsCommand, screen: &Screen, cancel: &Cancel) -> Result<Value, Failure> {
    let shelf = host::shelf(host::models_folder().unwrap_or_default())?;
    match command {
        ModelsCommand::List => list(&shelf, screen),
        ModelsCommand::Verify { id } => verify(&shelf, id.as_deref(), screen, cancel),
        ModelsCommand::Pull { id } => {
            let entry = shelf.pull(id, &mut |news| screen.bytes(id, &news), cancel)?;
            Ok(installed(&entry, screen))
        }
        ModelsCommand::Import { dir } => {
            let entry = shelf.import(dir, &mut |news| screen.bytes("", &news), cancel)?;
            Ok(installed(&entry, screen))
        }
        ModelsCommand::Remove { id } => {
            shelf.remove(id)?;
            screen.say(format!("{id} is removed"));
            Ok(json!({"removed": id}))
        }
    }
}

fn installed(entry: &Entry, screen: &Screen) -> Value {
    screen.say(format!("{} is installed and whole, {:.1} MB", entry.id, entry.bytes() as f64 / 1e6));
    json!({"installed": {"id": entry.id, "bytes": entry.bytes()}})
}

/// Lists the models and the voices that they bring.
fn list(shelf: &Shelf, screen: &Screen) -> Result<Value, Failure> {
    let facts = Models::new(1).verify()?;
    screen.say(format!("starter (bundled, {:.1} MB, English): voice, cloner, ear", facts.bytes as f64 / 1e6));
    for preset in studio::presets() {
        screen.say(format!("  {:<8} {}", preset.id, preset.description));
    }
    let presets: Vec<Value> =
        studio::presets().iter().map(|p| json!({"id": p.id, "description": p.description})).collect();
    let mut models = vec![json!({
        "id": "starter", "bundled": true, "bytes": facts.bytes, "identity": facts.identity, "languages": ["en"],
        "presets": presets,
    })];
    let others = shelf.list()?;
    for listed in &others {
        screen.say(line(listed));
        models.push(shown(listed));
    }
    if others.is_empty() {
        screen.say("This version's catalog has no models to download yet.");
    }
    Ok(json!({"models": models}))
}

fn line(listed: &Listed) -> String {
    let Listed { entry, state, in_catalog } = listed;
    let state = match state {
        State::Absent => format!("get it with `vouch models pull {}`", entry.id),
        State::Partial { bytes } => {
            format!("{:.0} MB have come; go on with `vouch models pull {}`", *bytes as f64 / 1e6, entry.id)
        }
        State::Installed if *in_catalog => "installed".into(),
        State::Installed => "installed; not in this version's catalog, and so of no use to it".into(),
        State::Damaged => format!("damaged or outdated; mend it with `vouch models pull {}`", entry.id),
    };
    format!(
        "{} ({:.1} MB, {}, {}): {}\n  {}",
        entry.id,
        entry.bytes() as f64 / 1e6,
        entry.licence,
        if entry.languages.is_empty() { "any language".into() } else { entry.languages.join(" ") },
        entry.about,
        state
    )
}

fn shown(listed: &Listed) -> Value {
    let Listed { entry, state, in_catalog } = listed;
    let (state, done) = match state {
        State::Absent => ("absent", 0),
        State::Partial { bytes } => ("partial", *bytes),
        State::Installed => ("installed", entry.bytes()),
        State::Damaged => ("damaged", 0),
    };
    json!({
        "id": entry.id, "name": entry.name, "about": entry.about, "bundled": false, "in_catalog": in_catalog,
        "state": state, "done_bytes": done, "bytes": entry.bytes(), "memory_bytes": entry.memory_bytes,
        "licence": entry.licence, "licence_url": entry.licence_url, "languages": entry.languages, "kind": entry.kind,
    })
}

/// Loads the bundled models and reads the installed ones.
fn verify(shelf: &Shelf, id: Option<&str>, screen: &Screen, cancel: &Cancel) -> Result<Value, Failure> {
    let mut verified = serde_json::Map::new();
    if id.is_none_or(|id| Models::bundled().iter().any(|model| model.id == id)) {
        let started = Instant::now();
        let facts = Models::new(1).verify()?;
        let load_seconds = started.elapsed().as_secs_f64();
        screen.say(format!("starter: whole, identity {}, loaded in {:.0} ms", facts.identity, load_seconds * 1e3));
        verified.insert(STARTER.into(), json!({"identity": facts.identity, "load_seconds": load_seconds}));
        if id.is_some() {
            return Ok(Value::Object(verified));
        }
    }
    let here = |listed: &Listed| matches!(listed.state, State::Installed | State::Damaged);
    let ids: Vec<String> = match id {
        Some(id) => vec![id.to_owned()],
        None => shelf.list()?.into_iter().filter(here).map(|listed| listed.entry.id).collect(),
    };
    let (mut whole, mut damaged) = (Vec::new(), None);
    for id in ids {
        // One damaged model does not hide how the others are.
        match shelf.verify(&id, &mut |news| screen.bytes(&id, &news), cancel) {
            Ok(entry) => {
                screen.say(format!("{id}: whole, {:.1} MB", entry.bytes() as f64 / 1e6));
                whole.push(json!({"id": id, "bytes": entry.bytes()}));
            }
            Err(error @ StudioError::Catalog(CatalogError::Damaged { .. })) => {
                screen.say(format!("{id}: {error}"));
                damaged = Some(error);
            }
            Err(error) => return Err(error.into()),
        }
    }
    if let Some(error) = damaged {
        return Err(error.into());
    }
    verified.insert("models".into(), whole.into());
    Ok(Value::Object(verified))
}
