//! The studio's types as the window sees them. Field by field and nothing else.

mod dubs;

use jobs::{Event, Job, JobSpec, State, UnitState};
use studio::enroll::{ChallengeCard, Check, FlawCard, Level, RoomReport, SampleCard};
use studio::{
    BookCard, BookLine, BookView, BundledModel, Changed, Dies, Edit, LogLine, TakeCard, VoiceCard, VoiceKind,
};

use crate::view;

/// A number that the window can hold. Ids and counts here never come near the bound.
pub fn number(n: u64) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Something broke that should not: contained, and said.
pub fn internal() -> view::Problem {
    view::Problem {
        code: "internal".into(),
        message: "This broke down in a way that it should not.".into(),
        fix: "Try again. If it breaks down again, copy the report and send it to us.".into(),
    }
}

impl From<devices::Device> for view::DeviceView {
    fn from(device: devices::Device) -> Self {
        Self {
            microphone: device.direction == devices::Direction::Input,
            id: device.id,
            name: device.name,
            chosen: device.default,
            virtual_cable: device.virtual_cable,
        }
    }
}

impl From<BundledModel> for view::ModelView {
    fn from(model: BundledModel) -> Self {
        Self {
            id: model.id.into(),
            name: model.name.into(),
            about: model.about.into(),
            bundled: true,
            installed: true,
            bytes: model.bytes as f64,
            licence: model.licence.into(),
            languages: model.languages.iter().map(|&language| language.into()).collect(),
            identity: model.identity.map(Into::into),
        }
    }
}

impl From<Level> for view::LevelView {
    fn from(level: Level) -> Self {
        Self {
            seconds: level.seconds,
            rms_dbfs: level.rms_dbfs,
            peak_dbfs: level.peak_dbfs,
            clipped: level.clipped,
            noise_floor_dbfs: level.noise_floor_dbfs,
        }
    }
}

impl From<RoomReport> for view::RoomView {
    fn from(room: RoomReport) -> Self {
        Self {
            noise_floor_dbfs: room.noise_floor_dbfs,
            code: room.code.into(),
            good: matches!(room.code, "quiet" | "usable"),
            verdict: format!("{} {}", room.message, room.fix).trim().to_owned(),
        }
    }
}

impl From<FlawCard> for view::Problem {
    fn from(flaw: FlawCard) -> Self {
        Self { code: flaw.code.into(), message: flaw.message, fix: flaw.fix }
    }
}

impl From<SampleCard> for view::SampleView {
    fn from(sample: SampleCard) -> Self {
        let (flaws, advice): (Vec<_>, Vec<_>) = sample.flaws.into_iter().partition(|flaw| flaw.stops);
        Self {
            id: sample.id,
            prompt: sample.prompt,
            seconds: sample.seconds,
            speech_seconds: sample.speech_seconds,
            speech_dbfs: sample.speech_dbfs,
            noise_floor_dbfs: sample.noise_floor_dbfs,
            flaws: flaws.into_iter().map(Into::into).collect(),
            advice: advice.into_iter().map(Into::into).collect(),
            recovered: sample.recovered,
            ended_early: sample.ended_early,
            device: sample.device,
        }
    }
}

impl From<ChallengeCard> for view::ChallengeView {
    /// Without the words.
    fn from(card: ChallengeCard) -> Self {
        Self {
            session: card.session,
            terms: card.terms,
            sentence: card.sentence,
            word_count: number(card.words.len() as u64),
            tries_left: number(card.tries_left as u64),
        }
    }
}

impl From<&Check> for view::CheckView {
    fn from(check: &Check) -> Self {
        use studio::enroll::CheckState::{Failed, NotChecked, NotReached, Passed};
        Self {
            code: check.code.into(),
            label: check.label.clone(),
            state: match check.state {
                Passed => view::CheckState::Passed,
                Failed => view::CheckState::Failed,
                NotChecked => view::CheckState::NotChecked,
                NotReached => view::CheckState::NotReached,
            },
            detail: check.detail.clone(),
        }
    }
}

