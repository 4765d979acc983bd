//! What an ear must be able to tell. It returns evidence; [`crate::Policy`] and the rules decide. Knows no network.

use audio::Pcm;
use thiserror::Error;
use zeroize::Zeroize;

/// How far a recogniser can be trusted with words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strength {
    /// Tells the sentence from decoys, but is not sure of single words.
    Bundled,
    /// Writes down what was said, word for word.
    Strong,
}

/// Which ear listened. Written into the evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarId {
    /// Short name, such as `starter`.
    pub name: String,
    /// How far it can be trusted with words.
    pub strength: Strength,
    /// SHA-256 of its weights.
    pub model: [u8; 32],
}

/// What the speaker should have said.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// The statement as written on the screen, without the challenge words.
    pub statement: &'a str,
    /// The challenge words in order.
    pub words: &'a [String],
    /// The whole list that the words were drawn from: the decoys for each word.
    pub vocabulary: &'a [String],
    /// When each word appeared, in seconds of the take, where it is known.
    pub words_shown_at: &'a [f64],
    /// Seed for choosing decoys; follows from the nonce, so nobody picks their decoys.
    pub decoy_seed: u64,
}

/// One word of a transcript.
#[derive(Debug, Clone, PartialEq)]
pub struct HeardWord {
    /// As the recogniser wrote it.
    pub text: String,
    /// When it begins, in seconds of the take.
    pub start_seconds: Option<f64>,
}

/// How the truth did among decoys.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// 1 when nothing scored better than the truth. Ties count against it.
    pub rank: usize,
    /// How many wrong answers it was compared with.
    pub decoys: usize,
    /// Standard deviations between the truth and the mean of the decoys.
    pub z: f32,
}

/// What an ear that cannot write down every word found out by comparing with decoys.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The whole statement against other word strings of equal length.
    pub statement: Standing,
    /// The six words together against other draws.
    pub words: Standing,
    /// Each word against the rest of the list.
    pub slots: Vec<Standing>,
    /// When each word begins, in seconds of the take, where the ear can tell.
    pub onsets: Option<Vec<f64>>,
}

/// What was heard in the take.
#[derive(Debug, Clone, PartialEq)]
pub enum Hearing {
    /// By a strong ear.
    Transcript(Vec<HeardWord>),
    /// By the bundled ear.
    Comparison(Comparison),
}

/// Numbers that describe a voice, for comparison within one ceremony. Never stored; wiped when dropped.
#[derive(PartialEq)]
pub struct Voiceprint(Vec<f32>);

impl Voiceprint {
    /// From the ear's numbers.
    #[must_use]
    pub fn new(values: Vec<f32>) -> Self {
        Self(values)
    }

    /// The ear's numbers.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.0
    }

    /// Cosine of the angle between two voiceprints; NaN when they cannot be compared, which counts as unlike.
    #[must_use]
    pub fn cosine(&self, other: &Self) -> f32 {
        if self.0.len() != other.0.len() {
            return f32::NAN;
        }
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
        dot(&self.0, &other.0) / (dot(&self.0, &self.0) * dot(&other.0, &other.0)).sqrt()
    }
}

impl std::fmt::Debug for Voiceprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Voiceprint({} numbers)", self.0.len())
    }
}

impl Drop for Voiceprint {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// The ear could not do its work.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct EarFault(pub String);

/// An ear: recogniser and speaker comparison. It reports, and never decides.
pub trait Witness {
    /// Which ear this is.
    fn ear(&self) -> EarId;

    /// Listens to the take, knowing what should be said in it.
    ///
    /// # Errors
    /// [`EarFault`] when it cannot judge at all.
    fn hear(&self, take: &Pcm, claim: &Claim<'_>) -> Result<Hearing, EarFault>;

    /// Describes the voice in some seconds of speech.
    ///
    /// # Errors
    /// [`EarFault`] when it cannot.
    fn voiceprint(&self, speech: &Pcm) -> Result<Voiceprint, EarFault>;

    /// How alike two voiceprints are, higher for the same person; on the scale of [`crate::Policy::likeness`].
    fn likeness(&self, a: &Voiceprint, b: &Voiceprint) -> f32 {
        a.cosine(b)
    }

    /// How a text sounds: phones in the ear's own numbering, for comparing names that are spelled in many ways.
    fn phones(&self, text: &str) -> Vec<u16>;
}
