fn make<T: Default>() {}

fn main() {
    make::<consent::Authorized<consent::Tts>>();
}