impl From<VoiceCard> for view::VoiceView {
    fn from(voice: VoiceCard) -> Self {
        let preset = voice.kind == VoiceKind::Preset;
        Self {
            id: voice.id,
            // Presets are called by their ids, which are written small.
            name: if preset { capital(&voice.name) } else { voice.name },
            preset,
            about: voice.about,
            usable: voice.usable,
            revoked: voice.revoked,
            demo: voice.demo,
            owner: voice.owner,
            owner_mode: voice.owner_mode.map(Into::into),
            scopes: voice.scopes,
            dub_into: voice.dub_into,
            purpose: voice.purpose,
            until: voice.until,
            granted_at: voice.granted_at.map(|time| time as f64),
            terms: voice.terms,
            used_seconds: voice.used_seconds.map(|seconds| seconds as f64),
            cap_seconds: voice.cap_seconds.map(|seconds| seconds as f64),
            ear: voice.ear,
            unchecked: voice.unchecked,
        }
    }
}

impl From<Dies> for view::DiesView {
    fn from(dies: Dies) -> Self {
        Self { samples: number(dies.samples), segments: number(dies.segments), seconds: dies.seconds_made as f64 }
    }
}

impl From<LogLine> for view::LogView {
    fn from(line: LogLine) -> Self {
        Self {
            number: line.number as f64,
            time: line.time as f64,
            kind: line.kind,
            code: line.code,
            seconds: line.seconds.map(|seconds| seconds as f64),
        }
    }
}

impl From<TakeCard> for view::TakeView {
    fn from(take: TakeCard) -> Self {
        Self {
            id: take.id,
            text: take.text,
            voice: take.voice,
            voice_name: take.voice_name,
            speed: take.speed,
            pauses: take.pauses,
            seed: take.seed as f64,
            seconds: take.seconds,
            loudness_lufs: take.loudness_lufs,
            starred: take.starred,
            made_at: take.made_at as f64,
            model: take.model,
            first_sound_seconds: take.first_sound_seconds,
            elapsed_seconds: take.elapsed_seconds,
        }
    }
}

impl From<BookCard> for view::BookCardView {
    fn from(card: BookCard) -> Self {
        Self {
            id: number(card.id),
            title: card.title,
            author: card.author,
            voice: card.voice,
            speed: card.speed,
            chapters: number(card.chapters as u64),
            lines: number(card.lines as u64),
            fresh: number(card.fresh as u64),
            expected_seconds: card.expected_seconds,
        }
    }
}

impl From<BookLine> for view::LineView {
    fn from(line: BookLine) -> Self {
        use studio::LineState::{Doubtful, Draft, Fresh, Locked, Queued, Rendering, Stale};
        Self {
            index: number(line.index as u64),
            chapter: number(line.chapter as u64),
            paragraph: line.paragraph.map(|paragraph| number(paragraph as u64)),
            text: line.text,
            voice: line.voice,
            speed: line.speed,
            pause_seconds: line.pause_seconds,
            take: line.take,
            takes: line.takes,
            state: match line.state {
                Draft => view::LineState::Draft,
                Queued => view::LineState::Queued,
                Rendering => view::LineState::Rendering,
                Fresh => view::LineState::Fresh,
                Stale => view::LineState::Stale,
                Doubtful => view::LineState::Doubtful,
                Locked => view::LineState::Locked,
            },
            seconds: line.seconds,
            doubt: line.doubt,
        }
    }
}

impl From<BookView> for view::BookView {
    fn from(book: BookView) -> Self {
        Self {
            card: book.card.into(),
            chapters: book
                .chapters
                .into_iter()
                .map(|chapter| view::ChapterView {
                    title: chapter.title,
                    first_line: number(chapter.first_line as u64),
                    lines: number(chapter.lines as u64),
                })
                .collect(),
            lines: book.lines.into_iter().map(Into::into).collect(),
            warnings: book.warnings,
            can_undo: book.can_undo,
            can_redo: book.can_redo,
        }
    }
}

impl From<Changed> for view::ChangedView {
    fn from(changed: Changed) -> Self {
        Self {
            lines: changed.lines.into_iter().map(Into::into).collect(),
            reordered: changed.reordered,
            card: changed.card.into(),
            can_undo: changed.can_undo,
            can_redo: changed.can_redo,
        }
    }
}

