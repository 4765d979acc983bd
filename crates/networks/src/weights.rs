//! Checkpoints in memory, such as the bundled ones, as named f32 tensors: safetensors bytes from anywhere, checked before
//! any is believed by the same reading as those in files ([`crate::checkpoint`]). It knows no network; shapes are the asker's.

use std::collections::HashMap;

use safetensors::Dtype;
use thiserror::Error;

use crate::checkpoint::header::{self, Place};
use crate::checkpoint::numbers;
use crate::kernel::Linear;

/// Why a checkpoint cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LoadError {
    /// The bytes are not a whole safetensors file.
    #[error("the checkpoint is not a readable safetensors file: {reason}")]
    Unreadable {
        /// What the parser met.
        reason: String,
    },
    /// A tensor that the network needs is not there.
    #[error("the checkpoint has no tensor \"{name}\"")]
    Missing {
        /// Name of the tensor.
        name: String,
    },
    /// A tensor has another shape than the network's.
    #[error("tensor \"{name}\" has the shape {found:?} where the network needs {needed:?}")]
    Shape {
        /// Name of the tensor.
        name: String,
        /// Shape in the file.
        found: Vec<usize>,
        /// Shape that was asked for.
        needed: Vec<usize>,
    },
    /// A tensor holds something that is not a half, bfloat or single number, or not a finite one.
    #[error("tensor \"{name}\" holds {what}")]
    Numbers {
        /// Name of the tensor.
        name: String,
        /// What it holds.
        what: String,
    },
    /// A file that can carry a program: PyTorch's zip archives and pickles.
    #[error("this is a PyTorch archive or pickle, which can carry a program; only safetensors is read")]
    Pickle,
    /// A file of the checkpoint is not there.
    #[error("the file is not there")]
    NoFile,
    /// The description beside the checkpoint cannot be used.
    #[error("the checkpoint's description cannot be used: {reason}")]
    Config {
        /// What is wrong.
        reason: String,
    },
    /// Any of these, in a file whose name is known.
    #[error("{file}: {error}")]
    In {
        /// Name of the file.
        file: String,
        /// What is wrong with it; never another `In`.
        error: Box<LoadError>,
    },
}

impl LoadError {
    /// The same with the file's name, unless it has one already.
    pub fn in_file(self, file: &str) -> Self {
        match self {
            named @ Self::In { .. } => named,
            error => Self::In { file: file.to_owned(), error: Box::new(error) },
        }
    }

    /// What is wrong, whatever the file is called.
    pub fn kind(&self) -> &Self {
        match self {
            Self::In { error, .. } => error,
            error => error,
        }
    }

    /// Stable name of the failure.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "checkpoint_unreadable",
            Self::Missing { .. } => "tensor_missing",
            Self::Shape { .. } => "tensor_shape",
            Self::Numbers { .. } => "tensor_numbers",
            Self::Pickle => "checkpoint_pickle",
            Self::NoFile => "checkpoint_file_missing",
            Self::Config { .. } => "checkpoint_config",
            Self::In { error, .. } => error.code(),
        }
    }

    /// What to do about it.
    pub fn fix(&self) -> String {
        match self {
            Self::Unreadable { .. } | Self::Numbers { .. } => {
                "Get the model's files again; this copy is damaged.".to_owned()
            }
            Self::Missing { .. } | Self::Shape { .. } | Self::Config { .. } => {
                "Use the weights and the description that belong to this version of the program.".to_owned()
            }
            Self::Pickle => "Get the model's .safetensors files instead.".to_owned(),
            Self::NoFile => "Get this file too; it belongs to the model.".to_owned(),
            Self::In { error, .. } => error.fix(),
        }
    }

    pub(crate) fn config(reason: impl Into<String>) -> Self {
        Self::Config { reason: reason.into() }
    }
}

impl From<LoadError> for speech::Fault {
    fn from(error: LoadError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

/// A parsed checkpoint; tensors are widened to f32 when they are asked for.
pub struct Weights<'a> {
    bytes: &'a [u8],
    places: HashMap<String, Place>,
}

impl<'a> Weights<'a> {
    /// Checks the header against the bytes. No tensor is copied yet.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, LoadError> {
        let length = bytes.len() as u64;
        let size = header::announced(&bytes[..bytes.len().min(16)], length)?;
        let places = header::parse(&bytes[8..][..size as usize], length)?;
        Ok(Self { bytes, places })
    }

