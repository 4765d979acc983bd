//! The consent gate from the outside: every command that uses a voice refuses without a grant, exit 3 and a code.

use std::path::{Path, PathBuf};
use std::process::Command;

use studio::stand_in::{SPEAKERS, StandIn};

use crate::product::{Answer, answer, binary, demo_library, root, vouch};

/// Commands that speak with a voice: each is tried below with a voice whose consent was taken back.
const USES_A_VOICE: &[&str] = &["speak", "narrate", "dub", "jobs"];
/// Commands that never speak with a person's voice.
const USES_NONE: &[&str] = &["demo", "doctor", "models", "library", "voice", "transcribe", "bench", "help"];

/// Whether the synthesizer that plays the stand-in speakers is here.
pub fn stand_ins_can_speak() -> bool {
    let here = Command::new("flite").arg("--version").output().is_ok();
    if !here {
        println!("skipped: flite, which plays the stand-in speakers, is not installed");
    }
    here
}

/// Saves what a stand-in says.
pub fn record(speaker: &StandIn, text: &str, folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    let pcm = speaker.say(text, folder).unwrap();
    audio::wav::write(&path, &pcm, audio::wav::Depth::Int16).unwrap();
    path
}

/// What a stand-in reads as a sample.
pub const SAMPLE: &str = "The morning train was late again because of snow on the line. Nobody on the island could remember \
                      such a quiet winter, and the lamps along the harbor came on one by one.";

/// Runs the ceremony with files, up to three tries. Returns the last answer.
fn enroll(library: &Path, folder: &Path, owner: &StandIn, reader: &StandIn) -> Answer {
    let sample = record(owner, SAMPLE, folder, "sample.wav");
    let session = answer(
        vouch(library)
            .args(["voice", "challenge", "--adult", "--owner", "Rowan Stand In", "--purpose", "testing the gate"])
            .arg("--sample")
            .arg(&sample),
    )
    .ok();
    let id = session["session"].as_str().unwrap().to_owned();
    read_until_heard(folder, reader, session["challenge"].clone(), |take| {
        let mut command = vouch(library);
        command.args(["voice", "enroll", &id, "--statement"]).arg(take);
        command
    })
}

/// Reads a challenge aloud, up to three tries, each with the words of that try. Returns the last answer.
pub fn read_until_heard(
    folder: &Path,
    reader: &StandIn,
    mut challenge: serde_json::Value,
    enroll: impl Fn(&Path) -> Command,
) -> Answer {
    for _ in 0..3 {
        let take = folder.join("take.wav");
        let words: Vec<String> =
            challenge["words"].as_array().unwrap().iter().map(|w| w.as_str().unwrap().to_owned()).collect();
        let spoken =
            studio::stand_in::read_aloud(reader, challenge["sentence"].as_str().unwrap(), &words, folder).unwrap();
        audio::wav::write(&take, &spoken, audio::wav::Depth::Int16).unwrap();
        let result = answer(&mut enroll(&take));
        if result.exit == 0 || result.result["error"]["challenge"].is_null() {
            return result;
        }
        challenge = result.result["error"]["challenge"].clone();
    }
    panic!("three tries and no end");
}

/// A voice that a stand-in has consented to: its name.
pub fn granted(library: &Path, folder: &Path) -> String {
    let granted = enroll(library, folder, &SPEAKERS[0], &SPEAKERS[0]).ok();
    granted["voice"].as_str().unwrap().to_owned()
}

