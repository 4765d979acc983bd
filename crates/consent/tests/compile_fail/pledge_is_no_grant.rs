use consent::{Context, Pledge, Tts, authorize};

fn use_it(pledge: &Pledge, context: &Context) {
    let _ = authorize::<Tts>(pledge, context);
}

fn main() {}
