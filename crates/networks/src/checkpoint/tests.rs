//! Checkpoints in files, with every way in which a file, an index or a folder can lie.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use safetensors::tensor::{TensorView, serialize};
use tempfile::TempDir;

use super::*;

/// A file with these tensors, each holding 0, 1, 2, … in single numbers.
pub fn file(tensors: &[(&str, &[usize])]) -> Vec<u8> {
    let data: Vec<Vec<u8>> = tensors
        .iter()
        .map(|(_, shape)| (0..shape.iter().product::<usize>()).flat_map(|v| (v as f32).to_le_bytes()).collect())
        .collect();
    let views = tensors
        .iter()
        .zip(&data)
        .map(|((name, shape), data)| (name.to_string(), TensorView::new(Dtype::F32, shape.to_vec(), data).unwrap()));
    serialize(views.collect::<Vec<_>>(), None).unwrap()
}

/// A file with this header and so many bytes behind it.
fn raw(header: &str, bytes: usize) -> Vec<u8> {
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.as_bytes());
    file.resize(file.len() + bytes, 0);
    file
}

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn refused(folder: &Path) -> LoadError {
    let error = Checkpoint::open_folder(folder).err().expect("it should be refused");
    assert!(!error.to_string().contains('\n'), "{error}");
    error
}

