//! What was measured in the ceremony, kept as integers: enough to see why it was accepted, nothing to recognise a person
//! by. Knows no audio.

use std::collections::BTreeMap;

use crate::cbor::{Reader, Writer};
use crate::digest::{Hash, sha256};
use crate::keys::OwnerMode;
use crate::words::WORD_COUNT;
use crate::{EarId, Refusal, Strength};

const RECORD: &str = "evidence";
const SCHEMA: u64 = 1;
/// Scores are stored as integers, this many to one.
pub const SCORE_SCALE: f64 = 10_000.0;

/// How the statement came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Capture {
    /// From a microphone, by its name and driver.
    Microphone {
        /// Name of the device.
        name: String,
        /// Host or driver that it belongs to.
        driver: String,
    },
    /// From a file in place of a microphone: in the demo only.
    File,
}

/// The evidence record.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// Which ear listened.
    pub ear: EarId,
    /// The challenge words.
    pub words: Vec<String>,
    /// Their places in the list.
    pub word_indexes: Vec<u32>,
    /// Measurements by name, times [`SCORE_SCALE`], rounded.
    pub scores: BTreeMap<String, i64>,
    /// What could not be checked, sorted.
    pub unchecked: Vec<String>,
    /// How the statement came in.
    pub capture: Capture,
    /// How the owner's key is held.
    pub owner_mode: OwnerMode,
    /// Version of the program.
    pub app_version: String,
}

impl Evidence {
    pub(crate) fn hash(&self) -> Hash {
        sha256(&[&self.encode()])
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let (kind, name, driver) = match &self.capture {
            Capture::Microphone { name, driver } => (1, name.as_str(), driver.as_str()),
            Capture::File => (2, "", ""),
        };
        let names: Vec<&String> = self.scores.keys().collect();
        let values: Vec<i64> = self.scores.values().copied().collect();
        let indexes: Vec<i64> = self.word_indexes.iter().map(|&index| index.into()).collect();
        Writer::new()
            .uint(1, SCHEMA)
            .text(2, &self.ear.name)
            .uint(3, if self.ear.strength == Strength::Strong { 2 } else { 1 })
            .bytes(4, &self.ear.model)
            .texts(5, &self.words)
            .ints(6, &indexes)
            .texts(7, &names)
            .ints(8, &values)
            .texts(9, &self.unchecked)
            .uint(10, kind)
            .text(11, name)
            .text(12, driver)
            .uint(13, self.owner_mode.number())
            .text(14, &self.app_version)
            .finish()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut reader = Reader::open(RECORD, bytes)?;
        let bad = |what| Refusal::malformed(RECORD, what);
        let range = "has a value out of range";
        if reader.uint(1)? != SCHEMA {
            return Err(bad("has a schema that this version does not know"));
        }
        let name = reader.text(2)?;
        let strength = match reader.uint(3)? {
            1 => Strength::Bundled,
            2 => Strength::Strong,
            _ => return Err(bad(range)),
        };
        let ear = EarId { name, strength, model: reader.fixed(4)? };
        let words = reader.texts(5)?;
        let word_indexes = reader.ints(6)?.into_iter().map(u32::try_from).collect::<Result<Vec<_>, _>>();
        let word_indexes = word_indexes.map_err(|_| bad(range))?;
        if words.len() != WORD_COUNT || word_indexes.len() != WORD_COUNT {
            return Err(bad("does not have six words"));
        }
        let (names, values) = (reader.texts(7)?, reader.ints(8)?);
        if names.len() != values.len() {
            return Err(bad("has scores without names"));
        }
        let scores = names.into_iter().zip(values).collect();
        let unchecked = reader.texts(9)?;
        let (kind, name, driver) = (reader.uint(10)?, reader.text(11)?, reader.text(12)?);
        let capture = match kind {
            1 => Capture::Microphone { name, driver },
            2 => Capture::File,
            _ => return Err(bad(range)),
        };
        let owner_mode = OwnerMode::from_number(reader.uint(13)?).ok_or_else(|| bad(range))?;
        let app_version = reader.text(14)?;
        reader.finish()?;
        let evidence = Self { ear, words, word_indexes, scores, unchecked, capture, owner_mode, app_version };
        if evidence.encode() != bytes {
            return Err(bad("is not in canonical form"));
        }
        Ok(evidence)
    }
}
