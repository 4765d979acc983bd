//! How fast the bundled networks run on this machine: `cargo run --release -p networks --example speed [FOLDER]`.
//! FOLDER holds `voice.safetensors` and `voice.json`; the starter models by default.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::path::PathBuf;
use std::time::Instant;

use networks::kernel::{Linear, instruction_set};
use networks::starter::Voice;
use speech::{Progress, SlotId, StepModel, Utterance, Voicing};

const TEXT: &str =
    "We heard you, so please bring the good paper back to my old house before noon, and do not forget it.";
const BLOCK_SECONDS: f64 = 0.08;

fn main() {
    let folder = std::env::args()
        .nth(1)
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../models/starter"), PathBuf::from);
    let weights = std::fs::read(folder.join("voice.safetensors")).unwrap();
    let config = std::fs::read_to_string(folder.join("voice.json")).unwrap();
    let began = Instant::now();
    let mut voice = Voice::load(&weights, &config, 8).unwrap();
    println!(
        "load                {:.0} ms ({} MB of weights)",
        began.elapsed().as_secs_f64() * 1e3,
        weights.len() / 1_000_000
    );
    let macs = voice.macs();
    let all = macs.talker + macs.namer + macs.decoder;
    println!(
        "MACs a block        {:.2} M (talker {:.2}, namer {:.2}, decoder {:.2})",
        all as f64 / 1e6,
        macs.talker as f64 / 1e6,
        macs.namer as f64 / 1e6,
        macs.decoder as f64 / 1e6
    );
    let peak = peak();
    println!("instruction set     {}, product in the first cache {peak:.1} GFLOP/s", instruction_set());
    let mut alone = 0.0;
    for slots in [1, 2, 4, 8] {
        let (admit, step) = run(&mut voice, slots);
        let each = step / slots as f64;
        if slots == 1 {
            alone = each;
        }
        println!(
            "{slots} at once: step {:.2} ms, {:.2} ms a stream (ratio {:.2}), real-time factor {:.4} a stream, {:.4} in all, {:.1} GFLOP/s ({:.0} % of peak), admit {:.1} ms",
            step * 1e3,
            each * 1e3,
            each / alone,
            each / BLOCK_SECONDS,
            step / BLOCK_SECONDS,
            2.0 * all as f64 * slots as f64 / step / 1e9,
            200.0 * all as f64 * slots as f64 / step / 1e9 / peak,
            admit * 1e3,
        );
    }
}

/// Seconds to admit one utterance and to make a step with `count` running: the tenth percentile, since on a shared
/// machine the rest tells of the neighbours.
fn run(voice: &mut Voice, count: usize) -> (f64, f64) {
    let slots: Vec<SlotId> = (0..count).map(SlotId).collect();
    let mut steps = Vec::new();
    let mut admits = Vec::new();
    for round in 0..6 {
        let requests = slots
            .iter()
            .map(|&slot| {
                let voicing = Voicing::preset(["alder", "birch", "cedar", "dune"][slot.0 % 4]);
                let seed = round * 8 + slot.0 as u64;
                (
                    slot,
                    Utterance {
                        text: TEXT.to_owned(),
                        voicing,
                        language: "en".to_owned(),
                        seed,
                        speed: 1.0,
                        style: None,
                    },
                )
            })
            .collect();
        let began = Instant::now();
        assert!(voice.admit(requests).is_empty());
        admits.push(began.elapsed().as_secs_f64() / count as f64);
        let mut ended = false;
        for _ in 0..40 {
            let began = Instant::now();
            voice.step(&slots, &mut |_, progress| ended |= !matches!(progress, Progress::Chunk(_))).unwrap();
            if ended {
                break;
            }
            steps.push(began.elapsed().as_secs_f64());
        }
        slots.iter().for_each(|&slot| voice.release(slot));
    }
    (quiet(&mut admits), quiet(&mut steps))
}

fn quiet(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 10]
}

/// What the product reaches when its weights and rows stay in the first cache: the simple ceiling for the rest.
fn peak() -> f64 {
    let layer = Linear::new(&[0.5; 64 * 64], None, 64, 64);
    let (x, mut out) = ([0.25; 6 * 64], [0.0; 6 * 64]);
    let mut best = f64::INFINITY;
    for _ in 0..50 {
        let began = Instant::now();
        for _ in 0..200 {
            layer.apply(&x, &mut out);
        }
        best = best.min(began.elapsed().as_secs_f64());
    }
    2.0 * (200 * 6 * 64 * 64) as f64 / best / 1e9
}
