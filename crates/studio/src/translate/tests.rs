//! A language model by script, for everything around it, and a small random one for the mechanics: it cannot translate.

use std::sync::{Arc, Mutex};

use networks::checkpoint::Checkpoint;
use networks::kernel::{Crew, Precision};
use networks::qwen3_llm::{Ending, Files, Qwen3Llm, Settings};
use proptest::prelude::*;
use speech::{Capacity, Progress, SlotId};

use super::*;

/// What a scripted model says to a request: a text and whether it is cut, or a fault.
type Script = Box<dyn FnMut(&Request) -> Result<(String, bool), Fault> + Send>;

/// Says what a script says, three bytes or so at a step.
struct Scripted {
    script: Script,
    running: BTreeMap<SlotId, (Vec<String>, Ending)>,
}

impl StepModel for Scripted {
    type Request = Request;
    type Chunk = Piece;

    fn capacity(&self) -> Capacity {
        Capacity { slots: 3, positions: 1 << 30 }
    }

    fn positions(&self, _: &Request) -> usize {
        1
    }

    fn admit(&mut self, batch: Vec<(SlotId, Request)>) -> Vec<(SlotId, Fault)> {
        let mut refused = Vec::new();
        for (slot, request) in batch {
            match (self.script)(&request) {
                Ok((text, cut)) => {
                    let letters: Vec<char> = text.chars().collect();
                    let pieces = letters.chunks(3).rev().map(|part| part.iter().collect()).collect();
                    // The shorter, the surer.
                    let ending = Ending { tokens: letters.len(), confidence: -(letters.len() as f64), cut };
                    self.running.insert(slot, (pieces, ending));
                }
                Err(fault) => refused.push((slot, fault)),
            }
        }
        refused
    }

    fn step(&mut self, active: &[SlotId], emit: &mut dyn FnMut(SlotId, Progress<Piece>)) -> Result<(), Fault> {
        for &slot in active {
            let Some((pieces, ending)) = self.running.get_mut(&slot) else { continue };
            match pieces.pop() {
                Some(text) => emit(slot, Progress::Chunk(Piece::Text(text))),
                None => {
                    emit(slot, Progress::Chunk(Piece::End(*ending)));
                    emit(slot, Progress::Done);
                }
            }
        }
        Ok(())
    }

    fn release(&mut self, slot: SlotId) {
        self.running.remove(&slot);
    }
}

fn translator(script: impl FnMut(&Request) -> Result<(String, bool), Fault> + Send + 'static) -> Translator<Scripted> {
    let script: Script = Box::new(script);
    Translator::new(Engine::start(move || Ok(Scripted { script, running: BTreeMap::new() })).unwrap())
}

fn task(candidates: usize) -> Task {
    Task {
        from: Some("English".to_owned()),
        to: "German".to_owned(),
        tone: None,
        background: None,
        glossary: Vec::new(),
        candidates,
        seed: 1,
        priority: Priority::Batch,
    }
}

fn line(text: &str) -> Line {
    Line { text: text.to_owned(), ..Line::default() }
}

/// The lines under "Translate:" with their numbers.
fn asked(request: &Request) -> Vec<(usize, String)> {
    let (_, lines) = request.messages[1].text.rsplit_once("Translate:\n").unwrap();
    let lines = lines.lines().map(|line| {
        let (number, text) = line.strip_prefix('[').unwrap().split_once("] ").unwrap();
        (number.parse().unwrap(), text.to_owned())
    });
    lines.collect()
}

fn run(translator: &Translator<Scripted>, lines: &[Line], task: &Task) -> Vec<Candidates> {
    translator.translate(lines, task, &Cancel::new(), &mut |_| {}).unwrap()
}

fn texts(candidates: &[Candidate]) -> Vec<&str> {
    candidates.iter().map(|candidate| candidate.text.as_str()).collect()
}

#[test]
fn every_line_gets_its_own_answer() {
    let translator = translator(|request| {
        let answers = asked(request).into_iter().rev().map(|(number, text)| format!("[{number}] <{text}>"));
        Ok((answers.collect::<Vec<_>>().join("\n"), false))
    });
    let mut lines: Vec<Line> = (0..30).map(|n| line(&format!("line {n}"))).collect();
    lines[11] = line("♪ ♪");
    lines[12] = line("");
    let mut told = Vec::new();
    let found = translator.translate(&lines, &task(2), &Cancel::new(), &mut |n| told.push(n)).unwrap();
    for (number, candidates) in found.iter().enumerate() {
        let wanted = format!("<line {number}>");
        assert_eq!(texts(candidates), if number == 11 || number == 12 { vec![] } else { vec![wanted.as_str()] });
    }
    assert_eq!(told, [8, 11, 21, 29, 30]);
}

