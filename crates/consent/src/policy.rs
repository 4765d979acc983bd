//! The numbers by which the ceremony decides: the fixed ones of the protocol, and those that an ear's model card must
//! give. Knows no sound.

/// Tokens of the fixed clauses that may be heard wrongly.
pub(crate) const FIXED_ERROR_MOST: f64 = 0.10;
/// Phones of a name that may be heard wrongly.
pub(crate) const NAME_ERROR_MOST: f64 = 0.30;
/// Tokens of the purpose that may be heard wrongly.
pub(crate) const PURPOSE_ERROR_MOST: f64 = 0.30;
/// A word must begin this long after it was shown, in seconds.
pub(crate) const ONSET_SECONDS: std::ops::RangeInclusive<f64> = 0.15..=2.0;
/// Windows of speech that must be alike.
pub(crate) const WINDOWS_ALIKE_LEAST: f64 = 0.98;
/// Longest stretch of speech that may be unlike, in seconds.
pub(crate) const UNLIKE_RUN_SECONDS: f64 = 2.0;
/// Least speech in a sample and in the statement, in seconds.
pub(crate) const SPEECH_LEAST_SECONDS: f64 = 3.0;

const DECOYS_LEAST: usize = 100;
const STATEMENT_Z_LEAST: f32 = 3.0;

/// What the bundled ear must find, measured on held-out people and given by its model card.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BundledCard {
    /// Decoys that the statement, and the words together, are compared with; never fewer than 100.
    pub decoys: usize,
    /// Standard deviations between the statement and its decoys; never less than 3.
    pub statement_z: f32,
    /// Standard deviations between the six words and their decoys.
    pub words_z: f32,
    /// How many of the six words must each be first among the whole list; at least one.
    pub slots_first: usize,
}

/// The rules of one installation. The rules for a strong ear are the protocol's own and cannot be changed here.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    pub(crate) bundled: Option<BundledCard>,
    pub(crate) likeness: f32,
    pub(crate) strict_devices: bool,
}

impl Policy {
    /// Rules for a strong ear whose speaker comparison takes `likeness` and more for the same person.
    #[must_use]
    pub fn strong(likeness: f32) -> Self {
        Self { bundled: None, likeness, strict_devices: true }
    }

    /// Rules for the bundled ear. Should a strong ear be used after all, the strong rules hold.
    #[must_use]
    pub fn bundled(likeness: f32, card: BundledCard) -> Self {
        let bundled = BundledCard {
            decoys: card.decoys.max(DECOYS_LEAST),
            statement_z: card.statement_z.max(STATEMENT_Z_LEAST),
            words_z: card.words_z,
            slots_first: card.slots_first.max(1),
        };
        Self { bundled: Some(bundled), likeness, strict_devices: true }
    }

    /// Also takes inputs that look like a virtual cable; the record says so.
    #[must_use]
    pub fn with_any_device(mut self) -> Self {
        self.strict_devices = false;
        self
    }

    /// Least likeness of the same person's voice, on the ear's scale.
    #[must_use]
    pub fn likeness(&self) -> f32 {
        self.likeness
    }
}
