//! Norms, activations and sums over one row. It knows no weights' meaning and no other row.

/// Partial sums kept side by side so that the compiler can use vectors; fixed, so results do not depend on the machine.
const LANES: usize = 16;

#[inline(always)]
pub(super) fn sum_of(x: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let chunks = x.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane += term(value);
        }
    }
    for (lane, &value) in lanes.iter_mut().zip(rest) {
        *lane += term(value);
    }
    fold(lanes)
}

#[inline(always)]
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let (left, right) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let (left_rest, right_rest) = (left.remainder(), right.remainder());
    for (x, y) in left.zip(right) {
        for i in 0..LANES {
            lanes[i] = x[i].mul_add(y[i], lanes[i]);
        }
    }
    for ((lane, &x), &y) in lanes.iter_mut().zip(left_rest).zip(right_rest) {
        *lane = x.mul_add(y, *lane);
    }
    fold(lanes)
}

#[inline(always)]
fn fold(mut lanes: [f32; LANES]) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        for i in 0..half {
            lanes[i] += lanes[i + half];
        }
        half /= 2;
    }
    lanes[0]
}

/// `e^x` to about two units in the last place (Cephes `expf`: range reduction by ln 2, polynomial of degree 5).
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    let x = x.clamp(-87.3, 88.7);
    let n = (x * std::f32::consts::LOG2_E).round_ties_even();
    let r = n.mul_add(-0.693_359_4, x);
    let r = n.mul_add(2.121_944_4e-4, r);
    let p = 1.987_569_1e-4f32
        .mul_add(r, 1.398_199_9e-3)
        .mul_add(r, 8.333_452e-3)
        .mul_add(r, 4.166_579_6e-2)
        .mul_add(r, 1.666_666_5e-1)
        .mul_add(r, 0.5);
    let y = p.mul_add(r * r, r) + 1.0;
    y * f32::from_bits(((n as i32 + 127) << 23) as u32)
}

/// Sine and cosine to about 1e-7 for arguments of up to some thousands (Cephes `sinf`, `cosf`: reduction by π/2).
#[inline(always)]
pub(crate) fn sin_cos(x: f32) -> (f32, f32) {
    let n = (x * std::f32::consts::FRAC_2_PI).round_ties_even();
    let r = n.mul_add(-1.570_312_5, x);
    let r = n.mul_add(-4.837_513e-4, r);
    let r = n.mul_add(-7.549_79e-8, r);
    let z = r * r;
    let sine = (-1.951_529_6e-4f32).mul_add(z, 8.332_161e-3).mul_add(z, -1.666_665_5e-1).mul_add(z * r, r);
    let cosine = 2.443_315_7e-5f32
        .mul_add(z, -1.388_731_6e-3)
        .mul_add(z, 4.166_664_6e-2)
        .mul_add(z * z, (-0.5f32).mul_add(z, 1.0));
    let quadrant = n as i32;
    let (a, b) = if quadrant & 1 == 0 { (sine, cosine) } else { (cosine, sine) };
    let sine = if quadrant & 2 == 0 { a } else { -a };
    let cosine = if quadrant.wrapping_add(1) & 2 == 0 { b } else { -b };
    (sine, cosine)
}

/// `e^x - 1` without cancellation near 0, to about 1e-7 of its value.
#[inline(always)]
fn exp_less_one(x: f32) -> f32 {
    let x = x.clamp(-87.3, 88.0);
    let n = (x * std::f32::consts::LOG2_E).round_ties_even();
    let r = n.mul_add(-0.693_359_4, x);
    let r = n.mul_add(2.121_944_4e-4, r);
    let p = 1.987_569_1e-4f32
        .mul_add(r, 1.398_199_9e-3)
        .mul_add(r, 8.333_452e-3)
        .mul_add(r, 4.166_579_6e-2)
        .mul_add(r, 1.666_666_5e-1)
        .mul_add(r, 0.5);
    let scale = f32::from_bits(((n as i32 + 127) << 23) as u32);
    p.mul_add(r * r, r).mul_add(scale, scale - 1.0)
}

