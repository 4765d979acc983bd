//! A checkpoint as it lies in a folder: one or several safetensors files, read tensor by tensor with positioned reads, so
//! that nothing of it stays in memory but what a network keeps. It knows no network; shapes are the asker's.
//!
//! Only safetensors is read: it is plain data. Every error names the file and, where there is one, the tensor.

mod folder;
pub mod header;
mod numbers;
mod position;

#[cfg(test)]
pub(crate) mod tests;

use std::collections::HashMap;
use std::fs::File;

pub use safetensors::Dtype;

use crate::kernel::{Linear, Precision};
use crate::weights::LoadError;
use header::Place;
pub(crate) use numbers::{is_number, numbers};

/// Named tensors in files.
pub struct Checkpoint {
    files: Vec<Named>,
    places: HashMap<String, (usize, Place)>,
}

struct Named {
    name: String,
    file: File,
}

impl Checkpoint {
    /// Reads the headers of the files and checks them against their lengths. Errors call them `file 1`, `file 2`, …;
    /// [`Self::open_named`] and [`Self::open_folder`] know better names.
    pub fn open(files: Vec<File>) -> Result<Self, LoadError> {
        Self::open_named((1..).map(|number| format!("file {number}")).zip(files).collect())
    }

    /// The same, with the names that errors are to call the files by.
    pub fn open_named(files: Vec<(String, File)>) -> Result<Self, LoadError> {
        let mut all = Self { files: Vec::new(), places: HashMap::new() };
        for (name, file) in files {
            let places = read_header(&file).map_err(|error| error.in_file(&name))?;
            for (tensor, place) in places {
                if all.places.contains_key(&tensor) {
                    let reason = format!("the tensor \"{tensor}\" is in two files");
                    return Err(LoadError::Unreadable { reason }.in_file(&name));
                }
                all.places.insert(tensor, (all.files.len(), place));
            }
            all.files.push(Named { name, file });
        }
        Ok(all)
    }

    /// Whether a tensor of this name is there.
    pub fn has(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// Shape of a tensor, if it is there.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.places.get(name).map(|(_, place)| place.shape.as_slice())
    }

    /// What kind of numbers a tensor holds, if it is there.
    pub fn dtype(&self, name: &str) -> Option<Dtype> {
        self.places.get(name).map(|(_, place)| place.dtype)
    }

    /// Which file a tensor lies in; where it is nowhere, the file or files in which it was looked for.
    pub fn file_of(&self, name: &str) -> String {
        match (self.places.get(name), self.files.as_slice()) {
            (Some((file, _)), files) => files[*file].name.clone(),
            (None, []) => "no file".to_owned(),
            (None, [one]) => one.name.clone(),
            (None, [first, rest @ ..]) => format!("{} and {} more", first.name, rest.len()),
        }
    }

    /// Names of its files.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.name.as_str())
    }

    /// Names of all tensors, in no order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.places.keys().map(String::as_str)
    }

    /// The numbers of `name`, which must have exactly this shape and be finite.
    pub fn tensor(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, LoadError> {
        let (file, place) = self.place(name, shape)?;
        self.numbers(name, file, place, 0, place.bytes)
    }

    /// One row of the matrix `name`, `width` numbers wide: for tables too large to be kept in memory.
    pub fn row(&self, name: &str, row: usize, width: usize) -> Result<Vec<f32>, LoadError> {
        let rows = self.shape(name).and_then(|shape| shape.first().copied()).unwrap_or(0);
        let (file, place) = self.place(name, &[rows, width])?;
        if row >= rows {
            let what = format!("{rows} rows and no row {row}");
            return Err(LoadError::Numbers { name: name.to_owned(), what }.in_file(&file.name));
        }
        let bytes = place.bytes / rows;
        self.numbers(name, file, place, row as u64 * bytes as u64, bytes)
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

    /// Shape and values of a tensor of whole numbers, such as the codes of a reference run.
    pub fn integers(&self, name: &str) -> Result<(Vec<usize>, Vec<i64>), LoadError> {
        let shape = self.shape(name).unwrap_or_default().to_vec();
        let (file, place) = self.place(name, &shape)?;
        let mut data = vec![0; place.bytes];
        position::read_exact_at(&file.file, &mut data, place.from).map_err(|error| {
            LoadError::Unreadable { reason: format!("tensor \"{name}\": {error}") }.in_file(&file.name)
        })?;
        let numbers = match place.dtype {
            Dtype::I64 => data.as_chunks::<8>().0.iter().map(|&b| i64::from_le_bytes(b)).collect(),
            Dtype::I32 => data.as_chunks::<4>().0.iter().map(|&b| i64::from(i32::from_le_bytes(b))).collect(),
            other => {
                let what = format!("{other:?} numbers");
                return Err(LoadError::Numbers { name: name.to_owned(), what }.in_file(&file.name));
            }
        };
        Ok((shape, numbers))
    }

    /// Whether nothing in it is kept at 16 bits.
    pub fn is_single(&self) -> bool {
        self.places.values().all(|(_, place)| !matches!(place.dtype, Dtype::BF16 | Dtype::F16))
    }

    fn place(&self, name: &str, shape: &[usize]) -> Result<(&Named, &Place), LoadError> {
        let Some((file, place)) = self.places.get(name) else {
            return Err(LoadError::Missing { name: name.to_owned() }.in_file(&self.file_of(name)));
        };
        let file = &self.files[*file];
        if place.shape != shape {
            let (found, needed) = (place.shape.clone(), shape.to_vec());
            return Err(LoadError::Shape { name: name.to_owned(), found, needed }.in_file(&file.name));
        }
        Ok((file, place))
    }

    fn numbers(&self, name: &str, file: &Named, place: &Place, skip: u64, bytes: usize) -> Result<Vec<f32>, LoadError> {
        let read = &mut |at: u64, buffer: &mut [u8]| {
            position::read_exact_at(&file.file, buffer, place.from + skip + at)
                .map_err(|error| LoadError::Unreadable { reason: format!("tensor \"{name}\": {error}") })
        };
        numbers(name, place.dtype, bytes, read).map_err(|error| error.in_file(&file.name))
    }
}

fn read_header(file: &File) -> Result<HashMap<String, Place>, LoadError> {
    let failed = |error: std::io::Error| LoadError::Unreadable { reason: error.to_string() };
    let length = file.metadata().map_err(failed)?.len();
    let mut start = [0; 16];
    let start = &mut start[..length.min(16) as usize];
    position::read_exact_at(file, start, 0).map_err(failed)?;
    let size = header::announced(start, length)?;
    let mut bytes = vec![0; size as usize];
    position::read_exact_at(file, &mut bytes, 8).map_err(failed)?;
    header::parse(&bytes, length)
}
