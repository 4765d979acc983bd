//! Every edit can be taken back and brought back, and what is read back from the record is what was there.

use proptest::prelude::*;

use super::*;
use crate::book::head::Record;
use crate::make::Hex;

fn script() -> Script {
    let lines = (0..8_u32).map(|id| Line {
        id,
        chapter: id / 4,
        paragraph: (id % 4 != 0).then_some(id % 4),
        text: format!("line {id} and words").into(),
        planned: Some(format!("line {id} and words").into()),
        manner: Manner::default(),
        pause_seconds: 0.5,
        take: 0,
    });
    Script::new(lines.collect(), Whole { voice: "amber".into(), speed: 1.0 })
}

fn place() -> impl Strategy<Value = usize> {
    0_usize..10
}

fn voice() -> impl Strategy<Value = String> {
    prop_oneof![Just("amber".to_owned()), Just("slate".to_owned())]
}

fn speed() -> impl Strategy<Value = f32> {
    prop_oneof![Just(1.0_f32), Just(1.5), Just(3.0)]
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        (place(), "[a-c ]{0,6}").prop_map(|(line, text)| Edit::Text { line, text }),
        (place(), place(), proptest::option::of(voice())).prop_map(|(first, last, voice)| Edit::Voice {
            first,
            last,
            voice
        }),
        voice().prop_map(|voice| Edit::BookVoice { voice }),
        (place(), place(), proptest::option::of(speed())).prop_map(|(first, last, speed)| Edit::Speed {
            first,
            last,
            speed
        }),
        speed().prop_map(|speed| Edit::BookSpeed { speed }),
        (place(), -1.0_f32..3.0).prop_map(|(line, seconds)| Edit::Pause { line, seconds }),
        (place(), 0_u32..4).prop_map(|(line, take)| Edit::Take { line, take }),
        (place(), place()).prop_map(|(first, last)| Edit::Lock { first, last, locked: false }),
        (place(), 0_usize..20).prop_map(|(line, at)| Edit::Split { line, at }),
        place().prop_map(|line| Edit::Merge { line }),
        (place(), place()).prop_map(|(first, last)| Edit::Remove { first, last }),
        Just(Edit::Undo),
        Just(Edit::Undo),
        Just(Edit::Redo),
    ]
}

/// What is done in a test: an edit, or lines that are locked.
fn record() -> impl Strategy<Value = Record> {
    prop_oneof![
        9 => edit().prop_map(|edit| Record::Edit { edit }),
        1 => place().prop_map(|at| Record::Lock { lines: vec![(at, Hex([at as u8; 32])), (at + 1, Hex([9; 32]))] }),
    ]
}

