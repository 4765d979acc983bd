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

fn told(cues: &[Cue]) -> Vec<(u64, u64, Option<&str>, &str)> {
    seen(cues).into_iter().zip(cues).map(|((start, end, text), cue)| (start, end, cue.speaker(), text)).collect()
}

const FORMATS: [SubtitleFormat; 3] = [SubtitleFormat::Srt, SubtitleFormat::Vtt, SubtitleFormat::Ass];

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
fn ass_is_written_as_players_expect() {
    let cues = [
        Cue::with_speaker(1_504, 3_661_005, "Hello, {you}\nC:\\new", "Smith, Anna"),
        Cue::new(36_000_000, 36_000_010, "1 --> <i>2"),
    ];
    let file = write_subtitles(&cues, SubtitleFormat::Ass);
    let events = file.split_once("[Events]\n").unwrap().1;
    assert_eq!(
        events,
        "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n\
         Dialogue: 0,0:00:01.50,1:01:01.01,Default,Smith‚\u{2060} Anna,0,0,0,,Hello, \\{you\\}\\NC:\\\u{2060}new\n\
         Dialogue: 0,10:00:00.00,10:00:00.01,Default,,0,0,0,,1 --> <i>2\n"
    );
    // As many values as fields.
    let count = |mark: &str| file.lines().find(|line| line.starts_with(mark)).unwrap().split(',').count();
    assert_eq!(count("Style:"), count("Format: Name"));
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
fn ass_of_other_programs_is_read() {
    let text = "\u{feff}; made by hand\r\n\r\n[script info]\r\nScriptType: v4.00+\r\n\r\n[V4+ Styles]\r\n\
                Format: Name, Fontname\r\nStyle: Default,Arial\r\n\r\n[Fonts]\r\nfontname: x.ttf\r\n\
                Dialogue: 0,0:00:00.00,0:00:09.00,Default,,0,0,0,,a font\r\n\r\n[Events]\r\n\
                Format: Layer, Start, End, Style, Actor, Text\r\n\
                Comment: 0,0:00:00.00,0:00:09.00,Default,,note\r\n\
                Dialogue: 0,0:00:05.00,0:00:09.00,Default,Ben,{\\an8\\pos(3,4)}Late{a note}, {\\i1}yes{\\i0}\\Nand\\hmore\r\n\
                Dialogue: 0,0:00:01.5,0:00:06.50,Default,,{\\k20}Ka{\\k30}ra\\noke {open\r\n\
                dialogue:0,0:00:05.00,0:00:05.00,Sign,Ben,\\{kept\\} {\\p1}m 0 0 l 9 9{\\p0} text\r\n\
                Dialogue: 0,0:00:05.00,0:00:06.00,Sign,,{\\p2\\pos(1,2)}m 0 0 l 1 1\r\n\
                Dialogue: 0,0:00:07.00,0:00:06.00,Default,,backwards\r\n\
                Dialogue: 0,soon\r\n";
    let (cues, warnings) = read_subtitles(text.as_bytes()).unwrap();
    assert_eq!(
        told(&cues),
        [
            (1_500, 6_500, None, "Kara oke {open"),
            (5_000, 9_000, Some("Ben"), "Late, yes\nand more"),
            (5_000, 5_000, Some("Ben"), "{kept}  text"),
        ]
    );
    let left = |what: &str, count| Warning::LeftOut { what: what.into(), count };
    assert_eq!(warnings, [left("cues without text", 1), left("lines with an impossible time", 2)]);
}

#[test]
fn old_and_headless_scripts_are_read() {
    let old = "[Script Info]\nScriptType: v4.00\n[Events]\n\
               Dialogue: Marked=0,0:02:32.85,0:02:34.33,*Default,Tom,0000,0000,0000,,Oh no, they hatch!";
    assert_eq!(told(&read(old)), [(152_850, 154_330, Some("Tom"), "Oh no, they hatch!")]);
    let bare = "Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,Hi, you";
    assert_eq!(told(&read(bare)), [(1_000, 2_000, None, "Hi, you")]);
    let utf16: Vec<u8> = old.replace("Oh", "Öh").encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read_subtitles(&utf16).unwrap().0[0].text(), "Öh no, they hatch!");
    let (cues, warnings) = read_subtitles(&[bare.as_bytes(), b" caf\xE9!"].concat()).unwrap();
    assert_eq!((cues[0].text(), warnings), ("Hi, you café!", vec![Warning::Encoding("Windows-1252".into())]));
}

