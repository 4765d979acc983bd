//! What the window sees of films: pictures and the shape of their sound, made when they are asked for.

use jobs::Cancel;

use super::Desk;
use crate::protocol::Films;

impl Films for Desk {
    fn picture(&self, dub: u64, at_ms: u64) -> Option<Vec<u8>> {
        self.studio().dub_picture(dub, at_ms, &Cancel::new()).ok()
    }

    fn peaks(&self, dub: u64, buckets: usize) -> Option<Vec<u8>> {
        let peaks = self.studio().dub_peaks(dub, buckets, &Cancel::new()).ok()?;
        Some(audio::peaks::to_bytes(&peaks))
    }
}
