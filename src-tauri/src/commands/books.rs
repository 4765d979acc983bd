//! Books: the shelf, the lines, making and exporting them.

use ::studio::StudioError;

use super::{bounded, short, short_if};
use crate::desk::{Held, Reply};
use crate::exports;
use crate::view::{BookCardView, BookEdit, BookView, ChangedView, SoundFormat, SoundView, number};

/// Longest pasted text, in bytes: longer ones are files.
const MOST_TEXT: usize = 20 << 20;

#[tauri::command]
pub async fn books(desk: Held<'_>) -> Reply<Vec<BookCardView>> {
    desk.work(|_, studio| Ok(studio.books()?.into_iter().map(Into::into).collect())).await
}

#[tauri::command]
pub async fn import_book(desk: Held<'_>, voice: String) -> Reply<Option<BookView>> {
    let voice = short(voice)?;
    desk.work(move |desk, studio| {
        studio.library()?;
        let Some(path) = desk.system.choose_file("Book", &["epub", "md", "markdown", "txt"]) else { return Ok(None) };
        Ok(Some(studio.import_book(&path, &voice)?.into()))
    })
    .await
}

#[tauri::command]
pub async fn import_text(desk: Held<'_>, title: String, text: String, voice: String) -> Reply<BookView> {
    let (title, text, voice) = (bounded(title, 1000)?, bounded(text, MOST_TEXT)?, short(voice)?);
    desk.work(move |_, studio| Ok(studio.import_text(&title, &text, &voice)?.into())).await
}

#[tauri::command]
pub async fn import_sample_book(desk: Held<'_>, voice: String) -> Reply<BookView> {
    let voice = short(voice)?;
    desk.work(move |_, studio| Ok(studio.import_sample_book(&voice)?.into())).await
}

#[tauri::command]
pub async fn open_book(desk: Held<'_>, book: u32) -> Reply<BookView> {
    desk.work(move |_, studio| Ok(studio.open_book(u64::from(book))?.into())).await
}

#[tauri::command]
pub async fn edit_book(desk: Held<'_>, book: u32, edit: BookEdit) -> Reply<ChangedView> {
    desk.work(move |_, studio| Ok(studio.edit_book(u64::from(book), &edit.into())?.into())).await
}

#[tauri::command]
pub async fn touched_lines(desk: Held<'_>, book: u32, edit: BookEdit) -> Reply<u32> {
    desk.work(move |_, studio| Ok(number(studio.touched(u64::from(book), &edit.into())? as u64))).await
}

#[tauri::command]
pub async fn remove_book(desk: Held<'_>, book: u32) -> Reply<()> {
    desk.work(move |_, studio| studio.remove_book(u64::from(book))).await
}

#[tauri::command]
pub async fn line_sound(desk: Held<'_>, book: u32, line: u32, take: Option<u32>) -> Reply<SoundView> {
    desk.work(move |desk, studio| Ok(desk.sounds.put(&studio.line_sound(u64::from(book), line as usize, take)?))).await
}

#[tauri::command]
pub async fn render_line(desk: Held<'_>, book: u32, line: u32, new_take: bool) -> Reply<ChangedView> {
    let cancel = jobs::Cancel::new();
    desk.work(move |_, studio| Ok(studio.render_line(u64::from(book), line as usize, new_take, &cancel)?.into())).await
}

#[tauri::command]
pub async fn render_book(desk: Held<'_>, book: u32, chapters: Option<String>, from_line: Option<u32>) -> Reply<u32> {
    let chapters = short_if(chapters)?;
    desk.work(move |desk, studio| {
        let spec = studio.render_job(u64::from(book), chapters, from_line.map(|line| line as usize))?;
        Ok(number(submit(desk, spec)?.0))
    })
    .await
}

#[tauri::command]
pub async fn export_book(desk: Held<'_>, book: u32, format: SoundFormat, chapters: Option<String>) -> Reply<u32> {
    let chapters = short_if(chapters)?;
    desk.work(move |desk, studio| {
        let title = studio.open_book(u64::from(book))?.card.title;
        let out = exports::free(&desk.exports, &title, format.ending())?;
        let spec = studio.export_job(u64::from(book), &out, chapters)?;
        Ok(number(submit(desk, spec)?.0))
    })
    .await
}

pub(super) fn submit(desk: &crate::desk::Desk, spec: jobs::JobSpec) -> Result<jobs::JobId, StudioError> {
    let queue = desk.queue().map_err(|_| StudioError::NoLibrary)?;
    Ok(queue.submit(spec, crate::desk::unix())?)
}
