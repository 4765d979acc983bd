//! Dubs: the shelf, the cues, listening to them, making and writing them.

use ::studio::StudioError;
use ::studio::dub::{DubFiles, NewDub};

use tauri::ipc::Channel;

use super::{short, short_if};
use crate::desk::{Held, Reply};
use crate::exports;
use crate::view::{
    DubCardView, DubEdit, DubExport, DubView, LevelView, LineTakeView, MonitorKind, SoundView, SubtitleUse, number,
};

/// Endings of films that the system's dialog offers; what is inside is found out by looking.
pub const FILMS: &[&str] =
    &["mp4", "mkv", "mov", "webm", "m4v", "avi", "ts", "mpg", "flv", "ogv", "mp3", "m4a", "wav", "flac", "opus", "ogg"];
/// Endings of subtitles.
pub const SUBTITLES: &[&str] = &["srt", "vtt", "ass", "ssa"];

#[tauri::command]
pub async fn dubs(desk: Held<'_>) -> Reply<Vec<DubCardView>> {
    desk.work(|_, studio| Ok(studio.dubs()?.into_iter().map(Into::into).collect())).await
}

#[tauri::command]
pub async fn begin_dub(desk: Held<'_>, to: String, from: Option<String>) -> Reply<Option<DubView>> {
    let (to, from) = (short(to)?, short_if(from)?);
    desk.work(move |desk, studio| {
        studio.library()?;
        let chosen = || desk.system.choose_file("Film", FILMS);
        let Some(film) = desk.dropped_film().or_else(chosen) else { return Ok(None) };
        Ok(Some(studio.begin_dub(&NewDub { film, to, from, ..NewDub::default() })?.into()))
    })
    .await
}

#[tauri::command]
pub async fn open_dub(desk: Held<'_>, dub: u32) -> Reply<DubView> {
    desk.work(move |_, studio| Ok(studio.open_dub(u64::from(dub))?.into())).await
}

#[tauri::command]
pub async fn edit_dub(desk: Held<'_>, dub: u32, edit: DubEdit) -> Reply<DubView> {
    desk.work(move |_, studio| Ok(studio.edit_dub(u64::from(dub), &edit.into())?.into())).await
}

#[tauri::command]
pub async fn remove_dub(desk: Held<'_>, dub: u32) -> Reply<()> {
    desk.work(move |_, studio| studio.remove_dub(u64::from(dub))).await
}

#[tauri::command]
pub async fn import_dub_subtitles(
    desk: Held<'_>,
    dub: u32,
    target: bool,
    to: SubtitleUse,
    dropped: bool,
) -> Reply<Option<DubView>> {
    desk.work(move |desk, studio| {
        // A dub that is not there asks for no file.
        studio.open_dub(u64::from(dub))?;
        let chosen = || desk.system.choose_file("Subtitles", SUBTITLES);
        let Some(path) = (if dropped { desk.dropped_subtitles() } else { chosen() }) else { return Ok(None) };
        Ok(Some(studio.give_subtitles(u64::from(dub), &path, target, to.into())?.into()))
    })
    .await
}

#[tauri::command]
pub async fn record_line(
    desk: Held<'_>,
    dub: u32,
    cue: u32,
    device: Option<String>,
    on: Channel<LevelView>,
) -> Reply<LineTakeView> {
    let device = short_if(device)?;
    desk.work(move |desk, studio| {
        let recording = desk.begin_recording()?;
        let heard = &mut |level: ::studio::enroll::Level| drop(on.send(level.into()));
        let take = studio.record_line(u64::from(dub), cue as usize, device.as_deref(), &recording.stop, heard);
        desk.end_recording();
        Ok(take?.into())
    })
    .await
}

#[tauri::command]
pub async fn line_takes(desk: Held<'_>, dub: u32) -> Reply<Vec<LineTakeView>> {
    desk.work(move |_, studio| Ok(studio.line_takes(u64::from(dub))?.into_iter().map(Into::into).collect())).await
}

