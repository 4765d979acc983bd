//! Installed models: what they are, by their manifest and settings, and how they are opened. Every byte of one is verified
//! before it is used, through the handles that it is then read from.

use std::fs::File;
use std::io::Read;
use std::sync::Arc;

use audio::Pcm;
use engine::Engine;
use networks::checkpoint::Checkpoint;
use networks::kernel::{Crew, Precision};
use networks::qwen3::Tokenizer;
use networks::qwen3_asr::{self, Qwen3Aligner, Qwen3Asr};
use networks::qwen3_llm::{self, Qwen3Llm};
use networks::qwen3_tts::{
    Config, Descriptions, Kind as Manner, Network, Qwen3Cloner, Qwen3Tts, Settings, SpeakerEncoder, codec,
};
use networks::weights::LoadError;
use sha2::{Digest, Sha256};
use speech::{Alignment, Capacity, Heard, Listening, StepModel, TimedWord, VoiceCloner};

use super::{ModelPreset, SpeechModel, VoiceModel};
use crate::StudioError;
use crate::catalog::{Entry, Kind, Shelf};

/// Largest description that is read: the tokenizer's vocabulary takes 3 MB.
const MOST_TEXT_BYTES: u64 = 32 << 20;
/// Where the codec lies in a voice model's folder.
const CODEC: &str = "speech_tokenizer/";
/// Cache positions for each slot of a voice model: 80 seconds of speech and its prompt.
const POSITIONS_A_VOICE: usize = 1500;
/// Longest stretch that a recogniser is given, in seconds.
const LONGEST_STRETCH_SECONDS: f64 = 40.0;
/// Positions of an aligner's text for a second of sound.
const WORDS_A_SECOND: usize = 40;

/// Cache positions for each slot of a language model: a passage of a film and what it becomes.
const POSITIONS_A_CONVERSATION: usize = 4096;

/// Any network that writes speech down.
pub type HearingModel = Box<dyn StepModel<Request = Listening, Chunk = Heard>>;

/// Any network that finds words in a sound.
pub type AligningModel = Box<dyn StepModel<Request = Alignment, Chunk = Vec<TimedWord>>>;

/// Any network that goes on with a conversation.
pub type LanguageModel = Box<dyn StepModel<Request = qwen3_llm::Request, Chunk = qwen3_llm::Piece>>;

/// That there is no such model here.
pub(super) fn not_here(id: &str, does: &str) -> StudioError {
    let id: String = id.chars().take(64).collect();
    StudioError::NoModel {
        fix: format!("get it with `vouch models pull {id}`, or look at `vouch models list`"),
        what: format!("there is no model {id:?} on this machine that {does}"),
    }
}

/// The installed models of a kind, in the order of the catalog.
pub(super) fn entries(shelf: &Shelf, kind: Kind) -> Vec<Entry> {
    shelf.installed().unwrap_or_default().into_iter().filter(|entry| entry.kind == kind).collect()
}

fn entry(shelf: &Shelf, kind: Kind, id: &str) -> Option<Entry> {
    entries(shelf, kind).into_iter().find(|entry| entry.id == id)
}

/// Whether a model is installed and speaks.
pub(super) fn speaks(shelf: &Shelf, id: &str) -> bool {
    entry(shelf, Kind::Tts, id).is_some()
}

/// Digest over the digests of all files of a voice model.
pub(super) fn identity(shelf: &Shelf, id: &str) -> Option<String> {
    Some(identity_of(shelf, &entry(shelf, Kind::Tts, id)?))
}

fn identity_of(shelf: &Shelf, entry: &Entry) -> String {
    let mut hash = Sha256::new();
    for piece in &shelf.recorded(entry).files {
        hash.update(format!("{} {}\n", piece.path, piece.sha256.as_deref().unwrap_or("unknown")));
    }
    hex::encode(hash.finalize())
}

/// A voice model by its id.
pub(super) fn voice_model(shelf: &Shelf, id: &str) -> Result<VoiceModel, StudioError> {
    let entry = entry(shelf, Kind::Tts, id).ok_or_else(|| not_here(id, "speaks"))?;
    describe(shelf, &entry)
}

/// Every installed model that speaks and whose settings can be read.
pub(super) fn voice_models(shelf: &Shelf) -> Vec<VoiceModel> {
    entries(shelf, Kind::Tts).iter().filter_map(|entry| describe(shelf, entry).ok()).collect()
}

