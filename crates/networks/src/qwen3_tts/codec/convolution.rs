//! Causal convolutions of several streams at once: one matrix product for all, whose rows are the taps where they lie. It
//! knows no layer and no activation.

use crate::checkpoint::Checkpoint;
use crate::kernel::{Crew, Linear, Precision, Sheet, kernel};
use crate::weights::LoadError;

/// The streams that go through together: what each remembers, and how many frames it has. Rows of a stage are all rows
/// of the first stream, then all of the second; a frame has the same number of rows in every stream.
pub(super) struct Lanes<'a> {
    pasts: Vec<&'a mut [Vec<f32>]>,
    /// Frames of all streams up to and with this one.
    ends: Vec<usize>,
    /// Memory for the rows of a convolution, kept from one to the next.
    sheet: Sheet,
}

impl<'a> Lanes<'a> {
    pub fn new(pasts: Vec<&'a mut [Vec<f32>]>, frames: impl Iterator<Item = usize>, sheet: Sheet) -> Self {
        let sum = |sum: &mut usize, frames| {
            *sum += frames;
            Some(*sum)
        };
        Self { pasts, ends: frames.scan(0, sum).collect(), sheet }
    }

    /// The memory for rows, to be handed on.
    pub fn into_sheet(self) -> Sheet {
        self.sheet
    }

    /// Rows of each stream where there are `rows` in all: `(first, one after the last)`.
    fn spans(&self, rows: usize) -> Vec<(usize, usize)> {
        let factor = rows / self.ends.last().copied().unwrap_or(1).max(1);
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| (start * factor, end * factor)).collect()
    }

    /// Keeps what `activate` makes of the last rows of each stream's input.
    fn remember(&mut self, number: usize, x: &[f32], channels: usize, activate: impl Fn(&[f32], &mut [f32])) {
        for ((start, end), pasts) in self.spans(x.len() / channels).into_iter().zip(&mut self.pasts) {
            let (past, new) = (&mut pasts[number], &x[start * channels..end * channels]);
            match new.len().checked_sub(past.len()) {
                Some(from) => activate(&new[from..], past),
                None => {
                    past.rotate_left(new.len());
                    let from = past.len() - new.len();
                    activate(new, &mut past[from..]);
                }
            }
        }
    }
}

/// No activation.
fn plain(from: &[f32], to: &mut [f32]) {
    to.copy_from_slice(from);
}

/// Rows `(time, channels)` with what came before them.
struct Input<'a> {
    past: &'a [f32],
    rows: &'a [f32],
}

impl Input<'_> {
    /// Copies the taps of one output: `line.len() / channels` rows, `dilation` apart, the first `at` rows after the start
    /// of the past. Zeros stand beyond the end.
    fn gather(&self, at: usize, dilation: usize, channels: usize, window: &mut [f32]) {
        let before = self.past.len() / channels;
        if dilation == 1 && at >= before && (at - before) * channels + window.len() <= self.rows.len() {
            window.copy_from_slice(&self.rows[(at - before) * channels..][..window.len()]);
            return;
        }
        for (tap, line) in window.chunks_exact_mut(channels).enumerate() {
            let at = at + tap * dilation;
            let source = match at.checked_sub(before) {
                None => self.past.get(at * channels..(at + 1) * channels),
                Some(at) => self.rows.get(at * channels..(at + 1) * channels),
            };
            match source {
                Some(source) => line.copy_from_slice(source),
                None => line.fill(0.0),
            }
        }
    }
}

/// A causal convolution, strided or dilated, or a transposed one.
pub(super) struct Causal {
    product: Linear,
    channels: usize,
    taps: usize,
    stride: usize,
    dilation: usize,
    /// Its place among the pasts of a stream.
    number: usize,
}

/// Shape of a convolution: outputs, inputs and taps.
pub(super) type Shape = (usize, usize, usize);

