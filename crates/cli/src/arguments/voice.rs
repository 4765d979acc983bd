//! The arguments of `vouch voice`, as data. Decides nothing.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `vouch voice`.
#[derive(Debug, Subcommand)]
pub enum VoiceCommand {
    /// Begin a consent: record samples, agree terms, and get the sentence and words to read
    Challenge(Challenge),
    /// Finish a consent: read the sentence and the words in one take; the voice is granted if every check passes
    Enroll(Enroll),
    /// Ask an owner at another machine for consent: write a request file to send
    Request(Request),
    /// Show a request, and with samples begin to answer it; `enroll SESSION -o FILE` writes the answer
    Answer(Answer),
    /// Bring in the answer to a request: it is heard once more here, countersigned and cloned
    Import {
        /// The answer
        file: PathBuf,
    },
    /// List presets and the voices of this library
    List,
    /// Show a voice: owner, terms, scopes, end date, use
    Show {
        /// Name or id of the voice
        voice: String,
    },
    /// Take a consent back: the voice and all that was derived from it are erased
    Revoke {
        /// Name or id of the voice
        #[arg(required_unless_present = "receipt")]
        voice: Option<String>,
        /// The owner's receipt: it carries a revocation that the owner has signed, and needs nothing else
        #[arg(long, value_name = "FILE", conflicts_with = "voice")]
        receipt: Option<PathBuf>,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Write the owner's copy of a voice: recordings, statement and grant in one encrypted file (age format)
    Export {
        /// Name or id of the voice
        voice: String,
        /// Where to write, such as copy.age
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Print the audit log of the library and check its chain
    Log,
}

/// `vouch voice challenge`.
#[derive(Debug, Args)]
pub struct Challenge {
    /// Whose voice it is
    #[arg(long, value_name = "NAME")]
    pub owner: String,
    /// Who may use it [default: the owner]
    #[arg(long, value_name = "NAME")]
    pub grantee: Option<String>,
    /// What for, at least 10 characters
    #[arg(long, value_name = "TEXT")]
    pub purpose: String,
    /// For how many days, at most 366
    #[arg(long, default_value_t = 183, value_name = "N")]
    pub days: u32,
    /// Hours of speech that may be made in all
    #[arg(long, default_value_t = 100, value_name = "N")]
    pub hours: u32,
    /// Other languages that it may speak in dubs, such as de,fr; speech in English needs none
    #[arg(long, value_delimiter = ',', value_name = "LANG,…")]
    pub dub_into: Vec<String>,
    /// The owner is an adult, and says so; nobody else can give consent
    #[arg(long)]
    pub adult: bool,
    /// Record a sample of this many seconds from the microphone
    #[arg(long, value_name = "SECONDS")]
    pub record: Option<u32>,
    /// Record from this device [default: the system's microphone]
    #[arg(long, value_name = "NAME")]
    pub device: Option<String>,
    /// Demo library only: a file in place of the microphone; may be repeated
    #[arg(long, value_name = "FILE")]
    pub sample: Vec<PathBuf>,
}

/// `vouch voice request`.
#[derive(Debug, Args)]
pub struct Request {
    /// Whose voice is asked for
    #[arg(long, value_name = "NAME")]
    pub owner: String,
    /// Who asks, and may use the voice then
    #[arg(long, value_name = "NAME")]
    pub grantee: String,
    /// What for, at least 10 characters
    #[arg(long, value_name = "TEXT")]
    pub purpose: String,
    /// For how many days from today, at most 366
    #[arg(long, default_value_t = 183, value_name = "N")]
    pub days: u32,
    /// Hours of speech that may be made in all
    #[arg(long, default_value_t = 100, value_name = "N")]
    pub hours: u32,
    /// Other languages that it may speak in dubs, such as de,fr; speech in English needs none
    #[arg(long, value_delimiter = ',', value_name = "LANG,…")]
    pub dub_into: Vec<String>,
    /// How many days there are to answer
    #[arg(long, default_value_t = 14, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=60))]
    pub answer_days: u32,
    /// Where to write, such as anna.consent-request
    #[arg(short, long, value_name = "FILE")]
    pub out: PathBuf,
}

/// `vouch voice answer`.
#[derive(Debug, Args)]
pub struct Answer {
    /// The request
    pub file: PathBuf,
    /// You are the owner, an adult, and say so; nobody else can give consent
    #[arg(long)]
    pub adult: bool,
    /// Fewer days from today than asked
    #[arg(long, value_name = "N")]
    pub days: Option<u32>,
    /// Fewer hours than asked
    #[arg(long, value_name = "N")]
    pub hours: Option<u32>,
    /// Fewer languages to dub into than asked
    #[arg(long, value_delimiter = ',', value_name = "LANG,…", conflicts_with = "no_dubbing")]
    pub dub_into: Option<Vec<String>>,
    /// No dubbing at all
    #[arg(long)]
    pub no_dubbing: bool,
    /// Record a sample of this many seconds from the microphone
    #[arg(long, value_name = "SECONDS")]
    pub record: Option<u32>,
    /// Record from this device [default: the system's microphone]
    #[arg(long, value_name = "NAME")]
    pub device: Option<String>,
    /// Demo library only: a file in place of the microphone; may be repeated
    #[arg(long, value_name = "FILE")]
    pub sample: Vec<PathBuf>,
}

/// `vouch voice enroll`.
#[derive(Debug, Args)]
pub struct Enroll {
    /// The session that `vouch voice challenge` or `vouch voice answer` printed
    pub session: String,
    /// Demo library only: a file in place of the microphone
    #[arg(long, value_name = "FILE")]
    pub statement: Option<PathBuf>,
    /// Record from this device [default: the system's microphone]
    #[arg(long, value_name = "NAME")]
    pub device: Option<String>,
    /// Where to write the answer, such as anna.consent; for a session that answers a request
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Where to save the owner's receipt [default for an answer: beside it, ending in .receipt]
    #[arg(long, value_name = "FILE")]
    pub receipt: Option<PathBuf>,
    /// The owner keeps the key: derive it from the owner's passphrase (asked, or VOUCH_OWNER_PASSPHRASE)
    #[arg(long)]
    pub owner_passphrase: bool,
}
