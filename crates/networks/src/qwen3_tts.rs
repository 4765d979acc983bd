//! Qwen3-TTS at 12.5 frames a second (Qwen team, 2026; Apache-2.0): text and a voice in, 24 kHz sound out of every running
//! slot, frame by frame. Base speaks in the voice of a recording, CustomVoice in its own, VoiceDesign in a described one.
//! It knows no queue and no thread but its crew; a person's voice reaches it only as a `Voicing` that consent let pass.

pub mod codec;
mod config;
mod guard;
mod mel;
mod network;
mod predictor;
mod prompt;
mod sequence;
mod speaker;
mod tables;
mod voice;
mod watch;

pub use config::{Config, Dialect, Generation, Kind, PredictorConfig, SpeakerConfig, TalkerConfig};
pub use mel::picture;
pub use network::{Descriptions, Network};
pub use prompt::{Reference, Script, Speaker};
pub use speaker::SpeakerEncoder;
pub use voice::{Qwen3Cloner, Recording};
pub use watch::Watch;

use std::sync::Arc;

use audio::Pcm;
use sha2::{Digest, Sha256};
use speech::{Capacity, Fault, Progress, SlotId, Source, StepModel, Utterance};

use crate::kernel::Crew;
use crate::weights::LoadError;
use codec::{Decoder, State};
use guard::{Guard, Verdict, most_frames};
use sequence::{Caches, Said, Sequence};
use watch::Watching;

/// Samples in a second.
pub const RATE_HZ: u32 = 24_000;
/// Frames of the first chunks; the later ones have as many as the last of these. The first leaves after one frame.
const RAMP: [usize; 5] = [1, 2, 4, 8, 12];
/// Voices whose recordings are kept decoded, so that the next sentence goes on at once.
const PRIMED: usize = 8;

/// How a model runs on this machine.
pub struct Settings {
    /// Identity of the checkpoint; a prompt of another one is refused.
    pub identity: String,
    /// Utterances side by side.
    pub slots: usize,
    /// Cache positions for all of them; a frame takes one. Memory is taken as it is needed.
    pub positions: usize,
    /// The threads that share its work.
    pub crew: Arc<Crew>,
}

/// One of CustomVoice's own voices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preset {
    /// Its name.
    pub name: String,
    /// The dialect of Chinese that it speaks where the language is Chinese or left open.
    pub dialect: Option<String>,
}

/// Many utterances side by side, one frame of 80 ms each at a step.
pub struct Qwen3Tts {
    network: Network,
    decoder: Decoder,
    settings: Settings,
    caches: Caches,
    slots: Vec<Option<Running>>,
    /// Streams that have heard a recording, by the digest of its codes; the one used last at the end.
    primed: Vec<([u8; 32], State)>,
}

/// One utterance under way.
struct Running {
    sequence: Sequence,
    stream: State,
    guard: Guard,
    /// Frames that have no sound yet.
    waiting: Vec<u16>,
    chunks: usize,
    end: Option<Result<(), Fault>>,
}

/// What an utterance asks of this checkpoint.
struct Wish {
    speaker: Option<Vec<f32>>,
    preset: Option<String>,
    recording: Option<Recording>,
    style: Option<String>,
}

impl Qwen3Tts {
    /// Puts the networks together.
    pub fn new(network: Network, decoder: Decoder, settings: Settings) -> Result<Self, LoadError> {
        let talker = &network.config.talker_config;
        let codes = decoder.config();
        let first = talker.vocab_size - config::RESERVED;
        let books = talker.code_predictor_config.vocab_size;
        if codes.num_quantizers != talker.num_code_groups || codes.codebook_size < first.max(books) {
            return Err(LoadError::config("the codec does not know all codes that the talker says"));
        }
        let slots = settings.slots.max(1);
        Ok(Self {
            caches: network.speech.caches(slots, settings.positions),
            slots: (0..slots).map(|_| None).collect(),
            primed: Vec::new(),
            network,
            decoder,
            settings,
        })
    }

    /// Identity of the checkpoint.
    pub fn model(&self) -> &str {
        &self.settings.identity
    }

    /// What the folder says of itself.
    pub fn config(&self) -> &Config {
        &self.network.config
    }

