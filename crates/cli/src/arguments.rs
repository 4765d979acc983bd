//! The command line, as data: names, defaults, help and examples. Decides nothing.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

mod voice;

pub use voice::{Answer, Challenge, Enroll, Request, VoiceCommand};

/// A voice studio you can vouch for: clone a voice whose owner said yes, speak, narrate.
#[derive(Debug, Parser)]
#[command(name = "vouch", version, arg_required_else_help = true, after_help = EXAMPLES)]
pub struct Arguments {
    /// The library folder [default: the platform's data folder]
    #[arg(long, global = true, env = "VOUCH_LIBRARY", value_name = "DIR")]
    pub library: Option<PathBuf>,
    /// Print newline-delimited JSON events, and one result object at the end
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  vouch demo                                       the whole job on bundled input, without a person
  vouch speak --voice alder \"Hello there.\" -o hello.wav
  vouch library init ~/Voices
  vouch voice challenge --owner \"Ann Lee\" --adult --purpose \"my own audiobooks\" --record 20
  vouch voice enroll SESSION
  vouch narrate book.epub --voice \"Ann Lee\" -o book.m4b

A library is opened with the system's keyring, or with the passphrase in VOUCH_PASSPHRASE.
Exit codes: 0 done, 2 usage, 3 refused by consent, 4 bad input, 5 something is missing, 6 engine failure,
130 interrupted (the same command goes on where it stopped).";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the main job on bundled input: consent, clone, narrate, revoke, with a report
    Demo {
        /// Folder for the demo library and its output; made anew
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Say what this machine has and what is missing
    Doctor,
    /// The models on this machine
    Models {
        /// What to do with them.
        #[command(subcommand)]
        command: ModelsCommand,
    },
    /// Make a library
    Library {
        /// What to do with it.
        #[command(subcommand)]
        command: LibraryCommand,
    },
    /// Record consent, list, show and revoke voices
    Voice {
        /// What to do.
        #[command(subcommand)]
        command: VoiceCommand,
    },
    /// Speak a text
    Speak(Speak),
    /// Narrate a book to an audio file, resumable at any moment
    Narrate(Narrate),
    /// Write a recording down as subtitles or text; needs a recogniser (`vouch models list`)
    Transcribe(Transcribe),
    /// Dub a film: the same people speaking another language, each in a voice of your choice
    Dub(Dub),
    /// List and steer jobs
    Jobs {
        /// What to do.
        #[command(subcommand)]
        command: JobsCommand,
    },
    /// Measure this machine, the engine and the consent gate
    Bench {
        /// What to measure.
        #[command(subcommand)]
        command: BenchCommand,
    },
}

/// `vouch models`.
#[derive(Debug, Subcommand)]
pub enum ModelsCommand {
    /// List the models: those that come with the program, those that can be had, those that are installed
    List {
        /// Print the catalog as a table in Markdown, with the memory that each model needs
        #[arg(long)]
        table: bool,
    },
    /// Show a model: where it comes from, its files with their digests, the memory that it needs
    Show {
        /// Its id, as in `vouch models list`
        id: String,
    },
    /// Download a model of the catalog; stopped at any moment, the same command goes on where it was
    Pull {
        /// Its id, as in `vouch models list`
        id: String,
    },
    /// Install a model from a folder in the hub's layout: config.json, *.safetensors, vocab.json, merges.txt, …
    Import {
        /// The folder
        dir: PathBuf,
        /// Install it under this name, also if it is no model of the catalog
        #[arg(long, value_name = "NAME")]
        id: Option<String>,
    },
    /// Load the bundled models and read every byte of the installed ones
    Verify {
        /// Only this one
        id: Option<String>,
    },
    /// Remove an installed model, or what has come of one
    Remove {
        /// Its id
        id: String,
    },
}

/// `vouch library`.
#[derive(Debug, Subcommand)]
pub enum LibraryCommand {
    /// Make a new, empty library
    Init {
        /// Where
        dir: PathBuf,
        /// A demo library: takes files as microphone; all in it is marked demo and nothing leaves it
        #[arg(long)]
        demo: bool,
    },
    /// Check the log, the voices and every stored piece
    Check,
}

/// `vouch speak`.
#[derive(Debug, Args)]
pub struct Speak {
    /// The text, or - to read it from standard input
    pub text: String,
    /// Name or id of a voice, or a preset; MODEL/NAME for one of another model
    #[arg(long)]
    pub voice: String,
    /// The model that speaks, as in `vouch models list` [default: the starter]
    #[arg(long, value_name = "ID")]
    pub model: Option<String>,
    /// Where to write; the ending names the format: wav, flac, mp3, m4a, opus
    #[arg(short, long, value_name = "FILE")]
    pub out: PathBuf,
    /// Language of the text
    #[arg(long, default_value = "en")]
    pub language: String,
    /// How many takes to make; further takes are written as NAME-2, NAME-3 …
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub takes: u32,
    /// The first take's seed: the same seed gives the same samples
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub seed: u64,
    /// Speaking rate, 0.5 to 2.0
    #[arg(long, default_value_t = 1.0, value_name = "X")]
    pub speed: f32,
}

/// `vouch narrate`.
#[derive(Debug, Args)]
pub struct Narrate {
    /// The book: EPUB, Markdown or plain text
    pub book: PathBuf,
    /// Name or id of a voice, or a preset; MODEL/NAME for one of another model
    #[arg(long)]
    pub voice: String,
    /// The model that speaks, as in `vouch models list` [default: the starter]
    #[arg(long, value_name = "ID")]
    pub model: Option<String>,
    /// Where to write; the ending names the format: m4b, mp3, flac, wav
    #[arg(short, long, value_name = "FILE")]
    pub out: PathBuf,
    /// Only these chapters, as in 1-3,5
    #[arg(long, value_name = "LIST")]
    pub chapters: Option<String>,
    /// Seed of the narration: the same seed gives the same samples
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub seed: u64,
    /// Speaking rate, 0.5 to 2.0
    #[arg(long, default_value_t = 1.0, value_name = "X")]
    pub speed: f32,
}

/// `vouch dub`.
#[derive(Debug, Args)]
pub struct Dub {
    /// The film: anything with sound that ffmpeg reads. It is never written to
    pub film: PathBuf,
    /// Language of the dub, such as de or pt-BR
    #[arg(long, value_name = "LANG")]
    pub to: String,
    /// Where to write; the ending names the container: mp4, mkv, mov, webm; for sound alone m4a, mka, wav, flac …
    #[arg(short, long, value_name = "FILE")]
    pub out: PathBuf,
    /// Language that is spoken in the film [default: found out]
    #[arg(long, value_name = "LANG")]
    pub from: Option<String>,
    /// Subtitles of what is said in the film (SRT, VTT or ASS) [default: the film is listened to]
    #[arg(long, value_name = "FILE")]
    pub source_subs: Option<PathBuf>,
    /// Subtitles in the language of the dub [default: translated by the installed language model]
    #[arg(long, value_name = "FILE")]
    pub subs: Option<PathBuf>,
    /// Terms and how they are said in the dub, one `term = translation` a line (UTF-8); for the language model
    #[arg(long, value_name = "FILE")]
    pub glossary: Option<PathBuf>,
    /// How people are to speak, in a few words, such as "informal, for children"; for the language model
    #[arg(long, value_name = "TEXT")]
    pub tone: Option<String>,
    /// Who speaks in which voice: A=NAME, SPEAKER=NAME, or *=NAME for everybody else [default: bundled voices]
    #[arg(long, value_name = "SPEAKER=VOICE", value_parser = role)]
    pub cast: Vec<studio::dub::Role>,
    /// A line that somebody speaks themselves: the number of its cue, from 1, and the file with their speech
    #[arg(long, value_name = "CUE=FILE", value_parser = own_line)]
    pub line: Vec<(usize, PathBuf)>,
    /// Record a line at the microphone, once the film is prepared: the number of its cue, and for how many seconds
    #[arg(long, value_name = "CUE=SECONDS", value_parser = recorded_line)]
    pub record_line: Vec<(usize, f64)>,
    /// Have a line that was recorded spoken by its voice again: the number of its cue
    #[arg(long, value_name = "CUE", value_parser = cue)]
    pub remove_line: Vec<usize>,
    /// Record lines from this device [default: the system's microphone]
    #[arg(long, value_name = "NAME", requires = "record_line")]
    pub device: Option<String>,
    /// Which sound track of the film, from 1 [default: the film's own choice]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub track: Option<u16>,
    /// How many people speak [default: found out]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=200))]
    pub speakers: Option<u16>,
    /// Keep the film's own sound as a second track
    #[arg(long)]
    pub keep_original: bool,
    /// Subtitles of the dub: none, soft (a track), or burnt (drawn; the picture is encoded anew)
    #[arg(long, value_name = "HOW", default_value = "none")]
    pub subtitles: studio::dub::Subtitles,
    /// Folder for the stems (dub, each speaker, bed, mix), labels, subtitles, a timeline and the report
    #[arg(long, value_name = "DIR")]
    pub stems: Option<PathBuf>,
}

/// `SPEAKER=VOICE`.
fn role(text: &str) -> Result<studio::dub::Role, String> {
    let (speaker, voice) = text.split_once('=').ok_or("write SPEAKER=VOICE, as in A=NAME")?;
    let (speaker, voice) = (speaker.trim(), voice.trim());
    if speaker.is_empty() || voice.is_empty() {
        return Err("write SPEAKER=VOICE, as in A=NAME".into());
    }
    Ok(studio::dub::Role { speaker: speaker.into(), voice: voice.into() })
}

/// The number of a cue as people count, from 1; its place, from 0.
fn cue(text: &str) -> Result<usize, String> {
    let number: usize = text.trim().parse().map_err(|_| "write the number of a cue, from 1")?;
    number.checked_sub(1).ok_or_else(|| "cues are counted from 1".into())
}

/// `CUE=FILE`.
fn own_line(text: &str) -> Result<(usize, PathBuf), String> {
    match text.split_once('=') {
        Some((number, file)) if !file.is_empty() => Ok((cue(number)?, file.into())),
        _ => Err("write CUE=FILE, as in 7=own.wav".into()),
    }
}

/// `CUE=SECONDS`.
fn recorded_line(text: &str) -> Result<(usize, f64), String> {
    let (number, seconds) = text.split_once('=').ok_or("write CUE=SECONDS, as in 7=4")?;
    let seconds: f64 = seconds.trim().parse().map_err(|_| "write CUE=SECONDS, as in 7=4")?;
    if !(0.5..=60.0).contains(&seconds) {
        return Err("a line takes 0.5 to 60 seconds".into());
    }
    Ok((cue(number)?, seconds))
}

/// `vouch transcribe`.
#[derive(Debug, Args)]
pub struct Transcribe {
    /// The recording
    pub audio: PathBuf,
    /// Where to write; the ending names the format: srt, vtt, ass, json, txt
    #[arg(short, long, value_name = "FILE")]
    pub out: PathBuf,
    /// Language that is spoken, such as en [default: found out]
    #[arg(long)]
    pub language: Option<String>,
    /// Names and words that may come
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub context: String,
    /// The recogniser, as in `vouch models list` [default: the largest that is installed]
    #[arg(long, value_name = "ID")]
    pub model: Option<String>,
    /// What finds the time of each word [default: the aligner that is installed; without one, times are estimated]
    #[arg(long, value_name = "ID")]
    pub aligner: Option<String>,
}

/// `vouch jobs`.
#[derive(Debug, Subcommand)]
pub enum JobsCommand {
    /// List the jobs of this library
    List,
    /// Follow a job
    Watch {
        /// Its id
        id: String,
    },
    /// Hold a running job at the next segment
    Pause {
        /// Its id
        id: String,
    },
    /// Go on with a job that was paused or interrupted
    Resume {
        /// Its id
        id: String,
    },
    /// Stop a job for good
    Cancel {
        /// Its id
        id: String,
    },
    /// Run a failed job again
    Retry {
        /// Its id
        id: String,
    },
}

/// `vouch bench`.
#[derive(Debug, Subcommand)]
pub enum BenchCommand {
    /// Times real time at batch 1, and the cost of a stream at batch 2, 4 and 8
    Voice {
        /// Rounds of each; the median counts
        #[arg(long, default_value_t = 7)]
        rounds: usize,
    },
    /// How often the consent gate is wrong, on stand-in voices and on real clips where they are found
    Ear {
        /// Folder with real clips and their manifest.json; skipped where absent
        #[arg(long, value_name = "DIR", default_value = "../shared/speech")]
        speech: PathBuf,
        /// Trials of each kind
        #[arg(long, default_value_t = 200)]
        trials: usize,
    },
    /// How often the check of a line's words is wrong: on right readings and on planted faults
    Proof {
        /// Folder with real clips and their manifest.json; skipped where absent
        #[arg(long, value_name = "DIR", default_value = "../shared/speech")]
        speech: PathBuf,
        /// Lines that every bundled voice reads
        #[arg(long, default_value_t = 20)]
        lines: usize,
    },
    /// Make a film with two stand-in speakers over music, of which everything is known, and its subtitles
    Film {
        /// Folder for film.mp4, source.vtt, target.vtt and truth.json
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Cues; 14 make about a minute
        #[arg(long, default_value_t = 14, value_parser = clap::value_parser!(u16).range(1..=2000))]
        lines: u16,
        /// Put the speakers' names into the subtitles
        #[arg(long)]
        named: bool,
    },
    /// Dub such a film in clones of its speakers, with and without subtitles, and measure what came of it
    Dub {
        /// Folder for everything; made anew
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Cues; 14 make about a minute
        #[arg(long, default_value_t = 14, value_parser = clap::value_parser!(u16).range(2..=2000))]
        lines: u16,
    },
    /// Speak unseen sentences with presets and with clones of stand-in speakers, for an outside recogniser to score
    Sentences {
        /// Folder for the files and manifest.json
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Sentences for each voice
        #[arg(long, default_value_t = 20)]
        sentences: usize,
    },
}
