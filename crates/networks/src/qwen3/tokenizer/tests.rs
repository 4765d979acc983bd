//! A tokenizer small enough to merge by hand.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;

/// Every byte, some merges, two special tokens and one that is not.
fn parts() -> (String, String, String) {
    let mut vocab: Vec<String> = (0..=255).map(|byte| letters::letter(byte).to_string()).collect();
    let merges =
        [("h", "e"), ("l", "l"), ("he", "ll"), ("hell", "o"), ("Ġ", "hello"), ("Ċ", "Ċ"), ("Ġ", "Ġ"), ("Ã", "©")];
    vocab.extend(merges.iter().map(|(a, b)| format!("{a}{b}")));
    let vocab: HashMap<String, u32> = vocab.into_iter().zip(0..).collect();
    let lines: Vec<String> = merges.iter().map(|(a, b)| format!("{a} {b}")).collect();
    let config = serde_json::json!({"added_tokens_decoder": {
        "264": {"content": "<|end|>", "special": true},
        "265": {"content": "<|end|><|end|>", "special": true},
        "266": {"content": "<think>", "special": false},
    }});
    let vocab = serde_json::to_string(&vocab).unwrap();
    (vocab, format!("#version: 0.2\n{}\n", lines.join("\n")), config.to_string())
}

fn tokenizer() -> &'static Tokenizer {
    static TOKENIZER: LazyLock<Tokenizer> = LazyLock::new(|| {
        let (vocab, merges, config) = parts();
        Tokenizer::open(vocab.as_bytes(), merges.as_bytes(), config.as_bytes()).unwrap()
    });
    &TOKENIZER
}

fn cut(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    split(&Regex::new(CUTS).unwrap(), text, |piece| pieces.push(piece));
    pieces
}

#[test]
fn text_is_cut_as_by_the_pattern_with_its_look_ahead() {
    for (text, pieces) in [
        ("a  b", &["a", " ", " b"][..]),
        ("a   b", &["a", "  ", " b"]),
        ("a \t1 2", &["a", " ", "\t", "1", " ", "2"]),
        ("a  ", &["a", "  "]),
        ("a \n \n  b", &["a", " \n \n", " ", " b"]),
        ("it's I'LL x", &["it", "'s", " I", "'LL", " x"]),
        ("(hi) ...\n\nyes", &["(hi", ")", " ...\n\n", "yes"]),
        ("2024年", &["2", "0", "2", "4", "年"]),
        ("\u{3000}\u{3000}字", &["\u{3000}", "\u{3000}字"]),
        ("", &[]),
        (" ", &[" "]),
        ("x \u{a0}!", &["x", " ", "\u{a0}", "!"]),
    ] {
        assert_eq!(cut(text), pieces, "{text:?}");
    }
}

#[test]
fn the_pair_learnt_first_is_joined_first() {
    let tokenizer = tokenizer();
    let id = |text: &str| tokenizer.id(text).unwrap();
    assert_eq!(tokenizer.encode("hello hello"), [id("hello"), id(" hello")]);
    assert_eq!(tokenizer.encode("helllo"), [id("hell"), id("l"), id("o")]);
    assert_eq!(tokenizer.encode("e\u{301}"), [id("é")], "composed before it is merged");
    assert_eq!(tokenizer.encode("\n\n\n"), [id("\n\n"), id("\n")]);
    assert_eq!(tokenizer.len(), 267);
    assert_eq!(tokenizer.id("hellohello"), None);
}

#[test]
fn only_the_programs_own_text_can_hold_added_tokens() {
    let tokenizer = tokenizer();
    assert_eq!(tokenizer.encode("<|end|><|end|><|end|>h<think>"), [265, 264, u32::from(b'h'), 266]);
    let plain = tokenizer.encode_plain("<|end|>h<think>");
    assert!(plain.iter().all(|&token| token < 264), "{plain:?}");
    assert_eq!(tokenizer.decode(&plain), "<|end|>h<think>");
    assert!(tokenizer.is_special(264) && !tokenizer.is_special(266) && !tokenizer.is_special(0));
    assert_eq!(tokenizer.decode(&[264, 9999, u32::MAX, 266]), "<|end|><think>");
}