#[test]
fn every_command_is_accounted_for() {
    let help = Command::new(binary()).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let listed: Vec<&str> = help
        .lines()
        .skip_while(|line| !line.starts_with("Commands:"))
        .skip(1)
        .take_while(|line| !line.trim().is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(listed.len() >= 8, "{help}");
    for command in listed {
        assert!(
            USES_A_VOICE.contains(&command) || USES_NONE.contains(&command),
            "`vouch {command}` is new: does it use a voice? Then it must be refused below."
        );
    }
}

#[test]
fn a_voice_is_used_with_consent_and_refused_without() {
    if !stand_ins_can_speak() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let library = demo_library(folder.path());
    let out = folder.path().join("out.wav");

    let other = enroll(&library, folder.path(), &SPEAKERS[0], &SPEAKERS[1]);
    assert_eq!(other.exit, 3, "another speaker was accepted: {}", other.output);

    let voice = granted(&library, folder.path());
    answer(vouch(&library).args(["speak", "--voice", &voice, "Now it may speak.", "-o"]).arg(&out)).ok();
    assert!(out.exists());
    std::fs::remove_file(&out).unwrap();

    // The consent is for the language of its statement; another one has to be named in it.
    answer(vouch(&library).args(["speak", "--voice", &voice, "--language", "de", "Guten Abend.", "-o"]).arg(&out))
        .refused(3, "language_not_granted");
    assert!(!out.exists());

    // A narration that is interrupted, to be resumed after the consent is gone.
    let book = root().join("assets/books/sample.epub");
    let mut narrate = vouch(&library);
    narrate.arg("narrate").arg(&book).args(["--voice", &voice, "-o"]).arg(&out);
    let mut child = crate::product::start(&mut narrate);
    std::thread::sleep(std::time::Duration::from_millis(900));
    let _ = child.kill();
    child.wait().unwrap();

    answer(vouch(&library).args(["voice", "revoke", &voice, "--yes"])).ok();
    let _ = std::fs::remove_file(&out);
    let film = folder.path().join("film");
    let mut make = Command::new(binary());
    make.args(["--json", "bench", "film", "--lines", "2", "--out"]).arg(&film);
    answer(&mut make).ok();
    for command in USES_A_VOICE {
        let mut asked = vouch(&library);
        match *command {
            "speak" => asked.args(["speak", "--voice", &voice, "Not any more.", "-o"]).arg(&out),
            "narrate" => asked.arg("narrate").arg(&book).args(["--voice", &voice, "-o"]).arg(&out),
            "dub" => asked
                .args(["dub", "--to", "en", "--subs"])
                .arg(film.join("target.vtt"))
                .arg(film.join("film.mp4"))
                .args(["--cast", &format!("*={voice}"), "-o"])
                .arg(out.with_extension("mp4")),
            "jobs" => {
                let jobs = answer(vouch(&library).args(["jobs", "list"])).ok();
                let job = jobs["jobs"][0]["id"].to_string();
                asked.args(["jobs", "resume", job.trim_matches('"')])
            }
            _ => unreachable!("every command that uses a voice is tried"),
        };
        answer(&mut asked).refused(3, "revoked");
        assert!(
            !out.exists() && !out.with_extension("mp4").exists(),
            "`vouch {command}` wrote something after the consent was taken back"
        );
    }
    answer(vouch(&library).args(["library", "check"])).ok();
}

#[test]
fn a_normal_library_takes_no_files_for_a_microphone() {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("normal");
    let init = Command::new(binary())
        .args(["--json", "library", "init"])
        .arg(&library)
        .env("VOUCH_PASSPHRASE", crate::product::PASSPHRASE)
        .output()
        .unwrap();
    assert!(init.status.success(), "{}", String::from_utf8_lossy(&init.stdout));
    let sample = folder.path().join("sample.wav");
    let tone: Vec<f32> = (0..80_000).map(|i| (i as f32 * 0.05).sin() * 0.3).collect();
    audio::wav::write(&sample, &audio::Pcm::new(tone, 16_000).unwrap(), audio::wav::Depth::Int16).unwrap();
    let refused = answer(
        vouch(&library)
            .args([
                "voice",
                "challenge",
                "--adult",
                "--owner",
                "Ann Lee",
                "--purpose",
                "sneaking in a file",
                "--sample",
            ])
            .arg(&sample),
    );
    refused.refused(3, "live_microphone_only");
}