#[test]
fn voices_of_webvtt_are_speakers() {
    let text = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v.loud  Anna &amp;\tBen>One <i>two</i>\nthree\n\n\
                00:03.000 --> 00:06.000\n- <v Anna>Me?</v>\n- <v Ben>Not you.\n<c>Him!</v>\n\n\
                00:07.000 --> 00:08.000\n<v>Nobody</v> <video>\n";
    assert_eq!(
        told(&read(text)),
        [
            (1_000, 2_000, Some("Anna & Ben"), "One two\nthree"),
            (3_000, 3_545, Some("Anna"), "- Me?\n-"),
            (3_545, 6_000, Some("Ben"), "Not you.\nHim!"),
            (7_000, 8_000, None, "Nobody"),
        ]
    );
}

/// A file of SubRip with these texts, a second each.
fn subrip(texts: &[&str]) -> String {
    let cue = |(at, text): (usize, &&str)| format!("{at}\n00:00:{at:02},000 --> 00:00:{:02},000\n{text}\n\n", at + 1);
    texts.iter().enumerate().map(cue).collect()
}

#[test]
fn names_before_a_colon_are_believed_by_habit_only() {
    let said = |texts: &[&str]| -> Vec<(Option<String>, String)> {
        let cues = read(&subrip(texts));
        cues.iter().map(|cue| (cue.speaker().map(str::to_owned), cue.text().to_owned())).collect()
    };
    let spoken = |name: &str, text: &str| (Some(name.to_owned()), text.to_owned());
    let plain = |text: &str| (None, text.to_owned());
    // Once is no habit, and small letters need a whole file of them.
    assert_eq!(said(&["NOTE: one", "two", "At 10:30: go"]), ["NOTE: one", "two", "At 10:30: go"].map(plain));
    assert_eq!(said(&["Note: a", "b", "Hint: c", "d", "e"]), ["Note: a", "b", "Hint: c", "d", "e"].map(plain));
    assert_eq!(
        said(&[
            "- ANNA: one",
            "<i>MAN 2 (on phone)</i>:\ntwo",
            "Wait: three",
            "[DR. O'NEIL] : four",
            "HE SAID:x",
            "BEN:",
            "x",
            "y",
            "z",
            "x",
            "y"
        ]),
        [
            spoken("ANNA", "one"),
            spoken("MAN 2", "two"),
            plain("Wait: three"),
            spoken("DR. O'NEIL", "four"),
            plain("HE SAID:x"),
            plain("BEN:"),
            plain("x"),
            plain("y"),
            plain("z"),
            plain("x"),
            plain("y"),
        ]
    );
    assert_eq!(
        said(&["Speaker 1: one", "[Speaker 2]: two", "Anna: he said: no", "Then he said: four"]),
        [
            spoken("Speaker 1", "one"),
            spoken("Speaker 2", "two"),
            spoken("Anna", "he said: no"),
            plain("Then he said: four"),
        ]
    );
    // Several in one cue share its time.
    let cues = read(&subrip(&["ANNA: one", "end of it.\nBEN: twoxyz\nmore", "BEN: x"]));
    assert_eq!(
        told(&cues),
        [
            (0, 1_000, Some("ANNA"), "one"),
            (1_000, 1_411, None, "end of it."),
            (1_411, 2_000, Some("BEN"), "twoxyz\nmore"),
            (2_000, 3_000, Some("BEN"), "x"),
        ]
    );
}

