//! Every command over the real border: hostile arguments get typed errors, and a voice without consent is used by none.

#![cfg(test)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use library::{Kind, Library, Unlock};
use serde_json::{Value, json};
use studio::stand_in::{SPEAKERS, ceremony};
use studio::{Revoke, Studio, StudioError};
use tauri::WebviewWindow;
use tauri::ipc::{CallbackFn, InvokeBody};
use tauri::test::{INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder, mock_context, noop_assets};
use tauri::webview::InvokeRequest;
use tempfile::TempDir;

use crate::desk::Desk;
use crate::system::System;

const PASSPHRASE: &str = "a passphrase for a test";

/// A system where the user chooses one certain file.
struct Chooser(PathBuf);

impl System for Chooser {
    fn choose_file(&self, _: &str, _: &[&str]) -> Option<PathBuf> {
        Some(self.0.clone())
    }

    fn choose_folder(&self, _: &str) -> Option<PathBuf> {
        Some(self.0.clone())
    }

    fn show_folder(&self, _: &Path) -> Result<(), StudioError> {
        Ok(())
    }

    fn notify(&self, _: &str, _: &str) {}
}

struct Window {
    window: WebviewWindow<MockRuntime>,
    desk: Arc<Desk>,
    // Kept until the end.
    _folder: TempDir,
    _app: tauri::App<MockRuntime>,
}

