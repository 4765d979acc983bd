//! What the owner agrees to: one record, one plain sentence to read on the screen, one statement to read aloud.
//! Knows no signature and no sound.

use unicode_normalization::UnicodeNormalization;

use crate::cbor::{Reader, Writer};
use crate::date::Date;
use crate::digest::{Hash, sha256};
use crate::scope::listed;
use crate::{Language, Refusal, Scopes, WordList};

const RECORD: &str = "terms";
const SCHEMA: u64 = 1;
/// The statement without languages, and the one that names them.
const TEMPLATES: [u64; 2] = [1, 2];
const NAME_MOST_BYTES: usize = 100;
const PURPOSE_LEAST_CHARS: usize = 10;
const PURPOSE_MOST_BYTES: usize = 200;
pub(crate) const AUDIENCES_MOST: usize = 16;
const CAP_MOST_HOURS: u64 = 100_000;
/// Longest time that a grant can hold, in days.
pub const LONGEST_DAYS: u64 = 366;
/// Most languages that one grant can name to dub into: more cannot be read aloud as one sentence.
pub const LANGUAGES_MOST: usize = 12;
/// End date proposed to the owner, in months from today.
pub const PROPOSED_MONTHS: u32 = 6;

/// A place where the voice may be used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Audience {
    /// The machine on which consent was given.
    Local,
    /// A cluster, by the fingerprint of its key (hexadecimal digits).
    Cluster(String),
}

impl Audience {
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Local => "local".to_owned(),
            Self::Cluster(fingerprint) => format!("cluster:{fingerprint}"),
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text == "local" {
            return Some(Self::Local);
        }
        let fingerprint = text.strip_prefix("cluster:")?;
        let plain = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        (16..=64).contains(&fingerprint.len()).then_some(())?;
        fingerprint.chars().all(plain).then(|| Self::Cluster(fingerprint.to_owned()))
    }
}

/// The terms as the owner fills them in.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms {
    /// Full name of the person whose voice it is.
    pub owner_name: String,
    /// Full name of the person or organisation who may use it.
    pub grantee_name: String,
    /// What for; at least ten characters, specific.
    pub purpose: String,
    /// BCP 47 language of the statement. Only `en` has a reviewed statement.
    pub language: String,
    /// What may be done.
    pub scopes: Scopes,
    /// Other languages than the statement's in which the voice may speak. None is named without [`Scopes::DUB`], and
    /// that scope is nothing without one.
    pub dub_into: Vec<Language>,
    /// Where.
    pub audiences: Vec<Audience>,
    /// Last day.
    pub until: Date,
    /// Most hours of speech that may be made.
    pub cap_hours: u64,
    /// The owner says that they are an adult.
    pub adult: bool,
}

/// Terms that passed every check, bound to the word list they will be spoken with. What is signed.
#[derive(Debug, Clone, PartialEq)]
pub struct AgreedTerms {
    pub(crate) terms: Terms,
    pub(crate) word_list: Hash,
    pub(crate) word_list_length: u64,
}

impl Terms {
    /// Puts text into normal form C, sorts places and languages, and checks everything a signature would make final.
    pub(crate) fn agree(mut self, list: &WordList, now: u64) -> Result<AgreedTerms, Refusal> {
        for text in [&mut self.owner_name, &mut self.grantee_name, &mut self.purpose] {
            *text = text.nfc().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ");
        }
        self.audiences.sort();
        self.audiences.dedup();
        self.dub_into.sort();
        self.dub_into.dedup();
        let agreed = AgreedTerms { terms: self, word_list: *list.hash(), word_list_length: list.words().len() as u64 };
        agreed.check()?;
        if agreed.terms.until.end() <= now {
            return Err(Refusal::Terms { what: "the end date has passed" });
        }
        if agreed.terms.until.end() - now > LONGEST_DAYS * 86_400 {
            return Err(Refusal::SpanTooLong);
        }
        Ok(agreed)
    }

    /// The terms in one plain sentence, for the screen and the voice card.
    #[must_use]
    pub fn plain_sentence(&self) -> String {
        self.plain_sentence_on("this machine")
    }

