//! What the window asks of the system around it: a file chooser, the file manager, a notification. Behind a trait, because
//! nobody clicks in a system dialog in a test; the paths stay on this side and never reach the pages.

use std::path::{Path, PathBuf};

use studio::StudioError;
use tauri::AppHandle;
use tauri_plugin_dialog::DialogExt;
use tauri_plugin_notification::NotificationExt;
use tauri_plugin_opener::OpenerExt;

/// The system around the window.
pub trait System: Send + Sync {
    /// Asks the user for a file with one of these endings. Blocks until they chose, or chose none.
    fn choose_file(&self, what: &str, endings: &[&str]) -> Option<PathBuf>;
    /// Asks the user for a folder. Blocks until they chose, or chose none.
    fn choose_folder(&self, what: &str) -> Option<PathBuf>;
    /// Opens a folder in the file manager.
    fn show_folder(&self, folder: &Path) -> Result<(), StudioError>;
    /// Tells the user that something has ended, where the system can.
    fn notify(&self, title: &str, body: &str);
}

/// The real one.
pub struct Desktop(pub AppHandle);

impl System for Desktop {
    fn choose_file(&self, what: &str, endings: &[&str]) -> Option<PathBuf> {
        self.0.dialog().file().add_filter(what, endings).blocking_pick_file()?.into_path().ok()
    }

    fn choose_folder(&self, what: &str) -> Option<PathBuf> {
        self.0.dialog().file().set_title(what).blocking_pick_folder()?.into_path().ok()
    }

    fn show_folder(&self, folder: &Path) -> Result<(), StudioError> {
        self.0.opener().open_path(folder.display().to_string(), None::<&str>).map_err(|error| StudioError::Missing {
            what: format!("the system's file manager did not open {}: {error}", folder.display()),
            fix: "open the folder by hand".into(),
        })
    }

    fn notify(&self, title: &str, body: &str) {
        // Where there is nobody to show it, nobody misses it.
        let _ = self.0.notification().builder().title(title).body(body).show();
    }
}
