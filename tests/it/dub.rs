//! A film is dubbed with the built product: in the right voices, at the right times, with the film's own picture; after a
//! kill it goes on, a stop leaves nothing, bad films are refused in words, and nobody's voice is taken from a film.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::gate;
use crate::product::{answer, binary, demo_library, root, start, vouch};

/// A film of a few cues with subtitles, or nothing where the tools are missing.
fn film(folder: &Path, lines: u16, named: bool) -> Option<PathBuf> {
    if !gate::stand_ins_can_speak() || Command::new("ffmpeg").arg("-version").output().is_err() {
        println!("skipped: the film is made with flite and ffmpeg");
        return None;
    }
    let film = folder.join("film");
    let mut make = Command::new(binary());
    make.args(["--json", "bench", "film", "--lines", &lines.to_string(), "--out"]).arg(&film);
    if named {
        make.arg("--named");
    }
    answer(make.stdout(Stdio::piped()).stderr(Stdio::piped())).ok();
    Some(film)
}

fn dub(library: &Path, film: &Path, out: &Path) -> Command {
    let mut command = vouch(library);
    command.arg("dub").arg(film.join("film.mp4")).args(["--to", "en", "--from", "en", "--source-subs"]);
    command.arg(film.join("source.vtt")).arg("--subs").arg(film.join("target.vtt")).arg("-o").arg(out);
    command
}

/// What ffprobe says of a file.
fn probed(path: &Path, entries: &str) -> String {
    let arguments = ["-v", "error", "-of", "csv=p=0", "-show_entries", entries];
    let said = Command::new("ffprobe").args(arguments).arg(path).output().unwrap();
    String::from_utf8(said.stdout).unwrap().trim().to_owned()
}

/// Digest of the picture's packets.
fn picture(path: &Path) -> String {
    let copied = ["-map", "0:v:0", "-c", "copy", "-f", "md5", "-"];
    let said = Command::new("ffmpeg").args(["-v", "error", "-i"]).arg(path).args(copied).output().unwrap();
    String::from_utf8(said.stdout).unwrap()
}

fn hidden(folder: &Path) -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
    all.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with('.')).collect()
}

/// Whether a process of this name works for a folder.
fn at_work(name: &str, folder: &Path) -> bool {
    let folder = folder.to_string_lossy().into_owned();
    std::fs::read_dir("/proc").into_iter().flatten().flatten().any(|entry| {
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).into_owned();
        line.contains(name) && line.contains(&folder)
    })
}

#[test]
fn a_film_is_dubbed_in_time_with_its_own_picture() {
    let folder = tempfile::tempdir().unwrap();
    let Some(film) = film(folder.path(), 6, true) else { return };
    let library = demo_library(folder.path());
    let (out, stems) = (folder.path().join("out.mp4"), folder.path().join("stems"));
    let mut command = dub(&library, &film, &out);
    command.args(["--keep-original", "--subtitles", "soft", "--stems"]).arg(&stems);
    command.args(["--cast", "stand-in Maple=alder", "--cast", "B=cedar"]);
    let result = answer(&mut command).ok();
    assert_eq!(picture(&out), picture(&film.join("film.mp4")), "the picture is the film's own");
    assert_eq!(probed(&out, "stream=codec_type").lines().count(), 4, "picture, dub, the film's sound, subtitles");
    let seconds = |path: &Path| probed(path, "format=duration").parse::<f64>().unwrap();
    let off = (seconds(&out) - seconds(&film.join("film.mp4"))).abs();
    assert!(off <= 0.04, "the length is off by {off} s");
    let report = &result["file"]["report"];
    assert!(report["onset_median_ms"].as_u64().unwrap() <= 80, "{report}");
    assert!(report["onset_max_ms"].as_u64().unwrap() <= 250, "{report}");
    assert_eq!(report["overlaps"]["total_ms"], 0);
    for cue in report["cues"].as_array().unwrap() {
        assert!((0.92..=1.12).contains(&cue["tempo"].as_f64().unwrap()), "{cue}");
    }
    let loudness = &report["loudness"];
    let off = loudness["mix_lufs"].as_f64().unwrap() - loudness["original_lufs"].as_f64().unwrap();
    assert!(off.abs() <= 1.0, "{off} LU louder than the film");
    assert!(loudness["true_peak_dbtp"].as_f64().unwrap() <= -0.9, "{loudness}");
    // Each speaker's lines are like the speaker's other lines, and not like the other speaker's.
    let likeness = |row: usize, column: usize| report["speakers"]["similarity"][row][column].as_f64().unwrap();
    for row in 0..2 {
        assert!(likeness(row, row) > likeness(row, 1 - row) + 0.3, "{}", report["speakers"]);
    }
    for name in ["mix.wav", "bed.wav", "dub.wav", "speaker-A.wav", "speaker-B.wav", "dub.srt", "timeline.otio"] {
        assert!(stems.join(name).is_file(), "{name}");
    }
    assert_eq!(hidden(folder.path()), Vec::<PathBuf>::new());
    assert_eq!(hidden(&stems), Vec::<PathBuf>::new());
    // Nobody's voice came out of it.
    let voices = answer(vouch(&library).args(["voice", "list"])).ok();
    assert!(voices["voices"].as_array().unwrap().iter().all(|voice| voice["kind"] != "clone"), "{voices}");

    // The same again: nothing is made. One line in the subtitles is another: that line is made.
    let again = answer(&mut dub(&library, &film, &out)).ok();
    assert_eq!(again["rendered"]["made"], 0);
    let words = std::fs::read_to_string(film.join("target.vtt")).unwrap();
    std::fs::write(film.join("target.vtt"), words.replace("Badly.", "Very badly.")).unwrap();
    let mut command = dub(&library, &film, &out);
    command.args(["--cast", "stand-in Maple=alder", "--cast", "B=cedar"]);
    let edited = answer(&mut command).ok();
    assert!((1..=3).contains(&edited["rendered"]["made"].as_u64().unwrap()), "{}", edited["rendered"]);
}

