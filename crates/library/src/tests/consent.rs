//! What must hold for a stored voice over time: clock, revocation, copies of the folder, the log.

use std::fs;

use consent::{Convert, OwnerKey, Refusal, Revocation, RevokedBy, SecretKey};
use rusqlite::Connection;

use super::stage::{DAY, MACHINE, MODEL, NOW, PROMPT, Place, ceremony, give, made, may_speak, store};
use crate::{Kind, LibraryError};

fn refusal(error: LibraryError) -> Refusal {
    match error {
        LibraryError::Refused(refusal) => refusal,
        other => panic!("not refused but {other:?}"),
    }
}

fn canonical(samples: &[audio::Pcm]) -> Vec<Vec<u8>> {
    samples.iter().map(audio::Pcm::canonical).collect()
}

#[test]
fn c01_a_stored_voice_can_be_used_and_comes_back_as_it_was() {
    let place = Place::new(true);
    let library = place.create();
    let granted = ceremony(&library, 1, NOW).unwrap();
    let voice = store(&library, &granted, NOW).unwrap();
    drop(library);
    let library = place.open(NOW + DAY).unwrap();
    let key = may_speak(&library, &voice, NOW + DAY).unwrap();
    assert_eq!(*key.grant_id(), granted.grant.id());
    let samples = library.samples(&voice).unwrap();
    // What is stored is the form that was hashed: 24 bits.
    assert_eq!(canonical(&samples), canonical(&granted.samples));
    assert!(key.cover(samples[0].clone()).is_ok());
    assert!(key.cover(made(1, 4.0)).is_err());
    assert_eq!(library.statement(&voice).unwrap().canonical(), granted.statement.canonical());
    assert_eq!(*library.prompt(&voice, MODEL).unwrap().unwrap(), PROMPT);
    assert_eq!(library.voice(&voice).unwrap().grant, granted.grant);
    let scope = library.authorize::<Convert>(&voice, 1, NOW + DAY).unwrap_err();
    assert_eq!(refusal(scope).code(), Refusal::ScopeNotGranted { scope: String::new() }.code());
}

#[test]
fn c13_a_nonce_counts_once_even_after_reopening() {
    let place = Place::new(false);
    let library = place.create();
    let granted = ceremony(&library, 1, NOW).unwrap();
    store(&library, &granted, NOW).unwrap();
    assert_eq!(refusal(store(&library, &granted, NOW).unwrap_err()), Refusal::NonceUsed);
    drop(library);
    let library = place.open(NOW).unwrap();
    let blobs = place.blob_files();
    assert_eq!(refusal(store(&library, &granted, NOW).unwrap_err()), Refusal::NonceUsed);
    assert_eq!(refusal(ceremony(&library, 1, NOW + DAY).unwrap_err()), Refusal::NonceUsed);
    assert_eq!(place.blob_files(), blobs);
}

#[test]
fn c33_the_latest_time_seen_is_kept() {
    let place = Place::new(false);
    let library = place.create();
    let voice = give(&library, 1, NOW);
    may_speak(&library, &voice, NOW + 10 * DAY).unwrap();
    drop(library);
    for back in [3600, 365 * DAY] {
        let library = place.open(NOW + 10 * DAY - back).unwrap();
        let error = may_speak(&library, &voice, NOW + 10 * DAY - back).unwrap_err();
        assert!(matches!(refusal(error), Refusal::ClockRollback { .. }));
    }
    // Set forward beyond the end, then back: what was seen stays seen.
    let library = place.open(NOW + 400 * DAY).unwrap();
    assert_eq!(refusal(may_speak(&library, &voice, NOW + 400 * DAY).unwrap_err()), Refusal::Expired);
    drop(library);
    let library = place.open(NOW + 10 * DAY).unwrap();
    let error = may_speak(&library, &voice, NOW + 10 * DAY).unwrap_err();
    assert!(matches!(refusal(error), Refusal::ClockRollback { .. }));
}

