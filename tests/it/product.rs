//! The built product as a user has it: a binary, run with arguments, answering with an exit code and JSON.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// The passphrase of every library that tests make.
pub const PASSPHRASE: &str = "correct horse battery staple";

/// The `vouch` binary of this build, or the one that `VOUCH_BINARY` names. Built on demand, so that `cargo test -p trips`
/// alone works too; whoever has built it already says so, because for one package cargo builds much of it anew.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        if let Some(path) = std::env::var_os("VOUCH_BINARY") {
            return path.into();
        }
        let status = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--package", "cli"])
            .current_dir(root())
            .status()
            .expect("cargo runs");
        assert!(status.success(), "the product does not build");
        let test = std::env::current_exe().expect("a test knows its own path");
        // target/debug/deps/it-… lies two folders below the binaries.
        let folder = test.parent().and_then(Path::parent).expect("tests lie in target/debug/deps");
        folder.join("vouch")
    })
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the root")
}

/// A command on a library of its own, with a passphrase.
pub fn vouch(library: &Path) -> Command {
    let mut command = Command::new(binary());
    command
        .arg("--json")
        .arg("--library")
        .arg(library)
        .env("VOUCH_PASSPHRASE", PASSPHRASE)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// What a command answered.
pub struct Answer {
    pub exit: i32,
    pub result: Value,
    pub output: String,
}

impl Answer {
    /// The error's code, where there is one.
    pub fn code(&self) -> &str {
        self.result["error"]["code"].as_str().unwrap_or_default()
    }

    /// Asserts an exit code and an error code, and that the error says what to do.
    pub fn refused(&self, exit: i32, code: &str) {
        assert_eq!((self.exit, self.code()), (exit, code), "{}", self.output);
        for part in ["message", "fix"] {
            let text = self.result["error"][part].as_str().unwrap_or_default();
            assert!(text.len() > 5 && !text.contains('\n'), "{part} is no clear sentence: {text:?}");
        }
        assert!(!self.output.contains("panicked"), "{}", self.output);
    }

    pub fn ok(self) -> Value {
        assert_eq!(self.exit, 0, "{}", self.output);
        assert_eq!(self.result["ok"], true, "{}", self.output);
        self.result
    }
}

/// Runs a command to its end.
pub fn answer(command: &mut Command) -> Answer {
    let output = command.output().expect("the product starts");
    read(&output)
}

fn read(output: &Output) -> Answer {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let last = text.lines().last().unwrap_or_default();
    Answer {
        exit: output.status.code().unwrap_or(-1),
        result: serde_json::from_str(last).unwrap_or(Value::Null),
        output: format!("{text}{}", String::from_utf8_lossy(&output.stderr)),
    }
}

/// Starts a command and leaves it running.
pub fn start(command: &mut Command) -> Child {
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the product starts")
}

/// A new demo library.
pub fn demo_library(folder: &Path) -> PathBuf {
    let library = folder.join("library");
    let mut init = Command::new(binary());
    init.args(["--json", "library", "init", "--demo"]).arg(&library).env("VOUCH_PASSPHRASE", PASSPHRASE);
    answer(init.stdout(Stdio::piped()).stderr(Stdio::piped())).ok();
    library
}