#[test]
fn dashes_part_a_dialogue_into_turns() {
    let turns = |text: &str| -> Vec<(u64, u64, String)> {
        let turns = Cue::new(1_000, 3_000, text).turns();
        turns.iter().map(|turn| (turn.start_milliseconds(), turn.end_milliseconds(), turn.text().to_owned())).collect()
    };
    let whole = |text: &str| vec![(1_000, 3_000, text.to_owned())];
    assert_eq!(
        turns("- Coming?\n– Nonono\nnow"),
        [(1_000, 1_800, "Coming?".into()), (1_800, 3_000, "Nonono\nnow".into())]
    );
    assert_eq!(turns("-Oui\n-Nonn"), [(1_000, 1_857, "Oui".into()), (1_857, 3_000, "Nonn".into())]);
    for text in ["- one", "one\n- two\n- three", "-5 degrees\n-6 degrees", "--\n--", "a - b"] {
        assert_eq!(turns(text), whole(text));
    }
    let anna = Cue::with_speaker(0, 1, "- a\n- b", "Anna");
    assert_eq!(anna.turns(), [anna]);
    let many = Cue::new(0, 1_000, &"- x\n".repeat(100)).turns();
    assert_eq!((many.len(), many[MOST_TURNS - 1].end_milliseconds()), (MOST_TURNS, 1_000));
}

#[test]
fn speakers_are_one_short_line() {
    let speaker = |name: &str| Cue::with_speaker(0, 1, "x", name).speaker().map(str::to_owned);
    assert_eq!(speaker(" Anna\u{2060}\n the\tGreat "), Some("Anna the Great".into()));
    assert_eq!(speaker("\u{200B} \n"), None);
    assert_eq!(speaker(&"é ".repeat(1000)).unwrap().chars().count(), MOST_SPEAKER_CHARACTERS - 1);
    assert_eq!(Cue::with_speaker(0, 1, "x", ""), Cue::new(0, 1, "x"));
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
    assert_eq!(
        code(b"[Script Info]\n[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\\an8}"),
        "subtitles_none"
    );
    let many = format!("[Events]\n{}", "Dialogue: 0,0:00:01.00,0:00:02.00,,,,,,,x\n".repeat(MOST_CUES + 1));
    assert!(matches!(read_subtitles(many.as_bytes()), Err(TextError::TooLarge { .. })));
    // Turns count as well.
    let many = format!("WEBVTT\n\n{}", "00:01.000 --> 00:02.000\n<v A>x<v B>y\n\n".repeat(MOST_CUES / 2 + 1));
    assert!(matches!(read_subtitles(many.as_bytes()), Err(TextError::TooLarge { .. })));
}

/// Time of the fastest of a few readings, in milliseconds.
fn milliseconds_to_read(file: &str, cues: usize) -> u128 {
    let once = || {
        let start = std::time::Instant::now();
        assert_eq!(read_subtitles(file.as_bytes()).unwrap().0.len(), cues);
        start.elapsed().as_millis()
    };
    (0..5).map(|_| once()).min().unwrap()
}

#[test]
fn ten_thousand_cues_are_read_at_once() {
    let text = "Some words that are said at length,\nand {more} of <them> & so on";
    let cue = |at: u64| Cue::with_speaker(at * 1000, at * 1000 + 1500, text, ["Anna", "Ben"][at as usize % 2]);
    let cues: Vec<Cue> = (0..10_000).map(cue).collect();
    for format in FORMATS {
        let took = milliseconds_to_read(&write_subtitles(&cues, format), cues.len());
        // A quiet machine needs a few; this one may be busy with other tests.
        assert!(took < 250, "{format:?} took {took} ms");
    }
}