#[test]
fn c34_a_revoked_voice_is_refused_and_gone() {
    for by_keyring in [false, true] {
        let place = Place::new(by_keyring);
        let library = place.create();
        let (voice, other) = (give(&library, 1, NOW), give(&library, 2, NOW));
        let left = place.blob_files() - 3;
        library.put_segment(&[1; 32], Some(&voice), &made(1, 1.0), NOW).unwrap();
        library.put_segment(&[2; 32], Some(&other), &made(2, 1.0), NOW).unwrap();
        library.put_segment(&[3; 32], None, &made(3, 1.0), NOW).unwrap();
        let running = may_speak(&library, &voice, NOW + 60).unwrap();
        library.revoke_here(&voice, NOW + 100).unwrap();
        assert_eq!(refusal(may_speak(&library, &voice, NOW + 101).unwrap_err()), Refusal::Revoked);
        assert!(library.samples(&voice).unwrap().is_empty());
        assert!(library.statement(&voice).is_err());
        assert!(library.prompt(&voice, MODEL).unwrap().is_none());
        assert!(!library.has_segment(&[1; 32]).unwrap());
        assert!(library.has_segment(&[2; 32]).unwrap() && library.has_segment(&[3; 32]).unwrap());
        may_speak(&library, &other, NOW + 101).unwrap();
        // A job in the middle of its segment cannot store it any more.
        drop(running);
        let late = library.put_segment(&[4; 32], Some(&voice), &made(4, 1.0), NOW + 102).unwrap_err();
        assert_eq!(refusal(late), Refusal::Revoked);
        assert_eq!(place.blob_files(), left + 2, "only the other voice's recordings and two segments are left");
        library.revoke_here(&voice, NOW + 103).unwrap();
        let card = library.voice(&voice).unwrap();
        assert_eq!((card.revoked_at, card.is_kept), (Some(NOW + 100), false));
        drop(library);
        let library = place.open(NOW + DAY).unwrap();
        assert_eq!(refusal(may_speak(&library, &voice, NOW + DAY).unwrap_err()), Refusal::Revoked);
        may_speak(&library, &other, NOW + DAY).unwrap();
        assert_eq!(library.samples(&other).unwrap().len(), 2);
        assert!(library.check().unwrap().damage.is_empty());
    }
}

#[test]
fn only_owner_and_grantee_can_revoke_and_the_receipt_is_enough() {
    let place = Place::new(false);
    let library = place.create();
    let granted = ceremony(&library, 1, NOW).unwrap();
    let voice = store(&library, &granted, NOW).unwrap();
    let stranger = OwnerKey::this_installation(SecretKey::from_seed(&[7; 32]));
    let forged = Revocation::sign(granted.grant.id(), NOW, RevokedBy::Owner, 1, stranger.secret());
    assert_eq!(refusal(library.revoke(&voice, &forged, NOW + 50).unwrap_err()), Refusal::RevocationSignature);
    may_speak(&library, &voice, NOW + 60).unwrap();
    let receipt = granted.receipt(library.log().unwrap().last().unwrap().anchor());
    let receipt = consent::Receipt::decode(&receipt.encode()).unwrap();
    library.revoke(&voice, &receipt.revocation, NOW + 70).unwrap();
    assert_eq!(refusal(may_speak(&library, &voice, NOW + 71).unwrap_err()), Refusal::Revoked);
}

#[test]
fn c41_a_copied_folder_has_no_key_or_another_device() {
    let place = Place::new(true);
    let voice = give(&place.create(), 1, NOW);
    let copy = place.copy();
    for entry in fs::read_dir(copy.keyring()).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    assert!(matches!(copy.open(NOW).unwrap_err(), LibraryError::KeyMissing));
    // With the keyring's secrets too, the grant still holds on one machine only.
    let copy = place.copy();
    let library = copy.open_on(b"another machine", NOW + 100).unwrap();
    assert_eq!(refusal(may_speak(&library, &voice, NOW + 100).unwrap_err()), Refusal::WrongDevice);
    drop(library);
    may_speak(&copy.open_on(MACHINE, NOW + 100).unwrap(), &voice, NOW + 100).unwrap();
}

#[test]
fn c42_a_backup_from_before_the_revocation_is_dead() {
    // With the keyring the whole old folder does not open: the vault key of that time is gone.
    let place = Place::new(true);
    let voice = give(&place.create(), 1, NOW);
    let backup = place.copy();
    place.open(NOW).unwrap().revoke_here(&voice, NOW + 100).unwrap();
    place.restore(&backup);
    assert!(matches!(place.open(NOW + 200).unwrap_err(), LibraryError::KeyMissing));
    // With a passphrase the old database does not go with the present anchor.
    let place = Place::new(false);
    let voice = give(&place.create(), 1, NOW);
    let backup = place.copy();
    place.open(NOW).unwrap().revoke_here(&voice, NOW + 100).unwrap();
    for file in ["library.db", "library.db-wal", "library.db-shm"] {
        let _ = fs::remove_file(place.folder().join(file));
        let _ = fs::copy(backup.folder().join(file), place.folder().join(file));
    }
    assert_eq!(damaged_part(place.open(NOW + 200).unwrap_err()), "log");
}

