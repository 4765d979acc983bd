//! The ceremony: who spoke what when, and everything else that is not consent.

use audio::Pcm;
use consent::scripted::{Actor, LIKENESS, RATE_HZ, ScriptedEar, Stage, join};
use consent::{
    Audience, BundledCard, Challenge, Comparison, Date, Draft, Hearing, IssuerKind, Nonce, OwnerKey, OwnerMode, Policy,
    Scopes, SecretKey, Session, Standing, Strength, Stretch, Take, TakeSeal, enroll,
};

use crate::code;

const NO_WORDS: [&str; 0] = [];

fn onsets() -> Vec<f64> {
    Stage::shown_at().iter().map(|shown| shown + 0.5).collect()
}

/// Plays the ceremony with an ear that heard something else than was to be read.
fn heard(change: impl Fn(&Challenge, &mut String, &mut Vec<String>)) -> &'static str {
    let stage = Stage::default();
    let challenge = stage.challenge(&stage.sampled().unwrap()).unwrap();
    let (mut statement, mut words) = (challenge.statement().to_owned(), challenge.words().to_vec());
    change(&challenge, &mut statement, &mut words);
    code(stage.play(stage.take(), &ScriptedEar::hears(&statement, &words, &onsets())))
}

#[test]
fn the_ceremony_goes_well() {
    let stage = Stage::default();
    let granted = stage.granted().unwrap();
    let evidence = granted.grant.evidence();
    assert_eq!(evidence.unchecked, ["liveness", "synthetic_voice"]);
    assert_eq!(evidence.scores["words_right"], 60_000);
    assert_eq!(evidence.scores["onset_least_seconds"], 4_000);
    assert_eq!(evidence.owner_mode, OwnerMode::ThisInstallation);
    assert_eq!(&granted.grant.grant().statement_sha, TakeSeal::of(&granted.statement).unwrap().end());
    assert!(granted.grant.statement().starts_with(
        "I, Ana Kova, allow Vouch Studio to make a computer voice from my recordings, for the audiobook of her own stories, until "
    ));
    assert!(
        granted.grant.terms().plain_sentence().contains("speech from text, on this machine, at most 1 hour of speech")
    );
}

#[test]
fn c08_other_speakers_sample() {
    let mut stage = Stage::default();
    stage.samples[1] = Actor(1).speak(6.0, 1);
    assert_eq!(code(stage.granted()), "other_speaker");
}

#[test]
fn c09_other_speaker_spliced_into_a_sample() {
    for before in [1.0, 3.0, 10.0] {
        for (seconds, expected) in [(2.0, "other_speaker"), (3.0, "other_speaker"), (20.0, "other_speaker"), (0.0, "")]
        {
            let mut stage = Stage::default();
            stage.samples[1] = join(&[Actor(0).speak(before, 1), Actor(2).speak(seconds, 2), Actor(0).speak(12.0, 3)]);
            assert_eq!(code(stage.granted()), expected, "{seconds} s after {before} s");
        }
    }
    // In a long sample a few windows do not weigh 2 %, but their run does.
    let mut stage = Stage::default();
    stage.samples[1] = join(&[Actor(0).speak(110.0, 1), Actor(2).speak(2.0, 2), Actor(0).speak(110.0, 3)]);
    assert_eq!(code(stage.granted()), "other_speaker");
}

#[test]
fn c10_statement_by_one_samples_by_another() {
    let stage = Stage { speaker: Actor(3), ..Stage::default() };
    assert_eq!(code(stage.granted()), "other_speaker");
}

#[test]
fn c11_two_people_share_the_statement() {
    let stage = Stage::default();
    for border in [6.0, 9.0, 12.0] {
        let shared = join(&[Actor(0).speak(border, 1), Actor(1).speak(14.0 - border, 2)]);
        assert_eq!(code(stage.play(Stage::live(shared), &ScriptedEar::strong())), "two_speakers", "{border}");
    }
    // The same through the bundled ear, without any onset.
    let stage = Stage::new(IssuerKind::Demo);
    let shared = join(&[Actor(0).speak(7.0, 1), Actor(1).speak(7.0, 2)]);
    assert_eq!(code(stage.play(Take::from_file(shared), &ScriptedEar::bundled())), "two_speakers");
}