/// `sin²(x)`: reduction by π, then the best odd polynomial of degree 9 on ±π/2 (off by 5e-9).
#[inline(always)]
fn sine_squared(x: f32) -> f32 {
    let n = (x * std::f32::consts::FRAC_1_PI).round_ties_even();
    let r = n.mul_add(-3.140_625, x);
    let r = n.mul_add(-9.675_026e-4, r);
    let r = n.mul_add(-1.509_958e-7, r);
    let z = r * r;
    let tail = 2.600_054_4e-6f32.mul_add(z, -1.980_661_5e-4).mul_add(z, 8.333_017e-3).mul_add(z, -1.666_665_7e-1);
    let sine = tail.mul_add(z * r, r);
    sine * sine
}

kernel! {
    /// SnakeBeta (Ziyin et al. 2020, as BigVGAN has it) of rows of `alpha.len()` channels, in place:
    /// `x + sin²(x · alpha) · inverse_beta`. Both come as the formula needs them: `e^alpha` and `1 / (e^beta + 1e-9)`.
    pub fn snake<'a>(x: &'a mut [f32], alpha: &'a [f32], inverse_beta: &'a [f32]) {
        for row in x.chunks_exact_mut(alpha.len()) {
            for ((value, &alpha), &inverse_beta) in row.iter_mut().zip(alpha).zip(inverse_beta) {
                *value = sine_squared(*value * alpha).mul_add(inverse_beta, *value);
            }
        }
    }
}

kernel! {
    /// The same from `x` to `out`.
    pub fn snake_to<'a>(x: &'a [f32], alpha: &'a [f32], inverse_beta: &'a [f32], out: &'a mut [f32]) {
        for (row, out) in x.chunks_exact(alpha.len()).zip(out.chunks_exact_mut(alpha.len())) {
            for (((out, &value), &alpha), &inverse_beta) in out.iter_mut().zip(row).zip(alpha).zip(inverse_beta) {
                *out = sine_squared(value * alpha).mul_add(inverse_beta, value);
            }
        }
    }
}

kernel! {
    /// GELU with the error function, in place: `x · Φ(x)` to 1e-6 (Φ by Abramowitz and Stegun 7.1.26).
    pub fn gelu<'a>(x: &'a mut [f32]) {
        for value in x {
            let v = *value;
            let size = v.abs();
            let t = 1.0 / (0.327_591_1 * std::f32::consts::FRAC_1_SQRT_2).mul_add(size, 1.0);
            let p = 1.061_405_4f32
                .mul_add(t, -1.453_152)
                .mul_add(t, 1.421_413_8)
                .mul_add(t, -0.284_496_72)
                .mul_add(t, 0.254_829_6);
            // Half of what lies beyond |x| on both sides.
            let beyond = 0.5 * p * t * exp(-0.5 * v * v);
            *value = v * if v < 0.0 { beyond } else { 1.0 - beyond };
        }
    }
}

kernel! {
    /// `x` above 0, `e^x - 1` below, in place.
    pub fn elu<'a>(x: &'a mut [f32]) {
        for value in x {
            let v = *value;
            let below = exp_less_one(v.min(0.0));
            *value = if v > 0.0 { v } else { below };
        }
    }
}

kernel! {
    /// Hyperbolic tangent in place.
    pub fn tanh<'a>(x: &'a mut [f32]) {
        for value in x {
            let e = exp_less_one(2.0 * value.abs().min(10.0));
            *value = (e / (e + 2.0)).copysign(*value);
        }
    }
}

kernel! {
    /// `1 / (1 + e^-x)` in place.
    pub fn sigmoid<'a>(x: &'a mut [f32]) {
        for value in x {
            *value = 1.0 / (1.0 + exp(-*value));
        }
    }
}

/// `max(x, 0)` in place.
pub fn relu(x: &mut [f32]) {
    for value in x {
        *value = value.max(0.0);
    }
}

kernel! {
    /// `x · sigmoid(x)` in place.
    pub fn silu<'a>(x: &'a mut [f32]) {
        for value in x {
            *value /= 1.0 + exp(-*value);
        }
    }
}

