//! What an entry may hold, and that the bundled list is whole.

#![cfg(test)]

use std::sync::LazyLock;

use proptest::prelude::*;

use super::{entry, settings, weights};
use crate::catalog::{Catalog, ENTRIES, Entry};

/// Made once: thousands of trials begin with it.
static GOOD: LazyLock<String> = LazyLock::new(|| entry("one", "https://example.com/a", &weights(), &settings()));

fn good() -> String {
    GOOD.clone()
}

#[test]
fn the_bundled_catalog_is_whole() {
    let catalog = Catalog::bundled().unwrap();
    assert_eq!(catalog.entries().len(), ENTRIES.len());
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/catalog");
    let mut files = 0;
    for file in std::fs::read_dir(folder).unwrap().flatten() {
        if file.path().extension().is_some_and(|ending| ending == "toml") {
            files += 1;
            let text = std::fs::read_to_string(file.path()).unwrap();
            assert!(ENTRIES.contains(&text.as_str()), "{} has no line in ENTRIES", file.path().display());
            let entry = Entry::parse(&text).unwrap();
            assert!(entry.files.iter().all(|piece| entry.address(piece).starts_with("https://")));
        }
    }
    assert_eq!(files, ENTRIES.len());
}

#[test]
fn the_example_in_the_catalog_s_readme_is_a_good_entry() {
    let text = include_str!("../../../../../models/catalog/README.md");
    let example = text.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    Entry::parse(example).unwrap();
}

#[test]
fn a_good_entry_reads_back_as_it_was_written() {
    let entry = Entry::parse(&good()).unwrap();
    assert_eq!(entry.bytes(), 3_000_013);
    assert_eq!(Entry::parse(&toml::to_string(&entry).unwrap()).unwrap(), entry);
}

#[test]
fn a_hostile_entry_is_refused() {
    let change = |from: &str, to: &str| {
        let text = good();
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    };
    let path = |to: &str| change("path = \"model.safetensors\"", &format!("path = {to:?}"));
    let url = |to: &str| change("url = \"https://example.com/a/weights\"", &format!("url = {to:?}"));
    let id = |to: &str| change("id = \"one\"", &format!("id = {to:?}"));
    let mut bad = vec![
        String::new(),
        "x".repeat(100_000),
        change("name =", "nickname = \"x\"\nname ="),
        change("kind = \"tts\"", "kind = \"virus\""),
        change("bytes = 3000000", "bytes = 0"),
        change("bytes = 3000000", "bytes = -1"),
        change("bytes = 3000000", "bytes = 40000000001"),
        change("bytes = 3000000", ""),
        change("memory_bytes = 1000000", "memory_bytes = 9000000000000000000"),
        change("name = \"A model\"", "name = \"\""),
        change("name = \"A model\"", "name = \"a\\u0007b\""),
        change("licence_url = \"https", "licence_url = \"http"),
        change("languages = [\"en\"", "languages = [\"../en\""),
        change("sub/config.json", "MODEL.safetensors"),
        change("sub/config.json", "model.safetensors/config.json"),
        good().replace(&super::digest(&weights()), &super::digest(&weights()).to_uppercase()),
        good().split("[[files]]").next().unwrap().to_owned() + "files = []",
    ];
    for to in [
        "../model.safetensors",
        "/etc/model.json",
        "a/../../model.json",
        "a//b.json",
        "./a.json",
        "a\\b.json",
        "C:a.json",
        ".hidden.json",
        "a/.lock/b.json",
        "-a.json",
        "a b.json",
        "a\u{0}.json",
        "a./b.json",
        "model.bin",
        "model.pt",
        "model.pth",
        "model.pkl",
        "model.ckpt",
        "model",
        "vouch-model.toml",
        "a.safetensors.part",
        "",
    ] {
        bad.push(path(to));
    }
    bad.push(path(&format!("{}.json", "a".repeat(300))));
    for to in [
        "http://example.com/a",
        "http://localhost/a",
        "http://127.0.0.1@example.com/a",
        "https://user:word@example.com/a",
        "https://example.com/a#b",
        "http://10.0.0.1/a",
        "file:///etc/passwd",
        "ftp://example.com/a",
        "/a",
        "",
    ] {
        bad.push(url(to));
    }
    for to in ["", ".", "..", "a/b", "../a", "A", "a b", "-a", ".a", "a.", "a..b", "starter", "starter-ear", "ä"] {
        bad.push(id(to));
    }
    bad.push(id(&"a".repeat(65)));
    for text in bad {
        let error = Catalog::parse(&[&text]).expect_err(&text);
        assert_eq!(error.code(), "bad_catalog");
    }
    // The same model twice.
    assert_eq!(Catalog::parse(&[&good(), &good()]).unwrap_err().code(), "bad_catalog");
    for fine in [url("http://127.0.0.1:8000/a"), url("http://[::1]/a"), path("a/b_c-d.1/e.txt"), path("spm.model")] {
        Catalog::parse(&[&fine]).unwrap();
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,400}", at in 0_usize..600, junk in "[\\PC\"\\[\\]=.\n]{0,20}") {
        drop(Entry::parse(&text));
        let mut entry = good();
        let mut at = at.min(entry.len());
        while !entry.is_char_boundary(at) {
            at -= 1;
        }
        entry.insert_str(at, &junk);
        drop(Entry::parse(&entry));
    }

    #[test]
    fn no_path_that_is_taken_leaves_the_folder(path in "[a-zA-Z./_\\\\-]{0,30}\\.(json|txt)") {
        let text = good().replacen("path = \"model.safetensors\"", &format!("path = '{path}'"), 1);
        if let Ok(entry) = Entry::parse(&text) {
            let parts: Vec<_> = std::path::Path::new(&entry.files[0].path).components().collect();
            prop_assert!(parts.iter().all(|part| matches!(part, std::path::Component::Normal(_))));
        }
    }
}
