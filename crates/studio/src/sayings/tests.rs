//! The list of sayings: what it changes, what it leaves, what it refuses.

use proptest::prelude::*;

use super::*;

fn list(entries: &[(&str, &str)]) -> Sayings {
    Sayings::new(entries.iter().map(|(word, say)| Saying { word: (*word).into(), say: (*say).into() })).unwrap()
}

#[test]
fn a_table_of_cases() {
    let sayings = list(&[
        ("Siobhan", "shi vawn"),
        ("Siobhan Byrne", "shivawn burn"),
        ("SQL", "sequel"),
        ("sequel", "WRONG"),
        ("New York", "noo yawk"),
        ("can", "con"),
        ("C++", "see plus plus"),
        ("C", "sea"),
        ("café", "kaff ay"),
        ("Dr. Who", "doctor hoo"),
        ("☕", "coffee"),
        ("naïve's", "nigh eaves"),
    ]);
    for (text, said) in [
        ("", ""),
        ("Siobhan reads.", "shi vawn reads."),
        ("SIOBHAN, siobhan!", "shi vawn, shi vawn!"),
        ("Siobhan’s book, Siobhan's pen", "shi vawn’s book, shi vawn's pen"),
        ("Siobhan Byrne's cat", "shivawn burn's cat"),
        ("Siobhan\nByrne", "shivawn burn"),
        ("Siobhan's Byrne", "shi vawn's Byrne"),
        ("Siobhan\n\nByrne", "shi vawn\n\nByrne"),
        ("Siobhan  O", "shi vawn  O"),
        ("Siobhans Siobhan_x xSiobhan", "Siobhans Siobhan_x xSiobhan"),
        ("SQL", "sequel"),
        ("I can, you can't.", "I con, you can't."),
        ("C++ and C", "see plus plus and sea"),
        ("in new   york now", "in noo yawk now"),
        ("New  Yorker", "New  Yorker"),
        ("cafe\u{301} Café", "kaff ay kaff ay"),
        ("Dr. Who? Dr. Whom", "doctor hoo? Dr. Whom"),
        ("a ☕!", "a coffee!"),
        ("naïve’s", "nigh eaves"),
    ] {
        assert_eq!(sayings.apply(text), said, "{text:?}");
        assert_eq!(sayings.touches(text), text != said, "{text:?}");
    }
}

#[test]
fn the_later_of_two_entries_counts_and_the_list_is_in_order() {
    let sayings = list(&[("zoo", "z"), ("Ab", "one"), ("aB", "two")]);
    let shown: Vec<_> = sayings.list().iter().map(|entry| (entry.word.as_str(), entry.say.as_str())).collect();
    assert_eq!(shown, [("aB", "two"), ("zoo", "z")]);
}

#[test]
fn hostile_entries_are_refused() {
    for (word, say) in [
        ("", "x"),
        (" ", "x"),
        ("x", " \u{a0}"),
        ("x\n", "x"),
        ("x", "a\u{0}b"),
        ("x", "a\u{7f}"),
        (&"w".repeat(101), "x"),
        ("x", &"w".repeat(201)),
        (&"w".repeat(1 << 24), "x"),
    ] {
        let refused = Sayings::new([Saying { word: word.into(), say: say.into() }]);
        assert!(matches!(refused, Err(StudioError::Saying { .. })));
    }
    let many = |count: usize| Sayings::new((0..count).map(|n| Saying { word: format!("w{n}"), say: "x".into() }));
    assert!(many(MAX_SAYINGS).is_ok());
    assert!(matches!(many(MAX_SAYINGS + 1), Err(StudioError::Saying { .. })));
}

#[test]
fn a_full_list_is_cheap_for_a_whole_book() {
    let sayings = Sayings::new((0..MAX_SAYINGS).map(|n| Saying { word: format!("the {n}"), say: "x".into() })).unwrap();
    let line = "the 77 lamps along the harbor came on one by one, the 5001st was late";
    let started = std::time::Instant::now();
    for _ in 0..10_000 {
        assert!(sayings.apply(line).starts_with("x lamps along the harbor"));
    }
    println!("10,000 lines with 5,000 entries: {:.1} s", started.elapsed().as_secs_f64());
    // Five thousand candidates for every "the" would take minutes; this takes a second or two where nothing is optimised.
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

proptest! {
    #[test]
    fn without_its_words_a_text_stays_as_it_is(text in "\\PC{0,200}|[a-y \\n'’.]{0,200}") {
        let sayings = list(&[("zzyzx", "z"), ("zz top", "z")]);
        prop_assert!(!sayings.touches(&text));
        prop_assert_eq!(sayings.apply(&text), text);
    }

    #[test]
    fn nothing_panics_and_touching_is_matching(
        text in any::<String>(),
        words in prop::collection::vec(("\\PC{1,8}|[ab]{1,2}( [ab]{1,2}){0,2}", "[xyz]{1,3}"), 0..8),
    ) {
        let entries = words.into_iter().map(|(word, say)| Saying { word, say }).collect::<Vec<_>>();
        if let Ok(sayings) = Sayings::new(entries) {
            let said = sayings.apply(&text);
            prop_assert!(sayings.touches(&text) || said == text);
        }
    }

    /// What was put in is never looked at again: every entry is said as another entry's word.
    #[test]
    fn nothing_is_applied_twice(text in "[abc]( [abc]){0,20}") {
        let sayings = list(&[("a", "b"), ("b", "c"), ("c", "a")]);
        let turned: String = text.chars().map(|c| match c { 'a' => 'b', 'b' => 'c', 'c' => 'a', c => c }).collect();
        prop_assert_eq!(sayings.apply(&text), turned);
    }

    #[test]
    fn every_entry_finds_itself(word in "\\PC{1,20}") {
        if let Ok(sayings) = Sayings::new([Saying { word, say: "qqq".into() }]) {
            let kept = sayings.list()[0].word.clone();
            prop_assert_eq!(sayings.apply(&kept), "qqq");
        }
    }
}
