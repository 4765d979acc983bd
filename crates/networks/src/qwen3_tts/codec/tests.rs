//! Against the published package's outputs on a tiny checkpoint, and against hostile input.

use std::fs::{self, File};

use proptest::prelude::*;
use safetensors::{Dtype, SafeTensors};

use super::*;
use crate::checkpoint::Checkpoint;
use crate::kernel::{Crew, Precision};

mod hostile;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/qwen3/tts");
const TOKENIZER: &str = "base/speech_tokenizer";
const CODES: usize = 16;
/// How far samples may be from the package's.
const SOUND: f32 = 1e-5;
/// The same for the decoder's stages, in parts of their largest value.
const STAGE: f32 = 2e-5;

fn config() -> Config {
    Config::parse(&fs::read(format!("{FIXTURES}/{TOKENIZER}/config.json")).unwrap()).unwrap()
}

fn checkpoint() -> Checkpoint {
    Checkpoint::open(vec![File::open(format!("{FIXTURES}/{TOKENIZER}/model.safetensors")).unwrap()]).unwrap()
}

fn decoder() -> Decoder {
    Decoder::load(&checkpoint(), &config(), Precision::Single).unwrap()
}

fn encoder() -> Encoder {
    Encoder::load(&checkpoint(), &config()).unwrap()
}

/// What the package gave in one run.
struct Golden(Vec<u8>);

impl Golden {
    fn of(case: &str) -> Self {
        Self(fs::read(format!("{FIXTURES}/golden/{case}.safetensors")).unwrap())
    }

    fn names(&self, prefix: &str) -> Vec<String> {
        let tensors = SafeTensors::deserialize(&self.0).unwrap();
        tensors.names().into_iter().filter(|name| name.starts_with(prefix)).map(str::to_owned).collect()
    }

    fn numbers(&self, name: &str) -> (Vec<usize>, Vec<f32>) {
        let tensors = SafeTensors::deserialize(&self.0).unwrap();
        let tensor = tensors.tensor(name).unwrap();
        assert_eq!(tensor.dtype(), Dtype::F32);
        let numbers = tensor.data().as_chunks::<4>().0.iter().map(|&b| f32::from_le_bytes(b)).collect();
        (tensor.shape().to_vec(), numbers)
    }

    /// Code numbers `(frames, CODES)`; they lie with the levels first if the shape has three axes.
    fn codes(&self, name: &str) -> Vec<u16> {
        let tensors = SafeTensors::deserialize(&self.0).unwrap();
        let tensor = tensors.tensor(name).unwrap();
        let numbers: Vec<u16> = match tensor.dtype() {
            Dtype::I64 => tensor.data().as_chunks::<8>().0.iter().map(|&b| i64::from_le_bytes(b) as u16).collect(),
            Dtype::I32 => tensor.data().as_chunks::<4>().0.iter().map(|&b| i32::from_le_bytes(b) as u16).collect(),
            other => panic!("{other:?}"),
        };
        match *tensor.shape() {
            [_, CODES] => numbers,
            [1, _, frames] => (0..frames * CODES).map(|at| numbers[at % CODES * frames + at / CODES]).collect(),
            ref other => panic!("{other:?}"),
        }
    }
}

fn furthest(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).fold(0.0, |most, (a, b)| if (a - b).abs() <= most { most } else { (a - b).abs() })
}

fn whole(decoder: &Decoder, codes: &[u16]) -> Vec<f32> {
    decoder.decode(&Crew::alone(), &mut [(&mut decoder.state(), codes)]).unwrap().remove(0)
}

fn random_codes(frames: usize, seed: u64) -> Vec<u16> {
    let size = config().decoder_config.codebook_size as u64;
    (0..(frames * CODES) as u64).map(|i| (crate::draw::mix(i + (seed << 32)) % size) as u16).collect()
}

#[test]
fn a_whole_decode_is_the_packages() {
    let golden = Golden::of("codec_decode");
    let (_, wanted) = golden.numbers("wav_whole");
    let off = furthest(&whole(&decoder(), &golden.codes("codes")), &wanted);
    assert!(off < SOUND, "{off}");
}

#[test]
fn the_grouping_of_frames_changes_no_bit() {
    let (decoder, codes) = (decoder(), Golden::of("codec_decode").codes("codes"));
    let wanted = whole(&decoder, &codes);
    for (step, hands) in [(1, 1), (3, 3), (7, 2)] {
        let (crew, mut state, mut samples) = (Crew::new(hands), decoder.state(), Vec::new());
        for codes in codes.chunks(step * CODES) {
            samples.extend(decoder.decode(&crew, &mut [(&mut state, codes)]).unwrap().remove(0));
        }
        assert_eq!(state.frames() * CODES, codes.len());
        assert!(samples == wanted, "steps of {step}: off by {}", furthest(&samples, &wanted));
    }
}

