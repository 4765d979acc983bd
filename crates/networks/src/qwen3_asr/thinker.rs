//! What recogniser and aligner have in common: sound and tokens in, the decoder's rows out. It knows neither prompts
//! nor answers.

use audio::Pcm;
use speech::Fault;

use super::config::Config;
use super::encoder::Encoder;
use super::mel::{self, LogMel};
use crate::checkpoint::Checkpoint;
use crate::kernel::{Crew, Linear, Precision};
use crate::qwen3::{Cache, Decoder, Tokenizer};
use crate::signal::RATE_HZ;
use crate::weights::LoadError;

/// Encoder, decoder and head over one checkpoint.
pub(super) struct Thinker {
    /// Embeddings are read row by row when they are needed: all of them would take more memory than the blocks.
    checkpoint: Checkpoint,
    pub tokenizer: Tokenizer,
    pub crew: Crew,
    mel: LogMel,
    pub encoder: Encoder,
    pub decoder: Decoder,
    pub head: Linear,
    /// The token that an encoded frame takes the place of.
    pub pad: u32,
    vocabulary: usize,
}

/// A sequence to begin: its slot, its tokens with one pad for each encoded frame, and its mel frames.
pub(super) struct Beginning {
    pub slot: usize,
    pub tokens: Vec<u32>,
    pub mel: Vec<f32>,
}

impl Thinker {
    /// Loads all of it; the head has `outputs` outputs.
    pub fn load(
        config: &Config,
        checkpoint: Checkpoint,
        tokenizer: Tokenizer,
        crew: Crew,
        precision: Precision,
        outputs: usize,
    ) -> Result<Self, LoadError> {
        const EMBEDDING: &str = "thinker.model.embed_tokens.weight";
        const HEAD: &str = "thinker.lm_head";
        config.check()?;
        let thinker = &config.thinker_config;
        let hidden = thinker.text_config.decoder.hidden_size;
        let vocabulary = thinker.text_config.vocab_size;
        if tokenizer.len() > vocabulary {
            return Err(LoadError::config("the tokenizer has more tokens than the model"));
        }
        let pad = token(&tokenizer, "<|audio_pad|>")?;
        if thinker.audio_token_id.is_some_and(|id| id != pad) {
            return Err(LoadError::config("config and tokenizer have different tokens for sound"));
        }
        let encoder = Encoder::load(&checkpoint, "thinker.audio_tower.", &thinker.audio_config, precision)?;
        let decoder = Decoder::load(&checkpoint, "thinker.model.", &thinker.text_config.decoder, precision)?;
        // Stored or tied: both kinds of file are about, and the numbers are the same.
        let head = if checkpoint.has(&format!("{HEAD}.weight")) || outputs != vocabulary {
            checkpoint.linear(HEAD, (outputs, hidden), false, precision)?
        } else {
            let weight = checkpoint.tensor(EMBEDDING, &[vocabulary, hidden])?;
            Linear::pack(&weight, None, vocabulary, hidden, precision)
        };
        match checkpoint.shape(EMBEDDING) {
            None => return Err(LoadError::Missing { name: EMBEDDING.into() }),
            Some(shape) if shape != [vocabulary, hidden] => {
                let (found, needed) = (shape.to_vec(), vec![vocabulary, hidden]);
                return Err(LoadError::Shape { name: EMBEDDING.into(), found, needed });
            }
            Some(_) => {}
        }
        let mel = LogMel::new(thinker.audio_config.num_mel_bins);
        Ok(Self { checkpoint, tokenizer, crew, mel, encoder, decoder, head, pad, vocabulary })
    }

    /// Encoded frames of a sound.
    pub fn frames(&self, sound: &Pcm) -> usize {
        self.encoder.config().tokens(mel::frames(sound.len()))
    }

    /// Mel frames of a sound, which must be of the right kind.
    pub fn heard(&self, sound: &Pcm, most_seconds: f64) -> Result<Vec<f32>, Fault> {
        check_sound(sound, most_seconds)?;
        Ok(self.mel.frames(sound.samples()))
    }

    /// Rows of the embedding `(tokens, hidden)`.
    pub fn embed(&self, tokens: &[u32]) -> Result<Vec<f32>, Fault> {
        let hidden = self.decoder.config().hidden_size;
        let mut rows = Vec::with_capacity(tokens.len() * hidden);
        for &token in tokens {
            if token as usize >= self.vocabulary {
                return Err(Fault::new("token_unknown", format!("the model has no token {token}")));
            }
            rows.extend(self.checkpoint.row("thinker.model.embed_tokens.weight", token as usize, hidden)?);
        }
        Ok(rows)
    }

    /// Embeddings of sequences one after another, sound in place of the pads: `(rows, hidden)` and the slot of each.
    pub fn rows(&self, beginnings: &[Beginning]) -> Result<(Vec<f32>, Vec<usize>), Fault> {
        let hidden = self.decoder.config().hidden_size;
        let mels: Vec<&[f32]> = beginnings.iter().map(|beginning| beginning.mel.as_slice()).collect();
        let encoded = self.encoder.forward(&self.crew, &mels);
        let mut encoded = encoded.chunks_exact(hidden);
        let (mut rows, mut slots) = (Vec::new(), Vec::new());
        for beginning in beginnings {
            for &token in &beginning.tokens {
                if token == self.pad {
                    let row = encoded.next().ok_or_else(|| Fault::new("failed", "more places for sound than sound"))?;
                    rows.extend_from_slice(row);
                } else {
                    rows.extend(self.embed(&[token])?);
                }
            }
            slots.resize(slots.len() + beginning.tokens.len(), beginning.slot);
        }
        Ok((rows, slots))
    }

    /// Begins sequences for which the cache has been extended: the decoder's rows, sequence after sequence.
    pub fn begin(&self, beginnings: &[Beginning], cache: &mut Cache) -> Result<Vec<f32>, Fault> {
        let (rows, slots) = self.rows(beginnings)?;
        Ok(self.decoder.forward(&self.crew, rows, &slots, cache))
    }
}

/// Refuses sound of another rate, none at all, and more than a call may hold.
pub(super) fn check_sound(sound: &Pcm, most_seconds: f64) -> Result<(), Fault> {
    if sound.rate_hz() != RATE_HZ {
        return Err(Fault::new("wrong_rate", format!("the sound is at {} Hz and not {RATE_HZ}", sound.rate_hz())));
    }
    if sound.is_empty() {
        return Err(Fault::new("empty_sound", "there is no sound"));
    }
    if sound.seconds() > most_seconds {
        let message = format!("the sound is {:.0} s long; one call takes {most_seconds:.0} s", sound.seconds());
        return Err(Fault::new("too_long", message));
    }
    Ok(())
}

/// A token that must be there.
pub(super) fn token(tokenizer: &Tokenizer, text: &str) -> Result<u32, LoadError> {
    tokenizer.id(text).ok_or_else(|| LoadError::config(format!("the tokenizer has no token {text}")))
}
