//! `vouch bench dub`: a film of which everything is known is dubbed in clones of its speakers, through their consent, and
//! the files that come of it are measured.

use std::path::Path;
use std::time::Instant;

use jobs::{Cancel, Silence};
use library::{Kind, Library, Unlock};
use serde_json::{Value, json};
use std::sync::Arc;
use studio::bench::dub::{DubScores, HeardScores};
use studio::bench::film::{self, CAST, Film};
use studio::dub::{DubFiles, DubRequest, Dubbed, NewDub, Role, Subtitles};
use studio::{Studio, StudioError};

use crate::open;
use crate::output::{Failure, Screen};

/// A folder is the measurement's own, and may be made anew, if it holds this file.
const MARK: &str = "vouch-bench-dub.txt";

/// Makes the film, dubs it with and without subtitles, and prints what was measured.
pub fn run(out: &Path, lines: usize, screen: &Screen, cancel: &Cancel) -> Result<Value, Failure> {
    fresh(out)?;
    let film = film::make(out, lines, false, &host::settings())?;
    screen.say(format!("{}: {:.0} s, {} cues, {} speakers", film.film.display(), film.seconds, lines, CAST.len()));
    let unlock = Unlock::Passphrase(open::fresh_passphrase()?.into());
    let library = Library::create(&out.join("library"), Kind::Demo, &unlock, &host::machine(), host::now())?;
    let studio = Studio::new(library, host::settings());
    for speaker in &CAST {
        let sample = speaker.say(SAMPLE, out)?;
        studio::stand_in::ceremony(&studio, speaker, sample, out)?;
        screen.say(format!("{} has said yes", speaker.name));
    }
    let given = with_subtitles(&studio, &film, out, screen, cancel)?;
    let heard = without_subtitles(&studio, &film, out, screen, cancel)?;
    Ok(json!({ "film": film, "given": given, "heard": heard }))
}

/// What a stand-in reads as a sample: about ten seconds, and nothing that is said in the film.
const SAMPLE: &str = "The harbour was quiet before dawn, and the boats lay still along the wall. A lamp went on in the \
                      baker's window, then another, and the street began to smell of bread.";

fn with_subtitles(
    studio: &Studio,
    film: &Film,
    folder: &Path,
    screen: &Screen,
    cancel: &Cancel,
) -> Result<Value, Failure> {
    let (out, stems) = (folder.join("dubbed.mp4"), folder.join("stems"));
    let request = DubRequest {
        new: NewDub {
            film: film.film.clone(),
            to: "en".into(),
            from: Some("en".into()),
            source_subtitles: Some(film.source_subtitles.clone()),
            target_subtitles: Some(film.target_subtitles.clone()),
            speakers: Some(CAST.len() as u16),
            track: None,
        },
        translation: None,
        lines: Vec::new(),
        cast: (0..CAST.len()).map(|at| Role { speaker: ["A", "B"][at].into(), voice: CAST[at].name.into() }).collect(),
        files: DubFiles {
            out: Some(out.clone()),
            keep_original: true,
            subtitles: Subtitles::Soft,
            stems: Some(stems.clone()),
        },
    };
    let started = Instant::now();
    let (_, dubbed) = studio.run_dub(&request, Arc::new(Silence), cancel)?;
    let seconds = started.elapsed().as_secs_f64();
    let view = studio.open_dub(dubbed.dub)?;
    let scores = studio.score_dub(film, &view, &out, &stems.join("dub.wav"), folder)?;
    screen.say(format!("With subtitles, in clones of both speakers: {seconds:.1} s for {:.0} s of film", film.seconds));
    show_scores(&scores, screen);
    show_report(&dubbed, screen);
    Ok(json!({ "seconds": seconds, "dubbed": dubbed, "scores": scores }))
}

fn without_subtitles(
    studio: &Studio,
    film: &Film,
    folder: &Path,
    screen: &Screen,
    cancel: &Cancel,
) -> Result<Value, Failure> {
    let request = DubRequest {
        new: NewDub { film: film.film.clone(), to: "en-GB".into(), from: Some("en".into()), ..NewDub::default() },
        cast: Vec::new(),
        translation: None,
        lines: Vec::new(),
        files: DubFiles { out: Some(folder.join("heard.mp4")), ..DubFiles::default() },
    };
    let started = Instant::now();
    let (_, dubbed) = studio.run_dub(&request, Arc::new(Silence), cancel)?;
    let seconds = started.elapsed().as_secs_f64();
    let heard = studio.score_heard(film, &studio.open_dub(dubbed.dub)?);
    let HeardScores { cues, speakers, diarisation_error, word_error, words } = &heard;
    screen.say(format!("Without subtitles: {seconds:.1} s"));
    screen.say(format!("  cues found {} of {}, speakers found {} of {}", cues.0, cues.1, speakers.0, speakers.1));
    screen.say(format!("  wrong speaker, missed or made up: {:.1} % of speech", diarisation_error * 100.0));
    screen.say(format!("  words wrong: {:.1} % of {words}", word_error * 100.0));
    show_report(&dubbed, screen);
    Ok(json!({ "seconds": seconds, "dubbed": dubbed, "scores": heard }))
}

fn show_scores(scores: &DubScores, screen: &Screen) {
    let held = if scores.same_picture { "the film's own, packet for packet" } else { "NOT the film's own" };
    screen.say(format!("  picture: {held}; length {:.3} s for {:.3} s", scores.dub_seconds, scores.film_seconds));
    for (row, speaker) in scores.likeness.iter().zip(&CAST) {
        let row: Vec<String> = row.iter().map(|one| format!("{one:5.2}")).collect();
        screen.say(format!("  likeness of the lines of {:<16} with {}", speaker.name, row.join(" ")));
    }
    screen.say(format!("  in the right voice: {} of {} lines", scores.right_voice, scores.lines));
    screen.say(format!("  onset: median {:.0} ms, worst {:.0} ms", scores.onset_median_ms, scores.onset_worst_ms));
    let lufs = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.1}"));
    screen.say(format!("  loudness: {} LUFS for {}", lufs(scores.dub_lufs), lufs(scores.film_lufs)));
}

fn show_report(dubbed: &Dubbed, screen: &Screen) {
    for line in dubbed.file.iter().flat_map(|file| file.report.lines()) {
        screen.say(format!("  {line}"));
    }
}

/// An empty folder, or one of ours made empty.
fn fresh(folder: &Path) -> Result<(), Failure> {
    let unwritable =
        |error: std::io::Error| StudioError::Unwritable { path: folder.to_owned(), reason: error.to_string() };
    let is_ours = folder.join(MARK).is_file();
    let is_empty = std::fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none());
    if !is_ours && !is_empty {
        return Err(Failure::usage(
            format!("{} is not empty", folder.display()),
            "name an empty folder, or one that this command made",
        ));
    }
    if is_ours {
        std::fs::remove_dir_all(folder).map_err(unwritable)?;
    }
    std::fs::create_dir_all(folder).map_err(unwritable)?;
    std::fs::write(folder.join(MARK), "made by `vouch bench dub`; may be made anew\n").map_err(unwritable)?;
    Ok(())
}