#[test]
fn the_question_says_what_is_wanted_and_no_more() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let copy = Arc::clone(&seen);
    let translator = translator(move |request| {
        copy.lock().unwrap().push(request.clone());
        Ok(("[1] Aha.".to_owned(), false))
    });
    let lines = [
        Line { speaker: Some("Ann\n[9]".to_owned()), ..line("The robots\r\n[2] are here.\u{0}") },
        Line { seconds: Some(2.04), characters: Some(30), ..line("  Run!  ") },
    ];
    let mut task = task(1);
    task.tone = Some("tense".to_owned());
    task.background = Some("A film about\nrobots.".to_owned());
    task.glossary = vec![
        ("robot".to_owned(), "Maschine".to_owned()),
        ("Art".to_owned(), "Kunst".to_owned()),
        ("HERE".to_owned(), String::new()),
    ];
    run(&translator, &lines, &task);
    let seen = seen.lock().unwrap();
    let [system, user] = seen[0].messages.as_slice() else { panic!("two turns") };
    assert!(system.text.contains("from English into German") && system.text.ends_with("Tone: tense"));
    assert_eq!(
        user.text,
        "About:\nA film about robots.\n\nAlways say:\nHERE = HERE\nrobot = Maschine\n\n\
         Translate:\n[1] Ann [9]: The robots [2] are here.\n[2] Run! (at most 30 characters, 2.0 seconds of speech)"
    );
    // The second line was not answered: it is asked alone, after the first.
    assert_eq!(seen.len(), 2);
    assert!(
        seen[1].messages[1].text.contains("Said before, not to be translated:\nAnn [9]: The robots [2] are here.\n")
    );
    assert!(seen[1].messages[1].text.ends_with("Translate:\n[1] Run! (at most 30 characters, 2.0 seconds of speech)"));
    assert_eq!(seen[0].messages[0], seen[1].messages[0], "the instruction can be read once");
}

#[test]
fn candidates_that_fit_come_first_and_none_comes_twice() {
    let translator = translator(|request| {
        let said = match request.seed {
            5 => "Die Maschine kommt jetzt gerade an.",
            6 => "Sie kommt.",
            7 => "Die Maschine kommt.",
            _ => "\"Sie kommt.\"",
        };
        Ok((format!("[1] {said}"), false))
    });
    let lines = [Line { characters: Some(20), ..line("The robot is arriving.") }];
    let mut task = task(4);
    task.seed = 5;
    task.glossary = vec![("robot".to_owned(), "Maschine".to_owned())];
    let found = run(&translator, &lines, &task);
    assert_eq!(texts(&found[0]), ["Die Maschine kommt.", "Sie kommt.", "Die Maschine kommt jetzt gerade an."]);
    let attempts: Vec<_> = found[0].iter().map(|c| (c.attempt, c.fits, c.terms_missed.len(), c.characters)).collect();
    assert_eq!(attempts, [(2, true, 0, 19), (1, true, 1, 10), (0, false, 0, 35)]);
}

#[test]
fn the_first_try_is_the_best_and_the_others_are_drawn() {
    let translator = translator(|request| {
        assert_eq!(request.sampling.temperature == 0.0, request.seed == 1);
        assert!(request.most_tokens >= 64);
        Ok((format!("[1] try {}", request.seed), false))
    });
    assert_eq!(run(&translator, &[line("Hello there, you!")], &task(3))[0].len(), 3);
}

#[test]
fn unusable_answers_are_left_out() {
    let translator = translator(|request| {
        let count = asked(request).len();
        Ok(match (count, request.seed) {
            // The last line of a cut answer may be half; the second runs away; the third says nothing.
            (4, 1) => (format!("[1] Eins\n[2] {}\n[3] ...\n[4] Vier und", "sehr ".repeat(60)), true),
            (4, _) => (String::new(), false),
            (_, 1) => ("[1] Allein".to_owned(), false),
            _ => return Err(Fault::new("failed", "this one fails")),
        })
    });
    let lines = ["One", "Two", "Three", "Four and a half"].map(line);
    let found = run(&translator, &lines, &task(2));
    assert_eq!(found.iter().map(|c| texts(c)).collect::<Vec<_>>(), [["Eins"], ["Allein"], ["Allein"], ["Allein"]]);
}

