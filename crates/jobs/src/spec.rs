//! What is to be done, as plain data with a version: what is stored, sent to another machine, and read back years later.
//! It knows paths and names, never contents; whether a voice may be used is not decided here.

use std::path::{Path, PathBuf};

use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::JobsError;

/// Version of the description that this program writes and reads.
pub const VERSION: u32 = 1;

/// Largest description as JSON, in bytes.
const MAX_JSON_BYTES: usize = 1 << 20;
/// Longest text to speak in one job, in bytes. Longer texts are books.
const MAX_TEXT_BYTES: usize = 400_000;
/// Longest name, path or selection, in bytes.
const MAX_NAME_BYTES: usize = 4096;
/// Most recordings in one enrolment.
const MAX_SAMPLES: usize = 64;
/// Most languages that one consent can name.
const MAX_LANGUAGES: usize = 12;
/// Most takes of one text.
const MAX_TAKES: u32 = 100;

/// What is to be done. As JSON it is `{"version":1,"kind":"narrate",…}`.
#[derive(Debug, Clone, PartialEq)]
pub enum JobSpec {
    /// Make a voice from recordings, by its owner's consent.
    Enroll(Enroll),
    /// Speak a text.
    Speak(Speak),
    /// Narrate a book.
    Narrate(Narrate),
    /// Make the lines of a book of the library that are not made yet.
    Render(Render),
    /// Write a book of the library to a file.
    Export(Export),
    /// Dub a film that the library knows.
    Dub(Dub),
}

/// Make a voice from recordings. The ceremony decides whether it may be made; this says what it is held over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enroll {
    /// Name of the voice in the library.
    pub voice: String,
    /// The recordings.
    pub samples: Vec<PathBuf>,
    /// The take of the spoken consent.
    pub statement: PathBuf,
    /// What the owner agrees to.
    pub terms: Terms,
}

/// What the owner of a voice agrees to, as typed in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// Whose voice.
    pub owner: String,
    /// Who may use it.
    pub grantee: String,
    /// BCP 47 language of the statement.
    pub language: String,
    /// What for.
    pub purpose: String,
    /// Names of the uses that are allowed.
    pub scopes: Vec<String>,
    /// BCP 47 primary tags of the languages that it may be dubbed into.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dub_into: Vec<String>,
    /// End of the consent, seconds since 1970.
    pub until_unix_seconds: i64,
    /// Most seconds of speech that may be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap_seconds: Option<u64>,
}

/// Speak a text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Speak {
    /// A preset, or the name or id of a voice.
    pub voice: String,
    /// The text as written.
    pub text: String,
    /// Where to write.
    pub out: PathBuf,
    /// BCP 47 language.
    #[serde(default = "english")]
    pub language: String,
    /// Seed of the first take; each further take has the next one.
    #[serde(default)]
    pub seed: u64,
    /// How many takes, each in a file of its own.
    #[serde(default = "one_take")]
    pub takes: u32,
    /// Speaking rate, 0.5 to 2.0.
    #[serde(default = "natural")]
    pub speed: f32,
    /// Format of the file; where absent, the ending of `out` names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
}

/// Narrate a book.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Narrate {
    /// The book's file.
    pub book: PathBuf,
    /// SHA-256 of the file when the job was made, in hex: a book that changed since is another book.
    pub book_sha256: String,
    /// A preset, or the name or id of a voice.
    pub voice: String,
    /// Where to write.
    pub out: PathBuf,
    /// Only these chapters, as in `1-3,5`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chapters: Option<String>,
    /// Seed of every segment.
    #[serde(default)]
    pub seed: u64,
    /// Speaking rate, 0.5 to 2.0.
    #[serde(default = "natural")]
    pub speed: f32,
    /// Format of the file; where absent, the ending of `out` names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
}

/// Make the lines of a book of the library that are not made yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Render {
    /// Number of the book in its library.
    pub book: u64,
    /// Its title when the job was made, for lists.
    pub title: String,
    /// Only these chapters, as in `1-3,5`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chapters: Option<String>,
    /// The line to begin at, counted from 0; those before it follow after the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_line: Option<usize>,
}

/// Write a book of the library, whose lines are all made, to a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Export {
    /// Number of the book in its library.
    pub book: u64,
    /// Its title when the job was made, for lists.
    pub title: String,
    /// Where to write; the ending names the format.
    pub out: PathBuf,
    /// Only these chapters, as in `1-3,5`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chapters: Option<String>,
}