#[test]
fn long_hostile_lines_take_no_long_time() {
    let line = |piece: &str| piece.repeat(500_000 / piece.len());
    for piece in ["{", "{}", "\\", "<", "<v ", "<v A>x<v B>y", "&", "-->", ":", "A:\u{2060}", "A: ", "{\\p1"] {
        let ass = format!("Dialogue: 0,0:00:01.00,0:00:02.00,x,,,,,,{}\nDialogue: ,,\n{}", line(piece), line(piece));
        let vtt = format!("WEBVTT\n\n00:01.000 --> 00:02.000\n{}", line(piece));
        let srt = subrip(&["A: b", "A: c", &line(piece)]);
        for file in [ass, vtt, srt] {
            let start = std::time::Instant::now();
            let _ = read_subtitles(file.as_bytes());
            assert!(start.elapsed().as_secs() < 5, "{piece:?}");
        }
    }
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
        Just("\nANNA: ".to_owned()),
        Just("Ben: x".to_owned()),
        Just("- ".to_owned()),
        Just("<v Anna>".to_owned()),
        Just("\\N\\h\\{".to_owned()),
        Just("{\\p1}".to_owned()),
        Just("‚,".to_owned()),
        Just("Dialogue: 0,0:00:01.00,0:00:02.00,,,,,,,".to_owned()),
        "[0-9]{1,4}",
        "\\PC{0,12}",
        "[\\x00-\\x20<>&;{}\\\\-]{0,6}",
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn speakers() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => Just(String::new()),
        1 => Just("Anna".to_owned()),
        1 => Just("Smith, <b>Anna</b>: --> {x}".to_owned()),
        2 => pieces(),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        cues in proptest::collection::vec((0u64..5_000_000, 0u64..90_000, pieces(), speakers()), 1..8),
    ) {
        let cue = |(start, length, text, speaker): &(u64, u64, String, String)| {
            Cue::with_speaker(start * 10, (start + length) * 10, text, speaker)
        };
        let mut cues: Vec<Cue> = cues.iter().map(cue).collect();
        cues.sort_by_key(Cue::start_milliseconds);
        cues.retain(|cue| !cue.text().is_empty());
        for format in FORMATS {
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

    /// What a file of anybody's holds is still there after it was read and written once, but for times that are finer
    /// than its format has them.
    #[test]
    fn a_file_is_kept(
        lines in proptest::collection::vec((0u64..4_000_000, 0u64..90_000, pieces(), speakers()), 1..8),
    ) {
        let cut = |text: &str| text.replace(['\n', '\r'], " ");
        let (mut srt, mut vtt, mut ass) = (String::new(), "WEBVTT\n\n".to_owned(), "[Script Info]\n[Events]\n".to_owned());
        for (start, length, text, speaker) in &lines {
            let clock = |ms: u64| format!("{:02}:{:02}:{:02}", ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
            let (from, to, end) = (clock(*start), clock(start + length), start + length);
            srt += &format!("{from},{:03} --> {to},{:03}\n{text}\n\n", start % 1000, end % 1000);
            vtt += &format!("{from}.{:03} --> {to}.{:03}\n<v {speaker}>{text}\n\n", start % 1000, end % 1000);
            ass += &format!("Dialogue: 0,{from}.{:03},{to}.{:03},,{},,,,,{}\n", start % 1000, end % 1000, cut(speaker), cut(text));
        }
        for (format, file) in FORMATS.into_iter().zip([srt, vtt, ass]) {
            let Ok((once, _)) = read_subtitles(file.as_bytes()) else { continue };
            let (again, warnings) = read_subtitles(write_subtitles(&once, format).as_bytes()).unwrap();
            prop_assert!(warnings.is_empty());
            prop_assert_eq!(once.len(), again.len());
            let finest = if format == SubtitleFormat::Ass { 5 } else { 0 };
            // Where hundredths make times equal, the order of the file stays, and so it does in `again`.
            for (one, two) in once.iter().zip(&again) {
                prop_assert_eq!((one.text(), one.speaker()), (two.text(), two.speaker()));
                prop_assert!(one.start_milliseconds().abs_diff(two.start_milliseconds()) <= finest);
                prop_assert!(one.end_milliseconds().abs_diff(two.end_milliseconds()) <= finest);
            }
        }
    }

    #[test]
    fn nothing_makes_it_panic(text in pieces(), bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_subtitles(text.as_bytes());
        let _ = read_subtitles(&bytes);
        let _ = read_subtitles(format!("WEBVTT\n\n00:01.000 --> 00:02.000\n{text}").as_bytes());
        let _ = read_subtitles(format!("[Events]\nFormat:{text}\nDialogue: 0,0:00:01.00,0:00:02.00,,{text}").as_bytes());
        let _ = Cue::new(0, 1, &text).turns();
    }
}
