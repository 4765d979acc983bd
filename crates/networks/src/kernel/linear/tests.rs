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
        layer.cut::<Dots>(&Crew::new(2), &x, &mut whole);
        layer.cut::<Fused<Byte>>(&Crew::new(2), &x, &mut single);
        let size = (single.iter().map(|v| v * v).sum::<f32>() / single.len() as f32).sqrt();
        for (a, b) in whole.iter().zip(&single) {
            assert!((a - b).abs() < size * 3e-4, "{a} and {b}");
        }
        // A number that is not one must not be lost.
        let mut broken = x;
        broken[3] = f32::NAN;
        layer.cut::<Dots>(&Crew::alone(), &broken, &mut whole);
        assert!(whole[..outputs].iter().all(|v| v.is_nan()) && whole[outputs..].iter().all(|v| v.is_finite()));
    }
}

#[test]
fn nothing_in_gives_the_bias() {
    let layer = Linear::pack(&[0.0; 6], Some(vec![1.0, 2.0]), 2, 3, Precision::Byte);
    assert_eq!(layer.product(&Crew::new(2), &[5.0, 6.0, 7.0]), [1.0, 2.0]);
    assert!(layer.product(&Crew::new(2), &[]).is_empty());
}
