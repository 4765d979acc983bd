//! Subtitles there and back, and what hostile files come to.

use proptest::prelude::*;

use super::*;
use crate::{TextError, Warning};

fn read(text: &str) -> Vec<Cue> {
    read_subtitles(text.as_bytes()).unwrap().0
}

fn seen(cues: &[Cue]) -> Vec<(u64, u64, &str)> {
    cues.iter().map(|cue| (cue.start_milliseconds(), cue.end_milliseconds(), cue.text())).collect()
}

#[test]
fn both_formats_are_written_as_players_expect() {
    let cues = [Cue::new(1_500, 3_661_001, "Hello & <welcome>\n there"), Cue::new(4_000_000, 4_000_500, "1 --> 2")];
    assert_eq!(
        write_subtitles(&cues, SubtitleFormat::Srt),
        "1\n00:00:01,500 --> 01:01:01,001\nHello & <welcome>\nthere\n\n\
         2\n01:06:40,000 --> 01:06:40,500\n1 -\u{2060}-> 2\n\n"
    );
    assert_eq!(
        write_subtitles(&cues, SubtitleFormat::Vtt),
        "WEBVTT\n\n00:00:01.500 --> 01:01:01.001\nHello &amp; &lt;welcome&gt;\nthere\n\n\
         01:06:40.000 --> 01:06:40.500\n1 --&gt; 2\n\n"
    );
}

#[test]
fn sloppy_subrip_is_read() {
    let text = "\u{feff}1\r\n00:00:01,0 --> 00:00:02.5  X1:10 X2:20\r\n<i>One</i> {\\an8}two\r\n\r\n\
                after a blank line\r\n2\r\n0:00:03,000-->0:00:04,000\r\n<font color=\"#fff\">42</font>\r\n\r\n\r\n\
                00:00:05,000 --> 00:00:06,000\r\n\
                no number\r\n<not a tag> & 3 < 4\r\n4\r\n00:00:07,000 --> 00:00:06,000\r\nbackwards\r\n";
    let (cues, warnings) = read_subtitles(text.as_bytes()).unwrap();
    assert_eq!(
        seen(&cues),
        [
            (1_000, 2_500, "One two\nafter a blank line"),
            (3_000, 4_000, "42"),
            (5_000, 6_000, "no number\n<not a tag> & 3 < 4"),
        ]
    );
    assert_eq!(warnings, [Warning::LeftOut { what: "lines with an impossible time".into(), count: 1 }]);
}

#[test]
fn webvtt_has_notes_styles_names_and_escapes() {
    let text = "WEBVTT - title\nKind: captions\n\nNOTE\n1 --> nothing\n\nSTYLE\n::cue { color: red }\n\nname of a cue\n\
                00:01.000 --> 00:02.000 align:start\n<v Anna>Hi &lt;b&gt; &amp;amp; &#x1F600; &nope;</v>\n- two\n\n\
                NOTE lost\n\n01:00:00.000 --> 01:00:01.000\n42\n\n7\n01:00:02.000 --> 01:00:03.000\nend";
    assert_eq!(
        seen(&read(text)),
        [
            (1_000, 2_000, "Hi <b> &amp; \u{1F600} &nope;\n- two"),
            (3_600_000, 3_601_000, "42"),
            (3_602_000, 3_603_000, "end"),
        ]
    );
}

#[test]
fn what_is_no_subtitle_file_is_refused() {
    let code = |bytes: &[u8]| read_subtitles(bytes).unwrap_err().code();
    assert_eq!(code(b""), "document_empty");
    assert_eq!(code(b"just a letter\n\nwith --> an arrow"), "subtitles_none");
    assert_eq!(code(b"WEBVTT\n\n"), "subtitles_none");
    assert_eq!(code(b"1\n00:00:01,000 --> 00:00:02,000\n\n"), "subtitles_none");
    assert_eq!(code(&[0, 1, 2, 3, 0xFF, 0, 7]), "document_binary");
    assert_eq!(code(b"1\n99999999:00:01,000 --> 99999999:00:02,000\nx"), "subtitles_none");
    let many = "00:00:01 --> 00:00:02\n".repeat(MOST_CUES + 2);
    assert!(matches!(read_subtitles(many.as_bytes()), Err(TextError::TooLarge { .. })));
}

#[test]
fn texts_of_cues_are_bounded() {
    let cue = Cue::new(0, 1, &format!("{}\n{}", "a".repeat(MOST_CUE_CHARACTERS - 1), "b".repeat(10)));
    assert_eq!(cue.text().chars().count(), MOST_CUE_CHARACTERS - 1);
    assert_eq!(Cue::new(0, 1, &"x\n".repeat(1_000_000)).text().chars().count(), MOST_CUE_CHARACTERS - 1);
    assert_eq!(seen(&[Cue::new(u64::MAX, 3, "x")]), [(MOST_MILLISECONDS, MOST_MILLISECONDS, "x")]);
}

/// Pieces that subtitle files are made of.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("00:00:01,000 --> 00:00:02,000".to_owned()),
        Just("-->".to_owned()),
        Just("\n".to_owned()),
        Just("\n\n".to_owned()),
        Just("<i>".to_owned()),
        Just("<b ".to_owned()),
        Just("{\\an8}".to_owned()),
        Just("&amp;lt;".to_owned()),
        Just("WEBVTT".to_owned()),
        Just("NOTE".to_owned()),
        Just("\u{2060}".to_owned()),
        "[0-9]{1,4}",
        "\\PC{0,12}",
        "[\\x00-\\x20<>&;{}\\\\-]{0,6}",
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        cues in proptest::collection::vec((0u64..5_000_000, 0u64..90_000, pieces()), 1..8),
    ) {
        let mut cues: Vec<Cue> =
            cues.iter().map(|(start, length, text)| Cue::new(*start, start + length, text)).collect();
        cues.sort_by_key(Cue::start_milliseconds);
        cues.retain(|cue| !cue.text().is_empty());
        for format in [SubtitleFormat::Srt, SubtitleFormat::Vtt] {
            let file = write_subtitles(&cues, format);
            if cues.is_empty() {
                prop_assert!(read_subtitles(file.as_bytes()).is_err());
            } else {
                let (found, warnings) = read_subtitles(file.as_bytes()).unwrap();
                prop_assert_eq!(&found, &cues, "{}", file);
                prop_assert!(warnings.is_empty());
            }
        }
    }

    #[test]
    fn nothing_makes_it_panic(text in pieces(), bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_subtitles(text.as_bytes());
        let _ = read_subtitles(&bytes);
        let _ = read_subtitles(format!("WEBVTT\n\n00:01.000 --> 00:02.000\n{text}").as_bytes());
    }
}