fn describe(shelf: &Shelf, entry: &Entry) -> Result<VoiceModel, StudioError> {
    let config = Config::parse(&shelf.read_small(entry, "config.json")?)?;
    let preset = |preset: networks::qwen3_tts::Preset| ModelPreset {
        about: match &preset.dialect {
            Some(dialect) => format!("{}, speaks {}", entry.name, dialect.replace('_', " ")),
            None => entry.name.clone(),
        },
        id: preset.name.clone(),
        name: preset.name,
    };
    Ok(VoiceModel {
        id: entry.id.clone(),
        name: entry.name.clone(),
        identity: identity_of(shelf, entry),
        languages: config.languages(),
        presets: config.presets().into_iter().map(preset).collect(),
        clones: config.tts_model_type == Manner::Base,
        designs: config.tts_model_type == Manner::VoiceDesign,
    })
}

/// The verified files of a model.
struct Folder {
    id: String,
    files: Vec<(String, File)>,
}

impl Folder {
    fn open(shelf: &Shelf, id: &str) -> Result<Self, StudioError> {
        let opened = shelf.open(id, &mut |_| (), &jobs::Cancel::new())?;
        Ok(Self { id: id.to_owned(), files: opened.files })
    }

    /// A small file as a whole.
    fn text(&self, path: &str) -> Result<Vec<u8>, LoadError> {
        let missing = || LoadError::Config { reason: format!("the model {} has no {path}", self.id) };
        let (_, file) = self.files.iter().find(|(name, _)| name == path).ok_or_else(missing)?;
        let mut bytes = Vec::new();
        let read = file.take(MOST_TEXT_BYTES + 1).read_to_end(&mut bytes);
        match read {
            Ok(read) if read as u64 <= MOST_TEXT_BYTES => Ok(bytes),
            Ok(_) => Err(LoadError::Config { reason: format!("{path} of the model {} is too large", self.id) }),
            Err(error) => Err(LoadError::Config { reason: format!("{path} of the model {}: {error}", self.id) }),
        }
    }

    /// The weights in one folder of the model: all safetensors files that lie right there.
    fn weights(&mut self, folder: &str) -> Result<Checkpoint, LoadError> {
        let here = |path: &str| {
            path.strip_prefix(folder).is_some_and(|name| !name.contains('/') && name.ends_with(".safetensors"))
        };
        let (taken, left) = std::mem::take(&mut self.files).into_iter().partition(|(path, _)| here(path));
        self.files = left;
        Checkpoint::open_named(taken)
    }

    fn tokenizer(&self) -> Result<Tokenizer, LoadError> {
        Tokenizer::open(&self.text("vocab.json")?, &self.text("merges.txt")?, &self.text("tokenizer_config.json")?)
    }
}

/// Weights are kept as the file has them: wider would only take room, narrower would change the sound.
fn precision(checkpoint: &Checkpoint) -> Precision {
    if checkpoint.is_single() { Precision::Single } else { Precision::Brain }
}

/// Opens a voice model on a thread of its own.
pub(super) fn engine(
    shelf: &Shelf,
    model: &VoiceModel,
    slots: usize,
    hands: usize,
) -> Result<Engine<SpeechModel>, StudioError> {
    let model = voice(Folder::open(shelf, &model.id)?, model.identity.clone(), slots, hands)?;
    Ok(Engine::start(move || Ok(Box::new(model) as SpeechModel))?)
}

fn voice(mut folder: Folder, identity: String, slots: usize, hands: usize) -> Result<Qwen3Tts, LoadError> {
    let weights = folder.weights("")?;
    let codec_weights = folder.weights(CODEC)?;
    let codec_config = codec::Config::parse(&folder.text("speech_tokenizer/config.json")?)?;
    let at = precision(&weights);
    let descriptions = Descriptions {
        config: &folder.text("config.json")?,
        generation: &folder.text("generation_config.json")?,
        vocab: &folder.text("vocab.json")?,
        merges: &folder.text("merges.txt")?,
        tokenizer: &folder.text("tokenizer_config.json")?,
    };
    let network = Network::load(weights, &descriptions, at)?;
    // The decoder's weights are single in the file; at 16 bits their error is far below the codec's own.
    let decoder = codec::Decoder::load(&codec_weights, &codec_config, at)?;
    let crew = Arc::new(Crew::new(hands));
    Qwen3Tts::new(network, decoder, Settings { identity, slots, positions: slots * POSITIONS_A_VOICE, crew })
}

