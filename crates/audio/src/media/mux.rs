//! A film with another sound: its pictures copied, the new sound encoded as it comes. It knows nothing of what is said.

mod command;

use std::fs;
use std::path::Path;

use super::{Probe, Shape, Shown, Subtitles, Target, Tools, hidden};
use crate::child::{Run, Running};
use crate::{AudioError, pcm};

/// What to make.
#[derive(Debug, Clone, Copy)]
pub struct Mux<'a> {
    /// The film, or a file of sound only.
    pub film: &'a Path,
    /// What is inside.
    pub probe: &'a Probe,
    /// The result; its ending says the container.
    pub out: &'a Path,
    /// The form in which the sound will be written, 48 kHz for Opus.
    pub shape: Shape,
    /// BCP 47 tag of the new sound.
    pub language: Option<&'a str>,
    /// Name of the new sound's track.
    pub title: Option<&'a str>,
    /// Whether the film's own sound tracks follow the new one.
    pub keep_original: bool,
    /// New subtitles. The film's own text tracks are kept in any case where the container can hold them.
    pub subtitles: Option<Subtitles<'a>>,
}

/// Where the new sound goes.
pub struct SoundWriter<'a> {
    running: &'a mut Running,
    pulse: Pulse<'a>,
    keep_going: &'a dyn Fn() -> bool,
    channels: usize,
    /// Samples of all channels that have been written.
    written: u64,
    /// Samples that belong to the film.
    wanted: u64,
    /// Whether more than that is cut, as it is under a picture.
    cuts: bool,
}

impl Tools {
    /// Writes the film with the sound that `write_sound` gives, from 0 of the video's time line. It is cut or filled with
    /// silence to the video's length. The result appears under its name only when it is whole; until then it is a hidden
    /// temporary beside it, and after an error nothing is left. `progress` hears shares from 0 to 1.
    ///
    /// # Errors
    /// [`AudioError::Unsupported`] when the container cannot hold this, [`AudioError::SameFile`],
    /// [`AudioError::ToolLacks`] for burnt subtitles without libass, [`AudioError::ToolFailed`], [`AudioError::DiskFull`],
    /// [`AudioError::Io`], [`AudioError::Stopped`], and what `write_sound` fails with.
    pub fn mux<E: From<AudioError>>(
        &self,
        mux: &Mux<'_>,
        write_sound: impl FnOnce(&mut SoundWriter<'_>) -> Result<(), E>,
        progress: &mut dyn FnMut(f64),
        keep_going: &dyn Fn() -> bool,
    ) -> Result<(), E> {
        let target = mux.check()?;
        let wrong = |source| AudioError::io(mux.out, source);
        let soft = mux.subtitles.filter(|subtitles| subtitles.shown == Shown::Soft);
        let soft = soft.map(|subtitles| subtitles.beside(mux.out)).transpose()?;
        let burnt = mux.subtitles.filter(|subtitles| subtitles.shown == Shown::Burnt);
        let burnt = match burnt {
            Some(subtitles) => {
                Some((subtitles.styled_beside(mux.out, self, keep_going)?, self.painter(target, keep_going)?))
            }
            None => None,
        };
        let whole = hidden(mux.out, ".part")?;
        let extra = command::Extra {
            soft: soft.as_ref().map(|file| file.path()),
            burnt: burnt.as_ref().map(|(file, painter)| (file.path(), painter.as_str())),
            whole: whole.path(),
        };
        let arguments = command::arguments(self, mux, target, &extra).map_err(wrong)?;
        // Filters take names with an own quoting; a name of ours in the folder where the child stands needs none.
        let folder = super::folder_of(whole.path());
        let run = Run { tool: &self.ffmpeg, arguments: &arguments.0, folder: Some(folder), out: mux.out };
        let mut running = run.start(true, true)?;
        let channels = usize::from(mux.shape.channels);
        let mut writer = SoundWriter {
            running: &mut running,
            pulse: Pulse { progress, seconds: mux.probe.seconds, tick_seconds: 0.0, line: Vec::new(), last: 0.0 },
            keep_going,
            channels,
            written: 0,
            wanted: (mux.probe.seconds * f64::from(mux.shape.rate_hz)).round() as u64 * channels as u64,
            cuts: mux.probe.video.is_some(),
        };
        write_sound(&mut writer)?;
        writer.fill()?;
        let SoundWriter { running, mut pulse, .. } = writer;
        running.finish(&mut |bytes| pulse.take(bytes), keep_going)?;
        (pulse.progress)(1.0);
        whole.as_file().sync_all().map_err(wrong)?;
        whole.persist(mux.out).map_err(|failed| wrong(failed.error))?;
        Ok(())
    }
}

impl Mux<'_> {
    fn check(&self) -> Result<Target, AudioError> {
        let no = |what: String| Err(AudioError::Unsupported { what });
        let Some(target) = Target::from_path(self.out) else {
            return no("a result must end in mp4, m4v, mov, mkv, webm, or for sound m4a, mp3, opus, flac or wav".into());
        };
        pcm::check_rate(self.shape.rate_hz)?;
        if !matches!(self.shape.channels, 1 | 2) {
            return no(format!("{} channels", self.shape.channels));
        }
        fs::metadata(self.film).map_err(|source| AudioError::io(self.film, source))?;
        let is_same = fs::canonicalize(self.out).and_then(|out| Ok(out == fs::canonicalize(self.film)?));
        if is_same.unwrap_or(false) {
            return Err(AudioError::SameFile { path: self.out.display().to_string() });
        }
        let burns = self.subtitles.is_some_and(|subtitles| subtitles.shown == Shown::Burnt);
        match &self.probe.video {
            Some(video) if target.holds_video() && !burns && !target.copies_video(&video.codec) => {
                return no(format!("video of the kind {} in this container; use mkv", video.codec));
            }
            None if burns => return no("subtitles cannot be drawn where there is no picture".into()),
            _ => {}
        }
        if self.subtitles.is_some() && !burns && target.subtitles().is_none() {
            return no("this container holds no subtitles; use mkv or mp4".into());
        }
        Ok(target)
    }
}

