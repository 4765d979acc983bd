//! The models that travel inside the program, so that a fresh machine can speak, clone and listen at once. It knows no
//! file at run time.

use std::sync::LazyLock;

use super::description::Description;
use super::{Cloner, Ear, Preset, Voice};
use crate::weights::LoadError;

static VOICE_WEIGHTS: &[u8] = include_bytes!("../../../../models/starter/voice.safetensors");
static VOICE_CONFIG: &str = include_str!("../../../../models/starter/voice.json");
static EAR_WEIGHTS: &[u8] = include_bytes!("../../../../models/starter/ear.safetensors");
static EAR_CONFIG: &str = include_str!("../../../../models/starter/ear.json");

static DESCRIPTION: LazyLock<Description> =
    LazyLock::new(|| Description::parse(VOICE_CONFIG).expect("invariant: the bundled description is readable"));

/// The bundled voice for `slots` utterances side by side.
pub fn voice(slots: usize) -> Result<Voice, LoadError> {
    Voice::load(VOICE_WEIGHTS, VOICE_CONFIG, slots)
}

/// What fits the bundled voice to a person.
pub fn cloner() -> Result<Cloner, LoadError> {
    Cloner::load(VOICE_WEIGHTS, VOICE_CONFIG)
}

/// The bundled ear.
pub fn ear() -> Result<Ear, LoadError> {
    Ear::load(EAR_WEIGHTS, EAR_CONFIG)
}

/// The voices that are nobody's.
pub fn presets() -> &'static [Preset] {
    &DESCRIPTION.presets
}

/// Identity of the bundled voice: a digest of its weights and settings. The same as [`Voice::model`].
pub fn identity() -> &'static str {
    &DESCRIPTION.identity
}

/// Size of all bundled weights.
pub fn bytes() -> u64 {
    voice_bytes() + ear_bytes()
}

/// Size of the voice's weights.
pub fn voice_bytes() -> u64 {
    VOICE_WEIGHTS.len() as u64
}

/// Size of the ear's weights.
pub fn ear_bytes() -> u64 {
    EAR_WEIGHTS.len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_it_opens() {
        assert_eq!(voice(1).unwrap().model(), identity());
        assert_eq!(cloner().unwrap().model(), identity());
        assert!(ear().unwrap().rules().slots > 0);
        assert!(!presets().is_empty() && bytes() > 1_000_000);
        assert_eq!(identity().len(), 64);
    }
}
