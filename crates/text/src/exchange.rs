//! A finished piece of work as other programs take it: labels for Audacity, a timeline for editors of video. Plain data
//! in, text out; it knows no sound, no video and no file on disk.

mod labels;
mod otio;

#[cfg(test)]
mod tests;

pub use labels::write_labels;
pub use otio::write_otio;

/// What lies where on a line of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    /// Its name, as programs show it.
    pub name: String,
    /// Pictures in a second, such as 25 or 24000/1001; for sound alone, the rate of the film that it belongs to. All
    /// times of the file are counted in it.
    pub rate: f64,
    /// From the lowest upwards.
    pub tracks: Vec<Track>,
}

/// What a track carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TrackKind {
    /// Pictures.
    Video,
    /// Sound.
    Audio,
}

/// One track.
#[derive(Debug, Clone, PartialEq)]
pub struct Track {
    /// Its name, as programs show it.
    pub name: String,
    /// What it carries.
    pub kind: TrackKind,
    /// In any order. Clips that lie on each other are written to further tracks, named "… 2", "… 3".
    pub clips: Vec<Clip>,
}

/// A part of a media file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clip {
    /// Its name, as programs show it.
    pub name: String,
    /// The media file: its path from the timeline's folder, parted by `/`, as it is on disk (nothing escaped).
    pub target_url: String,
    /// Where it begins on the timeline, in milliseconds.
    pub start_ms: u64,
    /// How long it is, in milliseconds. A clip without length is left out.
    pub duration_ms: u64,
    /// Where in the media file it begins, in milliseconds.
    pub source_start_ms: u64,
    /// How long the whole media file is, in milliseconds, if that is known. Some programs need it.
    pub media_duration_ms: Option<u64>,
}
