//! Token for token the reference's numbers, for texts of many scripts.

use serde::Deserialize;

use super::Tokenizer;

#[derive(Deserialize)]
struct Text {
    text: String,
    ids: Vec<u32>,
    decoded: String,
}

#[test]
fn every_text_has_the_numbers_of_the_reference() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/qwen3/llm/tied");
    let read = |name: &str| std::fs::read(format!("{folder}/{name}")).unwrap();
    let tokenizer = Tokenizer::open(&read("vocab.json"), &read("merges.txt"), &read("tokenizer_config.json")).unwrap();
    let texts: Vec<Text> = serde_json::from_slice(&read("golden/texts.json")).unwrap();
    assert!(texts.len() > 50);
    for Text { text, ids, decoded } in &texts {
        assert_eq!(&tokenizer.encode(text), ids, "{text:?}");
        assert_eq!(&tokenizer.decode(ids), decoded, "{text:?}");
        if !text.contains(['<', '>']) {
            assert_eq!(&tokenizer.encode_plain(text), ids, "{text:?}");
        }
    }
}
