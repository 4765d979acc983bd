//! The rules for a strong ear, word for word: fixed clauses, polarity, names, purpose, date and the challenge words.

use super::Findings;
use super::align::{Step, align, distance};
use super::numbers::says_date;
use crate::policy::{FIXED_ERROR_MOST, NAME_ERROR_MOST, PURPOSE_ERROR_MOST};
use crate::terms::{AgreedTerms, Clause};
use crate::witness::HeardWord;
use crate::{Refusal, WORD_COUNT};

const TOKENS_MOST: usize = 500;
/// Words that turn a consent into something else; they must be heard exactly as often and in the order expected.
const POLARITY: [&str; 11] =
    ["allow", "allowed", "disallow", "not", "never", "no", "nor", "neither", "refuse", "forbid", "deny"];
/// Sounds that recognisers write down and nobody means.
const FILLERS: [&str; 7] = ["uh", "um", "uhm", "er", "erm", "hm", "mm"];

/// A token and when it began.
type Heard = (String, Option<f64>);

pub(super) fn check(
    heard: &[HeardWord],
    phones: &dyn Fn(&str) -> Vec<u16>,
    terms: &AgreedTerms,
    words: &[String],
    findings: &mut Findings,
) -> Result<Option<Vec<f64>>, Refusal> {
    let heard: Vec<Heard> = heard
        .iter()
        .flat_map(|word| tokens(&word.text).into_iter().map(|token| (token, word.start_seconds)))
        .filter(|(token, _)| !FILLERS.contains(&token.as_str()))
        .take(TOKENS_MOST + 1)
        .collect();
    if heard.len() > TOKENS_MOST {
        return Err(Refusal::StatementNotHeard);
    }
    let expected: Vec<(String, Clause)> = terms
        .clauses()
        .into_iter()
        .flat_map(|(clause, text)| tokens(&text).into_iter().map(move |token| (token, clause)))
        .collect();
    let words_begin = find_words(&heard, words);
    let statement: Vec<String> =
        heard[..words_begin.unwrap_or(heard.len())].iter().map(|(token, _)| token.clone()).collect();
    let report = lay_out(&expected, &statement);
    let fixed_error = report.fixed_errors as f64 / report.fixed_tokens as f64;
    let polarity = |tokens: &mut dyn Iterator<Item = &String>| -> Vec<String> {
        tokens.filter(|token| POLARITY.contains(&token.as_str())).cloned().collect()
    };
    let turned = polarity(&mut expected.iter().map(|(token, _)| token)) != polarity(&mut statement.iter());
    // Something wholly else is not a refusal; the statement with a "not" in it is.
    if turned && fixed_error <= 0.5 {
        return Err(Refusal::StatementNegated);
    }
    let Some(words_begin) = words_begin else {
        return Err(if fixed_error > 0.5 { Refusal::StatementNotHeard } else { Refusal::WordsNotHeard });
    };
    if turned || fixed_error > FIXED_ERROR_MOST {
        return Err(Refusal::StatementNotHeard);
    }
    findings.score("fixed_error", fixed_error);
    for (clause, name, whose) in
        [(Clause::Owner, &terms.terms.owner_name, "owner's"), (Clause::Grantee, &terms.terms.grantee_name, "grantee's")]
    {
        let (spoken, written) = (phones(&report.heard_in(clause).join(" ")), phones(name));
        let error = distance(&spoken, &written) as f64 / written.len() as f64;
        if !error.is_finite() || error > NAME_ERROR_MOST {
            return Err(Refusal::NameNotHeard { whose });
        }
        findings.score(if clause == Clause::Owner { "owner_name_error" } else { "grantee_name_error" }, error);
    }
    if !says_date(&report.heard_in(Clause::Date), terms.terms.until) {
        return Err(Refusal::DateNotHeard);
    }
    if !says_languages(&report.heard_in(Clause::Languages), &expected) {
        return Err(Refusal::LanguagesNotHeard);
    }
    let purpose = tokens(&terms.terms.purpose);
    let purpose_error = distance(&report.heard_in(Clause::Purpose), &purpose) as f64 / purpose.len().max(1) as f64;
    if purpose_error > PURPOSE_ERROR_MOST {
        return Err(Refusal::PurposeNotHeard);
    }
    findings.score("purpose_error", purpose_error);
    findings.score("words_right", WORD_COUNT as f64);
    Ok(onsets(&heard[words_begin..], words))
}

/// Whether exactly the languages that are written were heard, in their order: one more or another one is another consent.
/// How they are joined does not matter.
fn says_languages(heard: &[String], expected: &[(String, Clause)]) -> bool {
    let names = |token: &&String| *token != "and";
    let written = expected.iter().filter(|(_, clause)| *clause == Clause::Languages).map(|(token, _)| token);
    heard.iter().filter(names).eq(written.filter(names))
}

/// What was heard, clause by clause.
struct Report {
    fixed_tokens: usize,
    fixed_errors: usize,
    heard: Vec<(Clause, String)>,
}

