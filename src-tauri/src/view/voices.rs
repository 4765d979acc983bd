//! Voices and their trail.

use serde::Serialize;
use ts_rs::TS;

/// A voice.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct VoiceView {
    pub id: String,
    pub name: String,
    /// Bundled, and nobody's.
    pub preset: bool,
    pub about: String,
    pub usable: bool,
    pub revoked: bool,
    pub demo: bool,
    pub owner: Option<String>,
    /// Who keeps the owner's key, in words.
    pub owner_mode: Option<String>,
    pub scopes: Vec<String>,
    /// Primary BCP 47 tags of the languages that it may be dubbed into.
    pub dub_into: Vec<String>,
    pub purpose: Option<String>,
    /// `YYYY-MM-DD`.
    pub until: Option<String>,
    pub granted_at: Option<f64>,
    /// The terms in one sentence.
    pub terms: Option<String>,
    pub used_seconds: Option<f64>,
    pub cap_seconds: Option<f64>,
    /// Which ear listened.
    pub ear: Option<String>,
    /// What it could not check.
    pub unchecked: Vec<String>,
}

/// What a revocation erases.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct DiesView {
    pub samples: u32,
    pub segments: u32,
    pub seconds: f64,
}

/// A line of the audit log.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct LogView {
    pub number: f64,
    /// Seconds since 1970.
    pub time: f64,
    pub kind: String,
    pub code: Option<String>,
    pub seconds: Option<f64>,
}
