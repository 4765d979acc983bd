//! Recording through the whole program and a private PulseAudio with a virtual microphone: the room, samples that survive a
//! kill and a pulled cable, the statement's meter. The sound system reads its place from the environment, so each part
//! runs in a child process of this same test; where pulseaudio is not installed the test says so and passes.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking and says what it skips")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use audio::Pcm;
use audio::wav::{self, Depth};
use jobs::Cancel;
use library::{Kind, Library, Unlock};
use studio::enroll::{ChallengeCard, Level, Prompt, SampleCard};
use studio::{Clock, Settings, Studio};

const RATE_HZ: u32 = 48_000;
const NOW: u64 = 1_790_000_000;
const PROMPT: &str = "The harbour was quiet before dawn.";

struct Standing;

impl Clock for Standing {
    fn unix_seconds(&self) -> u64 {
        NOW
    }

    fn elapsed_seconds(&self) -> f64 {
        0.0
    }
}

fn unlock() -> Unlock {
    Unlock::Passphrase("correct horse battery".to_owned().into())
}

fn studio(folder: &Path) -> Studio {
    let library = match folder.join("library.db").exists() {
        true => Library::open(folder, &unlock(), b"machine", NOW),
        false => Library::create(folder, Kind::Normal, &unlock(), b"machine", NOW),
    };
    Studio::new(library.unwrap(), Settings { clock: Arc::new(Standing), ffmpeg: None, slots: 1, hands: 1, shelf: None })
}

/// A private sound server, ended by its process id when dropped.
struct Server {
    child: Child,
    folder: tempfile::TempDir,
}

