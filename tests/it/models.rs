//! Models that a user brings: imported from a folder, then spoken, cloned and written down with, through the built product.
//! The checkpoints are tiny and random: what they say is noise, how they say it is as with real ones.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::gate;
use crate::product::{answer, demo_library, root, vouch};

fn fixture(name: &str) -> PathBuf {
    root().join("tests/fixtures/qwen3").join(name)
}

/// A command with a models folder of its own.
fn with_models(library: &Path, models: &Path) -> Command {
    let mut command = vouch(library);
    command.env("VOUCH_MODELS", models);
    command
}

fn import(library: &Path, models: &Path, folder: &str, id: &str) {
    answer(with_models(library, models).args(["models", "import", "--id", id]).arg(fixture(folder))).ok();
}

/// The sounds that a speaking command told of while it was at work.
fn sounds(output: &str) -> Vec<Value> {
    let events = output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    events.filter(|event| event["event"] == "sound").collect()
}

#[test]
fn an_imported_model_speaks_and_its_first_sound_comes_before_its_last_frame() {
    let folder = tempfile::tempdir().unwrap();
    let (library, models) = (demo_library(folder.path()), folder.path().join("models"));
    import(&library, &models, "tts/custom_voice", "tiny-own");
    import(&library, &models, "tts/voice_design", "tiny-design");

    let list = answer(with_models(&library, &models).args(["voice", "list"])).ok();
    let voices = list["voices"].as_array().unwrap();
    assert!(voices.iter().any(|voice| voice["id"] == "tiny-own/ryan" && voice["kind"] == "preset"), "{list}");

    let out = folder.path().join("own.wav");
    let speak = ["speak", "Hello world, this is a test of a model.", "--voice", "ryan", "--model", "tiny-own", "-o"];
    let spoken = answer(with_models(&library, &models).args(speak).arg(&out));
    let sounds = sounds(&spoken.output);
    let result = spoken.ok();
    let pcm = audio::wav::read(&out).unwrap();
    assert_eq!(pcm.rate_hz(), 24_000);
    // One frame at first, then more: the first left while the rest was still to be made.
    assert!((sounds[0]["seconds"].as_f64().unwrap() - 0.08).abs() < 1e-9, "{sounds:?}");
    assert!(sounds.len() >= 3, "{sounds:?}");
    let at = |sound: &Value| sound["elapsed_seconds"].as_f64().unwrap();
    assert!(at(&sounds[0]) < at(sounds.last().unwrap()), "{sounds:?}");
    assert!(sounds.last().unwrap()["seconds"].as_f64().unwrap() > 0.2, "{result}");

    // The same words again are the same samples, kept or made anew in another library.
    let elsewhere = tempfile::tempdir().unwrap();
    let again = elsewhere.path().join("again.wav");
    let other = demo_library(elsewhere.path());
    answer(with_models(&other, &models).args(speak).arg(&again)).ok();
    assert_eq!(std::fs::read(&out).unwrap(), std::fs::read(&again).unwrap());

    let designed = folder.path().join("designed.wav");
    let words = ["speak", "Hello there.", "--voice", "tiny-design/A calm old man.", "-o"];
    answer(with_models(&library, &models).args(words).arg(&designed)).ok();
    assert!(audio::wav::read(&designed).unwrap().seconds() > 0.2);

    let nobody = ["speak", "Hello.", "--voice", "tiny-own/nobody", "-o"];
    answer(with_models(&library, &models).args(nobody).arg(&out)).refused(4, "unknown_voice");

    let weights = models.join("tiny-own/model.safetensors");
    let mut bytes = std::fs::read(&weights).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&weights, bytes).unwrap();
    let other_words = ["speak", "Other words.", "--voice", "tiny-own/ryan", "-o"];
    answer(with_models(&library, &models).args(other_words).arg(&out)).refused(5, "model_damaged");

    let missing = ["speak", "Hello.", "--voice", "ryan", "--model", "not-here", "-o"];
    answer(with_models(&library, &models).args(missing).arg(&out)).refused(5, "model_missing");
}

#[test]
fn a_persons_voice_speaks_through_an_imported_model_until_it_is_revoked() {
    if !gate::stand_ins_can_speak() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (library, models) = (demo_library(folder.path()), folder.path().join("models"));
    import(&library, &models, "tts/base", "tiny-base");
    import(&library, &models, "asr", "tiny-asr");
    let voice = gate::granted(&library, folder.path());

    let out = folder.path().join("person.wav");
    let speak = ["speak", "Hello world.", "--voice", &voice, "--model", "tiny-base", "-o"];
    answer(with_models(&library, &models).args(speak).arg(&out)).ok();
    assert_eq!(audio::wav::read(&out).unwrap().rate_hz(), 24_000);

    answer(with_models(&library, &models).args(["voice", "revoke", "--yes", &voice])).ok();
    std::fs::remove_file(&out).unwrap();
    answer(with_models(&library, &models).args(speak).arg(&out)).refused(3, "revoked");
    assert!(!out.exists());
}

#[test]
fn an_imported_recogniser_writes_down_what_it_hears() {
    let folder = tempfile::tempdir().unwrap();
    let (library, models) = (demo_library(folder.path()), folder.path().join("models"));
    let sound = folder.path().join("sound.wav");
    let tone = (0..80_000).map(|n| (n as f32 * 0.05).sin() * 0.3 * (n as f32 * 0.000_2).sin()).collect();
    let pcm = audio::Pcm::new(tone, 16_000).unwrap();
    audio::wav::write(&sound, &pcm, audio::wav::Depth::Int16).unwrap();

    let out = folder.path().join("words.json");
    let command = || {
        let mut command = with_models(&library, &models);
        command.arg("transcribe").arg(&sound).arg("-o");
        command
    };
    let without = answer(command().arg(&out));
    assert_eq!(without.exit, 5, "{}", without.output);
    assert!(without.result["error"]["fix"].as_str().unwrap().contains("vouch models"), "{}", without.output);

    import(&library, &models, "asr", "tiny-asr");
    let done = answer(command().arg(&out)).ok();
    assert!((done["audio_seconds"].as_f64().unwrap() - 5.0).abs() < 0.01, "{done}");
    let paper: Value = serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap();
    assert_eq!(paper["times"], "estimated", "{paper}");

    import(&library, &models, "aligner", "tiny-aligner");
    let again = answer(command().arg(&out)).ok();
    assert_eq!(again["cues"], done["cues"], "{again}");
    for name in ["words.srt", "words.vtt"] {
        let out = folder.path().join(name);
        answer(command().arg(&out)).ok();
        assert!(out.exists());
    }
}