#[test]
fn faults_of_all_are_an_error_and_of_some_are_not() {
    let all = translator(|_| Err(Fault::new("text_too_long", "too long")));
    let outcome = all.translate(&[line("Hello")], &task(2), &Cancel::new(), &mut |_| {});
    assert_eq!(outcome.err().map(|error| error.code()), Some("text_too_long"));
    let some = translator(|request| match request.messages[1].text.contains("bad") {
        true => Err(Fault::new("failed", "this one fails")),
        false => Ok(("[1] gut".to_owned(), false)),
    });
    let lines = [line("bad"), line(""), line(""), line(""), line("fine")];
    let found = run(&some, &lines, &task(1));
    assert_eq!((found[0].len(), found[4].len()), (0, 1));
    assert_eq!(run(&all, &[], &task(1)), Vec::<Candidates>::new());
}

#[test]
fn a_wish_to_stop_or_hold_is_followed() {
    let cancel = Cancel::new();
    let other = cancel.clone();
    let stopped = translator(move |_| {
        other.cancel();
        Ok(("[1] x".repeat(100_000), false))
    });
    let outcome = stopped.translate(&[line("Hello")], &task(2), &cancel, &mut |_| {});
    assert_eq!(outcome.err().map(|error| error.code()), Some("interrupted"));

    let cancel = Cancel::new();
    let (wish, mut held) = (cancel.clone(), false);
    let paused = translator(move |_| {
        if !std::mem::replace(&mut held, true) {
            wish.pause();
            let wish = wish.clone();
            std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(60));
                wish.resume();
            });
        }
        Ok(("[1] Ja, das ist es.".to_owned(), false))
    });
    let found = paused.translate(&[line("Yes, that is it.")], &task(2), &cancel, &mut |_| {}).unwrap();
    assert_eq!(texts(&found[0]), ["Ja, das ist es."]);
}

#[test]
fn an_endless_answer_is_stopped() {
    let translator = translator(|_| Ok(("[1] Ja.\n[2] ".to_owned() + &"nein ".repeat(40_000), false)));
    assert_eq!(run(&translator, &[line("Yes."), line("No.")], &task(1)).iter().map(Vec::len).sum::<usize>(), 1);
}

#[test]
fn too_much_is_refused() {
    let translator = translator(|_| Ok(("[1] x".to_owned(), false)));
    let code = |lines: &[Line], task: &Task| {
        translator.translate(lines, task, &Cancel::new(), &mut |_| {}).err().map(|error| error.code())
    };
    assert_eq!(code(&vec![line("x"); 20_001], &task(1)), Some("out_of_range"));
    assert_eq!(code(&[line(&"x".repeat(1001))], &task(1)), Some("text_too_long"));
    assert_eq!(code(&[line("x")], &task(0)), Some("out_of_range"));
    assert_eq!(code(&[line("x")], &task(17)), Some("out_of_range"));
    assert_eq!(code(&[line("x")], &Task { to: " ".to_owned(), ..task(1) }), Some("out_of_range"));
    assert_eq!(code(&[line("x")], &Task { tone: Some("x".repeat(2001)), ..task(1) }), Some("out_of_range"));
    let terms = vec![("x".to_owned(), "y".to_owned()); 5001];
    assert_eq!(code(&[line("x")], &Task { glossary: terms, ..task(1) }), Some("out_of_range"));
}

#[test]
fn languages_have_their_english_names() {
    assert_eq!(
        ["de", "pt-BR", "ZH_hans", "xx", ""].map(language_name),
        [Some("German"), Some("Portuguese"), Some("Chinese"), None, None]
    );
}

fn random_model(slots: usize) -> Translator<Qwen3Llm> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/qwen3/llm/tied");
    let read = move |name: &str| std::fs::read(format!("{folder}/{name}")).unwrap();
    let make = move || {
        let checkpoint =
            Checkpoint::open(vec![std::fs::File::open(format!("{folder}/model.safetensors")).unwrap()]).unwrap();
        let [config, generation, vocab, merges, tokenizer] =
            ["config.json", "generation_config.json", "vocab.json", "merges.txt", "tokenizer_config.json"].map(read);
        let files = Files {
            config: &config,
            generation_config: Some(&generation),
            vocab: &vocab,
            merges: &merges,
            tokenizer_config: &tokenizer,
        };
        let settings = Settings { slots, positions: 6000, precision: Precision::Single, crew: Crew::alone() };
        Ok(Qwen3Llm::load(checkpoint, &files, settings)?)
    };
    Translator::new(Engine::start(make).unwrap())
}

#[test]
fn a_model_that_cannot_translate_does_no_harm() {
    let lines: Vec<Line> = ["Hello world.", "<|im_end|>", "天气", "Be brief, please."].map(line).into();
    let outcome = |slots| random_model(slots).translate(&lines, &task(3), &Cancel::new(), &mut |_| {}).unwrap();
    let found = outcome(4);
    assert_eq!(found.len(), 4);
    assert_eq!(found, outcome(1), "nobody's answer depends on the company");
}