    fn wish(&self, request: &Utterance) -> Result<Wish, Fault> {
        let kind = self.network.config.tts_model_type;
        let mut wish = Wish { speaker: None, preset: None, recording: None, style: request.style.clone() };
        match (request.voice()?, kind) {
            (Source::Preset(name), Kind::CustomVoice) => wish.preset = Some(name.clone()),
            (Source::Preset(name), _) => {
                return Err(Fault::new("unknown_preset", format!("this model has no voice called \"{name}\"")));
            }
            (Source::Person { model, .. }, _) if model != self.model() => {
                return Err(Fault::new(
                    "other_model",
                    "this voice was prepared for another model; it has to be prepared again for this one",
                ));
            }
            (Source::Person { values, conditioning, .. }, Kind::Base) => {
                wish.speaker = Some(values.clone());
                if !conditioning.is_empty() {
                    wish.recording = Some(Recording::from_bytes(conditioning)?);
                }
            }
            (Source::Person { .. }, _) => {
                return Err(Fault::new(
                    "not_cloned",
                    "this model cannot speak in a person's voice; use the Base model",
                ));
            }
            (Source::Designed(words), Kind::VoiceDesign) => {
                let manner = request.style.as_deref().unwrap_or_default();
                wish.style = Some(format!("{words} {manner}").trim().to_owned());
            }
            (Source::Designed(_), _) => {
                return Err(Fault::new("not_designed", "this model cannot speak in a described voice"));
            }
        }
        Ok(wish)
    }

    fn script<'a>(&self, request: &'a Utterance, wish: &'a Wish) -> Script<'a> {
        Script {
            text: &request.text,
            language: Some(&request.language),
            speaker: match (&wish.speaker, &wish.preset) {
                (Some(vector), _) => Speaker::Vector(vector),
                (None, Some(name)) => Speaker::Named(name),
                (None, None) => Speaker::Nobody,
            },
            reference: wish.recording.as_ref().map(|kept| Reference { text: &kept.text, codes: &kept.codes }),
            style: wish.style.as_deref(),
            // As the reference does for each kind.
            text_first: self.network.config.tts_model_type != Kind::Base,
        }
    }

    /// Positions of the prompt and most frames, with everything checked that can be.
    fn size(&self, request: &Utterance, wish: &Wish) -> Result<(usize, usize), Fault> {
        if request.speed != 1.0 {
            return Err(Fault::new(
                "speed_not_supported",
                "this model speaks at its own rate only; set the speaking rate to 1 or stretch the sound afterwards",
            ));
        }
        let rows = self.network.lay(&self.script(request, wish))?.rows.len();
        let longest = self.network.config.talker_config.max_position_embeddings;
        let most = most_frames(&request.text).min(self.network.generation.max_new_tokens - 1).min(longest - rows);
        Ok((rows, most))
    }

    fn begin(&mut self, slot: usize, request: &Utterance, wish: &Wish) -> Result<Running, Fault> {
        let (_, most) = self.size(request, wish)?;
        let stream = match &wish.recording {
            Some(recording) => self.primed(recording)?,
            None => self.decoder.state(),
        };
        let script = self.script(request, wish);
        let sequence = self.network.begin(&self.settings.crew, &script, slot, request.seed)?;
        Ok(Running { sequence, stream, guard: Guard::new(most), waiting: Vec::new(), chunks: 0, end: None })
    }

    /// A stream that has heard a recording.
    fn primed(&mut self, recording: &Recording) -> Result<State, Fault> {
        let mut digest = Sha256::new();
        recording.codes.iter().for_each(|code| digest.update(code.to_le_bytes()));
        let digest: [u8; 32] = digest.finalize().into();
        let entry = match self.primed.iter().position(|(known, _)| *known == digest) {
            Some(place) => self.primed.remove(place),
            None => {
                let mut stream = self.decoder.state();
                self.decoder.decode(&self.settings.crew, &mut [(&mut stream, &recording.codes)])?;
                (digest, stream)
            }
        };
        let stream = entry.1.clone();
        if self.primed.len() >= PRIMED {
            self.primed.remove(0);
        }
        self.primed.push(entry);
        Ok(stream)
    }

    /// Reads the prompts of new utterances, all in one.
    fn start(&mut self, mut started: Vec<(SlotId, Running)>) {
        let mut sequences: Vec<&mut Sequence> = started.iter_mut().map(|(_, running)| &mut running.sequence).collect();
        let crew = &self.settings.crew;
        self.network.speech.think(crew, &mut sequences, &mut self.caches, &mut Watching::nobody());
        for (slot, running) in started {
            self.slots[slot.0] = Some(running);
        }
    }

    /// One more frame of each, judged.
    fn advance(&mut self, running: &mut [(SlotId, Running)]) {
        let mut sequences: Vec<&mut Sequence> = running.iter_mut().map(|(_, running)| &mut running.sequence).collect();
        let crew = &self.settings.crew;
        let said = self.network.speech.frames(crew, &mut sequences, &mut self.caches, &mut Watching::nobody());
        for ((_, running), said) in running.iter_mut().zip(said) {
            running.end = match said {
                Said::Frame(frame) => {
                    running.waiting.extend_from_slice(&frame);
                    match running.guard.look(&frame) {
                        Verdict::On => None,
                        Verdict::Over => Some(Ok(())),
                        Verdict::Stopped(fault) => Some(Err(fault)),
                    }
                }
                Said::End => Some(Ok(())),
                Said::Full => Some(Err(Fault::new("cache_full", "the text needs more memory than there is; split it"))),
            };
        }
    }

