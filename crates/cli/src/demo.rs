//! `vouch demo`: the main job on bundled input, without a person. A stand-in speaker goes through the whole ceremony,
//! two others are refused, a book is narrated, the consent is taken back. The report says only what was measured.

use std::path::{Path, PathBuf};
use std::time::Instant;

use jobs::{Cancel, Silence};
use library::{Kind, Library, Unlock};
use serde_json::{Value, json};
use studio::enroll::{Attempt, ChallengeCard, ChallengeRequest, Enrolled, Recording};
use studio::narrate::NarrateRequest;
use studio::speak::SpeakRequest;
use studio::stand_in::{SPEAKERS, StandIn, read_aloud};
use studio::{Class, Revoke, Studio, StudioError};

use crate::open;
use crate::output::{Failure, Screen};

const BOOK: &[u8] = include_bytes!("../../../assets/books/sample.epub");

/// What the stand-in reads as a sample: about ten seconds.
const SAMPLE: &str = "The harbour was quiet before dawn, and the boats lay still along the wall. A lamp went on in the \
                      baker's window, then another, and the street began to smell of bread.";

const SENTENCE: &str = "This sentence was never spoken by anybody. It was made on this machine, with consent.";

/// A folder is a demo's own, and may be made anew, if it holds this file.
const MARK: &str = "vouch-demo.txt";

struct Demo<'a> {
    folder: PathBuf,
    studio: Studio,
    screen: &'a Screen,
    cancel: &'a Cancel,
    checks: Vec<(String, bool)>,
}

/// Runs the demo. Fails, with the report printed, if one of its checks does not hold.
pub fn run(out: Option<&Path>, screen: &Screen, cancel: &Cancel) -> Result<Value, Failure> {
    let started = Instant::now();
    let folder = out.map_or_else(|| PathBuf::from("vouch-demo"), Path::to_owned);
    prepare(&folder)?;
    let passphrase = open::fresh_passphrase()?;
    let unlock = Unlock::Passphrase(passphrase.clone().into());
    let library = Library::create(&folder.join("library"), Kind::Demo, &unlock, &host::machine(), host::now())?;
    let studio = Studio::new(library, host::settings());
    let mut demo = Demo { folder, studio, screen, cancel, checks: Vec::new() };

    let (owner, other) = (SPEAKERS[0], SPEAKERS[1]);
    screen.say(format!("The owner is {}, a warped voice of a free synthesizer: nobody.", owner.name));
    demo.refusals(&owner, &other)?;
    let enrolled = demo.enroll(&owner)?;
    demo.speak(&enrolled)?;
    let narrated = demo.narrate(&enrolled)?;
    demo.log()?;
    demo.revoke(&enrolled)?;

    let batch = crate::bench::batch_gain(&demo.studio)?;
    let passed = demo.checks.iter().filter(|(_, held)| *held).count();
    let total = demo.checks.len();
    let seconds = started.elapsed().as_secs_f64();
    screen.say("");
    screen.say(format!("Checks: {passed} of {total} held."));
    screen.say(format!(
        "Narration: {} chapters, {} segments, {:.1} s of sound at {:.1} x real time, {:.1} slots busy on average.",
        narrated.chapters, narrated.segments, narrated.audio_seconds, narrated.times_real_time, narrated.mean_batch
    ));
    screen.say(format!(
        "Engine: {:.1} x real time alone; with 8 at once each costs {:.2} of that.",
        batch.times_real_time_alone, batch.cost_of_one_in_eight
    ));
    screen.say(format!("Files: {}", demo.folder.display()));
    screen.say(format!("The demo library opens with VOUCH_PASSPHRASE='{passphrase}' and is good for nothing else."));
    screen.say(format!("All of it took {seconds:.1} s."));
    let report = json!({
        "checks": demo.checks.iter().map(|(name, held)| json!({"name": name, "held": held})).collect::<Vec<_>>(),
        "checks_held": passed, "checks_total": total, "narration": narrated, "engine": batch, "seconds": seconds,
        "folder": demo.folder,
    });
    match demo.checks.iter().find(|(_, held)| !held) {
        None => Ok(report),
        Some((name, _)) => Err(Failure {
            code: "demo_check_failed".into(),
            message: format!("the demo ran, but a check did not hold: {name}"),
            fix: "run `cargo xtask test`; if that passes, report it".into(),
            exit: 6,
            more: Vec::new(),
        }),
    }
}

