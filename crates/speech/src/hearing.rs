//! What is asked of a recogniser and of an aligner, and what they answer: plain data. It knows no network and no file.

use std::ops::Range;

use audio::Pcm;

/// A stretch of sound to be written down.
#[derive(Debug, Clone, PartialEq)]
pub struct Listening {
    /// The sound, at 16 kHz.
    pub sound: Pcm,
    /// BCP 47 language that is spoken, such as `en`; without it the model finds out.
    pub language: Option<String>,
    /// Names and words that may come, in a sentence or a list; may be empty.
    pub context: String,
    /// Fewer tokens than the length of the sound allows, if given.
    pub most_tokens: Option<usize>,
}

impl Listening {
    /// A stretch of which nothing is known.
    pub fn new(sound: Pcm) -> Self {
        Self { sound, language: None, context: String::new(), most_tokens: None }
    }
}

/// What comes of a [`Listening`]: pieces while it is under way, then the whole.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// The next words, as they are found. What is final is the whole: it may leave repetitions out.
    Piece(String),
    /// All of it, once.
    Whole(Transcript),
}

/// A stretch of sound as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Transcript {
    /// BCP 47 language; a dialect without a code by its name; none where nobody speaks.
    pub language: Option<String>,
    /// The words, with punctuation. Empty where nobody speaks.
    pub text: String,
    /// What the model said, token by token, without its end.
    pub tokens: Vec<u32>,
    /// Whether the model came to an end by itself.
    pub is_whole: bool,
}

/// A text whose words are to be found in a sound.
#[derive(Debug, Clone, PartialEq)]
pub struct Alignment {
    /// The sound, at 16 kHz.
    pub sound: Pcm,
    /// What is said in it.
    pub text: String,
    /// BCP 47 language of the text.
    pub language: Option<String>,
}

/// When a word is said.
#[derive(Debug, Clone, PartialEq)]
pub struct TimedWord {
    /// The word without punctuation.
    pub text: String,
    /// Where it stands in the text of the [`Alignment`], in bytes.
    pub at: Range<usize>,
    /// Its beginning, in seconds from the start of the sound.
    pub start_seconds: f64,
    /// Its end; never before its beginning, nor after the next word's beginning.
    pub end_seconds: f64,
}