#[test]
fn c12_old_statement_with_a_new_nonce() {
    let stage = Stage::default();
    let sampled = stage.sampled().unwrap();
    let mut session = Session::new();
    let old = sampled.challenge(&mut session, Nonce::from_bytes([1; 32]), stage.now).unwrap();
    let new = sampled.challenge(&mut session, Nonce::from_bytes([2; 32]), stage.now + 20).unwrap();
    assert_ne!(old.words(), new.words());
    let ear = ScriptedEar::hears(old.statement(), old.words(), &onsets());
    let spoken = sampled.spoken(new, stage.take(), stage.now + 40).unwrap();
    let miss = spoken.matched(&ear, &Stage::policy()).unwrap_err();
    assert_eq!(miss.refusal.code(), "words_not_heard");
    // The samples are there for the third try.
    let third = miss.sampled.challenge(&mut session, Nonce::from_bytes([3; 32]), stage.now + 60).unwrap();
    let spoken = miss.sampled.spoken(third, stage.take(), stage.now + 70).unwrap();
    assert!(spoken.matched(&ScriptedEar::strong(), &Stage::policy()).is_ok());
}

#[test]
fn c13_same_nonce_twice() {
    let stage = Stage::default();
    let sampled = stage.sampled().unwrap();
    let mut session = Session::new();
    let nonce = Nonce::from_bytes([1; 32]);
    let challenge = sampled.challenge(&mut session, nonce, stage.now).unwrap();
    assert_eq!(code(sampled.challenge(&mut session, nonce, stage.now)), "nonce_used");
    let spoken = sampled.spoken(challenge, stage.take(), stage.now + 40).unwrap();
    let matched = spoken.matched(&ScriptedEar::strong(), &Stage::policy()).unwrap();
    let used = |used: &Nonce| *used == nonce;
    assert_eq!(code(enroll(matched, &consent::Issue { nonce_used: &used, ..stage.issue() })), "nonce_used");
}

/// The first ceremony's recording is offered for a second with changed terms or samples.
fn replayed(change: impl Fn(&mut Stage)) -> [&'static str; 2] {
    let mut stage = Stage::default();
    let old = stage.challenge(&stage.sampled().unwrap()).unwrap();
    change(&mut stage);
    let ear = ScriptedEar::hears(old.statement(), old.words(), &onsets());
    let sampled = stage.sampled().unwrap();
    let mismatch = sampled.spoken(old, stage.take(), stage.now + 40).unwrap_err();
    [mismatch.refusal.code(), code(stage.play(stage.take(), &ear))]
}

#[test]
fn c14_same_statement_with_one_more_sample() {
    let codes = replayed(|stage| stage.samples.push(Actor(0).speak(5.0, 30)));
    assert_eq!(codes, ["challenge_mismatch", "words_not_heard"]);
}

#[test]
fn c15_same_statement_with_a_later_end() {
    let codes = replayed(|stage| stage.terms.until = Date::of(stage.now).plus_months(9));
    assert_eq!(codes, ["challenge_mismatch", "words_not_heard"]);
    let more_hours = replayed(|stage| stage.terms.cap_hours = 2);
    let more_scopes = replayed(|stage| stage.terms.scopes = Scopes::TTS.with(Scopes::LIVE));
    let more_languages = replayed(|stage| *stage = std::mem::take(stage).dubbing(&["fr"]));
    assert_eq!([more_hours, more_scopes, more_languages], [["challenge_mismatch", "words_not_heard"]; 3]);
}

#[test]
fn c16_nonce_older_than_five_minutes() {
    let stage = Stage::default();
    for (later, expected) in [(299, ""), (300, "challenge_expired"), (86_400, "challenge_expired")] {
        let sampled = stage.sampled().unwrap();
        let challenge = stage.challenge(&sampled).unwrap();
        let spoken = sampled.spoken(challenge, stage.take(), stage.now + later);
        assert_eq!(code(spoken.map_err(|miss| miss.refusal)), expected);
    }
    let sampled = stage.sampled().unwrap();
    let challenge = stage.challenge(&sampled).unwrap();
    let early = sampled.spoken(challenge, stage.take(), stage.now - 1).map_err(|miss| miss.refusal);
    assert_eq!(code(early), "challenge_expired");
}

