use consent::{Answer, Countersign, countersign};

fn skip(answer: Answer, by: &Countersign<'_>) {
    let _ = countersign(answer, by);
}

fn main() {}
