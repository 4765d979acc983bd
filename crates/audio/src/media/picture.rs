//! One picture of a film, small, for people who look for a place in it.

use std::path::Path;

use super::probe::unreadable;
use super::{Arguments, Probe, Tools};
use crate::AudioError;

impl Tools {
    /// The picture that is shown at a moment of the video's time line, as JPEG, turned as players turn it and at most so
    /// many pixels wide.
    ///
    /// # Errors
    /// [`AudioError::BadInput`] when there is no picture or it cannot be decoded, [`AudioError::Stopped`].
    pub fn picture(
        &self,
        path: &Path,
        probe: &Probe,
        seconds: f64,
        most_wide: u32,
        keep_going: &dyn Fn() -> bool,
    ) -> Result<Vec<u8>, AudioError> {
        const MOST_BYTES: usize = 4 << 20;
        let video = probe.video.as_ref().ok_or_else(|| AudioError::bad("it has no moving picture"))?;
        let at = (probe.zero_seconds + seconds.max(0.0) - probe.first_seconds).max(0.0);
        let mut arguments = Arguments::of_ffmpeg();
        arguments.word("-ss").word(format!("{at:.6}")).media(path);
        arguments.word("-map").word(format!("0:{}", video.stream)).words("-frames:v 1 -vf");
        arguments.word(format!("scale=w='min({most_wide},iw)':h=-2:flags=fast_bilinear"));
        arguments.words("-c:v mjpeg -q:v 5 -f image2pipe pipe:1");
        let picture = self.run(&arguments.0, path).answer(MOST_BYTES, keep_going);
        let picture = picture.map_err(|error| unreadable(error, path))?;
        if picture.is_empty() { Err(AudioError::bad("there is no picture at this moment")) } else { Ok(picture) }
    }
}
