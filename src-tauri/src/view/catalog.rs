//! Models that are not part of the program, as the window sees them.

use serde::Serialize;
use studio::catalog::{Kind, Listed, PullNews as Told, Stage, State};
use ts_rs::TS;

/// A model that can be had, or that was.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct CatalogView {
    pub id: String,
    pub name: String,
    /// What it does, one line.
    pub about: String,
    pub kind: ModelKind,
    pub licence: String,
    pub licence_url: String,
    pub languages: Vec<String>,
    /// Size of its files.
    pub bytes: f64,
    /// Memory that it takes while it works.
    pub memory_bytes: f64,
    pub state: ModelState,
    /// Bytes that are here.
    pub done_bytes: f64,
    /// It can be had. What is only installed can only be removed.
    pub in_catalog: bool,
    /// It is on its way right now.
    pub coming: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[ts(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum ModelKind {
    Tts,
    Asr,
    Aligner,
    Llm,
    Codec,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[ts(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum ModelState {
    Absent,
    /// Some of it is here.
    Partial,
    Installed,
    /// Files were changed or lost, or the catalog names newer ones.
    Damaged,
}

/// How far a model has come, about ten times a second.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct PullNews {
    /// What is here is compared with the catalog; nothing is loaded right now.
    pub checking: bool,
    pub file: String,
    pub done_bytes: f64,
    pub total_bytes: f64,
    pub bytes_per_second: Option<f64>,
    pub eta_seconds: Option<f64>,
}

impl From<Told> for PullNews {
    fn from(told: Told) -> Self {
        Self {
            checking: told.stage == Stage::Checking,
            eta_seconds: told.eta_seconds(),
            file: told.file,
            done_bytes: told.done_bytes as f64,
            total_bytes: told.total_bytes as f64,
            bytes_per_second: told.bytes_per_second,
        }
    }
}

impl From<Listed> for CatalogView {
    fn from(Listed { entry, state, in_catalog }: Listed) -> Self {
        let bytes = entry.bytes() as f64;
        let (state, done_bytes) = match state {
            State::Absent => (ModelState::Absent, 0.0),
            State::Partial { bytes } => (ModelState::Partial, bytes as f64),
            State::Installed => (ModelState::Installed, bytes),
            State::Damaged => (ModelState::Damaged, 0.0),
        };
        Self {
            id: entry.id,
            name: entry.name,
            about: entry.about,
            kind: match entry.kind {
                Kind::Tts => ModelKind::Tts,
                Kind::Asr => ModelKind::Asr,
                Kind::Aligner => ModelKind::Aligner,
                Kind::Llm => ModelKind::Llm,
                Kind::Codec => ModelKind::Codec,
            },
            licence: entry.licence,
            licence_url: entry.licence_url,
            languages: entry.languages,
            bytes,
            memory_bytes: entry.memory_bytes as f64,
            state,
            done_bytes,
            in_catalog,
            coming: false,
        }
    }
}
