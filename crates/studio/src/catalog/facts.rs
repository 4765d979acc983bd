//! Sizes out of a model's `config.json`, as an entry holds them: from them follow the tensors that its files must hold and
//! the memory that it needs. Nothing of that is typed in by hand.

use std::collections::BTreeMap;

use networks::kernel::Precision;
use networks::layout::Layout;
use networks::weights::LoadError;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Entry;

/// Positions that the shown need of memory is for: 80 seconds of speech.
const SHOWN_POSITIONS: u64 = 1000;
/// Where the codec's sizes are.
const CODEC: &str = "speech_tokenizer";

/// Sizes by their names in `config.json`.
pub type Facts = BTreeMap<String, Fact>;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Fact {
    /// Yes or no.
    Flag(bool),
    /// A size.
    Number(u64),
    /// A name.
    Text(String),
    /// Several sizes.
    List(Vec<u64>),
    /// Sizes of a part.
    Table(Facts),
}

impl From<&Fact> for Value {
    fn from(fact: &Fact) -> Self {
        match fact {
            Fact::Flag(flag) => (*flag).into(),
            Fact::Number(number) => (*number).into(),
            Fact::Text(text) => text.as_str().into(),
            Fact::List(list) => list.as_slice().into(),
            Fact::Table(table) => values(table),
        }
    }
}

fn values(facts: &Facts) -> Value {
    Value::Object(facts.iter().map(|(name, fact)| (name.clone(), fact.into())).collect())
}

impl Entry {
    /// What its files must hold and what it needs; none where the entry has no sizes.
    pub fn layout(&self) -> Result<Option<Layout>, LoadError> {
        if self.config.is_empty() {
            return Ok(None);
        }
        let mut config = values(&self.config);
        let codec = config.as_object_mut().and_then(|config| config.remove(CODEC));
        Layout::of(config, codec).map(Some)
    }
}

/// The need of memory that is shown for a model: at 16 bits, one at a time.
pub(super) fn working_bytes(layout: &Layout) -> u64 {
    layout.memory().working(Precision::Brain, 1, SHOWN_POSITIONS)
}
