//! Installs what the machine lacks: system packages through apt, the outside recogniser through pip. Asks the network
//! only for what is missing, so that everything runs again with the network cut.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::run;

/// What the command line and its demonstration need beyond Rust and Python.
pub const PRODUCT: &[&str] = &[
    "build-essential",
    "pkg-config",
    "libasound2-dev",
    "ffmpeg",
    // Stand-in speakers for the demo and the tests: free synthesizers, never bundled.
    "flite",
    "espeak-ng",
    // A microphone and a loudspeaker on a machine without any.
    "pulseaudio",
    "pulseaudio-utils",
    "libasound2-plugins",
];

/// What the desktop and its tests need besides.
pub const WINDOW: &[&str] = &[
    // The desktop's window: WebKitGTK and what Tauri links.
    "libwebkit2gtk-4.1-dev",
    "libxdo-dev",
    "libssl-dev",
    "librsvg2-dev",
    "file",
    // Playing sound inside the window.
    "gstreamer1.0-plugins-base",
    "gstreamer1.0-plugins-good",
    // A screen for a machine without one, and what drives the window and the pages in tests.
    "xvfb",
    "xauth",
    "dbus",
    "dbus-x11",
    "libgl1-mesa-dri",
    "fonts-dejavu-core",
    "webkit2gtk-driver",
    "chromium",
];

/// Everything that building, running and testing need.
pub fn everything(root: &Path) -> Result<()> {
    packages(&[PRODUCT, WINDOW].concat())?;
    node_modules(&root.join("ui"))
}

/// The pages' libraries, as the lock file names them. Asks the network only when the lock file has changed.
pub fn node_modules(ui: &Path) -> Result<()> {
    let lock = std::fs::read(ui.join("package-lock.json"))?;
    let stamp = ui.join("node_modules").join(".installed-for");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    if !answers("npm", &["--version"]) {
        bail!("npm is missing: install Node.js 20.19 or newer");
    }
    // Not `npm ci`: it refuses a lock file that lacks the binaries of other systems, and some registries have only some.
    run(Command::new("npm").current_dir(ui).args([
        "install",
        "--no-save",
        "--no-fund",
        "--no-audit",
        "--loglevel=error",
    ]))?;
    std::fs::write(stamp, lock)?;
    Ok(())
}

/// Installs the Debian packages among `names` that are missing.
pub fn packages(names: &[&str]) -> Result<()> {
    let missing: Vec<&str> = names.iter().copied().filter(|name| !installed(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !answers("apt-get", &["--version"]) {
        bail!("these packages are missing and this machine has no apt to install them with: {}", missing.join(" "));
    }
    run(&mut apt(&["update", "-q"]))?;
    let mut install = apt(&["install", "-y", "-q", "--no-install-recommends"]);
    install.args(&missing);
    run(&mut install)
}

fn apt(arguments: &[&str]) -> Command {
    // Root needs no sudo and often has none; everybody else does.
    let root = std::env::var("USER").is_ok_and(|user| user == "root")
        || Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout.starts_with(b"0\n"));
    let mut command = if root {
        Command::new("apt-get")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.args(["--preserve-env=DEBIAN_FRONTEND", "apt-get"]);
        sudo
    };
    command.env("DEBIAN_FRONTEND", "noninteractive").args(arguments).stdout(Stdio::null());
    command
}

fn installed(package: &str) -> bool {
    Command::new("dpkg-query")
        .args(["--show", "--showformat=${db:Status-Status}", package])
        .stderr(Stdio::null())
        .output()
        .is_ok_and(|output| output.stdout == b"installed")
}

fn answers(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// A Python environment with the outside recogniser, made once under the target folder.
pub fn python_environment(root: &Path, target: &Path) -> Result<PathBuf> {
    let folder = target.join("score-environment");
    let python = folder.join("bin").join("python");
    let requirements = root.join("training").join("requirements-score.txt");
    let stamp = folder.join("requirements.txt");
    let same = std::fs::read(&requirements).ok().zip(std::fs::read(&stamp).ok()).is_some_and(|(a, b)| a == b);
    if !same {
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(&requirements))?;
        std::fs::copy(&requirements, &stamp)?;
    }
    Ok(python)
}
