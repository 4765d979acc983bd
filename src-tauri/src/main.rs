//! The desktop door: a window over the studio. Wires things, decides nothing. The only room that knows Tauri.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]
// Where no window can be opened, the terminal is all there is to say it on.
#![allow(clippy::print_stderr)]

mod commands;
mod desk;
mod exports;
mod protocol;
mod sounds;
mod system;
mod taste;
mod view;

use std::path::PathBuf;
use std::sync::Arc;

use desk::Desk;
use system::Desktop;
use tauri::{DragDropEvent, Manager, RunEvent, WindowEvent};
use view::News;

fn main() {
    let app = tauri::Builder::default()
        // First, as it must be: a second start hands its file to the first window and ends.
        .plugin(tauri_plugin_single_instance::init(|app, arguments, folder| {
            if let Some(window) = app.get_webview_window("main") {
                let _ = window.unminimize();
                let _ = window.set_focus();
            }
            if let Some(desk) = app.try_state::<Arc<Desk>>() {
                for file in files(arguments.into_iter().skip(1), &PathBuf::from(folder)) {
                    desk.take_in(file);
                }
            }
        }))
        .plugin(tauri_plugin_window_state::Builder::default().build())
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_notification::init())
        .plugin(tauri_plugin_opener::init())
        .register_asynchronous_uri_scheme_protocol("vouch", |context, request, responder| {
            let Some(desk) = context.app_handle().try_state::<Arc<Desk>>() else { return };
            let desk = Arc::clone(&desk);
            tauri::async_runtime::spawn_blocking(move || {
                responder.respond(protocol::answer(&desk.sounds, &*desk, &request));
            });
        })
        .setup(|app| {
            let folder = host::library_folder().unwrap_or_default();
            let exports = host::exports_folder().unwrap_or_default();
            let models = host::models_folder().unwrap_or_default();
            let desk = Arc::new(Desk::new(Box::new(Desktop(app.handle().clone())), &folder, exports, models));
            app.manage(Arc::clone(&desk));
            desk.open_at_start();
            desk.watch_load();
            let here = std::env::current_dir().unwrap_or_default();
            for file in files(std::env::args().skip(1), &here) {
                desk.take_in(file);
            }
            Ok(())
        })
        .on_window_event(|window, event| {
            let WindowEvent::DragDrop(event) = event else { return };
            let Some(desk) = window.try_state::<Arc<Desk>>() else { return };
            match event {
                DragDropEvent::Enter { .. } => desk.tell(&News::Hover { over: true }),
                DragDropEvent::Leave => desk.tell(&News::Hover { over: false }),
                DragDropEvent::Drop { paths, .. } => {
                    desk.tell(&News::Hover { over: false });
                    let (desk, paths) = (Arc::clone(&desk), paths.clone());
                    tauri::async_runtime::spawn_blocking(move || paths.into_iter().for_each(|path| desk.take_in(path)));
                }
                _ => {}
            }
        })
        .invoke_handler(commands::handler())
        .build(tauri::generate_context!());
    match app {
        Ok(app) => app.run(|app, event| {
            if let RunEvent::Exit = event
                && let Some(desk) = app.try_state::<Arc<Desk>>()
            {
                desk.close();
            }
        }),
        Err(error) => {
            eprintln!("Vouch could not open its window: {error}");
            std::process::exit(5);
        }
    }
}

/// Files among a program's arguments; flags belong to the system's window toolkit.
fn files(arguments: impl Iterator<Item = String>, folder: &std::path::Path) -> Vec<PathBuf> {
    arguments.filter(|argument| !argument.starts_with('-')).map(|argument| folder.join(argument)).collect()
}
