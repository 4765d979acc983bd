//! Jobs: how they stand, and what the user wants of them.

use ::jobs::{JobId, JobsError, Queue, UnixSeconds};

use crate::desk::{Held, Reply, unix};
use crate::view::{JobView, job_view};

#[tauri::command]
pub async fn jobs(desk: Held<'_>) -> Reply<Vec<JobView>> {
    desk.work(|desk, _| Ok(desk.queue().map(|queue| queue.list().iter().map(job_view).collect()).unwrap_or_default()))
        .await
}

#[tauri::command]
pub async fn pause_job(desk: Held<'_>, job: u32) -> Reply<()> {
    change(desk, move |queue, now| queue.pause(id(job), now)).await
}

#[tauri::command]
pub async fn resume_job(desk: Held<'_>, job: u32) -> Reply<()> {
    change(desk, move |queue, now| queue.resume(id(job), now)).await
}

#[tauri::command]
pub async fn cancel_job(desk: Held<'_>, job: u32) -> Reply<()> {
    change(desk, move |queue, now| queue.cancel(id(job), now)).await
}

#[tauri::command]
pub async fn retry_job(desk: Held<'_>, job: u32) -> Reply<()> {
    change(desk, move |queue, now| queue.retry(id(job), now)).await
}

#[tauri::command]
pub async fn reorder_job(desk: Held<'_>, job: u32, before: Option<u32>) -> Reply<()> {
    change(desk, move |queue, _| queue.reorder(id(job), before.map(id))).await
}

async fn change(
    desk: Held<'_>,
    what: impl FnOnce(&Queue, UnixSeconds) -> Result<(), JobsError> + Send + 'static,
) -> Reply<()> {
    let queue = desk.queue()?;
    desk.work(move |_, _| Ok(what(&queue, unix())?)).await
}

fn id(job: u32) -> JobId {
    JobId(u64::from(job))
}
