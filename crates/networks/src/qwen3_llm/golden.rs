//! Against the reference's own run of small random models: prompt, every layer, logits, and the answer token for token.

use std::collections::BTreeMap;
use std::fs::File;

use safetensors::SafeTensors;
use serde::Deserialize;
use speech::{Progress, SlotId, StepModel};

use super::*;

#[derive(Deserialize)]
struct Golden {
    cases: BTreeMap<String, Case>,
}

#[derive(Deserialize)]
struct Case {
    messages: Vec<Turn>,
    text: String,
    ended: bool,
}

#[derive(Deserialize)]
struct Turn {
    role: String,
    content: String,
}

fn read(kind: &str, name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/qwen3/llm");
    std::fs::read(format!("{folder}/{kind}/{name}")).unwrap()
}

/// A model of the fixtures.
pub(super) fn model(kind: &str, slots: usize, positions: usize) -> Qwen3Llm {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/qwen3/llm");
    let names: &[&str] = match kind {
        "sharded" => &["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"],
        _ => &["model.safetensors"],
    };
    let files = names.iter().map(|name| File::open(format!("{folder}/{kind}/{name}")).unwrap()).collect();
    let generation = read(kind, "generation_config.json");
    let files_beside = [
        read(kind, "config.json"),
        read(kind, "vocab.json"),
        read(kind, "merges.txt"),
        read(kind, "tokenizer_config.json"),
    ];
    let [config, vocab, merges, tokenizer_config] = &files_beside;
    let beside = Files { config, generation_config: Some(&generation), vocab, merges, tokenizer_config };
    let settings = Settings { slots, positions, precision: Precision::Single, crew: Crew::alone() };
    Qwen3Llm::load(Checkpoint::open(files).unwrap(), &beside, settings).unwrap()
}

/// A request for the best answer.
pub(super) fn request(messages: Vec<Message>, most_tokens: usize) -> Request {
    Request { messages, sampling: Sampling::GREEDY, seed: 0, most_tokens }
}

fn messages(case: &Case) -> Vec<Message> {
    let turns = case.messages.iter().map(|turn| {
        let role = match turn.role.as_str() {
            "system" => Role::System,
            "user" => Role::User,
            _ => Role::Assistant,
        };
        Message::new(role, turn.content.clone())
    });
    turns.collect()
}

fn numbers(file: &SafeTensors<'_>, name: &str) -> Vec<f32> {
    let data = file.tensor(name).unwrap().data().to_vec();
    data.as_chunks::<4>().0.iter().map(|&b| f32::from_le_bytes(b)).collect()
}

fn tokens(file: &SafeTensors<'_>, name: &str) -> Vec<u32> {
    let data = file.tensor(name).unwrap().data().to_vec();
    data.as_chunks::<8>().0.iter().map(|&b| u32::try_from(i64::from_le_bytes(b)).unwrap()).collect()
}

fn close(found: &[f32], wanted: &[f32], what: &str) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    let scale = wanted.iter().fold(1.0f32, |top, v| top.max(v.abs()));
    for (at, (a, b)) in found.iter().zip(wanted).enumerate() {
        assert!((a - b).abs() <= 1e-4 * scale, "{what}: {a} is not {b} at {at}");
    }
}

