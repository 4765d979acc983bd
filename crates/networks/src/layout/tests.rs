//! The lists that layouts compute, against those of the released models, and configs that mean harm.

use std::collections::BTreeMap;
use std::fs;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::kernel::Precision;

const FACTS: &str = include_str!("facts.txt");

/// How many tensors of each name, with N for each number in it, and shape.
fn patterns(tensors: &Tensors) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for tensor in tensors.all() {
        let number =
            |part: &str| if part.bytes().all(|byte| byte.is_ascii_digit()) { "N".into() } else { part.to_owned() };
        let name: Vec<String> = tensor.name.split('.').map(number).collect();
        let shape: Vec<String> = tensor.shape.iter().map(ToString::to_string).collect();
        *counts.entry(format!("{} {}", shape.join("x"), name.join("."))).or_default() += 1;
    }
    counts
}

fn facts(section: &str) -> BTreeMap<String, usize> {
    let text = FACTS.split("## ").find(|text| text.starts_with(section)).unwrap();
    let lines = text.lines().skip(1).map(|line| line.split_once(' ').unwrap());
    lines.map(|(count, rest)| (rest.to_owned(), count.parse().unwrap())).collect()
}

/// Sizes of the released speaking models.
fn tts(kind: &str, large: bool) -> Value {
    let (hidden, feed) = if large { (2048, 6144) } else { (1024, 3072) };
    json!({
        "model_type": "qwen3_tts", "tts_model_type": kind, "tts_model_size": if large { "1b7" } else { "0b6" },
        "talker_config": {
            "vocab_size": 3072, "hidden_size": hidden, "intermediate_size": feed, "num_hidden_layers": 28,
            "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 128, "rope_theta": 1_000_000,
            "num_code_groups": 16, "text_hidden_size": 2048, "text_vocab_size": 151_936, "spk_id": {},
            "code_predictor_config": {
                "vocab_size": 2048, "hidden_size": 1024, "intermediate_size": 3072, "num_hidden_layers": 5,
                "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 128, "num_code_groups": 16,
            },
        },
        "speaker_encoder_config": {"enc_dim": hidden, "sample_rate": 24_000},
    })
}

fn asr() -> Value {
    json!({
        "model_type": "qwen3_asr",
        "thinker_config": {
            "model_type": "qwen3_asr",
            "audio_config": {
                "num_mel_bins": 128, "encoder_layers": 18, "encoder_attention_heads": 14, "encoder_ffn_dim": 3584,
                "d_model": 896, "output_dim": 1024, "downsample_hidden_size": 480,
            },
            "text_config": {
                "vocab_size": 151_936, "hidden_size": 1024, "intermediate_size": 3072, "num_hidden_layers": 28,
                "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 128, "tie_word_embeddings": true,
            },
        },
    })
}

fn language(hidden: usize, feed: usize, layers: usize, heads: usize) -> Value {
    json!({
        "model_type": "qwen3", "vocab_size": 151_936, "hidden_size": hidden, "intermediate_size": feed,
        "num_hidden_layers": layers, "num_attention_heads": heads, "num_key_value_heads": 8, "head_dim": 128,
        "tie_word_embeddings": true,
    })
}

fn of(config: Value) -> Layout {
    Layout::of(config, Some(json!({}))).unwrap()
}

#[test]
fn computed_lists_are_those_of_the_released_models() {
    let (small, large) = (of(tts("base", false)), of(tts("base", true)));
    assert_eq!(patterns(small.model()), facts("tts 0.6B"));
    assert_eq!(patterns(large.model()), facts("tts 1.7B"));
    assert_eq!(patterns(small.codec().unwrap()), facts("codec"));
    assert_eq!(patterns(of(asr()).model()), facts("asr 0.6B"));
    // Totals as counted by the models' own code, and as the released files' sizes say.
    let counted = |layout: &Layout| layout.model().parameters();
    assert_eq!((counted(&small), counted(&large)), (914_643_008, 1_928_677_440));
    assert_eq!(small.codec().unwrap().parameters(), 170_557_441);
    let design = of(tts("voice_design", true));
    assert_eq!((counted(&design), design.family()), (1_916_676_352, Family::VoiceDesign));
    assert!(design.model().all().iter().all(|tensor| !tensor.name.starts_with("speaker_encoder")));
    // Parts, in millions: text embedding, talker's layers, predictor, speaker encoder.
    let part = |prefix: &str| {
        let all = small.model().all().iter().filter(|tensor| tensor.name.starts_with(prefix));
        all.map(Expected::parameters).sum::<u64>()
    };
    assert_eq!(part("talker.model.text_embedding"), 311_164_928);
    assert_eq!(part("talker.model.layers") + part("talker.model.norm"), 440_467_456);
    assert_eq!(part("talker.code_predictor"), 31_457_280 + 78_655_744 + 31_457_280);
    assert_eq!(part("speaker_encoder"), 8_854_336);
}

