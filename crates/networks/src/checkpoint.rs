//! A checkpoint as it lies in a folder: one or several safetensors files, read tensor by tensor with positioned reads, so
//! that nothing of it stays in memory but what a network keeps. It knows no network; shapes are the asker's.

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt;

use half::slice::HalfFloatSliceExt;
use safetensors::Dtype;
use safetensors::tensor::Metadata;

use crate::kernel::{Linear, Precision};
use crate::weights::LoadError;

/// Largest header that is read: real ones take a few hundred bytes for each tensor.
const HEADER_LIMIT: u64 = 16 << 20;

/// Named tensors in files.
pub struct Checkpoint {
    files: Vec<File>,
    places: HashMap<String, Place>,
}

/// Where a tensor lies.
struct Place {
    file: usize,
    dtype: Dtype,
    shape: Vec<usize>,
    from: u64,
    bytes: usize,
}

impl Checkpoint {
    /// Reads the headers of the files and checks them against their lengths.
    pub fn open(files: Vec<File>) -> Result<Self, LoadError> {
        let unreadable = |reason: String| LoadError::Unreadable { reason };
        let mut places = HashMap::new();
        for (number, file) in files.iter().enumerate() {
            let length = file.metadata().map_err(|error| unreadable(error.to_string()))?.len();
            let mut size = [0; 8];
            file.read_exact_at(&mut size, 0)
                .map_err(|_| unreadable("it is shorter than its own length field".to_owned()))?;
            let size = u64::from_le_bytes(size);
            if size > HEADER_LIMIT || size > length - 8 {
                return Err(unreadable(format!("it announces a header of {size} bytes")));
            }
            let mut header = vec![0; size as usize];
            file.read_exact_at(&mut header, 8).map_err(|error| unreadable(error.to_string()))?;
            let header: Metadata = serde_json::from_slice(&header).map_err(|error| unreadable(error.to_string()))?;
            for (name, info) in header.tensors() {
                let (from, to) = info.data_offsets;
                if 8 + size + to as u64 > length {
                    return Err(unreadable(format!("it ends before the tensor \"{name}\" does")));
                }
                let place = Place {
                    file: number,
                    dtype: info.dtype,
                    shape: info.shape.clone(),
                    from: 8 + size + from as u64,
                    bytes: to - from,
                };
                if places.insert(name.clone(), place).is_some() {
                    return Err(unreadable(format!("the tensor \"{name}\" is there twice")));
                }
            }
        }
        Ok(Self { files, places })
    }

    /// Whether a tensor of this name is there.
    pub fn has(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// Shape of a tensor, if it is there.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.places.get(name).map(|place| place.shape.as_slice())
    }

    /// Names of all tensors, in no order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.places.keys().map(String::as_str)
    }

    /// The numbers of `name`, which must have exactly this shape and be finite.
    pub fn tensor(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, LoadError> {
        let place = self.place(name, shape)?;
        self.numbers(name, place, 0, place.bytes)
    }

    /// One row of the matrix `name`, `width` numbers wide: for tables too large to be kept in memory.
    pub fn row(&self, name: &str, row: usize, width: usize) -> Result<Vec<f32>, LoadError> {
        let place = self.places.get(name).ok_or_else(|| LoadError::Missing { name: name.to_owned() })?;
        let place = self.place(name, &[*place.shape.first().unwrap_or(&0), width])?;
        if row >= place.shape[0] {
            return Err(LoadError::Numbers { name: name.to_owned(), what: format!("no row {row}") });
        }
        let bytes = place.bytes / place.shape[0];
        self.numbers(name, place, (row * bytes) as u64, bytes)
    }

    /// `name.weight` `(outputs, inputs)`, with `name.bias` if `biased`, kept in memory at `precision`.
    pub fn linear(
        &self,
        name: &str,
        (outputs, inputs): (usize, usize),
        biased: bool,
        precision: Precision,
    ) -> Result<Linear, LoadError> {
        let weight = self.tensor(&format!("{name}.weight"), &[outputs, inputs])?;
        let bias = if biased { Some(self.tensor(&format!("{name}.bias"), &[outputs])?) } else { None };
        Ok(Linear::pack(&weight, bias, outputs, inputs, precision))
    }

    fn place(&self, name: &str, shape: &[usize]) -> Result<&Place, LoadError> {
        let place = self.places.get(name).ok_or_else(|| LoadError::Missing { name: name.to_owned() })?;
        if place.shape != shape {
            let (found, needed) = (place.shape.clone(), shape.to_vec());
            return Err(LoadError::Shape { name: name.to_owned(), found, needed });
        }
        Ok(place)
    }

    fn numbers(&self, name: &str, place: &Place, skip: u64, bytes: usize) -> Result<Vec<f32>, LoadError> {
        let wrong = |what: String| LoadError::Numbers { name: name.to_owned(), what };
        let mut data = vec![0; bytes];
        self.files[place.file]
            .read_exact_at(&mut data, place.from + skip)
            .map_err(|error| LoadError::Unreadable { reason: error.to_string() })?;
        let pairs = || data.as_chunks::<2>().0;
        let numbers: Vec<f32> = match place.dtype {
            Dtype::F32 => data.as_chunks::<4>().0.iter().map(|&b| f32::from_le_bytes(b)).collect(),
            Dtype::F16 => pairs().iter().map(|&b| half::f16::from_le_bytes(b)).collect::<Vec<_>>().to_f32_vec(),
            Dtype::BF16 => pairs().iter().map(|&b| half::bf16::from_le_bytes(b)).collect::<Vec<_>>().to_f32_vec(),
            other => return Err(wrong(format!("{other:?} numbers"))),
        };
        if !numbers.iter().all(|v| v.is_finite()) {
            return Err(wrong("a number that is not finite".to_owned()));
        }
        Ok(numbers)
    }
}
