//! A dub as it is looked at and listened to while it is worked on: stretches of the film's sound with and without the new
//! lines, pictures, the shape of the sound. Nothing of it is kept on disk.

use std::ops::Range;

use audio::Pcm;
use audio::media::{Probe, Shape, Tools};
use jobs::Cancel;

use super::deliver::Sheet;
use super::desk::lock;
use super::error::DubError;
use super::head::{Head, Record};
use super::mix::{Mix, RATE_HZ, Settings};
use super::{cues, prepare};
use crate::{Studio, StudioError};

/// Longest stretch in one answer, in milliseconds.
const LONGEST_MS: u64 = 60_000;
/// Widest picture, in pixels.
const WIDEST: u32 = 640;
/// Rate at which the shape of a film's sound is looked at.
const PEAKS_RATE_HZ: u32 = 8_000;
/// Buckets that the shape is kept in: about one for each two seconds of a long film.
const BUCKETS: usize = 8_000;

/// What is listened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Monitor {
    /// The film as it is.
    Original,
    /// The new lines alone.
    Dub,
    /// The film with the new lines.
    Mix,
}

/// What subtitles are taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubtitleUse {
    /// They say who speaks when: the cues become theirs.
    Cues,
    /// They say what the cues that are there say.
    Words,
}

impl Studio {
    /// A stretch of a dub as one channel at 48 kHz. Lines that are not made yet are silent, and the film is heard there.
    /// Consent is checked now.
    pub fn dub_monitor(
        &self,
        id: u64,
        range_ms: Range<u64>,
        what: Monitor,
        cancel: &Cancel,
    ) -> Result<Pcm, StudioError> {
        let desk = self.dub_desk(id)?;
        let sheet = Sheet::so_far(self, &mut lock(&desk))?;
        let to = range_ms.end.min(sheet.head.duration_ms).min(range_ms.start.saturating_add(LONGEST_MS));
        let from = range_ms.start.min(to);
        let (tools, probe) = self.opened(&sheet.head)?;
        let go = || !cancel.is_cancelled();
        if what == Monitor::Original {
            let mut reader = tools.sound_from(
                &sheet.head.film,
                &probe,
                sheet.head.track,
                Shape { rate_hz: RATE_HZ, channels: 1 },
                from as f64 / 1000.0,
            )?;
            let wanted = ((to - from) * u64::from(RATE_HZ) / 1000) as usize;
            let (mut samples, mut block) = (Vec::with_capacity(wanted), Vec::new());
            while samples.len() < wanted && reader.read(&mut block, &go)? > 0 {
                samples.extend_from_slice(&block);
            }
            samples.resize(wanted, 0.0);
            return Ok(Pcm::new(samples, RATE_HZ)?);
        }
        for voice in &sheet.voices {
            self.check_may_sound(voice, &sheet.head.to)?;
        }
        let settings = sheet.settings.clone().map_or_else(Settings::default, |known| known.0);
        let mix = Mix::new(sheet.lines.clone(), sheet.head.duration_ms, settings);
        let span = mix.part(from, to);
        let mut reader = tools.sound_from(
            &sheet.head.film,
            &probe,
            sheet.head.track,
            Shape { rate_hz: RATE_HZ, channels: 2 },
            span.bed_from_ms() as f64 / 1000.0,
        )?;
        let mut samples = Vec::with_capacity(span.frames() as usize);
        mix.pass(
            span,
            false,
            &mut |block| reader.read(block, &go).map(|_| ()).map_err(StudioError::from),
            &mut |line| sheet.sound(self, &tools, line, &go),
            &go,
            &mut |block| {
                let both = if what == Monitor::Mix { block.mix } else { block.dub };
                samples.extend(both.chunks_exact(2).map(|frame| (frame[0] + frame[1]) * 0.5));
                Ok(())
            },
        )?;
        Ok(Pcm::new(samples, RATE_HZ)?)
    }

    /// The picture at a moment, as JPEG.
    pub fn dub_picture(&self, id: u64, at_ms: u64, cancel: &Cancel) -> Result<Vec<u8>, StudioError> {
        let head = lock(&*self.dub_desk(id)?).head.clone();
        let (tools, probe) = self.opened(&head)?;
        let at_ms = at_ms.min(head.duration_ms.saturating_sub(40));
        let go = || !cancel.is_cancelled();
        Ok(tools.picture(&head.film, &probe, at_ms as f64 / 1000.0, WIDEST, &go)?)
    }

