enum Everything {}

impl consent::Scope for Everything {
    const BIT: consent::Scopes = consent::Scopes::TTS;
}

fn main() {}
