use consent::{Challenge, Sampled, Take};

fn twice(sampled: Sampled, challenge: Challenge, take: Take) {
    let _ = sampled.spoken(challenge.clone(), take.clone(), 0);
    let _ = sampled.spoken(challenge, take, 0);
}

fn main() {}
