//! Our kernels against PyTorch on this machine, on the same weights, taking turns: `cargo xtask bench cpu`.
//!
//! Random weights of the real sizes of the smaller talker and of the codec; every run starts from the same caches and is
//! fed the same numbers, so the work is fixed whatever the weights say. A ratio is PyTorch's time over ours in one round;
//! both sides are measured in every round, so that what else the machine does falls on both.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::unwrap_used)]

#[path = "bench_cpu/codec.rs"]
mod codec;
#[path = "bench_cpu/report.rs"]
mod report;
#[path = "bench_cpu/torch.rs"]
mod torch;
#[path = "bench_cpu/weights.rs"]
mod weights;

use std::fs::File;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use codec::Codec;
use networks::checkpoint::Checkpoint;
use networks::kernel::{Crew, Linear, Precision, instruction_set};
use networks::qwen3::{Cache, Decoder, DecoderConfig, greedy};
use report::{Line, Report};
use torch::Torch;

/// Precisions by the names that both sides use.
const PRECISIONS: [(&str, Precision); 3] =
    [("single", Precision::Single), ("brain", Precision::Brain), ("byte", Precision::Byte)];
const BATCHES: [usize; 2] = [1, 8];
/// Codes of a frame after the first.
const PASSES: usize = 15;
/// Words of a predictor's table.
const WORDS: usize = 2048;
/// How far the two sides may be apart in single precision, relative to the size of the numbers.
const APART: f64 = 1e-3;

/// What is measured.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    talker: usize,
    predictor: usize,
    context: usize,
    frames: usize,
    rounds: usize,
}

/// One thing that both sides can do. A new piece is one more of these, and a class of the same name in `bench_cpu.py`.
trait Piece: Send {
    /// The precisions at which the other side can do it.
    const OTHERS: &'static [&'static str] = &["single", "brain", "byte"];

    /// What has to be there before a repetition and is no part of it.
    fn prepare(&mut self, _batch: usize) {}
    /// One repetition for `batch` streams.
    fn run(&mut self, crew: &Crew, batch: usize) -> Vec<f32>;
    /// A repetition whose outcome is compared with the other side's.
    fn show(&mut self, crew: &Crew, batch: usize) -> Vec<f32> {
        self.prepare(batch);
        self.run(crew, batch)
    }
    /// Bytes of weights that a repetition reads from memory.
    fn bytes(&self) -> usize;
    /// Multiply-adds of one stream.
    fn macs(&self) -> usize;
}

fn config(layers: usize) -> DecoderConfig {
    DecoderConfig {
        hidden_size: 1024,
        intermediate_size: 3072,
        num_hidden_layers: layers,
        num_attention_heads: 16,
        num_key_value_heads: 8,
        head_dim: 128,
        rms_norm_eps: 1e-6,
        rope_theta: 1e6,
    }
}

/// Weights of all products of a decoder.
fn weights_of(config: &DecoderConfig) -> usize {
    let heads = 2 * (config.num_attention_heads + config.num_key_value_heads) * config.head_dim;
    config.num_hidden_layers * config.hidden_size * (heads + 3 * config.intermediate_size)
}

/// One position of every stream after a context, and its logits.
struct Talker {
    decoder: Decoder,
    head: Linear,
    cache: Cache,
    step: Vec<f32>,
    context: usize,
}

impl Talker {
    fn load(file: &Checkpoint, precision: Precision, sizes: Sizes, crew: &Crew) -> Self {
        let (config, context) = (config(sizes.talker), sizes.context);
        let decoder = Decoder::load(file, "talker.", &config, precision).unwrap();
        let head = file.linear("talker.head", (3072, 1024), false, precision).unwrap();
        let mut cache = decoder.cache(8, 8 * (context + 1));
        (0..8).for_each(|slot| assert!(cache.extend(slot, context)));
        let slots: Vec<usize> = (0..8 * context).map(|row| row / context).collect();
        decoder.forward(crew, file.tensor("input.context", &[8, context, 1024]).unwrap(), &slots, &mut cache);
        Self { decoder, head, cache, step: file.tensor("input.step", &[8, 1024]).unwrap(), context }
    }
}

