//! Speech to text, many stretches side by side: the prompt, the greedy steps, the end. It knows no file and no time.

use audio::Pcm;
use speech::{Capacity, Fault, Heard, Listening, Progress, SlotId, StepModel, Transcript};

use super::config::Config;
use super::language::{code_of, name_of};
use super::reply;
use super::thinker::{Beginning, Thinker, check_sound, token};
use crate::checkpoint::Checkpoint;
use crate::kernel::{Crew, Precision};
use crate::qwen3::tokenizer::Pieces;
use crate::qwen3::{Cache, Tokenizer, greedy};
use crate::weights::LoadError;

/// Longest stretch that is taken, in seconds: the reference's limit.
pub const MOST_SECONDS: f64 = 1200.0;
/// Longest context that is taken, in bytes.
pub const MOST_CONTEXT_BYTES: usize = 4096;
/// Tokens that a second of speech may take. Fast speech takes 5 to 8, scripts that the tokenizer knows little of 20;
/// what takes more is a loop of the model's.
const TOKENS_IN_A_SECOND: f64 = 24.0;
/// Tokens that any stretch may take: its language, and a few words.
const TOKENS_AT_LEAST: usize = 48;

/// Qwen3-ASR as the engine sees it.
pub struct Qwen3Asr {
    thinker: Thinker,
    capacity: Capacity,
    cache: Cache,
    slots: Vec<Option<Running>>,
    start: u32,
    end: u32,
    /// The mark between language and text.
    mark: u32,
    /// Tokens that end an answer.
    ends: [u32; 2],
}

/// A stretch under way.
struct Running {
    /// What the last step found; it is said with the next.
    next: u32,
    said: Vec<u32>,
    most: usize,
    /// BCP 47, where the language was given.
    forced: Option<String>,
    /// Whether what comes now is text.
    is_text: bool,
    pieces: Pieces,
}

impl Qwen3Asr {
    /// Loads a recogniser that holds so many stretches and cache positions at once.
    pub fn load(
        config: &Config,
        checkpoint: Checkpoint,
        tokenizer: Tokenizer,
        crew: Crew,
        precision: Precision,
        capacity: Capacity,
    ) -> Result<Self, LoadError> {
        if config.is_aligner() {
            return Err(LoadError::config("this is an aligner, not a recogniser"));
        }
        let vocabulary = config.thinker_config.text_config.vocab_size;
        let thinker = Thinker::load(config, checkpoint, tokenizer, crew, precision, vocabulary)?;
        let known = |text: &str| token(&thinker.tokenizer, text);
        Ok(Self {
            start: known("<|im_start|>")?,
            end: known("<|im_end|>")?,
            mark: known("<asr_text>")?,
            ends: [known("<|im_end|>")?, known("<|endoftext|>")?],
            cache: thinker.decoder.cache(capacity.slots, capacity.positions),
            slots: (0..capacity.slots).map(|_| None).collect(),
            thinker,
            capacity,
        })
    }

    /// Cache positions for `slots` stretches of so many seconds each, without a context.
    pub fn positions_for(config: &Config, slots: usize, seconds: f64) -> usize {
        let sound = config.thinker_config.audio_config.tokens((seconds.max(0.5) * 100.0).ceil() as usize);
        slots * (sound + bound(seconds) + 64)
    }

    /// The tokens of a prompt: context, sound, and the language where it is given.
    pub(super) fn prompt(&self, request: &Listening) -> Result<Vec<u32>, Fault> {
        if request.context.len() > MOST_CONTEXT_BYTES {
            let message = format!("the context is longer than {MOST_CONTEXT_BYTES} bytes");
            return Err(Fault::new("context_too_long", message));
        }
        let forced = request.language.as_deref().map(named).transpose()?;
        let tokenizer = &self.thinker.tokenizer;
        let mut tokens = vec![self.start];
        // Context comes from outside: it must not be able to end its own turn.
        tokens.extend(tokenizer.encode_plain(&format!("system\n{}", request.context.trim())));
        tokens.push(self.end);
        tokens.extend(tokenizer.encode("\n<|im_start|>user\n<|audio_start|>"));
        tokens.resize(tokens.len() + self.thinker.frames(&request.sound), self.thinker.pad);
        tokens.extend(tokenizer.encode("<|audio_end|><|im_end|>\n<|im_start|>assistant\n"));
        if let Some(name) = forced {
            tokens.extend(tokenizer.encode_plain(&format!("language {name}")));
            tokens.push(self.mark);
        }
        Ok(tokens)
    }

    /// Begins one stretch, up to what can be done for all of them together.
    fn prepare(&mut self, slot: usize, request: &Listening) -> Result<Beginning, Fault> {
        let mel = self.thinker.heard(&request.sound, MOST_SECONDS)?;
        let tokens = self.prompt(request)?;
        self.cache.clear(slot);
        if !self.cache.extend(slot, tokens.len()) {
            return Err(full());
        }
        Ok(Beginning { slot, tokens, mel })
    }

    /// The likeliest token after each of some rows of the decoder.
    fn likeliest(&self, rows: &[f32]) -> Vec<u32> {
        let logits = self.thinker.head.product(&self.thinker.crew, rows);
        logits.chunks_exact(self.thinker.head.outputs()).map(|logits| greedy(logits) as u32).collect()
    }

    fn finished(&self, running: &mut Running, is_whole: bool) -> Transcript {
        let tokens = std::mem::take(&mut running.said);
        let shown: Vec<u32> = tokens.iter().copied().filter(|&t| !self.thinker.tokenizer.is_special(t)).collect();
        let raw = self.thinker.tokenizer.decode(&shown);
        match running.forced.take() {
            Some(language) => {
                let text = reply::without_loops(raw.trim());
                Transcript { language: Some(language), text, tokens, is_whole }
            }
            None => {
                let reply = reply::parse(&raw);
                Transcript { language: reply.language.as_deref().map(code_of), text: reply.text, tokens, is_whole }
            }
        }
    }
}