/// Dub a film that the library knows: listen, translate, speak, and write what is asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dub {
    /// Number of the dub in its library.
    pub dub: u64,
    /// Its title when the job was made, for lists.
    pub title: String,
    /// Whether lines are made; otherwise the film is only listened to and translated.
    #[serde(default = "yes")]
    pub speaks: bool,
    /// Where to write the film; nowhere where lines are only to be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out: Option<PathBuf>,
    /// Whether the film keeps its own sound beside the dub.
    #[serde(default)]
    pub keep_original: bool,
    /// `none`, `soft` or `burnt`.
    #[serde(default = "none")]
    pub subtitles: String,
    /// Folder for stems and exchange files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stems: Option<PathBuf>,
}

/// Formats that a job can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Samples as they are.
    Wav,
    /// Lossless and smaller.
    Flac,
    /// What everything plays.
    Mp3,
    /// An audiobook with chapters.
    M4b,
    /// The same without being one.
    M4a,
    /// The smallest.
    Opus,
}

fn english() -> String {
    "en".into()
}

fn yes() -> bool {
    true
}

fn none() -> String {
    "none".into()
}

fn one_take() -> u32 {
    1
}

fn natural() -> f32 {
    1.0
}

impl JobSpec {
    /// Name of the kind, as in the JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Enroll(_) => "enroll",
            Self::Speak(_) => "speak",
            Self::Narrate(_) => "narrate",
            Self::Render(_) => "render",
            Self::Export(_) => "export",
            Self::Dub(_) => "dub",
        }
    }

    /// Reads a description and checks it. Accepts this version only, and no field that it does not know.
    pub fn from_json(json: &str) -> Result<Self, JobsError> {
        if json.len() > MAX_JSON_BYTES {
            return Err(JobsError::Spec(format!("it is larger than {MAX_JSON_BYTES} bytes")));
        }
        let value = serde_json::from_str(json).map_err(|error| JobsError::Spec(error.to_string()))?;
        Self::from_value(value)
    }

    /// Writes the description. Fails for a path that is not UTF-8, which JSON cannot hold.
    pub fn to_json(&self) -> Result<String, JobsError> {
        Ok(self.to_value()?.to_string())
    }

    /// Refuses what no executor could do anything with.
    pub fn check(&self) -> Result<(), JobsError> {
        match self {
            Self::Enroll(enroll) => {
                let terms = &enroll.terms;
                check_name("voice", &enroll.voice)?;
                check_path("statement", &enroll.statement)?;
                check_count("samples", enroll.samples.len(), 1, MAX_SAMPLES)?;
                enroll.samples.iter().try_for_each(|sample| check_path("samples", sample))?;
                check_count("scopes", terms.scopes.len(), 1, 16)?;
                terms.scopes.iter().try_for_each(|scope| check_name("scopes", scope))?;
                check_count("dub_into", terms.dub_into.len(), 0, MAX_LANGUAGES)?;
                terms.dub_into.iter().try_for_each(|language| check_name("dub_into", language))?;
                check_name("owner", &terms.owner)?;
                check_name("grantee", &terms.grantee)?;
                check_name("language", &terms.language)?;
                check_name("purpose", &terms.purpose)
            }
            Self::Speak(speak) => {
                check_name("voice", &speak.voice)?;
                check_bytes("text", &speak.text, MAX_TEXT_BYTES)?;
                check_path("out", &speak.out)?;
                check_name("language", &speak.language)?;
                check_count("takes", speak.takes as usize, 1, MAX_TAKES as usize)?;
                check_speed(speak.speed)
            }
            Self::Narrate(narrate) => {
                check_path("book", &narrate.book)?;
                let hash = &narrate.book_sha256;
                if hash.len() != 64 || !hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
                    return Err(JobsError::Spec("`book_sha256` is not a SHA-256 in lower-case hex".into()));
                }
                check_name("voice", &narrate.voice)?;
                check_path("out", &narrate.out)?;
                check_chapters(narrate.chapters.as_deref())?;
                check_speed(narrate.speed)
            }
            Self::Render(render) => {
                check_name("title", &render.title)?;
                check_chapters(render.chapters.as_deref())
            }
            Self::Export(export) => {
                check_name("title", &export.title)?;
                check_path("out", &export.out)?;
                check_chapters(export.chapters.as_deref())
            }
            Self::Dub(dub) => {
                check_name("title", &dub.title)?;
                dub.out.as_deref().map_or(Ok(()), |out| check_path("out", out))?;
                dub.stems.as_deref().map_or(Ok(()), |stems| check_path("stems", stems))?;
                match dub.subtitles.as_str() {
                    "none" | "soft" | "burnt" => Ok(()),
                    _ => Err(JobsError::Spec("`subtitles` is none of `none`, `soft` and `burnt`".into())),
                }
            }
        }
    }

    fn from_value(value: serde_json::Value) -> Result<Self, JobsError> {
        let bad = |error: serde_json::Error| JobsError::Spec(error.to_string());
        let serde_json::Value::Object(mut fields) = value else {
            return Err(JobsError::Spec("it is not a JSON object".into()));
        };
        // The version is looked at before anything else: a newer description may mean something else by the same names.
        match fields.remove("version") {
            Some(version) if version == VERSION => {}
            found => {
                let found = found.map_or("none".into(), |version| version.to_string().chars().take(40).collect());
                return Err(JobsError::Version { found, known: VERSION });
            }
        }
        let kind = fields.remove("kind");
        let payload = serde_json::Value::Object(fields);
        let spec = match kind.as_ref().and_then(serde_json::Value::as_str) {
            Some("enroll") => Self::Enroll(serde_json::from_value(payload).map_err(bad)?),
            Some("speak") => Self::Speak(serde_json::from_value(payload).map_err(bad)?),
            Some("narrate") => Self::Narrate(serde_json::from_value(payload).map_err(bad)?),
            Some("render") => Self::Render(serde_json::from_value(payload).map_err(bad)?),
            Some("export") => Self::Export(serde_json::from_value(payload).map_err(bad)?),
            Some("dub") => Self::Dub(serde_json::from_value(payload).map_err(bad)?),
            Some(other) => {
                let other: String = other.chars().take(40).collect();
                return Err(JobsError::Spec(format!("there is no kind of job called `{other}`")));
            }
            None => return Err(JobsError::Spec("it has no `kind`".into())),
        };
        spec.check()?;
        Ok(spec)
    }

    fn to_value(&self) -> Result<serde_json::Value, JobsError> {
        let payload = match self {
            Self::Enroll(payload) => serde_json::to_value(payload),
            Self::Speak(payload) => serde_json::to_value(payload),
            Self::Narrate(payload) => serde_json::to_value(payload),
            Self::Render(payload) => serde_json::to_value(payload),
            Self::Export(payload) => serde_json::to_value(payload),
            Self::Dub(payload) => serde_json::to_value(payload),
        };
        let mut value = payload.map_err(|error| JobsError::Spec(error.to_string()))?;
        value["version"] = VERSION.into();
        value["kind"] = self.kind().into();
        Ok(value)
    }
}