impl Piece for Talker {
    fn run(&mut self, crew: &Crew, batch: usize) -> Vec<f32> {
        let slots: Vec<usize> = (0..batch).collect();
        for &slot in &slots {
            self.cache.truncate(slot, self.context);
            assert!(self.cache.extend(slot, 1));
        }
        let hidden = self.decoder.forward(crew, self.step[..batch * 1024].to_vec(), &slots, &mut self.cache);
        self.head.product(crew, &hidden)
    }

    fn bytes(&self) -> usize {
        self.macs() * self.head.bytes() / self.head.macs()
    }

    fn macs(&self) -> usize {
        weights_of(self.decoder.config()) + self.head.macs()
    }
}

/// The fifteen passes that give the rest of a frame's codes. Which code goes in next is fixed.
struct Predictor {
    decoder: Decoder,
    heads: Vec<Linear>,
    tables: Vec<Vec<f32>>,
    cache: Cache,
    frame: Vec<f32>,
}

impl Predictor {
    fn load(file: &Checkpoint, precision: Precision, sizes: Sizes) -> Self {
        let decoder = Decoder::load(file, "predictor.", &config(sizes.predictor), precision).unwrap();
        let heads = (0..PASSES).map(|n| file.linear(&format!("predictor.head.{n}"), (WORDS, 1024), false, precision));
        let tables = (0..PASSES).map(|n| file.tensor(&format!("predictor.table.{n}.weight"), &[WORDS, 1024]));
        Self {
            cache: decoder.cache(8, 8 * (PASSES + 1)),
            decoder,
            heads: heads.collect::<Result<_, _>>().unwrap(),
            tables: tables.collect::<Result<_, _>>().unwrap(),
            frame: file.tensor("input.frame", &[8, 2, 1024]).unwrap(),
        }
    }
}

impl Piece for Predictor {
    fn run(&mut self, crew: &Crew, batch: usize) -> Vec<f32> {
        let words = self.heads[0].outputs();
        let mut out = vec![0.0; batch * PASSES * words];
        let mut x = self.frame[..batch * 2 * 1024].to_vec();
        (0..batch).for_each(|slot| self.cache.clear(slot));
        for number in 0..PASSES {
            let rows = if number == 0 { 2 } else { 1 };
            (0..batch).for_each(|slot| assert!(self.cache.extend(slot, rows)));
            let slots: Vec<usize> = (0..batch * rows).map(|row| row / rows).collect();
            let hidden = self.decoder.forward(crew, x, &slots, &mut self.cache);
            let last: Vec<f32> =
                hidden.chunks_exact(rows * 1024).flat_map(|rows| &rows[rows.len() - 1024..]).copied().collect();
            let logits = self.heads[number].product(crew, &last);
            x = Vec::with_capacity(batch * 1024);
            for (stream, logits) in logits.chunks_exact(words).enumerate() {
                std::hint::black_box(greedy(logits));
                out[(stream * PASSES + number) * words..][..words].copy_from_slice(logits);
                let word = (number * 37 + stream * 101 + 7) % WORDS;
                x.extend_from_slice(&self.tables[number][word * 1024..][..1024]);
            }
        }
        out
    }

    fn bytes(&self) -> usize {
        self.macs() * self.heads[0].bytes() / self.heads[0].macs()
    }

