//! Text to token numbers and back: the byte-level pair encoding of Qwen2, read from `vocab.json`, `merges.txt` and the
//! `added_tokens_decoder` of `tokenizer_config.json`. It knows no network and no prompt.

mod letters;
mod merging;
mod pieces;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};

use regex::Regex;
use serde::Deserialize;
use unicode_normalization::{UnicodeNormalization, is_nfc_quick};

use self::merging::Merging;
pub use self::pieces::Pieces;
use crate::weights::LoadError;

/// Largest file that is read, in bytes: the released ones have 2.8 MB.
const MOST_BYTES: usize = 32 << 20;
/// Tokens have smaller numbers than this: the released ones end at 151 936.
const MOST_TOKENS: u32 = 1 << 20;
/// Added tokens that are taken: the released ones have some dozens.
const MOST_ADDED: usize = 4096;
/// Longest added token, in bytes.
const LONGEST_ADDED: usize = 256;

/// Where a text is cut before pairs are merged. The reference's `\s+(?!\S)` is missing: [`split`] does it by hand, since a
/// regular expression without looking ahead takes linear time on any text.
const CUTS: &str = concat!(
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}",
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+",
);

/// Text to numbers and back.
pub struct Tokenizer {
    cuts: Regex,
    merging: Merging,
    /// Added tokens as they stand in a text.
    added: HashMap<String, u32>,
    /// Finds them, the longest first.
    marks: Option<Regex>,
    /// Added tokens that say something to the model and nothing to a person.
    special: HashSet<u32>,
    /// What every token says, one after another.
    bytes: Vec<u8>,
    /// Where each token's bytes begin; one more than there are tokens.
    starts: Vec<usize>,
}

#[derive(Deserialize)]
struct Description {
    #[serde(default)]
    added_tokens_decoder: BTreeMap<String, Added>,
}

#[derive(Deserialize)]
struct Added {
    content: String,
    #[serde(default)]
    lstrip: bool,
    #[serde(default)]
    rstrip: bool,
    #[serde(default)]
    single_word: bool,
    #[serde(default)]
    special: bool,
}

impl Tokenizer {
    /// Reads the contents of `vocab.json`, `merges.txt` and `tokenizer_config.json`.
    pub fn open(vocab: &[u8], merges: &[u8], tokenizer_config: &[u8]) -> Result<Self, LoadError> {
        for (file, name) in [(vocab, "vocab.json"), (merges, "merges.txt"), (tokenizer_config, "tokenizer_config.json")]
        {
            if file.len() > MOST_BYTES {
                return Err(LoadError::config(format!("{name} is too large")));
            }
        }
        let vocab: HashMap<String, u32> =
            serde_json::from_slice(vocab).map_err(|error| LoadError::config(format!("vocab.json: {error}")))?;
        let merges = std::str::from_utf8(merges).map_err(|_| LoadError::config("merges.txt is not UTF-8"))?;
        let description: Description = serde_json::from_slice(tokenizer_config)
            .map_err(|error| LoadError::config(format!("tokenizer_config.json: {error}")))?;
        let merging = Merging::new(&vocab, merges)?;

        let mut says: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
        for (written, &number) in &vocab {
            let bytes = letters::bytes_of(written)
                .ok_or_else(|| LoadError::config(format!("vocab.json: {written:?} is not written in byte letters")))?;
            place(&mut says, number, bytes)?;
        }
        let (added, special) = added_tokens(description.added_tokens_decoder, &mut says)?;

        let last = says.last_key_value().map_or(0, |(number, _)| *number);
        let mut bytes = Vec::new();
        let mut starts = vec![0];
        for number in 0..=last {
            bytes.extend(says.remove(&number).unwrap_or_default());
            starts.push(bytes.len());
        }
        let expression = |text: &str| Regex::new(text).map_err(|error| LoadError::config(error.to_string()));
        let mut names: Vec<&String> = added.keys().collect();
        names.sort_unstable_by_key(|name| std::cmp::Reverse(name.len()));
        let marks = names.iter().map(|name| regex::escape(name)).collect::<Vec<_>>().join("|");
        let marks = if names.is_empty() { None } else { Some(expression(&marks)?) };
        Ok(Self { cuts: expression(CUTS)?, merging, added, marks, special, bytes, starts })
    }

