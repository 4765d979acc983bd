//! The voice's stages against the Python that trained it.

use super::*;
use crate::draw;
use crate::starter::golden::{assert_close, open};

#[test]
fn every_stage_agrees_with_the_training_side() {
    let (weights, config, golden) = open("voice");
    let voice = Voice::load(&weights, &config, 1).unwrap();
    let (phones, vector) = (golden.indices("phones"), golden.numbers("vector"));
    assert_close("preset", &voice.presets()[1].vector, &vector, 1e-6);
    let (context, log_seconds) = voice.reading.read(&phones, &vector[..STYLES]);
    assert_close("text.context", &context, &golden.numbers("text.context"), 1e-4);
    assert_close("text.log_seconds", &log_seconds, &golden.numbers("text.log_seconds"), 1e-4);
    let ends = voice.reading.ends(&log_seconds, 0.1);
    let single: Vec<f32> = ends.iter().map(|&v| v as f32).collect();
    assert_close("ends", &single, &golden.numbers("ends_at_tempo_0.1"), 1e-4);
    let lane = voice.reading.lay(&context, &ends, &vector[..STYLES]);
    assert_close("lane", &lane, &golden.numbers("lane"), 1e-4);

    let uniform: Vec<f32> = (0..32).map(|n| draw::uniform(7, n)).collect();
    assert_eq!(uniform, golden.numbers("uniform.seed7_0_to_31"));
    let noise: Vec<f32> = (0..32).map(|n| draw::noise(7, n)).collect();
    assert_close("noise", &noise, &golden.numbers("noise.first_32"), 1e-6);

    // The vector's own tempo takes the place of the golden's, so that the plan is the same.
    let mut sequence = voice.start(&phones, &vector, 0.1 - f64::from(vector[TEMPO]), 7).unwrap();
    let blocks = sequence.lane.len() / voice.description.talker.width;
    let (mut codes, mut wave) = (Vec::new(), Vec::new());
    for _ in 0..blocks {
        let (names, samples) = voice.advance(&mut [&mut sequence]);
        codes.extend(names);
        wave.extend(samples.concat());
    }
    assert_eq!(codes, golden.indices("codes"));
    // Rounding in the pitch moves late pulses by a hair, so the beginning is held tightly and the whole by its power.
    let wanted = golden.numbers("wave");
    assert_eq!(wave.len(), wanted.len());
    assert_close("wave, first half second", &wave, &wanted[..8000], 1e-3);
    let power = |x: &mut dyn Iterator<Item = f32>| x.map(|v| f64::from(v) * f64::from(v)).sum::<f64>();
    let error = power(&mut wave.iter().zip(&wanted).map(|(a, b)| a - b)) / power(&mut wanted.iter().copied());
    assert!(error < 1e-4, "wave: error power {error:.1e}");
}

#[test]
fn the_decoder_and_the_bend_agree_from_the_same_codes() {
    let (weights, config, golden) = open("voice");
    let voice = Voice::load(&weights, &config, 1).unwrap();
    let latent = golden.numbers("latent");
    let mut past = voice.decoder.past();
    let numbers: Vec<f32> = latent
        .chunks_exact(voice.description.codec.latent)
        .flat_map(|row| voice.decoder.step(row, &mut [&mut past]))
        .collect();
    assert_close("decoder.frames", &numbers, &golden.numbers("decoder.frames"), 1e-4);
    let frames = voice.unpacking.frames(&numbers);
    let sharpened: Vec<f32> = frames.iter().flat_map(|f| f.envelope).collect();
    assert_close("sharpened", &sharpened, &golden.numbers("sharpened"), 1e-4);
    let bend = Bend::new(&golden.numbers("vector"));
    let bent: Vec<_> = frames.iter().map(|f| bend.apply(f)).collect();
    let pick = |f: fn(&super::super::speaker::Frame) -> Vec<f32>| bent.iter().flat_map(f).collect::<Vec<f32>>();
    assert_close("log_hz", &pick(|f| vec![f.log_hz]), &golden.numbers("log_hz"), 1e-4);
    assert_close("voiced", &pick(|f| vec![f32::from(u8::from(f.voiced))]), &golden.numbers("voiced"), 0.0);
    assert_close("envelope", &pick(|f| f.envelope.to_vec()), &golden.numbers("envelope"), 1e-4);
    assert_close("aperiodicity", &pick(|f| f.aperiodicity.to_vec()), &golden.numbers("aperiodicity"), 1e-4);
    let mut synthesiser = Synthesiser::new(&voice.tables, 7);
    let mut wave = vec![0.0; bent.len() * HOP];
    for (frame, out) in bent.iter().zip(wave.chunks_exact_mut(HOP)) {
        synthesiser.frame(&frame.parameters(), out);
    }
    wave.iter_mut().for_each(|v| *v = v.clamp(-1.0, 1.0));
    assert_close("wave of the same codes", &wave, &golden.numbers("wave")[..8000], 1e-3);
}
