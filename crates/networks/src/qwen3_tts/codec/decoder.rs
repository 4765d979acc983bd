//! Codes to sound, for any mix of streams at once. It knows no talker: codes come as numbers.

use speech::Fault;

use super::config::{Config, DecoderConfig};
use super::convolution::{Causal, Lanes};
use super::quantizer::Codebooks;
use super::state::{LONGEST, State};
use super::transformer::Transformer;
use super::waveform::{Stage, Voice, Widening};
use super::{Watch, unwatched};
use crate::checkpoint::Checkpoint;
use crate::kernel::{Crew, Precision, Sheet};
use crate::weights::LoadError;

/// Frames, of all streams together, that go through at once: enough rows for every product, and at the released sizes
/// 24 MB for the largest stage's rows.
const PASS: usize = 32;
/// Most frames of one stream in one call: more than ten minutes.
const MOST: usize = 8192;

/// The way from codes to sound.
pub struct Decoder {
    config: DecoderConfig,
    codebooks: Codebooks,
    enter: Causal,
    transformer: Transformer,
    widenings: Vec<Widening>,
    begin: Causal,
    stages: Vec<Stage>,
    voice: Voice,
}

impl Decoder {
    /// Loads `decoder.…`; matrices are kept at `precision`, everything else as it is.
    pub fn load(checkpoint: &Checkpoint, config: &Config, precision: Precision) -> Result<Self, LoadError> {
        config.check()?;
        let config = &config.decoder_config;
        // Convolutions that remember are counted in the order of `DecoderConfig::pasts`.
        let mut numbers = 1..;
        let load = |name: &str, shape, number| Causal::load(checkpoint, name, shape, (1, 1), number, precision);
        let enter = load("decoder.pre_conv.conv", (config.latent_dim, config.codebook_dim, 3), 0)?;
        let widenings = (0..config.upsampling_ratios.len())
            .map(|index| Widening::load(checkpoint, config, index, &mut numbers, precision))
            .collect::<Result<Vec<_>, _>>()?;
        let begin = load("decoder.decoder.0.conv", (config.decoder_dim, config.latent_dim, 7), numbers.start)?;
        numbers.next();
        let stages = (0..config.upsample_rates.len())
            .map(|index| Stage::load(checkpoint, config, index, &mut numbers, precision))
            .collect::<Result<Vec<_>, _>>()?;
        let voice = Voice::load(checkpoint, config, numbers.start)?;
        debug_assert_eq!(numbers.start + 1, config.pasts().len());
        Ok(Self {
            codebooks: Codebooks::load(checkpoint, config, precision)?,
            transformer: Transformer::load(checkpoint, config, precision)?,
            config: config.clone(),
            enter,
            widenings,
            begin,
            stages,
            voice,
        })
    }

    /// Its sizes.
    pub fn config(&self) -> &DecoderConfig {
        &self.config
    }

    /// A stream before its first frame.
    pub fn state(&self) -> State {
        State::new(&self.config)
    }

    /// Weights of all its products.
    #[cfg(test)]
    pub(super) fn macs(&self) -> usize {
        let parts = [self.codebooks.macs(), self.enter.macs(), self.transformer.macs(), self.begin.macs()];
        let widenings = self.widenings.iter().map(Widening::macs);
        parts.into_iter().chain(widenings).chain(self.stages.iter().map(Stage::macs)).sum()
    }

    /// For each stream, the samples (24 kHz, within ±1) of its next frames: codes `(frames, codes of a frame)`, as many
    /// frames as it has, or none. All streams' rows share every product; none changes another's samples.
    ///
    /// A call that is refused for its codes or states leaves every state as it was.
    pub fn decode(&self, crew: &Crew, streams: &mut [(&mut State, &[u16])]) -> Result<Vec<Vec<f32>>, Fault> {
        self.decode_watched(crew, streams, &mut unwatched)
    }

