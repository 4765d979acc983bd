//! A full disk and a read-only library, on small file systems of their own. Mounting needs root; elsewhere these tests
//! say that they were skipped.

use std::path::Path;
use std::process::Command;

use crate::product::{answer, demo_library, root, vouch};

/// A mounted file system that is unmounted at the end.
struct Mounted<'a>(&'a Path);

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0).status();
    }
}

fn mount<'a>(at: &'a Path, size: &str) -> Option<Mounted<'a>> {
    let done = Command::new("mount")
        .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
        .arg(at)
        .stderr(std::process::Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !done {
        println!("skipped: this machine does not let the test mount a small file system");
    }
    done.then_some(Mounted(at))
}

#[test]
fn a_full_disk_loses_nothing_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let Some(_small) = mount(folder.path(), "6m") else { return };
    let library = demo_library(folder.path());
    let filler = folder.path().join("filler");
    let out = folder.path().join("book.wav");
    let narrate = || {
        answer(
            vouch(&library)
                .arg("narrate")
                .arg(root().join("assets/books/sample.epub"))
                .args(["--voice", "alder", "-o"])
                .arg(&out),
        )
    };
    // Leave almost nothing: the first segments fit, the book does not.
    let free = 6 * 1024 * 1024 - used(folder.path());
    std::fs::write(&filler, vec![0_u8; free.saturating_sub(300 * 1024)]).unwrap();
    let full = narrate();
    assert!(full.exit == 4 || full.exit == 5, "{}", full.output);
    full.refused(full.exit, "disk_full");
    assert!(!out.exists(), "half a book was left");
    std::fs::remove_file(&filler).unwrap();
    let whole = narrate().ok();
    assert!(out.exists(), "{whole}");
    answer(vouch(&library).args(["library", "check"])).ok();
}

fn used(folder: &Path) -> usize {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let meta = entry.metadata().unwrap();
        // A tmpfs hands out whole pages.
        bytes += if meta.is_dir() { used(&entry.path()) } else { (meta.len() as usize).div_ceil(4096) * 4096 };
    }
    bytes
}

#[test]
fn a_read_only_library_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let Some(_small) = mount(folder.path(), "6m") else { return };
    let library = demo_library(folder.path());
    let done = Command::new("mount").args(["-o", "remount,ro"]).arg(folder.path()).status().unwrap();
    assert!(done.success());
    let elsewhere = tempfile::tempdir().unwrap();
    let refused = answer(
        vouch(&library)
            .arg("narrate")
            .arg(root().join("assets/books/sample.epub"))
            .args(["--voice", "alder", "-o"])
            .arg(elsewhere.path().join("out.wav")),
    );
    refused.refused(5, "library_read_only");
    assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}