fn damaged_part(error: LibraryError) -> String {
    match error {
        LibraryError::Damaged { part, .. } => part,
        other => panic!("not damaged but {other:?}"),
    }
}

#[test]
fn c44_every_change_of_the_log_is_seen() {
    let changes: [(&str, &str); 8] = [
        ("edit", "UPDATE log SET entry = substr(entry, 1, length(entry) - 1) WHERE position = 1"),
        ("replace", "UPDATE log SET entry = (SELECT entry FROM log WHERE position = 2) WHERE position = 1"),
        ("drop", "DELETE FROM log WHERE position = 1"),
        ("cut", "DELETE FROM log WHERE position = 3"),
        ("cut to nothing", "DELETE FROM log"),
        ("move up", "UPDATE log SET position = position + 10"),
        (
            "reorder",
            "UPDATE log SET position = -1 WHERE position = 1; UPDATE log SET position = 1 WHERE position = 2;
             UPDATE log SET position = 2 WHERE position = -1",
        ),
        ("repeat", "INSERT INTO log SELECT 4, entry FROM log WHERE position = 3"),
    ];
    for by_keyring in [false, true] {
        let place = Place::new(by_keyring);
        let library = place.create();
        let voice = give(&library, 1, NOW);
        for use_number in 0..3 {
            library.record_use(&voice, 2.0, [use_number; 32], [0; 32], NOW + 50).unwrap();
        }
        assert_eq!(library.check().unwrap().log_entries, 4);
        drop(library);
        for (name, change) in changes {
            let copy = place.copy();
            Connection::open(copy.folder().join("library.db")).unwrap().execute_batch(change).unwrap();
            let part = damaged_part(copy.open(NOW + 60).map(drop).expect_err(name));
            assert!(part.starts_with("log"), "{name}: {part}");
        }
        drop(place.open(NOW + 60).unwrap());
    }
}

#[test]
fn c44_forks_and_older_copies_are_seen() {
    let place = Place::new(true);
    let library = place.create();
    let voice = give(&library, 1, NOW);
    drop(library);
    let older = place.copy();
    // Two copies go on separately with one keyring: the one that did not write last is a fork.
    let library = place.open(NOW + 10).unwrap();
    library.record_use(&voice, 2.0, [1; 32], [0; 32], NOW + 10).unwrap();
    drop(library);
    let newer = place.copy();
    place.restore(&older);
    assert_eq!(damaged_part(place.open(NOW + 20).unwrap_err()), "log");
    place.restore(&newer);
    drop(place.open(NOW + 20).unwrap());
    // The other way round: the fork writes as much, the anchor is the fork's.
    let fork = older.open(NOW + 30).unwrap();
    fork.record_use(&voice, 2.0, [2; 32], [0; 32], NOW + 30).unwrap();
    drop(fork);
    place.restore(&older);
    assert_eq!(damaged_part(place.open(NOW + 40).unwrap_err()), "log");
    // An anchor that was removed is a loss too, not a new beginning.
    let place = Place::new(false);
    give(&place.create(), 1, NOW);
    fs::remove_file(place.folder().join("anchor")).unwrap();
    assert_eq!(damaged_part(place.open(NOW + 40).unwrap_err()), "log anchor");
}