#[test]
fn c17_words_reordered_or_missing() {
    assert_eq!(heard(|_, _, _| ()), "");
    assert_eq!(heard(|_, _, words| words.swap(1, 2)), "words_not_heard");
    assert_eq!(heard(|_, _, words| drop(words.pop())), "words_not_heard");
    assert_eq!(heard(|_, _, words| drop(words.remove(0))), "words_not_heard");
    assert_eq!(heard(|_, _, words| words[3] = "other".to_owned()), "words_not_heard");
    assert_eq!(heard(|_, _, words| words.push("other".to_owned())), "words_not_heard");
    assert_eq!(heard(|_, _, words| words.clear()), "words_not_heard");
}

#[test]
fn c18_i_do_not_allow() {
    for (from, to) in [
        ("allow Vouch", "do not allow Vouch"),
        ("allow Vouch", "don't allow Vouch"),
        ("allow Vouch", "never allow Vouch"),
        ("allow Vouch", "disallow Vouch"),
        ("allow Vouch", "hallow Vouch"),
        ("allow Vouch", "Vouch"),
        ("I can stop", "I can't stop"),
        ("I can stop", "I cannot stop"),
    ] {
        assert_eq!(heard(|_, statement, _| *statement = statement.replacen(from, to, 1)), "statement_negated", "{to}");
    }
}

#[test]
fn what_is_filled_in_must_be_heard_as_written() {
    let swap = |from: &'static str, to: &'static str| {
        heard(move |_, statement, _| {
            assert!(statement.contains(from));
            *statement = statement.replacen(from, to, 1);
        })
    };
    let until = Date::of(Stage::default().now).plus_months(6).english();
    let (month_and_day, year) = until.split_once(", ").unwrap();
    assert_eq!(year, "2027");
    assert_eq!(swap("Ana Kova", "Anna Kova"), "");
    assert_eq!(swap("Vouch Studio", "Mallory Limited"), "name_not_heard");
    assert_eq!(swap("Ana Kova", "Ben Smith"), "name_not_heard");
    assert_eq!(swap("Ana Kova", ""), "name_not_heard");
    assert_eq!(swap("2027", "twenty twenty seven"), "");
    assert_eq!(swap("2027", "twenty twenty eight"), "date_not_heard");
    assert_eq!(heard(|_, statement, _| *statement = statement.replace(month_and_day, "March 1")), "date_not_heard");
    assert_eq!(swap("her own stories", "her own story"), "");
    assert_eq!(swap("the audiobook of her own stories", "phone calls to people who owe money"), "purpose_not_heard");
    assert_eq!(swap("computer voice", "computed voice"), "");
    assert_eq!(swap("a computer voice from my recordings", "the computed noise of my cords"), "statement_not_heard");
    assert_eq!(
        heard(|_, statement, _| *statement = "It was a dark and stormy night in late December".into()),
        "statement_not_heard"
    );
    let stage = Stage::default();
    assert_eq!(code(stage.play(stage.take(), &ScriptedEar::hears("", &NO_WORDS, &[]))), "statement_not_heard");
}

#[test]
fn c19_digital_silence_splice() {
    let stage = Stage::default();
    let mut samples = stage.take().pcm().samples().to_vec();
    samples[40_000..40_000 + RATE_HZ as usize / 50].fill(0.0);
    let spliced = Pcm::new(samples, RATE_HZ).unwrap();
    assert_eq!(code(stage.play(Stage::live(spliced), &ScriptedEar::strong())), "take_spliced");
}

#[test]
fn a_take_that_was_changed_or_lost_frames() {
    let stage = Stage::default();
    let seal = TakeSeal::of(stage.take().pcm()).unwrap();
    let live =
        |pcm: &Pcm, dropped, shown| Take::live(pcm.clone(), "Desk microphone", "test", seal.clone(), shown, dropped);
    let play = |take| code(stage.play(take, &ScriptedEar::strong()));
    let take = stage.take();
    assert_eq!(play(live(take.pcm(), 0, Stage::shown_at())), "");
    assert_eq!(play(live(take.pcm(), 1, Stage::shown_at())), "frames_dropped");
    assert_eq!(play(live(&Actor(0).speak(14.0, 10), 0, Stage::shown_at())), "take_altered");
    assert_eq!(play(live(take.pcm(), 0, vec![])), "timing_unknown");
    assert_eq!(play(live(take.pcm(), 0, vec![f64::NAN; 6])), "timing_unknown");
}