#[tauri::command]
pub async fn line_take_sound(desk: Held<'_>, dub: u32, take: String) -> Reply<SoundView> {
    let take = short(take)?;
    desk.work(move |desk, studio| Ok(desk.sounds.put(&studio.line_take_sound(u64::from(dub), &take)?))).await
}

#[tauri::command]
pub async fn keep_line(desk: Held<'_>, dub: u32, cue: u32, take: String) -> Reply<DubView> {
    let take = short(take)?;
    desk.work(move |_, studio| Ok(studio.keep_line(u64::from(dub), cue as usize, &take)?.into())).await
}

#[tauri::command]
pub async fn discard_line(desk: Held<'_>, dub: u32, take: String) -> Reply<()> {
    let take = short(take)?;
    desk.work(move |_, studio| studio.discard_line(u64::from(dub), &take)).await
}

#[tauri::command]
pub async fn import_line(desk: Held<'_>, dub: u32, cue: u32) -> Reply<Option<DubView>> {
    desk.work(move |desk, studio| {
        studio.open_dub(u64::from(dub))?;
        let Some(path) = super::ceremony::sound_file(desk) else { return Ok(None) };
        Ok(Some(studio.give_line(u64::from(dub), cue as usize, &path)?.into()))
    })
    .await
}

#[tauri::command]
pub async fn prepare_dub(desk: Held<'_>, dub: u32) -> Reply<u32> {
    desk.work(move |desk, studio| {
        let spec = studio.dub_spec(u64::from(dub), false, &DubFiles::default())?;
        Ok(number(super::books::submit(desk, spec)?.0))
    })
    .await
}

#[tauri::command]
pub async fn render_dub(desk: Held<'_>, dub: u32) -> Reply<u32> {
    desk.work(move |desk, studio| {
        let spec = studio.dub_spec(u64::from(dub), true, &DubFiles::default())?;
        Ok(number(super::books::submit(desk, spec)?.0))
    })
    .await
}

#[tauri::command]
pub async fn export_dub(desk: Held<'_>, dub: u32, what: DubExport) -> Reply<u32> {
    desk.work(move |desk, studio| {
        let card = studio.open_dub(u64::from(dub))?.card;
        let title = format!("{} {}", card.title, card.to);
        let ending = if card.has_picture { what.container.ending() } else { "m4a" };
        let out = exports::free(&desk.exports, &title, ending)?;
        let files = DubFiles {
            stems: what.stems.then(|| out.with_extension("").with_file_name(format!("{title} stems"))),
            out: Some(out),
            keep_original: what.keep_original,
            subtitles: what.subtitles.into(),
        };
        let spec = studio.dub_spec(u64::from(dub), true, &files)?;
        Ok(number(super::books::submit(desk, spec)?.0))
    })
    .await
}

#[tauri::command]
pub async fn render_cue(desk: Held<'_>, dub: u32, cue: u32, new_take: bool) -> Reply<DubView> {
    let cancel = jobs::Cancel::new();
    desk.work(move |_, studio| Ok(studio.render_cue(u64::from(dub), cue as usize, new_take, &cancel)?.into())).await
}

#[tauri::command]
pub async fn cue_sound(desk: Held<'_>, dub: u32, cue: u32, take: Option<u32>) -> Reply<SoundView> {
    desk.work(move |desk, studio| Ok(desk.sounds.put(&studio.cue_sound(u64::from(dub), cue as usize, take)?))).await
}

#[tauri::command]
pub async fn dub_monitor(desk: Held<'_>, dub: u32, from_ms: u32, to_ms: u32, what: MonitorKind) -> Reply<SoundView> {
    if from_ms >= to_ms {
        let error = StudioError::OutOfRange { what: "the end of the stretch", range: "after its beginning" };
        return Err(desk.problem(&error));
    }
    let cancel = jobs::Cancel::new();
    desk.work(move |desk, studio| {
        let range = u64::from(from_ms)..u64::from(to_ms);
        Ok(desk.sounds.put(&studio.dub_monitor(u64::from(dub), range, what.into(), &cancel)?))
    })
    .await
}