    /// The same, and `watch` sees what comes out of every stage, rows of all streams one after the other: `pre_conv`,
    /// `pre_transformer`, `upsample.I.J` and `decoder.I` under `dec.`, as the reference names its modules.
    pub fn decode_watched(
        &self,
        crew: &Crew,
        streams: &mut [(&mut State, &[u16])],
        watch: Watch,
    ) -> Result<Vec<Vec<f32>>, Fault> {
        let codes = self.config.num_quantizers;
        streams.iter().try_for_each(|(state, given)| self.check(state, given))?;
        let frames: Vec<usize> = streams.iter().map(|(_, given)| given.len() / codes).collect();
        let mut done = vec![0; streams.len()];
        let mut sound: Vec<Vec<f32>> =
            frames.iter().map(|frames| Vec::with_capacity(frames * self.config.samples())).collect();
        let mut sheet = Sheet::default();
        loop {
            let going = frames.iter().zip(&done).filter(|(frames, done)| frames > done).count();
            if going == 0 {
                return Ok(sound);
            }
            let share = (PASS / going).max(1);
            let mut chosen = Vec::new();
            let mut given = Vec::new();
            let mut places = Vec::new();
            for (stream, (state, all)) in streams.iter_mut().enumerate() {
                let next = share.min(frames[stream] - done[stream]);
                if next > 0 && chosen.len() < PASS {
                    given.extend_from_slice(&all[done[stream] * codes..(done[stream] + next) * codes]);
                    chosen.push((&mut **state, next));
                    places.push(stream);
                    done[stream] += next;
                }
            }
            let lengths: Vec<usize> = chosen.iter().map(|(_, frames)| frames * self.config.samples()).collect();
            let samples = self.pass(crew, &given, chosen, &mut sheet, watch);
            if !samples.iter().all(|sample| sample.is_finite()) {
                return Err(Fault::new("codec_sound", "The codec made a sound that is not a number."));
            }
            let mut rest = &samples[..];
            for (stream, length) in places.into_iter().zip(lengths) {
                let (own, others) = rest.split_at(length);
                sound[stream].extend(own.iter().map(|sample| sample.clamp(-1.0, 1.0)));
                rest = others;
            }
        }
    }

    fn check(&self, state: &State, given: &[u16]) -> Result<(), Fault> {
        let (codes, size) = (self.config.num_quantizers, self.config.codebook_size);
        if !state.fits(&self.config) {
            return Err(Fault::new("codec_state", "The stream's sound state belongs to another model."));
        }
        let frames = given.len() / codes;
        if !given.len().is_multiple_of(codes) || frames > MOST {
            let what = format!("{} codes are not up to {MOST} frames of {codes}.", given.len());
            return Err(Fault::new("codec_frames", what));
        }
        if state.position + frames > LONGEST {
            return Err(Fault::new("codec_frames", "The stream is too long to go on."));
        }
        match given.iter().find(|&&code| usize::from(code) >= size) {
            Some(code) => Err(Fault::new("codec_code", format!("There is no code {code}: the codec knows {size}."))),
            None => Ok(()),
        }
    }

    /// Some frames of some streams through everything.
    fn pass(
        &self,
        crew: &Crew,
        given: &[u16],
        mut streams: Vec<(&mut State, usize)>,
        sheet: &mut Sheet,
        watch: Watch,
    ) -> Vec<f32> {
        let latent = self.config.latent_dim;
        let mut lanes = lanes(&mut streams, sheet);
        let x = self.enter.forward(crew, &self.codebooks.sum(crew, given), &mut lanes);
        *sheet = lanes.into_sheet();
        watch("dec.pre_conv", &x, latent);
        let mut x = self.transformer.forward(crew, &x, &mut streams);
        watch("dec.pre_transformer", &x, latent);
        let mut lanes = self::lanes(&mut streams, sheet);
        for (index, widening) in self.widenings.iter().enumerate() {
            x = widening.up(crew, &x, &mut lanes);
            watch(&format!("dec.upsample.{index}.0"), &x, latent);
            widening.block(crew, &mut x, &mut lanes);
            watch(&format!("dec.upsample.{index}.1"), &x, latent);
        }
        x = self.begin.forward(crew, &x, &mut lanes);
        watch("dec.decoder.0", &x, self.config.decoder_dim);
        for (index, stage) in self.stages.iter().enumerate() {
            x = stage.forward(crew, &x, &mut lanes);
            watch(&format!("dec.decoder.{}", index + 1), &x, self.config.decoder_dim >> (index + 1));
        }
        let stages = self.stages.len();
        self.voice.activate(crew, &mut x);
        watch(&format!("dec.decoder.{}", stages + 1), &x, self.config.decoder_dim >> stages);
        let samples = self.voice.samples(crew, &x, self.config.samples(), &mut lanes);
        watch(&format!("dec.decoder.{}", stages + 2), &samples, 1);
        *sheet = lanes.into_sheet();
        samples
    }
}

/// What the convolutions need of some streams.
fn lanes<'a>(streams: &'a mut [(&mut State, usize)], sheet: &mut Sheet) -> Lanes<'a> {
    let frames: Vec<usize> = streams.iter().map(|(_, frames)| *frames).collect();
    let pasts = streams.iter_mut().map(|(state, _)| &mut state.pasts[..]).collect();
    Lanes::new(pasts, frames.into_iter(), std::mem::take(sheet))
}