/// What makes prompts for a voice model.
pub(super) fn cloner(
    shelf: &Shelf,
    model: &VoiceModel,
    said: Option<&str>,
    hands: usize,
) -> Result<Box<dyn VoiceCloner>, StudioError> {
    let mut folder = Folder::open(shelf, &model.id)?;
    let config = Config::parse(&folder.text("config.json")?)?;
    let codec_config = codec::Config::parse(&folder.text("speech_tokenizer/config.json")?)?;
    let speaker = SpeakerEncoder::load(&folder.weights("")?, &config)?;
    let encoder = codec::Encoder::load(&folder.weights(CODEC)?, &codec_config)?;
    let crew = Arc::new(Crew::new(hands));
    let cloner = Qwen3Cloner::new(model.identity.clone(), &config, speaker, encoder, crew);
    Ok(Box::new(cloner.with_text(said.map(str::to_owned))))
}

/// Opens a recogniser on a thread of its own.
pub(super) fn recogniser(
    shelf: &Shelf,
    id: &str,
    slots: usize,
    hands: usize,
) -> Result<Engine<HearingModel>, StudioError> {
    let mut folder = Folder::open(shelf, id)?;
    let config = qwen3_asr::Config::read(&folder.text("config.json")?)?;
    let (tokenizer, weights) = (folder.tokenizer()?, folder.weights("")?);
    let positions = Qwen3Asr::positions_for(&config, slots, LONGEST_STRETCH_SECONDS);
    let (at, crew) = (precision(&weights), Crew::new(hands));
    let model = Qwen3Asr::load(&config, weights, tokenizer, crew, at, Capacity { slots, positions })?;
    Ok(Engine::start(move || Ok(Box::new(model) as HearingModel))?)
}

/// Opens an aligner on a thread of its own.
pub(super) fn aligner(
    shelf: &Shelf,
    id: &str,
    slots: usize,
    hands: usize,
) -> Result<Engine<AligningModel>, StudioError> {
    let mut folder = Folder::open(shelf, id)?;
    let config = qwen3_asr::Config::read(&folder.text("config.json")?)?;
    let (tokenizer, weights) = (folder.tokenizer()?, folder.weights("")?);
    let sound = config.thinker_config.audio_config.tokens((LONGEST_STRETCH_SECONDS * 100.0) as usize);
    let positions = slots * (sound + LONGEST_STRETCH_SECONDS as usize * WORDS_A_SECOND);
    let (at, crew) = (precision(&weights), Crew::new(hands));
    let model = Qwen3Aligner::load(&config, weights, tokenizer, crew, at, Capacity { slots, positions })?;
    Ok(Engine::start(move || Ok(Box::new(model) as AligningModel))?)
}

/// Opens a language model on a thread of its own.
pub(super) fn language_model(
    shelf: &Shelf,
    id: &str,
    slots: usize,
    hands: usize,
) -> Result<Engine<LanguageModel>, StudioError> {
    let mut folder = Folder::open(shelf, id)?;
    let weights = folder.weights("")?;
    let settings = qwen3_llm::Settings {
        slots,
        positions: slots * POSITIONS_A_CONVERSATION,
        precision: precision(&weights),
        crew: Crew::new(hands),
    };
    // Not every release has it.
    let generation = folder.text("generation_config.json").ok();
    let files = qwen3_llm::Files {
        config: &folder.text("config.json")?,
        generation_config: generation.as_deref(),
        vocab: &folder.text("vocab.json")?,
        merges: &folder.text("merges.txt")?,
        tokenizer_config: &folder.text("tokenizer_config.json")?,
    };
    let model = Qwen3Llm::load(weights, &files, settings)?;
    Ok(Engine::start(move || Ok(Box::new(model) as LanguageModel))?)
}

/// What a sample says, by a recogniser that is here.
pub(super) fn said(engine: &Engine<HearingModel>, sample: &Pcm) -> Result<String, StudioError> {
    let sound = audio::resample(sample, networks::signal::RATE_HZ)?;
    let mut text = String::new();
    for heard in engine.submit(Listening::new(sound), engine::Priority::Interactive) {
        if let Heard::Whole(whole) = heard? {
            text = whole.text;
        }
    }
    Ok(text)
}
