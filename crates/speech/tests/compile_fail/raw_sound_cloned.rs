use audio::Pcm;
use speech::VoiceCloner;

fn clone(cloner: &mut dyn VoiceCloner, sound: &Pcm) {
    let _ = cloner.clone_voice(sound);
}

fn main() {}
