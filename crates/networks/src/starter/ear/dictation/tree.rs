//! Every word of the lexicon by its sounds, as a tree of phones, with how common it is. It knows no lattice.

use std::collections::HashMap;

/// Common words, the most common first, written down for this program by feeling; the order within a line means little.
const COMMON: &str = include_str!("common.txt");
/// Other ways in which short words are said when nobody stresses them.
const WEAK: [(&str, &str); 24] = [
    ("the", "dh iy"),
    ("a", "ey"),
    ("and", "ax n"),
    ("and", "ax n d"),
    ("to", "t ax"),
    ("for", "f er"),
    ("of", "ax"),
    ("at", "ax t"),
    ("as", "ax z"),
    ("can", "k ax n"),
    ("you", "y ax"),
    ("your", "y er"),
    ("or", "er"),
    ("her", "er"),
    ("him", "ih m"),
    ("his", "ih z"),
    ("he", "iy"),
    ("that", "dh ax t"),
    ("them", "dh ax m"),
    ("from", "f r ax m"),
    ("but", "b ax t"),
    ("was", "w ax z"),
    ("have", "ax v"),
    ("our", "aa r"),
];
/// Endings that make another word of a common one, and the letter that may have gone.
const ENDINGS: [&str; 9] = ["s", "es", "ed", "d", "ing", "ly", "er", "'s", "ies"];
/// Shares of the common words, of forms of common words, and of all the others in running speech.
const SHARES: [f64; 3] = [0.90, 0.06, 0.04];
/// Flattens the top of the list, as in Mandelbrot's law.
const FLAT: f64 = 12.0;
const NONE: u32 = u32::MAX;

/// A place in the tree: one more phone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub class: u8,
    pub child: u32,
    pub sibling: u32,
    pub parent: u32,
    /// Best logarithm of a word's share here or below.
    pub ahead: f32,
    /// The most common word that ends here.
    pub word: u32,
    /// Logarithm of its share.
    pub share: f32,
}

/// The lexicon as a tree; node 0 is the root.
pub(in super::super) struct Tree {
    pub(super) nodes: Vec<Node>,
    words: Vec<&'static str>,
}

impl Tree {
    /// `classes` has the recogniser's class of each of `text`'s phones.
    pub fn grow(classes: &[Option<u8>]) -> Self {
        let lexicon = text::Lexicon::bundled();
        let shares = Shares::new(lexicon.entries().map(|(word, _)| word));
        let mut tree = Self { nodes: vec![Node::new(0)], words: Vec::new() };
        let class = |phone: text::Phone| classes.get(phone.index()).copied().flatten();
        for (word, phones) in lexicon.entries() {
            let phones: Vec<u8> = phones.into_iter().filter_map(class).collect();
            tree.plant(word, &phones, shares.of(word));
        }
        for (word, phones) in WEAK {
            let phones: Vec<u8> = phones.split(' ').filter_map(text::Phone::from_symbol).filter_map(class).collect();
            // Half as common as the word itself.
            tree.plant(word, &phones, shares.of(word) - 0.7);
        }
        for at in (1..tree.nodes.len()).rev() {
            let below = tree.children(at as u32).map(|child| tree.nodes[child as usize].ahead);
            tree.nodes[at].ahead = below.fold(tree.nodes[at].share, f32::max);
        }
        tree
    }

    /// Text of a word.
    pub fn word(&self, number: u32) -> &'static str {
        self.words.get(number as usize).copied().unwrap_or_default()
    }

    /// The places one phone further.
    pub fn children(&self, node: u32) -> impl Iterator<Item = u32> + '_ {
        let next = |at: u32| (at != NONE).then_some(at);
        std::iter::successors(next(self.nodes[node as usize].child), move |at| next(self.nodes[*at as usize].sibling))
    }

    /// Classes of the phones from the root to a place.
    pub fn phones(&self, node: u32) -> Vec<u8> {
        let up = |at: u32| (at != 0).then_some(at);
        let mut phones: Vec<u8> = std::iter::successors(up(node), |at| up(self.nodes[*at as usize].parent))
            .map(|at| self.nodes[at as usize].class)
            .collect();
        phones.reverse();
        phones
    }

    /// A child always has a larger number than its parent.
    fn plant(&mut self, word: &'static str, phones: &[u8], share: f32) {
        if phones.is_empty() {
            return;
        }
        let mut at = 0;
        for &class in phones {
            let found = self.children(at).find(|child| self.nodes[*child as usize].class == class);
            at = found.unwrap_or_else(|| {
                let new = self.nodes.len() as u32;
                self.nodes.push(Node { sibling: self.nodes[at as usize].child, parent: at, ..Node::new(class) });
                self.nodes[at as usize].child = new;
                new
            });
        }
        let node = &mut self.nodes[at as usize];
        if share > node.share {
            node.share = share;
            node.word = self.words.len() as u32;
            self.words.push(word);
        }
    }
}