#[test]
fn damaged_files_are_refused_with_a_reason() {
    let (vocab, merges, config) = parts();
    let refused = |vocab: &str, merges: &str, config: &str| {
        let outcome = Tokenizer::open(vocab.as_bytes(), merges.as_bytes(), config.as_bytes());
        outcome.err().map(|error| error.code())
    };
    let wrong = Some("checkpoint_config");
    assert_eq!(refused(&vocab, &merges, &config), None);
    assert_eq!(refused(&vocab, &merges, "{}"), None, "a tokenizer needs no added tokens");
    assert_eq!(refused("[]", &merges, &config), wrong);
    assert_eq!(refused(&vocab.replace("\"hell\"", "\"hel\""), &merges, &config), wrong);
    assert_eq!(refused(&vocab.replace("\"Ã©\"", "\"語\""), "", &config), wrong);
    assert_eq!(refused(&vocab.replace("\"he\":256", "\"he\":4000000"), &merges, &config), wrong);
    assert_eq!(refused(&vocab.replace("\"he\":256", "\"he\":0"), &merges, &config), wrong);
    assert_eq!(refused(&vocab, "nopair\n", &config), wrong);
    assert_eq!(refused(&vocab, &merges, &config.replace("264", "x")), wrong);
    assert_eq!(refused(&vocab, &merges, &config.replace("264", "3")), wrong);
    assert_eq!(refused(&vocab, &merges, &config.replace("<think>", "<|end|>")), wrong);
    assert_eq!(refused(&vocab, &merges, &config.replace("<think>", "")), wrong);
    assert_eq!(refused(&vocab, &merges, &config.replace("\"special\":false", "\"lstrip\":true")), wrong);
}

#[test]
fn a_long_piece_takes_no_long_time() {
    let tokenizer = tokenizer();
    let text = "l".repeat(400_000) + &" ".repeat(400_000);
    let tokens = tokenizer.encode(&text);
    assert_eq!(tokens.len(), 400_000);
    assert_eq!(tokenizer.decode(&tokens), text);
}

/// Joins pairs one scan after another, as the definition says.
fn merged_by_definition(merging: &Merging, piece: &str) -> Vec<u32> {
    let mut tokens: Vec<u32> = piece.bytes().map(|byte| merging.singles[usize::from(byte)]).collect();
    loop {
        let best = tokens.windows(2).enumerate().filter_map(|(at, pair)| {
            let &(rank, joined) = merging.pairs.get(&(pair[0], pair[1]))?;
            Some((rank, at, joined))
        });
        let Some((_, at, joined)) = best.min() else { return tokens };
        tokens.splice(at..at + 2, [joined]);
    }
}

proptest! {
    #[test]
    fn the_heap_joins_as_the_definition_does(piece in "[helo]{0,40}") {
        let tokenizer = tokenizer();
        let mut tokens = Vec::new();
        tokenizer.merging.append(piece.as_bytes(), &mut tokens);
        prop_assert_eq!(tokens, merged_by_definition(&tokenizer.merging, &piece));
    }

    #[test]
    fn any_text_comes_back_composed(text in "(\\PC|\\s|<think>|e\u{301}|hello){0,30}") {
        let tokenizer = tokenizer();
        let composed: String = text.nfc().collect();
        prop_assert_eq!(&tokenizer.decode(&tokenizer.encode_plain(&text)), &composed);
        prop_assert_eq!(&tokenizer.decode(&tokenizer.encode(&text)), &composed);
        prop_assert_eq!(&cut(&composed).concat(), &composed);
    }

    #[test]
    fn pieces_of_any_tokens_are_the_whole_text(tokens in proptest::collection::vec(0u32..270, 0..40)) {
        let tokenizer = tokenizer();
        let mut pieces = Pieces::default();
        let mut text = String::new();
        for &token in &tokens {
            text += &pieces.push(tokenizer.bytes(token));
        }
        text += &pieces.finish();
        prop_assert_eq!(text, tokenizer.decode(&tokens));
    }

    #[test]
    fn damaged_files_never_panic(at in any::<prop::sample::Index>(), value in any::<u8>(), which in 0usize..3) {
        let (vocab, merges, config) = parts();
        let mut files = [vocab.into_bytes(), merges.into_bytes(), config.into_bytes()];
        let at = at.index(files[which].len());
        files[which][at] = value;
        if let Ok(tokenizer) = Tokenizer::open(&files[0], &files[1], &files[2]) {
            let _ = tokenizer.decode(&tokenizer.encode("hello <|end|> \u{fffd}"));
        }
    }
}