impl Report {
    fn heard_in(&self, clause: Clause) -> Vec<String> {
        self.heard.iter().filter(|(of, _)| *of == clause).map(|(_, token)| token.clone()).collect()
    }
}

fn lay_out(expected: &[(String, Clause)], heard: &[String]) -> Report {
    let clause_of = |index: usize| expected.get(index).map(|(_, clause)| *clause);
    let expected_tokens: Vec<String> = expected.iter().map(|(token, _)| token.clone()).collect();
    let fixed_tokens = expected.iter().filter(|(_, clause)| *clause == Clause::Fixed).count();
    let mut report = Report { fixed_tokens, fixed_errors: 0, heard: Vec::new() };
    for step in align(&expected_tokens, heard) {
        match step {
            Step::Both { expected: at, heard: token } => {
                let clause = expected[at].1;
                report.fixed_errors += usize::from(clause == Clause::Fixed && expected_tokens[at] != heard[token]);
                report.heard.push((clause, heard[token].clone()));
            }
            Step::Missing { expected: at } => report.fixed_errors += usize::from(expected[at].1 == Clause::Fixed),
            Step::Extra { before, heard: token } => {
                // A name may be heard as more words than it is written with, so an extra word beside one is part of it.
                let neighbours = [before.checked_sub(1).and_then(clause_of), clause_of(before)];
                let clause =
                    neighbours.into_iter().flatten().find(|clause| clause.is_filled_in()).unwrap_or(Clause::Fixed);
                report.fixed_errors += usize::from(clause == Clause::Fixed);
                report.heard.push((clause, heard[token].clone()));
            }
        }
    }
    report
}

/// Where the challenge words begin: the transcript must end with exactly these letters in this order. Spaces do not
/// count, since recognisers split and join compounds.
fn find_words(heard: &[Heard], words: &[String]) -> Option<usize> {
    let wanted: String = words.iter().flat_map(|word| tokens(word)).collect();
    let mut letters = 0;
    for begin in (0..heard.len()).rev() {
        letters += heard[begin].0.len();
        if letters >= wanted.len() {
            let spoken: String = heard[begin..].iter().map(|(token, _)| token.as_str()).collect();
            return (spoken == wanted).then_some(begin);
        }
    }
    None
}

/// When each word began: at the start of the token that holds its first letter.
fn onsets(heard: &[Heard], words: &[String]) -> Option<Vec<f64>> {
    let mut starts = Vec::with_capacity(words.len());
    let mut tokens = heard.iter();
    let mut reached = 0;
    let mut letters = 0;
    let mut time = None;
    for word in words {
        while reached <= letters {
            let (token, start) = tokens.next()?;
            reached += token.len();
            time = *start;
        }
        starts.push(time?);
        letters += word.len();
    }
    Some(starts)
}

/// Lowercase words without punctuation; contractions of "not" written out.
fn tokens(text: &str) -> Vec<String> {
    let text = text.to_lowercase().replace(['\u{2019}', '\u{02bc}'], "'");
    let mut tokens = Vec::new();
    for word in text.split(|c: char| !c.is_alphanumeric() && c != '\'') {
        let plain = word.replace('\'', "");
        match plain.as_str() {
            "" => {}
            "cannot" | "cant" => tokens.extend(["can", "not"].map(str::to_owned)),
            "wont" => tokens.extend(["will", "not"].map(str::to_owned)),
            "dont" | "doesnt" | "didnt" | "isnt" | "arent" | "wouldnt" | "shouldnt" => {
                tokens.extend([plain.trim_end_matches("nt").to_owned(), "not".to_owned()]);
            }
            _ => tokens.push(plain),
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(text: &str) -> Vec<Heard> {
        tokens(text).into_iter().enumerate().map(|(index, token)| (token, Some(index as f64))).collect()
    }

    #[test]
    fn words_are_found_by_their_letters() {
        let words = ["lighthouse", "acrobat"].map(str::to_owned);
        let split = heard("words are light house acrobat");
        assert_eq!(find_words(&split, &words), Some(2));
        assert_eq!(onsets(&split[2..], &words), Some(vec![2.0, 4.0]));
        let joined = heard("words are lighthouseacrobat");
        assert_eq!(onsets(&joined[find_words(&joined, &words).unwrap()..], &words), Some(vec![2.0, 2.0]));
        for wrong in ["lighthouse", "acrobat lighthouse", "lighthouse acrobat end", "lighthouse the acrobat", ""] {
            assert_eq!(find_words(&heard(wrong), &words), None, "{wrong}");
        }
    }

    #[test]
    fn not_is_seen_through_its_contractions() {
        assert_eq!(tokens("I DON\u{2019}T, can't; cannot!"), ["i", "do", "not", "can", "not", "can", "not"]);
        assert_eq!(tokens("Today's words"), ["todays", "words"]);
    }
}
