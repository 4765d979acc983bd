//! Readable names in the exports folder; what is there is never written over.

use std::path::{Path, PathBuf};

use studio::StudioError;

use crate::view::SavedView;

/// Longest part of a name that comes from a title or a text, in characters.
const LONGEST: usize = 60;

/// A free path in the folder, called after `title`. Makes the folder.
pub fn free(folder: &Path, title: &str, ending: &str) -> Result<PathBuf, StudioError> {
    std::fs::create_dir_all(folder).map_err(|error| StudioError::output(folder, &error))?;
    let stem = stem(title);
    let numbered = |number: u32| match number {
        1 => folder.join(format!("{stem}.{ending}")),
        _ => folder.join(format!("{stem} ({number}).{ending}")),
    };
    // Two exports at once would need the same name in the same millisecond; the later rename wins then.
    Ok((1..).map(numbered).find(|path| !path.exists()).unwrap_or_else(|| numbered(1)))
}

/// What the window is told of a written file.
pub fn saved(path: &Path) -> SavedView {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    SavedView { name, folder: path.parent().unwrap_or(path).display().to_string() }
}

/// Letters, digits and single blanks: valid on every system, and no path however it was meant.
fn stem(title: &str) -> String {
    let plain: String = title.chars().map(|sign| if sign.is_alphanumeric() { sign } else { ' ' }).collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    let stem: String = words.join(" ").chars().take(LONGEST).collect();
    if stem.trim().is_empty() { "Vouch".into() } else { stem.trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_readable_free_and_no_paths() {
        let folder = tempfile::tempdir().unwrap();
        for (title, name) in [
            ("The harbour was quiet.", "The harbour was quiet.wav"),
            ("../../etc/passwd", "etc passwd.wav"),
            ("…", "Vouch.wav"),
            ("CON:\u{0}/x", "CON x.wav"),
        ] {
            assert_eq!(free(folder.path(), title, "wav").unwrap(), folder.path().join(name));
        }
        std::fs::write(folder.path().join("A.wav"), b"").unwrap();
        assert_eq!(free(folder.path(), "A", "wav").unwrap(), folder.path().join("A (2).wav"));
        assert!(free(folder.path(), &"é".repeat(5000), "wav").unwrap().file_name().unwrap().len() < 200);
    }
}
