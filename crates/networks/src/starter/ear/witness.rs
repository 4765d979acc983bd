//! The ear as consent's witness: claims in, evidence out. It decides nothing.

use audio::Pcm;
use consent::{Claim, Comparison, EarFault, EarId, Hearing, Standing, Strength, Voiceprint, Witness};

use super::{Deaf, Ear, Place};
use crate::signal::at_16_khz;

impl From<Place> for Standing {
    fn from(place: Place) -> Self {
        Self { rank: place.decoys - place.beaten + 1, decoys: place.decoys, z: place.z as f32 }
    }
}

fn fault(deaf: Deaf) -> EarFault {
    EarFault(format!("{deaf}. {}", deaf.fix()))
}

impl Witness for Ear {
    fn ear(&self) -> EarId {
        EarId { name: "starter".to_owned(), strength: Strength::Bundled, model: self.model() }
    }

    fn hear(&self, take: &Pcm, claim: &Claim<'_>) -> Result<Hearing, EarFault> {
        let place = |word: &String| claim.vocabulary.iter().position(|known| known == word).ok_or(Deaf::Claim);
        let claimed: Vec<usize> = claim.words.iter().map(place).collect::<Result<_, _>>().map_err(fault)?;
        let vocabulary: Vec<Vec<u8>> = claim.vocabulary.iter().map(|word| self.words(word).concat()).collect();
        let sentence = self.words(claim.statement);
        let found = self.listen(take, &sentence, &claimed, &vocabulary, claim.decoy_seed).map_err(fault)?;
        Ok(Hearing::Comparison(Comparison {
            statement: found.sentence.into(),
            words: found.words.into(),
            slots: found.slots.into_iter().map(Standing::from).collect(),
            onsets: Some(found.onsets),
        }))
    }

    fn voiceprint(&self, speech: &Pcm) -> Result<Voiceprint, EarFault> {
        self.embed(&at_16_khz(speech)).map(Voiceprint::new).map_err(fault)
    }

    fn phones(&self, text: &str) -> Vec<u16> {
        self.words(text).concat().into_iter().map(u16::from).collect()
    }
}
