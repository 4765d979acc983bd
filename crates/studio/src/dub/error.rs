//! What can go wrong with a dub, by what the user can do about it.

use std::path::PathBuf;

use thiserror::Error;

use crate::error::Class;

/// Why a dub could not be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DubError {
    /// There is no such dub.
    #[error("there is no dub {id} in this library")]
    Unknown {
        /// What was asked for.
        id: u64,
    },
    /// Something the program stored for a dub does not read back.
    #[error("the library holds something for dub {id} that this version cannot read")]
    Damaged {
        /// Which dub.
        id: u64,
    },
    /// A cue that is not there.
    #[error("the dub has {cues} cues and no cue {cue}")]
    UnknownCue {
        /// What was asked for, counted from 0.
        cue: usize,
        /// How many there are.
        cues: usize,
    },
    /// A cue that is not to be touched.
    #[error("cue {cue} is locked")]
    Locked {
        /// Which one, counted from 0.
        cue: usize,
    },
    /// A time that no cue can have.
    #[error("a cue lasts at least 50 milliseconds and lies within a hundred hours")]
    BadTime,
    /// A speaker whom nobody has heard.
    #[error("nobody in this film is called {asked:?}")]
    UnknownSpeaker {
        /// What was asked for.
        asked: String,
        /// Who there is.
        known: Vec<String>,
    },
    /// Somebody's voice was to be taken from the film.
    #[error("the person who speaks as {speaker} has not said yes, and their voice cannot be taken from the film")]
    NoGrant {
        /// Letter or name of the speaker.
        speaker: String,
    },
    /// The film is another one by now, or gone.
    #[error("{} is not the film that this dub was begun with", path.display())]
    FilmChanged {
        /// The film.
        path: PathBuf,
    },
    /// A file without anything to hear.
    #[error("{} has no sound", path.display())]
    NoSound {
        /// The film.
        path: PathBuf,
    },
    /// Nothing was found that anybody says.
    #[error("nobody was heard to speak in this film")]
    NobodySpeaks,
    /// Cues without words in the language of the dub.
    #[error("{cues} {} no words in {language} yet", if *cues == 1 { "cue has" } else { "cues have" })]
    Untranslated {
        /// How many.
        cues: usize,
        /// Language of the dub.
        language: String,
    },
    /// Nobody speaks in what was recorded for a line.
    #[error("nobody is heard to speak in this recording")]
    SilentLine,
    /// A line that is far too long for its cue.
    #[error("the recording has {seconds} seconds of speech, and at most {most} go into this cue")]
    LongLine {
        /// Length of the speech, in seconds.
        seconds: u64,
        /// How long it may be.
        most: u64,
    },
    /// A recording that is not this dub's.
    #[error("this dub has no such recording")]
    UnknownRecording,
    /// A line that somebody spoke themselves is not spoken by a voice.
    #[error("cue {cue} is recorded by a person")]
    IsRecorded {
        /// Which one, counted from 0.
        cue: usize,
    },
    /// Subtitles that lie elsewhere in the film than the cues.
    #[error("no line of these subtitles lies where a cue is")]
    NothingMatches,
    /// A file that would replace the film.
    #[error("{} is the film itself", path.display())]
    OverFilm {
        /// The file.
        path: PathBuf,
    },
    /// The ending of the output names no container for this film.
    #[error("{} does not end in a format for a dubbed film", path.display())]
    UnknownContainer {
        /// The file.
        path: PathBuf,
    },
    /// A language tag that cannot be one.
    #[error("{tag:?} is not a language")]
    BadLanguage {
        /// What was asked for.
        tag: String,
    },
}

impl DubError {
    /// Stable name of the failure.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "unknown_dub",
            Self::Damaged { .. } => "dub_damaged",
            Self::UnknownCue { .. } => "unknown_cue",
            Self::Locked { .. } => "cue_locked",
            Self::BadTime => "bad_time",
            Self::UnknownSpeaker { .. } => "unknown_speaker",
            Self::NoGrant { .. } => "no_grant",
            Self::FilmChanged { .. } => "film_changed",
            Self::NoSound { .. } => "no_audio",
            Self::NobodySpeaks => "no_speech",
            Self::Untranslated { .. } => "untranslated",
            Self::SilentLine => "line_silent",
            Self::LongLine { .. } => "line_too_long",
            Self::UnknownRecording => "unknown_recording",
            Self::IsRecorded { .. } => "cue_recorded",
            Self::NothingMatches => "nothing_matches",
            Self::OverFilm { .. } => "over_film",
            Self::UnknownContainer { .. } => "unknown_format",
            Self::BadLanguage { .. } => "bad_language",
        }
    }

    /// What to do about it, one sentence.
    pub fn fix(&self) -> String {
        match self {
            Self::Unknown { .. } => "list the dubs again; this one may have been removed".into(),
            Self::Damaged { .. } => "update the program, or begin the dub again".into(),
            Self::UnknownCue { .. } => "open the dub again: its cues have changed".into(),
            Self::Locked { .. } => "unlock it first".into(),
            Self::BadTime => "give a later end, or an earlier start".into(),
            Self::UnknownSpeaker { known, .. } if known.is_empty() => "let the film be listened to first".into(),
            Self::UnknownSpeaker { known, .. } => format!("choose one of: {}", known.join(", ")),
            Self::NoGrant { .. } => {
                "let them record their consent with `vouch voice challenge`, then name their voice \
                 (--cast A=NAME); or give them a bundled voice"
                    .into()
            }
            Self::FilmChanged { .. } => "put the film back where it was, or begin a new dub".into(),
            Self::NoSound { .. } => "choose a film with a sound track".into(),
            Self::NobodySpeaks => {
                "give subtitles of what is said (--source-subs), or choose another sound track".into()
            }
            Self::Untranslated { .. } => "give subtitles in that language (--subs), write the words in the window, or \
                 install a language model: `vouch models pull qwen3-4b-instruct-2507`"
                .into(),
            Self::SilentLine => "speak closer to the microphone, or choose another one, and record it again".into(),
            Self::LongLine { .. } => "say it in fewer words, or give the cue more time".into(),
            Self::UnknownRecording => "open the dub again, or record the line again".into(),
            Self::IsRecorded { .. } => "remove its recording first; then a voice speaks it again".into(),
            Self::NothingMatches => "take the subtitles in place of all cues, or choose those of this film".into(),
            Self::OverFilm { .. } => "choose another name: the film is never written to".into(),
            Self::UnknownContainer { .. } => {
                "end the name in .mp4, .mkv, .mov or .webm; a dub without picture in .m4a, .mka, .wav or .flac".into()
            }
            Self::BadLanguage { .. } => "give a tag such as de or pt-BR".into(),
        }
    }

    /// What kind of failure it is.
    pub fn class(&self) -> Class {
        match self {
            Self::NoGrant { .. } => Class::Refused,
            Self::Untranslated { .. } | Self::Damaged { .. } => Class::Missing,
            Self::UnknownContainer { .. } | Self::BadLanguage { .. } | Self::OverFilm { .. } | Self::BadTime => {
                Class::Usage
            }
            Self::Unknown { .. } | Self::UnknownCue { .. } | Self::Locked { .. } | Self::UnknownSpeaker { .. } => {
                Class::BadInput
            }
            Self::FilmChanged { .. } | Self::NoSound { .. } | Self::NobodySpeaks => Class::BadInput,
            Self::SilentLine | Self::LongLine { .. } | Self::UnknownRecording => Class::BadInput,
            Self::IsRecorded { .. } | Self::NothingMatches => Class::BadInput,
        }
    }
}