#[test]
fn a_line_of_ones_own_is_laid_in_place_of_the_voice_and_taken_out_again() {
    let folder = tempfile::tempdir().unwrap();
    let Some(film) = film(folder.path(), 3, true) else { return };
    let library = demo_library(folder.path());
    let (out, own, quiet) =
        (folder.path().join("out.mp4"), folder.path().join("own.wav"), folder.path().join("quiet.wav"));
    let said = Command::new("flite").args(["-t", "I say this line myself.", "-o"]).arg(&own).status().unwrap();
    assert!(said.success());
    let line = |cue: u32, file: &Path| format!("{cue}={}", file.display());
    let first = answer(&mut dub(&library, &film, &out)).ok();
    assert_eq!(first["file"]["report"]["recorded"], 0);
    // Twice the same is once.
    for _ in 0..2 {
        let result = answer(dub(&library, &film, &out).args(["--line", &line(2, &own)])).ok();
        let report = &result["file"]["report"];
        assert_eq!((&result["rendered"]["made"], &report["recorded"]), (&0.into(), &1.into()), "{report}");
        assert_eq!((&report["cues"][0]["recorded"], &report["cues"][1]["recorded"]), (&false.into(), &true.into()));
    }
    let result = answer(dub(&library, &film, &out).args(["--remove-line", "2"])).ok();
    assert_eq!(result["file"]["report"]["recorded"], 0);
    assert_eq!(result["rendered"]["made"], 0, "the voice's line is still there");
    answer(dub(&library, &film, &out).args(["--line", &line(9, &own)])).refused(4, "unknown_cue");
    let silence = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", "anullsrc=r=16000:cl=mono", "-t", "1"])
        .arg(&quiet)
        .status()
        .unwrap();
    assert!(silence.success());
    answer(dub(&library, &film, &out).args(["--line", &line(2, &quiet)])).refused(4, "line_silent");
}

#[test]
fn a_film_without_subtitles_is_listened_to() {
    let folder = tempfile::tempdir().unwrap();
    let Some(film) = film(folder.path(), 6, false) else { return };
    let library = demo_library(folder.path());
    let out = folder.path().join("out.mkv");
    let mut command = vouch(&library);
    command.arg("dub").arg(film.join("film.mp4")).args(["--to", "de", "--from", "en", "-o"]).arg(&out);
    // Nobody can translate: what was heard is kept, and it is said what to do.
    let refused = answer(&mut command);
    refused.refused(5, "untranslated");
    assert!(refused.output.contains("draft_transcript") && refused.output.contains("no language model"));
    assert!(!out.exists());
    // In its own language it goes through.
    let mut command = vouch(&library);
    command.arg("dub").arg(film.join("film.mp4")).args(["--to", "en", "--from", "en", "-o"]).arg(&out);
    let result = answer(&mut command).ok();
    assert_eq!(result["prepared"]["speakers"], 2, "{}", result["prepared"]);
    assert!(result["prepared"]["cues"].as_u64().unwrap() >= 4, "{}", result["prepared"]);
    assert_eq!(picture(&out), picture(&film.join("film.mp4")));
}

