//! The checks of granted and refused takes, in the order of the gate, with actors made of tones and a scripted ear.

use consent::scripted::{Actor, ScriptedEar, Stage, join};
use consent::{Comparison, Standing, TakeSeal};

use super::super::recording::Live;
use super::*;

fn recording(pcm: Pcm, name: &str) -> Recording {
    let live = Live {
        name: name.into(),
        system: "test".into(),
        seal: TakeSeal::of(&pcm).unwrap(),
        words_shown_at: Stage::shown_at(),
        dropped_frames: 0,
    };
    Recording { pcm, live: Some(live), tape: None }
}

fn take() -> Recording {
    recording(Stage::default().speaker.speak(14.0, 9), "Desk microphone")
}

/// What came of a take: the refusal's code, a letter per check, and the checks as they were told on the way.
fn judged(stage: &Stage, take: Recording, ear: &ScriptedEar, late_seconds: u64) -> (&'static str, String, Vec<Check>) {
    let sampled = stage.sampled().unwrap();
    let challenge = stage.challenge(&sampled).unwrap();
    let mut told = Vec::new();
    let (result, checks) =
        judge(sampled, challenge, take, stage.now + late_seconds, ear, &Stage::policy(), &mut |check| {
            told.push(check.clone());
        });
    assert_eq!(told, checks, "every check is told once, as it ends up");
    let codes: Vec<&str> = checks.iter().map(|check| check.code).collect();
    assert_eq!(codes, CHECKS.map(|(code, _)| code));
    let letter = |check: &Check| match check.state {
        CheckState::Passed => '+',
        CheckState::Failed => 'x',
        CheckState::NotChecked => '?',
        CheckState::NotReached => '.',
    };
    (result.map_or_else(|miss| miss.refusal.code(), |_| "matched"), checks.iter().map(letter).collect(), checks)
}

/// As [`judged`], of a take in time.
fn states(take: Recording, ear: &ScriptedEar) -> (&'static str, String) {
    let (code, states, _) = judged(&Stage::default(), take, ear, 40);
    (code, states)
}

/// The words that will be asked for.
fn asked() -> Challenge {
    let stage = Stage::default();
    stage.challenge(&stage.sampled().unwrap()).unwrap()
}

fn onsets(late: f64) -> Vec<f64> {
    Stage::shown_at().iter().map(|shown| shown + late).collect()
}

fn is(code: &'static str, states: &str) -> (&'static str, String) {
    (code, states.to_owned())
}

#[test]
fn what_was_granted_says_what_was_not_checked() {
    assert_eq!(states(take(), &ScriptedEar::strong()), is("matched", "++++++++++?"));
    assert_eq!(states(take(), &ScriptedEar::bundled()), is("matched", "++++++?+++?"));
    let file = Recording::stand_in(Stage::default().speaker.speak(14.0, 9));
    let (code, states, checks) = judged(&Stage::default(), file, &ScriptedEar::bundled(), 40);
    assert_eq!((code, states.as_str()), ("matched", "+??+++??++?"));
    assert!(checks.iter().all(|check| (check.state == CheckState::NotChecked) == check.detail.is_some()));
}

#[test]
fn before_the_ear_is_asked() {
    let (code, states, checks) = judged(&Stage::default(), take(), &ScriptedEar::strong(), 400);
    assert_eq!((code, states.as_str()), ("challenge_expired", "x.........?"));
    assert_eq!(checks[0].detail.as_deref(), Some("the challenge words are older than five minutes"));
    let mut torn = take();
    torn.live.as_mut().unwrap().dropped_frames = 3;
    assert_eq!(self::states(torn, &ScriptedEar::strong()), is("frames_dropped", "+x........?"));
    let mut changed = take();
    changed.pcm = Actor(0).speak(14.0, 10);
    assert_eq!(self::states(changed, &ScriptedEar::bundled()), is("take_altered", "+x....?...?"));
    let cable = recording(Stage::default().speaker.speak(14.0, 9), "VB-Audio Virtual Cable");
    assert_eq!(self::states(cable, &ScriptedEar::strong()), is("virtual_device", "++x.......?"));
    let mut unseen = take();
    unseen.live.as_mut().unwrap().words_shown_at.pop();
    assert_eq!(self::states(unseen, &ScriptedEar::strong()), is("timing_unknown", "+++....x..?"));
    let mut short = recording(Actor(0).speak(2.0, 9), "Desk microphone");
    short.live.as_mut().unwrap().words_shown_at = (0..6).map(|n| 0.2 * f64::from(n)).collect();
    assert_eq!(self::states(short, &ScriptedEar::strong()), is("too_short", "+++x......?"));
}

