//! What is kept: the log, the receipt, the revocation, and everything sealed at rest.

use consent::log::{Anchor, Entry, Facts, LogKind, append, verify_log};
use consent::vault::{DataKey, FRAME_BYTES, Label, VaultKey};
use consent::{
    IssuerKey, IssuerKind, OwnerKey, Purge, PurgeStep, Receipt, Revocation, RevokedBy, SecretKey, Stretch, VoiceId,
};

use crate::{code, granted};

fn issuer() -> IssuerKey {
    IssuerKey::new(SecretKey::from_seed(&[3; 32]), IssuerKind::Normal)
}

fn log_of(count: u64, seconds: u64) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for number in 0..count {
        let facts = Facts { seconds: Some(seconds + number), code: Some("x_1".to_owned()), ..Facts::default() };
        let end = entries.last().map(Entry::anchor);
        entries.push(append(end.as_ref(), &issuer(), 1_000 + number, LogKind::Used, facts).unwrap());
    }
    entries
}

fn judge(entries: &[Entry], anchor: Option<&Anchor>) -> &'static str {
    code(verify_log(entries, &issuer().public(), anchor))
}

#[test]
fn c44_the_log_cannot_be_changed() {
    let log = log_of(6, 10);
    let end = log[5].anchor();
    assert_eq!(verify_log(&log, &issuer().public(), Some(&end)).unwrap(), Some(end));
    assert_eq!(verify_log(&[], &issuer().public(), None).unwrap(), None);
    // Edit: every bit of an entry in the middle.
    let bytes = log[2].encode();
    assert_eq!(Entry::decode(&bytes).unwrap(), log[2]);
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(entry) = Entry::decode(&flipped) {
            let mut edited = log.clone();
            edited[2] = entry;
            assert_eq!(judge(&edited, None), "log_broken", "bit {bit}");
        }
    }
    // Drop, reorder, double, foreign signature.
    for index in 0..5 {
        let mut dropped = log.clone();
        dropped.remove(index);
        assert_eq!(judge(&dropped, None), "log_broken");
        let mut swapped = log.clone();
        swapped.swap(index, index + 1);
        assert_eq!(judge(&swapped, None), "log_broken");
        let mut doubled = log.clone();
        doubled.insert(index, log[index].clone());
        assert_eq!(judge(&doubled, None), "log_broken");
    }
    assert_eq!(code(verify_log(&log, &SecretKey::from_seed(&[9; 32]).public(), None)), "log_broken");
    // Cut, older copy: invisible without an anchor, seen with one.
    for length in 0..6 {
        assert_eq!(judge(&log[..length], None), "");
        assert_eq!(judge(&log[..length], Some(&end)), "log_cut");
    }
    // Fork: signed by the right key from the third entry on, as long as or longer than the true one.
    let mut fork = log[..3].to_vec();
    for number in 3..8 {
        let end = fork.last().map(Entry::anchor);
        fork.push(append(end.as_ref(), &issuer(), 5_000 + number, LogKind::Used, Facts::default()).unwrap());
    }
    assert_eq!(judge(&fork, None), "");
    assert_eq!(judge(&fork, Some(&end)), "log_cut");
    // An older anchor holds as long as the log only grew.
    assert_eq!(judge(&log, Some(&log[1].anchor())), "");
    assert_eq!(Anchor::decode(&end.encode()).unwrap(), end);
}

#[test]
fn a_log_entry_holds_no_text() {
    let facts = |code: &str| Facts { code: Some(code.to_owned()), ..Facts::default() };
    assert_eq!(code(append(None, &issuer(), 1, LogKind::Refused, facts("revoked"))), "");
    for text in ["It was a dark night", "A", &"x".repeat(65)] {
        assert_eq!(code(append(None, &issuer(), 1, LogKind::Refused, facts(text))), "malformed_record");
    }
}

