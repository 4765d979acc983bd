use consent::ConsentedSample;

fn forge(pcm: audio::Pcm) -> ConsentedSample<'static> {
    ConsentedSample { pcm, key: Default::default() }
}

fn main() {}
