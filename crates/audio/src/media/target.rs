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
    /// Matroska.
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
            "mkv" => Self::Matroska,
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
            // Left alone, the muxer moves everything by what lies before 0: decoding times of reordered pictures and the
            // encoder's own start, neither of which is shown.
            Self::Matroska => "-avoid_negative_ts disabled -f matroska",
            Self::WebM => "-avoid_negative_ts disabled -f webm",
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
            // Matroska could hold Opus as well; televisions and older releases of the tool do better with AAC.
            Self::Mp4 | Self::Mov | Self::M4a | Self::Matroska => vec![("-c", "aac".into()), ("-b", kilobits(96))],
            Self::WebM | Self::Opus => vec![("-c", "libopus".into()), ("-b", kilobits(80))],
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

    /// Whether its sound is Opus, of which only some rates exist.
    pub(super) fn is_opus(self) -> bool {
        matches!(self, Self::WebM | Self::Opus)
    }

    /// Whether several sound tracks may lie side by side.
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
        matches!(self, Self::Mp4 | Self::Mov | Self::M4a | Self::Mp3 | Self::Flac)
    }
}

/// Languages that have another code in libraries than in terminology.
const BIBLIOGRAPHIC: [(&str, &str); 20] = [
    ("bod", "tib"),
    ("ces", "cze"),
    ("cym", "wel"),
    ("deu", "ger"),
    ("ell", "gre"),
    ("eus", "baq"),
    ("fas", "per"),
    ("fra", "fre"),
    ("hye", "arm"),
    ("isl", "ice"),
    ("kat", "geo"),
    ("mkd", "mac"),
    ("mri", "mao"),
    ("msa", "may"),
    ("mya", "bur"),
    ("nld", "dut"),
    ("ron", "rum"),
    ("slk", "slo"),
    ("sqi", "alb"),
    ("zho", "chi"),
];

/// The ISO 639-2 code of a BCP 47 tag as this container takes it: QuickTime and Matroska know the bibliographic ones.
pub(super) fn language(tag: &str, target: Target) -> &'static str {
    let code = iso_639_2(tag);
    let other = BIBLIOGRAPHIC.iter().find(|(terminology, _)| *terminology == code).map(|&(_, other)| other);
    other.filter(|_| matches!(target, Target::Mov | Target::Matroska | Target::WebM)).unwrap_or(code)
}

/// The ISO 639-2 code of a BCP 47 tag; `und` where there is none.
fn iso_639_2(tag: &str) -> &'static str {
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
            assert_eq!(language(tag, Target::Mp4), code, "{tag}");
        }
        assert_eq!((language("de", Target::Mov), language("en", Target::Mov)), ("ger", "eng"));
    }
}
