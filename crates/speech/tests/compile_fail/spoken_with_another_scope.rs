use consent::{Authorized, Train};
use speech::{VoicePrompt, Voicing};

fn speak(prompt: &VoicePrompt, key: &Authorized<Train>) {
    let _ = Voicing::person(prompt, key);
}

fn main() {}