    /// One more than the largest number that [`Tokenizer::encode`] can give: rows that an embedding needs.
    #[expect(clippy::len_without_is_empty, reason = "it always holds a token for every byte")]
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Numbers of a text that the program wrote itself: added tokens in it, such as `<|im_start|>`, are those tokens.
    /// Nothing is put before or after it.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        let mut out = Vec::new();
        let mut from = 0;
        for mark in self.marks.iter().flat_map(|marks| marks.find_iter(text)) {
            self.append_plain(&text[from..mark.start()], &mut out);
            out.extend(self.added.get(mark.as_str()));
            from = mark.end();
        }
        self.append_plain(&text[from..], &mut out);
        out
    }

    /// Numbers of a text from outside: whatever it holds, it is never an added token, so that it cannot pretend to end
    /// its own turn or begin another.
    pub fn encode_plain(&self, text: &str) -> Vec<u32> {
        let mut out = Vec::new();
        self.append_plain(text, &mut out);
        out
    }

    /// The text of some tokens, added ones included. Bytes that are no UTF-8 become U+FFFD, unknown numbers nothing.
    pub fn decode(&self, tokens: &[u32]) -> String {
        let bytes: Vec<u8> = tokens.iter().flat_map(|&token| self.bytes(token)).copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// What one token says, which may be a part of a character. Empty if there is no such token.
    pub fn bytes(&self, token: u32) -> &[u8] {
        match (self.starts.get(token as usize), self.starts.get(token as usize + 1)) {
            (Some(&from), Some(&to)) => &self.bytes[from..to],
            _ => &[],
        }
    }

    /// Number of an added token.
    pub fn added(&self, name: &str) -> Option<u32> {
        self.added.get(name).copied()
    }

    /// Number of an added token, or of the one token that says exactly `text`.
    pub fn id(&self, text: &str) -> Option<u32> {
        self.added(text).or_else(|| match self.encode_plain(text).as_slice() {
            &[token] => Some(token),
            _ => None,
        })
    }

    /// Whether a token says something to the model and nothing to a person.
    pub fn is_special(&self, token: u32) -> bool {
        self.special.contains(&token)
    }

    fn append_plain(&self, text: &str, out: &mut Vec<u32>) {
        let composed: String;
        let text = if is_nfc_quick(text.chars()) == unicode_normalization::IsNormalized::Yes {
            text
        } else {
            composed = text.nfc().collect();
            &composed
        };
        split(&self.cuts, text, |piece| self.merging.append(piece.as_bytes(), out));
    }
}

/// Hands out the pieces of `text`, in order and without gaps.
fn split<'a>(cuts: &Regex, text: &'a str, mut piece: impl FnMut(&'a str)) {
    let mut at = 0;
    while let Some(found) = cuts.find_at(text, at) {
        let mut end = found.end();
        // White space before a word leaves its last character to the word, unless it is all there is. Line breaks end a
        // piece of their own.
        if end < text.len() && found.as_str().chars().all(|c| c.is_whitespace() && c != '\r' && c != '\n') {
            let last = found.as_str().char_indices().last().map_or(0, |(at, _)| at);
            if last > 0 {
                end = found.start() + last;
            }
        }
        piece(&text[at..end]);
        at = end;
    }
    if at < text.len() {
        piece(&text[at..]);
    }
}

fn place(says: &mut BTreeMap<u32, Vec<u8>>, number: u32, bytes: Vec<u8>) -> Result<(), LoadError> {
    if number >= MOST_TOKENS {
        return Err(LoadError::config(format!("the token {number} is out of bounds")));
    }
    match says.entry(number) {
        Entry::Vacant(free) => {
            free.insert(bytes);
            Ok(())
        }
        Entry::Occupied(taken) if *taken.get() == bytes => Ok(()),
        Entry::Occupied(_) => Err(LoadError::config(format!("two tokens have the number {number}"))),
    }
}

/// Added tokens by name, and which of them are special.
fn added_tokens(
    listed: BTreeMap<String, Added>,
    says: &mut BTreeMap<u32, Vec<u8>>,
) -> Result<(HashMap<String, u32>, HashSet<u32>), LoadError> {
    if listed.len() > MOST_ADDED {
        return Err(LoadError::config("tokenizer_config.json adds too many tokens"));
    }
    let (mut added, mut special) = (HashMap::new(), HashSet::new());
    for (number, token) in listed {
        let wrong = |what: &str| LoadError::config(format!("tokenizer_config.json: the added token {number:?} {what}"));
        let number: u32 = number.parse().map_err(|_| wrong("has no number"))?;
        if token.content.is_empty() || token.content.len() > LONGEST_ADDED {
            return Err(wrong("is empty or too long"));
        }
        if token.lstrip || token.rstrip || token.single_word {
            return Err(wrong("takes its neighbours in, which no Qwen model needs"));
        }
        place(says, number, token.content.clone().into_bytes())?;
        if token.special {
            special.insert(number);
        }
        if added.insert(token.content, number).is_some() {
            return Err(wrong("is there twice"));
        }
    }
    Ok((added, special))
}

#[cfg(test)]
mod golden;
#[cfg(test)]
mod tests;
