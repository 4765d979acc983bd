//! A whole dub in one go: begun or gone on with, prepared, spoken, written. As a job it is a row in the library before it
//! is work.

use std::path::PathBuf;
use std::sync::Arc;

use jobs::{Cancel, Dub, EventSink, JobId, JobSpec};
use serde::Serialize;

use super::cast::Role;
use super::desk::lock;
use super::error::DubError;
use super::{DubEdit, DubFile, DubFiles, DubRendered, DubTranslation, NewDub, OwnLine, Prepared, Subtitles, head};
use crate::{Studio, StudioError};

/// What to dub, and how.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DubRequest {
    /// The film, and what is known of it.
    pub new: NewDub,
    /// Who speaks in which voice. Whoever is not named gets a bundled voice.
    pub cast: Vec<Role>,
    /// Wishes for the translation; those of before where there are none.
    pub translation: Option<DubTranslation>,
    /// Lines that people speak themselves, in place of the voices.
    pub lines: Vec<OwnLine>,
    /// What to write; nothing but the dub in the library where there is no file.
    pub files: DubFiles,
}

/// What came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Dubbed {
    /// Number of the dub in the library.
    pub dub: u64,
    /// What was known before the first line was spoken.
    pub prepared: Prepared,
    /// What was spoken.
    pub rendered: DubRendered,
    /// What was written.
    pub file: Option<DubFile>,
}

impl Studio {
    /// Dubs as a job: goes on with the dub, and the job, of an earlier command that asked for the same.
    pub fn run_dub(
        &self,
        request: &DubRequest,
        events: Arc<dyn EventSink>,
        cancel: &Cancel,
    ) -> Result<(JobId, Dubbed), StudioError> {
        // Bad input is refused before there is a job or a dub.
        self.check_files(&request.new.film, &request.files)?;
        for role in &request.cast {
            self.voice_of_cast(0, &role.voice, &request.new.to).map_err(|error| match error {
                StudioError::Dub(DubError::NoGrant { .. }) => {
                    DubError::NoGrant { speaker: role.speaker.clone() }.into()
                }
                error => error,
            })?;
        }
        let id = self.dub_for(&request.new)?;
        if let Some(settings) = &request.translation {
            lock(&*self.dub_desk(id)?).edit(self, &DubEdit::Translation { settings: settings.clone() })?;
        }
        // Who speaks must be known before somebody can be cast.
        let named = request.cast.iter().any(|role| role.speaker != "*") || !request.lines.is_empty();
        if named && !lock(&*self.dub_desk(id)?).is_assigned {
            self.prepare_dub(id, &*events, cancel)?;
        }
        self.cast(id, &request.cast)?;
        self.own_lines(id, &request.lines, &*events, cancel)?;
        let spec = JobSpec::Dub(self.dub_description(id, true, &request.files)?);
        self.run_spec(spec, events, cancel, &|job, events, cancel| match &job.spec {
            JobSpec::Dub(spec) => self.dub_job(spec, events, cancel),
            _ => Err(StudioError::Interrupted),
        })
    }

    /// The dub of an earlier command, or a new one.
    fn dub_for(&self, new: &NewDub) -> Result<u64, StudioError> {
        let given = head::given(new)?;
        match self.dub_of(new, &given)? {
            Some(id) => Ok(id),
            None => Ok(self.begin_dub(new)?.card.id),
        }
    }

    /// Gives speakers their voices; what they have already is not touched.
    fn cast(&self, id: u64, cast: &[Role]) -> Result<(), StudioError> {
        let desk = self.dub_desk(id)?;
        let mut desk = lock(&desk);
        let language = desk.head.to.clone();
        let mut wanted: Vec<(u16, String)> = Vec::new();
        for role in cast.iter().filter(|role| role.speaker != "*") {
            let speaker = desk.speaker_called(&role.speaker)?;
            wanted.push((speaker, self.voice_of_cast(speaker, &role.voice, &language)?));
        }
        if let Some(everybody) = cast.iter().rfind(|role| role.speaker == "*") {
            let voice = self.voice_of_cast(0, &everybody.voice, &language)?;
            let named: Vec<u16> = wanted.iter().map(|(speaker, _)| *speaker).collect();
            let others = (0..desk.script.speakers.len() as u16).filter(|at| !named.contains(at));
            wanted.extend(others.map(|at| (at, voice.clone())));
        }
        for (speaker, voice) in wanted {
            let is_so = desk.script.speakers[usize::from(speaker)].voice.as_ref() == Some(&voice);
            if !is_so {
                desk.edit(self, &DubEdit::Voice { speaker, voice: Some(voice) })?;
            }
        }
        Ok(())
    }

    pub(super) fn dub_description(&self, id: u64, speaks: bool, files: &DubFiles) -> Result<Dub, StudioError> {
        let whole = |path: &PathBuf| std::path::absolute(path).map_err(|error| StudioError::output(path, &error));
        Ok(Dub {
            dub: id,
            title: lock(&*self.dub_desk(id)?).head.title.clone(),
            speaks,
            out: files.out.as_ref().map(whole).transpose()?,
            keep_original: files.keep_original,
            subtitles: files.subtitles.name().to_owned(),
            stems: files.stems.as_ref().map(whole).transpose()?,
        })
    }

    /// Does the work of a job.
    pub(crate) fn dub_job(&self, spec: &Dub, events: &dyn EventSink, cancel: &Cancel) -> Result<Dubbed, StudioError> {
        let prepared = self.prepare_dub(spec.dub, events, cancel)?;
        let is_asked = spec.out.is_some() || spec.stems.is_some();
        if is_asked && prepared.untranslated == prepared.cues {
            let language = lock(&*self.dub_desk(spec.dub)?).head.to.clone();
            return Err(DubError::Untranslated { cues: prepared.untranslated, language }.into());
        }
        if !spec.speaks {
            return Ok(Dubbed { dub: spec.dub, prepared, rendered: DubRendered::default(), file: None });
        }
        let rendered = self.render_dub(spec.dub, events, cancel)?;
        let files = DubFiles {
            out: spec.out.clone(),
            keep_original: spec.keep_original,
            subtitles: Subtitles::called(&spec.subtitles),
            stems: spec.stems.clone(),
        };
        let file = is_asked.then(|| self.deliver_dub(spec.dub, &files, events, cancel)).transpose()?;
        Ok(Dubbed { dub: spec.dub, prepared, rendered, file })
    }
}