#[test]
fn a_row_that_was_set_back_does_not_bring_a_voice_back() {
    let place = Place::new(false);
    let voice = give(&place.create(), 1, NOW);
    let old = Connection::open(place.folder().join("library.db")).unwrap();
    let rows: (Vec<u8>, Vec<u8>) = old
        .query_row(
            "SELECT (SELECT value FROM meta WHERE name = 'revocations'), wrapped FROM keys WHERE id = ?1",
            [voice.as_bytes()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    drop(old);
    place.open(NOW).unwrap().revoke_here(&voice, NOW + 100).unwrap();
    let copy = place.copy();
    let now = Connection::open(copy.folder().join("library.db")).unwrap();
    now.execute("UPDATE meta SET value = ?1 WHERE name = 'revocations'", [rows.0]).unwrap();
    drop(now);
    assert_eq!(damaged_part(copy.open(NOW + 200).unwrap_err()), "list of revocations");
    let now = Connection::open(place.folder().join("library.db")).unwrap();
    now.execute("INSERT INTO keys (id, wrapped) VALUES (?1, ?2)", rusqlite::params![voice.as_bytes(), rows.1]).unwrap();
    drop(now);
    assert_eq!(damaged_part(place.open(NOW + 200).unwrap_err()), "list of revocations");
}

#[test]
fn c50_the_cap_counts_uses_and_stored_segments_and_outlives_the_program() {
    let place = Place::new(false);
    let library = place.create();
    let voice = give(&library, 1, NOW);
    library.record_use(&voice, 3599.0, [1; 32], [2; 32], NOW + 50).unwrap();
    may_speak(&library, &voice, NOW + 60).unwrap();
    drop(library);
    let library = place.open(NOW + 70).unwrap();
    assert!(library.authorize::<consent::Tts>(&voice, 2, NOW + 70).is_err());
    library.record_use(&voice, 0.2, [1; 32], [2; 32], NOW + 80).unwrap();
    assert!(matches!(refusal(may_speak(&library, &voice, NOW + 90).unwrap_err()), Refusal::CapReached { .. }));
    // Segments count even if the job never came to its entry in the log.
    let other = give(&library, 2, NOW);
    library.put_segment(&[1; 32], Some(&other), &made(1, 2.5), NOW + 90).unwrap();
    library.put_segment(&[2; 32], Some(&other), &made(2, 2.4), NOW + 90).unwrap();
    assert_eq!(library.voice(&other).unwrap().made_seconds, 5);
    library.record_use(&other, 4.9, [1; 32], [2; 32], NOW + 91).unwrap();
    assert_eq!(library.voice(&other).unwrap().made_seconds, 5);
}

#[test]
fn refusals_are_logged_once_and_facts_only_with_their_effect() {
    let place = Place::new(false);
    let library = place.create();
    let voice = give(&library, 1, NOW);
    for _ in 0..5 {
        may_speak(&library, &voice, NOW + 300 * DAY).unwrap_err();
    }
    let log = library.log().unwrap();
    assert_eq!(log.len(), 2);
    assert_eq!(log[1].facts().code.as_deref(), Some(Refusal::Expired.code()));
    let facts = consent::log::Facts::default;
    assert!(library.note(consent::log::LogKind::Granted, facts(), NOW).is_err());
    library.note(consent::log::LogKind::ChallengeShown, facts(), NOW).unwrap();
    assert_eq!(library.log().unwrap().len(), 3);
}

#[test]
fn a_demo_library_keeps_its_own_and_stays_one() {
    let place = Place::new(false);
    let demo = place.create_kind(Kind::Demo);
    let granted = ceremony(&demo, 1, NOW).unwrap();
    store(&demo, &granted, NOW).unwrap();
    assert_eq!(demo.check_may_leave("export of a voice").unwrap_err().code(), "demo_refused");
    drop(demo);
    assert_eq!(place.open(NOW).unwrap().kind(), Kind::Demo);
    // Its grants count nowhere else.
    let other = Place::new(false);
    let normal = other.create();
    assert!(normal.check_may_leave("export of a voice").is_ok());
    assert_eq!(refusal(store(&normal, &granted, NOW).unwrap_err()), Refusal::IssuerUntrusted);
}

#[test]
fn an_expired_voice_is_erased_when_it_can_no_longer_be_renewed() {
    let place = Place::new(true);
    let library = place.create();
    let voice = give(&library, 1, NOW);
    assert!(library.purge_expired(NOW + 190 * DAY).unwrap().is_empty());
    assert_eq!(library.purge_expired(NOW + 220 * DAY).unwrap(), [voice]);
    assert!(library.samples(&voice).unwrap().is_empty());
    assert_eq!(place.blob_files(), 0);
    library.delete(&voice, NOW + 220 * DAY).unwrap();
    assert!(library.voices().unwrap().is_empty());
    drop(library);
    assert!(place.open(NOW + 221 * DAY).unwrap().check().unwrap().damage.is_empty());
}
