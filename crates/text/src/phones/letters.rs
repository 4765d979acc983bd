//! The letter trees: how a word sounds that no lexicon holds. Reads `letters.bin` (format: training/LEXICON.md) and
//! trusts none of it.

use crate::error::TextError;
use crate::phones::Phone;

const TREES: usize = 27;
const WINDOW: usize = 4;
const HISTORY: usize = 3;
const LEAF: u8 = 255;

/// One binary tree for the apostrophe and for each letter, over the letters around and the sounds chosen so far.
#[derive(Debug)]
pub(crate) struct Letters {
    sounds: Vec<Vec<Phone>>,
    roots: Vec<usize>,
    nodes: Vec<u8>,
}

impl Letters {
    pub(crate) fn parse(data: &[u8]) -> Result<Self, TextError> {
        let mut rest = data;
        if take(&mut rest, 4)? != b"LTS1" {
            return Err(TextError::Lexicon { what: "the letter trees have another format" });
        }
        let sound_count = usize::from(u16(&mut rest)?);
        let tree_count = usize::from(u16(&mut rest)?);
        let node_bytes = u32(&mut rest)? as usize;
        if tree_count != TREES || sound_count == 0 {
            return Err(TextError::Lexicon { what: "the letter trees have another alphabet" });
        }
        let mut sounds = Vec::new();
        for _ in 0..sound_count {
            let length = usize::from(take(&mut rest, 1)?[0]);
            let sound: Option<Vec<Phone>> =
                take(&mut rest, length)?.iter().map(|char| Phone::from_char(*char)).collect();
            let sound = sound.filter(|phones| phones.len() <= 3);
            sounds.push(sound.ok_or(TextError::Lexicon { what: "the letter trees name an unknown phone" })?);
        }
        let mut roots = Vec::new();
        for _ in 0..tree_count {
            roots.push(u32(&mut rest)? as usize);
        }
        let nodes = take(&mut rest, node_bytes)?.to_vec();
        let letters = Self { sounds, roots, nodes };
        if !rest.is_empty() || !letters.is_sound() {
            return Err(TextError::Lexicon { what: "the letter trees point outside themselves" });
        }
        Ok(letters)
    }

    /// Walks everything that can be reached: after this, no lookup can leave the tables or go backwards.
    fn is_sound(&self) -> bool {
        let mut seen = vec![false; self.nodes.len()];
        let mut waiting = self.roots.clone();
        while let Some(at) = waiting.pop() {
            if seen.get(at) == Some(&true) {
                continue;
            }
            match self.nodes.get(at..) {
                Some([LEAF, low, high, ..]) => {
                    if usize::from(u16::from_le_bytes([*low, *high])) >= self.sounds.len() {
                        return false;
                    }
                }
                Some([feature, _, a, b, c, ..]) => {
                    let no = u32::from_le_bytes([*a, *b, *c, 0]) as usize;
                    if usize::from(*feature) >= 2 * WINDOW + HISTORY || no <= at {
                        return false;
                    }
                    waiting.extend([at + 5, no]);
                }
                _ => return false,
            }
            seen[at] = true;
        }
        true
    }

    /// How a word of `'` and `a` to `z` sounds; other bytes are passed over.
    pub(crate) fn spell(&self, word: &str) -> Vec<Phone> {
        let word: Vec<u8> = word.bytes().filter_map(number).collect();
        let mut chosen: Vec<usize> = Vec::with_capacity(word.len());
        for at in (0..word.len()).rev() {
            let sound = self.decide(&word, at, &chosen);
            chosen.push(sound);
        }
        chosen.iter().rev().flat_map(|sound| self.sounds[*sound].iter().copied()).collect()
    }

    fn decide(&self, word: &[u8], letter: usize, chosen: &[usize]) -> usize {
        let feature = |f: usize| -> usize {
            if f < WINDOW {
                (letter + f).checked_sub(WINDOW).map_or(0, |at| usize::from(word[at]))
            } else if f < 2 * WINDOW {
                word.get(letter + f + 1 - WINDOW).map_or(0, |number| usize::from(*number))
            } else {
                chosen.len().checked_sub(f + 1 - 2 * WINDOW).map_or(0, |at| chosen[at] + 1)
            }
        };
        let mut at = self.roots[usize::from(word[letter]) - 1];
        while self.nodes[at] != LEAF {
            let node = &self.nodes[at..at + 5];
            at = if feature(usize::from(node[0])) == usize::from(node[1]) {
                at + 5
            } else {
                u32::from_le_bytes([node[2], node[3], node[4], 0]) as usize
            };
        }
        usize::from(u16::from_le_bytes([self.nodes[at + 1], self.nodes[at + 2]]))
    }
}

fn number(byte: u8) -> Option<u8> {
    match byte {
        b'\'' => Some(1),
        b'a'..=b'z' => Some(byte - b'a' + 2),
        _ => None,
    }
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Result<&'a [u8], TextError> {
    let (head, tail) =
        rest.split_at_checked(count).ok_or(TextError::Lexicon { what: "the letter trees were cut off" })?;
    *rest = tail;
    Ok(head)
}

fn u16(rest: &mut &[u8]) -> Result<u16, TextError> {
    let bytes = take(rest, 2)?;
    Ok(u16::from_le_bytes([bytes[0], bytes[1]]))
}

fn u32(rest: &mut &[u8]) -> Result<u32, TextError> {
    let bytes = take(rest, 4)?;
    Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DATA: &[u8] = include_bytes!("../../data/letters.bin");

    proptest! {
        #[test]
        fn a_damaged_file_is_refused_or_harmless(
            at in 0..DATA.len(), byte in any::<u8>(), cut in any::<bool>(), word in "[a-z']{0,20}",
        ) {
            let mut data = DATA.to_vec();
            if cut { data.truncate(at) } else { data[at] = byte }
            if let Ok(letters) = Letters::parse(&data) {
                prop_assert!(letters.spell(&word).len() <= 3 * word.len());
            }
        }
    }
}