#[test]
fn streams_that_join_and_leave_change_no_bit_of_each_other() {
    let (decoder, crew) = (decoder(), Crew::new(2));
    let codes: Vec<Vec<u16>> =
        [41, 1, 17, 26, 9].iter().enumerate().map(|(seed, &frames)| random_codes(frames, seed as u64)).collect();
    // When each stream joins, and how many frames it takes in each call.
    let plan = [(0, 3), (1, 1), (1, 5), (3, 2), (4, 9)];
    let mut states: Vec<State> = codes.iter().map(|_| decoder.state()).collect();
    let mut sound = vec![Vec::new(); codes.len()];
    for call in 0..20 {
        let mut streams: Vec<(&mut State, &[u16])> = Vec::new();
        let mut who = Vec::new();
        for (stream, state) in states.iter_mut().enumerate() {
            let from = state.frames() * CODES;
            let to = (from + plan[stream].1 * CODES).min(codes[stream].len());
            if plan[stream].0 <= call && from < to {
                streams.push((state, &codes[stream][from..to]));
                who.push(stream);
            }
        }
        for (stream, samples) in who.into_iter().zip(decoder.decode(&crew, &mut streams).unwrap()) {
            sound[stream].extend(samples);
        }
    }
    for (codes, sound) in codes.iter().zip(sound) {
        assert!(sound == whole(&decoder, codes));
    }
}

#[test]
fn more_streams_than_a_pass_has_frames_all_come_out_whole() {
    let (decoder, codes) = (decoder(), random_codes(2, 9));
    let mut states = vec![decoder.state(); 40];
    let mut streams: Vec<(&mut State, &[u16])> =
        states.iter_mut().enumerate().map(|(at, state)| (state, &codes[..at % 3 * CODES])).collect();
    let sound = decoder.decode(&Crew::alone(), &mut streams).unwrap();
    let wanted = whole(&decoder, &codes);
    for (at, sound) in sound.iter().enumerate() {
        assert!(sound[..] == wanted[..at % 3 * 1920]);
    }
}

#[test]
fn a_clone_and_a_restored_state_go_on_alike() {
    let (decoder, codes) = (decoder(), random_codes(30, 4));
    let wanted = whole(&decoder, &codes);
    // Before, at and beyond a full window.
    for frames in [0, 4, 5, 6, 21] {
        let (first, rest) = codes.split_at(frames * CODES);
        let mut state = decoder.state();
        decoder.decode(&Crew::alone(), &mut [(&mut state, first)]).unwrap();
        let bytes = state.to_bytes();
        assert!(bytes.len() as u64 <= decoder.config().state_bytes() + 32);
        let mut restored = State::from_bytes(decoder.config(), &bytes).unwrap();
        assert!(restored == state);
        let sound = decoder
            .decode(&Crew::alone(), &mut [(&mut state.clone(), rest), (&mut restored, rest), (&mut state, rest)])
            .unwrap();
        assert!(sound.iter().all(|sound| sound[..] == wanted[frames * 1920..]));
    }
}

#[test]
fn lower_precision_stays_near() {
    let (checkpoint, codes) = (checkpoint(), random_codes(8, 2));
    let wanted = whole(&decoder(), &codes);
    let power = |x: &mut dyn Iterator<Item = f32>| x.map(|v| f64::from(v * v)).sum::<f64>();
    for (precision, least) in [(Precision::Brain, 20.0), (Precision::Byte, 10.0)] {
        let sound = whole(&Decoder::load(&checkpoint, &config(), precision).unwrap(), &codes);
        let noise = power(&mut sound.iter().zip(&wanted).map(|(a, b)| a - b));
        let ratio = 10.0 * (power(&mut wanted.iter().copied()) / noise.max(1e-30)).log10();
        assert!(ratio > least, "{precision:?}: {ratio} dB");
    }
}

/// Rows `(time, channels)` of a stage, gathered over the passes of a call.
type Seen = std::collections::HashMap<String, (Vec<f32>, usize)>;

