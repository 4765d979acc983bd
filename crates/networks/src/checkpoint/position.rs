//! Reads at a place of a file, on every system, without moving anybody's cursor where the system allows that.
//!
//! Positioned reads and not a memory map: a file that is truncated or damaged while it is mapped kills the process with a
//! signal, and a map needs `unsafe`. A read that comes up short is an error like any other.

use std::fs::File;
use std::io::{self, ErrorKind};

/// Fills `buffer` with the bytes from `at`.
pub fn read_exact_at(file: &File, mut buffer: &mut [u8], mut at: u64) -> io::Result<()> {
    while !buffer.is_empty() {
        match read_at(file, buffer, at) {
            Ok(0) => return Err(io::Error::new(ErrorKind::UnexpectedEof, "it ends too early")),
            Ok(count) => {
                buffer = &mut buffer[count..];
                at += count as u64;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, at)
}

// Moves the cursor, which nobody here relies on: every read names its place.
#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, at)
}
