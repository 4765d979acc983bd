use consent::{Authorized, ConsentedSample, Tts};

fn keep(key: Authorized<Tts>, sample: audio::Pcm) -> ConsentedSample<'static> {
    key.cover(sample).unwrap()
}

fn main() {}
