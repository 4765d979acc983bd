//! This machine, its library, its devices, the user's taste, and the news.

use std::sync::Arc;

use studio::StudioError;

use tauri::ipc::Channel;

use crate::desk::Reply;
use crate::taste;
use crate::view::{DeviceView, LibraryView, Machine, ModelView, News, Taste};

use crate::desk::Held;

#[tauri::command]
pub fn machine(desk: Held<'_>) -> Machine {
    Machine {
        version: env!("CARGO_PKG_VERSION").into(),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        processor: host::processor().unwrap_or_else(|| "processor".into()),
        cores: host::cores() as u32,
        memory_bytes: host::memory_bytes().map(|bytes| bytes as f64),
        gpu: host::graphics_card(),
        uses_gpu: false,
        ffmpeg: host::settings().ffmpeg.is_some(),
        library: desk.library_view(),
        exports: desk.exports.display().to_string(),
    }
}

#[tauri::command]
pub fn models() -> Vec<ModelView> {
    studio::Models::bundled().into_iter().map(Into::into).collect()
}

#[tauri::command]
pub fn taste() -> Taste {
    taste::load(host::settings_folder().as_deref())
}

#[tauri::command]
pub async fn save_taste(desk: Held<'_>, taste: Taste) -> Reply<()> {
    desk.work(move |_, _| taste::save(host::settings_folder().as_deref(), &taste)).await
}

#[tauri::command]
pub async fn open_library(desk: Held<'_>, passphrase: Option<String>) -> Reply<LibraryView> {
    let passphrase = passphrase.map(|passphrase| super::bounded(passphrase, 1000)).transpose()?;
    let desk = Arc::clone(&desk);
    let opened = tauri::async_runtime::spawn_blocking(move || desk.open_library(passphrase)).await;
    opened.unwrap_or_else(|_| Err(crate::view::internal()))
}

#[tauri::command]
pub async fn devices(desk: Held<'_>) -> Reply<Vec<DeviceView>> {
    desk.work(|_, _| Ok(devices::list()?.into_iter().map(Into::into).collect())).await
}

#[tauri::command]
pub async fn show_folder(desk: Held<'_>, which: String) -> Reply<()> {
    desk.work(move |desk, _| {
        let folder = match which.as_str() {
            "exports" => desk.exports.clone(),
            "library" => desk.library_view().folder.into(),
            _ => return Err(StudioError::OutOfRange { what: "the folder", range: "`exports` or `library`" }),
        };
        std::fs::create_dir_all(&folder).map_err(|error| StudioError::output(&folder, &error))?;
        desk.system.show_folder(&folder)
    })
    .await
}

/// For a report: what this is and what went wrong lately, by codes; no text, no names, no paths.
#[tauri::command]
pub async fn diagnostics(desk: Held<'_>) -> Reply<String> {
    desk.work(|desk, studio| {
        let library = desk.library_view();
        let jobs = desk.queue().map(|queue| queue.list()).unwrap_or_default();
        let mut states = std::collections::BTreeMap::new();
        for job in &jobs {
            *states.entry(format!("{} {}", job.spec.kind(), job.state)).or_insert(0_u32) += 1;
        }
        let lines = [
            format!("Vouch {}", env!("CARGO_PKG_VERSION")),
            format!("system: {} {}", std::env::consts::OS, std::env::consts::ARCH),
            format!("processor: {}, {} cores", host::processor().unwrap_or_default(), host::cores()),
            format!("graphics card: {}", host::graphics_card().unwrap_or_else(|| "none found".into())),
            format!("ffmpeg: {}", host::settings().ffmpeg.is_some()),
            format!("library: {:?}{}", library.state, if library.demo { ", demo" } else { "" }),
            format!("model: {}", studio.models().identity()),
            format!("jobs: {states:?}"),
            format!("latest problems: {}", desk.latest_problems().join(", ")),
        ];
        Ok(lines.join("\n"))
    })
    .await
}

#[tauri::command]
pub fn subscribe(desk: Held<'_>, on: Channel<News>) {
    desk.listen(on);
}