    /// The same, with a name for the machine that the grant holds on: an owner elsewhere reads it on another.
    #[must_use]
    pub fn plain_sentence_on(&self, machine: &str) -> String {
        let places: Vec<String> = self
            .audiences
            .iter()
            .map(|audience| match audience {
                Audience::Local => machine.to_owned(),
                Audience::Cluster(fingerprint) => format!("cluster {fingerprint}"),
            })
            .collect();
        format!(
            "{owner} allows {grantee} to make a computer voice from {owner}'s recordings, for {purpose}: {scopes}, on {places}, \
             at most {cap} of speech, until {date}; {owner} is an adult and can stop this at any time.",
            owner = self.owner_name,
            grantee = self.grantee_name,
            purpose = self.purpose,
            scopes = listed(self.uses().into_iter()),
            places = places.join(" and "),
            cap = if self.cap_hours == 1 { "1 hour".to_owned() } else { format!("{} hours", self.cap_hours) },
            date = self.until.english(),
        )
    }

    /// What is allowed, use by use, in words; dubbing with its languages.
    #[must_use]
    pub fn uses(&self) -> Vec<String> {
        let mut uses: Vec<String> = self.scopes.without(Scopes::DUB).labels().map(str::to_owned).collect();
        if !self.dub_into.is_empty() {
            uses.push(format!("dubbing into {}", self.languages()));
        }
        uses
    }

    /// The languages to dub into, by their English names.
    fn languages(&self) -> String {
        listed(self.dub_into.iter().map(|language| language.english()))
    }

    pub(crate) fn cap_seconds(&self) -> u64 {
        self.cap_hours * 3600
    }
}

/// One stretch of the statement, and how strictly it must be heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clause {
    Fixed,
    Owner,
    Grantee,
    Languages,
    Purpose,
    Date,
}

impl Clause {
    /// Whether the owner filled it in, so that its length in words is not known beforehand.
    pub(crate) fn is_filled_in(self) -> bool {
        self != Self::Fixed
    }
}

impl AgreedTerms {
    /// The statement in reading order. The challenge words follow it.
    pub(crate) fn clauses(&self) -> Vec<(Clause, String)> {
        let terms = &self.terms;
        let fixed = |text: &str| (Clause::Fixed, text.to_owned());
        let mut clauses = vec![
            fixed("I,"),
            (Clause::Owner, format!("{},", terms.owner_name)),
            fixed("allow"),
            (Clause::Grantee, terms.grantee_name.clone()),
        ];
        if terms.dub_into.is_empty() {
            clauses.push(fixed("to make a computer voice from my recordings, for"));
        } else {
            clauses.extend([
                fixed("to make a computer voice from my recordings, with dubbing into"),
                (Clause::Languages, format!("{},", terms.languages())),
                fixed("for"),
            ]);
        }
        clauses.extend([
            (Clause::Purpose, format!("{},", terms.purpose)),
            fixed("until"),
            (Clause::Date, format!("{}.", terms.until.english())),
            fixed("I can stop this at any time. Today's words are"),
        ]);
        clauses
    }

    /// Which statement it is.
    fn template(&self) -> u64 {
        TEMPLATES[usize::from(!self.terms.dub_into.is_empty())]
    }

    pub(crate) fn statement(&self) -> String {
        self.clauses().iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join(" ")
    }

    pub(crate) fn hash(&self) -> Hash {
        sha256(&[&self.encode()])
    }

    fn check(&self) -> Result<(), Refusal> {
        let terms = &self.terms;
        let refuse = |what| Err(Refusal::Terms { what });
        for name in [&terms.owner_name, &terms.grantee_name] {
            if name.chars().filter(|c| c.is_alphanumeric()).count() < 2 || name.len() > NAME_MOST_BYTES {
                return refuse("a name is missing or too long");
            }
        }
        if terms.owner_name.chars().chain(terms.grantee_name.chars()).chain(terms.purpose.chars()).any(char::is_control)
        {
            return refuse("a name or the purpose has control characters");
        }
        if terms.purpose.chars().count() < PURPOSE_LEAST_CHARS || terms.purpose.len() > PURPOSE_MOST_BYTES {
            return refuse("the purpose must be 10 to 200 characters long");
        }
        if terms.language != "en" {
            return Err(Refusal::Language { language: terms.language.clone() });
        }
        if terms.scopes.is_empty() {
            return refuse("nothing is allowed in them");
        }
        self.check_languages()?;
        if terms.audiences.is_empty() || terms.audiences.len() > AUDIENCES_MOST {
            return refuse("they must name 1 to 16 places");
        }
        if !terms.audiences.is_sorted_by(|a, b| a < b) {
            return refuse("the places are not sorted");
        }
        if terms.audiences.iter().any(|audience| Audience::parse(&audience.text()).as_ref() != Some(audience)) {
            return refuse("a cluster is not named by its key's fingerprint");
        }
        if terms.audiences.iter().any(|audience| *audience != Audience::Local) && !terms.scopes.contains(Scopes::REMOTE)
        {
            return refuse("a cluster is named but use on a cluster is not allowed");
        }
        if terms.cap_hours == 0 || terms.cap_hours > CAP_MOST_HOURS {
            return refuse("the hours of speech must be 1 to 100000");
        }
        if !terms.adult {
            return refuse("only an adult can give consent");
        }
        Ok(())
    }

