//! What a folder can be instead of a library, and what a disk can do to one.

use std::fs;

use rusqlite::Connection;
use zeroize::Zeroizing;

use super::stage::{MACHINE, NOW, Place, files, give, made, may_speak};
use crate::{Kind, Library, LibraryError, Unlock};

fn passphrase(text: &str) -> Unlock {
    Unlock::Passphrase(Zeroizing::new(text.into()))
}

#[test]
fn what_is_no_library_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let unlock = passphrase("long enough");
    let open = |name: &str| Library::open(&folder.path().join(name), &unlock, MACHINE, NOW).unwrap_err().code();
    let create = |name: &str| {
        Library::create(&folder.path().join(name), Kind::Demo, &unlock, MACHINE, NOW)
            .map(drop)
            .map_err(|error| error.code())
    };
    fs::write(folder.path().join("file"), "text").unwrap();
    fs::create_dir_all(folder.path().join("photos/2020")).unwrap();
    assert_eq!(open("nothing"), "library_not_found");
    assert!(!folder.path().join("nothing").exists());
    assert_eq!(open("file"), "library_not_a_folder");
    assert_eq!(open("photos"), "library_not_found");
    assert!(!folder.path().join("photos/lock").exists());
    assert_eq!(create("file"), Err("library_not_a_folder"));
    assert_eq!(create("file/below"), Err("library_not_a_folder"));
    assert_eq!(create("photos"), Err("library_already_there"));
    assert_eq!(create("new/deep"), Ok(()));
    assert_eq!(create("new/deep"), Err("library_already_there"));
    fs::create_dir(folder.path().join("foreign")).unwrap();
    let foreign = Connection::open(folder.path().join("foreign/library.db")).unwrap();
    foreign.execute_batch("CREATE TABLE songs (name TEXT)").unwrap();
    drop(foreign);
    assert_eq!(open("foreign"), "library_not_found");
    fs::create_dir(folder.path().join("noise")).unwrap();
    fs::write(folder.path().join("noise/library.db"), vec![7; 9000]).unwrap();
    assert_eq!(open("noise"), "library_damaged");
    assert_eq!(create("noise"), Err("library_already_there"));
}

#[test]
fn a_making_that_was_cut_short_can_be_repeated() {
    let place = Place::new(false);
    fs::create_dir_all(place.folder().join("blobs")).unwrap();
    fs::write(place.folder().join("anchor"), "half").unwrap();
    Connection::open(place.folder().join("library.db")).unwrap().pragma_update(None, "journal_mode", "WAL").unwrap();
    assert_eq!(place.open(NOW).unwrap_err().code(), "library_not_found");
    drop(place.create());
    place.open(NOW).unwrap();
}

#[test]
fn a_second_opening_is_told_who_has_it() {
    let place = Place::new(false);
    let library = place.create();
    match place.open(NOW).unwrap_err() {
        LibraryError::Busy { pid, .. } => assert_eq!(pid, Some(std::process::id())),
        other => panic!("{other:?}"),
    }
    let clone = library.clone();
    drop(library);
    assert_eq!(place.open(NOW).unwrap_err().code(), "library_busy");
    drop(clone);
    place.open(NOW).unwrap();
}

#[test]
fn the_way_to_unlock_must_be_the_right_one() {
    let place = Place::new(false);
    drop(place.create());
    let open = |unlock: &Unlock| Library::open(&place.folder(), unlock, MACHINE, NOW).unwrap_err();
    assert!(matches!(open(&passphrase("another passphrase")), LibraryError::WrongPassphrase));
    assert!(matches!(open(&passphrase("short")), LibraryError::WrongPassphrase));
    assert!(matches!(open(&Unlock::Keyring), LibraryError::NeedsPassphrase));
    let fresh = place.folder().join("../fresh");
    let short = Library::create(&fresh, Kind::Demo, &passphrase("short"), MACHINE, NOW).unwrap_err();
    assert!(matches!(short, LibraryError::Refused(consent::Refusal::Passphrase { .. })));
    let place = Place::new(true);
    drop(place.create());
    let error = Library::open(&place.folder(), &passphrase("long enough"), MACHINE, NOW).unwrap_err();
    assert!(matches!(error, LibraryError::NeedsKeyring));
}

#[test]
fn a_newer_format_is_left_alone() {
    let place = Place::new(false);
    drop(place.create());
    let database = Connection::open(place.folder().join("library.db")).unwrap();
    database.pragma_update(None, "user_version", 99).unwrap();
    drop(database);
    assert!(matches!(place.open(NOW).unwrap_err(), LibraryError::NewerFormat { found: 99, known: 3 }));
}

