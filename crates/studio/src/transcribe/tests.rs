//! Recordings written down by a tiny model and by scripted ones.

use std::collections::HashMap;
use std::fs::{self, File};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use speech::{Capacity, Fault, Progress, SlotId};
use tempfile::TempDir;

use super::cues::{COLUMNS, cues, width};
use super::*;
use crate::{Clock, Settings};

struct TestClock(Instant);

impl Clock for TestClock {
    fn unix_seconds(&self) -> u64 {
        1_900_000_000
    }

    fn elapsed_seconds(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}

fn studio() -> Studio {
    Studio::without_library(Settings {
        clock: Arc::new(TestClock(Instant::now())),
        ffmpeg: None,
        slots: 4,
        hands: 1,
        shelf: None,
    })
}

/// Answers each request with what a function makes of it, after some steps.
struct Answering<R, C> {
    answer: fn(&R) -> Result<C, Fault>,
    steps: usize,
    running: HashMap<SlotId, (R, usize)>,
    begun: Arc<AtomicUsize>,
}

impl<R: Send + 'static, C: Send + 'static> StepModel for Answering<R, C> {
    type Request = R;
    type Chunk = C;

    fn capacity(&self) -> Capacity {
        Capacity { slots: 2, positions: 100 }
    }

    fn positions(&self, _: &R) -> usize {
        1
    }

    fn admit(&mut self, batch: Vec<(SlotId, R)>) -> Vec<(SlotId, Fault)> {
        self.begun.fetch_add(batch.len(), Ordering::SeqCst);
        self.running.extend(batch.into_iter().map(|(slot, request)| (slot, (request, self.steps))));
        Vec::new()
    }

    fn step(&mut self, active: &[SlotId], emit: &mut dyn FnMut(SlotId, Progress<C>)) -> Result<(), Fault> {
        std::thread::sleep(Duration::from_millis(1));
        for &slot in active {
            let (request, left) = self.running.get_mut(&slot).unwrap();
            *left -= 1;
            if *left == 0 {
                match (self.answer)(request) {
                    Ok(chunk) => {
                        emit(slot, Progress::Chunk(chunk));
                        emit(slot, Progress::Done);
                    }
                    Err(fault) => emit(slot, Progress::Failed(fault)),
                }
            }
        }
        Ok(())
    }

