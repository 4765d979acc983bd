//! The rules for the bundled ear, which cannot be sure of single words: the truth must stand out clearly among decoys.

use super::Findings;
use crate::policy::BundledCard;
use crate::witness::{Comparison, Standing};
use crate::{Refusal, WORD_COUNT};

/// What this ear leaves open; the record says so.
const NOT_CHECKED: [&str; 6] = ["date", "exact_words", "identity_across_devices", "names", "negation", "purpose"];

pub(super) fn check(
    comparison: &Comparison,
    card: &BundledCard,
    list_length: u64,
    findings: &mut Findings,
) -> Result<Option<Vec<f64>>, Refusal> {
    let Comparison { statement, words, slots, onsets } = comparison;
    let compared = |standing: &Standing, decoys: usize| {
        standing.decoys >= decoys && (1..=standing.decoys + 1).contains(&standing.rank)
    };
    let others = list_length.saturating_sub(1) as usize;
    if !compared(statement, card.decoys)
        || !compared(words, card.decoys)
        || slots.len() != WORD_COUNT
        || !slots.iter().all(|slot| compared(slot, others))
    {
        return Err(Refusal::EarFailed { why: "it compared with too few decoys".to_owned() });
    }
    // Written so that a NaN refuses.
    let stands_out = |z: f32, least: f32| z.is_finite() && z >= least;
    if statement.rank != 1 || !stands_out(statement.z, card.statement_z) {
        return Err(Refusal::StatementNotHeard);
    }
    let first = slots.iter().filter(|slot| slot.rank == 1).count();
    if !stands_out(words.z, card.words_z) || first < card.slots_first {
        return Err(Refusal::WordsNotHeard);
    }
    findings.score("statement_z", statement.z.into());
    findings.score("statement_decoys", statement.decoys as f64);
    findings.score("words_z", words.z.into());
    findings.score("words_first", first as f64);
    findings.not_checked(&NOT_CHECKED);
    Ok(onsets.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARD: BundledCard = BundledCard { decoys: 100, statement_z: 3.0, words_z: 4.0, slots_first: 4 };

    fn good() -> Comparison {
        let standing = |decoys, z| Standing { rank: 1, decoys, z };
        Comparison {
            statement: standing(100, 5.0),
            words: standing(100, 6.0),
            slots: vec![standing(127, 3.0); 6],
            onsets: None,
        }
    }

    fn judge(change: impl Fn(&mut Comparison)) -> Result<(), &'static str> {
        let mut comparison = good();
        change(&mut comparison);
        check(&comparison, &CARD, 128, &mut Findings::default()).map(drop).map_err(|refusal| refusal.code())
    }

    #[test]
    fn only_clear_evidence_passes() {
        assert_eq!(judge(|_| ()), Ok(()));
        assert_eq!(judge(|c| c.statement.rank = 2), Err("statement_not_heard"));
        assert_eq!(judge(|c| c.statement.z = 2.9), Err("statement_not_heard"));
        assert_eq!(judge(|c| c.statement.z = f32::NAN), Err("statement_not_heard"));
        assert_eq!(judge(|c| c.words.z = 3.9), Err("words_not_heard"));
        assert_eq!(judge(|c| c.words.z = f32::INFINITY), Err("words_not_heard"));
        assert_eq!(judge(|c| c.slots[..2].iter_mut().for_each(|slot| slot.rank = 2)), Ok(()));
        assert_eq!(judge(|c| c.slots[..3].iter_mut().for_each(|slot| slot.rank = 2)), Err("words_not_heard"));
        assert_eq!(judge(|c| c.statement.decoys = 99), Err("ear_failed"));
        assert_eq!(judge(|c| c.slots[0].decoys = 63), Err("ear_failed"));
        assert_eq!(judge(|c| c.slots.truncate(5)), Err("ear_failed"));
        assert_eq!(judge(|c| c.statement.rank = 0), Err("ear_failed"));
    }
}
