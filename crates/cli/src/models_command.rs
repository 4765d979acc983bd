//! `vouch models`: what speaks and hears on this machine, and what else can be had. The studio does it; this shows it.

use std::time::Instant;

use jobs::Cancel;
use serde_json::{Value, json};
use studio::catalog::{CatalogError, Entry, KINDS_OF_NUMBERS, Listed, Shelf, State};
use studio::{Models, STARTER, StudioError};

use crate::arguments::ModelsCommand;
use crate::output::{Failure, Screen};

/// Runs one of the commands.
pub fn run(command: &ModelsCommand, screen: &Screen, cancel: &Cancel) -> Result<Value, Failure> {
    let shelf = host::shelf(host::models_folder().unwrap_or_default())?;
    match command {
        ModelsCommand::List { table: true } => {
            let table = studio::catalog::table(shelf.catalog()).map_err(StudioError::from)?;
            screen.say(table.trim_end());
            Ok(json!({"table": table}))
        }
        ModelsCommand::List { table: false } => list(&shelf, screen),
        ModelsCommand::Show { id } => show(&shelf, id, screen),
        ModelsCommand::Verify { id } => verify(&shelf, id.as_deref(), screen, cancel),
        ModelsCommand::Pull { id } => {
            let entry = shelf.pull(id, &mut |news| screen.bytes(id, &news), cancel)?;
            Ok(installed(&shelf, &entry, screen))
        }
        ModelsCommand::Import { dir, id } => {
            // Before anything is read: a name that cannot be is the quickest to mend.
            id.as_deref().map_or(Ok(()), Shelf::check_name)?;
            if let Some(seen) = shelf.look(dir)? {
                screen.say(format!("a {} model, {:.1} million numbers", seen.family, seen.parameters as f64 / 1e6));
                if seen.surplus_count > 0 {
                    let (count, names) = (seen.surplus_count, seen.surplus.join(", "));
                    screen.say(format!("warning: {count} tensors that nothing asks for, as {names}"));
                }
            }
            let mut news = |news| screen.bytes(id.as_deref().unwrap_or_default(), &news);
            let entry = match id {
                Some(id) => shelf.import_as(dir, id, &mut news, cancel)?,
                None => shelf.import(dir, &mut news, cancel)?,
            };
            Ok(installed(&shelf, &entry, screen))
        }
        ModelsCommand::Remove { id } => {
            shelf.remove(id)?;
            screen.say(format!("{id} is removed"));
            Ok(json!({"removed": id}))
        }
    }
}

fn installed(shelf: &Shelf, entry: &Entry, screen: &Screen) -> Value {
    screen.say(format!("{} is installed and whole, {:.1} MB", entry.id, entry.bytes() as f64 / 1e6));
    // What nobody had written down before was trusted this once; the user should see what it is from now on.
    let known = shelf.catalog().entry(&entry.id).ok();
    let pinned = |path: &str| {
        known.is_some_and(|known| known.files.iter().any(|piece| piece.path == path && piece.sha256.is_some()))
    };
    let recorded: Vec<_> = entry.files.iter().filter(|piece| !pinned(&piece.path)).collect();
    if !recorded.is_empty() {
        screen.say("nobody had written down the digests of these files; they are recorded and hold from now on:");
    }
    for piece in &recorded {
        screen.say(format!("  {} sha256 {}", piece.path, piece.sha256.as_deref().unwrap_or("-")));
    }
    let recorded: Vec<_> = recorded.iter().map(|piece| json!({"file": piece.path, "sha256": piece.sha256})).collect();
    json!({"installed": {"id": entry.id, "bytes": entry.bytes(), "recorded": recorded}})
}

/// Shows one model of the catalog or of the folder.
fn show(shelf: &Shelf, id: &str, screen: &Screen) -> Result<Value, Failure> {
    let all = shelf.list()?;
    let Some(listed) = all.iter().find(|listed| listed.entry.id == id) else {
        shelf.catalog().entry(id)?;
        return Err(CatalogError::NotInstalled { id: id.to_owned() }.into());
    };
    let entry = shelf.recorded(&listed.entry);
    screen.say(line(listed));
    if let (Some(repository), Some(revision)) = (&entry.repository, &entry.revision) {
        screen.say(format!("  from {repository} at {revision}"));
    }
    for piece in &entry.files {
        let size = piece.bytes.map_or("size unknown".into(), |bytes| format!("{bytes} bytes"));
        let digest =
            piece.sha256.as_ref().map_or("recorded at the first download".into(), |hex| format!("sha256 {hex}"));
        screen.say(format!("  {}: {size}, {digest}", piece.path));
    }
    let mut value = shown(listed);
    value["repository"] = json!(entry.repository);
    value["revision"] = json!(entry.revision);
    value["files"] = json!(entry.files);
    if let Some(layout) = entry.layout().map_err(StudioError::from)? {
        let memory = layout.memory();
        let mut weights = serde_json::Map::new();
        for (precision, name) in KINDS_OF_NUMBERS {
            let bytes = memory.weights(precision);
            screen.say(format!("  memory for the weights in {name}: {:.0} MB", bytes as f64 / 1e6));
            weights.insert(name.into(), bytes.into());
        }
        let (slot, position) = (memory.slot(), memory.position());
        screen.say(format!(
            "  and for each at work: {:.1} MB, and {:.1} MB for 1000 positions",
            slot as f64 / 1e6,
            position as f64 / 1e3
        ));
        value["memory"] = json!({"weights": weights, "slot": slot, "position": position});
    }
    Ok(json!({"model": value}))
}

/// Lists the models and the voices that they bring.
fn list(shelf: &Shelf, screen: &Screen) -> Result<Value, Failure> {
    let facts = Models::new(1, 1, None).verify()?;
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
        State::Installed if entry.own => "installed; your own".into(),
        State::Installed => "installed; not in this version's catalog, and so of no use to it".into(),
        State::Damaged if entry.own => "damaged; mend it with `vouch models import DIR --id` and its name".into(),
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
        "own": entry.own, "pinned": entry.is_pinned(),
    })
}

/// Loads the bundled models and reads the installed ones.
fn verify(shelf: &Shelf, id: Option<&str>, screen: &Screen, cancel: &Cancel) -> Result<Value, Failure> {
    let mut verified = serde_json::Map::new();
    if id.is_none_or(|id| Models::bundled().iter().any(|model| model.id == id)) {
        let started = Instant::now();
        let facts = Models::new(1, 1, None).verify()?;
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
