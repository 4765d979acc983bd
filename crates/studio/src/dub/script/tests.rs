//! Edits do what they say, and undoing them gives back exactly what was.

use proptest::prelude::*;

use super::*;

fn cue(id: u32, start_ms: u64, text: &str) -> Cue {
    Cue {
        id,
        start_ms,
        end_ms: start_ms + 1000,
        speaker: 0,
        source: format!("source {id}"),
        target: text.to_owned(),
        by: Author::File,
        take: None,
        recorded: None,
        locked: false,
    }
}

fn script() -> Script {
    let mut script = Script::default();
    let cues = vec![cue(0, 0, "one two"), cue(1, 2000, "three four"), cue(2, 4000, "five"), cue(3, 6000, "six")];
    script.found(cues, vec![Speaker::default(), Speaker::default()], true);
    script
}

// An edit is written where it is done.
#[expect(clippy::needless_pass_by_value)]
fn do_it(script: &mut Script, edit: DubEdit) -> bool {
    script.apply(&edit).unwrap()
}

#[test]
fn words_times_and_speakers_change() {
    let mut script = script();
    assert!(do_it(&mut script, DubEdit::Target { cue: 0, text: " new \n words ".into() }));
    assert_eq!((script.cues[0].target.as_str(), script.cues[0].by), ("new words", Author::Hand));
    assert!(!do_it(&mut script, DubEdit::Target { cue: 0, text: "new words".into() }), "nothing changed");
    do_it(&mut script, DubEdit::Time { cue: 0, start_ms: 5000, end_ms: 5500 });
    let order: Vec<u32> = script.cues.iter().map(|cue| cue.id).collect();
    assert_eq!(order, [1, 2, 0, 3], "by when they begin");
    do_it(&mut script, DubEdit::Speaker { first: 0, last: 1, speaker: 2 });
    assert_eq!(script.speakers.len(), 3, "the place after the last is somebody new");
    assert!(script.apply(&DubEdit::Speaker { first: 0, last: 0, speaker: 9 }).is_err());
}

#[test]
fn split_parts_words_and_time_and_merge_joins_them() {
    let mut script = script();
    do_it(&mut script, DubEdit::Split { cue: 0, at: 4 });
    assert_eq!((script.cues[0].target.as_str(), script.cues[1].target.as_str()), ("one", "two"));
    assert_eq!((script.cues[0].end_ms, script.cues[1].start_ms, script.cues[1].end_ms), (500, 500, 1000));
    assert_eq!(script.cues[1].id, 4, "a number of its own");
    do_it(&mut script, DubEdit::Merge { cue: 0 });
    assert_eq!(script.cues[0].target, "one two");
    assert_eq!(script.cues.len(), 4);
    for at in [0, 7, 999] {
        assert!(script.apply(&DubEdit::Split { cue: 0, at }).is_err(), "{at}");
    }
}

#[test]
fn locked_cues_stay_as_they_are() {
    let mut script = script();
    do_it(&mut script, DubEdit::Lock { first: 1, last: 1, locked: true });
    assert!(script.apply(&DubEdit::Target { cue: 1, text: "no".into() }).is_err());
    assert!(script.apply(&DubEdit::Remove { first: 0, last: 1 }).is_err());
    do_it(&mut script, DubEdit::Shift { first: 0, last: 2, by_ms: 100 });
    let starts: Vec<u64> = script.cues.iter().map(|cue| cue.start_ms).collect();
    assert_eq!(starts, [100, 2000, 4100, 6000]);
    assert!(script.apply(&DubEdit::Shift { first: 0, last: 2, by_ms: -200 }).is_err(), "before the film");
}

#[test]
fn what_somebody_wrote_is_not_translated_over() {
    let mut script = script();
    script.cues[2].target.clear();
    do_it(&mut script, DubEdit::Target { cue: 0, text: "mine".into() });
    script.translated(&[(0, "model".into()), (2, "model".into()), (77, "nobody".into())]);
    assert_eq!((script.cues[0].target.as_str(), script.cues[2].target.as_str()), ("mine", "model"));
    assert_eq!(script.cues[2].by, Author::Model);
}

