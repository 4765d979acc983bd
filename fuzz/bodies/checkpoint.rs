//! Any bytes as a safetensors file: refused, or every tensor can be asked for and lies inside of the file.

use networks::weights::Weights;

/// What must hold for any bytes.
pub fn body(data: &[u8]) {
    let Ok(weights) = Weights::parse(data) else { return };
    let mut held = 0_u64;
    for (name, shape) in weights.names() {
        assert!(!name.is_empty() && name.len() <= 256 && shape.len() <= 8);
        if let Ok(numbers) = weights.tensor(name, shape) {
            assert_eq!(numbers.len(), shape.iter().product::<usize>());
            assert!(numbers.iter().all(|number| number.is_finite()));
            held += 2 * numbers.len() as u64;
        }
        let error = weights.tensor(name, &[usize::MAX]).expect_err("no tensor is that large").to_string();
        assert!(!error.contains('\n'), "{error}");
    }
    // Tensors do not overlap: together they are no larger than the file.
    assert!(held <= data.len() as u64);
}
