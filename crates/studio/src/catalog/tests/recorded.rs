//! Models whose digests nobody had written down, models that are recognised by their config, and the table.

#![cfg(test)]

use std::fs;
use std::path::Path;

use jobs::Cancel;

use super::{Manner, Room, WEIGHTS, digest, entry, settings, shelf, weights};
use crate::StudioError;
use crate::catalog::{Catalog, Entry, State, table};

/// The entry of the other tests, without what it pins.
fn unpinned(base: &str) -> String {
    let text = entry("one", base, &weights(), &settings());
    text.lines().filter(|line| !line.starts_with("bytes") && !line.starts_with("sha256")).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_nobody_wrote_down_is_recorded_once_and_holds() {
    let room = Room::with(weights(), unpinned);
    assert!(!room.shelf.catalog().entry("one").unwrap().is_pinned());
    room.server.behave(&[Manner { drop_after: Some(700_000), ..Manner::default() }]);
    let came = room.pull().unwrap();
    assert!(came.is_pinned());
    assert_eq!(came.files[0].sha256.as_deref(), Some(digest(&weights()).as_str()));
    room.is_whole();
    let opened = room.shelf.open("one", &mut |_| (), &Cancel::new()).unwrap();
    assert_eq!(opened.entry, came);
    assert_eq!(room.shelf.recorded(room.shelf.catalog().entry("one").unwrap()), came);
    // A bit flips: what was recorded says so, and the file comes again.
    let mut other = weights();
    other[9] ^= 1;
    fs::write(room.place(WEIGHTS), &other).unwrap();
    assert_eq!(room.shelf.verify("one", &mut |_| (), &Cancel::new()).unwrap_err().code(), "model_damaged");
    room.pull().unwrap();
    room.is_whole();
    // The server has other bytes by now: they are refused, however often one asks.
    fs::remove_file(room.place(WEIGHTS)).unwrap();
    room.server.replace("weights", &other);
    for _ in 0..2 {
        assert_eq!(room.pull().unwrap_err().code(), "model_hash_differs");
        assert!(!matches!(room.state(), State::Installed | State::Damaged));
    }
    room.server.replace("weights", &weights());
    room.pull().unwrap();
    room.is_whole();
}

#[test]
fn a_file_of_unknown_size_is_whole_only_when_the_server_says_so() {
    let room = Room::with(weights(), unpinned);
    room.server.behave(&vec![Manner { drop_after: Some(100_000), ..Manner::default() }; 10]);
    room.refused("network");
    assert_eq!(room.state(), State::Partial { bytes: 400_000 });
    // All of it came, and then the program died: the server has nothing more to give.
    fs::write(room.place("model.safetensors.part"), weights()).unwrap();
    room.server.behave(&[]);
    room.pull().unwrap();
    room.is_whole();
}

#[test]
fn an_entry_may_not_claim_to_be_the_users_own_nor_pin_by_halves() {
    let text = entry("one", "https://example.com/a", &weights(), &settings());
    let refused = |text: &str| Catalog::parse(&[text]).unwrap_err().to_string();
    assert!(refused(&text.replace("kind =", "own = true\nkind =")).contains("own"));
    assert!(refused(&text.replacen("bytes = 3000000", "", 1)).contains("no size"));
    for (repository, revision) in [
        ("Qwen/../x", "0123456789abcdef0123456789abcdef01234567"),
        ("Qwen", "0123456789abcdef0123456789abcdef01234567"),
        ("Qwen/Model?x=", "0123456789abcdef0123456789abcdef01234567"),
        ("Qwen/Model", "main"),
        ("Qwen/Model", "0123456789ABCDEF0123456789abcdef01234567"),
    ] {
        let lines = format!("repository = {repository:?}\nrevision = {revision:?}\nkind =");
        assert!(Catalog::parse(&[&text.replace("kind =", &lines)]).is_err(), "{repository} {revision}");
    }
    assert!(refused(&text.replace("kind =", "repository = \"a/b\"\nkind =")).contains("revision"));
    assert!(refused(&format!("{text}\n[config]\nmodel_type = \"qwen3\"")).contains("config.json"));
}

/// A safetensors file with these tensors, all of them ones.
fn file(tensors: &[networks::layout::Expected]) -> Vec<u8> {
    let (mut header, mut at) = (serde_json::Map::new(), 0);
    for tensor in tensors {
        let to = at + 4 * tensor.parameters();
        let told = serde_json::json!({"dtype": "F32", "shape": tensor.shape, "data_offsets": [at, to]});
        header.insert(tensor.name.clone(), told);
        at = to;
    }
    let header = serde_json::Value::Object(header).to_string();
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(1.0_f32.to_le_bytes().repeat(at as usize / 4));
    bytes
}

/// An entry with sizes, and a folder with that very model.
fn recognisable(folder: &Path) -> (String, Vec<u8>) {
    let sizes = "model_type = \"qwen3\"\nvocab_size = 16\nhidden_size = 8\nintermediate_size = 12\nnum_hidden_layers = 1\n\
                 num_attention_heads = 2\nnum_key_value_heads = 1\nhead_dim = 4\ntie_word_embeddings = true\n";
    let head = entry("words", "https://example.com/a", &[1], &[1]);
    let head = head.split("[[files]]").next().unwrap().replace("memory_bytes = 1000000\n", "");
    let bare = format!("{head}[[files]]\npath = \"config.json\"\nurl = \"https://example.com/c\"\n[config]\n{sizes}");
    let layout = Entry::parse(&bare).unwrap().layout().unwrap().unwrap();
    let config = serde_json::json!({
        "model_type": "qwen3", "vocab_size": 16, "hidden_size": 8, "intermediate_size": 12, "num_hidden_layers": 1,
        "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 4, "tie_word_embeddings": true, "more": [1.5],
    });
    let config = config.to_string().into_bytes();
    let weights = file(layout.model().all());
    let mut text = head;
    for (name, bytes) in [
        ("config.json", &config[..]),
        ("model.safetensors", &weights),
        ("vocab.json", b"{}"),
        ("merges.txt", b"a b"),
        ("tokenizer_config.json", b"{}"),
    ] {
        fs::write(folder.join(name), bytes).unwrap();
        text.push_str(&format!(
            "[[files]]\npath = \"{name}\"\nurl = \"https://example.com/{name}\"\nbytes = {}\nsha256 = \"{}\"\n",
            bytes.len(),
            digest(bytes)
        ));
    }
    (format!("{text}[config]\n{sizes}"), weights)
}

#[test]
fn a_model_is_recognised_by_its_config_and_its_digests() {
    let (from, models) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (text, weights) = recognisable(from.path());
    let catalog = Catalog::parse(&[&text]).unwrap();
    assert!(catalog.entries()[0].memory_bytes > 1000, "computed from the sizes");
    let shelf = shelf(catalog, models.path());
    let import = || shelf.import(from.path(), &mut |_| (), &Cancel::new()).map(|entry| entry.id);
    let mut other = weights.clone();
    *other.last_mut().unwrap() ^= 1;
    fs::write(from.path().join("model.safetensors"), &other).unwrap();
    let error = import().unwrap_err();
    assert_eq!(error.code(), "model_hash_differs");
    assert!(error.to_string().contains("model.safetensors") && error.to_string().contains("words"), "{error}");
    assert_eq!(fs::read_dir(models.path()).unwrap().count(), 0, "nothing is half there");
    // Under a name of one's own it may come in: then it is not that model.
    let own = shelf.import_as(from.path(), "my-words", &mut |_| (), &Cancel::new()).unwrap();
    assert!(own.own && own.is_pinned());
    shelf.open("my-words", &mut |_| (), &Cancel::new()).unwrap();
    let asked = shelf.import_as(from.path(), "words", &mut |_| (), &Cancel::new()).unwrap_err();
    assert_eq!(asked.code(), "model_hash_differs");
    // Truncated: the header says so before anything is hashed.
    fs::write(from.path().join("model.safetensors"), &weights[..weights.len() - 4]).unwrap();
    assert_eq!(import().unwrap_err().code(), "checkpoint_unreadable");
    fs::write(from.path().join("model.safetensors"), &weights).unwrap();
    assert_eq!(import().unwrap(), "words");
    let opened = shelf.open("words", &mut |_| (), &Cancel::new()).unwrap();
    assert_eq!(opened.files.len(), 5);
    let seen = shelf.look(from.path()).unwrap().unwrap();
    assert_eq!((seen.family, seen.surplus_count), ("qwen3", 0));
    let nowhere = shelf.look(&from.path().join("none")).unwrap_err();
    assert!(matches!(nowhere, StudioError::Unreadable { .. }));
}

#[test]
fn every_bundled_entry_adds_up() {
    let catalog = Catalog::bundled().unwrap();
    for entry in catalog.entries() {
        assert!(entry.is_pinned() && !entry.own, "{}", entry.id);
        let layout = entry.layout().unwrap().unwrap();
        // Weights at 16 bits and a header; a tied head may be stored or not. The codec's are at 32 bits.
        let size = |name: &dyn Fn(&str) -> bool| {
            entry.files.iter().filter(|piece| name(&piece.path)).filter_map(|piece| piece.bytes).sum::<u64>()
        };
        let model = size(&|path| path.starts_with("model") && path.ends_with(".safetensors"));
        let all: u64 = layout.model().all().iter().map(networks::layout::Expected::parameters).sum();
        let fits = |parameters: u64| (2 * parameters..2 * parameters + 200_000).contains(&model);
        assert!(fits(layout.model().parameters()) || fits(all), "{}: {model} bytes, {all} numbers", entry.id);
        if let Some(codec) = layout.codec() {
            let bytes = size(&|path| path == "speech_tokenizer/model.safetensors");
            assert!((4 * codec.parameters()..4 * codec.parameters() + 200_000).contains(&bytes), "{}", entry.id);
        }
        assert!(entry.memory_bytes > 500_000_000, "{}: {}", entry.id, entry.memory_bytes);
        assert!(entry.files.iter().all(|piece| {
            entry.address(piece).starts_with("https://huggingface.co/Qwen/")
                && entry.address(piece).ends_with(&piece.path)
        }));
    }
    let table = table(&catalog).unwrap();
    assert_eq!(table.lines().count(), 2 + catalog.entries().len());
    assert!(table.lines().all(|line| line.starts_with('|') && line.ends_with('|') && line.matches('|').count() == 11));
}