    /// Whether a tensor of this name is there.
    pub fn has(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// Names and shapes of all tensors, in no order.
    pub fn names(&self) -> impl Iterator<Item = (&str, &[usize])> {
        self.places.iter().map(|(name, place)| (name.as_str(), place.shape.as_slice()))
    }

    /// The numbers of `name`, which must have exactly this shape and be finite.
    pub fn tensor(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, LoadError> {
        let place = self.place(name)?;
        if place.shape != shape {
            let (found, needed) = (place.shape.clone(), shape.to_vec());
            return Err(LoadError::Shape { name: name.to_owned(), found, needed });
        }
        let data = self.data(place);
        numbers(name, place.dtype, place.bytes, &mut |at, buffer| {
            buffer.copy_from_slice(&data[at as usize..][..buffer.len()]);
            Ok(())
        })
    }

    fn place(&self, name: &str) -> Result<&Place, LoadError> {
        self.places.get(name).ok_or_else(|| LoadError::Missing { name: name.to_owned() })
    }

    /// The bytes of a tensor: inside of `bytes`, as the header was checked.
    fn data(&self, place: &Place) -> &'a [u8] {
        &self.bytes[place.from as usize..][..place.bytes]
    }

    /// Code numbers `(groups, blocks, books)`: the count of blocks and the numbers.
    pub fn codes(&self, name: &str, groups: usize, books: usize) -> Result<(usize, Vec<usize>), LoadError> {
        let place = self.place(name)?;
        let wrong = |blocks| {
            let (found, needed) = (place.shape.clone(), vec![groups, blocks, books]);
            LoadError::Shape { name: name.to_owned(), found, needed }
        };
        let &[found, blocks, width] = place.shape.as_slice() else { return Err(wrong(0)) };
        if found != groups || width != books || place.dtype != Dtype::I32 {
            return Err(wrong(blocks));
        }
        let numbers = self.data(place).as_chunks::<4>().0.iter().map(|&b| usize::try_from(i32::from_le_bytes(b)));
        match numbers.collect() {
            Ok(codes) => Ok((blocks, codes)),
            Err(_) => Err(LoadError::Numbers { name: name.to_owned(), what: "a negative code".to_owned() }),
        }
    }

    /// As [`Self::tensor`] where several shapes mean the same numbers.
    pub fn tensor_of(&self, name: &str, shapes: &[&[usize]]) -> Result<Vec<f32>, LoadError> {
        let mut outcome = Err(LoadError::Missing { name: name.to_owned() });
        for shape in shapes {
            outcome = self.tensor(name, shape);
            if !matches!(outcome, Err(LoadError::Shape { .. })) {
                break;
            }
        }
        outcome
    }

    /// `name.weight` `(outputs, inputs)` with `name.bias`.
    pub fn linear(&self, name: &str, outputs: usize, inputs: usize) -> Result<Linear, LoadError> {
        let weight = self.tensor(&format!("{name}.weight"), &[outputs, inputs])?;
        let bias = self.tensor(&format!("{name}.bias"), &[outputs])?;
        Ok(Linear::new(&weight, Some(bias), outputs, inputs))
    }

    /// `name.weight` `(outputs, inputs)` alone.
    pub fn linear_without_bias(&self, name: &str, outputs: usize, inputs: usize) -> Result<Linear, LoadError> {
        let weight = self.tensor(&format!("{name}.weight"), &[outputs, inputs])?;
        Ok(Linear::new(&weight, None, outputs, inputs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use safetensors::tensor::{TensorView, serialize};

    fn file() -> Vec<u8> {
        let single: Vec<u8> = [1.0f32, -2.0, 0.5, 4.0].iter().flat_map(|v| v.to_le_bytes()).collect();
        let half: Vec<u8> = [1.5f32, -3.0].iter().flat_map(|v| half::f16::from_f32(*v).to_le_bytes()).collect();
        let brain: Vec<u8> =
            [1.5f32, f32::INFINITY].iter().flat_map(|v| half::bf16::from_f32(*v).to_le_bytes()).collect();
        serialize(
            vec![
                ("a", TensorView::new(Dtype::F32, vec![2, 2], &single).unwrap()),
                ("b", TensorView::new(Dtype::F16, vec![2], &half).unwrap()),
                ("c", TensorView::new(Dtype::BF16, vec![2], &brain).unwrap()),
                ("d", TensorView::new(Dtype::U8, vec![2], &[1, 2]).unwrap()),
            ],
            None,
        )
        .unwrap()
    }

    #[test]
    fn every_kind_of_fault_has_its_name() {
        let bytes = file();
        let weights = Weights::parse(&bytes).unwrap();
        assert_eq!(weights.tensor("a", &[2, 2]).unwrap(), [1.0, -2.0, 0.5, 4.0]);
        assert_eq!(weights.tensor("b", &[2]).unwrap(), [1.5, -3.0]);
        assert_eq!(weights.tensor("c", &[2]).unwrap_err().code(), "tensor_numbers");
        assert_eq!(weights.tensor("d", &[2]).unwrap_err().code(), "tensor_numbers");
        assert_eq!(weights.tensor("e", &[2]).unwrap_err().code(), "tensor_missing");
        let shape = weights.tensor("a", &[4]).unwrap_err();
        assert_eq!(shape.to_string(), "tensor \"a\" has the shape [2, 2] where the network needs [4]");
        for cut in [0, 7, 8, 40, bytes.len() - 1] {
            assert_eq!(Weights::parse(&bytes[..cut]).err().map(|e| e.code()), Some("checkpoint_unreadable"));
        }
        let mut huge = bytes.clone();
        huge[..8].copy_from_slice(&u64::MAX.to_le_bytes());
        assert_eq!(Weights::parse(&huge).err().map(|e| e.code()), Some("checkpoint_unreadable"));
    }

    proptest! {
        #[test]
        fn damaged_bytes_never_panic(at in 0usize..400, value in any::<u8>(), cut in 0usize..600) {
            let mut bytes = file();
            let at = at % bytes.len();
            bytes[at] = value;
            bytes.truncate(cut.max(1));
            if let Ok(weights) = Weights::parse(&bytes) {
                for name in ["a", "b", "c", "d"] {
                    let _ = weights.tensor(name, &[2]);
                    let _ = weights.tensor(name, &[2, 2]);
                }
            }
        }

        #[test]
        fn random_headers_never_panic(header in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
            bytes.extend(header);
            let _ = Weights::parse(&bytes);
        }
    }
}
