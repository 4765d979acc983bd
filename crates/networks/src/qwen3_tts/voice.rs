//! A person's voice for Qwen3-TTS Base: a speaker vector, and, where the words of the recording are known, its codes and
//! words, from which speech goes on. Made from consented sound only. It knows no vault.

use std::sync::Arc;

use consent::ConsentedSample;
use speech::{Fault, VoiceCloner, VoicePrompt};

use super::codec::Encoder;
use super::config::Config;
use super::prompt::{MOST_REFERENCE, MOST_TEXT};
use super::speaker::SpeakerEncoder;
use crate::kernel::Crew;

/// What the conditioning begins with: its kind and version.
const MAGIC: &[u8] = b"qwen3-tts voice 1\n";
/// Samples in a second.
const RATE_HZ: u32 = 24_000;
/// Samples of a frame.
const FRAME: usize = 1920;
/// Shortest recording, in seconds.
const LEAST_SECONDS: usize = 1;
/// Loudness below which nobody is heard: -60 dB of full scale.
const SILENCE: f32 = 0.001;

/// A recording to go on from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// The words in it.
    pub text: String,
    /// Its codes `(frames, groups)`.
    pub codes: Vec<u16>,
    /// Codes of a frame.
    pub groups: usize,
}

impl Recording {
    /// The bytes that a voice prompt keeps.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend((self.text.len() as u32).to_le_bytes());
        bytes.extend(self.text.as_bytes());
        bytes.extend((self.groups as u32).to_le_bytes());
        bytes.extend(self.codes.iter().flat_map(|code| code.to_le_bytes()));
        bytes
    }

    /// Reads what [`Self::to_bytes`] wrote; anything else is refused. Whether a model knows the codes is its own question.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Fault> {
        let bad = || Fault::new("bad_prompt", "the stored recording of this voice is damaged; prepare the voice again");
        let rest = bytes.strip_prefix(MAGIC).ok_or_else(bad)?;
        let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(bad)?;
        let length = u32::from_le_bytes(*length) as usize;
        if length > MOST_TEXT {
            return Err(bad());
        }
        let (text, rest) = rest.split_at_checked(length).ok_or_else(bad)?;
        let text = std::str::from_utf8(text).map_err(|_| bad())?.to_owned();
        let (groups, rest) = rest.split_first_chunk::<4>().ok_or_else(bad)?;
        let groups = u32::from_le_bytes(*groups) as usize;
        let (pairs, left) = rest.as_chunks::<2>();
        let sound = (1..=64).contains(&groups)
            && left.is_empty()
            && !pairs.is_empty()
            && pairs.len() % groups == 0
            && pairs.len() / groups <= MOST_REFERENCE;
        if !sound {
            return Err(bad());
        }
        Ok(Self { text, codes: pairs.iter().map(|&pair| u16::from_le_bytes(pair)).collect(), groups })
    }
}

/// Makes voice prompts for one checkpoint.
pub struct Qwen3Cloner {
    identity: String,
    speaker: SpeakerEncoder,
    encoder: Encoder,
    crew: Arc<Crew>,
    groups: usize,
    text: Option<String>,
}

impl Qwen3Cloner {
    /// `identity` is that of the model that will speak.
    pub fn new(
        identity: impl Into<String>,
        config: &Config,
        speaker: SpeakerEncoder,
        encoder: Encoder,
        crew: Arc<Crew>,
    ) -> Self {
        let groups = config.talker_config.num_code_groups;
        Self { identity: identity.into(), speaker, encoder, crew, groups, text: None }
    }

    /// The words of the next samples. With them speech goes on from the sample, which sounds more like the person; without
    /// them it knows the voice's colour only.
    #[must_use]
    pub fn with_text(mut self, text: Option<String>) -> Self {
        self.text = text.filter(|text| !text.trim().is_empty());
        self
    }

    /// Speaker vector and, where the words are known, the recording, of a wave at 24 kHz.
    pub(super) fn listen(&self, wave: &[f32]) -> Result<(Vec<f32>, Option<Recording>), Fault> {
        if wave.len() < LEAST_SECONDS * RATE_HZ as usize {
            return Err(Fault::new("sample_too_short", "the sample is shorter than a second"));
        }
        let power = wave.iter().map(|&v| f64::from(v) * f64::from(v)).sum::<f64>() / wave.len() as f64;
        if power.sqrt() < f64::from(SILENCE) {
            return Err(Fault::new("no_voice_found", "nobody is heard in the sample"));
        }
        let most = MOST_REFERENCE * FRAME;
        if self.text.is_some() && wave.len() > most {
            // Cut, it would no longer be what its words say.
            return Err(Fault::new("sample_too_long", "the sample is longer than a minute; choose a shorter part"));
        }
        if self.text.as_ref().is_some_and(|text| text.len() > MOST_TEXT) {
            return Err(Fault::new("text_too_long", "the words of the sample are too many"));
        }
        let wave = &wave[..wave.len().min(most)];
        let vector = self
            .speaker
            .listen(&self.crew, wave)
            .filter(|vector| vector.iter().all(|v| v.is_finite()))
            .ok_or_else(|| Fault::new("no_voice_found", "the sample does not sound like a voice"))?;
        let recording = match &self.text {
            Some(text) => {
                let codes = self.encoder.encode(&self.crew, wave)?;
                Some(Recording { text: text.clone(), codes, groups: self.groups })
            }
            None => None,
        };
        Ok((vector, recording))
    }
}

impl VoiceCloner for Qwen3Cloner {
    fn clone_voice(&mut self, sample: &ConsentedSample<'_>) -> Result<VoicePrompt, Fault> {
        let pcm = audio::resample(sample.pcm(), RATE_HZ)
            .map_err(|error| Fault::new("bad_sample", format!("the sample cannot be heard at 24 kHz: {error}")))?;
        let (values, recording) = self.listen(pcm.samples())?;
        Ok(VoicePrompt {
            model: self.identity.clone(),
            grant: *sample.grant_id(),
            values,
            conditioning: recording.map(|recording| recording.to_bytes()).unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_recording_comes_back_whole_and_never_cut(
            text in ".{0,40}", groups in 1usize..20, frames in 1usize..9, cut in 0usize..400, seed: u16,
        ) {
            let codes = (0..groups * frames).map(|n| (n as u16).wrapping_mul(31) ^ seed).collect();
            let recording = Recording { text, codes, groups };
            let bytes = recording.to_bytes();
            prop_assert_eq!(&Recording::from_bytes(&bytes).unwrap(), &recording);
            let part = &bytes[..cut.min(bytes.len() - 1)];
            // Whole frames may be missing, nothing else.
            if let Ok(short) = Recording::from_bytes(part) {
                prop_assert!(recording.codes.starts_with(&short.codes) && short.text == recording.text);
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Recording::from_bytes(&[MAGIC, &bytes].concat());
            prop_assert!(Recording::from_bytes(&bytes).is_err());
        }
    }
}