fn compare(golden: &Golden, seen: &Seen, prefix: &str, tolerance: f32) -> usize {
    let mut count = 0;
    for name in golden.names(prefix).iter().filter(|name| name.ends_with("/000")) {
        let stage = name.trim_end_matches("/000");
        let (rows, channels) = seen.get(stage).unwrap_or_else(|| panic!("{stage} was not shown"));
        let (shape, mut wanted) = golden.numbers(name);
        let time = rows.len() / channels;
        if !stage.ends_with("transformer") {
            assert_eq!(shape[1..], [*channels, time], "{stage}");
            wanted = (0..wanted.len()).map(|at| wanted[at % channels * time + at / channels]).collect();
        }
        let scale = wanted.iter().fold(1.0f32, |most, v| most.max(v.abs()));
        let off = furthest(rows, &wanted) / scale;
        assert!(off < tolerance, "{stage}: {off}");
        count += 1;
    }
    count
}

fn gather(seen: &mut Seen) -> impl FnMut(&str, &[f32], usize) {
    |name: &str, rows: &[f32], channels: usize| {
        seen.entry(name.to_owned()).or_insert_with(|| (Vec::new(), channels)).0.extend_from_slice(rows);
    }
}

#[test]
fn every_stage_of_the_decoder_is_the_packages() {
    let (golden, decoder, mut seen) = (Golden::of("xvec_en"), decoder(), Seen::new());
    let codes = golden.codes("out.codes.0");
    let streams = &mut [(&mut decoder.state(), &codes[..])];
    let sound = decoder.decode_watched(&Crew::alone(), streams, &mut gather(&mut seen)).unwrap();
    assert!(furthest(&sound[0], &golden.numbers("out.wav.0").1) < SOUND);
    assert_eq!(compare(&golden, &seen, "dec.", STAGE), 12);
}

#[test]
fn every_stage_of_the_encoder_is_the_packages() {
    let (golden, encoder, mut seen) = (Golden::of("clone_prompt"), encoder(), Seen::new());
    let (_, audio) = golden.numbers("audio");
    let codes = encoder.encode_watched(&Crew::new(2), &audio, None, &mut gather(&mut seen)).unwrap();
    assert!(compare(&golden, &seen, "enc.", 1e-5) >= 6);
    assert_eq!(codes, golden.codes("ref_codes"));
}

#[test]
fn codes_are_the_packages_with_and_without_the_window() {
    let (golden, encoder, crew) = (Golden::of("encoder_window"), encoder(), Crew::alone());
    let (_, audio) = golden.numbers("audio");
    let (full, windowed) = (golden.codes("codes_full_causal"), golden.codes("codes_windowed"));
    assert_ne!(full, windowed);
    assert_eq!(encoder.encode_watched(&crew, &audio, None, &mut unwatched).unwrap(), full);
    assert_eq!(encoder.encode(&crew, &audio).unwrap(), windowed);
}

#[test]
fn what_sounds_so_far_has_its_codes_whatever_comes_after() {
    // Whole frames of a longer recording, except for the last, which hears the end as silence.
    let (golden, encoder, crew) = (Golden::of("encoder_window"), encoder(), Crew::alone());
    let (_, audio) = golden.numbers("audio");
    let all = encoder.encode(&crew, &audio).unwrap();
    for (samples, frames) in [(1, 1), (1920, 1), (1921, 2), (24_001, 13), (47_999, 25)] {
        let codes = encoder.encode(&crew, &audio[..samples]).unwrap();
        assert_eq!(codes.len(), frames * CODES, "{samples} samples");
        let same = samples / 1920 * CODES;
        assert_eq!(codes[..same], all[..same], "{samples} samples");
    }
}

#[test]
fn the_released_sizes_take_what_the_reports_say() {
    let released = hostile::released().decoder_config;
    // 62 GFLOP for a second of 12.5 frames.
    let flops = 2.0 * 12.5 * released.macs_per_frame() as f64;
    assert!((flops / 62.0e9 - 1.0).abs() < 0.02, "{flops}");
    assert!((released.state_bytes() as f64 / 5.2e6 - 1.0).abs() < 0.02, "{}", released.state_bytes());
    let (whole, half) = (released.bytes(Precision::Single), released.bytes(Precision::Brain));
    assert!(whole > 400 << 20 && whole < 500 << 20, "{whole}");
    assert!(half < whole * 6 / 10 && released.bytes(Precision::Byte) < half);
    let (decoder, own) = (decoder(), config().decoder_config);
    let codebooks = own.num_quantizers * own.codebook_size * own.codebook_dim / 2;
    assert_eq!(own.bytes(Precision::Single), 4 * (decoder.macs() + codebooks) as u64);
}
