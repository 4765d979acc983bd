//! Feeds the fuzzer's bytes to the body of the same name.

#![no_main]

#[path = "../bodies/checkpoint.rs"]
mod checkpoint;

libfuzzer_sys::fuzz_target!(|data: &[u8]| checkpoint::body(data));
