//! `vouch models import` as a user has it: a folder in the hub's layout comes in whole, or not at all. Each way in which it
//! can be wrong has its code, its exit and one line that names the file, and leaves the models folder as it was.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use networks::layout::{Layout, Tensors};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Sizes of a text decoder of a few numbers.
fn core(mut more: Value) -> Value {
    let sizes = [
        ("hidden_size", 8),
        ("intermediate_size", 12),
        ("num_hidden_layers", 2),
        ("num_attention_heads", 2),
        ("num_key_value_heads", 1),
        ("head_dim", 4),
    ];
    for (name, size) in sizes {
        more[name] = size.into();
    }
    more
}

fn speech() -> (Value, Value) {
    let predictor = core(json!({"vocab_size": 8}));
    let talker = json!({
        "vocab_size": 32, "text_hidden_size": 8, "text_vocab_size": 16, "num_code_groups": 4,
        "code_predictor_config": predictor,
    });
    let speaker = json!({"enc_dim": 8, "enc_channels": [8, 8, 8, 8, 16], "enc_res2net_scale": 2});
    let config = json!({
        "model_type": "qwen3_tts", "tts_model_type": "base", "talker_config": core(talker),
        "speaker_encoder_config": speaker,
    });
    let codec = json!({
        "encoder_config": {"num_filters": 4, "hidden_size": 8, "num_hidden_layers": 1, "num_quantizers": 4,
            "codebook_size": 8, "codebook_dim": 4, "vector_quantization_hidden_dimension": 4},
        "decoder_config": {"latent_dim": 8, "decoder_dim": 16, "hidden_size": 8, "num_hidden_layers": 1,
            "num_quantizers": 4, "codebook_size": 8, "codebook_dim": 8, "upsample_rates": [2, 2]},
    });
    (config, codec)
}

type List = Vec<(String, Vec<usize>, &'static str)>;

fn list(tensors: &Tensors) -> List {
    tensors.all().iter().map(|tensor| (tensor.name.clone(), tensor.shape.clone(), "F32")).collect()
}

/// A safetensors file, written by hand: a length, a header, and small numbers.
fn file(tensors: &List) -> Vec<u8> {
    let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
    for (name, shape, dtype) in tensors {
        let from = data.len();
        for number in 0..shape.iter().product::<usize>() {
            data.extend(((number % 7) as f32 * 0.1).to_le_bytes());
            if *dtype == "I64" {
                data.extend([0; 4]);
            }
        }
        header.insert(name.clone(), json!({"dtype": dtype, "shape": shape, "data_offsets": [from, data.len()]}));
    }
    let header = Value::Object(header).to_string();
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &data].concat()
}

struct Room {
    folder: TempDir,
    layout: Layout,
}

impl Room {
    /// A folder with a whole model that speaks.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (config, codec) = speech();
        let layout = Layout::of(config.clone(), Some(codec.clone())).unwrap();
        let room = Self { folder, layout };
        fs::create_dir_all(room.place("speech_tokenizer")).unwrap();
        room.write("config.json", config.to_string());
        room.write("speech_tokenizer/config.json", codec.to_string());
        room.write("model.safetensors", file(&list(room.layout.model())));
        room.write("speech_tokenizer/model.safetensors", file(&list(room.layout.codec().unwrap())));
        for name in ["vocab.json", "merges.txt", "tokenizer_config.json", "generation_config.json"] {
            room.write(name, "{}");
        }
        room
    }

    fn place(&self, name: &str) -> PathBuf {
        self.folder.path().join("model").join(name)
    }

    fn models(&self) -> PathBuf {
        self.folder.path().join("models")
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.place(name), bytes).unwrap();
    }

    /// The model's weights, changed.
    fn weights(&self, change: impl Fn(&mut List)) {
        let mut tensors = list(self.layout.model());
        change(&mut tensors);
        self.write("model.safetensors", file(&tensors));
    }

    /// Exit and last line of a command.
    fn vouch(&self, arguments: &[&str]) -> (i32, Value) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vouch"));
        command.args(["--json", "models"]).args(arguments).env("VOUCH_MODELS", self.models());
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"), "{text}");
        let last = text.lines().last().unwrap_or_default();
        (output.status.code().unwrap(), serde_json::from_str(last).unwrap_or(Value::Null))
    }

    fn import(&self, more: &[&str]) -> (i32, Value) {
        let folder = self.place("");
        self.vouch(&[&["import", folder.to_str().unwrap()], more].concat())
    }

    /// Every file below the models folder with its bytes; none where there is no such folder.
    fn state(&self) -> Option<BTreeMap<PathBuf, Vec<u8>>> {
        fn walk(folder: &Path, all: &mut BTreeMap<PathBuf, Vec<u8>>) {
            for entry in fs::read_dir(folder).unwrap().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    all.insert(path.clone(), Vec::new());
                    walk(&path, all);
                } else {
                    all.insert(path.clone(), fs::read(&path).unwrap());
                }
            }
        }
        let mut all = BTreeMap::new();
        self.models().exists().then(|| walk(&self.models(), &mut all))?;
        Some(all)
    }

    /// Importing fails so, in one line with these words, and changes nothing.
    fn refuses(&self, exit: i32, code: &str, words: &[&str]) {
        let before = self.state();
        let (found, answer) = self.import(&["--id", "mine"]);
        let error = &answer["error"];
        assert_eq!((found, error["code"].as_str().unwrap_or_default()), (exit, code), "{answer}");
        for part in ["message", "fix"] {
            let text = error[part].as_str().unwrap();
            assert!(text.len() > 10 && text.len() < 500 && !text.contains('\n'), "{text}");
        }
        let message = error["message"].as_str().unwrap();
        assert!(words.iter().all(|word| message.contains(word)), "{message} lacks one of {words:?}");
        assert!(self.state() == before, "the models folder is not as it was");
    }
}

