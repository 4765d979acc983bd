//! The fingerprint of a video's packets, to see that a copy is one.

use std::path::Path;

use super::probe::unreadable;
use super::{Arguments, Tools};
use crate::AudioError;

impl Tools {
    /// SHA-256 over the packets of the first moving picture as they are stored, in lower-case hex. A copy into a
    /// container of the same family has the same.
    ///
    /// # Errors
    /// [`AudioError::BadInput`] when there is no video or it is damaged, [`AudioError::Stopped`].
    pub fn video_packets_sha256(&self, path: &Path, keep_going: &dyn Fn() -> bool) -> Result<String, AudioError> {
        const MOST_BYTES: usize = 4_096;
        let mut arguments = Arguments::of_ffmpeg();
        arguments.media(path).words("-map 0:V:0 -c copy -copyinkf -f streamhash -hash sha256 pipe:1");
        let said = self.run(&arguments.0, path).answer(MOST_BYTES, keep_going);
        let said = said.map_err(|error| unreadable(error, path))?;
        let said = String::from_utf8_lossy(&said);
        let hash = said.trim().strip_prefix("0,v,SHA256=").map(str::to_ascii_lowercase);
        hash.filter(|hash| hash.len() == 64).ok_or_else(|| AudioError::bad("it has no video to compare"))
    }
}