impl Causal {
    /// `{name}.weight` `(outputs, inputs, taps)` and, if there is one, `{name}.bias`.
    pub fn load(
        checkpoint: &Checkpoint,
        name: &str,
        (outputs, inputs, taps): Shape,
        (stride, dilation): (usize, usize),
        number: usize,
        precision: Precision,
    ) -> Result<Self, LoadError> {
        let weight = checkpoint.tensor(&format!("{name}.weight"), &[outputs, inputs, taps])?;
        let bias = format!("{name}.bias");
        let bias = if checkpoint.has(&bias) { Some(checkpoint.tensor(&bias, &[outputs])?) } else { None };
        let mut turned = vec![0.0; weight.len()];
        for (from, to) in weight.chunks_exact(taps * inputs).zip(turned.chunks_exact_mut(taps * inputs)) {
            for (input, from) in from.chunks_exact(taps).enumerate() {
                for (tap, &value) in from.iter().enumerate() {
                    to[tap * inputs + input] = value;
                }
            }
        }
        let product = Linear::coarse(&turned, bias, (outputs, taps * inputs, inputs), precision);
        Ok(Self { product, channels: inputs, taps, stride, dilation, number })
    }

    /// A transposed convolution that makes `factor` rows of one: `{name}.weight` `(inputs, outputs, taps)` with `taps`
    /// either `factor` or twice that, and `{name}.bias`. What it would give beyond the last row's share is what the next
    /// row adds to, so it is one product of a row, and the row before it, to `factor` rows.
    pub fn load_transposed(
        checkpoint: &Checkpoint,
        name: &str,
        (outputs, inputs, taps): Shape,
        factor: usize,
        number: usize,
        precision: Precision,
    ) -> Result<Self, LoadError> {
        let weight = checkpoint.tensor(&format!("{name}.weight"), &[inputs, outputs, taps])?;
        let bias = checkpoint.tensor(&format!("{name}.bias"), &[outputs])?;
        let seen = taps / factor;
        let mut turned = vec![0.0; weight.len()];
        for (input, weight) in weight.chunks_exact(outputs * taps).enumerate() {
            for (output, weight) in weight.chunks_exact(taps).enumerate() {
                for (tap, &value) in weight.iter().enumerate() {
                    let (back, phase) = (tap / factor, tap % factor);
                    turned[((phase * outputs + output) * seen + seen - 1 - back) * inputs + input] = value;
                }
            }
        }
        let product =
            Linear::coarse(&turned, Some(bias.repeat(factor)), (factor * outputs, seen * inputs, inputs), precision);
        Ok(Self { product, channels: inputs, taps: seen, stride: 1, dilation: 1, number })
    }

    /// Rows that it looks back.
    fn before(&self) -> usize {
        (self.taps - 1) * self.dilation + 1 - self.stride
    }

    /// Numbers that it remembers of each stream.
    pub fn past(&self) -> usize {
        self.before() * self.channels
    }

    /// Weights of its product.
    #[cfg(test)]
    pub fn macs(&self) -> usize {
        self.product.macs()
    }

    /// Numbers that `x` numbers become.
    pub fn size(&self, x: usize) -> usize {
        (x / self.channels).div_ceil(self.stride) * self.product.outputs()
    }

    /// `x` `(rows, inputs)` to `(rows / stride rounded up, outputs)`; a transposed one gives `(rows · factor, outputs)`.
    /// Where it strides, there must be one stream alone.
    pub fn forward(&self, crew: &Crew, x: &[f32], lanes: &mut Lanes) -> Vec<f32> {
        if self.before() == 0 && self.taps == 1 {
            return self.product.product(crew, x);
        }
        self.activated(crew, x, lanes, plain)
    }

    /// The same for what `activate(from, to)` makes of the rows of `x`.
    pub fn activated(
        &self,
        crew: &Crew,
        x: &[f32],
        lanes: &mut Lanes,
        activate: impl Fn(&[f32], &mut [f32]) + Sync,
    ) -> Vec<f32> {
        let mut out = vec![0.0; self.size(x.len())];
        let seen = self.see(crew, x, lanes, activate);
        seen.product_into(crew, 0, &mut out);
        seen.leave(lanes);
        out
    }

    /// Its product.
    pub fn product(&self) -> &Linear {
        &self.product
    }

