//! Which microphones and speakers there are, and opening one. It knows no stream.

use std::fmt;

use cpal::traits::{DeviceTrait, HostTrait};
use cpal::{BufferSize, SampleFormat, StreamConfig, SupportedBufferSize, SupportedStreamConfig};
use serde::{Deserialize, Serialize};

use crate::DeviceError;

/// Which way sound goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// A microphone.
    Input,
    /// A speaker.
    Output,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Input => "microphone",
            Self::Output => "speaker",
        })
    }
}

/// A microphone or a speaker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// By which it is opened; stays the same when it is plugged in again, where the system allows.
    pub id: String,
    /// For people.
    pub name: String,
    /// What it is.
    pub direction: Direction,
    /// Whether it is the system's own choice.
    pub default: bool,
    /// Whether it is known to carry other programs' sound and not a room's: a loopback, a monitor, a virtual cable.
    pub virtual_cable: bool,
    /// Whether a layer in between hides what is behind it (ALSA's `default` and the like), so that `virtual_cable` is
    /// not to be relied upon.
    pub hidden: bool,
    /// The sound system it is reached through, such as `pulseaudio` or `wasapi`.
    pub system: String,
}

/// All devices, microphones first. Having none is no error.
///
/// # Errors
/// [`DeviceError::System`] when the sound system does not answer.
pub fn list() -> Result<Vec<Device>, DeviceError> {
    let host = cpal::default_host();
    let all: Vec<cpal::Device> =
        host.devices().map_err(|error| DeviceError::System { what: error.to_string() })?.collect();
    let mut found = Vec::new();
    for direction in [Direction::Input, Direction::Output] {
        let chosen = chosen_by_system(&host, direction).and_then(|device| device.id().ok());
        for device in all.iter().filter(|device| supports(device, direction)) {
            // A device that vanishes while we look is simply not there.
            let Some(mut about) = about(device, direction) else { continue };
            about.default = chosen.as_ref().is_some_and(|chosen| chosen.to_string() == about.id);
            found.push(about);
        }
    }
    Ok(found)
}

/// A device that is about to be used, and how.
pub(crate) struct Opened {
    host: cpal::Host,
    pub(crate) device: cpal::Device,
    pub(crate) about: Device,
    pub(crate) config: SupportedStreamConfig,
}

impl Opened {
    /// Finds the device with this id, or the system's choice.
    pub(crate) fn find(id: Option<&str>, direction: Direction) -> Result<Self, DeviceError> {
        let host = cpal::default_host();
        let device = match id {
            // Looked up among all: ALSA's own choice does not say what it supports.
            None => chosen_by_system(&host, direction)
                .map(|device| device.id().ok().and_then(|id| host.device_by_id(&id)).unwrap_or(device))
                .filter(|device| supports(device, direction))
                .ok_or(DeviceError::None { direction })?,
            Some(id) => id
                .parse()
                .ok()
                .and_then(|parsed| host.device_by_id(&parsed))
                .filter(|device| supports(device, direction))
                .ok_or_else(|| DeviceError::Unknown { direction, id: id.into() })?,
        };
        let about = about(&device, direction).ok_or(DeviceError::None { direction })?;
        let config = config(&device, direction, &about.name)?;
        Ok(Self { host, device, about, config })
    }

    /// Whether the device is still plugged in. Sound servers move a stream to another microphone when its own goes
    /// away, and say nothing; elsewhere the driver reports it and asking would open every device.
    pub(crate) fn is_present(&self) -> bool {
        self.about.system != "pulseaudio" || self.device.id().is_ok_and(|id| self.host.device_by_id(&id).is_some())
    }

    /// Stream settings asking for blocks of `milliseconds`, and the same leaving it to the system, for devices that
    /// will not be asked.
    pub(crate) fn stream_configs(&self, milliseconds: u32) -> [StreamConfig; 2] {
        let wanted = self.config.sample_rate() * milliseconds / 1_000;
        let frames = match *self.config.buffer_size() {
            SupportedBufferSize::Range { min, max } => wanted.clamp(min, max.max(min)),
            SupportedBufferSize::Unknown => wanted,
        };
        let free = self.config.config();
        [StreamConfig { buffer_size: BufferSize::Fixed(frames), ..free }, free]
    }
}

fn chosen_by_system(host: &cpal::Host, direction: Direction) -> Option<cpal::Device> {
    match direction {
        Direction::Input => host.default_input_device(),
        Direction::Output => host.default_output_device(),
    }
}

fn supports(device: &cpal::Device, direction: Direction) -> bool {
    match direction {
        Direction::Input => device.supports_input(),
        Direction::Output => device.supports_output(),
    }
}

