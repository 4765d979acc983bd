//! The models that speak on this machine: the bundled one and those that were installed. Opened when first needed and
//! shared by every recipe.

mod installed;

use std::sync::{Arc, Mutex, PoisonError};

use audio::Pcm;
use engine::Engine;
use networks::starter::{Cloner, Ear, bundled};
use serde::Serialize;
use speech::{Fault, StepModel, Utterance, VoiceCloner};

use crate::StudioError;
use crate::catalog::{Entry, Kind, Shelf};

pub use installed::{AligningModel, HearingModel, LanguageModel};

/// Name of the bundled model.
pub const STARTER: &str = "starter";

/// Any network that speaks.
pub type SpeechModel = Box<dyn StepModel<Request = Utterance, Chunk = Pcm>>;

/// The models of this machine, opened on first use.
pub struct Models {
    slots: usize,
    hands: usize,
    shelf: Option<Arc<Shelf>>,
    starter: Mutex<Option<Engine<SpeechModel>>>,
    /// The installed model that was last spoken with. There is one at a time: two would not share the memory well.
    installed: Mutex<Option<(Arc<VoiceModel>, Engine<SpeechModel>)>>,
    /// Loading it takes a quarter of a second, and a line that is made again at once is listened to.
    ear: Mutex<Option<Arc<Ear>>>,
}

/// A model that speaks, as far as it is known without opening it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoiceModel {
    /// To ask for it by.
    pub id: String,
    /// For people.
    pub name: String,
    /// Digest of weights and settings: part of the key of everything that it makes, and one prompt belongs to one.
    pub identity: String,
    /// BCP 47 languages.
    pub languages: Vec<String>,
    /// Voices of its own, which are nobody's.
    pub presets: Vec<ModelPreset>,
    /// Whether it speaks in people's voices, with consent.
    pub clones: bool,
    /// Whether it makes up a voice from words.
    pub designs: bool,
}

/// A voice that comes with a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelPreset {
    /// To ask for it by.
    pub id: String,
    /// For people.
    pub name: String,
    /// How it sounds.
    pub about: String,
}

/// What is known of a verified model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelFacts {
    /// Digest of weights and settings; a voice prompt belongs to one identity.
    pub identity: String,
    /// Size of the weights in bytes.
    pub bytes: u64,
}

/// A model that comes with the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BundledModel {
    /// Stable name.
    pub id: &'static str,
    /// For people.
    pub name: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    /// Size of the weights in bytes.
    pub bytes: u64,
    /// Under which licence.
    pub licence: &'static str,
    /// BCP 47 languages.
    pub languages: &'static [&'static str],
    /// Digest of weights and settings, where prompts and grants name one.
    pub identity: Option<&'static str>,
}

impl Models {
    /// What comes with the program.
    pub fn bundled() -> Vec<BundledModel> {
        let model = |id, name, about, bytes, identity| BundledModel {
            id,
            name,
            about,
            bytes,
            licence: "Apache-2.0",
            languages: &["en"],
            identity,
        };
        vec![
            model(
                STARTER,
                "Starter voice",
                "Speaks drafts in four presets and in consented voices, at 16 kHz.",
                bundled::voice_bytes(),
                Some(bundled::identity()),
            ),
            model(
                "starter-ear",
                "Starter ear",
                "Hears the consent statement and compares voices.",
                bundled::ear_bytes(),
                None,
            ),
        ]
    }

    /// Models that run up to `slots` sequences side by side on `hands` threads; the installed ones come from `shelf`.
    pub fn new(slots: usize, hands: usize, shelf: Option<Arc<Shelf>>) -> Self {
        Self { slots, hands, shelf, starter: Mutex::new(None), installed: Mutex::new(None), ear: Mutex::new(None) }
    }

    /// How busy the engines of the voice models are, all together; none before one was first needed.
    pub fn load(&self) -> Option<engine::Load> {
        let starter = held(&self.starter).as_ref().map(Engine::load);
        let installed = held(&self.installed).as_ref().map(|(_, engine)| engine.load());
        match (starter, installed) {
            (Some(one), Some(other)) => Some(engine::Load {
                slots: one.slots + other.slots,
                active: one.active + other.active,
                waiting_interactive: one.waiting_interactive + other.waiting_interactive,
                waiting_batch: one.waiting_batch + other.waiting_batch,
                steps: one.steps + other.steps,
                slot_steps: one.slot_steps + other.slot_steps,
                chunks: one.chunks + other.chunks,
            }),
            (one, other) => one.or(other),
        }
    }

    /// The model of this id, if it is here and speaks.
    pub fn voice_model(&self, id: &str) -> Result<Arc<VoiceModel>, StudioError> {
        match (&self.shelf, id) {
            (_, STARTER) => Ok(Arc::new(starter())),
            (Some(shelf), id) => {
                if let Some((model, _)) = &*held(&self.installed)
                    && model.id == id
                    && installed::identity(shelf, id).is_some_and(|identity| identity == model.identity)
                {
                    return Ok(Arc::clone(model));
                }
                installed::voice_model(shelf, id).map(Arc::new)
            }
            (None, id) => Err(installed::not_here(id, "speaks")),
        }
    }

    /// Every model that speaks: the bundled one first. One that cannot be read is left out; `models list` tells of it.
    pub fn voice_models(&self) -> Vec<Arc<VoiceModel>> {
        let others = self.shelf.iter().flat_map(|shelf| installed::voice_models(shelf));
        std::iter::once(starter()).chain(others).map(Arc::new).collect()
    }

    /// Whether `id` is that of a model that is here and speaks.
    pub fn speaks(&self, id: &str) -> bool {
        id == STARTER || self.shelf.as_ref().is_some_and(|shelf| installed::speaks(shelf, id))
    }

