//! A small HTTP server on a real socket, which misbehaves as told.

#![cfg(test)]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// How the server behaves for one request.
#[derive(Debug, Clone, Default)]
pub struct Manner {
    /// Answers this instead of the file.
    pub status: Option<u16>,
    /// Sends on to here.
    pub redirect: Option<String>,
    /// Knows no ranges.
    pub no_ranges: bool,
    /// Says nothing of the length.
    pub no_length: bool,
    /// Hangs up after so many bytes of the body.
    pub drop_after: Option<usize>,
    /// Sends so many bytes of the body and then nothing more, with the line open.
    pub hang_after: Option<usize>,
    /// Names another version of the file.
    pub etag: Option<&'static str>,
    /// Says `206` with this first byte, whatever was asked.
    pub wrong_start: Option<usize>,
}

/// What was asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    pub path: String,
    pub range: Option<String>,
    pub if_range: Option<String>,
}

/// The server; it lives as long as the test.
pub struct Server {
    pub base: String,
    files: Arc<Mutex<Files>>,
    manners: Arc<Mutex<Vec<Manner>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// Files by their names.
type Files = Vec<(&'static str, Vec<u8>)>;

impl Server {
    /// Serves these files, each under `/NAME`.
    pub fn serve(files: Files) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (manners, asked) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
        let files = Arc::new(Mutex::new(files));
        let server = Self { base, files: Arc::clone(&files), manners: Arc::clone(&manners), asked: Arc::clone(&asked) };
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (files, manners, asked) = (Arc::clone(&files), Arc::clone(&manners), Arc::clone(&asked));
                thread::spawn(move || answer(stream, &files, &manners, &asked));
            }
        });
        server
    }

    /// How the next requests are answered, in this order; those after them properly.
    pub fn behave(&self, manners: &[Manner]) {
        *self.manners.lock().unwrap() = manners.iter().rev().cloned().collect();
    }

    /// From now on the file of this name holds these bytes.
    pub fn replace(&self, name: &str, body: &[u8]) {
        self.files
            .lock()
            .unwrap()
            .iter_mut()
            .filter(|(known, _)| *known == name)
            .for_each(|file| file.1 = body.to_vec());
    }

    /// What was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn answer(
    mut stream: TcpStream,
    files: &Mutex<Files>,
    manners: &Mutex<Vec<Manner>>,
    asked: &Mutex<Vec<Asked>>,
) -> Option<()> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
    let path = lines.next()?.ok()?.split(' ').nth(1)?.to_owned();
    let (mut range, mut if_range) = (None, None);
    for line in lines.map_while(Result::ok).take_while(|line| !line.is_empty()) {
        let Some((name, value)) = line.split_once(':') else { continue };
        match name.to_ascii_lowercase().as_str() {
            "range" => range = Some(value.trim().to_owned()),
            "if-range" => if_range = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    asked.lock().unwrap().push(Asked { path: path.clone(), range: range.clone(), if_range: if_range.clone() });
    let manner = manners.lock().unwrap().pop().unwrap_or_default();
    if let Some(to) = manner.redirect {
        return write!(stream, "HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n").ok();
    }
    let found = files.lock().unwrap().iter().find(|(name, _)| path == format!("/{name}")).map(|(_, body)| body.clone());
    let body = found.as_ref();
    let status = manner.status.unwrap_or(if body.is_some() { 200 } else { 404 });
    if status != 200 {
        return write!(stream, "HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n").ok();
    }
    let body = body?;
    let etag = manner.etag.unwrap_or("\"one\"");
    let wanted = range.filter(|_| !manner.no_ranges).filter(|_| if_range.is_none_or(|tag| tag == etag));
    let start: Option<usize> = wanted.and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    if start.is_some_and(|start| start >= body.len()) {
        return write!(stream, "HTTP/1.1 416 No\r\nContent-Range: bytes */{}\r\nContent-Length: 0\r\n\r\n", body.len())
            .ok();
    }
    let rest = &body[start.unwrap_or(0)..];
    let mut head = if let Some(start) = start {
        let told = manner.wrong_start.unwrap_or(start);
        format!("HTTP/1.1 206 Partial\r\nContent-Range: bytes {told}-{}/{}\r\n", body.len() - 1, body.len())
    } else {
        "HTTP/1.1 200 OK\r\n".to_owned()
    };
    head += &format!("ETag: {etag}\r\nConnection: close\r\n");
    if !manner.no_length {
        head += &format!("Content-Length: {}\r\n", rest.len());
    }
    write!(stream, "{head}\r\n").ok()?;
    let send = manner.drop_after.or(manner.hang_after).unwrap_or(rest.len()).min(rest.len());
    stream.write_all(&rest[..send]).ok()?;
    stream.flush().ok()?;
    if manner.hang_after.is_some() {
        thread::sleep(Duration::from_secs(20));
    }
    Some(())
}
