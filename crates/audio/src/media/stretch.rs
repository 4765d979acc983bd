//! Faster or slower with the pitch kept. It knows nothing of why.

use std::path::Path;

use super::{Arguments, Tools};
use crate::{AudioError, Pcm};

impl Tools {
    /// Speaks `pcm` `tempo` times as fast (0.5 to 2), at its own pitch. The result has exactly the length over the tempo,
    /// rounded to a sample.
    ///
    /// # Errors
    /// [`AudioError::BadInput`] for another tempo, [`AudioError::MissingTool`], [`AudioError::ToolFailed`],
    /// [`AudioError::Stopped`].
    pub fn stretch(&self, pcm: &Pcm, tempo: f64, keep_going: &dyn Fn() -> bool) -> Result<Pcm, AudioError> {
        if !(0.5..=2.0).contains(&tempo) {
            return Err(AudioError::bad(format!("a tempo of {tempo} is outside of 0.5 to 2")));
        }
        let length = (pcm.len() as f64 / tempo).round() as usize;
        if tempo == 1.0 || pcm.is_empty() {
            return Ok(pcm.clone());
        }
        let mut arguments = Arguments::of_ffmpeg();
        arguments.words("-f f32le -ar").word(pcm.rate_hz().to_string()).words("-ac 1 -i pipe:0 -af");
        arguments.word(format!("atempo={tempo:.6}")).words("-c:a pcm_f32le -f f32le pipe:1");
        let blocks =
            pcm.samples().chunks(1 << 14).map(|block| block.iter().flat_map(|one| one.to_le_bytes()).collect());
        let bytes = self.run(&arguments.0, Path::new("")).through(blocks, keep_going)?;
        let sample = |four: &[u8]| f32::from_le_bytes([four[0], four[1], four[2], four[3]]);
        let mut stretched: Vec<f32> = bytes.chunks_exact(4).map(sample).collect();
        stretched.resize(length, 0.0);
        Pcm::new(stretched, pcm.rate_hz())
    }
}
