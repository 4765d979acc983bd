//! How the window fetches sounds: `vouch://localhost/sound/ID` with byte ranges over the samples, and
//! `vouch://localhost/peaks/ID/BUCKETS`. Ids only, never paths; nothing else is served. Knows no file.

use http::header::{ACCEPT_RANGES, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_RANGE, CONTENT_TYPE, RANGE};
use http::{Method, Request, Response, StatusCode};

use crate::sounds::{Piece, Sounds};

/// Pairs of peaks in one answer.
const MOST_BUCKETS: usize = 4000;

/// What can be seen of films.
pub trait Films {
    /// The picture at a moment of a dub's film, as JPEG.
    fn picture(&self, dub: u64, at_ms: u64) -> Option<Vec<u8>>;
    /// The shape of a film's sound, as bytes of [`audio::peaks`].
    fn peaks(&self, dub: u64, buckets: usize) -> Option<Vec<u8>>;
}

/// Answers one request.
pub fn answer(sounds: &Sounds, films: &dyn Films, request: &Request<Vec<u8>>) -> Response<Vec<u8>> {
    // The window asks before it sends a range across schemes.
    if request.method() == Method::OPTIONS {
        return reply(StatusCode::NO_CONTENT, "text/plain", Vec::new());
    }
    if request.method() != Method::GET {
        return refuse(StatusCode::METHOD_NOT_ALLOWED, "only GET is answered");
    }
    // The path comes as one encoded part on some systems.
    let path = request.uri().path().replace("%2F", "/").replace("%2f", "/");
    let mut parts = path.trim_start_matches('/').split('/');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some("sound"), Some(id), None, None) => sound(sounds, id, request),
        (Some("peaks"), Some(id), Some(buckets), None) => peaks(sounds, id, buckets),
        (Some("frame"), Some(dub), Some(at), None) => {
            let picture = number(dub).zip(number(at)).and_then(|(dub, at)| films.picture(dub, at));
            picture.map_or_else(no_film, |bytes| reply(StatusCode::OK, "image/jpeg", bytes))
        }
        (Some("film-peaks"), Some(dub), Some(buckets), None) => {
            let buckets = number(buckets).map(|n| n as usize).filter(|n| (1..=MOST_BUCKETS).contains(n));
            let peaks = number(dub).zip(buckets).and_then(|(dub, buckets)| films.peaks(dub, buckets));
            peaks.map_or_else(no_film, |bytes| reply(StatusCode::OK, "application/octet-stream", bytes))
        }
        _ => refuse(StatusCode::NOT_FOUND, "there is nothing under this address"),
    }
}

fn sound(sounds: &Sounds, id: &str, request: &Request<Vec<u8>>) -> Response<Vec<u8>> {
    let from = match request.headers().get(RANGE) {
        None => 0,
        Some(range) => match range.to_str().ok().and_then(first_byte) {
            Some(from) => from,
            None => return refuse(StatusCode::BAD_REQUEST, "the range is not of the form bytes=N-"),
        },
    };
    match sounds.piece(id, from) {
        Piece::Unknown => gone(),
        Piece::Beyond { total } => {
            let mut response = refuse(StatusCode::RANGE_NOT_SATISFIABLE, "there is nothing there yet");
            set(&mut response, CONTENT_RANGE, &format!("bytes */{total}"));
            response
        }
        Piece::Bytes { bytes, total, complete } => {
            let last = from + bytes.len() - 1;
            let status = if from == 0 && complete { StatusCode::OK } else { StatusCode::PARTIAL_CONTENT };
            let mut response = reply(status, "audio/L16", bytes);
            // The length of a growing sound is not known yet.
            let of = if complete { total.to_string() } else { "*".to_owned() };
            set(&mut response, CONTENT_RANGE, &format!("bytes {from}-{last}/{of}"));
            response
        }
    }
}

/// `bytes=N-`, with N even: a sample is two bytes.
fn first_byte(range: &str) -> Option<usize> {
    let from: usize = range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()?;
    from.is_multiple_of(2).then_some(from)
}

fn peaks(sounds: &Sounds, id: &str, buckets: &str) -> Response<Vec<u8>> {
    let Some(buckets) = buckets.parse().ok().filter(|n| (1..=MOST_BUCKETS).contains(n)) else {
        return refuse(StatusCode::BAD_REQUEST, "the number of buckets is out of range");
    };
    match sounds.pcm(id) {
        None => gone(),
        Some(pcm) => reply(
            StatusCode::OK,
            "application/octet-stream",
            audio::peaks::to_bytes(&audio::peaks::peaks(&pcm, buckets)),
        ),
    }
}

