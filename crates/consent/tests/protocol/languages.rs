//! Grants that name languages to dub into: what they cover, what the owner reads, and that nobody else can widen them.

use std::sync::LazyLock;

use consent::scripted::{ScriptedEar, Stage};
use consent::{
    Context, Dub, Granted, IssuerKey, Language, RevocationList, Scopes, SecretKey, SignedGrant, SpeechKey, Train, Tts,
    authorize, authorize_speech,
};
use proptest::prelude::*;

use crate::{code, verdict, verdict_of_bytes};

/// A grant for speech and for dubbing into German and French.
fn dubbing() -> (Stage, Granted, Context) {
    let stage = Stage::default().dubbing(&["fr", "de"]);
    let granted = stage.granted().unwrap();
    let context = stage.context(&granted);
    (stage, granted, context)
}

fn in_language(context: &Context, language: &str) -> Context {
    Context { language: Some(language.to_owned()), ..context.clone() }
}

/// Before the terms knew languages, the stage's terms had this hash, which is what the owner signs.
const TERMS_SHA: &str = "c70aa673d36b2fc5aff16820f4464a204a4260ddef08180d2df555dbe2d22637";

#[test]
fn terms_without_languages_are_what_they_always_were() {
    let (_, granted, context) = crate::granted();
    assert_eq!(hex::encode(granted.grant.grant().terms_sha), TERMS_SHA);
    assert!(granted.grant.statement().contains("to make a computer voice from my recordings, for the audiobook"));
    assert!(granted.grant.terms().plain_sentence().contains(": speech from text, on this machine"));
    for (language, expected) in [("en", ""), ("en-GB", ""), ("EN_us", ""), ("de", "language_not_granted")] {
        assert_eq!(verdict::<Tts>(&granted.grant, &in_language(&context, language)), expected, "{language}");
        assert_eq!(verdict::<Dub>(&granted.grant, &in_language(&context, language)), "language_not_granted");
    }
    assert_eq!(verdict::<Dub>(&granted.grant, &context), "scope_not_granted");
}

#[test]
fn the_languages_are_read_and_shown_by_their_names() {
    let (_, granted, _) = dubbing();
    let read = SignedGrant::decode(&granted.grant.encode()).unwrap();
    assert_eq!(read, granted.grant);
    assert_eq!(read.terms().dub_into.iter().map(|language| language.tag()).collect::<Vec<_>>(), ["de", "fr"]);
    assert!(read.statement().contains("recordings, with dubbing into German and French, for the audiobook of her own"));
    let sentence = read.terms().plain_sentence();
    assert!(sentence.contains(": speech from text and dubbing into German and French, on this machine"), "{sentence}");
    assert_eq!(read.terms().uses(), ["speech from text", "dubbing into German and French"]);
}

#[test]
fn each_language_has_one_right_key() {
    let (_, granted, context) = dubbing();
    for (language, as_speech, as_dub) in [
        ("en", "", "language_not_granted"),
        ("en-AU", "", "language_not_granted"),
        ("de", "language_not_granted", ""),
        ("de-AT", "language_not_granted", ""),
        ("FR_ca", "language_not_granted", ""),
        ("es", "language_not_granted", "language_not_granted"),
        ("d", "language_not_granted", "language_not_granted"),
        ("def", "language_not_granted", "language_not_granted"),
        ("german", "language_not_granted", "language_not_granted"),
        ("auto", "language_not_granted", "language_not_granted"),
        ("und", "language_not_granted", "language_not_granted"),
        ("", "language_not_granted", "language_not_granted"),
        ("-de", "language_not_granted", "language_not_granted"),
        ("de\0", "language_not_granted", "language_not_granted"),
    ] {
        let context = in_language(&context, language);
        let found = [verdict::<Tts>(&granted.grant, &context), verdict::<Dub>(&granted.grant, &context)];
        assert_eq!(found, [as_speech, as_dub], "{language:?}");
        // Whoever says the language only gets the right key, or none.
        match authorize_speech(&granted.grant, &context) {
            Ok(SpeechKey::Own(key)) => assert!(as_speech.is_empty() && key.is_for(language) && !key.is_for("de")),
            Ok(SpeechKey::Dubbed(key)) => assert!(as_dub.is_empty() && key.is_for(language) && !key.is_for("en")),
            Err(refusal) => assert!(refusal.code() == "language_not_granted" && !found.contains(&"")),
        }
    }
    assert_eq!(verdict::<Dub>(&granted.grant, &context), "language_not_granted", "dubbing is into a language");
    assert!(matches!(authorize_speech(&granted.grant, &context).unwrap(), SpeechKey::Own(_)));
    let refusal = authorize::<Dub>(&granted.grant, &in_language(&context, "es-MX")).unwrap_err();
    assert_eq!(refusal.to_string(), "the consent does not cover speech in Spanish");
    assert!(refusal.fix().contains("--dub-into"));
    let refusal = authorize::<Dub>(&granted.grant, &in_language(&context, &"x".repeat(9000))).unwrap_err();
    assert!(refusal.to_string().len() < 120);
    assert_eq!(verdict::<Train>(&granted.grant, &in_language(&context, "de")), "scope_not_granted");
}

