//! Dubs of the studio as the window shows them, and the window's edits as the studio does them.

use studio::dub::{
    Author, CueFit, CueState, DubCard, DubCue, DubEdit, DubSpeaker, DubTranslation, DubView, LineTake, Monitor,
    SubtitleUse, Subtitles,
};

use super::{file_name, number};
use crate::view;

impl From<DubCard> for view::DubCardView {
    fn from(card: DubCard) -> Self {
        Self {
            id: number(card.id),
            title: card.title,
            film: file_name(&card.film),
            from: card.from,
            to: card.to,
            duration_ms: number(card.duration_ms),
            has_picture: card.has_picture,
            cues: number(card.cues as u64),
            fresh: number(card.fresh as u64),
            untranslated: number(card.untranslated as u64),
            added: number(card.added),
        }
    }
}

impl From<DubSpeaker> for view::DubSpeakerView {
    fn from(speaker: DubSpeaker) -> Self {
        Self {
            letter: speaker.letter,
            name: speaker.name,
            voice: speaker.voice,
            spoken_by: speaker.spoken_by,
            cues: number(speaker.cues as u64),
        }
    }
}

impl From<CueFit> for view::CueFitView {
    fn from(fit: CueFit) -> Self {
        Self {
            start_ms: number(fit.start_ms),
            seconds: fit.seconds,
            tempo: fit.tempo,
            over_ms: number(fit.over_ms),
            score: fit.score,
            is_measured: fit.is_measured,
        }
    }
}

impl From<CueState> for view::CueState {
    fn from(state: CueState) -> Self {
        match state {
            CueState::Untranslated => Self::Untranslated,
            CueState::Draft => Self::Draft,
            CueState::Queued => Self::Queued,
            CueState::Rendering => Self::Rendering,
            CueState::Fresh => Self::Fresh,
            CueState::Stale => Self::Stale,
            CueState::Doubtful => Self::Doubtful,
            CueState::Locked => Self::Locked,
        }
    }
}

impl From<DubCue> for view::DubCueView {
    fn from(cue: DubCue) -> Self {
        Self {
            index: number(cue.index as u64),
            id: cue.id,
            start_ms: number(cue.start_ms),
            end_ms: number(cue.end_ms),
            speaker: cue.speaker,
            source: cue.source,
            target: cue.target,
            by: match cue.by {
                Author::File => view::CueAuthor::File,
                Author::Ear => view::CueAuthor::Ear,
                Author::Model => view::CueAuthor::Model,
                Author::Hand => view::CueAuthor::Hand,
            },
            take: cue.take,
            recorded: cue.recorded,
            takes: cue.takes,
            state: cue.state.into(),
            fit: cue.fit.map(Into::into),
            doubt: cue.doubt,
        }
    }
}

impl From<DubView> for view::DubView {
    fn from(dub: DubView) -> Self {
        Self {
            card: dub.card.into(),
            speakers: dub.speakers.into_iter().map(Into::into).collect(),
            cues: dub.cues.into_iter().map(Into::into).collect(),
            translation: dub.translation.into(),
            fit_score: dub.fit_score,
            warnings: dub.warnings,
            can_undo: dub.can_undo,
            can_redo: dub.can_redo,
        }
    }
}

impl From<DubTranslation> for view::DubTranslationView {
    fn from(wishes: DubTranslation) -> Self {
        let term = |(from, to)| view::TermView { from, to };
        Self { glossary: wishes.glossary.into_iter().map(term).collect(), tone: wishes.tone }
    }
}

impl From<view::DubTranslationView> for DubTranslation {
    fn from(wishes: view::DubTranslationView) -> Self {
        Self { glossary: wishes.glossary.into_iter().map(|term| (term.from, term.to)).collect(), tone: wishes.tone }
    }
}

impl From<LineTake> for view::LineTakeView {
    fn from(take: LineTake) -> Self {
        let LineTake { id, cue, seconds, doubt, recovered, device } = take;
        Self { id, cue, seconds, doubt, recovered, device }
    }
}

impl From<view::SubtitleUse> for SubtitleUse {
    fn from(to: view::SubtitleUse) -> Self {
        match to {
            view::SubtitleUse::Cues => Self::Cues,
            view::SubtitleUse::Words => Self::Words,
        }
    }
}

impl From<view::DubEdit> for DubEdit {
    fn from(edit: view::DubEdit) -> Self {
        use view::DubEdit as E;
        let place = |cue: u32| cue as usize;
        match edit {
            E::Target { cue, text } => Self::Target { cue: place(cue), text },
            E::Source { cue, text } => Self::Source { cue: place(cue), text },
            E::Time { cue, start_ms, end_ms } => {
                Self::Time { cue: place(cue), start_ms: start_ms.into(), end_ms: end_ms.into() }
            }
            E::Shift { first, last, by_ms } => {
                Self::Shift { first: place(first), last: place(last), by_ms: by_ms.into() }
            }
            E::Speaker { first, last, speaker } => Self::Speaker { first: place(first), last: place(last), speaker },
            E::Voice { speaker, voice } => Self::Voice { speaker, voice },
            E::Name { speaker, name } => Self::Name { speaker, name },
            E::Take { cue, take } => Self::Take { cue: place(cue), take },
            E::Recorded { cue, recording } => Self::Recorded { cue: place(cue), recording },
            E::Translation { settings } => Self::Translation { settings: settings.into() },
            E::Lock { first, last, locked } => Self::Lock { first: place(first), last: place(last), locked },
            E::Split { cue, at } => Self::Split { cue: place(cue), at: place(at) },
            E::Merge { cue } => Self::Merge { cue: place(cue) },
            E::Insert { start_ms, end_ms, speaker, text } => {
                Self::Insert { start_ms: start_ms.into(), end_ms: end_ms.into(), speaker, text }
            }
            E::Remove { first, last } => Self::Remove { first: place(first), last: place(last) },
            E::Undo => Self::Undo,
            E::Redo => Self::Redo,
        }
    }
}

impl From<view::DubSubtitles> for Subtitles {
    fn from(shown: view::DubSubtitles) -> Self {
        match shown {
            view::DubSubtitles::None => Self::None,
            view::DubSubtitles::Soft => Self::Soft,
            view::DubSubtitles::Burnt => Self::Burnt,
        }
    }
}

impl From<view::MonitorKind> for Monitor {
    fn from(kind: view::MonitorKind) -> Self {
        match kind {
            view::MonitorKind::Original => Self::Original,
            view::MonitorKind::Dub => Self::Dub,
            view::MonitorKind::Mix => Self::Mix,
        }
    }
}
