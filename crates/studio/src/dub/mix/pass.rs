//! One pass over a part of the film: what comes in, what is still sounding, what goes out. Only as much is held as the
//! lines that sound and the limiter need.

use audio::{Pcm, edit, resample};

use super::bed::gain;
use super::lines::{Windows, speech_dbfs};
use super::{Bed, Block, LONGER, Lines, Mix, RATE_HZ, REACH, Sink, Span};
use crate::StudioError;

/// Frames that are made at a time.
const STEP: usize = 4_800;
/// Edges of a line fade over this, so that they do not click.
const FADE_SECONDS: f64 = 0.005;
/// How much quieter or louder than the film's speech a line may be, in dB.
const QUIETER_DB: f64 = 12.0;
const LOUDER_DB: f64 = 6.0;
/// Most that a line itself is turned up or down, in dB.
const TURNED_DB: f64 = 24.0;
/// Frames of the original that one block may bring; what brings more than ten seconds at once is no stream.
const MOST_SAMPLES: usize = 2 * 10 * RATE_HZ as usize;

pub(super) struct Pass<'a> {
    mix: &'a Mix,
    span: Span,
    /// The original from `ahead_from` on, as far as it was read.
    ahead: Vec<f32>,
    ahead_from: u64,
    ended: bool,
    windows: Windows,
    /// Next in the list of lines that sound.
    next: usize,
    active: Vec<Active>,
    /// Frames that were made and are still needed: from `made_from`.
    made_from: u64,
    stems: Stems,
}

/// A line that sounds.
struct Active {
    from: u64,
    speaker: u16,
    samples: Vec<f32>,
}

/// Interleaved stereo of each stem, all of one length.
#[derive(Default)]
struct Stems {
    mix: Vec<f32>,
    bed: Vec<f32>,
    dub: Vec<f32>,
    speakers: Vec<(u16, Vec<f32>)>,
}

impl Stems {
    fn each(&mut self) -> impl Iterator<Item = &mut Vec<f32>> {
        [&mut self.mix, &mut self.bed, &mut self.dub].into_iter().chain(self.speakers.iter_mut().map(|(_, stem)| stem))
    }
}

impl<'a> Pass<'a> {
    pub(super) fn new(mix: &'a Mix, span: Span, by_speaker: bool) -> Self {
        let made_from = mix.made(span.frames.0, span.frames.1).0;
        // Before the film there is silence for the limiter to look at.
        let missing = REACH - (span.frames.0 - made_from) as usize;
        let speakers =
            if by_speaker { mix.speakers.iter().map(|&speaker| (speaker, Vec::new())).collect() } else { vec![] };
        let mut stems = Stems { speakers, ..Stems::default() };
        stems.each().for_each(|stem| stem.resize(2 * missing, 0.0));
        let next = mix.sounding.iter().position(|&(_, end, _)| end + LONGER > made_from).unwrap_or(mix.sounding.len());
        Self {
            mix,
            span,
            ahead: Vec::new(),
            ahead_from: span.bed.0,
            ended: false,
            windows: Windows::new(mix.windows.iter().copied()),
            next,
            active: Vec::new(),
            made_from,
            stems,
        }
    }

    pub(super) fn run(
        mut self,
        bed: &mut Bed<'_>,
        lines: &mut Lines<'_>,
        keep_going: &dyn Fn() -> bool,
        sink: &mut Sink<'_>,
    ) -> Result<(), StudioError> {
        let (from, to) = self.span.frames;
        let made_to = self.mix.made(from, to).1;
        let (mut at, mut out) = (self.made_from, from);
        while out < to {
            if !keep_going() {
                return Err(StudioError::Interrupted);
            }
            if at < made_to {
                let end = made_to.min(at + STEP as u64);
                self.start_lines(end, bed, lines)?;
                self.read_to(end, bed)?;
                self.make(at, end);
                at = end;
            }
            if at >= made_to {
                // Behind the film there is silence too.
                let missing = 2 * (to + 2 * REACH as u64 - out) as usize;
                self.stems.each().for_each(|stem| stem.resize(missing, 0.0));
            }
            out += self.give(out, sink)?;
        }
        Ok(())
    }

    /// Reads the original up to a frame, or to its end.
    fn read_to(&mut self, frame: u64, bed: &mut Bed<'_>) -> Result<(), StudioError> {
        let mut block = Vec::new();
        while !self.ended && self.ahead_from + (self.ahead.len() as u64 / 2) < frame {
            block.clear();
            bed(&mut block)?;
            if block.is_empty() {
                self.ended = true;
                self.windows.end();
                break;
            }
            if block.len() > MOST_SAMPLES {
                return Err(audio::AudioError::OverLimit { limit: "10 s in one block".into() }.into());
            }
            mend(&mut block);
            self.windows.hear(self.ahead_from + self.ahead.len() as u64 / 2, &block);
            self.ahead.extend_from_slice(&block);
        }
        Ok(())
    }

    /// Asks for the lines that begin before `end`.
    fn start_lines(&mut self, end: u64, bed: &mut Bed<'_>, lines: &mut Lines<'_>) -> Result<(), StudioError> {
        while let Some(&(from, to, which)) = self.mix.sounding.get(self.next).filter(|line| line.0 < end) {
            self.next += 1;
            // In a part, lines that ended before it are passed over.
            if to + LONGER <= self.made_from {
                continue;
            }
            let level = match self.mix.listens(from, which) {
                Some((_, heard)) => {
                    self.read_to(heard, bed)?;
                    self.windows.level(which)
                }
                None => None,
            };
            let samples = self.levelled(&lines(which)?, (to - from + LONGER) as usize, level)?;
            self.active.push(Active { from, speaker: self.mix.lines[which].speaker, samples });
        }
        Ok(())
    }