impl Window {
    /// A window over a library, which `prepare` may fill before it is opened.
    fn open(prepare: impl FnOnce(&Studio, &Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("library");
        let unlock = Unlock::Passphrase(PASSPHRASE.to_owned().into());
        let library = Library::create(&place, Kind::Demo, &unlock, &host::machine(), host::now()).unwrap();
        let studio = Studio::new(library, host::settings());
        prepare(&studio, folder.path());
        drop(studio);
        let system = Box::new(Chooser(folder.path().join("no such file")));
        let desk = Arc::new(Desk::new(system, &place, folder.path().join("exports"), folder.path().join("models")));
        let app = mock_builder()
            .invoke_handler(super::handler())
            .manage(Arc::clone(&desk))
            .build(mock_context(noop_assets()))
            .unwrap();
        let window = tauri::WebviewWindowBuilder::new(&app, "main", tauri::WebviewUrl::default()).build().unwrap();
        let it = Self { window, desk, _folder: folder, _app: app };
        it.ask("open_library", &json!({"passphrase": PASSPHRASE})).unwrap();
        it
    }

    fn ask(&self, command: &str, arguments: &Value) -> Result<Value, Value> {
        let request = InvokeRequest {
            cmd: command.into(),
            callback: CallbackFn(0),
            error: CallbackFn(1),
            url: "tauri://localhost".parse().unwrap(),
            body: InvokeBody::Json(arguments.clone()),
            headers: tauri::http::HeaderMap::default(),
            invoke_key: INVOKE_KEY.to_owned(),
        };
        get_ipc_response(&self.window, request).map(|body| body.deserialize().unwrap())
    }

    fn refusal(&self, command: &str, arguments: &Value) -> String {
        let refused = self.ask(command, arguments).expect_err(command);
        refused["code"].as_str().unwrap_or_else(|| panic!("{command}: {refused}")).to_owned()
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        self.desk.close();
    }
}

fn form(voice: &str) -> Value {
    json!({"text": "Good morning.", "voice": voice, "language": "en", "speed": 1.0, "pauses": 1.0, "seed": 1})
}

/// Arguments that no page would send, for every command that takes any.
fn hostile() -> Vec<(&'static str, Value)> {
    let huge = "x".repeat(3 << 20);
    let path = "../../../../etc/passwd";
    let channel = "__CHANNEL__:1";
    let mut all = Vec::new();
    for name in [huge.as_str(), path, "", "\u{0}", "no such thing"] {
        for (command, argument) in [
            ("voice_sound", "voice"),
            ("would_die", "voice"),
            ("revoke_voice", "voice"),
            ("voice_log", "voice"),
            ("save_receipt", "voice"),
            ("star_take", "take"),
            ("remove_take", "take"),
            ("restore_take", "take"),
            ("take_sound", "take"),
            ("export_take", "take"),
            ("sample_sound", "sample"),
            ("import_statement", "session"),
            ("show_folder", "which"),
            ("import_sample_book", "voice"),
            ("import_book", "voice"),
            ("remove_model", "id"),
        ] {
            let mut arguments = json!({"starred": true, "format": "wav"});
            arguments[argument] = json!(name);
            all.push((command, arguments));
        }
        all.push(("pull_model", json!({"id": name, "on": channel})));
        all.push(("listen", json!({"device": name, "on": channel})));
        all.push(("record_sample", json!({"device": name, "prompt": "x", "on": channel})));
        let statement = json!({"session": name, "device": null, "ownerPassphrase": null, "on": channel});
        all.push(("speak_statement", statement));
        all.push(("rename_voice", json!({"voice": name, "name": "Ann"})));
        all.push(("export_voice", json!({"voice": name, "passphrase": "long enough for it"})));
        let mut asked = form("alder");
        asked["voice"] = json!(name);
        all.push(("make_take", json!({"form": asked, "on": channel})));
        all.push(("import_text", json!({"title": "A", "text": "One.", "voice": name})));
        all.push(("render_book", json!({"book": 1, "chapters": name, "fromLine": null})));
        all.push(("export_book", json!({"book": 1, "format": "wav", "chapters": name})));
        let terms = json!({"owner": name, "grantee": name, "purpose": name, "days": 0, "hours": 0, "dubInto": [name], "adult": false,
            "samples": [name]});
        all.push(("begin_consent", json!({"terms": terms})));
        for command in ["line_take_sound", "keep_line", "discard_line"] {
            all.push((command, json!({"dub": 1, "cue": 0, "take": name})));
        }
        all.push(("begin_dub", json!({"to": name, "from": name})));
        all.push(("set_saying", json!({"word": name, "say": "\u{0}"})));
    }
    for number in [json!(0), json!(u32::MAX), json!(-1), json!(1.5), json!("1"), json!(null), json!(1e300)] {
        for command in
            ["open_book", "render_line", "line_sound", "edit_book", "touched_lines", "render_book", "export_book"]
        {
            all.push((
                command,
                json!({"book": number, "line": number, "take": null, "newTake": false, "format": "wav",
                "chapters": null, "fromLine": null, "edit": {"edit": "text", "line": number, "text": "x"}}),
            ));
        }
        for command in [
            "open_dub",
            "edit_dub",
            "render_cue",
            "cue_sound",
            "dub_monitor",
            "prepare_dub",
            "render_dub",
            "export_dub",
            "import_dub_subtitles",
            "record_line",
            "line_takes",
            "keep_line",
            "import_line",
        ] {
            all.push((
                command,
                json!({"dub": number, "cue": number, "take": null, "newTake": false, "fromMs": number, "toMs": number,
                "to": "cues", "dropped": true, "device": "no such thing", "on": channel, "take": "no such thing",
                "target": true, "edit": {"edit": "target", "cue": number, "text": "x"}, "what": match command {
                    "export_dub" => json!({"container": "mp4", "keepOriginal": true, "subtitles": "none", "stems": true}),
                    _ => json!("mix"),
                }}),
            ));
        }
        for command in ["pause_job", "resume_job", "cancel_job", "retry_job", "reorder_job"] {
            all.push((command, json!({"job": number, "before": number})));
        }
    }
    for change in [
        json!({"text": huge}),
        json!({"text": "\u{0}"}),
        json!({"text": ""}),
        json!({"speed": 1e30}),
        json!({"speed": -1.0}),
        json!({"pauses": 1e30}),
        json!({"seed": -1}),
        json!({"path": path}),
    ] {
        let mut asked = form("alder");
        for (name, value) in change.as_object().unwrap() {
            asked[name] = value.clone();
        }
        all.push(("make_take", json!({"form": asked, "on": channel})));
    }
    all.push(("save_taste", json!({"taste": {"theme": "purple"}})));
    all.push(("open_library", json!({"passphrase": 5})));
    all.push(("import_text", json!({"title": huge, "text": "One.", "voice": "alder"})));
    all.push(("import_text", json!({"title": "A", "text": "", "voice": "alder"})));
    all.push(("subscribe", json!({"on": path})));
    for (command, name) in
        [("pull_model", "starter"), ("remove_model", "starter"), ("remove_model", ".."), ("pull_model", ".")]
    {
        all.push((command, json!({"id": name, "on": channel})));
    }
    // The folder that the user chooses there is none.
    all.push(("import_model", json!({"on": channel})));
    all
}

/// Commands that take nothing that could be hostile, or for which every argument is a fair one.
const HARMLESS: &[&str] = &[
    "machine",
    "models",
    "catalog",
    "cancel_pull",
    "taste",
    "devices",
    "diagnostics",
    "stop_recording",
    "samples",
    "import_sample",
    "sentence_read",
    "voices",
    "cancel_take",
    "takes",
    "sayings",
    "books",
    "jobs",
    // Removing what is not there is no error.
    "discard_sample",
    "remove_saying",
    "remove_book",
    "dubs",
    "remove_dub",
];

#[test]
fn hostile_arguments_get_typed_errors() {
    let window = Window::open(|_, _| ());
    let all = hostile();
    for name in super::NAMES {
        let tried = all.iter().any(|(command, _)| command == name) || HARMLESS.contains(name);
        assert!(tried, "the command `{name}` is new: say here what a hostile window could ask of it");
    }
    for (command, arguments) in &all {
        match window.ask(command, arguments) {
            // An unreadable argument is refused at the border itself, in one sentence.
            Err(Value::String(told)) => assert!(told.contains("invalid"), "{command}: {told}"),
            Err(problem) => {
                let shown = problem.to_string();
                assert!(problem["code"].is_string() && problem["message"].is_string(), "{command}: {shown}");
                assert_ne!(problem["code"], "internal", "{command}: {shown}");
                assert!(shown.len() < 2000, "{command} repeats a huge argument");
            }
            // The command that asks for a terms' text takes any that is not too long; all others refuse.
            Ok(answer) => panic!(
                "{command} took hostile arguments: {}",
                arguments.to_string().chars().take(200).collect::<String>() + &answer.to_string()
            ),
        }
    }
    for command in ["discard_sample", "remove_saying"] {
        let _ = window.ask(command, &json!({"sample": "../x", "word": "x".repeat(5000)}));
    }
    assert!(window.ask("remove_book", &json!({"book": u32::MAX})).is_ok());
    // It still works.
    assert!(window.ask("voices", &json!({})).unwrap().as_array().unwrap().len() >= 4);
    assert!(window.ask("voice_sound", &json!({"voice": "alder"})).is_ok());
}

/// Commands that use a person's voice, with arguments that would be fair if the consent held.
fn uses(voice: &str, book: u64, take: &str, dub: u64) -> Vec<(&'static str, Value)> {
    let channel = "__CHANNEL__:1";
    vec![
        ("voice_sound", json!({"voice": voice})),
        ("export_voice", json!({"voice": voice, "passphrase": "long enough for it"})),
        ("make_take", json!({"form": form(voice), "on": channel})),
        ("take_sound", json!({"take": take})),
        ("export_take", json!({"take": take, "format": "wav"})),
        ("line_sound", json!({"book": book, "line": 0, "take": null})),
        ("render_line", json!({"book": book, "line": 1, "newTake": true})),
        ("render_book", json!({"book": book, "chapters": null, "fromLine": null})),
        ("edit_dub", json!({"dub": dub, "edit": {"edit": "voice", "speaker": 0, "voice": voice}})),
        ("cue_sound", json!({"dub": dub, "cue": 0, "take": null})),
        ("render_cue", json!({"dub": dub, "cue": 0, "newTake": false})),
        ("dub_monitor", json!({"dub": dub, "fromMs": 0, "toMs": 4000, "what": "dub"})),
        ("render_dub", json!({"dub": dub})),
        (
            "export_dub",
            json!({"dub": dub, "what": {"container": "mp4", "keepOriginal": false, "subtitles": "none", "stems": false}}),
        ),
    ]
}

#[test]
fn no_command_uses_a_voice_without_consent() {
    let mut made = None;
    let window = Window::open(|studio, scratch| {
        let speaker = &SPEAKERS[0];
        let said = "The quick boat left the harbour at dawn, and nobody on the shore heard it go. \
            We thought of the long road, the bright fields, and the voices of children playing by the river.";
        let enrolled = ceremony(studio, speaker, speaker.say(said, scratch).unwrap(), scratch).unwrap();
        let request = studio::TakeRequest {
            text: "Good morning.".into(),
            voice: enrolled.id.clone(),
            language: "en".into(),
            speed: 1.0,
            pauses: 1.0,
            seed: 1,
        };
        let take = studio.make_take(&request, &mut |_| (), &jobs::Cancel::new()).unwrap();
        let book = studio.import_text("A book", "One line is here.\n\nAnother line is there.", &enrolled.id).unwrap();
        studio.render_line(book.card.id, 0, false, &jobs::Cancel::new()).unwrap();
        let film = studio::bench::film::make(scratch, 1, false, &host::settings()).unwrap();
        let new = studio::dub::NewDub {
            film: film.film,
            to: "en".into(),
            target_subtitles: Some(film.target_subtitles),
            ..studio::dub::NewDub::default()
        };
        let dub = studio.begin_dub(&new).unwrap().card.id;
        let voice = studio::dub::DubEdit::Voice { speaker: 0, voice: Some(enrolled.id.clone()) };
        studio.edit_dub(dub, &voice).unwrap();
        studio.render_cue(dub, 0, false, &jobs::Cancel::new()).unwrap();
        assert!(studio.cue_sound(dub, 0, None).unwrap().seconds() > 0.3);
        studio.revoke(&Revoke::Voice(enrolled.id.clone())).unwrap();
        made = Some((enrolled.id, book.card.id, take.id, dub));
    });
    let (voice, book, take, dub) = made.unwrap();
    for (command, arguments) in uses(&voice, book, &take, dub) {
        // Nothing leaves a demo library, with or without consent.
        let expected = if command == "export_voice" { "demo_refused" } else { "revoked" };
        assert_eq!(window.refusal(command, &arguments), expected, "{command}");
    }
    // An export of a book needs every line made; its lines died with the voice, so it never gets to a file.
    let answer = window.ask("export_book", &json!({"book": book, "format": "wav", "chapters": null}));
    assert!(answer.is_err(), "{answer:?}");
    assert_eq!(std::fs::read_dir(&window.desk.exports).map_or(0, Iterator::count), 0);
    // Whoever adds a command decides here, in plain sight, whether it uses a voice.
    let named: Vec<&str> = uses("", 0, "", 0).into_iter().map(|(command, _)| command).chain(["export_book"]).collect();
    for name in super::NAMES {
        let decided = [&named[..], USE_NO_VOICE].iter().filter(|list| list.contains(name)).count();
        assert_eq!(decided, 1, "does the command `{name}` use a voice?");
    }
}

/// Commands that use nobody's voice: they list, record, change words, take consent back, or steer jobs whose lines are
/// each checked when their turn comes.
const USE_NO_VOICE: &[&str] = &[
    "machine",
    "models",
    "catalog",
    "pull_model",
    "cancel_pull",
    "import_model",
    "remove_model",
    "taste",
    "save_taste",
    "open_library",
    "devices",
    "show_folder",
    "diagnostics",
    "subscribe",
    "listen",
    "record_sample",
    "stop_recording",
    "samples",
    "discard_sample",
    "sample_sound",
    "import_sample",
    "begin_consent",
    "speak_statement",
    "sentence_read",
    "import_statement",
    "voices",
    "rename_voice",
    "would_die",
    "revoke_voice",
    "voice_log",
    "save_receipt",
    "cancel_take",
    "takes",
    "star_take",
    "remove_take",
    "restore_take",
    "sayings",
    "set_saying",
    "remove_saying",
    "dubs",
    "begin_dub",
    "open_dub",
    "remove_dub",
    "import_dub_subtitles",
    "prepare_dub",
    "record_line",
    "line_takes",
    "line_take_sound",
    "keep_line",
    "discard_line",
    "import_line",
    "books",
    "import_book",
    "import_text",
    "import_sample_book",
    "open_book",
    "edit_book",
    "touched_lines",
    "remove_book",
    "jobs",
    "pause_job",
    "resume_job",
    "cancel_job",
    "retry_job",
    "reorder_job",
];

#[test]
fn the_languages_that_the_pages_offer_are_known_to_the_gate() {
    let offered = include_str!("../../../ui/src/pages/ceremony/languages.ts");
    let pairs: Vec<(&str, &str)> = offered
        .lines()
        .filter_map(|line| line.trim().strip_prefix("[\"")?.strip_suffix("\"],")?.split_once("\", \""))
        .collect();
    assert!(pairs.len() >= 20, "{pairs:?}");
    for (tag, name) in pairs {
        assert_eq!(consent::Language::parse(tag).map(consent::Language::english).ok(), Some(name));
    }
    assert!(offered.contains(&format!("LANGUAGES_MOST = {};", consent::LANGUAGES_MOST)));
}
