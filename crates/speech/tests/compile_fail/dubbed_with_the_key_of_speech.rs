use consent::{Authorized, Tts};
use speech::{VoicePrompt, Voicing};

fn dub(prompt: &VoicePrompt, key: &Authorized<Tts>) {
    let _ = Voicing::dubbed(prompt, key);
}

fn main() {}
