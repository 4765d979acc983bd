//! Matrix product against fixed weights, packed once at load. It knows nothing of what the numbers mean.
//!
//! Each output is a sum in the order of the inputs, one fused multiply-add after another, whatever the row count, the
//! vector width and the number of threads: rows share the loads of the weights, never a sum. Single and Brain begin with
//! the bias; Byte multiplies the finished sum by the output's scale and adds the bias then. Where the machine has dot
//! products of bytes, Byte rounds each row to 15 bits and sums whole numbers, which have no order. A coarse layer rounds
//! rows as its weights, where the machine multiplies such numbers (`dots::Patch` has the order of its sums).

mod dots;
mod kept;
mod sheet;
mod tile;
mod whole;

use super::Crew;
use dots::Dots;
use kept::{Brain, Byte, Single, Wide};
pub(crate) use sheet::{Sheet, room};
use tile::Fused;

/// Most rows that share registers.
const SHARING: usize = 6;
/// Rows of one piece of work when there are many.
const MANY: usize = 96;
/// Pieces of work for each thread, so that one that is held up leaves its work to the others.
const PIECES: usize = 4;

/// Rows that may overlap: each is pieces of `length` numbers that begin `stride` apart, from the start of a slice on. The
/// taps of a convolution need no copying so.
#[derive(Clone, Copy)]
pub(super) struct Windows<'a> {
    pub starts: &'a [&'a [f32]],
    pub length: usize,
    pub stride: usize,
}

impl<'a> Windows<'a> {
    /// The pieces of a row of `inputs` numbers.
    fn pieces(&self, row: usize, inputs: usize) -> impl Iterator<Item = &'a [f32]> {
        let (start, length, stride) = (self.starts[row], self.length, self.stride);
        (0..inputs / length).map(move |piece| &start[piece * stride..][..length])
    }
}

/// How a layer's weights are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// As they are.
    #[default]
    Single,
    /// Rounded to bfloat16; arithmetic stays f32.
    Brain,
    /// 8 bits with a scale for each output. Arithmetic is f32, or on rows of 15 bits where the machine is fast at that.
    Byte,
}

/// A dense layer `(outputs, inputs)` with an optional bias.
#[derive(Clone)]
pub struct Linear {
    inputs: usize,
    outputs: usize,
    precision: Precision,
    /// Rows are rounded as the weights are, see [`Linear::coarse`].
    coarse: bool,
    /// `(panel, line, output)`: a word holds the weights of one, two or four inputs, see `kept`. The last panel and the
    /// last line are filled up with zeros.
    packed: Vec<u32>,
    /// `(outputs)` for Byte, else empty.
    scales: Vec<f32>,
    bias: Option<Vec<f32>>,
}

impl Linear {
    /// Packs `weight` `(outputs, inputs)` row-major as it is.
    ///
    /// # Panics
    /// If the slices do not have the stated lengths: the loader checks shapes first.
    pub fn new(weight: &[f32], bias: Option<Vec<f32>>, outputs: usize, inputs: usize) -> Self {
        Self::pack(weight, bias, outputs, inputs, Precision::Single)
    }

    /// Packs like [`Linear::new`], at a precision.
    pub fn pack(weight: &[f32], bias: Option<Vec<f32>>, outputs: usize, inputs: usize, precision: Precision) -> Self {
        assert_eq!(weight.len(), outputs * inputs, "weight length");
        if let Some(bias) = &bias {
            assert_eq!(bias.len(), outputs, "bias length");
        }
        let (packed, scales) = match precision {
            Precision::Single => kept::pack::<Single>(weight, outputs, inputs),
            Precision::Brain => kept::pack::<Brain>(weight, outputs, inputs),
            Precision::Byte => kept::pack::<Byte>(weight, outputs, inputs),
        };
        Self { inputs, outputs, precision, coarse: false, packed, scales, bias }
    }