impl Node {
    fn new(class: u8) -> Self {
        Self {
            class,
            child: NONE,
            sibling: NONE,
            parent: 0,
            ahead: f32::NEG_INFINITY,
            word: NONE,
            share: f32::NEG_INFINITY,
        }
    }

    pub fn has_word(&self) -> bool {
        self.word != NONE
    }
}

/// How common words are.
struct Shares {
    common: HashMap<&'static str, f32>,
    form: f32,
    other: f32,
}

impl Shares {
    fn new<'a>(words: impl Iterator<Item = &'a str>) -> Self {
        let mut common: HashMap<&'static str, f32> = HashMap::new();
        for word in COMMON.split_whitespace() {
            let weight = 1.0 / (common.len() as f64 + FLAT);
            common.entry(word).or_insert(weight as f32);
        }
        let whole: f32 = common.values().sum();
        common.values_mut().for_each(|weight| *weight = (f64::from(*weight / whole) * SHARES[0]).ln() as f32);
        let mut shares = Self { common, form: 0.0, other: 0.0 };
        let (mut forms, mut others) = (1.0_f64, 1.0_f64);
        for word in words.filter(|word| !shares.common.contains_key(word)) {
            *(if shares.is_form(word) { &mut forms } else { &mut others }) += 1.0;
        }
        shares.form = (SHARES[1] / forms).ln() as f32;
        shares.other = (SHARES[2] / others).ln() as f32;
        shares
    }

    fn of(&self, word: &str) -> f32 {
        match self.common.get(word) {
            Some(share) => *share,
            None if self.is_form(word) => self.form,
            None => self.other,
        }
    }

    /// Whether a common word is in it, but for an ending.
    fn is_form(&self, word: &str) -> bool {
        ENDINGS.iter().any(|ending| {
            word.strip_suffix(ending).is_some_and(|stem| {
                let long = stem.len() >= 3;
                long && (self.common.contains_key(stem)
                    || self.common.contains_key(format!("{stem}e").as_str())
                    || self.common.contains_key(format!("{stem}y").as_str()))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_by_their_sounds() {
        let classes: Vec<Option<u8>> = (0..text::Phone::COUNT as u8).map(|at| (at > 0).then_some(at)).collect();
        let tree = Tree::grow(&classes);
        let find = |word: &str| {
            let phones = text::Lexicon::bundled().pronounce(word);
            let mut at = 0;
            for phone in phones {
                let class = phone.index() as u8;
                at = tree.children(at).find(|child| tree.nodes[*child as usize].class == class)?;
            }
            Some(tree.nodes[at as usize])
        };
        let volcano = find("volcano").unwrap();
        assert_eq!(tree.word(volcano.word), "volcano");
        // Of words that sound the same, the most common.
        assert_eq!(tree.word(find("knight").unwrap().word), "night");
        let (the, cat, walks) = (find("the").unwrap(), find("cat").unwrap(), find("walks").unwrap());
        assert!(the.share > cat.share + 2.0 && cat.share > walks.share && walks.share >= volcano.share);
        let whole: f64 = tree.nodes.iter().filter(|node| node.has_word()).map(|n| f64::from(n.share).exp()).sum();
        assert!((0.8..1.2).contains(&whole), "{whole}");
        for (at, node) in tree.nodes.iter().enumerate().skip(1) {
            assert!(node.ahead.is_finite() && node.ahead >= node.share);
            assert!(tree.children(at as u32).all(|child| child as usize > at));
        }
    }
}