#[test]
fn c20_word_onset_before_display() {
    let stage = Stage::default();
    let challenge = stage.challenge(&stage.sampled().unwrap()).unwrap();
    for (word, delay, expected) in [
        (0, 0.15, ""),
        (0, 0.14, "word_timing"),
        (3, -0.5, "word_timing"),
        (5, 1.99, ""),
        (5, 2.01, "word_timing"),
        (2, f64::NAN, "word_timing"),
    ] {
        let mut onsets = onsets();
        onsets[word] = Stage::shown_at()[word] + delay + 1e-9;
        let ear = ScriptedEar::hears(challenge.statement(), challenge.words(), &onsets);
        assert_eq!(code(stage.play(stage.take(), &ear)), expected, "{delay}");
    }
    // A strong ear that cannot tell is not sure, so it does not pass.
    let ear = ScriptedEar::hears(challenge.statement(), challenge.words(), &[]);
    assert_eq!(code(stage.play(stage.take(), &ear)), "timing_unknown");
}

#[test]
fn c21_virtual_cable() {
    let stage = Stage::default();
    let pcm = stage.take().pcm().clone();
    let cable = || {
        Take::live(
            pcm.clone(),
            "CABLE Output (VB-Audio Virtual Cable)",
            "WASAPI",
            TakeSeal::of(&pcm).unwrap(),
            Stage::shown_at(),
            0,
        )
    };
    assert_eq!(code(stage.play(cable(), &ScriptedEar::strong())), "virtual_device");
    let sampled = stage.sampled().unwrap();
    let challenge = stage.challenge(&sampled).unwrap();
    let spoken = sampled.spoken(challenge, cable(), stage.now + 1).unwrap();
    let matched = spoken.matched(&ScriptedEar::strong(), &Stage::policy().with_any_device()).unwrap();
    assert!(matched.unchecked().contains(&"input_device".to_owned()));
}

#[test]
fn the_bundled_ear_passes_and_says_what_it_left_open() {
    let stage = Stage::default();
    let granted = stage.play(stage.take(), &ScriptedEar::bundled()).unwrap();
    let evidence = granted.grant.evidence();
    assert_eq!(evidence.ear.strength, Strength::Bundled);
    for what in [
        "date",
        "exact_words",
        "identity_across_devices",
        "liveness",
        "names",
        "negation",
        "purpose",
        "synthetic_voice",
    ] {
        assert!(evidence.unchecked.contains(&what.to_owned()), "{what}");
    }
    assert!(!evidence.unchecked.contains(&"word_timing".to_owned()));
    assert!(evidence.unchecked.is_sorted());
}

#[test]
fn the_kind_of_evidence_must_fit_the_kind_of_ear() {
    let stage = Stage::default();
    let first = Standing { rank: 1, decoys: 200, z: 9.0 };
    let comparison =
        Hearing::Comparison(Comparison { statement: first, words: first, slots: vec![first; 6], onsets: None });
    let passes = ScriptedEar { strength: Strength::Bundled, hearing: Some(comparison.clone()) };
    assert_eq!(code(stage.play(stage.take(), &passes)), "");
    let claims_to_be_strong = ScriptedEar { strength: Strength::Strong, hearing: Some(comparison) };
    assert_eq!(code(stage.play(stage.take(), &claims_to_be_strong)), "ear_failed");
    let weak_transcript = ScriptedEar { strength: Strength::Bundled, hearing: Some(Hearing::Transcript(vec![])) };
    assert_eq!(code(stage.play(stage.take(), &weak_transcript)), "ear_failed");
    let sampled = stage.sampled().unwrap();
    let challenge = stage.challenge(&sampled).unwrap();
    let spoken = sampled.spoken(challenge, stage.take(), stage.now + 1).unwrap();
    let miss = spoken.matched(&ScriptedEar::bundled(), &Policy::strong(LIKENESS)).unwrap_err();
    assert_eq!(miss.refusal.code(), "ear_failed");
}