#[test]
fn nobodys_voice_is_taken_from_a_film() {
    let folder = tempfile::tempdir().unwrap();
    let Some(film) = film(folder.path(), 2, true) else { return };
    let library = demo_library(folder.path());
    let out = folder.path().join("out.mp4");
    for own in ["original", "own", "clone"] {
        answer(dub(&library, &film, &out).args(["--cast", &format!("A={own}")])).refused(3, "no_grant");
    }
    answer(dub(&library, &film, &out).args(["--cast", "A=Maple"])).refused(4, "unknown_voice");
    assert!(!out.exists());
    // No file of the dubbing room knows a cloner or a sample: there is no way from a film to a voice.
    let room = root().join("crates/studio/src");
    let mut files = vec![room.join("dub.rs")];
    let mut folders = vec![room.join("dub")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() { folders.push(entry.path()) } else { files.push(entry.path()) }
        }
    }
    assert!(files.len() > 15, "{files:?}");
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for word in ["Cloner", "cloner(", "clone_voice", "ConsentedSample", ".cover(", "clone_granted", "put_prompt"] {
            assert!(!text.contains(word), "{} speaks of {word}", file.display());
        }
    }
}

#[test]
fn a_killed_dub_goes_on_and_a_stopped_one_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let Some(film) = film(folder.path(), 8, true) else { return };
    let whole = folder.path().join("whole");
    std::fs::create_dir(&whole).unwrap();
    let with_stems = |library: &Path, place: &Path| {
        let mut command = dub(library, &film, &place.join("out.mp4"));
        command.arg("--stems").arg(place.join("stems"));
        command
    };
    let library = demo_library(&whole);
    let began = Instant::now();
    answer(&mut with_stems(&library, &whole)).ok();
    let undisturbed = began.elapsed();
    let mix = |place: &Path| std::fs::read(place.join("stems/mix.wav")).unwrap();

    let library = demo_library(folder.path());
    let kills = 6;
    for kill in 1..=kills {
        let mut child = start(&mut with_stems(&library, folder.path()));
        std::thread::sleep(undisturbed * kill / (kills + 1));
        let _ = child.kill();
        child.wait().unwrap();
    }
    answer(&mut with_stems(&library, folder.path())).ok();
    assert_eq!(mix(folder.path()), mix(&whole), "the samples differ from an undisturbed dub");
    let check = answer(vouch(&library).args(["library", "check"])).ok();
    assert_eq!(check["segments_made"], check["segments"], "a line was made twice");

    // Stopped by the interrupt key, at several moments, each in a library of its own.
    for part in 1..=4 {
        let place = folder.path().join(format!("stopped-{part}"));
        std::fs::create_dir(&place).unwrap();
        let library = demo_library(&place);
        let mut child = start(&mut with_stems(&library, &place));
        std::thread::sleep(undisturbed * part / 5);
        if child.try_wait().unwrap().is_some() {
            continue;
        }
        let stopped = Instant::now();
        Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        let status = child.wait().unwrap();
        assert!(stopped.elapsed() < Duration::from_secs(3), "it took {:?} to stop", stopped.elapsed());
        assert!(matches!(status.code(), Some(130 | 0)), "{status}");
        assert!(!at_work("ffmpeg", &place), "a child is left");
        assert_eq!(hidden(&place), Vec::<PathBuf>::new());
        let stems = place.join("stems");
        assert!(!stems.exists() || hidden(&stems).is_empty());
    }
}

