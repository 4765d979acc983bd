//! Lines of speech from one language into another through a language model: many passages and several tries at once, with
//! a glossary and a wish for length. It knows no film, no voice and no checkpoint.

mod language;
mod passage;
mod prompt;
mod reading;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use engine::{Engine, Next, Output, Priority};
use jobs::Cancel;
use networks::qwen3::Sampling;
use networks::qwen3_llm::{Piece, Request};
use speech::{Fault, StepModel};

pub use language::language_name;

use crate::StudioError;
use passage::Passage;

/// Lines that one call takes at most.
const MOST_LINES: usize = 20_000;
/// Characters that a line may have at most: a subtitle has some eighty.
const LONGEST_LINE: usize = 1000;
/// Tries for each line at most.
const MOST_CANDIDATES: usize = 16;
/// Entries of a glossary at most; each is shown only where its term occurs.
const MOST_TERMS: usize = 5000;
/// Longest tone, background or term, in characters.
const LONGEST_NOTE: usize = 2000;
/// Longest answer that is read, in bytes.
const LONGEST_ANSWER: usize = 64 << 10;
/// How long a wait may last before it is asked again whether anybody still wants the result.
const LOOK: Duration = Duration::from_millis(20);

/// One line of speech.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Line {
    /// What is said.
    pub text: String,
    /// Who says it, where known: for forms of address and gender.
    pub speaker: Option<String>,
    /// How long the translation should take to say, in seconds. A wish.
    pub seconds: Option<f64>,
    /// How many characters the translation should have at most. A wish, and candidates that keep it come first.
    pub characters: Option<usize>,
}

/// What is wanted of all lines of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// The lines' language by its English name; nothing lets the model find out.
    pub from: Option<String>,
    /// Language of the translation by its English name.
    pub to: String,
    /// How it should sound, such as "informal, for children".
    pub tone: Option<String>,
    /// What the lines are from, for a model that has not seen it.
    pub background: Option<String>,
    /// Terms and how they are to be said; an empty translation means that the term stays as it is.
    pub glossary: Vec<(String, String)>,
    /// Tries for each line, 1 to 16. The first is the model's best, the others are drawn.
    pub candidates: usize,
    /// Chooses among the drawn ones; the same seed gives the same translations.
    pub seed: u64,
    /// Whether a person waits for it.
    pub priority: Priority,
}

/// One way to say a line.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The translation: one line.
    pub text: String,
    /// Which try it is from, counted from 0.
    pub attempt: usize,
    /// Its characters, white space included.
    pub characters: usize,
    /// Whether it keeps the wished number of characters, where there is one.
    pub fits: bool,
    /// Terms of the glossary that are in the line and whose translation is not in this.
    pub terms_missed: Vec<String>,
    /// Mean logarithm of the probability of a token in the answer that it is from; 0 is certain.
    pub confidence: f64,
}

/// All ways that were found to say a line, without repeats: those that fit first, then those that keep the glossary, then
/// those that the model is surer of. Empty if the model gave no usable answer.
pub type Candidates = Vec<Candidate>;

/// Translates through the engine of a language model.
pub struct Translator<M: StepModel<Request = Request, Chunk = Piece>> {
    engine: Engine<M>,
}

/// One request on its way.
struct Asked<'a> {
    passage: Passage<'a>,
    attempt: usize,
}

impl<M: StepModel<Request = Request, Chunk = Piece>> Translator<M> {
    /// A translator on an engine that others may use too.
    pub fn new(engine: Engine<M>) -> Self {
        Self { engine }
    }

