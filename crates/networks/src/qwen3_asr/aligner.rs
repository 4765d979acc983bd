//! When each word of a text is said: one look at sound and text together, a time at each mark. It knows no file.

use speech::{Alignment, Capacity, Fault, Progress, SlotId, StepModel, TimedWord};

use super::config::Config;
use super::repair::repaired;
use super::thinker::{Beginning, Thinker, check_sound, token};
use super::words::{Word, words};
use crate::checkpoint::Checkpoint;
use crate::kernel::{Crew, Precision};
use crate::qwen3::{Cache, Tokenizer, greedy};
use crate::weights::LoadError;

/// Longest sound that is taken, in seconds: the model's limit.
pub const MOST_SECONDS: f64 = 300.0;
/// Most words that are taken at once.
pub const MOST_WORDS: usize = 2000;
/// Longest text that is taken, in bytes.
pub const MOST_TEXT_BYTES: usize = 64 << 10;
/// Milliseconds between two classes of times, where the description says nothing.
const CLASS_MILLISECONDS: f64 = 80.0;

/// Qwen3-ForcedAligner as the engine sees it: an alignment is begun, and the next step has its times.
pub struct Qwen3Aligner {
    thinker: Thinker,
    capacity: Capacity,
    cache: Cache,
    slots: Vec<Option<Vec<TimedWord>>>,
    mark: u32,
    milliseconds: f64,
}

impl Qwen3Aligner {
    /// Loads an aligner that holds so many alignments and cache positions at once.
    pub fn load(
        config: &Config,
        checkpoint: Checkpoint,
        tokenizer: Tokenizer,
        crew: Crew,
        precision: Precision,
        capacity: Capacity,
    ) -> Result<Self, LoadError> {
        let classes = config.thinker_config.classify_num.filter(|_| config.is_aligner());
        let classes = classes.ok_or_else(|| LoadError::config("this is not an aligner"))?;
        let thinker = Thinker::load(config, checkpoint, tokenizer, crew, precision, classes)?;
        let mark = token(&thinker.tokenizer, "<timestamp>")?;
        if config.timestamp_token_id.is_some_and(|id| id != mark) {
            return Err(LoadError::config("config and tokenizer have different tokens for times"));
        }
        Ok(Self {
            cache: thinker.decoder.cache(capacity.slots, capacity.positions),
            slots: (0..capacity.slots).map(|_| None).collect(),
            milliseconds: config.timestamp_segment_time.unwrap_or(CLASS_MILLISECONDS),
            thinker,
            capacity,
            mark,
        })
    }

    /// The words of a request and its tokens: sound, then each word with two marks.
    pub(super) fn prompt(&self, request: &Alignment) -> Result<(Vec<Word>, Vec<u32>), Fault> {
        if request.text.len() > MOST_TEXT_BYTES {
            return Err(Fault::new("too_long", format!("the text is longer than {MOST_TEXT_BYTES} bytes")));
        }
        let words = words(&request.text, request.language.as_deref());
        if words.len() > MOST_WORDS {
            return Err(Fault::new("too_long", format!("the text has more than {MOST_WORDS} words")));
        }
        let tokenizer = &self.thinker.tokenizer;
        let mut tokens = tokenizer.encode("<|audio_start|>");
        tokens.resize(tokens.len() + self.thinker.frames(&request.sound), self.thinker.pad);
        tokens.extend(tokenizer.encode("<|audio_end|>"));
        for word in &words {
            tokens.extend(tokenizer.encode_plain(&word.text));
            tokens.extend([self.mark, self.mark]);
        }
        Ok((words, tokens))
    }

    fn prepare(&mut self, slot: usize, request: &Alignment) -> Result<(Vec<Word>, Beginning), Fault> {
        let mel = self.thinker.heard(&request.sound, MOST_SECONDS)?;
        let (words, tokens) = self.prompt(request)?;
        self.cache.clear(slot);
        if !self.cache.extend(slot, tokens.len()) {
            return Err(Fault::new("cache_full", "there is no room left for this alignment"));
        }
        Ok((words, Beginning { slot, tokens, mel }))
    }

