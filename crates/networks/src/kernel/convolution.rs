//! One-dimensional convolutions over `(time, channels)` rows, whole or frame by frame. It knows no network.

use super::Linear;

/// A dense convolution over a whole sequence, as a matrix product over gathered windows; zeros stand beyond the ends.
#[derive(Clone)]
pub struct Convolution {
    product: Linear,
    channels: usize,
    kernel: usize,
    stride: usize,
    dilation: usize,
}

impl Convolution {
    /// `weight` `(outputs, inputs, kernel)`, an odd kernel centred on each `stride`-th row.
    pub fn new(
        weight: &[f32],
        bias: Vec<f32>,
        (outputs, inputs, kernel): (usize, usize, usize),
        stride: usize,
        dilation: usize,
    ) -> Self {
        let mut turned = vec![0.0; weight.len()];
        for output in 0..outputs {
            for input in 0..inputs {
                for k in 0..kernel {
                    turned[(output * kernel + k) * inputs + input] = weight[(output * inputs + input) * kernel + k];
                }
            }
        }
        let product = Linear::new(&turned, Some(bias), outputs, kernel * inputs);
        Self { product, channels: inputs, kernel, stride, dilation }
    }

    /// `x` `(time, inputs)` to `(time / stride rounded up, outputs)`.
    pub fn forward(&self, x: &[f32]) -> Vec<f32> {
        let time = x.len() / self.channels;
        let before = self.kernel / 2 * self.dilation;
        let width = self.kernel * self.channels;
        let mut windows = vec![0.0; time.div_ceil(self.stride) * width];
        for (step, window) in windows.chunks_exact_mut(width).enumerate() {
            for (k, line) in window.chunks_exact_mut(self.channels).enumerate() {
                let at = (step * self.stride + k * self.dilation).checked_sub(before).filter(|&at| at < time);
                if let Some(at) = at {
                    line.copy_from_slice(&x[at * self.channels..(at + 1) * self.channels]);
                }
            }
        }
        self.product.forward(&windows)
    }
}

/// Weights of a depthwise convolution: each channel has its own `kernel` taps.
#[derive(Clone)]
pub struct DepthwiseKernel {
    /// `(kernel, channels)`.
    taps: Vec<f32>,
    bias: Vec<f32>,
}

impl DepthwiseKernel {
    /// `weight` `(channels, kernel)`.
    pub fn new(weight: &[f32], bias: Vec<f32>, kernel: usize) -> Self {
        let channels = bias.len();
        let mut taps = vec![0.0; weight.len()];
        for channel in 0..channels {
            for k in 0..kernel {
                taps[k * channels + channel] = weight[channel * kernel + k];
            }
        }
        Self { taps, bias }
    }

    fn channels(&self) -> usize {
        self.bias.len()
    }

    fn kernel(&self) -> usize {
        self.taps.len() / self.bias.len()
    }

    /// A whole sequence `(time, channels)` with the window centred on each row; zeros stand beyond the ends.
    pub fn centred(&self, x: &[f32]) -> Vec<f32> {
        self.whole(x, self.kernel() / 2)
    }

    fn whole(&self, x: &[f32], before: usize) -> Vec<f32> {
        let mut out = vec![0.0; x.len()];
        slide(self, x, before, &mut out);
        out
    }
}

kernel! {
    /// Row `t` of `out` is the bias and the taps over rows `t - before …` of `x`, oldest first; rows that are not there
    /// count as zeros.
    fn slide<'a>(kernel: &'a DepthwiseKernel, x: &'a [f32], before: usize, out: &'a mut [f32]) {
        let channels = kernel.channels();
        for (time, out) in out.chunks_exact_mut(channels).enumerate() {
            out.copy_from_slice(&kernel.bias);
            for (k, taps) in kernel.taps.chunks_exact(channels).enumerate() {
                let Some(at) = (time + k).checked_sub(before) else { continue };
                let Some(row) = x.get(at * channels..(at + 1) * channels) else { continue };
                for ((out, &v), &tap) in out.iter_mut().zip(row).zip(taps) {
                    *out = v.mul_add(tap, *out);
                }
            }
        }
    }
}

/// The past of one sequence for a causal depthwise convolution: the last `kernel - 1` rows.
#[derive(Default, Clone)]
pub struct CausalDepthwise {
    past: Vec<f32>,
}

impl CausalDepthwise {
    /// Forgets the sequence: zeros stand before its first row.
    pub fn clear(&mut self) {
        self.past.clear();
    }

    /// Continues with rows `x` `(time, channels)`; the same numbers as for everything so far at once.
    pub fn push(&mut self, kernel: &DepthwiseKernel, x: &[f32], out: &mut [f32]) {
        let (channels, taps) = (kernel.channels(), kernel.kernel());
        self.past.resize((taps - 1) * channels, 0.0);
        self.past.extend_from_slice(x);
        slide(kernel, &self.past, 0, out);
        self.past.drain(..x.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(count: usize) -> Vec<f32> {
        (0..count).map(|i| (i as f32 * 0.61).sin() + (i as f32 * 0.13).cos()).collect()
    }

    #[test]
    fn a_dense_convolution_is_the_textbook_sum() {
        let (outputs, inputs, kernel, time) = (5, 3, 3, 11);
        let (weight, x) = (wave(outputs * inputs * kernel), wave(time * inputs));
        for (stride, dilation) in [(1, 1), (2, 1), (1, 2)] {
            let layer = Convolution::new(&weight, vec![0.5; outputs], (outputs, inputs, kernel), stride, dilation);
            let y = layer.forward(&x);
            assert_eq!(y.len() / outputs, time.div_ceil(stride));
            for (step, row) in y.chunks(outputs).enumerate() {
                for (output, &value) in row.iter().enumerate() {
                    let mut sum = 0.5;
                    for k in 0..kernel {
                        let at = (step * stride + k * dilation) as isize - dilation as isize;
                        if (0..time as isize).contains(&at) {
                            for input in 0..inputs {
                                sum += weight[(output * inputs + input) * kernel + k] * x[at as usize * inputs + input];
                            }
                        }
                    }
                    assert!((sum - value).abs() < 1e-4);
                }
            }
        }
    }

    #[test]
    fn a_centred_convolution_is_the_textbook_sum() {
        let (channels, kernel, time) = (3, 5, 7);
        let (weight, bias, x) = (wave(channels * kernel), wave(channels), wave(time * channels));
        let y = DepthwiseKernel::new(&weight, bias.clone(), kernel).centred(&x);
        for t in 0..time {
            for c in 0..channels {
                let sum: f32 = (0..kernel)
                    .filter(|k| (2..time + 2).contains(&(t + k)))
                    .map(|k| weight[c * kernel + k] * x[(t + k - 2) * channels + c])
                    .sum();
                assert!((y[t * channels + c] - sum - bias[c]).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn streaming_equals_whole_bit_for_bit() {
        let (channels, kernel, time) = (6, 5, 23);
        let taps = DepthwiseKernel::new(&wave(channels * kernel), wave(channels), kernel);
        let x = wave(channels * time);
        let whole = taps.whole(&x, kernel - 1);
        let mut state = CausalDepthwise::default();
        let mut pieces = Vec::new();
        let mut at = 0;
        for size in [1usize, 8, 3, 11] {
            let mut out = vec![0.0; size * channels];
            state.push(&taps, &x[at * channels..(at + size) * channels], &mut out);
            pieces.extend(out);
            at += size;
        }
        assert_eq!(whole, pieces);
    }
}
