//! The desktop's commands: build its pages, open it, test it, pack it.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::{cargo, root, run, setup, target};

/// Opens the window. Everything after `app` goes to it, as in `cargo xtask app book.epub`.
pub fn app(rest: &[String]) -> Result<()> {
    setup::everything(&root())?;
    let app = release()?;
    let screen = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
    if screen {
        return run(Command::new(app).args(rest));
    }
    eprintln!("There is no screen: the window opens on one of its own (Xvfb). The interrupt key ends it.");
    run(Command::new("xvfb-run")
        .args(["--auto-servernum", "--server-args", "-screen 0 1280x800x24", "dbus-run-session", "--"])
        .arg(app)
        .args(rest)
        .env("LIBGL_ALWAYS_SOFTWARE", "1"))
}

/// Makes the installers under `target/release/bundle`.
pub fn bundle() -> Result<()> {
    setup::everything(&root())?;
    release()?;
    // The command line travels with the window.
    let vouch = target().join("release").join("vouch");
    let files = format!(r#"{{"bundle":{{"linux":{{"deb":{{"files":{{"/usr/bin/vouch":"{}"}}}}}}}}}}"#, vouch.display());
    run(tauri().args(["bundle", "--bundles", "deb", "--config", &files]))?;
    if run(tauri().args(["bundle", "--bundles", "appimage"])).is_err() {
        eprintln!("No AppImage: its tools are fetched when it is made, and that failed. The .deb is made.");
    }
    let made = target().join("release").join("bundle");
    for folder in std::fs::read_dir(&made).context("no installer was made")?.flatten() {
        for file in std::fs::read_dir(folder.path())?.flatten().map(|file| file.path()).filter(|file| file.is_file()) {
            eprintln!("{} ({:.1} MB)", file.display(), file.metadata()?.len() as f64 / 1e6);
        }
    }
    Ok(())
}

fn tauri() -> Command {
    let mut command = Command::new(root().join("ui/node_modules/.bin/tauri"));
    command.current_dir(root().join("src-tauri"));
    command
}

/// The release build of the window, and of the command line beside it: built together, they share their libraries.
pub fn release() -> Result<PathBuf> {
    build_pages()?;
    run(cargo().args(["build", "--locked", "--release", "--package", "desktop", "--package", "cli"]))?;
    Ok(target().join("release").join("vouch-desktop"))
}

/// The pages that the binary carries.
pub fn build_pages() -> Result<()> {
    run(npm().args(["run", "--silent", "build"]))
}

/// Types, lints and units of the pages.
pub fn check_pages() -> Result<()> {
    run(npm().args(["run", "--silent", "check"]))?;
    run(npm().args(["run", "--silent", "test"]))
}

/// The pages in a real browser, over the fake client.
pub fn test_pages() -> Result<()> {
    run(npm().args(["run", "--silent", "test:browser"]))
}

/// The whole trip in the real window of the release build; prints how long things take.
pub fn trip() -> Result<()> {
    setup::everything(&root())?;
    let app = release()?;
    run(ui_test().args(["--", "--nocapture"]).env("VOUCH_DESKTOP", app))
}

fn ui_test() -> Command {
    let mut command = cargo();
    command.args(["test", "--locked", "--package", "trips", "--test", "ui"]);
    command
}

/// Takes the screenshots that the repository keeps, in the real window.
pub fn screens() -> Result<()> {
    setup::everything(&root())?;
    build_pages()?;
    run(cargo().args(["build", "--locked", "--package", "desktop"]))?;
    run(ui_test().env("VOUCH_SCREENS", "1"))
}

/// Writes the types that the window shares with the program.
pub fn bindings() -> Result<()> {
    // The program embeds the pages, whichever they are, also where only its types are wanted.
    let pages = root().join("ui/dist");
    if !pages.exists() {
        setup::everything(&root())?;
        build_pages()?;
    }
    run(cargo().args(["test", "--locked", "--package", "desktop", "fresh"]).env("VOUCH_WRITE_BINDINGS", "1"))
}

fn npm() -> Command {
    let mut command = Command::new("npm");
    command.current_dir(root().join("ui"));
    if !root().join("ui/node_modules").exists() {
        eprintln!("the pages' libraries are not installed: run `cargo xtask setup` first");
    }
    command
}