#[test]
fn by_the_words() {
    let challenge = asked();
    let ear = |statement: &str, words: &[String], late| ScriptedEar::hears(statement, words, &onsets(late));
    let other = vec!["other".to_owned(); 6];
    assert_eq!(states(take(), &ear("nothing of it", challenge.words(), 0.4)), is("statement_not_heard", "++++x.....?"));
    // A strong ear looks for the words before it goes through the sentence.
    assert_eq!(states(take(), &ear(challenge.statement(), &other, 0.4)), is("words_not_heard", "++++.x....?"));
    let negated = challenge.statement().replacen("allow", "do not allow", 1);
    assert_eq!(states(take(), &ear(&negated, challenge.words(), 0.4)), is("statement_negated", "++++x.....?"));
    let renamed = challenge.statement().replace("Ana Kova", "Bob Miller");
    assert_eq!(states(take(), &ear(&renamed, challenge.words(), 0.4)), is("name_not_heard", "++++++x...?"));
    assert_eq!(states(take(), &ear(challenge.statement(), challenge.words(), -0.5)), is("word_timing", "+++++++x..?"));

    let first = |decoys, z| Standing { rank: 1, decoys, z };
    let comparison = Comparison {
        statement: first(100, 6.0),
        words: first(100, 1.0),
        slots: vec![first(127, 4.0); 6],
        onsets: None,
    };
    let hears = |comparison: Comparison| ScriptedEar {
        strength: Strength::Bundled,
        hearing: Some(Hearing::Comparison(comparison)),
    };
    assert_eq!(states(take(), &hears(comparison.clone())), is("words_not_heard", "+++++x?...?"));
    let clear = Comparison { words: first(100, 6.0), ..comparison.clone() };
    assert_eq!(states(take(), &hears(clear)), is("matched", "++++++??++?"), "no onsets");
    let few = Comparison { statement: first(3, 6.0), ..comparison };
    assert_eq!(states(take(), &hears(few)), is("ear_failed", "++++x.?...?"));
}

#[test]
fn by_the_voice() {
    let shared = join(&[Actor(0).speak(7.0, 3), Actor(1).speak(7.0, 4)]);
    let shared = recording(shared, "Desk microphone");
    assert_eq!(states(shared, &ScriptedEar::strong()), is("two_speakers", "++++++++x.?"));
    let stranger = recording(Actor(3).speak(14.0, 9), "Desk microphone");
    let (code, states, checks) = judged(&Stage::default(), stranger, &ScriptedEar::strong(), 40);
    assert_eq!((code, states.as_str()), ("other_speaker", "+++++++++x?"));
    assert!(checks[SAME_VOICE].detail.as_ref().unwrap().contains("recording 1"));
}

#[test]
fn the_codes_are_stable_in_json() {
    let (_, _, checks) = judged(&Stage::default(), take(), &ScriptedEar::bundled(), 40);
    let shown = serde_json::to_value(&checks).unwrap();
    assert_eq!(shown[2]["code"], "live_microphone");
    assert_eq!(shown[2]["detail"], "Desk microphone");
    assert_eq!((&shown[6]["state"], &shown[5]["state"]), (&"not_checked".into(), &"passed".into()));
}