/// A number that the window can have been told.
fn number(text: &str) -> Option<u64> {
    text.parse::<u32>().ok().map(u64::from)
}

fn no_film() -> Response<Vec<u8>> {
    refuse(StatusCode::NOT_FOUND, "there is no such picture or sound of a film")
}

fn gone() -> Response<Vec<u8>> {
    refuse(StatusCode::NOT_FOUND, "this sound is not kept any more")
}

fn reply(status: StatusCode, kind: &str, body: Vec<u8>) -> Response<Vec<u8>> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    set(&mut response, CONTENT_TYPE, kind);
    set(&mut response, ACCEPT_RANGES, "bytes");
    set(&mut response, CACHE_CONTROL, "no-store");
    // Only our own pages are ever loaded, and their origin differs by system.
    set(&mut response, ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    set(&mut response, http::header::ACCESS_CONTROL_ALLOW_HEADERS, "range");
    response
}

fn refuse(status: StatusCode, message: &str) -> Response<Vec<u8>> {
    let problem = serde_json::json!({"code": "sound_gone", "message": message, "fix": "play it again from its page"});
    reply(status, "application/json", problem.to_string().into_bytes())
}

fn set(response: &mut Response<Vec<u8>>, name: http::HeaderName, value: &str) {
    if let Ok(value) = value.parse() {
        response.headers_mut().insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct NoFilms;

    impl Films for NoFilms {
        fn picture(&self, _: u64, _: u64) -> Option<Vec<u8>> {
            None
        }

        fn peaks(&self, _: u64, _: usize) -> Option<Vec<u8>> {
            None
        }
    }

    fn ask(sounds: &Sounds, path: &str, range: Option<&str>) -> Response<Vec<u8>> {
        let mut request = Request::get(format!("vouch://localhost/{path}"));
        if let Some(range) = range {
            request = request.header(RANGE, range);
        }
        answer(sounds, &NoFilms, &request.body(Vec::new()).unwrap())
    }

    #[test]
    fn ranges_and_peaks_by_id() {
        let sounds = Sounds::default();
        let sound = sounds.put(&audio::Pcm::new(vec![0.25; 1000], 16_000).unwrap());
        let whole = ask(&sounds, &format!("sound%2F{}", sound.id), None);
        assert_eq!((whole.status(), whole.body().len()), (StatusCode::OK, 2000));
        let part = ask(&sounds, &format!("sound/{}", sound.id), Some("bytes=1990-"));
        assert_eq!((part.status(), part.body().len()), (StatusCode::PARTIAL_CONTENT, 10));
        assert_eq!(part.headers()[CONTENT_RANGE], "bytes 1990-1999/2000");
        let beyond = ask(&sounds, &format!("sound/{}", sound.id), Some("bytes=2000-"));
        assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
        let peaks = ask(&sounds, &format!("peaks/{}/10", sound.id), None);
        assert_eq!((peaks.status(), peaks.body().len()), (StatusCode::OK, 20));
    }

    #[test]
    fn everything_else_is_refused() {
        let sounds = Sounds::default();
        let sound = sounds.put(&audio::Pcm::new(vec![0.25; 10], 16_000).unwrap());
        for range in ["bytes=1-", "bytes=-5", "bytes=0-5", "bytes=99999999999999999999-", "lines=0-", "bytes=a-"] {
            let status = ask(&sounds, &format!("sound/{}", sound.id), Some(range)).status();
            assert_eq!(status, StatusCode::BAD_REQUEST, "{range}");
        }
        for path in ["", "sound", "sound/", "sound/%2E%2E%2Fetc", "etc/passwd", "sound/x/y", "peaks/x"] {
            assert_eq!(ask(&sounds, path, None).status(), StatusCode::NOT_FOUND, "{path}");
        }
        for buckets in ["0", "-1", "4001", "1e3"] {
            let status = ask(&sounds, &format!("peaks/{}/{buckets}", sound.id), None).status();
            assert_eq!(status, StatusCode::BAD_REQUEST, "{buckets}");
        }
        let post = Request::post("vouch://localhost/sound/x").body(Vec::new()).unwrap();
        assert_eq!(answer(&sounds, &NoFilms, &post).status(), StatusCode::METHOD_NOT_ALLOWED);
    }
}
