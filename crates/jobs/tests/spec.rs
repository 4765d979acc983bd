//! Job descriptions: what is written is read back the same, and nothing else is read.

use std::path::PathBuf;

use jobs::{Enroll, Export, Format, JobSpec, JobsError, Narrate, Render, Speak, Terms};
use proptest::prelude::*;

/// Never blank, also not by tabs, which are no `\p{Z}`.
fn name() -> impl Strategy<Value = String> {
    "[^\\s\0]{1,5}[^\0]{0,40}"
}

fn path() -> impl Strategy<Value = PathBuf> {
    name().prop_map(PathBuf::from)
}

fn format() -> impl Strategy<Value = Option<Format>> {
    let formats = [Format::Wav, Format::Flac, Format::Mp3, Format::M4b, Format::M4a, Format::Opus];
    proptest::option::of(proptest::sample::select(formats.to_vec()))
}

prop_compose! {
    fn terms()(
        owner in name(),
        grantee in name(),
        purpose in name(),
        scopes in proptest::collection::vec(name(), 1..5),
        dub_into in proptest::collection::vec(name(), 0..4),
        until_unix_seconds in any::<i64>(),
        cap_seconds in any::<Option<u64>>(),
    ) -> Terms {
        Terms { owner, grantee, language: "en".into(), purpose, scopes, dub_into, until_unix_seconds, cap_seconds }
    }
}

fn spec() -> impl Strategy<Value = JobSpec> {
    let samples = proptest::collection::vec(path(), 1..5);
    let enroll = (name(), samples, path(), terms())
        .prop_map(|(voice, samples, statement, terms)| JobSpec::Enroll(Enroll { voice, samples, statement, terms }));
    let speak = (name(), name(), path(), any::<u64>(), 1_u32..=100, 0.5_f32..=2.0, format()).prop_map(
        |(voice, text, out, seed, takes, speed, format)| {
            JobSpec::Speak(Speak { voice, text, out, language: "en-GB".into(), seed, takes, speed, format })
        },
    );
    let book = (path(), any::<[u8; 32]>())
        .prop_map(|(book, hash)| (book, hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>()));
    let narrate = (book, name(), path(), proptest::option::of(name()), any::<u64>(), 0.5_f32..=2.0, format()).prop_map(
        |((book, book_sha256), voice, out, chapters, seed, speed, format)| {
            JobSpec::Narrate(Narrate { book, book_sha256, voice, out, chapters, seed, speed, format })
        },
    );
    let chosen = || proptest::option::of(name());
    let render = (any::<u64>(), name(), chosen(), any::<Option<usize>>())
        .prop_map(|(book, title, chapters, from_line)| JobSpec::Render(Render { book, title, chapters, from_line }));
    let export = (any::<u64>(), name(), path(), chosen())
        .prop_map(|(book, title, out, chapters)| JobSpec::Export(Export { book, title, out, chapters }));
    prop_oneof![enroll, speak, narrate, render, export]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back(spec in spec()) {
        let json = spec.to_json().unwrap();
        prop_assert_eq!(JobSpec::from_json(&json).unwrap(), spec);
    }

    #[test]
    fn any_text_is_read_or_refused(json in "\\PC{0,200}") {
        prop_assert!(JobSpec::from_json(&json).is_err());
    }

    #[test]
    fn a_description_with_a_byte_changed_is_read_or_refused(spec in spec(), at in any::<usize>(), byte in 0x20_u8..0x7f) {
        let mut bytes = spec.to_json().unwrap().into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(json) = String::from_utf8(bytes)
            && let Ok(read) = JobSpec::from_json(&json)
        {
            prop_assert!(read.check().is_ok());
        }
    }
}

fn narrate(change: impl FnOnce(&mut serde_json::Value)) -> Result<JobSpec, JobsError> {
    let mut json = serde_json::json!({
        "version": 1, "kind": "narrate", "book": "a.epub", "book_sha256": "0".repeat(64), "voice": "v", "out": "a.m4b",
    });
    change(&mut json);
    JobSpec::from_json(&json.to_string())
}

#[test]
fn the_shape_is_the_one_that_was_promised() {
    let JobSpec::Narrate(read) = narrate(|_| {}).unwrap() else { panic!("another kind") };
    assert_eq!((read.seed, read.speed, read.chapters, read.format), (0, 1.0, None, None));
    let spec = JobSpec::Speak(Speak {
        voice: "amber".into(),
        text: "Hello.".into(),
        out: "hello.wav".into(),
        language: "en".into(),
        seed: u64::MAX,
        takes: 2,
        speed: 1.25,
        format: Some(Format::Wav),
    });
    insta::assert_snapshot!(
        spec.to_json().unwrap(),
        @r#"{"format":"wav","kind":"speak","language":"en","out":"hello.wav","seed":18446744073709551615,"speed":1.25,"takes":2,"text":"Hello.","version":1,"voice":"amber"}"#
    );
}

#[test]
fn another_version_is_refused_before_anything_else() {
    for version in [serde_json::json!(2), serde_json::json!("1"), serde_json::json!(null), serde_json::json!(-1)] {
        let error = narrate(|json| {
            json["version"] = version.clone();
            json["kind"] = "sing".into();
        })
        .unwrap_err();
        assert_eq!(error.code(), "job_version", "{version}");
        assert!(error.to_string().contains(&version.to_string()), "{error}");
    }
    let error = JobSpec::from_json(r#"{"kind":"narrate"}"#).unwrap_err();
    assert_eq!(error.to_string(), "the job description has version none; this program reads version 1");
}

#[test]
fn what_nobody_could_run_is_refused() {
    type Change = fn(&mut serde_json::Value);
    let bad: [(&str, Change); 9] = [
        ("there is no kind", |json| json["kind"] = "sing".into()),
        ("unknown field", |json| json["volume"] = 11.into()),
        ("missing field", |json| drop(json.as_object_mut().unwrap().remove("voice"))),
        ("`voice` is empty", |json| json["voice"] = " ".into()),
        ("`speed`", |json| json["speed"] = 3.into()),
        ("`book_sha256`", |json| json["book_sha256"] = "ab".into()),
        ("`out` is empty", |json| json["out"] = "".into()),
        ("`out` is not a path", |json| json["out"] = "a\0b".into()),
        ("`chapters` is longer", |json| json["chapters"] = "1,".repeat(5000).into()),
    ];
    for (expected, change) in bad {
        let error = narrate(change).unwrap_err();
        assert_eq!(error.code(), "job_spec");
        assert!(error.to_string().contains(expected), "{error}, not {expected}");
    }
    let huge = format!("{{\"version\":1,{}", " ".repeat(2 << 20));
    assert!(JobSpec::from_json(&huge).unwrap_err().to_string().contains("larger than"));
    let deep = "[".repeat(100_000);
    assert_eq!(JobSpec::from_json(&deep).unwrap_err().code(), "job_spec");
}

#[cfg(unix)]
#[test]
fn a_path_that_json_cannot_hold_is_refused() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let JobSpec::Narrate(mut spec) = narrate(|_| {}).unwrap() else { panic!("another kind") };
    spec.book = PathBuf::from(OsStr::from_bytes(b"b\xffk.txt"));
    let spec = JobSpec::Narrate(spec);
    assert_eq!(spec.check().unwrap_err().code(), "job_spec");
    assert_eq!(spec.to_json().unwrap_err().code(), "job_spec");
}