    fn release(&mut self, slot: SlotId) {
        self.running.remove(&slot);
    }
}

type Ear = Answering<Listening, Heard>;
type Finder = Answering<Alignment, Vec<TimedWord>>;

fn engine<R: Send + 'static, C: Send + 'static>(
    steps: usize,
    answer: fn(&R) -> Result<C, Fault>,
) -> (Engine<Answering<R, C>>, Arc<AtomicUsize>) {
    let begun = Arc::new(AtomicUsize::new(0));
    let shown = Arc::clone(&begun);
    let make = move || Ok(Answering { answer, steps, running: HashMap::new(), begun });
    (Engine::start(make).unwrap(), shown)
}

const SAID: &str = "The harbour was quiet, before “dawn”. Every boat (there were 37 of them) was ready to leave; and \
                    nobody could remember such a long, such a dark and such an utterly windless winter. Yes.";

fn ear() -> Engine<Ear> {
    engine(3, |request: &Listening| {
        assert_eq!(request.sound.rate_hz(), 16_000);
        let (text, language) = (SAID.into(), Some("en".into()));
        Ok(Heard::Whole(Transcript { language, text, tokens: vec![1], is_whole: true }))
    })
    .0
}

/// Every word takes a third of a second.
fn finder() -> Engine<Finder> {
    engine(1, |request: &Alignment| {
        let words = networks::qwen3_asr::words(&request.text, request.language.as_deref());
        let timed = words.into_iter().enumerate().map(|(number, word)| TimedWord {
            text: word.text,
            at: word.at,
            start_seconds: number as f64 / 3.0,
            end_seconds: number as f64 / 3.0 + 0.3,
        });
        Ok(timed.collect())
    })
    .0
}

/// Sounds of 4 s with pauses of half a second.
fn recording(folder: &TempDir, seconds: usize) -> PathBuf {
    let rate = 22_050;
    let sample = |n: usize| {
        let at = n as f64 / f64::from(rate);
        if at % 4.5 < 4.0 { (at * 1400.0).sin() as f32 * 0.3 } else { 0.0 }
    };
    let pcm = Pcm::new((0..seconds * rate as usize).map(sample).collect(), rate).unwrap();
    let path = folder.path().join("recording.wav");
    audio::wav::write(&path, &pcm, audio::wav::Depth::Int16).unwrap();
    path
}

fn request(folder: &TempDir, seconds: usize, out: &str) -> TranscribeRequest {
    TranscribeRequest { audio: recording(folder, seconds), out: folder.path().join(out), ..Default::default() }
}

/// Events as they came.
#[derive(Default)]
struct Told(Mutex<Vec<Event>>);

impl EventSink for Told {
    fn emit(&self, event: Event) {
        self.0.lock().unwrap().push(event);
    }
}

fn readable(cue: &text::Cue) {
    let lines: Vec<&str> = cue.text().lines().collect();
    assert!((1..=2).contains(&lines.len()) && lines.iter().all(|line| width(line) <= COLUMNS), "{lines:?}");
}

#[test]
fn without_an_aligner_times_are_estimated_and_said_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let (ear, told) = (ear(), Told::default());
    let ears = Ears { recogniser: Some(&ear), aligner: None };
    let asked = request(&folder, 100, "out.json");
    let done = studio().transcribe(&asked, ears, &told, &Cancel::new()).unwrap();
    assert_eq!((done.segments, done.words, done.times), (4, 0, Times::Estimated));
    assert_eq!(done.language.as_deref(), Some("en"));
    let json: serde_json::Value = serde_json::from_slice(&fs::read(&asked.out).unwrap()).unwrap();
    assert_eq!((&json["times"], &json["segments"][0]["times"]), (&"estimated".into(), &"estimated".into()));
    assert_eq!(json["source"], "recording.wav");
    assert_eq!(json["text"], [SAID; 4].join(" "));
    let number = |value: &serde_json::Value| value.as_f64().unwrap();
    let segments = json["segments"].as_array().unwrap();
    assert_eq!(number(&segments[0]["start_seconds"]), 0.0);
    assert_eq!(number(&segments[3]["end_seconds"]), 100.0);
    for pair in segments.windows(2) {
        assert_eq!(pair[0]["end_seconds"], pair[1]["start_seconds"]);
    }
    let cues = json["cues"].as_array().unwrap();
    assert!(
        cues.len() >= 16 && cues.windows(2).all(|p| number(&p[0]["end_seconds"]) <= number(&p[1]["start_seconds"]))
    );
    // Each segment's words are shown within the segment.
    assert!(number(&cues[cues.len() - 1]["end_seconds"]) > 95.0);
    let events = told.0.into_inner().unwrap();
    let progress: Vec<(u64, u64)> = events
        .iter()
        .filter_map(|event| match event {
            Event::Progress { done, total, .. } => Some((*done, *total)),
            _ => None,
        })
        .collect();
    assert_eq!(progress, [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]);
}

#[test]
fn with_an_aligner_words_have_times_from_the_start_of_the_recording() {
    let folder = tempfile::tempdir().unwrap();
    let (ear, finder) = (ear(), finder());
    let ears = Ears { recogniser: Some(&ear), aligner: Some(&finder) };
    let asked = request(&folder, 70, "out.srt");
    let done = studio().transcribe(&asked, ears, &jobs::Silence, &Cancel::new()).unwrap();
    assert_eq!(done.times, Times::Aligned);
    let (cues, warnings) = text::read_subtitles(&fs::read(&asked.out).unwrap()).unwrap();
    assert!(warnings.is_empty() && done.warnings.is_empty());
    assert_eq!(cues.len(), done.cues);
    cues.iter().for_each(readable);
    let first: Vec<&str> = cues.iter().take(3).map(text::Cue::text).collect();
    assert_eq!(first[0], "The harbour was quiet, before “dawn”.");
    assert_eq!(first[1], "Every boat (there were 37 of them)\nwas ready to leave;");

    let sound = audio::decode::read(&asked.audio, &Limits::default()).unwrap();
    let paper = studio().write_down(&sound, &asked, ears, &jobs::Silence, &Cancel::new()).unwrap();
    let words: Vec<&SpokenWord> = paper.segments.iter().flat_map(|segment| &segment.words).collect();
    assert_eq!(words.len(), done.words);
    for segment in &paper.segments {
        assert!((segment.words[0].start_seconds - segment.start_seconds).abs() < 1e-9);
        assert!((segment.words[3].start_seconds - segment.start_seconds - 1.0).abs() < 1e-9);
    }
    let json = paper.written(paper::Format::Json).unwrap();
    assert!(json.contains("\"times\": \"aligned\"") && !json.contains("estimated"));
}

