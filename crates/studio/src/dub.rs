//! Dubbing: a film in, the same people speaking another language out. A dub is a document of the library: what the film is,
//! then everything that was found and edited, one record after another, so that it outlives the program and can be taken
//! back. The film itself is never copied and never written to; lines are segments of the library, kept by key.

mod cast;
mod cues;
mod deliver;
mod desk;
mod error;
mod fit;
mod head;
mod line;
mod listen;
mod mix;
mod monitor;
mod prepare;
mod render;
mod report;
mod run;
#[cfg(test)]
mod scene;
mod script;
mod speakers;
mod takes;

use std::path::PathBuf;

use library::DocumentId;
use serde::{Deserialize, Serialize};

use crate::{Studio, StudioError};
pub use cast::Role;
pub use deliver::{DubFile, DubFiles, Subtitles};
pub(crate) use desk::Open;
use desk::lock;
pub use error::DubError;
use head::{Given, Head, Record};
pub use line::{LineSource, LineTake, OwnLine};
pub use monitor::{Monitor, SubtitleUse};
pub use prepare::Prepared;
pub use render::DubRendered;
pub use report::Report;
pub use run::{DubRequest, Dubbed};

/// What the library calls dubs.
const KIND: &str = "dub";

/// A dub, for lists.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DubCard {
    /// Its number.
    pub id: u64,
    /// Its title: the film's file name without the ending, unless it was renamed.
    pub title: String,
    /// The film.
    pub film: PathBuf,
    /// BCP 47 language that is spoken in the film, where it is known.
    pub from: Option<String>,
    /// BCP 47 language of the dub.
    pub to: String,
    /// Length of the film.
    pub duration_ms: u64,
    /// Whether there is a picture.
    pub has_picture: bool,
    /// Cues.
    pub cues: usize,
    /// Cues that are made as they stand now.
    pub fresh: usize,
    /// Cues that nobody has put into the language of the dub.
    pub untranslated: usize,
    /// When it was begun, Unix time in seconds.
    pub added: u64,
}

/// Who speaks in the film.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DubSpeaker {
    /// Letter to tell them apart by: A, B, …
    pub letter: String,
    /// What somebody called them, or their letter.
    pub name: String,
    /// Id of the voice that was chosen for them; none as long as they speak in the one below.
    pub voice: Option<String>,
    /// Id of the voice that speaks for them.
    pub spoken_by: String,
    /// Cues that are theirs.
    pub cues: usize,
}

/// Who a cue's words are from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// A file of subtitles.
    File,
    /// A recogniser, from the film's sound.
    Ear,
    /// A language model.
    Model,
    /// Somebody here.
    Hand,
}

/// How a cue stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CueState {
    /// It has no words in the language of the dub.
    Untranslated,
    /// Never made.
    Draft,
    /// A running job will come to it.
    Queued,
    /// It is being made.
    Rendering,
    /// Made as it stands.
    Fresh,
    /// Made before in another way.
    Stale,
    /// Made as it stands, and something about it should be listened to, or it does not fit its time.
    Doubtful,
    /// Made, and protected from every change.
    Locked,
}

/// Where a cue sounds in the dub.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CueFit {
    /// When it begins.
    pub start_ms: u64,
    /// How long it sounds.
    pub seconds: f64,
    /// How much faster than it was spoken: 0.92 to 1.12.
    pub tempo: f64,
    /// How much too long it is even so.
    pub over_ms: u64,
    /// 1 for a perfect fit, 0 for none.
    pub score: f64,
    /// Whether its length is measured; otherwise it is guessed from its text.
    pub is_measured: bool,
}

/// One cue: what one person says in one go.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DubCue {
    /// Its place, from 0.
    pub index: usize,
    /// Its number, which never changes.
    pub id: u32,
    /// When it begins in the film.
    pub start_ms: u64,
    /// When it ends in the film.
    pub end_ms: u64,
    /// Place of who speaks in the list of speakers.
    pub speaker: u16,
    /// What is said in the film; empty where nobody knows.
    pub source: String,
    /// What is said in the dub; empty where nobody has put it into the language.
    pub target: String,
    /// Who the dub's words are from.
    pub by: Author,
    /// The take that was chosen; none where the fitting one is taken.
    pub take: Option<u32>,
    /// Which of the dub's recordings is its line; none where its voice speaks.
    pub recorded: Option<u32>,
    /// How many takes of its voice there are.
    pub takes: u32,
    /// How it stands.
    pub state: CueState,
    /// Where it sounds.
    pub fit: Option<CueFit>,
    /// What somebody should listen for.
    pub doubt: Option<String>,
}

/// What somebody wishes for the translation of a dub.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DubTranslation {
    /// Terms of the film's language and what they are called in the dub's: at most 500, of at most 100 characters each.
    pub glossary: Vec<(String, String)>,
    /// How people are to speak, in a few words: at most 200 characters.
    pub tone: Option<String>,
}