#[test]
fn a_card_cannot_go_below_the_protocol() {
    let stage = Stage::default();
    let lax = Policy::bundled(LIKENESS, BundledCard { decoys: 1, statement_z: 0.0, words_z: 0.0, slots_first: 0 });
    let judge = |statement: Standing, rank: usize| {
        let slots = vec![Standing { rank, decoys: 127, z: 0.0 }; 6];
        let words = Standing { rank: 1, decoys: 100, z: 1.0 };
        let hearing = Some(Hearing::Comparison(Comparison { statement, words, slots, onsets: None }));
        let sampled = stage.sampled().unwrap();
        let challenge = stage.challenge(&sampled).unwrap();
        let spoken = sampled.spoken(challenge, stage.take(), stage.now + 1).unwrap();
        code(spoken.matched(&ScriptedEar { strength: Strength::Bundled, hearing }, &lax).map_err(|miss| miss.refusal))
    };
    assert_eq!(judge(Standing { rank: 1, decoys: 100, z: 3.0 }, 1), "");
    assert_eq!(judge(Standing { rank: 1, decoys: 100, z: 2.9 }, 1), "statement_not_heard");
    assert_eq!(judge(Standing { rank: 1, decoys: 50, z: 9.0 }, 1), "ear_failed");
    assert_eq!(judge(Standing { rank: 1, decoys: 100, z: 9.0 }, 2), "words_not_heard");
}

#[test]
fn three_tries_then_a_pause() {
    let stage = Stage::default();
    let sampled = stage.sampled().unwrap();
    let mut session = Session::new();
    let mut seen = Vec::new();
    for number in 0..3u8 {
        assert_eq!(session.tries_left(), 3 - usize::from(number));
        let challenge =
            sampled.challenge(&mut session, Nonce::from_bytes([number; 32]), stage.now + u64::from(number)).unwrap();
        assert!(!seen.contains(&challenge.words().to_vec()));
        seen.push(challenge.words().to_vec());
    }
    // The session is kept between programs.
    let mut session: Session = serde_json::from_str(&serde_json::to_string(&session).unwrap()).unwrap();
    let mut next = |now| code(sampled.challenge(&mut session, Nonce::from_bytes([9; 32]), now));
    assert_eq!(next(stage.now + 3), "too_many_tries");
    assert_eq!(next(stage.now + 601), "too_many_tries");
    assert_eq!(next(stage.now - 5_000), "too_many_tries");
    assert_eq!(next(stage.now + 602), "");
}

#[test]
fn a_challenge_can_be_kept_but_not_changed() {
    let stage = Stage::default();
    let sampled = stage.sampled().unwrap();
    let kept = serde_json::to_string(&stage.challenge(&sampled).unwrap()).unwrap();
    let changed = kept.replacen("0505", "0605", 1);
    assert_ne!(kept, changed);
    let spoken = sampled.spoken(serde_json::from_str(&changed).unwrap(), stage.take(), stage.now + 40);
    let miss = spoken.unwrap_err();
    assert_eq!(miss.refusal.code(), "challenge_mismatch");
    assert!(miss.sampled.spoken(serde_json::from_str(&kept).unwrap(), stage.take(), stage.now + 40).is_ok());
}

#[test]
fn words_appear_at_unpredictable_times() {
    let fill = |value: u8| Challenge::gaps(&mut |bytes: &mut [u8]| bytes.fill(value)).unwrap();
    assert_eq!(fill(0), [0.9; 6]);
    assert!(fill(255).iter().all(|gap| (1.799..1.8).contains(gap)));
}

#[test]
fn a_file_counts_only_in_the_demo() {
    let file = || Take::from_file(Actor(0).speak(14.0, 9));
    assert_eq!(code(Stage::default().play(file(), &ScriptedEar::strong())), "live_statement_required");
    let granted = Stage::new(IssuerKind::Demo).play(file(), &ScriptedEar::bundled()).unwrap();
    for what in ["continuity", "input_device", "word_timing"] {
        assert!(granted.grant.evidence().unchecked.contains(&what.to_owned()), "{what}");
    }
}

#[test]
fn a_demo_issues_nothing_that_leaves_it() {
    for scope in [Scopes::REMOTE, Scopes::EXPORT_VOICE] {
        let mut stage = Stage::new(IssuerKind::Demo);
        stage.terms.scopes = Scopes::TTS.with(scope);
        assert_eq!(code(stage.granted()), "demo_only");
    }
}

