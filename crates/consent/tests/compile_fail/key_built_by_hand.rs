use consent::{Authorized, GrantId, Tts, VoiceId};

fn forge(grant_id: GrantId, voice_id: VoiceId, language: String) -> Authorized<Tts> {
    Authorized { grant_id, voice_id, samples: vec![], remaining_seconds: 1, valid_until: 2, language, scope: Default::default() }
}

fn main() {}
