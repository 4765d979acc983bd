fn read<T: serde::de::DeserializeOwned>() {}

fn main() {
    read::<consent::Authorized<consent::Tts>>();
}
