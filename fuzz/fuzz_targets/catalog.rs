//! Feeds the fuzzer's bytes to the body of the same name.

#![no_main]

#[path = "../bodies/catalog.rs"]
mod catalog;

libfuzzer_sys::fuzz_target!(|data: &[u8]| catalog::body(data));
