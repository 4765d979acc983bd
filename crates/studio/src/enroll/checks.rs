//! The checks of a take as they are shown: in the order in which the gate looks, each passed, failed, not checked or not
//! reached. The gate is `consent`; this only watches how far it gets, by what it asks of the ear, and never decides.

use std::cell::{Cell, RefCell};

use audio::Pcm;
use consent::{
    Answer, Challenge, Claim, EarFault, EarId, Heard, Hearing, Matched, Miss, Policy, Refusal, Sampled, Strength,
    Voiceprint, Witness, WordList,
};
use serde::Serialize;

use super::Recording;

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    /// It was looked at and holds.
    Passed,
    /// It was looked at and does not hold.
    Failed,
    /// Nothing here can tell; the record says so.
    NotChecked,
    /// An earlier one failed.
    NotReached,
}

/// A check of the gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Stable name.
    pub code: &'static str,
    /// What is looked at, for people.
    pub label: String,
    /// How it came out.
    pub state: CheckState,
    /// What was found, where there is something to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// The order in which the gate looks.
const CHECKS: [(&str, &str); 11] = [
    ("fresh_words", "Fresh words, for these terms and recordings"),
    ("one_take", "One unbroken take, as it was captured"),
    ("live_microphone", "A live microphone, not a cable"),
    ("enough_speech", "Enough speech"),
    ("sentence", "The sentence"),
    ("six_words", "The six words, in order"),
    ("exact_words", "Every word, the names, the date and the purpose"),
    ("word_timing", "Each word after it appeared, and soon"),
    ("one_speaker", "One speaker throughout"),
    ("same_voice", "The voice of the recordings"),
    ("living_person", "A living person and no computer voice"),
];
const FRESH: usize = 0;
const ONE_TAKE: usize = 1;
const LIVE: usize = 2;
const SPEECH: usize = 3;
const SENTENCE: usize = 4;
const SIX_WORDS: usize = 5;
const EXACT: usize = 6;
const TIMING: usize = 7;
const ONE_SPEAKER: usize = 8;
const SAME_VOICE: usize = 9;
const LIVING: usize = 10;

/// Lets `consent` judge a take, telling each check as soon as it is known.
pub(super) fn judge(
    sampled: Sampled,
    challenge: Challenge,
    take: Recording,
    now: u64,
    ear: &dyn Witness,
    policy: &Policy,
    on: &mut dyn FnMut(&Check),
) -> (Result<Matched, Miss>, Vec<Check>) {
    let device = take.live.as_ref().map(|live| live.name.clone());
    let words_shown = take.live.as_ref().is_some_and(|live| !live.words_shown_at.is_empty());
    let seen = Seen::new(device, words_shown, ear, on);
    let watched = Watched { ear, seen: &seen };
    let judged = sampled.spoken(challenge, take.into_take(), now).and_then(|spoken| spoken.matched(&watched, policy));
    let checks = seen.checks(judged.as_ref().err().map(|miss| &miss.refusal), CHECKS.len());
    seen.tell(&checks);
    (judged, checks)
}

/// The same for a take that came with an answer from another machine.
pub(super) fn judge_answer(
    answer: Answer,
    list: WordList,
    now: u64,
    ear: &dyn Witness,
    policy: &Policy,
    on: &mut dyn FnMut(&Check),
) -> (Result<Heard, Refusal>, Vec<Check>) {
    let device = answer.microphone().map(str::to_owned);
    let seen = Seen::new(device.clone(), device.is_some(), ear, on);
    let heard = answer.hear(list, now, &Watched { ear, seen: &seen }, policy);
    let checks = seen.checks(heard.as_ref().err(), CHECKS.len());
    seen.tell(&checks);
    (heard, checks)
}

/// What the gate has asked of the ear so far: everything before a question held when it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Asked {
    Nothing,
    Words,
    Voice,
}

struct Seen<'a> {
    /// Name of the microphone; none for a file in its place.
    device: Option<String>,
    words_shown: bool,
    strength: Strength,
    asked: Cell<Asked>,
    onsets_known: Cell<bool>,
    told: Cell<usize>,
    on: RefCell<&'a mut dyn FnMut(&Check)>,
}

impl<'a> Seen<'a> {
    fn new(device: Option<String>, words_shown: bool, ear: &dyn Witness, on: &'a mut dyn FnMut(&Check)) -> Self {
        Self {
            device,
            words_shown,
            strength: ear.ear().strength,
            asked: Cell::new(Asked::Nothing),
            onsets_known: Cell::new(false),
            told: Cell::new(0),
            on: RefCell::new(on),
        }
    }

    fn reached(&self, asked: Asked) {
        if self.asked.get() >= asked {
            return;
        }
        self.asked.set(asked);
        let known = if asked == Asked::Words { SENTENCE } else { ONE_SPEAKER };
        self.tell(&self.checks(None, known));
    }

    /// Tells what was not told yet.
    fn tell(&self, checks: &[Check]) {
        let told = self.told.replace(checks.len());
        if let Ok(mut on) = self.on.try_borrow_mut() {
            for check in checks.iter().skip(told) {
                on(check);
            }
        }
    }

