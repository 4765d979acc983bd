//! The user's taste, in a small file of its own. A broken file is as good as none: nothing depends on it.

use std::path::Path;

use studio::StudioError;

use crate::view::{Motion, Taste, Theme};

const FILE: &str = "window.json";
/// Larger than any taste.
const MOST_BYTES: usize = 64 * 1024;

/// What was saved, or the usual.
pub fn load(folder: Option<&Path>) -> Taste {
    let saved = folder.and_then(|folder| std::fs::read(folder.join(FILE)).ok());
    let saved = saved.filter(|bytes| bytes.len() <= MOST_BYTES);
    saved.and_then(|bytes| serde_json::from_slice(&bytes).ok()).map_or_else(usual, checked)
}

/// Saves it whole or not at all.
pub fn save(folder: Option<&Path>, taste: &Taste) -> Result<(), StudioError> {
    let Some(folder) = folder else { return Ok(()) };
    let (file, under_way) = (folder.join(FILE), folder.join("window.json.new"));
    let text = serde_json::to_vec_pretty(&checked(taste.clone())).expect("invariant: taste is plain data");
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&under_way, text))
        .and_then(|()| std::fs::rename(&under_way, &file))
        .map_err(|error| StudioError::output(&file, &error))
}

fn usual() -> Taste {
    Taste { theme: Theme::Auto, motion: Motion::Auto, language: None, scale: 1.0, microphone: None, welcomed: false }
}

/// Within what the window can show, whatever was asked for.
fn checked(taste: Taste) -> Taste {
    let short = |text: Option<String>| text.filter(|text| text.len() <= 400);
    Taste {
        scale: if taste.scale.is_finite() { taste.scale.clamp(0.8, 1.5) } else { 1.0 },
        language: short(taste.language),
        microphone: short(taste.microphone),
        ..taste
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saved_taste_comes_back_within_bounds_and_a_broken_file_is_none() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(load(Some(folder.path())), usual());
        let wild = Taste { theme: Theme::Dark, scale: 900.0, language: Some("x".repeat(1000)), ..usual() };
        save(Some(folder.path()), &wild).unwrap();
        let back = load(Some(folder.path()));
        assert_eq!((back.theme, back.scale, back.language), (Theme::Dark, 1.5, None));
        std::fs::write(folder.path().join(FILE), b"{").unwrap();
        assert_eq!(load(Some(folder.path())), usual());
    }
}
