//! How words are to be said: a person's own list of pronunciations, put into a text before it is cut and spoken. Knows no
//! voice and no sound.

mod matching;

use std::collections::HashMap;
use std::sync::PoisonError;

use serde::{Deserialize, Serialize};

use crate::{Studio, StudioError};
use matching::Tree;

/// Name of the library's setting that holds the list.
const SETTING: &str = "sayings";

/// Longest word, or group of words, in characters.
pub const MAX_WORD_CHARACTERS: usize = 100;

/// Longest way to say it, in characters.
pub const MAX_SAY_CHARACTERS: usize = 200;

/// Most entries in one list.
pub const MAX_SAYINGS: usize = 5_000;

/// One entry: where `word` is written, `say` is spoken.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Saying {
    /// A word, or several, as written; capitals mean nothing.
    pub word: String,
    /// What to say instead, as one would write it.
    pub say: String,
}

/// A list of sayings, ready to be put into texts.
#[derive(Debug, Clone, Default)]
pub struct Sayings {
    entries: Vec<Saying>,
    words: Tree,
}

impl Sayings {
    /// A list of these entries. Of two entries for the same words the later one counts.
    ///
    /// # Errors
    /// [`StudioError::Saying`] for an entry that is empty, too long or holds control characters, and for too many.
    pub fn new(entries: impl IntoIterator<Item = Saying>) -> Result<Self, StudioError> {
        let mut kept: HashMap<String, Saying> = HashMap::new();
        for entry in entries {
            let entry = checked(&entry.word, &entry.say)?;
            kept.insert(matching::folded(&entry.word), entry);
            if kept.len() > MAX_SAYINGS {
                return Err(StudioError::Saying { why: "there are too many of them: at most 5,000 are kept" });
            }
        }
        let mut kept: Vec<(String, Saying)> = kept.into_iter().collect();
        kept.sort_by(|one, other| one.0.cmp(&other.0));
        let entries: Vec<Saying> = kept.into_iter().map(|(_, entry)| entry).collect();
        let mut words = Tree::default();
        for (index, entry) in entries.iter().enumerate() {
            words.add(&entry.word, index);
        }
        Ok(Self { entries, words })
    }

    /// The entries, in the order of their words.
    pub fn list(&self) -> &[Saying] {
        &self.entries
    }

    /// The text as it is to be said. Whole words only; where several entries fit, the longest counts; what was put in
    /// is not looked at again. A text without any of the words comes back as it is.
    pub fn apply(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut from = 0;
        for found in self.words.matches(text) {
            out.push_str(&text[from..found.start]);
            out.push_str(&self.entries[found.entry].say);
            // What belongs to the word without being it, such as a possessive 's, stays.
            from = found.end;
        }
        out.push_str(&text[from..]);
        out
    }

    /// Whether any entry changes this text.
    pub fn touches(&self, text: &str) -> bool {
        self.words.matches(text).next().is_some()
    }
}

impl Studio {
    /// The pronunciations of this library; none where there is no library.
    ///
    /// # Errors
    /// The errors of the library; [`StudioError::SayingsUnreadable`].
    pub fn sayings(&self) -> Result<Sayings, StudioError> {
        let Some(library) = &self.library else { return Ok(Sayings::default()) };
        let Some(stored) = library.setting(SETTING)? else { return Ok(Sayings::default()) };
        let entries: Vec<Saying> = serde_json::from_str(&stored).map_err(|_| StudioError::SayingsUnreadable)?;
        Sayings::new(entries)
    }

    /// Says a word, or several, in another way from now on.
    ///
    /// # Errors
    /// [`StudioError::NoLibrary`]; [`StudioError::Saying`] for an entry that cannot be kept.
    pub fn set_saying(&self, word: &str, say: &str) -> Result<(), StudioError> {
        let entry = checked(word, say)?;
        self.change_sayings(|entries| entries.push(entry))
    }

    /// Says a word as it is written again. Removing what is not there is no error.
    ///
    /// # Errors
    /// [`StudioError::NoLibrary`] and the errors of the library.
    pub fn remove_saying(&self, word: &str) -> Result<(), StudioError> {
        // Nothing that long was ever kept, so it need not be looked for.
        if word.len() > 64 * MAX_WORD_CHARACTERS {
            return self.library().map(drop);
        }
        let gone = matching::folded(&single_spaced(word));
        self.change_sayings(|entries| entries.retain(|entry| matching::folded(&entry.word) != gone))
    }

    fn change_sayings(&self, change: impl FnOnce(&mut Vec<Saying>)) -> Result<(), StudioError> {
        let library = self.library()?;
        // Two windows that change the list at once must not lose each other's entry.
        let _alone = self.writing_sayings.lock().unwrap_or_else(PoisonError::into_inner);
        let mut entries = self.sayings()?.entries;
        change(&mut entries);
        let stored =
            serde_json::to_string(Sayings::new(entries)?.list()).map_err(|_| StudioError::SayingsUnreadable)?;
        Ok(library.set_setting(SETTING, Some(&stored))?)
    }
}

/// An entry as it is kept: with single spaces, and within bounds.
fn checked(word: &str, say: &str) -> Result<Saying, StudioError> {
    let refuse = |why| Err(StudioError::Saying { why });
    // Bytes first: nobody counts the characters of a gigabyte.
    if word.len() > 64 * MAX_WORD_CHARACTERS || say.len() > 64 * MAX_SAY_CHARACTERS {
        return refuse("it is too long");
    }
    if word.chars().chain(say.chars()).any(|char| char.is_control()) {
        return refuse("it holds control characters");
    }
    let (word, say) = (single_spaced(word), single_spaced(say));
    if word.is_empty() || say.is_empty() {
        return refuse("both the word and how to say it are needed");
    }
    if word.chars().count() > MAX_WORD_CHARACTERS {
        return refuse("the word is longer than 100 characters");
    }
    if say.chars().count() > MAX_SAY_CHARACTERS {
        return refuse("what is to be said is longer than 200 characters");
    }
    Ok(Saying { word, say })
}

fn single_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
