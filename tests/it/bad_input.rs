//! Bad input, each with a one-line error, its code and its mend, and nothing written.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use audio::Pcm;
use audio::wav::Depth;

use crate::product::{answer, binary, demo_library, root, vouch};

fn speak(library: &Path, text: &str, voice: &str, out: &Path) -> crate::product::Answer {
    answer(vouch(library).args(["speak", "--voice", voice, text, "-o"]).arg(out))
}

#[test]
fn texts_and_voices() {
    let folder = tempfile::tempdir().unwrap();
    let library = demo_library(folder.path());
    let out = folder.path().join("out.wav");
    speak(&library, "   ", "alder", &out).refused(4, "empty_text");
    speak(&library, "...", "alder", &out).refused(4, "empty_text");
    speak(&library, "Hello.", "nobody at all", &out).refused(4, "unknown_voice");
    speak(&library, "a\u{1}b\u{2}c", "alder", &out).refused(4, "not_text");
    speak(&library, "Hello.", "alder", &folder.path().join("no/such/folder/out.wav")).refused(4, "no_folder");
    speak(&library, "Hello.", "alder", &folder.path().join("out.xyz")).refused(2, "unknown_format");
    answer(vouch(&library).args(["speak", "--voice", "alder", "--speed", "9", "Hello.", "-o"]).arg(&out))
        .refused(2, "out_of_range");
    assert!(!out.exists());
}

