//! Against the reference's recordings in `tests/fixtures/qwen3/tts*`, and what has to hold of any checkpoint.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde_json::Value;
use speech::Voicing;

use super::*;
use crate::checkpoint::Checkpoint;
use crate::kernel::Precision;

mod refusals;

const FOLDERS: [&str; 2] = ["tts", "tts_equal"];

fn folder(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/qwen3")).join(name)
}

fn checkpoint(path: &Path) -> Checkpoint {
    Checkpoint::open(vec![File::open(path).unwrap()]).unwrap()
}

fn network(folder: &Path, greedy: bool) -> Network {
    network_at(folder, greedy, Precision::Single)
}

fn network_at(folder: &Path, greedy: bool, precision: Precision) -> Network {
    let read = |name: &str| fs::read(folder.join(name)).unwrap();
    let files =
        ["config.json", "generation_config.json", "vocab.json", "merges.txt", "tokenizer_config.json"].map(read);
    let [config, generation, vocab, merges, tokenizer] = &files;
    let descriptions = Descriptions { config, generation, vocab, merges, tokenizer };
    let settings = Generation::parse(generation).unwrap();
    let settings = if greedy { settings.greedy() } else { settings };
    let weights = checkpoint(&folder.join("model.safetensors"));
    Network::with(weights, settings, &descriptions, precision).unwrap()
}

fn decoder(folder: &Path) -> Decoder {
    let config = fs::read(folder.join("speech_tokenizer/config.json")).unwrap();
    let weights = checkpoint(&folder.join("speech_tokenizer/model.safetensors"));
    Decoder::load(&weights, &codec::Config::parse(&config).unwrap(), Precision::Single).unwrap()
}

fn model(kind: &str, slots: usize) -> Qwen3Tts {
    let folder = folder("tts").join(kind);
    let settings =
        Settings { identity: "tiny".to_owned(), slots, positions: slots * 600, crew: Arc::new(Crew::new(2)) };
    Qwen3Tts::new(network(&folder, false), decoder(&folder), settings).unwrap()
}

fn utterance(text: &str, preset: &str, seed: u64) -> Utterance {
    Utterance {
        text: text.to_owned(),
        voicing: Voicing::preset(preset),
        language: "en".to_owned(),
        seed,
        speed: 1.0,
        style: None,
    }
}

struct Golden(Checkpoint);

impl Golden {
    fn open(folder: &Path, case: &str) -> Self {
        Self(checkpoint(&folder.join("golden").join(case).with_extension("safetensors")))
    }

    fn numbers(&self, name: &str) -> Vec<f32> {
        self.0.tensor(name, self.0.shape(name).unwrap()).unwrap()
    }

    fn codes(&self, name: &str) -> Vec<u16> {
        self.0.integers(name).unwrap().1.into_iter().map(|code| u16::try_from(code).unwrap()).collect()
    }
}

#[derive(Default)]
struct Seen(BTreeMap<String, Vec<Vec<f32>>>);

impl Watch for Seen {
    fn see(&mut self, name: &str, numbers: &[f32]) {
        self.0.entry(name.to_owned()).or_default().push(numbers.to_vec());
    }
}

#[track_caller]
fn assert_near(what: &str, found: &[f32], wanted: &[f32], limit: f32) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    let off = found.iter().zip(wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(off <= limit && found.iter().all(|v| v.is_finite()), "{what}: off by {off}");
}

/// Every case that the reference spoke, with what it was asked.
fn cases(folder: &Path) -> Vec<(String, Value)> {
    let index: Value = serde_json::from_slice(&fs::read(folder.join("golden/golden.json")).unwrap()).unwrap();
    let cases = index["cases"].as_object().unwrap().iter();
    cases
        .map(|(name, entry)| (name.clone(), entry["request"].clone()))
        .filter(|(_, request)| request["text"].is_string())
        .collect()
}

