//! Nothing of a person may be readable on disk: every file is searched for bytes of sound, names and text.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use audio::Pcm;
use consent::scripted::Actor;

use super::stage::{NAME, NOW, PASSPHRASE, PROMPT, Place, files, give, made};

pub(super) const JOB_TEXT: &str = "It was a dark and stormy night at the pier";

/// Stretches of the sound in both forms that it has in memory and in files.
fn sound_needles(pcm: &Pcm) -> Vec<Vec<u8>> {
    let canonical = pcm.canonical();
    let floats: Vec<u8> = pcm.samples().iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let mut needles = vec![b"WAVEfmt ".to_vec()];
    for bytes in [canonical, floats] {
        for part in 1..8 {
            let at = bytes.len() * part / 8;
            needles.push(bytes[at..at + 24].to_vec());
        }
    }
    needles
}

/// Everything that must not be found, for the voice of seed 1.
static NEEDLES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let mut needles = sound_needles(&Actor(1).speak(3.5, 1));
    needles.extend(sound_needles(&Actor(1).speak(14.0, 201)));
    needles.extend(sound_needles(&made(1, 1.0)));
    for text in [NAME, "Ana Kova", "Vouch Studio", "audiobook of her own", "Desk microphone", JOB_TEXT, PASSPHRASE] {
        needles.push(text.as_bytes().to_vec());
    }
    needles.push(PROMPT[..24].to_vec());
    needles
});

fn find(folder: &Path, needles: &[Vec<u8>]) -> Vec<String> {
    let mut found = Vec::new();
    for path in files(folder) {
        let bytes = fs::read(&path).unwrap();
        for needle in needles {
            if memchr::memmem::find(&bytes, needle).is_some() {
                found.push(format!("{} in {}", String::from_utf8_lossy(needle), path.display()));
            }
        }
    }
    found
}

pub(super) fn assert_sealed(folder: &Path) {
    let found = find(folder, &NEEDLES);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_search_finds_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let sound = Actor(1).speak(3.5, 1);
    fs::write(folder.path().join("sound"), sound.canonical()).unwrap();
    assert!(find(folder.path(), &NEEDLES).len() >= 7);
}

#[test]
fn nothing_is_readable_on_disk_open_or_closed() {
    for by_keyring in [false, true] {
        let place = Place::new(by_keyring);
        let library = place.create();
        let voice = give(&library, 1, NOW);
        library.put_segment(&[9; 32], Some(&voice), &made(1, 1.0), NOW).unwrap();
        library.set_setting("last text", Some(JOB_TEXT)).unwrap();
        library.rename(&voice, &format!("{NAME} again"), NOW).unwrap();
        library.record_use(&voice, 1.0, [1; 32], [2; 32], NOW).unwrap();
        // Open: the write-ahead log holds most of it.
        assert!(place.folder().join("library.db-wal").metadata().unwrap().len() > 0);
        assert_sealed(&place.folder());
        drop(library);
        assert_sealed(&place.folder());
        let ids = [voice.as_bytes().to_vec(), [9; 32].to_vec()];
        assert!(find(&place.folder(), &ids[1..]).is_empty(), "a segment's key, a hash of text, is on disk");
        assert!(!find(&place.folder(), &ids[..1]).is_empty(), "random numbers may be, and are");
    }
}

#[test]
fn what_was_erased_is_not_left_in_free_pages() {
    let place = Place::new(false);
    let library = place.create();
    let voice = give(&library, 1, NOW);
    let wrapped: Vec<u8> = library
        .with(|state| {
            let read = "SELECT wrapped FROM keys WHERE id = ?1";
            Ok(state.connection.query_row(read, [voice.as_bytes()], |row| row.get(0))?)
        })
        .unwrap();
    let needle = [wrapped[24..].to_vec()];
    assert!(!find(&place.folder(), &needle).is_empty());
    library.revoke_here(&voice, NOW + 100).unwrap();
    assert!(find(&place.folder(), &needle).is_empty());
}
