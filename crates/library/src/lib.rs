//! The library: everything a user keeps, in one folder. A database for facts, sealed files for sound, a signed log for
//! what was done with whose voice. Nothing about a person lies on disk unsealed, a grant and its log entry are one fact,
//! and a revocation takes the key away. It knows no network, no model and no screen; the time and the machine's identity
//! come in as arguments.

mod account;
mod blobs;
mod check;
mod documents;
mod error;
mod identity;
mod keyring;
mod keys;
mod ledger;
mod lock;
mod open;
mod present;
mod records;
mod requests;
mod revoke;
mod schema;
mod segments;
mod state;
mod tape;
mod voices;

#[cfg(test)]
mod tests;

pub use check::Report;
pub use documents::DocumentId;
pub use error::LibraryError;
pub use open::{Kind, Library, Unlock};
pub use requests::OpenRequest;
pub use segments::Segment;
pub use tape::{Played, Tape, TapeEnd, TapeFacts, TapeId, TapeLabel};
pub use voices::{Kept, NewVoice, Prompt, Voice};
