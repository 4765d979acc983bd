//! Reading real and hostile files: what ffmpeg wrote is read with its length and its sound, and nothing that can be
//! done to a file makes the reader panic or take memory beyond the limits.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking and says what it skips")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use audio::wav::{self, Depth};
use audio::{AudioError, Limits, Pcm, decode, encode, level};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

const LIMITS: Limits = Limits { max_seconds: 60.0, max_bytes: 16 << 20 };

fn ffmpeg() -> Option<PathBuf> {
    let found = encode::find_ffmpeg(std::env::var_os("PATH").as_deref()).ok();
    if found.is_none() {
        println!("skipped: ffmpeg is not installed");
    }
    found
}

fn tone(seconds: f64, rate_hz: u32) -> Pcm {
    let frames = (seconds * f64::from(rate_hz)) as usize;
    let step = std::f64::consts::TAU * 440.0 / f64::from(rate_hz);
    Pcm::new((0..frames).map(|n| (0.5 * (step * n as f64).sin()) as f32).collect(), rate_hz).unwrap()
}

fn made_by_ffmpeg(ffmpeg: &Path, folder: &Path, name: &str, codec: &[&str]) -> PathBuf {
    let (source, out) = (folder.join("source.wav"), folder.join(name));
    if !source.exists() {
        wav::write(&source, &tone(2.0, 44_100), Depth::Int16).unwrap();
    }
    let done = Command::new(ffmpeg)
        .args(["-nostdin", "-loglevel", "error", "-y", "-i"])
        .arg(&source)
        .args(codec)
        .arg(&out)
        .status()
        .unwrap();
    assert!(done.success(), "{name}");
    out
}

const KINDS: [(&str, &[&str]); 11] = [
    ("a.flac", &[]),
    ("stereo.flac", &["-af", "pan=stereo|c0=c0|c1=c0"]),
    ("a.mp3", &["-b:a", "128k"]),
    ("a.m4a", &["-c:a", "aac"]),
    ("alac.m4a", &["-c:a", "alac"]),
    ("a.ogg", &["-c:a", "libvorbis"]),
    ("a.aiff", &[]),
    ("a.mkv", &["-c:a", "flac"]),
    ("mulaw.wav", &["-c:a", "pcm_mulaw"]),
    ("adpcm.wav", &["-c:a", "adpcm_ms"]),
    ("long.wav", &["-rf64", "always"]),
];

#[test]
fn every_kind_is_read() {
    let Some(ffmpeg) = ffmpeg() else { return };
    let folder = tempfile::tempdir().unwrap();
    for (name, codec) in KINDS {
        let pcm = decode::read(&made_by_ffmpeg(&ffmpeg, folder.path(), name, codec), &LIMITS)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(pcm.rate_hz(), 44_100, "{name}");
        assert!((pcm.seconds() - 2.0).abs() < 0.06, "{name}: {} s", pcm.seconds());
        assert!((level::rms_dbfs(&pcm) + 9.03).abs() < 0.5, "{name}: {} dBFS", level::rms_dbfs(&pcm));
    }
    let opus = made_by_ffmpeg(&ffmpeg, folder.path(), "a.opus", &["-c:a", "libopus"]);
    assert!(matches!(decode::read(&opus, &LIMITS), Err(AudioError::Unsupported { .. })));
}

#[test]
fn limits_hold_for_compressed_sound() {
    let Some(ffmpeg) = ffmpeg() else { return };
    let folder = tempfile::tempdir().unwrap();
    for (name, codec) in KINDS {
        let path = made_by_ffmpeg(&ffmpeg, folder.path(), name, codec);
        for limits in [Limits { max_seconds: 1.0, ..LIMITS }, Limits { max_bytes: 1_000, ..LIMITS }] {
            let refused = decode::read(&path, &limits);
            assert!(matches!(refused, Err(AudioError::OverLimit { .. })), "{name}: {refused:?}");
        }
    }
}

#[test]
fn what_is_no_sound_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.mp3");
    let cases: [&[u8]; 6] = [b"", b"R", b"RIFF", b"hello, this is text", &[0; 5_000], &[0xFF; 5_000]];
    for case in cases {
        fs::write(&path, case).unwrap();
        let refused = decode::read(&path, &LIMITS);
        assert!(
            matches!(refused, Err(AudioError::BadInput { .. } | AudioError::Unsupported { .. })),
            "{} bytes: {refused:?}",
            case.len()
        );
    }
    assert!(matches!(decode::read(folder.path(), &LIMITS), Err(AudioError::BadInput { .. })));
    assert!(matches!(decode::read(&folder.path().join("none"), &LIMITS), Err(AudioError::Io { .. })));
}

/// Cuts, overwrites and repeats parts of good files of every kind.
#[test]
fn damaged_files_never_panic() {
    let Some(ffmpeg) = ffmpeg() else { return };
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<(PathBuf, Vec<u8>)> = KINDS
        .iter()
        .map(|(name, codec)| {
            let path = made_by_ffmpeg(&ffmpeg, folder.path(), name, &[*codec, &["-t", "0.3"][..]].concat());
            let bytes = fs::read(&path).unwrap();
            (path, bytes)
        })
        .collect();
    let damage = (
        0..files.len(),
        prop::collection::vec((any::<prop::sample::Index>(), any::<[u8; 4]>(), any::<bool>()), 0..8),
        prop::option::of(any::<prop::sample::Index>()),
    );
    let mut runner = TestRunner::new(Config { cases: 250, failure_persistence: None, ..Config::default() });
    runner
        .run(&damage, |(which, changes, cut)| {
            let (path, good) = &files[which];
            let mut bytes = good.clone();
            for (at, with, in_head) in changes {
                let at = at.index(if in_head { bytes.len().min(300) } else { bytes.len() });
                let end = (at + with.len()).min(bytes.len());
                bytes[at..end].copy_from_slice(&with[..end - at]);
            }
            if let Some(cut) = cut {
                bytes.truncate(cut.index(good.len()));
            }
            let damaged = folder.path().join("damaged").with_extension(path.extension().unwrap());
            fs::write(&damaged, bytes).unwrap();
            if let Ok(pcm) = decode::read(&damaged, &LIMITS) {
                prop_assert!(pcm.seconds() <= LIMITS.max_seconds);
            }
            Ok(())
        })
        .unwrap();
}