kernel! {
    /// SwiGLU: `gated` rows `(gate, up)` of `2 · width` to `silu(gate) · up` rows of `width`.
    pub fn silu_gate<'a>(gated: &'a [f32], width: usize, out: &'a mut [f32]) {
        for (row, out) in gated.chunks_exact(2 * width).zip(out.chunks_exact_mut(width)) {
            let (gate, up) = row.split_at(width);
            for ((out, &gate), &up) in out.iter_mut().zip(gate).zip(up) {
                *out = gate / (1.0 + exp(-gate)) * up;
            }
        }
    }
}

kernel! {
    /// `x += y`.
    pub fn add<'a>(x: &'a mut [f32], y: &'a [f32]) {
        for (x, &y) in x.iter_mut().zip(y) {
            *x += y;
        }
    }
}

kernel! {
    /// `x += y · scale` with one scale for each channel.
    pub fn add_scaled<'a>(x: &'a mut [f32], y: &'a [f32], scale: &'a [f32]) {
        for (x, y) in x.chunks_exact_mut(scale.len()).zip(y.chunks_exact(scale.len())) {
            for ((x, &y), &scale) in x.iter_mut().zip(y).zip(scale) {
                *x = y.mul_add(scale, *x);
            }
        }
    }
}

kernel! {
    /// Layer norm of each row of `weight.len()` channels: `(x - mean) / √(variance + epsilon) · weight + bias`.
    pub fn layer_norm<'a>(x: &'a [f32], weight: &'a [f32], bias: &'a [f32], epsilon: f32, out: &'a mut [f32]) {
        let width = weight.len();
        for (row, out) in x.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
            let mean = sum_of(row, |v| v) / width as f32;
            let variance = sum_of(row, |v| (v - mean) * (v - mean)) / width as f32;
            let scale = 1.0 / (variance + epsilon).sqrt();
            for (((out, &v), &w), &b) in out.iter_mut().zip(row).zip(weight).zip(bias) {
                *out = (v - mean) * scale * w + b;
            }
        }
    }
}

kernel! {
    /// Root-mean-square norm of each row (Zhang and Sennrich 2019).
    pub fn rms_norm<'a>(x: &'a [f32], weight: &'a [f32], epsilon: f32, out: &'a mut [f32]) {
        let width = weight.len();
        for (row, out) in x.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
            let scale = 1.0 / (dot(row, row) / width as f32 + epsilon).sqrt();
            for ((out, &v), &w) in out.iter_mut().zip(row).zip(weight) {
                *out = v * scale * w;
            }
        }
    }
}

kernel! {
    /// Softmax of one row in place.
    pub fn softmax<'a>(x: &'a mut [f32]) {
        softmax_inline(x);
    }
}

#[inline(always)]
pub(super) fn softmax_inline(x: &mut [f32]) {
    let top = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for value in &mut *x {
        *value = exp(*value - top);
    }
    let scale = 1.0 / sum_of(x, |v| v);
    for value in x {
        *value *= scale;
    }
}

