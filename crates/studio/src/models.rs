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

impl Models {
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
