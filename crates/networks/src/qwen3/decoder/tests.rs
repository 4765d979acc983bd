//! Random small decoders against a plain implementation in double precision, and against themselves in other company.

use std::collections::HashMap;
use std::io::Write;

use proptest::prelude::*;
use safetensors::Dtype;
use safetensors::tensor::{TensorView, serialize};

use super::*;
use crate::draw;

fn config(heads: usize, key_heads: usize) -> DecoderConfig {
    DecoderConfig {
        hidden_size: 24,
        intermediate_size: 40,
        num_hidden_layers: 2,
        num_attention_heads: heads,
        num_key_value_heads: key_heads,
        head_dim: 8,
        rms_norm_eps: 1e-6,
        rope_theta: 10_000.0,
    }
}

type Tensors = HashMap<String, (Vec<usize>, Vec<f32>)>;

fn tensors(config: &DecoderConfig, seed: u64) -> Tensors {
    let (hidden, feed, width) = (config.hidden_size, config.intermediate_size, config.head_dim);
    let (queries, keys) = (config.num_attention_heads * width, config.num_key_value_heads * width);
    let mut shapes = vec![("norm.weight".to_owned(), vec![hidden])];
    for layer in 0..config.num_hidden_layers {
        for (name, shape) in [
            ("input_layernorm", vec![hidden]),
            ("post_attention_layernorm", vec![hidden]),
            ("self_attn.q_norm", vec![width]),
            ("self_attn.k_norm", vec![width]),
            ("self_attn.q_proj", vec![queries, hidden]),
            ("self_attn.k_proj", vec![keys, hidden]),
            ("self_attn.v_proj", vec![keys, hidden]),
            ("self_attn.o_proj", vec![hidden, queries]),
            ("mlp.gate_proj", vec![feed, hidden]),
            ("mlp.up_proj", vec![feed, hidden]),
            ("mlp.down_proj", vec![hidden, feed]),
        ] {
            shapes.push((format!("layers.{layer}.{name}.weight"), shape));
        }
    }
    let mut tensors = Tensors::new();
    for (number, (name, shape)) in (0..).zip(shapes) {
        let count: usize = shape.iter().product();
        let noise = (0..count as u64).map(|i| draw::noise(seed.wrapping_add(number * 977), i));
        let numbers = match shape.len() {
            1 => noise.map(|v| 1.0 + 0.2 * v).collect(),
            _ => noise.map(|v| v * 1.2 / (shape[1] as f32).sqrt()).collect(),
        };
        tensors.insert(name, (shape, numbers));
    }
    tensors
}

fn checkpoint(tensors: &Tensors) -> Checkpoint {
    let bytes: Vec<(&String, &Vec<usize>, Vec<u8>)> = tensors
        .iter()
        .map(|(name, (shape, numbers))| (name, shape, numbers.iter().flat_map(|v| v.to_le_bytes()).collect()))
        .collect();
    let views = bytes
        .iter()
        .map(|(name, shape, bytes)| (name.as_str(), TensorView::new(Dtype::F32, (*shape).clone(), bytes).unwrap()));
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&serialize(views, None).unwrap()).unwrap();
    Checkpoint::open(vec![file]).unwrap()
}

fn decoder(config: &DecoderConfig, seed: u64) -> Decoder {
    Decoder::load(&checkpoint(&tensors(config, seed)), "", config, Precision::Single).unwrap()
}

fn rows(seed: u64, count: usize, hidden: usize) -> Vec<f32> {
    (0..(count * hidden) as u64).map(|i| draw::noise(seed ^ 0x5EED, i)).collect()
}

