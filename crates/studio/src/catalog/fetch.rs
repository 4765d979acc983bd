//! One request for one file, on a thread of its own, so that whoever waits can stop waiting at any moment. The thread only
//! reads from the network; files are none of its business.

use std::io::Read;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use ureq::http::{HeaderMap, StatusCode};
use ureq::{Agent, Body};
use url::Url;

use super::checks::{follow, is_loopback};

/// Bytes that are handed over at once.
const CHUNK: usize = 256 * 1024;
/// Chunks that wait to be written.
const WAITING: usize = 4;
const MOST_REDIRECTS: usize = 5;
/// Longest validator that is sent back, in bytes.
const MOST_VALIDATOR: usize = 500;

/// The way out of this network, as the door knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// As in `http://proxy.example:3128`.
    pub url: String,
    /// Hosts that are reached without it, as in `NO_PROXY`: names, `.domains`, or `*`, with commas.
    pub except: String,
}

impl Proxy {
    fn takes(&self, host: &str) -> bool {
        !self.except.split(',').map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
            let domain = entry.trim_start_matches('*').trim_start_matches('.');
            entry == "*" || host == domain || host.strip_suffix(domain).is_some_and(|front| front.ends_with('.'))
        })
    }
}

/// What to ask for.
pub struct Ask {
    pub url: Url,
    /// First byte that is wanted.
    pub from: u64,
    /// What the server called this version of the file when the bytes before came.
    pub validator: Option<String>,
    pub proxy: Option<Proxy>,
    /// How long nothing may come before the line counts as dead.
    pub stall: Duration,
}

/// What came, in this order: one head, then bytes, then the end. A failure may take the place of any.
pub enum Came {
    Head(Head),
    Bytes(Vec<u8>),
    End,
    Failed(Failure),
}

/// What the server says about the bytes that follow.
#[derive(Debug, PartialEq, Eq)]
pub struct Head {
    /// Which byte of the file comes first.
    pub start: u64,
    /// Size of the whole file, where the server tells.
    pub whole: Option<u64>,
    pub validator: Option<String>,
}

/// Why it ended early.
#[derive(Debug, PartialEq, Eq)]
pub enum Failure {
    /// May go better the next time.
    Network { host: String, reason: String },
    /// The server has other ideas of where we are in the file: begin at its start.
    Range { host: String, whole: Option<u64> },
    /// Will not go better.
    Status { host: String, status: u16 },
    /// Will not go better.
    Redirect { host: String },
}

/// Asks. Dropping the receiver ends the thread with its next chunk, or when the line has been dead for `stall`.
pub fn begin(ask: Ask) -> Receiver<Came> {
    let (say, hear) = sync_channel(WAITING);
    let failed = say.clone();
    let spawned = thread::Builder::new().name("fetch".into()).spawn(move || {
        let last = match run(ask, &say) {
            Ok(()) => Came::End,
            Err(failure) => Came::Failed(failure),
        };
        // Nobody may be waiting any more.
        drop(say.send(last));
    });
    if let Err(error) = spawned {
        drop(failed.send(Came::Failed(Failure::Network { host: "this machine".into(), reason: error.to_string() })));
    }
    hear
}

fn run(mut ask: Ask, say: &SyncSender<Came>) -> Result<(), Failure> {
    for _ in 0..=MOST_REDIRECTS {
        let host = host(&ask.url);
        let network = |reason: String| Failure::Network { host: host.clone(), reason };
        let response = send(&ask).map_err(|error| network(error.to_string()))?;
        let (status, headers) = (response.status(), response.headers());
        if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
            let next = headers.get("location").and_then(|location| location.to_str().ok());
            ask.url =
                next.and_then(|next| follow(&ask.url, next)).ok_or_else(|| Failure::Redirect { host: host.clone() })?;
            continue;
        }
        let head = head(&ask, status, headers, &host)?;
        if say.send(Came::Head(head)).is_err() {
            return Ok(());
        }
        return read(response.into_body(), say).map_err(network);
    }
    Err(Failure::Redirect { host: host(&ask.url) })
}