#[test]
fn prompt_layers_logits_and_answer_are_the_references() {
    for kind in ["tied", "untied"] {
        let golden: Golden = serde_json::from_slice(&read(kind, "golden/golden.json")).unwrap();
        assert!(golden.cases.contains_key("chinese"));
        for (name, case) in &golden.cases {
            let bytes = read(kind, &format!("golden/{name}.safetensors"));
            let file = SafeTensors::deserialize(&bytes).unwrap();
            let mut model = model(kind, 1, 128);
            let (ids, answer) = (tokens(&file, "prompt.ids"), tokens(&file, "out.ids"));
            let request = request(messages(case), 10);
            assert_eq!(model.prompt(&request).unwrap(), ids, "{kind} {name}");
            layers(&model, &file, &ids, &format!("{kind} {name}"));

            assert_eq!(model.positions(&request), ids.len() + 10);
            assert_eq!(model.admit(vec![(SlotId(0), request)]), []);
            let mut text = String::new();
            let mut ending = None;
            while ending.is_none() {
                let mut emit = |_, progress| match progress {
                    Progress::Chunk(Piece::Text(piece)) => text += &piece,
                    Progress::Chunk(Piece::End(end)) => ending = Some(end),
                    Progress::Done => {}
                    Progress::Failed(fault) => panic!("{fault}"),
                };
                model.step(&[SlotId(0)], &mut emit).unwrap();
            }
            let ending = ending.unwrap();
            let said = &model.slots[0].answer.as_ref().unwrap().tokens[ids.len()..];
            assert_eq!(said, &answer[..answer.len() - usize::from(case.ended)], "{kind} {name}");
            assert_eq!((&text, ending.cut, ending.tokens), (&case.text, !case.ended, said.len()), "{kind} {name}");
            let certain = confidence(&numbers(&file, "step.logits"), &answer);
            assert!((ending.confidence - certain).abs() < 1e-4, "{} is not {certain}", ending.confidence);
        }
    }
}

fn layers(model: &Qwen3Llm, file: &SafeTensors<'_>, ids: &[u32], name: &str) {
    let hidden = model.config.decoder.hidden_size;
    let row = |&id: &u32| model.checkpoint.row("model.embed_tokens.weight", id as usize, hidden).unwrap();
    let x: Vec<f32> = ids.iter().flat_map(row).collect();
    close(&x, &numbers(file, "embed"), name);
    let mut cache = model.decoder.cache(1, ids.len());
    assert!(cache.extend(0, ids.len()));
    let mut seen = 0;
    let mut watch = |layer: usize, rows: &[f32]| {
        close(rows, &numbers(file, &format!("layers.{layer}")), &format!("{name}, layer {layer}"));
        seen += 1;
    };
    let x = model.decoder.forward_watched(&model.crew, x, &vec![0; ids.len()], &mut cache, &mut watch);
    assert_eq!(seen, model.config.decoder.num_hidden_layers);
    close(&x, &numbers(file, "norm"), &format!("{name}, norm"));
    let logits = model.head.product(&model.crew, &x);
    // All positions are kept for one case only, those of the answer for each.
    if file.tensor("logits").is_ok() {
        close(&logits, &numbers(file, "logits"), &format!("{name}, logits"));
    }
    let width = model.config.vocab_size;
    let first = &numbers(file, "step.logits")[..width];
    close(&logits[logits.len() - width..], first, &format!("{name}, logits of the answer"));
}

/// Mean logarithm of the probability of each token of an answer.
fn confidence(logits: &[f32], answer: &[u32]) -> f64 {
    let rows = logits.chunks(logits.len() / answer.len());
    let each = rows.zip(answer).map(|(row, &token)| {
        let sum: f64 = row.iter().map(|&v| f64::from(v).exp()).sum();
        f64::from(row[token as usize]) - sum.ln()
    });
    each.sum::<f64>() / answer.len() as f64
}

#[test]
fn a_checkpoint_in_two_files_is_the_same() {
    let (mut one, mut two) = (model("untied", 1, 128), model("sharded", 1, 128));
    let ask = || request(vec![Message::new(Role::User, "It's 12:30.")], 8);
    for model in [&mut one, &mut two] {
        assert_eq!(model.admit(vec![(SlotId(0), ask())]), []);
        for _ in 0..8 {
            model.step(&[SlotId(0)], &mut |_, _| {}).unwrap();
        }
    }
    let said = |model: &Qwen3Llm| model.slots[0].answer.as_ref().unwrap().tokens.clone();
    assert_eq!(said(&one), said(&two));
}
