//! What must not compile: a person's voice without consent.

#[test]
fn a_person_has_no_voice_here_without_consent() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