#[test]
fn text_models_and_the_aligner_add_up() {
    let millions = |config: Value| (of(config).model().parameters() as f64 / 1e6).round() as u64;
    assert_eq!(millions(language(1024, 3072, 28, 16)), 596);
    assert_eq!(millions(language(2048, 6144, 28, 16)), 1721);
    assert_eq!(millions(language(2560, 9728, 36, 32)), 4022);
    let mut aligner = asr();
    let thinker = &mut aligner["thinker_config"];
    thinker["model_type"] = "qwen3_forced_aligner".into();
    thinker["classify_num"] = 5000.into();
    for (name, value) in [("encoder_layers", 24), ("d_model", 1024), ("encoder_ffn_dim", 4096)] {
        thinker["audio_config"][name] = value.into();
    }
    thinker["text_config"]["vocab_size"] = 152_064.into();
    let layout = of(aligner.clone());
    assert_eq!(layout.family(), Family::Aligner);
    let head = layout.model().all().last().unwrap();
    assert_eq!(
        (head.name.as_str(), head.shape.as_slice(), head.optional),
        ("thinker.lm_head.weight", &[5000, 1024][..], false)
    );
    // The released file has 1 835 544 544 bytes, header included.
    assert!((1_835_544_544 - 2 * layout.model().parameters()) < 200_000, "{}", layout.model().parameters());
    aligner["thinker_config"].as_object_mut().unwrap().remove("classify_num");
    assert!(Layout::of(aligner, None).is_err());
}

#[test]
fn memory_follows_from_sizes() {
    let memory = of(tts("base", false));
    let memory = memory.memory();
    // 28 layers, keys and values, 8 heads of 128 numbers.
    assert_eq!(memory.position(), 28 * 2 * 8 * 128 * 4);
    assert_eq!(of(language(2560, 9728, 36, 32)).memory().position(), 36 * 2 * 8 * 128 * 4);
    // The codec's state is 1.16 million keys and values and 0.14 million rows; the predictor's scratch is 17 positions.
    let state = memory.slot() / 4 - 17 * 5 * 2 * 8 * 128;
    assert!((1_290_000..1_310_000).contains(&state), "{state}");
    let weights = |precision| memory.weights(precision);
    assert!(
        weights(Precision::Byte) < weights(Precision::Brain) && weights(Precision::Brain) < weights(Precision::Single)
    );
    // Without the text's embedding, everything in single: (914.6 + 170.6 - 311.2) million and the unread projections.
    let single = weights(Precision::Single) as f64 / 4e6;
    assert!((772.0..774.1).contains(&single), "{single}");
    assert_eq!(
        memory.working(Precision::Byte, 8, 100),
        weights(Precision::Byte) + 8 * (memory.slot() + 100 * memory.position())
    );
    // The aligner and the recogniser keep one of embedding and head.
    let head = 151_936 * 1024 * 4;
    let kept = of(asr()).memory().weights(Precision::Single);
    assert_eq!(kept / 4, of(asr()).model().parameters());
    assert!(kept > head);
}

#[test]
fn hostile_configs_are_refused_in_one_line() {
    let change = |path: &[&str], value: Value| {
        let mut config = tts("base", false);
        let mut place = &mut config;
        for name in path {
            place = &mut place[*name];
        }
        *place = value;
        config
    };
    for config in [
        json!(null),
        json!([]),
        json!({}),
        json!({"model_type": "qwen2\u{7}\n"}),
        json!({"model_type": 5}),
        json!({"model_type": "qwen3"}),
        json!({"model_type": "qwen3_asr", "thinker_config": 7}),
        change(&["tts_model_type"], json!("evil")),
        change(&["talker_config", "hidden_size"], json!(0)),
        change(&["talker_config", "hidden_size"], json!(-1)),
        change(&["talker_config", "hidden_size"], json!(1e3)),
        change(&["talker_config", "hidden_size"], json!(u64::MAX)),
        change(&["talker_config", "num_hidden_layers"], json!(1_000_000)),
        change(&["talker_config", "num_code_groups"], json!("16")),
        change(&["talker_config", "code_predictor_config"], json!(null)),
        change(&["speaker_encoder_config", "enc_channels"], json!([1, 2])),
    ] {
        let error = Layout::of(config.clone(), Some(json!({}))).expect_err(&config.to_string());
        assert_eq!(error.code(), "checkpoint_config");
        assert!(error.to_string().starts_with("config.json: ") && !error.to_string().contains('\n'), "{error}");
    }
    let error = Layout::of(tts("base", false), None).unwrap_err();
    assert_eq!(error.to_string(), "speech_tokenizer/config.json: the file is not there");
    for codec in [
        json!({"decoder_config": {"upsample_rates": [0]}}),
        json!({"encoder_config": {"upsampling_ratios": [2, 2, 2, 2, 2, 2, 2, 2, 2]}}),
    ] {
        assert_eq!(Layout::of(tts("base", false), Some(codec)).unwrap_err().code(), "checkpoint_config");
    }
    assert!(Layout::read(&" ".repeat(2 << 20), None).is_err());
    // The largest sizes that are let in neither overflow nor take long.
    let largest = change(&["talker_config", "num_attention_heads"], json!(512));
    Layout::of(largest, Some(json!({}))).unwrap();
}

