use consent::{Authorized, Train, Tts};

fn speak(_: &Authorized<Tts>) {}

fn misuse(key: &Authorized<Train>) {
    speak(key);
}

fn main() {}
