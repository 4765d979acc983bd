//! What each kind of result can hold and how its sound is written. It knows no process.

use std::path::Path;

use isolang::Language;

/// The container of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// MPEG-4 (`mp4`, `m4v`).
    Mp4,
    /// QuickTime.
    Mov,
    /// Matroska (`mkv`, `mka`).
    Matroska,
    /// WebM.
    WebM,
    /// MPEG-4 with sound only.
    M4a,
    /// MP3.
    Mp3,
    /// Opus in Ogg.
    Opus,
    /// FLAC.
    Flac,
    /// WAV, 24 bit.
    Wav,
}

/// Subtitle codecs that are text, so that one can be made into another.
const TEXTS: [&str; 6] = ["subrip", "ass", "ssa", "mov_text", "webvtt", "text"];

impl Target {
    /// The container that a file name asks for.
    #[must_use]
    pub fn from_path(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        Some(match extension.as_str() {
            "mp4" | "m4v" => Self::Mp4,
            "mov" => Self::Mov,
            "mkv" | "mka" => Self::Matroska,
            "webm" => Self::WebM,
            "m4a" | "m4b" => Self::M4a,
            "mp3" => Self::Mp3,
            "opus" | "ogg" => Self::Opus,
            "flac" => Self::Flac,
            "wav" => Self::Wav,
            _ => return None,
        })
    }

    /// Whether it can hold a moving picture.
    #[must_use]
    pub fn holds_video(self) -> bool {
        matches!(self, Self::Mp4 | Self::Mov | Self::Matroska | Self::WebM)
    }

    /// The muxer and its options.
    pub(super) fn muxer(self) -> &'static str {
        match self {
            Self::Mp4 => "-movflags +faststart -f mp4",
            Self::Mov => "-movflags +faststart -f mov",
            Self::Matroska => "-f matroska",
            Self::WebM => "-f webm",
            Self::M4a => "-movflags +faststart -f ipod",
            Self::Mp3 => "-id3v2_version 3 -f mp3",
            Self::Opus => "-f opus",
            Self::Flac => "-f flac",
            Self::Wav => "-f wav",
        }
    }

    /// The encoder of sound, and its options that stand before the value for each channel.
    pub(super) fn sound(self, channels: u16) -> Vec<(&'static str, String)> {
        let kilobits = |each: u16| format!("{}k", each * channels);
        match self {
            Self::Mp4 | Self::Mov | Self::M4a => vec![("-c", "aac".into()), ("-b", kilobits(96))],
            Self::Matroska | Self::WebM | Self::Opus => vec![("-c", "libopus".into()), ("-b", kilobits(80))],
            Self::Mp3 => vec![("-c", "libmp3lame".into()), ("-b", kilobits(96))],
            Self::Flac => vec![("-c", "flac".into())],
            Self::Wav => vec![("-c", "pcm_s24le".into())],
        }
    }

    /// Whether a moving picture of this codec can be copied into it.
    pub(super) fn copies_video(self, codec: &str) -> bool {
        match self {
            Self::Matroska | Self::Mov => true,
            Self::Mp4 => ["h264", "hevc", "av1", "vp9", "mpeg4", "mpeg2video", "mpeg1video", "mjpeg"].contains(&codec),
            Self::WebM => ["vp8", "vp9", "av1"].contains(&codec),
            _ => false,
        }
    }

    /// Whether sound of this codec can be copied into it.
    pub(super) fn copies_sound(self, codec: &str) -> bool {
        match self {
            Self::Matroska => true,
            Self::Mp4 | Self::M4a => ["aac", "mp3", "ac3", "eac3", "alac", "opus"].contains(&codec),
            Self::Mov => codec.starts_with("pcm_") || ["aac", "mp3", "ac3", "eac3", "alac"].contains(&codec),
            Self::WebM => ["opus", "vorbis"].contains(&codec),
            _ => false,
        }
    }

    /// How many sound tracks may lie side by side.
    pub(super) fn holds_tracks(self) -> bool {
        self.holds_video() || self == Self::M4a
    }

    /// The codec of its own subtitles.
    pub(super) fn subtitles(self) -> Option<&'static str> {
        match self {
            Self::Mp4 | Self::Mov => Some("mov_text"),
            Self::Matroska => Some("subrip"),
            Self::WebM => Some("webvtt"),
            _ => None,
        }
    }

    /// What becomes of a subtitle track of the film: the codec to write, `copy`, or nothing.
    pub(super) fn carries_subtitles(self, codec: &str) -> Option<&'static str> {
        let own = self.subtitles()?;
        let is_picture = ["hdmv_pgs_subtitle", "dvd_subtitle", "dvb_subtitle"].contains(&codec);
        if codec == own || (self == Self::Matroska && (is_picture || ["ass", "ssa", "webvtt"].contains(&codec))) {
            Some("copy")
        } else {
            TEXTS.contains(&codec).then_some(own)
        }
    }

    /// Whether a picture may be attached.
    pub(super) fn holds_pictures(self) -> bool {
        matches!(self, Self::Mp4 | Self::Mov | Self::Matroska | Self::M4a | Self::Mp3 | Self::Flac)
    }
}

/// The ISO 639-2 code of a BCP 47 tag; `und` where there is none.
pub(super) fn iso_639_2(tag: &str) -> &'static str {
    let primary = tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    let found = Language::from_639_1(&primary).or_else(|| Language::from_639_3(&primary));
    found.map_or("und", |language| language.to_639_3())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_get_their_codes() {
        for (tag, code) in [
            ("en", "eng"),
            ("de-AT", "deu"),
            ("pt_BR", "por"),
            ("zh-Hans", "zho"),
            ("ger", "und"),
            ("", "und"),
            ("x", "und"),
        ] {
            assert_eq!(iso_639_2(tag), code, "{tag}");
        }
    }
}