#[test]
fn what_the_aligner_cannot_do_is_estimated_and_what_breaks_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let ear = ear();
    let asked = request(&folder, 40, "out.vtt");
    let with = |answer: fn(&Alignment) -> Result<Vec<TimedWord>, Fault>| {
        let (finder, _) = engine(1, answer);
        let ears = Ears { recogniser: Some(&ear), aligner: Some(&finder) };
        studio().transcribe(&asked, ears, &jobs::Silence, &Cancel::new())
    };
    let done = with(|_| Err(Fault::new("too_long", "too long"))).unwrap();
    assert_eq!((done.times, done.warnings.len()), (Times::Estimated, 2));
    // Words of another text are not believed.
    let done =
        with(|_| Ok(vec![TimedWord { text: "x".into(), at: 5..99_999, start_seconds: f64::NAN, end_seconds: -1.0 }]));
    assert_eq!(done.unwrap().times, Times::Estimated);
    fs::remove_file(&asked.out).unwrap();
    assert_eq!(with(|_| Err(Fault::new("failed", "broken"))).unwrap_err().code(), "failed");
    assert!(!asked.out.exists());
}

#[test]
fn without_a_recogniser_the_error_names_a_model() {
    let folder = tempfile::tempdir().unwrap();
    let asked = request(&folder, 1, "out.srt");
    let error = studio().transcribe(&asked, Ears::default(), &jobs::Silence, &Cancel::new()).unwrap_err();
    assert_eq!(error.class(), crate::error::Class::Missing);
    assert!(error.fix().contains("models pull qwen3-asr-0.6b") && error.fix().contains("models import"));
}

#[test]
fn bad_input_is_refused_before_anything_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    let (ear, begun) = engine(1, |_: &Listening| Ok(Heard::Whole(Transcript::default())));
    let good = request(&folder, 1, "out.srt");
    let code = |audio: &Path, out: &Path| {
        let asked = TranscribeRequest { audio: audio.into(), out: out.into(), ..Default::default() };
        let ears = Ears { recogniser: Some(&ear), aligner: None };
        studio().transcribe(&asked, ears, &jobs::Silence, &Cancel::new()).unwrap_err().code()
    };
    let at = |name: &str| folder.path().join(name);
    assert_eq!(code(&good.audio, &at("out.docx")), "unknown_format");
    assert_eq!(code(&good.audio, &at("out")), "unknown_format");
    assert_eq!(code(&good.audio, &at("none/out.srt")), "no_folder");
    assert_eq!(code(folder.path(), &good.out), "is_folder");
    assert_eq!(code(&at("none.wav"), &good.out), "unreadable");
    fs::write(at("letter.wav"), "this is no sound").unwrap();
    assert!(!code(&at("letter.wav"), &good.out).is_empty());
    assert_eq!(begun.load(Ordering::SeqCst), 0);
    assert!(!good.out.exists());
}

#[test]
fn silence_is_not_listened_to() {
    let (ear, begun) = engine(1, |_: &Listening| Ok(Heard::Whole(Transcript::default())));
    let ears = Ears { recogniser: Some(&ear), aligner: None };
    let sound = Pcm::silence(65.0, 16_000).unwrap();
    let asked = TranscribeRequest::default();
    let paper = studio().write_down(&sound, &asked, ears, &jobs::Silence, &Cancel::new()).unwrap();
    assert_eq!((paper.segments.len(), paper.cues.len(), paper.language), (0, 0, None));
    assert_eq!(begun.load(Ordering::SeqCst), 0);
}