#[test]
fn a_whole_model_comes_in_and_stays_verified() {
    let room = Room::new();
    let (exit, answer) = room.import(&[]);
    assert_eq!((exit, answer["error"]["code"].as_str()), (4, Some("model_not_in_catalog")), "{answer}");
    assert!(answer["error"]["fix"].as_str().unwrap().contains("--id NAME"), "{answer}");
    assert_eq!(room.state(), None);
    let (exit, answer) = room.import(&["--id", "mine"]);
    assert_eq!(exit, 0, "{answer}");
    let recorded = answer["installed"]["recorded"].as_array().unwrap();
    assert_eq!(recorded.len(), 8, "every digest of one's own model is recorded and shown: {answer}");
    assert!(room.models().join("mine/speech_tokenizer/model.safetensors").is_file());
    assert!(fs::read_dir(room.models()).unwrap().count() == 1, "nothing is left beside it");
    let (exit, answer) = room.vouch(&["show", "mine"]);
    assert_eq!(
        (exit, answer["model"]["state"].as_str(), answer["model"]["own"].as_bool()),
        (0, Some("installed"), Some(true))
    );
    assert!(answer["model"]["memory_bytes"].as_u64().unwrap() > 1000, "{answer}");
    let digest = recorded[0]["sha256"].as_str().unwrap();
    assert!(answer["model"]["files"].to_string().contains(digest), "{answer}");
    assert_eq!(room.vouch(&["verify", "mine"]).0, 0);
    // The same once more is no harm; other bytes under the same name are.
    assert_eq!(room.import(&["--id", "mine"]).0, 0);
    let mut bytes = fs::read(room.place("model.safetensors")).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    room.write("model.safetensors", &bytes);
    room.refuses(4, "model_not_as_recorded", &["model.safetensors", "mine"]);
    assert_eq!(room.vouch(&["verify", "mine"]).0, 0);
    // A bit of the installed file flips.
    fs::write(room.models().join("mine/model.safetensors"), &bytes).unwrap();
    let (exit, answer) = room.vouch(&["verify", "mine"]);
    assert_eq!((exit, answer["error"]["code"].as_str()), (5, Some("model_damaged")), "{answer}");
    assert_eq!(room.vouch(&["remove", "mine"]).0, 0);
    assert_eq!(room.state(), Some(BTreeMap::new()));
}

#[test]
fn weights_that_do_not_fit_their_config_are_refused() {
    let norm = "talker.model.layers.1.self_attn.k_norm.weight";
    let room = Room::new();
    room.weights(|tensors| tensors.retain(|(name, ..)| name != norm));
    room.refuses(4, "tensor_missing", &["model.safetensors", norm]);
    room.weights(|tensors| tensors.iter_mut().filter(|(name, ..)| name == norm).for_each(|tensor| tensor.1 = vec![5]));
    room.refuses(4, "tensor_shape", &["model.safetensors", norm, "[5]", "[4]"]);
    room.weights(|tensors| tensors.iter_mut().filter(|(name, ..)| name == norm).for_each(|tensor| tensor.2 = "I64"));
    room.refuses(4, "tensor_numbers", &["model.safetensors", norm, "I64"]);
    // More than is needed is no harm, and is said.
    room.weights(|tensors| tensors.push(("rotary.inv_freq".into(), vec![2], "F32")));
    assert_eq!(room.import(&["--id", "mine"]).0, 0);
    let room = Room::new();
    room.write("speech_tokenizer/model.safetensors", file(&list(room.layout.model())));
    room.refuses(4, "tensor_missing", &["speech_tokenizer/model.safetensors", "encoder."]);
}

