//! What the decoder remembers of one stream. It knows no weights.

use sha2::{Digest, Sha256};
use speech::Fault;

use super::config::DecoderConfig;

/// Opens every stored state.
const MAGIC: &[u8; 8] = b"codec 1\n";
/// Frames after which a stream is refused: positions are counted in f32, and this is more than seven days.
pub(super) const LONGEST: usize = 1 << 23;
/// Bytes of the digest at the end.
const DIGEST: usize = 16;

/// The past of one stream: what attention still sees, and the last inputs of every causal convolution.
///
/// It belongs to decoders of one config. A clone goes on independently.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// Frames so far.
    pub(super) position: usize,
    /// Numbers of a key.
    pub(super) size: usize,
    /// Positions that are kept.
    pub(super) kept: usize,
    /// For each layer, keys and values `(positions, size)` in order of time.
    pub(super) seen: Vec<(Vec<f32>, Vec<f32>)>,
    /// For each convolution, its last input rows.
    pub(super) pasts: Vec<Vec<f32>>,
}

fn fault(what: &str) -> Fault {
    Fault::new("codec_state", format!("The stored sound state cannot be used: {what}."))
}

impl State {
    /// Before the first frame.
    pub fn new(config: &DecoderConfig) -> Self {
        Self {
            position: 0,
            size: config.heads().1,
            kept: config.sliding_window - 1,
            seen: vec![(Vec::new(), Vec::new()); config.num_hidden_layers],
            pasts: config.pasts().into_iter().map(|count| vec![0.0; count]).collect(),
        }
    }

    /// Frames that the stream has had.
    pub fn frames(&self) -> usize {
        self.position
    }

    /// Whether it belongs to this config.
    pub(super) fn fits(&self, config: &DecoderConfig) -> bool {
        self.size == config.heads().1
            && self.kept == config.sliding_window - 1
            && self.seen.len() == config.num_hidden_layers
            && self.pasts.iter().map(Vec::len).eq(config.pasts())
    }

    /// Positions that each layer holds.
    pub(super) fn held(&self) -> usize {
        self.position.min(self.kept)
    }

    /// Of the bytes and of the sizes that they mean something for.
    fn digest(&self, bytes: &[u8]) -> [u8; DIGEST] {
        let mut digest = Sha256::new();
        let sizes = [self.size, self.kept, self.seen.len()];
        for size in sizes.into_iter().chain(self.pasts.iter().map(Vec::len)) {
            digest.update((size as u64).to_le_bytes());
        }
        let digest = digest.chain_update(bytes).finalize();
        std::array::from_fn(|at| digest[at])
    }

    /// All of it, for storing beside a voice: up to [`DecoderConfig::state_bytes`] and 32 bytes more. The numbers are kept
    /// as they are, so that a restored stream goes on with the same bits.
    pub fn to_bytes(&self) -> Vec<u8> {
        let numbers = || {
            let seen = self.seen.iter().flat_map(|(keys, values)| [keys, values]);
            seen.chain(&self.pasts).flat_map(|part| part.iter())
        };
        let mut bytes = Vec::with_capacity(MAGIC.len() + 8 + 4 * numbers().count() + DIGEST);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&(self.position as u64).to_le_bytes());
        for number in numbers() {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        let digest = self.digest(&bytes);
        bytes.extend_from_slice(&digest);
        bytes
    }

    /// What [`Self::to_bytes`] made, for a decoder of this config; anything else is refused. Another model of the same
    /// sizes cannot be told apart here: whoever stores a state keeps the model's name beside it.
    pub fn from_bytes(config: &DecoderConfig, bytes: &[u8]) -> Result<Self, Fault> {
        let mut state = Self::new(config);
        let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| fault("it is of another kind"))?;
        let (position, rest) = rest.split_first_chunk::<8>().ok_or_else(|| fault("it is cut short"))?;
        let (numbers, digest) = rest.split_last_chunk::<DIGEST>().ok_or_else(|| fault("it is cut short"))?;
        state.position = usize::try_from(u64::from_le_bytes(*position))
            .ok()
            .filter(|&position| position <= LONGEST)
            .ok_or_else(|| fault("it is too far on"))?;
        let part = state.held() * state.size;
        let count = 2 * part * state.seen.len() + state.pasts.iter().map(Vec::len).sum::<usize>();
        if numbers.len() != 4 * count {
            return Err(fault("it belongs to another model"));
        }
        if state.digest(&bytes[..bytes.len() - DIGEST]) != *digest {
            return Err(fault("it is damaged, or belongs to another model"));
        }
        let mut numbers = numbers.as_chunks::<4>().0.iter().map(|&number| f32::from_le_bytes(number));
        for (keys, values) in &mut state.seen {
            keys.extend(numbers.by_ref().take(part));
            values.extend(numbers.by_ref().take(part));
        }
        for (past, number) in state.pasts.iter_mut().flatten().zip(numbers) {
            *past = number;
        }
        let all = state.seen.iter().flat_map(|(keys, values)| [keys, values]).chain(&state.pasts);
        if !all.flatten().all(|number| number.is_finite()) {
            return Err(fault("it holds a number that is not finite"));
        }
        Ok(state)
    }
}
