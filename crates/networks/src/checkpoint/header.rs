//! The header of a safetensors file: what it says of each tensor, believed only after it has been checked against the
//! length of the file. It reads bytes that it is given; it opens nothing and knows no network.

use std::collections::HashMap;
use std::fmt;

use safetensors::Dtype;
use serde::Deserialize;
use serde::de::{self, IgnoredAny, MapAccess, Visitor};

use crate::weights::LoadError;

/// Largest header that is read, in bytes: real ones take a few hundred bytes for each tensor.
pub const MOST_HEADER_BYTES: u64 = 16 << 20;
/// Most tensors of one file.
pub const MOST_TENSORS: usize = 1 << 16;
/// Longest name of a tensor, in bytes.
pub const MOST_NAME: usize = 256;
/// Most dimensions of a tensor.
pub const MOST_DIMENSIONS: usize = 8;

/// Where a tensor lies and what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    /// First byte, counted from the start of the file.
    pub from: u64,
    /// Size in bytes: dtype times shape.
    pub bytes: usize,
}

/// Size of the header behind the eight bytes that announce it. `start` is the start of the file, as much of 16 bytes as
/// there is, and `length` the length of the whole file in bytes.
pub fn announced(start: &[u8], length: u64) -> Result<u64, LoadError> {
    // PyTorch writes zip archives and pickles, which are programs; neither is opened under any name.
    let pickle = start.len() > 2 && start[0] == 0x80 && (2..=5).contains(&start[1]) && start.get(8) != Some(&b'{');
    if start.starts_with(b"PK\x03\x04") || pickle {
        return Err(LoadError::Pickle);
    }
    let Some(size) = start.first_chunk::<8>() else {
        return Err(unreadable("it is shorter than its own length field"));
    };
    let size = u64::from_le_bytes(*size);
    if size > MOST_HEADER_BYTES || size > length.saturating_sub(8) {
        return Err(unreadable(format!("it announces a header of {size} bytes")));
    }
    Ok(size)
}

/// Reads a header and checks it against the `length` of the whole file: every tensor lies inside of it, takes exactly the
/// bytes that its dtype and shape say, and none overlaps another nor leaves a gap.
pub(crate) fn parse(header: &[u8], length: u64) -> Result<HashMap<String, Place>, LoadError> {
    let Listed(listed) = serde_json::from_slice(header).map_err(|error| unreadable(short(&error.to_string())))?;
    let start = 8 + header.len() as u64;
    let mut order = Vec::with_capacity(listed.len());
    let mut places = HashMap::with_capacity(listed.len());
    for (name, told) in listed {
        if name.is_empty() || name.len() > MOST_NAME || name.chars().any(char::is_control) {
            return Err(unreadable(format!("it has a tensor with an unusable name, \"{}\"", shown(&name))));
        }
        let numbers = |what: String| LoadError::Numbers { name: name.clone(), what };
        let dtype = dtype(&told.dtype).ok_or_else(|| numbers(format!("{} numbers", shown(&told.dtype))))?;
        if told.shape.len() > MOST_DIMENSIONS {
            return Err(numbers(format!("numbers in {} dimensions", told.shape.len())));
        }
        let count = told.shape.iter().try_fold(1_u64, |count, &size| count.checked_mul(size));
        let bits = count.and_then(|count| count.checked_mul(dtype.bitsize() as u64));
        let [from, to] = told.data_offsets;
        let exact = bits.is_some_and(|bits| bits % 8 == 0 && to.checked_sub(from) == Some(bits / 8));
        let (Some(end), true) = (start.checked_add(to), exact) else {
            return Err(unreadable(format!("the bytes of the tensor \"{name}\" do not fit its shape")));
        };
        if end > length {
            return Err(unreadable(format!("it ends before the tensor \"{name}\" does")));
        }
        let sizes = told.shape.iter().map(|&size| usize::try_from(size)).collect();
        let (Ok(shape), Ok(bytes)) = (sizes, usize::try_from(to - from)) else {
            return Err(unreadable(format!("the tensor \"{name}\" is larger than this machine can address")));
        };
        order.push((from, to, name.clone()));
        if places.insert(name.clone(), Place { dtype, shape, from: start + from, bytes }).is_some() {
            return Err(unreadable(format!("the tensor \"{name}\" is there twice")));
        }
    }
    order.sort_unstable();
    let mut end = 0;
    for (from, to, name) in order {
        if from != end {
            return Err(unreadable(format!("the tensor \"{name}\" overlaps another or leaves a gap")));
        }
        end = to;
    }
    if start + end != length {
        return Err(unreadable(format!("{} bytes at its end belong to no tensor", length - start - end)));
    }
    Ok(places)
}

fn dtype(name: &str) -> Option<Dtype> {
    serde_json::from_value(serde_json::Value::String(name.to_owned())).ok()
}

fn unreadable(reason: impl Into<String>) -> LoadError {
    LoadError::Unreadable { reason: reason.into() }
}

/// The start of a text from outside, for an error that stays one line.
fn shown(text: &str) -> String {
    text.chars().take(60).flat_map(char::escape_debug).collect()
}

fn short(text: &str) -> String {
    text.chars().filter(|sign| !sign.is_control()).take(160).collect()
}

#[derive(Deserialize)]
struct Told {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: [u64; 2],
}

/// The tensors in the order of the file. A map would keep the last of two of the same name and say nothing.
struct Listed(Vec<(String, Told)>);

impl<'de> Deserialize<'de> for Listed {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Listed;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object that names tensors")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Listed, A::Error> {
                let mut entries = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    if name == "__metadata__" {
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    }
                    if entries.len() == MOST_TENSORS {
                        return Err(de::Error::custom(format!("it lists more than {MOST_TENSORS} tensors")));
                    }
                    entries.push((name, map.next_value()?));
                }
                Ok(Listed(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}