#[test]
fn c02_no_bit_of_a_grant_with_languages_can_be_flipped() {
    let (_, granted, context) = dubbing();
    let context = in_language(&context, "de");
    let bytes = granted.grant.encode();
    assert_eq!(verdict_of_bytes::<Dub>(&bytes, &context), "");
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_ne!(verdict_of_bytes::<Dub>(&flipped, &context), "", "bit {bit} of {}", bytes.len() * 8);
    }
    for length in 0..bytes.len() {
        assert_eq!(verdict_of_bytes::<Dub>(&bytes[..length], &context), "malformed_record");
    }
}

#[test]
fn c24_to_c26_a_language_more_by_either_side_alone() {
    let (stage, granted, context) = dubbing();
    let context = in_language(&context, "es");
    let widen = |owner: Option<&SecretKey>, issuer: Option<&IssuerKey>| {
        let widened = Stage::alter(&granted.grant, owner, issuer, |_, terms| {
            terms.dub_into = ["de", "es", "fr"].map(|tag| Language::parse(tag).unwrap()).to_vec();
        });
        verdict_of_bytes::<Dub>(&widened.encode(), &context)
    };
    let (owner, issuer) = (Some(stage.owner.secret()), Some(&stage.issuer));
    assert_eq!(widen(None, None), "owner_signature");
    assert_eq!(widen(None, issuer), "owner_signature");
    assert_eq!(widen(owner, None), "issuer_signature");
    assert_eq!(widen(owner, issuer), "words_differ", "the spoken words were drawn for fewer languages");
    // The same where none was named before.
    let (stage, granted, context) = crate::granted();
    let widened = Stage::alter(&granted.grant, Some(stage.owner.secret()), Some(&stage.issuer), |record, terms| {
        record.scopes = record.scopes.with(Scopes::DUB);
        (terms.scopes, terms.dub_into) = (record.scopes, vec![Language::parse("es").unwrap()]);
    });
    assert_eq!(verdict_of_bytes::<Dub>(&widened.encode(), &in_language(&context, "es")), "words_differ");
}

#[test]
fn record_and_terms_must_agree_on_dubbing() {
    let (stage, granted, context) = dubbing();
    let context = in_language(&context, "de");
    let sign = |change: &dyn Fn(&mut consent::Grant, &mut consent::Terms)| {
        Stage::alter(&granted.grant, Some(stage.owner.secret()), Some(&stage.issuer), |record, terms| {
            change(record, terms);
        })
    };
    // In memory, where nothing was read back, the record's scopes decide; read back, the two must say the same.
    let narrowed = sign(&|record, _| record.scopes = Scopes::TTS);
    assert_eq!(verdict::<Dub>(&narrowed, &context), "language_not_granted");
    assert_eq!(verdict_of_bytes::<Dub>(&narrowed.encode(), &context), "malformed_record");
    let wide = Scopes::TTS.with(Scopes::DUB);
    for (scopes, tags) in [
        (wide, &[][..]),
        (Scopes::TTS, &["de"]),
        (Scopes::DUB, &["de"]),
        (wide, &["fr", "de"]),
        (wide, &["de", "de"]),
        (wide, &["de", "en"]),
    ] {
        let altered = sign(&|record, terms| {
            (record.scopes, terms.scopes) = (scopes, scopes);
            terms.dub_into = tags.iter().map(|tag| Language::parse(tag).unwrap()).collect();
        });
        assert_eq!(verdict_of_bytes::<Dub>(&altered.encode(), &context), "terms_incomplete", "{scopes} {tags:?}");
    }
}

#[test]
fn what_is_no_list_of_languages_is_not_agreed_to() {
    let agreed = |tags: &[&str]| code(Stage::default().dubbing(tags).sampled().map(drop));
    assert_eq!(agreed(&["fr", "de", "fr"]), "", "put in order, said once");
    assert_eq!(agreed(&["de", "en"]), "terms_incomplete");
    assert_eq!(agreed(&[]), "terms_incomplete");
    let many: Vec<&str> = Language::every().map(Language::tag).filter(|tag| *tag != "en").collect();
    assert_eq!(agreed(&many[..consent::LANGUAGES_MOST]), "");
    assert_eq!(agreed(&many[..=consent::LANGUAGES_MOST]), "terms_incomplete");
    let mut stage = Stage::default().dubbing(&["de"]);
    stage.terms.scopes = Scopes::DUB;
    assert_eq!(code(stage.sampled()), "terms_incomplete");
}