impl SoundWriter<'_> {
    /// The next samples, interleaved, whole frames.
    ///
    /// # Errors
    /// [`AudioError::NotFinite`], [`AudioError::BadInput`] for half a frame, and as [`Tools::mux`].
    pub fn write(&mut self, samples: &[f32]) -> Result<(), AudioError> {
        const BLOCK_SAMPLES: usize = 1 << 14;
        if !samples.len().is_multiple_of(self.channels) {
            return Err(AudioError::bad("a block of sound ends within a frame"));
        }
        if let Some(index) = samples.iter().position(|sample| !sample.is_finite()) {
            return Err(AudioError::NotFinite { index });
        }
        let room = if self.cuts { self.wanted.saturating_sub(self.written) } else { u64::MAX };
        let samples = &samples[..samples.len().min(usize::try_from(room).unwrap_or(usize::MAX))];
        for block in samples.chunks(BLOCK_SAMPLES) {
            let bytes = block.iter().flat_map(|sample| sample.to_le_bytes()).collect();
            let pulse = &mut self.pulse;
            self.running.write(bytes, &mut |bytes| pulse.take(bytes), self.keep_going)?;
        }
        self.written += samples.len() as u64;
        Ok(())
    }

    /// Frames that belong to the film and are not yet written.
    #[must_use]
    pub fn frames_left(&self) -> u64 {
        self.wanted.saturating_sub(self.written) / self.channels as u64
    }

    /// Silence up to the film's length.
    fn fill(&mut self) -> Result<(), AudioError> {
        let silence = vec![0.0; 9_600];
        while self.written < self.wanted {
            let count = (self.wanted - self.written).min(silence.len() as u64) as usize;
            self.write(&silence[..count])?;
        }
        Ok(())
    }
}

/// The child tells each packet that it copies, a line each. That shows how far it is; and should we be killed, it cannot
/// tell any more and ends too, where the end of its input alone would look like the end of the sound.
struct Pulse<'a> {
    progress: &'a mut dyn FnMut(f64),
    seconds: f64,
    tick_seconds: f64,
    line: Vec<u8>,
    last: f64,
}

impl Pulse<'_> {
    fn take(&mut self, bytes: &[u8]) {
        const LONGEST_LINE: usize = 1_024;
        for &byte in bytes {
            if byte != b'\n' {
                if self.line.len() < LONGEST_LINE {
                    self.line.push(byte);
                }
                continue;
            }
            let line = std::mem::take(&mut self.line);
            self.hear(&String::from_utf8_lossy(&line));
        }
    }

    fn hear(&mut self, line: &str) {
        if let Some(base) = line.strip_prefix("#tb 0: ") {
            let base = base.split_once('/').and_then(|(over, under)| Some((over.parse().ok()?, under.parse().ok()?)));
            self.tick_seconds =
                base.map_or(0.0, |(over, under): (f64, f64)| if under > 0.0 { over / under } else { 0.0 });
            return;
        }
        let Some(ticks) = line.split(',').nth(1).and_then(|field| field.trim().parse::<f64>().ok()) else { return };
        let share = (ticks * self.tick_seconds / self.seconds.max(1e-3)).clamp(0.0, 1.0);
        // A thousandth at a time is as often as anybody looks.
        if share >= self.last + 0.001 {
            self.last = share;
            (self.progress)(share);
        }
    }
}
