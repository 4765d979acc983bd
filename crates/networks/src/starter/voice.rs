//! The bundled voice: text in, 80 ms of sound out of every running slot at each step. It knows no queue and no thread;
//! a person's voice reaches it only as a `Voicing` that consent has let pass.

mod choose;
mod decoder;
mod namer;
mod reading;
mod talker;

use std::sync::Arc;

use audio::Pcm;
use speech::{Capacity, Fault, Progress, SlotId, Source, StepModel, Utterance};

use super::description::{Description, Preset};
use super::speaker::{Bend, STYLES, TEMPO, Unpacking, is_vector};
use crate::kernel::{Linear, add};
use crate::signal::{HOP, RATE_HZ, Synthesiser, Tables};
use crate::weights::{LoadError, Weights};

pub(super) use decoder::{Decoder, FRAMES, PARAMETERS, Past};
use namer::{Drawing, Namer};
use reading::Reading;
pub(super) use reading::SLOTS;
use talker::{Memory, Talker};

/// Longest utterance, in seconds: a segment of a book is a tenth of it.
const MOST_SECONDS: f64 = 120.0;
/// Longest text of one utterance, in bytes.
const MOST_TEXT: usize = 8192;

/// Many utterances side by side, one block of 80 ms each at a step.
pub struct Voice {
    description: Description,
    reading: Reading,
    talker: Talker,
    namer: Namer,
    decoder: Decoder,
    unpacking: Unpacking,
    previous: Linear,
    begin: Vec<f32>,
    drawing: Drawing,
    /// Number of each of `text`'s phones in this checkpoint.
    phones: Vec<usize>,
    tables: Arc<Tables>,
    slots: Vec<Option<Sequence>>,
}

/// One utterance under way.
struct Sequence {
    seed: u64,
    /// `(blocks, width)`: what the text says at each step.
    lane: Vec<f32>,
    step: usize,
    /// What the last block adds to the next step's input.
    before: Vec<f32>,
    memory: Memory,
    past: Past,
    bend: Bend,
    synthesiser: Synthesiser,
}

/// How much arithmetic one block of one utterance takes, in multiply-adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Macs {
    /// The transformer that walks the grid.
    pub talker: usize,
    /// The naming of all codes.
    pub namer: usize,
    /// The codec's decoder.
    pub decoder: usize,
}

impl Voice {
    /// Loads `voice.safetensors` and `voice.json` for `slots` utterances side by side.
    pub fn load(weights: &[u8], config: &str, slots: usize) -> Result<Self, LoadError> {
        let description = Description::parse(config)?;
        description.check(weights)?;
        let weights = Weights::parse(weights)?;
        let (codec, talker) = (&description.codec, &description.talker);
        let tables = weights.tensor("tables", &[codec.books, codec.codes, codec.latent])?;
        let number = |symbol: &str| {
            description
                .phones
                .iter()
                .position(|known| known == symbol)
                .ok_or_else(|| LoadError::config(format!("the phone \"{symbol}\" is not in its list")))
        };
        Ok(Self {
            reading: Reading::load(&weights, &description)?,
            talker: Talker::load(&weights, talker)?,
            namer: Namer::load(&weights, &description, tables)?,
            decoder: Decoder::load(&weights, codec)?,
            unpacking: Unpacking::new(codec.pitch_scale, description.sharpen),
            previous: weights.linear_without_bias("talker.previous", talker.width, codec.latent)?,
            begin: weights.tensor("talker.begin", &[talker.width])?,
            drawing: Drawing {
                heat: (description.sampling.heat_first, description.sampling.heat_rest),
                top: description.sampling.top,
            },
            phones: text::Phone::all().map(|phone| number(phone.symbol())).collect::<Result<_, _>>()?,
            tables: Synthesiser::tables(),
            slots: (0..slots.max(1)).map(|_| None).collect(),
            description,
        })
    }

    /// Identity of these weights; a prompt of another model is refused.
    pub fn model(&self) -> &str {
        &self.description.identity
    }

