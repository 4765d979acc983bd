//! The owner's copy: everything that belongs to a voice in one encrypted file that opens without this program. It is not a
//! way to use the voice elsewhere: no other library takes it, and no clone is in it.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use consent::age::{AgeFault, AgeWriter, WORK};
use consent::log::{Facts, LogKind};
use consent::{SystemEntropy, Tts};
use serde::Serialize;
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::place::folder_of;
use crate::{Studio, StudioError};

/// What the log calls an owner's copy.
const CODE: &str = "owner_copy";

/// An owner's copy that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exported {
    /// Where.
    pub file: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of the file, as it stands in the log.
    pub sha256: String,
}

impl Studio {
    /// Writes the owner's copy of a voice: recordings, statement, grant and terms, encrypted with the owner's passphrase
    /// in the age format. Refused like every use once the consent has ended, and in a demo library always.
    pub fn export_voice(&self, voice: &str, passphrase: &str, out: &Path) -> Result<Exported, StudioError> {
        let library = self.library()?;
        let found = self.find(voice)?;
        library.check_may_leave("an owner's copy")?;
        let folder = folder_of(out);
        if !folder.is_dir() {
            return Err(StudioError::NoFolder { path: folder });
        }
        if out.is_dir() {
            return Err(StudioError::IsFolder { path: out.to_owned() });
        }
        // The whole check as before speaking: nothing leaves of a voice that may not be used here.
        let key = library.authorize::<Tts>(&found.id, 0, self.now())?;
        let unwritable = |error: &io::Error| StudioError::output(out, error);
        // Beside the target and the user's alone, as temporary files are.
        let file = tempfile::Builder::new().prefix(".vouch-").tempfile_in(&folder).map_err(|e| unwritable(&e))?;
        let target = Hashed { out: io::BufWriter::new(file), hash: Sha256::new(), bytes: 0 };
        let writer = AgeWriter::new(target, passphrase, WORK, &mut SystemEntropy).map_err(|fault| match fault {
            AgeFault::Refused(refusal) => StudioError::Refused(refusal),
            AgeFault::Output(error) => unwritable(&error),
        })?;
        let mut bundle = ZipWriter::new_stream(writer);
        let mut add = |name: &str, content: &[u8]| -> Result<(), StudioError> {
            // Stored as it is: sound hardly shrinks, and a later reader needs one thing less.
            let plain = SimpleFileOptions::default().compression_method(CompressionMethod::Stored).large_file(true);
            let written = bundle.start_file(name, plain).map_err(io::Error::from);
            written.and_then(|()| bundle.write_all(content)).map_err(|error| unwritable(&error))
        };
        add("README.txt", readme(&found).as_bytes())?;
        add("terms.txt", terms(&found).as_bytes())?;
        for (number, sample) in (1..).zip(library.samples(&found.id)?) {
            // Only the very bytes that the consent is about.
            let bytes = sample.canonical();
            key.cover(sample)?;
            add(&format!("samples/sample-{number}.wav"), &bytes)?;
        }
        add("statement.wav", &library.statement(&found.id)?.canonical())?;
        add("consent.grant", &found.grant.encode())?;
        let writer = bundle.finish().map_err(io::Error::from).map_err(|error| unwritable(&error))?.into_inner();
        let Hashed { out: buffer, hash, bytes } = writer.finish().map_err(|error| unwritable(&error))?;
        let file = buffer.into_inner().map_err(|error| unwritable(error.error()))?;
        file.as_file().sync_all().map_err(|error| unwritable(&error))?;
        let sha256: [u8; 32] = hash.finalize().into();
        // Logged before it is there under its name: a copy that nobody logged must not be.
        let facts = Facts {
            grant_id: Some(found.grant.id()),
            voice_id: Some(found.id),
            content_sha: Some(sha256),
            code: Some(CODE.into()),
            ..Facts::default()
        };
        library.note(LogKind::Exported, facts, self.now())?;
        file.persist(out).map_err(|error| unwritable(&error.error))?;
        Ok(Exported { file: out.to_owned(), bytes, sha256: hex::encode(sha256) })
    }
}

/// Counts and hashes what goes through.
struct Hashed<W> {
    out: W,
    hash: Sha256,
    bytes: u64,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn terms(voice: &library::Voice) -> String {
    let grant = voice.grant.grant();
    let evidence = voice.grant.heard_here();
    format!(
        "{}\n\nSpoken aloud: {}\nThe words of that day: {}\n\nGrant {}\nVoice {}\nGiven at {} (seconds since 1970)\n\
         Heard by: the {} recogniser. It did not check: {}.\n",
        voice.grant.terms().plain_sentence(),
        voice.grant.statement(),
        evidence.words.join(", "),
        voice.grant.id(),
        voice.id,
        grant.not_before,
        evidence.ear.name,
        if evidence.unchecked.is_empty() { "nothing was left out".to_owned() } else { evidence.unchecked.join(", ") },
    )
}

fn readme(voice: &library::Voice) -> String {
    format!(
        "This is the owner's copy of the voice {name:?}: what {owner} recorded, and what {owner} agreed to.\n\n\
         samples/        the recordings that the voice was made from, WAV\n\
         statement.wav   the consent as it was spoken\n\
         consent.grant   the signed consent record\n\
         terms.txt       the terms in plain words\n\n\
         It is meant for {owner} alone. No clone is in it, and no library takes it as consent: a voice is made from live\n\
         recordings and a spoken consent only. The file was encrypted with a passphrase (age, age-encryption.org/v1);\n\
         any program that reads that format opens it:  age -d FILE > copy.zip\n\n\
         {owner} can end the consent at any time and needs no reason: with the receipt (`vouch voice revoke --receipt\n\
         FILE`), or by asking whoever keeps the library to revoke it. This copy stays what it is then; delete it if it is\n\
         no longer wanted.\n",
        name = voice.name,
        owner = voice.grant.terms().owner_name,
    )
}