    /// Packs like [`Linear::pack`] for a layer that is bound by arithmetic: where the machine multiplies such numbers, rows
    /// are rounded as the weights are, to bfloat16 or to 8 bits with a scale for each piece of `piece` numbers.
    pub fn coarse(
        weight: &[f32],
        bias: Option<Vec<f32>>,
        (outputs, inputs, piece): (usize, usize, usize),
        precision: Precision,
    ) -> Self {
        if precision == Precision::Single || !dots::patches() || !piece.is_multiple_of(4) || piece > dots::MOST_INPUTS {
            return Self::pack(weight, bias, outputs, inputs, precision);
        }
        assert_eq!((weight.len(), inputs % piece), (outputs * inputs, 0), "weight length");
        assert_eq!(bias.as_ref().map_or(outputs, Vec::len), outputs, "bias length");
        let (packed, scales) = match precision {
            Precision::Byte => kept::pack::<Wide<Byte>>(weight, outputs, inputs),
            _ => kept::pack::<Wide<Brain>>(weight, outputs, inputs),
        };
        Self { inputs, outputs, precision, coarse: true, packed, scales, bias }
    }

    /// Width of a row that goes in.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Width of a row that comes out.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Multiply-adds for one row.
    pub fn macs(&self) -> usize {
        self.inputs * self.outputs
    }

    /// Bytes of weights that one product reads.
    pub fn bytes(&self) -> usize {
        self.packed.len() * 4
    }

    /// `x` `(rows, inputs)` to a fresh `(rows, outputs)`, on the calling thread.
    pub fn forward(&self, x: &[f32]) -> Vec<f32> {
        self.product(&Crew::alone(), x)
    }

    /// `x` `(rows, inputs)` to a fresh `(rows, outputs)`, the work shared by a crew.
    pub fn product(&self, crew: &Crew, x: &[f32]) -> Vec<f32> {
        let mut out = vec![0.0; x.len() / self.inputs * self.outputs];
        self.product_into(crew, x, &mut out);
        out
    }

    /// `x` `(rows, inputs)` into `out` `(rows, outputs)`, which is overwritten, the work shared by a crew.
    pub fn product_into(&self, crew: &Crew, x: &[f32], out: &mut [f32]) {
        assert_eq!(x.len() % self.inputs, 0, "input width");
        if self.coarse {
            let (mut sheet, inputs) = (Sheet::default(), self.inputs);
            let rows = x.len() / inputs;
            self.lay(crew, &mut sheet, (rows, inputs), |first, to| {
                to.copy_from_slice(&x[first * inputs..][..to.len()]);
            });
            return self.taps_into(crew, &sheet, &(0..rows).collect::<Vec<_>>(), 1, out);
        }
        let starts: Vec<&[f32]> = x.chunks_exact(self.inputs).collect();
        self.share(crew, Windows { starts: &starts, length: self.inputs, stride: self.inputs }, out);
    }

    /// `x` `(rows, inputs)` into `out` `(rows, outputs)`, which is overwritten; on the calling thread.
    pub fn apply(&self, x: &[f32], out: &mut [f32]) {
        self.product_into(&Crew::alone(), x, out);
    }

    fn share(&self, crew: &Crew, x: Windows, out: &mut [f32]) {
        assert_eq!(self.inputs % x.length, 0, "input width");
        assert_eq!(x.starts.len() * self.outputs, out.len(), "output length");
        match self.precision {
            Precision::Single => self.cut::<Fused<Single>>(crew, x, out),
            Precision::Brain => self.cut::<Fused<Brain>>(crew, x, out),
            Precision::Byte if self.inputs <= dots::MOST_INPUTS && dots::available() => self.cut::<Dots>(crew, x, out),
            Precision::Byte => self.cut::<Fused<Byte>>(crew, x, out),
        }
    }

