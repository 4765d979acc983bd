//! Everything between a sound and the first answer, for comparisons with a reference. It judges nothing.

use audio::Pcm;
use speech::Fault;

use super::encoder::Stage;
use super::thinker::{Beginning, Thinker};

/// A place between the sound and the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// `(frames, bands)`.
    Mel,
    /// A stage of the encoder: `(rows, d_model)`.
    Encoder(Stage),
    /// What the decoder gets: `(positions, hidden)`, sound in its places.
    Embedded,
    /// After this block of the decoder: `(positions, hidden)`.
    Layer(usize),
    /// After the decoder's last norm: `(positions, hidden)`.
    Normed,
    /// After the head: `(positions, outputs)`.
    Logits,
}

/// One forward pass over `tokens`, alone, all of it shown.
pub(super) fn watch(
    thinker: &Thinker,
    sound: &Pcm,
    tokens: &[u32],
    most_seconds: f64,
    seen: &mut dyn FnMut(Seen, &[f32]),
) -> Result<(), Fault> {
    let mel = thinker.heard(sound, most_seconds)?;
    seen(Seen::Mel, &mel);
    thinker.encoder.forward_watched(&thinker.crew, &[&mel], &mut |stage, rows| seen(Seen::Encoder(stage), rows));
    let (rows, slots) = thinker.rows(&[Beginning { slot: 0, tokens: tokens.to_vec(), mel }])?;
    seen(Seen::Embedded, &rows);
    let mut cache = thinker.decoder.cache(1, tokens.len());
    if !cache.extend(0, tokens.len()) {
        return Err(Fault::new("cache_full", "there is no room for this sound"));
    }
    let layer = &mut |number: usize, rows: &[f32]| seen(Seen::Layer(number), rows);
    let normed = thinker.decoder.forward_watched(&thinker.crew, rows, &slots, &mut cache, layer);
    seen(Seen::Normed, &normed);
    seen(Seen::Logits, &thinker.head.product(&thinker.crew, &normed));
    Ok(())
}
