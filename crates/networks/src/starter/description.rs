//! What `voice.json` says of the bundled voice, checked before a tensor is asked for. It knows no weights.

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::signal::{BANDS, HOP, NOISE_BANDS, RATE_HZ};
use crate::weights::LoadError;

/// Numbers of a speaker vector.
pub(super) const VECTOR: usize = 32;

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Description {
    pub format: String,
    pub language: String,
    rate_hz: u32,
    hop: usize,
    frames_per_block: usize,
    bands: usize,
    noise_bands: usize,
    fft: usize,
    pub phones: Vec<String>,
    pub base_voices: Vec<String>,
    pub styles: usize,
    pub codec: Codec,
    pub talker: Talker,
    pub reference: Reference,
    pub sampling: Sampling,
    pub sharpen: Sharpen,
    pub presets: Vec<Preset>,
    weights_sha256: String,
    /// Digest of this description, which names the digest of the weights.
    #[serde(skip)]
    pub identity: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Codec {
    pub books: usize,
    pub codes: usize,
    pub latent: usize,
    pub width: usize,
    pub fine_width: usize,
    pub coarse_blocks: usize,
    pub coarse_kernel: usize,
    pub fine_blocks: usize,
    pub fine_kernel: usize,
    pub pitch_scale: f32,
}

#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Talker {
    pub text_width: usize,
    pub text_blocks: usize,
    pub text_kernel: usize,
    pub slots: usize,
    pub slot_width: usize,
    pub width: usize,
    pub heads: usize,
    pub hidden: usize,
    pub layers: usize,
    pub window: usize,
    pub namer_hidden: usize,
    pub namer_depth: usize,
    pub shortest_seconds: f64,
    pub longest_seconds: f64,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Reference {
    pub width: usize,
    pub scales: Vec<f32>,
    pub most_seconds: f64,
    pub tract_limits: (f64, f64),
}

#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Sampling {
    pub heat_first: f32,
    pub heat_rest: f32,
    pub top: usize,
}

#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Sharpen {
    pub amount: f32,
    pub low_order: usize,
    pub high_order: usize,
}

/// A bundled voice that is nobody's.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Preset {
    /// Stable name to ask for it by.
    pub id: String,
    /// Name to show.
    pub name: String,
    /// One sentence on how it sounds.
    pub description: String,
    pub(super) vector: Vec<f32>,
}

impl Description {
    pub fn parse(json: &str) -> Result<Self, LoadError> {
        let mut found: Self = serde_json::from_str(json).map_err(|error| LoadError::config(error.to_string()))?;
        let fixed = [
            ("format", found.format == "starter-voice-1"),
            ("rate_hz", found.rate_hz == RATE_HZ),
            ("hop", found.hop == HOP),
            ("frames_per_block", found.frames_per_block == super::voice::FRAMES),
            ("bands", found.bands == BANDS),
            ("noise_bands", found.noise_bands == NOISE_BANDS),
            ("fft", found.fft == 1024),
            ("styles", found.styles == 4 && found.base_voices.len() <= found.styles && !found.base_voices.is_empty()),
            ("talker.slots", found.talker.slots == super::voice::SLOTS),
            (
                "talker.heads",
                found.talker.heads > 0 && found.talker.width.is_multiple_of(2 * found.talker.heads.max(1)),
            ),
            ("talker.window", (1..=4096).contains(&found.talker.window)),
            ("talker.shortest_seconds", found.talker.shortest_seconds > 0.0),
            ("talker.longest_seconds", (found.talker.shortest_seconds..=2.0).contains(&found.talker.longest_seconds)),
            ("codec.books", (1..=64).contains(&found.codec.books)),
            ("codec.codes", (1..=65_536).contains(&found.codec.codes)),
            ("codec.latent", found.codec.latent > 0),
            ("codec.pitch_scale", found.codec.pitch_scale.is_finite()),
            (
                "reference.scales",
                found.reference.scales.len() == 3 && found.reference.scales.iter().all(|v| v.is_finite()),
            ),
            ("reference.most_seconds", (1.0..=120.0).contains(&found.reference.most_seconds)),
            (
                "reference.tract_limits",
                found.reference.tract_limits.0 > 0.1
                    && found.reference.tract_limits.1 >= found.reference.tract_limits.0,
            ),
            ("sampling", found.sampling.heat_first.is_finite() && found.sampling.heat_rest.is_finite()),
            ("sampling.top", (1..=1024).contains(&found.sampling.top)),
            ("sharpen.amount", found.sharpen.amount.is_finite()),
            ("sharpen.high_order", (found.sharpen.low_order..=BANDS).contains(&found.sharpen.high_order)),
            (
                "presets",
                found.presets.iter().all(|p| p.vector.len() == VECTOR && p.vector.iter().all(|v| v.is_finite())),
            ),
        ];
        match fixed.iter().find(|(_, holds)| !holds) {
            Some((field, _)) => Err(LoadError::config(format!("{field} is not what this version expects"))),
            None => {
                found.identity = hexadecimal(&Sha256::digest(json));
                Ok(found)
            }
        }
    }

    /// Whether these are the weights that the description was written for.
    pub fn check(&self, weights: &[u8]) -> Result<(), LoadError> {
        if hexadecimal(&Sha256::digest(weights)) == self.weights_sha256 {
            return Ok(());
        }
        Err(LoadError::config("weights_sha256 is not the digest of these weights"))
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
