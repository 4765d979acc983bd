//! Keys and values of many sequences in pages of a fixed size, so that a short sequence takes little and none needs to be
//! moved. It knows no attention.

/// Positions in one page.
pub(super) const PAGE: usize = 32;

/// Keys and values of every layer of every slot.
pub struct Cache {
    layers: usize,
    /// Numbers of one position in one layer, keys alone.
    width: usize,
    /// `(page, layer, key or value, PAGE, width)`.
    pages: Vec<Vec<f32>>,
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
    /// `width` is `num_key_value_heads · head_dim`.
    pub fn new(layers: usize, width: usize, slots: usize, positions: usize) -> Self {
        Self {
            layers,
            width,
            pages: Vec::new(),
            free: Vec::new(),
            slots: (0..slots).map(|_| Slot::default()).collect(),
            most: positions.div_ceil(PAGE) + slots,
        }
    }

    /// Positions that `slot` holds.
    pub fn positions(&self, slot: usize) -> usize {
        self.slots[slot].positions
    }

    /// Forgets a sequence; its pages are free for others.
    pub fn clear(&mut self, slot: usize) {
        self.truncate(slot, 0);
    }

    /// Keeps the first `positions` of a sequence.
    pub fn truncate(&mut self, slot: usize, positions: usize) {
        let held = &mut self.slots[slot];
        held.positions = held.positions.min(positions);
        self.free.extend(held.pages.drain(held.positions.div_ceil(PAGE)..));
    }

    /// Room for `count` more positions of `slot`; whether there was room. Their numbers are whatever was there before.
    pub fn extend(&mut self, slot: usize, count: usize) -> bool {
        let needed = (self.slots[slot].positions + count).div_ceil(PAGE);
        while self.slots[slot].pages.len() < needed {
            let page = match self.free.pop() {
                Some(page) => page,
                None if self.pages.len() < self.most => {
                    self.pages.push(vec![0.0; self.layers * 2 * PAGE * self.width]);
                    self.pages.len() - 1
                }
                None => return false,
            };
            self.slots[slot].pages.push(page);
        }
        self.slots[slot].positions += count;
        true
    }

    /// Writes key and value of one position of one layer.
    pub(super) fn write(&mut self, layer: usize, slot: usize, position: usize, key: &[f32], value: &[f32]) {
        let page = &mut self.pages[self.slots[slot].pages[position / PAGE]];
        let from = (layer * 2 * PAGE + position % PAGE) * self.width;
        page[from..from + self.width].copy_from_slice(key);
        let from = from + PAGE * self.width;
        page[from..from + self.width].copy_from_slice(value);
    }

    /// Keys and values of the first `positions` of one layer, page by page: `(up to PAGE, width)` each.
    pub(super) fn read(
        &self,
        layer: usize,
        slot: usize,
        positions: usize,
    ) -> impl Iterator<Item = (&[f32], &[f32])> + Clone {
        let size = PAGE * self.width;
        self.slots[slot].pages[..positions.div_ceil(PAGE)].iter().enumerate().map(move |(number, &page)| {
            let count = (positions - number * PAGE).min(PAGE) * self.width;
            let keys = &self.pages[page][layer * 2 * size..];
            (&keys[..count], &keys[size..size + count])
        })
    }
}