#[test]
fn books() {
    let folder = tempfile::tempdir().unwrap();
    let library = demo_library(folder.path());
    let out = folder.path().join("out.wav");
    let narrate = |name: &str, bytes: &[u8]| {
        let book = folder.path().join(name);
        fs::write(&book, bytes).unwrap();
        answer(vouch(&library).arg("narrate").arg(&book).args(["--voice", "alder", "-o"]).arg(&out))
    };
    let epub = fs::read(root().join("assets/books/sample.epub")).unwrap();
    let noise: Vec<u8> = (0..4096_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for (name, bytes) in [
        ("binary.txt", &noise[..]),
        ("empty.txt", b"".as_slice()),
        ("blank.md", b" \n\n ".as_slice()),
        ("truncated.epub", &epub[..epub.len() / 2]),
    ] {
        let answer = narrate(name, bytes);
        assert_eq!(answer.exit, 4, "{name}: {}", answer.output);
        assert!(!answer.code().is_empty(), "{name}");
        answer.refused(4, answer.code());
        assert!(!out.exists(), "{name} wrote something");
    }
    narrate("bomb.epub", &bomb()).refused(4, "archive_limit");
    answer(vouch(&library).args(["narrate", "/no/such/book.epub", "--voice", "alder", "-o"]).arg(&out))
        .refused(4, "unreadable");
    let listed: Vec<_> = fs::read_dir(folder.path()).unwrap().flatten().map(|e| e.file_name()).collect();
    assert!(!listed.iter().any(|name| name.to_string_lossy().starts_with(".vouch-")), "{listed:?}");
}

/// An EPUB whose one chapter unpacks to far more than it has.
fn bomb() -> Vec<u8> {
    use std::io::Write;
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    zip.start_file("mimetype", options).unwrap();
    zip.write_all(b"application/epub+zip").unwrap();
    zip.start_file("META-INF/container.xml", options).unwrap();
    zip.write_all(
        br#"<?xml version="1.0"?><container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"#,
    )
    .unwrap();
    zip.start_file("book.opf", options).unwrap();
    zip.write_all(
        br#"<?xml version="1.0"?><package version="3.0" xmlns="http://www.idpf.org/2007/opf"><metadata/><manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest><spine><itemref idref="a"/></spine></package>"#,
    )
    .unwrap();
    zip.start_file("a.xhtml", options).unwrap();
    let zeros = vec![b' '; 1 << 20];
    for _ in 0..300 {
        zip.write_all(&zeros).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn samples() {
    let folder = tempfile::tempdir().unwrap();
    let library = demo_library(folder.path());
    let challenge = |file: &Path| {
        answer(
            vouch(&library)
                .args([
                    "voice",
                    "challenge",
                    "--adult",
                    "--owner",
                    "Stand In",
                    "--purpose",
                    "a test of samples",
                    "--sample",
                ])
                .arg(file),
        )
    };
    let tone = |seconds: f64, rate: u32| -> Vec<f32> {
        (0..(seconds * f64::from(rate)) as usize).map(|i| (i as f32 * 0.05).sin() * 0.3).collect()
    };
    let path = folder.path().join("sample.wav");

    fs::write(&path, audio::wav::bytes(&Pcm::new(tone(0.01, 16_000), 16_000).unwrap(), Depth::Int16)).unwrap();
    let short = challenge(&path);
    assert_eq!(short.exit, 4, "{}", short.output);

    // Two hours of silence at 8 kHz, written without holding it.
    let mut writer = audio::wav::Writer::create(&path, 8_000, Depth::Int16).unwrap();
    for _ in 0..7200 {
        writer.write(&vec![0.01; 8_000]).unwrap();
    }
    writer.finish().unwrap();
    let long = challenge(&path);
    assert_eq!(long.exit, 4, "{}", long.output);

    fs::write(&path, float_wav(&[f32::NAN; 64_000])).unwrap();
    let nan = challenge(&path);
    assert_eq!(nan.exit, 4, "{}", nan.output);

    fs::write(&path, eight_bit_wav(8_000, 5)).unwrap();
    let eight = challenge(&path);
    assert_eq!(eight.exit, 4, "a constant 8 kHz 8-bit tone is no speech: {}", eight.output);

    fs::write(&path, b"RIFF\xff\xff\xff\xffWAVEfmt nonsense").unwrap();
    let garbage = challenge(&path);
    assert_eq!(garbage.exit, 4, "{}", garbage.output);
    for refusal in [short, long, nan, eight, garbage] {
        refusal.refused(4, refusal.code());
    }
    let voices = answer(vouch(&library).args(["voice", "list"])).ok();
    assert!(voices["voices"].as_array().unwrap().iter().all(|voice| voice["kind"] == "preset"));
}

fn wav(format: u16, bits: u16, rate: u32, data: &[u8]) -> Vec<u8> {
    let block = bits / 8;
    let mut out = Vec::new();
    out.extend_from_slice(b"RIFF");
    out.extend_from_slice(&(36 + data.len() as u32).to_le_bytes());
    out.extend_from_slice(b"WAVEfmt ");
    out.extend_from_slice(&16_u32.to_le_bytes());
    out.extend_from_slice(&format.to_le_bytes());
    out.extend_from_slice(&1_u16.to_le_bytes());
    out.extend_from_slice(&rate.to_le_bytes());
    out.extend_from_slice(&(rate * u32::from(block)).to_le_bytes());
    out.extend_from_slice(&block.to_le_bytes());
    out.extend_from_slice(&bits.to_le_bytes());
    out.extend_from_slice(b"data");
    out.extend_from_slice(&(data.len() as u32).to_le_bytes());
    out.extend_from_slice(data);
    out
}

fn float_wav(samples: &[f32]) -> Vec<u8> {
    wav(3, 32, 16_000, &samples.iter().flat_map(|s| s.to_le_bytes()).collect::<Vec<_>>())
}

fn eight_bit_wav(rate: u32, seconds: u32) -> Vec<u8> {
    wav(1, 8, rate, &vec![200; (rate * seconds) as usize])
}

#[test]
fn libraries() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a-file");
    fs::write(&file, b"not a library").unwrap();
    let list = |library: &Path| answer(vouch(library).args(["voice", "list"]));
    let is_file = list(&file);
    is_file.refused(5, is_file.code());
    assert_eq!(fs::read(&file).unwrap(), b"not a library");
    let nothing = list(&folder.path().join("nothing"));
    nothing.refused(5, nothing.code());

    let library = demo_library(folder.path());
    let again = answer(
        Command::new(binary())
            .args(["--json", "library", "init", "--demo"])
            .arg(&library)
            .env("VOUCH_PASSPHRASE", "another")
            .stdout(Stdio::piped()),
    );
    again.refused(5, again.code());

    let wrong = answer(vouch(&library).env("VOUCH_PASSPHRASE", "wrong").args(["voice", "list"]));
    wrong.refused(5, "wrong_passphrase");
    list(&library).ok();
}

#[test]
fn a_second_process_on_the_same_library_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let library = demo_library(folder.path());
    let passphrase = library::Unlock::Passphrase(crate::product::PASSPHRASE.to_owned().into());
    let holder = library::Library::open(&library, &passphrase, b"test", 1_800_000_000).unwrap();
    let second = answer(vouch(&library).args(["voice", "list"]));
    second.refused(5, "library_busy");
    drop(holder);
    answer(vouch(&library).args(["voice", "list"])).ok();
}