#[test]
fn a_stop_is_seen_while_a_stretch_is_heard_and_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let (ear, begun) = engine(1_000_000, |_: &Listening| Ok(Heard::Whole(Transcript::default())));
    let asked = request(&folder, 40, "out.srt");
    let cancel = Cancel::new();
    std::thread::scope(|scope| {
        let job = scope.spawn(|| {
            studio().transcribe(&asked, Ears { recogniser: Some(&ear), aligner: None }, &jobs::Silence, &cancel)
        });
        while begun.load(Ordering::SeqCst) == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
        cancel.cancel();
        assert!(matches!(job.join().unwrap(), Err(StudioError::Interrupted)));
    });
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_hold_frees_the_engine_and_the_work_goes_on_afterwards() {
    // While it is frozen nothing is answered, so that the hold comes in time however slow the machine is.
    static IS_FROZEN: AtomicBool = AtomicBool::new(false);
    let folder = tempfile::tempdir().unwrap();
    let (ear, begun) = engine(2, |request: &Listening| {
        while IS_FROZEN.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(1));
        }
        let text = format!("Stretch of {} samples.", request.sound.len());
        Ok(Heard::Whole(Transcript { language: None, text, tokens: vec![], is_whole: true }))
    });
    let asked = request(&folder, 100, "out.txt");
    let ears = Ears { recogniser: Some(&ear), aligner: None };
    studio().transcribe(&asked, ears, &jobs::Silence, &Cancel::new()).unwrap();
    let (calm, before) = (fs::read(&asked.out).unwrap(), begun.load(Ordering::SeqCst));
    IS_FROZEN.store(true, Ordering::SeqCst);
    let cancel = Cancel::new();
    std::thread::scope(|scope| {
        let job = scope.spawn(|| studio().transcribe(&asked, ears, &jobs::Silence, &cancel));
        while begun.load(Ordering::SeqCst) == before {
            std::thread::sleep(Duration::from_millis(1));
        }
        cancel.pause();
        // Many looks of the recipe's: by then it has given up what was in flight.
        std::thread::sleep(Duration::from_millis(500));
        IS_FROZEN.store(false, Ordering::SeqCst);
        let started = Instant::now();
        while ear.load().active > 0 {
            assert!(started.elapsed() < Duration::from_secs(20));
            std::thread::sleep(Duration::from_millis(1));
        }
        cancel.resume();
        job.join().unwrap().unwrap();
    });
    assert_eq!(fs::read(&asked.out).unwrap(), calm);
    assert!(begun.load(Ordering::SeqCst) > 2 * before, "nothing was asked again");
}

#[test]
fn a_stretch_that_never_ends_is_told() {
    let (ear, _) = engine(1, |_: &Listening| {
        Ok(Heard::Whole(Transcript { language: None, text: "on and on".into(), tokens: vec![], is_whole: false }))
    });
    let sound = Pcm::new(vec![0.5; 16_000], 16_000).unwrap();
    let ears = Ears { recogniser: Some(&ear), aligner: None };
    let paper = studio().write_down(&sound, &TranscribeRequest::default(), ears, &jobs::Silence, &Cancel::new());
    assert_eq!(paper.unwrap().warnings, ["what is said from 0:00 on may be incomplete or repeated"]);
}

