//! Recording samples and the consent ceremony. The microphone is the program's, never the window's.

use std::sync::atomic::Ordering;

use ::studio::StudioError;
use ::studio::enroll::{Attempt, ChallengeRequest, Prompt, Recording};
use tauri::ipc::Channel;

use super::{bounded, short, short_if};
use crate::desk::{Desk, Held, Reply};
use crate::view::{
    AttemptView, CeremonyNews, ChallengeView, LevelView, Problem, RoomView, SampleView, SoundView, TermsForm,
};

#[tauri::command]
pub async fn listen(desk: Held<'_>, device: Option<String>, on: Channel<LevelView>) -> Reply<RoomView> {
    let device = short_if(device)?;
    desk.work(move |desk, studio| {
        let recording = desk.begin_recording()?;
        let room = studio.listen(device.as_deref(), &recording.stop, &mut |level| drop(on.send(level.into())));
        desk.end_recording();
        Ok(room?.into())
    })
    .await
}

#[tauri::command]
pub async fn record_sample(
    desk: Held<'_>,
    device: Option<String>,
    prompt: String,
    on: Channel<LevelView>,
) -> Reply<SampleView> {
    let (device, prompt) = (short_if(device)?, bounded(prompt, 4000)?);
    desk.work(move |desk, studio| {
        let recording = desk.begin_recording()?;
        let heard = &mut |level: ::studio::enroll::Level| drop(on.send(level.into()));
        let sample = studio.record_sample(device.as_deref(), &prompt, &recording.stop, heard);
        desk.end_recording();
        Ok(sample?.into())
    })
    .await
}

#[tauri::command]
pub fn stop_recording(desk: Held<'_>) {
    desk.stop_recording();
}

#[tauri::command]
pub fn sentence_read(desk: Held<'_>) {
    desk.sentence_read();
}

#[tauri::command]
pub async fn samples(desk: Held<'_>) -> Reply<Vec<SampleView>> {
    desk.work(|_, studio| Ok(studio.kept_samples()?.into_iter().map(Into::into).collect())).await
}

#[tauri::command]
pub async fn discard_sample(desk: Held<'_>, sample: String) -> Reply<()> {
    let sample = short(sample)?;
    desk.work(move |_, studio| studio.discard_sample(&sample)).await
}

#[tauri::command]
pub async fn sample_sound(desk: Held<'_>, sample: String) -> Reply<SoundView> {
    let sample = short(sample)?;
    desk.work(move |desk, studio| Ok(desk.sounds.put(&studio.sample_sound(&sample)?))).await
}

#[tauri::command]
pub async fn import_sample(desk: Held<'_>) -> Reply<Option<SampleView>> {
    desk.work(|desk, studio| {
        // Before the dialog: a library that takes no files says so at once.
        if !studio.takes_files()? {
            return Err(StudioError::FilesNotTaken);
        }
        let Some(path) = sound_file(desk) else { return Ok(None) };
        Ok(Some(studio.import_sample(&path)?.into()))
    })
    .await
}

#[tauri::command]
pub async fn begin_consent(desk: Held<'_>, terms: TermsForm) -> Reply<ChallengeView> {
    let samples = terms.samples.into_iter().take(64).map(short).collect::<Result<Vec<_>, Problem>>()?;
    let dub_into = terms.dub_into.into_iter().take(64).map(short).collect::<Result<Vec<_>, Problem>>()?;
    let (owner, grantee, purpose) = (bounded(terms.owner, 400)?, terms.grantee, bounded(terms.purpose, 2000)?);
    let grantee = grantee.map(|grantee| bounded(grantee, 400)).transpose()?;
    desk.work(move |_, studio| {
        let recordings =
            samples.iter().map(|sample| studio.kept_recording(sample)).collect::<Result<Vec<_>, StudioError>>()?;
        let request = ChallengeRequest {
            owner,
            grantee: grantee.filter(|grantee| !grantee.trim().is_empty()),
            purpose,
            days: terms.days,
            hours: terms.hours,
            dub_into,
            adult: terms.adult,
            recordings,
        };
        Ok(studio.challenge(request)?.into())
    })
    .await
}

#[tauri::command]
pub async fn speak_statement(
    desk: Held<'_>,
    session: String,
    device: Option<String>,
    owner_passphrase: Option<String>,
    on: Channel<CeremonyNews>,
) -> Reply<AttemptView> {
    let (session, device) = (short(session)?, short_if(device)?);
    let owner_passphrase = owner_passphrase.map(|passphrase| bounded(passphrase, 1000)).transpose()?;
    desk.work(move |desk, studio| {
        let card = studio.open_session(&session)?;
        let recording = desk.begin_recording()?;
        let tell = |news| drop(on.send(news));
        let mut number = 0;
        let mut show = |prompt: Prompt<'_>| match prompt {
            Prompt::Word(word) => {
                number += 1;
                tell(CeremonyNews::Word { word: word.to_owned(), number });
            }
            Prompt::Level(level) => tell(CeremonyNews::Level { level: level.into() }),
            Prompt::Done => tell(CeremonyNews::Judging),
        };
        tell(CeremonyNews::Listening);
        let read = &mut || recording.read.load(Ordering::Acquire);
        let take = studio.record_statement(&card, device.as_deref(), &recording.stop, read, &mut show);
        desk.end_recording();
        judge(desk, studio, &session, take?, owner_passphrase.as_deref(), &tell)
    })
    .await
}

#[tauri::command]
pub async fn import_statement(desk: Held<'_>, session: String) -> Reply<Option<AttemptView>> {
    let session = short(session)?;
    desk.work(move |desk, studio| {
        if !studio.takes_files()? {
            return Err(StudioError::FilesNotTaken);
        }
        let Some(path) = sound_file(desk) else { return Ok(None) };
        let take = studio.recording_of_file(&path)?;
        judge(desk, studio, &session, take, None, &|_| ()).map(Some)
    })
    .await
}

fn judge(
    desk: &Desk,
    studio: &::studio::Studio,
    session: &str,
    take: Recording,
    owner_passphrase: Option<&str>,
    tell: &dyn Fn(CeremonyNews),
) -> Result<AttemptView, StudioError> {
    let on_check = &mut |check: &::studio::enroll::Check| tell(CeremonyNews::Check { check: check.into() });
    let attempt = studio.enroll_watched(session, take, owner_passphrase, on_check)?;
    Ok(match attempt {
        Attempt::Granted(enrolled) => {
            desk.tell(&crate::view::News::Voices);
            AttemptView {
                voice: Some(enrolled.id.clone()),
                refusal: None,
                next: None,
                checks: enrolled.checks.iter().map(Into::into).collect(),
            }
        }
        Attempt::Refused { refusal, next, checks } => AttemptView {
            voice: None,
            refusal: Some(desk.problem(&refusal.into())),
            next: next.map(Into::into),
            checks: checks.iter().map(Into::into).collect(),
        },
    })
}

pub fn sound_file(desk: &Desk) -> Option<std::path::PathBuf> {
    desk.system.choose_file("Sound", &["wav", "flac", "mp3", "m4a", "ogg", "aiff"])
}
