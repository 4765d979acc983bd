//! Keys and values of many sequences in pages of a fixed size, so that a short sequence takes little, none needs to be
//! moved, and sequences that begin alike can hold the same pages. It knows no attention.

/// Positions in one page.
pub(super) const PAGE: usize = 32;

/// Keys and values of every layer of every slot.
pub struct Cache {
    layers: usize,
    heads: usize,
    width: usize,
    /// `(page, layer, head, key or value, PAGE, width)`: what one head reads lies together.
    pages: Vec<Vec<f32>>,
    /// Slots that hold each page.
    holders: Vec<usize>,
    free: Vec<usize>,
    slots: Vec<Slot>,
    most: usize,
}

#[derive(Default)]
struct Slot {
    pages: Vec<usize>,
    positions: usize,
}

impl Cache {
    /// Room for `slots` sequences and `positions` positions in all; memory is taken as it is needed.
    /// `heads` are key heads, `width` is a head's.
    pub fn new(layers: usize, (heads, width): (usize, usize), slots: usize, positions: usize) -> Self {
        Self {
            layers,
            heads,
            width,
            pages: Vec::new(),
            holders: Vec::new(),
            free: Vec::new(),
            slots: (0..slots).map(|_| Slot::default()).collect(),
            // Each slot may leave its last page half empty.
            most: positions.div_ceil(PAGE) + slots,
        }
    }

    /// Sequences that there is room for.
    pub fn slots(&self) -> usize {
        self.slots.len()
    }

    /// Positions that `slot` holds.
    pub fn positions(&self, slot: usize) -> usize {
        self.slots[slot].positions
    }

    /// Positions, in whole pages, that no slot holds.
    pub fn free(&self) -> usize {
        (self.free.len() + self.most - self.pages.len()) * PAGE
    }

    /// Forgets a sequence; pages that nobody else holds are free for others.
    pub fn clear(&mut self, slot: usize) {
        self.truncate(slot, 0);
    }

    /// Keeps the first `positions` of a sequence.
    pub fn truncate(&mut self, slot: usize, positions: usize) {
        let held = &mut self.slots[slot];
        held.positions = held.positions.min(positions);
        for page in held.pages.drain(held.positions.div_ceil(PAGE)..) {
            self.holders[page] -= 1;
            if self.holders[page] == 0 {
                self.free.push(page);
            }
        }
    }

    /// Room for `count` more positions of `slot`; whether there was room. Without room nothing changes; with it, the new
    /// positions hold whatever was there before.
    #[must_use]
    pub fn extend(&mut self, slot: usize, count: usize) -> bool {
        let Slot { pages, positions } = &self.slots[slot];
        let Some(wanted) = positions.checked_add(count) else { return false };
        // A page that others hold too is copied before it is written to.
        let open = (count > 0 && positions % PAGE > 0).then(|| pages[positions / PAGE]);
        let shared = open.filter(|&page| self.holders[page] > 1);
        let missing = wanted.div_ceil(PAGE) - pages.len();
        if missing + usize::from(shared.is_some()) > self.free.len() + self.most - self.pages.len() {
            return false;
        }
        if let Some(shared) = shared {
            let copy = self.page();
            let [from, to] = self.pages.get_disjoint_mut([shared, copy]).expect("a free page is held by nobody");
            to.copy_from_slice(from);
            self.holders[shared] -= 1;
            *self.slots[slot].pages.last_mut().expect("it holds a shared page") = copy;
        }
        for _ in 0..missing {
            let page = self.page();
            self.slots[slot].pages.push(page);
        }
        self.slots[slot].positions = wanted;
        true
    }

    /// Makes `to` begin with the first `positions` of `from`, without copying them. What `to` held is forgotten.
    pub fn share(&mut self, from: usize, to: usize, positions: usize) {
        let positions = positions.min(self.slots[from].positions);
        let pages = self.slots[from].pages[..positions.div_ceil(PAGE)].to_vec();
        pages.iter().for_each(|&page| self.holders[page] += 1);
        self.clear(to);
        self.slots[to] = Slot { pages, positions };
    }

    /// A page for one holder. The caller has seen that there is one.
    fn page(&mut self) -> usize {
        let page = self.free.pop().unwrap_or_else(|| {
            self.pages.push(vec![0.0; self.layers * self.heads * 2 * PAGE * self.width]);
            self.holders.push(0);
            self.pages.len() - 1
        });
        self.holders[page] = 1;
        page
    }

    /// Writes key and value, `(heads · width)` each, of one position of one layer.
    pub(super) fn write(&mut self, layer: usize, slot: usize, position: usize, key: &[f32], value: &[f32]) {
        let page = &mut self.pages[self.slots[slot].pages[position / PAGE]];
        let size = PAGE * self.width;
        let heads = page[layer * self.heads * 2 * size..].chunks_exact_mut(2 * size);
        let from = position % PAGE * self.width;
        for ((head, key), value) in heads.zip(key.chunks_exact(self.width)).zip(value.chunks_exact(self.width)) {
            head[from..from + self.width].copy_from_slice(key);
            head[size + from..size + from + self.width].copy_from_slice(value);
        }
    }