#[test]
fn answers_are_read_whatever_they_are_wrapped_in() {
    let read = |answer: &str, count: usize| -> Vec<(usize, String)> {
        reading::lines(answer, count, false).into_iter().collect()
    };
    let wanted = vec![(0, "Hallo.".to_owned()), (1, "1984 war gut.".to_owned())];
    for answer in [
        "[1] Hallo.\n[2] 1984 war gut.",
        "[2] 1984 war gut.\n[1] Hallo.",
        "Here are the lines:\n\n[1] Hallo.\n[2] 1984 war gut.\n\nNote: [3] is missing.",
        "<think>\n[1] Hm.\n</think>\n\n[1] Hallo.\n[2] 1984 war gut.",
        "1. Hallo.\n2. 1984 war gut.",
        "1: Hallo.\n2: 1984 war gut.\n7: no",
        "```\n[1]: Hallo.\n**[2]** 1984 war gut.\n[2] variant\n```",
        "Line 1: Hallo.\r\nLine 2: 1984 war gut.",
        "#1 - Hallo.\n#2 - 1984 war gut.",
    ] {
        let found: Vec<(usize, String)> =
            read(answer, 2).into_iter().map(|(number, text)| (number, reading::clean(&text, "x"))).collect();
        assert_eq!(found, wanted, "{answer:?}");
    }
    assert_eq!(read("Hallo Welt.", 1), [(0, "Hallo Welt.".to_owned())]);
    assert_eq!(read("Translation:\nHallo Welt.\n\nNote: informal.", 1), [(0, "Hallo Welt.".to_owned())]);
    assert_eq!(read("Hallo Welt.", 2), []);
    assert_eq!(read("12:30 ist es.", 1), [(0, "12:30 ist es.".to_owned())]);
    assert_eq!(read("<think>\nendless", 1), []);
    assert_eq!(reading::lines("[1] a\n[2] b", 2, true).into_keys().collect::<Vec<_>>(), [0]);
    assert!(reading::lines("half a sen", 1, true).is_empty());
}

#[test]
fn only_what_is_to_be_spoken_is_left() {
    for (text, source, wanted) in [
        ("\"Hallo.\"", "Hello.", "Hallo."),
        ("„Hallo.“", "Hello.", "Hallo."),
        ("**„Hallo.“**", "Hello.", "Hallo."),
        ("\"Hallo.\"", "\"Hello.\"", "\"Hallo.\""),
        ("\"Ja\", sagte er, \"nein\"", "x", "\"Ja\", sagte er, \"nein\""),
        ("Hallo. (7 characters)", "Hello.", "Hallo."),
        ("Hallo. (Note: informal)", "Hello.", "Hallo."),
        ("\"Hallo.\" (6 Zeichen, 1 s)", "Hello.", "Hallo."),
        ("Hallo (leise).", "Hello (quietly).", "Hallo (leise)."),
        ("Hallo. (lacht)", "Hello.", "Hallo. (lacht)"),
        ("你好。（3字）", "Hello.", "你好。"),
        ("'s ist gut", "x", "'s ist gut"),
        ("Ha\u{7}llo\u{fffd}", "x", "Hallo"),
        ("", "x", ""),
        ("\"", "x", "\""),
    ] {
        assert_eq!(reading::clean(text, source), wanted, "{text:?}");
    }
}

proptest! {
    #[test]
    fn any_answer_is_read_without_harm(
        answer in "([\\[\\]()0-9#*.: \"'„“]|\\PC|\n|<think>|</think>|\\[1\\] |2\\. |Note: ){0,40}", count in 0usize..5, cut in any::<bool>(),
    ) {
        for (number, text) in reading::lines(&answer, count, cut) {
            prop_assert!(number < count);
            let clean = reading::clean(&text, "source");
            prop_assert!(!clean.contains(['\n', '\r']));
            prop_assert_eq!(reading::clean(&clean, "source"), clean);
        }
    }

    #[test]
    fn passages_hold_every_line_with_words_once(texts in proptest::collection::vec("[a-z ]{0,300}|♪", 0..60)) {
        let lines: Vec<Line> = texts.iter().map(|text| line(text)).collect();
        let passages = passage::cut(&lines);
        let held: Vec<usize> = passages.iter().flat_map(|passage| passage.range()).collect();
        let wanted: Vec<usize> = (0..lines.len()).filter(|&n| passage::has_words(&lines[n].text)).collect();
        prop_assert_eq!(held, wanted);
        for passage in &passages {
            let characters: usize = passage.lines().iter().map(|line| line.text.chars().count()).sum();
            prop_assert!(passage.lines().len() <= 8 && (characters <= 800 || passage.lines().len() == 1));
        }
    }
}
