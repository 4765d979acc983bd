//! The whole way through a private PulseAudio with virtual devices: listing, recording, playing, unplugging and having
//! no device at all. The sound system reads its place from the environment, so each part runs in a child process of
//! this same test; where pulseaudio is not installed the test says so and passes.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking and says what it skips")]

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use audio::wav::{self, Depth};
use audio::{Pcm, level};
use devices::{Capture, DeviceError, Direction, Next, list, play, record};

const RATE_HZ: u32 = 48_000;

/// A private sound server, ended by its process id when dropped.
struct Server {
    child: Child,
    folder: tempfile::TempDir,
}

impl Server {
    fn start(modules: &[&str]) -> Option<Self> {
        let runs = |tool: &str| Command::new(tool).arg("--version").stdout(Stdio::null()).status().is_ok();
        if !["pulseaudio", "pactl", "paplay", "parecord"].iter().all(|tool| runs(tool)) {
            println!("skipped: pulseaudio and its tools are not installed");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let socket = format!("module-native-protocol-unix auth-anonymous=1 socket={}/native", folder.path().display());
        let mut command = Command::new("pulseaudio");
        command.args(["-n", "--daemonize=no", "--exit-idle-time=-1", "--disallow-exit=true", "--use-pid-file=no"]);
        command.args(["--log-target=file:log", "-L", &socket]);
        for module in modules {
            command.args(["-L", module]);
        }
        let child = Self::surround(&mut command, folder.path())
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { child, folder };
        for _ in 0..100 {
            if server.tool("pactl").arg("info").stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
            {
                return Some(server);
            }
            thread::sleep(Duration::from_millis(100));
        }
        panic!("pulseaudio did not answer: {:?}", fs::read_to_string(server.folder.path().join("log")));
    }

    fn surround<'a>(command: &'a mut Command, folder: &Path) -> &'a mut Command {
        command
            .env("XDG_RUNTIME_DIR", folder)
            .env("HOME", folder)
            .env("PULSE_SERVER", format!("unix:{}/native", folder.display()))
            .env_remove("PULSE_RUNTIME_PATH")
    }

    fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        Self::surround(&mut command, self.folder.path());
        command
    }

    fn pactl(&self, arguments: &[&str]) -> String {
        let said = self.tool("pactl").args(arguments).output().unwrap();
        assert!(said.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&said.stderr));
        String::from_utf8(said.stdout).unwrap()
    }

    /// Runs one of the parts below in a process that lives with this server.
    fn part(&self, name: &str) -> Child {
        let mut command = Command::new(std::env::current_exe().unwrap());
        Self::surround(&mut command, self.folder.path());
        command.args(["--exact", name, "--ignored", "--nocapture"]).spawn().unwrap()
    }

    fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn passed(mut part: Child) {
    assert!(part.wait().unwrap().success());
}

const SPEAKER: &str = "module-null-sink sink_name=speaker rate=48000 channels=2";
const CABLE: &str = "module-null-sink sink_name=cable rate=48000 channels=1 channel_map=mono";
const MICROPHONE: &str = "module-remap-source source_name=microphone master=cable.monitor";

fn tone(hz: f64, seconds: f64) -> Pcm {
    let step = std::f64::consts::TAU * hz / f64::from(RATE_HZ);
    let frames = (seconds * f64::from(RATE_HZ)) as u32;
    Pcm::new((0..frames).map(|n| (0.5 * (step * f64::from(n)).sin()) as f32).collect(), RATE_HZ).unwrap()
}

/// Share of the power that lies at one frequency, from the second half of the sound, after all start-up.
fn share_at(pcm: &Pcm, hz: f64) -> f64 {
    let samples = &pcm.samples()[pcm.len() / 2..];
    let step = std::f64::consts::TAU * hz / f64::from(pcm.rate_hz());
    let (mut real, mut imaginary, mut power) = (0.0, 0.0, 0.0);
    for (n, &sample) in samples.iter().enumerate() {
        let sample = f64::from(sample);
        real += sample * (step * n as f64).cos();
        imaginary += sample * (step * n as f64).sin();
        power += sample * sample;
    }
    2.0 * (real * real + imaginary * imaginary) / (power.max(1e-12) * samples.len() as f64)
}

#[test]
fn a_private_sound_server() {
    let Some(mut server) = Server::start(&[SPEAKER, CABLE, MICROPHONE]) else { return };
    server.pactl(&["set-default-sink", "speaker"]);
    server.pactl(&["set-default-source", "microphone"]);

    passed(server.part("inside_devices_are_listed"));

    // Something speaks into the cable for as long as the recording lasts.
    let spoken = server.folder.path().join("spoken.wav");
    wav::write(&spoken, &tone(997.0, 30.0), Depth::Int16).unwrap();
    let mut speaking = server.tool("paplay").arg("--device=cable").arg(&spoken).spawn().unwrap();
    passed(server.part("inside_a_microphone_is_recorded"));

    // What is played is heard at the speaker.
    let heard = server.folder.path().join("heard.wav");
    let mut listening = server
        .tool("parecord")
        .args(["--device=speaker.monitor", "--file-format=wav", "--rate=48000", "--channels=1", "--latency-msec=50"])
        .arg(&heard)
        .spawn()
        .unwrap();
    passed(server.part("inside_sound_is_played"));
    thread::sleep(Duration::from_millis(500));
    // Asked and not forced, so that it completes its file.
    assert!(Command::new("kill").args(["-TERM", &listening.id().to_string()]).status().unwrap().success());
    listening.wait().unwrap();
    let heard = audio::edit::trim_silence(&wav::read(&heard).unwrap(), audio::edit::Trim::default());
    assert!((heard.seconds() - 2.0).abs() < 0.3, "{} s were heard of 2", heard.seconds());
    assert!(share_at(&heard.slice(0.1, heard.seconds() - 0.1), 440.0) > 0.95);

    // The microphone is unplugged in the middle of a recording.
    let unplugged = server.part("inside_the_microphone_is_unplugged");
    wait_for(&server.folder.path().join("recording"));
    let modules = server.pactl(&["list", "short", "modules"]);
    let module = modules.lines().find(|line| line.contains("module-remap-source")).unwrap();
    server.pactl(&["unload-module", module.split('\t').next().unwrap()]);
    passed(unplugged);

    // The whole sound server dies in the middle of a recording.
    fs::remove_file(server.folder.path().join("recording")).unwrap();
    server.pactl(&["set-default-source", "cable.monitor"]);
    let orphaned = server.part("inside_the_microphone_is_unplugged");
    wait_for(&server.folder.path().join("recording"));
    let _ = speaking.kill();
    let _ = speaking.wait();
    server.kill();
    passed(orphaned);
}

