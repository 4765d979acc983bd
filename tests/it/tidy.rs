//! The rules of the house, as tests: arrows point down, files open with their reason, stay short, and use no empty names.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Who may lean on whom. A new arrow is a decision: add it here and to the map in ARCHITECTURE.md, or do not add it.
const ARROWS: &[(&str, &[&str])] = &[
    ("audio", &[]),
    ("text", &[]),
    ("consent", &["audio"]),
    ("devices", &["audio"]),
    ("jobs", &[]),
    ("library", &["audio", "consent", "jobs"]),
    ("speech", &["audio", "consent"]),
    ("networks", &["audio", "consent", "speech", "text"]),
    ("engine", &["speech"]),
    ("studio", &["audio", "consent", "devices", "engine", "jobs", "library", "networks", "speech", "text"]),
    ("host", &["audio", "studio"]),
    ("cli", &["audio", "consent", "devices", "host", "jobs", "library", "studio"]),
    ("desktop", &["audio", "consent", "devices", "host", "jobs", "library", "studio"]),
];

/// Crates that only one room may know.
const ONLY: &[(&str, &str)] = &[
    ("cpal", "devices"),
    ("rusqlite", "library"),
    ("keyring", "library"),
    ("ed25519-dalek", "consent"),
    ("curve25519-dalek", "consent"),
    ("chacha20poly1305", "consent"),
    ("safetensors", "networks"),
    ("symphonia", "audio"),
    ("clap", "cli"),
    ("tauri", "desktop"),
];

const EMPTY_NAMES: &[&str] = &["Manager", "Service", "Helper", "Handler", "Processor", "Util", "Utils", "Common"];

const LINES: usize = 500;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the root").to_owned()
}

fn files(folder: &Path, extensions: &[&str], out: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if path.is_dir() {
            if !matches!(name.as_ref(), "target" | "node_modules" | "gen" | ".git" | "compile_fail" | "__pycache__") {
                files(&path, extensions, out);
            }
        } else if path.extension().is_some_and(|e| extensions.iter().any(|x| e == *x)) {
            out.push(path);
        }
    }
}

fn rust_files() -> Vec<PathBuf> {
    let mut out = Vec::new();
    for folder in ["crates", "src-tauri", "xtask", "tests"] {
        files(&root().join(folder), &["rs"], &mut out);
    }
    assert!(out.len() > 20, "the walk found only {} files", out.len());
    out
}

/// Names under a `[section]` of a manifest that start with "dependencies".
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let mut section = String::new();
    let mut names = BTreeSet::new();
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            section = line.trim_matches(['[', ']']).to_owned();
            if let Some(name) = section.strip_prefix("dependencies.") {
                names.insert(name.to_owned());
            }
        } else if section == "dependencies"
            && let Some((name, _)) = line.split_once(['.', '=', ' '])
            && !name.is_empty()
            && !name.starts_with('#')
        {
            names.insert(name.trim().to_owned());
        }
    }
    names
}

#[test]
fn arrows_point_down() {
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        ARROWS.iter().map(|(name, below)| (*name, below.iter().copied().collect())).collect();
    let mut seen = 0;
    let rooms = fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap().path());
    for folder in rooms.chain([root().join("src-tauri")]) {
        let name = folder.file_name().unwrap().to_string_lossy().replace("src-tauri", "desktop");
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        let below = allowed
            .get(name.as_str())
            .unwrap_or_else(|| panic!("crates/{name} is not on the map: give it its floor in tidy.rs"));
        for dependency in dependencies(&manifest) {
            if allowed.contains_key(dependency.as_str()) {
                assert!(
                    below.contains(dependency.as_str()),
                    "crates/{name} leans on {dependency}: that arrow is not on the map"
                );
            }
            for (library, room) in ONLY {
                assert!(
                    dependency != *library || name == *room,
                    "crates/{name} knows {library}, which only crates/{room} may"
                );
            }
        }
        seen += 1;
    }
    assert_eq!(seen, ARROWS.len(), "a crate on the map is missing");
}

#[test]
fn every_file_opens_with_its_reason_and_stays_short() {
    for path in rust_files() {
        let source = fs::read_to_string(&path).unwrap();
        let shown = path.strip_prefix(root()).unwrap().display().to_string();
        assert!(source.starts_with("//! "), "{shown} does not open with `//!`: what is it for?");
        let lines = source.lines().count();
        assert!(lines <= LINES, "{shown} has {lines} lines: two reasons in one file?");
        assert!(!shown.ends_with("/mod.rs"), "{shown}: use foo.rs beside foo/");
    }
}

#[test]
fn no_empty_names() {
    for path in rust_files() {
        let shown = path.strip_prefix(root()).unwrap().display().to_string();
        if shown == "tests/it/tidy.rs" {
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        for (number, line) in source.lines().enumerate() {
            let Some(name) = declared_type(line) else { continue };
            for empty in EMPTY_NAMES {
                assert!(!name.ends_with(empty), "{shown}:{}: `{name}` says nothing", number + 1);
            }
        }
        let stem = path.file_stem().unwrap().to_string_lossy().to_lowercase();
        for empty in EMPTY_NAMES {
            assert_ne!(stem, empty.to_lowercase(), "{shown}: a file name that says nothing");
        }
    }
}

fn declared_type(line: &str) -> Option<&str> {
    let mut words = line.split([' ', '<', '(', '{', ';', ':']).filter(|w| !w.is_empty() && *w != "pub");
    let keyword = words.next()?;
    matches!(keyword, "struct" | "enum" | "trait" | "type").then(|| words.next())?
}

/// Config, time and seed come in as arguments; only doors ask the machine. Tests may.
#[test]
fn libraries_ask_neither_environment_nor_clock() {
    for path in rust_files() {
        let shown = path.strip_prefix(root()).unwrap().display().to_string();
        let library = shown.starts_with("crates/")
            && !["crates/cli/", "crates/host/"].iter().any(|door| shown.starts_with(door))
            && shown.contains("/src/")
            && !shown.contains("/tests");
        if !library {
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        if source.contains("#![cfg(test)]") {
            continue;
        }
        let code = source.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in code.lines().enumerate() {
            let line = line.split("//").next().unwrap_or_default();
            for asked in ["env::var", "SystemTime::now", "env::current_dir", "env::temp_dir"] {
                assert!(!line.contains(asked), "{shown}:{}: a library asks `{asked}`", number + 1);
            }
        }
    }
}

#[test]
fn nothing_names_a_machine_or_a_registry_host() {
    let mut all = rust_files();
    for (folder, extensions) in [
        ("training", &["py", "md", "txt"][..]),
        ("models", &["md", "json", "toml"][..]),
        ("assets", &["md", "txt"][..]),
    ] {
        files(&root().join(folder), extensions, &mut all);
    }
    all.extend(["README.md", "ARCHITECTURE.md", "Cargo.toml", ".ci/run"].map(|f| root().join(f)));
    let forbidden = [
        ["/wo", "rk/"].concat(),
        ["/ro", "ot/"].concat(),
        ["static.", "crates.io"].concat(),
        ["index.", "crates.io"].concat(),
        ["files.", "pythonhosted"].concat(),
        ["registry.", "npmjs"].concat(),
        ["deb.", "debian.org"].concat(),
    ];
    for path in all {
        let Ok(source) = fs::read_to_string(&path) else { continue };
        for text in &forbidden {
            assert!(!source.contains(text.as_str()), "{} names {text}", path.display());
        }
    }
}
