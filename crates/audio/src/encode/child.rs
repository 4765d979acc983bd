//! One run of a tool: no shell, no input, ended when we are. It knows no format.

use std::ffi::OsString;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::AudioError;

/// How much of what a tool says is kept.
const TAIL_BYTES: usize = 2_048;

/// A child that does not outlive us.
struct Leashed(Child);

impl Drop for Leashed {
    fn drop(&mut self) {
        // Both fail harmlessly when the child has already ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs `tool` to its end. `out` is named in errors about the disk.
pub(super) fn run(
    tool: &Path,
    arguments: &[OsString],
    out: &Path,
    keep_going: &dyn Fn() -> bool,
) -> Result<(), AudioError> {
    const LOOK_EVERY: Duration = Duration::from_millis(20);
    let name = tool.file_name().unwrap_or(tool.as_os_str()).to_string_lossy().into_owned();
    let spawned =
        Command::new(tool).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    let mut child = Leashed(spawned.map_err(|source| match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => AudioError::MissingTool { tool: name.clone() },
        _ => AudioError::io(tool, source),
    })?);
    let said = child.0.stderr.take().map(|stderr| thread::spawn(move || tail(stderr)));
    let status = loop {
        if let Some(status) = child.0.try_wait().map_err(|source| AudioError::io(tool, source))? {
            break status;
        }
        if !keep_going() {
            return Err(AudioError::Stopped);
        }
        thread::sleep(LOOK_EVERY);
    };
    if status.success() {
        return Ok(());
    }
    let tail = said.and_then(|thread| thread.join().ok()).unwrap_or_default();
    if tail.contains("No space left on device") || tail.contains("Disk quota exceeded") {
        return Err(AudioError::DiskFull { path: out.display().to_string() });
    }
    Err(AudioError::ToolFailed { tool: name, status: status.to_string(), tail })
}

/// The last words of a stream, however much it says.
fn tail(mut stream: ChildStderr) -> String {
    let mut kept = Vec::new();
    let mut block = [0_u8; 1_024];
    while let Ok(count @ 1..) = stream.read(&mut block) {
        kept.extend_from_slice(&block[..count]);
        let spare = kept.len().saturating_sub(TAIL_BYTES);
        kept.drain(..spare);
    }
    String::from_utf8_lossy(&kept).trim().replace('\n', "; ")
}