    /// The bundled voices.
    pub fn presets(&self) -> &[Preset] {
        &self.description.presets
    }

    /// Multiply-adds of one block of 80 ms, without attention's own and the synthesis.
    pub fn macs(&self) -> Macs {
        Macs {
            talker: self.talker.macs() + self.previous.macs(),
            namer: self.namer.macs(),
            decoder: self.decoder.macs(),
        }
    }

    fn vector<'a>(&'a self, source: &'a Source) -> Result<&'a [f32], Fault> {
        match source {
            Source::Preset(name) => self
                .presets()
                .iter()
                .find(|preset| preset.id == *name || preset.name == *name)
                .map(|preset| preset.vector.as_slice())
                .ok_or_else(|| Fault::new("unknown_preset", format!("there is no bundled voice called \"{name}\""))),
            Source::Person { model, .. } if model != self.model() => Err(Fault::new(
                "other_model",
                "this voice was prepared for another model; it has to be prepared again for this one",
            )),
            Source::Person { values, .. } if is_vector(values) => Ok(values),
            Source::Person { .. } => {
                Err(Fault::new("bad_prompt", "the stored numbers of this voice are damaged; prepare it again"))
            }
            Source::Designed(_) => Err(Fault::new(
                "not_designed",
                "the bundled voice cannot be described in words; choose one of its voices",
            )),
        }
    }

    fn begin(&self, request: &Utterance) -> Result<Sequence, Fault> {
        let language = request.language.split(['-', '_']).next().unwrap_or_default();
        if !language.eq_ignore_ascii_case(&self.description.language) {
            return Err(Fault::new(
                "language_not_spoken",
                format!("the bundled voice speaks English only, not \"{}\"", request.language),
            ));
        }
        if !(0.5..=2.0).contains(&request.speed) {
            return Err(Fault::new("speed_out_of_range", "the speaking rate has to lie between 0.5 and 2.0"));
        }
        if request.text.len() > MOST_TEXT {
            return Err(Fault::new("text_too_long", "the text is too long for one utterance; split it"));
        }
        let vector = self.vector(request.voice()?)?;
        let phones = text::phones(&request.text);
        if phones.iter().all(|phone| *phone == text::Phone::PAU) {
            return Err(Fault::new("empty_text", "there is nothing in the text that can be spoken"));
        }
        let phones: Vec<usize> = phones.iter().map(|phone| self.phones[phone.index()]).collect();
        self.start(&phones, vector, f64::from(request.speed).ln(), request.seed)
    }

    /// `phones` are numbers of this checkpoint; `tempo` adds to the speaker's own.
    fn start(&self, phones: &[usize], vector: &[f32], tempo: f64, seed: u64) -> Result<Sequence, Fault> {
        let style = &vector[..STYLES];
        let (context, log_seconds) = self.reading.read(phones, style);
        let ends = self.reading.ends(&log_seconds, f64::from(vector[TEMPO]) + tempo);
        if !ends.last().is_some_and(|&end| end <= MOST_SECONDS) {
            return Err(Fault::new("text_too_long", "the text would take more than two minutes to speak; split it"));
        }
        Ok(Sequence {
            seed,
            lane: self.reading.lay(&context, &ends, style),
            step: 0,
            before: self.begin.clone(),
            memory: self.talker.memory(),
            past: self.decoder.past(),
            bend: Bend::new(vector),
            synthesiser: Synthesiser::new(&self.tables, seed),
        })
    }

