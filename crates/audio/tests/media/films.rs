//! Small films made with ffmpeg, and the eyes and ears of the tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use audio::encode::find_ffmpeg;
use audio::media::{Probe, Shape, Tools};
use serde_json::Value;
use tempfile::TempDir;

pub const STEREO: Shape = Shape { rate_hz: 48_000, channels: 2 };
pub const MONO: Shape = Shape { rate_hz: 48_000, channels: 1 };
pub const PICTURE: &str = "testsrc2=s=160x120:r=25";

pub fn go_on() -> bool {
    true
}

pub struct Room {
    pub folder: TempDir,
    pub tools: Tools,
}

impl Room {
    /// None, and a line that says so, where the tools are not installed.
    pub fn open() -> Option<Self> {
        let found = find_ffmpeg(std::env::var_os("PATH").as_deref()).and_then(|ffmpeg| Tools::beside(&ffmpeg));
        match found {
            Ok(tools) => Some(Self { folder: tempfile::tempdir().unwrap(), tools }),
            Err(error) => {
                println!("skipped: {error}");
                None
            }
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs ffmpeg with the words of `line`; `OUT` stands for the file of this name, and other names are in the folder.
    pub fn make(&self, name: &str, line: &str) -> PathBuf {
        let out = self.path(name);
        let mut command = Command::new(self.tools.ffmpeg());
        command.current_dir(self.folder.path()).args(["-v", "error", "-nostdin", "-y", "-threads", "2"]);
        let said = command.args(line.split_whitespace()).arg(format!("file:{name}")).output().unwrap();
        assert!(said.status.success(), "{line}: {}", String::from_utf8_lossy(&said.stderr));
        out
    }

    /// A film of `seconds` with a click at each time, in the given codecs.
    pub fn film(&self, name: &str, seconds: u32, clicks: &[f64], codecs: &str) -> PathBuf {
        let sound = click_source(clicks, seconds);
        self.make(name, &format!("-f lavfi -i {PICTURE}:d={seconds} -f lavfi -i {sound} -map 0:v -map 1:a {codecs}"))
    }

    pub fn probe(&self, path: &Path) -> Probe {
        self.tools.probe(path, &go_on).unwrap()
    }

    /// All of a sound track.
    pub fn sound(&self, path: &Path, track: usize, shape: Shape) -> Vec<f32> {
        let mut reader = self.tools.sound(path, &self.probe(path), track, shape).unwrap();
        let (mut all, mut block) = (Vec::new(), Vec::new());
        while reader.read(&mut block, &go_on).unwrap() > 0 {
            assert!(block.len() < 20_000 * usize::from(shape.channels));
            all.extend_from_slice(&block);
        }
        all
    }

    /// What ffprobe says, as the second opinion.
    pub fn seen(&self, path: &Path) -> Value {
        let mut command = Command::new(self.tools.ffmpeg().with_file_name("ffprobe"));
        command.args(["-v", "error", "-of", "json", "-show_format", "-show_streams", "-show_chapters"]);
        let said = command.arg(path).output().unwrap();
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        serde_json::from_slice(&said.stdout).unwrap()
    }

    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// The source of a mono sound with a click of 4 ms at each time.
pub fn click_source(clicks: &[f64], seconds: u32) -> String {
    let one = |at: &f64| format!("exp(-pow((t-{at})/0.001\\,2))*cos(12000*(t-{at}))");
    let sum = clicks.iter().map(one).collect::<Vec<_>>().join("+");
    format!("aevalsrc={}:s=48000:d={seconds}", if sum.is_empty() { "0" } else { &sum })
}

/// The same, of ours: interleaved samples.
pub fn clicks(times: &[f64], seconds: f64, shape: Shape) -> Vec<f32> {
    let frames = (seconds * f64::from(shape.rate_hz)) as usize;
    let sample = |n: usize| {
        let t = n as f64 / f64::from(shape.rate_hz);
        let one = |at: &f64| (-((t - at) / 0.001).powi(2)).exp() * (12_000.0 * (t - at)).cos();
        times.iter().map(one).sum::<f64>() as f32 * 0.9
    };
    (0..frames).flat_map(|n| vec![sample(n); usize::from(shape.channels)]).collect()
}

/// Times of the loudest moments that are at least 0.2 s apart, in order, in seconds.
pub fn heard(samples: &[f32], shape: Shape) -> Vec<f64> {
    let channels = usize::from(shape.channels);
    let level: Vec<f32> = samples.chunks_exact(channels).map(|frame| frame[0].abs()).collect();
    let mut times: Vec<f64> = Vec::new();
    let mut n = 0;
    let far = shape.rate_hz as usize / 5;
    while n < level.len() {
        if level[n] > 0.25 {
            let end = (n + far).min(level.len());
            let loudest = (n..end).max_by(|&a, &b| level[a].total_cmp(&level[b])).unwrap();
            times.push(loudest as f64 / f64::from(shape.rate_hz));
            n = end;
        } else {
            n += 1;
        }
    }
    times
}

/// Within 5 ms of where they should be.
pub fn assert_clicks(found: &[f64], wanted: &[f64], what: &str) {
    assert_eq!(found.len(), wanted.len(), "{what}: {found:?} for {wanted:?}");
    for (found, wanted) in found.iter().zip(wanted) {
        assert!((found - wanted).abs() < 0.005, "{what}: {found} for {wanted}");
    }
}