    /// A line as it sounds in the mix: at our rate, cut to what was planned, as loud as the original was.
    fn levelled(&self, pcm: &Pcm, most: usize, source_dbfs: Option<f64>) -> Result<Vec<f32>, StudioError> {
        // What is far too long is cut before it is worked on.
        let pcm = resample(&pcm.slice(0.0, (most + 2 * STEP) as f64 / f64::from(RATE_HZ)), RATE_HZ)?;
        let pcm = edit::fade(&pcm.slice(0.0, most as f64 / f64::from(RATE_HZ)), FADE_SECONDS);
        let film = self.mix.settings.speech_dbfs;
        let wanted = source_dbfs.unwrap_or(film).clamp(film - QUIETER_DB, film + LOUDER_DB);
        let turned = speech_dbfs(pcm.samples()).map_or(0.0, |own| (wanted - own).clamp(-TURNED_DB, TURNED_DB));
        let factor = gain(turned) * self.mix.gain;
        let mut samples = pcm.into_samples();
        samples.iter_mut().for_each(|sample| *sample *= factor);
        Ok(samples)
    }

    /// Makes the frames from `at` to `end` of every stem.
    fn make(&mut self, at: u64, end: u64) {
        let count = (end - at) as usize;
        let mix = self.mix;
        let (mut source, mut dub) = (vec![0.0_f32; count], vec![0.0_f32; count]);
        mix.under_source.fill(at, &mut source);
        mix.under_dub.fill(at, &mut dub);
        let start = self.stems.mix.len();
        self.stems.each().for_each(|stem| stem.resize(start + 2 * count, 0.0));

        let skip = (at - self.ahead_from) as usize;
        let read = self.ahead.get(2 * skip..).unwrap_or(&[]);
        let out = &mut self.stems.bed[start..];
        for ((frame, sound), (source, dub)) in
            out.chunks_exact_mut(2).zip(read.chunks_exact(2)).zip(source.iter().zip(&dub))
        {
            let factor = source.min(*dub) * mix.gain;
            frame[0] = sound[0] * factor;
            frame[1] = sound[1] * factor;
        }
        if !mix.noise.is_silent() {
            for (n, source) in source.iter().enumerate().filter(|(_, source)| **source < 1.0) {
                let (noise, factor) = (mix.noise.at(at + n as u64), (1.0 - source) * mix.gain);
                out[2 * n] += noise[0] * factor;
                out[2 * n + 1] += noise[1] * factor;
            }
        }

        for line in &self.active {
            // Lines of a part may have begun before it.
            let (skip_line, skip_out) = (at.saturating_sub(line.from) as usize, line.from.saturating_sub(at) as usize);
            let Some(samples) = line.samples.get(skip_line..) else { continue };
            let add = |stem: &mut Vec<f32>| {
                for (frame, sample) in stem[start + 2 * skip_out..].chunks_exact_mut(2).zip(samples) {
                    frame[0] += sample;
                    frame[1] += sample;
                }
            };
            add(&mut self.stems.dub);
            if let Some((_, stem)) = self.stems.speakers.iter_mut().find(|(speaker, _)| *speaker == line.speaker) {
                add(stem);
            }
        }
        self.active.retain(|line| line.from + line.samples.len() as u64 > end);
        for ((mix, bed), dub) in
            self.stems.mix[start..].iter_mut().zip(&self.stems.bed[start..]).zip(&self.stems.dub[start..])
        {
            *mix = bed + dub;
        }

        // What was read and used goes; the rest moves to the front.
        let used = (end - self.ahead_from) as usize;
        self.ahead.drain(..(2 * used).min(self.ahead.len()));
        self.ahead_from = end;
    }

    /// Gives away all frames whose gain is known. Returns how many.
    fn give(&mut self, out: u64, sink: &mut Sink<'_>) -> Result<u64, StudioError> {
        let count = (self.stems.mix.len() / 2).saturating_sub(2 * REACH);
        if count == 0 {
            return Ok(0);
        }
        let gains = self.mix.limiter.gains(&self.stems.mix);
        let middle = 2 * REACH..2 * (REACH + count);
        let limited = |stem: &[f32]| -> Vec<f32> {
            let mut stem = stem[middle.clone()].to_vec();
            for (frame, gain) in stem.chunks_exact_mut(2).zip(&gains) {
                frame[0] *= gain;
                frame[1] *= gain;
            }
            stem
        };
        let speakers: Vec<(u16, Vec<f32>)> =
            self.stems.speakers.iter().map(|(speaker, stem)| (*speaker, limited(stem))).collect();
        let (mix, bed, dub) = (limited(&self.stems.mix), limited(&self.stems.bed), limited(&self.stems.dub));
        sink(&Block { frame: out, mix: &mix, bed: &bed, dub: &dub, speakers: &speakers })?;
        self.stems.each().for_each(|stem| drop(stem.drain(..2 * count)));
        Ok(count as u64)
    }
}

/// Takes out what is no sound: half a frame at the end of a block, values that are no numbers or absurd.
pub(super) fn mend(block: &mut Vec<f32>) {
    block.truncate(block.len() / 2 * 2);
    for sample in block {
        *sample = if sample.is_finite() { sample.clamp(-8.0, 8.0) } else { 0.0 };
    }
}