fn send(ask: &Ask) -> Result<ureq::http::Response<Body>, ureq::Error> {
    let proxy = match &ask.proxy {
        Some(proxy) if !is_loopback(&ask.url) && proxy.takes(&host(&ask.url)) => Some(ureq::Proxy::new(&proxy.url)?),
        _ => None,
    };
    let agent: Agent = Agent::config_builder()
        .http_status_as_error(false)
        // Redirects are followed here, where each one is checked.
        .max_redirects(0)
        // Never from the environment: that is the door's.
        .proxy(proxy)
        .timeout_resolve(Some(ask.stall))
        .timeout_connect(Some(ask.stall))
        .timeout_recv_response(Some(ask.stall))
        .timeout_per_read(Some(ask.stall))
        .user_agent(concat!("vouch/", env!("CARGO_PKG_VERSION")))
        .accept_encoding("identity")
        .build()
        .into();
    let mut request = agent.get(ask.url.as_str());
    if ask.from > 0 {
        request = request.header("range", format!("bytes={}-", ask.from));
        if let Some(validator) = &ask.validator {
            request = request.header("if-range", validator);
        }
    }
    request.call()
}

fn head(ask: &Ask, status: StatusCode, headers: &HeaderMap, host: &str) -> Result<Head, Failure> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let range = text("content-range").and_then(content_range);
    let validator = validator(text("etag"), text("last-modified"));
    match status.as_u16() {
        200 => Ok(Head { start: 0, whole: text("content-length").and_then(|text| text.parse().ok()), validator }),
        206 => match range {
            Some((Some(start), whole)) if start == ask.from => Ok(Head { start, whole, validator }),
            _ => Err(Failure::Range { host: host.to_owned(), whole: None }),
        },
        416 => Err(Failure::Range { host: host.to_owned(), whole: range.and_then(|(_, whole)| whole) }),
        status @ (408 | 425 | 429 | 500..=599) => {
            Err(Failure::Network { host: host.to_owned(), reason: format!("it answered {status}") })
        }
        status => Err(Failure::Status { host: host.to_owned(), status }),
    }
}

fn read(body: Body, say: &SyncSender<Came>) -> Result<(), String> {
    let mut reader = body.into_reader();
    loop {
        let mut chunk = vec![0; CHUNK];
        let count = reader.read(&mut chunk).map_err(|error| error.to_string())?;
        if count == 0 {
            return Ok(());
        }
        chunk.truncate(count);
        if say.send(Came::Bytes(chunk)).is_err() {
            return Ok(());
        }
    }
}

/// `bytes 5-9/10`: first byte and whole size; `bytes */10` has no first byte.
fn content_range(text: &str) -> Option<(Option<u64>, Option<u64>)> {
    let (range, whole) = text.strip_prefix("bytes ")?.split_once('/')?;
    let whole = if whole == "*" { None } else { Some(whole.parse().ok()?) };
    let start = if range == "*" { None } else { Some(range.split_once('-')?.0.parse().ok()?) };
    Some((start, whole))
}

/// Something that names exactly this version of a file. A weak tag does not.
fn validator(etag: Option<&str>, modified: Option<&str>) -> Option<String> {
    etag.filter(|tag| tag.starts_with('"')).or(modified).filter(|text| is_header(text)).map(str::to_owned)
}

/// Whether it can be sent back as a header.
pub fn is_header(text: &str) -> bool {
    !text.is_empty() && text.len() <= MOST_VALIDATOR && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

/// Name of the server, for words.
pub fn host(url: &Url) -> String {
    url.host_str().unwrap_or("the server").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_read_as_servers_write_them() {
        assert_eq!(content_range("bytes 5-9/10"), Some((Some(5), Some(10))));
        assert_eq!(content_range("bytes 5-9/*"), Some((Some(5), None)));
        assert_eq!(content_range("bytes */10"), Some((None, Some(10))));
        for bad in ["", "bytes", "bytes 5/10", "items 5-9/10", "bytes x-9/10", "bytes 5-9/ten"] {
            assert_eq!(content_range(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_strong_tags_name_a_version() {
        assert_eq!(validator(Some("\"a\""), Some("Mon")), Some("\"a\"".into()));
        assert_eq!(validator(Some("W/\"a\""), Some("Mon")), Some("Mon".into()));
        assert_eq!(validator(Some("W/\"a\""), None), None);
        assert_eq!(validator(Some("\"a\r\nb\""), None), None);
        assert_eq!(validator(Some(&format!("\"{}\"", "x".repeat(600))), None), None);
    }

    #[test]
    fn a_proxy_leaves_out_what_it_is_told_to() {
        let proxy = Proxy { url: "http://p".into(), except: "one.example, .two.example,*.three.example".into() };
        assert!(!proxy.takes("one.example") && !proxy.takes("a.two.example") && !proxy.takes("b.three.example"));
        assert!(proxy.takes("four.example") && proxy.takes("notone.example"));
        assert!(!Proxy { except: "*".into(), ..proxy.clone() }.takes("any.example"));
        assert!(Proxy { except: String::new(), ..proxy }.takes("any.example"));
    }
}
