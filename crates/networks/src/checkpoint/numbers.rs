//! The one reading of numbers, for checkpoints in memory and in files: halves, brain floats and singles become singles, in
//! steps, so that a large tensor is never in memory twice. Every number must be finite.

use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};
use safetensors::Dtype;

use crate::weights::LoadError;

/// Bytes that are read at once; a multiple of every width.
const STEP: usize = 1 << 20;

/// Fills a buffer with the bytes from a place on.
pub(crate) type Read<'a> = &'a mut dyn FnMut(u64, &mut [u8]) -> Result<(), LoadError>;

/// Whether tensors of this dtype can be read as numbers of a network.
pub(crate) fn is_number(dtype: Dtype) -> bool {
    matches!(dtype, Dtype::F32 | Dtype::F16 | Dtype::BF16)
}

/// `bytes` bytes of the tensor `name`, which holds numbers of this dtype. `read(at, buffer)` fills the buffer with the bytes
/// from `at`, counted from the first that is wanted.
pub(crate) fn numbers(name: &str, dtype: Dtype, bytes: usize, read: Read<'_>) -> Result<Vec<f32>, LoadError> {
    let wrong = |what: String| LoadError::Numbers { name: name.to_owned(), what };
    if !is_number(dtype) {
        return Err(wrong(format!("{dtype} numbers")));
    }
    let mut numbers = Vec::with_capacity(bytes / (dtype.bitsize() / 8));
    let mut step = vec![0; STEP.min(bytes)];
    let mut at = 0;
    while at < bytes {
        let step = &mut step[..STEP.min(bytes - at)];
        read(at as u64, step)?;
        at += step.len();
        let before = numbers.len();
        match dtype {
            Dtype::F32 => numbers.extend(step.as_chunks::<4>().0.iter().map(|&b| f32::from_le_bytes(b))),
            Dtype::F16 => {
                let halves: Vec<f16> = step.as_chunks::<2>().0.iter().map(|&b| f16::from_le_bytes(b)).collect();
                numbers.resize(before + halves.len(), 0.0);
                halves.convert_to_f32_slice(&mut numbers[before..]);
            }
            _ => {
                let brains = step.as_chunks::<2>().0.iter().map(|&b| bf16::from_le_bytes(b).to_f32());
                numbers.extend(brains);
            }
        }
        if !numbers[before..].iter().all(|v| v.is_finite()) {
            return Err(wrong("a number that is not finite".to_owned()));
        }
    }
    Ok(numbers)
}