impl Server {
    fn start() -> Option<Self> {
        const MODULES: [&str; 2] = [
            "module-null-sink sink_name=cable rate=48000 channels=1 channel_map=mono",
            "module-remap-source source_name=microphone master=cable.monitor source_properties=device.description=Desk",
        ];
        let runs = |tool: &str| Command::new(tool).arg("--version").stdout(Stdio::null()).status().is_ok();
        if !["pulseaudio", "pactl", "paplay"].iter().all(|tool| runs(tool)) {
            println!("skipped: pulseaudio and its tools are not installed");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let socket = format!("module-native-protocol-unix auth-anonymous=1 socket={}/native", folder.path().display());
        let mut command = Command::new("pulseaudio");
        command.args(["-n", "--daemonize=no", "--exit-idle-time=-1", "--disallow-exit=true", "--use-pid-file=no"]);
        command.args(["-L", &socket, "-L", MODULES[0], "-L", MODULES[1]]);
        let child = surround(&mut command, folder.path()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let server = Self { child, folder };
        for _ in 0..100 {
            let mut ask = server.tool("pactl");
            if ask.arg("info").stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success() {
                assert!(server.tool("pactl").args(["set-default-source", "microphone"]).status().unwrap().success());
                return Some(server);
            }
            thread::sleep(Duration::from_millis(100));
        }
        panic!("pulseaudio did not answer");
    }

    fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        surround(&mut command, self.folder.path());
        command
    }

    fn library(&self) -> PathBuf {
        self.folder.path().join("library")
    }

    /// Runs one of the parts below in a process that lives with this server.
    fn part(&self, name: &str) -> Child {
        let mut command = Command::new(std::env::current_exe().unwrap());
        surround(&mut command, self.folder.path()).stdout(Stdio::piped());
        command.args(["--exact", name, "--ignored", "--nocapture"]).spawn().unwrap()
    }
}

fn surround<'a>(command: &'a mut Command, folder: &Path) -> &'a mut Command {
    command
        .env("XDG_RUNTIME_DIR", folder)
        .env("HOME", folder)
        .env("PULSE_SERVER", format!("unix:{}/native", folder.display()))
        .env_remove("PULSE_RUNTIME_PATH")
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Something like a voice: harmonics in syllables over faint noise, no two moments alike.
fn voice(seconds: f64) -> Pcm {
    let mut noise = 1_u32;
    let samples = (0..(seconds * f64::from(RATE_HZ)) as usize).map(|n| {
        let time = n as f64 / f64::from(RATE_HZ);
        let syllable = (time * std::f64::consts::PI * 3.0).sin().max(0.0).powi(2);
        let wave: f64 =
            (1..12).map(|k| (std::f64::consts::TAU * 120.0 * f64::from(k) * time).sin() / f64::from(k)).sum();
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let hiss = (noise >> 8) as f32 / 16_777_216.0 - 0.5;
        (0.15 * wave * syllable) as f32 + 0.0017 * hiss
    });
    Pcm::new(samples.collect(), RATE_HZ).unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// Bytes of the sound, as it is in memory and in files, are in no file of the library.
fn assert_sealed(folder: &Path, sound: &Pcm) {
    let floats: Vec<u8> = sound.samples().iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let mut needles = vec![PROMPT.as_bytes().to_vec()];
    for bytes in [sound.canonical(), floats] {
        needles.extend((1..8).map(|part| bytes[bytes.len() * part / 8..][..24].to_vec()));
    }
    for path in files(folder) {
        let bytes = fs::read(&path).unwrap();
        for needle in &needles {
            let found = bytes.windows(needle.len()).any(|window| window == needle.as_slice());
            assert!(!found, "the recording is readable in {}", path.display());
        }
    }
}

fn numbers(part: &mut Child) -> impl Iterator<Item = f64> {
    let lines = BufReader::new(part.stdout.take().unwrap()).lines();
    lines.filter_map(|line| line.ok()?.strip_prefix("recorded ")?.parse().ok())
}

#[test]
fn a_private_sound_server() {
    let Some(server) = Server::start() else { return };
    drop(studio(&server.library()));
    let spoken = server.folder.path().join("spoken.wav");
    wav::write(&spoken, &voice(120.0), Depth::Int16).unwrap();
    let mut speaking = server.tool("paplay").arg("--device=cable").arg(&spoken).spawn().unwrap();

    assert!(server.part("inside_a_sample_is_recorded").wait().unwrap().success());
    assert!(server.part("inside_the_statement_shows_its_level").wait().unwrap().success());

    // SIGKILL in the middle of a sample: no farewell.
    let mut killed = server.part("inside_somebody_goes_on_recording");
    let said = numbers(&mut killed).find(|seconds| *seconds >= 2.0).unwrap();
    killed.kill().unwrap();
    killed.wait().unwrap();
    let studio = studio(&server.library());
    let kept = studio.kept_samples().unwrap();
    assert_eq!((kept.len(), kept[0].recovered, kept[0].ended_early), (1, true, false));
    println!("of {said:.2} s heard, {:.2} s are kept", kept[0].seconds);
    assert!(said - kept[0].seconds <= 0.25, "{said} s were heard, {} s are kept", kept[0].seconds);
    assert_eq!((kept[0].prompt.as_str(), kept[0].recorded_at), (PROMPT, NOW));
    assert_sealed(&server.library(), &studio.sample_sound(&kept[0].id).unwrap());
    assert!(studio.kept_recording(&kept[0].id).unwrap().is_live());
    studio.discard_sample(&kept[0].id).unwrap();
    assert!(studio.kept_samples().unwrap().is_empty());
    drop(studio);

    // The microphone is unplugged in the middle of a sample.
    let mut unplugged = server.part("inside_the_microphone_is_unplugged");
    let mut said = numbers(&mut unplugged);
    said.find(|seconds| *seconds >= 1.5).unwrap();
    let modules = server.tool("pactl").args(["list", "short", "modules"]).output().unwrap();
    let modules = String::from_utf8(modules.stdout).unwrap();
    let module = modules.lines().find(|line| line.contains("module-remap-source")).unwrap();
    let number = module.split('\t').next().unwrap();
    assert!(server.tool("pactl").args(["unload-module", number]).status().unwrap().success());
    said.for_each(drop);
    assert!(unplugged.wait().unwrap().success());
    let _ = speaking.kill();
    let _ = speaking.wait();
}

fn library() -> PathBuf {
    Path::new(&std::env::var_os("XDG_RUNTIME_DIR").unwrap()).join("library")
}

/// Records until so many seconds were heard; tells every level, counted from the first that is no silence.
fn record(studio: &Studio, seconds: f64) -> (SampleCard, Vec<Level>) {
    let stop = Cancel::new();
    let mut levels: Vec<Level> = Vec::new();
    let mut begun = None;
    let card = studio
        .record_sample(None, PROMPT, &stop, &mut |level| {
            if level.peak_dbfs > -120.0 && begun.is_none() {
                begun = Some(level.seconds);
            }
            println!("\nrecorded {}", begun.map_or(0.0, |begun| level.seconds - begun));
            levels.push(level);
            if level.seconds >= seconds {
                stop.cancel();
            }
        })
        .unwrap();
    (card, levels)
}

#[test]
#[ignore = "runs as a part of the test above"]
fn inside_a_sample_is_recorded() {
    let studio = studio(&library());
    let (listening, mut heard) = (Cancel::new(), 0);
    let room = studio
        .listen(None, &listening, &mut |level| {
            heard += 1;
            if level.seconds >= 2.0 {
                listening.cancel();
            }
        })
        .unwrap();
    assert!(heard >= 40 && room.noise_floor_dbfs.is_some(), "{room:?}");
    assert_eq!(room.device, "Desk");
    assert!(["quiet", "usable"].contains(&room.code), "{room:?}");
    assert!(studio.kept_samples().unwrap().is_empty(), "a look at the room keeps nothing");

    let (card, levels) = record(&studio, 12.0);
    assert!((card.seconds - 12.0).abs() < 1.2, "{card:?}");
    assert!(levels.windows(2).all(|pair| (pair[1].seconds - pair[0].seconds - 0.05).abs() < 1e-6));
    assert!(levels.iter().any(|level| level.rms_dbfs > -25.0));
    assert!(!card.recovered && !card.ended_early && card.device == "Desk", "{card:?}");
    assert!(!card.flaws.iter().any(|flaw| flaw.stops), "{card:?}");
    assert!(card.speech_seconds > 3.0 && card.snr_db > 15.0, "{card:?}");
    assert_eq!(studio.kept_samples().unwrap(), std::slice::from_ref(&card));
    let sound = studio.sample_sound(&card.id).unwrap();
    assert!((sound.seconds() - card.seconds).abs() < 1e-9);
    assert_sealed(&library(), &sound);
    assert!(studio.kept_recording(&card.id).unwrap().is_live());
    studio.discard_sample(&card.id).unwrap();
    assert_eq!(studio.kept_recording(&card.id).err().unwrap().code(), "not_found");

    let (short, _) = record(&studio, 2.0);
    assert!(short.flaws.iter().any(|flaw| flaw.code == "sample_too_short" && flaw.stops), "{short:?}");
    studio.discard_sample(&short.id).unwrap();
    assert_eq!(studio.import_sample(Path::new("any.wav")).unwrap_err().code(), "live_microphone_only");
}

#[test]
#[ignore = "runs as a part of the test above"]
fn inside_the_statement_shows_its_level() {
    let card = ChallengeCard {
        session: String::new(),
        terms: String::new(),
        sentence: String::new(),
        words: ["one", "two", "three", "four", "five", "six"].map(str::to_owned).to_vec(),
        tries_left: 2,
    };
    let (mut levels, mut words, mut done) = (0, Vec::new(), 0);
    let recording = studio(&library())
        .record_statement(&card, None, &Cancel::new(), &mut || true, &mut |prompt| match prompt {
            Prompt::Word(word) => words.push(word.to_owned()),
            Prompt::Level(_) => levels += 1,
            Prompt::Done => done += 1,
        })
        .unwrap();
    assert!(recording.is_live());
    assert_eq!((words, done), (card.words, 1));
    assert!(levels > 140, "{levels} levels");
}

#[test]
#[ignore = "runs as a part of the test above"]
fn inside_somebody_goes_on_recording() {
    record(&studio(&library()), 100.0);
}

#[test]
#[ignore = "runs as a part of the test above"]
fn inside_the_microphone_is_unplugged() {
    let studio = studio(&library());
    let (card, levels) = record(&studio, 100.0);
    assert!(card.ended_early && !card.recovered, "{card:?}");
    let heard = levels.last().unwrap().seconds - levels[0].seconds;
    assert!(card.seconds >= 1.5 && card.seconds + 1.2 >= heard, "{} s of {heard} s are kept", card.seconds);
    assert_eq!(studio.kept_samples().unwrap(), [card]);
}
