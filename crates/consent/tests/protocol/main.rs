//! The protocol's own tests, named by their ids in it. People are tones and the ear is scripted; every rule is real.

#![allow(clippy::unwrap_used, reason = "a test that cannot set its stage must fail")]

mod ceremony;
mod elsewhere;
mod grant;
mod hostile;
mod keeping;
mod languages;

use consent::scripted::Stage;
use consent::{Context, Granted, Refusal, SampleHash, Scope, SignedGrant, authorize};

/// A granted consent and the circumstances in which it holds.
fn granted() -> (Stage, Granted, Context) {
    let stage = Stage::default();
    let granted = stage.granted().unwrap();
    let context = stage.context(&granted);
    (stage, granted, context)
}

/// What the check says, as a code; a pass is empty.
fn verdict<S: Scope>(grant: &SignedGrant, context: &Context) -> &'static str {
    authorize::<S>(grant, context).map_or_else(|refusal| refusal.code(), |_| "")
}

/// What reading back and then checking says: what any bytes from outside go through.
fn verdict_of_bytes<S: Scope>(bytes: &[u8], context: &Context) -> &'static str {
    SignedGrant::decode(bytes).map_or_else(|refusal| refusal.code(), |grant| verdict::<S>(&grant, context))
}

fn code<T>(result: Result<T, Refusal>) -> &'static str {
    result.err().map_or("", |refusal| refusal.code())
}

fn hashes(samples: &[audio::Pcm]) -> Vec<SampleHash> {
    samples.iter().map(SampleHash::of).collect()
}