    /// The engine of a voice model; its thread starts with the first call.
    pub fn engine(&self, model: &Arc<VoiceModel>) -> Result<Engine<SpeechModel>, StudioError> {
        if model.id == STARTER {
            let mut starter = held(&self.starter);
            if let Some(engine) = &*starter {
                return Ok(engine.clone());
            }
            let slots = self.slots;
            let engine = Engine::start(move || {
                let voice = bundled::voice(slots).map_err(|error| Fault::new("model_damaged", error.to_string()))?;
                Ok(Box::new(voice) as SpeechModel)
            })?;
            return Ok(starter.insert(engine).clone());
        }
        let mut installed = held(&self.installed);
        if let Some((held, engine)) = &*installed
            && held.identity == model.identity
        {
            return Ok(engine.clone());
        }
        // The memory of the one before is needed first; work that still has its handle ends with it.
        *installed = None;
        let shelf = self.shelf.as_ref().ok_or_else(|| installed::not_here(&model.id, "speaks"))?;
        let engine = installed::engine(shelf, model, self.slots, self.hands)?;
        Ok(installed.insert((Arc::clone(model), engine)).1.clone())
    }

    /// What makes voice prompts for a model. `said` are the words of the sample that will be cloned, where they are known.
    pub fn cloner(&self, model: &VoiceModel, said: Option<&str>) -> Result<Box<dyn VoiceCloner>, StudioError> {
        if model.id == STARTER {
            return Ok(Box::new(self.starter_cloner()?));
        }
        let shelf = self.shelf.as_ref().ok_or_else(|| installed::not_here(&model.id, "speaks"))?;
        installed::cloner(shelf, model, said, self.hands)
    }

    /// The recogniser of this id, or the largest that is installed; none where none is.
    pub fn recogniser(&self, id: Option<&str>) -> Result<Option<Engine<HearingModel>>, StudioError> {
        let Some((shelf, id)) = self.chosen(Kind::Asr, id, "writes speech down")? else { return Ok(None) };
        installed::recogniser(shelf, &id, self.slots, self.hands).map(Some)
    }

    /// The aligner of this id, or the one that is installed; none where none is.
    pub fn aligner(&self, id: Option<&str>) -> Result<Option<Engine<AligningModel>>, StudioError> {
        let Some((shelf, id)) = self.chosen(Kind::Aligner, id, "finds words in a sound")? else { return Ok(None) };
        installed::aligner(shelf, &id, self.slots, self.hands).map(Some)
    }

    /// The language model of this id, or the largest that is installed; none where none is.
    pub fn language_model(&self, id: Option<&str>) -> Result<Option<Engine<LanguageModel>>, StudioError> {
        let Some((shelf, id)) = self.chosen(Kind::Llm, id, "works on text")? else { return Ok(None) };
        installed::language_model(shelf, &id, self.slots, self.hands).map(Some)
    }

    fn chosen(&self, kind: Kind, id: Option<&str>, does: &str) -> Result<Option<(&Arc<Shelf>, String)>, StudioError> {
        let missing = || installed::not_here(id.unwrap_or_default(), does);
        let Some(shelf) = &self.shelf else { return if id.is_some() { Err(missing()) } else { Ok(None) } };
        let entries = installed::entries(shelf, kind);
        match id {
            Some(id) => {
                let there = entries.iter().any(|entry| entry.id == id);
                if there { Ok(Some((shelf, id.to_owned()))) } else { Err(missing()) }
            }
            None => Ok(entries.into_iter().max_by_key(Entry::bytes).map(|entry| (shelf, entry.id))),
        }
    }

    /// The words of a sample, for a model that speaks better in a voice whose words it knows. None where the model has no
    /// use for them, or nothing here can write them down.
    pub fn said(&self, model: &VoiceModel, sample: &Pcm) -> Result<Option<String>, StudioError> {
        if model.id == STARTER {
            return Ok(None);
        }
        let said = self.recogniser(None)?.map(|engine| installed::said(&engine, sample)).transpose()?;
        Ok(said.filter(|text| !text.trim().is_empty()))
    }

    /// What makes voice prompts for the bundled model.
    pub fn starter_cloner(&self) -> Result<Cloner, StudioError> {
        Ok(bundled::cloner()?)
    }

    /// The bundled ear: it hears the consent statement, and whether lines are said as they are written.
    pub fn ear(&self) -> Result<Arc<Ear>, StudioError> {
        let mut ear = held(&self.ear);
        if let Some(ear) = &*ear {
            return Ok(Arc::clone(ear));
        }
        Ok(Arc::clone(ear.insert(Arc::new(bundled::ear()?))))
    }

    /// Identity of the bundled voice model.
    pub fn identity(&self) -> &'static str {
        bundled::identity()
    }

    /// Opens every bundled model and checks its weights.
    pub fn verify(&self) -> Result<ModelFacts, StudioError> {
        self.engine(&Arc::new(starter()))?;
        self.starter_cloner()?;
        bundled::ear()?;
        Ok(ModelFacts { identity: bundled::identity().to_owned(), bytes: bundled::bytes() })
    }
}

/// The bundled model.
fn starter() -> VoiceModel {
    let preset = |preset: &networks::starter::Preset| ModelPreset {
        id: preset.id.clone(),
        name: preset.name.clone(),
        about: preset.description.clone(),
    };
    VoiceModel {
        id: STARTER.to_owned(),
        name: "Starter voice".to_owned(),
        identity: bundled::identity().to_owned(),
        languages: vec!["en".to_owned()],
        presets: bundled::presets().iter().map(preset).collect(),
        clones: true,
        designs: false,
    }
}

fn held<T>(lock: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
