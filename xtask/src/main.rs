//! The project's own commands: `cargo xtask demo`, `app`, `test`, `bundle` and others. Decides nothing about the product;
//! it installs what the machine lacks and runs the product's own commands.

// A command for developers talks to its terminal.
#![allow(clippy::print_stderr)]

mod bench_cpu;
mod conformance;
mod setup;
mod window;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context, Result, bail};

const USAGE: &str = "\
cargo xtask COMMAND

  demo     set everything up, build, and run the main job: consent, clone, narrate, revoke
  app      set everything up, build, and open the desktop window (on a screen of its own where there is none)
  test     set everything up and run every check: format, lints, tests, the real window, the pages in a browser
  bundle   make installers: a .deb, and an AppImage where its tools can be fetched
  trip     go through the whole product in the real window of the release build, and print how long things take
  screens  take the screenshots anew that tests/ui/screens keeps
  bindings write the types that the window shares with the program
  setup    only install what the machine lacks
  score    speak unseen sentences and score them with an outside recogniser
  rates    measure how often the consent gate is wrong, on stand-in voices and real clips
  bench    measure the engine: times real time, batch gain
  bench cpu  our kernels against PyTorch on this machine: [--quick] [--json] [--hands N] [--only PIECE] [--python PATH]
  conformance  compare the networks with what a reference laid down in the given folders

Everything after the command is passed on, as in `cargo xtask demo --out DIR`.";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let started = Instant::now();
    let result = match command.as_str() {
        "setup" => setup::everything(&root()),
        "app" => window::app(&rest),
        "bundle" => window::bundle(),
        "trip" => window::trip(),
        "screens" => window::screens(),
        "bindings" => window::bindings(),
        "demo" => demo(&rest),
        "test" => test(&rest),
        "score" => score(&rest),
        "rates" => product(&["bench", "ear"], &rest),
        "conformance" => conformance::run(&rest),
        "bench" if rest.first().is_some_and(|what| what == "cpu") => bench_cpu::run(&rest[1..]),
        "bench" => product(&["bench", "voice"], &rest),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => {
            eprintln!("xtask {command}: done in {:.0} s", started.elapsed().as_secs_f64());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("xtask {command}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn demo(rest: &[String]) -> Result<()> {
    product(&["demo"], rest)
}

/// Builds the release binary and runs it.
fn product(command: &[&str], rest: &[String]) -> Result<()> {
    setup::packages(setup::PRODUCT)?;
    let vouch = release_binary()?;
    run(Command::new(vouch).args(command).args(rest))
}

fn release_binary() -> Result<PathBuf> {
    run(cargo().args(["build", "--locked", "--release", "--package", "cli"]))?;
    Ok(target().join("release").join("vouch"))
}

fn test(rest: &[String]) -> Result<()> {
    setup::everything(&root())?;
    run(cargo().args(["fmt", "--all", "--check"]))?;
    window::check_pages()?;
    window::build_pages()?;
    run(cargo().args(["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    // Programs and tests in one build: built apart, each half would build the dependencies with features of its own.
    run(cargo().args(["build", "--locked", "--workspace", "--bins", "--tests"]))?;
    let built = target().join("debug/vouch");
    run(cargo().args(["test", "--locked", "--workspace", "--no-fail-fast"]).args(rest).env("VOUCH_BINARY", built))?;
    window::test_pages()
}

/// Speaks with the release binary and scores with the recogniser in a Python environment of its own under `target/`.
fn score(rest: &[String]) -> Result<()> {
    setup::packages(setup::PRODUCT)?;
    let vouch = release_binary()?;
    let python = setup::python_environment(&root(), &target())?;
    let out = target().join("score");
    run(Command::new(vouch).args(["bench", "sentences", "--out"]).arg(&out).args(rest))?;
    run(Command::new(python)
        .current_dir(root())
        .arg("training/evaluate.py")
        .arg(out.join("manifest.json"))
        .arg("--out")
        .arg(out.join("scores.json")))
}

fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}

fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Runs a command and fails with its name if it fails.
fn run(command: &mut Command) -> Result<()> {
    let shown = format!("{command:?}").replace('"', "");
    eprintln!("$ {shown}");
    let status = command.status().with_context(|| format!("could not start {shown}"))?;
    if !status.success() {
        bail!("failed ({status}): {shown}");
    }
    Ok(())
}