kernel! {
    /// Logarithm of the softmax of each row of `width`, in place.
    pub fn log_softmax<'a>(x: &'a mut [f32], width: usize) {
        for row in x.chunks_exact_mut(width) {
            let top = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let shift = top + sum_of(row, |v| exp(v - top)).ln();
            for value in row {
                *value -= shift;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_matches_the_library() {
        for i in -800..=800 {
            let x = i as f32 / 10.0;
            let truth = f64::from(x).exp();
            assert!((f64::from(exp(x)) - truth).abs() <= truth * 4e-7, "exp({x})");
        }
    }

    #[test]
    fn sine_and_cosine_match_the_library() {
        for i in -4000..=4000 {
            let x = i as f32 * 0.037;
            let (sine, cosine) = sin_cos(x);
            let (wanted_sine, wanted_cosine) = f64::from(x).sin_cos();
            assert!((f64::from(sine) - wanted_sine).abs() < 1e-6, "sin({x})");
            assert!((f64::from(cosine) - wanted_cosine).abs() < 1e-6, "cos({x})");
        }
        // Damaged weights lead here; the sound is refused later, but nothing may panic.
        for x in [f32::NAN, f32::INFINITY, f32::MAX, f32::MIN] {
            let _ = sin_cos(x);
        }
    }

    #[test]
    fn activations_match_the_library() {
        // Series and continued fraction of the error function's complement, in f64.
        let above = |x: f64| {
            let z = x / std::f64::consts::SQRT_2;
            if z < 2.5 {
                let mut term = z;
                let mut sum = z;
                for n in 1..80 {
                    term *= -z * z / f64::from(n);
                    sum += term / f64::from(2 * n + 1);
                }
                0.5 - sum / std::f64::consts::PI.sqrt()
            } else {
                let tail = (1..60).rev().fold(z, |below, n| z + f64::from(n) / 2.0 / below);
                0.5 * (-z * z).exp() / std::f64::consts::PI.sqrt() / tail
            }
        };
        let values: Vec<f32> = (-2000..=2000).map(|i| i as f32 * 0.01).chain([1e-4, -1e-4, 300.0, -300.0]).collect();
        let through = |work: fn(&mut [f32])| {
            let mut out = values.clone();
            work(&mut out);
            out
        };
        let check = |name: &str, found: &[f32], truth: &dyn Fn(f64) -> f64, relative: f64, absolute: f64| {
            for (&x, &y) in values.iter().zip(found) {
                let wanted = truth(f64::from(x));
                let off = (f64::from(y) - wanted).abs();
                assert!(off <= wanted.abs() * relative + absolute, "{name}({x}) = {y}, not {wanted}");
            }
        };
        let normal = |x: f64| if x < 0.0 { above(-x) } else { 1.0 - above(x) };
        check("gelu", &through(gelu), &|x| x * normal(x), 2e-7, 4e-7);
        check("elu", &through(elu), &|x| if x > 0.0 { x } else { x.exp_m1() }, 3e-7, 0.0);
        check("tanh", &through(tanh), &f64::tanh, 4e-7, 0.0);
        check("sigmoid", &through(sigmoid), &|x| 1.0 / (1.0 + (-x).exp()), 6e-7, 2e-38);
    }

    #[test]
    fn snake_is_its_formula_for_each_channel() {
        let (alpha, inverse_beta) = ([0.3f32, 1.0, 7.5], [2.0f32, 0.5, 1.0]);
        let x: Vec<f32> = (0..900).map(|i| (i as f32 - 450.0) * 0.05).collect();
        let mut out = x.clone();
        snake(&mut out, &alpha, &inverse_beta);
        for (i, (&x, &y)) in x.iter().zip(&out).enumerate() {
            let sine = (f64::from(x * alpha[i % 3])).sin();
            let wanted = f64::from(x) + sine * sine * f64::from(inverse_beta[i % 3]);
            assert!((f64::from(y) - wanted).abs() < 3e-6, "snake({x}) in channel {}: {y}, not {wanted}", i % 3);
        }
        let mut odd = [f32::NAN, f32::INFINITY, f32::MAX];
        snake(&mut odd, &alpha, &inverse_beta);
    }

    #[test]
    fn norms_have_unit_scale() {
        let x: Vec<f32> = (0..40).map(|i| (i as f32 * 0.7).sin() * 3.0 + 1.0).collect();
        let mut out = vec![0.0; 40];
        layer_norm(&x, &[1.0; 20], &[0.0; 20], 1e-5, &mut out);
        for row in out.chunks(20) {
            assert!(row.iter().sum::<f32>().abs() < 1e-4);
            assert!((row.iter().map(|v| v * v).sum::<f32>() / 20.0 - 1.0).abs() < 1e-3);
        }
        let mut row = [1.0f32, 2.0, 3.0];
        softmax(&mut row);
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6 && row[2] > row[1]);
        let mut row = [1.0f32, 2.0, 3.0];
        log_softmax(&mut row, 3);
        assert!((row.iter().map(|v| v.exp()).sum::<f32>() - 1.0).abs() < 1e-6);
    }
}
