//! `cargo xtask conformance DIR…`: runs this program's networks on checkpoints beside which a reference has laid down its
//! own numbers, and compares: tokens have to be equal, sound and everything between nearly so. It knows no network;
//! each family has its file here and finds for itself whether a folder is its own.

mod golden;
mod qwen3_tts;

use std::path::Path;

use anyhow::{Result, bail};

/// A kind of network, and how it is compared.
struct Family {
    /// As it is printed.
    name: &'static str,
    /// Whether a folder holds its checkpoints and recordings.
    here: fn(&Path) -> bool,
    /// Compares everything that is there.
    compare: fn(&Path, &mut Report) -> Result<()>,
}

/// A new family adds its line here.
const FAMILIES: &[Family] = &[Family { name: "Qwen3-TTS", here: qwen3_tts::here, compare: qwen3_tts::compare }];

/// Compares every folder with every family that finds its own in it.
pub fn run(folders: &[String]) -> Result<()> {
    if folders.is_empty() {
        bail!("say which folders: cargo xtask conformance DIR…");
    }
    let mut failed = 0;
    for folder in folders {
        let folder = Path::new(folder);
        let families: Vec<&Family> = FAMILIES.iter().filter(|family| (family.here)(folder)).collect();
        if families.is_empty() {
            bail!("{} holds no recordings that are known here", folder.display());
        }
        for family in families {
            eprintln!("{} in {}", family.name, folder.display());
            let mut report = Report::default();
            (family.compare)(folder, &mut report)?;
            if report.lines == 0 {
                bail!("nothing was compared");
            }
            eprintln!("  {} of {} as they should be", report.lines - report.failed, report.lines);
            failed += report.failed;
        }
    }
    if failed > 0 {
        bail!("{failed} comparisons failed");
    }
    Ok(())
}

/// What was compared. Every line is printed as it comes.
#[derive(Default)]
pub struct Report {
    lines: usize,
    failed: usize,
}

impl Report {
    fn line(&mut self, good: bool, case: &str, what: &str, found: &str) {
        self.lines += 1;
        self.failed += usize::from(!good);
        eprintln!("  {} {case:24} {what:28} {found}", if good { "ok  " } else { "FAIL" });
    }

    /// Things that have to be the same: their count, or the first place where they differ.
    pub fn equal<T: PartialEq + std::fmt::Debug>(&mut self, case: &str, what: &str, found: &[T], wanted: &[T]) {
        let differs = found.iter().zip(wanted).position(|(a, b)| a != b);
        let (good, words) = match differs {
            None if found.len() == wanted.len() => (true, format!("{} equal", found.len())),
            None => (false, format!("{} where {} are wanted", found.len(), wanted.len())),
            Some(at) => (false, format!("number {at} of {} is {:?}, not {:?}", wanted.len(), found[at], wanted[at])),
        };
        self.line(good, case, what, &words);
    }

    /// Numbers that may differ by `limit`.
    pub fn close(&mut self, case: &str, what: &str, found: &[f32], wanted: &[f32], limit: f32) {
        self.within(case, what, (found, wanted), 1.0, limit);
    }

    /// Numbers that may differ by `limit` times the largest of them: where sums are long and of no certain size.
    pub fn near(&mut self, case: &str, what: &str, found: &[f32], wanted: &[f32], limit: f32) {
        let size = wanted.iter().fold(1.0, |most: f32, v| most.max(v.abs()));
        self.within(case, what, (found, wanted), size, limit);
    }

    fn within(&mut self, case: &str, what: &str, (found, wanted): (&[f32], &[f32]), size: f32, limit: f32) {
        if found.len() != wanted.len() || found.is_empty() {
            let words = format!("{} numbers where {} are wanted", found.len(), wanted.len());
            return self.line(false, case, what, &words);
        }
        let off = found.iter().zip(wanted).map(|(a, b)| (a - b).abs());
        // A number that is none must not be lost in a maximum.
        let largest = off.fold(0.0, |most: f32, v| if v > most || v.is_nan() { v } else { most });
        let words = format!("off by {largest:.1e} at most, size {size:.1} ({} numbers)", found.len());
        self.line(largest <= limit * size, case, what, &words);
    }
}