/// The whole sequence at once, as the papers write it.
fn plain(config: &DecoderConfig, tensors: &Tensors, x: &[f32]) -> Vec<Vec<f64>> {
    let weight = |name: &str| -> Vec<f64> { tensors[name].1.iter().map(|&v| f64::from(v)).collect() };
    let norm = |x: &[f64], weight: &[f64]| -> Vec<f64> {
        let mean = x.iter().map(|v| v * v).sum::<f64>() / x.len() as f64;
        x.iter().zip(weight).map(|(v, w)| v / (mean + f64::from(config.rms_norm_eps)).sqrt() * w).collect()
    };
    let times = |matrix: &[f64], x: &[f64]| -> Vec<f64> {
        matrix.chunks(x.len()).map(|row| row.iter().zip(x).map(|(a, b)| a * b).sum()).collect()
    };
    let width = config.head_dim;
    let turned = |row: Vec<f64>, weight: &[f64], position: usize| -> Vec<Vec<f64>> {
        let heads = row.chunks(width).map(|head| {
            let head = norm(head, weight);
            let half = width / 2;
            (0..width)
                .map(|i| {
                    let angle = position as f64 * f64::from(config.rope_theta).powf(-((i % half) as f64) / half as f64);
                    let other = if i < half { -head[i + half] } else { head[i - half] };
                    head[i] * angle.cos() + other * angle.sin()
                })
                .collect()
        });
        heads.collect()
    };
    let mut x: Vec<Vec<f64>> =
        x.chunks(config.hidden_size).map(|row| row.iter().map(|&v| f64::from(v)).collect()).collect();
    for layer in 0..config.num_hidden_layers {
        let of = |name: &str| weight(&format!("layers.{layer}.{name}.weight"));
        let (mut keys, mut values) = (Vec::new(), Vec::new());
        for (position, row) in x.iter_mut().enumerate() {
            let normed = norm(row, &of("input_layernorm"));
            let query = turned(times(&of("self_attn.q_proj"), &normed), &of("self_attn.q_norm"), position);
            keys.push(turned(times(&of("self_attn.k_proj"), &normed), &of("self_attn.k_norm"), position));
            values.push(times(&of("self_attn.v_proj"), &normed));
            let mut mixed = Vec::new();
            for (head, query) in query.iter().enumerate() {
                let key_head = head / (config.num_attention_heads / config.num_key_value_heads);
                let scores: Vec<f64> = keys
                    .iter()
                    .map(|key| query.iter().zip(&key[key_head]).map(|(a, b)| a * b).sum::<f64>())
                    .map(|score| (score / (width as f64).sqrt()).exp())
                    .collect();
                let sum: f64 = scores.iter().sum();
                for i in key_head * width..(key_head + 1) * width {
                    mixed.push(scores.iter().zip(&values).map(|(s, v): (_, &Vec<f64>)| s / sum * v[i]).sum::<f64>());
                }
            }
            for (v, more) in row.iter_mut().zip(times(&of("self_attn.o_proj"), &mixed)) {
                *v += more;
            }
            let normed = norm(row, &of("post_attention_layernorm"));
            let (gate, up) = (times(&of("mlp.gate_proj"), &normed), times(&of("mlp.up_proj"), &normed));
            let fed: Vec<f64> = gate.iter().zip(up).map(|(g, u)| g / (1.0 + (-g).exp()) * u).collect();
            for (v, more) in row.iter_mut().zip(times(&of("mlp.down_proj"), &fed)) {
                *v += more;
            }
        }
    }
    x.iter().map(|row| norm(row, &weight("norm.weight"))).collect()
}

#[test]
fn it_is_the_plain_decoder() {
    for (heads, key_heads, count) in [(4, 2, 40), (3, 3, 5), (6, 1, 70)] {
        let config = config(heads, key_heads);
        let x = rows(3, count, config.hidden_size);
        let truth = plain(&config, &tensors(&config, 9), &x);
        let decoder = decoder(&config, 9);
        let mut cache = decoder.cache(2, 128);
        assert!(cache.extend(1, count));
        let mut layers = Vec::new();
        let mut watch = |layer: usize, rows: &[f32]| layers.push((layer, rows.len()));
        let out = decoder.forward_watched(&Crew::alone(), x.clone(), &vec![1; count], &mut cache, &mut watch);
        assert_eq!(layers, [(0, x.len()), (1, x.len())]);
        for (out, truth) in out.iter().zip(truth.concat()) {
            assert!((f64::from(*out) - truth).abs() < 2e-5, "{out} is not {truth}");
        }
    }
}

/// All rows of one sequence in one go.
fn whole(decoder: &Decoder, x: &[f32]) -> Vec<f32> {
    let count = x.len() / decoder.config().hidden_size;
    let mut cache = decoder.cache(1, count);
    assert!(cache.extend(0, count));
    decoder.forward(&Crew::alone(), x.to_vec(), &vec![0; count], &mut cache)
}

#[test]
fn a_crew_changes_no_bit() {
    let config = config(4, 2);
    let decoder = decoder(&config, 5);
    let x = rows(8, 37, config.hidden_size);
    let mut cache = decoder.cache(1, 37);
    assert!(cache.extend(0, 37));
    assert_eq!(decoder.forward(&Crew::new(3), x.clone(), &[0; 37], &mut cache), whole(&decoder, &x));
}

