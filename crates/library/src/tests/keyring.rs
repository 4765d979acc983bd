//! C43: keyrings that are wiped, missing, or the real one of this system where a test can have one.

use std::fs;
use std::process::{Command, Stdio};

use super::stage::{MACHINE, NOW, Place, files, give, may_speak};
use super::unsealed::assert_sealed;
use crate::keyring::{Keyring, SystemKeyring};
use crate::{Kind, Library, LibraryError, Unlock};

#[test]
fn c43_a_wiped_keyring_is_told_and_nothing_is_written_in_its_place() {
    let place = Place::new(true);
    give(&place.create(), 1, NOW);
    let before = files(&place.folder()).len();
    for path in files(&place.keyring()) {
        fs::remove_file(path).unwrap();
    }
    let error = place.open(NOW).unwrap_err();
    assert!(matches!(error, LibraryError::KeyMissing));
    assert!(error.fix().contains("restore the keyring"), "{}", error.fix());
    assert!(files(&place.keyring()).is_empty());
    assert_eq!(files(&place.folder()).len(), before);
    assert_sealed(&place.folder());
}

#[test]
fn c43_half_a_keyring_or_a_strangers_key_does_not_open_it() {
    let place = Place::new(true);
    give(&place.create(), 1, NOW);
    let path =
        |end: &str| files(&place.keyring()).into_iter().find(|path| path.to_string_lossy().ends_with(end)).unwrap();
    let key = fs::read(path("key")).unwrap();
    for wrong in [Vec::new(), key[..39].to_vec(), vec![0; 40], [&key[..8], &[1; 32]].concat()] {
        fs::write(path("key"), wrong).unwrap();
        assert!(matches!(place.open(NOW).unwrap_err(), LibraryError::KeyMissing));
    }
    fs::write(path("key"), key).unwrap();
    drop(place.open(NOW).unwrap());
    fs::remove_file(path("anchor")).unwrap();
    assert!(matches!(place.open(NOW).unwrap_err(), LibraryError::Damaged { part, .. } if part == "log anchor"));
}

/// The victim of the two tests below; does nothing when it is run as a test.
#[test]
fn child() {
    let Ok(folder) = std::env::var("VOUCH_TEST_KEYRING") else { return };
    let folder = std::path::Path::new(&folder);
    let library = match Library::create(folder, Kind::Normal, &Unlock::Keyring, MACHINE, NOW) {
        Ok(library) => library,
        Err(error) => return println!("\nchild: {} | {}", error.code(), error.fix()),
    };
    let (voice, other) = (give(&library, 1, NOW), give(&library, 2, NOW));
    drop(library);
    let library = Library::open(folder, &Unlock::Keyring, MACHINE, NOW + 50).unwrap();
    may_speak(&library, &voice, NOW + 60).unwrap();
    library.revoke_here(&voice, NOW + 70).unwrap();
    drop(library);
    let library = Library::open(folder, &Unlock::Keyring, MACHINE, NOW + 80).unwrap();
    assert!(may_speak(&library, &voice, NOW + 80).is_err());
    may_speak(&library, &other, NOW + 80).unwrap();
    assert!(SystemKeyring.get("library of nobody").unwrap().is_none());
    println!("\nchild: done");
}

fn run(mut command: Command, folder: &std::path::Path) -> String {
    let output = command.env("VOUCH_TEST_KEYRING", folder).stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find_map(|line| line.strip_prefix("child: ").map(str::to_owned));
    line.unwrap_or_else(|| panic!("{text}\n{}", String::from_utf8_lossy(&output.stderr)))
}

const ARGUMENTS: [&str; 4] = ["--exact", "tests::keyring::child", "--nocapture", "--test-threads=1"];

#[cfg(target_os = "linux")]
#[test]
fn c43_without_a_keyring_a_passphrase_is_asked_for_and_no_key_is_written() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("library");
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(ARGUMENTS).env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");
    let line = run(command, &folder);
    assert!(line.starts_with("keyring_unavailable | ") && line.contains("set a passphrase"), "{line}");
    let left: Vec<_> = files(&folder).into_iter().filter(|path| !path.ends_with("lock")).collect();
    assert!(left.is_empty(), "{left:?}");
}

/// The whole way through a real Secret Service, where the system has the programs for a private one.
#[cfg(target_os = "linux")]
#[test]
fn a_real_secret_service_keeps_the_key() {
    let has = |program: &str| Command::new(program).arg("--version").output().is_ok();
    if !has("dbus-run-session") || !has("gnome-keyring-daemon") {
        return println!("skipped: no dbus-run-session or gnome-keyring-daemon");
    }
    let root = tempfile::tempdir().unwrap();
    let script = "printf test | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; exec \"$0\" \"$@\"";
    let mut command = Command::new("dbus-run-session");
    command.args(["--", "sh", "-c", script]).arg(std::env::current_exe().unwrap()).args(ARGUMENTS);
    for variable in ["HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME"] {
        command.env(variable, root.path());
    }
    assert_eq!(run(command, &root.path().join("library")), "done");
}