    /// What `activate` makes of the rows of `x`, with what came before; it joins the past.
    pub fn see(
        &self,
        crew: &Crew,
        x: &[f32],
        lanes: &mut Lanes,
        activate: impl Fn(&[f32], &mut [f32]) + Sync,
    ) -> Seen<'_> {
        let (channels, before) = (self.channels, self.before());
        let spans = lanes.spans(x.len() / channels);
        debug_assert!(self.stride == 1 || spans.len() == 1);
        // Rows from the first tap of an output to its last.
        let wide = (self.taps - 1) * self.dilation + 1;
        // For each stream where its rows end on the sheet: the past, the new rows, and zeros where taps end beyond them.
        let mut ends: Vec<usize> = Vec::with_capacity(spans.len());
        let mut starts = Vec::with_capacity(x.len() / channels);
        for (start, end) in &spans {
            let (first, rows) = (ends.last().copied().unwrap_or(0), end - start);
            let outputs = rows.div_ceil(self.stride);
            starts.extend((0..outputs).map(|at| first + at * self.stride));
            let needed = if outputs == 0 { 0 } else { (outputs - 1) * self.stride + wide };
            ends.push(first + needed.max(before + rows));
        }
        let mut sheet = std::mem::take(&mut lanes.sheet);
        let all = ends.last().copied().unwrap_or(0);
        self.product.lay(crew, &mut sheet, (all, channels), |mut row, mut to| {
            while !to.is_empty() {
                let lane = ends.partition_point(|end| *end <= row);
                let (start, end) = spans[lane];
                let at = row - lane.checked_sub(1).map_or(0, |lane| ends[lane]);
                let until = [before, before + end - start, usize::MAX].into_iter().find(|until| at < *until);
                let count = (until.unwrap_or(usize::MAX).min(ends[lane] - row + at) - at).min(to.len() / channels);
                let (some, rest) = std::mem::take(&mut to).split_at_mut(count * channels);
                if at < before {
                    some.copy_from_slice(&lanes.pasts[lane][self.number][at * channels..][..some.len()]);
                } else if at < before + end - start {
                    activate(&x[(start + at - before) * channels..][..some.len()], some);
                } else {
                    some.fill(0.0);
                }
                (row, to) = (row + count, rest);
            }
        });
        lanes.remember(self.number, x, channels, activate);
        Seen { convolution: self, sheet, starts }
    }
}

/// The rows that a convolution sees.
pub(super) struct Seen<'a> {
    convolution: &'a Causal,
    sheet: Sheet,
    /// Where the taps of each output begin.
    starts: Vec<usize>,
}

impl Seen<'_> {
    /// Outputs from `first` on, as many as `out` has room for.
    pub fn product_into(&self, crew: &Crew, first: usize, out: &mut [f32]) {
        let Causal { product, dilation, .. } = self.convolution;
        let starts = &self.starts[first..][..out.len() / product.outputs()];
        product.taps_into(crew, &self.sheet, starts, *dilation, out);
    }

    /// Leaves the memory to the next.
    pub fn leave(self, lanes: &mut Lanes) {
        lanes.sheet = self.sheet;
    }
}

/// A causal convolution of each channel for itself.
pub(super) struct Depthwise {
    /// `(taps, channels)`.
    weight: Vec<f32>,
    bias: Vec<f32>,
    number: usize,
}

impl Depthwise {
    /// `{name}.weight` `(channels, 1, taps)` and `{name}.bias`.
    pub fn load(
        checkpoint: &Checkpoint,
        name: &str,
        (channels, taps): (usize, usize),
        number: usize,
    ) -> Result<Self, LoadError> {
        let weight = checkpoint.tensor(&format!("{name}.weight"), &[channels, 1, taps])?;
        let turned = (0..taps * channels).map(|at| weight[at % channels * taps + at / channels]).collect();
        Ok(Self { weight: turned, bias: checkpoint.tensor(&format!("{name}.bias"), &[channels])?, number })
    }

