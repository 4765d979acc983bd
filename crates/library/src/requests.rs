//! Requests for consent that this library sent out, each with the key that opens its answer, sealed. A request is answered
//! once: the key goes in the transaction that brings the voice. Knows no file and no ear.

use consent::age::ReplyKey;
use consent::log::{Facts, LogKind};
use consent::{Asking, IssuerKind, Refusal, Request, RequestId, SystemEntropy, Terms, VoiceId, WordList};
use rusqlite::{OptionalExtension, params};
use zeroize::Zeroizing;

use crate::keys::NOBODY;
use crate::state::{Failure, State};
use crate::{Kind, Library, LibraryError, NewVoice};

/// What the log calls a request that left.
const CODE: &str = "consent_request";
const ANSWERED: u8 = 0;
const OPEN: u8 = 1;
const LAPSED: u8 = 2;

/// A request that waits for its answer.
#[derive(Debug)]
pub struct OpenRequest {
    /// What was asked.
    pub request: Request,
    /// What opens the answer.
    pub key: ReplyKey,
}

impl Library {
    /// Asks for consent in the name of this library, and keeps what opens the answer. Keys of requests that nobody answered
    /// in time go.
    ///
    /// # Errors
    /// Those of [`Request::ask`].
    pub fn ask(&self, terms: Terms, list: &WordList, answer_by: u64, now: u64) -> Result<Request, LibraryError> {
        self.with(|state| state.ask(terms, list, answer_by, now))
    }

    /// A request of this library that waits for its answer.
    ///
    /// # Errors
    /// [`Refusal::NotTheRequest`] for one that this library did not make, [`Refusal::AlreadyAnswered`],
    /// [`Refusal::RequestExpired`].
    pub fn open_request(&self, id: &RequestId, now: u64) -> Result<OpenRequest, LibraryError> {
        self.with(|state| {
            let open = state.open_request(id)?;
            if now >= open.request.answer_by() { Err(Refusal::RequestExpired.into()) } else { Ok(open) }
        })
    }

    /// As [`Library::grant`], for a voice that came as the answer to a request: from this transaction on the request is
    /// answered, and nothing opens another answer to it.
    ///
    /// # Errors
    /// Also [`Refusal::NotTheRequest`] and [`Refusal::AlreadyAnswered`].
    pub fn grant_answered(&self, new: &NewVoice<'_>, request: &RequestId, now: u64) -> Result<VoiceId, LibraryError> {
        self.with(|state| state.grant(new, now, |state| state.close_request(request)))
    }
}

impl State {
    fn ask(&mut self, terms: Terms, list: &WordList, answer_by: u64, now: u64) -> Result<Request, Failure> {
        let identity = self.identity.clone();
        let asking = Asking {
            terms,
            kind: match identity.kind {
                Kind::Normal => IssuerKind::Normal,
                Kind::Demo => IssuerKind::Demo,
            },
            issuer: identity.issuer.public(),
            device: identity.device,
            revocation_epoch: self.list.epoch(),
            made_at: now,
            answer_by,
        };
        let (request, key) = Request::ask(asking, list, &identity.grantee, &mut SystemEntropy)?;
        let facts = Facts { code: Some(CODE.into()), ..Facts::default() };
        self.transact(now, Some((LogKind::Exported, facts)), |state| {
            state.forget_lapsed(now)?;
            let mut record = Zeroizing::new(vec![OPEN]);
            record.extend_from_slice(key.to_bytes().as_slice());
            record.extend_from_slice(&request.encode());
            state.put_request(request.id(), &record)
        })?;
        Ok(request)
    }

    fn open_request(&self, id: &RequestId) -> Result<OpenRequest, Failure> {
        let record = self.request(id)?.ok_or(Refusal::NotTheRequest)?;
        let damaged = |why: String| LibraryError::damaged(kind(id), why);
        match record.split_first() {
            Some((&ANSWERED, _)) => Err(Refusal::AlreadyAnswered.into()),
            Some((&LAPSED, _)) => Err(Refusal::RequestExpired.into()),
            Some((&OPEN, rest)) => {
                let (key, request) =
                    rest.split_first_chunk::<32>().ok_or_else(|| damaged("it is too short".to_owned()))?;
                let request = Request::decode(request).map_err(|why| damaged(why.to_string()))?;
                Ok(OpenRequest { request, key: ReplyKey::from_bytes(*key) })
            }
            _ => Err(damaged("it is in no known state".to_owned()).into()),
        }
    }

    fn close_request(&self, id: &RequestId) -> Result<(), Failure> {
        let open = self.open_request(id)?;
        self.put_request(id, &closed(ANSWERED, &open.request))
    }

    /// Takes the keys of requests away that can no longer be answered.
    fn forget_lapsed(&self, now: u64) -> Result<(), Failure> {
        let mut read = self.connection.prepare("SELECT name FROM settings WHERE name LIKE 'request/%'")?;
        let names: Vec<String> = read.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let ids = names.iter().filter_map(|name| name.strip_prefix("request/")?.parse::<RequestId>().ok());
        for id in ids {
            if let Ok(open) = self.open_request(&id)
                && now >= open.request.answer_by()
            {
                self.put_request(&id, &closed(LAPSED, &open.request))?;
            }
        }
        Ok(())
    }

    fn request(&self, id: &RequestId) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
        let read = "SELECT value FROM settings WHERE name = ?1";
        let sealed: Option<Vec<u8>> = self.connection.query_row(read, [place(id)], |row| row.get(0)).optional()?;
        Ok(sealed.map(|sealed| self.keys.unseal(&NOBODY, &kind(id), &sealed)).transpose()?)
    }

    fn put_request(&self, id: &RequestId, record: &[u8]) -> Result<(), Failure> {
        let sealed = self.keys.seal(&NOBODY, &kind(id), record)?;
        let write = "INSERT INTO settings (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2";
        self.connection.execute(write, params![place(id), sealed])?;
        Ok(())
    }
}

fn closed(state: u8, request: &Request) -> Vec<u8> {
    [vec![state], request.encode()].concat()
}

fn place(id: &RequestId) -> String {
    format!("request/{id}")
}

fn kind(id: &RequestId) -> String {
    format!("request {id}")
}
