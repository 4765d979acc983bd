//! SHA-256 with a name in front of every use, so that a hash made for one purpose never passes for another.

use sha2::{Digest, Sha256};

/// 32 bytes of SHA-256.
pub(crate) type Hash = [u8; 32];

/// SHA-256 of the parts, one after the other.
pub(crate) fn sha256(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// SHA-256 of `domain`, a zero byte and the parts.
pub(crate) fn tagged(domain: &str, parts: &[&[u8]]) -> Hash {
    let mut all: Vec<&[u8]> = vec![domain.as_bytes(), b"\0"];
    all.extend_from_slice(parts);
    sha256(&all)
}