#[test]
fn revocation_expiry_cap_and_samples_count_for_dubbing_too() {
    let (stage, granted, context) = dubbing();
    let good = in_language(&context, "fr");
    let judge = |change: &dyn Fn(&mut Context)| {
        let mut context = good.clone();
        change(&mut context);
        verdict::<Dub>(&granted.grant, &context)
    };
    assert_eq!(judge(&|_| ()), "");
    let revoked = RevocationList::sign(&stage.issuer, 4, good.now, vec![granted.grant.id()]);
    assert_eq!(judge(&|context| context.revocations = revoked.clone()), "revoked");
    assert_eq!(judge(&|context| context.now = granted.grant.grant().not_after), "expired");
    assert_eq!(judge(&|context| (context.made_seconds, context.wanted_seconds) = (3599, 1)), "");
    assert_eq!(judge(&|context| (context.made_seconds, context.wanted_seconds) = (3599, 2)), "cap_reached");
    assert_eq!(judge(&|context| context.samples.truncate(1)), "samples_differ");
    assert_eq!(judge(&|context| context.grantee = stage.owner.public()), "wrong_grantee");
    let key = authorize::<Dub>(&granted.grant, &good).unwrap();
    assert_eq!((key.remaining_seconds(), key.language()), (3600, "fr"));
    assert_eq!(code(key.check_fresh(good.now + 300)), "key_expired");
}

#[test]
fn the_languages_must_be_heard_exactly() {
    let heard = |from: &str, to: &str| {
        let stage = Stage::default().dubbing(&["de", "fr", "gd"]);
        let challenge = stage.challenge(&stage.sampled().unwrap()).unwrap();
        assert!(challenge.statement().contains(from), "{}", challenge.statement());
        let statement = challenge.statement().replacen(from, to, 1);
        let onsets: Vec<f64> = Stage::shown_at().iter().map(|shown| shown + 0.5).collect();
        code(stage.play(stage.take(), &ScriptedEar::hears(&statement, challenge.words(), &onsets)))
    };
    assert_eq!(heard("German, French", "german french"), "");
    assert_eq!(heard("German, French", "German and French"), "");
    for (from, to) in [
        ("German, French", "French, German"),
        ("German, French", "Spanish, French"),
        ("German, ", ""),
        ("German, ", "German, Italian, "),
        ("Scottish Gaelic,", "Scottish Gaelic and Spanish,"),
        ("Scottish Gaelic,", "Scottish,"),
        ("into German", "into Dutch and German"),
    ] {
        assert_eq!(heard(from, to), "languages_not_heard", "{to}");
    }
    assert_eq!(heard("with dubbing", "with no dubbing"), "statement_negated");
    assert_eq!(heard("and Scottish", "and not Scottish"), "statement_negated");
    assert_eq!(heard(", with dubbing into German, French and Scottish Gaelic,", ","), "statement_not_heard");
}

#[test]
fn the_bundled_ear_says_that_it_did_not_check_the_languages() {
    let unchecked = |stage: Stage| {
        let granted = stage.play(stage.take(), &ScriptedEar::bundled()).unwrap();
        assert!(granted.grant.evidence().unchecked.is_sorted());
        granted.grant.evidence().unchecked.contains(&"languages".to_owned())
    };
    assert!(unchecked(Stage::default().dubbing(&["de"])));
    assert!(!unchecked(Stage::default()));
}

static GOOD: LazyLock<(Vec<u8>, Context)> = LazyLock::new(|| {
    let (_, granted, context) = dubbing();
    (granted.grant.encode(), in_language(&context, "de"))
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_mutated_grant_with_languages_never_verifies(edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3u8), 1..6)) {
        let mut bytes = GOOD.0.clone();
        for (place, value, how) in edits {
            let place = place.index(bytes.len());
            match how {
                0 => bytes[place] = value,
                1 => bytes.insert(place, value),
                _ => drop(bytes.remove(place)),
            }
        }
        prop_assume!(bytes != GOOD.0);
        prop_assert_ne!(verdict_of_bytes::<Dub>(&bytes, &GOOD.1), "");
    }

    #[test]
    fn any_language_is_refused_or_granted_in_words(language in "\\PC{0,60}") {
        let (bytes, context) = &*GOOD;
        let found = verdict_of_bytes::<Dub>(bytes, &in_language(context, &language));
        let main = language.split(['-', '_']).next().unwrap().to_ascii_lowercase();
        prop_assert_eq!(found.is_empty(), main == "de" || main == "fr", "{}", language);
        prop_assert!(found.is_empty() || found == "language_not_granted");
    }
}