#[test]
fn strange_films_are_dubbed_or_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let Some(film) = film(folder.path(), 2, true) else { return };
    let library = demo_library(folder.path());
    let place = |name: &str| folder.path().join(name);
    let of = |input: &Path, out: &Path| -> Command {
        let mut command = vouch(&library);
        command.arg("dub").arg(input).args(["--to", "en", "--subs"]).arg(film.join("target.vtt")).arg("-o").arg(out);
        command
    };
    let make = |name: &str, arguments: &[&str]| {
        let made = Command::new("ffmpeg")
            .args(["-v", "error", "-y", "-i"])
            .arg(film.join("film.mp4"))
            .args(arguments)
            .arg(place(name))
            .status()
            .unwrap();
        assert!(made.success(), "{name}");
        place(name)
    };
    let whole = std::fs::read(film.join("film.mp4")).unwrap();
    std::fs::write(place("empty.mp4"), b"").unwrap();
    std::fs::write(place("cut.mp4"), &whole[..whole.len() / 3]).unwrap();
    std::fs::write(place("text.mp4"), "This is no film. ".repeat(1000)).unwrap();
    std::fs::write(place("list.mp4"), format!("ffconcat version 1.0\nfile '{}'\n", film.join("film.mp4").display()))
        .unwrap();
    let silent = make("silent.mp4", &["-map", "0:v", "-c", "copy"]);
    let out = place("out.mp4");
    for name in ["empty.mp4", "cut.mp4", "text.mp4", "list.mp4"] {
        let refused = answer(&mut of(&place(name), &out));
        assert_eq!(refused.exit, 4, "{name}: {}", refused.output);
        refused.refused(4, refused.code());
        assert!(!out.exists(), "{name}");
    }
    answer(&mut of(&silent, &out)).refused(4, "no_audio");
    answer(&mut of(folder.path(), &out)).refused(4, "is_folder");
    answer(&mut of(&place("nothing.mp4"), &out)).refused(4, "unreadable");
    answer(&mut of(&film.join("film.mp4"), &film.join("film.mp4"))).refused(2, "over_film");
    answer(&mut of(&film.join("film.mp4"), &place("out.avi"))).refused(2, "unknown_format");
    answer(of(&film.join("film.mp4"), &out).args(["--cast", "Z=alder"])).refused(4, "unknown_speaker");
    answer(of(&film.join("film.mp4"), &out).args(["--track", "7"])).refused(2, "out_of_range");

    // Strange, and still a film.
    let many: Vec<&str> = ["-map", "0:v"]
        .into_iter()
        .chain(std::iter::repeat_n(["-map", "0:a"], 8).flatten())
        .chain(["-c", "copy"])
        .collect();
    let sound_only = make("sound.m4a", &["-map", "0:a", "-c", "copy"]);
    for (film, out) in [
        (make("many.mkv", &many), place("many-out.mkv")),
        (
            make("surround.mkv", &["-ac", "6", "-ar", "48000", "-c:v", "copy", "-c:a", "flac"]),
            place("surround-out.mkv"),
        ),
        (make("fast.mkv", &["-ar", "192000", "-c:v", "copy", "-c:a", "flac"]), place("fast-out.mkv")),
        (sound_only, place("sound-out.m4a")),
    ] {
        answer(&mut of(&film, &out)).ok();
        assert!(probed(&out, "format=duration").parse::<f64>().unwrap() > 1.0, "{}", out.display());
    }
    // Subtitles of another film: most lie behind its end.
    let late = place("late.srt");
    std::fs::write(
        &late,
        "1\n00:00:01,000 --> 00:00:02,500\nIn time.\n\n2\n01:00:00,000 --> 01:00:02,000\nToo late.\n",
    )
    .unwrap();
    let mut command = vouch(&library);
    command.arg("dub").arg(film.join("film.mp4")).args(["--to", "en", "--subs"]).arg(&late).arg("-o").arg(&out);
    let result = answer(&mut command).ok();
    assert_eq!(result["prepared"]["cues"], 1);
    assert!(result["prepared"]["warnings"].to_string().contains("after the end"), "{}", result["prepared"]);
    let nonsense = place("nonsense.srt");
    std::fs::write(&nonsense, [0xff, 0xfe, 0x00, 0x41].repeat(100)).unwrap();
    let mut command = vouch(&library);
    command.arg("dub").arg(film.join("film.mp4")).args(["--to", "en", "--subs"]).arg(&nonsense).arg("-o").arg(&out);
    let refused = answer(&mut command);
    assert_eq!(refused.exit, 4, "{}", refused.output);
    assert_eq!(hidden(folder.path()), Vec::<PathBuf>::new());
}