    fn check_languages(&self) -> Result<(), Refusal> {
        let (languages, scopes) = (&self.terms.dub_into, self.terms.scopes);
        let refuse = |what| Err(Refusal::Terms { what });
        if languages.is_empty() == scopes.contains(Scopes::DUB) {
            return refuse("dubbing is allowed without a language, or a language is named without dubbing");
        }
        if languages.len() > LANGUAGES_MOST {
            return refuse("they name more than 12 languages to dub into");
        }
        if !languages.is_sorted_by(|a, b| a < b) {
            return refuse("the languages to dub into are not sorted");
        }
        if languages.iter().any(|language| language.tag() == self.terms.language) {
            return refuse("the statement's own language needs no dubbing: it is speech from text");
        }
        if !languages.is_empty() && !scopes.contains(Scopes::TTS) {
            return refuse("dubbing is allowed but speech from text is not");
        }
        Ok(())
    }

    pub(crate) fn audience_texts(&self) -> Vec<String> {
        self.terms.audiences.iter().map(Audience::text).collect()
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let terms = &self.terms;
        let writer = Writer::new()
            .uint(1, SCHEMA)
            .text(2, &terms.owner_name)
            .text(3, &terms.grantee_name)
            .text(4, &terms.language)
            .uint(5, self.template())
            .bytes(6, &self.word_list)
            .uint(7, self.word_list_length)
            .text(8, &terms.purpose)
            .uint(9, terms.until.days())
            .uint(10, terms.cap_hours)
            .uint(11, terms.scopes.bits())
            .texts(12, &self.audience_texts())
            .uint(13, u64::from(terms.adult));
        // Absent where none is named: terms from before there were languages keep their bytes, and so their hash.
        if terms.dub_into.is_empty() {
            return writer.finish();
        }
        let tags: Vec<&str> = terms.dub_into.iter().map(|language| language.tag()).collect();
        writer.texts(14, &tags).finish()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut reader = Reader::open(RECORD, bytes)?;
        let bad = |what| Refusal::malformed(RECORD, what);
        if reader.uint(1)? != SCHEMA {
            return Err(bad("has a schema that this version does not know"));
        }
        let (owner_name, grantee_name, language) = (reader.text(2)?, reader.text(3)?, reader.text(4)?);
        if !TEMPLATES.contains(&reader.uint(5)?) {
            return Err(bad("names a statement that this version does not know"));
        }
        let (word_list, word_list_length) = (reader.fixed(6)?, reader.uint(7)?);
        let purpose = reader.text(8)?;
        let until = Date::from_days(reader.uint(9)?).ok_or_else(|| bad("has a date out of range"))?;
        let cap_hours = reader.uint(10)?;
        let scopes =
            Scopes::from_bits(reader.uint(11)?).ok_or_else(|| bad("allows something this version does not know"))?;
        let audiences = reader.texts(12)?.iter().map(|text| Audience::parse(text)).collect::<Option<Vec<_>>>();
        let audiences = audiences.ok_or_else(|| bad("names a place that this version does not know"))?;
        let adult = reader.uint(13)? == 1;
        let tags = reader.optional_texts(14)?.unwrap_or_default();
        reader.finish()?;
        let dub_into = tags.iter().map(|tag| Language::of_tag(tag)).collect::<Option<Vec<_>>>();
        let dub_into = dub_into.ok_or_else(|| bad("names a language that this version does not know"))?;
        let terms =
            Terms { owner_name, grantee_name, purpose, language, scopes, dub_into, audiences, until, cap_hours, adult };
        let agreed = Self { terms, word_list, word_list_length };
        agreed.check()?;
        if agreed.encode() != bytes {
            return Err(bad("is not in canonical form"));
        }
        Ok(agreed)
    }
}

#[cfg(test)]
mod tests;
