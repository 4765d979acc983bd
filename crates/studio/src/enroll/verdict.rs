//! What is wrong with a room or a sample, in words, with the fix. The measures are `audio`'s; here is only what they mean
//! to somebody who sits before a microphone.

use audio::quality::{Flaw, Report};
use devices::Device;
use serde::Serialize;

/// A room below this is quiet.
const QUIET_DBFS: f32 = -55.0;
/// A room above this spoils a voice.
const NOISY_DBFS: f32 = -42.0;
/// Speech must stand out of the noise by this much, or the noise is cloned with the voice.
const SNR_LEAST_DB: f64 = 15.0;
/// Below this a microphone is muted: its own noise is louder.
const MUTED_DBFS: f32 = -100.0;

/// Something that is wrong with a sample.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FlawCard {
    /// Stable name.
    pub code: &'static str,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What to do about it.
    pub fix: String,
    /// Whether no voice is made from it; else it is advice.
    pub stops: bool,
}

/// What a microphone hears while nobody speaks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RoomReport {
    /// Name of the microphone.
    pub device: String,
    /// Whether it is known to carry other programs' sound and not a room's: consent is never taken from it.
    pub virtual_cable: bool,
    /// How long it was listened to, in seconds.
    pub seconds: f64,
    /// Level of the room, once there was enough to tell.
    pub noise_floor_dbfs: Option<f32>,
    /// Loudest moment.
    pub peak_dbfs: f32,
    /// Stable name of the verdict: `quiet`, `usable`, `noisy`, `muted` or `too_short`.
    pub code: &'static str,
    /// The verdict in one sentence.
    pub message: String,
    /// What to do about it; empty when nothing need be.
    pub fix: String,
}

impl RoomReport {
    pub(super) fn of(device: &Device, seconds: f64, peak_dbfs: f32, noise_floor_dbfs: Option<f32>) -> Self {
        let (code, message, fix) = match noise_floor_dbfs {
            _ if seconds >= 1.0 && peak_dbfs < MUTED_DBFS => (
                "muted",
                "The microphone gives no sound at all.",
                "Check that the right microphone is chosen and not muted.",
            ),
            None => ("too_short", "That was too short to judge the room.", "Listen for two seconds or more."),
            Some(level) if level < QUIET_DBFS => ("quiet", "The room is quiet.", ""),
            Some(level) if level < NOISY_DBFS => (
                "usable",
                "The room is not quite silent, but good enough.",
                "Closing windows and switching off fans makes a cleaner voice.",
            ),
            Some(_) => (
                "noisy",
                "The room is noisy: the noise would be cloned with the voice.",
                "Find a quieter room, switch off fans, or move closer to the microphone and turn its level down.",
            ),
        };
        Self {
            device: device.name.clone(),
            virtual_cable: device.virtual_cable,
            seconds,
            noise_floor_dbfs,
            peak_dbfs: peak_dbfs.max(audio::level::SILENCE_DBFS as f32),
            code,
            message: message.into(),
            fix: fix.into(),
        }
    }
}

/// What is wrong with a sample: first what stops it, then advice.
pub(super) fn sample_flaws(report: &Report, dropped_frames: u64) -> Vec<FlawCard> {
    let mut flaws: Vec<FlawCard> = report.flaws.iter().map(|&flaw| stopping(flaw, report)).collect();
    if flaws.is_empty() && report.snr_db < SNR_LEAST_DB {
        flaws.push(FlawCard {
            code: "sample_noisy",
            message: format!("The room is noisy: the voice stands out by {:.0} dB only.", report.snr_db.max(0.0)),
            fix: "Record in a quieter room or closer to the microphone: the noise is cloned with the voice.".into(),
            stops: false,
        });
    }
    if dropped_frames > 0 {
        flaws.push(FlawCard {
            code: "frames_dropped",
            message: "The machine was too busy: some sound was lost on the way from the microphone.".into(),
            fix: "Close other programs and record it again.".into(),
            stops: false,
        });
    }
    flaws
}

/// A sample that cannot be read.
pub(super) fn unreadable() -> FlawCard {
    FlawCard {
        code: "sample_damaged",
        message: "The recording is damaged and cannot be read.".into(),
        fix: "Discard it and record it again.".into(),
        stops: true,
    }
}

fn stopping(flaw: Flaw, report: &Report) -> FlawCard {
    let message = match flaw {
        Flaw::Silent => "There is no sound in it.".into(),
        Flaw::Constant => "It holds one unchanging sound and no speech.".into(),
        Flaw::TooQuiet => format!("It is too quiet: the speech is at {:.0} dB below full scale.", -report.speech_dbfs),
        Flaw::Clipped => "It is clipped: the microphone was too loud.".into(),
        Flaw::TooShort => format!("It is too short: it holds {:.1} s of speech.", report.speech_seconds),
        _ => format!("It cannot be used: {}.", flaw.code().replace('_', " ")),
    };
    FlawCard { code: flaw.code(), message, fix: flaw.fix().into(), stops: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(seconds: f64, peak: f32, floor: Option<f32>) -> &'static str {
        let device = Device {
            id: "test:0".into(),
            name: "test".into(),
            direction: devices::Direction::Input,
            default: true,
            virtual_cable: false,
            hidden: false,
            system: "test".into(),
        };
        RoomReport::of(&device, seconds, peak, floor).code
    }

    #[test]
    fn a_room_is_judged_by_its_floor() {
        assert_eq!(room(3.0, -40.0, Some(-70.0)), "quiet");
        assert_eq!(room(3.0, -30.0, Some(-50.0)), "usable");
        assert_eq!(room(3.0, -20.0, Some(-30.0)), "noisy");
        assert_eq!(room(3.0, -144.5, None), "muted");
        assert_eq!(room(0.2, -50.0, None), "too_short");
    }

    #[test]
    fn every_flaw_has_words_and_noise_is_advice() {
        let report = Report {
            seconds: 5.0,
            speech_seconds: 4.0,
            speech_dbfs: -25.0,
            peak_dbfs: -10.0,
            rms_dbfs: -28.0,
            noise_floor_dbfs: -35.0,
            snr_db: 10.0,
            clipped_fraction: 0.0,
            flaws: Vec::new(),
        };
        let noisy = sample_flaws(&report, 7);
        assert_eq!(noisy.iter().map(|flaw| flaw.code).collect::<Vec<_>>(), ["sample_noisy", "frames_dropped"]);
        assert!(noisy.iter().all(|flaw| !flaw.stops));
        let flaws = vec![Flaw::TooQuiet, Flaw::Clipped, Flaw::TooShort, Flaw::Silent, Flaw::Constant];
        let stopped = sample_flaws(&Report { flaws, ..report }, 0);
        assert_eq!(stopped.len(), 5, "noise is not worth a word beside what stops it");
        assert!(stopped.iter().all(|flaw| flaw.stops && !flaw.message.is_empty() && !flaw.fix.is_empty()));
    }
}
