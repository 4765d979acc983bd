//! The owner's receipt: whoever holds it can end the consent, on any machine that holds the voice. Kept sealed with the
//! library, so that it can be written out again; gone with the voice.

use consent::VoiceId;

use crate::{Studio, StudioError};

impl Studio {
    /// The receipt of a voice, as it is written to a file.
    pub fn receipt(&self, voice: &str) -> Result<Vec<u8>, StudioError> {
        let card = self.voice(voice)?;
        let kept = self.library()?.setting(&place(&card.id))?;
        // Voices of an older version have none here; their owner saved it when it was given.
        let missing = || StudioError::Missing {
            what: format!("the receipt of {} is not kept here", card.name),
            fix: "use the file that was saved when the consent was given".into(),
        };
        hex::decode(kept.ok_or_else(missing)?).map_err(|_| missing())
    }

    pub(super) fn keep_receipt(&self, voice: &VoiceId, receipt: &[u8]) -> Result<(), StudioError> {
        Ok(self.library()?.set_setting(&place(&voice.to_string()), Some(&hex::encode(receipt)))?)
    }
}

fn place(voice: &str) -> String {
    format!("receipt/{voice}")
}