#[test]
fn a_shared_beginning_changes_no_bit() {
    let config = config(4, 2);
    let decoder = decoder(&config, 5);
    let crew = Crew::alone();
    let hidden = config.hidden_size;
    let (x, other) = (rows(8, 80, hidden), rows(9, 30, hidden));
    let mut cache = decoder.cache(2, 160);
    assert!(cache.extend(0, 80));
    decoder.forward(&crew, x.clone(), &[0; 80], &mut cache);
    // 50 positions: one whole page and a part of one that both go on to write.
    cache.share(0, 1, 50);
    cache.truncate(0, 50);
    assert!(cache.extend(1, 30) && cache.extend(0, 30));
    let mixed: Vec<f32> = other
        .chunks(hidden)
        .zip(x[50 * hidden..].chunks(hidden))
        .flat_map(|(a, b)| [a, b])
        .flatten()
        .copied()
        .collect();
    let owners: Vec<usize> = (0..60).map(|row| 1 - row % 2).collect();
    let out = decoder.forward(&crew, mixed, &owners, &mut cache);
    let lone = whole(&decoder, &[&x[..50 * hidden], &other].concat());
    for (row, out) in out.chunks(hidden).enumerate() {
        let wanted = if row % 2 == 0 { &lone } else { &whole(&decoder, &x) };
        assert_eq!(out, &wanted[(50 + row / 2) * hidden..][..hidden], "row {row}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    /// Sequences join, go on by any number of rows, leave and come again, in a cache too small for all of them: each is
    /// bit for bit what it is alone and in one go.
    #[test]
    fn company_and_chunks_change_no_bit(
        deeds in proptest::collection::vec(proptest::collection::vec((0usize..4, 0usize..20), 1..4), 1..20),
        leaving in proptest::collection::vec((0usize..20, 0usize..4), 0..6),
    ) {
        let config = config(4, 2);
        let decoder = decoder(&config, 21);
        let crew = Crew::alone();
        let hidden = config.hidden_size;
        let mut cache = decoder.cache(4, 96);
        let mut lives = [0u64; 4];
        for (number, deed) in deeds.iter().enumerate() {
            for (_, slot) in leaving.iter().filter(|(at, _)| *at == number) {
                cache.clear(*slot);
                lives[*slot] += 4;
            }
            let mut x = Vec::new();
            let mut owners = Vec::new();
            let mut wanted = Vec::new();
            for &(slot, count) in deed {
                if owners.contains(&slot) {
                    continue;
                }
                let before = cache.positions(slot);
                if !cache.extend(slot, count) {
                    prop_assert!(cache.free() < 2 * 32);
                    continue;
                }
                let all = rows(lives[slot] + slot as u64, before + count, hidden);
                wanted.extend(whole(&decoder, &all)[before * hidden..].to_vec());
                x.extend_from_slice(&all[before * hidden..]);
                owners.extend(std::iter::repeat_n(slot, count));
            }
            let out = decoder.forward(&crew, x, &owners, &mut cache);
            prop_assert_eq!(out, wanted);
        }
    }
}

#[test]
fn sizes_that_no_decoder_has_are_refused() {
    let good = config(4, 2);
    assert_eq!(good.check(), Ok(()));
    for bad in [
        DecoderConfig { head_dim: 0, ..good },
        DecoderConfig { head_dim: 7, ..good },
        DecoderConfig { num_key_value_heads: 3, ..good },
        DecoderConfig { num_key_value_heads: 0, ..good },
        DecoderConfig { hidden_size: usize::MAX, ..good },
        DecoderConfig { num_hidden_layers: 100_000, ..good },
        DecoderConfig { rms_norm_eps: f32::NAN, ..good },
        DecoderConfig { rope_theta: 0.0, ..good },
    ] {
        assert_eq!(bad.check().map_err(|error| error.code()), Err("checkpoint_config"));
        assert!(Decoder::load(&checkpoint(&tensors(&good, 1)), "", &bad, Precision::Single).is_err());
    }
    let mut missing = tensors(&good, 1);
    missing.remove("layers.1.self_attn.k_proj.weight");
    let outcome = Decoder::load(&checkpoint(&missing), "", &good, Precision::Single);
    assert_eq!(outcome.err().map(|error| error.code()), Some("tensor_missing"));
}