    /// The times of words from the classes at their marks, no later than the sound's end.
    fn timed(&self, words: Vec<Word>, classes: &[usize], seconds: f64) -> Vec<TimedWord> {
        let times: Vec<f64> = classes.iter().map(|&class| class as f64 * self.milliseconds).collect();
        let times = repaired(&times);
        let second = |milliseconds: u32| (f64::from(milliseconds) / 1000.0).min(seconds);
        let pairs = times.as_chunks::<2>().0;
        let timed = words.into_iter().zip(pairs).map(|(word, &[start, end])| TimedWord {
            text: word.text,
            at: word.at,
            start_seconds: second(start),
            end_seconds: second(end),
        });
        timed.collect()
    }

    /// Shows everything between sound and text and the classes: see [`super::Seen`]. Answers the tokens.
    pub fn watch(&mut self, request: &Alignment, seen: &mut dyn FnMut(super::Seen, &[f32])) -> Result<Vec<u32>, Fault> {
        let (_, tokens) = self.prompt(request)?;
        super::seen::watch(&self.thinker, &request.sound, &tokens, MOST_SECONDS, seen)?;
        Ok(tokens)
    }
}

impl StepModel for Qwen3Aligner {
    type Request = Alignment;
    type Chunk = Vec<TimedWord>;

    fn capacity(&self) -> Capacity {
        self.capacity
    }

    fn positions(&self, request: &Alignment) -> usize {
        if check_sound(&request.sound, MOST_SECONDS).is_err() {
            return 1;
        }
        self.prompt(request).map_or(1, |(_, tokens)| tokens.len())
    }

    fn admit(&mut self, batch: Vec<(SlotId, Alignment)>) -> Vec<(SlotId, Fault)> {
        let mut refused = Vec::new();
        let (mut beginnings, mut texts) = (Vec::new(), Vec::new());
        for (slot, request) in batch {
            match self.prepare(slot.0, &request) {
                Ok((words, _)) if words.is_empty() => self.slots[slot.0] = Some(Vec::new()),
                Ok((words, beginning)) => {
                    beginnings.push(beginning);
                    texts.push((words, request.sound.seconds()));
                }
                Err(fault) => {
                    self.cache.clear(slot.0);
                    refused.push((slot, fault));
                }
            }
        }
        if beginnings.is_empty() {
            return refused;
        }
        let rows = self.thinker.begin(&beginnings, &mut self.cache);
        // Nothing follows an alignment: its positions are free at once.
        beginnings.iter().for_each(|beginning| self.cache.clear(beginning.slot));
        let rows = match rows {
            Ok(rows) => rows,
            Err(fault) => {
                refused.extend(beginnings.iter().map(|beginning| (SlotId(beginning.slot), fault.clone())));
                return refused;
            }
        };
        let hidden = self.thinker.decoder.config().hidden_size;
        let mut rows = rows.chunks_exact(hidden);
        for (beginning, (words, seconds)) in beginnings.into_iter().zip(texts) {
            let all = beginning.tokens.iter().zip(&mut rows);
            let marked: Vec<f32> =
                all.filter(|(token, _)| **token == self.mark).flat_map(|(_, row)| row).copied().collect();
            let logits = self.thinker.head.product(&self.thinker.crew, &marked);
            let classes: Vec<usize> = logits.chunks_exact(self.thinker.head.outputs()).map(greedy).collect();
            self.slots[beginning.slot] = Some(self.timed(words, &classes, seconds));
        }
        refused
    }

    fn step(&mut self, active: &[SlotId], emit: &mut dyn FnMut(SlotId, Progress<Self::Chunk>)) -> Result<(), Fault> {
        for &slot in active {
            match self.slots[slot.0].take() {
                Some(words) => {
                    emit(slot, Progress::Chunk(words));
                    emit(slot, Progress::Done);
                }
                None => emit(slot, Progress::Failed(Fault::new("failed", "this alignment was never begun"))),
            }
        }
        Ok(())
    }

    fn release(&mut self, slot: SlotId) {
        self.slots[slot.0] = None;
        self.cache.clear(slot.0);
    }
}
