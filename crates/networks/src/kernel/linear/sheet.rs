//! Rows that several outputs read, made ready once for all of them: the taps of a convolution where they lie. It knows no
//! convolution and no stream.

use super::dots::{self, Patch};
use super::kept::WIDE;
use super::{Crew, Linear, Precision, Windows, even, many};

/// Numbers that are made ready at a time.
const SOME: usize = 1 << 12;

/// Rows as one layer takes them. Its memory only grows: what is written to for the first time is dear.
#[derive(Default)]
pub(crate) struct Sheet {
    numbers: Vec<f32>,
    /// For a coarse layer, rounded.
    words: Vec<u32>,
    /// Numbers of a row.
    width: usize,
}

/// As long as this at least.
pub(crate) fn room<T: Clone + Default>(memory: &mut Vec<T>, count: usize) -> &mut [T] {
    if memory.len() < count {
        memory.resize(count, T::default());
    }
    &mut memory[..count]
}

impl Linear {
    /// Words of a rounded row of `width` numbers, its head among them.
    fn stride(&self, width: usize) -> usize {
        dots::head(self.precision) + width / if self.precision == Precision::Byte { 4 } else { 2 }
    }

    /// Fills `sheet` with so many `rows` of `width` numbers: `give(first row, where to)`.
    pub(crate) fn lay(
        &self,
        crew: &Crew,
        sheet: &mut Sheet,
        (rows, width): (usize, usize),
        give: impl Fn(usize, &mut [f32]) + Sync,
    ) {
        assert_eq!(self.inputs % width, 0, "input width");
        sheet.width = width;
        let some = (SOME / width).max(1);
        if !self.coarse {
            crew.pieces(room(&mut sheet.numbers, rows * width), some * width, |piece, to| give(piece * some, to));
            return;
        }
        let stride = self.stride(width);
        crew.pieces_with(room(&mut sheet.words, rows * stride), some * stride, Vec::new, |numbers, piece, words| {
            let numbers = room(numbers, words.len() / stride * width);
            give(piece * some, numbers);
            dots::round(self.precision, width, numbers, words);
        });
    }

    /// Into `out` `(starts, outputs)`, which is overwritten: an output row's inputs are the sheet's rows from its start on,
    /// each `dilation` after the one before. The sheet was laid by this layer.
    pub(crate) fn taps_into(&self, crew: &Crew, sheet: &Sheet, starts: &[usize], dilation: usize, out: &mut [f32]) {
        let (rows, width) = (starts.len(), sheet.width);
        assert_eq!(rows * self.outputs, out.len(), "output length");
        let single = self.precision == Precision::Single && dots::patches();
        // Taps that follow each other are one piece.
        let together =
            |width: usize| if dilation == 1 { (self.inputs, self.inputs) } else { (width, dilation * width) };
        if !self.coarse && !single {
            let starts: Vec<&[f32]> = starts.iter().map(|&start| &sheet.numbers[start * width..]).collect();
            let (length, stride) = together(width);
            return self.share(crew, Windows { starts: &starts, length, stride }, out);
        }
        let (words, stride, lines) = match self.precision {
            Precision::Single => (pulp::bytemuck::cast_slice(&sheet.numbers), width, together(width).0),
            Precision::Brain => (&sheet.words[..], self.stride(width), together(width).0 / 2),
            Precision::Byte => (&sheet.words[..], self.stride(width), width / 4),
        };
        let taps = self.packed.len() / (self.outputs.div_ceil(WIDE) * WIDE * lines);
        let patch = Patch { layer: self, words, stride, starts, dilation, taps, lines };
        if many(rows) || (crew.hands() == 1 && rows > 1) {
            let size = even(crew, rows);
            crew.pieces(out, size * self.outputs, |number, out| {
                let starts = &starts[number * size..][..out.len() / self.outputs];
                Patch { starts, ..patch }.work(0, (WIDE, self.outputs), out);
            });
        } else if rows > 0 {
            self.by_panels(crew, rows, WIDE, out, |first, strides, out| patch.work(first, strides, out));
        }
    }
}