fn apply(script: &mut Script, record: &Record) -> Result<Option<Touched>, StudioError> {
    match record {
        Record::Edit { edit } => script.apply(&Deed::Edit(edit)),
        Record::Lock { lines } => {
            let lines: Vec<(usize, Key)> = lines.iter().map(|(at, key)| (*at, key.0)).collect();
            script.apply(&Deed::Lock(&lines))
        }
        Record::Made { .. } => Ok(None),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn everything_is_taken_back_brought_back_and_read_back(records in proptest::collection::vec(record(), 0..40)) {
        let mut live = script();
        let mut kept = Vec::new();
        for record in &records {
            let before = live.clone();
            match apply(&mut live, record) {
                Ok(touched) => {
                    kept.push(serde_json::to_string(record).unwrap());
                    if let Some(touched) = touched {
                        prop_assert!(touched.lines.end <= live.lines.len());
                        // Nothing outside of what it says was touched.
                        let tail = live.lines.len() - touched.lines.end;
                        prop_assert_eq!(&live.lines[..touched.lines.start], &before.lines[..touched.lines.start]);
                        let (now, then) = (&live.lines, &before.lines);
                        prop_assert_eq!(&now[now.len() - tail..], &then[then.len() - tail..]);
                    }
                }
                // What is refused changes nothing.
                Err(_) => {
                    prop_assert_eq!(&live.lines, &before.lines);
                    prop_assert_eq!(&live.whole, &before.whole);
                }
            }
            let mut ids: Vec<u32> = live.lines.iter().map(|line| line.id).collect();
            ids.sort_unstable();
            ids.dedup();
            prop_assert_eq!(ids.len(), live.lines.len());
            prop_assert!(!live.lines.is_empty());
            prop_assert!(live.lines.is_sorted_by_key(|line| line.chapter));
        }
        let mut read = script();
        for json in &kept {
            let record: Record = serde_json::from_str(json).unwrap();
            prop_assert!(apply(&mut read, &record).is_ok());
        }
        prop_assert_eq!(&read.lines, &live.lines);
        prop_assert_eq!(&read.whole, &live.whole);
        prop_assert_eq!((read.done.len(), read.undone.len()), (live.done.len(), live.undone.len()));

        let end = live.clone();
        let mut steps = 0;
        while live.can_undo() {
            live.apply(&Deed::Edit(&Edit::Undo)).unwrap();
            steps += 1;
        }
        prop_assert_eq!(&live.lines, &script().lines);
        prop_assert_eq!(&live.whole, &script().whole);
        for _ in 0..steps {
            live.apply(&Deed::Edit(&Edit::Redo)).unwrap();
        }
        prop_assert_eq!(&live.lines, &end.lines);
        prop_assert_eq!(&live.whole, &end.whole);
    }
}

#[test]
fn a_locked_line_keeps_its_voice_and_is_left_out() {
    let mut script = script();
    let before = script.lines[2].clone();
    script.apply(&Deed::Lock(&[(2, [7; 32])])).unwrap();
    for edit in [
        Edit::BookVoice { voice: "slate".into() },
        Edit::BookSpeed { speed: 1.5 },
        Edit::Voice { first: 0, last: 7, voice: Some("coral".into()) },
        Edit::Speed { first: 0, last: 7, speed: Some(0.5) },
    ] {
        let count = script.preview(&Deed::Edit(&edit)).unwrap().count;
        assert_eq!(count, 7, "{edit:?}");
        script.apply(&Deed::Edit(&edit)).unwrap();
        let (voice, speed) = script.spoken_by(&script.lines[2]);
        assert_eq!((&**voice, speed), ("amber", 1.0), "{edit:?}");
    }
    for edit in [
        Edit::Text { line: 2, text: "other".into() },
        Edit::Pause { line: 2, seconds: 1.0 },
        Edit::Take { line: 2, take: 1 },
        Edit::Split { line: 2, at: 6 },
        Edit::Merge { line: 1 },
        Edit::Merge { line: 2 },
        Edit::Remove { first: 1, last: 3 },
    ] {
        assert_eq!(script.apply(&Deed::Edit(&edit)).unwrap_err().code(), "line_locked", "{edit:?}");
    }
    assert_eq!(script.lines[2].text, before.text);
    script.apply(&Deed::Edit(&Edit::Lock { first: 0, last: 7, locked: false })).unwrap();
    script.apply(&Deed::Edit(&Edit::Text { line: 2, text: "other".into() })).unwrap();
}

#[test]
fn hostile_edits_are_refused_with_a_code() {
    let mut script = script();
    let huge = "a".repeat(1 << 20);
    for (edit, code) in [
        (Edit::Text { line: 0, text: " \n ".into() }, "empty_text"),
        (Edit::Text { line: 0, text: "a\u{0}b".into() }, "not_text"),
        (Edit::Text { line: 0, text: huge }, "out_of_range"),
        (Edit::Text { line: 8, text: "a".into() }, "unknown_line"),
        (Edit::Text { line: usize::MAX, text: "a".into() }, "unknown_line"),
        (Edit::Merge { line: 7 }, "unknown_line"),
        (Edit::Merge { line: 3 }, "out_of_range"),
        (Edit::Pause { line: 0, seconds: f32::NAN }, "out_of_range"),
        (Edit::Speed { first: 0, last: 1, speed: Some(f32::INFINITY) }, "out_of_range"),
        (Edit::Voice { first: 3, last: 1, voice: None }, "out_of_range"),
        (Edit::Voice { first: 0, last: usize::MAX, voice: None }, "unknown_line"),
        (Edit::Take { line: 0, take: u32::MAX }, "out_of_range"),
        (Edit::Split { line: 0, at: usize::MAX }, "out_of_range"),
        (Edit::Split { line: 0, at: 0 }, "out_of_range"),
        (Edit::Remove { first: 0, last: 7 }, "empty_text"),
        (Edit::Undo, "nothing_to_do"),
        (Edit::Redo, "nothing_to_do"),
    ] {
        assert_eq!(script.apply(&Deed::Edit(&edit)).unwrap_err().code(), code, "{edit:?}");
    }
    assert!(!script.can_undo());
    assert_eq!(script.apply(&Deed::Edit(&Edit::Text { line: 0, text: " line  0 and words ".into() })).unwrap(), None);
}
