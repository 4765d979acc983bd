//! The other side: a child process that does one repetition when it is told to.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::Sizes;

/// `bench_cpu.py` at work.
pub struct Torch {
    child: Child,
    ask: ChildStdin,
    answer: BufReader<ChildStdout>,
    /// Of the library.
    pub version: String,
}

impl Torch {
    pub fn start(python: &str, script: &str, weights: &Path, hands: usize, sizes: Sizes) -> Self {
        let mut child = Command::new(python)
            .arg(script)
            .arg(hands.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("could not start {python}: {error}"));
        let (ask, answer) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut torch = Self { child, ask, answer, version: String::new() };
        let Sizes { talker, predictor, context, frames, .. } = sizes;
        let ready = torch.say(&format!("load {} {talker} {predictor} {context} {frames}", weights.display()));
        torch.version = ready.strip_prefix("ready ").expect("the other side is not ready").to_owned();
        torch
    }

    /// Seconds of one repetition.
    pub fn run(&mut self, piece: &str, precision: &str, batch: usize) -> f64 {
        self.say(&format!("run {piece} {precision} {batch}")).parse().unwrap()
    }

    /// What comes out of one repetition.
    pub fn show(&mut self, piece: &str, precision: &str, batch: usize) -> Vec<f32> {
        let head = self.say(&format!("show {piece} {precision} {batch}"));
        let count: usize = head.strip_prefix("numbers ").and_then(|n| n.parse().ok()).expect("an amount of numbers");
        let mut bytes = vec![0; count * 4];
        self.answer.read_exact(&mut bytes).unwrap();
        bytes.as_chunks::<4>().0.iter().map(|&b| f32::from_le_bytes(b)).collect()
    }

    fn say(&mut self, line: &str) -> String {
        writeln!(self.ask, "{line}").and_then(|()| self.ask.flush()).expect("the other side is gone");
        let mut answer = String::new();
        self.answer.read_line(&mut answer).unwrap();
        assert!(!answer.is_empty(), "the other side ended at \"{line}\"");
        answer.trim_end().to_owned()
    }
}

impl Drop for Torch {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
