//! A recording program that is killed outright: what it had written opens and lacks at most a quarter of a second. The
//! program is this same test in a child process.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking and says what it skips")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use audio::wav::{self, Depth, Writer};

const RATE_HZ: u32 = 24_000;
const FILE: &str = "VOUCH_TEST_KILLED_FILE";

#[test]
fn a_killed_recording_opens() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("take.wav");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "inside_sound_is_written_for_ever", "--ignored", "--nocapture"])
        .env(FILE, &path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut written = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        if let Some(frames) = line.unwrap().strip_prefix("written ") {
            written = frames.parse::<usize>().unwrap();
        }
        if written > 3 * RATE_HZ as usize {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let pcm = wav::read(&path).unwrap();
    assert!(pcm.len() + RATE_HZ as usize / 4 >= written, "{} of {written} frames are left", pcm.len());
    assert!(pcm.samples().iter().all(|&sample| (sample - 0.25).abs() < 1e-6));
}

#[test]
#[ignore = "runs as a part of the test above"]
fn inside_sound_is_written_for_ever() {
    let mut writer = Writer::create(std::env::var_os(FILE).unwrap().as_ref(), RATE_HZ, Depth::Int24).unwrap();
    loop {
        writer.write(&[0.25; 480]).unwrap();
        println!("written {}", writer.frames());
        std::io::stdout().flush().unwrap();
    }
}