    /// Translates lines that follow on each other. `done(lines so far)` is told as passages are finished.
    ///
    /// A line for which no try gave a usable answer within its passage is asked once more, alone.
    pub fn translate(
        &self,
        lines: &[Line],
        task: &Task,
        cancel: &Cancel,
        done: &mut dyn FnMut(usize),
    ) -> Result<Vec<Candidates>, StudioError> {
        check(lines, task)?;
        let mut found: Vec<Candidates> = vec![Vec::new(); lines.len()];
        let mut last_fault = None;
        let whole = passage::cut(lines);
        self.ask(whole, task, cancel, &mut |asked, outcome| {
            match outcome {
                Ok(answers) => keep(&mut found, &asked, answers, task),
                Err(fault) => last_fault = Some(fault),
            }
            if asked.attempt + 1 == task.candidates {
                done(asked.passage.range().end);
            }
        })?;
        let alone: Vec<Passage<'_>> = (0..lines.len())
            .filter(|&line| found[line].is_empty() && passage::has_words(&lines[line].text))
            .map(|line| Passage::new(lines, line..line + 1))
            .collect();
        self.ask(alone, task, cancel, &mut |asked, outcome| match outcome {
            Ok(answers) => keep(&mut found, &asked, answers, task),
            Err(fault) => last_fault = Some(fault),
        })?;
        if let Some(fault) = last_fault.filter(|_| found.iter().all(Vec::is_empty)) {
            return Err(fault.into());
        }
        for candidates in &mut found {
            candidates.sort_by(|a, b| {
                let order = |c: &Candidate| (!c.fits, c.terms_missed.len());
                order(a).cmp(&order(b)).then(b.confidence.total_cmp(&a.confidence)).then(a.attempt.cmp(&b.attempt))
            });
        }
        Ok(found)
    }

