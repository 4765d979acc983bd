//! What the window may ask for. Each command checks the size of what it was given, asks the studio, and answers in plain
//! data; none decides anything about a voice. The list here is the whole of it, and the tests walk it.

// Tauri hands a command its arguments, and they are the command's.
#![allow(clippy::needless_pass_by_value)]

pub mod books;
pub mod ceremony;
pub mod dubs;
pub mod jobs;
pub mod machine;
pub mod models;
pub mod takes;
pub mod voices;

#[cfg(test)]
mod tests;

use crate::view::Problem;

/// Longest id or name that is looked up, in bytes: a hostile one is not even repeated in an answer.
const MOST_NAME: usize = 200;

/// An id or a name of a sensible length.
pub fn short(text: String) -> Result<String, Problem> {
    if text.is_empty() || text.len() > MOST_NAME || text.chars().any(char::is_control) {
        return Err(Problem {
            code: "bad_request".into(),
            message: "What was asked for has no usable name.".into(),
            fix: "Choose it from the list again.".into(),
        });
    }
    Ok(text)
}

/// As [`short`], where there may be none.
pub fn short_if(text: Option<String>) -> Result<Option<String>, Problem> {
    text.map(short).transpose()
}

/// A text of at most so many bytes.
pub fn bounded(text: String, most: usize) -> Result<String, Problem> {
    if text.len() > most {
        return Err(Problem {
            code: "too_long".into(),
            message: format!("The text has {} bytes; at most {most} are taken here.", text.len()),
            fix: "Make it shorter, or open it as a book.".into(),
        });
    }
    Ok(text)
}

/// All commands, for the window and for the tests: one list, so that none is forgotten.
macro_rules! commands {
    ($($module:ident: $($name:ident)+;)+) => {
        /// Names of all commands.
        #[cfg(test)]
        pub const NAMES: &[&str] = &[$($(stringify!($name)),+),+];

        /// Hands every command to the window.
        pub fn handler<R: tauri::Runtime>() -> impl Fn(tauri::ipc::Invoke<R>) -> bool + Send + Sync + 'static {
            tauri::generate_handler![$($($module::$name),+),+]
        }
    };
}

commands! {
    machine: machine models taste save_taste open_library devices show_folder diagnostics subscribe;
    models: catalog pull_model cancel_pull import_model remove_model;
    ceremony: listen record_sample stop_recording samples discard_sample sample_sound import_sample begin_consent
        speak_statement sentence_read import_statement;
    voices: voices voice_sound rename_voice would_die revoke_voice voice_log export_voice save_receipt;
    takes: make_take cancel_take takes star_take remove_take restore_take take_sound export_take sayings set_saying
        remove_saying;
    books: books import_book import_text import_sample_book open_book edit_book touched_lines remove_book line_sound
        render_line render_book export_book;
    dubs: dubs begin_dub open_dub edit_dub remove_dub import_dub_subtitles prepare_dub render_dub export_dub render_cue
        cue_sound dub_monitor record_line line_takes line_take_sound keep_line discard_line import_line;
    jobs: jobs pause_job resume_job cancel_job retry_job reorder_job;
}