    /// Few rows are bound by the memory of the weights: each thread streams its own panels. Many rows are bound by
    /// arithmetic: each thread takes its own rows, and goes through them while a part of a panel is in its cache.
    fn cut<W: Way>(&self, crew: &Crew, x: Windows, out: &mut [f32]) {
        let rows = x.starts.len();
        if rows == 0 {
            return;
        }
        if many(rows) || (crew.hands() == 1 && rows > 1) {
            let size = even(crew, rows);
            crew.pieces(out, size * self.outputs, |number, out| {
                let starts = &x.starts[number * size..][..out.len() / self.outputs];
                W::work(self, 0, &W::line_up(self, Windows { starts, ..x }), (W::PANEL, self.outputs), out);
            });
            return;
        }
        let lined = W::line_up(self, x);
        self.by_panels(crew, rows, W::PANEL, out, |first, strides, out| W::work(self, first, &lined, strides, out));
    }

    /// Each thread takes its own panels: `work(first panel, strides of panels and rows, where to)`.
    fn by_panels(
        &self,
        crew: &Crew,
        rows: usize,
        wide: usize,
        out: &mut [f32],
        work: impl Fn(usize, (usize, usize), &mut [f32]) + Sync,
    ) {
        let panels = self.outputs.div_ceil(wide);
        let group = panels.div_ceil(crew.hands() * PIECES).max(1);
        if rows == 1 {
            crew.pieces(out, group * wide, |number, out| work(number * group, (wide, 0), out));
            return;
        }
        let panel = rows * wide;
        let mut apart = vec![0.0; panels * panel];
        crew.pieces(&mut apart, group * panel, |number, out| work(number * group, (panel, wide), out));
        for (number, panel) in apart.chunks_exact(panel.max(1)).enumerate() {
            let first = number * wide;
            let width = wide.min(self.outputs - first);
            for (row, line) in panel.chunks_exact(wide).enumerate() {
                out[row * self.outputs + first..][..width].copy_from_slice(&line[..width]);
            }
        }
    }
}

/// Whether so many rows are shared out by rows.
pub(crate) fn many(rows: usize) -> bool {
    rows > MANY
}

/// Rows of a piece of work, so that every thread gets as many.
pub(crate) fn even(crew: &Crew, rows: usize) -> usize {
    rows.div_ceil(rows.div_ceil(MANY).next_multiple_of(crew.hands())).next_multiple_of(SHARING)
}

/// A way to make the sums.
trait Way {
    /// Rows as this way takes them.
    type Lined<'a>: Sync;
    /// Outputs in one panel.
    const PANEL: usize;

    /// Makes rows ready.
    fn line_up<'a>(layer: &Linear, x: Windows<'a>) -> Self::Lined<'a>;

    /// Panels from `first` on, as many as `out` has room for; panels and rows lie `strides` apart in `out`.
    fn work(layer: &Linear, first: usize, rows: &Self::Lined<'_>, strides: (usize, usize), out: &mut [f32]);
}

/// How many panels from `first` on an `out` of `length` numbers has room for.
fn panels_here(outputs: usize, panel: usize, first: usize, rows: usize, length: usize) -> usize {
    length.div_ceil((rows * panel).max(1)).min(outputs.div_ceil(panel) - first)
}

/// What is to be fetched while block number `block` of the rows goes through `length` words from `start` on: its half of
/// what follows them. With two blocks only the first waits for memory otherwise, and with more memory does not matter.
#[inline(always)]
fn ahead(packed: &[u32], start: usize, length: usize, rows: usize, block: usize) -> &[u32] {
    let half = length / 2;
    let from = start + length + block * half;
    if (7..=12).contains(&rows) { packed.get(from..from + half).unwrap_or_default() } else { &[] }
}

/// First row and size of the blocks of rows that go through the registers together.
fn blocks(rows: usize) -> impl Iterator<Item = (usize, usize)> {
    let mut next = 0;
    std::iter::from_fn(move || {
        let first = next;
        let size = match rows - first {
            0 => return None,
            7 | 8 => 4,
            left => left.min(SHARING),
        };
        next += size;
        Some((first, size))
    })
}

#[cfg(test)]
mod tests;
