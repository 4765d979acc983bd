//! Models that are not part of the program: what can be had, and how it comes and goes. Which addresses and digests hold is
//! the catalog's; the window names an id and nothing else.

use studio::catalog::PullNews as Told;
use tauri::ipc::Channel;

use super::short;
use crate::desk::{Held, Reply};
use crate::view::{CatalogView, PullNews};

#[tauri::command]
pub async fn catalog(desk: Held<'_>) -> Reply<Vec<CatalogView>> {
    desk.work(|desk, _| {
        let coming = desk.models.coming();
        let view = |listed| {
            let mut view = CatalogView::from(listed);
            view.coming = coming.as_deref() == Some(view.id.as_str());
            view
        };
        Ok(desk.models.shelf()?.list()?.into_iter().map(view).collect())
    })
    .await
}

#[tauri::command]
pub async fn pull_model(desk: Held<'_>, id: String, on: Channel<PullNews>) -> Reply<()> {
    let id = short(id)?;
    desk.work(move |desk, _| {
        let shelf = desk.models.shelf()?;
        let under_way = desk.models.begin(&id)?;
        shelf.pull(&id, &mut |told| tell(&on, told), &under_way.cancel)?;
        Ok(())
    })
    .await
}

#[tauri::command]
pub fn cancel_pull(desk: Held<'_>) {
    desk.models.stop();
}

/// Asks for a folder. Answers the model's name; nothing when the user chose none.
#[tauri::command]
pub async fn import_model(desk: Held<'_>, on: Channel<PullNews>) -> Reply<Option<String>> {
    desk.work(move |desk, _| {
        let Some(folder) = desk.system.choose_folder("A model's folder") else { return Ok(None) };
        let shelf = desk.models.shelf()?;
        let under_way = desk.models.begin("")?;
        let entry = shelf.import(&folder, &mut |told| tell(&on, told), &under_way.cancel)?;
        Ok(Some(entry.name))
    })
    .await
}

#[tauri::command]
pub async fn remove_model(desk: Held<'_>, id: String) -> Reply<()> {
    let id = short(id)?;
    desk.work(move |desk, _| desk.models.shelf()?.remove(&id)).await
}

fn tell(on: &Channel<PullNews>, told: Told) {
    // The page may be gone; the model comes all the same.
    drop(on.send(told.into()));
}
