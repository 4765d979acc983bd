//! `cargo xtask bench cpu`: our kernels against PyTorch, in an environment of its own under the target folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The other side of the comparison. On Linux the common index has only the build with CUDA's libraries: some gigabytes.
const TORCH: &str = "torch==2.8.0";
/// Cores that both sides get unless `--hands` says otherwise.
const HANDS: &str = "2";

/// `[--quick] [--json] [--hands NUMBER] [--only PIECE] [--python PATH]`: with `--python`, an interpreter that has torch
/// already; with `--only`, one of `talker`, `predictor` and `codec` alone.
pub fn run(rest: &[String]) -> Result<()> {
    let value = |name: &str| rest.iter().position(|a| a == name).and_then(|at| rest.get(at + 1));
    let python = match value("--python") {
        Some(path) => PathBuf::from(path),
        None => environment(&super::target())?,
    };
    super::run(super::cargo().args([
        "build",
        "--locked",
        "--release",
        "--package",
        "networks",
        "--example",
        "bench_cpu",
    ]))?;
    let target = super::target();
    let mut bench = Command::new(target.join("release").join("examples").join("bench_cpu"));
    bench.arg("--folder").arg(target.join("bench-cpu"));
    bench.arg("--script").arg(super::root().join("tests").join("reference").join("bench_cpu.py"));
    bench.arg("--python").arg(python);
    bench.args(["--hands", value("--hands").map_or(HANDS, String::as_str)]);
    if let Some(piece) = value("--only") {
        bench.args(["--only", piece]);
    }
    bench.args(rest.iter().filter(|a| ["--quick", "--json"].contains(&a.as_str())));
    super::run(&mut bench)
}

/// Made once; a half-made one is made anew.
fn environment(target: &Path) -> Result<PathBuf> {
    let folder = target.join("bench-environment");
    let python = folder.join("bin").join("python");
    let stamp = folder.join("installed-for");
    if std::fs::read_to_string(&stamp).is_ok_and(|found| found == TORCH) {
        return Ok(python);
    }
    super::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))
        .context("python3 with its venv module is needed (Debian: python3-venv)")?;
    super::run(
        Command::new(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).arg(TORCH),
    )?;
    if !python.exists() {
        bail!("{} was not made", python.display());
    }
    std::fs::write(stamp, TORCH)?;
    Ok(python)
}