    /// Keys and values of one head in the first `positions` of one layer, page by page: `(up to PAGE, width)` each.
    pub(super) fn read(
        &self,
        layer: usize,
        head: usize,
        slot: usize,
        positions: usize,
    ) -> impl Iterator<Item = (&[f32], &[f32])> + Clone {
        let size = PAGE * self.width;
        let from = (layer * self.heads + head) * 2 * size;
        self.slots[slot].pages[..positions.div_ceil(PAGE)].iter().enumerate().map(move |(number, &page)| {
            let count = (positions - number * PAGE).min(PAGE) * self.width;
            let keys = &self.pages[page][from..];
            (&keys[..count], &keys[size..size + count])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A cache of two layers with two heads of one number, beside plain lists that say what must be in it.
    struct Pair {
        cache: Cache,
        plain: Vec<Vec<f32>>,
        written: f32,
    }

    impl Pair {
        fn extend(&mut self, slot: usize, count: usize) {
            let free = self.cache.free();
            let before = self.plain[slot].len();
            if !self.cache.extend(slot, count) {
                let needed = (before + count).div_ceil(PAGE) - before.div_ceil(PAGE);
                // A shared page may have to be copied.
                assert!((needed + 1) * PAGE > free, "room for {needed} pages was refused with {free} positions free");
                assert_eq!((self.cache.free(), self.cache.positions(slot)), (free, before));
                return;
            }
            for position in before..before + count {
                self.written += 1.0;
                self.plain[slot].push(self.written);
                for layer in 0..2 {
                    let number = |part: f32| self.written + (2 * layer) as f32 * 0.125 + part;
                    let (key, value) = ([number(0.0), number(0.0625)], [-number(0.0), -number(0.0625)]);
                    self.cache.write(layer, slot, position, &key, &value);
                }
            }
        }

        fn check(&self) {
            for (slot, plain) in self.plain.iter().enumerate() {
                assert_eq!(self.cache.positions(slot), plain.len());
                for (layer, head) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                    let found: Vec<f32> =
                        self.cache.read(layer, head, slot, plain.len()).flat_map(|(keys, _)| keys).copied().collect();
                    let values: Vec<f32> = self
                        .cache
                        .read(layer, head, slot, plain.len())
                        .flat_map(|(_, values)| values)
                        .map(|v| -v)
                        .collect();
                    let number = |v: &f32| v + (2 * layer) as f32 * 0.125 + head as f32 * 0.0625;
                    assert_eq!(found, plain.iter().map(number).collect::<Vec<_>>());
                    assert_eq!(values, found);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn whatever_happens_every_slot_reads_what_it_wrote(
            deeds in proptest::collection::vec((0usize..4, 0usize..4, 0usize..4, 0usize..100), 1..60),
        ) {
            let cache = Cache::new(2, (2, 1), 4, 256);
            let mut pair = Pair { cache, plain: vec![Vec::new(); 4], written: 0.0 };
            for (deed, slot, other, count) in deeds {
                match deed {
                    0 | 1 => pair.extend(slot, count),
                    2 => {
                        pair.cache.truncate(slot, count);
                        pair.plain[slot].truncate(count);
                    }
                    _ => {
                        pair.cache.share(other, slot, count);
                        let begun = pair.plain[other][..count.min(pair.plain[other].len())].to_vec();
                        pair.plain[slot] = begun;
                    }
                }
                pair.check();
            }
            for slot in 0..4 {
                pair.cache.clear(slot);
            }
            prop_assert_eq!(pair.cache.free(), 256 + 4 * PAGE);
        }
    }

    #[test]
    fn a_full_cache_says_no_and_goes_on() {
        let mut cache = Cache::new(1, (1, 1), 2, 64);
        assert!(cache.extend(0, 100) && !cache.extend(1, 64) && !cache.extend(1, usize::MAX));
        assert_eq!((cache.positions(0), cache.positions(1), cache.free()), (100, 0, 0));
        cache.truncate(0, 20);
        assert!(cache.extend(1, 64) && !cache.extend(0, 60));
    }

    #[test]
    fn sharing_takes_no_room() {
        let mut cache = Cache::new(1, (1, 1), 3, 96);
        assert!(cache.extend(0, 70));
        let free = cache.free();
        cache.share(0, 1, 64);
        cache.share(1, 1, 33);
        assert_eq!((cache.free(), cache.positions(1)), (free, 33));
        cache.clear(0);
        assert_eq!(cache.free(), free + 32);
    }
}
