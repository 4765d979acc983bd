//! Any text as an entry of the catalog: refused, or every file stays in its folder, every address is safe, and the entry
//! reads back as it was written.

use std::path::{Component, Path};

use studio::catalog::Entry;

/// What must hold for any bytes.
pub fn body(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(entry) = Entry::parse(text) else { return };
    for piece in &entry.files {
        assert!(Path::new(&piece.path).components().all(|part| matches!(part, Component::Normal(_))), "{}", piece.path);
        assert!(!piece.path.contains('\\'), "{}", piece.path);
        let address = entry.address(piece);
        if entry.own && address.is_empty() {
            continue;
        }
        let url = url::Url::parse(&address).expect("an address that was taken");
        let here = url.host_str().is_some_and(|host| host.starts_with("127.") || host == "[::1]");
        assert!(url.scheme() == "https" || (url.scheme() == "http" && here), "{address}");
    }
    let written = toml::to_string(&entry).expect("an entry can be written");
    assert_eq!(Entry::parse(&written).as_ref().ok(), Some(&entry), "{written}");
}