    /// The shape of the film's sound: lowest and highest of each of `buckets` stretches of equal length.
    pub fn dub_peaks(&self, id: u64, buckets: usize, cancel: &Cancel) -> Result<Vec<[i8; 2]>, StudioError> {
        let desk = self.dub_desk(id)?;
        let known = lock(&desk).peaks.clone();
        let peaks = match known {
            Some(peaks) => peaks,
            None => {
                let head = lock(&desk).head.clone();
                let peaks = self.peaks_of(&head, cancel)?;
                lock(&desk).peaks = Some(peaks.clone());
                peaks
            }
        };
        let buckets = buckets.clamp(1, peaks.len().max(1));
        let of = |bucket: usize| {
            let part = &peaks[bucket * peaks.len() / buckets..((bucket + 1) * peaks.len() / buckets).max(1)];
            let low = part.iter().map(|peak| peak[0]).min().unwrap_or(0);
            [low, part.iter().map(|peak| peak[1]).max().unwrap_or(0)]
        };
        Ok(if peaks.is_empty() { Vec::new() } else { (0..buckets).map(of).collect() })
    }

    fn peaks_of(&self, head: &Head, cancel: &Cancel) -> Result<Vec<[i8; 2]>, StudioError> {
        let (tools, probe) = self.opened(head)?;
        let shape = Shape { rate_hz: PEAKS_RATE_HZ, channels: 1 };
        let mut reader = tools.sound(&head.film, &probe, head.track, shape)?;
        let samples = head.duration_ms as usize * PEAKS_RATE_HZ as usize / 1000;
        let buckets = BUCKETS.min(samples.max(1));
        let mut peaks = vec![[0_i8; 2]; buckets];
        let (mut at, mut block) = (0_usize, Vec::new());
        while reader.read(&mut block, &|| !cancel.is_cancelled())? > 0 {
            for sample in &block {
                let Some(peak) = peaks.get_mut(at * buckets / samples.max(1)) else { break };
                let value = (sample.clamp(-1.0, 1.0) * 127.0).round() as i8;
                *peak = [peak[0].min(value), peak[1].max(value)];
                at += 1;
            }
        }
        Ok(peaks)
    }

    fn opened(&self, head: &Head) -> Result<(Tools, Probe), StudioError> {
        prepare::check_film(head)?;
        let tools = self.film_tools()?;
        let probe = tools.probe(&head.film, &|| true)?;
        Ok((tools, probe))
    }

    /// Takes subtitles in for a dub that is open: of the film, or (`is_target`) of the dub; in place of its cues, or only
    /// their words. It can be taken back like any edit.
    ///
    /// # Errors
    /// What is wrong with the file; [`DubError::NothingMatches`] where only words are wanted and no line lies where a cue is.
    pub fn give_subtitles(
        &self,
        id: u64,
        path: &std::path::Path,
        is_target: bool,
        to: SubtitleUse,
    ) -> Result<super::DubView, StudioError> {
        let (subtitles, mut warnings) = cues::read(path)?;
        let desk = self.dub_desk(id)?;
        let mut desk = lock(&desk);
        let record = match to {
            SubtitleUse::Cues => {
                let found = cues::given(&desk.script, &subtitles, is_target, desk.head.duration_ms);
                if found.cues.is_empty() {
                    return Err(DubError::NobodySpeaks.into());
                }
                warnings.extend(found.warnings);
                Record::Given { cues: found.cues, speakers: found.speakers, assigned: found.assigned, warnings }
            }
            SubtitleUse::Words => {
                let (cues, count) = cues::worded(&desk.script, &subtitles, is_target);
                if count == 0 {
                    return Err(DubError::NothingMatches.into());
                }
                let (speakers, assigned) = (desk.script.speakers.clone(), desk.script.is_assigned);
                Record::Given { cues, speakers, assigned, warnings }
            }
        };
        desk.append(self, &record)?;
        desk.view(self)
    }
}