#[test]
fn every_case_says_the_reference_s_codes_and_sounds_like_it() {
    let crew = Crew::new(2);
    for name in FOLDERS {
        let folder = folder(name);
        let clone = Golden::open(&folder, "clone_prompt");
        let (vector, heard) = (clone.numbers("spk_emb"), clone.codes("ref_codes"));
        let cases = cases(&folder);
        assert!(cases.len() >= 5, "{name} has {} cases", cases.len());
        for (case, request) in cases {
            let at = format!("{name}/{case}");
            let golden = Golden::open(&folder, &case);
            let kind = request["model"].as_str().unwrap();
            let network = network(&folder.join(kind), true);
            let text = request["reference_text"].as_str();
            let script = Script {
                text: request["text"].as_str().unwrap(),
                language: request["language"].as_str(),
                speaker: match request["speaker"].as_str() {
                    Some(name) => Speaker::Named(name),
                    None if kind == "base" => Speaker::Vector(&vector),
                    None => Speaker::Nobody,
                },
                reference: text.map(|text| Reference { text, codes: &heard }),
                style: request["instruct"].as_str(),
                text_first: request["non_streaming"].as_bool().unwrap(),
            };
            let tokens = request["max_new_tokens"].as_u64().unwrap() as usize;
            let mut seen = Seen::default();
            let codes = network.watched(&crew, &script, 0, tokens, &mut seen).unwrap();
            assert_eq!(codes, golden.codes("out.codes.0"), "{at}");
            // The files hold bfloat16, so that keeping it loses nothing.
            let brain = network_at(&folder.join(kind), true, Precision::Brain);
            assert_eq!(
                brain.watched(&crew, &script, 0, tokens, &mut Seen::default()).unwrap(),
                codes,
                "{at} in bfloat16"
            );
            for (name, calls) in &seen.0 {
                for (call, found) in calls.iter().enumerate() {
                    let key = if name.starts_with("prompt") { name.clone() } else { format!("{name}/{call:03}") };
                    if golden.0.has(&key) {
                        let wanted = golden.numbers(&key);
                        let from = wanted.len().saturating_sub(found.len());
                        assert_near(&format!("{at} {key}"), found, &wanted[from..], 1e-4);
                    }
                }
            }
            let decoder = decoder(&folder.join(kind));
            let mut stream = decoder.state();
            if text.is_some() {
                decoder.decode(&crew, &mut [(&mut stream, &heard)]).unwrap();
            }
            let sound = decoder.decode(&crew, &mut [(&mut stream, &codes)]).unwrap().remove(0);
            let wanted = golden.numbers("out.wav.0");
            // The reference's cut may be a sample early.
            assert!(wanted.len() - sound.len() <= 1, "{at}");
            assert_near(&at, &sound, &wanted[wanted.len() - sound.len()..], 1e-5);
        }
    }
}

#[test]
fn the_speaker_encoder_hears_what_the_reference_hears() {
    let crew = Crew::new(2);
    for name in FOLDERS {
        let folder = folder(name);
        let golden = Golden::open(&folder, "clone_prompt");
        let config = Config::parse(&fs::read(folder.join("base/config.json")).unwrap()).unwrap();
        let encoder = SpeakerEncoder::load(&checkpoint(&folder.join("base/model.safetensors")), &config).unwrap();
        let found = picture(&golden.numbers("audio"), 128);
        let (mel, frames) = (golden.numbers("mel"), found.len() / 128);
        let turned: Vec<f32> = (0..found.len()).map(|at| mel[at % 128 * frames + at / 128]).collect();
        // Near silence the logarithm magnifies what the reference's own transform loses.
        assert_near("mel", &found, &turned, 5e-3);
        let mut seen = Seen::default();
        let vector = encoder.watched(&crew, &turned, &mut seen).unwrap();
        assert_near("vector", &vector, &golden.numbers("spk_emb"), 1e-3);
        assert_near("listen", &encoder.listen(&crew, &golden.numbers("audio")).unwrap(), &vector, 1e-2);
        assert_eq!(encoder.listen(&crew, &[0.1; 400]), None);
        assert!(encoder.listen(&crew, &[]).is_none());
    }
}