#[test]
fn what_only_an_owner_elsewhere_can_allow() {
    let mut stage = Stage::default();
    stage.terms.scopes = Scopes::TTS.with(Scopes::EXPORT_VOICE);
    assert_eq!(code(stage.granted()), "owner_elsewhere_required");
    stage.terms.scopes = Scopes::TRAIN.with(Scopes::REMOTE);
    assert_eq!(code(stage.granted()), "");
    stage.terms.audiences.push(Audience::Cluster("0123456789abcdef".to_owned()));
    assert_eq!(code(stage.granted()), "owner_elsewhere_required");
}

#[test]
fn an_owner_with_a_passphrase() {
    let stretch = Stretch::with_cost(&mut |bytes: &mut [u8]| bytes.fill(7), 64, 1).unwrap();
    let key = |passphrase: &str| OwnerKey::from_passphrase(passphrase, &stretch);
    let stage = Stage { owner: key("correct horse").unwrap(), ..Stage::default() };
    let granted = stage.granted().unwrap();
    assert_eq!(granted.grant.evidence().owner_mode, OwnerMode::Passphrase);
    assert_eq!(key("correct horse").unwrap().public(), granted.grant.grant().owner_key);
    assert_ne!(key("correct house").unwrap().public(), granted.grant.grant().owner_key);
    // The same passphrase on another keyboard: é as one character or as two.
    assert_eq!(key("caf\u{e9} caf\u{e9}").unwrap().public(), key("cafe\u{301} cafe\u{301}").unwrap().public());
    assert_eq!(code(key("short")), "passphrase_unfit");
    assert_ne!(
        key("correct horse").unwrap().public(),
        OwnerKey::this_installation(SecretKey::from_seed(&[7; 32])).public()
    );
}

#[test]
fn terms_that_nobody_can_agree_to() {
    let refused = |change: fn(&mut consent::Terms)| {
        let mut stage = Stage::default();
        change(&mut stage.terms);
        code(Draft::new(stage.terms, Stage::word_list(), stage.now))
    };
    assert_eq!(refused(|_| ()), "");
    assert_eq!(refused(|terms| terms.purpose = "fun".into()), "terms_incomplete");
    assert_eq!(refused(|terms| terms.purpose = "x".repeat(201)), "terms_incomplete");
    assert_eq!(refused(|terms| terms.purpose = "an audiobook\u{7}".into()), "terms_incomplete");
    assert_eq!(refused(|terms| terms.owner_name = " ".into()), "terms_incomplete");
    assert_eq!(refused(|terms| terms.grantee_name = "x".repeat(101)), "terms_incomplete");
    assert_eq!(refused(|terms| terms.scopes = Scopes::none()), "terms_incomplete");
    assert_eq!(refused(|terms| terms.audiences.clear()), "terms_incomplete");
    assert_eq!(refused(|terms| terms.audiences = vec![Audience::Cluster("Home".into())]), "terms_incomplete");
    assert_eq!(refused(|terms| terms.cap_hours = 0), "terms_incomplete");
    assert_eq!(refused(|terms| terms.adult = false), "terms_incomplete");
    assert_eq!(refused(|terms| terms.until = Date::of(0)), "terms_incomplete");
    assert_eq!(refused(|terms| terms.language = "de".into()), "language_unsupported");
}

#[test]
fn samples_that_are_none() {
    let draft = || {
        let stage = Stage::default();
        Draft::new(stage.terms, Stage::word_list(), stage.now).unwrap()
    };
    assert_eq!(code(draft().samples(vec![])), "sample_count");
    assert_eq!(code(draft().samples(vec![Actor(0).speak(2.5, 1)])), "too_short");
    assert_eq!(code(draft().samples(vec![Pcm::new(vec![0.0; 80_000], RATE_HZ).unwrap()])), "too_short");
    let many = (0..65).map(|seed| Actor(0).speak(3.2, seed)).collect();
    assert_eq!(code(draft().samples(many)), "sample_count");
    let twice = draft().samples(vec![Actor(0).speak(4.0, 1), Actor(0).speak(4.0, 1), Actor(0).speak(4.0, 2)]).unwrap();
    assert_eq!(twice.hashes().len(), 2);
}