impl Demo<'_> {
    fn check(&mut self, name: impl Into<String>, held: bool) {
        let name = name.into();
        self.screen.say(format!("{} {name}", if held { "ok  " } else { "FAIL" }));
        self.checks.push((name, held));
    }

    fn challenge(&self, owner: &StandIn) -> Result<ChallengeCard, Failure> {
        let sample = owner.say(SAMPLE, &self.folder)?;
        Ok(self.studio.challenge(ChallengeRequest {
            owner: owner.name.into(),
            grantee: None,
            purpose: "showing how consent works".into(),
            days: 30,
            hours: 1,
            dub_into: Vec::new(),
            adult: true,
            recordings: vec![Recording::stand_in(sample)],
        })?)
    }

    fn attempt(&self, reader: &StandIn, card: &ChallengeCard, words: &[String]) -> Result<Attempt, Failure> {
        let take = read_aloud(reader, &card.sentence, words, &self.folder)?;
        Ok(self.studio.enroll(&card.session, Recording::stand_in(take), None)?)
    }

    /// Another speaker with the right words, and the right speaker with other words, are both refused.
    fn refusals(&mut self, owner: &StandIn, other: &StandIn) -> Result<(), Failure> {
        let card = self.challenge(owner)?;
        let attempt = self.attempt(other, &card, &card.words)?;
        self.check(format!("{} is refused for {}: {}", other.name, owner.name, attempt.reason()), attempt.is_refused());

        let card = self.challenge(owner)?;
        // The list read backwards from elsewhere: words of the same kind, but not the ones that were asked for.
        let wrong = self.studio.other_words(&card.words);
        let attempt = self.attempt(owner, &card, &wrong)?;
        self.check(format!("other words than asked are refused: {}", attempt.reason()), attempt.is_refused());
        Ok(())
    }

    fn enroll(&mut self, owner: &StandIn) -> Result<Enrolled, Failure> {
        let mut card = self.challenge(owner)?;
        self.screen.say(format!("Terms: {}", card.terms));
        for attempt_number in 1..=3 {
            match self.attempt(owner, &card, &card.words)? {
                Attempt::Granted(enrolled) => {
                    let words = card.words.join(", ");
                    self.check(format!("the owner is heard at try {attempt_number}, with today's words {words}"), true);
                    self.screen.say(format!("     the bundled ear did not check: {}", enrolled.unchecked.join(", ")));
                    let receipt = self.folder.join("consent.receipt");
                    std::fs::write(&receipt, &enrolled.receipt).map_err(|error| unwritable(&receipt, &error))?;
                    return Ok(*enrolled);
                }
                Attempt::Refused { refusal, next: Some(next), .. } => {
                    self.screen.say(format!("     try {attempt_number}: {refusal}; fresh words"));
                    card = next;
                }
                Attempt::Refused { refusal, next: None, .. } => return Err(StudioError::from(refusal).into()),
            }
        }
        Err(Failure::usage("three tries and no end", "report it"))
    }

    fn speak(&mut self, enrolled: &Enrolled) -> Result<(), Failure> {
        let request = SpeakRequest {
            text: SENTENCE.into(),
            voice: enrolled.voice.clone(),
            out: self.folder.join("sentence.wav"),
            language: "en".into(),
            takes: 1,
            seed: 1,
            speed: 1.0,
        };
        let spoken = self.studio.speak(&request, &Silence, self.cancel)?;
        self.check(
            format!("the clone speaks: {:.1} s in sentence.wav", spoken.audio_seconds),
            spoken.audio_seconds > 1.0,
        );
        Ok(())
    }

    fn narrate(&mut self, enrolled: &Enrolled) -> Result<studio::narrate::Narrated, Failure> {
        let book = self.folder.join("sample.epub");
        std::fs::write(&book, BOOK).map_err(|error| unwritable(&book, &error))?;
        let request = NarrateRequest {
            book,
            voice: enrolled.voice.clone(),
            out: self.folder.join("book.m4b"),
            chapters: None,
            seed: 1,
            speed: 1.0,
        };
        let narrated = self.studio.narrate(&request, self.screen, self.cancel)?;
        self.check(format!("the book is narrated: {} chapters in book.m4b", narrated.chapters), narrated.chapters >= 3);
        let again = self.studio.narrate(&request, &Silence, self.cancel)?;
        self.check(
            format!("a second run makes nothing again: {} segments made, same samples", again.made),
            again.made == 0 && again.pcm_sha256 == narrated.pcm_sha256,
        );
        Ok(narrated)
    }

    fn log(&mut self) -> Result<(), Failure> {
        let report = self.studio.library()?.check()?;
        self.check(format!("the log holds: {} entries, chained, signed, anchored", report.log_entries), true);
        Ok(())
    }

    fn revoke(&mut self, enrolled: &Enrolled) -> Result<(), Failure> {
        self.studio.revoke(&Revoke::Voice(enrolled.id.clone()))?;
        let request = SpeakRequest {
            text: "This must not be heard.".into(),
            voice: enrolled.voice.clone(),
            out: self.folder.join("never.wav"),
            language: "en".into(),
            takes: 1,
            seed: 1,
            speed: 1.0,
        };
        let refused = match self.studio.speak(&request, &Silence, self.cancel) {
            Err(error) if error.class() == Class::Refused => Some(error.to_string()),
            _ => None,
        };
        let reason = refused.clone().unwrap_or_else(|| "it was not refused".into());
        self.check(
            format!("after the consent is taken back, speaking is refused: {reason}"),
            refused.is_some() && !request.out.exists(),
        );
        Ok(())
    }
}

/// Makes the demo's folder anew. Only a folder that an earlier demo made is emptied.
fn prepare(folder: &Path) -> Result<(), Failure> {
    if folder.join(MARK).exists() {
        std::fs::remove_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    } else if folder.exists() && folder.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Failure::usage(
            format!("{} exists and is not a demo's folder", folder.display()),
            "choose a new folder with --out",
        ));
    }
    std::fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    let mark = folder.join(MARK);
    std::fs::write(&mark, "Made by `vouch demo`. The next demo deletes this folder.\n")
        .map_err(|error| unwritable(&mark, &error))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    StudioError::Unwritable { path: path.to_owned(), reason: error.to_string() }.into()
}
