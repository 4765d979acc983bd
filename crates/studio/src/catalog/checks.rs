//! What an entry may hold. Each field is checked as if somebody hostile had written it; knows no file and no network.

use std::collections::HashSet;
use std::fmt;

use url::{Host, Url};

use super::{Entry, Piece};
use crate::Models;

/// Largest file of a model, in bytes.
pub const MOST_FILE_BYTES: u64 = 40_000_000_000;
/// Most files of a model.
pub const MOST_FILES: usize = 64;
/// Longest entry, in bytes.
pub const MOST_ENTRY_BYTES: usize = 64 * 1024;

const MOST_MEMORY_BYTES: u64 = 1 << 40;
const MOST_ADDRESS: usize = 2000;
const MOST_PATH: usize = 200;
/// Plain data only. Formats that can carry a program (pickle: `.bin`, `.pt`, `.pth`, `.ckpt`) are not among them.
const ENDINGS: &[&str] = &["safetensors", "json", "txt", "model"];

/// Which field, and what is wrong with it.
#[derive(Debug)]
pub struct Wrong(String, &'static str);

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, self.1)
    }
}

/// Checks every field.
pub fn entry(entry: &Entry) -> Result<(), Wrong> {
    let wrong = |field: &str, why| Wrong(format!("the {field}"), why);
    id(&entry.id).map_err(|why| wrong("id", why))?;
    for (field, text, most) in
        [("name", &entry.name, 100), ("line about it", &entry.about, 300), ("licence", &entry.licence, 100)]
    {
        if text.trim().is_empty() || text.chars().count() > most || text.chars().any(char::is_control) {
            return Err(wrong(field, "is empty, too long, or holds control characters"));
        }
    }
    match address(&entry.licence_url) {
        Ok(url) if url.scheme() == "https" => {}
        // Whoever brings a model knows under which licence; this program does not.
        Err(_) if entry.own && entry.licence_url.is_empty() => {}
        _ => return Err(wrong("licence's address", "is not an https address")),
    }
    let fits = |tag: &String| {
        (2..=35).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if entry.languages.len() > 500 || !entry.languages.iter().all(fits) {
        return Err(wrong("list of languages", "holds something that is no BCP 47 tag"));
    }
    if entry.memory_bytes > MOST_MEMORY_BYTES {
        return Err(wrong("need of memory", "is over a terabyte"));
    }
    let name = |text: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        (1..=100).contains(&text.len()) && text.bytes().all(plain) && !text.starts_with('.') && !text.contains("..")
    };
    let commit = |text: &str| text.len() == 40 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    match (&entry.repository, &entry.revision) {
        (None, None) => {}
        (Some(repository), Some(revision)) => {
            if !repository.split_once('/').is_some_and(|(owner, rest)| name(owner) && name(rest)) {
                return Err(wrong("repository", "is not an owner and a name with a / between them"));
            }
            if !commit(revision) {
                return Err(wrong("revision", "is not a full commit in lowercase hex"));
            }
        }
        _ => return Err(wrong("repository", "is there without a revision, or the other way round")),
    }
    if entry.files.is_empty() || entry.files.len() > MOST_FILES {
        return Err(wrong("list of files", "is empty or too long"));
    }
    let mut seen = HashSet::new();
    for file in &entry.files {
        piece(entry, file).map_err(|why| Wrong(format!("the file {:?}", shown(&file.path)), why))?;
        // Some file systems do not tell capitals from small letters.
        if !seen.insert(file.path.to_ascii_lowercase()) {
            return Err(Wrong(format!("the file {:?}", file.path), "is there twice"));
        }
    }
    let folders = |path: &str| path.match_indices('/').map(|(at, _)| path[..at].to_owned()).collect::<Vec<_>>();
    if seen.iter().any(|path| folders(path).iter().any(|folder| seen.contains(folder))) {
        return Err(wrong("list of files", "has one name for a file and a folder"));
    }
    Ok(())
}

fn piece(entry: &Entry, piece: &Piece) -> Result<(), &'static str> {
    path(&piece.path)?;
    if !(entry.own && piece.url.is_empty()) {
        address(&entry.address(piece))?;
    }
    if piece.bytes.is_some_and(|bytes| bytes == 0 || bytes > MOST_FILE_BYTES) {
        return Err("is empty or over 40 GB");
    }
    let hex = |text: &String| text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    match (&piece.sha256, piece.bytes) {
        (Some(digest), _) if !hex(digest) => Err("has no SHA-256 in lowercase hex"),
        // To tell a file that was cut short from a whole one, one of the two is needed; a digest alone comes too late.
        (Some(_), None) => Err("has a digest and no size"),
        _ => Ok(()),
    }
}

/// An id that can be the name of a folder everywhere.
pub fn id(id: &str) -> Result<(), &'static str> {
    if id.is_empty() || id.len() > 64 {
        return Err("is empty or longer than 64 characters");
    }
    if !id.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-')) {
        return Err("holds other signs than a-z, 0-9, a full stop and a hyphen");
    }
    // `.`, `..`, hidden folders, and what a command line takes for an option.
    if id.starts_with(['.', '-']) || id.ends_with('.') || id.contains("..") {
        return Err("begins or ends with a full stop or a hyphen");
    }
    if is_bundled(id) {
        return Err("is that of a model that comes with the program");
    }
    Ok(())
}

/// Whether a model of this id comes with the program.
pub fn is_bundled(id: &str) -> bool {
    Models::bundled().iter().any(|model| model.id == id)
}

fn path(path: &str) -> Result<(), &'static str> {
    if path.len() > MOST_PATH {
        return Err("has too long a name");
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    for part in path.split('/') {
        if part.is_empty() || part.starts_with(['.', '-']) || part.ends_with('.') || !part.bytes().all(plain) {
            return Err("is not inside of the model's folder, or has unusual signs in its name");
        }
    }
    match path.rsplit_once('.') {
        Some((_, ending)) if ENDINGS.contains(&ending) => Ok(()),
        _ => Err("is none of .safetensors, .json, .txt and .model"),
    }
}

/// An address that files are taken from: https, or http on this very machine.
pub fn address(text: &str) -> Result<Url, &'static str> {
    if text.len() > MOST_ADDRESS {
        return Err("has too long an address");
    }
    let url = Url::parse(text).map_err(|_| "has no address that can be read")?;
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err("has an address with a user's name or a fragment in it");
    }
    match (url.scheme(), url.host()) {
        ("https", Some(_)) => Ok(url),
        ("http", Some(_)) if is_loopback(&url) => Ok(url),
        _ => Err("has an address that is not https"),
    }
}

/// Where a server sends us on to. It may not lead from https to anything else, nor from this machine to another.
pub fn follow(from: &Url, location: &str) -> Option<Url> {
    if location.len() > MOST_ADDRESS {
        return None;
    }
    let mut next = from.join(location).ok()?;
    next.set_fragment(None);
    let next = address(next.as_str()).ok()?;
    (next.scheme() == from.scheme()).then_some(next)
}

/// Whether it is on this very machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        _ => false,
    }
}

fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}
