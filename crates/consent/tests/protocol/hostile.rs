//! Bytes from outside: not one form but the canonical is read, and nothing makes the reader fall over.

use std::sync::LazyLock;

use consent::log::Entry;
use consent::{
    Answer, Context, Receipt, Request, Revocation, RevocationList, SignedGrant, Stretch, Tts, revocation_of,
};
use proptest::prelude::*;

use crate::{granted, verdict_of_bytes};

static GOOD: LazyLock<(Vec<u8>, Context)> = LazyLock::new(|| {
    let (_, granted, context) = granted();
    (granted.grant.encode(), context)
});

/// The outer map of a grant: five byte strings.
fn parts() -> Vec<Vec<u8>> {
    let (bytes, _) = &*GOOD;
    let mut rest = &bytes[1..];
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let (head, length) = match rest[1] {
            0x58 => (3, usize::from(rest[2])),
            0x59 => (4, usize::from(u16::from_be_bytes([rest[2], rest[3]]))),
            other => panic!("an unexpected head {other:x}"),
        };
        parts.push(rest[head..head + length].to_vec());
        rest = &rest[head + length..];
    }
    assert_eq!(parts.len(), 5);
    parts
}

fn string(head: &[u8], value: &[u8]) -> Vec<u8> {
    [head, value].concat()
}

fn normal(value: &[u8]) -> Vec<u8> {
    let length = value.len() as u16;
    if length < 256 {
        string(&[0x58, length as u8], value)
    } else {
        string(&[&[0x59][..], &length.to_be_bytes()].concat(), value)
    }
}

#[test]
fn c29_non_canonical_cbor() {
    let (good, context) = &*GOOD;
    let parts = parts();
    let build = |head: &[u8], entries: &[(&[u8], Vec<u8>)], tail: &[u8]| {
        let entries: Vec<u8> = entries.iter().flat_map(|(key, value)| [*key, value.as_slice()].concat()).collect();
        [head, &entries, tail].concat()
    };
    let keys: [&[u8]; 5] = [&[1], &[2], &[3], &[4], &[5]];
    let plain: Vec<(&[u8], Vec<u8>)> = keys.iter().zip(&parts).map(|(key, part)| (*key, normal(part))).collect();
    assert_eq!(&build(&[0xa5], &plain, &[]), good);
    assert_eq!(verdict_of_bytes::<Tts>(good, context), "");
    let mut variants = vec![
        ("indefinite map", build(&[0xbf], &plain, &[0xff])),
        ("long map head", build(&[0xb8, 5], &plain, &[])),
        ("bytes after the end", build(&[0xa5], &plain, &[0])),
        ("unknown key", build(&[0xa6], &plain, &[6, 0])),
        ("null", build(&[0xa6], &plain, &[6, 0xf6])),
        ("float", build(&[0xa6], &plain, &[6, 0xf9, 0, 0])),
        ("tagged", build(&[0xc1, 0xa5], &plain, &[])),
        ("an array", build(&[0x85], &plain, &[])),
    ];
    let mut change = |what, index: usize, key: &'static [u8], value: Vec<u8>| {
        let mut entries = plain.clone();
        entries[index] = (key, value);
        variants.push((what, build(&[0xa5], &entries, &[])));
    };
    change("long key", 0, &[0x18, 1], normal(&parts[0]));
    change("duplicate key", 1, &[1], normal(&parts[1]));
    change("missing key", 4, &[6], normal(&parts[4]));
    change("long length", 1, &[2], string(&[0x59, 0, 64], &parts[1]));
    change("indefinite string", 1, &[2], [&[0x5f, 0x58, 64][..], &parts[1], &[0xff]].concat());
    change("text for bytes", 1, &[2], string(&[0x78, 64], &parts[1]));
    change("short signature", 1, &[2], string(&[0x58, 63], &parts[1][..63]));
    // The same inside the signed record: schema as a long integer, schema 2, a record that lacks its end.
    change("long schema", 0, &[1], normal(&[&parts[0][..2], &[0x18, 1], &parts[0][3..]].concat()));
    change("schema 2", 0, &[1], normal(&[&parts[0][..2], &[2], &parts[0][3..]].concat()));
    change("cut record", 0, &[1], normal(&parts[0][..parts[0].len() - 1]));
    let mut swapped = plain.clone();
    swapped.swap(1, 2);
    variants.push(("wrong order", build(&[0xa5], &swapped, &[])));
    for (what, bytes) in variants {
        assert_eq!(verdict_of_bytes::<Tts>(&bytes, context), "malformed_record", "{what}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn random_bytes_never_verify(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        prop_assert_ne!(verdict_of_bytes::<Tts>(&bytes, &GOOD.1), "");
        let _ = (Receipt::decode(&bytes), Revocation::decode(&bytes), RevocationList::decode(&bytes));
        let _ = (Entry::decode(&bytes), Stretch::decode(&bytes));
        let _ = (Request::decode(&bytes), Answer::request_of(&bytes), revocation_of(&bytes));
    }

    #[test]
    fn mutated_bytes_never_verify(edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3u8), 1..6)) {
        let mut bytes = GOOD.0.clone();
        for (place, value, how) in edits {
            let place = place.index(bytes.len());
            match how {
                0 => bytes[place] = value,
                1 => bytes.insert(place, value),
                _ => drop(bytes.remove(place)),
            }
        }
        prop_assume!(bytes != GOOD.0);
        prop_assert_ne!(verdict_of_bytes::<Tts>(&bytes, &GOOD.1), "");
    }

    #[test]
    fn whatever_is_read_is_written_the_same(edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3)) {
        let mut bytes = GOOD.0.clone();
        for (place, value) in edits {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        if let Ok(grant) = SignedGrant::decode(&bytes) {
            prop_assert_eq!(grant.encode(), bytes);
        }
    }
}