#[test]
fn one_file_is_read_by_tensor_and_by_row() {
    let folder = folder(&[(folder::WHOLE, &file(&[("a", &[3, 2]), ("b", &[0, 4]), ("c", &[])]))]);
    let checkpoint = Checkpoint::open_folder(folder.path()).unwrap();
    assert_eq!(checkpoint.tensor("a", &[3, 2]).unwrap(), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    assert_eq!(checkpoint.row("a", 1, 2).unwrap(), [2.0, 3.0]);
    assert_eq!(checkpoint.tensor("b", &[0, 4]).unwrap(), [0.0; 0]);
    assert_eq!(checkpoint.tensor("c", &[]).unwrap(), [0.0]);
    assert_eq!(checkpoint.row("b", 0, 4).unwrap_err().code(), "tensor_numbers");
    let errors = [
        (
            checkpoint.tensor("a", &[6]),
            "model.safetensors: tensor \"a\" has the shape [3, 2] where the network needs [6]",
        ),
        (checkpoint.tensor("d", &[1]), "model.safetensors: the checkpoint has no tensor \"d\""),
        (checkpoint.row("a", 3, 2), "model.safetensors: tensor \"a\" holds 3 rows and no row 3"),
        (checkpoint.row("c", 0, 1), "model.safetensors: tensor \"c\" has the shape [] where the network needs [0, 1]"),
    ];
    for (found, words) in errors {
        assert_eq!(found.unwrap_err().to_string(), words);
    }
}

#[test]
fn steps_of_reading_join_without_a_seam() {
    // More than two steps of a mebibyte, and not a multiple of one.
    let count = 700_001;
    for (dtype, width) in [(Dtype::F32, 4), (Dtype::F16, 2), (Dtype::BF16, 2)] {
        let numbers: Vec<f32> = (0..count).map(|v| (v % 251) as f32).collect();
        let bytes: Vec<u8> = match dtype {
            Dtype::F32 => numbers.iter().flat_map(|v| v.to_le_bytes()).collect(),
            Dtype::F16 => numbers.iter().flat_map(|v| half::f16::from_f32(*v).to_le_bytes()).collect(),
            _ => numbers.iter().flat_map(|v| half::bf16::from_f32(*v).to_le_bytes()).collect(),
        };
        assert_eq!(bytes.len(), count * width);
        let bytes = serialize([("a", TensorView::new(dtype, vec![count], &bytes).unwrap())], None).unwrap();
        let folder = folder(&[(folder::WHOLE, &bytes)]);
        assert!(Checkpoint::open_folder(folder.path()).unwrap().tensor("a", &[count]).unwrap() == numbers, "{dtype}");
    }
}

#[test]
fn unread_tensors_of_other_kinds_do_no_harm() {
    let flag = [1_u8];
    let count = 5_i64.to_le_bytes();
    let bytes = serialize(
        [
            ("codebook.initialized", TensorView::new(Dtype::U8, vec![1], &flag).unwrap()),
            ("count", TensorView::new(Dtype::I64, vec![1], &count).unwrap()),
        ],
        None,
    )
    .unwrap();
    let folder = folder(&[(folder::WHOLE, &bytes)]);
    let checkpoint = Checkpoint::open_folder(folder.path()).unwrap();
    assert_eq!(checkpoint.dtype("codebook.initialized"), Some(Dtype::U8));
    let error = checkpoint.tensor("count", &[1]).unwrap_err();
    assert_eq!(error.to_string(), "model.safetensors: tensor \"count\" holds I64 numbers");
}

#[test]
fn a_header_that_lies_is_refused() {
    let tensor = |name: &str, dtype: &str, shape: &str, from: u64, to: u64| {
        format!(r#""{name}":{{"dtype":"{dtype}","shape":{shape},"data_offsets":[{from},{to}]}}"#)
    };
    let one = |dtype: &str, shape: &str, from, to| format!("{{{}}}", tensor("a", dtype, shape, from, to));
    let two = |from, to| format!("{{{},{}}}", tensor("a", "F32", "[2]", 0, 8), tensor("b", "F32", "[2]", from, to));
    let long = format!("{{{}}}", tensor(&"n".repeat(300), "F32", "[2]", 0, 8));
    let many = (0..70_000).map(|n| tensor(&format!("t{n}"), "F32", "[0]", 0, 0)).collect::<Vec<_>>().join(",");
    let twice = format!("{{{},{}}}", tensor("a", "F32", "[2]", 0, 8), tensor("a", "F32", "[2]", 0, 8));
    for (file, code, word) in [
        (raw(&one("F32", "[2]", 0, 8), 8)[..7].to_vec(), "checkpoint_unreadable", "shorter than its own"),
        (raw(&one("F32", "[2]", 0, 8), 7), "checkpoint_unreadable", "ends before the tensor \"a\""),
        (raw(&one("F32", "[2]", 0, 8), 9), "checkpoint_unreadable", "1 bytes at its end"),
        (raw(&one("F32", "[2]", 4, 12), 12), "checkpoint_unreadable", "leaves a gap"),
        (raw(&one("F32", "[2]", 8, 0), 8), "checkpoint_unreadable", "do not fit its shape"),
        (raw(&one("F32", "[3]", 0, 8), 8), "checkpoint_unreadable", "do not fit its shape"),
        (raw(&one("F32", "[4611686018427387905]", 0, 4), 4), "checkpoint_unreadable", "do not fit its shape"),
        (raw(&one("F32", "[4294967296,4294967296]", 0, 0), 0), "checkpoint_unreadable", "do not fit its shape"),
        (raw(&one("F32", "[2]", 0, u64::MAX), 8), "checkpoint_unreadable", "do not fit its shape"),
        (raw(&one("F32", "[-2]", 0, 8), 8), "checkpoint_unreadable", ""),
        (raw(&one("F32", "[1,1,1,1,1,1,1,1,2]", 0, 8), 8), "tensor_numbers", "9 dimensions"),
        (raw(&one("Q4_K", "[2]", 0, 8), 8), "tensor_numbers", "Q4_K"),
        (raw(&two(4, 12), 12), "checkpoint_unreadable", "overlaps"),
        (raw(&two(12, 20), 20), "checkpoint_unreadable", "leaves a gap"),
        (raw(&twice, 8), "checkpoint_unreadable", "twice"),
        (raw(&long, 8), "checkpoint_unreadable", "unusable name"),
        (raw(&format!("{{{many}}}"), 0), "checkpoint_unreadable", "more than 65536"),
        (raw("[]", 0), "checkpoint_unreadable", ""),
        (raw(&"[".repeat(100_000), 0), "checkpoint_unreadable", ""),
        ([(1_u64 << 60).to_le_bytes().as_slice(), b"{}"].concat(), "checkpoint_unreadable", "1152921504606846976"),
        (b"PK\x03\x04\x14\x00\x00\x00archive/data.pkl".to_vec(), "checkpoint_pickle", "safetensors"),
        (b"\x80\x02}q\x00X\x01\x00\x00\x00aq\x01K\x01s.".to_vec(), "checkpoint_pickle", "safetensors"),
    ] {
        let folder = folder(&[(folder::WHOLE, &file)]);
        let error = refused(folder.path());
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().starts_with("model.safetensors: "), "{error}");
        assert!(error.to_string().contains(word) && error.to_string().len() < 400, "{error}");
    }
    // A header of 0x280 bytes begins as a pickle does, and is none.
    let padded = format!("{:0x$}", one("F32", "[2]", 0, 8), x = 0x280).replace('\u{0}', " ");
    let folder = folder(&[(folder::WHOLE, &raw(&padded, 8))]);
    Checkpoint::open_folder(folder.path()).unwrap();
}

#[test]
fn a_file_that_shrinks_under_us_is_an_error_and_no_signal() {
    let folder = folder(&[(folder::WHOLE, &file(&[("a", &[1000])]))]);
    let checkpoint = Checkpoint::open_folder(folder.path()).unwrap();
    let file = fs::OpenOptions::new().write(true).open(folder.path().join(folder::WHOLE)).unwrap();
    file.set_len(500).unwrap();
    let error = checkpoint.tensor("a", &[1000]).unwrap_err();
    assert_eq!(error.code(), "checkpoint_unreadable");
    assert!(error.to_string().contains("model.safetensors") && error.to_string().contains("\"a\""), "{error}");
}

#[test]
fn shards_are_read_as_one() {
    let (one, two) = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors");
    let (first, second) = (file(&[("a", &[2])]), file(&[("b", &[3])]));
    let index = |a: &str, b: &str| format!(r#"{{"metadata":{{}},"weight_map":{{"a":"{a}","b":"{b}"}}}}"#);
    let good = index(one, two);
    let whole = folder(&[(one, &first), (two, &second), (folder::INDEX, good.as_bytes())]);
    let checkpoint = Checkpoint::open_folder(whole.path()).unwrap();
    assert_eq!(checkpoint.tensor("b", &[3]).unwrap(), [0.0, 1.0, 2.0]);
    assert_eq!((checkpoint.file_of("b"), checkpoint.file_of("x")), (two.into(), format!("{one} and 1 more")));
    for (files, code, words) in [
        (vec![(one, &first), (folder::INDEX, &good.clone().into_bytes())], "checkpoint_file_missing", two),
        (vec![(one, &first), (two, &second)], "checkpoint_file_missing", folder::INDEX),
        (vec![(one, &first), (two, &first), (folder::INDEX, &good.into_bytes())], "checkpoint_unreadable", two),
        (vec![(one, &first), (two, &second), (folder::INDEX, &index(two, one).into_bytes())], "tensor_missing", ""),
        (vec![(folder::INDEX, &index("../x.safetensors", one).into_bytes())], "checkpoint_config", folder::INDEX),
        (vec![(folder::INDEX, &index("model.bin", one).into_bytes())], "checkpoint_config", folder::INDEX),
        (vec![(folder::INDEX, &b"{}".to_vec())], "checkpoint_config", folder::INDEX),
        (vec![("pytorch_model.bin", &first)], "checkpoint_pickle", "pytorch_model.bin"),
        (vec![], "checkpoint_file_missing", folder::WHOLE),
    ] {
        let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
        let error = refused(folder(&files).path());
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

proptest! {
    #[test]
    fn damaged_files_never_panic(at in 0usize..400, value in any::<u8>(), cut in 0usize..600) {
        let mut bytes = file(&[("a", &[2, 2]), ("b", &[3])]);
        let at = at % bytes.len();
        bytes[at] = value;
        bytes.truncate(cut.max(1));
        let folder = folder(&[(folder::WHOLE, &bytes)]);
        if let Ok(checkpoint) = Checkpoint::open_folder(folder.path()) {
            let _ = (checkpoint.tensor("a", &[2, 2]), checkpoint.row("a", 1, 2), checkpoint.tensor("b", &[3]));
        }
    }
}
