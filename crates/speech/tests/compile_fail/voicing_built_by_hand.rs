use speech::{Source, Voicing};

fn speak(values: Vec<f32>) -> Voicing {
    Voicing { source: Source::Person { model: "m".to_owned(), values, conditioning: Vec::new() }, language: None }
}

fn main() {}
