//! What the user sees: a progress line on a terminal or NDJSON for programs, one result at the end, errors with their
//! mend and exit code.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressStyle};
use jobs::{Event, EventSink};
use serde_json::{Value, json};
use studio::catalog::{PullNews, Stage};
use studio::{Class, StudioError};

/// The one place that prints.
pub struct Screen {
    json: bool,
    bar: Mutex<Option<ProgressBar>>,
}

/// A failure at the border: code, what happened, what to do, exit code.
#[derive(Debug)]
pub struct Failure {
    /// Stable name.
    pub code: String,
    /// What happened and why.
    pub message: String,
    /// What to do.
    pub fix: String,
    /// The process's exit code.
    pub exit: u8,
    /// What a program may need to go on, as in the fresh words after a refusal.
    pub more: Vec<(&'static str, Value)>,
}

impl Failure {
    /// A request that makes no sense.
    pub fn usage(message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { code: "usage".into(), message: message.into(), fix: fix.into(), exit: 2, more: Vec::new() }
    }

    /// Adds something that a program may need to go on.
    pub fn with(mut self, name: &'static str, value: Value) -> Self {
        self.more.push((name, value));
        self
    }
}

impl<E: Into<StudioError>> From<E> for Failure {
    fn from(error: E) -> Self {
        let error: StudioError = error.into();
        let exit = match error.class() {
            Class::Usage => 2,
            Class::Refused => 3,
            Class::BadInput => 4,
            Class::Missing => 5,
            Class::Engine => 6,
            Class::Interrupted => 130,
        };
        let fix = match error.code() {
            // The library knows no environment; this door does.
            "needs_passphrase" | "keyring_unavailable" | "wrong_passphrase" => {
                "set VOUCH_PASSPHRASE to the library's passphrase, or run this on a terminal and type it".into()
            }
            _ => error.fix(),
        };
        Self { code: error.code().into(), message: error.to_string(), fix, exit, more: Vec::new() }
    }
}

impl Screen {
    /// A screen for people, or for programs.
    pub fn new(json: bool) -> Self {
        Self { json, bar: Mutex::new(None) }
    }

    /// Whether programs read this.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// A line for people; programs get it as a note.
    pub fn say(&self, line: impl AsRef<str>) {
        let line = line.as_ref();
        if self.json {
            self.line(&Event::note(line).to_json());
        } else if let Some(bar) = self.bar.lock().expect("no panic while printing").as_ref() {
            bar.suspend(|| self.line(line));
        } else {
            self.line(line);
        }
    }

    /// The end of a command: its result, or what went wrong.
    pub fn finish(&self, result: Result<Value, Failure>) -> ExitCode {
        if let Some(bar) = self.bar.lock().expect("no panic while printing").take() {
            bar.finish_and_clear();
        }
        match result {
            Ok(value) => {
                if self.json {
                    let mut object = json!({"ok": true});
                    if let (Some(object), Value::Object(value)) = (object.as_object_mut(), value) {
                        object.extend(value);
                    }
                    self.line(&object.to_string());
                }
                ExitCode::SUCCESS
            }
            Err(Failure { code, message, fix, exit, more }) => {
                if self.json {
                    let mut error = json!({"code": code, "message": message, "fix": fix});
                    for (name, value) in more {
                        error[name] = value;
                    }
                    self.line(&json!({"ok": false, "error": error}).to_string());
                } else {
                    let _ = writeln!(
                        std::io::stderr(),
                        "vouch: {} [{code}]\n  To mend it: {fix}",
                        message.trim_end_matches('.')
                    );
                }
                ExitCode::from(exit)
            }
        }
    }

    /// Prints one line. A closed pipe is no reason to panic.
    fn line(&self, line: &str) {
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "{line}");
        let _ = out.flush();
    }

    /// How far the bytes of a model have come.
    pub fn bytes(&self, model: &str, news: &PullNews) {
        let stage = match news.stage {
            Stage::Checking => "checking",
            Stage::Loading => "loading",
        };
        if self.json {
            return self.line(
                &json!({
                    "event": stage, "model": model, "file": news.file,
                    "done_bytes": news.done_bytes, "total_bytes": news.total_bytes,
                    "bytes_per_second": news.bytes_per_second, "eta_seconds": news.eta_seconds(),
                })
                .to_string(),
            );
        }
        let speed = news.bytes_per_second.map(|rate| format!("{:.1} MB/s", rate / 1e6));
        let pace = format!("{stage} {}, {}", news.file, with_time_left(speed, news.eta_seconds()));
        self.bar(
            news.done_bytes,
            news.total_bytes,
            pace.trim_end_matches(", "),
            "{bar:30} {bytes}/{total_bytes} {msg}",
        );
    }

    fn progress(&self, done: u64, total: u64, pace: &str) {
        self.bar(done, total, pace, "{bar:30} {pos}/{len} {msg}");
    }

    fn bar(&self, done: u64, total: u64, pace: &str, template: &str) {
        if !std::io::stderr().is_terminal() {
            return;
        }
        let mut bar = self.bar.lock().expect("no panic while printing");
        let bar = bar.get_or_insert_with(|| {
            ProgressBar::new(total)
                .with_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        bar.set_length(total);
        bar.set_position(done);
        bar.set_message(pace.to_owned());
    }
}

/// How fast and how long still, as in `6.1 x real time, 0:42 left`.
fn pace(times_real_time: Option<f64>, eta_seconds: Option<f64>) -> String {
    with_time_left(times_real_time.map(|times| format!("{times:.1} x real time")), eta_seconds)
}

fn with_time_left(speed: Option<String>, eta_seconds: Option<f64>) -> String {
    let left = eta_seconds.map(|seconds| {
        let seconds = seconds.max(0.0) as u64;
        match seconds / 3600 {
            0 => format!("{}:{:02} left", seconds / 60, seconds % 60),
            hours => format!("{hours}:{:02}:{:02} left", seconds / 60 % 60, seconds % 60),
        }
    });
    [speed, left].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

impl EventSink for Screen {
    fn emit(&self, event: Event) {
        if self.json {
            self.line(&event.to_json());
            return;
        }
        match event {
            Event::Progress { done, total, times_real_time, eta_seconds, .. } => {
                self.progress(done, total, &pace(times_real_time, eta_seconds));
            }
            Event::Note { message } | Event::Warning { message, .. } => self.say(message),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::pace;

    #[test]
    fn pace_reads_well() {
        assert_eq!(pace(None, None), "");
        assert_eq!(pace(Some(6.12), Some(42.9)), "6.1 x real time, 0:42 left");
        assert_eq!(pace(Some(0.5), Some(3725.0)), "0.5 x real time, 1:02:05 left");
    }
}
