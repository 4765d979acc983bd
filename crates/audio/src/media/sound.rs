//! One sound track as a stream of samples on the video's time line. It knows nothing of what is said.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::probe::unreadable;
use super::{Arguments, Probe, Tools};
use crate::child::Running;
use crate::{AudioError, pcm};

/// The form in which sound is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Samples per second, 4000 to 192000.
    pub rate_hz: u32,
    /// 1 or 2; more are mixed down.
    pub channels: u16,
}

/// Sound that comes in blocks. Dropping it ends the child.
pub struct SoundReader {
    running: Running,
    shape: Shape,
    /// Bytes of a sample that is not yet whole, and samples of a frame that is not.
    rest: Vec<u8>,
    path: std::path::PathBuf,
    has_ended: bool,
}

impl Tools {
    /// Opens a sound track (counted from 0 among the sounds). Sample 0 belongs to 0 of the video's time line: what came
    /// before is cut, a late start and gaps are silence. It ends where the track ends.
    ///
    /// # Errors
    /// [`AudioError::BadInput`] when there is no such track, [`AudioError::Rate`], [`AudioError::Unsupported`] for more
    /// than two channels wanted, [`AudioError::MissingTool`], [`AudioError::Io`].
    pub fn sound(&self, path: &Path, probe: &Probe, track: usize, shape: Shape) -> Result<SoundReader, AudioError> {
        self.sound_from(path, probe, track, shape, 0.0)
    }

    /// The same from a later time on, in seconds of the video's time line: what lies before is not even read.
    ///
    /// # Errors
    /// As [`Tools::sound`].
    pub fn sound_from(
        &self,
        path: &Path,
        probe: &Probe,
        track: usize,
        shape: Shape,
        from_seconds: f64,
    ) -> Result<SoundReader, AudioError> {
        /// Decoders need some sound before what they are asked for.
        const RUN_UP_SECONDS: f64 = 1.0;
        pcm::check_rate(shape.rate_hz)?;
        if !matches!(shape.channels, 1 | 2) {
            return Err(AudioError::Unsupported { what: format!("{} channels", shape.channels) });
        }
        let found = probe.sounds.get(track);
        let sound = found.ok_or_else(|| AudioError::bad(format!("it has no sound track {}", track + 1)))?;
        let mut arguments = Arguments::of_ffmpeg();
        // The container's own clock, so that 0 can be put where the video starts.
        arguments.words("-copyts");
        // Counted from the container's first time of all.
        let skipped = probe.zero_seconds + from_seconds - RUN_UP_SECONDS - probe.first_seconds;
        if from_seconds > 0.0 && skipped > 0.0 {
            arguments.word("-ss").word(format!("{skipped:.6}"));
        }
        arguments.media(path).word("-map").word(format!("0:{}", sound.stream));
        let zero = probe.zero_seconds + from_seconds.max(0.0);
        let mut filter = format!("asetpts=PTS-({zero:.6})/TB,");
        match (sound.channels, shape.channels) {
            // Equal in both ears and as loud; the mixing matrix would take 3 dB.
            (1, 2) => filter.push_str("pan=stereo|c0=c0|c1=c0,"),
            // More channels than a layout is known for: their mean.
            (many @ 3.., wanted) if sound.layout.is_none() => {
                let mean =
                    (0..many).map(|n| format!("{:.6}*c{n}", 1.0 / f64::from(many))).collect::<Vec<_>>().join("+");
                let outs = (0..wanted).map(|n| format!("|c{n}={mean}")).collect::<String>();
                filter.push_str(&format!("pan={wanted}c{outs},"));
            }
            _ => {}
        }
        // A mono sum must not clip; a stereo one keeps its loudness, and floats have the room.
        let most = if shape.channels == 1 { ":rematrix_maxval=1" } else { "" };
        let (rate_hz, layout) = (shape.rate_hz, if shape.channels == 1 { "mono" } else { "stereo" });
        filter.push_str(&format!(
            "aresample={rate_hz}:async=1:min_hard_comp=0.025:first_pts=0{most},\
             aformat=sample_fmts=flt:sample_rates={rate_hz}:channel_layouts={layout}"
        ));
        arguments.word("-af").word(filter).words("-c:a pcm_f32le -f f32le pipe:1");
        let running = self.run(&arguments.0, path).start(false, true)?;
        Ok(SoundReader { running, shape, rest: Vec::new(), path: path.to_owned(), has_ended: false })
    }
}

impl SoundReader {
    /// The form of the samples.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Replaces `samples` by the next block, interleaved, and says how many frames it has: fewer than 20,000, and 0 at
    /// the end only. Samples are finite and at most 8; loud ones may be over 1.
    ///
    /// # Errors
    /// [`AudioError::BadInput`] when the track cannot be decoded, [`AudioError::Stopped`] when `keep_going` says no; it
    /// is asked about 20 times a second.
    pub fn read(&mut self, samples: &mut Vec<f32>, keep_going: &dyn Fn() -> bool) -> Result<usize, AudioError> {
        /// Far beyond full scale, and far from where sums overflow.
        const LOUDEST: f32 = 8.0;
        samples.clear();
        let frame_bytes = 4 * usize::from(self.shape.channels);
        while samples.is_empty() && !self.has_ended {
            let Some(block) = self.running.read(keep_going)? else {
                self.running.finish(&mut |_| {}, keep_going).map_err(|error| unreadable(error, &self.path))?;
                self.has_ended = true;
                break;
            };
            self.rest.extend_from_slice(&block);
            let whole = self.rest.len() / frame_bytes * frame_bytes;
            samples.extend(self.rest[..whole].chunks_exact(4).map(|bytes| {
                let sample = f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
                if sample.is_finite() { sample.clamp(-LOUDEST, LOUDEST) } else { 0.0 }
            }));
            self.rest.drain(..whole);
        }
        Ok(samples.len() / usize::from(self.shape.channels))
    }
}
