//! Speaking a text: takes, their sound while it is made, how words are said.

use std::cell::RefCell;

use ::studio::takes::{TakeNews as Made, TakeRequest};

use super::{bounded, short};
use crate::desk::{Held, Reply};
use crate::exports;
use crate::view::{SavedView, SayingView, SoundFormat, SoundView, TakeForm, TakeNews, TakeView};
use tauri::ipc::Channel;

/// Longest text of a take, in bytes; the studio counts characters itself.
const MOST_TEXT: usize = 400_000;

#[tauri::command]
pub async fn make_take(desk: Held<'_>, form: TakeForm, on: Channel<TakeNews>) -> Reply<TakeView> {
    let text = bounded(form.text, MOST_TEXT)?;
    let (voice, language) = (short(form.voice)?, short(form.language)?);
    let request =
        TakeRequest { text, voice, language, speed: form.speed, pauses: form.pauses, seed: u64::from(form.seed) };
    let cancel = desk.begin_take();
    desk.work(move |desk, studio| {
        // The sound begins with its first samples: before that, its rate is not known.
        let sentences = RefCell::new(0);
        let sound: RefCell<Option<String>> = RefCell::new(None);
        let mut hear = |news: Made| match news {
            Made::Began { total } => *sentences.borrow_mut() = u32::try_from(total).unwrap_or(u32::MAX),
            Made::Sound(pcm) => {
                let mut sound = sound.borrow_mut();
                let first = sound.is_none();
                let id = sound.get_or_insert_with(|| desk.sounds.begin(pcm.rate_hz()));
                desk.sounds.grow(id, &pcm);
                let view = desk.sounds.view(id);
                let news = if first {
                    TakeNews::Began { sound: view, sentences: *sentences.borrow() }
                } else {
                    TakeNews::Grown { seconds: view.seconds }
                };
                drop(on.send(news));
            }
            Made::Line { .. } => {}
        };
        let made = studio.make_take(&request, &mut hear, &cancel);
        if let Some(id) = sound.borrow().as_deref() {
            desk.sounds.finish(id, made.as_ref().ok().and_then(|take| take.loudness_lufs));
        }
        Ok(made?.into())
    })
    .await
}

#[tauri::command]
pub fn cancel_take(desk: Held<'_>) {
    desk.stop_take();
}

#[tauri::command]
pub async fn takes(desk: Held<'_>) -> Reply<Vec<TakeView>> {
    desk.work(|_, studio| Ok(studio.takes()?.into_iter().map(Into::into).collect())).await
}

#[tauri::command]
pub async fn star_take(desk: Held<'_>, take: String, starred: bool) -> Reply<()> {
    let take = short(take)?;
    desk.work(move |_, studio| studio.star_take(&take, starred).map(drop)).await
}

#[tauri::command]
pub async fn remove_take(desk: Held<'_>, take: String) -> Reply<()> {
    let take = short(take)?;
    desk.work(move |_, studio| studio.remove_take(&take).map(drop)).await
}

#[tauri::command]
pub async fn restore_take(desk: Held<'_>, take: String) -> Reply<()> {
    let take = short(take)?;
    desk.work(move |_, studio| studio.restore_take(&take).map(drop)).await
}

#[tauri::command]
pub async fn take_sound(desk: Held<'_>, take: String) -> Reply<SoundView> {
    let take = short(take)?;
    desk.work(move |desk, studio| Ok(desk.sounds.put(&studio.take_sound(&take)?))).await
}

#[tauri::command]
pub async fn export_take(desk: Held<'_>, take: String, format: SoundFormat) -> Reply<SavedView> {
    let take = short(take)?;
    desk.work(move |desk, studio| {
        let card = studio.takes()?.into_iter().find(|card| card.id == take);
        let title = card.map_or_else(String::new, |card| card.text);
        let out = exports::free(&desk.exports, &title, format.ending())?;
        Ok(exports::saved(&studio.export_take(&take, &out, &jobs::Cancel::new())?))
    })
    .await
}

#[tauri::command]
pub async fn sayings(desk: Held<'_>) -> Reply<Vec<SayingView>> {
    desk.work(|_, studio| Ok(shown(&studio.sayings()?))).await
}

#[tauri::command]
pub async fn set_saying(desk: Held<'_>, word: String, say: String) -> Reply<Vec<SayingView>> {
    let (word, say) = (bounded(word, 1000)?, bounded(say, 1000)?);
    desk.work(move |_, studio| {
        studio.set_saying(&word, &say)?;
        Ok(shown(&studio.sayings()?))
    })
    .await
}

#[tauri::command]
pub async fn remove_saying(desk: Held<'_>, word: String) -> Reply<Vec<SayingView>> {
    let word = bounded(word, 1000)?;
    desk.work(move |_, studio| {
        studio.remove_saying(&word)?;
        Ok(shown(&studio.sayings()?))
    })
    .await
}

fn shown(sayings: &::studio::sayings::Sayings) -> Vec<SayingView> {
    sayings.list().iter().map(|saying| SayingView { word: saying.word.clone(), say: saying.say.clone() }).collect()
}