    /// `x` `(rows, channels)` to as many.
    pub fn forward(&self, crew: &Crew, x: &[f32], lanes: &mut Lanes) -> Vec<f32> {
        let channels = self.bias.len();
        let spans = lanes.spans(x.len() / channels);
        let inputs: Vec<Input> = spans
            .iter()
            .zip(&lanes.pasts)
            .map(|(&(start, end), pasts)| Input {
                past: &pasts[self.number],
                rows: &x[start * channels..end * channels],
            })
            .collect();
        let mut out = vec![0.0; x.len()];
        crew.pieces(&mut out, channels, |row, out| {
            let lane = spans.partition_point(|(_, end)| *end <= row);
            let mut window = vec![0.0; self.weight.len()];
            inputs[lane].gather(row - spans[lane].0, 1, channels, &mut window);
            weigh(&window, &self.weight, &self.bias, out);
        });
        lanes.remember(self.number, x, channels, plain);
        out
    }
}

kernel! {
    /// Bias and taps, oldest first, of one row.
    fn weigh<'a>(window: &'a [f32], weight: &'a [f32], bias: &'a [f32], out: &'a mut [f32]) {
        out.copy_from_slice(bias);
        for (line, taps) in window.chunks_exact(bias.len()).zip(weight.chunks_exact(bias.len())) {
            for ((out, &value), &tap) in out.iter_mut().zip(line).zip(taps) {
                *out = value.mul_add(tap, *out);
            }
        }
    }
}

/// A causal convolution to one channel, kept in f32: it has too few outputs for a matrix product.
pub(super) struct Single {
    /// `(taps, channels)`.
    weight: Vec<f32>,
    bias: f32,
    channels: usize,
    number: usize,
}

impl Single {
    /// `{name}.weight` `(1, channels, taps)` and `{name}.bias`.
    pub fn load(
        checkpoint: &Checkpoint,
        name: &str,
        (channels, taps): (usize, usize),
        number: usize,
    ) -> Result<Self, LoadError> {
        let weight = checkpoint.tensor(&format!("{name}.weight"), &[1, channels, taps])?;
        let turned = (0..taps * channels).map(|at| weight[at % channels * taps + at / channels]).collect();
        let bias = checkpoint.tensor(&format!("{name}.bias"), &[1])?[0];
        Ok(Self { weight: turned, bias, channels, number })
    }

    /// `x` `(rows, channels)` to one number for each row, `frame` rows at a time.
    pub fn forward(&self, crew: &Crew, x: &[f32], frame: usize, lanes: &mut Lanes) -> Vec<f32> {
        let channels = self.channels;
        let spans = lanes.spans(x.len() / channels);
        let mut out = vec![0.0; x.len() / channels];
        crew.pieces(&mut out, frame, |piece, out| {
            let lane = spans.partition_point(|(_, end)| *end <= piece * frame);
            let (start, end) = spans[lane];
            let input = Input { past: &lanes.pasts[lane][self.number], rows: &x[start * channels..end * channels] };
            let at = piece * frame - start;
            let size = out.len() * channels + input.past.len();
            match (at * channels).checked_sub(input.past.len()) {
                Some(from) => slide(&input.rows[from..from + size], channels, &self.weight, self.bias, out),
                None => {
                    let mut window = vec![0.0; size];
                    input.gather(at, 1, channels, &mut window);
                    slide(&window, channels, &self.weight, self.bias, out);
                }
            }
        });
        lanes.remember(self.number, x, channels, plain);
        out
    }
}

kernel! {
    /// Number `t` of `out` is the bias and `weight` against the rows from `t` on.
    fn slide<'a>(rows: &'a [f32], channels: usize, weight: &'a [f32], bias: f32, out: &'a mut [f32]) {
        for (t, out) in out.iter_mut().enumerate() {
            let window = &rows[t * channels..][..weight.len()];
            let mut lanes = [0.0f32; 16];
            let (ours, theirs) = (window.chunks_exact(16), weight.chunks_exact(16));
            for ((lane, &value), &weight) in lanes.iter_mut().zip(ours.remainder()).zip(theirs.remainder()) {
                *lane = value * weight;
            }
            for (values, weights) in ours.zip(theirs) {
                for i in 0..16 {
                    lanes[i] = values[i].mul_add(weights[i], lanes[i]);
                }
            }
            *out = lanes.iter().sum::<f32>() + bias;
        }
    }
}