#[test]
fn c49_the_receipt_alone_revokes() {
    let (_, granted, _) = granted();
    let anchor = log_of(2, 1)[1].anchor();
    let bytes = granted.receipt(anchor).encode();
    let receipt = Receipt::decode(&bytes).unwrap();
    assert_eq!(receipt, Receipt { statement: receipt.statement.clone(), ..granted.receipt(anchor) });
    assert_eq!(receipt.statement.canonical(), granted.statement.canonical());
    let purge = Purge::of(&receipt.revocation, &granted.grant).unwrap();
    assert_eq!((purge.grant_id, purge.voice_id), (granted.grant.id(), granted.grant.grant().voice_id));
    let position = |step| Purge::STEPS.iter().position(|&s| s == step).unwrap();
    assert!(
        position(PurgeStep::MarkRevoked) == 0 && position(PurgeStep::DeleteDataKey) < position(PurgeStep::DeleteData)
    );
    for bit in (0..bytes.len().min(2_000) * 8).step_by(97) {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(other) = Receipt::decode(&flipped) {
            // Only the plain words on how to revoke, the evidence and the log's anchor are not bound by the revocation.
            assert!(other.revocation.verify(&granted.grant).is_ok() && other.grant.grant() == granted.grant.grant());
        }
    }
}

#[test]
fn only_owner_and_grantee_revoke() {
    let (stage, granted, _) = granted();
    let id = granted.grant.id();
    let sign = |by, key: &SecretKey| Revocation::sign(id, 5, by, 1, key);
    let judge = |revocation: &Revocation| code(Purge::of(revocation, &granted.grant));
    assert_eq!(judge(&sign(RevokedBy::Owner, stage.owner.secret())), "");
    assert_eq!(judge(&sign(RevokedBy::Grantee, &stage.grantee)), "");
    assert_eq!(judge(&sign(RevokedBy::Owner, &stage.grantee)), "revocation_signature");
    assert_eq!(judge(&sign(RevokedBy::Grantee, stage.owner.secret())), "revocation_signature");
    assert_eq!(judge(&sign(RevokedBy::Owner, stage.issuer.secret())), "revocation_signature");
    let other = Revocation::sign(consent::GrantId::from_bytes([0; 32]), 5, RevokedBy::Owner, 1, stage.owner.secret());
    assert_eq!(judge(&other), "revocation_signature");
    let bytes = sign(RevokedBy::Owner, stage.owner.secret()).encode();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_ne!(
            Revocation::decode(&flipped).map_or_else(|refusal| refusal.code(), |revocation| judge(&revocation)),
            ""
        );
    }
}

#[test]
fn an_owner_with_only_receipt_and_passphrase_revokes() {
    let stretch = Stretch::with_cost(&mut |bytes: &mut [u8]| bytes.fill(7), 64, 1).unwrap();
    let owner = OwnerKey::from_passphrase("correct horse", &stretch).unwrap();
    let stage = consent::scripted::Stage { owner, ..Default::default() };
    let receipt = stage.granted().unwrap().receipt(log_of(1, 1)[0].anchor()).encode();
    let receipt = Receipt::decode(&receipt).unwrap();
    let again = OwnerKey::from_passphrase("correct horse", &receipt.stretch.unwrap()).unwrap();
    let revocation = Revocation::sign(receipt.grant.id(), 9, RevokedBy::Owner, 2, again.secret());
    assert_eq!(code(revocation.verify(&receipt.grant)), "");
}

/// Bytes that differ at every call.
fn counter() -> impl FnMut(&mut [u8]) {
    let mut next = 0u8;
    move |bytes| {
        for byte in bytes {
            next = next.wrapping_mul(5).wrapping_add(77);
            *byte = next;
        }
    }
}

const VOICE: VoiceId = VoiceId::from_bytes([1; 16]);