#[test]
fn a_machine_without_devices() {
    let Some(server) = Server::start(&[]) else { return };
    passed(server.part("inside_there_is_no_device"));
}

fn wait_for(file: &Path) {
    for _ in 0..300 {
        if file.exists() {
            return;
        }
        thread::sleep(Duration::from_millis(100));
    }
    panic!("{} never came", file.display());
}

#[test]
#[ignore = "runs as a part of the test above"]
fn inside_devices_are_listed() {
    let found = list().unwrap();
    let named = |name: &str, direction| {
        let id = format!("pulseaudio:{name}");
        found.iter().find(|device| device.id.eq_ignore_ascii_case(&id) && device.direction == direction).unwrap()
    };
    let microphone = named("microphone", Direction::Input);
    assert!(microphone.default && !microphone.hidden, "{microphone:?}");
    let monitor = named("speaker.monitor", Direction::Input);
    assert!(monitor.virtual_cable && !monitor.default, "{monitor:?}");
    assert!(named("speaker", Direction::Output).default);
    assert!(!named("cable", Direction::Output).default);
}

#[test]
#[ignore = "runs as a part of the test above"]
fn inside_a_microphone_is_recorded() {
    let (mut blocks, mut frames) = (0, 0);
    let recording = record(None, 3.0, &|| true, &mut |block| {
        assert_eq!(block.first_frame, frames);
        frames += block.samples.len() as u64;
        blocks += 1;
    })
    .unwrap();
    assert_eq!((recording.failure, recording.dropped_frames, recording.overruns), (None, 0, 0));
    assert_eq!((recording.pcm.rate_hz(), recording.pcm.len()), (RATE_HZ, 3 * RATE_HZ as usize));
    assert!(blocks > 20, "{blocks} blocks are too few for a meter");
    assert!(share_at(&recording.pcm, 997.0) > 0.95);
    assert!((level::rms_dbfs(&recording.pcm.slice(1.5, 3.0)) + 9.03).abs() < 0.5);

    let capture = Capture::start(Some(&recording.device.id)).unwrap();
    // A stream begins with a little silence while the server connects it.
    let loud = (0..500).any(|_| {
        assert!(matches!(capture.next(Duration::from_secs(10)), Ok(Next::Block(_))));
        capture.peak() > 0.4
    });
    assert!(loud);
    capture.stop();
    while !matches!(capture.next(Duration::from_secs(5)).unwrap(), Next::Ended) {}

    let stop = AtomicBool::new(false);
    let recording =
        record(None, 60.0, &|| !stop.load(Ordering::Relaxed), &mut |_| stop.store(true, Ordering::Relaxed)).unwrap();
    assert!(recording.pcm.seconds() < 30.0 && recording.failure.is_none());
}

#[test]
#[ignore = "runs as a part of the test above"]
fn inside_sound_is_played() {
    let pcm = audio::resample(&tone(440.0, 2.0), 24_000).unwrap();
    play(&pcm, None).unwrap();
    assert!(matches!(play(&pcm, Some("pulseaudio:nothing")), Err(DeviceError::Unknown { .. })));
    assert!(matches!(play(&pcm, Some("nonsense")), Err(DeviceError::Unknown { .. })));
}

#[test]
#[ignore = "runs as a part of the test above"]
fn inside_the_microphone_is_unplugged() {
    let folder = std::env::var_os("XDG_RUNTIME_DIR").unwrap();
    let recording = record(None, 60.0, &|| true, &mut |block| {
        if block.first_frame > u64::from(RATE_HZ) {
            fs::write(Path::new(&folder).join("recording"), "").unwrap();
        }
    })
    .unwrap();
    let failure = recording.failure.expect("the device went away");
    assert!(matches!(failure, DeviceError::Unplugged { .. } | DeviceError::Stalled { .. }), "{failure:?}");
    assert!(recording.pcm.seconds() >= 1.0);
    println!("after {:.2} s: {failure}", recording.pcm.seconds());
}

#[test]
#[ignore = "runs as a part of the test above"]
fn inside_there_is_no_device() {
    assert_eq!(list().unwrap().iter().filter(|device| device.direction == Direction::Input).count(), 0);
    let refused = Capture::start(None).unwrap_err();
    assert_eq!(refused, DeviceError::None { direction: Direction::Input });
    assert_eq!(refused.code(), "no_device");
    assert!(!refused.fix().is_empty());
    let silent = Pcm::silence(0.1, RATE_HZ).unwrap();
    assert_eq!(play(&silent, None), Err(DeviceError::None { direction: Direction::Output }));
}
