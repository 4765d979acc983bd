//! The models folder: links, damage, a full disk, removal, and models that come from a folder.

#![cfg(test)]

use std::fs;
use std::path::Path;
use std::process::Command;

use jobs::Cancel;

use super::{Room, SETTINGS, WEIGHTS, entry, settings, shelf, weights};
use crate::catalog::{Catalog, CatalogError, State};
use crate::{Class, StudioError};

#[cfg(unix)]
#[test]
fn links_in_the_models_folder_are_never_followed() {
    use std::os::unix::fs::symlink;
    let outside = tempfile::tempdir().unwrap();
    let treasure = outside.path().join("treasure");
    fs::write(&treasure, "mine").unwrap();
    for (link, to) in [
        ("", outside.path()),
        ("sub", outside.path()),
        ("model.safetensors.part", &treasure),
        (WEIGHTS, &treasure),
        (".lock", &treasure),
    ] {
        let room = Room::new();
        let place = if link.is_empty() { room.folder.path().join("models/one") } else { room.place(link) };
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        symlink(to, &place).unwrap();
        room.refused("not_a_plain_file");
        assert_eq!(fs::read(&treasure).unwrap(), b"mine", "{link}");
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1, "{link}");
    }
    // An installed file that becomes a link, even to the same bytes, is damaged.
    let room = Room::new();
    room.pull().unwrap();
    let same = outside.path().join("same");
    fs::rename(room.place(WEIGHTS), &same).unwrap();
    symlink(&same, room.place(WEIGHTS)).unwrap();
    assert_eq!(room.state(), State::Damaged);
    assert_eq!(room.shelf.verify("one", &mut |_| (), &Cancel::new()).unwrap_err().code(), "model_damaged");
    // Removing takes the links and leaves what they lead to.
    symlink(outside.path(), room.place("more")).unwrap();
    room.shelf.remove("one").unwrap();
    assert!(same.exists() && treasure.exists() && !room.place("").exists());
    symlink(outside.path(), room.folder.path().join("models/one")).unwrap();
    room.shelf.remove("one").unwrap();
    assert!(same.exists() && fs::symlink_metadata(room.folder.path().join("models/one")).is_err());
}

#[test]
fn damage_is_found_and_mended() {
    let room = Room::new();
    room.pull().unwrap();
    let mut bytes = weights();
    bytes[5] ^= 1;
    fs::write(room.place(WEIGHTS), &bytes).unwrap();
    let error = room.shelf.verify("one", &mut |_| (), &Cancel::new()).unwrap_err();
    assert_eq!((error.code(), error.class()), ("model_damaged", Class::Missing));
    assert_eq!(room.shelf.open("one", &mut |_| (), &Cancel::new()).unwrap_err().code(), "model_damaged");
    room.pull().unwrap();
    room.is_whole();
    assert_eq!(room.server.asked().len(), 3, "only what was damaged comes again");
    fs::remove_file(room.place(SETTINGS)).unwrap();
    assert_eq!(room.state(), State::Damaged);
    room.pull().unwrap();
    room.is_whole();
    // A manifest that does not read back is no manifest.
    fs::write(room.place("vouch-model.toml"), "id = 5").unwrap();
    assert!(matches!(room.state(), State::Partial { .. }));
    room.pull().unwrap();
    room.is_whole();
    assert_eq!(room.server.asked().len(), 4);
}

#[test]
fn a_model_that_left_the_catalog_stays_listed_and_can_go() {
    let room = Room::new();
    room.pull().unwrap();
    let later = shelf(Catalog::default(), room.folder.path());
    let listed = later.list().unwrap();
    assert_eq!((listed.len(), listed[0].in_catalog, listed[0].state), (1, false, State::Installed));
    later.verify("one", &mut |_| (), &Cancel::new()).unwrap();
    // Only what the catalog pins is opened for use.
    assert_eq!(later.open("one", &mut |_| (), &Cancel::new()).unwrap_err().code(), "unknown_model");
    later.remove("one").unwrap();
    assert!(later.list().unwrap().is_empty());
}

#[test]
fn only_a_models_own_folder_is_removed() {
    let room = Room::new();
    room.pull().unwrap();
    let beside = room.folder.path().join("models/two");
    fs::create_dir_all(&beside).unwrap();
    for (id, code) in [
        ("", "unknown_model"),
        (".", "unknown_model"),
        ("..", "unknown_model"),
        ("one/sub", "unknown_model"),
        ("../models/one", "unknown_model"),
        ("/tmp", "unknown_model"),
        ("three", "unknown_model"),
        ("starter", "model_bundled"),
    ] {
        assert_eq!(room.shelf.remove(id).unwrap_err().code(), code, "{id}");
        assert_eq!(room.shelf.pull(id, &mut |_| (), &Cancel::new()).unwrap_err().code(), code, "{id}");
    }
    room.is_whole();
    room.shelf.remove("one").unwrap();
    assert!(!room.place("").exists() && beside.exists());
    assert_eq!(room.shelf.remove("one").unwrap_err().code(), "model_not_installed");
}

