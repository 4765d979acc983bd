//! `kill -9` at random moments of a narration, then the same command again: it finishes, nothing is made twice, and the
//! samples equal those of a narration that nobody killed.

use std::time::{Duration, Instant};

use crate::product::{answer, demo_library, start, vouch};

const KILLS: usize = 50;

/// Long enough that fifty kills find work to interrupt, short enough for a test.
fn book(folder: &std::path::Path) -> std::path::PathBuf {
    let mut text = String::from("# A Count\n\n");
    for chapter in 1..=4 {
        text.push_str(&format!("## Part {chapter}\n\n"));
        for line in 1..=6 {
            text.push_str(&format!("In part {chapter} this is line {line}, and it says something of its own. "));
            text.push_str(&format!("A second sentence follows line {line} of part {chapter}.\n\n"));
        }
    }
    let path = folder.join("count.md");
    std::fs::write(&path, text).unwrap();
    path
}

/// A small generator, so that the moments are random and the same in every run.
struct Moments(u64);

impl Moments {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below.max(1)
    }
}

#[test]
fn fifty_kills_lose_nothing_and_make_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let book = book(folder.path());
    let narrate = |library: &std::path::Path, out: &std::path::Path| {
        let mut command = vouch(library);
        command.arg("narrate").arg(&book).args(["--voice", "alder", "--seed", "7", "-o"]).arg(out);
        command
    };

    let whole_folder = folder.path().join("whole");
    std::fs::create_dir(&whole_folder).unwrap();
    let whole_library = demo_library(&whole_folder);
    let started = Instant::now();
    let whole = answer(&mut narrate(&whole_library, &whole_folder.join("book.wav"))).ok();
    let undisturbed = started.elapsed();

    let library = demo_library(folder.path());
    let out = folder.path().join("book.wav");
    let mut moments = Moments(2026);
    let mut interrupted = 0;
    let mut last_held = 0;
    for _ in 0..KILLS {
        let mut child = start(&mut narrate(&library, &out));
        // Mostly short lives, so that the work is cut into many pieces; some as long as a whole run.
        let longest = undisturbed.as_millis() as u64 / 6;
        std::thread::sleep(Duration::from_millis(moments.next(longest) + 20));
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap();
            interrupted += 1;
        }
        child.wait().unwrap();
        let held = answer(vouch(&library).args(["library", "check"])).ok()["segments"].as_u64().unwrap();
        assert!(held >= last_held, "finished segments were lost: {held} < {last_held}");
        last_held = held;
    }
    let resumed = answer(&mut narrate(&library, &out)).ok();
    println!(
        "{interrupted} of {KILLS} kills hit a running narration; {last_held} of {} segments were done by then",
        whole["segments"]
    );
    assert!(interrupted >= KILLS / 2, "only {interrupted} kills hit a running narration");
    assert_eq!(resumed["pcm_sha256"], whole["pcm_sha256"], "the samples differ from an undisturbed run");
    let check = answer(vouch(&library).args(["library", "check"])).ok();
    assert_eq!(check["segments_made"], check["segments"], "a segment was made twice");
    assert_eq!(check["segments"], answer(vouch(&whole_library).args(["library", "check"])).ok()["segments"]);
    let leftovers: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".part"))
        .collect();
    assert!(leftovers.is_empty(), "{leftovers:?}");
}
