fn keep<T: Clone>() {}

fn main() {
    keep::<consent::Authorized<consent::Tts>>();
}
