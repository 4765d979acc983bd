use consent::{ConsentedSample, GrantId};

fn forge(pcm: audio::Pcm, grant_id: &GrantId) -> ConsentedSample<'_> {
    ConsentedSample { pcm, grant_id }
}

fn main() {}
