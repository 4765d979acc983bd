//! How a dub is to be worded: checks what somebody wishes for its translation. Knows no translator.

use super::clean;
use crate::StudioError;
use crate::dub::DubTranslation;

/// Most pairs of a glossary.
const MAX_PAIRS: usize = 500;
/// Longest side of a pair, in characters.
const MAX_TERM_CHARACTERS: usize = 100;
/// Longest tone, in characters.
const MAX_TONE_CHARACTERS: usize = 200;

/// Wishes as they are kept: single spaces, no empty pairs, each term once (what is said of it last counts).
pub(super) fn clean_settings(settings: &DubTranslation) -> Result<DubTranslation, StudioError> {
    if settings.glossary.len() > MAX_PAIRS {
        return Err(StudioError::OutOfRange { what: "the glossary", range: "at most 500 pairs" });
    }
    let term = |text: &str| {
        let text = clean(text)?;
        if text.chars().count() > MAX_TERM_CHARACTERS {
            return Err(StudioError::OutOfRange { what: "a term of the glossary", range: "at most 100 characters" });
        }
        Ok(text)
    };
    let mut glossary: Vec<(String, String)> = Vec::new();
    for (from, to) in &settings.glossary {
        let (from, to) = (term(from)?, term(to)?);
        if from.is_empty() || to.is_empty() {
            continue;
        }
        match glossary.iter_mut().find(|pair| pair.0 == from) {
            Some(pair) => pair.1 = to,
            None => glossary.push((from, to)),
        }
    }
    let tone = settings.tone.as_deref().map(clean).transpose()?.filter(|tone| !tone.is_empty());
    if tone.as_ref().is_some_and(|tone| tone.chars().count() > MAX_TONE_CHARACTERS) {
        return Err(StudioError::OutOfRange { what: "the tone", range: "at most 200 characters" });
    }
    Ok(DubTranslation { glossary, tone })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect()
    }

    #[test]
    fn wishes_are_kept_tidy() {
        let glossary = pairs(&[(" the  Lamp", "die Lampe"), ("", "x"), ("y", " "), ("the Lamp", "die Leuchte")]);
        let kept = clean_settings(&DubTranslation { glossary, tone: Some(" \n ".into()) }).unwrap();
        assert_eq!(kept, DubTranslation { glossary: pairs(&[("the Lamp", "die Leuchte")]), tone: None });
    }

    #[test]
    fn too_much_is_refused() {
        let many = DubTranslation { glossary: vec![("a".into(), "b".into()); 501], tone: None };
        let long = DubTranslation { glossary: pairs(&[("a", &"b".repeat(101))]), tone: None };
        let tone = DubTranslation { glossary: Vec::new(), tone: Some("so ".repeat(80)) };
        let bell = DubTranslation { glossary: pairs(&[("a\u{7}", "b")]), tone: None };
        for settings in [many, long, tone, bell] {
            assert!(clean_settings(&settings).is_err());
        }
    }
}