/// A language model that answers everything with one word: the tiny fixture, whose layers are made to do nothing and whose
/// last matrix says which letter follows which.
fn one_word_model(folder: &Path) -> PathBuf {
    const HIDDEN: usize = 32;
    let from = root().join("tests/fixtures/qwen3/llm/untied");
    let model = folder.join("one-word");
    std::fs::create_dir(&model).unwrap();
    for entry in std::fs::read_dir(&from).unwrap().flatten().filter(|entry| entry.path().is_file()) {
        std::fs::copy(entry.path(), model.join(entry.file_name())).unwrap();
    }
    let json = |name: &str| -> Value { serde_json::from_slice(&std::fs::read(model.join(name)).unwrap()).unwrap() };
    let vocab = json("vocab.json");
    let id = |token: &str| vocab[token].as_u64().map(|id| id as usize);
    let added = json("tokenizer_config.json");
    let ends = added["added_tokens_decoder"].as_object().unwrap();
    let end = ends.iter().find(|(_, token)| token["content"] == "<|im_end|>").unwrap().0.parse::<usize>().unwrap();
    // Whatever ends the prompt, then the letters of a word that has none twice, then the end of the turn.
    let starts: Vec<usize> = ["Ċ", "ĊĊ"].into_iter().filter_map(id).collect();
    let letters: Vec<usize> = ["l", "a", "t", "e", "r"].into_iter().filter_map(id).collect();
    assert_eq!((starts.is_empty(), letters.len()), (false, 5));
    let path = model.join("model.safetensors");
    let mut bytes = std::fs::read(&path).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    let place = |name: &str| {
        let at = |end: usize| 8 + length + header[name]["data_offsets"][end].as_u64().unwrap() as usize;
        at(0)..at(1)
    };
    // In bf16, 1 is 0x3f80 and 16 is 0x4180.
    for name in header.as_object().unwrap().keys() {
        let value: u16 = match name.as_str() {
            "model.norm.weight" => 0x3f80,
            "model.embed_tokens.weight" | "lm_head.weight" => 0,
            name if name.ends_with("o_proj.weight") || name.ends_with("down_proj.weight") => 0,
            _ => continue,
        };
        bytes[place(name)].chunks_exact_mut(2).for_each(|cell| cell.copy_from_slice(&value.to_le_bytes()));
    }
    let mut set = |name: &str, row: usize, column: usize, value: u16| {
        let at = place(name).start + 2 * (row * HIDDEN + column);
        bytes[at..at + 2].copy_from_slice(&value.to_le_bytes());
    };
    for start in starts {
        set("model.embed_tokens.weight", start, 0, 0x3f80);
    }
    for (at, letter) in letters.iter().enumerate() {
        set("model.embed_tokens.weight", *letter, at + 1, 0x3f80);
        set("lm_head.weight", *letter, at, 0x4180);
    }
    set("lm_head.weight", end, letters.len(), 0x4180);
    std::fs::write(&path, bytes).unwrap();
    model
}

#[test]
fn an_imported_language_model_gives_the_words() {
    let folder = tempfile::tempdir().unwrap();
    let Some(film) = film(folder.path(), 3, true) else { return };
    let library = demo_library(folder.path());
    let models = folder.path().join("models");
    let model = one_word_model(folder.path());
    let with_models = || {
        let mut command = vouch(&library);
        command.env("VOUCH_MODELS", &models);
        command
    };
    answer(with_models().args(["models", "import", "--id", "one-word"]).arg(&model)).ok();
    let out = folder.path().join("out.mp4");
    let mut command = with_models();
    command.arg("dub").arg(film.join("film.mp4")).args(["--from", "de", "--to", "en", "--source-subs"]);
    command.arg(film.join("source.vtt")).args(["--stems"]).arg(folder.path().join("stems")).arg("-o").arg(&out);
    let result = answer(&mut command).ok();
    assert_eq!((&result["prepared"]["cues"], &result["prepared"]["untranslated"]), (&3.into(), &0.into()), "{result}");
    let words = std::fs::read_to_string(folder.path().join("stems/dub.srt")).unwrap();
    assert_eq!(words.matches("later").count(), 3, "{words}");
    assert!(probed(&out, "format=duration").parse::<f64>().unwrap() > 3.0);
}