/// The networks themselves, small and untrained: what they say means nothing, but it goes the whole way.
#[test]
fn the_real_networks_go_the_whole_way() {
    use networks::kernel::{Crew, Precision};
    use networks::qwen3::Tokenizer;
    use networks::qwen3_asr::{Config, Qwen3Aligner, Qwen3Asr};

    fn parts(which: &str) -> Result<(Config, networks::checkpoint::Checkpoint, Tokenizer), Fault> {
        let at = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/qwen3")).join(which);
        let read = |name: &str| fs::read(at.join(name)).unwrap();
        let weights = File::open(at.join("model.safetensors")).unwrap();
        Ok((
            Config::read(&read("config.json"))?,
            networks::checkpoint::Checkpoint::open(vec![weights])?,
            Tokenizer::open(&read("vocab.json"), &read("merges.txt"), &read("tokenizer_config.json"))?,
        ))
    }
    let capacity = Capacity { slots: 3, positions: 8000 };
    let ear = Engine::start(move || {
        let (config, checkpoint, tokenizer) = parts("asr")?;
        Ok(Qwen3Asr::load(&config, checkpoint, tokenizer, Crew::alone(), Precision::Single, capacity)?)
    });
    let finder = Engine::start(move || {
        let (config, checkpoint, tokenizer) = parts("aligner")?;
        Ok(Qwen3Aligner::load(&config, checkpoint, tokenizer, Crew::alone(), Precision::Single, capacity)?)
    });
    let (ear, finder) = (ear.unwrap(), finder.unwrap());
    let folder = tempfile::tempdir().unwrap();
    let asked = TranscribeRequest { language: Some("de-AT".into()), ..request(&folder, 70, "out.vtt") };
    let ears = Ears { recogniser: Some(&ear), aligner: Some(&finder) };
    let sound = audio::decode::read(&asked.audio, &Limits::default()).unwrap();
    let paper = studio().write_down(&sound, &asked, ears, &jobs::Silence, &Cancel::new()).unwrap();
    assert!(paper.segments.iter().all(|segment| segment.language.as_deref() == Some("de-AT")));
    paper.cues.iter().for_each(readable);
    let again = studio().write_down(&sound, &asked, ears, &jobs::Silence, &Cancel::new()).unwrap();
    assert_eq!(paper, again);
}

fn piece() -> impl Strategy<Value = (String, bool, f64, f64)> {
    let text = prop_oneof![
        "[a-zäö]{1,12}[,.;!?]?",
        "[a-z]{1,200}",
        "[\\u{4e00}-\\u{4e20}]{1,3}[，。]?",
        "\\PC{1,20}".prop_filter("not blank", |text| !text.trim().is_empty()),
    ];
    (text, any::<bool>(), 0.0..1.0_f64, 0.0..1.5_f64)
}

proptest! {
    #[test]
    fn cues_are_readable_and_lose_nothing(parts in proptest::collection::vec(piece(), 1..60)) {
        let mut at = 0.0;
        let pieces: Vec<Piece> = parts.into_iter().map(|(text, is_spaced, pause, length)| {
            let start_seconds = at + if pause > 0.7 { pause } else { 0.0 };
            at = start_seconds + length;
            Piece { text: text.trim().to_owned(), start_seconds, end_seconds: at, is_spaced }
        }).collect();
        let found = cues(&pieces);
        let bare = |text: &str| text::Cue::new(0, 0, text).text().split_whitespace().collect::<String>();
        let before: String = pieces.iter().map(|piece| bare(&piece.text)).collect();
        let after: String = found.iter().map(|cue| bare(cue.text())).collect();
        prop_assert_eq!(before, after);
        for cue in &found {
            prop_assert!(cue.text().lines().count() <= 2 && cue.text().lines().all(|line| width(line) <= COLUMNS));
        }
        prop_assert!(found.windows(2).all(|pair| pair[0].end_milliseconds() <= pair[1].start_milliseconds()));
    }

    #[test]
    fn estimates_share_the_whole_time_and_lose_nothing(text in "\\PC{0,80}") {
        let pieces = estimated(&text, Some("ja"), 10.0..20.0);
        let bare = |text: &str| text.split_whitespace().collect::<String>();
        let all: String = pieces.iter().map(|piece| bare(&piece.text)).collect();
        prop_assert_eq!(all, bare(&text));
        let times: Vec<f64> = pieces.iter().flat_map(|piece| [piece.start_seconds, piece.end_seconds]).collect();
        prop_assert!(times.windows(2).all(|pair| pair[0] <= pair[1]));
        prop_assert!(times[0] == 10.0 && (times[times.len() - 1] - 20.0).abs() < 1e-9);
    }
}