impl From<view::BookEdit> for Edit {
    fn from(edit: view::BookEdit) -> Self {
        use view::BookEdit as B;
        let place = |line: u32| line as usize;
        match edit {
            B::Text { line, text } => Self::Text { line: place(line), text },
            B::Voice { first, last, voice } => Self::Voice { first: place(first), last: place(last), voice },
            B::BookVoice { voice } => Self::BookVoice { voice },
            B::Speed { first, last, speed } => Self::Speed { first: place(first), last: place(last), speed },
            B::BookSpeed { speed } => Self::BookSpeed { speed },
            B::Pause { line, seconds } => Self::Pause { line: place(line), seconds },
            B::Take { line, take } => Self::Take { line: place(line), take },
            B::Lock { first, last, locked } => Self::Lock { first: place(first), last: place(last), locked },
            B::Split { line, at } => Self::Split { line: place(line), at: place(at) },
            B::Merge { line } => Self::Merge { line: place(line) },
            B::Remove { first, last } => Self::Remove { first: place(first), last: place(last) },
            B::Undo => Self::Undo,
            B::Redo => Self::Redo,
        }
    }
}

/// A job as the window shows it.
pub fn job_view(job: &Job) -> view::JobView {
    let (title, book, dub) = match &job.spec {
        JobSpec::Render(render) => (render.title.clone(), Some(number(render.book)), None),
        JobSpec::Export(export) => (file_name(&export.out), Some(number(export.book)), None),
        JobSpec::Dub(dub) => {
            let title = dub.out.as_deref().map_or_else(|| dub.title.clone(), file_name);
            (title, None, Some(number(dub.dub)))
        }
        JobSpec::Narrate(narrate) => (file_name(&narrate.book), None, None),
        JobSpec::Speak(speak) => (speak.text.chars().take(80).collect(), None, None),
        JobSpec::Enroll(enroll) => (enroll.voice.clone(), None, None),
    };
    let mut shown = view::JobView {
        id: number(job.id.0),
        kind: job.spec.kind().into(),
        title,
        book,
        dub,
        state: match job.state {
            State::Queued => view::JobState::Queued,
            State::Running => view::JobState::Running,
            State::Paused => view::JobState::Paused,
            State::Done => view::JobState::Done,
            State::Failed => view::JobState::Failed,
            State::Cancelled => view::JobState::Cancelled,
        },
        done: 0,
        total: 0,
        times_real_time: None,
        eta_seconds: None,
        audio_seconds: 0.0,
        elapsed_seconds: 0.0,
        files: Vec::new(),
        problem: job.error.as_ref().map(|error| view::Problem {
            code: error.code.clone(),
            message: error.message.clone(),
            fix: error.fix.clone(),
        }),
    };
    if let Some(Event::Progress { done, total, audio_seconds, elapsed_seconds, times_real_time, eta_seconds }) =
        job.progress.clone()
    {
        (shown.done, shown.total) = (number(done), number(total));
        (shown.audio_seconds, shown.elapsed_seconds) = (audio_seconds, elapsed_seconds);
        (shown.times_real_time, shown.eta_seconds) = (times_real_time, eta_seconds);
    }
    if let Some(outcome) = &job.outcome {
        shown.files = outcome.files.iter().map(|file| file_name(std::path::Path::new(file))).collect();
        shown.audio_seconds = outcome.audio_seconds;
    }
    shown
}

/// A line of a book that got on, if the job is about a book.
pub fn line_news(job: &Job, index: u64, state: UnitState) -> Option<view::News> {
    match &job.spec {
        JobSpec::Render(render) => {
            let state = match state {
                UnitState::Queued => view::LineState::Queued,
                UnitState::Rendering => view::LineState::Rendering,
                UnitState::Made => view::LineState::Fresh,
                UnitState::Doubtful => view::LineState::Doubtful,
            };
            Some(view::News::Line { book: number(render.book), line: number(index), state })
        }
        JobSpec::Dub(dub) => {
            let state = match state {
                UnitState::Queued => view::CueState::Queued,
                UnitState::Rendering => view::CueState::Rendering,
                UnitState::Made => view::CueState::Fresh,
                UnitState::Doubtful => view::CueState::Doubtful,
            };
            Some(view::News::Cue { dub: number(dub.dub), cue: number(index), state })
        }
        _ => None,
    }
}

fn capital(name: &str) -> String {
    let mut signs = name.chars();
    signs.next().map_or_else(String::new, |first| first.to_uppercase().chain(signs).collect())
}

fn file_name(path: &std::path::Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