#[test]
fn files_that_are_damaged_or_no_weights_are_refused() {
    let room = Room::new();
    let whole = fs::read(room.place("model.safetensors")).unwrap();
    room.write("model.safetensors", &whole[..whole.len() - 1]);
    room.refuses(4, "checkpoint_unreadable", &["model.safetensors", "ends before"]);
    room.write("model.safetensors", &whole[..5]);
    room.refuses(4, "checkpoint_unreadable", &["model.safetensors", "shorter"]);
    let mut huge = whole.clone();
    huge[..8].copy_from_slice(&(1_u64 << 60).to_le_bytes());
    room.write("model.safetensors", huge);
    room.refuses(4, "checkpoint_unreadable", &["model.safetensors", "1152921504606846976"]);
    room.write("model.safetensors", [b"PK\x03\x04\x14\x00\x00\x00", &whole[8..]].concat());
    room.refuses(4, "checkpoint_pickle", &["model.safetensors"]);
    room.write("model.safetensors", b"\x80\x02}q\x00X\x05\x00\x00\x00modelq\x01K\x01s.");
    room.refuses(4, "checkpoint_pickle", &["model.safetensors"]);
    fs::remove_file(room.place("model.safetensors")).unwrap();
    room.refuses(5, "checkpoint_file_missing", &["model.safetensors"]);
    for name in ["pytorch_model.bin", "model.pt"] {
        room.write(name, &whole);
        room.refuses(4, "checkpoint_pickle", &[name]);
        fs::remove_file(room.place(name)).unwrap();
    }
    room.write("model.safetensors", &whole);
    assert_eq!(room.import(&["--id", "mine"]).0, 0);
}

#[test]
fn configs_names_and_missing_files_are_refused() {
    for name in ["vocab.json", "merges.txt", "tokenizer_config.json", "speech_tokenizer/config.json"] {
        let room = Room::new();
        fs::remove_file(room.place(name)).unwrap();
        room.refuses(5, "checkpoint_file_missing", &[name]);
    }
    let room = Room::new();
    room.write("config.json", "{\"model_type\": \"qwen3_tts\", ");
    room.refuses(4, "checkpoint_config", &["config.json", "no JSON"]);
    room.write("config.json", "{\"model_type\": \"bert\"}");
    room.refuses(4, "checkpoint_config", &["config.json", "qwen3_tts"]);
    assert_eq!(room.import(&[]).1["error"]["code"], "model_not_recognised");
    room.write("config.json", "{\"model_type\": \"qwen3_tts\", \"tts_model_type\": \"base\"}");
    room.refuses(4, "checkpoint_config", &["config.json", "talker_config"]);
    for id in ["../x", "a/b", "", ".x", "A"] {
        let (exit, answer) = room.import(&["--id", id]);
        assert_eq!((exit, answer["error"]["code"].as_str()), (2, Some("bad_model_name")), "{id}: {answer}");
    }
    assert_eq!(room.import(&["--id", "starter"]).0, 2);
    assert_eq!(room.state(), None);
}

#[test]
fn shards_come_in_as_one_model() {
    let room = Room::new();
    fs::remove_dir_all(room.place("")).unwrap();
    fs::create_dir_all(room.place("")).unwrap();
    let config = core(json!({"model_type": "qwen3", "vocab_size": 16, "tie_word_embeddings": true}));
    let layout = Layout::of(config.clone(), None).unwrap();
    let all: List = list(layout.model()).into_iter().filter(|(name, ..)| name != "lm_head.weight").collect();
    let names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
    let mut map = serde_json::Map::new();
    for (name, part) in names.iter().zip([&all[..9], &all[9..]]) {
        room.write(name, file(&part.to_vec()));
        part.iter().for_each(|(tensor, ..)| drop(map.insert(tensor.clone(), (*name).into())));
    }
    room.write("model.safetensors.index.json", json!({"metadata": {}, "weight_map": map}).to_string());
    room.write("config.json", config.to_string());
    for name in ["vocab.json", "merges.txt", "tokenizer_config.json"] {
        room.write(name, "{}");
    }
    let second = fs::read(room.place(names[1])).unwrap();
    fs::remove_file(room.place(names[1])).unwrap();
    room.refuses(5, "checkpoint_file_missing", &[names[1]]);
    room.write(names[1], second);
    let (exit, answer) = room.import(&["--id", "words"]);
    assert_eq!(exit, 0, "{answer}");
    assert!(room.models().join("words/model.safetensors.index.json").is_file());
    assert_eq!(room.vouch(&["verify", "words"]).0, 0);
}

#[test]
fn the_table_and_the_entries_are_shown() {
    let room = Room::new();
    let (exit, answer) = room.vouch(&["list", "--table"]);
    let table = answer["table"].as_str().unwrap();
    assert_eq!((exit, table.lines().count()), (0, 2 + 12), "{table}");
    // 0.6 billion numbers at 4 bytes, without the text's embedding and with the codec, are 3.1 GB.
    assert!(table.contains("| `qwen3-tts-12hz-0.6b-base` | tts | 10 | 2.52 GB | 3.09 GB |"), "{table}");
    let (exit, answer) = room.vouch(&["show", "qwen3-0.6b"]);
    assert_eq!(exit, 0, "{answer}");
    assert_eq!(answer["model"]["memory"]["position"], 28 * 2 * 8 * 128 * 4);
    assert_eq!(room.vouch(&["show", "nothing"]).0, 4);
}
