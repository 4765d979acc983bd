//! One run of a tool: no shell, nothing on disk, sound in and out over pipes, ended when we are. It knows no format.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Select, Sender, bounded, never};

use crate::AudioError;

/// How often whoever waits is asked whether to go on.
const LOOK_EVERY: Duration = Duration::from_millis(40);

/// How much of what a tool says is kept.
const TAIL_BYTES: usize = 2_048;

/// Bytes read from a child at once.
const BLOCK_BYTES: usize = 1 << 16;

/// Blocks that may lie between us and a child in either direction.
const BLOCKS: usize = 8;

/// A child that does not outlive us.
struct Leashed(Child);

impl Drop for Leashed {
    fn drop(&mut self) {
        // Both fail harmlessly when the child has already ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What to run.
pub(crate) struct Run<'a> {
    /// The program.
    pub tool: &'a Path,
    /// Its arguments.
    pub arguments: &'a [OsString],
    /// The folder to stand in; ours when there is none.
    pub folder: Option<&'a Path>,
    /// What is named in errors about the disk.
    pub out: &'a Path,
}

/// A tool that runs.
pub(crate) struct Running {
    // First, so that the child has ended before the pipes' threads are let go.
    child: Leashed,
    name: String,
    out: String,
    feed: Option<Sender<Vec<u8>>>,
    blocks: Option<Receiver<Vec<u8>>>,
    said: Receiver<String>,
    ended: Option<ExitStatus>,
}

impl Run<'_> {
    /// Starts it with the pipes that are asked for; the other ends lead nowhere.
    pub(crate) fn start(&self, input: bool, output: bool) -> Result<Running, AudioError> {
        let name = self.tool.file_name().unwrap_or(self.tool.as_os_str()).to_string_lossy().into_owned();
        let pipe = |wanted| if wanted { Stdio::piped() } else { Stdio::null() };
        let mut command = Command::new(self.tool);
        command.args(self.arguments).stdin(pipe(input)).stdout(pipe(output)).stderr(Stdio::piped());
        if let Some(folder) = self.folder {
            command.current_dir(folder);
        }
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt;
            // Ctrl-C in a terminal is for us: we end the child in order, so that it is a stop and not a failed tool.
            command.process_group(0);
        }
        let mut child = Leashed(command.spawn().map_err(|source| match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => AudioError::MissingTool { tool: name.clone() },
            _ => AudioError::io(self.tool, source),
        })?);
        let (say, said) = bounded(1);
        if let Some(stderr) = child.0.stderr.take() {
            thread::spawn(move || say.send(tail(stderr)));
        }
        let feed = child.0.stdin.take().map(|mut stdin| {
            let (feed, blocks) = bounded::<Vec<u8>>(BLOCKS);
            // Ends when the feed is dropped or the child no longer reads.
            thread::spawn(move || blocks.iter().all(|block| stdin.write_all(&block).is_ok()));
            feed
        });
        let blocks = child.0.stdout.take().map(|mut stdout| {
            let (send, blocks) = bounded(BLOCKS);
            thread::spawn(move || {
                let mut block = vec![0_u8; BLOCK_BYTES];
                while let Ok(count @ 1..) = stdout.read(&mut block) {
                    if send.send(block[..count].to_vec()).is_err() {
                        break;
                    }
                }
            });
            blocks
        });
        Ok(Running { child, name, out: self.out.display().to_string(), feed, blocks, said, ended: None })
    }

    /// Runs it to its end.
    pub(crate) fn to_end(&self, keep_going: &dyn Fn() -> bool) -> Result<(), AudioError> {
        self.start(false, false)?.finish(&mut |_| {}, keep_going)
    }

    /// Runs it to its end and takes what it writes, at most `most` bytes.
    pub(crate) fn answer(&self, most: usize, keep_going: &dyn Fn() -> bool) -> Result<Vec<u8>, AudioError> {
        let mut running = self.start(false, true)?;
        let mut answer = Vec::new();
        while let Some(block) = running.read(keep_going)? {
            if answer.len() + block.len() > most {
                return Err(AudioError::OverLimit { limit: format!("{most} bytes from {}", running.name) });
            }
            answer.extend_from_slice(&block);
        }
        running.finish(&mut |_| {}, keep_going)?;
        Ok(answer)
    }

    /// Runs it to its end over what it is given, and takes what it writes.
    pub(crate) fn through(
        &self,
        input: impl Iterator<Item = Vec<u8>>,
        keep_going: &dyn Fn() -> bool,
    ) -> Result<Vec<u8>, AudioError> {
        let mut running = self.start(true, true)?;
        let mut answer = Vec::new();
        let mut take = |block: &[u8]| answer.extend_from_slice(block);
        for bytes in input {
            running.write(bytes, &mut take, keep_going)?;
        }
        running.finish(&mut take, keep_going)?;
        Ok(answer)
    }
}

