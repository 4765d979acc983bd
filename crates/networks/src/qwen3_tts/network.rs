//! Everything of a Qwen3-TTS folder but the codec: from a script to frames of codes. It knows no sound and no slot.

use speech::Fault;

use super::config::{Config, Generation};
use super::prompt::{Layout, Script, Speaker, lay};
use super::sequence::{Said, Sequence, Speech};
use super::watch::{Watch, Watching};
use crate::checkpoint::Checkpoint;
use crate::kernel::{Crew, Precision};
use crate::qwen3::Tokenizer;
use crate::weights::LoadError;

/// The small files of a model's folder.
#[derive(Debug, Clone, Copy)]
pub struct Descriptions<'a> {
    /// `config.json`.
    pub config: &'a [u8],
    /// `generation_config.json`.
    pub generation: &'a [u8],
    /// `vocab.json`.
    pub vocab: &'a [u8],
    /// `merges.txt`.
    pub merges: &'a [u8],
    /// `tokenizer_config.json`.
    pub tokenizer: &'a [u8],
}

/// Text and voice in, codes out.
pub struct Network {
    pub(super) config: Config,
    pub(super) generation: Generation,
    tokenizer: Tokenizer,
    pub(super) speech: Speech,
}

impl Network {
    /// Loads a folder's `model.safetensors`.
    pub fn load(
        checkpoint: Checkpoint,
        descriptions: &Descriptions<'_>,
        precision: Precision,
    ) -> Result<Self, LoadError> {
        let generation = Generation::parse(descriptions.generation)?;
        Self::with(checkpoint, generation, descriptions, precision)
    }

    /// The same with other settings than the folder's.
    pub fn with(
        checkpoint: Checkpoint,
        generation: Generation,
        descriptions: &Descriptions<'_>,
        precision: Precision,
    ) -> Result<Self, LoadError> {
        let config = Config::parse(descriptions.config)?;
        let tokenizer = Tokenizer::open(descriptions.vocab, descriptions.merges, descriptions.tokenizer)?;
        // A token's number is a row of the table.
        if tokenizer.len() > config.talker_config.text_vocab_size {
            return Err(LoadError::config("the tokenizer has more tokens than the model"));
        }
        let speech = Speech::load(checkpoint, &config, generation.clone(), precision)?;
        Ok(Self { config, generation, tokenizer, speech })
    }

    /// What the folder says of itself.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The prompt as rows of tables.
    pub(super) fn lay(&self, script: &Script<'_>) -> Result<Layout, Fault> {
        if let Speaker::Vector(vector) = script.speaker
            && (vector.len() != self.config.talker_config.decoder.hidden_size || !vector.iter().all(|v| v.is_finite()))
        {
            return Err(Fault::new("bad_prompt", "the stored numbers of this voice are damaged; prepare it again"));
        }
        lay(&self.config, script, &|text| self.tokenizer.encode_plain(text))
    }

    /// An utterance that has its place in the caches and nothing there yet.
    pub(super) fn begin(&self, crew: &Crew, script: &Script<'_>, slot: usize, seed: u64) -> Result<Sequence, Fault> {
        let layout = self.lay(script)?;
        let (prompt, trailing) = self.speech.tables.fill(crew, &layout, script)?;
        Ok(Sequence::new(slot, seed, prompt, trailing))
    }

    /// The frames `(frames, groups)` of one utterance from at most `tokens` first codes, under a watch: for comparisons
    /// with the reference, which makes no frame of the last of them.
    pub fn watched(
        &self,
        crew: &Crew,
        script: &Script<'_>,
        seed: u64,
        tokens: usize,
        watch: &mut dyn Watch,
    ) -> Result<Vec<u16>, Fault> {
        let layout = self.lay(script)?;
        let (prompt, trailing) = self.speech.tables.fill(crew, &layout, script)?;
        watch.see("prompt.inputs_embeds", &prompt);
        watch
            .see("prompt.trailing_text_hidden", if trailing.is_empty() { self.speech.tables.pad() } else { &trailing });
        let mut caches = self.speech.caches(1, layout.rows.len() + tokens);
        let mut sequence = Sequence::new(0, seed, prompt, trailing);
        let mut watching = Watching::by(watch);
        let mut codes = Vec::new();
        while sequence.frames + 1 < tokens {
            let said = self.speech.frames(crew, &mut [&mut sequence], &mut caches, &mut watching);
            match said.into_iter().next() {
                Some(Said::Frame(frame)) => codes.extend(frame),
                _ => break,
            }
        }
        Ok(codes)
    }
}
