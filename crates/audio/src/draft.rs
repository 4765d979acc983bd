//! Files under way: hidden beside what they will be, and locked for as long as somebody writes them, so that those that a
//! crash left behind can be told from those of another program at work, and go.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tempfile::NamedTempFile;

/// How their names begin.
const PREFIX: &str = ".vouch-";
/// A draft that nobody holds is swept once it is so old: a younger one may be about to be locked.
const LEFT_BEHIND: Duration = Duration::from_secs(60);
/// Names in a folder that are looked at for drafts that were left behind.
const MOST_LOOKED_AT: usize = 10_000;

/// A hidden file beside `out`, which vanishes unless it is put in `out`'s place. Sweeps away what crashes left there.
///
/// # Errors
/// Those of the folder.
pub fn draft(out: &Path, suffix: &str) -> io::Result<NamedTempFile> {
    let folder = match out.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(suffix);
    #[cfg(unix)]
    {
        // The finished file is an ordinary one: readable as the user's umask says, not by its owner alone.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let file = builder.tempfile_in(&folder)?;
    // Elsewhere a lock would keep the encoder, a program of its own, from writing.
    #[cfg(unix)]
    let _ = file.as_file().try_lock_shared();
    if let Ok(now) = file.as_file().metadata().and_then(|about| about.modified()) {
        sweep(&folder, now);
    }
    Ok(file)
}

/// Removes drafts that nobody holds. What cannot be looked at stays.
fn sweep(folder: &Path, now: SystemTime) {
    if !cfg!(unix) {
        return;
    }
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.take(MOST_LOOKED_AT).flatten() {
        let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        let Some(about) = is_ours.then(|| entry.metadata().ok()).flatten().filter(std::fs::Metadata::is_file) else {
            continue;
        };
        let is_old =
            about.modified().ok().and_then(|then| now.duration_since(then).ok()).is_some_and(|age| age > LEFT_BEHIND);
        let is_free = || std::fs::File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok());
        if is_old && is_free() {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_a_crash_left_goes_and_what_is_at_work_stays() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out.mp4");
        let left = folder.path().join(".vouch-abcdef.part");
        let (young, other) = (folder.path().join(".vouch-young.part"), folder.path().join("vouch-notes.txt"));
        for path in [&left, &young, &other] {
            std::fs::write(path, "sound").unwrap();
        }
        let old = std::fs::metadata(&young).unwrap().modified().unwrap() - Duration::from_secs(3600);
        for path in [&left, &other] {
            std::fs::File::options().write(true).open(path).unwrap().set_modified(old).unwrap();
        }
        let at_work = draft(&out, ".part").unwrap();
        at_work.as_file().set_modified(old).unwrap();
        assert!(!left.exists() && young.exists() && other.exists());
        let second = draft(&out, ".part").unwrap();
        assert!(at_work.path().exists() && second.path().exists());
        drop(at_work);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);
    }
}