#[test]
fn wishes_for_the_translation_are_an_edit_like_any_other() {
    let mut script = script();
    let settings = DubTranslation { glossary: vec![("lamp".into(), "Lampe".into())], tone: Some("dry".into()) };
    assert!(do_it(&mut script, DubEdit::Translation { settings: settings.clone() }));
    assert!(!do_it(&mut script, DubEdit::Translation { settings: settings.clone() }), "nothing changed");
    do_it(&mut script, DubEdit::Undo);
    assert_eq!(*script.translation_settings(), DubTranslation::default());
    do_it(&mut script, DubEdit::Redo);
    assert_eq!(*script.translation_settings(), settings);
}

#[test]
fn letters_go_on_after_z() {
    let letters: Vec<String> = [0, 25, 26, 27, 701, 702].into_iter().map(letter).collect();
    assert_eq!(letters, ["A", "Z", "AA", "AB", "ZZ", "AAA"]);
}

fn any_edit() -> impl Strategy<Value = DubEdit> {
    let cue = || 0..7_usize;
    prop_oneof![
        (cue(), "[a-z ]{0,12}").prop_map(|(cue, text)| DubEdit::Target { cue, text }),
        (cue(), 0..9000_u64, 0..3000_u64).prop_map(|(cue, start_ms, length)| DubEdit::Time {
            cue,
            start_ms,
            end_ms: start_ms + length
        }),
        (cue(), cue(), -3000..3000_i64).prop_map(|(first, last, by_ms)| DubEdit::Shift { first, last, by_ms }),
        (cue(), cue(), 0..5_u16).prop_map(|(first, last, speaker)| DubEdit::Speaker { first, last, speaker }),
        (0..4_u16, proptest::option::of("[a-z]{1,4}")).prop_map(|(speaker, voice)| DubEdit::Voice { speaker, voice }),
        (cue(), 0..12_usize).prop_map(|(cue, at)| DubEdit::Split { cue, at }),
        cue().prop_map(|cue| DubEdit::Merge { cue }),
        (cue(), cue()).prop_map(|(first, last)| DubEdit::Remove { first, last }),
        (cue(), cue(), any::<bool>()).prop_map(|(first, last, locked)| DubEdit::Lock { first, last, locked }),
        (0..9000_u64, 0..3_u16).prop_map(|(start_ms, speaker)| DubEdit::Insert {
            start_ms,
            end_ms: start_ms + 500,
            speaker,
            text: "new".into()
        }),
        Just(DubEdit::Undo),
        Just(DubEdit::Redo),
    ]
}

proptest! {
    #[test]
    fn every_edit_can_be_taken_back_and_brought_again(edits in proptest::collection::vec(any_edit(), 1..40)) {
        let mut script = script();
        let first = (script.cues.clone(), script.speakers.clone());
        for edit in &edits {
            let before = (script.cues.clone(), script.speakers.clone());
            match script.apply(edit) {
                Err(_) | Ok(false) => prop_assert_eq!(&before, &(script.cues.clone(), script.speakers.clone())),
                Ok(true) => {
                    let after = (script.cues.clone(), script.speakers.clone());
                    if !matches!(edit, DubEdit::Undo | DubEdit::Redo) {
                        script.apply(&DubEdit::Undo).unwrap();
                        prop_assert_eq!(&before, &(script.cues.clone(), script.speakers.clone()));
                        script.apply(&DubEdit::Redo).unwrap();
                        prop_assert_eq!(&after, &(script.cues.clone(), script.speakers.clone()));
                    }
                }
            }
            let starts: Vec<_> = script.cues.iter().map(|cue| (cue.start_ms, cue.id)).collect();
            prop_assert!(starts.is_sorted());
            let mut ids: Vec<u32> = script.cues.iter().map(|cue| cue.id).collect();
            ids.sort_unstable();
            ids.dedup();
            prop_assert_eq!(ids.len(), script.cues.len());
            prop_assert!(script.cues.iter().all(|cue| usize::from(cue.speaker) < script.speakers.len()));
        }
        while script.can_undo() {
            script.apply(&DubEdit::Undo).unwrap();
        }
        prop_assert_eq!(first, (script.cues.clone(), script.speakers.clone()));
    }
}
