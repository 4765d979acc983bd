//! Every stage against the numbers of the Python that trains the networks: small random checkpoints and their golden
//! tensors, made by `training/golden.py`. `STARTER_GOLDEN` names another folder, such as one of full size.

#![cfg(test)]

use std::path::PathBuf;

use safetensors::{Dtype, SafeTensors};

/// Numbers by name.
pub(super) struct Golden {
    bytes: Vec<u8>,
}

impl Golden {
    pub fn numbers(&self, name: &str) -> Vec<f32> {
        let tensors = SafeTensors::deserialize(&self.bytes).unwrap();
        let view = tensors.tensor(name).unwrap_or_else(|_| panic!("no golden {name}"));
        let words = view.data().as_chunks::<4>().0.iter();
        match view.dtype() {
            Dtype::F32 => words.map(|&b| f32::from_le_bytes(b)).collect(),
            Dtype::I32 => words.map(|&b| i32::from_le_bytes(b) as f32).collect(),
            other => panic!("{other:?}"),
        }
    }

    pub fn indices(&self, name: &str) -> Vec<usize> {
        self.numbers(name).iter().map(|&v| v as usize).collect()
    }

    pub fn has(&self, name: &str) -> bool {
        SafeTensors::deserialize(&self.bytes).unwrap().tensor(name).is_ok()
    }
}

/// Weights, description and golden numbers of `name`.
pub(super) fn open(name: &str) -> (Vec<u8>, String, Golden) {
    let folder = std::env::var_os("STARTER_GOLDEN")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/starter"), PathBuf::from);
    let read = |file: String| std::fs::read(folder.join(&file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    let config = String::from_utf8(read(format!("{name}.json"))).unwrap();
    (read(format!("{name}.safetensors")), config, Golden { bytes: read(format!("{name}-golden.safetensors")) })
}

/// Largest difference, against the largest number. Long golden arrays may be cut to their beginning.
pub(super) fn assert_close(what: &str, found: &[f32], wanted: &[f32], tolerance: f32) {
    assert!(found.len() >= wanted.len() && !wanted.is_empty(), "{what}: {} of {}", found.len(), wanted.len());
    let size = wanted.iter().fold(1e-3f32, |size, v| size.max(v.abs()));
    let (at, worst) = found
        .iter()
        .zip(wanted)
        .map(|(a, b)| (a - b).abs())
        .enumerate()
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .unwrap_or((0, 0.0));
    assert!(worst <= tolerance * size, "{what}: {} instead of {} at {at} (largest {size})", found[at], wanted[at]);
    eprintln!("{what}: worst {:.1e} of {size:.3}", worst / size);
}
