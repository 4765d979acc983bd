//! What an ear says of a finished dub: whether lines sound like the voice they are meant in, and whether their words are
//! heard. It judges the lines, not the people.

use audio::Pcm;
use audio::level::Meter as Loudness;
use audio::media::Tools;
use jobs::Cancel;
use networks::starter::Ear;

use super::sheet::Sheet;
use crate::dub::report::{self, Judged, Report, SpeakerMatrix};
use crate::dub::speakers::{likeness, mean};
use crate::dub::{listen, prepare};
use crate::{Studio, StudioError};

/// Lines whose words are listened to: it takes longer than all else. Those of a longer film are judged by their voice only.
const MOST_HEARD: usize = 300;

impl Sheet {
    /// The report over everything that was laid.
    pub(super) fn report(
        &self,
        studio: &Studio,
        tools: &Tools,
        film_lufs: Option<f64>,
        mix: &Loudness,
        cancel: &Cancel,
    ) -> Result<Report, StudioError> {
        let ear = studio.models.ear()?;
        let hears = prepare::is_same_language(&self.head.to, "en") && self.cues.len() <= MOST_HEARD;
        let mut vectors: Vec<Vec<f32>> = Vec::with_capacity(self.cues.len());
        let mut heard: Vec<Option<f64>> = Vec::with_capacity(self.cues.len());
        for at in 0..self.cues.len() {
            cancel.checkpoint().map_err(|_| StudioError::Interrupted)?;
            let Some(_) = self.spoken[at] else {
                vectors.push(Vec::new());
                heard.push(None);
                continue;
            };
            let line = self.sound(studio, tools, at, &|| !cancel.is_cancelled())?;
            let line = audio::resample(&line, listen::RATE_HZ)?;
            // What a person recorded is meant in no voice of ours: it is compared with none.
            let is_own = self.cues[at].recorded.is_some();
            vectors.push(if is_own { Vec::new() } else { ear.embed(line.samples()).unwrap_or_default() });
            heard.push(hears.then(|| words_heard(&ear, &line, &self.cues[at].target)).flatten());
        }
        let matrix = self.matrix(&vectors);
        let judged: Vec<Judged> = (0..self.cues.len())
            .map(|at| Judged {
                speaker: self.cues[at].speaker,
                source_ms: (self.cues[at].start_ms, self.cues[at].end_ms),
                placed: self.spoken[at].map(|(_, placed)| placed),
                is_recorded: self.cues[at].recorded.is_some(),
                words_heard: heard[at],
                similarity: self.likeness_to_own(&vectors, at),
            })
            .collect();
        let loudness =
            report::Loudness { original_lufs: film_lufs, mix_lufs: mix.lufs(), true_peak_dbtp: mix.true_peak_dbtp() };
        Ok(Report::new(&judged, matrix, loudness))
    }

    /// Likeness of a line to the other lines of its voice.
    fn likeness_to_own(&self, vectors: &[Vec<f32>], at: usize) -> Option<f64> {
        let own = self.cues[at].speaker;
        let others = (0..vectors.len()).filter(|other| *other != at && self.cues[*other].speaker == own);
        let centre = mean(others.map(|other| &vectors[other]))?;
        (!vectors[at].is_empty()).then(|| f64::from(likeness(&vectors[at], &centre)))
    }

    /// Every speaker's lines against every speaker's lines; a line is not compared with itself.
    fn matrix(&self, vectors: &[Vec<f32>]) -> Option<SpeakerMatrix> {
        let mut speakers: Vec<u16> =
            (0..vectors.len()).filter(|at| !vectors[*at].is_empty()).map(|at| self.cues[at].speaker).collect();
        speakers.sort_unstable();
        speakers.dedup();
        let lines_of = |speaker: u16| {
            (0..vectors.len()).filter(move |at| self.cues[*at].speaker == speaker && !vectors[*at].is_empty())
        };
        let cell = |row: u16, column: u16| {
            let likenesses = lines_of(row).filter_map(|at| {
                let centre = mean(lines_of(column).filter(|other| *other != at).map(|other| &vectors[other]))?;
                Some(f64::from(likeness(&vectors[at], &centre)))
            });
            let (sum, count) = likenesses.fold((0.0, 0_u32), |(sum, count), one| (sum + one, count + 1));
            (count > 0).then(|| sum / f64::from(count))
        };
        (!speakers.is_empty()).then(|| SpeakerMatrix {
            voices: speakers.iter().map(|at| self.names.get(usize::from(*at)).cloned().unwrap_or_default()).collect(),
            similarity: speakers
                .iter()
                .map(|row| speakers.iter().map(|column| cell(*row, *column)).collect())
                .collect(),
            speakers,
        })
    }
}

/// Share of the words of a text that the ear hears in a line, in their order. The bundled ear only drafts: a low share says
/// more about it than about the line, but a line that is far below the others should be listened to.
fn words_heard(ear: &Ear, line: &Pcm, text: &str) -> Option<f64> {
    let spoken = text::normalise(text).to_lowercase();
    let letters = |word: &str| word.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let wanted: Vec<String> = spoken.split_whitespace().map(letters).filter(|word| !word.is_empty()).collect();
    let heard: Vec<String> = ear.dictate(line.samples()).ok()?.words.iter().map(|word| letters(word.text)).collect();
    // The longest list of words that is in both, in order.
    let mut row = vec![0_usize; heard.len() + 1];
    for word in &wanted {
        let mut corner = 0;
        for (at, other) in heard.iter().enumerate() {
            let here = if word == other { corner + 1 } else { row[at + 1].max(row[at]) };
            corner = std::mem::replace(&mut row[at + 1], here);
        }
    }
    (!wanted.is_empty()).then(|| row[heard.len()] as f64 / wanted.len() as f64)
}
