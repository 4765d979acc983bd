//! The models of this machine: opened once, when first needed, and shared by every recipe.

use std::sync::{Mutex, PoisonError};

use engine::Engine;
use networks::starter::{Cloner, Ear, Voice, bundled};
use serde::Serialize;
use speech::Fault;

use crate::StudioError;

/// Name of the bundled model.
pub const STARTER: &str = "starter";

/// The bundled models, opened on first use.
pub struct Models {
    slots: usize,
    voice: Mutex<Option<Engine<Voice>>>,
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

    /// How busy the voice model's engine is; none before it was first needed.
    pub fn load(&self) -> Option<engine::Load> {
        let held = self.voice.lock().unwrap_or_else(PoisonError::into_inner);
        held.as_ref().map(Engine::load)
    }

    /// Models that run up to `slots` sequences side by side.
    pub fn new(slots: usize) -> Self {
        Self { slots, voice: Mutex::new(None) }
    }

    /// The engine of the voice model; its thread starts with the first call.
    pub fn voice(&self) -> Result<Engine<Voice>, StudioError> {
        let mut held = self.voice.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(engine) = held.as_ref() {
            return Ok(engine.clone());
        }
        let slots = self.slots;
        let engine = Engine::start(move || {
            bundled::voice(slots).map_err(|error| Fault::new("model_damaged", error.to_string()))
        })?;
        *held = Some(engine.clone());
        Ok(engine)
    }

    /// What makes voice prompts.
    pub fn cloner(&self) -> Result<Cloner, StudioError> {
        Ok(bundled::cloner()?)
    }

    /// What hears the consent statement.
    pub fn ear(&self) -> Result<Ear, StudioError> {
        Ok(bundled::ear()?)
    }

    /// Identity of the voice model: part of the key of everything that it makes.
    pub fn identity(&self) -> &'static str {
        bundled::identity()
    }

    /// Opens every model and checks its weights.
    pub fn verify(&self) -> Result<ModelFacts, StudioError> {
        self.voice()?;
        self.cloner()?;
        self.ear()?;
        Ok(ModelFacts { identity: bundled::identity().to_owned(), bytes: bundled::bytes() })
    }
}
