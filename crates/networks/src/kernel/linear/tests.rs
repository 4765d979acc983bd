//! Every precision, alone and in any company, on any number of threads.

use proptest::prelude::*;

use super::*;

fn noise(seed: u64, count: usize) -> Vec<f32> {
    (0..count as u64)
        .map(|i| {
            let z = (i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ seed.wrapping_mul(0xD1B5_4A32_D192_ED03);
            (((z ^ (z >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 40) as f32) / 8_388_608.0 - 1.0
        })
        .collect()
}

const PRECISIONS: [Precision; 3] = [Precision::Single, Precision::Brain, Precision::Byte];

/// What the weight is once kept, and what the finished sum is multiplied by.
fn kept(weight: &[f32], precision: Precision) -> (Vec<f32>, f32) {
    match precision {
        Precision::Single => (weight.to_vec(), 1.0),
        Precision::Brain => (weight.iter().map(|&w| half::bf16::from_f32(w).to_f32()).collect(), 1.0),
        Precision::Byte => {
            let scale = weight.iter().fold(0.0f32, |top, w| top.max(w.abs())) / 127.0;
            (weight.iter().map(|&w| (w * (1.0 / scale)).round_ties_even()).collect(), scale)
        }
    }
}

/// The definition, word for word.
fn textbook(weight: &[f32], bias: f32, x: &[f32], precision: Precision) -> f32 {
    let (weight, scale) = kept(weight, precision);
    if precision == Precision::Byte && dots::available() {
        let top = x.iter().fold(0.0f32, |top, v| top.max(v.abs()));
        let (mut high, mut low) = (0, 0);
        for (&w, &x) in weight.iter().zip(x) {
            let whole = (x * (16_256.0 / top)).round_ties_even() as i32;
            let up = (whole + 64) >> 7;
            high += w as i32 * up;
            low += w as i32 * (whole - 128 * up);
        }
        return ((high as f32).mul_add(128.0, low as f32) * (top / 16_256.0)).mul_add(scale, bias);
    }
    let begin = if precision == Precision::Byte { 0.0 } else { bias };
    let sum = weight.iter().zip(x).fold(begin, |sum, (&w, &x)| w.mul_add(x, sum));
    if precision == Precision::Byte { sum.mul_add(scale, bias) } else { sum }
}

fn check(inputs: usize, outputs: usize, rows: usize, hands: usize, biased: bool, seed: u64) {
    let (weight, x) = (noise(seed, inputs * outputs), noise(seed + 2, rows * inputs));
    let bias = if biased { noise(seed + 1, outputs) } else { vec![0.0; outputs] };
    let crew = Crew::new(hands);
    for precision in PRECISIONS {
        let layer = Linear::pack(&weight, biased.then(|| bias.clone()), outputs, inputs, precision);
        let all = layer.product(&crew, &x);
        for row in 0..rows {
            let x = &x[row * inputs..(row + 1) * inputs];
            let row = &all[row * outputs..(row + 1) * outputs];
            assert_eq!(row, layer.forward(x), "alone and in company, {precision:?}");
            // Where a fused multiply-add is not one instruction the library makes it, so the bits agree everywhere.
            for (o, &value) in row.iter().enumerate().step_by(17) {
                let truth = textbook(&weight[o * inputs..(o + 1) * inputs], bias[o], x, precision);
                assert_eq!(value.to_bits(), truth.to_bits(), "output {o}, {precision:?}: {value}, not {truth}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_row_is_the_sum_in_order_alone_and_in_company(
        inputs in 1usize..90, outputs in 1usize..300, rows in 1usize..20, hands in 1usize..4, biased: bool, seed in 0u64..99,
    ) {
        check(inputs, outputs, rows, hands, biased, seed);
    }
}

#[test]
fn so_it_is_with_many_rows_and_deep_sums() {
    for (inputs, outputs, rows, hands) in [(2500, 70, 3, 2), (1024, 65, 201, 2), (1025, 96, 98, 1), (96, 1, 400, 3)] {
        check(inputs, outputs, rows, hands, true, 7);
    }
}

#[test]
fn rounding_is_as_small_as_the_precision_says() {
    let (inputs, outputs) = (512, 64);
    let (weight, x) = (noise(1, inputs * outputs), noise(2, inputs));
    let whole = Linear::new(&weight, None, outputs, inputs).forward(&x);
    let size = (whole.iter().map(|v| v * v).sum::<f32>() / outputs as f32).sqrt();
    for (precision, limit) in [(Precision::Brain, 4e-3), (Precision::Byte, 1e-2)] {
        let rounded = Linear::pack(&weight, None, outputs, inputs, precision);
        assert_eq!(rounded.bytes() * if precision == Precision::Brain { 2 } else { 4 }, weight.len() * 4);
        let off = rounded.forward(&x).iter().zip(&whole).map(|(a, b)| (a - b) * (a - b)).sum::<f32>();
        let off = (off / outputs as f32).sqrt() / size;
        assert!(off > 0.0 && off < limit, "{precision:?} is off by {off}");
    }
}

#[test]
fn dot_products_of_bytes_agree_with_sums_in_f32() {
    if !dots::available() {
        return;
    }
    for (inputs, outputs, rows) in [(1024, 100, 1), (3072, 64, 8), (7, 5, 3), (1001, 33, 100)] {
        let (weight, x) = (noise(3, inputs * outputs), noise(4, rows * inputs));
        let layer = Linear::pack(&weight, Some(noise(5, outputs)), outputs, inputs, Precision::Byte);
        let (mut whole, mut single) = (vec![0.0; rows * outputs], vec![0.0; rows * outputs]);
        let starts: Vec<&[f32]> = x.chunks_exact(inputs).collect();
        let lined = Windows { starts: &starts, length: inputs, stride: inputs };
        layer.cut::<Dots>(&Crew::new(2), lined, &mut whole);
        layer.cut::<Fused<Byte>>(&Crew::new(2), lined, &mut single);
        let size = (single.iter().map(|v| v * v).sum::<f32>() / single.len() as f32).sqrt();
        for (a, b) in whole.iter().zip(&single) {
            assert!((a - b).abs() < size * 3e-4, "{a} and {b}");
        }
        // A number that is not one must not be lost.
        let mut broken = x;
        broken[3] = f32::NAN;
        layer.product_into(&Crew::alone(), &broken, &mut whole);
        assert!(whole[..outputs].iter().all(|v| v.is_nan()) && whole[outputs..].iter().all(|v| v.is_finite()));
    }
}

#[test]
fn nothing_in_gives_the_bias() {
    let layer = Linear::pack(&[0.0; 6], Some(vec![1.0, 2.0]), 2, 3, Precision::Byte);
    assert_eq!(layer.product(&Crew::new(2), &[5.0, 6.0, 7.0]), [1.0, 2.0]);
    assert!(layer.product(&Crew::new(2), &[]).is_empty());
}

#[test]
fn rows_that_overlap_are_as_good_as_copies_of_them() {
    for (length, pieces, stride, rows, hands) in
        [(12, 7, 36, 300, 2), (160, 3, 160, 40, 1), (6, 3, 12, 7, 2), (5, 3, 5, 99, 2)]
    {
        let (inputs, outputs) = (length * pieces, 70);
        let (weight, x) = (noise(1, inputs * outputs), noise(2, (rows + pieces * stride) * length));
        let starts: Vec<&[f32]> = (0..rows).map(|row| &x[row * length..]).collect();
        let gathered: Vec<f32> = starts
            .iter()
            .flat_map(|start| (0..pieces).flat_map(|piece| &start[piece * stride..][..length]))
            .copied()
            .collect();
        for precision in PRECISIONS {
            let layer = Linear::pack(&weight, Some(noise(3, outputs)), outputs, inputs, precision);
            let mut out = vec![0.0; rows * outputs];
            layer.share(&Crew::new(hands), Windows { starts: &starts, length, stride }, &mut out);
            assert!(out == layer.product(&Crew::alone(), &gathered), "{length} {precision:?}");
        }
    }
}

/// What a coarse layer's row is once rounded: `(number, scale)` of each input.
fn rounded(x: &[f32], piece: usize, precision: Precision) -> Vec<(f32, f32)> {
    let round = |piece: &[f32]| -> Vec<(f32, f32)> {
        let top = piece.iter().fold(0.0f32, |top, v| top.max(v.abs()));
        match precision {
            Precision::Byte => piece.iter().map(|v| ((v * (127.0 / top)).round_ties_even(), top / 127.0)).collect(),
            Precision::Brain => piece.iter().map(|&v| (half::bf16::from_f32(v).to_f32(), 1.0)).collect(),
            Precision::Single => piece.iter().map(|&v| (v, 1.0)).collect(),
        }
    };
    x.chunks(piece).flat_map(round).collect()
}

#[test]
fn a_convolutions_taps_are_summed_as_said_alone_and_in_company() {
    for (width, taps, dilation, rows, outputs, hands) in [
        (96, 7, 9, 200, 96, 2),
        (96, 7, 1, 97, 96, 1),
        (768, 3, 3, 13, 70, 2),
        (1024, 1, 1, 12, 130, 3),
        (20, 2, 1, 1, 5, 1),
        (4, 5, 2, 310, 33, 2),
        (6, 3, 2, 111, 17, 2),
        (1, 7, 1, 100, 64, 2),
    ] {
        let inputs = width * taps;
        let (weight, bias) = (noise(1, inputs * outputs), noise(3, outputs));
        let x = noise(2, (rows + (taps - 1) * dilation) * width);
        for precision in PRECISIONS {
            let layer = Linear::coarse(&weight, Some(bias.clone()), (outputs, inputs, width), precision);
            let run = |hands: usize, starts: &[usize]| {
                let (crew, mut sheet, mut out) =
                    (Crew::new(hands), Sheet::default(), vec![0.0; starts.len() * outputs]);
                layer.lay(&crew, &mut sheet, (x.len() / width, width), |first, to| {
                    to.copy_from_slice(&x[first * width..][..to.len()]);
                });
                layer.taps_into(&crew, &sheet, starts, dilation, &mut out);
                out
            };
            let all = run(hands, &(0..rows).collect::<Vec<_>>());
            for row in (0..rows).step_by(7) {
                let own = &all[row * outputs..][..outputs];
                assert_eq!(own, run(1, &[row]), "alone and in company, {width} {precision:?}");
                let taken: Vec<f32> =
                    (0..taps).flat_map(|tap| &x[(row + tap * dilation) * width..][..width]).copied().collect();
                if !layer.coarse {
                    assert_eq!(
                        own,
                        Linear::pack(&weight, Some(bias.clone()), outputs, inputs, precision).forward(&taken)
                    );
                    continue;
                }
                let taken = rounded(&taken, width, precision);
                for (o, &value) in own.iter().enumerate().step_by(11) {
                    let (kept, scale) = kept(&weight[o * inputs..][..inputs], precision);
                    let terms = || {
                        kept.iter().zip(&taken).map(|(&w, &(x, scale))| f64::from(w) * f64::from(x) * f64::from(scale))
                    };
                    let truth = terms().sum::<f64>() * f64::from(scale) + f64::from(bias[o]);
                    // The terms are exact but for the few roundings of their sum.
                    let bound = (terms().map(f64::abs).sum::<f64>() * f64::from(scale) + 1.0) * 1e-6;
                    assert!((f64::from(value) - truth).abs() < bound, "{width} {precision:?}: {value}, not {truth}");
                }
            }
        }
    }
}

#[test]
fn a_coarse_layer_loses_no_number_that_is_none_and_little_else() {
    let (inputs, outputs, rows) = (192, 70, 101);
    let (weight, mut x) = (noise(1, inputs * outputs), noise(2, rows * inputs));
    let exact = Linear::new(&weight, None, outputs, inputs).forward(&x);
    for (precision, limit) in [(Precision::Brain, 6e-3), (Precision::Byte, 2e-2)] {
        let layer = Linear::coarse(&weight, None, (outputs, inputs, inputs), precision);
        let off: f32 = layer.forward(&x).iter().zip(&exact).map(|(a, b)| (a - b) * (a - b)).sum();
        let off = (off / exact.iter().map(|v| v * v).sum::<f32>()).sqrt();
        assert!(off > 0.0 && off < limit, "{precision:?} is off by {off}");
    }
    for broken in [f32::NAN, f32::INFINITY] {
        x[3] = broken;
        for precision in [Precision::Brain, Precision::Byte] {
            let layer = Linear::coarse(&weight, None, (outputs, inputs, inputs), precision);
            let out = layer.forward(&x);
            assert!(out[..outputs].iter().all(|v| !v.is_finite()) && out[outputs..].iter().all(|v| v.is_finite()));
        }
    }
}