#[test]
fn sealed_frames_can_be_neither_changed_nor_moved() {
    let mut entropy = counter();
    let key = DataKey::random(&mut entropy).unwrap();
    let label = Label { voice_id: VOICE, kind: "sample", schema: 1 };
    for length in [0, 1, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 2 * FRAME_BYTES, 3 * FRAME_BYTES + 5] {
        let plain: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
        let sealed = key.seal(&label, &plain, &mut entropy).unwrap();
        let frames = length.div_ceil(FRAME_BYTES).max(1);
        assert_eq!(sealed.len(), 20 + length + 16 * frames);
        assert_eq!(*key.open(&label, &sealed).unwrap(), plain);
        let broken = |bytes: &[u8]| code(key.open(&label, bytes).map(drop)) == "seal_broken";
        for place in [0, 1, 19, 20, sealed.len() / 2, sealed.len() - 1] {
            let mut flipped = sealed.clone();
            flipped[place] ^= 1;
            assert!(broken(&flipped), "{length} {place}");
        }
        // Cut anywhere, also exactly between frames; nothing, and something more.
        let frame = FRAME_BYTES + 16;
        for cut in (0..frames).map(|index| 20 + index * frame).chain([0, 19, 20, sealed.len() - 1]) {
            if cut < sealed.len() {
                assert!(broken(&sealed[..cut]), "{length} cut at {cut}");
            }
        }
        assert!(broken(&[sealed.as_slice(), b"more"].concat()));
        if frames > 2 {
            let mut swapped = sealed.clone();
            let (head, tail) = swapped.split_at_mut(20 + frame);
            head[20..].swap_with_slice(&mut tail[..frame]);
            assert!(broken(&swapped));
        }
        for other in [
            Label { voice_id: VoiceId::from_bytes([2; 16]), ..label },
            Label { kind: "statement", ..label },
            Label { schema: 2, ..label },
        ] {
            assert_eq!(code(key.open(&other, &sealed).map(drop)), "seal_broken");
        }
        assert_ne!(key.seal(&label, &plain, &mut entropy).unwrap(), sealed, "every seal has its own nonce");
    }
}

#[test]
fn c42_after_a_rotation_the_old_vault_key_opens_nothing() {
    let mut entropy = counter();
    let (old, new) = (VaultKey::random(&mut entropy).unwrap(), VaultKey::random(&mut entropy).unwrap());
    let key = DataKey::random(&mut entropy).unwrap();
    let label = Label { voice_id: VOICE, kind: "sample", schema: 1 };
    let sealed = key.seal(&label, b"a voice", &mut entropy).unwrap();
    let wrapped = old.wrap(&key, b"voice 1", &mut entropy).unwrap();
    let rewrapped = old.rewrap(&wrapped, b"voice 1", &new, &mut entropy).unwrap();
    assert_eq!(*new.unwrap(&rewrapped, b"voice 1").unwrap().open(&label, &sealed).unwrap(), b"a voice");
    assert_eq!(code(old.unwrap(&rewrapped, b"voice 1")), "wrong_key");
    assert_eq!(code(new.unwrap(&wrapped, b"voice 1")), "wrong_key");
    assert_eq!(code(new.unwrap(&rewrapped, b"voice 2")), "wrong_key");
    for length in 0..rewrapped.len() {
        assert_eq!(code(new.unwrap(&rewrapped[..length], b"voice 1")), "wrong_key");
    }
}

#[test]
fn c43_a_wiped_keyring_or_wrong_passphrase_is_said_plainly() {
    let mut entropy = counter();
    let stretch = Stretch::with_cost(&mut entropy, 64, 1).unwrap();
    let stretch = Stretch::decode(&stretch.encode()).unwrap();
    let vault = VaultKey::from_passphrase("correct horse", &stretch).unwrap();
    let wrapped = vault.wrap(&DataKey::random(&mut entropy).unwrap(), b"v", &mut entropy).unwrap();
    assert_eq!(code(VaultKey::from_passphrase("correct horse", &stretch).unwrap().unwrap(&wrapped, b"v")), "");
    assert_eq!(code(VaultKey::from_bytes(&vault.to_bytes()).unwrap(&wrapped, b"v")), "");
    let made_anew = VaultKey::random(&mut entropy).unwrap();
    for other in [made_anew, VaultKey::from_passphrase("correct house", &stretch).unwrap()] {
        let refusal = other.unwrap(&wrapped, b"v").unwrap_err();
        assert_eq!((refusal.code(), refusal.fix().as_str()), ("wrong_key", "check the passphrase"));
    }
    // The same passphrase protects different things with different keys.
    let owner = OwnerKey::from_passphrase("correct horse", &stretch).unwrap();
    assert_ne!(*owner.secret().seed(), *vault.to_bytes());
}