/// A whole dub.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DubView {
    /// Its card.
    pub card: DubCard,
    /// Who speaks.
    pub speakers: Vec<DubSpeaker>,
    /// Its cues, by when they begin.
    pub cues: Vec<DubCue>,
    /// What is wished for its translation.
    pub translation: DubTranslation,
    /// How well the whole fits: 1 is perfect.
    pub fit_score: f64,
    /// What was remarked so far.
    pub warnings: Vec<String>,
    /// Whether there is an edit to take back.
    pub can_undo: bool,
    /// Whether there is an edit to bring back.
    pub can_redo: bool,
}

/// Something that is done to a dub. Cues are named by their places; ranges include their last cue. Locked cues are left
/// out of ranges, and refused where they are named alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "edit", rename_all = "snake_case", deny_unknown_fields)]
pub enum DubEdit {
    /// Other words in the dub.
    Target {
        /// Which cue.
        cue: usize,
        /// As written.
        text: String,
    },
    /// Other words in the film, as heard.
    Source {
        /// Which cue.
        cue: usize,
        /// As written.
        text: String,
    },
    /// Another time.
    Time {
        /// Which cue.
        cue: usize,
        /// When it begins.
        start_ms: u64,
        /// When it ends.
        end_ms: u64,
    },
    /// Cues moved together.
    Shift {
        /// The first of the cues.
        first: usize,
        /// The last of them.
        last: usize,
        /// Later, or earlier if negative.
        by_ms: i64,
    },
    /// Somebody else speaks.
    Speaker {
        /// The first of the cues.
        first: usize,
        /// The last of them.
        last: usize,
        /// Place in the list of speakers; the place after the last is somebody new.
        speaker: u16,
    },
    /// Another voice for a speaker, or the one that the program chooses.
    Voice {
        /// Place in the list of speakers.
        speaker: u16,
        /// A preset, or the name or id of a voice.
        voice: Option<String>,
    },
    /// Another name for a speaker.
    Name {
        /// Place in the list of speakers.
        speaker: u16,
        /// The name.
        name: String,
    },
    /// A take that is there, the next new one, or the one that fits.
    Take {
        /// Which cue.
        cue: usize,
        /// Which take, from 0.
        take: Option<u32>,
    },
    /// A recording of the dub in place of the voice, or (none) the voice again.
    Recorded {
        /// Which cue.
        cue: usize,
        /// Number of the recording.
        recording: Option<u32>,
    },
    /// Protects cues that are made from every change, or no longer.
    Lock {
        /// The first of the cues.
        first: usize,
        /// The last of them.
        last: usize,
        /// Whether to protect them.
        locked: bool,
    },
    /// One cue becomes two: its words are parted, and its time in proportion.
    Split {
        /// Which cue.
        cue: usize,
        /// Before which character of the dub's words, from 0; of the film's, where there are none.
        at: usize,
    },
    /// A cue and the next one become one.
    Merge {
        /// The first of the two.
        cue: usize,
    },
    /// A new cue.
    Insert {
        /// When it begins.
        start_ms: u64,
        /// When it ends.
        end_ms: u64,
        /// Place of who speaks.
        speaker: u16,
        /// What is said in the dub.
        text: String,
    },
    /// Takes cues out of the dub.
    Remove {
        /// The first of the cues.
        first: usize,
        /// The last of them.
        last: usize,
    },
    /// Other wishes for the translation of what has no words yet.
    Translation {
        /// All of them.
        settings: DubTranslation,
    },
    /// Takes the last edit back.
    Undo,
    /// Brings the edit back that was taken back last.
    Redo,
}

/// What a dub is begun with.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewDub {
    /// The film: anything with sound that ffmpeg reads.
    pub film: PathBuf,
    /// BCP 47 language of the dub.
    pub to: String,
    /// BCP 47 language that is spoken; without it a recogniser finds out.
    pub from: Option<String>,
    /// Which sound track of the film, from 0; the film's own choice without.
    pub track: Option<usize>,
    /// Subtitles of what is said in the film.
    pub source_subtitles: Option<PathBuf>,
    /// Subtitles in the language of the dub.
    pub target_subtitles: Option<PathBuf>,
    /// How many people speak, where it is known.
    pub speakers: Option<u16>,
}