    /// The first `known` checks, up to what failed and beyond.
    fn checks(&self, refusal: Option<&Refusal>, known: usize) -> Vec<Check> {
        let failed = refusal.map(|refusal| self.place(refusal));
        let all = CHECKS.iter().enumerate().take(known);
        all.map(|(place, (code, label))| {
            let state = self.state(place, failed, refusal);
            let detail = match (state, refusal) {
                (CheckState::Failed, Some(refusal)) => Some(refusal.to_string()),
                _ => self.detail(place, state),
            };
            Check { code, label: (*label).to_owned(), state, detail }
        })
        .collect()
    }

    fn state(&self, place: usize, failed: Option<usize>, refusal: Option<&Refusal>) -> CheckState {
        let reached = failed.is_none_or(|failed| place < failed);
        let cannot = match place {
            ONE_TAKE | LIVE => self.device.is_none(),
            EXACT => self.strength == Strength::Bundled,
            TIMING => !self.words_shown || !self.onsets_known.get(),
            LIVING => true,
            _ => false,
        };
        // Two refusals do not come in the order of the list.
        let skipped = match refusal {
            Some(Refusal::TimingUnknown) => self.asked.get() == Asked::Nothing && (SPEECH..TIMING).contains(&place),
            Some(Refusal::WordsNotHeard) => self.strength == Strength::Strong && place == SENTENCE,
            _ => false,
        };
        match failed {
            Some(failed) if failed == place => CheckState::Failed,
            _ if skipped => CheckState::NotReached,
            _ if cannot && (reached || matches!(place, EXACT | LIVING)) => CheckState::NotChecked,
            _ if reached => CheckState::Passed,
            _ => CheckState::NotReached,
        }
    }

    fn detail(&self, place: usize, state: CheckState) -> Option<String> {
        let text = match (place, state) {
            (LIVE, CheckState::Passed) => return self.device.clone(),
            (ONE_TAKE | LIVE, CheckState::NotChecked) => "a file stands in for the microphone: demo only",
            (EXACT, CheckState::NotChecked) => {
                "the bundled recogniser tells the sentence and the six words from others, and not each single word"
            }
            (TIMING, CheckState::NotChecked) => "when each word was spoken could not be told",
            (LIVING, CheckState::NotChecked) => "no program can tell a person from a good clone that reads along",
            _ => return None,
        };
        Some(text.to_owned())
    }

    /// Which check a refusal belongs to.
    fn place(&self, refusal: &Refusal) -> usize {
        match refusal {
            Refusal::TakeAltered | Refusal::FramesDropped { .. } | Refusal::Spliced { .. } => ONE_TAKE,
            Refusal::VirtualDevice { .. } | Refusal::LiveStatementRequired => LIVE,
            Refusal::StatementNotHeard | Refusal::StatementNegated => SENTENCE,
            Refusal::WordsNotHeard => SIX_WORDS,
            Refusal::NameNotHeard { .. }
            | Refusal::DateNotHeard
            | Refusal::LanguagesNotHeard
            | Refusal::PurposeNotHeard => EXACT,
            Refusal::WordTiming { .. } | Refusal::TimingUnknown => TIMING,
            Refusal::TwoSpeakers => ONE_SPEAKER,
            Refusal::OtherSpeaker { .. } => SAME_VOICE,
            // Whatever else there is belongs to the step that was at work.
            _ => match (self.asked.get(), refusal) {
                (Asked::Nothing, Refusal::TooShort { .. }) => SPEECH,
                (Asked::Nothing, Refusal::EarFailed { .. }) => ONE_TAKE,
                (Asked::Nothing, _) => FRESH,
                (Asked::Words, _) => SENTENCE,
                (Asked::Voice, _) => ONE_SPEAKER,
            },
        }
    }
}

/// An ear that notes what it is asked.
struct Watched<'a> {
    ear: &'a dyn Witness,
    seen: &'a Seen<'a>,
}

impl Witness for Watched<'_> {
    fn ear(&self) -> EarId {
        self.ear.ear()
    }

    fn hear(&self, take: &Pcm, claim: &Claim<'_>) -> Result<Hearing, EarFault> {
        self.seen.reached(Asked::Words);
        let hearing = self.ear.hear(take, claim)?;
        self.seen.onsets_known.set(match &hearing {
            Hearing::Transcript(_) => true,
            Hearing::Comparison(comparison) => comparison.onsets.is_some(),
        });
        Ok(hearing)
    }

    fn voiceprint(&self, speech: &Pcm) -> Result<Voiceprint, EarFault> {
        self.seen.reached(Asked::Voice);
        self.ear.voiceprint(speech)
    }

    fn likeness(&self, a: &Voiceprint, b: &Voiceprint) -> f32 {
        self.ear.likeness(a, b)
    }

    fn phones(&self, text: &str) -> Vec<u16> {
        self.ear.phones(text)
    }
}

#[cfg(test)]
mod tests;