    /// Asks every passage as often as there are candidates, two engine-fulls in flight, and hands out what comes back.
    fn ask<'a>(
        &self,
        passages: Vec<Passage<'a>>,
        task: &Task,
        cancel: &Cancel,
        heard: &mut dyn FnMut(Asked<'a>, Result<Answers, Fault>),
    ) -> Result<(), StudioError> {
        let in_flight = self.engine.load().slots.max(1) * 2;
        let all = passages
            .into_iter()
            .flat_map(|passage| (0..task.candidates).map(move |attempt| Asked { passage: passage.clone(), attempt }));
        let mut waiting = all.peekable();
        let mut held: VecDeque<Asked<'a>> = VecDeque::new();
        let mut running: VecDeque<(Asked<'a>, Output<Piece>)> = VecDeque::new();
        loop {
            if cancel.is_paused() {
                // Given back, so that the engine is free, and asked anew afterwards.
                held = running.drain(..).map(|(asked, _)| asked).chain(held).collect();
            }
            cancel.checkpoint().map_err(|_| StudioError::Interrupted)?;
            while running.len() < in_flight {
                let Some(asked) = held.pop_front().or_else(|| waiting.next()) else { break };
                let request = request(&asked, task);
                running.push_back((asked, self.engine.submit(request, task.priority)));
            }
            let Some((asked, output)) = running.pop_front() else { return Ok(()) };
            match listen(output, cancel)? {
                Heard::Answer { text, confidence, cut } => {
                    let lines = reading::lines(&text, asked.passage.lines().len(), cut);
                    heard(asked, Ok(Answers { lines, confidence }));
                }
                Heard::Fault(fault) if fault.code == "engine_stopped" => return Err(fault.into()),
                Heard::Fault(fault) => heard(asked, Err(fault)),
                Heard::Held => {
                    let rest = running.drain(..).map(|(asked, _)| asked);
                    held = std::iter::once(asked).chain(rest).chain(std::mem::take(&mut held)).collect();
                }
            }
        }
    }
}

/// What one answer said for the lines of its passage, by their numbers in it.
struct Answers {
    lines: BTreeMap<usize, String>,
    confidence: f64,
}

enum Heard {
    Answer { text: String, confidence: f64, cut: bool },
    Fault(Fault),
    Held,
}

/// Waits for a whole answer.
fn listen(mut output: Output<Piece>, cancel: &Cancel) -> Result<Heard, StudioError> {
    let mut text = String::new();
    let (mut confidence, mut cut) = (f64::NEG_INFINITY, true);
    loop {
        match output.next_within(LOOK) {
            Next::Item(Ok(Piece::Text(piece))) if text.len() + piece.len() <= LONGEST_ANSWER => text += &piece,
            // Nobody can mean so long an answer; dropping the output stops it.
            Next::Item(Ok(Piece::Text(_))) => return Ok(Heard::Answer { text, confidence, cut: true }),
            Next::Item(Ok(Piece::End(ending))) => (confidence, cut) = (ending.confidence, ending.cut),
            Next::Item(Err(fault)) => return Ok(Heard::Fault(fault)),
            Next::End => return Ok(Heard::Answer { text, confidence, cut }),
            Next::Later => {
                if cancel.is_paused() {
                    return Ok(Heard::Held);
                }
                cancel.checkpoint().map_err(|_| StudioError::Interrupted)?;
            }
        }
    }
}

/// The request for one try at a passage.
fn request(asked: &Asked<'_>, task: &Task) -> Request {
    // The makers' advice for answers without thinking; translations vary enough with it.
    let drawn = Sampling { temperature: 0.7, top_k: 20, top_p: 0.8, repetition_penalty: 1.0 };
    let characters: usize = asked.passage.lines().iter().map(|line| line.text.chars().count()).sum();
    Request {
        messages: prompt::messages(&asked.passage, task),
        sampling: if asked.attempt == 0 { Sampling::GREEDY } else { drawn },
        seed: task.seed.wrapping_add(asked.attempt as u64),
        // Scripts that the tokenizer knows badly take two tokens for a character.
        most_tokens: 2 * characters + 32 * asked.passage.lines().len(),
    }
}

/// Adds what an answer said to what is known, leaving out what is unusable or known already.
fn keep(found: &mut [Candidates], asked: &Asked<'_>, answers: Answers, task: &Task) {
    for (number, text) in answers.lines {
        let at = asked.passage.range().start + number;
        let (Some(line), Some(candidates)) = (asked.passage.lines().get(number), found.get_mut(at)) else { continue };
        let text = reading::clean(&text, &line.text);
        let characters = text.chars().count();
        // Nothing, or a model that went on and on.
        if !passage::has_words(&text) || characters > 4 * line.text.chars().count() + 60 {
            continue;
        }
        if candidates.iter().any(|known| known.text == text) {
            continue;
        }
        candidates.push(Candidate {
            fits: line.characters.is_none_or(|most| characters <= most),
            terms_missed: prompt::terms(line, task)
                .filter(|(_, said)| !text.to_lowercase().contains(&said.to_lowercase()))
                .map(|(term, _)| term.to_owned())
                .collect(),
            text,
            attempt: asked.attempt,
            characters,
            confidence: answers.confidence,
        });
    }
}

fn check(lines: &[Line], task: &Task) -> Result<(), StudioError> {
    let out = |what, range| Err(StudioError::OutOfRange { what, range });
    if lines.len() > MOST_LINES {
        return out("the number of lines", "at most 20000");
    }
    if !(1..=MOST_CANDIDATES).contains(&task.candidates) {
        return out("the number of candidates", "1 to 16");
    }
    if task.glossary.len() > MOST_TERMS {
        return out("the number of glossary terms", "at most 5000");
    }
    let long = |text: &String, most: usize| text.chars().nth(most).is_some();
    let notes = [&task.from, &task.tone, &task.background].into_iter().flatten().chain([&task.to]);
    let terms = task.glossary.iter().flat_map(|(term, said)| [term, said]);
    if notes.chain(terms).any(|text| long(text, LONGEST_NOTE)) {
        return out("the length of a tone, a background or a term", "at most 2000 characters");
    }
    if task.to.trim().is_empty() {
        return out("the language of the translation", "named");
    }
    for line in lines {
        if long(&line.text, LONGEST_LINE) || line.speaker.as_ref().is_some_and(|speaker| long(speaker, LONGEST_LINE)) {
            return Err(StudioError::TooLong { characters: line.text.chars().count(), limit: LONGEST_LINE });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