#[test]
fn a_full_disk_is_told_and_leaves_the_library_whole() {
    let place = Place::new(false);
    let library = place.create();
    let voice = give(&library, 1, NOW);
    let limit = |pages: i64| {
        library.with(|state| {
            state.connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
            Ok(())
        })
    };
    limit(1).unwrap();
    let mut full = None;
    for number in 0..2000 {
        if let Err(error) = library.set_setting(&format!("setting {number}"), Some(&"x".repeat(500))) {
            full = Some(error);
            break;
        }
    }
    assert!(matches!(full, Some(LibraryError::DiskFull(_))), "{full:?}");
    limit(1 << 30).unwrap();
    library.put_segment(&[1; 32], Some(&voice), &made(1, 1.0), NOW + 50).unwrap();
    assert!(library.check().unwrap().damage.is_empty());
    let no_space = std::io::Error::from(std::io::ErrorKind::StorageFull);
    assert_eq!(LibraryError::io(&place.folder(), &no_space).code(), "disk_full");
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new(false);
    drop(place.create());
    let mode = |mode| fs::set_permissions(place.folder(), fs::Permissions::from_mode(mode)).unwrap();
    assert_eq!(fs::metadata(place.folder()).unwrap().permissions().mode() & 0o777, 0o700);
    mode(0o500);
    fs::set_permissions(place.folder().join("lock"), fs::Permissions::from_mode(0o400)).unwrap();
    let result = place.open(NOW).map(drop);
    mode(0o700);
    match result {
        Ok(()) => println!("skipped: this user may write everywhere"),
        Err(error) => assert_eq!(error.code(), "library_read_only"),
    }
}

#[test]
fn damage_is_found_and_named() {
    let place = Place::new(false);
    let library = place.create();
    let voice = give(&library, 1, NOW);
    library.put_segment(&[1; 32], None, &made(1, 1.0), NOW).unwrap();
    let whole = library.check().unwrap();
    assert_eq!((whole.voices, whole.blobs, whole.log_entries, whole.damage.len()), (1, 4, 1, 0));
    drop(library);
    for file in files(&place.folder().join("blobs")) {
        let copy = place.copy();
        let file = copy.folder().join(file.strip_prefix(place.folder()).unwrap());
        let mut bytes = fs::read(&file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&file, &bytes).unwrap();
        let library = copy.open(NOW + 50).unwrap();
        assert_eq!(library.check().unwrap().damage.len(), 1);
        fs::remove_file(&file).unwrap();
        assert_eq!(library.check().unwrap().damage.len(), 1);
    }
    // One sealed file in the place of another of the same voice and kind.
    let library = place.open(NOW + 50).unwrap();
    library
        .with(|state| {
            let names: Vec<[u8; 32]> = state.blobs_of(&voice)?;
            for pair in [(0, 1), (1, 2), (0, 2)] {
                let (a, b) = (state.blobs.read(&names[pair.0])?, state.blobs.read(&names[pair.1])?);
                state.blobs.write(&names[pair.0], &b)?;
                state.blobs.write(&names[pair.1], &a)?;
            }
            Ok(())
        })
        .unwrap();
    assert!(library.check().unwrap().damage.len() >= 2);
    assert!(matches!(may_speak(&library, &voice, NOW + 60).unwrap_err(), LibraryError::Damaged { .. }));
}

#[test]
fn every_error_has_a_code_and_a_fix() {
    let path = std::path::PathBuf::from("somewhere");
    let all = [
        LibraryError::NotAFolder(path.clone()),
        LibraryError::NotALibrary(path.clone()),
        LibraryError::AlreadyThere { path: path.clone(), what: "a library" },
        LibraryError::ReadOnly(path.clone()),
        LibraryError::DiskFull(path.clone()),
        LibraryError::Busy { path: path.clone(), pid: Some(7) },
        LibraryError::Busy { path, pid: None },
        LibraryError::WrongPassphrase,
        LibraryError::NeedsPassphrase,
        LibraryError::NeedsKeyring,
        LibraryError::KeyringUnavailable("no bus".into()),
        LibraryError::KeyMissing,
        LibraryError::NewerFormat { found: 2, known: 1 },
        LibraryError::damaged("log", "cut"),
        LibraryError::NotFound("voice".into()),
        LibraryError::DemoRefused("export"),
        LibraryError::Refused(consent::Refusal::Revoked),
        LibraryError::Storage("odd".into()),
    ];
    for error in all {
        assert!(error.code().chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{error:?}");
        assert!(error.fix().len() > 8 && error.to_string().len() > 8, "{error:?}");
    }
}