    /// One block of each sequence: the codes of all, and the 1280 samples of each.
    fn advance(&self, sequences: &mut [&mut Sequence]) -> (Vec<usize>, Vec<Vec<f32>>) {
        let width = self.description.talker.width;
        let mut x = Vec::with_capacity(sequences.len() * width);
        for sequence in &*sequences {
            let row = x.len();
            x.extend_from_slice(&sequence.lane[sequence.step * width..(sequence.step + 1) * width]);
            add(&mut x[row..], &sequence.before);
        }
        let hidden = {
            let mut memories: Vec<&mut Memory> = sequences.iter_mut().map(|s| &mut s.memory).collect();
            self.talker.step(x, &mut memories)
        };
        let draws: Vec<(u64, u64)> = sequences.iter().map(|s| (s.seed, s.step as u64)).collect();
        let (codes, latent) = self.namer.name(&hidden, &draws, self.drawing);
        let before = self.previous.forward(&latent);
        let numbers = {
            let mut pasts: Vec<&mut Past> = sequences.iter_mut().map(|s| &mut s.past).collect();
            self.decoder.step(&latent, &mut pasts)
        };
        let waves = sequences
            .iter_mut()
            .zip(before.chunks_exact(width))
            .zip(numbers.chunks_exact(FRAMES * PARAMETERS))
            .map(|((sequence, before), numbers)| {
                sequence.before.copy_from_slice(before);
                sequence.step += 1;
                let mut out = vec![0.0; FRAMES * HOP];
                for (frame, out) in self.unpacking.frames(numbers).iter().zip(out.chunks_exact_mut(HOP)) {
                    sequence.synthesiser.frame(&sequence.bend.apply(frame).parameters(), out);
                }
                // `clamp` lets NaN pass, which the making of a `Pcm` then refuses.
                out.iter_mut().for_each(|v| *v = v.clamp(-1.0, 1.0));
                out
            })
            .collect();
        (codes, waves)
    }
}

impl StepModel for Voice {
    type Request = Utterance;
    type Chunk = Pcm;

    fn capacity(&self) -> Capacity {
        Capacity { slots: self.slots.len(), positions: self.slots.len() * self.description.talker.window }
    }

    fn positions(&self, _: &Utterance) -> usize {
        self.description.talker.window
    }

    fn admit(&mut self, batch: Vec<(SlotId, Utterance)>) -> Vec<(SlotId, Fault)> {
        let mut refused = Vec::new();
        for (slot, request) in batch {
            match (slot.0 < self.slots.len()).then(|| self.begin(&request)) {
                Some(Ok(sequence)) => self.slots[slot.0] = Some(sequence),
                Some(Err(fault)) => refused.push((slot, fault)),
                None => refused.push((slot, Fault::new("no_such_slot", "the model has fewer slots than that"))),
            }
        }
        refused
    }

    fn step(&mut self, active: &[SlotId], emit: &mut dyn FnMut(SlotId, Progress<Pcm>)) -> Result<(), Fault> {
        // Taken out for the step, so that the weights can be read while the sequences change.
        let mut running: Vec<(SlotId, Sequence)> =
            active.iter().filter_map(|&slot| Some((slot, self.slots.get_mut(slot.0)?.take()?))).collect();
        let waves = {
            let mut sequences: Vec<&mut Sequence> = running.iter_mut().map(|(_, sequence)| sequence).collect();
            if sequences.is_empty() { Vec::new() } else { self.advance(&mut sequences).1 }
        };
        for ((slot, sequence), wave) in running.into_iter().zip(waves) {
            let ended = sequence.step * self.description.talker.width >= sequence.lane.len();
            match Pcm::new(wave, RATE_HZ) {
                Ok(pcm) => {
                    emit(slot, Progress::Chunk(pcm));
                    if ended {
                        emit(slot, Progress::Done);
                    } else {
                        self.slots[slot.0] = Some(sequence);
                    }
                }
                Err(_) => emit(
                    slot,
                    Progress::Failed(Fault::new(
                        "no_sound",
                        "the model made numbers that are no sound; its weights are damaged",
                    )),
                ),
            }
        }
        Ok(())
    }

    fn release(&mut self, slot: SlotId) {
        if let Some(slot) = self.slots.get_mut(slot.0) {
            *slot = None;
        }
    }
}

#[cfg(test)]
mod golden;
#[cfg(test)]
mod tests;
