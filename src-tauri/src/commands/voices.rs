//! Voices: hear, rename, revoke, export, the trail of what was done with them.

use ::studio::{Revoke, StudioError};

use super::{bounded, short, short_if};
use crate::desk::{Held, Reply};
use crate::exports;
use crate::view::{DiesView, LogView, News, SavedView, SoundView, VoiceView};

#[tauri::command]
pub async fn voices(desk: Held<'_>) -> Reply<Vec<VoiceView>> {
    desk.work(|_, studio| Ok(studio.voices()?.into_iter().map(Into::into).collect())).await
}

#[tauri::command]
pub async fn voice_sound(desk: Held<'_>, voice: String) -> Reply<SoundView> {
    let voice = short(voice)?;
    desk.work(move |desk, studio| Ok(desk.sounds.put(&studio.try_voice(&voice)?))).await
}

#[tauri::command]
pub async fn rename_voice(desk: Held<'_>, voice: String, name: String) -> Reply<()> {
    let (voice, name) = (short(voice)?, short(name)?);
    desk.work(move |desk, studio| {
        studio.rename_voice(&voice, &name)?;
        desk.tell(&News::Voices);
        Ok(())
    })
    .await
}

#[tauri::command]
pub async fn would_die(desk: Held<'_>, voice: String) -> Reply<DiesView> {
    let voice = short(voice)?;
    desk.work(move |_, studio| Ok(studio.would_die(&voice)?.into())).await
}

#[tauri::command]
pub async fn revoke_voice(desk: Held<'_>, voice: String) -> Reply<()> {
    let voice = short(voice)?;
    desk.work(move |desk, studio| {
        studio.revoke(&Revoke::Voice(voice))?;
        desk.sounds.clear();
        desk.tell(&News::Voices);
        Ok(())
    })
    .await
}

#[tauri::command]
pub async fn voice_log(desk: Held<'_>, voice: Option<String>) -> Reply<Vec<LogView>> {
    let voice = short_if(voice)?;
    desk.work(move |_, studio| {
        let lines = match voice {
            Some(voice) => studio.voice_log(&voice)?,
            None => studio.log()?,
        };
        Ok(lines.into_iter().map(Into::into).collect())
    })
    .await
}

#[tauri::command]
pub async fn export_voice(desk: Held<'_>, voice: String, passphrase: String) -> Reply<SavedView> {
    let (voice, passphrase) = (short(voice)?, bounded(passphrase, 1000)?);
    desk.work(move |desk, studio| {
        let card = studio.voice(&voice)?;
        let out = exports::free(&desk.exports, &card.name, "vouch-voice.age")?;
        studio.export_voice(&voice, &passphrase, &out)?;
        Ok(exports::saved(&out))
    })
    .await
}

/// The owner's receipt: enough to end the consent on any machine that holds the voice.
#[tauri::command]
pub async fn save_receipt(desk: Held<'_>, voice: String) -> Reply<SavedView> {
    let voice = short(voice)?;
    desk.work(move |desk, studio| {
        let card = studio.voice(&voice)?;
        let receipt = studio.receipt(&voice)?;
        let out = exports::free(&desk.exports, &card.name, "receipt")?;
        std::fs::write(&out, receipt).map_err(|error| StudioError::output(&out, &error))?;
        Ok(exports::saved(&out))
    })
    .await
}