    fn macs(&self) -> usize {
        PASSES * (weights_of(self.decoder.config()) + self.heads[0].macs())
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |name: &str| arguments.iter().any(|a| a == name);
    let value = |name: &str| arguments.iter().position(|a| a == name).and_then(|at| arguments.get(at + 1)).cloned();
    let folder = PathBuf::from(value("--folder").expect("--folder FOLDER for the weights"));
    let python = value("--python").expect("--python PATH");
    let script = value("--script").expect("--script PATH of bench_cpu.py");
    let hands = value("--hands").map_or(2, |n| n.parse().expect("--hands NUMBER"));
    let rounds = if has("--quick") { 5 } else { 15 };
    let sizes = Sizes { talker: 28, predictor: 5, context: 200, frames: 12, rounds };

    let path = folder.join("bench-cpu.safetensors");
    weights::write(&path, sizes).unwrap();
    let file = Checkpoint::open(vec![File::open(&path).unwrap()]).unwrap();
    let crew = Crew::new(hands);
    let mut torch = Torch::start(&python, &script, &path, hands, sizes);
    let bandwidth = bandwidth(&crew);
    let mut report = Report::new(&torch.version, &instruction_set(), hands, bandwidth, sizes.rounds);

    let wanted = |name: &str| value("--only").is_none_or(|only| only == name);
    if wanted("talker") {
        report.add(measure("talker", |p| Talker::load(&file, p, sizes, &crew), &crew, &mut torch, sizes, bandwidth));
    }
    if wanted("predictor") {
        report.add(measure("predictor", |p| Predictor::load(&file, p, sizes), &crew, &mut torch, sizes, bandwidth));
    }
    if wanted("codec") {
        report.add(measure("codec", |p| Codec::load(&file, p, sizes, &crew), &crew, &mut torch, sizes, bandwidth));
    }

    if has("--json") {
        println!("{}", report.json());
    } else {
        print!("{report}");
    }
}

/// Both sides at every precision and batch, all of them in every round.
fn measure<P: Piece>(
    name: &str,
    load: impl Fn(Precision) -> P,
    crew: &Crew,
    torch: &mut Torch,
    sizes: Sizes,
    bandwidth: f64,
) -> Vec<Line> {
    let mut pieces: Vec<(&str, P)> = PRECISIONS.iter().map(|&(name, precision)| (name, load(precision))).collect();
    let mut lines = Vec::new();
    for (precision, piece) in &mut pieces {
        for batch in BATCHES {
            // The first run of both warms them up too.
            let ours = crew.enter(|| piece.show(crew, batch));
            let other = if P::OTHERS.contains(precision) { *precision } else { "single" };
            let apart = distance(&ours, &torch.show(name, other, batch));
            if *precision == "single" {
                assert!(apart < APART, "{name}: the two sides are {apart:.1e} apart: they do not do the same");
            }
            lines.push(Line::new(
                name,
                precision,
                batch,
                apart,
                piece.bytes() as f64 / bandwidth,
                piece.macs() * batch,
            ));
        }
    }
    for round in 0..sizes.rounds {
        eprintln!("{name}: round {} of {}", round + 1, sizes.rounds);
        for line in &mut lines {
            let (precision, piece) = pieces.iter_mut().find(|(name, _)| *name == line.precision).unwrap();
            let batch = line.batch;
            let ours = || {
                // What the other side's threads still spin for must not be counted here, nor the other way round.
                std::thread::sleep(Duration::from_millis(15));
                piece.prepare(batch);
                crew.enter(|| {
                    let began = Instant::now();
                    std::hint::black_box(piece.run(crew, batch));
                    began.elapsed().as_secs_f64()
                })
            };
            let theirs = |torch: &mut Torch| {
                std::thread::sleep(Duration::from_millis(15));
                P::OTHERS.contains(precision).then(|| torch.run(name, precision, batch))
            };
            // Who goes first alternates.
            if round % 2 == 0 {
                line.ours.push({ ours }());
                line.theirs.extend(theirs(torch));
            } else {
                line.theirs.extend(theirs(torch));
                line.ours.push({ ours }());
            }
        }
    }
    lines
}

/// Distance of two vectors relative to the size of the second.
fn distance(ours: &[f32], theirs: &[f32]) -> f64 {
    assert_eq!(ours.len(), theirs.len(), "the two sides give different amounts");
    let square = |v: f64| v * v;
    let off: f64 = ours.iter().zip(theirs).map(|(&a, &b)| square(f64::from(a) - f64::from(b))).sum();
    (off / theirs.iter().map(|&b| square(f64::from(b))).sum::<f64>()).sqrt()
}

/// Bytes a second that all threads together read from memory that no cache holds: the best of some rounds.
fn bandwidth(crew: &Crew) -> f64 {
    let memory: Vec<u64> = (0..64u64 << 20).collect();
    let pieces: Vec<&[u64]> = memory.chunks(memory.len() / crew.hands() / 8).collect();
    let read = |piece: &[u64]| piece.iter().fold(0u64, |sum, &v| sum.wrapping_add(v));
    let mut best = f64::INFINITY;
    for _ in 0..15 {
        let began = Instant::now();
        std::hint::black_box(crew.map(pieces.clone(), read));
        best = best.min(began.elapsed().as_secs_f64());
    }
    (memory.len() * 8) as f64 / best
}