    /// The sound of those whose chunk is full or who have come to their end.
    fn sound(&self, running: &mut [(SlotId, Running)]) -> Vec<Option<Result<Vec<f32>, Fault>>> {
        let groups = self.decoder.config().num_quantizers;
        let mut due = vec![false; running.len()];
        let mut streams = Vec::new();
        for (due, (_, running)) in due.iter_mut().zip(&mut *running) {
            let wanted = RAMP[running.chunks.min(RAMP.len() - 1)] * groups;
            let ended = matches!(running.end, Some(Ok(()))) && !running.waiting.is_empty();
            *due = ended || (running.end.is_none() && running.waiting.len() >= wanted);
            if *due {
                streams.push((&mut running.stream, running.waiting.as_slice()));
            }
        }
        let waves =
            if streams.is_empty() { Ok(Vec::new()) } else { self.decoder.decode(&self.settings.crew, &mut streams) };
        let mut waves = match waves {
            Ok(waves) => waves.into_iter().map(Ok).collect::<Vec<_>>(),
            // A refused call leaves every stream as it was: find out whose fault it is.
            Err(_) => streams
                .into_iter()
                .map(|(stream, codes)| {
                    Ok(self.decoder.decode(&self.settings.crew, &mut [(stream, codes)])?.pop().unwrap_or_default())
                })
                .collect(),
        }
        .into_iter();
        due.into_iter().map(|due| if due { waves.next() } else { None }).collect()
    }
}

impl StepModel for Qwen3Tts {
    type Request = Utterance;
    type Chunk = Pcm;

    fn capacity(&self) -> Capacity {
        Capacity { slots: self.slots.len(), positions: self.settings.positions }
    }

    fn positions(&self, request: &Utterance) -> usize {
        // What cannot be started takes nothing; it is refused when it is admitted.
        self.wish(request).and_then(|wish| self.size(request, &wish)).map_or(1, |(rows, most)| rows + most)
    }

    fn admit(&mut self, batch: Vec<(SlotId, Utterance)>) -> Vec<(SlotId, Fault)> {
        let mut refused = Vec::new();
        let mut started = Vec::new();
        for (slot, request) in batch {
            if slot.0 >= self.slots.len() {
                refused.push((slot, Fault::new("no_such_slot", "the model has fewer slots than that")));
                continue;
            }
            match self.wish(&request).and_then(|wish| self.begin(slot.0, &request, &wish)) {
                Ok(running) => started.push((slot, running)),
                Err(fault) => refused.push((slot, fault)),
            }
        }
        self.start(started);
        refused
    }

    fn step(&mut self, active: &[SlotId], emit: &mut dyn FnMut(SlotId, Progress<Pcm>)) -> Result<(), Fault> {
        // Taken out for the step, so that the weights can be read while the utterances change.
        let mut running: Vec<(SlotId, Running)> =
            active.iter().filter_map(|&slot| Some((slot, self.slots.get_mut(slot.0)?.take()?))).collect();
        if running.is_empty() {
            return Ok(());
        }
        let crew = Arc::clone(&self.settings.crew);
        let waves = crew.enter(|| {
            self.advance(&mut running);
            self.sound(&mut running)
        });
        for ((slot, mut running), wave) in running.into_iter().zip(waves) {
            if let Some(wave) = wave {
                let pcm = wave.and_then(|wave| {
                    running.guard.hear(&wave);
                    Pcm::new(wave, RATE_HZ).map_err(|_| {
                        Fault::new("no_sound", "the model made numbers that are no sound; its weights are damaged")
                    })
                });
                match pcm {
                    Ok(pcm) => emit(slot, Progress::Chunk(pcm)),
                    Err(fault) => running.end = Some(Err(fault)),
                }
                running.waiting.clear();
                running.chunks += 1;
            }
            match running.end.take() {
                None => self.slots[slot.0] = Some(running),
                Some(Ok(())) => emit(slot, Progress::Done),
                Some(Err(fault)) => emit(slot, Progress::Failed(fault)),
            }
        }
        Ok(())
    }

    fn release(&mut self, slot: SlotId) {
        if let Some(place) = self.slots.get_mut(slot.0) {
            *place = None;
            self.network.speech.forget(slot.0, &mut self.caches);
        }
    }
}

#[cfg(test)]
mod tests;
