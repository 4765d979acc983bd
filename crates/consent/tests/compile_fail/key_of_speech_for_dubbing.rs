use consent::{Authorized, Dub, Tts};

fn dub(_: &Authorized<Dub>) {}

fn misuse(key: &Authorized<Tts>) {
    dub(key);
}

fn main() {}
