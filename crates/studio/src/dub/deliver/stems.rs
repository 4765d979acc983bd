//! A dub in parts, for other programs: the mix, the bed, the dub and each speaker as WAV, the words as subtitles and
//! labels, a timeline, the report. A file has its name only once it is whole.

use std::path::{Path, PathBuf};

use audio::wav::{Depth, Writer};
use tempfile::NamedTempFile;
use text::exchange::{Clip, Timeline, Track, TrackKind, write_labels, write_otio};
use text::{Cue as Subtitle, SubtitleFormat, write_subtitles};

use super::sheet::Sheet;
use crate::dub::mix::{Block, RATE_HZ};
use crate::dub::report::Report;
use crate::dub::script::letter;
use crate::{StudioError, place};

/// Pictures in a second that a timeline is counted in, where the film does not say.
const RATE: f64 = 25.0;

/// Files under way.
pub(super) struct Stems {
    folder: PathBuf,
    mix: Part,
    bed: Part,
    dub: Part,
    speakers: Vec<(u16, Part)>,
    /// Samples of one channel, reused.
    one: Vec<f32>,
}

struct Part {
    writer: Writer,
    temporary: NamedTempFile,
    path: PathBuf,
}

impl Part {
    fn begin(folder: &Path, name: &str, stereo: bool) -> Result<Self, StudioError> {
        let path = folder.join(name);
        let temporary = place::beside(&path)?;
        let create = if stereo { Writer::create_stereo } else { Writer::create };
        Ok(Self { writer: create(temporary.path(), RATE_HZ, Depth::Int24)?, temporary, path })
    }

    fn finish(self) -> Result<PathBuf, StudioError> {
        self.writer.finish()?;
        std::fs::rename(self.temporary.path(), &self.path).map_err(|error| StudioError::output(&self.path, &error))?;
        Ok(self.path)
    }
}

impl Stems {
    pub fn begin(folder: &Path, sheet: &Sheet) -> Result<Self, StudioError> {
        std::fs::create_dir_all(folder).map_err(|error| StudioError::output(folder, &error))?;
        let mut speaking: Vec<u16> =
            sheet.lines.iter().filter(|line| line.seconds > 0.0).map(|line| line.speaker).collect();
        speaking.sort_unstable();
        speaking.dedup();
        let speakers =
            speaking.into_iter().map(|speaker| Ok((speaker, Part::begin(folder, &stem_of(speaker), false)?)));
        Ok(Self {
            speakers: speakers.collect::<Result<_, StudioError>>()?,
            mix: Part::begin(folder, "mix.wav", true)?,
            bed: Part::begin(folder, "bed.wav", true)?,
            dub: Part::begin(folder, "dub.wav", false)?,
            folder: folder.to_owned(),
            one: Vec::new(),
        })
    }

    /// Takes the next frames. New speech is in the middle: one channel of it says all.
    pub fn write(&mut self, block: &Block<'_>) -> Result<(), StudioError> {
        debug_assert_eq!(self.mix.writer.frames(), block.frame, "blocks come in order");
        self.mix.writer.write(block.mix)?;
        self.bed.writer.write(block.bed)?;
        let left = |one: &mut Vec<f32>, both: &[f32]| {
            one.clear();
            one.extend(both.chunks_exact(2).map(|frame| frame[0]));
        };
        left(&mut self.one, block.dub);
        self.dub.writer.write(&self.one)?;
        for (speaker, part) in &mut self.speakers {
            if let Some((_, sound)) = block.speakers.iter().find(|(by, _)| by == speaker) {
                left(&mut self.one, sound);
                part.writer.write(&self.one)?;
            }
        }
        Ok(())
    }

    pub fn finish(self, sheet: &Sheet, report: &Report) -> Result<Vec<PathBuf>, StudioError> {
        let mut files = vec![self.mix.finish()?, self.bed.finish()?, self.dub.finish()?];
        for (_, part) in self.speakers {
            files.push(part.finish()?);
        }
        let cues: Vec<Subtitle> = spoken(sheet)
            .map(|line| Subtitle::with_speaker(line.start_ms, line.start_ms + line.duration_ms, line.text, line.name))
            .collect();
        let report = serde_json::to_string_pretty(report).unwrap_or_default();
        let texts = [
            ("dub.srt", sheet.subtitles()),
            ("dub.vtt", write_subtitles(&cues, SubtitleFormat::Vtt)),
            ("dub.ass", write_subtitles(&cues, SubtitleFormat::Ass)),
            ("labels.txt", write_labels(&cues)),
            ("timeline.otio", write_otio(&timeline(sheet))?),
            ("report.json", report),
        ];
        for (name, text) in texts {
            let path = self.folder.join(name);
            let temporary = place::beside(&path)?;
            std::fs::write(temporary.path(), text).map_err(|error| StudioError::output(&path, &error))?;
            std::fs::rename(temporary.path(), &path).map_err(|error| StudioError::output(&path, &error))?;
            files.push(path);
        }
        Ok(files)
    }
}

struct Spoken<'a> {
    speaker: u16,
    name: &'a str,
    text: &'a str,
    start_ms: u64,
    duration_ms: u64,
}

fn spoken(sheet: &Sheet) -> impl Iterator<Item = Spoken<'_>> {
    sheet.cues.iter().zip(&sheet.spoken).filter_map(|(cue, spoken)| {
        let (_, placed) = spoken.as_ref()?;
        Some(Spoken {
            speaker: cue.speaker,
            name: sheet.names.get(usize::from(cue.speaker)).map_or("", String::as_str),
            text: &cue.target,
            start_ms: placed.start_ms,
            duration_ms: (placed.seconds * 1000.0).round() as u64,
        })
    })
}

fn stem_of(speaker: u16) -> String {
    format!("speaker-{}.wav", letter(speaker))
}

/// The bed, and a track for each speaker with a clip for each line.
fn timeline(sheet: &Sheet) -> Timeline {
    let length = sheet.head.duration_ms;
    let whole = |name: &str, file: &str| Track {
        name: name.to_owned(),
        kind: TrackKind::Audio,
        clips: vec![Clip {
            name: name.to_owned(),
            target_url: file.to_owned(),
            start_ms: 0,
            duration_ms: length,
            source_start_ms: 0,
            media_duration_ms: Some(length),
        }],
    };
    let mut tracks = vec![whole("Bed", "bed.wav")];
    for (at, name) in (0..).zip(&sheet.names) {
        let clips = spoken(sheet).filter(|line| line.speaker == at).map(|line| Clip {
            name: line.text.to_owned(),
            target_url: stem_of(at),
            start_ms: line.start_ms,
            duration_ms: line.duration_ms,
            source_start_ms: line.start_ms,
            media_duration_ms: Some(length),
        });
        let clips: Vec<Clip> = clips.collect();
        if !clips.is_empty() {
            tracks.push(Track { name: name.clone(), kind: TrackKind::Audio, clips });
        }
    }
    Timeline { name: sheet.head.title.clone(), rate: sheet.frames_per_second.unwrap_or(RATE), tracks }
}