impl Serialize for JobSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_value().map_err(S::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for JobSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_value(serde_json::Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

fn check_bytes(field: &str, text: &str, limit: usize) -> Result<(), JobsError> {
    if text.trim().is_empty() {
        return Err(JobsError::Spec(format!("`{field}` is empty")));
    }
    if text.len() > limit {
        return Err(JobsError::Spec(format!("`{field}` is longer than {limit} bytes")));
    }
    Ok(())
}

fn check_name(field: &str, text: &str) -> Result<(), JobsError> {
    check_bytes(field, text, MAX_NAME_BYTES)
}

fn check_chapters(chapters: Option<&str>) -> Result<(), JobsError> {
    chapters.map_or(Ok(()), |chapters| check_name("chapters", chapters))
}

fn check_path(field: &str, path: &Path) -> Result<(), JobsError> {
    let Some(text) = path.to_str() else {
        return Err(JobsError::Spec(format!("`{field}` is a path that is not UTF-8")));
    };
    if text.contains('\0') {
        return Err(JobsError::Spec(format!("`{field}` is not a path")));
    }
    if text.is_empty() || text.len() > MAX_NAME_BYTES {
        return Err(JobsError::Spec(format!("`{field}` is empty or longer than {MAX_NAME_BYTES} bytes")));
    }
    Ok(())
}

fn check_count(field: &str, count: usize, least: usize, most: usize) -> Result<(), JobsError> {
    if (least..=most).contains(&count) {
        return Ok(());
    }
    Err(JobsError::Spec(format!("`{field}` has {count}, and {least} to {most} are possible")))
}

fn check_speed(speed: f32) -> Result<(), JobsError> {
    if (0.5..=2.0).contains(&speed) {
        return Ok(());
    }
    Err(JobsError::Spec(format!("`speed` is {speed}, and 0.5 to 2.0 are possible")))
}