#[test]
fn two_hands_do_not_work_on_one_model() {
    let room = Room::new();
    let mut busy = false;
    let result = room.shelf.pull(
        "one",
        &mut |_| {
            if !busy {
                assert_eq!(room.pull().unwrap_err().code(), "model_busy");
                assert_eq!(room.shelf.remove("one").unwrap_err().code(), "model_busy");
            }
            busy = true;
        },
        &Cancel::new(),
    );
    result.unwrap();
    assert!(busy);
    room.is_whole();
}

fn import(room: &Room, from: &Path) -> Result<String, StudioError> {
    room.shelf.import(from, &mut |_| (), &Cancel::new()).map(|entry| entry.id)
}

#[test]
fn a_model_comes_from_a_folder() {
    for place in [SETTINGS, "config.json"] {
        let room = Room::new();
        let from = tempfile::tempdir().unwrap();
        fs::create_dir_all(from.path().join("sub")).unwrap();
        fs::write(from.path().join("README.md"), "not of the model").unwrap();
        fs::write(from.path().join(WEIGHTS), weights()).unwrap();
        let error = import(&room, from.path()).unwrap_err();
        assert_eq!(error.code(), "model_not_recognised");
        assert!(error.fix().contains(SETTINGS) && error.fix().contains("one"), "{}", error.fix());
        fs::write(from.path().join(place), settings()).unwrap();
        assert_eq!(import(&room, from.path()).unwrap(), "one");
        room.is_whole();
        assert!(room.server.asked().is_empty());
        assert!(from.path().join(WEIGHTS).exists(), "the folder is the user's");
    }
}

#[test]
fn a_folder_with_other_bytes_or_without_a_model_is_refused() {
    let room = Room::new();
    let from = tempfile::tempdir().unwrap();
    let error = import(&room, from.path()).unwrap_err();
    let StudioError::Catalog(CatalogError::NotRecognised { known, nearest: None, .. }) = &error else {
        panic!("{error:?}")
    };
    assert_eq!((known.as_slice(), error.class()), (&["one".to_owned()][..], Class::BadInput));
    let mut other = weights();
    other[0] ^= 1;
    fs::write(from.path().join(WEIGHTS), &other).unwrap();
    fs::write(from.path().join("config.json"), settings()).unwrap();
    assert_eq!(import(&room, from.path()).unwrap_err().code(), "model_hash_differs");
    assert_eq!(room.state(), State::Absent);
    assert_eq!(import(&room, &from.path().join("none")).unwrap_err().code(), "unreadable");
    let cancel = Cancel::new();
    cancel.cancel();
    fs::write(from.path().join(WEIGHTS), weights()).unwrap();
    assert_eq!(room.shelf.import(from.path(), &mut |_| (), &cancel).unwrap_err().code(), "interrupted");
}

/// A file system that is unmounted at the end.
struct Mounted<'a>(&'a Path);

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0).status();
    }
}

#[test]
fn a_full_disk_is_said_before_anything_comes() {
    let room = Room::new();
    let models = room.folder.path().join("models");
    fs::create_dir_all(&models).unwrap();
    let mount = |size: &str| {
        let asked = Command::new("mount").args(["-t", "tmpfs", "-o", size, "tmpfs"]).arg(&models).output();
        asked.is_ok_and(|done| done.status.success()).then(|| Mounted(&models))
    };
    let Some(small) = mount("size=40m") else {
        println!("skipped: this machine does not let the test mount a small file system");
        return;
    };
    let error = room.pull().unwrap_err();
    let StudioError::Catalog(CatalogError::DiskFull { needed, free, .. }) = &error else { panic!("{error:?}") };
    assert!(needed > free && *free <= 40 << 20);
    assert_eq!((error.code(), error.class()), ("disk_full", Class::Missing));
    assert!(room.server.asked().is_empty());
    drop(small);
    let _enough = mount("size=100m").unwrap();
    room.pull().unwrap();
    room.is_whole();
}

#[test]
fn an_entry_that_changed_makes_the_installed_one_outdated() {
    let room = Room::new();
    room.pull().unwrap();
    let mut newer = weights();
    newer[7] ^= 1;
    let catalog = Catalog::parse(&[&entry("one", &room.server.base, &newer, &settings())]).unwrap();
    let later = shelf(catalog, room.folder.path());
    assert_eq!(later.list().unwrap()[0].state, State::Damaged);
    assert_eq!(later.open("one", &mut |_| (), &Cancel::new()).unwrap_err().code(), "model_damaged");
}