fn about(device: &cpal::Device, direction: Direction) -> Option<Device> {
    let (description, id) = (device.description().ok()?, device.id().ok()?);
    let name = description.name().to_owned();
    let says_virtual = description.device_type() == cpal::DeviceType::Virtual;
    Some(Device {
        virtual_cable: says_virtual
            || sounds_virtual(&name)
            || sounds_virtual(id.id())
            || description.driver().is_some_and(sounds_virtual),
        hidden: is_hidden(&id.host().to_string(), id.id()),
        system: id.host().to_string().to_lowercase(),
        id: id.to_string(),
        name,
        direction,
        default: false,
    })
}

/// Names by which programs that pipe sound into "microphones" are known, lower case.
const VIRTUAL_NAMES: [&str; 24] = [
    "monitor of ",
    ".monitor",
    "null output",
    "null sink",
    "loopback",
    "aloop",
    "blackhole",
    "soundflower",
    "vb-audio",
    "vb-cable",
    "vbcable",
    "cable output",
    "cable input",
    "voicemeeter",
    "virtual",
    "stereo mix",
    "what u hear",
    "wave out mix",
    "soundboard",
    "voicemod",
    "ndi ",
    "obs-",
    "dante via",
    "rogue amoeba",
];

fn sounds_virtual(name: &str) -> bool {
    let name = name.to_lowercase();
    name == "null" || VIRTUAL_NAMES.iter().any(|known| name.contains(known))
}

/// ALSA's plug-ins lead wherever a configuration file says; only `hw` names are cards.
fn is_hidden(system: &str, id: &str) -> bool {
    system.eq_ignore_ascii_case("alsa")
        && !["hw:", "plughw:", "sysdefault:", "front:"].iter().any(|card| id.starts_with(card))
}

fn config(device: &cpal::Device, direction: Direction, name: &str) -> Result<SupportedStreamConfig, DeviceError> {
    let usual = match direction {
        Direction::Input => device.default_input_config(),
        Direction::Output => device.default_output_config(),
    };
    if let Ok(config) = &usual
        && usable(config)
    {
        return Ok(*config);
    }
    // Some devices' usual format is one we cannot take (packed 24 bit, 384 kHz) although they offer others.
    let ranges: Vec<_> = match direction {
        Direction::Input => device.supported_input_configs().map(Iterator::collect),
        Direction::Output => device.supported_output_configs().map(Iterator::collect),
    }
    .map_err(|error| DeviceError::from_cpal(&error, direction, name))?;
    let few_channels = |range: &cpal::SupportedStreamConfigRange| range.channels();
    let mut ranges = ranges;
    ranges.sort_by_key(few_channels);
    ranges
        .iter()
        .flat_map(|range| [48_000, 44_100, 96_000].map(|rate_hz| range.try_with_sample_rate(rate_hz)))
        .flatten()
        .find(usable)
        .ok_or_else(|| DeviceError::Format {
            direction,
            what: match usual {
                Ok(config) => format!("{} at {} Hz", config.sample_format(), config.sample_rate()),
                Err(error) => error.to_string(),
            },
        })
}

fn usable(config: &SupportedStreamConfig) -> bool {
    use SampleFormat as F;
    let known = [F::F32, F::I16, F::I24, F::I32, F::F64, F::U8, F::I8, F::U16, F::U32];
    known.contains(&config.sample_format())
        && config.channels() > 0
        && (4_000..=192_000).contains(&config.sample_rate())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cables_are_told_from_microphones() {
        for name in [
            "Monitor of Built-in Audio Analog Stereo",
            "alsa_output.pci-0000_00_1f.3.analog-stereo.monitor",
            "CABLE Output (VB-Audio Virtual Cable)",
            "BlackHole 2ch",
            "Loopback, Loopback PCM",
            "VoiceMeeter Aux Output",
            "Stereo Mix (Realtek(R) Audio)",
            "null",
        ] {
            assert!(sounds_virtual(name), "{name}");
        }
        for name in [
            "Built-in Audio Analog Stereo",
            "alsa_input.usb-Blue_Microphones_Yeti-00.analog-stereo",
            "MacBook Pro Microphone",
            "Studio Display Microphone",
            "Microphone Array (Realtek(R) Audio)",
            "Scarlett 2i2 USB",
            "LG Monitor Microphone",
            "Logitech Webcam C920",
        ] {
            assert!(!sounds_virtual(name), "{name}");
        }
    }

    #[test]
    fn plug_ins_hide_what_is_behind_them() {
        assert!(is_hidden("ALSA", "default") && is_hidden("alsa", "pulse"));
        assert!(!is_hidden("ALSA", "hw:CARD=PCH,DEV=0") && !is_hidden("PulseAudio", "default"));
    }
}
