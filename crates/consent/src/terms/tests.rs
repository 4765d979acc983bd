//! The terms' record with languages: one form, and no other is read.

use super::*;

fn terms(tags: &[&str]) -> AgreedTerms {
    let scopes = if tags.is_empty() { Scopes::TTS } else { Scopes::TTS.with(Scopes::DUB) };
    let terms = Terms {
        owner_name: "Ana Kova".to_owned(),
        grantee_name: "Vouch Studio".to_owned(),
        purpose: "the audiobook of her own stories".to_owned(),
        language: "en".to_owned(),
        scopes,
        dub_into: tags.iter().map(|tag| Language::parse(tag).unwrap()).collect(),
        audiences: vec![Audience::Local],
        until: Date::of(1_800_000_000),
        cap_hours: 1,
        adult: true,
    };
    AgreedTerms { terms, word_list: [7; 32], word_list_length: 128 }
}

fn read(bytes: &[u8]) -> &'static str {
    AgreedTerms::decode(bytes).map_or_else(|refusal| refusal.code(), |_| "")
}

/// Replaces bytes that stand in the record exactly once.
fn with(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let places: Vec<usize> = (0..=bytes.len() - from.len()).filter(|&at| bytes[at..].starts_with(from)).collect();
    assert_eq!(places.len(), 1, "{from:x?}");
    [&bytes[..places[0]], to, &bytes[places[0] + from.len()..]].concat()
}

#[test]
fn the_list_of_languages_has_one_form() {
    let bytes = terms(&["de", "fr"]).encode();
    assert_eq!(AgreedTerms::decode(&bytes).unwrap(), terms(&["de", "fr"]));
    let list = b"\x0e\x82\x62de\x62fr";
    assert!(bytes.ends_with(list) && bytes[0] == 0xae);
    for (what, other, expected) in [
        ("out of order", &b"\x0e\x82\x62fr\x62de"[..], "terms_incomplete"),
        ("twice", b"\x0e\x82\x62de\x62de", "terms_incomplete"),
        ("the statement's own", b"\x0e\x82\x62de\x62en", "terms_incomplete"),
        ("none, though dubbing is allowed", b"\x0e\x80", "terms_incomplete"),
        ("capital letters", b"\x0e\x82\x62DE\x62fr", "malformed_record"),
        ("with a region", b"\x0e\x82\x65de-AT\x62fr", "malformed_record"),
        ("unknown", b"\x0e\x82\x62de\x62xx", "malformed_record"),
        ("empty", b"\x0e\x82\x60\x62fr", "malformed_record"),
        ("bytes for text", b"\x0e\x82\x42de\x62fr", "malformed_record"),
        ("a long head", b"\x0e\x98\x02\x62de\x62fr", "malformed_record"),
        ("no end", b"\x0e\x9f\x62de\x62fr\xff", "malformed_record"),
        ("more than there is", b"\x0e\x9b\xff\xff\xff\xff\xff\xff\xff\xff", "malformed_record"),
        ("another key", b"\x0f\x82\x62de\x62fr", "malformed_record"),
    ] {
        assert_eq!(read(&with(&bytes, list, other)), expected, "{what}");
    }
}

#[test]
fn the_statement_and_the_list_belong_together() {
    let (old, new) = (terms(&[]).encode(), terms(&["de"]).encode());
    assert_eq!((old[0], read(&old), read(&new)), (0xad, "", ""));
    // The number of the statement stands before the word list's hash.
    let template = |number| [5, number, 6, 0x58, 32];
    assert_eq!(read(&with(&old, &template(1), &template(2))), "malformed_record");
    assert_eq!(read(&with(&new, &template(2), &template(1))), "malformed_record");
    assert_eq!(read(&with(&old, &template(1), &template(3))), "malformed_record");
    // A list that is there but empty is not the same as none.
    let mut padded = [&old, &b"\x0e\x80"[..]].concat();
    padded[0] = 0xae;
    assert_eq!(read(&padded), "malformed_record");
}

#[test]
fn more_languages_than_can_be_read_aloud_are_not_read_back() {
    let tags: Vec<&str> = Language::every().map(Language::tag).filter(|tag| *tag != "en").collect();
    assert_eq!(read(&terms(&tags[..LANGUAGES_MOST]).encode()), "");
    assert_eq!(read(&terms(&tags[..=LANGUAGES_MOST]).encode()), "terms_incomplete");
}
