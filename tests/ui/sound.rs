//! What goes into the microphone and what comes out of the loudspeaker, and whether two sounds are the same.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use audio::Pcm;
use audio::wav::Depth;
use realfft::RealFftPlanner;
use studio::stand_in::StandIn;

use crate::stage::{Process, Stage, signal};

const RATE_HZ: u32 = 48_000;

/// The faint noise of a room, without end: no microphone delivers pure silence.
pub fn room_noise(stage: &Stage) -> Process {
    const SECONDS: usize = 30;
    let mut state = 0x2545_F491_u32;
    let noise = (0..SECONDS * RATE_HZ as usize).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        2e-4 * ((state >> 8) as f32 / (1 << 23) as f32 - 1.0)
    });
    let block: Vec<u8> = noise.flat_map(|sample| ((sample * 32_768.0).round() as i16).to_le_bytes()).collect();
    let mut player = stage.command("pacat");
    player.args(["--playback", "--raw", "--device=vmicsink", "--format=s16le", "--rate=48000", "--channels=1"]);
    let mut player = player.stdin(Stdio::piped()).spawn().unwrap();
    let mut into = player.stdin.take().unwrap();
    // Without a seam: a gap of pure silence is what the gate takes for a cut. It ends with the player.
    std::thread::spawn(move || while into.write_all(&block).is_ok() {});
    Process::of(player)
}

/// Speaks into the microphone, in real time; answers when the last word is out.
pub fn say(stage: &Stage, speaker: &StandIn, text: &str) {
    let path = spoken(stage, speaker, text);
    let status = stage.command("paplay").args(["--device=vmicsink", "--latency-msec=30"]).arg(&path).status();
    assert!(status.is_ok_and(|status| status.success()), "nothing could be said into the microphone");
}

/// Makes the sound of a text ahead of time, so that saying it begins at once.
pub fn spoken(stage: &Stage, speaker: &StandIn, text: &str) -> std::path::PathBuf {
    let name: String = text.chars().filter(|sign| sign.is_ascii_alphanumeric()).take(40).collect();
    let path = stage.home.path().join("tmp").join(format!("{}-{name}-{}.wav", speaker.voice, text.len()));
    if !path.exists() {
        let pcm = speaker.say(text, stage.home.path()).expect("the stand-in speaker speaks");
        let pcm = audio::resample(&pcm, RATE_HZ).unwrap();
        audio::wav::write(&path, &pcm, Depth::Int16).unwrap();
    }
    path
}

/// A recording of the loudspeaker under way.
pub struct Ear {
    recorder: Process,
    path: std::path::PathBuf,
}

impl Ear {
    /// Begins to listen; what comes from now on is heard.
    pub fn begin(stage: &Stage, name: &str) -> Self {
        let path = stage.home.path().join("tmp").join(format!("heard-{name}.wav"));
        let mut recorder = stage.command("parecord");
        recorder.args(["--device=vspk.monitor", "--file-format=wav", "--rate=48000", "--channels=1"]);
        recorder.args(["--format=s16le", "--latency-msec=50"]).arg(&path);
        let recorder = Process::of(recorder.stdin(Stdio::null()).spawn().unwrap());
        let began = Instant::now();
        // The file's head is written when the stream is there; sound follows.
        while std::fs::metadata(&path).map_or(0, |file| file.len()) < 2_000 {
            assert!(began.elapsed() < Duration::from_secs(10), "the loudspeaker cannot be recorded");
            sleep(Duration::from_millis(20));
        }
        Self { recorder, path }
    }

    /// Ends and answers what was heard.
    pub fn end(self) -> Pcm {
        signal(self.recorder.id(), "INT");
        sleep(Duration::from_millis(150));
        self.recorder.end();
        audio::wav::read(&self.path).expect("what was heard is a WAV file")
    }
}

/// The part of a sound from its first loud moment to its last.
pub fn loud_part(pcm: &Pcm) -> Pcm {
    let loud = |sample: &f32| sample.abs() > 3e-3;
    let first = pcm.samples().iter().position(loud).unwrap_or(0);
    let last = pcm.samples().iter().rposition(loud).unwrap_or(0);
    Pcm::new(pcm.samples()[first..=last.max(first).min(pcm.len().saturating_sub(1))].to_vec(), pcm.rate_hz()).unwrap()
}

