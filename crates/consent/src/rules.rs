//! The rules of the ceremony: each takes evidence and says yes or which refusal. When unsure, it is no.

mod align;
mod comparison;
mod numbers;
mod speaker;
mod transcript;

use std::collections::BTreeMap;

use crate::evidence::SCORE_SCALE;
use crate::policy::{ONSET_SECONDS, Policy};
use crate::terms::AgreedTerms;
use crate::witness::{Hearing, Strength, Witness};
use crate::{Refusal, WORD_COUNT};

pub(crate) use speaker::check as check_speaker;
pub(crate) use speaker::check_length;

/// What the rules measured and what they could not check, on the way to the evidence record.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) scores: BTreeMap<String, i64>,
    pub(crate) unchecked: Vec<String>,
}

impl Findings {
    pub(crate) fn score(&mut self, name: &str, value: f64) {
        self.scores.insert(name.to_owned(), (value * SCORE_SCALE).round() as i64);
    }

    pub(crate) fn not_checked(&mut self, what: &[&str]) {
        self.unchecked.extend(what.iter().map(|&what| what.to_owned()));
    }
}

/// Judges what was said. Returns when each challenge word began, where that is known.
pub(crate) fn check_words(
    hearing: &Hearing,
    witness: &dyn Witness,
    terms: &AgreedTerms,
    words: &[String],
    policy: &Policy,
    findings: &mut Findings,
) -> Result<Option<Vec<f64>>, Refusal> {
    match (witness.ear().strength, hearing, &policy.bundled) {
        (Strength::Strong, Hearing::Transcript(heard), _) => {
            transcript::check(heard, &|text| witness.phones(text), terms, words, findings)
        }
        (Strength::Bundled, Hearing::Comparison(comparison), Some(card)) => {
            if !terms.terms.dub_into.is_empty() {
                findings.not_checked(&["languages"]);
            }
            comparison::check(comparison, card, terms.word_list_length, findings)
        }
        (Strength::Bundled, _, None) => {
            Err(Refusal::EarFailed { why: "the rules here need the stronger recogniser".to_owned() })
        }
        _ => Err(Refusal::EarFailed { why: "it gave another kind of evidence than its strength promises".to_owned() }),
    }
}

/// Each word must begin soon after it was shown, and not before.
pub(crate) fn check_timing(
    shown: &[f64],
    onsets: Option<&[f64]>,
    strength: Strength,
    findings: &mut Findings,
) -> Result<(), Refusal> {
    let onsets = match onsets {
        _ if shown.is_empty() => {
            findings.not_checked(&["word_timing"]);
            return Ok(());
        }
        None if strength == Strength::Bundled => {
            findings.not_checked(&["word_timing"]);
            return Ok(());
        }
        None => return Err(Refusal::TimingUnknown),
        Some(onsets) if onsets.len() != WORD_COUNT || shown.len() != WORD_COUNT => return Err(Refusal::TimingUnknown),
        Some(onsets) => onsets,
    };
    let delays: Vec<f64> = onsets.iter().zip(shown).map(|(onset, shown)| onset - shown).collect();
    if let Some(index) = delays.iter().position(|delay| !ONSET_SECONDS.contains(delay)) {
        return Err(Refusal::WordTiming { number: index + 1 });
    }
    findings.score("onset_least_seconds", delays.iter().copied().fold(f64::INFINITY, f64::min));
    findings.score("onset_most_seconds", delays.iter().copied().fold(0.0, f64::max));
    Ok(())
}