impl Studio {
    /// The job that listens to a film and translates, makes (if it `speaks`) every line that is not made, and writes what
    /// files are asked for.
    pub fn dub_spec(&self, id: u64, speaks: bool, files: &DubFiles) -> Result<jobs::JobSpec, StudioError> {
        let (film, language, voices) = {
            let desk = self.dub_desk(id)?;
            let desk = lock(&desk);
            // Somebody whose lines are all recorded needs no voice.
            let speaks_at = |by: usize| {
                let of = |cue: &&script::Cue| usize::from(cue.speaker) == by;
                let mut cues = desk.script.cues.iter().filter(of).peekable();
                cues.peek().is_none() || cues.any(|cue| cue.recorded.is_none())
            };
            let speakers = desk.script.speakers.iter().enumerate();
            let voices: Vec<String> =
                speakers.filter(|(by, _)| speaks_at(*by)).filter_map(|(_, speaker)| speaker.voice.clone()).collect();
            (desk.head.film.clone(), desk.head.to.clone(), voices)
        };
        self.check_files(&film, files)?;
        // Said now rather than by a job that fails later.
        for voice in voices.iter().filter(|_| speaks) {
            self.check_may_sound(voice, &language)?;
        }
        Ok(jobs::JobSpec::Dub(self.dub_description(id, speaks, files)?))
    }

    /// Every dub, oldest first. One that this version cannot read is left out.
    pub fn dubs(&self) -> Result<Vec<DubCard>, StudioError> {
        let mut cards = Vec::new();
        for id in self.library()?.documents(KIND)? {
            match self.dub_desk(id.0) {
                Ok(desk) => cards.push(lock(&desk).view(self)?.card),
                Err(StudioError::Dub(DubError::Damaged { .. } | DubError::Unknown { .. })) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(cards)
    }

    /// Begins a dub: looks at the film and reads the subtitles. Nothing is listened to yet.
    pub fn begin_dub(&self, new: &NewDub) -> Result<DubView, StudioError> {
        let (head, found) = self.look_at_film(new)?;
        let level = self.level_of(&head)?;
        let bytes = serde_json::to_vec(&head).map_err(|_| DubError::Damaged { id: 0 })?;
        let library = self.library()?;
        let id = library.add_document(KIND, &bytes)?;
        for record in found.iter().chain(&level) {
            library.append_edit(id, &serde_json::to_vec(record).map_err(|_| DubError::Damaged { id: id.0 })?)?;
        }
        self.open_dub(id.0)
    }

    /// How an earlier dub of the same film into the same language was mixed: with other subtitles it is mixed alike, so that
    /// what they share is the same, sample for sample.
    fn level_of(&self, head: &Head) -> Result<Option<Record>, StudioError> {
        let (film, to, track) = (head.film.clone(), head.to.clone(), Some(head.track));
        let like = NewDub { film, to, track, ..NewDub::default() };
        let Some(id) = self.dub_of(&like, &Given::default())? else { return Ok(None) };
        let desk = self.dub_desk(id)?;
        let desk = lock(&desk);
        Ok(desk.settings.clone().map(|(settings, film_lufs)| Record::Level { settings, film_lufs }))
    }

    /// A dub as it stands.
    pub fn open_dub(&self, id: u64) -> Result<DubView, StudioError> {
        let desk = self.dub_desk(id)?;
        let mut desk = lock(&desk);
        desk.view(self)
    }

    /// Does an edit and answers the dub as it then stands. It is on disk once this returns.
    pub fn edit_dub(&self, id: u64, edit: &DubEdit) -> Result<DubView, StudioError> {
        let edit = match edit {
            // Voices are kept by id: names change.
            DubEdit::Voice { speaker, voice: Some(voice) } => {
                let language = lock(&*self.dub_desk(id)?).head.to.clone();
                DubEdit::Voice { speaker: *speaker, voice: Some(self.voice_of_cast(*speaker, voice, &language)?) }
            }
            other => other.clone(),
        };
        let desk = self.dub_desk(id)?;
        let mut desk = lock(&desk);
        desk.edit(self, &edit)?;
        desk.view(self)
    }

    /// Removes a dub with its edits and with what people recorded for it. The film stays as it is, and so do lines that a
    /// voice spoke, for other dubs may have them too. Removing what is not there is no error.
    pub fn remove_dub(&self, id: u64) -> Result<(), StudioError> {
        let library = self.library()?;
        if library.documents(KIND)?.contains(&DocumentId(id)) {
            self.erase_lines(id)?;
            library.remove_document(DocumentId(id))?;
        }
        self.close_dub_desk(id);
        Ok(())
    }

    /// The newest dub of this film into this language that was begun with the same subtitles and settings; where none are
    /// given now, with any.
    fn dub_of(&self, new: &NewDub, given: &Given) -> Result<Option<u64>, StudioError> {
        let print = head::fingerprint(&new.film)?;
        // What is not said now is as it was.
        let same = |head: &Head| {
            (new.track.is_none() || new.track == Some(head.track))
                && (new.from.is_none() || new.from == head.from)
                && (new.speakers.is_none() || new.speakers == head.speakers)
        };
        let mut found = None;
        for id in self.library()?.documents(KIND)? {
            let Some(head) = Head::read(&self.library()?.document(KIND, id)?) else { continue };
            let same_words = *given == Given::default() || head.given == *given;
            if head.print == print && head.to == new.to && same_words && same(&head) {
                found = Some(id.0);
            }
        }
        Ok(found)
    }
}