/// Root mean square of the samples.
pub fn rms(pcm: &Pcm) -> f64 {
    let energy: f64 = pcm.samples().iter().map(|sample| f64::from(*sample).powi(2)).sum();
    (energy / pcm.len().max(1) as f64).sqrt()
}

/// Asserts that something like speech of about so many seconds is there: loud enough, and with quieter moments.
pub fn assert_speech(heard: &Pcm, at_least_seconds: f64) {
    let loud = loud_part(heard);
    assert!(loud.seconds() >= at_least_seconds, "only {:.2} s were heard", loud.seconds());
    let level = rms(&loud);
    assert!((0.01..0.5).contains(&level), "not the level of speech: {level:.4}");
    let block = (loud.rate_hz() / 50) as usize;
    let blocks: Vec<f64> =
        loud.samples().chunks(block).map(|block| rms(&Pcm::new(block.to_vec(), loud.rate_hz()).unwrap())).collect();
    let quiet = blocks.iter().filter(|block| **block < level * 0.3).count() as f64 / blocks.len() as f64;
    assert!((0.05..0.9).contains(&quiet), "it does not rise and fall like speech: {quiet:.2} of it is quiet");
}

/// How alike two sounds are at the best shift, 1 for the same sound at whatever loudness, and that shift in seconds.
/// The shorter, which must lie wholly within the longer, is `part`.
pub fn likeness(whole: &Pcm, part: &Pcm) -> (f64, f64) {
    const COMMON_HZ: u32 = 16_000;
    let (whole, part) = (audio::resample(whole, COMMON_HZ).unwrap(), audio::resample(part, COMMON_HZ).unwrap());
    let size = (whole.len() + part.len()).next_power_of_two();
    let mut planner = RealFftPlanner::<f64>::new();
    let (forward, back) = (planner.plan_fft_forward(size), planner.plan_fft_inverse(size));
    let spectrum = |pcm: &Pcm| {
        let mut time: Vec<f64> = pcm.samples().iter().map(|sample| f64::from(*sample)).collect();
        time.resize(size, 0.0);
        let mut spectrum = forward.make_output_vec();
        forward.process(&mut time, &mut spectrum).unwrap();
        spectrum
    };
    let (first, second) = (spectrum(&whole), spectrum(&part));
    let mut product: Vec<_> = first.iter().zip(&second).map(|(first, second)| first * second.conj()).collect();
    product[0].im = 0.0;
    product.last_mut().unwrap().im = 0.0;
    let mut shifts = back.make_output_vec();
    back.process(&mut product, &mut shifts).unwrap();
    let energy = |samples: &[f32]| samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>();
    let most = whole.len().saturating_sub(part.len());
    let (at, peak) = shifts[..=most]
        .iter()
        .enumerate()
        .max_by(|one, other| one.1.total_cmp(other.1))
        .map(|(at, peak)| (at, peak / size as f64))
        .unwrap();
    let there = energy(&whole.samples()[at..(at + part.len()).min(whole.len())]);
    (peak / (there * energy(part.samples())).sqrt().max(1e-12), at as f64 / f64::from(COMMON_HZ))
}

/// The only WAV file in a folder that was not there before.
pub fn new_wav(folder: &Path, before: &[std::path::PathBuf], within: Duration) -> std::path::PathBuf {
    let began = Instant::now();
    loop {
        if let Some(path) = wavs(folder).into_iter().find(|path| !before.contains(path)) {
            return path;
        }
        assert!(began.elapsed() < within, "no WAV file came to {}", folder.display());
        sleep(Duration::from_millis(50));
    }
}

/// The finished WAV files in a folder; those in the making have names that begin with a dot.
pub fn wavs(folder: &Path) -> Vec<std::path::PathBuf> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let hidden = |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    files.filter(|path| path.extension().is_some_and(|ending| ending == "wav") && !hidden(path)).collect()
}
