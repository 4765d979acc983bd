//! `vouch bench`: prints what the studio measured. Figures in the README come from here.

mod dub;

use std::path::Path;

use jobs::Cancel;
use library::{Kind, Library, Unlock};
use serde_json::{Value, json};
use studio::bench::{BatchGain, EarRates};
use studio::{Studio, StudioError};

use crate::arguments::BenchCommand;
use crate::open;
use crate::output::{Failure, Screen};

/// Held-out sentences: no network was trained on them.
const SENTENCES: &str = include_str!("../../../assets/score/sentences.txt");

/// Runs one of the measurements.
pub fn run(command: &BenchCommand, screen: &Screen, cancel: &Cancel) -> Result<Value, Failure> {
    match command {
        BenchCommand::Voice { rounds } => voice(*rounds, screen),
        BenchCommand::Ear { speech, trials } => ear(speech, *trials, screen),
        BenchCommand::Proof { speech, lines } => proof(speech, *lines, screen),
        BenchCommand::Film { out, lines, named } => film(out, usize::from(*lines), *named, screen),
        BenchCommand::Dub { out, lines } => dub::run(out, usize::from(*lines), screen, cancel),
        BenchCommand::Sentences { out, sentences } => self::sentences(out, *sentences, screen),
    }
}

fn film(out: &Path, lines: usize, named: bool, screen: &Screen) -> Result<Value, Failure> {
    let film = studio::bench::film::make(out, lines, named, &host::settings())?;
    let truth = out.join("truth.json");
    std::fs::write(&truth, json!(film).to_string())
        .map_err(|error| StudioError::Unwritable { path: truth, reason: error.to_string() })?;
    screen.say(format!("{}: {:.0} s, {} cues", film.film.display(), film.seconds, film.cues.len()));
    Ok(json!({"film": film}))
}

fn voice(rounds: usize, screen: &Screen) -> Result<Value, Failure> {
    let studio = Studio::without_library(host::settings());
    let gain = studio.batch_gain(rounds.clamp(1, 100))?;
    screen.say(format!("At batch 1: {:.2} x real time (RTF {:.3})", gain.times_real_time_alone, gain.rtf_alone));
    for (batch, cost) in &gain.cost_of_one {
        screen.say(format!("At batch {batch}: a stream costs {cost:.2} of what it costs alone"));
    }
    Ok(json!({"voice": gain}))
}

/// A quick measurement for the demo's report.
pub fn batch_gain(studio: &Studio) -> Result<BatchGain, Failure> {
    Ok(studio.batch_gain(3)?)
}

fn ear(speech: &Path, trials: usize, screen: &Screen) -> Result<Value, Failure> {
    let scratch = tempfile::tempdir().map_err(|error| scratch_failed(&error))?;
    let settings = host::settings();
    let rates = studio::bench::ear_rates(speech, trials.clamp(10, 10_000), scratch.path(), &settings, &|line| {
        screen.say(line);
    })?;
    show(&rates, screen);
    Ok(json!({"rates": rates}))
}

fn proof(speech: &Path, lines: usize, screen: &Screen) -> Result<Value, Failure> {
    let studio = Studio::without_library(host::settings());
    let lines: Vec<&str> = SENTENCES.lines().filter(|line| !line.is_empty()).take(lines.max(1)).collect();
    let rates = studio::bench::proof_rates(&studio, &lines, speech, &|line| screen.say(line))?;
    show(&rates, screen);
    Ok(json!({"rates": rates}))
}

fn show(rates: &[EarRates], screen: &Screen) {
    for EarRates { voices, rows } in rates {
        screen.say(format!("{voices}:"));
        for row in rows {
            screen.say(format!("  {:<46} {:>6.1} %  of {}", row.what, row.share * 100.0, row.trials));
        }
    }
}

/// Speaks with every preset and with clones of stand-in speakers, each through its own ceremony.
fn sentences(out: &Path, count: usize, screen: &Screen) -> Result<Value, Failure> {
    std::fs::create_dir_all(out)
        .map_err(|error| StudioError::Unwritable { path: out.to_owned(), reason: error.to_string() })?;
    let scratch = tempfile::tempdir().map_err(|error| scratch_failed(&error))?;
    let unlock = Unlock::Passphrase(open::fresh_passphrase()?.into());
    let library = Library::create(&scratch.path().join("library"), Kind::Demo, &unlock, &host::machine(), host::now())?;
    let studio = Studio::new(library, host::settings());
    let lines: Vec<&str> = SENTENCES.lines().filter(|line| !line.is_empty()).take(count.max(1)).collect();
    let clips = studio::bench::speak_sentences(&studio, &lines, out, &|line| screen.say(line))?;
    let manifest = out.join("manifest.json");
    let text = serde_json::to_string_pretty(&clips).unwrap_or_default();
    std::fs::write(&manifest, text)
        .map_err(|error| StudioError::Unwritable { path: manifest.clone(), reason: error.to_string() })?;
    screen.say(format!("{} clips, {}", clips.len(), manifest.display()));
    Ok(json!({"manifest": manifest, "clips": clips.len()}))
}

fn scratch_failed(error: &std::io::Error) -> Failure {
    Failure::usage(format!("no scratch folder could be made: {error}"), "check the free space of the temporary folder")
}