impl StepModel for Qwen3Asr {
    type Request = Listening;
    type Chunk = Heard;

    fn capacity(&self) -> Capacity {
        self.capacity
    }

    fn positions(&self, request: &Listening) -> usize {
        // What cannot be begun needs nothing; `admit` says why.
        if check_sound(&request.sound, MOST_SECONDS).is_err() {
            return 1;
        }
        self.prompt(request).map_or(1, |prompt| prompt.len() + most_tokens(request))
    }

    fn admit(&mut self, batch: Vec<(SlotId, Listening)>) -> Vec<(SlotId, Fault)> {
        let mut refused = Vec::new();
        let mut beginnings = Vec::new();
        for (slot, request) in batch {
            match self.prepare(slot.0, &request) {
                Ok(beginning) => beginnings.push((beginning, request)),
                Err(fault) => {
                    self.cache.clear(slot.0);
                    refused.push((slot, fault));
                }
            }
        }
        if beginnings.is_empty() {
            return refused;
        }
        let (beginnings, requests): (Vec<_>, Vec<_>) = beginnings.into_iter().unzip();
        let rows = match self.thinker.begin(&beginnings, &mut self.cache) {
            Ok(rows) => rows,
            Err(fault) => {
                for beginning in &beginnings {
                    self.cache.clear(beginning.slot);
                    refused.push((SlotId(beginning.slot), fault.clone()));
                }
                return refused;
            }
        };
        let hidden = self.thinker.decoder.config().hidden_size;
        let mut at = 0;
        let mut last = Vec::with_capacity(beginnings.len() * hidden);
        for beginning in &beginnings {
            at += beginning.tokens.len();
            last.extend_from_slice(&rows[(at - 1) * hidden..at * hidden]);
        }
        let found = self.likeliest(&last);
        for ((beginning, request), next) in beginnings.iter().zip(requests).zip(found) {
            self.slots[beginning.slot] = Some(Running {
                next,
                said: Vec::new(),
                most: most_tokens(&request),
                is_text: request.language.is_some(),
                forced: request.language,
                pieces: Pieces::default(),
            });
        }
        refused
    }

    fn step(&mut self, active: &[SlotId], emit: &mut dyn FnMut(SlotId, Progress<Heard>)) -> Result<(), Fault> {
        let (mut going, mut tokens) = (Vec::new(), Vec::new());
        for &slot in active {
            let Some(mut running) = self.slots[slot.0].take() else {
                emit(slot, Progress::Failed(Fault::new("failed", "this stretch was never begun")));
                continue;
            };
            let is_end = self.ends.contains(&running.next);
            if is_end || running.said.len() >= running.most {
                let whole = self.finished(&mut running, is_end);
                emit(slot, Progress::Chunk(Heard::Whole(whole)));
                emit(slot, Progress::Done);
                continue;
            }
            let next = running.next;
            running.said.push(next);
            if running.is_text && !self.thinker.tokenizer.is_special(next) {
                let piece = running.pieces.push(self.thinker.tokenizer.bytes(next));
                if !piece.is_empty() {
                    emit(slot, Progress::Chunk(Heard::Piece(piece)));
                }
            }
            running.is_text |= next == self.mark;
            // The last token that may be said needs no look beyond it.
            if running.said.len() < running.most {
                if !self.cache.extend(slot.0, 1) {
                    emit(slot, Progress::Failed(full()));
                    continue;
                }
                going.push(slot.0);
                tokens.push(next);
            }
            self.slots[slot.0] = Some(running);
        }
        if going.is_empty() {
            return Ok(());
        }
        let rows = self.thinker.embed(&tokens)?;
        let rows = self.thinker.decoder.forward(&self.thinker.crew, rows, &going, &mut self.cache);
        for (slot, next) in going.into_iter().zip(self.likeliest(&rows)) {
            if let Some(running) = &mut self.slots[slot] {
                running.next = next;
            }
        }
        Ok(())
    }

    fn release(&mut self, slot: SlotId) {
        self.slots[slot.0] = None;
        self.cache.clear(slot.0);
    }
}

/// The model's name of a language that was asked for.
fn named(language: &str) -> Result<&'static str, Fault> {
    name_of(language).ok_or_else(|| {
        let shown: String = language.chars().take(40).collect();
        Fault::new("unknown_language", format!("the recogniser does not know the language {shown:?}"))
    })
}

fn bound(seconds: f64) -> usize {
    TOKENS_AT_LEAST + (seconds * TOKENS_IN_A_SECOND).ceil() as usize
}

fn most_tokens(request: &Listening) -> usize {
    let most = bound(request.sound.seconds());
    request.most_tokens.map_or(most, |wanted| wanted.min(most))
}

fn full() -> Fault {
    Fault::new("cache_full", "there is no room left for this stretch of sound")
}

/// Rows of the decoder for a comparison with a reference.
impl Qwen3Asr {
    /// Shows everything between a sound and its first token: see [`super::Seen`].
    pub fn watch(&mut self, request: &Listening, seen: &mut dyn FnMut(super::Seen, &[f32])) -> Result<Vec<u32>, Fault> {
        let tokens = self.prompt(request)?;
        super::seen::watch(&self.thinker, &request.sound, &tokens, MOST_SECONDS, seen)?;
        Ok(tokens)
    }

    /// Encoded frames of a sound.
    pub fn frames(&self, sound: &Pcm) -> usize {
        self.thinker.frames(sound)
    }
}