impl Running {
    /// Hands bytes to the child, waiting while it has not yet taken earlier ones. What it writes meanwhile goes to
    /// `take`, since a child that cannot write reads no more.
    pub(crate) fn write(
        &mut self,
        bytes: Vec<u8>,
        take: &mut dyn FnMut(&[u8]),
        keep_going: &dyn Fn() -> bool,
    ) -> Result<(), AudioError> {
        let nothing = never();
        let mut bytes = Some(bytes);
        while let Some(feed) = &self.feed {
            if !keep_going() {
                return Err(AudioError::Stopped);
            }
            let blocks = self.blocks.as_ref().unwrap_or(&nothing);
            let mut either = Select::new();
            let sending = either.send(feed);
            either.recv(blocks);
            let heard = match either.select_timeout(LOOK_EVERY) {
                Ok(ready) if ready.index() == sending => {
                    if ready.send(feed, bytes.take().unwrap_or_default()).is_err() {
                        break;
                    }
                    return Ok(());
                }
                Ok(ready) => ready.recv(blocks).ok(),
                Err(_) => continue,
            };
            match heard {
                Some(block) => take(&block),
                // It writes no more; whether it still reads is for the other arm to see.
                None => self.blocks = None,
            }
        }
        // It reads no more: what it said is the reason, and a good end is none.
        self.finish(take, keep_going)?;
        Err(self.failed("it ended too early"))
    }

    /// The next bytes from the child; none at the end.
    pub(crate) fn read(&mut self, keep_going: &dyn Fn() -> bool) -> Result<Option<Vec<u8>>, AudioError> {
        let Some(blocks) = &self.blocks else { return Ok(None) };
        loop {
            if !keep_going() {
                return Err(AudioError::Stopped);
            }
            match blocks.recv_timeout(LOOK_EVERY) {
                Ok(block) => return Ok(Some(block)),
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Whether the child has ended.
    pub(crate) fn has_ended(&mut self) -> Result<bool, AudioError> {
        if self.ended.is_none() {
            let looked = self.child.0.try_wait();
            self.ended = looked.map_err(|source| AudioError::io(Path::new(&self.name), source))?;
        }
        Ok(self.ended.is_some())
    }

    /// Waits for the end; what the child still writes goes to `take`, so that it need not wait for us.
    pub(crate) fn finish(
        &mut self,
        take: &mut dyn FnMut(&[u8]),
        keep_going: &dyn Fn() -> bool,
    ) -> Result<(), AudioError> {
        self.feed = None;
        while let Some(block) = self.read(keep_going)? {
            take(&block);
        }
        while !self.has_ended()? {
            if !keep_going() {
                return Err(AudioError::Stopped);
            }
            thread::sleep(LOOK_EVERY / 4);
        }
        match self.ended {
            Some(status) if status.success() => Ok(()),
            Some(status) => Err(self.failed(&status.to_string())),
            None => Ok(()),
        }
    }

    fn failed(&self, status: &str) -> AudioError {
        const LAST_WORDS: Duration = Duration::from_secs(1);
        let tail = self.said.recv_timeout(LAST_WORDS).unwrap_or_default();
        if tail.contains("No space left on device") || tail.contains("Disk quota exceeded") {
            return AudioError::DiskFull { path: self.out.clone() };
        }
        AudioError::ToolFailed { tool: self.name.clone(), status: status.to_owned(), tail }
    }
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
