use consent::{Authorized, GrantId, Tts, VoiceId};

fn forge(grant_id: GrantId, voice_id: VoiceId) -> Authorized<Tts> {
    Authorized { grant_id, voice_id, samples: vec![], remaining_seconds: 1, valid_until: u64::MAX, language: String::new(), scope: Default::default() }
}

fn main() {}