#[test]
fn a_cloner_hears_the_vector_and_with_words_the_codes() {
    let folder = folder("tts");
    let golden = Golden::open(&folder, "clone_prompt");
    let config = Config::parse(&fs::read(folder.join("base/config.json")).unwrap()).unwrap();
    let cloner = |text: Option<&str>| {
        let speaker = SpeakerEncoder::load(&checkpoint(&folder.join("base/model.safetensors")), &config).unwrap();
        let codec = codec::Config::parse(&fs::read(folder.join("base/speech_tokenizer/config.json")).unwrap()).unwrap();
        let weights = checkpoint(&folder.join("base/speech_tokenizer/model.safetensors"));
        let encoder = codec::Encoder::load(&weights, &codec).unwrap();
        let crew = Arc::new(Crew::new(2));
        Qwen3Cloner::new("tiny", &config, speaker, encoder, crew).with_text(text.map(str::to_owned))
    };
    let audio = golden.numbers("audio");
    let (vector, recording) = cloner(Some("The quick brown fox.")).listen(&audio).unwrap();
    assert_near("vector", &vector, &golden.numbers("spk_emb"), 1e-2);
    let kept = Recording::from_bytes(&recording.unwrap().to_bytes()).unwrap();
    assert_eq!((kept.codes, kept.groups, kept.text.as_str()), (golden.codes("ref_codes"), 16, "The quick brown fox."));
    let (again, none) = cloner(Some(" ")).listen(&audio).unwrap();
    assert_eq!((again, none), (vector, None));
    let refused = |text, wave: &[f32]| cloner(text).listen(wave).unwrap_err().code;
    assert_eq!(refused(None, &audio[..9000]), "sample_too_short");
    assert_eq!(refused(None, &[0.0; 48_000]), "no_voice_found");
    assert_eq!(refused(Some("Words."), &vec![0.1; 61 * 24_000]), "sample_too_long");
}

/// Runs requests through a model, at most `slots` at once, new ones joining as others end; the samples of each.
fn speak(model: &mut Qwen3Tts, requests: Vec<(Utterance, Wish)>, slots: usize) -> Vec<(Vec<usize>, Vec<f32>)> {
    let mut heard = vec![(Vec::new(), Vec::new()); requests.len()];
    let mut waiting = requests.into_iter().enumerate();
    let mut owners: Vec<Option<usize>> = vec![None; slots];
    for step in 0.. {
        // One joins at every second step, so that each is in another place of its sentence.
        let free = owners.iter().position(Option::is_none).filter(|_| step % 2 == 0);
        if let Some((slot, (number, (request, wish)))) = free.and_then(|slot| Some((slot, waiting.next()?))) {
            let running = model.begin(slot, &request, &wish).unwrap();
            model.start(vec![(SlotId(slot), running)]);
            owners[slot] = Some(number);
        }
        let active: Vec<SlotId> = (0..slots).filter(|&slot| owners[slot].is_some()).map(SlotId).collect();
        if active.is_empty() && step % 2 == 0 {
            break;
        }
        let mut ended = Vec::new();
        model
            .step(&active, &mut |slot, progress| match progress {
                Progress::Chunk(pcm) => {
                    let (chunks, samples) = &mut heard[owners[slot.0].unwrap()];
                    chunks.push(pcm.len());
                    samples.extend_from_slice(pcm.samples());
                }
                Progress::Done | Progress::Failed(_) => ended.push(slot),
            })
            .unwrap();
        for slot in ended {
            model.release(slot);
            owners[slot.0] = None;
        }
    }
    heard
}

