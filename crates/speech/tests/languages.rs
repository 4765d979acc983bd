//! A person's voice speaks only the language that its key was made for.

// A test's own furniture may fail like the test itself.
#![allow(clippy::unwrap_used)]

use consent::scripted::Stage;
use consent::{Context, SpeechKey, authorize_speech};
use speech::{Utterance, VoicePrompt, Voicing};

fn utterance(voicing: Voicing, language: &str) -> Utterance {
    Utterance { text: "Hallo.".to_owned(), voicing, language: language.to_owned(), seed: 0, speed: 1.0, style: None }
}

#[test]
fn an_utterance_in_another_language_than_the_keys_has_no_voice() {
    let stage = Stage::default().dubbing(&["de"]);
    let granted = stage.granted().unwrap();
    let prompt =
        VoicePrompt { model: "m".to_owned(), grant: granted.grant.id(), values: vec![1.0], conditioning: Vec::new() };
    let voicing = |language: &str| {
        let context = Context { language: Some(language.to_owned()), ..stage.context(&granted) };
        match authorize_speech(&granted.grant, &context).unwrap() {
            SpeechKey::Own(key) => Voicing::person(&prompt, &key).unwrap(),
            SpeechKey::Dubbed(key) => Voicing::dubbed(&prompt, &key).unwrap(),
        }
    };
    for (asked, spoken) in [("en", "en-GB"), ("en", "EN"), ("de", "de"), ("de-AT", "de_CH")] {
        assert!(utterance(voicing(asked), spoken).voice().is_ok(), "{asked} {spoken}");
    }
    for (asked, spoken) in [("en", "de"), ("de", "en"), ("en", ""), ("en", "auto"), ("de", "def"), ("en", "english")] {
        let fault = utterance(voicing(asked), spoken).voice().unwrap_err();
        assert_eq!(fault.code, "language_not_granted", "{asked} {spoken}");
    }
    // Nobody's voices speak what their model can.
    assert!(utterance(Voicing::preset("amber"), "de").voice().is_ok());
    assert!(utterance(Voicing::designed("an old man"), "zh").voice().is_ok());
}