/// A text model of a few numbers, in a folder, with every file that it needs.
fn tiny(change: impl Fn(&mut Vec<(String, Vec<usize>)>)) -> (tempfile::TempDir, Layout) {
    let folder = tempfile::tempdir().unwrap();
    let mut config = language(8, 12, 2, 2);
    for (name, value) in [("vocab_size", 16), ("num_key_value_heads", 1), ("head_dim", 4)] {
        config[name] = value.into();
    }
    let layout = of(config.clone());
    let mut tensors: Vec<(String, Vec<usize>)> =
        layout.model().all().iter().map(|tensor| (tensor.name.clone(), tensor.shape.clone())).collect();
    change(&mut tensors);
    let named: Vec<(&str, &[usize])> = tensors.iter().map(|(name, shape)| (name.as_str(), shape.as_slice())).collect();
    fs::write(folder.path().join("model.safetensors"), crate::checkpoint::tests::file(&named)).unwrap();
    fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    for name in ["vocab.json", "merges.txt", "tokenizer_config.json"] {
        fs::write(folder.path().join(name), "{}").unwrap();
    }
    (folder, layout)
}

#[test]
fn a_folder_is_compared_with_its_config() {
    let (folder, layout) = tiny(|_| ());
    let found = Layout::identify(folder.path()).unwrap().unwrap().check(folder.path()).unwrap();
    assert_eq!((&found.layout, found.surplus.as_slice()), (&layout, &[][..]));
    assert_eq!(found.files, ["config.json", "vocab.json", "merges.txt", "tokenizer_config.json", "model.safetensors"]);
    // A tied head need not be there, and more than is needed does no harm.
    let (folder, layout) = tiny(|tensors| {
        tensors.retain(|(name, _)| name != "lm_head.weight");
        tensors.push(("rotary.inv_freq".into(), vec![2]));
    });
    assert_eq!(layout.check(folder.path()).unwrap().surplus, ["rotary.inv_freq"]);
    let norm = "model.layers.1.self_attn.k_norm.weight";
    for (change, words) in [
        (None, format!("model.safetensors: the checkpoint has no tensor \"{norm}\"")),
        (Some(vec![5]), format!("model.safetensors: tensor \"{norm}\" has the shape [5] where the network needs [4]")),
    ] {
        let (folder, layout) = tiny(|tensors| match &change {
            None => tensors.retain(|(name, _)| name != norm),
            Some(shape) => tensors.iter_mut().filter(|(name, _)| name == norm).for_each(|t| t.1.clone_from(shape)),
        });
        assert_eq!(layout.check(folder.path()).unwrap_err().to_string(), words);
    }
    let (folder, layout) = tiny(|_| ());
    fs::remove_file(folder.path().join("merges.txt")).unwrap();
    assert_eq!(layout.check(folder.path()).unwrap_err().to_string(), "merges.txt: the file is not there");
    fs::write(folder.path().join("config.json"), "{\"layers\": 4}").unwrap();
    assert_eq!(Layout::identify(folder.path()).unwrap(), None);
    fs::remove_file(folder.path().join("config.json")).unwrap();
    assert_eq!(Layout::identify(folder.path()).unwrap(), None);
}

proptest! {
    #[test]
    fn no_config_makes_it_panic(text in ".{0,300}", at in 0_usize..900, junk in "[0-9\\[\\]{}\",:e-]{0,12}") {
        drop(Layout::read(&text, Some(&text)));
        let mut config = tts("base", false).to_string();
        config.insert_str(at.min(config.len()), &junk);
        drop(Layout::read(&config, Some(&junk)));
    }
}