fn requests() -> Vec<(Utterance, Wish)> {
    let clone = Golden::open(&folder("tts"), "clone_prompt");
    let recording = Recording { text: "The quick brown fox.".to_owned(), codes: clone.codes("ref_codes"), groups: 16 };
    let texts = ["Hello world.", "Good day.", "This is a test, and it is a longer one than the others are.", "No."];
    (0..8)
        .map(|number| {
            let wish = Wish {
                speaker: Some(clone.numbers("spk_emb")),
                preset: None,
                recording: (number % 3 == 1).then(|| recording.clone()),
                style: None,
            };
            (utterance(texts[number % 4], "nobody", number as u64 * 7 + 1), wish)
        })
        .collect()
}

#[test]
fn a_slot_s_samples_never_depend_on_its_company() {
    let mut batch = model("base", 5);
    let together = speak(&mut batch, requests(), 5);
    for (number, request) in requests().into_iter().enumerate() {
        let alone = speak(&mut model("base", 1), vec![request], 1).remove(0);
        assert!(!alone.1.is_empty(), "utterance {number}");
        assert_eq!(alone.0, together[number].0, "chunks of utterance {number}");
        assert!(alone.1 == together[number].1, "samples of utterance {number}");
    }
    let other = speak(&mut batch, requests().into_iter().map(|(u, w)| (Utterance { seed: 99, ..u }, w)).collect(), 5);
    assert!(other[0].1 != together[0].1, "the seed decides");
}

#[test]
fn the_first_chunk_is_one_frame_and_later_ones_grow() {
    let long = "one two three four five six seven eight nine ten. ".repeat(6);
    let mut found = Vec::new();
    let mut model = model("custom_voice", 1);
    for seed in 0..6 {
        let request = utterance(&long, "Ryan", seed);
        let wish = model.wish(&request).unwrap();
        let (chunks, _) = speak(&mut model, vec![(request, wish)], 1).remove(0);
        let frames: Vec<usize> = chunks.iter().map(|samples| samples / 1920).collect();
        let whole = &frames[..frames.len() - 1];
        assert!(whole.iter().zip([1, 2, 4, 8, 12, 12, 12]).all(|(a, b)| *a == b), "{frames:?}");
        found.push(frames.len());
    }
    assert!(found.iter().any(|&chunks| chunks > 3), "all utterances were too short to tell: {found:?}");
}

#[test]
fn an_utterance_that_does_not_end_is_stopped() {
    let folder = folder("tts").join("custom_voice");
    let settings = Settings { identity: "tiny".to_owned(), slots: 1, positions: 600, crew: Arc::new(Crew::new(2)) };
    // Without chance these random weights go on for ever.
    let mut model = Qwen3Tts::new(network(&folder, true), decoder(&folder), settings).unwrap();
    let mut stopped = 0;
    for text in ["Hello world.", "This is a test.", "Good day to you.", "No."] {
        let request = utterance(text, "eric", 0);
        let most = most_frames(text);
        assert!(model.positions(&request) > most);
        assert!(model.admit(vec![(SlotId(0), request)]).is_empty());
        let (mut samples, mut end) = (0, None);
        while end.is_none() {
            model
                .step(&[SlotId(0)], &mut |_, progress| match progress {
                    Progress::Chunk(pcm) => samples += pcm.len(),
                    Progress::Done => end = Some("done"),
                    Progress::Failed(fault) => end = Some(fault.code),
                })
                .unwrap();
        }
        model.release(SlotId(0));
        assert!(samples <= most * 1920, "{text}: {samples} samples");
        stopped += usize::from(end == Some("runaway"));
        assert!(end == Some("done") || end == Some("runaway"), "{end:?}");
    }
    assert!(stopped > 0, "all ended by themselves");
}

#[test]
fn presets_and_languages_are_those_of_the_folder() {
    let custom = model("custom_voice", 1);
    let presets = custom.config().presets();
    assert_eq!(presets.iter().map(|preset| preset.name.as_str()).collect::<Vec<_>>(), ["eric", "ryan"]);
    assert_eq!(presets[0].dialect.as_deref(), Some("sichuan_dialect"));
    assert_eq!(custom.config().languages(), ["zh", "en", "de", "sichuan_dialect"]);
    assert!(model("base", 1).config().presets().is_empty());
}
