//! Models over a real socket, with every way in which a server, a line, a disk or a folder can fail.

#![cfg(test)]

mod entries;
mod folder;
mod recorded;
mod server;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jobs::Cancel;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use self::server::{Manner, Server};
use super::pull::Patience;
use super::{Catalog, Entry, PullNews, Shelf, Stage, State};
use crate::{Clock, StudioError};

const WEIGHTS: &str = "model.safetensors";
const SETTINGS: &str = "sub/config.json";

struct TestClock(Instant);

impl Clock for TestClock {
    fn unix_seconds(&self) -> u64 {
        0
    }

    fn elapsed_seconds(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}

/// Three megabytes that no two of which are alike.
fn weights() -> Vec<u8> {
    (0..3_000_000_u32).flat_map(|at| [(at.wrapping_mul(2_654_435_761) >> 13) as u8]).collect()
}

fn settings() -> Vec<u8> {
    b"{\"layers\": 4}".to_vec()
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// An entry whose files come from this server.
fn entry(id: &str, base: &str, weights: &[u8], settings: &[u8]) -> String {
    format!(
        r#"
id = "{id}"
name = "A model"
about = "Speaks in a test."
licence = "Apache-2.0"
licence_url = "https://www.apache.org/licenses/LICENSE-2.0"
languages = ["en", "de"]
kind = "tts"
memory_bytes = 1000000

[[files]]
path = "{WEIGHTS}"
url = "{base}/weights"
bytes = {}
sha256 = "{}"

[[files]]
path = "{SETTINGS}"
url = "{base}/settings"
bytes = {}
sha256 = "{}"
"#,
        weights.len(),
        digest(weights),
        settings.len(),
        digest(settings)
    )
}

struct Room {
    server: Server,
    shelf: Shelf,
    folder: TempDir,
}

impl Room {
    /// A server that has the model of the catalog, or something else under its name.
    fn with(served: Vec<u8>, catalog: impl Fn(&str) -> String) -> Self {
        let server = Server::serve(vec![("weights", served), ("settings", settings())]);
        let folder = tempfile::tempdir().unwrap();
        let catalog = Catalog::parse(&[&catalog(&server.base)]).unwrap();
        let shelf = shelf(catalog, folder.path());
        Self { server, shelf, folder }
    }

    fn new() -> Self {
        Self::with(weights(), |base| entry("one", base, &weights(), &settings()))
    }

    fn pull(&self) -> Result<Entry, StudioError> {
        self.shelf.pull("one", &mut |_| (), &Cancel::new())
    }

    fn state(&self) -> State {
        self.shelf.list().unwrap().iter().find(|listed| listed.entry.id == "one").unwrap().state
    }

    fn place(&self, name: &str) -> PathBuf {
        self.folder.path().join("models/one").join(name)
    }

    /// It is all there, it is right, and nothing else is left.
    fn is_whole(&self) {
        assert_eq!(self.state(), State::Installed);
        assert_eq!(std::fs::read(self.place(WEIGHTS)).unwrap(), weights());
        assert_eq!(std::fs::read(self.place(SETTINGS)).unwrap(), settings());
        assert!(!self.place("model.safetensors.part").exists() && !self.place("model.safetensors.part.tag").exists());
        self.shelf.verify("one", &mut |_| (), &Cancel::new()).unwrap();
    }

    fn refused(&self, code: &str) {
        let error = self.pull().unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(!error.fix().is_empty());
        assert!(!matches!(self.state(), State::Installed | State::Damaged));
        assert!(!self.place("vouch-model.toml").exists());
    }
}

fn shelf(catalog: Catalog, folder: &Path) -> Shelf {
    let mut shelf = Shelf::new(catalog, folder.join("models"), Arc::new(TestClock(Instant::now())), None);
    shelf.patience = Patience { stall: Duration::from_millis(700), waits: [Duration::from_millis(20); 3] };
    shelf
}

#[test]
fn a_model_comes_whole() {
    let room = Room::new();
    assert_eq!(room.state(), State::Absent);
    assert_eq!(room.shelf.verify("one", &mut |_| (), &Cancel::new()).unwrap_err().code(), "model_not_installed");
    let mut news: Vec<PullNews> = Vec::new();
    room.shelf.pull("one", &mut |told| news.push(told), &Cancel::new()).unwrap();
    room.is_whole();
    let last = news.last().unwrap();
    assert_eq!((last.done_bytes, last.total_bytes), (3_000_013, 3_000_013));
    assert!(news.iter().any(|told| told.stage == Stage::Loading && told.file == WEIGHTS));
    assert!(news.windows(2).all(|pair| pair[0].done_bytes <= pair[1].done_bytes), "{news:?}");
    assert!(room.server.asked().iter().all(|asked| asked.range.is_none()));
    // What is there and right does not come again.
    room.pull().unwrap();
    assert_eq!(room.server.asked().len(), 2);
    // The handles are at the first byte of what was verified.
    let opened = room.shelf.open("one", &mut |_| (), &Cancel::new()).unwrap();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut &opened.files[1].1, &mut text).unwrap();
    assert_eq!(text.as_bytes(), settings());
    assert_eq!(room.shelf.installed().unwrap().len(), 1);
}

#[test]
fn a_stopped_download_goes_on_where_it_was() {
    let room = Room::new();
    room.server.behave(&[Manner { hang_after: Some(1_000_000), ..Manner::default() }]);
    let cancel = Cancel::new();
    let stopped: std::cell::Cell<Option<Instant>> = std::cell::Cell::new(None);
    let mut on = |told: PullNews| {
        if told.done_bytes == 1_000_000 && stopped.get().is_none() {
            stopped.set(Some(Instant::now()));
            cancel.cancel();
        }
    };
    let error = room.shelf.pull("one", &mut on, &cancel).unwrap_err();
    assert_eq!(error.code(), "interrupted");
    let took = stopped.get().unwrap().elapsed();
    assert!(took < Duration::from_millis(200), "stopping took {took:?}");
    assert_eq!(room.state(), State::Partial { bytes: 1_000_000 });
    assert!(room.shelf.installed().unwrap().is_empty());
    room.pull().unwrap();
    room.is_whole();
    let asked = &room.server.asked()[1];
    assert_eq!(asked.path, "/weights");
    assert_eq!((asked.range.as_deref(), asked.if_range.as_deref()), (Some("bytes=1000000-"), Some("\"one\"")));
}

#[test]
fn a_line_that_breaks_or_dies_is_taken_up_again() {
    let room = Room::new();
    let broken = Manner { drop_after: Some(700_000), ..Manner::default() };
    let dead = Manner { hang_after: Some(300_000), ..Manner::default() };
    let full = Manner { status: Some(503), ..Manner::default() };
    room.server.behave(&[broken, dead, full]);
    room.pull().unwrap();
    room.is_whole();
    let ranges: Vec<_> = room.server.asked().into_iter().map(|asked| asked.range).collect();
    let from = |bytes: &str| Some(format!("bytes={bytes}-"));
    assert_eq!(ranges, [None, from("700000"), from("1000000"), from("1000000"), None]);
}

#[test]
fn a_line_that_always_breaks_ends_and_keeps_what_came() {
    let room = Room::new();
    room.server.behave(&vec![Manner { drop_after: Some(100_000), ..Manner::default() }; 10]);
    room.refused("network");
    assert_eq!(room.server.asked().len(), 4, "one try and three more");
    assert_eq!(room.state(), State::Partial { bytes: 400_000 });
    room.server.behave(&[]);
    room.pull().unwrap();
    room.is_whole();
}

#[test]
fn a_server_without_ranges_or_with_another_version_starts_over() {
    for manner in [
        Manner { no_ranges: true, ..Manner::default() },
        Manner { etag: Some("\"two\""), ..Manner::default() },
        Manner { no_ranges: true, no_length: true, ..Manner::default() },
        Manner { wrong_start: Some(5), ..Manner::default() },
    ] {
        let room = Room::new();
        room.server.behave(&[Manner { drop_after: Some(500_000), ..Manner::default() }, manner]);
        room.pull().unwrap();
        room.is_whole();
        assert_eq!(room.server.asked()[1].range.as_deref(), Some("bytes=500000-"));
    }
}

#[test]
fn other_bytes_are_refused_and_not_kept() {
    let mut other = weights();
    other[2_000_000] ^= 1;
    let room = Room::with(other, |base| entry("one", base, &weights(), &settings()));
    room.refused("model_hash_differs");
    assert!(!room.place("model.safetensors.part").exists() && !room.place(WEIGHTS).exists());
    assert_eq!(room.state(), State::Absent);
}

#[test]
fn a_part_that_was_tampered_with_is_refused_and_not_kept() {
    let room = Room::new();
    std::fs::create_dir_all(room.place("")).unwrap();
    std::fs::write(room.place("model.safetensors.part"), vec![7; 1_000_000]).unwrap();
    room.refused("model_hash_differs");
    // The next try begins at the start.
    room.pull().unwrap();
    room.is_whole();
}

#[test]
fn a_longer_or_shorter_file_is_refused_and_not_kept() {
    let (mut longer, shorter) = (weights(), weights()[..2_000_000].to_vec());
    longer.push(1);
    for (served, no_length) in [(longer.clone(), false), (longer, true), (shorter.clone(), false), (shorter, true)] {
        let room = Room::with(served, |base| entry("one", base, &weights(), &settings()));
        room.server.behave(&[Manner { no_length, ..Manner::default() }]);
        room.refused("model_size_differs");
        assert!(!room.place("model.safetensors.part").exists());
    }
}

#[test]
fn what_a_server_does_not_have_is_not_tried_again() {
    for status in [404, 410, 403] {
        let room = Room::new();
        room.server.behave(&[Manner { status: Some(status), ..Manner::default() }]);
        room.refused("model_not_served");
        assert_eq!(room.server.asked().len(), 1);
    }
}

#[test]
fn a_redirect_may_not_leave_its_scheme_or_this_machine() {
    for to in [
        "https://example.com/weights",
        "http://192.0.2.1/weights",
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "",
        "http://a@127.0.0.1/",
    ] {
        let room = Room::new();
        room.server.behave(&[Manner { redirect: Some(to.into()), ..Manner::default() }]);
        // The empty one leads to itself, and the next answer is the file.
        if to.is_empty() {
            room.pull().unwrap();
            continue;
        }
        room.refused("bad_redirect");
        assert_eq!(room.server.asked().len(), 1);
    }
    let room = Room::new();
    room.server.behave(&[Manner { redirect: Some("/weights".into()), ..Manner::default() }]);
    room.pull().unwrap();
    room.is_whole();
    let round = Room::new();
    round.server.behave(&vec![Manner { redirect: Some("/weights".into()), ..Manner::default() }; 20]);
    round.refused("bad_redirect");
}

#[test]
fn nobody_there_is_said_so() {
    let room = Room::with(weights(), |_| entry("one", "http://127.0.0.1:1", &weights(), &settings()));
    room.refused("network");
}

#[test]
fn a_server_that_cannot_prove_who_it_is_gets_nothing_from_us() {
    let room = Room::with(weights(), |base| entry("one", &base.replace("http:", "https:"), &weights(), &settings()));
    room.refused("network");
    assert!(room.server.asked().iter().all(|asked| asked.path != "/weights"));
}
